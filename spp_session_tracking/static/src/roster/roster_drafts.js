import { RosterStorage } from "./roster_storage";

const SENT_FIELDS = ["status", "late_minutes", "notes", "reason_id"];

/** Decisions that were tapped but that the server has not taken yet, per session; they survive a reload of the page. */
export class RosterDrafts {
    constructor() {
        this.storage = new RosterStorage("roster_drafts");
    }

    /** @returns {Object} participant id -> decision */
    get(sessionId) {
        return this.storage.read({})[sessionId] || {};
    }

    has(sessionId) {
        return sessionId in this.storage.read({});
    }

    /** @returns {boolean} whether the browser had room for it */
    set(sessionId, decisions) {
        const drafts = this.storage.read({});
        delete drafts[sessionId];
        if (Object.keys(decisions).length) {
            drafts[sessionId] = decisions;
        }
        return this.storage.write(drafts);
    }

    /**
     * Forget what the server has taken. What was tapped since stays and builds on what was sent; what somebody else
     * decided differently stays too, until one of the two is chosen.
     */
    settle(sessionId, marks, conflicts) {
        const decisions = this.get(sessionId);
        const disputed = new Set(conflicts.map((conflict) => conflict.participant_id));
        for (const mark of marks) {
            const decision = decisions[mark.participant_id];
            if (!decision || disputed.has(mark.participant_id)) {
                continue;
            }
            if (SENT_FIELDS.every((name) => (decision[name] || false) === (mark[name] || false))) {
                delete decisions[mark.participant_id];
            } else {
                decision.base = mark.status;
            }
        }
        return this.set(sessionId, decisions);
    }
}
