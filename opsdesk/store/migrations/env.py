"""Alembic's environment: it runs on the connection that the program hands over, never on one of its own."""

from alembic import context

from opsdesk import models  # noqa: F401  (declares the entities)
from opsdesk.models.base import Base
from opsdesk.store import tables  # noqa: F401  (declares the store's own tables)
from opsdesk.store.queue import tables as queue_tables  # noqa: F401  (declares those of sync)
from opsdesk.store.search import TABLES


def include_name(name: str | None, type_: str, _parents: object) -> bool:
    """Leave out what the search tables keep for themselves, and the indexes of lists: both are derived."""
    if type_ == "index":
        return name is None or not name.startswith("list_")
    return not (type_ == "table" and name is not None and name.startswith(tuple(TABLES)))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_name=include_name,
    compare_type=False,
    # The caller holds the transaction and commits.
    transactional_ddl=False,
)
context.run_migrations()
