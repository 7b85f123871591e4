#!/usr/bin/env python3
"""The tests under sanitizers, by the command line of the other suites; a point is a word of sanitizers.sh."""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import suite  # noqa: E402

PROGRAM = pathlib.Path(__file__).resolve().with_suffix(".sh")
SHORT = ("asan",)
LONG = ("asan", "e2e", "tsan")
TESTS = re.compile(r"(\d+) tests? from \d+ test suites? ran|tests failed out of (\d+)")


def watch(name):
    """The exit code, and how many tests there were."""
    tests = 0
    with subprocess.Popen([PROGRAM, name], stdout=subprocess.PIPE, encoding="utf-8") as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            found = TESTS.search(line)
            tests += int(found[1] or found[2]) if found else 0
    return process.returncode, tests


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help=f"{', '.join(LONG)}; else {SHORT[0]}")
    parser.add_argument("--only", action="append", choices=LONG, help="this one; may be repeated")
    parser.add_argument("--figures", type=pathlib.Path, help="add lines of JSON to this file")
    asked = parser.parse_args()
    failures = 0
    for name in asked.only or (LONG if asked.long else SHORT):
        begin = time.monotonic()
        code, tests = watch(name)
        is_wrong = code != 0 or tests == 0
        failures += is_wrong
        figures = {
            "suite": "sanitizers",
            "form": name,
            "tests": tests,
            "failures": int(is_wrong),
            "seconds": round(time.monotonic() - begin, 1),
            "date": suite.now(),
            "commit": suite.commit(),
        }
        print(json.dumps(figures), flush=True)
        if asked.figures:
            with asked.figures.open("a", encoding="utf-8") as file:
                file.write(json.dumps(figures) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
