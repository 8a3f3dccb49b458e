"""Messages to bytes and back: columns for batches and frames, zstd over all, bounds on everything.

A message is one byte of kind, one byte of coding (0 plain, 1 zstd) and a msgpack array. Batches and frames are turned
on their side, all of one member together, so that equal things stand beside each other: records by their place in a
table, times and versions as differences, members that are mostly absent by index. Values of fields are msgpack as the
writer made them: what this version does not know is kept and passed on.

`decode` reads from strangers. It raises Malformed, and nothing else, for every input that is not a whole message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Annotated, Any, Final, NoReturn

import msgspec
import zstandard
from msgspec import UNSET, Meta, Struct

from opsdesk.sync.core.messages import (
    PROTOCOL,
    Answer,
    Batch,
    Change,
    Conflict,
    Entry,
    Field,
    Frame,
    Id,
    Look,
    Message,
    Natural,
    Pull,
    Ref,
    Run,
    Scope,
    Value,
)

LIMIT: Final = 4 * 1024 * 1024
"""Bytes of a message as it comes in."""
UNPACKED_LIMIT: Final = 32 * 1024 * 1024
"""Bytes of a message after unpacking."""
CHANGES_LIMIT: Final = 10_000
"""Changes of a batch, entries of a frame."""

_BATCH, _ANSWER, _PULL, _FRAME, _LOOK, _SCOPE = 1, 2, 3, 4, 5, 6
_PLAIN, _ZSTD = 0, 1
_WORTH_PACKING: Final = 96
_LEVEL: Final = 9

Integer = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class Malformed(Exception):
    """These bytes are no message of ours. The text says where reading stopped."""


class _BatchColumns(Struct, array_like=True):
    protocol: Natural
    dev: Id
    epoch: Natural
    schema: Natural
    permissions: Natural
    runs: tuple[Run, ...]
    kinds: bytes
    entities: list[Field]
    ids: bytes
    """Records and actors, 16 bytes each, in order of first mention."""
    records: list[Natural]
    widths: list[Natural]
    """Number of fields of those changes that have not one, which the high bit of their kind says."""
    fields: list[Field]
    values: list[Value]
    bases: list[Integer]
    """Odd: an own change, so many before this one. Even: the server's version less the one before, zigzag."""
    foreign: dict[Natural, Ref]
    clocks: list[Integer]
    counts: dict[Natural, Natural]
    """Counter part of the stamps that have one."""
    actors: list[Integer]
    acts: dict[Natural, Natural]
    """How many changes before this one its act began, where it did not begin with it."""
    groups: dict[Natural, Id]
    events: dict[Natural, str]
    happened: dict[Natural, int]
    conflicts: dict[Natural, Id]
    considered: dict[Natural, tuple[Ref, ...]]
    olds: dict[Natural, Value]


class _FrameColumns(Struct, array_like=True):
    epoch: Natural
    place: bytes
    start: Natural
    end: Natural
    more: bool
    kinds: bytes
    entities: list[Field]
    ids: bytes
    records: list[Integer]
    widths: list[Natural]
    fields: list[Field]
    values: list[Value]
    versions: list[Integer]
    devices: list[Integer]
    """Place of the device in `ids`, -1 where no change is named."""
    sequences: list[Integer]
    clocks: list[Integer]
    counts: dict[Natural, Natural]
    actors: list[Integer]
    events: dict[Natural, str]
    happened: dict[Natural, int]
    conflicts: dict[Natural, Conflict]


_encoder = msgspec.msgpack.Encoder()
_batch_decoder = msgspec.msgpack.Decoder(_BatchColumns)
_frame_decoder = msgspec.msgpack.Decoder(_FrameColumns)
_answer_decoder = msgspec.msgpack.Decoder(Answer)
_pull_decoder = msgspec.msgpack.Decoder(Pull)
_look_decoder = msgspec.msgpack.Decoder(Look)
_scope_decoder = msgspec.msgpack.Decoder(Scope)
_PLAIN_KINDS: Final = {Answer: _ANSWER, Pull: _PULL, Look: _LOOK, Scope: _SCOPE}
"""Messages that travel as they are."""


def encode(message: Message) -> bytes:
    """The bytes of a message."""
    if isinstance(message, Batch):
        return _packed(_BATCH, _encoder.encode(_batch_columns(message)))
    if isinstance(message, Frame):
        return _packed(_FRAME, _encoder.encode(_frame_columns(message)))
    return _packed(_PLAIN_KINDS[type(message)], _encoder.encode(message))


def decode(data: bytes) -> Message:
    """The message in these bytes. Raises Malformed."""
    kind, body = _unpacked(data)
    decoders: dict[int, Callable[[bytes], Message]] = {
        _BATCH: lambda raw: _batch(_batch_decoder.decode(raw)),
        _ANSWER: _answer_decoder.decode,
        _PULL: _pull_decoder.decode,
        _FRAME: lambda raw: _frame(_frame_decoder.decode(raw)),
        _LOOK: _look_decoder.decode,
        _SCOPE: _scope_decoder.decode,
    }
    if kind not in decoders:
        raise Malformed(f"kind {kind}")
    try:
        return decoders[kind](body)
    # Strings that are no UTF-8, nesting without end and places outside a table are a stranger's mistakes like others.
    except (msgspec.MsgspecError, ValueError, RecursionError, IndexError) as error:
        raise Malformed(str(error)) from error


def _packed(kind: int, body: bytes) -> bytes:
    if len(body) >= _WORTH_PACKING:
        packed = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=False).compress(body)
        if len(packed) < len(body):
            return bytes((kind, _ZSTD)) + packed
    return bytes((kind, _PLAIN)) + body


def _unpacked(data: bytes) -> tuple[int, bytes]:
    if not 2 <= len(data) <= LIMIT:
        raise Malformed(f"{len(data)} bytes")
    kind, coding, body = data[0], data[1], data[2:]
    if coding == _PLAIN:
        return kind, body
    if coding != _ZSTD:
        raise Malformed(f"coding {coding}")
    try:
        # The size is asked first: the decompressor would set aside whatever the header claims.
        size = zstandard.frame_content_size(body)
        if not 0 <= size <= UNPACKED_LIMIT:
            raise Malformed(f"unpacks to {size} bytes")
        unpacked = zstandard.ZstdDecompressor().decompress(body, read_across_frames=False, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise Malformed(str(error)) from error
    return kind, unpacked


class _Table:
    """Identities in order of first mention."""

    def __init__(self) -> None:
        self._places: dict[bytes, int] = {}

    def place(self, record: bytes | None) -> int:
        return -1 if record is None else self._places.setdefault(record, len(self._places))

    def packed(self) -> bytes:
        return b"".join(self._places)


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else ((-number) << 1) - 1


def _zagzig(number: int) -> int:
    return number >> 1 if number & 1 == 0 else -((number + 1) >> 1)


def _deltas(numbers: Iterable[int]) -> list[int]:
    last, found = 0, []
    for number in numbers:
        found.append(number - last)
        last = number
    return found


def _sums(numbers: Iterable[int]) -> list[int]:
    total, found = 0, []
    for number in numbers:
        total += number
        found.append(_natural(total))
    return found


def _natural(number: int) -> int:
    return number if 0 <= number < 2**63 else _bad(f"number {number}")


def _sparse(values: Iterable[Any]) -> dict[int, Any]:
    """The values that are there, by index."""
    return {index: value for index, value in enumerate(values) if value is not None}


def _batch_columns(batch: Batch) -> _BatchColumns:
    table = _Table()
    changes = batch.changes
    records = [table.place(change.record) for change in changes]
    bases, foreign, last = [], {}, 0
    for index, change in enumerate(changes):
        base = change.base
        if isinstance(base, int):
            bases.append(_zigzag(base - last) << 1)
            last = base
        elif base.dev == batch.dev and base.dseq < change.dseq:
            bases.append((change.dseq - base.dseq) << 1 | 1)
        else:
            bases.append(1)
            foreign[index] = base
    actors = [table.place(change.actor) for change in changes]
    return _BatchColumns(
        protocol=batch.protocol,
        dev=batch.dev,
        epoch=batch.epoch,
        schema=batch.schema,
        permissions=batch.permissions,
        runs=batch.runs,
        kinds=bytes(change.kind | (0x80 if len(change.values) != 1 else 0) for change in changes),
        entities=[change.entity for change in changes],
        ids=table.packed(),
        records=records,
        widths=[len(change.values) for change in changes if len(change.values) != 1],
        fields=[number for change in changes for number in sorted(change.values)],
        values=[change.values[number] for change in changes for number in sorted(change.values)],
        bases=bases,
        foreign=foreign,
        clocks=_deltas(change.hlc >> 16 for change in changes),
        counts=_sparse((change.hlc & 0xFFFF) or None for change in changes),
        actors=actors,
        acts=_sparse((change.dseq - change.act) if change.act != change.dseq else None for change in changes),
        groups=_sparse(change.gid for change in changes),
        events=_sparse(change.event for change in changes),
        happened=_sparse(change.happened for change in changes),
        conflicts=_sparse(change.conflict for change in changes),
        considered=_sparse(change.considered or None for change in changes),
        olds={index: change.old for index, change in enumerate(changes) if change.old is not UNSET},
    )


def _bad(why: str) -> NoReturn:
    raise Malformed(why)


def _ids(packed: bytes) -> list[bytes]:
    if len(packed) % 16:
        _bad("table of ids")
    return [packed[at : at + 16] for at in range(0, len(packed), 16)]


def _same_length(count: int, *columns: Sequence[Any]) -> None:
    if count > CHANGES_LIMIT or any(len(column) != count for column in columns):
        _bad("columns differ in length")


def _at(ids: list[bytes], place: int) -> bytes:
    return ids[place] if place >= 0 else _bad("place in a table")


def _hlc(clock: int, count: int) -> int:
    return _natural(clock << 16 | (count & 0xFFFF))


def _pairs(widths: Iterable[int], fields: list[int], values: list[Value]) -> list[dict[int, Value]]:
    found, at = [], 0
    for width in widths:
        members = dict(zip(fields[at : at + width], values[at : at + width], strict=True))
        if len(members) != width:
            _bad("a field twice, or too few")
        found.append(members)
        at += width
    if at != len(fields) or at != len(values):
        _bad("too many fields")
    return found


def _batch(columns: _BatchColumns) -> Batch:
    count = len(columns.kinds)
    _same_length(count, columns.entities, columns.records, columns.bases, columns.clocks, columns.actors)
    if columns.protocol != PROTOCOL:
        _bad(f"protocol {columns.protocol}")
    if sum(run.count for run in columns.runs) != count:
        _bad("sequence of changes")
    sequences = [run.first + step for run in columns.runs for step in range(run.count)]
    if any(low >= high for low, high in pairwise(sequences)):
        _bad("sequence of changes")
    ids = _ids(columns.ids)
    rest = iter(columns.widths)
    widths = [next(rest, 0) if kind & 0x80 else 1 for kind in columns.kinds]
    members = _pairs(widths, columns.fields, columns.values)
    changes, last = [], 0
    for index, (dseq, clock) in enumerate(zip(sequences, _sums(columns.clocks), strict=True)):
        coded = columns.bases[index]
        base: int | Ref
        if coded == 1:
            base = columns.foreign.get(index) or _bad("base")
        elif coded & 1:
            base = Ref(columns.dev, _natural(dseq - (coded >> 1)))
        else:
            base = last = _natural(last + _zagzig(coded >> 1))
        actor = columns.actors[index]
        changes.append(
            Change(
                dseq=_natural(dseq),
                kind=columns.kinds[index] & 0x7F,
                entity=columns.entities[index],
                record=_at(ids, columns.records[index]),
                values=members[index],
                base=base,
                hlc=_hlc(clock, columns.counts.get(index, 0)),
                actor=None if actor == -1 else _at(ids, actor),
                act=_natural(dseq - columns.acts.get(index, 0)),
                gid=columns.groups.get(index),
                event=columns.events.get(index),
                happened=columns.happened.get(index),
                conflict=columns.conflicts.get(index),
                considered=columns.considered.get(index, ()),
                old=columns.olds.get(index, UNSET),
            )
        )
    return Batch(
        dev=columns.dev,
        runs=columns.runs,
        changes=tuple(changes),
        epoch=columns.epoch,
        schema=columns.schema,
        permissions=columns.permissions,
    )


def _frame_columns(frame: Frame) -> _FrameColumns:
    table = _Table()
    entries = frame.entries
    records = [table.place(entry.record or None) for entry in entries]
    devices = [table.place(entry.change.dev if entry.change else None) for entry in entries]
    actors = [table.place(entry.actor) for entry in entries]
    return _FrameColumns(
        epoch=frame.epoch,
        place=frame.place,
        start=frame.start,
        end=frame.end,
        more=frame.more,
        kinds=bytes(entry.kind for entry in entries),
        entities=[entry.entity for entry in entries],
        ids=table.packed(),
        records=records,
        widths=[len(entry.values) for entry in entries],
        fields=[number for entry in entries for number in sorted(entry.values)],
        values=[entry.values[number] for entry in entries for number in sorted(entry.values)],
        versions=_deltas(entry.ver for entry in entries),
        devices=devices,
        sequences=_deltas(entry.change.dseq if entry.change else 0 for entry in entries),
        clocks=_deltas(entry.hlc >> 16 for entry in entries),
        counts=_sparse((entry.hlc & 0xFFFF) or None for entry in entries),
        actors=actors,
        events=_sparse(entry.event for entry in entries),
        happened=_sparse(entry.happened for entry in entries),
        conflicts=_sparse(entry.conflict for entry in entries),
    )


def _frame(columns: _FrameColumns) -> Frame:
    count = len(columns.kinds)
    _same_length(count, columns.entities, columns.records, columns.widths, columns.versions, columns.devices)
    _same_length(count, columns.sequences, columns.clocks, columns.actors)
    if columns.end - columns.start != count:
        _bad("positions of a frame")
    ids = _ids(columns.ids)
    members = _pairs(columns.widths, columns.fields, columns.values)
    versions, clocks, sequences = _sums(columns.versions), _sums(columns.clocks), _sums(columns.sequences)
    entries = []
    for index in range(count):
        device, actor = columns.devices[index], columns.actors[index]
        entries.append(
            Entry(
                kind=columns.kinds[index],
                entity=columns.entities[index],
                record=b"" if columns.records[index] == -1 else _at(ids, columns.records[index]),
                ver=versions[index],
                values=members[index],
                change=None if device == -1 else Ref(_at(ids, device), sequences[index]),
                hlc=_hlc(clocks[index], columns.counts.get(index, 0)),
                actor=None if actor == -1 else _at(ids, actor),
                event=columns.events.get(index),
                happened=columns.happened.get(index),
                conflict=columns.conflicts.get(index),
            )
        )
    return Frame(columns.epoch, columns.place, columns.start, columns.end, columns.more, tuple(entries))
