"""`sparkify iam`: what it prints is enough for the program and for Redshift, and no more.

Run it as `python3 tests/e2e/iam_e2e_test.py`; it needs what tests/servers/redshift.py and rgw.py
need, and `node`. Environment: SPARKIFY_BINARY (the program).

Rights on S3 are tried on a real S3 server: its users and roles are made with the JSON as it is
printed. That server knows neither KMS, Redshift's logins, services as principals nor `${*}`; what
is said of those is judged by tests/servers/iam_evaluator.py, in the tests of `Judged` and those
whose name ends so. The evaluator is held against the server wherever both know the answer.
"""

import itertools
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle"), str(HERE.parent / "servers")]

import redshift  # noqa: E402
import redshift_e2e_test  # noqa: E402
import redshift_source  # noqa: E402
import rgw  # noqa: E402
import sparkify  # noqa: E402
from iam_evaluator import Request, allows  # noqa: E402
from redshift_e2e_test import MACHINE_FREE  # noqa: E402
from s3_client import S3Error  # noqa: E402

EXIT_OK = 0
EXIT_USAGE = 2
EXIT_CONFIG = 3
EXIT_SOURCE = 4
EXIT_DATABASE = 5
ACCOUNT, CLUSTER = redshift.ACCOUNT, redshift.CLUSTER
WORKGROUP, WORKGROUP_ID = "etl", "0a1b2c3d-4e5f-6789-abcd-ef0123456789"
KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd"
DATA, CONTROL, ELSEWHERE = "music", "music-control", "elsewhere"
LOGS, SONGS = f"s3://{DATA}/log_data", f"s3://{DATA}/song_data/"
AREA = f"s3://{CONTROL}/sparkify"
# Beside the data: what nobody was to see.
DECOYS = (
    (DATA, "secret.txt"),
    (DATA, "log_data2/a.json"),
    (DATA, "song_data"),
    (CONTROL, "other/a"),
    (CONTROL, "sparkify2/a"),
    (ELSEWHERE, "log_data/a.json"),
)
CLUSTER_URL = "redshift://loader@dwh.abc123.us-west-2.redshift.amazonaws.com:5439/dev"
WORKGROUP_URL = (
    f"redshift://loader@{WORKGROUP}.{ACCOUNT}.us-west-2.redshift-serverless.amazonaws.com:5439/dev"
)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/etl/redshift-reads"
SETTINGS = ("--log-data", LOGS, "--song-data", SONGS, "--control", AREA)
ALL = ("redshift-role", "redshift-trust", "loader", "analyst")
# Keys and prefixes that mean something to somebody else, and those who may take them wrongly.
STRANGE = (
    *("a$b", "${x}", "$${y}", "%{if}", 'say "hi"', "back\\slash", "tab\there"),
    "№ ${aws:username}",
)

s3 = None  # the RgwServer
owner = None  # its User who has the buckets
service = None  # its User who is Redshift
data = None  # the folder that `sparkify generate` made, which is in DATA too


def setUpModule():
    global s3, owner, service, data
    sparkify.binary()
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    data = pathlib.Path(folder.name, "data")
    done = sparkify.run("generate", "--out", data, "--events", 100, "--songs", 15, "--days", 2)
    assert done.returncode == EXIT_OK, done.stderr
    s3 = rgw.RgwServer()
    s3.start()
    unittest.addModuleCleanup(s3.stop)
    owner, service = s3.create_user("owner"), s3.create_user("redshift")
    put_user_policy(service, {"Version": "2012-10-17", "Statement": []})
    client = s3.client(owner)
    for bucket in (DATA, CONTROL, ELSEWHERE):
        client.create_bucket(bucket)
    for path in sorted(data.rglob("*.json")):
        if path.parent != data:
            client.put(DATA, str(path.relative_to(data)), path.read_bytes())
    for bucket, key in DECOYS:
        client.put(bucket, key, b"{}")
    client.put(CONTROL, "sparkify/run/part", b"x")


# --- Helpers -------------------------------------------------------------------------------------


def iam(*words, exit_code=EXIT_OK, env=None):
    """A finished `sparkify iam`, which finds nothing of this machine's own and no network."""
    alone = {**MACHINE_FREE, "HOME": "/nonexistent", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    done = sparkify.run("iam", *words, env={**alone, **(env or {})})
    assert done.returncode == exit_code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def printed(name, *words):
    """The text of one policy."""
    return iam(name, *SETTINGS, *words).stdout


def for_cluster(name, *words):
    return json.loads(printed(name, "--warehouse", CLUSTER_URL, "--account", ACCOUNT, *words))


def strange_places(prefix):
    """Data may be a pattern, a control area is not: there all signs belong to the key."""
    data_place, area = f"s3://{DATA}/{prefix}", f"s3://{CONTROL}/*{prefix}?"
    return ("--log-data", data_place, "--control", area)


def put_user_policy(user, document):
    text = document if isinstance(document, str) else json.dumps(document)
    s3.client(s3.admin).action(
        "iam",
        Action="PutUserPolicy",
        UserName=user.name,
        PolicyName="printed",
        PolicyDocument=text,
    )


def create_role(name, document):
    """The ARN of a role with that policy, trusted by the user who is Redshift: the server has no
    services."""
    arn = s3.create_role(name, service, [])
    text = document if isinstance(document, str) else json.dumps(document)
    s3.radosgw_admin(
        "role-policy", "put", f"--role-name={name}", "--policy-name=test", f"--policy-doc={text}"
    )
    return arn


def of_s3(document):
    """The part of a policy that the server knows."""
    kept = [one for one in document["Statement"] if all(a.startswith("s3:") for a in one["Action"])]
    return {**document, "Statement": kept}


def without(document, sid):
    kept = [one for one in document["Statement"] if one["Sid"] != sid]
    assert len(kept) == len(document["Statement"]) - 1, sid
    return {**document, "Statement": kept}


def is_done(call, *arguments):
    try:
        call(*arguments)
    except S3Error as error:
        if error.status != 403 or error.code != "AccessDenied":
            raise
        return False
    return True


def attempt(client, action, bucket, key):
    """Whether the server does it. What it removes and overwrites is put back."""
    if action == "s3:ListBucket":
        return is_done(client.list, bucket, key)
    if action == "s3:GetObject":
        return is_done(client.get, bucket, key)
    body = s3.client(owner).get(bucket, key).body
    try:
        if action == "s3:PutObject":
            return is_done(client.put, bucket, key, b"new")
        return is_done(client.delete, bucket, key)
    finally:
        s3.client(owner).put(bucket, key, body)


def judged(documents, action, bucket, key):
    """The same, by the evaluator."""
    is_listing = action == "s3:ListBucket"
    resource = f"arn:aws:s3:::{bucket}" if is_listing else f"arn:aws:s3:::{bucket}/{key}"
    context = {"s3:prefix": key} if is_listing and key else {}
    return allows(documents, Request(action, resource, context))


def song_key():
    return s3.client(owner).list(DATA, "song_data/")[0].key.decode()


def log_key():
    return s3.client(owner).list(DATA, "log_data/")[0].key.decode()


def requests():
    """(action, bucket, key or prefix) of everything that matters."""
    keys = [(DATA, log_key()), (DATA, song_key()), (CONTROL, "sparkify/run/part"), *DECOYS]
    prefixes = [
        (DATA, ""),
        (DATA, "log_data"),
        (DATA, "log_data/"),
        (DATA, "log_data/2018/"),
        (DATA, "log_data2"),
        (DATA, "log_"),
        (DATA, "song_data"),
        (DATA, "song_data/"),
        (DATA, "secret"),
        (CONTROL, ""),
        (CONTROL, "sparkify/"),
        (CONTROL, "sparkify"),
        (CONTROL, "other/"),
        (ELSEWHERE, ""),
        (ELSEWHERE, "log_data/"),
    ]
    actions = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    return [(action, *key) for action in actions for key in keys] + [
        ("s3:ListBucket", *prefix) for prefix in prefixes
    ]


class JudgingSource(redshift_source.S3Source):
    """Redshift takes a role only if the printed trust policy lets it."""

    trust = None

    def open(self, roles, user, region):
        arn = f"arn:aws:redshift:{self.cluster.region}:{ACCOUNT}:dbuser:{CLUSTER}/{user}"
        asking = ("Service", "redshift.amazonaws.com")
        request = Request("sts:AssumeRole", None, {"sts:ExternalId": arn}, asking)
        if not allows([self.trust], request):
            raise redshift_source.refused_role(self.cluster, user, roles[0])
        return super().open(roles, user, region)


class JudgingApi(redshift_e2e_test.Api):
    """Gives a login only if the printed policy allows the call that was made."""

    policy = None

    @property
    def refusal(self):
        headers, call = self.calls[-1]
        if "X-Amz-Target" in headers:
            identifier = {WORKGROUP: WORKGROUP_ID}.get(call["workgroupName"], "another")
            action, place = "redshift-serverless:GetCredentials", f"workgroup/{identifier}"
        else:
            action = f"redshift:{call['Action']}"
            place = f"dbname:{call['ClusterIdentifier']}/{call['DbName']}"
        arn = f"arn:aws:{action.split(':')[0]}:{s3.region}:{ACCOUNT}:{place}"
        return None if allows([self.policy], Request(action, arn)) else (403, "AccessDenied")

    @refusal.setter
    def refusal(self, _):
        """It is the policy that refuses."""


# --- S3 ------------------------------------------------------------------------------------------


class OnS3(unittest.TestCase):
    """Rights that a real S3 server grants and refuses."""

    def setUp(self):
        self.loader = s3.create_user(f"loader-{self.id().rpartition('.')[2]}")

    def expect(self, client, documents, allowed):
        """Exactly the requests are allowed, by the server and by the evaluator."""
        by_server = {one for one in requests() if attempt(client, *one)}
        by_evaluator = {one for one in requests() if judged(documents, *one)}
        self.assertEqual(by_server, set(allowed))
        self.assertEqual(by_evaluator, by_server)

    def test_redshift_reads_data_and_control_area_and_nothing_else(self):
        text = printed("redshift-role", "--warehouse", CLUSTER_URL)
        session = s3.client(service).assume_role(create_role("printed-role", text))
        expected = [
            ("s3:GetObject", DATA, log_key()),
            ("s3:GetObject", DATA, song_key()),
            ("s3:GetObject", CONTROL, "sparkify/run/part"),
            ("s3:ListBucket", DATA, "log_data"),
            ("s3:ListBucket", DATA, "log_data/"),
            ("s3:ListBucket", DATA, "log_data/2018/"),
            ("s3:ListBucket", DATA, "song_data/"),
            ("s3:ListBucket", CONTROL, "sparkify/"),
        ]
        self.expect(s3.client(session), [json.loads(text)], expected)

    def test_the_loader_reads_data_and_writes_below_the_control_prefix_only(self):
        text = printed("loader", "--warehouse", CLUSTER_URL)
        put_user_policy(self.loader, text)
        expected = [
            ("s3:GetObject", DATA, log_key()),
            ("s3:GetObject", DATA, song_key()),
            ("s3:ListBucket", DATA, "log_data"),
            ("s3:ListBucket", DATA, "log_data/"),
            ("s3:ListBucket", DATA, "log_data/2018/"),
            ("s3:ListBucket", DATA, "song_data/"),
            ("s3:PutObject", CONTROL, "sparkify/run/part"),
            ("s3:DeleteObject", CONTROL, "sparkify/run/part"),
        ]
        self.expect(s3.client(self.loader), [json.loads(text)], expected)

    def test_the_loader_of_another_warehouse_writes_nothing(self):
        for warehouse in ("duckdb:x.duckdb", "postgresql://loader@db.example.com/music"):
            document = json.loads(printed("loader", "--warehouse", warehouse))
            actions = {action for one in document["Statement"] for action in one["Action"]}
            self.assertEqual(actions, {"s3:ListBucket", "s3:GetObject"})

    def load_into_duckdb(self, *sources):
        with tempfile.TemporaryDirectory() as folder:
            where = ("--warehouse", f"duckdb:{folder}/w.duckdb")
            env = {**MACHINE_FREE, **s3.environment(self.loader), "HOME": folder}
            self.assertEqual(sparkify.run("create-tables", *where, env=env).returncode, EXIT_OK)
            done = sparkify.run("etl", *sources, *where, "--json", env=env)
            return done, json.loads(done.stdout)

    def test_a_duckdb_file_is_loaded_with_it(self):
        sources = ("--log-data", LOGS, "--song-data", SONGS)
        put_user_policy(self.loader, iam("loader", *sources).stdout)
        done, _ = self.load_into_duckdb(*sources)
        self.assertEqual(done.returncode, EXIT_OK, done.stderr)

    def test_a_pattern_is_loaded_with_the_rights_on_its_beginning(self):
        first = log_key()
        sources = ("--log-data", f"s3://{DATA}/{first[:-6]}*")
        text = iam("loader", *sources).stdout
        put_user_policy(self.loader, text)
        done, _ = self.load_into_duckdb(*sources)
        self.assertEqual(done.returncode, EXIT_OK, done.stderr)
        self.assertFalse(attempt(s3.client(self.loader), "s3:GetObject", DATA, song_key()))
        self.assertFalse(attempt(s3.client(self.loader), "s3:ListBucket", DATA, "log_data/"))

    def test_one_object_is_loaded_with_the_rights_on_it(self):
        sources = ("--log-data", f"s3://{DATA}/{log_key()}")
        put_user_policy(self.loader, iam("loader", *sources).stdout)
        done, _ = self.load_into_duckdb(*sources)
        self.assertEqual(done.returncode, EXIT_OK, done.stderr)

    def test_without_any_of_its_statements_a_duckdb_file_is_not_loaded(self):
        sources = ("--log-data", LOGS, "--song-data", SONGS)
        document = json.loads(iam("loader", *sources).stdout)
        sids = [one["Sid"] for one in document["Statement"]]
        self.assertEqual(sids, ["ListPrefixes", "ReadObjects"])
        for sid in sids:
            put_user_policy(self.loader, without(document, sid))
            done, _ = self.load_into_duckdb(*sources)
            self.assertEqual(done.returncode, EXIT_SOURCE, done.stderr)

    def test_what_is_gone_is_refused_and_told_so(self):
        """Who may not list the whole bucket does not learn that a key is missing."""
        put_user_policy(self.loader, iam("loader", "--log-data", LOGS).stdout)
        missing = (DATA, "log_data/missing.json")
        self.assertEqual(s3.client(self.loader).request("GET", *missing).status, 403)
        self.assertEqual(s3.client(owner).request("GET", *missing).status, 404)

    def test_the_server_refuses_what_is_left_to_the_evaluator(self):
        """If it learns these one day, try them on it."""
        for words in (["--iam-auth"], ["--kms-key", KEY]):
            document = for_cluster("loader", *words)
            with self.assertRaisesRegex(S3Error, "MalformedPolicyDocument"):
                put_user_policy(self.loader, document)
            put_user_policy(self.loader, of_s3(document))


# --- Redshift ------------------------------------------------------------------------------------


class OnRedshift(unittest.TestCase):
    """The whole way, under the printed policies alone, with one environment for `iam` and for what
    it is printed for. Who may take the role and who gets a login is judged; S3 is real."""

    numbers = itertools.count(1)

    @classmethod
    def setUpClass(cls):
        cls.server = redshift.RedshiftServer(s3, service, settings={"jit": "off"})
        cls.server.source = JudgingSource(cls.server, s3, service)
        cls.server.start()
        cls.addClassCleanup(cls.server.close)
        cls.database = cls.server.create_database()
        cls.loader = s3.create_user("loader-of-redshift")
        cls.env = {
            **MACHINE_FREE,
            "HOME": "/nonexistent",
            **s3.environment(cls.loader),
            **cls.server.environment(),
            "SPARKIFY_WAREHOUSE": cls.server.url(cls.database),
            "SPARKIFY_LOG_DATA": LOGS,
            "SPARKIFY_SONG_DATA": SONGS,
            "SPARKIFY_CONTROL": AREA,
            "SPARKIFY_IAM_ROLE": s3.create_role("redshift-reads", service, []),
            "SPARKIFY_CLUSTER": CLUSTER,
        }

    def setUp(self):
        self.env = {**self.env, "SPARKIFY_SCHEMA": f"schema {next(self.numbers)}"}

    # Rights

    def printed(self, name, *words):
        done = sparkify.run("iam", name, "--account", ACCOUNT, *words, env=self.env)
        self.assertEqual(done.returncode, EXIT_OK, done.stderr)
        return json.loads(done.stdout)

    def grant_role(self, document):
        s3.radosgw_admin(
            *("role-policy", "put", "--role-name=redshift-reads", "--policy-name=test"),
            f"--policy-doc={json.dumps(document)}",
        )

    def grant_all(self):
        """As printed."""
        self.grant_role(self.printed("redshift-role"))
        put_user_policy(self.loader, of_s3(self.printed("loader")))
        self.server.source.trust = self.printed("redshift-trust")

    def log_in_by_iam(self, document):
        """From now on the program does; the policy of its identity is the document."""
        api = JudgingApi(self.server, f"IAM:{next(self.numbers)}")
        self.addCleanup(api.close)
        api.policy = document
        url = self.url_for_iam(self.database)
        env = {**self.env, **api.environment, "SPARKIFY_WAREHOUSE": url}
        self.env = {name: text for name, text in env.items() if text is not None}
        return api

    def url_for_iam(self, database):
        return self.server.url(database).replace("loader@", "")

    # The program

    def call(self, *words, exit_code=EXIT_OK, env=None):
        done = sparkify.run(*words, env={**self.env, **(env or {})})
        text = f"{done.args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        self.assertEqual(done.returncode, exit_code, text)
        return done

    def plays(self):
        sql = f'select count(*) from "{self.env["SPARKIFY_SCHEMA"]}".songplays'
        return int(self.server.sql(sql, self.database)[0][0])

    def staged(self):
        """What runs have left below the control prefix."""
        found = {one.key.decode() for one in s3.client(owner).list(CONTROL, "sparkify/")}
        return sorted(found - {"sparkify/run/part"})

    def expect_failure(self, exit_code, *says):
        done = self.call("etl", exit_code=exit_code)
        for part in says:
            self.assertIn(part, done.stderr)
        self.assertEqual(self.plays(), 0)
        for key in self.staged():
            s3.client(owner).delete(CONTROL, key)

    # Tests

    def test_a_run_needs_what_is_printed(self):
        self.grant_all()
        self.call("create-tables")
        role, loader = self.printed("redshift-role"), self.printed("loader")
        sids = [one["Sid"] for one in loader["Statement"]]
        self.assertEqual(sids, ["ListPrefixes", "ReadObjects", "WriteControl"])
        for sid, code in zip(sids, (EXIT_SOURCE, EXIT_SOURCE, EXIT_SOURCE), strict=True):
            put_user_policy(self.loader, without(loader, sid))
            self.call("etl", exit_code=code)
            self.assertEqual(self.plays(), 0, sid)
        put_user_policy(self.loader, loader)
        self.grant_role(without(role, "ReadObjects"))
        self.expect_failure(EXIT_DATABASE, "s3:GetObject")
        self.grant_role(role)
        self.call("etl")
        self.assertGreater(self.plays(), 0)
        self.assertEqual(self.staged(), [])  # so what was written could be removed
        self.call("check")

    def test_the_role_is_taken_for_the_databases_user_alone_Judged(self):
        self.grant_all()
        self.call("create-tables")
        trust = self.server.source.trust
        for user, exit_code in (("somebody", EXIT_DATABASE), ("loader", EXIT_OK)):
            url = self.server.url(self.database, role=user)
            for_user = self.printed("redshift-trust", "--warehouse", url)
            self.server.source.trust = for_user
            self.assertEqual(for_user == trust, user == "loader")
            self.call("etl", exit_code=exit_code)

    def test_loader_and_analyst_log_in_Judged(self):
        self.env["SPARKIFY_IAM_AUTH"] = "true"
        self.grant_all()
        api = self.log_in_by_iam(self.printed("loader"))
        self.call("create-tables")
        self.call("etl")
        self.assertGreater(self.plays(), 0)
        self.assertEqual(self.staged(), [])
        api.policy = self.printed("analyst")
        self.call("query", "select count(*) from songplays")
        self.assertEqual({call["ClusterIdentifier"] for _, call in api.calls}, {CLUSTER})

    def test_no_other_database_or_cluster_gives_a_login_Judged(self):
        self.env["SPARKIFY_IAM_AUTH"] = "true"
        for name in ("loader", "analyst"):
            document = self.printed(name)
            api = self.log_in_by_iam(document)
            api.calls.clear()
            other = {"SPARKIFY_WAREHOUSE": self.url_for_iam("another")}
            denied = self.call("status", exit_code=EXIT_CONFIG, env=other)
            self.assertIn("redshift:GetClusterCredentialsWithIAM", denied.stderr)
            self.call("status", exit_code=EXIT_CONFIG, env={"SPARKIFY_CLUSTER": "another"})
            self.assertEqual(len(api.calls), 2)

    def test_a_workgroup_gives_a_login_by_its_id_Judged(self):
        self.env.update(SPARKIFY_IAM_AUTH="true", SPARKIFY_WORKGROUP=WORKGROUP)
        self.env.pop("SPARKIFY_CLUSTER", None)
        document = self.printed("loader", "--workgroup-id", WORKGROUP_ID)
        self.log_in_by_iam(document)
        self.call("create-tables")
        self.call("status", exit_code=EXIT_CONFIG, env={"SPARKIFY_WORKGROUP": "another"})


# --- What no server here knows -------------------------------------------------------------------


class Judged(unittest.TestCase):
    """By the evaluator alone."""

    def test_the_key_decrypts_for_readers_and_encrypts_for_the_loader_only(self):
        reading = {"kms:Decrypt"}
        expected = {"redshift-role": reading, "loader": {*reading, "kms:GenerateDataKey"}}
        other = KEY[:-1] + "e"
        for name, allowed in expected.items():
            document = for_cluster(name, "--kms-key", KEY)
            for action in ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey"):
                self.assertIs(allows([document], Request(action, KEY)), action in allowed)
                self.assertFalse(allows([document], Request(action, other)))
            plain = for_cluster(name)
            self.assertFalse(allows([plain], Request("kms:Decrypt", KEY)))

    def test_several_keys_are_given_one_by_one(self):
        other = KEY[:-1] + "e"
        document = for_cluster("loader", "--kms-key", KEY, "--kms-key", other)
        for key in (KEY, other):
            self.assertTrue(allows([document], Request("kms:Decrypt", key)))

    def trusts(self, document, arn, who="redshift.amazonaws.com"):
        context = {} if arn is None else {"sts:ExternalId": arn}
        return allows([document], Request("sts:AssumeRole", None, context, ("Service", who)))

    def test_a_cluster_takes_the_role_for_its_user_and_nobody_else_does(self):
        document = for_cluster("redshift-trust")
        arn = f"arn:aws:redshift:us-west-2:{ACCOUNT}:dbuser:dwh/loader"
        self.assertTrue(self.trusts(document, arn))
        for other in (
            arn.replace("us-west-2", "us-east-1"),
            arn.replace(ACCOUNT, "210987654321"),
            arn.replace("dwh", "dwh2"),
            arn.replace("loader", "analyst"),
            arn + "2",
            None,
        ):
            self.assertFalse(self.trusts(document, other), other)
        self.assertFalse(self.trusts(document, arn, "redshift-serverless.amazonaws.com"))
        self.assertFalse(self.trusts(document, arn, "ec2.amazonaws.com"))

    def test_a_workgroup_takes_the_role_in_either_documented_form(self):
        words = ("redshift-trust", "--warehouse", WORKGROUP_URL)
        document = json.loads(iam(*words).stdout)
        prefix = f"arn:aws:redshift:us-west-2:{ACCOUNT}:dbuser:"
        for name in (WORKGROUP, f"serverless-{ACCOUNT}-{WORKGROUP_ID}"):
            for who in ("redshift.amazonaws.com", "redshift-serverless.amazonaws.com"):
                self.assertTrue(self.trusts(document, f"{prefix}{name}/loader", who))
            self.assertFalse(self.trusts(document, f"{prefix}{name}/analyst"))
        self.assertFalse(self.trusts(document, f"{prefix}{WORKGROUP}/loader".replace(ACCOUNT, "2")))

    def test_signs_in_prefixes_are_taken_literally(self):
        words = ("--warehouse", CLUSTER_URL, "--account", ACCOUNT)
        for prefix in STRANGE:
            for name in ("loader", "redshift-role"):
                document = json.loads(iam(name, *words, *strange_places(prefix)).stdout)
                self.assertTrue(judged([document], "s3:GetObject", DATA, f"{prefix}/a.json"))
                self.assertTrue(judged([document], "s3:ListBucket", DATA, prefix))
                self.assertFalse(judged([document], "s3:GetObject", DATA, f"x{prefix}/a.json"))
                self.assertFalse(judged([document], "s3:ListBucket", DATA, f"{prefix}2/"))
                action = "s3:PutObject" if name == "loader" else "s3:GetObject"
                self.assertTrue(judged([document], action, CONTROL, f"*{prefix}?/run/part"))
                self.assertFalse(judged([document], action, CONTROL, f"x{prefix}?/run/part"))
                self.assertFalse(judged([document], action, CONTROL, f"*{prefix}x/run/part"))

    def test_a_chain_leads_from_role_to_role(self):
        last = "arn:aws:iam::210987654321:role/owner"
        words = ("--warehouse", CLUSTER_URL, "--iam-role", f"{ROLE},{last}", *SETTINGS)
        policies = json.loads(iam(*words).stdout)["policies"]
        take = Request("sts:AssumeRole", last)
        self.assertTrue(allows([policies["redshift-chain-1"]], take))
        self.assertFalse(allows([policies["redshift-chain-1"]], Request("sts:AssumeRole", ROLE)))
        for who, expected in ((ROLE, True), (last, False)):
            request = Request("sts:AssumeRole", None, {}, ("AWS", who))
            self.assertIs(allows([policies["redshift-chain-trust-2"]], request), expected)

    def test_partitions_have_their_own_arns(self):
        url = "redshift://loader@dwh.abc.cn-north-1.redshift.amazonaws.com.cn:5439/dev"
        words = (*SETTINGS, "--warehouse", url, "--account", ACCOUNT, "--iam-auth")
        text = iam(*words).stdout
        self.assertIn(f"arn:aws-cn:redshift:cn-north-1:{ACCOUNT}:dbname:dwh/dev", text)
        self.assertIn(f"arn:aws-cn:s3:::{DATA}", text)
        self.assertNotIn("arn:aws:", text)


# --- Terraform -----------------------------------------------------------------------------------


def read_terraform(text):
    """The blocks, as HashiCorp's parser has them."""
    done = subprocess.run(
        ["node", str(HERE.parent / "oracle" / "read_terraform.mjs")],
        input=text,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{done.stderr}\n{text}"
    return json.loads(done.stdout).get("resource", {})


class Terraform(unittest.TestCase):
    def expect_same(self, *words):
        """What both forms hold is one; the resources beside it."""
        document = json.loads(iam(*words).stdout)
        resources = read_terraform(iam(*words, "--format", "terraform").stdout)
        found = {}
        for kind, field in (("aws_iam_policy", "policy"), ("aws_iam_role", "assume_role_policy")):
            for label, (block,) in resources.get(kind, {}).items():
                found[label.removeprefix("sparkify_").replace("_", "-")] = block[field]
        self.assertEqual(found, document["policies"])
        return resources

    def test_it_says_what_the_json_says(self):
        cluster = (*SETTINGS, "--warehouse", CLUSTER_URL, "--iam-role", ROLE)
        workgroup = (*SETTINGS, "--warehouse", WORKGROUP_URL, "--workgroup-id", WORKGROUP_ID)
        self.expect_same(*cluster)
        self.expect_same(*cluster, "--iam-auth", "--kms-key", KEY)
        self.expect_same(*workgroup, "--iam-auth")
        self.expect_same("--log-data", LOGS)
        self.expect_same("--log-data", "logs")

    def test_strange_prefixes_stay_what_they_are(self):
        for prefix in STRANGE:
            words = (*strange_places(prefix), "--warehouse", CLUSTER_URL, "--account", ACCOUNT)
            self.expect_same(*words)

    def test_the_role_is_made_with_its_name_and_gets_its_policy(self):
        words = (*SETTINGS, "--warehouse", CLUSTER_URL, "--iam-role", ROLE)
        resources = self.expect_same(*words)
        (role,) = resources["aws_iam_role"]["sparkify_redshift_trust"]
        self.assertEqual((role["name"], role["path"]), ("redshift-reads", "/etl/"))
        (attached,) = resources["aws_iam_role_policy_attachment"]["sparkify_redshift_role"]
        self.assertEqual(attached["role"], "${aws_iam_role.sparkify_redshift_trust.name}")
        self.assertEqual(attached["policy_arn"], "${aws_iam_policy.sparkify_redshift_role.arn}")

    def test_each_role_of_a_chain_gets_its_own_policy(self):
        chain = f"{ROLE},arn:aws:iam::210987654321:role/owner"
        words = (*SETTINGS, "--warehouse", CLUSTER_URL, "--iam-role", chain)
        attachments = self.expect_same(*words)["aws_iam_role_policy_attachment"]
        roles = {label: block["role"] for label, (block,) in attachments.items()}
        self.assertEqual(
            roles,
            {
                "sparkify_redshift_role": "${aws_iam_role.sparkify_redshift_chain_trust_2.name}",
                "sparkify_redshift_chain_1": "${aws_iam_role.sparkify_redshift_trust.name}",
            },
        )

    def test_one_alone_refers_to_nothing(self):
        words = (*SETTINGS, "--warehouse", CLUSTER_URL, "--iam-role", ROLE)
        for name in ("redshift-role", "redshift-trust", "loader"):
            text = iam(name, *words, "--format", "terraform").stdout
            self.assertEqual(sum(map(len, read_terraform(text).values())), 1)

    def test_the_parser_refuses_what_is_wrong(self):
        for text in ('a = "${*}"', "a = {", 'resource "x" {'):
            with self.assertRaises(AssertionError):
                read_terraform(text)


# --- The command ---------------------------------------------------------------------------------


class Command(unittest.TestCase):
    def test_all_are_one_document_by_name(self):
        done = iam(*SETTINGS, "--warehouse", CLUSTER_URL, "--iam-role", ROLE, "--iam-auth")
        document = json.loads(done.stdout)
        self.assertEqual(document["format"], "sparkify.iam/1")
        self.assertEqual(tuple(document["policies"]), ALL)
        self.assertEqual(set(document["attach"]), set(ALL))
        self.assertEqual((document["left_out"], document["notes"]), ({}, []))
        self.assertEqual(done.stderr, "")
        for name in ALL:
            one = for_cluster(name, "--iam-role", ROLE, "--iam-auth")
            self.assertEqual(one, document["policies"][name])

    def test_a_name_gives_what_can_be_pasted_and_with_json_the_document(self):
        words = ("loader", "--log-data", LOGS)
        self.assertEqual(list(json.loads(iam(*words).stdout)), ["Version", "Statement"])
        document = json.loads(iam(*words, "--json").stdout)
        self.assertEqual(document["format"], "sparkify.iam/1")
        self.assertEqual(list(document["policies"]), ["loader"])

    def test_what_is_left_out_is_said(self):
        done = iam("--log-data", LOGS)
        document = json.loads(done.stdout)
        self.assertEqual(list(document["policies"]), ["loader"])
        self.assertEqual(set(document["left_out"]), {"redshift-role", "redshift-trust", "analyst"})
        for name, why in document["left_out"].items():
            self.assertIn(f"no policy {name}: {why}", done.stderr)
        refused = iam("analyst", "--log-data", LOGS, exit_code=EXIT_CONFIG)
        self.assertIn("no need for a policy analyst", refused.stderr)
        self.assertEqual(refused.stdout, "")
        text = iam("--log-data", LOGS, "--format", "terraform").stdout
        self.assertIn("# analyst: left out; ", text)

    def test_local_data_needs_nothing(self):
        done = iam("--log-data", "logs", "--song-data", "songs")
        document = json.loads(done.stdout)
        self.assertEqual(document["policies"], {})
        self.assertIn("all data is local", document["left_out"]["loader"])
        self.assertIn("log_data is a local path", done.stderr)
        self.assertIn("song_data is a local path", done.stderr)

    def test_settings_come_from_a_file_as_well(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "dwh.cfg")
            path.write_text(
                "[CLUSTER]\nHOST = dwh.abc123.us-west-2.redshift.amazonaws.com\nDB_NAME = dev\n"
                f"DB_USER = loader\n[IAM_ROLE]\nARN = {ROLE}\n[S3]\nLOG_DATA = {LOGS}\n"
                f"SONG_DATA = {SONGS}\nCONTROL = {AREA}\n"
            )
            from_file = iam("--config", path).stdout
        words = (*SETTINGS, "--warehouse", CLUSTER_URL, "--iam-role", ROLE)
        self.assertEqual(from_file, iam(*words).stdout)

    def test_what_is_not_known_is_asked_for(self):
        cluster = (*SETTINGS, "--warehouse", CLUSTER_URL)
        cases = (
            (cluster, ["account", "--account", "get-caller-identity"]),
            (("--warehouse", CLUSTER_URL), ["log_data", "--log-data"]),
            ((*cluster[:4], "--warehouse", CLUSTER_URL), ["control", "--control"]),
            (
                (*SETTINGS, "--warehouse", WORKGROUP_URL, "--iam-auth"),
                ["--workgroup-id", f"get-workgroup --workgroup-name {WORKGROUP}"],
            ),
            (
                (*SETTINGS, "--warehouse", "redshift://u@db.example.com/dev"),
                ["db.example.com", "--cluster", "--workgroup"],
            ),
            ((*cluster, "--iam-role", "redshift-reads"), ["redshift-reads", "arn:aws:iam::"]),
            ((*cluster, "--kms-key", "alias/music"), ["--kms-key", "arn:aws:kms"]),
        )
        for words, says in cases:
            done = iam(*words, exit_code=EXIT_CONFIG)
            self.assertEqual(done.stdout, "")
            for part in says:
                self.assertIn(part, done.stderr)

    def test_what_makes_no_sense_is_refused(self):
        cases = (
            (("admin",), "there is no policy admin; there are redshift-role"),
            (("--format", "yaml"), "--format yaml"),
            (("--format", "terraform", "--json"), "exclude each other"),
        )
        for words, says in cases:
            done = iam(*words, "--log-data", LOGS, exit_code=EXIT_USAGE)
            self.assertIn(says, done.stderr)

    def test_the_json_is_ascii(self):
        text = iam("loader", "--log-data", f"s3://{DATA}/№").stdout
        self.assertTrue(text.isascii())
        self.assertIn(f"arn:aws:s3:::{DATA}/№/*", json.loads(text)["Statement"][1]["Resource"])

    def test_a_control_area_in_the_data_is_warned_of(self):
        words = ("loader", "--warehouse", CLUSTER_URL, "--log-data", LOGS)
        done = iam(*words, "--control", f"{LOGS}/control")
        self.assertIn("warning: the control area", done.stderr)
        self.assertEqual(iam(*words, "--control", AREA).stderr, "")

    def test_nobody_is_asked(self):
        """Not even for credentials: there are none, and no network."""
        iam("--log-data", LOGS, env={"AWS_PROFILE": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "x"})


if __name__ == "__main__":
    unittest.main()
