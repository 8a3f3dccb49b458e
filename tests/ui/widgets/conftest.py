"""A row table over made things."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from tests.ui.widgets.row_tables import Bench


@pytest.fixture
def bench(dressed: QApplication, qtbot: Any) -> Any:
    made: list[Bench] = []

    def make(number: int = 1000) -> Bench:
        result = Bench(number)
        qtbot.addWidget(result.table)
        result.table.show()
        made.append(result)
        return result

    yield make
    for one in made:
        one.bridge.close()
