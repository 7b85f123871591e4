"""Holds our signatures against those of AWS's own library, aws-crt, on requests of every kind.

Run it as `python3 tests/oracle/signature_test.py`. Environment: SPARKIFY_SIGN_TOOL (sign_requests),
SPARKIFY_SIGN_SEED (for other requests). Needs `tools/install.sh test`.
"""

import json
import os
import pathlib
import random
import subprocess
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SIGN_TOOL = pathlib.Path(os.environ.get("SPARKIFY_SIGN_TOOL", ROOT / "build/dev/tests/sign_requests"))
SEED = int(os.environ.get("SPARKIFY_SIGN_SEED", "20181101"))
REQUEST_COUNT = 600
SECONDS_MAX = 120

# Keys are data: nothing in them means anything to a signature.
KEYS = (
    "",
    "log_data/2018/11/2018-11-01-events.json",
    "a b",
    "a  b ",
    " ",
    "a+b",
    "100%",
    "%41",
    "%2F/%252F",
    "a%20b",
    "../../etc/passwd",
    "a/../b",
    "a/./b",
    "./a",
    "..",
    "a//b",
    "/a",
    "//",
    "a/",
    "line\nbreak",
    "tab\tand\rreturn",
    "null\x00byte",
    "\x7f\x1b[31m",
    "Bj\u00f6rk/J\u00f3ga.json",
    "\u97f3\u697d/\u66f2.json",
    "\U0001f3b5/\U0001f3b6.json",
    "e\u0301",
    "!'()*~-_.",
    "a?b=c&d#e",
    "a:b;c,d@e$f",
    "a=b=c",
    '<"^`{|}\\>',
    "[x]",
    "s3://bucket/key",
)
PIECES = "abcXYZ019-_.~/ +%&=?#!'()*,;:@$[]{}|\\^`<>\"\n\r\t\x00\x7f\u00e9\u00df\u65e5\U0001f3a7"
ORIGINS = (
    "https://s3.us-west-2.amazonaws.com",
    "https://udacity-dend.s3.us-west-2.amazonaws.com",
    "https://my.dotted.bucket.s3.eu-central-1.amazonaws.com",
    "https://s3.cn-north-1.amazonaws.com.cn",
    "https://s3.us-west-2.amazonaws.com:443",
    "http://127.0.0.1:80",
    "http://127.0.0.1:443",
    "http://127.0.0.1:7480",
    "https://localhost:9000",
    "http://[::1]:9000",
    "https://minio.example.com:80",
)
REGIONS = ("us-east-1", "us-west-2", "eu-central-1", "cn-north-1", "us-gov-west-1", "default", "a")
QUERIES = (
    [],
    [["list-type", "2"], ["encoding-type", "url"], ["prefix", "log_data/"]],
    [["list-type", "2"], ["prefix", "a b+c%&=/\u00e9"], ["delimiter", "/"]],
    [["continuation-token", "1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=="]],
    [["prefix", ""]],
    [["lifecycle", ""]],
    [["b", "2"], ["a", "1"], ["B", "3"], ["A", "4"], ["_", "5"], ["~", "6"], ["-", "7"]],
    [["a", "2"], ["a", "1"], ["a", "10"], ["a", ""]],
    [["a", "1"], ["ab", "2"], ["a-", "3"], ["a.", "4"], ["a0", "5"]],
    [["a b", "1"], ["a/b", "2"], ["\u00e9", "3"]],
)
HEADERS = (
    [],
    [["Range", "bytes=0-9"]],
    [["If-Match", '"d41d8cd98f00b204e9800998ecf8427e"'], ["Range", "bytes=8388608-16777215"]],
    [["x-amz-request-payer", "requester"]],
    [["X-Amz-Storage-Class", "REDUCED_REDUNDANCY"], ["Date", "Fri, 24 May 2013 00:00:00 GMT"]],
    [["x-empty", ""]],
    [["x-blanks", "  a   b  "], ["X-UPPER", "Value"]],
    [["x-twice", "2"], ["x-twice", "1"]],
    [["Content-Type", "application/x-www-form-urlencoded; charset=utf-8"]],
)
BODIES = ("", "{}\n", "Action=GetCallerIdentity&Version=2011-06-15", "\u00e9\U0001f3b5\x00\n" * 100)


def random_text(dice, size_max):
    return "".join(dice.choice(PIECES) for _ in range(dice.randrange(size_max + 1)))


def random_query(dice):
    names = [random_text(dice, 4) or "n" for _ in range(dice.randrange(12))]
    return [[name, random_text(dice, 6)] for name in names]


def random_request(dice, number):
    """Of service s3. The fixed keys come first, then made ones."""
    method = dice.choice(("GET", "HEAD", "PUT"))
    return {
        "method": method,
        "origin": dice.choice(ORIGINS),
        "key": KEYS[number] if number < len(KEYS) else random_text(dice, 30),
        "query": dice.choice(QUERIES) if dice.random() < 0.6 else random_query(dice),
        "headers": dice.choice(HEADERS),
        "body": dice.choice(BODIES) if method == "PUT" else "",
        "access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "secret_access_key": dice.choice(("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "s", "a+/=" * 30)),
        "session_token": dice.choice(("", "FwoGZXIvYXdzEExample//////////wEaDH+token==", "t" * 900)),
        "region": dice.choice(REGIONS),
        "service": "s3",
        # To the microsecond; seconds are what counts.
        "time_us": dice.randrange(1_000_000_000_000_000, 4_000_000_000_000_000),
    }


def random_sts_request(dice, number):
    """Paths of other services would be encoded twice; we ask them for `/` only."""
    return {
        **random_request(dice, number),
        "method": "POST",
        "origin": "https://sts.us-west-2.amazonaws.com",
        "key": "",
        "query": [],
        "body": dice.choice(BODIES),
        "service": "sts",
    }


def signed_by(command, requests):
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run(
        command, input=lines, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def added_headers(answer):
    """What signing added, by name. Some write a blank behind the commas of Authorization."""
    headers = {name.lower(): value for name, value in answer["headers"]}
    headers["authorization"] = headers["authorization"].replace(", ", ",")
    names = ("authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token")
    return {name: headers.get(name) for name in names}


class SignatureTest(unittest.TestCase):
    maxDiff = None

    def expect_same(self, requests):
        ours = signed_by([str(SIGN_TOOL)], requests)
        theirs = signed_by(["node", str(HERE / "sign_with_crt.mjs")], requests)
        self.assertEqual(len(ours), len(requests))
        self.assertEqual(len(theirs), len(requests))
        for request, our, their in zip(requests, ours, theirs):
            with self.subTest(seed=SEED, request=json.dumps(request)):
                self.assertEqual(our["url"], their["url"])
                self.assertEqual(added_headers(our), added_headers(their))

    def test_requests_of_s3_are_signed_as_aws_signs_them(self):
        dice = random.Random(SEED)
        self.expect_same([random_request(dice, number) for number in range(REQUEST_COUNT)])

    def test_every_origin_query_and_set_of_headers_is_signed_as_aws_signs_it(self):
        request = random_request(random.Random(SEED), 1)
        changes = [{"origin": origin} for origin in ORIGINS]
        changes += [{"query": query} for query in QUERIES]
        changes += [{"headers": headers} for headers in HEADERS]
        self.expect_same([{**request, **change} for change in changes])

    def test_requests_of_other_services_are_signed_as_aws_signs_them(self):
        dice = random.Random(SEED)
        self.expect_same([random_sts_request(dice, number) for number in range(100)])


if __name__ == "__main__":
    unittest.main()
