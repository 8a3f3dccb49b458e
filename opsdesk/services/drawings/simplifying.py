"""Fewer points for a line or a ring that has more than a drawing may have.

The points that matter most are kept: the one farthest from the line between its kept neighbours, again and again (Ramer
1972, Douglas and Peucker 1973), until there is room for no more. What the others are off by at most is told.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from opsdesk.models.geometry import EARTH_RADIUS_M, Geometry

_METRES: float = math.pi * EARTH_RADIUS_M / 180

Ring = tuple[tuple[float, float], ...]


def simplified(shape: Geometry, most: int, stop: Callable[[], None] = lambda: None) -> tuple[Geometry, float]:
    """The shape with at most `most` points, and by how many metres it is off at most. Rings stay closed; of more rings
    than there is room for the largest stay. `stop` is called now and then and may raise."""
    if shape.vertices <= most:
        return shape, 0.0
    rings = [(at, part, ring) for at, part in enumerate(shape.parts) for ring in part]
    # Each ring keeps a share by its number of points, and the four that make it a ring.
    room, total = most - 4 * len(rings), shape.vertices
    if room < 0:
        raise ValueError("more rings than there is room for")
    off = 0.0
    found: list[list[Ring]] = [[] for _ in shape.parts]
    for at, _, ring in rings:
        kept, far = _ring(ring, 4 + room * len(ring) // total, stop)
        off = max(off, far)
        found[at].append(kept)
    return Geometry(shape.type, tuple(tuple(part) for part in found)), off


def _ring(ring: Ring, most: int, stop: Callable[[], None]) -> tuple[Ring, float]:
    if len(ring) <= most:
        return ring, 0.0
    points = np.asarray(ring, dtype=float)
    # In metres, near enough: what counts is which point is off by more.
    flat = points * (_METRES * math.cos(math.radians(float(points[:, 1].mean()))), _METRES)
    keep = {0, len(ring) - 1}
    # A closed ring begins and ends at the same point; the one farthest from it parts it into two lines.
    far = int(np.argmax(((flat - flat[0]) ** 2).sum(axis=1)))
    ends = sorted({0, far, len(ring) - 1})
    keep |= set(ends)
    waiting = [_farthest(flat, one, other) for one, other in pairwise(ends)]
    heapq.heapify(waiting)
    while waiting and len(keep) < most:
        away, one, at, other = heapq.heappop(waiting)
        if away == 0:
            break
        if not len(keep) % 64:
            stop()
        keep.add(at)
        for begin, end in ((one, at), (at, other)):
            heapq.heappush(waiting, _farthest(flat, begin, end))
    return tuple(ring[at] for at in sorted(keep)), -waiting[0][0] if waiting else 0.0


def _farthest(flat: npt.NDArray[np.float64], one: int, other: int) -> tuple[float, int, int, int]:
    """Minus the distance of the point farthest from the line between two, with all three; 0 when none lies between."""
    if other - one < 2:
        return 0.0, one, one, other
    between, begin, along = flat[one + 1 : other], flat[one], flat[other] - flat[one]
    length = float(along @ along)
    share = np.clip(((between - begin) @ along) / length, 0, 1) if length else np.zeros(len(between))
    away = ((between - begin - share[:, None] * along) ** 2).sum(axis=1)
    at = int(np.argmax(away))
    return -math.sqrt(float(away[at])), one, one + 1 + at, other
