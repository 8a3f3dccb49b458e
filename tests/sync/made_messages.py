"""Messages of every kind, made up, for the tests of the codec."""

import os
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import zstandard
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from opsdesk.sync.core import codec
from opsdesk.sync.core.messages import (
    FIELD_LIMIT,
    Answer,
    Batch,
    Candidate,
    Change,
    Conflict,
    Earlier,
    Entry,
    FieldOutcome,
    Frame,
    History,
    Look,
    Message,
    News,
    Outcome,
    Page,
    Pull,
    Pulled,
    Pulls,
    Ref,
    Run,
    Scope,
    Walk,
)

IDS = st.binary(min_size=16, max_size=16)
NATURALS = st.integers(0, 2**40)
NUMBERS = st.integers(0, FIELD_LIMIT)
LINES = st.text(max_size=20)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | LINES | IDS
STRANGE = st.builds(msgspec.msgpack.Ext, st.integers(-128, 127).filter(lambda code: code != -1), st.binary(max_size=9))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LINES, inner, max_size=3), max_leaves=5
)
REFS = st.builds(Ref, IDS, NATURALS)


@st.composite
def batches(draw: Any) -> Batch:
    dev = draw(IDS)
    runs, changes, last = [], [], 0
    for _ in range(draw(st.integers(0, 3))):
        first, count = last + draw(st.integers(1, 9)), draw(st.integers(1, 4))
        runs.append(Run(first, count, draw(st.binary(min_size=4, max_size=4))))
        for dseq in range(first, first + count):
            base = draw(NATURALS | REFS | st.builds(Ref, st.just(dev), st.integers(0, dseq - 1)))
            changes.append(
                Change(
                    dseq=dseq,
                    kind=draw(st.integers(0, 20)),
                    entity=draw(NUMBERS),
                    record=draw(IDS),
                    values=draw(st.dictionaries(NUMBERS, VALUES, max_size=4)),
                    base=base,
                    hlc=draw(st.integers(0, 2**62)),
                    actor=draw(st.none() | IDS),
                    act=draw(st.integers(0, dseq)),
                    gid=draw(st.none() | IDS),
                    event=draw(st.none() | LINES),
                    happened=draw(st.none() | st.integers(-(2**50), 2**50)),
                    conflict=draw(st.none() | IDS),
                    considered=draw(st.lists(REFS, max_size=3).map(tuple)),
                    old=draw(st.just(UNSET) | VALUES),
                )
            )
        last = first + count
    return Batch(dev, tuple(runs), tuple(changes), draw(NATURALS), draw(NATURALS), draw(NATURALS))


CONFLICTS = st.builds(
    Conflict,
    IDS,
    st.integers(0, 9),
    NUMBERS,
    IDS,
    NUMBERS,
    NATURALS,
    NATURALS,
    st.lists(st.builds(Candidate, REFS, VALUES, st.none() | IDS, NATURALS), max_size=2).map(tuple),
    VALUES,
    st.none() | REFS,
)
ENTRIES = st.builds(
    Entry,
    st.integers(0, 9),
    NUMBERS,
    st.just(b"") | IDS,
    NATURALS,
    st.dictionaries(NUMBERS, VALUES, max_size=3),
    st.none() | REFS,
    st.integers(0, 2**62),
    st.none() | IDS,
    st.none() | LINES,
    st.none() | st.integers(-(2**50), 2**50),
    st.none() | CONFLICTS,
)
FRAMES = st.builds(
    lambda epoch, place, start, entries, more: Frame(epoch, place, start, start + len(entries), more, tuple(entries)),
    NATURALS,
    st.binary(max_size=17),
    NATURALS,
    st.lists(ENTRIES, max_size=4),
    st.booleans(),
)
OUTCOMES = st.builds(
    Outcome,
    NATURALS,
    st.integers(0, 9),
    st.binary(max_size=17),
    NATURALS,
    st.lists(st.builds(FieldOutcome, NUMBERS, st.integers(0, 9), st.none() | IDS), max_size=2).map(tuple),
    LINES,
    st.none() | REFS,
)
ANSWERS = st.builds(Answer, NATURALS, IDS, st.lists(OUTCOMES, max_size=3).map(tuple), NATURALS)
WALKS = st.builds(Walk, NATURALS, NATURALS, st.binary(max_size=32), st.booleans())
PULLS = st.builds(Pull, NATURALS, st.binary(max_size=17), NATURALS, NATURALS, st.none() | WALKS)
PAGES = st.builds(
    Page, NATURALS, st.binary(max_size=17), WALKS, st.none() | WALKS, st.lists(ENTRIES, max_size=4).map(tuple)
)
PULLED = st.builds(Pulled, st.lists(FRAMES | PAGES, max_size=3).map(tuple))
MANY_PULLS = st.builds(Pulls, st.lists(PULLS, min_size=1, max_size=3).map(tuple))
EARLIER = st.builds(Earlier, IDS)
HISTORIES = st.builds(
    lambda epoch, record, entries: History(
        epoch, record, tuple(replace(entry, record=record) for entry in entries if entry.kind)
    ),
    NATURALS,
    IDS,
    st.lists(ENTRIES, max_size=4),
)
LOOKS = st.builds(Look, st.binary(max_size=8), st.integers(0, 3_600), st.integers(0, 1 << 20))
SCOPES = st.builds(
    Scope,
    NATURALS,
    NATURALS,
    st.lists(st.tuples(st.binary(min_size=1, max_size=17), NATURALS), max_size=4).map(tuple),
)

NEWS = st.builds(News, SCOPES, PULLED.map(lambda pulled: pulled.told))

MESSAGES = (
    NEWS | batches() | FRAMES | PAGES | EARLIER | HISTORIES | PULLED | MANY_PULLS | ANSWERS | PULLS | LOOKS | SCOPES
)

ME, PERSON, OTHER = b"d" * 16, b"p" * 16, b"o" * 16
LINK = codec.Link(ME, PERSON)
LINKS = st.builds(codec.Link, IDS, st.none() | IDS)
MANY = int(os.environ.get("OPSDESK_FUZZ", "0"))
"""For a long run: OPSDESK_FUZZ=100000 and --timeout=0 make so many examples of each kind instead of a few hundred."""


def examples(few: int) -> Callable[[Any], Any]:
    """So many examples; in a long run as many as were asked for."""
    return settings(max_examples=MANY or few)


def harmless(data: bytes) -> Message | None:
    """Decode what a stranger sent: a message or Malformed, and nothing else."""
    with suppress(codec.Malformed):
        return codec.decode(data, LINK)
    return None


def edits(count: int, seed: int = 7) -> Batch:
    """One-field edits of tickets as watch officers make them, on a desk and a server that have been in use for a while:
    priorities, people, steps of the state machine, due times, short titles, a fifth each."""
    rng = random.Random(seed)
    people = [PERSON, *(rng.randbytes(16) for _ in range(7))]
    steps: dict[Any, str] = {20: "accept", 30: "start", 40: "wait", 50: "resolve"}
    first, now = 12_345, 1_760_000_000_000
    changes = []
    for dseq in range(first, first + count):
        now += rng.randrange(1_000, 120_000)
        record = (now - rng.randrange(10**9)).to_bytes(6, "big") + rng.randbytes(10)
        field, value = rng.choice(
            [(30, rng.randrange(1, 5)), (39, rng.choice(people)), (33, rng.choice((20, 30, 40, 50))),
             (41, now + rng.randrange(10**8) // 60_000 * 60_000), (13, f"Road blocked at km {rng.randrange(90)}")]
        )  # fmt: skip
        event = steps[value] if field == 33 else None
        kind, base = (1 if event is None else 3), 1_200_000 + rng.randrange(5_000)
        changes.append(Change(dseq, kind, 10, record, {field: value}, base, now << 16, PERSON, act=dseq, event=event))
    return Batch(ME, (Run(first, count, bytes(4)),), tuple(changes))


def some_frame(count: int) -> Frame:
    """Edits as others read them."""
    entries = tuple(
        Entry(2, 10, change.record, 900_000 + index, change.values, Ref(OTHER, change.dseq), change.hlc, OTHER)
        for index, change in enumerate(edits(count).changes)
    )
    return Frame(1, b"u" * 17, 70_000, 70_000 + count, True, entries)


def some_answer(count: int) -> Answer:
    """All accepted, in one partition."""
    return Answer(0, ME, tuple(Outcome(12_345 + index, 0, b"u" * 17, 70_000) for index in range(count)))


def unpacked(data: bytes) -> bytes:
    """What stands behind the first byte."""
    return zstandard.decompress(b"\x28\xb5\x2f\xfd" + data[1:]) if data[0] & 1 else data[1:]
