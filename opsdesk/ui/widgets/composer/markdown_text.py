"""A text field for Markdown in which people, units, tickets and texts are completed behind their signs."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from opsdesk.ui.widgets.composer.completion import Completion
from opsdesk.ui.widgets.composer.mention_text import MentionText
from opsdesk.ui.widgets.composer.sources import WritingSources
from opsdesk.ui.widgets.directory import Directory


class MarkdownText(MentionText):
    """The field of a form, as the box of a comment is."""

    def __init__(
        self,
        placeholder: str,
        directory: Directory,
        settings: Any,
        *,
        lines: tuple[int, int] = (2, 8),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(placeholder, lines=lines, parent=parent)
        self.sources = WritingSources(directory, settings)
        self.completion = Completion(self)
        self.completion.set_sources(self.sources.by_sign)
        self.completion.taken.connect(self.sources.remember)
