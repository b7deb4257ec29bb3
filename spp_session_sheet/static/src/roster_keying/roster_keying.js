import { Component, useState } from "@odoo/owl";
import { useAutofocus, useService } from "@web/core/utils/hooks";

/** What was crossed on the paper roster, keyed in by numbers. It becomes decisions on the screen, nothing is sent yet. */
export class RosterKeying extends Component {
    static template = "spp_session_sheet.RosterKeying";
    static props = { sessionId: Number, apply: Function };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ text: "", restPresent: true, errors: [], isBusy: false });
        useAutofocus({ refName: "text" });
    }

    onKeydown(ev) {
        if (ev.key === "Enter" && !ev.ctrlKey) {
            ev.preventDefault();
            this.read();
        }
    }

    async read() {
        this.state.isBusy = true;
        try {
            const { marks, errors } = await this.orm.call("spp.session", "read_keying", [
                [this.props.sessionId],
                this.state.text,
                this.state.restPresent,
            ]);
            this.state.errors = errors;
            if (!errors.length) {
                this.props.apply(marks);
            }
        } finally {
            this.state.isBusy = false;
        }
    }
}
