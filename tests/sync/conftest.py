"""A server over memory, and two desks that read all of it."""

from collections.abc import Iterator

import pytest

from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.store.queue.shapes import rules
from tests.sync.queues import new_desk


@pytest.fixture
def server() -> MemoryServer:
    return MemoryServer(rules())


@pytest.fixture
def anna() -> Iterator[SimDesk]:
    desk = new_desk("ANN")
    yield desk
    desk.database.close()


@pytest.fixture
def ben() -> Iterator[SimDesk]:
    desk = new_desk("BEN")
    yield desk
    desk.database.close()
