"""A TCP proxy for tests: passes bytes on to a server on loopback, counts them, and can cut.

    with TcpProxy(server.port) as proxy:
        proxy.cut_after(10_000, "up")
        run_program(server.url(database, port=proxy.port))
        proxy.heal()

"up" is from the client to the server, "down" the other way. A cut ends all connections, both of
their sides, at one moment; what was counted as passed on before it has arrived. Then whoever
connects is turned away, until heal().

One thread does everything, so there is an order in which things happen; the methods may be called
from any other. Patterns are looked for in the bytes as they pass: TLS hides them.
"""

import contextlib
import dataclasses
import fcntl
import select
import socket
import struct
import termios
import threading
import time
from dataclasses import dataclass

ADDRESS = "127.0.0.1"
UP, DOWN = "up", "down"
DIRECTIONS = (UP, DOWN)
CHUNK_BYTES = 1 << 16
PATTERN_BYTES_MAX = 1 << 10
CONNECT_SECONDS_MAX = 5
DELIVERY_SECONDS_MAX = 5  # for the bytes before a cut
ORDER_SECONDS_MAX = 30
BACKLOG = 128


@dataclass
class Cut:
    """Where to cut, by a count of bytes or by a pattern, and how."""

    direction: str = UP
    limit: int | None = None
    pattern: bytes | None = None
    when: str = "before"
    nth: int = 1
    delay: float = 0
    hard: bool = True
    refuse_after: bool = True


@dataclass(eq=False)
class Pipe:
    """One direction of a connection. Reads only when it has passed on what it has."""

    direction: str
    source: socket.socket
    sink: socket.socket
    pending: bytes = b""
    tail: bytes = b""  # what came last: a pattern may begin there
    ended: bool = False  # the source has said its end
    closed: bool = False  # and the sink knows

    def send(self):
        self.pending = self.pending[self.sink.send(self.pending) :]

    def pass_on_end(self):
        if self.ended and not self.pending and not self.closed:
            self.sink.shutdown(socket.SHUT_WR)
            self.closed = True

    def occurrences(self, pattern, data):
        """How often it ends in `data`, wherever it begins."""
        begin = max(0, len(self.tail) - len(pattern) + 1)
        return (self.tail[begin:] + data).count(pattern)

    def deliver(self, end):
        """What is pending arrives, if the other side takes it: a reset would destroy it."""
        try:
            while self.pending and time.monotonic() < end:
                select.select([], [self.sink], [], max(0, end - time.monotonic()))
                self.send()
            while bytes_under_way(self.sink) and time.monotonic() < end:
                time.sleep(0.001)
        except OSError:
            pass  # it has gone already


@dataclass(eq=False)
class Connection:
    client: socket.socket
    server: socket.socket
    pipes: tuple = dataclasses.field(init=False)

    def __post_init__(self):
        self.pipes = (Pipe(UP, self.client, self.server), Pipe(DOWN, self.server, self.client))
        for end in (self.client, self.server):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self, hard):
        close_socket(self.client, hard)
        close_socket(self.server, hard)


class TcpProxy:
    """Open as soon as it is made; a context manager, or close().

    `bytes_up` and `bytes_down` are what was passed on, `connections` how many were let in,
    `refused` how many were not, `cuts` how often it was cut: all since reset_counters().
    """

    def __init__(self, target_port, target_host=ADDRESS):
        self.target = (target_host, target_port)
        self.lock = threading.Lock()
        self.has_cut = threading.Condition(self.lock)
        self.open = []  # Connections
        self.armed = []  # Cuts
        self.stalled = set()  # directions
        self.refusing = self.muted = self.closing = False
        self.due = None  # when to cut after all, and the Cut
        self.reset_counts()
        self.listener = socket.create_server((ADDRESS, 0), backlog=BACKLOG)
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        self.ear, self.bell = socket.socketpair()  # ends the loop's wait
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if not self.closing:
            with self.order():
                self.closing = True
            self.thread.join(ORDER_SECONDS_MAX)
            self.bell.close()

    # Orders

    def cut_after(self, count, direction, hard=True, refuse_after=True):
        """Cuts when `count` bytes have passed in that direction, over all connections together and
        since reset_counters(); if they have already, at the next byte. `hard` is RST, else FIN."""
        self.arm(Cut(direction, limit=count, hard=hard, refuse_after=refuse_after))

    def cut_on(self, pattern, direction, when="before", nth=1, delay=0.5, **how):
        """Cuts at the nth time that the pattern comes, over all connections together; `how` is as
        for cut_after().

        "before": what it ends in does not get through. "after": it gets through, and nothing of
        what the server says from then on; the cut is `delay` seconds later, so that the server has
        done what it was told."""
        assert 0 < len(pattern) <= PATTERN_BYTES_MAX and when in ("before", "after")
        self.arm(Cut(direction, pattern=pattern, when=when, nth=nth, delay=delay, **how))

    def cut(self, hard=True, refuse_after=True):
        """Cuts now."""
        with self.order():
            self.due = (time.monotonic(), Cut(hard=hard, refuse_after=refuse_after))
        self.await_cut()

    def stall(self, direction):
        """Nothing passes in that direction any more, and nobody is told."""
        assert direction in DIRECTIONS
        with self.order():
            self.stalled.add(direction)

    def heal(self):
        """Lets connect, lets pass, and forgets the cuts that did not come. One that was only
        waiting for its delay comes now: answers have been lost."""
        with self.order():
            self.armed = []
            self.stalled.clear()
            self.refusing = False
            if self.due is not None:
                cut = dataclasses.replace(self.due[1], refuse_after=False)
                self.due = (time.monotonic(), cut)
        self.await_cut()

    def reset_counters(self):
        with self.lock:
            self.reset_counts()

    @property
    def bytes_up(self):
        return self.counts[UP]

    @property
    def bytes_down(self):
        return self.counts[DOWN]

    def reset_counts(self):
        self.counts = {UP: 0, DOWN: 0}
        self.connections = self.refused = self.cuts = 0

    def arm(self, cut):
        assert cut.direction in DIRECTIONS
        with self.order():
            self.armed.append(cut)

    @contextlib.contextmanager
    def order(self):
        """The loop stands still meanwhile, and then looks again at what it waits for. It is rung
        before it goes on: once it has read that it is to end, nobody listens any more."""
        with self.lock:
            yield
            self.bell.send(b"!")

    def await_cut(self):
        """The loop does it: a socket that it waits for would not close at once."""
        with self.has_cut:
            assert self.has_cut.wait_for(lambda: self.due is None, ORDER_SECONDS_MAX)

    # The loop

    def serve(self):
        try:
            while True:
                ready = self.wait()
                with self.lock:
                    if self.closing:
                        return
                    self.handle(ready)
        finally:
            for connection in self.open:
                connection.close(hard=False)
            self.listener.close()
            self.ear.close()

    def wait(self):
        """The pipes that can go on, and the listener, if somebody is there."""
        poll = select.poll()
        with self.lock:
            wanted = self.wanted()
            seconds = None if self.due is None else max(0, self.due[0] - time.monotonic())
        for number, (events, _) in wanted.items():
            poll.register(number, events)
        found = poll.poll(None if seconds is None else seconds * 1000)
        if any(number == self.ear.fileno() for number, _ in found):
            self.ear.recv(CHUNK_BYTES)
        return [what for number, _ in found for what in wanted[number][1]]

    def wanted(self):
        """For each descriptor, what to wait for and who does."""
        waits = {self.ear.fileno(): (select.POLLIN, [])}
        waits[self.listener.fileno()] = (select.POLLIN, [self.listener])
        for connection in self.open:
            for pipe in connection.pipes:
                if pipe.direction in self.stalled or (pipe.ended and not pipe.pending):
                    continue
                end = pipe.sink if pipe.pending else pipe.source
                event = select.POLLOUT if pipe.pending else select.POLLIN
                events, pipes = waits.get(end.fileno(), (0, []))
                waits[end.fileno()] = (events | event, [*pipes, (connection, pipe)])
        return waits

    def handle(self, ready):
        if self.due is not None and time.monotonic() >= self.due[0]:
            self.carry_out(self.due[1])
        for what in ready:
            if what is self.listener:
                self.accept()
                continue
            connection, pipe = what
            # What came before it, or an order while we waited, may have changed that.
            if connection in self.open and pipe.direction not in self.stalled:
                self.move(connection, pipe)

    def accept(self):
        try:
            client, _ = self.listener.accept()
        except OSError:
            return  # gone again
        server = None if self.refusing else self.connect()
        if server is None:
            self.refused += 1
            close_socket(client, hard=True)
        else:
            self.connections += 1
            self.open.append(Connection(client, server))

    def connect(self):
        """A socket of the server, or None while there is no server."""
        try:
            return socket.create_connection(self.target, CONNECT_SECONDS_MAX)
        except OSError:
            return None

    def move(self, connection, pipe):
        cut = None
        try:
            if not pipe.pending and not pipe.ended:
                data = pipe.source.recv(CHUNK_BYTES)
                pipe.ended = not data
                cut = self.admit(pipe, data)
            if pipe.pending:
                pipe.send()
            if not (self.muted and pipe.direction == DOWN):
                pipe.pass_on_end()
            ended = all(other.closed for other in connection.pipes)
        except BlockingIOError:
            ended = False
        except OSError:  # one side is gone; the other hears of it in the same way
            connection.close(hard=True)
            self.open.remove(connection)
        else:
            if ended:
                connection.close(hard=False)
                self.open.remove(connection)
        if cut is not None:
            self.carry_out(cut)

    def admit(self, pipe, data):
        """Leaves in `pending` what of the data may pass, and counts it. A Cut if it is time."""
        if self.muted and pipe.direction == DOWN:
            return None
        now = None
        for cut in [cut for cut in self.armed if cut.direction == pipe.direction]:
            if cut.limit is not None:
                room = max(0, cut.limit - self.counts[pipe.direction])
                if data and len(data) >= room:
                    data, now = data[:room], cut
            elif self.has_come(cut, pipe, data):
                if cut.when == "before":
                    data, now = b"", cut
                else:
                    self.mute(cut)
            if now is not None:
                self.armed.remove(cut)
                break
        pipe.pending = data
        pipe.tail = (pipe.tail + data)[-PATTERN_BYTES_MAX:]
        self.counts[pipe.direction] += len(data)
        return now

    def has_come(self, cut, pipe, data):
        cut.nth -= pipe.occurrences(cut.pattern, data) if data else 0
        return bool(data) and cut.nth <= 0

    def mute(self, cut):
        """The server hears on, as the rest of its orders may follow; it is not heard any more."""
        self.armed.remove(cut)
        self.muted = True
        self.due = (time.monotonic() + cut.delay, cut)

    def carry_out(self, cut):
        end = time.monotonic() + DELIVERY_SECONDS_MAX
        for connection in self.open:
            for pipe in connection.pipes:
                if pipe.direction not in self.stalled:
                    pipe.deliver(end)
        self.cuts += 1  # before anybody can know
        self.refusing = cut.refuse_after
        self.muted, self.due = False, None
        for connection in self.open:
            connection.close(cut.hard)
        self.open = []
        self.has_cut.notify_all()


def bytes_under_way(end):
    """What was sent and the other side's system has not confirmed."""
    return struct.unpack("i", fcntl.ioctl(end, termios.TIOCOUTQ, bytes(4)))[0]


def close_socket(end, hard):
    """With RST, or with FIN; RST follows that, too, if the other side goes on speaking."""
    try:
        if hard:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it has gone already
    end.close()
