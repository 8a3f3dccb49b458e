"""What becomes of each change: the merge table of the protocol, one claim at a time, through codec and server."""

import pytest

from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.sync.core.messages import ChangeKind, Code, ConflictKind, Ref
from tests.sync.parts import (
    COMMENT,
    COUNT,
    NUMBER,
    PARENT,
    PRIORITY,
    RULES,
    STATE,
    SUBJECT,
    TAG,
    TEXT,
    TITLE,
    WORD,
    Device,
    no_conflicts,
    open_conflict,
    record,
    shown,
    ver,
)


@pytest.fixture
def server() -> MemoryServer:
    return MemoryServer(RULES)


@pytest.fixture
def anna(server: MemoryServer) -> Device:
    return Device(server, "anna")


@pytest.fixture
def ben(server: MemoryServer) -> Device:
    return Device(server, "ben")


@pytest.fixture
def ticket(anna: Device) -> bytes:
    return anna.create(
        "ticket", {TITLE: "Pump", STATE: 20, PRIORITY: 2, TEXT: "one\ntwo\nthree\nfour\n", NUMBER: "T-1"}
    )


def test_an_edit_on_what_is_shown_is_accepted(server: MemoryServer, ben: Device, ticket: bytes) -> None:
    outcome = ben.do(ticket, {TITLE: "Big pump"}, ver(server, ticket))
    assert outcome.code == Code.ACCEPTED
    assert shown(server, ticket, TITLE) == "Big pump"
    assert outcome.pos == len(server.held.feeds[outcome.place])


def test_two_fields_of_one_record_never_meet(server: MemoryServer, anna: Device, ben: Device, ticket: bytes) -> None:
    seen = ver(server, ticket)
    assert anna.do(ticket, {TITLE: "A"}, seen).code == Code.ACCEPTED
    assert ben.do(ticket, {PRIORITY: 3}, seen).code == Code.ACCEPTED
    assert no_conflicts(server)


def test_an_unseen_edit_of_one_field_is_a_conflict_and_both_values_are_kept(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    seen = ver(server, ticket)
    anna.do(ticket, {TITLE: "A"}, seen)
    outcome = ben.do(ticket, {TITLE: "B"}, seen)
    assert outcome.code == Code.CONFLICT
    found = open_conflict(server, ticket, TITLE)
    assert outcome.fields[0].conflict == found.id
    assert (shown(server, ticket, TITLE), [one.value for one in found.candidates]) == ("A", ["B"])
    assert found.base_value == "Pump"


def test_the_same_value_from_two_is_no_conflict(server: MemoryServer, anna: Device, ben: Device, ticket: bytes) -> None:
    seen = ver(server, ticket)
    anna.do(ticket, {TITLE: "A"}, seen)
    assert ben.do(ticket, {TITLE: "A"}, seen).code == Code.MERGED
    assert ben.do(ticket, {TITLE: "B"}, ben.ref()).code == Code.ACCEPTED, "he had the value shown before his eyes"


def test_a_third_value_joins_the_conflict(server: MemoryServer, anna: Device, ben: Device, ticket: bytes) -> None:
    seen = ver(server, ticket)
    for device, title in ((anna, "A"), (ben, "B"), (Device(server, "carl"), "C")):
        device.do(ticket, {TITLE: title}, seen)
    assert [one.value for one in open_conflict(server, ticket, TITLE).candidates] == ["B", "C"]


def test_an_own_chain_of_edits_is_no_conflict_with_oneself(server: MemoryServer, ben: Device, ticket: bytes) -> None:
    first = ben.make(ticket, {TITLE: "B1"}, ver(server, ticket))
    second = ben.make(ticket, {TITLE: "B2"}, ben.ref())
    assert [outcome.code for outcome in ben.push(first, second).outcomes] == [Code.ACCEPTED, Code.ACCEPTED]
    assert shown(server, ticket, TITLE) == "B2"


def test_going_on_from_a_candidate_takes_its_place(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    seen = ver(server, ticket)
    anna.do(ticket, {TITLE: "A"}, seen)
    ben.do(ticket, {TITLE: "B1"}, seen)
    ben.do(ticket, {TITLE: "B2"}, ben.ref())
    assert [one.value for one in open_conflict(server, ticket, TITLE).candidates] == ["B2"]


def test_coming_round_to_the_value_shown_closes_the_conflict(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    seen = ver(server, ticket)
    anna.do(ticket, {TITLE: "A"}, seen)
    ben.do(ticket, {TITLE: "B1"}, seen)
    assert ben.do(ticket, {TITLE: "A"}, ben.ref()).code == Code.MERGED
    assert no_conflicts(server)


def test_a_base_that_is_not_known_waits(server: MemoryServer, ben: Device, ticket: bytes) -> None:
    missing = Ref(record("nobody"), 7)
    outcome = ben.do(ticket, {TITLE: "B"}, missing)
    assert (outcome.code, outcome.waits) == (Code.DEFERRED, missing)
    assert shown(server, ticket, TITLE) == "Pump"


def test_what_waits_holds_back_only_its_own_field(server: MemoryServer, ben: Device, ticket: bytes) -> None:
    seen = ver(server, ticket)
    waiting = ben.make(ticket, {TITLE: "B"}, Ref(record("nobody"), 7))
    same = ben.make(ticket, {TITLE: "C"}, seen)
    other = ben.make(ticket, {PRIORITY: 3}, seen)
    codes = [outcome.code for outcome in ben.push(waiting, same, other).outcomes]
    assert codes == [Code.DEFERRED, Code.DEFERRED, Code.ACCEPTED]


def test_a_change_sent_twice_gets_the_same_answer_and_counts_once(
    server: MemoryServer, ben: Device, ticket: bytes
) -> None:
    change = ben.make(ticket, {COUNT: 5}, ver(server, ticket), kind=ChangeKind.INC)
    first = ben.push(change)
    assert ben.push(change) == first
    assert shown(server, ticket, COUNT) == 5


def test_counters_add_up(server: MemoryServer, anna: Device, ben: Device, ticket: bytes) -> None:
    seen = ver(server, ticket)
    for device, step in ((anna, 3), (ben, -1), (anna, 4)):
        assert device.do(ticket, {COUNT: step}, seen, kind=ChangeKind.INC).code == Code.MERGED
    assert shown(server, ticket, COUNT) == 6


@pytest.mark.parametrize(("first", "second", "wins"), [(3, 4, 4), (4, 3, 4)])
def test_the_more_severe_value_is_shown_meanwhile(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes, first: int, second: int, wins: int
) -> None:
    seen = ver(server, ticket)
    anna.do(ticket, {PRIORITY: first}, seen)
    assert ben.do(ticket, {PRIORITY: second}, seen).code == Code.CONFLICT
    found = open_conflict(server, ticket, PRIORITY)
    assert (shown(server, ticket, PRIORITY), [one.value for one in found.candidates]) == (wins, [3])


def test_who_was_shown_before_goes_on_in_place_of_it(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    seen = ver(server, ticket)
    anna.do(ticket, {PRIORITY: 3}, seen)
    own = ver(server, ticket)
    ben.do(ticket, {PRIORITY: 4}, seen)
    anna.do(ticket, {PRIORITY: 1}, own)
    assert [one.value for one in open_conflict(server, ticket, PRIORITY).candidates] == [1]


def test_texts_are_merged_by_paragraph(server: MemoryServer, anna: Device, ben: Device, ticket: bytes) -> None:
    seen = ver(server, ticket)
    anna.do(ticket, {TEXT: "ONE\ntwo\nthree\nfour\n"}, seen)
    assert ben.do(ticket, {TEXT: "one\ntwo\nthree\nFOUR\n"}, seen).code == Code.MERGED
    assert shown(server, ticket, TEXT) == "ONE\ntwo\nthree\nFOUR\n"


def test_going_on_from_a_text_that_was_merged_keeps_the_others_lines(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    """Had a base counted as current though its text was merged into another, Anna's line would be gone."""
    seen = ver(server, ticket)
    anna.do(ticket, {TEXT: "ONE\ntwo\nthree\nfour\n"}, seen)
    ben.do(ticket, {TEXT: "one\ntwo\nthree\nFOUR\n"}, seen)
    ben.do(ticket, {TEXT: "one\ntwo\nthree\nFOUR!\n"}, ben.ref())
    assert shown(server, ticket, TEXT) == "ONE\ntwo\nthree\nFOUR!\n"


def test_overlapping_paragraphs_ask_about_those_only(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    seen = ver(server, ticket)
    anna.do(ticket, {TEXT: "ONE\ntwo\nthree\nfour\n"}, seen)
    assert ben.do(ticket, {TEXT: "Un\ntwo\nthree\nFOUR\n"}, seen).code == Code.CONFLICT
    assert shown(server, ticket, TEXT) == "ONE\ntwo\nthree\nFOUR\n"
    found = open_conflict(server, ticket, TEXT)
    assert (found.kind, found.candidates[0].value) == (ConflictKind.TEXT, "Un\ntwo\nthree\nFOUR\n")


def test_lines_of_a_candidate_are_not_lost_by_going_on_elsewhere_in_the_text(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    seen = ver(server, ticket)
    anna.do(ticket, {TEXT: "ONE\ntwo\nthree\nfour\n"}, seen)
    ben.do(ticket, {TEXT: "Un\ntwo\nthree\nfour\n"}, seen)
    ben.do(ticket, {TEXT: "Un\ntwo\nthree\nquatre\n"}, ben.ref())
    assert shown(server, ticket, TEXT) == "ONE\ntwo\nthree\nquatre\n"
    assert open_conflict(server, ticket, TEXT).candidates[0].value == "Un\ntwo\nthree\nquatre\n"


def test_a_text_whose_base_is_forgotten_is_asked_for(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    seen = ver(server, ticket)
    anna.do(ticket, {TEXT: "ONE\ntwo\nthree\nfour\n"}, seen)
    server.forgets = True
    change = ben.make(ticket, {TEXT: "one\ntwo\nthree\nFOUR\n"}, seen)
    later = ben.make(ticket, {TEXT: "one\ntwo\nthree\nFOUR!\n"}, ben.ref())
    codes = [outcome.code for outcome in ben.push(change, later).outcomes]
    assert codes == [Code.NEED_OLD, Code.DEFERRED]
    from msgspec.structs import replace

    told = replace(change, old="one\ntwo\nthree\nfour\n")
    assert [outcome.code for outcome in ben.push(told, later).outcomes] == [Code.MERGED, Code.MERGED]
    assert shown(server, ticket, TEXT) == "ONE\ntwo\nthree\nFOUR!\n"


def step(device: Device, subject: bytes, event: str, to: int, base: int | Ref) -> Code:
    outcome = device.do(subject, {STATE: to}, base, kind=ChangeKind.TRANSITION, event=event)
    return Code(outcome.code)


def test_a_step_that_another_state_allows_as_well_is_taken(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    seen = ver(server, ticket)
    assert step(anna, ticket, "start", 30, seen) == Code.ACCEPTED
    assert step(ben, ticket, "wait", 40, seen) == Code.ACCEPTED
    assert shown(server, ticket, STATE) == 40


def test_a_step_that_happened_meanwhile_is_absorbed(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    seen = ver(server, ticket)
    step(anna, ticket, "start", 30, seen)
    step(anna, ticket, "resolve", 50, anna.ref())
    assert step(ben, ticket, "start", 30, seen) == Code.ABSORBED
    assert (shown(server, ticket, STATE), no_conflicts(server)) == (50, True)


def test_a_step_that_no_longer_fits_is_a_conflict(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    seen = ver(server, ticket)
    step(anna, ticket, "start", 30, seen)
    step(anna, ticket, "resolve", 50, anna.ref())
    assert step(ben, ticket, "wait", 40, seen) == Code.CONFLICT


def test_a_step_that_the_table_does_not_know_comes_back(server: MemoryServer, ben: Device, ticket: bytes) -> None:
    assert step(ben, ticket, "confirm", 60, ver(server, ticket)) == Code.RETURNED


def test_undoing_a_step_is_legal_while_it_is_the_last(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    step(anna, ticket, "start", 30, ver(server, ticket))
    assert step(anna, ticket, "undo", 20, anna.ref()) == Code.ACCEPTED
    step(anna, ticket, "start", 30, anna.ref())
    mine = anna.ref()
    step(ben, ticket, "resolve", 50, ver(server, ticket))
    assert step(anna, ticket, "undo", 20, mine) == Code.CONFLICT
    assert shown(server, ticket, STATE) == 50


def test_an_edit_of_what_was_voided_unseen_is_kept_and_asks(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    seen = ver(server, ticket)
    anna.do(ticket, {4: "duplicate"}, seen)
    outcome = ben.do(ticket, {TITLE: "B"}, seen)
    assert (outcome.code, outcome.fields[0].field) == (Code.ACCEPTED, 4)
    assert shown(server, ticket, TITLE) == "B"
    assert open_conflict(server, ticket, 4).kind == ConflictKind.VOIDED


def test_voiding_what_was_edited_unseen_asks_first(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    seen = ver(server, ticket)
    ben.do(ticket, {TITLE: "B"}, seen)
    assert anna.do(ticket, {4: "duplicate"}, seen).code == Code.CONFLICT
    assert shown(server, ticket, 4) is None


def test_voiding_after_own_edits_is_no_conflict(server: MemoryServer, anna: Device, ticket: bytes) -> None:
    seen = ver(server, ticket)
    anna.do(ticket, {TITLE: "A"}, seen)
    assert anna.do(ticket, {4: "duplicate"}, seen).code == Code.ACCEPTED


def test_a_void_on_top_of_an_own_void_has_still_not_seen_the_others_edit(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    seen = ver(server, ticket)
    ben.do(ticket, {TITLE: "B"}, seen)
    anna.do(ticket, {4: None}, seen)
    assert anna.do(ticket, {4: "duplicate"}, anna.ref()).code == Code.CONFLICT


def test_voiding_has_not_seen_a_step_that_an_own_step_went_over(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    seen = ver(server, ticket)
    step(ben, ticket, "start", 30, seen)
    assert step(anna, ticket, "wait", 40, seen) == Code.ACCEPTED
    assert anna.do(ticket, {4: "duplicate"}, seen).code == Code.CONFLICT


def test_the_same_word_twice_and_its_removal_never_conflict(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    tag = anna.create("tag", {SUBJECT: ticket, WORD: "flood"}, entity=TAG)
    ben.create("tag 2", {SUBJECT: ticket, WORD: "flood"}, entity=TAG)
    seen = ver(server, tag)
    assert anna.do(tag, {4: "removed"}, seen, entity=TAG).code == Code.ACCEPTED
    assert ben.do(tag, {4: "not wanted"}, seen, entity=TAG).code == Code.ABSORBED
    assert no_conflicts(server)


def test_a_comment_on_a_voided_record_is_stored(server: MemoryServer, anna: Device, ben: Device, ticket: bytes) -> None:
    anna.do(ticket, {4: "duplicate"}, ver(server, ticket))
    ben.create("comment", {SUBJECT: ticket, 12: "Still leaking"}, entity=COMMENT)
    assert no_conflicts(server)


def test_two_moves_that_make_a_circle_become_a_conflict(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    other = anna.create("other", {TITLE: "Other"})
    assert anna.do(ticket, {PARENT: other}, ver(server, ticket)).code == Code.ACCEPTED
    assert ben.do(other, {PARENT: ticket}, ver(server, other)).code == Code.CONFLICT
    assert open_conflict(server, other, PARENT).kind == ConflictKind.CYCLE


def test_two_who_make_the_same_record_agree_field_by_field(server: MemoryServer, anna: Device, ben: Device) -> None:
    subject = anna.create("answer", {TITLE: "yes", NUMBER: "Q1"})
    outcome = ben.do(subject, {TITLE: "no", NUMBER: "Q1"}, kind=ChangeKind.CREATE)
    assert outcome.code == Code.CONFLICT
    assert [one.value for one in open_conflict(server, subject, TITLE).candidates] == ["no"]


def test_what_this_version_cannot_do_stays_in_the_queue(server: MemoryServer, ben: Device, ticket: bytes) -> None:
    assert ben.do(ticket, {TITLE: "B"}, 1, kind=ChangeKind.LEDGER).code == Code.UNSUPPORTED


def test_unknown_entities_and_fields_are_kept_and_merge_as_scalars(
    server: MemoryServer, anna: Device, ben: Device
) -> None:
    subject = anna.create("future", {900: [1, {"a": b"x"}]}, entity=700)
    assert shown(server, subject, 900) == [1, {"a": b"x"}]
    seen = ver(server, subject)
    assert anna.do(subject, {900: 2}, seen, entity=700).code == Code.ACCEPTED
    assert ben.do(subject, {900: 3}, seen, entity=700).code == Code.CONFLICT


def test_two_devices_with_one_identity_are_told_apart(server: MemoryServer, ben: Device, ticket: bytes) -> None:
    seen = ver(server, ticket)
    twin = Device(server, "ben")
    ben.do(ticket, {TITLE: "B"}, seen)
    answer = twin.push(twin.make(ticket, {TITLE: "twin"}, seen), twin.make(ticket, {PRIORITY: 4}, seen))
    assert (answer.fork, answer.outcomes) == (1, ())
    assert shown(server, ticket, TITLE) == "B"


def test_bases_that_lead_back_to_themselves_are_followed_to_an_end(
    server: MemoryServer, anna: Device, ben: Device, ticket: bytes
) -> None:
    """No desk makes such, but the codec carries a base that is the change itself or a later one."""
    server.permit = lambda *_: "no right: edit"
    assert ben.do(ticket, {TITLE: "A"}, Ref(ben.dev, 1)).code == Code.RETURNED
    assert ben.do(ticket, {TITLE: "B"}, Ref(ben.dev, 3)).code == Code.RETURNED
    assert ben.do(ticket, {TITLE: "C"}, Ref(ben.dev, 2)).code == Code.RETURNED
    server.permit = lambda *_: None
    for base in (1, 2, 3):
        assert anna.do(ticket, {TITLE: "Big pump"}, Ref(ben.dev, base)).code == Code.RETURNED
    assert anna.do(ticket, {TITLE: "Big pump"}, ver(server, ticket)).code == Code.ACCEPTED
