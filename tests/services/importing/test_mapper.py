"""Plans, templates and guesses: what a row becomes as a ticket."""

from pathlib import Path

import pytest

from opsdesk.services.importing.dialect import Dialect
from opsdesk.services.importing.guess import Column, guess
from opsdesk.services.importing.mapper import Mapped, Mapper
from opsdesk.services.importing.plan import Plan, plan_of, read_plan, write_plan
from opsdesk.services.importing.problems import ImportProblem
from opsdesk.services.importing.tables import RawRow
from opsdesk.services.importing.values import RowProblem

COLUMNS = ["what", "when", "lat", "lon", "place", "deaths", "note"]
PLAN = Plan(
    columns={"what": "category", "when": "occurred", "lat": "lat", "lon": "lon", "place": "location"},
    templates={"title": "{what|sentence}[ near {place}][: {deaths|number} dead]"},
    values={"impact": {">=10": "high", "<1": "low", "*": "medium"}, "category": {"ROB": "Robbery"}},
    area=(0.0, -10.0, 10.0, 10.0),
)
DIALECT = Dialect(decimal=".", date_order="dmy", zone="UTC")


def mapped(*cells: str, plan: Plan = PLAN, columns: list[str] = COLUMNS, dialect: Dialect = DIALECT) -> Mapped:
    """The ticket that a row becomes."""
    return Mapper(plan, columns, dialect, "reports").row(RawRow(7, cells))


def test_a_row_becomes_the_ticket_that_the_plan_says() -> None:
    row = mapped("BURGLARY", "23/04/2019 12:30", "5.1", "-4", "Dabou", "3", "dog barked")
    assert row.values == {
        "title": "Burglary near Dabou: 3 dead",
        "occurred_at": 1556022600000,
        "lat": 5.1,
        "lon": -4.0,
        "location": "Dabou",
        "priority": 2,
    }
    assert row.rest == {"what": "BURGLARY", "deaths": "3", "note": "dog barked"}
    assert row.category == "Burglary"
    assert mapped("ROB", "", "NA", "NA", "", "0", "").values == {"title": "ROB", "priority": 2}


@pytest.mark.parametrize(
    ("position", "doubt"),
    [
        (("5", "5"), None),
        (("20", "5"), "outside the stated area"),
        (("5", "11"), "outside the stated area"),
        (("0", "0"), "at 0, 0"),
    ],
)
def test_a_point_outside_the_area_is_marked(position: tuple[str, str], doubt: str | None) -> None:
    assert mapped("x", "", *position, "", "", "").values.get("position_doubt") == doubt


def test_an_area_may_cross_the_date_line() -> None:
    plan = Plan(columns={"lat": "lat", "lon": "lon", "what": "title"}, area=(-20, 170, 0, -170))
    doubts = [
        mapped("x", "", "-10", lon, "", "", "", plan=plan).values.get("position_doubt")
        for lon in ("175", "-175", "180", "10")
    ]
    assert doubts == [None, None, None, "outside the stated area"]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (("x", "", "nan", "1"), "latitude .nan. is no number"),
        (("x", "", "inf", "1"), "no number"),
        (("x", "", "91", "1"), "outside ±90"),
        (("x", "", "1", "-180.5"), "outside ±180"),
        (("x", "", "1", ""), "latitude alone"),
        (("x", "", "NA", "1"), "longitude alone"),
        (("x", "01/01/0000", "1", "1"), "year 0"),
        (("x", "01/01/9999", "1", "1"), "year 9999"),
        (("x", "soon", "1", "1"), "no date"),
        (("x\ud800", "", "1", "1"), "half a character"),
    ],
)
def test_a_row_that_cannot_be_a_ticket_says_why(cells: tuple[str, ...], words: str) -> None:
    with pytest.raises(RowProblem, match=words):
        mapped(*cells, "", "", "")


def test_a_long_title_is_cut_and_kept_whole_in_the_description() -> None:
    plan = Plan(columns={"what": "title", "note": "description"})
    row = mapped("word " * 100, "", "", "", "", "", "more", plan=plan)
    assert len(row.values["title"]) == 200
    assert row.values["description"] == ("word " * 100).strip() + "\n\nmore"


def test_a_row_without_a_title_is_called_by_what_else_it_tells() -> None:
    plan = Plan(columns={"what": "title", "place": "location", "note": "description"})
    assert mapped("no name", "", "", "", "Dabou", "", "x", plan=plan).values["title"] == "Dabou"
    assert mapped("", "", "", "", "", "", "Said so", plan=plan).values["title"] == "Said so"
    assert mapped("", "", "", "", "", "4", "", plan=plan).values["title"] == "reports, row 7"


def test_places_are_joined_without_repeating_themselves() -> None:
    plan = Plan(columns={"a": "location", "b": "location", "c": "location", "d": "location", "e": "location"})
    columns = ["a", "b", "c", "d", "e"]
    row = mapped("", "Ainaro", "Ainaro", "Timor", "Asia", plan=plan, columns=columns)
    assert row.values["location"] == "Ainaro, Timor, Asia"
    assert mapped("1", "2", "3", "4", "5", plan=plan, columns=columns).values["location"] == "1, 2, 3"
    assert row.rest == {"b": "Ainaro", "c": "Ainaro", "d": "Timor", "e": "Asia"}


def test_the_same_row_has_the_same_digest_however_it_is_written_and_mapped() -> None:
    point = mapped("ROB", "23/04/2019 12:30", "5.10", "-4", "Dabou", "3", "x")
    comma = mapped(
        "ROB", "23/04/2019 12:30", "5,1", "-4,0", "Dabou", "3", "x", dialect=Dialect(decimal=",", date_order="dmy")
    )
    moved = Mapper(PLAN, COLUMNS[::-1], DIALECT, "other").row(
        RawRow(1, ["x", "3", "Dabou", "-4", "5.1", "2019-04-23T12:30:00Z", "ROB"])
    )
    other = mapped("ROB", "23/04/2019 12:30", "5.10", "-4", "Dabou", "3", "y")
    renamed = Plan(columns=dict(PLAN.columns), constants={"urgency": "high"}, templates={"title": "{note}"})
    assert point.digest == comma.digest == moved.digest
    assert mapped("ROB", "23/04/2019 12:30", "5.10", "-4", "Dabou", "3", "x", plan=renamed).digest == point.digest
    assert point.digest != other.digest


def test_a_stated_priority_stands_with_its_reason() -> None:
    plan = Plan(columns={"what": "title", "note": "priority", "place": "urgency"})
    row = mapped("x", "", "", "", "high", "", "Urgent", plan=plan)
    assert (row.values["priority"], row.values["priority_reason"]) == (4, "as imported")
    assert "priority_reason" not in mapped("x", "", "", "", "high", "", "high", plan=plan).values
    with pytest.raises(RowProblem, match="no priority"):
        mapped("x", "", "", "", "", "", "whenever", plan=plan)


def test_tags_are_words_as_the_desk_writes_them() -> None:
    plan = Plan(columns={"what": "title", "note": "tags"})
    assert mapped("x", "", "", "", "", "", '#Flood, "Road  Closed";flood', plan=plan).tags == ("flood", "road closed")


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{what}[ near {place}]", "fire"),
        ("{what|upper} ({note|title})", "FIRE (Sad Dog)"),
        ("[[{what}]] {{x}}", "[fire] {x}"),
        ("[{deaths|number} dead, ]{what}", "fire"),
    ],
)
def test_templates_leave_out_what_is_not_known(template: str, text: str) -> None:
    plan = Plan(templates={"title": template})
    assert mapped("fire", "", "", "", "", "0", "SAD DOG", plan=plan).values["title"] == text


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{wath}", 'did you mean "what"'),
        ("{what|shout}", "none of sentence"),
        ("{what", "stands alone"),
        ("[{what}", "not closed"),
        ("{what}]", "stands alone"),
    ],
)
def test_a_wrong_template_is_refused(template: str, words: str) -> None:
    with pytest.raises(ImportProblem, match=words):
        Mapper(Plan(templates={"title": template}), COLUMNS, DIALECT, "x")


def test_a_mapping_file_says_what_the_plan_says(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text(
        """
        source = "Reports"
        area = [0, -10, 10, 10]
        keep = ["when"]
        [dialect]
        date_order = "mdy"
        [columns]
        what = "category"
        when = "occurred"
        [constants]
        urgency = 3
        [templates]
        title = "{what} near {place}"
        [values.category]
        ROB = "Robbery"
        """
    )
    assert read_plan(path) == Plan(
        columns={"what": "category", "when": "occurred"},
        constants={"urgency": "3"},
        templates={"title": "{what} near {place}"},
        values={"category": {"ROB": "Robbery"}},
        keep=("when",),
        area=(0.0, -10.0, 10.0, 10.0),
        source="Reports",
        dialect=Dialect(date_order="mdy"),
    )


def test_a_plan_that_is_written_is_read_back_equal(tmp_path: Path) -> None:
    plan = Plan(
        columns={'odd "name"\n': "title", "a.b": "lat"},
        constants={"urgency": "high"},
        templates={"title": "{a.b} – {{x}}"},
        values={"category": {">=1": "Köln"}, "a.b": {"*": ""}},
        keep=("a.b",),
        area=(0.0, -10.0, 10.5, 10.0),
        source="Reports\\1 \U0001f525\x7f",
        dialect=Dialect(delimiter="\t", header_row=0),
    )
    write_plan(plan, tmp_path / "map.toml")
    assert read_plan(tmp_path / "map.toml") == plan
    write_plan(Plan(), tmp_path / "map.toml")
    assert read_plan(tmp_path / "map.toml") == Plan()
    with pytest.raises(ImportProblem, match="cannot be written"):
        write_plan(plan, tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[columns]\nwhat = "tittle"', 'map.toml: There is no field "tittle"; did you mean "title"'),
        ("[colums]\nx = 'y'", "did you mean"),
        ("[columns]\na = 'lat'\nb = 'lat'", "only one column"),
        ("[constants]\nstate = 'open'", "no field"),
        ("[templates]\nlat = '{x}'", "no field that a template can fill"),
        ("area = [1, 2, 3]", r"south, west, north, east"),
        ("area = [50, 0, 40, 1]", "north of the north"),
        ("area = [95, 0, 96, 1]", "degrees"),
        ("area = [nan, 0, 1, 1]", "degrees"),
        ("values = 3", "table of tables"),
        ("[values]\nx = 3", "must be a table"),
        ("keep = 'x'", "list of columns"),
        ("[dialect]\ndate_order = 'ydm'", "order of dates"),
        ("[dialect]\ndelimiter = '\"'", "one character"),
        ("[dialect]\nencoding = 'klingon'", "no encoding"),
        ("[dialect]\nzone = 'Mars'", "no time zone"),
        ("[dialect]\nheader_row = 'one'", "must be a int"),
        ("source = [", "no TOML"),
    ],
)
def test_a_wrong_mapping_file_is_refused_at_its_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "map.toml"
    path.write_text(text)
    with pytest.raises(ImportProblem, match=words):
        read_plan(path)


def test_a_plan_that_names_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(ImportProblem, match='no column "wen"; did you mean "when"'):
        Mapper(plan_of({"columns": {"wen": "occurred"}}), COLUMNS, DIALECT, "x")


def columns_of(**samples: str | list[str]) -> list[Column]:
    """Columns whose first rows hold these texts."""
    made = []
    for name, texts in samples.items():
        cells = [texts] * 3 if isinstance(texts, str) else texts
        made.append(Column(name.replace("__", " "), len(cells), tuple(dict.fromkeys(cells)), len(set(cells))))
    return made


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (
            columns_of(fecha_hecho="2019-01-01", longitud="-75.5", latitud="6.2", modalidad="Arma", edad="24"),
            {"fecha_hecho": "occurred", "latitud": "lat", "longitud": "lon", "modalidad": "category"},
        ),
        (
            columns_of(Name=["a", "b"], Type="Flood", Date="4/03/12", Lat="-8.9", Lon="125.5", Comments="x", L3="Mulo"),
            {
                "Name": "title", "Type": "category", "Date": "occurred", "Lat": "lat", "Lon": "lon",
                "Comments": "description", "L3": "location",
            },
        ),
        (columns_of(x="350353.39", y="578924.25", Date="2016-01-01"), {"Date": "occurred"}),
        (columns_of(Time="2019-01-01 12:00", Subject="x"), {"Time": "occurred", "Subject": "title"}),
        (
            columns_of(Date="01/02/2019", Time="12:30", Subject="x"),
            {"Date": "occurred", "Time": "time", "Subject": "title"},
        ),
        (columns_of(Type=[str(number) + "x" for number in range(100)]), {}),
        (columns_of(Severity="blue", Title="x"), {"Title": "title"}),
        (columns_of(Severity="High", Title="x"), {"Severity": "impact", "Title": "title"}),
        (columns_of(one="2016-01-01", two="x"), {"one": "occurred"}),
        (columns_of(when="nonsense", Grid__Ref="31U FT 1480 6012"), {"Grid Ref": "grid"}),
    ],
)  # fmt: skip
def test_columns_are_guessed_by_name_and_proved_by_what_they_hold(
    columns: list[Column], expected: dict[str, str]
) -> None:
    assert dict(guess(columns, DIALECT, "reports.csv").columns) == expected


def test_a_guessed_title_tells_what_and_where() -> None:
    def title(**samples: str) -> str:
        columns = columns_of(**samples)
        plan = guess(columns, DIALECT, "city_reports.csv")
        return str(
            Mapper(plan, list(samples), DIALECT, "city_reports").row(RawRow(1, list(samples.values()))).values["title"]
        )

    assert title(offense="BURGLARY", incident_no="77") == "Burglary 77"
    assert title(offense="BURGLARY", borough="STATEN ISLAND", id="77") == "Burglary, Staten Island"
    assert title(modalidad="Arma de fuego") == "City reports: Arma de fuego"
    assert title(boro="BRONX", occur_date="2019-01-01") == "City reports, Bronx"
    assert (
        title(side_a="A", side_b="Civilians", where_coordinates="Bria town", best="4")
        == "A – Civilians, Bria town: 4 dead"
    )
    assert title(side_a="A", side_b="B", where_coordinates="Bria town", best="0") == "A – B, Bria town"


@pytest.mark.parametrize(
    ("accuracy", "source", "values"),
    [
        ("25", "GPS", {"accuracy_m": 25.0, "position_source": "gps"}),
        ("±1.5 km", "told_by voice", {"accuracy_m": 1500.0, "position_source": "told"}),
        ("0", "Map click", {"accuracy_m": None, "position_source": "map"}),
        ("80 ft", "a dream", {"accuracy_m": pytest.approx(24.384)}),
        ("", "", {}),
    ],
)
def test_how_exact_a_position_is_and_how_it_is_known_come_along(
    accuracy: str, source: str, values: dict[str, object]
) -> None:
    columns = ["what", "lat", "lon", "GPS accuracy", "Location source"]
    plan = guess(
        [Column(name, 1, (text,), 1) for name, text in zip(columns, ("Fire", "5", "4", "25", "GPS"), strict=True)],
        DIALECT,
        "reports",
    )
    row = mapped("Fire", "5", "4", accuracy, source, plan=plan, columns=columns)
    given = {name: row.values[name] for name in ("accuracy_m", "position_source") if name in row.values}
    assert given == values
    # The source's own words stay beside, whether they say something to us or not.
    assert row.rest.get("Location source", "") == source


@pytest.mark.parametrize("accuracy", ["-5", "good", "20000 km"])
def test_an_accuracy_that_is_none_rejects_the_row(accuracy: str) -> None:
    plan = Plan(columns={"what": "title", "lat": "lat", "lon": "lon", "acc": "accuracy"})
    with pytest.raises(RowProblem, match="accuracy"):
        mapped("Fire", "5", "4", accuracy, plan=plan, columns=["what", "lat", "lon", "acc"])
