"""What was submitted and waits for its answer, while the box may already stand elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from opsdesk.services.files import Prepared, from_draft, in_draft


@dataclass
class Flight:
    """What was submitted at a place and is not answered yet; `content` is what stood there when the box left it."""

    body: str
    reply_to: bytes | None
    files: tuple[Prepared, ...] = ()
    off: tuple[bytes, ...] = ()
    """Files of the comment that go with it."""
    content: Mapping[str, Any] = field(default_factory=dict)

    def rest(self, content: Mapping[str, Any]) -> dict[str, Any] | None:
        """What of `content` was not submitted. A text that was changed inside is kept whole: it loses nothing."""
        said = str(content.get("body", ""))
        before, found, after = said.partition(self.body) if self.body else (said, "", "")
        body = before + after if before.strip() or not found else after.lstrip()
        files = in_draft(file for file in from_draft(content.get("files")) if file not in self.files)
        submitted = self.reply_to.hex() if self.reply_to else None
        if not body.strip() and not files and content.get("reply_to") in (None, submitted):
            return None
        return {**content, "body": body, "files": files, "without": []}
