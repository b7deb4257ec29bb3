import { Component, useState } from "@odoo/owl";
import { useAutofocus, useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";

const PAUSE_MS = 300;

/** Somebody who came unexpectedly: found by name, added to the register as present. */
export class RosterGuests extends Component {
    static template = "spp_session_tracking.RosterGuests";
    static props = { sessionId: Number, known: Array, add: Function };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ text: "", found: null });
        this.search = useDebounced(() => this.find(), PAUSE_MS);
        useAutofocus({ refName: "search" });
    }

    get found() {
        return (this.state.found || []).filter((person) => !this.props.known.includes(person.participant_id));
    }

    onInput(ev) {
        this.state.text = ev.target.value;
        this.search();
    }

    async find() {
        const text = this.state.text;
        const found = await this.orm.call("spp.session", "search_guests", [[this.props.sessionId], text]);
        if (text === this.state.text) {
            this.state.found = text.trim().length < 2 ? null : found;
        }
    }
}
