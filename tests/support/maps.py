"""The map's page for the session: it takes seconds to load, so tests lend it to each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from opsdesk.ui.widgets.map_view.engine import Engine

LOADING_MS = 60_000
"""What the page of the map is waited for at most."""


@pytest.fixture(scope="session")
def map_engine(qapp: QApplication) -> Iterator[Engine]:
    """The one map; whoever shows it gives it back."""
    from opsdesk.ui.widgets.map_view.engine import close_engine, engine

    yield engine()
    close_engine()
