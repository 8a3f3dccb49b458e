from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from opsdesk import bench
from opsdesk.bench import figures, folders, listing, syncing
from opsdesk.services import seeding
from opsdesk.services.errors import Refused
from opsdesk.store.database import Database


@pytest.fixture(autouse=True)
def kept_apart(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Made-up folders of these tests are made once and stay out of the user's cache."""
    kept = tmp_path_factory.getbasetemp() / "bench"
    kept.mkdir(exist_ok=True)
    monkeypatch.setenv(folders.PLACE, str(kept))
    return kept


def test_the_95th_percentile_is_a_sample_that_few_exceed() -> None:
    assert figures.percentile(list(range(1, 101)), 0.95) == 95
    assert figures.percentile([7.0], 0.95) == 7.0
    assert figures.percentile([3.0, 1.0, 2.0], 0.5) == 2.0


def test_a_step_tells_its_limit_and_their_ratio() -> None:
    assert figures.step([2.0, 4.0, 9.0], [2.0], stall_ms=1) == {
        "median_ms": 4.0,
        "p95_ms": 9.0,
        "limit_median_ms": 2.0,
        "ratio": 2.0,
        "samples": 3,
        "stall_ms": 1,
    }


def test_a_folder_is_made_once_and_copied_for_writing(kept_apart: Path) -> None:
    folder = folders.seeded(300)
    made = (folder / "opsdesk.db").stat().st_mtime_ns
    assert folders.seeded(300) == folder
    assert (folder / "opsdesk.db").stat().st_mtime_ns == made
    with folders.copy_of(folder) as copy:
        database = Database.open(copy)
        assert seeding.is_seeded(database)
        database.close()
    assert not copy.exists()


def test_an_unknown_bench_is_refused() -> None:
    with pytest.raises(Refused, match="no bench “speed”"):
        bench.run("speed", rows=10)


def test_sync_is_refused_before_anything_is_made_up_where_the_server_is_not_installed(
    kept_apart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opsdesk.bench.syncing.measuring", None)
    monkeypatch.delattr(syncing, "measuring", raising=False)
    with pytest.raises(Refused, match="extra `server`"):
        bench.run("sync", rows=11)
    assert not list(kept_apart.glob("11-*"))


def test_the_map_is_measured_beside_bare_leaflet() -> None:
    with folders.copy_of(folders.seeded(300)) as folder:
        found = listing.run_process("opsdesk.bench.map_window", "positions", folder, 1)
    assert set(found["steps"]) == {"positions1000", "positions10000", "window10000"}
    assert all(took["ours"][0] > 0 and took["bare"][0] > 0 for took in found["steps"].values())
    assert found["memory_added_mb"] > 0


def test_editing_is_measured_beside_the_raw_writes() -> None:
    found = bench.run("edit", rows=300, times=1)
    assert set(found) == {"what", "rows", "machine", "steps"}
    fields = ("reported_via", "priority", "due_at")
    assert set(found["steps"]) == {"edit", *(f"{name}300_{field}" for name in ("bulk", "capture") for field in fields)}
    assert all(step["limit_median_ms"] > 0 and step["median_ms"] > 0 for step in found["steps"].values())


def test_the_list_is_measured_in_the_window() -> None:
    found = bench.run("list", rows=300, times=1)
    named = {"open", "sort_updated", "sort_assignee", "filter3", "search2", "jump", "preview", "create", "bulk1000"}
    assert named <= set(found["steps"])
    for step in found["steps"].values():
        assert {"median_ms", "p95_ms", "limit_median_ms", "ratio", "stall_ms"} <= set(step)
    assert {"longest_stall_ms", "memory_added_mb", "empty_repaint_ms"} <= set(found)
    json.dumps(found)


def test_starting_is_measured_from_the_start_of_the_process() -> None:
    found = bench.run("start", rows=300, times=1)
    assert found["steps"]["start"]["median_ms"] > 50
