"""halves of a position: what comes in says one after the other, so no constraint of the table holds them together."""

import re

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_CHECK = re.compile(r"\s*CONSTRAINT ck_place_position CHECK \(\(lat IS NULL\) = \(lon IS NULL\)\),")


def upgrade() -> None:
    # Rows stay as they are, so the text of the table is all that changes: SQLite's own way to take a CHECK out
    # (its page on ALTER TABLE, "Making Other Kinds Of Table Schema Changes"). A copy of a million rows takes minutes.
    bind = op.get_bind()
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    for table in ("place", "ticket"):
        said = bind.exec_driver_sql(
            "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,)
        ).scalar_one()
        told = _CHECK.sub("", said)
        bind.exec_driver_sql("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?", (told, table))
    # The number changes, so that every connection reads the text anew.
    bind.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema = OFF")
