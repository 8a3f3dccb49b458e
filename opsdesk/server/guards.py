"""Triggers of the server's database: what is final stays, and what is derived follows, whoever writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from opsdesk.models.base import entities, fields
from opsdesk.server import tables
from opsdesk.server.security import COMPACTOR

REFUSED: Final = "OD001"
"""SQLSTATE of a write that a guard refuses."""

_REFUSE: Final = f"""
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    -- The argument is the one role that may.
    IF TG_NARGS > 0 AND current_user = TG_ARGV[0] THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% on % is refused: its rows are final', TG_OP, TG_TABLE_NAME USING ERRCODE = '{REFUSED}';
END
$body$
"""

_TOUCH: Final = """
CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    new.updated_at := (extract(epoch FROM clock_timestamp()) * 1000)::bigint;
    RETURN new;
END
$body$
"""


def drop_statements() -> Iterator[str]:
    """Drop all triggers."""
    yield (
        "DO $$ DECLARE t record; BEGIN FOR t IN SELECT g.tgname, c.relname FROM pg_trigger g "
        "JOIN pg_class c ON c.oid = g.tgrelid WHERE NOT g.tgisinternal AND c.relnamespace = 'public'::regnamespace "
        "LOOP EXECUTE format('DROP TRIGGER %I ON %I', t.tgname, t.relname); END LOOP; END $$"
    )


def statements() -> Iterator[str]:
    """Make all triggers again."""
    yield _REFUSE
    yield _TOUCH
    for name in tables.synced:
        yield _trigger(name, "touch", "BEFORE INSERT OR UPDATE", "ROW", "touch()")
        # A voided row is its own tombstone: it stays for ever.
        yield _trigger(name, "stays", "BEFORE DELETE OR TRUNCATE", "STATEMENT", "refuse_change()")
    final = "BEFORE UPDATE OR DELETE OR TRUNCATE"
    yield _trigger("change_log", "final", final, "STATEMENT", f"refuse_change('{COMPACTOR}')")
    yield _trigger("field_version", "stays", "BEFORE DELETE OR TRUNCATE", "STATEMENT", "refuse_change()")
    for table in tables.FINAL:
        yield _trigger(table.name, "final", final, "STATEMENT", "refuse_change()")
    for name, words in tables.SEARCHED.items():
        yield from _search(name, words)
    yield from _naming()


def _trigger(table: str, name: str, when: str, each: str, call: str) -> str:
    return f'CREATE OR REPLACE TRIGGER "{name}" {when} ON "{table}" FOR EACH {each} EXECUTE FUNCTION {call}'


def _search(table: str, words: tuple[tuple[str, str], ...]) -> Iterator[str]:
    # PostgreSQL keeps at most 1 MB of words for a row; a text that is longer is found by its beginning.
    vector = " || ".join(
        f"setweight(to_tsvector('simple', plain_words(left(coalesce(new.\"{field}\", ''), 200000))), '{weight}')"
        for weight, field in words
    )
    yield (
        f"CREATE OR REPLACE FUNCTION search_words_{table}() RETURNS trigger LANGUAGE plpgsql AS $body$ "
        f"BEGIN new.search := {vector}; RETURN new; END $body$"
    )
    names = ", ".join(f'"{field}"' for _, field in words)
    yield _trigger(table, "search_words", f"BEFORE INSERT OR UPDATE OF {names}", "ROW", f"search_words_{table}()")


def _naming() -> Iterator[str]:
    """Keep `naming`: a record names the people in some of its fields; a watcher names one on its subject."""
    for entity in entities():
        table = entity.__tablename__
        specs = [spec for spec in fields(entity) if f"{table}.{spec.name}" in tables.NAMING_FIELDS]
        if not specs:
            continue
        attached = "subject" in tables.synced[table].c
        record = "new.subject" if attached else "new.id"
        steps = []
        for spec in specs:
            person = f'new."{spec.name}"'
            changed = f'old."{spec.name}" IS DISTINCT FROM {person}'
            if attached:
                person = f"(CASE WHEN new.voided IS NULL THEN {person} END)"
                changed += " OR old.voided IS DISTINCT FROM new.voided OR old.subject IS DISTINCT FROM new.subject"
            steps.append(
                f"IF TG_OP = 'UPDATE' AND ({changed}) THEN "
                f"DELETE FROM naming n WHERE n.source = new.id AND n.field = {spec.number}; END IF; "
                f"IF (TG_OP = 'INSERT' OR {changed}) AND {person} IS NOT NULL THEN "
                "INSERT INTO naming (source, field, person, record) "
                f"VALUES (new.id, {spec.number}, {person}, {record}); END IF;"
            )
        yield (
            f"CREATE OR REPLACE FUNCTION name_people_{table}() RETURNS trigger LANGUAGE plpgsql AS $body$ "
            f"BEGIN {' '.join(steps)} RETURN NULL; END $body$"
        )
        watched = [*(f'"{spec.name}"' for spec in specs), *(["voided", "subject"] if attached else [])]
        when = f"AFTER INSERT OR UPDATE OF {', '.join(watched)}"
        yield _trigger(table, "name_people", when, "ROW", f"name_people_{table}()")
