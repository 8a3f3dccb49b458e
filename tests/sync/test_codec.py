"""The codec gives back what it was given, keeps what it does not know, and refuses everything else."""

import random
import struct
from contextlib import suppress
from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from opsdesk.sync.core import chain, codec
from opsdesk.sync.core.messages import (
    Answer,
    Batch,
    Candidate,
    Change,
    Conflict,
    Entry,
    FieldOutcome,
    Frame,
    Look,
    Message,
    Outcome,
    Pull,
    Ref,
    Run,
    Scope,
)

IDS = st.binary(min_size=16, max_size=16)
NATURALS = st.integers(0, 2**40)
NUMBERS = st.integers(0, 65_535)
LINES = st.text(max_size=20)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | LINES | IDS
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
        runs.append(Run(first, count, draw(st.binary(min_size=8, max_size=8))))
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
PULLS = st.builds(Pull, NATURALS, st.binary(max_size=17), NATURALS, NATURALS)
LOOKS = st.builds(Look, st.binary(max_size=8), st.integers(0, 3_600))
SCOPES = st.builds(
    Scope,
    NATURALS,
    NATURALS,
    st.lists(st.tuples(st.binary(min_size=1, max_size=17), NATURALS), max_size=4).map(tuple),
)


@settings(max_examples=80, deadline=None)
@given(batches() | FRAMES | ANSWERS | PULLS | LOOKS | SCOPES)
def test_a_message_comes_back_as_it_was(message: Message) -> None:
    assert codec.decode(codec.encode(message)) == message


@settings(max_examples=30, deadline=None)
@given(batches())
def test_a_digest_is_the_same_on_both_sides(batch: Batch) -> None:
    received = codec.decode(codec.encode(batch))
    assert isinstance(received, Batch)
    assert list(chain.digests(received)) == list(chain.digests(batch))


@settings(max_examples=60, deadline=None)
@given(VALUES | st.builds(lambda data: msgspec.msgpack.Ext(5, data), st.binary(max_size=9)))
def test_a_value_that_nobody_knows_passes_byte_for_byte(value: Any) -> None:
    entry = Entry(2, 700, bytes(16), 1, {900: value})
    frame = codec.decode(codec.encode(Frame(0, b"*", 0, 1, False, (entry,))))
    assert isinstance(frame, Frame)
    assert msgspec.msgpack.encode(frame.entries[0].values[900]) == msgspec.msgpack.encode(value)


def _some_messages() -> list[bytes]:
    change = Change(3, 1, 10, bytes(16), {13: "Pump"}, 7, 1 << 20, actor=bytes(16))
    batch = Batch(b"d" * 16, (Run(3, 1, bytes(8)),), (change,))
    frame = Frame(0, b"*", 0, 2, True, (Entry(2, 10, bytes(16), 5, {13: "x" * 200}), Entry(0)))
    answer = Answer(0, bytes(16), (Outcome(3, 3, b"*", 9, (FieldOutcome(13, 3, bytes(16)),)),))
    return [codec.encode(message) for message in (batch, frame, answer, Pull(0, b"*", 4))]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_of_a_stranger_do_harm(data: bytes) -> None:
    for head in (b"", b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\x04\x00", b"\x04\x01"):
        with suppress(codec.Malformed):
            codec.decode(head + data)


def test_no_message_with_a_few_bytes_changed_does_harm() -> None:
    rng = random.Random(1)
    for message in _some_messages():
        for _ in range(700):
            data = bytearray(message)
            for _ in range(rng.randrange(1, 4)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            with suppress(codec.Malformed):
                codec.decode(bytes(data))


def test_no_part_of_a_message_is_taken_for_the_whole() -> None:
    for message in _some_messages():
        for end in range(len(message)):
            with pytest.raises(codec.Malformed):
                codec.decode(message[:end])


def test_a_message_that_unpacks_beyond_the_limit_is_refused() -> None:
    bomb = zstandard.compress(bytes(codec.UNPACKED_LIMIT + 1))
    with pytest.raises(codec.Malformed, match="unpacks"):
        codec.decode(b"\x01\x01" + bomb)


def test_a_message_that_only_claims_its_size_is_refused() -> None:
    header = b"\x28\xb5\x2f\xfd" + bytes([0b11100000]) + struct.pack("<Q", 2**40)
    with pytest.raises(codec.Malformed):
        codec.decode(b"\x01\x01" + header + bytes(8))


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(codec.Malformed):
        codec.decode(b"\x01\x00" + b"\x91" * 100_000)


def test_more_changes_than_a_batch_may_have_are_refused() -> None:
    one = Change(1, 1, 10, bytes(16), {13: "x"}, 7, 0)
    many = tuple(msgspec.structs.replace(one, dseq=number) for number in range(1, codec.CHANGES_LIMIT + 2))
    with pytest.raises(codec.Malformed):
        codec.decode(codec.encode(Batch(bytes(16), (Run(1, len(many), bytes(8)),), many)))


def edits(count: int) -> Batch:
    """One-field edits of tickets as watch officers make them: priorities, people, states, times, short titles."""
    rng = random.Random(7)
    people = [rng.randbytes(16) for _ in range(8)]
    now, changes = 1_760_000_000_000, []
    for dseq in range(1, count + 1):
        now += rng.randrange(1_000, 120_000)
        record = (now - rng.randrange(10**9)).to_bytes(6, "big") + rng.randbytes(10)
        field, value = rng.choice(
            [(30, rng.randrange(1, 5)), (39, rng.choice(people)), (33, rng.choice((20, 30, 40, 50))),
             (41, now + rng.randrange(10**8) // 60_000 * 60_000), (13, f"Road blocked at km {rng.randrange(90)}")]
        )  # fmt: skip
        changes.append(
            Change(dseq, 1, 10, record, {field: value}, 40_000 + rng.randrange(5_000), now << 16, people[0], act=dseq)
        )
    return Batch(b"d" * 16, (Run(1, count, bytes(8)),), tuple(changes))


@pytest.mark.parametrize(("count", "most"), [(1, 115), (10, 45), (100, 30), (10_000, 26)])
def test_an_edit_is_small_on_the_wire(count: int, most: float) -> None:
    """Each edit of another record by its 16 random bytes, with author, base and time; bytes as framed and packed."""
    assert len(codec.encode(edits(count))) / count <= most
