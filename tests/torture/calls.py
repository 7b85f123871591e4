#!/usr/bin/env python3
"""Lets the N-th malloc, write, fsync, open, send or receive of a run fail, for N = 1.. until a run passes untouched.

A point is CALL:NUMBER:ERROR. `malloc` is what the program itself asks for, by C++'s containers too;
`thread_malloc` what other threads than its first do; `library_malloc` what DuckDB, libpq, OpenSSL and the others ask
for, of which a sample is taken in the long form, too. Where memory fails, runs on one thread and on two take turns.
In the short form it is every 20th of the calls, and of memory as many as there is time for.
"""

import errno
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import suite  # noqa: E402
import world as worlds  # noqa: E402
from faults import Faults  # noqa: E402
from suite import Harm  # noqa: E402
from world import EXIT_OK, FAILED_OBJECT, World, shown  # noqa: E402

# A group of songs and one of plays, with every kind of trouble among them.
TINY = ("--events", 8, "--songs", 2, "--days", 1, "--faults", "all=0.05")
ERRORS = {
    "write": ("ENOSPC", "EIO"),
    "fsync": ("EIO",),
    "open": ("EMFILE", "EIO"),
    "send": ("ECONNRESET",),
    "receive": ("ECONNRESET",),
    "thread_malloc": ("ENOMEM",),
    "malloc": ("ENOMEM",),
    "library_malloc": ("ENOMEM",),
}
MEMORY = ("malloc", "thread_malloc", "library_malloc")
STEP_SHORT = 20
THREADS = (1, 2)  # in turn, where memory fails: the run of both has more calls
SAMPLE = {"long": {"library_malloc": 300}, "short": {"malloc": 8, "thread_malloc": 6, "library_malloc": 3}}
CODES = {
    worlds.EXIT_OK,
    worlds.EXIT_CONFIG,
    worlds.EXIT_SOURCE,
    worlds.EXIT_DATABASE,
    worlds.EXIT_COMMIT_UNKNOWN,
}
MEMORY_CODES = {*CODES, worlds.EXIT_INTERNAL}
NAMES_SOMETHING = re.compile(
    r"(duckdb|postgresql|redshift|s3|file|http)s?:/|: /|while `sparkify|: dwh\.cfg: "
)

# Of these the message has the system's reason; of a connection it is what libpq or OpenSSL make of it.
OF_FILES = ("write", "fsync", "open")
# How DuckDB tells of a call that failed, where it leaves the reason out.
WITHOUT_REASON = ("fsync failed!", "Attempted to dereference unique_ptr that is NULL!")


class Trials:
    def __init__(self, kind, options):
        self.options = options
        self.world = World(kind, data=TINY, env={})
        self.was_there = True

    def __enter__(self):
        self.world.__enter__()
        self.faults = Faults(self.world.folder)
        return self

    def __exit__(self, *_):
        self.world.__exit__()

    def points(self, count):
        """`count`, if given: of each kind of memory so many."""
        counts = self.counted()
        for call, errors in ERRORS.items():
            for error in errors:
                numbers = self.numbers(call, counts[call], count)
                untouched = 0
                for number in numbers:
                    yield f"{call}:{number}:{error}"
                    untouched = 0 if self.was_there else untouched + 1
                    if untouched == len(THREADS):
                        break

    def counted(self):
        warehouse = self.world.new()
        words = (*self.world.sources, "--threads", 1)
        self.world.must("etl", warehouse, *words, env=self.faults.counting(memory=True))
        self.world.drop(warehouse)
        return self.faults.counts()

    def numbers(self, call, count, wanted):
        """All, every 20th, or a sample; then on, until a run passes untouched."""
        form = "long" if self.options.long else "short"
        if call in MEMORY:
            sample = wanted or SAMPLE[form].get(call)
            if sample:
                first = suite.dice(self.options, call).randrange(1, max(2, count // sample))
                yield from range(first, count + 1, max(1, count // sample))
                return
        step = 1 if self.options.long else STEP_SHORT
        if count == 0:
            return
        yield from range(1, 2 * count + STEP_SHORT, step)

    def attempt(self, point):
        call, number, error = point.split(":")
        warehouse = self.world.new()
        try:
            order = self.faults.order("fail", call, int(number), getattr(errno, error))
            threads = THREADS[int(number) % 2] if call in MEMORY else 1
            done = self.world.load(warehouse, "--threads", threads, env=order)
            self.was_there = self.faults.fired()
            self.expect_message(done, call, os.strerror(getattr(errno, error)))
            if done.returncode == EXIT_OK:
                self.expect_done(warehouse, done)
            elif not self.world.is_untouched(warehouse):
                self.world.expect_recovery(warehouse)
            return self.was_there
        finally:
            self.world.drop(warehouse)

    def expect_message(self, done, call, reason):
        self.world.expect_orderly(done, MEMORY_CODES if call in MEMORY else CODES)
        is_named = NAMES_SOMETHING.search(done.stderr) or FAILED_OBJECT.search(done.stdout)
        if done.returncode != EXIT_OK and not is_named:
            raise Harm(f"it does not say what was tried: {shown(done)}", wrong_exit=1)
        reasons = (reason, *WITHOUT_REASON)
        is_said = any(text in done.stdout + done.stderr for text in reasons)
        if call in OF_FILES and done.returncode != EXIT_OK and not is_said:
            raise Harm(f"it does not say {reason!r}: {shown(done)}", wrong_exit=1)
        if done.returncode == worlds.EXIT_INTERNAL and "out of memory" not in done.stderr:
            raise Harm(f"a fault of ours? {shown(done)}", wrong_exit=1)

    def expect_done(self, warehouse, done):
        """Who says that all is well has loaded all."""
        try:
            found = self.world.expect_whole(warehouse)
        except Harm as harm:
            raise Harm(f"exit code 0, but {harm}{shown(done)}", **harm.counts) from None
        self.world.expect_nothing_new(warehouse, found, self.world.sources)


if __name__ == "__main__":
    sys.exit(suite.main("calls", __doc__, Trials, short=None, long=None, kinds=worlds.KINDS))
