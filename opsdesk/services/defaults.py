"""What a new data folder holds: the local person and unit, roles, and the types, categories and forms that ship.

Types, categories and forms have ids derived from their codes, so that every desk has the same records without having
met; they are no change of anybody and are not queued. The local person and unit are this desk's own and are.
"""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opsdesk import RESOURCES
from opsdesk.models import ids, rights
from opsdesk.models.base import Id, Synced
from opsdesk.models.forms import Category, FieldDefinition, FormVersion, TicketType
from opsdesk.models.organisation import Person, Role, Unit
from opsdesk.store import membership
from opsdesk.store.database import Database
from opsdesk.store.errors import StorageError
from opsdesk.store.tables import ORIGIN_RECEIVED
from opsdesk.store.work import Work

FORMS: Path = RESOURCES / "forms"

_SHIPPED = b"opsdesk shipped "
"""Namespace of the derived ids of shipped records."""


@dataclass(frozen=True, slots=True)
class Me:
    """The person and the unit that this data folder works for."""

    person: Id
    unit: Id


def shipped_id(entity: type[Synced], code: str) -> Id:
    """The id that every desk gives the shipped record of that code."""
    return ids.derived(_SHIPPED, f"{entity.__tablename__}/{code}")


def account_name() -> str:
    """The operating system's account, who is the local person while working alone."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return "operator"


def local_person(database: Database, now: int) -> Me:
    """Who works here: as whom a server was joined, else the local person and unit, made with everything that ships
    when the folder is new."""
    account = account_name()
    known = _known(database, account)
    if known is not None:
        return known
    act = ids.new_id(now)
    with database.transaction(origin=ORIGIN_RECEIVED, now=now):
        _ship(Work(database, person=b"", unit=b"", now=now, act=act))
    with database.transaction(now=now):
        work = Work(database, person=b"", unit=b"", now=now, act=act)
        unit = work.value("SELECT id FROM unit ORDER BY key LIMIT 1")
        if unit is None:
            made = ids.new_id(now)
            unit = work.insert(Unit, {"unit": made, "name": "My unit", "code": "My unit"}, record=made)
        person = work.insert(
            Person,
            {
                "unit": unit,
                "name": _full_name(account),
                "short_name": account,
                "account": account,
                "role": shipped_id(Role, "commander"),
            },
        )
    return Me(person, unit)


def known_person(database: Database) -> Me:
    """Who works in a folder without making anybody. Raises StorageError when nobody does."""
    known = _known(database, account_name())
    if known is None:
        row = database.connection.execute("SELECT id, unit FROM person ORDER BY key LIMIT 1").fetchone()
        if row is None:
            raise StorageError("Nobody has worked with this data folder yet. Open it once with the program.")
        known = Me(*row)
    return known


def _known(database: Database, account: str) -> Me | None:
    joined = membership.read(database.connection)
    if joined is not None and joined.unit is not None:
        return Me(joined.person, joined.unit)
    row = database.connection.execute(
        "SELECT id, unit FROM person WHERE account = ? AND voided IS NULL ORDER BY key LIMIT 1", (account,)
    ).fetchone()
    return Me(*row) if row else None


def _full_name(account: str) -> str:
    try:
        import pwd

        return pwd.getpwnam(account).pw_gecos.split(",")[0].strip() or account
    except (ImportError, KeyError):
        return account


def _ship(work: Work) -> None:
    for code, (name, verbs) in rights.ROLES.items():
        _put(work, Role, code, {"name": name, "rights": json.dumps(verbs)})
    for form in _forms():
        version = int(form["version"])
        values = {"form": form["code"], "version": version, "definition": json.dumps(form, ensure_ascii=False)}
        _put(work, FormVersion, f"{form['code']}/{version}", values, coded=False)
        for section in form["sections"]:
            for field in section["fields"]:
                values = {"label": field["label"], "type": field["type"]}
                _put(work, FieldDefinition, field["code"], values)
    for position, kind in enumerate(_load("types.json")):
        _put(work, TicketType, kind.pop("code"), {**kind, "position": position})
    _put_categories(work, _load("categories.json"), None)


def _put_categories(work: Work, tree: Iterable[dict[str, Any]], parent: Id | None) -> None:
    for position, node in enumerate(tree):
        values = {"name": node["name"], "type_code": node.get("type_code"), "parent": parent, "position": position}
        made = _put(work, Category, node["code"], values)
        _put_categories(work, node.get("children", ()), made)


def _put(work: Work, entity: type[Synced], code: str, values: dict[str, Any], *, coded: bool = True) -> Id:
    record = shipped_id(entity, code)
    if work.value(f'SELECT 1 FROM "{entity.__tablename__}" WHERE id = ?', (record,)) is None:
        work.insert(entity, {"unit": None, **({"code": code} if coded else {}), **values}, record=record)
    return record


def _load(name: str) -> list[dict[str, Any]]:
    return json.loads((FORMS / name).read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _forms() -> list[dict[str, Any]]:
    files = sorted(path for path in FORMS.glob("*.json") if path.name not in ("types.json", "categories.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in files]
