"""Mappings that were used before, by the header of the file: the next file of the same source needs no mapping."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opsdesk.services.errors import Refused
from opsdesk.services.importing import Plan, content_of, header_key, plan_of
from opsdesk.services.settings import Settings

_NAME = "import.mappings"
MOST = 40
"""Headers that are remembered; the one that was used longest ago goes first."""


class Mappings:
    """What columns became the last time that a file with the same header was tried or imported, on this desk."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def plan(self, names: Sequence[str]) -> Plan | None:
        """Return the mapping for a header; None when there is none that this program can read."""
        content = self._known().get(header_key(names))
        if not isinstance(content, dict):
            return None
        try:
            plan = plan_of(content)
        except Refused:
            return None
        return plan if set(plan.columns) <= set(names) else None

    def remember(self, names: Sequence[str], plan: Plan) -> None:
        """Keep a mapping for a header. What the file is called and how it is written belong to the file alone."""
        content = content_of(plan)
        content.pop("source", None)
        content.pop("dialect", None)
        key = header_key(names)
        known = {name: value for name, value in self._known().items() if name != key}
        known[key] = content
        self._settings.set(_NAME, dict(list(known.items())[-MOST:]))

    def _known(self) -> dict[str, Any]:
        return self._settings.get(_NAME, {})
