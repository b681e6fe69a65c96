"""A recorder that has run for more than a moment, and delivers."""

import answers
from answers import as_json


def recording(call):
    status, headers, body = call.upstream()
    return status, headers, body.replace(b'"lastStatus": "PENDING"', b'"lastStatus": "SUCCESS"')


def delivery_status(call):
    channels = call.ask("StarlingDoveService.DescribeDeliveryChannels")
    now = answers.NOW.timestamp()
    status = {"lastStatus": "SUCCESS", "lastAttemptTime": now, "lastSuccessfulTime": now}
    return as_json({"DeliveryChannelsStatus": [
        {"name": channel["name"], "configSnapshotDeliveryInfo": status, "configHistoryDeliveryInfo": status,
         "configStreamDeliveryInfo": {"lastStatus": "SUCCESS", "lastStatusChangeTime": now}}
        for channel in channels.get("DeliveryChannels", [])]})


ANSWERS = {
    "DescribeConfigurationRecorderStatus": recording,
    "DescribeDeliveryChannelStatus": delivery_status,
}
