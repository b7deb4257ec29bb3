import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";
import { session } from "@web/session";

/** Errors by which the server says that it will never take these marks; after any other one they are sent again. */
const REFUSALS = ["AccessError", "MissingError", "UserError", "ValidationError"].map((name) => `odoo.exceptions.${name}`);

/**
 * Rosters that could not be sent yet. They stay in the browser until the server has taken or refused them, so that a
 * dropped connection, an expired session or a server that fails loses no mark; sending one twice is harmless. Each user
 * of a shared tablet has a queue of his or her own.
 */
export class RosterQueue {
    constructor(orm) {
        this.orm = orm;
        this.key = `spp_session_tracking.roster_queue.${session.db}.${user.userId}`;
    }

    get waiting() {
        try {
            return JSON.parse(browser.localStorage.getItem(this.key)) || [];
        } catch {
            return [];
        }
    }

    _keep(entries) {
        browser.localStorage.setItem(this.key, JSON.stringify(entries));
    }

    /** Put a roster at the end; an older one of the same session is replaced by it. */
    add(sessionId, marks, submit) {
        this._keep([...this.waiting.filter((entry) => entry.sessionId !== sessionId), { sessionId, marks, submit }]);
    }

    /**
     * Send what waits, oldest first.
     *
     * @returns {Promise<Object>} answers by session; `refused` names those the server would not take
     */
    async flush() {
        const answers = {};
        const refused = {};
        for (const entry of this.waiting) {
            try {
                answers[entry.sessionId] = await this.orm.silent.call("spp.session", "save_roster", [
                    [entry.sessionId],
                    entry.marks,
                    entry.submit,
                ]);
            } catch (error) {
                if (!REFUSALS.includes(error.data?.name)) {
                    break;
                }
                refused[entry.sessionId] = error.data.message;
            }
            this._keep(this.waiting.filter((other) => other.sessionId !== entry.sessionId));
        }
        return { answers, refused };
    }
}
