import { Component, useEffect, useRef, useState } from "@odoo/owl";

/** The summary, always in sight: counts and exceptions; and the way to save or submit. */
export class RosterFooter extends Component {
    static template = "spp_session_tracking.RosterFooter";
    static props = {
        register: Object,
        isAsking: Boolean,
        isSending: Boolean,
        submit: Function,
        send: Function,
        cancel: Function,
    };

    setup() {
        this.state = useState({ isOpen: false, reason: "" });
        this.reasonRef = useRef("reason");
        useEffect(
            () => this.reasonRef.el?.focus(),
            () => [this.props.isAsking],
        );
    }

    get isDetailed() {
        return this.state.isOpen || this.props.isAsking;
    }

    get reasonIsMissing() {
        return this.props.register.correction === "required" && !this.state.reason.trim();
    }

    get canSend() {
        const { register, isSending } = this.props;
        return register.can_mark && !isSending && !register.conflicts.length;
    }

    names(status) {
        return status.rows
            .map((row) =>
                this.props.register.kindOf(row.status) === "late" && row.late_minutes !== null
                    ? `${row.name} ${row.late_minutes}′`
                    : row.name,
            )
            .join(", ");
    }

    async confirm() {
        await this.props.send(true, this.state.reason.trim());
        this.state.reason = "";
    }
}
