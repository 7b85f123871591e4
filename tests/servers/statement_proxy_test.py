"""The tests of StatementProxy: what becomes of a statement, and of what is around it.

Run it as `python3 tests/servers/statement_proxy_test.py`.
"""

import pathlib
import ssl
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import postgres  # noqa: E402
from postgres import PostgresServer  # noqa: E402
from statement_proxy import StatementProxy  # noqa: E402

WAIT_SECONDS_MAX = 20
ROUND = ("begin;", "insert into t values (1);", "COMMIT;", "select count(*) from t;")

server = None


def setUpModule():
    global server
    server = PostgresServer()
    server.start()
    unittest.addModuleCleanup(server.close)


class StatementProxyTest(unittest.TestCase):
    def setUp(self):
        self.database = server.create_database()
        server.sql("create table t (a int); alter table t owner to loader", self.database)
        self.proxy = self.new_proxy()

    def new_proxy(self, tls=None):
        proxy = StatementProxy(server.port, tls)
        self.addCleanup(proxy.close)
        return proxy

    def psql(self, *lines, proxy=None, sslmode="disable"):
        known = server.libpq_environment(self.database, sslmode=sslmode)
        return subprocess.run(
            [server.program("psql"), "-X", "-w", "-q", "-A", "-t", "-v", "VERBOSITY=verbose"],
            env={
                **postgres.clean_environment("PG"),
                **known,
                "PGPORT": str((proxy or self.proxy).port),
            },
            input="\n".join(lines),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def rows(self):
        """When the server knows that its client is gone."""
        left = f"select 1 from pg_stat_activity where datname = '{self.database}'"
        end = time.monotonic() + WAIT_SECONDS_MAX
        while server.sql(left):
            self.assertLess(time.monotonic(), end, "a session is left")
        return int(server.sql("select count(*) from t", self.database)[0][0])

    def test_all_goes_through_and_is_counted(self):
        done = self.psql(*ROUND)
        self.assertEqual((done.stdout, done.stderr), ("1\n", ""))
        found = [(text.rstrip(";"), in_block) for text, in_block in self.proxy.statements]
        blocks = [False, True, True, False]
        self.assertEqual(found, [(sql.rstrip(";"), is_in) for sql, is_in in zip(ROUND, blocks)])
        self.assertEqual((self.proxy.connections, self.proxy.struck), (1, []))

    def test_many_rows_both_ways(self):
        copy = ("copy t from stdin;", *map(str, range(50_000)), "\\.", "table t;")
        done = self.psql(*copy)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout.split(), [str(n) for n in range(50_000)])

    def test_tls_ends_here(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(server.folder / "server.crt", server.folder / "server.key")
        proxy = self.new_proxy(context)
        done = self.psql(*ROUND, proxy=proxy, sslmode="verify-full")
        self.assertEqual((done.stdout, done.stderr), ("1\n", ""))
        self.assertEqual(len(proxy.statements), len(ROUND))
        self.assertIn("does not support SSL", self.psql("select 1;", sslmode="require").stderr)

    def test_a_failed_statement_fails_its_transaction(self):
        self.proxy.fail(2, "40001", "planted here")
        done = self.psql(*ROUND)
        self.assertIn("ERROR:  40001: planted here", done.stderr)
        self.assertEqual(done.stdout, "0\n", "the COMMIT has rolled back")

    def test_a_statement_without_a_transaction_fails_alone(self):
        self.proxy.fail(1, "53100")
        done = self.psql("insert into t values (1);", "insert into t values (2);")
        self.assertIn("53100: planted", done.stderr)
        self.assertEqual(self.rows(), 1)

    def test_the_same_text_fails_as_often_as_was_said(self):
        self.proxy.fail(2, "40001", times=2)
        insert = "insert into t values (1);"
        done = self.psql(insert, insert, "select 5;", insert, insert)
        self.assertEqual(done.stderr.count("40001"), 2)
        self.assertEqual((done.stdout, self.rows()), ("5\n", 2))
        self.assertEqual(len(self.proxy.struck), 2)

    def test_the_first_that_fits_is_meant(self):
        self.proxy.fail(1, "40001", fits=lambda statement: statement.in_block)
        self.assertIn("40001", self.psql("select 1;", *ROUND).stderr)
        self.assertEqual(self.proxy.struck[0].text.rstrip(";"), ROUND[1].rstrip(";"))

    def test_a_fatal_error_ends_the_session(self):
        self.proxy.fail(2, "57P01", "ended", is_fatal=True)
        done = self.psql(*ROUND)
        self.assertIn("FATAL:  57P01: ended", done.stderr)
        self.assertEqual((done.returncode, self.rows()), (2, 0))

    def test_a_cut_before_a_commit_and_one_after_it(self):
        for when, rows in (("before", 0), ("after", 1)):
            with self.subTest(when=when):
                proxy = self.new_proxy()
                proxy.cut(3, when)
                done = self.psql(*ROUND, proxy=proxy)
                self.assertEqual((done.stdout, done.returncode), ("", 2))
                self.assertEqual(self.rows(), rows)
                self.assertEqual(self.psql("select 1;", proxy=proxy).stdout, "1\n")

    def test_nobody_gets_in_behind_a_cut_until_it_is_healed(self):
        self.proxy.cut(1, "before", refuse_after=True)
        for _ in range(2):
            self.assertEqual(self.psql("select 1;").returncode, 2)
        self.proxy.heal()
        self.assertEqual(self.psql("select 1;").stdout, "1\n")

    def test_connections_are_turned_away(self):
        self.proxy.turn_away(2, "53300", "no room")
        self.assertEqual(self.psql("select 1;").stdout, "1\n")
        self.assertIn("FATAL:  no room", self.psql("select 1;").stderr)
        self.assertEqual(self.proxy.refused, 1)


if __name__ == "__main__":
    unittest.main()
