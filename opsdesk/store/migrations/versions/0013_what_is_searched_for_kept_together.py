"""what is searched for, kept together at the end of a transaction; triggers that ask first whether they are meant."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("capture", sa.Column("search_later", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_table(
        "search_due",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("what", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
