"""The program against a real S3 server (Ceph RGW): what it lists, loads, refuses and never shows.

Run it as `python3 tests/e2e/s3_e2e_test.py`; it needs faketime and what tests/servers/rgw.py needs.
Environment: SPARKIFY_BINARY (the program); SPARKIFY_TEST_SANITIZER_MIB (what a sanitizer in it takes).
"""

import bz2
import concurrent.futures
import contextlib
import gzip
import hashlib
import itertools
import json
import os
import pathlib
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle"), str(HERE.parent / "servers")]

import contract  # noqa: E402
import contract_e2e_test as corpus  # noqa: E402
import rgw  # noqa: E402
import sparkify  # noqa: E402
from contract_e2e_test import lines, play, song, zstd  # noqa: E402
from recording_proxy import RecordingProxy  # noqa: E402
from s3_client import PART_BYTES_MIN, Credentials, allow  # noqa: E402

EXIT_OK = 0
EXIT_USAGE = 2
EXIT_CONFIG = 3
EXIT_SOURCE = 4
EXIT_SIGINT = 130
STOP_SECONDS_MAX = 5
WAIT_SECONDS_MAX = 60
RETRIES_SECONDS_MAX = 5  # of all tries together, with pauses of a millisecond
ONE_EACH = {"SPARKIFY_GROUP_BYTES": "1"}  # a group for each object
SMALL_PARTS = {"SPARKIFY_PART_BYTES": "65536"}
MEMORY_LIMIT_MIB = 256
# DuckDB, the staging tables and the blocks in work stay within the limit; the program's own code,
# its libraries and the allocator's slack come on top. Measured: 236-270 MiB from a disk, 248-275
# from S3.
MEMORY_MARGIN_MIB = 64 + int(os.environ.get("SPARKIFY_TEST_SANITIZER_MIB", "0"))
MANY_KEYS = 10_500
FOLDER_SIZES = (1, 2, 999, 1000, 1001)  # of the first folders of the nested keys; the rest is even
FOLDERS = 30
MACHINE_FREE = {  # nothing of the machine's own: no proxy, no profile, no instance role
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"), ""),
    **dict.fromkeys(("http_proxy", "https_proxy", "all_proxy", "no_proxy"), ""),
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
    "SPARKIFY_RETRY_MS": "1",
}

server = None
owner = None  # the User whose buckets these are
objects = None  # his S3Client
numbers = itertools.count(1)


def setUpModule():
    global server, owner, objects
    sparkify.binary()
    if shutil.which("faketime") is None:
        raise sparkify.SparkifyError("faketime is not there; install it (apt-get install faketime)")
    server = rgw.RgwServer()
    server.start()
    unittest.addModuleCleanup(server.stop)
    owner = server.create_user("owner")
    objects = server.client(owner)


def new_user():
    """A User who may do nothing yet."""
    return server.create_user(f"user-{next(numbers)}")


def new_bucket():
    bucket = f"bucket-{next(numbers)}"
    objects.create_bucket(bucket)
    return bucket


def dead_endpoint():
    """A place where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def deny(actions, bucket, user, key):
    """A statement that takes rights on one key away."""
    statement = allow(actions, bucket, user.name, effect="Deny")
    return {**statement, "Resource": [f"arn:aws:s3:::{bucket}/{key}"]}


def changed_in_the_middle(text):
    middle = len(text) // 2
    return text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]


def day(number, plays=3):
    return lines(*(play(number, item, song=f"Song {number}") for item in range(plays)))


class S3Case(unittest.TestCase):
    """Helpers. Each test has a bucket and a warehouse of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        self.bucket = new_bucket()
        self.user = owner
        self.endpoint = None  # the server's own
        self.oracle = contract.Warehouse()
        self.warehouse = self.new_warehouse("w")

    def new_warehouse(self, name):
        path = self.folder / f"{name}.duckdb"
        done = sparkify.run("create-tables", "--warehouse", f"duckdb:{path}")
        self.assertEqual(done.returncode, EXIT_OK, done.stderr)
        return path

    # What is in the bucket

    def put(self, key, body=b"", bucket=None):
        return objects.put(bucket or self.bucket, key, body)

    def put_days(self, *days):
        for number in days:
            self.put(f"log/{number:03}.json", day(number))

    def uri(self, key):
        return f"s3://{self.bucket}/{key}"

    def objects_below(self, prefix):
        """What a run over a folder has to load: (uri, etag, bytes)."""
        found = []
        for listed in objects.list(self.bucket, prefix):
            key = listed.key.decode()
            hidden = "/." in key.removeprefix(prefix)
            if key.endswith(sparkify.SUFFIXES) and not hidden:
                body = objects.get(self.bucket, listed.key).body
                found.append((self.uri(key), listed.etag, body))
        return found

    # The program

    def environment(self, env=None):
        found = {**MACHINE_FREE, **server.environment(self.user)}
        if self.endpoint is not None:
            found["AWS_ENDPOINT_URL"] = self.endpoint
        return {**found, **(env or {})}

    def call(self, *words, exit_code=EXIT_OK, env=None, warehouse=None, prefix=()):
        where = ("--warehouse", f"duckdb:{warehouse or self.warehouse}")
        done = sparkify.run(*words, *where, env=self.environment(env), prefix=prefix)
        text = f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        self.assertEqual(done.returncode, exit_code, text)
        return done

    def etl(self, *options, logs="log", songs=None, **more):
        words = ("--log-data", self.uri(logs))
        words += () if songs is None else ("--song-data", self.uri(songs))
        return self.call("etl", *words, *options, **more)

    def fails(self, *options, exit_code, says, run=None, **more):
        """A refused run: an error that says so, and a warehouse that is as it was."""
        before = self.warehouse.read_bytes()
        done = (run or self.etl)(*options, exit_code=exit_code, **more)
        self.expect_error(done.stderr, says)
        self.assertTrue(self.warehouse.read_bytes() == before, "nothing was written")
        return done

    def expect_error(self, stderr, says):
        self.assertRegex(stderr, r"(?m)^sparkify: error: ")
        for part in says if isinstance(says, list) else [says]:
            self.assertIn(str(part), stderr)
        self.assertNotIn("internal error", stderr)

    def plan(self, *options, **more):
        """What a run would do, by --dry-run."""
        return json.loads(self.etl("--dry-run", "--json", *options, **more).stdout)["plan"]

    def planned(self, location, *options, **more):
        """How many objects are found there, and how many files are passed over."""
        plan = self.plan(*options, logs=location, **more)
        return plan["new_objects"], plan["ignored_files"]

    # The tables

    def loaded(self, warehouse=None):
        """The keys of all objects in the ledger, each as often as it was applied."""
        rows = sparkify.query_rows(warehouse or self.warehouse, "select uri from etl_objects")
        return sorted(row["uri"].removeprefix(self.uri("")) for row in rows)

    def expect_oracle(self, warehouse=None):
        found = sparkify.warehouse_tables(warehouse or self.warehouse)
        self.assertEqual(sparkify.difference(self.oracle.tables(), found), "")

    def expect_left_out(self, done, key, says):
        shown = done.stdout + done.stderr
        for part in (key, *says):
            self.assertIn(part, shown)
        self.assertIn("1 failed", done.stdout)
        self.assertNotIn(key, self.loaded())


# --- Data ----------------------------------------------------------------------------------------


def all_corpora():
    """Every file that the contract is tested with, each corpus in a folder of its own."""
    return [
        file._replace(path=f"{name}/{file.path}")
        for name, make in corpus.CORPORA.items()
        for file in make()
    ]


def without_places(tables, root):
    """The same tables wherever the objects lie."""
    plain = dict(tables)
    for table in ("etl_objects", "etl_rejects"):
        place = contract.TABLE_COLUMNS[table].index("uri")
        plain[table] = contract.sorted_rows(
            (*row[:place], row[place].removeprefix(root), *row[place + 1 :])
            for row in tables[table]
        )
    return plain


class SameTablesTest(S3Case):
    """S3 and a disk that hold the same bytes give the same tables."""

    def setUp(self):
        super().setUp()
        self.files = all_corpora()
        pairs = [(f"{file.kind}/{file.path}", file.data) for file in self.files]
        objects.put_many(self.bucket, pairs)

    def load_from_disk(self):
        for file in self.files:
            path = self.folder / file.kind / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.data)
        words = ("--log-data", self.folder / "log", "--song-data", self.folder / "song")
        warehouse = self.new_warehouse("disk")
        self.call("etl", *words, exit_code=EXIT_SOURCE, warehouse=warehouse)
        return sparkify.warehouse_tables(warehouse)

    def expected_from_oracle(self):
        run = self.oracle.apply_run(self.objects_below("song/"), self.objects_below("log/"))
        self.assertGreater(len(run.failed), 10, "the damaged ones are among them")
        return self.oracle.tables()

    def test_as_the_oracle_and_as_from_a_disk(self):
        expected = self.expected_from_oracle()
        disk = without_places(self.load_from_disk(), f"file://{self.folder}/")
        tiny = {"SPARKIFY_PART_BYTES": "4096", "SPARKIFY_BLOCK_BYTES": "4096"}
        ways = {
            "as_it_comes": ({}, ()),
            "tiny_parts": (tiny, ("--threads", 4, "--transfers", 64)),
        }
        for name, (env, options) in ways.items():
            with self.subTest(way=name):
                warehouse = self.new_warehouse(name)
                self.etl(
                    *options, songs="song", env=env, warehouse=warehouse, exit_code=EXIT_SOURCE
                )
                found = sparkify.warehouse_tables(warehouse)
                self.assertEqual(sparkify.difference(expected, found), "")
                found = without_places(found, self.uri(""))
                self.assertEqual(sparkify.difference(disk, found), "")


class LedgerTest(S3Case):
    """An ETag is a version: the same one never again, another one always."""

    def test_a_changed_object_is_applied_again_and_an_unchanged_one_is_not(self):
        self.put_days(1, 2)
        self.put("song/a.json", lines(song(1)))
        self.load_and_compare()
        self.put("log/001.json", lines(play(1, 0, song="Song 1"), play(50, 1, level="paid")))
        self.put("log/002.json", day(2))  # the same bytes
        self.put("song/a.json", lines(song(1, title="Song 1")))
        plan = self.plan(songs="song")
        self.assertEqual((plan["changed_objects"], plan["unchanged_objects"]), (2, 1))
        self.load_and_compare()
        self.assertEqual(self.loaded().count("log/001.json"), 2)
        self.assertEqual(self.loaded().count("log/002.json"), 1)

    def load_and_compare(self):
        self.etl(songs="song")
        self.oracle.apply_run(self.objects_below("song/"), self.objects_below("log/"))
        self.expect_oracle()

    def test_what_is_unchanged_is_not_downloaded(self):
        self.put_days(1, 2, 3)
        with RecordingProxy() as proxy:
            through = {"HTTP_PROXY": proxy.url}
            self.etl(env=through)
            self.put_days(4)
            self.put("log/002.json", day(20))
            self.assertEqual(len(proxy.objects_asked_for()), 3)
            self.etl(env=through)
            paths = [f"/{self.bucket}/log/{name}.json" for name in ("002", "004")]
            self.assertCountEqual(proxy.objects_asked_for()[3:], paths)

    def test_an_object_that_was_loaded_may_become_unreadable(self):
        self.user = new_user()
        can_read = allow(["ListBucket", "GetObject"], self.bucket, self.user.name)
        objects.put_bucket_policy(self.bucket, [can_read])
        self.put_days(1, 2)
        self.etl()
        cannot = deny(["GetObject"], self.bucket, self.user, "log/00*")
        objects.put_bucket_policy(self.bucket, [can_read, cannot])
        self.put_days(100)
        self.etl()
        self.assertEqual(self.loaded(), ["log/001.json", "log/002.json", "log/100.json"])

    def test_the_same_bytes_in_parts_are_another_version(self):
        body = day(1) + b" " * PART_BYTES_MIN
        self.put("log/a.json", body)
        self.etl()
        etag = objects.put_multipart(
            self.bucket, "log/a.json", [body[:PART_BYTES_MIN], body[PART_BYTES_MIN:]]
        )
        self.assertTrue(etag.endswith("-2"), etag)
        done = json.loads(self.etl("--json").stdout)
        self.assertEqual((done["plays"], done["duplicates"]), (0, 3))
        self.assertIn("Nothing new", self.etl().stdout)

    def test_a_versioned_bucket_has_its_latest_versions(self):
        objects.enable_versioning(self.bucket)
        self.put_days(1, 2, 3)
        self.put("log/001.json", day(10))
        objects.delete(self.bucket, "log/002.json")
        self.etl()
        self.assertEqual(self.loaded(), ["log/001.json", "log/003.json"])
        sessions = "select distinct session_id as n from songplays order by 1"
        found = [row["n"] for row in sparkify.query_rows(self.warehouse, sessions)]
        self.assertEqual(found, [3, 10])
        self.put_days(2)
        self.put("log/001.json", day(1))
        done = json.loads(self.etl("--json").stdout)
        self.assertEqual(done["plan"]["new_objects"], 1)
        self.assertEqual(done["plan"]["changed_objects"], 1)

    def test_logs_in_s3_and_songs_on_disk(self):
        self.put_days(1)
        songs = self.folder / "songs"
        songs.mkdir()
        (songs / "a.json").write_bytes(
            lines(song(1, title="Song 1", artist_name="The Weirs", duration=200.5))
        )
        self.call("etl", "--log-data", self.uri("log"), "--song-data", songs)
        self.oracle.apply_run(sparkify.folder_objects(songs), self.objects_below("log/"))
        self.expect_oracle()
        self.assertEqual(len(self.oracle.unmatched), 0)


class BytesTest(S3Case):
    """Objects of every size and packing, in one piece and in ranges."""

    def test_packed_empty_and_multipart_objects(self):
        for suffix, pack in ((".gz", gzip.compress), (".zst", zstd), (".bz2", bz2.compress)):
            self.put(f"log/{suffix[1:]}.json{suffix}", pack(day(len(suffix), 400)))
        self.put("log/empty.json", b"")
        self.put("log/one_byte.json", b"\n")
        whole = lines(*(play(7, item, padding="x" * 100_000) for item in range(60)))
        cut = PART_BYTES_MIN + 11
        objects.put_multipart(self.bucket, "log/parts.json", [whole[:cut], whole[cut:]])
        self.oracle.apply_run([], self.objects_below("log/"))
        ways = ({}, SMALL_PARTS, {**SMALL_PARTS, **ONE_EACH}, {"SPARKIFY_PART_BYTES": "1MiB"})
        for number, env in enumerate(ways):
            with self.subTest(env=env):
                warehouse = self.new_warehouse(f"w{number}")
                self.etl(env=env, warehouse=warehouse)
                self.expect_whole_objects(warehouse)

    def expect_whole_objects(self, warehouse):
        found = sparkify.without_runs(sparkify.warehouse_tables(warehouse))
        expected = sparkify.without_runs(self.oracle.tables())
        self.assertEqual(sparkify.difference(expected, found), "")

    def test_a_large_object_comes_in_ranges(self):
        size = 65536
        for name, length in (("under", size - 1), ("same", size), ("over", size + 1)):
            body = day(length)
            self.put(f"log/{name}.json", body + b" " * (length - len(body)))
        with RecordingProxy() as proxy:
            self.etl(env={**SMALL_PARTS, "HTTP_PROXY": proxy.url})
            ranges = [r.headers.get("range") for r in proxy.requests if "list-type" not in r.query]
            matched = [r for r in proxy.requests if "if-match" in r.headers]
        self.assertCountEqual(ranges, [None, None, "bytes=0-65535", "bytes=65536-65536"])
        self.assertEqual(len(matched), 4, "only the listed version is taken")
        self.oracle.apply_run([], self.objects_below("log/"))
        self.expect_oracle()


# --- Listing -------------------------------------------------------------------------------------


class CountTest(unittest.TestCase):
    """Each key once, however many there are and however they lie in folders."""

    @classmethod
    def setUpClass(cls):
        cls.bucket = new_bucket()
        objects.put_many(cls.bucket, ((key, b"") for key in cls.all_keys()))

    @classmethod
    def all_keys(cls):
        for number in range(MANY_KEYS):
            yield f"flat/{number:05}.json"
        left = MANY_KEYS - sum(FOLDER_SIZES)
        sizes = [*FOLDER_SIZES, *[left // (FOLDERS - len(FOLDER_SIZES))] * 30][:FOLDERS]
        sizes[-1] += MANY_KEYS - sum(sizes)
        for folder, size in enumerate(sizes):
            for number in range(size):
                yield f"nested/{folder:02}/{'deep/' * (number % 3)}{number:04}.json"
        yield "nothing/"
        for number in range(1100):  # RGW's continuation tokens are raw keys
            yield f"odd/\r\x01&amp;%0D+{number:04}\r\x02.json"

    def setUp(self):
        self.case = S3Case("setUp")
        self.case.setUp()
        self.addCleanup(self.case.doCleanups)
        self.case.bucket = self.bucket

    def expect_count(self, location, count):
        with self.subTest(location=location):
            self.assertEqual(self.case.planned(location), (count, 0))

    def test_a_flat_folder(self):
        self.expect_count("flat", MANY_KEYS)
        self.expect_count("flat/", MANY_KEYS)
        self.expect_count("flat/*", MANY_KEYS)
        self.expect_count("flat/0[0-4]*", 5000)

    def test_thirty_folders(self):
        self.expect_count("nested", MANY_KEYS)
        self.expect_count("nested/*/*.json", sum((n + 2) // 3 for n in self.nested_sizes()))

    def nested_sizes(self):
        sizes = {}
        for key in self.all_keys():
            if key.startswith("nested/"):
                folder = key.split("/")[1]
                sizes[folder] = sizes.get(folder, 0) + 1
        return sizes.values()

    def test_around_a_page(self):
        self.expect_count("nothing", 0)
        for folder, count in enumerate(FOLDER_SIZES):
            self.expect_count(f"nested/{folder:02}", count)
            self.expect_count(f"nested/{folder:02}/*", count)

    def test_the_whole_bucket(self):
        self.expect_count("", 2 * MANY_KEYS + 1100)

    def test_tokens_that_xml_would_change(self):
        self.expect_count("odd", 1100)


def awkward_names():
    """Names for objects, without the ending."""
    plain = (
        " a| a b |a+b|a%2Fb|a%20b|%|%%|%zz|100%25|a//b|a///b|//a|./a|a/./b|../a|a/../b|../../a|"
        "a.|a..|a...|?|a?b=c|?list-type=2|#|a#b|*|a*b|[x]|[a-z]|[|]|{a,b}|\\|a\\b|\\\\|"
        "\\*|=|a=b|:|a:b|C:|;|a;b|@|a@b|!|$|$HOME|^|`id`|~|~root|'|\"|''|\"\"|&|&amp;|&#x41;|<|>|"
        "<a>|]]>|<![CDATA[x]]>|(|)|,|a,b|-|--help|_|null|s3:|s3://b|file:|a.json|A|a|0|json"
    ).split("|")
    more = (
        "pipe|", "\u00e9", "e\u0301", "\u65e5\u672c\u8a9e", "\U0001f600", "\u202e", "\ufeff",
        "\u00a0", "\u2028", "\uffee", "\u00df", "new\nline", "\n", "\r",
        "a\r\nb", "\t", "\x01", "\x1b[31m",
        "\x1f", "\x7f", "\u0085", "\u0131", "\u212a", "a" * 900, "\u00e9" * 400,
        "/".join("a" * 300),
    )  # fmt: skip
    return [name for name in dict.fromkeys([*plain, *more]) if name]


class AwkwardKeyTest(S3Case):
    """Keys are bytes: nothing in them is normalised, decoded twice or taken for something else."""

    def setUp(self):
        super().setUp()
        keys = [f"log/{name}.json" for name in awkward_names()]
        keys.append("log/" + "k" * (1024 - len("log/.json")) + ".json")
        self.keys = sorted(keys, key=str.encode)
        self.assertGreaterEqual(len(self.keys), 60)
        self.assertEqual(max(len(key.encode()) for key in self.keys), 1024)
        objects.put_many(self.bucket, ((key, day(n, 1)) for n, key in enumerate(self.keys)))

    def expect_loaded_once(self):
        self.assertEqual(self.loaded(), sorted(self.keys))
        plays = sparkify.query_rows(self.warehouse, "select count(*) as n from songplays")
        self.assertEqual(plays, [{"n": len(self.keys)}])

    def test_each_is_loaded_once_under_its_own_name(self):
        self.etl()
        self.expect_loaded_once()
        self.assertIn("Nothing new", self.etl().stdout)

    def test_by_a_group_each_and_in_ranges(self):
        self.etl(env={**ONE_EACH, "SPARKIFY_PART_BYTES": "100"})
        self.expect_loaded_once()

    def test_by_virtual_host(self):
        self.endpoint = server.virtual_host_endpoint
        self.etl("--addressing", "virtual")
        self.expect_loaded_once()

    def test_each_can_be_given_itself(self):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            found = dict(zip(self.keys, pool.map(self.planned, self.keys)))
        self.assertEqual(found, dict.fromkeys(self.keys, (1, 0)))

    def test_keys_at_the_top_of_the_bucket(self):
        self.bucket = new_bucket()
        keys = ["/a.json", "//b.json", "../c.json", "./d.json", " .json", "/", "//", "e/f.json"]
        for number, key in enumerate(keys):
            self.put(key, day(number, 1))
        self.call("etl", "--log-data", f"s3://{self.bucket}")
        expected = sorted(key for key in keys if key.endswith("json"))
        self.assertEqual(self.loaded(), expected)
        self.assertIn("Nothing new", self.etl(logs="").stdout)
        self.assertIn("Nothing new", self.etl(logs="/a.json").stdout)


class PlaceTest(S3Case):
    """What a location stands for: as for local files."""

    TREE = (
        "log/a.json", "log/b.jsonl", "log/c.ndjson.gz", "log/2018/11/a.json", "log/2018/12/b.json",
        "log/2018/12/c.txt", "log/readme.txt", "log/json", "log/x.json.tmp", "log/.hidden.json",
        "log/.hidden/a.json", "log/2018/.tmp/a.json", "log/2018/..x.json", "log/A.JSON",
        "logs/a.json", "log-1.json", "data.txt",
    )  # fmt: skip
    PLACES = (
        "log", "log/", "log/2018", "log/2018/11/a.json", "log/*", "log/*.json", "log/?.json",
        "log/[ab].*", "log/[!a].*", "log/2018/*/a.json", "log/2018/*", "log/*/*", "log/*/1[12]",
        "log/.h*", "log/.hidden/*", "log*", "log*/a.json", "*", "log/2018/12/c.txt",
        "log/*.txt", "log/.hidden.json", "log/.hidden", "data.txt", "l?g", "log/2018/1*/",
        "log/\\a.json",
    )  # fmt: skip

    def count(self, root, place):
        """New objects and ignored files, or the exit code of a run that found no such place."""
        words = ("etl", "--log-data", f"{root}/{place}", "--dry-run", "--json")
        where = ("--warehouse", f"duckdb:{self.warehouse}")
        done = sparkify.run(*words, *where, env=self.environment())
        if done.returncode != EXIT_OK:
            return done.returncode
        plan = json.loads(done.stdout)["plan"]
        return plan["new_objects"], plan["ignored_files"]

    def test_as_for_local_files(self):
        for key in self.TREE:
            self.put(key, b"")
            path = self.folder / "tree" / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        for place in self.PLACES:
            with self.subTest(place=place):
                local = self.count(self.folder / "tree", place)
                self.assertEqual(self.count(f"s3://{self.bucket}", place), local)

    def test_hidden_names_given_themselves(self):
        for key in ("log/.a.json", "log/.b/c.json", "log/d.json", "log/....json"):
            self.put(key)
        self.assertEqual(self.planned("log"), (1, 0))
        self.assertEqual(self.planned("log/.*"), (3, 0))
        self.assertEqual(self.planned("log/.a.json"), (1, 0))
        self.assertEqual(self.planned("log/.b"), (1, 0))

    def test_folder_markers_are_no_objects(self):
        for key in ("log/", "log/2018/", "log/x.json/", "log/a.json"):
            self.put(key)
        self.assertEqual(self.planned("log"), (1, 0))
        self.assertEqual(self.planned("log/"), (1, 0))
        self.assertEqual(self.planned("log/*"), (1, 0))
        self.assertEqual(self.planned("log/2018"), (0, 0))

    def test_a_key_that_is_a_folder_too(self):
        self.put("log/a.json")
        self.put("log/a.json/b.json")
        self.assertEqual(self.planned("log/a.json"), (1, 0))
        self.assertEqual(self.planned("log/a.json/"), (1, 0))
        self.assertEqual(self.planned("log"), (2, 0))

    def test_a_key_that_looks_like_a_pattern(self):
        for key in ("log/*.json", "log/a.json", "log/[b].json", "log/b.json", "log/f?/x.json"):
            self.put(key)
        self.assertEqual(self.planned("log/*.json"), (1, 0))
        self.assertEqual(self.planned("log/[b].json"), (1, 0))
        self.assertEqual(self.planned("log/f?"), (1, 0))
        self.assertEqual(self.planned("log/[ab].json"), (2, 0))

    def test_an_empty_bucket(self):
        self.assertEqual(self.planned(""), (0, 0))

    def test_places_that_are_not_there(self):
        self.put("logs/2018/a.json")
        for place, says in {
            "nothing": "nothing at this place",
            "nothing/": "nothing at this place",
            "logs/2018/a": "begin so",
            "log": "begin so",
            "logs/20": "begin so",
            "logs/2018/a.json/": "nothing at this place",
            "logs/x*": "matches this pattern",
        }.items():
            with self.subTest(place=place):
                self.fails(logs=place, exit_code=EXIT_SOURCE, says=[self.uri(place), says])

    def test_no_such_bucket(self):
        self.bucket += "-not-there"
        self.fails(exit_code=EXIT_SOURCE, says=[self.bucket, "NoSuchBucket", "no bucket"])

    def test_no_place_in_s3(self):
        for text in ("s3://", "s3:///log", "s3://a", "s3://b?x=1/log", "s3://b c/log"):
            done = self.call("etl", "--log-data", text, exit_code=EXIT_CONFIG)
            self.expect_error(done.stderr, [text, "s3://BUCKET/PREFIX"])

    def test_one_object_as_log_and_as_song(self):
        self.put_days(1)
        self.fails(songs="log", exit_code=EXIT_USAGE, says=["001.json", "--song-data"])


# --- Rights --------------------------------------------------------------------------------------


class CredentialTest(S3Case):
    def setUp(self):
        super().setUp()
        self.put_days(1)

    def refused(self, says, **changes):
        return self.fails(exit_code=EXIT_CONFIG, says=[self.bucket, *says], env=changes)

    def session(self, actions=("ListBucket", "GetObject"), seconds=3600):
        rights = [allow(list(actions), self.bucket)]
        role = server.create_role(f"role-{next(numbers)}", owner, rights)
        return objects.assume_role(role, seconds=seconds)

    def test_a_wrong_secret(self):
        says = ["SignatureDoesNotMatch", "environment", "Check the key, its secret"]
        self.refused(says, AWS_SECRET_ACCESS_KEY="wrong")

    def test_an_unknown_key(self):
        says = ["InvalidAccessKeyId", "Check the key"]
        self.refused(says, AWS_ACCESS_KEY_ID="AKIAUNKNOWN")

    def test_no_credentials_at_all(self):
        none = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        says = ["no AWS credentials", "AWS_ACCESS_KEY_ID", "aws configure"]
        self.fails(exit_code=EXIT_CONFIG, says=says, env=none)

    def test_a_key_that_holds_a_line_break(self):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            value = "SOMETHING\r\nX-Other: header"
            done = self.fails(exit_code=EXIT_CONFIG, says="line break", env={name: value})
            self.assertNotIn("SOMETHING", done.stderr)

    def test_a_profile(self):
        file = self.folder / "credentials"
        file.write_text(
            f"[default]\naws_access_key_id = A\naws_secret_access_key = B\n\n[mine]\n"
            f"aws_access_key_id = {owner.access_key}\naws_secret_access_key = {owner.secret_key}\n"
        )
        env = {"AWS_SHARED_CREDENTIALS_FILE": str(file)}
        env.update({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""})
        self.fails(exit_code=EXIT_CONFIG, says="InvalidAccessKeyId", env=env)
        self.etl(env={**env, "AWS_PROFILE": "mine"})
        self.assertIn("Nothing new", self.etl("--profile", "mine", env=env).stdout)

    def provider(self, env=None, **places):
        env = {"SPARKIFY_LOG_DATA": self.uri("log"), **(env or {}), **places}
        settings = json.loads(self.call("config", "--json", env=env).stdout)["settings"]
        return [s["origin"] for s in settings if s["name"] == "s3_credentials"]

    def test_config_and_v_name_the_place_of_the_credentials(self):
        self.assertEqual(self.provider(), ["environment"])
        unsigned = self.provider(SPARKIFY_NO_SIGN_REQUEST="true")
        self.assertEqual(unsigned, ["none, requests are not signed"])
        self.assertEqual(self.provider(SPARKIFY_LOG_DATA="log"), [], "nobody is asked for a local job")
        self.assertIn("credentials from environment", self.etl("-v").stderr)

    def test_a_wrong_clock(self):
        for offset in ("+30m", "-30m"):
            with self.subTest(offset=offset):
                prefix = ("faketime", "-f", offset)
                clock = time.time() + int(offset[:-1]) * 60
                done = self.fails(
                    exit_code=EXIT_CONFIG,
                    says=["RequestTimeTooSkewed", "this machine's clock", "set the clock"],
                    prefix=prefix,
                )
                self.assertRegex(done.stderr, clock_pattern("%Y-%m-%d %H:", clock))
                self.assertRegex(done.stderr, clock_pattern("%d %b %Y %H:", time.time()))

    def test_a_clock_that_is_a_little_wrong(self):
        self.etl(prefix=("faketime", "-f", "+5m"))
        self.assertEqual(self.loaded(), ["log/001.json"])

    def test_a_session(self):
        self.user = self.session()
        self.etl()
        self.assertEqual(self.loaded(), ["log/001.json"])

    def test_a_session_token_that_was_changed(self):
        session = self.session()
        self.user = Credentials(*session[:2], changed_in_the_middle(session.token))
        self.refused(["session token"])
        self.user = Credentials(*session[:2])
        self.refused(["session token"])

    def test_a_session_that_has_ended(self):
        self.user = self.session(seconds=1)
        time.sleep(2.1)
        self.refused(["InvalidAccessKeyId", "session token", "log in again"])

    def test_a_session_that_ends_in_the_midst_of_a_run(self):
        self.put_days(*range(2, 40))
        with RecordingProxy() as proxy:
            self.user = self.session(seconds=2)
            proxy.at_object(20, lambda: time.sleep(3.2))
            through = {**ONE_EACH, "HTTP_PROXY": proxy.url}
            words = ("--transfers", 1, "--threads", 1)
            done = self.etl(*words, env=through, exit_code=EXIT_CONFIG)
        self.expect_error(done.stderr, ["InvalidAccessKeyId", "session token"])
        self.assertGreater(len(self.loaded()), 0)
        self.user = owner
        self.etl()
        self.assertEqual(self.loaded(), [f"log/{number:03}.json" for number in range(1, 40)])

    def test_a_role_that_may_only_read(self):
        self.user = self.session()
        self.etl()
        words = ("generate", "--out", self.uri("out"), "--events", 10, "--songs", 5)
        done = self.call(*words, exit_code=EXIT_SOURCE)
        self.expect_error(done.stderr, [self.uri("out/"), "AccessDenied", "s3:PutObject"])
        self.assertEqual(objects.list(self.bucket, "out"), [])


def clock_pattern(form, seconds):
    """The hour, or its neighbour if the test runs around a full hour."""
    near = {time.strftime(form, time.gmtime(seconds + shift)) for shift in (-5, 0, 5)}
    return "|".join(sorted(near))


class RightsTest(S3Case):
    """What a bucket's policy lets a user do."""

    def setUp(self):
        super().setUp()
        self.user = new_user()
        self.put_days(1, 2, 3)

    def let(self, *actions, besides=()):
        mine = [allow(list(actions), self.bucket, self.user.name), *besides]
        objects.put_bucket_policy(self.bucket, mine)

    def test_no_right_to_list(self):
        self.let("GetObject")
        for place in ("log", "log/", "log/001.json", "log/*", ""):
            with self.subTest(place=place):
                says = [self.bucket, "AccessDenied", "s3:ListBucket"]
                self.fails(logs=place, exit_code=EXIT_SOURCE, says=says)

    def test_no_right_to_read(self):
        self.let("ListBucket")
        done = self.etl(exit_code=EXIT_SOURCE)
        self.assertIn("s3:GetObject", done.stdout + done.stderr)
        self.assertEqual(self.loaded(), [])

    def test_one_object_may_not_be_read(self):
        denied = deny(["GetObject"], self.bucket, self.user, "log/002.json")
        self.let("ListBucket", "GetObject", besides=[denied])
        for env in ({}, ONE_EACH):
            done = self.etl(exit_code=EXIT_SOURCE, env=env)
            self.expect_left_out(done, "log/002.json", ["AccessDenied", "s3:GetObject"])
            self.assertEqual(self.loaded(), ["log/001.json", "log/003.json"])
        self.let("ListBucket", "GetObject")
        self.etl()
        self.assertEqual(len(self.loaded()), 3)

    def test_a_public_bucket_without_credentials(self):
        anybody = allow(["ListBucket", "GetObject"], self.bucket)
        objects.put_bucket_policy(self.bucket, [anybody])
        none = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        with RecordingProxy() as proxy:
            self.etl("--no-sign-request", env={**none, "HTTP_PROXY": proxy.url})
            self.assertFalse([r for r in proxy.requests if "authorization" in r.headers])
        self.assertEqual(len(self.loaded()), 3)

    def test_a_private_bucket_without_credentials(self):
        says = ["AccessDenied", "s3:ListBucket", "--no-sign-request"]
        self.fails("--no-sign-request", exit_code=EXIT_SOURCE, says=says)

    def test_requester_pays_is_said(self):
        self.let("ListBucket", "GetObject")
        with RecordingProxy() as proxy:
            self.etl("--request-payer", "requester", env={"HTTP_PROXY": proxy.url})
            said = {r.headers.get("x-amz-request-payer") for r in proxy.requests}
        self.assertEqual(said, {"requester"})
        self.assertEqual(len(self.loaded()), 3)


# --- The way to the server -----------------------------------------------------------------------


class ConnectionTest(S3Case):
    def setUp(self):
        super().setUp()
        self.put_days(1)

    def expect_plan(self, *options, env=None):
        self.assertEqual(self.planned("log", *options, env=env), (1, 0))

    def test_both_addressing_styles(self):
        for style, host in (("virtual", f"{self.bucket}.s3.localhost"), ("path", "s3.localhost")):
            with self.subTest(style=style), RecordingProxy() as proxy:
                self.endpoint = server.virtual_host_endpoint
                self.expect_plan("--addressing", style)
                self.expect_plan("--addressing", style, env={"HTTP_PROXY": proxy.url})
                hosts = {r.headers["host"].partition(":")[0] for r in proxy.requests}
                self.assertEqual(hosts, {host})

    def test_tls(self):
        trusted = {"AWS_CA_BUNDLE": server.ca_file}
        self.endpoint = server.https_endpoint
        self.etl(env=trusted)
        self.assertEqual(self.loaded(), ["log/001.json"])
        self.endpoint = f"https://{server.virtual_host}:{server.https_port}"
        self.put_days(2)
        self.etl("--addressing", "virtual", env=trusted)
        self.assertEqual(len(self.loaded()), 2)

    def test_tls_with_a_certificate_that_nobody_vouches_for(self):
        self.endpoint = server.https_endpoint
        self.fails(exit_code=EXIT_SOURCE, says=["could not be verified", "AWS_CA_BUNDLE"])

    def test_tls_with_another_host_name(self):
        self.endpoint = f"https://other.localhost:{server.https_port}"
        trusted = {"AWS_CA_BUNDLE": server.ca_file}
        self.fails(exit_code=EXIT_SOURCE, says="could not be verified", env=trusted)

    def test_a_ca_bundle_that_is_not_there(self):
        self.endpoint = server.https_endpoint
        missing = str(self.folder / "none.pem")
        says = [missing, "AWS_CA_BUNDLE"]
        self.fails(exit_code=EXIT_SOURCE, says=says, env={"AWS_CA_BUNDLE": missing})

    def test_tls_spoken_to_a_server_without_and_the_reverse(self):
        for endpoint in (
            server.http_endpoint.replace("http:", "https:"),
            server.https_endpoint.replace("https:", "http:"),
        ):
            self.endpoint = endpoint
            begin = time.monotonic()
            self.fails(exit_code=EXIT_SOURCE, says=self.bucket)
            self.assertLess(time.monotonic() - begin, RETRIES_SECONDS_MAX)

    def test_the_nearest_endpoint_counts(self):
        dead, alive = dead_endpoint(), server.http_endpoint
        names = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "SPARKIFY_ENDPOINT_URL")
        for number, name in enumerate(names):
            env = {**dict.fromkeys(names[:number], dead), name: alive}
            with self.subTest(name=name):
                self.expect_plan(env=env)
                others = {**dict.fromkeys(names[:number], alive), name: dead}
                self.fails(exit_code=EXIT_SOURCE, says="connect", env=others)
        for other in (dead, "no address"):
            self.expect_plan("--endpoint-url", alive, env=dict.fromkeys(names, other))

    def test_an_endpoint_that_nobody_listens_on(self):
        self.endpoint = dead_endpoint()
        begin = time.monotonic()
        says = ["6 times", "check the network and the endpoint"]
        self.fails(exit_code=EXIT_SOURCE, says=says)
        self.assertLess(time.monotonic() - begin, RETRIES_SECONDS_MAX)

    def test_an_endpoint_without_a_scheme(self):
        self.endpoint = "127.0.0.1:80"
        self.fails(exit_code=EXIT_CONFIG, says=["AWS_ENDPOINT_URL", "https://"])
        self.endpoint = None
        words = ("--endpoint-url", "127.0.0.1:80")
        self.fails(*words, exit_code=EXIT_CONFIG, says=["127.0.0.1:80", "https://"])

    def test_a_proxy_is_used(self):
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            with self.subTest(name=name), RecordingProxy() as proxy:
                self.expect_plan(env={name: proxy.url})
                self.assertEqual(len(proxy.requests), 2)

    def test_tls_goes_through_a_tunnel(self):
        self.endpoint = server.https_endpoint
        with RecordingProxy() as proxy:
            self.etl(env={"HTTPS_PROXY": proxy.url, "AWS_CA_BUNDLE": server.ca_file})
            self.assertEqual({r.method for r in proxy.requests}, {"CONNECT"})
            self.assertEqual({r.path for r in proxy.requests}, {f"127.0.0.1:{server.https_port}"})
        self.assertEqual(self.loaded(), ["log/001.json"])

    def test_no_proxy_is_respected(self):
        for hosts in ("127.0.0.1", "example.com,127.0.0.1", "*"):
            with self.subTest(hosts=hosts), RecordingProxy() as proxy:
                self.expect_plan(env={"HTTP_PROXY": proxy.url, "NO_PROXY": hosts})
                self.assertEqual(proxy.requests, [])
        with RecordingProxy() as proxy:
            self.expect_plan(env={"HTTP_PROXY": proxy.url, "NO_PROXY": "example.com"})
            self.assertNotEqual(proxy.requests, [])

    def test_a_proxy_that_is_not_there(self):
        env = {"HTTP_PROXY": dead_endpoint()}
        self.fails(exit_code=EXIT_SOURCE, says="check the network", env=env)


# --- Runs that are disturbed ---------------------------------------------------------------------


class DisturbedRunTest(S3Case):
    """The proxy holds the program at the request for one object."""

    DAYS = 36
    GROUPS = {"SPARKIFY_GROUP_BYTES": "20000"}

    def setUp(self):
        super().setUp()
        self.proxy = RecordingProxy().__enter__()
        self.addCleanup(self.proxy.__exit__)

    def generate(self):
        out = ("--out", self.uri("data"), "--events", 2000, "--songs", 60, "--days", self.DAYS)
        self.call("generate", *out, "--faults", "all=0.005")
        self.places = ("--log-data", self.uri("data/log_data"))
        self.places += ("--song-data", self.uri("data/song_data"))

    def start(self, *options, env=None):
        env = self.environment({**self.GROUPS, "HTTP_PROXY": self.proxy.url, **(env or {})})
        where = ("--warehouse", f"duckdb:{self.warehouse}")
        return sparkify.start("etl", *where, *self.places, *options, env=env)

    @contextlib.contextmanager
    def held(self, number, *options):
        """A process whose number-th request for an object is not answered as long as this lasts."""
        reached, release = threading.Event(), threading.Event()
        self.proxy.at_object(number, lambda: (reached.set(), release.wait(WAIT_SECONDS_MAX)))
        process = self.start(*options)
        try:
            self.assertTrue(reached.wait(WAIT_SECONDS_MAX), "the request came")
            yield process
        finally:
            release.set()
            process.kill()
            process.communicate()

    def test_killed_and_run_again(self):
        self.generate()
        clean = self.new_warehouse("clean")
        self.call("etl", *self.places, warehouse=clean, env=self.GROUPS)
        expected = sparkify.fingerprint(clean)
        for number in (40, 95):
            with self.subTest(request=number):
                self.warehouse = self.new_warehouse(f"killed-{number}")
                with self.held(number) as process:
                    time.sleep(0.2)  # what came before goes on
                    process.kill()
                    process.communicate()
                self.assertLess(len(self.loaded()), 60 + self.DAYS)
                self.call("etl", *self.places, env=self.GROUPS)
                self.assertEqual(sparkify.fingerprint(self.warehouse), expected)
                self.call("check")

    def test_sigint_while_a_request_hangs(self):
        self.generate()
        for number in (1, 90):
            with self.subTest(request=number), self.held(number) as process:
                time.sleep(0.2)
                begin = time.monotonic()
                process.send_signal(signal.SIGINT)
                stdout, stderr = process.communicate(timeout=WAIT_SECONDS_MAX)
                self.assertLess(time.monotonic() - begin, STOP_SECONDS_MAX)
                self.assertEqual(process.returncode, EXIT_SIGINT, stderr)
                self.assertIn("stopped by a signal", stderr)
                self.assertRegex(stdout, r"Run \d+ into .*: stopped in ")
        self.call("etl", *self.places)
        self.call("check")

    def test_sigint_while_it_lists(self):
        self.put_days(1)
        self.places = ("--log-data", self.uri("log"))
        self.endpoint, silent = self.silent_server()
        with silent:
            process = self.start(env={"NO_PROXY": "*"})
            self.addCleanup(process.communicate)
            silent.accept()
            begin = time.monotonic()
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(WAIT_SECONDS_MAX), EXIT_SIGINT)
            self.assertLess(time.monotonic() - begin, STOP_SECONDS_MAX)

    def silent_server(self):
        """An endpoint that takes connections and never answers."""
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(WAIT_SECONDS_MAX)
        return f"http://127.0.0.1:{listener.getsockname()[1]}", listener

    def disturb(self, action):
        """A run in which `action` happens right before log/002.json is asked for."""
        self.put_days(1, 2, 3)
        self.proxy.at_object(2, action)
        env = {**ONE_EACH, "HTTP_PROXY": self.proxy.url}
        words = ("etl", "--log-data", self.uri("log"), "--transfers", 1, "--threads", 1)
        where = ("--warehouse", f"duckdb:{self.warehouse}")
        return sparkify.run(*words, *where, env=self.environment(env))

    def test_an_object_that_changes_after_it_was_listed_is_taken_as_it_is_now(self):
        done = self.disturb(lambda: self.put("log/002.json", day(50)))
        self.assertEqual(done.returncode, EXIT_OK, done.stdout + done.stderr)
        self.oracle.apply_run([], self.objects_below("log/"))
        self.expect_oracle()
        self.assertIn("Nothing new", self.etl().stdout)

    def test_an_object_that_is_deleted_after_it_was_listed_is_left_out(self):
        done = self.disturb(lambda: objects.delete(self.bucket, "log/002.json"))
        self.assertEqual(done.returncode, EXIT_SOURCE, done.stderr)
        self.expect_left_out(done, "log/002.json", ["gone"])
        self.assertEqual(self.loaded(), ["log/001.json", "log/003.json"])
        self.assertIn("Nothing new", self.etl().stdout)


# --- Little memory -------------------------------------------------------------------------------


class MemoryTest(S3Case):
    """Far more logs than memory."""

    EVENTS = 670_000

    def peak_mib(self, *words, env):
        """The largest resident size of the program's run."""
        process = sparkify.start(*words, env=env)
        output = process.stdout.read() + process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.communicate()
        self.assertEqual(process.returncode, EXIT_OK, output)
        return usage.ru_maxrss / 1024

    def test_it_stays_within_its_limit(self):
        out = ("--out", self.uri("data"), "--events", self.EVENTS, "--songs", 200, "--days", 20)
        self.call("generate", *out)
        bytes_there = sum(o.size for o in objects.list(self.bucket, "data/log_data"))
        self.assertGreater(bytes_there, 300e6)
        peak = self.peak_mib(
            "etl", "--warehouse", f"duckdb:{self.warehouse}",
            "--memory-limit", f"{MEMORY_LIMIT_MIB}MiB", "--log-data", self.uri("data/log_data"),
            "--song-data", self.uri("data/song_data"), env=self.environment(),
        )  # fmt: skip
        records = sparkify.query_rows(self.warehouse, "select sum(records) as n from etl_objects")
        self.assertEqual(int(records[0]["n"]), self.EVENTS + 200)
        self.assertLess(peak, MEMORY_LIMIT_MIB + MEMORY_MARGIN_MIB)


# --- Secrets -------------------------------------------------------------------------------------


class SecretTest(S3Case):
    """What opens a door is shown nowhere: not in messages, results, settings or tables."""

    SECRET = "pLaNtEdSeCrEt0123456789abcdefghijklmnopq"

    def setUp(self):
        super().setUp()
        name = f"planted-{next(numbers)}"
        self.planted = server.create_user(name, f"PLANTED{next(numbers)}", self.SECRET)
        rights = allow(["ListBucket", "GetObject"], self.bucket, name)
        objects.put_bucket_policy(self.bucket, [rights])
        role = server.create_role(name, owner, [allow(["ListBucket", "GetObject"], self.bucket)])
        self.session = objects.assume_role(role)
        self.put_days(1, 2)
        self.put("log/bad.json", b"broken\n")
        self.put("log/damaged.json.gz", b"no gzip")

    def expect_hidden(self, text):
        for part in (self.SECRET, self.session.secret_key, self.session.token):
            self.assertNotIn(part, text)
        for part in ("Signature=", "X-Amz-", "x-amz-security", "AWS4-HMAC"):
            self.assertNotIn(part.lower(), text.lower())

    def commands(self, style):
        logs = ("etl", "--log-data", self.uri("log"))
        denied = ("generate", "--out", self.uri("x"), "--events", 5, "--songs", 5)
        for words in (
            logs,
            (*logs, "--dry-run"),
            ("etl", "--log-data", f"s3://{self.bucket}-none/x"),
            ("etl", "--log-data", "s3://"),
            denied,
            ("config",),
            ("status",),
            ("rejects",),
        ):
            yield (*words, "-v", *style)

    def situations(self):
        """What is wrong, and how the program is to write."""
        text, document, records = (), ("--json",), ("--log-format", "json")
        planted = {"AWS_SECRET_ACCESS_KEY": self.SECRET}
        yield {}, text
        yield {}, document
        yield {"AWS_ENDPOINT_URL": dead_endpoint()}, records
        yield {"AWS_ENDPOINT_URL": server.https_endpoint}, text
        yield {"AWS_ACCESS_KEY_ID": "UNKNOWN", **planted}, document
        yield {"AWS_ACCESS_KEY_ID": owner.access_key, **planted}, text

    def test_no_output_and_no_table_holds_one(self):
        where = ("--warehouse", f"duckdb:{self.warehouse}")
        users = itertools.cycle((self.planted, self.session, self.session, self.planted))
        for self.user, (env, style) in zip(users, self.situations()):
            for words in self.commands(style):
                done = sparkify.run(*words, *where, env=self.environment(env))
                self.expect_hidden(done.stdout + done.stderr)
        self.assertEqual(len(self.loaded()), 3)
        self.expect_hidden(self.warehouse.read_bytes().decode("latin-1"))

    def test_a_password_in_an_endpoint_or_a_proxy(self):
        dead = dead_endpoint().replace("http://", "http://me:hunter2@")
        where = ("--warehouse", f"duckdb:{self.warehouse}")
        for name in ("SPARKIFY_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "HTTP_PROXY"):
            shown = ""
            for words in self.commands(()):
                done = sparkify.run(*words, *where, env=self.environment({name: dead}))
                shown += done.stdout + done.stderr
            with self.subTest(name=name):
                self.assertNotIn("hunter2", shown)


# --- Writing -------------------------------------------------------------------------------------


class GenerateTest(S3Case):
    OPTIONS = ("--events", 500, "--songs", 40, "--days", 7, "--faults", "all=0.05")

    def folder_digests(self, folder):
        return {
            path.relative_to(folder).as_posix(): hashlib.md5(path.read_bytes()).hexdigest()
            for path in folder.rglob("*")
            if path.is_file()
        }

    def test_the_same_bytes_as_in_a_folder(self):
        self.call("generate", "--out", self.folder / "out", *self.OPTIONS)
        expected = self.folder_digests(self.folder / "out")
        self.assertGreater(len(expected), 40)
        for place in ("out", "slash/", ""):
            with self.subTest(place=place):
                self.bucket = new_bucket()
                self.call("generate", "--out", self.uri(place), *self.OPTIONS)
                prefix = place.rstrip("/") + "/" if place else ""
                found = {
                    listed.key.decode().removeprefix(prefix): listed.etag
                    for listed in objects.list(self.bucket)
                }
                self.assertEqual(found, expected)

    def test_what_was_generated_loads_as_from_the_folder(self):
        self.call("generate", "--out", self.folder / "out", *self.OPTIONS)
        self.call("generate", "--out", self.uri("out"), *self.OPTIONS)
        tables = {}
        for root in (f"file://{self.folder}/", self.uri("")):
            warehouse = self.new_warehouse("disk" if "file" in root else "s3")
            words = ("--log-data", f"{root}out/log_data", "--song-data", f"{root}out/song_data")
            self.call("etl", *words, warehouse=warehouse)
            tables[root] = without_places(sparkify.warehouse_tables(warehouse), root)
        self.assertEqual(sparkify.difference(*tables.values()), "")

    def test_no_such_bucket(self):
        words = ("generate", "--out", f"s3://{self.bucket}-none/out", *self.OPTIONS)
        self.expect_error(self.call(*words, exit_code=EXIT_SOURCE).stderr, "no bucket")

    def test_generate_by_tls_and_virtual_host(self):
        self.endpoint = f"https://{server.virtual_host}:{server.https_port}"
        words = ("generate", "--out", self.uri("out"), *self.OPTIONS, "--addressing", "virtual")
        self.call(*words, env={"AWS_CA_BUNDLE": server.ca_file})
        self.assertGreater(len(objects.list(self.bucket, "out/")), 40)


if __name__ == "__main__":
    unittest.main()
