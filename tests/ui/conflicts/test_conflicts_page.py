"""The Conflicts page with real key events: desks in one process that come into conflict, and a person who settles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from opsdesk.services import conflicts, times
from opsdesk.services.conflicts import Choice
from opsdesk.services.errors import StorageError
from opsdesk.ui.actions import Action
from opsdesk.ui.conflicts.page import ConflictsPage
from opsdesk.ui.shell.page import Target
from opsdesk.ui.widgets.chooser import Chooser
from tests.support.posts import Post
from tests.support.ticket_pages import PlainShell, only_window
from tests.ui.conflicts.settling import BASE, MINE, THEIRS, Ctrl, Key, all_show, opened, press, save, shown

if TYPE_CHECKING:
    pass


def test_one_field_is_settled_with_two_keys(post: Post, page: ConflictsPage, qtbot: QtBot) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's", "Ben's"))
    opened(page, qtbot)
    keys = press(Key.Key_2) + save()
    qtbot.waitUntil(lambda: post.anna.shown(ticket, "title") == "Anna's")
    assert keys == 2, "ten seconds are for reading"
    qtbot.waitUntil(lambda: page.empty.isVisible())
    assert page.empty.accessibleName().startswith("Nothing is in conflict")
    assert all_show(post, ticket, title="Anna's")


def test_a_position_is_one_line_and_one_key_and_never_half_of_two(
    post: Post, page: ConflictsPage, qtbot: QtBot
) -> None:
    ticket = post.ticket(lat=5.0, lon=20.0, accuracy_m=5.0)
    post.apart(ticket, lat=(5.5, 6.5), lon=(20.5, 21.5), accuracy_m=(10.0, 20.0), title=("Anna's", "Ben's"))
    panel = opened(page, qtbot, fields=4)
    (line,) = post.anna.ask(conflicts.lists).mine
    assert sorted(line.fields) == ["Position", "Title"]
    first = next(number for number, one in enumerate(panel.fields) if one.conflict.field == "lat")
    panel._select(first)
    press(Key.Key_2)
    chosen = {one.conflict.field for one in panel.fields if one.choice is not None}
    assert chosen == {"lat", "lon", "accuracy_m"}
    assert panel.fields[panel.current].conflict.field == "title"
    # Taken back as one, too.
    press(Key.Key_U)
    assert panel.chosen_count == 0
    panel._select(first)
    press(Key.Key_3, Key.Key_2)
    save()
    qtbot.waitUntil(lambda: post.anna.shown(ticket, "title") == "Anna's")
    assert all_show(post, ticket, lat=6.5, lon=21.5, accuracy_m=20.0)


def test_two_fields_take_one_key_each_and_are_saved_in_one_act(
    post: Post, page: ConflictsPage, shell: PlainShell, qtbot: QtBot
) -> None:
    ticket = post.ticket(description=BASE)
    post.apart(ticket, title=("Anna's", "Ben's"), description=(MINE, THEIRS))
    panel = opened(page, qtbot, 2)
    assert [one.conflict.field for one in panel.fields] == ["title", "description"]
    assert press(Key.Key_3, Key.Key_4) + save() == 3
    joined = "Diversion A is flooded. Keep 50 m back."
    qtbot.waitUntil(lambda: post.anna.shown(ticket, "description") == joined)
    qtbot.waitUntil(lambda: len(shell.operations.history) == 1)
    assert all_show(post, ticket, title="Ben's", description=joined)


def test_an_arrow_goes_to_the_other_field_and_u_takes_the_choice_back(
    post: Post, page: ConflictsPage, qtbot: QtBot
) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's", "Ben's"), location=("East", "West"))
    panel = opened(page, qtbot, 2)
    press(Key.Key_Down, Key.Key_2)
    assert [one.choice is not None for one in panel.fields] == [False, True]
    assert panel.current == 0, "it goes on to what waits"
    press(Key.Key_U)
    assert panel.chosen_count == 0
    assert panel.current == 1


def test_another_value_is_written_in_place(post: Post, page: ConflictsPage, qtbot: QtBot) -> None:
    ticket = post.ticket(description="Diversion A is signed.")
    post.apart(ticket, description=("Diversion A is flooded.", "Diversion A is closed."))
    opened(page, qtbot)
    press(Key.Key_E)
    editor = QApplication.focusWidget()
    assert editor is not None
    assert editor is not page.panel
    QTest.keyClick(editor, Key.Key_A, Ctrl)
    QTest.keyClicks(editor, "Diversion 5 is open, by day only, no U turns.")
    QTest.keyClick(editor, Key.Key_Return, Ctrl)
    assert QApplication.focusWidget() is page.panel, "the keys are back where they were"
    save()
    qtbot.waitUntil(lambda: post.anna.shown(ticket, "description") == "Diversion 5 is open, by day only, no U turns.")
    assert all_show(post, ticket, description="Diversion 5 is open, by day only, no U turns.")


def test_what_was_settled_elsewhere_says_so_and_keeps_the_choice(post: Post, page: ConflictsPage, qtbot: QtBot) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's", "Ben's"))
    panel = opened(page, qtbot)
    press(Key.Key_2)
    found = post.ben.record(ticket).open[0]
    post.ben.do(conflicts.settle, [Choice(found.seen, "Ben's newest")])
    post.ben.exchange()
    post.anna.exchange()
    qtbot.waitUntil(lambda: panel.fields[0].conflict.settlement is not None)
    said = panel.fields[0].accessibleDescription()
    assert "by Ben Ferreira: Ben's newest" in said
    assert "You had chosen “Anna's”" in said
    assert panel.chosen_count == 0
    save()
    assert post.anna.shown(ticket, "title") == "Ben's newest", "nobody is overruled unseen"
    press(Key.Key_2)
    save()
    qtbot.waitUntil(lambda: post.anna.shown(ticket, "title") == "Anna's")
    assert all_show(post, ticket, title="Anna's")


def test_what_was_typed_survives_another_version(post: Post, page: ConflictsPage, qtbot: QtBot) -> None:
    ticket = post.ticket()
    post.carl.edit(ticket, title="Carl's")
    post.apart_but_carl(ticket, title=("Anna's", "Ben's"))
    panel = opened(page, qtbot)
    press(Key.Key_E)
    editor = QApplication.focusWidget()
    assert editor is not None
    QTest.keyClick(editor, Key.Key_A, Ctrl)
    QTest.keyClicks(editor, "Half a sen")
    post.carl.exchange()
    post.anna.exchange()
    qtbot.waitUntil(lambda: len(panel.fields[0].cells) == 4)
    unfinished = panel.fields[0].unfinished
    assert unfinished is not None
    assert unfinished["answer"] == "Half a sen"


def test_after_saving_it_goes_on_and_u_brings_the_last_one_back(post: Post, page: ConflictsPage, qtbot: QtBot) -> None:
    first, second = post.ticket(priority=4), post.ticket(priority=1)
    for ticket in (first, second):
        post.apart(ticket, title=("Anna's", "Ben's"))
    panel = opened(page, qtbot)
    assert page.record is not None
    assert page.record.id == first, "what is due first comes first"
    press(Key.Key_2)
    save()
    qtbot.waitUntil(lambda: page.record is not None and page.record.id == second and bool(panel.fields))
    press(Key.Key_U)
    qtbot.waitUntil(lambda: len(page.inbox.lines()) == 2)
    assert post.anna.shown(first, "title") == "Ben's"
    press(Key.Key_N)
    qtbot.waitUntil(lambda: page.record is not None and page.record.id == first)


def test_g_asks_whom_to_give_it_to_and_g_with_a_letter_goes_there(
    post: Post, page: ConflictsPage, shell: PlainShell, qtbot: QtBot
) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's", "Ben's"))
    went: list[str] = []
    shell.actions.add(Action("go.home", "Go to Home", lambda: went.append("home"), shortcut="G, H"))
    opened(page, qtbot)
    press(Key.Key_G, Key.Key_H)
    assert went == ["home"]
    press(Key.Key_G)
    qtbot.waitUntil(lambda: bool(shell.window.findChildren(Chooser)))
    field = QApplication.focusWidget()
    assert field is not None
    QTest.keyClicks(field, "carl")
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: post.anna.record(ticket).care.name == "Carl Vance")
    qtbot.waitUntil(lambda: page.inbox.lines() == ())
    qtbot.waitUntil(lambda: page.empty.accessibleName().startswith("Nothing waits for you"))


def test_d_asks_until_when_and_takes_a_time_as_it_is_typed(
    post: Post, page: ConflictsPage, shell: PlainShell, qtbot: QtBot
) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's", "Ben's"))
    opened(page, qtbot)
    press(Key.Key_D)
    field = QApplication.focusWidget()
    assert field is not None
    QTest.keyClicks(field, "+90m")
    press(Key.Key_Return)
    now = post.anna.clock.ms
    qtbot.waitUntil(lambda: post.anna.record(ticket).care.due_at == now + 90 * times.MINUTE)
    qtbot.waitUntil(lambda: page.head._left.text() == "1 h 30 left")


def test_a_choice_stays_when_one_looks_at_another_conflict_in_between(
    post: Post, page: ConflictsPage, qtbot: QtBot
) -> None:
    first, second = post.ticket(priority=4), post.ticket(priority=1)
    for ticket in (first, second):
        post.apart(ticket, title=("Anna's", "Ben's"), location=("East", "West"))
    panel = opened(page, qtbot, 2)
    press(Key.Key_2, Key.Key_N)
    qtbot.waitUntil(lambda: page.record is not None and page.record.id == second)
    assert panel.chosen_count == 0
    press(Key.Key_N)
    qtbot.waitUntil(lambda: page.record is not None and page.record.id == first and panel.chosen_count == 1)


def test_o_opens_the_ticket(post: Post, page: ConflictsPage, shell: PlainShell, qtbot: QtBot) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's", "Ben's"))
    opened(page, qtbot)
    press(Key.Key_O)
    assert shell.opened == [Target("ticket", ticket)]


def test_letters_rest_where_the_person_has_switched_them_off(
    post: Post, page: ConflictsPage, shell: PlainShell, qtbot: QtBot
) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's", "Ben's"))
    panel = opened(page, qtbot)
    shell.preferences.set("keys.letters", False)
    shell.actions.set_letters(False)
    press(Key.Key_2)
    assert panel.chosen_count == 0
    QTest.keyClick(panel.fields[0].cells[1], Key.Key_Return)
    assert panel.chosen_count == 1


def test_a_choice_and_a_note_survive_closing_the_program(
    post: Post, page: ConflictsPage, shell: PlainShell, qtbot: QtBot
) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's", "Ben's"), location=("East", "West"))
    panel = opened(page, qtbot, 2)
    press(Key.Key_2)
    panel.note.setFocus()
    QTest.keyClicks(panel.note, "saw it 1 h ago")
    page.leaving()
    page.hide()
    again = ConflictsPage(post.anna.desk, shell)
    shown(shell, again, qtbot)
    opened(again, qtbot, 2)
    qtbot.waitUntil(lambda: again.panel.chosen_count == 1)
    assert again.panel.note.text() == "saw it 1 h ago"
    again.panel.setFocus()
    save()
    qtbot.waitUntil(lambda: len(post.anna.record(ticket).open) == 1)
    post.meet()
    (settled,) = [one.settlement for one in post.ben.record(ticket).conflicts if one.settlement]
    assert settled.note == "saw it 1 h ago"


def test_settled_ones_are_looked_at_and_can_be_settled_otherwise(post: Post, page: ConflictsPage, qtbot: QtBot) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's", "Ben's"))
    found = post.ben.record(ticket).open[0]
    post.ben.do(conflicts.settle, [Choice(found.seen, "Ben's")])
    post.meet()
    page.activated()
    qtbot.waitUntil(lambda: page.inbox.lists is not None)
    page.inbox.open_list("settled")
    qtbot.waitUntil(lambda: len(page.panel.fields) == 1 and page.panel.hasFocus())
    assert "Settled" in page.panel.fields[0].accessibleDescription()
    press(Key.Key_2)
    save()
    qtbot.waitUntil(lambda: post.anna.shown(ticket, "title") == "Anna's")


def test_what_comes_in_is_on_the_page_by_itself(post: Post, page: ConflictsPage, qtbot: QtBot) -> None:
    ticket = post.ticket()
    page.activated()
    qtbot.waitUntil(lambda: page.empty.accessibleName().startswith("Nothing is in conflict"))
    post.apart(ticket, title=("Anna's", "Ben's"))
    qtbot.waitUntil(lambda: len(page.panel.fields) == 1 and page.panel.isVisible())


def test_a_fault_of_the_disk_is_told_and_tried_again(
    post: Post, page: ConflictsPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_reader: Any) -> Any:
        raise StorageError("The disk is gone")

    monkeypatch.setattr(conflicts, "lists", broken)
    page.activated()
    qtbot.waitUntil(lambda: "The disk is gone" in page.empty.accessibleName())
    monkeypatch.undo()
    monkeypatch.setattr("opsdesk.ui.widgets.wall.now", post.anna.clock)
    qtbot.mouseClick(page.empty._button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.empty.accessibleName().startswith("Nothing is in conflict"))


def test_no_part_of_it_flashes_as_a_window_of_its_own(
    post: Post, page: ConflictsPage, shell: PlainShell, qtbot: QtBot
) -> None:
    ticket = post.ticket(description=BASE)
    post.apart(ticket, title=("Anna's", "Ben's"), description=(MINE, THEIRS))
    with only_window(shell.window):
        opened(page, qtbot, 2)
        press(Key.Key_2, Key.Key_E, Key.Key_Escape, Key.Key_U)


# -- in place ------------------------------------------------------------------------------------------------
