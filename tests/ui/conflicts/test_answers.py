"""A conflict on an answer to a form is told in the words of the form, and another answer is asked for as it asks."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from opsdesk.services import directory, forms, tickets
from opsdesk.ui.tickets.detail import TicketDetail
from opsdesk.ui.widgets.directory import Directory
from tests.support.posts import Post
from tests.support.ticket_pages import PlainShell
from tests.ui.conflicts.settling import shown


@pytest.mark.parametrize(
    ("question", "mine", "theirs", "other", "words", "stored"),
    [
        ("cause", "flood", "rubble", "tree", "Tree", '"tree"'),
        ("passable", ["foot"], ["truck"], ["foot", "truck"], "Foot, Truck", '["foot", "truck"]'),
        ("blocked_m", 20, 30, 40, "40", "40"),
    ],
)
def test_another_answer_is_asked_for_as_the_form_asks_it(
    post: Post, shell: PlainShell, qtbot: QtBot, question: str, mine: Any, theirs: Any, other: Any, words: str,
    stored: str,
) -> None:  # fmt: skip
    kinds = {row.code: row for row in post.anna.ask(directory.types)}
    kind = kinds["obstruction"].id
    form = post.anna.ask(forms.form_for, kind)
    given = {"route": "B 7", "cause": "vehicle", "passable": ["light"], "blocked_m": 10}
    ticket = post.anna.do(tickets.create, title="Landslide", type=kind, form=form.id, answers=given).value
    post.meet()
    post.ben.do(tickets.answer, ticket, question, theirs)
    post.anna.do(tickets.answer, ticket, question, mine)
    post.ben.exchange()
    post.meet()
    detail = TicketDetail(post.anna.desk, shell, Directory(post.anna.desk, shell.bridge, shell.window))
    shown(shell, detail, qtbot)
    detail.open(ticket)
    qtbot.waitUntil(lambda: detail.conflicts.panel is not None and bool(detail.conflicts.panel.fields))
    panel = detail.conflicts.panel
    assert panel is not None
    field = panel.fields[0]
    assert field.conflict.label == next(one.label for one in form.fields if one.code == question)
    field.edit(other)
    field.commit()
    assert field.choice is not None
    assert (field.choice.text, field.choice.value) == (words, stored)
