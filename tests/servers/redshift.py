"""A stand-in for Amazon Redshift: speaks PostgreSQL's protocol, and behaves like Redshift.

    with RgwServer() as s3:
        service = s3.create_user("redshift")
        role = s3.create_role("load", service, [allow(["GetObject", "ListBucket"], "logs")])
        with RedshiftServer(s3, service) as server:
            database = server.create_database()
            url = server.url(database, sslmode="verify-full")
            sparkify.run("etl", "--warehouse", url, "--iam-role", role, env=server.environment())
            server.sql("select count(*) from etl_runs", database)

It is a proxy in front of a PostgresServer of its own. What it follows are AWS's documents, which
redshift_test.py names at each behaviour; README.md says where it differs.

By hand: `redshift.py` starts it with an S3 server, a bucket and a role, prints the environment that
leads to them and runs until Ctrl-C; `redshift.py -- COMMAND ARGS...` runs a command in it instead.
"""

import argparse
import collections
import itertools
import pathlib
import re
import select
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import redshift_copy  # noqa: E402
import redshift_database  # noqa: E402
import redshift_wire as wire  # noqa: E402
from postgres import ADDRESS, HOST, LOADER, PostgresServer  # noqa: E402
from redshift_source import S3Source  # noqa: E402
from redshift_sql import (  # noqa: E402
    PARAMETERS_MAX,
    SqlError,
    Values,
    known_setting,
    rewrite,
    split,
)
from redshift_wire import Channel, Gone  # noqa: E402
from rgw import RgwError, RgwServer, clean_environment, free_ports  # noqa: E402
from s3_client import allow  # noqa: E402

BACKLOG = 128
END_SECONDS_MAX = 10
FIRST_QUERY_ID = 1000
CLUSTER = "sparkify-test"
ACCOUNT = "123456789012"
ISOLATIONS = {"snapshot": "repeatable read", "serializable": "serializable"}

# Parameters of a PostgreSQL 8.0 that the client is told of.
REPORTED = {
    "client_encoding",
    "DateStyle",
    "integer_datetimes",
    "is_superuser",
    "server_encoding",
    "server_version",
    "session_authorization",
    "TimeZone",
}
PASSING = b"DTCI123nstA"  # kinds of messages that nothing is to be seen in
REFUSAL = re.compile(r"redshift_refusal_(\d+)")
WITH_ID = ("select", "with", "insert", "update", "delete", "merge", "copy")

# psycopg, pgx and JDBC report 1023 with this SQLSTATE, not with 40001.
CONFLICT_SQLSTATE = "XX000"

Sent = collections.namedtuple("Sent", "session sql")


class BackendError(Exception):
    """PostgreSQL refused a statement that the client does not know of."""

    def __init__(self, message):
        super().__init__(wire.error_fields(message.body).get("M", ""))
        self.message = message


# Redshift joins by hash, whatever it knows of a table's size.
SETTINGS = {
    "max_connections": 100,
    "enable_nestloop": "off",
    "enable_mergejoin": "off",
    "work_mem": "64MB",
    "jit": "off",
}


class RedshiftServer:
    """A context manager; or start() and close(). Start it from a thread that outlives it.

    `s3` is an RgwServer, and `service` its User who may assume the roles of COPY; without them
    COPY finds no role. `isolation` is that of all databases: "snapshot" or "serializable".
    `region` is where the cluster is, that of `s3` if not given. `conflict_sqlstate` is what comes
    with the error 1023 and its like.
    """

    def __init__(
        self,
        s3=None,
        service=None,
        isolation="snapshot",
        require_tls=True,
        region=None,
        conflict_sqlstate=CONFLICT_SQLSTATE,
        settings=None,
    ):
        self.isolation = isolation
        self.require_tls = require_tls
        self.conflict_sqlstate = conflict_sqlstate
        self.region = region or (s3.region if s3 else "us-east-1")
        self.name, self.account = CLUSTER, ACCOUNT
        self.errors_view = "stl_load_errors"  # to which a failed COPY leads
        self.bucket_regions = {}  # of buckets that are to seem elsewhere
        self.source = S3Source(self, s3, service)
        self.postgres = PostgresServer(settings={**SETTINGS, **(settings or {})})
        self.lock = threading.Lock()
        self.sent = []
        self.failures = []
        self.cuts = []
        self.sessions = set()
        self.database_numbers = itertools.count(1)
        self.session_numbers = itertools.count(1)
        self.query_ids = itertools.count(FIRST_QUERY_ID)
        self.listener = None
        self.paused = None
        self.port = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.close()

    # What tests need to know

    @property
    def folder(self):
        return self.postgres.folder

    @property
    def ca_file(self):
        """Who signed the certificate, for `localhost` and 127.0.0.1."""
        return self.postgres.ca_file

    @property
    def other_ca_file(self):
        return self.postgres.other_ca_file

    def url(self, database, role=LOADER, host=HOST, port=None, **params):
        """Without a password; `port` leads through a proxy, `params` are libpq's."""
        user, name = (urllib.parse.quote(text, safe="") for text in (role, database))
        query = urllib.parse.urlencode(params, quote_via=urllib.parse.quote, safe="")
        place = f"{urllib.parse.quote(host, safe='')}:{port or self.port}"
        return f"redshift://{user}@{place}/{name}{'?' if query else ''}{query}"

    def environment(self, role=LOADER, sslmode=None):
        """The variables by which our program gets in as that role."""
        return self.postgres.environment(role, sslmode)

    def libpq_environment(self, database, role=LOADER, sslmode="verify-full"):
        """The variables by which psql, and everything else on libpq, connects as that role."""
        known = self.postgres.libpq_environment(database, role, sslmode)
        return {**known, "PGPORT": str(self.port)}

    def sql(self, text, database="postgres"):
        """The rows of statements of PostgreSQL's superuser, past the stand-in."""
        return self.postgres.sql(text, database)

    def create_role(self, name, password=None, options="login"):
        return self.postgres.create_role(name, password, options)

    def create_database(self, name=None, owner=None):
        """The name of a new database that looks like Redshift's."""
        name = name or f"test_{next(self.database_numbers)}"
        quoted, owner = (f'"{text}"' for text in (name, owner or LOADER))
        template = redshift_database.TEMPLATE
        self.sql(f"create database {quoted} owner {owner} template {template}")
        return name

    def drop_database(self, name):
        self.postgres.drop_database(name)

    # What clients sent, and what goes wrong on order

    @property
    def statements(self):
        """All that clients sent so far, in order: Sent(session, sql)."""
        with self.lock:
            return list(self.sent)

    def clear_statements(self):
        with self.lock:
            self.sent = []

    def fail_next(self, pattern, sqlstate="XX000", message="error on order", times=1):
        """The next statements in which the regular expression is found fail so."""
        with self.lock:
            self.failures.append([re.compile(pattern, re.I | re.S), times, sqlstate, message])

    def cut_on(self, pattern, when="before", nth=1):
        """Cuts the connection at the nth statement in which the regular expression is found:
        "before" it runs, or "after" it has run, and nobody hears what came of it."""
        assert when in ("before", "after")
        with self.lock:
            self.cuts.append([re.compile(pattern, re.I | re.S), nth, when])

    def pause(self, how="refuse"):
        """A paused cluster: all connections end. Who connects then is turned away ("refuse"), told
        so ("fatal"), or gets no answer ("silent")."""
        assert how in ("refuse", "fatal", "silent")
        with self.lock:
            self.paused = how
        if how == "refuse":
            self.close_listener()
        self.end_sessions()

    def resume(self):
        with self.lock:
            self.paused = None
        self.end_sessions()  # those that wait for an answer
        if self.listener is None:
            self.listen()

    def end_sessions(self):
        """Cuts all connections; says how many they were."""
        with self.lock:
            sessions = list(self.sessions)
        for session in sessions:
            session.stop()
        for session in sessions:
            session.join(END_SECONDS_MAX)
        return len(sessions)

    # Start and stop

    def start(self):
        self.postgres.start()
        try:
            redshift_database.prepare(self.postgres)
            self.log = redshift_database.LoadLog(self.postgres)
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(self.folder / "server.crt", self.folder / "server.key")
            [self.port] = free_ports(1)
            self.listen()
        except BaseException:
            self.close()
            raise

    def close(self):
        self.close_listener()
        self.end_sessions()
        self.postgres.close()

    def listen(self):
        self.listener = socket.create_server((ADDRESS, self.port), backlog=BACKLOG)
        threading.Thread(target=self.accept, args=[self.listener], daemon=True).start()

    def close_listener(self):
        listener, self.listener = self.listener, None
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)  # ends the wait of accept()
            listener.close()

    def accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = Session(self, client)
            with self.lock:
                self.sessions.add(session)
            session.start()

    # For sessions

    def record(self, session, sql):
        with self.lock:
            self.sent.append(Sent(session, sql))

    def ordered_failure(self, sql):
        with self.lock:
            for failure in self.failures:
                if failure[0].search(sql):
                    failure[1] -= 1
                    if failure[1] == 0:
                        self.failures.remove(failure)
                    return SqlError(*failure[2:])
        return None

    def ordered_cut(self, sql):
        """When to cut, if it is time."""
        with self.lock:
            due = None
            for cut in list(self.cuts):
                if cut[0].search(sql):
                    cut[1] -= 1
                    if cut[1] == 0:
                        self.cuts.remove(cut)
                        due = cut[2]
            return due

    def forget(self, session):
        with self.lock:
            self.sessions.discard(session)

    def cancel(self, key):
        """As a client's CancelRequest wants it: in PostgreSQL, and a COPY also here."""
        with self.lock:
            found = [session for session in self.sessions if session.key == key]
        for session in found:
            session.cancelled = session.is_loading
        with self.connect() as backend:
            backend.sendall(wire.packet(wire.CANCEL_REQUEST, key))
            backend.recv(1)  # it has been heard when this ends

    def connect(self):
        return socket.create_connection((ADDRESS, self.postgres.port))

    def region_of(self, bucket):
        there = self.source.s3.region if self.source.s3 else self.region
        return self.bucket_regions.get(bucket, there)


class Session(threading.Thread):
    """A connection of a client, and with it one to PostgreSQL."""

    def __init__(self, server, client):
        super().__init__(daemon=True)
        self.server = server
        self.number = next(server.session_numbers)
        self.client = Channel(client)
        self.backend = None
        self.key = None  # of the backend, by which it is cancelled
        self.status = b"I"
        self.values = Values()
        self.refusals = {}
        self.batch = []
        self.batch_copy = None
        self.truncates = False
        self.is_mute = False  # the connection is to be cut when this is done
        self.is_loading = self.cancelled = self.is_stopped = False

    @property
    def pid(self):
        return int.from_bytes(self.key[:4], "big")

    def run(self):
        try:
            if self.start_up():
                while self.serve(self.next_message()):
                    pass
        except (Gone, OSError):
            pass  # one side has gone
        except ValueError:
            if not self.is_stopped:  # else it is a socket that is closed
                raise
        finally:
            self.client.close()
            if self.backend is not None:
                self.backend.close()
            self.server.forget(self)

    def stop(self):
        self.is_stopped = self.cancelled = True
        for channel in (self.client, self.backend):
            if channel is not None:
                channel.stop()

    # The beginning

    def start_up(self):
        """Whether there is a session then."""
        if self.server.paused == "silent":
            while True:
                self.client.fill()
        number, rest = self.client.read_packet()
        is_encrypted = False
        while number in (wire.SSL_REQUEST, wire.GSS_REQUEST):
            self.client.send(b"S" if number == wire.SSL_REQUEST else b"N")
            if number == wire.SSL_REQUEST:
                self.client = Channel(self.server.tls.wrap_socket(self.client.end, True))
                is_encrypted = True
            number, rest = self.client.read_packet()
        if number == wire.CANCEL_REQUEST:
            self.server.cancel(rest)
            return False
        words = wire.strings(rest)
        parameters = dict(zip(words[::2], words[1::2]))
        try:
            self.admit(number, parameters, is_encrypted)
            self.log_in(backend_parameters(parameters, ISOLATIONS[self.server.isolation]))
        except SqlError as error:
            self.client.send(wire.error(error.sqlstate, error.message, severity="FATAL"))
            return False
        return True

    def admit(self, number, parameters, is_encrypted):
        if self.server.paused == "fatal":
            raise SqlError("57P03", "the cluster is paused")
        if number != wire.PROTOCOL_3:
            raise SqlError("08P01", f"unsupported frontend protocol {number >> 16}")
        if self.server.require_tls and not is_encrypted:
            user, database = parameters.get("user"), parameters.get("database")
            raise SqlError(
                "28000",
                f'no pg_hba.conf entry for host "{ADDRESS}", user "{user}",'
                f' database "{database or user}", SSL off',
            )

    def log_in(self, parameters):
        """PostgreSQL asks for the password, the client answers; all of it passes through."""
        self.backend = Channel(self.server.connect())
        self.backend.end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pairs = [wire.text(text) for pair in parameters.items() for text in pair]
        self.backend.send(wire.packet(wire.PROTOCOL_3, *pairs, b"\0"))
        while True:
            message = self.backend.read()
            if message.kind == b"K":
                self.key = message.body
            self.client.send(self.translated(message))
            if message.kind == b"Z":
                return
            kind = int.from_bytes(message.body[:4], "big")
            if message.kind == b"R" and kind not in (0, 12):  # neither is answered
                self.backend.send(wire.message(*self.client.read()))

    # The loop

    def next_message(self):
        """The client's; what the server says meanwhile is passed on."""
        while not self.client.has_waiting():
            ends = [self.client.end, self.backend.end]
            ready = [] if self.backend.has_message() else select.select(ends, [], [])[0]
            if self.backend.has_message() or self.backend.end in ready:
                self.client.send(self.translated(self.backend.read()))
            elif self.client.end in ready:
                break
        return self.client.read()

    def serve(self, message):
        """Whether the client goes on."""
        if message.kind == b"X":
            return False
        self.values.in_block = self.status != b"I"
        if message.kind == b"Q":
            self.serve_query(decoded(message.body[:-1]))
        elif message.kind == b"P":
            self.batch.append(self.parse(message.body))
        elif message.kind == b"B" and parameter_count(message.body) > PARAMETERS_MAX:
            self.batch.append(self.refused_parse(too_many_parameters()))
        else:
            self.batch.append(wire.message(*message))
        if message.kind == b"S" and self.batch_copy is not None:
            self.batch, statement, self.batch_copy = [], self.batch_copy, None
            self.run_copy(statement, wire.message(b"1") + wire.message(b"2") + wire.message(b"n"))
        elif message.kind in b"SH":
            self.backend.send(b"".join(self.batch))
            self.batch = []
            if message.kind == b"S":
                self.relay()
        return not self.is_mute or bool(self.batch)

    def tell(self, data):
        if not self.is_mute:
            self.client.send(data)

    def serve_query(self, sql):
        statements = self.prepared(sql)
        if isinstance(statements, str):
            self.backend.send(wire.message(b"Q", encoded(statements), b"\0"))
            self.relay()
        else:
            self.run_copy(statements)

    def parse(self, body):
        """A Parse for PostgreSQL. COPY is kept until the client says Sync."""
        name, sql, rest = body.split(b"\0", 2)
        prepared = self.prepared(decoded(sql))
        if not isinstance(prepared, str):
            if self.batch or name:
                prepared = self.refusal(SqlError("0A000", "the stand-in runs a COPY alone"))
            else:
                self.batch_copy, prepared = prepared, ""
        return wire.message(b"P", name, b"\0", encoded(prepared), b"\0", rest)

    def refused_parse(self, error):
        return wire.message(b"P", b"\0", wire.text(self.refusal(error)), b"\0\0")

    def prepared(self, sql):
        """Text for PostgreSQL; or a statement, if it is a COPY."""
        self.server.record(self.number, sql)
        cut = self.server.ordered_cut(sql)
        if cut == "before":
            raise Gone()
        self.is_mute |= cut == "after"
        failure = self.server.ordered_failure(sql)
        if failure is not None:
            return self.refusal(failure)
        try:
            statements = split(sql)
            for statement in statements:
                refuse(statement)
            if any(statement.starts("copy") for statement in statements):
                if len(statements) > 1:
                    raise SqlError("0A000", "the stand-in runs a COPY alone")
                return statements[0]
            return ";".join(map(self.rewritten, statements)) if statements else sql
        except SqlError as error:
            return self.refusal(error)

    def rewritten(self, statement):
        self.truncates |= statement.starts("truncate")
        if any(parameter_number(token) > PARAMETERS_MAX for token in statement.tokens):
            raise too_many_parameters()
        has_id = statement[0].word in WITH_ID and "pg_last_" not in statement.text
        text = rewrite(statement, self.values)
        if has_id:
            self.values.last_query_id = next(self.server.query_ids)
        return text

    def refusal(self, error):
        """A text that PostgreSQL refuses; its error becomes this one. So all that an error does, to
        a transaction and to the messages behind it, it does here."""
        number = len(self.refusals)
        self.refusals[number] = error
        return f"redshift_refusal_{number}"

    def relay(self):
        """Passes on what the server says, until it is ready."""
        waiting = bytearray()
        while True:
            waiting += self.backend.skim(PASSING)
            if len(waiting) >= wire.CHUNK_BYTES or not self.backend.has_message():
                self.tell(waiting)
                waiting = bytearray()
            message = self.backend.read()
            if message.kind == b"Z":
                self.status = message.body
                waiting += self.commit_truncation() + wire.ready(self.status)
                self.tell(waiting)
                return
            waiting += self.translated(message)

    def commit_truncation(self):
        """TRUNCATE commits the transaction in which it is run."""
        does, self.truncates = self.truncates, False
        if does and self.status == b"T":
            try:
                self.ask("commit")
            except BackendError as error:
                return self.translated(error.message)
        return b""

    def translated(self, message):
        """The message as the client is to see it; empty if it is not."""
        if message.kind == b"S":
            name, value = wire.strings(message.body)
            value = redshift_database.VERSION if name == "server_version" else value
            return wire.parameter_status(name, value) if name in REPORTED else b""
        if message.kind == b"E":
            fields = wire.error_fields(message.body)
            found = REFUSAL.search(fields.get("M", ""))
            if found:
                error = self.refusals[int(found.group(1))]
                return wire.error(error.sqlstate, error.message, error.detail)
            if fields.get("C") == "40001":
                return self.conflict()
            if fields.get("C") == "57014" and "user request" in fields["M"]:
                return wire.error("57014", redshift_copy.cancelled(self))
            return wire.message(b"E", wire.kept_fields(message.body))
        return wire.message(*message)

    def conflict(self):
        """What PostgreSQL calls a serialization failure."""
        sqlstate = self.server.conflict_sqlstate
        if self.server.isolation == "snapshot":
            what = "could not complete because of conflict with concurrent transaction"
            return wire.error(sqlstate, what)
        detail = (
            f"Serializable isolation violation on table - {100000 + self.number}, transactions"
            f" forming the cycle are: {5000 + self.number}, {5001 + self.number} (pid:{self.pid})"
        )
        return wire.error(sqlstate, "1023", detail)

    # Statements of our own

    def ask(self, sql):
        """The rows of a statement that the client does not know of."""
        self.backend.send(wire.message(b"Q", encoded(sql), b"\0"))
        return self.answer()

    def answer(self):
        rows, failure = [], None
        while True:
            message = self.backend.read()
            if message.kind == b"D":
                rows.append(wire.row_values(message.body))
            elif message.kind == b"E":
                failure = message
            elif message.kind == b"Z":
                self.status = message.body
                break
            elif message.kind == b"G":
                return rows
        if failure is not None:
            raise BackendError(failure)
        return rows

    def run_copy(self, statement, before=b""):
        self.is_loading, self.cancelled = True, False
        try:
            notices = redshift_copy.run(self, statement)
        except SqlError as error:
            self.backend.send(wire.query(self.refusal(error)))
            self.relay()
        except BackendError as error:
            self.tell(self.translated(error.message) + wire.ready(self.status))
        else:
            told = b"".join(map(wire.notice, notices))
            done = wire.command_complete("COPY") + wire.ready(self.status)
            self.tell(before + told + done)
        finally:
            self.is_loading = False


def backend_parameters(parameters, isolation):
    """What PostgreSQL is told at the start; settings that Redshift does not know are refused."""
    known = {name: parameters[name] for name in ("user", "database") if name in parameters}
    wanted = [(name, value) for name, value in parameters.items() if name not in known]
    for name, value in wanted:
        for setting, text in start_options(value) if name == "options" else [(name, value)]:
            known[known_setting(setting)] = text
    return {
        "TimeZone": "UTC",
        "extra_float_digits": "0",
        **known,
        "standard_conforming_strings": "off",
        "escape_string_warning": "off",
        "backslash_quote": "on",
        "default_transaction_isolation": isolation,
    }


def start_options(text):
    """The settings in a text such as `-c statement_timeout=5s`."""
    words = iter(shlex.split(text))
    found = []
    for word in words:
        setting = next(words, "") if word == "-c" else word.removeprefix("--").removeprefix("-c")
        name, _, value = setting.partition("=")
        found.append((name.replace("-", "_"), value))
    return found


def refuse(statement):
    """What redshift_refusals.py knows of, if it is there."""
    try:
        from redshift_refusals import refusal
    except ImportError:
        return
    found = refusal(statement.text)
    if found is not None:
        raise SqlError(found.sqlstate, found.message)


def decoded(sql):
    return sql.decode("utf-8", "surrogateescape")


def encoded(sql):
    return sql.encode("utf-8", "surrogateescape")


def parameter_count(body):
    """Of a Bind: behind two names and the formats."""
    place = body.index(b"\0", body.index(b"\0") + 1) + 1
    place += 2 + 2 * int.from_bytes(body[place : place + 2], "big")
    return int.from_bytes(body[place : place + 2], "big")


def parameter_number(token):
    return int(token.text[1:]) if token.kind == "parameter" else 0


def too_many_parameters():
    return SqlError("54000", f"the number of parameters cannot exceed {PARAMETERS_MAX}")


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Starts a stand-in for Redshift on loopback, with an S3 server, and prints the"
        " environment that leads to them."
    )
    parser.add_argument("--database", default="dev", help="made at the start (%(default)s)")
    parser.add_argument("--bucket", default="sparkify", help="made at the start (%(default)s)")
    parser.add_argument("--isolation", choices=ISOLATIONS, default="snapshot")
    parser.add_argument("command", nargs="*", help="runs in that environment, then all stops")
    return parser.parse_args()


def stop_on_signal(*_):
    raise KeyboardInterrupt


def serve(arguments, s3, server):
    user = s3.create_user("sparkify")
    s3.client(user).create_bucket(arguments.bucket)
    service = server.source.service
    role = s3.create_role("load", service, [allow(["GetObject", "ListBucket"], arguments.bucket)])
    database = server.create_database(arguments.database)
    environment = {
        **server.libpq_environment(database),
        **server.environment(),
        **s3.environment(user),
    }
    if arguments.command:
        environment = {**clean_environment("PG"), **environment}
        return subprocess.run(arguments.command, env=environment, check=False).returncode
    for name, value in environment.items():
        print(f"export {name}={shlex.quote(value)}")
    print(f"# {server.url(database, sslmode='verify-full')}")
    print(f"# the bucket: s3://{arguments.bucket}; the role of COPY: {role}")
    print("# Ctrl-C ends the servers", flush=True)
    while True:
        time.sleep(3600)


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGINT, stop_on_signal)  # shells have background jobs ignore it
    signal.signal(signal.SIGTERM, stop_on_signal)
    try:
        with RgwServer() as s3:
            service = s3.create_user("redshift")
            with RedshiftServer(s3, service, arguments.isolation) as server:
                return serve(arguments, s3, server)
    except KeyboardInterrupt:
        return 0
    except RgwError as error:
        print(f"redshift: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
