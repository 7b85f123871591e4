"""A PostgreSQL server that fails in every way, and the tables that are there after it.

After each failure: whole groups only; the next run gives the tables of a run that nobody
disturbed; the one after that says that nothing is new.

Run it as `python3 tests/e2e/postgres_faults_e2e_test.py`; it needs what tests/servers/postgres.py
needs. Environment: SPARKIFY_BINARY (the program). Cuts at any byte and errors at any statement are
in tests/torture/databases.py, kills in tests/torture/kill.py.
"""

import collections
import contextlib
import functools
import itertools
import json
import os
import pathlib
import re
import signal
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle"), str(HERE.parent / "servers")]

import postgres  # noqa: E402
import postgres_e2e_test as base  # noqa: E402
from postgres_e2e_test import (  # noqa: E402
    DIRECT,
    EXIT_COMMIT_UNKNOWN,
    EXIT_DATABASE,
    EXIT_OK,
    GROUPS,
    LOADING,
    STOP_SECONDS_MAX,
    WAYS,
    in_parallel,
    wait_until,
)
from statement_proxy import StatementProxy  # noqa: E402
from tcp_proxy import UP, TcpProxy  # noqa: E402

SERVER_SETTINGS = {
    "max_connections": 30,
    "deadlock_timeout": "50ms",
    "wal_level": "replica",
}
CONFLICTS = ("40001", "40P01")
FEW = 3  # conflicts, which is less than a run puts up with
COMMIT = b"commit\n\0"  # as the program sends it
HELD_BACK = 3600  # seconds: the test itself says when to cut
SERVER_STARTS_SECONDS_MAX = 30
END_SECONDS_MAX = 20  # of a run that has lost its server
LOST = "connection was lost"
WITH_A_SONG = (
    "from unmatched_songplays u join songs s on"
    " (s.title, s.artist_name, s.duration) = (u.song, u.artist, u.length)"
)
TRIED_AGAIN = "trying this step again"


def setUpModule():
    base.start_server(settings=SERVER_SETTINGS)


class FaultCase(base.PostgresCase):
    has_tables = True

    @contextlib.contextmanager
    def new_subtest(self, **params):
        """In a database of its own."""
        with self.subTest(**params):
            self.new_database()
            yield

    def tries(self):
        [[value, is_called]] = self.sql("select last_value, is_called from testing.calls")
        return int(value) if is_called == "t" else 0

    @staticmethod
    def logged(text):
        """How often the server has said so."""
        return base.server.log_text().count(text)

    def table_of_rows(self, env):
        """Where the rows of logs are sent."""
        return "songplays" if env is DIRECT else LOADING[0]

    @contextlib.contextmanager
    def proxy(self):
        with TcpProxy(base.server.port) as proxy:
            yield proxy

    def through(self, proxy, sslmode="disable"):
        return self.url(port=proxy.port, sslmode=sslmode)


# --- Errors that the server reports --------------------------------------------------------------


class Place(collections.namedtuple("Place", "table event deferred")):
    """A statement of a run, or with `deferred` the commit of its transaction."""


PLACES = (
    Place("etl_runs", "insert", False),
    Place("etl_runs", "insert", True),
    Place("songs", "insert", False),
    Place("songplays", "insert", False),
    Place("songplays", "insert", True),
    Place("etl_objects", "insert", False),
    Place("etl_objects", "insert", True),
    Place("etl_runs", "update", False),
    Place("etl_runs", "update", True),
)


class ConflictTest(FaultCase):
    def plant_error(self, place, code, times=None):
        """The trigger's sequence counts on when a transaction is rolled back."""
        condition = "true" if times is None else f"testing.calls <= {times}"
        body = (
            "declare calls bigint := nextval('testing.calls'); begin"
            f" if {condition.replace('testing.calls', 'calls')} then"
            f" raise exception 'planted' using errcode = '{code}'; end if; end;"
        )
        self.plant_trigger(place.table, body, event=place.event, deferred=place.deferred)

    def test_a_few_conflicts_are_overcome(self):
        def overcome(case_of):
            place, code, env = case_of
            with self.apart() as case:
                case.plant_error(place, code, FEW)
                done = case.etl("--threads", 2, env=env)
                self.assertEqual(done.stderr.count(TRIED_AGAIN), FEW, done.stderr)
                self.assertGreater(case.tries(), FEW)
                self.assertEqual(case.sql("select status from etl_runs"), [["done"]])
                case.expect_final()
                case.expect_nothing_staged()
                self.assertIn("Nothing new", case.etl().stdout)

        codes, envs = itertools.cycle(CONFLICTS), itertools.cycle(WAYS.values())
        in_parallel(overcome, list(zip(PLACES, codes, envs)))

    def test_conflicts_without_end(self):
        """Tried as often as the message says, and then given up."""

        def give_up(case_of):
            place, code, env = case_of
            with self.apart() as case:
                case.plant_error(place, code)
                done = case.etl(exit_code=EXIT_DATABASE, env=env)
                case.expect_error(done.stderr, [code, "run again"])
                tries = int(re.search(r"tried (\d+) times", done.stderr)[1])
                self.assertEqual(tries, case.tries())
                self.assertIn(tries, range(2, 11))
                case.remove_trigger(place.table)
                case.expect_recovery()

        some = [place for place in PLACES if place.event == "insert" and place.table != "songs"]
        codes, envs = itertools.cycle(CONFLICTS), itertools.cycle(WAYS.values())
        in_parallel(give_up, list(zip(some, codes, envs)))

    def test_errors_that_are_not_tried_again(self):
        errors = {
            "53200": ["out of memory", "work_mem"],
            "53400": ["limit"],
            "42501": ["the role loader", "grant"],
            "58030": ["its log"],
            "XX000": ["its log"],
            "P0001": ["planted"],
        }

        def fail(case_of):
            place, (code, says), env = case_of
            with self.apart() as case:
                case.plant_error(place, code)
                done = case.etl(exit_code=EXIT_DATABASE, env=env)
                case.expect_error(done.stderr, [code, *says])
                self.assertNotIn(TRIED_AGAIN, done.stderr)
                case.remove_trigger(place.table)
                case.expect_recovery()

        places = itertools.cycle(PLACES)
        codes, envs = errors.items(), itertools.cycle((GROUPS, GROUPS, DIRECT))
        in_parallel(fail, list(zip(places, codes, envs)))

    def test_create_tables_that_fails(self):
        """All or nothing: the trigger is an event trigger, on commands."""
        for code, says in (("53100", "free space"), ("42501", "the role loader")):
            with self.subTest(code=code):
                self.new_empty_database()
                self.sql(
                    "create function public.planted() returns event_trigger language plpgsql as $$"
                    " begin if exists (select from pg_class where relname = 'etl_schema') then"
                    f" raise exception 'planted' using errcode = '{code}'; end if; end $$;"
                    "create event trigger planted on ddl_command_end"
                    " execute function public.planted()"
                )
                self.fails("create-tables", says=[code, says])
                self.sql("drop event trigger planted")
                tables = "select 1 from pg_tables where schemaname = 'public'"
                self.assertEqual(self.sql(tables), [])
                self.call("create-tables")
                self.etl()
                self.expect_final()

    def test_a_deadlock(self):
        """A session holds what the run wants, and waits for what the run has. The run notices: it
        comes last, and the session does not look. Where it is the run's second session that waits
        behind it, no server can see that, and the run waits for a while only."""
        for way, env in WAYS.items():
            with self.new_subtest(way=way):
                other = self.psql()
                other.run("set deadlock_timeout = '1h'")
                said = {"staged": "deadlock detected", "direct": "lock timeout"}[way]
                code = {"staged": "40P01", "direct": "55P03"}[way]
                before = self.logged(said)
                with self.gate("songplays"):
                    process = self.start_etl("-v", env=env)
                    self.wait_until_blocked()
                    other.run("begin; lock table etl_objects in share mode")
                    other.send("lock table songplays in access exclusive mode")
                    self.wait_until_somebody_wants("songplays")
                wait_until(
                    lambda said=said, before=before: self.logged(said) > before,
                    "a deadlock",
                    STOP_SECONDS_MAX,
                )
                other.receive()
                other.run("rollback")
                done = self.finish(process)
                self.assertIn(code, done.stderr)
                self.expect_final()
                self.expect_nothing_staged()

    def test_some_groups_go_straight_and_some_cannot(self):
        """Else the tests of both ways would test one."""
        said = self.finish(self.start_etl("-v", env=DIRECT)).stderr
        staged = said.count("not every play of the group is new")
        logs = said.count("log objects committed")
        self.assertLess(0, staged, said)
        self.assertLess(staged, logs, said)

    def wait_until_somebody_wants(self, table):
        waits = f"select 1 from pg_locks where not granted and relation = '{table}'::regclass"
        wait_until(lambda: self.sql(waits), f"somebody waits for {table}")

    def test_somebody_who_waits_for_a_table_does_not_stop_a_run(self):
        """Whoever alters songplays waits for the group's end; others wait behind them, and none of
        them may be the run's own sessions, for which its transaction would wait in vain."""
        for way, env in WAYS.items():
            with self.new_subtest(way=way):
                other = self.psql()
                with self.gate("songplays"):
                    process = self.start_etl(env=env)
                    self.wait_until_blocked()
                    other.send("begin; lock table songplays in access exclusive mode; rollback")
                    self.wait_until_somebody_wants("songplays")
                self.finish(process, seconds=STOP_SECONDS_MAX)
                other.receive()
                self.expect_final()

    def test_locks_that_time_out(self):
        """55P03, by the role's own lock_timeout."""
        self.sql(f"alter database {self.database} set lock_timeout = '10ms'")
        with self.locked("users in share mode"):
            done = self.etl(exit_code=EXIT_DATABASE)
            self.expect_error(done.stderr, ["55P03", "tried"])
        self.expect_recovery(groups=1)


# --- Servers that take no writes -----------------------------------------------------------------


class Standby(postgres.PostgresServer):
    """A hot standby of another server, with its roles."""

    def __init__(self, primary):
        super().__init__(settings=SERVER_SETTINGS)
        self.primary = primary

    def initialize(self):
        (self.folder / "socket").mkdir(mode=0o700)
        self.give_to_owner(self.folder / "socket")
        self.run(
            *(self.program("pg_basebackup"), "-D", self.data_folder, "-R", "-X", "stream"),
            *("-h", self.primary.socket_dir, "-p", str(self.primary.port)),
            *("-U", postgres.SUPERUSER, "-c", "fast"),
            as_owner=True,
        )

    def create_role(self, name, password=None, options="login"):
        """It is there already."""
        self.passwords[name] = password


class StandbyTest(FaultCase):
    def test_a_standby(self):
        self.plant_trigger(
            "etl_objects",
            "if (select count(*) from etl_objects) > 31 then raise 'enough'; end if;",
        )
        self.etl(exit_code=EXIT_DATABASE)
        self.remove_trigger("etl_objects")
        loaded = self.expect_whole_groups()
        self.assertIn(loaded, range(1, len(base.data.groups)))
        primary = base.server
        with open(primary.data_folder / "pg_hba.conf", "a") as file:
            file.write(f"local replication {postgres.SUPERUSER} trust\n")
        primary.sql("select pg_reload_conf()")
        with Standby(primary) as standby:
            with self.subTest("a standby refuses to write"):
                self.expect_refused(standby)
            self.expect_read(standby, loaded)
            self.expect_found_behind(standby)

    def on(self, standby):
        return {"url": standby.url(self.database), "env": {"PGSSLROOTCERT": standby.ca_file}}

    def expect_refused(self, standby):
        for words in (
            ("etl", *base.data.sources),
            ("create-tables",),
            ("create-tables", "--drop", "--yes"),
            ("grant-readonly", "anybody"),
        ):
            with self.subTest(words=words):
                done = self.fails(*words, says=["standby", "primary"], **self.on(standby))
                self.assertNotIn("version 13", done.stderr)

    def expect_read(self, standby, loaded):
        for words in (
            ("status",),
            ("check",),
            ("rejects",),
            ("query", "select * from plays"),
            ("etl", *base.data.sources, "--dry-run"),
        ):
            with self.subTest(words=words):
                self.call(*words, **self.on(standby))
        self.assertEqual(self.expect_whole_groups(source=standby), loaded)

    def expect_found_behind(self, standby):
        """Of several hosts the one that can be written to is taken."""
        hosts = f"localhost:{standby.port},localhost:{base.server.port}"
        url = f"postgresql://loader@{hosts}/{self.database}?target_session_attrs=read-write"
        self.etl(url=url, env={"PGSSLROOTCERT": None})
        self.expect_final()

    def test_transactions_that_are_read_only_by_default(self):
        """Of a database or a role: the program says what it wants."""
        base.server.sql(f"alter database {self.database} set default_transaction_read_only = on")
        self.etl()
        self.expect_final()
        self.call("create-tables", "--drop", "--yes")


# --- Connections ---------------------------------------------------------------------------------


class ConnectionLimitTest(FaultCase):
    def expect_advice(self, stderr):
        """Not that of a server that cannot be reached."""
        self.assertNotIn("check the address", stderr)
        self.assertRegex(stderr, "no connection left|connection limit|--threads|max_connections")

    def limited_role(self, limit):
        self.role = self.new_role("limited", options=f"login connection limit {limit}")
        self.new_empty_database(owner=self.role)
        self.call("create-tables")

    def test_a_role_with_a_single_connection(self):
        self.limited_role(1)
        done = self.etl(exit_code=EXIT_DATABASE)
        self.expect_error(done.stderr, "too many connections for role")
        self.expect_whole_groups()
        base.server.sql(f"alter role {self.role} connection limit -1")
        self.expect_recovery(groups=0)
        self.expect_advice(done.stderr)

    def test_a_role_with_few_connections_loads_through_fewer(self):
        for limit, threads, notes in ((2, 1, 0), (2, 8, 1), (3, 2, 0), (3, 8, 1)):
            with self.subTest(limit=limit, threads=threads):
                self.limited_role(limit)
                done = self.etl("--threads", threads, "-v")
                self.assertEqual(done.stderr.count("connections instead of"), notes, done.stderr)
                self.expect_final()

    def others(self, count):
        if getattr(self, "other", None) is None:
            self.other = self.new_role("other")
        return [self.psql(self.other) for _ in range(count)]

    def test_a_database_with_no_connection_left(self):
        sessions = self.others(2)
        base.server.sql(f"alter database {self.database} connection limit 2")
        for words in (("etl", *base.data.sources), ("status",), ("create-tables",)):
            with self.subTest(words=words):
                done = self.fails(*words, says="too many connections for database")
                self.expect_advice(done.stderr)
        for session in sessions:
            session.close()
        base.server.sql(f"alter database {self.database} connection limit -1")
        self.expect_recovery(groups=0)

    def test_a_server_with_no_connection_left(self):
        reserved = int(base.server.sql("show superuser_reserved_connections")[0][0])
        sessions = self.others(SERVER_SETTINGS["max_connections"] - reserved)
        for words in (("etl", *base.data.sources), ("query", "select 1"), ("create-tables",)):
            done = self.fails(*words, says=["no connection left", "max_connections"])
        sessions.pop().close()
        with self.subTest("one is left, for the run but not for its loading"):
            done = self.etl(exit_code=EXIT_DATABASE)
            self.expect_error(done.stderr, ["no connection left"])
        for session in sessions:
            session.close()
        self.expect_recovery(groups=0)

    def test_the_end_of_connections_in_the_middle_of_a_run(self):
        """The plan is made; then there is no second connection."""
        with self.locked("etl_objects in access exclusive mode"):
            process = self.start_etl()
            self.wait_until_blocked()
            base.server.sql(f"alter database {self.database} connection limit 1")
        done = self.finish(process, EXIT_DATABASE, "too many connections for database")
        base.server.sql(f"alter database {self.database} connection limit -1")
        self.expect_recovery(groups=0)
        self.expect_advice(done.stderr)


class RightsTest(FaultCase):
    def setUp(self):
        super().setUp()
        self.other = self.new_role("other")

    def refused(self, *words, says=()):
        return self.fails(*words, role=self.other, says=[self.other, *says])

    def test_a_role_without_any_right(self):
        for words in (
            ("etl", *base.data.sources),
            ("status",),
            ("check",),
            ("create-tables",),
            ("create-tables", "--drop", "--yes"),
            ("create-tables", "--schema", "theirs"),
        ):
            with self.subTest(words=words):
                done = self.refused(*words)
                self.assertNotIn("has no sparkify tables", done.stderr, "there are some")
        self.fails("query", "table users", role=self.other, says="permission denied")
        self.expect_recovery(groups=0)

    def test_a_role_without_the_right_to_write(self):
        self.sql(f"grant select on all tables in schema public to {self.other}")
        done = self.refused("etl", *base.data.sources, says=["permission denied", "42501"])
        self.assertIn("let the owner grant it", done.stderr)
        self.call("status", role=self.other)
        self.call("check", role=self.other)
        self.expect_recovery(groups=0)

    def test_a_role_without_the_right_to_one_table(self):
        """It comes up in the middle of a group."""
        self.sql(f"grant all on all tables in schema public to {self.other}")
        self.sql(f"grant create on schema public to {self.other}")
        self.sql(f"revoke insert on users from {self.other}")
        self.refused("etl", *base.data.sources, says=["users"])
        self.expect_recovery(groups=None)

    def test_a_role_that_may_do_all_but_owns_nothing(self):
        """A run of theirs is a run."""
        self.sql(f"grant all on all tables in schema public to {self.other}")
        self.sql(f"grant create on schema public to {self.other}")
        self.etl(role=self.other)
        self.expect_final()

    def test_a_schema_in_which_nothing_may_be_made(self):
        self.sql("create schema closed; create schema seen; grant usage on schema seen to loader")
        for schema in ("closed", "seen"):
            with self.subTest(schema=schema):
                says = [f"permission denied for schema {schema}", "the role loader"]
                self.fails("create-tables", "--schema", schema, says=says)
                tables = f"select 1 from pg_tables where schemaname = '{schema}'"
                self.assertEqual(self.sql(tables), [])


# --- Servers and sessions that end ---------------------------------------------------------------


ENDED = "exists (select from public.etl_runs where status <> 'running')"


class EndTest(FaultCase):
    """A run is brought to a place, and there its server, or one session of it, ends."""

    @contextlib.contextmanager
    def held_at(self, place, env=GROUPS):
        """The process, and what its blocked sessions are."""
        keepers = {
            "plan": lambda: self.locked("etl_objects in access exclusive mode"),
            "rows": lambda: self.gate(self.table_of_rows(env)),
            "statement": lambda: self.locked("users in share mode"),
            "commit": lambda: self.gate("etl_objects", deferred=True),
            "end": lambda: self.gate("etl_runs", ENDED, event="update"),
        }
        with keepers[place]():
            process = self.start_etl(env=env)
            yield process, self.wait_until_blocked()

    def finish_ended(self, process, place, codes=None):
        """What it says, when it cannot have succeeded."""
        codes = codes or {"commit": (EXIT_COMMIT_UNKNOWN, EXIT_DATABASE)}.get(place, EXIT_DATABASE)
        done = self.finish(process, codes, seconds=END_SECONDS_MAX)
        self.expect_error(done.stderr, [])
        if done.returncode == EXIT_COMMIT_UNKNOWN:
            self.expect_error(done.stderr, ["unknown", "sparkify status"])
        else:
            self.assertRegex(done.stderr, "run again|not committed")
        return done

    GROUPS_BEFORE = {"plan": 0, "rows": 1, "statement": 1, "commit": 0}

    def test_the_server_is_stopped(self):
        for mode, place, env in (
            ("fast", "plan", GROUPS),
            ("fast", "rows", GROUPS),
            ("fast", "rows", DIRECT),
            ("fast", "statement", DIRECT),
            ("fast", "commit", GROUPS),
            ("immediate", "statement", GROUPS),
            ("kill", "commit", GROUPS),
            ("kill", "statement", DIRECT),
        ):
            with self.subTest(mode=mode, place=place, env=env):
                self.new_database()
                with self.held_at(place, env) as (process, _):
                    base.server.kill() if mode == "kill" else base.server.stop(mode)
                    codes = EXIT_COMMIT_UNKNOWN if place == "commit" else EXIT_DATABASE
                    self.finish_ended(process, place, codes)
                    base.server.start()
                self.call("status")
                self.expect_recovery(groups=self.GROUPS_BEFORE[place])

    def test_a_crash_of_one_backend_ends_them_all(self):
        """The server starts anew by itself, and may be there again or not when it is asked."""
        for place in ("statement", "commit"):
            with self.subTest(place=place):
                self.new_database()
                with self.held_at(place) as (process, [pid]):
                    os.kill(pid, signal.SIGKILL)
                    self.finish_ended(process, place)
                wait_until(self.is_up, "the server is there again", SERVER_STARTS_SECONDS_MAX)
                self.expect_recovery(groups=self.GROUPS_BEFORE[place])

    @staticmethod
    def is_up():
        try:
            return base.server.sql("select 1") == [["1"]]
        except postgres.PostgresError:
            return False

    def terminate(self, pid):
        self.assertEqual(base.server.sql(f"select pg_terminate_backend({pid}, 10000)"), [["t"]])

    def test_a_session_is_ended(self):
        for place, env in itertools.product(("plan", "rows", "statement", "commit"), WAYS.values()):
            with self.subTest(place=place, env=env):
                self.new_database()
                with self.held_at(place, env) as (process, pids):
                    self.terminate(pids[0])
                done = self.finish_ended(process, place, EXIT_DATABASE)
                self.assertRegex(done.stderr, f"{LOST}|57P01")
                self.wait_until_gone()
                self.expect_recovery(groups=self.GROUPS_BEFORE[place])

    def test_the_last_session_of_a_run_is_ended_when_all_is_loaded(self):
        with self.held_at("end") as (process, pids):
            self.terminate(pids[0])
        self.finish(process, EXIT_DATABASE)
        self.expect_final()
        self.assertIn("Nothing new", self.etl().stdout)
        self.assertNotIn(["running"], self.sql("select status from etl_runs"))

    def test_a_session_is_ended_before_those_beside_it_are_there(self):
        """Another run has the tables by then: nothing more goes into them."""
        others = []

        def end_the_leader(statement):
            if "pg_advisory_lock_shared" in statement.text and not others:
                holds = "select pid from pg_locks where locktype = 'advisory' and granted"
                [[pid]] = self.sessions(condition=f"pid in ({holds})")
                self.terminate(pid)
                others.append(self.etl())

        with StatementProxy(base.server.port) as proxy:
            proxy.watch(end_the_leader)
            self.etl(url=self.through(proxy), exit_code=EXIT_DATABASE, says=["run again"])
        self.assertEqual(len(others), 1)
        copies = [each for each in proxy.statements if "copy etl_loading" in each.text]
        self.assertEqual(copies, [])
        self.wait_until_gone()
        self.expect_nothing_staged()
        self.expect_final()
        self.assertIn("Nothing new", self.etl().stdout)

    def test_a_statement_that_is_cancelled_is_tried_again(self):
        """pg_cancel_backend, as an administrator has it; nobody has asked the run to stop."""
        for way, env in WAYS.items():
            with self.new_subtest(way=way):
                with self.held_at("statement", env) as (process, pids):
                    before = self.logged("canceling statement")
                    base.server.sql(f"select pg_cancel_backend({pids[0]})")
                    # It is not the same statement that waits again, but its next try.
                    wait_until(
                        lambda n=before: self.logged("canceling statement") > n, "the cancelling"
                    )
                    self.wait_until_blocked()
                self.finish(process)
                self.expect_final()

    def test_rows_whose_sending_is_cancelled_are_sent_again(self):
        for way, env in WAYS.items():
            with self.new_subtest(way=way):
                with self.held_at("rows", env) as (process, pids):
                    base.server.sql(f"select pg_cancel_backend({pids[0]})")
                self.finish(process)
                self.expect_final()

    def test_a_session_that_the_server_thinks_alive(self):
        """The connection is cut, but the server's part of it waits for a lock, and with it the
        run's own lock. The run ends it, and closes itself."""
        for place in ("statement", "commit"):
            with self.subTest(place=place), self.proxy() as proxy:
                self.new_database()
                real, self.url = self.url, functools.partial(self.url, port=proxy.port)
                with self.held_at(place) as (process, pids):
                    proxy.cut(refuse_after=False)
                    self.finish_ended(process, place, EXIT_DATABASE)
                    self.assertNotIn(pids[0], [int(pid) for [pid] in self.sessions()])
                self.url = real
                self.wait_until_gone()
                states = self.sql("select status from etl_runs")
                self.assertEqual(states, [["failed"]], "the run's row is closed")
                self.expect_recovery(groups=self.GROUPS_BEFORE[place])


# --- Commits without an answer -------------------------------------------------------------------


class CommitTest(FaultCase):
    """A proxy cuts the connection at one commit of a run: its first row, the songs, each group of
    logs, its end."""

    @functools.cached_property
    def commits(self):
        """The states of the tables before and after each, by number of groups."""
        groups = len(base.data.groups)
        # The run's row; the songs' group; groups of logs; the run's end.
        steps = [(0, 0), (0, 1), *((n, n + 1) for n in range(1, groups)), (groups, groups)]
        return dict(enumerate(steps, 1))

    def test_a_run_has_so_many(self):
        """What the other tests count on."""
        for way, env in WAYS.items():
            for surplus, codes in ((1, EXIT_OK), (0, EXIT_COMMIT_UNKNOWN)):
                with self.new_subtest(way=way, surplus=surplus), self.proxy() as proxy:
                    proxy.cut_on(COMMIT, UP, nth=len(self.commits) + surplus)
                    self.etl(url=self.through(proxy), env=env, exit_code=codes)

    def each(self, work, start=0, step=1):
        """At every commit; or, of what tests/torture/databases.py does at all of them, at some."""
        envs = itertools.cycle(WAYS.values())
        in_parallel(work, list(zip(self.commits.items(), envs))[start::step])

    def test_cut_before_the_server_hears_of_it(self):
        def cut(case_of):
            (number, (before, _)), env = case_of
            with self.apart() as case, self.proxy() as proxy:
                proxy.cut_on(COMMIT, UP, nth=number, refuse_after=False)
                where = {"url": case.through(proxy), "env": env}
                done = case.etl("-v", exit_code=EXIT_DATABASE, **where)
                self.assertEqual(proxy.cuts, 1)
                case.expect_error(done.stderr, [LOST, "not committed"])
                case.wait_until_gone()
                case.expect_recovery(groups=before)

        self.each(cut, 0, 3)

    def test_cut_before_the_server_hears_of_it_and_nobody_can_be_asked(self):
        def cut(case_of):
            (number, (before, _)), env = case_of
            with self.apart() as case, self.proxy() as proxy:
                proxy.cut_on(COMMIT, UP, nth=number, refuse_after=True)
                done = case.etl(url=case.through(proxy), exit_code=EXIT_COMMIT_UNKNOWN, env=env)
                self.assertEqual(proxy.cuts, 1)
                case.expect_unknown(done, before)

        self.each(cut, 1, 3)

    def test_cut_before_the_answer(self):
        """The server has committed. The run asks it, and goes on as if nothing had been."""

        def cut(case_of):
            (number, _), env = case_of
            with self.apart() as case, self.proxy() as proxy:
                process = case.start_behind(proxy, number, env)
                proxy.cut(refuse_after=False)
                case.finish(process)
                self.assertEqual(proxy.cuts, 1)
                case.expect_final()
                case.expect_nothing_staged()
                case.wait_until_gone()
                self.assertEqual(case.sql("select count(*) from etl_runs"), [["1"]])
                self.assertIn("Nothing new", case.etl().stdout)

        self.each(cut)

    def test_cut_before_the_answer_and_nobody_can_be_asked(self):
        def cut(case_of):
            (number, (_, after)), env = case_of
            with self.apart() as case, self.proxy() as proxy:
                process = case.start_behind(proxy, number, env)
                proxy.cut(refuse_after=True)
                done = case.finish(process, EXIT_COMMIT_UNKNOWN)
                case.expect_unknown(done, after)

        self.each(cut, 2, 3)

    def test_songs_that_another_run_brought_before_this_one_was_back(self):
        """What it had read of the songs is old by then, and it reads them anew for its next groups."""
        logs, songs = base.data.sources[:2], base.data.sources[2:]
        commits, others = itertools.count(1), []

        def is_of_the_first_group(statement):
            return statement.text.strip().lower() == "commit" and next(commits) == 2

        def run_another(statement):
            if proxy.struck and "pg_try_advisory_lock" in statement.text and not others:
                others.append(self.etl(sources=songs))

        with StatementProxy(base.server.port) as proxy:
            proxy.cut(1, "after", fits=is_of_the_first_group)
            proxy.watch(run_another)
            self.etl(sources=logs, url=self.through(proxy), env=DIRECT)
            self.assertEqual(len(proxy.struck), 1)
        self.assertIn("found their song late", others[0].stdout)
        self.assertEqual(self.sql(f"select count(*) {WITH_A_SONG}"), [["0"]])
        self.assertIn("Nothing new", self.etl().stdout)

    def start_behind(self, proxy, number, env):
        """A run whose commit was carried out, and whose answer the proxy keeps back."""
        proxy.cut_on(COMMIT, UP, when="after", nth=number, delay=HELD_BACK)
        process = self.start_etl(url=self.through(proxy), env=env)
        done = "state = 'idle' and lower(query) like 'commit%'"
        wait_until(lambda: proxy.muted, "the commit comes")
        wait_until(lambda: self.sessions(condition=done), "the commit is carried out")
        return process

    def expect_unknown(self, done, groups):
        self.expect_error(done.stderr, [LOST, "unknown", "sparkify status"])
        self.wait_until_gone()
        status = json.loads(self.call("status", "--json").stdout)
        objects = sum(row["objects"] for row in status["objects"])
        self.assertEqual(objects, len(base.data.states[groups]["etl_objects"]))
        self.expect_recovery(groups=groups)

    def test_a_commit_of_create_tables(self):
        def cut(case_of):
            is_heard, drop, refuse = case_of
            with self.apart() as case, self.proxy() as proxy:
                if not drop:
                    case.new_empty_database()
                words = ("create-tables", *(("--drop", "--yes") if drop else ()))
                how = {"when": "after"} if is_heard else {}
                proxy.cut_on(COMMIT, UP, refuse_after=refuse, **how)
                codes = (EXIT_OK, EXIT_DATABASE, EXIT_COMMIT_UNKNOWN)
                done = case.call(*words, url=case.through(proxy), exit_code=codes)
                self.assertEqual(proxy.cuts, 1)
                self.assertEqual(done.returncode == EXIT_COMMIT_UNKNOWN, refuse, done.stderr)
                case.wait_until_gone()
                case.call("create-tables")
                case.etl()
                case.expect_final()

        in_parallel(cut, list(itertools.product((False, True), repeat=3)))

    def test_a_commit_of_grant_readonly(self):
        role = self.new_role("analyst")
        for when in ("before", "heard"):
            with self.subTest(when=when), self.proxy() as proxy:
                how = {"when": "after"} if when == "heard" else {}
                proxy.cut_on(COMMIT, UP, refuse_after=True, **how)
                words = ("grant-readonly", role)
                codes = (EXIT_DATABASE, EXIT_COMMIT_UNKNOWN)
                done = self.call(*words, url=self.through(proxy), exit_code=codes)
                self.expect_error(done.stderr, LOST)
                self.assertNotIn("may now read", done.stdout)
                self.wait_until_gone()
                self.call(*words)


if __name__ == "__main__":
    unittest.main()
