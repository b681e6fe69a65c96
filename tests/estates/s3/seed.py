"""Buckets, and what the account says for all of them."""

import urllib.request

from clients import AWAY, HOME, allow, policy, tags, tls_only

BLOCK = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}


def seed(clients):
    key = clients.made("kms")["main"]
    s3 = clients("s3")

    def bucket(name, region=HOME, *statements, block=None, versioned=None, logs=None, kms=False, expire=None, acl=None):
        s3 = clients("s3", region)
        place = {} if region == HOME else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        if clients.attempt(f"bucket {name}", s3.create_bucket, Bucket=name, ObjectOwnership="ObjectWriter", **place) is None:
            return
        if block:
            clients.attempt(f"block of {name}", s3.put_public_access_block, Bucket=name, PublicAccessBlockConfiguration=block)
        if statements:
            clients.attempt(f"policy of {name}", s3.put_bucket_policy, Bucket=name, Policy=policy(*statements))
        if versioned:
            clients.attempt(f"versions of {name}", s3.put_bucket_versioning, Bucket=name, VersioningConfiguration={"Status": versioned})
        if logs:
            clients.attempt(
                f"logs of {name}", s3.put_bucket_logging, Bucket=name,
                BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": logs, "TargetPrefix": f"{name}/"}},
            )
        if kms and key:
            clients.attempt(
                f"encryption of {name}", s3.put_bucket_encryption, Bucket=name,
                ServerSideEncryptionConfiguration={
                    "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]
                },
            )
        if expire:
            clients.attempt(
                f"lifecycle of {name}", s3.put_bucket_lifecycle_configuration, Bucket=name,
                LifecycleConfiguration={
                    "Rules": [{"ID": clients.hostile, "Status": expire, "Filter": {"Prefix": ""}, "Expiration": {"Days": 400}}]
                },
            )
        if acl:
            clients.attempt(f"ACL of {name}", s3.put_bucket_acl, Bucket=name, ACL=acl)
        clients.attempt(f"tags of {name}", s3.put_bucket_tagging, Bucket=name, Tagging={"TagSet": tags(note=clients.hostile)})

    delivery = {
        "Sid": "Delivery",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::northwind-logs/*",
        "Condition": {"StringEquals": {"aws:SourceAccount": clients.account}},
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
        "northwind-partners", HOME, tls_only("northwind-partners", sid=clients.hostile),
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
    clients.attempt(
        "policy of northwind-logs", s3.put_bucket_policy, Bucket="northwind-logs",
        Policy=policy(tls_only("northwind-logs"), delivery),
    )
    clients.attempt("the account's Block Public Access", account_block, clients)


def account_block(clients):
    """By hand: the SDK puts the account id before the emulator's host name, which nobody resolves."""
    names = "".join(f"<{name}>false</{name}>" for name in BLOCK)
    request = urllib.request.Request(
        f"{clients.endpoint}/v20180820/configuration/publicAccessBlock",
        method="PUT",
        data=f'<PublicAccessBlockConfiguration xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/">{names}</PublicAccessBlockConfiguration>'.encode(),
        headers={
            "x-amz-account-id": clients.account,
            "Content-Type": "application/xml",
            "Authorization": f"AWS4-HMAC-SHA256 Credential=SEED/20200101/{HOME}/s3/aws4_request, SignedHeaders=host, Signature=0",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()
    return True


def apply(clients):
    key = clients("kms").create_key(Description="parity-good")["KeyMetadata"]["Arn"]
    clients("kms").enable_key_rotation(KeyId=key)
    s3 = clients("s3")
    for name, more in [("parity-logs", {}), ("parity-good", {}), ("parity-open", {"ObjectOwnership": "ObjectWriter"}), ("parity-bad", {})]:
        s3.create_bucket(Bucket=name, **more)
    delivery = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}

    def trail(bucket):
        return [
            {**delivery, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}"},
            {
                **delivery, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*",
                "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
            },
        ]

    s3.put_bucket_policy(
        Bucket="parity-logs",
        Policy=policy(
            allow("s3:PutObject", "arn:aws:s3:::parity-logs/*", Principal={"Service": "logging.s3.amazonaws.com"}),
            *trail("parity-logs"),
        ),
    )
    s3.put_bucket_policy(
        Bucket="parity-bad",
        Policy=policy(allow("s3:GetObject", "arn:aws:s3:::parity-bad/*", Principal="*"), *trail("parity-bad")),
    )
    s3.put_public_access_block(Bucket="parity-good", PublicAccessBlockConfiguration=BLOCK)
    s3.put_bucket_versioning(Bucket="parity-good", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_encryption(
        Bucket="parity-good",
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]
        },
    )
    s3.put_bucket_logging(
        Bucket="parity-good",
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "parity-logs", "TargetPrefix": "good/"}},
    )
    s3.put_bucket_policy(Bucket="parity-good", Policy=policy(tls_only("parity-good")))
    s3.put_bucket_lifecycle_configuration(
        Bucket="parity-good",
        LifecycleConfiguration={
            "Rules": [{"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 400}}]
        },
    )
    s3.put_public_access_block(
        Bucket="parity-open",
        PublicAccessBlockConfiguration={**BLOCK, "BlockPublicAcls": False, "IgnorePublicAcls": False},
    )
    s3.put_bucket_acl(Bucket="parity-open", ACL="public-read")
    s3.put_bucket_versioning(Bucket="parity-open", VersioningConfiguration={"Status": "Suspended"})
    clients("cloudtrail").create_trail(Name="parity-bad", S3BucketName="parity-bad", IncludeGlobalServiceEvents=True)
