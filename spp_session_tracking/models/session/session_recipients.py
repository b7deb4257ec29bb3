# Part of the SPP attendance suite. LGPL-3.
from odoo import models


class Session(models.Model):
    """Who is told about a register."""

    _inherit = "spp.session"

    def _register_recipients(self):
        """The people who are told about these registers; a fixed number of queries for any number of sessions.

        :return: dict recipient ("facilitator", "manager", "branch_head") -> dict session id -> `res.users` (active ones)
        """
        sessions = self.sudo()
        managers = self.env.ref("spp_session_tracking.group_session_manager").sudo().all_user_ids
        # a company has few managers, and many sessions: the choice is made once per company
        of_company = {
            company: managers.filtered(
                lambda user, company=company: (
                    user.active and not user.share and (not company or company in user.company_ids)
                )
            )
            for company in [*sessions.company_id, self.env["res.company"]]
        }
        heads = sessions.area_id._nearest_session_heads()
        recipients = {"facilitator": {}, "manager": {}, "branch_head": {}}
        for session in sessions:
            facilitators = session.facilitator_id | session.co_facilitator_ids
            manager = session.roster_id.manager_id.filtered("active") or of_company[session.company_id]
            recipients["facilitator"][session.id] = facilitators.filtered("active")
            recipients["manager"][session.id] = manager
            recipients["branch_head"][session.id] = heads.get(session.area_id.id) or manager
        return recipients
