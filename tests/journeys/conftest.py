"""Two desks and a server as they are in the field, for journeys."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtWidgets import QApplication

from tests.journeys.hands import Post, sat_down
from tests.server.running import Running, free_port, opsdesk

if TYPE_CHECKING:
    import qasync
    from pytestqt.qtbot import QtBot


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="opsdesk-journey-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def served(data: Path) -> Iterator[tuple[int, Running]]:
    """A server that two desks have joined by the lines that its commands print."""
    port = free_port()
    named = ("--organisation", "Relief", "--unit", "HQ", "--host", "127.0.0.1")
    opsdesk(data, "server", "init", *named, "--port", str(port))
    server = Running(data, port)
    try:
        assert server.healthy(), server.log.read_text()
        for account, name, tag in (("anna", "Anna Berg", "CP1"), ("ben", "Ben Okoro", "FS2")):
            added = opsdesk(data, "server", "user", "add", account, "--name", name, "--unit", "A")
            opsdesk(data / tag, "enrol", server.url, "--code", added["code"], "--tag", tag)
        yield port, server
    finally:
        if server.process.poll() is None:
            server.end()


# `served` stands before the loop: its commands bring loops of their own.
@pytest.fixture
def post(
    data: Path, served: tuple[int, Running], dressed: QApplication, qtbot: QtBot, loop: qasync.QEventLoop, run: Any
) -> Iterator[Post]:
    anna, ben = (sat_down(data / tag, name, qtbot) for tag, name in (("CP1", "anna"), ("FS2", "ben")))
    made = Post(data, *served, anna, ben)
    try:
        made.come_to_rest()
        yield made
    finally:
        for hand in made.both:
            run(hand.desk.link.stop())
            hand.window.dispose()
            hand.desk.close()
        if made.server.process.poll() is None:
            made.server.end()
