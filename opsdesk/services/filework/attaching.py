"""Files that wait to be attached: kept with a draft, and written as records of what they hang on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.models.threads import Attachment
from opsdesk.services.errors import Refused
from opsdesk.services.filework.names import clean
from opsdesk.services.filework.worker import Prepared
from opsdesk.store.files import copies
from opsdesk.store.work import Work

MOST: Final = 50
"""Files that one ticket or comment is sent with."""
_HASH: Final = re.compile(r"[0-9a-f]{64}")


def put(work: Work, of: Mapping[str, Any], files: Sequence[Prepared], comment: Id | None = None) -> list[Id]:
    """Write the records of files whose bytes are in the store, and return their ids.

    `of` holds the subject with its unit, marking and exercise. A file that hangs there already, by name and bytes and
    with the same comment, stays as it is. Raises Refused for too many at once.
    """
    if len(files) > MOST:
        raise Refused(f"At most {MOST} files at once, these are {len(files)}", field="files")
    made: list[Id] = []
    for file in files:
        there = (
            "SELECT 1 FROM attachment WHERE subject = ? AND sha256 = ? AND name = ? AND comment IS ? AND voided IS NULL"
        )
        if work.value(there, (of["subject"], file.sha256, file.name, comment)) is not None:
            continue
        values = {"name": file.name, "mime": file.mime, "size": file.size, "sha256": file.sha256, "comment": comment}
        made.append(work.insert(Attachment, {**of, **values}))
        copies.kept(work.connection, file.sha256)
    return made


def in_draft(files: Iterable[Prepared]) -> list[dict[str, Any]]:
    """Files as a draft keeps them."""
    return [{"name": file.name, "mime": file.mime, "size": file.size, "sha256": file.sha256} for file in files]


def from_draft(said: object) -> tuple[Prepared, ...]:
    """The files that a draft kept; what cannot be read as one is left out."""
    entries = said if isinstance(said, list) else []
    return tuple(file for entry in entries for file in _read(entry))


def _read(entry: object) -> Iterable[Prepared]:
    match entry:
        case {"name": str(name), "mime": str(mime), "size": int(size), "sha256": str(sha256)}:
            if _HASH.fullmatch(sha256):
                yield Prepared(clean(name), mime, size, sha256)
