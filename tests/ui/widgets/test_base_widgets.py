"""The small widgets say what they mean, to the eye and to a screen reader, and take the keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QTextDocument
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from opsdesk.services import times
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.age import Age, now_ms, ticker
from opsdesk.ui.widgets.avatar import Avatar, avatar_colour, initials
from opsdesk.ui.widgets.button import Button, IconButton, Segmented
from opsdesk.ui.widgets.chart import paint_swatch
from opsdesk.ui.widgets.empty_state import EmptyState
from opsdesk.ui.widgets.flow_layout import FlowLayout
from opsdesk.ui.widgets.label import ElidedLabel, Label
from opsdesk.ui.widgets.pill import HEIGHT, Pill, paint_pill, pill_size
from opsdesk.ui.widgets.tile import Tile
from opsdesk.ui.widgets.toast import Toasts

pytestmark = pytest.mark.usefixtures("dressed")


def test_an_age_grows_with_the_minutes(qtbot: QtBot) -> None:
    label = Age(now_ms() - 11 * times.MINUTE)
    qtbot.addWidget(label)
    assert label.text() == "11 min ago"
    label._time = now_ms() - 12 * times.MINUTE
    ticker.minute.emit()
    assert label.text() == "12 min ago"
    assert label.toolTip().startswith(times.dtg(label._time))
    label.set_time(now_ms())
    assert label.text() == "now"
    label.set_time(None)
    assert label.text() == ""


def test_a_pill_hides_the_selection_under_it() -> None:
    for name in ("light", "dark", "red"):
        theme.switch(name)
        image = QImage(100, 30, QImage.Format.Format_ARGB32)
        image.fill(theme.color("selection"))
        painter = QPainter(image)
        width = paint_pill(painter, QRectF(5, 0, 90, 30), "High", "high")
        painter.end()
        assert width == pill_size("High").width()
        assert image.pixelColor(5 + HEIGHT // 2, 15 - 5) == theme.color("high.soft")


@pytest.mark.parametrize("name", ["light", "dark", "red"])
def test_what_is_usual_good_and_wrong_is_drawn_in_three_ways_in_each_theme(name: str) -> None:
    theme.switch(name)
    drawn = []
    for tone in ("accent", "good", "danger"):
        image = QImage(30, 30, QImage.Format.Format_RGB32)
        image.fill(theme.color("surface"))
        painter = QPainter(image)
        paint_swatch(painter, QRectF(0, 0, 30, 30), tone, 3)
        painter.end()
        drawn.append([image.pixelColor(15, y).lightness() if name == "red" else image.pixel(15, y) for y in range(30)])
    usual, good, wrong = drawn
    assert usual != good != wrong != usual
    if name == "red":  # where colours are alike, only hatching tells
        assert len(set(usual[5:25])) == len(set(good[5:25])) == 1 < len(set(wrong[5:25]))


def test_a_pill_never_grows_past_its_cell() -> None:
    image = QImage(100, 30, QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    assert paint_pill(painter, QRectF(0, 0, 40, 30), "A very long state", "neutral") == 40
    painter.end()


def test_an_unknown_tone_is_shown_as_neutral(qtbot: QtBot) -> None:
    pill = Pill("Odd", "no such tone")
    qtbot.addWidget(pill)
    assert not pill.grab().isNull()


def test_a_cut_text_tells_the_whole_in_its_tooltip(qtbot: QtBot) -> None:
    label = ElidedLabel("Road blocked at Kemp Bridge, fallen pylon")
    qtbot.addWidget(label)
    label.resize(80, 20)
    label.show()
    assert label.toolTip() == "Road blocked at Kemp Bridge, fallen pylon"
    assert label.text() == "Road blocked at Kemp Bridge, fallen pylon"
    label.resize(600, 20)
    assert label.toolTip() == ""


def test_text_of_others_is_never_read_as_markup(qtbot: QtBot) -> None:
    label = Label("<b>not bold</b>")
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText


def test_enter_presses_a_button_and_every_button_has_a_name(qtbot: QtBot) -> None:
    pressed = []
    for button in (Button("Send", key="Ctrl+Enter"), IconButton("x", "Close")):
        qtbot.addWidget(button)
        button.clicked.connect(lambda: pressed.append(1))
        qtbot.keyClick(button, Qt.Key.Key_Return)
        qtbot.keyClick(button, Qt.Key.Key_Space)
        assert button.accessibleName()
        assert button.sizeHint().height() >= 32
    assert len(pressed) == 4


def test_an_icon_that_does_not_exist_is_an_error_at_once() -> None:
    with pytest.raises(KeyError):
        Button("Send", "no-such-icon")


def test_a_choice_tells_only_what_a_person_chose(qtbot: QtBot) -> None:
    choice = Segmented([("light", "Light"), ("dark", "Dark")], "light", "Theme")
    qtbot.addWidget(choice)
    chosen: list[object] = []
    choice.chosen.connect(chosen.append)
    choice.set_value("dark")
    assert (choice.value, chosen) == ("dark", [])
    first = choice.findChildren(Button)[0]
    qtbot.mouseClick(first, Qt.MouseButton.LeftButton)
    assert (choice.value, chosen) == ("light", ["light"])
    assert first.accessibleName() == "Theme: Light"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Eva Harrow", "EH"), ("Hagen, R.", "RH"), ("lee", "L"), ("J. van der Berg", "JB"), ("", "?"), ("...", "?")],
)
def test_initials_are_the_first_letters_of_given_and_family_name(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_person_keeps_the_same_colour(qtbot: QtBot) -> None:
    avatar = Avatar("Eva Harrow")
    qtbot.addWidget(avatar)
    assert avatar_colour("Eva Harrow") == avatar_colour("Eva Harrow")
    assert avatar.accessibleName() == "Eva Harrow"


def wrapped(qtbot: QtBot, text: str, width: int, most_lines: int = 0) -> Label:
    """A wrapped label of a width and the height that it asks for."""
    label = Label(text, "body", wrap=True, most_lines=most_lines)
    qtbot.addWidget(label)
    label.show()
    label.resize(width, label.heightForWidth(width))
    return label


def painted(label: Label) -> list[str]:
    """The pieces of the text as they are painted, parted where the label parts a word."""
    return QLabel.text(label).split("\u200b")


def test_a_word_wider_than_its_label_goes_on_in_the_next_line(qtbot: QtBot) -> None:
    word = "W" * 60
    label = wrapped(qtbot, word, 200)
    metrics = QFontMetrics(label.font())
    assert len(painted(label)) > 3
    assert "".join(painted(label)) == word
    assert all(metrics.horizontalAdvance(piece) <= 200 for piece in painted(label))
    assert label.height() >= len(painted(label)) * metrics.height()
    assert label.text() == word
    label.resize(2000, 40)
    assert painted(label) == [word]


def test_a_word_is_not_parted_while_a_line_has_room_for_it(qtbot: QtBot) -> None:
    text = "communications are interrupted in the northern district"
    assert painted(wrapped(qtbot, text, 120)) == [text]


def test_a_long_word_is_not_parted_within_a_letter(qtbot: QtBot) -> None:
    word = "a\N{GRINNING FACE}" * 40
    pieces = painted(wrapped(qtbot, f"one\ntwo {word}", 100))
    assert len(pieces) > 3
    assert "".join(pieces) == f"one\ntwo {word}"


def test_a_long_word_asks_for_no_more_width_than_others(qtbot: QtBot) -> None:
    assert wrapped(qtbot, "t" * 400, 200).minimumSizeHint().width() < 100


@pytest.mark.parametrize("text", ["x" * 300, "words " * 60])
def test_a_label_with_most_lines_cuts_the_last_and_tells_the_whole(qtbot: QtBot, text: str) -> None:
    label = wrapped(qtbot, text, 200, most_lines=2)
    metrics = QFontMetrics(label.font())
    assert painted(label)[-1].endswith("…")
    assert metrics.horizontalAdvance(painted(label)[-1]) <= 200
    assert 2 * metrics.height() <= label.height() < 3 * metrics.height()
    assert label.toolTip() == text
    label.setText("short")
    assert painted(label) == ["short"]
    assert label.toolTip() == ""


def test_an_empty_state_offers_the_one_button_that_helps(qtbot: QtBot) -> None:
    helped = []
    state = EmptyState("No tickets match.", button="Clear filters", key="Esc", run=lambda: helped.append(1))
    qtbot.addWidget(state)
    state.show()
    (button,) = (button for button in state.findChildren(Button) if button.isVisible())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert helped == [1]
    state.show_error("The disk is full.", "What you typed is kept as a draft.")
    assert not button.isVisible()
    assert "kept as a draft" in state.accessibleName()


def test_a_tile_says_its_figure_to_a_screen_reader(qtbot: QtBot) -> None:
    tile = Tile("Overdue", "warning-circle", "danger")
    qtbot.addWidget(tile)
    tile.set("2", "both with 3 Plt", [1, 2, 2], alarm=True, as_of="22 1432Z")
    assert tile.accessibleName() == "Overdue: 2 both with 3 Plt"
    assert tile.toolTip() == "As of 22 1432Z"
    tile.resize(200, 96)
    assert not tile.grab().isNull()
    tile.set("3", series=[4, 4, 4])
    assert not tile.grab().isNull()


def test_a_flow_goes_on_in_the_next_line(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    flow = FlowLayout(host, gap=10)
    for width in (60, 60, 60):
        child = QWidget()
        child.setFixedSize(QSize(width, 20))
        flow.addWidget(child)
    assert flow.heightForWidth(200) == 20
    assert flow.heightForWidth(140) == 50
    assert flow.heightForWidth(10) == 80
    flow.setGeometry(QRect(0, 0, 140, 50))
    places = [flow.itemAt(index).geometry().topLeft().toTuple() for index in range(3)]  # type: ignore[union-attr]
    assert places == [(0, 0), (70, 0), (0, 30)]
    child = QWidget()
    flow.insert_widget(0, child)
    assert flow.itemAt(0).widget() is child  # type: ignore[union-attr]


def test_a_toast_offers_undo_once_and_goes(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    host.resize(800, 600)
    host.show()
    toasts = Toasts(host)
    undone = []
    toast = toasts.show_toast("Assigned", button="Undo", run=lambda: undone.append(1))
    assert toasts.isVisible()
    assert toasts.geometry().bottom() < 600 - 36
    button = next(button for button in toast.findChildren(Button) if button.text() == "Undo")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert undone == [1]
    assert toasts.shown == ()
    assert not toasts.isVisible()


def test_toasts_stack_and_the_oldest_gives_way(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    host.resize(800, 600)
    toasts = Toasts(host)
    for number in range(6):
        toasts.show_toast(f"Message {number}")
    assert [toast.text for toast in toasts.shown] == [f"Message {number}" for number in (2, 3, 4, 5)]
    toasts.shown[0]._timer.timeout.emit()
    assert len(toasts.shown) == 3
    host.resize(400, 300)
    assert toasts.geometry().width() <= 400 - 32
    toasts.clear()
    assert not toasts.shown


def test_every_widget_can_be_painted_in_every_theme(qtbot: QtBot) -> None:
    application = QApplication.instance()
    assert application is not None
    widgets = [
        Button("A", "plus", kind=kind, key="K") for kind in ("plain", "primary", "quiet", "link", "danger", "bar")
    ]
    for widget in widgets:
        qtbot.addWidget(widget)
        for name in ("light", "dark", "red"):
            theme.switch(name)
            widget.setEnabled(name != "red")
            assert not widget.grab().isNull()


def test_a_tooltip_shows_what_somebody_wrote_as_it_is_written(qtbot: QtBot) -> None:
    """Qt would take it for markup, and read the picture from wherever it is said to be."""
    written = '<img src="file:///etc/x.png"> & <b>Ferry</b>'
    label, button = ElidedLabel(written), IconButton("trash", f"Remove {written}")
    for widget in (label, button):
        qtbot.addWidget(widget)
    label.resize(60, 20)
    label.show()
    for widget in (label, button):
        shown = QTextDocument()
        shown.setHtml(widget.toolTip())
        assert written in shown.toPlainText()
        assert "\ufffc" not in shown.toPlainText()
