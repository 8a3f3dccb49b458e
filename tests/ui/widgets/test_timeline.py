from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from opsdesk.ui.widgets.timeline import Mark, Timeline

MINUTE = 60_000
NOW = 1_795_357_920_000


def timeline(qtbot: QtBot, width: int, *marks: Mark) -> Timeline:
    made = Timeline()
    qtbot.addWidget(made)
    made.resize(width, made.height())
    made.show_marks(marks)
    return made


def test_marks_stand_in_proportion_to_time_where_there_is_room(qtbot: QtBot, dressed: QApplication) -> None:
    marks = (Mark(NOW, "A"), Mark(NOW + 50 * MINUTE, "B"), Mark(NOW + 100 * MINUTE, "C"))
    left, middle, right = timeline(qtbot, 600, *marks).positions()
    assert middle - left == right - middle


def test_marks_close_in_time_can_still_be_told_apart(qtbot: QtBot, dressed: QApplication) -> None:
    marks = [Mark(NOW + second * 1000, "Step") for second in range(6)] + [
        Mark(NOW + 10_000 * MINUTE, "Now", kind="now")
    ]
    places = timeline(qtbot, 700, *marks).positions()
    assert all(later - earlier >= 16 for earlier, later in pairwise(places))
    assert places[-1] <= 700


def test_more_marks_than_pixels_stay_in_order_and_inside(qtbot: QtBot, dressed: QApplication) -> None:
    marks = [Mark(NOW + number * MINUTE, "Step") for number in range(200)]
    made = timeline(qtbot, 300, *marks)
    places = made.positions()
    assert places == sorted(places)
    assert places[0] >= 0
    assert places[-1] <= 300
    made.show()
    assert not made.grab().isNull()


def test_all_at_one_moment_is_no_division_by_nothing(qtbot: QtBot, dressed: QApplication) -> None:
    assert len(timeline(qtbot, 300, Mark(NOW, "A"), Mark(NOW, "B")).positions()) == 2
    assert timeline(qtbot, 300).positions() == []


def test_times_are_as_short_as_they_can_be_told_apart(
    qtbot: QtBot, dressed: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opsdesk.ui.widgets.wall.now", lambda: NOW)
    day = 24 * 60 * MINUTE
    for age, span, expected in (
        (0, 60 * MINUTE, "1332Z"),
        (0, 3 * day, "19 1432Z"),
        (40 * day, 60 * MINUTE, "13 1332Z OCT"),
        (0, 6000 * day, "19 JUN 10"),
    ):
        marks = (Mark(NOW - age - span, "Reported"), Mark(NOW - age, "Closed"))
        assert timeline(qtbot, 300, *marks)._time(marks[0]) == expected


def test_the_line_is_read_out_in_words(qtbot: QtBot, dressed: QApplication) -> None:
    made = timeline(qtbot, 300, Mark(NOW, "Waiting", "parts"), Mark(NOW + MINUTE, "Now", kind="now"))
    assert made.accessibleName() == "Timeline: Waiting parts 22 1432Z NOV 26, Now 22 1433Z NOV 26"
