# Part of the SPP attendance suite. LGPL-3.
"""Straight into a database, past Odoo; only where psycopg2 is installed (after set-up)."""

from typing import Any

import psycopg2

from tools import postgres


def connect(name: str) -> Any:
    """A psycopg2 connection to the database of this name."""
    environment = postgres.environment()
    known: dict[str, Any] = {
        key: environment[f"PG{key.upper()}"] for key in ("host", "port", "user") if f"PG{key.upper()}" in environment
    }
    return psycopg2.connect(dbname=name, **known)
