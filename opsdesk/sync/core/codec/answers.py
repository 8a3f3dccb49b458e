"""Answers as columns. An ordinary one says only which changes were accepted, and where their feeds stand."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from opsdesk.sync.core.codec.columns import (
    CHANGES_LIMIT,
    Column,
    Head,
    Link,
    Sparse,
    bad,
    column,
    head,
    natural,
    sparse,
    spread,
    steps,
    sums,
)
from opsdesk.sync.core.messages import Answer, FieldOutcome, Id, Line, Natural, Outcome, Ref


class _Rest(Struct, frozen=True, omit_defaults=True, rename=lambda name: name[0]):
    """What most answers do not say; each member goes by its first letter."""

    dev: Id | None = None
    epoch: Natural = 0
    branch: Natural = 0
    """Where a fork begins."""
    mark: Natural | None = None
    lost: Annotated[tuple[tuple[Natural, Natural], ...], Meta(max_length=CHANGES_LIMIT)] = ()
    fields: Sparse[Annotated[tuple[FieldOutcome, ...], Meta(max_length=1_000)]] = {}
    reasons: Sparse[Line] = {}
    waits: Sparse[Ref] = {}


class AnswerColumns(Struct, array_like=True):
    """An answer on its side."""

    count: Natural
    first: Natural
    """Sequence of the first change."""
    heads: bytes
    """Partitions in order of first mention: the length of each, the position that its cursor must pass, itself."""
    steps: Column = 1
    """Of the sequences from the second on."""
    which: Column = 0
    """Place of the partition among the heads."""
    codes: Column = 0
    rest: _Rest = _Rest()


def to_columns(answer: Answer, link: Link) -> AnswerColumns:
    """An answer on its side."""
    outcomes = answer.outcomes
    heads: dict[tuple[bytes, int], int] = {}
    which = [heads.setdefault((one.place, one.pos), len(heads)) for one in outcomes]
    first = outcomes[0].dseq if outcomes else 0
    return AnswerColumns(
        count=len(outcomes),
        first=first,
        heads=b"".join(head([len(place), pos], place) for place, pos in heads),
        steps=column(steps((one.dseq for one in outcomes[1:]), first)) if len(outcomes) > 1 else 1,
        which=column(which),
        codes=column([one.code for one in outcomes]),
        rest=_Rest(
            dev=None if answer.dev == link.dev else answer.dev,
            epoch=answer.epoch,
            branch=answer.fork,
            mark=answer.mark,
            lost=answer.lost,
            fields=sparse(one.fields or None for one in outcomes),
            reasons=sparse(one.reason or None for one in outcomes),
            waits=sparse(one.waits for one in outcomes),
        ),
    )


def from_columns(columns: AnswerColumns, link: Link) -> Answer:
    """The answer that these columns tell. Raises Malformed."""
    rest, count = columns.rest, columns.count
    if count > CHANGES_LIMIT:
        bad(f"{count} answers")
    heads, read = [], Head(columns.heads)
    while read.more:
        length, pos = read.number(), read.number()
        heads.append((read.take(length), pos))
    sequences = [columns.first, *sums(spread(columns.steps, count - 1), columns.first)] if count else []
    outcomes = []
    for index, (dseq, which, code) in enumerate(
        zip(sequences, spread(columns.which, count), spread(columns.codes, count), strict=True)
    ):
        place, pos = heads[which] if 0 <= which < len(heads) else bad("partition of an answer")
        outcomes.append(
            Outcome(
                dseq=dseq,
                code=natural(code),
                place=place,
                pos=pos,
                fields=rest.fields.get(index, ()),
                reason=rest.reasons.get(index, ""),
                waits=rest.waits.get(index),
            )
        )
    return Answer(rest.epoch, rest.dev or link.dev, tuple(outcomes), rest.branch, rest.mark, rest.lost)
