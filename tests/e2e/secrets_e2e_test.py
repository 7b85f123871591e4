"""Planted secrets are in nothing that any command writes, on every way that goes well or wrong.

Run it as `python3 tests/e2e/secrets_e2e_test.py`; it needs what tests/servers/postgres.py,
redshift.py and rgw.py need. Environment: SPARKIFY_BINARY (the program).

The commands are those of `sparkify --help`: a new one needs a line in COMMANDS. What
postgres_e2e_test.py, redshift_e2e_test.py and the s3 tests look for on their own ways is not
repeated here.
"""

import collections
import contextlib
import itertools
import json
import os
import pathlib
import re
import resource
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle"), str(HERE.parent / "servers")]

import postgres  # noqa: E402
import redshift_e2e_test  # noqa: E402
import sparkify  # noqa: E402
from redshift_e2e_test import MACHINE_FREE, Api  # noqa: E402
from rgw import free_ports  # noqa: E402
from s3_client import allow  # noqa: E402

EXIT_OK = 0
EXIT_USAGE = 2
EXIT_CONFIG = 3
EXIT_SOURCE = 4
EXIT_DATABASE = 5
EXIT_CODES = range(8)  # those of a program that knows what it does
BUCKET = "planted"
AWS_SECRET = "pLaNtEd/SeCrEt+0123456789abcdefghijklmnop"
WRONG = "not/the right\"pass'word+"
PART_CHARS = 12  # of a secret: so much of it is found as well
SIGNS = ("Signature=", "X-Amz-", "x-amz-security", "AWS4-HMAC")
TEXT, DOCUMENT, RECORDS = ("-vv",), ("-vv", "--json"), ("-vv", "--log-format", "json")
STYLES = (TEXT, DOCUMENT, RECORDS)
NOBODY = 65534
WAIT_SECONDS_MAX = 30

# What is called of each command; a word may have the name of a place in braces.
COMMANDS = {
    "create-tables": [("create-tables",)],
    "etl": [
        ("etl", "--log-data", "{files}/log_data", "--song-data", "{files}/song_data"),
        ("etl", "--log-data", "{files}/log_data", "--dry-run", "--sql"),
        ("etl", "--log-data", "s3://planted/log"),
    ],
    "status": [("status",)],
    "check": [("check",)],
    "query": [
        ("query", "select * from etl_runs"),
        ("query", "select nonsense from nowhere"),
        ("query", "select getenv('SPARKIFY_DB_PASSWORD')"),
        ("query", "select current_setting('password')"),
    ],
    "report": [
        ("report", "--format", "json", "--out", "-"),
        ("report", "--out", "{made}.html", "--reports", "{files}"),
    ],
    # That one that serves tells nothing is in serve_e2e_test.py; here it does not come so far.
    "serve": [("serve", "--reports", "{files}")],
    "rejects": [("rejects",), ("rejects", "--summary")],
    "grant-readonly": [("grant-readonly", "reader"), ("grant-readonly", "nobody-here")],
    "generate": [
        ("generate", "--out", "s3://planted/made", "--events", 5, "--songs", 5, "--days", 1),
        ("generate", "--out", "{made}", "--events", 5, "--songs", 5, "--days", 1),
    ],
    "config": [("config",), ("config", "--log-data", "s3://planted/log")],
    "version": [("version",)],
    "doctor": [("doctor",), ("doctor", "--log-data", "s3://planted/log")],
    "iam": [("iam", "--log-data", "s3://planted/log")],
}

server = None  # the PostgresServer of this module
files = None  # a folder with generated data


def setUpModule():
    global server, files
    redshift_e2e_test.start_servers()
    server = postgres.PostgresServer()
    server.start()
    unittest.addModuleCleanup(server.close)
    server.create_role("reader")
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    files = pathlib.Path(folder.name).resolve()
    words = ("--events", 40, "--songs", 10, "--days", 1, "--faults", "all=0.02")
    done = sparkify.run("generate", "--out", files, *words)
    assert done.returncode == EXIT_OK, done.stderr


def known_commands():
    """As the help lists them."""
    text = sparkify.run("--help").stdout
    lines = text[text.lower().index("subcommands:") :].split("\n")[1:]
    listed = itertools.takewhile(lambda line: line.startswith("  "), lines)
    found = (re.match(r"  ([a-z][a-z-]+)(\s|$)", line) for line in listed)
    return [match[1] for match in found if match]


def forms(secret):
    """How it may be written."""
    for text in (secret, secret[:PART_CHARS]):
        yield from (text, urllib.parse.quote(text, safe=""), json.dumps(text)[1:-1])


def secrets():
    """All that were planted so far."""
    servers = [server, *(lane.server.postgres for lane in redshift_e2e_test.lanes)]
    passwords = itertools.chain(*map(passwords_of, servers))
    return {AWS_SECRET, WRONG, *passwords, *redshift_e2e_test.planted}


def passwords_of(postgres_server):
    return list(filter(None, postgres_server.passwords.values()))


def expect_hidden(text, what="the output"):
    for secret in secrets():
        for form in forms(secret):
            if form in text:
                around = text[max(0, text.index(form) - 300) :][:600]
                raise AssertionError(f"{form!r} is in {what}: {around!r}")
    for sign in SIGNS:
        if sign.lower() in text.lower():
            raise AssertionError(f"{sign!r} is in {what}")


def wait_until(is_so, what):
    end = time.monotonic() + WAIT_SECONDS_MAX
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError(f"not within {WAIT_SECONDS_MAX} s: {what}")
        time.sleep(0.02)


class SecretsCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        self.folder.chmod(0o755)
        self.styles = itertools.cycle(STYLES)

    def environment(self, env=None):
        """Without a password; keys of S3 that are right in form and wrong in fact."""
        s3 = redshift_e2e_test.s3
        keys = s3.environment(redshift_e2e_test.loader)
        keys["AWS_SECRET_ACCESS_KEY"] = AWS_SECRET
        found = {"HOME": str(self.folder), **MACHINE_FREE, **keys, **(env or {})}
        return {name: text for name, text in found.items() if text is not None}

    def run_command(self, *words, env=None, exit_code=EXIT_CODES, says=()):
        done = sparkify.run(*words, env=self.environment(env))
        shown = f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        expect_hidden(shown)
        codes = exit_code if isinstance(exit_code, range) else (exit_code,)
        self.assertIn(done.returncode, codes, shown)
        for part in (says,) if isinstance(says, str) else says:
            self.assertIn(part, done.stderr + done.stdout, shown)
        return done

    def sweep(self, where, env, exit_code=EXIT_OK, says=(), every_style=False):
        """All commands. That the situation is what it is called, `status` tells."""
        for name in known_commands():
            for words in COMMANDS[name]:
                places = {"files": files, "made": self.folder / "made"}
                words = [str(word).format(**places) for word in words]
                for style in STYLES if every_style else [next(self.styles)]:
                    self.run_command(*words, *where, *style, env=env)
        self.run_command("status", *where, env=env, exit_code=exit_code, says=says)

    def file(self, name, text, mode=0o600):
        path = self.folder / name
        path.touch(mode=mode)
        path.write_text(text)
        return path

    def new_database(self):
        name = server.create_database()
        self.addCleanup(server.drop_database, name)
        return name


class CommandsTest(unittest.TestCase):
    def test_every_command_is_swept(self):
        self.assertGreaterEqual(len(known_commands()), 10)
        missing = [name for name in known_commands() if name not in COMMANDS]
        self.assertEqual(missing, [], "commands without a line in COMMANDS")
        for name, calls in COMMANDS.items():
            self.assertTrue(calls and all(words[0] == name for words in calls), name)

    def test_a_planted_secret_would_be_found(self):
        """What the other tests rely on."""
        for secret in (AWS_SECRET, server.passwords[postgres.LOADER]):
            for text in (secret, urllib.parse.quote(secret, safe=""), secret[:PART_CHARS]):
                for shown in (f"a{text}b", json.dumps({"a": f"b{text}"})):
                    with self.assertRaises(AssertionError):
                        expect_hidden(shown)
        for text in ("https://h/k?X-Amz-Signature=00", "Authorization: AWS4-HMAC-SHA256"):
            with self.assertRaises(AssertionError):
                expect_hidden(text)
        expect_hidden("nothing of that kind")


# --- PostgreSQL ----------------------------------------------------------------------------------


class PostgresTest(SecretsCase):
    """The password by every way that there is, right and wrong."""

    def setUp(self):
        super().setUp()
        self.database = self.new_database()
        self.url = server.url(self.database, sslmode="verify-full")
        self.where = ("--warehouse", self.url)
        self.tls = {"PGSSLROOTCERT": server.ca_file}
        self.password = server.passwords[postgres.LOADER]

    def ways(self, password):
        """Name: words and variables."""
        file = self.file("password", password + "\n")
        line = password.replace("%", "%%")
        cfg = self.file("by_text.cfg", f"[CLUSTER]\nDB_PASSWORD = {line}\n")
        by_file = self.file("by_file.cfg", f"[CLUSTER]\nDB_PASSWORD_FILE = {file}\n")
        by_command = self.file("by_command.cfg", f"[CLUSTER]\nDB_PASSWORD_COMMAND = cat {file}\n")
        command = f"cat {shlex.quote(str(file))} | cat"
        return {
            "environment": ((), {"SPARKIFY_DB_PASSWORD": password}),
            "PGPASSWORD": ((), {"PGPASSWORD": password}),
            "file": ((), {"SPARKIFY_DB_PASSWORD_FILE": str(file)}),
            "command": ((), {"SPARKIFY_DB_PASSWORD_COMMAND": command}),
            "file flag": (("--db-password-file", file), {}),
            "command flag": (("--db-password-command", command), {}),
            "dwh.cfg": (("--config", cfg), {}),
            "dwh.cfg file": (("--config", by_file), {}),
            "dwh.cfg command": (("--config", by_command), {}),
        }

    def test_every_way_leads_in_and_shows_nothing(self):
        log_begin = len(server.log_text())
        for number, (name, (words, env)) in enumerate(self.ways(self.password).items()):
            with self.subTest(way=name):
                where = (*self.where, *words)
                if number < 4:
                    self.sweep(where, {**self.tls, **env}, every_style=number == 0)
                else:
                    self.run_command("create-tables", *where, *TEXT, env={**self.tls, **env})
                    self.run_command("config", *where, *TEXT, env={**self.tls, **env})
        self.expect_hidden_in_tables()
        expect_hidden(server.log_text()[log_begin:], "the server's log")
        rows = server.sql("select count(*) > 0 from etl_objects", self.database)
        self.assertEqual(rows, [["t"]], "something was loaded")

    def expect_hidden_in_tables(self):
        names = server.sql(
            "select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables"
            " where schemaname = 'public'",
            self.database,
        )
        self.assertGreater(len(names), 10)
        for [name] in names:
            rows = server.sql(f"select t::text from {name} t", self.database)
            expect_hidden("\n".join(text or "" for [text] in rows), f"the table {name}")

    def test_a_wrong_password(self):
        says = ["password authentication failed", "SPARKIFY_DB_PASSWORD", "--db-password-file"]
        for name, (words, env) in self.ways(WRONG).items():
            with self.subTest(way=name):
                where = (*self.where, *words)
                env = {**self.tls, **env}
                if name in ("file", "command", "dwh.cfg"):
                    self.sweep(where, env, EXIT_DATABASE, says)
                else:
                    self.run_command("etl", *COMMANDS["etl"][2][1:], *where, *TEXT, env=env)

    def test_nobody_answers(self):
        [port] = free_ports(1)
        env = {**self.tls, "SPARKIFY_DB_PASSWORD": self.password}
        where = ("--warehouse", server.url(self.database, port=port))
        self.sweep(where, env, EXIT_DATABASE, "no connection")

    def test_a_server_that_cannot_be_verified(self):
        env = {"SPARKIFY_DB_PASSWORD": self.password, "PGSSLROOTCERT": server.other_ca_file}
        self.sweep(self.where, env, EXIT_DATABASE, "certificate")

    def test_a_server_that_repeats_the_password(self):
        """Nobody would; but then it is not shown, stored or sent on."""
        for name, (words, env) in self.ways(self.password).items():
            if name in ("environment", "PGPASSWORD", "file", "command", "dwh.cfg"):
                with self.subTest(way=name):
                    self.repeat_the_password((*self.where, *words), {**self.tls, **env})

    def repeat_the_password(self, where, env):
        self.run_command("create-tables", "--drop", "--yes", *where, env=env, exit_code=EXIT_OK)
        told = postgres.quote_literal(f"told: {self.password}; {AWS_SECRET}.")
        server.sql(
            "create or replace function tell() returns trigger language plpgsql as $$"
            f" begin raise exception using message = {told}, detail = {told}; end $$;"
            " create trigger tell before insert on songs for each row execute function tell()",
            self.database,
        )
        words = ("etl", "--song-data", files / "song_data", *where)
        for style in STYLES:
            done = self.run_command(*words, *style, env=env, exit_code=EXIT_DATABASE)
            self.assertIn("told: [secret]; [secret].", done.stderr)
        self.expect_hidden_in_tables()

    def test_commands_that_fail(self):
        for command, says in (
            (f"echo {shlex.quote(WRONG)}; exit 3", "exit code 3"),
            (f"echo {shlex.quote(WRONG)}; kill -9 $$", "signal 9"),
            (f"echo; echo {shlex.quote(WRONG)}", "the first line is empty"),
            (f"echo {shlex.quote(WRONG)}; head -c 70000 /dev/zero", "more than 65536 bytes"),
        ):
            with self.subTest(command=command):
                for name in ("status", "etl", "create-tables"):
                    words = (*COMMANDS[name][0], *self.where, *TEXT)
                    words = [str(word).format(files=files) for word in words]
                    env = {**self.tls, "SPARKIFY_DB_PASSWORD_COMMAND": command}
                    done = self.run_command(*words, env=env, exit_code=EXIT_CONFIG, says=says)
                    self.assertIn("environment SPARKIFY_DB_PASSWORD_COMMAND: ", done.stderr)

    def test_a_command_is_run_only_where_a_database_is_asked(self):
        witness = self.folder / "witness"
        env = {"SPARKIFY_DB_PASSWORD_COMMAND": f"touch {witness}; exit 1"}
        for words in (("config",), ("version",), ("--help",)):
            self.run_command(*words, *(self.where if words[0] == "config" else ()), env=env)
        for words in (("create-tables",), ("status",)):
            where = ("--warehouse", f"duckdb:{self.folder}/w.duckdb")
            self.run_command(*words, *where, env=env, exit_code=EXIT_OK)
        self.assertFalse(witness.exists())
        self.run_command("status", *self.where, env=env, exit_code=EXIT_CONFIG)
        self.assertTrue(witness.exists())

    def test_what_a_command_is_given(self):
        """Neither it nor anybody sees a password in its command line or environment."""
        report = self.folder / "report"
        file = self.file("password", self.password + "\n")
        command = (
            f"cat /proc/$$/cmdline /proc/$PPID/cmdline > {report}.lines;"
            f" cat /proc/$$/environ > {report}.variables; echo said >&2; cat {file}"
        )
        env = {**self.tls, "SPARKIFY_DB_PASSWORD": WRONG, "PGPASSWORD": WRONG}
        words = ("create-tables", *self.where, "--db-password-command", command)
        done = self.run_command(*words, env=env, exit_code=EXIT_OK)
        self.assertIn("said\n", done.stderr)
        lines = pathlib.Path(f"{report}.lines").read_text()
        self.assertIn("create-tables", lines)
        expect_hidden(lines, "the command lines")
        variables = pathlib.Path(f"{report}.variables").read_text().split("\0")
        names = {text.partition("=")[0]: text.partition("=")[2] for text in variables}
        self.assertEqual(names["AWS_SECRET_ACCESS_KEY"], AWS_SECRET, "it may have to ask AWS")
        self.assertNotIn("SPARKIFY_DB_PASSWORD", names)
        self.assertNotIn("PGPASSWORD", names)

    def test_a_stop_ends_the_command(self):
        pid_file = self.folder / "pid"
        command = f"echo $$ > {pid_file}; exec sleep 300"
        words = ("status", *self.where, "--db-password-command", command)
        process = sparkify.start(*words, env=self.environment(self.tls))
        wait_until(lambda: pid_file.exists() and pid_file.read_text().strip(), "the command runs")
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=WAIT_SECONDS_MAX)
        self.assertEqual(process.returncode, 128 + signal.SIGTERM, stderr)
        child = int(pid_file.read_text())
        wait_until(lambda: not is_running(child), "the command has ended")

    def test_two_places_are_refused(self):
        env = {"SPARKIFY_DB_PASSWORD": WRONG, "SPARKIFY_DB_PASSWORD_FILE": "x"}
        says = "environment SPARKIFY_DB_PASSWORD_FILE: there is another place"
        self.run_command("status", *self.where, env=env, exit_code=EXIT_CONFIG, says=says)


def is_running(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


# --- S3 and Redshift -----------------------------------------------------------------------------


class S3Test(SecretsCase):
    """A session of a role whose keys are right, and keys that are wrong."""

    @classmethod
    def setUpClass(cls):
        s3 = redshift_e2e_test.s3
        cls.user = s3.create_user("planted", "PLANTEDKEY", AWS_SECRET)
        client = s3.client(cls.user)
        client.create_bucket(BUCKET)
        client.put(BUCKET, "log/a.json", b"broken\n")
        rights = [allow(["ListBucket", "GetObject", "PutObject"], BUCKET)]
        cls.session = client.assume_role(s3.create_role("planted", cls.user, rights))
        redshift_e2e_test.planted.update((cls.session.secret_key, cls.session.token))

    def expect_hidden_in_file(self, path):
        for each in path.parent.glob(path.name + "*"):
            if each.is_file():
                expect_hidden(each.read_bytes().decode("latin-1"), each)

    def test_keys_that_are_right(self):
        path = self.folder / "w.duckdb"
        where = ("--warehouse", f"duckdb:{path}")
        for user in (self.user, self.session):
            env = redshift_e2e_test.s3.environment(user)
            self.sweep(where, env, every_style=user is self.user)
            words = ("etl", "--log-data", f"s3://{BUCKET}", *where)
            self.run_command(*words, env=env, exit_code=EXIT_OK)
        rows = sparkify.query_rows(path, "select uri from etl_objects where uri like 's3:%'")
        self.assertTrue(rows, "something was loaded from S3")
        self.expect_hidden_in_file(path)

    def test_keys_that_are_refused(self):
        where = ("--warehouse", f"duckdb:{self.folder}/w.duckdb")
        self.sweep(where, {"AWS_SESSION_TOKEN": self.session.token})
        words = (*COMMANDS["etl"][2], *where)
        self.run_command(*words, exit_code=EXIT_CONFIG, says="SignatureDoesNotMatch")
        self.expect_hidden_in_file(self.folder / "w.duckdb")


class RedshiftTest(redshift_e2e_test.RedshiftCase):
    """A password that AWS makes for each connection."""

    def setUp(self):
        super().setUp()
        self.api = Api(self.server, f"IAMR:swept{next(self.numbers)}")
        self.addCleanup(self.api.close)
        url = self.url().replace("loader@", "")
        self.where = ("--warehouse", url, "--schema", self.warehouse.schema, "--iam-auth")
        self.where += ("--cluster", "my-cluster")

    def sweep(self, env=None):
        case = SecretsCase()
        case.setUp()
        self.addCleanup(case.doCleanups)
        styles = itertools.cycle(STYLES)
        codes = collections.Counter()
        for name in known_commands():
            for words in COMMANDS[name]:
                words = [str(word).format(files=files, made=case.folder / "made") for word in words]
                words += [*self.where, *next(styles)]
                variables = self.environment({**self.api.environment, **(env or {})})
                done = sparkify.run(*words, env=variables)
                expect_hidden(f"{done.args}\n{done.stdout}\n{done.stderr}")
                self.assertIn(done.returncode, EXIT_CODES, done.stderr)
                codes[name, done.returncode] += 1
        return codes

    def test_a_temporary_password(self):
        codes = self.sweep()
        self.assertEqual(codes["status", EXIT_OK], 1)
        self.assertTrue(codes["etl", EXIT_OK])
        self.assertTrue(redshift_e2e_test.planted)
        owner, loader = map(postgres.quote_name, (self.api.user, postgres.LOADER))
        self.server.sql(f"reassign owned by {owner} to {loader}", self.database)
        names = self.server.sql(
            "select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables"
            f" where schemaname = {postgres.quote_literal(self.warehouse.schema)}",
            self.database,
        )
        self.assertGreater(len(names), 10)
        for [name] in names:
            rows = self.server.sql(f"select t::text from {name} t", self.database)
            expect_hidden("\n".join(text or "" for [text] in rows), f"the table {name}")
        expect_hidden("\n".join(self.server.all_sent), "what the server was sent")

    def test_a_server_that_repeats_it(self):
        def tell():
            made = max(redshift_e2e_test.planted - before, key=len)
            self.server.fail_next("(?m:^insert into songs)", message=f"told: {made}.")

        before = set(redshift_e2e_test.planted)
        self.server.on("(?m:^insert into etl_runs)", tell)
        words = ("etl", "--song-data", files / "song_data", *self.where, *TEXT)
        done = sparkify.run(*words, env=self.environment(self.api.environment))
        expect_hidden(done.stdout + done.stderr)
        self.assertEqual(done.returncode, EXIT_DATABASE, done.stderr)
        self.assertIn("told: [secret].", done.stderr)

    def test_a_refused_and_an_ended_login(self):
        self.api.refusal = 403, "AccessDenied"
        self.assertEqual(self.sweep()["status", EXIT_CONFIG], 1)
        self.api.refusal = None
        self.api.valid_until = "2020-01-01"
        self.assertEqual(self.sweep()["status", EXIT_DATABASE], 1)
        env = {"PGSSLROOTCERT": self.server.other_ca_file}
        self.api.valid_until = "infinity"
        self.assertEqual(self.sweep(env)["status", EXIT_DATABASE], 1)


# --- What may not be said in public --------------------------------------------------------------


class CommandLineTest(SecretsCase):
    PASSWORD_WAYS = ("SPARKIFY_DB_PASSWORD", "--db-password-file", "--db-password-command")
    KEY_WAYS = ("AWS_SECRET_ACCESS_KEY", "--profile", "credential_process")

    def test_a_password_is_refused_with_the_three_right_ways(self):
        quoted = urllib.parse.quote(WRONG, safe="")
        for words, code in (
            (("--db-password", WRONG), EXIT_USAGE),
            ((f"--db-password={WRONG}",), EXIT_USAGE),
            (("--password", WRONG), EXIT_USAGE),
            (("--warehouse", f"postgresql://me:{quoted}@h/d"), EXIT_CONFIG),
            (("--warehouse", f"postgresql://me@h/d?password={quoted}"), EXIT_CONFIG),
            (("--warehouse", f"redshift://h/d?PWD={quoted}"), EXIT_CONFIG),
            (("--warehouse", f"host=h user=me password='{WRONG}'"), EXIT_CONFIG),
        ):
            for name in ("status", "config", "etl"):
                for style in STYLES:
                    with self.subTest(words=words, command=name, style=style):
                        done = sparkify.run(name, *words, *style, env=self.environment())
                        expect_hidden(done.stdout + done.stderr)
                        self.assertEqual(done.returncode, code, done.stderr)
                        for way in self.PASSWORD_WAYS:
                            self.assertIn(way, done.stderr)

    def test_keys_and_signatures_are_refused_with_the_three_right_ways(self):
        for place in (
            f"s3://AKIDEXAMPLE:{AWS_SECRET}@{BUCKET}/x",
            f"s3a://AKIDEXAMPLE:{urllib.parse.quote(AWS_SECRET, safe='')}@{BUCKET}/x",
            f"https://{BUCKET}.s3.amazonaws.com/x?X-Amz-Credential=A&X-Amz-Signature=0123",
            f"https://AKIDEXAMPLE:{AWS_SECRET}@{BUCKET}.s3.amazonaws.com/x",
        ):
            for words in (
                ("etl", "--log-data", place),
                ("etl", "--song-data", place),
                ("etl", "--control", place),
                ("config", "--control", place),
                ("generate", "--out", place),
            ):
                with self.subTest(words=words):
                    done = sparkify.run(*words, *TEXT, env=self.environment())
                    expect_hidden(done.stdout + done.stderr)
                    self.assertNotIn("AKIDEXAMPLE", done.stdout + done.stderr)
                    self.assertEqual(done.returncode, EXIT_CONFIG, done.stderr)
                    for way in self.KEY_WAYS:
                        self.assertIn(way, done.stderr)

    def test_a_password_where_it_does_not_belong_is_not_repeated(self):
        address = f"postgresql://loader:{WRONG}@db.example.com/music"
        for words in (
            ("etl", address),
            (address,),
            ("query", address),
            ("etl", f"-p{WRONG}"),
            ("etl", "--log-data", address),
            ("config", "--song-data", address),
        ):
            with self.subTest(words=words):
                done = sparkify.run(*words, env=self.environment())
                expect_hidden(done.stdout + done.stderr)
                self.assertNotEqual(done.returncode, 0)

    def test_the_address_of_a_proxy_that_cannot_be_read_is_not_repeated(self):
        for proxy in (f"http://user:{WRONG}/9@127.0.0.1:1", f"nonsense://user:{WRONG}@127.0.0.1:x"):
            with self.subTest(proxy=proxy):
                env = {**self.environment(), "https_proxy": proxy, "http_proxy": proxy}
                done = sparkify.run("etl", "--log-data", f"s3://{BUCKET}/x", env=env)
                expect_hidden(done.stdout + done.stderr)
                self.assertNotEqual(done.returncode, 0)

    def test_no_flag_is_suggested_that_is_there_to_be_refused(self):
        done = self.run_command("status", "--db-passwort", "x", exit_code=EXIT_USAGE)
        self.assertNotIn("`--db-password`", done.stderr)

    def test_a_file_that_others_can_read_is_warned_of(self):
        database = self.new_database()
        path = self.file("password", server.passwords[postgres.LOADER])
        words = ("create-tables", "--warehouse", server.url(database), "--db-password-file", path)
        self.assertNotIn("warning", self.run_command(*words, exit_code=EXIT_OK).stderr)
        path.chmod(0o644)
        says = ["warning", f"{path}: others can read the password in it (mode 644)", "chmod 600"]
        self.run_command(*words, exit_code=EXIT_OK, says=says)


# --- Memory --------------------------------------------------------------------------------------


class MemoryTest(SecretsCase):
    """A process that holds secrets, a plain user's, waits for its server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterClassContext(sparkify.copied_for_all_users())

    def setUp(self):
        super().setUp()
        self.database = self.new_database()
        self.work = self.folder / "work"
        self.work.mkdir()
        if os.geteuid() == 0:
            os.chown(self.work, NOBODY, NOBODY)
        env = {"SPARKIFY_DB_PASSWORD": server.passwords[postgres.LOADER]}
        self.where = ("--warehouse", server.url(self.database, sslmode="disable"))
        self.run_command("create-tables", *self.where, env=env, exit_code=EXIT_OK)

    @property
    def as_nobody(self):
        ids = ("--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups")
        return ("setpriv", *ids) if os.geteuid() == 0 else ()

    @contextlib.contextmanager
    def waiting(self, **env):
        """With core files allowed as far as the system does, if it were asked."""

        def allow_core_files():
            hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

        password = {"SPARKIFY_DB_PASSWORD": server.passwords[postgres.LOADER]}
        password["SPARKIFY_CORE_DUMPS"] = ""  # as for users
        process = sparkify.start(
            *("query", "select pg_sleep(300)", *self.where, "-vv"),
            prefix=self.as_nobody,
            env=self.environment({**password, **env}),
            cwd=self.work,
            preexec_fn=allow_core_files,
        )
        try:
            sleeps = "select 1 from pg_stat_activity where wait_event = 'PgSleep'"
            sleeps += f" and datname = {postgres.quote_literal(self.database)}"
            wait_until(lambda: server.sql(sleeps), "the server sleeps")
            yield process
        finally:
            process.kill()
            process.communicate()

    def reads(self, path):
        """Whether another process of the same user can read it."""
        words = [*self.as_nobody, "cat", path]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    def core_limit(self, process):
        limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text()
        return re.search(r"Max core file size +(\S+)", limits)[1]

    def test_others_of_the_same_user_cannot_look_into_it(self):
        with self.waiting() as process:
            self.assertFalse(self.reads(f"/proc/{process.pid}/environ"))
            self.assertFalse(self.reads(f"/proc/{process.pid}/maps"))
            self.assertEqual(self.core_limit(process), "0")
            line = pathlib.Path(f"/proc/{process.pid}/cmdline").read_text()
            self.assertIn("pg_sleep", line)
            expect_hidden(line, "the command line")
        with self.waiting(SPARKIFY_CORE_DUMPS="true") as process:
            self.assertTrue(self.reads(f"/proc/{process.pid}/environ"), "or the test shows nothing")

    def abort(self, process):
        """Its output, and whether the kernel dumped it."""
        process.send_signal(signal.SIGABRT)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, -signal.SIGABRT)
        expect_hidden(process.stdout.read() + process.stderr.read())
        return os.WCOREDUMP(status)

    def test_an_abort_leaves_no_core(self):
        with self.waiting() as process:
            self.assertFalse(self.abort(process))
        self.assertEqual(list(self.work.iterdir()), [])
        pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text()
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        if hard == 0 or pattern.startswith(("|", "/")):
            return  # then cores go elsewhere, and the other half would prove nothing
        with self.waiting(SPARKIFY_CORE_DUMPS="true") as process:
            self.assertTrue(self.abort(process), "or the test shows nothing")
        [core] = self.work.iterdir()
        password = server.passwords[postgres.LOADER].encode()
        self.assertIn(password, core.read_bytes(), "which is why there is to be none")


if __name__ == "__main__":
    unittest.main()
