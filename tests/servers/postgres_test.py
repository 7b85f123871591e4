"""The tests of PostgresServer and TcpProxy: that they do what tests of the program rely on.

Run it as `python3 tests/servers/postgres_test.py`.
"""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
from unittest import mock

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import postgres  # noqa: E402
from postgres import PostgresError, PostgresServer  # noqa: E402
from tcp_proxy import TcpProxy  # noqa: E402

WAIT_SECONDS_MAX = 20
LISTEN = "0A"  # a socket's state in /proc/net/tcp
LOOPBACK = "0100007F"
ENCRYPTED = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"

server = None


def setUpModule():
    global server
    server = PostgresServer()
    server.start()
    unittest.addModuleCleanup(server.close)


def wait_until(condition, what):
    end = time.monotonic() + WAIT_SECONDS_MAX
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {WAIT_SECONDS_MAX} s: {what}")
        time.sleep(0.02)


def psql(*arguments, input=None, database="postgres", role="loader", sslmode=None, **environment):
    """A finished psql that connected to the server as a program would, or failed to."""
    known = server.libpq_environment(database, role, sslmode or "verify-full")
    return subprocess.run(
        [server.program("psql"), "-X", "-w", "-q", "-A", "-t", *arguments],
        env={**postgres.clean_environment("PG"), **known, **environment},
        input=input,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def shared_memory_of(pid):
    """The segments that a server has made, as shared_memory_left() wants them."""
    ids = [fields[1] for fields in segments() if fields[4] == str(pid)]
    maps = pathlib.Path("/proc", str(pid), "maps").read_text()
    return ids, sorted(set(re.findall(r"/dev/shm/PostgreSQL\.\d+", maps)))


def segments():
    """System V's: key, id, rights, size, creator..."""
    lines = pathlib.Path("/proc/sysvipc/shm").read_text().splitlines()
    return [line.split() for line in lines]


def shared_memory_left(ids, paths):
    there = {fields[1] for fields in segments()}
    return [id for id in ids if id in there] + [path for path in paths if os.path.exists(path)]


class SqlTest(unittest.TestCase):
    def test_every_value_comes_back(self):
        values = ["", "a\nb", "a\tb|c,\"d\"'e'\\f", "\r", "ä日\U0001f600", "\\N", "\\."]
        values.append("NULL")
        array = ", ".join(map(postgres.quote_literal, values))
        query = f"select v, null, n from unnest(array[{array}]) with ordinality t(v, n) order by n"
        numbered = [[value, None, str(number)] for number, value in enumerate(values, 1)]
        self.assertEqual(server.sql(query), numbered)

    def test_rows_of_all_statements_come_and_of_none(self):
        text = "create temp table t (a int);\ninsert into t values (1), (2); table t; select ''"
        self.assertEqual(server.sql(text), [["1"], ["2"], [""]])
        self.assertEqual(server.sql("select 1 where false"), [])
        self.assertEqual(server.sql(""), [])

    def test_statements_before_one_that_fails_stay(self):
        database = server.create_database()
        with self.assertRaisesRegex(PostgresError, 'relation "missing" does not exist'):
            server.sql("create table t (a int); table missing; drop table t", database)
        self.assertEqual(server.sql("table t", database), [])

    def test_a_long_statement(self):
        text = "x" * 1_000_000
        self.assertEqual(server.sql(f"select length('{text}'), '{text}'"), [["1000000", text]])


class RoleTest(unittest.TestCase):
    def test_databases_are_fresh_and_the_loaders_own(self):
        one, other = server.create_database(), server.create_database()
        self.assertNotEqual(one, other)
        done = psql("-c", "create table t (a int)", database=one)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(server.sql("select 1 from pg_class where relname = 't'", other), [])
        self.assertEqual(server.sql("show server_encoding", one), [["UTF8"]])
        self.assertEqual(server.sql("show lc_collate", one), [["C.UTF-8"]])

    def test_a_database_in_use_is_dropped(self):
        name = server.create_database('a "b" c%/?')
        with Session(self, database=name) as session:
            server.drop_database(name)
            session.wait()
        self.assertEqual(server.sql("select 1 from pg_database where datname like 'a %'"), [])

    def test_a_role_has_options_and_a_password_of_its_own(self):
        password = server.create_role("reader", options="login connection limit 7")
        self.assertNotEqual(password, server.create_role("other reader"))
        rows = server.sql("select rolconnlimit from pg_roles where rolname = 'reader'")
        self.assertEqual(rows, [["7"]])
        for role in ("reader", "other reader"):
            self.assertEqual(psql("-c", "select current_user", role=role).stdout, f"{role}\n")
        self.assertEqual(server.environment("reader")["SPARKIFY_DB_PASSWORD"], password)

    def test_a_role_without_a_password_does_not_get_in(self):
        self.assertEqual(server.create_role("nobody", password=""), "")
        self.assertEqual(set(server.environment("nobody")), {"PGSSLROOTCERT"})
        self.assertIn("no password supplied", psql("-c", "", role="nobody").stderr)

    def test_an_owner_may_be_named(self):
        server.create_role("owner")
        name = server.create_database(owner="owner")
        done = psql("-c", "create table t (a int)", database=name)
        self.assertIn("permission denied for schema public", done.stderr)
        done = psql("-c", "create table t (a int)", database=name, role="owner")
        self.assertEqual(done.returncode, 0)

    def test_a_url_says_it_all_but_the_password(self):
        server.create_role("r@l:e/%", password="p")
        name = server.create_database("d b/ä?&#", owner="r@l:e/%")
        url = server.url(name, "r@l:e/%", application_name="a b&c", sslmode="require")
        self.assertTrue(url.startswith("postgresql://r%40l%3Ae%2F%25@localhost:"), url)
        query = "select current_database(), current_user, current_setting('application_name')"
        done = psql("-c", query, url, PGUSER="", PGDATABASE="", PGHOST="", PGPORT="")
        self.assertEqual(done.stdout, f"{name}|r@l:e/%|a b&c\n", done.stderr)
        self.assertEqual(server.url("d", port=1), "postgresql://loader@localhost:1/d")

    def test_backends_of_one_database_are_terminated(self):
        one, other = server.create_database(), server.create_database()
        with Session(self, database=one) as first, Session(self, database=other) as second:
            self.assertEqual(server.terminate_backends(one), 1)
            self.assertIn("terminating connection", first.wait())
            self.assertEqual(server.terminate_backends(one), 0)
            self.assertIsNone(second.process.poll())


class AccessTest(unittest.TestCase):
    def test_verify_full_by_name_and_address(self):
        for host in ("localhost", "127.0.0.1"):
            done = psql("-c", ENCRYPTED, PGHOST=host)
            self.assertEqual((done.stdout, done.stderr), ("t\n", ""))

    def test_another_ca_is_refused(self):
        done = psql("-c", "", PGSSLROOTCERT=server.other_ca_file)
        self.assertEqual(done.returncode, 2)
        self.assertIn("certificate verify failed", done.stderr)

    def test_another_name_is_refused(self):
        done = psql("-c", "", PGHOST="db.example", PGHOSTADDR="127.0.0.1")
        self.assertIn('does not match host name "db.example"', done.stderr)
        done = psql("-c", "", PGHOST="db.example", PGHOSTADDR="127.0.0.1", sslmode="verify-ca")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_weaker_modes_get_in(self):
        self.assertEqual(psql("-c", ENCRYPTED, sslmode="require").stdout, "t\n")
        self.assertEqual(psql("-c", ENCRYPTED, sslmode="disable").stdout, "f\n")

    def test_the_program_gets_what_it_needs(self):
        password = postgres.LOADER_PASSWORD
        expected = {"SPARKIFY_DB_PASSWORD": password, "PGSSLROOTCERT": server.ca_file}
        self.assertEqual(server.environment(), expected)
        expected["PGSSLMODE"] = "verify-ca"
        self.assertEqual(server.environment("loader", sslmode="verify-ca"), expected)

    def test_a_wrong_password_is_refused(self):
        for sslmode in ("verify-full", "disable"):
            done = psql("-c", "", sslmode=sslmode, PGPASSWORD=postgres.LOADER_PASSWORD + " ")
            self.assertEqual(done.returncode, 2)
            self.assertIn('password authentication failed for user "loader"', done.stderr)
        rows = server.sql("select rolpassword from pg_authid where rolname = 'loader'")
        self.assertTrue(rows[0][0].startswith("SCRAM-SHA-256$"))

    def test_the_socket_trusts_the_superuser_only(self):
        done = psql("-c", "select current_user", role="postgres", PGHOST=server.socket_dir)
        self.assertEqual(done.stdout, "postgres\n", done.stderr)
        done = psql("-c", "", PGHOST=server.socket_dir, PGPASSWORD="wrong")
        self.assertIn("password authentication failed", done.stderr)
        self.assertIn("no password supplied", psql("-c", "", role="postgres").stderr)

    def test_it_listens_on_loopback_only(self):
        self.assertEqual(listening_addresses(server.postmaster.pid), [LOOPBACK])


class LifeTest(unittest.TestCase):
    """Stops and starts one server over and over."""

    @classmethod
    def setUpClass(cls):
        cls.server = PostgresServer(settings={"log_statement": "all", "work_mem": "3MB"})
        cls.server.start()
        cls.addClassCleanup(cls.server.close)
        cls.database = cls.server.create_database()
        cls.server.sql("create table t (a int); grant all on t to loader", cls.database)

    def setUp(self):
        self.server.sql("truncate t; insert into t values (1)", self.database)

    def rows(self):
        return self.server.sql("table t", self.database)

    def test_two_at_once_know_nothing_of_each_other(self):
        self.assertNotEqual(server.port, self.server.port)
        self.assertEqual(server.sql("show work_mem"), [["4MB"]])
        self.assertEqual(self.server.sql("show fsync; show work_mem"), [["off"], ["3MB"]])
        self.assertIn("statement: show work_mem", self.server.log_text())
        done = psql("-c", "", PGPORT=str(self.server.port))
        self.assertIn("certificate verify failed", done.stderr)

    def test_every_stop_leaves_what_was_committed(self):
        for mode in ("smart", "fast", "immediate"):
            port = self.server.port
            self.server.stop(mode)
            self.assertRaises(OSError, socket.create_connection, (postgres.ADDRESS, port))
            self.server.stop(mode)  # nothing to do
            self.server.start()
            self.assertEqual(self.server.port, port)
            self.assertEqual(self.rows(), [["1"]])

    def test_restart_ends_clients(self):
        with Session(self, at=self.server, database=self.database) as session:
            pid = self.server.postmaster.pid
            self.server.restart()
            self.assertNotEqual(self.server.postmaster.pid, pid)
            self.assertIn("terminating connection", session.wait())

    def test_kill_is_a_crash_and_start_recovers(self):
        with Session(self, at=self.server, database=self.database) as session:
            session.say("begin; insert into t values (2); select 'open';", answer="open")
            session.begin("do 'begin loop end loop; end';")  # would not see that others are gone
            query = "select 1 from pg_stat_activity where state = 'active' and query like 'do %'"
            wait_until(lambda: self.server.sql(query), "the loop runs")
            children = postgres.children_of(self.server.postmaster.pid)
            self.assertGreater(len(children), 3)
            self.server.kill()
            self.assertEqual([pid for pid in children if postgres.is_running(pid)], [])
            self.assertTrue((self.server.data_folder / "postmaster.pid").exists())
            self.assertIn("connection to server was lost", session.wait())
        self.assertRaisesRegex(PostgresError, "does not run", self.server.kill)
        self.server.start()
        self.assertEqual(self.rows(), [["1"]])
        self.assertIn("automatic recovery in progress", self.server.log_text())

    def test_it_is_not_started_twice(self):
        self.assertRaisesRegex(PostgresError, "runs already", self.server.start)


class EndTest(unittest.TestCase):
    def test_close_leaves_nothing(self):
        with PostgresServer(fsync=True) as other:
            self.assertEqual(other.sql("show fsync; show full_page_writes"), [["on"], ["off"]])
            held, processes = self.look_at(other.postmaster.pid)
            folder = other.folder
        self.assertFalse(folder.exists())
        self.assertEqual([pid for pid in processes if postgres.is_running(pid)], [])
        self.assertEqual(shared_memory_left(*held), [])
        other.close()  # nothing to do

    def test_close_after_kill_leaves_nothing(self):
        with PostgresServer() as other:
            folder = other.folder
            held, _ = self.look_at(other.postmaster.pid)
            other.kill()
            self.assertEqual(shared_memory_left(*held), [*held[0], *held[1]])
        self.assertFalse(folder.exists())
        self.assertEqual(shared_memory_left(*held), [])

    def test_a_killed_test_leaves_nothing(self):
        script = (
            "import postgres, time\n"
            "with postgres.PostgresServer() as server:\n"
            "    print(server.postmaster.pid, server.sweeper.pid, server.folder, flush=True)\n"
            "    time.sleep(60)\n"
        )
        command = [sys.executable, "-c", script]
        environment = {**os.environ, "PYTHONPATH": str(HERE)}
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as test:
            pid, sweeper, folder = test.stdout.readline().split()
            held, processes = self.look_at(int(pid))
            os.kill(int(sweeper), signal.SIGSTOP)  # a server without its folder would end, too
            test.send_signal(signal.SIGKILL)
        try:
            wait_until(lambda: not any(map(postgres.is_running, processes)), "the server is gone")
        finally:
            os.kill(int(sweeper), signal.SIGCONT)
        wait_until(lambda: not pathlib.Path(folder).exists(), "its folder is gone")
        self.assertEqual(shared_memory_left(*held), [])

    def look_at(self, pid):
        """Its shared memory, and the pids of all its processes."""
        held, processes = shared_memory_of(pid), [pid, *postgres.children_of(pid)]
        self.assertEqual([len(kind) for kind in held], [1, 1])
        self.assertGreater(len(processes), 3)
        return held, processes

    def test_a_taken_port_is_tried_again(self):
        with socket.create_server((postgres.ADDRESS, 0)) as taken:
            port = taken.getsockname()[1]
            free = postgres.free_ports(1)
            with mock.patch.object(postgres, "free_ports", side_effect=[[port], free]):
                with PostgresServer() as other:
                    self.assertEqual([other.port], free)

    def test_a_start_that_fails_says_why_and_leaves_nothing(self):
        other = PostgresServer(settings={"shared_buffers": "many"})
        with self.assertRaisesRegex(PostgresError, 'invalid value .* "shared_buffers": "many"'):
            other.start()
        self.assertIsNone(other.folder)

    def test_by_hand_it_runs_a_command(self):
        script = 'psql -XAtc "select current_user, current_database()" && echo "$PGHOST" && exit 3'
        command = [sys.executable, HERE / "postgres.py", "--", "sh", "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.stdout, "loader|sparkify\nlocalhost\n", done.stderr)
        self.assertEqual(done.returncode, 3)

    def test_by_hand_it_says_how_to_get_in(self):
        command = [sys.executable, HERE / "postgres.py", "--database", "music"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
            lines = [run.stdout.readline() for _ in range(11)]
            script = "".join(lines) + 'psql -XAtc "select current_database()"'
            done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
            run.send_signal(signal.SIGINT)
        self.assertEqual(done.stdout, "music\n", done.stderr)
        self.assertIn("Ctrl-C", lines[-1])
        self.assertEqual(run.returncode, 0)


class ProxyTest(unittest.TestCase):
    """Between a client and a server whose bytes are all known."""

    def setUp(self):
        self.listener = socket.create_server((postgres.ADDRESS, 0))
        self.addCleanup(self.listener.close)
        self.listener.settimeout(WAIT_SECONDS_MAX)
        self.proxy = TcpProxy(self.listener.getsockname()[1])
        self.addCleanup(self.proxy.close)

    def connect(self):
        """Both ends of a connection through the proxy."""
        client = socket.create_connection((postgres.ADDRESS, self.proxy.port), WAIT_SECONDS_MAX)
        self.addCleanup(client.close)
        end, _ = self.listener.accept()
        self.addCleanup(end.close)
        end.settimeout(WAIT_SECONDS_MAX)
        return client, end

    def assert_is_cut(self, *ends):
        for end in ends:
            self.assertRaises(ConnectionResetError, read_all, end)

    def assert_refused(self):
        place = (postgres.ADDRESS, self.proxy.port)
        with self.assertRaises(ConnectionResetError):  # at once, or a moment later
            with socket.create_connection(place, WAIT_SECONDS_MAX) as client:
                client.recv(1)

    def test_it_passes_on_and_counts(self):
        sent = os.urandom(3_000_000)
        client, end = self.connect()
        writer = threading.Thread(target=send_and_end, args=(client, sent))
        writer.start()
        self.assertEqual(read_all(end), sent)
        writer.join()
        end.sendall(b"answer")  # the other way is open still
        end.close()
        self.assertEqual(read_all(client), b"answer")
        counts = (self.proxy.bytes_up, self.proxy.bytes_down, self.proxy.connections)
        self.assertEqual(counts, (3_000_000, 6, 1))
        self.proxy.reset_counters()
        self.assertEqual((self.proxy.bytes_up, self.proxy.connections), (0, 0))

    def test_it_cuts_at_the_byte(self):
        for count in (0, 1, 999, 1000, 65_536, 150_000):
            for direction in ("up", "down"):
                with self.subTest(count=count, direction=direction):
                    self.proxy.reset_counters()
                    client, end = self.connect()
                    self.proxy.cut_after(count, direction)
                    source, sink = (client, end) if direction == "up" else (end, client)
                    sent = os.urandom(200_000 if count > 1000 else 1000)
                    source.sendall(sent)
                    self.assertEqual(read_until_reset(sink), sent[:count])
                    passed = (self.proxy.bytes_up, self.proxy.bytes_down)
                    self.assertEqual(passed, (count, 0) if direction == "up" else (0, count))
                    self.assert_is_cut(source)
                    self.assert_refused()
                    self.proxy.heal()

    def test_it_counts_over_all_connections_and_cuts_them_all(self):
        one, two, three = (self.connect() for _ in range(3))
        one[0].sendall(b"12345")
        self.assertEqual(one[1].recv(10), b"12345")
        self.proxy.cut_after(8, "up")
        one[1].sendall(b"not this way")
        two[0].sendall(b"6789")
        self.assertEqual(read_until_reset(two[1]), b"678")
        self.assertEqual(read_until_reset(one[0]), b"not this way")
        self.assert_is_cut(one[1], two[0], *three)
        self.assertEqual((self.proxy.cuts, self.proxy.connections), (1, 3))

    def test_it_refuses_until_it_is_healed_unless_told_otherwise(self):
        self.proxy.cut()
        self.assert_refused()
        self.assertEqual((self.proxy.refused, self.proxy.connections), (1, 0))
        self.proxy.heal()
        client, end = self.connect()
        self.proxy.cut_after(2, "down", refuse_after=False)
        end.sendall(b"abc")
        self.assertEqual(read_until_reset(client), b"ab")
        client, end = self.connect()
        end.sendall(b"abc")
        self.assertEqual(client.recv(10), b"abc")

    def test_heal_forgets_cuts(self):
        client, end = self.connect()
        self.proxy.cut_after(1, "up")
        self.proxy.cut_on(b"b", "up")
        self.proxy.heal()
        client.sendall(b"abc")
        self.assertEqual(end.recv(10), b"abc")

    def test_a_soft_cut_is_an_end(self):
        client, end = self.connect()
        self.proxy.cut_after(3, "up", hard=False)
        client.sendall(b"abcdef")
        self.assertEqual(read_all(end), b"abc")
        self.assertEqual(read_all(client), b"")

    def test_it_cuts_before_a_pattern_that_comes_in_parts(self):
        client, end = self.connect()
        self.proxy.cut_on(b"COMMIT", "up", nth=2)
        parts = [b"COMMIT;", b"MIT COM", b"M", b"IT; more"]
        for part in parts[:-1]:
            client.sendall(part)
            self.assertEqual(end.recv(10), part)
        client.sendall(parts[-1])
        self.assert_is_cut(client, end)
        self.assertEqual(self.proxy.bytes_up, 15)

    def test_a_pattern_must_be_whole_in_one_connection(self):
        one, two = self.connect(), self.connect()
        self.proxy.cut_on(b"COMMIT", "up")
        for (client, end), text in ((one, b"COM"), (two, b"MIT")):
            client.sendall(text)
            self.assertEqual(end.recv(10), text)
        self.assertEqual(self.proxy.cuts, 0)

    def test_after_a_pattern_nothing_comes_back(self):
        client, end = self.connect()
        self.proxy.cut_on(b"COMMIT", "up", when="after", delay=0.3)
        end.sendall(b"before")
        self.assertEqual(client.recv(10), b"before")
        client.sendall(b"COMMIT")
        self.assertEqual(end.recv(10), b"COMMIT")
        end.sendall(b"COMMITTED")
        client.sendall(b"\0")  # the rest of the order
        self.assertEqual(end.recv(10), b"\0")
        self.assertEqual(read_until_reset(client), b"")
        self.assert_is_cut(end)
        self.assertEqual(self.proxy.bytes_down, 6)
        self.assert_refused()

    def test_a_server_that_ends_does_not_show_after_a_pattern(self):
        client, end = self.connect()
        self.proxy.cut_on(b"COMMIT", "up", when="after", delay=0.3, refuse_after=False)
        client.sendall(b"COMMIT")
        self.assertEqual(end.recv(10), b"COMMIT")
        end.close()
        self.assertEqual(read_until_reset(client), b"")
        self.connect()

    def test_it_holds_one_direction(self):
        client, end = self.connect()
        self.proxy.stall("down")
        end.sendall(b"down")
        client.sendall(b"up")
        self.assertEqual(end.recv(10), b"up")
        client.settimeout(0.1)
        self.assertRaises(TimeoutError, client.recv, 10)
        client.settimeout(WAIT_SECONDS_MAX)
        self.proxy.heal()
        self.assertEqual(client.recv(10), b"down")

    def test_without_a_server_nobody_gets_in(self):
        self.listener.close()
        self.assert_refused()

    def test_close_ends_all(self):
        client, end = self.connect()
        self.proxy.close()
        self.assertEqual((read_all(client), read_all(end)), (b"", b""))
        self.assertRaises(OSError, socket.create_connection, (postgres.ADDRESS, self.proxy.port))


class ProxiedServerTest(unittest.TestCase):
    def setUp(self):
        self.database = server.create_database()
        server.sql("create table t (a int); alter table t owner to loader", self.database)
        self.proxy = TcpProxy(server.port)
        self.addCleanup(self.proxy.close)

    def insert(self, sslmode="disable"):
        text = "begin; insert into t values (1); select 'inserted';\nCOMMIT;\nselect 'committed';"
        port = str(self.proxy.port)
        return psql(input=text, database=self.database, sslmode=sslmode, PGPORT=port)

    def rows(self):
        self.assertEqual(server.terminate_backends(self.database), 0)
        return server.sql("table t", self.database)

    def assert_lost(self, done):
        self.assertIn("server closed the connection unexpectedly", done.stderr)
        self.assertEqual((done.stdout, done.returncode), ("inserted\n", 2))

    def await_end(self):
        """A server learns at its next read that its client has gone."""
        query = f"select 1 from pg_stat_activity where datname = '{self.database}'"
        wait_until(lambda: not server.sql(query), "the session has ended")

    def test_all_goes_through_with_tls_too(self):
        for sslmode in ("disable", "verify-full"):
            done = self.insert(sslmode)
            self.assertEqual(done.stdout, "inserted\ncommitted\n", done.stderr)
        self.assertEqual(self.rows(), [["1"], ["1"]])
        self.assertGreater(self.proxy.bytes_down, 1000)

    def test_cut_before_commit_there_is_no_row(self):
        self.proxy.cut_on(b"COMMIT", "up", when="before")
        self.assert_lost(self.insert())
        self.await_end()
        self.assertEqual(self.rows(), [])

    def test_cut_after_commit_there_is_a_row(self):
        self.proxy.cut_on(b"COMMIT", "up", when="after", delay=0.2)
        self.assert_lost(self.insert())
        self.await_end()
        self.assertEqual(self.rows(), [["1"]])

    def test_cut_before_the_answer_there_is_a_row(self):
        self.proxy.cut_on(b"COMMIT", "down", when="before")
        self.assert_lost(self.insert())
        self.await_end()
        self.assertEqual(self.rows(), [["1"]])

    def test_every_byte_of_a_session_can_be_the_last(self):
        self.insert()
        total = self.proxy.bytes_up
        for count in range(0, total, 17):
            self.proxy.reset_counters()
            self.proxy.cut_after(count, "up")
            self.assertEqual(self.insert().returncode, 2)
            self.assertEqual((self.proxy.bytes_up, self.proxy.cuts), (count, 1))
            self.proxy.heal()


class Session:
    """A psql that stays connected; `at` is the server, for a test that is not of the first one."""

    def __init__(self, test, database, at=None):
        at = at or server
        self.process = subprocess.Popen(
            [at.program("psql"), "-X", "-w", "-q", "-A", "-t"],
            env={**postgres.clean_environment("PG"), **at.libpq_environment(database)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.test = test
        self.say("select 'connected';", answer="connected")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def begin(self, text):
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()

    def say(self, text, answer):
        self.begin(text)
        self.test.assertEqual(self.process.stdout.readline(), f"{answer}\n")

    def wait(self):
        """What it says about a connection that is gone."""
        return self.process.communicate("select 1;\n", timeout=WAIT_SECONDS_MAX)[0]


def send_and_end(end, data):
    end.sendall(data)
    end.shutdown(socket.SHUT_WR)


def read_all(end):
    """All bytes up to the end."""
    parts = []
    while part := end.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


def read_until_reset(end):
    """All bytes up to a reset; there has to be one."""
    parts = []
    try:
        while part := end.recv(1 << 20):
            parts.append(part)
    except ConnectionResetError:
        return b"".join(parts)
    raise AssertionError("an end where a reset was due")


def listening_addresses(pid):
    """The addresses, as /proc/net writes them, on which the process listens."""
    sockets = {os.readlink(file) for file in pathlib.Path("/proc", str(pid), "fd").iterdir()}
    addresses = []
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and f"socket:[{fields[9]}]" in sockets:
                addresses.append(fields[1].partition(":")[0])
    return addresses


if __name__ == "__main__":
    unittest.main()
