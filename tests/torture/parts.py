#!/usr/bin/env python3
"""An S3 server that fails where a run writes the parts that Redshift reads, and removes them.

    tests/torture/parts.py [--long] [--points N] [--seed S] [--only POINT] [--figures FILE]

A point is `OPERATION:FAULT:NUMBER`: a part or a manifest is put or deleted, and that fails; the
number decides which one, and how often. Between the program and a real S3 server, which checks
signatures, stands tests/servers/fault_proxy.py.
"""

import contextlib
import itertools
import re
import sys

import suite
from suite import Harm

import s3  # noqa: E402
import warehouses  # noqa: E402
from fault_proxy import Fault, FaultProxy  # noqa: E402
from s3 import CUT, FOREVER, IMPATIENT, SLOW, TRIES_MAX  # noqa: E402
from world import EXIT_OK, EXIT_SOURCE, GROUPS, World, shown  # noqa: E402

POINTS = 140
POINTS_SHORT = 14
OPERATIONS = ("PUT", "DELETE")
REASONS = {
    Fault.INTERNAL_ERROR: "500 InternalError",
    Fault.SLOW_DOWN: "503 SlowDown",
    Fault.ACCESS_DENIED: "403 AccessDenied",
    Fault.CLOSED: CUT,
    Fault.ANSWER_LOST: CUT,
    Fault.HEAD_CUT: s3.NO_HEAD,
    Fault.NO_ANSWER: SLOW,
}
HIDDEN = (Fault.CLOSED, Fault.ANSWER_LOST)  # libcurl may ask once more by itself, and tells nobody
HEARD = (Fault.ANSWER_LOST, Fault.HEAD_CUT, Fault.NO_ANSWER)  # the server has done it
LEFT = "no run reads them again"


class Trials:
    at_once = 2

    def __init__(self, kind, options):
        self.options = options
        self.world = World(kind, env={**GROUPS, **s3.QUICK})
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        self.stack.enter_context(self.world)
        with self.trial() as (warehouse, proxy, env):
            self.world.must("etl", warehouse, *self.world.sources, env=env)
            self.counts = {method: len(proxy.paths[method]) for method in OPERATIONS}
        return self

    def __exit__(self, *error):
        self.stack.__exit__(*error)

    def points(self, count):
        numbers = itertools.count(1)
        every = (f"{m}:{f.name}:{n}" for n in numbers for m in OPERATIONS for f in Fault)
        return list(itertools.islice(every, count))

    @contextlib.contextmanager
    def trial(self):
        """A warehouse, a proxy, and the settings of a run by it, whose parts lie by themselves."""
        warehouse = self.world.new()
        area = f"s3://{warehouses.BUCKET}/trial-{self.world.number()}"
        try:
            with FaultProxy() as proxy:
                yield warehouse, proxy, {"HTTP_PROXY": proxy.url, "SPARKIFY_CONTROL": area}
        finally:
            self.world.drop(warehouse)

    def attempt(self, point):
        method, name, _ = point.split(":")
        fault, chance = Fault[name], suite.dice(self.options, point)
        times = chance.choice((1, 1, 2, 5, FOREVER) if fault is not Fault.NO_ANSWER else (1, 2))
        is_enough = method == "DELETE" and fault is Fault.HEAD_CUT  # the status is all there is to it
        is_lost = fault is Fault.ACCESS_DENIED or (times >= TRIES_MAX and not is_enough)
        with self.trial() as (warehouse, proxy, env):
            proxy.strike(method, fault, chance.randint(1, self.counts[method]), times)
            env |= IMPATIENT if fault is Fault.NO_ANSWER else {}
            done = self.world.load(warehouse, "-v", env=env)
            if not proxy.struck:
                return False
            is_over = is_lost and method == "PUT"
            self.world.expect_orderly(done, (EXIT_SOURCE,) if is_over else (EXIT_OK,))
            if is_lost or not (is_enough or fault in HIDDEN):
                self.expect_said(done, REASONS[fault])
            if is_lost and method == "DELETE":
                self.expect_said(done, LEFT)
            if done.returncode == EXIT_OK:
                self.world.expect_whole(warehouse)
            self.expect_left(self.left(env), done, is_lost and fault not in HEARD)
            self.world.expect_recovery(warehouse)
        return True

    @staticmethod
    def expect_said(done, reason):
        if not re.search(reason, done.stderr):
            raise Harm(f"{reason!r} is not said: {shown(done)}", wrong_exit=1)

    @staticmethod
    def expect_left(left, done, must_stay):
        """Parts lie there only where it is said, and what was not deleted does."""
        is_said = LEFT in done.stderr or done.returncode != EXIT_OK
        if (left and not is_said) or (must_stay and done.returncode == EXIT_OK and not left):
            raise Harm(f"left of the parts: {left}: {shown(done)}", wrong_exit=1)

    @staticmethod
    def left(env):
        """The objects that are in the control area."""
        prefix = env["SPARKIFY_CONTROL"].removeprefix(f"s3://{warehouses.BUCKET}/")
        client = warehouses.s3.client(warehouses.loader)
        return [one.key.decode() for one in client.list(warehouses.BUCKET, f"{prefix}/")]


if __name__ == "__main__":
    sys.exit(suite.main("parts", __doc__, Trials, {"redshift": POINTS_SHORT}, POINTS))
