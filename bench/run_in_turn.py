#!/usr/bin/env python3
"""Runs commands in turn (A B C A B C ...) and says what each took.

    run_in_turn.py [--rounds N] [--warm-ups N] [--results FILE] --job NAME DATABASE COMMAND ...
                   [--before NAME COMMAND] [--rows NAME COUNT] [--ratio NAME NAME] [--server-pid PID]

COMMAND is given to bash; DATABASE and what lies beside it (DATABASE.*) is deleted before each run;
"-" if the job has no file. Wall time, processor time and peak memory are those of the command and all
that it started and waited for. In turn, because a machine has faster and slower minutes: the ratios
are of neighbours in the same round, each job's time to that of the first job, or as --ratio says.

--before runs before each run of a job and is not timed. With --rows the jobs' rates are shown, and
ratios of jobs with different counts are of the time a row. With --server-pid the processor time of
that process and its children counts too, as "server".
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
    parser.add_argument("--before", nargs=2, action="append", default=[],
                        metavar=("NAME", "COMMAND"), help="what a job's run needs, not timed")
    parser.add_argument("--rows", nargs=2, action="append", default=[],
                        metavar=("NAME", "COUNT"), help="how many rows a job handles")
    parser.add_argument("--ratio", nargs=2, action="append", metavar=("NAME", "NAME"),
                        help="the first's time to the second's (default: each to the first job's)")
    parser.add_argument("--server-pid", type=int, help="a server that works for the jobs")
    arguments = parser.parse_args()
    if arguments.rounds < 1 or arguments.warm_ups < 0:
        parser.error("there must be a round")
    arguments.before = dict(arguments.before)
    arguments.rows = {name: int(count) for name, count in arguments.rows}
    names = {name for name, _, _ in arguments.job}
    pairs = arguments.ratio or []
    for name in [*arguments.before, *arguments.rows, *(name for pair in pairs for name in pair)]:
        if name not in names:
            parser.error(f"no job is called {name}")
    return arguments


def delete_database(path):
    for name in [path] + glob.glob(glob.escape(path) + ".*"):
        if os.path.isdir(name):
            shutil.rmtree(name)
        elif os.path.lexists(name):
            os.unlink(name)


def processor_ticks(pid):
    """What a process has used, and what the children that it has waited for have."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        values = file.read().rpartition(")")[2].split()[11:15]
    return sum(map(int, values[:2])), sum(map(int, values[2:]))


def server_cpu_s(pid):
    """Of a server and its children, those that have ended too; 0 without one."""
    if pid is None:
        return 0.0
    while True:
        own, ended = processor_ticks(pid)
        with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
            children = file.read().split()
        try:
            living = sum(sum(processor_ticks(child)) for child in children)
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended just now
        if processor_ticks(pid)[1] == ended:
            return (own + ended + living) / os.sysconf("SC_CLK_TCK")


def run_once(name, database, command, before, server_pid):
    if database != "-":
        delete_database(database)
    if before and subprocess.run(["bash", "-c", before], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, check=False).returncode != 0:
        sys.exit(f"run_in_turn.py: what comes before {name} failed: {before}")
    server_before_s = server_cpu_s(server_pid)
    begin = time.monotonic()
    process = subprocess.Popen(["bash", "-c", command], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"run_in_turn.py: {name} ended with {process.returncode}: {command}")
    return {"wall_s": wall_s, "user_s": usage.ru_utime, "system_s": usage.ru_stime,
            "server_s": server_cpu_s(server_pid) - server_before_s,
            "peak_mib": usage.ru_maxrss * 1024 / MIB,
            "database_mib": os.path.getsize(database) / MIB if database != "-" else None}


def show_run(name, label, run):
    print(f"  {label:>8}  {name:<20} {run['wall_s']:7.2f} s wall  "
          f"{cpu(run):7.2f} s cpu  {run['peak_mib']:6.0f} MiB",
          file=sys.stderr, flush=True)


def spread(values):
    shown = min(values), statistics.median(values), max(values)
    return " ".join(f"{value:6.2f}" if value >= 0.1 else f"{value:6.4f}" for value in shown)


def cpu(run):
    return run["user_s"] + run["system_s"] + run["server_s"]


def print_times(jobs, runs, has_server):
    has_files = any(database != "-" for _, database, _ in jobs)
    print(f"{'':<20} {'wall s: min median max':^22} {'cpu s: min median max':^22}"
          f" {'user':>6} {'system':>6}{' server' if has_server else ''} {'peak MiB':>9}"
          f"{'  file MiB' if has_files else ''}")
    for name, database, _ in jobs:
        of_job = runs[name]
        line = (f"{name:<20} {spread([run['wall_s'] for run in of_job]):^22} "
                f"{spread([cpu(run) for run in of_job]):^22} "
                f"{statistics.median(run['user_s'] for run in of_job):6.2f} "
                f"{statistics.median(run['system_s'] for run in of_job):6.2f} ")
        if has_server:
            line += f"{statistics.median(run['server_s'] for run in of_job):6.2f} "
        line += f"{max(run['peak_mib'] for run in of_job):9.0f}"
        if database != "-":
            line += f" {max(run['database_mib'] for run in of_job):9.1f}"
        print(line)


def print_rates(jobs, runs, rows):
    for name, _, _ in jobs:
        if name in rows:
            rates = [rows[name] / run["wall_s"] for run in runs[name]]
            print(f"{name}: {rows[name]:,} rows, a second (min median max): "
                  f"{min(rates):,.0f} {statistics.median(rates):,.0f} {max(rates):,.0f}")


def print_ratios(pairs, runs, rows):
    for name, other in pairs:
        counts = rows.get(name, 0), rows.get(other, 0)
        by_row = all(counts) and counts[0] != counts[1]
        scale = counts[1] / counts[0] if by_row else 1.0
        rounds = list(zip(runs[name], runs[other]))
        walls = [scale * ours["wall_s"] / theirs["wall_s"] for ours, theirs in rounds]
        # A job may be too short for the clock of the processor time.
        cpus = [scale * cpu(ours) / max(cpu(theirs), 0.01) for ours, theirs in rounds]
        print(f"{name} / {other}{', time a row' if by_row else ''}, round by round (min median max): "
              f"wall {spread(walls)}, cpu {spread(cpus)}")


def main():
    arguments = parse_arguments()
    runs = {name: [] for name, _, _ in arguments.job}
    for number in range(-arguments.warm_ups, arguments.rounds):
        for name, database, command in arguments.job:
            run = run_once(name, database, command, arguments.before.get(name),
                           arguments.server_pid)
            show_run(name, "warm-up" if number < 0 else f"round {number + 1}", run)
            if number >= 0:
                runs[name].append(run)
    print_times(arguments.job, runs, arguments.server_pid is not None)
    print_rates(arguments.job, runs, arguments.rows)
    first = arguments.job[0][0]
    print_ratios(arguments.ratio or [(name, first) for name, _, _ in arguments.job[1:]], runs,
                 arguments.rows)
    if arguments.results:
        with open(arguments.results, "w", encoding="utf-8") as file:
            json.dump(runs, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
