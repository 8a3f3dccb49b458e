"""What a desk tells a restored server of changes that wait again, where the server has forgotten what stood there."""

import pytest

from opsdesk.models.tickets import Ticket
from opsdesk.services.tickets import past
from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.store.work import Reader
from opsdesk.sync.core.messages import Code, Ref
from tests.sync.queues import NOW, U1, edit, make, shown, talk


def test_lines_that_another_wrote_over_before_the_restore_are_added_again(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    ticket = make(anna, description="one\n\n")
    for desk in (anna, ben):
        talk(desk, server)
    backup = server.held.backup()
    edit(ben, ticket, description="zero\n\none\n\n")
    edit(anna, ticket, description="one\n\ntwo\n\n")
    for desk in (anna, ben, anna):
        talk(desk, server)
    assert shown(anna, ticket, "description") == "zero\n\none\n\ntwo\n\n"
    server.forgets = True
    server.restore(backup)
    for desk in (ben, ben, anna, anna, anna, ben):
        talk(desk, server)
    assert [shown(desk, ticket, "description") for desk in (anna, ben)] == ["zero\n\none\n\ntwo\n\n"] * 2


def test_what_an_open_form_had_shown_is_told_again_as_it_was(server: MemoryServer, anna: SimDesk, ben: SimDesk) -> None:
    ticket = make(anna, description="one\n\ntwo\n\n")
    for desk in (anna, ben):
        talk(desk, server)
    backup = server.held.backup()
    opened = anna._editor(Ticket, ticket, ("description",))
    edit(ben, ticket, description="zero\n\none\n\ntwo\n\n")
    for desk in (ben, anna):
        talk(desk, server)
    anna._update(opened, {"description": "one\n\nTWO\n\n"}, NOW)
    talk(anna, server)
    assert shown(anna, ticket, "description") == "zero\n\none\n\nTWO\n\n"
    server.forgets = True
    server.restore(backup)
    for desk in (ben, ben, anna, anna, anna, ben):
        talk(desk, server)
    assert [shown(desk, ticket, "description") for desk in (anna, ben)] == ["zero\n\none\n\nTWO\n\n"] * 2


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_form_that_showed_what_was_lost_overwrites_nothing_unseen(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, order: str
) -> None:
    """Anna's own edit waits again below it. Ben's, which the form showed, she wrote over, and nobody asks her again."""
    ticket = make(anna)
    carl = anna.clone("CRL")
    carl.database.connection.execute("UPDATE device SET dev = ?", (bytes(16),))
    for desk in (anna, ben):
        talk(desk, server)
    edit(anna, ticket, title="East")
    edit(carl, ticket, title="East")
    talk(carl, server)
    backup = server.held.backup()
    for desk in (anna, ben):
        talk(desk, server)
    edit(ben, ticket, title="West")
    for desk in (ben, anna):
        talk(desk, server)
    opened = anna._editor(Ticket, ticket, ("title",))
    assert opened.sights["title"].value == "West"
    server.restore(backup)
    for _ in range(3):
        talk(anna, server)
    anna._update(opened, {"title": "North"}, NOW)
    for name in order * 3:
        talk(anna if name == "a" else ben, server)
    assert server.held.conflicts == {}
    assert server.held.changes[Ref(ben.database.identity.dev, 1)].outcome.code == Code.ACCEPTED
    assert [shown(desk, ticket, "title") for desk in (anna, ben)] == ["North", "North"]


def test_two_who_wrote_over_each_other_do_not_wait_for_each_other(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    """Ben wrote again what had been there before Anna's: hers was not begun upon his."""
    ticket = make(anna)
    for desk in (anna, ben):
        talk(desk, server)
    backup = server.held.backup()
    edit(anna, ticket, title="East")
    for desk in (anna, ben):
        talk(desk, server)
    edit(ben, ticket, title="Pump")
    for desk in (ben, anna):
        talk(desk, server)
    server.restore(backup)
    for desk in (anna, ben) * 3:
        talk(desk, server)
    assert [desk.session.outbox.waiting() for desk in (anna, ben)] == [0, 0]
    assert [shown(desk, ticket, "title") for desk in (anna, ben)] == ["Pump", "Pump"]
    assert server.held.conflicts == {}


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_text_that_came_in_whole_and_was_lost_takes_no_line_out_unseen(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, order: str
) -> None:
    """Ben was told of a ticket from which Anna had taken a line, and by whom it was taken out he cannot say. He writes
    before the feeds are read anew; she has put the line back."""
    server.walks_from = 1
    ticket = make(anna, description="one\n\n")
    talk(anna, server)
    backup = server.held.backup()
    edit(anna, ticket, description="")
    for desk in (anna, ben):
        talk(desk, server)
    assert shown(ben, ticket, "description") == ""
    edit(anna, ticket, description="one\n\n")
    server.restore(backup)
    ben.session.begin()
    while ben.session.inbox.epoch() == 0:
        message = ben.session.next(NOW) or ben.session.look(0)
        ben.session.receive(server.receive(message, ben.link, ben.reader), NOW)
    edit(ben, ticket, description="two\n\n")
    for name in order * 3:
        talk(anna if name == "a" else ben, server)
    (conflict,) = server.held.conflicts.values()
    said = {shown(anna, ticket, "description"), *(one.value for one in conflict.candidates)}
    assert said == {"one\n\n", "two\n\n"}
    assert shown(ben, ticket, "description") == shown(anna, ticket, "description")


def test_what_was_answered_before_the_restore_waits_for_no_position_of_that_life(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    """The first answer got lost. The second names how far the feed goes by then, which is further than it goes after
    the restore; the change itself was in the backup."""
    ticket = make(anna)
    anna.session.begin()
    asked = anna.session.next(NOW)
    assert asked is not None
    server.receive(asked, anna.link)
    backup = server.held.backup()
    talk(ben, server)
    for title in ("East", "West"):
        edit(ben, ticket, title=title)
    talk(ben, server)
    anna.session.receive(server.receive(asked, anna.link), NOW)
    server.restore(backup)
    # Its author has gone, so that the feed does not grow again.
    for _ in range(3):
        talk(anna, server)
    assert anna.session.outbox.waiting() == 0
    assert shown(anna, ticket, "title") == "Pump"
    edit(anna, ticket, title="North")
    talk(anna, server)
    assert server.held.records[ticket].values[13] == "North"
    assert [one for one, _ in anna.session.outbox.identities()] == [1]


def test_an_edit_that_comes_back_shows_what_it_wrote_over_though_the_creation_waits_again(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    """Anna's folder is a copy, which offers all again that was made under its earlier name. Ben had written over that,
    and the server still has it."""
    ticket = make(anna)
    copy = anna.clone("COP")
    for desk in (anna, copy):
        make(desk, number=f"{desk.name}-2")
        talk(desk, server)
    talk(ben, server)
    edit(ben, ticket, title="East")
    for desk in (ben, copy):
        talk(desk, server)
    backup = server.held.backup()
    make(ben, number="T-3")
    talk(ben, server)
    edit(copy, ticket, title="West")
    server.restore(backup)
    server.permit = lambda _batch, change, _record: "no right: edit" if change.field else None
    for _ in range(3):
        copy.session.receive(server.receive(copy.session.look(0), copy.link, copy.reader), NOW)
        talk(copy, server)
    assert shown(copy, ticket, "title") == "East"


@pytest.mark.parametrize("walks_from", [1, 10_000], ids=["walk", "feed"])
def test_what_a_restored_server_tells_again_stands_once_in_the_history(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, walks_from: int
) -> None:
    """It has other versions now, by which forms go on to be judged; what is said in them is new to nobody."""
    server.walks_from = walks_from
    ticket = make(anna)
    for desk in (anna, anna, ben):
        talk(desk, server)
    backup = server.held.backup()
    edit(ben, ticket, title="East")
    edit(ben, ticket, title="South")
    for desk in (ben, anna):
        talk(desk, server)
    for _ in range(2):
        server.restore(backup)
        for desk in (ben, ben, anna, anna):
            talk(desk, server)
    reader = Reader(anna.database.connection, person=bytes(16), unit=U1, now=NOW)
    told = [(row.before, row.after) for row in past.history(reader, ticket) if row.field == "title"]
    assert told == [("East", "South"), ("Pump", "East")]
    assert past.count(reader, ticket) == len(past.history(reader, ticket))
    edit(ben, ticket, title="West")
    for desk in (ben, anna):
        talk(desk, server)
    assert past.history(reader, ticket)[0].after == "West"
