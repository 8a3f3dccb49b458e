"""Turning samples into figures, and what is measured about this process and this machine."""

from __future__ import annotations

import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MILLI = 1000.0

SPAWNED = "OPSDESK_BENCH_SPAWNED"
"""Environment of the measured process: when it was spawned, nanoseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds that something took, and those of a processor that this process spent on it: where a machine is
    shared, the second tells more."""

    ms: float
    processor_ms: float


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time, in seconds by the clock and of processors in this process."""

    at: float
    processor: float

    @classmethod
    def now(cls) -> Moment:
        """This moment."""
        return cls(time.perf_counter(), time.process_time())

    def since(self, earlier: Moment) -> Spent:
        """What was spent since an earlier one."""
        return Spent((self.at - earlier.at) * MILLI, (self.processor - earlier.processor) * MILLI)


def spent(call: Callable[[], object]) -> Spent:
    """What a call takes."""
    began = Moment.now()
    call()
    return Moment.now().since(began)


def milliseconds(call: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * MILLI


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that is not below so large a share of all (nearest rank)."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def step(samples: Sequence[float], limits: Sequence[float], **more: object) -> dict[str, Any]:
    """One step: median and 95th percentile, the limit's median, and the ratio of the medians."""
    median, limit = statistics.median(samples), statistics.median(limits)
    return {
        "median_ms": round(median, 2),
        "p95_ms": round(percentile(samples, 0.95), 2),
        "limit_median_ms": round(limit, 2),
        "ratio": round(median / limit, 2),
        "samples": len(samples),
        **more,
    }


def step_of(samples: Sequence[Spent], limits: Sequence[Spent], **more: object) -> dict[str, Any]:
    """One step with the processor time of this end, the limit's, and the ratio of their medians."""
    processor = statistics.median(one.processor_ms for one in samples)
    limit = statistics.median(one.processor_ms for one in limits)
    return step(
        [one.ms for one in samples], [one.ms for one in limits], processor_ms=round(processor, 1),
        limit_processor_ms=round(limit, 1), processor_ratio=round(processor / limit, 2), **more,
    )  # fmt: skip


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "processor": _first("/proc/cpuinfo", "model name"),
        "memory_mb": _number(_first("/proc/meminfo", "MemTotal")) // 1024,
        # Other programs at work show here: figures of a machine that was not at rest say little.
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def memory_mb() -> dict[str, float]:
    """Memory of this process: `resident` with the pages of files, `own` without (they can be dropped at any time)."""
    resident, own = (_number(_first("/proc/self/status", name)) for name in ("VmRSS", "RssAnon"))
    return {"resident": resident / 1024, "own": own / 1024}


def tree_mb() -> float:
    """Memory of this process and of those that it started, each shared page counted once for all (PSS)."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has just ended
    family = {os.getpid()}
    while more := {process for process, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(_number(_first(f"/proc/{process}/smaps_rollup", "Pss")) for process in family) / 1024


def _first(path: str, name: str) -> str:
    """The value of the first line of a system file that begins with a name; empty where there is no such file."""
    file = Path(path)
    if not file.exists():
        return ""
    lines = file.read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _number(text: str) -> int:
    first = text.split()[:1]
    return int(first[0]) if first and first[0].isdigit() else 0
