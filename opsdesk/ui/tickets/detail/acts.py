"""What a person can do on the detail of a ticket: the keys and buttons, what each asks for, and what it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from opsdesk.services import forms, tickets
from opsdesk.services.changes import Outcome
from opsdesk.services.tickets import EventRow, HistoryRow, LinkRow, Named, Priority, TicketCard, position_columns
from opsdesk.ui.menus import passing_menu
from opsdesk.ui.resources import icon
from opsdesk.ui.tickets.detail import doings, panel
from opsdesk.ui.tickets.detail.actions import detail_actions
from opsdesk.ui.tickets.detail.field_line import FieldLine
from opsdesk.ui.tickets.detail.fields_view import column_values
from opsdesk.ui.tickets.detail.snoozing import until_question
from opsdesk.ui.tickets.link_words import way_of
from opsdesk.ui.tickets.printing import open_print_panel
from opsdesk.ui.widgets.location_picker import Located
from opsdesk.ui.widgets.panel import Question

if TYPE_CHECKING:
    from opsdesk.ui.tickets.detail.detail import TicketDetail


class Acts:
    """The acts of one detail. It keeps nothing: what the ticket is stands in the detail."""

    def __init__(self, detail: TicketDetail) -> None:
        self._detail = detail
        self._do = {
            "assign": self.assign,
            "state": self.state,
            "priority": self.priority,
            "due": self.due,
            "snooze": self.snooze,
            "next": self.next,
            "tag": self.tag,
            "link": lambda: self.link_to(None),
            "watch": self.watch,
            "watcher": self.add_watcher,
            "locate": self.locate,
        }
        detail.shell.actions.add(*detail_actions(self, detail), owner=detail)

    @property
    def workable(self) -> bool:
        """Whether a ticket is here that can be changed; a voided one can only be brought back."""
        return self._detail.loaded is not None and self._card.voided is None

    @property
    def _card(self) -> TicketCard:
        loaded = self._detail.loaded
        if loaded is None:
            raise RuntimeError("no ticket is loaded")
        return loaded.card

    def do(self, key: str) -> None:
        """Do what the button `key` stands for."""
        if self.workable:
            self._do[key]()

    def print(self) -> None:
        """Show what the ticket will be on paper."""
        detail, row = self._detail, self._card.row
        open_print_panel(detail, detail.desk, detail.shell, row.id, row.number)

    # -- state ---------------------------------------------------------------------------------------------

    def state(self) -> None:
        """Offer the events that may happen now; those that cannot say why."""
        if not self._card.events:
            return
        menu = passing_menu(self._detail)
        menu.setToolTipsVisible(True)
        for event in self._card.events:
            entry = menu.addAction(f"{event.label}\t{event.to.label}")
            entry.setEnabled(not event.missing)
            first = [f"{label} is needed first" for _, label in event.unanswered]
            entry.setToolTip("\n".join([*event.missing, *first]))
            entry.triggered.connect(lambda _checked=False, name=event.event: self.event(name))
        self._detail.menu_below(menu, "state")

    def next(self) -> None:
        """Take the step that usually comes next."""
        event = doings.next_event(self._card)
        if event is not None:
            self.event(event.event)

    def event(self, name: str) -> None:
        """Let an event happen, after asking what it needs."""
        event = doings.event_of(self._card, name)
        if event is None:
            return
        if event.missing:
            blocked = event.event == "resolve" and bool(self._card.blockers)
            self._detail.shell.toasts.show_toast(
                "; ".join(event.missing), tone="warn", button="Show" if blocked else "",
                run=(lambda: self._detail.tabs.open("links")) if blocked else None,
            )  # fmt: skip
            return
        fields = panel.event_fields(event)
        if fields or event.unanswered:
            self._ask(
                Question(
                    f"event/{name}", event.label, event.label, fields, lambda said: self._move(event, said),
                    first=event.unanswered, go=self._detail.edit_field,
                )
            )  # fmt: skip
        else:
            self._move(event, {})

    def snooze(self) -> None:
        """Ask until when it waits, as the list does; it wakes by itself then."""
        event = doings.event_of(self._card, "wait")
        if event is None:
            why = "It waits already. Resume it first" if self._card.row.state is tickets.State.WAITING else ""
            self._detail.shell.toasts.show_toast(why or "Only work that is under way can be snoozed", tone="warn")
            return

        self._ask(until_question(lambda said: self._move(event, said), self._detail.sidebar.panel.refused))

    def refresh(self) -> None:
        """The ticket was read again: what an open question waits for may be done by now."""
        panel = self._detail.sidebar.panel
        event = doings.event_of(self._card, panel.key.removeprefix("event/"))
        if event is not None and panel.key.startswith("event/"):
            panel.show_first(event.unanswered)

    def _move(self, event: EventRow, said: dict[str, Any]) -> None:
        self._run(
            tickets.transition, self._card.row.id, event.event, seen=self._card.row.base,
            said=f"{self._card.row.number}: {event.to.label}", **said,
        )  # fmt: skip

    # -- people --------------------------------------------------------------------------------------------

    def assign(self) -> None:
        """Ask whom to give it to."""
        me = self._detail.desk.person
        extra: list[tuple[str, dict[str, Any]]] = []
        assignee = self._card.row.assignee
        if assignee is None or assignee.id != me:
            extra.append(("To me", {"person": me.hex()}))
        if assignee is not None:
            extra.append(("To nobody", {"person": None}))
        self._ask(Question("assign", "Assign", "Assign", panel.PERSON, self._assign, extra=tuple(extra)))

    def take(self) -> None:
        """Give it to the person at this desk."""
        self._assign({"person": self._detail.desk.person.hex()})

    def _assign(self, said: dict[str, Any]) -> None:
        person = bytes.fromhex(said["person"]) if said["person"] else None
        self._run(
            tickets.assign, self._card.row.id, person, seen=self._card.row.base,
            said=lambda outcome: outcome.label,
        )  # fmt: skip

    def watch(self) -> None:
        """Follow the ticket, or no longer."""
        call = tickets.unwatch if self._card.watching else tickets.watch
        self._run(call, self._card.row.id)

    def add_watcher(self) -> None:
        """Ask who should follow the ticket."""
        self._ask(
            Question(
                "watcher", "Add a watcher", "Add", panel.PERSON,
                lambda said: self._run(tickets.watch, self._card.row.id, bytes.fromhex(said["person"])),
            )
        )  # fmt: skip

    def unwatch(self, person: Named) -> None:
        """Let a watcher go, by the undoable way."""
        self._run(tickets.unwatch, self._card.row.id, person.id, said=f"{person.name} watches no longer")

    # -- fields --------------------------------------------------------------------------------------------

    def priority(self) -> None:
        """Offer the priorities; one that differs from urgency and impact asks why."""
        menu = passing_menu(self._detail)
        card = self._card
        usual = tickets.priority_of(tickets.Level(card.urgency), tickets.Level(card.impact))
        for priority in reversed(Priority):
            note = "by urgency and impact" if priority is usual else ""
            entry = menu.addAction(icon("flag-fill", f"{priority.name.lower()}.mark"), f"&{priority.label}\t{note}")
            entry.setCheckable(True)
            entry.setChecked(priority is card.row.priority)
            entry.triggered.connect(lambda _checked=False, priority=priority: self._set_priority(priority, usual))
        self._detail.menu_below(menu, "priority")

    def _set_priority(self, priority: Priority, usual: Priority) -> None:
        if priority is self._card.row.priority:
            return
        if priority is usual:
            self._edit({"priority": int(priority)}, said=f"Priority {priority.label}")
            return
        self._ask(
            Question(
                "priority", f"Priority {priority.label}", "Set", panel.PRIORITY_REASON,
                lambda said: self._edit({"priority": int(priority), **said}, said=f"Priority {priority.label}"),
            )
        )  # fmt: skip

    def due(self) -> None:
        """Ask until when."""
        extra = (("No due time", {"due_at": None}),) if self._card.row.due_at is not None else ()
        self._ask(
            Question(
                "due", "Due", "Set", panel.DUE, lambda said: self._edit(said, said="Due time changed"),
                answers={"due_at": self._card.row.due_at}, extra=extra,
            )
        )  # fmt: skip

    def _edit(self, values: dict[str, Any], *, said: str) -> None:
        self._run(tickets.edit, self._card.row.id, values, seen=self._card.row.base, said=said)

    def save_field(self, line: FieldLine, value: Any) -> None:
        """Store what was typed into a field of the Fields tab, on the base that it was opened with."""
        code = line.field.code
        options: dict[str, Any] = {
            "said": f"{line.field.label} changed",
            "ok": lambda _outcome: line.accepted(),
            "failed": line.refused,
        }
        if not code.startswith("ticket."):
            self._detail.run(tickets.answer, self._card.row.id, code, value, seen=line.base, **options)
            return
        values = column_values(code, value)
        ticket, base = self._card.row.id, line.base
        if code != "ticket.type":
            self._detail.run(tickets.edit, ticket, values, seen=base, **options)
            return
        # With another type another form is asked; the answers given so far stay with the ticket.
        self._detail.shell.bridge.then(
            self._detail.desk.ask(forms.form_for, values["type"], None, channel="ticket-type"),
            lambda form: self._detail.run(
                tickets.edit, ticket, {**values, "form": form.id or None, "category": None}, seen=base, **options
            ),
            line.refused,
            owner=self._detail,
        )

    # -- tags, links, history ------------------------------------------------------------------------------

    def tag(self) -> None:
        """Ask for a word."""
        self._ask(
            Question(
                "tag", "Tag", "Add", panel.TAG, lambda said: self._run(tickets.tag, self._card.row.id, said["tag"])
            )
        )

    def locate(self) -> None:
        """Let the person say where it is, on the base of what is shown now."""
        card = self._card
        row, place = card.row, card.place
        at = card.position
        now = Located(at, place.id if place else None, place.name if place else "")

        def take(found: Located) -> None:
            if found == now:
                return
            values = {**position_columns(found.at), "place": found.place}
            if found.at != at:
                values["position_doubt"] = None
            self._run(tickets.edit, row.id, values, seen=row.base, said="Position changed")

        self._detail.directory.locate(self._detail, now, take, words=f"Where is {row.number}", places=True)

    def untag(self, word: str) -> None:
        """Take a word off."""
        self._run(tickets.untag, self._card.row.id, word, said=f"Tag “{word}” taken off")

    def link_to(self, other: bytes | None) -> None:
        """Ask how this ticket relates to another, and to which when that is not known."""
        answers: dict[str, object] = {"kind": "relates"}
        if other is not None:
            answers["ticket"] = other.hex()
        self._ask(Question("link", "Relate to another ticket", "Link", panel.LINK, self._link, answers=answers))

    def _link(self, said: dict[str, Any]) -> None:
        (kind, back), other = way_of(str(said["kind"])), bytes.fromhex(said["ticket"])
        self._run(
            tickets.link, self._card.row.id, kind, other, back=back,
            then=(lambda: self._offer_to_end(other)) if kind == "duplicates" and not back else None,
        )  # fmt: skip

    def _offer_to_end(self, other: bytes) -> None:
        """Of a duplicate only one is worked on: offer to end this one by the event that its state allows."""
        event = next((event for event in self._card.events if event.event in ("decline", "cancel")), None)
        if event is None or not self.workable:
            return
        ticket = self._card.row.id

        def ask(card: tickets.TicketCard) -> None:
            if self.workable and self._card.row.id == ticket and not self._detail.sidebar.panel.key:
                question = Question(
                    f"event/{event.event}", f"{event.label} it, as a duplicate?", event.label,
                    panel.event_fields(event), lambda said: self._move(event, said),
                    answers={"reason": f"Duplicate of {card.row.number}"},
                )  # fmt: skip
                self._ask(question)

        self._detail.shell.bridge.then(self._detail.desk.ask(tickets.card, other), ask, owner=self._detail)

    def unlink(self, link: LinkRow) -> None:
        """Take a link away."""
        self._run(tickets.unlink, link.id, said=f"Link to {link.number or 'a record'} taken away")

    def revert(self, row: HistoryRow) -> None:
        """Give a field the value it had before a change."""
        self._run(tickets.revert, self._card.row.id, row.seq, seen=self._card.row.base)

    def void(self) -> None:
        """Ask why it should not count."""
        seen = self._card.row.base
        self._ask(
            Question(
                "void", "Void this ticket", "Void", panel.VOID,
                lambda said: self._run(tickets.void, self._card.row.id, said["reason"], seen=seen),
            )
        )  # fmt: skip

    def restore(self) -> None:
        """Bring a voided ticket back."""
        row = self._card.row
        self._run(tickets.restore, row.id, seen=row.base, said=f"{row.number} is back")

    def more_menu(self) -> QMenu:
        """What is seldom needed."""
        menu = passing_menu(self._detail)
        row = self._card.row
        copies = ((f"{row.number} {row.title}", "Copy number and title"), (row.title, "Copy the title"))
        for text, words in copies:
            menu.addAction(icon("copy"), words).triggered.connect(
                lambda _checked=False, text=text: QGuiApplication.clipboard().setText(text)
            )
        menu.addSeparator()
        if self.workable:
            menu.addAction(icon("trash"), "Void this ticket…").triggered.connect(lambda _checked=False: self.void())
        else:
            back = menu.addAction(icon("arrow-counter-clockwise"), "Bring this ticket back")
            back.triggered.connect(lambda _checked=False: self.restore())
        return menu

    def _ask(self, question: Question) -> None:
        self._detail.sidebar.show_panel(question)

    def _run(self, call: Any, *args: Any, then: Callable[[], object] | None = None, **options: Any) -> None:
        shown = self._detail.sidebar.panel

        def done(_outcome: Outcome) -> None:
            if shown.isVisible():
                shown.close_panel()
            if then is not None:
                then()

        # Asked for in the panel, refused in the panel; else a toast tells it.
        failed = shown.refused if shown.isVisible() else None
        self._detail.run(call, *args, ok=done, failed=failed, **options)
