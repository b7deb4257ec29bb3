# Part of the SPP attendance suite. LGPL-3.
"""A small world in a database of the old addons, made through their own methods: a bit of all that an update must keep.

Run in an `odoo shell` of the old code: `fill(env)`.
"""

from datetime import date, datetime

from upgrade_people import SECRET, USERS

from odoo.fields import Command
from odoo.tools import SQL

OCTOBER = {"start_date": "2025-10-01", "end_date": "2025-10-31"}


def fill(env):
    """Make the world and commit it."""
    env = env(context={**env.context, "tracking_disable": True, "no_reset_password": True})
    env.company.partner_id.tz = "Asia/Jakarta"
    world = World(env)
    for step in (world.registers, world.paper, world.formulas, world.terminals, world.filtered_cycle, world.server):
        step()
        env.flush_all()
    world.redemption()
    world.administrator()
    env.flush_all()
    world.older()
    env.cr.commit()


class World:
    def __init__(self, env):
        self.env = env
        self.users = {
            login: env["res.users"].create(
                {
                    "login": login,
                    "password": login,
                    "name": login,
                    "tz": "Asia/Jakarta",
                    "group_ids": [
                        Command.set([env.ref(group).id for group in ("base.group_user", *groups)]),
                    ],
                }
            )
            for login, groups in USERS.items()
        }

    def registers(self):
        """Five people in five sessions: all five, four, three and no times present; follow-ups open by themselves."""
        env = self.env
        region = env["spp.area"].create({"draft_name": "Region", "code": "UP-R"})
        village = env["spp.area"].create({"draft_name": "Village", "code": "UP-V", "parent_id": region.id})
        self.people = env["res.partner"].create(
            [
                {
                    "name": f"Person {n}",
                    "is_registrant": True,
                    "birthdate": f"19{90 + n}-05-01",
                    "area_id": village.id,
                    "reg_ids": [
                        Command.create(
                            {
                                "id_type_id": env.ref("spp_attendance_device_bridge.id_type_terminal_pin").id,
                                "value": str(10 + n),
                            }
                        )
                    ],
                }
                for n in range(5)
            ]
        )
        env["res.partner"].create(
            {
                "name": "Household",
                "is_registrant": True,
                "is_group": True,
                "area_id": village.id,
                "group_membership_ids": [Command.create({"individual": person.id}) for person in self.people[:2]],
            }
        )
        kind = env["spp.session.type"].create(
            {"name": "Health Session", "code": "UP-H", "required_attendance_percentage": 80}
        )
        self.roster = env["spp.session.roster"].create(
            {
                "name": "North",
                "session_type_id": kind.id,
                "facilitator_id": self.users["upgrade_teacher"].id,
                "location": "North",
                "area_id": village.id,
                "tz": "Asia/Jakarta",
                "membership_ids": [
                    Command.create({"partner_id": person.id, "date_from": "2025-10-01"}) for person in self.people
                ],
            }
        )
        self.sessions = self.roster.generate_sessions("2025-10-01", "2025-10-05", 6.0, 8.0).sorted("date")
        status = env["spp.attendance.status"]
        for person, count in zip(self.people, (5, 4, 3, 0, 0), strict=True):
            env["spp.session.attendance"].create(
                [
                    {
                        "session_id": session.id,
                        "participant_id": person.id,
                        "status_id": status._by_code("late" if number == 1 else "present").id,
                    }
                    for number, session in enumerate(self.sessions[:count])
                ]
            )
        self.sessions.action_submit()
        follow_ups = env["spp.attendance.follow.up"]
        follow_ups._open_requirement(date(2025, 10, 1), date(2025, 10, 31))
        follow_ups.search([("partner_id", "=", self.people[3].id)], limit=1).action_done("Talked to the mother")
        corrected = self.sessions.attendance_ids.filtered(lambda mark: mark.participant_id == self.people[2])[-1]
        corrected.with_context(attendance_change_reason="Paper list").status_id = status._by_code("present")
        env["spp.session.term"].create(
            {"name": "Year 2025", "kind": "year", "date_from": "2025-01-01", "date_to": "2025-12-31"}
        )

    def paper(self):
        planned = self.roster.generate_sessions("2027-10-01", "2027-10-01", 6.0, 8.0)
        self.env["spp.session.sheet"]._print_for(planned.with_user(self.users["upgrade_teacher"]))

    def formulas(self):
        """An expression as eligibility, compliance and graduation criterion."""
        env = self.env
        self.expression = env["spp.attendance.expression"].create(
            {
                "name": "Regular",
                "expression": 'attendance.rate("UP-H") >= 50',
                "period": "dates",
                "date_from": "2025-10-01",
                "date_to": "2025-10-31",
            }
        )
        self.program = env["spp.program"].create(
            {"name": "Attend and Receive", "target_type": "individual", "currency_id": env.company.currency_id.id}
        )
        self.program.graduation_expression_id = self.expression
        for wrapper, model, field in (
            (
                "spp.eligibility.manager",
                "spp.program.membership.manager.attendance.expression",
                "eligibility_manager_ids",
            ),
            ("spp.compliance.manager", "spp.compliance.manager.attendance.expression", "compliance_manager_ids"),
        ):
            manager = env[model].create({"program_id": self.program.id, "expression_id": self.expression.id})
            link = env[wrapper].create(
                {"program_id": self.program.id, "manager_ref_id": f"{manager._name},{manager.id}"}
            )
            self.program[field] = [Command.set(link.ids)]
        members = env["spp.program.membership"].create(
            [{"program_id": self.program.id, "partner_id": person.id, "state": "enrolled"} for person in self.people]
        )
        manager = self.users["upgrade_manager"]
        members.with_user(manager).change_beneficiary_status("active", "Began")
        members[0].with_user(manager).change_beneficiary_status("graduated", "Ready")

    def terminals(self):
        from odoo.addons.spp_attendance_device_bridge.dialects.zkteco_push import parse_attlog

        device = self.env["spp.attendance.device"].create(
            {
                "name": "Entrance",
                "serial": "UPGRADE1",
                "tz": "Asia/Jakarta",
                "state": "active",
                "roster_ids": [Command.set(self.roster.ids)],
                "attendance_location": "Entrance",
                "last_seen": datetime(2025, 11, 1),
            }
        )
        lines = [
            f"{pin}\t2025-10-{day:02} 06:0{day - 1}:00\t0\t1\t\t0\t0\t\r\n" for day in (1, 9) for pin in (10, 11, 99)
        ]
        device._ingest("".join(lines).encode() and parse_attlog("".join(lines).encode()))
        device.scan_ids._match()

    def server(self):
        """An attendance server with its secret, and a run that it stopped."""
        env = self.env
        id_type = env["spp.vocabulary.code"].create(
            {
                "vocabulary_id": env["spp.vocabulary"].search([("namespace_uri", "=", "urn:openspp:vocab:id-type")]).id,
                "code": "school",
                "display": "School Number",
                "is_local": True,
            }
        )
        self.source = env["spp.attendance.source"].create(
            {
                "name": "Attendance Server North",
                "base_url": "https://attendance.example.org",
                "client_id": "office",
                "secret": SECRET,
                "id_type_id": id_type.id,
                "page_size": 7,
            }
        )
        school = env["spp.program"].create({"name": "Schooling", "target_type": "individual"})
        cycle = self.cycle(school, "School October", attendance_measure="days", attendance_source_ids=self.source.ids)
        env["spp.cycle.membership"].create({"cycle_id": cycle.id, "partner_id": self.people[0].id, "state": "enrolled"})
        run = env["spp.attendance.compliance.run"].create(
            {
                "cycle_id": cycle.id,
                "criteria": cycle._attendance_criteria(),
                "state": "failed",
                "fetch_error": "The server does not answer.",
                "fetch_started_at": "2025-11-01 00:00:00",
            }
        )
        asked = {"run_id": run.id, "source_id": self.source.id}
        env["spp.attendance.run.person"].create(
            {**asked, "partner_id": self.people[0].id, "outcome": "pending", "identifier": "NID-1"}
        )
        env["spp.attendance.run.chunk"].create({**asked, "question": "q", "digest": "d", "people_count": 1})
        env["spp.event.attendance"].create(
            {
                "source_id": self.source.id,
                "external_id": "1",
                "partner_id": self.people[0].id,
                "company_id": cycle.company_id.id,
                "attendance_date": "2025-11-02",
                "category": "present",
                "is_attended": True,
                "weight": 1,
                "is_in_denominator": True,
            }
        )

    def cycle(self, program, name, **values):
        cycles = self.env["spp.cycle"].with_context(spp_historical_import=True)
        cycle = cycles.create(
            {"name": name, "program_id": program.id, **OCTOBER, "attendance_required": True, **values}
        )
        return cycle.with_context(spp_historical_import=False)

    def filtered_cycle(self):
        """A cycle that was filtered, with a dispute, an exemption, an exclusion, and entitlements prepared from it."""
        env, manager = self.env, self.users["upgrade_manager"]
        self.october = self.cycle(
            self.program,
            "October 2025",
            attendance_threshold=60,
        )
        self.october.copy_beneficiaries_from_program()
        memberships = self.october.cycle_membership_ids
        env["spp.attendance.exemption"].create(
            {"partner_id": self.people[4].id, "reason": "Flood", "company_id": self.october.company_id.id}
        )
        env["spp.attendance.exclusion"].create({"membership_id": memberships[-1].id, "reason": "Moved away"})
        run = self.october.with_user(manager)._start_attendance_run()
        run.action_apply()
        missed = run.decision_ids.filtered(lambda decision: decision.result == "non_compliant")[:1]
        env["spp.attendance.dispute"].with_user(manager).create({"decision_id": missed.id, "claim": "She was there"})

    def redemption(self):
        """Cash and in-kind entitlements, redeemed in part, and the end of their cycle."""
        env, manager, clerk = self.env, self.users["upgrade_manager"], self.users["upgrade_clerk"]
        amount = self.program.entitlement_manager_ids.manager_ref_id
        amount.amount_per_cycle = 30
        cycle = self.october.with_user(manager)
        for step in ("prepare_entitlement", "action_submit_for_approval", "action_approve", "validate_entitlement"):
            getattr(cycle, step)()
        rice = env["product.product"].create({"name": "Rice", "uom_id": env.ref("uom.product_uom_kgm").id})
        env["spp.entitlement.inkind"].create(
            {
                "partner_id": self.people[0].id,
                "cycle_id": self.october.id,
                "product_id": rice.id,
                "uom_id": rice.uom_id.id,
                "quantity": 10,
                "valid_from": "2025-10-01",
                "valid_until": "2025-10-31",
                "state": "approved",
            }
        )
        entitlements = env["spp.entitlement"].search([("cycle_id", "=", self.october.id), ("state", "=", "approved")])
        items = [
            {
                "transaction_uuid": f"upgrade-{number}",
                "transaction_type": "PURCHASE",
                "entitlement_id": entitlement.id,
                "partner_id": entitlement.partner_id.id,
                "timestamp_transaction_created": "2025-10-31T12:00:00+07:00",
                "amount_charged_by_service_point": charged,
                "currency": entitlement.currency_id.name,
            }
            for number, (entitlement, charged) in enumerate(zip(entitlements, (30, 12.5), strict=False))
        ]
        items.append({**items[0], "transaction_uuid": "upgrade-unknown", "partner_id": self.people[4].id})
        env["spp.entitlement.transactions"].with_user(clerk).book(items)
        env.cr.commit()
        self.october._end_in_chunks()
        env.invalidate_all()

    def administrator(self):
        """What an administrator changed in data that addons brought."""
        ref = self.env.ref
        ref("spp_session_tracking.ir_cron_refresh_follow_ups").active = False
        ref("spp_attendance_compliance.ir_cron_fetch_attendance").interval_number = 7
        ref("spp_session_tracking.mail_activity_follow_up").name = "Visit the family"
        ref("spp_session_tracking.session_policy_default").flag_in_row = 5

    def older(self):
        """What rows look like that an even older version wrote."""
        cr = self.env.cr
        cr.execute(
            "UPDATE spp_attendance_compliance_run SET criteria = (criteria::jsonb - 'sources')::json::text::jsonb"
        )
        cr.execute("ALTER TABLE spp_entitlement_state_change DISABLE TRIGGER USER")
        for column in ("cycle_id", "date"):
            name = SQL.identifier(column)
            cr.execute(SQL("ALTER TABLE spp_entitlement_state_change ALTER %s DROP NOT NULL", name))
            cr.execute(SQL("UPDATE spp_entitlement_state_change SET %s = NULL", name))
        cr.execute("ALTER TABLE spp_entitlement_state_change ENABLE TRIGGER USER")
