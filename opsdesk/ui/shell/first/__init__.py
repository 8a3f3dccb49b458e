"""Setting up a station: working alone or joining a post, at the first start and at any time later."""

from opsdesk.ui.shell.first.look import SEEN_SETTING, FirstLook

__all__ = ["SEEN_SETTING", "FirstLook"]
