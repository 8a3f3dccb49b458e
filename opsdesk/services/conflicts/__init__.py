"""Conflicts: what was changed in two places at once, who settles it, and settling it."""

from opsdesk.services.conflicts.care import DUE_AFTER
from opsdesk.services.conflicts.commands import (
    Choice,
    Overtaken,
    arrived,
    give,
    is_settlement,
    set_due,
    settle,
    settle_side,
    take,
    take_back,
)
from opsdesk.services.conflicts.editors import for_editor, from_editor
from opsdesk.services.conflicts.lists import all_forked, by_id, forked, lists, need_me, settled
from opsdesk.services.conflicts.records import of_ticket, record
from opsdesk.services.conflicts.rows import (
    POSITION,
    Care,
    Conflict,
    JoinedField,
    Line,
    Lists,
    Record,
    Seen,
    Settlement,
    Version,
)
from opsdesk.services.conflicts.subjects import label, subject, value_text
from opsdesk.services.conflicts.texts import Span
from opsdesk.services.conflicts.values import parse
from opsdesk.services.conflicts.writes import RESOLVE, Identities

__all__ = [
    "DUE_AFTER",
    "POSITION",
    "RESOLVE",
    "Care",
    "Choice",
    "Conflict",
    "Identities",
    "JoinedField",
    "Line",
    "Lists",
    "Overtaken",
    "Record",
    "Seen",
    "Settlement",
    "Span",
    "Version",
    "all_forked",
    "arrived",
    "by_id",
    "for_editor",
    "forked",
    "from_editor",
    "give",
    "is_settlement",
    "label",
    "lists",
    "need_me",
    "of_ticket",
    "parse",
    "record",
    "set_due",
    "settle",
    "settle_side",
    "settled",
    "subject",
    "take",
    "take_back",
    "value_text",
]
