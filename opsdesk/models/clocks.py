"""The clocks of a ticket: how long it has been without an answer and without a solution, against their targets.

A clock is a fold over what happened to a ticket. It is never stored as truth: from the same events the same clock comes
out, in whatever order they came in and whatever was known in between. Times are UTC milliseconds, lengths milliseconds.

Rules. Both clocks run from when the ticket was recorded (or happened, as the targets say). They stand still while it
waits for a reason that pauses. The first ends with the first answer that the requester can see, by somebody else; both
end when the ticket is resolved, and stop when it is cancelled or merged. Reopening goes on where it ended. A change of
priority, of type or of the targets changes what is allowed from then on and never what has run. A clock that has ended
is judged by what held at its end.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from opsdesk.models.base import Id
from opsdesk.models.tickets import WAITING_REASONS, Priority, State

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
LONGEST: Final = 366 * 24 * 60
"""Minutes of the longest target; a longer one is a slip."""


class Standing(enum.IntEnum):
    """Where a clock stands."""

    NONE = 0
    """There is no target."""
    RUNNING = 1
    PAUSED = 2
    MET = 3
    MISSED = 4
    """Ended after its target."""
    STOPPED = 5
    """The ticket was cancelled or merged: nobody waits any more."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What is allowed: milliseconds by priority, the reasons that pause, and when the clocks begin."""

    response: Mapping[int, int] = field(default_factory=dict)
    resolution: Mapping[int, int] = field(default_factory=dict)
    pauses: frozenset[str] = frozenset()
    from_occurred: bool = False
    work_answers: bool = False


@dataclass(frozen=True, slots=True)
class Ruling:
    """Targets for a ticket type (None: all without their own) from a moment on. `targets` None: no own ones from then.

    `id` decides between two of the same moment.
    """

    since: int
    id: Id
    type: Id | None
    targets: Targets | None


PAUSING: Final = frozenset(WAITING_REASONS) - {"no communications"}
"""What pauses unless somebody says otherwise: the post waits for others. That its own link is down is no reason for
whoever waits for help."""

SHIPPED: Final = Targets(
    response={Priority.URGENT: 30 * MINUTE, Priority.HIGH: 2 * HOUR, Priority.NORMAL: 8 * HOUR},
    resolution={Priority.URGENT: 8 * HOUR, Priority.HIGH: 24 * HOUR, Priority.NORMAL: 7 * 24 * HOUR},
    pauses=PAUSING,
    work_answers=True,
)
"""What holds until a post says otherwise."""


class Policy:
    """All rulings of a post: what holds for a type at a moment. Their order of arrival does not matter."""

    def __init__(self, rulings: Iterable[Ruling] = ()) -> None:
        self._of: dict[Id | None, list[Ruling]] = {}
        for ruling in sorted(rulings, key=lambda one: (one.since, one.id)):
            self._of.setdefault(ruling.type, []).append(ruling)

    def at(self, type_: Id | None, moment: int) -> Targets:
        """What holds for a type at a moment."""
        own = self._newest(type_, moment) if type_ is not None else None
        if own is not None and own.targets is not None:
            return own.targets
        common = self._newest(None, moment)
        return common.targets if common is not None and common.targets is not None else SHIPPED

    def moments(self, start: int) -> list[int]:
        """When something changed, after `start`."""
        return sorted({one.since for some in self._of.values() for one in some if start < one.since})

    def _newest(self, type_: Id | None, moment: int) -> Ruling | None:
        return next((one for one in reversed(self._of.get(type_, ())) if one.since <= moment), None)


class What(enum.IntEnum):
    """What an event says. Of one moment the lower number comes first."""

    TYPE = 0
    PRIORITY = 1
    REASON = 2
    STATE = 3
    ANSWER = 4


class Event(NamedTuple):
    """Something that happened to a ticket. `order` decides between two of one moment (the stamp of who wrote it)."""

    at: int
    what: What
    order: int
    value: Any = None


@dataclass(frozen=True, slots=True)
class Beginning:
    """A ticket as it was made, as far as that is known."""

    created_at: int
    occurred_at: int
    state: State
    priority: int
    type: Id | None = None
    waiting_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock. `spent` is what had run at `at`: when it ended, else when it was last touched. What it allows is
    `target`, which is 0 without one."""

    standing: Standing
    target: int = 0
    spent: int = 0
    at: int = 0

    @property
    def due(self) -> int | None:
        """When a running clock reaches its target; None of one that does not run."""
        return self.at + self.target - self.spent if self.standing is Standing.RUNNING else None


@dataclass(frozen=True, slots=True)
class Clocks:
    """Both clocks of a ticket."""

    response: Clock
    resolution: Clock
    whole: bool = True
    """False when not all of the past is known here: of the pauses in it nothing is."""

    @property
    def due(self) -> int | None:
        """When the nearer of those that run reaches its target."""
        return min((one.due for one in (self.response, self.resolution) if one.due is not None), default=None)


@dataclass(slots=True)
class _Run:
    """A clock while the events are walked along."""

    spent: int = 0
    over: Standing | None = None
    allowed: int | None = None
    """What was allowed when it ended."""
    at: int = 0
    final: bool = False
    """True when reopening does not bring it back: it was answered."""

    def end(self, standing: Standing, at: int, allowed: int | None, *, final: bool = False) -> None:
        if self.over is None:
            self.over, self.at, self.allowed, self.final = standing, at, allowed, final
        elif final and not self.final:
            self.final = True


def fold(beginning: Beginning, events: Iterable[Event], policy: Policy) -> Clocks:
    """The clocks of a ticket from what happened to it, in any order; what is told twice counts once."""
    walk = _Walk(beginning, policy)
    # What was ruled of a moment holds for what happened in it.
    steps: list[tuple[int, int, Event | None]] = [(moment, -1, None) for moment in policy.moments(walk.start)]
    told = sorted(set(events), key=lambda one: (one.at, one.what, one.order, repr(one.value)))
    steps += [(event.at, place, event) for place, event in enumerate(told)]
    for moment, _, event in sorted(steps, key=lambda step: step[:2]):
        walk.go_to(moment)
        if event is not None:
            walk.take(event)
    return walk.clocks()


class _Walk:
    """What is known at one moment of the walk."""

    def __init__(self, beginning: Beginning, policy: Policy) -> None:
        self.policy = policy
        self.state, self.priority, self.type = beginning.state, beginning.priority, beginning.type
        self.reason = beginning.waiting_reason
        targets = policy.at(self.type, beginning.created_at)
        self.start = min(beginning.occurred_at, beginning.created_at) if targets.from_occurred else beginning.created_at
        self.now = self.start
        self.targets = targets
        self.response, self.resolution = _Run(at=self.start), _Run(at=self.start)
        self._settle()

    def go_to(self, moment: int) -> None:
        """Let the time pass until a moment; one from before the beginning is the beginning."""
        moment = max(moment, self.now)
        if not self.paused:
            for run in (self.response, self.resolution):
                if run.over is None:
                    run.spent += moment - self.now
        self.now = moment
        self.targets = self.policy.at(self.type, moment)

    def take(self, event: Event) -> None:
        """Let something happen now."""
        match event.what:
            case What.TYPE:
                self.type = event.value
                self.targets = self.policy.at(self.type, self.now)
            case What.PRIORITY:
                self.priority = event.value
            case What.REASON:
                self.reason = event.value
            case What.STATE:
                self.state = State(event.value)
                self._settle()
            case What.ANSWER:
                self._end(self.response, final=True)

    @property
    def paused(self) -> bool:
        return self.state is State.WAITING and self.reason in self.targets.pauses

    def _settle(self) -> None:
        """What a state means for both clocks."""
        if self.state.is_open:
            if self.state is State.IN_PROGRESS and self.targets.work_answers:
                self._end(self.response, final=True)
            for run in (self.response, self.resolution):
                if not run.final:
                    run.over = None
            return
        for run in (self.response, self.resolution):
            if self.state in (State.CANCELLED, State.MERGED):
                run.end(Standing.STOPPED, self.now, self._allowed(run))
            else:
                self._end(run)

    def _end(self, run: _Run, *, final: bool = False) -> None:
        allowed = self._allowed(run)
        met = allowed is None or run.spent <= allowed
        run.end(Standing.MET if met else Standing.MISSED, self.now, allowed, final=final)

    def _allowed(self, run: _Run) -> int | None:
        return (self.targets.response if run is self.response else self.targets.resolution).get(self.priority)

    def clocks(self) -> Clocks:
        """How both stand now."""
        made = []
        for run, of in ((self.response, self.targets.response), (self.resolution, self.targets.resolution)):
            target = of.get(self.priority) if run.over is None else run.allowed
            if target is None:
                made.append(Clock(Standing.NONE))
            elif run.over is not None:
                made.append(Clock(run.over, target, run.spent, run.at))
            else:
                made.append(Clock(Standing.PAUSED if self.paused else Standing.RUNNING, target, run.spent, self.now))
        response, resolution = made
        return Clocks(response, resolution)


def targets_of(
    response: str | None, resolution: str | None, pauses: str, starts: str, work_answers: bool
) -> Targets | None:
    """The targets that a record holds; None when it says that there are none. What cannot be read, as from a newer
    version, counts as not said."""
    if response is None and resolution is None:
        return None
    reasons = _json(pauses)
    return Targets(
        response=_minutes(response),
        resolution=_minutes(resolution),
        pauses=frozenset(one for one in reasons if isinstance(one, str)) if isinstance(reasons, list) else frozenset(),
        from_occurred=starts == "occurred",
        work_answers=bool(work_answers),
    )


def _minutes(text: str | None) -> dict[int, int]:
    said = _json(text)
    known = {priority.name.lower(): int(priority) for priority in Priority}
    return {
        known[name]: value * MINUTE
        for name, value in (said.items() if isinstance(said, dict) else ())
        if name in known and type(value) is int and 0 < value <= LONGEST
    }


def _json(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return None
