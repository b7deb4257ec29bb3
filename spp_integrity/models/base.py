# Part of the SPP attendance suite. LGPL-3.
"""Where any model says whose its records are."""

from odoo import models


class Base(models.AbstractModel):
    """Record rules of companies, areas and dialogs follow from these declarations, see `ir.rule`.

    Each class of a model may declare its own, also the extension of somebody else's model: the rules add up.
    """

    _inherit = "base"

    #: Fields, or paths of fields, to the company of a record; of several, all have to be allowed.
    _company_path = ()
    #: False: nobody sees a record without company. True: all see it, and only users of all companies change it.
    _company_shared = True
    #: The records belong to all companies, and only users of all companies change them.
    _of_all_companies = False
    #: Fields, or paths of fields, to the area of a record: users bound to areas see what lies in them.
    _area_path = ()
    #: Terms of a domain, as text: users see those records wherever they lie.
    _area_open = ()
    #: A dialog: nobody else sees what a user enters.
    _own_dialog = False
