"""A trail that delivers to CloudWatch Logs; the emulator never says so."""

import json

import answers
from answers import as_json


def delivering(call):
    status, headers, body = call.upstream()
    answer = json.loads(body)
    if status == 200 and "northwind" in str(call.json().get("Name", "")):
        answer["LatestCloudWatchLogsDeliveryTime"] = answers.NOW.timestamp()
    return as_json(answer, status)


ANSWERS = {"GetTrailStatus": delivering}
