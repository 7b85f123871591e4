#!/usr/bin/env python3
"""Every number of the report against a second computation over the tables' rows.

On the warehouse that SPARKIFY_TEST_WAREHOUSE names. With SPARKIFY_REAL_DATA (a folder with log_data
and song_data) also for the real logs.
"""

import json
import os
import pathlib
import re
import signal
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle")]

import analyses  # noqa: E402
import contract_e2e_test as corpus  # noqa: E402
import sparkify  # noqa: E402
import warehouses  # noqa: E402

EXIT_OK, EXIT_CONFIG, EXIT_DATABASE = 0, 3, 5
DATA = re.compile(r'<script type="application/json" id="report-data">(.*?)</script>', re.DOTALL)
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "<!-- & -->",
    "=HYPERLINK(\"http://127.0.0.1\")",
    "\u202egnihtemos",
    "שלום עולם",
    "🎵 é\u2028line\u2029",
    "__SPARKIFY_REPORT_DATA__",
    "trailing blanks  ",
    "trailing blanks",
    'quotes "\'\\ $1',
)
REAL_NOVEMBER = {  # of its first half
    "weekdays": [217, 522, 493, 564, 651, 407, 187],  # Sunday first
    "hour": (16, 276),
    "song": ("You're The One", "Dwight Yoakam", 21),
    "levels": {"paid": 2364, "free": 677},
}
WRITING = {
    warehouses.DUCKDB: (
        "insert into users select * from users",
        "copy users to 'users.csv'",
        "attach 'other.db'",
        "select * from read_text('/etc/hostname')",
        "set memory_limit = '1GB'",
        "select 1; drop table users",
    ),
    warehouses.POSTGRES: (
        "insert into users select * from users",
        "commit",
        "create temp table t as select 1",
        "with gone as (delete from users returning 1) select * from gone",
        "select 1; drop table users",
    ),
    warehouses.REDSHIFT: (
        "insert into users select * from users",
        "commit",
        "select 1; drop table users",
    ),
}


def setUpModule():
    warehouses.start()


def tearDownModule():
    warehouses.stop()


class ReportCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        self.warehouse = warehouses.new(self.folder)
        self.addCleanup(warehouses.drop, self.warehouse)
        self.where = sparkify.options(self.warehouse)
        self.call("create-tables")

    def call(self, *words, exit_code=EXIT_OK, env=None):
        env = sparkify.on_warehouse(self.warehouse, env)
        done = sparkify.run(*words, *self.where, env=env)
        self.assertEqual(done.returncode, exit_code, done.stderr)
        return done

    def load(self, folder):
        self.call("etl", "--log-data", folder / "log_data", "--song-data", folder / "song_data")

    def generate(self, *words):
        data = self.folder / "data"
        done = sparkify.run("generate", "--out", data, *words)
        self.assertEqual(done.returncode, EXIT_OK, done.stderr)
        return data

    def load_records(self, events, songs=()):
        for kind, records in (("log_data", events), ("song_data", songs)):
            (self.folder / "data" / kind).mkdir(parents=True, exist_ok=True)
            (self.folder / "data" / kind / "records.json").write_bytes(corpus.lines(*records))
        self.load(self.folder / "data")

    def report(self, *words):
        done = self.call("report", "--format", "json", "--out", "-", *words)
        return json.loads(done.stdout)

    def expect_right(self, document):
        """All that a document tells, from the tables as they are now."""
        rows = analyses.read(self.warehouse)
        self.expect_banner(document, rows)
        found = {analysis["name"]: analysis for analysis in document["analyses"]}
        self.assertEqual(list(found), list(analyses.EXPECTED))
        for name, expected in analyses.EXPECTED.items():
            with self.subTest(analysis=name):
                answer = found[name]
                self.assertFalse(answer["truncated"])
                self.assertEqual(as_set(answer["rows"]), as_set(expected(rows)))
                short = "day" if analyses.UNITS[name] else ""
                unit = analyses.UNITS[name] if rows.is_long else short
                self.assertEqual(answer["day_unit"], unit)
        return rows, found

    def expect_banner(self, document, rows):
        banner, tables = document["banner"], rows.tables
        counts = {name: len(tables[name]) for name in banner["rows"]}
        self.assertEqual(set(counts), {"songplays", "users", "songs", "artists", "time"})
        self.assertEqual(banner["rows"], counts)
        self.assertEqual(banner["plays"], len(rows.plays))
        self.assertEqual(banner["matched"], sum(play["is_matched"] for play in rows.plays))
        self.assertEqual(banner["rejects"], len(tables["etl_rejects"]))
        last = max((user["last_event_at"] for user in tables["users"]), default=None)
        self.assertEqual(banner["last_event_at"], last and last.replace(" ", "T") + "Z")
        days = [rows.days[0].isoformat(), rows.days[-1].isoformat()] if rows.days else None
        shown = document["range"]
        self.assertEqual(shown and [shown["first_day"], shown["last_day"]], days)


def as_set(rows):
    """Rows may come in any order, each once."""
    return sorted(json.dumps(row) for row in rows)


class NumbersTest(ReportCase):
    def test_a_month_of_generated_data(self):
        words = ("--events", 5000, "--users", 70, "--songs", 200, "--faults", "all=0.02")
        self.load(self.generate(*words))
        rows, found = self.expect_right(self.report())
        self.assertFalse(rows.is_long)
        for name, answer in found.items():
            self.assertGreater(len(answer["rows"]), 0, f"{name}: nothing was compared")
        run = sparkify.query_rows(self.warehouse, "select * from etl_runs")[0]
        self.assertEqual(
            self.report()["banner"]["last_run"],
            {
                "run_id": run["run_id"],
                "ended_at": run["finished_at"].replace(" ", "T") + "Z",
                "status": "done",
            },
        )

    def test_where_the_data_are_long_some_answers_are_by_week_or_month(self):
        words = ("--events", 4000, "--users", 60, "--songs", 100, "--days", 130)
        self.load(self.generate(*words, "--start", "2019-09-20"))
        rows, _ = self.expect_right(self.report())
        self.assertTrue(rows.is_long)

    def test_ties_levels_and_names_that_are_not_there(self):
        begin, hour = corpus.NOVEMBER_MS, 3_600_000
        events = [
            corpus.play(1, 0, ts=begin, level=None, location=None, userAgent=None),
            corpus.play(1, 1, ts=begin + hour, level="paid", firstName=None),
            corpus.play(2, 0, ts=begin + hour, userId="8", lastName=None, level="free"),
            corpus.play(2, 1, ts=begin + 2 * hour, userId="8", level="paid"),
            corpus.play(2, 2, ts=begin + 2 * hour + 59_999, userId="8", level="free"),
            corpus.play(3, 0, ts=begin + 2 * hour, userId="9", level="all "),
            corpus.play(4, 0, ts=begin + 50 * 24 * hour, userId="9", level="", location=""),
        ]
        self.load_records(events)
        _, found = self.expect_right(self.report())
        self.assertIn("unknown", json.dumps(found["places"]["rows"]))

    def test_edges(self):
        """Seconds' fractions, the last user who is at risk, the last name of many equals."""
        begin, day = corpus.NOVEMBER_MS // 86_400_000 * 86_400_000, 86_400_000
        events = [corpus.play(1, 0, ts=begin + 900), corpus.play(1, 1, ts=begin + 60_100)]
        people = ((11, 12, 1), (12, 23, 2), (13, 24, 2), (14, 9, 0), (15, 10, 0))
        for user, before, lately in people:
            # Blanks that are none of SQL's stay.
            names = {"firstName": "\u3000Ida", "lastName": "Holm\u00a0"} if user == 13 else {}
            for number in range(before):
                at = begin + (number % 21 + 1) * day - 1
                events.append(corpus.play(user, number, userId=str(user), ts=at, **names))
            for number in range(lately):
                at = begin + 21 * day + number
                events.append(corpus.play(user, 500 + number, userId=str(user), ts=at, **names))
        last = begin + 28 * day - 1
        for number, letter in enumerate("aBcÄdE z" * 9):
            name = f"{letter}{number:02}"
            texts = {"song": name, "artist": name, "location": name}
            events.append(corpus.play(100 + number, 0, ts=last, **texts))
        self.load_records(events)
        _, found = self.expect_right(self.report())
        self.assertEqual([row[0] for row in found["users_at_risk"]["rows"]], [13, 11, 15])
        self.assertEqual(found["users_at_risk"]["rows"][0][1], "\u3000Ida Holm\u00a0")
        self.assertIn([1, 1], [row[2:] for row in found["session_lengths"]["rows"]])

    def test_a_session_of_thousands_of_years(self):
        """Of an event whose time is wrong by far, and still one. The oracle goes through each day."""
        self.load_records([corpus.play(1, 0, ts=0), corpus.play(1, 1, ts=253_402_300_799_999)])
        answers = {each["name"]: each["rows"] for each in self.report()["analyses"]}
        self.assertEqual(answers["session_lengths"][0][2:], [4_223_371_679, 1])

    def test_an_empty_warehouse(self):
        document = self.report()
        self.assertIsNone(document["range"])
        self.assertIsNone(document["banner"]["last_run"])
        _, found = self.expect_right(document)
        for answer in found.values():
            self.assertEqual(answer["rows"], [])
            self.assertGreater(len(answer["columns"]), 2)

    def test_a_warehouse_of_one_play(self):
        self.load_records([corpus.play(1, 0)], [corpus.song(1)])
        document = self.report()
        _, found = self.expect_right(document)
        self.assertEqual(document["range"]["first_day"], document["range"]["last_day"])
        self.assertEqual(found["session_lengths"]["rows"][0][2:], [0, 1])


class TextsTest(ReportCase):
    def test_hostile_texts_are_shown_as_texts(self):
        events, songs = [], []
        for number, text in enumerate(HOSTILE):
            more = {"location": text, "firstName": text, "userId": str(100 + number)}
            events.append(corpus.play(10 + number, 0, song=text, artist=text, **more))
            songs.append(corpus.song(number, title=text, artist_name=text, duration=77))
            events.append(corpus.play(50 + number, 0, song=text, artist=text, length=77, **more))
        self.load_records(events, songs)
        done = self.call("report", "--out", "-")
        data = DATA.search(done.stdout)[1]
        document = json.loads(data)
        _, found = self.expect_right(document)
        for name in ("top_songs", "unmatched_songs", "places"):
            shown = {text for row in found[name]["rows"] for text in row}
            self.assertEqual(set(HOSTILE) - shown, set(), name)
        for mark in "<>&\u2028\u2029":
            self.assertNotIn(mark, data)
        self.assertEqual(self.call("report", "--out", "-").stderr, "")

    def test_names_that_tie_at_the_end_of_a_list(self):
        """By bytes, also where a name is another's beginning; and blanks alone are an agent."""
        events = []
        for number in range(17):
            for end in ("", " ", " (Live)", "!"):
                words = {"song": f"Tie {number:02}{end}", "artist": f"Tie {number:02}{end}"}
                place = f"Tie {number:02}{end.rstrip('!')}"  # so that the lists end amid a tie
                more = {"location": place, "userAgent": " " if end == " " else "Mozilla"}
                events.append(corpus.play(100 + len(events), 0, **words, **more))
        self.load_records(events)
        self.expect_right(self.report())

    def test_the_file_is_whole_or_not_there(self):
        out = self.folder / "made.html"
        done = self.call("report", "--out", out, "--json")
        summary = json.loads(done.stdout)
        self.assertEqual(summary["format"], "sparkify.report/1")
        self.assertEqual(summary["bytes"], out.stat().st_size)
        text = out.read_text(encoding="utf-8")
        self.assertIn("<!doctype html>", text.lower())
        self.assertEqual(json.loads(DATA.search(text)[1])["format"], 1)
        nowhere = self.folder / "nowhere" / "made.html"
        done = self.call("report", "--out", nowhere, exit_code=EXIT_CONFIG)
        self.assertIn(str(nowhere), done.stderr)
        self.assertEqual(list(self.folder.glob("made.html*")), [out])

    def test_a_warehouse_without_tables_is_an_error(self):
        if warehouses.kind() == warehouses.DUCKDB:
            sparkify.execute_sql(self.warehouse, "drop view plays")
            sparkify.execute_sql(self.warehouse, "drop table etl_schema")
        else:
            warehouses.drop(self.warehouse)
        done = self.call("report", "--out", "-", exit_code=EXIT_DATABASE)
        self.assertIn("create-tables", done.stderr)


class OwnAnalysesTest(ReportCase):
    def setUp(self):
        super().setUp()
        self.load_records([corpus.play(n, 0, gender=gender) for n, gender in enumerate("FFM")])
        self.ours = self.folder / "ours"
        self.ours.mkdir()

    def given(self, sql, name="by_level.sql", head="-- title: Ours\n-- chart: bars\n"):
        (self.ours / name).write_text(head + sql)

    def refused(self, *says, exit_code):
        done = self.call("report", "--reports", self.ours, "--out", "-", exit_code=exit_code)
        for part in says:
            self.assertIn(part, done.stderr)
        self.assertEqual(done.stdout, "")

    def test_they_come_behind_the_programs_own(self):
        head = "-- title: Listeners\n-- chart: bars\n-- x: level\n-- y: users\n-- levels: sum\n"
        sql = "select level, count(distinct user_id) as users from plays group by level;"
        self.given(sql, head=head)
        self.given("select 1.50 as n", name="a.sql")
        found = self.report("--reports", self.ours)["analyses"]
        self.assertEqual([each["name"] for each in found[-2:]], ["a", "by_level"])
        self.assertEqual(found[-1]["rows"], [["free", 1]])
        self.assertEqual([found[-1][key] for key in ("title", "x", "y", "is_custom")],
                         ["Listeners", "level", "users", True])  # fmt: skip
        self.assertEqual(found[-2]["rows"], [[1.5]])
        self.assertEqual(len(found), len(analyses.EXPECTED) + 2)

    def test_a_bad_header_is_a_clear_error(self):
        self.given("select 1", head="-- chart: bars\n")
        self.refused("by_level.sql", "-- title:", exit_code=EXIT_CONFIG)
        self.given("select 1", head="-- title: T\n-- chart: pie\n")
        self.refused("by_level.sql", "`pie`", "bars, line, table", exit_code=EXIT_CONFIG)
        self.given("select 1 as n", head="-- title: T\n-- chart: bars\n-- y: plays\n")
        self.refused("by_level.sql", "`plays`", exit_code=EXIT_CONFIG)

    def test_their_sql_may_only_read(self):
        before = analyses.read(self.warehouse).tables
        for sql in WRITING[warehouses.kind()]:
            with self.subTest(sql=sql):
                self.given(sql)
                self.refused("by_level.sql", exit_code=EXIT_DATABASE)
        self.assertEqual(analyses.read(self.warehouse).tables, before)

    def test_sql_that_is_wrong_names_its_file(self):
        self.given("select nonsense from nowhere")
        self.refused("by_level.sql", "nowhere", exit_code=EXIT_DATABASE)


SLOW = {
    warehouses.DUCKDB: "select count(*) as n from range(400000) a, range(40000) b"
    " where a.range % 7 = b.range % 5",
    warehouses.POSTGRES: "select pg_sleep(3)",
    warehouses.REDSHIFT: "select count(*) as n from songplays",
}


class BesideARunTest(ReportCase):
    """Neither waits for the other."""

    def start(self, *words, env=None):
        env = sparkify.on_warehouse(self.warehouse, env)
        process = sparkify.start(*words, *self.where, env=env)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def test_reports_while_a_run_loads(self):
        data = self.generate("--events", 12000, "--songs", 50, "--days", 60)
        run = self.start(
            *("etl", "--log-data", data / "log_data", "--song-data", data / "song_data"),
            env={"SPARKIFY_GROUP_BYTES": "60000"},
        )
        seen = []
        while run.poll() is None:
            document = self.report()
            counts = [sum(row[3] for row in document["analyses"][0]["rows"])]
            counts += [document["banner"]["plays"], document["banner"]["rows"]["songplays"]]
            self.assertEqual(len(set(counts)), 1, "of one moment")
            if run.poll() is None:
                seen.append(counts[0])
        self.assertEqual(run.returncode, EXIT_OK, run.stderr.read())
        self.assertGreaterEqual(len(seen), 1, "no report while the run was loading")
        self.assertEqual(seen, sorted(seen))
        self.expect_right(self.report())
        self.expect_nothing_left()

    def test_a_run_goes_on_while_a_report_is_made(self):
        data = self.generate("--events", 300, "--songs", 10, "--days", 2)
        ours = self.folder / "ours"
        ours.mkdir()
        (ours / "slow.sql").write_text(f"-- title: Slow\n-- chart: kpi\n{SLOW[warehouses.kind()]}")
        report = self.start("report", "--out", self.folder / "r.html", "--reports", ours)
        if warehouses.kind() == warehouses.DUCKDB:
            self.wait_until(self.copies)
        self.load(data)
        if warehouses.kind() != warehouses.REDSHIFT:
            self.assertIsNone(report.poll(), "the report is still being made")
        report.send_signal(signal.SIGINT)
        report.communicate(timeout=sparkify.TIMEOUT_S)
        self.expect_nothing_left()

    def test_what_a_killed_report_leaves_goes_with_the_next(self):
        if warehouses.kind() != warehouses.DUCKDB:
            return
        ours = self.folder / "ours"
        ours.mkdir()
        (ours / "slow.sql").write_text(f"-- title: Slow\n-- chart: kpi\n{SLOW[warehouses.DUCKDB]}")
        report = self.start("report", "--out", self.folder / "r.html", "--reports", ours)
        self.wait_until(self.copies)
        report.kill()
        report.communicate()
        self.assertEqual(len(self.copies()), 1)
        self.report()
        self.expect_nothing_left()

    def wait_until(self, is_so):
        end = time.monotonic() + sparkify.TIMEOUT_S
        while not is_so():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def copies(self):
        return list(self.folder.glob("warehouse.duckdb.view-*"))

    def expect_nothing_left(self):
        self.assertEqual(self.copies(), [])


class RealDataTest(ReportCase):
    def test_the_first_half_of_november_2018(self):
        self.load(pathlib.Path(os.environ["SPARKIFY_REAL_DATA"]))
        rows, found = self.expect_right(self.report())
        if rows.days[-1].isoformat() != "2018-11-15":
            return
        weekdays, hours, levels, songs = [0] * 7, [0] * 24, {}, {}
        for day, level, hour, plays in found["plays_by_hour"]["rows"]:
            weekdays[(analyses.datetime.date.fromisoformat(day).weekday() + 1) % 7] += plays
            hours[hour] += plays
            levels[level] = levels.get(level, 0) + plays
        for _, _, song, artist, plays in found["top_songs"]["rows"]:
            songs[song, artist] = songs.get((song, artist), 0) + plays
        self.assertEqual(weekdays, REAL_NOVEMBER["weekdays"])
        self.assertEqual((hours.index(max(hours)), max(hours)), REAL_NOVEMBER["hour"])
        self.assertEqual(levels, REAL_NOVEMBER["levels"])
        best = max(songs, key=songs.get)
        self.assertEqual((*best, songs[best]), REAL_NOVEMBER["song"])


if not os.environ.get("SPARKIFY_REAL_DATA"):
    del RealDataTest

if __name__ == "__main__":
    unittest.main()
