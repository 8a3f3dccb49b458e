"""Planted bugs of feeds: who is told what, and what goes when rights do."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from opsdesk.simulator import memory_server
from opsdesk.simulator.planting import Mutant, after, always
from opsdesk.store.queue import inbox, scope
from opsdesk.sync.core import centre, draft, feed, places
from opsdesk.sync.core.messages import EntryKind
from opsdesk.sync.core.state import PERSON


def _never_lost(right: Any) -> Any:
    return lambda draft, records, *, gained, lost: right(draft, records, gained=gained, lost=lost - lost)


def _alone(right: Any) -> Any:
    return lambda draft, records, **people: right(draft, records[:1], **people)


def _any_marking(_right: Any) -> Any:
    return lambda self, place, named: not self.reads(place) and self.person in named


def _own_feed_goes_on(right: Any) -> Any:
    def keep_to(self: Any, kept: Any, permissions: int) -> None:
        before = self.cursors()
        right(self, kept, permissions)
        for place, pos in before.items():
            if len(place) == PERSON:
                self._connection.execute("UPDATE feed_cursor SET pos = ? WHERE place = ?", (pos, place))

    return keep_to


def _by_partition(found: Any, outcome: Any, draft: Any, _before: Any, change: Any, _reader: Any) -> Any:
    record = draft.record(change.record)
    return replace(found, place=draft.place(record)) if record is not None and outcome.final else found


def _as_it_was(found: Any, entry: Any, *_given: Any) -> Any:
    return replace(found, values={}) if entry.kind == found.kind == EntryKind.ENTER else found


def _told_twice(right: Any) -> Any:
    def emit(self: Any, place: bytes, entry: Any) -> None:
        for _ in range(2 if entry.kind == EntryKind.CHANGE and entry.ver % 7 == 3 else 1):
            right(self, place, entry)

    return emit


MUTANTS_OF_FEEDS: tuple[Mutant, ...] = (
    Mutant(
        "a person's feed tells what a partition tells", 10, ((memory_server._Shown, "reads", always(False)),), "I11"
    ),
    Mutant("who is named no more keeps what he read", 20, ((places, "pass_on", _never_lost),), "I5"),
    Mutant("naming brings the record alone", 20, ((places, "pass_on", _alone),), "I5"),
    Mutant("a marking does not bind who is named", 60, ((feed.Reader, "follows", _any_marking),), "I11"),
    Mutant("what stands outside stays when rights are taken", 30, ((scope, "mark_outside", always(None)),), "I5"),
    Mutant("an own feed goes on though rights were taken", 60, ((inbox.Inbox, "keep_to", _own_feed_goes_on),), "I5"),
    Mutant("what is read anew is shown though older", 60, ((inbox.Inbox, "_shows_lost", always(True)),), "I13"),
    Mutant("an answer names a feed that does not tell", 30, ((centre, "_placed", after(_by_partition)),)),
    Mutant("a change is told twice in one feed", 5, ((draft.Draft, "emit", _told_twice),), "I4"),
    Mutant("who comes in is told nothing", 5, ((feed, "_as_seen", after(_as_it_was)),), "I5"),
)
