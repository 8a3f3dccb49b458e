"""Write a new revision of the local database from what the declarations and the last revision differ in.

Usage: .venv/bin/python packaging/new_revision.py NUMBER "what it does"; then read the file, and set HEAD.
"""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from opsdesk.store import database, migrations

number, message = sys.argv[1:]
connection = database.Driver.connect(":memory:", isolation_level=None)
engine = create_engine("sqlite://", module=database.Driver, creator=lambda: connection, poolclass=StaticPool)
config = Config()
config.set_main_option("script_location", str(Path(migrations.__file__).parent))
with engine.connect() as bound:
    config.attributes["connection"] = bound
    command.upgrade(config, "head")
    command.revision(config, message, rev_id=number, autogenerate=True)
