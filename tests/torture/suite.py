"""What all torture suites share: command line, seeds, counting, and the line of figures.

A suite is a class of trials. One object of it is one warehouse with its sources:

    class Trials:
        def __init__(self, kind, options): ...  # "duckdb", ...; what the command line says
        def __enter__(self): ...                # starts servers, makes sources
        def __exit__(self, *_): ...
        def points(self, count): ...            # texts, as many as wanted or as there are
        def attempt(self, point): ...           # raises Harm; gives False if the point was not there
        at_once = 1                             # how many points may be under way

    if __name__ == "__main__":
        sys.exit(suite.main("kill", __doc__, Trials, short={"duckdb": 24}, long=500))

A point is a text that says all that is needed to do just it again, such as `write:17:before`. What
stands before its first colon is its kind in the figures.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import random
import signal
import sys
import threading
import time
import traceback

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / name) for name in ("tests/oracle", "tests/servers", "tools")]

import sparkify  # noqa: E402
from provenance import commit, now  # noqa: E402

HARMS = ("lost", "doubled", "mixtures", "wrong_exit", "leaks")
SHOWN_CHARACTERS = 3000
EXIT_INTERRUPTED = 130  # it is not whole
# Variables by which a suite is told what to run.
SETTINGS = (
    "SPARKIFY_BINARY",
    "SPARKIFY_FAULTS_LIBRARY",
    "SPARKIFY_SIGN_TOOL",
    "SPARKIFY_SQL_TOOL",
    "SPARKIFY_TEST_SANITIZER_MIB",
)


class Harm(Exception):
    """What a fault did that it must not. `counts`: by a name of HARMS, how often."""

    def __init__(self, text, **counts):
        super().__init__(text)
        unknown = set(counts) - set(HARMS)
        if unknown:
            raise ValueError(f"{unknown}: none of {HARMS}")
        self.counts = counts


def spread(count, wanted):
    """At most `wanted` numbers from 1 to `count`, the first and the last among them."""
    if wanted >= count:
        return list(range(1, count + 1))
    if wanted <= 1:
        return [count][:wanted]
    return sorted({1 + round(i * (count - 1) / (wanted - 1)) for i in range(wanted)})


def shares(weights, total):
    """`total` split by weight, each at least 1 as long as there is enough."""
    names = [name for name, weight in weights.items() if weight > 0]
    whole = sum(weights[name] for name in names)
    parts = {name: max(1, total * weights[name] // whole) for name in names}
    for name in sorted(names, key=lambda name: -weights[name]):
        parts[name] += min(0, total - sum(parts.values())) if parts[name] > 1 else 0
        parts[name] = max(1, parts[name])
    if names:
        largest = max(names, key=lambda name: weights[name])
        parts[largest] = max(1, parts[largest] + total - sum(parts.values()))
    return parts


def arguments(name, about, kinds):
    parser = argparse.ArgumentParser(prog=f"{name}.py", description=about.split("\n")[0])
    parser.add_argument("--long", action="store_true", help="all points; else the short form of CI")
    parser.add_argument("--warehouse", choices=kinds, help="one of them; else one after the other")
    parser.add_argument("--points", type=int, metavar="N", help="another number of points")
    parser.add_argument("--seed", type=int, default=1, help="another choice of points (default 1)")
    parser.add_argument("--only", metavar="POINT", help="this point alone")
    parser.add_argument("--figures", metavar="FILE", help="append the result as a line of JSON")
    return parser.parse_args()


def main(name, about, trials, short, long, kinds=None):
    """`short`, `long`: the number of points, for each warehouse or by its kind. The exit code."""
    kinds = tuple(kinds or (short if isinstance(short, dict) else ("duckdb", "postgres", "redshift")))
    options = arguments(name, about, kinds)
    failures = 0
    for kind in [options.warehouse] if options.warehouse else kinds:
        wanted = long if options.long else short
        count = options.points or (wanted[kind] if isinstance(wanted, dict) else wanted)
        tally = Tally(name, kind, options)
        with trials(kind, options) as these:
            tally.try_all(these, [options.only] if options.only else these.points(count))
        tally.finish()
        failures += tally.failures
        if tally.is_interrupted:
            return EXIT_INTERRUPTED
    return 1 if failures else 0


def dice(options, *about):
    """Random numbers that the seed and `about` decide."""
    return random.Random(" ".join(map(str, (options.seed, *about))))


class Tally:
    """Counts what became of the points of one warehouse."""

    def __init__(self, name, kind, options):
        self.name, self.kind, self.options = name, kind, options
        self.by_kind = collections.Counter()
        self.harms = collections.Counter()
        self.failures = 0
        self.missed = 0
        self.lock = threading.Lock()
        self.is_interrupted = False
        self.commit = commit()
        self.begin = time.monotonic()

    def try_all(self, trials, points):
        """Ctrl-C, or SIGTERM, ends it: what was done until then counts."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        at_once = getattr(trials, "at_once", 1)
        try:
            if at_once == 1:
                for point in points:
                    self.try_one(trials, point)
            else:
                self.try_at_once(trials, points, at_once)
        except KeyboardInterrupt:
            self.is_interrupted = True

    def try_at_once(self, trials, points, at_once):
        """Where points mostly wait; those that have begun are done to their end."""
        pool = concurrent.futures.ThreadPoolExecutor(at_once)
        try:
            for done in [pool.submit(self.try_one, trials, point) for point in points]:
                done.result()
        finally:
            pool.shutdown(cancel_futures=True)

    def try_one(self, trials, point):
        try:
            is_there, counts, text = trials.attempt(point) is not False, {}, ""
        except Harm as harm:
            is_there, counts, text = True, harm.counts, str(harm)
        except Exception:  # pylint: disable=broad-except; the other points are of interest
            is_there, counts, text = True, {}, traceback.format_exc()
        with self.lock:
            self.missed += not is_there
            self.harms.update(counts)
            self.by_kind.update([str(point).split(":")[0]] if is_there else [])
            if text:
                self.tell(point, text)

    def tell(self, point, text):
        self.failures += 1
        env = [f"{name}={os.environ[name]} " for name in sorted(os.environ) if name in SETTINGS]
        again = f"{''.join(env)}tests/torture/{self.name}.py"
        again += f" --warehouse {self.kind} --seed {self.options.seed}"
        again += " --long" if self.options.long else ""
        print(f"FAILED {again} --only '{point}'")
        print("    " + text.strip()[:SHOWN_CHARACTERS].replace("\n", "\n    "), flush=True)

    def finish(self):
        points = sum(self.by_kind.values())
        if points == 0:
            self.failures += 1
            print(f"FAILED {self.name} on {self.kind}: no point was reached")
        elif self.missed > points:
            self.failures += 1
            print(f"FAILED {self.name} on {self.kind}: {self.missed} points were missed, {points} not")
        figures = {
            "suite": self.name,
            "form": "long" if self.options.long else "short",
            "warehouse": self.kind,
            "points": points,
            "by_kind": dict(sorted(self.by_kind.items())),
            **{name: self.harms[name] for name in HARMS},
            "failures": self.failures,
            "missed": self.missed,
            "interrupted": self.is_interrupted,
            "seconds": round(time.monotonic() - self.begin, 1),
            "seed": self.options.seed,
            "date": now(),
            "commit": self.commit,
        }
        print(json.dumps(figures), flush=True)
        if self.options.figures:
            with open(self.options.figures, "a", encoding="utf-8") as file:
                file.write(json.dumps(figures) + "\n")
