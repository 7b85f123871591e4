"""The program and a real PostgreSQL server: connecting, TLS, locks, signals, roles, reading.

Run it as `python3 tests/e2e/postgres_e2e_test.py`; it needs what tests/servers/postgres.py needs.
Environment: SPARKIFY_BINARY (the program). What fails is in postgres_faults_e2e_test.py.
"""

import concurrent.futures
import contextlib
import datetime
import decimal
import functools
import itertools
import json
import os
import pathlib
import re
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

import contract  # noqa: E402
import postgres  # noqa: E402
import sparkify  # noqa: E402

EXIT_OK = 0
EXIT_USAGE = 2
EXIT_CONFIG = 3
EXIT_DATABASE = 5
EXIT_LOCKED = 6
EXIT_COMMIT_UNKNOWN = 7
WAIT_SECONDS_MAX = 60
STOP_SECONDS_MAX = 10
NOTICE_SECONDS_MAX = 20  # in which a server finds out that its client is dead
WORKERS = 3
LOCALHOST = "127.0.0.1"
NAMED_HOST = "db.example.test"  # the server's certificate has this name
OTHER_HOST = "other.example.test"  # and does not have this one
GROUPS = {"SPARKIFY_GROUP_BYTES": "60000"}  # the songs together, the days in a few
DIRECT = {**GROUPS, "SPARKIFY_STRAIGHT_BYTES": "1"}  # plays go straight into the star
WAYS = {"staged": GROUPS, "direct": DIRECT}
STAR = ("songplays", "users", "songs", "artists", "time", "unmatched_songplays")
VIEWS = ("plays", "user_levels")
ETL_TABLES = ("etl_runs", "etl_objects", "etl_rejects", "etl_drift", "etl_schema")
STAGING = ("staging_events", "staging_songs")
LOADING = ("etl_loading_events", "etl_loading_songs")
OURS = "application_name like 'sparkify %'"
END_OF_ANSWER = "--- end ---"

server = None  # the PostgresServer of the running test module
data = None  # the Data of the running test module
home = None  # an empty folder: nothing of the user's own shall count
planted = set()  # passwords that no test's server has, but the program was given


def setUpModule():
    start_server()


def start_server(**options):
    """For the module that is run: this one, or one that builds on it."""
    global server, data, home
    sparkify.binary()
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    home = pathlib.Path(folder.name, "home")
    home.mkdir()
    names = postgres.OPENSSL_CONFIG.replace("DNS:localhost", f"DNS:localhost, DNS:{NAMED_HOST}")
    assert NAMED_HOST in names
    server = postgres.PostgresServer(**options)
    with mock.patch.object(postgres, "OPENSSL_CONFIG", names):
        server.start()
    unittest.addModuleCleanup(close_server)
    data = Data(pathlib.Path(folder.name, "data").resolve())


def close_server():
    log = server.log_text()
    server.close()
    expect_no_password(log)


# --- Helpers -------------------------------------------------------------------------------------


def read_table(table):
    """SQL for the name of the table and its columns as a JSON array, a row each. A run that loaded
    nothing is none for the oracle."""
    names = [
        f"to_char({name}, 'YYYY-MM-DD HH24:MI:SS.MS')"
        if name in contract.TIMESTAMP_COLUMNS
        else name
        for name in contract.TABLE_COLUMNS[table]
    ]
    some = "where run_id in (select run_id from etl_objects)" if table == "etl_runs" else ""
    return f"select '{table}', json_build_array({', '.join(names)}) from {table} {some};"


READER_SETTINGS = (  # whatever those of the database are
    "set statement_timeout = 0; set client_encoding = 'UTF8'; set extra_float_digits = 1;"
    " set timezone = 'UTC'; set datestyle = 'ISO';"
)
READ_TABLES = "".join(map(read_table, contract.TABLE_COLUMNS))


def wait_until(is_so, what, seconds=WAIT_SECONDS_MAX):
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def in_parallel(work, items):
    """`work` on each item, some at a time; every failure is shown, with its item."""

    def try_one(item):
        try:
            work(item)
        except AssertionError as error:
            return f"{item}: {error}"
        return None

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        failures = [failure for failure in pool.map(try_one, items) if failure]
    if failures:
        raise AssertionError(f"{len(failures)} of {len(items)}\n" + "\n\n".join(failures))


def expect_no_password(text):
    for password in planted.union(filter(None, server.passwords.values() if server else ())):
        forms = {password, urllib.parse.quote(password, safe=""), json.dumps(password)[1:-1]}
        for form in forms:
            if form in text:
                raise AssertionError(f"a password is shown: {form!r} in {text!r}")


def plant(password):
    """A password that must not be seen anywhere, right or wrong."""
    planted.add(password)
    return password


def day_sources(folder):
    return ("--log-data", folder / "log_data", "--song-data", folder / "song_data")


class Data:
    """Files for all tests, and the tables after each of a run's groups as the oracle has them."""

    def __init__(self, folder):
        self.folder = folder
        # The plays of the first log group are all new, those of the second are not.
        words = ("--events", 400, "--songs", 30, "--days", 6, "--seed", 4, "--faults", "all=0.005")
        done = sparkify.run("generate", "--out", folder, *words)
        if done.returncode != EXIT_OK:
            raise sparkify.SparkifyError(done.stderr)
        self.sources = day_sources(folder)

    @functools.cached_property
    def states(self):
        """Before the first group, after each, after the last. Songs come first."""
        kinds = {"song": "song_data", "log": "log_data"}
        objects = {k: sparkify.folder_objects(self.folder / name) for k, name in kinds.items()}
        taken = {kind: 0 for kind in kinds}
        states = [self.tables_of(objects, taken)]
        for group in self.groups:
            taken[group["kind"]] += group["objects"]
            states.append(self.tables_of(objects, taken))
        assert taken == {kind: len(found) for kind, found in objects.items()}
        return states

    @staticmethod
    def tables_of(objects, taken):
        oracle = contract.Warehouse()
        oracle.apply_run(*(objects[kind][: taken[kind]] for kind in ("song", "log")))
        return sparkify.without_runs(oracle.tables())

    @functools.cached_property
    def groups(self):
        with tempfile.TemporaryDirectory() as folder:
            where = ("--warehouse", f"duckdb:{folder}/w.duckdb")
            sparkify.run("create-tables", *where)
            words = ("etl", "--dry-run", "--json", *self.sources, *where)
            done = sparkify.run(*words, env=GROUPS)
        groups = json.loads(done.stdout)["plan"]["groups"]
        assert [group["kind"] for group in groups].count("log") >= 3, groups
        return groups

    @property
    def final(self):
        return self.states[-1]


class Psql:
    """A session beside the program's, the superuser's if no role is given."""

    def __init__(self, test, database, role=postgres.SUPERUSER):
        connection = {"PGHOST": server.socket_dir, "PGUSER": role, "PGDATABASE": database}
        if role != postgres.SUPERUSER:
            connection["PGPASSWORD"] = server.passwords[role]
        self.process = subprocess.Popen(
            [server.program("psql"), "-X", "-w", "-q", "-A", "-t"],
            env=sparkify.environment({**connection, "PGPORT": str(server.port)}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        test.addCleanup(self.close)
        self.run("select 1")

    def run(self, sql):
        """The lines that it answers."""
        self.send(sql)
        return self.receive()

    def send(self, sql):
        """What may have to wait; receive() has the answer."""
        self.process.stdin.write(f"{sql};\n\\echo {END_OF_ANSWER}\n")
        self.process.stdin.flush()

    def receive(self):
        lines = []
        for line in self.process.stdout:
            if line == f"{END_OF_ANSWER}\n":
                break
            lines.append(line.removesuffix("\n"))
        if any(line.startswith(("ERROR:", "FATAL:", "psql:")) for line in lines):
            raise AssertionError("\n".join(lines))
        return lines

    def run_if_there(self, sql):
        """As run(), unless the server has thrown the session out."""
        with contextlib.suppress(OSError, AssertionError):
            self.run(sql)

    def close(self):
        self.process.kill()
        with contextlib.suppress(OSError):  # what it was sent and has not read
            self.process.communicate()


class PostgresCase(unittest.TestCase):
    """Helpers. Each test has a database of its own, whose owner is the loader."""

    has_tables = False  # from the start
    role = postgres.LOADER  # who runs the program, if nothing else is said

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        if self.has_tables:
            self.new_database()
        else:
            self.new_empty_database()

    def use_database(self, name):
        self.database = name
        self.warehouse = self.warehouse_of("public")

    def new_empty_database(self, **options):
        name = server.create_database(**options)
        self.addCleanup(server.drop_database, name)
        self.use_database(name)

    def new_database(self):
        """Another one, with tables."""
        name = f"copy_{next(copies)}"
        server.sql(f"create database {name} owner {postgres.LOADER} template {with_tables()}")
        self.addCleanup(server.drop_database, name)
        self.use_database(name)

    @contextlib.contextmanager
    def apart(self):
        """A case like this one with a database of its own, for what runs at the same time."""
        case = type(self)()
        try:
            case.setUp()
            yield case
        finally:
            case.doCleanups()

    def new_role(self, name=None, **options):
        """No other test's; the server is shared."""
        name = f"{name or 'role'}_{self.database}"
        server.create_role(name, **options)
        return name

    # The program

    def url(self, role=None, **options):
        return server.url(self.database, role or self.role, **options)

    def warehouse_of(self, schema):
        return sparkify.PostgresWarehouse(self.url(), schema, self.environment())

    def environment(self, env=None, role=None):
        """`env` comes on top; None there takes a variable away."""
        found = {"HOME": str(home), **server.environment(role or self.role), **(env or {})}
        return {name: text for name, text in found.items() if text is not None}

    def call(self, *words, exit_code=EXIT_OK, url=None, env=None, role=None, says=()):
        """A finished process. `says`: what an error has in it."""
        where = ("--warehouse", url or self.url(role))
        done = sparkify.run(*words, *where, env=self.environment(env, role))
        return self.judge(done, exit_code, says)

    def judge(self, done, exit_code, says=()):
        expect_no_password(done.stdout + done.stderr)
        text = f"{done.args} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        codes = exit_code if isinstance(exit_code, tuple) else (exit_code,)
        self.assertIn(done.returncode, codes, text)
        if says:
            self.expect_error(done.stderr, says)
        return done

    def fails(self, *words, says, exit_code=EXIT_DATABASE, **more):
        return self.call(*words, exit_code=exit_code, says=says, **more)

    def expect_error(self, stderr, says):
        self.assertRegex(stderr, r"(?m)^sparkify: error: ")
        for part in says if isinstance(says, (list, tuple)) else [says]:
            self.assertIn(str(part), stderr)
        self.assertNotIn("internal error", stderr)

    def etl(self, *options, env=None, sources=None, **more):
        words = ("etl", *(sources or data.sources), *options)
        return self.call(*words, env={**GROUPS, **(env or {})}, **more)

    def query(self, sql, *options, **more):
        """The lines of its answer, without the names of the columns."""
        done = self.call("query", sql, "--format", "csv", *options, **more)
        return done.stdout.splitlines()[1:]

    def start(self, *words, url=None, env=None, role=None, prefix=()):
        where = ("--warehouse", url or self.url(role))
        environment = self.environment(env, role)
        process = sparkify.start(*words, *where, env=environment, prefix=prefix)
        self.addCleanup(self.end, process)
        return process

    def start_etl(self, *options, env=None, **more):
        env = {**GROUPS, **(env or {})}
        return self.start("etl", *data.sources, "--threads", 2, *options, env=env, **more)

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        if not process.stdout.closed:
            process.communicate()

    def finish(self, process, exit_code=EXIT_OK, says=(), seconds=WAIT_SECONDS_MAX):
        try:
            stdout, stderr = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            waits = self.sessions("state, wait_event_type, left(query, 100)")
            raise AssertionError(f"not ended within {seconds} s; the server has {waits}") from None
        done = subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)
        return self.judge(done, exit_code, says)

    # The server

    def sql(self, text):
        return server.sql(text, self.database)

    def psql(self, role=postgres.SUPERUSER):
        return Psql(self, self.database, role)

    def sessions(self, columns="pid", condition="true"):
        """Of the program, in this test's database."""
        name = postgres.quote_literal(self.database)
        rows = f"from pg_stat_activity where {OURS} and datname = {name} and {condition}"
        return server.sql(f"select {columns} {rows}")

    def wait_until_blocked(self, count=1):
        """So many sessions wait for a lock, and their pids."""
        blocked = functools.partial(self.sessions, condition="wait_event_type = 'Lock'")
        wait_until(lambda: len(blocked()) >= count, f"{count} sessions wait for a lock")
        return [int(pid) for [pid] in blocked()]

    def wait_until_gone(self, seconds=WAIT_SECONDS_MAX):
        wait_until(lambda: not self.sessions(), "no session of the program is left", seconds)

    def plant_trigger(self, table, body, name="planted", event="insert", deferred=False):
        """plpgsql that runs behind a statement, or, deferred, at the commit, for each row. It has
        the superuser's rights."""
        kind, each = ("constraint trigger", "row") if deferred else ("trigger", "statement")
        when = "deferrable initially deferred" if deferred else ""
        self.sql(
            "create schema if not exists testing; grant usage on schema testing to public;"
            "create sequence if not exists testing.calls;"
            f"create or replace function testing.{name}() returns trigger language plpgsql"
            f" security definer as $$ begin {body} return null; end $$;"
            f"create {kind} {name} after {event} on {table} {when}"
            f" for each {each} execute function testing.{name}()"
        )

    def remove_trigger(self, table, name="planted"):
        self.sql(f"drop trigger {name} on {table}")

    @contextlib.contextmanager
    def gate(self, table, condition="true", **how):
        """A run that comes to such a statement stays there as long as the context lasts."""
        key = next(gate_keys)
        keeper = self.psql()
        keeper.run(f"select pg_advisory_lock({key})")
        body = f"if {condition} then perform pg_advisory_xact_lock_shared({key}); end if;"
        self.plant_trigger(table, body, name=f"gate_{key}", **how)
        try:
            yield
        finally:
            keeper.run_if_there(f"select pg_advisory_unlock({key})")

    @contextlib.contextmanager
    def locked(self, lock):
        """`lock`: such as `users in share mode`."""
        keeper = self.psql()
        keeper.run(f"begin; lock table {lock}")
        try:
            yield
        finally:
            keeper.run_if_there("rollback")

    # The tables

    def tables(self, warehouse=None, source=None):
        """What the oracle shows, in whichever runs it was loaded; the superuser reads it. `source`:
        another server than the usual."""
        schema = postgres.quote_name((warehouse or self.warehouse).schema)
        text = f"{READER_SETTINGS} set search_path = {schema}; {READ_TABLES}"
        found = {table: [] for table in contract.TABLE_COLUMNS}
        for table, row in (source or server).sql(text, self.database):
            values = json.loads(row, parse_float=decimal.Decimal)
            named = dict(zip(contract.TABLE_COLUMNS[table], values))
            found[table].append(contract.normalise_row(named))
        return sparkify.without_runs({t: contract.sorted_rows(r) for t, r in found.items()})

    def expect_final(self, warehouse=None):
        self.assertEqual(sparkify.difference(data.final, self.tables(warehouse)), "")

    def expect_whole_groups(self, warehouse=None, **more):
        """How many groups are loaded: nothing of any other is."""
        found = self.tables(warehouse, **more)
        if found in data.states:
            return data.states.index(found)
        counts = [len(state["etl_objects"]) for state in data.states]
        nearest = max(n for n, count in enumerate(counts) if count <= len(found["etl_objects"]))
        raise AssertionError(
            f"no whole groups; nearest to {nearest} of them, where\n"
            + sparkify.difference(data.states[nearest], found)
        )

    def expect_recovery(self, warehouse=None, groups=None):
        """Whole groups now, all after one more run, and then nothing new. How many they were."""
        where = warehouse or self.warehouse
        loaded = self.expect_whole_groups(where)
        if groups is not None:
            self.assertEqual(loaded, groups, "groups loaded")
        words = ("etl", *data.sources, "--threads", 2, *where.options)
        env = {**where.environment, **GROUPS}
        self.judge(sparkify.run(*words, env=env), EXIT_OK)
        self.expect_final(where)
        if loaded < len(data.groups):
            self.expect_nothing_staged(where)
        self.expect_all_ended(where)
        done = self.judge(sparkify.run(*words, env=env), EXIT_OK)
        self.assertIn("Nothing new", done.stdout)
        return loaded

    def expect_nothing_staged(self, warehouse=None):
        """Neither where rows of a run are, nor where those are kept that somebody may look at."""
        schema = postgres.quote_name((warehouse or self.warehouse).schema)
        counts = ", ".join(f"(select count(*) from {t})" for t in (*LOADING, *STAGING))
        found = self.sql(f"set search_path = {schema}; select {counts}")
        self.assertEqual(found, [["0"] * 4], "staged rows")

    def expect_all_ended(self, warehouse=None):
        schema = postgres.quote_name((warehouse or self.warehouse).schema)
        open_runs = f"select run_id from {schema}.etl_runs where status = 'running'"
        self.assertEqual(self.sql(open_runs), [], "runs that were left open")


gate_keys = itertools.count(1)
copies = itertools.count(1)


@functools.cache
def with_tables():
    """A database to copy: create-tables has been there, and nobody is connected to it."""
    name = server.create_database()
    env = {"HOME": str(home), **server.environment()}
    done = sparkify.run("create-tables", "--warehouse", server.url(name), env=env)
    if done.returncode != EXIT_OK:
        raise sparkify.SparkifyError(done.stderr)
    left = f"select 1 from pg_stat_activity where datname = '{name}'"
    wait_until(lambda: not server.sql(left), "the end of create-tables' connections")
    return name


# --- Connecting ----------------------------------------------------------------------------------


AWKWARD_PASSWORDS = (
    " a space at both ends ",
    "'in single quotes'",
    '"in double quotes"',
    "back\\slash\\",
    "per%cent%41%%",
    "ünïcode \U0001f600 日本",
    "#;=[CLUSTER]",
    ":a:b\\:c:",
    "user:pw@host/db?x=y&z",
    "$(id) `id` ${HOME} \\n",
    "x" * 300,
)


class ConnectionTest(PostgresCase):
    numbers = itertools.count(1)

    def expect_connected(self, url, env=None, role=postgres.LOADER):
        who = "select current_user || ' in ' || current_database()"
        rows = self.query(who, url=url, env=env, role=role)
        self.assertEqual(rows, [f"{role} in {self.database}"])

    def file(self, name, text, mode=0o600):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def service(self, **settings):
        usual = {"host": LOCALHOST, "port": server.port, "user": postgres.LOADER}
        lines = {**usual, "dbname": self.database, **settings}.items()
        text = "[mine]\n" + "".join(f"{name}={value}\n" for name, value in lines)
        name = f"services_{next(self.numbers)}"
        return {"PGSERVICEFILE": self.file(name, text)}

    def dead_port(self):
        with socket.socket() as probe:
            probe.bind((LOCALHOST, 0))
            return probe.getsockname()[1]

    def test_forms_of_an_address(self):
        name, port, folder = self.database, server.port, server.socket_dir
        variables = {
            "PGHOST": "localhost",
            "PGPORT": str(port),
            "PGUSER": postgres.LOADER,
            "PGDATABASE": name,
        }
        quoted = urllib.parse.quote(folder, safe="")
        for url, env in (
            (f"postgresql://loader@localhost:{port}/{name}", {}),
            (f"postgres://loader@localhost:{port}/{name}", {}),
            (f"postgresql://loader@{LOCALHOST}:{port}/{name}", {}),
            (f"postgresql://loader@{quoted}:{port}/{name}", {}),
            (f"postgresql://loader@/{name}?host={folder}&port={port}", {}),
            (f"postgresql://loader@localhost:{self.dead_port()},{LOCALHOST}:{port}/{name}", {}),
            (f"postgresql://?user=loader&host=localhost&port={port}&dbname={name}", {}),
            ("postgresql://", variables),
            ("postgres://", variables),
            (f"postgresql://{LOCALHOST}", variables),
            ("postgresql:///", {**variables, "PGHOST": folder}),
            ("postgresql://?service=mine", self.service()),
            ("postgresql://", {**self.service(), "PGSERVICE": "mine"}),
            (f"postgresql:///{name}?service=mine", self.service(dbname="another")),
        ):
            with self.subTest(url=url, env=env):
                self.expect_connected(url, env)

    def test_where_a_password_may_come_from(self):
        password = plant(server.passwords[postgres.LOADER])
        nowhere = {"SPARKIFY_DB_PASSWORD": None}
        passwords = str(server.folder / "passwords")
        line = password.replace("%", "%%")
        cfg = self.file("dwh.cfg", f"[CLUSTER]\nDB_PASSWORD = {line}\n")
        url = self.url()
        self.expect_connected(url, {**nowhere, "PGPASSFILE": passwords})
        self.expect_connected(f"{url}?passfile={passwords}", nowhere)
        self.expect_connected(url, {**nowhere, "PGPASSWORD": password})
        self.expect_connected(
            "postgresql://?service=mine", {**nowhere, **self.service(password=password)}
        )
        wrong = plant("not-the-loaders-password")
        self.expect_connected(url, {"PGPASSWORD": wrong, "PGPASSFILE": passwords})
        env = {**nowhere, "PGPASSWORD": wrong}
        self.assertEqual(self.query("select 1", "--config", cfg, url=url, env=env), ["1"])
        says = ["password authentication failed", "SPARKIFY_DB_PASSWORD", "[CLUSTER]"]
        words = ("query", "select 1", "--config", cfg)
        self.fails(*words, env={"SPARKIFY_DB_PASSWORD": wrong}, says=says)
        done = self.call(*words, env=nowhere)
        self.assertEqual(done.stderr, "")
        open_to_all = self.file("open.cfg", pathlib.Path(cfg).read_text(), mode=0o644)
        done = self.call("query", "select 1", "--config", open_to_all, env=nowhere)
        self.assertIn("chmod 600", done.stderr)

    def test_awkward_passwords(self):
        roles = [
            self.new_role(f"awkward_{number}", password=password)
            for number, password in enumerate(AWKWARD_PASSWORDS)
        ]

        def connect(role):
            self.expect_connected(self.url(role), role=role)
            password = server.passwords[role].replace("%", "%%")
            cfg = self.file(f"{role}.cfg", f"[CLUSTER]\nDB_PASSWORD = \"{password}\"\n")
            nowhere = {"SPARKIFY_DB_PASSWORD": None}
            rows = self.query("select 1", "--config", cfg, env=nowhere, role=role)
            self.assertEqual(rows, ["1"])

        in_parallel(connect, roles)

    def test_no_password_at_all(self):
        env = {"SPARKIFY_DB_PASSWORD": None}
        says = ["no password supplied", "SPARKIFY_DB_PASSWORD", "DB_PASSWORD under [CLUSTER]"]
        self.fails("query", "select 1", env=env, says=says)

    def test_a_password_in_the_url_is_refused(self):
        secret = plant("hunter2-hunter2")
        place = f"localhost:{server.port}/{self.database}"
        for url in (
            f"postgresql://loader:{secret}@{place}",
            f"postgres://loader:{secret}@{place}",
            f"postgresql://loader:a/{secret}@{place}",
            f"postgresql://:{secret}@{place}",
            f"postgresql://{place}?user=loader&password={secret}",
            f"postgresql://{place}?user=loader&pass%77ord={secret}",
            f"postgresql://{place}?sslpassword={secret}",
        ):
            for words in (("query", "select 1"), ("create-tables",), ("config",)):
                with self.subTest(url=url, words=words):
                    self.fails(
                        *words, url=url, exit_code=EXIT_CONFIG, says="SPARKIFY_DB_PASSWORD"
                    )
                    env = {"SPARKIFY_WAREHOUSE": url}
                    done = sparkify.run(*words, env=self.environment(env))
                    self.judge(done, EXIT_CONFIG, "SPARKIFY_DB_PASSWORD")

    def test_urls_that_cannot_be_read(self):
        name, port = self.database, server.port
        secret = plant("a-value-that-might-be-a-secret")
        for url, env, says in (
            (f"postgresql://loader@localhost:{port}/{name}?nonsense={secret}", {}, "nonsense"),
            (f"postgresql://loader@localhost:{port}/{name}?sslmode=%zz{secret}", {}, "%25"),
            (f"postgresql://loader@localhost:port/{name}", {}, "port"),
            ("postgresql:", {}, "postgresql://"),
            ("postgresql://?service=nowhere", self.service(), '"nowhere" not found'),
            (
                "postgresql://?service=mine",
                {"PGSERVICEFILE": str(self.folder / "none")},
                "service file",
            ),
        ):
            with self.subTest(url=url):
                done = self.fails(
                    "query", "select 1", url=url, env=env, exit_code=EXIT_CONFIG, says=says
                )
                self.assertNotIn("\\n", done.stderr, "libpq's line ends are not shown")

    def test_what_is_not_there(self):
        port = self.dead_port()
        for words, url, says in (
            (
                ("query", "select 1"),
                f"postgresql://loader@localhost:{port}/d",
                [f"localhost:{port}", "Connection refused", "check the address"],
            ),
            (
                ("query", "select 1"),
                f"postgresql://loader@no-such-host.invalid:{port}/d",
                ["no-such-host.invalid", "check the address"],
            ),
            (
                ("status",),
                f"postgresql://loader@localhost:{server.port}/none",
                ['database "none" does not exist', "create the database"],
            ),
            (
                ("query", "select 1"),
                f"postgresql://nobody_{self.database}@localhost:{server.port}/{self.database}",
                ["password authentication failed", f"nobody_{self.database}"],
            ),
            (("status",), self.url(), [self.url(), "create-tables"]),
            (("etl", *data.sources), self.url(), [self.url(), "create-tables"]),
            (("etl", *data.sources, "--schema", "none"), self.url(), ["none", "create-tables"]),
            (("query", "select 1", "--schema", "none"), self.url(), ["schema none"]),
        ):
            with self.subTest(words=words, url=url):
                self.fails(*words, url=url, says=says)

    def test_the_advice_for_a_schema_without_tables_names_the_schema(self):
        """Who follows it must not find the tables in another schema."""
        self.sql("create schema empty authorization loader")
        done = self.fails("status", "--schema", "empty", says="create-tables")
        self.assertRegex(done.stderr, r"create-tables.*--schema empty")

    def test_config_shows_where_and_that_there_is_a_password(self):
        shown = json.loads(self.call("config", "--json", "--schema", "mine").stdout)["settings"]
        found = {setting["name"]: (setting["value"], setting["origin"]) for setting in shown}
        self.assertEqual(found["warehouse"], (self.url(), "flag --warehouse"))
        self.assertEqual(found["schema"], ("mine", "flag --schema"))
        self.assertEqual(found["db_password"], ("(set)", "environment SPARKIFY_DB_PASSWORD"))
        text = self.call("config", env={"SPARKIFY_DB_PASSWORD": None}).stdout
        self.assertRegex(text, r"db_password +│ \(not set\)")

    def test_version_names_libpq(self):
        self.assertRegex(self.call("version").stdout, r"libpq \d+\.\d+")
        self.assertRegex(json.loads(self.call("version", "--json").stdout)["libpq"], r"^\d+\.\d+$")

    def test_passwords_are_nowhere_while_a_run_is_on(self):
        """The server writes every statement of this database into its log, too."""
        self.sql(f"alter database {self.database} set log_statement = 'all'")
        self.sql(f"alter database {self.database} set log_min_error_statement = 'debug1'")
        self.call("create-tables", "-v")
        with self.locked("songplays in share mode"):
            process = self.start_etl("-v")
            self.wait_until_blocked()
            self.assertGreaterEqual(len(self.sessions()), 2)
            expect_no_password(str(server.sql("select a::text from pg_stat_activity a")))
            line = pathlib.Path(f"/proc/{process.pid}/cmdline").read_text()
            self.assertIn("postgresql://", line)
            expect_no_password(line)
        self.finish(process)
        log = server.log_text()
        self.assertIn("copy", log.lower())
        expect_no_password(log)

    def test_a_planted_password_would_be_found(self):
        """What the other tests rely on."""
        password = server.passwords[postgres.LOADER]
        for text in (password, urllib.parse.quote(password, safe=""), json.dumps(password)):
            with self.assertRaises(AssertionError):
                expect_no_password(f"before{text}after")

    def test_settings_of_a_role_do_not_matter(self):
        """Nor those of a database: each session says what it needs."""
        settings = {
            "statement_timeout": "100",
            "idle_in_transaction_session_timeout": "1",
            "search_path": "nowhere",
            "timezone": "'Asia/Kolkata'",
            "datestyle": "German",
            "intervalstyle": "sql_standard",
            "client_encoding": "LATIN1",
            "standard_conforming_strings": "off",
            "bytea_output": "escape",
            "extra_float_digits": "-10",
            "default_transaction_isolation": "serializable",
            "default_transaction_read_only": "on",
            "transform_null_equals": "on",
            "client_min_messages": "notice",
        }
        for name, value in settings.items():
            server.sql(f"alter database {self.database} set {name} = {value}")
        self.call("create-tables")
        self.etl()
        self.expect_final()
        self.call("check")
        self.assertEqual(self.query("select '\\x01ff'::bytea"), ["\\x01ff"])

    def test_databases_that_order_text_otherwise(self):
        name = f"icu_{self.database}"
        collation = "locale_provider icu icu_locale 'en-US-u-ks-level2'"
        server.sql(f"create database {name} owner loader template template0 {collation}")
        self.use_database(name)
        self.call("create-tables")
        self.etl()
        self.expect_final()

    def test_a_database_that_cannot_hold_all_text_is_refused_at_once(self):
        name = f"latin_{self.database}"
        encoding = "encoding 'LATIN1' locale 'C'"
        server.sql(f"create database {name} owner loader template template0 {encoding}")
        self.use_database(name)
        self.fails("create-tables", says=["LATIN1", "UTF8"])
        self.assertEqual(self.sql("select 1 from pg_tables where schemaname = 'public'"), [])


# --- TLS -----------------------------------------------------------------------------------------


class TlsTest(PostgresCase):
    HAS_TLS = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"

    def remote(self, host=NAMED_HOST, **params):
        """The server under a name that is not local."""
        return self.url(host=host, hostaddr=LOCALHOST, **params)

    def expect_tls(self, expected, url, env=None):
        """The run's stderr."""
        done = self.call("query", self.HAS_TLS, "--format", "csv", url=url, env=env)
        self.assertEqual(done.stdout.splitlines()[1:], ["true" if expected else "false"])
        return done.stderr

    def test_the_name_in_the_certificate_gets_in_without_a_word(self):
        self.assertEqual(self.expect_tls(True, self.remote()), "")
        by_url = self.remote(sslrootcert=server.ca_file)
        self.assertEqual(self.expect_tls(True, by_url, {"PGSSLROOTCERT": None}), "")

    def test_the_users_own_authorities_count(self):
        folder = self.folder / ".postgresql"
        folder.mkdir()
        (folder / "root.crt").write_bytes(pathlib.Path(server.ca_file).read_bytes())
        env = {"PGSSLROOTCERT": None, "HOME": str(self.folder)}
        self.assertEqual(self.expect_tls(True, self.remote(), env), "")

    def test_another_authority_is_refused(self):
        for words in (("query", "select 1"), ("create-tables",), ("status",)):
            for env in ({"PGSSLROOTCERT": server.other_ca_file}, {"PGSSLROOTCERT": None}):
                with self.subTest(words=words, env=env):
                    self.fails(*words, url=self.remote(), env=env, says=["sslrootcert", NAMED_HOST])
        env = {"PGSSLROOTCERT": server.other_ca_file}
        says = "certificate verify failed"
        self.fails("query", "select 1", url=self.remote(), env=env, says=says)

    def test_a_certificate_for_another_name_is_refused(self):
        says = [f'does not match host name "{OTHER_HOST}"', "verify-full"]
        for url in (
            self.remote(OTHER_HOST),
            self.remote(OTHER_HOST, sslmode="verify-full"),
            self.remote(OTHER_HOST, sslmode=""),
        ):
            with self.subTest(url=url):
                self.fails("query", "select 1", url=url, says=says)

    def test_a_list_with_one_name_that_is_not_local(self):
        place = f"{OTHER_HOST}:{server.port},localhost:{server.port}/{self.database}"
        url = f"postgresql://loader@{place}?hostaddr={LOCALHOST},{LOCALHOST}"
        env = {"PGSSLROOTCERT": server.other_ca_file}
        self.fails("query", "select 1", url=url, env=env, says="certificate verify failed")

    def test_weaker_modes_are_asked_for_and_named(self):
        for mode, has_tls in (
            ("disable", False),
            ("allow", False),
            ("prefer", True),
            ("require", True),
            ("verify-ca", True),
        ):
            for url, env in (
                (self.remote(OTHER_HOST, sslmode=mode), {}),
                (self.remote(OTHER_HOST), {"PGSSLMODE": mode}),
            ):
                with self.subTest(mode=mode, env=env):
                    stderr = self.expect_tls(has_tls, url, env)
                    self.assertRegex(stderr, r"(?m)^sparkify: warning: ")
                    self.assertIn(f"{OTHER_HOST} goes with sslmode={mode}", stderr)
                    self.assertIn("verify-full", stderr)

    def test_a_weaker_mode_is_named_in_a_service_file(self):
        path = self.folder / "services"
        lines = {
            "host": OTHER_HOST,
            "hostaddr": LOCALHOST,
            "port": server.port,
            "user": postgres.LOADER,
            "dbname": self.database,
            "sslmode": "require",
        }
        path.write_text("[mine]\n" + "".join(f"{k}={v}\n" for k, v in lines.items()))
        env = {"PGSERVICEFILE": str(path), "PGSSLROOTCERT": server.ca_file}
        stderr = self.expect_tls(True, "postgresql://?service=mine", env)
        self.assertIn("sslmode=require", stderr)

    def test_a_mode_that_does_not_exist(self):
        done = self.call(
            "query",
            "select 1",
            url=self.remote(sslmode="verify_full"),
            exit_code=(EXIT_CONFIG, EXIT_DATABASE),
            says="verify_full",
        )
        self.assertIn("sslmode", done.stderr)

    def test_local_hosts_need_no_certificate(self):
        env = {"PGSSLROOTCERT": None}
        for host, has_tls in (("localhost", True), (LOCALHOST, True), (server.socket_dir, False)):
            with self.subTest(host=host):
                url = self.url(host=host)
                done = self.call("query", "select 1", url=url, env=env)
                self.assertEqual(done.stderr, "")
                if has_tls:
                    self.expect_tls(True, url, env)

    def test_every_connection_of_a_run_is_encrypted(self):
        self.call("create-tables", url=self.remote())
        with self.gate(LOADING[0]):
            process = self.start_etl(url=self.remote())
            self.wait_until_blocked()
            of_ours = f"using (pid) where datname = '{self.database}' and {OURS}"
            rows = server.sql(f"select ssl from pg_stat_ssl join pg_stat_activity {of_ours}")
            self.assertEqual(rows, [["t"]] * 3, "the leader and two that load")
        self.assertEqual(self.finish(process).stderr, "")

    def test_a_server_without_tls_is_refused(self):
        def set_tls(word):
            server.sql(f"alter system set ssl = {word}")
            server.sql("select pg_reload_conf()")
            wait_until(lambda: server.sql("show ssl") == [[word]], f"ssl is {word}")

        self.addCleanup(set_tls, "on")
        set_tls("off")
        says = ["does not support SSL", "sslmode"]
        self.fails("query", "select 1", url=self.remote(), says=says)
        stderr = self.expect_tls(False, self.remote(sslmode="prefer"))
        self.assertIn("sslmode=prefer", stderr)


# --- Locks ---------------------------------------------------------------------------------------


class LockTest(PostgresCase):
    has_tables = True

    @contextlib.contextmanager
    def held_run(self, env=None):
        """A run that stands still in its first group of logs until the context ends, and then goes
        on to its end."""
        with self.locked("songplays in share mode"):
            process = self.start_etl(env=env)
            self.wait_until_blocked()
            yield process
        self.finish(process)
        self.expect_final()

    def test_a_second_run_is_refused_and_says_by_whom(self):
        before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        with self.held_run() as process:
            after = datetime.datetime.now(datetime.UTC)
            for words in (
                ("etl", *data.sources),
                ("create-tables",),
                ("create-tables", "--drop", "--yes"),
                ("grant-readonly", "anybody"),
            ):
                with self.subTest(words=words):
                    says = [f"process {process.pid} on {socket.gethostname()}", "try again"]
                    done = self.fails(*words, exit_code=EXIT_LOCKED, says=says)
                    stamp = re.search(r"started (\d+-\d+-\d+ \d+:\d+:\d+) UTC", done.stderr)[1]
                    started = datetime.datetime.fromisoformat(f"{stamp}+00:00")
                    self.assertTrue(before <= started <= after, stamp)
            done = self.etl("--json", exit_code=EXIT_LOCKED)
            document = json.loads(done.stdout)
            self.assertEqual(document["format"], "sparkify.error/1")
            self.assertIn(f"process {process.pid} ", document["error"])
        done = self.etl()
        self.assertIn("Nothing new", done.stdout)

    def test_other_schemas_and_databases_are_not_held(self):
        with self.held_run():
            self.call("create-tables", "--schema", "second")
            self.etl("--schema", "second")
            self.expect_final(self.warehouse_of("second"))
            first = self.database
            self.new_database()
            self.etl()
            self.expect_final()
            self.use_database(first)

    def test_reading_commands_work_meanwhile(self):
        with self.held_run():
            for words in (
                ("query", "select count(*) from plays"),
                ("status",),
                ("check",),
                ("rejects",),
                ("etl", *data.sources, "--dry-run"),
            ):
                with self.subTest(words=words):
                    self.call(*words)

    def test_readers_see_what_is_committed_and_nothing_of_the_rest(self):
        """Held at the end of each group, when all its rows are written."""
        for way, env in WAYS.items():
            with self.subTest(way=way):
                self.new_database()
                keeper = self.psql()
                count = len(data.groups)
                keys = [next(gate_keys) for _ in data.groups]
                for key in keys:
                    keeper.run(f"select pg_advisory_lock({key})")
                # Tries that are rolled back call it, too: which group it is, the ledger says.
                body = (
                    f"perform pg_advisory_xact_lock_shared({keys[0]} + (select count(distinct"
                    " xmin::text) from public.etl_objects) - 1);"
                )
                self.plant_trigger("etl_objects", body)
                process = self.start_etl(env=env)
                for number, key in enumerate(keys):
                    self.wait_until_blocked()
                    self.assertEqual(self.expect_whole_groups(), number)
                    plays = len(data.states[number]["songplays"])
                    status = json.loads(self.call("status", "--json").stdout)
                    self.assertEqual(status["tables"][0]["row_count"], plays)
                    self.assertEqual(sum(run["plays"] for run in status["runs"]), plays)
                    if number == count - 1:
                        self.call("check")
                    keeper.run(f"select pg_advisory_unlock({key})")
                    wait_until(
                        lambda wanted=number + 1: self.receipts() >= wanted or process.poll() == 0,
                        "the group's commit",
                    )
                self.finish(process)
                self.expect_final()

    def receipts(self):
        [[count]] = self.sql("select count(distinct xmin::text) from etl_objects")
        return int(count)

    def test_status_is_of_one_moment(self):
        """While it reads, somebody commits to tables that it has read and to others."""
        self.etl()
        keeper = self.psql()
        keeper.run("begin; lock table etl_objects in access exclusive mode")
        reader = self.start("status", "--json")
        self.wait_until_blocked()
        read = ("unmatched_songplays", "songplays")
        for table in (*read, "etl_rejects", "etl_drift", "etl_objects", "etl_runs"):
            keeper.run(f"delete from {table}")
        keeper.run("commit")
        status = json.loads(self.finish(reader).stdout)
        plays = status["tables"][0]["row_count"]
        found = {plays > 0, status["objects"] != [], status["runs"] != []}
        self.assertEqual(len(found), 1, "all old or all new")

    def test_a_killed_run_leaves_no_lock(self):
        """Nor anything else: its statement is over, and it is killed before it has heard so."""
        with self.locked("songplays in share mode"):
            process = self.start_etl()
            self.wait_until_blocked()
            os.kill(process.pid, signal.SIGSTOP)
        wait_until(lambda: not self.sessions(condition="state = 'active'"), "the statement's end")
        process.kill()
        process.communicate()
        self.wait_until_gone()
        done = self.etl()
        self.assertIn("1 run was killed", done.stdout)
        self.expect_final()
        self.expect_nothing_staged()

    def test_a_killed_run_leaves_no_lock_though_its_statement_goes_on(self):
        """The server has to look whether its client is still there: the statement waits for more
        than that, and a long merge is the same."""
        with self.locked("songplays in share mode"):
            process = self.start_etl()
            self.wait_until_blocked()
            process.kill()
            process.communicate()
            self.wait_until_gone(NOTICE_SECONDS_MAX)
        self.etl()
        self.expect_final()

    def test_runs_that_start_together(self):
        """One loads; the others are refused, or come late and find nothing new."""
        processes = [self.start_etl() for _ in range(4)]
        done = [self.finish(process, (EXIT_OK, EXIT_LOCKED)) for process in processes]
        loaded = [one for one in done if "songplays" in one.stdout]
        self.assertEqual(len(loaded), 1, [one.stdout + one.stderr for one in done])
        self.expect_final()

    def test_create_tables_that_start_together(self):
        self.new_empty_database()
        words = [("create-tables",), ("create-tables",), ("create-tables", "--schema", "second")]
        processes = [self.start(*each) for each in words]
        codes = [self.finish(process, (EXIT_OK, EXIT_LOCKED)).returncode for process in processes]
        self.assertIn(EXIT_OK, codes[:2])
        self.assertEqual(codes[2], EXIT_OK)


# --- Signals -------------------------------------------------------------------------------------


SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143}


class SignalTest(PostgresCase):
    has_tables = True

    def expect_stop(self, name, env=None, *, words=None, groups=None):
        """The run, which waits for a lock, ends though nobody gives it the lock."""
        process = self.start(*words, env=env) if words else self.start_etl(env=env)
        self.wait_until_blocked()
        process.send_signal(name)
        done = self.finish(process, SIGNALS[name], seconds=STOP_SECONDS_MAX)
        self.wait_until_gone(STOP_SECONDS_MAX)
        return done

    def test_while_a_statement_waits(self):
        """In a group of logs: rows were written, and are gone."""
        for name, way in itertools.product(SIGNALS, WAYS):
            with self.subTest(signal=name, way=way):
                self.new_database()
                with self.locked("users in share mode"):
                    done = self.expect_stop(name, WAYS[way])
                self.expect_error(done.stderr, "stopped by a signal")
                states = self.sql("select status from etl_runs")
                self.assertEqual(states, [["stopped"]])
                self.expect_nothing_staged()
                self.expect_recovery(groups=1)

    def test_while_rows_are_sent(self):
        for way, env in WAYS.items():
            with self.subTest(way=way):
                self.new_database()
                table = {"staged": LOADING[0], "direct": "songplays"}[way]
                with self.gate(table):
                    self.expect_stop(signal.SIGINT, env)
                self.expect_nothing_staged()
                self.expect_recovery(groups=1)

    def test_at_the_commit(self):
        """A commit that was asked for and stopped is settled: all of the group, or nothing."""
        with self.gate("etl_objects", deferred=True):
            process = self.start_etl()
            self.wait_until_blocked()
            process.send_signal(signal.SIGINT)
        done = self.finish(process, SIGNALS[signal.SIGINT])
        self.expect_error(done.stderr, "stopped by a signal")
        self.expect_recovery(groups=1)

    def test_before_and_after_the_groups(self):
        """The plan, the run's first row, its end, what is tidied: everywhere a lock of somebody's
        may stop it."""
        for lock, groups in (
            ("etl_schema in access exclusive mode", 0),
            ("etl_objects in access exclusive mode", 0),
            ("etl_runs in share mode", 0),
            ("songplays in share row exclusive mode", 0),  # with the songs, for those that wait
            ("time in share row exclusive mode", 1),
            ("songplays in share update exclusive mode", len(data.groups)),  # as VACUUM has it
        ):
            with self.subTest(lock=lock):
                self.new_database()
                with self.locked(lock):
                    process = self.start_etl()
                    self.wait_until_blocked()
                    process.send_signal(signal.SIGINT)
                    self.finish(process, (EXIT_OK, 130), seconds=STOP_SECONDS_MAX)
                    self.wait_until_gone(STOP_SECONDS_MAX)
                self.expect_recovery(groups=groups)

    def test_other_commands_leave_nothing_running_on_the_server(self):
        self.etl()
        for words in (
            ("query", "select * from etl_objects"),
            ("status",),
            ("check",),
            ("create-tables", "--drop", "--yes"),
        ):
            with self.subTest(words=words):
                with self.locked("etl_objects in access exclusive mode"):
                    process = self.start(*words)
                    self.wait_until_blocked()
                    process.send_signal(signal.SIGINT)
                    self.finish(process, (130, -signal.SIGINT), seconds=STOP_SECONDS_MAX)
                    self.wait_until_gone(NOTICE_SECONDS_MAX)
        self.expect_final()


# --- Roles ---------------------------------------------------------------------------------------


class ReadonlyRoleTest(PostgresCase):
    has_tables = True

    def setUp(self):
        super().setUp()
        self.etl()
        self.analyst = self.new_role("analyst")

    def refused(self, sql, role=None):
        done = self.call("query", sql, role=role or self.analyst, exit_code=EXIT_DATABASE)
        self.assertIn("permission denied", done.stderr, sql)

    def refused_by_psql(self, *statements):
        session = self.psql(self.analyst)
        for sql in statements:
            with self.assertRaisesRegex(AssertionError, "permission denied|must be owner", msg=sql):
                session.run(f"begin; {sql}")
            session.run("rollback")

    def expect_star_only(self, role):
        for table in (*STAR, *VIEWS):
            [count] = self.query(f"select count(*) from {table}", role=role)
            self.assertEqual(int(count), len(data.final[table]), table)
        for table in (*ETL_TABLES, *STAGING, *LOADING):
            self.refused(f"select 1 from {table}", role)

    def test_it_reads_the_star_and_nothing_else(self):
        self.refused("select 1 from songplays")
        done = self.call("grant-readonly", self.analyst)
        self.assertIn(self.analyst, done.stdout)
        self.expect_star_only(self.analyst)

    def test_its_report_leaves_out_what_runs_did(self):
        self.call("grant-readonly", self.analyst)
        words = ("report", "--format", "json", "--out", "-")
        ours, theirs = (
            json.loads(self.call(*words, role=role).stdout) for role in (None, self.analyst)
        )
        self.assertEqual(theirs["analyses"], ours["analyses"])
        self.assertEqual(ours["banner"]["last_run"]["status"], "done")
        unseen = {"last_run": None, "rejects": None}
        self.assertEqual(theirs["banner"], {**ours["banner"], **unseen})

    def test_it_writes_nothing(self):
        self.call("grant-readonly", self.analyst)
        self.sql("revoke create on schema public from public")
        for table in (*STAR, *ETL_TABLES, *STAGING, *LOADING):
            self.refused_by_psql(
                f"delete from {table}",
                f"truncate {table}",
                f"insert into {table} select * from {table}",
                f"create trigger t after insert on {table} execute function now()",
                f"alter table {table} add x integer",
                f"lock table {table} in access exclusive mode",
                f"drop table {table}",
            )
        self.refused_by_psql(
            "update songplays set level = 'paid'",
            "create table public.t (a int)",
            "create view public.v as select 1",
            "create schema theirs",
        )
        self.expect_final()

    def test_it_grants_what_it_has_to_nobody(self):
        self.call("grant-readonly", self.analyst)
        other = self.new_role("other")
        session = self.psql(self.analyst)
        lines = session.run(f"grant select on songplays to {other}")
        self.assertIn("no privileges were granted", "\n".join(lines))
        self.refused("select 1 from songplays", other)

    def test_commands_of_a_run_are_not_for_it(self):
        self.call("grant-readonly", self.analyst)
        for words in (
            ("etl", *data.sources),
            ("status",),
            ("check",),
            ("rejects",),
            ("create-tables", "--drop", "--yes"),
            ("grant-readonly", self.analyst),
        ):
            with self.subTest(words=words):
                done = self.fails(*words, role=self.analyst, says=[])
                self.assertNotIn("has no sparkify tables", done.stderr)
        self.expect_final()

    def test_repeated_it_takes_away_what_was_granted_since(self):
        self.call("grant-readonly", self.analyst)
        self.sql(f"grant all on etl_runs, users, {LOADING[0]} to {self.analyst}")
        self.sql(f"grant select (uri) on etl_objects to {self.analyst}")
        self.sql(f"grant create on schema public to {self.analyst}")
        self.call("grant-readonly", self.analyst)
        self.expect_star_only(self.analyst)
        self.refused("select uri from etl_objects")
        self.refused_by_psql("delete from users")
        self.refused_by_psql("create table public.t (a int)")

    def test_it_stays_through_create_tables_and_runs(self):
        self.call("grant-readonly", self.analyst)
        self.call("create-tables")
        self.etl()
        self.expect_star_only(self.analyst)

    def test_tables_that_were_dropped_are_granted_anew(self):
        self.call("grant-readonly", self.analyst)
        self.call("create-tables", "--drop", "--yes")
        self.refused("select 1 from songplays")
        self.call("grant-readonly", self.analyst)
        self.etl()
        self.expect_star_only(self.analyst)

    def test_the_document(self):
        document = json.loads(self.call("grant-readonly", self.analyst, "--json").stdout)
        expected = {"format": "sparkify.grant_readonly/1", "role": self.analyst}
        self.assertEqual(document, {**expected, "warehouse": self.url()})

    def test_names_that_need_quotes(self):
        role = self.new_role('An "Analyst\'s" role; --')
        schema = 'My "Schema\'s; drop table users'
        self.call("create-tables", "--schema", schema)
        self.call("grant-readonly", role, "--schema", schema)
        self.assertEqual(
            self.query("select count(*) from users", "--schema", schema, role=role), ["0"]
        )
        done = self.call("query", "select 1 from etl_runs", "--schema", schema, role=role,
                         exit_code=EXIT_DATABASE)  # fmt: skip
        self.assertIn("permission denied", done.stderr)
        self.refused("select 1 from public.users", role)

    def test_roles_for_whom_it_is_refused(self):
        member = self.new_role("member")
        server.sql(f'grant {postgres.LOADER} to "{member}"')
        for role, says in (
            ("no such role", "does not exist"),
            ("public", "does not exist"),
            (postgres.SUPERUSER, "superuser"),
            (postgres.LOADER, "owner"),
            (member, "owner"),
        ):
            with self.subTest(role=role):
                self.fails("grant-readonly", role, says=[role, says])

    def test_refused_where_everybody_may_do_more(self):
        for grant, named in (
            ("select on etl_runs", "etl_runs"),
            ("insert on songplays", "INSERT on songplays"),
            ("select (raw_text) on etl_rejects", "etl_rejects"),
        ):
            with self.subTest(grant=grant):
                self.sql(f"grant {grant} to public")
                self.fails("grant-readonly", self.analyst, says=[named, "PUBLIC"])
                self.sql(f"revoke {grant} from public")
                self.refused("select 1 from users")

    def test_refused_where_everybody_may_create_in_the_schema(self):
        """As in databases of PostgreSQL before 15: an operator or a function that a role puts there is
        run by our own statements, with the loader's rights."""
        schema = postgres.quote_name(self.warehouse.schema)
        self.sql(f"grant create on schema {schema} to public")
        self.fails("grant-readonly", self.analyst, says=["CREATE on schema", "PUBLIC"])
        self.sql(f"revoke create on schema {schema} from public")
        self.call("grant-readonly", self.analyst)

    def test_refused_where_another_role_lets_it_do_more(self):
        group = self.new_role("writers", options="nologin", password="")
        self.sql(f"grant delete on songplays to {group}")
        server.sql(f"grant {group} to {self.analyst}")
        self.fails("grant-readonly", self.analyst, says=["DELETE on songplays", "another role"])
        self.refused("select 1 from users")

    def test_refused_to_who_has_no_right_to_grant(self):
        other = self.new_role("other")
        self.sql(f"grant all on all tables in schema public to {other}")
        done = self.fails("grant-readonly", self.analyst, role=other, says=[])
        self.assertNotIn("may now read", done.stdout)
        self.refused("select 1 from users")

    def test_duckdb_has_no_roles(self):
        url = f"duckdb:{self.folder}/w.duckdb"
        self.call("create-tables", url=url)
        self.fails("grant-readonly", "x", url=url, exit_code=EXIT_CONFIG, says="has no roles")


# --- Queries -------------------------------------------------------------------------------------


FORMATS = ("box", "csv", "json", "jsonl", "markdown")
WRITES = (
    "insert into users (user_id) values (1)",
    "update users set level = 'paid'",
    "delete from songplays",
    "truncate songplays",
    "create table t (a int)",
    "create temporary table t (a int)",
    "create view v as select 1",
    "drop table songplays",
    "select * into t from users",
    "copy users to stdout",
    "copy users from stdin",
    "set work_mem = '1MB'",
    "reset all",
    "begin",
    "commit",
    "do $$ begin delete from songplays; end $$",
    "lock table users",
    "vacuum",
    "analyze",
    "prepare p as select 1",
    "listen channel",
    "with gone as (delete from songplays returning *) select * from gone",
    "insert into users (user_id, last_event_at, last_event_key) values (1, now(), 1) returning *",
    "explain analyze delete from songplays",
    "explain (analyze) insert into users (user_id) values (1)",
    "select * from users for update",
    "select set_config('transaction_read_only', 'off', false)",
    "select testing.write()",
    "select testing.write() from (values (1), (2)) two",
    "call testing.proceed(1)",
    "select nextval('testing.calls')",
    "select 1; delete from songplays",
    "select 1; commit; delete from songplays",
    "delete from songplays; select 1",
    "select 1; select 2",
    "",
    ";",
    "-- nothing",
)


class QueryTest(PostgresCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.duckdb = f"duckdb:{folder.name}/w.duckdb"
        cls.loaded = server.create_database()
        for url in (server.url(cls.loaded), cls.duckdb):
            for words in (("create-tables",), ("etl", *data.sources)):
                env = {"HOME": str(home), **server.environment()}
                done = sparkify.run(*words, "--warehouse", url, env=env)
                assert done.returncode == EXIT_OK, done.stderr

    def setUp(self):
        super().setUp()
        self.use_database(self.loaded)

    def test_the_tables_as_the_program_reads_them(self):
        found = sparkify.warehouse_tables(self.warehouse)
        self.assertEqual(sparkify.difference(data.final, sparkify.without_runs(found)), "")

    def test_every_format_is_the_same_as_duckdbs(self):
        def compare(case):
            table, form = case
            names = ", ".join(f'"{name}"' for name in contract.TABLE_COLUMNS[table])
            order = ", ".join(map(str, range(1, 4)))
            words = ("query", f"select {names} from {table} order by {order}", "--format", form)
            here, there = (self.call(*words, url=url).stdout for url in (None, self.duckdb))
            self.assertGreater(len(here.splitlines()), 3)
            self.assertEqual(here, there)
            if table == "songplays" and form == "json":
                words = ("query", words[1], "--json")
                here, there = (self.call(*words, url=url).stdout for url in (None, self.duckdb))
                self.assertEqual(here, there)

        in_parallel(compare, list(itertools.product((*STAR, *VIEWS), FORMATS)))

    def test_types(self):
        for sql, expected, as_json in (
            ("true", "true", True),
            ("null::integer", "", None),
            ("''::text", '""', ""),
            ("32767::smallint", "32767", 32767),
            ("9223372036854775807", "9223372036854775807", 9223372036854775807),
            ("1.50::numeric(10, 5)", "1.50000", 1.5),
            ("123456789012345678901234567890.5", "123456789012345678901234567890.5", None),
            ("'NaN'::numeric", "nan", "nan"),
            ("0.1::float8", "0.1", 0.1),
            ("0.1::real", "0.1", 0.1),
            ("'-inf'::float8", "-inf", "-inf"),
            ("timestamp '2018-11-01 00:00:27.9'", "2018-11-01 00:00:27.900", None),
            ("timestamp '2018-11-01'", "2018-11-01 00:00:00.000", None),
            ("timestamp 'infinity'", "infinity", "infinity"),
            ("date '2018-11-01'", "2018-11-01", "2018-11-01"),
            ("timestamptz '2018-11-01 02:00+02'", "2018-11-01 00:00:00+00", None),
            ("interval '1 day 2 hours'", "1 day 02:00:00", "1 day 02:00:00"),
            ("'\\x0001ff'::bytea", "\\x0001ff", "\\x0001ff"),
            ("array[1, null, 3]", '"{1,NULL,3}"', "{1,NULL,3}"),
            ("array['a', 'b,c']", '"{a,""b,c""}"', '{a,"b,c"}'),
            ("""'{"a": [1, 2]}'::json""", '"{""a"": [1, 2]}"', '{"a": [1, 2]}'),
            ("""'{"a":[1,2]}'::jsonb""", '"{""a"": [1, 2]}"', '{"a": [1, 2]}'),
            ("'users'::regclass", "users", "users"),
            ("row(1, 'x')", '"(1,x)"', "(1,x)"),
            ("E'a\\nb'", '"a\nb"', "a\nb"),
        ):
            with self.subTest(sql=sql):
                words = ("query", f"select {sql} as value")
                self.assertEqual(
                    self.call(*words, "--format", "csv").stdout, f"value\n{expected}\n"
                )
                [row] = json.loads(self.call(*words, "--format", "json").stdout)
                if as_json is not None or expected == "":
                    self.assertEqual(row, {"value": as_json})

    def test_names_of_columns(self):
        sql = 'select 1 as a, 2 as a, 3, 4 as "Ä ""q"""'
        self.assertEqual(
            self.call("query", sql, "--format", "csv").stdout, 'a,a,?column?,"Ä ""q"""\n1,2,3,4\n'
        )

    def test_statements_that_read(self):
        for sql in (
            "select 1;",
            "  ( select 1 )",
            "/* a comment */ select 1 -- another",
            "with one as (select 1) select * from one",
            "values (1), (2)",
            "table users",
            "show server_version",
            "explain select * from songplays",
            "explain (analyze, costs off) select * from songplays",
            "select count(*) from information_schema.tables",
        ):
            with self.subTest(sql=sql):
                self.assertGreater(len(self.query(sql)), 0)

    def test_nothing_but_reading(self):
        self.sql(
            "create schema if not exists testing; grant usage on schema testing to public;"
            "create sequence if not exists testing.calls;"
            "grant all on sequence testing.calls to public;"
            "create or replace function testing.write() returns int language plpgsql as $$ begin"
            " set local transaction_read_only = off; delete from public.songplays; return 1;"
            " end $$;"
            "create or replace procedure testing.proceed(inout n int) language plpgsql as $$ begin"
            " rollback; delete from public.songplays; commit; end $$"
        )
        calls = "select last_value, is_called from testing.calls"
        before = self.sql(calls)
        in_parallel(lambda sql: self.fails("query", sql, says=[]), WRITES)
        self.assertEqual(self.sql(calls), before)
        self.expect_final()

    def test_what_statements_leave_behind_is_taken_back(self):
        """Calls that PostgreSQL takes for reading."""
        self.query("select lo_create(0)")
        self.query("select pg_notify('channel', 'x')")
        self.query("select set_config('work_mem', '1MB', false)")
        self.query("select pg_advisory_lock(7)")
        rows = self.sql("select count(*) from pg_largeobject_metadata")
        self.assertEqual(rows, [["0"]])
        self.assertEqual(self.sql("select pg_try_advisory_lock(7)"), [["t"]])

    def test_errors_name_the_place(self):
        for sql, says in (
            ("select * form users", ['"form"', "character 10"]),
            ("select nope from users", ['"nope"', "character 8"]),
            ("select *\nfrom users\nwhere nope = 1", ['"nope"', "character 27"]),
            ("select frist_name from users", ["frist_name", "first_name"]),
            ("select * from user_level", ["user_level"]),
            ("select 1/0", ["division by zero"]),
            ("select * from users where level = 1", ["operator does not exist"]),
            ("select 'ä", ["unterminated"]),
        ):
            with self.subTest(sql=sql):
                done = self.fails("query", sql, says=says)
                self.assertNotIn("create-tables", done.stderr)
                self.assertEqual(done.stdout, "")

    def test_an_error_in_the_middle_of_the_rows(self):
        sql = "select 1 / (5 - n) as n from generate_series(1, 10) n"
        done = self.fails("query", sql, "--format", "csv", says="division by zero")
        self.assertEqual(done.stdout.splitlines(), ["n", "0", "0", "0", "1"])

    def test_many_rows_come_as_they_are_made(self):
        """Nothing gathers them: the reader that goes ends the statement."""
        sql = "select generate_series(1, 1000000000) as n, repeat('x', 1000) as text"
        process = self.start("query", sql, "--format", "csv")
        self.assertEqual(process.stdout.readline(), "n,text\n")
        self.assertTrue(process.stdout.readline().startswith("1,x"))
        process.stdout.close()
        process.wait(WAIT_SECONDS_MAX)
        wait_until(
            lambda: not self.sessions(condition="query like '%generate_series%'"),
            "the statement's end",
        )
        process.stderr.close()

    def test_rows_of_a_box(self):
        done = self.call("query", "select n from generate_series(1, 100) n")
        self.assertIn("40 of 100 rows", done.stdout)


# --- Schemas -------------------------------------------------------------------------------------


class SchemaTest(PostgresCase):
    AWKWARD = (
        'My Schema"',
        "x; drop table users; --",
        "ä日本",
        "public, pg_catalog",
        "it's %s {{schema}}",
        "SELECT",
        "a" * 63,
    )

    def relations(self, schema="public"):
        name = postgres.quote_literal(schema)
        kinds = "relkind in ('r', 'v', 'S', 'm', 'p')"
        rows = self.sql(
            "select relname from pg_class join pg_namespace n on n.oid = relnamespace"
            f" where n.nspname = {name} and {kinds} order by relname"
        )
        return {row for [row] in rows}

    def test_awkward_names(self):
        def load(schema):
            warehouse = self.warehouse_of(schema)
            self.call("create-tables", "--schema", schema)
            self.etl("--schema", schema)
            self.expect_final(warehouse)
            self.call("check", "--schema", schema)

        in_parallel(load, self.AWKWARD)
        self.assertEqual(self.relations(), set())

    def test_names_that_cannot_be(self):
        for schema, codes in (
            ("a" * 64, EXIT_CONFIG),
            ("ä" * 32, EXIT_CONFIG),
            ("", EXIT_CONFIG),
            ("pg_mine", EXIT_DATABASE),
            ("pg_temp", (EXIT_CONFIG, EXIT_DATABASE)),
            ("pg_catalog", EXIT_DATABASE),
            ("information_schema", EXIT_DATABASE),
        ):
            with self.subTest(schema=schema):
                self.fails("create-tables", "--schema", schema, exit_code=codes, says=[])

    def test_the_name_that_means_the_user_elsewhere(self):
        """search_path has a meaning of its own for "$user"."""
        done = self.call("create-tables", "--schema", "$user", exit_code=(EXIT_OK, EXIT_CONFIG))
        if done.returncode == EXIT_OK:
            self.etl("--schema", "$user")
            self.assertIn("songplays", self.relations("$user"))

    def test_duckdb_has_no_schemas(self):
        url = f"duckdb:{self.folder}/w.duckdb"
        words = ("create-tables", "--schema", "x")
        self.fails(*words, url=url, exit_code=EXIT_CONFIG, says="--schema")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_the_schema_from_the_environment_and_the_file(self):
        cfg = self.folder / "dwh.cfg"
        cfg.write_text("[SPARKIFY]\nSCHEMA = from_file\n")
        self.call("create-tables", env={"SPARKIFY_SCHEMA": "from_environment"})
        self.call("create-tables", "--config", cfg)
        for schema in ("from_environment", "from_file"):
            self.assertIn("songplays", self.relations(schema))
        self.assertEqual(self.relations(), set())

    def test_a_drop_leaves_what_is_others(self):
        self.sql(
            "create table theirs (a int); insert into theirs values (1);"
            "create view their_view as select * from theirs; create sequence their_sequence;"
            "create table songplays_2018 (a int); create table etl_other (a int);"
            "create schema app; create table app.songplays (a int);"
            "create view app.plays as select 1"
        )
        theirs = self.relations()
        self.call("create-tables")
        ours = self.relations() - theirs
        self.assertLessEqual({*STAR, *VIEWS, *ETL_TABLES, *STAGING}, ours)
        self.assertLessEqual(ours, {*STAR, *VIEWS, *ETL_TABLES, *STAGING, *LOADING})
        self.etl()
        done = self.call("create-tables", "--drop", exit_code=EXIT_USAGE)
        self.assertIn("--yes", done.stderr)
        self.expect_final()
        oids = f"select oid from pg_class where relname in {LOADING} and relkind = 'r'"
        before = self.sql(oids)
        self.call("create-tables", "--drop", "--yes")
        self.assertEqual(self.relations(), theirs | ours)
        self.assertEqual([oid for oid in self.sql(oids) if oid in before], [])
        self.assertEqual(self.relations("app"), {"songplays", "plays"})
        self.assertEqual(self.sql("table theirs"), [["1"]])
        self.assertEqual(self.sql("select count(*) from songplays"), [["0"]])
        self.etl()
        self.expect_final()

    def test_a_drop_that_somebodys_view_is_in_the_way_of(self):
        self.call("create-tables")
        self.etl()
        self.sql("create view their_view as select * from plays")
        self.fails("create-tables", "--drop", "--yes", says=["their_view"])
        self.expect_final()

    def test_a_view_on_the_star_is_no_trouble_for_create_tables_and_runs(self):
        self.call("create-tables")
        self.sql(
            "create view their_view as select p.*, valid_to from plays p join user_levels u"
            " on u.user_id = p.user_id"
        )
        self.call("create-tables")
        self.etl()
        self.expect_final()

    def test_names_of_our_passing_tables_are_taken(self):
        """By tables of the schema: ours are the session's own."""
        names = ("play_faults", "loading_objects", "late_matches")
        names += tuple(f"new_{table}" for table in STAR)
        for name in names:
            self.sql(f"create table {name} (a text); insert into {name} values ('theirs')")
        for env in WAYS.values():
            self.call("create-tables", "--drop", "--yes")
            self.etl(env=env)
            self.expect_final()
            self.call("check")
        for name in names:
            self.assertEqual(self.sql(f"table {name}"), [["theirs"]], name)

    def test_names_of_the_servers_own_are_taken(self):
        self.sql(
            "create function hashtext(text) returns int language sql as 'select 1 / 0';"
            "create function pg_try_advisory_lock(int, int) returns bool language sql"
            " as 'select false';"
            "create function pg_backend_pid() returns int language sql as 'select 1 / 0';"
            "create function current_schema() returns name language sql as $$ select 'x'::name $$;"
            "create view pg_stat_activity as select 1 / 0 as pid; create table pg_class (a int);"
            "create table pg_namespace (nspname text); create table pg_locks (a int);"
            "create domain timestamp as text; create domain varchar as int"
        )
        self.call("create-tables")
        self.etl()
        self.expect_final()
        self.call("check")

    def test_functions_that_fit_our_calls_better_than_the_servers(self):
        """In a schema where others may create them they would run with the loader's rights."""
        for argument in ("integer", "bigint", "boolean", "text", "varchar", "timestamp", "oid"):
            self.sql(
                f"create function count({argument}) returns bigint language sql as 'select 1 / 0'"
            )
        self.call("create-tables")
        self.etl()
        self.expect_final()
        self.call("check")

    def test_tables_of_others_that_have_our_names(self):
        """They are not taken for ours: nothing is loaded into them, and they are not emptied."""
        for table in ("users", "etl_loading_events", "etl_loading_songs", "etl_objects"):
            with self.subTest(table=table):
                self.new_empty_database()
                self.sql(
                    f"create table {table} (a int); insert into {table} values (1);"
                    f"alter table {table} owner to loader"
                )
                self.call("create-tables", exit_code=(EXIT_OK, EXIT_DATABASE))
                self.etl(exit_code=(EXIT_OK, EXIT_DATABASE))
                self.assertEqual(self.sql(f"table {table}"), [["1"]])


if __name__ == "__main__":
    unittest.main()
