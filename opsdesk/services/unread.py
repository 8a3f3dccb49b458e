"""Up to when everything counts as read, whoever has opened it: what a folder began with is no news."""

from __future__ import annotations

from typing import Final

from opsdesk.store.work import Reader, Work

READ_UNTIL: Final = "tickets.read_until"
"""The setting that holds the time, UTC milliseconds."""


def read_until(reader: Reader) -> int:
    """What changed up to this time (UTC milliseconds) is read."""
    value = reader.value("SELECT value FROM setting WHERE name = ?", (READ_UNTIL,))
    return int(value) if value is not None and str(value).isdigit() else 0


def count_as_read(work: Work, until: int) -> None:
    """Let everything that changed up to `until` (UTC milliseconds) count as read, for instance after an import."""
    work.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (READ_UNTIL, str(max(0, until))))
