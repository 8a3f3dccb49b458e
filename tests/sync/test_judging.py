"""The verdict as it grows: what it holds on the way stays, and nothing of a batch is left to Python's collector."""

import gc
from typing import Any

import pytest

from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.sync.core import centre, chain
from opsdesk.sync.core.messages import Batch, ChangeKind, Code, Run
from opsdesk.sync.core.state import Record
from tests.sync.parts import PRIORITY, RULES, STATE, TEXT, TITLE, Device, record

GROUP = b"group of changes"


@pytest.fixture
def server() -> MemoryServer:
    server = MemoryServer(RULES)
    Device(server, "anna").create("ticket", {TITLE: "Pump", TEXT: "one\ntwo\n", STATE: 20, PRIORITY: 2})
    return server


def mixed(server: MemoryServer) -> Batch:
    """Creations, edits of one field over each other, a conflict, one that comes back, and a group that does."""
    device, ticket, made = Device(server, "ben"), record("ticket"), record("made")
    changes = [
        device.make(made, {TITLE: "Hose", PRIORITY: 2}, kind=ChangeKind.CREATE),
        device.make(made, {TITLE: "Long hose"}, device.ref()),
        device.make(ticket, {TITLE: "Well"}, 0),
        device.make(made, {TITLE: "Hose"}, device.ref(2)),
        device.make(ticket, {STATE: 10}, 1, kind=ChangeKind.TRANSITION, event="nonsense"),
        device.make(made, {PRIORITY: 3}, device.ref(1), gid=GROUP),
        device.make(record("nowhere"), {TITLE: "lost"}, 7, gid=GROUP),
        device.make(ticket, {PRIORITY: 4}, 1),
    ]
    runs = (Run(1, len(changes), chain.short(device.digests[0])),)
    return Batch(device.dev, runs, tuple(changes), epoch=server.held.epoch)


def test_what_the_verdict_holds_on_the_way_stays(server: MemoryServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(centre, "FEW", 1)
    batch = mixed(server)
    loaded = server._load(centre.needs(batch, RULES))
    met: list[tuple[list[Any], ...]] = []
    copies: dict[int, tuple[Record, Record]] = {}
    for verdict in centre.judging(batch, loaded, RULES, lambda *_: None):
        result = verdict.result
        now: tuple[list[Any], ...] = (list(verdict.outcomes), list(result.entries), list(result.changes.items()))
        for before in met[-1:]:
            assert all(after[: len(old)] == old for old, after in zip(before, now, strict=True))
        met.append(now)
        copies |= {id(one): (one, one.copy()) for one in result.records.values() if id(one) not in copies}
    assert all(one == copy for one, copy in copies.values()), "a record that is written again is another object"
    assert len(met) == len(batch.changes), "one after each change or group, and one at the end"
    codes = [outcome.code for outcome in verdict.outcomes]
    assert codes == [
        Code.ACCEPTED, Code.ACCEPTED, Code.CONFLICT, Code.ACCEPTED, Code.RETURNED, Code.RETURNED, Code.RETURNED,
        Code.ACCEPTED,
    ]  # fmt: skip


def test_nothing_of_a_judged_batch_is_left_to_the_collector(server: MemoryServer) -> None:
    batch = mixed(server)
    gc.collect()
    gc.disable()
    try:
        loaded = server._load(centre.needs(batch, RULES))
        verdict = centre.judge(batch, loaded, RULES, lambda *_: None)
        assert verdict.outcomes
        del verdict, loaded
        assert gc.collect() == 0, "nothing is in a circle"
    finally:
        gc.enable()
