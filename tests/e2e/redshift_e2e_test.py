"""The program and Amazon Redshift, of which a stand-in is there: the whole way, rights, errors.

Run it as `python3 tests/e2e/redshift_e2e_test.py`; it needs what tests/servers/redshift.py and
rgw.py need. Environment: SPARKIFY_BINARY (the program). Cuts, kills and races are in
redshift_faults_e2e_test.py.
"""

import contextlib
import functools
import gzip
import http.server
import itertools
import json
import pathlib
import queue
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
from unittest import mock

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle"), str(HERE.parent / "servers")]

import postgres  # noqa: E402
import postgres_e2e_test  # noqa: E402
import redshift  # noqa: E402
import sparkify  # noqa: E402
import warehouses  # noqa: E402
from contract_e2e_test import lines, song  # noqa: E402
from postgres_e2e_test import day_sources, in_parallel, wait_until  # noqa: E402
from rgw import identity_policy  # noqa: E402
from s3_client import allow  # noqa: E402
from warehouses import BUCKET, CONTROL  # noqa: E402

EXIT_OK = 0
EXIT_CONFIG = 3
EXIT_SOURCE = 4
EXIT_DATABASE = 5
EXIT_COMMIT_UNKNOWN = 7
EXIT_INTERNAL = 70
LANES = 2
SOURCE = "source"  # a bucket that the role of COPY has nothing to do with
SCHEMA = "it's \"№ {number}\"; --"
ELSEWHERE = "eu-west-1"
GROUPS = {"SPARKIFY_GROUP_BYTES": "20000"}  # the songs together, each day by itself
SETTINGS = {"jit": "off"}  # of the stand-in's server, which would spend most of its time on that
MACHINE_FREE = {  # nothing of the machine's own: no proxy, no profile, no instance role
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"), ""),
    **dict.fromkeys(("http_proxy", "https_proxy", "all_proxy", "no_proxy"), ""),
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
    "SPARKIFY_RETRY_MS": "1",
}
COMMENT = re.compile(r"(?m)^\s*--.*$")
WRITES = re.compile(r"(insert|update|delete|copy|create|drop|alter|truncate)\b", re.I)
LOCK = "lock table etl_lock"

s3 = None  # the RgwServer of the running test module
loader = None  # its User who is the program, and owns the buckets
role = None  # the ARN under which COPY reads
lanes = []  # stand-ins; tests beside each other have one each
data = None  # the Data of the running test module
home = None  # an empty folder: nothing of the user's own shall count
planted = set()  # passwords that no server has, but the program was given


def setUpModule():
    start_servers()


def start_servers():
    """For the module that is run: this one, or one that builds on it."""
    global s3, loader, role, data, home
    sparkify.binary()
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    home = pathlib.Path(folder.name, "home")
    home.mkdir()
    unittest.addModuleCleanup(close_servers)
    with mock.patch.object(redshift, "RedshiftServer", WatchedServer):
        first = warehouses.redshift_server(settings=SETTINGS)
    s3, loader, role = warehouses.s3, warehouses.loader, warehouses.role
    service = first.source.service
    planted.update((loader.secret_key, service.secret_key))
    others = [WatchedServer(s3, service, settings=SETTINGS) for _ in range(LANES - 1)]
    lanes.extend(Lane(server) for server in (first, *others))
    data = Data(pathlib.Path(folder.name, "data").resolve())


def close_servers():
    sent = [statement for lane in lanes for statement in lane.server.all_sent]
    for lane in lanes:
        lane.server.close()
    warehouses.stop()
    expect_no_secret("\n".join(sent))
    keys = [loader.access_key, "access_key_id", "secret_access_key", "credentials"]
    found = [key for key in keys for sql in sent if key in sql.lower() or key in sql]
    assert not found, f"statements have {found}"
    lanes.clear()


# --- Helpers -------------------------------------------------------------------------------------


class WatchedServer(redshift.RedshiftServer):
    """Also calls a test's function when a statement comes, before anything is done with it."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.watched = []
        self.all_sent = []

    def on(self, pattern, act, nth=1):
        with self.lock:
            self.watched.append([re.compile(pattern, re.I | re.S), nth, act])

    def record(self, session, sql):
        super().record(session, sql)
        due = []
        with self.lock:
            self.all_sent.append(sql)
            for order in [order for order in self.watched if order[0].search(sql)]:
                order[1] -= 1
                if order[1] == 0:
                    self.watched.remove(order)
                    due.append(order[2])
        for act in due:
            act()

    @property
    def orders(self):
        """What has not come to pass."""
        with self.lock:
            return [*self.watched, *self.cuts, *self.failures]

    def calm(self):
        with self.lock:
            for orders in (self.watched, self.cuts, self.failures):
                orders.clear()
        if self.paused or self.listener is None:
            self.resume()
        self.bucket_regions.clear()
        self.isolation = "snapshot"
        self.clear_statements()


class Lane:
    """A stand-in with a database, in which each test has schemas of its own."""

    def __init__(self, server):
        self.server = server
        server.start()
        self.database = server.create_database()


def in_lanes(work, items):
    """`work` on a lane and each item, a lane doing one at a time."""
    free = queue.SimpleQueue()
    for lane in lanes:
        free.put(lane)

    def on_one(item):
        lane = free.get()
        try:
            work(lane, item)
        finally:
            free.put(lane)

    with mock.patch.object(postgres_e2e_test, "WORKERS", len(lanes)):
        in_parallel(on_one, items)


def expect_no_secret(text):
    passwords = [word for lane in lanes for word in lane.server.postgres.passwords.values()]
    for secret in planted.union(filter(None, passwords)):
        for form in {secret, urllib.parse.quote(secret, safe=""), json.dumps(secret)[1:-1]}:
            if form in text:
                raise AssertionError(f"a secret is shown: {form!r} in {text!r}")


def plant(secret):
    """What must not be seen anywhere."""
    planted.add(secret)
    return secret


def plain(sql):
    """Without comments, in one line."""
    return " ".join(COMMENT.sub("", sql).split())


def shape(sql):
    """A statement without what is another thing in each run."""
    text = re.sub(r"s3://[^']*manifest.json", "MANIFEST", plain(sql))
    return re.sub(r" values \(.*", " values", text)


def transactions(statements):
    """The blocks of all sessions, each a list of statements behind its `begin`; and what writes
    outside of any."""
    blocks, stray, is_open = [], [], {}
    for session, sql in statements:
        text = plain(sql)
        if text.lower().startswith("begin"):
            is_open[session] = [] if text.lower() == "begin" else None
            blocks += [is_open[session]] if text.lower() == "begin" else []
        elif text.lower() in ("commit", "rollback"):
            is_open.pop(session, None)
        elif is_open.get(session) is not None:
            is_open[session].append(text)
        elif WRITES.match(text):
            stray.append(text)
    return blocks, stray


def expect_lock_first(statements):
    """What runs write, they write behind the lock."""
    blocks, stray = transactions(statements)
    assert not stray, f"outside of transactions: {stray}"
    assert blocks, "no transactions"
    for block in blocks:
        if any(WRITES.match(sql) for sql in block) and block[0] != LOCK:
            raise AssertionError(f"written without the lock: {block}")


class Data(postgres_e2e_test.Data):
    """Few rows, in several groups."""

    def __init__(self, folder):
        self.folder = folder
        words = ("--events", 100, "--songs", 15, "--days", 2, "--faults", "all=0.01")
        done = sparkify.run("generate", "--out", folder, *words)
        if done.returncode != EXIT_OK:
            raise sparkify.SparkifyError(done.stderr)
        self.sources = day_sources(folder)

    @functools.cached_property
    def groups(self):
        with tempfile.TemporaryDirectory() as folder:
            where = ("--warehouse", f"duckdb:{folder}/w.duckdb")
            sparkify.run("create-tables", *where)
            words = ("etl", "--dry-run", "--json", *self.sources, *where)
            groups = json.loads(sparkify.run(*words, env=GROUPS).stdout)["plan"]["groups"]
        assert [group["kind"] for group in groups] == ["song", "log", "log"], groups
        return groups


class RedshiftCase(unittest.TestCase):
    """Helpers. Each test has schemas of its own in the database of its lane."""

    has_tables = True
    lane = None
    numbers = itertools.count(1)

    def setUp(self):
        self.lane = self.lane or lanes[0]
        self.server, self.database = self.lane.server, self.lane.database
        self.addCleanup(self.server.calm)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        self.warehouse = self.new_schema()
        if self.has_tables:
            self.call("create-tables")
        self.server.clear_statements()

    @classmethod
    @contextlib.contextmanager
    def apart(cls, lane):
        """A case like this one in a lane, for what runs beside others."""
        case = cls()
        case.lane = lane
        try:
            case.setUp()
            yield case
        finally:
            case.doCleanups()

    # The program

    def new_schema(self):
        """A warehouse that create-tables may make, with a control area of its own."""
        number = next(self.numbers)
        name = SCHEMA.format(number=number)
        self.control = f"{CONTROL}/{number}"
        env = {
            "HOME": str(home),
            **MACHINE_FREE,
            **s3.environment(loader),
            **self.server.environment(),
            "SPARKIFY_IAM_ROLE": role,
            "SPARKIFY_CONTROL": self.control,
        }
        url = self.server.url(self.database)
        self.addCleanup(self.drop, name)
        return sparkify.RedshiftWarehouse(url, name, env, self.server, self.database)

    def drop(self, schema):
        self.wait_until_gone()
        self.server.sql(
            f"drop schema if exists {postgres.quote_name(schema)} cascade", self.database
        )

    def url(self, **params):
        return self.server.url(self.database, **params)

    def environment(self, env=None):
        """`env` comes on top; None there takes a variable away."""
        found = {**self.warehouse.environment, **(env or {})}
        return {name: text for name, text in found.items() if text is not None}

    def words(self, words, url=None, schema=None):
        where = ("--warehouse", url or self.warehouse.url)
        return (*words, *where, "--schema", schema or self.warehouse.schema)

    def call(self, *words, exit_code=EXIT_OK, url=None, schema=None, env=None, says=()):
        """A finished process. `says`: what an error has in it."""
        done = sparkify.run(*self.words(words, url, schema), env=self.environment(env))
        return self.judge(done, exit_code, says)

    def judge(self, done, exit_code=EXIT_OK, says=()):
        expect_no_secret(done.stdout + done.stderr)
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
        words = ("etl", *(sources or data.sources), "--threads", 2, *options)
        return self.call(*words, env={**GROUPS, **(env or {})}, **more)

    def start_etl(self, *options, env=None, sources=None):
        words = self.words(("etl", *(sources or data.sources), "--threads", 2, *options))
        process = sparkify.start(*words, env=self.environment({**GROUPS, **(env or {})}))
        self.addCleanup(postgres_e2e_test.PostgresCase.end, process)
        return process

    def finish(self, process, exit_code=EXIT_OK, says=()):
        stdout, stderr = process.communicate(timeout=sparkify.TIMEOUT_S)
        done = subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)
        return self.judge(done, exit_code, says)

    def query(self, sql, **more):
        """The lines of its answer, without the names of the columns."""
        return self.call("query", sql, "--format", "csv", **more).stdout.splitlines()[1:]

    # The server

    def sql(self, text):
        """By the superuser, in this test's schema; its rows."""
        path = f"set search_path = {postgres.quote_name(self.warehouse.schema)}"
        return self.server.sql(f"{path}; {text}", self.database)

    def sent(self, pattern):
        """What clients sent, of which this is the beginning."""
        found = (plain(sql) for _, sql in self.server.statements)
        return [sql for sql in found if re.match(pattern, sql, re.I)]

    def wait_until_gone(self):
        """No client is left, and no part of the server that one had."""
        ours = f"from pg_stat_activity where datname = '{self.database}' and usename <> 'postgres'"
        gone = f"select 1 {ours} limit 1"
        wait_until(
            lambda: not self.server.sessions and not self.server.sql(gone), "no session is left"
        )

    def staged(self):
        """The names of the objects in the control area."""
        below = self.control.removeprefix(f"s3://{BUCKET}/")
        return [one.key.decode() for one in s3.client(loader).list(BUCKET, f"{below}/")]

    # The tables

    def tables(self):
        return sparkify.without_runs(sparkify.warehouse_tables(self.warehouse))

    def expect_final(self):
        self.assertEqual(sparkify.difference(data.final, self.tables()), "")

    def expect_nothing_new(self, **more):
        self.assertIn("Nothing new", self.etl(**more).stdout)

    def expect_whole_groups(self):
        """How many groups are loaded: nothing of any other is."""
        found = self.tables()
        if found in data.states:
            return data.states.index(found)
        counts = [len(state["etl_objects"]) for state in data.states]
        nearest = max(n for n, count in enumerate(counts) if count <= len(found["etl_objects"]))
        raise AssertionError(
            f"no whole groups; nearest to {nearest} of them, where\n"
            + sparkify.difference(data.states[nearest], found)
        )

    def expect_recovery(self, groups=None):
        """Whole groups now, all after one more run, and then nothing new. How many they were."""
        loaded = self.expect_whole_groups()
        if groups is not None:
            self.assertEqual(loaded, groups, "groups loaded")
        self.etl()
        self.expect_final()
        counts = "(select count(*) from staging_events), (select count(*) from staging_songs)"
        if loaded < len(data.groups):
            self.assertEqual(self.sql(f"select {counts}"), [["0", "0"]], "staged rows")
        self.assertEqual(self.sql("select run_id from etl_runs where status = 'running'"), [])
        self.expect_nothing_new()
        return loaded


# --- The whole way -------------------------------------------------------------------------------


class FlowTest(RedshiftCase):
    has_tables = False

    def put_source(self, name):
        """The data below a prefix of the bucket that only the program reads."""
        client = s3.client(loader)
        client.create_bucket(SOURCE)
        objects = [
            (f"{name}/{path.relative_to(data.folder)}", path.read_bytes())
            for path in data.folder.rglob("*.json*")
        ]
        client.put_many(SOURCE, objects)
        return tuple(
            word
            for kind in ("log", "song")
            for word in (f"--{kind}-data", f"s3://{SOURCE}/{name}/{kind}_data")
        )

    def duckdb(self):
        warehouse = self.folder / "w.duckdb"
        self.on_duckdb(warehouse, "create-tables")
        return warehouse

    def on_duckdb(self, warehouse, *words):
        env = {**GROUPS, **self.environment({"SPARKIFY_SCHEMA": None})}
        done = sparkify.run(*words, "--warehouse", f"duckdb:{warehouse}", env=env)
        return self.judge(done)

    def expect_same(self, duckdb):
        expected, found = map(sparkify.warehouse_tables, (duckdb, self.warehouse))
        self.assertEqual(sparkify.difference(expected, found), "")

    def test_from_s3(self):
        """What a user does. The role has no right to the source."""
        sources = self.put_source("all")
        session = s3.client(self.server.source.service).assume_role(role)
        with self.assertRaisesRegex(Exception, "403"):
            s3.client(session).list(SOURCE, "all/")
        done = self.call("create-tables")
        self.assertIn("Created artists", done.stdout)
        self.assertNotIn("etl_lock", done.stdout)
        self.call("create-tables")
        self.server.clear_statements()
        done = self.etl("-v", sources=sources)
        expect_lock_first(self.server.statements)
        self.assertEqual(self.staged(), [], "nothing is left of what was loaded")
        duckdb = self.duckdb()
        self.on_duckdb(duckdb, "etl", *sources)
        self.expect_same(duckdb)
        self.server.clear_statements()
        self.expect_nothing_new(sources=sources)
        self.assertEqual(transactions(self.server.statements), ([], []), "nothing was written")
        self.call("check")

        for words in (
            ("status", "--json"),
            ("rejects", "--format", "csv"),
            ("rejects", "--summary", "--format", "json"),
            ("rejects", "--reason", "bad_json", "--limit", 1, "--format", "jsonl"),
            ("check", "--json"),
        ):
            with self.subTest(words=words):
                found, expected = self.call(*words).stdout, self.on_duckdb(duckdb, *words).stdout
                if words[0] == "rejects":
                    self.assertEqual(found, expected)
                else:
                    self.assertEqual(json.loads(found).keys(), json.loads(expected).keys())
        status = json.loads(self.call("status", "--json").stdout)
        self.assertEqual([run["status"] for run in status["runs"]], ["done"])
        self.assertEqual(
            sum(kind["objects"] for kind in status["objects"]), len(data.final["etl_objects"])
        )
        for form in ("box", "csv", "json", "jsonl", "markdown"):
            sql = "select song_id, title, duration, year from songs order by song_id"
            words = ("query", sql, "--format", form)
            with self.subTest(form=form):
                self.assertEqual(self.call(*words).stdout, self.on_duckdb(duckdb, *words).stdout)

    def test_queries_only_read(self):
        self.call("create-tables")
        self.etl()
        key = f"{self.control.removeprefix(f's3://{BUCKET}/')}/a.csv"
        s3.client(loader).put(BUCKET, key, b"SO1,a,AR1,2000,1.5,b\n")
        for sql in (
            "delete from songs",
            "create table mine (a int)",
            f"copy songs from 's3://{BUCKET}/{key}' iam_role '{role}' csv",
            "unload ('select 1') to 's3://a/b' iam_role 'arn:aws:iam::1:role/a'",
            "truncate songs",
            "commit; delete from songs",
        ):
            with self.subTest(sql=sql):
                self.fails("query", sql, says="redshift://")
        self.expect_final()
        self.fails("query", "select nothing from nowhere", says="nowhere")
        self.assertEqual(self.query("select 'a', 1.5, true"), ["a,1.5,true"])

    def test_settings_from_a_file(self):
        self.call("create-tables")
        sources = self.put_source("cfg")
        user, password = redshift.LOADER, self.server.postgres.passwords[redshift.LOADER]
        cfg = self.folder / "dwh.cfg"
        cfg.write_text(
            f"[CLUSTER]\nHOST=localhost\nDB_NAME={self.database}\nDB_USER={user}\n"
            f"DB_PASSWORD={password.replace('%', '%%')}\nDB_PORT={self.server.port}\n"
            f"[IAM_ROLE]\nARN='{role}'\n"
            f"[S3]\nLOG_DATA='{sources[1]}'\nSONG_DATA='{sources[3]}'\nCONTROL='{self.control}'\n"
        )
        cfg.chmod(0o600)
        unset = dict.fromkeys(("SPARKIFY_DB_PASSWORD", "SPARKIFY_IAM_ROLE", "SPARKIFY_CONTROL"))
        words = ("--config", cfg, "--schema", self.warehouse.schema)
        env = self.environment({**unset, **GROUPS})
        done = self.judge(sparkify.run("etl", *words, env=env))
        self.assertNotIn("unknown and not used", done.stderr)
        self.assertEqual(self.query("select count(*) from songs"), [str(len(data.final["songs"]))])
        shown = self.judge(sparkify.run("config", *words, env=env)).stdout
        self.assertIn(self.control, shown)

    def test_dry_run(self):
        self.call("create-tables")
        self.server.clear_statements()
        plan = json.loads(self.etl("--dry-run", "--json").stdout)["plan"]
        self.assertEqual(len(plan["groups"]), len(data.groups))
        self.assertEqual(transactions(self.server.statements), ([], []))
        self.assertEqual(self.staged(), [])
        self.assertEqual(self.query("select count(*) from etl_objects"), ["0"])

    def test_the_statements_that_a_dry_run_shows(self):
        """What a run writes is among them, and in their order the first time."""
        self.call("create-tables")
        shown = json.loads(self.etl("--dry-run", "--sql", "--json").stdout)["plan"]["statements"]
        self.assertIn(f"{self.control}/RUN/", "".join(shown))
        self.server.clear_statements()
        self.etl()
        shapes = [shape(sql) for sql in shown]
        blocks, _ = transactions(self.server.statements)
        for sql in itertools.chain.from_iterable(blocks):
            if not re.match(r"(?i)select|insert into etl_rejects", sql):
                self.assertIn(shape(sql), shapes)
        firsts = [sql for sql in shapes if sql.startswith(("copy", "insert into song"))]
        self.assertTrue(firsts[0].startswith("copy loading_songs"))
        self.assertEqual(self.staged(), [])

    def test_keep_staging(self):
        self.call("create-tables")
        self.etl("--keep-staging")
        self.expect_final()
        self.assertGreater(int(self.query("select count(*) from staging_events")[0]), 0)
        self.expect_nothing_new()

    def test_schemas_are_apart(self):
        first = self.warehouse
        self.call("create-tables")
        self.etl()
        self.warehouse = self.new_schema()
        self.call("create-tables")
        self.assertEqual(self.query("select count(*) from etl_objects"), ["0"])
        self.etl()
        self.expect_final()
        self.warehouse = first
        self.expect_final()
        self.expect_nothing_new()
        self.call("create-tables", "--drop", "--yes")
        self.assertEqual(self.query("select count(*) from etl_objects"), ["0"])

    def test_equal_to_duckdb(self):
        """Day by day, in order and reversed; objects that change; songs that come late."""
        made = self.folder / "made"
        size = ("--events", 900, "--users", 40, "--songs", 60, "--days", 6)
        self.judge(sparkify.run("generate", "--out", made, *size, "--faults", "all=0.005"))
        logs, songs = (sorted((made / f"{kind}_data").rglob("*.json*")) for kind in ("log", "song"))
        early, late = songs[::2], songs[1::2]
        orders = {
            "in order": [[*songs, logs[0]], *([log] for log in logs[1:])],
            "reversed": [[*early, *logs[:-3:-1]], logs[-3:2:-1], [*logs[2::-1], *late]],
        }

        def load_all(lane, order):
            with self.apart(lane) as case:
                case.call("create-tables")
                case.load_in_steps(made, orders[order])
                if order == "reversed":
                    case.load_changed(logs[3].relative_to(made))
                case.call("check")
                case.expect_nothing_new(sources=day_sources(case.folder))
                self.assertEqual(case.staged(), [])

        in_lanes(load_all, list(orders))

    def load_in_steps(self, made, steps):
        """Into DuckDB too, and compares the two at some of the steps, and at the end."""
        sources, duckdb = day_sources(self.folder), self.duckdb()
        for kind in ("log", "song"):
            (self.folder / f"{kind}_data").mkdir()
        for number, step in enumerate(steps):
            for path in step:
                target = self.folder / path.relative_to(made)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)
            self.etl(sources=sources)
            self.on_duckdb(duckdb, "etl", *sources)
            if number % 3 == 0 or step is steps[-1]:
                self.expect_same(duckdb)

    def load_changed(self, name):
        sources, duckdb = day_sources(self.folder), self.folder / "w.duckdb"
        kept = (self.folder / name).read_bytes().splitlines(keepends=True)
        (self.folder / name).write_bytes(b"".join([*kept[1:], b"{not json}\n"]))
        self.etl(sources=sources)
        self.on_duckdb(duckdb, "etl", *sources)
        self.expect_same(duckdb)

    def test_text_of_all_kinds(self):
        """What CSV could spoil: NULL or empty, quotes, line ends, backslashes, other writing."""
        self.call("create-tables")
        folder = self.folder / "text"
        (folder / "song_data").mkdir(parents=True)
        texts = ("", " ", '"', '""', "a,b", "a\nb", "a\r\nb", "\\N", "\\0", "\\", "NULL", "'")
        texts += ("@", "\t", "日本 \U0001f600", "x\u2028y", "-- no", "é" * 511, "\U0001f600" * 255)
        songs = [
            song(n, title=f"t{text}", artist_name=f"n{text}", artist_location=text)
            for n, text in enumerate(texts)
        ]
        (folder / "song_data" / "a.json").write_bytes(lines(*songs))
        sources = ("--song-data", folder / "song_data")
        self.etl(sources=sources)
        duckdb = self.duckdb()
        self.on_duckdb(duckdb, "etl", *sources)
        self.expect_same(duckdb)
        artists = sparkify.query_rows(
            self.warehouse, "select artist_id, location from artists order by artist_id"
        )
        self.assertEqual(len(artists), len(texts))


class CopyTest(RedshiftCase):
    """What is sent to S3 and to the server."""

    SONGS = 2000

    def test_one_copy_a_group(self):
        songs = self.folder / "song_data"
        for number in range(self.SONGS):
            path = songs / f"{number % 26:02}" / f"{number}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(lines(song(number)))
        one_group = {"SPARKIFY_GROUP_BYTES": None}
        done = self.etl("--json", sources=("--song-data", songs), env=one_group)
        self.assertEqual(len(self.sent("copy loading_songs")), 1)
        self.assertLess(len(self.sent("copy ")), 8, self.sent("copy "))
        self.assertEqual(self.query("select count(*) from songs"), [str(self.SONGS)])
        self.assertEqual(json.loads(done.stdout)["objects"], self.SONGS)

    def test_one_copy_a_table_of_each_group(self):
        self.etl()
        expect_lock_first(self.server.statements)
        blocks, _ = transactions(self.server.statements)
        copies = [[sql.split()[1] for sql in block if sql.startswith("copy ")] for block in blocks]
        staged = [table for block in copies for table in block if table.startswith("loading_")]
        self.assertEqual(staged.count("loading_songs"), 1)
        self.assertEqual(staged.count("loading_events"), len(data.groups) - 1)
        self.assertEqual(sum(map(len, copies)), len(data.groups), "few rows need no COPY")
        for sql in self.sent("copy "):
            self.assertRegex(sql, rf"from '{re.escape(self.control)}/\d+-\d+/\d{{4}}-\w+/manifest")
            self.assertIn(f"iam_role '{role}'", sql)
        sent = self.sent("copy ")
        self.assertEqual(len(set(sent)), len(sent), "no name comes twice")

    def hold_parts(self):
        """The control area as it is when the first COPY of events comes: (key, body) pairs."""
        found = []

        def look():
            client = s3.client(loader)
            found.extend((key, client.get(BUCKET, key).body) for key in self.staged())

        self.server.on("copy loading_events", look)
        return found

    def test_what_lies_in_the_control_area_for_a_while(self):
        found = self.hold_parts()
        self.etl()
        names = [key for key, _ in found]
        [manifest] = [body for key, body in found if re.search("loading_events/manifest", key)]
        entries = json.loads(manifest)["entries"]
        for entry in entries:
            self.assertIs(entry["mandatory"], True)
            self.assertIn(entry["url"].removeprefix(f"s3://{BUCKET}/"), names)
            self.assertTrue(entry["url"].endswith(".csv.gz"))
        self.assertEqual(self.staged(), [])
        expect_no_secret(manifest.decode())

    def test_a_failure_between_copy_and_commit(self):
        self.server.fail_next("^insert into songplays", message="out of luck")
        done = self.etl("-v", exit_code=EXIT_DATABASE, says="out of luck")
        left = self.staged()
        self.assertTrue(any("loading_events" in name for name in left), left)
        self.assertFalse(any("loading_songs" in name for name in left), "its group is committed")
        self.assertIn(f"left below {self.control}", done.stderr)
        self.expect_recovery(groups=1)
        self.assertEqual(self.staged(), left, "another run's")

    def test_parts_of_a_copy_that_failed_stay(self):
        self.sql("alter table staging_events alter column user_agent type varchar(3)")
        done = self.etl(exit_code=EXIT_DATABASE, says="it noted: ")
        self.assertNotIn("system table", done.stderr, "nobody has to look there")
        self.assertTrue(any("loading_events" in name for name in self.staged()))

    def test_a_cluster_without_the_newer_views_tells_by_the_older_one(self):
        self.sql("alter table staging_events alter column user_agent type varchar(3)")
        self.server.fail_next("from sys_load_error_detail", "42P01", "no such relation")
        self.etl(exit_code=EXIT_DATABASE, says=["it noted: ", "user_agent"])
        self.assertEqual(len(self.sent("select trim.filename.")), 1)

    def test_parts_of_a_run_that_lost_its_server(self):
        """Nobody could remove them; they disturb no other run."""
        self.server.on("^insert into songplays", lambda: setattr(self.server, "paused", "fatal"))
        self.server.cut_on("^insert into songplays")
        done = self.etl("-v", exit_code=EXIT_DATABASE)
        self.assertIn(f"left below {self.control}", done.stderr)
        self.server.resume()
        left = self.staged()
        self.assertTrue(any("loading_events/manifest" in name for name in left), left)
        self.assertFalse(any("loading_songs" in name for name in left), "its group is committed")
        self.expect_recovery(groups=1)
        self.assertEqual(self.staged(), left, "another run's")

    def test_counts_that_differ(self):
        """A part that lost rows on its way, of which COPY cannot know."""

        def spoil():
            client = s3.client(loader)
            [part] = [n for n in self.staged() if re.search(r"loading_events/\d+\.csv\.gz", n)]
            rows = gzip.decompress(client.get(BUCKET, part).body).splitlines(keepends=True)
            client.put(BUCKET, part, gzip.compress(b"".join(rows[1:])))

        self.server.on("copy loading_events", spoil)
        done = self.etl(exit_code=EXIT_INTERNAL)
        self.assertRegex(done.stderr, r"\d+ rows were staged at .* and COPY took \d+")
        self.expect_recovery(groups=1)


class RightsTest(RedshiftCase):
    """Who may do what in S3."""

    def role(self, name, *statements):
        service = self.server.source.service
        return s3.create_role(f"{name}-{next(self.numbers)}", service, statements)

    def user(self, name, *statements):
        user = s3.create_user(f"{name}{next(self.numbers)}")
        s3.user_policy(user, statements)
        planted.add(user.secret_key)
        return user

    def test_the_program_needs_not_read_what_redshift_reads(self):
        writer = self.user("writer", allow(["PutObject", "DeleteObject"], BUCKET))
        s3.client(loader).put_bucket_policy(
            BUCKET, [allow(["PutObject", "DeleteObject"], BUCKET, writer.name)]
        )
        s3.client(loader).put(BUCKET, "there", b"1")
        for ask in (lambda c: c.get(BUCKET, "there"), lambda c: c.list(BUCKET)):
            with self.assertRaisesRegex(Exception, "403"):
                ask(s3.client(writer))
        self.etl(env=s3.environment(writer))
        self.expect_final()
        self.assertEqual(self.staged(), [])

    def test_the_role_can_only_read(self):
        session = s3.client(self.server.source.service).assume_role(role)
        for change in (
            lambda c: c.put(BUCKET, "there", b"2"),
            lambda c: c.delete(BUCKET, "there"),
        ):
            with self.assertRaisesRegex(Exception, "403"):
                change(s3.client(session))

    def test_a_program_that_may_not_write(self):
        reader = self.user("reader", allow(["GetObject", "ListBucket"], BUCKET))
        done = self.etl(env=s3.environment(reader), exit_code=EXIT_SOURCE)
        self.expect_error(done.stderr, ["s3:PutObject", BUCKET])
        self.expect_recovery(groups=0)

    def test_parts_that_may_not_be_removed(self):
        writer = self.user("keeper", allow(["PutObject"], BUCKET))
        s3.client(loader).put_bucket_policy(BUCKET, [allow(["PutObject"], BUCKET, writer.name)])
        done = self.etl(env=s3.environment(writer))
        self.assertIn(f"left below {self.control}", done.stderr)
        self.expect_final()
        self.assertTrue(self.staged())

    def test_roles(self):
        for name, wrong, says in (
            (
                "unknown",
                role.replace("redshift-reads", "nobody"),
                ["not authorized to assume", "trust policy", "attach"],
            ),
            (
                "lists",
                self.role("lists", allow(["ListBucket"], BUCKET)),
                ["Access Denied", "s3:GetObject", "s3:ListBucket"],
            ),
            (
                "other bucket",
                self.role("other", allow(["GetObject", "ListBucket"], SOURCE)),
                ["Access Denied", "s3:GetObject"],
            ),
        ):
            with self.subTest(role=name):
                self.etl(env={"SPARKIFY_IAM_ROLE": wrong}, exit_code=EXIT_DATABASE, says=says)
                self.assertEqual(self.expect_whole_groups(), 0)
        self.expect_recovery(groups=0)

    def test_roles_one_from_the_other(self):
        service = self.server.source.service
        hub_name, spoke_name = (f"{name}-{next(self.numbers)}" for name in ("hub", "spoke"))
        hub = s3.create_role(hub_name, service, [])
        assume = {"Effect": "Allow", "Action": ["sts:AssumeRole"]}
        put = ("role-policy", "put", "--policy-name=test")
        own = identity_policy([{**assume, "Resource": ["*"]}])
        s3.radosgw_admin(*put, f"--role-name={hub_name}", f"--policy-doc={own}")
        trust = {"Version": "2012-10-17", "Statement": [{**assume, "Principal": {"AWS": [hub]}}]}
        create = ("role", "create", f"--role-name={spoke_name}", "--path=/")
        s3.radosgw_admin(*create, f"--assume-role-policy-doc={json.dumps(trust)}")
        rights = identity_policy([allow(["GetObject", "ListBucket"], BUCKET)])
        s3.radosgw_admin(*put, f"--role-name={spoke_name}", f"--policy-doc={rights}")
        spoke = hub.replace(hub_name, spoke_name)
        says = ["not authorized to assume", "trust policy"]
        self.etl(env={"SPARKIFY_IAM_ROLE": spoke}, exit_code=EXIT_DATABASE, says=says)
        self.etl("--iam-role", f"{hub},{spoke}")
        self.expect_final()


# --- Errors --------------------------------------------------------------------------------------


class GrantTest(RedshiftCase):
    """grant-readonly: a user reads the star and nothing else."""

    def setUp(self):
        super().setUp()
        self.etl()
        self.analyst = self.new_user("analyst")

    def new_user(self, name, options="login"):
        user = f"{name} \"{next(self.numbers)}\""
        password = plant(secrets.token_urlsafe(24))
        self.server.create_role(user, password, options=options)
        self.passwords = {**getattr(self, "passwords", {}), user: password}
        return user

    def as_user(self, user):
        return {
            "url": self.url(role=user),
            "env": {"SPARKIFY_DB_PASSWORD": self.passwords[user], "SPARKIFY_IAM_ROLE": None},
        }

    def grant(self, user=None, **more):
        words = ("grant-readonly", user or self.analyst)
        return self.call(*words, env={"SPARKIFY_IAM_ROLE": None, "SPARKIFY_CONTROL": None}, **more)

    def expect_refused(self, table, user):
        self.fails(
            "query", f"select 1 from {table}", says="permission denied", **self.as_user(user)
        )

    def test_the_star_can_be_read_and_nothing_else(self):
        self.expect_refused("songplays", self.analyst)
        for _ in range(2):  # safe to repeat; neither a role to load under nor a control area is needed
            self.assertIn("may now read", self.grant().stdout)
        for table in (*postgres_e2e_test.STAR, "plays", "user_levels"):
            [count] = self.query(f'select count(*) from "{table}"', **self.as_user(self.analyst))
            [expected] = self.query(f'select count(*) from "{table}"')
            self.assertEqual(count, expected, table)
        for table in ("etl_runs", "etl_objects", "etl_rejects", "staging_events", "etl_lock"):
            self.expect_refused(table, self.analyst)

    def test_rights_that_were_given_before_are_taken_away(self):
        self.sql(f"grant all on etl_rejects, songplays to {postgres.quote_name(self.analyst)}")
        self.grant()
        self.expect_refused("etl_rejects", self.analyst)
        allowed = f"select has_table_privilege('{self.analyst}', 'songplays', 'insert')"
        self.assertEqual(self.sql(allowed), [["f"]])

    def test_for_whom_it_is_refused(self):
        admin = self.new_user("admin", options="login superuser")
        for user, says in (
            ("nobody of this name", "create user"),
            (admin, "superuser"),
            (redshift.LOADER, "owner"),
        ):
            with self.subTest(user=user):
                self.grant(user, exit_code=EXIT_DATABASE, says=says)

    def test_it_is_refused_where_everybody_may_do_more(self):
        self.sql("grant select on etl_runs to public")
        self.grant(exit_code=EXIT_DATABASE, says=["select on etl_runs", "PUBLIC"])
        self.expect_refused("users", self.analyst)


class ErrorTest(RedshiftCase):
    def test_what_loading_needs(self):
        for name, says in (
            ("SPARKIFY_IAM_ROLE", ["--iam-role", "[IAM_ROLE]", "arn:aws:iam::"]),
            ("SPARKIFY_CONTROL", ["--control s3://", "[S3]"]),
        ):
            for value in (None, "nonsense", "arn:it's"):
                with self.subTest(name=name, value=value):
                    self.etl(env={name: value}, exit_code=EXIT_CONFIG, says=says)
                    self.call("status", env={name: value})
                    self.call("create-tables", env={name: value})
        self.expect_recovery(groups=0)

    def test_a_control_area_among_the_data(self):
        """It would be read as data, and other runs would find its objects gone."""
        sources = ("--log-data", self.control, *data.sources[2:])
        says = [self.control, "lies in the data", "prefix of its own"]
        self.etl(sources=sources, exit_code=EXIT_CONFIG, says=says)
        self.etl("--control", f"{self.control}/below/", sources=sources, exit_code=EXIT_CONFIG)
        self.expect_recovery(groups=0)

    def test_a_bucket_in_another_region(self):
        self.server.bucket_regions[BUCKET] = ELSEWHERE
        self.etl(exit_code=EXIT_DATABASE, says=["specified endpoint", "another region", "--region"])
        self.assertEqual(self.expect_whole_groups(), 0)
        self.etl("--region", ELSEWHERE)
        self.expect_final()
        self.assertIn(f"region '{ELSEWHERE}'", self.sent("copy loading_songs")[-1])

    def test_a_control_bucket_that_is_not_there(self):
        done = self.etl("--control", "s3://nowhere/x", exit_code=EXIT_SOURCE)
        self.expect_error(done.stderr, ["nowhere", "bucket"])
        self.expect_recovery(groups=0)

    def test_a_part_that_goes_away(self):
        def remove(pattern):
            names = [name for name in self.staged() if re.search(pattern, name)]
            assert names
            for name in names:
                s3.client(loader).delete(BUCKET, name)

        for what, pattern in (("part", r"loading_events/.*csv.gz"), ("manifest", "manifest.json")):
            with self.subTest(what=what):
                self.warehouse = self.new_schema()
                self.call("create-tables")
                self.server.on("copy loading_events", functools.partial(remove, pattern))
                says = ["anifest", "not there any more", "lifecycle rule", "run again"]
                self.etl(exit_code=EXIT_DATABASE, says=says)
                self.expect_recovery(groups=1)

    def test_what_copy_noted(self):
        """The reasons that Redshift has are in our message, whichever view they are in."""
        self.sql("alter table staging_events alter column user_agent type varchar(3)")
        done = self.etl(exit_code=EXIT_DATABASE)
        file = r"s3://\S+ \S+/\d{4}-loading_events/\d+\.csv\.gz"
        self.assertRegex(done.stderr, rf"it noted: {file} line \d+ column user_agent: .*\(1204\)")
        self.sql("alter table staging_events alter column user_agent type varchar(2048)")
        self.expect_recovery(groups=1)

    def test_logins(self):
        place = f"localhost:{self.server.port}/{self.database}"
        wrong = plant("not-the-right-one")
        query = ("query", "select 1")
        other_ca = {"PGSSLROOTCERT": str(self.server.other_ca_file)}
        name = "other.example.test"
        elsewhere = self.url(host=name, hostaddr="127.0.0.1")
        for what, url, env, code, says in (
            ("password", None, {"SPARKIFY_DB_PASSWORD": wrong}, EXIT_DATABASE, ["password"]),
            ("none", None, {"SPARKIFY_DB_PASSWORD": None}, EXIT_DATABASE, ["SPARKIFY_DB_PASSWORD"]),
            ("CA", None, other_ca, EXIT_DATABASE, ["certificate", "sslrootcert"]),
            ("name", elsewhere, {}, EXIT_DATABASE, [name, "by the name that AWS shows"]),
            ("TLS", self.url(sslmode="disable"), {}, EXIT_CONFIG, ["sslmode=disable", "verify"]),
            ("less", self.url(sslmode="require"), {}, EXIT_CONFIG, ["sslmode=require"]),
            (
                "in the URL",
                f"redshift://loader:{wrong}@{place}",
                {},
                EXIT_CONFIG,
                ["SPARKIFY_DB_PASSWORD"],
            ),
            ("database", self.server.url("none"), {}, EXIT_DATABASE, ["none"]),
            (
                "user",
                self.server.url(self.database, role="nobody"),
                {},
                EXIT_DATABASE,
                ["password"],
            ),
        ):
            with self.subTest(what=what):
                self.fails(*query, url=url, env=env, exit_code=code, says=says)
        self.assertEqual(self.query("select 1", url=self.url(sslmode="verify-full")), ["1"])
        # What the environment has of less care does not count.
        self.assertEqual(self.query("select 1", env={"PGSSLMODE": "disable"}), ["1"])

    def test_a_plain_postgresql(self):
        there = self.server.postgres
        name = there.create_database(f"plain_{next(self.numbers)}")
        self.addCleanup(there.drop_database, name)
        url = self.server.url(name, port=there.port)
        for words in (("status",), ("create-tables",), ("etl", *data.sources)):
            with self.subTest(words=words[0]):
                self.fails(*words, url=url, says=["no Redshift", "postgresql://"])

    def test_what_is_not_there(self):
        self.fails("status", schema="nowhere", says=["nowhere", "create-tables"])
        self.fails("query", "select 1", schema="nowhere", says=["schema nowhere"])
        self.warehouse = self.new_schema()
        self.etl(exit_code=EXIT_DATABASE, says=["no schema", "create-tables"])
        self.sql(f"create schema {postgres.quote_name(self.warehouse.schema)} authorization loader")
        self.etl(exit_code=EXIT_DATABASE, says="create-tables")

    def test_a_schema_of_somebody_else(self):
        name = f"else_{next(self.numbers)}"
        self.sql(f"create schema {name}")
        self.addCleanup(self.drop, name)
        self.fails("status", schema=name, says=["permission denied", "grant usage"])

    def test_a_paused_cluster(self):
        url = self.url(connect_timeout=2)
        for how in ("refuse", "fatal", "silent"):
            with self.subTest(how=how):
                self.server.pause(how)
                begin = time.monotonic()
                self.fails("status", url=url, says=["not paused"])
                self.assertLess(time.monotonic() - begin, 10)
                self.etl(url=url, exit_code=EXIT_DATABASE, says=["no connection"])
                self.server.resume()
                self.call("status", url=url)
        self.expect_recovery(groups=0)

    def test_a_cluster_that_is_paused_in_a_run(self):
        self.server.on("^copy loading_events", functools.partial(self.pause_soon, "fatal"))
        self.etl(exit_code=EXIT_DATABASE, says=["connection"])
        self.server.resume()
        self.expect_recovery(groups=1)

    def pause_soon(self, how):
        """By another thread: all sessions end, this one too."""
        threading.Thread(target=self.server.pause, args=[how], daemon=True).start()
        wait_until(lambda: self.server.paused, "the pause")
        time.sleep(0.1)


# --- Temporary logins ----------------------------------------------------------------------------


class Api(http.server.ThreadingHTTPServer):
    """The two calls of AWS that give a database user with a password that ends soon.

    Amazon Redshift API Reference, GetClusterCredentialsWithIAM; Redshift Serverless API Reference,
    GetCredentials; Common Errors of both.
    """

    daemon_threads = True

    def __init__(self, server, user):
        super().__init__(("127.0.0.1", 0), ApiHandler)
        self.server = server
        self.user = user
        self.calls = []
        self.refusal = None  # (status, code)
        self.valid_until = "infinity"
        server.create_role(user)
        server.sql(f"grant {redshift.LOADER} to {postgres.quote_name(user)}")
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def environment(self):
        place = f"http://127.0.0.1:{self.server_port}"
        return {
            "AWS_ENDPOINT_URL_REDSHIFT": place,
            "AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS": place,
            "SPARKIFY_DB_PASSWORD": None,
            "PGPASSWORD": None,
        }

    def new_password(self):
        """The ones before do not work any more."""
        password = plant(secrets.token_urlsafe(24) + " '\"&<>\\%")
        self.server.sql(
            f"alter role {postgres.quote_name(self.user)} password"
            f" {postgres.quote_literal(password)} valid until '{self.valid_until}'"
        )
        return password

    def close(self):
        self.shutdown()
        self.server_close()


class ApiHandler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        api = self.server
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        is_serverless = "X-Amz-Target" in self.headers
        call = json.loads(body) if is_serverless else dict(urllib.parse.parse_qsl(body))
        api.calls.append((dict(self.headers), call))
        if api.refusal:
            self.refuse(is_serverless, *api.refusal)
        elif is_serverless:
            end = time.time() + 900
            login = {"dbUser": api.user, "dbPassword": api.new_password(), "expiration": end}
            self.answer(200, "application/x-amz-json-1.1", json.dumps(login))
        else:
            end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 900))
            password = api.new_password()
            for sign, escape in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
                password = password.replace(sign, escape)
            self.answer(
                200,
                "text/xml",
                '<GetClusterCredentialsWithIAMResponse xmlns="http://redshift.amazonaws.com/doc/'
                f'2012-12-01/"><GetClusterCredentialsWithIAMResult><DbUser>{api.user}</DbUser>'
                f"<DbPassword>{password}</DbPassword><Expiration>{end}</Expiration>"
                f"<NextRefreshTime>{end}</NextRefreshTime></GetClusterCredentialsWithIAMResult>"
                "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
                "</GetClusterCredentialsWithIAMResponse>",
            )

    def refuse(self, is_serverless, status, code):
        if is_serverless:
            answer = json.dumps({"__type": f"{code}Exception", "message": "not authorized"})
            self.answer(status, "application/x-amz-json-1.1", answer)
            return
        answer = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>not authorized"
            "</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        )
        self.answer(status, "text/xml", answer)

    def answer(self, status, kind, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class IamAuthTest(RedshiftCase):
    KINDS = {
        "redshift": ("--cluster", "my-cluster"),
        "redshift-serverless": ("--workgroup", "my-group"),
    }

    def setUp(self):
        super().setUp()
        self.api = Api(self.server, f"IAMR:it's \"{next(self.numbers)}\"")
        self.addCleanup(self.api.close)
        self.iam_url = self.url().replace("loader@", "")

    def with_iam(self, service):
        return ("--iam-auth", *self.KINDS[service])

    def test_a_run(self):
        for service, words in self.KINDS.items():
            with self.subTest(service=service):
                self.api.calls.clear()
                self.warehouse = self.new_schema()
                env = self.api.environment
                self.call("create-tables", "--iam-auth", *words, url=self.iam_url, env=env)
                self.etl("--iam-auth", *words, url=self.iam_url, env=env)
                env = {**env, "SPARKIFY_IAM_AUTH": "true"}
                env[f"SPARKIFY_{words[0][2:].upper()}"] = words[1]
                who = self.query("select current_user", url=self.iam_url, env=env)
                self.assertEqual(who, ['"' + self.api.user.replace('"', '""') + '"'])
                self.assertEqual(len(self.api.calls), 3, "one each")
                owner = postgres.quote_name(self.api.user)
                self.server.sql(f"reassign owned by {owner} to {redshift.LOADER}", self.database)
                for headers, call in self.api.calls:
                    self.assertIn(f"/{s3.region}/{service}/aws4_request", headers["Authorization"])
                    self.assertIn(f"Credential={loader.access_key}/", headers["Authorization"])
                    self.assertIn(words[1], call.values())
                    self.assertIn(self.database, call.values())
                self.expect_final()

    def test_a_fresh_login_for_each_connection(self):
        """The password of the first is worth nothing when the second is made."""
        env = self.api.environment
        self.server.cut_on("^commit", "after", nth=2)
        self.etl(*self.with_iam("redshift"), url=self.iam_url, env=env)
        self.assertEqual(len(self.api.calls), 2)
        self.expect_final()

    def test_a_login_that_has_ended(self):
        self.api.valid_until = "2020-01-01"
        for service in self.KINDS:
            with self.subTest(service=service):
                done = self.fails(
                    *("status", *self.with_iam(service)),
                    url=self.iam_url,
                    env=self.api.environment,
                    says=["password authentication failed", "temporary"],
                )
                self.assertNotIn("SPARKIFY_DB_PASSWORD", done.stderr)

    def test_refusals(self):
        actions = ("GetClusterCredentialsWithIAM", "GetCredentials")
        for (service, words), action in zip(self.KINDS.items(), actions):
            for status, code in ((403, "AccessDenied"), (400, "AccessDenied")):
                with self.subTest(service=service, status=status):
                    self.api.refusal = status, code
                    self.etl(
                        *self.with_iam(service),
                        url=self.iam_url,
                        env=self.api.environment,
                        exit_code=EXIT_CONFIG,
                        says=[f"{service}:{action}", words[1], self.database],
                    )

    def test_a_cluster_without_a_name(self):
        where = {"url": self.iam_url, "env": self.api.environment}
        says = ["--cluster", "--workgroup"]
        self.fails("status", "--iam-auth", exit_code=EXIT_CONFIG, says=says, **where)
        self.assertEqual(self.api.calls, [])

    def test_nobody_answers(self):
        self.api.close()
        self.fails(
            *("status", *self.with_iam("redshift")),
            url=self.iam_url,
            env=self.api.environment,
            exit_code=EXIT_CONFIG,
            says=["my-cluster", f"127.0.0.1:{self.api.server_port}"],
        )


if __name__ == "__main__":
    unittest.main()
