"""How long tests wait at most: so long that only a hang is told. A wait ends as soon as its condition holds, so that
much patience costs nothing, while a short one fails now and then on a machine that others use as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

PATIENCE_S: Final = 90.0
PATIENCE_MS: Final = 90_000
_WAITS: Final = ("waitUntil", "waitSignal", "waitSignals", "waitActive", "waitExposed", "waitCallback")


@pytest.fixture
def qtbot(qtbot: QtBot) -> QtBot:
    """pytest-qt's own, which waits 5 s where nothing is said, with the patience of this project."""
    for name in _WAITS:
        setattr(qtbot, name, _patient(getattr(qtbot, name)))
    return qtbot


def _patient(wait: Any) -> Any:
    def waits(*args: Any, **kw: Any) -> Any:
        return wait(*args, **{"timeout": PATIENCE_MS, **kw})

    return waits
