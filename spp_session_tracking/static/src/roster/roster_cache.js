import { RosterStorage } from "./roster_storage";

/** The list of today and its rosters as they were last seen, so that one can be opened without a connection. */
export class RosterCache {
    constructor() {
        this.days = new RosterStorage("roster_day");
        this.rosters = new RosterStorage("roster_cache");
    }

    get day() {
        return this.days.read([]);
    }

    /** Keep the list, and drop rosters that are not on it. */
    keepDay(day) {
        this.days.write(day);
        const wanted = new Set(day.map((card) => String(card.id)));
        const rosters = this.rosters.read({});
        this.rosters.write(Object.fromEntries(Object.entries(rosters).filter(([id]) => wanted.has(id))));
    }

    /** @returns {Object|undefined} { roster, seenAt (milliseconds), clockOffset } */
    get(sessionId) {
        return this.rosters.read({})[sessionId];
    }

    keep(roster) {
        const seenAt = Date.now();
        const entry = { roster, seenAt, clockOffset: roster.server_now - seenAt };
        const rosters = this.rosters.read({});
        // without room for all of them the one at hand matters most
        if (!this.rosters.write({ ...rosters, [roster.id]: entry })) {
            this.rosters.write({ [roster.id]: entry });
        }
        return entry;
    }
}
