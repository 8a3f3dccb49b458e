"""The list of the picker: the chosen place is in sight when it opens, and stays so until somebody scrolls."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from opsdesk.services.maps import PlaceNode
from opsdesk.services.positions import Position
from opsdesk.ui.widgets.location_picker.located import Located
from opsdesk.ui.widgets.location_picker.place_list import NEAR, RECENT, Entry, PlaceList

AT = Position(5.0, 5.0)


def ident(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.fixture
def places(dressed: QApplication, qtbot: QtBot) -> PlaceList:
    made = PlaceList()
    qtbot.addWidget(made)
    made.resize(260, 300)
    with qtbot.waitExposed(made):
        made.show()
    return made


def nodes() -> list[PlaceNode]:
    top = PlaceNode(ident(1), "Sector", "", None, 0, AT)
    return [top, *(PlaceNode(ident(n), f"Place {n}", "", ident(1), 1, AT) for n in range(2, 80))]


def near() -> list[Entry]:
    return [Entry(Located(AT), f"Near {n}") for n in range(6)]


def in_sight(places: PlaceList) -> bool:
    item = places.currentItem()
    return item is not None and places.viewport().rect().contains(places.visualItemRect(item))


def lay_out() -> None:
    for _ in range(20):
        QApplication.processEvents()


def test_the_chosen_place_is_in_sight_when_what_is_near_comes_later(places: PlaceList) -> None:
    places.show_rows(RECENT, near())
    places.show_tree(nodes())
    places.mark(ident(60))
    lay_out()
    assert in_sight(places)
    places.show_rows(NEAR, near())
    lay_out()
    assert in_sight(places)
    places.resize(260, 180)
    lay_out()
    assert in_sight(places)


def test_who_scrolls_away_is_left_there(places: PlaceList) -> None:
    places.show_tree(nodes())
    places.mark(ident(60))
    lay_out()
    over = places.viewport()
    middle = QPointF(over.rect().center())
    for _ in range(60):
        QApplication.sendEvent(
            over,
            QWheelEvent(
                middle, middle, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase, False,
            ),
        )  # fmt: skip
    assert not in_sight(places)
    places.show_rows(NEAR, near())
    lay_out()
    assert not in_sight(places)
