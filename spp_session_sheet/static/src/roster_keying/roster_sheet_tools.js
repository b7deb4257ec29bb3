import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { RosterKeying } from "./roster_keying";

registry
    .category("spp_roster_tools")
    .add("keying", {
        label: _t("From paper"),
        className: "o_spp_keying_toggle",
        isMarking: true,
        panel: RosterKeying,
    })
    .add("print", {
        label: _t("Print"),
        icon: "fa-print",
        className: "o_spp_print",
        run: async ({ action, orm, register }) =>
            action.doAction(await orm.call("spp.session", "action_print_sheet", [[register.id]])),
    });
