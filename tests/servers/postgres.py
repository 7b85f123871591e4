"""A real PostgreSQL server for tests: on loopback, gone when the test ends.

    with PostgresServer() as server:
        database = server.create_database()
        url = server.url(database, sslmode="verify-full")
        sparkify.run("etl", "--warehouse", url, env=server.environment())
        server.sql("select count(*) from etl_runs", database)

Each PostgresServer is a cluster of its own on a free port of 127.0.0.1 and a socket in its own
folder, so several tests may each have one at the same time. It needs the package postgresql,
`openssl` and `setpriv`. PostgreSQL refuses to run as root: for root, it runs as the user postgres.

By hand: `postgres.py` starts a server with a database, prints the environment that leads to it and
runs until Ctrl-C; `postgres.py -- COMMAND ARGS...` runs a command in that environment instead.
"""

import argparse
import itertools
import os
import pathlib
import pwd
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from rgw import clean_environment, free_ports, start_sweeper  # noqa: E402

ADDRESS = "127.0.0.1"
HOST = "localhost"
SUPERUSER = "postgres"
SYSTEM_USER = "postgres"  # as whom the server runs when root starts it
LOADER = "loader"  # who owns databases if nothing else is said
LOADER_PASSWORD = "it's \"100%\" a\\b:c @d/e?f#g&h=i"
PROGRAMS = ("initdb", "postgres", "psql")  # in PostgreSQL's own folder
PROGRAMS_BESIDES = ("openssl", "setpriv")
VERSION_FOLDERS = "/usr/lib/postgresql"  # where Debian has a folder per version
STOP_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 60
COMMAND_SECONDS_MAX = 120
BACKEND_END_MS_MAX = 10_000
LOG_TAIL_LINES = 15
FOLDER_CHARACTERS_MAX = 60  # a socket's path has 107 at most
PORT_CLASH = "Address already in use"

SETTINGS = {
    "listen_addresses": ADDRESS,
    "max_connections": 40,
    "shared_buffers": "128MB",
    "full_page_writes": "off",
    "ssl": "on",
    "log_connections": "on",
    "log_line_prefix": "%m [%p] %q%u@%d %a: ",
}

# Without TLS, too: that it is asked for where it should be is for the client to see to.
HOST_RULES = f"""
local all {SUPERUSER} trust
local all all scram-sha-256
hostssl all all {ADDRESS}/32 scram-sha-256
hostnossl all all {ADDRESS}/32 scram-sha-256
"""

OPENSSL_CONFIG = f"""
[req]
prompt = no
distinguished_name = name
[name]
CN = sparkify test
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
subjectAltName = DNS:{HOST}, IP:{ADDRESS}
extendedKeyUsage = serverAuth
"""


class PostgresError(Exception):
    """The server did not start or stop, or a statement failed."""


class PortClash(PostgresError):
    """Somebody took a port between our look and the server's bind."""


class PostgresServer:
    """A context manager; or start() and close(). Start it from a thread that outlives it: the
    server ends with the thread that started it.

    `folder` is where all its files are. `settings` are lines of postgresql.conf, by name.
    """

    def __init__(self, fsync=False, settings=None):
        self.settings = {**SETTINGS, "fsync": "on" if fsync else "off", **(settings or {})}
        self.folder = None
        self.port = None
        self.postmaster = None
        self.sweeper = None
        self.was_killed = False
        self.passwords = {}
        self.numbers = itertools.count(1)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.close()

    # What tests need to know

    @property
    def socket_dir(self):
        return str(self.folder / "socket")

    @property
    def ca_file(self):
        """Who signed the server's certificate, for `localhost` and 127.0.0.1."""
        return str(self.folder / "ca.crt")

    @property
    def other_ca_file(self):
        """A CA that has nothing to do with this server."""
        return str(self.folder / "other_ca.crt")

    @property
    def data_folder(self):
        return self.folder / "data"

    @property
    def log_file(self):
        return self.folder / "postgres.log"

    def log_text(self):
        return self.log_file.read_text(errors="replace")

    def url(self, database, role=LOADER, host=HOST, port=None, **params):
        """Without a password; `port` leads through a proxy, `params` are libpq's."""
        user, name = (urllib.parse.quote(text, safe="") for text in (role, database))
        query = urllib.parse.urlencode(params, quote_via=urllib.parse.quote, safe="")
        place = f"{urllib.parse.quote(host, safe='')}:{port or self.port}"
        return f"postgresql://{user}@{place}/{name}{'?' if query else ''}{query}"

    def environment(self, role=LOADER, sslmode=None):
        """The variables by which our program gets in as that role."""
        names = {"PGSSLROOTCERT": self.ca_file}
        if self.passwords[role]:
            names["SPARKIFY_DB_PASSWORD"] = self.passwords[role]
        if sslmode is not None:
            names["PGSSLMODE"] = sslmode
        return names

    def libpq_environment(self, database, role=LOADER, sslmode="verify-full"):
        """The variables by which psql, and everything else on libpq, connects as that role."""
        return {
            "PGHOST": HOST,
            "PGPORT": str(self.port),
            "PGUSER": role,
            "PGDATABASE": database,
            "PGPASSFILE": str(self.folder / "passwords"),
            "PGSSLROOTCERT": self.ca_file,
            "PGSSLMODE": sslmode,
        }

    # Statements, roles, databases

    def sql(self, text, database="postgres"):
        """The rows of all statements as the superuser, each a list of text or None."""
        column_end, null = uuid.uuid4().hex, uuid.uuid4().hex
        output = self.run(
            *(self.program("psql"), "-X", "-w", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"),
            *("-0", "-F", column_end, "-P", f"null={null}", "-f", "-"),
            text=text,
            environment={
                "PGHOST": self.socket_dir,
                "PGPORT": str(self.port),
                "PGUSER": SUPERUSER,
                "PGDATABASE": database,
                "PGCLIENTENCODING": "UTF8",
            },
        )
        return [
            [None if value == null else value for value in row.split(column_end)]
            for row in output.split("\0")[:-1]
        ]

    def create_role(self, name, password=None, options="login"):
        """The role's password: random if not given, and with "" there is none."""
        password = secrets.token_urlsafe(12) if password is None else password
        clause = f"password {quote_literal(password)}" if password else ""
        self.sql(f"create role {quote_name(name)} {options} {clause}")
        self.passwords[name] = password
        self.write_password_file()
        return password

    def create_database(self, name=None, owner=None):
        """The name of a new, empty database; one that no other has if not given."""
        name = name or f"test_{next(self.numbers)}"
        owner = quote_name(owner or LOADER)
        self.sql(f"create database {quote_name(name)} owner {owner} template template0")
        return name

    def drop_database(self, name):
        """Whoever is connected to it is thrown out."""
        self.sql(f"drop database {quote_name(name)} with (force)")

    def terminate_backends(self, database):
        """Ends all connections to a database, and says how many they were."""
        rows = self.sql(
            f"select pg_terminate_backend(pid, {BACKEND_END_MS_MAX}) from pg_stat_activity"
            f" where backend_type = 'client backend' and datname = {quote_literal(database)}"
            " and pid <> pg_backend_pid()"
        )
        return len(rows)

    def write_password_file(self):
        """For every role, whatever the host and port: proxies have others."""
        lines = [
            ":".join(["*", "*", "*", escape_password(name), escape_password(password)])
            for name, password in self.passwords.items()
            if password
        ]
        path = self.folder / "passwords"
        path.touch(mode=0o600)
        path.write_text("".join(f"{line}\n" for line in lines))

    # Start and stop

    def start(self):
        """Makes the server and starts it; after stop() or kill(), starts it again as it was."""
        if self.postmaster is not None:
            raise self.error("it runs already")
        if self.folder is not None:
            self.start_postmaster()
            return
        self.binaries = find_binaries()
        try:
            self.start_anew()
        except PortClash:
            self.start_anew()

    def start_anew(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sparkify-pg-", dir=folder_for_ours()))
        try:
            self.sweeper = start_sweeper(self.folder)
            self.give_to_owner(self.folder)
            self.initialize()
            self.configure()
            self.make_certificates()
            self.start_postmaster()
            self.create_role(LOADER, LOADER_PASSWORD)
        except BaseException:
            self.close()
            raise

    def stop(self, mode="fast"):
        """Ends the server and leaves its folder: "smart" waits for its clients, "fast" ends them,
        "immediate" saves nothing, and the next start recovers."""
        if self.postmaster is None:
            return
        self.postmaster.send_signal(STOP_SIGNALS[mode])
        try:
            self.postmaster.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            raise self.error(f"not stopped within {STOP_SECONDS_MAX} s") from None
        self.postmaster = None

    def restart(self, mode="fast"):
        self.stop(mode)
        self.start()

    def kill(self):
        """A crash: no process of the server gets to do another thing."""
        if self.postmaster is None or self.postmaster.poll() is not None:
            raise self.error("it does not run")
        postmaster = self.postmaster.pid
        # Once it stands still it has no new children, and the pids of those it has stay theirs.
        os.kill(postmaster, signal.SIGSTOP)
        wait_until(lambda: process_state(postmaster)[0] in "TZ", "the postmaster stands still")
        children = children_of(postmaster)
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        self.postmaster.kill()
        self.postmaster.wait()
        wait_until(lambda: not any(map(is_running, children)), "the backends are gone")
        self.postmaster = None
        self.was_killed = True

    def close(self):
        """Ends the server and removes its folder."""
        if self.folder is None:
            return
        try:
            self.free_shared_memory()
            self.stop("immediate")
        finally:
            if self.postmaster is not None and self.postmaster.poll() is None:
                self.kill()
            self.postmaster = None
            shutil.rmtree(self.folder, ignore_errors=True)
            if self.sweeper is not None:
                self.sweeper.stdin.close()
                self.sweeper.wait()
            self.folder = self.sweeper = None
            self.passwords = {}

    def free_shared_memory(self):
        """What a killed server held is found, and freed, by its next start only."""
        if self.was_killed and self.postmaster is None:
            try:
                self.start_postmaster()
            except PostgresError:
                pass  # a test may have left it with settings that do not start

    def initialize(self):
        for name in ("data", "socket"):
            (self.folder / name).mkdir(mode=0o700)
            self.give_to_owner(self.folder / name)
        password = self.folder / "superuser_password"
        password.write_text(secrets.token_urlsafe(12))
        self.give_to_owner(password)
        self.run(
            *(self.program("initdb"), "-D", self.data_folder, f"--username={SUPERUSER}"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"),
            *(f"--pwfile={password}", "--no-sync", "--no-instructions"),
            as_owner=True,
        )
        password.unlink()

    def configure(self):
        [self.port] = free_ports(1)
        settings = {
            "port": self.port,
            "unix_socket_directories": self.socket_dir,
            "ssl_cert_file": self.folder / "server.crt",
            "ssl_key_file": self.folder / "server.key",
            **self.settings,
        }
        lines = [f"{name} = {quote_literal(str(value))}\n" for name, value in settings.items()]
        with open(self.data_folder / "postgresql.conf", "a") as file:
            file.writelines(lines)  # after what initdb wrote: the last one counts
        (self.data_folder / "pg_hba.conf").write_text(HOST_RULES)

    def make_certificates(self):
        """A CA of our own, with it a certificate for the server, and a CA that did not sign it."""
        (self.folder / "openssl.conf").write_text(OPENSSL_CONFIG)
        self.make_certificate("ca", "ca")
        self.make_certificate("server", "server", "-CA", "ca.crt", "-CAkey", "ca.key")
        self.make_certificate("other_ca", "ca")

    def make_certificate(self, name, extensions, *issuer):
        self.run(
            *("openssl", "req", "-x509", "-config", "openssl.conf", "-extensions", extensions),
            *("-days", "2", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", f"{name}.key", "-out", f"{name}.crt"),
            *("-subj", f"/CN=sparkify test {name}"),
            *issuer,
            as_owner=True,
        )

    def start_postmaster(self):
        """Runs until stop(), or until our thread ends, however it ends. SIGQUIT, not SIGKILL: its
        backends go with it, and so does its shared memory."""
        command = [
            *("setpriv", "--pdeathsig", "QUIT"),
            *(self.program("postgres"), "-D", str(self.data_folder)),
        ]
        with open(self.log_file, "ab") as log:
            self.postmaster = subprocess.Popen(
                command,
                cwd=self.folder,
                env=clean_environment("PG"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C is for the test, not for its server
                **owner_options(),
            )
        self.wait_until_ready()
        self.was_killed = False

    def wait_until_ready(self):
        end = time.monotonic() + START_SECONDS_MAX
        while not self.is_ready():
            if self.postmaster.poll() is not None:
                error = self.error(f"it ended with {self.postmaster.returncode}")
                self.postmaster = None
                raise error
            if time.monotonic() > end:
                self.kill()
                raise self.error(f"not ready within {START_SECONDS_MAX} s")
            time.sleep(0.005)

    def is_ready(self):
        """As pg_ctl does it: a line of the lock file tells, if the file is not a dead one's."""
        try:
            lines = (self.data_folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        is_ours = lines[:1] == [str(self.postmaster.pid)]
        return is_ours and len(lines) > 7 and lines[7].strip() == "ready"

    # Help

    def program(self, name):
        return str(self.binaries / name)

    def give_to_owner(self, path):
        owner = owner_options()
        if owner:
            os.chown(path, owner["user"], owner["group"])

    def run(self, *command, text="", environment=None, as_owner=False):
        """The output of a command that runs in our folder and succeeds."""
        name = pathlib.Path(command[0]).name
        # If we are killed, the folder is removed: nothing may go on filling it.
        command = ["setpriv", "--pdeathsig", "KILL", *map(str, command)]
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env={**clean_environment("PG"), "LC_ALL": "C.UTF-8", **(environment or {})},
                input=text.encode(),
                capture_output=True,
                timeout=COMMAND_SECONDS_MAX,
                check=False,
                **(owner_options() if as_owner else {}),
            )
        except subprocess.TimeoutExpired:
            raise self.error(f"{name}: not done within {COMMAND_SECONDS_MAX} s") from None
        if done.returncode != 0:
            stderr = done.stderr.decode(errors="replace")
            raise PostgresError(f"{name}: exit {done.returncode}\n{stderr}")
        return done.stdout.decode()

    def error(self, what):
        """An exception that says what failed and how the log ends."""
        tail = ""
        if self.folder is not None and self.log_file.exists():
            lines = self.log_text().splitlines()[-LOG_TAIL_LINES:]
            tail = "\n".join([f"\n--- the end of {self.log_file.name}", *lines])
        kind = PortClash if PORT_CLASH in tail else PostgresError
        return kind(f"PostgreSQL, a server for tests: {what}{tail}")


def quote_name(name):
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text):
    return "'" + text.replace("'", "''") + "'"


def escape_password(text):
    """As a field of a password file."""
    return text.replace("\\", "\\\\").replace(":", "\\:")


def find_binaries():
    """The folder of the programs: the one that pg_config names, or the newest version's."""
    folders = []
    if shutil.which("pg_config"):
        command = ["pg_config", "--bindir"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        folders.append(pathlib.Path(done.stdout.strip()))
    versions = pathlib.Path(VERSION_FOLDERS).glob("[0-9]*/bin")
    by_version = sorted(versions, key=lambda path: float(path.parent.name), reverse=True)
    has_all = [
        folder
        for folder in (*folders, *by_version)
        if all((folder / name).exists() for name in PROGRAMS)
    ]
    missing = [name for name in PROGRAMS_BESIDES if not shutil.which(name)]
    missing += [] if has_all else ["postgresql"]
    if missing:
        raise PostgresError(f"not installed: {', '.join(missing)}; run tools/install.sh test")
    return has_all[0]


def folder_for_ours():
    """Where temporary files go, unless a socket's path would become too long there."""
    usual = tempfile.gettempdir()
    return usual if len(usual) <= FOLDER_CHARACTERS_MAX else "/tmp"


def owner_options():
    """For subprocess, as whom the server runs. No runuser: it would stay, as the parent, between
    us and the server, so that neither its pid nor our end were known to the other."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(SYSTEM_USER)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def process_state(pid):
    """The letter of its state, "Z" also if there is no such process, and its parent's pid."""
    try:
        text = pathlib.Path("/proc", str(pid), "stat").read_text()
    except OSError:
        return "Z", None
    state, parent = text.rpartition(")")[2].split()[:2]
    return state, int(parent)


def is_running(pid):
    return process_state(pid)[0] not in "ZX"


def children_of(parent):
    pids = [int(path.name) for path in pathlib.Path("/proc").glob("[0-9]*")]
    return [pid for pid in pids if process_state(pid)[1] == parent]


def wait_until(condition, what):
    end = time.monotonic() + STOP_SECONDS_MAX
    while not condition():
        if time.monotonic() > end:
            raise PostgresError(f"not within {STOP_SECONDS_MAX} s: {what}")
        time.sleep(0.005)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Starts PostgreSQL on loopback and prints the environment that leads to it."
    )
    parser.add_argument("--database", default="sparkify", help="made at the start (%(default)s)")
    parser.add_argument("--sslmode", default="verify-full", help="PGSSLMODE (%(default)s)")
    parser.add_argument("--fsync", action="store_true", help="as a server that must not forget")
    parser.add_argument("command", nargs="*", help="runs in that environment, then all stops")
    return parser.parse_args()


def stop_on_signal(*_):
    raise KeyboardInterrupt


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGINT, stop_on_signal)  # shells have background jobs ignore it
    signal.signal(signal.SIGTERM, stop_on_signal)
    try:
        with PostgresServer(fsync=arguments.fsync) as server:
            database = server.create_database(arguments.database)
            environment = {
                **server.libpq_environment(database, sslmode=arguments.sslmode),
                **server.environment(),
            }
            if arguments.command:
                environment = {**clean_environment("PG"), **environment}
                return subprocess.run(arguments.command, env=environment, check=False).returncode
            for name, value in environment.items():
                print(f"export {name}={shlex.quote(value)}")
            print(f"# {server.url(database, sslmode=arguments.sslmode)}")
            print(f"# the superuser: psql -h {server.socket_dir} -p {server.port} -U {SUPERUSER}")
            print("# Ctrl-C ends the server", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except PostgresError as error:
        print(f"postgres: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
