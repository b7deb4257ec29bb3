import { normalize } from "@web/core/l10n/utils/normalize";

/** What kind of status a tap makes of a mark of a kind; every other status is one key, or the row's menu, away. */
const NEXT_BY_TAP = { present: "absent", absent: "late", late: "present" };
/** Kinds of statuses of somebody who arrived at a time. */
const ARRIVAL_KINDS = ["late", "partial"];
/** What a decision says besides the status. */
const DETAILS = ["late_minutes", "notes", "reason_id"];
const KEPT_FIELDS = ["status", "late_minutes", "notes", "reason_id", "base", "is_guest", "name"];

/** The register on the screen: what the server knows, what it suggests, and what was decided here since. */
export class Register {
    /**
     * @param {Object} roster as `spp.session.load_roster` returns it
     * @param {Object} [options] draft (participant id -> decision), clockOffset (server clock minus ours, milliseconds)
     */
    constructor(roster, { draft = {}, clockOffset = 0 } = {}) {
        Object.assign(this, JSON.parse(JSON.stringify(roster)));
        for (const status of this.statuses) {
            status.kind ??= status.code; // what this browser kept from before there were kinds
        }
        this.clockOffset = clockOffset;
        this.conflicts = [];
        this.undoRows = null;
        for (const row of this.rows) {
            this._prepare(row);
        }
        for (const [participantId, decision] of Object.entries(draft)) {
            this._apply(Number(participantId), decision);
        }
    }

    _prepare(row) {
        row.base = row.decided;
        row.stored = Object.fromEntries(DETAILS.map((name) => [name, row[name] ?? false]));
        row.isDecided = Boolean(row.status);
        row.isChanged = false;
        row.search = normalize(`${row.number || ""} ${row.name}`);
        if (!row.status) {
            row.status = row.suggestion;
            row.reason_id = row.suggested_reason_id;
        }
    }

    /** A decision of the draft: applied, unless somebody else decided differently since it was taken. */
    _apply(participantId, decision) {
        let row = this.row(participantId);
        if (!row) {
            if (!decision.is_guest) {
                return; // not in this session any more
            }
            row = this.addGuest({ participant_id: participantId, name: decision.name });
        }
        if (row.base && ![decision.base, decision.status].includes(row.base)) {
            this.conflicts.push({
                participant_id: participantId,
                name: row.name,
                theirs: row.status,
                mine: decision.status,
                decision,
            });
            return;
        }
        const { status, late_minutes, notes, reason_id } = decision;
        Object.assign(row, { status, late_minutes, notes, reason_id, isDecided: true, isChanged: true });
        row.excuse_state = row.base === status ? row.excuse_state : false;
    }

    // --- reading

    row(participantId) {
        return this.rows.find((row) => row.participant_id === participantId);
    }

    status(code) {
        return this.statuses.find((status) => status.code === code);
    }

    /** The kind of a status, by its code; "other" when there is none. */
    kindOf(code) {
        return this.status(code)?.kind || "other";
    }

    /** The status that stands for a kind: the first of the catalogue. */
    ofKind(kind) {
        return this.statuses.find((status) => status.kind === kind);
    }

    reason(id) {
        return this.reasons.find((reason) => reason.id === id);
    }

    /** Rows whose name or number holds the text, whatever its case and accents. */
    find(text) {
        const wanted = normalize(text.trim());
        return wanted ? this.rows.filter((row) => row.search.includes(wanted)) : this.rows;
    }

    get counts() {
        return this.statuses
            .map((status) => ({ ...status, rows: this.rows.filter((row) => row.status === status.code) }))
            .filter((status) => status.rows.length);
    }

    /** What differs from present, by status. */
    get exceptions() {
        return this.counts.filter((status) => status.kind !== "present");
    }

    get undecidedCount() {
        return this.rows.filter((row) => !row.status).length;
    }

    get attendedCount() {
        return this.rows.filter((row) => this.status(row.status)?.is_attended).length;
    }

    get isOverCapacity() {
        return Boolean(this.capacity) && this.attendedCount > this.capacity;
    }

    get isChanged() {
        return this.rows.some((row) => row.isChanged);
    }

    /** Whether submitting has to be thought over: one tap is enough otherwise. */
    get needsThought() {
        return Boolean(this.correction === "required" || this.undecidedCount || this.isOverCapacity);
    }

    reasonsFor(row) {
        return this.reasons.filter((reason) => reason.status === row.status);
    }

    /** How often the person may still use the reason; null: as often as needed. */
    left(row, reason) {
        return reason.limit_count ? Math.max(reason.limit_count - (row.used[reason.id] || 0), 0) : null;
    }

    asksManager(row, reason) {
        return !reason.is_granted_here || (reason.is_limited_here && this.left(row, reason) === 0);
    }

    // --- minutes

    /** Minutes since the start while the session runs; null before and after, when nobody arrives just now. */
    get minutesNow() {
        const now = Date.now() + this.clockOffset;
        return this.starts_at && this.starts_at <= now && now <= this.ends_at
            ? Math.floor((now - this.starts_at) / 60000)
            : null;
    }

    /** Somebody who is late now: within the grace period the first minute after it. */
    get lateMinutes() {
        return this.minutesNow === null ? null : Math.max(this.minutesNow, Math.floor(this.grace_minutes) + 1);
    }

    /** Whether somebody who arrives after so many minutes is there for less than a percentage of the session. */
    _isBelow(percentage, minutes) {
        const whole = (this.ends_at - this.starts_at) / 1000;
        const present = Math.max(whole - minutes * 60, 0);
        // percentages to two places, in whole numbers: a share that is met is enough
        return Boolean(this.starts_at) && whole > 0 && 10000 * present < Math.round(100 * percentage) * whole;
    }

    /**
     * The kind of status that the policy has for an arrival after so many minutes: the server's `_presence_kind`, said
     * before anything is sent. Both are held by presence_kind_cases.json.
     */
    kindByPolicy(minutes) {
        const isAfter = (limit) => Boolean(limit) && minutes > limit;
        if (isAfter(this.absent_after_minutes) || this._isBelow(this.absent_below_percentage, minutes)) {
            return "absent";
        }
        if (isAfter(this.partial_after_minutes) || this._isBelow(this.partial_below_percentage, minutes)) {
            return "partial";
        }
        return minutes > this.grace_minutes ? "late" : "present";
    }

    // --- deciding

    _change(row, values) {
        Object.assign(row, values, { isDecided: true, isChanged: true });
    }

    mark(row, code) {
        const status = this.status(code);
        const withMinutes = ARRIVAL_KINDS.includes(status.kind);
        const fitting = this.reasons.filter((reason) => reason.status === code);
        const kept = fitting.find((reason) => reason.id === row.reason_id);
        const only = status.is_excused && fitting.length === 1 ? fitting[0] : undefined;
        this._change(row, {
            status: code,
            late_minutes: withMinutes ? (row.late_minutes ?? (status.kind === "late" ? this.lateMinutes : null)) : null,
            reason_id: (kept || only)?.id || false,
            excuse_state: false,
            certificate: false,
        });
    }

    tap(row) {
        // the first tap on somebody whose absence is only a suggestion says: is here after all
        const kind = this.kindOf(row.status);
        const goesOn = row.isDecided || kind === "present";
        const next = this.ofKind((goesOn && NEXT_BY_TAP[kind]) || "present") || this.ofKind("present");
        this.mark(row, next.code);
    }

    setMinutes(row, minutes) {
        this._change(row, { late_minutes: minutes });
    }

    setReason(row, reasonId) {
        this._change(row, { reason_id: reasonId, excuse_state: false });
    }

    setNotes(row, notes) {
        this._change(row, { notes });
    }

    /** Take a decision back to what the server knows or suggests. */
    reset(row, original) {
        const { participant_id, name, number, is_guest } = row;
        Object.assign(row, JSON.parse(JSON.stringify(original)), { participant_id, name, number, is_guest });
        this._prepare(row);
    }

    /** Everybody who is shown, but for those on hold and those who announced their absence. */
    markAll(rows, kind) {
        const { code } = this.ofKind(kind);
        this.remember();
        for (const row of rows.filter((each) => !each.is_known)) {
            this.mark(row, code);
        }
    }

    /** Decisions that came from paper or from the session before. */
    applyMarks(marks) {
        this.remember();
        for (const { participant_id, status } of marks) {
            const row = this.row(participant_id);
            if (row && this.status(status) && !(row.isDecided && row.status === status)) {
                this.mark(row, status);
                row.late_minutes = null; // when somebody came is not known
            }
        }
    }

    addGuest({ participant_id, name }) {
        const row = {
            participant_id,
            name,
            number: false,
            status: false,
            decided: false,
            suggestion: this.ofKind("present").code,
            why: "",
            is_known: false,
            suggested_reason_id: false,
            asked_absence: false,
            is_guest: true,
            used: {},
            late_minutes: null,
            notes: "",
            reason_id: false,
            excuse_state: false,
            requested_status: false,
            certificate: false,
            terminal: false,
        };
        this._prepare(row);
        this._change(row, {});
        this.rows.push(row);
        return this.rows.at(-1);
    }

    removeGuest(row) {
        this.rows = this.rows.filter((other) => other.participant_id !== row.participant_id);
    }

    /** Before many marks change at once. */
    remember() {
        this.undoRows = JSON.stringify(this.rows);
    }

    undo() {
        this.rows = JSON.parse(this.undoRows);
        this.undoRows = null;
    }

    /** Somebody else decided differently: take mine or theirs. */
    resolve(conflict, takeMine) {
        const row = this.row(conflict.participant_id);
        if (takeMine) {
            this.mark(row, conflict.mine);
            const { late_minutes, notes, reason_id } = conflict.decision || row;
            this._change(row, { late_minutes, notes, reason_id });
        }
        this.conflicts = this.conflicts.filter((other) => other.participant_id !== conflict.participant_id);
    }

    // --- sending

    /** Participant id -> decision, of everything that the server has not taken. */
    get draft() {
        const disputed = this.conflicts
            .filter((conflict) => conflict.decision)
            .map((conflict) => [conflict.participant_id, conflict.decision]);
        const changed = this.rows
            .filter((row) => row.isChanged)
            .map((row) => [row.participant_id, Object.fromEntries(KEPT_FIELDS.map((name) => [name, row[name]]))]);
        return Object.fromEntries([...disputed, ...changed]);
    }

    /**
     * The marks to send. A register that is submitted sends everything it shows, suggestions too; one that is saved for
     * later, or corrected, only what was decided here.
     */
    marksToSend(submit) {
        const all = submit && !this.is_submitted;
        return this.rows
            .filter((row) => row.status && (all || row.isChanged))
            .map((row) => ({
                participant_id: row.participant_id,
                status: row.status,
                base: row.base,
                late_minutes: row.late_minutes,
                notes: row.notes,
                reason_id: row.reason_id,
                changed: DETAILS.filter((name) => (row[name] ?? false) !== row.stored[name]),
                is_guest: row.is_guest,
            }));
    }
}
