"""What we ask of the template that no validator knows: who may do what, and that nothing is open.

`offences(stack)` looks at one stack with its parameters worked out; `parameter_offences(template)`
at what its parameters take. Each answer is a sentence that begins with the name of the part.
"""

import re

# What kind of thing AWS lets a policy name for an action: the "Actions, resources, and condition
# keys" pages of the Service Authorization Reference. None of these actions needs "*".
RESOURCE_OF_ACTION = {
    "kms:Decrypt": "key",
    "kms:GenerateDataKey": "key",
    "redshift-serverless:GetCredentials": "workgroup",
    "redshift:GetClusterCredentialsWithIAM": "dbname",
    "s3:DeleteObject": "object",
    "s3:GetObject": "object",
    "s3:ListBucket": "bucket",
    "s3:PutObject": "object",
}
_NAME = r"[A-Za-z0-9_.<>-]+"
RESOURCE_SHAPE = {
    "bucket": rf"arn:aws:s3:::{_NAME}",
    "object": rf"arn:aws:s3:::{_NAME}(/{_NAME})+/\*",
    "key": r"arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+",
    "workgroup": r"<Workgroup\.Workgroup\.WorkgroupArn>",
    "dbname": rf"arn:aws:redshift:[a-z0-9-]+:[0-9]{{12}}:dbname:{_NAME}/{_NAME}",
}
REDSHIFT_SERVICES = {"redshift.amazonaws.com", "redshift-serverless.amazonaws.com"}
EXTERNAL_ID_SHAPE = (
    r"arn:aws:redshift:[a-z0-9-]+:(?P<account>[0-9]{12}):dbuser:"
    r"((serverless-(?P=account)-[0-9a-f*-]+)|[a-z][a-z0-9-]+)/[A-Za-z0-9_:+=,.@-]+"
)
REDSHIFT_PORT = 5439
# What holds data, and how CloudFormation can spare it.
MAY_BE_DELETED_AS = {
    "AWS::Redshift::Cluster": {"Retain", "Snapshot"},
    "AWS::RedshiftServerless::Namespace": {"Retain"},
    "AWS::S3::Bucket": {"Retain"},
}


def _as_list(value):
    return value if isinstance(value, list) else [value]


def policy_documents(resource):
    """What a policy, or the policies in a role, say; without whom a role trusts."""
    properties = resource["Properties"]
    documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    if "PolicyDocument" in properties:
        documents.append(properties["PolicyDocument"])
    return documents


def _statements(resource):
    return [one for document in policy_documents(resource) for one in document["Statement"]]


def _version_offences(document):
    """Without a version, or with another one, a policy means something else."""
    if document.get("Version") != "2012-10-17":
        yield f"the policy's version is {document.get('Version')}, not 2012-10-17"


def _listing_offences(statement):
    condition = statement.get("Condition", {})
    prefixes = condition.get("StringLike", {}).get("s3:prefix")
    if prefixes is None:
        yield "may list the whole bucket; s3:prefix must restrict it"
        return
    for prefix in _as_list(prefixes):
        if not re.fullmatch(rf"{_NAME}(/{_NAME})*(/\*)?", prefix):
            yield f"the prefix {prefix} is too wide"


def _allow_offences(statement):
    for word in ("NotAction", "NotResource", "NotPrincipal"):
        if word in statement:
            yield f"{word} allows what nobody has thought of"
    for action in _as_list(statement.get("Action", [])):
        kind = RESOURCE_OF_ACTION.get(action)
        if kind is None:
            yield f"{action} is not among the actions that sparkify needs"
            continue
        for resource in _as_list(statement.get("Resource", [])):
            if not re.fullmatch(RESOURCE_SHAPE[kind], resource):
                yield f"{action} on {resource}, which is no single {kind}"
        if action == "s3:ListBucket":
            yield from _listing_offences(statement)


def _policy_offences(resource):
    for document in policy_documents(resource):
        yield from _version_offences(document)
    for statement in _statements(resource):
        if statement["Effect"] == "Deny":
            continue
        if "Principal" in statement:
            yield f"{statement['Sid']}: a bucket's policy of ours only denies"
        for text in _allow_offences(statement):
            yield f"{statement['Sid']}: {text}"


def _trust_offences(resource):
    document = resource["Properties"]["AssumeRolePolicyDocument"]
    yield from _version_offences(document)
    for statement in document["Statement"]:
        principal = statement["Principal"]
        if not isinstance(principal, dict) or set(principal) != {"Service"}:
            yield f"the trust goes beyond services of AWS: {principal}"
        elif not set(_as_list(principal["Service"])) <= REDSHIFT_SERVICES:
            yield f"the trust goes beyond Redshift: {principal['Service']}"
        if statement["Action"] != "sts:AssumeRole":
            yield f"the trust allows {statement['Action']}"
        ids = statement.get("Condition", {}).get("StringLike", {}).get("sts:ExternalId")
        if not ids:
            yield "the trust has no sts:ExternalId, so any Redshift may take the role"
        for one in _as_list(ids or []):
            if not re.fullmatch(EXTERNAL_ID_SHAPE, one):
                yield f"the external id {one} is not one user's of one warehouse"


def _role_offences(resource):
    yield from _trust_offences(resource)
    yield from _policy_offences(resource)
    if "ManagedPolicyArns" in resource["Properties"]:
        yield "a policy of AWS's is wider than what sparkify needs"


def _group_offences(resource):
    ingress = resource["Properties"].get("SecurityGroupIngress", [])
    if not ingress:
        yield "lets nobody in"
    for rule in ingress:
        if rule.get("CidrIp", "").endswith("/0") or "CidrIpv6" in rule:
            yield f"lets the internet in: {rule.get('CidrIp', rule.get('CidrIpv6'))}"
        if (rule["FromPort"], rule["ToPort"]) != (REDSHIFT_PORT, REDSHIFT_PORT):
            yield f"opens ports {rule['FromPort']} to {rule['ToPort']}"
        if rule["IpProtocol"] != "tcp":
            yield f"opens the protocol {rule['IpProtocol']}"
    if "SecurityGroupEgress" not in resource["Properties"]:
        yield "lets everything out; name what it needs"


def _wants(properties, wanted):
    for name, value in wanted.items():
        if properties.get(name) != value:
            yield f"{name} is {properties.get(name)}, not {value}"


def _namespace_offences(resource):
    yield from _wants(resource["Properties"], {"ManageAdminPassword": True})
    if "AdminUserPassword" in resource["Properties"]:
        yield "AdminUserPassword stands in the template"


def _has_parameter(pairs, name_key, name, value):
    return any(pair[name_key] == name and pair["ParameterValue"] == value for pair in pairs)


def _workgroup_offences(resource):
    properties = resource["Properties"]
    yield from _wants(properties, {"PubliclyAccessible": False})
    settings = properties.get("ConfigParameters", [])
    if not _has_parameter(settings, "ParameterKey", "require_ssl", "true"):
        yield "takes connections without TLS; require_ssl must be true"
    if "MaxCapacity" not in properties:
        yield "has no MaxCapacity, so no bound to what an hour costs"
    if not properties.get("SecurityGroupIds"):
        yield "has no security group of ours, so the VPC's own"


def _cluster_offences(resource):
    properties = resource["Properties"]
    wanted = {"PubliclyAccessible": False, "Encrypted": True, "ManageMasterPassword": True}
    yield from _wants(properties, wanted)
    if "MasterUserPassword" in properties:
        yield "MasterUserPassword stands in the template"
    if properties.get("ClusterParameterGroupName") != "<ClusterParameters>":
        yield "has not the parameter group that requires TLS"
    if not properties.get("VpcSecurityGroupIds"):
        yield "has no security group of ours, so the VPC's own"


def _parameter_group_offences(resource):
    settings = resource["Properties"].get("Parameters", [])
    if not _has_parameter(settings, "ParameterName", "require_ssl", "true"):
        yield "takes connections without TLS; require_ssl must be true"


def _bucket_offences(resource):
    properties = resource["Properties"]
    block = properties.get("PublicAccessBlockConfiguration", {})
    names = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    yield from _wants(block, dict.fromkeys(names, True))
    if "BucketEncryption" not in properties:
        yield "is not encrypted"
    rules = properties.get("LifecycleConfiguration", {}).get("Rules", [])
    if not any(rule["Status"] == "Enabled" and rule.get("ExpirationInDays") for rule in rules):
        yield "keeps what failed runs leave"


def _bucket_policy_offences(resource):
    yield from _policy_offences(resource)
    for statement in _statements(resource):
        plain = statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
        if statement["Effect"] == "Deny" and statement["Action"] == "s3:*" and plain:
            return
    yield "takes requests without TLS"


OFFENCES_OF_TYPE = {
    "AWS::EC2::SecurityGroup": _group_offences,
    "AWS::IAM::ManagedPolicy": _policy_offences,
    "AWS::IAM::Role": _role_offences,
    "AWS::Redshift::Cluster": _cluster_offences,
    "AWS::Redshift::ClusterParameterGroup": _parameter_group_offences,
    "AWS::Redshift::ClusterSubnetGroup": lambda resource: (),
    "AWS::RedshiftServerless::Namespace": _namespace_offences,
    "AWS::RedshiftServerless::Workgroup": _workgroup_offences,
    "AWS::S3::Bucket": _bucket_offences,
    "AWS::S3::BucketPolicy": _bucket_policy_offences,
}


def _lifetime_offences(resource):
    spared = MAY_BE_DELETED_AS.get(resource["Type"])
    if spared is None:
        return
    for name in ("DeletionPolicy", "UpdateReplacePolicy"):
        if resource.get(name) not in spared:
            yield f"{name} is {resource.get(name)}, which loses data"


def offences(stack):
    """All that is wrong with the resources of `stack`."""
    found = []
    for name, resource in stack.resources().items():
        check = OFFENCES_OF_TYPE.get(resource["Type"])
        if check is None:
            found.append(f"{name}: {resource['Type']} has no rules in tests/infra/rules.py")
            continue
        for text in (*check(resource), *_lifetime_offences(resource)):
            found.append(f"{name}: {text}")
    return found


def _pattern_offences(parameter):
    """AWS holds the whole value against AllowedPattern."""
    pattern = parameter.get("AllowedPattern")
    if pattern is None:
        yield "takes any text; give AllowedPattern or AllowedValues"
        return
    if "ConstraintDescription" not in parameter:
        yield "refuses a value without saying why"
    if "Default" in parameter and not re.fullmatch(pattern, parameter["Default"]):
        yield f"its default {parameter['Default']} does not match its own pattern"


def parameter_offences(template):
    """All that is wrong with the parameters of `template`."""
    found = []
    for name, parameter in template["Parameters"].items():
        if re.search(r"password|secret", name, re.IGNORECASE):
            found.append(f"{name}: a secret as a parameter is read by all who may see the stack")
        if "Description" not in parameter:
            found.append(f"{name}: nobody says what it is")
        if "AllowedValues" in parameter:
            continue
        if parameter["Type"] == "Number" and not {"MinValue", "MaxValue"} <= set(parameter):
            found.append(f"{name}: has no bounds")
        if parameter["Type"] == "String":
            found += [f"{name}: {text}" for text in _pattern_offences(parameter)]
    return found
