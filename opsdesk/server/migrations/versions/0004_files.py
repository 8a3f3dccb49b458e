"""files: the bytes of attachments."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_file",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("whole", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("touched_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
    )
    op.create_index("uq_stored_file_whole", "stored_file", ["sha256"], unique=True, postgresql_where=sa.text("whole"))
    op.create_table(
        "file_piece",
        sa.Column("file", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("file", "at", name=op.f("pk_file_piece")),
    )
    # Photos and PDFs do not get smaller by being packed once more.
    op.execute("ALTER TABLE file_piece ALTER data SET STORAGE EXTERNAL")
    op.create_table(
        "file_of",
        sa.Column("attachment", sa.LargeBinary(length=16), nullable=False),
        sa.Column("file", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("attachment", name=op.f("pk_file_of")),
    )
    op.create_index("ix_file_of_file", "file_of", ["file"], unique=False)
