"""A service that is busy once."""

from answers import LOCK, aws_json_error

SEEN = set()


def busy_once(call):
    with LOCK:
        first = "busy" not in SEEN
        SEEN.add("busy")
    return aws_json_error(400, "ThrottlingException", "Rate exceeded") if first else None


ANSWERS = {"DescribeLogGroups": busy_once}
