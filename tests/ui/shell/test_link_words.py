"""The link in words: each state has its own, its age, and what it means for what waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from opsdesk.services import times
from opsdesk.services.desk import Desk
from opsdesk.services.link import LinkKind, LinkState
from opsdesk.services.station import Station
from opsdesk.ui.shell.link_words import lasted, link_words
from opsdesk.ui.shell.window import MainWindow
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.age import ticker

NOW = 1_795_358_720_000 - 1_795_358_720_000 % times.DAY + 14 * times.HOUR + 32 * times.MINUTE
SINCE = NOW - 3 * times.HOUR - 12 * times.MINUTE
POST = LinkState(LinkKind.ONLINE, "CP Main", since=SINCE, last_exchange=NOW - 20_000)


def state(kind: LinkKind, **more: object) -> LinkState:
    return replace(POST, kind=kind, **more)  # type: ignore[arg-type]


def counted(waiting: int = 14, conflicts: int = 0, returned: int = 0) -> Station:
    return Station("Lee", "CP", 20, 10**9, waiting, conflicts, returned)


@pytest.mark.parametrize(
    ("link", "station", "pill", "bar", "rest"),
    [
        (state(LinkKind.ALONE), counted(), "Working alone", "Working alone on this machine", "20 changes kept here"),
        (state(LinkKind.CONNECTING), counted(1), "Connecting · 1 queued", "Connecting to CP Main",
         "1 change is safe on this station · last exchange just now"),
        (POST, counted(0), "Online · 0 queued", "Online to CP Main", "Everything is shared · last exchange just now"),
        (state(LinkKind.ONLINE, behind=1200), counted(2), "Online · 2 queued", "Online to CP Main",
         "2 changes are on the way · 1,200 to fetch · last exchange just now"),
        (state(LinkKind.ONLINE, behind=58_000, total=100_000), counted(0), "First copy 42 %",
         "First copy from CP Main: 42,000 of 100,000", "You can work meanwhile · last exchange just now"),
        (state(LinkKind.DISCONNECTED, last_exchange=SINCE), counted(), "Disconnected 3 h 12 min · 14 queued",
         "Disconnected from CP Main since 1120Z",
         "14 changes are safe on this station and go out when the link returns · last exchange 3 h 12 min ago"),
        (state(LinkKind.DISCONNECTED, last_exchange=None, since=NOW - 3 * times.DAY), counted(1),
         "Disconnected 3 d 0 h · 1 queued", f"Disconnected from CP Main since {times.dtg(NOW - 3 * times.DAY)[:8]}",
         "1 change is safe on this station and goes out when the link returns"),
        (state(LinkKind.PAUSED, last_exchange=None), counted(), "Paused · 14 queued",
         "Exchange with CP Main paused since 1120Z",
         "14 changes are safe on this station and go out when you resume"),
        (state(LinkKind.SHUT_OUT, last_exchange=None), counted(), "Shut out: a new code is needed",
         "CP Main does not let this station in", "14 changes are safe on this station"),
    ],
)  # fmt: skip
def test_each_state_has_its_words(link: LinkState, station: Station, pill: str, bar: str, rest: str) -> None:
    said = link_words(link, station, NOW)
    assert (said.pill, said.bar, said.rest) == (pill, bar, rest)
    assert said.ring == (link.kind is not LinkKind.ONLINE)


def test_why_and_when_it_tries_again_are_told_on_hover() -> None:
    broken = state(LinkKind.DISCONNECTED, problem="The name could not be found", next_try=NOW + 30_000)
    hint = link_words(broken, counted(), NOW).hint
    assert "The name could not be found" in hint
    assert "Tries again in 30 s" in hint


def test_what_needs_a_person_is_counted() -> None:
    assert link_words(POST, counted(0, 1, 1), NOW).need == "2 need you"
    assert link_words(POST, counted(0, 0, 1), NOW).need == "1 needs you"
    assert link_words(POST, None, NOW).need == ""


def test_a_first_copy_is_never_said_to_be_whole_before_it_is() -> None:
    assert link_words(state(LinkKind.ONLINE, behind=1, total=10_000_000), None, NOW).pill == "First copy 99 %"


@pytest.mark.parametrize(
    ("ms", "words"),
    [(0, "just now"), (-5, "just now"), (18 * times.MINUTE, "18 min"), (3 * times.HOUR, "3 h 0 min"),
     (3 * times.HOUR + 12 * times.MINUTE, "3 h 12 min"), (51 * times.HOUR, "2 d 3 h")],
)  # fmt: skip
def test_a_length_of_time_has_its_units(ms: int, words: str) -> None:
    assert lasted(ms) == words


def test_the_bars_follow_the_link_and_its_age_ticks(
    window: MainWindow, desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall, "now", lambda: NOW)
    desk.link._put(state(LinkKind.DISCONNECTED))
    qtbot.waitUntil(lambda: window.topbar.link.text().startswith("Disconnected 3 h 12 min"))
    assert "since 1120Z" in window.statusbar.words()
    monkeypatch.setattr(wall, "now", lambda: NOW + times.MINUTE)
    ticker.minute.emit()
    assert window.topbar.link.text().startswith("Disconnected 3 h 13 min")
    desk.link._put(POST)
    qtbot.waitUntil(lambda: window.topbar.link.text().startswith("Online"))
    assert window.topbar.link.accessibleName().startswith("Online")


def test_the_link_is_tried_and_paused_from_the_palette(
    window: MainWindow, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not window.actions.run("link.try"), "who works alone has no link to try"
    asked: list[str] = []
    for name in ("pause", "resume"):
        monkeypatch.setattr(desk.link, name, lambda name=name: asked.append(name))
    desk.link._put(POST)
    assert window.actions.run("link.pause")
    desk.link._put(state(LinkKind.PAUSED))
    assert window.actions.run("link.pause")
    assert asked == ["pause", "resume"]


def test_the_words_at_the_bottom_can_be_pressed(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.statusbar.asked):
        qtbot.mouseClick(window.statusbar, Qt.MouseButton.LeftButton, pos=QPoint(60, 14))


def test_a_window_that_is_gone_is_not_told(open_window: Callable[[], MainWindow], desk: Desk) -> None:
    window = open_window()
    window.close()
    window.bridge.close()
    desk.link._put(POST)
    QApplication.processEvents()
