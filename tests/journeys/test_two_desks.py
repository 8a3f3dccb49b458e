"""Two desks and a server as they are in the field: joined by code, cut off, edited on both sides, together again.

The server is a process of its own behind TLS; both windows are real and worked by keys. OPSDESK_PICTURES names a folder
for pictures of what stood on the screens.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from opsdesk.models.tickets import Priority
from opsdesk.services import conflicts, tickets
from opsdesk.services.changes import Changes
from opsdesk.services.tickets.marks import Stage
from opsdesk.store.work import Work
from opsdesk.sync.core.walk import WORTH_IT
from opsdesk.ui.widgets.chooser import Chooser
from tests.journeys.hands import Hand, Post, sat_down, written

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.timeout(300)


def retitled(hand: Hand, ticket: bytes, title: str) -> None:
    """Write another title in the list's cell."""
    hand.show_list(ticket)
    hand.press("F2")
    line = hand.tickets.list.acts.editing.line
    assert line is not None
    hand.wait(line.hasFocus, "the cell")
    line.selectAll()
    hand.press(title, "Return")
    hand.wait(lambda: hand.ask(tickets.card, ticket).row.title == title, "the title")


def prioritised(hand: Hand, ticket: bytes, priority: Priority) -> None:
    """Choose a priority in the list."""
    hand.show_list(ticket)
    hand.press("P")
    hand.wait(lambda: hand.window.findChildren(Chooser), "the chooser")
    hand.press(priority.label, "Return")
    hand.wait(lambda: hand.ask(tickets.card, ticket).row.priority is priority, "the priority")


def moved(hand: Hand, ticket: bytes, event: str, **given: Any) -> None:
    hand.do(tickets.transition, ticket, event, **given)


def news(hand: Hand, ticket: bytes, *, centre: bool) -> set[tuple[str, str, str]]:
    """What the history of a ticket tells: kind, field, what it became; of own changes those that the centre took."""
    rows = hand.ask(tickets.history, ticket)
    return {(row.kind, row.label, row.after) for row in rows if not centre or row.stage in (None, Stage.CENTRE)}


def test_two_desks_come_together_again_after_they_were_apart(post: Post) -> None:
    anna, ben = post.both
    # Online: what one writes stands on the other's screen, and nobody clicked.
    bridge = written(anna, "Bridge closed")
    ben.wait(lambda: ben.tickets.list.table.rows.total == 1, "the row in Ben's list")
    lock = written(ben, "Lock gate stuck")
    pump = written(ben, "Pump broken")
    anna.wait(lambda: anna.tickets.list.table.rows.total == 3, "the rows in Anna's list")
    for hand, ticket in ((anna, bridge), (ben, pump)):
        hand.do(tickets.assign, ticket, hand.desk.person)
    post.come_to_rest()
    for hand in post.both:
        hand.picture("1-together")

    # Apart: the same ticket in different fields and in the same one, words on both sides, a void against an edit,
    # and a state moved both ways.
    post.cut()
    anna.wait(lambda: "Disconnected" in anna.window.topbar.link.text(), "the cut in words")
    retitled(anna, bridge, "Bridge closed for all")
    ben.do(tickets.edit, bridge, {"location": "Kemp Bridge"})
    prioritised(anna, bridge, Priority.URGENT)
    prioritised(ben, bridge, Priority.LOW)
    anna.do(tickets.comment, bridge, "Pylon across both lanes")
    ben.do(tickets.comment, bridge, "Foot traffic along the rail")
    anna.do(tickets.void, lock, "Reported twice")
    retitled(ben, lock, "Lock gate stuck half open")
    moved(anna, pump, "decline", reason="Not ours")
    moved(ben, pump, "accept")
    moved(ben, pump, "start")
    for hand in post.both:
        hand.wait(partial(tells_of_its_queue, hand), "the queue in words")
        hand.picture("2-apart")

    # Together: what does not collide is merged, what does stands as a conflict on both desks.
    post.mend()
    for hand in post.both:
        card = hand.ask(tickets.card, bridge)
        assert (card.row.title, card.location) == ("Bridge closed for all", "Kemp Bridge")
        assert card.row.comments == 2
        hand.wait(partial(forked, hand, bridge, lock, pump), "the conflicts")
        hand.picture("3-conflicts")
    for hand in post.both:
        settled_by_keys(hand)
        post.come_to_rest()
    for hand in post.both:
        assert forked(hand), "settled on one, gone on both"
        hand.picture("4-settled")

    # Both show the same, and tell the same of how it came about.
    for ticket in (bridge, lock, pump):
        assert shown(anna, ticket) == shown(ben, ticket)
        # What one wrote in vain, or what stood only until the conflict was settled, is told as that at its own desk.
        assert news(anna, ticket, centre=True) - news(ben, ticket, centre=False) == set()
        assert news(ben, ticket, centre=True) - news(anna, ticket, centre=False) == set()


def test_who_joins_later_fetches_what_was_before(post: Post, qtbot: QtBot, run: Any) -> None:
    anna, ben = post.both
    bridge = written(anna, "Bridge closed")
    retitled(anna, bridge, "Bridge closed for all")
    prioritised(anna, bridge, Priority.URGENT)
    post.come_to_rest()
    ben.do(tickets.comment, bridge, "Foot traffic along the rail")
    ben.do(tickets.tag, bridge, "amber")
    ben.do(tickets.assign, bridge, ben.desk.person)
    moved(ben, bridge, "accept")
    log = written(ben, "Radio log")
    ben.do(partial(noted, log, WORTH_IT))
    post.come_to_rest()

    cara = joined_later(post, "cara", "Cara Lind", "HQ3", qtbot)
    try:
        cara.wait(lambda: post.rests(cara) and cara.desk.link.state.behind == 0, "the copy")
        cara.show_list(bridge)
        assert len(news(cara, bridge, centre=False)) < len(news(anna, bridge, centre=True))
        cara.insist("Return", lambda: cara.tickets.stack.currentWidget() is not cara.tickets.list, "the ticket")
        detail = cara.tickets.detail
        cara.wait(lambda: detail.loaded is not None and detail.loaded.card.row.id == bridge, "the ticket")
        detail.tabs.open("history")
        older = detail.history.older
        assert older.isVisible()
        assert older.text == "Older history is at Relief"
        cara.picture("5-older-at-the-post")
        cara.insist("O", lambda: older.isHidden(), "the older history")
        cara.picture("6-whole")
        assert news(cara, bridge, centre=False) == news(anna, bridge, centre=True) | news(ben, bridge, centre=True)
        shown = [(row.kind, row.label, row.after) for row in detail.history._rows]
        assert shown == [(row.kind, row.label, row.after) for row in cara.ask(tickets.history, bridge)]
        assert (shown[-1][0], shown[-1][2]) == ("create", "Bridge closed"), "it begins with the report"
    finally:
        run(cara.desk.link.stop())
        cara.window.dispose()
        cara.desk.close()


def joined_later(post: Post, account: str, name: str, tag: str, qtbot: QtBot) -> Hand:
    """Another desk joins, by commands in processes of their own: this one's loop is running."""

    def command(folder: Path, *words: str) -> Any:
        line = [sys.executable, "-m", "opsdesk", "--data", str(folder), *words, "--json"]
        done = subprocess.run(line, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    added = command(post.data, "server", "user", "add", account, "--name", name, "--unit", "A")
    command(post.data / tag, "enrol", post.server.url, "--code", added["code"], "--tag", tag)
    return sat_down(post.data / tag, account, qtbot)


def noted(ticket: bytes, count: int, work: Work) -> Changes:
    """Many notes at once: a server lets who joins begin with what stands there only where much has happened."""
    for number in range(count):
        tickets.comment(work, ticket, f"Radio check {number}")
    return Changes(tickets=frozenset({ticket}))


def tells_of_its_queue(hand: Hand) -> bool:
    return f"{hand.waiting()} queued" in hand.window.topbar.link.text() and hand.waiting() > 0


def forked(hand: Hand, *tickets: bytes) -> bool:
    """Whether these tickets are in conflict, and no others."""
    return bool(hand.ask(conflicts.all_forked) == set(tickets))


def shown(hand: Hand, ticket: bytes) -> Any:
    card = hand.ask(tickets.card, ticket)
    return card.row.title, card.row.state, card.row.priority, card.location, card.voided, card.row.comments


def settled_by_keys(hand: Hand) -> None:
    """Settle what is one's own to settle on the page for it: always what the others wrote, by keys alone."""
    hand.sit_down()
    hand.window.go("conflicts")
    page: Any = hand.window.page("conflicts")
    while before := hand.ask(conflicts.need_me):
        hand.wait(lambda: page.panel.fields and hand.keyboard is page.panel, "the panel")
        hand.sit_down()
        for _ in page.panel.fields:
            hand.press("3")
        hand.insist("Ctrl+S", lambda before=before: hand.ask(conflicts.need_me) < before, "the settlement")  # type: ignore[misc]
