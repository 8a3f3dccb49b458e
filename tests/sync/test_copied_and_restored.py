"""A server that was restored, together with a copied disk or with rights that change: nothing is lost of either."""

from collections.abc import Iterator

import pytest

from opsdesk.models.threads import Tag, Watcher
from opsdesk.models.tickets import Ticket
from opsdesk.simulator.desks import PEOPLE, SimDesk
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.simulator.world import UNITS
from opsdesk.sync.core.feed import Reader
from opsdesk.sync.core.messages import Code
from tests.sync.queues import NOW, edit, make, shown, talk

U1, U2 = UNITS


def look(desk: SimDesk, server: MemoryServer) -> None:
    """A whole round that begins with the question what may be read."""
    desk.session.begin()
    message: bytes | None = desk.session.look(0)
    while message is not None:
        desk.session.receive(server.receive(message, desk.link, desk.reader), NOW)
        message = desk.session.next(NOW)
    desk.session.end(NOW)


def refuse(server: MemoryServer, desk: SimDesk) -> None:
    """Take the right to write from whoever works at a desk."""
    server.permit = lambda batch, _change, _record: "no right: edit" if batch.dev == desk.link.dev else None


@pytest.fixture
def carl(anna: SimDesk) -> Iterator[SimDesk]:
    """A desk on a copy of Anna's disk, made before she did anything."""
    desk = anna.clone("CRL")
    yield desk
    desk.database.close()


def test_what_the_copy_offers_first_hides_nothing_of_the_original(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, carl: SimDesk
) -> None:
    """Anna's ticket was at the server; after the restore it takes what the copy made in its place for all of it."""
    backup = server.held.backup()
    ticket = make(anna, title="Anna's")
    for _ in range(2):
        talk(anna, server)
    assert anna.session.outbox.waiting() == 0
    other = make(carl, title="Carl's")
    server.restore(backup)
    for desk in (carl, carl, anna, anna, anna, ben, ben):
        talk(desk, server)
    assert (shown(ben, ticket, "title"), shown(ben, other, "title")) == ("Anna's", "Carl's")
    assert anna.session.outbox.device_of(1) != carl.session.outbox.device_of(1)


def test_an_answer_of_the_life_before_does_not_stand_for_what_the_copy_was_told(
    server: MemoryServer, anna: SimDesk
) -> None:
    """The copy's right was taken: what both have comes back to it, and to Anna as well, who thought it accepted."""
    ticket = make(anna)
    talk(anna, server)
    backup = server.held.backup()
    edit(anna, ticket, title="East")
    for _ in range(2):
        talk(anna, server)
    carl = anna.clone("CRL")
    server.restore(backup)
    refuse(server, carl)
    talk(carl, server)
    server.permit = lambda _batch, _change, _record: None
    for _ in range(3):
        talk(anna, server)
    assert anna.rows("SELECT outcome FROM change WHERE field > 0") == [(Code.RETURNED,)]
    assert anna.rows("SELECT count(*) FROM returned_change") == [(1,)], "nothing of it is lost without a word"
    carl.database.close()


def test_what_hangs_on_a_record_that_the_server_lost_stands_on_its_own(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    """Anna may not make her ticket again. The server names no partition for it, and knows Ben's watcher alone."""
    ben.reader = Reader(PEOPLE[1], {U1, U2}, 3)
    make(ben, unit=U2)
    look(ben, server)
    backup = server.held.backup()
    ticket = make(anna, unit=U2, marking=3)
    talk(anna, server)
    look(ben, server)
    watcher = ben._insert(Watcher, {"subject": ticket, "person": PEOPLE[2], "unit": U1}, NOW)
    look(ben, server)
    server.restore(backup)
    refuse(server, anna)
    for desk in (anna, anna, ben, ben, ben, ben):
        look(desk, server)
    assert ticket not in server.held.records
    assert ben.rows("SELECT id FROM watcher") == [(watcher,)]
    assert shown(ben, ticket, "title") == "Pump", "nobody else may have it any more"
    ben.reader = Reader(PEOPLE[1], {U1}, 1, epoch=1)
    look(ben, server)
    assert ben.rows("SELECT id FROM ticket") == [], "but a right that is taken is taken"
    assert ben.rows("SELECT id FROM watcher") == [(watcher,)]


def test_what_hung_on_a_record_before_it_was_lost_goes_with_it(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    """The server knows both, and that Ben may not read them; he has them from the life in which he might."""
    ben.reader = Reader(PEOPLE[1], {U1, U2}, 3)
    ticket = make(anna, unit=U2)
    tag = anna._insert(Tag, {"subject": ticket, "word": "flood", "unit": U1}, NOW)
    talk(anna, server)
    look(ben, server)
    backup = server.held.backup()
    edit(anna, ticket, title="East")
    talk(anna, server)
    look(ben, server)
    server.restore(backup)
    ben.reader = Reader(PEOPLE[1], {U1}, 3, epoch=1)
    for _ in range(3):
        look(ben, server)
    assert ben.rows(f"SELECT id FROM ticket UNION ALL SELECT id FROM tag WHERE id = x'{tag.hex()}'") == []


def test_what_waits_again_of_a_record_that_had_gone_shows_what_the_server_has(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    """Ben's edit waits again after the restore, when he holds no row of it; Anna wrote something else meanwhile."""
    ben.reader = Reader(PEOPLE[1], {U1}, 1)
    ticket = make(anna)
    talk(anna, server)
    look(ben, server)
    backup = server.held.backup()
    edit(ben, ticket, title="West")
    for _ in range(2):
        look(ben, server)
    talk(anna, server)
    edit(anna, ticket, unit=U2)
    talk(anna, server)
    look(ben, server)
    assert ben.rows("SELECT count(*) FROM ticket") == [(0,)]
    server.restore(backup)
    ben.reader = Reader(PEOPLE[1], {U1, U2}, 1, epoch=1)
    talk(anna, server)
    edit(anna, ticket, title="East")
    talk(anna, server)
    for _ in range(3):
        look(ben, server)
    assert shown(ben, ticket, "title") == server.held.records[ticket].values[13] == "East"
    assert ben.rows("SELECT count(*) FROM server_value") == [(0,)]
    assert ben.rows("SELECT count(*) FROM conflict WHERE open") == [(1,)], "both values are kept"


def test_a_line_that_another_took_out_and_may_not_is_not_taken_out_by_the_next_edit(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    ticket = make(anna, description="one\n\ntwo\n\nthree\n\n")
    for desk in (anna, ben):
        talk(desk, server)
    backup = server.held.backup()
    edit(anna, ticket, description="one\n\nthree\n\n")
    for desk in (anna, ben):
        talk(desk, server)
    edit(ben, ticket, description="one\n\nthree\n\nfour\n\n")
    server.restore(backup)
    refuse(server, anna)
    for desk in (anna, anna, ben, ben, ben):
        talk(desk, server)
    assert server.held.records[ticket].values[14] == "one\n\ntwo\n\nthree\n\nfour\n\n"
    assert server.held.conflicts == {}


def test_a_line_that_the_writer_took_out_before_and_might_not_stays_out(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    """Anna's own removal came back after the restore; her form, which she saves when she may write again, shows it."""
    ticket = make(ben, description="one\n\ntwo\n\nthree\n\n")
    for desk in (ben, anna):
        talk(desk, server)
    backup = server.held.backup()
    edit(anna, ticket, description="one\n\nthree\n\n")
    for _ in range(2):
        talk(anna, server)
    opened = anna._editor(Ticket, ticket, ("description",))
    server.restore(backup)
    refuse(server, anna)
    for _ in range(3):
        talk(anna, server)
    assert shown(anna, ticket, "description") == "one\n\ntwo\n\nthree\n\n"
    server.permit = lambda _batch, _change, _record: None
    anna._update(opened, {"description": "one\n\nthree\n\nfour\n\n"}, NOW)
    for desk in (anna, anna, ben):
        talk(desk, server)
    assert shown(ben, ticket, "description") == "one\n\nthree\n\nfour\n\n"
    assert server.held.conflicts == {}


def test_a_value_over_another_that_may_not_be_written_again_asks_nobody(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    ticket = make(anna)
    for desk in (anna, ben):
        talk(desk, server)
    backup = server.held.backup()
    edit(anna, ticket, title="East")
    for desk in (anna, ben):
        talk(desk, server)
    edit(ben, ticket, title="West")
    server.restore(backup)
    refuse(server, anna)
    for desk in (anna, anna, ben, ben, ben):
        talk(desk, server)
    assert server.held.records[ticket].values[13] == "West"
    assert server.held.conflicts == {}


@pytest.mark.parametrize("refused", [False, True])
def test_who_goes_on_from_what_was_written_under_an_earlier_name_is_asked_nothing(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, refused: bool
) -> None:
    """A copy has a name of its own since it was told so. The restored server was not asked about the earlier one, under
    which it offers again what its form had shown; that may be refused now."""
    ticket = make(anna, description="one\n\ntwo\n\n")
    for desk in (anna, anna, ben):
        talk(desk, server)
    backup = server.held.backup()
    edit(anna, ticket, description="one\n\ntwo")
    for _ in range(2):
        talk(anna, server)
    carl = anna.clone("CRL")
    for desk in (anna, carl):
        edit(desk, ticket, title=f"{desk.name}'s")
    for desk in (anna, anna, carl, carl, carl):
        talk(desk, server)
    assert carl.session.outbox.device_of(2) != carl.session.outbox.device_of(3), "it goes on under a name of its own"
    edit(carl, ticket, description="one\n\nthree")
    server.restore(backup)
    if refused:
        refuse(server, anna)
    for desk in (carl, carl, carl, anna, anna, ben, ben):
        talk(desk, server)
    assert [one for one in server.held.conflicts.values() if one.field == 14] == []
    assert shown(ben, ticket, "description") == "one\n\nthree"
    assert carl.session.outbox.waiting() == 0
    carl.database.close()


@pytest.mark.parametrize("restored", [False, True])
def test_a_text_upon_an_own_edit_that_came_back_under_an_earlier_name_is_taken_whole(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, restored: bool
) -> None:
    """Anna takes a line out, and may not; then a copy of her disk comes first. Her form, which shows the text without
    the line, is saved under the new name."""
    ticket, other = make(anna, description="one\n\ntwo\n\nthree\n\n"), make(anna)
    for desk in (anna, anna, ben):
        talk(desk, server)
    if restored:
        server.restore(server.held.backup())
        for desk in (anna, anna, ben):
            talk(desk, server)
    refuse(server, anna)
    edit(anna, ticket, description="one\n\nthree\n\n")
    opened = anna._editor(Ticket, ticket, ("description",))
    talk(anna, server)
    server.permit = lambda _batch, _change, _record: None
    carl = anna.clone("CRL")
    edit(carl, other, title="Carl's")
    talk(carl, server)
    anna._update(opened, {"description": "one\n\nthree\n\nfour\n\n"}, NOW)
    for desk in (anna, anna, anna, ben, ben):
        talk(desk, server)
    assert anna.session.outbox.device_of(3) != anna.session.outbox.device_of(4)
    assert shown(ben, ticket, "description") == "one\n\nthree\n\nfour\n\n"
    assert server.held.conflicts == {}
    carl.database.close()
