import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { RosterGuests } from "./roster_guests";
import { RosterKeying } from "./roster_keying";

/** Search, and what changes many marks at once. */
export class RosterTools extends Component {
    static template = "spp_session_tracking.RosterTools";
    static components = { RosterGuests, RosterKeying };
    static props = {
        register: Object,
        rows: Array,
        search: String,
        setSearch: Function,
        change: Function,
        addGuest: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        // on a narrow screen the tools are behind one button; at most one panel is open
        this.state = useState({ isOpen: false, panel: null });
    }

    get canMark() {
        return this.props.register.can_mark;
    }

    markAll(code) {
        this.props.change((register) => register.markAll(this.props.rows, code));
        this.state.isOpen = false;
    }

    undo() {
        this.props.change((register) => register.undo());
    }

    toggle(panel) {
        this.state.panel = this.state.panel === panel ? null : panel;
        this.state.isOpen = false;
    }

    async copyPrevious() {
        this.state.isOpen = false;
        const { name, marks } = await this.orm.call("spp.session", "load_previous_marks", [[this.props.register.id]]);
        this.props.change((register) => register.applyMarks(marks));
        this.notification.add(_t("Copied from %s: change what is different today.", name), { type: "info" });
    }

    applyKeyed(marks) {
        this.props.change((register) => register.applyMarks(marks));
        this.state.panel = null;
    }

    onGuest(guest) {
        this.props.addGuest(guest);
        this.state.panel = null;
    }

    async print() {
        this.state.isOpen = false;
        await this.action.doAction(
            await this.orm.call("spp.session", "action_print_sheet", [[this.props.register.id]])
        );
    }
}
