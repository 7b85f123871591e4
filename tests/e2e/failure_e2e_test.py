"""What goes wrong around the program: a clear message, the right exit code, nothing half done.

Run it as `python3 tests/e2e/failure_e2e_test.py`; it needs strace. Environment: SPARKIFY_BINARY
(the program), SPARKIFY_SQL_TOOL (duckdb_exec).
"""

import bz2
import contextlib
import gzip
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle")]

import contract_e2e_test as corpus  # noqa: E402
import sparkify  # noqa: E402
from contract_e2e_test import File, lines, play, song, zstd  # noqa: E402

EXIT_OK = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_CONFIG = 3
EXIT_SOURCE = 4
EXIT_DATABASE = 5
EXIT_LOCKED = 6
WAIT_SECONDS_MAX = 60
NOBODY = 65534
ONE_EACH = {"SPARKIFY_GROUP_BYTES": "1"}  # a group for each object
FULL_DISKS = (
    ("1m", ONE_EACH),
    ("5m", None),
)
READING_COMMANDS = (("status",), ("check",), ("rejects",), ("query", "select 1"))
TABLE_COMMANDS = (("status",), ("check",), ("rejects",))


def setUpModule():
    sparkify.binary()
    sparkify.sql_tool()
    if shutil.which("strace") is None:
        raise sparkify.SparkifyError("strace is not there; install it (apt-get install strace)")


def wait_until(is_so, what):
    end = time.monotonic() + WAIT_SECONDS_MAX
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come about within {WAIT_SECONDS_MAX} s")
        time.sleep(0.02)


def process_state(pid):
    """A letter, as in ps: T is stopped."""
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return text.rpartition(")")[2].split()[0]


def stop(process):
    process.send_signal(signal.SIGSTOP)
    wait_until(lambda: process_state(process.pid) == "T", "the stop")


def children(pid):
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def text_of(path):
    return path.read_text(errors="replace") if path.exists() else ""


def has_open(pid, path):
    with contextlib.suppress(FileNotFoundError):
        for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                if os.readlink(link) == str(path):
                    return True
    return False


class FailureCase(unittest.TestCase):
    """Helpers. Each test has a scenario: source folders, a warehouse and the oracle's beside it."""

    def setUp(self):
        self.scenario = corpus.Scenario(self)
        self.folder = self.scenario.folder
        self.warehouse = self.scenario.warehouse

    def write_days(self, *names):
        files = [
            File("log", f"{name}.json", lines(*(play(ord(name), n, song=name) for n in range(3))))
            for name in names
        ]
        self.scenario.write(*files)

    def path(self, name, kind="log"):
        return self.scenario.source(kind) / name

    def sources(self, *kinds):
        kinds = kinds or ("log", "song")
        return [text for kind in kinds for text in (f"--{kind}-data", self.scenario.source(kind))]

    def call(self, *words, exit_code, env=None, warehouse=None, prefix=()):
        where = ("--warehouse", f"duckdb:{warehouse or self.warehouse}")
        done = sparkify.run(*words, *where, env=env, prefix=prefix)
        text = f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        self.assertEqual(done.returncode, exit_code, text)
        return done

    def fails(self, *words, exit_code, says, **more):
        done = self.call(*words, exit_code=exit_code, **more)
        self.expect_error(done.stderr, says)
        return done

    def expect_error(self, stderr, says):
        self.assertRegex(stderr, r"(?m)^sparkify: error: ")
        for part in says if isinstance(says, list) else [says]:
            self.assertIn(str(part), stderr)
        self.assertNotIn("internal error", stderr)

    def etl(self, *options, exit_code, env=None):
        return self.call("etl", *self.sources(), *options, exit_code=exit_code, env=env)

    def expect_no_litter(self, folder=None):
        names = [path.name for path in (folder or self.folder).iterdir()]
        litter = [name for name in names if re.search(r"\.(lock|tmp|wal|partial)$", name)]
        self.assertEqual(litter, [])

    def expect_loaded(self, *names):
        """The warehouse holds just these log files, whichever runs loaded them."""
        oracle = corpus.contract.Warehouse()
        objects = [o for o in self.scenario.objects("log") if pathlib.Path(o[0]).name in names]
        oracle.apply_run(self.scenario.objects("song"), objects)
        expected = sparkify.without_runs(oracle.tables())
        found = sparkify.without_runs(sparkify.warehouse_tables(self.warehouse))
        self.assertEqual(sparkify.difference(expected, found), "")


class OtherKindTest(FailureCase):
    def test_flags_that_were_mixed_up(self):
        """Else the right command would find nothing new, and the object never be read as what it is."""
        self.write_days("a", "b")
        source = self.scenario.source("log")
        self.call("etl", "--song-data", self.path("a.json"), exit_code=EXIT_OK)
        says = [f"file://{self.path('a.json')}", "given as log data", "loaded as song data"]
        self.fails("etl", "--log-data", source, exit_code=EXIT_USAGE, says=says)
        self.expect_no_litter()
        self.path("a.json").rename(self.path("c.json"))
        self.call("etl", "--log-data", source, exit_code=EXIT_OK)
        plays = sparkify.query_rows(self.warehouse, "select count(*) as n from songplays")
        self.assertEqual(plays, [{"n": 6}])


# --- Sources -------------------------------------------------------------------------------------


class ChangingSourceTest(FailureCase):
    """Files that change under the program. strace holds it at a system call on one file."""

    @contextlib.contextmanager
    def held_at(self, call, path, *options, env=None):
        """The program stands still behind its first `call` on `path`; then it goes on."""
        log = self.folder / "strace.log"
        inject = f"inject={call}:signal=SIGSTOP:when=1"
        prefix = ("strace", "-f", "-o", log, "-P", path, "-e", f"trace={call}", "-e", inject)
        words = ("etl", "--warehouse", f"duckdb:{self.warehouse}", "--threads", 1)
        words += (*self.sources(), *options)
        process = sparkify.start(*words, prefix=prefix, env=env)
        self.addCleanup(self.end, process)
        self.done = None
        wait_until(lambda: "SIGSTOP" in text_of(log), "the stop")
        held = children(process.pid)[0]
        wait_until(lambda: process_state(held) in "Tt", "the stop")
        yield
        os.kill(held, signal.SIGCONT)
        stdout, stderr = process.communicate(timeout=WAIT_SECONDS_MAX)
        self.done = subprocess.CompletedProcess(words, process.returncode, stdout, stderr)

    def end(self, process):
        if process.poll() is None:
            for held in children(process.pid):
                os.kill(held, signal.SIGKILL)
            process.kill()
            process.communicate()

    def expect_left_out(self, name, says, loaded):
        self.assertEqual(self.done.returncode, EXIT_SOURCE, self.done.stdout + self.done.stderr)
        shown = self.done.stdout + self.done.stderr
        for part in (name, *says):
            self.assertIn(part, shown)
        self.assertIn("1 failed", self.done.stdout)
        self.expect_loaded(*loaded)
        self.expect_no_litter()
        self.call("check", exit_code=EXIT_OK)
        failed = sparkify.query_rows(self.warehouse, "select failed_objects as n from etl_runs")
        self.assertEqual(failed, [{"n": 1}])

    def expect_made_up_for(self, *names):
        self.etl(exit_code=EXIT_OK)
        self.expect_loaded(*names)
        done = self.etl(exit_code=EXIT_OK)
        self.assertIn("Nothing new", done.stdout)

    def test_a_file_that_vanishes_after_it_was_listed(self):
        self.write_days("a", "b", "c")
        with self.held_at("openat", self.path("a.json"), env=ONE_EACH):
            self.path("b.json").unlink()
        self.expect_left_out("b.json", ["gone"], ["a.json", "c.json"])
        done = self.etl(exit_code=EXIT_OK)
        self.assertIn("Nothing new", done.stdout)
        self.write_days("b")
        self.expect_made_up_for("a.json", "b.json", "c.json")

    def test_a_file_that_vanishes_from_the_same_group(self):
        self.write_days("a", "b", "c")
        with self.held_at("openat", self.path("a.json")):
            self.path("c.json").unlink()
        self.expect_left_out("c.json", ["gone"], ["a.json", "b.json"])

    def test_the_only_file_vanishes(self):
        self.write_days("a", "b")
        with self.held_at("openat", self.path("a.json")):
            self.path("a.json").unlink()
            self.path("b.json").unlink()
        self.assertEqual(self.done.returncode, EXIT_SOURCE, self.done.stderr)
        self.call("check", exit_code=EXIT_OK)

    def test_a_file_that_changes_after_it_was_listed(self):
        for env in (None, ONE_EACH):
            with self.subTest(env=env):
                self.setUp()
                self.write_days("a", "b", "c")
                with self.held_at("openat", self.path("a.json"), env=env):
                    self.scenario.write(File("log", "b.json", lines(play(900, 1))))
                self.expect_left_out(
                    "b.json", ["changed after it was listed"], ["a.json", "c.json"]
                )
                self.expect_made_up_for("a.json", "b.json", "c.json")

    def test_a_file_of_the_same_size_but_another_time(self):
        self.write_days("a", "b")
        with self.held_at("openat", self.path("a.json")):
            os.utime(self.path("b.json"), (1_600_000_000, 1_600_000_000))
        self.expect_left_out("b.json", ["changed"], ["a.json"])
        self.expect_made_up_for("a.json", "b.json")

    def test_a_file_that_changes_between_its_opening_and_its_first_byte(self):
        self.write_days("a", "b")
        with self.held_at("openat", self.path("b.json")):
            with open(self.path("b.json"), "ab") as file:
                file.write(lines(play(901, 1)))
        self.expect_left_out("b.json", ["changed"], ["a.json"])
        self.expect_made_up_for("a.json", "b.json")

    def test_a_file_that_grows_while_it_is_read(self):
        self.write_days("a", "b")
        small_blocks = {"SPARKIFY_BLOCK_BYTES": "64"}
        for env in (None, small_blocks):
            with self.subTest(env=env):
                self.setUp()
                self.write_days("a", "b")
                with self.held_at("read", self.path("b.json"), env=env):
                    with open(self.path("b.json"), "ab") as file:
                        file.write(lines(play(901, 1)))
                self.expect_left_out("b.json", ["changed"], ["a.json"])
                self.expect_made_up_for("a.json", "b.json")

    def test_a_file_that_is_cut_while_it_is_read(self):
        self.write_days("a", "b")
        with self.held_at("read", self.path("b.json"), env={"SPARKIFY_BLOCK_BYTES": "64"}):
            os.truncate(self.path("b.json"), 10)
        self.expect_left_out("b.json", ["changed"], ["a.json"])
        self.expect_made_up_for("a.json", "b.json")

    def test_a_compressed_file_that_grows_while_it_is_read(self):
        self.write_days("a")
        packed = gzip.compress(lines(play(902, 0)))
        self.scenario.write(File("log", "b.json.gz", packed))
        with self.held_at("read", self.path("b.json.gz")):
            with open(self.path("b.json.gz"), "ab") as file:
                file.write(gzip.compress(lines(play(902, 1))))
        self.expect_left_out("b.json.gz", [], ["a.json"])
        self.expect_made_up_for("a.json", "b.json.gz")

    def test_a_song_file_that_vanishes(self):
        self.scenario.write(File("song", "a.json", lines(song(1))))
        self.scenario.write(File("song", "b.json", lines(song(2))))
        with self.held_at("openat", self.path("a.json", "song"), env=ONE_EACH):
            self.path("b.json", "song").unlink()
        self.expect_left_out("b.json", ["gone"], [])


class SourceTest(FailureCase):
    def test_a_missing_source_path(self):
        self.write_days("a")
        missing = self.folder / "not_there"
        words = ("etl", "--log-data", missing)
        self.fails(*words, exit_code=EXIT_SOURCE, says=[missing, "No such file", "check the path"])
        self.fails(
            "etl",
            "--log-data",
            self.path(""),
            "--song-data",
            missing,
            exit_code=EXIT_SOURCE,
            says=str(missing),
        )
        self.expect_untouched()

    def test_a_pattern_that_matches_nothing(self):
        pattern = f"{self.folder}/log_data/*.json"
        self.fails("etl", "--log-data", pattern, exit_code=EXIT_SOURCE, says=[pattern, "matches"])

    def test_an_empty_folder_has_nothing_new(self):
        done = self.etl(exit_code=EXIT_OK)
        self.assertIn("Nothing new", done.stdout)
        self.expect_untouched()

    def test_one_folder_for_logs_and_songs(self):
        self.write_days("a")
        for songs in (self.path(""), self.folder):
            with self.subTest(songs=songs):
                self.fails(
                    "etl",
                    "--log-data",
                    self.path(""),
                    "--song-data",
                    songs,
                    exit_code=EXIT_USAGE,
                    says=["a.json", "--log-data", "--song-data"],
                )
        self.expect_untouched()

    def test_no_source_at_all(self):
        self.fails("etl", exit_code=EXIT_CONFIG, says=["--log-data", "SPARKIFY_LOG_DATA"])

    def test_a_link_to_nothing_is_named(self):
        self.write_days("a")
        self.path("b.json").symlink_to(self.folder / "gone.json")
        self.fails("etl", *self.sources(), exit_code=EXIT_SOURCE, says="b.json")
        self.expect_untouched()

    def test_pipes_and_sockets_are_no_sources(self):
        pipe = self.folder / "pipe.json"
        os.mkfifo(pipe)
        self.fails("etl", "--log-data", pipe, exit_code=EXIT_SOURCE, says=[pipe, "neither"])

    def test_damaged_files_among_good_ones(self):
        whole = {
            name: pack(lines(*(play(number, n) for n in range(40))))
            for number, (name, pack) in enumerate(
                (("b.json.gz", gzip.compress), ("c.json.zst", zstd), ("d.json.bz2", bz2.compress))
            )
        }
        self.write_days("a", "e")
        for name, data in whole.items():
            self.scenario.write(File("log", name, data[: len(data) * 2 // 3]))
        for env in (ONE_EACH, None):
            done = self.etl(exit_code=EXIT_SOURCE, env=env)
            for name in whole:
                self.assertIn(name, done.stdout + done.stderr)
            self.assertIn("3 failed", done.stdout)
            self.expect_loaded("a.json", "e.json")
            self.call("check", exit_code=EXIT_OK)
        for name, data in whole.items():
            self.scenario.write(File("log", name, data))
        self.etl(exit_code=EXIT_OK)
        self.expect_loaded("a.json", "e.json", *whole)

    def test_failed_objects_are_in_the_json_document(self):
        self.write_days("a")
        self.scenario.write(File("log", "b.json.gz", b"no gzip"))
        document = json.loads(self.etl("--json", exit_code=EXIT_SOURCE).stdout)
        self.assertEqual(
            [o["uri"] for o in document["failed_objects"]], [f"file://{self.path('b.json.gz')}"]
        )

    def test_too_many_rejects_roll_the_group_back_and_show_the_first_twenty(self):
        self.write_days("a")
        bad = [b'{"page": "bad %d"}' % number for number in range(30)]
        self.scenario.write(File("log", "b.json", lines(play(1, 0), *bad)))
        done = self.etl("--max-rejects", 5, exit_code=EXIT_FINDINGS, env=ONE_EACH)
        shown = re.findall(r"(?m)^ *reject +(\S+):(\d+): (\S+) in (\S+): (.*)$", done.stdout)
        uri = f"file://{self.path('b.json')}"
        expected = [
            (uri, str(number + 2), "missing_field", "item_in_session", bad[number].decode())
            for number in range(20)
        ]
        self.assertEqual(shown, expected)
        self.expect_error(done.stderr, ["30 rejects", "--max-rejects allows 5", "rolled back"])
        self.expect_loaded("a.json")
        self.expect_no_litter()
        self.call("check", exit_code=EXIT_OK)
        status = sparkify.query_rows(self.warehouse, "select status from etl_runs")
        self.assertEqual(status, [{"status": "failed"}])
        self.etl("--max-rejects", 30, exit_code=EXIT_OK)
        self.expect_loaded("a.json", "b.json")

    def test_other_kinds_of_sources_are_refused(self):
        for flag in ("--log-data", "--song-data"):
            self.fails(
                "etl",
                flag,
                "gs://bucket/log_data",
                exit_code=EXIT_CONFIG,
                says=["gs://bucket/log_data", "s3://BUCKET/PREFIX"],
            )
        self.expect_untouched()

    def expect_untouched(self):
        for table in ("etl_runs", "etl_objects", "songplays"):
            rows = sparkify.query_rows(self.warehouse, f"select count(*) as n from {table}")
            self.assertEqual(rows, [{"n": 0}], table)
        self.expect_no_litter()


# --- Rights --------------------------------------------------------------------------------------


class RightsTest(FailureCase):
    """As a user who may not do everything: nobody, if we are root."""

    @classmethod
    def setUpClass(cls):
        cls.program = cls.enterClassContext(sparkify.copied_for_all_users())

    def setUp(self):
        super().setUp()
        self.write_days("a", "b")
        self.is_root = os.geteuid() == 0
        self.folder.chmod(0o755)
        if self.is_root:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, NOBODY, NOBODY)

    def as_user(self, *words, exit_code, warehouse=None):
        identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if self.is_root else {}
        done = subprocess.run(
            [
                self.program,
                *map(str, words),
                "--warehouse",
                f"duckdb:{warehouse or self.warehouse}",
            ],
            cwd="/",
            env=sparkify.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=WAIT_SECONDS_MAX,
            check=False,
            **identity,
        )
        text = f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        self.assertEqual(done.returncode, exit_code, text)
        return done

    def user_etl(self, exit_code):
        return self.as_user("etl", *self.sources(), exit_code=exit_code)

    @contextlib.contextmanager
    def mode(self, path, mode):
        before = path.stat().st_mode
        path.chmod(mode)
        try:
            yield
        finally:
            path.chmod(before)

    def test_an_unreadable_file_is_left_out_and_named(self):
        with self.mode(self.path("a.json"), 0):
            done = self.user_etl(EXIT_SOURCE)
            self.assertIn("a.json", done.stdout + done.stderr)
            self.assertIn("Permission denied", done.stdout + done.stderr)
            self.assertIn("1 failed", done.stdout)
        self.expect_loaded("b.json")
        self.user_etl(EXIT_OK)
        self.expect_loaded("a.json", "b.json")

    def test_an_unreadable_folder_stops_the_run(self):
        below = self.path("more")
        below.mkdir()
        with self.mode(below, 0):
            done = self.user_etl(EXIT_SOURCE)
            self.expect_error(done.stderr, [below, "Permission denied"])
        self.expect_loaded()

    def test_a_read_only_folder(self):
        before = self.warehouse.read_bytes()
        with self.mode(self.folder, 0o555):
            done = self.user_etl(EXIT_DATABASE)
            self.expect_error(done.stderr, [self.warehouse, "Permission denied", "writable"])
            new = self.folder / "new.duckdb"
            done = self.as_user("create-tables", exit_code=EXIT_DATABASE, warehouse=new)
            self.expect_error(done.stderr, [new, "Permission denied"])
            for words in READING_COMMANDS:
                self.as_user(*words, exit_code=EXIT_OK)
        self.assertFalse(new.exists())
        self.assertEqual(self.warehouse.read_bytes(), before)
        self.expect_no_litter()
        self.user_etl(EXIT_OK)
        self.expect_loaded("a.json", "b.json")

    def test_a_read_only_warehouse_file(self):
        before = self.warehouse.read_bytes()
        with self.mode(self.warehouse, 0o444):
            for words in (("etl", *self.sources()), ("create-tables",)):
                done = self.as_user(*words, exit_code=EXIT_DATABASE)
                self.expect_error(done.stderr, [self.warehouse, "cannot be written"])
            for words in READING_COMMANDS:
                self.as_user(*words, exit_code=EXIT_OK)
        self.assertEqual(self.warehouse.read_bytes(), before)
        self.expect_no_litter()
        self.user_etl(EXIT_OK)
        self.expect_loaded("a.json", "b.json")

    def test_a_warehouse_file_that_may_not_be_read(self):
        with self.mode(self.warehouse, 0):
            for words in (("etl", *self.sources()), *READING_COMMANDS):
                done = self.as_user(*words, exit_code=EXIT_DATABASE)
                self.expect_error(done.stderr, self.warehouse)
        self.expect_no_litter()

    def test_generate_into_a_read_only_folder(self):
        with self.mode(self.folder, 0o555):
            done = self.as_user("generate", "--out", self.folder / "g", exit_code=EXIT_SOURCE)
            self.expect_error(done.stderr, [self.folder / "g", "Permission denied"])


# --- Disk ----------------------------------------------------------------------------------------


class SmallDisk:
    """A tmpfs in a mount namespace of its own, which ends with the process that holds it."""

    def __init__(self, mount_point, size):
        mount_point.mkdir(exist_ok=True)
        self.mount_point = mount_point
        is_root = os.geteuid() == 0
        script = f"mount -t tmpfs -o size={size} tmpfs '{mount_point}' && echo ready && exec sh"
        self.holder = subprocess.Popen(
            ["unshare", "-m" if is_root else "-Urm", "sh", "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if self.holder.stdout.readline() != "ready\n":
            self.close()
            raise unittest.SkipTest("this machine lets us mount nothing")
        user = () if is_root else ("-U", "--preserve-credentials")
        self.prefix = ("nsenter", "-t", self.holder.pid, *user, "-m")
        self.outside = pathlib.Path(f"/proc/{self.holder.pid}/root{mount_point}")

    def resize(self, size):
        remount = f"mount -t tmpfs -o remount,size={size} tmpfs '{self.mount_point}'"
        self.holder.stdin.write(f"{remount}; echo $?\n")
        self.holder.stdin.flush()
        if self.holder.stdout.readline() != "0\n":
            raise sparkify.SparkifyError(f"{self.mount_point} could not be made larger")

    def close(self):
        self.holder.communicate()


class DiskTest(FailureCase):
    def setUp(self):
        super().setUp()
        options = ("--events", 30_000, "--songs", 100, "--days", 20)
        done = sparkify.run("generate", "--out", self.folder / "data", *options)
        self.assertEqual(done.returncode, EXIT_OK, done.stderr)
        self.data = [
            "--log-data",
            self.folder / "data/log_data",
            "--song-data",
            self.folder / "data/song_data",
        ]
        self.clean = self.folder / "clean.duckdb"
        for words in (("create-tables",), ("etl", *self.data)):
            self.call(*words, exit_code=EXIT_OK, warehouse=self.clean)

    def expect_clean_tables(self, warehouse):
        self.assertEqual(sparkify.fingerprint(warehouse), sparkify.fingerprint(self.clean))

    @contextlib.contextmanager
    def small_disk(self, size):
        disk = SmallDisk(self.folder / "disk", size)
        there = {"warehouse": disk.mount_point / "w.duckdb", "prefix": disk.prefix}
        try:
            yield disk, there
        finally:
            disk.close()

    def expect_clean_disk(self, disk):
        self.expect_no_litter(disk.outside)
        copy = self.folder / "copy.duckdb"
        shutil.copyfile(disk.outside / "w.duckdb", copy)
        self.expect_clean_tables(copy)

    def test_a_full_disk(self):
        """Early, with many groups, and towards the end, with one. tests/torture/disk.py has every step."""
        for size, env in FULL_DISKS:
            with self.subTest(size=size, env=env), self.small_disk(size) as (disk, there):
                self.call("create-tables", exit_code=EXIT_OK, **there)
                done = self.call("etl", *self.data, exit_code=EXIT_DATABASE, env=env, **there)
                self.expect_error(done.stderr, ["No space left", "Free disk space"])
                self.call("check", exit_code=EXIT_OK, **there)
                self.call("status", exit_code=EXIT_OK, **there)
                for _ in range(2):  # now there may be no room even for the run's first row
                    done = self.call("etl", *self.data, exit_code=EXIT_DATABASE, env=env, **there)
                    self.expect_error(done.stderr, ["No space left", "Free disk space"])
                disk.resize("100m")
                self.call("etl", *self.data, exit_code=EXIT_OK, env=env, **there)
                self.expect_clean_disk(disk)

    def test_a_disk_that_is_full_when_all_groups_are_committed(self):
        """The log could not be folded into the file: nothing is lost, and the message says so."""
        with self.small_disk("8m") as (disk, there):
            self.call("create-tables", exit_code=EXIT_OK, **there)
            done = self.call("etl", *self.data, exit_code=EXIT_DATABASE, **there)
            self.expect_error(done.stderr, ["No space left", "Free disk space"])
            self.assertIn("120 loaded", done.stdout)
            self.assertNotIn("nothing of the current group was committed", done.stderr)
            self.call("check", exit_code=EXIT_OK, **there)
            disk.resize("100m")
            done = self.call("etl", *self.data, exit_code=EXIT_OK, **there)
            self.assertIn("Nothing new", done.stdout)
            self.expect_clean_disk(disk)

    def test_a_disk_without_room_for_the_tables(self):
        for size in ("4k", "300k"):
            with self.subTest(size=size), self.small_disk(size) as (disk, there):
                done = self.call("create-tables", exit_code=EXIT_DATABASE, **there)
                self.expect_error(done.stderr, ["No space left", "Free disk space"])
                done = self.call("create-tables", exit_code=EXIT_DATABASE, **there)
                self.expect_error(done.stderr, ["No space left", "Free disk space"])
                disk.resize("100m")
                self.call("create-tables", exit_code=EXIT_OK, **there)
                self.call("etl", *self.data, exit_code=EXIT_OK, **there)
                self.expect_clean_disk(disk)

    def test_generate_on_a_full_disk(self):
        with self.small_disk("200k") as (disk, _):
            words = ("generate", "--out", disk.mount_point / "g")
            done = sparkify.run(*words, prefix=disk.prefix)
            self.assertEqual(done.returncode, EXIT_SOURCE, done.stderr)
            self.expect_error(done.stderr, "No space left")

    def limited_etl(self, file_bytes):
        """A run that may write files of so many bytes; SIGXFSZ is ignored, as a shell can do."""

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

        words = ("etl", "--warehouse", f"duckdb:{self.warehouse}", *self.data)
        process = sparkify.start(*words, preexec_fn=limit, restore_signals=False)
        stdout, stderr = process.communicate(timeout=WAIT_SECONDS_MAX)
        return subprocess.CompletedProcess(words, process.returncode, stdout, stderr)

    def test_files_that_may_not_grow(self):
        done = self.limited_etl(2_000_000)
        self.assertEqual(done.returncode, EXIT_DATABASE, done.stdout + done.stderr)
        self.expect_error(done.stderr, "File too large")
        self.call("check", exit_code=EXIT_OK)
        self.call("etl", *self.data, exit_code=EXIT_OK)
        self.expect_clean_tables(self.warehouse)
        self.expect_no_litter()


# --- The warehouse -------------------------------------------------------------------------------


class HeldWarehouseTest(FailureCase):
    def setUp(self):
        super().setUp()
        self.write_days(*"abcdefghijklmnop")

    def start(self, *words, env=None):
        process = sparkify.start("--warehouse", f"duckdb:{self.warehouse}", *words, env=env)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def held_by_a_run(self):
        process = self.start("etl", *self.sources(), env=ONE_EACH)
        wait_until(lambda: has_open(process.pid, self.warehouse), "the run's start")
        stop(process)
        return process

    def held_by_a_reader(self):
        process = self.start("query", "select count(*) from range(1000000) a, range(1000000) b")
        wait_until(lambda: has_open(process.pid, self.warehouse), "the query's start")
        time.sleep(0.2)  # the file is locked right after it is opened
        stop(process)
        return process

    def test_a_run_holds_it(self):
        process = self.held_by_a_run()
        holder = [f"process {process.pid}", socket.gethostname()]
        for words in (
            ("etl", *self.sources()),
            ("create-tables",),
            *READING_COMMANDS,
            ("create-tables", "--drop", "--yes"),
            ("etl", *self.sources(), "--dry-run"),
        ):
            with self.subTest(words=words):
                self.fails(*words, exit_code=EXIT_LOCKED, says=holder)
        process.send_signal(signal.SIGCONT)
        _, stderr = process.communicate(timeout=WAIT_SECONDS_MAX)
        self.assertEqual(process.returncode, EXIT_OK, stderr)
        self.assertIn("Nothing new", self.etl(exit_code=EXIT_OK).stdout)
        self.expect_loaded(*(f"{name}.json" for name in "abcdefghijklmnop"))
        self.expect_no_litter()

    def test_a_holder_that_is_killed_holds_nothing(self):
        self.end(self.held_by_a_run())
        self.assertTrue(pathlib.Path(f"{self.warehouse}.lock").exists())
        for words in READING_COMMANDS:
            self.call(*words, exit_code=EXIT_OK)
        self.etl(exit_code=EXIT_OK)
        self.expect_no_litter()

    def test_the_locked_error_as_json(self):
        process = self.held_by_a_run()
        done = self.call("etl", *self.sources(), "--json", exit_code=EXIT_LOCKED)
        document = json.loads(done.stdout)
        self.assertEqual(document["format"], "sparkify.error/1")
        self.assertIn(str(process.pid), document["error"])

    def test_a_reader_holds_it(self):
        process = self.held_by_a_reader()
        for words in (("etl", *self.sources()), ("create-tables",)):
            with self.subTest(words=words):
                self.fails(*words, exit_code=EXIT_LOCKED, says=f"process {process.pid}")
        self.expect_no_litter()
        for words in READING_COMMANDS:
            self.call(*words, exit_code=EXIT_OK)
        self.end(process)
        self.etl(exit_code=EXIT_OK)

    def test_two_runs_that_start_together(self):
        for _ in range(3):
            self.call("create-tables", "--drop", "--yes", exit_code=EXIT_OK)
            processes = [self.start("etl", *self.sources(), env=ONE_EACH) for _ in range(3)]
            for process in processes:
                process.wait(WAIT_SECONDS_MAX)
            codes = sorted(process.returncode for process in processes)
            self.assertEqual(codes[0], EXIT_OK)
            self.assertLessEqual(set(codes), {EXIT_OK, EXIT_LOCKED})
            self.expect_loaded(*(f"{name}.json" for name in "abcdefghijklmnop"))
            self.expect_no_litter()


class WarehouseTest(FailureCase):
    def setUp(self):
        super().setUp()
        self.write_days("a")
        self.all_commands = (("etl", *self.sources()), *TABLE_COMMANDS)

    def test_a_newer_version_of_the_tables(self):
        self.etl(exit_code=EXIT_OK)
        self.write_days("b")
        sparkify.execute_sql(self.warehouse, "update etl_schema set version = 99; checkpoint")
        before = self.warehouse.read_bytes()
        for words in (
            *self.all_commands,
            ("create-tables",),
            ("etl", *self.sources(), "--dry-run"),
        ):
            with self.subTest(words=words):
                self.fails(*words, exit_code=EXIT_DATABASE, says=["version 99", "newer"])
        self.assertEqual(self.warehouse.read_bytes(), before)
        self.expect_no_litter()
        sparkify.execute_sql(self.warehouse, "update etl_schema set version = 1")
        self.etl(exit_code=EXIT_OK)
        self.expect_loaded("a.json", "b.json")

    def test_an_unknown_older_version_of_the_tables(self):
        sparkify.execute_sql(self.warehouse, "update etl_schema set version = 0")
        for words in (*self.all_commands, ("create-tables",)):
            self.fails(*words, exit_code=EXIT_DATABASE, says="version 0")

    def test_a_file_that_is_no_database(self):
        other = self.folder / "notes.txt"
        for content in (b"These are my notes, " * 2000, b"short"):
            other.write_bytes(content)
            for words in (
                *self.all_commands,
                ("create-tables",),
                ("create-tables", "--drop", "--yes"),
            ):
                with self.subTest(words=words, size=len(content)):
                    says = [other, "not a valid DuckDB database"]
                    self.fails(*words, exit_code=EXIT_DATABASE, says=says, warehouse=other)
            self.assertEqual(other.read_bytes(), content)
        self.expect_no_litter()

    def test_a_damaged_database(self):
        self.etl(exit_code=EXIT_OK)
        whole = self.warehouse.read_bytes()
        damages = {
            "cut": whole[: len(whole) // 3],
            "header": whole[:4096] + bytes(8192) + whole[12288:],
            "blocks": whole[:12288] + bytes(len(whole) - 12288),
        }
        for name, content in damages.items():
            self.warehouse.write_bytes(content)
            for words in (("etl", *self.sources()), ("status",), ("query", "select * from plays")):
                with self.subTest(damage=name, words=words):
                    self.fails(*words, exit_code=EXIT_DATABASE, says=self.warehouse)
        self.warehouse.write_bytes(whole)
        self.call("check", exit_code=EXIT_OK)

    def test_a_folder_as_warehouse(self):
        folder = self.folder / "log_data"
        for words in (*self.all_commands, ("create-tables",)):
            with self.subTest(words=words):
                self.fails(*words, exit_code=EXIT_DATABASE, says=folder, warehouse=folder)

    def test_a_missing_warehouse(self):
        missing = self.folder / "none.duckdb"
        for words in (
            *self.all_commands,
            ("query", "select 1"),
            ("etl", *self.sources(), "--dry-run"),
        ):
            with self.subTest(words=words):
                says = [missing, "create-tables"]
                self.fails(*words, exit_code=EXIT_DATABASE, says=says, warehouse=missing)
                self.assertFalse(missing.exists())
        self.expect_no_litter()

    def test_a_warehouse_in_a_missing_folder(self):
        missing = self.folder / "no" / "such" / "w.duckdb"
        for words in (("create-tables",), *self.all_commands):
            self.fails(*words, exit_code=EXIT_DATABASE, says=missing, warehouse=missing)

    def test_missing_tables(self):
        empty = self.folder / "empty.duckdb"
        sparkify.execute_sql(
            empty, "create table theirs (n integer); insert into theirs values (1)"
        )
        for words in self.all_commands:
            with self.subTest(words=words):
                says = [empty, "create-tables"]
                self.fails(*words, exit_code=EXIT_DATABASE, says=says, warehouse=empty)
        self.call("create-tables", exit_code=EXIT_OK, warehouse=empty)
        self.call("etl", *self.sources(), exit_code=EXIT_OK, warehouse=empty)
        self.call("create-tables", "--drop", "--yes", exit_code=EXIT_OK, warehouse=empty)
        self.assertEqual(sparkify.query_rows(empty, "select n from theirs"), [{"n": 1}])

    def test_one_missing_table_is_named(self):
        sparkify.execute_sql(self.warehouse, "drop view plays; drop table songplays")
        self.fails("etl", *self.sources(), exit_code=EXIT_DATABASE, says="songplays")
        self.call("create-tables", exit_code=EXIT_OK)
        self.etl(exit_code=EXIT_OK)
        self.expect_loaded("a.json")

    def test_redshift_says_what_loading_needs(self):
        url = "redshift://me@host.example:5439/dev"
        role = ("--iam-role", "arn:aws:iam::123456789012:role/reader")
        for more, says in (((), "--iam-role"), (role, "--control")):
            with self.subTest(says=says):
                done = sparkify.run("etl", *self.sources(), "--warehouse", url, *more)
                self.assertEqual(done.returncode, EXIT_CONFIG, done.stderr)
                self.expect_error(done.stderr, says)

    def test_unknown_warehouses(self):
        for url in ("mysql://host/db", "sparkify.duckdb", "duckdb:", "duckdb::memory:"):
            done = sparkify.run("create-tables", "--warehouse", url)
            self.assertEqual(done.returncode, EXIT_CONFIG, done.stderr)
            self.expect_error(done.stderr, "duckdb:")

    def test_a_password_in_the_url_is_refused_and_not_shown(self):
        secret = "hunter2"
        urls = [
            f"postgresql://me:{secret}@localhost/dwh",
            f"redshift://me:{secret}@host.example:5439/dev",
            f"postgresql://localhost/dwh?user=me&password={secret}",
            f"nonsense://me:{secret}@host",
        ]
        for url in urls:
            for words in (("etl", *self.sources()), ("config",), ("config", "--json")):
                for given in ((*words, "--warehouse", url), words):
                    with self.subTest(url=url, words=given):
                        env = {} if "--warehouse" in given else {"SPARKIFY_WAREHOUSE": url}
                        done = sparkify.run(*given, env=env)
                        self.assertEqual(done.returncode, EXIT_CONFIG, done.stderr)
                        self.expect_error(done.stderr, "SPARKIFY_DB_PASSWORD")
                        self.assertNotIn(secret, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
