"""Runs that are killed or stopped at any moment, and the tables that the next run makes.

The many moments are those of tests/torture/ (kill.py, signals.py); here is what one moment tells.
Run it as `python3 tests/e2e/crash_e2e_test.py`; it needs strace. Environment: SPARKIFY_BINARY (the
program), SPARKIFY_TEST_WAREHOUSE (`duckdb` or `postgres`).
"""

import collections
import contextlib
import hashlib
import itertools
import pathlib
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
    STEP = "sendto"  # a statement or a part of a COPY
    STEPS = (300, 450, 200)  # amid one run after another
else:
    STEP = "fsync"  # of a commit, mostly
    STEPS = (6, 9, 4)

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


class CrashCase(unittest.TestCase):
    """Helpers. Each test case has a warehouse of its own."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name).resolve()
        self.trial = 0

    def new_warehouse(self, copied_from=None):
        """A warehouse with tables: empty ones, or those of another warehouse."""
        self.trial += 1
        warehouse = new_warehouse(self.folder / str(self.trial))
        self.addCleanup(warehouses.drop, warehouse)
        if copied_from is None or IS_POSTGRES:
            self.call("create-tables", warehouse)
        if copied_from is not None:
            warehouses.copy(copied_from, warehouse)
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

    def calls(self, warehouse, *options, command="etl", names=(STEP,)):
        """How often the thread that does it most makes each system call."""
        made = self.calls_made(warehouse, *options, command=command, names=names)
        counts = collections.Counter((thread, call) for thread, call, _ in made)
        return {name: max(n for (_, call), n in counts.items() if call == name) for name in names}

    def calls_made(self, warehouse, *options, command="etl", names=(STEP,)):
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

    def late_statement(self):
        """The number of the first statement of the late matches, within the last songs' transaction."""
        warehouse = self.new_warehouse(self.plays_first)
        made = self.calls_made(warehouse, *shared.both, names=(STEP,))
        texts = [text for _, _, text in made]
        return next(n for n, text in enumerate(texts, 1) if LATE_MATCHES in text)

    def test_late_matches_are_made_up_for_when_nothing_is_new(self):
        warehouse = self.killed_between()
        unmatched = "select count(*) as n from unmatched_songplays"
        before = sparkify.query_rows(warehouse, unmatched)[0]["n"]
        done = self.call("etl", warehouse, "--log-data", shared.november, env=GROUPS)
        self.assertIn("Nothing new", done.stdout)
        sources = ("--log-data", shared.november, "--song-data", shared.songs)
        with self.loaded_songs_alone(warehouse):
            self.assertIn("-- Late songs:", self.dry_run(warehouse, *sources))
            done = self.call("etl", warehouse, *sources, env=GROUPS)
            self.assertIn("found their song late", done.stdout)
            self.assertLess(sparkify.query_rows(warehouse, unmatched)[0]["n"], before)
            self.call("check", warehouse)
            self.expect_nothing_new(warehouse, *sources)
        self.call("etl", warehouse, *shared.both, env=GROUPS)
        self.expect_tables(warehouse, self.clean)

    def test_late_matches_are_made_up_for_after_two_kills(self):
        warehouse = self.killed_between()
        self.assertTrue(self.killed_at(STEP, STEPS[2], warehouse, *shared.both))
        self.expect_recovery(warehouse, *shared.both, reference=self.clean)

    @staticmethod
    @contextlib.contextmanager
    def loaded_songs_alone(warehouse):
        """As if there were no others."""
        rows = sparkify.query_rows(warehouse, "select uri from etl_objects where kind = 'song'")
        loaded = {row["uri"].removeprefix("file://") for row in rows}
        others = [path for path in shared.songs.rglob("*.json") if str(path) not in loaded]
        for path in others:
            path.rename(path.with_suffix(".hidden"))
        try:
            yield
        finally:
            for path in others:
                path.with_suffix(".hidden").rename(path)

    def dry_run(self, warehouse, *sources):
        return self.call("etl", warehouse, *sources, "--dry-run", "--sql", env=GROUPS).stdout

    def killed_between(self):
        """Some groups of songs are there, and not the last one: no play was held against them."""
        found = None
        for number in [self.late_statement()] if IS_POSTGRES else itertools.count(1):
            warehouse = self.new_warehouse(self.plays_first)
            self.assertTrue(self.killed_at(STEP, number, warehouse, *shared.both))
            songs, matches, logs = self.progress(warehouse)
            if songs == len(sparkify.folder_objects(shared.songs)):
                self.assertEqual((matches, logs), (1, 0), "with the last songs, before the logs")
                break
            self.assertEqual((matches, logs), (0, 0))
            if songs > 0:
                found = warehouse
        self.assertIsNotNone(found, "no kill fell between two groups of songs")
        return found


class StopTest(CrashCase):
    """SIGINT and SIGTERM: the program ends by itself, soon, and says what was done."""

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

    def expect_stopped(self, warehouse, stdout, stderr):
        self.assertRegex(stdout, r"Run \d+ into .*: stopped in ")
        self.assertIn("records", stdout)
        self.assertIn("stopped by a signal", stderr)
        self.assertEqual(self.run_states(warehouse)[-1], ("stopped", False))
        self.expect_no_litter(warehouse)

    def test_sigint_amid_the_run(self):
        warehouse = self.new_warehouse()
        code, stdout, stderr = self.stopped_amid(signal.SIGINT, warehouse, *shared.both)
        self.assertEqual(code, 128 + signal.SIGINT, stderr)
        self.expect_stopped(warehouse, stdout, stderr)
        self.expect_recovery(warehouse, *shared.both)

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
