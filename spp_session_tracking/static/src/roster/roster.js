import { Component, onWillStart, onWillUnmount, useExternalListener, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { RosterQueue } from "./roster_queue";

const RETRY_MS = 15000;
/** What a tap makes of a mark; every other status is one key or one tap in the row's menu away. */
const NEXT_BY_TAP = { present: "absent", absent: "late", late: "present" };

export class Roster extends Component {
    static template = "spp_session_tracking.Roster";
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.queue = new RosterQueue(this.orm);
        this.state = useState({
            day: [],
            roster: null,
            active: 0,
            search: "",
            busy: false,
            confirming: false,
            waiting: this.queue.waiting.length,
            conflicts: [],
        });
        onWillStart(() => this.open(this.props.action.context?.active_id));
        useExternalListener(window, "keydown", (ev) => this.onKeydown(ev));
        useExternalListener(window, "online", () => this.flush());
        const timer = browser.setInterval(() => this.state.waiting && this.flush(), RETRY_MS);
        onWillUnmount(() => browser.clearInterval(timer));
    }

    async open(sessionId) {
        this.state.conflicts = [];
        this.state.search = "";
        this.state.active = 0;
        this.state.confirming = false;
        if (sessionId) {
            this.show(await this.orm.call("spp.session", "load_roster", [[sessionId]]));
        } else {
            this.state.roster = null;
            this.state.day = await this.orm.call("spp.session", "load_my_day", []);
        }
    }

    show(roster) {
        for (const row of roster.rows) {
            row.base = row.status;
            row.isDecided = Boolean(row.status);
            row.status = row.status || row.suggestion;
        }
        this.state.roster = roster;
    }

    get rows() {
        const wanted = this.state.search.trim().toLowerCase();
        return this.state.roster.rows.filter((row) => row.name.toLowerCase().includes(wanted));
    }

    get canMark() {
        return this.state.roster.can_mark && !this.state.busy;
    }

    get summary() {
        return this.state.roster.statuses
            .map((status) => ({
                ...status,
                count: this.state.roster.rows.filter((row) => row.status === status.code).length,
            }))
            .filter((status) => status.count);
    }

    get undecidedCount() {
        return this.state.roster.rows.filter((row) => !row.status).length;
    }

    statusOf(code) {
        return this.state.roster.statuses.find((status) => status.code === code);
    }

    mark(row, code) {
        if (!this.canMark) {
            return;
        }
        row.status = code;
        row.isDecided = true;
        row.late_minutes = code === "late" ? row.late_minutes || this.state.roster.minutes_since_start : 0;
        this.state.confirming = false;
    }

    onTap(row) {
        this.state.active = this.rows.indexOf(row);
        this.mark(row, NEXT_BY_TAP[row.status] || "present");
    }

    markAll(code) {
        for (const row of this.rows.filter((each) => each.suggestion !== "on_hold")) {
            this.mark(row, code);
        }
    }

    onLateMinutes(row, ev) {
        row.late_minutes = Math.max(parseInt(ev.target.value) || 0, 0);
    }

    onKeydown(ev) {
        if (!this.state.roster || ev.altKey || ev.metaKey) {
            return;
        }
        if (ev.key === "Enter" && ev.ctrlKey) {
            ev.preventDefault();
            return this.state.confirming ? this.submit() : this.askToSubmit();
        }
        if (ev.ctrlKey || ["INPUT", "TEXTAREA", "SELECT"].includes(ev.target.tagName)) {
            return;
        }
        const steps = { ArrowDown: 1, ArrowUp: -1 };
        if (ev.key in steps) {
            ev.preventDefault();
            const last = this.rows.length - 1;
            this.state.active = Math.min(Math.max(this.state.active + steps[ev.key], 0), last);
            return;
        }
        const status = this.state.roster.statuses.find((each) => each.key.toLowerCase() === ev.key.toLowerCase());
        const row = this.rows[this.state.active];
        if (status && row) {
            this.mark(row, status.code);
            this.state.active = Math.min(this.state.active + 1, this.rows.length - 1);
        }
    }

    askToSubmit() {
        this.state.confirming = this.canMark;
    }

    async submit() {
        const roster = this.state.roster;
        const marks = roster.rows
            .filter((row) => row.status)
            .map(({ participant_id, status, base, late_minutes, notes }) => ({
                participant_id,
                status,
                base,
                late_minutes,
                notes,
            }));
        this.queue.add(roster.id, marks, true);
        this.state.confirming = false;
        const answer = await this.flush();
        if (this.state.waiting) {
            this.notification.add(_t("No connection: the marks are kept here and sent as soon as possible."), {
                type: "warning",
            });
        } else if (answer && !answer.conflicts.length) {
            this.notification.add(_t("Register submitted."), { type: "success" });
        }
    }

    /** Send what waits; returns the answer for the roster on the screen, if there was one. */
    async flush() {
        if (this.state.busy) {
            return null;
        }
        this.state.busy = true;
        try {
            const { answers, refused } = await this.queue.flush();
            for (const message of Object.values(refused)) {
                this.notification.add(message, { type: "danger", sticky: true });
            }
            const answer = this.state.roster && answers[this.state.roster.id];
            if (answer) {
                this.state.conflicts = answer.conflicts;
                this.show(answer.roster);
            }
            return answer || null;
        } finally {
            this.state.waiting = this.queue.waiting.length;
            this.state.busy = false;
        }
    }
}

registry.category("actions").add("spp_session_tracking.roster", Roster);
