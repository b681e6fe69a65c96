"""The hub in one region, with findings that agree with ours, disagree, and are theirs alone."""

import datetime

from clients import HOME


def seed(clients):
    hub = clients("securityhub")
    if clients.attempt("Security Hub", hub.enable_security_hub, EnableDefaultStandards=True) is None:
        return
    stamp = clients.now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    old = (clients.now - datetime.timedelta(days=40)).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def finding(control, resource_type, resource, status, severity="MEDIUM", first=stamp, workflow="NEW"):
        number = f"{control}/{resource}".replace(":", "-").replace("/", "-")
        return {
            "SchemaVersion": "2018-10-08",
            "Id": f"arn:aws:securityhub:{HOME}:{clients.account}:security-control/{control}/finding/{number}",
            "ProductArn": f"arn:aws:securityhub:{HOME}::product/aws/securityhub",
            "GeneratorId": f"security-control/{control}",
            "AwsAccountId": clients.account,
            "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
            "FirstObservedAt": first,
            "LastObservedAt": stamp,
            "CreatedAt": first,
            "UpdatedAt": stamp,
            "Severity": {"Label": severity},
            "Title": f"{control} {clients.hostile}",
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
        finding("IAM.15", "AwsAccount", f"AWS::::Account:{clients.account}", "FAILED", "MEDIUM"),
        finding("CloudTrail.1", "AwsAccount", f"AWS::::Account:{clients.account}", "PASSED", "INFORMATIONAL"),
        finding("KMS.4", "AwsKmsKey", f"arn:aws:kms:{HOME}:{clients.account}:key/unknown", "WARNING", "INFORMATIONAL"),
    ]
    clients.attempt("findings", hub.batch_import_findings, Findings=findings)


def apply(clients):
    clients("securityhub").enable_security_hub(EnableDefaultStandards=False)
