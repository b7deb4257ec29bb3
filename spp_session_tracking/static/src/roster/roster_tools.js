import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { RosterGuests } from "./roster_guests";

/**
 * Buttons that other addons bring: `label`, `icon`, `className`, `isMarking` (for people who may mark only), and either
 * `panel` (a component with the props `sessionId` and `apply`, which takes decisions) or `run`, called with the services
 * `action` and `orm` and the `register`.
 */
const moreTools = registry.category("spp_roster_tools");

/** Search, and what changes many marks at once. */
export class RosterTools extends Component {
    static template = "spp_session_tracking.RosterTools";
    static components = { RosterGuests };
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

    markAll(kind) {
        this.props.change((register) => register.markAll(this.props.rows, kind));
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

    get tools() {
        return moreTools.getEntries().map(([name, tool]) => ({ name, ...tool }));
    }

    get panelTool() {
        return this.canMark && this.tools.find((tool) => tool.panel && tool.name === this.state.panel);
    }

    async useTool(tool) {
        if (tool.panel) {
            return this.toggle(tool.name);
        }
        this.state.isOpen = false;
        await tool.run({ action: this.action, orm: this.orm, register: this.props.register });
    }

    applyMarks(marks) {
        this.props.change((register) => register.applyMarks(marks));
        this.state.panel = null;
    }

    onGuest(guest) {
        this.props.addGuest(guest);
        this.state.panel = null;
    }
}
