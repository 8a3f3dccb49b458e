"""The lists to choose from in the ticket list: people, units, priorities, what may happen, due times, tags.

Each question opens a `Chooser`; some take a second step (waiting needs a reason). What comes out is one `Choice`, the
same for one ticket and for a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from opsdesk.services import directory, tickets, times
from opsdesk.services.errors import Refused
from opsdesk.services.tickets import SOLUTIONS, WAITING_REASONS, EventRow, Priority, TicketRow, lists
from opsdesk.ui.tickets.later import later_times
from opsdesk.ui.tickets.table import STATE_TONES
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.chooser import Chooser
from opsdesk.ui.widgets.pick_list import Pick

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.bridge import Bridge

NOBODY = "nobody"
_FEW = 200


@dataclass(frozen=True)
class Choice:
    """What is to be done with one or many tickets: fields to set, an event with its inputs, or tags."""

    words: str
    values: Mapping[str, Any] = field(default_factory=dict)
    event: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    untags: tuple[str, ...] = ()


Take = Callable[[Choice], None]


@dataclass(frozen=True)
class Place:
    """Where a list opens: its corner as a global point, above it or below, over which window."""

    parent: QWidget
    corner: QPoint
    above: bool = False


class Choosing:
    """Opens the lists. `keys` are the tickets in question, `row` the one ticket when there is only one."""

    def __init__(self, desk: Desk, bridge: Bridge) -> None:
        self._desk, self._bridge = desk, bridge
        self.open: Chooser | None = None

    def assignee(self, place: Place, row: TicketRow | None, take: Take) -> None:
        """Choose a person, or nobody."""

        def people(found: Sequence[tickets.Named]) -> None:
            me = self._desk.person
            mine = [Pick(p.id, p.name, "me", "user-circle") for p in found if p.id == me]
            others = [Pick(p.id, p.name, p.detail, "user", words=p.detail) for p in found if p.id != me]
            items = [*mine, Pick(NOBODY, "Nobody", "", "user-minus", words="unassigned none"), *others]
            current = (row.assignee.id if row.assignee else NOBODY) if row else None
            names = {item.value: item.label for item in items}

            def chosen(value: Any) -> None:
                to = None if value == NOBODY else value
                take(Choice(f"Assigned to {names[value]}" if to else "Unassigned", {"assignee": to}))

            self._show(place, items, "Assign to", "Type a name", current, chosen)

        self._ask(directory.people, people, place)

    def unit(self, place: Place, row: TicketRow | None, take: Take) -> None:
        """Choose a unit of the tree."""

        def units(found: Sequence[directory.UnitRow]) -> None:
            items = [Pick(u.id, u.name, u.code, "users-three", f"{u.code} {u.callsign}", u.depth) for u in found]
            names = {item.value: item.label for item in items}
            current = row.unit.id if row and row.unit else None
            self._show(
                place, items, "Hand over to", "Type a unit", current,
                lambda value: take(Choice(f"Handed over to {names[value]}", {"unit": value})),
            )  # fmt: skip

        self._ask(directory.units, units, place)

    def category(self, place: Place, row: TicketRow | None, take: Take) -> None:
        """Choose a category of the tree."""

        def categories(found: Sequence[directory.CategoryRow]) -> None:
            items = [Pick(c.id, c.name, "", "folder", c.path, c.depth) for c in found]
            names = {item.value: item.label for item in items}
            self._show(
                place, items, "Category", "Type a category", None,
                lambda value: take(Choice(f"Category {names[value]}", {"category": value})),
            )  # fmt: skip

        self._ask(directory.categories, categories, place)

    def priority(self, place: Place, row: TicketRow | None, take: Take) -> None:
        """Choose a priority."""
        order = sorted(Priority, reverse=True)
        items = [Pick(int(p), p.label, str(n + 1), f"{p.name.lower()}:flag-fill") for n, p in enumerate(order)]
        self._show(
            place, items, "Priority", "Type a priority", int(row.priority) if row else None,
            lambda value: take(Choice(f"Priority {Priority(value).label.lower()}", {"priority": value})),
        )  # fmt: skip

    def state(self, place: Place, keys: Sequence[int], take: Take) -> None:
        """Choose what happens to the tickets, with what that needs: a reason, what it waits for, a solution."""

        def events(found: Sequence[EventRow]) -> None:
            items = [
                Pick(e, e.label, _event_detail(e), f"{STATE_TONES.get(e.to.name, 'neutral')}:{_EVENT_ICONS[e.event]}")
                for e in found
                if e.event in _EVENT_ICONS
            ]
            self._show(place, items, "What happens", "Type what happens", None, self._stepping(take), stays=True)

        self._ask(_events_of, events, place, keys[:_FEW])

    def due(self, place: Place, row: TicketRow | None, take: Take) -> None:
        """Choose when it is due: from a few usual times, or any time as typed."""
        now = wall.now()

        def typed(text: str) -> Pick | None:
            try:
                at = times.parse_when(text, now)
            except Refused:
                return None
            return Pick(at, times.dtg(at), f"{times.local(at)} here", "clock")

        wanted = [("In 1 hour", now + times.HOUR), ("In 4 hours", now + 4 * times.HOUR)]
        wanted += [("Tomorrow 0600", times.day_start(now, days_ago=-1) + 6 * times.HOUR)]
        wanted += [("In a week", now + 7 * times.DAY)]
        items = [Pick(at, label, times.dtg(at, short=True), "clock") for label, at in wanted]
        items.append(Pick(NOBODY, "No due time", "it may wait", "x", words="none clear"))

        def chosen(value: Any) -> None:
            at = None if value == NOBODY else int(value)
            take(Choice(f"Due {times.dtg(at)}" if at is not None else "No due time", {"due_at": at}))

        self._show(place, items, "Due", "+2h, 1800, tomorrow, 221800Z", None, chosen, new=typed)

    def snooze(self, place: Place, row: TicketRow | None, take: Take) -> None:
        """Choose until when it waits: from a few usual times, or any time to come as typed (`2h`, `tomorrow 0800`)."""
        now = wall.now()

        def typed(text: str) -> Pick | None:
            for said in (text, f"+{text}"):
                try:
                    at = times.parse_when(said, now)
                except Refused:
                    continue
                return Pick(at, times.dtg(at), f"{times.local(at)} here", "moon") if at > now else None
            return None

        items = [Pick(at, label, times.dtg(at, short=True), "moon") for label, at in later_times(now)]

        def chosen(value: Any) -> None:
            inputs = {"waiting_reason": "scheduled", "until": int(value)}
            take(Choice(f"Snoozed until {times.dtg(int(value))}", event="wait", inputs=inputs))

        self._show(place, items, "Snooze until", "2h, tomorrow 0800, 221800Z", None, chosen, new=typed)

    def tags(self, place: Place, row: TicketRow | None, take: Take) -> None:
        """Put tags on and take them off; the list stays open for more."""

        def words(found: Sequence[str]) -> None:
            known = dict.fromkeys([*(row.tags if row else ()), *found])
            chooser = self._chooser(
                place, [Pick(word, word, icon="tag") for word in known], "Tags", "Type a tag",
                several=set(row.tags) if row else set(),
                new=lambda text: Pick(text.lower(), text.lower(), "new tag", "plus"),
            )  # fmt: skip

            def switched(word: Any, on: bool) -> None:
                on_it, off_it = ((word,), ()) if on else ((), (word,))
                take(Choice(f"Tagged {word}" if on else f"Untagged {word}", tags=on_it, untags=off_it))

            chooser.switched.connect(switched)
            chooser.open(place.corner, above=place.above)

        self._ask(directory.tags, words, place)

    # -- steps -------------------------------------------------------------------------------------------
    def _stepping(self, take: Take) -> Callable[[Any], None]:
        """Return what takes the event and then asks, one after another, for what the event needs."""
        said: dict[str, Any] = {}
        event: list[EventRow] = []
        waiting: list[str] = []

        def chosen(value: Any) -> None:
            chooser = self.open
            if not event:
                event.append(value)
                waiting.extend(value.needs)
            elif waiting:
                said[waiting.pop(0)] = value
            if waiting and chooser is not None:
                self._ask_for(chooser, waiting[0])
                return
            if chooser is not None:
                chooser.close_now()
            take(Choice(event[0].label, event=event[0].event, inputs=dict(said)))

        return chosen

    @staticmethod
    def _ask_for(chooser: Chooser, name: str) -> None:
        if name == "waiting_reason":
            chooser.set_name("Waits for")
            chooser.set_items(
                Pick(code, words.capitalize(), icon="hourglass") for code, words in WAITING_REASONS.items()
            )
        elif name == "solution":
            chooser.set_name("How was it solved?")
            chooser.set_items(Pick(code, words, icon="check-circle") for code, words in SOLUTIONS.items())
        else:
            chooser.set_name("Why? Type the reason")
            chooser.set_new(lambda text: Pick(text, text, "Enter", "chat-text"))
            chooser.set_items(())

    # -- opening -----------------------------------------------------------------------------------------
    def _ask(self, question: Callable[..., Any], answer: Callable[[Any], None], place: Place, *args: Any) -> None:
        future = self._desk.ask(question, *args, channel="tickets.choose")
        self._bridge.then(future, answer, owner=place.parent)

    def _chooser(
        self, place: Place, items: Iterable[Pick], name: str, hint: str, current: object = None, **more: Any
    ) -> Chooser:
        chooser = Chooser(items, name=name, placeholder=hint, current=current, parent=place.parent, **more)
        self.open = chooser
        chooser.closed.connect(self._forget)
        return chooser

    def _forget(self) -> None:
        self.open = None

    def _show(
        self,
        place: Place,
        items: Iterable[Pick],
        name: str,
        hint: str,
        current: object,
        chosen: Callable[[Any], None],
        *,
        stays: bool = False,
        **more: Any,
    ) -> None:
        chooser = self._chooser(place, items, name, hint, current, **more)

        def close_and_take(value: Any) -> None:
            chooser.close_now()
            chosen(value)

        chooser.chosen.connect(chosen if stays else close_and_take)
        chooser.open(place.corner, above=place.above)


_EVENT_ICONS = {
    "accept": "tray",
    "decline": "prohibit",
    "start": "play",
    "wait": "pause",
    "resume": "play",
    "resolve": "check-circle",
    "confirm": "archive",
    "reopen": "arrow-counter-clockwise",
    "cancel": "x-circle",
}


def _event_detail(event: EventRow) -> str:
    return event.missing[0] if event.missing else event.to.label


def _events_of(reader: Any, keys: Sequence[int]) -> tuple[EventRow, ...]:
    """What may happen to any of some tickets: those of one ticket of each state; runs on a reader thread."""
    found: dict[str, EventRow] = {}
    seen = set()
    for row in lists.rows(reader, keys):
        if row.state not in seen:
            seen.add(row.state)
            for event in tickets.events(reader, row.id):
                found.setdefault(event.event, event)
    return tuple(found.values())
