"""Log groups, and the metric filters of the one that the trail delivers to."""

from clients import AWAY, HOME


def seed(clients):
    key = clients.made("kms")["main"]
    logs = clients("logs")
    groups = [("northwind/trail", 400, True), ("northwind/app", None, False), (f"northwind/{'x' * 30}", 30, False)]
    for name, days, encrypted in groups:
        more = {}
        if encrypted and key:
            more["kmsKeyId"] = f"arn:aws:kms:{HOME}:{clients.account}:key/{key}"
        clients.attempt(f"log group {name}", logs.create_log_group, logGroupName=name, tags={"note": clients.hostile}, **more)
        if days:
            clients.attempt(f"retention of {name}", logs.put_retention_policy, logGroupName=name, retentionInDays=days)
    # The same name in the other region is another log group.
    away = clients("logs", AWAY)
    clients.attempt("log group in the other region", away.create_log_group, logGroupName="northwind/app")
    clients.attempt("its retention", away.put_retention_policy, logGroupName="northwind/app", retentionInDays=7)
    for name, pattern in patterns().items():
        clients.attempt(
            f"metric filter {name}", logs.put_metric_filter, logGroupName="northwind/trail", filterName=name,
            filterPattern=pattern,
            metricTransformations=[{"metricName": name, "metricNamespace": "Northwind", "metricValue": "1"}],
        )
    return {"filters": list(patterns())}


def patterns():
    return {
        "root-use": '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }',
        "iam-changes": "{ "
        + " || ".join(
            f"($.eventName={name})"
            for name in [
                "DeleteGroupPolicy", "DeleteRolePolicy", "DeleteUserPolicy", "PutGroupPolicy", "PutRolePolicy",
                "PutUserPolicy", "CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion",
                "AttachRolePolicy", "DetachRolePolicy", "AttachUserPolicy", "DetachUserPolicy", "AttachGroupPolicy",
                "DetachGroupPolicy",
            ]
        )
        + " }",
        "trail-changes": "{ ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) "
        "|| ($.eventName = StartLogging) || ($.eventName = StopLogging) }",
        # Without DescribeX-like noise, but without an alarm behind it.
        "unauthorized": '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
    }


def apply(clients):
    key = clients("kms").create_key(Description="parity-good")["KeyMetadata"]["Arn"]
    clients("kms").enable_key_rotation(KeyId=key)
    logs = clients("logs")
    for name, days, more in [("parity-good", 400, {"kmsKeyId": key}), ("parity-bad", 7, {}), ("aws-waf-logs-parity", 400, {})]:
        logs.create_log_group(logGroupName=name, **more)
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)
