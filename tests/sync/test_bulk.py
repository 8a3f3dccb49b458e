"""Many entries at once come to the same as each alone: whole stories, told both ways, leave the same tables."""

from typing import Any

import pytest

from opsdesk.simulator.world import World
from opsdesk.store.queue import bulk, session
from opsdesk.store.queue.outbox import settling
from opsdesk.store.queue.session import Session
from opsdesk.store.queue.shapes import shapes

TABLES = ["change", "conflict", "feed_cursor", "leaving_record", "returned_change", "server_value", "unknown_value"]


def told(seed: int) -> list[Any]:
    """What all desks hold at the end of a story."""
    world = World(seed, edits=120)
    world.run()
    found: list[Any] = [world.now, world.story.faults]
    for desk in world.desks:
        for table in [*TABLES, *(shape.table for shape in shapes().values())]:
            names = [column[1] for column in desk.rows(f"PRAGMA table_info({table})")]
            # The order in which records come in and changes are settled within one message is nobody's concern.
            columns = ", ".join(f'"{name}"' for name in names if name not in ("key", "settled"))
            found.append(sorted(map(repr, desk.rows(f'SELECT {columns} FROM "{table}"'))))
        columns = "origin, dev, dseq, ver, entity, record, field, event, new, old, hlc, happened, actor"
        found.append(sorted(map(repr, desk.rows(f"SELECT {columns} FROM received_change"))))
        desk.database.close()
    return found


@pytest.mark.parametrize("seed", [3, 8, 21, 34, 55])
def test_entries_of_a_frame_at_once_or_one_by_one(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    at_once = told(seed)
    monkeypatch.setattr(bulk.Bulk, "apply", lambda _self, entries, _applied: list(entries))
    monkeypatch.setattr(settling, "_undone", lambda _code, _fields: True)
    assert told(seed) == at_once


@pytest.mark.parametrize("seed", [5, 13, 40])
def test_frames_of_several_partitions_together_or_one_after_another(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    together = told(seed)

    def alone(self: Session, room: int, _quiet: Any) -> list[Any]:
        first, rest = session._cut(self._rest[0], room)
        self._rest[:1] = [] if rest is None else [rest]
        return [first]

    monkeypatch.setattr(Session, "_together", alone)
    assert told(seed) == together
