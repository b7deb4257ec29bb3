# Part of the SPP attendance suite. LGPL-3.
"""Count, decide and apply one member after the other through the ORM: what a straightforward implementation does.

It is the baseline of `./spp bench compliance`; nothing else uses it. It runs in a process of Odoo.
"""

import hashlib
import time
from decimal import Decimal
from math import ceil

_STATES = ("draft", "enrolled", "non_compliant")


def measure(env, cycle_id):
    """Filter a cycle and commit.

    :return: seconds
    """
    started = time.perf_counter()
    cycle = env["spp.cycle"].browse(cycle_id)
    _apply(_decide(cycle))
    env.cr.commit()
    return time.perf_counter() - started


def _decide(cycle):
    env = cycle.env
    run = env["spp.attendance.compliance.run"].create({"cycle_id": cycle.id, "criteria": cycle._attendance_criteria()})
    for membership in cycle.cycle_membership_ids:
        if membership.state not in _STATES:
            continue
        if cycle.program_id.target_type == "group":
            found = _assess_group(run, membership)
        else:
            found = _count(cycle, membership.partner_id)
        result = {"met": "compliant", "below": "non_compliant"}.get(found["reason"], "unknown")
        last = env["spp.attendance.decision"].search(
            [("membership_id", "=", membership.id), ("run_id.state", "=", "applied")], order="id desc", limit=1
        )
        env["spp.attendance.decision"].create(
            {
                **found,
                "run_id": run.id,
                "membership_id": membership.id,
                "partner_id": membership.partner_id.id,
                "company_id": cycle.company_id.id,
                "previous_state": membership.state,
                "previous_number": membership.number_of_attendance,
                "previous_decision_id": membership.attendance_decision_id.id,
                "last_result": last.result,
                "is_changed": bool(last) and last.result != result,
                "result": result,
            }
        )
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
    parts = {}
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
    evidence = ";".join(_evidence(fact) for key in sorted(parts) for fact in parts[key])
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


def _assess_group(run, membership):
    results = []
    for member in membership.partner_id.group_membership_ids.sorted(lambda member: member.individual.id):
        if member.is_ended or member.individual.disabled:
            continue
        found = _count(run.cycle_id, member.individual)
        result = {"met": "included", "below": "not_included"}.get(found["reason"], "unknown")
        run.env["spp.attendance.assessment"].create(
            {
                **found,
                "run_id": run.id,
                "membership_id": membership.id,
                "partner_id": member.individual.id,
                "company_id": run.cycle_id.company_id.id,
                "result": result,
            }
        )
        parts = [str(member.individual.id), result]
        results.append((result, "|".join(parts + [found["evidence_hash"]] if found["evidence_hash"] else parts)))
    included = sum(result == "included" for result, _evidence in results)
    unknown = sum(result == "unknown" for result, _evidence in results)
    needed = ceil(Decimal(str(run.cycle_id.attendance_group_percentage)) * len(results) / 100)
    reason = "met" if included >= needed else "members_unknown" if included + unknown >= needed else "below"
    evidence = ";".join(evidence for _result, evidence in results)
    return {
        "counted": included,
        "expected": len(results),
        "required": needed,
        "reason": reason,
        "evidence_hash": hashlib.sha256(evidence.encode()).hexdigest(),
    }
