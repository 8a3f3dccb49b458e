"""what was shown of what is lost: a row keeps the version that a restored server lost until it is read anew."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lost_value",
        sa.Column("record", sa.LargeBinary(length=16), nullable=False),
        sa.Column("field", sa.SmallInteger(), nullable=False),
        sa.Column("ver", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("record", "field", "ver", name=op.f("pk_lost_value")),
        sqlite_with_rowid=False,
    )
    _keep_lost()


def _keep_lost() -> None:
    """Rows that were not read anew since a restore bore the last version before it. What was lost last stands in."""
    bind = op.get_bind()
    stretches = bind.exec_driver_sql("SELECT start, stop FROM lost_version ORDER BY start DESC").fetchall()
    if not stretches:
        return
    found = bind.exec_driver_sql(
        "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c ON c.name = 'ver' "
        "WHERE m.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) i WHERE i.name = 'id')"
    ).fetchall()
    # The last first: where one begins as the one before it ends, what bears that version now is not meant.
    for start, stop in stretches:
        for (table,) in found:
            # Edits made since, and not sent yet, had seen the same.
            bind.exec_driver_sql(
                "UPDATE change SET base = ? WHERE base = ? AND field > 0 AND outcome IS NULL "
                "AND seq > (SELECT value FROM sync_state WHERE name = 'offered_to') "
                "AND seq NOT IN (SELECT seq FROM sent_change) "
                f'AND record IN (SELECT s.record FROM stale_record s JOIN "{table}" t ON t.id = s.record '
                "WHERE s.ver = 0 AND t.ver = ?)",
                (stop - 1, start - 1, start - 1),
            )
            bind.exec_driver_sql(
                f'UPDATE "{table}" SET ver = ? WHERE ver = ? AND id IN (SELECT record FROM stale_record WHERE ver = 0)',
                (stop - 1, start - 1),
            )
