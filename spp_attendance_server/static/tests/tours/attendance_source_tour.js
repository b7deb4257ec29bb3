import { registry } from "@web/core/registry";
import { cookie } from "@web/core/browser/cookie";

registry.category("web_tour.tours").add("spp_attendance_source", {
    steps: () => [
        {
            content: "A new source",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Its name",
            trigger: ".o_field_widget[name=name] input",
            run: "edit Attendance Server West",
        },
        {
            content: "The identifier by which it knows people",
            trigger: ".o_field_widget[name=id_type_id] input",
            run: "edit School",
        },
        {
            content: "Choose it",
            trigger: ".o-autocomplete--dropdown-item:contains(School Number)",
            run: "click",
        },
        {
            content: "Where it is",
            trigger: ".o_field_widget[name=base_url] input",
            run: (helpers) => helpers.edit(cookie.get("double_url")),
        },
        {
            content: "As whom it knows us",
            trigger: ".o_field_widget[name=client_id] input",
            run: (helpers) => helpers.edit(cookie.get("double_client")),
        },
        {
            content: "A wrong secret",
            trigger: ".o_field_widget[name=secret] input",
            run: "edit wrong",
        },
        {
            content: "Limits and trust",
            trigger: ".nav-link:contains(Endpoints and Limits)",
            run: "click",
        },
        {
            content: "The double speaks HTTP",
            trigger: ".o_field_widget[name=allow_http] input",
            run: "click",
        },
        {
            content: "Test the connection",
            trigger: "button[name=action_test_connection]",
            run: "click",
        },
        {
            content: "It says what worked and what did not",
            trigger: ".o_field_widget[name=last_test]:contains(✓ The attendance server answers):contains(✗)",
        },
        {
            content: "The right secret",
            trigger: ".o_field_widget[name=secret] input",
            run: (helpers) => helpers.edit(cookie.get("double_secret")),
        },
        {
            content: "Test again",
            trigger: "button[name=action_test_connection]",
            run: "click",
        },
        {
            content: "Everything works",
            trigger: ".o_field_widget[name=last_test]:contains(Attendance types found: 2):not(:contains(✗))",
        },
        {
            content: "Types are there",
            trigger: ".nav-link:contains(Types)",
            run: "click",
        },
        {
            content: "by their names",
            trigger: ".o_field_widget[name=type_ids] .o_data_row:contains(Health check)",
        },
        {
            content: "The secret is not shown",
            trigger: ".o_field_widget[name=secret] input:value()",
        },
    ],
});
