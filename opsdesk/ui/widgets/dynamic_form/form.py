"""The form: sections of rows made from a definition, needed fields first, its rules in force, answers kept when they or
the definition hide a field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services import forms
from opsdesk.services.canned import About
from opsdesk.services.errors import Problem
from opsdesk.services.forms import NO_FORM, Facts, Form, FormField, Judged, Section
from opsdesk.ui.widgets.dynamic_form.editors import Editor, Sources, editor_for
from opsdesk.ui.widgets.dynamic_form.row import FieldRow
from opsdesk.ui.widgets.label import Label

_GAP = 12


class DynamicForm(QWidget):
    """The fields of a form. Signals: `changed` after a person changed an answer.

    What a person answered, or emptied, stays in a side buffer while its field is not asked, by the rules of the form or
    by another form, and comes back with it; `answers` holds only what counts now. The rules are judged by the services'
    own function, so that what is asked here is what is judged when the answers are sent.
    """

    changed = Signal()

    def __init__(self, sources: Sources, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sources = sources
        self.about: Callable[[], About] = About
        """What long answers are written about."""
        self._form: Form | None = None
        self._facts = Facts()
        self._judged: Judged = forms.judge(NO_FORM, self._facts, {})
        self._fields: dict[str, FormField] = {}
        """As they are asked now; those that are not asked are in it too."""
        self._editors: dict[str, Editor] = {}
        self._rows: dict[str, FieldRow] = {}
        self._lines: list[_Line] = []
        self._heads: list[tuple[QWidget, tuple[str, ...]]] = []
        self._said: dict[str, object] = {}
        """What the person answered in this form and in others before; None where they emptied a field."""
        self._labels: dict[str, str] = {}
        self._typed: dict[str, str] = {}
        self._complained: set[str] = set()
        self._body: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    # -- definition ----------------------------------------------------------------------------------------

    @property
    def form(self) -> Form | None:
        """The definition in force."""
        return self._form

    def set_form(self, form: Form | None, facts: Facts | None = None) -> tuple[str, ...]:
        """Ask what `form` asks; return the labels of answered fields that are no longer asked (their answers stay).

        `facts` is what rules know beside the answers; those known before are taken when it is left out.
        """
        self._remember_typed()
        before = tuple(self._editors)
        self._form = form
        self._facts = facts or self._facts
        self._fields, self._editors, self._rows, self._lines, self._heads = {}, {}, {}, [], []
        self._complained = set()
        if self._body is not None:
            self._column.removeWidget(self._body)
            self._body.hide()
            self._body.deleteLater()
        self._body = QWidget()
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(_GAP)
        for number, section in enumerate(form.sections if form else ()):
            self._add_section(body, section, headed=number > 0)
        self._column.addWidget(self._body)
        self._restore()
        return tuple(
            self._labels[code]
            for code in before
            if code not in self._editors and not forms.is_empty(self._said.get(code))
        )

    def set_facts(self, facts: Facts) -> tuple[str, ...]:
        """Tell what rules know beside the answers; return the labels of fields that are asked now and were not."""
        before = set(self.asked)
        self._facts = facts
        self._follow()
        return tuple(self._fields[code].label for code in self.asked if code not in before)

    def _add_section(self, body: QVBoxLayout, section: Section, *, headed: bool) -> None:
        codes = tuple(field.code for field in section.fields)
        if headed and section.title:
            self._heads.append((Label(section.title, "strong"), codes))
            body.addWidget(self._heads[-1][0])
        if section.note:
            self._heads.append((Label(section.note, "quiet", "quiet", wrap=True), codes))
            body.addWidget(self._heads[-1][0])
        for fields in lines_of(section.fields):
            line = _Line([self._add_field(field) for field in fields], half=fields[0].half_width)
            self._lines.append(line)
            body.addWidget(line)

    def _add_field(self, field: FormField) -> FieldRow:
        code = field.code
        editor = editor_for(field, self._sources, lambda: self._edited(code), lambda: self.about())
        row = FieldRow(field.label, editor.widget, required=field.required, help_text=field.help or "")
        row.left.connect(lambda: self._left(code))
        self._fields[code], self._editors[code], self._rows[code] = field, editor, row
        self._labels[code] = field.label
        return row

    # -- rules ---------------------------------------------------------------------------------------------

    @property
    def asked(self) -> tuple[str, ...]:
        """The codes of the fields that are asked now."""
        return tuple(code for code in self._editors if code not in self._judged.hidden)

    @property
    def kept(self) -> tuple[str, ...]:
        """The labels of answers that are not asked now and stay in the side buffer."""
        asked = self.asked
        return tuple(
            self._labels[code]
            for code, value in self._said.items()
            if code not in asked and code in self._labels and not forms.is_empty(value)
        )

    def _follow(self) -> None:
        """Let the form stand as its rules want it for the present answers."""
        form = self._form or NO_FORM
        before = self._judged
        judged = self._judged = forms.judge(form, self._facts, self.given)
        now = {field.code: field for field in judged.fields}
        for field in form.asked:
            code, row = field.code, self._rows[field.code]
            shown = now.get(code)
            row.setVisible(shown is not None)
            if shown is None:
                continue
            last, self._fields[code] = self._fields[code], shown
            row.show_label(shown.label, required=shown.required)
            row.set_locked(code in judged.locked)
            words = "Set by a rule of the form" if code in judged.locked and not shown.help else shown.help
            if row.help != words:
                row.show_help(words)
            if code in judged.by_rule or code in before.by_rule:
                value = judged.answers.get(code)
                if self._editors[code].get() != value:
                    self._editors[code].put(value)
            if last.options != shown.options or field.options != shown.options:
                self._editors[code].offer([option.value for option in shown.options])
        for line in self._lines:
            line.fit()
        for head, codes in self._heads:
            head.setVisible(any(code not in judged.hidden for code in codes))

    # -- answers -------------------------------------------------------------------------------------------

    @property
    def answers(self) -> dict[str, object]:
        """The answers that count now, with what rules set; fields left empty are not in it."""
        others = {code: self._said.get(code) for code in self._editors if code.startswith("ticket.")}
        return {**self._judged.answers, **{code: value for code, value in others.items() if value is not None}}

    @property
    def given(self) -> dict[str, object]:
        """What the person answered of this form, asked now or not; None where they emptied a field, so that no rule
        fills it again."""
        return {code: self._said[code] for code in self._editors if code in self._said}

    @property
    def content(self) -> dict[str, object]:
        """Everything typed, asked now or not, right or wrong, as JSON-ready data for a draft."""
        self._remember_typed()
        return {
            "answers": {code: value for code, value in self._said.items() if value is not None},
            "emptied": [code for code, value in self._said.items() if value is None],
            "typed": {code: text for code, text in self._typed.items() if text},
        }

    def set_content(self, content: Mapping[str, Any]) -> None:
        """Put back what `content` gave."""
        self._said = dict.fromkeys(content.get("emptied", ())) | dict(content.get("answers", {}))
        self._typed = dict(content.get("typed", {}))
        self._restore()

    def set_answers(self, answers: Mapping[str, object]) -> None:
        """Show these answers, without a signal; fields not in it are emptied."""
        self._said, self._typed = dict(answers), {}
        self._restore()

    def clear(self) -> None:
        """Empty every field and forget what was kept."""
        self.set_answers({})
        self.show_problems(())

    def _remember_typed(self) -> None:
        for code, editor in self._editors.items():
            self._typed[code] = editor.typed() if editor.problem() else ""

    def _restore(self) -> None:
        self._judged = forms.judge(NO_FORM, self._facts, {})
        for code, editor in self._editors.items():
            editor.put(self._said.get(code))
            if text := self._typed.get(code):
                editor.type_in(text)
        self._follow()

    # -- what is wrong -------------------------------------------------------------------------------------

    @property
    def missing(self) -> tuple[FormField, ...]:
        """The needed fields that are still empty, in their order on the screen."""
        answers = self.answers
        return tuple(
            self._fields[code]
            for code in self.asked
            if self._fields[code].required and code not in answers and not self._editors[code].problem()
        )

    def settle(self) -> None:
        """Make what is typed final, also in the field that has the keyboard; before it is judged and sent."""
        for editor in self._editors.values():
            editor.settle()

    def problems(self) -> tuple[Problem, ...]:
        """Everything that would be refused now, in the order of the form."""
        asked = self.asked
        found = {code: text for code in asked if (text := self._editors[code].problem())}
        if self._form is not None:
            for problem in forms.validate(self._form, self.given, self._facts, judged=self._judged):
                found.setdefault(problem.field, problem.text)
        return tuple(Problem(code, found[code]) for code in asked if code in found)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Show these problems at their fields and take away all others."""
        texts = {problem.field: problem.text for problem in problems}
        self._complained = set(texts)
        for code, row in self._rows.items():
            row.show_problem(texts.get(code, ""))

    def label(self, code: str) -> str:
        """The label of a field of this form."""
        return self._fields[code].label

    def focus_field(self, code: str) -> bool:
        """Put the keyboard into a field; False when it is not asked now."""
        if code not in self.asked:
            return False
        self._rows[code].focus()
        return True

    def row(self, code: str) -> FieldRow:
        """The row of a field of this form. Raises KeyError."""
        return self._rows[code]

    def _edited(self, code: str) -> None:
        self._said[code] = self._editors[code].get()
        self._follow()
        # What was complained about is judged again at each change, everything else only when its field is left.
        for judged in tuple(self._complained):
            self._judge(judged)
        self.changed.emit()

    def _left(self, code: str) -> None:
        if code in self.asked and (self._editors[code].typed() or self._editors[code].get() is not None):
            self._judge(code)

    def _judge(self, code: str) -> None:
        text = next((problem.text for problem in self.problems() if problem.field == code), "")
        if text:
            self._complained.add(code)
        if self._rows[code].problem != text:
            self._rows[code].show_problem(text)


class _Line(QWidget):
    """One or two rows side by side. A half that stands alone keeps its width, so that nothing jumps as others go."""

    def __init__(self, rows: Sequence[FieldRow], *, half: bool) -> None:
        super().__init__()
        self._rows = tuple(rows)
        self._rest = QWidget() if half else None
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(_GAP)
        for row in rows:
            box.addWidget(row, 1)
        if self._rest is not None:
            box.addWidget(self._rest, 1)
            self._rest.setVisible(len(rows) == 1)

    def fit(self) -> None:
        """Follow the rows that are shown."""
        shown = sum(not row.isHidden() for row in self._rows)
        self.setVisible(shown > 0)
        if self._rest is not None:
            self._rest.setVisible(shown == 1)


def lines_of(fields: Sequence[FormField]) -> list[list[FormField]]:
    """Fields in lines of one, or two of half width; needed fields first, else in their own order.

    A half that would stand alone takes the next half beside it, needed or not.
    """
    left = sorted(fields, key=lambda field: not field.required)
    lines: list[list[FormField]] = []
    while left:
        line = [left.pop(0)]
        if line[0].half_width:
            other = next((field for field in left if field.half_width), None)
            if other is not None:
                left.remove(other)
                line.append(other)
        lines.append(line)
    return lines
