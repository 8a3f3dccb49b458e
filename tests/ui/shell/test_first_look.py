"""Setting up a station by the keyboard: alone, or by joining a post; every error stands at its place."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from opsdesk.services import joining
from opsdesk.services.desk import Desk
from opsdesk.services.link import LinkKind
from opsdesk.services.tickets import commands
from opsdesk.ui.shell.first import SEEN_SETTING, FirstLook
from opsdesk.ui.shell.first.code_field import CodeField
from opsdesk.ui.shell.window import MainWindow
from tests.server.running import Running, free_port, opsdesk
from tests.ui.shell.fake_post import PERSON, UNIT, FakePost, install


@pytest.fixture
def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePost:
    (tmp_path / "keys").mkdir()
    made = FakePost(tmp_path / "keys")
    install(made, monkeypatch)
    return made


@pytest.fixture
def look(qtbot: QtBot, open_window: Callable[[], MainWindow], loop: Any) -> FirstLook:
    """The first look over a window, with the focus."""
    return opened(qtbot, open_window())


def opened(qtbot: QtBot, window: MainWindow, *, later: bool = False) -> FirstLook:
    window.show_first_look(later=later)
    body = window.centralWidget()
    assert body is not None
    found = body.findChild(FirstLook)
    assert isinstance(found, FirstLook)
    qtbot.waitUntil(lambda: found.isAncestorOf(QApplication.focusWidget() or window))
    return found


def press(*keys: str) -> None:
    """Press keys on whatever has the focus."""
    for key in keys:
        combination = QKeySequence(key)[0]  # type: ignore[index]
        QTest.keyClick(focus(), combination.key(), combination.keyboardModifiers())


def focus() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def join_by_keys(qtbot: QtBot, look: FirstLook, code: str, address: str = "cp-main:8471") -> None:
    """Choose to join, type the address, paste the code."""
    press("Right", "Tab")
    assert focus() is look.form.address
    QTest.keyClicks(focus(), address)
    press("Tab")
    assert focus() is look.form.code
    QApplication.clipboard().setText(code)
    press("Ctrl+V")


def shown(look: FirstLook) -> str:
    """All words that stand on the form."""
    words = [label.text() for label in look.findChildren(QLabel) if label.isVisible()]
    return "\n".join(words)


# Alone


def test_enter_begins_alone_with_the_tag_that_was_typed(qtbot: QtBot, look: FirstLook, desk: Desk) -> None:
    assert focus() is look.alone
    press("Tab")
    assert focus() is look.tag
    press("Ctrl+A")
    QTest.keyClicks(focus(), "cp1")
    assert "T-CP1-00001" in shown(look)
    press("Return")
    qtbot.waitUntil(lambda: desk.settings.get(SEEN_SETTING, False))
    assert desk.tag == "CP1"
    number = desk.do(commands.create, title="First").result().label
    assert number == "New T-CP1-00001"
    assert desk.link.state.kind is LinkKind.ALONE


def test_a_tag_that_numbers_cannot_carry_is_told_beside_it(qtbot: QtBot, look: FirstLook, desk: Desk) -> None:
    look.tag.setFocus()
    press("Ctrl+A")
    QTest.keyClicks(focus(), "O")
    press("Return")
    assert "two to six letters" in look.tag_note.words
    assert look.isVisible()
    assert focus() is look.tag


# Joining


def test_joining_by_keys_alone(qtbot: QtBot, look: FirstLook, post: FakePost, desk: Desk) -> None:
    """Address, code by paste, a look at what was found, Enter: the window then belongs to the person of the code."""
    window = look.window()
    assert isinstance(window, MainWindow)
    made = desk.do(commands.create, title="Made alone", values={"assignee": desk.person}).result().value
    join_by_keys(qtbot, look, f"  {post.code.lower()}\n")
    qtbot.waitUntil(lambda: look.form.what is not None)
    assert post.asked == ["/v1/authority", "/v1/code"], "nothing else is asked before Start"
    said = shown(look)
    assert "Found CP Main" in said
    assert "as Eva Keller, Watch · 3,214 tickets to copy" in said
    assert "The ticket made here comes along. Nothing is lost." in said
    assert "Free. Your numbers will look like" in said
    post.refuses["/v1/token"] = (401, "token refused")
    press("Return")
    qtbot.waitUntil(lambda: bool(desk.settings.get(SEEN_SETTING, False)))
    assert post.asked[-2:] == ["/v1/enrol", "/v1/meet"] or "/v1/meet" in post.asked
    assert (desk.person, desk.unit) == (PERSON, UNIT)
    rows = desk.ask(lambda reader: reader.rows("SELECT assignee, unit FROM ticket WHERE id = ?", (made,))).result()
    assert rows == [(PERSON, UNIT)]
    qtbot.waitUntil(lambda: window.topbar.person.toolTip().startswith("Eva") or "Eva Keller" in _texts(window))
    assert "Joined CP Main as Eva Keller, Watch. What was made here goes out now." in [
        toast.text for toast in window.toasts.shown
    ]
    qtbot.waitUntil(lambda: desk.link.state.kind is LinkKind.SHUT_OUT)


def _texts(window: MainWindow) -> str:
    return " ".join([window.topbar.person.accessibleName(), *(label.text() for label in window.findChildren(QLabel))])


@pytest.mark.parametrize(
    ("path", "answer", "place", "words"),
    [
        ("/v1/code", (401, "code refused"), "note", "does not know this code"),
        ("/v1/code", (429, "wait"), "note", "Try again in 2 minutes"),
        ("/v1/code", (409, "no rights"), "note", "has no rights yet"),
        ("/v1/code", (404, "not found"), "address_note", "too old for this desk"),
        ("/v1/authority", (404, "not found"), "address_note", "too old for this desk"),
    ],
)
def test_a_refusal_stands_at_its_place(
    qtbot: QtBot, look: FirstLook, post: FakePost, path: str, answer: tuple[int, str], place: str, words: str
) -> None:
    post.refuses[path] = answer
    join_by_keys(qtbot, look, post.code)
    note = getattr(look.form, place)
    qtbot.waitUntil(lambda: words in note.words)
    assert look.form.what is None
    post.refuses.clear()
    press("Backspace")
    assert note.words == "", "what is being changed is not called wrong"
    QTest.keyClicks(focus(), post.code[-1])
    qtbot.waitUntil(lambda: look.form.what is not None)


def test_no_network_is_said_and_start_tries_again(qtbot: QtBot, look: FirstLook, post: FakePost, desk: Desk) -> None:
    post.down = True
    join_by_keys(qtbot, look, post.code)
    qtbot.waitUntil(lambda: "cannot be reached" in look.form.address_note.words)
    assert "Nothing has changed here" in look.form.address_note.words
    post.down = False
    press("Return")
    qtbot.waitUntil(lambda: bool(desk.settings.get(SEEN_SETTING, False)))
    assert desk.person == PERSON


def test_what_is_missing_is_said_and_gets_the_focus(qtbot: QtBot, look: FirstLook, post: FakePost) -> None:
    press("Right")
    press("Return")
    assert "address of the post first" in look.form.address_note.words
    assert focus() is look.form.address
    QTest.keyClicks(focus(), "cp-main")
    press("Return")
    assert "code first" in look.form.note.words
    assert focus() is look.form.code
    QTest.keyClicks(focus(), "K7QD")
    press("Return")
    assert "4 of 36 letters" in look.form.note.words
    assert post.asked == []


def test_a_taken_tag_is_changed_by_one_key(qtbot: QtBot, look: FirstLook, post: FakePost, desk: Desk) -> None:
    post.taken = {desk.tag}
    join_by_keys(qtbot, look, post.code)
    qtbot.waitUntil(lambda: look.form.what is not None)
    assert f"Another station at CP Main has the tag {desk.tag}." in look.tag_note.words
    look.use_other.setFocus()
    assert look.use_other.text() == "Use CP4"
    press("Return")
    assert look.tag.text() == "CP4"
    qtbot.waitUntil(lambda: look.form.what is not None)
    assert look.tag_note.words == ""
    press("Return")
    qtbot.waitUntil(lambda: bool(desk.settings.get(SEEN_SETTING, False)))
    assert desk.tag == "CP4"


def test_a_tag_that_is_taken_meanwhile_is_offered_another(qtbot: QtBot, look: FirstLook, post: FakePost) -> None:
    join_by_keys(qtbot, look, post.code)
    qtbot.waitUntil(lambda: look.form.what is not None)
    post.taken = {look.tag.text()}
    press("Return")
    qtbot.waitUntil(lambda: "CP4 is free" in look.tag_note.words)
    assert focus() is look.tag
    assert look.use_other.isVisible()


def test_escape_stops_joining_while_the_post_is_asked(
    qtbot: QtBot, look: FirstLook, post: FakePost, desk: Desk
) -> None:
    join_by_keys(qtbot, look, post.code)
    qtbot.waitUntil(lambda: look.form.what is not None)
    post.hold = asyncio.Event()
    press("Return")
    qtbot.waitUntil(lambda: "/v1/enrol" in post.asked)
    assert look.progress.isVisible()
    assert not look.start.isEnabled()
    assert focus() is look.cancel
    press("Escape")
    qtbot.waitUntil(look.start.isEnabled)
    assert not look.progress.isVisible()
    assert desk.ask(joining.standing).result() is None
    post.hold = None
    assert focus() is look.start
    press("Return")
    qtbot.waitUntil(lambda: bool(desk.settings.get(SEEN_SETTING, False)))


def test_who_works_alone_joins_later_from_the_palette_and_may_go_back(
    qtbot: QtBot, open_window: Callable[[], MainWindow], loop: Any, post: FakePost, desk: Desk
) -> None:
    window = open_window()
    press("Ctrl+K")
    QTest.keyClicks(focus(), "join a post")
    palette = window.palette_panel
    qtbot.waitUntil(lambda: palette._answered == palette._asked and palette._current() is not None)
    press("Return")
    body = window.centralWidget()
    assert body is not None
    qtbot.waitUntil(lambda: body.findChild(FirstLook) is not None)
    look = body.findChild(FirstLook)
    assert isinstance(look, FirstLook)
    qtbot.waitUntil(lambda: focus() is look.form.address)
    assert not look.alone.isVisible()
    press("Escape")
    qtbot.waitUntil(lambda: body.findChild(FirstLook) is None)
    assert desk.settings.get(SEEN_SETTING, False) is False
    window.go("settings")
    settings = window.page("settings")
    assert settings is not None
    qtbot.waitUntil(lambda: "works alone" in "".join(label.text() for label in settings.findChildren(QLabel)))


def test_tab_stays_on_the_form(qtbot: QtBot, look: FirstLook) -> None:
    for _ in range(12):
        press("Tab")
        assert look.isAncestorOf(focus())


# The field


@pytest.fixture
def field(qtbot: QtBot, dressed: QApplication) -> CodeField:
    made = CodeField()
    qtbot.addWidget(made)
    made.resize(560, 40)
    made.show()
    made.setFocus()
    return made


def test_a_code_is_typed_as_it_is_read(field: CodeField) -> None:
    QTest.keyClicks(field, "k7qd-4m2x oil1")
    assert field.text() == "K7QD4M2X0111"
    QTest.keyClick(field, Qt.Key.Key_Backspace)
    assert field.text() == "K7QD4M2X011"


def test_letters_go_in_where_the_caret_stands(field: CodeField) -> None:
    QTest.keyClicks(field, "aacc")
    field.setCursorPosition(2)
    QTest.keyClicks(field, "b-b")
    assert (field.text(), field.cursorPosition()) == ("AABBCC", 4)


def test_no_more_letters_than_a_code_has(field: CodeField) -> None:
    told: list[str] = []
    field.changed.connect(told.append)
    QTest.keyClicks(field, "a" * 40)
    assert field.text() == "A" * 36
    assert field.complete
    assert told[-1] == "A" * 36


def test_a_press_puts_the_caret_between_the_letters(field: CodeField, qtbot: QtBot) -> None:
    QTest.keyClicks(field, "abcdefgh")
    qtbot.mouseClick(field, Qt.MouseButton.LeftButton, pos=field._cell(5).center().toPoint() - QtPoint(6))
    assert field.cursorPosition() == 5


def QtPoint(x: int) -> Any:
    from PySide6.QtCore import QPoint

    return QPoint(x, 0)


# The real thing


@pytest.fixture
def invitation() -> Iterator[dict[str, str]]:
    """A server in a process of its own, and the two lines for a desk of it."""
    with tempfile.TemporaryDirectory(prefix="opsdesk-first-") as name:
        data = Path(name)
        data.chmod(0o755)
        opsdesk(data, "server", "init", "--organisation", "Relief", "--host", "127.0.0.1", "--port", str(free_port()))
        lines = opsdesk(data, "server", "user", "add", "eva", "--name", "Eva Keller", "--unit", "CP Main")
        running = Running(data, int(lines["address"].rpartition(":")[2]))
        try:
            assert running.healthy(), running.log.read_text()
            yield lines
        finally:
            running.end()


def test_a_station_joins_a_real_server_over_tls(
    invitation: dict[str, str], qtbot: QtBot, desk: Desk, look: FirstLook
) -> None:
    """The two lines are typed in; afterwards the ticket that was made alone is at the server."""
    desk.do(commands.create, title="Made alone").result()
    join_by_keys(qtbot, look, invitation["code"], invitation["address"])
    qtbot.waitUntil(lambda: look.form.what is not None)
    press("Return")
    qtbot.waitUntil(lambda: desk.link.state.kind is LinkKind.ONLINE)
    waiting = "SELECT count(*) FROM change WHERE outcome IS NULL"
    qtbot.waitUntil(lambda: desk.ask(lambda reader: reader.value(waiting)).result() == 0)
    assert desk.ask(lambda reader: reader.value("SELECT ver > 0 FROM ticket")).result() == 1
