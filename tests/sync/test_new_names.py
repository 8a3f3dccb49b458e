"""A restored server may take the changes of a copied disk first: the original goes on under a new name."""

import msgspec
import pytest

from opsdesk.models.tickets import Ticket
from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.sync.core.messages import Conflict, Ref
from tests.sync.queues import NOW, edit, make, new_desk, shown, talk


@pytest.mark.parametrize("before", [0, 1])
def test_who_goes_on_from_a_change_of_the_original_finds_it_under_its_new_name(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, before: int
) -> None:
    """Under the name that Ben knows the server has the copy's change of something else, or none at all."""
    ticket, other = make(anna), make(anna)
    for desk in (anna, anna, ben):
        talk(desk, server)
    backup, carl = server.held.backup(), anna.clone("CRL")
    for _ in range(before):
        edit(anna, other, title="North")
    edit(anna, ticket, title="East")
    for desk in (anna, anna, ben):
        talk(desk, server)
    edit(ben, ticket, title="West")
    edit(carl, other, location="Quay")
    server.restore(backup)
    for desk in (carl, carl, anna, anna, anna, ben, ben, ben, anna):
        talk(desk, server)
    assert anna.session.outbox.device_of(3) != carl.session.outbox.device_of(3)
    assert ben.session.outbox.waiting() == 0
    assert ben.rows("SELECT count(*) FROM returned_change") == [(0,)]
    assert (shown(anna, ticket, "title"), shown(anna, other, "location")) == ("West", "Quay")
    assert server.held.conflicts == {}
    carl.database.close()


@pytest.fixture
def forked(server: MemoryServer, anna: SimDesk, ben: SimDesk, lost: bool) -> bytes:
    """Anna's edit of a title waits for Ben's, which the server lost; her next one is answered. Then a copy of her disk
    comes with an edit of its own under the name of the first. `lost`: the answer got lost on its way."""
    ticket, other = make(anna), make(anna)
    for desk in (anna, anna, ben):
        talk(desk, server)
    backup, carl = server.held.backup(), anna.clone("CRL")
    edit(ben, ticket, title="East")
    for desk in (ben, anna):
        talk(desk, server)
    edit(anna, ticket, title="West")
    edit(anna, other, title="North")
    edit(carl, other, location="Quay")
    server.restore(backup)
    anna.session.begin()
    for _ in range(3):  # a push that tells of the restore, the question, and the push
        message = anna.session.next(NOW)
        assert message is not None
        answer = server.receive(message, anna.link)
        if not lost or Ref(anna.link.dev, 4) not in server.held.changes:
            anna.session.receive(answer, NOW)
    assert {ref.dseq for ref in server.held.changes if ref.dev == anna.link.dev} == {1, 2, 4}
    for desk in (carl, carl, ben, ben, anna, anna, anna):
        talk(desk, server)
    carl.database.close()
    return ticket


@pytest.mark.parametrize("lost", [False, True])
def test_what_was_answered_behind_a_fork_keeps_its_name(
    server: MemoryServer, anna: SimDesk, forked: bytes, lost: bool
) -> None:
    old = anna.link.dev
    new = anna.session.outbox.device_of(3)
    assert new != old == anna.session.outbox.device_of(4)
    assert anna.database.identity.dev == new == anna.session.outbox.device_of(5)
    assert [ref.dev for ref in server.held.changes if ref.dev in (old, new) and ref.dseq == 4] == [old], "done once"
    assert shown(anna, forked, "title") == server.held.records[forked].values[13] == "West"
    assert anna.session.outbox.waiting() == 0


@pytest.mark.parametrize("lost", [False])
def test_a_server_restored_once_more_knows_again_what_kept_its_name(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, forked: bytes
) -> None:
    """The chain before it can be made no more, since what stood there has another name."""
    talk(ben, server)
    backup, names = server.held.backup(), anna.session.outbox.identities()
    edit(ben, forked, title="South")
    talk(ben, server)
    server.restore(backup)
    edit(anna, forked, location="Mole")
    for desk in (anna, anna, anna, ben, ben, anna):
        talk(desk, server)
    assert anna.session.outbox.identities() == names
    assert anna.session.outbox.waiting() == 0
    assert (shown(anna, forked, "title"), shown(ben, forked, "location")) == ("South", "Mole")
    assert server.held.conflicts == {}


def settle(desk: SimDesk, ticket: bytes, title: str) -> None:
    """Settle the one open conflict on a ticket's title."""
    ((packed,),) = desk.rows("SELECT packed FROM conflict WHERE open = 1")
    conflict = msgspec.msgpack.decode(packed, type=Conflict)
    with desk.database.transaction(now=NOW):
        seen = desk._editor(Ticket, ticket, ("title",)).seen
        desk.session.outbox.resolve(conflict.entity, ticket, conflict, title, seen=seen)


@pytest.mark.parametrize("order", ["bad", "bda", "dba"])
@pytest.mark.parametrize("chosen", ["West", "South"])
def test_what_was_settled_is_known_by_the_new_name_of_the_change_that_it_decided_on(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, order: str, chosen: str
) -> None:
    """Dora decided between Ben's title and Anna's. After a restore a copy of Anna's disk has the name of Anna's."""
    dora = new_desk("DRA")
    desks = {"a": anna, "b": ben, "d": dora}
    ticket, other = make(anna), make(anna)
    for desk in (anna, anna, ben, dora):
        talk(desk, server)
    backup, carl = server.held.backup(), anna.clone("CRL")
    edit(anna, ticket, title="East")
    edit(ben, ticket, title="West")
    for desk in (ben, anna, dora):
        talk(desk, server)
    settle(dora, ticket, chosen)
    for desk in (dora, anna, ben):
        talk(desk, server)
    edit(carl, other, location="Quay")
    server.restore(backup)
    talk(carl, server)
    talk(carl, server)
    for _ in range(2):
        for letter in order:
            for _ in range(3):
                talk(desks[letter], server)
    assert anna.session.outbox.device_of(3) != carl.session.outbox.device_of(3)
    assert not any(one.open for one in server.held.conflicts.values())
    assert {shown(desk, ticket, "title") for desk in desks.values()} == {chosen}
    assert [desk.session.outbox.waiting() for desk in desks.values()] == [0, 0, 0]
    dora.database.close()
    carl.database.close()


def test_a_decision_from_before_a_restore_leaves_open_what_either_of_two_changes_may_be_meant_by(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    """The copy, too, has written the title, under the name by which Dora knew Anna's."""
    dora = new_desk("DRA")
    ticket = make(anna)
    for desk in (anna, anna, ben, dora):
        talk(desk, server)
    backup, carl = server.held.backup(), anna.clone("CRL")
    edit(anna, ticket, title="East")
    edit(ben, ticket, title="West")
    for desk in (ben, anna, dora):
        talk(desk, server)
    settle(dora, ticket, "West")
    talk(dora, server)
    edit(carl, ticket, title="Quay")
    server.restore(backup)
    for desk in (ben, ben, carl, carl, anna, anna, anna, dora, dora, dora):
        talk(desk, server)
    (found,) = (one for one in server.held.conflicts.values() if one.open)
    assert {"East", "Quay"} <= {one.value for one in found.candidates}
    settle(dora, ticket, "Quay")
    talk(dora, server)
    assert not any(one.open for one in server.held.conflicts.values())
    assert shown(dora, ticket, "title") == "Quay"
    dora.database.close()
    carl.database.close()


@pytest.mark.parametrize("chosen", ["West", "Quay"])
def test_a_decision_on_the_edit_of_a_copy_leaves_open_what_the_original_wrote_meanwhile(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, chosen: str
) -> None:
    """Dora decides, after a restore, between Ben's title and that of a copy of Anna's disk, which has taken her name.
    Anna's own, which nobody has seen, comes after that."""
    dora = new_desk("DRA")
    ticket, other = make(anna), make(anna)
    for desk in (anna, anna, ben, dora):
        talk(desk, server)
    backup, carl = server.held.backup(), anna.clone("CRL")
    edit(ben, other, title="North")
    talk(ben, server)
    server.restore(backup)
    edit(anna, ticket, title="East")
    edit(ben, ticket, title="West")
    edit(carl, ticket, title="Quay")
    for desk in (ben, ben, carl, carl, dora, dora):
        talk(desk, server)
    settle(dora, ticket, chosen)
    for desk in (dora, anna, anna, anna, dora):
        talk(desk, server)
    assert anna.session.outbox.device_of(3) != carl.session.outbox.device_of(3)
    (found,) = (one for one in server.held.conflicts.values() if one.open)
    assert [one.value for one in found.candidates] == ["East"]
    assert [shown(desk, ticket, "title") for desk in (anna, dora)] == [chosen, chosen]
    dora.database.close()
    carl.database.close()


def restored_over_a_copy(server: MemoryServer, anna: SimDesk, *, at_once: bool) -> tuple[bytes, SimDesk]:
    """A ticket to which Anna gave two titles, the second upon the first while that waited (`at_once`) or when it was
    shown, and a copy of her disk. Each went on, and the copy took a new name for what it made. Then the server goes
    back to where it knew the ticket alone."""
    ticket = make(anna)
    talk(anna, server)
    backup = server.held.backup()
    for title in ("East", "West"):
        edit(anna, ticket, title=title)
        if not at_once:
            talk(anna, server)
    talk(anna, server)
    copy = anna.clone("CRL")
    for desk, line in ((anna, "North\n\n"), (copy, "South\n\n")):
        edit(desk, ticket, description=line)
        talk(desk, server)
    server.restore(backup)
    return ticket, copy


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("order", ["ac", "ca"])
def test_what_was_made_before_a_copy_took_its_name_is_told_by_both_in_the_same_words(
    server: MemoryServer, anna: SimDesk, order: str, refused: bool
) -> None:
    """Otherwise it comes twice. Where the first title was refused it is not offered again, and who names it would wait
    for ever."""
    if refused:
        server.permit = lambda _batch, change, _record: "not allowed" if change.values == {13: "East"} else None
    ticket, copy = restored_over_a_copy(server, anna, at_once=refused)
    assert [since for since, _ in copy.session.outbox.identities()] == [1, 4]
    for name in order * 3:
        talk(anna if name == "a" else copy, server)
    assert [since for since, _ in copy.session.outbox.identities()] == [1, 4]
    assert [desk.session.outbox.waiting() for desk in (anna, copy)] == [0, 0]
    assert sum(one.change.values == {13: "West"} for one in server.held.changes.values()) == 1
    assert [shown(desk, ticket, "title") for desk in (anna, copy)] == ["West", "West"]
    copy.database.close()
