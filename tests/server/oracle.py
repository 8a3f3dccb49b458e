"""Who may do what: the table of the architecture page, told once more in plain Python. It knows nothing of the server.

    Reader: read. Field user: also create, comment, edit, transition in the own unit. Watch officer: also assign, hand
    over to any unit, void, bulk, merge in the own unit tree. Commander: also Major, reopen closed, approve.
    Quartermaster, analyst: a field user plus their area. Administrator: accounts, units, forms, no reading above the
    own marking. Scope: own unit tree, records shared with or naming me, under a marking ceiling.

What the table leaves open stands in decision 22.
"""

from __future__ import annotations

from dataclasses import dataclass

_FIELD_USER = {"read", "create", "comment", "edit", "transition"}
_WATCH_OFFICER = _FIELD_USER | {"assign", "hand over", "void", "bulk", "merge"}
RIGHTS: dict[str, set[str]] = {
    "reader": {"read"},
    "field user": _FIELD_USER,
    "quartermaster": _FIELD_USER,
    "analyst": _FIELD_USER,
    "watch officer": _WATCH_OFFICER,
    "commander": _WATCH_OFFICER | {"major", "reopen closed", "approve"},
    "administrator": {"read", "administer"},
}
IN_THE_TREE = {"watch officer", "commander"}
"""Who writes in the own unit tree; the others write in the own unit."""

WITHOUT_ACT = {
    "bulk": "of a bulk edit each record's change stands alone",
    "approve": "what waits for approval comes with quarantine",
}
"""Rights that no single change needs."""

NEVER = frozenset({"nobody"})
FOLLOW = frozenset({"follow"})
"""Whoever may read a record may follow it."""
MINE = frozenset({"mine"})
"""What only concerns oneself."""


@dataclass(frozen=True)
class Spot:
    """Where a record stands, as one person sees it: in the own unit, in one below, or elsewhere."""

    name: str
    unit: str
    above: bool = False
    """It is marked higher than the person may see."""
    named: bool = False
    """It names the person."""


SPOTS = (
    Spot("own unit", "own"),
    Spot("unit below", "below"),
    Spot("foreign unit", "foreign"),
    Spot("named, foreign unit", "foreign", named=True),
    Spot("above the marking", "own", above=True),
    Spot("named, above the marking", "own", above=True, named=True),
)
EVERYWHERE = Spot("everywhere", "none")
"""What all desks read: units, people, forms, categories, places."""


def may_read(spot: Spot) -> bool:
    """Whether a person of any role reads what stands there."""
    return spot == EVERYWHERE or (not spot.above and (spot.unit in ("own", "below") or spot.named))


def may_write(role: str, verbs: frozenset[str], spot: Spot) -> bool:
    """Whether a person of a role may do what takes these verbs to a record that stands there."""
    if verbs == NEVER or spot.above:
        return False
    if verbs == MINE:
        return True
    if verbs == FOLLOW:
        return may_read(spot)
    works_there = (
        spot == EVERYWHERE or spot.named or spot.unit == "own" or (spot.unit == "below" and role in IN_THE_TREE)
    )
    return works_there and verbs <= RIGHTS[role]
