// Part of the SPP attendance suite. LGPL-3.
// What ESLint asks of the addons' JavaScript: its recommended rules, and those that Odoo has on top of them.
import { createRequire } from "node:module";

// `./spp lint` installs into .spp/node; node_modules beside this file, as npm makes it, is found as well
const require = createRequire(new URL(".spp/node/", import.meta.url));
const js = require("@eslint/js");
const globals = require("globals");

const lacks = (property) =>
    `ClassDeclaration[superClass.name="Component"]:not(:has(PropertyDefinition[static=true][key.name="${property}"]))`;

export default [
    js.configs.recommended,
    {
        files: ["**/static/**/*.js"],
        languageOptions: { globals: { ...globals.browser, luxon: "readonly", odoo: "readonly" } },
        linterOptions: { reportUnusedDisableDirectives: "error" },
        rules: {
            "arrow-body-style": ["error", "as-needed"],
            curly: ["error", "all"],
            eqeqeq: "error",
            "no-duplicate-imports": "error",
            "no-restricted-globals": ["error", "event", "self"],
            "no-restricted-syntax": [
                "error",
                { selector: "PrivateIdentifier", message: "Patches and reactive state cannot reach private names." },
                { selector: lacks("props"), message: "A component declares its props." },
                { selector: lacks("template"), message: "A component declares its template." },
            ],
            "no-unused-vars": ["error", { args: "after-used", caughtErrors: "all", ignoreRestSiblings: true }],
            "no-var": "error",
            "prefer-const": ["error", { destructuring: "all" }],
        },
    },
    {
        files: ["**/*.mjs"],
        languageOptions: { globals: globals.node },
    },
];
