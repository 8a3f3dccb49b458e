"""All that follows from the tables: roles, functions, triggers, policies, grants and indexes on expressions.

It is made again after each migration, so that no revision can forget a part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from opsdesk.server import functions, guards, security, tables

INDEX_PREFIX: Final = "near_"


def drop_statements() -> Iterator[str]:
    """Drop what hinders a revision: triggers and policies hold on to the columns they read."""
    yield from security.drop_statements()
    yield from guards.drop_statements()


def statements() -> Iterator[str]:
    """Everything in the order in which one needs the other."""
    yield from security.role_statements()
    yield from functions.statements()
    yield from guards.statements()
    yield from security.policy_statements()
    yield from security.grant_statements()
    # What is due to wake is looked for all the time, and seldom there.
    yield (
        f"CREATE INDEX IF NOT EXISTS {INDEX_PREFIX}waking ON ticket (waiting_until) "
        "WHERE waiting_until IS NOT NULL AND voided IS NULL"
    )
    for name, table in tables.synced.items():
        if "lat" in table.c:
            yield (
                f'CREATE INDEX IF NOT EXISTS {INDEX_PREFIX}{name} ON "{name}" USING gist (point(lon, lat)) '
                "WHERE lat IS NOT NULL"
            )
