"""what a person should know: notifications, and from where on a feed tells news."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nothing has filled it so far.
    op.drop_table("notification")
    op.create_table(
        "notification",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("person", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.LargeBinary(length=16), nullable=False),
        sa.Column("record", sa.LargeBinary(length=16), nullable=False),
        sa.Column("actor", sa.LargeBinary(length=16), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("snoozed_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_notification")),
        sa.UniqueConstraint("id", name=op.f("uq_notification_id")),
    )
    op.create_index("ix_notification_person_key", "notification", ["person", "key"])
    op.create_index(
        "ix_notification_unread", "notification", ["person", "subject"], sqlite_where=sa.text("read_at IS NULL")
    )
    # A folder that reads its feeds already has been told all of it.
    op.add_column("feed_cursor", sa.Column("quiet", sa.BigInteger(), nullable=False, server_default="0"))
