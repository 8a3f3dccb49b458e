"""A desk with the story of a blocked bridge on it, and the shell around a page, for the screens of tickets and home."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from opsdesk.models.organisation import Person, Unit
from opsdesk.models.places import Place
from opsdesk.services import directory, forms, tickets, times, undo
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.tickets import TicketCard
from opsdesk.store.work import Work
from tests.support.clock import NOW, Clock

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication


@dataclass
class Story:
    """A desk with people, units, places and tickets by short names, as of NOW."""

    desk: Desk
    clock: Clock
    people: dict[str, bytes] = field(default_factory=dict)
    units: dict[str, bytes] = field(default_factory=dict)
    places: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, bytes] = field(default_factory=dict)
    tickets: dict[str, bytes] = field(default_factory=dict)
    cut: bytes = b""
    """The comment that tells of the power cut."""

    def do(self, call: Callable[..., Changes], *args: Any, **kw: Any) -> Any:
        """Run a command to its end and return its value."""
        return self.desk.do(call, *args, **kw).result().value

    def ask(self, call: Callable[..., Any], *args: Any, **kw: Any) -> Any:
        """Ask and wait for the answer."""
        return self.desk.ask(call, *args, **kw).result()

    def card(self, name: str) -> TicketCard:
        """The ticket called `name` as it is now."""
        card: TicketCard = self.ask(tickets.card, self.tickets[name])
        return card


def tell(folder: Path) -> Story:
    """Open a desk in `folder` and write the story on it, in the order in which it happened."""
    clock = Clock()
    story = Story(Desk.open(folder, now=clock), clock)
    _organise(story)
    for minutes_ago, act in sorted([*_bridge(story), *_others(story)], key=lambda event: -event[0]):
        clock.at(minutes_ago)
        act()
    clock.at(0)
    return story


Event = tuple[float, Callable[[], Any]]


def _organise(story: Story) -> None:
    def people_and_places(work: Work) -> Changes:
        for code, name, parent in (
            ("B Coy", "B Company", None),
            ("1 Plt", "1 Platoon", "B Coy"),
            ("2 Plt", "2 Platoon", "B Coy"),
            ("3 Plt", "3 Platoon", "B Coy"),
            ("Gate Sec", "Gate Section", "B Coy"),
            ("Depot East", "Depot East", None),
        ):
            values = {"name": name, "code": code, "parent": story.units.get(parent or "")}
            story.units[code] = work.insert(Unit, values)
        work.update(Unit, work.unit, {"name": "CP Main", "code": "CP Main"})
        work.update(Person, work.person, {"name": "E. Harrow"})
        for name, unit in (
            ("A. Brandt", "2 Plt"),
            ("J. Vance", "Gate Sec"),
            ("S. Ferreira", "B Coy"),
            ("R. Delgado", "3 Plt"),
            ("M. Okafor", "B Coy"),
            ("L. Nyberg", "Depot East"),
            ("C. Moreau", "1 Plt"),
        ):
            story.people[name] = work.insert(Person, {"name": name, "unit": story.units[unit]})
        for name, lat, lon in (
            ("Kemp Bridge", 52.3731, 4.8922),
            ("Kemp Weir", 52.3766, 4.8930),
            ("Checkpoint C", 52.3840, 4.9100),
        ):
            story.places[name] = work.insert(Place, {"name": name, "lat": lat, "lon": lon})
        return Changes(everything=True)

    story.do(people_and_places)
    story.people["E. Harrow"] = story.desk.person
    story.types = {kind.code: kind.id for kind in story.ask(directory.types)}


def _acting(story: Story, name: str, call: Callable[..., Changes], *args: Any, **kw: Any) -> Any:
    """Run a command as another person than the one at the desk."""

    def as_person(work: Work) -> Changes:
        work.connection.execute("UPDATE capture SET actor = ?", (story.people[name],))
        me, work.person = work.person, story.people[name]
        work.update(Person, work.person, {"role": work.value("SELECT role FROM person WHERE id = ?", (me,))})
        return call(work, *args, **kw)

    return story.do(as_person)


def _bridge(story: Story) -> list[Event]:
    def on(call: Callable[..., Changes], *args: Any, by: str = "E. Harrow", **kw: Any) -> Callable[[], Any]:
        return lambda: _acting(story, by, call, story.tickets["bridge"], *args, **kw)

    def report() -> None:
        form = story.ask(forms.form_for, story.types["obstruction"])
        story.tickets["bridge"] = _acting(
            story, "J. Vance", tickets.create, title="Road blocked at Kemp Bridge, fallen pylon",
            type=story.types["obstruction"], form=form.id,
            values={
                "unit": story.units["2 Plt"], "requester": story.people["J. Vance"],
                "requester_unit": story.units["Gate Sec"], "urgency": 3, "impact": 2,
                "place": story.places["Kemp Bridge"], "location": "east approach", "lat": 52.3731, "lon": 4.8922,
                "accuracy_m": 10.0, "grid": "31U FU 2884 0356", "reported_via": "radio", "occurred_at": story.clock.ms,
                "description": "Pylon and a live cable lie across both lanes of Kemp Bridge. Two cars stuck on the "
                "west side, nobody hurt. Foot traffic is possible along the east rail. Survey sheet will follow.",
            },
            answers={"route": "Amber", "cause": "damage", "passable": ["foot"], "clear_by": NOW + 70 * times.MINUTE},
        )  # fmt: skip

    def cut() -> None:
        story.cut = _acting(
            story, "S. Ferreira", tickets.comment, story.tickets["bridge"],
            "**E. Harrow** power company will cut the line at 1500Z. Keep everyone 30 m back until they confirm.",
        )  # fmt: skip

    return [
        (134, report),
        (130, on(tickets.edit, {"due_at": NOW + 70 * times.MINUTE})),
        (130, lambda: story.do(tickets.assign, story.tickets["bridge"], story.people["A. Brandt"])),
        (121, on(tickets.transition, "accept")),
        (118, cut),
        (
            111,
            lambda: _acting(
                story, "J. Vance", tickets.comment, story.tickets["bridge"], visibility="requester",
                body="Cordon set on both banks, 40 m. Both cars have turned back.", reply_to=story.cut,
            ),
        ),
        (104, on(tickets.transition, "wait", waiting_reason="approval", reason="power cut")),
        (70, on(tickets.transition, "resume", by="A. Brandt")),
        *((69.0, on(tickets.watch, story.people[name])) for name in ("S. Ferreira", "M. Okafor", "L. Nyberg")),
        *((69.0, on(tickets.tag, word)) for word in ("amber", "power line")),
        (25, lambda: story.do(tickets.link, story.tickets["bridge"], "blocks", story.tickets["bowser"])),
        (
            11,
            on(
                tickets.comment,
                "Crane 2 leaves Depot East at 1445Z and needs a `6 m` clear lane. **2 Plt** keeps diversion B open "
                "until then. The landslide in T-CP1-03197 rules out diversion A.",
                by="A. Brandt",
            ),
        ),
        (
            3,
            on(
                tickets.comment, by="R. Delgado", visibility="requester",
                body="Convoy is holding at checkpoint C. The bowser needs 25 min from here once diversion B is clear.",
            ),
        ),
    ]  # fmt: skip


# name, title, type, unit, urgency, impact, minutes ago, by, assignee, due in minutes
_TOLD: tuple[tuple[str, str, str, str, int, int, int, str, str, int | None], ...] = (
    (
        "flood",
        "Flood level rising 8 cm per hour at Kemp Weir",
        "incident",
        "B Coy",
        3,
        2,
        660,
        "M. Okafor",
        "E. Harrow",
        55,
    ),
    ("trees", "Trees down near km 13 of route Amber", "obstruction", "1 Plt", 2, 2, 540, "R. Delgado", "", None),
    ("beds", "60 more camp beds needed", "supply", "B Coy", 2, 1, 310, "L. Nyberg", "E. Harrow", None),
    (
        "relay",
        "Radio relay R4 down since first light",
        "communications",
        "B Coy",
        3,
        2,
        300,
        "S. Ferreira",
        "E. Harrow",
        240,
    ),
    ("landslide", "Landslide on route Amber", "obstruction", "2 Plt", 3, 2, 250, "A. Brandt", "A. Brandt", 160),
    (
        "overlay",
        "Map overlay shows old minefield fence",
        "information",
        "B Coy",
        1,
        2,
        200,
        "S. Ferreira",
        "E. Harrow",
        370,
    ),
    ("generator", "Generator 2 failed, on battery", "power", "B Coy", 3, 3, 52, "M. Okafor", "M. Okafor", 18),
    ("bowser", "Fuel bowser late, convoy held", "power", "3 Plt", 2, 2, 44, "R. Delgado", "E. Harrow", -25),
)


def _others(story: Story) -> list[Event]:
    events: list[Event] = []
    for number, (name, title, kind, unit, urgency, impact, ago, by, assignee, due) in enumerate(_TOLD):
        values = {
            "unit": story.units[unit], "urgency": urgency, "impact": impact, "lat": 52.3751 + number * 0.002,
            "lon": 4.8922, "place": story.places["Kemp Weir"], "assignee": story.people.get(assignee),
            "occurred_at": NOW - ago * times.MINUTE, "due_at": None if due is None else NOW + due * times.MINUTE,
        }  # fmt: skip

        def report(name: str = name, title: str = title, kind: str = kind, by: str = by, values: Any = values) -> None:
            story.tickets[name] = _acting(
                story, by, tickets.create, title=title, type=story.types[kind], values=values
            )  # fmt: skip

        events.append((ago, report))

    def move(name: str, by: str, event: str, **said: str) -> Callable[[], Any]:
        return lambda: _acting(story, by, tickets.transition, story.tickets[name], event, **said)

    for ago, name, by in ((240, "landslide", "A. Brandt"), (600, "flood", "E. Harrow"), (50, "generator", "M. Okafor")):
        events += [(ago, move(name, by, "accept")), (ago - 1, move(name, by, "start"))]
    for ago, name, by in ((290, "relay", "S. Ferreira"), (300, "beds", "L. Nyberg")):
        events += [(ago, move(name, by, "accept")), (ago - 200, move(name, by, "wait", waiting_reason="parts"))]
    events += [
        (60, move("flood", "E. Harrow", "resolve", solution="workaround")),
        (15, move("flood", "C. Moreau", "reopen", reason="Rises again")),
    ]
    return events


class PlainShell:
    """What a page gets from the window, of real parts but without the window."""

    def __init__(self, desk: Desk) -> None:
        from PySide6.QtWidgets import QWidget

        from opsdesk.ui.actions import Actions
        from opsdesk.ui.bridge import Bridge
        from opsdesk.ui.operations import Operations
        from opsdesk.ui.preferences import Preferences
        from opsdesk.ui.shell.chosen import Chosen
        from opsdesk.ui.widgets.toast import Toasts

        self.window = QWidget()
        self.window.resize(1368, 816)
        self.bridge = Bridge(desk)
        self.toasts = Toasts(self.window)
        self.actions = Actions(self.window)
        self.operations = Operations(
            desk, self.bridge, self.toasts, lambda act, confirmed: undo.run(desk, act, confirmed=confirmed), self.window
        )
        self.preferences = Preferences(desk.settings, self.window)
        self.chosen = Chosen(self.window)
        self.opened: list[Any] = []
        self.badges: dict[str, int] = {}

    def open(self, target: Any) -> None:
        self.opened.append(target)

    def go(self, key: str) -> None:
        self.opened.append(key)

    def begin_new(self, kind: str, like: Any = None) -> None:
        self.opened.append(kind if like is None else (kind, like))

    def set_badge(self, key: str, count: int, tone: str = "danger") -> None:
        self.badges[key] = count

    def open_palette(self, text: str = "") -> None:
        self.opened.append(text)


@contextmanager
def held_writer(desk: Desk) -> Iterator[None]:
    """Let everything given to the writer wait until the block ends."""
    let_go = threading.Event()

    def hold(_work: Work) -> Changes:
        if not let_go.wait(60):
            raise TimeoutError("nobody let the writer go")
        return Changes()

    held = desk.do(hold)
    try:
        yield
    finally:
        let_go.set()
        held.result()


@contextmanager
def only_window(window: Any) -> Iterator[None]:
    """Fail when a widget other than `window` is shown as a window: one that was shown before it had a parent
    flashes on the screen and takes the keyboard away."""
    from PySide6.QtCore import QEvent, QObject
    from PySide6.QtWidgets import QApplication, QMenu, QWidget

    stray: list[str] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            shown = event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow()
            if shown and watched is not window and not isinstance(watched, QMenu):
                stray.append(repr(watched))
            return False

    application, watch = QApplication.instance(), Watch()
    assert application is not None
    application.installEventFilter(watch)
    try:
        yield
    finally:
        application.removeEventFilter(watch)
    assert stray == []


@pytest.fixture(scope="session")
def told_folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Story]:
    """A folder with the story on it, only to be copied, and the names of what is on it."""
    told = tell(tmp_path_factory.mktemp("story") / "desk")
    told.desk.close()
    return told.desk.folder, told


@pytest.fixture
def story(tmp_path: Path, told_folder: tuple[Path, Story], monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    """The story of the bridge, on a desk of the test's own whose time and the screens' time stand at NOW."""
    folder, original = told_folder
    clock = Clock()
    clock.at(0)
    told = replace(original, desk=Desk.open(Path(shutil.copytree(folder, tmp_path / "desk")), now=clock), clock=clock)
    monkeypatch.setattr("opsdesk.ui.widgets.wall.now", told.clock)
    yield told
    told.desk.close()


@pytest.fixture
def shell(story: Story, dressed: QApplication) -> Iterator[PlainShell]:
    """The shell around a page on the story's desk."""
    made = PlainShell(story.desk)
    made.bridge.unhandled.connect(made.operations.show_error)
    yield made
    made.bridge.close()
    made.window.close()
    made.window.deleteLater()
