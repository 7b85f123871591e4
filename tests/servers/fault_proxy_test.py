"""That fault_proxy.py fails as it says, and that the server behind hears just what it should."""

import contextlib
import http.client
import pathlib
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from fault_proxy import Fault, FaultProxy  # noqa: E402
from fault_s3 import FaultS3  # noqa: E402

SECONDS = 0.5  # how long the client waits
BODY = b"a part"
REFUSED = {Fault.INTERNAL_ERROR: 500, Fault.SLOW_DOWN: 503, Fault.ACCESS_DENIED: 403}
HEARD = {Fault.ANSWER_LOST, Fault.HEAD_CUT, Fault.NO_ANSWER}


class FaultProxyTest(unittest.TestCase):
    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.s3, self.proxy = stack.enter_context(FaultS3()), stack.enter_context(FaultProxy())
        self.s3.create_bucket("b")

    def ask(self, method, key, body=b""):
        """The status; None if there is no whole answer."""
        there = self.proxy.url.rpartition("/")[2]
        client = http.client.HTTPConnection(there, timeout=SECONDS)
        with contextlib.closing(client):
            client.request(method, f"{self.s3.endpoint}/b/{key}", body)
            try:
                answer = client.getresponse()
                answer.read()
            except (http.client.HTTPException, ConnectionError, socket.timeout):
                return None
            return answer.status if answer.getheaders() else None

    def test_each_fault(self):
        for fault in Fault:
            with self.subTest(fault=fault):
                self.proxy.strike("PUT", fault, number=1, times=1)
                self.assertEqual(self.ask("PUT", fault.name, BODY), REFUSED.get(fault))
                self.assertEqual(fault.name in self.s3.keys("b"), fault in HEARD)
                self.assertEqual(self.ask("PUT", fault.name, BODY), 200)
                self.assertEqual(self.proxy.struck, 1)

    def test_which_object_is_meant(self):
        self.proxy.strike("DELETE", Fault.INTERNAL_ERROR, number=2, times=2)
        self.assertEqual([self.ask("PUT", key, BODY) for key in "abc"], [200] * 3)
        asked = [self.ask("DELETE", key) for key in "abbbc"]
        self.assertEqual(asked, [204, 500, 500, 204, 204])
        self.assertEqual(self.s3.keys("b"), [])


if __name__ == "__main__":
    unittest.main()
