"""Batches as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated

from msgspec import UNSET, Meta, Struct

from opsdesk.sync.core import chain
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
    zagzig,
    zigzag,
)
from opsdesk.sync.core.messages import PROTOCOL, Base, Batch, Change, Id, Line, Natural, Ref, Run, Value


class _Rest(Struct, frozen=True, omit_defaults=True, rename=lambda name: name[0]):
    """What most batches do not say; each member goes by its first letter."""

    dev: Id | None = None
    epoch: Natural = 0
    schema: Natural = 1
    permissions: Natural = 0
    version: Natural = PROTOCOL
    names: bytes = b""
    """People beside the session's own, 16 bytes each, in order of first mention."""
    actors: Column = 0
    """Place among the people, the session's own being the first; -1 for nobody."""
    records: Column | None = None
    """Place of the record among those of the head; None: each change is of the next one."""
    befores: Sparse[Ref] = {}
    """Bases of code 1; without one here the base is 0."""
    tallies: Sparse[Natural] = {}
    """Counter part of the stamps that have one."""
    joint: Column = 0
    """0: the change began its act. 1: its act is that of the change before. Else it began so many less one before."""
    groups: Sparse[Id] = {}
    hints: Sparse[Line] = {}
    """Events."""
    instants: Sparse[int] = {}
    """When it happened."""
    conflicts: Sparse[Id] = {}
    looked: Sparse[Annotated[tuple[Ref, ...], Meta(max_length=CHANGES_LIMIT)]] = {}
    """Candidates that the person considered."""
    olds: Annotated[tuple[Natural, ...], Meta(max_length=CHANGES_LIMIT)] = ()
    """Changes that say what the person saw: their old values follow the others."""


class BatchColumns(Struct, array_like=True):
    """A batch on its side."""

    head: bytes
    """Twice the number of changes, and one more where they are not one stretch; each stretch's gap from the one before
    and, of several, its length; the first change's time; the first version that is a base; the stretches' hashes; the
    records, 16 bytes each, in order of first mention."""
    shapes: Shapes
    values: Values
    which: Column = 0
    bases: Column = 0
    """Odd: an own change, so many before this one. Even: the server's version less the one before, zigzag."""
    clocks: Column = 0
    rest: _Rest = _Rest()


def to_columns(batch: Batch, link: Link) -> BatchColumns:
    """A batch on its side."""
    changes = batch.changes
    sorter, records, people = Sorter(), Table(), Table(link.person)
    for change in changes:
        sorter.add(change.kind, change.entity, change.values)
    places = [records.place(change.record) for change in changes]
    actors = [people.place(change.actor) for change in changes]
    start, bases, befores = _coded_bases(batch)
    clocks = [change.hlc >> 16 for change in changes]
    first = clocks[0] if clocks else 0
    olds = tuple(index for index, change in enumerate(changes) if change.old is not UNSET)
    return BatchColumns(
        head=head(
            [*_coded_runs(batch.runs, len(changes)), first, start], *(run.prev for run in batch.runs), records.packed()
        ),
        shapes=sorter.shapes(),
        values=outgoing([*sorter.values, *(changes[index].old for index in olds)]),
        which=column(sorter.which),
        bases=column(bases),
        clocks=column(steps(clocks, first)),
        rest=_Rest(
            dev=None if batch.dev == link.dev else batch.dev,
            epoch=batch.epoch,
            schema=batch.schema,
            permissions=batch.permissions,
            version=batch.protocol,
            names=people.packed(),
            actors=column(actors),
            records=None if places == list(range(len(places))) else column(places),
            befores=befores,
            tallies=sparse((change.hlc & 0xFFFF) or None for change in changes),
            joint=column(list(_coded_acts(changes))),
            groups=sparse(change.gid for change in changes),
            hints=sparse(change.event for change in changes),
            instants=sparse(change.happened for change in changes),
            conflicts=sparse(change.conflict for change in changes),
            looked=sparse(change.considered or None for change in changes),
            olds=olds,
        ),
    )


def _coded_runs(runs: Sequence[Run], count: int) -> list[int]:
    if len(runs) == 1 and runs[0].count == count:
        return [count << 1, runs[0].first]
    made, end = [count << 1 | 1, len(runs)], 0
    for run in runs:
        made += [run.first - end, run.count]
        end = run.first + run.count
    return made


def _runs(read: Head) -> tuple[int, list[tuple[int, int]]]:
    """How many changes, and the first and length of each stretch."""
    coded = read.number()
    count = coded >> 1
    if count > CHANGES_LIMIT:
        bad(f"{count} changes")
    if not coded & 1:
        return count, [(read.number(), count)]
    runs, end, left, stretches = [], 0, count, read.number()
    if stretches > CHANGES_LIMIT:
        bad(f"{stretches} stretches")
    for _ in range(stretches):
        first, length = natural(end + read.number()), read.number()
        runs.append((first, length))
        end, left = natural(first + length), left - length
    return (count, runs) if left == 0 else bad("sequence of changes")


def _coded_bases(batch: Batch) -> tuple[int, list[int], dict[int, Ref]]:
    """The first version, the codes, and those that no code tells."""
    start = last = next((one.base for one in batch.changes if isinstance(one.base, int) and one.base), 0)
    codes, befores = [], {}
    for index, change in enumerate(batch.changes):
        base = change.base
        if isinstance(base, int):
            codes.append(zigzag(base - last) << 1 if base else 1)
            last = base or last
        elif base.dev == batch.dev and base.dseq < change.dseq:
            codes.append((change.dseq - base.dseq) << 1 | 1)
        else:
            codes.append(1)
            befores[index] = base
    return start, codes, befores


def _bases(start: int, codes: list[int], befores: dict[int, Ref], dev: bytes, sequences: list[int]) -> Iterator[Base]:
    last = start
    for index, (code, dseq) in enumerate(zip(codes, sequences, strict=True)):
        if code == 1:
            yield befores.get(index, 0)
        elif code & 1:
            yield Ref(dev, natural(dseq - (code >> 1)))
        else:
            last = natural(last + zagzig(code >> 1))
            yield last


def _coded_acts(changes: Sequence[Change]) -> Iterator[int]:
    last = -1
    for change in changes:
        yield 0 if change.act == change.dseq else 1 if change.act == last else change.dseq - change.act + 1
        last = change.act


def _acts(codes: list[int], sequences: list[int]) -> Iterator[int]:
    last = 0
    for code, dseq in zip(codes, sequences, strict=True):
        last = natural(dseq if code == 0 else last if code == 1 else dseq - code + 1)
        yield last


def from_columns(columns: BatchColumns, link: Link) -> Batch:
    """The batch that these columns tell. Raises Malformed."""
    rest, read = columns.rest, Head(columns.head)
    if rest.version != PROTOCOL:
        bad(f"protocol {rest.version}")
    count, runs = _runs(read)
    clock, start = read.number(), read.number()
    marks = [read.take(chain.SHORT) for _ in runs]
    records = table(read.rest())
    sequences = [first + step for first, length in runs for step in range(length)]
    if any(low >= high for low, high in pairwise(sequences)) or (sequences and sequences[-1] >= 2**63):
        bad("sequence of changes")
    values = incoming(columns.values, ODD_LIMIT)
    olds = _olds(values, rest.olds)
    sorts = list(sorted_out(columns.shapes, columns.which, values, count))
    if sum(len(members) for _, _, members in sorts) + len(rest.olds) != len(values):
        bad("too many values")
    dev, people = rest.dev or link.dev, table(rest.names, link.person)
    places = list(range(count)) if rest.records is None else spread(rest.records, count)
    actors = spread(rest.actors, count)
    bases = _bases(start, spread(columns.bases, count), rest.befores, dev, sequences)
    clocks = sums(spread(columns.clocks, count), clock)
    acts = _acts(spread(rest.joint, count), sequences)
    changes = [
        Change(
            dseq=dseq,
            kind=kind,
            entity=entity,
            record=find(records, places[index]),
            values=members,
            base=base,
            hlc=natural(clocks[index] << 16 | (rest.tallies.get(index, 0) & 0xFFFF)),
            actor=find_or_none(people, actors[index]),
            act=act,
            gid=rest.groups.get(index),
            event=rest.hints.get(index),
            happened=rest.instants.get(index),
            conflict=rest.conflicts.get(index),
            considered=rest.looked.get(index, ()),
            old=olds.get(index, UNSET),
        )
        for index, (dseq, (kind, entity, members), base, act) in enumerate(
            zip(sequences, sorts, bases, acts, strict=True)
        )
    ]
    return Batch(
        dev=dev,
        runs=tuple(Run(first, length, mark) for (first, length), mark in zip(runs, marks, strict=True)),
        changes=tuple(changes),
        epoch=rest.epoch,
        schema=rest.schema,
        permissions=rest.permissions,
    )


def _olds(values: list[Value], told: tuple[int, ...]) -> dict[int, Value]:
    """What the persons saw, by change: the last values."""
    if len(told) > len(values):
        bad("too few values")
    return dict(zip(told, values[len(values) - len(told) :], strict=True))
