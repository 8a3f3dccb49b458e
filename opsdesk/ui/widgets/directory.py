"""What pickers look in: people, units, types and categories kept in memory, places and tickets asked each time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

import shiboken6
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from opsdesk.services import canned, directory
from opsdesk.services.canned import About, Offer
from opsdesk.services.changes import Changes
from opsdesk.services.directory import CategoryRow, PlaceRow, TypeRow, UnitRow
from opsdesk.services.positions import Position
from opsdesk.services.tickets import Named, place_at
from opsdesk.ui.bridge import Bridge
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.location_picker import Located, LocationPicker
from opsdesk.ui.widgets.long_text import LongText
from opsdesk.ui.widgets.pick_list import Pick, matching

Deliver = Callable[[Sequence[Pick]], None]
TicketSearch = Callable[..., Sequence[tuple[bytes, str, str]]]


class AskingDesk(Protocol):
    """The part of the Desk that the directory needs."""

    def ask(self, call: Callable[..., Any], /, *args: Any, **kw: Any) -> Future[Any]: ...


class Directory(QObject):
    """Signals: `changed` when people, units, types or categories were read (again)."""

    changed = Signal()

    def __init__(self, desk: AskingDesk, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._bridge = desk, bridge
        self.people: tuple[Named, ...] = ()
        self.roles: dict[bytes, str] = {}
        """The name of the role that each person holds."""
        self.units: tuple[UnitRow, ...] = ()
        self.types: tuple[TypeRow, ...] = ()
        self.categories: tuple[CategoryRow, ...] = ()
        self._asked = False
        self.find_tickets: TicketSearch | None = None
        """`(reader, text)` → (id, number, title) of tickets; set by the feature that has tickets."""
        self._picker: LocationPicker | None = None
        bridge.changed.connect(self._announced)

    def load(self) -> None:
        """Read everything, unless that was done."""
        if not self._asked:
            self._asked = True
            self._bridge.then(self._desk.ask(_read_all, channel="directory"), self._loaded)

    def _announced(self, changes: Changes) -> None:
        if self._asked and (changes.everything or changes.people or changes.units or changes.forms):
            self._asked = False
            self.load()

    def _loaded(self, found: tuple[Any, ...]) -> None:
        self.people, self.roles, self.units, self.types, self.categories = found
        self.changed.emit()

    # -- what pickers and forms ask ------------------------------------------------------------------------

    def now(self) -> int:
        """UTC milliseconds."""
        return wall.now()

    def search(self, kind: str, text: str, deliver: Deliver) -> None:
        """Hand the records of a kind that match a text to `deliver`, at once or later."""
        if kind == "person":
            deliver(matching(self.person_picks(), text))
        elif kind == "unit":
            deliver(matching(self.unit_picks(), text))
        elif kind == "place":
            self._bridge.then(
                self._desk.ask(directory.places, text, 40, channel="pick-place"),
                lambda rows: deliver([place_pick(row) for row in rows]),
                owner=self,
            )
        elif kind == "ticket" and self.find_tickets is not None:
            self._bridge.then(
                self._desk.ask(self.find_tickets, text, channel="pick-ticket"),
                lambda rows: deliver([Pick(record, number, title, "ticket") for record, number, title in rows]),
                owner=self,
            )
        else:
            deliver([])

    def offers(self, about: About, typed: str, deliver: Callable[[tuple[Offer, ...]], None]) -> None:
        """Hand the texts that are often written to `deliver`, with what they say of `about`; of very many those that
        `typed` leads to."""
        self._bridge.then(self._desk.ask(canned.offers, about, typed, channel="canned-texts"), deliver, owner=self)

    def write(self, placeholder: str, about: Callable[[], About]) -> LongText:
        """A box for several lines of plain text in which `::` offers what is often written."""
        # The composer looks in directories itself.
        from opsdesk.ui.widgets.composer.completion import Completion
        from opsdesk.ui.widgets.composer.mention_text import MentionText
        from opsdesk.ui.widgets.composer.sources import text_source

        box = MentionText(placeholder)
        Completion(box).set_sources({"::": text_source(self, about)})
        return box

    def name(self, kind: str, record: bytes, deliver: Callable[[str], None]) -> None:
        """Hand the name of a record to `deliver`, at once or later; empty when it is not here."""
        pools: dict[str, Sequence[Named | UnitRow]] = {"person": self.people, "unit": self.units}
        known = next((found.name for found in pools.get(kind, ()) if found.id == record), None)
        if known is not None:
            deliver(known)
        else:
            self._bridge.then(self._desk.ask(_name, kind, record), deliver, owner=self)

    def locate(
        self, field: QWidget, now: Located, take: Callable[[Located], object], *, words: str, places: bool
    ) -> None:
        """Open the location picker over the window of a field, and hand what a person says to `take`."""
        host = field.window()
        if self._picker is None or not shiboken6.isValid(self._picker) or self._picker.parentWidget() is not host:
            self._picker = LocationPicker(host, self._desk, self._bridge)
        self._picker.ask(now, take, words=words, places=places)

    def place_position(self, place: bytes, deliver: Callable[[Position | None], object]) -> None:
        """Hand the position of a place to `deliver`, later; None where it has none."""
        self._bridge.then(self._desk.ask(place_at, place), deliver, owner=self)

    def person_picks(self) -> list[Pick]:
        """Everybody."""
        return [Pick(person.id, person.name, person.detail, "user") for person in self.people]

    def unit_picks(self) -> list[Pick]:
        """All units, indented as in the tree."""
        return [
            Pick(
                unit.id,
                unit.code or unit.name,
                unit.name if unit.code not in ("", unit.name) else "",
                "users-three",
                words=unit.callsign,
                depth=unit.depth,
            )
            for unit in self.units
        ]

    def type_picks(self) -> list[Pick]:
        """All ticket types."""
        return [Pick(kind.id, kind.name, "", kind.icon or "ticket", words=kind.code) for kind in self.types]

    def category_picks(self, type_code: str | None) -> list[Pick]:
        """The categories that a type allows, indented as in the tree."""
        return [
            Pick(row.id, row.name, "" if row.depth == 0 else row.path.rpartition(" › ")[0], "", row.path, row.depth)
            for row in self.categories
            if row.type_code in (None, type_code) or type_code is None
        ]


def place_pick(row: PlaceRow) -> Pick:
    """A place as something to pick."""
    return Pick(row.id, row.name, row.sort, "map-pin")


def _read_all(reader: Any) -> tuple[Any, ...]:
    return (
        directory.people(reader),
        directory.roles(reader),
        directory.units(reader),
        directory.types(reader),
        directory.categories(reader),
    )


_NAMES = {
    "person": "SELECT name FROM person WHERE id = ?",
    "unit": "SELECT name FROM unit WHERE id = ?",
    "place": "SELECT name FROM place WHERE id = ?",
    "ticket": "SELECT number FROM ticket WHERE id = ?",
}


def _name(reader: Any, kind: str, record: bytes) -> str:
    return str(reader.value(_NAMES[kind], (record,)) or "")
