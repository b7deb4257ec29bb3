# Part of the SPP attendance suite. LGPL-3.
"""The codes an attendance expression may name, looked up in their catalogues."""

from odoo.api import Environment

from .values import ExpressionError

MAX_SUGGESTED = 12


class ExpressionCodes:
    """Looks codes up for a reader. Catalogues are read in superuser mode: a code is no secret, and the same expression
    has to mean the same to everybody."""

    def __init__(self, env: Environment) -> None:
        self.env = env(su=True)  # sudo: catalogues are no secret

    def session_type_id(self, code: str, position: int) -> int:
        """Return the id of the session type with this code.

        :raise ExpressionError: when there is none
        """
        types = self.env["spp.session.type"].with_context(active_test=False)
        found = types.search([("code", "=", code)], limit=1)
        if not found:
            known = types.search([("code", "!=", False)], limit=MAX_SUGGESTED, order="code").mapped("code")
            raise ExpressionError(
                position,
                self.env._(
                    "There is no session type %(code)s. Known are: %(known)s.", code=code, known=", ".join(known)
                ),
            )
        return found.id

    def area_id(self, code: str, position: int) -> int:
        """Return the id of the area with this code.

        :raise ExpressionError: when there is none
        """
        area = self.env["spp.area"].search([("code", "=", code)], limit=1)
        if not area:
            raise ExpressionError(position, self.env._("There is no area with the code %s.", code))
        return area.id

    def check(self, kind: str, code: str, position: int) -> None:
        """Refuse a code that its catalogue does not hold.

        :param str kind: "area", "gender" or "status"
        :raise ExpressionError: when there is no such code
        """
        match kind:
            case "area":
                self.area_id(code, position)
            case "gender":
                domain = [("namespace_uri", "=", "urn:iso:std:iso:5218")]
                known = self.env["spp.vocabulary.code"].search(domain).mapped("code")
                if code not in known:
                    known = ", ".join(known)
                    raise ExpressionError(
                        position,
                        self.env._("There is no gender code %(code)s. Known are: %(known)s.", code=code, known=known),
                    )
            case _:
                known = self.env["spp.attendance.status"].with_context(active_test=False).search([]).mapped("code")
                if code not in known:
                    known = ", ".join(known)
                    raise ExpressionError(
                        position,
                        self.env._(
                            "There is no attendance status %(code)s. Known are: %(known)s.", code=code, known=known
                        ),
                    )
