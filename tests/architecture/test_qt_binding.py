"""Guards the pinned Qt binding: run this before any upgrade of PySide6."""

import sys

import pytest

pytest.importorskip("PySide6", reason="the desktop extra is not installed")


def test_void_calls_keep_the_reference_to_none(qapp: object) -> None:
    """PySide6 6.12.0 loses one reference to None with each void call and aborts after about 5,000."""
    from PySide6.QtGui import QPen

    pen = QPen()
    before = sys.getrefcount(None)
    for _ in range(500):
        pen.setCosmetic(True)
    assert sys.getrefcount(None) > before - 50
