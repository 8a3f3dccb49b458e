from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from opsdesk.services import query
from opsdesk.services.errors import QueryError
from opsdesk.services.query import And, Not, Or, Phrase, Term, Value, Word, fields, parse, parser, to_text
from opsdesk.services.query.nodes import Node, Query, quoted
from opsdesk.services.views import BUILT_IN


def term(name: str, operator: str, *values: str) -> Term:
    return Term(name, operator, tuple(Value(text) for text in values))


def test_a_query_of_all_kinds_reads_as_it_is_meant() -> None:
    text = (
        'state:open,waiting prio>=high unit:"B Coy" updated<2h near:(5.36,-4.01),10km near:31UFT1234556789,2km '
        'has:attachment -assignee:me text~antena "exact words" word'
    )
    assert parse(text).parts == (
        term("state", ":", "open", "waiting"),
        term("priority", ">=", "high"),
        Term("unit", ":", (Value("B Coy", quoted=True),)),
        term("updated", "<", "2h"),
        term("near", ":", "(5.36,-4.01)", "10km"),
        term("near", ":", "31UFT1234556789", "2km"),
        term("has", ":", "attachment"),
        Not(term("assignee", ":", "me")),
        term("text", "~", "antena"),
        Phrase("exact words"),
        Word("word"),
    )


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("", None),
        ("  \t\n", None),
        ("a b", And((Word("a"), Word("b")))),
        ("a AND b", And((Word("a"), Word("b")))),
        ("a b OR c", Or((And((Word("a"), Word("b"))), Word("c")))),
        ("a | b", Or((Word("a"), Word("b")))),
        ("a (b OR c)", And((Word("a"), Or((Word("b"), Word("c")))))),
        ("a (b (c))", And((Word("a"), Word("b"), Word("c")))),
        ("-a", Not(Word("a"))),
        ("NOT a", Not(Word("a"))),
        ("- - a", Word("a")),
        ("-(a b)", Not(And((Word("a"), Word("b"))))),
        ("12:30 T-CP1-00042 a-b", And((Word("12:30"), Word("T-CP1-00042"), Word("a-b")))),
        ("generator, leaks", And((Word("generator,"), Word("leaks")))),
        ("state: open , waiting", term("state", ":", "open", "waiting")),
        ("PRIO>=high", term("priority", ">=", "high")),
        ('tag:"two words",one', Term("tag", ":", (Value("two words", quoted=True), Value("one")))),
        ("“smart quotes”", Phrase("smart quotes")),
        ('"say ""when"""', Phrase('say "when"')),
        ("near:5.36,-4.01,10km", term("near", ":", "5.36", "-4.01", "10km")),
    ],
)
def test_text_reads_as_a_tree(text: str, root: Node | None) -> None:
    assert parse(text).root == root


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("state:opne", "opne", "Unknown state “opne”. Did you mean open?"),
        ("a stat:open", "stat", "Unknown field “stat”. Did you mean state?"),
        ("prio>=hihg", "hihg", "Did you mean high?"),
        ("is:overdeu", "overdeu", "Did you mean overdue?"),
        ("state>=open,waiting", "waiting", "Only one value can be compared"),
        ("assignee>me", ">", "Assignee cannot be compared with >"),
        ("state!=open", "!=", "Write -state:open"),
        ("prio >= high", ">", "without spaces"),
        ("prio>=", "prio>=", "A value is missing, for instance priority>=high"),
        ("state:open,", ",", "A value is missing after the comma"),
        ('a "b', '"', "This quotation mark is not closed"),
        ('unit:"B', '"', "This quotation mark is not closed"),
        ("a (b c", "(", "This parenthesis is not closed"),
        ("a b)", ")", "This parenthesis was not opened"),
        ("a , b", ",", "A comma stands between values"),
        ("a !!! b", "!!!", "no letter or digit"),
        ("a OR", "OR", "missing after this"),
        ("OR a", "OR", "needs a condition on both sides"),
        ("a -", "-", "missing after this"),
        ("updated<soon", "soon", "“soon” is no time"),
        ("created:2026-13", "2026-13", "is no time"),
        ("due<none", "none", "Write due:none"),
        ("near:10km", "near:10km", "Say where and how far"),
        ("near:(95,0),1km", "(95,0)", "Latitude lies between"),
        ("near:(5,0),1 parsec", "1", "Say where and how far"),
        ("a\x00b", "\x00", "cannot be searched for"),
        ("state:(open)", "(open)", "Unknown state"),
    ],
)
def test_an_error_stands_at_its_place_and_says_what_to_do(text: str, place: str, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    error = caught.value
    assert words in error.text
    assert text[error.start : error.end].startswith(place)
    assert error.start == text.index(place)


@pytest.mark.parametrize(
    "text",
    [
        "x" * (parser.MAX_BYTES + 1),
        "é" * parser.MAX_BYTES,
        " ".join(["a"] * (parser.MAX_LEAVES + 1)),
        " ".join(["is:open"] * (parser.MAX_LEAVES + 1)),
        "tag:" + ",".join(["a"] * (parser.MAX_VALUES + 1)),
        "(a OR (b " * 40 + "c" + "))" * 40,
    ],
)
def test_a_query_out_of_bounds_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        parse(text)


def test_many_minus_signs_and_parentheses_are_no_depth() -> None:
    assert parse("-" * 1000 + "a").root == Word("a")
    assert parse("(" * 1000 + "a" + ")" * 1000).root == Word("a")


# ----- any text, any tree

SIGNS = '()"-,|:=<>~“”„!\x00\ud800'
NAMES = [name for field in fields.FIELDS for name in (field.name, *field.aliases)]
pieces = st.sampled_from(
    [
        *(f"{name}{sign}" for name in NAMES for sign in (":", ">=", "~")),
        *(f"{field.name}:{field.example}" for field in fields.FIELDS),
        *SIGNS,
        *("OR", "AND", "NOT", "none", "me", "open", "2h", "(5,5)", "10km", " ", "wörd", "42"),
    ]
)


@given(text=st.one_of(st.text(max_size=40), st.lists(pieces, max_size=12).map("".join), st.lists(pieces).map(" ".join)))
@example(text="near:((")
@example(text="due:9999999999999..1")
@settings(max_examples=600)
def test_any_text_gives_a_tree_or_an_error_within_it(text: str) -> None:
    refused: QueryError | None = None
    try:
        found = parse(text)
    except QueryError as error:
        refused = error
    if refused is None:
        assert parse(to_text(found)) == found
    else:
        assert refused.text
        assert 0 <= refused.start <= refused.end <= len(text)


names = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)
words = st.from_regex(r"[a-zé0-9][a-zé0-9.:'-]{0,8}", fullmatch=True).filter(
    lambda text: text not in ("or", "and", "not") and fields.find(text.split(":")[0]) is None
)
searchable = st.tuples(names, st.sampled_from("aé7"), names).map("".join)
terms = st.one_of(
    st.builds(
        lambda values: Term("state", ":", tuple(values)),
        st.lists(st.sampled_from([Value("open"), Value("in progress", quoted=True)]), min_size=1, max_size=3),
    ),
    st.builds(
        lambda sign, value: Term("priority", sign, (Value(value),)),
        st.sampled_from((">", "<=", "=")),
        st.sampled_from(("low", "urgent")),
    ),
    st.builds(
        lambda sign, values: Term("unit", sign, tuple(values)),
        st.sampled_from((":", ":=", "~")),
        st.lists(st.builds(Value, names, quoted=st.just(True)), min_size=1, max_size=3),
    ),
    st.builds(lambda value: Term("text", "~", (Value(value, quoted=True),)), names),
    st.builds(lambda value: Term("updated", "<", (Value(value),)), st.sampled_from(("2h", "2026-11", "yesterday"))),
)
leaves = st.one_of(
    words.filter(lambda text: ":" not in text or text[0].isdigit()).map(Word), searchable.map(Phrase), terms
)


def _flat(kind: type[And] | type[Or], parts: list[Node]) -> Node:
    flat: list[Node] = []
    for part in parts:
        flat += part.nodes if isinstance(part, kind) else (part,)
    return kind(tuple(flat))


trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(lambda node: node.node if isinstance(node, Not) else Not(node)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: _flat(And, parts)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: _flat(Or, parts)),
    ),
    max_leaves=12,
)


@given(root=trees)
@settings(max_examples=400)
def test_the_text_of_a_tree_reads_back_as_the_same_tree(root: Node) -> None:
    assert parse(to_text(Query("", root))).root == root


@given(text=names)
def test_quoted_text_is_read_as_it_is(text: str) -> None:
    assert parse(f"tag:{quoted(text)}").root == Term("tag", ":", (Value(text, quoted=True),))


# ----- the short road for plain queries

plain_terms = st.lists(
    st.sampled_from(
        ["is:open", "state:open,waiting", "prio>=high", "assignee:me", "updated<2h", "has:comment,due", "unit:none"]
    ),
    min_size=1,
    max_size=4,
).map(" ".join)


@given(text=plain_terms)
def test_a_plain_query_reads_alike_with_and_without_the_grammar(text: str) -> None:
    short, whole = parser._plain(text), parser._parse(text)
    assert short == whole
    assert _spans(short) == _spans(whole)


def _spans(node: Node | None) -> list[tuple[int, int]]:
    assert node is not None
    found = [(node.start, node.end)]
    if isinstance(node, And):
        for part in node.nodes:
            found += _spans(part)
    if isinstance(node, Term):
        found += [(value.start, value.end) for value in node.values]
    return found


def test_built_in_views_need_no_grammar() -> None:
    program = (
        "import sys\nfrom opsdesk.services import query\n"
        f"for text in {[view.query for view in BUILT_IN]!r}: query.parse(text)\n"
        "sys.exit('lark' in sys.modules or 'rapidfuzz' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_what_is_public_is_a_list() -> None:
    assert all(hasattr(query, name) for name in query.__all__)
