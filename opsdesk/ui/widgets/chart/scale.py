"""The scale of an axis of counts."""

from __future__ import annotations

import math


def nice_top(highest: int) -> tuple[int, int]:
    """The top of an axis and its step for a highest value: (12, 4) for 11. Never below (4, 1)."""
    if highest <= 4:
        return 4, 1
    raw = highest / 4
    scale: int = 10 ** max(0, math.floor(math.log10(raw)))
    steps = (scale, 2 * scale, 25 * scale // 10, 3 * scale, 4 * scale, 5 * scale, 10 * scale)
    step = next(step for step in steps if step >= raw)
    return step * math.ceil(highest / step), step
