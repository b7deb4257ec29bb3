import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { press, queryAllTexts, queryOne } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { contains, onRpc } from "@web/../tests/web_test_helpers";
import { mountRoster, prepareServer, roster, row, statuses, tap } from "./roster_test_helpers";

describe.current.tags("desktop");
defineMailModels();

const person = (id) => `.o_spp_row[data-participant='${id}']`;

beforeEach(() => prepareServer());

test("suggestions look different from decisions, and say why", async () => {
    await mountRoster();
    expect(statuses()).toEqual(["present", "present", "on_hold"]);
    expect(".o_spp_suggested").toHaveCount(3);
    expect(`${person(3)} .o_spp_remarks`).toHaveText("suggested · on hold");
    await tap(".o_spp_tap");
    expect(statuses()).toEqual(["absent", "present", "on_hold"]);
    expect(".o_spp_suggested").toHaveCount(2);
    expect(queryAllTexts(".o_spp_letter")).toEqual(["A", "P", "H"]);
});

test("second tap is late, with the minutes since the start", async () => {
    await mountRoster();
    await tap(".o_spp_tap");
    await tap(".o_spp_tap");
    expect(statuses()[0]).toBe("late");
    expect(".o_spp_minutes").toHaveValue(12);
});

test("late within the grace period is the first minute after it; before and after the session nothing is guessed", async () => {
    const now = Date.now();
    onRpc("spp.session", "load_roster", () => roster({}, { starts_at: now - 60000 }));
    await mountRoster();
    await tap(".o_spp_tap");
    await tap(".o_spp_tap");
    expect(".o_spp_minutes").toHaveValue(6);
});

test("after the session the minutes are left to the teacher", async () => {
    const now = Date.now();
    onRpc("spp.session", "load_roster", () => roster({}, { ends_at: now - 60000 }));
    await mountRoster();
    await tap(".o_spp_tap");
    await tap(".o_spp_tap");
    expect(statuses()[0]).toBe("late");
    expect(queryOne(".o_spp_minutes").value).toBe("");
});

test("minutes beyond the policy's border offer the status that the policy has for them", async () => {
    await mountRoster();
    await tap(".o_spp_tap");
    await tap(".o_spp_tap");
    await contains(".o_spp_minutes").edit("40");
    expect(".o_spp_hint button").toHaveText("Partial");
    await tap(".o_spp_hint button");
    expect(statuses()[0]).toBe("partial");
});

test("somebody whose absence is only a suggestion is present after one tap", async () => {
    onRpc("spp.session", "load_roster", () =>
        roster({}, { rows: [row(1, "Ana", { suggestion: "absent", why: "away 3 times in a row" })] }),
    );
    await mountRoster();
    expect(".o_spp_remarks").toHaveText("suggested · away 3 times in a row");
    await tap(".o_spp_tap");
    expect(statuses()).toEqual(["present"]);
});

test("keys set the status and go to the next person; the catalogue names the keys", async () => {
    await mountRoster();
    for (const key of ["a", "l"]) {
        await press(key);
        await animationFrame();
    }
    expect(statuses()).toEqual(["absent", "late", "on_hold"]);
    expect(`${person(3)}.o_spp_active`).toHaveCount(1);
    await press("ArrowUp");
    await animationFrame();
    await press("m");
    await animationFrame();
    expect(statuses()).toEqual(["absent", "medical", "on_hold"]);
    expect(`${person(2)} .o_spp_reason`).toHaveValue("1", { message: "the only reason for medical leave" });
});

test("marks of terminals are shown as such until somebody changes them", async () => {
    onRpc("spp.session", "load_roster", () =>
        roster({}, { rows: [row(1, "Ana", { status: "present", decided: "present", terminal: "Terminal" })] }),
    );
    await mountRoster();
    expect(".o_spp_remarks").toHaveText("seen by: Terminal");
    expect(".o_spp_suggested").toHaveCount(0);
    await tap(".o_spp_tap");
    expect(".o_spp_remarks").toHaveCount(0);
});

test("what became of an excuse is said", async () => {
    const rows = [
        row(1, "Ana", { status: "absent", decided: "excused", reason_id: 3, excuse_state: "requested" }),
        row(2, "Ben", { status: "medical", decided: "medical", reason_id: 1, certificate: "pending" }),
    ];
    onRpc("spp.session", "load_roster", () => roster({}, { rows }));
    await mountRoster();
    expect(queryAllTexts(".o_spp_remarks")).toEqual([
        "Other · excuse asked of a manager",
        "Medical · certificate pending",
    ]);
});

test("what was announced is said once, and also while nobody has decided about it", async () => {
    const announced = {
        suggestion: "medical",
        why: "announced: Medical",
        is_known: true,
        suggested_reason_id: 1,
    };
    const decided = { status: "medical", decided: "medical", reason_id: 1, certificate: "pending" };
    const rows = [
        row(1, "Ana", announced),
        row(2, "Ben", { ...announced, ...decided }),
        row(3, "Cléo", { asked_absence: "absence announced, not decided yet: Other" }),
    ];
    onRpc("spp.session", "load_roster", () => roster({}, { rows }));
    await mountRoster();
    expect(queryAllTexts(".o_spp_remarks")).toEqual([
        "suggested · announced: Medical · certificate pending",
        "announced: Medical · certificate pending",
        "suggested · absence announced, not decided yet: Other",
    ]);
});

test("all absent leaves people on hold alone, and can be undone", async () => {
    await mountRoster();
    await tap(".o_spp_all_absent");
    expect(statuses()).toEqual(["absent", "absent", "on_hold"]);
    await tap(".o_spp_undo");
    expect(statuses()).toEqual(["present", "present", "on_hold"]);
    expect(".o_spp_suggested").toHaveCount(3);
});

test("search finds names whatever their accents, and numbers", async () => {
    await mountRoster();
    await contains(".o_spp_search").edit("cleo", { confirm: false });
    await animationFrame();
    expect(statuses()).toEqual(["on_hold"]);
    await contains(".o_spp_search").edit("20", { confirm: false });
    await animationFrame();
    expect(".o_spp_row").toHaveAttribute("data-participant", "2");
});

test("reasons say how often they may still be used, and who is asked", async () => {
    onRpc("spp.session", "load_roster", () => roster({}, { rows: [row(1, "Ana", { used: { 2: 1 } })] }));
    await mountRoster();
    await press("e");
    await animationFrame();
    expect(queryAllTexts(".o_spp_reason option")).toEqual([
        "Reason ...",
        "Family Emergency - 1 of 2 left this term",
        "Other - asks a manager",
    ]);
    await contains(".o_spp_reason").select("3");
    expect(".o_spp_remarks").toHaveText("Other · a manager is asked");
});

test("a limit that is used up asks a manager", async () => {
    onRpc("spp.session", "load_roster", () => roster({}, { rows: [row(1, "Ana", { used: { 2: 2 } })] }));
    await mountRoster();
    await press("e");
    await animationFrame();
    expect(queryAllTexts(".o_spp_reason option")[1]).toBe("Family Emergency - 0 of 2 left this term - asks a manager");
});

test("a remark, every status and the way back are behind the button of the row", async () => {
    await mountRoster();
    await tap(`${person(1)} .o_spp_more`);
    await contains(`${person(1)} .o_spp_notes`).edit("left his coat");
    expect(`${person(1)} .o_spp_remarks`).toHaveText("“left his coat”");
    await tap(`${person(1)} .o_spp_choice[data-status=partial]`);
    expect(statuses()[0]).toBe("partial");
    await tap(`${person(1)} .o_spp_reset`);
    expect(`${person(1)}.o_spp_suggested[data-status=present]`).toHaveCount(1);
});

test("one tap submits, with what was known when the roster was opened; the summary is always in sight", async () => {
    onRpc("spp.session", "save_roster", ({ args }) => {
        expect.step([args[2], ...args[1].map((mark) => [mark.participant_id, mark.status, mark.base])]);
        return {
            conflicts: [],
            roster: roster({ Ana: "absent", Ben: "present", Cleo: "on_hold" }, { is_submitted: true }),
        };
    });
    await mountRoster();
    await tap(".o_spp_tap");
    expect(queryAllTexts(".o_spp_count")).toEqual(["1 P", "1 A", "1 H"]);
    expect(".o_spp_exceptions").toHaveText("A Ana H Cléo");
    await tap(".o_spp_submit");
    await animationFrame();
    expect.verifySteps([[true, [1, "absent", false], [2, "present", false], [3, "on_hold", false]]]);
    expect(".o_spp_submitted").toHaveCount(1);
});

test("what should be thought over asks first: people whom nobody marked", async () => {
    onRpc("spp.session", "load_roster", () => roster({}, { rows: [row(1, "Ana", { suggestion: false })] }));
    onRpc("spp.session", "save_roster", ({ args }) => {
        expect.step(args[1]);
        return { conflicts: [], roster: roster({ Ana: "absent" }, { is_submitted: true }) };
    });
    await mountRoster();
    await tap(".o_spp_submit");
    expect.verifySteps([]);
    expect(".o_spp_summary").toHaveText(/1 not marked become absent/);
    await tap(".o_spp_confirm");
    await animationFrame();
    expect.verifySteps([[]]);
});

test("saving for later sends decisions only", async () => {
    onRpc("spp.session", "save_roster", ({ args }) => {
        expect.step([args[2], ...args[1].map((mark) => mark.participant_id)]);
        return { conflicts: [], roster: roster({ Ana: "absent" }) };
    });
    await mountRoster();
    expect(".o_spp_save").not.toBeEnabled();
    await tap(".o_spp_tap");
    await tap(".o_spp_save");
    await animationFrame();
    expect.verifySteps([[false, 1]]);
    expect(".o_spp_suggested").toHaveCount(2);
    expect(".o_spp_save").not.toBeEnabled();
});

test("Ctrl+Enter submits", async () => {
    onRpc("spp.session", "save_roster", () => {
        expect.step("saved");
        return { conflicts: [], roster: roster({}, { is_submitted: true }) };
    });
    await mountRoster();
    await press(["ctrl", "Enter"]);
    await animationFrame();
    expect.verifySteps(["saved"]);
});

test("correcting a submitted register sends the change with its reason", async () => {
    const marks = { Ana: "present", Ben: "present", Cleo: "on_hold" };
    onRpc("spp.session", "load_roster", () => roster(marks, { is_submitted: true, correction: "required" }));
    onRpc("spp.session", "save_roster", ({ args }) => {
        expect.step([args[1].map((mark) => [mark.participant_id, mark.status, mark.base]), args[3]]);
        return {
            conflicts: [],
            roster: roster({ ...marks, Ana: "absent" }, { is_submitted: true, correction: "required" }),
        };
    });
    await mountRoster();
    await tap(".o_spp_tap");
    await tap(".o_spp_submit");
    expect(".o_spp_confirm").not.toBeEnabled();
    await contains(".o_spp_correction_reason").edit("was at the gate", { confirm: false });
    await animationFrame();
    await tap(".o_spp_confirm");
    await animationFrame();
    expect.verifySteps([[[[1, "absent", "present"]], "was at the gate"]]);
    expect(".o_notification").toHaveText(/Health Session is corrected: 1 P, 1 A, 1 H\./);
});

test("a locked register says so and offers to ask for unlocking", async () => {
    onRpc("spp.session", "load_roster", () =>
        roster({ Ana: "present" }, { can_mark: false, notice: "This register is locked.", can_ask_unlock: true }),
    );
    onRpc("spp.session", "action_request_unlock", ({ args }) => {
        expect.step(args[1]);
        return true;
    });
    await mountRoster();
    expect(".o_spp_notice").toHaveText(/This register is locked/);
    expect(".o_spp_tap:first").not.toBeEnabled();
    expect(".o_spp_submit").not.toBeEnabled();
    await contains(".o_spp_unlock input").edit("wrong child", { confirm: false });
    await animationFrame();
    await tap(".o_spp_unlock button");
    await animationFrame();
    expect.verifySteps(["wrong child"]);
    expect(".o_spp_unlock_asked").toHaveCount(1);
});

test("more people than places are said before submitting", async () => {
    onRpc("spp.session", "load_roster", () => roster({}, { capacity: 1 }));
    await mountRoster();
    expect(".o_spp_capacity").toHaveText("2 people for 1 places.");
});

test("buttons have names, and colour is never the only sign", async () => {
    await mountRoster();
    expect(`${person(1)} .o_spp_tap`).toHaveAttribute("aria-label", "Ana: suggested Present. Tap to change.");
    expect(`${person(1)} .o_spp_more`).toHaveAttribute("aria-label", "More about Ana");
    expect(".o_spp_home").toHaveAttribute("aria-label", "Back to my sessions");
    expect(queryAllTexts(".o_spp_letter")).toEqual(["P", "P", "H"]);
});
