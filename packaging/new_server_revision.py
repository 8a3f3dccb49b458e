"""Write a new revision of the server's database from what the declarations and the last revision differ in.

Usage: .venv/bin/python packaging/new_server_revision.py NUMBER "what it does"; then read the file, and set HEAD.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from opsdesk.server import database
from opsdesk.server.postgres import FAST, Cluster

number, message = sys.argv[1:]
with tempfile.TemporaryDirectory() as name:
    Path(name).chmod(0o755)
    with Cluster(Path(name) / "cluster", settings=FAST).up() as cluster:
        asyncio.run(database.write_revision(cluster.connection(), number, message))
