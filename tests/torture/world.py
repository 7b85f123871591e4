"""The world that a torture suite does harm to: sources, warehouses, and the tables there must be.

    with World("postgres") as world:
        warehouse = world.new()             # empty tables, copied from a template
        done = world.load(warehouse, env=...)  # a run, disturbed by the suite
        world.expect_orderly(done)          # exit code and message
        world.expect_recovery(warehouse)    # what must hold after every fault
        world.drop(warehouse)

A World has planted secrets: whatever it runs is looked through for them.
"""

import copy
import hashlib
import itertools
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from suite import Harm  # noqa: E402  (and the places of the following)

from states import States  # noqa: E402

import contract  # noqa: E402
import sparkify  # noqa: E402
import warehouses  # noqa: E402

KINDS = warehouses.KINDS
EXIT_OK = 0
EXIT_FINDINGS = 1
EXIT_CONFIG = 3
EXIT_SOURCE = 4
EXIT_DATABASE = 5
EXIT_LOCKED = 6
EXIT_COMMIT_UNKNOWN = 7
EXIT_INTERNAL = 70
KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)
HANG_SECONDS = 180  # machines are slow
SIZE_FACTOR_MAX = 2

TINY = ("--events", 60, "--songs", 12, "--days", 4, "--faults", "all=0.02")
GROUPS = {
    "SPARKIFY_GROUP_BYTES": "5000",  # the songs in two, and each day for itself
    "SPARKIFY_STRAIGHT_BYTES": "10000",  # some days go straight into the star
}
# Texts of their own, so that a part of them in any output is a leak.
PLANTED = {
    "SPARKIFY_DB_PASSWORD": "pLaNtEdPaSsWoRd-h7x2",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "pLaNtEdSeCrEtKeY0123456789abcdef",
    "AWS_SESSION_TOKEN": "pLaNtEdSeSsIoNtOkEn9876543210",
    "AWS_EC2_METADATA_DISABLED": "true",
}
SECRETS = ("SPARKIFY_DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
# Where a text of ours could have got into.
TABLES = (*sparkify.contract.TABLE_COLUMNS, "staging_events", "staging_songs")
RUNS, OPEN_RUNS, STAGED = "all runs", "open runs", "staged"
RUNS_SQL = f"select '{RUNS}', count(*), cast(max(run_id) as varchar) from etl_runs"
OPEN_RUNS_SQL = (
    f"select '{OPEN_RUNS}', count(*), '' from etl_runs"
    " where status = 'running' or finished_at is null"
)
STAGED_SQL = (
    f"select '{STAGED}', count(*), '' from pg_class where relnamespace = "
    "(select oid from pg_namespace where nspname = current_schema())"
    " and relname like 'etl\\_loading%' and pg_relation_size(oid) > 0"
)
UGLY = re.compile(r"terminate called|internal error|Assertion|Segmentation|core dumped|what\(\):")
ERROR_LINE = re.compile(r'(?m)^(sparkify: error: |\{.*"level": ?"error")')

FAILED_OBJECT = re.compile(r"(?m)^ +failed +(file|s3)://")  # the summary names what was left out


class World:
    """`kind`: duckdb, postgres or redshift. `data`: what `generate` is told. `env`: settings of
    every run. `sslmode`: of PostgreSQL's connections."""

    def __init__(self, kind, data=TINY, env=None, sslmode="disable"):
        self.kind, self.data, self.sslmode = kind, data, sslmode
        self.env = GROUPS if env is None else env
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()
        self.temporary = None

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="sparkify-torture-")
        self.folder = pathlib.Path(self.temporary.name).resolve()
        try:
            warehouses.start(self.kind)
            self.make_sources()
            self.make_template()
            self.make_reference()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        warehouses.stop()
        self.temporary.cleanup()

    @property
    def server(self):
        """The PostgresServer or RedshiftServer, if there is one."""
        return warehouses.server

    @property
    def is_file(self):
        return self.kind == warehouses.DUCKDB

    # --- What there is before the fault

    def make_sources(self):
        out = self.folder / "data"
        done = sparkify.run("generate", "--out", out, *self.data)
        if done.returncode != EXIT_OK:
            raise sparkify.SparkifyError(done.stderr)
        self.sources = ("--log-data", out / "log_data", "--song-data", out / "song_data")

    def make_template(self):
        (self.folder / "template").mkdir()
        self.template = warehouses.new(self.folder / "template", self.kind, sslmode=self.sslmode)
        self.must("create-tables", self.template)
        self.empty = self.fingerprint(self.template)

    def make_reference(self):
        """The tables of a run that nobody disturbs, which are the oracle's."""
        self.reference = self.new()
        begin = time.monotonic()
        self.must("etl", self.reference, *self.sources)
        self.seconds = time.monotonic() - begin
        self.truth = self.fingerprint(self.reference)
        self.expect_oracles(self.reference, self.objects())
        self.states = States(self.objects())

    def objects(self, sources=None):
        """What a run over `sources` finds now: the songs, the logs."""
        logs, songs = (sources or self.sources)[1::2]
        return sparkify.folder_objects(songs), sparkify.folder_objects(logs)

    @staticmethod
    def expect_oracles(warehouse, *runs):
        """What undisturbed runs, each of such objects, have made is what the oracle makes."""
        oracle = contract.Warehouse()
        for songs, logs in runs:
            oracle.apply_run(songs, logs)
        found = sparkify.warehouse_tables(warehouse)
        difference = sparkify.difference(oracle.tables(), found)
        if difference:
            raise sparkify.SparkifyError(f"undisturbed, it is not what the oracle has: {difference}")

    def new(self):
        """A warehouse with empty tables."""
        return self.copied(self.template)

    def copied(self, origin):
        """Another warehouse with the same in it; nobody may be connected to `origin`."""
        if self.is_file:
            path = self.nothing()
            shutil.copyfile(origin, path)
            return path
        name, old = f"trial_{self.number()}", database_of(origin)
        with self.lock:  # a template is copied by one at a time
            self.server.sql(f'create database "{name}" owner loader template "{old}"')
        return self.elsewhere(origin, name)

    def number(self):
        with self.lock:
            return next(self.numbers)

    @staticmethod
    def elsewhere(origin, database):
        """The same schema of another database."""
        warehouse = copy.copy(origin)
        parts = urllib.parse.urlsplit(origin.url)
        warehouse.url = parts._replace(path=f"/{database}").geturl()
        warehouse.database = database
        return warehouse

    def nothing(self):
        """Where create-tables has not been."""
        if self.is_file:
            path = self.folder / str(self.number()) / "warehouse.duckdb"
            path.parent.mkdir()
            return path
        return self.elsewhere(self.template, self.server.create_database())

    def drop(self, warehouse):
        if self.is_file:
            shutil.rmtree(warehouse.parent)
        else:
            self.server.sql(f'drop database "{database_of(warehouse)}" with (force)')

    # --- Runs

    def environment(self, warehouse, env=None):
        """Settings, what leads into the warehouse, planted secrets; `env` comes on top."""
        return {**PLANTED, **self.env, **sparkify.on_warehouse(warehouse, env)}

    def run(self, command, warehouse, *words, env=None, prefix=(), timeout=HANG_SECONDS):
        """A finished process, in whose output there is no secret."""
        environment = self.environment(warehouse, env)
        where = sparkify.options(warehouse)
        done = sparkify.run(
            command, *where, *words, prefix=prefix, env=environment, timeout=timeout
        )
        self.expect_no_leak(f"{command} {words}", done.stdout + done.stderr, environment)
        return done

    def start(self, command, warehouse, *words, env=None, prefix=(), **options):
        """A process, for finish()."""
        where = sparkify.options(warehouse)
        environment = self.environment(warehouse, env)
        return sparkify.start(command, *where, *words, prefix=prefix, env=environment, **options)

    def finish(self, process, warehouse, env=None, timeout=HANG_SECONDS):
        """What a process that was started has ended with; in its output there is no secret."""
        stdout, stderr = process.communicate(timeout=timeout)
        self.expect_no_leak(process.args, stdout + stderr, self.environment(warehouse, env))
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def load(self, warehouse, *words, env=None, **options):
        return self.run("etl", warehouse, *self.sources, *words, env=env, **options)

    def must(self, command, warehouse, *words, env=None):
        done = self.run(command, warehouse, *words, env=env)
        if done.returncode != EXIT_OK:
            raise sparkify.SparkifyError(f"{command}: {done.returncode}: {shown(done)}")
        return done

    # --- What must hold

    def secrets(self, environment):
        names = [name for name in SECRETS if environment.get(name)]
        plain = [environment[name] for name in names]
        return [*plain, *(urllib.parse.quote(text, safe="") for text in plain)]

    def expect_no_leak(self, what, text, environment):
        found = [secret for secret in self.secrets(environment) if secret in text]
        if found:
            raise Harm(f"{what}: {len(found)} secrets are shown", leaks=len(found))

    def expect_orderly(self, done, codes):
        """It ended by itself, with one of the exit codes, and said why in words for its reader."""
        if done.returncode not in codes:
            raise Harm(f"exit code {done.returncode}, not of {codes}: {shown(done)}", wrong_exit=1)
        if UGLY.search(done.stdout + done.stderr):
            raise Harm(f"no message for a reader: {shown(done)}", wrong_exit=1)
        is_said = ERROR_LINE.search(done.stderr) or FAILED_OBJECT.search(done.stdout)
        if done.returncode != EXIT_OK and not is_said:
            raise Harm(f"exit code {done.returncode} without a message: {shown(done)}", wrong_exit=1)

    def expect_whole(self, warehouse, truth=None):
        """Who says that all is well has loaded all by itself, before another run could heal it, and
        has left nothing behind; a fingerprint."""
        self.expect_whole_groups(warehouse)
        found = self.fingerprint(warehouse)
        self.expect_tables(warehouse, found, truth or self.truth)
        self.expect_nothing_left(found["left"])
        return found

    @staticmethod
    def expect_nothing_left(left):
        if any(left.values()):
            raise Harm(f"runs left open, or rows where they were staged: {left}", wrong_exit=1)

    def expect_recovery(self, warehouse, truth=None, sources=None, states=None):
        """After a fault: whole groups; by a rerun the tables of a run that nobody disturbed; a third
        run does nothing; no secret anywhere. `truth`: a fingerprint, of other tables. `states`: that
        may be there before the rerun; of other `sources`, who calls has looked at the tables."""
        states = self.states if sources is None else states
        sources = self.sources if sources is None else sources
        self.expect_whole_groups(warehouse, states)
        done = self.run("etl", warehouse, *sources)
        if done.returncode != EXIT_OK:
            raise Harm(f"the rerun: exit code {done.returncode}: {shown(done)}", wrong_exit=1)
        found = self.fingerprint(warehouse)
        self.expect_tables(warehouse, found, truth or self.truth)
        left = dict(found["left"])
        if "Nothing new" in done.stdout:
            left.pop(STAGED, None)  # of the last group: whoever stages next empties it first
        self.expect_nothing_left(left)
        self.expect_nothing_new(warehouse, found, sources)

    def is_untouched(self, warehouse):
        """Whether it is the template still, to the last byte or row."""
        if not self.is_file:
            return self.fingerprint(warehouse) == self.empty
        is_alone = [path.name for path in warehouse.parent.iterdir()] == [warehouse.name]
        return is_alone and warehouse.read_bytes() == self.template.read_bytes()

    def expect_whole_groups(self, warehouse, states=None):
        """What a reader finds now is consistent, and one of `states`, if they are given."""
        done = self.run("check", warehouse)
        if done.returncode != EXIT_OK:
            raise Harm(f"after the fault, a check fails: {shown(done)}", mixtures=1)
        if states is not None:
            states.expect_one_of_them(warehouse, self.fingerprint(warehouse)["tables"])

    def expect_tables(self, warehouse, found, truth):
        if found["tables"] == truth["tables"]:
            return
        if truth is not self.truth:
            text = f"{truth['tables']}\n{found['tables']}"
            raise Harm(f"the tables differ:\n{text}", **self.changes(found, truth))
        tables = [
            sparkify.without_runs(sparkify.warehouse_tables(each))
            for each in (self.reference, warehouse)
        ]
        text = sparkify.difference(*tables)
        raise Harm(f"the tables differ:\n{text}", **self.changes(found, truth))

    @staticmethod
    def changes(found, truth):
        """A row too few is lost, a row too many doubled; another content of as many rows is both."""
        counts = {"lost": 0, "doubled": 0}
        for table, (rows, content) in truth["tables"].items():
            more = int(found["tables"][table][0]) - int(rows)
            is_other = more == 0 and found["tables"][table][1] != content
            counts["lost"] += max(0, -more) + is_other
            counts["doubled"] += max(0, more) + is_other
        return counts

    def expect_nothing_new(self, warehouse, before, sources):
        done = self.run("etl", warehouse, *sources)
        if done.returncode != EXIT_OK or "Nothing new" not in done.stdout:
            raise Harm(f"the third run does something: {shown(done)}", wrong_exit=1)
        after = self.fingerprint(warehouse)
        if after != before:
            raise Harm(f"the third run has written: {before}\n{after}", doubled=1)
        if self.is_file:
            names = sorted(path.name for path in warehouse.parent.iterdir())
            if names != [warehouse.name]:
                raise Harm(f"left beside the warehouse: {names}", wrong_exit=1)
            size, usual = (path.stat().st_size for path in (warehouse, self.reference))
            if size > SIZE_FACTOR_MAX * usual:
                raise Harm(f"the file has {size} bytes, undisturbed {usual}", wrong_exit=1)

    def fingerprint(self, warehouse):
        """Counts and hashes of all tables, what is left over, and what any writing changes: a file's
        bytes, or which runs there are. There is no secret in any of it."""
        secrets = self.secrets(self.environment(warehouse))
        rows = self.fingerprint_rows(warehouse, secrets)
        content = rows.pop(RUNS)
        leaks = sum(int(count) for count, _ in (rows.pop(name) for name in self.leak_names()))
        if self.is_file:
            data = warehouse.read_bytes()
            content = hashlib.sha256(data).hexdigest()
            leaks += sum(secret.encode() in data for secret in secrets)
        if leaks:
            raise Harm(f"{leaks} secrets are in the tables", leaks=leaks)
        left = {name: int(rows.pop(name)[0]) for name in (OPEN_RUNS, STAGED) if name in rows}
        return {"tables": rows, "left": left, "content": content}

    def leak_names(self):
        return [f"leaks in {name}" for name in TABLES]

    def leak_sql(self, secrets):
        """How many rows of each table hold one of them, in any column."""
        row = 'cast("{0}" as varchar)' if self.is_file else 'cast("{0}".* as text)'
        for name in TABLES:
            # In two parts, so that the question itself has no secret in it.
            found = " or ".join(
                f"position({literal(secret[:4])} || {literal(secret[4:])} in {row.format(name)}) > 0"
                for secret in secrets
            )
            yield f"select 'leaks in {name}', count(*), '' from \"{name}\" where {found}"

    def fingerprint_rows(self, warehouse, secrets):
        """Of servers by their superuser, past the program, and so of all that is in them."""
        parts = [sparkify.fingerprint_sql(warehouse), RUNS_SQL, OPEN_RUNS_SQL]
        parts += self.leak_sql(secrets)
        if self.is_file:
            rows = sparkify.query_rows(warehouse, " union all ".join(parts))
            return {row["name"]: (row["row_count"], row["row_hash"]) for row in rows}
        if self.kind == warehouses.POSTGRES:
            parts.append(STAGED_SQL)
        path = f"set search_path to {sparkify.quote_name(warehouse.schema)}; "
        rows = self.server.sql(path + " union all ".join(parts), database_of(warehouse))
        return {name: (count, text) for name, count, text in rows}


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def database_of(warehouse):
    return urllib.parse.unquote(urllib.parse.urlsplit(warehouse.url).path.lstrip("/"))


def shown(done):
    return f"\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
