"""The centre's question "may this change be made?" put to the policies, in the words of fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsdesk.server import policies
from opsdesk.server.database import Claims
from opsdesk.store.queue.shapes import shapes
from opsdesk.sync.core.messages import Batch, Change, ChangeKind, Value
from opsdesk.sync.core.state import Loaded, Record


class Permits:
    """The permit for one batch of one person. It remembers what the batch itself has written so far."""

    def __init__(self, claims: Claims, loaded: Loaded, named: frozenset[bytes]) -> None:
        self._claims = claims
        self._loaded = loaded
        self._named = set(named)
        self._written: dict[bytes, dict[str, Any]] = {}

    @classmethod
    async def for_batch(cls, connection: Any, claims: Claims, loaded: Loaded) -> Permits:
        """Look up on which of the loaded records the person is named."""
        rows = await connection.fetch(
            "SELECT record FROM naming WHERE person = $1 AND record = ANY ($2)", claims.person, list(loaded.records)
        )
        return cls(claims, loaded, frozenset(row["record"] for row in rows))

    def __call__(self, _batch: Batch, change: Change, record: Record | None) -> str | None:
        """Why a change may not be made; None when it may."""
        if record is None and change.kind != ChangeKind.CREATE:
            # Stored alone, a field without its record would be nothing that a table can hold.
            return "no such record"
        values = _by_name(change.entity, change.values)
        before = {"id": record.id, **_by_name(record.entity, record.values)} if record is not None else None
        seen = self._seen_state(change)
        if before is not None and seen is not None:
            before["state"] = seen
        subject = (before or values).get("subject")
        anchor = self._values(subject) if isinstance(subject, bytes) else None
        named = (subject if anchor is not None else change.record) in self._named
        act = policies.Act(_table(change.entity), values, before, anchor, named, change.event)
        refused = policies.refusal(self._claims, act)
        if refused is None:
            self._written[change.record] = {**(self._values(change.record) or {}), **values}
            if record is None and self._claims.person in (values.get("requester"), values.get("assignee")):
                self._named.add(change.record)
        return refused

    def _values(self, record: bytes) -> dict[str, Any] | None:
        if record in self._written:
            return self._written[record]
        found = self._loaded.records.get(record)
        return _by_name(found.entity, found.values) if found is not None else None

    def _seen_state(self, change: Change) -> Value:
        """The state that the writer of a transition saw: guards are judged where a person acts."""
        if change.kind != ChangeKind.TRANSITION or not isinstance(change.base, int):
            return None
        return self._loaded.past.get((change.record, change.field, change.base))


def _table(entity: int) -> str:
    shape = shapes().get(entity)
    return shape.table if shape is not None else f"entity {entity}"


def _by_name(entity: int, values: Mapping[int, Value]) -> dict[str, Any]:
    shape = shapes().get(entity)
    if shape is None:
        return {{1: "unit", 2: "marking"}.get(number, f"field {number}"): value for number, value in values.items()}
    return {
        shape.fields[number].name if number in shape.fields else f"field {number}": value
        for number, value in values.items()
    }
