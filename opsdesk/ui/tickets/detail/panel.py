"""What the actions of a ticket ask in the panel beside it: reasons, people, times."""

from __future__ import annotations

from collections.abc import Mapping

from opsdesk.services.forms import FormField, Option
from opsdesk.services.tickets import SOLUTIONS, WAITING_REASONS, EventRow
from opsdesk.ui.tickets.link_words import LINK_WORDS


def _options(words: Mapping[str, str]) -> tuple[Option, ...]:
    return tuple(Option(code, label[0].upper() + label[1:]) for code, label in words.items())


def event_fields(event: EventRow) -> tuple[FormField, ...]:
    """What must be asked before an event may happen; nothing for most."""
    fields: list[FormField] = []
    for need in event.needs:
        if need == "waiting_reason":
            fields.append(
                FormField("waiting_reason", "Waits for", "choice", required=True, options=_options(WAITING_REASONS))
            )
            fields.append(FormField("until", "Until", "datetime", placeholder="Open end"))
        elif need == "solution":
            fields.append(FormField("solution", "Solution", "choice", required=True, options=_options(SOLUTIONS)))
        elif need == "reason":
            fields.append(FormField("reason", "Reason", "longtext", required=True, max_length=1000))
    if "solution" in event.needs and "reason" not in event.needs:
        fields.append(FormField("reason", "Note", "longtext", max_length=1000, placeholder="What was done"))
    return tuple(fields)


PERSON = (FormField("person", "Person", "person", required=True, placeholder="Type a name or unit"),)
DUE = (FormField("due_at", "Due", "datetime", required=True, placeholder="+2h, 1800 or a date-time group"),)
SNOOZE = (FormField("until", "Until", "datetime", required=True, placeholder="+2h, tomorrow 0800, 221800Z"),)
TAG = (FormField("tag", "Tag", "text", required=True, max_length=40, placeholder="One word"),)
LINK = (
    FormField(
        "kind",
        "This ticket",
        "choice",
        required=True,
        options=_options(LINK_WORDS),
    ),
    FormField("ticket", "Other ticket", "ticket", required=True, placeholder="Number or words of its title"),
)
PRIORITY_REASON = (
    FormField(
        "priority_reason",
        "Why it differs",
        "text",
        required=True,
        max_length=200,
        help="Urgency and impact give another priority",
    ),
)
VOID = (FormField("reason", "Reason", "longtext", required=True, max_length=1000),)
