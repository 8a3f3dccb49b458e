"""Change capture: the triggers that record every write to a synced table in the transaction of the write.

No code path can forget to record a change, because no code path records one: ORM, Core, bulk and plain SQL alike fire
these triggers. There is one trigger per field, since that costs less than half of one per row with many fields.
A delete is refused, and so is the delete that hides in REPLACE (`recursive_triggers` is on). What the triggers need to
know besides the values stands in the one-row table `capture`, written in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from opsdesk.models.base import FieldSpec, Kind, Synced, entities, fields
from opsdesk.store.tables import ORIGIN_MIGRATION, ORIGIN_OWN, ORIGIN_RECEIVED

_CAPTURED = f"(SELECT origin FROM capture) <> {ORIGIN_RECEIVED}"
"""Of what comes in sync writes the history itself. Asked first, since opening the two tables and all their indexes for
nothing took a third of the time of writing a row."""
TREES = ("unit", "place", "category", "ticket")
"""Tables whose `parent` makes a tree, in which no cycle may be written."""

_RECORDED = "entity, record, field, event, new, old, base, hlc, happened, actor, act, gid"


def trigger_statements() -> Iterator[str]:
    """The CREATE TRIGGER statements of all synced tables, from their declarations."""
    for entity in entities():
        table = entity.__tablename__
        yield _create(entity)
        for spec in fields(entity):
            if spec.kind is Kind.APPEND_ONLY:
                yield _refusal(
                    f"{table}_{spec.name}_once", f"UPDATE OF {_q(spec.name)}", table, "is written once", spec
                )
            else:
                yield _update(entity, spec)
        yield _refusal(f"{table}_identity", 'UPDATE OF "key", "id"', table, "keeps its identity")
        yield _kept(table)
    for table in TREES:
        yield from _acyclic(table)
    yield _refusal("change_keep", "DELETE", "change", "records are never deleted")
    written = "seq, dev, subject, " + _RECORDED
    yield _refusal("change_once", f"UPDATE OF {written}", "change", "records are never changed")


def _q(name: str) -> str:
    return f'"{name}"'


def _refusal(name: str, event: str, table: str, text: str, spec: FieldSpec | None = None) -> str:
    what = f"{table}.{spec.name}" if spec else table
    when = f" WHEN old.{_q(spec.name)} IS NOT new.{_q(spec.name)}" if spec else ""
    return (
        f"CREATE TRIGGER refuse_{name} BEFORE {event} ON {_q(table)}{when} "
        f"BEGIN SELECT RAISE(ABORT, '{what} {text}'); END"
    )


def _kept(table: str) -> str:
    # What leaves the reader's scope is taken away by sync, and by nobody else.
    return (
        f"CREATE TRIGGER refuse_{table}_keep BEFORE DELETE ON {_q(table)} "
        f"WHEN (SELECT origin FROM capture) <> {ORIGIN_RECEIVED} "
        f"BEGIN SELECT RAISE(ABORT, '{table} records are voided, never deleted'); END"
    )


def _record(entity: type[Synced], field: int, event: str, new: str, old: str, base: str) -> str:
    values = (
        f"{entity.entity}, new.id, {field}, {event}, {new}, {old}, {base}, "
        "c.hlc, c.happened, c.actor, c.act, c.gid FROM capture c WHERE c.origin = "
    )
    return (
        f"INSERT INTO change (dev, subject, {_RECORDED}) SELECT c.dev, {_subject(entity)}, {values}{ORIGIN_OWN}; "
        f"INSERT INTO received_change (origin, {_RECORDED}) SELECT c.origin, {values}{ORIGIN_MIGRATION};"
    )


def _subject(entity: type[Synced]) -> str:
    """The ticket that a new row of the entity is or hangs on, as SQL in a trigger."""
    if entity.__tablename__ == "ticket":
        return "new.id"
    return "new.subject" if any(spec.name == "subject" for spec in fields(entity)) else "NULL"


def _create(entity: type[Synced]) -> str:
    table = entity.__tablename__
    return (
        f"CREATE TRIGGER capture_{table}_create AFTER INSERT ON {_q(table)} WHEN {_CAPTURED} "
        f"BEGIN {_record(entity, 0, 'NULL', as_created(fields(entity), 'new'), 'NULL', '0')} END"
    )


def as_created(specs: Iterable[FieldSpec], row: str, instead: Mapping[int, str] = {}) -> str:
    """The SQL of what a creation says of the row called `row`: a JSON object of field number → value.

    `instead` holds the SQL of what is said of some fields instead of their values.
    """
    members = ", ".join(f"'{spec.number}', {instead.get(spec.number) or _as_json(spec, row)}" for spec in specs)
    # Merging into an empty object drops the members that are null (RFC 7396).
    return f"json_patch('{{}}', json_object({members}))"


def _as_json(spec: FieldSpec, row: str) -> str:
    value = f"{row}.{_q(spec.name)}"
    return f"iif({value} IS NULL, NULL, hex({value}))" if spec.binary else value


def _update(entity: type[Synced], spec: FieldSpec) -> str:
    table, column = entity.__tablename__, _q(spec.name)
    base = seen(str(spec.number), "new.id", "old.ver")
    event = "c.event" if spec.kind is Kind.STATE else "NULL"
    return (
        f"CREATE TRIGGER capture_{table}_{spec.name} AFTER UPDATE OF {column} ON {_q(table)} "
        f"WHEN old.{column} IS NOT new.{column} AND {_CAPTURED} "
        f"BEGIN {_record(entity, spec.number, event, f'new.{column}', f'old.{column}', base)} END"
    )


def seen(field: str, record: str, ver: str) -> str:
    """The SQL of a change's base: what its writer saw of a field of a record whose row has a version.

    It is the newest own change of the field, still pending and not newer than what was seen; else the server's version
    of the row, where the form does not say an older one. A version that a restored server lost is kept as the form
    says it, though the row, read anew, has an older one by now: it showed something else. And an own change that had
    its outcome there, and waits again, was not pending for it: another may have written over it.
    """
    lost = "EXISTS (SELECT 1 FROM lost_version l WHERE {0} >= l.start AND {0} < l.stop)"
    form, row = lost.format("c.seen_ver"), f"({ver} <= c.seen_ver AND {lost.format(ver)})"
    own = (
        f"SELECT -max(p.seq) FROM change p WHERE p.record = {record} AND p.field IN (0, {field}) "
        "AND (p.outcome IS NULL OR p.settled > c.seen_settled) AND p.seq <= c.seen_seq AND (p.settled_before IS NULL "
        f"OR p.settled_before > c.seen_settled OR NOT ({form} OR {row}))"
    )
    return f"coalesce(({own}), iif(c.seen_ver > {ver} AND {form}, c.seen_ver, min({ver}, c.seen_ver)))"


def _acyclic(table: str) -> Iterator[str]:
    for event in ("INSERT", "UPDATE OF parent"):
        name = "insert" if event == "INSERT" else "move"
        # UNION (not UNION ALL) ends even where a cycle has come in from elsewhere.
        yield (
            f"CREATE TRIGGER refuse_{table}_cycle_{name} BEFORE {event} ON {_q(table)} WHEN new.parent IS NOT NULL "
            "BEGIN SELECT RAISE(ABORT, 'A record cannot be below itself') WHERE new.id IN ("
            "WITH RECURSIVE above(id) AS (SELECT new.parent UNION "
            f"SELECT t.parent FROM {_q(table)} t JOIN above ON t.id = above.id WHERE t.parent IS NOT NULL) "
            "SELECT id FROM above) AND (SELECT origin FROM capture) = 0; END"
        )
