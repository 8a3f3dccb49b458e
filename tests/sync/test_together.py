"""What desks do at once or twice, which chance seldom brings about: nothing is lost, and all desks show the same."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from opsdesk.models.tickets import Ticket
from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.store.queue.shapes import shapes
from opsdesk.sync.core.messages import Batch, Change, Conflict
from opsdesk.sync.core.state import Record
from tests.sync.queues import NOW, U1, edit, make, new_desk, shown, talk


@pytest.fixture
def carl() -> Iterator[SimDesk]:
    desk = new_desk("CRL")
    yield desk
    desk.database.close()


def rounds(server: MemoryServer, *desks: SimDesk) -> None:
    """As many rounds as any story here needs."""
    for _ in range(5):
        for desk in desks:
            talk(desk, server)


def boxes(*desks: SimDesk) -> list[int]:
    """How many changes of each desk came back."""
    return [desk.rows("SELECT count(*) FROM returned_change")[0][0] for desk in desks]


def test_two_questions_on_one_record_are_settled_in_one_act(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, carl: SimDesk
) -> None:
    ticket = make(anna)
    rounds(server, anna, ben, carl)
    for desk in (anna, ben):
        edit(desk, ticket, title=f"{desk.name}'s", location=f"at {desk.name}'s")
    rounds(server, anna, ben, carl)
    told = [msgspec.msgpack.decode(one, type=Conflict) for (one,) in carl.rows("SELECT packed FROM conflict")]
    assert len(told) == 2
    with carl.database.transaction(now=NOW):
        for conflict in told:
            name = shapes()[Ticket.entity].fields[conflict.field].name
            seen = carl._editor(Ticket, ticket, (name,)).seen
            value = conflict.candidates[0].value
            carl.session.outbox.resolve(Ticket.entity, ticket, conflict, value, seen=seen)
    rounds(server, carl, anna, ben)
    for desk in (anna, ben, carl):
        assert (shown(desk, ticket, "title"), shown(desk, ticket, "location")) == ("BEN's", "at BEN's")
        assert desk.rows("SELECT count(*) FROM conflict WHERE open") == [(0,)]


def test_a_poisonous_change_takes_its_group_back_and_nothing_else(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    ticket, other = make(anna), make(anna)
    rounds(server, anna, ben)

    def permit(_batch: Batch, change: Change, _record: Record | None) -> str | None:
        if change.values.get(13) == "poison":
            raise ZeroDivisionError
        return None

    server.permit = permit
    edit(anna, other, title="before")
    editor = anna._editor(Ticket, ticket, ("title", "due_at"))
    anna._update(editor, {"title": "poison", "due_at": 5}, NOW, gid=b"g" * 16)
    edit(anna, ticket, due_at=6)
    edit(anna, other, location="behind")
    rounds(server, anna, ben)
    for desk in (anna, ben):
        assert (shown(desk, ticket, "title"), shown(desk, ticket, "due_at")) == ("Pump", 6)
        assert (shown(desk, other, "title"), shown(desk, other, "location")) == ("before", "behind")
    assert boxes(anna, ben) == [2, 0]


@pytest.mark.parametrize(("many", "back"), [(64, 0), (65, 65)])
def test_a_group_has_sixty_four_changes_at_most(server: MemoryServer, anna: SimDesk, many: int, back: int) -> None:
    needed = {"title": "Pump", "occurred_at": NOW, "created_at": NOW, "updated_at": NOW, "unit": U1}
    with anna.database.transaction(now=NOW):
        anna.database.connection.execute("UPDATE capture SET gid = ?", (b"g" * 16,))
        for number in range(many):
            anna._work(NOW).insert(Ticket, {"number": f"T-{number}", **needed}, record=bytes((number + 1,)) * 16)
    rounds(server, anna)
    assert (boxes(anna), anna.session.outbox.waiting()) == ([back], 0)
    assert len(server.held.records) == many - back


def test_copies_of_copies_become_desks_of_their_own(server: MemoryServer, anna: SimDesk, ben: SimDesk) -> None:
    ticket = make(anna)
    rounds(server, anna, ben)
    second = anna.clone("TWO")
    third = second.clone("THR")
    desks = (anna, second, third)
    edits: list[dict[str, Any]] = [{"title": "ANN's"}, {"location": "at TWO's"}, {"priority": 4}]
    for desk, values in zip(desks, edits, strict=True):
        edit(desk, ticket, **values)
        make(desk, title=f"{desk.name}'s own")
    rounds(server, third, second, anna, ben)
    assert len({desk.database.identity.dev for desk in desks}) == 3
    for desk in (*desks, ben):
        found = [shown(desk, ticket, name) for name in ("title", "location", "priority")]
        assert found == ["ANN's", "at TWO's", 4]
        assert desk.rows("SELECT count(*) FROM ticket") == [(4,)]
        assert desk.session.outbox.waiting() == 0
    for desk in (second, third):
        desk.database.close()


def test_a_server_restored_twice_in_a_row_is_offered_all_of_it(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    ticket = make(anna)
    rounds(server, anna, ben)
    older = server.held.backup()
    edit(anna, ticket, title="East")
    talk(anna, server)
    newer = server.held.backup()
    edit(ben, ticket, location="Quay")
    talk(ben, server)
    server.restore(newer)
    server.restore(older)
    rounds(server, anna, ben)
    for desk in (anna, ben):
        assert (shown(desk, ticket, "title"), shown(desk, ticket, "location")) == ("East", "Quay")
        assert (desk.session.outbox.waiting(), boxes(desk)) == (0, [0])
    assert server.held.conflicts == {}


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_restore_during_a_walk_leaves_no_row_behind(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, cut: int
) -> None:
    """The server goes back before the question of Ben's first round that `cut` counts."""
    server.walks_from = 1
    tickets = [make(anna) for _ in range(30)]
    rounds(server, anna)
    backup = server.held.backup()
    for ticket in tickets[::3]:
        edit(anna, ticket, title="Lost")
    make(anna, title="Lost too")
    talk(anna, server)
    own = make(ben, title="Ben's")
    ben.session.begin()
    asked = 0
    while (message := ben.session.next(NOW)) is not None:
        asked += 1
        if asked == cut:
            server.restore(backup)
        ben.session.receive(server.receive(message, ben.link), NOW)
    assert asked >= cut
    rounds(server, ben, anna)
    rows = "SELECT id, title, ver FROM ticket ORDER BY id"
    assert anna.rows(rows) == ben.rows(rows)
    assert (len(anna.rows(rows)), shown(anna, own, "title")) == (32, "Ben's")
