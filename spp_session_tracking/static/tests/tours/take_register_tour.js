import { registry } from "@web/core/registry";

const row = (name) => `.o_spp_row:contains(${name})`;

registry.category("web_tour.tours").add("spp_take_register", {
    steps: () => [
        { content: "Today's session", trigger: ".o_spp_session", run: "click" },
        { content: "Filled in as a suggestion", trigger: `${row("Person 1")}.o_spp_suggested[data-status=present]` },
        { content: "One tap: absent", trigger: `${row("Person 1")} .o_spp_tap`, run: "click" },
        { content: "It is a decision now", trigger: `${row("Person 1")}[data-status=absent]:not(.o_spp_suggested)` },
        { content: "Two taps: late", trigger: `${row("Person 2")} .o_spp_tap`, run: "click" },
        { trigger: `${row("Person 2")}[data-status=absent] .o_spp_tap`, run: "click" },
        { content: "with minutes", trigger: `${row("Person 2")}[data-status=late] .o_spp_minutes`, run: "edit 14" },
        { content: "Keys work too", trigger: `${row("Person 2")} .o_spp_tap`, run: () => document.activeElement.blur() },
        { content: "go down", trigger: ".o_spp_roster", run: "press ArrowDown" },
        { trigger: `${row("Person 3")}.o_spp_active` },
        { content: "E is excused", trigger: ".o_spp_roster", run: "press e" },
        { trigger: `${row("Person 3")}[data-status=excused]` },
        { content: "Submit", trigger: ".o_spp_submit", run: "click" },
        { content: "after a summary", trigger: ".o_spp_footer .o_spp_count:contains(1 Late)" },
        { trigger: ".o_spp_confirm", run: "click" },
        { content: "Done", trigger: ".o_spp_submitted" },
    ],
});
