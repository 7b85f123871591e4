"""A real S3 server for tests: Ceph RGW on loopback, in memory, gone when the test ends.

    with RgwServer() as server:
        user = server.create_user("alice")
        client = server.client(user)

Each RgwServer is a cluster of its own (a monitor, an OSD that keeps objects in memory, a gateway)
on free ports of 127.0.0.1, so several tests may each have one at the same time. It needs the
packages ceph-mon, ceph-osd and radosgw, `openssl` and `setpriv`; no root, no systemd.

By hand: `rgw.py` starts a server with a user and a bucket, prints the environment that leads to it
and runs until Ctrl-C; `rgw.py -- COMMAND ARGS...` runs a command in that environment instead.
README.md says what the server answers to what.
"""

import argparse
import collections
import errno
import json
import os
import pathlib
import random
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import s3_client  # noqa: E402

ADDRESS = "127.0.0.1"
VIRTUAL_HOST = "s3.localhost"  # libcurl takes every name below .localhost for loopback
REGION = "us-east-1"
ADMIN = "admin"
ADMIN_CAPS = "users=*;buckets=*;roles=*;user-policy=*"
PROGRAMS = ("ceph-mon", "ceph-osd", "monmaptool", "osdmaptool", "radosgw", "radosgw-admin")
PROGRAMS_BESIDES = ("openssl", "setpriv")
START_SECONDS_MAX = 60
COMMAND_SECONDS_MAX = 30
LOG_TAIL_LINES = 15
MEMORY_BYTES = 8 << 30  # what the OSD says it can hold; taken only as objects come
# Below the ports that the system gives to outgoing connections.
PORTS = range(10_300, 32_000)
OSD_PORTS = 40  # the OSD wants four and searches this many
# The last where a daemon has ended with it before its log was written.
PORT_CLASH = ("Address already in use", "unable to bind", f"ended with {errno.EADDRINUSE}\n")

CONFIG = """
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon_port}]
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
ms bind msgr1 = false
# Nobody else is here. The gateway wants encryption to the monitor by default, which needs keys.
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
run dir = {folder}
crash dir = {folder}
log file = {folder}/$name.log
pid file =
admin socket =
debug ms = 0/0
debug rgw = 0/0
debug osd = 0/0
debug mon = 0/0
debug paxos = 0/0
debug rocksdb = 0/0
debug objecter = 0/0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
[mon]
mon data = {folder}/mon
mon allow pool size one = true
# A disk that is nearly full is no reason to stop.
mon data avail warn = 0
mon data avail crit = 0
paxos propose interval = 0.05
[osd]
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = {memory_bytes}
osd crush chooseleaf type = 0
osd crush update on start = false
osd class update on start = false
osd enable op tracker = false
ms bind port min = {osd_port}
ms bind port max = {osd_port_last}
[client]
rgw data = {folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:{http_port} ssl_endpoint=127.0.0.1:{https_port} \
ssl_certificate={folder}/server.crt ssl_private_key={folder}/server.key tcp_nodelay=1
rgw dns name = {virtual_host}
rgw enable apis = s3, admin, sts, iam
rgw s3 auth order = local, sts
rgw s3 auth use sts = true
rgw sts key = {sts_key}
# Tests of tokens that end do not wait for a quarter of an hour.
rgw sts min session duration = 1
rgw thread pool size = 64
rgw enable gc threads = false
rgw enable lc threads = false
rgw dynamic resharding = false
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
subjectAltName = IP:127.0.0.1, DNS:localhost, DNS:{VIRTUAL_HOST}, DNS:*.{VIRTUAL_HOST}
extendedKeyUsage = serverAuth
"""

User = collections.namedtuple("User", "name access_key secret_key")


class RgwError(Exception):
    """The server did not start, or an administrator's command failed."""


class PortClash(RgwError):
    """Somebody took a port between our look and the daemon's bind."""


class RgwServer:
    """A context manager; or start() and stop(). Start it from a thread that outlives it: the
    daemons end with the thread that started them.

    `region` is what GetBucketLocation answers. `folder` is where all its files are.
    """

    def __init__(self, region=REGION, memory_bytes=MEMORY_BYTES):
        self.region = region
        self.memory_bytes = memory_bytes
        self.virtual_host = VIRTUAL_HOST
        self.folder = None
        self.daemons = []
        self.sweeper = None
        self.admin = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    # What tests need to know

    @property
    def http_endpoint(self):
        return f"http://{ADDRESS}:{self.http_port}"

    @property
    def https_endpoint(self):
        return f"https://{ADDRESS}:{self.https_port}"

    @property
    def virtual_host_endpoint(self):
        """Put a bucket's name before its host: http://BUCKET.s3.localhost:PORT/KEY."""
        return f"http://{VIRTUAL_HOST}:{self.http_port}"

    @property
    def ca_file(self):
        return str(self.folder / "ca.crt")

    def environment(self, user, tls=False):
        """The variables by which AWS's tools, and ours, find the server as that user (a User, or
        Credentials with a token)."""
        names = {
            "AWS_ENDPOINT_URL": self.https_endpoint if tls else self.http_endpoint,
            "AWS_ACCESS_KEY_ID": user.access_key,
            "AWS_SECRET_ACCESS_KEY": user.secret_key,
            "AWS_REGION": self.region,
        }
        if getattr(user, "token", None):
            names["AWS_SESSION_TOKEN"] = user.token
        if tls:
            names["AWS_CA_BUNDLE"] = self.ca_file
        return names

    def client(self, user=None, tls=False, **options):
        """An S3Client of that user, anonymous without one; `options` go to S3Client."""
        if tls:
            options = {"ca_file": self.ca_file, **options}
        if user is not None:
            keys = {"access_key": user.access_key, "secret_key": user.secret_key}
            options = {**keys, "token": getattr(user, "token", None), **options}
        endpoint = self.https_endpoint if tls else self.http_endpoint
        return s3_client.S3Client(endpoint, **{"region": self.region, **options})

    # Users, roles

    def create_user(self, name, access_key=None, secret_key=None, caps=""):
        """A User who may make buckets and owns what he makes; keys are random if not given."""
        options = [f"--uid={name}", f"--display-name={name}"]
        options += [f"--access-key={access_key}"] if access_key else ["--gen-access-key"]
        options += [f"--secret-key={secret_key}"] if secret_key else ["--gen-secret"]
        options += [f"--caps={caps}"] if caps else []
        keys = json.loads(self.radosgw_admin("user", "create", *options))["keys"][0]
        return User(name, keys["access_key"], keys["secret_key"])

    def user_policy(self, user, statements, name="test"):
        """Gives a user rights of his own: statements as s3_client.allow() makes them, of which the
        principal does not matter here."""
        self.client(self.admin).action(
            "iam",
            Action="PutUserPolicy",
            UserName=user.name,
            PolicyName=name,
            PolicyDocument=identity_policy(statements),
        )

    def create_role(self, name, user, statements):
        """The ARN of a role that `user` can assume and that may do what the statements say."""
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": [f"arn:aws:iam:::user/{user.name}"]},
                    "Action": ["sts:AssumeRole"],
                }
            ],
        }
        role = f"--role-name={name}"
        document = f"--assume-role-policy-doc={json.dumps(trust)}"
        made = json.loads(self.radosgw_admin("role", "create", role, "--path=/", document))
        document = f"--policy-doc={identity_policy(statements)}"
        self.radosgw_admin("role-policy", "put", role, "--policy-name=test", document)
        return made["Arn"]

    def radosgw_admin(self, *arguments):
        """The output of `radosgw-admin ARGUMENTS`."""
        return self.run("radosgw-admin", *self.config_options(), "-n", "client.rgw", *arguments)

    # Start and stop

    def start(self):
        require_programs()
        try:
            self.start_once()
        except PortClash:
            self.start_once()

    def start_once(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sparkify-rgw-"))
        try:
            self.sweeper = start_sweeper(self.folder)
            self.configure()
            self.make_certificates()
            self.start_cluster()
            self.start_gateway()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        """Ends the daemons, which have nothing to save, and removes the folder."""
        for daemon in reversed(self.daemons):
            daemon.kill()
        for daemon in self.daemons:
            daemon.wait()
        self.daemons = []
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
        if self.sweeper is not None:
            self.sweeper.stdin.close()
            self.sweeper.wait()
            self.sweeper = None

    def configure(self):
        self.mon_port, self.http_port, self.https_port = free_ports(3)
        self.osd_port = random.choice(PORTS[:-OSD_PORTS])
        self.fsid = str(uuid.uuid4())
        for name in ("mon", "osd", "rgw"):
            (self.folder / name).mkdir()
        text = CONFIG.format(
            folder=self.folder,
            fsid=self.fsid,
            memory_bytes=self.memory_bytes,
            mon_port=self.mon_port,
            osd_port=self.osd_port,
            osd_port_last=self.osd_port + OSD_PORTS,
            http_port=self.http_port,
            https_port=self.https_port,
            virtual_host=VIRTUAL_HOST,
            sts_key=uuid.uuid4().hex[:16],
        )
        (self.folder / "ceph.conf").write_text(text)

    def make_certificates(self):
        """A CA of our own, and with it a certificate for every name of the server."""
        config = self.folder / "openssl.conf"
        config.write_text(OPENSSL_CONFIG)
        self.make_certificate(config, "ca")
        self.make_certificate(config, "server", "-CA", "ca.crt", "-CAkey", "ca.key")

    def make_certificate(self, config, name, *issuer):
        self.run(
            *("openssl", "req", "-x509", "-config", config, "-extensions", name, "-days", "2"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", f"{name}.key", "-out", f"{name}.crt"),
            *("-subj", f"/CN=sparkify test {name}"),
            *issuer,
        )

    def start_cluster(self):
        """Monitor and OSD. The OSD map is made beforehand: no command has to register the OSD."""
        place = f"[v2:{ADDRESS}:{self.mon_port}]"
        self.run("monmaptool", "--create", "--fsid", self.fsid, "--addv", "a", place, "monmap")
        self.run("osdmaptool", *self.config_options(), "--createsimple", "1", "osdmap")
        maps = ("--monmap", "monmap", "--osdmap", "osdmap")
        self.run("ceph-mon", *self.config_options(), "-i", "a", "--mkfs", *maps)
        self.start_daemon("ceph-mon", "-i", "a")
        self.run("ceph-osd", *self.config_options(), "-i", "0", "--mkfs", "--osd-uuid", self.fsid)
        self.start_daemon("ceph-osd", "-i", "0")

    def start_gateway(self):
        self.admin = self.create_user(ADMIN, caps=ADMIN_CAPS)  # makes the default zone, too
        zonegroup = ("zonegroup", "modify", "--rgw-zonegroup=default")
        self.radosgw_admin(*zonegroup, f"--api-name={self.region}")
        self.start_daemon("radosgw", "-n", "client.rgw")
        end = time.monotonic() + START_SECONDS_MAX
        while not self.answers():
            self.check_daemons()
            if time.monotonic() > end:
                raise self.error(f"the gateway did not answer within {START_SECONDS_MAX} s")
            time.sleep(0.02)

    def answers(self):
        """Whether both ports of the gateway are open to the administrator."""
        try:
            for tls in (False, True):
                if self.client(self.admin, tls=tls).request("GET").status != 200:
                    return False
        except OSError:
            return False
        return True

    def start_daemon(self, program, *options):
        """Runs until stop(), or until our thread ends, however it ends."""
        command = [
            *("setpriv", "--pdeathsig", "KILL"),
            *(program, *self.config_options(), *options, "-f"),
        ]
        with open(self.folder / f"{program}.out", "wb") as output:
            daemon = subprocess.Popen(
                command,
                cwd=self.folder,
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C is for the test, not for its server
            )
        daemon.name = program
        self.daemons.append(daemon)

    def config_options(self):
        return ("-c", str(self.folder / "ceph.conf"))

    def run(self, *command):
        """The output of a command that runs in our folder and succeeds."""
        name = " ".join(map(str, command))
        try:
            done = subprocess.run(
                list(map(str, command)),
                cwd=self.folder,
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=COMMAND_SECONDS_MAX,
                check=False,
            )
        except subprocess.TimeoutExpired:
            self.check_daemons()
            raise self.error(f"{name}: not done within {COMMAND_SECONDS_MAX} s") from None
        if done.returncode != 0:
            self.check_daemons()
            raise self.error(f"{name}: exit {done.returncode}\n{done.stderr}")
        return done.stdout

    def check_daemons(self):
        for daemon in self.daemons:
            if daemon.poll() is not None:
                raise self.error(f"{daemon.name} ended with {daemon.returncode}")
        # A gateway that cannot open a port may say so and stay.
        output = self.folder / "radosgw.out"
        if output.exists() and "failed to" in output.read_text(errors="replace"):
            raise self.error("radosgw did not open its ports")

    def error(self, what):
        """An exception that says what failed and how the logs end."""
        text = f"{what}\n{self.log_tails()}"
        clash = any(sign in text for sign in PORT_CLASH)
        return (PortClash if clash else RgwError)(f"RGW, a server for tests: {text}")

    def log_tails(self):
        tails = []
        for path in sorted([*self.folder.glob("*.log"), *self.folder.glob("*.out")]):
            lines = path.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
            if lines:
                tails.append("\n".join([f"--- the end of {path.name}", *lines]))
        return "\n".join(tails)


def identity_policy(statements):
    """A policy for a user or role, as text; such a policy has no principal."""
    kept = [
        {name: value for name, value in statement.items() if name != "Principal"}
        for statement in statements
    ]
    return s3_client.policy(kept).decode()


def require_programs():
    missing = [name for name in (*PROGRAMS, *PROGRAMS_BESIDES) if not shutil.which(name)]
    if missing:
        raise RgwError(f"not installed: {', '.join(missing)}; run tools/install.sh test")


def clean_environment(prefix="CEPH_"):
    """Ours, without what would lead Ceph's programs, or with "AWS_" a client, elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith(prefix)}


def free_ports(count):
    """Ports of loopback that nobody listens on just now."""
    found = []
    for port in random.sample(PORTS, 200):
        with socket.socket() as probe:
            try:
                probe.bind((ADDRESS, port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise RgwError(f"no {count} free ports on {ADDRESS}")


def start_sweeper(folder):
    """A process that removes the folder when we end, even by SIGKILL: its standard input closes."""
    script = (
        "cat >/dev/null; "
        'for i in 1 2 3; do [ -e "$1" ] || break; sleep 0.3; rm -rf -- "$1"; done'
    )
    return subprocess.Popen(
        ["sh", "-c", script, "sweeper", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Starts an S3 server on loopback and prints the environment that leads to it."
    )
    parser.add_argument("--bucket", default="sparkify", help="made at the start (%(default)s)")
    parser.add_argument("--tls", action="store_true", help="the environment leads to the TLS port")
    parser.add_argument("command", nargs="*", help="runs in that environment, then all stops")
    return parser.parse_args()


def stop_on_signal(*_):
    raise KeyboardInterrupt


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGINT, stop_on_signal)  # shells have background jobs ignore it
    signal.signal(signal.SIGTERM, stop_on_signal)
    try:
        with RgwServer() as server:
            user = server.create_user("sparkify")
            server.client(user).create_bucket(arguments.bucket)
            environment = server.environment(user, arguments.tls)
            if arguments.command:
                environment = {**clean_environment("AWS_"), **environment}
                return subprocess.run(arguments.command, env=environment, check=False).returncode
            for name, value in environment.items():
                print(f"export {name}={shlex.quote(value)}")
            if not arguments.tls:
                print(f"# TLS: {server.https_endpoint} with AWS_CA_BUNDLE={server.ca_file}")
            print(f"# the bucket: s3://{arguments.bucket}; Ctrl-C ends the server", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except RgwError as error:
        print(f"rgw: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
