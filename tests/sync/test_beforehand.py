"""The next batch is made while the last one is judged: what goes out, and in which order, is as without that."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.sync.core import codec
from opsdesk.sync.core.messages import Answer, Batch, Ref
from opsdesk.sync.core.pacing import Pace
from tests.sync.queues import NOW, edit, make, talk

THIN = Pace(bytes_per_second=1.0)
"""A link that gives a batch of some twenty changes room."""


@pytest.fixture
def busy(server: MemoryServer, anna: SimDesk) -> SimDesk:
    """A desk with more edits than go into two batches."""
    ticket = make(anna)
    for _ in range(2):
        talk(anna, server)
    for number in range(60):
        edit(anna, ticket, location=f"Quay {number}")
    anna.session.pace = THIN
    anna.session.begin()
    return anna


def sent(desk: SimDesk) -> tuple[bytes, Batch]:
    """The next message of a round, which is a batch."""
    message = desk.session.next(NOW)
    assert message is not None
    batch = codec.decode(message, desk.link)
    assert isinstance(batch, Batch)
    return message, batch


def answered(desk: SimDesk, server: MemoryServer, message: bytes) -> Answer:
    answer = codec.decode(server.receive(message, desk.link), desk.link)
    assert isinstance(answer, Answer)
    return answer


def pushed(desk: SimDesk, server: MemoryServer, made: Callable[[], object]) -> list[int]:
    """Push all that waits, `made` before each answer; what went out, in its order."""
    out: list[int] = []
    while True:
        message = desk.session.next(NOW)
        batch = None if message is None else codec.decode(message, desk.link)
        if message is None or not isinstance(batch, Batch):
            return out
        out += [change.dseq for change in batch.changes]
        made()
        desk.session.receive(server.receive(message, desk.link), NOW)


def test_the_next_batch_is_foretold_by_an_answer_and_goes_out_as_it_was_made(
    server: MemoryServer, busy: SimDesk
) -> None:
    message, first = sent(busy)
    assert busy.session.beforehand(NOW)
    answer = answered(busy, server, message)
    foretold = busy.session.ahead(answer)
    busy.session.take(answer, NOW)
    message, second = sent(busy)
    assert message == foretold
    assert second.changes[0].dseq == first.changes[-1].dseq + 1


@pytest.mark.parametrize("made", ["beforehand", "when it is due"])
def test_all_goes_out_once_and_in_order(server: MemoryServer, busy: SimDesk, made: str) -> None:
    once = pushed(busy, server, (lambda: busy.session.beforehand(NOW)) if made == "beforehand" else lambda: None)
    assert once == list(range(2, 62))
    talk(busy, server)
    assert busy.session.outbox.waiting() == 0


def test_an_edit_made_meanwhile_goes_out_behind_the_others(server: MemoryServer, busy: SimDesk) -> None:
    (ticket,) = (row[0] for row in busy.rows("SELECT id FROM ticket"))
    more = iter(range(3))

    def work() -> None:
        busy.session.beforehand(NOW)
        if next(more, None) is not None:
            edit(busy, ticket, title="Pump, once more")
            edit(busy, ticket, title="Pump")

    assert pushed(busy, server, work) == list(range(2, 68))


def test_nothing_is_made_beforehand_where_nothing_else_waits(server: MemoryServer, anna: SimDesk) -> None:
    make(anna)
    message, _ = sent(anna)
    assert not anna.session.beforehand(NOW)
    assert anna.session.ahead(answered(anna, server, message)) is None


@pytest.mark.parametrize("other", [{"fork": 5}, {"epoch": 1}, {"outcomes": ()}, {"dev": bytes(16)}])
def test_an_answer_that_is_not_plain_foretells_nothing(
    server: MemoryServer, busy: SimDesk, other: dict[str, object]
) -> None:
    message, _ = sent(busy)
    assert busy.session.beforehand(NOW)
    assert busy.session.ahead(replace(answered(busy, server, message), **other)) is None


def test_what_was_made_beforehand_under_a_name_that_a_copy_has_goes_out_under_the_new_one(
    server: MemoryServer, busy: SimDesk
) -> None:
    before, copy = busy.link.dev, busy.clone("CPY")
    edit(copy, busy.rows("SELECT id FROM ticket")[0][0], location="Mole")
    message, _ = sent(busy)
    assert busy.session.beforehand(NOW)
    # The server has one of the copy's under the tenth name of this batch.
    answer = replace(answered(busy, server, message), fork=11)
    assert busy.session.ahead(answer) is None
    busy.session.take(answer, NOW)
    _, batch = sent(busy)
    assert batch.dev != before
    assert batch.changes[0].dseq > 11
    copy.database.close()


def test_a_desk_that_dies_before_it_has_the_answer_sends_all_again_in_order(
    server: MemoryServer, busy: SimDesk
) -> None:
    message, first = sent(busy)
    assert busy.session.beforehand(NOW)
    behind = busy.session.ahead(answered(busy, server, message))
    assert behind is not None
    server.receive(behind, busy.link)
    busy.restart()
    busy.session.pace = THIN
    assert sent(busy)[0] == message, "the server answers it as before"
    busy.session.begin()
    assert pushed(busy, server, lambda: busy.session.beforehand(NOW)) == list(range(2, 62))
    assert sum(ref.dev == first.dev for ref in server.held.changes) == 61
    assert Ref(first.dev, 61) in server.held.changes
