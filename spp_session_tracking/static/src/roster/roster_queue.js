import { browser } from "@web/core/browser/browser";
import { ConnectionLostError } from "@web/core/network/rpc";

const KEY = "spp_session_tracking.roster_queue";

/**
 * Rosters that could not be sent yet. They stay in the browser until the server has taken them, so that a dropped
 * connection loses no mark; sending one twice is harmless.
 */
export class RosterQueue {
    constructor(orm) {
        this.orm = orm;
    }

    get waiting() {
        try {
            return JSON.parse(browser.localStorage.getItem(KEY)) || [];
        } catch {
            return [];
        }
    }

    _keep(entries) {
        browser.localStorage.setItem(KEY, JSON.stringify(entries));
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
                if (error instanceof ConnectionLostError) {
                    break;
                }
                refused[entry.sessionId] = error.data?.message || error.message;
            }
            this._keep(this.waiting.filter((other) => other.sessionId !== entry.sessionId));
        }
        return { answers, refused };
    }
}
