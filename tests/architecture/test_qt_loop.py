"""The session's loop does what the desktop's loop does, and lets no error pass."""

import asyncio
from typing import Any

import pytest

pytest_plugins = ["pytester"]


def test_a_coroutine_runs_while_qt_handles_events(run: Any) -> None:
    async def halves() -> int:
        await asyncio.sleep(0)
        return await asyncio.to_thread(lambda: 21) * 2

    assert run(halves()) == 42


def test_the_error_of_a_coroutine_reaches_the_test(run: Any) -> None:
    async def fails() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        run(fails())


def test_a_coroutine_that_never_ends_is_a_timeout(run: Any) -> None:
    async def waits() -> None:
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        run(waits(), timeout=1)


def test_a_slot_may_start_a_task(loop: asyncio.AbstractEventLoop, qtbot: Any) -> None:
    from PySide6.QtWidgets import QPushButton

    done: list[str] = []

    async def work() -> None:
        done.append("worked")

    tasks: list[asyncio.Task[None]] = []
    button = QPushButton()
    qtbot.addWidget(button)
    button.clicked.connect(lambda: tasks.append(asyncio.ensure_future(work())))
    button.click()
    qtbot.waitUntil(lambda: bool(done))


def test_plain_asyncio_still_runs_beside_it(session_loop: object) -> None:
    async def answer() -> int:
        return 42

    assert asyncio.run(answer()) == 42


def test_an_error_that_nobody_looks_at_fails_the_test(
    pytester: pytest.Pytester, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(pytestconfig.rootpath))
    pytester.makeini("[pytest]\nqt_api = pyside6\n")
    pytester.makeconftest("pytest_plugins = ['tests.support.qt_loop']")
    pytester.makepyfile(
        """
        import asyncio, gc

        async def fails():
            raise LookupError("gone")

        def test_leaves_an_error(loop, qtbot):
            task = loop.create_task(fails())
            qtbot.waitUntil(task.done)
            del task
            gc.collect()
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1, errors=1)
