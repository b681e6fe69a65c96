"""A company in two regions, which has not opted in to others."""

import re

from clients import AWAY, HOME


def two_regions(call):
    status, headers, body = call.upstream()
    kept = {HOME: "opt-in-not-required", AWAY: "opt-in-not-required", "af-south-1": "not-opted-in", "me-south-1": "not-opted-in"}

    def one(found):
        name = re.search(r"<regionName>([^<]*)</regionName>", found.group(0)).group(1)
        if name not in kept:
            return ""
        return re.sub(r"<optInStatus>[^<]*</optInStatus>", f"<optInStatus>{kept[name]}</optInStatus>", found.group(0))

    return status, headers, re.sub(r"<item>.*?</item>\s*", one, body.decode(), flags=re.S).encode()


def public_snapshots(call):
    """moto does not know the selection by who may restore: it lists all."""
    if "RestorableBy.1" not in call.form():
        return None
    status, headers, body = call.upstream()

    def one(found):
        snapshot = re.search(r"<snapshotId>([^<]*)</snapshotId>", found.group(0)).group(1)
        return found.group(0) if everyone_may_restore(call, snapshot) else ""

    # A snapshot begins with its id or has it before any list of its own; lists have items, too.
    items = r"<item>\s*(?:(?!</?item>).)*?<snapshotId>(?:(?!</?item>).|<item>(?:(?!</?item>).)*</item>)*</item>\s*"
    return status, headers, re.sub(items, one, body.decode(), flags=re.S).encode()


def everyone_may_restore(call, snapshot):
    asked = {
        "Action": "DescribeSnapshotAttribute", "Version": "2016-11-15",
        "Attribute": "createVolumePermission", "SnapshotId": snapshot,
    }
    return b"<group>all</group>" in call.ask_form(asked)


def snapshots_unblocked(call):
    """moto lacks it. AWS blocks no sharing unless it is told to."""
    body = (
        '<GetSnapshotBlockPublicAccessStateResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
        "<requestId>00000000-0000-0000-0000-000000000000</requestId><state>unblocked</state>"
        "</GetSnapshotBlockPublicAccessStateResponse>"
    )
    return 200, {"Content-Type": "text/xml"}, body.encode()


ANSWERS = {
    "DescribeRegions": two_regions,
    "DescribeSnapshots": public_snapshots,
    "GetSnapshotBlockPublicAccessState": snapshots_unblocked,
}
