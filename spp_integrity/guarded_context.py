# Part of the SPP attendance suite. LGPL-3.
"""Values in the context that code alone can put there: a remote caller can name them, but never make them count."""

#: The one context key that carries them.
KEY = "spp_guarded"


class GuardedValues(dict):
    """Named values set by code. A remote caller sends plain dicts, lists and texts, never one of these."""

    __slots__ = ()

    def __hash__(self):
        return hash(frozenset(self))


def with_guarded(records, **values):
    """Records that carry values for code further down; :func:`guarded_value` reads them.

    :param records: recordset
    :param values: name -> value; they add to those that are there
    :return: the same records
    """
    return records.with_context(**{KEY: GuardedValues(_guarded(records.env) | values)})


def guarded_value(env, name, default=None):
    """A value that code has set with :func:`with_guarded`; what a remote caller sends under the same key is ignored.

    :param env: environment
    :param name: name of the value
    :param default: returned when there is none
    """
    return _guarded(env).get(name, default)


def _guarded(env):
    values = env.context.get(KEY)
    return values if type(values) is GuardedValues else {}
