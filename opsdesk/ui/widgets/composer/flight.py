"""What was submitted and waits for its answer, while the box may already stand elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Flight:
    """What was submitted at a place and is not answered yet; `content` is what stood there when the box left it."""

    body: str
    reply_to: bytes | None
    content: Mapping[str, Any] = field(default_factory=dict)

    def rest(self, content: Mapping[str, Any]) -> dict[str, Any] | None:
        """What of `content` was not submitted. A text that was changed inside is kept whole: it loses nothing."""
        before, found, after = str(content.get("body", "")).partition(self.body)
        body = before + after if before.strip() or not found else after.lstrip()
        submitted = self.reply_to.hex() if self.reply_to else None
        if not body.strip() and content.get("reply_to") in (None, submitted):
            return None
        return {**content, "body": body}
