"""Says what a policy of AWS's allows, for what the S3 server knows nothing of.

    request = Request("redshift:GetClusterCredentialsWithIAM", "arn:aws:redshift:...:dbname:a/b")
    allows([policy], request)

One principal's policies, all of one account: a statement that denies wins over any that allows, and
what no statement allows is refused. Whatever this does not know (NotAction, an operator, a
variable) is an error and never a guess.

Source: IAM user guide, "Policy evaluation logic", "IAM JSON policy elements reference".
"""

import collections
import re

LANGUAGE = "2012-10-17"
ELEMENTS = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
LITERALS = {"*", "?", "$"}  # ${*}, ${?}, ${$}
TOKEN = re.compile(r"\$\{([^}]*)\}|([*?])|(.)", re.DOTALL)
ARN_FIELDS = 6

# `context`: the condition keys of the request; `principal`: ("Service", "redshift.amazonaws.com").
Request = collections.namedtuple(
    "Request", "action resource context principal", defaults=(None, {}, None)
)


class Unsupported(Exception):
    """The policy has something that this does not know."""


def allows(policies, request):
    """Whether the request is allowed by what the documents, as JSON gives them, say together."""
    effects = [effect for policy in policies for effect in matching_effects(policy, request)]
    return "Deny" not in effects and "Allow" in effects


def matching_effects(policy, request):
    if policy.get("Version") != LANGUAGE:
        raise Unsupported(f"Version {policy.get('Version')}")
    for statement in in_list(policy["Statement"]):
        unknown = set(statement) - ELEMENTS
        if unknown:
            raise Unsupported(", ".join(sorted(unknown)))
        if statement["Effect"] not in ("Allow", "Deny"):
            raise Unsupported(f"Effect {statement['Effect']}")
        # All of them are looked at, so that what is unknown is found.
        met = [
            is_principal(statement.get("Principal"), request.principal),
            is_action(statement["Action"], request.action),
            is_resource(statement, request.resource),
            meets_all(statement.get("Condition", {}), request.context),
        ]
        if all(met):
            yield statement["Effect"]


def is_principal(principal, asking):
    """An identity's policy has none, and is asked for that identity only."""
    if principal is None:
        return asking is None
    if principal == "*":
        return True
    kind, name = asking or (None, None)
    return name in in_list(principal.get(kind, []))


def is_action(actions, action):
    """Actions are known in any case of letters, and have no variables."""
    return any(is_like(one.lower(), action.lower(), variables=False) for one in in_list(actions))


def is_resource(statement, resource):
    if "Resource" not in statement:
        return resource is None  # a trust policy
    if resource is None:
        return False
    return any(is_like_arn(one, resource) for one in in_list(statement["Resource"]))


def meets_all(conditions, context):
    met = True
    for operator, keys in conditions.items():
        test = OPERATORS.get(operator)
        if test is None:
            raise Unsupported(f"the condition {operator}")
        for key, values in keys.items():
            found = [value for name, value in context.items() if name.lower() == key.lower()]
            alike = [test(value, one) for value in in_list(values) for one in found]
            met = met and any(alike)
    return met


def is_like_arn(pattern, arn):
    """Field by field: no wildcard reaches over a colon, but in the last one."""
    if pattern == "*":
        return True
    patterns, fields = (text.split(":", ARN_FIELDS - 1) for text in (pattern, arn))
    return len(patterns) == len(fields) and all(map(is_like, patterns, fields))


def is_like(pattern, text, variables=True):
    return re.fullmatch(regular(pattern, variables), text, re.DOTALL) is not None


def is_equal(pattern, text):
    return literal(pattern) == text


def regular(pattern, variables=True):
    """A regular expression for what the pattern matches."""
    parts = []
    for name, sign, other in TOKEN.findall(pattern):
        if sign:
            parts.append(".*" if sign == "*" else ".")
        elif other or not variables:
            parts.append(re.escape(other or f"${{{name}}}"))
        else:
            parts.append(re.escape(variable(name)))
    return "".join(parts)


def literal(pattern):
    return re.sub(r"\$\{([^}]*)\}", lambda found: variable(found.group(1)), pattern)


def variable(name):
    if name not in LITERALS:
        raise Unsupported(f"the variable {name}")
    return name


def in_list(value):
    return value if isinstance(value, list) else [value]


OPERATORS = {
    "StringLike": is_like,
    "StringEquals": is_equal,
    "ArnLike": is_like_arn,
    "ArnEquals": is_like_arn,  # the two are the same
}
