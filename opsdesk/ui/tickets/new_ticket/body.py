"""The fields of a new ticket in the order in which it is told: what, where, when, who, how urgent, for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from opsdesk.services.canned import About
from opsdesk.services.directory import TypeRow
from opsdesk.services.errors import Problem
from opsdesk.services.forms import NO_FORM, Facts, Form, FormField, Option, is_empty
from opsdesk.services.tickets import REPORTED_VIA
from opsdesk.ui.bridge import Bridge
from opsdesk.ui.tickets.new_ticket.tinted import Tinted
from opsdesk.ui.tickets.new_ticket.urgency_field import UrgencyField
from opsdesk.ui.tickets.new_ticket.where_field import WhereField
from opsdesk.ui.widgets.attachment_strip import KeptFiles
from opsdesk.ui.widgets.composer import MarkdownText
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.dynamic_form import DynamicForm, FieldRow
from opsdesk.ui.widgets.dynamic_form.editors import Editor, editor_for
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.moment_field import FUTURE, MomentField
from opsdesk.ui.widgets.picker import Picker

_GAP = 12
_VIA = tuple(Option(word, word.capitalize()) for word in REPORTED_VIA if word != "import")


class Body(QWidget):
    """Signals: `changed` after any change by a person, `type_picked` with the TypeRow (or None) a person chose,
    `looks_changed` when title or place changed, by which similar tickets are found, `facts_changed` when something
    changed that rules of the form may ask for: category, urgency, how it came in."""

    changed = Signal()
    type_picked = Signal(object)
    looks_changed = Signal()
    facts_changed = Signal()

    def __init__(self, desk: Any, bridge: Bridge, directory: Directory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._directory, self._me, self._unit = directory, desk.person, desk.unit
        self.files = KeptFiles(desk, bridge)
        self.description = MarkdownText("What else is known. Markdown works.", directory, desk.settings, lines=(3, 12))
        self.description.sources.about = self._about
        self._build()
        self._lay_out()
        self._connect()
        directory.changed.connect(self._offer)
        self._offer()

    # -- building ------------------------------------------------------------------------------------------

    def _build(self) -> None:
        source, told = self._directory, self._edited
        self.kind = Picker("Type", placeholder="What is it about", icon_name="ticket")
        self.category = Picker("Category", placeholder="Choose or type")
        self.title = QLineEdit(placeholderText="In one line, as you would say it on the radio")
        self.title.setMaxLength(300)
        self.where = WhereField(source)
        self.occurred = MomentField("When it happened", now=source.now)
        self.via = editor_for(
            FormField("via", "Reported by", "choice", options=_VIA, half_width=True), source, self._facts_edited
        )
        self.requester = editor_for(
            FormField("requester", "Who reported", "person", placeholder="Type a name"), source, told
        )
        self.contact = QLineEdit(placeholderText="Name or callsign")
        self.form = DynamicForm(source)
        self.form.about = self._about
        self.urgency = UrgencyField()
        self.unit: Editor = editor_for(FormField("unit", "Unit", "unit"), source, told)
        self.assignee = editor_for(
            FormField("assignee", "Assignee", "person", placeholder="In the queue"), source, told
        )
        self.due = MomentField("Due", presets=FUTURE, now=source.now)
        self.rows = {
            "type": FieldRow("Type", self.kind, required=True),
            "category": FieldRow("Category", self.category),
            "title": FieldRow("Title", self.title, required=True),
            "where": self.where,
            "occurred_at": FieldRow("When it happened", self.occurred),
            "reported_via": FieldRow("How it came in", self.via.widget),
            "requester": FieldRow("Who reported", self.requester.widget),
            "contact": FieldRow("Or by name", self.contact),
            "unit": FieldRow("Unit", self.unit.widget, required=True),
            "assignee": FieldRow("Assignee", self.assignee.widget),
            "due_at": FieldRow("Due", self.due),
            "description": FieldRow("Description", self.description),
            "files": FieldRow("Files", self.files),
            "priority_reason": self.urgency.reason_row,
        }

    def _lay_out(self) -> None:
        self._asked = Tinted()
        asked = QVBoxLayout(self._asked)
        asked.setContentsMargins(14, 10, 12, 12)
        asked.setSpacing(10)
        self._because = Label("", "quiet-strong", "quiet", wrap=True)
        self._kept = Label("", "quiet", "quiet", wrap=True)
        asked.addWidget(self._because)
        asked.addWidget(self.form)
        asked.addWidget(self._kept)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_GAP)
        for line in (
            ("type", "category"),
            ("title",),
            ("where",),
            ("occurred_at", "reported_via"),
            ("requester", "contact"),
        ):
            column.addLayout(self._line(*line))
        column.addWidget(self._asked)
        column.addWidget(self.urgency)
        for line in (("unit", "assignee"), ("due_at", ""), ("description",), ("files",)):
            column.addLayout(self._line(*line))

    def _line(self, *codes: str) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(_GAP)
        for code in codes:
            if code:
                row.addWidget(self.rows[code], 1)
            else:
                row.addStretch(1)
        return row

    def _connect(self) -> None:
        self.kind.picked.connect(self._type_picked)
        self.category.picked.connect(lambda _value: self._facts_edited())
        for line in (self.title, self.contact):
            line.textEdited.connect(lambda _text: self._edited())
        self.title.textEdited.connect(lambda _text: self.looks_changed.emit())
        for moment in (self.occurred, self.due):
            moment.changed.connect(self._edited)
        self.where.changed.connect(self._edited)
        self.where.changed.connect(self.looks_changed)
        self.form.changed.connect(self._show_kept)
        self.form.changed.connect(self._edited)
        self.urgency.changed.connect(self._facts_edited)
        self.description.textChanged.connect(self._edited)
        self.files.changed.connect(self._edited)
        for code, row in self.rows.items():
            row.left.connect(lambda code=code: self._left(code))

    def _offer(self) -> None:
        self.kind.set_items(self._directory.type_picks(), self._recent)
        self.category.set_items(self._directory.category_picks(self.type_row.code if self.type_row else None))

    _recent: tuple[bytes, ...] = ()
    _appeared: tuple[str, ...] = ()

    def set_recent(self, types: Sequence[bytes]) -> None:
        """The types that come first while nothing is typed."""
        self._recent = tuple(types)
        self._offer()

    def _about(self) -> About:
        """What the place-holders of texts stand for while there is no ticket yet."""
        kind, where = self.type_row, self.where.values.get("location")
        said = {"title": self.title.text().strip(), "type": kind.name if kind else "", "place": where or ""}
        return About(typed=tuple(said.items()))

    # -- content -------------------------------------------------------------------------------------------

    @property
    def type_row(self) -> TypeRow | None:
        """The type that is chosen."""
        return next((kind for kind in self._directory.types if kind.id == self.kind.value), None)

    @property
    def values(self) -> dict[str, Any]:
        """The columns of the ticket beside title, type and category."""
        found: dict[str, Any] = {**self.where.values, **self.urgency.values}
        for name, said in (
            ("occurred_at", self.occurred.value),
            ("due_at", self.due.value),
            ("reported_via", self.via.get()),
            ("contact", self.contact.text().strip()),
            ("requester", _id(self.requester.get())),
            ("unit", _id(self.unit.get())),
            ("assignee", _id(self.assignee.get())),
            ("description", self.description.markdown.strip()),
        ):
            if said not in (None, ""):
                found[name] = said
        if "contact" in found and self.requester.get() is None:
            found["requester"] = None  # somebody who is no person here, and not the one at the desk either
        return found

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed that is worth keeping."""
        typed = (
            self.title.text(),
            self.contact.text(),
            self.description.toPlainText(),
            self.occurred.text(),
            self.due.text(),
        )
        told = any(not is_empty(value) for value in self.form.given.values())
        said = any(text.strip() for text in typed) or self.where.values or self.where.wrong
        return not (said or told or self.files.kept)

    @property
    def content(self) -> dict[str, Any]:
        """Everything typed, right or wrong, for a draft."""
        kind = self.type_row
        return {
            "title": self.title.text(),
            "type": kind.id.hex() if kind else None,
            "type_name": kind.name if kind else "",
            "category": _hex(self.category.value),
            "where": self.where.content,
            "occurred": self.occurred.text(),
            "due": self.due.text(),
            "via": self.via.get(),
            "requester": self.requester.get(),
            "contact": self.contact.text(),
            "form": self.form.content,
            "urgency": self.urgency.content,
            "unit": self.unit.get(),
            "assignee": self.assignee.get(),
            "description": self.description.markdown,
            "files": self.files.content,
        }

    def set_content(self, content: Mapping[str, Any]) -> None:
        """Put back what `content` gave; an empty mapping begins anew. The form's questions are set by `ask`."""
        self.kind.set_value(_bytes(content.get("type")), content.get("type_name", ""))
        self._offer()
        self.category.set_value(_bytes(content.get("category")))
        self.title.setText(content.get("title", ""))
        self.where.set_content(content.get("where", {}))
        for moment, said in ((self.occurred, content.get("occurred")), (self.due, content.get("due"))):
            moment.set_value(None)
            if said:
                moment.setText(said)
                moment.textEdited.emit(said)
        self.via.put(content.get("via"))
        self.requester.put(content.get("requester", self._me.hex()))
        self.contact.setText(content.get("contact", ""))
        self.form.set_content(content.get("form", {}))
        self.urgency.set_content(content.get("urgency", {}))
        self.unit.put(content.get("unit", self._unit.hex()))
        self.assignee.put(content.get("assignee"))
        self.description.set_markdown(content.get("description", ""))
        self.files.set_content(content.get("files"))
        self.show_problems(())

    @property
    def told_to_rules(self) -> dict[str, Any]:
        """The columns of the ticket that rules of the form may ask for."""
        return {**self.urgency.values, "reported_via": self.via.get()}

    def ask(self, form: Form, facts: Facts) -> None:
        """Ask what the type's form asks; answers to what is not asked any more are kept and named."""
        self._appeared = ()
        self.form.set_form(form, facts)
        kind = self.type_row
        self._because.setText(f"Asked because the type is {kind.name}" if kind else "")
        self._show_kept()
        self._asked.setVisible(form is not NO_FORM and bool(form.fields))

    def follow(self, facts: Facts) -> None:
        """Let the form stand as its rules want it by what they know now, and name what they ask anew."""
        self._appeared = self.form.set_facts(facts)
        self._show_kept()

    def _show_kept(self) -> None:
        kept = self.form.kept
        parts = (
            f"Now asked: {', '.join(self._appeared)}" if self._appeared else "",
            f"Not asked now, kept until you create: {', '.join(kept)}" if kept else "",
        )
        words = ". ".join(part for part in parts if part)
        self._kept.setText(words)
        self._kept.setVisible(bool(words))

    # -- what is wrong -------------------------------------------------------------------------------------

    @property
    def missing(self) -> list[tuple[str, str]]:
        """The needed fields that are empty, as (code, label), in their order on the screen."""
        found = []
        for code, empty in (("type", self.kind.value is None), ("title", not self.title.text().strip())):
            if empty and not (code == "type" and self.kind.problem):
                found.append((code, self.rows[code].label_text))
        found += [(field.code, field.label) for field in self.form.missing]
        if self.urgency.needs_reason:
            found.append(("priority_reason", "Reason for the priority"))
        if self.unit.get() is None and not self.unit.problem():
            found.append(("unit", "Unit"))
        return found

    def settle(self) -> None:
        """Make what is typed final, also in the field that has the keyboard; before it is judged and sent."""
        for picker in (self.kind, self.category):
            picker.settle()
        for editor in (self.via, self.requester, self.unit, self.assignee):
            editor.settle()
        self.where.settle()
        self.form.settle()

    def problems(self) -> tuple[Problem, ...]:
        """Everything that would be refused now, in the order on the screen."""
        wrong = {code: f"{label} is needed" for code, label in self.missing}
        for code in self.rows:
            if text := self._wrong(code):
                wrong[code] = text
        wrong |= {problem.field: problem.text for problem in self.form.problems()}
        order = ["type", "category", "title", "where", "occurred_at", "reported_via", "requester", "contact"]
        order += [field.code for field in self.form.form.fields] if self.form.form else []
        order += ["priority_reason", "unit", "assignee", "due_at", "description", "files"]
        return tuple(Problem(code, wrong[code]) for code in order if code in wrong)

    def show_problems(self, problems: Sequence[Problem]) -> list[Problem]:
        """Show these at their fields and take away all others; return those that have no field here."""
        texts = {_ALIASES.get(problem.field, problem.field): problem for problem in problems}
        for code, row in self.rows.items():
            problem = texts.pop(code, None)
            row.show_problem(problem.text if problem else self._wrong(code))
        asked = set(self.form.asked)
        self.form.show_problems([problem for code, problem in texts.items() if code in asked])
        return [problem for code, problem in texts.items() if code not in asked]

    def label(self, code: str) -> str:
        """The label of a field."""
        code = _ALIASES.get(code, code)
        return self.rows[code].label_text if code in self.rows else self.form.label(code)

    def focus_field(self, code: str) -> None:
        """Put the keyboard into a field."""
        code = _ALIASES.get(code, code)
        if code in self.rows:
            self.rows[code].focus()
        else:
            self.form.focus_field(code)

    def _wrong(self, code: str) -> str:
        judges = {
            "type": lambda: self.kind.problem,
            "category": lambda: self.category.problem,
            "where": lambda: self.where.wrong,
            "occurred_at": lambda: self.occurred.problem,
            "due_at": lambda: self.due.problem,
            "requester": self.requester.problem,
            "reported_via": self.via.problem,
            "unit": self.unit.problem,
            "assignee": self.assignee.problem,
        }
        return judges[code]() if code in judges else ""

    def _left(self, code: str) -> None:
        if code != "where":
            self.rows[code].show_problem(self._wrong(code))

    def _edited(self) -> None:
        for code, row in self.rows.items():
            # What was complained about is taken away as soon as it is right.
            if row.problem and code != "where" and not self._wrong(code) and code not in dict(self.missing):
                row.show_problem("")
        self.changed.emit()

    def _facts_edited(self) -> None:
        self.facts_changed.emit()
        self._edited()

    def _type_picked(self, _value: object) -> None:
        allowed = {pick.value for pick in self._directory.category_picks(self.type_row.code if self.type_row else None)}
        if self.category.value not in allowed:
            self.category.set_value(None)
        self._offer()
        self.type_picked.emit(self.type_row)
        self._edited()


_ALIASES = {"lat": "where", "lon": "where", "position": "where", "place": "where", "location": "where", "grid": "where"}
"""Where problems of columns are shown that have no field of their own."""


def _id(said: object) -> bytes | None:
    return bytes.fromhex(said) if isinstance(said, str) else None


def _hex(value: object) -> str | None:
    return value.hex() if isinstance(value, bytes) else None


def _bytes(said: object) -> bytes | None:
    return bytes.fromhex(said) if isinstance(said, str) else None
