"""Runs the sparkify program for end-to-end tests and reads its tables as the oracle shows them.

A warehouse is the path of a DuckDB file or a PostgresWarehouse. What is read from the two is equal
where they hold the same; warehouses.py makes new ones.
"""

import contextlib
import decimal
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
from unittest import mock

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
SETTINGS = ("SPARKIFY_", "AWS_", "PG")  # what names of variables begin with that the program reads

# Else /proc/PID/fd is closed, and strace sees no text, to all who have not the right to trace.
OPEN_TO_LOOK = {"SPARKIFY_CORE_DUMPS": "true"}


class SparkifyError(Exception):
    """The program ended otherwise than the caller can go on with."""


class PostgresWarehouse:
    """A schema of a PostgreSQL database; `env` has the password and what TLS needs."""

    def __init__(self, url, schema, env):
        self.url = url
        self.schema = schema
        self.environment = dict(env)

    def __str__(self):
        return f"{self.url} {self.schema}"

    @property
    def options(self):
        return ("--warehouse", self.url, "--schema", self.schema)


class RedshiftWarehouse(PostgresWarehouse):
    """A schema of a database of a stand-in for Amazon Redshift: `server`."""

    def __init__(self, url, schema, env, server, database):
        super().__init__(url, schema, env)
        self.server = server
        self.database = database


def is_postgres(warehouse):
    """Or what speaks as PostgreSQL does."""
    return isinstance(warehouse, PostgresWarehouse)


def binary():
    path = pathlib.Path(os.environ.get("SPARKIFY_BINARY", REPO / "build/release/sparkify"))
    if not path.is_file():
        raise SparkifyError(f"{path}: no such program; build it or set SPARKIFY_BINARY")
    return str(path.resolve())


@contextlib.contextmanager
def copied_for_all_users():
    """In it, the program that is run is a copy that every user may run; ours may lie in a folder that
    others cannot enter. Gives its path."""
    with tempfile.TemporaryDirectory() as name:
        folder, origin = pathlib.Path(name), pathlib.Path(binary())
        folder.chmod(0o755)
        shutil.copy(origin, folder)
        shutil.copytree(origin.parent / "lib", folder / "lib")
        for path in (folder / "lib", *folder.rglob("*")):
            path.chmod(0o755)
        with mock.patch.dict(os.environ, SPARKIFY_BINARY=str(folder / origin.name)):
            yield folder / origin.name


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
    """Not through the program. Several statements are one transaction in PostgreSQL only."""
    if isinstance(warehouse, RedshiftWarehouse):
        path = f"set search_path to {quote_name(warehouse.schema)}"
        warehouse.server.sql(f"{path}; {sql}", warehouse.database)
        return
    command, env = [sql_tool(), str(warehouse), sql], None
    if is_postgres(warehouse):
        command = ["psql", "-X", "-w", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", warehouse.url]
        command += ["-c", f"set search_path to {quote_name(warehouse.schema)}", "-c", sql]
        env = dict(warehouse.environment)
        env["PGPASSWORD"] = env.pop("SPARKIFY_DB_PASSWORD", "")
    done = subprocess.run(
        command,
        env=environment(env),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise SparkifyError(f"{sql}: {done.stderr}")


def quote_name(name):
    return '"' + name.replace('"', '""') + '"'


def environment(env=None):
    """Our own, without settings of the program; `env` comes on top."""
    clean = {name: text for name, text in os.environ.items() if not name.startswith(SETTINGS)}
    return {**clean, **(env or {})}


def options(warehouse):
    """The words that lead the program to a warehouse."""
    if is_postgres(warehouse):
        return warehouse.options
    return ("--warehouse", f"duckdb:{warehouse}")


def on_warehouse(warehouse, env=None):
    """The environment in which the program gets in; `env` comes on top."""
    return {**(warehouse.environment if is_postgres(warehouse) else {}), **(env or {})}


def run(*args, prefix=(), env=None, timeout=TIMEOUT_S):
    """A finished process with stdout and stderr as text. `env` adds to a cleaned environment;
    `prefix` is a command that runs the program."""
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [*map(str, prefix), binary(), *map(str, args)],
            cwd=folder,
            env=environment({**(OPEN_TO_LOOK if prefix else {}), **(env or {})}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
        )


def start(*args, prefix=(), env=None, **options):
    """A process that runs the program, behind `prefix` if given; the caller ends it, and may look
    into it."""
    return subprocess.Popen(
        [*map(str, prefix), binary(), *map(str, args)],
        env=environment({**OPEN_TO_LOOK, **(env or {})}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        **options,
    )


def query_rows(warehouse, sql):
    """One dictionary a row."""
    words = ("query", sql, "--format", "jsonl", *options(warehouse))
    done = run(*words, env=on_warehouse(warehouse))
    if done.returncode != 0:
        raise SparkifyError(f"query ended with {done.returncode}: {sql}\n{done.stderr}")
    return [
        json.loads(line, parse_float=decimal.Decimal)
        for line in done.stdout.split("\n")
        if line.strip()
    ]


def table_rows(warehouse, columns):
    """The rows of many tables by one query. `columns`: of each table, names; a name is of one type
    in all tables."""
    every = list(dict.fromkeys(name for names in columns.values() for name in names))
    first = {name: table for table, names in reversed(columns.items()) for name in names}
    typed = ", ".join(f'"{first[name]}"."{name}"' for name in every)
    tables = ", ".join(f'"{table}"' for table in columns)
    # Nothing, but with all types: behind it, NULL is of its column's type.
    parts = [f"select '' as from_table, {typed} from {tables} where false"]
    for table, names in columns.items():
        values = ", ".join(f'"{name}"' if name in names else "null" for name in every)
        parts.append(f"select '{table}', {values} from \"{table}\"")
    rows = {table: [] for table in columns}
    for row in query_rows(warehouse, " union all ".join(parts)):
        table = row["from_table"]
        rows[table].append({name: row[name] for name in columns[table]})
    return rows


def warehouse_tables(warehouse):
    """All tables of the contract, as contract.Warehouse.tables() gives them."""
    names = contract.TABLE_COLUMNS
    tables = table_rows(warehouse, {**names, "etl_runs": (*names["etl_runs"], "started_at")})
    places = run_places(tables["etl_runs"], {row["run_id"] for row in tables["etl_objects"]})
    for table in ("etl_runs", "etl_objects", "etl_rejects"):
        kept = []
        for row in tables[table]:
            place = places.get(row["run_id"])
            if place is None and table == "etl_runs":
                continue  # a run that loaded nothing
            kept.append({**row, "run_id": place})
        tables[table] = kept
    return {
        table: contract.sorted_rows(
            contract.normalise_row({name: row[name] for name in names[table]}) for row in rows
        )
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


def fingerprint(warehouse):
    """Table: its number of rows and a hash of them, whichever runs did the work. One query. To be
    compared between warehouses of one kind."""
    rows = query_rows(warehouse, fingerprint_sql(warehouse))
    return {row["name"]: (row["row_count"], row["row_hash"]) for row in rows}


def fingerprint_sql(warehouse):
    """A row a table: name, row_count, row_hash."""
    parts = []
    for table, names in {**contract.TABLE_COLUMNS, **MORE_COLUMNS}.items():
        kept = [f'"{name}"' for name in names if name != "run_id"]
        source = f'"{table}"'
        if table in SUMMED_BY:
            keys = [f'"{name}"' for name in SUMMED_BY[table]]
            sums = [f"sum({name}) as {name}" for name in kept if name not in keys]
            group = f"group by {', '.join(keys)}" if keys else ""
            source = f"(select {', '.join(keys + sums)} from {source} {group}) summed"
        parts.append(
            f"select '{table}' as name, count(*) as row_count, "
            f"cast(sum({row_hash(warehouse, kept)}) as varchar) as row_hash from {source}"
        )
    return " union all ".join(parts)


def row_hash(warehouse, columns):
    values = ", ".join(columns)
    if isinstance(warehouse, RedshiftWarehouse):  # for the database behind the stand-in
        return f"cast(cast('x' || left(md5(cast(row({values}) as text)), 15) as bit(60)) as bigint)"
    if is_postgres(warehouse):
        return f"hashtextextended(cast(row({values}) as text), 0)"
    return f"hash({values})"


def run_places(runs, loading_runs):
    """run_id: its place, from 1, in time among the runs that loaded an object."""
    in_time = sorted(runs, key=lambda run: (run["started_at"], run["run_id"]))
    loading = [run["run_id"] for run in in_time if run["run_id"] in loading_runs]
    return {run_id: place for place, run_id in enumerate(loading, 1)}


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
            seconds, nanoseconds = divmod(stat.st_mtime_ns, 1_000_000_000)
            etag = f"{stat.st_size}-{seconds}.{nanoseconds:09}"
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
