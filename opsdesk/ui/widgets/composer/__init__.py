"""The box in which a comment is written, and the text field with the same completion."""

from opsdesk.ui.widgets.composer.audience import INTERNAL, REQUESTER
from opsdesk.ui.widgets.composer.box import Composer
from opsdesk.ui.widgets.composer.markdown_text import MarkdownText

__all__ = ["INTERNAL", "REQUESTER", "Composer", "MarkdownText"]
