"""The shell of `sparkify query`, as a user on a terminal has it.

Run it as `python3 tests/e2e/shell_e2e_test.py`. Environment: SPARKIFY_BINARY (the program),
SPARKIFY_TEST_WAREHOUSE (duckdb or postgres), SPARKIFY_SQL_TOOL (duckdb_exec).
"""

import contextlib
import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unicodedata
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle")]

import sparkify  # noqa: E402
import warehouses  # noqa: E402
from contract_e2e_test import lines, play, song  # noqa: E402

EXIT_OK = 0
EXIT_DATABASE = 5
EXIT_SIGTERM = 128 + signal.SIGTERM
WAIT_SECONDS_MAX = 20
SOON_SECONDS = 5
PROMPT, MORE, IN_QUOTES = "sparkify> ", "     ...> ", "     '..> "
SCREEN_LINES, SCREEN_COLUMNS = 30, 100
CSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x07")
TAB, UP, CTRL_C, CTRL_D, CTRL_R = "\t", "\x1b[A", "\x03", "\x04", "\x12"
EVIL = "\x1b[31mred\x1b]0;title\x07 \u202ebidi \x9b1m"
EVIL_SHOWN = r"\x1b[31mred\x1b]0;title\x07 \u202ebidi \x9b1m"
FORMATS = ("box", "csv", "jsonl", "markdown")
TITLES = (EVIL, "日本の音楽", "שיר של ערב", "أغنية", "🚀 music 🎵⭐", "e\u0301tude", "plain")
LONG = {
    warehouses.DUCKDB: "select count(*) from range(1000000000) a, range(1000) b;",
    warehouses.POSTGRES: "select pg_sleep(60);",
}
WRITES = (
    "delete from users;",
    "insert into users select * from users;",
    "update songs set title = 'x';",
    "drop table songs;",
    "create table mine (a integer);",
    "create temp table mine as select 1 as a;",
    "truncate songs;",
    "commit;",
)
REACHES_OUT = {
    warehouses.DUCKDB: (
        "copy users to '{folder}/out.csv';",
        "select * from read_csv('/etc/passwd');",
        "select * from read_text('/etc/passwd');",
        "attach '{folder}/out.duckdb' as other;",
        "load httpfs;",
        "install httpfs;",
        "set enable_external_access = true;",
        "pragma enable_profiling;",
        "export database '{folder}/out';",
        "call pragma_version();",
        "checkpoint;",
    ),
    warehouses.POSTGRES: (
        "copy users to '{folder}/out.csv';",
        "copy users to stdout;",
        "load 'plpgsql';",
        "with gone as (delete from users returning 1) select * from gone;",
        "lock table users in access exclusive mode;",
        "set transaction read write;",
        "do $$ begin delete from users; end $$;",
        "create extension dblink;",
    ),
}

base = None  # the Base of the running test module


def setUpModule():
    global base
    warehouses.start()
    try:
        base = Base()
    except BaseException:
        warehouses.stop()
        raise


def tearDownModule():
    base.temporary.cleanup()
    warehouses.stop()


class Base:
    """A warehouse with a few plays; no test changes it."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name).resolve()
        self.warehouse = warehouses.new(self.folder)
        songs = [song(number, title=title) for number, title in enumerate(TITLES)]
        heard = [
            play(1, number, song=title, artist=f"Artist {number}", length=100.5 + number)
            for number, title in enumerate(TITLES)
        ]
        self.sources = []
        for kind, records in (("song-data", songs), ("log-data", heard)):
            folder = self.folder / kind
            folder.mkdir()
            (folder / "a.json").write_bytes(lines(*records) + b"{" + EVIL.encode() + b"\n")
            self.sources += [f"--{kind}", str(folder)]
        self.program("create-tables")
        self.program("etl", *self.sources)
        sparkify.execute_sql(self.warehouse, f'create table "evil{EVIL[:5]}" ("a{EVIL[:5]}" integer)')

    def program(self, *words):
        env = sparkify.on_warehouse(self.warehouse)
        done = sparkify.run(*words, *sparkify.options(self.warehouse), env=env)
        if done.returncode != EXIT_OK:
            raise sparkify.SparkifyError(f"{words}: {done.stdout}{done.stderr}")


class Terminal:
    """The program with a terminal of its own."""

    def __init__(self, folder, words=("query",), env=None, warehouse=None):
        ours, theirs = pty.openpty()
        size = struct.pack("HHHH", SCREEN_LINES, SCREEN_COLUMNS, 0, 0)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, size)
        plain = {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "state"), "TERM": "xterm"}
        self.process = subprocess.Popen(
            [sparkify.binary(), *words, *sparkify.options(warehouse or base.warehouse)],
            cwd=folder,
            env=sparkify.environment(sparkify.on_warehouse(base.warehouse, {**plain, **(env or {})})),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)
        self.ours = ours
        self.raw = b""
        self.seen = 0  # how much of `raw` was asked for

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.ours)

    def type(self, text):
        os.write(self.ours, text.encode())

    def _read(self, end):
        ready, _, _ = select.select([self.ours], [], [], max(0, end - time.monotonic()))
        if not ready:
            raise AssertionError(f"nothing more came after {self.raw[self.seen:]!r}")
        with contextlib.suppress(OSError):  # EIO: nobody has the other end any more
            part = os.read(self.ours, 65536)
            self.raw += part
            return part != b""
        return False

    def until(self, text, seconds=WAIT_SECONDS_MAX):
        """What is shown up to `text`, which must come; without the editor's own sequences."""
        end = time.monotonic() + seconds
        while True:
            shown = CSI.sub("", self.raw[self.seen :].decode("utf-8", "replace"))
            if text in shown:
                self.seen = len(self.raw)
                return shown.replace("\r\n", "\n")
            if not self._read(end):
                raise AssertionError(f"it ended; {text!r} is not in {shown!r}")

    def ask(self, line, prompt=PROMPT):
        """What comes of a line, up to the next prompt."""
        self.type(line + "\n")
        return self.until("\n" + prompt)

    def end(self):
        """The exit code of one that ends."""
        end = time.monotonic() + WAIT_SECONDS_MAX
        while self._read(end):
            pass
        return self.process.wait(WAIT_SECONDS_MAX)


class ShellCase(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name).resolve()

    def terminal(self, *words, **env):
        """A terminal without a pager, unless one is given."""
        started = Terminal(self.folder, ("query", *words), {"PAGER": "", **env})
        self.addCleanup(started.close)
        return started

    def shell(self, *words, **env):
        shell = self.terminal(*words, **env)
        shell.until(PROMPT)
        return shell

    def script(self, name, text):
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(0o755)
        return str(path)


def width(text):
    """Columns that a terminal gives it."""
    columns = 0
    for c in text:
        if unicodedata.category(c) in ("Mn", "Me"):
            continue
        columns += 2 if unicodedata.east_asian_width(c) in "WF" else 1
    return columns


class StatementTest(ShellCase):
    def test_it_says_where_it_is_and_how_to_leave(self):
        shell = self.terminal()
        shown = shell.until(PROMPT)
        self.assertRegex(shown, r"sparkify \S+, \S+; reads only")
        self.assertIn("\\q to leave", shown)
        shell.type(CTRL_D)
        self.assertEqual(shell.end(), EXIT_OK)

    def test_every_word_for_leaving_leaves(self):
        for word in ("\\q", "quit", "exit;"):
            shell = self.shell()
            shell.type(f"{word}\n")
            self.assertEqual(shell.end(), EXIT_OK)

    def test_a_statement_ends_at_its_semicolon(self):
        shell = self.shell()
        shell.ask("select 40 + 2", MORE)
        shell.ask("as \"a;\", 'it;", IN_QUOTES)
        shown = shell.ask("is' as b; select 77 as c;")
        self.assertIn("42", shown)
        self.assertIn(r"it;\nis", shown)
        self.assertIn("77", shown)

    def test_an_error_leaves_it_running(self):
        shell = self.shell()
        self.assertIn("sparkify: error: ", shell.ask("selec 1;"))
        self.assertIn("nothing_there", shell.ask("select * from nothing_there;"))
        self.assertIn("42", shell.ask("select 40 + 2;"))

    def test_ctrl_c_drops_the_line_and_what_came_before_it(self):
        shell = self.shell()
        shell.ask("select 1 as never,", MORE)
        shell.type("2 as ne" + CTRL_C)
        shell.until(PROMPT)
        shown = shell.ask("select 40 + 2;")
        self.assertIn("42", shown)
        self.assertNotIn("never", shown)

    def test_ctrl_c_ends_a_statement_that_runs_and_nothing_else(self):
        shell = self.shell()
        shell.ask("\\timing")
        shell.type(LONG[warehouses.kind()] + " select 'second' as s;\n")
        time.sleep(0.5)
        begun = time.monotonic()
        shell.type(CTRL_C * 3)
        shown = shell.until("\n" + PROMPT)
        self.assertLess(time.monotonic() - begun, SOON_SECONDS)
        self.assertIn("interrupted", shown)
        self.assertNotIn("│ second │", shown)
        self.assertIn("42", shell.ask("select 40 + 2;"))

    def test_sigterm_ends_it_at_the_prompt_and_in_a_statement(self):
        for line in ("", LONG[warehouses.kind()] + "\n"):
            shell = self.shell()
            shell.type(line)
            time.sleep(0.3)
            shell.process.terminate()
            self.assertEqual(shell.end(), EXIT_SIGTERM)

    def test_other_formats_and_bounds(self):
        shell = self.shell("--format", "csv")
        self.assertIn("\na,b\n1,x\n", shell.ask("select 1 as a, 'x' as b;"))
        shell = self.shell("--rows", "2")
        self.assertIn(f"2 of {len(TITLES)} rows", shell.ask("select * from songs;"))

    def test_without_a_terminal_the_statements_on_stdin_are_run(self):
        script = "select 1 as a; -- one\nselect 'b;' as b"
        command = [sparkify.binary(), "query", "--format", "csv", *sparkify.options(base.warehouse)]
        env = sparkify.environment(sparkify.on_warehouse(base.warehouse))
        plain = {"env": env, "capture_output": True, "encoding": "utf-8", "check": False}
        done = subprocess.run(command, input=script, **plain)
        self.assertEqual((done.returncode, done.stdout), (EXIT_OK, "a\n1\nb\nb;\n"), done.stderr)
        done = subprocess.run(command, input="select 1 as a; selec; select 2 as b", **plain)
        self.assertEqual((done.returncode, done.stdout), (EXIT_DATABASE, "a\n1\n"), done.stderr)


class EditingTest(ShellCase):
    def test_history_is_kept_for_the_next_session(self):
        shell = self.shell()
        shell.ask("select 40 + 2 as answer;")
        shell.ask(" select 'blank' as b;")
        shell.ask("select 'my password' as p;")
        shell.type("\\q\n")
        self.assertEqual(shell.end(), EXIT_OK)
        path = self.folder / "state/sparkify/history"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(path.read_text(encoding="utf-8"), "select 40 + 2 as answer;\n")
        shell = self.shell()
        shell.type(UP)
        self.assertIn("42", shell.ask(""))
        shell.type(CTRL_R + "answ")
        shell.until("answ")
        shell.type("\n")
        self.assertIn("42", shell.ask(""))

    def test_a_statement_of_several_lines_comes_back_whole(self):
        shell = self.shell()
        shell.ask("select 'a", IN_QUOTES)
        shell.ask("b' as x;")
        shell.type("\\q\n")
        shell.end()
        shell = self.shell()
        shell.type(UP)
        shell.until("b' as x;")
        self.assertIn(r"│ a\nb │", shell.ask(""))

    def test_a_history_that_cannot_be_written_is_said_and_no_hindrance(self):
        shell = self.terminal(XDG_STATE_HOME="/proc/none")
        self.assertIn("/proc/none", shell.until(PROMPT))
        self.assertIn("42", shell.ask("select 40 + 2;"))

    def test_tab_completes_keywords_tables_and_columns(self):
        shell = self.shell()
        shell.type("SEL" + TAB)  # what is added to the word is what is shown
        shell.until("ECT ")
        shell.type("min(yea" + TAB)
        shell.until("r ")
        shell.type(") from son" + TAB)
        shell.until("g")
        shell.type(TAB)
        self.assertRegex(shell.until("SELECT min(year ) from song"), r"songplays +songs")
        shell.type("s s where s.tit" + TAB)
        shell.until("le ")
        shown = shell.ask("= 'plain';")
        self.assertIn("1 row", shown)
        self.assertNotIn("error", shown)

    def test_tab_finds_no_name_that_would_act_on_the_terminal(self):
        shell = self.shell()
        shell.type("select * from evi" + TAB)
        time.sleep(0.3)
        shell.type(CTRL_C)
        shell.until(PROMPT)
        self.assertNotIn(b"\x1b[31m", shell.raw)

    def test_a_pasted_tab_is_a_blank(self):
        shell = self.shell()
        shell.ask("select", MORE)
        self.assertIn("42", shell.ask("\t\t40 + 2;"))

    def test_a_terminal_that_can_do_little_is_enough(self):
        for name in ("dumb", "", "no-such-terminal"):
            shell = self.shell(TERM=name)
            self.assertIn("42", shell.ask("select 40 + 2;"))
            shell.type("\\q\n")
            self.assertEqual(shell.end(), EXIT_OK)

    def test_text_in_all_scripts_is_typed_as_it_is(self):
        shell = self.shell(LC_ALL="C")
        self.assertIn("│ 日本 é 🎵 │", shell.ask("select '日本 é 🎵' as x;"))


class CommandTest(ShellCase):
    def test_d_lists_tables_and_columns(self):
        shell = self.shell()
        shown = shell.ask("\\d")
        for name, kind in (("songplays", "table"), ("users", "table"), ("plays", "view")):
            self.assertRegex(shown, rf"│ {name} +│ {kind} +│")
        shown = shell.ask("\\d songs")
        columns = ["song_id", "title", "artist_id", "year", "duration", "artist_name"]
        self.assertEqual(re.findall(r"(?m)^│ (\w+) ", shown), ["column", *columns])
        self.assertIn("no such table", shell.ask("\\d nothing"))

    def test_names_are_shown_as_text(self):
        shell = self.shell()
        self.assertIn("evil" + EVIL_SHOWN[:8], shell.ask("\\d"))
        self.assertNotIn(b"\x1b[31m", shell.raw)

    def test_e_edits_the_last_statement_in_a_file_of_ours(self):
        editor = self.script(
            "editor",
            'stat -c %a "$1" > mode; echo "$1" > path; cp "$1" before; echo "select 6 * 7 as x;" > "$1"',
        )
        shell = self.shell(EDITOR="false", VISUAL=f"'{editor}'")
        shell.ask("select 1 as first;")
        shown = shell.ask("\\e")
        self.assertIn("select 6 * 7 as x;", shown)
        self.assertIn("│ 42 │", shown)
        self.assertEqual((self.folder / "mode").read_text(), "600\n")
        self.assertEqual((self.folder / "before").read_text(), "select 1 as first;")
        self.assertFalse(pathlib.Path((self.folder / "path").read_text().strip()).exists())

    def test_e_without_a_semicolon_waits_for_it(self):
        shell = self.shell(EDITOR=self.script("editor", 'echo "select 6 * 7" > "$1"'))
        shell.ask("\\e", MORE)
        self.assertIn("│ 42 │", shell.ask("as x;"))

    def test_e_with_an_editor_that_fails_runs_nothing(self):
        shell = self.shell(EDITOR="false")
        shell.ask("select 'once' as x;")
        shown = shell.ask("\\e")
        self.assertIn("exit code 1", shown)
        self.assertNotIn("│ once │", shown)

    def test_timing_and_x_and_help(self):
        shell = self.shell()
        self.assertNotIn("Time: ", shell.ask("select 1;"))
        shell.ask("\\timing on")
        self.assertRegex(shell.ask("select 1;"), r"Time: \d+\.\d ms\n")
        shell.ask("\\timing off")
        shell.ask("\\x")
        shown = shell.ask("select 1 as a, 'x' as long_name;")
        self.assertIn("── row 1 ──\na         │ 1\nlong_name │ x\n1 row\n", shown)
        for word in ("\\d", "\\e", "\\timing", "\\x", "\\?", "\\q"):
            self.assertIn(word, shell.ask("\\?"))
        self.assertIn("no such command", shell.ask("\\nonsense"))

    def test_what_is_longer_or_wider_than_the_screen_goes_to_the_pager(self):
        pager = self.script("pager", "env > environment; cat > paged; echo PAGED")
        shell = self.shell(PAGER=f"'{pager}'")
        self.assertNotIn("PAGED", shell.ask("select 1;"))
        many = " union all ".join(f"select {n} as n" for n in range(SCREEN_LINES))
        shown = shell.ask(f"{many};")
        self.assertIn("PAGED", shown)
        self.assertNotIn("┌", shown)
        paged = (self.folder / "paged").read_text(encoding="utf-8")
        self.assertIn(f"{SCREEN_LINES} rows\n", paged)
        self.assertNotIn("PASSWORD", (self.folder / "environment").read_text(encoding="utf-8"))
        self.assertIn("PAGED", shell.ask("select * from plays limit 1;"))

    def test_a_pager_that_reads_little_or_is_not_there_is_no_hindrance(self):
        many = " union all ".join(f"select {n} as n, '{'x' * 50}' as x" for n in range(100))
        shell = self.shell(PAGER="head -1")
        self.assertIn("┌", shell.ask(f"select a.* from ({many}) a cross join ({many}) b;"))
        shell = self.shell(PAGER="no-such-pager")
        self.assertIn("100 rows", shell.ask(f"{many};"))


class SafetyTest(ShellCase):
    def test_hostile_text_is_shown_as_text(self):
        for form in FORMATS:
            shell = self.shell("--format", form)
            shown = shell.ask("select title from songs where title like '%bidi%';")
            self.assertIn("bidi", shown)
            for part in (b"\x1b[31m", b"\x1b]0;", "\u202e".encode(), "\x9b".encode()):
                self.assertNotIn(part, shell.raw, form)

    def test_hostile_text_of_one_statement_is_shown_as_text_on_a_terminal(self):
        for *words, shown in (
            *(("query", "select title from songs", "--format", form, b"bidi") for form in FORMATS),
            *(("rejects", "--format", form, b"bidi") for form in FORMATS),
        ):
            once = Terminal(self.folder, words)
            self.addCleanup(once.close)
            self.assertEqual(once.end(), EXIT_OK)
            self.assertIn(shown, once.raw)
            for part in (b"\x1b", "\u202e".encode(), "\x9b".encode()):
                self.assertNotIn(part, once.raw, words)

    def test_columns_are_straight_in_every_script(self):
        shell = self.shell()
        shown = shell.ask("select title, 'end' as e from songs order by song_id;")
        self.assertIn(EVIL_SHOWN, shown)
        table = [line for line in shown.split("\n") if line[:1] in "┌│├└" and line]
        self.assertEqual(len(table), len(TITLES) + 4)
        self.assertEqual(len({width(line) for line in table}), 1, "\n".join(table))

    def test_nothing_can_be_written_or_reached(self):
        before = sparkify.fingerprint(base.warehouse)
        shell = self.shell()
        for sql in (*WRITES, *REACHES_OUT[warehouses.kind()]):
            with self.subTest(sql=sql):
                shown = shell.ask(sql.format(folder=self.folder))
                self.assertIn("sparkify: error: ", shown)
        self.assertIn("42", shell.ask("select 40 + 2;"))
        self.assertEqual(sparkify.fingerprint(base.warehouse), before)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["state"])

    def test_a_shell_that_waits_is_in_nobodys_way(self):
        shell = self.shell()
        shell.ask("select count(*) from plays;")
        base.program("etl", *base.sources)
        self.assertIn(str(len(TITLES)), shell.ask("select count(*) from plays;"))


class FileTest(ShellCase):
    """Of a DuckDB file only."""

    def test_a_file_that_is_held_is_said_and_free_again(self):
        with open(base.warehouse, "r+b") as held:
            fcntl.lockf(held, fcntl.LOCK_EX)
            shell = self.terminal()
            self.assertIn(f"held by process {os.getpid()}", shell.until("\n" + PROMPT))
            self.assertIn("held by process", shell.ask("select 1;"))
        self.assertIn("42", shell.ask("select 40 + 2;"))
        shell.type("select * from unm" + TAB)
        shell.until("atched_songplays ")

    def test_a_file_that_is_not_there_ends_it(self):
        gone = Terminal(self.folder, warehouse=self.folder / "none.duckdb")
        self.addCleanup(gone.close)
        self.assertEqual(gone.end(), EXIT_DATABASE)
        self.assertIn(b"create-tables", gone.raw)


class ServerTest(ShellCase):
    """Of a PostgreSQL server only."""

    def test_a_session_that_was_lost_is_made_anew(self):
        shell = self.shell()
        shell.ask("select 1;")
        warehouses.server.sql(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name like 'sparkify %' and state = 'idle'",
            warehouses.database,
        )
        self.assertIn("sparkify: error: ", shell.ask("select 1;"))
        self.assertIn("42", shell.ask("select 40 + 2;"))

    def test_no_transaction_stays_open_while_nobody_types(self):
        shell = self.shell()
        shell.ask("select * from songs;")
        shell.ask("selec;")
        states = warehouses.server.sql(
            "select string_agg(distinct state, ',') from pg_stat_activity"
            " where application_name like 'sparkify %'",
            warehouses.database,
        )
        self.assertIn("idle", str(states))
        self.assertNotIn("transaction", str(states))


ALL = (StatementTest, EditingTest, CommandTest, SafetyTest)
OF_KIND = {warehouses.DUCKDB: (FileTest,), warehouses.POSTGRES: (ServerTest,)}


def load_tests(loader, _tests, _pattern):
    cases = (*ALL, *OF_KIND.get(warehouses.kind(), ()))
    return unittest.TestSuite(map(loader.loadTestsFromTestCase, cases))


if __name__ == "__main__":
    unittest.main()
