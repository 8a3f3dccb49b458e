"""The whole tour in a process of its own, as `make run` makes it where there is no display."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from opsdesk.tour.scenes import SCENES

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(1_200)  # tells a hang; there are some fifty pictures, of which each may take seconds
def test_each_scene_of_the_tour_plays_and_leaves_a_picture(tmp_path: Path) -> None:
    out = tmp_path / "pictures"
    tour = [sys.executable, "-m", "opsdesk", "tour", "--out", str(out), "--theme", "dark", "--size", "1180x760"]
    ended = subprocess.run(tour, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-4_000:]
    assert {path.name for path in out.iterdir()} == {f"{scene.name}-dark-1180x760.png" for scene in SCENES}
