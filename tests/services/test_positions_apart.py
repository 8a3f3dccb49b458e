"""A position travels as two fields: what comes in one after the other, or apart, never holds up a desk."""

import pytest

from opsdesk.models.tickets import Ticket
from opsdesk.services import conflicts
from opsdesk.services.changes import Changes
from opsdesk.services.conflicts import Choice
from opsdesk.services.errors import Refused
from opsdesk.services.tickets.lists import Keys, ListQuery, keys
from opsdesk.store.tables import ORIGIN_RECEIVED
from opsdesk.store.work import Work
from tests.support.posts import Post, post

__all__ = ["post"]


def found(post: Post, query: str) -> int:
    """How many tickets Carl's list shows for a query."""
    pieces: list[Keys] = []
    post.carl.ask(keys, ListQuery(query), pieces.append)
    return sum(len(piece) for piece in pieces)


def test_a_first_position_that_two_gave_apart_comes_to_a_third(post: Post) -> None:
    ticket = post.ticket()
    post.apart(ticket, lat=(5.5, 6.5), lon=(20.5, 21.5), accuracy_m=(10.0, 20.0), title=("Anna's", "Ben's"))
    for station in post.stations:
        assert (station.shown(ticket, "lat"), station.shown(ticket, "lon")) == (6.5, 21.5)
        assert len(station.record(ticket).conflicts) == 4


def test_where_a_move_along_the_meridian_is_chosen_over_a_removal_the_other_half_comes_back(post: Post) -> None:
    """Anna moves it along its meridian, so that she writes the latitude only, and Ben takes it away."""
    ticket = post.ticket(lat=5.0, lon=20.0)
    post.apart(ticket, lat=(6.0, None), lon=(20.0, None))
    (conflict,) = post.anna.record(ticket).conflicts
    assert conflict.field == "lat"
    post.anna.do(conflicts.settle, [Choice(conflict.seen, 6.0)])
    post.meet()
    for station in post.stations:
        assert (station.shown(ticket, "lat"), station.shown(ticket, "lon")) == (6.0, 20.0)


def test_where_nobody_here_knows_the_other_half_that_is_said_and_nothing_changes(post: Post) -> None:
    """Carl joined later: what the position was before is no part of his history."""
    ticket = post.ticket(lat=5.0, lon=20.0)
    post.apart(ticket, lat=(6.0, None), lon=(20.0, None))
    carl = post.carl
    with carl.desk._database.transaction(origin=ORIGIN_RECEIVED, now=carl.clock.ms) as connection:
        connection.execute("DELETE FROM received_change WHERE new IS NULL")
    (conflict,) = carl.record(ticket).conflicts
    with pytest.raises(Refused, match="is not known here"):
        carl.do(conflicts.settle, [Choice(conflict.seen, 6.0)])
    assert (carl.shown(ticket, "lat"), carl.shown(ticket, "lon")) == (None, None)
    assert carl.record(ticket).open


@pytest.mark.parametrize("side", ["mine", "theirs"])
def test_a_move_and_a_removal_are_settled_whole(post: Post, side: str) -> None:
    ticket = post.ticket(lat=5.0, lon=20.0)
    post.apart(ticket, lat=(6.0, None), lon=(21.0, None))
    found = {one.field: one for one in post.anna.record(ticket).conflicts}
    with pytest.raises(Refused, match="settle both"):
        post.anna.do(conflicts.settle, [Choice(found["lat"].seen, 6.0)])
    post.anna.do(conflicts.settle_side, ticket, side, [one.seen for one in found.values()])
    post.meet()
    for station in post.stations:
        assert not station.record(ticket).open
        shown = (station.shown(ticket, "lat"), station.shown(ticket, "lon"))
        assert shown == ((6.0, 21.0) if side == "mine" else (None, None))


def test_a_half_that_was_left_alone_is_no_position_and_holds_up_nobody(post: Post) -> None:
    """Two who settle apart may leave one, however careful each desk is. So may an older desk, as here."""
    ticket = post.ticket(lat=5.0, lon=20.0)
    post.anna.do(leave_half, ticket)
    post.meet()
    for station in post.stations:
        assert (station.shown(ticket, "lat"), station.shown(ticket, "lon")) == (5.0, None)
        assert station.ask(lambda reader: reader.value("SELECT count(*) FROM ticket_area")) == 0
        assert station.desk._database.problems() == []
    assert found(post, "has:position") == 0
    assert found(post, "-has:position") == 1
    # It is given anew, and whole, by whoever sees that it has none.
    post.carl.edit(ticket, title="Road open", lat=6.0, lon=20.0)
    post.meet()
    assert post.ben.shown(ticket, "lon") == 20.0
    assert found(post, "has:position") == 1


def leave_half(work: Work, ticket: bytes) -> Changes:
    work.update(Ticket, ticket, {"lon": None})
    return Changes()
