import {
    Component,
    onMounted,
    onWillStart,
    onWillUnmount,
    useEffect,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { RosterCache } from "./roster_cache";
import { RosterConflicts } from "./roster_conflicts";
import { RosterDrafts } from "./roster_drafts";
import { RosterFooter } from "./roster_footer";
import { RosterHome } from "./roster_home";
import { isRefusal, RosterQueue } from "./roster_queue";
import { Register } from "./roster_register";
import { RosterRow } from "./roster_row";
import { RosterTools } from "./roster_tools";
import { RosterUnlock } from "./roster_unlock";

const RETRY_MS = 15000;
/** So many rosters of today are fetched ahead, for the case that the network drops. */
const FETCHED_AHEAD = 12;
const MANAGERS = "spp_session_tracking.group_session_manager";

/** Home of the facilitator (my sessions of today) and, once one is open, its register. */
export class Roster extends Component {
    static template = "spp_session_tracking.Roster";
    static components = { RosterConflicts, RosterFooter, RosterHome, RosterRow, RosterTools, RosterUnlock };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.queue = new RosterQueue(this.orm);
        this.drafts = new RosterDrafts();
        this.cache = new RosterCache();
        this.rowsRef = useRef("rows");
        this.state = useState({
            day: [],
            everybody: false,
            isManager: false,
            register: null,
            seenAt: null,
            active: 0,
            search: "",
            sending: false,
            asking: false,
            waiting: this.queue.waiting,
        });
        onWillStart(async () => {
            this.state.isManager = await user.hasGroup(MANAGERS);
            const sessionId = this.props.action.context?.active_id;
            await (sessionId ? this.openRoster(sessionId) : this.openHome());
        });
        onMounted(() => this.state.waiting && this.flush());
        useExternalListener(window, "keydown", (ev) => this.onKeydown(ev));
        useExternalListener(window, "online", () => this.reconnect());
        const timer = browser.setInterval(
            () => (this.state.waiting || this.state.seenAt) && this.reconnect(),
            RETRY_MS,
        );
        onWillUnmount(() => {
            this.isGone = true;
            browser.clearInterval(timer);
        });
        useEffect(
            () => {
                this.rowsRef.el?.querySelector(".o_spp_active")?.scrollIntoView?.({ block: "nearest" });
            },
            () => [this.state.active],
        );
    }

    get register() {
        return this.state.register;
    }

    get rows() {
        return this.register.find(this.state.search);
    }

    get canMark() {
        return this.register.can_mark;
    }

    // --- going somewhere

    async openHome(everybody = this.state.everybody) {
        this.state.register = null;
        this.state.seenAt = null;
        this.state.everybody = everybody;
        this.props.updateActionState?.({ active_id: false });
        try {
            const day = await this.orm.silent.call("spp.session", "load_my_day", [everybody]);
            this.state.day = day;
            this.cache.keepDay(day);
            this.fetchAhead(day);
        } catch (error) {
            if (isRefusal(error)) {
                throw error;
            }
            this.state.day = this.cache.day;
            this.state.seenAt = Date.now();
        }
    }

    async fetchAhead(day) {
        for (const card of day.slice(0, FETCHED_AHEAD)) {
            if (this.isGone) {
                return;
            }
            try {
                this.cache.keep(await this.orm.silent.call("spp.session", "load_roster", [[card.id]]));
            } catch {
                return; // it is opened, and then complained about, later
            }
        }
    }

    async openRoster(sessionId) {
        try {
            this.show(await this.orm.silent.call("spp.session", "load_roster", [[sessionId]]));
        } catch (error) {
            const known = !isRefusal(error) && this.cache.get(sessionId);
            if (!known) {
                if (!isRefusal(error)) {
                    this.notification.add(_t("No connection, and this roster was not opened here before."), {
                        type: "warning",
                    });
                    return;
                }
                throw error;
            }
            this.showRegister(known.roster, known.clockOffset);
            this.state.seenAt = known.seenAt;
        }
        this.state.search = "";
        this.state.active = 0;
        this.props.updateActionState?.({ active_id: sessionId });
    }

    show(roster) {
        const { clockOffset } = this.cache.keep(roster);
        this.state.seenAt = null;
        this.showRegister(roster, clockOffset);
    }

    showRegister(roster, clockOffset) {
        this.original = new Map(roster.rows.map((row) => [row.participant_id, row]));
        this.state.asking = false;
        this.state.register = new Register(roster, { clockOffset, draft: this.drafts.get(roster.id) });
    }

    // --- deciding

    /** Do something with the register and keep what came of it. */
    change(how) {
        if (!this.canMark) {
            return;
        }
        how(this.register);
        this.state.asking = false;
        if (!this.drafts.set(this.register.id, this.register.draft) && !this.warnedOfRoom) {
            this.warnedOfRoom = true;
            this.notification.add(_t("This browser has no room left: save the register before you leave it."), {
                type: "warning",
                sticky: true,
            });
        }
    }

    onTap(row) {
        this.state.active = this.rows.findIndex((each) => each.participant_id === row.participant_id);
        this.change((register) => register.tap(row));
    }

    onReset(row) {
        const original = this.original.get(row.participant_id);
        this.change((register) => (original ? register.reset(row, original) : register.removeGuest(row)));
    }

    onGuest(guest) {
        this.state.search = "";
        this.change((register) => register.addGuest(guest));
        this.state.active = this.rows.length - 1;
    }

    onResolve(conflict, takeMine) {
        this.change((register) => register.resolve(conflict, takeMine));
    }

    onKeydown(ev) {
        if (!this.register || ev.altKey || ev.metaKey) {
            return;
        }
        if (ev.key === "Enter" && ev.ctrlKey) {
            ev.preventDefault();
            document.activeElement?.blur(); // what is being typed belongs to it
            return this.onSubmit();
        }
        if (ev.ctrlKey || ["INPUT", "TEXTAREA", "SELECT"].includes(ev.target.tagName)) {
            return;
        }
        const last = this.rows.length - 1;
        const steps = { ArrowDown: 1, ArrowUp: -1 };
        if (ev.key in steps) {
            ev.preventDefault();
            this.state.active = Math.min(Math.max(this.state.active + steps[ev.key], 0), last);
            return;
        }
        const status = this.register.statuses.find((each) => each.key.toLowerCase() === ev.key.toLowerCase());
        const row = this.rows[this.state.active];
        if (status && row && this.canMark) {
            this.change((register) => register.mark(row, status.code));
            this.state.active = Math.min(this.state.active + 1, last);
        }
    }

    // --- sending

    /** One tap submits; only what should be thought over asks first. */
    onSubmit() {
        if (!this.canMark || this.register.conflicts.length) {
            return;
        }
        if (this.register.needsThought && !this.state.asking) {
            this.state.asking = true;
            return;
        }
        return this.send(true);
    }

    /** @param {boolean} submit whether the register is finished; otherwise it is only saved */
    async send(submit, reason) {
        const register = this.register;
        const marks = register.marksToSend(submit);
        if (register.correction === "required" && !reason && marks.length) {
            this.state.asking = true;
            return;
        }
        if (!this.queue.add({ sessionId: register.id, marks, submit, reason })) {
            this.notification.add(_t("This browser has no room left: free some, then send again."), { type: "danger" });
            return;
        }
        this.state.asking = false;
        await this.flush();
    }

    /** Send what waits, and look again at what was shown from memory. */
    async reconnect() {
        await this.flush();
        if (this.state.seenAt && !this.state.waiting) {
            await (this.register ? this.openRoster(this.register.id) : this.openHome());
        }
    }

    /** Send what waits and show what the server says to it. */
    async flush() {
        this.state.waiting = this.queue.waiting;
        if (this.state.sending) {
            return;
        }
        this.state.sending = true;
        try {
            let results;
            do {
                results = await this.queue.flush();
                for (const { entry, answer, refusal } of results) {
                    if (refusal) {
                        this.notification.add(refusal, { type: "danger", sticky: true });
                    } else {
                        this.onAnswer(entry, answer);
                    }
                }
                // something may have been added meanwhile
            } while (results.length && this.queue.waiting);
        } finally {
            this.state.waiting = this.queue.waiting;
            this.state.sending = false;
        }
    }

    onAnswer(entry, { conflicts, roster }) {
        this.drafts.settle(entry.sessionId, entry.marks, conflicts);
        const corrects = this.register?.id === entry.sessionId && this.register.is_submitted;
        if (this.register?.id === entry.sessionId) {
            this.show(roster);
            const listed = new Set(this.register.conflicts.map((conflict) => conflict.participant_id));
            this.register.conflicts.push(...conflicts.filter((conflict) => !listed.has(conflict.participant_id)));
        } else {
            this.cache.keep(roster);
        }
        if (!conflicts.length) {
            this.notification.add(
                entry.submit ? this.doneText(roster, corrects) : _t("%s is saved: it is partly taken.", roster.name),
                { type: "success" },
            );
        } else {
            this.notification.add(_t("%s: somebody else marked differently, please choose.", roster.name), {
                type: "warning",
            });
        }
    }

    doneText(roster, corrects) {
        const counts = new Register(roster).counts.map((status) => `${status.rows.length} ${status.abbreviation}`);
        const values = { name: roster.name, counts: counts.join(", "), time: roster.correction_until };
        if (corrects) {
            return _t("%(name)s is corrected: %(counts)s.", values);
        }
        return roster.correction_until
            ? _t("%(name)s is submitted: %(counts)s. You can change it until %(time)s.", values)
            : _t("%(name)s is submitted: %(counts)s.", values);
    }
}

registry.category("actions").add("spp_session_tracking.roster", Roster);
