"""What a query is compiled to: conditions over `ticket t` as SQL with bound parameters, and what leads to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from opsdesk.models.base import entities
from opsdesk.models.tickets import State, Ticket
from opsdesk.services.forms import COMMENT
from opsdesk.sync.core.messages import ChangeKind

Parameters = tuple[Any, ...]

OPEN: Final = f"t.state < {State.RESOLVED:d}"
"""The words of this condition are those of the indexes of open tickets, which it lets the engine use."""
NOT_VOIDED: Final = "t.voided IS NULL"
PLACED: Final = "(t.lat IS NOT NULL AND t.lon IS NOT NULL)"
"""Has a position: a half that is left alone is none."""
RANK: Final = "(t.priority + 10 * t.major)"
"""Priority with major tickets above urgent ones, as an index has it."""
NEXT: Final = "min(coalesce(t.due_at, t.clock_due), coalesce(t.clock_due, t.due_at))"
"""When a ticket is due by a person or by its clocks, whichever is nearer, as an index has it."""


def named(column: str) -> str:
    """SQL of a column of `ticket t`, also of those that are computed."""
    return {"rank": RANK, "due": NEXT}.get(column) or f't."{column}"'


@dataclass(frozen=True, slots=True)
class Lead:
    """A SELECT of keys (or ids) among which are all tickets that meet a condition."""

    column: str
    """`key` or `id`: which of the two it selects."""
    select: str
    parameters: Parameters = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition over the columns of `ticket t`: true or not true.

    `column` names the one column that it reads, if there is only one; `values` are set when it says that the column
    has one of these, None meaning that it has none.
    """

    sql: str
    parameters: Parameters = ()
    column: str = ""
    values: Parameters = ()
    open_only: bool = False
    """True when only open tickets can meet it."""
    narrow: bool = False
    """True when an index leads to the tickets that meet it: of their own column, or the `lead`."""
    lead: Lead | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """Matches in the search tables: SQL that gives row keys, in either order without sorting."""

    sql: str
    parameters: Parameters

    def condition(self) -> Condition:
        """The search as a condition among others."""
        lead = Lead("key", self.sql, self.parameters)
        return Condition(f"t.key IN ({self.sql})", self.parameters, narrow=True, lead=lead)


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a query means for one person at one moment: all conditions and the search must be met."""

    conditions: tuple[Condition, ...]
    search: Search | None
    voided_too: bool


def either(conditions: Sequence[Condition]) -> Condition:
    """One of them is enough."""
    if len(conditions) == 1:
        return conditions[0]
    lead: Lead | None = None
    leads = [condition.lead for condition in conditions if condition.lead is not None]
    if len(leads) == len(conditions) and len({one.column for one in leads}) == 1:
        select = " UNION ALL ".join(f"SELECT * FROM ({one.select})" for one in leads)
        lead = Lead(leads[0].column, select, tuple(value for one in leads for value in one.parameters))
    return Condition(
        "(" + " OR ".join(f"({condition.sql})" for condition in conditions) + ")",
        tuple(value for condition in conditions for value in condition.parameters),
        open_only=all(condition.open_only for condition in conditions),
        narrow=lead is not None,
        lead=lead,
    )


def every(conditions: Sequence[Condition]) -> Condition:
    """All of them, as one."""
    return Condition(
        "(" + " AND ".join(f"({condition.sql})" for condition in conditions) + ")",
        tuple(value for condition in conditions for value in condition.parameters),
        open_only=any(condition.open_only for condition in conditions),
    )


def negated(condition: Condition) -> Condition:
    """What does not meet it; a missing value does not either."""
    return Condition(f"({condition.sql}) IS NOT TRUE", condition.parameters)


def hangs(table: str, where: str = "", parameters: Parameters = (), *, by: str = "subject") -> Condition:
    """Something that counts hangs on the ticket: a row of the table that names it in the column `by`.

    `where` says what counts, a comparison of a column (`word = ?`).
    """
    # The plus leaves the engine one index to look with, that of the ticket: without statistics it might take the
    # other, and read all rows of a common word for each ticket.
    counts, led = (f" AND +h.{where}", f" AND h.{where}") if where else ("", "")
    return Condition(
        f"EXISTS (SELECT 1 FROM {table} h WHERE h.{by} = t.id AND h.voided IS NULL{counts})",
        parameters,
        narrow=True,
        lead=Lead("id", f"SELECT h.{by} FROM {table} h WHERE h.voided IS NULL{led}", parameters),
    )


def one_of(column: str, values: Parameters, *, or_none: bool = False, open_only: bool = False) -> Condition:
    """The column has one of the values; `or_none` also lets through what has no value."""
    name = named(column)
    within = f"{name} = ?" if len(values) == 1 else f"{name} IN ({', '.join('?' * len(values))})"
    if or_none:
        within = f"({within} OR {name} IS NULL)" if values else f"{name} IS NULL"
    indexed = column not in ("marking", "reported_via")
    return Condition(within, values, column, (*values, None) if or_none else values, open_only, narrow=indexed)


def among(select: str, parameters: Parameters = ()) -> Condition:
    """The ticket is one of those whose ids a SELECT gives, which are few: the engine runs it once."""
    return Condition(f"t.id IN ({select})", parameters, narrow=True, lead=Lead("id", select, parameters))


_WAITING: Final = "FROM change c INDEXED BY ix_change_waiting WHERE c.outcome IS NULL AND c.subject"
QUEUED: Final = Condition(
    f"EXISTS (SELECT 1 {_WAITING} = t.id)", narrow=True, lead=Lead("id", f"SELECT c.subject {_WAITING} IS NOT NULL")
)
"""A change made here, of the ticket or of what hangs on it, waits for the server."""

RETURNED: Final = among(
    "SELECT c.subject FROM returned_change r INDEXED BY ix_returned_change_open JOIN change c ON c.seq = r.seq "
    "WHERE r.settled_at IS NULL AND c.subject IS NOT NULL"
)
"""A change made here came back and is not settled."""

DRAFTED: Final = among(
    f"SELECT unhex(substr(d.place, {len(COMMENT) + 1})) FROM draft d "
    f"WHERE d.place >= '{COMMENT}' AND d.place < '{COMMENT[:-1]}0'"  # the sign after the slash
)
"""A comment is written and not sent."""


@cache
def conflicted() -> Condition:
    """A conflict of the ticket, or of what hangs on it, is open; one that was settled here and waits is not."""
    asked = "FROM conflict k INDEXED BY ix_conflict_open"
    unsettled = (
        "k.open = 1 AND NOT EXISTS (SELECT 1 FROM sync_intent i JOIN change w ON w.seq = i.seq "
        f"WHERE i.conflict = k.id AND i.kind = {int(ChangeKind.RESOLVE)} AND w.outcome IS NULL)"
    )
    selects = [f"SELECT k.record {asked} WHERE {unsettled} AND k.entity = {Ticket.entity}"]
    for entity in entities():
        if "subject" in entity.__table__.columns:  # type: ignore[attr-defined]
            table = entity.__tablename__
            joined = f'{asked} CROSS JOIN "{table}" h ON h.id = k.record'
            selects.append(f"SELECT h.subject {joined} WHERE {unsettled} AND k.entity = {entity.entity}")
    return among(" UNION ALL ".join(selects))


def unread(person: bytes, until: int) -> Condition:
    """Something happened that the person has not seen; up to `until` everything counts as read."""
    seen = "SELECT s.seen_at FROM seen s WHERE s.person = ? AND s.subject = t.id"
    sql = f"(t.updated_at > ? AND t.updated_at > coalesce(({seen}), 0))"
    return Condition(sql, (until, person), narrow=True)
