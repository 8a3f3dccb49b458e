"""The targets of service of a post: what holds for each ticket type, and letting others hold from now on."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from opsdesk.models import rights
from opsdesk.models.base import Id
from opsdesk.models.clocks import LONGEST, MINUTE, SHIPPED, Targets
from opsdesk.models.targets import ServiceTarget
from opsdesk.models.tickets import WAITING_REASONS, Priority
from opsdesk.services import access, times
from opsdesk.services.changes import Changes
from opsdesk.services.errors import Refused
from opsdesk.store import membership
from opsdesk.store.clocks import read_policy
from opsdesk.store.work import Reader, Work

ALL: Final = "all types"
_LENGTH = re.compile(r"(\d{1,6})\s*(min|m|h|d)?", re.I)
_UNITS: Final = {"": 1, "m": 1, "min": 1, "h": 60, "d": 1440}

Minutes = Mapping[str, int]
"""Priority as a word ("urgent") → minutes."""


@dataclass(frozen=True, slots=True)
class TargetRow:
    """What holds now for one ticket type, or for all without their own (`type` None). `shipped`: nobody has said so."""

    type: str | None
    name: str
    response: dict[str, int]
    resolution: dict[str, int]
    pauses: tuple[str, ...]
    from_occurred: bool
    work_answers: bool
    shipped: bool

    def words(self) -> tuple[str, str]:
        """A line for each target: `Answer: urgent 30 min, high 2 h`, `Resolution: urgent 8 h`."""
        return f"Answer: {_said(self.response)}", f"Resolution: {_said(self.resolution)}"


def rows(reader: Reader) -> tuple[TargetRow, ...]:
    """What holds now: for all types first, then for each type that has its own."""
    policy = read_policy(reader.connection)
    common = policy.at(None, reader.now)
    found = [_row(None, ALL, common, shipped=common == SHIPPED)]
    for record, code, name in reader.rows(
        "SELECT id, code, name FROM ticket_type WHERE voided IS NULL ORDER BY position, name"
    ):
        own = policy.at(record, reader.now)
        if own != common:
            found.append(_row(code, name, own, shipped=False))
    return tuple(found)


def rule(
    work: Work,
    *,
    type_code: str | None = None,
    response: Minutes | None = None,
    resolution: Minutes | None = None,
    pauses: Collection[str] | None = None,
    from_occurred: bool | None = None,
    work_answers: bool | None = None,
) -> Changes:
    """Let other targets hold from now on, for a type by its code or for all without their own.

    What is not said stays as it is; a priority that `response` or `resolution` leave out has no target. Clocks that
    run are held against the new targets, what has ended stays judged as it was. Raises Refused.
    """
    _may(work)
    kind, name = _type(work, type_code)
    now = read_policy(work.connection).at(kind, work.now)
    reasons = sorted(now.pauses if pauses is None else _reasons(pauses))
    work.insert(
        ServiceTarget,
        {
            "unit": None,
            "name": name,
            "type": kind,
            "since": work.now,
            "response": json.dumps(_checked(response) if response is not None else _words(now.response)),
            "resolution": json.dumps(_checked(resolution) if resolution is not None else _words(now.resolution)),
            "pauses": json.dumps(reasons),
            "starts": "occurred" if (now.from_occurred if from_occurred is None else from_occurred) else "recorded",
            "work_answers": now.work_answers if work_answers is None else work_answers,
        },
    )
    work.label = f"Targets of {name}"
    return Changes(settings=frozenset({"targets"}))


def drop(work: Work, type_code: str) -> Changes:
    """Let a type follow the targets of all others from now on. Raises Refused."""
    _may(work)
    kind, name = _type(work, type_code)
    work.insert(ServiceTarget, {"unit": None, "name": name, "type": kind, "since": work.now})
    work.label = f"Drop the targets of {name}"
    return Changes(settings=frozenset({"targets"}))


def read_minutes(text: str) -> dict[str, int]:
    """Targets as typed: `urgent=30m,high=2h,normal=1d`; `none` for no target at all. Raises Refused."""
    found: dict[str, int] = {}
    for part in text.split(",") if text.strip().casefold() != "none" else ():
        name, _, length = part.partition("=")
        match = _LENGTH.fullmatch(length.strip())
        if match is None:
            raise Refused(f"“{part.strip()[:40]}” is no target. Write urgent=30m,high=2h,normal=1d")
        found[name.strip().casefold()] = int(match[1]) * _UNITS[(match[2] or "").lower()]
    return _checked(found)


def _checked(said: Minutes) -> dict[str, int]:
    known = _priorities()
    for name, minutes in said.items():
        if name not in known:
            raise Refused(f"There is no priority “{name[:40]}”. Known are {', '.join(known)}")
        if not 0 < minutes <= LONGEST:
            raise Refused(f"A target lies between a minute and a year; that of {name} does not")
    return dict(said)


def _reasons(said: Collection[str]) -> set[str]:
    for one in said:
        if one not in WAITING_REASONS:
            raise Refused(f"There is no waiting reason “{one[:40]}”. Known are {', '.join(WAITING_REASONS)}")
    return set(said)


def _may(work: Work) -> None:
    """Of a post its administrator says it; who works alone says it for oneself."""
    if membership.read(work.connection) is not None:
        access.require(work, rights.ADMINISTER)


def _type(work: Work, code: str | None) -> tuple[Id | None, str]:
    if code is None:
        return None, ALL
    row = work.row("SELECT id, name FROM ticket_type WHERE code = ? AND voided IS NULL", (code,))
    if row is None:
        codes = work.rows("SELECT code FROM ticket_type WHERE voided IS NULL ORDER BY code")
        raise Refused(f"There is no ticket type “{code[:40]}”. Known are {', '.join(one for (one,) in codes)}")
    return row[0], row[1]


def _priorities() -> list[str]:
    return [priority.name.lower() for priority in reversed(Priority)]


def _words(lengths: Mapping[int, int]) -> dict[str, int]:
    return {
        name: lengths[Priority[name.upper()]] // MINUTE for name in _priorities() if Priority[name.upper()] in lengths
    }


def _row(type_code: str | None, name: str, targets: Targets, *, shipped: bool) -> TargetRow:
    return TargetRow(
        type_code, name, _words(targets.response), _words(targets.resolution), tuple(sorted(targets.pauses)),
        targets.from_occurred, targets.work_answers, shipped,
    )  # fmt: skip


def _said(minutes: Minutes) -> str:
    spans = ((name, times.span(length * MINUTE)) for name, length in minutes.items())
    return ", ".join(f"{name} {span.removesuffix(' 0 h').removesuffix(' 00')}" for name, span in spans) or "none"
