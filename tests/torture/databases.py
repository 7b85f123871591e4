#!/usr/bin/env python3
"""A database that is lost at any byte, about any COMMIT, or says an error at any statement.

    tests/torture/databases.py [--long] [--warehouse postgres|redshift] [--points N] [--seed S]
                               [--only POINT] [--figures FILE]

A point is `KIND:NUMBER`; the seed and the number decide where it comes in a run, how, how often.

    cut_up, cut_down             all connections end at a byte of one direction, in TLS or without
    commit_before, commit_after  the connection ends at a COMMIT, which the server has not heard, or
                                 has carried out; who asks then is let in or not
    40001, 40P01, 1023           a conflict at a statement, a few times
    53100, 25006                 a full disk, a server that takes no writes
    57P01, 53300                 the session is ended; there is no connection left
"""

import contextlib
import copy
import sys
import time
import urllib.parse

import suite
from suite import Harm

from statement_proxy import StatementProxy  # noqa: E402
from tcp_proxy import DOWN, UP, TcpProxy  # noqa: E402
from world import (  # noqa: E402
    EXIT_COMMIT_UNKNOWN,
    EXIT_DATABASE,
    EXIT_OK,
    World,
    database_of,
    shown,
)

POINTS = 200
POINTS_SHORT = 10
GONE_SECONDS_MAX = 30
FEW = 3  # conflicts, which is less than a run puts up with
FEWER = "loading through 1 connections instead of 2"
TRIED_AGAIN = "trying this step again"
LOST = "connection was lost"
REDSHIFT = "redshift"
POSTGRES = "postgres"
CUTS = {"cut_up": UP, "cut_down": DOWN}
COMMITS = ("commit_before", "commit_after")
CONFLICTS = {
    "40001": ("40001", "could not serialize access due to concurrent update"),
    "40P01": ("40P01", "deadlock detected"),
    "1023": ("XX000", "1023"),
}
ERRORS = {  # what is said, and what it advises
    "53100": ("could not extend file: No space left on device", "free space"),
    "25006": ("cannot execute INSERT in a read-only transaction", "primary"),
}
END = ("terminating connection due to administrator command", "run again")
NO_ROOM = ("sorry, too many clients already", "no connection left|--threads|max_connections")
KINDS = {
    POSTGRES: (*CUTS, *COMMITS, "40001", "40P01", *ERRORS, "57P01", "53300"),
    REDSHIFT: (*CUTS, *COMMITS, "40001", "1023", *ERRORS, "57P01", "53300"),
}
LONG_CUTS = 3  # as many points as of other kinds, times this


def plain(sql):
    """Without comments, in one line."""
    lines = [line for line in sql.splitlines() if not line.lstrip().startswith("--")]
    return " ".join(" ".join(lines).split())


def is_commit(statement):
    return plain(statement.text).lower() == "commit"


def is_in_block(statement):
    """And can conflict: no server refuses to take something back."""
    return statement.in_block and not statement.text.lower().lstrip().startswith("rollback")


class Trials:
    at_once = 2

    def __init__(self, kind, options):
        self.kind, self.options = kind, options
        self.world = World(kind)
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        self.stack.enter_context(self.world)
        if self.kind == REDSHIFT:
            self.world.server.require_tls = False  # of who comes from a proxy, where TLS ends
        self.passed = {}
        for sslmode in self.sslmodes:
            with self.trial() as warehouse, TcpProxy(self.world.server.port) as proxy:
                self.world.must("etl", self.through(warehouse, proxy, sslmode), *self.words)
                self.passed[sslmode] = {UP: proxy.bytes_up, DOWN: proxy.bytes_down}
        with self.trial() as warehouse, self.statements() as proxy:
            self.world.must("etl", self.through(warehouse, proxy), *self.words)
            self.made, self.connections = proxy.statements, proxy.connections
        return self

    def __exit__(self, *error):
        self.stack.__exit__(*error)

    @property
    def sslmodes(self):
        return ("verify-full",) if self.kind == REDSHIFT else ("disable", "verify-full")

    @property
    def words(self):
        return (*self.world.sources, "--threads", 2, "-v")

    def points(self, count):
        kinds = KINDS[self.kind]
        weights = {kind: LONG_CUTS if kind in CUTS and count > len(kinds) else 1 for kind in kinds}
        parts = suite.shares(weights, max(count, len(kinds)))
        return [f"{kind}:{n}" for kind in kinds for n in range(1, parts[kind] + 1)]

    # --- The way to the server

    @contextlib.contextmanager
    def trial(self):
        warehouse = self.world.new()
        try:
            yield warehouse
        finally:
            self.wait_until_gone(warehouse)
            self.world.drop(warehouse)

    def statements(self):
        server = self.world.server
        return StatementProxy(server.port, getattr(server, "tls", None))

    def through(self, warehouse, proxy, sslmode=None):
        """The same warehouse, by a proxy."""
        other = copy.copy(warehouse)
        parts = urllib.parse.urlsplit(warehouse.url)
        place = f"{parts.netloc.rpartition(':')[0]}:{proxy.port}"
        query = parts.query if sslmode is None else f"sslmode={sslmode}"
        other.url = parts._replace(netloc=place, query=query).geturl()
        return other

    def wait_until_gone(self, warehouse):
        """No session of a run is left: the server may find out late that its client is gone."""
        name = database_of(warehouse)
        left = (
            "select pid, state, left(query, 80) from pg_stat_activity where pid <> pg_backend_pid()"
            f" and backend_type = 'client backend' and datname = '{name}'"
        )
        end = time.monotonic() + GONE_SECONDS_MAX
        while found := self.world.server.sql(left):
            if time.monotonic() > end:
                raise Harm(f"sessions are left on the server: {found}", wrong_exit=1)
            time.sleep(0.02)

    # --- A point

    def attempt(self, point):
        kind = point.partition(":")[0]
        chance = suite.dice(self.options, self.kind, point)
        with self.trial() as warehouse:
            if kind in CUTS:
                was_there = self.cut(warehouse, CUTS[kind], chance)
            elif kind in COMMITS:
                was_there = self.cut_commit(warehouse, kind.removeprefix("commit_"), chance)
            elif kind in CONFLICTS:
                was_there = self.conflict(warehouse, *CONFLICTS[kind], chance)
            elif kind in ERRORS:
                was_there = self.fail(warehouse, kind, chance)
            elif kind == "57P01":
                was_there = self.end_session(warehouse, chance)
            else:
                was_there = self.turn_away(warehouse, chance)
            self.wait_until_gone(warehouse)
            self.world.expect_recovery(warehouse)
        return was_there

    def run(self, warehouse, codes):
        done = self.world.run("etl", warehouse, *self.words)
        self.world.expect_orderly(done, codes)
        return done

    def expect_said(self, done, *parts):
        """One of the words of each part, which are separated by |."""
        for part in parts:
            if not any(word in done.stderr for word in part.split("|")):
                raise Harm(f"{part!r} is not said: {shown(done)}", wrong_exit=1)

    def cut(self, warehouse, direction, chance):
        sslmode = chance.choice(self.sslmodes)
        count = chance.randrange(self.passed[sslmode][direction])
        with TcpProxy(self.world.server.port) as proxy:
            how = {"hard": chance.random() < 0.5, "refuse_after": chance.random() < 0.5}
            proxy.cut_after(count, direction, **how)
            codes = (EXIT_OK, EXIT_DATABASE, EXIT_COMMIT_UNKNOWN)
            done = self.run(self.through(warehouse, proxy, sslmode), codes)
            if done.returncode == EXIT_DATABASE:
                self.expect_said(done, "run again|not committed|check the address")
            elif done.returncode == EXIT_COMMIT_UNKNOWN:
                self.expect_said(done, LOST, "unknown", "sparkify status")
            else:
                self.wait_until_gone(warehouse)
                self.world.expect_whole(warehouse)
            return proxy.cuts > 0

    def cut_commit(self, warehouse, when, chance):
        """A run that hears nothing asks; where nobody answers, it says that it does not know."""
        commits = [n for n, each in enumerate(self.made, 1) if is_commit(each)]
        refuse_after = chance.random() < 0.5
        with self.statements() as proxy:
            number = chance.choice(commits)
            proxy.cut(number, when, refuse_after, is_commit)
            code = EXIT_DATABASE if when == "before" else EXIT_OK
            done = self.run(
                self.through(warehouse, proxy), (EXIT_COMMIT_UNKNOWN if refuse_after else code,)
            )
            if refuse_after:
                self.expect_said(done, LOST, "unknown", "sparkify status")
            elif when == "before":
                self.expect_said(done, LOST, "not committed")
            else:
                self.world.expect_whole(warehouse)
            return bool(proxy.struck)

    def conflict(self, warehouse, sqlstate, message, chance):
        """A step of a run is tried again."""
        places = [n for n, each in enumerate(self.made, 1) if is_in_block(each)]
        with self.statements() as proxy:
            times = chance.randint(1, FEW)
            proxy.fail(chance.choice(places), sqlstate, message, times, fits=is_in_block)
            done = self.run(self.through(warehouse, proxy), (EXIT_OK,))
            if done.stderr.count(TRIED_AGAIN) != len(proxy.struck):
                raise Harm(f"not tried again {proxy.struck}: {shown(done)}", wrong_exit=1)
            self.world.expect_whole(warehouse)
            return bool(proxy.struck)

    def fail(self, warehouse, sqlstate, chance):
        message, advice = ERRORS[sqlstate]
        with self.statements() as proxy:
            proxy.fail(chance.randint(1, len(self.made)), sqlstate, message)
            done = self.run(self.through(warehouse, proxy), (EXIT_OK, EXIT_DATABASE))
            self.expect_said(done, message, sqlstate, advice)
            if done.returncode == EXIT_OK:  # a connection beside the first, which is not needed
                self.expect_said(done, FEWER)
                self.world.expect_whole(warehouse)
            if TRIED_AGAIN in done.stderr:
                raise Harm(f"tried again: {shown(done)}", wrong_exit=1)
            return bool(proxy.struck)

    def end_session(self, warehouse, chance):
        message, advice = END
        with self.statements() as proxy:
            proxy.fail(chance.randint(1, len(self.made)), "57P01", message, is_fatal=True)
            codes = (EXIT_OK, EXIT_DATABASE, EXIT_COMMIT_UNKNOWN)
            done = self.run(self.through(warehouse, proxy), codes)
            if done.returncode == EXIT_OK:
                self.world.expect_whole(warehouse)
            else:
                self.expect_said(done, f"57P01|{LOST}", f"{advice}|not committed|sparkify status")
            return bool(proxy.struck)

    def turn_away(self, warehouse, chance):
        message, advice = NO_ROOM
        with self.statements() as proxy:
            proxy.turn_away(chance.randint(1, self.connections), "53300", message)
            done = self.run(self.through(warehouse, proxy), (EXIT_OK, EXIT_DATABASE))
            if done.returncode == EXIT_OK:  # fewer did
                self.world.expect_whole(warehouse)
            else:
                self.expect_said(done, message, advice)
            return proxy.refused > 0


if __name__ == "__main__":
    SHORT = {POSTGRES: POINTS_SHORT, REDSHIFT: POINTS_SHORT}
    sys.exit(suite.main("databases", __doc__, Trials, SHORT, POINTS))
