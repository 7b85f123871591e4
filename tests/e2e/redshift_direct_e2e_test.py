"""`--stage direct`: Redshift, of which a stand-in is there, reads the source objects by itself.

Run it as `python3 tests/e2e/redshift_direct_e2e_test.py`; what it needs is in redshift_e2e_test.py.
The contract's own suite runs with it too: SPARKIFY_TEST_STAGE=direct for contract_e2e_test.py.
"""

import bz2
import gzip
import json
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle"), str(HERE.parent / "servers")]

import contract  # noqa: E402
import redshift_e2e_test as base  # noqa: E402
import sparkify  # noqa: E402
from contract_e2e_test import dump, event, lines, play, song, zstd  # noqa: E402
from redshift_e2e_test import EXIT_CONFIG, EXIT_DATABASE, EXIT_SOURCE, GROUPS, RedshiftCase  # noqa: E402
from s3_client import allow  # noqa: E402
from warehouses import BUCKET, SOURCES  # noqa: E402

MIB = 1 << 20
TIDE = {"title": "Tide", "artist_name": "The Weirs", "duration": 200.5}


def setUpModule():
    base.start_servers()


class DirectCase(RedshiftCase):
    """Each test has a folder of its own in the bucket that the role may read."""

    def setUp(self):
        super().setUp()
        self.prefix = f"direct {next(self.numbers)}"
        self.client = base.s3.client(base.loader)
        self.oracle = contract.Warehouse()
        self.objects = {"log": {}, "song": {}}

    def put(self, kind, name, body):
        key = f"{self.prefix}/{kind}_data/{name}"
        etag = self.client.put(SOURCES, key, body)
        self.objects[kind][f"s3://{SOURCES}/{key}"] = (etag, body)

    def sources(self, *kinds):
        return [
            word
            for kind in kinds or ("log", "song")
            if self.objects[kind]
            for word in (f"--{kind}-data", f"s3://{SOURCES}/{self.prefix}/{kind}_data")
        ]

    def load(self, *options, stage="direct", **more):
        sources = self.sources()
        return self.etl("--stage", stage, "--json", *options, sources=sources, **more)

    def summary(self, *options, **more):
        """Of a run; the tables are the oracle's afterwards."""
        found = json.loads(self.load(*options, **more).stdout)
        self.expect_oracle()
        return found

    def expect_oracle(self):
        listed = {
            kind: sorted((uri, etag, body) for uri, (etag, body) in objects.items())
            for kind, objects in self.objects.items()
        }
        self.oracle.apply_run(listed["song"], listed["log"])
        found = sparkify.warehouse_tables(self.warehouse)
        self.assertEqual(sparkify.difference(self.oracle.tables(), found), "")

    def expect_direct(self, groups):
        found = self.summary()
        self.assertEqual((found["direct_groups"], found["not_direct"]), (groups, []))
        self.assertEqual(self.sent("copy loading_"), [], "nothing of ours is loaded")
        return found

    def expect_back(self, says):
        """One group goes back, and its rows come the compact way."""
        found = self.summary()
        self.assertEqual(found["direct_groups"], 0)
        [oddity] = found["not_direct"]
        self.assertIn(says, oddity)
        self.assertNotIn("system table", oddity, "nobody has to look there")
        self.assertEqual(len(self.sent("copy loading_")), 1)
        self.assertEqual(self.staged(), [], "what was written for COPY is removed")


class CleanTest(DirectCase):
    def test_ordinary_objects_of_every_compression(self):
        for number, (suffix, packed) in enumerate(
            (("", bytes), (".gz", gzip.compress), (".bz2", bz2.compress), (".zst", zstd))
        ):
            records = [play(number, item, song=f"Ebb {item}") for item in range(3)]
            records.append(event(number, 9, userId="", page="Home"))
            self.put("log", f"{number} a+b.json{suffix}", packed(lines(*records)))
            self.put("song", f"{number}.json{suffix}", packed(lines(song(number))))
        self.put("song", "tide.json", lines(song(9, **TIDE)))
        self.put("log", "tide.json", lines(play(77, 0)))
        found = self.expect_direct(2)
        self.assertEqual((found["records"], found["plays"]), (22, 13))
        copies = self.sent("copy source_events")
        self.assertEqual(len(copies), 4, "one for each compression")
        for sql in copies:
            self.assertRegex(sql, r"manifest (gzip |bzip2 |zstd |)json 's3://control/")
        self.assertEqual(self.staged(), [])

    def test_every_kind_of_value(self):
        self.put(
            "log",
            "a.json",
            lines(
                play(1, 0, ts=0, length=0, userId=2147483647),
                play(4398046511103, 1048575, ts=253402300799999, length=-0.5),
                play(2, 0, length=1234567.12345, song="a\\b \"c\" 'd' \\N", artist="é 😀\u2028"),
                play(3, 0, userId="5", registration="1541016707796", location=""),
                play(4, 0, level=None, firstName=None, gender=None, status=-7),
                play(5, 0, song="x" * 1024, userAgent="é" * 1024, auth="a" * 64),
                play(6, 0, song="[untitled]", artist="{", location="1979 "),
                play(7, 0, artist=" The Weirs", song="Tide "),
                play(9, 1, location=r"\N", userAgent=r"\N", level="", gender=" "),
                event(8, 0, userId="", registration=None),
                event(9, 0, userId=7.0, page="Settings", level="paid"),
            ),
        )
        self.put(
            "song",
            "a.json",
            lines(
                song(1, **TIDE),
                song(2, artist_latitude=None, artist_longitude=None, artist_location=None),
                song(3, artist_latitude=-0.1, artist_longitude=123.45678901234567, year=0),
                song(4, title="[1]x", artist_location="", duration=1),
            ),
        )
        self.expect_direct(2)

    def test_run_after_run(self):
        for day in range(3):
            self.put("log", f"{day}.json", lines(*(play(day, item) for item in range(4))))
            self.put("song", f"{day}.json", lines(song(day, **TIDE)))
            found = self.summary()
            self.assertEqual((found["direct_groups"], found["not_direct"]), (2, []))
        self.assertIn("Nothing new", self.etl(sources=self.sources()).stdout)

    def test_receipts_tell_each_objects_records(self):
        for count in (1, 2, 5):
            self.put("log", f"{count}.json", lines(*(play(count, item) for item in range(count))))
        self.expect_direct(1)
        counts = self.query("select uri, records, loaded from etl_objects order by uri")
        self.assertEqual([line.split(",")[1:] for line in counts], [["1"] * 2, ["2"] * 2, ["5"] * 2])


class OddityTest(DirectCase):
    """Each one sends its group back; what the tables hold then is the contract's."""

    def each(self, kind, oddities):
        for says, body in oddities:
            with self.subTest(says=says, body=body[-60:]), self.apart(self.lane) as case:
                case.put(kind, "b.json", body)
                case.put(kind, "a.json", lines(play(1, 1) if kind == "log" else song(1)))
                case.expect_back(says)

    def test_what_copy_refuses(self):
        self.each(
            "log",
            (
                ("it noted", b"broken"),
                ("it noted", lines(play(2, 0))[:-20]),
                ("it noted", b"[" + dump(play(2, 0)) + b"]"),
                ("it noted", b"\xef\xbb\xbf" + lines(play(2, 0))),
                ("it noted", lines(play(2, 0, song="a\0b"))),
                ("it noted", lines(dump(play(2, 0, song="X")).replace(b"X", b"\xff"))),
                ("it noted", lines(dump(play(2, 0, song="X")).replace(b"X", rb"\ud800"))),
                ("it noted", lines(play(2, 0, song="x" * 2000))),
            ),
        )

    def test_a_page_that_is_only_nearly_one(self):
        self.put("log", "a.json", lines(play(1, 0), event(2, 0, page="NextSong ")))
        self.expect_direct(1)

    def test_an_object_of_more_than_4_mb(self):
        self.put("log", "a.json", lines(play(2, 0, song="x" * (4 << 20))))
        found = self.summary()
        self.assertEqual((found["direct_groups"], found["rejects"]), (0, 1))
        self.assertIn("exceeds maximum allowed", found["not_direct"][0])

    def test_counts_that_do_not_agree(self):
        self.each(
            "log",
            (
                ("sys_load_detail counts", dump(play(2, 0), indent=1)),
                ("sys_load_detail counts", lines(play(2, 0)) + b"\n\n" + lines(play(3, 0))),
                ("sys_load_detail counts", b""),
            ),
        )

    def test_numbers(self):
        numbers = "numbers that are not written in plain digits: 1"
        outside = "numbers out of their range: 1"
        self.each(
            "log",
            [
                (numbers, lines(event(2, 0, **{key: value})))
                for key, value in (
                    ("itemInSession", "x"),
                    ("sessionId", 1.5),
                    ("status", "200 "),
                    ("ts", -1),
                    ("ts", 1_000_000_000_000_000),
                    ("ts", 1e12),
                    ("registration", ""),
                    ("registration", 1.5),
                    ("userId", "x"),
                    ("length", 1.000001),
                    ("length", 1e-9),
                )
            ]
            + [
                (outside, lines(event(2, 1048576))),
                (outside, lines(event(2, -1))),
                (outside, lines(event(4398046511104, 0, ts=1))),
                (outside, lines(event(-1, 0, ts=1))),
                (outside, lines(event(2, 0, userId="-1"))),
                (outside, lines(event(2, 0, ts=253402300800000))),
                ("out of range", lines(event(2, 0, userId="2147483648"))),
                ("out of range", lines(event(2, 0, status=10**12))),
                ("overflow", lines(play(2, 0, length=12345678))),
            ],
        )

    def test_texts(self):
        texts = "texts that are too long or were no text: 1"
        self.each(
            "log",
            [
                (texts, lines(event(2, 0, **{key: value})))
                for key, value in (
                    ("page", "é" * 32 + "x"),
                    ("userAgent", "é" * 1024 + "x"),
                    ("artist", True),
                    ("song", {"a": 1}),
                    ("location", ["x"]),
                    ("level", False),
                    ("auth", []),
                )
            ],
        )

    def test_fields_that_are_needed(self):
        incomplete = "records without a field they need: 1"
        self.each(
            "log",
            [(incomplete, lines(event(2, 0, **{key: None}))) for key in ("page", "ts")]
            + [(incomplete, lines(event(2, 0, itemInSession=None))), (incomplete, b"{}\n")]
            + [
                (incomplete, lines(play(2, 0, **{key: None})))
                for key in ("userId", "song", "artist", "length")
            ],
        )

    def test_songs(self):
        incomplete = "records without a field they need: 1"
        self.each(
            "song",
            [
                (incomplete, lines(song(2, **{key: None})))
                for key in ("song_id", "title", "artist_id", "artist_name", "duration")
            ]
            + [(incomplete, lines(song(2, song_id=""))), (incomplete, lines(song(2, artist_id="")))]
            + [
                ("numbers that are not", lines(song(2, artist_latitude=1e300))),
                ("numbers that are not", lines(song(2, year="x"))),
                ("texts that are", lines(song(2, title=True))),
                ("the order in their source", lines(song(1, title="Another"))),
                ("the order in their source", lines(song(2, artist_id="AR001"))),
                ("the order in their source", lines(song(2, artist_id="AR001", artist_name="Artist 1 "))),
            ],
        )

    def test_plays_whose_order_counts(self):
        twice = "plays whose songplay_id occurs twice or is known"
        self.each(
            "log",
            (
                ("the order in their source", lines(play(1, 1, level="paid"))),
                (twice, lines(play(1, 1, ts=5))),
                (twice, lines(play(1, 1, userId="8"))),
                ("the order in their source", lines(event(3, 3), event(3, 3, level="paid"))),
            ),
        )

    def test_a_play_that_is_known(self):
        self.put("log", "a.json", lines(play(1, 0)))
        self.expect_direct(1)
        self.put("log", "b.json", lines(play(1, 0), play(2, 0)))
        found = self.summary()
        self.assertEqual(found["not_direct"], ["plays whose songplay_id occurs twice or is known: 1"])
        self.assertEqual(found["duplicates"], 1)

    def test_a_damaged_object_is_left_out_and_named(self):
        self.put("log", "a.json.gz", gzip.compress(lines(play(1, 0)))[:-4])
        self.put("log", "b.json", lines(play(2, 0)))
        done = self.load(exit_code=EXIT_SOURCE)
        self.expect_oracle()
        self.assertIn("a.json.gz", done.stdout)

    def test_names_that_the_view_cannot_show(self):
        self.put("log", "é.json", lines(play(1, 0)))
        self.assertEqual(self.summary()["direct_groups"], 0)
        self.assertEqual(self.sent("copy source_"), [])


class BetweenTest(DirectCase):
    """What happens while COPY reads."""

    def test_another_version_than_was_listed(self):
        self.put("log", "a.json", lines(play(1, 0)))
        self.server.on("copy source_events", lambda: self.put("log", "a.json", lines(play(2, 0))))
        found = self.summary()
        [oddity] = found["not_direct"]
        self.assertIn("another version than the one that was listed", oddity)

    def test_an_object_that_is_gone(self):
        self.put("log", "a.json", lines(play(1, 0)))
        self.put("log", "b.json", lines(play(2, 0)))
        gone = f"{self.prefix}/log_data/a.json"
        self.server.on("copy source_events", lambda: self.client.delete(SOURCES, gone))
        done = self.load(exit_code=EXIT_SOURCE)
        self.assertIn("a.json", done.stdout)
        self.assertEqual(self.query("select count(*) from songplays"), ["1"])

    def test_a_view_that_does_not_tell(self):
        self.put("log", "a.json", lines(play(1, 0)))
        self.server.fail_next("from sys_load_detail", message="no such view")
        found = self.summary()
        self.assertIn("no such view", found["not_direct"][0])

    def test_a_failure_after_it_takes_all_back(self):
        self.put("log", "a.json", lines(play(1, 0)))
        self.server.fail_next("^insert into songplays", message="out of luck")
        self.load("-v", exit_code=EXIT_DATABASE, says="out of luck")
        self.assertEqual(self.query("select count(*) from etl_objects"), ["0"])
        self.assertTrue(any("manifest-plain.json" in name for name in self.staged()))
        self.expect_direct(1)

    def test_a_lost_connection(self):
        for place, when in (
            ("copy source_events", "after"),
            ("insert into loading_events", "before"),
            ("^commit", "before"),
            ("^commit", "after"),
        ):
            with self.subTest(place=place, when=when), self.apart(self.lane) as case:
                case.put("log", "a.json", lines(play(1, 0)))
                # The first commit is that of the run's own row.
                self.server.cut_on(place, when, nth=2 if place == "^commit" else 1)
                case.load(exit_code=(0, EXIT_DATABASE))
                self.assertEqual(self.server.orders, [])
                case.load()
                case.expect_oracle()

    def test_a_role_that_may_read_the_control_prefix_alone(self):
        """The direct way is not open; who asks for it gets the rows all the same, and is told."""
        narrow = base.s3.create_role(
            f"narrow-{next(self.numbers)}",
            self.server.source.service,
            [allow(["GetObject", "ListBucket"], BUCKET)],
        )
        self.put("log", "a.json", lines(play(1, 0)))
        found = self.summary("-v", env={"SPARKIFY_IAM_ROLE": narrow})
        self.assertRegex(found["not_direct"][0], "Access ?Denied")


class ChoiceTest(DirectCase):
    def plan(self, *options):
        words = ("--dry-run", *options)
        text = self.etl(*words, sources=self.sources()).stdout
        plan = json.loads(self.etl(*words, "--json", sources=self.sources()).stdout)["plan"]
        return text, plan["groups"]

    def put_large(self, name, first):
        body = lines(*(play(first, item, userAgent="x" * 2000) for item in range(600)))
        self.assertGreater(len(body), MIB)
        self.put("log", name, body)

    def test_the_plan_says_which_way_and_why(self):
        self.put("song", "a.json", lines(song(1)))
        self.put_large("a.json", 1)
        text, groups = self.plan()
        self.assertEqual([group["stage"] for group in groups], ["compact", "direct"])
        self.assertRegex(text, r"group 1 .*; staged compact: its objects are of \d+ B on average")
        self.assertRegex(text, r"group 2 .*; staged direct: its objects are of 1\.\d MiB on average")
        for stage in ("compact", "direct"):
            _, groups = self.plan("--stage", stage)
            self.assertEqual({group["stage"] for group in groups}, {stage})
        _, groups = self.plan("--stage", "direct", "--keep-staging")
        self.assertEqual({group["stage"] for group in groups}, {"compact"})
        found = self.summary(stage="auto")
        self.assertEqual(found["direct_groups"], 1)

    def test_the_statements_can_be_read_beforehand(self):
        self.put("song", "a.json.gz", gzip.compress(lines(song(1))))
        text, _ = self.plan("--stage", "direct", "--sql")
        self.assertIn("manifest gzip json 's3://", text)
        for part in ("create temporary table if not exists source_songs", "sys_load_detail"):
            self.assertIn(part, text)
        sent = {base.plain(sql) for _, sql in self.server.statements}
        self.assertNotIn("insert into loading_songs", "\n".join(sent))

    def test_what_was_in_vain_once_is_not_tried_again(self):
        for number in range(3):
            self.put_large(f"{number}.json", 1)  # plays twice: the second group is odd
        done = self.load(stage="auto", env={"SPARKIFY_GROUP_BYTES": str(MIB)})
        found = json.loads(done.stdout)
        self.assertEqual((found["direct_groups"], len(found["not_direct"])), (1, 1))
        self.assertEqual(len(self.sent("copy source_events")), 2)
        self.expect_oracle()

    def test_songs_that_were_in_vain_do_not_stand_in_the_way_of_logs(self):
        other = b', "other": "%s"}' % (b"x" * MIB)
        twice = [lines(song(n, artist_id="A", artist_name=f"Name {n}")) for n in range(2)]
        self.put("song", "a.json", b"".join(twice).replace(b"}", other))
        for number in range(3):
            self.put_large(f"{number}.json", number)
        env = {"SPARKIFY_GROUP_BYTES": str(MIB)}
        found = json.loads(self.load(stage="auto", env=env).stdout)
        self.assertEqual((found["direct_groups"], len(found["not_direct"])), (3, 1))
        self.expect_oracle()

    def test_a_conflict_later_on_does_not_repeat_what_was_in_vain(self):
        self.put("log", "a.json", lines(play(1, 0), play(1, 0)))
        self.server.fail_next("^insert into songplays", message="1023 conflict", times=2)
        found = self.summary()
        self.assertEqual(len(found["not_direct"]), 1)
        self.assertEqual(len(self.sent("copy source_events")), 1)
        self.assertEqual(len(self.sent("copy loading_events")), 3)

    def test_the_summary_tells_a_person(self):
        self.put("log", "a.json", lines(play(1, 0)))
        self.put("song", "a.json", lines(song(1), song(1)))
        done = self.etl("--stage", "direct", sources=self.sources())
        self.assertIn("1 group read by the warehouse itself; 1 read again by us", done.stdout)

    def test_where_no_warehouse_reads_by_itself(self):
        url = f"duckdb:{self.folder}/w.duckdb"
        self.put("log", "a.json", lines(play(1, 0)))
        words = ("etl", *self.sources(), "--stage", "direct", "--warehouse", url)
        env = self.environment({"SPARKIFY_SCHEMA": None})
        done = sparkify.run("create-tables", "--warehouse", url, env=env)
        done = sparkify.run(*words, env=env)
        self.assertEqual(done.returncode, EXIT_CONFIG)
        self.assertIn("--stage direct", done.stderr)
        done = sparkify.run(*words[:-4], "--stage", "auto", "--warehouse", url, env=env)
        self.assertEqual(done.returncode, 0, done.stderr)


class RaceTest(DirectCase):
    def test_two_runs_at_once(self):
        """What one has loaded the other leaves out."""
        for number in range(6):
            self.put("log", f"{number}.json", lines(*(play(number, item) for item in range(5))))
        env = self.environment({**GROUPS, "SPARKIFY_GROUP_BYTES": "1"})
        words = self.words(("etl", "--stage", "direct", *self.sources()), None, None)
        both = [sparkify.start(*words, env=env) for _ in range(2)]
        for process in both:
            _, stderr = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, stderr)
        self.assertEqual(self.query("select count(*) from songplays"), ["30"])
        self.assertEqual(self.query("select count(*), sum(records) from etl_objects"), ["6,30"])
        self.call("check")


if __name__ == "__main__":
    unittest.main()
