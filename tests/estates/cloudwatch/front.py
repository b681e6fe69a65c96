"""The emulator speaks the oldest protocol of CloudWatch only."""

import boto3

from answers import as_cbor, as_json


def alarms(call):
    if "Action" in call.form():
        return None
    watch = boto3.client(
        "cloudwatch", region_name=call.region, endpoint_url=call.endpoint, aws_access_key_id="F", aws_secret_access_key="F"
    )
    answer = watch.describe_alarms()
    answer.pop("ResponseMetadata", None)
    if call.headers.get("x-amz-target"):
        return as_json(answer, **{"Content-Type": "application/x-amz-json-1.0"})
    return as_cbor(answer)


ANSWERS = {"DescribeAlarms": alarms}
