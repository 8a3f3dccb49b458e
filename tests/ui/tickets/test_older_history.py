"""The history of a ticket that this desk read late: the older part is at the post and comes by a key."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QVBoxLayout

from opsdesk.services import tickets, times
from opsdesk.services.changes import Changes
from opsdesk.services.errors import Refused
from opsdesk.services.link import LinkKind, LinkState
from opsdesk.store.queue.bulk import HISTORY
from opsdesk.ui.tickets.detail import TicketDetail
from opsdesk.ui.widgets.directory import Directory
from tests.support.clock import NOW
from tests.support.ticket_pages import PlainShell, Story

if TYPE_CHECKING:
    import qasync
    from pytestqt.qtbot import QtBot

_KEPT = "entity, record, field, event, new, old, hlc, happened, actor"


class StandIn:
    """A link to a post that has what is taken from a desk, and tells it when `open` is set."""

    joined = True

    def __init__(self, desk: Any) -> None:
        self.state = LinkState(LinkKind.ONLINE, "Relief Command", "https://post", NOW)
        self.open = asyncio.Event()
        self.problem = ""
        self.asked: list[bytes] = []
        self.ticket = b""
        self._desk = desk
        self._has: dict[bytes, list[tuple[Any, ...]]] = {}
        self._watchers: list[Callable[[LinkState], None]] = []

    def watch(self, watcher: Callable[[LinkState], None]) -> Callable[[], None]:
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def put(self, **values: Any) -> None:
        """The link stands otherwise now."""
        self.state = replace(self.state, **values)
        for watcher in self._watchers:
            watcher(self.state)

    def take(self, ticket: bytes, *, before: int) -> None:
        """Take the history from before a moment away from the desk, as if it had first read the ticket then."""

        def take(database: Any, now: int) -> None:
            hanging = " UNION ALL ".join(
                f'SELECT id FROM "{table}" WHERE subject = ?1'
                for table in ("comment", "link", "tag", "watcher", "answer")
            )
            which = f"(record = ?1 OR record IN ({hanging})) AND hlc < ?2"
            with database.transaction(now=now) as connection:
                told = connection.execute(
                    f"SELECT {_KEPT} FROM change WHERE {which} ORDER BY seq", (ticket, before << 16)
                ).fetchall()
                # A desk never lets go of its own records; this one is to look as one on which they were not written.
                connection.execute("DROP TRIGGER refuse_change_keep")
                connection.execute(f"DELETE FROM change WHERE {which}", (ticket, before << 16))
            for row in told:
                self._has.setdefault(row[1], []).append(row)

        self.ticket = ticket
        self._desk.background(take).result()

    def forget(self) -> None:
        """The post has nothing that this person may read."""
        self._has.clear()

    async def fetch_earlier(self, record: bytes) -> None:
        self.asked.append(record)
        await self.open.wait()
        if self.problem:
            raise Refused(self.problem)

        def give(database: Any, now: int) -> None:
            with database.transaction(now=now) as connection:
                rows = [(1, None, None, 1, *row, None) for row in self._has.pop(record, [])]
                connection.executemany(HISTORY, rows)
            if rows:
                self._desk.announce(Changes(tickets=frozenset({self.ticket})))

        await asyncio.wrap_future(self._desk.background(give))


@pytest.fixture
def link(story: Story, loop: qasync.QEventLoop, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """The link of the story's desk, which knows the bridge's ticket from 75 minutes ago on."""
    made = StandIn(story.desk)
    monkeypatch.setattr(story.desk, "link", made)
    return made


@pytest.fixture
def whole(story: Story) -> list[tuple[str, str, str]]:
    """The history as it was before the older part was taken away."""
    return told(story)


@pytest.fixture
def detail(
    story: Story, whole: list[tuple[str, str, str]], link: StandIn, shell: PlainShell, qtbot: QtBot
) -> TicketDetail:
    """The bridge's ticket, open on its history."""
    link.take(story.tickets["bridge"], before=NOW - 75 * times.MINUTE)
    made = TicketDetail(story.desk, shell, Directory(story.desk, shell.bridge, shell.window))
    QVBoxLayout(shell.window).addWidget(made)
    with qtbot.waitActive(shell.window):
        shell.window.show()
    made.open(story.tickets["bridge"])
    qtbot.waitUntil(lambda: made.loaded is not None)
    made.tabs.open("history")
    return made


def told(story: Story) -> list[tuple[str, str, str]]:
    return [(row.kind, row.label, row.after) for row in story.ask(tickets.history, story.tickets["bridge"])]


def shown(detail: TicketDetail) -> list[tuple[str, str, str]]:
    return [(row.kind, row.label, row.after) for row in detail.history._rows]


def part(detail: TicketDetail, text: str) -> QAbstractButton:
    return next(one for one in detail.conversation.filter.findChildren(QAbstractButton) if one.text() == text)


def lay_out() -> None:
    """Let all rows have their heights: a widget asks the one around it for room, a turn of the event loop for each."""
    for _ in range(30):
        QApplication.processEvents()


def test_the_list_ends_with_where_the_older_history_is(detail: TicketDetail) -> None:
    older = detail.history.older
    assert older.isVisible()
    assert older.text == "Older history is at Relief Command"
    assert (older.button.text(), older.button.key) == ("Show older history", "O")
    assert older.button.accessibleDescription() == older.text
    assert older.y() > detail.history._column.geometry().bottom(), "below the last row"
    assert detail.timeline.marks[0].word == "Reported", "it does not say since when it was in the first state it knows"
    assert detail.timeline.marks[0].stretch == "ahead"


def test_it_comes_by_a_key_in_order_and_the_place_stays(
    detail: TicketDetail, story: Story, link: StandIn, whole: list[tuple[str, str, str]], qtbot: QtBot
) -> None:
    assert len(shown(detail)) < len(whole)
    detail.history.setFocus()
    bar = detail.history.verticalScrollBar()
    detail.window().resize(1180, 520)
    qtbot.waitUntil(lambda: bar.maximum() > 40)
    lay_out()
    assert bar.value() == 0
    qtbot.keyClick(detail.history, Qt.Key.Key_O)
    older = detail.history.older
    assert not older.visibleRegion().isEmpty(), "where it happens is brought on view"
    place = bar.value()
    assert place > 0
    assert older.text == "Fetching older history from Relief Command…"
    assert (older.button.text(), older.button.key) == ("Stop", "Esc")
    qtbot.waitUntil(older._busy.isVisible)
    link.open.set()
    qtbot.waitUntil(lambda: older.isHidden() and shown(detail) == whole)
    assert len(set(link.asked)) == len(link.asked) > 1, "also that of comments, tags and watchers"
    lay_out()
    assert bar.value() == place
    assert detail.history.hasFocus()
    assert [mark.word for mark in detail.timeline.marks][:4] == ["Reported", "Accepted", "Waiting", "In progress"]


def test_escape_stops_it_and_leads_nowhere_else(detail: TicketDetail, link: StandIn, qtbot: QtBot) -> None:
    backs: list[bool] = []
    detail.back.connect(lambda: backs.append(True))
    before = shown(detail)
    qtbot.keyClick(detail, Qt.Key.Key_O)
    qtbot.waitUntil(lambda: bool(link.asked))
    qtbot.keyClick(detail, Qt.Key.Key_Escape)
    assert not detail.older.fetching
    assert detail.history.older.text == "Older history is at Relief Command"
    link.open.set()
    qtbot.wait(50)
    assert shown(detail) == before
    assert backs == []
    qtbot.keyClick(detail, Qt.Key.Key_Escape)
    assert backs == [True]


def test_without_the_link_it_says_since_when_and_comes_when_the_link_does(
    detail: TicketDetail, link: StandIn, whole: list[tuple[str, str, str]], qtbot: QtBot
) -> None:
    link.put(kind=LinkKind.DISCONNECTED, since=NOW - 20 * times.MINUTE)
    older = detail.history.older
    qtbot.waitUntil(lambda: "none since" in older.text)
    since = times.dtg(NOW - 20 * times.MINUTE, short=True)[3:]
    assert older.text == (
        f"Older history is at Relief Command. It needs the link, and there has been none since {since}. "
        "Nothing is lost."
    )
    assert not older.button.isEnabled()
    qtbot.keyClick(detail, Qt.Key.Key_O)
    assert link.asked == []
    link.put(kind=LinkKind.ONLINE)
    link.open.set()
    qtbot.waitUntil(older.button.isEnabled)
    qtbot.keyClick(detail, Qt.Key.Key_O)
    qtbot.waitUntil(lambda: shown(detail) == whole)


def test_what_went_wrong_is_told_at_its_place_and_tried_again(
    detail: TicketDetail, link: StandIn, whole: list[tuple[str, str, str]], qtbot: QtBot
) -> None:
    link.problem = "The server did not tell what happened before"
    link.open.set()
    older = detail.history.older
    older.button.setFocus()
    qtbot.keyClick(older.button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: older.button.text() == "Try again")
    assert older.text == "The server did not tell what happened before. Nothing is lost."
    link.problem = ""
    qtbot.keyClick(older.button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: shown(detail) == whole and older.isHidden())
    assert detail.history.hasFocus(), "the keyboard is not lost with the button"


def test_where_the_post_may_tell_no_more_it_says_so_and_offers_nothing(
    detail: TicketDetail, link: StandIn, qtbot: QtBot
) -> None:
    link.forget()
    link.open.set()
    qtbot.keyClick(detail, Qt.Key.Key_O)
    older = detail.history.older
    qtbot.waitUntil(lambda: older.text == "Relief Command tells you no more of the time before")
    assert older.button.isHidden()


def test_another_ticket_begins_without_it(detail: TicketDetail, story: Story, link: StandIn, qtbot: QtBot) -> None:
    qtbot.keyClick(detail, Qt.Key.Key_O)
    detail.open(story.tickets["flood"])
    assert not detail.older.fetching
    qtbot.waitUntil(lambda: detail.loaded is not None)
    detail.tabs.open("history")
    assert detail.history.older.isHidden()


def test_the_conversation_says_it_above_its_first_change(detail: TicketDetail, link: StandIn, qtbot: QtBot) -> None:
    detail.tabs.open("conversation")
    older = detail.conversation.older
    assert older.isVisible()
    qtbot.mouseClick(part(detail, "Comments"), Qt.MouseButton.LeftButton)
    assert older.isHidden(), "every comment is here"
    qtbot.mouseClick(part(detail, "All"), Qt.MouseButton.LeftButton)
    link.open.set()
    detail.setFocus()
    qtbot.keyClick(detail, Qt.Key.Key_O)
    qtbot.waitUntil(lambda: older.isHidden() and not detail.older.fetching)


def test_a_desk_that_works_alone_says_nothing_of_a_post(
    detail: TicketDetail, link: StandIn, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(link, "joined", False)
    link.put(kind=LinkKind.ALONE)
    qtbot.waitUntil(detail.history.older.isHidden)
