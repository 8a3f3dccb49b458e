"""A form made from its definition: rows of fields, their errors in place, what is still missing, answers kept."""

from opsdesk.ui.widgets.dynamic_form.completeness import Completeness
from opsdesk.ui.widgets.dynamic_form.editors import Sources
from opsdesk.ui.widgets.dynamic_form.form import DynamicForm
from opsdesk.ui.widgets.dynamic_form.row import FieldRow

__all__ = ["Completeness", "DynamicForm", "FieldRow", "Sources"]
