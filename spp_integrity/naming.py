# Part of the SPP attendance suite. LGPL-3.
"""Names of records in sentences, for whoever may read them."""


def named(records):
    """The names of records as far as the user may read them; of all others only what they are and their number.

    For sentences that code in superuser mode says to a user.

    :param records: recordset, in superuser mode or not
    :rtype: str
    """
    asked = records.with_env(records.env(su=False))
    readable = asked._filtered_access("read")
    kind = records.env["ir.model"]._get(records._name).name or records._description
    return ", ".join(
        record.display_name
        if record in readable
        else records.env._("%(kind)s number %(number)s", kind=kind, number=record.id)
        for record in asked
    )
