"""Answers to forms are told in the words of the form: in the history, in the queue, and in news of what changed."""

import pytest

from opsdesk.models.threads import Answer
from opsdesk.services import change_words, directory, forms, tickets
from opsdesk.services.desk import Desk
from opsdesk.services.tickets import answer_words, past
from opsdesk.store.work import Reader
from opsdesk.ui.tickets.detail import telling


def obstruction(desk: Desk) -> bytes:
    kinds = {row.code: row for row in desk.ask(directory.types).result()}
    form = desk.ask(forms.form_for, kinds["obstruction"].id).result()
    given = {one.code: one.options[0].value for one in form.fields if one.required and one.options}
    given |= {"route": "B 7", "cause": "tree"}
    made = desk.do(tickets.create, title="Landslide", type=kinds["obstruction"].id, form=form.id, answers=given)
    ticket = made.result().value
    assert isinstance(ticket, bytes)
    for question, value in (("passable", ["light", "truck"]), ("blocked_m", 30), ("cause", "flood")):
        desk.do(tickets.answer, ticket, question, value).result()
    return ticket


def test_the_history_tells_the_question_and_the_labels_of_its_choices(desk: Desk) -> None:
    ticket = obstruction(desk)
    rows = [row for row in desk.ask(tickets.history, ticket).result() if row.kind == "answer"]
    assert [(row.label, row.before, row.after) for row in rows[:3]] == [
        ("Cause", "Tree", "Flood"),
        ("Length blocked", "", "30 m"),
        ("Still passable for", "", "Light 4×4, Truck"),
    ]
    assert telling.told(rows[:1]) == "answered Cause: Flood"
    assert telling.told(rows[2:3]) == "answered Still passable for: Light 4×4, Truck"


def test_the_queue_and_home_tell_answers_so_too(desk: Desk) -> None:
    obstruction(desk)

    def told(reader: Reader) -> list[str]:
        rows = reader.rows(
            "SELECT c.seq, c.entity, c.record, a.subject, c.field, c.new, c.old FROM change c "
            "JOIN answer a ON a.id = c.record WHERE c.entity = ? ORDER BY c.seq DESC LIMIT 3",
            (Answer.entity,),
        )
        return [change_words.words(reader, change_words.Told(*row)) for row in rows]

    assert desk.ask(told).result() == [
        "cause to Flood",
        "Length blocked: 30 m",
        "Still passable for: Light 4×4, Truck",
    ]
    newest = desk.ask(lambda reader: reader.value("SELECT max(seq) FROM change")).result()
    assert desk.ask(past.words, newest).result() == "answered Cause: Flood"


@pytest.mark.parametrize(
    ("kept", "text"),
    [
        (None, ""),
        ("null", ""),
        ("true", "Yes"),
        ('["a", 2]', "a, 2"),
        ('{"lat": 5}', "lat: 5"),
        ("not JSON", "not JSON"),
    ],
)
def test_an_answer_to_a_question_that_no_form_asks_here_is_told_plainly(
    desk: Desk, kept: str | None, text: str
) -> None:
    def told(reader: Reader) -> tuple[str, str]:
        answers = answer_words.Answers(reader, None)
        return answers.label("blocked_m"), answers.text("blocked_m", kept)

    assert desk.ask(told).result() == ("Blocked m", text)
