"""tools/redshift_acceptance on the stand-in: what it settles, and that it sees what is otherwise.

Run it as `python3 tests/tools/redshift_acceptance_test.py`; it needs psql and what
tests/servers/redshift.py and rgw.py need. Environment: SPARKIFY_BINARY (the program).
"""

import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest
import zlib
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOL = ROOT / "tools" / "redshift_acceptance"
SERVERS = ROOT / "tests" / "servers"
sys.path[:0] = [str(ROOT / "tests" / "oracle"), str(SERVERS)]

import redshift  # noqa: E402
import redshift_copy  # noqa: E402
import redshift_rows  # noqa: E402
import redshift_sql  # noqa: E402
import redshift_values  # noqa: E402
import sparkify  # noqa: E402
import warehouses  # noqa: E402

SECONDS_MAX = 300
ISOLATION = "isolation level"
LOADS = ("COPY: sys_load_error_detail", "COPY: stl_load_errors")
SESSIONS = (
    "snapshot after LOCK",
    "conflict over a row",
    "conflict across tables",
    "pg_terminate_backend",
)
POINTS = 42
# Where the stand-in is otherwise than Redshift is taken to be.
OTHERWISE = {
    "direct: lone surrogates",
    "direct: invalid UTF-8",
    "SQL: trailing blanks",
}
ISOLATION_VIEW = """
set allow_system_table_mods = on;
create view pg_catalog.stv_db_isolation_level as select
    current_database()::text::character(128) as db_name,
    '{level}'::character(20) as isolation_level;
grant select on pg_catalog.stv_db_isolation_level to public
"""
S3_COMMAND = """
import os, sys
sys.path.insert(0, {servers!r})
import s3_client
env = os.environ
client = s3_client.S3Client(
    env["AWS_ENDPOINT_URL"], env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]
)
bucket, _, key = sys.argv[2].removeprefix("s3://").partition("/")
if sys.argv[1] == "put":
    client.put(bucket, key, sys.stdin.buffer.read())
elif sys.argv[1] == "etag":
    print(client.head(bucket, key).headers["ETag"])
else:
    client.delete(bucket, key)
"""

folder = None  # of the commands that write and remove objects


def setUpModule():
    global folder
    sparkify.binary()
    kept = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(kept.cleanup)
    folder = pathlib.Path(kept.name)
    (folder / "s3.py").write_text(S3_COMMAND.format(servers=str(SERVERS)), encoding="utf-8")
    unittest.addModuleCleanup(warehouses.stop)
    warehouses.start(warehouses.REDSHIFT)


def s3_command(verb):
    address = "s3://{bucket}/{key}" if verb == "etag" else "{url}"
    return shlex.join([sys.executable, str(folder / "s3.py"), verb, address])


def bad_roles():
    """One that nobody may assume, and one that may read nothing."""
    s3, service = warehouses.s3, warehouses.server.source.service
    role = warehouses.role
    return role.replace("redshift-reads", "nobody"), s3.create_role("reads-nothing", service, [])


def database(server, level=None):
    name = server.create_database()
    if level:
        server.sql(ISOLATION_VIEW.format(level=level), name)
    return name


class Done:
    """What the tool said: the points by their outcome, and the text for an issue."""

    def __init__(self, process):
        self.process = process
        self.points, _, self.summary = process.stdout.partition("\n---")
        self.outcomes = {}
        for line in self.points.splitlines():
            outcome, text = line[:8].strip(), line[8:]
            if outcome in ("ok", "differs", "skipped"):
                self.outcomes[point_of(text)] = outcome

    def that(self, outcome):
        return {name for name, one in self.outcomes.items() if one == outcome}

    def line(self, name):
        return next(one for one in self.points.splitlines() if one[8:].startswith(name))


def point_of(text):
    """Its name, which may have one colon in it."""
    parts = text.split(": ")
    return ": ".join(parts[: 2 if parts[0] in ("COPY", "direct", "SQL") else 1])


def no_null(parser):
    """NULL AS is read, and nothing is NULL by it."""
    parser.string() if parser.next_is_string() else None
    return "null_string", "no text is so"


def other_text(value):
    """Numbers go through a double, a NUL ends a text, and nothing is NULL."""
    if type(value) is redshift_values.Number:
        return str(float(value))
    if type(value) is str:
        return value.partition("\0")[0]
    return "" if value is None else json.dumps(value).title()


def lenient(body, kind, url):
    """What there is of the first stream."""
    return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body) if kind else body


class OneLineMore(redshift_rows.JsonObjects):
    def records(self):
        yield from super().records()
        self.line_count += 1


def with_other_functions(statement, values):
    """An interval is another, and a line feed ends what a pattern is held against."""
    text = redshift_sql.rewrite(statement, values)
    return text.replace("1 millisecond", "1 second").replace("~ '^", "~ '(?n)^")


def with_early_snapshot(statement, values):
    """BEGIN takes it."""
    text = redshift_sql.rewrite(statement, values)
    return f"{text}; select 1 from pg_class" if statement.starts("begin") else text


def points(*names):
    return [word for name in names for word in ("--point", name)]


def run(server, name, *options, binary=None):
    command = [str(TOOL), server.url(name), "--iam-role", warehouses.role]
    command += ["--control", warehouses.CONTROL, "--sparkify", binary or sparkify.binary()]
    command += ["--put", s3_command("put"), "--remove", s3_command("delete"), *options]
    process = subprocess.run(
        command,
        env=sparkify.environment(
            {**warehouses.s3.environment(warehouses.loader), **server.environment()}
        ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS_MAX,
        check=False,
    )
    return Done(process)


class AcceptanceTest(unittest.TestCase):
    def expect_nothing_left(self, server, name):
        schemas = server.sql("select nspname from pg_namespace where nspname ~ 'accept'", name)
        self.assertEqual(schemas, [])
        self.expect_no_objects()

    def expect_no_objects(self):
        objects = warehouses.s3.client(warehouses.loader).list(warehouses.BUCKET)
        self.assertEqual([one.key for one in objects], [])

    def test_points_hold_on_the_stand_in(self):
        server = warehouses.server
        name = database(server, "Snapshot Isolation")
        roles = [word for role in bad_roles() for word in ("--bad-role", role)]
        done = run(server, name, *roles, "--etag", s3_command("etag"))
        told = done.process.stdout + done.process.stderr
        self.assertEqual(done.process.returncode, 1, told)
        self.assertEqual(done.that("skipped"), {"login with AWS credentials"}, told)
        self.assertEqual(done.that("differs"), OTHERWISE, told)
        self.assertEqual(len(done.that("ok")), POINTS - 1 - len(OTHERWISE), told)
        for name_of_point in ("direct: lone surrogates", "direct: invalid UTF-8"):
            self.assertIn(": not loaded: taken, [('0', None)] of 1", done.line(name_of_point))
            self.assertIn("; loaded: refused, [XX000]", done.line(name_of_point))
        self.assertIn("{'0': 'the second'}", done.line("direct: a key given twice"))
        self.assertIn("2 (4) are equal, 2 (2)", done.line("SQL: trailing blanks"))
        self.assertIn("isolation: Snapshot Isolation", done.summary)
        self.assertIn("version: Redshift 1.0.12345", done.summary)
        self.assertIn("conflict with concurrent transaction", done.summary)
        for secret in (warehouses.loader.secret_key, warehouses.BUCKET + "/", "arn:", "s3://"):
            self.assertNotIn(secret, told)
        self.assertNotIn(redshift.HOST, told)
        self.expect_nothing_left(server, name)

    def test_what_is_otherwise_differs(self):
        server = warehouses.server
        name = database(server, "Serializable")  # it says so, and is not
        server.fail_next(r"sys_load_error_detail", "42501", "permission denied")
        server.fail_next(r"pg_terminate_backend", "42501", "must be superuser")
        names = (ISOLATION, *LOADS, *SESSIONS[1:], "create-tables")
        done = run(server, name, *points(*names), binary="/nothing/there")
        self.assertEqual(done.process.returncode, 1, done.process.stderr)
        wanted = {"COPY: sys_load_error_detail", "pg_terminate_backend", "conflict across tables"}
        self.assertEqual(done.that("differs"), wanted, done.process.stdout)
        self.assertIn("must be superuser", done.line("pg_terminate_backend"))
        self.assertIn("no error came", done.line("conflict across tables"))
        self.assertIn("no program at /nothing/there", done.line("create-tables"))
        self.assertIn("differs: pg_terminate_backend: [42501]", done.summary)
        self.expect_nothing_left(server, name)

    def test_values_and_snapshots_that_are_otherwise_differ(self):
        server = warehouses.server
        name = database(server)
        others = "COPY: text", "COPY: missing manifest entry"
        with mock.patch.dict(redshift_copy.PARAMETERS, null=no_null):
            done = run(server, name, *points("COPY: NULL", *others))
        self.assertEqual(done.that("differs"), {"COPY: NULL"}, done.process.stdout)
        self.assertIn("noted: [['", done.line("COPY: NULL"))
        with mock.patch.object(redshift, "rewrite", with_early_snapshot):
            done = run(server, name, *points("snapshot after LOCK"))
        self.assertIn("from before the lock", done.line("snapshot after LOCK"))

    def test_sources_that_are_read_otherwise_differ(self):
        server = warehouses.server
        name = database(server)
        texts = ("numbers", "booleans and nested values", "NULL and empty texts", "NUL")
        files = ("gzip members", "cut gzip", "bytes behind gzip")
        for names, module, function, other in (
            (texts, redshift_rows, "field_text", other_text),
            (files, redshift_copy, "decompress", lenient),
        ):
            names = {f"direct: {one}" for one in names}
            with mock.patch.object(module, function, other):
                done = run(server, name, *points(*names))
            self.assertEqual(done.that("differs"), names, done.process.stdout)
        self.expect_nothing_left(server, name)

    def test_views_and_functions_that_are_otherwise_differ(self):
        server = warehouses.server
        name = database(server)
        view, tag, statements = "direct: sys_load_detail", "direct: ETag", "direct: its statements"
        server.fail_next(r"insert\s+into loading_songs", "0A000", "not supported")
        with mock.patch.object(redshift_copy, "JsonObjects", OneLineMore):
            done = run(server, name, *points(view, tag, statements), "--etag", "echo other")
        self.assertEqual(done.that("differs"), {view, tag, statements}, done.process.stdout)
        self.assertIn("lines_scanned is ['4', '3'], not 3 and 2", done.line(view))
        self.assertIn("not other", done.line(tag))
        self.assertIn("not supported", done.line(statements))
        server.fail_next("from sys_load_detail", "42501", "permission denied")
        names = {view, "SQL: milliseconds", "SQL: patterns"}
        with mock.patch.object(redshift, "rewrite", with_other_functions):
            done = run(server, name, *points(*sorted(names, reverse=True), tag))
        self.assertEqual(done.that("differs"), names, done.process.stdout)
        self.assertIn("permission denied", done.line(view))

    def test_serializable(self):
        server = warehouses.server
        name = database(server)
        with mock.patch.object(server, "isolation", "serializable"):
            done = run(server, name, *points(ISOLATION, *SESSIONS))
        self.assertEqual(done.process.returncode, 0, done.process.stdout)
        self.assertIn("neither", done.line(ISOLATION))
        self.assertIn("[XX000] 1023 (Serializable", done.line("conflict across tables"))
        self.assertEqual(done.that("ok"), set(SESSIONS), done.process.stdout)

    def test_what_cannot_begin(self):
        server = warehouses.server
        name = database(server)
        missing = run(server, name + "x")
        self.assertEqual(missing.process.returncode, 2, missing.process.stderr)
        server.sql("create schema mine authorization loader", name)
        taken = run(server, name, "--schema", "mine")
        self.assertEqual(taken.process.returncode, 2, taken.process.stderr)
        self.assertIn("already exists", taken.process.stderr)
        found = server.sql("select 1 from pg_namespace where nspname = 'mine'", name)
        self.assertEqual(found, [["1"]])
        self.expect_no_objects()
        self.assertEqual(run(server, name, "--control", "nowhere").process.returncode, 2)


if __name__ == "__main__":
    os.nice(5)
    unittest.main()
