"""targets of service."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "service_target",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("unit", sa.LargeBinary(length=16), nullable=True),
        sa.Column("marking", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("exercise", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("voided", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("type", sa.LargeBinary(length=16), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("response", sa.Text(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("pauses", sa.Text(), server_default="[]", nullable=False),
        sa.Column("starts", sa.String(), server_default="recorded", nullable=False),
        sa.Column("work_answers", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("ver", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("made_ver", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("made_dev", sa.LargeBinary(length=16), nullable=True),
        sa.Column("made_dseq", sa.BigInteger(), nullable=True),
        sa.Column("writers", sa.LargeBinary(), nullable=True),
        sa.Column("extra", sa.LargeBinary(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("octet_length(id) = 16", name=op.f("ck_service_target_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_target")),
    )
