import { click, queryAll } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { browser } from "@web/core/browser/browser";
import { ConnectionLostError, rpc } from "@web/core/network/rpc";
import { mountWithCleanup, onRpc, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { Roster } from "@spp_session_tracking/roster/roster";

const MINUTE = 60000;

export const STATUSES = [
    ["present", "Present", "P", "P"],
    ["late", "Late", "L", "L"],
    ["partial", "Partial", "R", "PT"],
    ["absent", "Absent", "A", "A"],
    ["excused", "Excused", "E", "EA"],
    ["medical", "Medical Leave", "M", "ML"],
    ["on_hold", "On Hold", "H", "H"],
].map(([code, name, key, abbreviation], color) => ({
    code,
    kind: code,
    name,
    key,
    abbreviation,
    color,
    is_attended: ["present", "late", "partial"].includes(code),
    is_excused: ["excused", "medical"].includes(code),
}));

export const REASONS = [
    { id: 1, name: "Medical", status: "medical", needs_certificate: true, is_granted_here: true, limit_count: 0 },
    {
        id: 2,
        name: "Family Emergency",
        status: "excused",
        is_granted_here: true,
        is_limited_here: true,
        limit_count: 2,
        limit_period: "term",
    },
    { id: 3, name: "Other", status: "excused", is_granted_here: false, limit_count: 0 },
];

export function row(participant_id, name, values = {}) {
    const status = values.status || false;
    return {
        participant_id,
        name,
        number: participant_id * 10,
        status,
        decided: status,
        suggestion: "present",
        why: "",
        is_known: false,
        suggested_reason_id: false,
        asked_absence: false,
        is_guest: false,
        used: {},
        late_minutes: null,
        notes: "",
        reason_id: false,
        excuse_state: false,
        requested_status: false,
        certificate: false,
        terminal: false,
        ...values,
    };
}

/** A roster of Ana, Ben and Cléo (on hold), 12 minutes after the start; `marks` holds what is stored by name. */
export function roster(marks = {}, values = {}) {
    const now = Date.now();
    const rows = [
        row(1, "Ana", { status: marks.Ana || false, decided: marks.Ana || false }),
        row(2, "Ben", { status: marks.Ben || false, decided: marks.Ben || false }),
        row(3, "Cléo", {
            status: marks.Cleo || false,
            decided: marks.Cleo || false,
            suggestion: "on_hold",
            why: "on hold",
            is_known: true,
        }),
    ];
    return {
        id: 7,
        name: "Health Session",
        day: "Tue 24 Nov",
        period: "16:00-17:30",
        location: "North",
        facilitator: "Amina",
        capacity: 0,
        is_submitted: false,
        can_mark: true,
        notice: false,
        correction: false,
        correction_until: false,
        can_ask_unlock: false,
        unlock_is_asked: false,
        grace_minutes: 5,
        partial_after_minutes: 30,
        absent_after_minutes: 60,
        partial_below_percentage: 0,
        absent_below_percentage: 0,
        starts_at: now - 12 * MINUTE - 1000,
        ends_at: now + 78 * MINUTE,
        server_now: now,
        previous: false,
        statuses: STATUSES,
        reasons: REASONS,
        rows,
        ...values,
    };
}

export function card(id, values = {}) {
    return {
        id,
        name: `Session ${id}`,
        period: "16:00-17:30",
        day: false,
        location: "North",
        facilitator: "Amina",
        is_running: false,
        register_state: "none",
        due: "18:30",
        is_overdue: false,
        people: 40,
        marked: 0,
        ...values,
    };
}

/** What the server is asked in every test. */
export function prepareServer(loaded = () => roster()) {
    browser.localStorage.clear();
    onRpc("res.users", "has_group", () => false);
    onRpc("spp.session", "load_roster", loaded);
}

export async function mountRoster(context = { active_id: 7 }) {
    return mountWithCleanup(Roster, { props: { action: { context }, actionId: 1, className: "" } });
}

export async function tap(selector) {
    await click(selector);
    await animationFrame();
}

export const statuses = () => queryAll(".o_spp_row").map((element) => element.dataset.status);

/** Cut the connection; returns the way to restore it. */
export function goOffline() {
    const network = { isUp: false };
    patchWithCleanup(rpc, {
        _rpc(url) {
            return network.isUp ? super._rpc(...arguments) : Promise.reject(new ConnectionLostError(url));
        },
    });
    return network;
}
