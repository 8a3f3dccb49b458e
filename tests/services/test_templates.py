"""Templates of new tickets: they fill what is empty, never what was typed, and a strange one does no harm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsdesk.models.forms import TicketTemplate, TicketType
from opsdesk.services import templates
from opsdesk.services.changes import Changes
from opsdesk.services.defaults import shipped_id
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused
from opsdesk.services.templates import fill
from opsdesk.store.work import Work
from tests.support.exchange import Exchange

MEDICAL = shipped_id(TicketType, "medical").hex()
CASEVAC: dict[str, Any] = {
    "type": MEDICAL, "title": "Casevac", "description": "Nine lines follow", "due": "+2h",
    "urgency": {"urgency": 3, "impact": 2, "priority": None, "reason": ""},
    "form": {"answers": {"evacuation": "helicopter", "patients": 1}, "typed": {}},
    "contact": "never kept", "occurred": "-20m",
}  # fmt: skip


def test_the_present_ticket_becomes_a_template_without_what_is_of_one_ticket_only(desk: Desk) -> None:
    desk.do(templates.save, name=" Casevac ", shortcut="c", content=CASEVAC).result()
    (row,) = desk.ask(templates.templates).result()
    assert (row.name, row.shortcut, row.type) == ("Casevac", "C", "Medical")
    assert row.content == {
        "type": MEDICAL, "title": "Casevac", "description": "Nine lines follow", "due": "+2h",
        "urgency": {"urgency": 3, "impact": 2}, "form": {"answers": {"evacuation": "helicopter", "patients": 1}},
    }  # fmt: skip
    desk.do(templates.remove, row.id).result()
    assert desk.ask(templates.templates).result() == ()


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"name": " "}, "Give it a name"),
    "long name": ({"name": "n" * 61}, "At most 60 characters, these are 61"),
    "the same name": ({"name": "casevac"}, "There is a template “Casevac” already"),
    "the same key": ({"shortcut": "c"}, "“Casevac” has this key"),
    "no key": ({"shortcut": "&"}, "A key is one letter or digit"),
    "two letters": ({"shortcut": "ab"}, "A key is one letter or digit"),
    "nothing in it": ({"content": {"urgency": {"urgency": 2, "impact": 2}}}, "There is nothing to keep yet"),
    "endless": ({"content": {"description": "x" * 60_000}}, "A template has at most 50000 characters"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_template_is_refused_with_what_is_wrong(desk: Desk, name: str) -> None:
    desk.do(templates.save, name="Casevac", shortcut="C", content=CASEVAC).result()
    changes, told = BAD[name]
    with pytest.raises(Refused) as refusal:
        desk.do(templates.save, **{"name": "Other", "content": CASEVAC, **changes}).result()
    assert refusal.value.text.startswith(told)


@pytest.mark.parametrize(
    "said",
    ["", "[]", "{", "[" * 50_000, '{"type": 5, "form": {"answers": [1]}, "urgency": {"urgency": "high"}}',
     json.dumps({"type": MEDICAL, "title": ["x"], "form": {"answers": {"patients": "many", "pickup": {"lat": "x"}}}}),
     json.dumps({"type": "f" * 32, "category": "zz", "form": {"answers": {"driver": "not hex"}}})],
)  # fmt: skip
def test_the_content_of_a_stranger_is_taken_only_as_far_as_it_fits(desk: Desk, said: str) -> None:
    def write(work: Work) -> Changes:
        work.insert(TicketTemplate, {"unit": work.unit, "name": "Strange", "shortcut": "&&&", "content": said})
        return Changes()

    desk.do(write).result()
    (row,) = desk.ask(templates.templates).result()
    assert set(row.content) <= {"type", "form"}
    assert not row.content.get("form", {}).get("answers")


TEXTS = st.sampled_from(["", "Mine", "Other"])
CONTENTS = st.fixed_dictionaries(
    {"title": TEXTS, "description": TEXTS, "due": TEXTS, "type": st.sampled_from([None, MEDICAL, "f" * 32])},
    optional={
        "form": st.fixed_dictionaries(
            {
                "answers": st.dictionaries(st.sampled_from("abc"), st.integers(0, 2)),
                "emptied": st.lists(st.sampled_from("def"), max_size=2),
                "typed": st.dictionaries(st.sampled_from("ghi"), TEXTS),
            }
        )
    },
)


@given(CONTENTS, CONTENTS)
@settings(max_examples=150)
def test_whatever_was_typed_stays(content: dict[str, Any], template: dict[str, Any]) -> None:
    plain = {name: value for name, value in template.items() if value}
    filled, stayed = fill(content, plain)
    for name, value in content.items():
        if name != "form" and value:
            assert filled[name] == value
            assert (templates.KEYS[name] in stayed) == (name in plain and plain[name] != value)
        elif name != "form":
            assert filled[name] == plain.get(name, value)
    before = content.get("form", {})
    after = filled.get("form", {})
    assert before.get("answers", {}).items() <= after.get("answers", {}).items()
    assert not set(before.get("emptied", ())) & set(after.get("answers", {})) - set(before.get("answers", {}))
    assert fill(filled, plain)[0] == filled


def test_a_template_comes_to_the_other_desks_of_the_unit(exchange: Exchange) -> None:
    one, other = exchange.desk("one"), exchange.desk("other")
    one.do(templates.save, name="Casevac", shortcut="C", content=CASEVAC).result()
    for desk in (one, other):
        exchange.round(desk)
    assert [row.name for row in other.ask(templates.templates).result()] == ["Casevac"]
