"""Real files of others, with guesses alone: every row accounted for, sensible tickets, and nothing twice."""

from collections import Counter
from pathlib import Path

import pytest

from opsdesk.services.desk import Desk
from opsdesk.services.importing import preview, run, survey
from opsdesk.services.importing.mapper import Mapped

DATA = Path(__file__).parents[3] / "../shared/data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data (../shared/data) is not here")

# File → rows read, imported, rejected, duplicates. Equal lines in the files are the duplicates.
FILES = {
    "incidents/cincinnati_burglary.csv.gz": (8723, 8586, 0, 137),
    "incidents/medellin_homicides.csv": (9360, 9317, 0, 43),
    "incidents/nyc_shootings.csv": (967, 802, 0, 165),
    "incidents/san_francisco_robbery.csv": (951, 951, 0, 0),
    "conflict_events/GEDEvent_v23_1_CAR.geojson": (1848, 1848, 0, 0),
    "incident_reports/IFRC_Train_incident_report.csv": (100, 100, 0, 0),
    "incident_reports/SAFIRE_BT_Demo_event_incident_report.csv": (5, 5, 0, 0),
    "incident_reports/Disease_Ebola_hospital.csv": (90, 87, 0, 3),
    "incident_reports/default_incident_type.csv": (127, 127, 0, 0),
    "incident_reports/SAMBRO_Demo_cap_alert.csv": (18, 18, 0, 0),
    "incident_reports/SAMBRO_Demo_cap_info.csv": (28, 28, 0, 0),
    "incident_reports/SAMBRO_Demo_cap_area.csv": (15, 15, 0, 0),
    "incident_reports/SAFIRE_BT_Demo_scenario_asset.csv": (66, 66, 0, 0),
    "incident_reports/SAFIRE_BT_Demo_scenario_human_resource.csv": (39, 39, 0, 0),
}


def rows(name: str, count: int = 50) -> list[Mapped]:
    """The first rows of a file under the guess."""
    found = survey(DATA / name)
    shown = preview(found, found.plan, count)
    assert all(row.mapped for row in shown)
    return [row.mapped for row in shown if row.mapped]


@pytest.mark.parametrize("name", FILES)
def test_every_row_is_accounted_for_and_a_second_run_imports_none(desk: Desk, name: str) -> None:
    first = run.run(desk, DATA / name).result()
    assert (first.read, first.imported, first.rejected, first.duplicates) == FILES[name]
    again = run.run(desk, DATA / name).result()
    assert (again.read, again.imported, again.rejected, again.duplicates) == (first.read, 0, 0, first.read)


def test_one_incident_number_may_have_two_places() -> None:
    first, second = rows("incidents/cincinnati_burglary.csv.gz")[:2]
    assert first.values["external"] == second.values["external"] == "219027252"
    assert (first.values["lat"], first.values["lon"]) != (second.values["lat"], second.values["lon"])
    assert first.values["title"] == "Burglary 219027252"
    assert first.category == "Burglary"


def test_spanish_heads_semicolons_and_decimal_commas_are_understood() -> None:
    row = rows("incidents/medellin_homicides.csv")[0]
    assert row.values["occurred_at"] == 1556022600000
    assert (row.values["lat"], row.values["lon"]) == (6.25722555, -75.569854)
    assert row.category == "Ahorcamiento o estrangulamiento"
    assert row.rest == {"sexo": "Mujer", "edad": "50"}


def test_an_event_of_a_conflict_names_sides_place_and_deaths() -> None:
    titles = [row.values["title"] for row in rows("conflict_events/GEDEvent_v23_1_CAR.geojson")]
    assert "Government of Uganda – LRA, Obo town: 21 dead" in titles
    row = rows("conflict_events/GEDEvent_v23_1_CAR.geojson")[0]
    assert row.category == "State-based conflict"
    assert row.values["external"] == "36210"
    assert (row.values["lat"], row.values["lon"]) == (5.399784, 26.486881)


def test_day_and_month_of_a_report_are_told_by_the_whole_column() -> None:
    found = survey(DATA / "incident_reports/IFRC_Train_incident_report.csv")
    assert found.dialect.date_order == "dmy"
    first = rows("incident_reports/IFRC_Train_incident_report.csv")[0]
    assert first.values["occurred_at"] == 1330819200000  # 4 March 2012
    assert first.values["title"] == "Sabagulau – High Water"
    assert first.category == "High Water"
    assert first.values["location"] == "Ainaro, TL"


def test_a_facility_without_a_name_is_called_by_its_kind_and_place() -> None:
    titles = Counter(row.values["title"] for row in rows("incident_reports/Disease_Ebola_hospital.csv"))
    assert "no name" not in titles
    assert "ETC, Zwedru, Tchien, Grand Gedeh" in titles


def test_points_without_a_head_have_their_date() -> None:
    found = survey(DATA / "near_repeat/chicago_be_month1.csv")
    assert (found.dialect.header_row, found.rows) == (0, 970)
    assert dict(found.plan.columns) == {"Column 3": "occurred"}
