"""The database is what its migrations make, and a file is never upgraded, or refused, at a person's cost."""

from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from opsdesk.models.base import Base
from opsdesk.services import tickets
from opsdesk.services.desk import Desk
from opsdesk.store import derived, migrations
from opsdesk.store.database import Database, connect, problems
from opsdesk.store.errors import StorageError

VERSIONS = Path(migrations.__file__).parent / "versions"
HEAD = migrations.HEAD
NEXT = f"{int(HEAD) + 1:04d}"


def test_head_is_the_newest_revision() -> None:
    assert max(path.name.split("_")[0] for path in VERSIONS.glob("[0-9]*.py")) == migrations.HEAD


def test_the_declarations_say_nothing_that_no_migration_made(database: Database) -> None:
    derived.drop(database.connection.execute)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []


def test_a_newer_file_is_refused_and_left_as_it_is(folder: Path) -> None:
    connection = connect(folder / "opsdesk.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = (folder / "opsdesk.db").read_bytes()
    for read_only in (False, True):
        with pytest.raises(StorageError, match="newer version"):
            Database.open(folder, read_only=read_only)
    assert (folder / "opsdesk.db").read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "opsdesk.db").write_bytes(b"a letter to the quartermaster" * 100)
    with pytest.raises(StorageError, match="not an OpsDesk database"):
        Database.open(tmp_path)
    assert (tmp_path / "opsdesk.db").read_bytes().startswith(b"a letter")


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    connection = connect(tmp_path / "opsdesk.db")
    connection.execute("CREATE TABLE recipe (name)")
    connection.close()
    with pytest.raises(StorageError, match="not one of OpsDesk"):
        Database.open(tmp_path)


REVISION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{revision}", "{head}", None, None


def upgrade():
    # A batch makes the table anew: SQLite drops its triggers with it, and with foreign keys on its children too.
    with op.batch_alter_table("ticket", recreate="always") as batch:
        batch.add_column(sa.Column("colour", sa.String()))
    op.execute("UPDATE ticket SET colour = 'blue'")
    {then}
"""


@pytest.fixture
def revise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Give the program one more revision that makes the ticket table anew."""

    def add(then: str = "") -> None:
        (tmp_path / f"{NEXT}_colour.py").write_text(REVISION.format(revision=NEXT, head=HEAD, then=then))
        monkeypatch.setattr(migrations, "FOLDERS", [*migrations.FOLDERS, tmp_path])
        monkeypatch.setattr(migrations, "HEAD", NEXT)

    return add


def test_an_upgrade_keeps_a_copy_and_makes_triggers_and_search_again(
    folder: Path, revise: Callable[[str], None]
) -> None:
    made = _with_a_ticket(folder)
    revise("")
    database = Database.open(folder)
    assert database.problems() == []
    found = database.connection.execute(
        "SELECT t.id, t.colour FROM ticket_fts f JOIN ticket t ON t.key = f.rowid WHERE ticket_fts MATCH 'bridge'"
    ).fetchall()
    assert found == [(made, "blue")]
    assert database.connection.execute("SELECT count(*) FROM comment").fetchone() == (1,)
    database.close()
    (copy,) = (folder / "backups").glob(f"opsdesk-{HEAD}-*.db")
    earlier = connect(copy, read_only=True)
    assert migrations.revision_of(earlier) == HEAD
    assert earlier.execute("SELECT title FROM ticket").fetchall() == [("Bridge closed",)]
    earlier.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(folder: Path, revise: Callable[[str], None]) -> None:
    _with_a_ticket(folder)
    revise("op.execute('INSERT INTO nowhere VALUES (1)')")
    with pytest.raises(StorageError, match="nothing was changed: no such table: nowhere"):
        Database.open(folder)
    connection = connect(folder / "opsdesk.db")
    assert migrations.revision_of(connection) == HEAD
    assert problems(connection) == []
    assert connection.execute("SELECT count(*) FROM ticket").fetchone() == (1,)
    connection.close()


def _with_a_ticket(folder: Path) -> bytes:
    desk = Desk.open(folder)
    made = desk.do(tickets.create, title="Bridge closed").result().value
    assert isinstance(made, bytes)
    desk.do(tickets.comment, made, "Both lanes").result()
    desk.close()
    return made


def test_two_folders_are_two_devices(tmp_path: Path) -> None:
    one, two = (Desk.open(tmp_path / name) for name in ("one", "two"))
    identities = {desk._database.identity.dev for desk in (one, two)}
    one.close()
    two.close()
    assert len(identities) == 2


def test_what_a_restored_server_had_lost_and_not_told_again_still_counts_as_lost(folder: Path) -> None:
    """Before 0019 such a row, and who had edited it since, named the last version before the loss."""
    shows_lost, read_anew = _with_a_ticket(folder), _with_a_ticket(folder)
    connection = connect(folder / "opsdesk.db")
    for statement in (
        "UPDATE capture SET origin = 1",
        "UPDATE ticket SET ver = 4",
        "UPDATE change SET outcome = 0",
        "INSERT INTO sync_state VALUES ('offered_to', (SELECT max(seq) FROM change))",
        "INSERT INTO lost_version VALUES (5, 100), (100, 200)",
        f"INSERT INTO stale_record VALUES (x'{shows_lost.hex()}', 0), (x'{read_anew.hex()}', 4)",
        "UPDATE capture SET origin = 0",
        "UPDATE ticket SET title = 'Bridge open'",
        "DROP TABLE lost_value",
        "UPDATE alembic_version SET version_num = '0018'",
    ):
        connection.execute(statement)
    derived.drop(connection.execute)
    connection.execute("ALTER TABLE change DROP COLUMN settled_before")
    assert connection.execute("SELECT base FROM change WHERE outcome IS NULL").fetchall() == [(4,), (4,)]
    connection.close()
    database = Database.open(folder)
    assert database.problems() == []
    for asked in ("SELECT id, ver FROM ticket", "SELECT record, base FROM change WHERE outcome IS NULL"):
        assert dict(database.connection.execute(asked).fetchall()) == {shows_lost: 99, read_anew: 4}
    database.close()
