"""FaultS3 does what its faults say; `python3 tests/servers/fault_s3_test.py`, a few seconds."""

import base64
import contextlib
import hashlib
import http.client
import pathlib
import socket
import sys
import threading
import time
import unittest
import urllib.parse
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from fault_s3 import CHANGES, FOREVER, REFUSALS, Fault, FaultS3  # noqa: E402

DATA = bytes(range(100)) * 3
KEY = "2018/a.json"
WAIT_SECONDS = 5
SHORT_WAIT_SECONDS = 0.2  # for what must not come
AUTHORIZATION = "AWS4-HMAC-SHA256 Credential={}/20240101/{}/s3/aws4_request, Signature=0"


def etag_of(data):
    return f'"{hashlib.md5(data).hexdigest()}"'


class FaultS3Case(unittest.TestCase):
    """A server with one object, and a client that keeps its connection."""

    def setUp(self):
        self.server = self.enterContext(FaultS3())
        self.server.put("logs", KEY, DATA)
        self.client = self.connect()

    def connect(self):
        client = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=WAIT_SECONDS)
        self.addCleanup(client.close)
        return client

    def ask(self, method="GET", target=f"/logs/{KEY}", headers=None, body=None):
        """Status, headers and body."""
        self.client.request(method, target, body, headers or {})
        answer = self.client.getresponse()
        return answer.status, answer.headers, answer.read()

    def list(self, query="", headers=None):
        """The root element, its tags without the namespace."""
        status, _, body = self.ask("GET", f"/logs?list-type=2&{query}", headers)
        self.assertEqual(status, 200)
        return self.parse(body)

    def parse(self, body):
        root = ElementTree.fromstring(body)
        for one in root.iter():
            one.tag = one.tag.rpartition("}")[2]
        return root

    def keys(self, root):
        return [urllib.parse.unquote_plus(one.text) for one in root.findall("Contents/Key")]

    def assert_error(self, answer, status, code):
        self.assertEqual(answer[0], status)
        self.assertEqual(ElementTree.fromstring(answer[2]).findtext("Code"), code)

    def raw(self, end=None, method="GET"):
        """All bytes until the end, and what that was: 'FIN', 'RST' or (expected only) 'silence'."""
        with socket.create_connection(("127.0.0.1", self.server.port)) as sock:
            sock.settimeout(SHORT_WAIT_SECONDS if end == "silence" else WAIT_SECONDS)
            sock.sendall(f"{method} /logs/{KEY} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            data = b""
            try:
                while piece := sock.recv(1 << 16):
                    data += piece
                return data, "FIN"
            except ConnectionResetError:
                return data, "RST"
            except TimeoutError:
                return data, "silence"

    def raw_body(self, end=None):
        data, end = self.raw(end)
        return data.partition(b"\r\n\r\n")[2], end


class StoreTest(FaultS3Case):
    def test_an_object_comes_whole_with_its_headers(self):
        self.server.put("logs", "v", b"1", '"e"', "v1", {"x-amz-meta-a": "b"})
        status, headers, body = self.ask(target="/logs/v")
        self.assertEqual((status, body, headers["ETag"]), (200, b"1", '"e"'))
        self.assertEqual((headers["x-amz-version-id"], headers["x-amz-meta-a"]), ("v1", "b"))
        self.server.put("logs", "v", b"2", version_id="v2")
        self.assertEqual(self.ask(target="/logs/v?versionId=v1")[2], b"1")
        self.assertEqual(self.ask(target="/logs/v")[2], b"2")
        self.assert_error(self.ask(target="/logs/v?versionId=v3"), 404, "NoSuchVersion")

    def test_ranges(self):
        for text, part in {
            "0-0": slice(0, 1),
            "10-19": slice(10, 20),
            "290-": slice(290, 300),
            "290-999": slice(290, 300),
            "-7": slice(293, 300),
            "-999": slice(0, 300),
        }.items():
            with self.subTest(text):
                status, headers, body = self.ask(headers={"Range": f"bytes={text}"})
                where = f"bytes {part.start}-{part.stop - 1}/300"
                self.assertEqual((status, body), (206, DATA[part]))
                self.assertEqual(headers["Content-Range"], where)
        for text in ("300-", "-0", "300-400"):
            answer = self.ask(headers={"Range": f"bytes={text}"})
            self.assert_error(answer, 416, "InvalidRange")
            self.assertEqual(answer[1]["Content-Range"], "bytes */300")
        for text in ("5-4", "-", "a-b", "0-1,3-4"):
            self.assertEqual(self.ask(headers={"Range": f"bytes={text}"})[0], 200)

    def test_conditions(self):
        right = {"If-Match": etag_of(DATA)}
        self.assertEqual(self.ask(headers=right)[0], 200)
        self.assert_error(self.ask(headers={"If-Match": '"x"'}), 412, "PreconditionFailed")
        self.assertEqual(self.ask(headers={"If-None-Match": etag_of(DATA)})[0], 304)
        self.assertEqual(self.ask(headers=right)[0], 200)

    def test_head(self):
        status, headers, body = self.ask("HEAD")
        self.assertEqual((status, headers["Content-Length"], body), (200, "300", b""))
        self.assertEqual(headers["ETag"], etag_of(DATA))
        self.assertEqual(self.ask("HEAD", "/logs/none")[0], 404)
        self.assertEqual(self.ask("HEAD", "/logs")[0], 200)
        self.assertEqual(self.ask("HEAD", "/none/")[0], 404)

    def test_what_is_not_there(self):
        self.assert_error(self.ask(target="/logs/none"), 404, "NoSuchKey")
        self.assert_error(self.ask(target="/none/a"), 404, "NoSuchBucket")
        self.assert_error(self.ask(target="/none?list-type=2"), 404, "NoSuchBucket")
        self.assert_error(self.ask(target="/logs/a?acl"), 501, "NotImplemented")
        self.assert_error(self.ask("POST", "/logs/a?uploads"), 501, "NotImplemented")

    def test_keys_are_decoded_once(self):
        for raw, key in {"a+b": "a+b", "a%2520": "a%20", "/x//y": "/x//y", "%C3%A9?": "é"}.items():
            self.server.put("logs", key, key.encode())
            self.assertEqual(self.ask(target=f"/logs/{raw}")[2], key.encode())
        self.assert_error(self.ask(target="/logs/%FF"), 400, "InvalidURI")

    def test_virtual_host_style(self):
        self.server.put("my.logs", "a/b", b"1")
        host = {"Host": f"my.logs.localhost:{self.server.port}"}
        self.assertEqual(self.ask(target="/a/b", headers=host)[2], b"1")
        root = self.parse(self.ask(target="/?list-type=2", headers=host)[2])
        self.assertEqual(self.keys(root), ["a/b"])
        self.assertEqual(self.server.requests[-1].bucket, "my.logs")

    def test_put_checks_what_it_is_told(self):
        md5 = base64.b64encode(hashlib.md5(b"1").digest()).decode()
        sha256 = hashlib.sha256(b"1").hexdigest()
        for headers, status in (
            ({}, 200),
            ({"Content-MD5": md5, "x-amz-content-sha256": sha256}, 200),
            ({"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}, 200),
            ({"Content-MD5": "AAAA"}, 400),
            ({"Content-MD5": md5[::-1]}, 400),
            ({"Content-MD5": base64.b64encode(bytes(16)).decode()}, 400),
            ({"x-amz-content-sha256": "0" * 64}, 400),
            ({"If-None-Match": "*"}, 412),
        ):
            key = "wrong" if status == 400 else "p"
            with self.subTest(headers):
                self.assertEqual(self.ask("PUT", f"/logs/{key}", headers, b"1")[0], status)
        self.assertEqual(self.server.get("logs", "p"), b"1")
        self.assertIsNone(self.server.get("logs", "wrong"))
        self.assertEqual(self.ask("DELETE", "/logs/p")[0], 204)
        self.assertEqual(self.server.keys("logs"), [KEY])

    def test_put_in_chunks_and_after_100_continue(self):
        self.client.request("PUT", "/logs/c", iter([b"ab", b"c"]), encode_chunked=True)
        self.assertEqual(self.client.getresponse().read(), b"")
        self.assertEqual(self.server.get("logs", "c"), b"abc")
        expect = {"Expect": "100-continue"}
        self.assertEqual(self.ask("PUT", "/logs/e", expect, b"12")[0], 200)
        self.assertEqual(self.server.get("logs", "e"), b"12")

    def test_location(self):
        self.server.region = "eu-west-1"
        self.assertEqual(self.parse(self.ask(target="/logs?location")[2]).text, "eu-west-1")


class ListTest(FaultS3Case):
    def pages(self, query):
        """Keys and common prefixes of all pages, and how many pages there were."""
        found, token, number = [], "", 0
        while True:
            root = self.list(query + token)
            number += 1
            found += self.keys(root)
            found += [one.text for one in root.findall("CommonPrefixes/Prefix")]
            if root.findtext("IsTruncated") == "false":
                return found, number
            text = root.findtext("NextContinuationToken")
            token = "&continuation-token=" + urllib.parse.quote(text)

    def test_pages_and_prefixes(self):
        keys = sorted(f"d/{a}/{b}" for a in "abc" for b in range(7))
        for key in keys:
            self.server.put("logs", key, b"")
        self.assertEqual(self.pages("prefix=d/"), (keys, 1))
        self.assertEqual(self.pages("prefix=d/&max-keys=7"), (keys, 3))
        self.server.page_size = 4
        self.assertEqual(self.pages("prefix=d/b"), (keys[7:14], 2))
        self.assertEqual(self.pages("prefix=d/&start-after=d/c/2"), (keys[17:], 1))
        folders = ["d/a/", "d/b/", "d/c/"]
        for most in (1, 2, 3):
            found = self.pages(f"prefix=d/&delimiter=/&max-keys={most}")[0]
            self.assertEqual(found, folders)
        self.assertEqual(self.pages("max-keys=0"), ([], 1))
        self.assert_error(self.ask(target="/logs?list-type=2&max-keys=x"), 400, "InvalidArgument")
        wrong = self.ask(target="/logs?list-type=2&continuation-token=x")
        self.assert_error(wrong, 400, "InvalidArgument")

    def test_the_default_page_has_a_thousand_keys(self):
        for number in range(1001):
            self.server.put("many", str(number), b"")
        root = self.parse(self.ask(target="/many?list-type=2")[2])
        self.assertEqual(len(self.keys(root)), 1000)

    def test_any_key_survives_the_url_encoding(self):
        keys = sorted(["a b+c%20", "é ✓😀", "<&>\"'", "\n\x01", "a/../*~", KEY])
        for key in keys:
            self.server.put("logs", key, b"")
        for space in ("+", "%20"):
            self.server.url_space = space
            root = self.list("encoding-type=url")
            self.assertEqual(self.keys(root), keys)
        self.server.delete("logs", "\n\x01")
        shown = [one.text for one in self.list().findall("Contents/Key")]
        self.assertEqual(shown, [key for key in keys if key != "\n\x01"])

    def test_contents(self):
        contents = self.list().find("Contents")
        self.assertEqual(contents.findtext("Size"), "300")
        self.assertEqual(contents.findtext("ETag"), etag_of(DATA))


class CredentialTest(FaultS3Case):
    def signed(self, key="AKID", region="us-east-1", **more):
        return {"Authorization": AUTHORIZATION.format(key, region), **more}

    def test_expired_keys_and_tokens(self):
        self.server.expired_keys.add("OLD")
        self.server.expired_tokens.add("old")
        self.assert_error(self.ask(headers=self.signed("OLD")), 400, "ExpiredToken")
        old = {"X-Amz-Security-Token": "old"}
        self.assert_error(self.ask(headers=self.signed(**old)), 400, "ExpiredToken")
        self.assertEqual(self.ask(headers=self.signed())[0], 200)

    def test_region(self):
        self.server.region = "eu-west-1"
        answer = self.ask(headers=self.signed())
        self.assert_error(answer, 301, "PermanentRedirect")
        self.assertEqual(answer[1]["x-amz-bucket-region"], "eu-west-1")
        self.assertIsNotNone(ElementTree.fromstring(answer[2]).findtext("Endpoint"))
        self.server.wrong_region = "malformed"
        answer = self.ask(headers=self.signed())
        self.assert_error(answer, 400, "AuthorizationHeaderMalformed")
        self.assertEqual(ElementTree.fromstring(answer[2]).findtext("Region"), "eu-west-1")
        self.assertEqual(self.ask(headers=self.signed(region="eu-west-1"))[0], 200)

    def test_clock(self):
        now = {"x-amz-date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())}
        self.assertEqual(self.ask(headers=self.signed(**now))[0], 200)
        self.server.clock_skew = 3600
        self.assert_error(self.ask(headers=self.signed(**now)), 403, "RequestTimeTooSkewed")
        then = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + 3600))
        self.assertEqual(self.ask(headers=self.signed(**{"x-amz-date": then}))[0], 200)


class LogTest(FaultS3Case):
    def test_requests_are_logged(self):
        self.ask(target=f"/logs/{KEY}?versionId=", headers={"Range": "bytes=0-9", "X-A": "b"})
        self.ask("HEAD")
        self.list("prefix=2018/&delimiter=")
        first, head, listing = self.server.requests
        self.assertEqual((first.method, first.bucket, first.key), ("GET", "logs", KEY))
        self.assertEqual((first.query, first.headers["x-a"]), ({"versionId": ""}, "b"))
        self.assertEqual((first.status, head.status, head.bytes_sent), (404, 200, 0))
        self.assertEqual(listing.query["delimiter"], "")
        self.assertEqual({first.connection, head.connection}, {1})
        self.assertEqual(self.server.count(), 3)
        self.assertEqual(self.server.count("GET", operation="list"), 1)
        self.assertEqual(self.server.count(key=KEY), 2)

    def test_a_hook_acts_before_the_answer(self):
        self.server.on_request = lambda record: self.server.put("logs", record.key, b"new")
        self.assertEqual(self.ask()[2], b"new")

    def test_a_failing_hook_is_told_at_the_end(self):
        with self.assertRaises(RuntimeError):
            with FaultS3() as server:
                server.on_request = lambda record: 1 / 0
                client = http.client.HTTPConnection("127.0.0.1", server.port)
                with self.assertRaises(http.client.RemoteDisconnected):
                    client.request("GET", "/")
                    client.getresponse()

    def test_many_at_once(self):
        def work():
            client = self.connect()
            for _ in range(20):
                client.request("GET", f"/logs/{KEY}")
                self.assertEqual(client.getresponse().read(), DATA)

        threads = [threading.Thread(target=work) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.server.count(), 400)
        self.assertTrue(all(one.bytes_sent == len(DATA) for one in self.server.requests))
        self.assertEqual(len({one.connection for one in self.server.requests}), 20)


class ChangeTest(FaultS3Case):
    def test_nothing_changes_before_the_listing(self):
        self.server.change_between(KEY, b"new")
        self.assertEqual(self.ask()[2], DATA)
        self.list()
        self.assertEqual([self.ask()[2] for _ in range(2)], [b"new"] * 2)

    def test_it_is_deleted(self):
        self.server.change_between(KEY, None)
        self.list()
        self.assert_error(self.ask(), 404, "NoSuchKey")

    def test_it_keeps_changing(self):
        self.server.change_between(KEY, b"new", every_time=True)
        self.list()
        etags = [self.ask(method)[1]["ETag"] for method in ("HEAD", "GET", "GET")]
        self.assertEqual(len({*etags, etag_of(DATA)}), 4)
        etag = self.list().findtext("Contents/ETag")
        self.assert_error(self.ask(headers={"If-Match": etag}), 412, "PreconditionFailed")

    def test_it_changes_between_two_reads_by_a_function(self):
        self.server.change_between(KEY, lambda n: b"%d" % n, every_time=True, after_gets=1)
        self.list()
        self.assertEqual([self.ask()[2] for _ in range(3)], [DATA, b"1", b"2"])


class InjectTest(FaultS3Case):
    def statuses(self, number, **request):
        return [self.ask(**request)[0] for _ in range(number)]

    def test_times_skip_and_order(self):
        self.server.inject(Fault.INTERNAL_ERROR, times=2, skip=1)
        last = self.server.inject(Fault.SLOW_DOWN)
        self.assertEqual(self.statuses(5), [503, 500, 500, 200, 200])
        self.assertEqual(last.struck, 1)
        self.assertEqual(self.server.requests[0].fault, Fault.SLOW_DOWN)
        self.server.inject(Fault.INTERNAL_ERROR, times=FOREVER)
        self.assertEqual(self.statuses(3), [500] * 3)
        self.server.clear_faults()
        self.assertEqual(self.statuses(1), [200])

    def test_operation_and_key(self):
        self.server.put("logs", "b", b"")
        self.server.inject(Fault.INTERNAL_ERROR, key="b")
        self.server.inject(Fault.SLOW_DOWN, "head")
        self.server.inject(Fault.ACCESS_DENIED, "list", key="x/")
        self.assertEqual(self.statuses(1), [200])
        self.assertEqual(self.statuses(1, target="/logs/b"), [500])
        self.assertEqual(self.statuses(2, method="HEAD"), [503, 200])
        self.list()
        self.assertEqual(self.statuses(1, target="/logs?list-type=2&prefix=x/"), [403])
        self.server.inject(Fault.INTERNAL_ERROR, "any")
        self.assertEqual(self.statuses(1, method="HEAD", target="/logs"), [500])

    def test_mistakes_are_told_at_once(self):
        for wrong in (
            {"fault": Fault.LIST_CUT, "operation": "get"},
            {"fault": Fault.SLOW_DOWN, "operation": "gett"},
            {"fault": Fault.CLOSE_BODY, "at": "end"},
        ):
            with self.assertRaises(ValueError):
                self.server.inject(**wrong)
        for fault in (Fault.SLOW_DOWN, Fault.CLOSE_BODY):
            with self.assertRaises(TypeError):
                self.server.inject(fault, unknown=1)

    def test_each_fault_is_made(self):
        self.assertEqual(set(Fault), {*REFUSALS, *CHANGES})


class RefusalTest(FaultS3Case):
    def test_errors(self):
        for fault, status, code in (
            (Fault.INTERNAL_ERROR, 500, "InternalError"),
            (Fault.SLOW_DOWN, 503, "SlowDown"),
            (Fault.TOO_MANY_REQUESTS, 429, "TooManyRequests"),
            (Fault.REQUEST_TIMEOUT, 400, "RequestTimeout"),
            (Fault.ACCESS_DENIED, 403, "AccessDenied"),
            (Fault.NO_SUCH_KEY, 404, "NoSuchKey"),
            (Fault.NO_SUCH_BUCKET, 404, "NoSuchBucket"),
            (Fault.PRECONDITION_FAILED, 412, "PreconditionFailed"),
            (Fault.NOT_SATISFIABLE, 416, "InvalidRange"),
        ):
            with self.subTest(fault):
                self.server.inject(fault, retry_after=3)
                answer = self.ask()
                self.assert_error(answer, status, code)
                self.assertEqual(answer[1]["Retry-After"], "3")

    def test_other_answers(self):
        self.server.inject(Fault.BAD_GATEWAY)
        self.server.inject(Fault.NOT_MODIFIED)
        self.server.inject(Fault.ERROR_IN_200, code="SlowDown")
        self.server.inject(Fault.STATUS, status=418, body=b"tea")
        self.assertEqual(self.ask()[0], 502)
        self.assertEqual(self.ask()[::2], (304, b""))
        self.assert_error(self.ask(), 200, "SlowDown")
        self.assertEqual(self.ask()[::2], (418, b"tea"))
        self.server.inject(Fault.ERROR_IN_200, "list")
        self.assertEqual(self.list().tag, "Error")

    def test_a_refused_put_stores_nothing_a_lost_answer_does(self):
        self.server.inject(Fault.SLOW_DOWN, "put")
        self.server.inject(Fault.RESET_BEFORE, "put")
        self.assertEqual(self.ask("PUT", "/logs/p", body=b"1")[0], 503)
        self.assertIsNone(self.server.get("logs", "p"))
        with self.assertRaises(ConnectionResetError):
            self.ask("PUT", "/logs/p", body=b"1")
        self.assertEqual(self.server.get("logs", "p"), b"1")


class ConnectionFaultTest(FaultS3Case):
    def test_the_body_ends_at_the_byte(self):
        ends = {Fault.RESET_BODY: "RST", Fault.CLOSE_BODY: "FIN", Fault.STALL_BODY: "silence"}
        places = {"first": 0, "middle": 150, "last": 299, 0: 0, 1: 1, 7: 7, -10: 290, 999: 300}
        for fault, end in ends.items():
            for at, size in places.items() if end != "silence" else [("middle", 150)]:
                with self.subTest(fault=fault, at=at):
                    self.server.inject(fault, at=at)
                    self.assertEqual(self.raw_body(end), (DATA[:size], end))
                    record = self.server.requests[-1]
                    self.assertEqual((record.status, record.bytes_sent), (200, size))

    def test_a_large_body_ends_at_the_byte_too(self):
        data = bytes(5_000_000)
        self.server.put("logs", KEY, data)
        for fault, end in {Fault.RESET_BODY: "RST", Fault.CLOSE_BODY: "FIN"}.items():
            self.server.inject(fault, at="last")
            self.assertEqual(self.raw_body(), (data[:-1], end))
            self.assertEqual(self.server.requests[-1].bytes_sent, len(data) - 1)

    def test_no_head(self):
        for fault, end in {
            Fault.NO_ANSWER: "silence",
            Fault.CLOSE_BEFORE: "FIN",
            Fault.RESET_BEFORE: "RST",
        }.items():
            self.server.inject(fault)
            self.assertEqual(self.raw(end), (b"", end))
            self.assertIsNone(self.server.requests[-1].status)

    def test_a_broken_head(self):
        self.server.inject(Fault.STATUS_GARBAGE)
        self.assertFalse(self.raw()[0].startswith(b"HTTP"))
        self.server.inject(Fault.HEAD_CUT)
        data, end = self.raw()
        self.assertTrue(data.startswith(b"HTTP/1.1 200 OK\r\n"))
        self.assertEqual((b"\r\n\r\n" in data, end), (False, "FIN"))

    def test_an_endless_head(self):
        for one_line in (False, True):
            self.server.inject(Fault.HEAD_ENDLESS, one_line=one_line)
            with self.assertRaises(http.client.HTTPException):
                self.ask()
            self.client.close()

    def test_dribble(self):
        self.server.inject(Fault.DRIBBLE, bytes_per_s=1000, at=100)
        start = time.monotonic()
        self.assertEqual(self.ask()[2], DATA)
        self.assertGreater(time.monotonic() - start, 0.15)

    def test_a_kept_connection_is_closed_all_the_same(self):
        self.server.inject(Fault.CLOSE_AFTER)
        status, headers, body = self.ask()
        self.assertEqual((status, body, headers["Connection"]), (200, DATA, None))
        self.assertEqual(self.client.sock.recv(1), b"")

    def test_the_head_of_a_head_request(self):
        self.server.inject(Fault.RESET_BODY, "head")
        data, end = self.raw(method="HEAD")
        self.assertTrue(data.endswith(b"\r\n\r\n"))
        self.assertEqual(end, "RST")

    def test_refused(self):
        self.assertEqual(self.ask()[0], 200)
        with self.server.refused():
            with self.assertRaises(ConnectionRefusedError):
                self.connect().connect()
            self.assertEqual(self.client.sock.recv(1), b"")
        self.client.close()
        self.assertEqual(self.ask()[0], 200)

    def test_close_does_not_wait_for_stalled_answers(self):
        large = bytes(30_000_000)  # more than the buffers of a client that does not read
        with FaultS3() as server, contextlib.ExitStack() as clients:
            server.put("b", "k", large)
            for fault, options in (
                (Fault.NO_ANSWER, {}),
                (Fault.STALL_BODY, {"at": 5}),
                (Fault.DRIBBLE, {"bytes_per_s": 0.01}),
                (Fault.HEAD_ENDLESS, {}),
                (Fault.FLIPPED_BYTE, {}),
            ):
                server.inject(fault, **options)
                place = ("127.0.0.1", server.port)
                sock = clients.enter_context(socket.create_connection(place))
                sock.sendall(b"GET /b/k HTTP/1.1\r\n\r\n")
            while server.count() < 5:
                time.sleep(0.01)
            start = time.monotonic()
            server.close()
            self.assertLess(time.monotonic() - start, 3)
            self.assertEqual(server._connections, {})


class BodyFaultTest(FaultS3Case):
    def test_a_smaller_length_that_agrees(self):
        self.server.inject(Fault.LENGTH_SMALLER, at=50, times=2)
        status, headers, body = self.ask()
        self.assertEqual((status, headers["Content-Length"], body), (200, "50", DATA[:50]))
        status, headers, body = self.ask(headers={"Range": "bytes=100-199"})
        self.assertEqual((status, headers["Content-Length"], body), (206, "50", DATA[100:150]))
        self.assertEqual(headers["Content-Range"], "bytes 100-149/150")

    def test_one_wrong_byte(self):
        for at, place in {"first": 0, "middle": 150, "last": 299, 999: 299}.items():
            self.server.inject(Fault.FLIPPED_BYTE, at=at)
            _, headers, body = self.ask()
            wrong = [n for n in range(300) if body[n] != DATA[n]]
            self.assertEqual((wrong, len(body), headers["ETag"]), ([place], 300, etag_of(DATA)))

    def test_chunks(self):
        self.server.inject(Fault.CHUNKED, chunk_bytes=7)
        _, headers, body = self.ask()
        self.assertEqual((headers["Content-Length"], body), (None, DATA))
        self.assertEqual(self.server.requests[-1].bytes_sent, len(DATA))
        self.server.inject(Fault.CHUNKED, at="middle")
        with self.assertRaises(http.client.IncompleteRead):
            self.ask()

    def test_no_length(self):
        for at, size in {None: 300, 20: 20}.items():
            self.server.inject(Fault.NO_LENGTH, at=at)
            _, headers, body = self.ask()
            self.assertEqual((headers["Content-Length"], body), (None, DATA[:size]))

    def test_headers(self):
        part = {"Range": "bytes=10-19"}
        self.server.inject(Fault.GZIP_LABEL)
        self.assertEqual(self.ask()[1]["Content-Encoding"], "gzip")
        self.server.inject(Fault.ETAG_MISSING)
        self.assertNotIn("ETag", self.ask()[1])
        self.server.inject(Fault.ETAG_OTHER)
        self.assertNotEqual(self.ask()[1]["ETag"], etag_of(DATA))
        self.server.inject(Fault.RANGE_WRONG)
        self.assertEqual(self.ask(headers=part)[1]["Content-Range"], "bytes 11-20/300")
        self.server.inject(Fault.RANGE_WRONG, content_range="bytes 0-9/*")
        self.assertEqual(self.ask(headers=part)[1]["Content-Range"], "bytes 0-9/*")
        self.server.inject(Fault.RANGE_IGNORED)
        self.assertEqual(self.ask(headers=part)[::2], (200, DATA))
        self.server.inject(Fault.HEADERS, headers={"ETag": None, "Content-Length": "301"})
        with self.assertRaises((http.client.IncompleteRead, TimeoutError)):
            self.client = self.connect()
            self.client.timeout = SHORT_WAIT_SECONDS
            self.ask()


class ListFaultTest(FaultS3Case):
    def setUp(self):
        super().setUp()
        self.server.put("logs", "a b", b"")
        self.server.put("logs", "f/x", b"")

    def listed(self, fault, query="encoding-type=url", **options):
        self.server.inject(fault, **options)
        status, headers, body = self.ask(target=f"/logs?list-type=2&{query}")
        self.assertEqual((status, int(headers["Content-Length"])), (200, len(body)))
        return body

    def test_not_a_listing(self):
        for fault in (Fault.LIST_CUT, Fault.LIST_NOT_XML):
            with self.assertRaises(ElementTree.ParseError):
                self.parse(self.listed(fault))
        root = self.parse(self.listed(Fault.LIST_WRONG_ROOT))
        self.assertEqual(root.tag, "ListAllMyBucketsResult")
        body = self.listed(Fault.LIST_HUGE)
        self.assertEqual(len(body), 50_000_000)
        self.assertEqual(len(self.keys(self.parse(body))), 3)

    def test_entities(self):
        body = self.listed(Fault.LIST_DOCTYPE, doctype='<!ENTITY e9 "grown">')
        self.assertEqual(self.parse(body).findtext("Name"), "grown")
        bomb = self.listed(Fault.LIST_DOCTYPE)
        self.assertEqual(bomb.count(b"<!ENTITY"), 10)

    def test_truncation(self):
        self.server.page_size = 2
        root = self.parse(self.listed(Fault.LIST_NO_TRUNCATED))
        self.assertIsNone(root.find("IsTruncated"))
        root = self.parse(self.listed(Fault.LIST_NO_TOKEN))
        self.assertEqual(root.findtext("IsTruncated"), "true")
        self.assertIsNone(root.find("NextContinuationToken"))

    def test_the_same_token_forever(self):
        self.server.inject(Fault.LIST_SAME_TOKEN, times=FOREVER)
        tokens, query = set(), ""
        for _ in range(3):
            root = self.list(query)
            self.assertEqual(len(self.keys(root)), 3)
            tokens.add(root.findtext("NextContinuationToken"))
            query = "continuation-token=" + urllib.parse.quote(*tokens)
        self.assertEqual(len(tokens), 1)

    def test_an_empty_page_loses_nothing(self):
        root = self.parse(self.listed(Fault.LIST_EMPTY_PAGE, "delimiter=/"))
        self.assertEqual(self.keys(root), [])
        self.assertIsNone(root.find("CommonPrefixes"))
        token = urllib.parse.quote(root.findtext("NextContinuationToken"))
        root = self.list(f"delimiter=/&continuation-token={token}")
        self.assertEqual(self.keys(root), ["a b"])
        self.assertEqual(len(root.findall("CommonPrefixes")), 2)

    def test_contents(self):
        for size in ("-1", "abc"):
            root = self.parse(self.listed(Fault.LIST_SIZE, size=size))
            sizes = [one.text for one in root.findall("Contents/Size")]
            self.assertEqual(sizes, [size, "0", "0"])
        root = self.parse(self.listed(Fault.LIST_KEY_MISSING))
        self.assertEqual((len(root.findall("Contents")), len(self.keys(root))), (3, 2))
        root = self.parse(self.listed(Fault.LIST_KEY_TWICE))
        self.assertEqual(self.keys(root), [KEY, KEY, "a b", "f/x"])
        root = self.parse(self.listed(Fault.LIST_EDIT, pattern=b">a.b<", text=b">../b<"))
        self.assertIn("../b", self.keys(root))

    def test_encoding_ignored(self):
        self.server.put("logs", "a%20&", b"")
        root = self.parse(self.listed(Fault.LIST_UNENCODED))
        self.assertIsNone(root.find("EncodingType"))
        keys = [one.text for one in root.findall("Contents/Key")]
        self.assertEqual(keys, [KEY, "a b", "a%20&", "f/x"])


if __name__ == "__main__":
    unittest.main()
