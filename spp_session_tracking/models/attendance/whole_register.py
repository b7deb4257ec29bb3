# Part of the SPP attendance suite. LGPL-3.
from contextlib import contextmanager

from odoo.orm import models as orm

#: The largest register that goes to PostgreSQL in one statement.
PEOPLE = 1000
#: What Odoo does otherwise; read once, so that blocks of several threads at a time leave nothing behind.
_USUAL = orm.INSERT_BATCH_SIZE, orm.UPDATE_BATCH_SIZE


@contextmanager
def whole_register(env):
    """Let what happens inside take as many statements for a register of 400 people as for one of 40.

    Odoo splits inserts and updates after 100 rows; the limit is one of its module, so it is raised for the time of the block
    and all that the block writes is written before its end. A thread that writes something else meanwhile writes it in fewer
    statements, nothing more.
    """
    is_outermost = orm.INSERT_BATCH_SIZE != PEOPLE
    orm.INSERT_BATCH_SIZE = orm.UPDATE_BATCH_SIZE = PEOPLE
    try:
        yield
        env.flush_all()
    finally:
        if is_outermost:
            orm.INSERT_BATCH_SIZE, orm.UPDATE_BATCH_SIZE = _USUAL
