"""The standard that is on, and no aggregation; the emulator has neither."""

from answers import as_json
from clients import HOME


def standards(_call):
    name = "aws-foundational-security-best-practices/v/1.0.0"
    return as_json({"StandardsSubscriptions": [{
        "StandardsSubscriptionArn": f"arn:aws:securityhub:{HOME}:123456789012:subscription/{name}",
        "StandardsArn": f"arn:aws:securityhub:{HOME}::standards/{name}", "StandardsInput": {}, "StandardsStatus": "READY"}]})


def aggregators(_call):
    return as_json({"FindingAggregators": []})


ANSWERS = {"GetEnabledStandards": standards, "ListFindingAggregators": aggregators}
