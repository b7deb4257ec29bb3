import { Component } from "@odoo/owl";

/** My sessions of today, the running one first, and my registers of the last days that are missing. */
export class RosterHome extends Component {
    static template = "spp_session_tracking.RosterHome";
    static props = {
        day: Array,
        isManager: Boolean,
        everybody: Boolean,
        hasDraft: Function,
        open: Function,
        showEverybody: Function,
    };

    get today() {
        return this.props.day.filter((card) => !card.day);
    }

    get missing() {
        return this.props.day.filter((card) => card.day);
    }
}
