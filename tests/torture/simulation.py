#!/usr/bin/env python3
"""Simulated runs, seed by seed: tests/simulation, by the command line of the other suites."""

import argparse
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import suite  # noqa: E402

import sparkify  # noqa: E402

SHORT_SEEDS = 300
LONG_SEEDS = 10_000


def simulation():
    """Built with the tests, beside the program."""
    if "SPARKIFY_SIMULATION" in os.environ:
        return os.environ["SPARKIFY_SIMULATION"]
    folders = (pathlib.Path(sparkify.binary()).parent, suite.REPO / "build" / "dev")
    places = [folder / "tests" / "sparkify_simulation" for folder in folders]
    for place in places:
        if place.is_file():
            return str(place)
    raise sparkify.SparkifyError(f"{places[0]}: not there; build it, or set SPARKIFY_SIMULATION")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help=f"{LONG_SEEDS:,} seeds, not {SHORT_SEEDS}")
    parser.add_argument("--warehouse", choices=["duckdb"], default="duckdb")
    parser.add_argument("--points", type=int, help="so many seeds")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--only", type=int, help="this seed alone, and all that happens in it")
    parser.add_argument("--figures", type=pathlib.Path, help="add a line of JSON to this file")
    asked = parser.parse_args()
    program = simulation()
    count = asked.points or (LONG_SEEDS if asked.long else SHORT_SEEDS)
    command = [program, "--seeds", f"{asked.seed}-{asked.seed + count - 1}"]
    if asked.only is not None:
        command = [program, "--seed", str(asked.only), "--verbose"]
    if asked.figures:
        command += ["--figures", str(asked.figures)]
    return subprocess.run(command, env={**os.environ, "SPARKIFY_COMMIT": suite.commit()}).returncode


if __name__ == "__main__":
    sys.exit(main())
