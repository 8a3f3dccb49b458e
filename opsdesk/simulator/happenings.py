"""What happens in a world apart from people's edits and links: copied disks, restored servers, other rights."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from opsdesk.models.tickets import Ticket
from opsdesk.simulator.crashes import Crash
from opsdesk.simulator.desks import PEOPLE
from opsdesk.sync.core import chain, codec
from opsdesk.sync.core.feed import Reader
from opsdesk.sync.core.messages import Batch, Change, ChangeKind, Run

if TYPE_CHECKING:
    from opsdesk.simulator.world import World


class Happenings:
    """Plans what a world's faults name."""

    def __init__(self, world: World, units: list[bytes]) -> None:
        self._world, self._units = world, units

    def plan(self) -> None:
        """Put what will happen into the world's time."""
        world = self._world
        for fault, within, what in (
            ("clone", 60_000, self._clone),
            ("restore", 60_000, self._back_up),
            ("future", 20_000, self._newer_version),
            ("share", 20_000, self._share),
            ("rights", 20_000, self._rights),
            ("revoked", 20_000, self._revoke),
        ):
            if fault in world.faults:
                world.later(world.rng.randrange(within), what)

    def _clone(self) -> None:
        """Somebody copies a disk, and both go on."""
        world = self._world
        if world.calm:
            return
        world.story.note("clone")
        copy = world.rng.choice(world.desks).clone(f"D{len(world.desks)}")
        world.desks.append(copy)
        world.join(copy)

    def _back_up(self) -> None:
        world = self._world
        backup = world.server.held.backup()

        def restore() -> None:
            if not world.calm:
                world.story.note("restore")
                world.server.restore(backup)

        world.later(world.rng.randrange(1_000, 60_000), restore)

    def _share(self) -> None:
        """Somebody shares a ticket with a person, or takes that back."""
        world = self._world
        if world.calm:
            return
        tickets = sorted(one.id for one in world.server.held.records.values() if one.entity == Ticket.entity)
        if tickets:
            world.story.note("share")
            person, shared = world.rng.choice(PEOPLE), world.rng.random() < 0.6
            world.server.share(world.rng.choice(tickets), person, shared=shared)
        world.later(world.rng.randrange(20_000), self._share)

    def _rights(self) -> None:
        """A person may read other units, or up to another marking: partitions come and go."""
        world = self._world
        if world.calm:
            return
        world.story.note("rights")
        desk = world.rng.choice(world.desks)
        units = frozenset(unit for unit in self._units if world.rng.random() < 0.6)
        desk.reader = Reader(desk.reader.person, units, world.rng.choice((1, 3)), desk.reader.epoch + 1)
        world.later(world.rng.randrange(40_000), self._rights)

    def _revoke(self) -> None:
        """A person may write no more, perhaps with edits that wait; in a while perhaps again."""
        world = self._world
        if world.calm:
            return
        world.story.note("revoked")
        desk = world.rng.choice(world.desks)
        desk.may_write = not desk.may_write
        world.later(world.rng.randrange(30_000), self._revoke)

    def _newer_version(self) -> None:
        """A desk of a newer version, which nobody simulates, brings fields and entities that nobody knows here."""
        world = self._world
        tickets = [one for one in world.server.held.records.values() if one.entity == Ticket.entity]
        if world.calm or not tickets:
            return
        dev, ticket = world.rng.randbytes(16), world.rng.choice(tickets)
        value = world.rng.choice(["later", b"\x00\xff", [1, {"a": None}], 1.5, {"depth": [b"x"]}])
        unit, hlc = world.rng.choice(self._units), world.now << 16
        changes = (
            Change(1, ChangeKind.CREATE, 700, world.rng.randbytes(16), {1: unit, 2: 1, 10: value}, 0, hlc),
            Change(2, ChangeKind.SET, Ticket.entity, ticket.id, {900: value}, ticket.ver, hlc),
        )
        batch = Batch(dev, (Run(1, 2, chain.short(chain.genesis(dev))),), changes, world.server.held.epoch)
        with suppress(Crash):
            link = codec.Link(dev)
            world.server.receive(codec.encode(batch, link), link)
            world.story.note("future")
