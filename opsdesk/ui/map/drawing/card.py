"""The drawing that is chosen on the map: what it is, until when it holds, what lies in it, and what can be done."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from opsdesk.services import times
from opsdesk.services.drawings import DrawingRow, Measured
from opsdesk.ui.widgets.age import now_ms
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.dynamic_form import Sources
from opsdesk.ui.widgets.facts import Facts
from opsdesk.ui.widgets.label import ElidedLabel, Label, rule
from opsdesk.ui.widgets.layouts import clear_layout
from opsdesk.ui.widgets.panel import Panel
from opsdesk.ui.widgets.pill import Pill

_TONES = {1: "low", 2: "high", 3: "high", 4: "urgent", 5: "urgent"}


class DrawingCard(QWidget):
    """Signals: `closed`; `edit_wanted`, `redraw_wanted`, `list_wanted`, `remove_wanted` and `typed_wanted`, all of the
    row that is shown. Its panel asks for what a drawing needs."""

    closed = Signal()
    edit_wanted = Signal()
    redraw_wanted = Signal()
    typed_wanted = Signal()
    list_wanted = Signal()
    remove_wanted = Signal()

    def __init__(self, sources: Sources, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Drawing")
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(320)
        self.row: DrawingRow | None = None
        self.shape, self.is_readable = "", False
        self._kind = ElidedLabel("", "quiet-medium", "quiet")
        close = IconButton("x", "Close", key="Esc", size=28)
        close.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.addWidget(self._kind, 1)
        head.addWidget(close)
        self._title = Label("", "heading", wrap=True, most_lines=3)
        self._pills = QHBoxLayout()
        self._pills.setSpacing(6)
        self._note = Label("", "body", wrap=True, most_lines=8)
        self._facts = Facts()
        self.inside = Button("List tickets inside", "list-bullets", kind="primary", key="I")
        edit, redraw = Button("Edit", "pencil-simple", key="E"), Button("Redraw", "polygon", key="V")
        self.typed, remove = Button("Positions", key="B"), Button("Remove", "trash", kind="danger", key="Del")
        for button, signal in (
            (self.inside, self.list_wanted), (edit, self.edit_wanted), (redraw, self.redraw_wanted),
            (self.typed, self.typed_wanted), (remove, self.remove_wanted),
        ):  # fmt: skip
            button.clicked.connect(signal)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        acts = QGridLayout()
        acts.setSpacing(8)
        acts.addWidget(self.inside, 0, 0, 1, 2)
        for at, button in enumerate((edit, redraw, self.typed, remove)):
            acts.addWidget(button, 1 + at // 2, at % 2)
        self._shown = QWidget()
        told = QVBoxLayout(self._shown)
        told.setContentsMargins(0, 0, 0, 0)
        told.setSpacing(12)
        told.addWidget(self._title)
        told.addLayout(self._pills)
        told.addWidget(self._note)
        told.addWidget(rule())
        told.addWidget(self._facts)
        told.addStretch(1)
        told.addLayout(acts)
        self.panel = Panel(sources)
        self.panel.closed.connect(self._panel_closed)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 0, 12, 16)
        column.addWidget(self.panel)
        column.addWidget(self._shown, 1)
        column.addStretch(0)
        scroll = QScrollArea()
        scroll.setWidget(body)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 8, 0, 0)
        whole.setSpacing(8)
        head.setContentsMargins(16, 0, 12, 0)
        whole.addLayout(head)
        whole.addWidget(scroll, 1)
        self.hide()

    @property
    def is_area(self) -> bool:
        """Whether tickets can lie in what is shown."""
        return self.shape.startswith(("Area", "Circle"))

    def ask_for(self, title: str) -> None:
        """Make room for the panel alone."""
        self._kind.setText(title)
        self._shown.setVisible(False)
        self.show()

    def show_drawing(self, found: Measured) -> None:
        """Show a drawing."""
        row, inside = found.row, found.inside
        self.row, self.shape, self.is_readable = row, found.shape, found.extent is not None
        self._kind.setText(row.kind.label)
        self._title.setText(row.name)
        clear_layout(self._pills)
        if row.level is not None:
            self._pills.addWidget(Pill(row.level.label, "neutral" if row.expired else _TONES[int(row.level)]))
        if row.validity:
            self._pills.addWidget(Pill(row.validity, "warn" if row.expired else "neutral"))
        self._pills.addStretch(1)
        self._note.setText(row.note)
        self._note.setVisible(bool(row.note))
        area = self.is_area
        facts = {
            "Shape": self.shape,
            "Inside": f"{inside[0]:,} open of {inside[1]:,} ticket{'' if inside[1] == 1 else 's'}" if area else "",
            "From": times.dtg(row.valid_from) if row.valid_from is not None else "",
            "Until": times.dtg(row.valid_until) if row.valid_until is not None else "",
            "": times.ago(now_ms() - row.valid_until) if row.valid_until is not None else "",
            "Unit": row.unit,
            "Changed": times.ago(max(0, now_ms() - row.updated_at)),
        }
        self._facts.show_facts(tuple(facts.items()))
        self.inside.setVisible(area)
        self.panel.close_panel()
        self._shown.setVisible(True)
        self.show()

    def _panel_closed(self) -> None:
        if self.row is None:
            self.closed.emit()
        else:
            self._kind.setText(self.row.kind.label)
            self._shown.setVisible(True)
