#!/usr/bin/env python3
"""`sparkify serve`: what its page holds, when it is new, and whom it answers.

On the warehouse that SPARKIFY_TEST_WAREHOUSE names.
"""

import concurrent.futures
import http.client
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle")]

import sparkify  # noqa: E402
import warehouses  # noqa: E402

EXIT_OK, EXIT_USAGE, EXIT_CONFIG, EXIT_DATABASE = 0, 2, 3, 5
OK, FOUND, NOT_FOUND, WRONG_METHOD, WRONG_HOST = 200, 302, 404, 405, 421
DATA = re.compile(r'<script type="application/json" id="report-data">(.*?)</script>', re.DOTALL)
POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]*)"')
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
REQUEST_SECONDS = 3  # what the server lets somebody take to ask
SLACK_SECONDS = 20  # this machine may be busy
WAIT_SECONDS_MAX = 60


def setUpModule():
    warehouses.start()


def tearDownModule():
    warehouses.stop()


class Server:
    """A `sparkify serve` that has printed its address."""

    def __init__(self, warehouse, *words, env=None):
        env = sparkify.on_warehouse(warehouse, env)
        self.process = sparkify.start("serve", *words, *sparkify.options(warehouse), env=env)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            _out, told = self.process.communicate(timeout=sparkify.TIMEOUT_S)
            raise AssertionError(f"serve ended with {self.process.returncode}: {told}")
        parts = urllib.parse.urlsplit(self.url)
        self.host, self.port, self.root = parts.hostname, parts.port, parts.path

    def request(self, path=None, method="GET", headers=None, body=None):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=WAIT_SECONDS_MAX)
        try:
            path = self.root if path is None else path
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def json(self, name):
        answer, body = self.request(self.root + name)
        if answer.status != OK:
            raise AssertionError(f"{name}: {answer.status}")
        return json.loads(body)

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        out, told = self.process.communicate(timeout=sparkify.TIMEOUT_S)
        return self.process.returncode, out, told


class ServeCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        self.warehouse = warehouses.new(self.folder)
        self.addCleanup(warehouses.drop, self.warehouse)

    def call(self, *words, exit_code=EXIT_OK, env=None):
        env = sparkify.on_warehouse(self.warehouse, env)
        done = sparkify.run(*words, *sparkify.options(self.warehouse), env=env)
        self.assertEqual(done.returncode, exit_code, done.stderr)
        return done

    def generate(self, events, days, name="data"):
        done = sparkify.run("generate", "--out", self.folder / name, "--events", events,
                            "--songs", 20, "--days", days)  # fmt: skip
        self.assertEqual(done.returncode, EXIT_OK, done.stderr)
        return self.folder / name

    def load(self, folder):
        self.call("etl", "--log-data", folder / "log_data", "--song-data", folder / "song_data")

    def serve(self, *words, env=None):
        server = Server(self.warehouse, "--refresh", 1, *words, env=env)
        self.addCleanup(server.process.communicate)
        self.addCleanup(server.process.kill)
        return server

    def report(self):
        done = self.call("report", "--format", "json", "--out", "-")
        return json.loads(done.stdout)

    def wait_until(self, is_so):
        end = time.monotonic() + WAIT_SECONDS_MAX
        while not (found := is_so()):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)
        return found

    def expect_the_same(self, live, report):
        """But for what tells when and how it was made."""
        self.assertIs(live.pop("live"), True)
        self.assertIs(report.pop("live"), False)
        for document in (live, report):
            document.pop("generated_at")
            document.pop("version")
        self.assertEqual(live, report)

    def copies(self):
        return list(self.folder.glob("warehouse.duckdb.view-*"))


class SharedServerCase(ServeCase):
    """One warehouse and one server for all tests of a class: they only read."""

    @classmethod
    def setUpClass(cls):
        cls.maker = ServeCase()
        cls.maker.setUp()
        cls.addClassCleanup(cls.maker.doCleanups)
        cls.maker.call("create-tables")
        cls.maker.load(cls.maker.generate(400, 3))
        cls.server = cls.maker.serve()

    def setUp(self):
        self.warehouse = self.maker.warehouse


class PageTest(SharedServerCase):
    def test_the_page_and_its_data_are_those_of_the_report(self):
        answer, page = self.server.request()
        self.assertEqual(answer.status, OK)
        self.assertEqual(answer.headers["Content-Type"], "text/html; charset=utf-8")
        inside = json.loads(DATA.search(page.decode()).group(1))
        alone = self.server.json("report.json")
        self.assertEqual(inside, alone)
        self.assertEqual(alone["version"], self.server.json("state.json")["version"])
        self.expect_the_same(alone, self.report())

    def test_the_address_is_printed_alone(self):
        self.assertRegex(self.server.url, r"^http://127\.0\.0\.1:\d+/[0-9a-f]{32}/$")

    def test_the_policy_lets_only_our_script_in_and_only_us_be_asked(self):
        answer, page = self.server.request()
        policy = answer.headers["Content-Security-Policy"]
        self.assertEqual(policy, POLICY.search(page.decode()).group(1) + "; frame-ancestors 'none'")
        self.assertIn("default-src 'none'", policy)
        self.assertIn("connect-src 'self'", policy)
        self.assertNotIn("unsafe", policy)

    def test_every_answer_says_what_may_be_made_of_it(self):
        for path in (None, self.server.root + "report.json", self.server.root + "state.json", "/x"):
            answer, _body = self.server.request(path)
            for name, value in HEADERS.items():
                self.assertEqual(answer.headers[name], value, f"{path}: {name}")

    def test_the_address_without_its_last_slash_leads_there(self):
        answer, _body = self.server.request(self.server.root.rstrip("/"))
        self.assertEqual(answer.status, FOUND)
        self.assertEqual(answer.headers["Location"], self.server.root)

    def test_without_the_token_there_is_nothing(self):
        wrong = "/" + "0" * 32 + "/"
        told = set()
        for path in ("/", "/report.json", wrong, wrong + "report.json", "/favicon.ico", "/../x",
                     self.server.root + "x", self.server.root + "../report.json"):  # fmt: skip
            answer, body = self.server.request(path)
            self.assertEqual(answer.status, NOT_FOUND, path)
            self.assertNotIn(self.server.root.strip("/").encode(), body)
            told.add(body)
        self.assertEqual(len(told), 1, "a wrong token and a wrong place look alike")

    def test_other_methods_get_nothing(self):
        for method in ("HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            body = b"x" * 1000 if method in ("POST", "PUT", "PATCH") else None
            answer, _body = self.server.request(method=method, body=body)
            self.assertEqual(answer.status, WRONG_METHOD, method)
            self.assertEqual(answer.headers["Allow"], "GET")

    def test_other_names_get_nothing(self):
        for host in ("evil.example", "127.0.0.1.evil.example", f"evil.example:{self.server.port}"):
            answer, body = self.server.request(headers={"Host": host})
            self.assertEqual(answer.status, WRONG_HOST, host)
            self.assertNotIn(b"report-data", body)
        answer, _body = self.server.request(headers={"Host": "localhost:8000"})
        self.assertEqual(answer.status, OK, "the other end of a tunnel")

    def test_nothing_is_packed_and_no_part_is_given(self):
        for headers in ({"Accept-Encoding": "br, gzip"}, {"Range": "bytes=0-1,0-2,0-3"}):
            answer, body = self.server.request(headers=headers)
            self.assertEqual(answer.status, OK)
            self.assertIsNone(answer.headers["Content-Encoding"])
            self.assertTrue(body.startswith(b"<!doctype html>"))

    def test_only_this_machine_is_listened_to(self):
        listening = []
        for name in ("tcp", "tcp6"):
            for line in pathlib.Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
                local, state = line.split()[1], line.split()[3]
                if state == "0A" and int(local.split(":")[1], 16) == self.server.port:
                    listening.append(local.split(":")[0])
        self.assertEqual(listening, ["0100007F"])


class BoundsTest(SharedServerCase):
    """A connection ends, whatever the other side does."""

    def connect(self):
        return socket.create_connection((self.server.host, self.server.port), WAIT_SECONDS_MAX)

    def received(self, connection):
        """All that comes until the server ends it; a reset is an end."""
        text = b""
        try:
            while piece := connection.recv(65536):
                text += piece
        except ConnectionResetError:
            pass
        return text

    def test_a_request_that_goes_on_and_on_is_ended(self):
        with self.connect() as connection:
            begun = time.monotonic()
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            try:
                while time.monotonic() - begun < REQUEST_SECONDS + SLACK_SECONDS:
                    connection.sendall(b"X-More: 1\r\n")
                    time.sleep(0.25)
            except OSError:
                pass
            self.received(connection)
            self.assertLess(time.monotonic() - begun, REQUEST_SECONDS + SLACK_SECONDS)

    def test_headers_without_end_are_ended(self):
        sent = 0
        with self.connect() as connection:
            try:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
                while sent < 1 << 24:
                    connection.sendall(b"X-More: " + b"y" * 1000 + b"\r\n")
                    sent += 1000
            except OSError:
                pass
            self.assertNotIn(b"report-data", self.received(connection))
        self.assertLess(sent, 1 << 24)

    def test_a_long_address_and_a_long_body_are_refused(self):
        answer, _body = self.server.request(self.server.root + "x" * 20000)
        self.assertGreaterEqual(answer.status, 400)
        with self.connect() as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999999\r\n\r\n")
            self.assertIn(b" 405 ", self.received(connection))

    def test_what_is_no_http_harms_nobody(self):
        for text in (b"\x16\x03\x01\x02\x00", b"\r\n\r\n", b"GET\r\n\r\n", b"\0" * 100 + b"\r\n\r\n",
                     b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"):  # fmt: skip
            with self.connect() as connection:
                connection.sendall(text)
                connection.shutdown(socket.SHUT_WR)
                self.assertNotIn(b"report-data", self.received(connection))
        self.assertEqual(self.server.request()[0].status, OK)

    def test_who_says_nothing_holds_nobody_up_for_long(self):
        silent = [self.connect() for _ in range(50)]  # more than threads, fewer than may wait
        begun = time.monotonic()
        self.assertEqual(self.server.request()[0].status, OK)
        self.assertLess(time.monotonic() - begun, REQUEST_SECONDS + SLACK_SECONDS)
        for connection in silent:
            connection.close()

    def test_a_burst_of_silent_connections_is_over_soon(self):
        silent = [self.connect() for _ in range(300)]
        time.sleep(REQUEST_SECONDS + 1)
        begun = time.monotonic()
        self.assertEqual(self.server.request()[0].status, OK)
        self.assertLess(time.monotonic() - begun, SLACK_SECONDS)
        for connection in silent:
            connection.close()

    def test_who_reads_nothing_is_left(self):
        with self.connect() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            request = f"GET {self.server.root} HTTP/1.1\r\nHost: localhost\r\n\r\n"
            connection.sendall(request.encode())
            time.sleep(0.5)
            self.assertEqual(self.server.request()[0].status, OK)

    def test_many_at_once(self):
        with concurrent.futures.ThreadPoolExecutor(16) as crew:
            answers = list(crew.map(lambda _: self.server.request()[0].status, range(64)))
        self.assertEqual(set(answers), {OK})


class LiveTest(ServeCase):
    def test_what_a_run_loads_is_there_soon(self):
        self.call("create-tables")
        server = self.serve()
        empty = server.json("report.json")
        self.assertEqual((empty["banner"]["plays"], empty["version"]), (0, 1))
        self.load(self.generate(300, 2))
        self.wait_until(lambda: server.json("state.json")["version"] > 1)
        self.wait_until(lambda: server.json("report.json")["banner"]["last_run"])
        self.expect_the_same(server.json("report.json"), self.report())
        self.assertEqual(server.end(), (EXIT_OK, "", self.told))

    told = "sparkify: serving the report on this machine only; Ctrl-C ends it\n"

    def test_a_run_and_its_viewers_go_on_beside_each_other(self):
        self.call("create-tables")
        server = self.serve()
        data = self.generate(6000, 30)
        run = sparkify.start(
            *("etl", "--log-data", data / "log_data", "--song-data", data / "song_data"),
            *sparkify.options(self.warehouse),
            env=sparkify.on_warehouse(self.warehouse, {"SPARKIFY_GROUP_BYTES": "60000"}),
        )
        seen = []
        while run.poll() is None:
            document = server.json("report.json")
            plays = sum(row[3] for row in document["analyses"][0]["rows"])
            self.assertEqual(document["banner"]["plays"], plays, "of one moment")
            seen.append(plays)
        _out, told = run.communicate()
        self.assertEqual(run.returncode, EXIT_OK, told)
        self.assertEqual(seen, sorted(seen))
        expected = self.report()
        self.wait_until(lambda: server.json("report.json")["banner"] == expected["banner"])
        self.expect_the_same(server.json("report.json"), expected)
        self.assertEqual(server.end(signal.SIGTERM)[0], EXIT_OK)
        self.assertEqual(self.copies(), [])

    def test_a_warehouse_that_goes_and_comes_back(self):
        self.call("create-tables")
        self.load(self.generate(100, 1))
        server = self.serve()
        sparkify.execute_sql(self.warehouse, "alter table time rename to other_time")
        trouble = self.wait_until(lambda: self.new_trouble(server))
        self.assertIn("time", trouble)
        self.assertGreater(server.json("report.json")["banner"]["plays"], 0, "what was there stays")
        self.assertEqual(server.request()[0].status, OK)
        sparkify.execute_sql(self.warehouse, "alter table other_time rename to time")
        self.load(self.generate(200, 2, "more"))
        self.wait_until(lambda: server.json("state.json")["trouble"] is None)
        self.wait_until(lambda: server.json("report.json")["banner"]["plays"] == self.plays())

    def new_trouble(self, server):
        # On a server only a run is a reason to look; on a file any change is.
        if sparkify.is_postgres(self.warehouse):
            sparkify.execute_sql(self.warehouse, "update etl_runs set finished_at = now()")
        return server.json("state.json")["trouble"]

    def plays(self):
        return self.report()["banner"]["plays"]

    def test_own_analyses_are_there_and_may_only_read(self):
        self.call("create-tables")
        ours = self.folder / "ours"
        ours.mkdir()
        (ours / "all.sql").write_text("-- title: All\n-- chart: kpi\nselect count(*) as n from songplays")
        server = self.serve("--reports", ours)
        self.assertEqual(server.json("report.json")["analyses"][-1]["rows"], [[0]])
        server.end()
        (ours / "gone.sql").write_text("-- title: Gone\n-- chart: kpi\ndelete from songplays")
        done = self.call("serve", "--reports", ours, exit_code=EXIT_DATABASE)
        self.assertIn("gone.sql", done.stderr)


class StartTest(ServeCase):
    def test_without_tables_it_does_not_start(self):
        done = self.call("serve", exit_code=EXIT_DATABASE)
        self.assertIn("create-tables", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_a_port_that_is_taken_is_named(self):
        self.call("create-tables")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = self.call("serve", "--port", port, exit_code=EXIT_CONFIG)
        self.assertIn(f"port {port} of 127.0.0.1 cannot be had", done.stderr)
        self.assertIn("--port", done.stderr)

    def test_a_port_that_is_free_is_taken(self):
        self.call("create-tables")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.assertEqual(self.serve("--port", port).port, port)

    def test_what_is_no_port_or_pause_is_refused(self):
        for words in (("--port", 70000), ("--port", "x"), ("--refresh", 0), ("--refresh", -1)):
            self.call("serve", *words, exit_code=EXIT_USAGE)

    def test_the_address_as_json(self):
        self.call("create-tables")
        server = Server(self.warehouse, "--json")
        self.addCleanup(server.process.communicate)
        self.addCleanup(server.process.kill)
        told = json.loads(server.url)
        self.assertEqual(told["format"], "sparkify.serve/1")
        self.assertRegex(told["url"], r"^http://127\.0\.0\.1:\d+/[0-9a-f]{32}/$")

    def test_it_ends_at_once_whoever_is_connected(self):
        self.call("create-tables")
        server = self.serve()
        with socket.create_connection((server.host, server.port), WAIT_SECONDS_MAX):
            time.sleep(0.2)
            begun = time.monotonic()
            self.assertEqual(server.end()[0], EXIT_OK)
            self.assertLess(time.monotonic() - begun, REQUEST_SECONDS - 1)

    def test_an_address_that_nobody_can_read_is_an_error(self):
        self.call("create-tables")
        with open("/dev/full", "wb") as full:
            process = subprocess.run(
                [sparkify.binary(), "serve", *sparkify.options(self.warehouse)],
                env=sparkify.environment(sparkify.on_warehouse(self.warehouse)),
                stdout=full,
                stderr=subprocess.PIPE,
                timeout=sparkify.TIMEOUT_S,
                check=False,
            )
        self.assertEqual(process.returncode, EXIT_CONFIG)
        self.assertIn(b"stdout (No space left on device)", process.stderr)

    def test_two_servers_have_two_tokens(self):
        self.call("create-tables")
        one, other = self.serve(), self.serve()
        self.assertNotEqual(one.root, other.root)
        self.assertEqual(other.request(one.root)[0].status, NOT_FOUND)

    def test_no_secret_is_in_what_it_says_or_serves(self):
        if not sparkify.is_postgres(self.warehouse):
            return
        self.call("create-tables")
        server = self.serve("-vv")
        secret = sparkify.on_warehouse(self.warehouse, None)["SPARKIFY_DB_PASSWORD"]
        served = server.request()[1] + server.request(server.root + "state.json")[1]
        _code, out, told = server.end()
        self.assertNotIn(secret.encode(), served)
        self.assertNotIn(secret, server.url + out + told)


if __name__ == "__main__":
    unittest.main()
