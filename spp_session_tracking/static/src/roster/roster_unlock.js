import { Component, useState } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";

/** Ask a session manager to unlock a register, with the reason. */
export class RosterUnlock extends Component {
    static template = "spp_session_tracking.RosterUnlock";
    static props = { sessionId: Number, isAsked: Boolean };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ reason: "", isAsked: this.props.isAsked, isBusy: false });
    }

    async ask() {
        this.state.isBusy = true;
        try {
            await this.orm.call("spp.session", "action_request_unlock", [
                [this.props.sessionId],
                this.state.reason.trim(),
            ]);
            this.state.isAsked = true;
        } finally {
            this.state.isBusy = false;
        }
    }
}
