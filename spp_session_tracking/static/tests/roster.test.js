import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { click, press, queryOne, waitFor, waitForNone } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { browser } from "@web/core/browser/browser";
import { ConnectionLostError, rpc } from "@web/core/network/rpc";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { makeServerError, mountWithCleanup, onRpc, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { Roster } from "@spp_session_tracking/roster/roster";

describe.current.tags("desktop");
defineMailModels();

const STATUSES = [
    { code: "present", name: "Present", key: "P", color: 10 },
    { code: "late", name: "Late", key: "L", color: 3 },
    { code: "absent", name: "Absent", key: "A", color: 1 },
    { code: "on_hold", name: "On Hold", key: "H", color: 0 },
];

function roster(statuses = {}, values = {}) {
    return {
        id: 7,
        name: "Health Session",
        is_submitted: false,
        can_mark: true,
        grace_minutes: 5,
        minutes_since_start: 12,
        statuses: STATUSES,
        rows: ["Ana", "Ben", "Cleo"].map((name, index) => ({
            participant_id: index + 1,
            name,
            status: statuses[name] || false,
            late_minutes: 0,
            notes: "",
            suggestion: name === "Cleo" ? "on_hold" : "present",
        })),
        ...values,
    };
}

async function mountRoster() {
    await mountWithCleanup(Roster, { props: { action: { context: { active_id: 7 } }, actionId: 1, className: "" } });
}

const statuses = () => [...document.querySelectorAll(".o_spp_row")].map((row) => row.dataset.status);

beforeEach(() => {
    browser.localStorage.clear();
    onRpc("spp.session", "load_roster", () => roster());
});

test("suggestions look different from decisions", async () => {
    await mountRoster();
    expect(statuses()).toEqual(["present", "present", "on_hold"]);
    expect(".o_spp_suggested").toHaveCount(3);
    await click(".o_spp_tap");
    await animationFrame();
    expect(statuses()).toEqual(["absent", "present", "on_hold"]);
    expect(".o_spp_suggested").toHaveCount(2);
});

test("second tap is late, with the minutes since the start", async () => {
    await mountRoster();
    await click(".o_spp_tap");
    await animationFrame();
    await click(".o_spp_tap");
    await animationFrame();
    expect(statuses()[0]).toBe("late");
    expect(".o_spp_minutes").toHaveValue(12);
});

test("keys set the status and go to the next person", async () => {
    await mountRoster();
    for (const key of ["a", "l"]) {
        await press(key);
        await animationFrame();
    }
    expect(statuses()).toEqual(["absent", "late", "on_hold"]);
});

test("all absent leaves people on hold alone", async () => {
    await mountRoster();
    await click(".o_spp_all_absent");
    await animationFrame();
    expect(statuses()).toEqual(["absent", "absent", "on_hold"]);
});

test("submitting sends every mark with what was known when the roster was opened", async () => {
    onRpc("spp.session", "save_roster", ({ args }) => {
        expect.step(args[1].map((mark) => [mark.participant_id, mark.status, mark.base]));
        return { conflicts: [], roster: roster({ Ana: "absent", Ben: "present", Cleo: "on_hold" }, { is_submitted: true }) };
    });
    await mountRoster();
    await click(".o_spp_tap");
    await click(".o_spp_submit");
    await animationFrame();
    expect.verifySteps([]);
    await click(".o_spp_confirm");
    await waitFor(".o_spp_submitted", { timeout: 3000 });
    expect.verifySteps([[[1, "absent", false], [2, "present", false], [3, "on_hold", false]]]);
});

test("without a connection the marks wait in the browser and are sent once", async () => {
    onRpc("spp.session", "save_roster", ({ args }) => {
        expect.step(args[1][0].status);
        return { conflicts: [], roster: roster({ Ana: "absent" }, { is_submitted: true }) };
    });
    await mountRoster();
    let online = false;
    patchWithCleanup(rpc, {
        _rpc(url) {
            return online ? super._rpc(...arguments) : Promise.reject(new ConnectionLostError(url));
        },
    });
    await click(".o_spp_tap");
    await click(".o_spp_submit");
    await animationFrame();
    await click(".o_spp_confirm");
    await waitFor(".o_spp_waiting", { timeout: 3000 });
    expect(queryOne(".o_spp_waiting").textContent.trim()).toMatch(/^1 waiting/);
    online = true;
    await click(".o_spp_waiting button");
    await waitFor(".o_spp_submitted", { timeout: 3000 });
    expect(".o_spp_waiting").toHaveCount(0);
    expect.verifySteps(["absent"]);
});

test("a session that has expired loses no mark, a refusal is said", async () => {
    let errorName = "odoo.http.SessionExpiredException";
    onRpc("spp.session", "save_roster", () => {
        throw makeServerError({ errorName, message: "Not for you" });
    });
    await mountRoster();
    await click(".o_spp_submit");
    await animationFrame();
    await click(".o_spp_confirm");
    await waitFor(".o_spp_waiting", { timeout: 3000 });
    errorName = "odoo.exceptions.AccessError";
    await click(".o_spp_waiting button");
    await waitForNone(".o_spp_waiting", { timeout: 3000 });
    expect(statuses()).toEqual(["present", "present", "on_hold"]);
});

test("what somebody else decided meanwhile is shown, not overwritten", async () => {
    onRpc("spp.session", "save_roster", () => ({
        conflicts: [{ participant_id: 1, name: "Ana", theirs: "late", mine: "absent" }],
        roster: roster({ Ana: "late" }),
    }));
    await mountRoster();
    await click(".o_spp_tap");
    await click(".o_spp_submit");
    await animationFrame();
    await click(".o_spp_confirm");
    await waitFor(".o_spp_conflicts", { timeout: 3000 });
    expect(queryOne(".o_spp_conflicts").textContent).toMatch(/Ana\s*:\s*Late/);
    expect(statuses()[0]).toBe("late");
});
