"""One warehouse against the other: what is loaded into DuckDB and into PostgreSQL is the same.

Run it as `python3 tests/e2e/warehouses_e2e_test.py`. Environment: SPARKIFY_BINARY (the program),
SPARKIFY_REAL_DATA (a folder with log_data and song_data; without it, data are generated).
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle")]

import contract  # noqa: E402
import contract_e2e_test as corpus  # noqa: E402
import sparkify  # noqa: E402
import warehouses  # noqa: E402
from contract_e2e_test import dump, event, lines, play, song, with_raw  # noqa: E402

EXIT_OK = 0
LATER_NS = 1_000_000_000
KINDS = ("song", "log")
# What contract.TABLE_COLUMNS leaves out, but for moments; `created_by` is the program's version.
MORE_COLUMNS = {
    "etl_runs": ("run_id", "status", "failed_objects", "late_matches", "version"),
    "etl_objects": ("uri", "etag", "kind"),
    "etl_drift": ("run_id", "kind", "key_name", "is_known", "records"),
    "etl_schema": ("created_by",),
}
STAGING_COLUMNS = {
    "staging_events": (*contract.LOG_COLUMNS.values(), "object_no", "record_no"),
    "staging_songs": (*contract.SONG_COLUMNS.values(), "object_no", "record_no"),
}
SMALL_GROUPS = {"SPARKIFY_GROUP_BYTES": "60000"}
STRAIGHT = {"SPARKIFY_STRAIGHT_BYTES": "1"}  # PostgreSQL: into the star, where all plays are new
COMPLAINT = re.compile(r"(?m)^.* (?:ERROR|FATAL|PANIC): .*$")

# What a database's owner may have set for reasons of their own.
CONTRARY_SETTINGS = {
    "timezone": "Asia/Kolkata",
    "datestyle": "German, DMY",
    "intervalstyle": "sql_standard",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "standard_conforming_strings": "off",
    "transform_null_equals": "on",
    "quote_all_identifiers": "on",
    "client_encoding": "LATIN1",
    "search_path": "pg_catalog",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "idle_in_transaction_session_timeout": "1ms",
    "enable_hashjoin": "off",
    "enable_hashagg": "off",
    "force_parallel_mode": "on",
    "parallel_setup_cost": "0",
    "parallel_tuple_cost": "0",
    "min_parallel_table_scan_size": "0",
    "work_mem": "64kB",
}

data = None  # a folder for each name in DATA, between setUpModule and tearDownModule
DATA = ("real", "faulty")


def setUpModule():
    global data
    warehouses.start(warehouses.POSTGRES)
    try:
        data = Data()
    except BaseException:
        warehouses.stop()
        raise


def tearDownModule():
    data.close()
    warehouses.stop()


class Data:
    """Sources that tests copy from. `real`: the real data, if they are at hand."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        real = os.environ.get("SPARKIFY_REAL_DATA")
        self.folders = {
            "real": pathlib.Path(real) if real else self.generate("real"),
            "faulty": self.generate("faulty", "--faults", "all=0.01"),
        }

    def generate(self, name, *options):
        out = self.folder / name
        size = ("--events", 3000, "--users", 60, "--songs", 150, "--days", 12)
        done = sparkify.run("generate", "--out", out, *size, *options)
        if done.returncode != EXIT_OK:
            raise sparkify.SparkifyError(done.stderr)
        return out

    def close(self):
        self.temporary.cleanup()

    def files(self, name, kind):
        """Paths below the folder of that kind, in order."""
        root = self.folders[name] / f"{kind}_data"
        found = (path for path in root.rglob("*") if path.name.endswith(sparkify.SUFFIXES))
        return sorted(path.relative_to(root) for path in found)


def complaints():
    """What the server's log has of errors."""
    return COMPLAINT.findall(warehouses.server.log_text())


class Pair:
    """Sources, and a warehouse of each kind to which the same is done at the same time."""

    def __init__(self, test, postgres=None):
        folder = tempfile.TemporaryDirectory()
        test.addCleanup(folder.cleanup)
        self.test = test
        self.folder = pathlib.Path(folder.name).resolve()
        self.duckdb = warehouses.new(self.folder, warehouses.DUCKDB)
        self.postgres = postgres or warehouses.new(self.folder, warehouses.POSTGRES)
        self.both = (self.duckdb, self.postgres)
        test.addCleanup(warehouses.drop, self.postgres)
        self.complaints = complaints()
        for kind in KINDS:
            self.source(kind).mkdir()
        self.call("create-tables")

    def source(self, kind):
        return self.folder / f"{kind}_data"

    def give(self, name, kind, paths=None, below=""):
        """Puts files of data.folders[name] into the source, with the times that they have."""
        for path in data.files(name, kind) if paths is None else paths:
            target = self.source(kind) / below / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(data.folders[name] / f"{kind}_data" / path, target)

    def write(self, *files):
        for file in files:
            path = self.source(file.kind) / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.data)

    def call(self, command, *options, env=None, exit_code=EXIT_OK):
        """The finished processes: DuckDB's and PostgreSQL's."""

        def run(warehouse):
            where = sparkify.options(warehouse)
            env_there = sparkify.on_warehouse(warehouse, env)
            return sparkify.run(command, *where, *options, env=env_there)

        with concurrent.futures.ThreadPoolExecutor() as pool:
            done = list(pool.map(run, self.both))
        for process in done:
            message = f"{process.args}\n{process.stdout}\n{process.stderr}"
            self.test.assertEqual(process.returncode, exit_code, message)
        return done

    def etl(self, *options, kinds=KINDS, env=None):
        """A run of each; what they print is the same but for the first line."""
        sources = [text for kind in kinds for text in (f"--{kind}-data", self.source(kind))]
        done = self.call("etl", *sources, *options, env=env)
        self.test.assertEqual(*(process.stdout.split("\n")[1:] for process in done))
        self.test.assertEqual(*(process.stderr for process in done))
        return done[0].stdout

    def compare(self):
        tables = list(map(self.read, self.both))
        self.test.assertEqual(sparkify.difference(*tables), "")
        self.test.assertEqual(*tables)
        for words in (
            ("check",),
            ("rejects", "--summary"),
            ("rejects", "--format", "json", "--limit", 1_000_000),
        ):
            self.test.assertEqual(*(done.stdout for done in self.call(*words)))
        self.test.assertEqual(*(self.status(done) for done in self.call("status", "--json")))
        self.test.assertEqual(complaints(), self.complaints, "the server's log")
        return tables[0]

    def read(self, warehouse):
        tables = sparkify.warehouse_tables(warehouse)
        for columns in (MORE_COLUMNS, STAGING_COLUMNS):
            for table, rows in sparkify.table_rows(warehouse, columns).items():
                rows = contract.sorted_rows(map(contract.normalise_row, rows))
                tables[table if table not in tables else f"{table}, more columns"] = rows
        return tables

    def status(self, done):
        """Without moments and the warehouse's name."""
        document = json.loads(done.stdout)
        del document["warehouse"]
        for run in document["runs"]:
            del run["started_at"], run["finished_at"]
        return document


class OrderTest(unittest.TestCase):
    """The real data and data with every kind of fault, as they may arrive."""

    maxDiff = None

    def each_data(self, load):
        for name in DATA:
            with self.subTest(data=name):
                pair = Pair(self)
                load(pair, name)
                pair.compare()

    def test_songs_first(self):
        def load(pair, name):
            for kind in KINDS:
                pair.give(name, kind)
                pair.etl()

        self.each_data(load)

    def test_songs_first_and_straight_into_the_star(self):
        def load(pair, name):
            for kind in KINDS:
                pair.give(name, kind)
                pair.etl("--threads", 4, env={**STRAIGHT, **SMALL_GROUPS})

        self.each_data(load)

    def test_logs_first(self):
        def load(pair, name):
            for kind in reversed(KINDS):
                pair.give(name, kind)
                pair.etl("--threads", 1, env={"SPARKIFY_BLOCK_BYTES": "4096"})

        self.each_data(load)

    def test_days_in_reverse_with_the_songs_between_them(self):
        def load(pair, name):
            days = data.files(name, "log")[::-1]
            pieces = [days[start::4] for start in range(4)]
            for piece in pieces[:2]:
                pair.give(name, "log", piece)
                pair.etl(env=STRAIGHT)
            pair.give(name, "song")
            for piece in pieces[2:]:
                pair.give(name, "log", piece)
                pair.etl(env=SMALL_GROUPS)

        self.each_data(load)

    def test_some_days_twice(self):
        def load(pair, name):
            days = data.files(name, "log")
            for kind in KINDS:
                pair.give(name, kind)
            pair.give(name, "log", days[::4], below="the same run")
            pair.etl("--threads", 4, env={**STRAIGHT, **SMALL_GROUPS})
            pair.give(name, "log", days[1::4], below="another run")
            self.assertIn("duplicates", pair.etl())

        self.each_data(load)

    def test_changed_objects(self):
        def load(pair, name):
            for kind in KINDS:
                pair.give(name, kind)
            pair.etl()
            for kind in KINDS:
                for path in data.files(name, kind)[::3]:
                    change(pair.source(kind) / path)
            self.assertIn("changed", pair.etl("--dry-run"))
            self.assertIn("duplicates", pair.etl())

        self.each_data(load)

    def test_staging_is_kept(self):
        def load(pair, name):
            for kind, table in (("song", "staging_songs"), ("log", "staging_events")):
                pair.give(name, kind)
                pair.etl("--keep-staging", env=SMALL_GROUPS)
                self.assertNotEqual(pair.compare()[table], [], f"{table} is not empty")

        self.each_data(load)

    def test_documents_and_plans(self):
        for name in DATA:
            with self.subTest(data=name):
                pair = Pair(self)
                for kind in KINDS:
                    pair.give(name, kind)
                pair.etl("--dry-run")
                sources = [text for k in KINDS for text in (f"--{k}-data", pair.source(k))]
                found = [json.loads(p.stdout) for p in pair.call("etl", *sources, "--json")]
                for document in found:
                    del document["warehouse"], document["seconds"]
                self.assertEqual(*found)
                self.assertIn("Nothing new", pair.etl())


def change(path):
    """Other content, as of a file that grew or was written anew; always another time."""
    if path.name.endswith(".json"):
        records = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(records[len(records) // 3 :] + records[-1:]))
    at = path.stat().st_mtime_ns + LATER_NS
    os.utime(path, ns=(at, at))


class ValueTest(unittest.TestCase):
    """What one of the two could not hold, or would hold otherwise."""

    def load(self, pair):
        pair.etl()
        pair.compare()
        found = sparkify.query_rows(pair.postgres, "select reason, column_name from etl_rejects")
        return [(row["reason"], row["column_name"]) for row in found]

    def test_what_no_column_can_hold_is_a_reject(self):
        bad = {
            with_raw(play(1, 1), "song", rb'"a\u0000b"'): ("nul_character", "song"),
            with_raw(play(1, 2), "firstName", rb'"\u0000"'): ("nul_character", "first_name"),
            with_raw(play(1, 3), "artist", b'"\xff\xfe"'): ("bad_utf8", None),
            with_raw(play(1, 4), "artist", b'"\xed\xa0\x80"'): ("bad_utf8", None),
            with_raw(play(1, 5), "artist", rb'"\ud800"'): ("bad_utf8", "artist"),
            with_raw(play(1, 6), "other", rb'"\udc00"'): ("bad_utf8", None),
            with_raw(play(1, 7), "length", b"1e999"): ("out_of_range", "length"),
            with_raw(play(1, 8), "length", b"1e7"): ("out_of_range", "length"),
            with_raw(play(1, 9), "userId", b"2147483648"): ("out_of_range", "user_id"),
            with_raw(play(1, 10), "status", b"-2147483649"): ("out_of_range", "status"),
            with_raw(play(1, 11), "sessionId", b"4398046511104"): ("out_of_range", "session_id"),
            with_raw(play(1, 12), "registration", b"9" * 19): ("out_of_range", "registration"),
            with_raw(play(1, 13), "ts", b"253402300800000"): ("out_of_range", "ts"),
            dump(play(1, 14, song="x" * 1025)): ("too_long", "song"),
            dump(play(1, 15, song="é" * 513), ascii_only=False): ("too_long", "song"),
            dump(play(1, 16, level="😀" * 17)): ("too_long", "level"),
            b'{"page": "NextSong", "x": "\x00"}': ("bad_json", None),
            b"\x00\xff": ("bad_utf8", None),
            with_raw(song(1), "artist_latitude", b"1e999"): ("out_of_range", "artist_latitude"),
            with_raw(song(2), "title", rb'"\u0000"'): ("nul_character", "title"),
        }
        pair = Pair(self)
        records = [line for line in bad if b"song_id" not in line]
        between = [event(2, number) for number in range(len(records))]
        log = [line for both in zip(records, between) for line in both]
        pair.write(corpus.File("log", "a.json", lines(*log)))
        songs = [line for line in bad if b"song_id" in line]
        pair.write(corpus.File("song", "a.json", lines(*songs, song(3))))
        self.assertEqual(sorted(self.load(pair), key=str), sorted(bad.values(), key=str))

    def test_rejected_texts_are_shown_alike(self):
        pair = Pair(self)
        pair.write(*corpus.reject_files())
        self.assertGreater(len(self.load(pair)), 1000)

    def test_what_both_can_hold(self):
        pair = Pair(self)
        pair.write(*corpus.value_files())
        self.assertEqual(self.load(pair), [])


class ContraryDatabaseTest(unittest.TestCase):
    """A database whose collation and defaults are not what we would have chosen."""

    maxDiff = None

    def setUp(self):
        server = warehouses.server
        name = f"contrary_{self._testMethodName}"[:60]
        server.sql(
            f'create database "{name}" template template0 owner loader'
            " locale_provider icu icu_locale 'en-US-u-kn-true-ka-shifted'"
        )
        self.addCleanup(server.drop_database, name)
        for setting, value in CONTRARY_SETTINGS.items():
            server.sql(f"""alter database "{name}" set {setting} = '{value}'""")
        url = server.url(name, sslmode="verify-full")
        self.warehouse = sparkify.PostgresWarehouse(url, "Schema", server.environment())

    def compare(self, load):
        pair = Pair(self, self.warehouse)
        load(pair)
        pair.compare()

    def test_a_story_told_bit_by_bit(self):
        def load(pair):
            files = corpus.story_files()
            for start in range(0, len(files), 4):
                pair.write(*files[start : start + 4])
                pair.etl(env=STRAIGHT)

        self.compare(load)

    def test_values_and_faults(self):
        def load(pair):
            pair.write(*corpus.value_files())
            for kind in KINDS:
                pair.give("faulty", kind)
            pair.etl("--threads", 4, env=SMALL_GROUPS)

        self.compare(load)


if __name__ == "__main__":
    unittest.main()
