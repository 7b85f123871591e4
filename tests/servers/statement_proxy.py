"""A proxy for tests that knows PostgreSQL's protocol: it counts statements, and fails one on order.

    with StatementProxy(server.port) as proxy:
        proxy.fail(40, "40001", times=2)
        run_program(server.url(database, port=proxy.port, sslmode="disable"))
        proxy.statements[39]  # Statement(text, in_block)

A statement that is to fail reaches the server as one that it cannot read, so all that an error does
to a transaction and to the messages behind it, the server does itself; its error becomes the one
that was ordered. A fatal one ends the session behind it, as an administrator does.
"""

import collections
import contextlib
import pathlib
import socket
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import redshift_wire as wire  # noqa: E402
from redshift_wire import Channel, Gone  # noqa: E402

ADDRESS = "127.0.0.1"
BACKLOG = 128
END_SECONDS_MAX = 10
MARK = "ordered failure"  # no SQL, so that the server refuses it; with a number behind it
PASSING_UP, PASSING_DOWN = b"dBDECHSF", b"DTd123nstAC"
IN_BLOCK = b"T"

Statement = collections.namedtuple("Statement", "text in_block")


class Order:
    """An error for the `times` statements of which the first is the nth, or, where it fits, is the
    next that does."""

    def __init__(self, nth, sqlstate, message, times, is_fatal):
        self.nth = nth
        self.sqlstate = sqlstate
        self.message = message
        self.left = times
        self.is_fatal = is_fatal
        self.pattern = None  # of what is tried again: the text of the nth statement

    def strikes(self, number, text):
        if self.left == 0 or number < self.nth or self.pattern not in (None, text):
            return False
        self.pattern = text
        self.left -= 1
        return True


class StatementProxy:
    """Open as soon as it is made; a context manager, or close(). For connections without TLS.

    `statements` are those of all connections together, in order of arrival, `connections` how many
    there were, `failed` how many statements or connections were failed on order.
    """

    def __init__(self, target_port):
        self.target = (ADDRESS, target_port)
        self.lock = threading.Lock()
        self.statements = []
        self.connections = self.failed = 0
        self.orders = []
        self.turned_away = None
        self.sessions = set()
        self.listener = socket.create_server((ADDRESS, 0), backlog=BACKLOG)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # ends the wait of accept()
        self.listener.close()
        self.thread.join(END_SECONDS_MAX)
        with self.lock:
            sessions = list(self.sessions)
        for session in sessions:
            session.stop()
        for session in sessions:
            session.join(END_SECONDS_MAX)

    def fail(self, nth, sqlstate, message="planted", times=1, is_fatal=False):
        """The nth statement fails, and so do the next of its text, as often as `times` says."""
        with self.lock:
            self.orders.append(Order(nth, sqlstate, message, times, is_fatal))

    def turn_away(self, nth, sqlstate, message="planted"):
        """Connections from the nth on are refused with that error."""
        with self.lock:
            self.turned_away = (nth, sqlstate, message)

    def heal(self):
        with self.lock:
            self.orders, self.turned_away = [], None

    # For sessions

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = Session(self, client)
            with self.lock:
                self.sessions.add(session)
            session.start()

    def refusal_of_connection(self):
        with self.lock:
            self.connections += 1
            if self.turned_away is None or self.connections < self.turned_away[0]:
                return None
            self.failed += 1
            return wire.error(*self.turned_away[1:], severity="FATAL")

    def ordered(self, text, in_block):
        """The Order that strikes this statement, or None."""
        with self.lock:
            self.statements.append(Statement(text, in_block))
            for order in self.orders:
                if order.strikes(len(self.statements), text):
                    self.failed += 1
                    return order
        return None

    def forget(self, session):
        with self.lock:
            self.sessions.discard(session)


class Session(threading.Thread):
    """A connection of a client, and the one that it has to the server: this thread passes on what
    the client says, another what the server does."""

    def __init__(self, proxy, client):
        super().__init__(daemon=True)
        self.proxy = proxy
        self.client = Channel(client)
        self.server = None
        self.answers = None
        self.status = b"I"
        self.ordered = []

    def run(self):
        try:
            if self.start_up():
                while True:
                    self.pass_on(self.client, self.server, PASSING_UP, self.sent)
        except (Gone, OSError):
            pass  # one side has gone, and the other is to hear of it
        finally:
            self.stop()
            if self.answers is not None:
                self.answers.join(END_SECONDS_MAX)
            for channel in filter(None, (self.client, self.server)):
                channel.close()
            self.proxy.forget(self)

    def stop(self):
        for channel in filter(None, (self.client, self.server)):
            channel.stop()

    def start_up(self):
        number, rest = self.client.read_packet()
        while number in (wire.SSL_REQUEST, wire.GSS_REQUEST):
            self.client.send(b"N")
            number, rest = self.client.read_packet()
        refusal = None if number == wire.CANCEL_REQUEST else self.proxy.refusal_of_connection()
        if refusal is not None:
            self.client.send(refusal)
            return False
        end = socket.create_connection(self.proxy.target)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server = Channel(end)
        self.server.send(wire.packet(number, rest))
        self.answers = threading.Thread(target=self.pass_on_answers, daemon=True)
        self.answers.start()
        return True

    def pass_on_answers(self):
        with contextlib.suppress(Gone, OSError):
            while True:
                self.pass_on(self.server, self.client, PASSING_DOWN, self.answered)
        self.stop()

    @staticmethod
    def pass_on(source, sink, passing, change):
        """What has come of `passing` kinds as it is, and else one message, changed."""
        data = source.skim(passing)
        sink.send(data if data else change(source.read()))

    def sent(self, message):
        if message.kind == b"Q":
            return self.statement(message, b"", message.body[:-1], b"")
        if message.kind == b"P":
            name, text, rest = message.body.split(b"\0", 2)
            return self.statement(message, name + b"\0", text, rest)
        return wire.message(*message)

    def statement(self, message, before, text, behind):
        order = self.proxy.ordered(text.decode(errors="replace"), self.status == IN_BLOCK)
        if order is None:
            return wire.message(*message)
        self.ordered.append(order)
        if order.is_fatal:
            self.client.send(wire.error(order.sqlstate, order.message, severity="FATAL"))
            raise Gone()
        refused = f"{MARK} {len(self.ordered) - 1}".encode()
        return wire.message(message.kind, before, refused, b"\0", behind)

    def answered(self, message):
        if message.kind == b"Z":
            self.status = message.body
        if message.kind == b"E" and self.ordered:
            text = wire.error_fields(message.body).get("M", "")
            if text.startswith("syntax error") and MARK.split()[0] in text:
                order = self.ordered[-1]
                return wire.error(order.sqlstate, order.message)
        return wire.message(*message)
