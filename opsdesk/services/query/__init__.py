"""The query language of lists: `state:open,waiting prio>=high unit:"B Coy" updated<2h -assignee:me generator`.

`parse` reads a query, `compile_query` makes SQL conditions of it for one reader, `complete` and `chips` help to write
it. The fields, their signs and values are the table `fields.FIELDS`.
"""

from opsdesk.services.query.compiler import compile_query
from opsdesk.services.query.completion import (
    Chip,
    Completion,
    Directory,
    chips,
    complete,
    directory,
    with_term,
    without,
)
from opsdesk.services.query.conditions import Compiled, Condition, Lead, Search
from opsdesk.services.query.fields import FIELDS, Field
from opsdesk.services.query.nodes import And, Node, Not, Or, Phrase, Query, Term, Value, Word, to_text
from opsdesk.services.query.parser import parse

__all__ = [
    "FIELDS",
    "And",
    "Chip",
    "Compiled",
    "Completion",
    "Condition",
    "Directory",
    "Field",
    "Lead",
    "Node",
    "Not",
    "Or",
    "Phrase",
    "Query",
    "Search",
    "Term",
    "Value",
    "Word",
    "chips",
    "compile_query",
    "complete",
    "directory",
    "parse",
    "to_text",
    "with_term",
    "without",
]
