from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsdesk.services.errors import QueryError
from opsdesk.services.query import Directory, chips, complete, directory, fields, parse, with_term, without
from tests.support.list_oracle import Listed

KNOWN = Directory(
    people=(("Anna Brandt", "B Coy"), ("Bo Lee", "A Coy")),
    units=(("A Coy", "Alpha Company"), ("B Coy", "Bravo Company")),
    places=(("Kemp Bridge", "bridge"),),
    types=(("Incident", "incident"),),
    categories=(("Fire", "Incident"),),
    tags=(("convoy", "3 tickets"), ("route amber", "1 ticket")),
    words=("generator 7",),
)


def texts(text: str, cursor: int | None = None) -> list[str]:
    return [one.text for one in complete(text, len(text) if cursor is None else cursor, KNOWN)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("", "state:"),
        ("st", "state:"),
        ("prio", "priority:"),
        ("a -assi", "assignee:"),
        ("(un", "unit:"),
        ("state:", "new"),
        ("state:wa", "waiting"),
        ("state:open,wa", "waiting"),
        ("state:in", "in-progress"),
        ("state:open, re", "resolved"),
        ("prio>=", "low"),
        ("unit:b", '"B Coy"'),
        ("unit:bravo", '"B Coy"'),
        ('unit:"A C', '"A Coy"'),
        ("assignee:", "me"),
        ("assignee:brandt", '"Anna Brandt"'),
        ("-assignee:none,bo", '"Bo Lee"'),
        ("tag:ro", '"route amber"'),
        ("is:over", "overdue"),
        ("has:at", "attachment"),
        ("updated<", "today"),
        ("near:kemp", '"Kemp Bridge"'),
        ("text:gen", '"generator 7"'),
        ("wait", "state:waiting"),
        ("brandt", 'assignee:"Anna Brandt"'),
        ("gen", '"generator 7"'),
    ],
)
def test_the_likeliest_word_comes_first(text: str, first: str) -> None:
    assert texts(text)[0] == first


def test_a_whole_field_offers_its_signs() -> None:
    assert texts("due")[:3] == ["due:", "due=", "due>"]


def test_a_completion_takes_the_place_of_the_word_at_the_cursor() -> None:
    text = "state:wai prio:high"
    (found,) = complete(text, text.index("ai"), KNOWN)
    assert text[: found.start] + found.text + text[found.end :] == "state:waiting prio:high"


@pytest.mark.parametrize("text", ["foo:b", '"open phrase', "zzzz", "state:zzz"])
def test_nothing_is_offered_where_nothing_fits(text: str) -> None:
    assert texts(text) == []


@given(text=st.text(max_size=30), cursor=st.integers(0, 30))
def test_completion_never_fails_and_stays_within_the_text(text: str, cursor: int) -> None:
    for found in complete(text, min(cursor, len(text)), KNOWN):
        assert 0 <= found.start <= min(cursor, len(text)) <= found.end <= len(text)


def test_each_offered_condition_can_be_read() -> None:
    for field in fields.FIELDS:
        for sign in field.operators:
            for found in complete(f"{field.name}{sign}", len(field.name) + len(sign), KNOWN):
                if field.name != "near" and (found.text != "none" or sign in (":", "=")):
                    parse(f"{field.name}{sign}{found.text}")


def test_the_directory_holds_the_names_there_are(listed: Listed) -> None:
    known = directory(listed.reader, ["seen before"])
    assert ("Bravo 0", "Bravo Company") in known.units
    assert "Zoë Ott" in dict(known.people)
    assert dict(known.tags)["convoy"].endswith(" tickets")
    assert known.words == ("seen before",)
    assert "reports.csv" in dict(known.sources)


# ----- chips


def test_conditions_become_chips_and_words_stay_words() -> None:
    text = 'state:open,waiting -assignee:me prio>=high (a OR b) -(c d) foo "x y" unit:="B Coy"'
    assert [(chip.label, chip.value, text[chip.start : chip.end]) for chip in chips(text)] == [
        ("State", "open, waiting", "state:open,waiting"),
        ("Assignee", "not me", "-assignee:me"),
        ("Priority", "≥ high", "prio>=high"),
        ("Any of", "a OR b", "(a OR b)"),
        ("Not", "c d", "-(c d)"),
        ("", "foo", "foo"),
        ("", "x y", '"x y"'),
        ("Unit", "only B Coy", 'unit:="B Coy"'),
    ]


def test_a_query_without_one_chip_keeps_the_others() -> None:
    text = "state:open (a OR b) foo"
    kept = [without(text, chip) for chip in chips(text)]
    assert kept == ["(a OR b) foo", "state:open foo", "state:open (a OR b)"]
    assert without("a OR b", chips("a OR b")[0]) == ""


def test_a_condition_is_put_in_the_place_of_the_one_before() -> None:
    assert with_term("state:open foo", "state", ["in progress", "waiting"]) == "state:in-progress,waiting foo"
    assert with_term("foo", "unit", ["B Coy"]) == 'foo unit:"B Coy"'
    assert with_term("state:open foo", "state", []) == "foo"
    with pytest.raises(QueryError):
        with_term("foo", "state", ["opne"])
