"""The links of a world: rounds of a desk with the server, and what happens to bytes on their way."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from opsdesk.simulator import watch
from opsdesk.simulator.crashes import Crash, dying, without_power
from opsdesk.simulator.desks import SimDesk
from opsdesk.sync.core import codec
from opsdesk.sync.core.messages import Look, News, Scope, digest_of

if TYPE_CHECKING:
    from opsdesk.simulator.world import World

_ROUNDS_AT_REST = 12


class Links:
    """Carries messages, well or badly, and lets desks die over them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def plan_round(self, desk: SimDesk) -> None:
        """Let a desk begin a round in a while."""
        world = self._world
        away = 30_000 if "offline" in world.faults and world.rng.random() < 0.5 else 0
        world.later(world.rng.randrange(500, 8_000) + away, lambda: self._begin(desk))

    def heal(self) -> None:
        """Perfect links: every desk must come to rest within a few rounds, without anything new to send."""
        for desk in self._world.desks * _ROUNDS_AT_REST:
            if not self._perfect_round(desk):
                break  # it has broken the promise, and more like it would only take minutes
        for desk in self._world.desks:
            waiting = desk.session.outbox.waiting()
            if waiting:
                self._world.story.problems.append(f"I8: {desk.name} still has {waiting} waiting changes")

    def _perfect_round(self, desk: SimDesk) -> bool:
        """Whether a round came to its end."""
        now = self._world.now
        desk.session.begin()
        message: bytes | None = desk.session.look(0)
        for _ in range(2_000):
            if message is None:
                desk.run(desk.session.end, now)
                return True
            reply = self._ask(desk, message)
            assert reply is not None
            self.take(desk, reply)
            message = desk.run(desk.session.next, now)
        self._world.story.problems.append(f"I8: a round of {desk.name} does not end")
        return False

    def _begin(self, desk: SimDesk) -> None:
        if self._world.calm:
            return
        desk.session.begin()
        # Now and then a desk has not heard what it may read, or that something is new.
        self._send(desk, desk.session.look(0) if self._world.rng.random() < 0.6 else None)

    def _send(self, desk: SimDesk, message: bytes | None = None) -> None:
        """Send a message, or the next of the round."""
        world, session = self._world, desk.session
        if world.calm:
            return
        if message is None:
            if world.mishap("desk crash", 0.02):
                self._die(desk, lambda: session.next(desk.clock()))
                return
            message = desk.run(session.next, desk.clock())
        if message is None:
            desk.run(session.end, desk.clock())
            session.pace = session.pace.went(10_000, 1_000)
            self.plan_round(desk)
            self._wait_for_news(desk)
            return
        arrived = [False]

        def back(reply: bytes) -> None:
            first, arrived[0] = not arrived[0], True
            if self.take(desk, reply) and first and desk.session is session:
                self._send(desk)

        self._carry(message, lambda data: self._at_server(desk, data, back))

        def give_up() -> None:
            if not arrived[0] and desk.session is session and not world.calm:
                arrived[0] = True
                session.pace = session.pace.failed(world.now, world.rng.random())
                world.later(session.pace.due_ms - world.now, lambda: self._begin(desk))
            elif not arrived[0]:
                self.plan_round(desk)

        world.later(10_000, give_up)

    def _wait_for_news(self, desk: SimDesk) -> None:
        """Ask what there is, to be answered when something is new; the next round may begin before that."""
        world = self._world
        if "news" not in world.faults or world.chances.random() < 0.4:
            return
        question = desk.session.look(world.chances.choice((1, 10, 50)))

        def keep(data: bytes) -> None:
            with suppress(codec.Malformed):
                asked = codec.decode(data, desk.link)
                assert isinstance(asked, Look)
                self._keep(desk, asked, None, world.now + 1000 * asked.hold)

        self._carry(question, keep)

    def _keep(self, desk: SimDesk, asked: Look, known: Scope | None, until: int) -> None:
        """Keep a question at the server until what there is is another than the desk has seen."""
        world = self._world
        if world.calm:
            return
        found = world.server.news(asked, desk.reader, known)
        if isinstance(found, Scope) and digest_of(found) == asked.seen and world.now < until:
            world.later(world.chances.randrange(20, 4_000), lambda: self._keep(desk, asked, found, until))
            return
        if isinstance(found, News):
            world.story.note("news")
        world.story.problems += watch.sent(world.server.held, desk, found)

        def told(reply: bytes) -> None:
            self.take(desk, reply)

        self._carry(codec.encode(found, desk.link), told)

    def _carry(self, data: bytes, to: Callable[[bytes], None]) -> None:
        """Bring bytes from here to there, if all goes well."""
        world = self._world
        if world.mishap("drop", 0.15):
            return
        if world.mishap("truncate", 0.03):
            data = data[: world.rng.randrange(len(data))]
        delay = world.rng.randrange(20, 300)
        if world.mishap("delay", 0.1):
            delay += world.rng.randrange(20_000)
        world.later(delay, lambda: to(data))
        if world.mishap("duplicate", 0.1):
            late = 30_000 if "reorder" in world.faults else 100
            world.later(delay + world.rng.randrange(late), lambda: to(data))

    def _at_server(self, desk: SimDesk, data: bytes, back: Callable[[bytes], None]) -> None:
        reply = self._ask(desk, data)
        if reply is not None:
            self._carry(reply, back)

    def _ask(self, desk: SimDesk, data: bytes) -> bytes | None:
        world = self._world
        world.asking = desk
        try:
            reply = world.server.receive(data, desk.link, desk.reader)
        except (codec.Malformed, Crash):
            return None
        finally:
            world.asking = None
        message = codec.decode(reply, desk.link)
        world.story.problems += watch.sent(world.server.held, desk, message)
        return reply

    def take(self, desk: SimDesk, reply: bytes) -> bool:
        """Hand a reply to a desk; False when it was no whole message, or the desk died of it."""
        world, session = self._world, desk.session
        with suppress(codec.Malformed):
            watch.comes(desk, codec.decode(reply, desk.link))
        if world.mishap("desk crash", 0.02):
            self._die(desk, lambda: session.receive(reply, world.now))
            return False
        if world.mishap("power cut", 0.02):
            with suppress(codec.Malformed):
                without_power(desk, lambda: desk.run(session.receive, reply, world.now))
            self._restart(desk)
            return False
        try:
            message = codec.decode(reply, desk.link)
        except codec.Malformed:
            return False
        before = watch.cursors_of(desk)
        desk.run(session.receive, reply, world.now)
        world.story.problems += watch.shown(world.server.held, desk)
        while session.unfinished:
            if world.mishap("desk crash", 0.02):
                self._die(desk, lambda: session.go_on(world.now))
                return False
            desk.run(session.go_on, world.now)
            world.story.problems += watch.shown(world.server.held, desk)
        world.story.problems += watch.moved(desk, message, before)
        return True

    def _die(self, desk: SimDesk, work: Callable[[], object]) -> None:
        """The desk's program ends at once, just before it has made something durable, or just after."""
        moment = self._world.rng.random()
        with suppress(Crash, codec.Malformed):
            if moment < 0.4:
                with dying(desk):
                    desk.run(work)
            elif moment < 0.8:
                desk.run(work)
        self._restart(desk)

    def _restart(self, desk: SimDesk) -> None:
        desk.restart()
        self.plan_round(desk)
