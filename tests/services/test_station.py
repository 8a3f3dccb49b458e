"""The status bar's figures: who works here and how much is kept."""

from __future__ import annotations

from pathlib import Path

from opsdesk.services import tickets
from opsdesk.services.desk import Desk
from opsdesk.services.station import station


def test_own_changes_are_counted_and_the_store_has_a_size(tmp_path: Path) -> None:
    desk = Desk.open(tmp_path)
    try:
        before = desk.ask(station).result()
        desk.do(tickets.create, title="Water short").result()
        after = desk.ask(station).result()
    finally:
        desk.close()
    assert before.person
    assert before.unit
    assert after.changes > before.changes
    assert after.store_bytes >= before.store_bytes > 0
