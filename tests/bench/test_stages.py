"""The stages of an edit from desk to desk: each ends with the first mark of its kind after the one before."""

from opsdesk.bench.syncing import stages

MS = 1_000_000


def test_stages_fill_the_way_from_commit_to_paint_and_what_was_not_needed_has_none() -> None:
    edits = [(0, 100 * MS), (200 * MS, 260 * MS)]
    writer = {"push asked": [10 * MS, 205 * MS], "push answered": [30 * MS, 240 * MS]}
    reader = {
        "look answered": [35 * MS, 230 * MS],
        "pull asked": [40 * MS],
        "pull answered": [60 * MS],
        "changed": [70 * MS, 245 * MS],
        "rows": [90 * MS, 250 * MS],
    }
    told = {
        row["stage"]: (row["edits"], row["median_ms"], row["p95_ms"]) for row in stages.table(edits, writer, reader)
    }
    assert told == {
        "notice, gather and write the message": (2, 7.5, 10.0),
        "judge and commit at the server": (2, 27.5, 35.0),
        "tell whoever waits": (2, 2.5, 5.0),  # the second was told before the push was answered
        "ask for the entries": (1, 5.0, 5.0),
        "read and send the entries": (1, 20.0, 20.0),
        "apply and commit": (2, 7.5, 10.0),
        "fetch and compare the rows": (2, 12.5, 20.0),
        "paint": (2, 10.0, 10.0),
    }
