# Part of the SPP attendance suite. LGPL-3.
"""Work that the system does on behalf of somebody."""

from .guarded_context import KEY

#: What a caller may say: how texts are written and in which company it works. All else, like defaults, opens doors.
#: Guarded values are none of a caller: only code can have put them there.
_KEPT = ("lang", "tz", "allowed_company_ids", KEY)


def as_system(records):
    """Records in superuser mode, without what a remote caller put into the context.

    :param records: recordset whose access was checked before
    :return: the same records
    """
    context = {key: value for key, value in records.env.context.items() if key in _KEPT}
    # sudo: this is the one way; its callers have checked the access
    return records.with_env(records.env(su=True, context=context))
