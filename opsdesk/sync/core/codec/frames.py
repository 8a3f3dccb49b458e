"""Frames as columns, and pages of a walk, which are frames that stand somewhere else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

from msgspec import Meta, Struct

from opsdesk.sync.core.codec.columns import (
    CHANGES_LIMIT,
    ODD_LIMIT,
    Column,
    Head,
    Link,
    Shapes,
    Sorter,
    Sparse,
    Table,
    Values,
    bad,
    column,
    find,
    find_or_none,
    head,
    incoming,
    natural,
    outgoing,
    sorted_out,
    sparse,
    spread,
    steps,
    sums,
    table,
)
from opsdesk.sync.core.messages import (
    PULLS_LIMIT,
    Candidate,
    Conflict,
    Entry,
    EntryKind,
    Field,
    Frame,
    History,
    Id,
    Line,
    Natural,
    News,
    Page,
    Pulled,
    Ref,
    Scope,
    Value,
    Walk,
)

_EMPTY = Entry(EntryKind.EMPTY)
_NOTHING: Final = -2


class _Side(Struct, frozen=True, array_like=True):
    """A candidate of a conflict, but for its value."""

    change: Ref
    actor: Id | None
    hlc: Natural
    since: Natural
    until: Natural


class _Question(Struct, frozen=True, array_like=True):
    """A conflict, but for its values: they follow those of the entries, first that of the base."""

    id: Id
    kind: Natural
    entity: Field
    record: Id
    field: Field
    opened: Natural
    ver: Natural
    resolution: Ref | None
    sides: Annotated[tuple[_Side, ...], Meta(max_length=CHANGES_LIMIT)]


class _Rest(Struct, frozen=True, omit_defaults=True, rename=lambda name: name[0]):
    """What most frames do not say; each member goes by its first letter."""

    epoch: Natural = 0
    records: Column | None = None
    """Place of the record among those of the head, -1 for none, -2 for an empty position; None: each is a new one."""
    tallies: Sparse[Natural] = {}
    """Counter part of the stamps that have one."""
    hints: Sparse[Line] = {}
    """Events."""
    instants: Sparse[int] = {}
    """When it happened."""
    conflicts: Sparse[_Question] = {}
    permissions: Natural = 0


class FrameColumns(Struct, array_like=True):
    """A frame on its side."""

    place: bytes
    head: bytes
    """Twice the number of entries, one more where there are more; the position before; the first entry's version and
    time; the records, 16 bytes each, in order of first mention."""
    names: bytes
    """Devices and people, 16 bytes each, in order of first mention, behind those of the session."""
    shapes: Shapes
    values: Values
    which: Column = 0
    versions: Column = 0
    devices: Column = 0
    """Place of the device that made the change among the names, -1 where no change is named."""
    sequences: Column = 0
    """Of the change, less that of the same device's change before."""
    clocks: Column = 0
    actors: Column = 0
    rest: _Rest = _Rest()


def to_columns(frame: Frame, link: Link) -> FrameColumns:
    """A frame on its side."""
    sorter, records, names = Sorter(), Table(), Table(link.dev, link.person)
    entries = _steady(frame.entries)
    for entry in frame.entries:
        sorter.add(entry.kind, entry.entity, entry.values)
    places = [_NOTHING if entry == _EMPTY else records.place(entry.record or None) for entry in frame.entries]
    devices = [names.place(entry.change.dev if entry.change else None) for entry in entries]
    actors = [names.place(entry.actor) for entry in entries]
    versions, clocks = [entry.ver for entry in entries], [entry.hlc >> 16 for entry in entries]
    ver, clock = (versions[0], clocks[0]) if entries else (0, 0)
    conflicts = sparse(entry.conflict for entry in entries)
    sides = (value for conflict in conflicts.values() for value in _sides(conflict))
    return FrameColumns(
        place=frame.place,
        head=head([len(entries) << 1 | frame.more, frame.start, ver, clock], records.packed()),
        names=names.packed(),
        shapes=sorter.shapes(),
        values=outgoing([*sorter.values, *sides]),
        which=column(sorter.which),
        versions=column(steps(versions, ver)),
        devices=column(devices),
        sequences=column(list(_coded_sequences(devices, entries))),
        clocks=column(steps(clocks, clock)),
        actors=column(actors),
        rest=_Rest(
            epoch=frame.epoch,
            records=None if places == list(range(len(places))) else column(places),
            tallies=sparse((entry.hlc & 0xFFFF) or None for entry in entries),
            hints=sparse(entry.event for entry in entries),
            instants=sparse(entry.happened for entry in entries),
            conflicts={index: _question(conflict) for index, conflict in conflicts.items()},
            permissions=frame.permissions,
        ),
    )


def _steady(entries: Sequence[Entry]) -> list[Entry]:
    """The entries, the empty ones with the version, time and device of the one before, so that columns stay even."""
    made: list[Entry] = []
    for entry in entries:
        if entry == _EMPTY and made:
            last = made[-1]
            entry = Entry(entry.kind, ver=last.ver, hlc=last.hlc & ~0xFFFF, change=last.change, actor=last.actor)
        made.append(entry)
    return made


def _coded_sequences(devices: list[int], entries: Sequence[Entry]) -> Iterator[int]:
    last: dict[int, int] = {}
    for device, entry in zip(devices, entries, strict=True):
        dseq = entry.change.dseq if entry.change else 0
        yield dseq - last.get(device, 0)
        last[device] = dseq


def _sequences(devices: list[int], codes: list[int]) -> Iterator[int]:
    last: dict[int, int] = {}
    for device, code in zip(devices, codes, strict=True):
        last[device] = natural(last.get(device, 0) + code)
        yield last[device]


def _sides(conflict: Conflict) -> list[Value]:
    return [conflict.base_value, *(candidate.value for candidate in conflict.candidates)]


def _question(conflict: Conflict) -> _Question:
    return _Question(
        conflict.id, conflict.kind, conflict.entity, conflict.record, conflict.field, conflict.opened, conflict.ver,
        conflict.resolution,
        tuple(_Side(one.change, one.actor, one.hlc, one.since, one.until) for one in conflict.candidates),
    )  # fmt: skip


def _conflicts(told: dict[int, _Question], values: list[Value]) -> dict[int, Conflict]:
    """The conflicts, by entry, from their values."""
    left, found = iter(values), {}
    for index, one in told.items():
        base = next(left)
        sides = tuple(
            Candidate(side.change, next(left), side.actor, side.hlc, side.since, side.until) for side in one.sides
        )
        found[index] = Conflict(
            one.id, one.kind, one.entity, one.record, one.field, one.opened, one.ver, sides, base, one.resolution
        )
    return found


def from_columns(columns: FrameColumns, link: Link) -> Frame:
    """The frame that these columns tell. Raises Malformed."""
    rest, read = columns.rest, Head(columns.head)
    coded, start, ver, clock = read.number(), read.number(), read.number(), read.number()
    count = coded >> 1
    if count > CHANGES_LIMIT:
        bad(f"{count} entries")
    records, names = table(read.rest()), table(columns.names, link.dev, link.person)
    # A frame holds what several batches brought; it comes from the server.
    values = incoming(columns.values, 4 * ODD_LIMIT)
    sorts = list(sorted_out(columns.shapes, columns.which, values, count))
    members = sum(len(held) for _, _, held in sorts)
    if members + sum(1 + len(one.sides) for one in rest.conflicts.values()) != len(values):
        bad("number of values")
    conflicts = _conflicts(rest.conflicts, values[members:])
    places = list(range(count)) if rest.records is None else spread(rest.records, count)
    devices, actors = spread(columns.devices, count), spread(columns.actors, count)
    versions = sums(spread(columns.versions, count), ver)
    clocks = sums(spread(columns.clocks, count), clock)
    sequences = list(_sequences(devices, spread(columns.sequences, count)))
    entries = []
    for index, (kind, entity, held) in enumerate(sorts):
        if places[index] == _NOTHING:
            entries.append(_EMPTY)
            continue
        dev = find_or_none(names, devices[index])
        entries.append(
            Entry(
                kind=kind,
                entity=entity,
                record=b"" if places[index] == -1 else find(records, places[index]),
                ver=versions[index],
                values=held,
                change=None if dev is None else Ref(dev, sequences[index]),
                hlc=natural(clocks[index] << 16 | (rest.tallies.get(index, 0) & 0xFFFF)),
                actor=find_or_none(names, actors[index]),
                event=rest.hints.get(index),
                happened=rest.instants.get(index),
                conflict=conflicts.get(index),
            )
        )
    end, more = natural(start + count), bool(coded & 1)
    return Frame(rest.epoch, columns.place, start, end, more, tuple(entries), rest.permissions)


class PageColumns(Struct, array_like=True):
    """A page on its side."""

    walk: Walk
    frame: FrameColumns
    """Its entries, as if they followed the position where the walk began."""
    next: Walk | None = None


def page_to_columns(page: Page, link: Link) -> PageColumns:
    """A page on its side."""
    start = page.walk.pos
    told = Frame(page.epoch, page.place, start, start + len(page.entries), page.next is not None, page.entries)
    return PageColumns(page.walk, to_columns(told, link), page.next)


def page_from_columns(columns: PageColumns, link: Link) -> Page:
    """The page that these columns tell. Raises Malformed."""
    told = from_columns(columns.frame, link)
    return Page(told.epoch, told.place, columns.walk, columns.next, told.entries)


class PulledColumns(Struct, array_like=True):
    """Several frames and pages, each on its side, by their place among all."""

    frames: Annotated[dict[Natural, FrameColumns], Meta(max_length=PULLS_LIMIT)]
    pages: Annotated[dict[Natural, PageColumns], Meta(max_length=PULLS_LIMIT)] = {}


def pulled_to_columns(pulled: Pulled, link: Link) -> PulledColumns:
    """Frames and pages on their sides."""
    parts = list(enumerate(pulled.told))
    return PulledColumns(
        {at: to_columns(one, link) for at, one in parts if isinstance(one, Frame)},
        {at: page_to_columns(one, link) for at, one in parts if isinstance(one, Page)},
    )


def pulled_from_columns(columns: PulledColumns, link: Link) -> Pulled:
    """The frames and pages that these columns tell. Raises Malformed."""
    parts: dict[int, Frame | Page] = {at: from_columns(one, link) for at, one in columns.frames.items()}
    parts |= {at: page_from_columns(one, link) for at, one in columns.pages.items()}
    if sorted(parts) != list(range(len(columns.frames) + len(columns.pages))):
        bad("order of frames")
    return Pulled(tuple(parts[at] for at in sorted(parts)))


class NewsColumns(Struct, array_like=True):
    """News with its frames on their sides."""

    scope: Scope
    told: PulledColumns


def news_to_columns(news: News, link: Link) -> NewsColumns:
    """News with its frames on their sides."""
    return NewsColumns(news.scope, pulled_to_columns(Pulled(news.told), link))


def news_from_columns(columns: NewsColumns, link: Link) -> News:
    """The news that these columns tell. Raises Malformed."""
    return News(columns.scope, pulled_from_columns(columns.told, link).told)


class HistoryColumns(Struct, array_like=True):
    """A history on its side."""

    record: Id
    frame: FrameColumns


def history_to_columns(history: History, link: Link) -> HistoryColumns:
    """A history on its side."""
    entries = history.entries
    return HistoryColumns(history.record, to_columns(Frame(history.epoch, b"", 0, len(entries), False, entries), link))


def history_from_columns(columns: HistoryColumns, link: Link) -> History:
    """The history that these columns tell. Raises Malformed."""
    told = from_columns(columns.frame, link)
    if any(entry.record != columns.record for entry in told.entries):
        bad("the history of another record")
    return History(told.epoch, columns.record, told.entries)
