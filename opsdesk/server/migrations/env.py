"""Alembic's environment: it runs on the connection that the program hands over, inside its transaction."""

from alembic import context

from opsdesk.server.derived import INDEX_PREFIX
from opsdesk.server.tables import metadata


def include_name(name: str | None, type_: str, _parents: object) -> bool:
    """Leave out the indexes on expressions, which are derived."""
    return not (type_ == "index" and name is not None and name.startswith(INDEX_PREFIX))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_name=include_name,
    compare_type=True,
    compare_server_default=True,
    transactional_ddl=False,
)
context.run_migrations()
