"""The tests of RedshiftServer: that it behaves as AWS's documents say Amazon Redshift does.

Each names the page that it follows; where no guide is named, it is of the Amazon Redshift Database
Developer Guide. Run it as `python3 tests/servers/redshift_test.py`.
"""

import bz2
import ctypes
import gzip
import hashlib
import json
import pathlib
import subprocess
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import postgres  # noqa: E402
import redshift_sql  # noqa: E402
from redshift import ACCOUNT, RedshiftServer  # noqa: E402
from rgw import RgwServer, identity_policy  # noqa: E402
from s3_client import allow  # noqa: E402

WAIT_SECONDS_MAX = 20
CONNECTION_OK, COMMAND_OK, TUPLES_OK = 0, 1, 2
FIELD_SQLSTATE, FIELD_MESSAGE, FIELD_DETAIL = (ord(letter) for letter in "CMD")
BUCKET = "logs"
READ = ["GetObject", "ListBucket"]

s3 = service = objects = role = server = None


def setUpModule():
    global s3, service, objects, role, server
    s3 = RgwServer()
    s3.start()
    unittest.addModuleCleanup(s3.stop)
    service = s3.create_user("redshift")
    objects = s3.client(s3.create_user("owner"))
    objects.create_bucket(BUCKET)
    role = s3.create_role("load", service, [allow(READ, BUCKET)])
    server = RedshiftServer(s3, service)
    server.start()
    unittest.addModuleCleanup(server.close)


def wait_until(condition, what):
    end = time.monotonic() + WAIT_SECONDS_MAX
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {WAIT_SECONDS_MAX} s: {what}")
        time.sleep(0.02)


def psql(*arguments, database, sslmode="verify-full", **more):
    """A finished psql that connected to the stand-in as a program would, or failed to."""
    known = server.libpq_environment(database, sslmode=sslmode)
    return subprocess.run(
        [server.postgres.program("psql"), "-X", "-w", "-q", "-A", "-t", *arguments],
        env={**postgres.clean_environment("PG"), **known, **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class PqError(Exception):
    def __init__(self, sqlstate, message, detail):
        super().__init__(f"{sqlstate}: {message}")
        self.sqlstate, self.message, self.detail = sqlstate, message, detail


def load_libpq():
    library = ctypes.CDLL("libpq.so.5")
    text, pointer, integer = ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int
    texts = ctypes.POINTER(text)
    for name, result, *arguments in (
        ("PQconnectdb", pointer, text),
        ("PQstatus", integer, pointer),
        ("PQerrorMessage", text, pointer),
        ("PQparameterStatus", text, pointer, text),
        ("PQserverVersion", integer, pointer),
        ("PQbackendPID", integer, pointer),
        ("PQexec", pointer, pointer, text),
        ("PQexecParams", pointer, pointer, text, integer, pointer, texts, *[pointer] * 2, integer),
        ("PQprepare", pointer, pointer, text, text, integer, pointer),
        ("PQresultStatus", integer, pointer),
        ("PQresultErrorField", text, pointer, integer),
        ("PQcmdStatus", text, pointer),
        ("PQntuples", integer, pointer),
        ("PQnfields", integer, pointer),
        ("PQgetvalue", text, pointer, integer, integer),
        ("PQgetisnull", integer, pointer, integer, integer),
        ("PQclear", None, pointer),
        ("PQfinish", None, pointer),
        ("PQgetCancel", pointer, pointer),
        ("PQcancel", integer, pointer, text, integer),
        ("PQfreeCancel", None, pointer),
        ("PQsetNoticeProcessor", pointer, pointer, pointer, pointer),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


libpq = load_libpq()
NOTICE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)


class Client:
    """A connection by libpq, as a C program has it."""

    def __init__(self, test, database, target=None, role="loader", **parameters):
        target = target or server
        known = {
            **{"host": "localhost", "port": target.port, "dbname": database, "user": role},
            **{"password": target.postgres.passwords[role], "sslmode": "verify-full"},
            **{"sslrootcert": target.ca_file, **parameters},
        }
        text = " ".join(f"{name}={quote(str(value))}" for name, value in known.items())
        self.raw = libpq.PQconnectdb(text.encode())
        self.notices = []
        if libpq.PQstatus(self.raw) != CONNECTION_OK:
            message = libpq.PQerrorMessage(self.raw).decode()
            self.close()
            raise ConnectionError(message)
        self.listener = NOTICE(lambda _, text: self.notices.append(text.decode().strip()))
        libpq.PQsetNoticeProcessor(self.raw, self.listener, None)
        test.addCleanup(self.close)

    def close(self):
        raw, self.raw = self.raw, None
        if raw is not None:
            libpq.PQfinish(raw)

    def run(self, sql, *values):
        """Rows of text or None. With values: by the extended protocol."""
        if values:
            texts = (ctypes.c_char_p * len(values))(*(value.encode() for value in values))
            count = len(values)
            result = libpq.PQexecParams(
                self.raw, sql.encode(), count, None, texts, None, None, 0
            )
            return self.taken(result)
        return self.taken(libpq.PQexec(self.raw, sql.encode()))

    def run_alone(self, sql):
        """By the extended protocol, without values."""
        return self.taken(
            libpq.PQexecParams(self.raw, sql.encode(), 0, None, None, None, None, 0)
        )

    def prepare(self, name, sql):
        return self.taken(libpq.PQprepare(self.raw, name.encode(), sql.encode(), 0, None))

    def taken(self, result):
        try:
            if libpq.PQresultStatus(result) not in (COMMAND_OK, TUPLES_OK):
                fields = (FIELD_SQLSTATE, FIELD_MESSAGE, FIELD_DETAIL)
                texts = [libpq.PQresultErrorField(result, field) for field in fields]
                texts[1] = texts[1] or libpq.PQerrorMessage(self.raw)
                raise PqError(*(None if text is None else text.decode() for text in texts))
            self.tag = libpq.PQcmdStatus(result).decode()
            return [
                [self.value(result, row, column) for column in range(libpq.PQnfields(result))]
                for row in range(libpq.PQntuples(result))
            ]
        finally:
            libpq.PQclear(result)

    def value(self, result, row, column):
        if libpq.PQgetisnull(result, row, column):
            return None
        return libpq.PQgetvalue(result, row, column).decode()

    def start(self, sql):
        """Runs it on a thread; join() gives its rows or its error."""
        return Running(self, sql)

    def cancel(self):
        handle = libpq.PQgetCancel(self.raw)
        message = ctypes.create_string_buffer(256)
        done = libpq.PQcancel(handle, message, len(message))
        libpq.PQfreeCancel(handle)
        return done == 1


class Running(threading.Thread):
    def __init__(self, client, sql):
        super().__init__(daemon=True)
        self.client, self.sql = client, sql
        self.error = self.rows = None
        self.start()

    def run(self):
        try:
            self.rows = self.client.run(self.sql)
        except PqError as error:
            self.error = error

    def result(self):
        self.join(WAIT_SECONDS_MAX)
        if self.is_alive():
            raise AssertionError(f"still running: {self.sql}")
        if self.error is not None:
            raise self.error
        return self.rows


def quote(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class RedshiftTest(unittest.TestCase):
    """A database for each class: to remove one takes longer than a test. A client for each test."""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.start_server()
        cls.database = cls.server.create_database()

    @classmethod
    def start_server(cls):
        return server

    def setUp(self):
        self.client = self.connect()
        self.client.run("drop schema public cascade")
        self.client.run("create schema public")
        self.client.run("grant usage on schema public to public")
        self.client.notices.clear()

    def connect(self, **parameters):
        return Client(self, self.database, self.server, **parameters)

    def run_all(self, *statements):
        for statement in statements:
            rows = self.client.run(statement)
        return rows

    def refused(self, sql, sqlstate, pattern="", client=None):
        with self.assertRaisesRegex(PqError, pattern) as raised:
            (client or self.client).run(sql)
        self.assertEqual(raised.exception.sqlstate, sqlstate, raised.exception.message)
        return raised.exception


class ConnectionTest(RedshiftTest):
    # Management Guide, Configuring security options for connections: require_ssl.
    def test_tls_is_asked_for_and_can_be_verified(self):
        self.assertEqual(psql("-c", "select 1", database=self.database).stdout, "1\n")
        done = psql("-c", "select 1", database=self.database, sslmode="disable")
        self.assertIn("FATAL:  no pg_hba.conf entry for host", done.stderr)
        other = {"PGSSLROOTCERT": server.other_ca_file}
        done = psql("-c", "select 1", database=self.database, **other)
        self.assertIn("certificate verify failed", done.stderr)

    def test_a_wrong_password(self):
        with self.assertRaisesRegex(ConnectionError, "password authentication failed"):
            self.connect(password="wrong")

    # Amazon Redshift and PostgreSQL: it is based on PostgreSQL 8.0.2.
    def test_the_version(self):
        self.assertEqual(libpq.PQserverVersion(self.client.raw), 80002)
        self.assertEqual(self.client.run("show server_version"), [["8.0.2"]])
        [[banner]] = self.client.run("select version()")
        self.assertRegex(banner, r"^PostgreSQL 8\.0\.2 on .*, Redshift 1\.0\.\d+$")
        unknown = libpq.PQparameterStatus(self.client.raw, b"standard_conforming_strings")
        self.assertIsNone(unknown)

    # PG_TERMINATE_BACKEND, PG_CANCEL_BACKEND.
    def test_cancel_and_terminate(self):
        slow = "select count(*) from t a, t b, t c, t d, t e"
        self.run_all("create table t (a int)", "insert into t values " + "(1)," * 99 + "(1)")
        running = self.client.start(slow)
        wait_until(lambda: self.client.cancel() and not running.is_alive(), "the cancel")
        with self.assertRaises(PqError) as raised:
            running.result()
        self.assertEqual(raised.exception.sqlstate, "57014")
        pid = libpq.PQbackendPID(self.client.raw)
        self.assertEqual(self.client.run("select pg_backend_pid()"), [[str(pid)]])
        self.connect().run(f"select pg_terminate_backend({pid})")
        with self.assertRaisesRegex(PqError, "terminating connection"):
            self.client.run("select 1")

    def test_the_extended_protocol(self):
        self.assertEqual(self.client.run("select $1::int + 1, $2", "41", "a\\b"), [["42", "a\\b"]])
        self.client.prepare("p", "select nvl(null, 7)")
        self.assertEqual(self.client.run("execute p"), [["7"]])
        with self.assertRaises(PqError) as raised:
            self.client.run("select jsonb_build_object('a', $1)", "1")
        self.assertEqual(raised.exception.sqlstate, "42883")
        self.client.run("begin")
        with self.assertRaises(PqError):
            self.client.run("lock t in share mode; select $1", "1")
        self.refused("select 1", "25P02")
        self.client.run("rollback")

    # PREPARE; Amazon Redshift quotas: 32,767 parameters.
    def test_too_many_parameters(self):
        texts = ["1"] * 32768
        marks = ", ".join(f"${number}::int" for number in range(1, 32769))
        with self.assertRaisesRegex(PqError, "32767"):
            self.client.run(f"select 1 where 1 in ({marks})", *texts)
        marks = marks.rpartition(",")[0]
        rows = self.client.run(f"select 1 where 1 in ({marks})", *texts[1:])
        self.assertEqual(rows, [["1"]])

    def test_a_large_result(self):
        self.run_all(
            "create table t (a varchar(1000))",
            "insert into t values ('{}')".format("x" * 1000),
            *["insert into t select a from t"] * 15,
        )
        rows = self.client.run("select a from t")
        self.assertEqual((len(rows), len(rows[-1][0])), (1 << 15, 1000))


class SettingsTest(RedshiftTest):
    # Configuration reference; SET.
    def test_redshifts_own(self):
        for name, value in (
            ("query_group", "sparkify"),
            ("enable_case_sensitive_identifier", "true"),
            ("statement_timeout", "60000"),
            ("enable_result_cache_for_session", "off"),
            ("wlm_query_slot_count", "3"),
        ):
            with self.subTest(name):
                self.client.run(f"set {name} to '{value}'")
                self.client.run(f"set local {name} = default")
                self.client.run(f"reset {name}")
        self.assertEqual(self.client.run("show query_group"), [["unset"]])
        self.client.run("set query_group to 'sparkify'")
        self.assertEqual(self.client.run("show query_group"), [["sparkify"]])

    def test_those_of_a_newer_postgresql(self):
        for name in (
            "client_connection_check_interval",
            "jit",
            "idle_in_transaction_session_timeout",
            "tcp_keepalives_idle",
            "work_mem",
            "lock_timeout",
            "synchronous_commit",
        ):
            with self.subTest(name):
                self.refused(f"set {name} = 0", "42704")
                with self.assertRaisesRegex(ConnectionError, "unrecognized .* parameter"):
                    self.connect(options=f"-c {name}=0")
        self.refused("select set_config('jit', 'off', false)", "42704", "unrecognized")
        self.assertEqual(self.connect(options="-c query_group=a").run("show query_group"), [["a"]])

    # Configuration reference, extra_float_digits: 0 if nothing is said.
    def test_floats_lose_digits_in_text(self):
        sql = "select 0.1::float8 + 0.2::float8"
        self.assertEqual(self.client.run(sql), [["0.3"]])
        self.client.run("set extra_float_digits = 2")
        self.assertEqual(self.client.run(sql), [["0.30000000000000004"]])


class TextTest(RedshiftTest):
    # Amazon Redshift and PostgreSQL: 8.0.2 knows neither standard_conforming_strings nor E''.
    def test_backslashes_escape_in_plain_literals(self):
        rows = self.client.run(r"select 'a\\b', 'a\'b', length('\n')")
        self.assertEqual(rows, [["a\\b", "a'b", "1"]])
        self.refused(r"select E'a\\b'", "42704", 'type "e" does not exist')

    # Names and identifiers.
    def test_names_are_lower_case_even_in_quotes(self):
        self.client.run('create table "Camel" ("Case" int)')
        self.assertEqual(self.client.run('select "CASE" from camel'), [])
        self.client.run("set enable_case_sensitive_identifier to true")
        self.refused('select "Case" from camel', "42703")

    # Character types: sizes are bytes.
    def test_varchar_counts_bytes(self):
        self.client.run("create table t (a varchar(4))")
        self.client.run("insert into t values ('äö'), ('ab  '), ('äö  ')")
        for value in ("äöü", "abcde", "aäö", "日日"):
            error = self.refused(f"insert into t values ('{value}')", "22001")
            self.assertEqual(error.message, "value too long for type character varying(4)")
        with self.assertRaises(PqError):
            self.client.run("insert into t values ($1)", "äöü")
        self.refused("update t set a = 'äöü'", "22001")
        self.refused("insert into t select a || 'x' from t", "22001")
        self.assertEqual(self.client.run("select distinct a from t order by 1"), [["ab  "], ["äö"]])

    # Character types; CAST: a cast cuts.
    def test_a_cast_cuts_between_characters(self):
        rows = self.client.run("select cast('aäö' as varchar(4)), 'äö'::varchar(3), 'ab'::char(1)")
        self.assertEqual(rows, [["aä", "ä", "a"]])
        self.client.run("create table t as select 'äöü'::varchar(4) as a")
        self.assertEqual(self.client.run("select a from t"), [["äö"]])

    # Character types: sizes if none is given, MAX, the largest.
    def test_sizes(self):
        self.client.run(
            "create table t (a varchar, b text, c varchar(max), d nvarchar(7), e char, f bpchar,"
            " g character varying(9), h char(max), i character varying)"
        )
        sizes = self.client.run(
            "select column_name, character_maximum_length from information_schema.columns"
            " where table_name = 't' order by 1"
        )
        expected = dict(a=256, b=256, c=65535, d=7, e=1, f=256, g=9, h=4096, i=256)
        self.assertEqual({name: int(size) for name, size in sizes}, expected)
        self.refused("create table u (a varchar(65536))", "22023", "65535")
        self.refused("insert into t (b) values ('{}')".format("ä" * 129), "22001")

    # Character types: CHAR holds single-byte characters only.
    def test_char_is_ascii(self):
        self.client.run("create table t (a char(4))")
        self.refused("insert into t values ('ä')", "22001", "Multibyte character not supported")

    # Numeric types: DECIMAL without a precision is DECIMAL(18,0).
    def test_decimal_without_a_precision(self):
        self.run_all("create table t (a decimal, b numeric)", "insert into t values (1.6, 1.4)")
        self.assertEqual(self.client.run("select * from t"), [["2", "1"]])


class TableTest(RedshiftTest):
    # CREATE TABLE.
    def test_what_a_table_says_of_its_distribution(self):
        self.run_all(
            "create table if not exists a (a int encode az64 distkey sortkey, b varchar(9)"
            " encode zstd default 'x', c timestamp not null encode raw) backup no",
            "create table public.b (a int, b int) diststyle key distkey (a)"
            " compound sortkey (a, b) encode auto",
            "create temp table c diststyle all sortkey (a) as select a, b from a",
            "create temporary table d (like a including defaults)",
            "create table e (a int) diststyle even interleaved sortkey (a)",
            "create table #f (a int) sortkey auto",
            "insert into #f values (1)",
            "alter table b alter distkey b, alter sortkey (b)",
            "alter table b alter column a encode zstd",
            "drop table if exists b, e, missing",
        )
        self.assertEqual(self.connect().run("select 1 from pg_class where relname = '#f'"), [["1"]])
        self.refused("select * from #f", "42P01", client=self.connect())
        for more in ("with (fillfactor = 10)", "diststyle some", "sortkey"):
            with self.subTest(more):
                self.refused(f"create table x (a int) {more}", "42601")

    # CREATE TABLE; Best practices, Define constraints: keys are informational only.
    def test_keys_are_not_enforced(self):
        self.run_all(
            "create table artists (id varchar(20) primary key, name text unique)",
            "create table plays (id int not null, artist varchar(20) references artists (id),"
            " primary key (id), unique (artist, id), foreign key (artist) references artists)",
            "create table one (foreign key (a) references artists (id), a int, primary key (a))",
            "alter table artists add constraint x primary key (id)",
            "alter table artists drop constraint x",
            "insert into artists values ('1', 'a'), ('1', 'a')",
            "insert into plays values (1, 'none'), (1, 'none')",
        )
        self.refused("insert into artists values (null, 'a')", "23502")
        self.refused("insert into one values (null)", "23502")

    # CREATE TABLE, IDENTITY.
    def test_identity_has_gaps(self):
        self.run_all(
            "create table t (a bigint identity(0, 1), b int)",
            "create table u (a int generated by default as identity(1, 1), b int)",
            "insert into t (b) values (1), (2), (3)",
            "insert into u values (7, 1), (default, 2)",
        )
        ids = [int(row[0]) for row in self.client.run("select a from t order by 1")]
        self.assertEqual((ids[0], len(set(ids))), (0, 3))
        self.assertGreater(ids[-1], 2)
        self.refused("insert into t values (7, 1)", "428C9")

    # ALTER TABLE: one action at a time.
    def test_alter_table(self):
        self.run_all(
            "create table t (a int)",
            "alter table t add column b varchar encode lzo",
            "alter table t alter column b type varchar(300)",
            "alter table t rename column b to c",
            "alter table t drop column a cascade",
        )
        for action in (
            "add column d int, add column e int",
            "add column d int, drop column c",
            "alter column c set default 'x'",
            "alter column c drop not null",
        ):
            with self.subTest(action):
                self.refused(f"alter table t {action}", "42601")
        self.client.run("begin")
        self.refused("alter table t alter column c type varchar(400)", "25001")

    # Reserved words.
    def test_reserved_words(self):
        for word in ("tag", "raw", "snapshot", "open"):
            with self.subTest(word), self.assertRaises(PqError):
                self.client.run(f"create table t (a int, {word} int)")
        self.client.run('create table t (a int, "tag" int)')

    # VACUUM: not within a transaction block.
    def test_vacuum_and_analyze(self):
        self.run_all(
            "create table t (a int)",
            "vacuum",
            "vacuum full t to 99 percent boost",
            "vacuum delete only t",
            "analyze t predicate columns",
            "analyze t (a)",
            "begin",
        )
        self.refused("vacuum t", "25001")


class FunctionTest(RedshiftTest):
    # SQL functions reference; Unsupported PostgreSQL functions.
    def test_functions(self):
        rows = self.client.run(
            "select nvl(null, 1), getdate() <= sysdate, len('äb'), current_schema(),"
            " has_table_privilege('pg_class', 'select'), pg_backend_pid() > 0"
        )
        self.assertEqual(rows, [["1", "t", "2", "public", "t", "t"]])
        for call in (
            "pg_advisory_lock(1)",
            "pg_advisory_xact_lock(1)",
            "hashtext('a')",
            "pg_xact_status(null)",
            "pg_current_xact_id_if_assigned()",
            "json_build_object('a', 1)",
            "string_agg('a', 'b')",
            "array_agg(1)",
            "to_regclass('t')",
            "format('a')",
            "pg_sleep(1)",
        ):
            with self.subTest(call):
                self.refused(f"select {call}", "42883")
        with self.assertRaises(PqError):
            self.run_all(
                "create table t (a int)", "insert into t select a from generate_series(1, 2) a"
            )

    # Unsupported PostgreSQL features.
    def test_statements(self):
        self.client.run("create table t (a int)")
        for sql in (
            "insert into t values (1) on conflict do nothing",
            "select distinct on (a) a from t",
            "select count(*) filter (where a = 1) from t",
            "select * from t x, lateral (select x.a) y",
            "insert into t values (1) returning a",
            "create index i on t (a)",
            "savepoint s",
            "create table u (a int[])",
            "create type e as enum ('a')",
            "copy t from stdin",
            "copy t to stdout",
            "lock t in exclusive mode",
        ):
            with self.subTest(sql), self.assertRaises(PqError):
                self.client.run(sql)

    # System catalog tables; SQL functions supported on the leader node.
    def test_catalogs(self):
        for name in (
            *("pg_class", "pg_namespace", "pg_tables", "pg_views", "pg_user", "pg_locks"),
            *("stl_load_errors", "sys_load_error_detail", "sys_load_detail", "stl_load_commits"),
            "stv_sessions",
        ):
            with self.subTest(name):
                self.client.run(f"select * from {name} limit 1")


class TransactionTest(RedshiftTest):
    # TRUNCATE: it commits the transaction in which it is run.
    def test_truncate_commits(self):
        self.run_all(
            "create table t (a int)",
            "create table u (a int)",
            "insert into t values (1)",
            "begin",
            "insert into u values (1)",
            "truncate t",
        )
        self.assertEqual(self.client.tag, "TRUNCATE TABLE")
        self.client.run("insert into u values (2)")
        self.client.run("rollback")
        self.assertEqual(self.client.notices, ["WARNING:  there is no transaction in progress"])
        rows = self.client.run("select (select count(*) from t), count(*) from u")
        self.assertEqual(rows, [["0", "2"]])
        self.client.run("begin")
        self.client.run_alone("truncate u")
        self.client.run("rollback")
        self.assertEqual(self.client.run("select * from u"), [])
        self.refused("truncate t, u", "42601")

    def test_a_truncate_that_fails_commits_nothing(self):
        self.run_all("create table t (a int)", "begin", "insert into t values (1)")
        self.refused("truncate missing", "42P01")
        self.client.run("commit")
        self.assertEqual(self.client.run("select * from t"), [])

    # Isolation levels in Amazon Redshift, SNAPSHOT; BEGIN: whatever it asks for.
    def test_a_transaction_sees_its_snapshot(self):
        for begin in ("begin", "begin isolation level read committed", "start transaction"):
            with self.subTest(begin):
                other = self.connect()
                self.run_all("drop table if exists t", "create table t (a int)", begin)
                self.assertEqual(self.client.run("select * from t"), [])
                other.run("insert into t values (1)")
                self.assertEqual(self.client.run("select * from t"), [])
                self.client.run("commit")
                self.assertEqual(self.client.run("select * from t"), [["1"]])

    # LOCK; Serializable isolation: the snapshot comes with the first SELECT, DML or DDL.
    def test_a_lock_that_comes_first_sees_what_it_waited_for(self):
        other = self.connect()
        self.run_all("create table ledger (a int)", "begin", "lock ledger")
        self.client.run("insert into ledger values (1)")
        other.run("begin")
        waiting = other.start("lock table ledger")
        time.sleep(0.2)
        self.assertTrue(waiting.is_alive())
        self.client.run("commit")
        waiting.result()
        self.assertEqual(other.run("select * from ledger"), [["1"]])
        reading = self.client.start("select * from ledger")
        time.sleep(0.2)
        self.assertTrue(reading.is_alive())
        other.run("commit")
        self.assertEqual(reading.result(), [["1"]])

    # Without it, both see the same: the trap of SNAPSHOT.
    def test_without_a_lock_both_write(self):
        other = self.connect()
        self.client.run("create table ledger (a int)")
        for client in (self.client, other):
            client.run("begin")
            self.assertEqual(client.run("select * from ledger"), [])
        for client in (self.client, other):
            client.run("insert into ledger values (1)")
            client.run("commit")
        self.assertEqual(self.client.run("select * from ledger"), [["1"], ["1"]])

    # Isolation levels in Amazon Redshift: update and delete conflicts. The words are those of
    # reports (aws/amazon-redshift-jdbc-driver issue 147); the guide has none.
    def test_a_write_conflict(self):
        other = self.connect()
        self.run_all("create table t (a int)", "insert into t values (1)")
        for client in (self.client, other):
            client.run("begin")
            client.run("select * from t")
        self.run_all("update t set a = 2", "commit")
        error = self.refused("update t set a = 3", "XX000", client=other)
        self.assertIn("conflict with concurrent transaction", error.message)

    def test_statements_before_one_that_is_refused_do_not_run(self):
        self.client.run("create table t (a int)")
        self.refused("insert into t values (1); lock t in share mode", "42601")
        self.assertEqual(self.client.run("select * from t"), [])


class SerializableTest(RedshiftTest):
    @classmethod
    def start_server(cls):
        made = RedshiftServer(isolation="serializable", require_tls=False)
        made.start()
        cls.addClassCleanup(made.close)
        return made

    # Troubleshooting serializable isolation errors: ERROR 1023. SQLSTATE and DETAIL are those of
    # reports (aws/aws-sdk-pandas issue 665).
    def test_a_cycle_is_error_1023(self):
        other = self.connect()
        self.run_all("create table tab1 (a int)", "create table tab2 (a int)")
        for client, read, written in ((self.client, "tab1", "tab2"), (other, "tab2", "tab1")):
            client.run("begin")
            client.run(f"select * from {read}")
            client.run(f"insert into {written} values (1)")
        self.client.run("commit")
        error = self.refused("commit", "XX000", client=other)
        self.assertEqual(error.message, "1023")
        self.assertRegex(
            error.detail,
            r"^Serializable isolation violation on table - \d+, transactions forming the cycle"
            r" are: \d+, \d+ \(pid:\d+\)$",
        )

    # LOCK: forces serialization.
    def test_locks_first_avoid_it(self):
        other = self.connect()
        self.run_all("create table t (a int)", "begin", "lock t")
        other.run("begin")
        waiting = other.start("lock t")
        self.run_all("select * from t", "insert into t values (1)", "commit")
        waiting.result()
        for sql in ("select * from t", "insert into t values (2)", "commit"):
            other.run(sql)
        self.assertEqual(self.client.run("select count(*) from t"), [["2"]])

    def test_tls_is_not_asked_for_if_so_wanted(self):
        self.assertEqual(self.connect(sslmode="disable").run("select 1"), [["1"]])


class CopyTest(RedshiftTest):
    def setUp(self):
        super().setUp()
        self.prefix = f"{self.id()}/"

    def put(self, name, body):
        """The address of an object of this test."""
        objects.put(BUCKET, self.prefix + name, body if isinstance(body, bytes) else body.encode())
        return f"s3://{BUCKET}/{self.prefix}{name}"

    def manifest(self, *urls, mandatory=True):
        entries = [{"url": url, "mandatory": mandatory} for url in urls]
        return self.put("manifest", json.dumps({"entries": entries}))

    def copy(self, source, options, table="t", roles=None, **how):
        return self.client.run(f"copy {table} from '{source}' iam_role '{roles or role}' {options}")

    def copied(self, columns, body, options, order=1):
        """The rows of a new table after a COPY of one object."""
        self.client.run("drop table if exists t")
        self.client.run(f"create table t ({columns})")
        self.copy(self.put("data", body), options)
        return self.client.run(f"select * from t order by {order}")

    def load_error(self, columns, body, options):
        """Code, column and reason of what COPY refuses in one object."""
        with self.assertRaises(PqError) as raised:
            self.copied(columns, body, options)
        self.assertEqual(
            raised.exception.message,
            "Load into table 't' failed.  Check 'stl_load_errors' system table for details.",
        )
        [found] = self.client.run(
            "select err_code, trim(colname), trim(err_reason) from stl_load_errors"
            " where query = pg_last_copy_id()"
        )
        return int(found[0]), found[1], found[2]

    def copy_refused(self, source, options, pattern, sqlstate="XX000", **how):
        with self.assertRaisesRegex(PqError, pattern) as raised:
            self.copy(source, options, **how)
        self.assertEqual(raised.exception.sqlstate, sqlstate)
        return raised.exception


class CopySourceTest(CopyTest):
    def setUp(self):
        super().setUp()
        self.client.run("create table t (a int, b varchar(9))")

    # Using a manifest to specify data files.
    def test_a_manifest(self):
        one, two = self.put("1", "1,a\n2,b\n"), self.put("2", "3,c\n")
        self.copy(self.manifest(one, two, two), "manifest csv")
        self.assertEqual(self.client.tag, "COPY")
        loaded = "INFO:  Load into table 't' completed, 4 record(s) loaded successfully."
        self.assertEqual(self.client.notices, [loaded])
        rows = self.client.run("select * from t order by 1")
        self.assertEqual(rows, [["1", "a"], ["2", "b"], ["3", "c"], ["3", "c"]])

    # COPY from Amazon S3, Parameters: mandatory, and what a manifest must be.
    def test_what_a_manifest_names_is_missing(self):
        there, missing = self.put("1", "1,a\n"), f"s3://{BUCKET}/{self.prefix}missing"
        self.copy(self.manifest(missing, there, mandatory=False), "manifest csv")
        self.assertEqual(self.client.run("select count(*) from t"), [["1"]])
        text = "Mandatory url is not present in manifest file"
        self.copy_refused(self.manifest(there, missing), "manifest csv", text)
        self.copy_refused(self.manifest(missing, mandatory=False), "manifest csv", "do not exist")
        self.copy_refused(missing, "manifest csv", "Problem reading manifest file - .*NoSuchKey")
        for body in ("{}", "[]", "no", '{"entries":[{"mandatory":true}]}'):
            with self.subTest(body):
                address = self.put("bad", body)
                self.copy_refused(address, "manifest csv", "Problem reading manifest file")
        self.assertEqual(self.client.run("select count(*) from t"), [["1"]])

    # COPY from Amazon S3, Parameters: the path is a prefix.
    def test_a_prefix(self):
        self.put("a/1", "1,a\n")
        self.put("a/2", "2,b\n")
        self.copy(f"s3://{BUCKET}/{self.prefix}a", "csv")
        self.assertEqual(self.client.run("select count(*) from t"), [["2"]])
        missing = f"s3://{BUCKET}/{self.prefix}none"
        self.copy_refused(missing, "csv", "The specified S3 prefix '.*none' does not exist")
        self.copy_refused("s3://nobucket/a", "csv", "S3ServiceException:.*Error NoSuchBucket")

    # Data format parameters; File compression parameters.
    def test_compressions(self):
        zstd = subprocess.run(["zstd", "-c"], input=b"3,c\n", capture_output=True, check=True)
        for name, body in (
            ("gzip", gzip.compress(b"1,a\n") + gzip.compress(b"1,a\n")),
            ("bzip2", bz2.compress(b"2,b\n")),
            ("zstd", zstd.stdout),
        ):
            self.copy(self.put(name, body), f"csv {name}")
        self.assertEqual(self.client.run("select count(*), sum(a) from t"), [["4", "7"]])
        self.copy_refused(self.put("plain", "1,a\n"), "csv gzip", "failed to inflate")
        # What is behind the end no page tells of; COPY is taken to be as strict as it can be.
        for option, body in (
            ("gzip", gzip.compress(b"1,a\n")),
            ("bzip2", bz2.compress(b"1,a\n")),
        ):
            self.copy_refused(self.put(option, body + b"x"), f"csv {option}", "failed to inflate")

    # Authorization parameters, IAM_ROLE; Chaining IAM roles (Management Guide).
    def test_roles(self):
        address = self.put("1", "1,a\n")
        with_account = role.replace(":::", f"::{ACCOUNT}:")
        self.copy(address, "csv", roles=with_account)
        text = f"User arn:aws:redshift:us-east-1:{ACCOUNT}:dbuser:.*/loader is not authorized to"
        self.copy_refused(address, "csv", f"{text} assume IAM Role .*none", roles=f"{role}none")
        stranger = s3.create_user("stranger")
        others = s3.create_role("others", stranger, [allow(READ, BUCKET)])
        self.copy_refused(address, "csv", "is not authorized to assume IAM Role", roles=others)
        self.copy_refused(address, "csv", "Invalid IAM role ARN", roles="nobody")

    def test_a_role_without_rights(self):
        address = self.put("1", "1,a\n")
        lists = s3.create_role("lists", service, [allow(["ListBucket"], BUCKET)])
        gets = s3.create_role("gets", service, [allow(["GetObject"], BUCKET)])
        denied = "S3ServiceException:Access Denied,Status 403,Error AccessDenied"
        error = self.copy_refused(address, "csv", denied, roles=lists)
        self.assertRegex(error.detail, f"context:   S3 key being read : {address}")
        self.copy_refused(address, "csv", denied, roles=gets)
        self.copy(self.manifest(address), "manifest csv", roles=gets)
        denied = f"Problem reading manifest file - {denied}"
        self.copy_refused(self.manifest(address), "manifest csv", denied, roles=lists)

    def test_chained_roles(self):
        address = self.put("1", "1,a\n")
        hub = s3.create_role("hub", service, [])
        allowed = {"Effect": "Allow", "Action": ["sts:AssumeRole"]}
        own = identity_policy([{**allowed, "Resource": ["*"]}])
        put = ("role-policy", "put", "--policy-name=test")
        s3.radosgw_admin(*put, "--role-name=hub", f"--policy-doc={own}")
        trust = {"Version": "2012-10-17", "Statement": [{**allowed, "Principal": {"AWS": [hub]}}]}
        create = ("role", "create", "--role-name=spoke", "--path=/")
        s3.radosgw_admin(*create, f"--assume-role-policy-doc={json.dumps(trust)}")
        rights = identity_policy([allow(READ, BUCKET)])
        s3.radosgw_admin(*put, "--role-name=spoke", f"--policy-doc={rights}")
        spoke = hub.replace("hub", "spoke")
        self.copy_refused(address, "csv", "not authorized to assume", roles=spoke)
        self.copy_refused(address, "csv", "Access Denied", roles=hub)
        self.copy(address, "csv", roles=f"{hub},{spoke}")

    # S3ServiceException errors: Bucket is in a different Region.
    def test_a_bucket_elsewhere(self):
        address = self.put("1", "1,a\n")
        self.copy(address, "csv region 'us-east-1'")
        elsewhere = "The bucket you are attempting to access must be addressed using"
        self.copy_refused(address, "csv region as 'eu-west-1'", elsewhere)
        server.bucket_regions[BUCKET] = "eu-west-1"
        self.addCleanup(server.bucket_regions.clear)
        self.copy_refused(address, "csv", elsewhere)
        self.copy(address, "csv region 'eu-west-1'")

    # COPY: parameters in any order and case; and what the stand-in does not know, it refuses.
    def test_the_statement(self):
        address = self.put("1", "1,a\n")
        where = f"FROM '{address}' IAM_ROLE '{role}'"
        for sql in (
            f"COPY t {where} CSV COMPUPDATE OFF STATUPDATE OFF MAXERROR 3",
            f"copy t (b, a) {where} maxerror as 1 ignoreheader as 1 format as csv quote as ''''",
            f"copy t {where} statupdate compupdate on format csv delimiter ',' roundec",
            f"copy public.t {where} region as 'us-east-1' delimiter as ',' truncatecolumns",
            f"copy \"t\"(\"a\",b) from '{address}' csv iam_role '{role}' acceptinvchars;",
        ):
            with self.subTest(sql):
                self.client.run(sql)
        for options in ("fillrecord", "csv csv", "csv format json", "maxerror x", "gzip bzip2 csv"):
            with self.subTest(options):
                self.copy_refused(address, options, "", "42601")
        self.copy_refused(address, "csv escape", "not supported with", "42601")
        self.copy_refused(address, "json null ''", "not supported with", "42601")
        self.refused(f"copy t from '{address}' csv", "42601")
        self.refused(f"copy missing {where} csv", "42P01")
        self.refused(f"copy t (c) {where} csv", "42703")

    # Ours never sends keys: the stand-in takes none.
    def test_no_keys_in_sql(self):
        for keys in (
            "access_key_id 'a' secret_access_key 'b'",
            "credentials 'aws_access_key_id=a;aws_secret_access_key=b'",
            "with credentials as 'aws_iam_role=a'",
        ):
            with self.subTest(keys):
                sql = f"copy t from 's3://{BUCKET}/a' {keys} csv"
                self.refused(sql, "0A000", "takes no keys")

    # COPY runs in the transaction of the client.
    def test_it_is_part_of_the_transaction(self):
        address = self.put("1", "1,a\n")
        self.client.run("begin")
        self.copy(address, "csv")
        self.assertEqual(self.client.run("select count(*) from t"), [["1"]])
        self.assertEqual(self.connect().run("select count(*) from t"), [["0"]])
        self.client.run("rollback")
        self.assertEqual(self.client.run("select count(*) from t"), [["0"]])
        self.client.run("begin")
        self.copy_refused(self.put("2", "x,a\n"), "csv", "Load into table 't' failed")
        self.refused("select 1", "25P02")
        self.client.run("rollback")

    def test_by_the_extended_protocol(self):
        address = self.put("1", "1,a\n")
        self.client.run_alone(f"copy t from '{address}' iam_role '{role}' csv")
        self.assertEqual((self.client.tag, len(self.client.notices)), ("COPY", 1))
        with self.assertRaises(PqError):
            self.client.run_alone(f"copy t from '{address}' iam_role '{role}none' csv")
        self.assertEqual(self.client.run("select count(*) from t"), [["1"]])

    # COPY usage notes: the right to INSERT is needed.
    def test_a_role_of_the_database_without_rights(self):
        server.create_role(f"reader of {self.database}")
        reader = self.connect(role=f"reader of {self.database}")
        sql = f"copy t from '{self.put('1', '1,a')}' iam_role '{role}' csv"
        self.refused(sql, "42501", client=reader)

    def test_cancel(self):
        address = self.put("1", "".join(f"{number},a\n" for number in range(300_000)))
        running = self.client.start(f"copy t from '{address}' iam_role '{role}' csv")
        wait_until(lambda: self.client.cancel() and not running.is_alive(), "the cancel")
        with self.assertRaises(PqError) as raised:
            running.result()
        self.assertEqual(raised.exception.sqlstate, "57014")
        self.assertEqual(self.client.run("select count(*) from t"), [["0"]])

    def test_it_is_fast(self):
        body = "".join(f'{number},"a ""b"""\n' for number in range(100_000))
        address = self.put("1", gzip.compress(body.encode()))
        begin = time.monotonic()
        self.copy(address, "csv gzip")
        self.assertLess(time.monotonic() - begin, 10)
        self.assertEqual(self.client.run("select pg_last_copy_count()"), [["100000"]])


class CopyValueTest(CopyTest):
    # Data format parameters, CSV.
    def test_csv(self):
        body = '1,"a ""b"", c"\r\n2,"x\ny"\n3, "z"\n4,"\t\\n\\"\n5,\n6,""\n7,"\r\n"'
        rows = self.copied("a int, b varchar(20)", body, "csv")
        texts = ['a "b", c', "x\ny", "z", "\t\\n\\", "", "", "\r\n"]
        self.assertEqual([row[1] for row in rows], texts)
        options = "csv quote '%' delimiter ';' ignoreheader 1"
        rows = self.copied("a int, b varchar(9)", "head\n1;%a;b%", options)
        self.assertEqual(rows, [["1", "a;b"]])

    # Data format parameters, DELIMITER; Data conversion parameters, ESCAPE.
    def test_delimited(self):
        rows = self.copied("a int, b varchar(20), c varchar(9)", '1|"a"|\\N\n2||x\n', "")
        self.assertEqual(rows, [["1", '"a"', None], ["2", "", "x"]])
        body = "1;A\\\\B\\;C;\\N\n2;x\\\ny;z\n"
        rows = self.copied("a int, b varchar(20), c varchar(9)", body, "delimiter ';' escape")
        self.assertEqual(rows, [["1", "A\\B;C", None], ["2", "x\ny", "z"]])

    # Data conversion parameters: NULL AS, EMPTYASNULL, BLANKSASNULL, TRIMBLANKS.
    def test_nulls(self):
        columns = "a int, b varchar(9), c float8"
        body = "1,\\N,\\N\n2,,\n3,  ,  \n4,x  ,4\n"
        for options, texts in (
            ("", [None, "", "  ", "x  "]),
            ("emptyasnull", [None, None, "  ", "x  "]),
            ("null as ''", ["\\N", None, "  ", "x  "]),
            ("blanksasnull", [None, "", None, "x  "]),
            ("trimblanks", [None, "", "", "x"]),
        ):
            with self.subTest(options):
                more = body.replace("\\N,\\N", "\\N,") if "null as" in options else body
                rows = self.copied(columns, more, f"csv {options}")
                self.assertEqual([row[1] for row in rows], texts)
                self.assertEqual([row[2] for row in rows], [None, None, None, "4"])

    # Data conversion parameters, NULL AS; Load error reference, 1218.
    def test_nul_characters(self):
        columns = "a int, b varchar(9)"
        for written in (r"\0", r"\000"):
            rows = self.copied(columns, '1,\0\n2,"\0"\n3,\n', f"csv null as '{written}'")
            self.assertEqual(rows, [["1", None], ["2", None], ["3", ""]])
        code, column, _ = self.load_error(columns, "1,a\0b\n", r"csv null as '\0'")
        self.assertEqual((code, column), (1218, "b"))
        # Without it a NUL ends the record.
        rows = self.copied(columns, "1,a\0b\n", "csv")
        self.assertEqual(rows, [["1", "a"]])
        self.assertEqual(self.load_error(columns, "1\0,a\n", "csv")[0], 1214)

    # Data conversion parameters, ROUNDEC.
    def test_decimals(self):
        columns, body = "a decimal(8, 2), b float8", "20.259,20.259\n-1.999,1e3\n,\n"
        rows = self.copied(columns, body, "csv")
        self.assertEqual(rows, [["-1.99", "1000"], ["20.25", "20.259"], [None, None]])
        rows = self.copied(columns, body, "csv roundec")
        self.assertEqual([row[0] for row in rows], ["-2.00", "20.26", None])
        self.assertEqual(self.load_error(columns, "1000000,1\n", "csv")[0], 1204)

    # Data conversion parameters, TIMEFORMAT and DATEFORMAT.
    def test_times(self):
        columns = "a int, b timestamp"
        for value, options, expected in (
            ("2018-11-11 02:33:56", "", "2018-11-11 02:33:56"),
            ("2018-11-11 02:33:56.796", "", "2018-11-11 02:33:56.796"),
            ("2018-11-11", "", "2018-11-11 00:00:00"),
            ("1541903636796", "timeformat 'epochmillisecs'", "2018-11-11 02:33:56.796"),
            ("-1", "timeformat 'epochmillisecs'", "1969-12-31 23:59:59.999"),
            ("1541903636", "timeformat as 'epochsecs'", "2018-11-11 02:33:56"),
            ("2018-11-11T02:33:56.796Z", "timeformat 'auto'", "2018-11-11 02:33:56.796"),
            ("11.12.2018 23:01", "timeformat 'DD.MM.YYYY HH24:MI'", "2018-12-11 23:01:00"),
            ("Dec 11 18 11:01 PM", "timeformat 'MON DD YY HH12:MI AM'", "2018-12-11 23:01:00"),
        ):
            with self.subTest(value=value, options=options):
                rows = self.copied(columns, f"1,{value}\n", f"csv {options}")
                self.assertEqual(rows, [["1", expected]])
        for value, options in (
            ("2018-11-11T02:33:56", ""),
            ("2018-02-30 00:00:00", ""),
            ("1541903636796.0", "timeformat 'epochmillisecs'"),
            ("253402300800000", "timeformat 'epochmillisecs'"),
        ):
            with self.subTest(value=value, options=options):
                error = self.load_error(columns, f"1,{value}\n", f"csv {options}")
                self.assertEqual(error[:2], (1206, "b"))
        rows = self.copied("a date", "11/12/2018", "csv dateformat 'MM/DD/YYYY'")
        self.assertEqual(rows, [["2018-11-12"]])

    # Load error reference; and for the words, reports.
    def test_what_is_refused(self):
        columns = "a int not null, b varchar(4), c smallint, d bool, e date, f float8, g char(2)"
        good = ["1", "x", "1", "true", "2018-11-01", "1.5", "x"]
        for place, value, code, reason in (
            (0, "x", 1207, "Invalid digit, Value 'x', Pos 0, Type: Integer"),
            (0, "1.5", 1207, "Invalid digit, Value '.', Pos 1, Type: Integer"),
            (0, "", 1213, "Missing data for not-null field"),
            (0, "2147483648", 1222, "Overflow (Integer valid range -2147483648 to 2147483647)"),
            (1, "äöü", 1204, "String length exceeds DDL length"),
            (2, "40000", 1222, "Overflow (Short valid range -32768 to 32767)"),
            (3, "maybe", 1210, "Unknown boolean format"),
            (4, "2018-1", 1205, "Invalid Date Format - YYYY-MM-DD"),
            (5, "1,5", 1202, "Extra column(s) found"),
            (5, "1.5x", 1207, "Invalid digit, Value 'x', Pos 3, Type: Double"),
            (6, "ä", 1220, "Multibyte character not supported for CHAR (Hint: try using VARCHAR)"),
        ):
            with self.subTest(value=value):
                line = ",".join([*good[:place], value, *good[place + 1 :]])
                found = self.load_error(columns, line, "csv")
                self.assertEqual((found[0], found[2][: len(reason)]), (code, reason))
        self.assertEqual(self.load_error(columns, "1,x", "csv")[0], 1214)
        self.assertEqual(self.load_error("a int, b int not null", "1", "csv")[0], 1213)
        reason = self.load_error(columns, '1,"x"y', "csv")[2]
        self.assertEqual(reason, "Invalid quote formatting for CSV")
        rows = self.copied("a varchar(4), b char(2)", "äöü,abc\n", "csv truncatecolumns")
        self.assertEqual(rows, [["äö", "ab"]])

    # Multibyte character load errors; Data conversion parameters, ACCEPTINVCHARS.
    def test_bytes_that_are_not_utf8(self):
        columns = "a int, b varchar(9)"
        body = b"1,\xc3\xa4\n2,x\xa4y\n3,\xe0\xa1\n"
        code, column, reason = self.load_error(columns, body, "csv")
        self.assertEqual((code, column), (1220, "b"))
        self.assertRegex(reason, r"Bad UTF8 hex sequence: a4 \(error 3\)$")
        rows = self.copied(columns, body, "csv acceptinvchars as '^'")
        self.assertEqual([row[1] for row in rows], ["ä", "x^y", "^^"])
        rows = self.copied(columns, body, "csv acceptinvchars")
        self.assertEqual(rows[1], ["2", "x?y"])

    # Column mapping options; CREATE TABLE, IDENTITY; EXPLICIT_IDS.
    def test_columns(self):
        self.client.run("create table u (id bigint identity(1, 1), a int default 7, b varchar(9))")
        self.copy(self.put("1", "1,x\n"), "csv", table="u")
        self.copy(self.put("2", "y,2\n"), "csv", table="u (b, a)")
        self.copy(self.put("3", "z\n"), "csv", table="u (b)")
        self.copy(self.put("4", "99,4,v\n"), "csv explicit_ids", table="u")
        rows = self.client.run("select a, b, id = 99 from u order by b")
        expected = [["4", "v", "t"], ["1", "x", "f"], ["2", "y", "f"], ["7", "z", "f"]]
        self.assertEqual(rows, expected)
        self.copy_refused(self.put("5", "1\n"), "csv", "EXPLICIT_IDS", "42601", table="u (id)")

    def test_any_text_arrives(self):
        texts = ["a\tb", "\\", "\\N x", "\x1d\x1e\x1f", "ä日\U0001f600", "\\.", "\x01"]
        body = "".join(f'{number},"{one}"\n' for number, one in enumerate(texts))
        rows = self.copied("a int, b varchar(20)", body, "csv")
        self.assertEqual([row[1] for row in rows], texts)


class CopyJsonTest(CopyTest):
    # COPY from JSON format; Data format parameters, JSON 'auto'.
    def test_auto(self):
        body = (
            '{"a": 1, "b": "x", "other": 5}\n\n{"b": null,\n "a": "2", "Case": 1}'
            '{"a": 3, "B": "y", "case": true, "n": 1.50}'
        )
        columns = 'a int, b varchar(9), "case" varchar(9), n varchar(9)'
        rows = self.copied(columns, body, "json 'auto'")
        expected = [["1", "x", None, None], ["2", None, None, None], ["3", None, "true", "1.50"]]
        self.assertEqual(rows, expected)
        rows = self.copied(columns, body, "format as json as 'auto ignorecase'")
        self.assertEqual(rows[1:], [["2", None, "1", None], ["3", "y", "true", "1.50"]])
        self.assertEqual(self.copied("a int, b varchar(9)", body, "json")[0], ["1", "x"])

    # Data format parameters, JSONPaths file and JSONPath expressions.
    def test_paths(self):
        body = '{"id": 1, "o": {"p": {"q": [5, {"r": "x y"}]}}, "Name": "N", "e": ""}'
        paths = ["$.id", "$['o']['p']['q'][1]['r']", "$.o.p", "$['Name']", "$.none", "$.e"]
        address = self.put("paths", json.dumps({"jsonpaths": paths}))
        columns = "a int, b varchar(9), c varchar(99), d varchar(9), e int, f int"
        rows = self.copied(columns, body, f"json '{address}'")
        self.assertEqual(rows, [["1", "x y", '{"q":[5,{"r":"x y"}]}', "N", None, None]])
        for document in ('{"jsonpaths": ["$.id"]}', '{"jsonpaths": [""]}', "[]", "{} {}", "x"):
            with self.subTest(document):
                address = self.put("paths", document)
                self.copy_refused(self.put("data", body), f"json '{address}'", "(?i)jsonpath")
        missing = f"s3://{BUCKET}/none"
        self.copy_refused(self.put("data", body), f"json '{missing}'", "S3ServiceException")

    # Data format parameters: with another key the file means 'auto', and nobody says so.
    def test_a_file_of_paths_with_another_key_is_ignored(self):
        address = self.put("paths", '{"jsonPaths": ["$.b", "$.a"]}')
        rows = self.copied("a int, b int", '{"a": 1, "b": 2}', f"json '{address}'")
        self.assertEqual(rows, [["1", "2"]])

    def test_a_path_past_the_end_of_an_array(self):
        address = self.put("paths", '{"jsonpaths": ["$.a[2]"]}')
        code, _, reason = self.load_error("a int", '{"a": [1]}', f"json '{address}'")
        self.assertEqual(reason, "Invalid JSONPath format: Not an array or index out of range.")

    # COPY from JSON format, Escape characters; Data conversion parameters, TIMEFORMAT.
    def test_values(self):
        body = '{"a": 1541903636796, "b": "\\u00e4\\n\\t\\\\", "c": 0.29, "d": "0.29", "e": 0.1}'
        columns = "a timestamp, b varchar(9), c decimal(8, 2), d decimal(8, 2), e float8"
        rows = self.copied(columns, body, "json 'auto' timeformat 'epochmillisecs'")
        # Loss of numeric precision: 0.29 is a little less as a double, and is cut.
        expected = ["2018-11-11 02:33:56.796", "ä\n\t\\", "0.28", "0.29", "0.1"]
        self.assertEqual(rows, [expected])
        rows = self.copied(columns, body, "json 'auto' timeformat 'epochmillisecs' roundec")
        self.assertEqual(rows[0][2], "0.29")
        for text, code in (('"\\ud800"', 1220), ('"a\\u0000b"', 1218)):
            with self.subTest(text):
                error = self.load_error("b varchar(9)", f'{{"b": {text}}}', "json")
                self.assertEqual(error[0], code)

    # Data format parameters, JSON data file: no arrays with 'auto', nothing between objects.
    def test_what_is_refused(self):
        for body in ("[1, 2]", '{"a": 1}, {"a": 2}', '{"a": 1', "{'a': 1}", '{"a": NaN}', "x"):
            with self.subTest(body):
                self.assertEqual(self.load_error("a int", body, "json")[0], 1216)

    # Data format parameters, JSON data file: 4 MB an object, or the COPY fails.
    def test_an_object_may_have_four_megabytes(self):
        largest = '{"a": 1, "b": "' + "x" * ((4 << 20) - 17) + '"}'
        self.assertEqual(self.copied("a int", largest, "json"), [["1"]])
        self.load_error("a int", largest + largest.replace("x", "xx", 1), "json maxerror 100")
        self.assertEqual(self.client.run("select * from t"), [])


class LoadErrorTest(CopyTest):
    def setUp(self):
        super().setUp()
        self.client.run("create table t (a int, b varchar(4))")

    # Data load operations, MAXERROR: as many errors fail, fewer do not.
    def test_maxerror(self):
        address = self.put("1", "1,a\nx,b\n3,cdefg\n4,d\n")
        self.copy(address, "csv maxerror 3")
        self.assertEqual(self.client.run("select a from t order by 1"), [["1"], ["4"]])
        self.assertEqual(
            self.client.notices,
            [
                "INFO:  Load into table 't' completed, 2 record(s) loaded successfully.",
                "INFO:  Load into table 't' completed, 2 record(s) could not be loaded."
                "  Check 'stl_load_errors' system table for details.",
            ],
        )
        self.assertEqual(self.client.run("select pg_last_copy_count()"), [["2"]])
        for count in (0, 1, 2):
            with self.subTest(count):
                self.copy_refused(address, f"csv maxerror {count}", "Load into table 't' failed")
        self.assertEqual(self.client.run("select count(*) from t"), [["2"]])
        self.copy_refused(address, "csv maxerror 100001", "MAXERROR", "22023")

    # STL_LOAD_ERRORS.
    def test_what_the_view_has(self):
        line = "2,x" + "y" * 2000
        address = self.put("1", f"1,a\n{line}\nz,b\n")
        self.copy(address, "csv maxerror 9")
        rows = self.client.run(
            "select slice, tbl = (select oid from pg_class where relname = 't'), session,"
            " trim(filename), line_number, trim(colname), trim(type), trim(col_length), position,"
            " trim(raw_line), trim(raw_field_value), err_code, trim(err_reason)"
            " from stl_load_errors where query = pg_last_copy_id() order by line_number"
        )
        pid = str(libpq.PQbackendPID(self.client.raw))
        common = ["0", "t", pid, address]
        cut, value = line[:1024], line[2:1026]
        reason = "String length exceeds DDL length"
        one = [*common, "2", "b", "varchar", "4", "0", cut, value, "1204", reason]
        reason = "Invalid digit, Value 'z', Pos 0, Type: Integer"
        two = [*common, "3", "a", "int4", "0", "0", "z,b", "z", "1207", reason]
        self.assertEqual(rows, [one, two])
        [[padded]] = self.client.run("select max(length(colname || '.')) from stl_load_errors")
        self.assertEqual(padded, "2")  # blank-padded, and trimmed when it becomes a varchar

    # SYS_LOAD_ERROR_DETAIL, SYS_LOAD_DETAIL.
    def test_the_newer_views(self):
        address = self.put("1", "1,a\nz,b\n")
        self.copy(address, "csv maxerror 9")
        rows = self.client.run(
            "select trim(database_name), trim(file_name), line_number, trim(column_name),"
            " trim(column_type), trim(column_length), position, error_code, trim(error_message)"
            " from sys_load_error_detail where query_id = pg_last_copy_id()"
        )
        reason = "Invalid digit, Value 'z', Pos 0, Type: Integer"
        expected = [self.database, address, "2", "a", "int4", "0", "0", "1207", reason]
        self.assertEqual(rows, [expected])
        rows = self.client.run(
            "select trim(file_name), bytes_scanned, lines_scanned, trim(file_etag)"
            " from sys_load_detail where query_id = pg_last_copy_id()"
        )
        etag = hashlib.md5(b"1,a\nz,b\n").hexdigest()
        self.assertEqual(rows, [[address, "8", "2", etag]])

    # IS_VALID_JSON function, IS_VALID_JSON_ARRAY function: no numbers, texts, or null.
    def test_what_json_is(self):
        for text, is_object, is_array in (
            ('{"a": 1}', "t", "f"),
            ("[1, 2]", "f", "t"),
            ("[untitled]", "f", "f"),
            ("{", "f", "f"),
            ("1", "f", "f"),
            ("", "f", "f"),
        ):
            sql = f"select is_valid_json('{text}'), is_valid_json_array('{text}')"
            self.assertEqual(self.client.run(sql), [[is_object, is_array]], text)

    # Data format parameters: LINE_NUMBER is the last line of the object.
    def test_lines_of_json(self):
        address = self.put("1", '{"a": 1}\n{\n"a":\n"x"}\n\n{"a": 2} nonsense\n{"a": 3}\n')
        self.copy(address, "json maxerror 9")
        rows = self.client.run(
            "select line_number, err_code, trim(raw_line) from stl_load_errors"
            " where query = pg_last_copy_id() order by 1"
        )
        self.assertEqual(rows, [["4", "1207", '{\n"a":\n"x"}'], ["6", "1216", "nonsense"]])
        self.assertEqual(self.client.run("select count(*) from t"), [["3"]])

    # System tables are no part of a transaction; nor of its snapshot (Serializable isolation).
    def test_errors_stay_after_a_rollback_and_are_seen_at_once(self):
        count = "select count(*) from stl_load_errors where query = pg_last_copy_id()"
        address = self.put("1", "1,a\nz,b\n")
        self.run_all("begin", "select * from t")
        self.copy(address, "csv maxerror 9")
        self.assertEqual(self.client.run(count), [["1"]])
        self.client.run("rollback")
        self.assertEqual(self.client.run(count), [["1"]])

    # Visibility of data in system tables and views: users see their own.
    def test_others_do_not_see_them(self):
        self.copy(self.put("1", "1,a\nz,b\n"), "csv maxerror 9")
        server.create_role(f"other of {self.database}")
        other = self.connect(role=f"other of {self.database}")
        self.assertEqual(other.run("select * from stl_load_errors"), [])

    # PG_LAST_COPY_ID, PG_LAST_COPY_COUNT, PG_LAST_QUERY_ID.
    def test_ids(self):
        ids = "select pg_last_copy_id(), pg_last_copy_count()"
        self.assertEqual(self.connect().run(ids), [["-1", "0"]])
        self.assertEqual(self.connect().run("select pg_last_query_id()"), [["-1"]])
        good, bad = self.put("1", "1,a\n2,b\n"), self.put("2", "z,b\n")
        self.copy(good, "csv")
        [[first, count]] = self.client.run(ids)
        self.assertEqual((count, self.client.run("select pg_last_query_id()")), ("2", [[first]]))
        self.copy_refused(good, "csv", "", roles=f"{role}none")
        self.refused("copy t from 1", "42601")
        self.assertEqual(self.client.run(ids), [[first, "2"]])
        self.copy_refused(bad, "csv", "failed")
        [[second, count]] = self.client.run(ids)
        self.assertGreater(int(second), int(first))
        self.assertEqual(count, "0")

    def test_the_view_that_a_message_names(self):
        server.errors_view = "sys_load_error_detail"
        self.addCleanup(setattr, server, "errors_view", "stl_load_errors")
        self.copy_refused(self.put("1", "z,b\n"), "csv", "Check 'sys_load_error_detail' system")


class OrderTest(RedshiftTest):
    """What tests may ask of the stand-in."""

    def test_statements_are_kept(self):
        server.clear_statements()
        other = self.connect()
        self.client.run("select 1")
        other.run("select $1", "2")
        one, two = server.statements
        self.assertEqual((one.sql, two.sql), ("select 1", "select $1"))
        self.assertNotEqual(one.session, two.session)

    def test_a_failure_on_order(self):
        self.run_all("create table t (a int)", "begin")
        server.fail_next(r"insert\s+into t", "57P01", "on order")
        self.refused("INSERT INTO t values (1)", "57P01", "on order")
        self.refused("select 1", "25P02")
        self.run_all("rollback", "insert into t values (1)", "begin", "insert into t values (2)")
        server.fail_next("^commit$", "XX000", "1023")
        self.refused("commit", "XX000", "1023")
        self.client.run("rollback")
        self.assertEqual(self.client.run("select * from t"), [["1"]])

    def test_a_connection_that_is_cut(self):
        self.client.run("create table t (a int)")
        for begin, sql, when, count in (
            ("begin", "commit", "before", "0"),
            ("begin", "commit", "after", "1"),
            (None, "insert into t values (2)", "before", "1"),
            (None, "insert into t values (2)", "after", "2"),
        ):
            for run in ("run", "run_alone"):
                with self.subTest(sql=sql, when=when, run=run):
                    self.client.run("delete from t where a = 2")
                    client = self.connect()
                    if begin:
                        self.client.run("delete from t")
                        client.run(begin)
                        client.run("insert into t values (1)")
                    server.cut_on(f"^{sql}$".replace("(", "\\(").replace(")", "\\)"), when)
                    with self.assertRaises(PqError) as raised:
                        getattr(client, run)(sql)
                    self.assertIsNone(raised.exception.sqlstate)
                    rows = f"select count(*) = {count} from public.t"
                    wait_until(lambda: server.sql(rows, self.database) == [["t"]], rows)

    def test_a_paused_cluster(self):
        server.pause()
        self.addCleanup(server.resume)
        with self.assertRaises(PqError):
            self.client.run("select 1")
        with self.assertRaisesRegex(ConnectionError, "Connection refused"):
            self.connect()
        server.resume()
        server.pause("fatal")
        with self.assertRaisesRegex(ConnectionError, "FATAL"):
            self.connect()
        server.resume()
        server.pause("silent")
        with self.assertRaisesRegex(ConnectionError, "timeout expired"):
            self.connect(connect_timeout=2)
        server.resume()
        self.assertEqual(self.connect().run("select 1"), [["1"]])

    def test_a_killed_client_leaves_no_backend(self):
        self.run_all("create table t (a int)", "begin")
        command = [server.postgres.program("psql"), "-X", "-w", "-q", "-A", "-t"]
        environment = {
            **postgres.clean_environment("PG"),
            **server.libpq_environment(self.database),
        }
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen(command, env=environment, text=True, **pipes) as other:
            other.stdin.write("begin; lock t; select pg_backend_pid();\n")
            other.stdin.flush()
            pid = other.stdout.readline().strip()
            waiting = self.client.start("lock t")
            other.kill()
        waiting.result()
        query = f"select 1 from pg_stat_activity where pid = {pid}"
        wait_until(lambda: not server.sql(query), "the backend's end")

    def test_close_leaves_nothing(self):
        before = threading.active_count()
        other = RedshiftServer()
        other.start()
        database, folder = other.create_database(), other.folder
        client = Client(self, database, other)
        self.assertEqual(client.run("select 1"), [["1"]])
        other.close()
        self.assertFalse(folder.exists())
        wait_until(lambda: threading.active_count() <= before, "the threads' end")
        with self.assertRaises(PqError):
            client.run("select 1")

    def test_by_hand(self):
        script = 'echo "$PGHOST $PGPORT $AWS_REGION"; exit 7'
        command = [sys.executable, HERE / "redshift.py", "--", "sh", "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 7, done.stderr)
        self.assertRegex(done.stdout, r"^localhost \d+ us-east-1\n$")


class TokenTest(unittest.TestCase):
    def test_tokens_are_the_text_again(self):
        for sql in (
            "select 'a;b', \"c;d\", $$e;f$$, $x$g;$$h$x$ -- i;j\n, /* k; /* l */ ; */ 1;",
            r"select 'it''s', 'a\';b', '\\'; select 2",
            "copy t from 's3://a/b'",
            "select $1::int + .5e-3, #t.a",
            "select 'open",
            "/* open",
        ):
            with self.subTest(sql):
                tokens = redshift_sql.tokenize(sql)
                self.assertEqual("".join(token.text for token in tokens), sql)

    def test_statements_end_at_semicolons_that_count(self):
        sql = "; select ';' /* ; */ ; -- ;\n create table t (a int);; select $$;$$"
        texts = [statement.text.strip() for statement in redshift_sql.split(sql)]
        self.assertEqual(len(texts), 3)
        self.assertEqual(texts[2], "select $$;$$")


if __name__ == "__main__":
    unittest.main()
