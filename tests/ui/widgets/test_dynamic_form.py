from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from opsdesk.services import forms
from opsdesk.services.canned import About
from opsdesk.services.forms import Facts, Form, FormField, Option, Section
from opsdesk.services.positions import Position
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.choice import Chips, Choice, ChoiceBar
from opsdesk.ui.widgets.dynamic_form import Completeness, DynamicForm
from opsdesk.ui.widgets.dynamic_form.editors import read_number
from opsdesk.ui.widgets.dynamic_form.form import lines_of
from opsdesk.ui.widgets.location_picker import Located
from opsdesk.ui.widgets.long_text import LongText
from opsdesk.ui.widgets.moment_field import MomentField
from opsdesk.ui.widgets.pick_list import Pick, matching
from opsdesk.ui.widgets.picker import Picker
from opsdesk.ui.widgets.position_field import PositionField
from tests.support import made_forms
from tests.support.made_forms import rule, when

NOW = 1_795_357_920_000
PEOPLE = (Pick(b"a" * 16, "A. Brandt", "2 Plt"), Pick(b"v" * 16, "J. Vance", "Gate Sec"))


class KnownSources:
    """A directory of two people."""

    def search(self, kind: str, text: str, deliver: Callable[[Sequence[Pick]], None]) -> None:
        deliver(matching(PEOPLE, text))

    def name(self, kind: str, record: bytes, deliver: Callable[[str], None]) -> None:
        deliver(next(pick.label for pick in PEOPLE if pick.value == record))

    def write(self, placeholder: str, about: Callable[[], About]) -> LongText:
        return LongText(placeholder)

    def now(self) -> int:
        return NOW

    def locate(self, field: QWidget, now: Located, take: Callable[[Located], object], **how: object) -> None:
        take(Located(Position(5.36, -4.01, 20.0, source="map")))


def choices(*words: str) -> tuple[Option, ...]:
    return tuple(Option(word.lower(), word) for word in words)


OBSTRUCTION = Form(
    "obstruction", "Route obstruction", 1,
    (
        Section(
            (
                FormField("diversion", "Diversion", "text"),
                FormField("route", "Route", "text", required=True, half_width=True),
                FormField("clear_by", "Clear by", "datetime", half_width=True),
                FormField("cause", "Cause", "choice", required=True, options=choices("Flood", "Tree", "Rubble")),
                FormField("passable", "Still passable for", "multi", options=choices("Foot", "Light", "Truck")),
                FormField("blocked_m", "Length", "integer", unit="m", minimum=0, maximum=1000),
                FormField("pickup", "Pick-up", "position"),
                FormField("guide", "Guide", "person"),
            ),
        ),
    ),
)  # fmt: skip
MEDICAL = Form("medical", "Medical", 1, (Section((FormField("patients", "Patients", "integer", required=True),)),))


@pytest.fixture
def form(qtbot: QtBot, dressed: QApplication) -> DynamicForm:
    made = DynamicForm(KnownSources())
    qtbot.addWidget(made)
    made.set_form(OBSTRUCTION)
    made.resize(440, 700)
    made.show()
    return made


def editor(form: DynamicForm, code: str) -> Any:
    return form.row(code).editor


def test_needed_fields_come_first_and_halves_share_a_line() -> None:
    lines = [[field.code for field in line] for line in lines_of(OBSTRUCTION.fields)]
    assert lines[:3] == [["route", "clear_by"], ["cause"], ["diversion"]]


def test_every_kind_of_answer_is_typed_and_read_back(form: DynamicForm, qtbot: QtBot) -> None:
    qtbot.keyClicks(editor(form, "route"), "Amber")
    qtbot.keyClicks(editor(form, "clear_by"), "+2h")
    cause: ChoiceBar = editor(form, "cause")
    qtbot.mouseClick(cause.findChildren(Button)[1], Qt.MouseButton.LeftButton)
    passable: Chips = editor(form, "passable")
    passable.setFocus()
    qtbot.keyClick(passable.focusProxy(), Qt.Key.Key_Space)
    qtbot.keyClicks(editor(form, "blocked_m"), "4 0")
    qtbot.keyClicks(editor(form, "pickup"), "5.36, -4.01")
    assert form.answers == {
        "route": "Amber", "clear_by": NOW + 7_200_000, "cause": "tree", "passable": ["foot"], "blocked_m": 40,
        "pickup": {"lat": 5.36, "lon": -4.01, "accuracy_m": 788.1, "grid": None},
    }  # fmt: skip
    assert form.problems() == ()


def test_a_person_is_found_by_the_beginning_of_any_word(form: DynamicForm, qtbot: QtBot) -> None:
    guide: Picker = editor(form, "guide")
    guide.setFocus()
    qtbot.keyClicks(guide, "gate")
    qtbot.keyClick(guide, Qt.Key.Key_Return)
    assert guide.text() == "J. Vance"
    assert form.answers["guide"] == (b"v" * 16).hex()


def test_a_name_that_is_nobody_is_a_problem_and_stays_as_typed(form: DynamicForm, qtbot: QtBot) -> None:
    guide: Picker = editor(form, "guide")
    guide.setFocus()
    qtbot.keyClicks(guide, "zzz")
    form.focus_field("route")
    assert guide.text() == "zzz"
    assert form.row("guide").problem == "Choose one from the list"


def test_half_a_grid_is_complained_about_at_its_place(form: DynamicForm, qtbot: QtBot) -> None:
    pickup: PositionField = editor(form, "pickup")
    pickup.setFocus()
    qtbot.keyClicks(pickup, "31U FT 148 60")
    assert form.row("pickup").problem == ""
    form.focus_field("route")
    assert form.row("pickup").problem == "North needs as many digits as east"
    pickup.setFocus()
    qtbot.keyClicks(pickup, "1")
    assert form.row("pickup").problem == ""


def test_a_needed_field_left_empty_is_told_only_when_asked(form: DynamicForm) -> None:
    form.focus_field("route")
    form.focus_field("cause")
    assert form.row("route").problem == ""
    form.show_problems(form.problems())
    assert form.row("route").problem == "Route is needed"
    assert form.row("route").editor.property("invalid") is True
    assert form.row("route").editor.accessibleDescription() == "Route is needed"


def test_a_number_out_of_bounds_says_the_bound_with_its_unit(form: DynamicForm, qtbot: QtBot) -> None:
    qtbot.keyClicks(editor(form, "blocked_m"), "4000")
    form.focus_field("route")
    editor(form, "blocked_m").setFocus()
    form.focus_field("route")
    assert form.row("blocked_m").problem == "At most 1000 m"


def test_missing_lists_the_needed_fields_and_a_link_leads_there(form: DynamicForm, qtbot: QtBot) -> None:
    line = Completeness()
    qtbot.addWidget(line)
    line.wanted.connect(form.focus_field)
    line.show_missing([(field.code, field.label) for field in form.missing])
    assert line.words == "2 required left: Route, Cause"
    line.linkActivated.emit("route")
    assert form.focusWidget() is editor(form, "route")


def test_answers_hidden_by_another_form_come_back_with_it(form: DynamicForm, qtbot: QtBot) -> None:
    qtbot.keyClicks(editor(form, "route"), "Amber")
    assert form.set_form(MEDICAL) == ("Route",)
    assert form.answers == {}
    qtbot.keyClicks(editor(form, "patients"), "2")
    form.set_form(OBSTRUCTION)
    assert form.answers == {"route": "Amber"}
    form.set_form(MEDICAL)
    assert form.answers == {"patients": 2}


def test_a_draft_keeps_what_is_wrong_as_it_was_typed(form: DynamicForm, qtbot: QtBot, dressed: QApplication) -> None:
    qtbot.keyClicks(editor(form, "clear_by"), "soon")
    qtbot.keyClicks(editor(form, "pickup"), "31U FT 148 60")
    qtbot.keyClicks(editor(form, "diversion"), "over B")
    content = form.content
    other = DynamicForm(KnownSources())
    qtbot.addWidget(other)
    other.set_form(OBSTRUCTION)
    other.set_content(content)
    assert editor(other, "clear_by").text() == "soon"
    assert editor(other, "pickup").text() == "31U FT 148 60"
    assert other.answers == {"diversion": "over B"}
    assert [problem.field for problem in other.problems()] == ["route", "clear_by", "cause", "pickup"]


def test_every_shipped_form_can_be_built_and_filled_by_a_draft(form: DynamicForm) -> None:
    folder = Path(__file__).parents[3] / "resources" / "forms"
    shipped = [path for path in folder.glob("*.json") if path.name not in ("types.json", "categories.json")]
    assert len(shipped) >= 10
    for path in shipped:
        definition = forms.read(path.read_text(encoding="utf-8"))
        form.set_form(definition)
        assert {field.code for field in form.missing} == {field.code for field in definition.fields if field.required}


def test_the_moment_is_written_out_when_the_field_is_left(qtbot: QtBot, dressed: QApplication) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    field, other = MomentField("When", now=lambda: NOW), QLineEdit()
    column = QVBoxLayout(holder)
    column.addWidget(field)
    column.addWidget(other)
    with qtbot.waitActive(holder):
        holder.show()
    field.setFocus()
    qtbot.keyClicks(field, "-20m")
    assert field.value == NOW - 20 * 60_000
    assert field.text() == "-20m"
    other.setFocus()
    assert field.text() == "22 1412Z NOV 26"


def test_a_number_is_read_as_people_write_it() -> None:
    assert read_number("1 234", whole=True) == 1234
    assert read_number("1,5", whole=False) == 1.5
    assert read_number("1e999", whole=False) is None
    assert read_number("many", whole=True) is None


def test_a_chosen_segment_can_be_cleared_only_where_nothing_is_an_answer(qtbot: QtBot, dressed: QApplication) -> None:
    for clearable in (True, False):
        bar = ChoiceBar((Choice(1, "One"), Choice(2, "Two")), "Number", clearable=clearable)
        qtbot.addWidget(bar)
        bar.show()
        bar.set_value(1)
        qtbot.mouseClick(bar.focusProxy(), Qt.MouseButton.LeftButton)
        assert bar.value == (None if clearable else 1)


def test_a_bar_is_filled_by_arrows_and_first_letters(qtbot: QtBot, dressed: QApplication) -> None:
    bar = ChoiceBar((Choice(1, "Yes"), Choice(2, "No"), Choice(3, "Unknown")), "Hurt?", clearable=True)
    qtbot.addWidget(bar)
    with qtbot.waitActive(bar):
        bar.show()
    bar.setFocus()
    seen: list[object] = []
    bar.chosen.connect(seen.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
        qtbot.keyClick(bar.focusWidget() or bar, key)
    qtbot.keyClicks(bar.focusWidget() or bar, "u")
    qtbot.keyClick(bar.focusWidget() or bar, Qt.Key.Key_Delete)
    assert seen == [1, 2, 1, 3, None]


# -- rules: the six faults that forms with rules have elsewhere --------------------------------------------------------

NO = when("runs", "no")
RULED = made_forms.form(
    rule("show", "recovery", when=NO),
    rule("hide", "secret", when=when("runs", "yes")),
    rule("require", "secret", when={"in": ["power.fuel", {"var": "ticket.categories"}]}),
    rule("set", "weight", value=7_500, when=NO),
    rule("lock", "weight", when=when("recovery", "lift")),
    rule("limit", "parts", options=["axle"], when=NO),
    rule("relabel", "secret", text="Cargo", when=when("parts", ["axle"])),
    rule("relabel", "cause", text="Why it stands", when=NO),
    rule("help", "cause", text="As the driver says", when=NO),
)


def pick(bar: ChoiceBar, number: int, qtbot: QtBot) -> None:
    """Press one of a bar."""
    qtbot.mouseClick(bar.findChildren(Button)[number], Qt.MouseButton.LeftButton)


def test_rules_act_on_answers_that_are_there_when_the_form_opens(form: DynamicForm) -> None:
    form.set_content({"answers": {"runs": "no"}})
    form.set_form(RULED)
    assert not form.row("recovery").isHidden()
    assert editor(form, "weight").text() == "7500"
    assert (form.row("cause").label_text, form.row("cause").help) == ("Why it stands", "As the driver says")
    other = DynamicForm(KnownSources())
    other.set_form(RULED)
    other.set_content({"answers": {"runs": "no"}})
    assert other.answers == form.answers
    other.deleteLater()


def test_rules_survive_that_another_form_was_asked_meanwhile(form: DynamicForm, qtbot: QtBot) -> None:
    form.set_form(RULED)
    pick(editor(form, "runs"), 1, qtbot)
    form.set_form(MEDICAL)
    form.set_form(RULED)
    assert "recovery" in form.asked
    pick(editor(form, "runs"), 0, qtbot)
    assert "recovery" not in form.asked
    assert form.row("recovery").isHidden()


def test_a_hidden_answer_does_not_count_stays_in_the_draft_and_comes_back(form: DynamicForm, qtbot: QtBot) -> None:
    form.set_form(RULED)
    qtbot.keyClicks(editor(form, "secret"), "ammunition")
    pick(editor(form, "runs"), 0, qtbot)
    assert form.answers == {"runs": "yes"}
    assert list(form.kept) == ["Load"]
    assert form.content["answers"] == {"runs": "yes", "secret": "ammunition"}
    pick(editor(form, "runs"), 1, qtbot)
    assert form.answers["secret"] == "ammunition"
    assert list(form.kept) == []


def test_marks_of_needed_fields_follow_the_category(form: DynamicForm) -> None:
    form.set_form(RULED)
    assert [field.code for field in form.missing] == ["runs"]
    form.set_facts(Facts("power", ("power", "power.fuel")))
    assert [field.code for field in form.missing] == ["runs", "secret"]
    assert form.row("secret").required
    form.set_facts(Facts("power", ("power",)))
    assert not form.row("secret").required


def test_a_value_set_by_a_rule_is_sent_and_goes_with_its_rule(form: DynamicForm, qtbot: QtBot) -> None:
    form.set_form(RULED)
    pick(editor(form, "runs"), 1, qtbot)
    assert form.answers["weight"] == 7_500
    pick(editor(form, "runs"), 0, qtbot)
    assert "weight" not in form.answers
    assert editor(form, "weight").text() == ""


def test_what_is_hidden_is_never_needed(form: DynamicForm, qtbot: QtBot) -> None:
    form.set_form(RULED, Facts("power", ("power", "power.fuel")))
    pick(editor(form, "runs"), 0, qtbot)
    assert form.missing == ()
    assert form.problems() == ()


def test_typed_text_wins_over_a_rule_and_an_emptied_field_stays_empty(form: DynamicForm, qtbot: QtBot) -> None:
    form.set_form(RULED)
    qtbot.keyClicks(editor(form, "weight"), "3")
    pick(editor(form, "runs"), 1, qtbot)
    assert form.answers["weight"] == 3
    editor(form, "weight").setFocus()
    qtbot.keyClick(editor(form, "weight"), Qt.Key.Key_Backspace)
    assert "weight" not in form.answers
    assert form.given["weight"] is None
    other = form.content
    form.set_answers({})
    form.set_content(other)
    assert "weight" not in form.answers


def test_a_locked_field_shows_the_value_of_its_rule_and_gives_back_what_was_typed(
    form: DynamicForm, qtbot: QtBot
) -> None:
    form.set_form(RULED)
    qtbot.keyClicks(editor(form, "weight"), "3")
    pick(editor(form, "runs"), 1, qtbot)
    pick(editor(form, "recovery"), 1, qtbot)
    assert (editor(form, "weight").text(), editor(form, "weight").isEnabled()) == ("7500", False)
    pick(editor(form, "recovery"), 0, qtbot)
    assert (editor(form, "weight").text(), editor(form, "weight").isEnabled()) == ("3", True)


def test_a_choice_that_a_rule_takes_away_can_be_seen_and_taken_back(form: DynamicForm, qtbot: QtBot) -> None:
    form.set_form(RULED)
    chips = editor(form, "parts").findChildren(Button)
    qtbot.mouseClick(chips[1], Qt.MouseButton.LeftButton)
    pick(editor(form, "runs"), 1, qtbot)
    assert [problem.field for problem in form.problems()] == ["parts"]
    assert not chips[1].isHidden()
    qtbot.mouseClick(chips[1], Qt.MouseButton.LeftButton)
    assert form.problems() == ()
    assert chips[1].isHidden()
