"""Resolutions and withdrawals at the centre: a conflict closes when nothing is left to decide."""

import pytest

from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.sync.core.messages import ChangeKind, Code, ConflictKind, Ref
from opsdesk.sync.core.rules import VOIDED
from tests.sync.parts import (
    PARENT,
    PRIORITY,
    TITLE,
    Device,
    no_conflicts,
    open_conflict,
    shown,
    ver,
)
from tests.sync.test_centre import anna, ben, server, ticket

__all__ = ["anna", "ben", "server", "ticket"]


def resolve(device: Device, server: MemoryServer, subject: bytes, number: int, value: object, *seen: Ref) -> Code:
    found = open_conflict(server, subject, number)
    considered = seen or tuple(one.change for one in found.candidates)
    made = device.do(
        subject,
        {number: value},
        ver(server, subject),
        kind=ChangeKind.RESOLVE,
        conflict=found.id,
        considered=considered,
    )
    return Code(made.code)


@pytest.fixture
def contested(server: MemoryServer, anna: Device, ben: Device, ticket: bytes) -> bytes:
    seen = ver(server, ticket)
    for device, title in ((anna, "A"), (ben, "B"), (Device(server, "carl"), "C")):
        device.do(ticket, {TITLE: title}, seen)
    return ticket


@pytest.mark.parametrize("value", ["A", "B", "something else"])
def test_a_resolution_that_names_all_candidates_closes_the_conflict(
    server: MemoryServer, anna: Device, contested: bytes, value: str
) -> None:
    assert resolve(anna, server, contested, TITLE, value) == Code.ACCEPTED
    assert (shown(server, contested, TITLE), no_conflicts(server)) == (value, True)


def test_a_resolution_that_missed_a_candidate_joins_in_place_of_those_it_saw(
    server: MemoryServer, anna: Device, ben: Device, contested: bytes
) -> None:
    before = open_conflict(server, contested, TITLE)
    assert resolve(anna, server, contested, TITLE, "mine", ben.ref()) == Code.CONFLICT
    after = open_conflict(server, contested, TITLE)
    assert (after.id, [one.value for one in after.candidates]) == (before.id, ["C", "mine"])


def test_a_resolution_that_has_not_seen_the_value_shown_joins_as_well(
    server: MemoryServer, anna: Device, ben: Device, contested: bytes
) -> None:
    found = open_conflict(server, contested, TITLE)
    seen = ver(server, contested)
    anna.do(contested, {TITLE: "A2"}, seen)
    considered = tuple(one.change for one in found.candidates)
    outcome = ben.do(contested, {TITLE: "B"}, seen, kind=ChangeKind.RESOLVE, conflict=found.id, considered=considered)
    assert outcome.code == Code.CONFLICT
    after = open_conflict(server, contested, TITLE)
    assert (after.id, shown(server, contested, TITLE), [one.value for one in after.candidates]) == (
        found.id,
        "A2",
        ["B"],
    )


def test_settling_a_conflict_of_what_was_voided_unseen_asks_as_well(
    server: MemoryServer, anna: Device, ben: Device, contested: bytes
) -> None:
    seen, found = ver(server, contested), open_conflict(server, contested, TITLE)
    anna.do(contested, {4: "duplicate"}, seen)
    considered = tuple(one.change for one in found.candidates)
    ben.do(contested, {TITLE: "B"}, seen, kind=ChangeKind.RESOLVE, conflict=found.id, considered=considered)
    assert open_conflict(server, contested, 4).kind == ConflictKind.VOIDED


def test_a_candidate_that_comes_after_closing_opens_a_new_conflict(
    server: MemoryServer, anna: Device, ticket: bytes, contested: bytes
) -> None:
    first = open_conflict(server, contested, TITLE).id
    resolve(anna, server, contested, TITLE, "A")
    Device(server, "dora").do(contested, {TITLE: "D"}, 1)
    assert open_conflict(server, contested, TITLE).id != first


def test_withdrawing_takes_the_candidate_back_and_the_last_one_closes(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    seen = ver(server, ticket)
    anna.do(ticket, {TITLE: "A"}, seen)
    ben.do(ticket, {TITLE: "B"}, seen)
    assert ben.do(ticket, {TITLE: "Pump"}, ben.ref(), kind=ChangeKind.WITHDRAW).code == Code.ACCEPTED
    assert (shown(server, ticket, TITLE), no_conflicts(server)) == ("A", True)


def test_withdrawing_what_was_accepted_restores_the_value_before(
    server: MemoryServer, ben: Device, ticket: bytes
) -> None:
    ben.do(ticket, {TITLE: "B"}, ver(server, ticket))
    ben.do(ticket, {TITLE: "Pump"}, ben.ref(), kind=ChangeKind.WITHDRAW)
    assert shown(server, ticket, TITLE) == "Pump"


def test_withdrawing_what_others_have_written_over_leaves_theirs_and_asks_nobody(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    ben.do(ticket, {TITLE: "B"}, ver(server, ticket))
    anna.do(ticket, {TITLE: "A"}, ver(server, ticket))
    assert ben.do(ticket, {TITLE: "Pump"}, ben.ref(), kind=ChangeKind.WITHDRAW).code == Code.ABSORBED
    assert (shown(server, ticket, TITLE), no_conflicts(server)) == ("A", True)


def test_a_resolution_does_not_decide_on_what_nobody_can_have_seen(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    """It names a change of Anna's that she has not made yet."""
    base = ver(server, ticket)
    anna.do(ticket, {PRIORITY: 3}, base)
    ben.do(ticket, {PRIORITY: 4}, base)
    assert resolve(ben, server, ticket, PRIORITY, 4, anna.ref(), anna.ref(anna.dseq + 1)) == Code.ACCEPTED
    assert anna.do(ticket, {PRIORITY: 1}, base).code == Code.CONFLICT
    assert [one.value for one in open_conflict(server, ticket, PRIORITY).candidates] == [1]


def test_a_resolution_makes_no_circle(server: MemoryServer, anna: Device, ben: Device, ticket: bytes) -> None:
    first, second = (anna.create(name, {TITLE: name}) for name in ("first", "second"))
    seen = ver(server, ticket)
    anna.do(ticket, {PARENT: first}, seen)
    ben.do(ticket, {PARENT: second}, seen)
    assert anna.do(second, {PARENT: ticket}, ver(server, second)).code == Code.ACCEPTED
    assert resolve(ben, server, ticket, PARENT, second) == Code.CONFLICT
    assert shown(server, ticket, PARENT) == first


def test_voiding_by_a_resolution_asks_what_it_missed(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    seen = ver(server, ticket)
    anna.do(ticket, {TITLE: "A"}, seen)
    assert ben.do(ticket, {VOIDED: "duplicate"}, seen).code == Code.CONFLICT
    found, at = open_conflict(server, ticket, VOIDED), ver(server, ticket)
    anna.do(ticket, {TITLE: "A2"}, at)
    considered = tuple(one.change for one in found.candidates)
    outcome = Device(server, "carl").do(
        ticket, {VOIDED: "duplicate"}, at, kind=ChangeKind.RESOLVE, conflict=found.id, considered=considered
    )
    assert (outcome.code, shown(server, ticket, VOIDED)) == (Code.CONFLICT, None)
