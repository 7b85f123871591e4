"""An HTTP proxy for tests: passes requests on to loopback, remembers them, and can hold one.

    with RecordingProxy() as proxy:
        proxy.at_object(3, held)  # `held` is called before the third object is asked for
        sparkify.run(..., env={"HTTP_PROXY": proxy.url})
        proxy.requests

Requests for http:// are seen one by one; for https:// only the CONNECT is.
"""

import collections
import contextlib
import http.client
import http.server
import select
import socket
import threading
import urllib.parse

ADDRESS = "127.0.0.1"
TIMEOUT_S = 60
TUNNEL_BYTES = 1 << 16
# Between two neighbours only, or made anew here.
HOP_HEADERS = {"connection", "content-length", "proxy-connection", "transfer-encoding"}

Request = collections.namedtuple("Request", "method path query headers")


class RecordingProxy:
    def __init__(self):
        self.requests = []
        self.lock = threading.Lock()
        self.waiting = {}  # number of an object's request: what is to be called before it
        self.objects_seen = 0

    def __enter__(self):
        self.server = Server((ADDRESS, 0), self.handler())
        self.server.proxy = self
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @staticmethod
    def handler():
        """What answers the requests of a connection."""
        return Handler

    @property
    def url(self):
        return f"http://{ADDRESS}:{self.server.server_address[1]}"

    def at_object(self, number, action):
        """Calls `action` before the number-th GET of an object is passed on; others go on."""
        self.waiting[self.objects_seen + number] = action

    def objects_asked_for(self):
        """The paths of all GETs that were for objects, each as often as it was asked for."""
        return [request.path for request in self.requests if is_for_object(request)]

    def note(self, request):
        with self.lock:
            self.requests.append(request)
            self.objects_seen += is_for_object(request)
            action = self.waiting.pop(self.objects_seen, None) if is_for_object(request) else None
        if action is not None:
            action()


def is_for_object(request):
    return request.method == "GET" and "list-type=" not in request.query


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, *_):
        """A program that is killed in the midst of a request is what tests do."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_CONNECT(self):
        self.server.proxy.note(Request("CONNECT", self.path, "", dict(self.headers)))
        port = int(self.path.rpartition(":")[2])
        with socket.create_connection((ADDRESS, port), TIMEOUT_S) as upstream:
            self.send_response_only(200)
            self.end_headers()
            tunnel(self.connection, upstream)
        self.close_connection = True

    def forward(self):
        place = urllib.parse.urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        request = Request(self.command, place.path, place.query, headers)
        self.server.proxy.note(request)
        self.respond(request, body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = forward

    def respond(self, request, body):
        self.answer(*self.ask(request, body))

    def ask(self, request, body):
        """The server's response, and its content."""
        place = urllib.parse.urlsplit(self.path)
        target = self.path[len(f"{place.scheme}://{place.netloc}") :]
        upstream = http.client.HTTPConnection(ADDRESS, place.port, timeout=TIMEOUT_S)
        with contextlib.closing(upstream):
            upstream.putrequest(self.command, target, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                if name not in HOP_HEADERS:
                    upstream.putheader(name, value)
            upstream.putheader("content-length", str(len(body)))
            upstream.endheaders(body)
            response = upstream.getresponse()
            return response, response.read()

    def answer(self, response, content):
        self.send_response_only(response.status)
        for name, value in response.getheaders():
            if name.lower() not in HOP_HEADERS:
                self.send_header(name, value)
        length = response.getheader("Content-Length", "0") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Tests read `requests`."""


def tunnel(one, other):
    ends = {one: other, other: one}
    while True:
        for ready in select.select([one, other], [], [], TIMEOUT_S)[0] or [None]:
            data = ready.recv(TUNNEL_BYTES) if ready else b""
            if not data:
                return
            ends[ready].sendall(data)
