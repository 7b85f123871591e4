"""Runs that are killed or stopped at any moment, and the tables that the next run makes.

Run it as `python3 tests/e2e/crash_e2e_test.py`; it needs strace. Environment: SPARKIFY_BINARY (the
program), SPARKIFY_TEST_WAREHOUSE (`duckdb` or `postgres`), SPARKIFY_CRASH_SEED (default 1) for
other moments.
"""

import collections
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "oracle"))

import contract  # noqa: E402
import sparkify  # noqa: E402
import warehouses  # noqa: E402

EXIT_OK = 0
STOP_SECONDS_MAX = 5
HANG_SECONDS = 60
CALL_BYTES_SHOWN = 100
COMMIT = r"commit\n"  # as strace shows it
LATE_MATCHES = "-- Late songs:"  # how their first statement begins; sql/late/find_matches.sql
SESSION_END_SECONDS_MAX = 10
SIZE_FACTOR_MAX = 2
GROUPS = {
    "SPARKIFY_GROUP_BYTES": "5000",  # some 40: the songs in a few, each day for itself
    "SPARKIFY_STRAIGHT_BYTES": "27000",  # some days go straight into the star
}
KILLED_BY_US = (-signal.SIGKILL, 128 + signal.SIGKILL)

IS_POSTGRES = warehouses.kind() == warehouses.POSTGRES
if IS_POSTGRES:
    RANDOM_KILLS = 4
    CALL_KILLS = {"sendto": 5, "recvfrom": 2, "poll": 2, "write": 1}
    KILLS_MIN = 11
    STEP = "sendto"  # a statement or a part of a COPY
    STEPS = (300, 450, 200, 600)  # amid one run after another
    CREATE_KILLS = {"sendto": 6, "recvfrom": 3}
    DROP_KILLS = {"sendto": 4}
    CHANGED_KILLS = 2
    STOPS = 1
else:
    RANDOM_KILLS = 9
    CALL_KILLS = {"openat": 3, "write": 5, "pwrite64": 6, "fsync": 6, "ftruncate": 1, "unlink": 2}
    KILLS_MIN = 30
    STEP = "fsync"  # of a commit, mostly
    STEPS = (6, 9, 4, 12)
    CREATE_KILLS = {"write": 9, "pwrite64": 9, "fsync": 9, "ftruncate": 9, "unlink": 9}
    DROP_KILLS = {"write": 4, "pwrite64": 4}
    CHANGED_KILLS = 4
    STOPS = 4

# What a schema of PostgreSQL holds, row by row, with the place and the writer of each.
STORED = ("songplays", "users", "songs", "artists", "time", "unmatched_songplays", "etl_runs")
STORED += ("etl_objects", "etl_rejects", "etl_drift", "etl_schema", "staging_events")
STORED += ("staging_songs",)
CONTENT = " union all ".join(
    f"select '{name}' as name, count(*) as row_count, cast(sum(hashtextextended(cast("
    f"row(t.*, t.xmin, t.ctid) as text), 0)) as text) as row_hash from \"{name}\" t"
    for name in STORED
)
LITTER = """
select relname as name from pg_class
where relnamespace = (select oid from pg_namespace where nspname = current_schema())
  and relname like 'etl\_loading%' and pg_relation_size(oid) > 0
union all
select application_name from pg_stat_activity
where application_name like 'sparkify %' and pid <> pg_backend_pid()
"""

shared = None  # the Reference of this module


def setUpModule():
    global shared
    if shutil.which("strace") is None:
        raise sparkify.SparkifyError("strace is not there; install it (apt-get install strace)")
    warehouses.start()
    try:
        shared = Reference()
    except BaseException:
        warehouses.stop()
        raise


def tearDownModule():
    shared.close()
    warehouses.stop()


def new_warehouse(folder):
    """Without TLS: strace shows the statements."""
    folder.mkdir()
    return warehouses.new(folder, sslmode="disable")


class Reference:
    """Sources for all tests, and what runs that nobody disturbed make of them."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name).resolve()
        data = self.folder / "data"
        generated = sparkify.run(
            "generate",
            "--out",
            data,
            "--events",
            2000,
            "--songs",
            60,
            "--days",
            36,
            "--faults",
            "all=0.005",
        )
        if generated.returncode != EXIT_OK:
            raise sparkify.SparkifyError(generated.stderr)
        self.logs = data / "log_data"
        self.songs = data / "song_data"
        self.november = self.logs / "2018" / "11"
        self.both = ("--log-data", self.logs, "--song-data", self.songs)
        self.warehouse = self.new_warehouse("clean")
        begin = time.monotonic()
        self.load(self.warehouse, *self.both)
        self.seconds = time.monotonic() - begin
        self.fingerprint = sparkify.fingerprint(self.warehouse)

    def close(self):
        self.temporary.cleanup()

    def new_warehouse(self, name):
        warehouse = new_warehouse(self.folder / name)
        self.call("create-tables", warehouse)
        return warehouse

    def load(self, warehouse, *sources):
        return self.call("etl", warehouse, *sources)

    def call(self, command, warehouse, *options):
        where = sparkify.options(warehouse)
        env = sparkify.on_warehouse(warehouse, GROUPS)
        done = sparkify.run(command, *where, *options, env=env)
        if done.returncode != EXIT_OK:
            raise sparkify.SparkifyError(f"{done.returncode}: {done.stdout}{done.stderr}")
        return done


def strace(*options):
    return ("strace", "-f", "-qq", *options)  # with --seccomp-bpf no signal would be injected


def spread(count, wanted):
    """At most `wanted` numbers from 1 to `count`, the first and the last among them."""
    if wanted >= count:
        return list(range(1, count + 1))
    if wanted == 1:
        return [count]
    return sorted({1 + round(i * (count - 1) / (wanted - 1)) for i in range(wanted)})


class CrashCase(unittest.TestCase):
    """Helpers. Each test case has a warehouse of its own."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name).resolve()
        self.trial = 0
        self.random = random.Random(f"{os.environ.get('SPARKIFY_CRASH_SEED', 1)} {self.id()}")

    def new_warehouse(self, copied_from=None):
        """A warehouse with tables: empty ones, or those of another warehouse."""
        warehouse = self.fresh()
        if copied_from is None or IS_POSTGRES:
            self.call("create-tables", warehouse)
        if copied_from is not None:
            warehouses.copy(copied_from, warehouse)
        return warehouse

    def fresh(self):
        """A warehouse that create-tables has not made yet."""
        self.trial += 1
        warehouse = new_warehouse(self.folder / str(self.trial))
        self.addCleanup(warehouses.drop, warehouse)
        return warehouse

    def call(self, command, warehouse, *options, exit_code=EXIT_OK, env=None):
        where = sparkify.options(warehouse)
        env = sparkify.on_warehouse(warehouse, env)
        done = sparkify.run(command, *where, *options, env=env)
        self.assertEqual(
            done.returncode, exit_code, f"{command} {options}\n{done.stdout}\n{done.stderr}"
        )
        return done

    def start(self, warehouse, *options, prefix=(), env=GROUPS, command="etl"):
        where = sparkify.options(warehouse)
        env = sparkify.on_warehouse(warehouse, env)
        return sparkify.start(command, *where, *options, prefix=prefix, env=env)

    def killed_after(self, seconds, warehouse, *options):
        process = self.start(warehouse, *options)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate(timeout=HANG_SECONDS)
        return process.returncode in KILLED_BY_US

    def start_for_signal(self, name, call, number, warehouse, *options, command="etl"):
        """A process to which `name` comes when a thread of it enters its `number`-th call."""
        inject = f"inject={call}:signal={name}:when={number}"
        prefix = strace("-o", "/dev/null", "-e", f"trace={call}", "-e", inject)
        return self.start(warehouse, "--threads", 1, *options, prefix=prefix, command=command)

    def killed_at(self, call, number, warehouse, *options, command="etl"):
        """Killed when a thread enters its `number`-th call; whether that came."""
        process = self.start_for_signal(
            "SIGKILL", call, number, warehouse, *options, command=command
        )
        process.communicate(timeout=HANG_SECONDS)
        return process.returncode in KILLED_BY_US

    def calls(self, warehouse, *options, command="etl", names=tuple(CALL_KILLS)):
        """How often the thread that does it most makes each system call."""
        made = self.calls_made(warehouse, *options, command=command, names=names)
        counts = collections.Counter((thread, call) for thread, call, _ in made)
        return {name: max(n for (_, call), n in counts.items() if call == name) for name in names}

    def calls_made(self, warehouse, *options, command="etl", names=tuple(CALL_KILLS)):
        """The thread, the name and the arguments of each of these system calls, in order."""
        log = self.folder / "calls.log"
        prefix = strace("-s", CALL_BYTES_SHOWN, "-o", log, "-e", f"trace={','.join(names)}")
        process = self.start(warehouse, "--threads", 1, *options, prefix=prefix, command=command)
        stderr = process.communicate(timeout=HANG_SECONDS)[1]
        self.assertEqual(process.returncode, EXIT_OK, stderr)
        return re.findall(r"(?m)^(\d+) +(\w+)\((.*)", log.read_text(errors="replace"))

    def run_states(self, warehouse):
        sql = "select status, finished_at is null as open from etl_runs order by run_id"
        return [(row["status"], row["open"]) for row in sparkify.query_rows(warehouse, sql)]

    def expect_whole_groups(self, warehouse):
        self.call("check", warehouse)
        self.call("status", warehouse)

    def expect_tables(self, warehouse, reference=None):
        """`reference`: the warehouse that must hold the same rows."""
        clean = shared.fingerprint if reference is None else sparkify.fingerprint(reference)
        if sparkify.fingerprint(warehouse) == clean:
            return
        tables = [
            sparkify.without_runs(sparkify.warehouse_tables(path))
            for path in (reference or shared.warehouse, warehouse)
        ]
        self.fail(f"the tables differ\n{sparkify.difference(*tables)}")

    def expect_no_litter(self, warehouse):
        if IS_POSTGRES:
            self.expect_no_sessions_and_no_staged_rows(warehouse)
            return
        names = sorted(path.name for path in warehouse.parent.iterdir())
        self.assertEqual(names, [warehouse.name], "nothing is left beside the warehouse")

    def expect_no_sessions_and_no_staged_rows(self, warehouse):
        end = time.monotonic() + SESSION_END_SECONDS_MAX
        while litter := sparkify.query_rows(warehouse, LITTER):
            self.assertLess(time.monotonic(), end, litter)
            time.sleep(0.05)  # a session ends a moment after its client

    def expect_nothing_new(self, warehouse, *sources):
        before = self.content(warehouse)
        done = self.call("etl", warehouse, *sources, env=GROUPS)
        self.assertIn("Nothing new", done.stdout)
        self.assertEqual(self.content(warehouse), before, "nothing may be written")
        self.expect_no_litter(warehouse)

    def content(self, warehouse):
        if IS_POSTGRES:
            return sparkify.query_rows(warehouse, CONTENT)
        digest = hashlib.sha256(warehouse.read_bytes()).hexdigest()
        return digest, warehouse.stat().st_mtime_ns

    def content_and_beside(self, warehouse):
        if IS_POSTGRES:
            return self.content(warehouse)
        return {path: path.read_bytes() for path in warehouse.parent.iterdir()}

    def expect_recovery(self, warehouse, *sources, reference=None):
        """After a kill: whole groups now, everything after one more run, nothing after another."""
        self.expect_whole_groups(warehouse)
        before = self.run_states(warehouse)
        self.call("etl", warehouse, *sources, env=GROUPS)
        after = self.run_states(warehouse)
        for (old, _), (new, is_open) in zip(before, after):
            self.assertEqual(new, "aborted" if old == "running" else old)
            self.assertFalse(is_open, "an aborted run has an end")
        # After a kill at the very end nothing may be left to do.
        self.assertIn([state for state, _ in after[len(before) :]], ([], ["done"]))
        self.expect_tables(warehouse, reference)
        self.expect_no_litter(warehouse)
        if not IS_POSTGRES:
            size = (reference or shared.warehouse).stat().st_size
            self.assertLessEqual(warehouse.stat().st_size, SIZE_FACTOR_MAX * size, "file's size")
        self.expect_nothing_new(warehouse, *sources)


class KillTest(CrashCase):
    def test_a_run_that_nobody_disturbs_equals_the_oracle(self):
        oracle = contract.Warehouse()
        oracle.apply_run(*map(sparkify.folder_objects, (shared.songs, shared.logs)))
        found = sparkify.warehouse_tables(shared.warehouse)
        self.assertEqual(sparkify.difference(oracle.tables(), found), "")
        self.expect_no_litter(shared.warehouse)

    def test_killed_at_random_moments(self):
        kills = 0
        for number in range(RANDOM_KILLS):
            share = (number + self.random.random()) / RANDOM_KILLS
            with self.subTest(share_of_the_run=share):
                warehouse = self.new_warehouse()
                kills += self.killed_after(share * shared.seconds, warehouse, *shared.both)
                self.expect_recovery(warehouse, *shared.both)
        self.assertGreaterEqual(kills, RANDOM_KILLS // 2, "most were killed before their end")

    def test_killed_at_system_calls(self):
        kills = 0
        counts = self.calls(self.new_warehouse(), *shared.both)
        points = [(call, n) for call in CALL_KILLS for n in spread(counts[call], CALL_KILLS[call])]
        for call, number in points:
            with self.subTest(call=call, number=number, of=counts[call]):
                warehouse = self.new_warehouse()
                kills += self.killed_at(call, number, warehouse, *shared.both)
                self.expect_recovery(warehouse, *shared.both)
        self.assertGreaterEqual(kills, len(points) - 3, "nearly all points were reached")
        self.assertGreaterEqual(kills + RANDOM_KILLS, KILLS_MIN)

    def test_killed_about_a_commit(self):
        made = self.calls_made(self.new_warehouse(), *shared.both, names=("sendto", "recvfrom"))
        commits = [place for place, (_, _, text) in enumerate(made) if COMMIT in text]
        place = commits[len(commits) // 2]
        sent, received = (
            sum(call == name for _, call, _ in made[:place]) for name in ("sendto", "recvfrom")
        )
        for call, number, is_committed in (
            ("sendto", sent + 1, False),  # the commit itself
            ("recvfrom", received + 1, True),  # its answer
            ("sendto", sent + 2, True),  # what follows
        ):
            with self.subTest(call=call, number=number):
                warehouse = self.new_warehouse()
                self.assertTrue(self.killed_at(call, number, warehouse, *shared.both))
                self.expect_recovery(warehouse, *shared.both)

    def test_killed_again_and_again(self):
        warehouse = self.new_warehouse()
        for number in STEPS:
            self.assertTrue(self.killed_at(STEP, number, warehouse, *shared.both))
            self.expect_whole_groups(warehouse)
        self.assertEqual([state for state, _ in self.run_states(warehouse)][:-1], ["aborted"] * 3)
        self.expect_recovery(warehouse, *shared.both)
        oracle = contract.Warehouse()
        oracle.apply_run(*map(sparkify.folder_objects, (shared.songs, shared.logs)))
        expected = sparkify.without_runs(oracle.tables())
        found = sparkify.without_runs(sparkify.warehouse_tables(warehouse))
        self.assertEqual(sparkify.difference(expected, found), "")

    def test_the_next_run_says_that_one_was_killed(self):
        warehouse = self.new_warehouse()
        self.assertTrue(self.killed_at(STEP, STEPS[1], warehouse, *shared.both))
        done = self.call("etl", warehouse, *shared.both, env=GROUPS)
        self.assertIn("1 run was killed", done.stdout)

    def test_a_dry_run_after_a_kill_changes_nothing(self):
        warehouse = self.new_warehouse()
        self.assertTrue(self.killed_at(STEP, STEPS[1], warehouse, *shared.both))
        before = self.content_and_beside(warehouse)
        self.call("etl", warehouse, *shared.both, "--dry-run", env=GROUPS)
        self.assertEqual(self.content_and_beside(warehouse), before)

    def test_killed_while_changed_objects_are_applied_again(self):
        sources = self.folder / "changing"
        for name, origin in (("log_data", shared.november), ("song_data", shared.songs)):
            shutil.copytree(origin, sources / name)
        both = ("--log-data", sources / "log_data", "--song-data", sources / "song_data")
        first = self.new_warehouse()
        self.call("etl", first, *both, env=GROUPS)
        for file in sorted(sources.rglob("*.json"))[::2]:
            os.utime(file, (1_700_000_000, 1_700_000_000))
        clean = self.new_warehouse(first)
        self.call("etl", clean, *both, env=GROUPS)
        count = self.calls(self.new_warehouse(first), *both, names=(STEP,))[STEP]
        for number in spread(count, CHANGED_KILLS):
            with self.subTest(call=STEP, number=number):
                warehouse = self.new_warehouse(first)
                self.assertTrue(self.killed_at(STEP, number, warehouse, *both))
                self.expect_recovery(warehouse, *both, reference=clean)


if not IS_POSTGRES:
    del KillTest.test_killed_about_a_commit  # DuckDB does not send its statements anywhere


class CreateTablesKillTest(CrashCase):
    def test_create_tables_killed_at_system_calls(self):
        counts = self.calls(self.fresh(), command="create-tables", names=tuple(CREATE_KILLS))
        for call, number in [(c, n) for c, m in CREATE_KILLS.items() for n in spread(counts[c], m)]:
            with self.subTest(call=call, number=number, of=counts[call]):
                warehouse = self.fresh()
                killed = self.killed_at(call, number, warehouse, command="create-tables")
                self.assertTrue(killed)
                self.call("create-tables", warehouse)
                self.expect_no_litter(warehouse)
                self.call("check", warehouse)

    def test_a_drop_that_is_killed_is_done_or_not(self):
        counts = self.calls(
            self.new_warehouse(shared.warehouse),
            "--drop",
            "--yes",
            command="create-tables",
            names=tuple(DROP_KILLS),
        )
        empty = self.new_warehouse()
        for call, number in [(c, n) for c, m in DROP_KILLS.items() for n in spread(counts[c], m)]:
            with self.subTest(call=call, number=number, of=counts[call]):
                warehouse = self.new_warehouse(shared.warehouse)
                options = ("--drop", "--yes")
                killed = self.killed_at(call, number, warehouse, *options, command="create-tables")
                self.assertTrue(killed)
                self.call("check", warehouse)
                either = (shared.fingerprint, sparkify.fingerprint(empty))
                self.assertIn(sparkify.fingerprint(warehouse), either)


class LateSongsKillTest(CrashCase):
    """Plays of an earlier run without a song; the run that brings the songs is killed."""

    def setUp(self):
        super().setUp()
        self.plays_first = self.new_warehouse()
        self.call("etl", self.plays_first, "--log-data", shared.november, env=GROUPS)
        self.clean = self.new_warehouse(self.plays_first)
        self.call("etl", self.clean, *shared.both, env=GROUPS)

    def progress(self, warehouse):
        """Song objects applied, late matches counted, log objects applied by the second run."""
        row = sparkify.query_rows(
            warehouse,
            "select (select count(*) from etl_objects where kind = 'song') as songs, "
            "(select count(late_matches) from etl_runs where run_id > 1) as matches, "
            "(select count(*) from etl_objects where kind = 'log' and run_id > 1) as logs",
        )[0]
        return row["songs"], row["matches"], row["logs"]

    def is_between(self, warehouse):
        all_songs = len(sparkify.folder_objects(shared.songs))
        return self.progress(warehouse) == (all_songs, 0, 0)

    def test_killed_between_songs_late_matches_and_logs(self):
        """The rerun gets logs alone as soon as all songs are in."""
        between = 0
        points, tried_anyway = self.points()
        for call, number in points:
            with self.subTest(call=call, number=number):
                warehouse = self.new_warehouse(self.plays_first)
                self.assertTrue(self.killed_at(call, number, warehouse, *shared.both))
                is_between = self.is_between(warehouse)
                between += is_between
                if not is_between and (call, number) not in tried_anyway:
                    continue
                has_songs = self.progress(warehouse)[0] == self.progress(self.clean)[0]
                sources = ("--log-data", shared.logs) if has_songs else shared.both
                self.expect_recovery(warehouse, *sources, reference=self.clean)
        self.assertGreaterEqual(between, 1, "a kill fell between the songs and the late matches")

    def points(self):
        """Where to kill; and those that are worth a recovery in any case."""
        if IS_POSTGRES:
            first, commit = self.late_statements()
            return [(STEP, n) for n in (first, commit, commit + 1)], [(STEP, commit + 1)]
        counts = self.calls(self.new_warehouse(self.plays_first), *shared.both)
        points = [("fsync", n) for n in range(1, counts["fsync"] + 1)]
        points += [("write", n) for n in spread(counts["write"], 6)]
        return points, [("fsync", n) for n in spread(counts["fsync"], 4)]

    def late_statements(self):
        """The numbers of the first statement of the late matches and of their commit."""
        warehouse = self.new_warehouse(self.plays_first)
        made = self.calls_made(warehouse, *shared.both, names=(STEP,))
        texts = [text for _, _, text in made]
        first = next(n for n, text in enumerate(texts, 1) if LATE_MATCHES in text)
        commit = next(n for n, text in enumerate(texts, 1) if n > first and COMMIT in text)
        return first, commit

    def test_late_matches_are_made_up_for_when_nothing_is_new(self):
        warehouse = self.killed_between()
        unmatched = "select count(*) as n from unmatched_songplays"
        before = sparkify.query_rows(warehouse, unmatched)[0]["n"]
        done = self.call("etl", warehouse, "--log-data", shared.november, env=GROUPS)
        self.assertIn("found their song late", done.stdout)
        self.assertLess(sparkify.query_rows(warehouse, unmatched)[0]["n"], before)
        self.call("check", warehouse)
        self.expect_nothing_new(warehouse, "--log-data", shared.november)
        self.call("etl", warehouse, "--log-data", shared.logs, env=GROUPS)
        self.expect_tables(warehouse, self.clean)

    def test_late_matches_are_made_up_for_after_two_kills(self):
        warehouse = self.killed_between()
        self.assertTrue(self.killed_at(STEP, STEPS[2], warehouse, "--log-data", shared.logs))
        self.expect_recovery(warehouse, "--log-data", shared.logs, reference=self.clean)

    def killed_between(self):
        numbers = [self.late_statements()[0]] if IS_POSTGRES else range(1, 20)
        for number in numbers:
            warehouse = self.new_warehouse(self.plays_first)
            self.assertTrue(self.killed_at(STEP, number, warehouse, *shared.both))
            if self.is_between(warehouse):
                return warehouse
        self.fail("no kill fell between the songs and the late matches")


class StopTest(CrashCase):
    """SIGINT and SIGTERM: the program ends by itself, soon, and says what was done."""

    def stopped_after(self, seconds, number, warehouse, *options):
        """Exit code as a shell sees it, stdout, stderr; 0 when the run was faster."""
        process = self.start(warehouse, *options)
        time.sleep(seconds)
        return self.stop(process, number)

    def stop(self, process, number):
        if process.poll() is None:
            process.send_signal(number)
        begin = time.monotonic()
        stdout, stderr = process.communicate(timeout=HANG_SECONDS)
        self.assertLess(time.monotonic() - begin, STOP_SECONDS_MAX, "it stops soon")
        return self.shell_code(process), stdout, stderr

    def stopped_amid(self, number, warehouse, *options):
        """The same for a signal that comes at half of the run's steps, whatever the speed."""
        half = self.calls(self.new_warehouse(), *options, names=(STEP,))[STEP] // 2
        name = signal.Signals(number).name
        process = self.start_for_signal(name, STEP, half, warehouse, *options)
        stdout, stderr = process.communicate(timeout=HANG_SECONDS)
        return self.shell_code(process), stdout, stderr

    def shell_code(self, process):
        code = process.returncode
        return 128 - code if code < 0 else code

    def expect_stopped(self, warehouse, stdout, stderr, word="stopped"):
        self.assertRegex(stdout, rf"Run \d+ into .*: {word} in ")
        self.assertIn("records", stdout)
        self.assertIn("stopped by a signal", stderr)
        self.assertEqual(self.run_states(warehouse)[-1], (word, False))
        self.expect_no_litter(warehouse)

    def expect_stopped_or_done(self, warehouse, stdout, stderr):
        """A signal that comes when all is committed stops the checks alone: the run is done."""
        is_done = self.run_states(warehouse)[-1][0] == "done"
        self.expect_stopped(warehouse, stdout, stderr, "done" if is_done else "stopped")
        if is_done:
            self.assertIn("`sparkify check`", stderr)
            self.expect_nothing_new(warehouse, *shared.both)

    def stop_at_random(self, number):
        for place in range(STOPS):
            share = (place + self.random.random()) / STOPS
            with self.subTest(share_of_the_run=share):
                warehouse = self.new_warehouse()
                seconds = share * shared.seconds
                code, stdout, stderr = self.stopped_after(seconds, number, warehouse, *shared.both)
                self.assertIn(code, (EXIT_OK, 128 + number), stderr)
                if self.run_states(warehouse) and code != EXIT_OK:
                    self.expect_stopped_or_done(warehouse, stdout, stderr)
                self.expect_recovery(warehouse, *shared.both)

    def stop_amid_the_run(self, number):
        warehouse = self.new_warehouse()
        code, stdout, stderr = self.stopped_amid(number, warehouse, *shared.both)
        self.assertEqual(code, 128 + number, stderr)
        self.expect_stopped(warehouse, stdout, stderr)
        self.expect_recovery(warehouse, *shared.both)

    def test_sigint_amid_the_run(self):
        self.stop_amid_the_run(signal.SIGINT)

    def test_sigterm_amid_the_run(self):
        self.stop_amid_the_run(signal.SIGTERM)

    def test_sigint_at_random_moments(self):
        self.stop_at_random(signal.SIGINT)

    def test_sigterm_at_random_moments(self):
        self.stop_at_random(signal.SIGTERM)

    def test_json_says_that_the_run_was_stopped(self):
        warehouse = self.new_warehouse()
        sources = (*shared.both, "--json")
        code, stdout, stderr = self.stopped_amid(signal.SIGTERM, warehouse, *sources)
        self.assertEqual(code, 128 + signal.SIGTERM, stderr)
        document = json.loads(stdout)
        self.assertEqual(document["outcome"], "stopped")
        done = sparkify.query_rows(warehouse, "select count(*) as n from etl_objects")[0]["n"]
        self.assertEqual(document["objects"], done, "the summary tells what was committed")

    def test_a_second_signal_ends_the_program_at_once_and_does_no_harm(self):
        for part in range(2, 10):  # sooner and sooner: the run may be faster than it was
            warehouse = self.new_warehouse()
            process = self.start(warehouse, *shared.both)
            time.sleep(shared.seconds / part)
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=STOP_SECONDS_MAX)
            if process.returncode != EXIT_OK:
                break
        self.assertEqual(self.shell_code(process), 128 + signal.SIGINT)
        self.expect_recovery(warehouse, *shared.both)

    def test_a_signal_amid_one_large_group_takes_it_back(self):
        large = self.folder / "large"
        options = ("--events", 250_000, "--songs", 100, "--days", 10)
        generated = sparkify.run("generate", "--out", large, *options)
        self.assertEqual(generated.returncode, EXIT_OK, generated.stderr)
        size = sum(file.stat().st_size for file in (large / "log_data").rglob("*.json"))
        warehouse = self.new_warehouse()
        for share, wait_seconds in ((0.1, 0), (0.5, 0), (0.99, 0), (0.99, 0.1)):
            with self.subTest(share_read=share, wait_seconds=wait_seconds):
                process = self.start(warehouse, "--log-data", large / "log_data", env=None)
                while process.poll() is None and bytes_read(process.pid) < share * size:
                    time.sleep(0.005)
                time.sleep(wait_seconds)
                code, stdout, stderr = self.stop(process, signal.SIGTERM)
                if wait_seconds > 0 and code == EXIT_OK:
                    break  # this machine was done by then
                self.assertEqual(code, 128 + signal.SIGTERM, stderr)
                self.expect_stopped(warehouse, stdout, stderr)
                self.expect_whole_groups(warehouse)
                count = "select count(*) as n from etl_objects"
                self.assertEqual(sparkify.query_rows(warehouse, count), [{"n": 0}])


def bytes_read(pid):
    """By read(2)."""
    try:
        return int(re.search(r"rchar: (\d+)", pathlib.Path(f"/proc/{pid}/io").read_text())[1])
    except OSError:
        return sys.maxsize  # it has ended


if __name__ == "__main__":
    unittest.main()
