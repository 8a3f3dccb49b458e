"""One conflict as people see it: its versions with who and when, from what the server tells and the history here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from opsdesk.models import ids
from opsdesk.models.base import Id, Kind
from opsdesk.services.conflicts import editors, sides, subjects, texts
from opsdesk.services.conflicts.rows import Conflict, Seen, Settlement, Version
from opsdesk.services.conflicts.subjects import Subject
from opsdesk.services.conflicts.writes import (
    WAITING_SETTLEMENT,
    Identities,
    Write,
    first_seen,
    of,
    person,
    showing,
    writes,
)
from opsdesk.store.queue.shapes import rules
from opsdesk.store.work import Reader
from opsdesk.sync.core import messages
from opsdesk.sync.core.messages import ConflictKind

SELECT: Final = (
    "SELECT c.id, c.entity, c.record, c.field, c.kind, c.open, c.packed, c.asked, c.found_at, c.settled_at, "
    f"({WAITING_SETTLEMENT}) FROM conflict c "
)
_decoder = msgspec.msgpack.Decoder(messages.Conflict)


@dataclass(frozen=True, slots=True)
class Stored:
    """A conflict as the desk keeps it. `told` is how it stood when it was last open, `now` how it stands."""

    id: Id
    entity: int
    record: Id
    field: int
    kind: ConflictKind
    now: messages.Conflict
    told: messages.Conflict
    found_at: int
    settled_at: int | None
    waiting: int | None
    """The own change that settles it and waits."""

    @property
    def open(self) -> bool:
        """Whether it waits for somebody's choice."""
        return self.now.open and self.waiting is None


def stored(row: tuple[Any, ...]) -> Stored:
    """A row of SELECT."""
    conflict, entity, record, field, kind, _open, packed, asked, found_at, settled_at, waiting = row
    now = _decoder.decode(packed)
    told = now if now.open or asked is None else _decoder.decode(asked)
    return Stored(conflict, entity, record, field, ConflictKind(kind), now, told, found_at or 0, settled_at, waiting)


def read(reader: Reader, here: Identities, about: Subject, found: Stored) -> Conflict | None:
    """A conflict with its versions; None for a field of a newer version of the program, which cannot be shown."""
    spec = subjects.field_of(about.shape, found.field)
    if spec is None:
        return None
    history = writes(reader, here, about, found.field)
    settled_by = _settling(here, history, found)
    row = reader.row(
        f'SELECT "{spec.name}", ver, (SELECT coalesce(max(seq), 0) FROM change), '
        f'(SELECT coalesce(max(settled), 0) FROM change) FROM "{about.shape.table}" WHERE id = ?',
        (about.id,),
    )
    assert row is not None  # its subject was found on the same snapshot
    value, ver, seq, settled = row
    versions = _Versions(reader, here, about, found, history, value if settled_by is None else settled_by.old).all()
    joined: str | None = None
    spans: tuple[texts.Span, ...] = ()
    if spec.kind is Kind.TEXT and versions[0].side == "base":
        base = versions[0].text
        joined = texts.joined(base, [version.text for version in versions[1:]])
        spans = texts.differences(base, joined) if joined is not None else ()
    return Conflict(
        id=found.id,
        kind=found.kind.name.lower(),
        field=spec.name,
        label=subjects.label(reader, about, spec),
        severe=rules().field(found.entity, found.field).severe_first,
        versions=versions,
        joined=joined,
        joined_changes=tuple(span for span in spans if span.kind != "removed"),
        nullable=found.field in about.shape.optional,
        editor=editors.editor(
            reader, about, spec, subjects.label(reader, about, spec), found.field not in about.shape.optional
        ),
        coding=editors.coding(about, spec),
        seen=Seen(
            found.id, ver, seq, settled, tuple((one.change.dev, one.change.dseq) for one in found.now.candidates)
        ),
        found_at=found.found_at,
        settlement=None if found.open else _settlement(reader, here, about, found, settled_by, versions, joined),
    )


def _settling(here: Identities, history: list[Write], found: Stored) -> Write | None:
    """The write that settled it, as far as it is known here."""
    if found.open:
        return None
    return of(history, found.now.resolution if found.waiting is None else here.ref(found.waiting))


def _settlement(
    reader: Reader,
    here: Identities,
    about: Subject,
    found: Stored,
    by: Write | None,
    versions: tuple[Version, ...],
    joined: str | None,
) -> Settlement:
    spec = about.shape.fields[found.field]
    if by is None:
        how = "taken back" if found.now.resolution is None else "settled"
        return Settlement(how, "", None, None, found.settled_at or found.found_at, False, None)
    side = next((one.side for one in versions if one.value == by.new), None)
    how = side or ("both joined" if joined is not None and by.new == joined else "another value")
    return Settlement(
        how=how,
        text=subjects.value_text(reader, about, spec, by.new),
        value=by.new,
        by=person(reader, by.actor),
        at=by.at,
        waits=found.waiting is not None,
        seq=by.seq,
        note=reader.value("SELECT note FROM conflict_care WHERE id = ?", (ids.derived(found.id, "care"),)) or "",
    )


class _Versions:
    """Puts base, mine and theirs together for one conflict."""

    def __init__(
        self, reader: Reader, here: Identities, about: Subject, found: Stored, history: list[Write], shown: Any
    ) -> None:
        self._reader, self._here, self._about, self._found = reader, here, about, found
        self._history = history
        self._spec = about.shape.fields[found.field]
        refs = [one.change for one in found.told.candidates]
        resolution = found.now.resolution
        apart = {*refs, *([resolution] if resolution else []), *([here.ref(found.waiting)] if found.waiting else [])}
        self._shown = shown
        self._by = showing(history, shown, apart)

    def all(self) -> tuple[Version, ...]:
        """Base first, then mine, then the others, the one that is shown before the candidates."""
        detail = ""
        if (against := self._against()) is not None:
            self._by, detail = against
        by = self._by
        wanted = [self._made("", self._shown, by.actor if by else None, by.at if by else None, by, shown=True)]
        wanted[0] = replace(wanted[0], detail=detail)
        for one in self._found.told.candidates:
            write = of(self._history, one.change)
            own = self._here.mine(one.change)
            made = self._made("", one.value, one.actor, one.hlc >> 16, write, shown=False, own=own)
            same = next((other for other in wanted if other.value == made.value), None)
            if same is None:
                wanted.append(made)
            elif made.here and not same.here and not same.shown:
                wanted[wanted.index(same)] = made  # two want the same: it is asked once, as mine
        mine = self._mine(wanted)
        rest = [one for one in wanted if one is not mine]
        sides = [(mine, "mine")] if mine else []
        sides += [(one, "theirs" if mine or not one.shown else "shown") for one in rest]
        base = self._base()
        text = self._spec.kind is Kind.TEXT
        return (
            replace(base, number=1, changes=texts.differences(base.text, base.text) if text else ()),
            *(
                replace(
                    one,
                    number=number,
                    side=side,
                    changes=texts.differences(base.text, one.text) if text else (),
                )
                for number, (one, side) in enumerate(sides, start=2)
            ),
        )

    def _against(self) -> tuple[Write, str] | None:
        """What stands against the candidate where the value that is shown was not written against it: an edit of
        another field against a void, the parent of another ticket against a parent. None where it was written."""
        candidates = self._found.told.candidates
        if not candidates:
            return None
        if self._found.kind is ConflictKind.VOIDED and self._shown is None:
            return sides.against_void(self._reader, self._here, self._about, candidates[0])
        if self._found.kind is ConflictKind.CYCLE and self._about.shape.entity == subjects.TICKET:
            return sides.against_parent(self._reader, self._here, self._about, candidates[0].value)
        return None

    def _mine(self, wanted: list[Version]) -> Version | None:
        """The version of this desk or person; where both have one, this desk's."""
        me = self._reader.person
        by_me = [one for one in wanted if one.author is not None and one.author.id == me]
        for found in ([one for one in by_me if one.here], [one for one in wanted if one.here], by_me):
            if found:
                return found[-1]
        return None

    def _base(self) -> Version:
        value = self._base_value()
        apart = {id(write) for write in (self._by, *self._candidates())}
        known = [one for one in self._history if one.new == value and id(one) not in apart]
        by = known[-1] if known else None
        return self._made("base", value, by.actor if by else None, by.at if by else None, by, shown=False)

    def _candidates(self) -> list[Write | None]:
        return [of(self._history, one.change) for one in self._found.told.candidates]

    def _base_value(self) -> Any:
        told = self._found.told.base_value
        if told is not None or self._found.kind is ConflictKind.VOIDED:
            return told
        own = next((write for write in self._candidates() if write is not None and write.own), None)
        if own is not None:
            return first_seen(self._history, own)
        if self._found.field in self._about.shape.optional or self._by is None:
            return None
        return self._by.old

    def _made(
        self,
        side: str,
        value: Any,
        actor: Id | None,
        at: int | None,
        write: Write | None,
        *,
        shown: bool,
        own: bool | None = None,
    ) -> Version:
        author = person(self._reader, actor)
        here = write.own if own is None and write is not None else bool(own)
        where = self._here.tag if here else author.detail if author else ""
        text = subjects.value_text(self._reader, self._about, self._spec, value)
        return Version(0, side, value, text, author, where, here, at, shown)
