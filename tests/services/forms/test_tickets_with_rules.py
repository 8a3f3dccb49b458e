"""Rules and tickets: the same rules when a ticket is made, when it is shown, and when its answers leave the program."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from opsdesk.models.forms import FormVersion, TicketType
from opsdesk.services import change_words, exporting, forms, tickets
from opsdesk.services.changes import Changes
from opsdesk.services.defaults import shipped_id
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Invalid
from opsdesk.services.forms import importing
from opsdesk.services.tickets import bulk, lists
from opsdesk.store.work import Work
from tests.support import made_forms
from tests.support.made_forms import definition, rule, when

TASK = shipped_id(TicketType, "task")
RULES = (
    rule("hide", "secret", when=when("runs", "yes")),
    rule("set", "weight", value=7_500, when=when("runs", "no")),
    rule("lock", "parts", when=when("runs", "yes")),
)
SECRET = "SECRET-LOAD-7781"


def take(desk: Desk, form: dict[str, Any]) -> bytes:
    """Let the type task ask this form; the record of it."""

    def write(work: Work) -> Changes:
        said = json.dumps(form)
        work.value_out = work.insert(FormVersion, {"form": form["code"], "version": 1, "definition": said})
        work.update(TicketType, TASK, {"form": form["code"]})
        return Changes()

    made = desk.do(write).result().value
    assert isinstance(made, bytes)
    return made


def make(desk: Desk, form: bytes, answers: dict[str, Any]) -> bytes:
    made = desk.do(tickets.create, title="Truck 22", type=TASK, form=form, answers=answers).result().value
    assert isinstance(made, bytes)
    return made


def stored(desk: Desk, ticket: bytes) -> dict[str, Any]:
    rows = desk.ask(
        lambda reader: reader.rows("SELECT question, value FROM answer WHERE subject = ?", (ticket,))
    ).result()
    return {question: json.loads(value) for question, value in rows if value is not None}


def everything_told(desk: Desk, ticket: bytes, folder: Path) -> str:
    """All that the page, the history, the queue and the exports say."""
    card = desk.ask(tickets.card, ticket).result()
    query = lists.ListQuery()
    for name in ("t.json", "t.csv"):
        exporting.export(desk, query, None, folder / name).result()
    changes = desk.ask(
        lambda reader: [
            change_words.words(reader, change_words.Told(*row))
            for row in reader.rows("SELECT seq, entity, record, NULL, field, new, old FROM change")
        ]
    ).result()
    exported = [(folder / name).read_text("utf-8") for name in ("t.json", "t.csv")]
    assert list(csv.reader(exported[1].splitlines()))
    return "\n".join([str(card.answers), str(desk.ask(tickets.history, ticket).result()), *changes, *exported])


def test_a_hidden_answer_is_not_written_and_a_set_one_is(desk: Desk) -> None:
    form = take(desk, definition(*RULES))
    assert stored(desk, make(desk, form, {"runs": "yes", "secret": SECRET})) == {"runs": "yes"}
    made = make(desk, form, {"runs": "no", "secret": SECRET})
    assert stored(desk, made) == {"runs": "no", "secret": SECRET, "weight": 7_500}


def test_an_answer_that_becomes_hidden_is_told_nowhere_and_comes_back(desk: Desk, tmp_path: Path) -> None:
    form = take(desk, definition(*RULES))
    made = make(desk, form, {"runs": "no", "secret": SECRET})
    assert SECRET in everything_told(desk, made, tmp_path)
    desk.do(tickets.answer, made, "runs", "yes").result()
    told = everything_told(desk, made, tmp_path)
    assert SECRET not in told
    assert "not asked now" in told
    desk.do(tickets.answer, made, "runs", "no").result()
    assert SECRET in str(desk.ask(tickets.card, made).result().answers)


def test_what_is_hidden_or_locked_cannot_be_answered(desk: Desk) -> None:
    made = make(desk, take(desk, definition(*RULES)), {"runs": "yes"})
    for question, told in (("secret", "Load is not asked now"), ("parts", "Parts cannot be changed now")):
        with pytest.raises(Invalid) as refusal:
            desk.do(tickets.answer, made, question, ["axle"]).result()
        assert refusal.value.problems[0].text == told


def test_an_answer_writes_what_a_rule_sets_in_the_same_act(desk: Desk) -> None:
    made = make(desk, take(desk, definition(*RULES)), {"runs": "yes"})
    outcome = desk.do(tickets.answer, made, "runs", "no").result()
    assert stored(desk, made) == {"runs": "no", "weight": 7_500}
    acts = desk.ask(lambda reader: reader.rows("SELECT DISTINCT act FROM change ORDER BY seq DESC LIMIT 1")).result()
    assert acts == [(outcome.act,)]


def test_an_answer_that_was_emptied_is_not_filled_by_a_rule_again(desk: Desk) -> None:
    form = take(desk, definition(*RULES))
    for ticket in (make(desk, form, {"runs": "no", "weight": None}), make(desk, form, {"runs": "no"})):
        desk.do(tickets.answer, ticket, "weight", None).result()
        desk.do(tickets.answer, ticket, "cause", "Axle").result()
        assert "weight" not in {row.question for row in desk.ask(tickets.card, ticket).result().answers}


def test_a_form_of_a_newer_program_is_passed_over_and_its_answers_can_still_be_read(desk: Desk) -> None:
    form = take(desk, definition(*RULES))
    made = make(desk, form, {"runs": "no", "secret": SECRET})

    def newer(work: Work) -> Changes:
        said = json.dumps(definition(rule("hypnotise", "cause")))
        work.insert(FormVersion, {"form": "made", "version": 2, "definition": said})
        return Changes()

    desk.do(newer).result()
    assert desk.ask(forms.form_for, TASK).result().version == 1
    assert desk.ask(tickets.card, made).result().answers


@given(made_forms.ruled(), made_forms.answers)
@settings(max_examples=25)
def test_whatever_the_rules_hide_is_in_no_saved_value_and_on_no_page(
    desk: Desk, made: forms.Form, answers: dict[str, Any]
) -> None:
    judged = forms.judge(made, desk.ask(forms.facts_of_new, TASK, None).result(), answers)

    def write(work: Work) -> Changes:
        work.execute("UPDATE form_version SET voided = 'replaced' WHERE form = 'made'")
        values = {"form": "made", "version": 1, "definition": importing.exported(made)}
        work.value_out = work.insert(FormVersion, values)
        return Changes()

    form = desk.do(write).result().value
    if forms.validate(made, answers, judged=judged):
        with pytest.raises(Invalid):
            make(desk, form, answers)
        return
    ticket = make(desk, form, answers)
    assert stored(desk, ticket) == judged.answers
    asked = desk.ask(forms.asked_of, ticket).result()
    assert (asked.judged.fields, asked.judged.hidden) == (judged.fields, judged.hidden)
    assert {row.question for row in desk.ask(tickets.card, ticket).result().answers} == judged.answers.keys()


def test_a_step_waits_for_the_answer_that_its_form_needs(desk: Desk) -> None:
    need = {"event": "resolve", "fields": ["cause"], "when": when("runs", "no")}
    made = make(desk, take(desk, definition(needs=[need])), {"runs": "no"})
    desk.do(tickets.edit, made, {"assignee": desk.person}).result()
    for event in ("accept", "start"):
        desk.do(tickets.transition, made, event).result()
    (resolve,) = [row for row in desk.ask(tickets.events, made).result() if row.event == "resolve"]
    assert resolve.unanswered == (("cause", "Cause"),)
    with pytest.raises(Invalid) as refusal:
        desk.do(tickets.transition, made, "resolve", solution="fixed").result()
    assert refusal.value.text == "Cause is needed first"
    change = bulk.BulkChange("Resolve", event="resolve", inputs={"solution": "fixed"})
    assert [one.refusal for one in desk.ask(bulk.preview, [1], change).result().planned] == ["Cause is needed first"]
    desk.do(tickets.answer, made, "cause", "Axle").result()
    desk.do(tickets.transition, made, "resolve", solution="fixed").result()
    assert desk.ask(tickets.card, made).result().row.state.label == "Resolved"
