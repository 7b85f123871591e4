"""The test server's own tests: that it starts, refuses and ends as tests of the program rely on.

Run it as `python3 tests/servers/rgw_test.py`.
"""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import rgw  # noqa: E402
from s3_client import PART_BYTES_MIN, S3Client, S3Error, allow, xml_text  # noqa: E402

WAIT_SECONDS_MAX = 20
LISTEN = "0A"  # a socket's state in /proc/net/tcp
LOOPBACK = "0100007F"
BODY = b"0123456789"
KEYS = (
    "a b",
    "a+b",
    "a%2Fb",
    "a%20b",
    "a/../b",
    "../a",
    "/a",
    "a//b",
    "a/./b",
    "a/",
    "a ",
    "a\nb",
    "a\rb",
    "\x01",
    "ä/日本/e\u0301",
    "?a=1&b#c",
    "\"'<>&;",
    "~*()!$@:,=",
)

server = None
owner = None  # a User; what follows belongs to him
objects = None  # his S3Client


def setUpModule():
    global server, owner, objects
    server = rgw.RgwServer()
    server.start()
    unittest.addModuleCleanup(server.stop)
    owner = server.create_user("owner")
    objects = server.client(owner)
    objects.create_bucket("logs")
    objects.put("logs", "key", BODY)


def wait_until(condition, what):
    end = time.monotonic() + WAIT_SECONDS_MAX
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {WAIT_SECONDS_MAX} s: {what}")
        time.sleep(0.05)


def changed(token):
    """The token with another character in its middle."""
    middle = len(token) // 2
    return token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]


class ServerTest(unittest.TestCase):
    def test_two_at_once_know_nothing_of_each_other(self):
        with rgw.RgwServer(region="eu-test-1") as other:
            user = other.create_user("owner")
            client = other.client(user)
            client.create_bucket("logs")
            self.assertEqual(client.list("logs"), [])
            self.assertEqual(client.bucket_region("logs"), "eu-test-1")
            self.assertEqual(server.client(user).request("GET", "logs").status, 403)
        self.assertEqual([found.key for found in objects.list("logs", "key")], [b"key"])
        self.assertEqual(objects.bucket_region("logs"), "us-east-1")

    def test_it_listens_on_loopback_only(self):
        pids = {str(daemon.pid) for daemon in server.daemons}
        addresses = listening_addresses(pids)
        self.assertGreaterEqual(len(addresses), 4)
        self.assertEqual(set(addresses), {LOOPBACK})

    def test_stop_leaves_nothing(self):
        with rgw.RgwServer() as other:
            pids = [daemon.pid for daemon in other.daemons]
            folder = other.folder
        self.assertFalse(folder.exists())
        self.assertFalse([pid for pid in pids if pathlib.Path(f"/proc/{pid}").exists()])

    def test_a_killed_test_leaves_nothing(self):
        script = (
            "import rgw, time\n"
            "with rgw.RgwServer() as server:\n"
            "    print(server.folder, *[daemon.pid for daemon in server.daemons], flush=True)\n"
            "    time.sleep(60)\n"
        )
        command = [sys.executable, "-c", script]
        environment = {**os.environ, "PYTHONPATH": str(HERE)}
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as test:
            folder, *pids = test.stdout.readline().split()
            test.send_signal(signal.SIGKILL)
        paths = [pathlib.Path(folder), *(pathlib.Path("/proc", pid) for pid in pids)]
        self.assertEqual(len(paths), 4)
        wait_until(lambda: not any(map(is_there, paths)), f"{paths} gone")

    def test_a_taken_port_is_tried_again(self):
        with socket.socket() as taken:
            taken.bind((rgw.ADDRESS, 0))
            taken.listen()
            change = (r"endpoint=\S+", f"endpoint={rgw.ADDRESS}:{taken.getsockname()[1]}")
            with ChangedServer(change) as other:
                self.assertEqual(other.starts, 2)
                self.assertEqual(other.client(other.admin).request("GET").status, 200)

    def test_a_start_that_fails_shows_the_logs(self):
        other = ChangedServer((r"server\.crt", "missing.crt"))
        with self.assertRaises(rgw.RgwError) as raised:
            other.start()
        self.assertRegex(str(raised.exception), r"did not open its ports\n(.*\n)*.*missing.crt")
        self.assertEqual(other.starts, 1)
        self.assertFalse(other.folder.exists())
        self.assertEqual(other.daemons, [])

    def test_by_hand(self):
        script = 'echo "$AWS_ENDPOINT_URL $AWS_ACCESS_KEY_ID $AWS_REGION"; exit 7'
        command = [sys.executable, HERE / "rgw.py", "--tls", "--", "sh", "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 7, done.stderr)
        self.assertRegex(done.stdout, r"^https://127\.0\.0\.1:\d+ \w+ us-east-1\n$")


class ChangedServer(rgw.RgwServer):
    """Its first start has another configuration: `change` is a pattern and what replaces it."""

    def __init__(self, change):
        super().__init__()
        self.change = change
        self.starts = 0

    def configure(self):
        super().configure()
        self.starts += 1
        if self.starts == 1:
            path = self.folder / "ceph.conf"
            path.write_text(re.sub(*self.change, path.read_text(), count=1))


class ObjectTest(unittest.TestCase):
    def test_keys_keep_their_bytes(self):
        objects.create_bucket("keys")
        for key in KEYS:
            objects.put("keys", key, key.encode())
        wanted = sorted(key.encode() for key in KEYS)
        for page_size in (1, 7, 1000):
            with self.subTest(page_size=page_size):
                found = objects.list("keys", page_size=page_size)
                self.assertEqual([one.key for one in found], wanted)
        virtual = server.client(owner, virtual_host=server.virtual_host)
        for key in KEYS:
            with self.subTest(key=key):
                self.assertEqual(objects.get("keys", key).body, key.encode())
                self.assertEqual(virtual.get("keys", key).body, key.encode())

    def test_many(self):
        objects.create_bucket("many")
        put = objects.put_many("many", ((f"{number:05}", b"{}") for number in range(1200)))
        found = objects.list("many")
        self.assertEqual(put, 1200)
        self.assertEqual([one.key for one in found], [b"%05d" % number for number in range(1200)])
        self.assertEqual({one.size for one in found}, {2})

    def test_versions(self):
        objects.create_bucket("versions")
        objects.enable_versioning("versions")
        objects.put("versions", "key", b"old")
        objects.put("versions", "key", b"new")
        new, old = objects.list_versions("versions")
        self.assertEqual(objects.get("versions", "key").body, b"new")
        self.assertEqual(objects.get("versions", "key", version_id=old.version_id).body, b"old")
        objects.delete("versions", "key")
        self.assertEqual(objects.request("GET", "versions", "key").status, 404)
        self.assertEqual(objects.head("versions", "key", version_id=new.version_id).status, 200)

    def test_parts(self):
        etag = objects.put_multipart("logs", "parts", [b"a" * PART_BYTES_MIN, b"b"])
        self.assertRegex(etag, "^[0-9a-f]{32}-2$")
        self.assertEqual(objects.get("logs", "parts").body, b"a" * PART_BYTES_MIN + b"b")
        (found,) = objects.list("logs", "parts")
        self.assertEqual((found.etag, found.size), (etag, PART_BYTES_MIN + 1))

    def test_a_file_as_the_body(self):
        path = server.folder / "body"
        path.write_bytes(BODY)
        with open(path, "rb") as file:
            objects.put("logs", "file", file)
        self.assertEqual(objects.get("logs", "file").body, BODY)

    def test_tls(self):
        client = server.client(owner, tls=True, virtual_host=server.virtual_host)
        self.assertEqual(client.get("logs", "key").body, BODY)
        stranger = S3Client(server.https_endpoint, owner.access_key, owner.secret_key)
        with self.assertRaisesRegex(OSError, "CERTIFICATE_VERIFY_FAILED"):
            stranger.get("logs", "key")

    def test_conditions_and_ranges(self):
        etag = objects.head("logs", "key").headers["ETag"]
        for headers, status, code, body in (
            ({"If-Match": etag}, 200, "", BODY),
            ({"If-Match": '"another"'}, 412, "PreconditionFailed", None),
            ({"If-Match": '"another"', "Range": "bytes=1-2"}, 412, "PreconditionFailed", None),
            ({"If-None-Match": etag}, 304, "", b""),
            ({"Range": "bytes=2-4"}, 206, "", b"234"),
            ({"Range": "bytes=8-99"}, 206, "", b"89"),
            ({"Range": "bytes=10-19"}, 416, "InvalidRange", None),
        ):
            with self.subTest(headers=headers):
                answer = objects.request("GET", "logs", "key", headers=headers)
                self.assertEqual(answer.status, status)
                if body is None:
                    self.assertEqual(xml_text(answer.body, "Code"), code)
                else:
                    self.assertEqual(answer.body, body)


class RightsTest(unittest.TestCase):
    """Each refusal is held against the same request that is let through."""

    def refused(self, client, status, code, method="GET", bucket="logs", key="key"):
        answer = client.request(method, bucket, key, body=b"x" if method == "PUT" else b"")
        self.assertEqual((answer.status, xml_text(answer.body, "Code")), (status, code))

    def test_signatures(self):
        self.assertEqual(objects.get("logs", "key").body, BODY)
        for changes, code in (
            ({"secret_key": "wrong"}, "SignatureDoesNotMatch"),
            ({"access_key": "NOBODY"}, "InvalidAccessKeyId"),
            ({"clock_offset_s": 1200}, "RequestTimeTooSkewed"),
            ({"clock_offset_s": -1200}, "RequestTimeTooSkewed"),
        ):
            with self.subTest(changes):
                self.refused(server.client(owner, **changes), 403, code)
        almost = server.client(owner, clock_offset_s=-600, region="elsewhere")
        self.assertEqual(almost.get("logs", "key").body, BODY)

    def test_missing(self):
        self.refused(objects, 404, "NoSuchKey", key="none")
        self.refused(objects, 404, "NoSuchBucket", bucket="none")
        self.refused(objects, 404, "NoSuchBucket", bucket="none", key=None)
        with self.assertRaises(S3Error) as raised:
            objects.get("logs", "none")
        self.assertEqual((raised.exception.status, raised.exception.code), (404, "NoSuchKey"))

    def test_no_list(self):
        objects.create_bucket("nolist")
        objects.put("nolist", "key", BODY)
        user = server.create_user("nolist")
        client = server.client(user)
        self.refused(client, 403, "AccessDenied", bucket="nolist")
        objects.put_bucket_policy("nolist", [allow(["GetObject"], "nolist", user.name)])
        self.assertEqual(client.get("nolist", "key").body, BODY)
        self.refused(client, 403, "AccessDenied", bucket="nolist", key=None)
        self.refused(client, 403, "AccessDenied", bucket="nolist", key="none")

    def test_public(self):
        objects.create_bucket("public")
        objects.put("public", "key", BODY)
        anonymous = server.client()
        self.refused(anonymous, 403, "AccessDenied", bucket="public")
        objects.put_bucket_policy("public", [allow(["GetObject", "ListBucket"], "public")])
        self.assertEqual(anonymous.get("public", "key").body, BODY)
        self.assertEqual(len(anonymous.list("public")), 1)
        self.refused(anonymous, 403, "AccessDenied", method="PUT", bucket="public")

    def test_read_only_user(self):
        reader = server.create_user("reader")
        server.user_policy(reader, [allow(["GetObject", "ListBucket"], "logs")])
        self.reads_only(server.client(reader))

    def test_session(self):
        arn = server.create_role("session", owner, [allow(["GetObject", "ListBucket"], "logs")])
        session = objects.assume_role(arn)
        self.reads_only(server.client(session))
        for wrong in (
            session._replace(token=changed(session.token)),
            session._replace(token=None),
            session._replace(secret_key="wrong"),
        ):
            with self.subTest(wrong=wrong):
                self.refused(server.client(wrong), 403, "InvalidAccessKeyId")
        with self.assertRaisesRegex(S3Error, "403 AccessDenied"):
            server.client(server.create_user("stranger")).assume_role(arn)

    def test_session_ends(self):
        arn = server.create_role("short", owner, [allow(["GetObject"], "logs")])
        client = server.client(objects.assume_role(arn, seconds=2))
        self.assertEqual(client.get("logs", "key").body, BODY)
        wait_until(lambda: client.request("GET", "logs", "key").status != 200, "the session's end")
        self.refused(client, 403, "InvalidAccessKeyId")

    def reads_only(self, client):
        self.assertEqual(client.get("logs", "key").body, BODY)
        self.assertIn(b"key", [found.key for found in client.list("logs")])
        self.refused(client, 403, "AccessDenied", method="PUT")
        self.refused(client, 403, "AccessDenied", method="DELETE")


def is_there(path):
    """Whether a file is there, or a process that has not ended."""
    if path.parent != pathlib.Path("/proc"):
        return path.exists()
    try:
        return path.joinpath("stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def listening_addresses(pids):
    """The addresses, as /proc/net writes them, on which the processes listen."""
    sockets = set()
    for pid in pids:
        for file in pathlib.Path("/proc", pid, "fd").iterdir():
            sockets.add(os.readlink(file))
    addresses = []
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and f"socket:[{fields[9]}]" in sockets:
                addresses.append(fields[1].partition(":")[0])
    return addresses


if __name__ == "__main__":
    unittest.main()
