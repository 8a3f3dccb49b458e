"""What every command of the command line gives back, and how those with commands below them are carried out."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk

Answer = tuple[dict[str, Any], str]
"""Figures for programs, words for people."""


def perform(desk: Desk, options: argparse.Namespace) -> Answer:
    """Carry out the command that `options.act` names. Raises OpsDeskError."""
    answer: Answer = options.act(desk, options)
    return answer
