"""Turns the states that a ticket went through into the marks of its timeline."""

from __future__ import annotations

from dataclasses import replace

from opsdesk.services import times
from opsdesk.services.tickets import State, TicketCard
from opsdesk.ui.tickets.detail.chevrons import state_word
from opsdesk.ui.widgets.due import ANSWER, SOLUTION, due_of
from opsdesk.ui.widgets.timeline import Mark


def marks(card: TicketCard, now: int, *, whole: bool = True) -> list[Mark]:
    """From when it happened over each state to now and to when it is due. Unless the history is `whole`, how long it
    was in the first state that is known is not."""
    row = card.row
    found: list[Mark] = []
    for number, step in enumerate(card.steps):
        word = "Reported" if number == 0 and step.state is State.NEW else state_word(step.state)
        stretch = "waiting" if step.state is State.WAITING else "first" if number == 0 else "done"
        detail = step.reason or (step.actor if step.state is State.IN_PROGRESS else "") or ""
        found.append(Mark(step.since, word, detail, stretch))
    if not whole and found and card.steps[0].state is not State.NEW:
        begun = Mark(row.created_at, "Reported", "then not known here", "ahead")
        found = [begun, *(found[1:] if found[0].at == row.created_at else found)]
    if found and found[0].at - row.occurred_at > times.MINUTE:
        found.insert(0, Mark(row.occurred_at, "Happened", "", "first"))
    if row.state.is_open:
        found.append(Mark(max(now, found[-1].at if found else now), "Now", "", "ahead", "now"))
    elif found:
        found[-1] = replace(found[-1], stretch="")
    nearest = due_of(row, now)
    due, word = nearest.at, {ANSWER: "Answer", SOLUTION: "Target"}.get(nearest.kind, "Due")
    if not row.state.is_open:
        return found if row.due_at is not None else _ended(found)
    if due is None:
        return _ended(found)
    if due > now:
        return [*found, Mark(due, word, "", "", "due")]
    late = [replace(mark, stretch="late") if mark.at >= due and mark.stretch == "done" else mark for mark in found]
    at = next(number for number, mark in enumerate(late) if mark.at >= due or mark.kind == "now")
    late.insert(at, Mark(due, word, "", "late", "late"))
    return _ended(late)


def _ended(found: list[Mark]) -> list[Mark]:
    """Nothing is ahead of the last mark."""
    return [*found[:-1], replace(found[-1], stretch="")] if found else found
