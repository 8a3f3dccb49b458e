"""Forms: what a ticket type asks for, the rules among the questions, the check of the answers, and drafts of what was
typed.

A form's definition is data (JSON, versioned, synced): {"code", "title", "version", "sections": [{"title", "note",
"fields": [...]}], "rules": [...], "needs": [...]}. Codes that begin with `ticket.` are fields of the ticket itself; all
others are answers. `judge` says what the rules make of a set of answers, and everything that shows, stores or sends
answers asks it: a form on load and at each change, a ticket when it is made, its page, its print and its export.
"""

from opsdesk.services.forms.checking import problems_of, schema, validate, validate_field
from opsdesk.services.forms.definition import (
    EFFECTS,
    NO_FORM,
    RECORDS,
    SIZE_LIMIT,
    TYPES,
    Form,
    FormField,
    Need,
    Option,
    Rule,
    Section,
    read,
)
from opsdesk.services.forms.drafts import COMMENT, DraftRow, drafts, drop_draft, save_draft
from opsdesk.services.forms.facts import FACTS, Facts, facts_of, facts_of_new
from opsdesk.services.forms.judging import Judged, is_empty, judge
from opsdesk.services.forms.records import (
    Asked,
    asked_by,
    asked_if,
    asked_of,
    asked_of_all,
    form_for,
    is_hidden,
    needed_for,
    shown_answers,
    version,
)

__all__ = [
    "COMMENT",
    "EFFECTS",
    "FACTS",
    "NO_FORM",
    "RECORDS",
    "SIZE_LIMIT",
    "TYPES",
    "Asked",
    "DraftRow",
    "Facts",
    "Form",
    "FormField",
    "Judged",
    "Need",
    "Option",
    "Rule",
    "Section",
    "asked_by",
    "asked_if",
    "asked_of",
    "asked_of_all",
    "drafts",
    "drop_draft",
    "facts_of",
    "facts_of_new",
    "form_for",
    "is_empty",
    "is_hidden",
    "judge",
    "needed_for",
    "problems_of",
    "read",
    "save_draft",
    "schema",
    "shown_answers",
    "validate",
    "validate_field",
    "version",
]
