"""That the evaluator of policies says what AWS's documents say.

Run it as `python3 tests/servers/iam_evaluator_test.py`.
"""

import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from iam_evaluator import LANGUAGE, Request, Unsupported, allows  # noqa: E402

OBJECT = "arn:aws:s3:::music/log_data/a.json"


def policy(*statements):
    return {"Version": LANGUAGE, "Statement": list(statements)}


def statement(action="s3:GetObject", resource=OBJECT, effect="Allow", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


class Evaluation(unittest.TestCase):
    def expect(self, expected, statements, *request):
        self.assertIs(allows([policy(*statements)], Request(*request)), expected)

    # "By default, all requests are denied."

    def test_what_nobody_allows_is_refused(self):
        self.expect(False, [], "s3:GetObject", OBJECT)
        self.expect(False, [statement()], "s3:PutObject", OBJECT)
        self.expect(False, [statement()], "s3:GetObject", OBJECT + "x")
        self.expect(True, [statement()], "s3:GetObject", OBJECT)

    def test_a_denial_wins_wherever_it_stands(self):
        deny = statement("s3:*", effect="Deny")
        self.expect(False, [statement(), deny], "s3:GetObject", OBJECT)
        self.expect(False, [deny, statement()], "s3:GetObject", OBJECT)
        both = [policy(statement()), policy(deny)]
        self.assertFalse(allows(both, Request("s3:GetObject", OBJECT)))

    def test_a_denial_on_something_else_does_not_matter(self):
        deny = statement(resource="arn:aws:s3:::music/song_data/*", effect="Deny")
        self.expect(True, [statement(), deny], "s3:GetObject", OBJECT)

    # Patterns

    def test_a_wildcard_stands_for_any_characters_of_a_key(self):
        for pattern in ("arn:aws:s3:::music/*", "arn:aws:s3:::m*/a.json", "*", OBJECT[:-1] + "?"):
            self.expect(True, [statement(resource=pattern)], "s3:GetObject", OBJECT)
        for pattern in ("arn:aws:s3:::music", "arn:aws:s3:::music/song*", OBJECT + "?"):
            self.expect(False, [statement(resource=pattern)], "s3:GetObject", OBJECT)
        self.expect(True, [statement(resource=OBJECT + "*")], "s3:GetObject", OBJECT)
        line = "arn:aws:s3:::music/a\nb"
        self.expect(True, [statement(resource="arn:aws:s3:::music/*")], "s3:GetObject", line)

    def test_no_wildcard_reaches_over_a_colon_before_the_last_field(self):
        database = "arn:aws:redshift:us-west-2:123456789012:dbname:dwh/dev"
        reach = statement("redshift:*", "arn:aws:redshift:*:dbname:dwh/dev")
        self.expect(False, [reach], "redshift:X", database)
        fields = statement("redshift:*", "arn:aws:redshift:*:*:dbname:dwh/*")
        self.expect(True, [fields], "redshift:X", database)

    def test_an_escaped_sign_stands_for_itself(self):
        for sign in "*?$":
            pattern = f"arn:aws:s3:::music/a${{{sign}}}b"
            one = [statement(resource=pattern)]
            self.expect(True, one, "s3:GetObject", f"arn:aws:s3:::music/a{sign}b")
            self.expect(False, one, "s3:GetObject", "arn:aws:s3:::music/axb")
            self.expect(False, one, "s3:GetObject", f"arn:aws:s3:::music/a${{{sign}}}b")

    def test_actions_are_known_in_any_case_and_by_wildcard(self):
        for action in ("S3:getobject", "s3:Get*", "s3:*", "*", ["s3:PutObject", "s3:GetObject"]):
            self.expect(True, [statement(action)], "s3:GetObject", OBJECT)
        self.expect(False, [statement("s3:Get?")], "s3:GetObject", OBJECT)

    def test_resources_are_known_in_their_own_case(self):
        self.expect(False, [statement(resource=OBJECT.upper())], "s3:GetObject", OBJECT)

    # Conditions

    def expect_condition(self, expected, condition, context):
        one = [statement(Condition=condition)]
        self.expect(expected, one, "s3:GetObject", OBJECT, context)

    def test_one_value_is_enough_and_every_key_is_needed(self):
        like = {"StringLike": {"s3:prefix": ["log_data", "log_data/*"]}}
        for prefix, expected in (("log_data/", True), ("log_data", True), ("log_data2", False)):
            self.expect_condition(expected, like, {"s3:prefix": prefix})
        both = {"StringLike": {"s3:prefix": "a*"}, "StringEquals": {"s3:delimiter": "/"}}
        self.expect_condition(True, both, {"s3:prefix": "ab", "s3:delimiter": "/"})
        self.expect_condition(False, both, {"s3:prefix": "ab", "s3:delimiter": "-"})
        self.expect_condition(False, both, {"s3:prefix": "b", "s3:delimiter": "/"})

    def test_a_key_that_the_request_lacks_is_not_met(self):
        self.expect_condition(False, {"StringLike": {"s3:prefix": "*"}}, {})

    def test_names_of_keys_are_known_in_any_case(self):
        self.expect_condition(True, {"StringLike": {"S3:Prefix": "a*"}}, {"s3:prefix": "ab"})

    def test_equality_has_no_wildcards_but_literals(self):
        self.expect_condition(False, {"StringEquals": {"k": "a*"}}, {"k": "ab"})
        self.expect_condition(True, {"StringEquals": {"k": "a*"}}, {"k": "a*"})
        self.expect_condition(True, {"StringEquals": {"k": "a${*}"}}, {"k": "a*"})

    def test_arns_are_alike_field_by_field(self):
        for operator in ("ArnLike", "ArnEquals"):
            condition = {operator: {"aws:SourceArn": "arn:aws:redshift:*:1:cluster:*"}}
            arn = "arn:aws:redshift:us-west-2:1:cluster:dwh"
            self.expect_condition(True, condition, {"aws:SourceArn": arn})
            other = "arn:aws:redshift:us-west-2:2:cluster:dwh"
            self.expect_condition(False, condition, {"aws:SourceArn": other})

    # Trust

    def test_only_a_principal_that_is_named_is_trusted(self):
        service = ("Service", "redshift.amazonaws.com")
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
        named = [{**trust, "Principal": {"Service": [service[1]]}}]
        self.expect(True, named, "sts:AssumeRole", None, {}, service)
        self.expect(False, named, "sts:AssumeRole", None, {}, ("Service", "ec2.amazonaws.com"))
        self.expect(False, named, "sts:AssumeRole", None, {}, ("AWS", service[1]))
        self.expect(False, named, "sts:AssumeRole")
        anybody = [{**trust, "Principal": "*"}]
        self.expect(True, anybody, "sts:AssumeRole", None, {}, service)

    # What is not known

    def test_what_is_not_known_is_an_error(self):
        strange = {
            "NotAction": {"Effect": "Allow", "Action": "a", "NotAction": "s3:Get*"},
            "NotResource": statement(NotResource=OBJECT),
            "Effect": statement(effect="Permit"),
            "IpAddress": statement(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            "aws:username": statement(resource="arn:aws:s3:::music/${aws:username}/*"),
        }
        for name, one in strange.items():
            with self.subTest(name), self.assertRaisesRegex(Unsupported, name):
                allows([policy(one)], Request("s3:GetObject", OBJECT))
        with self.assertRaisesRegex(Unsupported, "Version"):
            allows([{"Version": "2008-10-17", "Statement": []}], Request("s3:GetObject", OBJECT))


if __name__ == "__main__":
    unittest.main()
