#!/usr/bin/env python3
"""Queries while runs load: each sees what was there before a group or after it, never a mixture.

    tests/torture/readers.py [--long] [--warehouse duckdb|postgres|redshift] [--points N] [--seed S]
                             [--only POINT] [--figures FILE]

A point is a query, `WAY:NUMBER`: `report` (of a DuckDB file, which it copies beside the run),
`query` (the command), `direct` (a connection past the program). Each asks, in one statement, for
counts and hashes of all rows of all tables, and for how many objects the ledger and the run's row
tell of. That must be one of the states between two groups, and none older than what a query has
seen before.

All the while one run after the other loads, each into a warehouse of its own. A run is stopped
(SIGSTOP) again and again for a query or some, which so find it in the midst of everything.
"""

import collections
import contextlib
import json
import os
import shutil
import signal
import sys
import threading
import time

import suite
from suite import Harm

import sparkify  # noqa: E402
from world import EXIT_OK, HANG_SECONDS, World, database_of, shown  # noqa: E402

POINTS = 1000
SHORT = {"duckdb": 30, "postgres": 40, "redshift": 30}
WAYS = {"duckdb": ("report",), "postgres": ("query", "direct"), "redshift": ("query", "direct")}
REDSHIFT = "redshift"
STOPS = 12  # of a run, about
STOP_QUERIES = 3  # at most, that find it as it stands
STOP_SECONDS_MAX = 2
MIDDLE_MIN = 0.2  # of all queries, that find some groups and not all
RUNS = "etl_runs"  # tells of a run what no state between groups has
BALANCE = """
union all
select 'balance' as name, cast(coalesce(sum(objects), 0) as bigint) as row_count,
  cast((select count(*) from etl_objects) as varchar) as row_hash
from etl_runs
"""
REPORT = "-- title: State\n-- chart: table\n-- definition: Of all tables.\n"


def hash_sql(warehouse):
    """Counts and hashes, as of sparkify.fingerprint(), but of tables without runs."""
    parts = sparkify.fingerprint_sql(warehouse).split(" union all ")
    return " union all ".join(part for part in parts if f"'{RUNS}' as name" not in part) + BALANCE


def length_sql():
    """The same for Redshift, which hashes no rows: the lengths of all values, in each column."""
    parts = []
    for table, names in sparkify.contract.TABLE_COLUMNS.items():
        kept = [name for name in names if name != "run_id"]
        lengths = [f"sum(length(cast(\"{name}\" as varchar)))" for name in kept]
        text = " || ' ' || ".join(f"coalesce(cast({each} as varchar), '-')" for each in lengths)
        parts.append(
            f"select '{table}' as name, count(*) as row_count, {text} as row_hash from \"{table}\""
        )
    return " union all ".join(part for part in parts if f"'{RUNS}' as name" not in part) + BALANCE


class Loading:
    """A warehouse into which a run loads, and what queries have seen of it so far."""

    def __init__(self, warehouse):
        self.warehouse = warehouse
        self.lock = threading.Lock()
        self.readers = 0
        self.seen = 0  # the newest state, by its number


class Trials:
    at_once = 3

    def __init__(self, kind, options):
        self.kind, self.options = kind, options
        self.world = World(kind)
        self.stack = contextlib.ExitStack()
        self.found = collections.Counter()  # states, by number
        self.runs = self.queries = 0
        self.current = None
        self.change = threading.Condition()
        self.is_over = False
        self.trouble = None

    def __enter__(self):
        self.stack.enter_context(self.world)
        if self.kind == "duckdb":
            self.reports = self.world.folder / "reports"
            self.reports.mkdir()
            (self.reports / "state.sql").write_text(f"{REPORT}{hash_sql(self.world.reference)}\n")
        self.make_states()
        self.loader = threading.Thread(target=self.load_again_and_again)
        self.loader.start()
        return self

    def __exit__(self, kind, *error):
        with self.change:
            self.is_over = True
            self.change.notify_all()
        self.loader.join()
        self.stack.__exit__(kind, *error)
        if kind is None:
            self.expect_midst()

    def expect_midst(self):
        """Else it would prove nothing."""
        if self.trouble is not None:
            raise self.trouble
        total = sum(self.found.values())
        middle = total - self.found[0] - self.found[len(self.states) - 1]
        text = f"{self.runs} runs; of {total} queries {middle} found some groups and not all"
        print(f"readers on {self.kind}: {text}", flush=True)
        if total >= 20 and middle < MIDDLE_MIN * total:
            raise sparkify.SparkifyError(f"too few: {text}")

    # --- The states between groups

    def make_states(self):
        """Group by group, each by a run of its own, before which its files are put into place."""
        plan = self.world.must(
            "etl", self.world.template, *self.world.sources, "--dry-run", "--json"
        )
        folders = {"log": self.world.sources[1], "song": self.world.sources[3]}
        files = {
            kind: [uri.removeprefix("file://") for uri, _, _ in sparkify.folder_objects(folder)]
            for kind, folder in folders.items()
        }
        aside = self.world.folder / "aside"
        for path in [path for paths in files.values() for path in paths]:
            move(path, f"{aside}{path}")
        warehouse = self.world.new()
        self.states = [self.read_all(warehouse)]
        for group in json.loads(plan.stdout)["plan"]["groups"]:
            kind = group["kind"]
            for path in files[kind][: group["objects"]]:
                move(f"{aside}{path}", path)
            del files[kind][: group["objects"]]
            self.world.must("etl", warehouse, f"--{kind}-data", folders[kind])
            self.states.append(self.read_all(warehouse))
        if any(files.values()) or len(self.states) < 4:
            raise sparkify.SparkifyError(f"these are not the groups: {plan.stdout}")
        self.world.expect_tables(
            warehouse, self.world.fingerprint(warehouse), self.world.truth
        )
        self.world.drop(warehouse)

    def read_all(self, warehouse):
        return {way: self.read(warehouse, way) for way in WAYS[self.kind]}

    # --- Runs

    def load_again_and_again(self):
        try:
            while not self.is_over:
                self.load_once(Loading(self.world.new()))
        except Exception as trouble:  # pylint: disable=broad-except; the main thread raises it
            with self.change:
                self.trouble = trouble
                self.change.notify_all()

    def load_once(self, loading):
        chance = suite.dice(self.options, self.kind, self.runs)
        words = (*self.world.sources, "--threads", chance.choice((1, 2)))
        run = self.world.start("etl", loading.warehouse, *words)
        with self.change:
            self.current = loading
            self.change.notify_all()
        try:
            self.halt_often(run, chance)
            done = self.world.finish(run, loading.warehouse)
        finally:
            run.kill()
        self.runs += 1
        if run.returncode != EXIT_OK:
            raise Harm(f"a run that was read ended with {run.returncode}: {shown(done)}")
        with self.change:
            self.current = None
            self.change.wait_for(lambda: loading.readers == 0, HANG_SECONDS)
        self.world.expect_whole(loading.warehouse)
        self.world.drop(loading.warehouse)

    def halt_often(self, run, chance):
        end = time.monotonic() + HANG_SECONDS
        while run.poll() is None and time.monotonic() < end:
            time.sleep(chance.random() * 2 * self.world.seconds / STOPS)
            run.send_signal(signal.SIGSTOP)
            try:
                self.let_read(chance.randint(1, STOP_QUERIES))
            finally:
                run.send_signal(signal.SIGCONT)

    def let_read(self, count):
        """Waits until so many queries have come to their end."""
        with self.change:
            wanted = self.queries + count
            self.change.wait_for(lambda: self.queries >= wanted or self.is_over, STOP_SECONDS_MAX)

    # --- A query

    def points(self, count):
        ways = WAYS[self.kind]
        return [f"{ways[n % len(ways)]}:{n // len(ways) + 1}" for n in range(count)]

    def attempt(self, point):
        way = point.partition(":")[0]
        with self.one_that_loads() as loading:
            with loading.lock:
                at_least = loading.seen
            state = self.read(loading.warehouse, way)
            number = self.number_of(state, way)
            if number < at_least:
                text = f"state {at_least} was there, and now it is {number}"
                raise Harm(f"{text}\n{state}", mixtures=1)
            with loading.lock:
                loading.seen = max(loading.seen, number)
        with self.change:
            self.found[number] += 1

    @contextlib.contextmanager
    def one_that_loads(self):
        with self.change:
            self.change.wait_for(lambda: self.current or self.trouble, HANG_SECONDS)
            if self.trouble is not None:
                raise Harm(f"the runs have ended: {self.trouble}") from self.trouble
            loading = self.current
            loading.readers += 1
        try:
            yield loading
        finally:
            with self.change:
                loading.readers -= 1
                self.queries += 1
                self.change.notify_all()

    def number_of(self, state, way):
        for number, known in enumerate(self.states):
            if known[way] == state:
                return number
        text = "\n".join(str(known[way]) for known in self.states)
        raise Harm(f"a mixture: {state}\nnone of\n{text}", mixtures=1)

    def read(self, warehouse, way):
        if way == "report":
            rows = self.rows_of_report(warehouse)
        elif way == "direct":
            path = f"set search_path to {sparkify.quote_name(warehouse.schema)}; "
            rows = self.world.server.sql(path + hash_sql(warehouse), database_of(warehouse))
        else:
            rows = self.rows_of_query(warehouse)
        found = {str(name): (str(count), text) for name, count, text in rows}
        told, counted = found.pop("balance")
        if told != str(counted):
            raise Harm(f"runs tell of {told} objects, the ledger of {counted}", mixtures=1)
        return found

    def rows_of_report(self, warehouse):
        words = ("--format", "json", "--out", "-", "--reports", self.reports)
        done = self.expect_read(self.world.run("report", warehouse, *words))
        [state] = [a for a in json.loads(done.stdout)["analyses"] if a["name"] == "state"]
        return state["rows"]

    def rows_of_query(self, warehouse):
        sql = length_sql() if self.kind == REDSHIFT else hash_sql(warehouse)
        done = self.expect_read(self.world.run("query", warehouse, sql, "--format", "jsonl"))
        return [list(json.loads(line).values()) for line in done.stdout.splitlines() if line]

    @staticmethod
    def expect_read(done):
        if done.returncode != EXIT_OK:
            raise Harm(f"a query ended with {done.returncode}: {shown(done)}", wrong_exit=1)
        return done


def move(path, target):
    """With its time of change, which is part of its version."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.move(path, target)


if __name__ == "__main__":
    sys.exit(suite.main("readers", __doc__, Trials, SHORT, POINTS))
