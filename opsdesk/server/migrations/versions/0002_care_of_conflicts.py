"""care of conflicts: who looks after one."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conflict_care",
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
        sa.Column("made_ver", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("made_dev", sa.LargeBinary(length=16), nullable=True),
        sa.Column("made_dseq", sa.BigInteger(), nullable=True),
        sa.Column("writers", sa.LargeBinary(), nullable=True),
        sa.Column("extra", sa.LargeBinary(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("octet_length(id) = 16", name=op.f("ck_conflict_care_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_care")),
    )
    op.create_index("ix_conflict_care_place", "conflict_care", ["unit", "marking", "id"], unique=False)
    op.create_index("ix_conflict_care_subject", "conflict_care", ["subject"], unique=False)
