#!/usr/bin/env python3
"""The disk under a warehouse's file becomes full, fails or becomes read-only at each step of the file's growth.

A point is HARM:NUMBER: from the NUMBER-th time on that a file in the warehouse's folder (the log and what is spilled
among them) would grow,

full       nothing grows any more (ENOSPC); what is there can be written
broken     nothing can be written or made safe (EIO)
read_only  nothing can be written, made or removed (EROFS)
"""

import errno
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import suite  # noqa: E402
from faults import Faults  # noqa: E402
from suite import Harm  # noqa: E402
from world import EXIT_COMMIT_UNKNOWN, EXIT_DATABASE, EXIT_OK, World, shown  # noqa: E402

# Of a commit that failed, only the file knows whether it took place.
CODES = {EXIT_OK, EXIT_DATABASE, EXIT_COMMIT_UNKNOWN}
HARMS = {
    "full": (errno.ENOSPC, ("grow",)),
    "broken": (errno.EIO, ("grow", "write", "fsync")),
    "read_only": (errno.EROFS, ("grow", "write", "fsync", "open", "remove")),
}


class Trials:
    def __init__(self, kind, options):
        self.options = options
        self.world = World(kind)

    def __enter__(self):
        self.world.__enter__()
        self.faults = Faults(self.world.folder)
        return self

    def __exit__(self, *_):
        self.world.__exit__()

    def points(self, count):
        """All steps in turn, each harm at others; with enough points, each harm at each step."""
        warehouse = self.world.new()
        words = (*self.world.sources, "--threads", 1)
        self.world.must("etl", warehouse, *words, env=self.faults.counting(warehouse.parent))
        self.world.drop(warehouse)
        steps = self.faults.counts()["grow"]
        if count >= steps * len(HARMS):
            return [f"{harm}:{number}" for number in range(1, steps + 1) for harm in HARMS]
        names = list(HARMS)
        first = suite.dice(self.options).randrange(len(names))
        numbers = (1 + place * (steps - 1) // max(1, count - 1) for place in range(count))
        turns = (names[(first + place) % len(names)] for place in range(count))
        return [f"{harm}:{number}" for harm, number in zip(turns, numbers)]

    def attempt(self, point):
        harm, number = point.split(":")
        error, then = HARMS[harm]
        warehouse = self.world.new()
        try:
            order = self.faults.order("from", "grow", int(number), error, then, warehouse.parent)
            done = self.world.load(warehouse, "--threads", 1, env=order)
            if not self.faults.fired():
                return False
            self.world.expect_orderly(done, CODES)
            is_said = os.strerror(error) in done.stderr and str(warehouse) in done.stderr
            if done.returncode != EXIT_OK and not is_said:
                raise Harm(f"it does not say what was tried: {shown(done)}", wrong_exit=1)
            if done.returncode == EXIT_OK:
                self.world.expect_whole(warehouse)
            self.world.expect_recovery(warehouse)
            return True
        finally:
            self.world.drop(warehouse)


if __name__ == "__main__":
    sys.exit(suite.main("disk", __doc__, Trials, short=5, long=50, kinds=("duckdb",)))
