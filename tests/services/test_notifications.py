"""What a person is told of what others did, over sync, each thing once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from opsdesk.models.base import Id
from opsdesk.services import mentions, notifications, tickets, times
from opsdesk.services.desk import Desk
from opsdesk.services.notifications import Notice
from opsdesk.store import notices
from opsdesk.store.work import Reader
from tests.support.exchange import Exchange


def make(desk: Desk, title: str = "Pump") -> Id:
    made = desk.do(tickets.create, title=title).result().value
    assert isinstance(made, bytes)
    return made


def lines(desk: Desk) -> list[Notice]:
    return list(desk.ask(notifications.lines).result())


def told(desk: Desk) -> list[str]:
    return [line.kind for line in lines(desk)]


def me(desk: Desk) -> str:
    name = desk.ask(lambda reader: reader.value("SELECT name FROM person WHERE id = ?", (desk.person,))).result()
    return mentions.mention(mentions.PERSON, desk.person, name).token


@pytest.fixture
def pair(exchange: Exchange) -> tuple[Desk, Desk]:
    anna, ben = exchange.desk("Anna"), exchange.desk("Ben")
    for desk in (anna, ben, anna):
        exchange.round(desk)
    return anna, ben


def both(exchange: Exchange, anna: Desk, ben: Desk) -> None:
    exchange.round(anna)
    exchange.round(ben)


def test_a_mention_arrives_as_one_notification_and_opens_at_the_comment(
    exchange: Exchange, pair: tuple[Desk, Desk]
) -> None:
    anna, ben = pair
    ticket = make(anna)
    comment = anna.do(tickets.comment, ticket, f"Please look, {me(ben)}: it **leaks**").result().value
    assert lines(anna) == [], "one is not told of what one did oneself"
    both(exchange, anna, ben)
    (line,) = lines(ben)
    assert (line.kind, line.ticket, line.record) == (notices.MENTIONED, ticket, comment)
    assert line.told == "mentioned you"
    assert line.words.startswith("Please look, @")
    assert ben.ask(notifications.unread).result() == 1
    for _ in range(2):
        both(exchange, anna, ben)
    assert told(ben) == [notices.MENTIONED], "told once, however often the desks speak"
    assert lines(anna) == []


def test_a_mention_added_by_an_edit_counts_and_one_that_stood_there_does_not(
    exchange: Exchange, pair: tuple[Desk, Desk]
) -> None:
    anna, ben = pair
    ticket = make(anna)
    comment = anna.do(tickets.comment, ticket, "It leaks").result().value
    both(exchange, anna, ben)
    assert told(ben) == []
    for body in (f"It leaks, {me(ben)}", f"It leaks badly, {me(ben)}"):
        anna.do(tickets.edit_comment, comment, body).result()
        both(exchange, anna, ben)
    assert told(ben) == [notices.MENTIONED]


def test_who_follows_a_ticket_hears_of_comments_and_states_and_who_stopped_does_not(
    exchange: Exchange, pair: tuple[Desk, Desk]
) -> None:
    anna, ben = pair
    ticket = make(anna)
    anna.do(tickets.assign, ticket, anna.person).result()
    both(exchange, anna, ben)
    ben.do(tickets.watch, ticket).result()
    anna.do(tickets.comment, ticket, "Leaks oil").result()
    anna.do(tickets.transition, ticket, "accept").result()
    both(exchange, anna, ben)
    assert sorted(told(ben)) == sorted([notices.COMMENTED, notices.MOVED])
    assert next(line.told for line in lines(ben) if line.kind == notices.MOVED) == "moved it to Open"
    ben.do(tickets.unwatch, ticket).result()
    anna.do(tickets.comment, ticket, "Leaks more").result()
    both(exchange, anna, ben)
    assert len(lines(ben)) == 2


def test_an_answer_to_a_request_is_told_as_that_and_an_internal_note_as_a_comment(
    exchange: Exchange, pair: tuple[Desk, Desk]
) -> None:
    anna, ben = pair
    ticket = anna.do(tickets.create, title="Pump", values={"requester": ben.person}).result().value
    both(exchange, anna, ben)
    anna.do(tickets.comment, ticket, "It comes at six", visibility="requester").result()
    both(exchange, anna, ben)
    assert told(ben) == [notices.ANSWERED]


def test_each_switch_shuts_what_it_names(exchange: Exchange, pair: tuple[Desk, Desk]) -> None:
    anna, ben = pair
    for name in notifications.SWITCHES:
        ben.settings.set(name, name == "notify.unit")
    ticket = anna.do(tickets.create, title="Pump", values={"unit": ben.unit}).result().value
    anna.do(tickets.comment, ticket, f"{me(ben)} look").result()
    anna.do(tickets.assign, ticket, ben.person).result()
    both(exchange, anna, ben)
    assert told(ben) == [notices.NEW], "a mention is not told as a mere comment to who switched mentions off"


def test_many_at_once_are_one_line_and_open_as_many(exchange: Exchange, pair: tuple[Desk, Desk]) -> None:
    anna, ben = pair
    made = [make(anna, f"Pump {number}") for number in range(37)]
    both(exchange, anna, ben)
    for ticket in made:
        anna.do(tickets.assign, ticket, ben.person).result()
    both(exchange, anna, ben)
    (line,) = lines(ben)
    assert line.told == "assigned 37 tickets to you"
    assert ben.ask(notifications.unread).result() == 1
    ben.do(notifications.read, line.keys).result()
    assert ben.ask(notifications.unread).result() == 0


def heard(exchange: Exchange, desk: Desk, *, first: bool = False) -> None:
    """A desk asks what there is to read, for the `first` time or once more, and reads it."""
    session = exchange.session(desk)

    def hear() -> None:
        if first:
            session.database.connection.execute("DELETE FROM feed_cursor")
        session.receive(exchange.server.receive(session.look(0), session.link), desk.now())

    desk.background(lambda _database, _now: hear()).result()
    exchange.round(desk)


def test_a_first_copy_is_no_news(exchange: Exchange, pair: tuple[Desk, Desk]) -> None:
    anna, _ = pair
    ticket = make(anna)
    cara = exchange.desk("Cara")
    anna.do(tickets.comment, ticket, f"{me(cara)}, you will see this when you join").result()
    exchange.round(anna)
    heard(exchange, cara, first=True)
    assert cara.ask(lambda reader: reader.value("SELECT count(*) FROM comment")).result() == 1
    assert told(cara) == []
    anna.do(tickets.comment, ticket, f"{me(cara)}, welcome").result()
    exchange.round(anna)
    heard(exchange, cara)
    assert told(cara) == [notices.MENTIONED]


def test_put_off_it_is_new_again_when_its_time_has_come(exchange: Exchange, pair: tuple[Desk, Desk]) -> None:
    anna, ben = pair
    anna.do(tickets.comment, make(anna), f"{me(ben)} look").result()
    both(exchange, anna, ben)
    (line,) = lines(ben)
    until = ben.now() + times.HOUR
    ben.do(notifications.snooze, line.keys, until).result()
    assert ben.ask(notifications.unread).result() == 0
    ben.do(notifications.read_all).result()

    def later(reader: Reader) -> int:
        reader.now = until
        return notifications.unread(reader)

    assert ben.ask(later).result() == 1, "acknowledging all leaves alone what was put off"
    assert replace(lines(ben)[0], snoozed_until=None, read=line.read) == replace(line, snoozed_until=None)


def test_a_ticket_due_soon_is_told_once_for_each_time(exchange: Exchange, pair: tuple[Desk, Desk]) -> None:
    _, ben = pair
    ticket = ben.do(
        tickets.create, title="Pump", values={"assignee": ben.person, "due_at": ben.now() + 30 * times.MINUTE}
    ).result().value  # fmt: skip
    assert ben.do(notifications.due_soon).result().changes.notifications
    assert not ben.do(notifications.due_soon).result().changes
    ben.do(tickets.edit, ticket, {"due_at": ben.now() + 40 * times.MINUTE}).result()
    ben.do(notifications.due_soon).result()
    assert told(ben) == [notices.DUE] * 2


def test_what_is_read_with_its_ticket_is_read(exchange: Exchange, pair: tuple[Desk, Desk]) -> None:
    anna, ben = pair
    ticket = make(anna)
    anna.do(tickets.comment, ticket, f"{me(ben)} look").result()
    both(exchange, anna, ben)
    assert ben.do(tickets.mark_seen, ticket).result().changes.notifications
    assert ben.ask(notifications.unread).result() == 0
