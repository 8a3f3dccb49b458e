"""Files of a record in tiles: dropped, pasted or chosen, with where each of them is, and a preview."""

from opsdesk.ui.widgets.attachment_strip.pasting import pasted_files, pasted_picture
from opsdesk.ui.widgets.attachment_strip.preview import Preview
from opsdesk.ui.widgets.attachment_strip.strip import AttachmentStrip

__all__ = ["AttachmentStrip", "Preview", "pasted_files", "pasted_picture"]
