"""An S3 server that fails on order: retries, clear ends, and never a row lost or doubled.

Run it as `python3 tests/e2e/s3_faults_e2e_test.py`. Environment: SPARKIFY_BINARY (the program).
The server is `tests/servers/fault_s3.py`; each case has one of its own, and several run at once.
tests/torture/s3.py tries the most usual faults at every object and byte.
"""

import concurrent.futures
import dataclasses
import functools
import gzip
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle"), str(HERE.parent / "servers")]

import contract_e2e_test as corpus  # noqa: E402
import sparkify  # noqa: E402
from contract_e2e_test import lines, play, song  # noqa: E402
from fault_s3 import FOREVER, PLACES, Fault, FaultS3, md5_etag  # noqa: E402

EXIT_OK = 0
EXIT_CONFIG = 3
EXIT_SOURCE = 4
EXIT_INTERRUPTED = 130
WAIT_SECONDS_MAX = 60
AT_ONCE = 6  # cases; many of them wait more than they work
TRIES_MAX = 6
PAUSE_MAX_S = 20
INTERRUPT_MAX_S = 5
PART_BYTES = 65536

BUCKET = "music"
# Texts of their own, so that a part of them in any output is a leak.
SECRET = "pLaNtEdSeCrEtKeY0123456789abcdef"
TOKEN = "pLaNtEdSeSsIoNtOkEn9876543210"
LEAKS = (SECRET, TOKEN, "Signature=", "X-Amz-Signature", "AWS4-HMAC")
KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_SESSION_TOKEN": TOKEN,
}
QUICK = {"SPARKIFY_RETRY_MS": "1", "HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"}
ONE_EACH = {"SPARKIFY_GROUP_BYTES": "1"}  # a group for each object
IN_PARTS = {"SPARKIFY_PART_BYTES": str(PART_BYTES), "SPARKIFY_BLOCK_BYTES": "4096"}
IMPATIENT = {"SPARKIFY_STALL_S": "1"}


# --- What is in the bucket ------------------------------------------------------------------------


def log_day(number, plays=3, **changes):
    return lines(*(play(number * 1000 + n, n % 7, **changes) for n in range(plays)))


def log_key(number):
    return f"logs/{number}.json"


TIDE = {"title": "Tide", "artist_name": "The Weirs", "duration": 200.5}
SONGS = {"songs/1.json": lines(song(1, **TIDE)), "songs/2.json": lines(song(2), song(3))}
SMALL = {log_key(n): log_day(n) for n in range(1, 6)} | SONGS
ONE = log_key(3)  # the object that fails
LOGS = "logs/"  # what a run of these tests lists
LONG_KEY = "logs/long.json"
LONG = {log_key(1): log_day(1), LONG_KEY: log_day(50, plays=500), **SONGS}
PARTS = -(-len(LONG[LONG_KEY]) // PART_BYTES)


def without(objects, *keys):
    return {key: data for key, data in objects.items() if key not in keys}


def uri_of(key):
    return f"s3://{BUCKET}/{key}"


# --- The program, with a server and a warehouse ---------------------------------------------------


class Truths:
    """The tables that some objects make, as a fingerprint: from a run without faults, whose tables
    are the oracle's."""

    def __init__(self):
        self._lock = threading.Lock()
        self._known = {}

    def of(self, objects):
        content = frozenset(objects.items())
        with self._lock:
            if content not in self._known:
                self._known[content] = self._find(objects)
            return self._known[content]

    def _find(self, objects):
        oracle = corpus.contract.Warehouse()
        oracle.apply_run(listed(objects, "songs/"), listed(objects, "logs/"))
        with Site(objects) as site:
            site.etl()
            found = sparkify.warehouse_tables(site.warehouse)
            expect(not (text := sparkify.difference(oracle.tables(), found)), text)
            return sparkify.fingerprint(site.warehouse)


def listed(objects, prefix):
    return [(uri_of(key), "", data) for key, data in objects.items() if key.startswith(prefix)]


TRUTHS = Truths()
EMPTY_WAREHOUSE = None  # the path of one; copied, which is faster than to create each


def setUpModule():
    global EMPTY_WAREHOUSE
    sparkify.binary()
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    EMPTY_WAREHOUSE = pathlib.Path(folder.name, "empty.duckdb")
    done = sparkify.run("create-tables", "--warehouse", f"duckdb:{EMPTY_WAREHOUSE}")
    expect(done.returncode == EXIT_OK, done.stderr)


def expect(is_so, message):
    """As assertTrue, without a test at hand: cases run in threads."""
    if not is_so:
        raise AssertionError(message)


def expect_equal(found, expected, what):
    expect(found == expected, f"{what}: {found!r}, not {expected!r}")


def expect_no_secret(text):
    for leak in LEAKS:
        expect(leak not in text, f"{leak} is in the output:\n{text}")


class Site:
    """A server with objects, a warehouse, and the program between them; a context manager."""

    def __init__(self, objects=None, env=None, **server_options):
        self.objects = SMALL if objects is None else objects
        self.env = {**QUICK, **KEYS, **(env or {})}
        self.server = FaultS3(**server_options)
        self._temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self._temporary.name)
        self.warehouse = self.folder / "warehouse.duckdb"
        shutil.copyfile(EMPTY_WAREHOUSE, self.warehouse)
        self.server.create_bucket(BUCKET)
        for key, data in self.objects.items():
            self.server.put(BUCKET, key, data)

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *error):
        self._temporary.cleanup()
        self.server.__exit__(*error)

    def words(self, *words):
        where = ("--warehouse", f"duckdb:{self.warehouse}", "--endpoint-url", self.server.endpoint)
        return (*words, *where, "-v")

    def call(self, *words, exit_code=EXIT_OK):
        begin = time.monotonic()
        done = sparkify.run(*self.words(*words), env=self.env)
        done.seconds = time.monotonic() - begin
        self.expect_sound(done, exit_code)
        return done

    def expect_sound(self, done, exit_code):
        text = done.stdout + done.stderr
        expect_no_secret(text)
        expect("internal error" not in text, text)
        got = f"{done.args[1:]} ended with {done.returncode}, not {exit_code}\n{text}"
        expect(done.returncode == exit_code, f"{got}\n{self.log()}")

    def log(self):
        return "\n".join(f"{r.operation} {r.key} {r.query} {r.fault}" for r in self.server.requests)

    def etl_words(self, logs="logs", songs="songs"):
        sources = ("--log-data", uri_of(logs), "--song-data", uri_of(songs))
        return ("etl", *sources) if songs else ("etl", *sources[:2])

    def etl(self, *options, exit_code=EXIT_OK, **places):
        return self.call(*self.etl_words(**places), *options, exit_code=exit_code)

    def gets(self, key=ONE):
        return self.server.count(operation="get", key=key)

    def expect_loaded(self, objects=None):
        """No row lost and none twice; whichever runs loaded the objects."""
        expected = TRUTHS.of(self.objects if objects is None else objects)
        expect_equal(sparkify.fingerprint(self.warehouse), expected, "the tables")

    def expect_left_out(self, done, *keys, says=()):
        shown = done.stdout + done.stderr
        for part in (*map(uri_of, keys), *says, f"{len(keys)} failed"):
            expect(part in shown, f"{part!r} is not in\n{shown}")
        self.expect_loaded(without(self.objects, *keys))
        self.call("check")

    def expect_made_up_for(self):
        """The next run loads what was left out, and the one after it finds nothing."""
        self.server.clear_faults()
        self.etl()
        self.expect_loaded()
        self.expect_nothing_new()

    def expect_nothing_new(self):
        before = self.server.count(operation="get")
        expect("Nothing new" in self.etl().stdout, "there is something new in a run too many")
        expect_equal(self.server.count(operation="get"), before, "requests for bytes")


def tries_told(done, key, method="GET"):
    pattern = rf"{re.escape(uri_of(key))}: {method} failed \((.*)\), try (\d) of {TRIES_MAX}\n"
    return re.findall(pattern, done.stderr)


def expect_tries_told(done, key, reason, times=1, method="GET"):
    told = tries_told(done, key, method)
    numbers = [number for _, number in told]
    expect_equal(numbers, [str(n) for n in range(1, times + 1)], f"tries\n{done.stderr}")
    for text, _ in told:
        expect(re.search(reason, text), f"{reason!r} is not in {text!r}")


def expect_told(case, done, key, times=1, method="GET"):
    """That of so many faults each is told, but for those that libcurl hides."""
    told = len(tries_told(done, key, method))
    fewest = 0 if case.is_hidden else times
    expect(fewest <= told <= times, f"{told} tries are told of {times}\n{done.stderr}")
    expect_tries_told(done, key, case.reason, told, method)


def expect_requests(case, found, tries):
    most = 2 * tries if case.is_hidden else tries
    expect(tries <= found <= most, f"{found} requests for {tries} tries")


def expect_error(done, *says):
    expect(re.search(r"(?m)^sparkify: error: ", done.stderr), f"no error is shown:\n{done.stderr}")
    for part in says:
        expect(re.search(part, done.stderr), f"{part!r} is not in\n{done.stderr}")


class S3Case(unittest.TestCase):
    def each(self, function, cases, at_once=AT_ONCE):
        """function(case) for all, several at once; a subtest for each."""
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            results = [(case, pool.submit(function, case)) for case in cases]
            for case, result in results:
                with self.subTest(case=str(case)):
                    result.result()

    def site(self, *args, **options):
        return self.enterContext(Site(*args, **options))


# --- Faults that are worth a retry ----------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A fault, and how the message about it reads."""

    fault: Fault
    reason: str
    at: object = None
    options: dict = field(default_factory=dict, hash=False)
    env: dict = field(default_factory=dict, hash=False)
    # On a connection that was kept, libcurl itself asks once more and tells nobody: the server may
    # have closed it long ago.
    is_hidden: bool = False

    def __str__(self):
        return " ".join(str(word) for word in (self.fault.name, self.at, self.options) if word)

    def inject(self, server, **where):
        return server.inject(self.fault, at=self.at, **where, **self.options)


CUT = r"reset by peer|outstanding read data|transfer closed|Empty reply|Send failure|Broken pipe"
SLOW = r"[Tt]imed? ?out|too slow"
MALFORMED = r"HTTP/0\.9|Unsupported|malformed|header|[Ww]eird"

TOO_LONG = MALFORMED + "|[Oo]ut of memory|[Tt]oo large"

ANSWERS = (
    Case(Fault.INTERNAL_ERROR, "500 InternalError"),
    Case(Fault.SLOW_DOWN, "503 SlowDown"),
    Case(Fault.TOO_MANY_REQUESTS, "429 TooManyRequests"),
    Case(Fault.REQUEST_TIMEOUT, "400 RequestTimeout"),
    Case(Fault.BAD_GATEWAY, "502"),
    Case(Fault.ERROR_IN_200, "it says InternalError"),
    Case(Fault.ERROR_IN_200, "it says SlowDown", options={"code": "SlowDown"}),
    Case(Fault.STATUS, "504", options={"status": 504}),
    Case(Fault.STATUS, "408", options={"status": 408}),
    Case(Fault.STATUS, "500", options={"status": 500, "body": b"<Error><Code>"}),
)
CONNECTION = (
    Case(Fault.RESET_BEFORE, CUT, is_hidden=True),
    Case(Fault.CLOSE_BEFORE, CUT, is_hidden=True),
    Case(Fault.STATUS_GARBAGE, MALFORMED),
    Case(Fault.HEAD_CUT, CUT + "|does not name the version|range that was asked for"),
    Case(Fault.HEAD_ENDLESS, MALFORMED),
    Case(Fault.HEAD_ENDLESS, TOO_LONG, options={"one_line": True}),
    Case(Fault.NO_ANSWER, SLOW, env=IMPATIENT),
)
SHORT = r"bytes came, the listing has|another range than asked for"
BODY_CUTS = (
    (Fault.RESET_BODY, CUT, {}),
    (Fault.CLOSE_BODY, CUT, {}),
    (Fault.LENGTH_SMALLER, SHORT, {}),
    (Fault.CHUNKED, CUT, {}),
    (Fault.NO_LENGTH, SHORT, {}),
    (Fault.STALL_BODY, SLOW, IMPATIENT),
)
BODIES = tuple(
    Case(fault, reason, at, env=env) for fault, reason, env in BODY_CUTS for at in PLACES
)
DRIBBLES = tuple(Case(Fault.DRIBBLE, SLOW, at, env=IMPATIENT) for at in ("first", "middle"))
FLIPS = tuple(Case(Fault.FLIPPED_BYTE, "MD5", at) for at in PLACES)
NO_VERSION = (Case(Fault.ETAG_MISSING, "does not name the version"),)
RANGES = (
    Case(Fault.RANGE_WRONG, "another range than asked for"),
    Case(Fault.RANGE_WRONG, "another range", options={"content_range": "nonsense"}),
    Case(Fault.RANGE_WRONG, "another range", options={"content_range": None}),
    Case(Fault.RANGE_IGNORED, "longer than it may be|range that was asked for was ignored"),
)
FOR_SMALL = ANSWERS + CONNECTION + BODIES + DRIBBLES + FLIPS + NO_VERSION
FOR_PARTS = ANSWERS[:1] + CONNECTION[:2] + BODIES + DRIBBLES[1:] + NO_VERSION + RANGES
# For LIST, whose bytes no length tells beforehand: a short body is bad XML.
BAD_XML = "the listing is not sound"
LIST_SHORT = {
    fault: BAD_XML for fault in (Fault.LENGTH_SMALLER, Fault.NO_LENGTH, Fault.HEAD_CUT)
}
FOR_LIST = tuple(
    dataclasses.replace(case, reason=LIST_SHORT.get(case.fault, case.reason))
    for case in ANSWERS + CONNECTION + BODIES
)
# What tests/torture/s3.py does at every place, once and forever.
TORTURED = {Fault.RESET_BODY, Fault.CLOSE_BODY, Fault.STALL_BODY, Fault.LENGTH_SMALLER}
TORTURED |= {Fault.NO_ANSWER, Fault.ERROR_IN_200, Fault.HEAD_CUT, Fault.FLIPPED_BYTE}


def thinned(cases):
    """All kinds of faults, but of those that are tortured none at more than one place."""
    return [case for case in cases if case.fault not in TORTURED or case.at in (None, "middle")]


HARMLESS = (
    Case(Fault.GZIP_LABEL, ""),
    Case(Fault.CHUNKED, "", options={"chunk_bytes": 7}),
    Case(Fault.NO_LENGTH, ""),
    Case(Fault.CLOSE_AFTER, ""),
    Case(Fault.HEADERS, "", options={"headers": {"Content-Type": "text/html", "X-A": "b" * 9000}}),
    Case(Fault.DRIBBLE, "", options={"bytes_per_s": 4000}, env=IMPATIENT),
)


class RetryTest(S3Case):
    """Once is no matter: all is loaded, with one more request, and -v tells the try."""

    def test_a_small_object_that_fails_once(self):
        self.each(self.small_object_fails_once, thinned(FOR_SMALL))

    def small_object_fails_once(self, case, key=ONE):
        with Site(env=case.env) as site:
            case.inject(site.server, key=key)
            done = site.etl()
            site.expect_loaded()
            expect_equal(site.gets(key), 2, "requests")
            expect_told(case, done, key)
            others = sum(site.gets(other) for other in without(SMALL, key))
            expect_equal(others, len(SMALL) - 1, "requests for the others")

    def test_a_part_of_a_long_object_that_fails_once(self):
        self.each(self.part_fails_once, thinned(FOR_PARTS))

    def part_fails_once(self, case):
        with Site(LONG, {**IN_PARTS, **case.env}) as site:
            case.inject(site.server, key=LONG_KEY, skip=1)
            done = site.etl()
            site.expect_loaded()
            expect_equal(site.gets(LONG_KEY), PARTS + 1, "requests")
            expect_told(case, done, LONG_KEY)

    def test_all_parts_that_fail_once(self):
        site = self.site(LONG, IN_PARTS)
        site.server.inject(Fault.RESET_BODY, key=LONG_KEY, times=PARTS)
        site.etl("--transfers", 1)
        site.expect_loaded()
        self.assertEqual(site.gets(LONG_KEY), 2 * PARTS)

    def test_every_object_fails_and_each_otherwise(self):
        site = self.site()
        for case, key in zip(BODIES[:12:2] + ANSWERS, SMALL):
            case.inject(site.server, key=key, times=2)
        site.etl()
        site.expect_loaded()
        for key in SMALL:
            self.assertEqual(site.gets(key), 3, key)

    def test_a_listing_that_fails_once(self):
        def listing_fails_once(case):
            with Site(env=case.env) as site:
                case.inject(site.server, operation="list", key="logs/")
                done = site.etl()
                site.expect_loaded()
                expect_equal(site.server.count(operation="list"), 5, "requests")
                expect_told(case, done, LOGS)

        self.each(listing_fails_once, thinned(FOR_LIST))

    def test_a_page_in_the_middle_that_fails_once(self):
        def page_fails_once(case):
            with Site(page_size=2, env=case.env) as site:
                case.inject(site.server, operation="list", key="logs/", skip=2)
                site.etl()
                site.expect_loaded()

        self.each(page_fails_once, ANSWERS[:1] + CONNECTION[:1] + BODIES[1:9:3])

    def test_a_second_look_that_fails_once(self):
        def look_fails_once(case):
            changed = {**SMALL, ONE: log_day(7)}
            with Site(env=case.env) as site:
                site.server.change_between(ONE, changed[ONE])
                case.inject(site.server, operation="head", key=ONE)
                done = site.etl()
                site.expect_loaded(changed)
                expect_equal(site.server.count(operation="head"), 2, "requests")
                expect_told(case, done, ONE, method="HEAD")

        no_code = tuple(
            dataclasses.replace(case, reason=case.reason.split()[0]) for case in ANSWERS[:3]
        )
        cut = tuple(
            dataclasses.replace(case, reason=f"{case.reason}|name the size") for case in CONNECTION
        )
        self.each(look_fails_once, no_code + cut + NO_VERSION)

    def test_odd_answers_that_are_right(self):
        def answer_is_right(case):
            for objects, env in ((SMALL, {}), (LONG, IN_PARTS)):
                with Site(objects, {**env, **case.env}) as site:
                    case.inject(site.server, times=FOREVER)
                    done = site.etl()
                    site.expect_loaded()
                    expect("failed (" not in done.stderr, done.stderr)

        self.each(answer_is_right, HARMLESS)

    def test_a_compressed_object_with_a_gzip_label(self):
        packed = {**SONGS, "logs/1.json.gz": gzip.compress(log_day(1))}
        site = self.site(packed)
        site.server.inject(Fault.GZIP_LABEL, times=FOREVER)
        site.etl()
        site.expect_loaded()


class ForeverTest(S3Case):
    """A fault that stays: 6 tries, the object is left out and named, the others are loaded."""

    def fails_forever(self, case, key=ONE):
        with Site(env=case.env) as site:
            case.inject(site.server, key=key, times=FOREVER)
            done = site.etl(exit_code=EXIT_SOURCE)
            expect_requests(case, site.gets(key), TRIES_MAX)
            expect_tries_told(done, key, case.reason, TRIES_MAX - 1)
            last = re.search(r"GET failed 6 times, the last time with: (.*); run", done.stdout)
            expect(last and re.search(case.reason, last[1]), f"no last reason:\n{done.stdout}")
            site.expect_left_out(done, key)
            site.expect_made_up_for()

    def test_a_small_object_that_always_fails(self):
        rest = [case for case in FOR_SMALL if case.fault not in TORTURED]
        whole = [case for case in rest if case.at in (None, "middle")]
        self.each(self.fails_forever, sorted(whole, key=lambda case: not case.env))

    def test_two_objects_in_groups_of_their_own(self):
        site = self.site(env=ONE_EACH)
        keys = (ONE, "songs/1.json")
        for key in keys:
            site.server.inject(Fault.SLOW_DOWN, key=key, times=FOREVER)
        done = site.etl(exit_code=EXIT_SOURCE)
        site.expect_left_out(done, *keys)
        site.expect_made_up_for()

    def test_all_objects(self):
        site = self.site()
        site.server.inject(Fault.SLOW_DOWN, times=FOREVER)
        done = site.etl(exit_code=EXIT_SOURCE)
        self.assertIn(f"{len(SMALL)} failed", done.stdout)
        self.assertEqual(site.server.count(operation="get"), TRIES_MAX * len(SMALL))
        site.expect_made_up_for()

    def test_a_failure_is_in_the_json_document(self):
        site = self.site()
        site.server.inject(Fault.INTERNAL_ERROR, key=ONE, times=FOREVER)
        document = json.loads(site.etl("--json", exit_code=EXIT_SOURCE).stdout)
        self.assertEqual([one["uri"] for one in document["failed_objects"]], [uri_of(ONE)])
        self.assertIn("500 InternalError", json.dumps(document["failed_objects"]))

    def test_a_listing_that_always_fails(self):
        def listing_always_fails(case):
            with Site(env=case.env) as site:
                case.inject(site.server, operation="list", key="logs/", times=FOREVER)
                done = site.etl(exit_code=EXIT_SOURCE)
                expect_error(done, "failed 6 times", case.reason, "run again later")
                expect_equal(site.server.count(operation="get"), 0, "requests for bytes")
                expect_tries_told(done, LOGS, case.reason, TRIES_MAX - 1)

        self.each(listing_always_fails, FOR_LIST[:2] + FOR_LIST[10:14] + FOR_LIST[17:24:3])

    def test_a_second_look_that_always_fails(self):
        def look_always_fails(fault):
            with Site() as site:
                site.server.change_between(ONE, log_day(7))
                site.server.inject(fault, operation="head", key=ONE, times=FOREVER)
                done = site.etl(exit_code=EXIT_SOURCE)
                site.expect_left_out(done, ONE)

        self.each(look_always_fails, (Fault.INTERNAL_ERROR, Fault.ACCESS_DENIED))

    def test_a_flipped_byte_in_a_long_object_fails_it(self):
        def flipped(at):
            with Site(LONG, IN_PARTS) as site:
                site.server.inject(Fault.FLIPPED_BYTE, key=LONG_KEY, at=at, skip=1)
                done = site.etl(exit_code=EXIT_SOURCE)
                site.expect_left_out(done, LONG_KEY, says=["MD5"])
                site.expect_made_up_for()

        self.each(flipped, PLACES)

    def test_an_etag_that_is_no_md5_proves_nothing(self):
        for etag in ('"0123456789abcdef0123456789abcdef-2"', '"not hexadecimal"'):
            with self.subTest(etag=etag):
                site = self.site()
                site.server.put(BUCKET, ONE, SMALL[ONE], etag=etag)
                site.etl()
                site.expect_loaded()

    def test_an_etag_of_a_kms_object_is_no_md5(self):
        site = self.site()
        kms = {"x-amz-server-side-encryption": "aws:kms"}
        site.server.put(BUCKET, ONE, SMALL[ONE], etag='"' + "0" * 32 + '"', headers=kms)
        site.etl()
        site.expect_loaded()


class WaitTest(S3Case):
    """Pauses and stalls, in real seconds; all at once, as they only wait."""

    def test_waits(self):
        waits = (self.retry_after_is_obeyed, self.retry_after_is_capped, self.odd_retry_after)
        waits += (self.pauses_grow, self.stall_at_a_byte, self.interrupt_ends_a_stall)
        waits += (self.interrupt_ends_a_pause, self.interrupt_ends_a_listing)
        waits += (self.second_run_after_an_interrupt,)
        self.each(lambda wait: wait(), waits, at_once=len(waits))

    def retry_after_is_obeyed(self):
        with Site() as site:
            site.server.inject(Fault.SLOW_DOWN, key=ONE, retry_after=2)
            done = site.etl()
            expect(2 <= done.seconds < PAUSE_MAX_S, f"{done.seconds} s")
            site.expect_loaded()

    def retry_after_is_capped(self):
        with Site() as site:
            site.server.inject(Fault.SLOW_DOWN, key=ONE, retry_after=86400)
            done = site.etl()
            expect(PAUSE_MAX_S <= done.seconds < PAUSE_MAX_S + 15, f"{done.seconds} s")
            site.expect_loaded()

    def odd_retry_after(self):
        for text in ("Wed, 21 Oct 2099 07:28:00 GMT", "-5", "soon", ""):
            with Site() as site:
                site.server.inject(Fault.TOO_MANY_REQUESTS, key=ONE, retry_after=text)
                done = site.etl()
                expect(done.seconds < PAUSE_MAX_S / 2, f"{text}: {done.seconds} s")

    def pauses_grow(self):
        """Full jitter: by chance each, but together never more than 31 times the first."""
        with Site(env={"SPARKIFY_RETRY_MS": "50"}) as site:
            site.server.inject(Fault.SLOW_DOWN, key=ONE, times=5)
            begin = time.monotonic()
            site.etl()
            expect(time.monotonic() - begin < 1.55 + 15, "the pauses are too long")
            site.expect_loaded()

    def stall_at_a_byte(self):
        for at in (1, 1023, -1):
            with Site(env={"SPARKIFY_STALL_S": "2"}) as site:
                site.server.inject(Fault.STALL_BODY, key=ONE, at=at)
                done = site.etl()
                expect(2 <= done.seconds < 15, f"{done.seconds} s")
                expect_tries_told(done, ONE, SLOW)
                site.expect_loaded()

    def interrupt(self, site, is_time, settle_s=0.5):
        """The seconds that the program took to end after SIGINT."""
        process = sparkify.start(*site.words(*site.etl_words()), env=site.env)
        try:
            wait_until(lambda: is_time(site.server.requests), "the request")
            time.sleep(settle_s)
            begin = time.monotonic()
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=WAIT_SECONDS_MAX)
        finally:
            process.kill()
        done = subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)
        site.expect_sound(done, EXIT_INTERRUPTED)
        seconds = time.monotonic() - begin
        expect(seconds < INTERRUPT_MAX_S, f"it took {seconds} s to stop")

    def interrupt_ends_a_stall(self):
        with Site() as site:
            site.server.inject(Fault.STALL_BODY, key=ONE, times=FOREVER)
            self.interrupt(site, lambda requests: any(r.key == ONE for r in requests))
            site.expect_made_up_for()

    def interrupt_ends_a_pause(self):
        with Site() as site:
            site.server.inject(Fault.SLOW_DOWN, key=ONE, times=FOREVER, retry_after=20)
            self.interrupt(site, lambda requests: any(r.key == ONE for r in requests))
            site.expect_made_up_for()

    def interrupt_ends_a_listing(self):
        with Site() as site:
            site.server.inject(Fault.NO_ANSWER, operation="list", key="logs/", times=FOREVER)
            self.interrupt(site, lambda requests: any(r.fault for r in requests))
            site.expect_made_up_for()

    def second_run_after_an_interrupt(self):
        """Groups that were loaded before stay."""
        with Site(env=ONE_EACH) as site:
            site.server.inject(Fault.STALL_BODY, key=log_key(5), times=FOREVER)
            self.interrupt(site, lambda requests: any(r.key == log_key(5) for r in requests), 2)
            site.expect_loaded(without(SMALL, log_key(5)))
            site.expect_made_up_for()


def wait_until(is_so, what):
    end = time.monotonic() + WAIT_SECONDS_MAX
    while not is_so():
        expect(time.monotonic() < end, f"{what} did not come about within {WAIT_SECONDS_MAX} s")
        time.sleep(0.02)


# --- Objects that change --------------------------------------------------------------------------


class ChangeTest(S3Case):
    NEW = log_day(7, plays=5)

    def test_a_changed_object_is_taken_as_it_is_now(self):
        def changed(env):
            with Site(env=env) as site:
                site.server.change_between(ONE, self.NEW)
                done = site.etl()
                expect("changed after it was listed" in done.stderr, done.stderr)
                site.expect_loaded({**SMALL, ONE: self.NEW})
                expect_equal((site.gets(), site.server.count(operation="head")), (2, 1), "requests")
                site.expect_nothing_new()

        self.each(changed, ({}, ONE_EACH))

    def test_a_changed_song_file(self):
        site = self.site()
        new = lines(song(2, title="Another"), song(9))
        site.server.change_between("songs/2.json", new)
        site.etl()
        site.expect_loaded({**SMALL, "songs/2.json": new})

    def test_an_object_that_changes_every_time_is_reported(self):
        for data in (self.NEW, lambda number: log_day(100 + number)):
            with self.subTest(data=data), Site() as site:
                site.server.change_between(ONE, data, every_time=True)
                done = site.etl(exit_code=EXIT_SOURCE)
                site.expect_left_out(done, ONE, says=["changed after it was listed"])
                self.assertEqual(site.server.count(operation="head"), 1)
                self.assertLessEqual(site.gets(), 2)
                site.server.clear_faults()
                site.objects = {**SMALL, ONE: site.server.get(BUCKET, ONE)}
                site.expect_made_up_for()

    def test_a_deleted_object_is_reported(self):
        def deleted(env):
            with Site(env=env) as site:
                site.server.change_between(ONE, None)
                done = site.etl(exit_code=EXIT_SOURCE)
                site.expect_left_out(done, ONE, says=["gone"])
                site.objects = without(SMALL, ONE)
                site.expect_nothing_new()
                site.server.put(BUCKET, ONE, SMALL[ONE])
                site.objects = SMALL
                site.expect_made_up_for()

        self.each(deleted, ({}, ONE_EACH))

    def test_an_object_that_is_deleted_between_two_looks(self):
        site = self.site()
        site.server.change_between(
            ONE, lambda number: self.NEW if number == 1 else None, every_time=True
        )
        done = site.etl(exit_code=EXIT_SOURCE)
        site.expect_left_out(done, ONE)

    def test_a_long_object_that_changes_between_its_parts(self):
        def changes_behind(gets):
            new = log_day(60, plays=400)
            with Site(LONG, IN_PARTS) as site:
                site.server.change_between(LONG_KEY, new, after_gets=gets)
                site.etl("--transfers", 1)
                site.expect_loaded({**LONG, LONG_KEY: new})
                site.expect_nothing_new()

        self.each(changes_behind, range(PARTS))

    def test_a_long_object_that_vanishes_between_its_parts(self):
        site = self.site(LONG, IN_PARTS)
        site.server.change_between(LONG_KEY, None, after_gets=2)
        done = site.etl("--transfers", 1, exit_code=EXIT_SOURCE)
        site.expect_left_out(done, LONG_KEY, says=["gone"])

    def test_a_long_object_that_becomes_short_and_a_short_one_long(self):
        for key, data in ((LONG_KEY, log_day(60)), (log_key(1), log_day(60, plays=400))):
            with self.subTest(key=key), Site(LONG, IN_PARTS) as site:
                site.server.change_between(key, data)
                site.etl()
                site.expect_loaded({**LONG, key: data})

    def test_an_object_that_becomes_empty(self):
        site = self.site()
        site.server.change_between(ONE, b"")
        site.etl()
        site.expect_loaded({**SMALL, ONE: b""})

    def test_a_version_that_was_loaded_before_comes_back(self):
        site = self.site()
        site.etl()
        site.server.put(BUCKET, ONE, self.NEW)
        site.server.change_between(ONE, SMALL[ONE])
        site.etl()
        site.expect_loaded(SMALL)
        site.expect_nothing_new()

    def test_a_song_version_that_was_loaded_before_comes_back_among_new_ones(self):
        site = self.site()
        site.etl()
        site.server.put(BUCKET, "songs/2.json", lines(song(2, title="Another")))
        site.server.put(BUCKET, log_key(9), log_day(9))
        site.server.change_between("songs/2.json", SMALL["songs/2.json"])
        site.etl()
        site.expect_loaded({**SMALL, log_key(9): log_day(9)})
        site.expect_nothing_new()

    def test_an_answer_about_another_version(self):
        for fault, options in (
            (Fault.ETAG_OTHER, {}),
            (Fault.PRECONDITION_FAILED, {}),
            (Fault.NOT_SATISFIABLE, {}),
            (Fault.NO_SUCH_KEY, {}),
        ):
            with self.subTest(fault=fault):
                site = self.site()
                site.server.inject(fault, key=ONE, **options)
                site.etl()
                site.expect_loaded()
                self.assertEqual((site.gets(), site.server.count(operation="head")), (2, 1))

    def test_answers_that_are_always_about_another_version(self):
        for fault in (Fault.ETAG_OTHER, Fault.PRECONDITION_FAILED, Fault.NO_SUCH_KEY):
            with self.subTest(fault=fault):
                site = self.site()
                site.server.inject(fault, key=ONE, times=FOREVER)
                done = site.etl(exit_code=EXIT_SOURCE)
                site.expect_left_out(done, ONE)
                self.assertEqual(site.gets(), 2)
                site.expect_made_up_for()

    def test_every_get_names_the_version_that_was_listed(self):
        site = self.site(LONG, IN_PARTS)
        site.etl()
        for record in site.server.requests:
            if record.operation == "get":
                self.assertEqual(record.headers.get("if-match"), md5_etag(LONG[record.key]))


# --- What is not worth a retry --------------------------------------------------------------------


class RefusalTest(S3Case):
    def test_an_object_that_must_not_be_read(self):
        def refused(case):
            with Site() as site:
                case.inject(site.server, key=ONE, times=FOREVER)
                done = site.etl(exit_code=EXIT_SOURCE)
                expect_equal(site.gets(), 1, "requests")
                expect(re.search(case.reason, done.stdout), done.stdout)
                site.expect_left_out(done, ONE)
                site.expect_made_up_for()

        archived = b"<Error><Code>InvalidObjectState</Code></Error>"
        cases = (
            Case(Fault.ACCESS_DENIED, "403 AccessDenied.*s3:GetObject"),
            Case(Fault.STATUS, "archived", options={"status": 403, "body": archived}),
            Case(Fault.STATUS, "GET refused .501", options={"status": 501}),
            Case(Fault.NOT_MODIFIED, "GET refused .304"),
        )
        self.each(refused, cases)

    def test_a_listing_that_is_refused(self):
        def refused(case):
            with Site() as site:
                case.inject(site.server, operation="list", times=FOREVER)
                expect_error(site.etl(exit_code=EXIT_SOURCE), case.reason)
                expect_equal(len(site.server.requests), 1, "requests")

        cases = (
            Case(Fault.ACCESS_DENIED, "403 AccessDenied.*s3:ListBucket"),
            Case(Fault.NO_SUCH_BUCKET, f"no bucket {BUCKET}"),
            Case(Fault.STATUS, "region", options={"status": 301}),
        )
        self.each(refused, cases)

    def test_a_bucket_that_is_not_there(self):
        site = self.site()
        done = site.call("etl", "--log-data", "s3://missing/logs", exit_code=EXIT_SOURCE)
        expect_error(done, "s3://missing", "no bucket missing", "check its name")
        self.assertEqual(len(site.server.requests), 1)

    def test_a_bucket_that_vanishes_while_it_is_read(self):
        site = self.site()
        site.server.inject(Fault.NO_SUCH_BUCKET, "any", key=ONE, times=FOREVER)
        done = site.etl(exit_code=EXIT_SOURCE)
        site.expect_left_out(done, ONE)
        self.assertEqual(site.gets(), 1)

    def test_a_place_with_nothing_in_it(self):
        site = self.site()
        done = site.etl(logs="nothing/here", exit_code=EXIT_SOURCE)
        expect_error(done, "s3://music/nothing/here", "nothing at this place")

    def test_upload_is_refused(self):
        site = self.site()
        site.server.inject(Fault.ACCESS_DENIED, operation="put", times=FOREVER)
        done = site.call(*GENERATE, exit_code=EXIT_SOURCE)
        expect_error(done, "403 AccessDenied", "s3:PutObject")


class IdentityTest(S3Case):
    """Credentials, regions and clocks."""

    def test_the_secrets_are_in_use(self):
        """Otherwise that no output shows them would mean nothing."""
        site = self.site()
        site.etl()
        for record in site.server.requests:
            self.assertEqual(record.headers["x-amz-security-token"], TOKEN)
            self.assertIn("Signature=", record.headers["authorization"])

    def provider(self, site):
        """credential_process: keys with a new session token at each call."""
        calls, script = site.folder / "calls", site.folder / "provider"
        answer = (
            f'{{"Version":1,"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"{SECRET}",'
            f'"SessionToken":"{TOKEN}-%s"}}'
        )
        script.write_text(
            f"#!/bin/sh\necho >> {calls}\nprintf '{answer}' \"$(($(wc -l < {calls})))\"\n"
        )
        script.chmod(0o700)
        config = site.folder / "config"
        config.write_text(f"[default]\ncredential_process = {script}\n")
        site.env = {**QUICK, **ONE_EACH, "AWS_CONFIG_FILE": str(config)}
        return lambda: len(calls.read_text().splitlines())

    def expire_at(self, site, key, tokens):
        def expire(record):
            if record.key == key and record.operation == "get":
                site.server.expired_tokens |= set(tokens)

        site.server.on_request = expire

    def test_an_expired_token_is_renewed(self):
        site = self.site()
        calls = self.provider(site)
        self.expire_at(site, ONE, [f"{TOKEN}-1"])
        site.etl()
        site.expect_loaded()
        self.assertEqual((calls(), site.gets()), (2, 2))

    def test_a_token_expires_in_the_middle_of_a_listing_and_of_a_long_object(self):
        for operation, objects in (("list", SMALL), ("get", LONG)):
            with self.subTest(operation=operation):
                site = self.site(objects)
                calls = self.provider(site)
                site.env |= IN_PARTS
                seen = []

                def expire(record):
                    seen.append(record.operation == operation)
                    if sum(seen) == 3:
                        site.server.expired_tokens.add(f"{TOKEN}-1")

                site.server.on_request = expire
                site.etl()
                site.expect_loaded()
                self.assertEqual(calls(), 2)

    def test_a_token_expires_before_a_second_look(self):
        site = self.site()
        calls = self.provider(site)
        new = log_day(7)
        site.server.change_between(ONE, new)

        def expire(record):
            if record.operation == "head":
                site.server.expired_tokens.add(f"{TOKEN}-1")

        site.server.on_request = expire
        site.etl()
        site.expect_loaded({**SMALL, ONE: new})
        self.assertEqual(calls(), 2)

    def test_renewed_once_and_expired_again(self):
        site = self.site()
        self.provider(site)
        self.expire_at(site, ONE, [f"{TOKEN}-{n}" for n in range(1, 30)])
        done = site.etl("--transfers", 1, exit_code=EXIT_CONFIG)
        expect_error(done, "ExpiredToken", "credential_process")
        self.assertEqual(site.gets(), 2)
        self.expect_groups_before(site)

    def test_an_expired_token_that_cannot_be_renewed(self):
        site = self.site(env=ONE_EACH)
        self.expire_at(site, ONE, [TOKEN])
        done = site.etl(exit_code=EXIT_CONFIG)
        expect_error(done, "get new ones|log in again")
        self.assertEqual(site.gets(), 1)
        self.expect_groups_before(site)

    def expect_groups_before(self, site):
        site.server.on_request = None
        site.server.expired_tokens.clear()
        site.expect_loaded(without(SMALL, ONE, log_key(4), log_key(5)))
        site.call("check")
        site.etl()
        site.expect_loaded()

    def test_credentials_that_are_refused(self):
        def refused(code):
            body = f"<Error><Code>{code}</Code><Message>{SECRET} {TOKEN}</Message></Error>"
            with Site() as site:
                site.server.inject(
                    Fault.STATUS, "any", times=FOREVER, status=403, body=body.encode()
                )
                expect_error(site.etl(exit_code=EXIT_CONFIG), code, "environment")
                expect_equal(len(site.server.requests), 1, "requests")

        self.each(refused, ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken"))

    def test_the_region_is_found(self):
        def found(form):
            with Site(region="eu-north-1") as site:
                site.server.wrong_region = form
                site.etl()
                site.expect_loaded()
                signed = [record.headers["authorization"] for record in site.server.requests]
                astray = [text for text in signed if "us-east-1" in text]
                expect_equal(len(astray), 1, "requests for the wrong region")

        self.each(found, ("redirect", "malformed"))

    def test_the_region_is_found_for_an_upload(self):
        def found(form):
            with Site({}, region="eu-north-1") as site:
                site.server.wrong_region = form
                site.call(*GENERATE)
                expect_uploaded(site)

        self.each(found, ("redirect", "malformed"))

    def test_a_region_that_leads_in_circles(self):
        def circles(form):
            with Site() as site:
                site.server.wrong_region = form
                regions = iter(f"eu-west-{n}" for n in range(1, 100))
                site.server.on_request = lambda _: setattr(site.server, "region", next(regions))
                expect_error(site.etl(exit_code=EXIT_SOURCE), "region", "endpoint")
                expect(len(site.server.requests) <= 3, site.log())

        self.each(circles, ("redirect", "malformed"))

    def test_a_region_that_is_no_name(self):
        site = self.site(region="evil.example/?")
        expect_error(site.etl(exit_code=EXIT_SOURCE), "region")
        self.assertEqual(len(site.server.requests), 1)

    def test_a_clock_that_is_wrong(self):
        site = self.site()
        for skew in (3600, -3600):
            with self.subTest(skew=skew):
                site.server.clock_skew = skew
                done = site.etl(exit_code=EXIT_CONFIG)
                expect_error(done, "RequestTimeTooSkewed", "clock says .* UTC", "set the clock")
        self.assertEqual(len(site.server.requests), 2)

    def test_the_bucket_in_the_host(self):
        site = self.site()
        endpoint = ("--endpoint-url", site.server.localhost_endpoint, "--addressing", "virtual")
        site.server.inject(Fault.RESET_BODY, key=ONE)
        where = ("--warehouse", f"duckdb:{site.warehouse}")
        done = sparkify.run(*site.etl_words(), *where, "-v", *endpoint, env=site.env)
        site.expect_sound(done, EXIT_OK)
        site.expect_loaded()


# --- Listings -------------------------------------------------------------------------------------

UNSOUND = (
    Case(Fault.LIST_CUT, BAD_XML, "first"),
    Case(Fault.LIST_CUT, BAD_XML, "middle"),
    Case(Fault.LIST_CUT, BAD_XML, "last"),
    Case(Fault.LIST_NOT_XML, BAD_XML),
    Case(Fault.LIST_WRONG_ROOT, "not a ListBucketResult"),
    Case(Fault.LIST_NO_TRUNCATED, "does not say if it goes on"),
    Case(Fault.LIST_NO_TOKEN, "does not say where"),
    Case(Fault.LIST_SIZE, "size is no number"),
    Case(Fault.LIST_SIZE, "size is no number", options={"size": "12 bytes"}),
    Case(Fault.LIST_SIZE, "size is no number", options={"size": "9" * 30}),
    Case(Fault.LIST_KEY_MISSING, "without a readable key"),
    Case(Fault.LIST_EDIT, "without an ETag", None, {"pattern": rb"<ETag>.*?</ETag>", "text": b""}),
    Case(Fault.LIST_EDIT, "key", None, {"pattern": rb"<Key>[^<]*", "text": b"<Key>%zz"}),
)
ODD_BUT_SOUND = (
    Case(Fault.LIST_EMPTY_PAGE, ""),
    Case(Fault.LIST_UNENCODED, "", options={}),
    Case(Fault.LIST_KEY_TWICE, ""),
    Case(Fault.LIST_DOCTYPE, ""),
    Case(Fault.LIST_HUGE, "", options={"size_bytes": 20_000_000}),
    Case(Fault.CHUNKED, ""),
    Case(Fault.NO_LENGTH, ""),
)


class ListingTest(S3Case):
    def test_an_unsound_listing_is_asked_for_again(self):
        def once(case):
            with Site() as site:
                case.inject(site.server, key="logs/")
                done = site.etl()
                site.expect_loaded()
                expect_tries_told(done, LOGS, case.reason)

        self.each(once, UNSOUND)

    def test_a_listing_that_is_never_sound(self):
        def always(case):
            with Site() as site:
                case.inject(site.server, key="logs/", times=FOREVER)
                done = site.etl(exit_code=EXIT_SOURCE)
                expect_error(done, "failed 6 times", case.reason)
                expect_equal(site.server.count(operation="get"), 0, "requests for bytes")

        self.each(always, UNSOUND)

    def test_an_odd_listing_that_is_sound(self):
        def sound(case):
            with Site() as site:
                is_endless = case.fault is Fault.LIST_EMPTY_PAGE
                case.inject(site.server, operation="list", times=1 if is_endless else FOREVER)
                done = site.etl()
                site.expect_loaded()
                expect("failed" not in done.stderr, done.stderr)

        self.each(sound, ODD_BUT_SOUND)

    def test_an_empty_page_before_any_kind_of_place(self):
        def empty_page(case):
            logs, skip = case
            with Site() as site:
                site.server.inject(Fault.LIST_EMPTY_PAGE, skip=skip)
                site.etl(logs=logs)
                site.expect_loaded(places[logs])

        only_one = without(SMALL, *(log_key(n) for n in (1, 2, 4, 5)))
        places = {"logs/3.json": only_one, "logs/*.json": SMALL, "logs/": SMALL, "logs": SMALL}
        self.each(empty_page, [(logs, skip) for logs in places for skip in (0, 2, 3)])

    def test_keys_that_are_not_encoded(self):
        """A server that does not know encoding-type=url: keys stand as they are."""
        names = ("a+b", "100%25", "50%", "a b", "ä&<>", "~")
        odd = {f"logs/{name}.json": log_day(n) for n, name in enumerate(names, 20)} | SONGS
        for fault in (None, Fault.LIST_UNENCODED):
            with self.subTest(fault=fault):
                site = self.site(odd)
                if fault:
                    site.server.inject(fault, times=FOREVER)
                site.etl()
                site.expect_loaded()

    def test_a_listing_without_an_end(self):
        site = self.site()
        site.server.inject(Fault.LIST_SAME_TOKEN, key="logs/", times=FOREVER)
        done = site.etl(exit_code=EXIT_SOURCE)
        expect_error(done, "does not come to an end")
        self.assertLessEqual(site.server.count(operation="list"), 8)

    def test_a_listing_that_is_too_long(self):
        site = self.site()
        site.server.inject(Fault.LIST_HUGE, key="logs/", size_bytes=80_000_000)
        done = site.etl()
        expect_tries_told(done, LOGS, "longer than it may be")
        site.expect_loaded()

    def test_a_size_that_is_not_the_objects(self):
        def wrong(size):
            with Site() as site:
                site.server.inject(Fault.LIST_SIZE, key="logs/", size=size, times=FOREVER)
                done = site.etl(exit_code=EXIT_SOURCE)
                site.expect_left_out(done, log_key(1))
                site.expect_made_up_for()

        self.each(wrong, (0, 1, 1157, 100_000_000, 10**13, 2**63 - 1, 2**63, 2**64 - 1))


# --- A server that is not there -------------------------------------------------------------------


class DownTest(S3Case):
    def test_nobody_listens(self):
        site = self.site()
        site.server.refuse()
        done = site.etl(exit_code=EXIT_SOURCE)
        expect_error(done, "failed 6 times", "check the network and the endpoint")
        self.assertEqual(done.stderr.count("failed ("), TRIES_MAX - 1)

    def test_a_host_without_an_address(self):
        site = self.site()
        words = ("--endpoint-url", "http://s3.invalid", "--warehouse", f"duckdb:{site.warehouse}")
        done = sparkify.run(*site.etl_words(), *words, "-v", env=site.env)
        site.expect_sound(done, EXIT_SOURCE)
        expect_error(done, "check the network and the endpoint")

    def down_at(self, site, key, seconds=None):
        """The server goes down as the object is asked for; seconds: for so long."""
        is_down = threading.Event()

        def go_down():
            site.server.refuse()
            if seconds is not None:
                time.sleep(seconds)
                site.server.accept_again()

        def at_request(record):
            if record.key == key and not is_down.is_set():
                is_down.set()
                threading.Thread(target=go_down).start()
                time.sleep(0.1)  # until nobody listens any more

        site.server.on_request = at_request

    def test_it_comes_back_soon(self):
        site = self.site(env={"SPARKIFY_RETRY_MS": "500"})
        self.down_at(site, ONE, seconds=0.2)
        site.etl()
        site.expect_loaded()

    def test_it_does_not_come_back(self):
        """The run ends with the tries of one object; it does not try them all."""
        site = self.site({**SMALL, **{log_key(n): log_day(n) for n in range(10, 40)}}, ONE_EACH)
        self.down_at(site, log_key(3))
        done = site.etl("--transfers", 1, exit_code=EXIT_SOURCE)
        expect_error(done, "check the network and the endpoint")
        self.assertLessEqual(done.stderr.count("failed ("), 2 * TRIES_MAX)
        site.server.accept_again()
        site.server.on_request = None
        site.call("check")
        site.expect_made_up_for()


# --- Uploads --------------------------------------------------------------------------------------

GENERATE = ("generate", "--out", f"s3://{BUCKET}/sample", "--days", 2, "--events", 60, "--songs", 2)
STORED_ANYHOW = (Fault.HEAD_CUT, Fault.CHUNKED, Fault.NO_LENGTH, Fault.CLOSE_AFTER)
UPLOAD_KEY = "sample/log_data/2018/11/2018-11-02-events.json"


@functools.cache
def generated():
    """key: bytes, as `generate` writes them into a folder."""
    with tempfile.TemporaryDirectory() as folder:
        sparkify.run("generate", "--out", folder, *GENERATE[3:])
        files = [path for path in pathlib.Path(folder).rglob("*") if path.is_file()]
        return {f"sample/{path.relative_to(folder)}": path.read_bytes() for path in files}


def expect_uploaded(site):
    found = {key: site.server.get(BUCKET, key) for key in site.server.keys(BUCKET)}
    expect_equal(sorted(found), sorted(generated()), "the keys")
    expect(found == generated(), "the bytes of the objects are others than those of files")


class UploadTest(S3Case):

    def test_an_upload_that_fails_once(self):
        def fails_once(case):
            with Site({}, case.env) as site:
                case.inject(site.server, operation="put", key=UPLOAD_KEY)
                done = site.call(*GENERATE)
                expect_uploaded(site)
                expect_told(case, done, UPLOAD_KEY, method="PUT")
                expect_equal(site.server.count(key=UPLOAD_KEY), 2, "requests")

        cases = [case for case in ANSWERS + CONNECTION if case.fault not in STORED_ANYHOW]
        self.each(fails_once, cases)

    def test_an_upload_whose_answer_is_odd(self):
        for fault in STORED_ANYHOW:
            with self.subTest(fault=fault), Site({}) as site:
                site.server.inject(fault, operation="put", key=UPLOAD_KEY)
                site.call(*GENERATE)
                expect_uploaded(site)

    def test_an_upload_that_always_fails(self):
        def always_fails(case):
            with Site({}, case.env) as site:
                case.inject(site.server, operation="put", key=UPLOAD_KEY, times=FOREVER)
                done = site.call(*GENERATE, exit_code=EXIT_SOURCE)
                expect_error(done, UPLOAD_KEY, "PUT failed 6 times", case.reason)
                expect_requests(case, site.server.count(key=UPLOAD_KEY), TRIES_MAX)

        self.each(always_fails, ANSWERS[:2] + CONNECTION[:1])

    def test_no_secret_when_all_is_refused(self):
        site = self.site({})
        site.server.refuse()
        expect_error(site.call(*GENERATE, exit_code=EXIT_SOURCE), "check the network")


if __name__ == "__main__":
    unittest.main()
