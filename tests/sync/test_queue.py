"""The desk's queue on a real database, against the centre over memory, one message at a time."""

from random import Random

import msgspec
import pytest

from opsdesk.models.threads import Comment
from opsdesk.models.tickets import Ticket
from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.simulator.world import UNITS
from opsdesk.sync.core import codec
from opsdesk.sync.core.feed import Reader
from opsdesk.sync.core.messages import Conflict
from opsdesk.sync.core.state import place_of
from tests.sync.queues import NOW, U1, U2, edit, make, new_desk, shown, talk


def test_what_one_desk_makes_another_sees(server: MemoryServer, anna: SimDesk, ben: SimDesk) -> None:
    ticket = make(anna)
    talk(anna, server)
    talk(ben, server)
    assert shown(ben, ticket, "title") == "Pump"
    assert anna.session.outbox.waiting() == 0
    assert ben.rows("SELECT count(*) FROM change") == [(0,)], "what came in is no change of this desk"
    assert ben.rows("SELECT field, dseq FROM received_change") == [(0, 1)]


def test_what_comes_in_tells_of_the_queue_only_where_something_waits_or_came_back(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    ticket = make(anna)
    talk(anna, server)
    question = ben.session.next(NOW)
    assert question is not None
    ben.database.connection.execute("INSERT INTO returned_change VALUES (99, 'no right', 1, 2, 'proposed', '', NULL)")
    assert not ben.session.receive(server.receive(question, ben.link, ben.reader), NOW).queue
    edit(ben, ticket, title="Pump two")
    ben.session.begin()
    told = []
    while (message := ben.session.next(NOW)) is not None:
        told.append(ben.session.receive(server.receive(message, ben.link, ben.reader), NOW).queue)
    assert told == [True, True], "the answer to the push, and the feed that settles it"


def test_an_edit_waits_until_the_feed_has_shown_what_became_of_it(server: MemoryServer, anna: SimDesk) -> None:
    ticket = make(anna)
    message = anna.session.next(NOW)
    assert message is not None
    anna.session.receive(server.receive(message, anna.link), NOW)
    assert anna.session.outbox.waiting() == 1
    assert anna.rows("SELECT ver FROM ticket WHERE id = ?", ticket) == [(0,)], "an answer raises no version"
    talk(anna, server)
    assert anna.session.outbox.waiting() == 0
    assert anna.rows("SELECT ver FROM ticket WHERE id = ?", ticket)[0][0] > 0


def test_an_edit_made_during_a_pull_survives_it(server: MemoryServer, anna: SimDesk, ben: SimDesk) -> None:
    ticket = make(anna)
    talk(anna, server)
    talk(ben, server)
    edit(anna, ticket, title="From Anna")
    talk(anna, server)
    edit(ben, ticket, title="From Ben", location="Quay")
    ben.session.begin()
    ben.session._pushing = False  # the pull was under way when the edit was made
    while (message := ben.session.next(NOW)) is not None:
        ben.session.receive(server.receive(message, ben.link), NOW)
    assert shown(ben, ticket, "title") == "From Ben"
    assert ben.rows("SELECT value FROM server_value") == [("From Anna",)]
    talk(ben, server)
    assert (shown(ben, ticket, "title"), shown(ben, ticket, "location")) == ("From Anna", "Quay")
    assert ben.rows("SELECT count(*) FROM conflict WHERE open = 1") == [(1,)]


def test_an_answer_that_got_lost_is_asked_for_again(server: MemoryServer, anna: SimDesk) -> None:
    make(anna)
    message = anna.session.next(NOW)
    assert message is not None
    first = server.receive(message, anna.link)
    anna.restart()
    assert anna.session.next(NOW) == message
    assert server.receive(message, anna.link) == first
    assert len(server.held.changes) == 1


def test_a_frame_that_begins_elsewhere_is_ignored(server: MemoryServer, anna: SimDesk, ben: SimDesk) -> None:
    ticket = make(anna)
    talk(anna, server)
    replies = talk(ben, server)
    edit(anna, ticket, title="Newer")
    talk(anna, server)
    talk(ben, server)
    for reply in replies:
        ben.session.receive(reply, NOW)
    assert shown(ben, ticket, "title") == "Newer"


def test_a_returned_edit_gives_way_and_lies_in_the_box(server: MemoryServer, anna: SimDesk) -> None:
    ticket = make(anna)
    talk(anna, server)
    server.permit = lambda _batch, change, _record: "not allowed" if change.values.get(13) == "Bad" else None
    edit(anna, ticket, title="Bad")
    talk(anna, server)
    assert shown(anna, ticket, "title") == "Pump"
    assert anna.rows("SELECT seq, reason FROM returned_change") == [(2, "not allowed")]


def test_an_edit_returned_above_a_waiting_creation_gives_way_to_what_was_created(
    server: MemoryServer, anna: SimDesk
) -> None:
    ticket = make(anna)
    server.permit = lambda _batch, change, _record: "not allowed" if change.field else None
    edit(anna, ticket, title="Bad")
    talk(anna, server)
    assert shown(anna, ticket, "title") == "Pump"


def test_a_returned_creation_goes_and_no_later_edit_makes_it_a_record_of_nothing(
    server: MemoryServer, anna: SimDesk
) -> None:
    server.permit = lambda _batch, change, _record: None if change.field else "not allowed"
    ticket = make(anna)
    message = anna.session.next(NOW)
    assert message is not None
    anna.session.receive(server.receive(message, anna.link), NOW)
    edit(anna, ticket, title="Still here")
    talk(anna, server)
    talk(anna, server)
    assert server.held.records == {}
    assert anna.rows("SELECT count(*) FROM ticket") == [(0,)]
    assert anna.rows("SELECT count(*) FROM returned_change") == [(2,)]


def test_what_is_created_in_the_batch_that_moves_its_ticket_moves_along(server: MemoryServer, anna: SimDesk) -> None:
    ben = new_desk("BEN", Reader(None, {U2}, 1))
    ticket = make(anna)
    anna._insert(Comment, {"subject": ticket, "body": "Both lanes", "written_at": NOW, "unit": U1}, NOW)
    edit(anna, ticket, unit=U2)
    talk(anna, server)
    talk(ben, server)
    assert ben.rows("SELECT body FROM comment") == [("Both lanes",)]
    ben.database.close()


def test_what_leaves_a_desks_scope_goes_once_nothing_of_it_waits(server: MemoryServer, anna: SimDesk) -> None:
    ben = new_desk("BEN", Reader(None, {U1}, 1))
    ticket = make(anna)
    talk(anna, server)
    talk(ben, server)
    edit(anna, ticket, unit=U2)
    talk(anna, server)
    edit(ben, ticket, location="Quay")
    ben.session.begin()
    ben.session._pushing = False
    while (message := ben.session.next(NOW)) is not None:
        ben.session.receive(server.receive(message, ben.link, ben.reader), NOW)
    assert shown(ben, ticket, "location") == "Quay", "what waits is not taken away"
    talk(ben, server)
    assert ben.rows("SELECT count(*) FROM ticket") == [(0,)]
    assert server.held.records[ticket].values[22] == "Quay"
    assert ben.rows("SELECT count(*) FROM ticket_fts_docsize") == [(0,)]
    ben.database.close()


def test_a_record_is_never_deleted_by_anybody_else(anna: SimDesk) -> None:
    ticket = make(anna)
    with pytest.raises(Exception, match="never deleted"), anna.database.transaction(now=NOW):
        anna.database.connection.execute("DELETE FROM ticket WHERE id = ?", (ticket,))


def test_a_text_whose_base_the_server_forgot_is_merged_all_the_same(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    ticket = make(anna, description="one\n\ntwo\n\nthree")
    talk(anna, server)
    talk(ben, server)
    server.forgets = True
    opened = ben._editor(Ticket, ticket, ("description",))
    edit(anna, ticket, description="ONE\n\ntwo\n\nthree")
    talk(anna, server)
    edit(ben, ticket, title="An edit that waits")
    talk(ben, server)
    ben._update(opened, {"description": "one\n\ntwo\n\nTHREE"}, NOW)
    talk(ben, server)
    talk(ben, server)
    assert shown(ben, ticket, "description") == "ONE\n\ntwo\n\nTHREE"


def test_the_old_text_is_what_the_form_showed_though_another_window_wrote_meanwhile(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    ticket = make(anna, description="one\n\ntwo\n\n")
    for desk in (anna, ben):
        talk(desk, server)
    server.forgets = True
    edit(anna, ticket, description="one\n\ntwo\n\nthree\n\n")
    talk(anna, server)
    opened = ben._editor(Ticket, ticket, ("description",))
    edit(ben, ticket, description="one\n\ntwo\n\nthree\n\n")
    ben._update(opened, {"description": "one\n\nTWO\n\n"}, NOW)
    for _ in range(3):
        talk(ben, server)
    conflict = ben.rows("SELECT open FROM conflict")
    assert conflict == [(1,)] or "three" in shown(ben, ticket, "description")


def test_a_form_opened_over_an_own_edit_that_is_settled_meanwhile_goes_on_from_that_edit(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    """Else the version of the row would claim that the other's value, never shown in this form, had been seen."""
    ticket = make(anna)
    for desk in (anna, ben):
        talk(desk, server)
    edit(anna, ticket, title="From Anna")
    talk(anna, server)
    edit(ben, ticket, title="From Ben")
    ben.session.begin()
    ben.session._pushing = False
    while (message := ben.session.next(NOW)) is not None:
        ben.session.receive(server.receive(message, ben.link), NOW)
    opened = ben._editor(Ticket, ticket, ("title",))
    talk(ben, server)
    ben._update(opened, {"title": "From Ben, better"}, NOW)
    talk(ben, server)
    assert server.held.records[ticket].values[13] == "From Anna"
    (conflict,) = server.held.conflicts.values()
    assert [one.value for one in conflict.candidates] == ["From Ben, better"]


def test_a_restored_server_is_offered_again_what_it_lost(server: MemoryServer, anna: SimDesk, ben: SimDesk) -> None:
    ticket = make(anna)
    for desk in (anna, ben):
        talk(desk, server)
    backup = server.held.backup()
    edit(anna, ticket, title="After the backup")
    later = make(anna, title="Also lost")
    for desk in (anna, ben):
        talk(desk, server)
    edit(ben, ticket, title="On top of it")
    talk(ben, server)
    server.restore(backup)
    edit(ben, later, location="Quay")
    for desk in (ben, anna, ben, anna):
        talk(desk, server)
    values = server.held.records[ticket].values
    assert (values[13], server.held.records[later].values[22]) == ("On top of it", "Quay")
    for desk in (anna, ben):
        assert desk.session.outbox.waiting() == 0
        assert (shown(desk, ticket, "title"), shown(desk, later, "location")) == ("On top of it", "Quay")
    assert server.held.conflicts == {}


def test_a_copied_disk_becomes_a_desk_of_its_own_and_nothing_is_lost(server: MemoryServer, anna: SimDesk) -> None:
    ticket = make(anna)
    talk(anna, server)
    twin = anna.clone("TWN")
    edit(anna, ticket, title="From Anna")
    edit(twin, ticket, location="From the twin")
    talk(anna, server)
    talk(twin, server)
    talk(twin, server)
    assert twin.database.identity != anna.database.identity
    assert twin.session.outbox.waiting() == 0
    values = server.held.records[ticket].values
    assert (values[13], values[22]) == ("From Anna", "From the twin")
    twin.database.close()


def test_unknown_fields_are_kept_byte_for_byte(server: MemoryServer, anna: SimDesk) -> None:
    from tests.sync.parts import Device

    ticket = make(anna)
    talk(anna, server)
    Device(server, "newer").do(ticket, {900: {"depth": [1, b"x"]}}, 9)
    talk(anna, server)
    assert anna.rows("SELECT field, value FROM unknown_value") == [(900, b"\x81\xa5depth\x92\x01\xc4\x01x")]


def test_settling_a_conflict_on_one_desk_settles_it_on_all(server: MemoryServer, anna: SimDesk, ben: SimDesk) -> None:
    ticket = make(anna)
    for desk in (anna, ben):
        talk(desk, server)
    for desk in (anna, ben):
        edit(desk, ticket, title=f"From {desk.name}")
    for desk in (anna, ben, anna):
        talk(desk, server)
    assert shown(ben, ticket, "title") == "From ANN"
    ben.made = 0
    ben.rng = Random(3)
    ben._resolve(NOW)
    for desk in (ben, anna):
        talk(desk, server)
    for desk in (anna, ben):
        assert desk.rows("SELECT count(*) FROM conflict WHERE open = 1") == [(0,)]
    assert shown(anna, ticket, "title") == shown(ben, ticket, "title")


def test_a_question_is_no_answer(anna: SimDesk) -> None:
    message = anna.session.next(NOW)
    assert message is not None
    with pytest.raises(codec.Malformed):
        anna.session.receive(message, NOW)


def test_a_value_that_gave_way_to_a_more_severe_one_keeps_its_author_and_time(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    ticket = make(anna, priority=2)
    talk(anna, server)
    talk(ben, server)
    edit(anna, ticket, priority=1)
    edit(ben, ticket, priority=4)
    talk(anna, server)
    talk(ben, server)
    ((packed,),) = ben.rows("SELECT packed FROM conflict WHERE open = 1")
    (low,) = msgspec.msgpack.decode(packed, type=Conflict).candidates
    author, clock = anna.rows("SELECT actor, hlc FROM change WHERE field = 30")[0]
    assert (low.value, low.actor, low.hlc) == (1, author, clock)
    assert author is not None


def test_a_record_that_moves_into_reach_was_last_changed_when_it_moved(server: MemoryServer, anna: SimDesk) -> None:
    ben = SimDesk.new("BEN", Random("BEN"), UNITS, [place_of(U2, 1)])
    ticket = make(anna)
    talk(anna, server)
    edit(anna, ticket, unit=U2)
    (moved,) = anna.rows("SELECT hlc >> 16 FROM change WHERE field = 1")[0]
    talk(anna, server)
    talk(ben, server)
    assert ben.rows("SELECT updated_at FROM ticket") == [(moved,)]
