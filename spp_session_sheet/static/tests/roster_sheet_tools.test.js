import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { contains, onRpc } from "@web/../tests/web_test_helpers";
import { mountRoster, prepareServer, statuses, tap } from "@spp_session_tracking/../tests/roster_test_helpers";

describe.current.tags("desktop");
defineMailModels();

beforeEach(() => prepareServer());

test("what is keyed in from paper becomes decisions, and mistakes are said", async () => {
    onRpc("spp.session", "read_keying", ({ args }) => {
        expect.step(args.slice(1));
        return args[1] === "absent: 99"
            ? { marks: [], errors: ["Number 99 is not on this sheet."] }
            : {
                  marks: [
                      { participant_id: 1, status: "absent" },
                      { participant_id: 2, status: "present" },
                  ],
                  errors: [],
              };
    });
    await mountRoster();
    await tap(".o_spp_keying_toggle");
    await contains(".o_spp_keyed").edit("absent: 99", { confirm: false });
    await animationFrame();
    await tap(".o_spp_read");
    await animationFrame();
    expect(queryAllTexts(".o_spp_keying_errors li")).toEqual(["Number 99 is not on this sheet."]);
    await contains(".o_spp_keyed").edit("absent: 10", { confirm: "enter" });
    await animationFrame();
    await animationFrame();
    expect.verifySteps([
        ["absent: 99", true],
        ["absent: 10", true],
    ]);
    expect(statuses()).toEqual(["absent", "present", "on_hold"]);
    expect(".o_spp_suggested").toHaveCount(1);
    expect(".o_spp_keying").toHaveCount(0);
});

test("printing asks the server for the report", async () => {
    onRpc("spp.session", "action_print_sheet", () => {
        expect.step("print");
        return { type: "ir.actions.act_window_close" };
    });
    await mountRoster();
    await tap(".o_spp_print");
    await animationFrame();
    expect.verifySteps(["print"]);
});
