# Part of the SPP attendance suite. LGPL-3.
"""Hooks: what follows from changes, collected while they are made and called once for all of them."""

from contextlib import contextmanager
from weakref import WeakKeyDictionary

from odoo import models

from odoo.addons.spp_integrity import as_system

#: The outermost open block of each cursor: dict (model name, hook name) -> (environment, dict id -> details).
_OPEN_BLOCKS = WeakKeyDictionary()
#: Hooks may change records themselves, which calls hooks again; more calls than this go in a circle.
_MOST_CALLS = 100


class Hooks(models.AbstractModel):
    """Hooks of a model: methods ``_after_...`` that other addons extend with `super()`, instead of overriding `write`.

    Whoever changes records does it inside ``with records._collect_hooks():`` and says there what happened with
    ``records._call_hook("_after_...")``. Nothing is called at that moment: the calls of all blocks inside each other are
    collected, and the end of the outermost one calls every hook once, on all its records together. So a hook costs the
    same whether a register was changed by one write or mark by mark, and reads what is stored when everything is done.

    - `create`, `write`, `unlink` and the actions of these models open such a block themselves. Whoever calls several of
      them opens one around them all. A call outside of any block is made at once.
    - Hooks run before the outermost call returns: in remote calls, jobs and tests alike, without a commit. What is
      committed meanwhile is committed without them, so a block contains no commit.
    - An error inside the block calls no hook; an error in a hook undoes the change with it.
    - Hooks run as the system, in the environment of the first change (its user, language and companies): what follows
      from a change does not depend on what the user sees. They look records up themselves instead of reading the lists
      of their records, which the user may have read in part.
    - What a hook changes may call hooks again, that one too; they follow before the block ends.
    - Records that were deleted meanwhile are left out.
    """

    _name = "spp.hooks"
    _description = "Hooks"

    @contextmanager
    def _collect_hooks(self):
        """Collect the hooks that are called inside; call each of them once at the end of the outermost block."""
        cr = self.env.cr
        if cr in _OPEN_BLOCKS:
            yield
            return
        calls = _OPEN_BLOCKS[cr] = {}
        try:
            yield
            for _call in range(_MOST_CALLS):
                if not calls:
                    return
                (model, hook), (env, details) = next(iter(calls.items()))
                del calls[model, hook]
                records = env[model].browse(details).exists()
                if not records:
                    continue
                if None in details.values():
                    getattr(records, hook)()
                else:
                    getattr(records, hook)({record_id: details[record_id] for record_id in records.ids})
            raise RuntimeError(f"Hooks call each other without end: {sorted(calls)}")
        finally:
            del _OPEN_BLOCKS[cr]

    def _former_values(self, names):
        """What `_changed_since` compares with: the values of these records now.

        :param names: names of fields; lists of records that name these ones are left out
        :return: dict id -> dict name -> value
        """
        names = [name for name in names if name in self._fields and self._fields[name].type != "one2many"]
        if not names:
            return {}
        # sudo: former values are for the system; people who were archived are somebody too
        records = self.sudo().with_context(active_test=False)
        return {record.id: {name: record[name] for name in names} for record in records}

    def _changed_since(self, former):
        """Of former values those that are others now.

        :param former: as of `_former_values`
        :return: dict id -> dict name -> former value, of records in which something changed
        """
        # sudo: former values and present ones are for the system
        changed = {
            record.id: {name: value for name, value in former[record.id].items() if record[name] != value}
            for record in self.sudo().with_context(active_test=False).browse(former)
        }
        return {record_id: values for record_id, values in changed.items() if values}

    def _call_hook(self, hook, details=None):
        """Call a hook of these records once at the end of the outermost block.

        :param str hook: name of the method
        :param details: what the hook is given about each record: dict id -> set or dict. Of several calls sets are
            united, and of dicts the first value of each key stays; an empty one stays empty. None: the hook takes nothing.
        """
        with self._collect_hooks():
            if not self:
                return
            env = as_system(self).env
            _env, collected = _OPEN_BLOCKS[self.env.cr].setdefault((self._name, hook), (env, {}))
            for record_id in self.ids:
                if details is None:
                    collected[record_id] = None
                elif isinstance(details[record_id], set):
                    collected.setdefault(record_id, set()).update(details[record_id])
                elif collected.get(record_id) != {}:  # what is new has no former values, whatever is written to it now
                    collected[record_id] = {**details[record_id], **collected.get(record_id, {})}
