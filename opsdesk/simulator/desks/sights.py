"""What stood on a screen when an edit was begun."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opsdesk.models.base import Synced


@dataclass(frozen=True, slots=True)
class Sight:
    """What the screen showed of one field when an edit was begun."""

    value: Any
    ver: int
    """The row's version; where an own change of the field waited, that which was shown when the first was begun."""
    before: tuple[Any, ...] = ()
    """What was shown of it before, since the first own change that still waited was begun."""

    def shown(self, value: Any) -> bool:
        """Whether the person had a value before the eyes."""
        return value == self.value or value in self.before


@dataclass(slots=True)
class Editor:
    """A form that was opened, and is saved later."""

    table: type[Synced]
    record: bytes
    seen: tuple[int, int, int]
    sights: dict[str, Sight]
