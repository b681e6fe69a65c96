"""Topics: one that everyone may publish to, one with a key, one of another region."""

from clients import AWAY, policy


def seed(clients):
    key = clients.made("kms")["main"]
    sns = clients("sns")

    def topic(name, region=None, **attributes):
        client = clients("sns", region) if region else sns
        made = clients.attempt(f"topic {name}", client.create_topic, Name=name, Attributes=attributes)
        return made["TopicArn"] if made else None

    topic("orders", **({"KmsMasterKeyId": key} if key else {}))
    open_one = topic("open")
    if open_one:
        everyone = {"Sid": clients.hostile, "Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": open_one}
        clients.attempt(
            "policy of open", sns.set_topic_attributes,
            TopicArn=open_one, AttributeName="Policy", AttributeValue=policy(everyone),
        )
    topic("away", region=AWAY)


def apply(clients):
    sns, kms = clients("sns"), clients("kms")
    key = kms.create_key(Description="parity-key")["KeyMetadata"]["Arn"]
    kms.enable_key_rotation(KeyId=key)
    good = sns.create_topic(Name="parity-good", Attributes={"KmsMasterKeyId": key})["TopicArn"]
    bad = sns.create_topic(Name="parity-bad")["TopicArn"]

    def publish(topic, principal):
        statement = {"Effect": "Allow", "Action": "sns:Publish", "Principal": principal, "Resource": topic}
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(statement))

    publish(good, {"Service": "events.amazonaws.com"})
    publish(bad, "*")
