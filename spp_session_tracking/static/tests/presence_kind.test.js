import { describe, expect, test } from "@odoo/hoot";
import { Register } from "@spp_session_tracking/roster/roster_register";
import { roster } from "./roster_test_helpers";

describe.current.tags("headless");

/** The table that the test of the server reads too; a frame has a `fetch` that is not mocked. */
async function readCases() {
    const frame = document.createElement("iframe");
    document.body.append(frame);
    const url = new URL("/spp_session_tracking/static/tests/presence_kind_cases.json", frame.baseURI);
    const response = await frame.contentWindow.fetch(url);
    const { cases } = await response.json();
    frame.remove();
    return cases;
}

test("the roster screen says of an arrival what the server says", async () => {
    const cases = await readCases();
    expect(cases.length).toBeGreaterThan(20);
    const starts_at = Date.UTC(2025, 9, 1, 6);
    const said = cases.map(({ duration, policy, minutes }) =>
        new Register(
            roster(
                {},
                {
                    starts_at,
                    ends_at: starts_at + duration * 60000,
                    grace_minutes: policy.grace,
                    partial_after_minutes: policy.partial_after || 0,
                    absent_after_minutes: policy.absent_after || 0,
                    partial_below_percentage: policy.partial_below || 0,
                    absent_below_percentage: policy.absent_below || 0,
                },
            ),
        ).kindByPolicy(minutes),
    );
    expect(said.map((kind, index) => `${cases[index].name}: ${kind}`)).toEqual(
        cases.map(({ name, kind }) => `${name}: ${kind}`),
    );
});

const TARDY = { code: "tardy", kind: "late", name: "Tardy", key: "T", abbreviation: "T", color: 3, is_attended: true };

/** A register whose programme put its own status in the place of the shipped one. */
function ownLate(values = {}) {
    const { statuses } = roster();
    return new Register(
        roster({}, { statuses: statuses.map((status) => (status.code === "late" ? TARDY : status)), ...values }),
    );
}

test("a late status of the programme's own is what the tap, the minutes and the policy mean", () => {
    const register = ownLate();
    const [row] = register.rows;
    register.tap(row); // present was suggested
    expect(row.status).toBe("absent");
    register.tap(row);
    expect([row.status, row.late_minutes]).toEqual(["tardy", 12]);
    expect(register.ofKind(register.kindByPolicy(12)).code).toBe("tardy");
    register.tap(row);
    expect([row.status, row.late_minutes]).toEqual(["present", null]);
    expect(register.exceptions.map((status) => status.code)).toEqual(["on_hold"]);
});

test("of two late statuses the tap sets the first; the second goes on to present as well", () => {
    const { statuses } = roster();
    const register = new Register(roster({}, { statuses: [...statuses, TARDY] }));
    const [row] = register.rows;
    register.mark(row, "tardy");
    expect(row.late_minutes).toBe(12);
    register.tap(row);
    expect(row.status).toBe("present");
    register.tap(row);
    register.tap(row);
    expect(row.status).toBe("late");
});

test("what a browser kept from before there were kinds still works", () => {
    const statuses = roster().statuses.map(({ kind, ...status }) => status);
    const register = new Register(roster({}, { statuses }));
    const [row] = register.rows;
    register.tap(row);
    register.tap(row);
    expect(row.status).toBe("late");
});
