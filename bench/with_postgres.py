#!/usr/bin/env python3
"""Runs a command beside a new PostgreSQL server, set up to keep data and not for tests.

    with_postgres.py [--tls] COMMAND ARGS...

By its environment the command finds the server (libpq's variables, sparkify's password), the server's
own psql (first in PATH), and SPARKIFY_BENCH_SERVER_PID and SPARKIFY_BENCH_SERVER_LOG. Everything goes
over TCP; without --tls nothing is encrypted, with it the server's certificate is checked as well.
"""

import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "servers"))

from postgres import LOADER, PostgresError, PostgresServer  # noqa: E402
from rgw import clean_environment  # noqa: E402

DATABASE = "sparkify"
SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "8GB", "full_page_writes": "on"}
COMMAND_END_SECONDS_MAX = 10


def command_environment(server, sslmode):
    return {
        **clean_environment("PG"),
        **server.libpq_environment(DATABASE, sslmode=sslmode),
        **server.environment(),
        "PATH": f"{server.binaries}:{os.environ['PATH']}",
        "SPARKIFY_BENCH_SERVER_PID": str(server.postmaster.pid),
        "SPARKIFY_BENCH_SERVER_LOG": str(server.log_file),
    }


def run(command, environment):
    """Its exit code. If we are to stop, so are it and all that it has started, in their own way."""
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                          start_new_session=True) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(COMMAND_END_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
            raise


def stop_on_signal(*_):
    raise KeyboardInterrupt


def main():
    command = sys.argv[1:]
    sslmode = "disable"
    if command[:1] == ["--tls"]:
        sslmode = "verify-full"
        del command[0]
    if not command:
        sys.exit(__doc__)
    signal.signal(signal.SIGINT, stop_on_signal)  # shells have background jobs ignore it
    signal.signal(signal.SIGTERM, stop_on_signal)
    try:
        with PostgresServer(fsync=True, settings=SETTINGS) as server:
            server.create_database(DATABASE)
            server.sql(f"grant pg_checkpoint to {LOADER}")
            return run(command, command_environment(server, sslmode))
    except KeyboardInterrupt:
        return 130
    except PostgresError as error:
        print(f"with_postgres.py: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
