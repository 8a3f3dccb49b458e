"""when tickets were closed: no table changes, but what follows from the declarations is made again after a migration,
and the indexes of closings belong to it."""

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
