"""One ticket over the whole page: head, timeline, tabs with conversation, fields, links and history, and the side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from opsdesk.services import mentions, tickets
from opsdesk.services.changes import Changes
from opsdesk.services.errors import NotFound
from opsdesk.services.tickets import RelatedRow
from opsdesk.ui.shell.page import Target
from opsdesk.ui.tickets.detail import doings, steps
from opsdesk.ui.tickets.detail.acts import Acts
from opsdesk.ui.tickets.detail.attaching import Attaching
from opsdesk.ui.tickets.detail.conflict_part import ConflictPart
from opsdesk.ui.tickets.detail.conversation import Conversation
from opsdesk.ui.tickets.detail.fields_view import FieldsView
from opsdesk.ui.tickets.detail.files_view import FilesView
from opsdesk.ui.tickets.detail.header import Header
from opsdesk.ui.tickets.detail.history_view import HistoryView
from opsdesk.ui.tickets.detail.links_view import LinksView
from opsdesk.ui.tickets.detail.loaded import Loaded, read_ticket
from opsdesk.ui.tickets.detail.older import Older
from opsdesk.ui.tickets.detail.sidebar import Sidebar
from opsdesk.ui.tickets.detail.talking import Talking
from opsdesk.ui.tickets.detail.telling import entries
from opsdesk.ui.tickets.detail.voided_banner import VoidedBanner
from opsdesk.ui.tickets.list_page.place import ListPlace
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.age import ticker
from opsdesk.ui.widgets.attachment_strip import Tiles
from opsdesk.ui.widgets.composer import Composer
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.empty_state import EmptyState
from opsdesk.ui.widgets.label import rule
from opsdesk.ui.widgets.tabs import CountTabs
from opsdesk.ui.widgets.timeline import Timeline


class TicketDetail(QFrame):
    """The detail. Signals: `back` to the list, `step` (-1 or 1) along it, `opened` with the id of a ticket that was
    followed from here."""

    back = Signal()
    step = Signal(int)
    opened = Signal(object)

    def __init__(self, desk: Any, shell: Any, directory: Directory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "panel")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.desk, self.shell, self.directory = desk, shell, directory
        self.ticket: bytes | None = None
        self.loaded: Loaded | None = None
        self._related: tuple[RelatedRow, ...] = ()
        self._stale = False
        self._build()
        self.acts, self.older, self.talking = Acts(self), Older(self), Talking(self)
        self.attaching = Attaching(self)
        self._connect()
        directory.load()

    def _build(self) -> None:
        self.header = Header()
        self.banner = VoidedBanner()
        self.conflicts = ConflictPart(self)
        self.timeline = Timeline()
        self.tabs = CountTabs(
            [
                ("conversation", "Conversation"),
                ("fields", "Fields"),
                ("links", "Links"),
                ("files", "Files"),
                ("history", "History"),
            ],
            "Parts of the ticket",
        )
        self.conversation = Conversation(self.desk.person, lambda: Tiles(self.desk, self.shell.bridge))
        self.composer = Composer(self.desk, self.shell.bridge, self.directory)
        self._fields: FieldsView | None = None
        self.links = LinksView()
        self.files = FilesView(self.desk, self.shell, self.run)
        self.history = HistoryView()
        self.sidebar = Sidebar(self.directory)

        talk = QWidget()
        column = QVBoxLayout(talk)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.conversation, 1)
        column.addWidget(rule())
        box = QWidget()
        inner = QVBoxLayout(box)
        inner.setContentsMargins(24, 10, 24, 12)
        inner.addWidget(self.composer)
        column.addWidget(box)
        self._parts = QStackedWidget()
        self._talk = talk
        self._fields_page = QWidget()
        for part in (talk, self.links, self.files, self.history, self._fields_page):
            self._parts.addWidget(part)

        line = self._line = QWidget()
        line_row = QVBoxLayout(line)
        line_row.setContentsMargins(24, 6, 24, 4)
        line_row.addWidget(self.timeline)
        tabs = QWidget()
        tabs_row = QHBoxLayout(tabs)
        tabs_row.setContentsMargins(24, 0, 16, 0)
        tabs_row.addWidget(self.tabs, 1)
        tabs_row.addWidget(self.conversation.filter)
        main = QWidget()
        main_column = QVBoxLayout(main)
        main_column.setContentsMargins(0, 0, 0, 0)
        main_column.setSpacing(0)
        for widget in (self.header, self.banner, self.conflicts.banner, rule(), line, tabs, rule()):
            main_column.addWidget(widget)
        main_column.addWidget(self._parts, 1)
        main.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)

        self._whole = QWidget()
        row = QHBoxLayout(self._whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(main, 1)
        row.addWidget(rule(vertical=True))
        row.addWidget(self.sidebar)
        self._trouble = EmptyState("", icon="warning-circle")
        self._pages = QStackedWidget()
        self._pages.addWidget(self._whole)
        self._pages.addWidget(self._trouble)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._pages)

    def _connect(self) -> None:
        self.header.back.connect(self.back)
        self.header.step.connect(self.step)
        self.header.copied.connect(self._tell_copied)
        self.header.title_changed.connect(self._save_title)
        self.header.event_wanted.connect(self.acts.event)
        self.header.due_wanted.connect(lambda: self.acts.do("due"))
        self.header.more_wanted.connect(
            lambda: self.acts.more_menu().popup(self.header.more.mapToGlobal(QPoint(0, 30)))
        )
        self.banner.restore_wanted.connect(self.acts.restore)
        self.tabs.chosen.connect(self._show_part)
        self.sidebar.wanted.connect(self.acts.do)
        self.sidebar.ticket_wanted.connect(self.opened)
        self.sidebar.copied.connect(self._tell_copied)
        self.sidebar.untag_wanted.connect(self.acts.untag)
        self.sidebar.unwatch_wanted.connect(self.acts.unwatch)
        self.sidebar.panel.closed.connect(lambda: self.setFocus(Qt.FocusReason.OtherFocusReason))
        self.conversation.describe_wanted.connect(lambda: self.edit_field("ticket.description"))
        self.conversation.ticket_wanted.connect(self._open_number)
        self.conversation.record_wanted.connect(self._open_record)
        self.links.ticket_wanted.connect(self.opened)
        self.links.link_wanted.connect(self.acts.link_to)
        self.links.unlink_wanted.connect(self.acts.unlink)
        self.history.revert_wanted.connect(self.acts.revert)
        self.shell.bridge.changed.connect(self._announced)
        self.directory.changed.connect(lambda: self._show(self.loaded) if self.loaded else None)
        ticker.minute.connect(self._show_time)

    # -- loading -------------------------------------------------------------------------------------------

    def open(self, ticket: bytes, place: ListPlace | None = None) -> None:
        """Show a ticket. What was typed for the one before stays in its draft."""
        self.header.show_place(place or ListPlace())
        if ticket != self.ticket:
            self.ticket, self.loaded, self._related = ticket, None, ()
            self.header.title.accepted()
            self.sidebar.panel.close_panel()
            self.conversation.start()
            if self._fields is not None:
                self._fields.start()
            self.history.start()
            self.files.start(ticket)
            self.older.start()
            self.tabs.open("conversation")
        self.reload()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def reload(self) -> None:
        """Read the ticket again."""
        self._stale = False
        if self.ticket is not None:
            self.shell.bridge.then(
                self.desk.ask(read_ticket, self.ticket, channel="ticket-detail"),
                self._arrived,
                self._failed,
                owner=self,
            )

    def keep(self) -> None:
        """Save what is being typed, before the window closes."""
        self.composer.keep()
        self.conflicts.keep()

    def edit_field(self, code: str) -> None:
        """Open one field for editing, on its tab."""
        self.tabs.open("fields")
        self.fields.line(code).edit()

    def _announced(self, changes: Changes) -> None:
        if self.ticket is None:
            return
        if self.ticket in changes.files and self.ticket not in changes.tickets:
            self.files.reload()
        if not (changes.everything or changes.queue or changes.conflicts or self.ticket in changes.tickets):
            return
        if self.isVisible():
            self.reload()
        else:
            self._stale = True

    def _arrived(self, loaded: Loaded) -> None:
        if loaded.card.row.id != self.ticket:
            return
        first = self.loaded is None
        self.loaded = loaded
        self._pages.setCurrentWidget(self._whole)
        self._show(loaded)
        if first:
            self.conversation.to_end()
        if loaded.card.row.unread and self.isVisible():
            self.shell.bridge.then(self.desk.do(tickets.mark_seen, self.ticket), owner=self)
        self.shell.bridge.then(
            self.desk.ask(tickets.related, self.ticket, channel="ticket-related", background=True),
            self._related_arrived,
            lambda _error: None if isinstance(_error, NotFound) else self.shell.operations.show_error(_error),
            owner=self,
        )

    def _failed(self, error: Exception) -> None:
        self._trouble.show_error(
            str(error), "The list and your drafts are safe.", button="Back to the list", run=self.back.emit
        )
        self._pages.setCurrentWidget(self._trouble)

    def _related_arrived(self, related: Sequence[RelatedRow]) -> None:
        self._related = tuple(related)
        if self.loaded is not None:
            self.sidebar.show_related(self.loaded.card, self._related)
            self._show_open_part()

    def _show(self, loaded: Loaded) -> None:
        card = loaded.card
        self.header.show_card(card, joined=self.desk.link.joined)
        self._show_time()
        self.sidebar.show_card(card)
        self.sidebar.show_doings(doings.doings(card))
        self.sidebar.show_related(card, self._related)
        self.conversation.show_entries(entries(card, loaded.comments, loaded.history), ticked=self.desk.link.joined)
        self.talking.show(card)
        self._show_open_part()
        self._show_workable()
        self.tabs.set_count("conversation", loaded.comment_count)
        self.tabs.set_count("links", len(card.links))
        self.files.show_rows(loaded.files, workable=card.voided is None)
        self.tabs.set_count("history", card.history_count)
        self.conflicts.show(card.row.id, loaded.conflicts)
        self.older.tell()
        self.acts.refresh()

    def _show_workable(self) -> None:
        """Offer nothing on a voided ticket but to bring it back. A field that is open keeps what was typed."""
        assert self.loaded is not None
        reason = self.loaded.card.voided
        workable = reason is None
        self.banner.show_reason(reason)
        had_keyboard = not workable and self.composer.isAncestorOf(self.focusWidget() or self)
        self.header.title.setEnabled(workable or self.header.title.editing)
        for widget in (self.header.chevrons, self.header.due, self.composer):
            widget.setEnabled(workable)
        for part in (self.sidebar, self.conversation):
            part.set_workable(workable)
        if had_keyboard:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_time(self) -> None:
        if self.loaded is not None:
            self.timeline.show_marks(steps.marks(self.loaded.card, wall.now(), whole=self.loaded.whole))

    @property
    def fields(self) -> FieldsView:
        """The tab with every field; it is made when it is first opened, since it is the largest part by far."""
        if self._fields is None:
            self._fields = FieldsView(self.directory, self.desk.settings)
            self._fields.committed.connect(self.acts.save_field)
            column = QVBoxLayout(self._fields_page)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(0)
            column.addWidget(self._fields, 1)
            column.addWidget(self.conflicts.foot)
        return self._fields

    def _show_part(self, key: str) -> None:
        self._show_open_part()
        part = {
            "conversation": self._talk, "links": self.links, "files": self.files, "history": self.history,
        }.get(key)  # fmt: skip
        self._parts.setCurrentWidget(part or self._fields_page)
        self.conversation.filter.setVisible(key == "conversation")

    def _show_open_part(self) -> None:
        """Bring the open tab up to date; the others follow when they are opened."""
        if self.loaded is None:
            return
        card, part = self.loaded.card, self.tabs.current
        # Versions to choose from need the room, and the time line says nothing of them.
        self._line.setVisible(not (part == "fields" and self.loaded.conflicts))
        if part == "fields":
            self.fields.show_card(card, self.loaded.asked)
        elif part == "links":
            self.links.show_links(card.links, self._related, workable=card.voided is None)
        elif part == "history":
            self.history.show_rows(self.loaded.history, workable=card.voided is None, ticked=self.desk.link.joined)

    # -- what a person does here ---------------------------------------------------------------------------

    def run(self, call: Callable[..., Any], *args: Any, **options: Any) -> None:
        """Run a command for this ticket: `ok` and `failed` are for the place that asked."""
        self.shell.operations.run(call, *args, owner=self, **options)

    def write(self) -> None:
        """Go to the composer."""
        self.tabs.open("conversation")
        self.composer.focus()

    def _save_title(self, text: str) -> None:
        if self.loaded is not None:
            self.run(
                tickets.edit,
                self.ticket,
                {"title": text},
                seen=self.header.title.base,
                said="Title changed",
                ok=lambda _outcome: self.header.title.accepted(),
                failed=lambda error: self.header.title.refused(str(error)),
            )

    def _open_number(self, number: str) -> None:
        self.shell.bridge.then(
            self.desk.ask(tickets.by_number, number, channel="ticket-number"),
            lambda found: (
                self.opened.emit(found) if found is not None else self.shell.toasts.show_toast(f"{number} is not here")
            ),
            owner=self,
        )

    def _open_record(self, kind: str, record: bytes) -> None:
        if kind == mentions.TICKET:
            self.opened.emit(record)
        else:
            self.shell.open(Target(kind, record))

    def _tell_copied(self, text: str) -> None:
        self.shell.toasts.show_toast(f"Copied {text}", seconds=3)

    def menu_below(self, menu: QMenu, key: str) -> None:
        """Show a menu at the action button it belongs to."""
        button = self.sidebar.button(key)
        at = button.mapToGlobal(QPoint(0, button.height() + 2)) if button else self.mapToGlobal(self.rect().center())
        menu.popup(at)

    # -- Qt ------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if self.sidebar.panel.isVisible():
                self.sidebar.panel.close_panel()
            elif self.older.fetching:
                self.older.stop()
            elif not self.hasFocus() and self.composer.isAncestorOf(self.focusWidget() or self):
                self.setFocus(Qt.FocusReason.OtherFocusReason)
            else:
                self.back.emit()
            return
        super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self.reload()
