"""The template's faults, as people make them: a name, what stands there, what stands there instead.

Those for AWS's rules go on with how severe the fault is to them and a pattern of what they say;
those for ours with the sentence that must come.
"""

BROKEN_FOR_AWS = (
    ("a property that does not exist",
     "PubliclyAccessible: false\n      EnhancedVpcRouting: !Ref EnhancedVpcRouting\n"
     "      SecurityGroupIds:",
     "PublicAccess: false\n      EnhancedVpcRouting: !Ref EnhancedVpcRouting\n"
     "      SecurityGroupIds:",
     "error", r"Workgroup: PublicAccess: .*unexpected"),
    ("a value of the wrong type",
     "ManageAdminPassword: true", "ManageAdminPassword: maybe",
     "error", r"boolean value, got: 'maybe'"),
    ("a required property is missing",
     "      NodeType: !Ref NodeType\n", "",
     "error", r"Cluster .*missing required property: nodeType"),
    ("a reference to nothing",
     "- !Ref WarehouseSecurityGroup\n      SubnetIds", "- !Ref WarehouseGroup\n      SubnetIds",
     "error", r"'WarehouseGroup' not found"),
    ("an attribute that does not exist",
     "Value: !GetAtt RedshiftRole.Arn", "Value: !GetAtt RedshiftRole.ARN",
     "error", r"Outputs/IamRole.*'ARN' is not one of"),
    ("an attribute in a text that does not exist",
     "redshift://${Workgroup.Workgroup.Endpoint.Address}",
     "redshift://${Workgroup.Workgroup.Endpoint.Adress}",
     "error", r"Outputs/Warehouse.*'Workgroup\.Endpoint\.Adress' is not one of"),
    # It would be the way to trust this one workgroup, if AWS could make either first.
    ("resources that wait for each other",
     "dbuser:serverless-${AWS::AccountId}-${WorkgroupId}/",
     "dbuser:serverless-${AWS::AccountId}-${Workgroup.Workgroup.WorkgroupId}/",
     "error", r"cycle .*RedshiftRole depends on Workgroup depends on Namespace"),
    ("a name that stands twice",
     "  ClusterSubnets:\n", "  Namespace:\n    Type: AWS::SNS::Topic\n  ClusterSubnets:\n",
     "error", r"keys must be unique; \"Namespace\" is repeated"),
    ("a snapshot of what has none",
     "AWS::RedshiftServerless::Namespace\n    Condition: IsServerless\n    DeletionPolicy: Retain",
     "AWS::RedshiftServerless::Namespace\n    Condition: IsServerless\n"
     "    DeletionPolicy: Snapshot",
     "error", r"Namespace: DeletionPolicy.*got 'Snapshot'"),
    ("a condition that nobody defines",
     "- MakesControlBucket\n      - !Sub s3://", "- MakesBucket\n      - !Sub s3://",
     "error", r"'MakesBucket'"),
    ("a default that is not allowed",
     "Default: ra3.large", "Default: ra3.small",
     "error", r"NodeType.*'ra3\.small' is not in AllowedValues"),
    ("a type that does not exist",
     "Type: AWS::Redshift::ClusterParameterGroup", "Type: AWS::Redshift::ParameterGroup",
     "error", r"Unknown resource type 'AWS::Redshift::ParameterGroup'"),
    ("an unknown kind of encryption",
     "SSEAlgorithm: AES256", "SSEAlgorithm: AES-256",
     "warning", r"ControlArea: .*SSEAlgorithm: 'AES-256' is not one of"),
)

LOGIN_OF_ANALYST = """\
        Statement:
          - !If
            - IsServerless
            - Sid: LogIn
              Effect: Allow
              Action: redshift-serverless:GetCredentials
              Resource: !GetAtt Workgroup.Workgroup.WorkgroupArn
"""

BROKEN_FOR_US = (
    ("a login to every warehouse of the account",
     LOGIN_OF_ANALYST, LOGIN_OF_ANALYST.replace("!GetAtt Workgroup.Workgroup.WorkgroupArn", '"*"'),
     "AnalystPolicy: LogIn: redshift-serverless:GetCredentials on *, which is no single workgroup"),
    ("all actions of a service",
     "Action:\n              - s3:PutObject\n              - s3:DeleteObject\n", "Action: s3:*\n",
     "LoaderPolicy: WriteControl: s3:* is not among the actions that sparkify needs"),
    ("a whole bucket in place of a prefix",
     "- !Sub arn:${AWS::Partition}:s3:::${ControlArea}/${ControlPrefix}/*\n"
     "                  - !Sub",
     "- !Sub arn:${AWS::Partition}:s3:::${ControlArea}/*\n                  - !Sub",
     "RedshiftRole: GetControl: s3:GetObject on arn:aws:s3:::<ControlArea>/*, "
     "which is no single object"),
    ("a listing of the whole bucket",
     "                - !Sub arn:${AWS::Partition}:s3:::${ControlBucket}\n"
     "                Condition:\n                  StringLike:\n                    s3:prefix:\n"
     "                      - !Ref ControlPrefix\n"
     "                      - !Sub ${ControlPrefix}/*\n",
     "                - !Sub arn:${AWS::Partition}:s3:::${ControlBucket}\n",
     "RedshiftRole: ListControl: may list the whole bucket; s3:prefix must restrict it"),
    ("every key",
     "Action: kms:Decrypt\n                  Resource: !Ref KmsKeyArn",
     "Action: kms:Decrypt\n                  Resource: '*'",
     "RedshiftRole: DecryptObjects: kms:Decrypt on *, which is no single key"),
    ("a role that any account's Redshift may take",
     "            Condition:\n              StringLike:\n                # AWS's guide",
     "            Conditions:\n              StringLike:\n                # AWS's guide",
     "RedshiftRole: the trust has no sts:ExternalId, so any Redshift may take the role"),
    ("a role for every user",
     "${AWS::AccountId}-${WorkgroupId}/${LoaderUser}", "${AWS::AccountId}-${WorkgroupId}/*",
     "RedshiftRole: the external id arn:aws:redshift:eu-west-1:123456789012:dbuser:"
     "serverless-123456789012-*/* is not one user's of one warehouse"),
    ("a trust beyond Redshift",
     "- [redshift.amazonaws.com]\n", "- [redshift.amazonaws.com, ec2.amazonaws.com]\n",
     "RedshiftRole: the trust goes beyond Redshift: "
     "['redshift.amazonaws.com', 'ec2.amazonaws.com']"),
    ("a version of policies that does not exist",
     "Version: \"2012-10-17\"\n        Statement:\n          - Sid: TheLoader",
     "Version: \"2022-10-17\"\n        Statement:\n          - Sid: TheLoader",
     "RedshiftRole: the policy's version is 2022-10-17, not 2012-10-17"),
    ("a cluster on the internet",
     "PubliclyAccessible: false\n      EnhancedVpcRouting: !Ref EnhancedVpcRouting\n"
     "      VpcSecurityGroupIds:",
     "PubliclyAccessible: true\n      EnhancedVpcRouting: !Ref EnhancedVpcRouting\n"
     "      VpcSecurityGroupIds:",
     "Cluster: PubliclyAccessible is True, not False"),
    ("a cluster in the clear",
     "      Encrypted: true\n", "",
     "Cluster: Encrypted is None, not True"),
    ("a door for everybody",
     "CidrIp: !Ref ClientCidr", "CidrIp: 0.0.0.0/0",
     "WarehouseSecurityGroup: lets the internet in: 0.0.0.0/0"),
    ("connections without TLS",
     "- ParameterName: require_ssl\n          ParameterValue: \"true\"",
     "- ParameterName: require_ssl\n          ParameterValue: \"false\"",
     "ClusterParameters: takes connections without TLS; require_ssl must be true"),
    ("a bucket with objects for everybody",
     "BlockPublicPolicy: true", "BlockPublicPolicy: false",
     "ControlArea: BlockPublicPolicy is False, not True"),
    ("a bucket without TLS",
     "aws:SecureTransport: \"false\"", "aws:SecureTransport: \"true\"",
     "ControlAreaPolicy: takes requests without TLS"),
    ("a password as a parameter",
     "Parameters:\n  WarehouseKind:",
     "Parameters:\n  AdminPassword:\n    Type: String\n    Default: Sparkify1\n  WarehouseKind:",
     "AdminPassword: a secret as a parameter is read by all who may see the stack"),
    ("a password in the template",
     "ManageMasterPassword: true", "MasterUserPassword: Sparkify1",
     "Cluster: MasterUserPassword stands in the template"),
    ("data that goes with the stack",
     "DeletionPolicy: Snapshot\n", "DeletionPolicy: Delete\n",
     "Cluster: DeletionPolicy is Delete, which loses data"),
    ("a capacity without a bound",
     "      MaxCapacity: !Ref MaxCapacity\n", "",
     "Workgroup: has no MaxCapacity, so no bound to what an hour costs"),
    ("a parameter that takes anything",
     "    AllowedPattern: \"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\"\n", "",
     "DataBucket: takes any text; give AllowedPattern or AllowedValues"),
    ("a resource that no rule looks at",
     "  ClusterSubnets:\n    Type: AWS::Redshift::ClusterSubnetGroup",
     "  ClusterSubnets:\n    Type: AWS::Redshift::EndpointAccess",
     "ClusterSubnets: AWS::Redshift::EndpointAccess has no rules in tests/infra/rules.py"),
)
