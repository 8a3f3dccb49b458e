"""A desk that is killed while it writes loses nothing that it had acknowledged."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = int(os.environ.get("OPSDESK_KILLS", "12"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the loop forks, which this system cannot")
def test_a_killed_desk_loses_no_acknowledged_write(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.crash_loop", str(tmp_path / "data"), str(KILLS), "7"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["acknowledged"] > KILLS
    assert (figures["lost"], figures["problems"]) == (0, [])
