"""The steps of `bench sync`, each with its limit."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from opsdesk.bench import Progress, figures, folders
from opsdesk.bench.figures import Spent
from opsdesk.bench.syncing import central, edits, live, pipe, rounds, sizes
from opsdesk.bench.syncing.central import Central
from opsdesk.services.desk import Desk
from opsdesk.store.database import FILE_NAME, Connection, Database, connect

EDITS: Final = 10_000
TIMES: Final = 3
LIVE: Final = 60
"""Edits that are followed from desk to desk."""


def measure(folder: Path, rows: int, progress: Progress | None = None, times: int = TIMES) -> dict[str, Any]:
    """First sync of so many tickets, pushing and pulling 10,000 edits, the way of one edit from desk to desk."""
    with central.running(folder, rows, progress) as post, tempfile.TemporaryDirectory() as name, _raw(post) as raw:
        return _Bench(post, raw, Path(name), min(EDITS, rows // 2)).all(times)


@contextmanager
def _raw(post: Central) -> Iterator[httpx.Client]:
    """The raw server beside the real one, on the same database."""
    port = central.free_port()
    command = [sys.executable, "-m", "opsdesk.bench.syncing.pipe", str(post.folder.path), str(port)]
    server = subprocess.Popen(command)
    try:
        central.wait_for(port, server)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=600) as client:
            yield client
    finally:
        server.terminate()
        server.wait()


class _Bench:
    """Two desks, one that writes and one that reads, and a bare folder beside each."""

    def __init__(self, post: Central, raw: httpx.Client, place: Path, count: int) -> None:
        self.post, self.raw, self.place, self.count = post, raw, place, count
        self._idle = 0

    def all(self, times: int) -> dict[str, Any]:
        """All figures."""
        steps: dict[str, Any] = {"first_sync": self._first_sync()}
        writer, reader = Desk.open(self.place / "A"), Desk.open(self.place / "B")
        pushes, pulls, raw_pushes, raw_pulls, gathered_pulls = [], [], [], [], []
        bare, gathered = self._bare(self.place / "B", "bare"), self._bare(self.place / "B", "gathered")
        asyncio.run(rounds.once(writer))
        per_change: dict[str, Any] = {}
        for at in range(times):
            self._edit(writer, at, self.count)
            rounds.come_to_rest(writer)
            rounds.come_to_rest(reader)
            if not per_change:
                per_change = self._sizes(self.place / "A", writer)
            raw_pushes.append(self._raw_push(self.place / "A", at))
            pushes.append(asyncio.run(rounds.once(writer)).push)
            raw_pulls.append(self._raw_pull(bare, at))
            gathered_pulls.append(self._raw_pull(gathered, at, together=True))
            pulls.append(asyncio.run(rounds.once(reader)).pull)
        bare.close()
        gathered.close()
        steps["push"] = figures.step_of(pushes, raw_pushes, edits=self.count)
        steps["pull"] = figures.step_of(pulls, raw_pulls, edits=self.count, **_beside(pulls, gathered_pulls))
        conflicts = reader.ask(lambda question: question.value("SELECT count(*) FROM conflict")).result()
        refused = writer.ask(lambda question: question.value("SELECT count(*) FROM returned_change")).result()
        assert not refused, f"{refused} edits came back"
        reader.close()
        steps["live"] = live.step(writer, self.place / "B", LIVE, self._raw_live())
        per_change |= self._on_the_wire(writer)
        writer.close()
        return {"steps": steps, "bytes_per_change": per_change, "false_conflicts": conflicts,
                "idle_bytes_a_day": self._idle}  # fmt: skip

    def _edit(self, desk: Desk, seed: int, count: int) -> None:
        def edit(database: Database) -> None:
            edits.edit(database, desk.person, desk.unit, count, seed=seed, now=int(time.time() * 1000))

        rounds.on_writer(desk, edit)

    def _first_sync(self) -> dict[str, Any]:
        samples, limits, gathered, waits = [], [], [], []
        for tag in "AB":
            limits.append(self._raw_first_sync(tag))
            gathered.append(self._raw_first_sync(tag, together=True))
            self.post.join(self.place / tag, f"BE{tag}")
            desk = Desk.open(self.place / tag)
            with rounds.Waiting(desk) as waiting:
                samples.append(asyncio.run(rounds.once(desk)).all)
            waits += waiting.waits_ms
            desk.close()
        return figures.step_of(
            samples, limits, command_waits_p95_ms=round(figures.percentile(waits, 0.95), 1),
            command_waits_most_ms=round(max(waits), 1), **_beside(samples, gathered),
        )  # fmt: skip

    def _on_the_wire(self, desk: Desk) -> dict[str, Any]:
        """The whole request for one edit, and a day of a thin link without news, as counted on the connection."""

        async def count() -> tuple[int, float]:
            return await rounds.whole_request(desk, self.post.port), await rounds.idle_bytes(desk, self.post.port, 6)

        self._edit(desk, 1_000, 1)
        request, hour = asyncio.run(count())
        self._idle = round(24 * hour)
        return {"whole_request": request}

    # The limits

    def _raw_first_sync(self, tag: str, *, together: bool = False) -> Spent:
        folder = self.place / f"raw {tag} {together}"
        Desk.open(folder).close()
        bare = self._connect(folder)
        took = figures.spent(lambda: pipe.take_tickets(bare, self._get("/tickets"), together=together))
        bare.close()
        return took

    def _raw_push(self, folder: Path, at: int) -> Spent:
        with folders.copy_of(folder) as copy:
            bare = self._connect(copy)

            def push() -> None:
                body = pipe.waiting(bare, at * self.count + 1)
                self.raw.post("/push", content=body).raise_for_status()
                pipe.settled(bare)

            took = figures.spent(push)
            bare.close()
            return took

    def _raw_pull(self, bare: Connection, at: int, *, together: bool = False) -> Spent:
        body = f"/log?after={at * self.count}"
        return figures.spent(lambda: pipe.take_edits(bare, self._get(body), together=together))

    def _raw_live(self) -> list[float]:
        """One edit by the raw pipe: there, committed, back, and committed."""
        samples = []
        with folders.copy_of(self.place / "B") as copy:
            bare = self._connect(copy)
            (ticket,) = bare.execute("SELECT hex(id) FROM ticket LIMIT 1").fetchone()
            for at in range(LIVE):
                seq = 10_000_000 + at
                row = f"{seq},{ticket},title,Live {at},{at},0,{ticket}\n".encode()

                def there_and_back(row: bytes = row, seq: int = seq) -> None:
                    self.raw.post("/push", content=row).raise_for_status()
                    pipe.take_edits(bare, self._get(f"/log?after={seq - 1}"))

                samples.append(figures.milliseconds(there_and_back))
            bare.close()
        return samples

    def _get(self, path: str) -> bytes:
        return self.raw.get(path).raise_for_status().content

    def _bare(self, folder: Path, name: str) -> Connection:
        with folders.copy_of(folder) as copy:
            copy.rename(self.place / name)
            copy.mkdir()  # for whoever takes it away
        return self._connect(self.place / name)

    def _connect(self, folder: Path) -> Connection:
        bare = connect(folder / FILE_NAME)
        bare.execute("PRAGMA wal_autocheckpoint=8000")
        pipe.bare_folder(bare)
        return bare

    def _sizes(self, folder: Path, desk: Desk) -> dict[str, Any]:
        with folders.copy_of(folder) as copy:
            return sizes.per_change(copy, desk.person)


def _beside(samples: Sequence[Spent], gathered: Sequence[Spent]) -> dict[str, float]:
    """The same raw pipe with its search tables kept once at the end, as the desk keeps them: less than the limit, whose
    triggers keep them row by row."""
    took, limit = (statistics.median(one.ms for one in some) for some in (samples, gathered))
    return {"gathered_limit_ms": round(limit, 2), "gathered_ratio": round(took / limit, 2)}
