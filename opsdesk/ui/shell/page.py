"""What a page is to the window around it, and what it may ask of that window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtWidgets import QWidget

from opsdesk.ui.actions import Actions
from opsdesk.ui.bridge import Bridge
from opsdesk.ui.operations import Operations
from opsdesk.ui.preferences import Preferences
from opsdesk.ui.shell.chosen import Chosen
from opsdesk.ui.widgets.toast import Toasts

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Target:
    """Something to show: a record of a kind by its id, or the rows of a query. `beside` asks for the side pane, `part`
    is what to show of the record: one of its comments."""

    kind: str
    id: bytes | None = None
    query: str = ""
    beside: bool = False
    part: bytes | None = None


class Shell(Protocol):
    """What the window offers its pages."""

    bridge: Bridge
    operations: Operations
    actions: Actions
    toasts: Toasts
    preferences: Preferences
    chosen: Chosen

    def go(self, key: str) -> None:
        """Bring the page called `key` to the front."""

    def open(self, target: Target) -> None:
        """Show a record or a query on the page that opens its kind."""

    def begin_new(self, kind: str, like: Mapping[str, Any] | None = None) -> None:
        """Begin a new record of a kind on its page; `like` is what its form holds at first."""

    def set_badge(self, key: str, count: int, tone: str = "danger") -> None:
        """Show a number on the rail item of a page; 0 takes it away."""

    def open_palette(self, text: str = "") -> None:
        """Open the palette with some text typed in."""


class PageWidget(Protocol):
    """What a page's widget may have beside being a QWidget; each is optional.

    `activated()` is called whenever it comes to the front, `show_target(target)` to show a record or a query,
    `begin_new(kind, like)` to begin a new record, `leaving()` before the window closes.
    """


@dataclass(frozen=True)
class New:
    """A record that a page can make, an entry of the New button."""

    kind: str
    text: str
    shortcut: str = ""


@dataclass(frozen=True)
class Page:
    """One place on the rail. `opens` are the kinds of target it shows; `foot` puts it at the bottom.

    `word` stands on the rail instead of a long title.
    """

    key: str
    title: str
    icon: str
    letter: str
    factory: Callable[[Any, Any], QWidget]
    opens: tuple[str, ...] = ()
    new: tuple[New, ...] = ()
    foot: bool = False
    word: str = ""
