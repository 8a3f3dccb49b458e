"""What a desk tells a restored server of changes that wait again, where the server has forgotten what stood there."""

from opsdesk.models.tickets import Ticket
from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.memory_server import MemoryServer
from tests.sync.test_queue import NOW, anna, ben, edit, make, server, shown, talk

__all__ = ["anna", "ben", "server"]


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
