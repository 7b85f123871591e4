#!/usr/bin/env python3
"""Two and four runs at once on one warehouse.

    tests/torture/races.py [--long] [--warehouse duckdb|postgres|redshift] [--points N] [--seed S]
                           [--only POINT] [--figures FILE]

A point is `two:NUMBER` or `four:NUMBER`; the seed and the number decide when each run starts, in
how large groups it loads and by how many threads; on Redshift also the isolation of the database.
In a DuckDB file and on PostgreSQL one run loads and the others are refused, or find nothing new if
they come later; on Redshift they wait for each other. Whatever they do, all is loaded, and once.
"""

import collections
import contextlib
import subprocess
import sys
import time

import suite
from suite import Harm

from world import EXIT_LOCKED, EXIT_OK, HANG_SECONDS, World, shown  # noqa: E402

POINTS = 100
SHORT = {"duckdb": 4, "postgres": 3, "redshift": 3}
RUNS = {"two": 2, "four": 4}
REDSHIFT = "redshift"
ISOLATIONS = ("snapshot", "serializable")
GROUP_BYTES = ("1", "5000", "1000000")

Done = collections.namedtuple("Done", "args returncode stdout stderr pid")


class Trials:
    def __init__(self, kind, options):
        self.kind, self.options = kind, options
        self.world = World(kind)
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        self.stack.enter_context(self.world)
        return self

    def __exit__(self, *error):
        self.stack.__exit__(*error)

    def points(self, count):
        names = list(RUNS)
        return [f"{names[n % len(names)]}:{n // len(names) + 1}" for n in range(count)]

    def attempt(self, point):
        chance = suite.dice(self.options, self.kind, point)
        if self.kind == REDSHIFT:
            self.world.server.isolation = chance.choice(ISOLATIONS)
        warehouse = self.world.new()
        try:
            done = self.race(warehouse, RUNS[point.partition(":")[0]], chance)
            self.expect_one_winner(warehouse, done)
            self.world.expect_whole(warehouse)
            self.world.expect_recovery(warehouse)
        finally:
            self.world.drop(warehouse)

    def race(self, warehouse, count, chance):
        """All at the same moment, or one after the other within the time that one needs."""
        spread = chance.choice((0, 0, self.world.seconds / 2, self.world.seconds))
        pauses = sorted(chance.random() * spread for _ in range(count))
        begin, runs = time.monotonic(), []
        try:
            for pause in pauses:
                time.sleep(max(0, begin + pause - time.monotonic()))
                runs.append(self.start(warehouse, chance))
            return [self.finish(run) for run in runs]
        finally:
            for run in runs:
                run.kill()

    def start(self, warehouse, chance):
        env = {"SPARKIFY_GROUP_BYTES": chance.choice(GROUP_BYTES)}
        words = ("--threads", chance.choice((1, 2)), "-v")
        return self.world.start("etl", warehouse, *self.world.sources, *words, env=env)

    def finish(self, run):
        try:
            stdout, stderr = run.communicate(timeout=HANG_SECONDS)
        except subprocess.TimeoutExpired:
            raise Harm(f"a run did not end within {HANG_SECONDS} s", wrong_exit=1) from None
        return Done(run.args, run.returncode, stdout, stderr, run.pid)

    def expect_one_winner(self, warehouse, done):
        codes = (EXIT_OK,) if self.kind == REDSHIFT else (EXIT_OK, EXIT_LOCKED)
        environment = self.world.environment(warehouse)
        for each in done:
            self.world.expect_no_leak("etl", each.stdout + each.stderr, environment)
            self.world.expect_orderly(each, codes)
            others = [other.pid for other in done if other is not each]
            is_refused = each.returncode == EXIT_LOCKED
            if is_refused and not any(f"held by {what}" in each.stderr for what in holders(others)):
                raise Harm(f"who holds the warehouse is not said: {shown(each)}", wrong_exit=1)
        if all(each.returncode != EXIT_OK for each in done):
            raise Harm(f"all were refused: {''.join(map(shown, done))}", wrong_exit=1)


def holders(pids):
    """How a refused run may name another."""
    for pid in pids:
        yield f"process {pid} "
        yield f"another run (process {pid} "


if __name__ == "__main__":
    sys.exit(suite.main("races", __doc__, Trials, SHORT, POINTS))
