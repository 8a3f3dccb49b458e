"""Who may write what: the table of rights as pure functions. They decide alike for sync and for the HTTP interface.

A field user writes in the own unit; who also hands over, assigns and voids does so in the own unit tree; and whoever is
named on a record may work on it. Nobody writes above the own marking. What stands in the one partition of all
(units, people, forms …) is the administrator's, but for places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from opsdesk.models import rights
from opsdesk.models.base import Marking
from opsdesk.models.tickets import State
from opsdesk.server import values
from opsdesk.server.database import Claims
from opsdesk.server.tables import synced
from opsdesk.store.queue.shapes import EVERYWHERE, OWNED

_TRANSITION_FIELDS: Final = frozenset({"state", "state_reason", "waiting_reason", "waiting_until", "solution"})
_OWN_DETAILS: Final = frozenset({"contact", "callsign"})
"""What a person may change of the own record."""
_TAKEN: Final = frozenset({"unit", "marking", "exercise"})
"""What a record that hangs on another takes from it."""
_WIDE: Final = frozenset({rights.HAND_OVER})
"""Who has one of these works in the whole unit tree."""


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody wants to write, by the names of fields.

    `before` are the present values of the record, None when it is made; its `state` is the one that the writer saw,
    since guards are judged where a person acts. `anchor` are the values of the record that decides who may: that on
    which this one hangs, else None. `named`: the writer is named there.
    """

    entity: str
    values: Mapping[str, Any]
    before: Mapping[str, Any] | None = None
    anchor: Mapping[str, Any] | None = None
    named: bool = False
    event: str | None = None


def refusal(claims: Claims, act: Act) -> str | None:
    """Why an act is not allowed or not possible, as a code for programs; None when it is."""
    return _unfit(act) or _wrong_marking(claims, act) or _out_of_scope(claims, act) or _missing_right(claims, act)


def verbs(claims: Claims, act: Act) -> frozenset[str]:
    """The rights that an act needs."""
    return frozenset(_verbs(claims, act))


@cache
def rights_of(role: str) -> frozenset[str]:
    """The rights of a role; an unknown or empty one has none."""
    return frozenset(rights.ROLES[role][1]) if role in rights.ROLES else frozenset()


def _unfit(act: Act) -> str | None:
    table = synced.get(act.entity)
    if table is None:
        return None  # of a newer version: it is kept as it came
    if act.before is None:
        missing = next(
            (
                column.name
                for column in table.c
                if "number" in column.info
                and not column.nullable
                and column.server_default is None
                and act.values.get(column.name) is None
            ),
            None,
        )
        if missing:
            return f"{missing} is needed"
    for name, value in act.values.items():
        if name in table.c:
            try:
                values.stored(act.entity, name, value)
            except values.Unfit as error:
                return str(error)
    return None


def _wrong_marking(claims: Claims, act: Act) -> str | None:
    present = (act.anchor or act.before or {}).get("marking")
    wanted = act.values.get("marking")
    if act.entity in EVERYWHERE:
        # All read what stands there, whatever its marking says.
        return "what all read is not marked" if wanted is not None and wanted > Marking.OFFICIAL else None
    if any(isinstance(marking, int) and marking > claims.marking for marking in (present, wanted)):
        return "above your marking"
    return None


def _out_of_scope(claims: Claims, act: Act) -> str | None:
    private = _is_private(claims, act)
    if act.entity in EVERYWHERE or act.named or _follows(act) or (private and not _gives_to_its_unit(act)):
        return None
    unit = (act.anchor or act.before or act.values).get("unit")
    if private:
        unit = act.values.get("unit", unit)
    # Whoever reads a record may follow it.
    wide = bool(_WIDE & rights_of(claims.role)) or _follows_it_oneself(claims, act)
    if unit is not None and (unit == claims.unit or (wide and unit in claims.units)):
        return None
    return "outside your unit"


def _is_private(claims: Claims, act: Act) -> bool:
    # Given to others it would be theirs, or the unit's, wherever its owner had put it.
    return act.entity in OWNED and (
        {(act.before or act.values).get("owner"), act.values.get("owner", claims.person)} == {claims.person}
    )


def _gives_to_its_unit(act: Act) -> bool:
    """Whether what is somebody's own is read by the whole unit where it stands afterwards."""
    after = {**(act.before or {}), **act.values}
    return bool(after.get("shared")) and ("voided" not in act.values or after["voided"] is None)


def _follows_it_oneself(claims: Claims, act: Act) -> bool:
    return act.entity == "watcher" and (act.before or act.values).get("person") == claims.person


def _follows(act: Act) -> bool:
    """A desk tells what a record took from the one it hangs on; it is so already."""
    anchor = act.anchor
    return (
        anchor is not None
        and act.before is not None
        and act.values.keys() <= _TAKEN
        and all(anchor.get(name) == value for name, value in act.values.items())
    )


def _missing_right(claims: Claims, act: Act) -> str | None:
    missing = sorted(verbs(claims, act) - rights_of(claims.role))
    return f"no right: {missing[0]}" if missing else None


def _verbs(claims: Claims, act: Act) -> Iterator[str]:
    if not rights_of(claims.role) or _follows(act):
        yield rights.READ
    elif act.entity == "ticket":
        yield from _ticket_verbs(claims, act)
    elif act.entity == "comment":
        yield from _comment_verbs(claims, act)
    elif act.entity == "watcher":
        yield rights.READ if _follows_it_oneself(claims, act) else rights.EDIT
    elif act.entity in OWNED:
        owned = act.before or act.values
        common = owned.get("shared") or owned.get("owner") is None
        yield rights.READ if _is_private(claims, act) else rights.EDIT if common else _NOBODY
    elif act.entity == "place":
        yield rights.CREATE if act.before is None else rights.VOID if "voided" in act.values else rights.EDIT
    elif act.entity == "person" and _own_details(claims, act):
        yield rights.READ
    elif act.entity in EVERYWHERE:
        yield rights.ADMINISTER
    else:
        yield rights.EDIT


def _own_details(claims: Claims, act: Act) -> bool:
    return act.before is not None and act.before.get("id") == claims.person and act.values.keys() <= _OWN_DETAILS


def _ticket_verbs(claims: Claims, act: Act) -> Iterator[str]:
    if act.values.get("major"):
        yield rights.MAJOR
    if act.before is None:
        yield rights.CREATE
        return
    for name, value in act.values.items():
        if name in _TRANSITION_FIELDS:
            yield rights.TRANSITION
            if name == "state" and act.before.get("state") == State.CLOSED and value != State.CLOSED:
                yield rights.REOPEN_CLOSED
            if name == "state" and act.event in ("merge", "unmerge"):
                yield rights.MERGE
        elif name == "assignee":
            yield rights.EDIT if value == claims.person else rights.ASSIGN
        elif name in _TICKET_VERBS:
            yield _TICKET_VERBS[name]
        else:
            yield rights.EDIT


_TICKET_VERBS: Final = {"unit": rights.HAND_OVER, "voided": rights.VOID, "merged_into": rights.MERGE}


def _comment_verbs(claims: Claims, act: Act) -> Iterator[str]:
    yield rights.COMMENT
    author = (act.before or act.values).get("author")
    if author is not None and author != claims.person:
        # Nobody speaks with another's voice; taking a comment of another away is an officer's act.
        yield rights.VOID if act.before is not None and act.values.keys() <= {"voided"} else _NOBODY


_NOBODY: Final = "speak for another"
NOT_ONESELF: Final = f"no right: {_NOBODY}"
"""Why nobody writes in another's name, as a code for programs."""
