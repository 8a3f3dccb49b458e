"""The fixtures of a real PostgreSQL are in tests/support/servers.py."""

from tests.support.servers import login, run

__all__ = ["login", "run"]
