"""The link to the server: its state, and the loop that keeps this desk in step without anybody's doing."""

from opsdesk.services.link.command import once
from opsdesk.services.link.link import Link
from opsdesk.services.link.state import LinkKind, LinkState

__all__ = ["Link", "LinkKind", "LinkState", "once"]
