"""targets of service, and the clocks of tickets."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "service_target",
        sa.Column("key", sa.Integer(), nullable=False),
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
        sa.PrimaryKeyConstraint("key", name=op.f("pk_service_target")),
        sa.UniqueConstraint("id", name=op.f("uq_service_target_id")),
    )
    op.create_table(
        "stale_clock",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_stale_clock")),
    )
    op.add_column("ticket", sa.Column("response", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("ticket", sa.Column("response_due", sa.BigInteger(), nullable=True))
    op.add_column("ticket", sa.Column("resolution", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("ticket", sa.Column("resolution_due", sa.BigInteger(), nullable=True))
    op.add_column("ticket", sa.Column("clock_due", sa.BigInteger(), nullable=True))
    op.add_column("ticket", sa.Column("clocks", sa.Text(), nullable=True))
