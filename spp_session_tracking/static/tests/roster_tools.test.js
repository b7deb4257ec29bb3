import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { queryAllTexts, waitFor } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { contains, onRpc } from "@web/../tests/web_test_helpers";
import { card, mountRoster, prepareServer, roster, statuses, tap } from "./roster_test_helpers";

describe.current.tags("desktop");
defineMailModels();

beforeEach(() => prepareServer());

test("home says what is taken, partly taken, due and overdue; the running session comes first", async () => {
    onRpc("spp.session", "load_my_day", () => [
        card(1, { is_running: true }),
        card(2, { register_state: "partly", marked: 12 }),
        card(3, { register_state: "taken" }),
        card(4, { day: "Mon 23 Nov", is_overdue: true, due: "Tue 24 Nov 10:00" }),
    ]);
    await mountRoster({});
    expect(queryAllTexts(".o_spp_state")).toEqual([
        "not taken, due 18:30",
        "partly taken (12 of 40), due 18:30",
        "taken",
        "not taken, overdue since Tue 24 Nov 10:00",
    ]);
    expect(".o_spp_session:first").toHaveClass("o_spp_running");
    expect(queryAllTexts("h3")).toEqual(["Registers still missing"]);
    expect(".o_spp_everybody").toHaveCount(0);
});

test("managers may see everybody's sessions of today", async () => {
    onRpc("res.users", "has_group", () => true);
    onRpc("spp.session", "load_my_day", ({ args }) => {
        expect.step(args[0]);
        return args[0] ? [card(1), card(2)] : [card(1)];
    });
    await mountRoster({});
    await tap(".o_spp_everybody");
    await animationFrame();
    expect(".o_spp_session").toHaveCount(2);
    expect.verifySteps([false, true]);
});

test("the session before is copied as decisions that can still change", async () => {
    onRpc("spp.session", "load_roster", () => roster({}, { previous: "North 2026-11-17" }));
    onRpc("spp.session", "load_previous_marks", () => ({
        name: "North 2026-11-17",
        marks: [{ participant_id: 2, status: "absent" }],
    }));
    await mountRoster();
    await tap(".o_spp_copy");
    await animationFrame();
    expect(statuses()).toEqual(["present", "absent", "on_hold"]);
    expect(".o_spp_suggested").toHaveCount(2);
});

test("a guest is found by name and sent as one", async () => {
    onRpc("spp.session", "search_guests", ({ args }) => {
        expect.step(args[1]);
        return [{ participant_id: 9, name: "Dora" }];
    });
    onRpc("spp.session", "save_roster", ({ args }) => {
        expect.step(args[1].map((mark) => [mark.participant_id, mark.status, mark.is_guest]));
        return { conflicts: [], roster: roster() };
    });
    await mountRoster();
    await tap(".o_spp_guest_toggle");
    await contains(".o_spp_guest_search").edit("dor", { confirm: false });
    await advanceTime(400);
    await waitFor(".o_spp_guest", { timeout: 3000 });
    await tap(".o_spp_guest");
    expect(statuses()).toEqual(["present", "present", "on_hold", "present"]);
    expect(".o_spp_row:last .o_spp_remarks").toHaveText("guest");
    await tap(".o_spp_save");
    await animationFrame();
    expect.verifySteps(["dor", [[9, "present", true]]]);
});
