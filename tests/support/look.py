"""The program's look on the test's application, and a Desk with threads but no database, for widgets alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from opsdesk.services.changes import Changes, Outcome

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[QApplication]:
    """The application with fonts, palette and style sheet of the light theme; put back to it afterwards."""
    from opsdesk.ui.shell import start
    from opsdesk.ui.theme import theme

    # Once for all: fonts that are registered again and a style sheet that is set again cost each test 40 ms and more.
    if not qapp.styleSheet():
        start.dress(qapp)
    theme.switch("light")
    yield qapp
    theme.switch("light")
    theme.set_density("normal")


class Announcements:
    """What `Desk.changed` is."""

    def __init__(self) -> None:
        self.callbacks: list[Callable[[Changes], object]] = []

    def connect(self, callback: Callable[[Changes], object]) -> None:
        self.callbacks.append(callback)

    def tell(self, changes: Changes) -> None:
        for callback in self.callbacks:
            callback(changes)


class PlainDesk:
    """Runs questions and commands on one thread as the Desk does, with None where reader and work would be."""

    def __init__(self) -> None:
        self.changed = Announcements()
        self.settings = PlainSettings()
        self.value: Any = None
        """What the next commands give as their result."""
        self._thread = ThreadPoolExecutor(1)

    def ask(self, function: Callable[..., Any], /, *args: Any, **kw: Any) -> Future[Any]:
        kw.pop("channel", None)
        kw.pop("background", None)
        return self._thread.submit(function, None, *args, **kw)

    def do(self, function: Callable[..., Any], /, *args: Any, **kw: Any) -> Future[Outcome]:
        def run() -> Outcome:
            changes = function(None, *args, **kw)
            self.changed.tell(changes)
            return Outcome(changes, act=b"a" * 16 if changes else None, label="Done", value=self.value)

        return self._thread.submit(run)

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)


class PlainSettings:
    """Preferences in memory."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def get(self, name: str, default: Any) -> Any:
        return self.values.get(name, default)

    def set(self, name: str, value: object) -> None:
        self.values[name] = value


@pytest.fixture
def plain_desk() -> Iterator[PlainDesk]:
    """A Desk without a database."""
    desk = PlainDesk()
    yield desk
    desk.close()
