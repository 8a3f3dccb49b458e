"""Sharing a record with a person, who may then read it as if named on it. It is no field of the record: it has no
version, and no desk writes it. What hangs on another record is shared with that one."""

from __future__ import annotations

from opsdesk.sync.core import places
from opsdesk.sync.core.draft import Draft
from opsdesk.sync.core.rules import Rules
from opsdesk.sync.core.state import Loaded, Needs, Result

SHARED = 0
"""In the place of the field that names."""


def needs(record: bytes) -> Needs:
    """What must be loaded before a record can be shared."""
    return Needs(records={record}, families={record})


def share(loaded: Loaded, rules: Rules, record: bytes, person: bytes, *, shared: bool = True) -> Result:
    """Share a record, or share it no more: what to store and to tell."""
    draft = Draft(loaded, rules)
    found = draft.record(record)
    anchor = draft.anchor(found) if found is not None else record
    before = {anchor: draft.named(anchor)}
    one = frozenset({(anchor, SHARED, person)})
    draft.put_naming(anchor, draft.naming(anchor) | one if shared else draft.naming(anchor) - one)
    draft.version()
    places.renamed(draft, before)
    return draft.result
