"""Undo: a new act that gives back what an earlier one wrote over. Undoing that act is redo.

What waits is withdrawn, what the centre has is written back by a new change. What was changed again since stays as it
is, and so does a category, type, place or unit that tickets use by now: `run` asks before it leaves something.
"""

from opsdesk.services.undo.acts import ActRow, recent, undo
from opsdesk.services.undo.job import run
from opsdesk.services.undo.preview import Preview, Stays, WouldStay, preview

__all__ = ["ActRow", "Preview", "Stays", "WouldStay", "preview", "recent", "run", "undo"]
