#!/usr/bin/env python3
"""SIGINT and SIGTERM at random moments of a run: it ends by itself, soon, and says what was done.

A point is SIGNAL:time:SHARE, a share of the time that an undisturbed run takes, or SIGNAL:statement:NUMBER.
"""

import json
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import suite  # noqa: E402  (and the places of the following)

import sparkify  # noqa: E402
import world as worlds  # noqa: E402
from faults import Faults  # noqa: E402
from suite import Harm  # noqa: E402
from world import EXIT_OK, World, shown  # noqa: E402

SIGNALS = ("SIGINT", "SIGTERM")
STOP_SECONDS_MAX = 5
SESSION_END_SECONDS_MAX = 10
STATES = "select status, finished_at is null as is_open from etl_runs order by run_id"
SESSIONS = "select count(*) from pg_stat_activity where application_name like 'sparkify %'"


class Trials:
    def __init__(self, kind, options):
        self.options = options
        self.world = World(kind)

    def __enter__(self):
        self.world.__enter__()
        self.faults = Faults(self.world.folder)
        return self

    def __exit__(self, *_):
        self.world.__exit__()

    def points(self, count):
        """Half at random times, half at random statements, which a fast machine does not miss. Each
        warehouse begins with another signal, for where it has one or two points."""
        warehouse = self.world.new()
        self.world.must("etl", warehouse, *self.world.sources, env=self.faults.counting())
        self.world.drop(warehouse)
        statements = self.faults.counts()["statement"]
        random = suite.dice(self.options)
        first = worlds.KINDS.index(self.world.kind)
        for number in range(count):
            name = SIGNALS[(number // 2 + first) % len(SIGNALS)]
            if number % 2 == 0:
                yield f"{name}:statement:{random.randrange(1, statements + 1)}"
            else:
                yield f"{name}:time:{random.random():.4f}"

    def attempt(self, point):
        name, where, place = point.split(":")
        number = getattr(signal, name)
        warehouse = self.world.new()
        try:
            if where == "time":
                seconds = float(place) * self.world.seconds
                done, is_sent = self.stopped_after(seconds, number, warehouse)
            else:
                order = self.faults.order("signal", "statement", int(place), number)
                done, is_sent = self.world.load(warehouse, "--json", env=order), self.faults.fired()
            if done.returncode != EXIT_OK:
                self.expect_stopped(done, number, warehouse)
            else:
                self.world.expect_whole(warehouse)
            self.world.expect_recovery(warehouse)
            return is_sent
        finally:
            self.world.drop(warehouse)

    def stopped_after(self, seconds, number, warehouse):
        process = self.world.start("etl", warehouse, *self.world.sources, "--json")
        time.sleep(seconds)
        is_sent = process.poll() is None
        process.send_signal(number)  # to nobody, if it has ended
        begin = time.monotonic()
        done = self.world.finish(process, warehouse)
        if time.monotonic() - begin > STOP_SECONDS_MAX:
            raise Harm(f"it stopped after more than {STOP_SECONDS_MAX} s", wrong_exit=1)
        return done, is_sent

    def expect_stopped(self, done, number, warehouse):
        runs = sparkify.query_rows(warehouse, STATES) if self.world.is_file else self.states(warehouse)
        if done.returncode == -number and not runs:
            return  # before the program had come to listen
        self.world.expect_orderly(done, {128 + number})
        if "stopped by a signal" not in done.stderr:
            raise Harm(f"it does not say that it was stopped: {shown(done)}", wrong_exit=1)
        if runs:
            self.expect_told(done, warehouse, runs[-1])
        if not self.world.is_file:
            self.expect_no_sessions(warehouse)

    def expect_told(self, done, warehouse, last):
        """What the summary says is what was committed."""
        if last["status"] not in ("stopped", "done") or last["is_open"]:
            raise Harm(f"the run is left as {last}: {shown(done)}", wrong_exit=1)
        if last["status"] == "done" and "`sparkify check`" not in done.stderr:
            raise Harm(f"only checks were stopped, and it does not say so: {shown(done)}", wrong_exit=1)
        document = json.loads(done.stdout)
        found = self.world.fingerprint(warehouse)["tables"]["etl_objects"][0]
        if document.get("outcome") != last["status"] or document["objects"] != int(found):
            raise Harm(f"{found} objects are there, {last}, but {shown(done)}", wrong_exit=1)

    def states(self, warehouse):
        path = f"set search_path to {sparkify.quote_name(warehouse.schema)}; "
        rows = self.world.server.sql(path + STATES, worlds.database_of(warehouse))
        return [{"status": status, "is_open": is_open == "t"} for status, is_open in rows]

    def expect_no_sessions(self, warehouse):
        """Nothing of ours goes on in the server; a session ends a moment after its client."""
        where = f" and datname = '{worlds.database_of(warehouse)}'"
        end = time.monotonic() + SESSION_END_SECONDS_MAX
        while self.world.server.sql(SESSIONS + where) != [["0"]]:
            if time.monotonic() > end:
                raise Harm("sessions are left in the server", wrong_exit=1)
            time.sleep(0.05)


if __name__ == "__main__":
    SHORT = {"duckdb": 3, "postgres": 2, "redshift": 2}
    LONG = 60  # 50 that are there
    sys.exit(suite.main("signals", __doc__, Trials, SHORT, LONG))
