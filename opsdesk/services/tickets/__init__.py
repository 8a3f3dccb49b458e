"""Tickets: what a person can do with them and ask about them. `lists` and `bulk` are modules of their own."""

from opsdesk.models.base import Marking
from opsdesk.models.clocks import Clock, Clocks, Standing
from opsdesk.models.threads import LINK_KINDS
from opsdesk.models.tickets import (
    REPORTED_VIA,
    SOLUTIONS,
    WAITING_REASONS,
    Level,
    Priority,
    State,
    priority_of,
)
from opsdesk.services.tickets.adding import add_report
from opsdesk.services.tickets.bulk import BulkChange, BulkReport, set_many
from opsdesk.services.tickets.cards import by_number, card, conversation, position_text
from opsdesk.services.tickets.commands import answer, assign, create, edit, label_of, mark_seen, restore, void
from opsdesk.services.tickets.links import link, unlink
from opsdesk.services.tickets.marks import Mark, Stage
from opsdesk.services.tickets.past import fetch_older, history, is_whole, revert
from opsdesk.services.tickets.placing import place_at, position_columns
from opsdesk.services.tickets.rows import (
    AnswerRow,
    Base,
    CommentRow,
    EventRow,
    HistoryRow,
    LinkRow,
    Named,
    RelatedRow,
    StepRow,
    TicketCard,
    TicketRow,
)
from opsdesk.services.tickets.similar import similar
from opsdesk.services.tickets.suggesting import related
from opsdesk.services.tickets.threads import (
    comment,
    edit_comment,
    tag,
    untag,
    unwatch,
    watch,
)
from opsdesk.services.tickets.transitions import events, transition
from opsdesk.services.tickets.versions import VersionRow, comment_versions
from opsdesk.services.tickets.waking import wake

__all__ = [
    "LINK_KINDS",
    "REPORTED_VIA",
    "SOLUTIONS",
    "WAITING_REASONS",
    "AnswerRow",
    "Base",
    "BulkChange",
    "BulkReport",
    "Clock",
    "Clocks",
    "CommentRow",
    "EventRow",
    "HistoryRow",
    "Level",
    "LinkRow",
    "Mark",
    "Marking",
    "Named",
    "Priority",
    "RelatedRow",
    "Stage",
    "Standing",
    "State",
    "StepRow",
    "TicketCard",
    "TicketRow",
    "VersionRow",
    "add_report",
    "answer",
    "assign",
    "by_number",
    "card",
    "comment",
    "comment_versions",
    "conversation",
    "create",
    "edit",
    "edit_comment",
    "events",
    "fetch_older",
    "history",
    "is_whole",
    "label_of",
    "link",
    "mark_seen",
    "place_at",
    "position_columns",
    "position_text",
    "priority_of",
    "related",
    "restore",
    "revert",
    "set_many",
    "similar",
    "tag",
    "transition",
    "unlink",
    "untag",
    "unwatch",
    "void",
    "wake",
    "watch",
]
