"""Who may do what: the table of the architecture page, as data."""

from __future__ import annotations

from typing import Final

READ: Final = "read"
CREATE: Final = "create"
COMMENT: Final = "comment"
EDIT: Final = "edit"
TRANSITION: Final = "transition"
ASSIGN: Final = "assign"
HAND_OVER: Final = "hand over"
VOID: Final = "void"
BULK: Final = "bulk"
MERGE: Final = "merge"
MAJOR: Final = "major"
REOPEN_CLOSED: Final = "reopen closed"
APPROVE: Final = "approve"
ADMINISTER: Final = "administer"

_FIELD_USER: Final = (READ, CREATE, COMMENT, EDIT, TRANSITION)
_WATCH_OFFICER: Final = (*_FIELD_USER, ASSIGN, HAND_OVER, VOID, BULK, MERGE)

ROLES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "reader": ("Reader", (READ,)),
    "field user": ("Field user", _FIELD_USER),
    "quartermaster": ("Quartermaster", _FIELD_USER),
    "analyst": ("Analyst", _FIELD_USER),
    "watch officer": ("Watch officer", _WATCH_OFFICER),
    "commander": ("Commander", (*_WATCH_OFFICER, MAJOR, REOPEN_CLOSED, APPROVE)),
    "administrator": ("Administrator", (READ, ADMINISTER)),
}
"""Role code → (name, rights)."""
