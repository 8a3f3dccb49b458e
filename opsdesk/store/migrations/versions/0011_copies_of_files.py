"""copies of files."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "file_copy",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("here", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("moved", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("wanted", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_file_copy")),
    )
    op.create_table(
        "file_held",
        sa.Column("attachment", sa.LargeBinary(length=16), nullable=False),
        sa.Column("epoch", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("attachment", name=op.f("pk_file_held")),
    )
    op.create_index(op.f("ix_attachment_sha256"), "attachment", ["sha256"], unique=False)
