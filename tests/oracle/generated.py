"""What etl must make of generated data: truth.json of `sparkify generate` against a warehouse.

The generator shares no code with the decoder, so its truth is a second oracle, and one that does not
get slower with the data: it holds counts, and the place of each record that must be rejected.
"""

import json

import sparkify

COUNTS = {  # in `expected`: SQL that gives it
    "songs": "select count(*) from songs",
    "artists": "select count(*) from artists",
    "users": "select count(*) from users",
    "paid_users": "select count(*) from users where level = 'paid'",
    "songplays": "select count(*) from songplays",
    "matched_songplays": "select count(*) from songplays where song_id is not null",
    "time": "select count(*) from time",
}


def read_truth(folder):
    return json.loads((folder / "truth.json").read_text("utf-8"))


def differences(truth, summary, warehouse, prefix):
    """What etl's summary of its run and the tables after it say otherwise than `truth`, line by line.
    `prefix`: of the uris, before the names that the truth has."""
    return [
        *summary_differences(truth["expected"], summary),
        *table_differences(truth["expected"], warehouse),
        *reject_differences(truth, summary["run_id"], warehouse, prefix),
    ]


def summary_differences(expected, summary):
    rejects = sum(expected["rejects"].values())
    pairs = {
        "records": expected["log_records"] + expected["song_records"],
        "loaded": expected["log_records_loaded"] + expected["song_records_loaded"],
        "duplicates": expected["duplicates"],
        "rejects": rejects,
        "late_matches": expected["late_matches"],
        "songs": expected["song_records_loaded"],
        "failed_objects": [],
    }
    for name, value in pairs.items():
        if summary[name] != value:
            yield f"summary, {name}: {summary[name]}, not {value}"


def table_differences(expected, warehouse):
    parts = ", ".join(f"({sql}) as {name}" for name, sql in COUNTS.items())
    unmatched = "(select count(*) from unmatched_songplays) as unmatched"
    found = sparkify.query_rows(warehouse, f"select {parts}, {unmatched}")[0]
    wanted = {name: expected[name] for name in COUNTS}
    wanted["unmatched"] = wanted["songplays"] - wanted["matched_songplays"]
    for name, value in wanted.items():
        if found[name] != value:
            yield f"{name}: {found[name]} in the tables, not {value}"


def reject_differences(truth, run_id, warehouse, prefix, shown_max=5):
    expected = {
        (r["file"], r["line"], r["byte_offset"], r["reason"], r["column"] or "")
        for r in truth["faulty_records"]
        if r["outcome"] == "rejected"
    }
    rows = sparkify.query_rows(
        warehouse,
        "select uri, line, byte_offset, reason, column_name from etl_rejects "
        f"where run_id = {run_id}",
    )
    found = {
        (r["uri"].removeprefix(prefix), r["line"], r["byte_offset"], r["reason"],
         r["column_name"] or "")
        for r in rows
    }  # fmt: skip
    if len(found) != len(rows):
        yield f"{len(rows)} rejects, of which only {len(found)} are different ones"
    for what, records in (("missing", expected - found), ("not expected", found - expected)):
        for record in sorted(records)[:shown_max]:
            yield f"rejects, {what} ({len(records)} in all): {record}"
