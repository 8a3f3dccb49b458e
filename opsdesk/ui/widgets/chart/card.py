"""A card with a chart in it: its title, what the bar in hand counts, the legend, and copy and save at the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from opsdesk.ui.menus import passing_menu
from opsdesk.ui.resources import icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.chart.data import ChartData
from opsdesk.ui.widgets.chart.swatch import Legend
from opsdesk.ui.widgets.label import ElidedLabel, Label

if TYPE_CHECKING:
    from opsdesk.ui.widgets.chart.chart import Chart


class ChartCard(QFrame):
    """Signals: `opened` with what a bar opens, `copied` when the table is on the clipboard, `save_asked` with the kind
    of a picture, "png" or "svg".

    `link` is for something beside the chart and hidden at first. The chart itself is put in by `load`, later than the
    card, since its library takes long to import.
    """

    opened = Signal(str)
    copied = Signal()
    save_asked = Signal(str)

    def __init__(
        self, title: str, note: str = "", legend: Sequence[tuple[str, str]] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        self.title = title
        self._note = note
        self._data: ChartData | None = None
        self.chart: Chart | None = None
        self.readout = ElidedLabel(note, "quiet", "quiet")
        self.more = IconButton("dots-three", f"Copy or save: {title}", size=28)
        self.more.clicked.connect(self._open_menu)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Label(title, "strong"))
        head.addWidget(self.readout, 1)
        self.link = Button("", kind="link")
        self.link.setFont(theme.font("quiet-strong"))
        self.link.setFixedHeight(24)
        self.link.hide()
        head.addWidget(self.link)
        head.addWidget(Legend(legend))
        head.addWidget(self.more)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 8, 10, 10)
        self._column.setSpacing(4)
        self._column.addLayout(head)
        self._column.addStretch(1)

    def load(self) -> Chart:
        """Make the chart; imports its library at the first time in the program."""
        if self.chart is None:
            from opsdesk.ui.widgets.chart.chart import Chart

            chart = self.chart = Chart(self.title)
            chart.opened.connect(self.opened)
            chart.told.connect(lambda words: self.readout.setText(words or self._note))
            self._column.takeAt(1)
            self._column.addWidget(chart, 1)
            if self._data is not None:
                chart.show_data(self._data)
        return self.chart

    def show_data(self, data: ChartData, note: str = "") -> None:
        """Show counts, and a note beside the title while no bar is in hand."""
        self._data = data
        self._note = note or self._note
        if self.chart is not None:
            self.chart.show_data(data)
        if self.chart is None or not self.chart.hasFocus():
            self.readout.setText(self._note)

    def copy(self) -> None:
        """Put the counts on the clipboard as a table."""
        if self.chart is not None:
            self.chart.copy_table()
            self.copied.emit()

    def menu(self) -> QMenu:
        """What can be done with the chart as a whole."""
        menu = passing_menu(self)
        menu.addAction(icon("copy"), "Copy as table\tCtrl+C", self.copy)
        menu.addAction(icon("image"), "Save as picture (PNG)…\tCtrl+S", lambda: self.save_asked.emit("png"))
        menu.addAction(icon("bezier-curve"), "Save as drawing (SVG)…", lambda: self.save_asked.emit("svg"))
        return menu

    def _open_menu(self) -> None:
        menu = self.menu()
        corner = self.more.mapToGlobal(QPoint(self.more.width(), self.more.height() + 4))
        menu.popup(corner - QPoint(menu.sizeHint().width(), 0))
