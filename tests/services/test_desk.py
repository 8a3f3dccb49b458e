"""The desk's threads, its lock on the folder, and a disk that refuses."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from opsdesk.models.local import Setting
from opsdesk.services import tickets
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.errors import FolderInUse, Refused, StorageError, Superseded
from opsdesk.store.database import Database
from opsdesk.store.work import Reader, Work

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


def endless(reader: Reader) -> Any:
    """A question that ends only by being interrupted."""
    return reader.value(ENDLESS)


def test_a_newer_question_on_a_channel_interrupts_the_older(desk: Desk) -> None:
    older = desk.ask(endless, channel="list")
    newer = desk.ask(lambda reader: reader.value("SELECT 7"), channel="list")
    assert newer.result() == 7
    with pytest.raises(Superseded):
        older.result()


def test_other_channels_are_left_alone(desk: Desk) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(reader: Reader) -> int:
        started.set()
        go_on.wait()
        return int(reader.value("SELECT 1"))

    other = desk.ask(slow, channel="preview")
    started.wait()
    for _ in range(20):
        desk.ask(endless, channel="list")
    desk.ask(lambda reader: 0, channel="list").result()
    go_on.set()
    assert other.result() == 1


def test_closing_interrupts_what_still_runs(folder: Path) -> None:
    desk = Desk.open(folder)
    futures = [desk.ask(endless) for _ in range(6)]
    desk.close()
    assert all(future.done() for future in futures)


def test_a_persons_command_goes_before_the_pieces_of_a_job(desk: Desk) -> None:
    order: list[str] = []
    started, go_on = threading.Event(), threading.Event()

    def block(work: Work) -> Changes:
        started.set()
        go_on.wait()
        return Changes()

    def note(work: Work, name: str) -> Changes:
        order.append(name)
        return Changes()

    first = desk.do(block)
    started.wait()
    jobs = [desk.do(note, "job", background=True) for _ in range(3)]
    desk.do(note, "person")
    go_on.set()
    for future in (first, *jobs):
        future.result()
    assert order == ["person", "job", "job", "job"]


def test_what_a_command_changed_is_announced_after_it_is_durable(desk: Desk, folder: Path) -> None:
    heard: list[tuple[Changes, int]] = []

    def hear(changes: Changes) -> None:
        reader = Database.open(folder, read_only=True)
        heard.append((changes, reader.connection.execute("SELECT count(*) FROM ticket").fetchone()[0]))
        reader.close()

    desk.changed.connect(hear)
    made = desk.do(tickets.create, title="Bridge closed").result()
    assert heard == [(made.changes, 1)]
    desk.changed.disconnect(hear)


def test_a_command_that_fails_leaves_nothing_and_the_desk_goes_on(desk: Desk) -> None:
    def half(work: Work) -> Changes:
        tickets.create(work, title="Half done")
        raise Refused("Second thoughts")

    with pytest.raises(Refused):
        desk.do(half).result()
    assert desk.ask(lambda reader: reader.value("SELECT count(*) FROM ticket")).result() == 0
    desk.do(tickets.create, title="Whole").result()


def test_settings_are_read_at_once_and_kept(folder: Path) -> None:
    desk = Desk.open(folder)
    desk.settings.set("list.widths", {"title": 300})
    assert desk.settings.get("list.widths", {}) == {"title": 300}
    assert desk.settings.get("list.widths", "text") == "text"
    desk.close()
    again = Desk.open(folder)
    assert again.settings.get("list.widths", {}) == {"title": 300}
    again.close()
    assert Setting.__tablename__ == "setting"


def test_a_second_program_is_told_who_holds_the_folder(desk: Desk, folder: Path) -> None:
    with pytest.raises(FolderInUse, match=rf"process {os.getpid()}"):
        Desk.open(folder)


def cli(folder: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "opsdesk", *arguments, "--data", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def test_beside_an_open_window_the_command_line_reads_and_does_not_write(desk: Desk, folder: Path) -> None:
    desk.do(tickets.create, title="Bridge closed").result()
    assert "in order" in cli(folder, "doctor").stdout
    refused = cli(folder, "seed", "--tickets", "10")
    assert refused.returncode == 1
    assert "in use by OpsDesk" in refused.stderr


def test_the_lock_of_a_dead_program_does_not_hold(folder: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from opsdesk.services.desk import Desk;"
        "Desk.open(Path(sys.argv[1])); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(folder)], check=False).returncode == 9
    Desk.open(folder).close()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="needs root, to become a user without rights")
def test_a_folder_that_cannot_be_written_to_is_refused_in_words(folder: Path) -> None:
    readable = Path("/tmp") / f"opsdesk-readonly-{os.getpid()}"
    shutil.copytree(folder, readable)
    code = (
        "import sys; from pathlib import Path; from opsdesk.services.desk import Desk\n"
        "from opsdesk.services.errors import StorageError\n"
        "import os; os.setgid(65534); os.setuid(65534)\n"
        "try: Desk.open(Path(sys.argv[1]))\n"
        "except StorageError as error: print('refused:', error)"
    )
    try:
        for path in (readable, *readable.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o444)
        done = subprocess.run([sys.executable, "-c", code, str(readable)], capture_output=True, text=True, check=False)
    finally:
        shutil.rmtree(readable)
    assert "refused:" in done.stdout, done.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """A disk of 3 MiB; skipped where none can be mounted."""
    mount = tmp_path / "disk"
    mount.mkdir()
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("needs root, to mount a small disk")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(mount)], check=False)
    if made.returncode:
        pytest.skip("this machine does not let a test mount a disk")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


def test_a_full_disk_is_said_so_and_what_was_saved_stays(small_disk: Path, made_folder: Path) -> None:
    folder = Path(shutil.copytree(made_folder, small_disk / "data"))
    desk = Desk.open(folder)
    saved = 0
    refused = ""
    while not refused:
        try:
            desk.do(tickets.create, title="Bridge closed", values={"description": os.urandom(20_000).hex()}).result()
            saved += 1
        except StorageError as error:
            refused = str(error)
    assert "disk is full" in refused
    assert 0 < saved < 500
    # It still answers, and goes on as soon as there is room.
    assert desk.ask(lambda reader: reader.value("SELECT count(*) FROM ticket")).result() == saved
    desk.close()
    roomy = Path(shutil.copytree(folder, small_disk.with_name("roomy")))
    again = Desk.open(roomy)
    again.do(tickets.create, title="There is room").result()
    assert again._database.problems() == []
    again.close()
