"""An action is there while its owner is, its keys work where they should, and letters never disturb typing."""

from __future__ import annotations

from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QTableWidget, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from opsdesk.ui import actions
from opsdesk.ui.actions import Action, Actions, is_letter, key_text
from opsdesk.ui.shell.sheets import ShortcutSheet
from opsdesk.ui.widgets.label import Label


class Bench:
    """A window with a table, a field, and one action of each kind."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.table, self.field = QTableWidget(2, 2), QLineEdit()
        column = QVBoxLayout(self.window)
        column.addWidget(self.table)
        column.addWidget(self.field)
        self.ran: list[str] = []
        self.may_assign = True
        self.actions = Actions(self.window)
        self.actions.add(
            Action("home", "Go home", lambda: self.ran.append("home"), shortcut="G, H"),
            Action("palette", "Search", lambda: self.ran.append("palette"), shortcut="Ctrl+K"),
        )
        self.actions.add(
            Action(
                "assign",
                "Assign",
                lambda: self.ran.append("assign"),
                shortcut="A Ctrl+Shift+A",
                enabled=lambda: self.may_assign,
            ),
            Action("edit", "Edit", lambda: self.ran.append("edit"), shortcut="E F2"),
            Action("letter", "Letter", lambda: self.ran.append("letter"), shortcut="L"),
            owner=self.table,
        )
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()
        self.qtbot = qtbot

    def press(self, widget: QWidget, *keys: str) -> list[str]:
        """Press keys with the focus on `widget` and return what ran."""
        self.ran.clear()
        widget.setFocus()
        for key in keys:
            self.qtbot.keyClicks(widget, key)
        return self.ran


@pytest.fixture
def bench(qtbot: QtBot, dressed: QApplication) -> Bench:
    return Bench(qtbot)


def test_a_letter_acts_only_while_the_table_has_the_focus(bench: Bench) -> None:
    assert bench.press(bench.table, "l") == ["letter"]
    assert bench.press(bench.field, "l") == []
    assert bench.field.text() == "l"


def test_a_letter_in_an_inline_editor_is_typed(bench: Bench) -> None:
    bench.table.setCurrentCell(0, 0)
    bench.table.edit(bench.table.model().index(0, 0))
    editor = bench.table.viewport().findChild(QLineEdit)
    assert isinstance(editor, QLineEdit)
    assert bench.press(editor, "l") == []
    assert editor.text() == "l"


def test_g_then_a_letter_goes_unless_it_is_typed(bench: Bench) -> None:
    assert bench.press(bench.table, "g", "h") == ["home"]
    assert bench.press(bench.field, "g", "h") == []
    assert bench.field.text() == "gh"


def test_a_key_with_control_acts_in_a_field_too(bench: Bench) -> None:
    bench.field.setFocus()
    bench.qtbot.keyClick(bench.field, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert bench.ran == ["palette"]


def test_a_disabled_action_does_not_run(bench: Bench) -> None:
    bench.may_assign = False
    assert not bench.actions.run("assign")
    assert bench.ran == []
    assert "assign" not in [action.id for action in bench.actions.at_hand()]


def test_letters_can_be_switched_off(bench: Bench) -> None:
    bench.actions.set_letters(False)
    assert bench.press(bench.table, "l") == []
    assert bench.press(bench.table, "g", "h") == []
    bench.actions.add(Action("more", "More", lambda: bench.ran.append("more"), shortcut="M"), owner=bench.table)
    assert bench.press(bench.table, "m") == []
    bench.actions.set_letters(True)
    assert bench.press(bench.table, "m") == ["more"]


def test_the_actions_of_a_widget_leave_with_it(bench: Bench) -> None:
    told: list[int] = []
    bench.actions.changed.connect(lambda: told.append(1))
    shiboken6.delete(bench.table)
    assert [action.id for action in bench.actions.all()] == ["home", "palette"]
    assert told == [1]


def test_actions_of_a_hidden_page_are_not_at_hand(bench: Bench) -> None:
    bench.table.hide()
    assert [action.id for action in bench.actions.at_hand()] == ["home", "palette"]


def test_the_same_name_replaces_the_earlier_action(bench: Bench) -> None:
    bench.actions.add(Action("letter", "Letter", lambda: bench.ran.append("newer"), shortcut="L"), owner=bench.table)
    assert bench.press(bench.table, "l") == ["newer"]


def test_a_menu_shows_actions_with_keys_and_as_enabled_as_they_are(bench: Bench) -> None:
    bench.may_assign = False
    menu = bench.actions.menu(["edit", None, "assign", "unknown"], bench.window)
    entries = menu.actions()
    assert [entry.text() for entry in entries] == ["Edit\tE", "", "Assign\tA"]
    assert [entry.isEnabled() for entry in entries if not entry.isSeparator()] == [True, False]
    entries[0].trigger()
    assert bench.ran == ["edit"]


@pytest.mark.qt_log_ignore("does not support (raise|grabbing)", extend=True)  # of a menu, on the offscreen platform
def test_a_menu_goes_for_good_when_it_closes_whether_something_was_chosen_or_not(bench: Bench, qtbot: QtBot) -> None:
    before = len(bench.window.findChildren(QMenu))
    for turn in range(6):
        menu = bench.actions.menu(["edit", "assign"], bench.window)
        menu.popup(bench.window.mapToGlobal(QPoint(0, 0)))
        if turn % 2:
            menu.setActiveAction(menu.actions()[0])
            qtbot.keyClick(menu, Qt.Key.Key_Return)
        else:
            qtbot.keyClick(menu, Qt.Key.Key_Escape)
    assert bench.ran == ["edit"] * 3
    qtbot.waitUntil(lambda: len(bench.window.findChildren(QMenu)) == before)


def test_no_part_of_the_program_makes_a_menu_that_stays_after_it_closed() -> None:
    makers = [path for path in Path(actions.__file__).parent.rglob("*.py") if "QMenu(" in path.read_text("utf-8")]
    assert [path.name for path in makers] == ["menus.py"]


@pytest.mark.parametrize(
    ("shortcut", "keys", "letters"),
    [
        ("", (), ()),
        ("A", ("A",), ("A",)),
        ("E F2", ("E", "F2"), ("E",)),
        ("G, H", ("G, H",), ("G, H",)),
        ("Ctrl+K", ("Ctrl+K",), ()),
        ("[ ?", ("[", "?"), ("[", "?")),
    ],
)
def test_keys_are_read_from_the_shortcut(shortcut: str, keys: tuple[str, ...], letters: tuple[str, ...]) -> None:
    action = Action("id", "Text", lambda: None, shortcut=shortcut)
    assert action.keys == keys
    assert tuple(key for key in keys if is_letter(key)) == letters


def test_the_letter_of_an_action_with_two_keys_is_typed_in_a_field_inside(bench: Bench) -> None:
    inside = QLineEdit(bench.table)
    inside.show()
    assert bench.press(inside, "e") == []
    bench.qtbot.keyClick(inside, Qt.Key.Key_F2)
    assert bench.ran == ["edit"]


def test_a_key_is_told_as_people_read_it() -> None:
    assert key_text("G, H") == "G then H"


def test_a_key_that_a_widget_handles_itself_is_told_once_and_not_taken_from_it(qtbot: QtBot) -> None:
    bench = Bench(qtbot)
    for name in ("first", "second"):
        bench.actions.add(
            Action(
                f"{name}.look", "Look", lambda: bench.ran.append("look"), shortcut="Space", bound=False, group="Files"
            ),
            owner=bench.field if name == "first" else bench.table,
        )
    bench.field.setFocus()
    qtbot.keyClick(bench.field, Qt.Key.Key_Space)
    assert (bench.ran, bench.field.text()) == ([], " ")
    sheet = ShortcutSheet(bench.window, bench.actions)
    sheet.open()
    assert [label.text() for label in sheet.findChildren(Label)].count("Look") == 1
