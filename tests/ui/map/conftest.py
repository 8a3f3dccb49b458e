"""The Map page over the story's desk, and a way to ask its page in the web engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QVBoxLayout
from pytestqt.qtbot import QtBot

from opsdesk.ui.map.page import MapPage
from opsdesk.ui.widgets.map_view.engine import Engine
from tests.support.maps import LOADING_MS
from tests.support.ticket_pages import PlainShell, Story


@pytest.fixture
def page(story: Story, shell: PlainShell, map_engine: Engine, qtbot: QtBot) -> Iterator[MapPage]:
    made = MapPage(story.desk, shell)
    QVBoxLayout(shell.window).addWidget(made)
    with qtbot.waitActive(shell.window):
        shell.window.show()
    made.activated()
    qtbot.waitUntil(lambda: map_engine.is_ready, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: made.map.bounds is not None and made.map.bounds.zoom > 9, timeout=LOADING_MS)
    yield made
    made.leaving()


@pytest.fixture
def ask(map_engine: Engine, qtbot: QtBot) -> Callable[[str], Any]:
    """Ask the page for the value of an expression. Lists and the like come back only as text."""

    def asked(expression: str) -> Any:
        found: list[Any] = []
        map_engine.view.page().runJavaScript(f"JSON.stringify({expression})", found.append)  # type: ignore[attr-defined]
        qtbot.waitUntil(lambda: bool(found), timeout=LOADING_MS)
        return json.loads(found[0])

    return asked
