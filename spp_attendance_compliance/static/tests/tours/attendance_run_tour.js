import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";
import { inClicks } from "./click_counter";

const tours = registry.category("web_tour.tours");

const openCompliance = [
    {
        content: "Open what the cycle asks for",
        trigger: ".o_notebook .nav-link:contains(Attendance)",
        run: "click",
    },
    {
        content: "The rule is there in words",
        trigger: ".alert:contains(at least 80 % of the expected sessions)",
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
];

const isApplied = {
    content: "It is applied",
    trigger: ".o_statusbar_status .o_arrow_button_current:contains(Applied)",
};

tours.add("spp_attendance_run", {
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
        ...inClicks(4, [
            ...openCompliance,
            {
                content: "how many are compliant",
                trigger: ".o_attendance_run_summary [data-result=compliant]:contains(1)",
            },
            {
                content: "of whom nothing is known, and why",
                trigger: ".o_attendance_run_summary [data-reason=nothing_expected]:contains(1)",
            },
            {
                content: "and why for each of them",
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
            isApplied,
        ]),
    ],
});

tours.add("spp_attendance_run_to_approve", {
    steps: () =>
        inClicks(2, [
            ...openCompliance,
            {
                content: "Who started it neither approves nor applies it",
                trigger:
                    ".o_form_statusbar:not(:has(button[name=action_approve])):not(:has(button[name=action_apply]))",
            },
        ]),
});

tours.add("spp_attendance_approve", {
    steps: () =>
        inClicks(2, [
            {
                content: "A second manager approves",
                trigger: "button[name=action_approve]",
                run: "click",
            },
            {
                content: "and applies: what two people looked at is not asked again",
                trigger: "button[name=action_apply]",
                run: "click",
            },
            isApplied,
        ]),
});

tours.add("spp_attendance_officer", {
    steps: () => [
        ...openCompliance,
        {
            content: "An officer tries other thresholds but does not apply",
            trigger: ".o_form_statusbar:has(button[name=action_what_if]):not(:has(button[name=action_apply]))",
        },
    ],
});

tours.add("spp_attendance_what_if", {
    steps: () => [
        {
            content: "What if another threshold were asked for",
            trigger: "button[name=action_what_if]",
            run: "click",
        },
        {
            content: "The present one is among them",
            trigger: ".modal .o_data_row.text-info:contains(80.00)",
        },
        {
            content: "and others say whom they would add",
            trigger: ".modal .o_data_row:contains(60.00)",
        },
        {
            content: "Close",
            trigger: ".modal-footer button:contains(Close)",
            run: "click",
        },
        {
            content: "Nothing has changed",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Dry Run)",
        },
    ],
});

tours.add("spp_attendance_group_member", {
    steps: () => [
        {
            content: "Open the decision about the household",
            trigger: ".o_data_row:contains(The only member who is assessed passes) td[name=explanation]",
            run: "click",
        },
        {
            content: "Open its member",
            trigger: ".modal .o_data_row:contains(Person 1) td[name=explanation]",
            run: "click",
        },
        {
            content: "Each session is there with its weight",
            trigger: ".modal .o_attendance_event_table tbody tr:nth-child(5):contains(attended, counts 1)",
        },
        {
            content: "Open an event",
            trigger: ".modal .o_attendance_event_table tbody tr:first-child",
            run: "click",
        },
        {
            content: "It says where it comes from",
            trigger: ".modal .o_field_widget[name=source_id]:contains(Own Sessions)",
        },
    ],
});

tours.add("spp_attendance_settle_unknown", {
    steps: () => [
        {
            content: "Open those of whom nothing is known",
            trigger: ".o_attendance_run_summary [data-reason=nothing_expected]",
            run: "click",
        },
        {
            content: "Only they are listed",
            trigger: ".o_searchview .o_facet_value:contains(No session was held)",
        },
        {
            content: "Choose all",
            trigger: "thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Settle them",
            trigger: "button[name=action_resolve_unknown]",
            run: "click",
        },
        {
            content: "Why",
            trigger: ".modal [name=reason] input",
            run: "edit The school was closed by the flood",
        },
        {
            content: "Leave them out",
            trigger: ".modal-footer button[name=action_confirm]:contains(Leave Out)",
            run: "click",
        },
        {
            content: "Back to the run",
            trigger: "body:not(:has(.modal)) .o_back_button",
            run: "click",
        },
        {
            content: "The run counts them",
            trigger: ".o_attendance_run_summary:contains(1 left out with a reason)",
        },
    ],
});
