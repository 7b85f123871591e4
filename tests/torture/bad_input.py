#!/usr/bin/env python3
"""Files with one thing wrong each, against the rows and rejects that the contract wants of them.

    bad_input.py [--long] [--warehouse duckdb|postgres|redshift] [--only POINT] ...

Points: golden:FOLDER/NAME, the golden document against the oracle; together:WAY, all files in one run
on a warehouse; alone:FOLDER/NAME, one file in a run of its own, on DuckDB (--long: every file). The files
and their goldens are in tests/bad_input/.
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import suite  # noqa: E402
import world  # noqa: E402
from suite import Harm  # noqa: E402
from world import EXIT_OK, EXIT_SOURCE, shown  # noqa: E402

import contract  # noqa: E402
import sparkify  # noqa: E402
import warehouses  # noqa: E402

FOLDER = suite.REPO / "tests" / "bad_input"
KINDS = ("log", "song")
STAR = ("songplays", "users", "songs", "artists", "time", "unmatched_songplays")
COUNTS = ("records", "loaded", "duplicates", "rejects")
PLACE = ("record_no", "line", "byte_offset", "column_name", "reason", "raw_text")
ALONE_IN_CI = 25
RUN_SECONDS = 300
DAMAGED = "the compressed file is damaged"
# How all files are loaded together: what must not show, where it can make a difference.
SMALL_STRAIGHT = {"SPARKIFY_GROUP_BYTES": "20000", "SPARKIFY_STRAIGHT_BYTES": "1"}
WAYS = {
    "duckdb": {
        "one_group": {},
        "small_groups": {"SPARKIFY_GROUP_BYTES": "5000", "SPARKIFY_BLOCK_BYTES": "64"},
        "straight": {**SMALL_STRAIGHT, "SPARKIFY_THREADS": "4"},
    },
    "postgres": {
        "one_group": {},
        "straight": SMALL_STRAIGHT,
    },
    "redshift": {
        "one_group": {"SPARKIFY_STAGE": "compact"},
        "direct": {"SPARKIFY_STAGE": "direct"},
    },
}


class File:
    """One file of bad input, and what must become of it."""

    def __init__(self, path):
        self.path = path
        self.kind = path.parent.name
        self.name = f"{self.kind}/{path.name}"
        self.data = path.read_bytes()
        self.golden = json.loads(pathlib.Path(f"{path}.golden").read_text("utf-8"))
        self.has_failed = self.golden["object"] == "failed"

    def rows(self):
        """As contract.Warehouse.tables() gives them: the star's, objects and rejects."""
        rows = {table: self.golden.get("rows", {}).get(table, []) for table in STAR}
        counts = {} if self.has_failed else self.golden["object"]
        rows["etl_objects"] = [{name: counts[name] for name in COUNTS}] if counts else []
        rows["etl_rejects"] = self.golden.get("rejects", [])
        columns = {**contract.TABLE_COLUMNS, "etl_objects": COUNTS, "etl_rejects": PLACE}
        return {
            table: [contract.normalise_row({c: row[c] for c in columns[table]}) for row in found]
            for table, found in rows.items()
        }


def all_files():
    """In the order in which a run takes them: by the bytes of their names, songs first."""
    files = []
    for kind in ("song", "log"):
        paths = [p for p in (FOLDER / kind).iterdir() if p.suffix != ".golden"]
        files += [File(path) for path in sorted(paths, key=lambda path: path.name.encode())]
    return files


def golden_tables(files, uri):
    """The union of what they must become. `uri`: of a file."""
    tables = {table: set() for table in (*STAR, "etl_objects", "etl_rejects")}
    for file in files:
        for table, rows in file.rows().items():
            name = (uri(file),) if table.startswith("etl_") else ()
            tables[table].update(name + row for row in rows)
    return {table: contract.sorted_rows(rows) for table, rows in tables.items()}


def of_goldens(tables):
    """The same part of contract.Warehouse.tables()."""
    part = {table: tables[table] for table in STAR}
    for table, kept in (("etl_objects", COUNTS), ("etl_rejects", PLACE)):
        places = [contract.TABLE_COLUMNS[table].index(name) for name in ("uri", *kept)]
        part[table] = contract.sorted_rows(tuple(row[p] for p in places) for row in tables[table])
    return part


def local_uri(file):
    return f"file://{file.path}"


class BadInputWorld(world.World):
    """Its sources are the files, and no run is the truth: the goldens are."""

    def make_sources(self):
        self.sources = ("--log-data", FOLDER / "log", "--song-data", FOLDER / "song")

    def make_reference(self):
        self.reference = self.template
        self.truth = {"tables": {}}


class Trials:
    def __init__(self, kind, options):
        self.kind, self.options = kind, options
        self.world = BadInputWorld(kind, env={})
        self.files = all_files()
        self.by_name = {file.name: file for file in self.files}

    def __enter__(self):
        self.world.__enter__()
        return self

    def __exit__(self, *_):
        self.world.__exit__()

    def points(self, count):
        """`count`: of files alone."""
        together = [f"together:{way}" for way in WAYS[self.kind]]
        if self.kind != warehouses.DUCKDB:
            return together
        names = list(self.by_name)
        alone = sorted(suite.dice(self.options, "alone").sample(names, min(count, len(names))))
        return [f"golden:{name}" for name in names] + together + [f"alone:{name}" for name in alone]

    def attempt(self, point):
        kind, what = point.split(":", 1)
        if kind == "golden":
            expect_same(*golden_and_oracle(self.by_name[what]), "the golden", "the oracle")
        elif kind == "alone":
            self.load_alone(self.by_name[what])
        else:
            self.load_together(what)

    # --- Loading

    def load_alone(self, file):
        warehouse = self.world.new()
        words = (f"--{file.kind}-data", file.path)
        done = self.world.run("etl", warehouse, *words, "--json")
        self.expect_end(done, [file], local_uri)
        self.expect_tables(warehouse, [file], local_uri)
        self.world.drop(warehouse)

    def load_together(self, way):
        warehouse = self.world.new()
        env, sources, uri = WAYS[self.kind][way], self.world.sources, local_uri
        if way == warehouses.DIRECT:
            sources, uri = self.published()
        for is_again in (False, True)[: 2 if way == "one_group" else 1]:
            # The second run finds only what has failed, and fails again.
            done = self.world.run(
                "etl", warehouse, *sources, "--json", env=env, timeout=RUN_SECONDS
            )
            self.expect_end(done, self.files, uri, is_again)
            self.expect_tables(warehouse, self.files, uri)
        self.world.drop(warehouse)

    def published(self):
        """The files once more, where Redshift can read them by itself."""
        client, there = warehouses.s3.client(warehouses.loader), f"s3://{warehouses.SOURCES}"
        client.put_many(warehouses.SOURCES, [(file.name, file.data) for file in self.files])
        words = [word for kind in KINDS for word in (f"--{kind}-data", f"{there}/{kind}")]
        return words, lambda file: f"{there}/{file.name}"

    # --- What must hold

    def expect_end(self, done, files, uri, is_again=False):
        """The exit code, the names of what has failed, and the run's own counts."""
        failed = [file for file in files if file.has_failed]
        code = EXIT_SOURCE if failed else EXIT_OK
        if done.returncode != code or world.UGLY.search(done.stdout + done.stderr):
            raise Harm(f"exit code {done.returncode}, not {code}: {shown(done)}", wrong_exit=1)
        summary = json.loads(done.stdout)
        loaded = [] if is_again else [file for file in files if not file.has_failed]
        wanted = {name: sum(file.golden["object"][name] for file in loaded) for name in COUNTS}
        wanted["objects"] = len(loaded)
        found = {name: summary.get(name, 0) for name in wanted}
        if found != wanted:
            raise Harm(f"the summary says {found}, not {wanted}", wrong_exit=1)
        messages = {each["uri"]: each["message"] for each in summary["failed_objects"]}
        if sorted(messages) != sorted(map(uri, failed)):
            raise Harm(f"the summary names as failed: {sorted(messages)}", wrong_exit=1)
        for name, message in messages.items():
            if not message.startswith(f"{name}: ") or DAMAGED not in message:
                raise Harm(f"not what a reader needs: {message}", wrong_exit=1)

    def expect_tables(self, warehouse, files, uri):
        found = sparkify.warehouse_tables(warehouse)
        expect_same(golden_tables(files, uri), of_goldens(found), "the goldens", "the program")
        by_kind = {kind: [] for kind in KINDS}
        for file in files:
            by_kind[file.kind].append((uri(file), "any", file.data))
        oracle = contract.Warehouse()
        oracle.apply_run(by_kind["song"], by_kind["log"])
        expect_same(oracle.tables(), found, "the oracle", "the program")


def golden_and_oracle(file):
    oracle = contract.Warehouse()
    objects = [(local_uri(file), "any", file.data)]
    run = oracle.apply_run(*((objects, []) if file.kind == "song" else ([], objects)))
    if bool(run.failed) != file.has_failed:
        raise Harm(f"damaged for the {'oracle' if run.failed else 'golden'} alone")
    return golden_tables([file], local_uri), of_goldens(oracle.tables())


def expect_same(wanted, found, who, whom):
    text = sparkify.difference(wanted, found)
    if not text:
        return
    more = {table: len(found[table]) - len(wanted[table]) for table in wanted}
    lost, doubled = (sum(max(0, sign * n) for n in more.values()) for sign in (-1, 1))
    is_other = not lost and not doubled
    counts = {"lost": lost + is_other, "doubled": doubled + is_other}
    raise Harm(f"{who} and {whom} differ:\n{text}", **counts)


if __name__ == "__main__":
    sys.exit(
        suite.main(
            "bad_input",
            __doc__,
            Trials,
            short={"duckdb": ALONE_IN_CI, "postgres": 1, "redshift": 1},
            long=10_000,
        )
    )
