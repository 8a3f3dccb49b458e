"""The Returned box: own changes that the server sent back, as things that a person settles one by one."""

from opsdesk.services.returned.items import heads

__all__ = ["heads"]
