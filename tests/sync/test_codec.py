"""The codec gives back what it was given, keeps what it does not know, and refuses everything else."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsdesk.sync.core import chain, codec
from opsdesk.sync.core.messages import (
    Answer,
    Batch,
    Change,
    Entry,
    Frame,
    Message,
    Outcome,
    Run,
)
from tests.sync.made_messages import (
    LINK,
    LINKS,
    ME,
    MESSAGES,
    NUMBERS,
    OTHER,
    PERSON,
    STRANGE,
    VALUES,
    batches,
    edits,
    examples,
    some_answer,
    some_frame,
    unpacked,
)

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


# Bytes


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
