"""Answers and announcements reach the GUI thread in order, and nothing reaches a widget that is gone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import current_thread, main_thread
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from opsdesk.services.changes import Changes, Outcome
from opsdesk.services.errors import Refused, StorageError, Superseded
from opsdesk.ui.bridge import Bridge
from opsdesk.ui.operations import HISTORY, Operations
from opsdesk.ui.widgets.toast import Toasts
from tests.support.look import PlainDesk

TICKET = Changes(tickets=frozenset({b"t" * 16}))


@pytest.fixture
def bridge(qapp: QApplication, plain_desk: PlainDesk) -> Bridge:
    return Bridge(plain_desk)


def test_an_answer_arrives_on_the_gui_thread(qtbot: QtBot, plain_desk: PlainDesk, bridge: Bridge) -> None:
    seen: list[Any] = []
    future = plain_desk.ask(lambda reader: current_thread() is main_thread())
    bridge.then(future, lambda was_main: seen.append((was_main, current_thread() is main_thread())))
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [(False, True)]


def test_an_answer_that_is_there_already_still_arrives_later(qtbot: QtBot, bridge: Bridge) -> None:
    future: Future[int] = Future()
    future.set_result(7)
    seen: list[int] = []
    bridge.then(future, seen.append)
    assert seen == []
    qtbot.waitUntil(lambda: seen == [7])


def test_an_announcement_comes_before_the_answer_of_its_command(
    qtbot: QtBot, plain_desk: PlainDesk, bridge: Bridge
) -> None:
    order: list[str] = []
    bridge.changed.connect(lambda changes: order.append("changed"))
    bridge.then(plain_desk.do(lambda work: TICKET), lambda outcome: order.append("answer"))
    qtbot.waitUntil(lambda: len(order) == 2)
    assert order == ["changed", "answer"]


class Listener(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []

    def hear(self, value: Any) -> None:
        self.heard.append(value)


@pytest.mark.parametrize("explicit", [True, False])
def test_nothing_reaches_an_owner_that_is_gone(qtbot: QtBot, bridge: Bridge, explicit: bool) -> None:
    owner, future, after = Listener(), Future[int](), list[int]()
    heard = owner.heard
    if explicit:
        bridge.then(future, lambda value: heard.append(value), owner=owner)
    else:
        bridge.then(future, owner.hear)
    shiboken6.delete(owner)
    future.set_result(1)
    bridge.then(future, after.append)
    qtbot.waitUntil(lambda: after == [1])
    assert heard == []


def test_a_superseded_or_cancelled_question_says_nothing(qtbot: QtBot, bridge: Bridge) -> None:
    heard: list[Any] = []
    superseded, cancelled, last = Future[int](), Future[int](), Future[int]()
    bridge.unhandled.connect(heard.append)
    for future in (superseded, cancelled):
        bridge.then(future, heard.append, heard.append)
    superseded.set_exception(Superseded())
    cancelled.cancel()
    last.set_result(3)
    bridge.then(last, heard.append)
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == [3]


def test_an_error_goes_to_who_asked_or_to_the_window(qtbot: QtBot, plain_desk: PlainDesk, bridge: Bridge) -> None:
    def fail(reader: None) -> None:
        raise Refused("Not this one")

    own: list[Exception] = []
    others: list[Exception] = []
    bridge.unhandled.connect(others.append)
    bridge.then(plain_desk.ask(fail), None, own.append)
    bridge.then(plain_desk.ask(fail), lambda result: None)
    qtbot.waitUntil(lambda: len(own) == 1 and len(others) == 1)
    assert [str(error) for error in (*own, *others)] == ["Not this one"] * 2


def test_a_closed_bridge_delivers_nothing(qtbot: QtBot, bridge: Bridge) -> None:
    heard: list[int] = []
    future: Future[int] = Future()
    bridge.then(future, heard.append)
    future.set_result(1)  # posted, not yet delivered
    bridge.close()
    bridge.later(lambda: heard.append(2))
    QApplication.processEvents()
    assert heard == []


@pytest.fixture
def operations(qtbot: QtBot, dressed: QApplication, plain_desk: PlainDesk, bridge: Bridge) -> Operations:
    host = QWidget()
    qtbot.addWidget(host)
    host.resize(800, 600)
    host.show()
    toasts = Toasts(host)
    made = Operations(plain_desk, bridge, toasts, lambda _act, _confirmed: plain_desk.do(lambda work: TICKET), host)
    made.setProperty("toasts", toasts)
    return made


def shown(operations: Operations) -> list[str]:
    return [toast.text for toast in operations._toasts.shown]


def test_a_command_says_what_it_did_and_can_be_undone(qtbot: QtBot, operations: Operations) -> None:
    operations.run(lambda work: TICKET, said="Assigned to A. Brandt")
    qtbot.waitUntil(lambda: shown(operations) == ["Assigned to A. Brandt"])
    assert [done.text for done in operations.history] == ["Assigned to A. Brandt"]
    operations.undo()
    qtbot.waitUntil(lambda: "Undone: Assigned to A. Brandt" in shown(operations))
    assert operations.history == ()


def test_of_several_acts_in_a_row_only_the_newest_says_that_ctrl_z_takes_it_back(
    qtbot: QtBot, operations: Operations
) -> None:
    for number in range(1, 5):
        operations.run(lambda work: TICKET, said=f"Settled {number}")
    qtbot.waitUntil(lambda: len(operations.history) == 4)
    assert shown(operations) == ["Settled 4"], "four of them would lie over what is worked on"
    assert [done.text for done in operations.history] == [f"Settled {number}" for number in range(1, 5)]


def test_what_changed_nothing_cannot_be_undone(qtbot: QtBot, operations: Operations) -> None:
    outcomes: list[Outcome] = []
    operations.run(lambda work: Changes(), said="Looked", ok=outcomes.append)
    qtbot.waitUntil(lambda: bool(outcomes))
    assert operations.history == ()
    operations.undo()
    assert "Nothing to undo" in shown(operations)


def undoing(operations: Operations, undo: Callable[..., Changes], qtbot: QtBot) -> None:
    """Do `Assigned` on operations whose undo is another one."""
    operations._undo = lambda act, confirmed: operations._desk.do(undo, act)
    operations.run(lambda work: TICKET, said="Assigned")
    qtbot.waitUntil(lambda: len(operations.history) == 1)


def test_an_undo_that_failed_can_be_tried_again(qtbot: QtBot, operations: Operations) -> None:
    troubles: list[Exception] = [StorageError("The disk is full")]

    def undo(work: None, act: bytes) -> Changes:
        if troubles:
            raise troubles.pop()
        return TICKET

    undoing(operations, undo, qtbot)
    operations.undo()
    qtbot.waitUntil(lambda: "The disk is full" in shown(operations))
    assert [done.text for done in operations.history] == ["Assigned"]
    operations.undo()
    qtbot.waitUntil(lambda: "Undone: Assigned" in shown(operations))
    assert operations.history == ()


def test_a_mistake_of_ours_leaves_the_act_to_be_undone(qtbot: QtBot, operations: Operations) -> None:
    def undo(work: None, act: bytes) -> Changes:
        raise ZeroDivisionError

    undoing(operations, undo, qtbot)
    with qtbot.captureExceptions() as raised:
        operations.undo()
        qtbot.waitUntil(lambda: bool(raised))
    assert [done.text for done in operations.history] == ["Assigned"]


def test_an_undo_that_is_refused_is_not_offered_again(qtbot: QtBot, operations: Operations) -> None:
    undoing(operations, lambda work, act: refuse(work), qtbot)
    operations.undo()
    qtbot.waitUntil(lambda: "A reason is needed" in shown(operations))
    assert operations.history == ()


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (1, "Undone, but 1 field was changed since and stays"),
        (3, "Undone, but 3 fields were changed since and stay"),
    ],
)
def test_an_undo_says_how_many_fields_it_left(
    qtbot: QtBot, plain_desk: PlainDesk, operations: Operations, left: int, said: str
) -> None:
    undoing(operations, lambda work, act: TICKET, qtbot)
    plain_desk.value = left
    operations.undo()
    qtbot.waitUntil(lambda: said in shown(operations))


def refuse(work: None) -> Changes:
    raise Refused("A reason is needed")


@pytest.mark.parametrize("in_place", [True, False])
def test_a_refusal_is_shown_in_place_or_as_a_toast(qtbot: QtBot, operations: Operations, in_place: bool) -> None:
    place: list[str] = []
    show: Callable[[Exception], object] | None = (lambda error: place.append(str(error))) if in_place else None
    operations.run(refuse, failed=show)
    qtbot.waitUntil(lambda: bool(place or shown(operations)))
    assert (place, shown(operations)) == ((["A reason is needed"], []) if in_place else ([], ["A reason is needed"]))


def test_an_error_is_not_lost_with_the_page_that_asked(qtbot: QtBot, operations: Operations) -> None:
    page = QWidget()
    operations.run(refuse, failed=lambda error: pytest.fail("the page is gone"), owner=page)
    shiboken6.delete(page)
    qtbot.waitUntil(lambda: shown(operations) == ["A reason is needed"])


def test_a_mistake_of_ours_is_raised_and_not_taken_for_a_refusal(qtbot: QtBot, operations: Operations) -> None:
    def stumble(work: None) -> Changes:
        raise ZeroDivisionError

    with qtbot.captureExceptions() as raised:
        operations.run(stumble)
        qtbot.waitUntil(lambda: bool(raised))
    assert [kind for kind, _, _ in raised] == [ZeroDivisionError]
    operations.tell_mistake(ZeroDivisionError())
    assert "OpsDesk made a mistake: ZeroDivisionError" in shown(operations)[0]


def test_the_history_forgets_the_oldest(operations: Operations) -> None:
    for number in range(HISTORY + 5):
        operations._tell(Outcome(TICKET, act=number.to_bytes(16), label=f"Act {number}"), "", True)
    assert len(operations.history) == HISTORY
    assert operations.history[0].text == "Act 5"
