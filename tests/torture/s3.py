#!/usr/bin/env python3
"""An S3 server that fails at any object and any byte, and one whose listing changes between pages.

    tests/torture/s3.py [--long] [--points N] [--seed S] [--only POINT] [--figures FILE]

A point is `KIND:POSITION:NUMBER`: one of 13 kinds of faults, or a change of what is listed; the
first, a middle or the last object, and there the first, a middle or the last byte (of a listing:
its page); and a number, from which the rest comes: whether an object fails or a listing, whole or
in parts, how often, in how large groups, by how many transfers. Each point has a server of its own
(tests/servers/fault_s3.py). What a warehouse is does not matter to S3: it is DuckDB.
"""

import contextlib
import dataclasses
import itertools
import pathlib
import re
import sys
import threading
from dataclasses import dataclass

import suite
from suite import Harm

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e")]

import contract  # noqa: E402
import sparkify  # noqa: E402
from fault_s3 import FOREVER, PLACES, Fault, FaultS3  # noqa: E402
from s3_faults_e2e_test import CUT, IMPATIENT, ONE_EACH, SHORT, SLOW  # noqa: E402
from world import EXIT_OK, EXIT_SOURCE, World, shown  # noqa: E402

NUMBERS = 20  # of each kind and position, in the long form
POINTS_SHORT = 60
CHANGES_SHORT = 9  # of those
TRIES_MAX = 6
DATA = ("--events", 120, "--songs", 8, "--days", 7, "--faults", "all=0.02")
SPARE_LOGS = 2  # which no bucket has at first
BUCKET = "music"
LISTED = "logs/"
PART_BYTES = 4096
IN_PARTS = {"SPARKIFY_PART_BYTES": str(PART_BYTES), "SPARKIFY_BLOCK_BYTES": "2048"}
QUICK = {"SPARKIFY_RETRY_MS": "1", "HOME": "/nonexistent"}
BODY_BYTES_MIN = 30
PAGE_KEYS = 2
BAD_XML = "the listing is not sound"
NO_HEAD = CUT + "|does not name the version|range that was asked for"
IN_SIGNATURE = ("Signature=", "AWS4-HMAC")  # of headers that nobody is to see


@dataclass(frozen=True)
class Kind:
    """`reason`: how what goes wrong reads. `listing`: likewise, where a listing may fail so."""

    fault: Fault
    reason: str
    listing: str | None = None
    env: dict = dataclasses.field(default_factory=dict)
    is_hidden: bool = False  # libcurl may ask once more by itself, and tells nobody
    is_final: bool = False  # not worth a retry
    has_place: bool = False  # a byte where it comes


KINDS = {
    "internal_error": Kind(Fault.INTERNAL_ERROR, "500 InternalError", "500 InternalError"),
    "slow_down": Kind(Fault.SLOW_DOWN, "503 SlowDown", "503 SlowDown"),
    "error_in_200": Kind(Fault.ERROR_IN_200, "it says InternalError", "it says InternalError"),
    "access_denied": Kind(Fault.ACCESS_DENIED, "403 Access", "403 Access", is_final=True),
    "reset_before": Kind(Fault.RESET_BEFORE, CUT, CUT, is_hidden=True),
    "head_cut": Kind(Fault.HEAD_CUT, NO_HEAD, BAD_XML),
    "no_answer": Kind(Fault.NO_ANSWER, SLOW, SLOW, IMPATIENT),
    "reset_body": Kind(Fault.RESET_BODY, CUT, CUT, has_place=True),
    "close_body": Kind(Fault.CLOSE_BODY, CUT, CUT, has_place=True),
    "stall_body": Kind(Fault.STALL_BODY, SLOW, SLOW, IMPATIENT, has_place=True),
    "length_smaller": Kind(Fault.LENGTH_SMALLER, SHORT, BAD_XML, has_place=True),
    "flipped_byte": Kind(Fault.FLIPPED_BYTE, "MD5", has_place=True),
    "other_version": Kind(Fault.ETAG_OTHER, "changed after it was listed", is_final=True),
}
CHANGES = ("listed_added", "listed_removed", "listed_replaced")


def without(objects, *keys):
    return {key: data for key, data in objects.items() if key not in keys}


def uri_of(key):
    return f"s3://{BUCKET}/{key}"


# --- What a point's number decides ----------------------------------------------------------------


@dataclass
class Plan:
    kind: Kind
    key: str
    size_bytes: int
    is_listing: bool
    at: int | str | None
    times: float
    skip: int
    env: dict
    words: tuple

    @property
    def prefix(self):
        return self.key[: self.key.index("/") + 1]

    @property
    def named(self):
        return uri_of(self.prefix if self.is_listing else self.key)

    @property
    def is_lost(self):
        """Whether this run cannot have the object, or the listing."""
        if self.kind.fault is Fault.FLIPPED_BYTE and self.in_parts:
            return True  # which part is it?
        if self.kind.fault is Fault.ETAG_OTHER:
            return self.times > 1  # it is looked at again once
        return self.kind.is_final or self.times >= TRIES_MAX

    @property
    def is_worn_out(self):
        """Whether what cannot be had was tried as often as a run does."""
        at_once = self.kind.is_final or (self.kind.fault is Fault.FLIPPED_BYTE and self.in_parts)
        return self.is_lost and not at_once

    @property
    def in_parts(self):
        return "SPARKIFY_PART_BYTES" in self.env and self.size_bytes > PART_BYTES

    def strike(self, server):
        where = {"operation": "get", "key": self.key, "skip": self.skip}
        if self.is_listing:
            where = {"operation": "list", "key": self.prefix}
        server.inject(self.kind.fault, at=self.at, times=self.times, **where)


def byte_of(size, position, chance):
    """A byte of that third of a body; in each body of at least that size there is one."""
    third = size // 3
    start = {"first": 0, "middle": third, "last": -third}[position]
    return start + chance.randrange(third)


def plan_of(kind, position, objects, chance):
    keys = sorted(objects)
    key = {"first": keys[0], "middle": chance.choice(keys[1:-1]), "last": keys[-1]}[position]
    size = len(objects[key])
    is_listing = kind.listing is not None and chance.random() < 0.2
    rest = size % PART_BYTES  # of the last part, which a byte has to be in, too
    in_parts = rest >= BODY_BYTES_MIN and chance.random() < 0.5
    env = {**kind.env, **chance.choice(({}, {}, ONE_EACH)), **(IN_PARTS if in_parts else {})}
    parts = -(-size // PART_BYTES) if in_parts else 1
    # How long a listing is, nobody knows before.
    at = position if is_listing else byte_of(rest if parts > 1 else size, position, chance)
    often = (1, FOREVER) if kind.fault is Fault.ETAG_OTHER else (1, 1, 1, 2, 5, FOREVER)
    if kind.env and chance.random() < 0.8:
        often = (1,)  # each time costs a second
    return Plan(
        kind,
        key,
        size,
        is_listing,
        at if kind.has_place else None,
        chance.choice(often),
        {"first": 0, "middle": parts // 2, "last": parts - 1}[position],
        env,
        ("--transfers", chance.choice((1, 4, 16)), "--threads", chance.choice((1, 2))),
    )


# --- A bucket and a warehouse ---------------------------------------------------------------------


class Site:
    """A server with objects, a warehouse, and the program between them; a context manager."""

    def __init__(self, world, objects, env=None, words=(), **server_options):
        self.world, self.env = world, env or {}
        self.server = FaultS3(**server_options)
        self.server.create_bucket(BUCKET)
        self.put(objects)
        places = ("--log-data", uri_of("logs"), "--song-data", uri_of("songs"))
        self.sources = (*places, "--endpoint-url", self.server.endpoint, "-v", *words)
        self.warehouse = world.new()

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *error):
        self.world.drop(self.warehouse)
        self.server.__exit__(*error)

    def put(self, objects):
        for key in self.server.keys(BUCKET):
            self.server.delete(BUCKET, key)
        for key, data in objects.items():
            self.server.put(BUCKET, key, data)

    def etl(self, exit_code):
        done = self.world.run("etl", self.warehouse, *self.sources, env=self.env)
        self.world.expect_orderly(done, (exit_code,))
        text = done.stdout + done.stderr
        if any(word in text for word in IN_SIGNATURE):
            raise Harm(f"a signature is shown: {shown(done)}", leaks=1)
        return done

    def expect_state(self, truth, what):
        found = self.world.fingerprint(self.warehouse)
        if found["tables"] != truth["tables"]:
            counts = self.world.changes(found, truth)
            raise Harm(f"{what}: the tables differ\n{truth}\n{found}\n{self.log()}", **counts)

    def expect_recovery(self, truth, missing=()):
        """`missing`: the keys that are asked for once more; nothing else is."""
        self.server.on_request = None
        self.server.clear_faults()
        self.server.clear_requests()
        self.world.expect_recovery(self.warehouse, truth, self.sources)
        asked = {record.key for record in self.server.requests if record.operation == "get"}
        if not asked <= set(missing):
            raise Harm(f"objects are asked for that are there\n{self.log()}", doubled=1)

    def log(self):
        return "\n".join(f"{r.operation} {r.key} {r.query} {r.fault}" for r in self.server.requests)


class Truths:
    """The tables that undisturbed runs make, each of all objects that are there by then; they are
    the oracle's."""

    def __init__(self, world):
        self.world = world
        self.lock = threading.Lock()
        self.known = {}

    def of(self, *runs):
        content = tuple(frozenset(objects.items()) for objects in runs)
        with self.lock:
            if content not in self.known:
                self.known[content] = self.find(runs)
            return self.known[content]

    def find(self, runs):
        oracle = contract.Warehouse()
        seen = set()
        with Site(self.world, {}) as site:
            for objects in runs:
                new = [item for item in objects.items() if item not in seen]
                seen.update(new)
                if not new:
                    continue
                oracle.apply_run(*(listed(new, prefix) for prefix in ("songs/", "logs/")))
                site.put(objects)
                site.etl(EXIT_OK)
            if seen:
                found = sparkify.warehouse_tables(site.warehouse)
                different = sparkify.difference(oracle.tables(), found)
                if different:
                    raise Harm(f"undisturbed, the tables are not the oracle's\n{different}")
            return self.world.fingerprint(site.warehouse)


def listed(items, prefix):
    return [(uri_of(key), "", data) for key, data in items if key.startswith(prefix)]


# --- The trials -----------------------------------------------------------------------------------


class Trials:
    at_once = 4  # many wait more than they work

    def __init__(self, kind, options):
        self.options = options
        self.world = World(kind, DATA, env=QUICK)
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        self.stack.enter_context(self.world)
        root = self.world.folder / "data"
        found = {
            f"{kind}s/{path.name}": path.read_bytes()
            for kind in ("log", "song")
            for path in sorted((root / f"{kind}_data").rglob("*.json"))
        }
        self.logs = [key for key in found if key.startswith(LISTED)]
        spare, self.logs = self.logs[-SPARE_LOGS:], self.logs[:-SPARE_LOGS]
        self.spare = [found[key] for key in spare]
        self.objects = without(found, *spare)
        self.truths = Truths(self.world)
        return self

    def __exit__(self, *error):
        self.stack.__exit__(*error)

    def points(self, count):
        numbers = range(1, NUMBERS + 1)
        faults = [f"{k}:{p}:{n}" for n, k, p in itertools.product(numbers, KINDS, PLACES)]
        changes = [f"{k}:{p}:{n}" for n, k, p in itertools.product(numbers, CHANGES, PLACES)]
        if count >= len(faults):
            return [*faults, *changes]
        some = min(len(changes), max(1, count * CHANGES_SHORT // POINTS_SHORT))
        return [*faults[: count - some], *changes[:some]]

    def attempt(self, point):
        kind, position, _ = point.split(":")
        chance = suite.dice(self.options, point)
        if kind in CHANGES:
            self.change(kind, position, chance)
        else:
            self.fail(plan_of(KINDS[kind], position, self.objects, chance))

    # An object or a listing that fails

    def fail(self, plan):
        with Site(self.world, self.objects, plan.env, plan.words) as site:
            plan.strike(site.server)
            done = site.etl(EXIT_SOURCE if plan.is_lost else EXIT_OK)
            self.expect_said(plan, done)
            there = self.objects
            if plan.is_lost:
                there = {} if plan.is_listing else without(self.objects, plan.key)
            site.expect_state(self.truths.of(there), "after the fault")
            missing = self.objects.keys() - there.keys()
            site.expect_recovery(self.truths.of(there, self.objects), missing)

    @staticmethod
    def expect_said(plan, done):
        """What could not be read, and why."""
        text = done.stdout + done.stderr
        reason = plan.kind.listing if plan.is_listing else plan.kind.reason
        told = re.findall(rf"{re.escape(plan.named)}: \w+ failed \((.*)\), try", done.stderr)
        is_told = re.search(reason, text) or (plan.kind.is_hidden and not plan.is_lost)
        if not is_told or not all(re.search(reason, each) for each in told):
            raise Harm(f"{reason!r} is not said of {plan.named}: {shown(done)}", wrong_exit=1)
        if plan.is_lost:
            says = [plan.named, *(() if plan.is_listing else ("1 failed",))]
            says += [f"failed {TRIES_MAX} times"] if plan.is_worn_out else []
            missing = [part for part in says if part not in text]
            if missing:
                raise Harm(f"{missing} is not said: {shown(done)}", wrong_exit=1)

    # A listing that changes between its pages

    def change(self, change, position, chance):
        """An object comes, goes or is written anew, before a page is made that it stands on, or
        would have stood on, or not."""
        pages = range(2, -(-len(self.logs) // PAGE_KEYS) + 1)
        page = {"first": pages[0], "middle": pages[len(pages) // 2], "last": pages[-1]}[position]
        key, new = chance.choice(self.logs), chance.choice(self.spare)
        if change == "listed_added":
            key = key.replace(".json", "-more.json")
        after = {**self.objects, key: new}
        if change == "listed_removed":
            after = without(self.objects, key)
        env = chance.choice(({}, ONE_EACH))
        with Site(self.world, self.objects, env, page_size=PAGE_KEYS) as site:
            site.server.on_request = self.changer(site, page, key, after.get(key))
            done = self.world.run("etl", site.warehouse, *site.sources, env=site.env)
            if len(site.pages) < page:
                raise Harm(f"only {len(site.pages)} pages were asked for\n{site.log()}")
            self.expect_change_said(change, key, done)
            truths = [self.truths.of(after)]
            found = self.world.fingerprint(site.warehouse)["tables"]
            if change == "listed_added" and found != truths[0]["tables"]:
                site.expect_state(self.truths.of(self.objects), "nor without what was added")
                site.expect_recovery(self.truths.of(self.objects, after), [key])
                return
            site.expect_state(truths[0], "after the change")
            site.expect_recovery(truths[0])

    @staticmethod
    def changer(site, page, key, data):
        """`data`: None takes the object away."""
        site.pages = []
        lock = threading.Lock()

        def change(record):
            with lock:
                if record.operation == "list" and record.query.get("prefix") == LISTED:
                    site.pages.append(record)
                    if len(site.pages) == page and data is None:
                        site.server.delete(BUCKET, key)
                    elif len(site.pages) == page:
                        site.server.put(BUCKET, key, data)

        return change

    def expect_change_said(self, change, key, done):
        """One that was listed and is gone is named."""
        says = (uri_of(key), "gone", "1 failed")
        is_gone = change == "listed_removed" and all(part in done.stdout for part in says)
        self.world.expect_orderly(done, (EXIT_SOURCE,) if is_gone else (EXIT_OK,))


if __name__ == "__main__":
    sys.exit(suite.main("s3", __doc__, Trials, {"duckdb": POINTS_SHORT}, 13 * 3 * NUMBERS))
