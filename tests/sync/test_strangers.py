"""The codec refuses what a stranger sends, and it costs neither memory nor time."""

import random
import struct
import time
import tracemalloc
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from opsdesk.sync.core import codec
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
    News,
    Outcome,
    Pull,
    Ref,
    Run,
    Scope,
)
from tests.sync.made_messages import (
    LINK,
    MANY,
    ME,
    NATURALS,
    OTHER,
    SCALARS,
    edits,
    examples,
    harmless,
    some_answer,
    some_frame,
    unpacked,
)


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
        News(Scope(1, 2, ((b"*", 5),)), (some_frame(3),)),
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
