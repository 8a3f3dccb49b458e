"""The bytes of attachments: kept by their hash in the data folder, and how far each has travelled."""

from opsdesk.store.files.box import Box, Damaged, Stored, Wrong
from opsdesk.store.files.copies import Copy

__all__ = ["Box", "Copy", "Damaged", "Stored", "Wrong"]
