"""The server's own folder: its settings, its keys and, without a database elsewhere, its PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from opsdesk.server import certificates
from opsdesk.server.limits import LARGEST
from opsdesk.server.postgres import Cluster
from opsdesk.server.tokens import TokenKey
from opsdesk.services.errors import OpsDeskError
from opsdesk.services.folder import data_folder

DATABASE: Final = "opsdesk"
PORT: Final = 8471
ROOTS_FOLDER: Final = Path("/var/lib/opsdesk")
"""Where root's server is when nobody names a folder: root's own folder is closed to the database's account."""


class NoServer(OpsDeskError):
    """The folder holds no server, or one already."""


class Settings(msgspec.Struct, kw_only=True):
    """What `server.json` holds. `url` names a PostgreSQL elsewhere, by its owner; None is the embedded one."""

    login: str
    password: str
    names: list[str]
    url: str | None = None
    host: str = "0.0.0.0"
    port: int = PORT
    largest_file: int = LARGEST
    """Bytes of one attachment."""
    all_files: int | None = None
    """Bytes of all attachments together; None is as much as the disk holds."""
    epoch: int = 0
    """The life that the last restore began. It stands here as well, since the next one may find no database to ask."""


class ServerFolder:
    """A folder made by `opsdesk server init`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keys = path / "keys"
        self.cluster = Cluster(path / "postgres")
        self._settings_file = path / "server.json"

    @property
    def made(self) -> bool:
        """Whether `init` was finished here."""
        return self._settings_file.exists()

    @property
    def settings(self) -> Settings:
        """The settings. Raises NoServer before `init`."""
        if not self.made:
            raise NoServer(f"There is no server in {self.path}. Make one with: opsdesk server init")
        return msgspec.json.decode(self._settings_file.read_bytes(), type=Settings)

    def write(self, settings: Settings) -> None:
        """Write the settings; they hold a password."""
        certificates.write_secret(self._settings_file, msgspec.json.format(msgspec.json.encode(settings)))

    def owner(self, settings: Settings, database: str = DATABASE) -> Mapping[str, Any]:
        """How the database's owner connects, as arguments of `asyncpg.connect`."""
        return {"dsn": settings.url} if settings.url else self.cluster.connection(database)

    def login(self, settings: Settings) -> Mapping[str, Any]:
        """How the service connects."""
        return {**self.owner(settings), "user": settings.login, "password": settings.password}

    @property
    def token_key(self) -> TokenKey:
        """The key of the access tokens."""
        return TokenKey.load(self.keys / "token.pem")


def folder_for(data: Path) -> ServerFolder:
    """The server's folder below a data folder. Raises NoServer to root where it is another account's."""
    named = data != data_folder() or "OPSDESK_DATA" in os.environ
    at_home = named or os.name == "nt" or os.geteuid() != 0
    path = (data if at_home else ROOTS_FOLDER) / "server"
    if os.name != "nt" and os.geteuid() == 0 and path.exists() and (owner := path.stat().st_uid) != 0:
        # What root writes there, and the log that it opens, the server could not read any more.
        name = _account(owner)
        raise NoServer(
            f"The server in {path} is that of the account “{name}”. Say this as that account: "
            f"sudo -u {name} opsdesk --data {path.parent} server …"
        )
    return ServerFolder(path)


def _account(number: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"#{number}"
