# Part of the SPP attendance suite. LGPL-3.
"""Count, decide and apply one member after the other through the ORM: what a straightforward implementation does.

It is the baseline of `./spp bench compliance`; nothing else uses it. It runs in a process of Odoo.
"""

import hashlib
import time
from decimal import Decimal
from math import ceil

_STATES = ("draft", "enrolled", "non_compliant")
_RESULTS = {"met": "compliant", "exempt": "compliant", "below": "non_compliant"}
_RESULTS_OF_MEMBERS = {"met": "included", "exempt": "included", "below": "not_included"}


def measure(env, cycles):
    """Filter cycles of the same members, each for the first time and then when nothing is new.

    The engine is measured here too: in one process requests and workers count for neither.

    :param cycles: list of ("engine" or "per_record", id of a cycle)
    :return: list of (way, seconds of the first run, seconds of the second), in the same order
    """
    ways = {"engine": _by_engine, "per_record": _by_record}
    return [(way, *(_seconds(ways[way], env["spp.cycle"].browse(cycle)) for _run in range(2))) for way, cycle in cycles]


def _seconds(way, cycle):
    cycle.env.invalidate_all()
    started = time.perf_counter()
    way(cycle)
    cycle.env.cr.commit()
    return time.perf_counter() - started


def _by_engine(cycle):
    cycle.action_filter_beneficiaries_by_compliance_criteria()
    cycle.attendance_run_ids[0].action_apply()
    cycle.env.flush_all()


def _by_record(cycle):
    _apply(_decide(cycle))
    cycle.env.flush_all()


def _decide(cycle):
    env = cycle.env
    run = env["spp.attendance.compliance.run"].create({"cycle_id": cycle.id, "criteria": cycle._attendance_criteria()})
    for membership in cycle.cycle_membership_ids:
        if membership.state not in _STATES:
            continue
        if cycle.program_id.target_type == "group":
            found, assessments = _assess_group(cycle, membership.partner_id)
        else:
            found, assessments = _assess(cycle, membership.partner_id), []
        result = _RESULTS.get(found["reason"], "unknown")
        last = env["spp.attendance.decision"].search(
            [("membership_id", "=", membership.id), ("run_id.state", "=", "applied")], order="id desc", limit=1
        )
        decision = env["spp.attendance.decision"].create(
            {
                **found,
                "run_id": run.id,
                "membership_id": membership.id,
                "previous_state": membership.state,
                "previous_number": membership.number_of_attendance,
                "previous_decision_id": membership.attendance_decision_id.id,
                "last_result": last.result,
                "is_changed": bool(last) and last.result != result,
                "result": result,
            }
        )
        for assessment in assessments:
            env["spp.attendance.assessment"].create({**assessment, "decision_id": decision.id})
    return run


def _apply(run):
    for decision in run.decision_ids:
        membership = decision.membership_id
        if membership.state not in _STATES:
            continue
        if decision.result == "unknown":
            membership.attendance_decision_id = decision
        else:
            membership.write(
                {
                    "state": "enrolled" if decision.result == "compliant" else "non_compliant",
                    "number_of_attendance": decision.counted,
                    "attendance_decision_id": decision.id,
                }
            )
    run.write({"state": "applied"})
    run.cycle_id.compliance_criteria_applied = True


def _assess(cycle, person):
    found = _count(cycle, person)
    return {**found, "reason": "exempt"} if _is_exempt(cycle, person) else found


def _is_exempt(cycle, partner):
    return cycle.env["spp.attendance.exemption"].search_count(
        [
            ("partner_id", "=", partner.id),
            ("program_id", "in", (False, cycle.program_id.id)),
            ("date_from", "<=", cycle.end_date),
            "|",
            ("date_to", "=", False),
            ("date_to", ">=", cycle.end_date),
        ],
        limit=1,
    )


def _count(cycle, person):
    """What a person attended in the cycle, as values of a decision or an assessment."""
    facts = cycle.env["spp.event.attendance"].search(
        [
            ("partner_id", "=", person.id),
            ("state", "=", "active"),
            ("attendance_date", ">=", cycle.start_date),
            ("attendance_date", "<=", cycle.end_date),
        ],
        order="id",
    )
    threshold = Decimal(str(cycle.attendance_threshold))
    expected = pending = absences = 0
    weight = Decimal(0)
    parts: dict = {}
    for fact in facts:
        parts.setdefault((fact.type_id.id, fact.lates_per_absence), []).append(fact)
    for (_type, lates), part in parts.items():
        for fact in part:
            if fact.is_in_denominator:
                expected += 1
                weight += Decimal(f"{fact.weight:.2f}")
            pending += fact.is_pending
        if lates:
            absences += len(part) // lates
    weight = max(weight - absences, Decimal(0))
    if expected and 100 * weight >= threshold * expected:
        reason = "met"
    elif not expected:
        reason = "nothing_expected"
    elif pending and 100 * weight >= threshold * (expected - pending):
        reason = "excuse_pending"
    else:
        reason = "below"
    evidence = ";".join(_evidence(fact) for fact in facts)
    return {
        "counted": float(weight),
        "expected": expected,
        "required": float(threshold * expected / 100),
        "reason": reason,
        "evidence_hash": hashlib.sha256(evidence.encode()).hexdigest() if facts else False,
    }


def _evidence(fact):
    flags = (fact.is_in_denominator, fact.is_attended, fact.is_excused, fact.is_pending)
    parts = [str(fact.id), str(fact.attendance_date), f"{fact.weight:.2f}", *("ft"[flag] for flag in flags)]
    return "|".join([*parts, str(fact.lates_per_absence)])


def _assess_group(cycle, group):
    """What the members of a group attended, as values of the decision about the group and of one assessment of each."""
    assessments = []
    for member in group.group_membership_ids.sorted(lambda member: member.individual.id):
        if member.is_ended or member.individual.disabled:
            continue
        found = _assess(cycle, member.individual)
        result = _RESULTS_OF_MEMBERS.get(found["reason"], "unknown")
        assessments.append({**found, "partner_id": member.individual.id, "result": result})
    results = [assessment["result"] for assessment in assessments]
    included, unknown = results.count("included"), results.count("unknown")
    needed = ceil(Decimal(str(cycle.attendance_group_percentage)) * len(results) / 100)
    if _is_exempt(cycle, group):
        reason = "exempt"
    elif included >= needed:
        reason = "met"
    else:
        reason = "members_unknown" if included + unknown >= needed else "below"
    parts = ([str(one["partner_id"]), one["result"], one["evidence_hash"]] for one in assessments)
    evidence = ";".join("|".join(filter(None, part)) for part in parts)
    return {
        "counted": included,
        "expected": len(results),
        "required": needed,
        "reason": reason,
        "evidence_hash": hashlib.sha256(evidence.encode()).hexdigest(),
    }, assessments
