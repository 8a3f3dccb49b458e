"""A server and three desks as processes of their own, killed at random: nothing is lost, and all come together.

One minute here; OPSDESK_CHAOS_S=180 makes it three, OPSDESK_CHAOS_SEED another story.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from opsdesk.models.base import entities, fields
from opsdesk.services.desk import Desk
from opsdesk.store.queue.shapes import EVERYWHERE
from tests.server.running import Running, free_port, opsdesk

SECONDS = float(os.environ.get("OPSDESK_CHAOS_S", "60"))
SEED = int(os.environ.get("OPSDESK_CHAOS_SEED", "1"))
ROOT = Path(__file__).parents[2]
DRAIN_S = 180.0

pytestmark = pytest.mark.timeout(SECONDS + 4 * DRAIN_S)


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="opsdesk-chaos-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@dataclass
class Station:
    """A desk's folder and the process that works on it."""

    folder: Path
    seed: int
    process: subprocess.Popen[bytes] | None = None
    kills: int = 0

    @property
    def log(self) -> Path:
        return self.folder.with_suffix(".log")

    def start(self) -> None:
        self.seed += 1
        command = [sys.executable, "-m", "tests.journeys.chaos_desk", str(self.folder), str(self.log), str(self.seed)]
        with self.folder.with_suffix(".err").open("ab") as wrong:
            self.process = subprocess.Popen(command, cwd=ROOT, stderr=wrong)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(120)
        self.kills += 1

    def acknowledged(self) -> set[int]:
        """Sequences of the changes that were acknowledged; a line that the kill cut short does not count."""
        if not self.log.exists():
            return set()
        whole, _, _ = self.log.read_text().rpartition("\n")
        return {int(word) for line in whole.splitlines() for word in line.split()}

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        desk = Desk.open(self.folder, read_only=True)
        try:
            return desk.ask(lambda reader: reader.rows(sql)).result()
        finally:
            desk.close()


@dataclass
class Story:
    """What happens, drawn from a seed."""

    data: Path
    port: int
    stations: list[Station]
    rng: random.Random
    server: Running | None = None
    happened: dict[str, int] = field(default_factory=dict)

    def note(self, what: str) -> None:
        self.happened[what] = self.happened.get(what, 0) + 1

    def run(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(self.rng.uniform(0.5, 3.0))
            chance = self.rng.random()
            if chance < 0.6:
                station = self.rng.choice(self.stations)
                station.kill()
                self.note("desk killed")
                time.sleep(self.rng.uniform(0, 1.5))
                station.start()
            elif chance < 0.85:
                self.kill_server()
            else:
                self.kill_database()

    def kill_server(self) -> None:
        assert self.server is not None
        self.server.process.kill()
        self.server.process.wait(120)
        self.note("server killed")
        time.sleep(self.rng.uniform(0, 2))
        self.server = Running(self.data, self.port)

    def kill_database(self) -> None:
        pid = self.data / "server/postgres/data/postmaster.pid"
        try:
            os.kill(int(pid.read_text().split()[0]), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError, IndexError):
            return  # it is coming up just now
        self.note("database killed")

    def drain(self) -> None:
        """Let everybody come to rest: no more edits, no more kills."""
        for station in self.stations:
            station.log.with_suffix(".rest").touch()
        assert self.server is not None
        assert self.server.healthy(), self.server.log.read_text()[-3000:]
        until = time.monotonic() + DRAIN_S
        waits = ""
        while time.monotonic() < until:
            time.sleep(0.5)
            # Without each person's own feed, which nobody else reads.
            shared = "SELECT hex(place), pos FROM feed_cursor WHERE length(place) <> 16"
            heads = [dict(station.ask(shared)) for station in self.stations]
            queued = [
                station.ask("SELECT count(*) FROM change WHERE outcome IS NULL")[0][0] for station in self.stations
            ]
            waits = f"{queued} {heads}"
            if not any(queued) and all(head == heads[0] for head in heads):
                return
        errors = "\n".join(station.folder.with_suffix(".err").read_text()[-1500:] for station in self.stations)
        raise AssertionError(f"it did not come to rest: {waits}\n{errors}")


def held(station: Station) -> dict[str, Any]:
    """All that a desk shows of what is shared, with the server's version of each row."""
    found: dict[str, Any] = {}
    for entity in entities():
        table = entity.__tablename__
        names = ", ".join(f'"{spec.name}"' for spec in fields(entity))
        mine = "ver > 0" if table in EVERYWHERE else "1"
        found[table] = station.ask(f'SELECT id, ver, {names} FROM "{table}" WHERE {mine} ORDER BY id')
    found["conflict"] = station.ask("SELECT id, ver, open FROM conflict WHERE open = 1 ORDER BY id")
    return found


def test_nothing_is_lost_when_everything_is_killed_at_random(data: Path) -> None:
    port, rng = free_port(), random.Random(SEED)
    opsdesk(data, "server", "init", "--unit", "HQ", "--host", "127.0.0.1", "--port", str(port))
    stations: list[Station] = []
    story = Story(data, port, stations, rng, Running(data, port))
    assert story.server is not None
    try:
        assert story.server.healthy(), story.server.log.read_text()
        for number in range(3):
            code = opsdesk(data, "server", "user", "add", f"desk{number}", "--unit", "A", "--role", "watch officer")[
                "code"
            ]
            stations.append(Station(data / f"desk{number}", 1000 * (number + 1)))
            opsdesk(stations[-1].folder, "enrol", story.server.url, "--code", code)
            stations[-1].start()
        story.run(SECONDS)
        story.drain()
        for station in stations:
            station.kill(signal.SIGTERM)
        check(stations)
        edits = sum(len(station.acknowledged()) for station in stations)
        sys.stdout.write(json.dumps({"seconds": SECONDS, "seed": SEED, "edits": edits, **story.happened}) + "\n")
        assert story.server.end() == 0
    finally:
        for station in stations:
            if station.process is not None and station.process.poll() is None:
                station.process.kill()
        if story.server.process.poll() is None:
            story.server.process.kill()
        subprocess.run(
            [sys.executable, "-m", "opsdesk", "--data", str(data), "server", "user", "list"],
            cwd=ROOT, capture_output=True, check=False, timeout=240,
        )  # fmt: skip


def check(stations: list[Station]) -> None:
    """Every acknowledged change has a final outcome, and all desks show the same."""
    for station in stations:
        outcomes = dict(station.ask("SELECT seq, outcome FROM change"))
        acknowledged = station.acknowledged()
        assert len(acknowledged) > SECONDS, "it was at work"
        assert [seq for seq in acknowledged if outcomes.get(seq) is None] == [], "lost"
        assert set(outcomes) == set(range(1, len(outcomes) + 1)), "the sequence has no gap"
        assert opsdesk(station.folder, "doctor")["problems"] == []
    first, *others = [held(station) for station in stations]
    for other in others:
        for table, rows in first.items():
            assert other[table] == rows, f"{table} differs"
