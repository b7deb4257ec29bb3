import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

/** One person of the register. A tap changes the mark; everything else is behind the button at the end of the row. */
export class RosterRow extends Component {
    static template = "spp_session_tracking.RosterRow";
    static props = {
        register: Object,
        row: Object,
        isActive: Boolean,
        tap: Function,
        change: Function,
        reset: Function,
    };

    setup() {
        this.state = useState({ isOpen: false, hasPhoto: true });
    }

    get status() {
        return this.props.register.status(this.props.row.status);
    }

    get kind() {
        return this.props.register.kindOf(this.props.row.status);
    }

    get canMark() {
        return this.props.register.can_mark;
    }

    get initials() {
        const words = this.props.row.name.split(/\s+/).filter(Boolean);
        return words
            .slice(0, 2)
            .map((word) => word[0].toUpperCase())
            .join("");
    }

    get label() {
        const status = this.status?.name || _t("not marked");
        return this.props.row.isDecided || !this.status
            ? _t("%(name)s: %(status)s. Tap to change.", { name: this.props.row.name, status })
            : _t("%(name)s: suggested %(status)s. Tap to change.", { name: this.props.row.name, status });
    }

    /** What stands under the name: where the mark comes from, and what becomes of it. */
    get remarks() {
        const { row, register } = this.props;
        const remarks = [];
        if (!row.status) {
            remarks.push(_t("not marked"));
        } else if (!row.isDecided) {
            remarks.push(_t("suggested"));
        }
        if (row.status && row.why && (row.is_known || !row.isDecided)) {
            remarks.push(row.why);
        }
        if (row.asked_absence) {
            remarks.push(row.asked_absence);
        }
        if (row.is_guest) {
            remarks.push(_t("guest"));
        }
        if (row.terminal && !row.isChanged) {
            remarks.push(_t("seen by: %s", row.terminal));
        }
        const reason = register.reason(row.reason_id);
        if (reason && row.isDecided) {
            if (!row.is_known || row.reason_id !== row.suggested_reason_id) {
                remarks.push(reason.name);
            }
            if (row.isChanged && register.asksManager(row, reason)) {
                remarks.push(_t("a manager is asked"));
            }
        }
        const states = {
            requested: _t("excuse asked of a manager"),
            refused: _t("excuse refused"),
        };
        if (states[row.excuse_state]) {
            remarks.push(states[row.excuse_state]);
        }
        const certificates = {
            pending: _t("certificate pending"),
            received: _t("certificate received"),
            missed: _t("certificate missed"),
        };
        const certificate = row.isDecided ? row.certificate : reason?.needs_certificate && "pending";
        if (certificates[certificate]) {
            remarks.push(certificates[certificate]);
        }
        if (row.notes) {
            remarks.push(`“${row.notes}”`);
        }
        return remarks.join(" · ");
    }

    /** The status that the policy has for the minutes of somebody late, when it is another one. */
    get policyStatus() {
        const { row, register } = this.props;
        if (this.kind !== "late" || row.late_minutes === null) {
            return null;
        }
        const kind = register.kindByPolicy(row.late_minutes);
        return kind === "late" ? null : register.ofKind(kind);
    }

    reasonLabel(reason) {
        const { row, register } = this.props;
        const left = register.left(row, reason);
        const parts = [reason.name];
        if (left !== null) {
            const values = { left, limit: reason.limit_count };
            parts.push(
                reason.limit_period === "term"
                    ? _t("%(left)s of %(limit)s left this term", values)
                    : _t("%(left)s of %(limit)s left this year", values),
            );
        }
        if (register.asksManager(row, reason)) {
            parts.push(_t("asks a manager"));
        }
        return parts.join(" - ");
    }

    onMinutes(ev) {
        const minutes = ev.target.value === "" ? null : Math.max(parseInt(ev.target.value) || 0, 0);
        this.props.change((register) => register.setMinutes(this.props.row, minutes));
    }

    onReason(ev) {
        const reasonId = Number(ev.target.value) || false;
        this.props.change((register) => register.setReason(this.props.row, reasonId));
    }

    onNotes(ev) {
        this.props.change((register) => register.setNotes(this.props.row, ev.target.value.trim()));
    }

    onStatus(code) {
        this.props.change((register) => register.mark(this.props.row, code));
    }
}
