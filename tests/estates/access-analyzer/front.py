"""The emulator has no analyzers."""

from answers import HOSTILE, ago, as_json
from clients import HOME

MODEL = "accessanalyzer"


def analyzers(call):
    made = {"name": "northwind", "arn": f"arn:aws:access-analyzer:{HOME}:123456789012:analyzer/northwind", "status": "ACTIVE",
            "type": "ACCOUNT", "createdAt": ago(300), "tags": {"note": HOSTILE}}
    return as_json({"analyzers": [made] if call.region == HOME else []})


def analyzer_findings(_call):
    finding = {"analyzedAt": ago(1), "createdAt": ago(50), "id": "aa-1", "resource": "arn:aws:s3:::northwind-website",
               "resourceOwnerAccount": "123456789012", "resourceType": "AWS::S3::Bucket", "status": "ACTIVE", "updatedAt": ago(1),
               "findingType": "ExternalAccess"}
    return as_json({"findings": [finding]})


ANSWERS = {"ListAnalyzers": analyzers, "ListFindingsV2": analyzer_findings}
