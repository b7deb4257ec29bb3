import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";
import { session } from "@web/session";

/** What the roster screen keeps in the browser; each user of a shared tablet has an own part of it. */
export class RosterStorage {
    constructor(name) {
        this.key = `spp_session_tracking.${name}.${session.db}.${user.userId}`;
    }

    read(empty) {
        try {
            return JSON.parse(browser.localStorage.getItem(this.key)) || empty;
        } catch {
            return empty;
        }
    }

    /** @returns {boolean} whether the browser had room for it */
    write(value) {
        try {
            browser.localStorage.setItem(this.key, JSON.stringify(value));
            return true;
        } catch {
            return false;
        }
    }
}
