"""what had its outcome before: a restored server lost it, and it waits again; a form may have shown what came after."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("change", sa.Column("settled_before", sa.Integer(), nullable=True))
