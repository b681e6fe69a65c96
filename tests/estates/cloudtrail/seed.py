"""A good trail, and one that was forgotten in the other region."""

from clients import AWAY, HOME, allow, policy, trust


def seed(clients):
    for service in ["iam", "s3", "logs"]:
        clients.made(service)
    key = clients.made("kms")["main"]
    trails = clients("cloudtrail")
    clients.attempt(
        "trail", trails.create_trail, Name="northwind", S3BucketName="northwind-trail", IsMultiRegionTrail=True,
        IncludeGlobalServiceEvents=True, EnableLogFileValidation=True,
        KmsKeyId=f"arn:aws:kms:{HOME}:{clients.account}:key/{key}" if key else None,
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:{HOME}:{clients.account}:log-group:northwind/trail:*",
        CloudWatchLogsRoleArn=f"arn:aws:iam::{clients.account}:role/web",
    )
    clients.attempt("logging", trails.start_logging, Name="northwind")
    clients.attempt(
        "event selectors", trails.put_event_selectors, TrailName="northwind",
        EventSelectors=[{
            "ReadWriteType": "All", "IncludeManagementEvents": True,
            "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::northwind-partners/"]}],
        }],
    )
    away = clients("cloudtrail", AWAY)
    clients.attempt("bad trail", away.create_trail, Name="forgotten", S3BucketName="northwind-website", IsMultiRegionTrail=False)


def apply(clients):
    key = clients("kms").create_key(Description="parity-good")["KeyMetadata"]["Arn"]
    clients("kms").enable_key_rotation(KeyId=key)
    s3 = clients("s3")
    delivery = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    for bucket, more in [
        ("parity-logs", allow("s3:PutObject", "arn:aws:s3:::parity-logs/*", Principal={"Service": "logging.s3.amazonaws.com"})),
        ("parity-bad", allow("s3:GetObject", "arn:aws:s3:::parity-bad/*", Principal="*")),
    ]:
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_policy(
            Bucket=bucket,
            Policy=policy(
                more,
                {**delivery, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}"},
                {
                    **delivery, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*",
                    "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
                },
            ),
        )
    clients("logs").create_log_group(logGroupName="parity-good", kmsKeyId=key)
    clients("logs").put_retention_policy(logGroupName="parity-good", retentionInDays=400)
    role = clients("iam").create_role(
        RoleName="parity-delivery",
        AssumeRolePolicyDocument=trust({"Service": ["cloudtrail.amazonaws.com", "config.amazonaws.com"]}),
    )
    trails = clients("cloudtrail")
    trails.create_trail(
        Name="parity-good", S3BucketName="parity-logs", IsMultiRegionTrail=True, IncludeGlobalServiceEvents=True,
        EnableLogFileValidation=True, KmsKeyId=key,
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:{HOME}:{clients.account}:log-group:parity-good:*",
        CloudWatchLogsRoleArn=role["Role"]["Arn"],
    )
    trails.start_logging(Name="parity-good")
    trails.create_trail(Name="parity-bad", S3BucketName="parity-bad", IncludeGlobalServiceEvents=True)
