"""What the pane of a new ticket is made of: its head, the fields that scroll, what looks similar, and the foot."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from opsdesk.ui.tickets.new_ticket.body import Body
from opsdesk.ui.tickets.new_ticket.drafts_strip import DraftsStrip
from opsdesk.ui.tickets.new_ticket.similar_block import SimilarBlock
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.dynamic_form import Completeness, Sources
from opsdesk.ui.widgets.label import ElidedLabel, Label, rule
from opsdesk.ui.widgets.panel import Panel

WIDTH = 464


class PaneFrame(QFrame):
    """Signals: `close_wanted` when one of the buttons that close it was pressed."""

    close_wanted = Signal()

    def __init__(self, body: Body, sources: Sources, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "panel")
        self.body = body
        self.similar = SimilarBlock()
        self.strip = DraftsStrip()
        self.panel = Panel(sources)
        self._build()

    def _build(self) -> None:
        title = Label("New ticket", "section")
        self._about = ElidedLabel("Draft, gets its number when created", "quiet", "quiet")
        close = IconButton("x", "Close, the draft is kept", key="Esc")
        close.clicked.connect(lambda: self.close_wanted.emit())
        head = QHBoxLayout()
        head.setContentsMargins(20, 10, 12, 10)
        head.setSpacing(12)
        head.addWidget(title)
        head.addWidget(self._about, 1)
        self.template = Button("Template", "copy-simple", key="Ctrl+T", arrow=True)
        self.template.setToolTip("Fill it from a template; what you typed stays  (Ctrl+T)")
        head.addWidget(self.template)
        head.addWidget(close)

        inner = QFrame()
        inner.setProperty("surface", "panel")
        column = QVBoxLayout(inner)
        column.setContentsMargins(20, 14, 20, 16)
        column.setSpacing(14)
        column.addWidget(self.panel)
        column.addWidget(self.strip)
        column.addWidget(self.body)
        column.addStretch(1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(inner)

        self._complete = Completeness()
        self._state = ElidedLabel("", "quiet", "quiet")
        self._refusal = Label("", "quiet-strong", "danger", wrap=True)
        self._refusal.hide()
        self._create = Button("Create", kind="primary", key="Ctrl+Enter")
        self._create.setToolTip("Create  (Ctrl+Enter), create and write another  (Ctrl+Shift+Enter)")
        stop = Button("Close", key="Esc")
        stop.setToolTip("Close; what you typed stays as a draft")
        stop.clicked.connect(lambda: self.close_wanted.emit())
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._complete)
        words.addWidget(self._state)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addLayout(words, 1)
        buttons.addWidget(stop)
        buttons.addWidget(self._create)
        foot = QVBoxLayout()
        foot.setContentsMargins(20, 10, 20, 12)
        foot.setSpacing(6)
        foot.addWidget(self._refusal)
        foot.addLayout(buttons)

        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(head)
        outer.addWidget(rule())
        outer.addWidget(self._area, 1)
        # Outside of what scrolls: it is of use while the title is typed, far above.
        notice = QHBoxLayout()
        notice.setContentsMargins(12, 0, 12, 0)
        notice.addWidget(self.similar)
        outer.addLayout(notice)
        outer.addWidget(rule())
        outer.addLayout(foot)
        self.setFixedWidth(WIDTH)
