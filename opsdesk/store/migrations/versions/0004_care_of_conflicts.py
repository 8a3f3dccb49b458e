"""care of conflicts: who looks after one, and what there was to choose from."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conflict_care",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("unit", sa.LargeBinary(length=16), nullable=True),
        sa.Column("marking", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("exercise", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("voided", sa.String(), nullable=True),
        sa.Column("subject", sa.LargeBinary(length=16), nullable=False),
        sa.Column("conflict", sa.LargeBinary(length=16), nullable=False),
        sa.Column("owner", sa.LargeBinary(length=16), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("ver", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_conflict_care")),
        sa.UniqueConstraint("id", name=op.f("uq_conflict_care_id")),
    )
    op.create_index(op.f("ix_conflict_care_subject"), "conflict_care", ["subject"], unique=False)
    op.add_column("conflict", sa.Column("asked", sa.LargeBinary(), nullable=True))
    op.add_column("conflict", sa.Column("found_at", sa.BigInteger(), nullable=True))
    op.add_column("conflict", sa.Column("settled_at", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_conflict_settled_at", "conflict", ["settled_at"], sqlite_where=sa.text("settled_at IS NOT NULL")
    )
    op.create_index(
        "ix_sync_intent_conflict", "sync_intent", ["conflict"], sqlite_where=sa.text("conflict IS NOT NULL")
    )
