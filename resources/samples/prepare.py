"""Makes the sample data of this folder out of the original files: `python resources/samples/prepare.py FOLDER`.

FOLDER holds the originals as named below. Rows and columns are only left out, never changed; people's names, telephone
numbers and links to newspapers are among what is left out. ATTRIBUTION.md says where the originals come from.
"""

import csv
import gzip
import io
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent

# Of the events in the Central African Republic, what tells where, when, who and how sure it is.
EVENT_COLUMNS = (
    "id", "type_of_violence", "conflict_name", "dyad_name", "side_a", "side_b", "number_of_sources", "where_prec",
    "where_coordinates", "where_description", "adm_1", "adm_2", "country", "event_clarity", "date_prec", "date_start",
    "date_end", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown", "best", "high", "low",
)  # fmt: skip
REPORT_COLUMNS = ("Name", "Type", "Date", "Country", "L1", "L2", "L3", "Lat", "Lon")


def main(originals: Path) -> None:
    """Write the files of this folder."""
    burglaries = read(originals / "incidents/cincinnati_burglary.csv.gz")
    write("cincinnati_burglary_2018.csv.gz", [row for row in burglaries if row["offense_date"].startswith("2018")])
    write("san_francisco_robbery_2019.csv.gz", read(originals / "incidents/san_francisco_robbery.csv"))
    for name, target in (
        ("IFRC_Train_incident_report.csv", "timor_leste_reports_2012.csv.gz"),
        ("SAFIRE_BT_Demo_event_incident_report.csv", "bhutan_reports_2021.csv.gz"),
    ):
        reports = read(originals / "incident_reports" / name)
        write(target, [{column: row[column] for column in REPORT_COLUMNS} for row in reports])
    events = json.loads((originals / "conflict_events/GEDEvent_v23_1_CAR.geojson").read_text(encoding="utf-8"))
    for feature in events["features"]:
        told = feature["properties"]
        feature["properties"] = {column: told[column] for column in EVENT_COLUMNS}
    pack("ucdp_ged_central_african_republic.geojson.gz", json.dumps(events, ensure_ascii=False, separators=(",", ":")))


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def write(name: str, rows: list[dict[str, str]]) -> None:
    """A packed CSV file with these rows."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    pack(name, text.getvalue())


def pack(name: str, text: str) -> None:
    """A packed file, the same bytes for the same text."""
    (HERE / name).write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
