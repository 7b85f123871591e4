"""A proxy as recording_proxy.py, which fails at one object of those that are written or removed.

    with FaultProxy() as proxy:
        proxy.strike("PUT", Fault.ANSWER_LOST, number=3, times=2)
        sparkify.run(..., env={"HTTP_PROXY": proxy.url})
        proxy.struck  # how often it has failed

The server behind is a real one, which checks signatures and stores what it is said to.
"""

import enum
import select

from recording_proxy import Handler, RecordingProxy

HEAD = "HTTP/1.1 {} Refused\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n"
SECONDS_MAX = 60


class Fault(enum.Enum):
    # In place of the server's answer, which hears nothing; status and code.
    INTERNAL_ERROR = (500, "InternalError")
    SLOW_DOWN = (503, "SlowDown")
    ACCESS_DENIED = (403, "AccessDenied")
    CLOSED = "the connection ends, the server has heard nothing"
    # The server has done what it was asked for.
    ANSWER_LOST = "the connection ends before the answer"
    HEAD_CUT = "the connection ends in the midst of the answer's head"
    NO_ANSWER = "nothing comes until the client gives up"


class FaultProxy(RecordingProxy):
    def __init__(self):
        super().__init__()
        self.fault = None
        self.struck = 0
        self.paths = {}  # by method: whatever was asked for, in order

    @staticmethod
    def handler():
        return FaultHandler

    def strike(self, method, fault, number, times):
        """`number`: which object of that method is meant, of those from now on; its first `times`
        requests fail."""
        self.struck, self.paths = 0, {}
        self.fault, self.method, self.number, self.times = fault, method, number, times

    def fault_of(self, request):
        """What is to happen to a request; None: nothing."""
        with self.lock:
            paths = self.paths.setdefault(request.method, [])
            if request.path not in paths:
                paths.append(request.path)
            if self.fault is None or request.method != self.method:
                return None
            is_meant = paths.index(request.path) + 1 == self.number
            if not is_meant or self.struck >= self.times:
                return None
            self.struck += 1
            return self.fault


class FaultHandler(Handler):
    def respond(self, request, body):
        fault = self.server.proxy.fault_of(request)
        if fault is None:
            super().respond(request, body)
            return
        self.close_connection = True
        if isinstance(fault.value, tuple):
            self.refuse(*fault.value)
            return
        if fault is not Fault.CLOSED:
            self.ask(request, body)
        if fault is Fault.HEAD_CUT:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")
        if fault is Fault.NO_ANSWER:
            select.select([self.connection], [], [], SECONDS_MAX)

    def refuse(self, status, code):
        body = f"<Error><Code>{code}</Code><Message>out of luck</Message></Error>".encode()
        self.wfile.write(HEAD.format(status, len(body)).encode() + body)
