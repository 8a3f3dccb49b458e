"""What comes back at the centre takes with it what hangs on it, and nothing else."""

from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.sync.core.messages import ChangeKind, Code, Ref
from opsdesk.sync.core.rules import UNIT
from tests.sync.parts import (
    COMMENT,
    NUMBER,
    PRIORITY,
    SUBJECT,
    TITLE,
    Device,
    no_conflicts,
    open_conflict,
    record,
    shown,
    ver,
)
from tests.sync.test_centre import anna, ben, server, ticket

__all__ = ["anna", "ben", "server", "ticket"]


def test_an_edit_on_a_returned_one_counts_from_what_that_was_based_on(
    server: MemoryServer, ben: Device, ticket: bytes
) -> None:
    seen = ver(server, ticket)
    server.permit = lambda _batch, change, _record: "not allowed" if change.values.get(TITLE) == "bad" else None
    assert ben.do(ticket, {TITLE: "bad"}, seen).code == Code.RETURNED
    assert ben.do(ticket, {TITLE: "good"}, ben.ref()).code == Code.ACCEPTED


def test_a_resolution_on_a_returned_edit_of_an_own_candidate_goes_on_from_that_candidate(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    server.permit = lambda _batch, change, _record: "not allowed" if change.values.get(TITLE) == "bad" else None
    seen = ver(server, ticket)
    anna.do(ticket, {TITLE: "A"}, seen)
    ben.do(ticket, {TITLE: "B"}, seen)
    assert ben.do(ticket, {TITLE: "bad"}, ben.ref()).code == Code.RETURNED
    found = open_conflict(server, ticket, TITLE)
    settled = ben.do(ticket, {TITLE: "A"}, ben.ref(), kind=ChangeKind.RESOLVE, conflict=found.id)
    assert (settled.code, no_conflicts(server)) == (Code.ACCEPTED, True)


def test_a_resolution_on_a_returned_edit_leaves_what_others_want(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    server.permit = lambda _batch, change, _record: "not allowed" if change.values.get(TITLE) == "bad" else None
    seen, carl = ver(server, ticket), Device(server, "carl")
    for device, title in ((anna, "A"), (ben, "B"), (carl, "C")):
        device.do(ticket, {TITLE: title}, seen)
    ben.do(ticket, {TITLE: "bad"}, ben.ref())
    found = open_conflict(server, ticket, TITLE)
    ben.do(ticket, {TITLE: "A"}, ben.ref(), kind=ChangeKind.RESOLVE, conflict=found.id)
    assert [one.change for one in open_conflict(server, ticket, TITLE).candidates] == [carl.ref()]


def test_an_edit_of_a_returned_creation_comes_back_with_it(server: MemoryServer, ben: Device) -> None:
    server.permit = lambda _batch, change, _record: "not allowed" if change.kind == ChangeKind.CREATE else None
    assert ben.do(record("x"), {TITLE: "x"}, kind=ChangeKind.CREATE).code == Code.RETURNED
    assert ben.do(record("x"), {TITLE: "y"}, ben.ref()).code == Code.RETURNED


def test_a_poisonous_change_comes_back_and_the_rest_goes_on(server: MemoryServer, ben: Device, ticket: bytes) -> None:
    def permit(_batch: object, change: object, _record: object) -> None:
        if "poison" in repr(change):
            raise ZeroDivisionError

    server.permit = permit
    seen = ver(server, ticket)
    bad = ben.make(ticket, {TITLE: "poison"}, seen)
    good = ben.make(ticket, {PRIORITY: 4}, seen)
    assert [outcome.code for outcome in ben.push(bad, good).outcomes] == [Code.RETURNED, Code.ACCEPTED]
    assert len(server.problems) == 1


def test_a_group_comes_back_whole(server: MemoryServer, ben: Device, ticket: bytes) -> None:
    seen, gid = ver(server, ticket), record("group")
    good = ben.make(ticket, {TITLE: "B"}, seen, gid=gid)
    bad = ben.make(ticket, {NUMBER: "T-2"}, seen, gid=gid)
    after = ben.make(ticket, {PRIORITY: 4}, seen)
    outcomes = ben.push(good, bad, after).outcomes
    assert [outcome.code for outcome in outcomes] == [Code.RETURNED, Code.RETURNED, Code.ACCEPTED]
    assert [outcome.reason for outcome in outcomes[:2]] == ["its group was returned", "is written once"]
    assert shown(server, ticket, TITLE) == "Pump"
    assert ben.push(good, bad).outcomes == outcomes[:2]


def test_a_conflict_does_not_fail_its_group(server: MemoryServer, anna: Device, ben: Device, ticket: bytes) -> None:
    seen, gid = ver(server, ticket), record("group")
    anna.do(ticket, {TITLE: "A"}, seen)
    pair = [ben.make(ticket, {TITLE: "B"}, seen, gid=gid), ben.make(ticket, {PRIORITY: 4}, seen, gid=gid)]
    assert [outcome.code for outcome in ben.push(*pair).outcomes] == [Code.CONFLICT, Code.ACCEPTED]


def test_a_group_waits_whole(server: MemoryServer, ben: Device, ticket: bytes) -> None:
    gid = record("group")
    pair = [
        ben.make(ticket, {PRIORITY: 4}, ver(server, ticket), gid=gid),
        ben.make(ticket, {TITLE: "B"}, Ref(record("nobody"), 1), gid=gid),
    ]
    assert [outcome.code for outcome in ben.push(*pair).outcomes] == [Code.DEFERRED, Code.DEFERRED]
    assert shown(server, ticket, PRIORITY) == 2


def test_a_base_that_wrote_the_same_field_of_another_record_is_nonsense(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    other = ben.create("other", {TITLE: "Hose"})
    assert ben.do(other, {TITLE: "Long hose"}, ver(server, other)).code == Code.ACCEPTED
    outcome = ben.do(ticket, {TITLE: "Unseen"}, ben.ref())
    assert (outcome.code, outcome.reason) == (Code.RETURNED, "its base is no change of this field")
    assert shown(server, ticket, TITLE) == "Pump"


def test_two_who_made_the_same_record_below_one_that_moved_meanwhile_are_asked_nothing(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    """Where it stands is the ticket's: the unit that each has written is what the ticket had then."""
    for device, unit in ((anna, record("one")), (ben, record("two"))):
        made = device.do(record("said"), {UNIT: unit, SUBJECT: ticket}, kind=ChangeKind.CREATE, entity=COMMENT)
        assert made.code in (Code.ACCEPTED, Code.ABSORBED, Code.MERGED)
    assert no_conflicts(server)
