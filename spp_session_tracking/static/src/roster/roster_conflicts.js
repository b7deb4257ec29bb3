import { Component } from "@odoo/owl";

/** What somebody else decided differently meanwhile: theirs or mine, person by person. */
export class RosterConflicts extends Component {
    static template = "spp_session_tracking.RosterConflicts";
    static props = { register: Object, resolve: Function };

    statusName(code) {
        return this.props.register.status(code)?.name || code;
    }
}
