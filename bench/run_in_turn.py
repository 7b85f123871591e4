#!/usr/bin/env python3
"""Runs commands in turn (A B C A B C ...) and says what each took.

    run_in_turn.py [--rounds N] [--warm-ups N] [--results FILE] --job NAME DATABASE COMMAND ...

COMMAND is given to bash; DATABASE and what lies beside it (DATABASE.*) is deleted before each run.
Wall time, processor time and peak memory are those of the command and all that it started and
waited for. In turn, because a machine has faster and slower minutes: the ratios are of neighbours
in the same round, each job's time to that of the first job.
"""

import argparse
import glob
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

MIB = 1 << 20


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--warm-ups", type=int, default=1, help="rounds that do not count")
    parser.add_argument("--results", help="write every run's figures here, as JSON")
    parser.add_argument("--job", nargs=3, action="append", required=True,
                        metavar=("NAME", "DATABASE", "COMMAND"))
    arguments = parser.parse_args()
    if arguments.rounds < 1 or arguments.warm_ups < 0:
        parser.error("there must be a round")
    return arguments


def delete_database(path):
    for name in [path] + glob.glob(glob.escape(path) + ".*"):
        if os.path.isdir(name):
            shutil.rmtree(name)
        elif os.path.lexists(name):
            os.unlink(name)


def run_once(name, database, command):
    delete_database(database)
    begin = time.monotonic()
    process = subprocess.Popen(["bash", "-c", command], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"run_in_turn.py: {name} ended with {process.returncode}: {command}")
    return {"wall_s": wall_s, "user_s": usage.ru_utime, "system_s": usage.ru_stime,
            "peak_mib": usage.ru_maxrss * 1024 / MIB, "database_mib": os.path.getsize(database) / MIB}


def show_run(name, label, run):
    print(f"  {label:>8}  {name:<20} {run['wall_s']:7.2f} s wall  "
          f"{run['user_s'] + run['system_s']:7.2f} s cpu  {run['peak_mib']:6.0f} MiB",
          file=sys.stderr, flush=True)


def spread(values):
    return f"{min(values):6.2f} {statistics.median(values):6.2f} {max(values):6.2f}"


def cpu(run):
    return run["user_s"] + run["system_s"]


def print_times(jobs, runs):
    print(f"{'':<20} {'wall s: min median max':^22} {'cpu s: min median max':^22}"
          f" {'user':>6} {'system':>6} {'peak MiB':>9} {'file MiB':>9}")
    for name, _, _ in jobs:
        of_job = runs[name]
        print(f"{name:<20} {spread([run['wall_s'] for run in of_job]):^22} "
              f"{spread([cpu(run) for run in of_job]):^22} "
              f"{statistics.median(run['user_s'] for run in of_job):6.2f} "
              f"{statistics.median(run['system_s'] for run in of_job):6.2f} "
              f"{max(run['peak_mib'] for run in of_job):9.0f} "
              f"{max(run['database_mib'] for run in of_job):9.1f}")


def print_ratios(jobs, runs):
    first = jobs[0][0]
    for name, _, _ in jobs[1:]:
        pairs = list(zip(runs[name], runs[first]))
        walls = [other["wall_s"] / ours["wall_s"] for other, ours in pairs]
        cpus = [cpu(other) / cpu(ours) for other, ours in pairs]
        print(f"{name} / {first}, round by round (min median max): "
              f"wall {spread(walls)}, cpu {spread(cpus)}")


def main():
    arguments = parse_arguments()
    runs = {name: [] for name, _, _ in arguments.job}
    for number in range(-arguments.warm_ups, arguments.rounds):
        for name, database, command in arguments.job:
            run = run_once(name, database, command)
            show_run(name, "warm-up" if number < 0 else f"round {number + 1}", run)
            if number >= 0:
                runs[name].append(run)
    print_times(arguments.job, runs)
    print_ratios(arguments.job, runs)
    if arguments.results:
        with open(arguments.results, "w", encoding="utf-8") as file:
            json.dump(runs, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
