"""templates of tickets."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ticket_template",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("unit", sa.LargeBinary(length=16), nullable=True),
        sa.Column("marking", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("exercise", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("voided", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("shortcut", sa.String(), nullable=True),
        sa.Column("content", sa.Text(), server_default="{}", nullable=False),
        sa.Column("ver", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("made_ver", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("made_dev", sa.LargeBinary(length=16), nullable=True),
        sa.Column("made_dseq", sa.BigInteger(), nullable=True),
        sa.Column("writers", sa.LargeBinary(), nullable=True),
        sa.Column("extra", sa.LargeBinary(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("octet_length(id) = 16", name=op.f("ck_ticket_template_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_template")),
    )
    op.create_index("ix_ticket_template_place", "ticket_template", ["unit", "marking", "id"], unique=False)
