"""Own edits taken back: while they wait, and after the server took them."""

from opsdesk.models.tickets import Ticket
from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.desks.writing import withdraw
from opsdesk.simulator.memory_server import MemoryServer
from tests.sync.queues import NOW, edit, make, shown, talk


def test_taking_back_an_edit_that_waits_leaves_no_trace_of_it(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    ticket = make(anna)
    for desk in (anna, ben):
        talk(desk, server)
    edit(anna, ticket, title="From Anna")
    edit(ben, ticket, title="From Ben")
    with ben.database.transaction(now=NOW):
        ben.session.outbox.withdraw(1)
    assert shown(ben, ticket, "title") == "Pump"
    for desk in (anna, ben, ben):
        talk(desk, server)
    assert shown(ben, ticket, "title") == "From Anna"
    assert not any(conflict.open for conflict in server.held.conflicts.values())


def test_taking_back_what_the_server_shows_already_gives_back_what_was_there_before(
    server: MemoryServer, anna: SimDesk
) -> None:
    ticket = make(anna)
    talk(anna, server)
    edit(anna, ticket, title="Other")
    with anna.database.transaction(now=NOW):
        anna.session.outbox.put_beneath(10, ticket, 13, "Other")  # as after a restored server lost what it had taken
        anna.session.outbox.withdraw(2)
    assert shown(anna, ticket, "title") == "Pump"
    talk(anna, server)
    assert shown(anna, ticket, "title") == server.held.records[ticket].values[13] == "Pump"


def test_undoing_an_edit_that_nobody_touched_restores_the_exact_value(server: MemoryServer, anna: SimDesk) -> None:
    ticket = make(anna)
    talk(anna, server)
    edit(anna, ticket, title="Other")
    anna.session.begin()
    message = anna.session.next(NOW)
    assert message is not None
    server.receive(message, anna.link)  # the server has it; the desk does not know yet
    with anna.database.transaction(now=NOW):
        anna.session.outbox.withdraw(2)
    anna.restart()
    talk(anna, server)
    talk(anna, server)
    assert shown(anna, ticket, "title") == server.held.records[ticket].values[13] == "Pump"


def test_taking_back_what_went_on_from_an_own_edit_shows_that_edit_though_a_restored_server_lost_the_version_of_the_row(
    server: MemoryServer, anna: SimDesk
) -> None:
    """The earlier edit waited when the server was restored, and has been answered; no feed has told of it yet."""
    backup = server.held.backup()
    ticket = make(anna)
    talk(anna, server)
    edit(anna, ticket, title="East")
    server.restore(backup)
    for _ in range(2):
        anna.session.receive(server.receive(anna.session.look(0), anna.link, anna.reader), NOW)
        talk(anna, server)
    # As where the feed that tells of it is another one, which has not been read anew.
    anna.rows("UPDATE ticket SET ver = 1")
    edit(anna, ticket, title="West")
    withdraw(anna, Ticket, ticket, anna.newest(), 13, NOW)
    assert shown(anna, ticket, "title") == "East"
