"""Files of a record in tiles: dropped, pasted or chosen, with where each of them is, and a preview."""

from opsdesk.ui.widgets.attachment_strip.kept import KeptFiles
from opsdesk.ui.widgets.attachment_strip.line_pasting import LinePasting
from opsdesk.ui.widgets.attachment_strip.pasting import is_file, pasted_files, pasted_picture
from opsdesk.ui.widgets.attachment_strip.preview import Preview
from opsdesk.ui.widgets.attachment_strip.strip import AttachmentStrip
from opsdesk.ui.widgets.attachment_strip.tiles import Tiles

__all__ = [
    "AttachmentStrip",
    "KeptFiles",
    "LinePasting",
    "Preview",
    "Tiles",
    "is_file",
    "pasted_files",
    "pasted_picture",
]
