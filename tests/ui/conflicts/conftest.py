"""Anna's page of conflicts in a window, and what is done there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication, QVBoxLayout
from pytestqt.qtbot import QtBot

from opsdesk.ui.conflicts.page import ConflictsPage
from tests.support.posts import Post
from tests.support.ticket_pages import PlainShell
from tests.ui.conflicts.settling import shown

if TYPE_CHECKING:
    pass


@pytest.fixture
def shell(post: Post, dressed: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlainShell]:
    """The window around Anna's page, whose time is that of her desk."""
    monkeypatch.setattr("opsdesk.ui.widgets.wall.now", post.anna.clock)
    made = PlainShell(post.anna.desk)
    made.bridge.unhandled.connect(made.operations.show_error)
    QVBoxLayout(made.window)
    yield made
    made.bridge.close()
    made.window.close()
    made.window.deleteLater()


@pytest.fixture
def page(post: Post, shell: PlainShell, qtbot: QtBot) -> ConflictsPage:
    """Anna's page, not read yet."""
    made = ConflictsPage(post.anna.desk, shell)
    shown(shell, made, qtbot)
    return made
