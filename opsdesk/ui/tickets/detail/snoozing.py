"""Asks until when a ticket is snoozed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opsdesk.services.errors import Refused
from opsdesk.ui.tickets.detail.panel import SNOOZE
from opsdesk.ui.tickets.later import later_times
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.panel import Question


def until_question(move: Callable[[dict[str, Any]], object], refused: Callable[[Exception], object]) -> Question:
    """The question; `move` gets what the step needs, `refused` why a time cannot be."""

    def until(said: dict[str, Any]) -> None:
        if said["until"] > wall.now():
            move({"waiting_reason": "scheduled", "until": said["until"]})
        else:
            refused(Refused("That time is past. Write one that is to come", field="until"))

    usual = tuple((label, {"until": at}) for label, at in later_times(wall.now()))
    return Question("event/wait/until", "Snooze until", "Snooze", SNOOZE, until, extra=usual)
