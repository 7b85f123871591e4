"""Runs that are killed or stopped at any moment, and the tables that the next run makes.

Run it as `python3 tests/e2e/crash_e2e_test.py`; it needs strace. Environment: SPARKIFY_BINARY (the
program), SPARKIFY_CRASH_SEED (default 1) for other moments.
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

EXIT_OK = 0
STOP_SECONDS_MAX = 5
HANG_SECONDS = 60
SIZE_FACTOR_MAX = 2
GROUPS = {"SPARKIFY_GROUP_BYTES": "5000"}  # some 40: the songs in a few, each day for itself
RANDOM_KILLS = 9
CALL_KILLS = {"openat": 3, "write": 5, "pwrite64": 6, "fsync": 6, "ftruncate": 1, "unlink": 2}
KILLED_BY_US = (-signal.SIGKILL, 128 + signal.SIGKILL)

shared = None  # the Reference of this module


def setUpModule():
    global shared
    if shutil.which("strace") is None:
        raise sparkify.SparkifyError("strace is not there; install it (apt-get install strace)")
    shared = Reference()


def tearDownModule():
    shared.close()


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
        self.size = self.warehouse.stat().st_size

    def close(self):
        self.temporary.cleanup()

    def new_warehouse(self, name):
        path = self.folder / name / "w.duckdb"
        path.parent.mkdir()
        done = sparkify.run("create-tables", "--warehouse", f"duckdb:{path}")
        if done.returncode != EXIT_OK:
            raise sparkify.SparkifyError(done.stderr)
        return path

    def load(self, warehouse, *sources):
        done = sparkify.run("etl", "--warehouse", f"duckdb:{warehouse}", *sources, env=GROUPS)
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
        self.trial += 1
        path = self.folder / str(self.trial) / "w.duckdb"
        path.parent.mkdir()
        if copied_from is not None:
            shutil.copyfile(copied_from, path)
        else:
            self.call("create-tables", path)
        return path

    def call(self, command, warehouse, *options, exit_code=EXIT_OK, env=None):
        done = sparkify.run(command, "--warehouse", f"duckdb:{warehouse}", *options, env=env)
        self.assertEqual(
            done.returncode, exit_code, f"{command} {options}\n{done.stdout}\n{done.stderr}"
        )
        return done

    def start(self, warehouse, *options, prefix=(), env=GROUPS, command="etl"):
        where = ("--warehouse", f"duckdb:{warehouse}")
        return sparkify.start(command, *where, *options, prefix=prefix, env=env)

    def killed_after(self, seconds, warehouse, *options):
        process = self.start(warehouse, *options)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate(timeout=HANG_SECONDS)
        return process.returncode in KILLED_BY_US

    def killed_at(self, call, number, warehouse, *options, command="etl"):
        """Killed when a thread enters its `number`-th call; whether that came."""
        inject = f"inject={call}:signal=SIGKILL:when={number}"
        prefix = strace("-o", "/dev/null", "-e", f"trace={call}", "-e", inject)
        process = self.start(warehouse, "--threads", 1, *options, prefix=prefix, command=command)
        process.communicate(timeout=HANG_SECONDS)
        return process.returncode in KILLED_BY_US

    def calls(self, warehouse, *options, command="etl", names=tuple(CALL_KILLS)):
        """How often the thread that does it most makes each system call."""
        log = self.folder / "calls.log"
        prefix = strace("-o", log, "-e", f"trace={','.join(names)}")
        process = self.start(warehouse, "--threads", 1, *options, prefix=prefix, command=command)
        stderr = process.communicate(timeout=HANG_SECONDS)[1]
        self.assertEqual(process.returncode, EXIT_OK, stderr)
        lines = re.findall(r"(?m)^(\d+) +(\w+)\(", log.read_text(errors="replace"))
        counts = collections.Counter(lines)
        return {name: max(n for (_, call), n in counts.items() if call == name) for name in names}

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
        names = sorted(path.name for path in warehouse.parent.iterdir())
        self.assertEqual(names, [warehouse.name], "nothing is left beside the warehouse")

    def expect_nothing_new(self, warehouse, *sources):
        before = self.content(warehouse)
        done = self.call("etl", warehouse, *sources, env=GROUPS)
        self.assertIn("Nothing new", done.stdout)
        self.assertEqual(self.content(warehouse), before, "the file must not change")
        self.expect_no_litter(warehouse)

    def content(self, warehouse):
        digest = hashlib.sha256(warehouse.read_bytes()).hexdigest()
        return digest, warehouse.stat().st_mtime_ns

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
        size = (reference or shared.warehouse).stat().st_size
        self.assertLessEqual(warehouse.stat().st_size, SIZE_FACTOR_MAX * size, "the file's size")
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
        self.assertGreaterEqual(kills + RANDOM_KILLS, 30)

    def test_killed_again_and_again(self):
        warehouse = self.new_warehouse()
        for number in (6, 9, 4, 12):
            self.assertTrue(self.killed_at("fsync", number, warehouse, *shared.both))
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
        self.assertTrue(self.killed_at("fsync", 8, warehouse, *shared.both))
        done = self.call("etl", warehouse, *shared.both, env=GROUPS)
        self.assertIn("1 run was killed", done.stdout)

    def test_a_dry_run_after_a_kill_changes_nothing(self):
        warehouse = self.new_warehouse()
        self.assertTrue(self.killed_at("fsync", 8, warehouse, *shared.both))
        files = {path: path.read_bytes() for path in warehouse.parent.iterdir()}
        self.call("etl", warehouse, *shared.both, "--dry-run", env=GROUPS)
        self.assertEqual({p: p.read_bytes() for p in warehouse.parent.iterdir()}, files)

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
        for number in spread(self.calls(self.new_warehouse(first), *both)["fsync"], 4):
            with self.subTest(fsync=number):
                warehouse = self.new_warehouse(first)
                self.assertTrue(self.killed_at("fsync", number, warehouse, *both))
                self.expect_recovery(warehouse, *both, reference=clean)


class CreateTablesKillTest(CrashCase):
    CALLS = ("write", "pwrite64", "fsync", "ftruncate", "unlink")

    def fresh(self):
        self.trial += 1
        path = self.folder / str(self.trial) / "w.duckdb"
        path.parent.mkdir()
        return path

    def test_create_tables_killed_at_system_calls(self):
        counts = self.calls(self.fresh(), command="create-tables", names=self.CALLS)
        for call, number in [(c, n) for c in self.CALLS for n in spread(counts[c], 9)]:
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
            names=self.CALLS,
        )
        empty = self.new_warehouse()
        for call, number in [(c, n) for c in ("write", "pwrite64") for n in spread(counts[c], 4)]:
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
        counts = self.calls(self.new_warehouse(self.plays_first), *shared.both)
        points = [("fsync", n) for n in range(1, counts["fsync"] + 1)]
        points += [("write", n) for n in spread(counts["write"], 6)]
        tried_anyway = [("fsync", n) for n in spread(counts["fsync"], 4)]
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
        self.assertTrue(self.killed_at("fsync", 1, warehouse, "--log-data", shared.logs))
        self.expect_recovery(warehouse, "--log-data", shared.logs, reference=self.clean)

    def killed_between(self):
        for number in range(1, 20):
            warehouse = self.new_warehouse(self.plays_first)
            self.assertTrue(self.killed_at("fsync", number, warehouse, *shared.both))
            if self.is_between(warehouse):
                return warehouse
        self.fail("no kill fell between the songs and the late matches")


class StopTest(CrashCase):
    """SIGINT and SIGTERM: the program ends by itself, soon, and says what was done."""

    def stopped_after(self, seconds, number, warehouse, *options):
        process = self.start(warehouse, *options)
        time.sleep(seconds)
        return self.stop(process, number)

    def stop(self, process, number):
        """Sends the signal. Exit code as a shell sees it, stdout, stderr."""
        if process.poll() is None:
            process.send_signal(number)
        begin = time.monotonic()
        stdout, stderr = process.communicate(timeout=HANG_SECONDS)
        self.assertLess(time.monotonic() - begin, STOP_SECONDS_MAX, "it stops soon")
        code = process.returncode
        return (128 - code if code < 0 else code), stdout, stderr

    def expect_stopped(self, warehouse, stdout, stderr):
        self.assertRegex(stdout, r"Run \d+ into .*: stopped in ")
        self.assertIn("records", stdout)
        self.assertIn("stopped by a signal", stderr)
        self.assertEqual(self.run_states(warehouse)[-1], ("stopped", False))
        self.expect_no_litter(warehouse)

    def stop_at_random(self, number, wanted=4):
        stops = 0
        for place in range(wanted):
            share = (place + self.random.random()) / wanted
            with self.subTest(share_of_the_run=share):
                warehouse = self.new_warehouse()
                seconds = share * shared.seconds
                code, stdout, stderr = self.stopped_after(seconds, number, warehouse, *shared.both)
                self.assertIn(code, (EXIT_OK, 128 + number), stderr)
                if self.run_states(warehouse) and code != EXIT_OK:
                    stops += 1
                    self.expect_stopped(warehouse, stdout, stderr)
                self.expect_recovery(warehouse, *shared.both)
        self.assertGreaterEqual(stops, 1, "some were stopped amid the run")

    def test_sigint_at_random_moments(self):
        self.stop_at_random(signal.SIGINT)

    def test_sigterm_at_random_moments(self):
        self.stop_at_random(signal.SIGTERM)

    def test_json_says_that_the_run_was_stopped(self):
        warehouse = self.new_warehouse()
        code, stdout, _ = self.stopped_after(
            shared.seconds / 2, signal.SIGTERM, warehouse, *shared.both, "--json"
        )
        self.assertEqual(code, 128 + signal.SIGTERM)
        document = json.loads(stdout)
        self.assertEqual(document["outcome"], "stopped")
        done = sparkify.query_rows(warehouse, "select count(*) as n from etl_objects")[0]["n"]
        self.assertEqual(document["objects"], done, "the summary tells what was committed")

    def test_a_second_signal_ends_the_program_at_once_and_does_no_harm(self):
        warehouse = self.new_warehouse()
        process = self.start(warehouse, *shared.both)
        time.sleep(shared.seconds / 2)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=STOP_SECONDS_MAX)
        self.assertIn(process.returncode, (130, -signal.SIGINT))
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
                while bytes_read(process.pid) < share * size:
                    time.sleep(0.005)
                time.sleep(wait_seconds)
                code, stdout, stderr = self.stop(process, signal.SIGTERM)
                self.assertEqual(code, 128 + signal.SIGTERM, stderr)
                self.expect_stopped(warehouse, stdout, stderr)
                self.expect_whole_groups(warehouse)
                count = "select count(*) as n from etl_objects"
                self.assertEqual(sparkify.query_rows(warehouse, count), [{"n": 0}])


def bytes_read(pid):
    """By read(2); endless for a process that has ended."""
    try:
        return int(re.search(r"rchar: (\d+)", pathlib.Path(f"/proc/{pid}/io").read_text())[1])
    except OSError:
        return sys.maxsize


if __name__ == "__main__":
    unittest.main()
