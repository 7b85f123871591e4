"""What a person or a script sees of the program: help, results, messages, exit codes, documents.

Run it as `python3 tests/e2e/cli_e2e_test.py`. Environment: SPARKIFY_BINARY (the program),
SPARKIFY_SQL_TOOL (duckdb_exec).
"""

import contextlib
import csv
import io
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle")]

import contract_e2e_test as corpus  # noqa: E402
import sparkify  # noqa: E402
from contract_e2e_test import File, dump, event, lines, play, song  # noqa: E402

EXIT_OK = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_CONFIG = 3
EXIT_DATABASE = 5
PIPE_BROKE = (EXIT_OK, -signal.SIGPIPE, 128 + signal.SIGPIPE)
WAIT_SECONDS_MAX = 60
COMMANDS = (
    "create-tables",
    "etl",
    "status",
    "rejects",
    "check",
    "query",
    "report",
    "serve",
    "grant-readonly",
    "iam",
    "doctor",
    "generate",
    "config",
    "version",
)
GLOBAL_FLAGS = (
    "--warehouse",
    "--schema",
    "--config",
    "--threads",
    "--memory-limit",
    "--log-format",
    "-q",
    "-v",
    "--json",
)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
TABLES = tuple(corpus.contract.TABLE_COLUMNS)

base = None  # a Base: a loaded warehouse that tests copy


def setUpModule():
    global base
    sparkify.sql_tool()
    base = Base()


def tearDownModule():
    base.close()


class Base:
    """A warehouse with two runs: matched and unmatched plays, duplicates, rejects, drift."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name).resolve()
        self.warehouse = self.folder / "base.duckdb"
        self.write("song_data/a.json", lines(*map(song, range(1, 4))))
        plays = [
            play(1, item, song=f"Title {item}", artist=f"Artist {item}", length=100.5 + item)
            for item in range(1, 4)
        ]
        visitor = event(2, 0, userId="", mood="fine")
        rejects = [b"nonsense", dump(play(3, 0, userId=None)), dump(play(3, 1, ts="x"))]
        self.write("log_data/a.json", lines(*plays, play(1, 9, userId="8"), plays[0], visitor))
        self.program("create-tables")
        self.etl()
        self.write("log_data/b.json", lines(*rejects, play(4, 0, mood=1, weather=2, level="paid")))
        self.etl()

    def close(self):
        self.temporary.cleanup()

    def write(self, name, data):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)

    def sources(self):
        return "--log-data", self.folder / "log_data", "--song-data", self.folder / "song_data"

    def etl(self):
        self.program("etl", *self.sources())

    def program(self, *words):
        done = sparkify.run(*words, "--warehouse", f"duckdb:{self.warehouse}")
        if done.returncode != EXIT_OK:
            raise sparkify.SparkifyError(f"{words}: {done.stdout}{done.stderr}")


class CliCase(unittest.TestCase):
    """Helpers. Each test has a folder, the program's current one, with a copy of the base."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name).resolve()
        self.warehouse = self.folder / "sparkify.duckdb"
        shutil.copyfile(base.warehouse, self.warehouse)

    def call(self, *words, exit_code=EXIT_OK, env=None, **options):
        """A finished process in this test's folder; stdin is no terminal."""
        streams = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
        }
        done = subprocess.run(
            [sparkify.binary(), *map(str, words)],
            cwd=self.folder,
            env=sparkify.environment(env),
            timeout=WAIT_SECONDS_MAX,
            check=False,
            **{**streams, **options},
        )
        done.stdout = (done.stdout or b"").decode("utf-8", "replace")
        done.stderr = (done.stderr or b"").decode("utf-8", "replace")
        if exit_code is not None:
            text = f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
            self.assertEqual(done.returncode, exit_code, text)
        return done

    def fails(self, *words, exit_code, says=(), env=None):
        done = self.call(*words, exit_code=exit_code, env=env)
        self.assertIn("sparkify: error: ", done.stderr)
        for part in [says] if isinstance(says, str) else says:
            self.assertIn(part, done.stderr)
        return done

    def document(self, *words, exit_code=EXIT_OK, env=None):
        done = self.call(*words, "--json", exit_code=exit_code, env=env)
        document = json.loads(done.stdout)
        self.assertIsInstance(document, dict, "one document, with a format")
        self.assertRegex(document.get("format", ""), r"^sparkify\.[a-z_]+/[0-9]+$")
        return document

    def query(self, sql, *options, exit_code=EXIT_OK):
        return self.call("query", sql, *options, exit_code=exit_code).stdout

    def on_terminal(self, *words, streams, answer="", env=None):
        """The program with a terminal as its `streams`; exit code, terminal's text, process."""
        ours, theirs = pty.openpty()
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(
            [sparkify.binary(), *map(str, words)],
            cwd=self.folder,
            env=sparkify.environment(env),
            **{**pipes, **dict.fromkeys(streams, theirs)},
        )
        os.close(theirs)
        shown = []
        reader = threading.Thread(target=read_all, args=(ours, shown))
        reader.start()
        try:
            os.write(ours, answer.encode())
            others = process.communicate(timeout=WAIT_SECONDS_MAX)
        finally:
            process.kill()
            reader.join()
            os.close(ours)
        text = b"".join(shown).decode("utf-8", "replace")
        return process.returncode, text, [(part or b"").decode() for part in others]


def read_all(descriptor, parts):
    with contextlib.suppress(OSError):  # EIO: nobody has the other end any more
        while part := os.read(descriptor, 65536):
            parts.append(part)


def file_state(path):
    return path.read_bytes(), path.stat().st_mtime_ns


# --- Command line --------------------------------------------------------------------------------


class HelpTest(CliCase):
    def test_every_command_has_help_with_examples(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                done = self.call(command, "--help")
                self.assertRegex(done.stdout, r"Examples?:\n")
                self.assertRegex(done.stdout, rf"\n +sparkify {command}")
                self.assertEqual(done.stderr, "")

    def test_the_programs_help_lists_every_command_and_flag(self):
        for words in (("--help",), ("-h",), ()):
            done = self.call(*words)
            for name in (*COMMANDS, *GLOBAL_FLAGS):
                self.assertIn(name, done.stdout)
            self.assertEqual(done.stderr, "")

    def test_no_command_is_without_a_test_here(self):
        section = self.call("--help").stdout.partition("Subcommands:")[2].partition("\n\n")[0]
        self.assertEqual(tuple(re.findall(r"(?m)^  (\S+)", section)), COMMANDS)

    def test_an_unknown_command_is_met_with_the_nearest(self):
        for word, meant in (
            ("etll", "etl"),
            ("stats", "status"),
            ("creat-tables", "create-tables"),
        ):
            done = self.fails(word, exit_code=EXIT_USAGE, says=[word, f"`{meant}`"])
            self.assertEqual(done.stdout, "")

    def test_an_unknown_command_behind_flags_is_met_with_the_nearest(self):
        self.fails("-q", "etll", exit_code=EXIT_USAGE, says=["etll", "`etl`"])

    def test_an_unknown_flag_is_met_with_the_nearest(self):
        for words, meant in (
            (("etl", "--log-dta", "x"), "--log-data"),
            (("--thread", "2", "status"), "--threads"),
            (("query", "select 1", "--formt", "csv"), "--format"),
        ):
            with self.subTest(words=words):
                self.fails(*words, exit_code=EXIT_USAGE, says=[f"`{meant}`"])

    def test_wrong_command_lines(self):
        for words in (
            ("query",),
            ("generate",),
            ("generate", "--out", "g", "--preset", "huge"),
            ("generate", "--out", "g", "--events", "x"),
            ("etl", "--log-data"),
            ("status", "--runs", "0"),
            ("status", "--runs", "x"),
            ("rejects", "--limit", "-1"),
            ("status", "extra"),
            ("query", "select 1", "--format", "xml"),
            ("query", "select 1", "--rows", "x"),
            ("report", "--format", "pdf"),
            ("rejects", "--format", "xml"),
            ("rejects", "--reason", "ugly"),
            ("etl", "status"),
        ):
            with self.subTest(words=words):
                self.fails(*words, exit_code=EXIT_USAGE)

    def test_threads_must_be_a_number_from_1_to_256(self):
        for text in ("0", "257", "-1", "x", "1.5", "99999999999999999999"):
            with self.subTest(threads=text):
                self.fails("config", f"--threads={text}", exit_code=EXIT_CONFIG, says="--threads")
        self.fails(
            "config",
            exit_code=EXIT_CONFIG,
            says="SPARKIFY_THREADS",
            env={"SPARKIFY_THREADS": "many"},
        )
        for text in ("1", "256"):
            self.call("query", "select 1", "--threads", text)

    def test_the_memory_limit_must_be_a_size_of_at_least_256_mib(self):
        for text in ("1", "255MiB", "x", "-1GiB", "1XB", "1e30GiB"):
            with self.subTest(memory_limit=text):
                words = ("config", f"--memory-limit={text}")
                self.fails(*words, exit_code=EXIT_CONFIG, says="--memory-limit")
        for text in ("256MiB", "0.5GiB", "300MB", "1073741824"):
            self.call("query", "select 1", "--memory-limit", text)

    def test_an_empty_flag_is_an_error(self):
        for flag in ("--threads", "--memory-limit", "--warehouse", "--log-format"):
            self.fails("config", f"{flag}=", exit_code=EXIT_USAGE, says=flag)
            self.fails("config", flag, "", exit_code=EXIT_CONFIG, says=flag)

    def test_max_rejects_must_be_a_number(self):
        for text in ("-1", "x", "1.5"):
            words = ("etl", *base.sources(), f"--max-rejects={text}")
            self.fails(*words, exit_code=EXIT_CONFIG, says="--max-rejects")

    def test_version(self):
        self.assertRegex(self.call("version").stdout, r"^sparkify \d+\.\d+\.\d+ .*DuckDB v\d")


class StreamsTest(CliCase):
    """Results on stdout, all else on stderr."""

    def test_results_are_on_stdout_only(self):
        for words in (
            ("create-tables",),
            ("status",),
            ("rejects",),
            ("check",),
            ("config",),
            ("query", "select 1"),
            ("version",),
            ("generate", "--out", "g"),
            ("etl", *base.sources()),
            ("etl", *base.sources(), "--dry-run"),
        ):
            with self.subTest(words=words):
                done = self.call(*words)
                self.assertNotEqual(done.stdout, "")
                self.assertEqual(done.stderr, "")

    def test_errors_are_on_stderr_only(self):
        for words, code in (
            (("etl", "--log-data", "nowhere"), 4),
            (("query", "selec"), 5),
            (("status", "--warehouse", "duckdb:none"), 5),
            (("config", "--threads", "x"), 3),
            (("nonsense",), 2),
        ):
            with self.subTest(words=words):
                done = self.fails(*words, exit_code=code)
                self.assertEqual(done.stdout, "")
                self.assertTrue(done.stderr.endswith("\n"))

    def test_quiet_leaves_only_errors_on_stderr(self):
        (self.folder / "dwh.cfg").write_text("[S3]\nLOG_DTA = x\n")
        self.assertIn("LOG_DTA", self.call("status").stderr)
        for flag in ("-q", "--quiet"):
            self.assertEqual(self.call(flag, "status").stderr, "")
            self.fails(flag, "query", "selec", exit_code=EXIT_DATABASE)

    def test_verbose_says_more(self):
        self.assertIn("threads", self.call("etl", *base.sources(), "-v").stderr)

    def test_log_format_json_makes_every_line_on_stderr_a_json_object(self):
        (self.folder / "dwh.cfg").write_text("[S3]\nLOG_DTA = x\n")
        for words, code in (
            (("etl", "-v", *base.sources()), 0),
            (("query", "selec"), 5),
            (("status", "--warehouse", "duckdb:none"), 5),
            (("status", "--threads", "x"), 3),
        ):
            for given, env in (
                ((*words, "--log-format", "json"), None),
                (words, {"SPARKIFY_LOG_FORMAT": "json"}),
            ):
                with self.subTest(words=given):
                    self.expect_json_lines(self.call(*given, exit_code=code, env=env).stderr)

    def expect_json_lines(self, text):
        self.assertNotEqual(text, "")
        for line in text.splitlines():
            entry = json.loads(line)
            self.assertLessEqual({"time", "level", "message"}, set(entry))
            self.assertIn(entry["level"], ("debug", "info", "warning", "error"))
            self.assertRegex(entry["time"], r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d{3}")

    def test_an_unknown_log_format(self):
        words = ("status", "--log-format", "xml")
        self.fails(*words, exit_code=EXIT_CONFIG, says=["xml", "text or json"])

    def test_stdout_that_is_closed_early_is_no_crash(self):
        many = "select * from range(300000) t(i), (select repeat('x', 40))"
        for form in ("box", "csv", "json", "jsonl", "markdown"):
            words = ("query", many, "--format", form, "--rows", 300000)
            process = subprocess.Popen(
                [sparkify.binary(), *map(str, words)],
                cwd=self.folder,
                env=sparkify.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            process.stdout.read(10)
            process.stdout.close()
            stderr = process.stderr.read()
            process.stderr.close()
            self.assertIn(process.wait(WAIT_SECONDS_MAX), PIPE_BROKE, stderr)

    def test_etl_loads_also_when_nobody_reads_its_summary(self):
        for name in ("closed", "full"):
            with self.subTest(stdout=name):
                warehouse = self.folder / f"{name}.duckdb"
                where = ("--warehouse", f"duckdb:{warehouse}")
                self.call("create-tables", *where)
                with broken_output(name) as output:
                    done = self.call("etl", *base.sources(), *where, stdout=output, exit_code=None)
                if name == "closed":
                    self.assertIn(done.returncode, PIPE_BROKE)
                self.assertGreaterEqual(sum(self.counts(warehouse).values()), 10)
                self.assertIn("Nothing new", self.call("etl", *base.sources(), *where).stdout)

    def counts(self, warehouse):
        return {name: n for name, (n, _) in sparkify.fingerprint(warehouse).items()}

    def test_stdout_on_a_full_disk_is_an_error_and_no_crash(self):
        for words in (
            ("query", "select 1"),
            ("status",),
            ("config",),
            ("version",),
            ("--help",),
            ("query", "from range(100000)", "--format", "csv"),
        ):
            with self.subTest(words=words), broken_output("full") as output:
                done = self.call(*words, stdout=output, exit_code=None)
                self.assertGreater(done.returncode, 0, "not done, and not ended by a signal")
                self.assertIn("stdout", done.stderr)
                self.assertIn("No space left", done.stderr)

    def test_a_full_stdout_is_no_fault_of_ours(self):
        with broken_output("full") as output:
            done = self.call("query", "select 1", stdout=output, exit_code=None)
        self.assertNotEqual(done.returncode, 70, "70 means a fault of the program")


@contextlib.contextmanager
def broken_output(name):
    """A descriptor that nobody reads, or that has no room."""
    if name == "full":
        with open("/dev/full", "wb") as output:
            yield output
        return
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        yield theirs
    finally:
        os.close(theirs)


class TerminalTest(CliCase):
    def write_days(self, count):
        """Sources with a group for each file, so that a run takes a while."""
        logs = self.folder / "logs"
        logs.mkdir()
        for number in range(count):
            (logs / f"{number}.json").write_bytes(lines(*(play(number, n) for n in range(50))))
        return ("etl", "--log-data", logs)

    ONE_EACH = {"SPARKIFY_GROUP_BYTES": "1"}

    def test_a_bar_on_a_terminal(self):
        words = self.write_days(20)
        code, shown, (stdout, _) = self.on_terminal(*words, streams=["stderr"], env=self.ONE_EACH)
        self.assertEqual(code, EXIT_OK, shown)
        self.assertRegex(shown, r"[█░]{10,} +\d+% .* of .*, [\d,]+ records, \d+ rejects, .*/s")
        self.assertTrue(shown.endswith("\r\x1b[K"), "the bar is taken away")
        self.assertNotRegex(stdout, r"[\x1b█]")
        self.assertIn("done in", stdout)

    def test_no_color_means_no_colour(self):
        words = self.write_days(10)
        env = {**self.ONE_EACH, "NO_COLOR": "1"}
        code, shown, _ = self.on_terminal(*words, streams=["stdout", "stderr"], env=env)
        self.assertEqual(code, EXIT_OK)
        self.assertNotRegex(shown, COLOUR)

    def test_quiet_shows_no_bar(self):
        words = self.write_days(10)
        for flags in (["-q"], ["--log-format", "json", "-q"]):
            code, shown, _ = self.on_terminal(*words, *flags, streams=["stderr"], env=self.ONE_EACH)
            self.assertEqual((code, shown), (EXIT_OK, ""))

    def test_no_bar_among_json_messages(self):
        words = (*self.write_days(10), "--log-format", "json")
        _, shown, _ = self.on_terminal(*words, streams=["stderr"], env=self.ONE_EACH)
        self.assertNotIn("\x1b", shown)

    def test_a_plain_line_every_ten_seconds_without_a_terminal(self):
        words = self.write_days(40)
        process = sparkify.start(*words, env=self.ONE_EACH, cwd=self.folder)
        try:
            time.sleep(0.3)
            process.send_signal(signal.SIGSTOP)
            time.sleep(10.3)
            process.send_signal(signal.SIGCONT)
            _, stderr = process.communicate(timeout=WAIT_SECONDS_MAX)
        finally:
            process.kill()
        self.assertEqual(process.returncode, EXIT_OK, stderr)
        self.assertRegex(stderr, r"^sparkify: .* of .*, [\d,]+ records, \d+ rejects, .*/s.*\n$")
        self.assertNotRegex(stderr, r"[\x1b\r█░]")

    def test_control_characters_never_reach_a_terminal(self):
        codes = [*range(1, 32), 127, *range(128, 160), 0x202E, 0x2066, 0x200F, 0x2028]
        text = " || ".join(f"chr({code})" for code in codes)
        sql = f"select {text} as a, 'x' || chr(27) || '[31mred' as \"b\x1b[2J\""
        for form in ("box", "markdown"):
            code, shown, _ = self.on_terminal("query", sql, "--format", form, streams=["stdout"])
            self.assertEqual(code, EXIT_OK, shown)
            harmful = [c for c in shown if ord(c) in codes and c not in "\r\n"]
            self.assertEqual(harmful, [], f"in {form}")
            self.assertIn("[31mred", shown)

    def test_control_characters_of_records_and_names_never_reach_a_terminal(self):
        logs = self.folder / "logs"
        logs.mkdir()
        bad = b'{"page": "\x1b[2J\x9b31m", "key\\u001b[2J": 1}\n\x1b[31m nonsense\n'
        drift = dump({**event(1, 0), "\x1b[2Jnew": 1}) + b"\n"
        (logs / "a\x1b[2J.json").write_bytes(drift + bad)
        (logs / "b\x1b[2J.json.gz").write_bytes(b"no gzip")
        etl = ("etl", "--log-data", logs)
        for words in (
            (*etl, "--max-rejects", "0"),
            etl,
            ("rejects",),
            ("status",),
            ("query", "select \x1b[2J"),
            ("\x1b[2Jnonsense",),
            ("etl", "--log-data", "\x1b[2Jnowhere"),
            ("etl", "--log-data", "s3://\x1b[2J"),
            ("status", "--warehouse", "duckdb:\x1b[2J"),
            ("status", "--warehouse", "\x1b[2J"),
            ("status", "--threads", "\x1b[2J"),
            ("status", "--config", "\x1b[2J"),
            ("rejects", "--reason", "\x1b[2J"),
            ("query", "select 1", "--format", "\x1b[2J"),
        ):
            with self.subTest(words=words):
                _, shown, _ = self.on_terminal(*words, "-q", streams=["stdout", "stderr"])
                self.assertNotRegex(shown, r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]")


# --- create-tables -------------------------------------------------------------------------------


class CreateTablesTest(CliCase):
    def rows(self):
        return sparkify.fingerprint(self.warehouse)

    def test_twice_is_safe(self):
        new = ("--warehouse", "duckdb:new.duckdb")
        first = self.call("create-tables", *new).stdout
        for table in TABLES:
            self.assertIn(table, first)
        second = self.call("create-tables", *new).stdout
        self.assertIn("15 tables and views were there already", second)
        before = self.rows()
        self.call("create-tables")
        self.assertEqual(self.rows(), before)

    def test_drop_without_yes_and_without_a_terminal_is_refused(self):
        before = file_state(self.warehouse)
        self.fails("create-tables", "--drop", exit_code=EXIT_USAGE, says="--yes")
        self.assertEqual(file_state(self.warehouse), before)

    def test_drop_with_yes_starts_over(self):
        out = self.call("create-tables", "--drop", "--yes").stdout
        self.assertIn("Dropped", out)
        self.assertTrue(all(n == 0 for t, (n, _) in self.rows().items() if t != "etl_runs"))
        self.assertIn("done in", self.call("etl", *base.sources()).stdout)

    def test_drop_on_a_terminal_asks(self):
        before = self.rows()
        for answer in ("n\n", "\n", "nonsense\n", "\x04"):
            with self.subTest(answer=answer):
                code, shown, _ = self.on_terminal(
                    "create-tables", "--drop", streams=["stdin", "stdout", "stderr"], answer=answer
                )
                self.assertEqual(code, EXIT_OK, shown)
                self.assertIn("15 tables and views", shown)
                self.assertIn("Nothing was dropped", shown)
                self.assertEqual(self.rows(), before)
        for answer in ("y\n", "Y\n", "yes\n"):
            with self.subTest(answer=answer):
                code, shown, _ = self.on_terminal(
                    "create-tables", "--drop", streams=["stdin", "stdout", "stderr"], answer=answer
                )
                self.assertEqual(code, EXIT_OK, shown)
                self.assertIn("Dropped", shown)
                self.assertEqual(self.rows()["songplays"][0], 0)

    def test_the_question_is_on_stderr(self):
        code, _, (stdout, stderr) = self.on_terminal(
            "create-tables", "--drop", streams=["stdin"], answer="n\n"
        )
        self.assertEqual(code, EXIT_OK)
        self.assertIn("[y/N]", stderr)
        self.assertNotIn("[y/N]", stdout)

    def test_an_answer_of_no_gives_a_document_too(self):
        code, _, (stdout, _) = self.on_terminal(
            "create-tables", "--drop", "--json", streams=["stdin"], answer="n\n"
        )
        self.assertEqual(code, EXIT_OK)
        self.assertEqual(json.loads(stdout)["dropped"], [])


# --- query ---------------------------------------------------------------------------------------

VALUES = """
select 1 as n, 'plain' as t, cast(1.5 as decimal(12, 5)) as d,
       timestamp '2018-11-01 00:00:00.796' as "at", true as b, cast(null as varchar) as "no ""thing"
union all
select 20, 'a,"b"|' || chr(10) || 'ü日本', -0.00001, timestamp '2018-11-01', false, ''
order by n
"""
VALUES_IN = {
    "csv": """n,t,d,at,b,"no ""thing"
1,plain,1.50000,2018-11-01 00:00:00.796,true,
20,"a,""b""|
ü日本",-0.00001,2018-11-01 00:00:00.000,false,""
""",
    "json": r"""[
  {"n":1,"t":"plain","d":1.50000,"at":"2018-11-01 00:00:00.796","b":true,"no \"thing":null},
  {"n":20,"t":"a,\"b\"|\nü日本","d":-0.00001,"at":"2018-11-01 00:00:00.000","b":false,"no \"thing":""}
]
""",
    "jsonl": r"""{"n":1,"t":"plain","d":1.50000,"at":"2018-11-01 00:00:00.796","b":true,"no \"thing":null}
{"n":20,"t":"a,\"b\"|\nü日本","d":-0.00001,"at":"2018-11-01 00:00:00.000","b":false,"no \"thing":""}
""",
    "markdown": r"""| n | t | d | at | b | no "thing |
|---:|---|---:|---|---|---|
| 1 | plain | 1.50000 | 2018-11-01 00:00:00.796 | true | NULL |
| 20 | a,"b"\|\\nü日本 | -0.00001 | 2018-11-01 00:00:00.000 | false |  |
""",
    "box": r"""
┌────┬───────────────┬──────────┬─────────────────────────┬───────┬───────────┐
│  n │ t             │        d │ at                      │ b     │ no "thing │
├────┼───────────────┼──────────┼─────────────────────────┼───────┼───────────┤
│  1 │ plain         │  1.50000 │ 2018-11-01 00:00:00.796 │ true  │ NULL      │
│ 20 │ a,"b"|\nü日本 │ -0.00001 │ 2018-11-01 00:00:00.000 │ false │           │
└────┴───────────────┴──────────┴─────────────────────────┴───────┴───────────┘
2 rows
""".lstrip(),
}
ODD_VALUES = {  # SQL: as JSON
    "sum(9223372036854775807::bigint) over () + 9223372036854775807": 2 * (2**63 - 1),
    "-170141183460469231731687303715884105727::hugeint": -(2**127 - 1),
    "340282366920938463463374607431768211455::uhugeint": "340282366920938463463374607431768211455",
    "18446744073709551615::ubigint": 2**64 - 1,
    "12345678901234567890123.12345::decimal(38, 5)": "12345678901234567890123.12345",
    "0.00001::decimal(12, 5)": "0.00001",
    "0.1::double": "0.1",
    "1e300::double": "1e+300",
    "'nan'::double": "nan",
    "'-infinity'::double": "-inf",
    "[1, null, 3]": "[1, NULL, 3]",
    "[]::integer[]": "[]",
    "{'a': 1, 'b': 'x'}": "{'a': 1, 'b': x}",
    "[{'a': [1]}]": "[{'a': [1]}]",
    "map {'k': 1}": "{k=1}",
    "date '2018-11-01'": "2018-11-01",
    "time '12:34:56'": "12:34:56",
    "interval 90 minute": "01:30:00",
    "'\\xAA'::blob": "\\xAA",
    "'550e8400-e29b-41d4-a716-446655440000'::uuid": "550e8400-e29b-41d4-a716-446655440000",
    "'b'::enum('a', 'b')": "b",
    "timestamp '2018-11-01 23:59:59.999999'": "2018-11-01 23:59:59.999",
    "timestamp '1969-12-31 23:59:59.5'": "1969-12-31 23:59:59.500",
    "null": None,
    "chr(0) || 'x'": "\0x",
    "'\U0001f600'": "\U0001f600",
}


class QueryTest(CliCase):
    def test_every_format_exactly(self):
        for form, expected in VALUES_IN.items():
            with self.subTest(format=form):
                self.assertEqual(self.query(VALUES, "--format", form), expected)
        self.assertEqual(self.query(VALUES), VALUES_IN["box"], "box is the default")

    def test_csv_and_json_can_be_read_back(self):
        rows = list(csv.reader(io.StringIO(VALUES_IN["csv"], newline="")))
        self.assertEqual(rows[2][1], 'a,"b"|\nü日本')
        self.assertEqual(json.loads(VALUES_IN["json"])[1]["t"], 'a,"b"|\nü日本')

    def test_an_empty_result(self):
        sql = "select 1 as a, 'x' as b where false"
        expected = {
            "csv": "a,b\n",
            "json": "[]\n",
            "jsonl": "",
            "markdown": "| a | b |\n|---:|---|\n",
        }
        for form, text in expected.items():
            self.assertEqual(self.query(sql, "--format", form), text)
        self.assertTrue(self.query(sql).endswith("0 rows\n"))

    def test_values_of_all_types(self):
        for sql, expected in ODD_VALUES.items():
            with self.subTest(sql=sql):
                text = self.query(f"select {sql} as v", "--format", "jsonl")
                exact = json.loads(text, parse_float=str)["v"]
                self.assertEqual(exact, expected)
                for form in ("box", "csv", "json", "markdown"):
                    self.query(f"select {sql} as v", "--format", form)

    def test_infinite_timestamps_are_no_crash(self):
        for text in ("infinity", "-infinity"):
            out = self.query(f"select timestamp '{text}' as v", "--format", "jsonl")
            self.assertEqual(json.loads(out)["v"], text)

    def test_timestamps_of_other_units_look_the_same(self):
        for kind in ("timestamp_s", "timestamp_ms", "timestamp_ns"):
            out = self.query(f"select {kind} '2018-11-01 01:02:03' as v", "--format", "jsonl")
            self.assertRegex(json.loads(out)["v"], r"^2018-11-01 01:02:03")

    def test_a_box_says_how_many_of_the_rows_it_shows(self):
        out = self.query("select i from range(100) t(i)")
        self.assertTrue(out.endswith("\n40 of 100 rows\n"), out[-40:])
        self.assertEqual(out.count("│\n"), 41)
        out = self.query("select i from range(100) t(i)", "--rows", 3)
        self.assertTrue(out.endswith("\n3 of 100 rows\n"), out[-40:])
        self.assertTrue(self.query("select 1", "--rows", 1).endswith("\n1 row\n"))
        self.assertTrue(self.query("from range(40)").endswith("\n40 rows\n"))
        out = self.query("select i from range(100) t(i)", "--format", "csv", "--rows", 3)
        self.assertEqual(out.count("\n"), 101, "other formats have all rows")

    def test_wide_cells_are_cut_in_a_box_only(self):
        sql = "select repeat('ü', 500) as v"
        self.assertIn("…", self.query(sql))
        self.assertLess(len(self.query(sql).splitlines()[0]), 80)
        self.assertIn("ü" * 500, self.query(sql, "--format", "csv"))

    def test_the_order_asked_for_is_kept(self):
        for column in ("i", "[i] as i"):
            out = self.query(
                f"select {column} from range(150000) t(i) order by t.i desc", "--format", "csv"
            )
            found = [int(text.strip("[]")) for text in out.split()[1:]]
            self.assertEqual(found, list(range(149999, -1, -1)), column)

    def test_statements_with_comments_and_semicolons(self):
        for sql in (
            "select [1] as l -- why",
            "select [1] as l;",
            " select [1] as l ; \n",
            "/* a */ select [1] as l",
            "select [1] as l; -- done",
            "with x as (select [1] as l) select * from x",
            "describe songs",
            "show tables",
            "select l, l as l from (select [1] as l)",
        ):
            with self.subTest(sql=sql):
                self.query(sql, "--format", "csv")

    def test_one_statement_only(self):
        before = file_state(self.warehouse)
        self.fails("query", "select 1; select 2", exit_code=EXIT_DATABASE)
        self.fails("query", "select 1; drop table songs", exit_code=EXIT_DATABASE)
        self.fails("query", "", exit_code=EXIT_DATABASE)
        self.assertEqual(file_state(self.warehouse), before)

    def test_wrong_sql_says_what_is_wrong(self):
        self.fails("query", "selec 1", exit_code=EXIT_DATABASE, says="selec")
        self.fails("query", "select * from nothing", exit_code=EXIT_DATABASE, says="nothing")
        self.fails("query", "select error('oh')", exit_code=EXIT_DATABASE, says="oh")
        self.fails("query", "select cast('x' as integer)", exit_code=EXIT_DATABASE, says="x")

    def test_a_query_changes_and_reads_nothing_but_the_tables(self):
        target = self.folder / "out"
        secret = self.folder / "secret.csv"
        secret.write_text("word\nhunter2\n")
        statements = (
            "insert into users select * from users",
            "update users set level = 'paid'",
            "delete from users",
            "create table x (n integer)",
            "create view x as select 1",
            "create macro x() as 1",
            "create schema x",
            "create sequence x",
            "create type x as enum ('a')",
            "drop table users",
            "drop view plays",
            "alter table users add column x integer",
            "truncate users",
            "with x as (select 1) insert into users select * from users",
            f"attach '{target}' as x",
            f"attach '{self.warehouse}' as x (read_only)",
            f"copy users to '{target}'",
            f"copy users from '{secret}'",
            f"export database '{target}'",
            f"import database '{target}'",
            f"select * from read_csv('{secret}')",
            f"select * from read_text('{secret}')",
            f"select * from read_blob('{secret}')",
            f"select * from read_json('{secret}')",
            f"select * from '{secret}'",
            f"from '{secret}'",
            f"select * from glob('{self.folder}/*')",
            "select * from read_text('/proc/self/environ')",
            "set threads = 1",
            "set global memory_limit = '1GB'",
            "set enable_external_access = true",
            "set lock_configuration = false",
            "reset lock_configuration",
            "set temp_directory = '/'",
            "pragma memory_limit = '1GB'",
            "pragma enable_external_access = true",
            "pragma lock_configuration = false",
            "install httpfs",
            "load httpfs",
            f"load '{secret}'",
            "create secret (type s3, key_id 'a', secret 'b')",
            "select * from sqlite_scan('x', 'y')",
            "detach sparkify",
        )
        before = file_state(self.warehouse), sorted(os.listdir(self.folder))
        for sql in statements:
            with self.subTest(sql=sql):
                done = self.call("query", sql, exit_code=EXIT_DATABASE)
                self.assertNotIn("hunter2", done.stdout + done.stderr)
                self.assertEqual(
                    (file_state(self.warehouse), sorted(os.listdir(self.folder))), before
                )

    def test_a_large_sort_within_little_memory(self):
        sql = (
            "select count(*) from (select i, md5(i::varchar) m from range(3000000) t(i) order by m)"
        )
        self.assertIn("3000000", self.query(sql, "--memory-limit", "256MiB"))
        self.assertEqual(sorted(os.listdir(self.folder)), [self.warehouse.name])

    def test_every_table_of_the_contract_can_be_asked(self):
        for table in TABLES:
            self.assertIn("row", self.query(f'select * from "{table}"'))


# --- rejects, check, status, config, etl ---------------------------------------------------------


class RejectsTest(CliCase):
    COLUMNS = ["run_id", "uri", "line", "byte_offset", "column_name", "reason", "raw_text"]

    def rejects(self, *options):
        out = self.call("rejects", *options, "--format", "jsonl").stdout
        return [json.loads(line) for line in out.splitlines()]

    def test_all_columns_in_order(self):
        rows = self.rejects()
        self.assertEqual([row["reason"] for row in rows], ["bad_json", "missing_field", "bad_type"])
        self.assertEqual(list(rows[0]), self.COLUMNS)
        self.assertEqual((rows[0]["line"], rows[0]["byte_offset"]), (1, 0))
        self.assertEqual(rows[0]["raw_text"], "nonsense")
        self.assertIsNone(rows[0]["column_name"])
        self.assertEqual((rows[1]["line"], rows[1]["byte_offset"]), (2, len("nonsense\n")))
        self.assertEqual((rows[1]["column_name"], rows[2]["column_name"]), ("user_id", "ts"))

    def test_filters(self):
        for options, reasons in (
            (("--reason", "bad_json"), ["bad_json"]),
            (("--column", "user_id"), ["missing_field"]),
            (("--column", "nothing"), []),
            (("--uri", "b.json"), ["bad_json", "missing_field", "bad_type"]),
            (("--uri", "a.json"), []),
            (("--uri", "%"), []),
            (("--run", 2), ["bad_json", "missing_field", "bad_type"]),
            (("--run", 1), []),
            (("--limit", 2), ["bad_json", "missing_field"]),
            (("--run", 2, "--column", "ts", "--reason", "bad_type"), ["bad_type"]),
        ):
            with self.subTest(options=options):
                self.assertEqual([row["reason"] for row in self.rejects(*options)], reasons)

    def test_an_unknown_reason_is_met_with_the_known_ones(self):
        words = ("rejects", "--reason", "ugly")
        self.fails(*words, exit_code=EXIT_USAGE, says=["ugly", "bad_json", "key_conflict"])

    def test_the_summary_counts_by_reason_and_column(self):
        rows = self.rejects("--summary")
        self.assertEqual(
            sorted(row["reason"] for row in rows), ["bad_json", "bad_type", "missing_field"]
        )
        self.assertEqual({row["rejects"] for row in rows}, {1})

    def test_formats_agree(self):
        expected = [
            [str(row[name]) if row[name] is not None else "" for name in self.COLUMNS]
            for row in self.rejects()
        ]
        out = self.call("rejects", "--format", "csv").stdout
        self.assertEqual(list(csv.reader(io.StringIO(out))), [self.COLUMNS, *expected])
        found = json.loads(self.call("rejects", "--format", "json").stdout)
        self.assertEqual(found, self.rejects())
        self.assertIn("nonsense", self.call("rejects").stdout)


BREAKS = {  # rule: SQL that breaks it
    "artists_key": "insert into artists from artists limit 1",
    "coordinates": "update artists set latitude = 91 where artist_id = 'AR001'",
    "durations": "update songs set duration = 0 where song_id = 'SO001'",
    "levels_known": "update users set level = 'gold'",
    "objects_balance": "update etl_objects set loaded = loaded + 1",
    "objects_key": "insert into etl_objects from etl_objects",
    "rejects_balance": "delete from etl_rejects where reason = 'bad_json'",
    "rejects_objects": "update etl_rejects set uri = 'file:///x'",
    "runs_balance": "update etl_runs set bytes = bytes + 1",
    "runs_key": "insert into etl_runs from etl_runs",
    "runs_star": "update etl_runs set plays = plays + 1",
    "songplays_artist": "update songplays set artist_id = 'ARX' where song_id is not null",
    "songplays_id": "update songplays set session_id = session_id + 1",
    "songplays_key": "insert into songplays from songplays",
    "songplays_match_whole": "update songplays set artist_id = null where song_id is not null",
    "songplays_song": "update songplays set song_id = 'SOX' where song_id is not null",
    "songplays_time": "delete from time",
    "songplays_unmatched": "delete from unmatched_songplays",
    "songplays_user": "delete from users",
    "songs_artist": "delete from artists",
    "songs_key": "insert into songs from songs",
    "songs_staged": "insert into songs select song_id || 'X', * exclude (song_id) from songs",
    "time_key": "insert into time from time",
    "time_parts": "update time set weekday = (weekday + 1) % 7",
    "time_songplays": "insert into time select start_time + interval 1 day, * exclude (start_time) "
    "from time",
    "unmatched_late": "update unmatched_songplays set song = s.title, artist = s.artist_name, "
    "length = s.duration from (select * from songs limit 1) s",
    "unmatched_key": "insert into unmatched_songplays from unmatched_songplays",
    "users_current": "update users set last_event_at = timestamp '2000-01-01'",
    "users_key": "insert into users from users",
}
MORE_BREAKS = (  # other ways to break a rule that has several parts
    ("songplays_match_whole", "update songplays set song_id = null where song_id is not null"),
    ("songplays_unmatched", "insert into unmatched_songplays select 5, 'a', 'b', 1"),
    ("songplays_id", "update songplays set songplay_id = -1"),
    ("levels_known", "update songplays set level = null"),
    ("coordinates", "update artists set longitude = -180.5 where artist_id = 'AR001'"),
    ("durations", "update songs set duration = 86400 where song_id = 'SO001'"),
    ("runs_balance", "update etl_runs set objects = objects - 1"),
    ("runs_balance", "update etl_runs set duplicates = duplicates + 1"),
    *(
        ("time_parts", f"update time set {part} = {part} + 1")
        for part in ("hour", "day", "week", "month", "year")
    ),
)


class CheckTest(CliCase):
    def rules(self):
        """Name: severity."""
        folder = sparkify.REPO / "sql" / "checks"
        return {
            path.stem: re.search(r"-- severity: *(\w+)", path.read_text())[1]
            for path in sorted(folder.glob("*.sql"))
        }

    def test_every_rule_holds_on_a_good_warehouse(self):
        done = self.call("check")
        rules = self.rules()
        for name in rules:
            self.assertRegex(done.stdout, rf"(?m)^pass +{name} ")
        self.assertIn(f"{len(rules)} of {len(rules)} rules hold", done.stdout)

    def test_every_rule_has_a_case_that_breaks_it(self):
        self.assertEqual(set(BREAKS), set(self.rules()))

    def test_every_rule_can_be_broken(self):
        rules = self.rules()
        for name, sql in [*BREAKS.items(), *MORE_BREAKS]:
            with self.subTest(rule=name, sql=sql):
                self.setUp()
                sparkify.execute_sql(self.warehouse, sql)
                is_error = rules[name] == "error"
                document = self.document("check", exit_code=EXIT_FINDINGS if is_error else EXIT_OK)
                rule = next(rule for rule in document["rules"] if rule["name"] == name)
                self.assertEqual(rule["verdict"], "fail" if is_error else "warn")
                self.assertGreaterEqual(rule["violations"], 1)
                self.assertEqual(document["passed"], not is_error)

    def test_a_broken_rule_is_shown_with_an_example_and_its_file(self):
        sparkify.execute_sql(self.warehouse, BREAKS["songplays_song"])
        done = self.call("check", exit_code=EXIT_FINDINGS)
        self.assertRegex(done.stdout, r"(?m)^fail +songplays_song ")
        self.assertIn("3 violations, such as", done.stdout)
        self.assertIn("sql/checks/songplays_song.sql", done.stdout)

    def test_etl_ends_with_1_when_a_check_fails_after_it(self):
        sparkify.execute_sql(self.warehouse, BREAKS["runs_balance"])
        logs = self.folder / "logs"
        logs.mkdir()
        (logs / "a.json").write_bytes(lines(play(50, 0)))
        done = self.call("etl", "--log-data", logs, exit_code=EXIT_FINDINGS)
        self.assertRegex(done.stdout, r"check +fail: etl_runs")


class StatusTest(CliCase):
    def test_tables_objects_runs_and_drift(self):
        out = self.call("status").stdout
        for part in (
            "songplays",
            "unmatched_songplays",
            "log",
            "song",
            "done",
            'unknown key "mood" in 1 log records',
            'unknown key "weather"',
        ):
            self.assertIn(part, out)

    def test_as_a_document(self):
        document = self.document("status")
        tables = {row["table_name"]: row["row_count"] for row in document["tables"]}
        for table, count in tables.items():
            rows = sparkify.query_rows(self.warehouse, f'select count(*) as n from "{table}"')
            self.assertEqual(rows, [{"n": count}], table)
        self.assertEqual([row["run_id"] for row in document["runs"]], [2, 1])
        self.assertEqual({row["status"] for row in document["runs"]}, {"done"})
        drift = {(row["kind"], row["key_name"]): row["records"] for row in document["drift"]}
        self.assertEqual(drift, {("log", "mood"): 1, ("log", "weather"): 1})

    def test_as_many_runs_as_asked_for(self):
        self.assertEqual(len(self.document("status", "--runs", 1)["runs"]), 1)

    def test_nothing_loaded_yet(self):
        self.call("create-tables", "--drop", "--yes")
        self.assertIn("Nothing was loaded yet", self.call("status").stdout)
        self.document("status")


class DriftTest(CliCase):
    def setUp(self):
        super().setUp()
        for kind, records in (
            (
                "log",
                [
                    {k: v for k, v in event(70, n).items() if k not in ("auth", "method")}
                    | ({"mood": 1} if n else {"mood": 1, "mo\x1bod": 2})
                    for n in range(3)
                ],
            ),
            ("song", [{k: v for k, v in song(n).items() if k != "num_songs"} for n in (80, 81)]),
        ):
            folder = self.folder / f"{kind}s"
            folder.mkdir()
            (folder / "a.json").write_bytes(lines(*records))
        self.etl = ("etl", "--log-data", "logs", "--song-data", "songs")

    def test_etl_shows_unknown_and_missing_keys(self):
        out = self.call(*self.etl).stdout
        for part in (
            'unknown key "mood" in 3 log records',
            'unknown key "mo\\x1bod" in 1 log record',
            'no log record had the key "auth"',
            'no log record had the key "method"',
            'no song record had the key "num_songs"',
        ):
            self.assertIn(part, out)
        self.assertNotIn('"artist"', out)

    def test_etl_has_them_in_its_document(self):
        drift = self.document(*self.etl)["drift"]
        self.assertEqual(drift["log"]["unknown_keys"], {"mood": 3, "mo\x1bod": 1})
        self.assertEqual(drift["log"]["missing_keys"], ["auth", "method"])
        self.assertEqual(drift["log"]["records"], 3)
        self.assertEqual(drift["song"]["missing_keys"], ["num_songs"])
        self.assertEqual(drift["song"]["unknown_keys"], {})

    def test_status_shows_both(self):
        self.call(*self.etl)
        out = self.call("status").stdout
        for part in (
            'unknown key "mood" in 3 log records',
            'no log record had the key "auth"',
            'no song record had the key "num_songs"',
        ):
            self.assertIn(part, out)

    def test_drift_is_that_of_each_run(self):
        self.call(*self.etl)
        (self.folder / "logs" / "b.json").write_bytes(lines(event(90, 0)))
        self.assertNotIn("drift", self.call(*self.etl).stdout)
        self.assertIn("Drift in the last run: none", self.call("status").stdout)


class ConfigTest(CliCase):
    def settings(self, *words, env=None):
        document = self.document("config", *words, env=env)
        return {row["name"]: (row["value"], row["origin"]) for row in document["settings"]}

    def write(self, text, name="dwh.cfg"):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)

    def test_flag_before_environment_before_file_before_default(self):
        self.assertEqual(self.settings()["threads"][1], "default")
        self.write("[SPARKIFY]\nTHREADS = 3\n")
        self.assertEqual(self.settings()["threads"], ("3", "dwh.cfg line 2"))
        env = {"SPARKIFY_THREADS": "4"}
        self.assertEqual(self.settings(env=env)["threads"], ("4", "environment SPARKIFY_THREADS"))
        found = self.settings("--threads", 5, env=env)["threads"]
        self.assertEqual(found, ("5", "flag --threads"))

    def test_a_file_given_by_a_flag_replaces_the_default_one(self):
        self.write("[SPARKIFY]\nTHREADS = 3\nMAX_REJECTS = 7\n")
        self.write("[SPARKIFY]\nTHREADS = 6\n", "other.cfg")
        found = self.settings("--config", "other.cfg")
        self.assertEqual(found["threads"], ("6", "other.cfg line 2"))
        self.assertEqual(found["max_rejects"], ("none", "default"))
        words = ("config", "--config", "none.cfg")
        self.fails(*words, exit_code=EXIT_CONFIG, says="none.cfg")

    def test_the_file_that_users_of_the_warehouse_have(self):
        self.write(
            "[CLUSTER]\nHOST=host.example\nDB_NAME='dev'\nDB_USER=me\nDB_PASSWORD=hunter2\n"
            "DB_PORT=5439\n[IAM_ROLE]\nARN='arn:aws:iam::1:role/r'\n[S3]\n"
            "LOG_DATA='s3://b/log_data'\nLOG_JSONPATH=\"s3://b/p.json\"\nSONG_DATA=s3://b/song_data\n"
        )
        found = self.settings()
        self.assertEqual(found["warehouse"][0], "redshift://me@host.example:5439/dev")
        self.assertEqual(found["log_data"][0], "s3://b/log_data")
        self.assertEqual(found["log_jsonpath"][0], "s3://b/p.json")
        self.assertEqual(found["iam_role"][0], "arn:aws:iam::1:role/r")
        self.fails("etl", exit_code=EXIT_CONFIG, says="CONTROL under [S3]")

    def test_log_json_path_is_another_name_of_log_jsonpath(self):
        self.write("[S3]\nLOG_JSON_PATH = s3://b/p.json\n")
        self.assertEqual(self.settings()["log_jsonpath"][0], "s3://b/p.json")
        self.assertEqual(self.call("config").stderr, "")

    def test_secrets_are_hidden(self):
        self.write("[CLUSTER]\nDB_PASSWORD = 'hunter2'\n")
        for env in (None, {"SPARKIFY_DB_PASSWORD": "hunter3"}):
            for words in (("config",), ("config", "--json"), ("config", "-v"), ("status", "-v")):
                done = self.call(*words, env=env)
                self.assertNotIn("hunter", done.stdout + done.stderr)
            self.assertEqual(self.settings(env=env)["db_password"][0], "(set)")
        (self.folder / "dwh.cfg").unlink()
        self.assertEqual(self.settings()["db_password"][0], "(not set)")

    def test_a_file_that_others_can_read_is_warned_of(self):
        self.write("[CLUSTER]\nDB_PASSWORD = 'hunter2'\n")
        (self.folder / "dwh.cfg").chmod(0o644)
        done = self.call("config")
        self.assertIn("warning", done.stderr)
        self.assertNotIn("hunter", done.stderr)

    def test_an_unknown_key_is_a_warning_with_the_nearest_known_one(self):
        self.write("[S3]\nLOG_DTA = x\n[CLUSTR]\nHOST = y\n")
        done = self.call("config", env={"SPARKIFY_THREDS": "3"})
        for part in ("LOG_DTA", "LOG_DATA", "CLUSTR", "CLUSTER", "SPARKIFY_THREADS"):
            self.assertIn(part, done.stderr)

    def test_a_broken_file_is_an_error_with_its_line(self):
        self.write("[S3]\nthis is no setting\n")
        self.fails("config", exit_code=EXIT_CONFIG, says=["dwh.cfg", "2"])

    def test_sources_from_environment_and_file(self):
        log, song_data = base.sources()[1], base.sources()[3]
        self.write(f"[S3]\nSONG_DATA = '{song_data}'\n")
        done = self.call("etl", env={"SPARKIFY_LOG_DATA": str(log)})
        self.assertIn("3 objects unchanged", done.stdout)


class DocumentTest(CliCase):
    """--json: one versioned document from every command, whatever comes of it."""

    def test_every_command_has_one(self):
        (self.folder / "logs").mkdir()
        (self.folder / "logs" / "a.json").write_bytes(lines(play(60, 0), b"bad"))
        etl = ("etl", "--log-data", "logs")
        for words, name in (
            (("create-tables",), "create_tables"),
            ((*etl, "--dry-run"), "etl"),
            (etl, "etl"),
            (etl, "etl"),
            (("status",), "status"),
            (("check",), "check"),
            (("config",), "config"),
            (("rejects",), "rejects"),
            (("rejects", "--summary"), "rejects"),
            (("query", "select 1 as a"), "query"),
            (("generate", "--out", "g"), "generate"),
            (("version",), "version"),
        ):
            with self.subTest(words=words):
                self.assertEqual(self.document(*words)["format"], f"sparkify.{name}/1")

    def test_flags_are_stronger_than_a_preset(self):
        for words in (
            ("--preset", "tiny", "--events", "30", "--seed", "3"),
            ("--seed", "3", "--events", "30", "--preset", "tiny"),
        ):
            made = self.document("generate", "--out", "g", *words)
            self.assertEqual((made["events"], made["songs"]), (30, 50))
            truth = json.loads((self.folder / "g" / "truth.json").read_text("utf-8"))
            self.assertEqual((truth["options"]["seed"], truth["options"]["days"]), (3, 7))

    def test_errors_are_documents_too(self):
        for words, code in (
            (("status", "--warehouse", "duckdb:none"), EXIT_DATABASE),
            (("query", "selec"), EXIT_DATABASE),
            (("config", "--threads", "x"), EXIT_CONFIG),
            (("etl", "--log-data", "nowhere"), 4),
            (("create-tables", "--drop"), EXIT_USAGE),
            (("nonsense",), EXIT_USAGE),
        ):
            with self.subTest(words=words):
                self.assertIn("error", self.document(*words, exit_code=code))

    def test_etl_counts_balance(self):
        self.call("create-tables", "--drop", "--yes")
        found = self.document("etl", *base.sources())
        self.assertEqual(found["outcome"], "done")
        parts = found["loaded"] + found["duplicates"] + found["rejects"]
        self.assertEqual(found["records"], parts)
        rows = sparkify.query_rows(self.warehouse, "select * from etl_runs")[0]
        for name in ("objects", "bytes", "events", "songs", "plays", "duplicates", "rejects"):
            self.assertEqual(found[name], rows[name], name)

    def test_etl_counts_balance_on_paper(self):
        self.call("create-tables", "--drop", "--yes")
        out = self.call("etl", *base.sources()).stdout
        numbers = re.search(
            r"records +([\d,]+) = ([\d,]+) loaded \+ (\d+) duplicates? \+ (\d+) rejects?", out
        )
        self.assertIsNotNone(numbers, out)
        total, *parts = (int(text.replace(",", "")) for text in numbers.groups())
        self.assertEqual(total, sum(parts))


class DryRunTest(CliCase):
    def setUp(self):
        super().setUp()
        shutil.copytree(base.folder / "log_data", self.folder / "logs")
        shutil.copytree(base.folder / "song_data", self.folder / "songs")
        self.etl = ("etl", "--log-data", "logs", "--song-data", "songs")
        self.call("create-tables", "--drop", "--yes")
        self.call(*self.etl)
        (self.folder / "logs" / "a.json").write_bytes(lines(play(61, 0)))
        (self.folder / "logs" / "new.json").write_bytes(lines(play(62, 0), play(62, 1)))

    def test_the_plan_is_shown_and_nothing_changes(self):
        before = file_state(self.warehouse), sorted(os.listdir(self.folder))
        out = self.call(*self.etl, "--dry-run", env={"SPARKIFY_GROUP_BYTES": "1"}).stdout
        for pattern in (
            r"new +1 object ",
            r"changed +1 object ",
            r"unchanged +2 objects",
            r"group 1 +log of 1 object",
            r"group 2 +log of 1 object",
            "Nothing was changed",
        ):
            self.assertRegex(out, pattern)
        self.assertNotRegex(out, "group 3")
        self.assertEqual((file_state(self.warehouse), sorted(os.listdir(self.folder))), before)

    def test_dry_run_shows_the_statements_too(self):
        found = self.document(*self.etl, "--dry-run", "--sql")["plan"]["statements"]
        text = self.call(*self.etl, "--dry-run", "--sql").stdout
        for part in ("insert into songplays", "insert into etl_objects", "commit"):
            self.assertTrue(any(part in statement for statement in found), part)
            self.assertIn(part, text)
        self.assertIn("Nothing was changed", text)
        self.assertIn("new", self.call(*self.etl, "--dry-run").stdout, "nothing was loaded")
        self.fails(*self.etl, "--sql", exit_code=EXIT_USAGE, says="--dry-run")

    def test_the_plan_as_a_document(self):
        found = self.document(*self.etl, "--dry-run")
        sizes = {n: (self.folder / "logs" / n).stat().st_size for n in ("a.json", "new.json")}
        self.assertEqual(found["outcome"], "planned")
        self.assertEqual(found["plan"]["new_objects"], 1)
        self.assertEqual(found["plan"]["new_bytes"], sizes["new.json"])
        self.assertEqual(found["plan"]["changed_objects"], 1)
        self.assertEqual(found["plan"]["changed_bytes"], sizes["a.json"])
        self.assertEqual(found["plan"]["unchanged_objects"], 2)
        self.assertEqual(len(found["plan"]["groups"]), 1)

    def test_a_dry_run_with_nothing_new_says_so(self):
        self.call(*self.etl)
        self.assertIn("Nothing new", self.call(*self.etl, "--dry-run").stdout)

    def test_a_dry_run_needs_no_right_to_write(self):
        self.warehouse.chmod(0o444)
        self.call(*self.etl, "--dry-run")


if __name__ == "__main__":
    unittest.main()
