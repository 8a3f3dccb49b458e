"""texts that are often written."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "canned_text",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("unit", sa.LargeBinary(length=16), nullable=True),
        sa.Column("marking", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("exercise", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("voided", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("shortcut", sa.String(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("owner", sa.LargeBinary(length=16), nullable=True),
        sa.Column("ver", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("made_ver", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("made_dev", sa.LargeBinary(length=16), nullable=True),
        sa.Column("made_dseq", sa.BigInteger(), nullable=True),
        sa.Column("writers", sa.LargeBinary(), nullable=True),
        sa.Column("extra", sa.LargeBinary(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("octet_length(id) = 16", name=op.f("ck_canned_text_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_text")),
    )
    op.create_index("ix_canned_text_place", "canned_text", ["unit", "marking", "id"], unique=False)
