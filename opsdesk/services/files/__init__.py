"""Files that hang on records: taking them in, showing where they are, fetching them."""

from opsdesk.services.files.commands import ask_for, attach, remove, try_again, was_damaged
from opsdesk.services.files.rows import FileRow, Whereabouts, of
from opsdesk.services.filework.attaching import from_draft, in_draft
from opsdesk.services.filework.kinds import Kind, Shown, by_mime, kind_of
from opsdesk.services.filework.names import clean
from opsdesk.services.filework.worker import LARGEST, FileWorker, NotHere, Prepared, Taking, size_text
from opsdesk.store.files import Damaged

__all__ = [
    "LARGEST",
    "Damaged",
    "FileRow",
    "FileWorker",
    "Kind",
    "NotHere",
    "Prepared",
    "Shown",
    "Taking",
    "Whereabouts",
    "ask_for",
    "attach",
    "by_mime",
    "clean",
    "from_draft",
    "in_draft",
    "kind_of",
    "of",
    "remove",
    "size_text",
    "try_again",
    "was_damaged",
]
