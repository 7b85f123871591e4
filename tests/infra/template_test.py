"""infra/sparkify.yaml: that AWS's own rules and ours take it, and refuse it once it is broken.

Run it as `python3 tests/infra/template_test.py`. Needs `tools/install.sh test`; nothing is asked of
AWS. Where Python's cfn-lint is installed, it has its say too.
"""

import itertools
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))

import cloudformation  # noqa: E402
import rules  # noqa: E402
from broken_copies import BROKEN_FOR_AWS, BROKEN_FOR_US  # noqa: E402

TEMPLATE = ROOT / "infra" / "sparkify.yaml"
SETTINGS_PAGE = ROOT / "docs" / "configuration.md"
SECONDS_MAX = 240
KEY = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-1111-2222-333344445555"
# The least that a stack must be told.
LEAST = {
    "VpcId": "vpc-0123456789abcdef0",
    "SubnetIds": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "DataBucket": "music",
    "ClientSecurityGroupId": "sg-0123456789abcdef0",
}
ALL_OF_IT = {
    "ClientCidr": "10.0.0.0/16",
    "KmsKeyArn": KEY,
    "WarehouseKmsKeyArn": KEY,
    "ControlBucket": "scratch",
    "AuditLogging": "true",
    "EnhancedVpcRouting": "true",
    "RoleReadsData": "false",
    "NumberOfNodes": 2,
    "WorkgroupId": "01234567-89ab-cdef-0123-456789abcdef",
}
KINDS = ("Serverless", "Provisioned")
# AWS's rules do not see that a branch of Fn::If in an output stands under the same condition as
# what it refers to. CloudFormation works out the chosen branch alone.
HARMLESS = {
    f"Outputs/{where}: Reference to '{name}' which is conditional on '{condition}' - "
    "target may not exist"
    for where, name, condition in (
        ("Warehouse/Value.Fn::If.1.Fn::Sub", "Workgroup", "IsServerless"),
        ("Warehouse/Value.Fn::If.2.Fn::Sub", "Cluster", "IsProvisioned"),
        ("Control/Value.Fn::If.1", "ControlArea", "MakesControlBucket"),
    )
}


def read_template():
    return cloudformation.load(TEMPLATE.read_text(encoding="utf-8"))


def stacks(template):
    """Both kinds of warehouse, with as little and with as much as there is; each with its name."""
    for kind, more in itertools.product(KINDS, ({}, ALL_OF_IT)):
        stack = cloudformation.Stack(template, {**LEAST, **more, "WarehouseKind": kind})
        yield f"{kind}, {'all of it' if more else 'the least'}", stack


def stack_of(kind, **parameters):
    return cloudformation.Stack(read_template(), {**LEAST, **parameters, "WarehouseKind": kind})


def has_cfn_lint():
    """Debian has no package of it. A version manager may leave a name behind that runs nothing."""
    if shutil.which("cfn-lint") is None:
        return False
    asked = subprocess.run(["cfn-lint", "--version"], capture_output=True, check=False)
    return asked.returncode == 0


def broken(name, old, new):
    """The template with one thing changed, which must be there once."""
    text = TEMPLATE.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise AssertionError(f"{name}: stands {text.count(old)} times in the template: {old}")
    return text.replace(old, new)


def include(texts, folder):
    """What AWS's rules say of each template, by name."""
    folder = pathlib.Path(folder)
    files = {}
    for name, text in texts.items():
        files[name] = folder / (re.sub(r"\W+", "_", name) + ".yaml")
        files[name].write_text(text, encoding="utf-8")
    tool = [str(HERE / "include_template.mjs"), str(folder / "out")]
    done = subprocess.run(["node", *tool, *map(str, files.values())],
                          capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
    if done.returncode != 0:
        raise AssertionError(f"node failed; is `tools/install.sh test` done?\n{done.stderr}")
    found = json.loads(done.stdout)
    return {name: found[str(file)] for name, file in files.items()}


class AwsRules(unittest.TestCase):
    """aws-cdk-lib, all templates in one process: it takes longer to start than to look."""

    @classmethod
    def setUpClass(cls):
        texts = {copy[0]: broken(*copy[:3]) for copy in BROKEN_FOR_AWS}
        texts["as it is"] = TEMPLATE.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory(prefix="sparkify-infra-") as folder:
            cls.found = include(texts, folder)

    def test_they_find_nothing_in_the_template(self):
        texts = [f"{one['rule']} {one['text']}" for one in self.found["as it is"]]
        self.assertCountEqual(texts, [f"W1001 {text}" for text in HARMLESS])

    def test_they_find_each_fault_and_name_it(self):
        for name, _, _, severity, says in BROKEN_FOR_AWS:
            with self.subTest(name):
                texts = [one["text"] for one in self.found[name] if one["severity"] == severity]
                self.assertTrue(any(re.search(says, text) for text in texts), self.found[name])


class OurRules(unittest.TestCase):
    def test_they_find_nothing_in_the_template(self):
        template = read_template()
        self.assertEqual(rules.parameter_offences(template), [])
        for name, stack in stacks(template):
            with self.subTest(name):
                self.assertEqual(stack.refusals(), [])
                self.assertEqual(rules.offences(stack), [])

    def test_they_find_each_fault_and_name_it(self):
        for name, old, new, says in BROKEN_FOR_US:
            with self.subTest(name):
                template = cloudformation.load(broken(name, old, new))
                found = rules.parameter_offences(template)
                for _, stack in stacks(template):
                    found += rules.offences(stack)
                self.assertIn(says, found)


class Rights(unittest.TestCase):
    """What each may do, to the letter."""

    LOG_IN = {
        "Serverless": ("redshift-serverless:GetCredentials", "<Workgroup.Workgroup.WorkgroupArn>"),
        "Provisioned": (
            "redshift:GetClusterCredentialsWithIAM",
            "arn:aws:redshift:eu-west-1:123456789012:dbname:<Cluster>/dev",
        ),
    }
    READS_DATA = {
        ("s3:ListBucket", "arn:aws:s3:::music"),
        ("s3:GetObject", "arn:aws:s3:::music/log_data/*"),
        ("s3:GetObject", "arn:aws:s3:::music/song_data/*"),
    }

    def rights(self, stack, name):
        """Pairs of action and resource that a policy or role allows."""
        documents = rules.policy_documents(stack.resources()[name])
        pairs = set()
        for statement in itertools.chain.from_iterable(one["Statement"] for one in documents):
            actions, resources = (
                value if isinstance(value, list) else [value]
                for value in (statement["Action"], statement["Resource"]))
            pairs |= set(itertools.product(actions, resources))
        return pairs

    def test_the_loader_reads_data_writes_control_and_logs_in(self):
        for kind in KINDS:
            made = "arn:aws:s3:::<ControlArea>/sparkify/control/*"
            writes = {("s3:PutObject", made), ("s3:DeleteObject", made)}
            self.assertEqual(self.rights(stack_of(kind), "LoaderPolicy"),
                             self.READS_DATA | writes | {self.LOG_IN[kind]})

    def test_a_key_of_the_buckets_is_the_only_one_that_may_be_used(self):
        stack = stack_of("Serverless", KmsKeyArn=KEY)
        keys = {pair for pair in self.rights(stack, "LoaderPolicy") if pair[0].startswith("kms:")}
        self.assertEqual(keys, {("kms:Decrypt", KEY), ("kms:GenerateDataKey", KEY)})
        keys = {pair for pair in self.rights(stack, "RedshiftRole") if pair[0].startswith("kms:")}
        self.assertEqual(keys, {("kms:Decrypt", KEY)})

    def test_an_analyst_only_logs_in(self):
        for kind in KINDS:
            self.assertEqual(self.rights(stack_of(kind), "AnalystPolicy"), {self.LOG_IN[kind]})

    def test_redshift_reads_the_control_prefix_and_the_data_if_not_told_otherwise(self):
        control = {("s3:ListBucket", "arn:aws:s3:::scratch"),
                   ("s3:GetObject", "arn:aws:s3:::scratch/parts/*")}
        given = {"ControlBucket": "scratch", "ControlPrefix": "parts"}
        for kind in KINDS:
            self.assertEqual(
                self.rights(stack_of(kind, **given), "RedshiftRole"), control | self.READS_DATA)
            self.assertEqual(
                self.rights(stack_of(kind, RoleReadsData="false", **given), "RedshiftRole"),
                control)

    def test_the_role_is_for_the_loader_on_this_warehouse_alone(self):
        users = "arn:aws:redshift:eu-west-1:123456789012:dbuser:"
        workgroup = ALL_OF_IT["WorkgroupId"]
        for kind, given, services, ids in (
            ("Provisioned", {}, ["redshift.amazonaws.com"], ["sparkify/IAMR:sparkify-loader"]),
            ("Serverless", {"LoaderUser": "loader", "WorkgroupId": workgroup},
             ["redshift-serverless.amazonaws.com", "redshift.amazonaws.com"],
             [f"serverless-123456789012-{workgroup}/loader", "sparkify/loader"]),
        ):
            role = stack_of(kind, **given).resources()["RedshiftRole"]["Properties"]
            statement, = role["AssumeRolePolicyDocument"]["Statement"]
            self.assertEqual(statement["Principal"], {"Service": services})
            self.assertEqual(statement["Condition"],
                             {"StringLike": {"sts:ExternalId": [users + one for one in ids]}})


class Parameters(unittest.TestCase):
    def test_a_warehouse_of_one_kind_has_nothing_of_the_other(self):
        types = {kind: {one["Type"] for one in stack_of(kind).resources().values()}
                 for kind in KINDS}
        self.assertNotIn("AWS::Redshift::Cluster", types["Serverless"])
        self.assertFalse(any("Serverless" in one for one in types["Provisioned"]))

    def test_a_control_bucket_is_made_only_if_none_is_named(self):
        self.assertIn("ControlArea", stack_of("Serverless").resources())
        named = stack_of("Serverless", ControlBucket="scratch")
        self.assertNotIn("AWS::S3::Bucket", [one["Type"] for one in named.resources().values()])

    def test_what_does_not_go_together_is_refused(self):
        for given, says in (
            ({"ClientSecurityGroupId": ""}, "nobody can connect"),
            ({"NodeType": "ra3.4xlarge"}, "two nodes or more"),
            ({"ControlBucket": "music", "ControlPrefix": "song_data"}, "none of the prefixes"),
        ):
            refusals = stack_of("Provisioned", **given).refusals()
            self.assertEqual(len(refusals), 1, refusals)
            self.assertIn(says, refusals[0])

    def test_patterns_take_what_is_right_and_nothing_else(self):
        declared = read_template()["Parameters"]
        for name, right, wrong in (
            ("ClientCidr", ("10.0.0.0/8", "192.0.2.7/32"), ("0.0.0.0/0", "10.0.0.0", "1.2.3.4/33")),
            ("ControlPrefix", ("a", "a/b-c"), ("", "/a", "a/", "a//b", "a/*", "*")),
            ("DataBucket", ("udacity-dend",), ("", "s3://a", "arn:aws:s3:::a", "A", "b*")),
            ("KmsKeyArn", (KEY,), ("*", "alias/a", KEY[:-36] + "*")),
            ("LoaderUser", ("loader", "IAM:a@b.c", "IAMR:x"), ("*", "IAMR:*", "a/b", "?")),
            ("WarehouseName", ("abc", "a-b-c"), ("ab", "a--b", "1ab", "a-", "A" * 3)),
            ("WorkgroupId", ("*", ALL_OF_IT["WorkgroupId"]), ("", "**", "sparkify")),
        ):
            for value in right:
                self.assertRegex(value, rf"\A(?:{declared[name]['AllowedPattern']})\Z", name)
            for value in wrong:
                self.assertNotRegex(value, rf"\A(?:{declared[name]['AllowedPattern']})\Z", name)


class Outputs(unittest.TestCase):
    @staticmethod
    def documented():
        """The variable of each setting, as the table of docs/configuration.md has it."""
        rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| `(SPARKIFY_\w+)` \|",
                          SETTINGS_PAGE.read_text(encoding="utf-8"), re.MULTILINE)
        return dict(rows)

    def test_each_is_a_documented_setting_and_names_its_variable(self):
        variables = self.documented()
        self.assertGreater(len(variables), 15)
        for kind, name in (("Serverless", "workgroup"), ("Provisioned", "cluster")):
            outputs = stack_of(kind).outputs()
            settings = {re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower(): value["Description"]
                        for key, value in outputs.items()}
            expected = ("warehouse", "iam_role", "control", "region", "log_data", "song_data",
                        "iam_auth", name)
            self.assertEqual(settings, {one: variables[one] for one in expected})

    def test_their_values_have_the_form_that_sparkify_takes(self):
        forms = {
            "Warehouse": r"redshift://<\w+(\.\w+)*\.Endpoint\.Address>:5439/dev",
            "IamRole": r"<RedshiftRole\.Arn>",
            "Control": r"s3://<ControlArea>/sparkify/control",
            "Region": r"eu-west-1",
            "LogData": r"s3://music/log_data",
            "SongData": r"s3://music/song_data",
            "IamAuth": r"true",
            "Workgroup": r"<Workgroup>",
            "Cluster": r"<Cluster>",
        }
        for kind in KINDS:
            for name, output in stack_of(kind).outputs().items():
                self.assertRegex(output["Value"], rf"\A{forms[name]}\Z", name)


if has_cfn_lint():

    class CfnLint(unittest.TestCase):
        def test_it_finds_nothing_in_the_template(self):
            done = subprocess.run(
                ["cfn-lint", "--include-checks", "I", "--", str(TEMPLATE)],
                capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
            self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)


if __name__ == "__main__":
    unittest.main()
