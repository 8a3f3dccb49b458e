"""Every synced entity has all that it needs to travel. What fails here is the to-do list of a new entity."""

import json
from pathlib import Path
from typing import Any

import pytest

from opsdesk import models
from opsdesk.models import ids
from opsdesk.models.base import Kind, Synced, entities, fields
from opsdesk.store.database import Database
from opsdesk.store.work import Work

NUMBERS = Path(__file__).with_name("wire_numbers.json")
ENTITIES = [pytest.param(entity, id=entity.__tablename__) for entity in entities()]


def _now() -> dict[str, Any]:
    return {
        entity.__tablename__: {
            "entity": entity.entity,
            "fields": {spec.name: [spec.number, str(spec.kind)] for spec in fields(entity)},
        }
        for entity in entities()
    }


def test_numbers_on_the_wire_are_never_changed_or_reused() -> None:
    """A new entity or field is added to wire_numbers.json by hand; what stands there stays for ever."""
    assert models.__all__
    written = json.loads(NUMBERS.read_text(encoding="utf-8"))
    now = _now()
    for table, entry in written.items():
        assert now[table]["entity"] == entry["entity"]
        kept = {name: number for name, number in entry["fields"].items() if name in now[table]["fields"]}
        assert kept == {name: now[table]["fields"][name] for name in kept}
        retired = {number for name, (number, _) in entry["fields"].items() if name not in kept}
        assert not retired & {number for number, _ in now[table]["fields"].values()}
    missing = {
        table: sorted(entry["fields"].keys() - written.get(table, {"fields": {}})["fields"].keys())
        for table, entry in now.items()
        if table not in written or entry["fields"].keys() - written[table]["fields"].keys()
    }
    assert missing == {}, f"add to {NUMBERS.name}: {missing}"


@pytest.mark.parametrize("entity", ENTITIES)
def test_an_entity_says_what_it_is(entity: type[Synced]) -> None:
    assert entity.__doc__
    assert {spec.number for spec in fields(entity)} >= {1, 2, 3, 4}, "unit, marking, exercise, voided"


@pytest.mark.parametrize("entity", ENTITIES)
def test_an_entity_has_no_foreign_key_and_no_cascade(entity: type[Synced]) -> None:
    assert not entity.__table__.foreign_keys  # type: ignore[attr-defined]  # what it names may not have arrived yet


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_field_of_a_made_record_comes_out_of_its_changes(entity: type[Synced], database: Database) -> None:
    """A desk that got only the changes could make the same record."""
    columns = {column.name: column for column in entity.__table__.columns}  # type: ignore[attr-defined]
    values = {spec.name: _some(spec.name, spec.kind, columns[spec.name].type) for spec in fields(entity)}
    values["voided"] = None
    with database.transaction():
        work = Work(database, person=b"p" * 16, unit=b"u" * 16, now=1, act=b"a" * 16)
        record = work.insert(entity, values | ({"updated_at": 1} if "updated_at" in columns else {}))
        for spec in fields(entity):
            if spec.kind is not Kind.APPEND_ONLY and spec.name not in ("parent", "voided"):
                values[spec.name] = _other(values[spec.name])
                work.update(entity, record, {spec.name: values[spec.name]})
    rebuilt: dict[str, Any] = {}
    by_number = {spec.number: spec for spec in fields(entity)}
    for field, new in database.connection.execute(
        "SELECT field, new FROM change WHERE record = ? AND entity = ? ORDER BY seq", (record, entity.entity)
    ):
        if field == 0:
            for number, value in json.loads(new).items():
                spec = by_number[int(number)]
                rebuilt[spec.name] = bytes.fromhex(value) if spec.binary else value
        else:
            rebuilt[by_number[field].name] = new
    names = ", ".join(f'"{name}"' for name in values)
    stored = database.connection.execute(
        f'SELECT {names} FROM "{entity.__tablename__}" WHERE id = ?', (record,)
    ).fetchone()
    assert dict(zip(values, stored, strict=True)) == {name: rebuilt.get(name) for name in values} == values


def _some(name: str, kind: Kind, column_type: Any) -> Any:
    if kind is Kind.REFERENCE or column_type.python_type is bytes:
        return ids.new_id(1)
    if name in ("lat", "lon"):
        return 39.1431856100598
    return {str: "Écluse “5” \n%", int: 1, float: 0.1, bool: 1}[column_type.python_type]


def _other(value: Any) -> Any:
    if isinstance(value, bytes):
        return ids.new_id(2)
    return value + ("'" if isinstance(value, str) else 1)
