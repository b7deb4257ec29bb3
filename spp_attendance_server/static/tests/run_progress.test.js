import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { MockServer, contains, defineModels, fields, models, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { LOOK_EVERY } from "@spp_attendance_server/run_progress/run_progress";

describe.current.tags("desktop");
defineMailModels();

class Run extends models.Model {
    _name = "spp.attendance.compliance.run";

    state = fields.Selection({
        selection: [
            ["fetching", "Asking Servers"],
            ["decided", "Dry Run"],
        ],
    });
    fetch_done = fields.Integer();
    fetch_total = fields.Integer();
    fetch_progress = fields.Float();
    summary = fields.Json();

    _records = [{ id: 1, state: "fetching", fetch_done: 30, fetch_total: 300, fetch_progress: 10 }];
}
defineModels([Run]);

const ARCH = `<form edit="0"><field name="state" invisible="1"/><widget name="attendance_run_progress"/></form>`;

beforeEach(() => {
    onRpc("spp.attendance.compliance.run", "web_read", () => {
        expect.step("look");
    });
});

async function mountRun(arch = ARCH) {
    const view = await mountView({ type: "form", resModel: "spp.attendance.compliance.run", resId: 1, arch });
    expect.verifySteps(["look"]);
    return view;
}

/** The run is further now. */
function change(values) {
    MockServer.env["spp.attendance.compliance.run"].write([1], values);
}

test("looks again every few seconds while servers are asked, and stops when they have answered", async () => {
    await mountRun();
    expect(".o_attendance_run_asked").toHaveText("30 of 300 people asked for (10 %)");
    expect(".progress-bar").toHaveAttribute("style", "width: 10%");
    await advanceTime(LOOK_EVERY / 2);
    expect.verifySteps([]);
    change({ fetch_done: 180, fetch_progress: 60 });
    await advanceTime(LOOK_EVERY / 2);
    await animationFrame();
    expect.verifySteps(["look"]);
    expect(".o_attendance_run_asked").toHaveText("180 of 300 people asked for (60 %)");
    change({ state: "decided" });
    await advanceTime(LOOK_EVERY);
    await animationFrame();
    expect.verifySteps(["look"]);
    await advanceTime(10 * LOOK_EVERY);
    expect.verifySteps([]);
});

test("looks at nothing when the run is decided", async () => {
    Run._records[0].state = "decided";
    await mountRun();
    await advanceTime(10 * LOOK_EVERY);
    expect.verifySteps([]);
});

test("stops when the screen is left", async () => {
    const view = await mountRun();
    view.__owl__.app.destroy();
    await advanceTime(10 * LOOK_EVERY);
    expect.verifySteps([]);
});

test("goes on after the network was away", async () => {
    await mountRun();
    let away = true;
    const route = "/web/dataset/call_kw/spp.attendance.compliance.run/web_read";
    onRpc(route, () => (away ? new Response("", { status: 502 }) : undefined), { pure: true });
    await advanceTime(LOOK_EVERY);
    away = false;
    change({ fetch_done: 200 });
    await advanceTime(LOOK_EVERY);
    await animationFrame();
    expect(".o_attendance_run_asked").toHaveText("200 of 300 people asked for (10 %)");
    expect.verifySteps(["look"]);
});

test("each count of a run opens its people", async () => {
    Run._records[0].state = "decided";
    Run._records[0].summary = {
        results: [
            {
                result: "unknown",
                label: "Unknown",
                count: 450,
                reasons: [{ reason: "no_identifier", label: "The person has no identifier", count: 120 }],
                left_out: 7,
            },
        ],
        changes: { gained: 212, lost: 96, other: 0 },
    };
    onRpc("spp.attendance.compliance.run", "action_view_decisions", ({ kwargs }) => {
        expect.step(
            Object.keys(kwargs.context)
                .filter((name) => name.startsWith("search_default"))
                .join(),
        );
        return false;
    });
    await mountRun(`<form edit="0"><field name="summary" widget="attendance_run_summary"/></form>`);
    expect("[data-result=unknown]").toHaveText("450\nUnknown");
    expect("[data-reason=no_identifier]").toHaveText("120 The person has no identifier");
    expect("[data-change=gained]").toHaveText("+212");
    expect("[data-change=lost]").toHaveText("−96");
    expect("[data-change=all]").toHaveCount(0);
    await contains("[data-reason=no_identifier]").click();
    await contains("[data-change=lost]").click();
    expect.verifySteps(["search_default_unknown,search_default_reason", "search_default_lost"]);
});
