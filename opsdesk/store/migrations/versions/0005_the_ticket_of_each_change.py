"""the ticket of each change, and what became of what was returned."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TICKET = 10
HANGING = {11: "comment", 12: "link", 13: "tag", 14: "watcher", 15: "attachment", 16: "answer", 18: "conflict_care"}


def upgrade() -> None:
    op.add_column("change", sa.Column("subject", sa.LargeBinary(length=16), nullable=True))
    op.execute(f"UPDATE change SET subject = record WHERE entity = {TICKET}")
    for entity, table in HANGING.items():
        op.execute(
            f"UPDATE change SET subject = (SELECT h.subject FROM {table} h WHERE h.id = change.record) "
            f"WHERE entity = {entity}"
        )
    op.create_index("ix_change_waiting", "change", ["subject"], sqlite_where=sa.text("outcome IS NULL"))
    op.add_column("returned_change", sa.Column("settled_at", sa.BigInteger(), nullable=True))
    op.add_column("returned_change", sa.Column("how", sa.String(), nullable=True))
    op.add_column("returned_change", sa.Column("said", sa.String(), nullable=True))
    op.add_column("returned_change", sa.Column("settled_by", sa.LargeBinary(length=16), nullable=True))
    op.create_index("ix_returned_change_open", "returned_change", ["seq"], sqlite_where=sa.text("settled_at IS NULL"))
