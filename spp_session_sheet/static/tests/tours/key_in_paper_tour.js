import { registry } from "@web/core/registry";

const row = (name) => `.o_spp_row:contains(${name})`;

registry.category("web_tour.tours").add("spp_key_in_paper", {
    steps: () => [
        {
            content: "The code on the sheet leads to the roster",
            trigger: `${row("Person 4")} .o_spp_number:contains(4.)`,
        },
        { content: "Key in", trigger: ".o_spp_keying_toggle", run: "click" },
        { trigger: ".o_spp_keyed", run: "edit absent: 2; late: 9" },
        { trigger: ".o_spp_read", run: "click" },
        { content: "A slip is said", trigger: ".o_spp_keying_errors:contains(Number 9 is not on this sheet)" },
        { content: "and mended", trigger: ".o_spp_keyed", run: "edit absent: 2; L 4" },
        { trigger: ".o_spp_read", run: "click" },
        { content: "Decisions on the screen", trigger: `${row("Person 2")}[data-status=absent]:not(.o_spp_suggested)` },
        { trigger: `${row("Person 4")}[data-status=late]` },
        { trigger: `${row("Person 1")}[data-status=present]:not(.o_spp_suggested)` },
        { trigger: ".o_spp_submit", run: "click" },
        { trigger: ".o_spp_submitted" },
    ],
});
