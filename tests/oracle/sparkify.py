"""Runs the sparkify program for end-to-end tests and reads its tables as the oracle shows them."""

import decimal
import json
import os
import pathlib
import subprocess
import tempfile

import contract

REPO = pathlib.Path(__file__).resolve().parents[2]
TIMEOUT_S = 120
SUFFIXES = tuple(
    plain + packed
    for plain in (".json", ".jsonl", ".ndjson")
    for packed in ("", ".gz", ".zst", ".bz2")
)
MORE_COLUMNS = {  # tables that the oracle does not show
    "etl_drift": ("kind", "key_name", "is_known", "records"),
}
SUMMED_BY = {"etl_runs": (), "etl_drift": ("kind", "key_name", "is_known")}


class SparkifyError(Exception):
    """The program ended otherwise than the caller can go on with."""


def binary():
    path = pathlib.Path(os.environ.get("SPARKIFY_BINARY", REPO / "build/release/sparkify"))
    if not path.is_file():
        raise SparkifyError(f"{path}: no such program; build it or set SPARKIFY_BINARY")
    return str(path.resolve())


def sql_tool():
    """Writes SQL into DuckDB files, which sparkify never does; tests/e2e/tools/duckdb_exec.cc."""
    folder = pathlib.Path(binary()).parent
    places = [folder / "tests", folder, REPO / "build/dev/tests"]
    paths = [place / "duckdb_exec" for place in places]
    if "SPARKIFY_SQL_TOOL" in os.environ:
        paths = [pathlib.Path(os.environ["SPARKIFY_SQL_TOOL"])]
    for path in paths:
        if path.is_file():
            return str(path.resolve())
    raise SparkifyError(f"{paths[0]}: not there; build duckdb_exec or set SPARKIFY_SQL_TOOL")


def execute_sql(warehouse, sql):
    done = subprocess.run(
        [sql_tool(), str(warehouse), sql],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise SparkifyError(f"{sql}: {done.stderr}")


def environment(env=None):
    """Our own, without settings of the program; `env` comes on top."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SPARKIFY_", "AWS_"))
    }
    return {**clean, **(env or {})}


def run(*args, prefix=(), env=None, timeout=TIMEOUT_S):
    """A finished process with stdout and stderr as text. `env` adds to a cleaned environment;
    `prefix` is a command that runs the program."""
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [*map(str, prefix), binary(), *map(str, args)],
            cwd=folder,
            env=environment(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
        )


def start(*args, prefix=(), env=None, **options):
    """A process that runs the program, behind `prefix` if given; the caller ends it."""
    return subprocess.Popen(
        [*map(str, prefix), binary(), *map(str, args)],
        env=environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        **options,
    )


def query_rows(warehouse, sql):
    """`warehouse`: the path of a DuckDB file. One dictionary a row."""
    done = run("--warehouse", f"duckdb:{warehouse}", "query", sql, "--format", "jsonl")
    if done.returncode != 0:
        raise SparkifyError(f"query ended with {done.returncode}: {sql}\n{done.stderr}")
    return [
        json.loads(line, parse_float=decimal.Decimal)
        for line in done.stdout.split("\n")
        if line.strip()
    ]


def table_rows(warehouse, table):
    names = ", ".join(f'"{name}"' for name in contract.TABLE_COLUMNS[table])
    return query_rows(warehouse, f'select {names} from "{table}"')


def warehouse_tables(path):
    """All tables of the contract, as contract.Warehouse.tables() gives them."""
    tables = {table: table_rows(path, table) for table in contract.TABLE_COLUMNS}
    places = run_places(path, {row["run_id"] for row in tables["etl_objects"]})
    for table in ("etl_runs", "etl_objects", "etl_rejects"):
        kept = []
        for row in tables[table]:
            place = places.get(row["run_id"])
            if place is None and table == "etl_runs":
                continue  # a run that loaded nothing
            kept.append({**row, "run_id": place})
        tables[table] = kept
    return {
        table: contract.sorted_rows(contract.normalise_row(row) for row in rows)
        for table, rows in tables.items()
    }


def without_runs(tables):
    """The same tables whichever runs did the work: no run_id, and the sum over etl_runs."""
    plain = dict(tables)
    for table in ("etl_objects", "etl_rejects"):
        place = contract.TABLE_COLUMNS[table].index("run_id")
        plain[table] = contract.sorted_rows(row[:place] + row[place + 1 :] for row in tables[table])
    counts = [row[1:] for row in tables["etl_runs"]]
    plain["etl_runs"] = [tuple(map(sum, zip(*counts)))]
    return plain


def fingerprint(path):
    """Table: its number of rows and a hash of them, whichever runs did the work. One query."""
    parts = []
    for table, names in {**contract.TABLE_COLUMNS, **MORE_COLUMNS}.items():
        kept = [f'"{name}"' for name in names if name != "run_id"]
        source = f'"{table}"'
        if table in SUMMED_BY:
            keys = [f'"{name}"' for name in SUMMED_BY[table]]
            sums = [f"sum({name}) as {name}" for name in kept if name not in keys]
            group = f"group by {', '.join(keys)}" if keys else ""
            source = f"(select {', '.join(keys + sums)} from {source} {group})"
        parts.append(
            f"select '{table}' as name, count(*) as row_count, "
            f"cast(sum(hash({', '.join(kept)})) as varchar) as row_hash from {source}"
        )
    rows = query_rows(path, " union all ".join(parts))
    return {row["name"]: (row["row_count"], row["row_hash"]) for row in rows}


def run_places(path, loading_runs):
    """run_id: its place, from 1, in time among the runs that loaded an object."""
    runs = query_rows(path, "select run_id from etl_runs order by started_at, run_id")
    in_time = [row["run_id"] for row in runs if row["run_id"] in loading_runs]
    return {run_id: place for place, run_id in enumerate(in_time, 1)}


def folder_objects(path):
    """The objects below a folder as (uri, etag, bytes), in byte order of their uri."""
    objects = []
    for folder, folders, files in os.walk(os.path.abspath(path)):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if name.startswith(".") or not name.endswith(SUFFIXES):
                continue
            file = pathlib.Path(folder, name)
            stat = file.stat()
            etag = f"{stat.st_size}-{stat.st_mtime_ns}"
            objects.append((f"file://{file}", etag, file.read_bytes()))
    return contract.by_uri(objects)


def difference(expected, found, rows_max=4):
    """What differs between two results of tables(), as text; empty if nothing does."""
    lines = []
    for table in expected:
        missing = subtract(expected[table], found[table])
        surplus = subtract(found[table], expected[table])
        if not missing and not surplus:
            continue
        lines.append(
            f"{table}: {len(expected[table])} rows expected, {len(found[table])} found; "
            f"{len(missing)} missing, {len(surplus)} not expected"
        )
        lines += [f"  missing       {cut(row)}" for row in missing[:rows_max]]
        lines += [f"  not expected  {cut(row)}" for row in surplus[:rows_max]]
    return "\n".join(lines)


def subtract(rows, other):
    rest = list(rows)
    counts = {}
    for row in other:
        counts[row] = counts.get(row, 0) + 1
    left = []
    for row in rest:
        if counts.get(row, 0) > 0:
            counts[row] -= 1
        else:
            left.append(row)
    return left


def cut(row, chars_max=600):
    text = repr(row)
    return text if len(text) <= chars_max else f"{text[:chars_max]}... ({len(text)} characters)"
