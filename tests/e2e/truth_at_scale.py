#!/usr/bin/env python3
"""Generated data at full size, with every fault kind and in deliveries, on every warehouse: what the
generator says is what etl reports.

    truth_at_scale.py [--events N] [--songs N] [--days N] [--deliveries N] [--seed N]
                      [--faults FAULTS] [WAREHOUSE ...]

WAREHOUSE: duckdb, postgres, redshift (the stand-in), redshift-direct (which reads the source objects
itself, from S3); all of them if none is named. Needs what the end-to-end tests need, and for a million
events 2 GB of disk; takes a minute for DuckDB and PostgreSQL, many for the stand-in. Exit codes: 0 all
agree, 1 something differs, 2 usage.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "oracle"))

import generated  # noqa: E402
import sparkify  # noqa: E402
import warehouses  # noqa: E402

FAULTS = "all=0.002,bom=0.05,utf16=0.02,late_song=0.1,late_file=0.1,changed_object=0.1"
TIMEOUT_S = 3600
DIRECT = "redshift-direct"
WAREHOUSES = (*warehouses.KINDS, DIRECT)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--songs", type=int, default=20_000)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--deliveries", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", default=FAULTS)
    parser.add_argument("warehouses", nargs="*", metavar="WAREHOUSE")
    arguments = parser.parse_args()
    arguments.warehouses = arguments.warehouses or list(WAREHOUSES)
    for name in arguments.warehouses:
        if name not in WAREHOUSES:
            parser.error(f"{name}: not one of {', '.join(WAREHOUSES)}")
    return arguments


def call(warehouse, *args):
    env = sparkify.on_warehouse(warehouse)
    done = sparkify.run(*args, env=env, timeout=TIMEOUT_S)
    if done.returncode != 0:
        sys.exit(f"sparkify {args[0]} ended with {done.returncode}: {done.stderr}")
    return done


def generate(arguments, warehouse, out, delivery):
    call(
        warehouse, "generate", "--quiet", "--out", out, "--events", arguments.events,
        "--songs", arguments.songs, "--users", arguments.users, "--days", arguments.days,
        "--seed", arguments.seed, "--faults", arguments.faults,
        "--deliveries", arguments.deliveries, "--delivery", delivery,
    )  # fmt: skip


def deliver(arguments, warehouse, data, delivery):
    """One delivery and the run after it. Gives what differs, and the seconds of the run."""
    generate(arguments, warehouse, data, delivery)
    source, prefix = data, f"file://{data}/"
    if warehouses.is_direct():  # the same bytes once more, where Redshift can read them
        source = warehouses.location(data)
        prefix = f"{source}/"
        generate(arguments, warehouse, source, delivery)
    start = time.monotonic()
    done = call(
        warehouse, "etl", "--json", *sparkify.options(warehouse),
        "--log-data", f"{source}/log_data", "--song-data", f"{source}/song_data",
    )  # fmt: skip
    seconds = time.monotonic() - start
    summary, truth = json.loads(done.stdout), generated.read_truth(data)
    return summary, truth, generated.differences(truth, summary, warehouse, prefix), seconds


def show(name, delivery, summary, seconds):
    print(
        f"{name}, delivery {delivery}: {summary['records']} records = {summary['loaded']} loaded + "
        f"{summary['duplicates']} duplicates + {summary['rejects']} rejects; "
        f"{summary['late_matches']} late matches; etl took {seconds:.1f} s",
        flush=True,
    )


def run_on(name, arguments):
    """True if nothing differs."""
    os.environ["SPARKIFY_TEST_WAREHOUSE"] = name.removesuffix("-direct")
    os.environ["SPARKIFY_TEST_STAGE"] = "direct" if name == DIRECT else ""
    faults, is_same = {}, True
    warehouses.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            warehouse = warehouses.new(folder)
            call(warehouse, "create-tables", *sparkify.options(warehouse))
            data = pathlib.Path(folder, "data")
            for delivery in range(1, arguments.deliveries + 1):
                summary, truth, differences, seconds = deliver(arguments, warehouse, data, delivery)
                show(name, delivery, summary, seconds)
                for kind, count in truth["faults"].items():
                    faults[kind] = faults.get(kind, 0) + count
                for line in differences:
                    is_same = False
                    print(f"  DIFFERS: {line}", flush=True)
            call(warehouse, "check", *sparkify.options(warehouse))
    finally:
        warehouses.stop()
    listed = ", ".join(f"{kind} {count}" for kind, count in faults.items())
    print(f"{name}: {'agrees' if is_same else 'DIFFERS'}; planted: {listed}", flush=True)
    return is_same


def main():
    arguments = parse_arguments()
    results = [run_on(name, arguments) for name in arguments.warehouses]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
