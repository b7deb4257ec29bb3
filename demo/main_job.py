# Part of the SPP attendance suite. LGPL-3.
"""The main job on a running server: from the terminals' log to a closed cycle, everything through the server's doors.

Terminals post over HTTP; people (administrator, program manager, booking clerk) act through the web client's calls;
scheduled actions do the rest.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from decimal import ROUND_DOWN, Decimal
from zoneinfo import ZoneInfo

from doubles.terminal import SimulatedTerminal
from tools.console import Failure, step
from tools.rpc import Client, RpcError

#: Users of the demo database: login (also the password) -> name, the action they start with, groups.
USERS = {
    "manager": (
        "Program Manager",
        "spp_programs.action_cycle_list",
        [
            "spp_programs.group_programs_manager",
            "spp_programs.group_programs_validator",
            "spp_programs.group_programs_cycle_approver",
            "spp_registry.group_registry_officer",
            "spp_session_tracking.group_session_manager",
        ],
    ),
    "teacher": (
        "Teacher",
        "spp_session_tracking.action_my_sessions",
        ["spp_session_tracking.group_session_user"],
    ),
    "clerk": (
        "Booking Clerk",
        "spp_entitlement_autoupdate.action_spp_entitlement_transactions",
        ["spp_entitlement_autoupdate.group_entitlement_transactions_booker"],
    ),
}
_WAIT_SECONDS = 300
_CRONS = {
    "match": "spp_attendance_device_bridge.ir_cron_match_scans",
    "submit": "spp_session_tracking.ir_cron_submit_due_sessions",
    "filter": "spp_attendance_compliance.ir_cron_filter_by_attendance",
    "end": "spp_entitlement_autoupdate.ir_cron_end_cycles",
}


class MainJob:
    """One scenario on one server.

    :param scenario: `demo.scenario.Scenario`
    :param server: running server on a fresh database with all addons, whose schedule is held (`tools.odoo.hold_schedule`)
    """

    def __init__(self, scenario, server):
        self.scenario = scenario
        self.server = server
        self.admin = Client(server.url, server.database, "admin", "admin")
        self.manager: Client  # signed in by `create_users`
        self.clerk: Client
        self.user_ids = {}  # login -> user id
        self.partners = {}  # PIN -> partner id
        self.programs = {}  # serial -> program id
        self.cycles = {}  # serial -> cycle id
        self.replayed = 0

    def run(self):
        """Do everything.

        :return: dict of the figures, see `figures`
        :raise Failure: when a step does not end as it must
        """
        with step("Creating registrants, programs and cycles"):
            self.create_users()
            self.create_registry()
            self.create_programs()
        with step("Creating rosters, sessions and terminals"):
            self.create_sessions()
        self.post_logs()
        self.all_posted()
        with step("Matching scans, submitting registers, filtering cycles"):
            self.run_cron("match")
            self.wait_for("scans to be matched", "spp.attendance.scan", [("state", "=", "new")], 0)
            self.run_cron("submit")
            self.run_cron("filter")
            self.wait_for_cycles("compliance_criteria_applied", "=", True, only=self.cycles_with_members())
        with step("Preparing, approving and redeeming entitlements"):
            self.prepare_entitlements()
            self.redeem()
        with step("Ending the cycles"):
            self.run_cron("end")
            self.wait_for_cycles("state", "=", "ended")
        before = self.figures()
        with step("Posting the log once more"):
            self.replayed += self.post_everything(reverse=False)
            self.run_cron("match")
            self.run_cron("submit")
        after = self.figures()
        changed = [key for key, value in before.items() if after[key] != value and key != "new_after_replay"]
        if changed:
            raise Failure(
                f"posting the log again changed {', '.join(changed)}: this must not happen, look at the server's log."
            )
        return after

    # --- steps

    def create_users(self):
        """Users for each role, and the scenario's currency."""
        currencies = self.admin.call(
            "res.currency", "search", [("name", "=", self.scenario.currency), ("active", "in", (True, False))]
        )
        if not currencies:
            raise Failure(
                f"Odoo does not know the currency {self.scenario.currency}: name another one in the scenario."
            )
        self.currency_id = currencies[0]
        self.admin.call("res.currency", "write", currencies, {"active": True})
        zone = self.scenario.terminals[0].time_zone
        company_partner = self.admin.call("res.company", "search_read", [], ["partner_id"], limit=1)[0]["partner_id"][0]
        self.admin.call("res.partner", "write", [company_partner], {"tz": zone})
        self.admin.call("res.users", "write", [self.admin.uid], {"tz": zone})
        ids = self.admin.call(
            "res.users",
            "create",
            [
                {
                    "login": login,
                    "password": login,
                    "name": name,
                    "tz": zone,
                    "action_id": self.admin.ref(start),
                    "group_ids": [(4, self.admin.ref(xmlid)) for xmlid in ["base.group_user", *groups]],
                }
                for login, (name, start, groups) in USERS.items()
            ],
            context={"no_reset_password": True},
        )
        self.user_ids = dict(zip(USERS, ids, strict=True))
        self.manager = Client(self.server.url, self.server.database, "manager", "manager")
        self.clerk = Client(self.server.url, self.server.database, "clerk", "clerk")

    def create_registry(self):
        """A person per PIN; a PIN that occurs at several terminals is one person. The logs hold no names."""
        pin_type = self.admin.ref("spp_attendance_device_bridge.id_type_terminal_pin")
        earliest = (self.scenario.first_day - timedelta(days=1)).replace(day=1)
        pins = sorted(
            {
                line.pin
                for terminal in self.scenario.terminals
                for line in terminal.scans()
                if line.pin and earliest <= line.moment.date() <= self.scenario.last_day
            }
        )
        ids = self.manager.call(
            "res.partner",
            "create",
            [
                {
                    "name": f"PIN {pin}",
                    "is_registrant": True,
                    "registration_date": str(earliest),
                    "reg_ids": [(0, 0, {"id_type_id": pin_type, "value": pin})],
                }
                for pin in pins
            ],
        )
        self.partners = dict(zip(pins, ids, strict=True))

    def create_programs(self):
        """A program with one cycle per terminal, and the people enrolled in it. Past cycles need the import context."""
        for terminal in self.scenario.terminals:
            program = self.manager.call(
                "spp.program",
                "create",
                {
                    "name": f"Attendance at Terminal {terminal.serial}",
                    "target_type": "individual",
                    "currency_id": self.currency_id,
                },
            )
            self._set_amount(program)
            enrolled = self.scenario.enrolled_pins(terminal)
            members = self.manager.call(
                "spp.program.membership",
                "create",
                [{"program_id": program, "partner_id": self.partners[pin], "state": "enrolled"} for pin in enrolled],
            )
            if members:
                self.manager.call(
                    "spp.program.membership",
                    "change_beneficiary_status",
                    members,
                    "active",
                    f"Scans on at least {self.scenario.enrolment_days} days of the month before",
                )
            cycle = self.admin.call(
                "spp.cycle",
                "create",
                {
                    "name": f"{self.scenario.title}, Terminal {terminal.serial}",
                    "program_id": program,
                    "start_date": str(self.scenario.first_day),
                    "end_date": str(self.scenario.last_day),
                    "attendance_required": True,
                    "attendance_filter_at_end": True,
                    "attendance_measure": "percentage",
                    "attendance_threshold": float(self.scenario.required_percentage),
                },
                context={"spp_historical_import": True},
            )
            self.manager.call("spp.cycle", "copy_beneficiaries_from_program", [cycle])
            self.programs[terminal.serial], self.cycles[terminal.serial] = program, cycle

    def _set_amount(self, program):
        (wrapper,) = self.manager.call("spp.program", "read", [program], ["entitlement_manager_ids"])[0][
            "entitlement_manager_ids"
        ]
        reference = self.manager.call("spp.program.entitlement.manager", "read", [wrapper], ["manager_ref_id"])
        model, record = reference[0]["manager_ref_id"].split(",")
        self.manager.call(model, "write", [int(record)], {"amount_per_cycle": float(self.scenario.amount)})

    def create_sessions(self):
        """A roster per terminal with the people enrolled there, a session for each day, and the terminal itself."""
        session_type = self.manager.call("spp.session.type", "create", {"name": "Daily Attendance", "code": "DAILY"})
        for terminal in self.scenario.terminals:
            place = f"Terminal {terminal.serial}"
            policy = self.manager.call(
                "spp.session.policy",
                "create",
                {"name": place, "grace_minutes": terminal.grace_minutes, "auto_submit": True},
            )
            roster = self.manager.call(
                "spp.session.roster",
                "create",
                {
                    "name": place,
                    "location_id": self.manager.call("spp.session.location", "create", {"name": place}),
                    "session_type_id": session_type,
                    "facilitator_id": self.user_ids["teacher"],
                    "tz": terminal.time_zone,
                    "policy_id": policy,
                    "membership_ids": [
                        (0, 0, {"partner_id": self.partners[pin], "date_from": str(self.scenario.first_day)})
                        for pin in self.scenario.enrolled_pins(terminal)
                    ],
                },
            )
            self.manager.call(
                "spp.session.roster",
                "generate_sessions",
                [roster],
                str(self.scenario.first_day),
                str(self.scenario.last_day),
                *(
                    _hours(moment)
                    for moment in (
                        terminal.session_start,
                        terminal.session_end,
                        terminal.checkin_from,
                        terminal.checkin_until,
                    )
                ),
            )
            location = self.admin.call("spp.event.attendance.location", "search", [("external_id", "=", place)])
            self.manager.call(
                "spp.cycle",
                "write",
                [self.cycles[terminal.serial]],
                {"attendance_location_ids": [(6, 0, location)]},
            )
            device = self.manager.call(
                "spp.attendance.device",
                "create",
                {"name": place, "serial": terminal.serial, "tz": terminal.time_zone, "roster_ids": [(6, 0, [roster])]},
            )
            self.manager.call("spp.attendance.device", "action_approve", [device])

    def post_logs(self):
        """The month of every terminal; then once more; then one batch of each in reverse order."""
        lines = sum(len(self.scenario.month_lines(terminal)) for terminal in self.scenario.terminals)
        sent = [0]
        with step("Posting scans", lambda: f"{sent[0]} of {lines} lines"):
            self.post_everything(sent=lambda count: sent.__setitem__(0, sent[0] + count))
        with step("Posting the same scans again"):
            self.replayed = self.post_everything() + self.post_everything(reverse=True, batches=1)

    def post_everything(self, reverse=False, batches=None, sent=lambda count: None):
        """All terminals post at the same time.

        :return: number of scans that the server did not have before
        """

        def post(terminal):
            simulated = SimulatedTerminal(self.server.url, terminal.serial)
            simulated.handshake()
            lines = [line.push_line for line in self.scenario.month_lines(terminal)]
            if batches:
                lines = lines[: batches * 100]
            simulated.post(lines[::-1] if reverse else lines, sent)

        before = self.count("spp.attendance.scan", [])
        with ThreadPoolExecutor(len(self.scenario.terminals)) as terminals:
            list(terminals.map(post, self.scenario.terminals))
        return self.count("spp.attendance.scan", []) - before

    def all_posted(self):
        """The whole month is there: registers need not wait for scans that a terminal might still have kept."""
        devices = self.manager.call(
            "spp.attendance.device",
            "search",
            [("serial", "in", [terminal.serial for terminal in self.scenario.terminals])],
        )
        self.manager.call("spp.attendance.device", "write", devices, {"settle_minutes": 0})

    def prepare_entitlements(self):
        """The program manager approves the cycles and the entitlements of the compliant members."""
        for cycle in self.cycles.values():
            self.manager.call("spp.cycle", "prepare_entitlement", [cycle])
            self.manager.call("spp.cycle", "action_submit_for_approval", [cycle])
            self.manager.call("spp.cycle", "action_approve", [cycle])
            self.manager.call("spp.cycle", "validate_entitlement", [cycle])

    def redeem(self):
        """The booking clerk posts purchases on the last day of the cycle: in full, in parts, or none."""
        zones = {self.cycles[terminal.serial]: terminal.time_zone for terminal in self.scenario.terminals}
        entitlements = self.manager.call(
            "spp.entitlement",
            "search_read",
            [("cycle_id", "in", list(zones)), ("state", "=", "approved")],
            ["cycle_id", "partner_id", "initial_amount"],
            order="id",
        )
        step_size = Decimal(1).scaleb(
            -self.admin.call("res.currency", "read", [self.currency_id], ["decimal_places"])[0]["decimal_places"]
        )
        transactions = []
        for position, entitlement in enumerate(entitlements):
            shares = self.scenario.redemption[position % len(self.scenario.redemption)]
            noon = datetime.combine(
                self.scenario.last_day, time_of_day(12), ZoneInfo(zones[entitlement["cycle_id"][0]])
            ).astimezone(UTC)
            amount = Decimal(str(entitlement["initial_amount"]))
            rest = amount
            for part, share in enumerate(shares, 1):
                is_last_of_all = part == len(shares) and sum(shares) == 1
                charged = rest if is_last_of_all else (amount * share).quantize(step_size, ROUND_DOWN)
                rest -= charged
                transactions.append(
                    {
                        "transaction_uuid": f"demo-{entitlement['id']}-{part}",
                        "transaction_type": "PURCHASE",
                        "entitlement_id": entitlement["id"],
                        "partner_id": entitlement["partner_id"][0],
                        "timestamp_transaction_created": noon.isoformat(),
                        "amount_charged_by_service_point": float(charged),
                        "currency": self.scenario.currency,
                    }
                )
        refused = [
            result["reason"]
            for result in self.clerk.call("spp.entitlement.transactions", "book", transactions)
            if result["result"] != "stored"
        ]
        if refused:
            raise Failure(f"{len(refused)} redemptions were refused ({refused[0]}): correct the scenario.")

    # --- helpers

    def run_cron(self, name):
        """Run a scheduled action now; when the server runs it already, afterwards."""
        cron = self.admin.ref(_CRONS[name])
        deadline = time.monotonic() + _WAIT_SECONDS
        while True:
            try:
                return self.admin.call("ir.cron", "method_direct_trigger", [cron])
            except RpcError as error:
                if error.kind != "odoo.exceptions.UserError" or time.monotonic() > deadline:
                    raise Failure(
                        f"the scheduled action {_CRONS[name]} failed ({error}): look at the server's log."
                    ) from None
                time.sleep(0.5)

    def wait_for(self, what, model, domain, wanted):
        """Wait until so many records match."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while (found := self.count(model, domain)) != wanted:
            if time.monotonic() > deadline:
                raise Failure(f"waited {_WAIT_SECONDS} s for {what}, {found} are left: look at the server's log.")
            time.sleep(0.2)

    def wait_for_cycles(self, field, operator, value, only=None):
        """Wait until jobs have brought all cycles this far."""
        cycles = list(self.cycles.values()) if only is None else only
        self.wait_for("the cycles", "spp.cycle", [("id", "in", cycles), "!", (field, operator, value)], 0)

    def cycles_with_members(self):
        """The cycles that have members; nobody can be filtered in the others."""
        return [
            cycle for cycle in self.cycles.values() if self.count("spp.cycle.membership", [("cycle_id", "=", cycle)])
        ]

    def count(self, model, domain):
        """Number of records, as the administrator sees them."""
        return self.admin.call(model, "search_count", domain)

    def figures(self):
        """What came of it, read from the database."""
        cycles = list(self.cycles.values())
        in_cycle = [
            ("scan_date", ">=", str(self.scenario.first_day)),
            ("scan_date", "<=", str(self.scenario.last_day)),
        ]
        marks = [("session_id.roster_id", "!=", False)]
        entitlements = self.admin.call(
            "spp.entitlement", "search_read", [("cycle_id", "in", cycles)], ["state", "initial_amount"]
        )
        states = [entitlement["state"] for entitlement in entitlements]
        compliant = {
            serial: self.count("spp.cycle.membership", [("cycle_id", "=", cycle), ("state", "=", "enrolled")])
            for serial, cycle in self.cycles.items()
        }
        cycle_states = {row["state"] for row in self.admin.call("spp.cycle", "read", cycles, ["state"])}
        return {
            "scans": self.count("spp.attendance.scan", in_cycle),
            "enrolled": self.count("spp.cycle.membership", [("cycle_id", "in", cycles)]),
            "unmatched_scans": self.count(
                "spp.attendance.scan",
                [*in_cycle, ("state", "=", "review"), ("reason", "in", ("unknown_identifier", "not_on_roster"))],
            ),
            "sessions": self.count("spp.session", [("roster_id", "!=", False)]),
            "rows": self.count("spp.session.attendance", marks),
            **{
                code: self.count("spp.session.attendance", [*marks, ("status_id.code", "=", code)])
                for code in ("present", "late", "absent")
            },
            "compliant": sum(compliant.values()),
            "compliant_by_terminal": compliant,
            "entitled_amount": _plain(sum(Decimal(str(row["initial_amount"])) for row in entitlements)),
            "redeemed": states.count("rdpd2ben"),
            "partially_redeemed": states.count("parrdpd2ben"),
            "unredeemed": len(states) - states.count("rdpd2ben") - states.count("parrdpd2ben"),
            "cycle_state": cycle_states.pop() if len(cycle_states) == 1 else sorted(cycle_states),
            "new_after_replay": self.replayed,
        }


def _hours(moment):
    return moment.hour + moment.minute / 60 + moment.second / 3600


def _plain(number):
    """An int when the decimal is whole, else a float, for JSON."""
    return int(number) if number == int(number) else float(number)
