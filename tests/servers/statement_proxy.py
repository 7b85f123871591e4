"""A proxy for tests that knows PostgreSQL's protocol: fails a statement on order, or cuts there.

    with StatementProxy(server.port) as proxy:
        proxy.fail(40, "40001", times=2)
        run_program(server.url(database, port=proxy.port, sslmode="disable"))
        proxy.struck  # [Statement(text, in_block)]

A statement that is to fail reaches the server as one that it cannot read, so all that an error does
to a transaction and to the messages behind it, the server does itself; its error becomes the one
that was ordered. With `tls` (a context with a certificate) clients may have TLS, and it ends here;
the server is spoken to without.
"""

import collections
import pathlib
import select
import socket
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import redshift_wire as wire  # noqa: E402
from redshift_wire import Channel, Gone  # noqa: E402

ADDRESS = "127.0.0.1"
BACKLOG = 128
END_SECONDS_MAX = 10
MARK = "ordered_failure"  # no SQL, so that the server refuses it
PASSING_UP, PASSING_DOWN = b"dBDECHSFcf", b"DTd123nstACKRGI"
IN_BLOCK = b"T"

Statement = collections.namedtuple("Statement", "text in_block")


class Order:
    """What is to become of the nth statement, or of the next behind it of which `fits` is true, and
    with `times` of the next ones of its text."""

    def __init__(
        self, nth, times=1, error=None, is_fatal=False, when=None, refuse_after=False, fits=None
    ):
        self.nth, self.left, self.fits = nth, times, fits
        self.error, self.is_fatal = error, is_fatal
        self.when, self.refuse_after = when, refuse_after
        self.text = None

    def strikes(self, number, statement):
        if self.left == 0 or number < self.nth or self.text not in (None, statement.text):
            return False
        if self.fits is not None and not self.fits(statement):
            return False
        self.text = statement.text
        self.left -= 1
        return True


class StatementProxy:
    """Open as soon as it is made; a context manager, or close().

    `statements` are those of all connections together, in order of arrival, `struck` those of them
    that were failed or cut, `connections` how many there were, `refused` how many got nowhere.
    """

    def __init__(self, target_port, tls=None):
        self.target = (ADDRESS, target_port)
        self.tls = tls
        self.lock = threading.Lock()
        self.statements, self.struck = [], []
        self.connections = self.refused = 0
        self.orders, self.watchers = [], []
        self.turned_away = None
        self.is_closed = False
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
        self.end_sessions()

    def end_sessions(self):
        with self.lock:
            sessions = list(self.sessions)
        for session in sessions:
            session.stop()
        for session in sessions:
            session.join(END_SECONDS_MAX)

    # Orders

    def fail(self, nth, sqlstate, message="planted", times=1, is_fatal=False, fits=None):
        """The nth statement fails, and so do the next of its text, as often as `times` says. A
        fatal error ends the session behind it. `fits`: a function of a Statement; the first from
        the nth on is meant of which it is true."""
        order = Order(nth, times, (sqlstate, message), is_fatal, fits=fits)
        with self.lock:
            self.orders.append(order)

    def cut(self, nth, when, refuse_after=False, fits=None):
        """The connection ends at the nth statement, or the first that fits: "before" the server
        hears of it, or "after" it was carried out, and nobody hears what came of it. With
        `refuse_after` nobody gets in then."""
        assert when in ("before", "after")
        order = Order(nth, when=when, refuse_after=refuse_after, fits=fits)
        with self.lock:
            self.orders.append(order)

    def watch(self, act):
        """Calls it with each Statement before anything is done with that; the connection waits."""
        with self.lock:
            self.watchers.append(act)

    def turn_away(self, nth, sqlstate, message="planted"):
        """Connections from the nth on are refused with that error."""
        with self.lock:
            self.turned_away = (nth, sqlstate, message)

    def heal(self):
        with self.lock:
            self.orders, self.turned_away, self.is_closed = [], None, False

    # For sessions

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.is_closed:
                self.refused += 1
                client.close()
                continue
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
            self.refused += 1
            return wire.error(*self.turned_away[1:], severity="FATAL")

    def order_for(self, text, in_block):
        """The Order that strikes this statement, or None."""
        statement = Statement(text, in_block)
        for act in self.watchers:
            act(statement)
        with self.lock:
            self.statements.append(statement)
            for order in self.orders:
                if order.strikes(len(self.statements), statement):
                    self.struck.append(statement)
                    return order
        return None

    def cut_now(self, order):
        with self.lock:
            self.is_closed = order.refuse_after

    def forget(self, session):
        with self.lock:
            self.sessions.discard(session)


class Session(threading.Thread):
    """A connection of a client, and the one that it has to the server. One thread does both ways:
    TLS is not for two."""

    def __init__(self, proxy, client):
        super().__init__(daemon=True)
        self.proxy = proxy
        self.client = Channel(client)
        self.server = None
        self.status = b"I"
        self.order = None  # the last that struck

    def run(self):
        try:
            if self.start_up():
                while True:
                    self.pass_on()
        except (Gone, OSError, ValueError):
            pass  # one side has gone, and the other is to hear of it
        finally:
            self.stop()
            for channel in filter(None, (self.client, self.server)):
                channel.close()
            self.proxy.forget(self)

    def stop(self):
        for channel in filter(None, (self.client, self.server)):
            channel.stop()

    def start_up(self):
        number, rest = self.client.read_packet()
        while number in (wire.SSL_REQUEST, wire.GSS_REQUEST):
            has_tls = number == wire.SSL_REQUEST and self.proxy.tls is not None
            self.client.send(b"S" if has_tls else b"N")
            if has_tls:
                self.client = Channel(self.proxy.tls.wrap_socket(self.client.end, True))
            number, rest = self.client.read_packet()
        refusal = None if number == wire.CANCEL_REQUEST else self.proxy.refusal_of_connection()
        if refusal is not None:
            self.client.send(refusal)
            return False
        end = socket.create_connection(self.proxy.target)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server = Channel(end)
        self.server.send(wire.packet(number, rest))
        return True

    def pass_on(self):
        """What one of them says next, whoever it is."""
        ends = {self.client.end: self.client, self.server.end: self.server}
        waiting = [channel for channel in ends.values() if channel.has_waiting()]
        ready = waiting or [ends[end] for end in select.select(list(ends), [], [])[0]]
        for channel in ready:
            channel.fill()
            while (data := self.next_of(channel)) is not None:
                (self.server if channel is self.client else self.client).send(data)

    def next_of(self, channel):
        """Whole messages that have come, as they are to arrive; None if there is none."""
        is_up = channel is self.client
        is_mute = not is_up and self.order is not None and self.order.when == "after"
        data = b"" if is_mute else channel.skim(PASSING_UP if is_up else PASSING_DOWN)
        if data or not channel.has_message():
            return data or None
        return self.said(channel.read()) if is_up else self.answered(channel.read())

    def said(self, message):
        if message.kind == b"Q":
            return self.statement(message, b"", message.body[:-1], b"")
        if message.kind == b"P":
            name, text, rest = message.body.split(b"\0", 2)
            return self.statement(message, name + b"\0", text, rest)
        return wire.message(*message)

    def statement(self, message, before, text, behind):
        order = self.proxy.order_for(text.decode(errors="replace"), self.status == IN_BLOCK)
        if order is None:
            return wire.message(*message)
        self.order = order
        if order.when == "before":
            self.proxy.cut_now(order)
            raise Gone()
        if order.is_fatal:
            self.client.send(wire.error(*order.error, severity="FATAL"))
            raise Gone()
        if order.when == "after":
            return wire.message(*message)
        return wire.message(message.kind, before, MARK.encode(), b"\0", behind)

    def answered(self, message):
        if message.kind == b"Z":
            self.status = message.body
        if self.order is not None and self.order.when == "after":
            if message.kind == b"Z":
                self.proxy.cut_now(self.order)
                raise Gone()
            return b""
        if message.kind == b"E" and MARK in wire.error_fields(message.body).get("M", "").lower():
            return wire.error(*self.order.error)
        return wire.message(*message)
