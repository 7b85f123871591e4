"""Amazon Redshift's stand-in cuts, pauses and disagrees at any moment; and two runs at once.

After each failure: whole groups only; the next run gives the tables of a run that nobody
disturbed; the one after that says that nothing is new.

Run it as `python3 tests/e2e/redshift_faults_e2e_test.py`; it needs what redshift_e2e_test.py needs.
Environment: SPARKIFY_BINARY (the program).
"""

import collections
import functools
import itertools
import json
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle"), str(HERE.parent / "servers")]

import postgres  # noqa: E402
import redshift_e2e_test as base  # noqa: E402
from postgres_e2e_test import wait_until  # noqa: E402
from redshift_e2e_test import (  # noqa: E402
    EXIT_COMMIT_UNKNOWN,
    EXIT_DATABASE,
    EXIT_OK,
    in_lanes,
    plain,
)

POINTS = 50
KILLS = 6
RACES = {"snapshot": 20, "serializable": 5}
TRIES = 6  # of a step that meets conflicts
FEW = 3  # conflicts, which is less than a run puts up with
CONFLICTS = (
    ("XX000", "1023"),
    ("XX000", "could not complete because of conflict with concurrent transaction"),
    ("40001", "1023"),
)
ANY = ""  # matches every statement
EXIT_SIGINT = 130
STOP_SECONDS_MAX = 5
LOST = "connection was lost"
TRIED_AGAIN = "trying this step again"
COMMITS_BEFORE_LOGS = 3  # of the run's row, the songs, the late songs


def setUpModule():
    base.start_servers()


class FaultCase(base.RedshiftCase):
    def undisturbed(self):
        """The statements of a run."""
        self.server.clear_statements()
        self.etl()
        return [plain(sql) for _, sql in self.server.statements]

    @staticmethod
    def groups_after(commits):
        """How many groups are there when a run has made so many commits."""
        if commits < COMMITS_BEFORE_LOGS:
            return max(0, commits - 1)
        return min(commits - COMMITS_BEFORE_LOGS + 1, len(base.data.groups))


# --- Cuts ----------------------------------------------------------------------------------------


class Point(collections.namedtuple("Point", "number when sql commits")):
    """A statement of a run, by its number from 1; so many commits were before it."""

    def __str__(self):
        return f"{self.when} statement {self.number}: {self.sql[:60]}"


def points(statements, count):
    """Every commit, before and after; COPY of each table; and some of all the others."""
    commits = list(itertools.accumulate(sql == "commit" for sql in statements))
    every = [
        Point(number, when, sql, commits[number - 1] - (sql == "commit"))
        for number, sql in enumerate(statements, 1)
        for when in ("before", "after")
    ]
    chosen = [point for point in every if point.sql == "commit"]
    copied = {}
    for point in every:
        if point.sql.startswith("copy "):
            copied.setdefault((point.sql.split()[1], point.when), point)
    chosen += copied.values()
    rest = [point for point in every if point not in chosen]
    missing = count - len(chosen)
    step = (len(rest) - 1) / (missing - 1)
    chosen += [rest[round(n * step)] for n in range(missing)]
    return sorted(set(chosen))


class CutTest(FaultCase):
    def test_fifty_points(self):
        statements = self.undisturbed()
        loaded = collections.Counter()

        def cut(lane, point):
            with self.apart(lane) as case:
                case.server.cut_on(ANY, point.when, nth=point.number)
                is_asked = point.sql == "commit" and point.when == "after"
                done = case.etl("-v", exit_code=EXIT_OK if is_asked else EXIT_DATABASE)
                self.assertEqual(case.server.orders, [], "it was cut")
                if not is_asked:
                    case.expect_error(done.stderr, LOST)
                if point.sql == "commit" and not is_asked:
                    case.expect_error(done.stderr, "not committed")
                expected = len(base.data.groups) if is_asked else self.groups_after(point.commits)
                loaded[case.expect_recovery(groups=expected)] += 1

        chosen = points(statements, POINTS)
        self.assertEqual(len(chosen), POINTS)
        in_lanes(cut, chosen)
        self.assertEqual(set(loaded), set(range(len(base.data.groups) + 1)))

    def test_commits_of_create_tables(self):
        """A second call makes what is missing."""
        for when in ("before", "after"):
            with self.subTest(when=when):
                self.warehouse = self.new_schema()
                self.server.cut_on("^commit", when)
                done = self.call("create-tables", exit_code=(EXIT_OK, EXIT_DATABASE))
                self.assertEqual(done.returncode == EXIT_OK, when == "after", done.stderr)
                self.call("create-tables")
                self.etl()
                self.expect_final()


class CommitTest(FaultCase):
    """A commit without an answer, of which nobody can be asked."""

    def test_exit_7(self):
        count = self.undisturbed().count("commit")
        self.assertEqual(self.groups_after(count), len(base.data.groups))

        def cut(lane, case_of):
            number, when = case_of
            with self.apart(lane) as case:
                case.server.on("^commit$", functools.partial(self.close_doors, case.server), number)
                case.server.cut_on("^commit$", when, nth=number)
                done = case.etl(exit_code=EXIT_COMMIT_UNKNOWN)
                case.expect_error(done.stderr, [LOST, "unknown", "sparkify status"])
                case.server.resume()
                groups = self.groups_after(number - (when == "before"))
                status = json.loads(case.call("status", "--json").stdout)
                objects = sum(row["objects"] for row in status["objects"])
                self.assertEqual(objects, len(base.data.states[groups]["etl_objects"]))
                case.expect_recovery(groups=groups)

        each = zip(range(1, count + 1), itertools.cycle(("before", "after")))
        both = itertools.product((2, count - 1, count), ("before", "after"))
        in_lanes(cut, sorted({*each, *both}))

    @staticmethod
    def close_doors(server):
        server.paused = "fatal"

    def test_somebody_who_does_not_give_the_lock_back(self):
        """Then nobody can tell. It is another run, of which ours ends nothing."""
        release = threading.Event()
        self.addCleanup(release.set)
        self.server.on("^commit$", self.hold_by_another(release), nth=2)
        self.server.cut_on("^commit$", "after", nth=2)
        self.etl(exit_code=EXIT_COMMIT_UNKNOWN, says=["unknown", "sparkify status"])
        release.set()
        self.keeper.join()
        self.expect_recovery(groups=1)

    def test_a_session_that_the_server_thinks_alive(self):
        """It holds the lock. The run waits for that, ends it, and finds nothing committed."""
        over = threading.Event()
        self.addCleanup(over.set)

        def lose_client():
            threading.current_thread().client.stop()
            over.wait()

        self.server.on("^commit$", lose_client, nth=2)
        begin = time.monotonic()
        done = self.etl(exit_code=EXIT_DATABASE)
        self.assertGreater(time.monotonic() - begin, 4, "it waited for the lock")
        self.expect_error(done.stderr, [LOST, "not committed"])
        self.assertTrue(self.sent("select pg_terminate_backend"))
        over.set()
        self.expect_recovery(groups=0)

    def hold_by_another(self, release):
        """Takes the lock as soon as the session that commits gives it back, until `release`."""
        schema = postgres.quote_name(self.warehouse.schema)

        def hold():
            there = self.server.postgres
            psql = [there.program("psql"), "-X", "-q", "-h", there.socket_dir]
            psql += ["-p", str(there.port), "-U", postgres.SUPERUSER, "-d", self.database]
            process = subprocess.Popen(psql, stdin=subprocess.PIPE, text=True)
            process.stdin.write(f"begin; lock table {schema}.etl_lock;\n")
            process.stdin.flush()
            release.wait()
            process.communicate("rollback;\n")

        def start():
            self.keeper = threading.Thread(target=hold)
            self.keeper.start()
            waits = "select 1 from pg_stat_activity where wait_event_type = 'Lock'"
            wait_until(lambda: self.server.sql(waits), "the keeper waits for the lock")

        return start


class KillTest(FaultCase):
    """SIGKILL when the server has a statement."""

    def test_killed_anywhere(self):
        statements = self.undisturbed()
        commits = [n for n, sql in enumerate(statements, 1) if sql == "commit"]
        copies = [n for n, sql in enumerate(statements, 1) if sql.startswith("copy loading_events")]
        others = range(10, len(statements), len(statements) // (KILLS // 2))
        numbers = sorted({*commits[1::2], *copies[:1], *others})
        self.assertGreaterEqual(len(numbers), KILLS)

        def kill(lane, number):
            with self.apart(lane) as case:
                started = []

                def end():
                    wait_until(lambda: started, "the start")
                    started[0].kill()
                    started[0].wait()

                case.server.on(ANY, end, nth=number)
                started.append(case.start_etl())
                case.finish(started[0], -signal.SIGKILL)
                case.wait_until_gone()
                case.expect_recovery()

        in_lanes(kill, numbers)


# --- Conflicts -----------------------------------------------------------------------------------


class ConflictTest(FaultCase):
    PLACES = (
        "^insert into etl_runs",
        "^copy loading_songs",
        "^insert into songplays",
        "^update etl_runs",
        "^commit$",
        "^lock table etl_lock",
    )

    def test_a_few_are_overcome(self):
        def overcome(lane, case_of):
            pattern, (code, message) = case_of
            with self.apart(lane) as case:
                case.server.fail_next(f"(?m:{pattern})", code, message, times=FEW)
                done = case.etl("-v")
                self.assertEqual(done.stderr.count(TRIED_AGAIN), FEW, done.stderr)
                self.assertEqual(case.server.orders, [])
                case.expect_final()
                self.assertEqual(case.staged(), [], "nor of the tries that failed")
                case.expect_nothing_new()
                self.assertEqual(case.sql("select status from etl_runs"), [["done"]])

        in_lanes(overcome, list(zip(self.PLACES, itertools.cycle(CONFLICTS))))

    def test_without_end(self):
        def give_up(lane, case_of):
            pattern, (code, message) = case_of
            with self.apart(lane) as case:
                case.server.fail_next(f"(?m:{pattern})", code, message, times=1000)
                done = case.etl(exit_code=EXIT_DATABASE, says=[message, "run again"])
                self.assertEqual(int(re.search(r"tried (\d+) times", done.stderr)[1]), TRIES)
                with case.server.lock:
                    tried = 1000 - case.server.failures[0][1]
                self.assertEqual(tried, TRIES)
                case.server.calm()
                case.expect_recovery()

        places = ("^insert into songplays", "^copy loading_songs", "^insert into etl_runs")
        in_lanes(give_up, list(zip(places, CONFLICTS)))

    def test_other_errors_are_not_tried_again(self):
        def fail(lane, message):
            with self.apart(lane) as case:
                case.server.fail_next("^insert into songplays", message=message)
                done = case.etl("-v", exit_code=EXIT_DATABASE, says=message)
                self.assertNotIn(TRIED_AGAIN, done.stderr)
                case.expect_recovery(groups=1)

        in_lanes(fail, ["out of luck", "error 1023 is not at the beginning"])


# --- Two runs at once ----------------------------------------------------------------------------


class RaceTest(FaultCase):
    def race(self, isolation):
        def both(lane, number):
            with self.apart(lane) as case:
                case.server.isolation = isolation
                runs = [case.start_etl("-v") for _ in range(2)]
                done = [case.finish(run) for run in runs]
                for each in done:
                    self.assertNotIn("sparkify: error", each.stderr)
                case.expect_final()
                self.assertEqual(case.staged(), [])
                self.assertEqual(case.sql("select 1 from etl_runs where status <> 'done'"), [])
                case.call("check")
                case.expect_nothing_new()
                base.expect_lock_first(case.server.statements)

        in_lanes(both, list(range(RACES[isolation])))

    def test_under_snapshot(self):
        self.race("snapshot")

    def test_under_serializable(self):
        self.race("serializable")

    def test_one_waits_for_the_other(self):
        """Who reads waits for nobody. Who waits can be stopped."""
        release = threading.Event()
        self.addCleanup(release.set)
        held = threading.Event()

        def hold():
            held.set()
            release.wait()

        self.server.on("^insert into songplays", hold)
        first = self.start_etl()
        self.assertTrue(held.wait(base.sparkify.TIMEOUT_S))
        self.call("status")
        self.call("check")
        songs = str(len(base.data.final["songs"]))
        self.assertEqual(self.query("select count(*) from songs"), [songs])
        self.assertEqual(self.query("select count(*) from songplays"), ["0"])
        second = self.start_etl()
        self.wait_until_one_waits()
        begin = time.monotonic()
        second.send_signal(signal.SIGINT)
        self.finish(second, EXIT_SIGINT)
        self.assertLess(time.monotonic() - begin, STOP_SECONDS_MAX)
        third = self.start_etl()
        self.wait_until_one_waits()
        release.set()
        self.finish(first)
        self.finish(third)
        self.expect_final()
        self.expect_nothing_new()

    def wait_until_one_waits(self):
        waits = "select 1 from pg_stat_activity where wait_event_type = 'Lock'"
        wait_until(lambda: self.server.sql(waits), "a run waits for the lock")


if __name__ == "__main__":
    unittest.main()
