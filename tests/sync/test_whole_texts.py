"""A record that comes in whole tells of its text only where another has written it."""

from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.memory_server import MemoryServer
from tests.sync.queues import edit, make, talk


def test_an_own_record_that_comes_back_whole_was_changed_by_nobody(server: MemoryServer, anna: SimDesk) -> None:
    server.walks_from = 1
    make(anna, description="Across both lanes")
    talk(anna, server)
    assert anna.session.outbox.waiting() == 0
    assert anna.rows("SELECT field, old, new FROM received_change WHERE field = 14") == []


def test_a_text_that_another_wrote_and_that_comes_in_whole_is_told(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    ticket = make(anna, description="Across both lanes")
    talk(anna, server)
    talk(ben, server)
    edit(anna, ticket, description="Across one lane")
    talk(anna, server)
    server.walks_from = 1
    ben.rows("UPDATE feed_cursor SET pos = 0")
    talk(ben, server)
    assert ben.rows("SELECT old, new FROM received_change WHERE field = 14") == [
        ("Across both lanes", "Across one lane")
    ]
