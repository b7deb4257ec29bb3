import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

registry.category("web_tour.tours").add("spp_attendance_run", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the Programs app",
            trigger: ".o_app[data-menu-xmlid='spp_programs.spp_program_menu_root']",
            run: "click",
        },
        {
            content: "Open the cycles",
            trigger: ".o_menu_sections .o_nav_entry[href*='cycles']",
            run: "click",
        },
        {
            content: "Open the cycle",
            trigger: ".o_data_row td[name=name]:contains(October 2025)",
            run: "click",
        },
        {
            content: "Start a dry run",
            trigger: "button[name=action_filter_beneficiaries_by_compliance_criteria]",
            run: "click",
        },
        {
            content: "The dry run says what it would do",
            trigger: ".alert:contains(dry run)",
        },
        {
            content: "and why",
            trigger: ".o_data_row:contains(Attended 5 of 5 sessions)",
        },
        {
            content: "Apply it",
            trigger: "button[name=action_apply]",
            run: "click",
        },
        {
            content: "Confirm",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "It is applied",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Applied)",
        },
    ],
});
