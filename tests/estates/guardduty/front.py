"""A region where a service control policy denies the scanner, and findings in the other."""

import re

from answers import HOSTILE, ago, as_json, rest_error
from clients import AWAY


def denied_detectors(call):
    if call.region == AWAY:
        message = "User is not authorized to perform: guardduty:ListDetectors with an explicit deny in a service control policy"
        return rest_error(403, "AccessDeniedException", message)
    return None


def guardduty_findings(_call):
    return as_json({"findingIds": ["finding-critical", "finding-high", "finding-low"], "nextToken": ""})


def guardduty_details(call):
    account = "123456789012"
    detector = re.search(r"/detector/([^/]+)", call.path).group(1)
    asked = call.json().get("findingIds", [])

    def finding(name, severity, kind, days):
        return {
            "AccountId": account, "Arn": f"arn:aws:guardduty:{call.region}:{account}:detector/{detector}/finding/{name}",
            "Id": name, "Severity": severity, "Type": kind, "Region": call.region, "SchemaVersion": "2.0", "Partition": "aws",
            "Title": f"{kind} {HOSTILE}", "Description": "A finding of the demo's estate.",
            "CreatedAt": ago(days)[:19] + ".000Z", "UpdatedAt": ago(1)[:19] + ".000Z",
            "Resource": {"ResourceType": "Instance"},
            "Service": {"Archived": False, "Count": 3, "DetectorId": detector, "ServiceName": "guardduty",
                        "EventFirstSeen": ago(days)[:19] + ".000Z", "EventLastSeen": ago(1)[:19] + ".000Z"},
        }

    known = [
        finding("finding-critical", 9.0, "AttackSequence:IAM/CompromisedCredentials", 20),
        finding("finding-high", 7.5, "UnauthorizedAccess:EC2/TorClient", 2),
        finding("finding-low", 2.0, "Recon:EC2/PortProbeUnprotectedPort", 90),
    ]
    names = {"AccountId": "accountId", "Arn": "arn", "Id": "id"}

    def lower(value):
        if isinstance(value, dict):
            return {names.get(key, key[0].lower() + key[1:]): lower(inner) for key, inner in value.items()}
        return value

    return as_json({"findings": [lower(one) for one in known if one["Id"] in asked]})


ANSWERS = {
    "ListDetectors": denied_detectors,
    "ListFindings": guardduty_findings,
    "GetFindings": guardduty_details,
}
