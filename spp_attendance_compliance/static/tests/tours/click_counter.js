/**
 * Steps around the main path of a tour: from the first on clicks are counted, the last fails when there were too many.
 *
 * @param {number} most
 * @param {Object[]} steps
 */
export function inClicks(most, steps) {
    let clicks = 0;
    const count = () => clicks++;
    return [
        {
            content: "Begin to count clicks",
            trigger: "body",
            run: () => document.addEventListener("click", count, true),
        },
        ...steps,
        {
            content: `No more than ${most} clicks`,
            trigger: "body",
            run: () => {
                document.removeEventListener("click", count, true);
                if (clicks === 0 || clicks > most) {
                    throw new Error(`${clicks} clicks instead of at most ${most}`);
                }
            },
        },
    ];
}
