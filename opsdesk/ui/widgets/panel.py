"""The small panel that asks what an action needs (a reason, a person, a time), in place and never modal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services.errors import Invalid, Problem, Refused
from opsdesk.services.forms import Form, FormField, Rule, Section
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.dynamic_form import Completeness, DynamicForm, Sources
from opsdesk.ui.widgets.flow_layout import FlowLayout
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.layouts import clear_layout
from opsdesk.ui.widgets.shortcuts import SUBMIT, on_keys


@dataclass(frozen=True, slots=True)
class Question:
    """What a panel asks: its title, the word on its button, the fields; `run` gets the answers."""

    key: str
    title: str
    button: str
    fields: tuple[FormField, ...]
    run: Callable[[dict[str, Any]], None]
    answers: Mapping[str, object] | None = None
    extra: tuple[tuple[str, dict[str, Any]], ...] = ()
    """Further buttons with the answers that each stands for: ("Nobody", {"person": None})."""
    first: tuple[tuple[str, str], ...] = ()
    """What must be done elsewhere before, as (code, label); each is a link that calls `go` with its code."""
    go: Callable[[str], None] | None = None
    rules: tuple[Rule, ...] = ()
    """What of the fields is asked when, as in forms."""


class Panel(QFrame):
    """The panel. Signals: `closed` when it is done or given up."""

    closed = Signal()

    def __init__(self, sources: Sources, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        self._question: Question | None = None
        self._title = Label("", "strong")
        self._form = DynamicForm(sources)
        self._first = Completeness()
        self._first.wanted.connect(self._go)
        self._problem = Label("", "quiet-strong", "danger", wrap=True)
        self._problem.hide()
        self._confirm = Button("Save", kind="primary")
        self._confirm.clicked.connect(self.confirm)
        cancel = Button("Cancel", key="Esc")
        cancel.clicked.connect(self.close_panel)
        self._extras = FlowLayout()
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._confirm)
        foot.addWidget(cancel)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(10)
        column.addWidget(self._title)
        column.addLayout(self._extras)
        column.addWidget(self._first)
        column.addWidget(self._form)
        column.addWidget(self._problem)
        column.addLayout(foot)
        on_keys(self, SUBMIT, self.confirm)
        self.hide()

    @property
    def key(self) -> str:
        """Which question is open; empty for none."""
        return self._question.key if self._question is not None else ""

    def ask(self, question: Question) -> None:
        """Ask a question; an answer half given to another one is dropped."""
        self._question = question
        self._title.setText(question.title)
        self._confirm.setText(question.button)
        self._show_problem("")
        self._form.set_form(Form(question.key, question.title, 1, (Section(question.fields),), question.rules))
        self._form.clear()
        self._form.set_answers(dict(question.answers or {}))
        self._show_extras(question)
        self.show_first(question.first)
        self.show()
        if question.fields:
            self._form.focus_field(question.fields[0].code)
        else:
            self._confirm.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_first(self, first: Sequence[tuple[str, str]]) -> None:
        """Say what must be done elsewhere before this, as (code, label), as far as it is not done yet."""
        if self._question is not None:
            self._first.show_missing(first)
            self._first.setVisible(bool(self._question.first))
            if not first:
                self._show_problem("")

    def _go(self, code: str) -> None:
        if self._question is not None and self._question.go is not None:
            self._question.go(code)

    def confirm(self) -> None:
        """Do what was asked for, or show what is missing at its place."""
        if self._question is None:
            return
        self._form.settle()
        problems = self._form.problems()
        self._form.show_problems(problems)
        if problems:
            self._form.focus_field(problems[0].field)
            return
        self._show_problem("")
        self._question.run(self._form.answers)

    def refused(self, error: Exception) -> None:
        """Show why it was not done: at the field that it is about, else above the buttons."""
        problems = error.problems if isinstance(error, Invalid) else ()
        if isinstance(error, Refused) and error.field and not problems:
            problems = (Problem(error.field, error.text),)
        codes = {field.code for field in self._question.fields} if self._question else set()
        self._form.show_problems([problem for problem in problems if problem.field in codes])
        elsewhere = [problem.text for problem in problems if problem.field not in codes]
        self._show_problem("; ".join(elsewhere) or ("" if problems else str(error)))

    def close_panel(self) -> None:
        """Put the panel away."""
        self._question = None
        self.hide()
        self.closed.emit()

    def _show_problem(self, text: str) -> None:
        self._problem.setText(text)
        self._problem.setVisible(bool(text))

    def _show_extras(self, question: Question) -> None:
        clear_layout(self._extras)
        for label, answers in question.extra:
            button = Button(label)
            button.clicked.connect(lambda _checked=False, given=answers: question.run(dict(given)))
            self._extras.addWidget(button)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_panel()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.confirm()
            return
        super().keyPressEvent(event)
