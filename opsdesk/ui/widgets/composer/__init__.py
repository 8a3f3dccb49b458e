"""Where a comment is written."""

from opsdesk.ui.widgets.composer.box import INTERNAL, REQUESTER, Composer

__all__ = ["INTERNAL", "REQUESTER", "Composer"]
