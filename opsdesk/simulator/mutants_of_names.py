"""Planted bugs of the names that changes bear where a restored server meets a copied disk."""

from __future__ import annotations

from typing import Final

from opsdesk.simulator.planting import Mutant
from opsdesk.store.queue import outbox
from opsdesk.sync.core import draft

MUTANTS_OF_NAMES: Final = (
    Mutant("a fork renames what was answered too", 200, (
        (outbox.identity, "_ANSWERED", lambda right: right.replace("WHERE", "WHERE 0 AND")),), "I1"),
    Mutant("what took a new name is not found by its old one", 200, (
        (draft.Draft, "went_on_as", lambda _right: lambda _self, ref, *_given: ref),), "I8"),
)  # fmt: skip
