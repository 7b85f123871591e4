"""The check of Redshift's SQL: what it takes, what it does not, and where it says so.

Run it as `python3 tests/tools/check_redshift_sql_test.py`. It needs Debian's sqlfluff.
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOL = ROOT / "tools" / "check_redshift_sql.py"
sys.path.insert(0, str(TOOL.parent))

import check_redshift_sql as tool  # noqa: E402

SECONDS_MAX = 120
COPY_PARTS = r"""
-- file: session/redshift/copy_parts
copy loading_events (artist, auth)
from 's3://bucket/prefix/x.manifest'
iam_role 'arn:aws:iam::123456789012:role/r'
manifest csv gzip null as '\0' timeformat 'auto' compupdate off statupdate off
"""
COPY_JSON = """
-- file: session/redshift/copy_json
copy loading_events
from 's3://b/x.manifest'
iam_role 'arn:aws:iam::1:role/a,arn:aws:iam::2:role/b'
region 'eu-west-1' manifest format json 's3://b/log.jsonpaths' gzip
timeformat 'epochmillisecs' maxerror 1000 compupdate off statupdate off
"""
TABLES = """
-- file: tables/redshift/create
create table if not exists songplays (
    songplay_id bigint not null encode az64,
    start_time  timestamp not null encode raw sortkey,
    level       varchar(64) encode zstd,
    song_id     varchar(64) encode zstd distkey,
    primary key (songplay_id)
) diststyle key;
create table if not exists songs (
    song_id varchar(64) not null,
    year    integer encode az64,
    foreign key (song_id) references songplays (song_id)
) diststyle all compound sortkey (song_id, year);
create temp table new_songs (like songs including defaults);
create table plays (play bigint identity(0, 1)) backup no diststyle auto sortkey auto encode auto;
create table kept distkey (song_id) sortkey (year) as select song_id, year from songs
"""
QUERIES = """
-- file: star/songs
-- load:    delete_insert
select song_id, cast($1 as bigint) as n,
       row_number() over (partition by song_id order by year desc) as nth
from songs
where song_id = $2 and position(cast($4 as varchar(8192)) in r.uri) > 0
limit $3
-- load: star/songs
-- What the template makes of it; with a semicolon in a literal, and {{ no }} template.
delete from songs where title = ';{{ x }}' and year in (select year from new_songs);
/* ; */ insert into songs (song_id, year) values ($1, $2), ($3, $4);
-- file: session/redshift/start
set query_group to 'sparkify';
begin transaction isolation level serializable read write;
lock table etl_objects;
select pg_last_copy_count(), pg_last_copy_id();
analyze songs;
commit
"""
OTHERS = """
-- file: session/duckdb/tidy
checkpoint
-- file: tables/postgres/indexes
create index i on t (a)
"""


def run(*arguments):
    return subprocess.run([TOOL, *arguments], capture_output=True, text=True, timeout=SECONDS_MAX)


class CheckTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_on(self, *texts):
        paths = [self.folder / f"{number}.sql" for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text, encoding="utf-8")
        return run(*paths)

    def assert_faults(self, text, *expected):
        done = self.run_on(text)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), len(expected), lines)
        for line, (number, section, words) in zip(lines, expected, strict=True):
            self.assertTrue(line.startswith(f"{self.folder}/0.sql:{number}: {section}: "), line)
            self.assertIn(words, line)

    def test_what_redshift_takes_passes(self):
        done = self.run_on(COPY_PARTS + COPY_JSON, TABLES, QUERIES + OTHERS)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertEqual(done.stdout, "redshift sql: 16 statements are Redshift's, as far as "
                         "documents tell\n")

    def test_what_the_pages_refuse_is_told_with_its_page(self):
        self.assert_faults(
            "-- file: a/b\nselect 1;\n\ncreate index i\non t (a)\n-- load: a/c\n\n"
            "insert into t values (1) on conflict do nothing",
            (4, "a/b", "refused (create_index): indexes are not supported; see Unsupported"),
            (8, "a/c", "refused (on_conflict): "),
        )

    def test_a_function_that_the_guide_does_not_have_is_told(self):
        path = f"{self.folder}/0.sql"  # stands for the section, as there is none
        self.assert_faults("select brin_summarize(1)", (1, path, "brin_summarize"))

    def test_what_sqlfluff_does_not_parse_is_told_with_its_line(self):
        self.assert_faults(
            "-- file: a/b\nselect 1;\nselect a\nfrom (\n    select 1 as a\n) snapshot\n"
            "-- file: a/c\nselect a from from t\n",
            (6, "a/b", "unparsable section: 'snapshot'"),
            (8, "a/c", "unparsable"),
        )

    def test_a_file_without_statements_proves_nothing(self):
        for text in ("", "-- file: a/b\n-- nothing\n;", OTHERS):
            done = self.run_on(text)
            self.assertEqual(done.returncode, 2)
            self.assertIn("no statement in it", done.stderr)

    def test_a_wrong_use_is_told(self):
        self.assertIn("Usage", run().stderr)
        self.assertEqual(run().returncode, 2)
        done = run(self.folder / "no.sql")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no.sql", done.stderr)

    def test_each_exemption_is_still_needed(self):
        for exemption in tool.EXEMPTIONS:
            with self.subTest(exemption.words):
                heading = "-- file: a/b\n"
                done = self.run_on(f"{heading}select {exemption.words} from r")
                self.assertEqual(done.returncode, 0, done.stdout)
                other = exemption.words.replace("$", "$9")  # no exemption's, and parsed the same
                self.assertNotEqual(other, exemption.words)
                self.assert_faults(f"{heading}select {other} from r", (2, "a/b", "unparsable"))


class PartsTest(unittest.TestCase):
    def test_a_section_ends_with_the_next_heading(self):
        text = "-- file: a/b\n-- load:    insert\nselect 1;\nselect 2\n-- load: a/c\n\nselect 3"
        self.assertEqual(
            [(s.section, s.line, s.text) for s in tool.statements("x.sql", text)],
            [("a/b", 3, "select 1"), ("a/b", 4, "select 2"), ("a/c", 7, "select 3")],
        )

    def test_parameters_become_literals(self):
        self.assertEqual(
            tool.with_values("select '$1', \"$2\", $3 /* $4 */ from t limit $5 offset $12"),
            "select '$1', \"$2\", '1' /* $4 */ from t limit 1 offset 1",
        )

    def test_an_exemption_is_of_words_and_keeps_the_lines(self):
        exemption = tool.Exemption("f(a in 'B')", "g", "")
        self.assertEqual(
            tool.exempted("select f(\n  a in -- why\n 'B'\n), F(a in 'B'), f(a in 'b')", exemption),
            "select g\n\n\n, F(a in 'B'), f(a in 'b')",
        )


if __name__ == "__main__":
    unittest.main()
