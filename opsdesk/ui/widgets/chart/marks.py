"""Where the counts of a chart stand, in the chart's own units: one along the slots, counts along the other axis."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF

from opsdesk.ui.widgets.chart.data import ChartData, Kind
from opsdesk.ui.widgets.chart.scale import nice_top

_BAR = 0.72
"""Share of a slot that its bars take."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One count that is not nothing: its box, and the larger one in which a press means it."""

    slot: int
    series: int
    value: int
    box: QRectF
    reach: QRectF


@dataclass(frozen=True, slots=True)
class Layout:
    """All marks, and the ends of the axis of counts (1, 1 for a heat)."""

    marks: tuple[Mark, ...]
    top: int
    step: int


def lay_out(data: ChartData) -> Layout:
    """Place the counts of a chart."""
    if data.kind is Kind.HEAT:
        return Layout(_fields(data), max((max(slot.values, default=0) for slot in data.slots), default=0) or 1, 1)
    stacked = data.kind is not Kind.PAIRS
    most = max((sum(slot.values) if stacked else max(slot.values, default=0) for slot in data.slots), default=0)
    top, step = nice_top(most)
    marks = _stacked(data, top) if stacked else _pairs(data, top)
    return Layout(marks, top, step)


def _pairs(data: ChartData, top: int) -> tuple[Mark, ...]:
    wide = _BAR / max(1, len(data.series))
    marks = []
    for number, slot in enumerate(data.slots):
        for series, value in enumerate(slot.values):
            left = number + (1 - _BAR) / 2 + series * wide
            if value:
                box = QRectF(left, 0, wide * 0.94, value)
                marks.append(Mark(number, series, value, box, QRectF(left, 0, wide, top)))
    return tuple(marks)


def _stacked(data: ChartData, top: int) -> tuple[Mark, ...]:
    lying = data.kind is Kind.LYING
    marks = []
    for number, slot in enumerate(data.slots):
        low = 0
        present = [series for series, value in enumerate(slot.values) if value]
        for series in present:
            value = slot.values[series]
            end = top if series == present[-1] else low + value
            box = _turned(lying, number + (1 - _BAR) / 2, low, _BAR, value)
            marks.append(Mark(number, series, value, box, _turned(lying, number, low, 1, end - low)))
            low += value
    return tuple(marks)


def _turned(lying: bool, along: float, low: float, wide: float, long: float) -> QRectF:
    return QRectF(low, along, long, wide) if lying else QRectF(along, low, wide, long)


def _fields(data: ChartData) -> tuple[Mark, ...]:
    return tuple(
        Mark(number, series, value, QRectF(series + 0.04, number + 0.05, 0.92, 0.9), QRectF(series, number, 1, 1))
        for number, slot in enumerate(data.slots)
        for series, value in enumerate(slot.values)
        if value
    )
