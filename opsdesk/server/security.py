"""Who may read what, enforced by PostgreSQL itself: roles, grants and row-level security policies.

A request's transaction takes a role and its claims (`request.person`, `request.units`, `request.marking`), both only
for that transaction. `reader` sees what the claims allow. `merger` sees and writes all rows, since it must know a
record to say that a change of it is returned; what may be written is decided before, in `policies`. `searcher` owns
the search functions, `compactor` alone may fold the change log. The login has rights of its own on accounts only.

Claims are asked for in sub-selects without reference to the row, so that they are computed once for a query.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from opsdesk.server import file_tables, tables
from opsdesk.store.queue.shapes import EVERYWHERE, OWNED

READER: Final = "opsdesk_reader"
MERGER: Final = "opsdesk_merger"
SEARCHER: Final = "opsdesk_searcher"
COMPACTOR: Final = "opsdesk_compactor"
SERVICE: Final = "opsdesk_service"
"""Group of the logins: accounts, and the right to take one of the roles above."""

ROLES: Final = (READER, MERGER, SEARCHER, COMPACTOR, SERVICE)

# A set is looked up by hash, an array from end to end: 32 ms against 994 for 500 units on 200,000 tickets.
_UNIT: Final = "unit IN (SELECT unnest(request_units()))"
_PERSON: Final = "(SELECT request_person())"


def predicate(table: str, row: str | None = None) -> str:
    """What a row of `table` must fulfil to be read, as SQL; `row` is the name under which the table stands there."""
    dot = f"{row or table}."
    if table in EVERYWHERE:
        return f"{dot}marking <= (SELECT request_common_marking())"
    ceiling = f"{dot}marking <= (SELECT request_marking())"
    if table in OWNED:
        common = f"({dot}shared OR {dot}owner IS NULL)" if table == "saved_view" else f"{dot}owner IS NULL"
        return f"{ceiling} AND ({dot}owner = {_PERSON} OR ({common} AND {dot}{_UNIT}))"
    columns = tables.metadata.tables[table].c
    anchor = "subject" if "subject" in columns else "id"
    named = f"{dot}{anchor} IN (SELECT n.record FROM naming n WHERE n.person = {_PERSON})"
    readable = f"{ceiling} AND ({dot}{_UNIT} OR {named})"
    if table == "conflict":
        return f"({dot}everywhere AND {dot}marking <= (SELECT request_common_marking())) OR ({readable})"
    return readable


_OWN_PREDICATES: Final = {
    "returned": f"person = {_PERSON}",
    "naming": f"person = {_PERSON}",
    "feed": (
        f"(unit IS NULL AND person IS NULL AND {_PERSON} IS NOT NULL) OR person = {_PERSON} "
        f"OR ({_UNIT} AND marking <= (SELECT request_marking()))"
    ),
    # What `feed` shows decides; its own policy applies in the sub-select.
    "feed_entry": "place IN (SELECT f.place FROM feed f)",
    **file_tables.PREDICATES,
}

GUARDED: Final = (*tables.synced, "other_record", "conflict", *_OWN_PREDICATES)
"""Tables with row-level security."""


def role_statements() -> Iterator[str]:
    """Make the roles, which all databases of a cluster share, and take memberships that a later step needs."""
    for role in ROLES:
        options = "NOLOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"
        yield (
            f"DO $$ BEGIN CREATE ROLE {role} {options}; "
            "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
    for role in (READER, MERGER, COMPACTOR):
        yield _once_a_member(role, SERVICE)


def _once_a_member(role: str, member: str) -> str:
    """Grant a membership unless it stands: two databases of one cluster would get into each other's way."""
    return (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_auth_members WHERE roleid = '{role}'::regrole "
        f"AND member = '{member}'::regrole) THEN GRANT {role} TO {member}; END IF; END $$"
    )


def login_statements(login: str, password: str) -> Iterator[str]:
    """Make the login of the service. Its name and password are our own and hold no quotes."""
    yield f"CREATE ROLE {login} LOGIN INHERIT NOSUPERUSER NOBYPASSRLS PASSWORD '{password}'"
    yield f"GRANT {SERVICE} TO {login}"


def grant_statements() -> Iterator[str]:
    """Give each role what it needs and nothing else."""
    synced = ", ".join(f'"{name}"' for name in tables.synced)
    sync = ", ".join(table.name for table in tables.SYNC)
    accounts = ", ".join(table.name for table in tables.ACCOUNTS)
    files = ", ".join(table.name for table in file_tables.FILES)
    everyone = ", ".join(ROLES)
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {everyone}"
    yield f"GRANT USAGE ON SCHEMA public TO {everyone}"
    yield f"GRANT SELECT ON {synced}, other_record, conflict, returned, feed, feed_entry, naming, epoch TO {READER}"
    yield f"GRANT SELECT, INSERT, UPDATE ON {synced}, {sync} TO {MERGER}"
    yield f"GRANT DELETE ON naming TO {MERGER}"
    yield f"GRANT SELECT ON {files} TO {READER}"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON {files} TO {MERGER}"
    yield f"GRANT SELECT ON epoch, organisation TO {MERGER}"
    yield f"GRANT SELECT, UPDATE (mark, seen_at) ON device TO {MERGER}"
    yield f"GRANT USAGE, SELECT, UPDATE ON SEQUENCE ver TO {MERGER}"
    yield f"GRANT SELECT ON ticket, comment, unit, naming TO {SEARCHER}"
    yield f"GRANT SELECT, UPDATE, DELETE ON change_log, feed_entry TO {COMPACTOR}"
    yield f"GRANT SELECT ON feed, field_version, device, epoch TO {COMPACTOR}"
    yield f"GRANT SELECT, INSERT, UPDATE ON {accounts} TO {SERVICE}"
    yield f"GRANT DELETE ON throttle, enrolment_code, refresh_token TO {SERVICE}"
    yield f"GRANT SELECT ON epoch, organisation TO {SERVICE}"


def drop_statements() -> Iterator[str]:
    """Drop all policies. With none, and row-level security on, nobody but the owner sees a row."""
    yield (
        "DO $$ DECLARE p record; BEGIN FOR p IN SELECT policyname, tablename FROM pg_policies "
        "WHERE schemaname = 'public' LOOP EXECUTE format('DROP POLICY %I ON %I', p.policyname, p.tablename); "
        "END LOOP; END $$"
    )


def policy_statements() -> Iterator[str]:
    """Drop all policies and make them again from the predicates."""
    yield from drop_statements()
    for table in GUARDED:
        condition = _OWN_PREDICATES.get(table) or predicate(table)
        yield f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY'
        yield f'CREATE POLICY reading ON "{table}" FOR SELECT TO {READER} USING ({condition})'
        yield f'CREATE POLICY merging ON "{table}" TO {MERGER} USING (true) WITH CHECK (true)'
        if table in ("ticket", "comment", "unit", "naming"):
            yield f'CREATE POLICY searching ON "{table}" FOR SELECT TO {SEARCHER} USING (true)'
        if table in ("feed", "feed_entry"):
            yield f'CREATE POLICY folding ON "{table}" TO {COMPACTOR} USING (true)'
