import { beforeEach, describe, destroy, expect, test } from "@odoo/hoot";
import { queryOne, waitFor, waitForNone } from "@odoo/hoot-dom";
import { animationFrame, Deferred } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { makeServerError, onRpc } from "@web/../tests/web_test_helpers";
import { RosterDrafts } from "@spp_session_tracking/roster/roster_drafts";
import { card, goOffline, mountRoster, prepareServer, roster, statuses, tap } from "./roster_test_helpers";

describe.current.tags("desktop");
defineMailModels();

beforeEach(() => prepareServer());

test("without a connection the marks wait in the browser and are sent once", async () => {
    onRpc("spp.session", "save_roster", ({ args }) => {
        expect.step(args[1][0].status);
        return {
            conflicts: [],
            roster: roster({ Ana: "absent", Ben: "present", Cleo: "on_hold" }, { is_submitted: true }),
        };
    });
    await mountRoster();
    const network = goOffline();
    await tap(".o_spp_tap");
    await tap(".o_spp_submit");
    await waitFor(".o_spp_waiting", { timeout: 3000 });
    expect(queryOne(".o_spp_waiting").textContent.trim()).toMatch(/^3 waiting/);
    network.isUp = true;
    await tap(".o_spp_waiting button");
    await waitFor(".o_spp_submitted", { timeout: 3000 });
    expect(".o_spp_waiting").toHaveCount(0);
    expect.verifySteps(["absent"]);
});

test("what waits is sent when the connection is back", async () => {
    onRpc("spp.session", "save_roster", () => {
        expect.step("sent");
        return { conflicts: [], roster: roster({}, { is_submitted: true }) };
    });
    await mountRoster();
    const network = goOffline();
    await tap(".o_spp_submit");
    await waitFor(".o_spp_waiting", { timeout: 3000 });
    network.isUp = true;
    window.dispatchEvent(new Event("online"));
    await waitForNone(".o_spp_waiting", { timeout: 3000 });
    expect.verifySteps(["sent"]);
});

test("marks changed while others wait replace them, and tell what may have arrived already", async () => {
    onRpc("spp.session", "save_roster", ({ args }) => {
        const [mark] = args[1];
        expect.step([mark.participant_id, mark.status, mark.base, mark.sent]);
        return { conflicts: [], roster: roster({ Ana: "late" }, { is_submitted: true }) };
    });
    await mountRoster();
    const network = goOffline();
    await tap(".o_spp_tap");
    await tap(".o_spp_save");
    await waitFor(".o_spp_waiting", { timeout: 3000 });
    expect(queryOne(".o_spp_waiting").textContent.trim()).toMatch(/^1 waiting/);
    await tap(".o_spp_tap");
    await tap(".o_spp_save");
    await animationFrame();
    network.isUp = true;
    await tap(".o_spp_waiting button");
    await waitForNone(".o_spp_waiting", { timeout: 3000 });
    expect.verifySteps([[1, "late", false, ["absent"]]]);
});

test("taps survive a reload of the page", async () => {
    const screen = await mountRoster();
    await tap(".o_spp_tap");
    expect(statuses()[0]).toBe("absent");
    destroy(screen);
    expect(statuses()).toEqual([]);
    await mountRoster();
    expect(statuses()).toEqual(["absent", "present", "on_hold"]);
});

test("a roster of today opens without a connection once home was seen", async () => {
    onRpc("spp.session", "load_my_day", () => [card(7, { name: "Health Session", is_running: true })]);
    onRpc("spp.session", "load_roster", () => {
        expect.step("fetched");
        return roster();
    });
    await mountRoster({});
    await animationFrame();
    await animationFrame();
    expect.verifySteps(["fetched"]);
    const network = goOffline();
    await tap(".o_spp_session");
    await waitFor(".o_spp_offline", { timeout: 3000 });
    expect(statuses()).toEqual(["present", "present", "on_hold"]);
    await tap(".o_spp_tap");
    await tap(".o_spp_home");
    await waitFor(".o_spp_session", { timeout: 3000 });
    expect(".o_spp_draft").toHaveCount(1);
    expect(".o_spp_offline").toHaveCount(1);
    network.isUp = true;
    window.dispatchEvent(new Event("online"));
    await waitForNone(".o_spp_offline", { timeout: 3000 });
    await animationFrame();
    expect.verifySteps(["fetched"]);
});

test("a session that has expired loses no mark; a refusal is said and the marks stay", async () => {
    let errorName = "odoo.http.SessionExpiredException";
    onRpc("spp.session", "save_roster", () => {
        throw makeServerError({ errorName, message: "Not for you" });
    });
    await mountRoster();
    await tap(".o_spp_tap");
    await tap(".o_spp_submit");
    await waitFor(".o_spp_waiting", { timeout: 3000 });
    errorName = "odoo.exceptions.AccessError";
    await tap(".o_spp_waiting button");
    await waitForNone(".o_spp_waiting", { timeout: 3000 });
    expect(statuses()).toEqual(["absent", "present", "on_hold"]);
    expect(Object.keys(new RosterDrafts().get(7))).toEqual(["1"]);
});

test("what somebody else decided meanwhile is shown, and one of the two is chosen", async () => {
    const theirs = "late";
    onRpc("spp.session", "save_roster", ({ args }) => {
        const [mark] = args[1];
        expect.step([mark.status, mark.base]);
        if (mark.base === theirs) {
            return { conflicts: [], roster: roster({ Ana: "absent" }, { is_submitted: true }) };
        }
        return {
            conflicts: [{ participant_id: 1, name: "Ana", theirs, mine: "absent" }],
            roster: roster({ Ana: theirs }),
        };
    });
    await mountRoster();
    await tap(".o_spp_tap");
    await tap(".o_spp_submit");
    await waitFor(".o_spp_conflicts", { timeout: 3000 });
    expect(queryOne(".o_spp_conflict").textContent).toMatch(/Ana\s*Theirs: Late\s*Mine: Absent/);
    expect(statuses()[0]).toBe("late");
    expect(".o_spp_submit").not.toBeEnabled();
    await tap(".o_spp_mine");
    expect(statuses()[0]).toBe("absent");
    expect(".o_spp_conflicts").toHaveCount(0);
    await tap(".o_spp_submit");
    await waitFor(".o_spp_submitted", { timeout: 3000 });
    expect.verifySteps([
        ["absent", false],
        ["absent", "late"],
    ]);
});

test("theirs can be kept", async () => {
    onRpc("spp.session", "load_roster", () => roster({ Ana: "late" }));
    new RosterDrafts().set(7, {
        1: { status: "absent", base: false, late_minutes: null, notes: "", reason_id: false },
    });
    await mountRoster();
    expect(".o_spp_conflict").toHaveCount(1);
    await tap(".o_spp_theirs");
    expect(".o_spp_conflict").toHaveCount(0);
    expect(statuses()[0]).toBe("late");
    expect(new RosterDrafts().has(7)).toBe(false);
});

test("only what was changed is written over what somebody else may have stored", async () => {
    onRpc("spp.session", "save_roster", ({ args }) => {
        expect.step(args[1].map((mark) => [mark.status, mark.changed]));
        return { conflicts: [], roster: roster({}, { is_submitted: true }) };
    });
    await mountRoster();
    await tap(".o_spp_tap");
    await tap(".o_spp_tap");
    await tap(".o_spp_submit");
    await waitFor(".o_spp_submitted", { timeout: 3000 });
    expect.verifySteps([
        [
            ["late", ["late_minutes"]],
            ["present", []],
            ["on_hold", []],
        ],
    ]);
});

test("what is tapped while marks are on their way stays, and builds on what was sent", async () => {
    const answered = new Deferred();
    onRpc("spp.session", "save_roster", async ({ args }) => {
        expect.step(args[1].map((mark) => [mark.participant_id, mark.status, mark.base]));
        await answered;
        return { conflicts: [], roster: roster({ Ana: "absent" }) };
    });
    await mountRoster();
    await tap(".o_spp_tap");
    await tap(".o_spp_save");
    await tap(".o_spp_tap");
    expect(statuses()[0]).toBe("late");
    answered.resolve();
    await animationFrame();
    await animationFrame();
    expect(statuses()[0]).toBe("late");
    expect(new RosterDrafts().get(7)[1].base).toBe("absent");
    expect.verifySteps([[[1, "absent", false]]]);
});
