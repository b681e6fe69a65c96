"""People, machines and what they may do."""

from clients import allow, policy, tags, trust


def seed(clients):
    iam = clients("iam")
    clients.attempt(
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
        clients.attempt(f"group {group}", iam.create_group, GroupName=group)
        clients.attempt(f"policy of {group}", iam.put_group_policy, GroupName=group, PolicyName="access", PolicyDocument=document)

    def user(name, group=None, console=True, mfa=True, owner=True, keys=0):
        clients.attempt(f"user {name}", iam.create_user, UserName=name, Tags=tags(owner=f"{name}@northwind.example") if owner else [])
        if console:
            clients.attempt(f"password of {name}", iam.create_login_profile, UserName=name, Password="Correct-Horse-9-Battery")
        if mfa:
            device_name = name if name == "root-account-mfa-device" else f"{name}-phone"
            device = clients.attempt(f"device of {name}", iam.create_virtual_mfa_device, VirtualMFADeviceName=device_name)
            if device:
                clients.attempt(
                    f"MFA of {name}",
                    iam.enable_mfa_device,
                    UserName=name,
                    SerialNumber=device["VirtualMFADevice"]["SerialNumber"],
                    AuthenticationCode1="123456",
                    AuthenticationCode2="234567",
                )
        if group:
            clients.attempt(f"group of {name}", iam.add_user_to_group, GroupName=group, UserName=name)
        for _ in range(keys):
            clients.attempt(f"key of {name}", iam.create_access_key, UserName=name)

    user("ada", "engineers")
    user("grace", "operators", keys=1)
    user("linus", "engineers", mfa=False)
    user("mallory", None, mfa=False, owner=False, keys=2)
    user("deploy-bot", "engineers", console=False, mfa=False, keys=1)
    # A user may own a device that is named like root's.
    user("root-account-mfa-device", "auditors", owner=False)
    clients.attempt(
        "policy on mallory",
        iam.put_user_policy,
        UserName="mallory",
        PolicyName="temporary",
        PolicyDocument=policy(allow("*", Sid="Temporary")),
    )
    for name, document, description in [
        ("NorthwindReadOnly", policy(allow(["s3:Get*", "s3:List*"], "arn:aws:s3:::northwind-*")), "Reads buckets"),
        ("NorthwindBreakGlass", policy(allow("*")), clients.hostile),
        ("NorthwindStorage", policy(allow("s3:*")), "All of S3"),
        ("NorthwindDeploy", policy(allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"])), "Deploys"),
        ("NorthwindNotAction", policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), "All but IAM"),
    ]:
        clients.attempt(
            f"policy {name}", iam.create_policy, PolicyName=name, PolicyDocument=document, Description=description,
            Tags=tags(note=clients.hostile),
        )
    clients.attempt(
        "break glass for operators",
        iam.attach_group_policy,
        GroupName="operators",
        PolicyArn=f"arn:aws:iam::{clients.account}:policy/NorthwindBreakGlass",
    )

    vendor = "arn:aws:iam::210987654321:root"
    for name, document in [
        ("web", trust({"Service": "ec2.amazonaws.com"})),
        ("vendor-good", trust({"AWS": vendor}, {"StringEquals": {"sts:ExternalId": "nw-7c1f"}})),
        ("vendor-bad", trust({"AWS": vendor})),
        ("anyone", trust({"AWS": "*"})),
        ("anyone-here", trust("*", {"StringEquals": {"aws:PrincipalAccount": clients.account}})),
        ("mixed", trust({"Service": "lambda.amazonaws.com", "AWS": f"arn:aws:iam::{clients.account}:root"})),
    ]:
        clients.attempt(f"role {name}", iam.create_role, RoleName=name, AssumeRolePolicyDocument=document, Tags=tags(note=clients.hostile))
    clients.attempt(
        "inline policy of web", iam.put_role_policy, RoleName="web", PolicyName="logs",
        PolicyDocument=policy(allow("logs:PutLogEvents", f"arn:aws:logs:*:{clients.account}:*")),
    )
    clients.attempt(
        "service-linked role", iam.create_service_linked_role, AWSServiceName="elasticloadbalancing.amazonaws.com"
    )


def apply(clients):
    iam = clients("iam")
    for group, name, statement in [
        ("parity-group", "parity-list", allow("s3:*")),
        (
            "parity-mfa", "parity-only-mfa",
            {
                "Effect": "Deny", "Action": "*", "Resource": "*",
                "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
            },
        ),
    ]:
        iam.create_group(GroupName=group)
        iam.put_group_policy(GroupName=group, PolicyName=name, PolicyDocument=policy(statement))
    for name, statement in [
        ("parity-read", allow(["s3:GetObject"], "arn:aws:s3:::parity-good/*")),
        ("parity-pass", allow(["iam:PassRole", "ec2:*"])),
    ]:
        iam.create_policy(PolicyName=name, PolicyDocument=policy(statement))
    iam.create_user(UserName="parity-good")
    iam.add_user_to_group(GroupName="parity-group", UserName="parity-good")
    iam.create_user(UserName="parity-bad")
    for _ in range(2):
        iam.create_access_key(UserName="parity-bad")
    iam.attach_user_policy(UserName="parity-bad", PolicyArn=f"arn:aws:iam::{clients.account}:policy/parity-read")
    iam.put_user_policy(UserName="parity-bad", PolicyName="parity-inline", PolicyDocument=policy(allow("*")))
    elsewhere = {"AWS": "arn:aws:iam::999988887777:root"}
    for name, document in [
        ("parity-good", trust({"Service": "ec2.amazonaws.com"})),
        ("parity-bad", trust({"AWS": "*"})),
        ("parity-foreign", trust(elsewhere)),
        ("parity-vendor", trust(elsewhere, {"StringEquals": {"sts:ExternalId": "only-us"}})),
        ("parity-delivery", trust({"Service": ["cloudtrail.amazonaws.com", "config.amazonaws.com"]})),
    ]:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    iam.update_account_password_policy(
        MinimumPasswordLength=10, RequireLowercaseCharacters=True, RequireUppercaseCharacters=True, RequireNumbers=True,
        RequireSymbols=True, PasswordReusePrevention=24, MaxPasswordAge=365,
    )
