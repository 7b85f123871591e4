"""Amazon Redshift's stand-in cuts at commits, pauses and disagrees; and two runs at once.

After each failure: whole groups only; the next run gives the tables of a run that nobody
disturbed; the one after that says that nothing is new.

Run it as `python3 tests/e2e/redshift_faults_e2e_test.py`; it needs what redshift_e2e_test.py needs.
Environment: SPARKIFY_BINARY (the program). Cuts at any byte and errors at any statement are in
tests/torture/databases.py, kills in tests/torture/kill.py, races in tests/torture/races.py.
"""

import functools
import itertools
import json
import pathlib
import re
import shutil
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
import sparkify  # noqa: E402
from postgres_e2e_test import wait_until  # noqa: E402
from redshift_e2e_test import (  # noqa: E402
    EXIT_COMMIT_UNKNOWN,
    EXIT_DATABASE,
    EXIT_OK,
    in_lanes,
    plain,
)

TRIES = 6  # of a step that meets conflicts
FEW = 3  # conflicts, which is less than a run puts up with
CONFLICTS = (
    ("XX000", "1023"),
    ("XX000", "could not complete because of conflict with concurrent transaction"),
    ("40001", "1023"),
)
EXIT_SIGINT = 130
STOP_SECONDS_MAX = 5
LOST = "connection was lost"
TRIED_AGAIN = "trying this step again"
COMMITS_BEFORE_LOGS = 2  # of the run's row, the songs


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


# --- Commits --------------------------------------------------------------------------------------


class CreateTest(FaultCase):
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
    def test_who_writes_has_the_lock(self):
        """That all is loaded, and once, is shown in tests/torture/races.py."""
        for isolation in ("snapshot", "serializable"):
            with self.subTest(isolation=isolation), self.apart(base.lanes[0]) as case:
                case.server.isolation = isolation
                runs = [case.start_etl("-v") for _ in range(2)]
                for run in runs:
                    case.finish(run)
                self.assertEqual(case.staged(), [])
                self.assertEqual(case.sql("select 1 from etl_runs where status <> 'done'"), [])
                case.expect_final()
                base.expect_lock_first(case.server.statements)

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

    def test_songs_of_a_run_that_another_overtook(self):
        """It ends at the last of them, before it has held the plays against any, which another run
        has done meanwhile, with songs of its own. The next run makes up for it."""
        logs, halves = base.data.sources[:2], self.halves_of_the_songs()
        self.etl(sources=logs)
        first, release = self.held_at_its_group(halves[0], env={"SPARKIFY_GROUP_BYTES": "1"})
        self.etl(sources=halves[1])
        files = sorted(halves[0][1].iterdir())
        self.server.on(base.LOCK, first.kill, nth=len(files) - 1)
        release.set()
        self.finish(first, -signal.SIGKILL)
        self.wait_until_gone()
        self.call("check")
        self.assertIn("Nothing new", self.etl(sources=logs).stdout)
        files[-1].rename(files[-1].with_suffix(".hidden"))
        self.assertIn("Nothing new", self.etl(sources=halves[0]).stdout, "it finds half of them")
        done = self.etl(sources=(*logs, "--song-data", self.folder / "songs*" / "*.json"))
        self.assertIn("found their song late", done.stdout)
        files[-1].with_suffix(".hidden").rename(files[-1])
        self.call("check")
        self.etl(sources=halves[0])
        self.call("check")
        self.assertIn("Nothing new", self.etl(sources=halves[0]).stdout)
        found = self.tables()
        self.warehouse = self.new_schema()
        self.call("create-tables")
        for sources in (logs, halves[1], halves[0]):
            self.etl(sources=sources)
        self.assertEqual(sparkify.difference(self.tables(), found), "")

    def test_two_runs_whose_songs_come_between_each_other(self):
        """Each holds the plays against what is there; no third one has to."""
        logs, halves = base.data.sources[:2], self.halves_of_the_songs()
        self.etl(sources=logs)
        first, release = self.held_at_its_group(halves[0])
        self.etl(sources=halves[1])
        release.set()
        self.finish(first)
        self.call("check")
        self.assertIn("Nothing new", self.etl(sources=logs).stdout)

    def test_a_run_that_has_the_id_of_one_whose_beginning_was_lost(self):
        """The row that is there is not its own."""
        others = []
        self.server.cut_on("^commit$", "before")
        self.server.on(
            "^select status, late_matches|what is known of one run",
            lambda: others.append(self.held_at_its_group(base.data.sources)),
        )
        self.etl(exit_code=EXIT_DATABASE, says=[LOST, "not committed"])
        [(other, release)] = others
        release.set()
        self.finish(other)
        self.assertEqual(self.sql("select run_id, status from etl_runs"), [["1", "done"]])
        self.expect_final()
        self.expect_nothing_new()

    def test_tables_that_are_dropped_under_a_run(self):
        first, release = self.held_at_its_group(base.data.sources)
        self.call("create-tables", "--drop", "--yes")
        release.set()
        self.finish(first, EXIT_DATABASE, ["etl_runs", "made anew", "run again"])
        self.assertEqual(self.query("select count(*) from etl_objects"), ["0"])
        self.etl()
        self.expect_final()
        self.expect_nothing_new()

    def halves_of_the_songs(self):
        halves = []
        files = sorted(path for path in base.data.sources[3].rglob("*") if path.is_file())
        for number in range(2):
            folder = self.folder / f"songs{number}"
            folder.mkdir()
            for path in files[number::2]:
                shutil.copy(path, folder)
            halves.append(("--song-data", folder))
        return halves

    def held_at_its_group(self, sources, env=None):
        """A run that has begun, and stands before its first group; what lets it go on."""
        held, release = threading.Event(), threading.Event()
        self.addCleanup(release.set)

        def hold():
            held.set()
            release.wait()

        self.server.on(base.LOCK, hold, nth=2)
        run = self.start_etl(sources=sources, env=env)
        self.assertTrue(held.wait(base.sparkify.TIMEOUT_S))
        return run, release

    def wait_until_one_waits(self):
        waits = "select 1 from pg_stat_activity where wait_event_type = 'Lock'"
        wait_until(lambda: self.server.sql(waits), "a run waits for the lock")


if __name__ == "__main__":
    unittest.main()
