"""A recorder of everything, in one region."""

from clients import trust


def seed(clients):
    for service in ["iam", "s3"]:
        clients.made(service)
    config = clients("config")
    clients.attempt(
        "recorder", config.put_configuration_recorder,
        ConfigurationRecorder={
            "name": "default", "roleARN": f"arn:aws:iam::{clients.account}:role/web",
            "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
        },
    )
    clients.attempt("delivery", config.put_delivery_channel, DeliveryChannel={"name": "default", "s3BucketName": "northwind-logs"})
    clients.attempt("recording", config.start_configuration_recorder, ConfigurationRecorderName="default")


def apply(clients):
    clients("s3").create_bucket(Bucket="parity-logs")
    role = clients("iam").create_role(
        RoleName="parity-delivery",
        AssumeRolePolicyDocument=trust({"Service": ["cloudtrail.amazonaws.com", "config.amazonaws.com"]}),
    )
    config = clients("config")
    config.put_configuration_recorder(
        ConfigurationRecorder={
            "name": "default", "roleARN": role["Role"]["Arn"],
            "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
        },
    )
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "parity-logs"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
