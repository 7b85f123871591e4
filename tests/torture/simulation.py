#!/usr/bin/env python3
"""Simulated runs, seed by seed: tests/simulation, by the command line of the other suites."""

import argparse
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHORT_SEEDS = 300
LONG_SEEDS = 10_000


def commit():
    said = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True
    )
    return said.stdout.strip() or "unknown"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help=f"{LONG_SEEDS:,} seeds, not {SHORT_SEEDS}")
    parser.add_argument("--warehouse", choices=["duckdb"], default="duckdb")
    parser.add_argument("--points", type=int, help="so many seeds")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--only", type=int, help="this seed alone, and all that happens in it")
    parser.add_argument("--figures", type=pathlib.Path, help="add a line of JSON to this file")
    asked = parser.parse_args()
    program = os.environ.get(
        "SPARKIFY_SIMULATION", str(ROOT / "build" / "dev" / "tests" / "sparkify_simulation")
    )
    count = asked.points or (LONG_SEEDS if asked.long else SHORT_SEEDS)
    command = [program, "--seeds", f"{asked.seed}-{asked.seed + count - 1}"]
    if asked.only is not None:
        command = [program, "--seed", str(asked.only), "--verbose"]
    if asked.figures:
        command += ["--figures", str(asked.figures)]
    return subprocess.run(command, env={**os.environ, "SPARKIFY_COMMIT": commit()}).returncode


if __name__ == "__main__":
    sys.exit(main())
