"""Seeds an emulator with the demo's estate: Northwind, a small company in two regions, with good,
bad and unreadable parts, and with names and tags that try to break out of a page.

    python estate.py http://127.0.0.1:5000 [--lenient]

With --lenient, what the emulator cannot do is left out with a line on stderr; without it, the
first such thing ends the program.
"""

import datetime
import io
import json
import sys
import urllib.request
import zipfile

import boto3
from botocore.config import Config

ENDPOINT = sys.argv[1]
LENIENT = "--lenient" in sys.argv[2:]
HOME, AWAY = "us-east-1", "eu-west-1"
# ministack writes names and tags into its XML as they are: with this one its answers could not be read.
HOSTILE = "<script>alert(1)</script>" if not LENIENT else "{{7*7}} 'a' --"
SKIPPED = []


def client(service, region=HOME):
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id="SEED",
        aws_secret_access_key="SEED",
        config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def attempt(what, call, *args, **kwargs):
    """One thing of the estate. Gives None where a lenient run leaves it out."""
    try:
        return call(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - every failure is reported alike
        if not LENIENT:
            raise SystemExit(f"could not seed {what}: {error}") from error
        SKIPPED.append(what)
        print(f"left out: {what}: {str(error)[:160]}", file=sys.stderr)
        return None


def tags(**pairs):
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def account_id():
    return client("sts").get_caller_identity()["Account"]


# --- identity -------------------------------------------------------------------------------------


def identity(account):
    iam = client("iam")
    attempt(
        "password policy",
        iam.update_account_password_policy,
        MinimumPasswordLength=12,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
        MaxPasswordAge=90,
        PasswordReusePrevention=24,
    )
    for group, document in [
        ("engineers", policy(allow(["ec2:Describe*", "s3:ListAllMyBuckets"]))),
        (
            "operators",
            policy(
                allow("ec2:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
                {
                    "Effect": "Deny",
                    "NotAction": "iam:*",
                    "Resource": "*",
                    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
                },
            ),
        ),
        ("auditors", policy(allow("s3:Get*", "*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))),
    ]:
        attempt(f"group {group}", iam.create_group, GroupName=group)
        attempt(f"policy of {group}", iam.put_group_policy, GroupName=group, PolicyName="access", PolicyDocument=document)

    def user(name, group=None, console=True, mfa=True, owner=True, keys=0):
        attempt(f"user {name}", iam.create_user, UserName=name, Tags=tags(owner=f"{name}@northwind.example") if owner else [])
        if console:
            attempt(f"password of {name}", iam.create_login_profile, UserName=name, Password="Correct-Horse-9-Battery")
        if mfa:
            device_name = name if name == "root-account-mfa-device" else f"{name}-phone"
            device = attempt(f"device of {name}", iam.create_virtual_mfa_device, VirtualMFADeviceName=device_name)
            if device:
                attempt(
                    f"MFA of {name}",
                    iam.enable_mfa_device,
                    UserName=name,
                    SerialNumber=device["VirtualMFADevice"]["SerialNumber"],
                    AuthenticationCode1="123456",
                    AuthenticationCode2="234567",
                )
        if group:
            attempt(f"group of {name}", iam.add_user_to_group, GroupName=group, UserName=name)
        for _ in range(keys):
            attempt(f"key of {name}", iam.create_access_key, UserName=name)

    user("ada", "engineers")
    user("grace", "operators", keys=1)
    user("linus", "engineers", mfa=False)
    user("mallory", None, mfa=False, owner=False, keys=2)
    user("deploy-bot", "engineers", console=False, mfa=False, keys=1)
    # A user may own a device that is named like root's.
    user("root-account-mfa-device", "auditors", owner=False)
    attempt(
        "policy on mallory",
        iam.put_user_policy,
        UserName="mallory",
        PolicyName="temporary",
        PolicyDocument=policy(allow("*", Sid="Temporary")),
    )
    for name, document, description in [
        ("NorthwindReadOnly", policy(allow(["s3:Get*", "s3:List*"], "arn:aws:s3:::northwind-*")), "Reads buckets"),
        ("NorthwindBreakGlass", policy(allow("*")), HOSTILE),
        ("NorthwindStorage", policy(allow("s3:*")), "All of S3"),
        ("NorthwindDeploy", policy(allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"])), "Deploys"),
        ("NorthwindNotAction", policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), "All but IAM"),
    ]:
        attempt(
            f"policy {name}", iam.create_policy, PolicyName=name, PolicyDocument=document, Description=description,
            Tags=tags(note=HOSTILE),
        )
    attempt(
        "break glass for operators",
        iam.attach_group_policy,
        GroupName="operators",
        PolicyArn=f"arn:aws:iam::{account}:policy/NorthwindBreakGlass",
    )

    def trust(principal, **condition):
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        if condition:
            statement["Condition"] = condition["condition"]
        return policy(statement)

    vendor = "arn:aws:iam::210987654321:root"
    for name, document in [
        ("web", trust({"Service": "ec2.amazonaws.com"})),
        ("vendor-good", trust({"AWS": vendor}, condition={"StringEquals": {"sts:ExternalId": "nw-7c1f"}})),
        ("vendor-bad", trust({"AWS": vendor})),
        ("anyone", trust({"AWS": "*"})),
        ("anyone-here", trust("*", condition={"StringEquals": {"aws:PrincipalAccount": account}})),
        ("mixed", trust({"Service": "lambda.amazonaws.com", "AWS": f"arn:aws:iam::{account}:root"})),
    ]:
        attempt(f"role {name}", iam.create_role, RoleName=name, AssumeRolePolicyDocument=document, Tags=tags(note=HOSTILE))
    attempt(
        "inline policy of web", iam.put_role_policy, RoleName="web", PolicyName="logs",
        PolicyDocument=policy(allow("logs:PutLogEvents", f"arn:aws:logs:*:{account}:*")),
    )
    attempt(
        "service-linked role", iam.create_service_linked_role, AWSServiceName="elasticloadbalancing.amazonaws.com"
    )
    attempt(
        "security contact", client("account").put_alternate_contact, AlternateContactType="SECURITY",
        EmailAddress="security@northwind.example", Name="Security desk", PhoneNumber="+1 555 0100", Title=HOSTILE,
    )
    attempt("organisation", client("organizations").create_organization, FeatureSet="ALL")


# --- keys and secrets -----------------------------------------------------------------------------


def keys(account):
    kms = client("kms")

    def key(alias, region=HOME, rotate=False, document=None, **more):
        kms = client("kms", region)
        made = attempt(
            f"key {alias}", kms.create_key, Description=f"{alias} {HOSTILE}",
            Tags=[{"TagKey": "name", "TagValue": alias}], **({"Policy": document} if document else {}), **more,
        )
        if not made:
            return None
        name = made["KeyMetadata"]["KeyId"]
        attempt(f"alias {alias}", kms.create_alias, AliasName=f"alias/{alias}", TargetKeyId=name)
        if rotate:
            attempt(f"rotation of {alias}", kms.enable_key_rotation, KeyId=name)
        return name

    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"}
    main_key = key("main", rotate=True)
    key("archive")
    key("denied-rotation")
    key("open", document=policy(own, {"Sid": HOSTILE, "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}))
    key(
        "via-service",
        rotate=True,
        document=policy(
            own,
            {
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": "kms:Decrypt",
                "Resource": "*",
                "Condition": {"StringEquals": {"kms:CallerAccount": account}},
            },
        ),
    )
    key("imported", Origin="EXTERNAL")
    key("signing", KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")
    key("hmac", KeyUsage="GENERATE_VERIFY_MAC", KeySpec="HMAC_256")
    dying = key("dying")
    if dying:
        attempt("deletion of dying", kms.schedule_key_deletion, KeyId=dying, PendingWindowInDays=7)
    off = key("switched-off")
    if off:
        attempt("switching off", kms.disable_key, KeyId=off)
    key("away", region=AWAY, rotate=True)
    secrets = client("secretsmanager")
    attempt("secret", secrets.create_secret, Name="northwind/database", SecretString="x", Tags=tags(note=HOSTILE))
    attempt("secret", secrets.create_secret, Name="northwind/forgotten", SecretString="x")
    attempt(
        "secret in the other region", client("secretsmanager", AWAY).create_secret, Name="northwind/eu", SecretString="x"
    )
    rotator = attempt(
        "rotation function", client("lambda").create_function, FunctionName="rotator", Runtime="python3.12",
        Role=f"arn:aws:iam::{account}:role/web", Handler="a.b", Code={"ZipFile": archive()},
    )
    if rotator:
        attempt(
            "rotation of the secret", secrets.rotate_secret, SecretId="northwind/database",
            RotationLambdaARN=rotator["FunctionArn"], RotationRules={"AutomaticallyAfterDays": 30},
        )
    return main_key


def archive():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("a.py", "def b(event, context): pass\n")
    return out.getvalue()


# --- buckets --------------------------------------------------------------------------------------


def tls_only(bucket, sid="TlsOnly"):
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


BLOCK = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}


def buckets(account, key):
    s3 = client("s3")

    def bucket(name, region=HOME, *statements, block=None, versioned=None, logs=None, kms=False, expire=None, acl=None):
        s3 = client("s3", region)
        place = {} if region == HOME else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        if attempt(f"bucket {name}", s3.create_bucket, Bucket=name, ObjectOwnership="ObjectWriter", **place) is None:
            return
        if block:
            attempt(f"block of {name}", s3.put_public_access_block, Bucket=name, PublicAccessBlockConfiguration=block)
        if statements:
            attempt(f"policy of {name}", s3.put_bucket_policy, Bucket=name, Policy=policy(*statements))
        if versioned:
            attempt(f"versions of {name}", s3.put_bucket_versioning, Bucket=name, VersioningConfiguration={"Status": versioned})
        if logs:
            attempt(
                f"logs of {name}", s3.put_bucket_logging, Bucket=name,
                BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": logs, "TargetPrefix": f"{name}/"}},
            )
        if kms and key:
            attempt(
                f"encryption of {name}", s3.put_bucket_encryption, Bucket=name,
                ServerSideEncryptionConfiguration={
                    "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]
                },
            )
        if expire:
            attempt(
                f"lifecycle of {name}", s3.put_bucket_lifecycle_configuration, Bucket=name,
                LifecycleConfiguration={
                    "Rules": [{"ID": HOSTILE, "Status": expire, "Filter": {"Prefix": ""}, "Expiration": {"Days": 400}}]
                },
            )
        if acl:
            attempt(f"ACL of {name}", s3.put_bucket_acl, Bucket=name, ACL=acl)
        attempt(f"tags of {name}", s3.put_bucket_tagging, Bucket=name, Tagging={"TagSet": tags(note=HOSTILE)})

    delivery = {
        "Sid": "Delivery",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::northwind-logs/*",
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }
    bucket("northwind-logs", HOME, delivery, block=BLOCK, versioned="Enabled", expire="Enabled")
    bucket(
        "northwind-records", HOME, tls_only("northwind-records"), block=BLOCK, versioned="Enabled", logs="northwind-logs",
        kms=True, expire="Enabled",
    )
    bucket("northwind-scratch", expire="Disabled", versioned="Suspended")
    bucket(
        "northwind-website", HOME,
        {"Sid": "<b>Public</b>", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::northwind-website/*"},
        acl="public-read",
    )
    bucket(
        "northwind-partners", HOME, tls_only("northwind-partners", sid=HOSTILE),
        {
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::northwind-partners/*",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-northwind00"}},
        },
        block={**BLOCK, "RestrictPublicBuckets": False}, kms=True,
    )
    bucket("northwind-legal-hold", block=BLOCK, versioned="Enabled")
    bucket("northwind-archive-eu", AWAY, tls_only("northwind-archive-eu"), block=BLOCK, versioned="Enabled", expire="Enabled")
    # A bucket in a region that the demo does not scan.
    bucket("northwind-apac", "ap-southeast-2", block=BLOCK)
    trail_write = {
        "Sid": "Trail",
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:GetBucketAcl"],
        "Resource": ["arn:aws:s3:::northwind-trail", "arn:aws:s3:::northwind-trail/*"],
    }
    bucket("northwind-trail", HOME, tls_only("northwind-trail"), trail_write, block=BLOCK, versioned="Enabled", kms=True, logs="northwind-logs")
    # After the targets of the logs are set: moto reads the policy then, and knows no Principal "*".
    attempt(
        "policy of northwind-logs", s3.put_bucket_policy, Bucket="northwind-logs",
        Policy=policy(tls_only("northwind-logs"), delivery),
    )


def account_block(account):
    """By hand: the SDK puts the account id before the emulator's host name, which nobody resolves."""
    names = "".join(f"<{name}>false</{name}>" for name in BLOCK)
    request = urllib.request.Request(
        f"{ENDPOINT}/v20180820/configuration/publicAccessBlock",
        method="PUT",
        data=f'<PublicAccessBlockConfiguration xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/">{names}</PublicAccessBlockConfiguration>'.encode(),
        headers={
            "x-amz-account-id": account,
            "Content-Type": "application/xml",
            "Authorization": f"AWS4-HMAC-SHA256 Credential=SEED/20200101/{HOME}/s3/aws4_request, SignedHeaders=host, Signature=0",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()
    return True


# --- network, machines, discs ---------------------------------------------------------------------


def network(account, region, good):
    ec2 = client("ec2", region)
    vpc = attempt("VPC", ec2.create_vpc, CidrBlock="10.20.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags(Name="main")}])
    if not vpc:
        return
    vpc = vpc["Vpc"]["VpcId"]
    subnet = attempt("subnet", ec2.create_subnet, VpcId=vpc, CidrBlock="10.20.1.0/24")["Subnet"]["SubnetId"]
    public = attempt("public subnet", ec2.create_subnet, VpcId=vpc, CidrBlock="10.20.2.0/24")["Subnet"]["SubnetId"]
    attempt("public addresses", ec2.modify_subnet_attribute, SubnetId=public, MapPublicIpOnLaunch={"Value": True})

    def group(name, rules=(), description="a group"):
        made = attempt(
            f"group {name}", ec2.create_security_group, GroupName=name, Description=description, VpcId=vpc,
            TagSpecifications=[{"ResourceType": "security-group", "Tags": tags(Name=HOSTILE)}],
        )
        if made and rules:
            attempt(f"rules of {name}", ec2.authorize_security_group_ingress, GroupId=made["GroupId"], IpPermissions=list(rules))
        return made and made["GroupId"]

    def tcp(low, high, *cidrs, **more):
        v4 = [{"CidrIp": cidr} for cidr in cidrs if ":" not in cidr]
        v6 = [{"CidrIpv6": cidr} for cidr in cidrs if ":" in cidr]
        return {"IpProtocol": "tcp", "FromPort": low, "ToPort": high, "IpRanges": v4, "Ipv6Ranges": v6, **more}

    web = group("web", [tcp(443, 443, "0.0.0.0/0", "::/0")])
    group("bastion", [tcp(22, 22, "203.0.113.0/24")])
    if not good:
        group("halves", [tcp(22, 22, "0.0.0.0/1", "128.0.0.0/1")], "two halves of the internet")
        group("six", [tcp(3389, 3389, "::/0")])
        group("range", [tcp(0, 65535, "0.0.0.0/0")])
        group("everything", [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
        group("database", [tcp(5432, 5432, "0.0.0.0/0")])
        group("ping", [{"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
        for name, cidrs in [("offices", ["198.51.100.0/24"]), ("everywhere", ["0.0.0.0/1", "128.0.0.0/1"])]:
            listed = attempt(
                f"prefix list {name}", ec2.create_managed_prefix_list, PrefixListName=name, MaxEntries=5,
                AddressFamily="IPv4", Entries=[{"Cidr": cidr} for cidr in cidrs],
            )
            if listed:
                prefix = listed["PrefixList"]["PrefixListId"]
                group(f"prefix-{name}", [tcp(22, 22, PrefixListIds=[{"PrefixListId": prefix}])])
        acl = attempt("network ACL", ec2.create_network_acl, VpcId=vpc)
        if acl:
            for number, low, high, action in [(90, 22, 22, "deny"), (100, 0, 65535, "allow")]:
                attempt(
                    "network ACL entry", ec2.create_network_acl_entry, NetworkAclId=acl["NetworkAcl"]["NetworkAclId"],
                    RuleNumber=number, Protocol="6", RuleAction=action, Egress=False, CidrBlock="0.0.0.0/0",
                    PortRange={"From": low, "To": high},
                )
    default = attempt("groups", ec2.describe_security_groups, Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}])
    if good and default and default["SecurityGroups"]:
        closed = default["SecurityGroups"][0]
        for rules, revoke in [
            (closed["IpPermissions"], ec2.revoke_security_group_ingress),
            (closed["IpPermissionsEgress"], ec2.revoke_security_group_egress),
        ]:
            if rules:
                attempt("closing the default group", revoke, GroupId=closed["GroupId"], IpPermissions=rules)
    if good:
        attempt(
            "flow log", ec2.create_flow_logs, ResourceType="VPC", ResourceIds=[vpc], TrafficType="ALL",
            LogDestinationType="s3", LogDestination="arn:aws:s3:::northwind-logs",
        )
        attempt("encryption by default", ec2.enable_ebs_encryption_by_default)

    images = attempt("images", ec2.describe_images, Owners=["amazon"])
    image = images["Images"][0]["ImageId"] if images and images["Images"] else "ami-12345678"
    for name, network_of, tokens in [("app", subnet, "required"), ("legacy", public, "optional")]:
        if good and name == "legacy":
            continue
        made = attempt(
            f"instance {name}", ec2.run_instances, ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.micro",
            SubnetId=network_of, SecurityGroupIds=[web] if web else [],
            MetadataOptions={"HttpTokens": tokens, "HttpEndpoint": "enabled"},
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags(Name=f"{name} {HOSTILE}")}],
        )
        if made and name == "legacy":
            address = attempt("address", ec2.allocate_address, Domain="vpc")
            if address:
                attempt(
                    "address of the instance", ec2.associate_address, AllocationId=address["AllocationId"],
                    InstanceId=made["Instances"][0]["InstanceId"],
                )
    zone = f"{region}a"
    attempt("disc", ec2.create_volume, AvailabilityZone=zone, Size=10, Encrypted=True)
    if not good:
        plain = attempt("plain disc", ec2.create_volume, AvailabilityZone=zone, Size=10, Encrypted=False)
        if plain:
            for what in ["kept", "shared"]:
                snapshot = attempt("snapshot", ec2.create_snapshot, VolumeId=plain["VolumeId"], Description=HOSTILE)
                if snapshot and what == "shared":
                    attempt(
                        "sharing the snapshot", ec2.modify_snapshot_attribute, SnapshotId=snapshot["SnapshotId"],
                        Attribute="createVolumePermission", OperationType="add", GroupNames=["all"],
                    )


# --- databases ------------------------------------------------------------------------------------


def databases(region, good):
    rds = client("rds", region)

    def instance(name, **more):
        settings = {
            "DBInstanceClass": "db.t3.micro", "Engine": "postgres", "AllocatedStorage": 20, "MasterUsername": "root",
            "MasterUserPassword": "not-a-secret-1", **more,
        }
        return attempt(f"database {name}", rds.create_db_instance, DBInstanceIdentifier=name, Tags=tags(note=HOSTILE), **settings)

    instance(
        "orders", StorageEncrypted=True, MultiAZ=True, BackupRetentionPeriod=14, DeletionProtection=True,
        PubliclyAccessible=False, EnableIAMDatabaseAuthentication=True, EnableCloudwatchLogsExports=["postgresql"],
        AutoMinorVersionUpgrade=True,
    )
    if good:
        return
    instance(
        "legacy", StorageEncrypted=False, MultiAZ=False, BackupRetentionPeriod=1, PubliclyAccessible=True,
        AutoMinorVersionUpgrade=False,
    )
    attempt("replica", rds.create_db_instance_read_replica, DBInstanceIdentifier="orders-replica", SourceDBInstanceIdentifier="orders")
    attempt(
        "cluster", rds.create_db_cluster, DBClusterIdentifier="ledger", Engine="aurora-postgresql", MasterUsername="root",
        MasterUserPassword="not-a-secret-1", StorageEncrypted=True, BackupRetentionPeriod=14, DeletionProtection=True,
    )
    instance_of_cluster = {"DBInstanceClass": "db.r5.large", "Engine": "aurora-postgresql", "DBClusterIdentifier": "ledger",
                           "PubliclyAccessible": False}
    attempt("instance of the cluster", rds.create_db_instance, DBInstanceIdentifier="ledger-1", **instance_of_cluster)
    attempt(
        "plain cluster", rds.create_db_cluster, DBClusterIdentifier="sandbox", Engine="aurora-mysql", MasterUsername="root",
        MasterUserPassword="not-a-secret-1", StorageEncrypted=False,
    )
    for name in ["orders-kept", "orders-shared"]:
        attempt("snapshot", rds.create_db_snapshot, DBSnapshotIdentifier=name, DBInstanceIdentifier="orders")
    attempt(
        "sharing the snapshot", rds.modify_db_snapshot_attribute, DBSnapshotIdentifier="orders-shared",
        AttributeName="restore", ValuesToAdd=["all"],
    )


# --- watching -------------------------------------------------------------------------------------


def patterns(account):
    watched = {
        "root-use": '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }',
        "iam-changes": "{ "
        + " || ".join(
            f"($.eventName={name})"
            for name in [
                "DeleteGroupPolicy", "DeleteRolePolicy", "DeleteUserPolicy", "PutGroupPolicy", "PutRolePolicy",
                "PutUserPolicy", "CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion",
                "AttachRolePolicy", "DetachRolePolicy", "AttachUserPolicy", "DetachUserPolicy", "AttachGroupPolicy",
                "DetachGroupPolicy",
            ]
        )
        + " }",
        "trail-changes": "{ ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) "
        "|| ($.eventName = StartLogging) || ($.eventName = StopLogging) }",
        # Without DescribeX-like noise, but without an alarm behind it.
        "unauthorized": '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
    }
    return watched


def watching(account, key):
    logs = client("logs")
    groups = [("northwind/trail", 400, True), ("northwind/app", None, False), (f"northwind/{'x' * 30}", 30, False)]
    for name, days, encrypted in groups:
        more = {}
        if encrypted and key:
            more["kmsKeyId"] = f"arn:aws:kms:{HOME}:{account}:key/{key}"
        attempt(f"log group {name}", logs.create_log_group, logGroupName=name, tags={"note": HOSTILE}, **more)
        if days:
            attempt(f"retention of {name}", logs.put_retention_policy, logGroupName=name, retentionInDays=days)
    # The same name in the other region is another log group.
    away = client("logs", AWAY)
    attempt("log group in the other region", away.create_log_group, logGroupName="northwind/app")
    attempt("its retention", away.put_retention_policy, logGroupName="northwind/app", retentionInDays=7)
    topic = attempt("topic", client("sns").create_topic, Name="security")
    alarm_to = [topic["TopicArn"]] if topic else [f"arn:aws:sns:{HOME}:{account}:security"]
    watch = client("cloudwatch")
    for name, pattern in patterns(account).items():
        attempt(
            f"metric filter {name}", logs.put_metric_filter, logGroupName="northwind/trail", filterName=name,
            filterPattern=pattern,
            metricTransformations=[{"metricName": name, "metricNamespace": "Northwind", "metricValue": "1"}],
        )
        if name != "unauthorized":
            attempt(
                f"alarm {name}", watch.put_metric_alarm, AlarmName=f"{name} {HOSTILE}", MetricName=name,
                Namespace="Northwind", Statistic="Sum", Period=300, EvaluationPeriods=1, Threshold=1.0,
                ComparisonOperator="GreaterThanOrEqualToThreshold", AlarmActions=alarm_to,
            )
    trails = client("cloudtrail")
    attempt(
        "trail", trails.create_trail, Name="northwind", S3BucketName="northwind-trail", IsMultiRegionTrail=True,
        IncludeGlobalServiceEvents=True, EnableLogFileValidation=True,
        KmsKeyId=f"arn:aws:kms:{HOME}:{account}:key/{key}" if key else None,
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:{HOME}:{account}:log-group:northwind/trail:*",
        CloudWatchLogsRoleArn=f"arn:aws:iam::{account}:role/web",
    )
    attempt("logging", trails.start_logging, Name="northwind")
    attempt(
        "event selectors", trails.put_event_selectors, TrailName="northwind",
        EventSelectors=[{
            "ReadWriteType": "All", "IncludeManagementEvents": True,
            "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::northwind-partners/"]}],
        }],
    )
    away = client("cloudtrail", AWAY)
    attempt("bad trail", away.create_trail, Name="forgotten", S3BucketName="northwind-website", IsMultiRegionTrail=False)
    config = client("config")
    attempt(
        "recorder", config.put_configuration_recorder,
        ConfigurationRecorder={
            "name": "default", "roleARN": f"arn:aws:iam::{account}:role/web",
            "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
        },
    )
    attempt("delivery", config.put_delivery_channel, DeliveryChannel={"name": "default", "s3BucketName": "northwind-logs"})
    attempt("recording", config.start_configuration_recorder, ConfigurationRecorderName="default")
    for region in [HOME, AWAY]:
        attempt("detector", client("guardduty", region).create_detector, Enable=region == HOME)
    security_hub(account)


def security_hub(account):
    hub = client("securityhub")
    if attempt("Security Hub", hub.enable_security_hub, EnableDefaultStandards=True) is None:
        return
    now = datetime.datetime.now(datetime.timezone.utc)
    stamp = now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    old = (now - datetime.timedelta(days=40)).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def finding(control, resource_type, resource, status, severity="MEDIUM", first=stamp, workflow="NEW"):
        number = f"{control}/{resource}".replace(":", "-").replace("/", "-")
        return {
            "SchemaVersion": "2018-10-08",
            "Id": f"arn:aws:securityhub:{HOME}:{account}:security-control/{control}/finding/{number}",
            "ProductArn": f"arn:aws:securityhub:{HOME}::product/aws/securityhub",
            "GeneratorId": f"security-control/{control}",
            "AwsAccountId": account,
            "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
            "FirstObservedAt": first,
            "LastObservedAt": stamp,
            "CreatedAt": first,
            "UpdatedAt": stamp,
            "Severity": {"Label": severity},
            "Title": f"{control} {HOSTILE}",
            "Description": "A finding of the demo's estate.",
            "Resources": [{"Type": resource_type, "Id": resource, "Partition": "aws", "Region": HOME}],
            "Compliance": {"Status": status, "SecurityControlId": control},
            "Workflow": {"Status": workflow},
            "RecordState": "ACTIVE",
        }

    arn = "arn:aws:s3:::{}".format
    findings = [
        # Agree with what there is.
        finding("S3.5", "AwsS3Bucket", arn("northwind-records"), "PASSED", "INFORMATIONAL"),
        finding("S3.5", "AwsS3Bucket", arn("northwind-website"), "FAILED"),
        finding("S3.8", "AwsS3Bucket", arn("northwind-records"), "PASSED", "INFORMATIONAL"),
        finding("S3.14", "AwsS3Bucket", arn("northwind-records"), "PASSED", "INFORMATIONAL"),
        finding("S3.2", "AwsS3Bucket", arn("northwind-website"), "FAILED", "CRITICAL", first=old),
        # Disagree with it.
        finding("S3.5", "AwsS3Bucket", arn("northwind-scratch"), "PASSED", "INFORMATIONAL"),
        finding("S3.14", "AwsS3Bucket", arn("northwind-logs"), "FAILED"),
        # Theirs alone.
        finding("S3.17", "AwsS3Bucket", arn("northwind-deleted-long-ago"), "FAILED"),
        finding("IAM.15", "AwsAccount", f"AWS::::Account:{account}", "FAILED", "MEDIUM"),
        finding("CloudTrail.1", "AwsAccount", f"AWS::::Account:{account}", "PASSED", "INFORMATIONAL"),
        finding("KMS.4", "AwsKmsKey", f"arn:aws:kms:{HOME}:{account}:key/unknown", "WARNING", "INFORMATIONAL"),
    ]
    attempt("findings", hub.batch_import_findings, Findings=findings)


def main():
    account = account_id()
    identity(account)
    key = keys(account)
    buckets(account, key)
    attempt("the account's Block Public Access", account_block, account)
    network(account, HOME, good=False)
    network(account, AWAY, good=True)
    databases(HOME, good=False)
    databases(AWAY, good=True)
    watching(account, key)
    print(json.dumps({"account": account, "left_out": SKIPPED}))


if __name__ == "__main__":
    main()
