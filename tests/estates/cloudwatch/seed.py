"""Alarms on the metric filters of the trail's log group."""

from clients import HOME


def seed(clients):
    topic = clients.attempt("topic", clients("sns").create_topic, Name="security")
    alarm_to = [topic["TopicArn"]] if topic else [f"arn:aws:sns:{HOME}:{clients.account}:security"]
    watch = clients("cloudwatch")
    for name in clients.made("logs")["filters"]:
        if name != "unauthorized":
            clients.attempt(
                f"alarm {name}", watch.put_metric_alarm, AlarmName=f"{name} {clients.hostile}", MetricName=name,
                Namespace="Northwind", Statistic="Sum", Period=300, EvaluationPeriods=1, Threshold=1.0,
                ComparisonOperator="GreaterThanOrEqualToThreshold", AlarmActions=alarm_to,
            )
