"""What the made-up shift does with the incidents: a script for each ticket, played in the order of time.

Everything goes through the commands that people use, each as the person who does it and at the time when it is done,
so that history, waiting times and figures come out as they would.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.models.forms import Category, TicketType
from opsdesk.services import tickets
from opsdesk.services.changes import Changes
from opsdesk.services.defaults import shipped_id
from opsdesk.services.desk import Desk
from opsdesk.services.sample import words
from opsdesk.services.sample.organisation import PEOPLE, Station
from opsdesk.services.sample.sets import SampleSet
from opsdesk.services.times import HOUR, MINUTE

HARROW: Final = PEOPLE[0][0]

Scene = Callable[[], None]


class Clock:
    """The time at the station while the sample is made. It only goes forward."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def go_to(self, when: int) -> None:
        """Let it be `when`, or stay where it is if that is over."""
        self.now = max(self.now, when)


class Story:
    """Scenes in the order of time, and the people who act in them."""

    def __init__(self, desk: Desk, clock: Clock, station: Station, end: int, chance: random.Random) -> None:
        self._desk = desk
        self._clock = clock
        self._station = station
        self._end = end
        self._chance = chance
        self._scenes: list[tuple[int, int, Scene]] = []
        self._count = itertools.count()
        self._me = station.people[HARROW]
        self._named = {person: name for name, person in station.people.items()}

    def at(self, when: int, scene: Scene) -> None:
        """Plan a scene; what lies after the end of the story does not happen."""
        if when < self._end:
            heapq.heappush(self._scenes, (when, next(self._count), scene))

    def play(self) -> None:
        """Play all scenes."""
        while self._scenes:
            when, _, scene = heapq.heappop(self._scenes)
            self._clock.go_to(when)
            scene()
        self._clock.go_to(self._end)
        self._desk.person = self._me

    def do(self, who: Id, command: Callable[..., Changes], *args: Any, **kwargs: Any) -> Any:
        """Run a command as a person now; returns its value."""
        self._desk.person = who
        return self._desk.do(command, *args, **kwargs).result().value

    def work_on(self, ticket: Id, item: SampleSet, begin: int) -> None:
        """Plan what happens to an imported ticket from `begin` on."""
        chance = self._chance
        officer = self._station.members[item.desk][0]
        team = chance.choice(item.teams)
        worker = self._me if chance.random() < 0.12 else chance.choice(self._station.members[team])
        if chance.random() < 0.08:
            return  # nobody has taken it up yet
        lasts = chance.random() < 0.2  # it is still worked on at the end
        when = begin + self._minutes(1, 25)
        due = None
        if chance.random() < 0.5:
            due = (self._end + self._minutes(20, 1500)) if lasts else (when + self._minutes(480, 2600))
        self.at(when, lambda: self._route(ticket, officer, worker, due))
        if chance.random() < 0.4:
            said = chance.choice(words.ACCEPTED).format(team=team)
            self.at(when + self._minutes(1, 3), lambda: self._say(ticket, officer, said))
        if chance.random() < 0.05:
            self.at(when + self._minutes(5, 40), lambda: self._decline(ticket, officer))
            return
        when += self._minutes(3, 120)
        self.at(when, lambda: self._move(ticket, worker, "start"))
        if chance.random() < 0.5:
            said = chance.choice(words.STARTED)
            self.at(when + self._minutes(1, 4), lambda: self._say(ticket, worker, said))
        self._decorate(ticket, officer, when)
        when += self._minutes(40, 900)
        if chance.random() < 0.3:
            reason, said = chance.choice(words.WAITING)
            self.at(when, lambda: self._wait(ticket, worker, reason, said))
            when += self._minutes(120, 2400)
            self.at(when, lambda: self._move(ticket, worker, "resume"))
            when += self._minutes(10, 120)
        if lasts:
            return
        solution, said = chance.choice(words.SOLVED)
        self.at(when, lambda: self._move(ticket, worker, "resolve", solution=solution))
        self.at(when + self._minutes(0, 2), lambda: self._say(ticket, worker, said, visibility="requester"))
        if chance.random() < 0.8:
            when += self._minutes(15, 400)
            self.at(when, lambda: self._move(ticket, officer, "confirm"))

    def work_at_home(self, own: words.OwnTicket) -> None:
        """Plan a ticket of the station's own."""
        asked_by = self._station.people[own.asked_by]
        begin = self._end - own.ago * MINUTE
        values: dict[str, Any] = {
            "unit": self._station.units[own.unit],
            "urgency": own.urgency,
            "impact": own.impact,
            "location": own.where,
            "description": own.text,
            "reported_via": "radio" if own.urgency == 3 else "person",
            "due_at": self._end + own.due * MINUTE if own.due else None,
            "exercise": True,
        }
        steps = [step.partition(":")[::2] for step in own.steps]
        if own.worker:
            values["assignee"] = self._station.people[own.worker]
        elif steps and steps[0][1]:
            values["group"] = self._station.units[steps[0][1]]

        def create() -> None:
            ticket = self.do(
                asked_by,
                tickets.create,
                title=own.title,
                type=shipped_id(TicketType, own.type),
                category=shipped_id(Category, own.category),
                values=values,
            )
            worker = self._station.people[own.worker or own.asked_by]
            when = begin
            for event, detail in steps:
                when += self._minutes(2, max(3, own.ago // 8))
                self.at(when, self._step(ticket, worker, event, detail))
            self._decorate(ticket, asked_by, when)

        self.at(begin, create)

    def relate(self, pairs: list[tuple[Id, Id, str]]) -> None:
        """Link tickets that belong together, near the end."""
        for ticket, other, kind in pairs:
            self.at(
                self._end - self._minutes(3, 200),
                lambda ticket=ticket, other=other, kind=kind: self._link(ticket, other, kind),  # type: ignore[misc]
            )

    def read_most(self, found: list[tuple[Id, int]]) -> None:
        """Let the person at the station have read most tickets; `found` are ids with the time of the last change."""
        for ticket, changed in found:
            if self._chance.random() < (0.5 if self._end - changed < HOUR else 0.9):
                self.do(self._me, tickets.mark_seen, ticket)

    # Scenes

    def _step(self, ticket: Id, who: Id, event: str, detail: str) -> Scene:
        if event == "wait":
            return lambda: self._move(ticket, who, "wait", waiting_reason=detail)
        return lambda: self._move(ticket, who, event)

    def _route(self, ticket: Id, officer: Id, worker: Id, due: int | None) -> None:
        values = {"assignee": worker} | ({"due_at": due} if due else {})
        self.do(officer, tickets.edit, ticket, values)
        if self._chance.random() < 0.93 or worker != self._me:
            self._move(ticket, officer, "accept")

    def _move(self, ticket: Id, who: Id, event: str, **said: Any) -> None:
        if any(row.event == event for row in self._events(ticket)):
            self.do(who, tickets.transition, ticket, event, **said)

    def _decline(self, ticket: Id, officer: Id) -> None:
        self._move(ticket, officer, "decline", reason="Second report of one that is open already")

    def _wait(self, ticket: Id, who: Id, reason: str, said: str) -> None:
        self._move(ticket, who, "wait", waiting_reason=reason)
        self._say(ticket, who, said)

    def _say(self, ticket: Id, who: Id, body: str, *, visibility: str = "internal") -> None:
        made = self.do(who, tickets.comment, ticket, body, visibility=visibility)
        chance = self._chance
        if chance.random() < 0.3:
            other = self._me if chance.random() < 0.4 else chance.choice(list(self._named))
            reply = chance.choice(words.REPLIES)
            if other != who:
                self.at(self._clock.now + self._minutes(2, 35), lambda: self._reply(ticket, other, reply, made))

    def _reply(self, ticket: Id, who: Id, body: str, to: Id) -> None:
        self.do(who, tickets.comment, ticket, body, reply_to=to)

    def _link(self, ticket: Id, other: Id, kind: str) -> None:
        self.do(self._me, tickets.link, ticket, kind, other)

    def _decorate(self, ticket: Id, officer: Id, when: int) -> None:
        chance = self._chance
        if chance.random() < 0.2:
            word = chance.choice(words.TAGS)
            self.at(when + self._minutes(1, 30), lambda: self.do(officer, tickets.tag, ticket, word))
        if chance.random() < 0.25:
            watcher = self._me if chance.random() < 0.5 else chance.choice(list(self._named))
            self.at(when + self._minutes(1, 30), lambda: self.do(watcher, tickets.watch, ticket))
        if chance.random() < 0.25:
            said = chance.choice(words.NOTES)
            self.at(when + self._minutes(5, 90), lambda: self._say(ticket, officer, said))

    def _events(self, ticket: Id) -> tuple[tickets.EventRow, ...]:
        return self._desk.ask(tickets.events, ticket).result()

    def _minutes(self, least: int, most: int) -> int:
        return self._chance.randint(least * MINUTE, most * MINUTE)
