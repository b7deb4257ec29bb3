# Part of the SPP attendance suite. LGPL-3.
"""Reading what somebody keys in from a paper roster: statuses in words, people by their numbers."""

import re

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import remove_accents

_TOKEN = re.compile(
    r"(?P<range>\d+\s*[-–—]\s*\d+)"
    r"|(?P<number>\d+)"
    r"|(?P<word>[^\W\d_]+(?:[ \t'’_-]+[^\W\d_]+)*)"
    r"|(?P<separator>[\s,;:.+]+)"
    r"|(?P<other>.)"
)
#: A longer range is a slip of the pen.
_LONGEST_RANGE = 1000
#: Characters of a number or a range that somebody keyed in on purpose.
_LONGEST_NUMBER = 20


def _folded(text):
    return " ".join(re.split(r"[\s_-]+", remove_accents(text or "").casefold())).strip()


class Session(models.Model):
    _inherit = "spp.session"

    def read_keying(self, text, rest_present=True):
        """What somebody keyed in from the paper roster, as decisions for the roster screen. Nothing is stored.

        ``absent: 4 11 27; late: 5 10`` names people by their numbers on the sheet; a status may be given by its name,
        abbreviation or key, numbers may be separated by commas and given as ranges (``4-7``).

        :param str text: what was keyed in
        :param bool rest_present: everybody else on the sheet is present, but for those who have a mark, are on hold or
            announced their absence
        :return: dict with `marks` (list of dict participant_id, status (code)) and `errors` (list of sentences); there
            are no marks when there is an error
        :raise AccessError: for people who may not mark this session
        :raise UserError: when the session has no paper roster
        """
        self.ensure_one()
        self.check_access("write")
        # sudo: sheets are nobody's to read; access to the session was checked
        sheet_sudo = self.env["spp.session.sheet"].sudo().search([("session_id", "=", self.id)])
        if not sheet_sudo:
            raise UserError(
                self.env._("%s has no paper roster yet: print it first, so that everybody has a number.", self.name)
            )
        visible = {person.id: person for person in self._roster_people()}
        people = {number: visible.get(partner_id) for partner_id, number in sheet_sudo._numbers().items()}
        numbers, errors = self._read_keyed_numbers(text or "", set(sheet_sudo.line_ids.mapped("number")))
        errors += [
            self.env._("Number %s is not in this session any more: leave it out.", number)
            for number in sorted(numbers)
            if not people.get(number)
        ]
        if errors:
            return {"marks": [], "errors": errors}
        decided = {people[number].id: status.code for number, status in numbers.items()}
        if rest_present:
            present = self.env["spp.attendance.status"]._of_kind("present")[1]
            kept = set(self.attendance_ids.participant_id.ids) | {
                partner_id
                for (_session, partner_id), suggestion in self._suggest_marks().items()
                if suggestion.is_known
            }
            for person in people.values():
                if person and person.id not in kept:
                    decided.setdefault(person.id, present)
        return {
            "marks": [{"participant_id": partner_id, "status": code} for partner_id, code in decided.items()],
            "errors": [],
        }

    def _read_keyed_numbers(self, text, known):
        """The status of each keyed number: dict number -> status record, and a list of sentences about what is wrong.

        :param set known: the numbers on the sheet
        """
        words = self._keying_words()
        status, found, errors = None, {}, []
        unknown, twice = set(), set()
        for token in _TOKEN.finditer(text):
            kind, value = token.lastgroup, token.group()
            if kind == "word":
                status = words.get(_folded(value), False)
                if not status:
                    errors.append(
                        self.env._(
                            '"%(word)s" is not a status: write one of %(statuses)s.',
                            word=value,
                            statuses=", ".join(self._roster_statuses().mapped("name")),
                        )
                    )
            elif kind == "other" or (kind in ("number", "range") and len(value) > _LONGEST_NUMBER):
                errors.append(self.env._('"%s" cannot be read: write for example "absent: 4 11 27".', value))
            elif kind != "separator":
                if status is None:
                    errors.append(self.env._('%s stands before any status: write for example "absent: 4".', value))
                    continue
                first, last = ([int(end) for end in re.findall(r"\d+", value)] * 2)[:2]
                if not first <= last < first + _LONGEST_RANGE:
                    errors.append(self.env._("%s is not a range: write the smaller number first.", value))
                    continue
                for number in range(first, last + 1) if status else ():
                    if number not in known:
                        unknown.add(number)
                    elif found.setdefault(number, status) != status:
                        twice.add(number)
        errors += [self.env._("Number %s is not on this sheet.", number) for number in sorted(unknown)]
        errors += [
            self.env._("Number %s has two different statuses: leave one of them out.", number)
            for number in sorted(twice)
        ]
        return found, errors

    def _keying_words(self):
        """Everything that may be written for a status: its name, abbreviation, key and code."""
        words = {}
        for status in self._roster_statuses():
            for word in (status.keyboard_key, status.code, status.name, status.abbreviation):
                if word:
                    words[_folded(word)] = status
        return words
