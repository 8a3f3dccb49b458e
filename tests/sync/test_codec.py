"""The codec gives back what it was given, keeps what it does not know, and refuses everything else."""

import os
import random
import struct
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from opsdesk.sync.core import chain, codec
from opsdesk.sync.core.messages import (
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
NUMBERS = st.integers(0, 65_535)
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
LOOKS = st.builds(Look, st.binary(max_size=8), st.integers(0, 3_600))
SCOPES = st.builds(
    Scope,
    NATURALS,
    NATURALS,
    st.lists(st.tuples(st.binary(min_size=1, max_size=17), NATURALS), max_size=4).map(tuple),
)

MESSAGES = batches() | FRAMES | PAGES | EARLIER | HISTORIES | PULLED | MANY_PULLS | ANSWERS | PULLS | LOOKS | SCOPES

ME, PERSON, OTHER = b"d" * 16, b"p" * 16, b"o" * 16
LINK = codec.Link(ME, PERSON)
LINKS = st.builds(codec.Link, IDS, st.none() | IDS)
MANY = int(os.environ.get("OPSDESK_FUZZ", "0"))
"""For a long run: OPSDESK_FUZZ=100000 and --timeout=0 make so many examples of each kind instead of a few hundred."""


def examples(few: int) -> Callable[[Any], Any]:
    """So many examples; in a long run as many as were asked for."""
    return settings(max_examples=MANY or few, deadline=None)


def harmless(data: bytes) -> Message | None:
    """Decode what a stranger sent: a message or Malformed, and nothing else."""
    with suppress(codec.Malformed):
        return codec.decode(data, LINK)
    return None


# What comes back


@examples(150)
@given(MESSAGES, LINKS)
def test_a_message_comes_back_as_it_was(message: Message, link: codec.Link) -> None:
    assert codec.decode(codec.encode(message, link), link) == message


@examples(60)
@given(batches(), st.booleans())
def test_what_a_session_knows_is_said_by_nobody(batch: Batch, person_too: bool) -> None:
    """The same batch on the link of its own device is shorter, and says the same."""
    actor = batch.changes[0].actor if batch.changes and person_too else None
    own, foreign = codec.Link(batch.dev, actor), codec.Link(bytes(16), None)
    assert codec.decode(codec.encode(batch, own), own) == batch
    assert codec.decode(codec.encode(batch, foreign), foreign) == batch
    assert batch.dev == foreign.dev or len(unpacked(codec.encode(batch, own))) < len(
        unpacked(codec.encode(batch, foreign))
    )


def test_a_device_that_the_session_does_not_name_is_said_in_full() -> None:
    """After a fork, or from a copied disk, old changes go out under an older identity."""
    older = msgspec.structs.replace(edits(3), dev=OTHER)
    data = codec.encode(older, LINK)
    received = codec.decode(data, LINK)
    assert isinstance(received, Batch)
    assert (received.dev, OTHER in unpacked(data)) == (OTHER, True)
    answer = Answer(0, OTHER, (Outcome(1, 0, b"*", 5),))
    assert codec.decode(codec.encode(answer, LINK), LINK) == answer


@examples(30)
@given(batches())
def test_a_digest_is_the_same_on_both_sides(batch: Batch) -> None:
    received = codec.decode(codec.encode(batch, LINK), LINK)
    assert isinstance(received, Batch)
    assert list(chain.digests(received)) == list(chain.digests(batch))


# What nobody here knows (I15)


@examples(100)
@given(VALUES | STRANGE)
def test_a_value_that_nobody_knows_passes_byte_for_byte(value: Any) -> None:
    entry = Entry(2, 700, bytes(16), 1, {900: value, 901: 1})
    frame = codec.decode(codec.encode(Frame(0, b"*", 0, 1, False, (entry,)), LINK), LINK)
    assert isinstance(frame, Frame)
    assert msgspec.msgpack.encode(frame.entries[0].values) == msgspec.msgpack.encode(entry.values)


@examples(60)
@given(st.integers(9, 2**62), NUMBERS, st.dictionaries(NUMBERS, VALUES | STRANGE, min_size=1, max_size=5))
def test_kinds_entities_and_fields_of_a_newer_version_survive(kind: int, entity: int, values: dict[int, Any]) -> None:
    packed = msgspec.msgpack.encode
    change = Change(1, kind, entity, bytes(16), values, 4, 0, PERSON, act=1)
    batch = codec.decode(codec.encode(Batch(ME, (Run(1, 1, bytes(4)),), (change,)), LINK), LINK)
    assert isinstance(batch, Batch)
    (came,) = batch.changes
    assert (came.kind, came.entity) == (kind, entity)
    assert {number: packed(value) for number, value in came.values.items()} == {
        number: packed(value) for number, value in values.items()
    }
    entry = Entry(kind, entity, bytes(16), 9, came.values, hlc=1 << 16)
    frame = codec.decode(codec.encode(Frame(0, b"*", 0, 1, False, (entry,)), LINK), LINK)
    assert isinstance(frame, Frame)
    assert packed(frame.entries[0]) == packed(entry)


def test_members_of_a_newer_version_are_passed_over() -> None:
    """A column, or a member of the rest, that a newer version adds stops nobody who does not know it."""
    for message in (edits(3), some_frame(3), some_answer(3)):
        data = codec.encode(message, codec.Link(OTHER))
        assert not data[0] & 1 or len(data) > 90
        columns = msgspec.msgpack.decode(unpacked(data))
        columns = [*columns[:-1], {**columns[-1], "Z": [1, {"new": None}]}, "one more"]
        newer = bytes((data[0] & ~1,)) + msgspec.msgpack.encode(columns)
        assert codec.decode(newer, codec.Link(OTHER)) == message


# Strangers


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


@cache
def some_messages() -> list[bytes]:
    """One of each kind with all that it may hold, short ones and packed ones."""
    change = Change(3, 1, 10, bytes(16), {13: "Pump"}, 7, 1 << 20, actor=bytes(16))
    full = Change(5, 4, 11, OTHER, {13: [1, {"a": None}], 14: b"x"}, Ref(OTHER, 4), (1 << 20) | 3, OTHER, 2, OTHER,
                  "accept", -5, OTHER, (Ref(OTHER, 1), Ref(ME, 2)), old="before")  # fmt: skip
    conflict = Conflict(bytes(16), 0, 10, OTHER, 13, 5, 6, (Candidate(Ref(ME, 1), "a"), Candidate(Ref(OTHER, 1), {})))
    entries = (Entry(2, 10, bytes(16), 5, {13: "x" * 200}), Entry(0), Entry(5, 10, OTHER, 6, conflict=conflict))
    outcomes = (Outcome(3, 3, b"*", 9, (FieldOutcome(13, 3, bytes(16)),)), Outcome(5, 5, reason="no", waits=Ref(ME, 1)))
    messages: list[Message] = [
        Batch(ME, (Run(3, 1, bytes(4)),), (change,)),
        Batch(OTHER, (Run(3, 1, bytes(4)), Run(5, 1, bytes(4))), (change, full), 1, 2, 3),
        edits(20),
        Frame(0, b"*", 0, 3, True, entries),
        some_frame(20),
        Answer(1, OTHER, outcomes, 3, 4, ((5, 6),)),
        some_answer(3),
        Pull(0, b"*", 4),
        Look(b"digestof", 300),
        Scope(1, 2, ((b"*", 5), (b"u" * 17, 70_000))),
    ]
    assert [codec.decode(codec.encode(message, LINK), LINK) for message in messages] == messages
    return [codec.encode(message, LINK) for message in messages]


@examples(400)
@given(st.binary(max_size=300), st.integers(0, 15))
def test_no_bytes_of_a_stranger_do_harm(data: bytes, head: int) -> None:
    harmless(data)
    harmless(bytes((head,)) + data)
    harmless(bytes((head | 1,)) + zstandard.compress(data)[4:])


PIECES = st.recursive(
    SCALARS | st.builds(msgspec.msgpack.Ext, st.integers(-2, 3), st.binary(max_size=40)) | st.binary(max_size=70),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(st.sampled_from("abcdefghijlmnoprstvw") | NATURALS, inner, max_size=6)
    ),
    max_leaves=20,
)


@examples(150)
@given(st.integers(1, 7), st.lists(PIECES, max_size=13))
def test_no_structure_of_a_stranger_does_harm(kind: int, pieces: list[Any]) -> None:
    """Well-formed msgpack in the place of columns."""
    harmless(bytes((kind << 1,)) + msgspec.msgpack.encode(pieces))


@examples(400)
@given(st.data())
def test_no_message_with_a_part_exchanged_does_harm(data: Any) -> None:
    message = data.draw(st.sampled_from(some_messages()))
    columns = msgspec.msgpack.decode(unpacked(message))
    place = data.draw(st.integers(0, len(columns) - 1))
    if isinstance(columns[place], dict) and columns[place]:
        columns[place][data.draw(st.sampled_from(sorted(columns[place])))] = data.draw(PIECES)
    elif isinstance(columns[place], list) and columns[place]:
        columns[place][data.draw(st.integers(0, len(columns[place]) - 1))] = data.draw(PIECES)
    else:
        columns[place] = data.draw(PIECES)
    harmless(bytes((message[0] & ~1,)) + msgspec.msgpack.encode(columns))


def test_no_message_with_a_few_bytes_changed_does_harm() -> None:
    rng = random.Random(1)
    for message in some_messages():
        plain = bytes((message[0] & ~1,)) + unpacked(message)
        for original in {message, plain}:
            for _ in range(MANY or 400):
                data = bytearray(original)
                for _ in range(rng.randrange(1, 4)):
                    data[rng.randrange(len(data))] = rng.randrange(256)
                harmless(bytes(data))


def test_no_part_of_a_message_is_taken_for_the_whole() -> None:
    for message in some_messages():
        for end in range(len(message)):
            with pytest.raises(codec.Malformed):
                codec.decode(message[:end], LINK)
        with pytest.raises(codec.Malformed):
            codec.decode(message + b"\0", LINK)


def test_a_message_that_unpacks_beyond_the_limit_is_refused() -> None:
    bomb = zstandard.compress(bytes(codec.UNPACKED_LIMIT + 1))
    with pytest.raises(codec.Malformed, match="unpacks"):
        codec.decode(b"\x03" + bomb[4:], LINK)


def test_a_message_that_only_claims_its_size_is_refused() -> None:
    header = bytes([0b11100000]) + struct.pack("<Q", 2**40)
    with pytest.raises(codec.Malformed):
        codec.decode(b"\x03" + header + bytes(8), LINK)


HUGE = [
    pytest.param(b"\xdd\xff\xff\xff\xff", id="array of 4 thousand million"),
    pytest.param(b"\xdf\xff\xff\xff\xff", id="map of 4 thousand million"),
    pytest.param(b"\xc6\xff\xff\xff\xff", id="4 GB of bytes"),
    pytest.param(b"\xdb\xff\xff\xff\xff", id="4 GB of text"),
    pytest.param(b"\xc9\xff\xff\xff\xff\x01", id="4 GB of extension"),
    pytest.param(b"\x91" * 100_000, id="arrays in arrays"),
    pytest.param(b"\x81\x01" * 100_000, id="maps in maps"),
]


@pytest.mark.parametrize("claim", HUGE)
def test_huge_claims_and_endless_nesting_are_refused_wherever_they_stand(claim: bytes) -> None:
    for message in some_messages():
        body = unpacked(message)
        columns = msgspec.msgpack.decode(body)
        harmless(bytes((message[0] & ~1,)) + claim)
        for place in range(len(columns)):
            parts = [msgspec.msgpack.encode(part) for part in columns]
            parts[place] = claim
            data = bytes((message[0] & ~1, 0x90 | len(columns))) + b"".join(parts)
            with pytest.raises(codec.Malformed):
                codec.decode(data, LINK)


def test_values_nested_without_end_are_refused() -> None:
    endless = msgspec.msgpack.Ext(1, b"\x91" * 100_000)
    columns = [b"*", bytes(4), b"", [2, 10, 900], [endless]]
    with pytest.raises(codec.Malformed):
        codec.decode(b"\x08" + msgspec.msgpack.encode(columns), LINK)


BOMBS: dict[str, Callable[[], list[Any]]] = {
    "empty lists for values": lambda: [bytes(4), [1, 10, 13], [[]] * 16_000_000],
    "nothing for values": lambda: [bytes(4), [1, 10, 13], [None] * 16_000_000],
    "a packed value of empty lists": lambda: [
        b"\x02\x01" + bytes(22), [1, 10, 13], [msgspec.msgpack.Ext(1, b"\xdd\x00\x07\xff\xfb" + b"\x90" * 524_283)],
    ],
    "sorts": lambda: [bytes(4), [[1, 10]] * 5_000_000, []],
    "fields of a sort": lambda: [bytes(4), [list(range(1_000, 2_000))] * 2_500, []],
    "a column": lambda: [bytes(4), [], [], [0] * 16_000_000],
    "stretches": lambda: [b"\x01\xff\xff\xff\x07" + b"\0" * 16_000_000, [], []],
    "events": lambda: [bytes(4), [], [], 0, 0, 0, {"h": dict.fromkeys(range(3_000_000), "")}],
    "candidates": lambda: [bytes(4), [], [], 0, 0, 0, {"l": {0: [[ME, 1]] * 700_000}}],
    "olds": lambda: [bytes(4), [], [], 0, 0, 0, {"o": [0] * 16_000_000}],
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_message_cannot_fill_the_memory(name: str) -> None:
    """A few kilobytes that unpack to the limit: what they make is bounded, and so is the time."""
    body = msgspec.msgpack.encode(BOMBS[name]())[: codec.UNPACKED_LIMIT]
    data = b"\x03" + zstandard.compress(body)[4:]
    assert len(data) < codec.LIMIT / 2
    began = time.process_time()
    harmless(data)
    assert time.process_time() - began < 5
    tracemalloc.start()
    try:
        harmless(data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 16 * codec.UNPACKED_LIMIT


def test_more_changes_than_a_batch_may_have_are_refused() -> None:
    one = Change(1, 1, 10, bytes(16), {13: "x"}, 7, 0)
    many = tuple(msgspec.structs.replace(one, dseq=number) for number in range(1, codec.CHANGES_LIMIT + 2))
    with pytest.raises(codec.Malformed):
        codec.decode(codec.encode(Batch(bytes(16), (Run(1, len(many), bytes(4)),), many), LINK), LINK)


# Bytes


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


def test_an_edit_alone_is_small_on_the_wire() -> None:
    """Whatever it is; bytes as framed, with record, author, base, time and the mark of the chain."""
    sizes = [len(codec.encode(edits(1, seed), LINK)) for seed in range(200)]
    assert max(sizes) <= 64
    assert sum(sizes) / len(sizes) <= 56


@pytest.mark.parametrize(("count", "most"), [(10, 38), (100, 28), (1_000, 25), (10_000, 24.5)])
def test_an_edit_is_small_among_others(count: int, most: float) -> None:
    """Each of another record by its 16 bytes, of which ten are random; bytes as framed and packed."""
    assert len(codec.encode(edits(count), LINK)) / count <= most


@pytest.mark.parametrize(("count", "most"), [(1, 32), (10, 3), (100, 0.4)])
def test_an_ordinary_answer_is_a_few_bytes(count: int, most: float) -> None:
    """All accepted in one partition: about thirty bytes, however many they are."""
    assert len(codec.encode(some_answer(count), LINK)) / count <= most


def test_each_further_partition_costs_an_answer_its_name_once() -> None:
    spread = msgspec.structs.replace(
        some_answer(100),
        outcomes=tuple(
            msgspec.structs.replace(one, place=bytes([one.dseq % 4]) * 17) for one in some_answer(100).outcomes
        ),
    )
    assert len(codec.encode(spread, LINK)) / 100 <= 2


@pytest.mark.parametrize(("count", "most"), [(1, 92), (10, 38), (100, 27), (5_000, 23)])
def test_what_others_did_is_small_in_a_frame(count: int, most: float) -> None:
    assert len(codec.encode(some_frame(count), LINK)) / count <= most


def test_a_bulk_edit_of_imported_tickets_says_little_more_than_the_records() -> None:
    """One act on ten thousand tickets whose versions follow each other: their ids are what is left."""
    many = tuple(
        msgspec.structs.replace(one, values={30: 2}, kind=1, event=None, base=1_000 + index, act=12_345, hlc=9 << 16)
        for index, one in enumerate(edits(10_000).changes)
    )
    batch = msgspec.structs.replace(edits(10_000), changes=many)
    assert len(codec.encode(batch, LINK)) / 10_000 <= 16
