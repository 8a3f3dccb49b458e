"""Errors of the store, and the root of all errors that OpsDesk raises on purpose."""

from __future__ import annotations


class OpsDeskError(Exception):
    """Root of all errors raised on purpose. Its text is written for the person who sees it."""


class FolderInUse(OpsDeskError):
    """Another program holds the data folder; `holder` says which and since when."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"The data folder is in use by {holder}")
        self.holder = holder


class StorageError(OpsDeskError):
    """The disk or the database file failed: full, read-only, damaged or from a newer version. Nothing was half done."""


class RuleBroken(OpsDeskError):
    """A write that the store itself forbids: a delete, a cycle in a tree, a change of what is written once."""
