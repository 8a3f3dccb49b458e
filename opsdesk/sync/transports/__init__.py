"""Ways for messages to travel. Each carries bytes and knows nothing of what they say."""

from __future__ import annotations


class LinkDown(Exception):
    """The other end was not reached, or its answer did not come whole. The text is for a person."""


class ServerRefused(Exception):
    """The server answers and refuses. `status` is that of HTTP, `code` for programs, `wait_s` how long to wait."""

    def __init__(self, status: int, code: str, text: str, wait_s: int | None = None) -> None:
        super().__init__(text or code)
        self.status, self.code, self.wait_s = status, code, wait_s

    @property
    def shuts_out(self) -> bool:
        """Whether asking again is of no use before a person does something."""
        return self.status in (401, 403)
