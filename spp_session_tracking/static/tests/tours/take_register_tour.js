import { registry } from "@web/core/registry";

const row = (name) => `.o_spp_row:contains(${name})`;

registry.category("web_tour.tours").add("spp_take_register", {
    steps: () => [
        { content: "Today's session", trigger: ".o_spp_session:contains(not taken)", run: "click" },
        { content: "Filled in as a suggestion", trigger: `${row("Person 1")}.o_spp_suggested[data-status=present]` },
        { content: "One tap: absent", trigger: `${row("Person 1")} .o_spp_tap`, run: "click" },
        { content: "It is a decision now", trigger: `${row("Person 1")}[data-status=absent]:not(.o_spp_suggested)` },
        { content: "Two taps: late", trigger: `${row("Person 2")} .o_spp_tap`, run: "click" },
        { trigger: `${row("Person 2")}[data-status=absent] .o_spp_tap`, run: "click" },
        { content: "with minutes", trigger: `${row("Person 2")}[data-status=late] .o_spp_minutes`, run: "edit 14" },
        {
            content: "Keys work too",
            trigger: `${row("Person 2")} .o_spp_tap`,
            run: () => document.activeElement.blur(),
        },
        { content: "go down", trigger: ".o_spp_roster", run: "press ArrowDown" },
        { trigger: `${row("Person 3")}.o_spp_active` },
        { content: "E is excused", trigger: ".o_spp_roster", run: "press e" },
        { trigger: `${row("Person 3")}[data-status=excused]` },
        {
            content: "with its reason",
            trigger: `${row("Person 3")} .o_spp_reason`,
            run: "selectByLabel School Event",
        },
        { content: "The summary is in sight", trigger: ".o_spp_exceptions:contains(Person 2 14)" },
        { content: "Submit", trigger: ".o_spp_submit", run: "click" },
        { content: "Done", trigger: ".o_spp_submitted" },
        { content: "and still to be corrected", trigger: ".o_notification:contains(You can change it until)" },
    ],
});

// 40 pupils, 3 absent, 1 late, 1 with an announced medical note, 1 on hold: every click is one tap of a thumb
registry.category("web_tour.tours").add("spp_seven_taps", {
    steps: () => [
        { content: "Tap 1: the session", trigger: ".o_spp_session.o_spp_running", run: "click" },
        { trigger: `${row("Pupil 05")}.o_spp_suggested[data-status=medical]` },
        { trigger: `${row("Pupil 06")}.o_spp_suggested[data-status=on_hold]` },
        { content: "Tap 2", trigger: `${row("Pupil 01")} .o_spp_tap`, run: "click" },
        { content: "Tap 3", trigger: `${row("Pupil 11")} .o_spp_tap`, run: "click" },
        { content: "Tap 4", trigger: `${row("Pupil 27")} .o_spp_tap`, run: "click" },
        { content: "Tap 5", trigger: `${row("Pupil 09")} .o_spp_tap`, run: "click" },
        { content: "Tap 6", trigger: `${row("Pupil 09")}[data-status=absent] .o_spp_tap`, run: "click" },
        { trigger: `${row("Pupil 09")}[data-status=late] .o_spp_minutes` },
        { trigger: ".o_spp_count[data-status=present]:contains(34 P)" },
        { content: "Tap 7: submit", trigger: ".o_spp_submit", run: "click" },
        { content: "The summary", trigger: ".o_notification:contains(34 P, 1 L, 3 A, 1 ML, 1 H)" },
        { trigger: ".o_spp_submitted" },
    ],
});
