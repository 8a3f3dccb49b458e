"""The centre's question "may this change be made?" put to the policies, in the words of fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from opsdesk.server import policies
from opsdesk.server.database import Claims
from opsdesk.store.queue.shapes import shapes
from opsdesk.sync.core.messages import Batch, Change, ChangeKind, Value
from opsdesk.sync.core.state import Loaded, Record


class Permits:
    """The permit for one batch of one person. It remembers what the batch itself has written so far."""

    def __init__(
        self, claims: Claims, loaded: Loaded, named: frozenset[bytes], others: frozenset[bytes] = frozenset()
    ) -> None:
        """`others`: who has worked at this device before, so that what they wrote there bears their names."""
        self._claims = claims
        self._voices = others | {claims.person, None}
        self._loaded = loaded
        self._named = set(named)
        self._written: dict[bytes, dict[str, Any]] = {}

    @classmethod
    def for_batch(cls, claims: Claims, loaded: Loaded, others: frozenset[bytes] = frozenset()) -> Permits:
        """Find on which of the loaded records the person is named."""
        named = (record for record, naming in loaded.naming.items() if any(one[2] == claims.person for one in naming))
        return cls(claims, loaded, frozenset(record for record in named if record in loaded.records), others)

    def __call__(self, _batch: Batch, change: Change, record: Record | None) -> str | None:
        """Why a change may not be made; None when it may."""
        if change.actor not in self._voices:
            # Histories and conflicts say who it was.
            return policies.NOT_ONESELF
        if record is None and change.kind != ChangeKind.CREATE:
            # Stored alone, a field without its record would be nothing that a table can hold.
            return "no such record"
        values = _by_name(change.entity, change.values)
        before = None if record is None else _Named(record, self._seen_state(change))
        subject = (before or values).get("subject")
        anchor = self._values(subject) if isinstance(subject, bytes) else None
        named = (subject if anchor is not None else change.record) in self._named
        act = policies.Act(_table(change.entity), values, before, anchor, named, change.event)
        refused = policies.refusal(self._claims, act)
        if refused is None:
            self._written.setdefault(change.record, {}).update(values)
            if record is None and self._claims.person in (values.get("requester"), values.get("assignee")):
                self._named.add(change.record)
        return refused

    def _values(self, record: bytes) -> dict[str, Any] | None:
        found, written = self._loaded.records.get(record), self._written.get(record)
        if found is None:
            return written
        return {**_by_name(found.entity, found.values), **(written or {})}

    def _seen_state(self, change: Change) -> Value:
        """The state that the writer of a transition saw: guards are judged where a person acts."""
        if change.kind != ChangeKind.TRANSITION or not isinstance(change.base, int):
            return None
        return self._loaded.past.get((change.record, change.field, change.base))


@cache
def _table(entity: int) -> str:
    shape = shapes().get(entity)
    return shape.table if shape is not None else f"entity {entity}"


class _Named(Mapping[str, Any]):
    """The values of a record by the names of its fields, looked up when they are asked for: most never are."""

    def __init__(self, record: Record, state: Value) -> None:
        """`state` takes the place of the record's own where it is not None."""
        self._record, self._state = record, state

    def __getitem__(self, name: str) -> Any:
        if name == "id":
            return self._record.id
        if name == "state" and self._state is not None:
            return self._state
        return self._record.values[_numbers(self._record.entity)[name]]

    def get(self, name: str, default: Any = None) -> Any:
        """As of each mapping. Most of what is asked for is not there, and an exception is dear."""
        if name in ("id", "state"):
            return super().get(name, default)
        number = _numbers(self._record.entity).get(name)
        return default if number is None else self._record.values.get(number, default)

    def __iter__(self) -> Iterator[str]:
        return iter({"id": None, **_by_name(self._record.entity, self._record.values)})

    def __len__(self) -> int:
        return 1 + len(self._record.values)


def _by_name(entity: int, values: Mapping[int, Value]) -> dict[str, Any]:
    names = _names(entity)
    return {names.get(number) or f"field {number}": value for number, value in values.items()}


@cache
def _names(entity: int) -> dict[int, str]:
    shape = shapes().get(entity)
    if shape is None:
        return {1: "unit", 2: "marking"}
    return {number: spec.name for number, spec in shape.fields.items()}


@cache
def _numbers(entity: int) -> dict[str, int]:
    return {name: number for number, name in _names(entity).items()}
