"""New warehouses for end-to-end tests, of the kind that SPARKIFY_TEST_WAREHOUSE names.

`duckdb` (the default): a file each. `postgres`: a schema each, all in one database of one server
that lives as long as the test module: start() it in setUpModule, stop() it in tearDownModule.
`redshift`: likewise, of a stand-in, which loads from a real S3 server under a role of its own. With
SPARKIFY_TEST_STAGE=direct it reads the source objects by itself, so they have to be in S3: a test
that can be run so asks publish() and location().
"""

import hashlib
import itertools
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "servers"))

import postgres  # noqa: E402
import redshift  # noqa: E402
import rgw  # noqa: E402
import sparkify  # noqa: E402

DUCKDB, POSTGRES, REDSHIFT = "duckdb", "postgres", "redshift"
KINDS = (DUCKDB, POSTGRES, REDSHIFT)
BUCKET = "control"
SOURCES = "sources"
CONTROL = f"s3://{BUCKET}/staged here"
READ_ONLY = [
    {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [
            f"arn:aws:s3:::{bucket}{keys}"
            for bucket in (BUCKET, SOURCES)
            for keys in ("", "/*")
        ],
    }
]
DIRECT = "direct"
SCHEMA = "it's \"№ {number}\"; --"  # who does not quote it is found out
STRAIGHT = {"SPARKIFY_STRAIGHT_BYTES": "1"}
COPY_SCHEMA = """
do $$
declare
    name text;
begin
    set local session_replication_role = replica;  -- foreign keys may wait
    for name in
        select tablename from pg_tables where schemaname = {new} and tablename not like 'etl\_loading%'
    loop
        execute format('delete from %I.%I', {new}, name);
        execute format('insert into %I.%I select * from %I.%I', {new}, name, {old}, name);
    end loop;
end
$$
"""

server = None  # a PostgresServer or RedshiftServer, between start() and stop()
s3 = None  # the RgwServer that a RedshiftServer reads
loader = None  # who writes there what it reads
role = None  # the ARN under which it reads
database = None  # its only one
numbers = itertools.count(1)


def kind():
    name = os.environ.get("SPARKIFY_TEST_WAREHOUSE", DUCKDB)
    if name not in KINDS:
        raise sparkify.SparkifyError(f"SPARKIFY_TEST_WAREHOUSE={name}: not one of {KINDS}")
    return name


def start(wanted=None):
    """`wanted`: which kind, if not kind()."""
    global server, database
    sparkify.binary()
    kind_of_all = wanted or kind()
    if kind_of_all == DUCKDB:
        return
    server = postgres.PostgresServer() if kind_of_all == POSTGRES else redshift_server()
    server.start()
    database = server.create_database()


def redshift_server(**options):
    """It may read two buckets and nothing else; the program may do with them what it likes."""
    global s3, loader, role
    s3 = rgw.RgwServer()
    s3.start()
    service, loader = s3.create_user("redshift"), s3.create_user("loader")
    for bucket in (BUCKET, SOURCES):
        s3.client(loader).create_bucket(bucket)
    s3.user_policy(service, [])
    role = s3.create_role("redshift-reads", service, READ_ONLY)
    return redshift.RedshiftServer(s3, service, **options)


def stop():
    global server, s3
    for each in (server, s3):
        if each is not None:
            each.close() if hasattr(each, "close") else each.stop()
    server = s3 = None


def new(folder, wanted=None, sslmode="verify-full"):
    """Where create-tables may make one. A file is in `folder`, for a schema there is drop()."""
    if (wanted or kind()) == DUCKDB:
        return pathlib.Path(folder) / "warehouse.duckdb"
    if server is None:
        raise sparkify.SparkifyError("no PostgreSQL server: this module has not called start()")
    url = server.url(database, sslmode=sslmode)  # by itself, localhost would get libpq's default
    number = next(numbers)
    if isinstance(server, redshift.RedshiftServer):
        return new_redshift(server.url(database), next(numbers))
    # Every second one takes new plays straight into the star, however few they are.
    straight = STRAIGHT if number % 2 == 0 else {}
    environment = {**server.environment(), **straight}
    return sparkify.PostgresWarehouse(url, SCHEMA.format(number=number), environment)


def new_redshift(url, number):
    environment = {
        **s3.environment(loader),
        **server.environment(),
        "SPARKIFY_IAM_ROLE": role,
        "SPARKIFY_CONTROL": CONTROL,
    }
    if stage():
        environment["SPARKIFY_STAGE"] = stage()
    schema = SCHEMA.format(number=number)
    return sparkify.RedshiftWarehouse(url, schema, environment, server, database)


def stage():
    """How Redshift gets its rows, if not as the program likes."""
    return os.environ.get("SPARKIFY_TEST_STAGE", "")


def is_direct():
    return kind() == REDSHIFT and stage() == DIRECT


def location(folder):
    """What to give as the place of the files of a folder that is published, or read as it is."""
    return f"s3://{SOURCES}{folder}" if is_direct() else folder


def publish(folder, objects):
    """The objects of a folder, as (uri, etag, bytes), as the program finds them: where they are, or
    put into S3, without those that are gone."""
    if not is_direct():
        return objects
    client, prefix = s3.client(loader), f"{str(folder).lstrip('/')}/"
    known = {one.key: one.etag for one in client.list(SOURCES, prefix)}
    found, changed = [], [(prefix, b"")]  # a folder of no files is there too
    for uri, _, data in objects:
        key = uri.removeprefix("file:///")
        etag = hashlib.md5(data).hexdigest()
        if known.pop(key.encode(), "").strip('"') != etag:
            changed.append((key, data))
        found.append((f"s3://{SOURCES}/{key}", etag, data))
    client.put_many(SOURCES, changed)
    for key in known:
        if not key.endswith(b"/"):
            client.delete(SOURCES, key)
    return found


def drop(warehouse):
    if sparkify.is_postgres(warehouse) and server is not None:
        name = postgres.quote_name(warehouse.schema)
        server.sql(f"drop schema if exists {name} cascade", database)


def copy(warehouse, target):
    """Gives `target` the rows of `warehouse`. A schema must have its tables, a file must not."""
    if not sparkify.is_postgres(warehouse):
        shutil.copyfile(warehouse, target)
        return
    old, new_one = (postgres.quote_literal(w.schema) for w in (warehouse, target))
    server.sql(COPY_SCHEMA.format(old=old, new=new_one), database)
