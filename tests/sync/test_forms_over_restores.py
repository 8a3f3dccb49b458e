"""Forms that showed what a restored server lost, and are saved when the desk shows something else."""

import pytest

from opsdesk.models.tickets import Ticket
from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.desks.writing import withdraw
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.sync.core import codec
from opsdesk.sync.core.messages import Batch
from tests.sync.queues import NOW, edit, make, new_desk, shown, talk


def learn(desk: SimDesk, server: MemoryServer) -> None:
    """Talk until the desk knows that the server was restored, and no feed has been read anew."""
    desk.session.begin()
    while desk.session.inbox.epoch() == 0:
        message = desk.session.next(NOW) or desk.session.look(0)
        desk.session.receive(server.receive(message, desk.link, desk.reader), NOW)


def said(server: MemoryServer, desk: SimDesk, ticket: bytes) -> str:
    """All that is shown of a text, or asked about."""
    return "".join(
        [
            shown(desk, ticket, "description"),
            *(str(c.value) for o in server.held.conflicts.values() for c in o.candidates),
        ]
    )


@pytest.mark.parametrize("order", ["ab", "ba"])
@pytest.mark.parametrize("later", [False, True], ids=["last", "not last"])
@pytest.mark.parametrize("whole", [False, True], ids=["by feed", "whole"])
@pytest.mark.parametrize("opened", ["before", "known"])
@pytest.mark.parametrize("saved", ["at once", "known", "anew"])
def test_a_line_that_was_put_back_is_not_taken_out_by_a_form_that_never_showed_it(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, order: str, later: bool, whole: bool, opened: str, saved: str
) -> None:
    """Anna takes a line out, and puts it back unsent. Ben's form shows the ticket without it, and the server loses that
    with all that came after the ticket (or after another one)."""
    server.walks_from = 1 if whole else 10_000
    ticket = make(anna, description="one\n\n")
    talk(anna, server)
    if not whole:
        talk(ben, server)
    if later:
        make(anna, number="T-2")
        talk(anna, server)
    backup = server.held.backup()
    edit(anna, ticket, description="")
    for desk in (anna, ben):
        talk(desk, server)
    edit(anna, ticket, description="one\n\n")
    form = ben._editor(Ticket, ticket, ("description",))
    if saved == "at once":
        ben._update(form, {"description": "two\n\n"}, NOW)
    server.restore(backup)
    learn(ben, server)
    if opened == "known":
        form = ben._editor(Ticket, ticket, ("description",))
    assert form.sights["description"].value == ("two\n\n" if saved == "at once" and opened == "known" else "")
    if saved == "known":
        ben._update(form, {"description": "two\n\n"}, NOW)
    for _ in range(2):
        talk(ben, server)
    if saved == "anew":
        assert shown(ben, ticket, "description") == "one\n\n"
        ben._update(form, {"description": "two\n\n"}, NOW)
    for name in order * 3:
        talk(anna if name == "a" else ben, server)
    assert "one" in said(server, ben, ticket)
    assert "two" in said(server, ben, ticket)
    assert shown(ben, ticket, "description") == shown(anna, ticket, "description")
    assert [desk.session.outbox.waiting() for desk in (anna, ben)] == [0, 0]


@pytest.mark.parametrize("order", ["ab", "ba"])
@pytest.mark.parametrize("whole", [False, True], ids=["by feed", "whole"])
@pytest.mark.parametrize("opened", ["before", "known"])
@pytest.mark.parametrize("saved", ["known", "anew", "settled"])
def test_an_own_line_that_another_put_back_is_not_taken_out_by_a_form_that_did_not_show_it(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, order: str, whole: bool, opened: str, saved: str
) -> None:
    """Anna wrote the line, Ben took it out, and puts it back unsent. Hers waits again when the server has lost it."""
    ticket = make(anna)
    for desk in (anna, ben):
        talk(desk, server)
    backup = server.held.backup()
    edit(anna, ticket, description="one\n\n")
    for desk in (anna, ben):
        talk(desk, server)
    edit(ben, ticket, description="")
    talk(ben, server)
    server.walks_from = 1 if whole else 10_000
    if whole:
        anna.rows("UPDATE feed_cursor SET pos = 0")
    talk(anna, server)
    edit(ben, ticket, description="one\n\n")
    form = anna._editor(Ticket, ticket, ("description",))
    server.restore(backup)
    learn(anna, server)
    if opened == "known":
        form = anna._editor(Ticket, ticket, ("description",))
    assert form.sights["description"].value == ""
    if saved == "known":
        anna._update(form, {"description": "two\n\n"}, NOW)
    for _ in range(2):
        talk(anna, server)
    if saved == "settled":
        for desk in (ben, ben, anna):
            talk(desk, server)
        assert anna.session.outbox.waiting() == 0
    if saved != "known":
        anna._update(form, {"description": "two\n\n"}, NOW)
    for name in order * 3:
        talk(anna if name == "a" else ben, server)
    assert "one" in said(server, ben, ticket)
    assert "two" in said(server, ben, ticket)
    assert shown(ben, ticket, "description") == shown(anna, ticket, "description")
    assert [desk.session.outbox.waiting() for desk in (anna, ben)] == [0, 0]


def test_an_edit_that_is_taken_back_shows_again_what_its_form_had_shown(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    """Not what stood in the row when it was saved, for which it never was an edit."""
    ticket = make(anna)
    for desk in (anna, ben):
        talk(desk, server)
    backup = server.held.backup()
    edit(anna, ticket, title="East")
    for desk in (anna, ben):
        talk(desk, server)
    form = ben._editor(Ticket, ticket, ("title",))
    server.restore(backup)
    for _ in range(2):
        talk(ben, server)
    assert shown(ben, ticket, "title") == "Pump"
    ben._update(form, {"title": "West"}, NOW)
    withdraw(ben, Ticket, ticket, ben.newest(), 13, NOW)
    assert shown(ben, ticket, "title") == "East"
    for desk in (anna, ben) * 3:
        talk(desk, server)
    assert [shown(desk, ticket, "title") for desk in (anna, ben)] == ["East", "East"]
    assert server.held.conflicts == {}


@pytest.mark.parametrize("edited", ["one\n\ntwo\n\n", "two\n\n", ""])
def test_an_edit_of_an_own_ticket_that_waits_again_tells_what_stood_there_before_it(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, edited: str
) -> None:
    """A ticket was made before Anna's disk was copied. The server has lost it, and the copy offers it again. It is
    edited there while the answer is read, and the edit is sent when the ticket has come back."""
    backup = server.held.backup()
    ticket = make(anna, description="one\n\n")
    for desk in (anna, ben):
        talk(desk, server)
    copy = anna.clone("COP")
    for desk in (anna, copy):
        make(desk, number=f"{desk.name}-2")
        talk(desk, server)
    server.restore(backup)
    learn(copy, server)
    copy.session.begin()
    while (message := copy.session.next(NOW)) is not None:
        if not isinstance(codec.decode(message, copy.link), Batch) and shown(copy, ticket, "description") != edited:
            edit(copy, ticket, description=edited)
        copy.session.receive(server.receive(message, copy.link, copy.reader), NOW)
    for desk in (copy, ben, copy):
        talk(desk, server)
    assert [shown(desk, ticket, "description") for desk in (copy, ben)] == [edited, edited]
    assert server.held.conflicts == {}


def test_a_form_that_showed_a_text_mixed_from_two_takes_out_no_line_that_only_one_of_them_had_taken_out(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    """Anna takes a line out and Ben writes another, unseen: the server shows both. Dora writes on that when it is lost.
    Ben's edit comes again first, and shows Anna's line, which Dora has not taken out."""
    dora = new_desk("DOR")
    ticket = make(anna, description="one\n\ntwo\n\n")
    for desk in (anna, ben):
        talk(desk, server)
    backup = server.held.backup()
    edit(anna, ticket, description="one\n\n")
    edit(ben, ticket, description="zero\n\none\n\ntwo\n\n")
    for desk in (anna, ben, dora):
        talk(desk, server)
    assert shown(dora, ticket, "description") == "zero\n\none\n\n"
    edit(dora, ticket, description="first\n\nzero\n\none\n\n")
    server.restore(backup)
    for desk in (ben, ben, dora, dora):
        talk(desk, server)
    assert shown(dora, ticket, "description") == "first\n\nzero\n\none\n\ntwo\n\n"
    talk(anna, server)
    assert "first" in said(server, anna, ticket)
