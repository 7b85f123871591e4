#!/usr/bin/env python3
"""The fuzz targets of fuzz/, by the command line of the other suites; a point is a target."""

import argparse
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHORT_SECONDS = 60
LONG_SECONDS = 3600


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="an hour each, not a minute")
    parser.add_argument("--only", action="append", default=[], help="this target; may be repeated")
    parser.add_argument("--figures", type=pathlib.Path, help="add lines of JSON to this file")
    asked = parser.parse_args()
    command = [str(ROOT / "fuzz" / "run.sh")]
    if asked.figures:
        command += ["--figures", str(asked.figures.resolve())]
    command += [str(LONG_SECONDS if asked.long else SHORT_SECONDS), *asked.only]
    return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main())
