"""Why a change came back: the server's few words, as a sentence for the person who wrote it."""

from __future__ import annotations

from typing import Final

from opsdesk.models import rights

_RIGHTS: Final = {
    rights.READ: "read this",
    rights.CREATE: "make this",
    rights.COMMENT: "comment on this",
    rights.EDIT: "change this",
    rights.TRANSITION: "move this to another state",
    rights.ASSIGN: "assign it to others",
    rights.HAND_OVER: "hand it over to another unit",
    rights.VOID: "void it or bring it back",
    rights.BULK: "change many at once",
    rights.MERGE: "merge it",
    rights.MAJOR: "declare a major incident",
    rights.REOPEN_CLOSED: "reopen what is closed",
    rights.APPROVE: "approve this",
    rights.ADMINISTER: "administer this",
}

_REASONS: Final = {
    "outside your unit": ("Outside your unit", "The record belongs to a unit for which you may not write."),
    "above your marking": ("Above your marking", "The record, or what you wrote, is marked above what you may handle."),
    "what all read is not marked": ("Marked too high", "What every station reads cannot bear so high a marking."),
    "no such record": ("Not there", "The server has no such record, or you may not see it any more."),
    "another kind of record": ("Not there", "The server knows this record as one of another kind."),
    "its creation was returned": (
        "Belongs to another",
        "What it belongs to came back as well, so it had nowhere to go.",
    ),
    "its group was returned": ("Sent together", "It was sent together with a change that came back."),
    "no such step": ("No such step", "The record cannot make this step from the state that it is in."),
    "no state": ("No such state", "The server does not know this state."),
    "is written once": ("Written already", "Somebody has written this already, and it is written only once."),
    "server error": (
        "A fault at the server",
        "The server made a mistake with it and has noted that in its log. Send it again, or tell its administrator.",
    ),
}


def short(reason: str) -> str:
    """The reason in two or three words, for a pill."""
    if reason.startswith("no right: "):
        return "No right"
    if reason.endswith(" is needed"):
        return "Incomplete"
    return _REASONS.get(reason, ("Not understood", ""))[0]


def sentence(reason: str) -> str:
    """The reason as a sentence. What the program does not know is told in the server's own words."""
    if reason.startswith("no right: "):
        verb = reason.removeprefix("no right: ")
        return f"Your role does not let you {_RIGHTS.get(verb, verb)}."
    if reason.endswith(" is needed"):
        field = reason.removesuffix(" is needed").replace("_", " ")
        return f"It came without {field}, which is needed."
    return _REASONS.get(reason, ("", f"The server could not take it: {reason or 'no reason given'}."))[1]
