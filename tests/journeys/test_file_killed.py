"""25 MB from desk to desk, with both ends killed in the middle of each way: it arrives whole."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from opsdesk.services import files, tickets
from opsdesk.services.desk import Desk
from opsdesk.store.database import open_reader
from opsdesk.store.files import Box
from tests.server.running import Running, free_port, opsdesk
from tests.support.files import attached, rows

SIZE = 25_000_000
PATIENCE_S = 90.0
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="opsdesk-files-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


class Post:
    """The server's process, which can be killed and comes back."""

    def __init__(self, data: Path, port: int) -> None:
        self.data, self.port = data, port
        self.running = Running(data, port)

    def kill_and_start(self) -> None:
        self.running.process.kill()
        self.running.process.wait(120)
        self.running = Running(self.data, self.port)


@contextmanager
def working(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A desk's process until the block ends."""
    with folder.with_suffix(".err").open("ab") as wrong:
        process = subprocess.Popen([sys.executable, "-m", "tests.journeys.file_desk", str(folder)], cwd=ROOT,
                                   stderr=wrong)  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait(120)


def moved(folder: Path) -> int:
    """How many bytes of the file have got there, or come here, for good."""
    connection = open_reader(folder)
    try:
        row = connection.execute("SELECT max(moved) FROM file_copy").fetchone()
    finally:
        connection.close()
    return int(row[0] or 0)


def until(true: Callable[[], object], what: str) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < ends, f"it never came: {what}"
        time.sleep(0.01)


def on_its_way(folder: Path) -> bool:
    return moved(folder) > 2_000_000


def kill_both_in_the_middle(post: Post, folder: Path, over: Callable[[], bool]) -> None:
    """Let a file begin to move, kill the desk, let it go on, kill the server, and wait until it is over."""
    with working(folder):
        until(lambda: on_its_way(folder), "the first pieces")
    first = moved(folder)
    assert first < SIZE, "killed in the middle"
    with working(folder):
        until(lambda: moved(folder) > first, "more pieces after the desk was killed")
        post.kill_and_start()
        until(over, "the whole file after the server was killed")


def test_a_large_file_arrives_whole_though_both_ends_are_killed_on_both_ways(data: Path) -> None:
    port = free_port()
    opsdesk(data, "server", "init", "--unit", "HQ", "--host", "127.0.0.1", "--port", str(port))
    post = Post(data, port)
    try:
        assert post.running.healthy(), post.running.log.read_text()
        one, other = data / "one", data / "other"
        for folder in (one, other):
            code = opsdesk(data, "server", "user", "add", folder.name, "--unit", "A", "--role", "watch officer")["code"]
            opsdesk(folder, "enrol", post.running.url, "--code", code)
        desk = Desk.open(one)
        ticket = desk.do(tickets.create, title="Bridge closed").result().value
        content = random.Random(4).randbytes(SIZE)
        attached(desk, ticket, content, "bridge.mp4")
        sha256 = rows(desk, ticket)[0].sha256
        desk.close()

        kill_both_in_the_middle(post, one, lambda: _held(one))
        assert post.running.healthy()
        opsdesk(other, "sync", "--once")
        desk = Desk.open(other)
        desk.do(files.ask_for, rows(desk, ticket)[0].id).result()
        desk.close()
        kill_both_in_the_middle(post, other, lambda: Box(other).has(sha256))
        assert Box(other).read(sha256, SIZE) == content
        assert post.running.end() == 0
    finally:
        if post.running.process.poll() is None:
            post.running.process.kill()
        subprocess.run(
            [sys.executable, "-m", "opsdesk", "--data", str(data), "server", "user", "list"],
            cwd=ROOT, capture_output=True, check=False, timeout=240,
        )  # fmt: skip


def _held(folder: Path) -> bool:
    connection = open_reader(folder)
    try:
        return bool(connection.execute("SELECT count(*) FROM file_held").fetchone()[0])
    finally:
        connection.close()
