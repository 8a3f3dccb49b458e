"""The pane in which a ticket is written: never modal, kept as a draft all the time, with what looks similar."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import shiboken6
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from opsdesk.services import forms, templates, tickets
from opsdesk.services.changes import Changes, Outcome
from opsdesk.services.directory import TypeRow
from opsdesk.services.errors import Invalid, Problem, Refused
from opsdesk.services.forms import NO_FORM, DraftRow, Facts, Form
from opsdesk.services.templates import TemplateRow
from opsdesk.ui.actions import Action
from opsdesk.ui.tickets.new_ticket.attaching import Attaching
from opsdesk.ui.tickets.new_ticket.body import Body
from opsdesk.ui.tickets.new_ticket.looking import Looking
from opsdesk.ui.tickets.new_ticket.pane_frame import PaneFrame
from opsdesk.ui.tickets.new_ticket.returning import Returning
from opsdesk.ui.tickets.new_ticket.template_menu import TemplateMenu
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.draft_keeper import DraftKeeper
from opsdesk.ui.widgets.shortcuts import SUBMIT, on_keys

PLACE = "new-ticket/"
_RECENT = "tickets.recent_types"


def _asked(reader: Any, kind: bytes, category: bytes | None, values: Mapping[str, Any]) -> tuple[Form, Facts]:
    """The form of a type, and what its rules know of the ticket that is being written."""
    return forms.form_for(reader, kind, category), forms.facts_of_new(reader, kind, category, values)


class NewTicketPane(PaneFrame):
    """Signals: `created` with the id of the new ticket and whether another one is begun, `open_wanted` with the id of
    another ticket, `closed` when the pane should go; the draft is kept then.
    """

    created = Signal(object, bool)
    open_wanted = Signal(object)
    closed = Signal()

    def __init__(self, desk: Any, shell: Any, directory: Directory, parent: QWidget | None = None) -> None:
        super().__init__(Body(desk, shell.bridge, directory), directory, parent)
        self.desk, self.shell, self._directory = desk, shell, directory
        self._form: Form = NO_FORM
        self._sending: set[str] = set()
        """The places whose ticket was given to the writer and is not answered yet."""
        self._judged = False
        self._keeper = DraftKeeper(desk, shell.bridge, self._content, self)
        self.looking = Looking(self)
        self.returning = Returning(self)
        self._attaching = Attaching(self)
        self._templates = TemplateMenu(desk, shell, self.template, self.panel, lambda: self.body.content, self._fill)
        self._connect()
        directory.load()

    def _connect(self) -> None:
        self.body.changed.connect(self._edited)
        self.body.type_picked.connect(self._ask_form)
        self.body.facts_changed.connect(self._ask_facts)
        self.body.files.settled.connect(self._files_settled)
        self.strip.continue_wanted.connect(self._continue)
        self.strip.discard_wanted.connect(self._discard)
        self.close_wanted.connect(self.close_pane)
        self.template.clicked.connect(self._templates.open)
        self.shell.actions.add(
            Action(
                "new.template", "Fill from a template", self._templates.open, "copy-simple", "Ctrl+T",
                enabled=lambda: self.isVisible() and self.template.isEnabled(), group="New ticket", words="preset",
            ),
            Action(
                "new.locate", "Say where on the map", self.body.where.locate, "map-trifold", "F4",
                enabled=self.isVisible, group="New ticket", words="place grid position",
            ),
            Action(
                "new.save-template", "Save the new ticket as a template", self._templates.save, "bookmark-simple",
                enabled=lambda: self.isVisible() and self.template.isEnabled(), group="New ticket",
            ),
            owner=self,
        )  # fmt: skip
        self._complete.wanted.connect(self.go_to)
        self._create.clicked.connect(lambda: self.submit())
        self._keeper.saved.connect(self._draft_kept)
        self._keeper.failed.connect(lambda why: self._say(f"Draft not kept: {why}", "danger"))
        self.shell.bridge.changed.connect(self._announced)
        on_keys(self, SUBMIT, self.submit)
        on_keys(self, ("Ctrl+Shift+Return", "Ctrl+Shift+Enter"), lambda: self.submit(again=True))

    # -- beginning and ending ------------------------------------------------------------------------------

    def start(self, like: Mapping[str, Any] | None = None) -> None:
        """Begin a new ticket. `like` is content to begin with. A ticket that is being written goes on."""
        if self._keeper.place and not self.body.is_empty:
            self.body.focus_field("title")
            return
        self._begin(PLACE + secrets.token_hex(8), like or {})

    def keep(self) -> None:
        """Save the draft now, before the window closes."""
        self._keeper.flush()

    def close_pane(self) -> None:
        """Close; what was typed stays as a draft and is offered next time."""
        self._keeper.flush()
        self._keeper.move("")
        self.closed.emit()

    def leave(self) -> None:
        """What stands here was sent: its draft goes, and nothing is written for now."""
        self._keeper.drop()
        self._keeper.move("")

    @property
    def place(self) -> str:
        """The place of the draft that is written; empty when it is being sent, or when nothing is written."""
        return "" if self._keeper.place in self._sending else self._keeper.place

    def bring_back(self, place: str, content: Mapping[str, Any]) -> None:
        """Go on with what was sent and then undone; what is being written stays as its draft."""
        self._begin(place, content, stored=True)

    def _begin(self, place: str, content: Mapping[str, Any], *, stored: bool = False) -> None:
        self._keeper.move(place, stored=stored)
        self._judged = False
        self._send_when_read = None
        self._form = NO_FORM
        self.body.ask(NO_FORM, Facts())
        self.body.form.clear()
        self.body.set_recent([bytes.fromhex(said) for said in self.desk.settings.get(_RECENT, [])])
        self.body.set_content(content)
        self.looking.begin()
        self._show_refusal("")
        self._say("Draft restored" if stored else "")
        self._show_missing()
        if content.get("type"):
            self._ask_form(self.body.type_row, bytes.fromhex(content["type"]))
        self._offer_drafts()
        self._area.verticalScrollBar().setValue(0)
        self._show_sending()
        self.body.focus_field("type" if not content.get("type") else "title")
        if not self.body.is_empty:
            self.looking.find()

    def _ask_form(self, kind: TypeRow | None, known: bytes | None = None) -> None:
        record = kind.id if kind is not None else known
        if record is None:
            self._form_arrived((NO_FORM, Facts()))
            return
        self.shell.bridge.then(
            self.desk.ask(_asked, record, self._category, self.body.told_to_rules, channel="new-ticket-form"),
            self._form_arrived,
            lambda error: self._show_refusal(str(error)),
            owner=self,
        )

    def _ask_facts(self) -> None:
        """Something changed that rules of the form may ask for."""
        kind = self.body.kind.value
        self.shell.bridge.then(
            self.desk.ask(
                forms.facts_of_new, kind if isinstance(kind, bytes) else None, self._category,
                self.body.told_to_rules, channel="new-ticket-facts",
            ),
            self._facts_arrived,
            owner=self,
        )  # fmt: skip

    @property
    def _category(self) -> bytes | None:
        category = self.body.category.value
        return category if isinstance(category, bytes) else None

    def _facts_arrived(self, facts: Facts) -> None:
        self.body.follow(facts)
        self._show_missing()

    def _form_arrived(self, found: tuple[Form, Facts]) -> None:
        form, facts = found
        self._form = form
        focus = self.focusWidget()
        self.body.ask(form, facts)
        if focus is not None and self.isAncestorOf(focus):
            focus.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_missing()

    def _fill(self, row: TemplateRow) -> None:
        """Take from a template what is not typed yet, and say what stayed."""
        content, stayed = templates.fill(self.body.content, row.content)
        if content.get("type") == row.content.get("type"):
            content["type_name"] = row.type
        self.body.set_content(content)
        self._keeper.touch()
        kept = f", kept as you typed: {', '.join(stayed)}" if stayed else ""
        self._say(f"Filled from “{row.name}”{kept}")
        if content.get("type"):
            self._ask_form(self.body.type_row, bytes.fromhex(content["type"]))
        self.looking.soon()
        missing = self.body.missing
        self.body.focus_field(missing[0][0] if missing else "title")

    # -- drafts --------------------------------------------------------------------------------------------

    def _content(self) -> dict[str, Any] | None:
        return None if self.body.is_empty else self.body.content

    def _offer_drafts(self) -> None:
        self._keeper.read(PLACE, self._drafts_arrived)

    def _drafts_arrived(self, drafts: Sequence[DraftRow]) -> None:
        self.strip.show_drafts([draft for draft in drafts if draft.place != self._keeper.place])

    def _continue(self, draft: DraftRow) -> None:
        self._begin(draft.place, draft.content, stored=True)

    def _discard(self, draft: DraftRow) -> None:
        def bring_back() -> None:
            self.shell.bridge.then(self.desk.do(forms.save_draft, draft.place, draft.content), owner=self)

        self.shell.bridge.then(self.desk.do(forms.drop_draft, draft.place), owner=self)
        self.shell.toasts.show_toast("Draft discarded", button="Undo", run=bring_back)

    def _announced(self, changes: Changes) -> None:
        if self.isVisible() and any(
            place.startswith(PLACE) and place != self._keeper.place for place in changes.drafts
        ):
            self._offer_drafts()

    # -- while it is written -------------------------------------------------------------------------------

    def _edited(self) -> None:
        self._keeper.touch()
        self._show_missing()

    def _show_missing(self) -> None:
        to_fix = (
            [(problem.field, self.body.label(problem.field)) for problem in self.body.problems()]
            if self._judged
            else ()
        )
        self._complete.show_missing(self.body.missing, to_fix)

    def go_to(self, code: str) -> None:
        """Put the keyboard into a field, and the field into sight."""
        self.body.focus_field(code)
        focus = self.focusWidget()
        if focus is not None:
            self._area.ensureWidgetVisible(focus, 0, 80)

    def _draft_kept(self) -> None:
        if self._keeper.place not in self._sending:
            self._say("Draft kept on this station")

    def _say(self, words: str, tone: str = "quiet") -> None:
        self._state.setText(words)
        self._state.set_tone(tone)

    def _show_refusal(self, words: str) -> None:
        self._refusal.setText(words)
        self._refusal.setVisible(bool(words))

    # -- sending -------------------------------------------------------------------------------------------

    def submit(self, *, again: bool = False) -> None:
        """Create the ticket, or show what is wrong at its place. `again` goes on with another at the same place and
        for the same unit."""
        place = self.place
        if not place:
            return
        self._judged = True
        self.body.settle()
        problems = self.body.problems()
        self.body.show_problems(problems)
        self._show_missing()
        if problems:
            self.go_to(problems[0].field)
            return
        if self.body.files.busy:
            self._send_when_read = again
            self._say("Created as soon as the files are read …")
            return
        self.start_sending(place)
        kind = self.body.kind.value
        self.shell.operations.run(
            tickets.create,
            **self.told,
            draft=place,
            said=lambda outcome: f"{outcome.label.removeprefix('New ')} created",
            ok=lambda outcome: self._created(place, kind, outcome, again),
            failed=lambda error: self.refused(place, error),
            owner=self,
        )

    @property
    def told(self) -> dict[str, Any]:
        """What is typed, as `tickets.create` takes it."""
        return {
            "title": self.body.title.text(),
            "type": self.body.kind.value,
            "category": self._category,
            "values": self.body.values,
            "answers": self.body.form.given,
            "form": self._form.id or None,
            "files": self.body.files.kept,
        }

    _send_when_read: bool | None = None
    """Whether the ticket is created when its files are read, and then (True) another one begun."""

    def _files_settled(self) -> None:
        again, self._send_when_read = self._send_when_read, None
        if again is not None:
            if self.body.files.words:
                self._say("Not created: a file was not taken", "warn")
                self.go_to("files")
            else:
                self.submit(again=again)

    def start_sending(self, place: str) -> None:
        """Nothing can be typed until the answer comes: it would belong to no ticket and no draft."""
        self._show_refusal("")
        self._keeper.flush()
        self._sending.add(place)
        self._typed_in = self.focusWidget()
        self._show_sending()
        # Esc must still reach the pane when the field that had the keyboard is closed.
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    _typed_in: QWidget | None = None

    def _show_sending(self) -> None:
        sending = self._keeper.place in self._sending
        for widget in (self.body, self.similar, self._create, self.template):
            widget.setEnabled(not sending)
        if sending:
            self._say("Sending …")

    def answered(self, place: str) -> bool:
        """An answer for what was sent from `place` is here. Returns whether that is still what is being written."""
        self._sending.discard(place)
        if place != self._keeper.place:
            return False
        self._show_sending()
        self._say("")
        return True

    def _created(self, place: str, kind: object, outcome: Outcome, again: bool) -> None:
        if isinstance(kind, bytes):
            recent = [kind.hex(), *self.desk.settings.get(_RECENT, [])]
            self.desk.settings.set(_RECENT, list(dict.fromkeys(recent))[:5])
        if not self.answered(place):
            # Another ticket is being written by now: that one keeps the pane and the keyboard.
            self.created.emit(outcome.value, again or bool(self._keeper.place))
            return
        content = self.body.content
        self.returning.remember(outcome, place, content)
        self.leave()
        self.created.emit(outcome.value, again)
        if again:
            self._begin(PLACE + secrets.token_hex(8), {name: content[name] for name in ("where", "unit")})
        else:
            self.closed.emit()

    def refused(self, place: str, error: Exception) -> None:
        if not self.answered(place) or not self.isVisible():
            self.shell.operations.show_error(error)
            return
        if self._typed_in is not None and shiboken6.isValid(self._typed_in):
            self._typed_in.setFocus(Qt.FocusReason.OtherFocusReason)
        problems = error.problems if isinstance(error, Invalid) else ()
        if isinstance(error, Refused) and error.field and not problems:
            problems = (Problem(error.field, error.text),)
        elsewhere = self.body.show_problems(problems) if problems else []
        words = "; ".join(problem.text for problem in elsewhere) or ("" if problems else str(error))
        self._show_refusal(f"{words}. Nothing you typed is lost." if words else "")
        if problems and not elsewhere:
            self.go_to(problems[0].field)

    # -- Qt ------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_pane()
            return
        super().keyPressEvent(event)
