"""One asyncio loop inside Qt for the whole session, as the desktop program has one.

A second `exec` in a process that has used WebEngine crashes, so no test may call `run_until_complete`:
it asks for `run` and hands it a coroutine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from tests.support.patience import PATIENCE_MS

if TYPE_CHECKING:
    import qasync
    from PySide6.QtWidgets import QApplication

T = TypeVar("T")
Run = Callable[..., Any]


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    """The class that pytest-qt makes the application of; asked for just before it is made.

    The map's URL scheme can be registered only before that moment.
    """
    from PySide6.QtWidgets import QApplication

    from opsdesk.ui.shell import start

    start.register_url_scheme()
    return QApplication


@pytest.fixture(scope="session")
def session_loop(qapp: QApplication) -> Iterator[qasync.QEventLoop]:
    """The session's loop; a test asks for `loop` or `run` instead."""
    import qasync

    loop = qasync.QEventLoop(qapp, already_running=True)
    asyncio.events._set_running_loop(None)  # only while a test asks for it: others may use asyncio.run
    yield loop
    loop.stop()
    loop.close()


@pytest.fixture
def loop(session_loop: qasync.QEventLoop) -> Iterator[qasync.QEventLoop]:
    """The running asyncio loop, whose tasks advance whenever Qt handles events.

    Tasks that the test leaves are cancelled; an error that nobody looked at fails the test.
    """
    errors: list[dict[str, Any]] = []
    session_loop.set_exception_handler(lambda _loop, context: errors.append(context))
    asyncio.set_event_loop(session_loop)
    asyncio.events._set_running_loop(session_loop)
    try:
        yield session_loop
        left = asyncio.all_tasks(session_loop)
        for task in left:
            task.cancel()
        if left:
            drive(session_loop, asyncio.wait(left), PATIENCE_MS)
    finally:
        asyncio.events._set_running_loop(None)
        asyncio.set_event_loop(None)
        session_loop.set_exception_handler(None)
    if errors:
        raise AssertionError(f"nobody looked at these errors of tasks: {errors}")


@pytest.fixture
def run(loop: qasync.QEventLoop) -> Run:
    """Run a coroutine to its end while Qt handles events: `run(coroutine, timeout=PATIENCE_MS)`, in milliseconds."""

    def run(coroutine: Coroutine[Any, Any, T], timeout: int = PATIENCE_MS) -> T:
        return drive(loop, coroutine, timeout)

    return run


def drive(loop: qasync.QEventLoop, coroutine: Coroutine[Any, Any, T], timeout: int) -> T:
    """Handle Qt's events until the coroutine ends; raises what it raises, TimeoutError after `timeout` ms."""
    from PySide6.QtCore import QEventLoop, QTimer

    task: asyncio.Task[T] = loop.create_task(coroutine)
    events = QEventLoop()
    task.add_done_callback(lambda _: events.quit())
    alarm = QTimer()
    alarm.setSingleShot(True)
    alarm.timeout.connect(events.quit)
    alarm.start(timeout)
    events.exec()
    if not task.done():
        task.cancel()
        raise TimeoutError(f"not done after {timeout} ms: {task}")
    return task.result()
