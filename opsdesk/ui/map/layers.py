"""The layers of the map: what is drawn, how many of each, and how old the newest is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from opsdesk.ui.widgets.age import Age
from opsdesk.ui.widgets.label import Label


@dataclass(frozen=True, slots=True)
class LayerLine:
    """One line: its key, its words, whether it is drawn at first, and a hint."""

    key: str
    text: str
    shown: bool
    hint: str = ""


REPORTED: tuple[LayerLine, ...] = (
    LayerLine("tickets", "Tickets", True, "In clusters, by priority and state"),
    LayerLine("heat", "Heat", False, "Where the tickets shown are dense"),
    LayerLine("own", "Places", False, "The places that this desk knows by name"),
)
ASSESSED: tuple[LayerLine, ...] = (
    LayerLine("threats", "Threat areas", True, "By level; what has expired stays and says so"),
    LayerLine("areas", "Areas", True, "Areas and circles with a name"),
    LayerLine("drawings", "Drawings", True, "Points, lines and shapes drawn by the unit"),
)
BASE: tuple[LayerLine, ...] = (
    LayerLine("mgrs", "MGRS grid", True, "Zones, squares of 100 km, then 10 km and 1 km"),
    LayerLine("graticule", "Graticule", False, "Latitude and longitude, seen from far away"),
    LayerLine("terrain", "Land and borders", True, "Natural Earth; borders as they are held in fact"),
    LayerLine("places", "Towns", True, "Natural Earth"),
    LayerLine("airports", "Airports", False, "Natural Earth"),
    LayerLine("ports", "Ports", False, "Natural Earth"),
)


class LayersPane(QWidget):
    """The list of layers. Signals: `changed` when a person shows or hides one."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Layers")
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(232)
        self._lines: dict[str, _Line] = {}
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 16, 12, 16)
        column.setSpacing(4)
        column.addWidget(Label("Layers", "section"))
        for title, lines in (("Reported", REPORTED), ("Drawn", ASSESSED), ("Base map", BASE)):
            column.addSpacing(12)
            column.addWidget(Label(title.upper(), "small-strong", "quiet"))
            for line in lines:
                made = self._lines[line.key] = _Line(line)
                made.box.toggled.connect(lambda _on: self.changed.emit())
                column.addWidget(made)
        self._sections = QVBoxLayout()
        column.addLayout(self._sections)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(body)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)

    def add_section(self, section: QWidget) -> None:
        """Put something below the layers, which knows its own rows."""
        self._sections.addSpacing(12)
        self._sections.addWidget(section)

    @property
    def shown(self) -> tuple[str, ...]:
        """The keys of the layers that are drawn."""
        return tuple(key for key, line in self._lines.items() if line.box.isChecked())

    def set_shown(self, keys: Sequence[str]) -> None:
        """Show these layers and no others, without a signal."""
        for key, line in self._lines.items():
            line.box.blockSignals(True)
            line.box.setChecked(key in keys)
            line.box.blockSignals(False)

    def turn(self, key: str) -> None:
        """Show a layer that is hidden, or the other way round."""
        self._lines[key].box.toggle()

    def tell(self, key: str, count: str, newest_at: int | None = None) -> None:
        """Say how many a layer shows, and when (UTC milliseconds) the newest of it changed."""
        self._lines[key].tell(count, newest_at)


class _Line(QWidget):
    def __init__(self, line: LayerLine) -> None:
        super().__init__()
        self.box = QCheckBox(line.text)
        self.box.setChecked(line.shown)
        self.box.setToolTip(line.hint)
        self._count = Label("", "body", "quiet")
        self._newest = Age(suffix=" since the newest")
        self._newest.setContentsMargins(24, 0, 0, 0)
        self._newest.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.box, 1)
        row.addWidget(self._count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self._newest)

    def tell(self, count: str, newest_at: int | None) -> None:
        self._count.setText(count)
        self._newest.set_time(newest_at)
        self._newest.setVisible(newest_at is not None)
        said = ", ".join(part for part in (self.box.text(), count, self._newest.text()) if part)
        self.box.setAccessibleName(said)
