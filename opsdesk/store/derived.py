"""What the database keeps for itself beside the tables: triggers, search tables and the indexes of lists.

All of it follows from the declarations, so a migration never alters it: it is dropped before and made again after.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opsdesk.store import capture, clock_marks, drawing_areas, list_indexes, search

Execute = Callable[[str], Any]
"""Runs one statement and returns its cursor."""


def drop(execute: Execute) -> None:
    """Drop triggers, list indexes and search tables."""
    for kind, name in execute("SELECT type, name FROM sqlite_schema WHERE type IN ('trigger', 'index')").fetchall():
        if kind == "trigger" or name.startswith("list_"):
            execute(f'DROP {kind} "{name}"')
    for name in (*search.TABLES, *drawing_areas.TABLES):
        execute(f"DROP TABLE IF EXISTS {name}")


def make(execute: Execute) -> None:
    """Make search tables, list indexes and triggers, and fill what needs filling."""
    for statement in (*search.TABLES.values(), *drawing_areas.TABLES.values()):
        execute(statement)
    search.fill(execute)
    drawing_areas.fill(execute)
    for statement in (*list_indexes.statements(), *trigger_statements()):
        execute(statement)
    clock_marks.fill(execute)


def trigger_statements() -> list[str]:
    """The canonical list of triggers."""
    return [
        *capture.trigger_statements(), *search.trigger_statements(), *drawing_areas.trigger_statements(),
        *clock_marks.trigger_statements(),
    ]  # fmt: skip


def problems(execute: Execute) -> list[str]:
    """What is wrong with it, in words; an empty list when all is well."""
    there = {row[0] for row in execute("SELECT sql FROM sqlite_schema").fetchall()}
    missing = [sql for sql in (*trigger_statements(), *list_indexes.statements()) if sql not in there]
    found = [*search.problems(execute), *drawing_areas.problems(execute)]
    if missing:
        found.append(f"{len(missing)} triggers or indexes are missing or differ, the first is: {missing[0][:80]}")
    return found
