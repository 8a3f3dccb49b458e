"""The window: pages by mouse and keyboard, what its bars say, how it follows the theme and the width, how it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from opsdesk.services import tickets
from opsdesk.services.desk import Desk
from opsdesk.ui.shell.first import SEEN_SETTING, FirstLook
from opsdesk.ui.shell.link_words import kept
from opsdesk.ui.shell.page import Target
from opsdesk.ui.shell.statusbar import size
from opsdesk.ui.shell.window import MainWindow
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.age import ticker
from opsdesk.ui.widgets.button import Segmented
from opsdesk.ui.widgets.conflict_panel import SettleFoot
from tests.ui.shell.conftest import PlainPage


def plain(window: MainWindow, key: str) -> PlainPage:
    page = window.page(key)
    assert isinstance(page, PlainPage)
    return page


def focus() -> QWidget | None:
    return QApplication.focusWidget()


def press(qtbot: QtBot, *keys: str) -> None:
    """Press plain keys on whatever has the focus."""
    for key in keys:
        qtbot.keyClicks(focus(), key)


def test_g_then_a_letter_goes_to_a_page(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, "g", "t")
    assert window.current == "tickets"
    assert window.topbar.title.text() == "Tickets"
    assert plain(window, "tickets").told == ["activated"]
    press(qtbot, "g", "s")
    assert window.current == "settings"
    press(qtbot, "g", "h")
    assert window.current == "home"


def test_letters_typed_into_a_field_stay_there(qtbot: QtBot, window: MainWindow) -> None:
    page = plain(window, "home")
    page.field.setFocus()
    press(qtbot, "g", "t", "?")
    assert window.current == "home"
    assert page.field.text() == "gt?"
    assert not window.shortcut_sheet.isVisible()


def test_a_page_is_made_once_and_only_when_it_is_visited(window: MainWindow) -> None:
    assert window.page("tickets") is None
    window.go("tickets")
    first = window.page("tickets")
    window.go("home")
    window.go("tickets")
    assert window.page("tickets") is first


def test_a_press_on_the_rail_goes_there_and_leaves_the_focus_to_the_page(qtbot: QtBot, window: MainWindow) -> None:
    item = window.rail._items["tickets"]
    qtbot.mouseClick(item, Qt.MouseButton.LeftButton)
    assert window.current == "tickets"
    assert item.isChecked()
    assert focus() is plain(window, "tickets").table


def test_a_record_opens_on_the_page_of_its_kind(window: MainWindow) -> None:
    target = Target("ticket", b"t" * 16, beside=True)
    window.open(target)
    assert plain(window, "tickets").told == ["activated", target]


def test_a_kind_that_no_page_shows_is_said_so(window: MainWindow) -> None:
    window.open(Target("mission", b"m" * 16))
    assert window.current == "home"
    assert window.toasts.shown[0].text == "Nothing here shows a mission yet"


def test_new_begins_a_ticket_by_button_and_by_key(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.mouseClick(window.topbar.new.main, Qt.MouseButton.LeftButton)
    qtbot.keyClick(focus(), Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert plain(window, "tickets").told == ["activated", "new ticket", "activated", "new ticket"]


def test_the_bars_say_who_where_and_when(qtbot: QtBot, window: MainWindow, desk: Desk) -> None:
    assert window.topbar.clock.text() == "22 1432Z NOV 26"
    qtbot.waitUntil(lambda: "kept here" in window.statusbar.words())
    words = window.statusbar.words()
    assert words.startswith("Working alone on this machine")
    assert f"Station {desk.tag}" in words
    assert window.topbar.person.accessibleName() != "You"


def test_the_count_of_kept_changes_follows_the_work(qtbot: QtBot, window: MainWindow, desk: Desk) -> None:
    qtbot.waitUntil(lambda: "kept here" in window.statusbar.words())
    before = window.statusbar.words()
    window._settle.setInterval(0)
    desk.do(tickets.create, title="Generator 2 failed").result()
    qtbot.waitUntil(lambda: window.statusbar.words() != before)


def test_the_clock_turns_with_the_minute(window: MainWindow) -> None:
    window.topbar.clock.setText("")
    ticker.minute.emit()
    assert window.topbar.clock.text() == "22 1432Z NOV 26"


@pytest.mark.parametrize(
    ("amount", "words"), [(0, "0 B"), (999, "999 B"), (720_896, "721 kB"), (4_200_000, "4.2 MB"), (1.2e9, "1.2 GB")]
)
def test_a_size_is_told_in_its_unit(amount: int, words: str) -> None:
    assert size(amount) == words


def test_kept_changes_are_counted_in_words() -> None:
    assert [kept(number) for number in (0, 1, 3214)] == [
        "Nothing changed here yet",
        "1 change kept here",
        "3,214 changes kept here",
    ]


def test_the_rail_collapses_in_a_narrow_window(window: MainWindow) -> None:
    wide = window.rail.width()
    window.resize(1180, 760)
    QApplication.processEvents()
    assert window.rail.width() < wide
    assert window.rail._items["home"].toolTip().startswith("Home")
    window.resize(1440, 900)
    QApplication.processEvents()
    assert window.rail.width() == wide


def test_a_badge_is_told_to_a_screen_reader(window: MainWindow) -> None:
    window.set_badge("tickets", 3)
    assert window.rail._items["tickets"].accessibleName() == "Tickets, 3 waiting"
    window.set_badge("tickets", 0)
    assert window.rail._items["tickets"].accessibleName() == "Tickets"
    window.topbar.bell.set_count(5)
    assert window.topbar.bell.accessibleName() == "Notifications, 5 new"


def test_the_theme_switches_at_once_and_is_remembered(window: MainWindow, desk: Desk) -> None:
    shades = set()
    for name in ("light", "dark", "red"):
        window.actions.run(f"theme.{name}")
        assert theme.tokens.name == name
        image = window.grab().toImage()
        assert image.pixelColor(300, 4) == theme.color("surface")
        assert image.pixelColor(4, 400) == theme.color("rail")
        shades.add(image.pixelColor(700, 28).name())
    assert len(shades) == 3
    assert desk.settings.get("look.theme", "") == "red"


def test_in_the_red_theme_nothing_shines_but_red(window: MainWindow, qtbot: QtBot) -> None:
    window.go("settings")
    window.preferences.set("look.theme", "red")
    window.set_badge("home", 2)
    qtbot.waitUntil(lambda: "kept here" in window.statusbar.words())
    image = window.grab().toImage()
    for x in range(0, image.width(), 3):
        for y in range(0, image.height(), 3):
            colour = image.pixelColor(x, y)
            assert colour.red() >= max(colour.green(), colour.blue()), (x, y, colour.name())
            assert abs(colour.green() - colour.blue()) <= 24, (x, y, colour.name())


def test_every_control_has_a_name_and_room_for_a_finger(window: MainWindow) -> None:
    for key in window.pages:
        window.go(key)
    window.open_palette()
    window.open_keys()
    nameless = [
        (type(widget).__name__, type(widget.parent()).__name__)
        for widget in window.findChildren(QWidget)
        if isinstance(widget, QAbstractButton | QLineEdit)
        and not widget.isHidden()
        and not isinstance(widget.parent(), PlainPage)
        and not (widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text()))
        and not widget.objectName().startswith("qt_")
    ]
    assert nameless == []
    bar = [window.topbar.search, window.topbar.new.main, window.topbar.bell, window.topbar.person]
    assert all(widget.height() >= 32 for widget in (*bar, *window.rail._items.values()))


def test_the_sheet_of_keys_shows_every_key_and_gives_the_focus_back(qtbot: QtBot, window: MainWindow) -> None:
    table = focus()
    press(qtbot, "?")
    assert window.shortcut_sheet.isVisible()
    texts = {label.text() for label in window.shortcut_sheet.findChildren(QWidget) if hasattr(label, "text")}
    assert {action.text for action in window.actions.all() if action.keys} <= texts
    qtbot.keyClick(focus(), Qt.Key.Key_Escape)
    assert not window.shortcut_sheet.isVisible()
    assert focus() is table


def test_letters_do_not_act_below_a_panel_and_going_elsewhere_closes_it(qtbot: QtBot, window: MainWindow) -> None:
    window.open_keys()
    press(qtbot, "g", "t")
    assert window.current == "home"
    assert window.shortcut_sheet.isVisible()
    qtbot.keyClick(focus(), Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert window.current == "tickets"
    assert not window.shortcut_sheet.isVisible()


def test_tab_stays_inside_a_panel(qtbot: QtBot, window: MainWindow) -> None:
    window.bell_panel.open()
    for _ in range(4):
        qtbot.keyClick(focus(), Qt.Key.Key_Tab)
        inside = focus()
        assert inside is not None
        assert window.bell_panel.isAncestorOf(inside)
    qtbot.mouseClick(window.bell_panel, Qt.MouseButton.LeftButton, pos=window.bell_panel.rect().bottomLeft())
    assert not window.bell_panel.isVisible()


def test_the_bell_says_that_nothing_waits(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.mouseClick(window.topbar.bell, Qt.MouseButton.LeftButton)
    assert window.bell_panel.isVisible()


def test_undo_takes_back_the_last_act_and_redo_does_it_again(qtbot: QtBot, window: MainWindow, desk: Desk) -> None:
    made = desk.do(tickets.create, title="Water short").result().value
    assert isinstance(made, bytes)

    def title() -> str:
        return str(desk.ask(tickets.card, made).result().row.title)

    window.operations.run(tickets.edit, made, {"title": "Water short by 2,400 l"}, said="Title changed")
    qtbot.waitUntil(lambda: title() == "Water short by 2,400 l" and len(window.operations.history) == 1)
    qtbot.keyClick(focus(), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: title() == "Water short")
    qtbot.waitUntil(lambda: any(toast.text == "Undone: Title changed" for toast in window.toasts.shown))
    control_shift = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(focus(), Qt.Key.Key_Z, control_shift)
    qtbot.waitUntil(lambda: title() == "Water short by 2,400 l")
    qtbot.waitUntil(lambda: len(window.operations.history) == 1)


def test_closing_tells_the_pages_and_keeps_the_place(
    window: MainWindow, desk: Desk, open_window: Callable[[], MainWindow]
) -> None:
    closed: list[int] = []
    window.closed.connect(lambda: closed.append(1))
    page = plain(window, "home")
    window.resize(1300, 800)
    window.close()
    assert closed == [1]
    assert page.told[-1] == "leaving"
    again = MainWindow(desk, tuple(window.pages.values()))
    again.restore_geometry()
    # The offscreen platform's screen is small, and a window is never put back larger than the screen.
    assert again.height() < 900
    again.close()
    again.dispose()


def test_an_answer_that_comes_after_the_end_is_dropped(qtbot: QtBot, dressed: QApplication, desk: Desk) -> None:
    window = MainWindow(desk, ())
    window.close()
    window.dispose()
    desk.do(tickets.create, title="Too late").result()
    QApplication.processEvents()


def test_preferences_act_at_once(qtbot: QtBot, window: MainWindow) -> None:
    window.go("settings")
    page = window.page("settings")
    assert page is not None
    choices = {choice.accessibleName(): choice for choice in page.findChildren(Segmented)}
    places = {"Rows": 1, "Letters as keys": 1, "Times": 1, "Positions": 1, "Size": 2, "Start with": 1}
    for name, place in places.items():
        button = choices[name].findChildren(QAbstractButton)[place]
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    get = window.preferences.get
    assert theme.row_height == 28
    assert [get(name) for name in ("keys.letters", "time.style", "position.style", "look.scale", "start.page")] == [
        False,
        "local",
        "latlon",
        150,
        "tickets",
    ]
    window.go("home")
    press(qtbot, "g", "t")
    assert window.current == "home"
    window.actions.run("look.density")
    assert theme.row_height == 36
    assert choices["Rows"].value == "normal"


def test_a_preference_that_makes_no_sense_counts_as_the_first_one(window: MainWindow, desk: Desk) -> None:
    desk.settings.set("look.scale", 1000)
    assert window.preferences.get("look.scale") == 100
    with pytest.raises(ValueError, match="cannot be"):
        window.preferences.set("look.theme", "mauve")


def test_times_and_positions_are_shown_as_preferred(window: MainWindow) -> None:
    assert window.preferences.show_time(0) == "01 0000Z JAN 70"
    window.preferences.set("time.style", "local")
    assert "1970" in window.preferences.show_time(43_200_000)
    mgrs = window.preferences.show_position(48.85837, 2.29448)
    window.preferences.set("position.style", "latlon")
    assert window.preferences.show_position(48.85837, 2.29448) != mgrs


def test_the_first_look_covers_the_window_until_enter(qtbot: QtBot, window: MainWindow, desk: Desk) -> None:
    window.show_first_look()
    look = window.findChild(FirstLook)
    assert isinstance(look, FirstLook)
    assert look.isVisible()
    qtbot.mouseClick(look.themes.cards[1], Qt.MouseButton.LeftButton)
    assert theme.tokens.name == "dark"
    look.start.setFocus()
    press(qtbot, "g", "t")
    assert window.current == "home"
    qtbot.keyClick(focus(), Qt.Key.Key_Return)
    assert desk.settings.get(SEEN_SETTING, False) is True
    assert not look.isVisible()
    assert focus() is plain(window, "home").table


def test_an_error_nobody_asked_for_is_shown(qtbot: QtBot, window: MainWindow, desk: Desk) -> None:
    window.bridge.then(desk.ask(tickets.card, b"x" * 16))
    qtbot.waitUntil(lambda: bool(window.toasts.shown))
    assert window.toasts.shown[0].tone == "danger"


def test_escape_puts_the_toasts_away(window: MainWindow) -> None:
    window.toasts.show_toast("One")
    window.toasts.show_toast("Two")
    window.keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier))
    assert not window.toasts.shown


def test_no_icon_of_an_action_is_missing(window: MainWindow, tmp_path: Path) -> None:
    from opsdesk.ui.resources import has_icon

    assert [action.id for action in window.actions.all() if not has_icon(action.icon)] == []


@pytest.mark.parametrize("size", [(1440, 900), (1180, 720)])
def test_a_message_leaves_the_foot_of_a_page_in_sight(window: MainWindow, size: tuple[int, int]) -> None:
    window.resize(*size)
    toast = window.toasts.show_toast("Due at 1801Z")
    low = toast.mapTo(window, toast.rect().bottomLeft()).y()
    bar = window.statusbar.mapTo(window, window.statusbar.rect().topLeft()).y()
    assert bar - low >= SettleFoot().sizeHint().height()
