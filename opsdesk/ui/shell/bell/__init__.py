"""The bell: what the person at this desk should know."""

from opsdesk.ui.shell.bell.keeper import NoticeKeeper
from opsdesk.ui.shell.bell.panel import KEYS, BellPanel

__all__ = ["KEYS", "BellPanel", "NoticeKeeper"]
