"""The palette finds commands and records as people type, with real keys, and an old answer never shows."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from opsdesk.services import tickets
from opsdesk.services.desk import Desk
from opsdesk.services.errors import StorageError
from opsdesk.services.search import PaletteHit
from opsdesk.ui.actions import Action
from opsdesk.ui.shell.page import Target
from opsdesk.ui.shell.palette import RECENT, RECENT_SETTING, Palette
from opsdesk.ui.shell.palette_list import Find, Section
from opsdesk.ui.shell.window import MainWindow
from opsdesk.ui.widgets.fuzzy import match
from tests.ui.shell.conftest import PlainPage

CONTROL = Qt.KeyboardModifier.ControlModifier
TITLES = ("Generator 2 failed, on battery", "Fuel for generator 4", "Road blocked at Kemp Bridge")


@pytest.fixture
def made(desk: Desk) -> list[bytes]:
    """Three tickets."""
    ids = [desk.do(tickets.create, title=title).result().value for title in TITLES]
    return [record for record in ids if isinstance(record, bytes)]


class User:
    """Somebody at the keyboard of the palette."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        self.qtbot, self.window = qtbot, window
        self.palette = window.palette_panel

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.qtbot.keyClick(QApplication.focusWidget(), key, modifier)

    def open(self) -> None:
        self.press(Qt.Key.Key_K, CONTROL)
        assert self.palette.isVisible()

    def type(self, text: str) -> None:
        """Type text and wait for the answer to it."""
        self.qtbot.keyClicks(QApplication.focusWidget(), text)
        self.qtbot.waitUntil(lambda: answered(self.palette))

    @property
    def labels(self) -> list[str]:
        return [row.label for row in self.palette.model.rows if isinstance(row, Find)]

    @property
    def sections(self) -> list[str]:
        return [row.text for row in self.palette.model.rows if isinstance(row, Section)]

    @property
    def chosen(self) -> str:
        find = self.palette._current()
        return find.label if find else ""


def answered(palette: Palette) -> bool:
    return palette._answered == palette._asked


@pytest.fixture
def user(qtbot: QtBot, window: MainWindow) -> User:
    return User(qtbot, window)


def told(window: MainWindow) -> list[object]:
    page = window.page("tickets")
    assert isinstance(page, PlainPage)
    return page.told


def test_a_ticket_is_found_and_opened_with_four_keys(user: User, window: MainWindow, made: list[bytes]) -> None:
    user.open()
    user.type("kem")
    assert user.labels == ["Road blocked at Kemp Bridge"]
    assert "1 found in" in user.palette._figure.text()
    user.press(Qt.Key.Key_Return)
    assert not user.palette.isVisible()
    assert told(window)[-1] == Target("ticket", made[2])


def test_control_enter_opens_beside(user: User, window: MainWindow, made: list[bytes]) -> None:
    user.open()
    user.type("road")
    user.press(Qt.Key.Key_Return, CONTROL)
    assert told(window)[-1] == Target("ticket", made[2], beside=True)


def test_arrows_move_over_finds_and_never_stop_on_a_heading(user: User, made: list[bytes]) -> None:
    user.open()
    user.type("g")
    assert len(user.labels) > 2
    assert len(user.sections) > 1
    seen = []
    for _ in range(len(user.labels)):
        seen.append(user.chosen)
        user.press(Qt.Key.Key_Down)
    assert seen == user.labels
    assert user.chosen == user.labels[0]
    user.press(Qt.Key.Key_Up)
    assert user.chosen == user.labels[-1]


def test_a_command_is_found_by_scattered_letters_and_run(user: User, window: MainWindow) -> None:
    user.open()
    user.type(">gtick")
    assert user.palette.filter == 1
    assert user.labels == ["Go to Tickets"]
    user.press(Qt.Key.Key_Return)
    assert window.current == "tickets"


def test_a_command_is_found_by_another_word_for_it(user: User) -> None:
    user.open()
    user.type(">exit")
    assert user.labels == ["Quit OpsDesk"]


@pytest.mark.parametrize(("prefix", "sections"), [("#", ["Tickets"]), (">", ["Commands"]), ("!", [])])
def test_a_prefix_lets_only_one_kind_through(user: User, made: list[bytes], prefix: str, sections: list[str]) -> None:
    user.open()
    user.type(prefix + ("go" if prefix == ">" else "generator"))
    assert user.sections == sections


def test_tab_goes_through_the_kinds_and_backspace_returns_to_all(user: User, made: list[bytes]) -> None:
    user.open()
    user.press(Qt.Key.Key_Tab)
    assert user.sections == ["Commands"]
    user.press(Qt.Key.Key_Backtab)
    user.press(Qt.Key.Key_Backtab)
    assert user.palette.filter == 4
    user.press(Qt.Key.Key_Backspace)
    assert user.palette.filter == 0
    assert user.palette.input.hasFocus()


def test_another_chip_takes_the_prefix_out_of_the_text(user: User) -> None:
    user.open()
    user.type("#gen")
    user.palette._chips.button(1).click()
    assert user.palette.input.text() == "gen"
    assert user.palette.filter == 1


def test_what_was_chosen_lately_comes_first(user: User, window: MainWindow, desk: Desk, made: list[bytes]) -> None:
    for words in ("kemp", ">settings"):
        user.open()
        user.type(words)
        user.press(Qt.Key.Key_Return)
    user.open()
    assert "Recent tickets" in user.sections
    assert user.labels[0] == "Road blocked at Kemp Bridge"
    assert "Go to Settings" in user.labels
    commands = [label for label in user.labels if label not in TITLES]
    assert commands[0] == "Go to Settings"
    kept: list[Any] = desk.settings.get(RECENT_SETTING, [])
    assert len(kept) == 2


def test_the_list_of_what_was_chosen_stays_short_and_bad_entries_do_no_harm(user: User, desk: Desk) -> None:
    many = [["ticket", f"{number:032x}", f"Ticket {number}", "", "", "", ""] for number in range(20)]
    desk.settings.set(RECENT_SETTING, ["nonsense", [1, 2], ["ticket", "no id", "", "", "", "", ""], *many])
    user.open()
    user.type(">keys")
    user.press(Qt.Key.Key_Return)
    kept: list[Any] = desk.settings.get(RECENT_SETTING, [])
    assert len(kept) == RECENT
    assert kept[0][0] == "command"


def test_escape_closes_and_the_focus_returns(user: User, window: MainWindow) -> None:
    before = QApplication.focusWidget()
    user.open()
    user.press(Qt.Key.Key_Escape)
    assert not user.palette.isVisible()
    assert QApplication.focusWidget() is before


def test_typing_on_the_search_box_opens_the_palette_with_the_letter(user: User, window: MainWindow) -> None:
    window.topbar.search.setFocus()
    user.qtbot.keyClicks(window.topbar.search, "k")
    assert user.palette.isVisible()
    assert user.palette.input.text() == "k"
    assert user.palette.input.hasFocus()


def test_nothing_found_is_said(user: User, made: list[bytes]) -> None:
    user.open()
    user.type("xyzzyq")
    assert user.labels == []
    assert "0 found" in user.palette._figure.text()
    assert "Nothing matches" in user.palette._footer._nothing.text()
    user.press(Qt.Key.Key_Return)
    assert user.palette.isVisible()


def test_more_of_a_kind_is_offered_and_shown(user: User, desk: Desk) -> None:
    for number in range(9):
        desk.do(tickets.create, title=f"Generator {number}").result()
    user.open()
    user.type("generator")
    assert user.palette._footer.more.text() == "4 more tickets"
    user.palette._footer.more.click()
    user.qtbot.waitUntil(lambda: answered(user.palette))
    assert len(user.labels) == 9


class SlowDesk:
    """Answers when the test says so."""

    def __init__(self, desk: Desk) -> None:
        self.settings = desk.settings
        self.asked: list[tuple[str, Future[Any]]] = []

    def ask(self, function: Any, text: str, limit: int, channel: str) -> Future[Any]:
        future: Future[Any] = Future()
        self.asked.append((text, future))
        return future


def hit(label: str) -> PaletteHit:
    return PaletteHit("ticket", label.encode().ljust(16), label, "T-1", "High")


@pytest.fixture
def slow(user: User, desk: Desk) -> SlowDesk:
    slow = SlowDesk(desk)
    user.palette._desk = slow
    user.open()
    return slow


def test_an_old_answer_never_shows(user: User, slow: SlowDesk) -> None:
    user.qtbot.keyClicks(user.palette.input, "ab")
    (_, older), (_, newer) = slow.asked[-2:]
    newer.set_result((hit("abacus"),))
    user.qtbot.waitUntil(lambda: user.labels == ["abacus"])
    older.set_result((hit("apple"),))
    QApplication.processEvents()
    assert user.labels == ["abacus"]


def test_enter_waits_for_the_answer_to_what_was_typed(user: User, window: MainWindow, slow: SlowDesk) -> None:
    user.qtbot.keyClicks(user.palette.input, "zz")
    assert user.palette._figure.text() == "looking…"
    user.press(Qt.Key.Key_Return)
    assert user.palette.isVisible()
    slow.asked[-1][1].set_result((hit("zz top"),))
    user.qtbot.waitUntil(lambda: not user.palette.isVisible())
    assert told(window)[-1] == Target("ticket", b"zz top".ljust(16))


def test_who_leaves_before_the_answer_goes_nowhere(user: User, window: MainWindow, slow: SlowDesk) -> None:
    user.qtbot.keyClicks(user.palette.input, "zz")
    user.press(Qt.Key.Key_Return)
    user.press(Qt.Key.Key_Escape)
    slow.asked[-1][1].set_result((hit("zz top"),))
    QApplication.processEvents()
    assert window.current == "home"


def test_a_failing_search_is_told_and_leaves_the_commands(user: User, window: MainWindow, slow: SlowDesk) -> None:
    user.qtbot.keyClicks(user.palette.input, "settings")
    slow.asked[-1][1].set_exception(StorageError("The disk is full"))
    user.qtbot.waitUntil(lambda: bool(window.toasts.shown))
    assert user.labels == ["Go to Settings"]
    assert window.toasts.shown[0].text == "The disk is full"


def test_taking_the_prefix_away_lets_all_kinds_through_again(user: User) -> None:
    user.open()
    user.type(">g")
    user.press(Qt.Key.Key_Backspace)
    user.press(Qt.Key.Key_Backspace)
    assert user.palette.filter == 0


def test_commands_show_before_the_records_are_there(user: User, window: MainWindow, slow: SlowDesk) -> None:
    window.actions.add(Action("test.zebra", "Zebra crossing", lambda: None))
    user.press(Qt.Key.Key_Escape)
    user.open()
    user.qtbot.keyClicks(user.palette.input, "zebra")
    assert user.labels == ["Zebra crossing"]


@pytest.mark.parametrize("theme_name", ["light", "dark", "red"])
def test_the_list_can_be_painted_in_every_theme(
    user: User, window: MainWindow, made: list[bytes], theme_name: str
) -> None:
    window.preferences.set("look.theme", theme_name)
    user.open()
    user.type("g")
    assert not user.palette.grab().isNull()


@pytest.mark.parametrize(
    ("typed", "text", "shown"),
    [
        ("gen", "Generator 2 failed", "GEN"),
        ("gnr", "Generator 2 failed", "GNR"),
        ("failed gen", "Generator 2 failed", "GENFAILED"),
        ("kb", "Kemp Bridge", "KB"),
        ("bri", "Abri Bridge", "BRI"),
        ("", "Anything", ""),
        ("xyz", "Generator", None),
        ("gen xyz", "Generator", None),
        ("i", "İzmir", "I"),
    ],
)
def test_letters_match_in_order_and_whole_words_first(typed: str, text: str, shown: str | None) -> None:
    found = match(typed, text)
    assert (None if found is None else "".join(text[at] for at in found.letters).upper()) == shown


def test_a_word_at_its_start_beats_one_inside_and_that_beats_scattered_letters() -> None:
    scores = [match("port", text) for text in ("Port closed", "The port", "Report", "Pile of rotten timber")]
    values = [found.score for found in scores if found]
    assert len(values) == 4
    assert values == sorted(values, reverse=True)


def test_the_start_of_a_word_is_preferred_to_an_earlier_place_inside_one() -> None:
    found = match("bri", "Abri Bridge")
    assert found is not None
    assert found.letters == (5, 6, 7)


def test_scattered_letters_are_taken_where_they_stand_closest() -> None:
    found = match("gtor", "g generator")
    assert found is not None
    assert found.letters[0] == 2


def test_letters_from_the_midst_of_words_do_not_match() -> None:
    assert match("kem", "Use the dark theme") is None


def test_letters_far_apart_do_not_match() -> None:
    assert match("gen", "Go to Settings") is None
