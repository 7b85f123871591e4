"""`sparkify doctor` and each failure that it knows, on real servers.

Run it as `python3 tests/e2e/doctor_e2e_test.py`; it needs faketime, setpriv and what the servers in
tests/servers need. Environment: SPARKIFY_BINARY (the program).
"""

import contextlib
import fcntl
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
from unittest import mock

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle"), str(HERE.parent / "servers")]

import postgres  # noqa: E402
import postgres_e2e_test  # noqa: E402
import redshift  # noqa: E402
import rgw  # noqa: E402
import sparkify  # noqa: E402
from contract_e2e_test import lines, play, song  # noqa: E402
from failure_e2e_test import SmallDisk  # noqa: E402
from postgres_e2e_test import LOCALHOST, NAMED_HOST, OTHER_HOST, Psql, wait_until  # noqa: E402
from s3_client import Credentials, allow  # noqa: E402
from s3_e2e_test import MACHINE_FREE, dead_endpoint  # noqa: E402

EXIT_OK = 0
EXIT_FAILED = 3
NOBODY = 65534
SECONDS_MAX = 60  # of a whole examination, whatever does not answer
READER = ["ListBucket", "GetObject"]
LINE = re.compile(r"^(ok|warn|fail) +(\S+) +(\S.*)$")
FIX = re.compile(r"^( +)fix: (\S.*)$")
SUMMARY = re.compile(r"^(\S.*): (\d+) ok, (\d+) warnings?, (\d+) failures?$")
TIDE = {"title": "Tide", "artist_name": "The Weirs", "duration": 200.5}  # as play() has it
PROBE = ".sparkify-doctor-probe-"
ROLE_ELSEWHERE = "arn:aws:iam::123456789012:role/reads"

s3 = None  # the RgwServer of this module
owner = None  # the User whose buckets these are
objects = None  # his S3Client
server = None  # the PostgresServer
home = None  # an empty folder: nothing of the user's own shall count
planted = set()  # what must be seen nowhere
numbers = itertools.count(1)


def setUpModule():
    global s3, owner, objects, server, home
    sparkify.binary()
    for program in ("faketime", "setpriv"):
        if shutil.which(program) is None:
            raise sparkify.SparkifyError(f"{program} is not there; install it")
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    home = pathlib.Path(folder.name)
    s3 = rgw.RgwServer()
    s3.start()
    unittest.addModuleCleanup(s3.stop)
    owner = s3.create_user("owner")
    objects = s3.client(owner)
    plant(owner.secret_key)
    names = postgres.OPENSSL_CONFIG.replace("DNS:localhost", f"DNS:localhost, DNS:{NAMED_HOST}")
    server = postgres.PostgresServer()
    with mock.patch.object(postgres, "OPENSSL_CONFIG", names):
        server.start()
    unittest.addModuleCleanup(server.close)
    postgres_e2e_test.server = server  # whose sessions Psql makes
    planted.update(filter(None, server.passwords.values()))


def plant(secret):
    planted.add(secret)
    return secret


def expect_no_secret(text):
    for secret in planted:
        for form in {secret, urllib.parse.quote(secret, safe=""), json.dumps(secret)[1:-1]}:
            if form in text:
                raise AssertionError(f"a secret is shown: {form!r} in {text!r}")


class Report:
    """What an examination found: the checks of its document, in their order."""

    def __init__(self, case, stdout):
        self.case = case
        document = json.loads(stdout)
        case.assertEqual(document["format"], "sparkify.doctor/1")
        self.warehouse = document["warehouse"]
        self.passed = document["passed"]
        self.checks = document["checks"]
        for check in self.checks:
            case.assertEqual(list(check), ["name", "verdict", "detail", "fix"])
            case.assertIn(check["verdict"], ("ok", "warn", "fail"))
            if check["verdict"] == "ok":
                case.assertEqual(check["fix"], "", check)

    def __str__(self):
        return "\n".join(map(str, self.checks))

    def all(self, name):
        return [check for check in self.checks if check["name"] == name]

    def expect(self, name, verdict, detail="", fix=None):
        """There is such a line, the only one of its name. `detail`, `fix`: what is in them; a list
        means all of it."""
        found = self.all(name)
        self.case.assertEqual(len(found), 1, f"{name}\n{self}")
        self.case.assertEqual(found[0]["verdict"], verdict, f"{name}\n{self}")
        for text, parts in ((found[0]["detail"], detail), (found[0]["fix"], fix)):
            for part in parts if isinstance(parts, (list, tuple)) else [parts or ""]:
                self.case.assertIn(str(part), text, f"{name}\n{self}")
        if verdict != "ok" and fix is None:
            self.case.assertIn("not looked at: ", found[0]["detail"], "what is wrong has a fix")
        return found[0]

    def expect_not_looked_at(self, *names, reason=""):
        for name in names:
            self.expect(name, "warn", ["not looked at: ", reason])

    def expect_absent(self, *names):
        for name in names:
            self.case.assertEqual(self.all(name), [], name)

    def expect_well_but(self, *names):
        others = [check for check in self.checks if check["name"] not in names]
        self.case.assertEqual({check["verdict"] for check in others}, {"ok"}, str(self))


class DoctorCase(unittest.TestCase):
    """Helpers. Each test has a folder with data, which a plain user may read."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        self.logs, self.songs = self.folder / "log_data", self.folder / "song_data"
        for path, body in (
            (self.logs / "2018" / "a.json", lines(play(1, 1), play(1, 2))),
            (self.songs / "s.json", lines(song(1, **TIDE))),  # both plays are of it
        ):
            path.parent.mkdir(parents=True)
            path.write_bytes(body)

    @property
    def data(self):
        return ("--log-data", self.logs, "--song-data", self.songs)

    def run_doctor(self, *words, env=None, prefix=()):
        found = {"HOME": str(home), **MACHINE_FREE, **(env or {})}
        clean = {name: text for name, text in found.items() if text is not None}
        done = sparkify.run("doctor", *words, env=clean, prefix=prefix, timeout=SECONDS_MAX)
        expect_no_secret(done.stdout + done.stderr)
        self.assertNotIn("internal error", done.stderr)
        return done

    def doctor(self, *words, exit_code=EXIT_OK, env=None, prefix=()):
        """The Report; as text it says the same."""
        done = self.run_doctor(*words, "--json", env=env, prefix=prefix)
        text = f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        self.assertEqual(done.returncode, exit_code, text)
        report = Report(self, done.stdout)
        self.assertEqual(report.passed, exit_code == EXIT_OK)
        verdicts = {check["verdict"] for check in report.checks}
        self.assertEqual("fail" in verdicts, exit_code == EXIT_FAILED)
        as_text = self.run_doctor(*words, "-vv", env=env, prefix=prefix)
        self.assertEqual(as_text.returncode, exit_code, as_text.stderr)
        self.expect_same(report, as_text.stdout)
        return report

    def expect_same(self, report, text):
        """A line a check, in columns, the fix below it, and the sums."""
        *body, blank, summary = text.splitlines()
        self.assertEqual(blank, "")
        shown, columns, fixes = [], set(), []
        for line in body:
            if fix := FIX.match(line):
                columns.add(fix.start(2) - len("fix: "))
                fixes.append(shown[-1])
                continue
            found = LINE.match(line)
            self.assertIsNotNone(found, line)
            columns.add(found.start(3))
            shown.append((found[2], found[1]))
        self.assertEqual(shown, [(check["name"], check["verdict"]) for check in report.checks])
        self.assertEqual(len(columns), 1, f"details and fixes begin in one column\n{text}")
        with_fix = [(c["name"], c["verdict"]) for c in report.checks if c["fix"]]
        self.assertEqual(fixes, with_fix)
        counts = [sum(verdict == each for _, verdict in shown) for each in ("ok", "warn", "fail")]
        found = SUMMARY.match(summary)
        self.assertIsNotNone(found, summary)
        self.assertEqual([int(n) for n in found.groups()[1:]], counts)
        self.assertEqual(found[1], report.warehouse)

    def succeeds(self, *words, env=None):
        done = sparkify.run(*words, env={"HOME": str(home), **MACHINE_FREE, **(env or {})})
        self.assertEqual(done.returncode, EXIT_OK, done.stderr)
        return done


# --- DuckDB --------------------------------------------------------------------------------------


class FileCase(DoctorCase):
    """With a warehouse in a file, with tables."""

    def setUp(self):
        super().setUp()
        self.warehouse = self.folder / "w.duckdb"
        self.succeeds("create-tables", *self.where)

    @property
    def where(self):
        return ("--warehouse", f"duckdb:{self.warehouse}")

    def examine(self, *words, **more):
        """It changes nothing."""
        before = self.state()
        report = self.doctor(*self.where, *(words or self.data), **more)
        self.assertEqual(self.state(), before, "the examination changed something")
        return report

    def state(self):
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {path: path.read_bytes() for path in files}


class DuckdbTest(FileCase):
    def test_all_is_well(self):
        report = self.examine()
        report.expect_well_but()
        names = [check["name"] for check in report.checks]
        expected = ["settings", "secret_files", "log_data.list", "log_data.read", "song_data.list"]
        expected += ["song_data.read", "rights", "disk", "warehouse", "server", "tables", "lock"]
        self.assertEqual(names, [*expected, "match_rate"])
        self.assertEqual(report.warehouse, f"duckdb:{self.warehouse}")
        report.expect("warehouse", "ok", f"duckdb:{self.warehouse}")
        report.expect("server", "ok", "DuckDB v")
        report.expect("tables", "ok", "version 1")
        report.expect("disk", "ok", f"free in {self.folder}")
        report.expect("match_rate", "ok", "nothing was loaded yet")
        report.expect("lock", "ok", "no run is on")

    def test_no_file(self):
        self.warehouse.unlink()
        report = self.examine(exit_code=EXIT_FAILED)
        fix = f"sparkify create-tables --warehouse duckdb:{self.warehouse}"
        report.expect("warehouse", "fail", "no such warehouse", fix)
        report.expect("rights", "ok", "the folder can be written")
        report.expect_not_looked_at(*("server", "tables", "lock", "match_rate"), reason="opened")
        self.assertFalse(self.warehouse.exists())

    def test_no_folder(self):
        self.warehouse = self.folder / "nowhere" / "w.duckdb"
        report = self.examine(exit_code=EXIT_FAILED)
        detail = f"no folder {self.warehouse.parent}"
        report.expect("rights", "fail", detail, "correct --warehouse")

    def test_not_a_database(self):
        self.warehouse.write_bytes(b"This is a letter, not a database.\n" * 500)
        report = self.examine(exit_code=EXIT_FAILED)
        report.expect("warehouse", "fail", "not a valid DuckDB", "choose another path")

    def test_a_file_without_tables(self):
        self.warehouse.unlink()
        sparkify.execute_sql(self.warehouse, "create table other (i integer)")
        report = self.examine(exit_code=EXIT_FAILED)
        fix = f"sparkify create-tables --warehouse duckdb:{self.warehouse}"
        report.expect("tables", "fail", "there are none", fix)
        report.expect_not_looked_at("match_rate", reason="tables")
        self.succeeds(*fix.split()[1:])
        self.examine().expect("tables", "ok", "all there")

    def test_some_tables_are_missing(self):
        sparkify.execute_sql(self.warehouse, "drop table etl_drift; drop table time cascade")
        report = self.examine(exit_code=EXIT_FAILED)
        report.expect("tables", "fail", ["missing: ", "time", "etl_drift"], "create-tables")

    def test_tables_of_a_newer_version(self):
        sparkify.execute_sql(self.warehouse, "update etl_schema set version = 99")
        report = self.examine(exit_code=EXIT_FAILED)
        report.expect("tables", "fail", ["version 99", "newer sparkify"], "upgrade sparkify")

    def test_tables_of_an_unknown_version(self):
        sparkify.execute_sql(self.warehouse, "update etl_schema set version = 0")
        report = self.examine(exit_code=EXIT_FAILED)
        report.expect("tables", "fail", "version 0", "make the tables anew")

    def test_a_live_run_holds_it(self):
        words = ("--events", 20_000, "--songs", 100, "--days", 5)
        self.succeeds("generate", "--out", self.folder / "many", *words)
        many = ("--log-data", self.folder / "many/log_data")
        run = sparkify.start("etl", *self.where, *many, env={"SPARKIFY_GROUP_BYTES": "100000"})
        self.addCleanup(run.communicate)
        self.addCleanup(run.kill)
        lock = self.folder / "w.duckdb.lock"
        wait_until(lambda: lock.exists() and lock.read_bytes().count(b"\n") == 3, "the lock")
        run.send_signal(signal.SIGSTOP)
        report = self.doctor(*self.where, *self.data)
        host = f"process {run.pid} on {socket.gethostname()}, since "
        found = report.expect("lock", "warn", ["held by a run", host], "ended")
        self.assertIn(found["fix"].split()[0], ("wait", "try"))
        run.send_signal(signal.SIGCONT)
        _, stderr = run.communicate(timeout=SECONDS_MAX)
        self.assertEqual(run.returncode, EXIT_OK, stderr)
        self.doctor(*self.where, *self.data).expect("lock", "ok", "no run is on")

    def test_a_lock_file_that_somebody_holds_and_one_that_nobody_does(self):
        path = self.folder / "w.duckdb.lock"
        with open(path, "w", encoding="utf-8") as held:
            held.write("4711\nloader\n2026-11-22 20:34:45.000\n")
            held.flush()
            self.examine().expect("lock", "ok", "no run is on")
            fcntl.flock(held, fcntl.LOCK_EX)
            report = self.examine()
            report.expect("lock", "warn", "process 4711 on loader, since 2026-11-22", "wait")
            report.expect_well_but("lock")

    def test_a_process_that_has_the_file_open_to_write(self):
        tool = [sparkify.sql_tool(), str(self.warehouse), "select count(*) from range(1e13::bigint)"]
        others = []

        def is_taken():
            # It ends at once if it finds our own question at the file.
            if not others or others[-1].poll() is not None:
                others.append(subprocess.Popen(tool, stdout=quiet, stderr=quiet))
                self.addCleanup(others[-1].wait)
                self.addCleanup(others[-1].kill)
                time.sleep(0.2)
            return sparkify.run("status", *self.where).returncode != EXIT_OK

        quiet = subprocess.DEVNULL
        wait_until(is_taken, "the file is taken")
        other = others[-1]
        report = self.doctor(*self.where, *self.data)
        report.expect("lock", "warn", f"process {other.pid} ", "close it")
        report.expect_not_looked_at("warehouse", "server", "tables", "match_rate", reason="holds")

    def test_little_room(self):
        for size, verdict, detail in (("64m", "warn", "less than 1 GiB"), ("2g", "ok", " GiB free")):
            with self.subTest(size=size):
                disk = SmallDisk(self.folder / "disk", size)
                try:
                    words = ("--warehouse", f"duckdb:{disk.mount_point}/w.duckdb")
                    done = sparkify.run("create-tables", *words, prefix=disk.prefix)
                    self.assertEqual(done.returncode, EXIT_OK, done.stderr)
                    report = self.doctor(*words, *self.data, prefix=disk.prefix)
                    fix = "free some space" if verdict == "warn" else None
                    report.expect("disk", verdict, [detail, disk.mount_point], fix)
                    report.expect_well_but("disk")
                finally:
                    disk.close()

    def test_match_rate(self):
        def add_song(name, **changes):
            (self.songs / name).write_bytes(lines(song(2, **changes)))
            self.succeeds("etl", *self.where, "--song-data", self.songs)

        self.succeeds("etl", *self.where, "--log-data", self.logs)
        report = self.examine()
        report.expect("match_rate", "warn", ["0.0 % of 2 plays", "last run 1, done"], "--song-data")
        report.expect_well_but("match_rate")
        (self.songs / "s.json").unlink()
        add_song("other.json")
        report = self.examine()
        report.expect("match_rate", "warn", "0.0 % of 2 plays", "title, artist and duration")
        add_song("tide.json", **TIDE)
        self.examine().expect("match_rate", "ok", ["100.0 % of 2 plays", "last run 3, done"])

    def test_a_signal_ends_it(self):
        with socket.create_server((LOCALHOST, 0)) as silent:
            url = f"postgresql://loader@{LOCALHOST}:{silent.getsockname()[1]}/x"
            words = ("--warehouse", url, "--log-data", "s3://bucket/log")
            endpoint = f"http://{LOCALHOST}:{silent.getsockname()[1]}"
            env = {"HOME": str(home), **MACHINE_FREE, **s3.environment(owner)}
            run = sparkify.start("doctor", *words, env={**env, "AWS_ENDPOINT_URL": endpoint})
            silent.settimeout(SECONDS_MAX)
            connection, _ = silent.accept()
            run.send_signal(signal.SIGTERM)
            stdout, stderr = run.communicate(timeout=10)
            connection.close()
        self.assertEqual(run.returncode, 128 + signal.SIGTERM, stderr)
        self.assertEqual(stdout, "")
        self.assertIn("stopped by a signal", stderr)


# --- Files ---------------------------------------------------------------------------------------


class PlainUserCase(FileCase):
    """As nobody, if we are root; the folder is his."""

    @classmethod
    def setUpClass(cls):
        cls.enterClassContext(sparkify.copied_for_all_users())

    def setUp(self):
        super().setUp()
        self.prefix = ()
        if os.geteuid() == 0:
            become = f"--reuid={NOBODY} --regid={NOBODY} --clear-groups"
            self.prefix = ("sh", "-c", f'cd / && exec setpriv {become} "$@"', "sh")
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, NOBODY, NOBODY)

    def as_user(self, *words, **more):
        return self.examine(*words, prefix=self.prefix, **more)

    def make(self, path, mode):
        self.addCleanup(path.chmod, path.stat().st_mode & 0o777)
        path.chmod(mode)
        return path


class RightsTest(PlainUserCase):
    def test_a_plain_user_whose_all_is(self):
        self.as_user().expect_well_but()

    def test_a_file_that_cannot_be_written(self):
        self.make(self.warehouse, 0o444)
        report = self.as_user(exit_code=EXIT_FAILED)
        detail = f"{self.warehouse} cannot be written (Permission denied)"
        report.expect("rights", "fail", detail, "give this user the right")
        report.expect_well_but("rights")

    def test_a_folder_that_cannot_be_written(self):
        self.make(self.folder, 0o555)
        report = self.as_user(exit_code=EXIT_FAILED)
        detail = f"{self.folder} cannot be written (Permission denied)"
        report.expect("rights", "fail", detail, "give this user the right")

    def test_a_lock_file_of_somebody_else(self):
        path = self.folder / "w.duckdb.lock"
        path.touch()
        self.make(path, 0o444)
        report = self.as_user(exit_code=EXIT_FAILED)
        report.expect("rights", "fail", f"{path} cannot be written", "right to write it")

    def test_a_file_that_cannot_be_read(self):
        self.make(self.warehouse, 0)
        report = self.as_user(exit_code=EXIT_FAILED)
        report.expect("warehouse", "fail", "Permission denied", "who may use it")
        report.expect("rights", "fail", "cannot be written", "right")


class LocalSourceTest(PlainUserCase):
    def test_no_such_folder(self):
        report = self.as_user("--log-data", self.folder / "none", exit_code=EXIT_FAILED)
        report.expect("log_data.list", "fail", [self.folder / "none", "No such file"], "check the path")
        report.expect_not_looked_at("log_data.read", reason="nothing was listed")
        report.expect("song_data.list", "warn", "is not set", "give --song-data PATH")

    def test_an_unreadable_folder(self):
        self.make(self.logs / "2018", 0)
        report = self.as_user(exit_code=EXIT_FAILED)
        detail = [self.logs / "2018", "Permission denied"]
        report.expect("log_data.list", "fail", detail, "give this user the right to read it")
        report.expect_well_but("log_data.list", "log_data.read")

    def test_an_unreadable_file(self):
        self.make(self.songs / "s.json", 0)
        report = self.as_user(exit_code=EXIT_FAILED)
        report.expect("song_data.list", "ok", "1 object")
        detail = [self.songs / "s.json", "Permission denied"]
        report.expect("song_data.read", "fail", detail, "give this user the right to read it")
        report.expect_well_but("song_data.read")

    def test_nothing_to_load(self):
        other = self.folder / "other"
        other.mkdir()
        (other / "notes.txt").write_text("x")
        report = self.examine("--log-data", other, "--song-data", self.songs)
        report.expect("log_data.list", "warn", ["nothing to load", "1 file"], ".json")
        report.expect_not_looked_at("log_data.read")

    def test_a_glob_that_matches_nothing(self):
        words = ("--log-data", f"{self.logs}/201?/b*", "--song-data", self.songs)
        report = self.examine(*words, exit_code=EXIT_FAILED)
        report.expect("log_data.list", "fail", "no file or folder matches", "check the place")

    def test_a_file_a_glob_and_a_folder(self):
        for place in (self.logs / "2018/a.json", f"{self.logs}/*/a.*", self.logs):
            report = self.examine("--log-data", place, "--song-data", self.songs)
            report.expect("log_data.list", "ok", ["1 object", place])
            report.expect("log_data.read", "ok", self.logs / "2018/a.json")

    def test_nothing_is_asked_of_s3(self):
        report = self.examine()
        report.expect_absent("credentials", "clock", "log_data.write", "song_data.write")


class SettingsTest(FileCase):
    def config(self, text, mode=0o600):
        path = self.folder / "production.cfg"
        path.write_text(text)
        path.chmod(mode)
        return ("--config", path)

    def test_a_file_with_a_password_that_others_can_read(self):
        secret = plant("pl4nted-in-cfg")
        words = self.config(f"[CLUSTER]\nDB_PASSWORD = {secret}\n", 0o644)
        report = self.examine(*words, *self.data)
        detail = ["production.cfg", "others can read the password", "644"]
        report.expect("settings", "warn", detail, "chmod 600")
        report.expect_well_but("settings")
        words = self.config(f"[CLUSTER]\nDB_PASSWORD = {secret}\n", 0o600)
        self.examine(*words, *self.data).expect_well_but()

    def test_unknown_keys_and_variables(self):
        words = self.config("[S3]\nLOG_DAT = x\n")
        report = self.examine(*words, *self.data, env={"SPARKIFY_THREAD": "3"})
        found = report.all("settings")
        self.assertEqual([check["verdict"] for check in found], ["warn", "warn"])
        self.assertIn("LOG_DAT ", found[0]["detail"])
        self.assertIn("did you mean LOG_DATA?", found[0]["fix"])
        self.assertIn("SPARKIFY_THREAD ", found[1]["detail"])

    def test_the_places_come_from_the_settings(self):
        text = f"[S3]\nLOG_DATA = {self.logs}\n[SPARKIFY]\nWAREHOUSE = duckdb:{self.warehouse}\n"
        report = self.doctor(*self.config(text), env={"SPARKIFY_SONG_DATA": str(self.songs)})
        report.expect_well_but()
        report.expect("log_data.list", "ok", self.logs)

    def test_a_setting_that_is_wrong_is_refused_before(self):
        done = self.run_doctor(*self.where, "--threads", "many", "--json")
        self.assertEqual(done.returncode, EXIT_FAILED)
        self.assertEqual(json.loads(done.stdout)["format"], "sparkify.error/1")


# --- S3 ------------------------------------------------------------------------------------------


class S3Case(FileCase):
    """Logs in a bucket of the test's own, songs in a folder."""

    def setUp(self):
        super().setUp()
        self.bucket = f"bucket-{next(numbers)}"
        objects.create_bucket(self.bucket)
        objects.put(self.bucket, "log/2018/a.json", lines(play(1, 1)))
        objects.put(self.bucket, "log/2018/b.json", lines(play(1, 2), play(1, 3)))
        self.user = self.new_user(READER)

    def new_user(self, actions, **resources):
        user = s3.create_user(f"user-{next(numbers)}")
        plant(user.secret_key)
        if actions:
            statement = {**allow(actions, self.bucket, user.name), **resources}
            objects.put_bucket_policy(self.bucket, [statement])
        return user

    def uri(self, key):
        return f"s3://{self.bucket}/{key}"

    def keys(self):
        return [listed.key for listed in objects.list(self.bucket, "")]

    def s3_doctor(self, *words, logs=None, env=None, **more):
        before = self.keys()
        places = ("--log-data", logs or self.uri("log"), "--song-data", self.songs)
        found = {**s3.environment(self.user), **(env or {})}
        report = self.examine(*places, *words, env=found, **more)
        self.assertEqual(self.keys(), before, "objects are left, or gone")
        return report


class S3Test(S3Case):
    def test_a_reader_is_well(self):
        report = self.s3_doctor()
        report.expect_well_but()
        report.expect("credentials", "ok", "environment")
        report.expect("clock", "ok", "within 10 s")
        report.expect("log_data.list", "ok", [self.uri("log"), "2 objects"])
        report.expect("log_data.read", "ok", self.uri("log/2018/a.json"))
        report.expect("log_data.write", "ok", "refused")
        report.expect_absent("song_data.write", "iam_role", "control.write")

    def test_who_may_write(self):
        self.user = owner
        report = self.s3_doctor()
        detail = ["may also write", self.uri("log")]
        report.expect("log_data.write", "warn", detail, ["s3:ListBucket", "s3:GetObject only"])
        report.expect_well_but("log_data.write")

    def test_who_may_write_and_not_remove(self):
        self.user = self.new_user([*READER, "PutObject"])
        places = ("--log-data", self.uri("log"), "--song-data", self.songs)
        report = self.doctor(*self.where, *places, env=s3.environment(self.user))
        left = [key.decode() for key in self.keys() if PROBE.encode() in key]
        self.assertEqual(len(left), 2, "of two examinations")
        self.assertTrue(left[0].startswith(f"log/{PROBE}"), left)
        found = report.expect("log_data.write", "warn", "cannot be removed", "s3:DeleteObject")
        self.assertIn(self.uri(left[0]), found["fix"])
        # No run takes it for data.
        plan = self.succeeds("etl", "--dry-run", "--json", *self.where, *places, env=s3.environment(owner))
        self.assertEqual(json.loads(plan.stdout)["plan"]["new_objects"], 3)

    def test_a_wrong_secret(self):
        secret = plant("wr0ng/secret+that=nobody&sees")
        report = self.s3_doctor(env={"AWS_SECRET_ACCESS_KEY": secret}, exit_code=EXIT_FAILED)
        report.expect("credentials", "ok", "environment")
        detail = ["SignatureDoesNotMatch", "environment"]
        report.expect("log_data.list", "fail", detail, "check the key, its secret")
        report.expect_not_looked_at("log_data.read")
        report.expect_not_looked_at("log_data.write", reason="does not let us in")

    def test_an_unknown_key_and_a_changed_token(self):
        env = {"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN"}
        report = self.s3_doctor(env=env, exit_code=EXIT_FAILED)
        report.expect("log_data.list", "fail", "InvalidAccessKeyId", "check the key")
        role = s3.create_role(f"role-{next(numbers)}", owner, [allow(READER, self.bucket)])
        session = objects.assume_role(role)
        for secret in (session.secret_key, session.token):
            plant(secret)
        self.user = session
        self.s3_doctor().expect_well_but()
        token = plant(session.token[:-9] + "AAAA" + session.token[-5:])
        self.user = Credentials(*session[:2], token)
        report = self.s3_doctor(exit_code=EXIT_FAILED)
        report.expect("log_data.list", "fail", "InvalidAccessKeyId", "session token")

    def test_no_credentials(self):
        env = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
        report = self.s3_doctor(env=env, exit_code=EXIT_FAILED)
        report.expect("credentials", "fail", "credentials", "AWS_ACCESS_KEY_ID")
        report.expect("clock", "ok", "within")
        names = ("log_data.list", "log_data.read", "log_data.write")
        report.expect_not_looked_at(*names, reason="no credentials")
        report.expect("tables", "ok", "all there")

    def test_public_buckets_without_credentials(self):
        objects.put_bucket_policy(self.bucket, [allow(READER, self.bucket)])
        report = self.s3_doctor("--no-sign-request")
        report.expect_well_but()
        report.expect("credentials", "ok", "not signed")
        report.expect_absent("clock")

    def test_no_right_to_list(self):
        self.user = self.new_user(["GetObject"])
        report = self.s3_doctor(exit_code=EXIT_FAILED)
        report.expect("log_data.list", "fail", "403 AccessDenied", "s3:ListBucket")
        report.expect_not_looked_at("log_data.read", reason="nothing was listed")
        report.expect("log_data.write", "ok", "refused")

    def test_no_right_to_get(self):
        self.user = self.new_user(["ListBucket"])
        report = self.s3_doctor(exit_code=EXIT_FAILED)
        report.expect("log_data.list", "ok", "2 objects")
        report.expect("log_data.read", "fail", "403 AccessDenied", "s3:GetObject")
        report.expect_well_but("log_data.read")

    def test_no_such_bucket_and_an_empty_place(self):
        report = self.s3_doctor(logs="s3://no-such-bucket-here/log", exit_code=EXIT_FAILED)
        report.expect("log_data.list", "fail", "NoSuchBucket", "check its name")
        report = self.s3_doctor(logs=self.uri("lgo"), exit_code=EXIT_FAILED)
        report.expect("log_data.list", "fail", "nothing at this place", "check the bucket")
        report = self.s3_doctor(logs="s3://x", exit_code=EXIT_FAILED)
        report.expect("clock", "fail", "s3://x: is no place in S3", "give s3://BUCKET/PREFIX")

    def test_places_in_a_bucket(self):
        for key in ("log/", "", "log/2018/a.json", "log/20*/?.json", "log/2018"):
            with self.subTest(key=key):
                self.s3_doctor(logs=self.uri(key)).expect_well_but()

    def test_an_endpoint_that_nobody_is_at(self):
        env = {"AWS_ENDPOINT_URL": dead_endpoint()}
        report = self.s3_doctor(env=env, exit_code=EXIT_FAILED)
        report.expect("clock", "fail", "no answer", "check the network and the endpoint")
        names = ("log_data.list", "log_data.read", "log_data.write")
        report.expect_not_looked_at(*names, reason="S3 does not answer")
        report.expect_well_but("clock", *names)

    def test_an_endpoint_that_says_nothing(self):
        with socket.create_server((LOCALHOST, 0)) as silent:
            env = {"AWS_ENDPOINT_URL": f"http://{LOCALHOST}:{silent.getsockname()[1]}"}
            report = self.s3_doctor(env=env, exit_code=EXIT_FAILED)
        report.expect("clock", "fail", "no answer", "check the network")

    def test_an_authority_that_is_not_known(self):
        env = {"AWS_ENDPOINT_URL": s3.https_endpoint}
        report = self.s3_doctor(env=env, exit_code=EXIT_FAILED)
        report.expect("clock", "fail", "could not be verified", "AWS_CA_BUNDLE")
        self.s3_doctor(env={**env, "AWS_CA_BUNDLE": s3.ca_file}).expect_well_but()

    def test_clocks(self):
        for offset, verdict, detail in (
            ("+5m", "warn", "5 min ahead of S3's"),
            ("-40s", "warn", "behind S3's"),
            ("+30m", "fail", "30 min ahead of S3's"),
            ("-3h", "fail", "h behind S3's"),
        ):
            with self.subTest(offset=offset):
                code = EXIT_FAILED if verdict == "fail" else EXIT_OK
                report = self.s3_doctor(prefix=("faketime", "-f", offset), exit_code=code)
                report.expect("clock", verdict, [detail, "15 min"], "set this machine's clock")
                if verdict == "fail":
                    report.expect("log_data.list", "fail", "RequestTimeTooSkewed", "set the clock")
                    report.expect_not_looked_at("log_data.write", reason="does not let us in")

    def test_a_large_place_is_sampled(self):
        objects.put_many(self.bucket, ((f"log/many/{n:05}.json", b"{}") for n in range(5100)))
        report = self.s3_doctor()
        report.expect("log_data.list", "ok", "5000 objects, and there is more")
        report.expect_well_but()

    def test_a_credentials_file_that_others_can_read(self):
        path = self.folder / "credentials"
        keys = f"aws_access_key_id={self.user.access_key}\naws_secret_access_key={self.user.secret_key}"
        path.write_text(f"[default]\n{keys}\n")
        env = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
        env["AWS_SHARED_CREDENTIALS_FILE"] = str(path)
        path.chmod(0o640)
        report = self.s3_doctor(env=env)
        report.expect("secret_files", "warn", [path, "640"], f"chmod 600 {path}")
        found = report.expect("credentials", "ok", "")
        self.assertNotIn("environment", found["detail"])
        path.chmod(0o600)
        self.s3_doctor(env=env).expect("secret_files", "ok", path)


# --- PostgreSQL ----------------------------------------------------------------------------------


class PostgresDoctorCase(DoctorCase):
    server_of = staticmethod(lambda: server)

    def setUp(self):
        super().setUp()
        self.database = server.create_database()
        self.addCleanup(server.drop_database, self.database)

    def url(self, role=postgres.LOADER, **params):
        return server.url(self.database, role, **params)

    def remote(self, host=NAMED_HOST, **params):
        return self.url(host=host, hostaddr=LOCALHOST, **params)

    def create_tables(self):
        self.succeeds("create-tables", "--warehouse", self.url(), env=server.environment())

    def pg_doctor(self, *words, url=None, role=postgres.LOADER, env=None, **more):
        found = {**server.environment(role), **(env or {})}
        where = ("--warehouse", url or self.url(role))
        return self.doctor(*where, *self.data, *words, env=found, **more)

    def new_role(self, **options):
        name = f"role_{next(numbers)}"
        plant(server.create_role(name, **options))
        return name

    def sql(self, text):
        return server.sql(text, self.database)


class PostgresTest(PostgresDoctorCase):
    def test_all_is_well(self):
        self.create_tables()
        before = self.sql("select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_user_tables")
        report = self.pg_doctor()
        report.expect_well_but()
        names = [check["name"] for check in report.checks]
        expected = ["warehouse", "tls", "server", "tables", "rights", "lock", "match_rate"]
        self.assertEqual(names[-len(expected) :], expected)
        report.expect("server", "ok", "PostgreSQL 1")
        report.expect("tls", "ok", "on this machine")
        report.expect("rights", "ok", "all that a run needs")
        report.expect_absent("disk", "credentials", "clock")
        after = self.sql("select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_user_tables")
        self.assertEqual(after, before)

    def test_it_is_down(self):
        with socket.socket() as probe:
            probe.bind((LOCALHOST, 0))
            url = self.url(port=probe.getsockname()[1])
        report = self.pg_doctor(url=url, exit_code=EXIT_FAILED)
        report.expect("warehouse", "fail", ["no connection", "refused"], "check the address")
        names = ("tls", "server", "tables", "rights", "lock", "match_rate")
        report.expect_not_looked_at(*names, reason="could not be opened")

    def test_it_says_nothing(self):
        with socket.create_server((LOCALHOST, 0)) as silent:
            url = self.url(port=silent.getsockname()[1], connect_timeout="3")
            report = self.pg_doctor(url=url, exit_code=EXIT_FAILED)
        report.expect("warehouse", "fail", "timeout", "check the address")

    def test_a_wrong_password_and_none(self):
        env = {"SPARKIFY_DB_PASSWORD": plant("wr0ng 'pass' word")}
        report = self.pg_doctor(env=env, exit_code=EXIT_FAILED)
        detail = "password authentication failed"
        report.expect("warehouse", "fail", detail, "SPARKIFY_DB_PASSWORD")
        report = self.pg_doctor(env={"SPARKIFY_DB_PASSWORD": None}, exit_code=EXIT_FAILED)
        report.expect("warehouse", "fail", "no password supplied", "~/.pgpass")

    def test_no_such_database_and_schema(self):
        url = server.url("no_such_database")
        report = self.pg_doctor(url=url, exit_code=EXIT_FAILED)
        report.expect("warehouse", "fail", "does not exist", "create the database")
        report = self.pg_doctor("--schema", "music", exit_code=EXIT_FAILED)
        report.expect("warehouse", "fail", "no schema music", "create-tables --schema music")

    def test_missing_tables(self):
        report = self.pg_doctor("--schema", "public", exit_code=EXIT_FAILED)
        fix = f"sparkify create-tables --warehouse {self.url()}"
        report.expect("tables", "fail", "there are none", fix)
        report.expect("rights", "ok", "all that a run needs")
        report.expect_well_but("tables", "match_rate")
        self.create_tables()
        self.sql("drop view plays")
        report = self.pg_doctor(exit_code=EXIT_FAILED)
        report.expect("tables", "fail", "missing: plays", fix)

    def test_a_newer_version(self):
        self.create_tables()
        self.sql("update etl_schema set version = 2")
        report = self.pg_doctor(exit_code=EXIT_FAILED)
        report.expect("tables", "fail", "version 2, made by a newer", "upgrade sparkify")

    def test_a_role_without_rights(self):
        self.create_tables()
        role = self.new_role()
        report = self.pg_doctor(role=role, exit_code=EXIT_FAILED)
        report.expect("tables", "fail", "permission denied", "`rights`")
        found = report.expect("rights", "fail", role, "grant ")
        for text in ("create on schema public", "insert, select, update on etl_runs, songplays"):
            self.assertIn(text, found["detail"])
        self.assertIn(f" to {role}", found["fix"])

    def test_the_grants_that_it_names_are_enough(self):
        self.create_tables()
        self.succeeds("etl", "--warehouse", self.url(), *self.data, env=server.environment())
        role = self.new_role()
        report = self.pg_doctor(role=role, exit_code=EXIT_FAILED)
        [found] = report.all("rights")
        self.sql(found["fix"].removeprefix("let the owner run: "))
        report = self.pg_doctor(role=role)
        report.expect("rights", "ok", "all that a run needs")
        (self.logs / "more.json").write_bytes(lines(play(9, 1), play(9, 2)))
        (self.songs / "more.json").write_bytes(lines(song(9)))
        env = {**server.environment(role), "SPARKIFY_STRAIGHT_BYTES": None}
        env = {name: text for name, text in env.items() if text is not None}
        done = self.succeeds("etl", "--warehouse", self.url(role), *self.data, env=env)
        self.assertIn("2", done.stdout)
        rows = self.sql("select count(*) from songplays")
        self.assertEqual(rows, [["4"]])

    def test_a_single_right_that_is_missing(self):
        self.create_tables()
        for statement, detail in (
            (f"revoke update on songplays from {postgres.LOADER}", "update on songplays"),
            (f"revoke delete on users from {postgres.LOADER}", "delete on users"),
            (f"revoke insert on etl_rejects from {postgres.LOADER}", "insert on etl_rejects"),
        ):
            with self.subTest(detail=detail):
                self.sql(statement)
                report = self.pg_doctor(exit_code=EXIT_FAILED)
                found = report.expect("rights", "fail", detail, f"grant {detail} to loader")
                self.sql(found["fix"].removeprefix("let the owner run: "))
                self.pg_doctor().expect_well_but()

    def test_no_right_to_make_temporary_tables(self):
        self.create_tables()
        self.sql(f"alter database {self.database} owner to postgres")
        self.sql(f"revoke temporary on database {self.database} from public")
        report = self.pg_doctor(exit_code=EXIT_FAILED)
        detail = f"temporary on database {self.database}"
        report.expect("rights", "fail", detail, f"grant {detail} to loader")

    def test_a_live_run_holds_the_lock(self):
        self.create_tables()
        keeper = Psql(self, self.database, postgres.SUPERUSER)
        keeper.run("begin; lock table songplays in share mode")
        words = ("etl", "--warehouse", self.url(), *self.data)
        run = sparkify.start(*words, env={"HOME": str(home), **server.environment()})
        self.addCleanup(run.communicate)
        self.addCleanup(run.kill)
        blocked = "select 1 from pg_stat_activity where wait_event_type = 'Lock'"
        wait_until(lambda: self.sql(f"{blocked} and datname = '{self.database}'"), "it waits")
        report = self.pg_doctor()
        who = f"process {run.pid} on {socket.gethostname()}, started "
        report.expect("lock", "warn", ["held by a run", who, "the server's process"], "wait")
        report.expect_well_but("lock")
        keeper.run("rollback")
        _, stderr = run.communicate(timeout=SECONDS_MAX)
        self.assertEqual(run.returncode, EXIT_OK, stderr)
        self.pg_doctor().expect("lock", "ok", "no run is on")

    def test_a_killed_run_is_told(self):
        self.create_tables()
        row = "1, now(), null, 'running', 0, 0, 0, 0, 0, 0, 0, 0, null, '0.1.0'"
        self.sql(f"insert into etl_runs values ({row})")
        self.pg_doctor().expect("lock", "ok", "run 1 was killed")

    def test_a_table_that_somebody_has_locked(self):
        self.create_tables()
        keeper = Psql(self, self.database, postgres.SUPERUSER)
        keeper.run("begin; lock table etl_runs in access exclusive mode")
        report = self.pg_doctor()
        detail = "no answer within 20 s"
        report.expect("match_rate", "warn", detail, "look at what the warehouse is busy with")
        report.expect_well_but("match_rate")
        keeper.run("rollback")

    def test_tls(self):
        self.create_tables()
        report = self.pg_doctor(url=self.remote())
        report.expect_well_but()
        report.expect("tls", "ok", ["TLSv1.", "verified"])
        report = self.pg_doctor(url=self.remote(OTHER_HOST, sslmode="require"))
        detail = ["TLSv1.", "not verified", "sslmode=require"]
        report.expect("tls", "warn", detail, ["verify-full", "sslrootcert"])
        report = self.pg_doctor(url=self.remote(sslmode="verify-ca"))
        report.expect("tls", "warn", "sslmode=verify-ca", "verify-full")
        url = self.remote(OTHER_HOST, sslmode="disable")
        report = self.pg_doctor(url=url, exit_code=EXIT_FAILED)
        detail = ["nothing is encrypted", "sslmode=disable"]
        report.expect("tls", "fail", detail, "take sslmode out")
        report.expect_well_but("tls")

    def test_a_server_that_cannot_be_verified(self):
        env = {"PGSSLROOTCERT": server.other_ca_file}
        report = self.pg_doctor(url=self.remote(), env=env, exit_code=EXIT_FAILED)
        report.expect("warehouse", "fail", "certificate verify failed", "sslrootcert=FILE")
        report = self.pg_doctor(url=self.remote(OTHER_HOST), exit_code=EXIT_FAILED)
        report.expect("warehouse", "fail", "does not match host name", "verify-full")

    def test_a_server_without_tls(self):
        self.create_tables()

        def set_tls(word):
            server.sql(f"alter system set ssl = {word}")
            server.sql("select pg_reload_conf()")
            wait_until(lambda: server.sql("show ssl") == [[word]], f"ssl is {word}")

        self.addCleanup(set_tls, "on")
        set_tls("off")
        report = self.pg_doctor(url=self.remote(), exit_code=EXIT_FAILED)
        report.expect("warehouse", "fail", "does not support SSL", "sslmode")
        url = self.remote(sslmode="prefer")
        report = self.pg_doctor(url=url, exit_code=EXIT_FAILED)
        report.expect("tls", "fail", "nothing is encrypted", "verify-full")
        self.pg_doctor().expect("tls", "ok", "none; the server is on this machine")

    def test_password_files(self):
        self.create_tables()
        password = server.passwords[postgres.LOADER]
        path = self.folder / "pass file"
        path.write_text(f"*:*:*:*:{postgres.escape_password(password)}\n")
        path.chmod(0o640)
        env = {"SPARKIFY_DB_PASSWORD": None, "PGPASSFILE": str(path)}
        report = self.pg_doctor(env=env, exit_code=EXIT_FAILED)
        report.expect("secret_files", "warn", [path, "password file", "640"], "chmod 600")
        path.chmod(0o600)
        self.pg_doctor(env=env).expect("secret_files", "ok", path)
        path.chmod(0o604)
        url = self.url(passfile=str(path))
        report = self.pg_doctor(url=url)
        report.expect("secret_files", "warn", [path, "604"], "chmod 600")
        self.assertNotIn("?", report.warehouse)


# --- Redshift ------------------------------------------------------------------------------------


class RedshiftTest(DoctorCase):
    @classmethod
    def setUpClass(cls):
        cls.service = s3.create_user("redshift")
        s3.user_policy(cls.service, [])
        cls.bucket = f"control-{next(numbers)}"
        objects.create_bucket(cls.bucket)
        cls.role = s3.create_role("redshift-reads", cls.service, [allow(READER, cls.bucket)])
        cls.cluster = redshift.RedshiftServer(s3, cls.service)
        cls.cluster.start()
        cls.addClassCleanup(cls.cluster.close)
        planted.update(filter(None, cls.cluster.postgres.passwords.values()))
        plant(cls.service.secret_key)
        cls.database = cls.cluster.create_database()
        cls.env = {
            **MACHINE_FREE,
            **s3.environment(owner),
            **cls.cluster.environment(),
            "SPARKIFY_IAM_ROLE": cls.role,
            "SPARKIFY_CONTROL": f"s3://{cls.bucket}/staged here",
        }
        cls.where = ("--warehouse", cls.cluster.url(cls.database))
        done = sparkify.run("create-tables", *cls.where, env={"HOME": str(home), **cls.env})
        assert done.returncode == EXIT_OK, done.stderr

    def rs_doctor(self, *words, env=None, where=None, **more):
        keys = [listed.key for listed in objects.list(self.bucket, "")]
        found = {**self.env, **(env or {})}
        report = self.doctor(*(where or self.where), *self.data, *words, env=found, **more)
        after = [listed.key for listed in objects.list(self.bucket, "")]
        self.assertEqual(after, keys, "objects are left below the control prefix")
        return report

    def test_all_is_well(self):
        self.cluster.clear_statements()
        report = self.rs_doctor()
        report.expect_well_but()
        names = [check["name"] for check in report.checks]
        expected = ["iam_role", "control.write", "warehouse", "tls", "server", "tables", "rights"]
        self.assertEqual(names[-len(expected) - 2 :], [*expected, "lock", "match_rate"])
        report.expect("server", "ok", "Redshift 1.")
        report.expect("tls", "ok", "verified")
        report.expect("iam_role", "ok", self.role)
        report.expect("control.write", "ok", f"s3://{self.bucket}/staged here")
        report.expect("credentials", "ok", "environment")
        writes = re.compile(r"(?is)(\s*--[^\n]*\n)*\s*(insert|update|delete|copy|create|drop|lock)\b")
        sent = [sql for _, sql in self.cluster.statements]
        self.assertGreater(len(sent), 5)
        self.assertEqual([sql for sql in sent if writes.match(sql)], [])

    def test_it_is_unreachable(self):
        with socket.socket() as probe:
            probe.bind((LOCALHOST, 0))
            url = self.cluster.url(self.database, port=probe.getsockname()[1])
        report = self.rs_doctor(where=("--warehouse", url), exit_code=EXIT_FAILED)
        report.expect("warehouse", "fail", "no connection", ["check the address", "paused"])
        names = ("tls", "server", "tables", "rights", "lock", "match_rate")
        report.expect_not_looked_at(*names, reason="could not be opened")
        report.expect("control.write", "ok", "emptied")

    def test_a_wrong_password(self):
        env = {"SPARKIFY_DB_PASSWORD": plant("no-such-passw0rd")}
        report = self.rs_doctor(env=env, exit_code=EXIT_FAILED)
        detail = "password authentication failed"
        report.expect("warehouse", "fail", detail, "docs/redshift.md")

    def test_another_authority(self):
        env = {"PGSSLROOTCERT": self.cluster.other_ca_file}
        report = self.rs_doctor(env=env, exit_code=EXIT_FAILED)
        report.expect("warehouse", "fail", "certificate verify failed", "sslrootcert=FILE")

    def test_roles_that_cannot_be(self):
        for role, detail in (
            (None, "is not set"),
            ("redshift-reads", "'redshift-reads' is not the ARN of a role"),
            ("arn:aws:iam::123456789012:user/alice", "user/alice' is not the ARN"),
            (f"{ROLE_ELSEWHERE},arn:aws:s3:::bucket", "'arn:aws:s3:::bucket' is not the ARN"),
        ):
            with self.subTest(role=role):
                report = self.rs_doctor(env={"SPARKIFY_IAM_ROLE": role}, exit_code=EXIT_FAILED)
                report.expect("iam_role", "fail", detail, ["--iam-role", "[IAM_ROLE]"])
                report.expect_well_but("iam_role")
        chain = f"{ROLE_ELSEWHERE},{ROLE_ELSEWHERE}2"
        self.rs_doctor(env={"SPARKIFY_IAM_ROLE": chain}).expect("iam_role", "ok", chain)

    def test_control_prefixes_that_will_not_do(self):
        for place, detail, fix in (
            (None, "is not set", "--control s3://BUCKET/PREFIX"),
            ("/tmp/control", "'/tmp/control' will not do", "--control s3://BUCKET/PREFIX"),
            (f"s3://{self.bucket}/it's", "will not do", "no quotes"),
            ("s3://no-such-bucket-here/x", "NoSuchBucket", "check its name"),
        ):
            with self.subTest(place=place):
                report = self.rs_doctor(env={"SPARKIFY_CONTROL": place}, exit_code=EXIT_FAILED)
                report.expect("control.write", "fail", detail, fix)
                report.expect_well_but("control.write")

    def test_a_control_prefix_that_cannot_be_written(self):
        user = s3.create_user(f"user-{next(numbers)}")
        plant(user.secret_key)
        objects.put_bucket_policy(self.bucket, [allow(READER, self.bucket, user.name)])
        report = self.rs_doctor(env=s3.environment(user), exit_code=EXIT_FAILED)
        report.expect("control.write", "fail", "403 AccessDenied", "s3:PutObject")
        report.expect_well_but("control.write")

    def test_a_control_prefix_that_cannot_be_emptied(self):
        user = s3.create_user(f"user-{next(numbers)}")
        plant(user.secret_key)
        bucket = f"keeps-{next(numbers)}"
        objects.create_bucket(bucket)
        objects.put_bucket_policy(bucket, [allow(["PutObject"], bucket, user.name)])
        env = {**s3.environment(user), "SPARKIFY_CONTROL": f"s3://{bucket}/c"}
        report = self.rs_doctor(env=env, exit_code=EXIT_FAILED)
        detail = [f"s3://{bucket}/c/{PROBE}", "cannot be removed"]
        report.expect("control.write", "fail", detail, "grant s3:DeleteObject")

    def test_rights(self):
        role = f"role_{next(numbers)}"
        plant(self.cluster.create_role(role))
        env = self.cluster.environment(role)
        where = ("--warehouse", self.cluster.url(self.database, role))
        report = self.rs_doctor(env=env, where=where, exit_code=EXIT_FAILED)
        found = report.expect("rights", "fail", [role, "update on etl_lock"], "let the owner run: ")
        report.expect_not_looked_at("lock", "match_rate")
        self.cluster.sql(found["fix"].removeprefix("let the owner run: "), self.database)
        self.rs_doctor(env=env, where=where).expect("rights", "ok", "all that a run needs")
        words = ("etl", *where, *self.data)
        self.succeeds(*words, env={**self.env, **env})

    def test_missing_tables_and_an_open_run(self):
        schema = f"schema_{next(numbers)}"
        self.cluster.sql(f"create schema {schema} authorization loader", self.database)
        words = ("--schema", schema)
        report = self.rs_doctor(*words, exit_code=EXIT_FAILED)
        report.expect("tables", "fail", "there are none", f"--schema {schema}")
        report.expect("rights", "ok", "all")
        self.succeeds("create-tables", *self.where, *words, env=self.env)
        self.rs_doctor(*words).expect("lock", "ok", "no run has begun")
        row = "1, now(), null, 'running', 0, 0, 0, 0, 0, 0, 0, 0, null, '0.1.0'"
        self.cluster.sql(f"insert into {schema}.etl_runs values ({row})", self.database)
        report = self.rs_doctor(*words)
        detail = "run 1 began"
        report.expect("lock", "warn", [detail, "is on, or was killed"], "look whether it is still on")
        report.expect_well_but("lock")

    def test_iam_auth_without_credentials(self):
        env = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
        env["SPARKIFY_DB_PASSWORD"] = None
        words = ("--iam-auth", "--workgroup", "w")
        report = self.rs_doctor(*words, env=env, exit_code=EXIT_FAILED)
        report.expect("credentials", "fail", "credentials", "AWS_ACCESS_KEY_ID")
        report.expect_not_looked_at("control.write", reason="no credentials")
        report.expect("warehouse", "fail", "credentials", "AWS_ACCESS_KEY_ID")


# --- What is never shown -------------------------------------------------------------------------


class SecretTest(DoctorCase):
    def test_a_secret_in_the_url(self):
        secret = plant("pl4nted-in-the-url")
        for url in (
            f"postgresql://loader@localhost/x?passwd={secret}",
            f"postgresql://loader@localhost/x?password={secret}",
            f"postgresql://loader:{secret}@localhost/x",
            f"redshift://loader@localhost/x?pwd={secret}",
            f"postgresql://loader@localhost/x?sslpassword={secret}",
        ):
            for words in (("--json",), ("-vv",)):
                with self.subTest(url=url, words=words):
                    done = self.run_doctor("--warehouse", url, *self.data, *words)
                    self.assertEqual(done.returncode, EXIT_FAILED, done.stdout)

    def test_a_planted_secret_would_be_found(self):
        plant("found me")
        self.addCleanup(planted.discard, "found me")
        with self.assertRaises(AssertionError):
            expect_no_secret("they found me here")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        unittest.main()
