import { RosterStorage } from "./roster_storage";

/** Errors by which the server says that it will never take these marks; after any other one they are sent again. */
const REFUSALS = ["AccessError", "MissingError", "UserError", "ValidationError"].map(
    (name) => `odoo.exceptions.${name}`,
);

export function isRefusal(error) {
    return REFUSALS.includes(error.data?.name);
}

/**
 * Rosters that could not be sent yet. They stay in the browser until the server has taken or refused them, so that a
 * dropped connection, an expired session or a server that fails loses no mark; sending one twice is harmless.
 */
export class RosterQueue {
    constructor(orm) {
        this.orm = orm;
        this.storage = new RosterStorage("roster_queue");
    }

    get entries() {
        return this.storage.read([]);
    }

    /** @returns {number} how many marks wait */
    get waiting() {
        return this.entries.reduce((sum, entry) => sum + Math.max(entry.marks.length, 1), 0);
    }

    /**
     * Put a roster at the end; an older one of the same session is replaced by it. The server may have taken that one
     * without our hearing of it, so the new marks tell what was sent before.
     *
     * @returns {boolean} whether the browser had room for it
     */
    add({ sessionId, marks, submit, reason }) {
        const older = this.entries.find((entry) => entry.sessionId === sessionId);
        const before = new Map((older?.marks || []).map((mark) => [mark.participant_id, mark]));
        const known = new Set(marks.map((mark) => mark.participant_id));
        const entry = {
            sessionId,
            submit: submit || Boolean(older?.submit),
            reason: reason || older?.reason,
            marks: [
                ...(older?.marks || []).filter((mark) => !known.has(mark.participant_id)),
                ...marks.map((mark) => {
                    const sent = before.get(mark.participant_id);
                    return sent ? { ...mark, sent: [...(sent.sent || []), sent.status] } : mark;
                }),
            ],
        };
        return this.storage.write([...this.entries.filter((other) => other.sessionId !== sessionId), entry]);
    }

    remove(entry) {
        this.storage.write(this.entries.filter((other) => JSON.stringify(other) !== JSON.stringify(entry)));
    }

    /**
     * Send what waits, oldest first.
     *
     * @returns {Promise<Object[]>} for each session that was answered: { entry, answer } or { entry, refusal }
     */
    async flush() {
        const results = [];
        for (const entry of this.entries) {
            try {
                const answer = await this.orm.silent.call("spp.session", "save_roster", [
                    [entry.sessionId],
                    entry.marks,
                    entry.submit,
                    entry.reason || false,
                ]);
                results.push({ entry, answer });
            } catch (error) {
                if (!isRefusal(error)) {
                    break;
                }
                results.push({ entry, refusal: error.data.message });
            }
            this.remove(entry);
        }
        return results;
    }
}
