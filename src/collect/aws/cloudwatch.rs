//! `CloudWatch`: metric alarms.

use std::collections::BTreeSet;

use serde_json::json;

use crate::collect::api::document::Node;
use crate::collect::exchange::operation::{Api, Operation, Rate};
use crate::collect::inventory::{Entry, Item, Listed, Service, ServiceScope, Table};
use crate::model::resource::TypedResource as _;
use crate::model::resource::cloudwatch::{Alarm, AlarmMetric};

const API: Api = Api::new("cloudwatch", Rate::per_second("cloudwatch", 10.0));
static DESCRIBE_ALARMS: Operation = API.operation("DescribeAlarms").no_secrets().must(&["MetricAlarms"]);

/// Metric alarms, region by region, from `DescribeAlarms` alone.
pub static SERVICE: Service = Service {
    name: "cloudwatch",
    scope: ServiceScope::Regional,
    tables: &[Table::Listed(Listed {
        r#type: Alarm::TYPE,
        operation: &DESCRIBE_ALARMS,
        input: |_| json!({"AlarmTypes": ["MetricAlarm"], "MaxRecords": 100}),
        items: "MetricAlarms",
        read: |entry: &Entry<'_>| {
            let name = entry.str_of("AlarmName");
            Item::new(entry.str_of("AlarmArn").or(name), name, &alarm(entry.node, entry.site.account))
        },
        asks: &[],
    })],
};

fn alarm(alarm: Node<'_>, account: &str) -> Alarm {
    let queries: Vec<Node<'_>> = alarm.list("Metrics").collect();
    let only = match queries[..] {
        [one] if one.get("MetricStat").some().is_some() => Some(one.get("MetricStat")),
        _ => None,
    };
    let statistic = alarm.text("Statistic").or_else(|| alarm.text("ExtendedStatistic"));
    Alarm {
        actions_enabled: alarm.flag("ActionsEnabled"),
        alarm_actions: alarm.texts("AlarmActions"),
        ok_actions: alarm.texts("OKActions"),
        insufficient_data_actions: alarm.texts("InsufficientDataActions"),
        metrics: metrics(alarm, account),
        state_value: alarm.text("StateValue"),
        comparison_operator: alarm.text("ComparisonOperator"),
        threshold: alarm.fraction("Threshold"),
        statistic: statistic.or_else(|| only?.text("Stat")),
        period: alarm.number("Period").or_else(|| only?.number("Period")),
        evaluation_periods: alarm.number("EvaluationPeriods"),
        datapoints_to_alarm: alarm.number("DatapointsToAlarm"),
        treat_missing_data: alarm.text("TreatMissingData"),
    }
}

/// The metrics an alarm watches. A metric of another account is none of this account's.
fn metrics(alarm: Node<'_>, account: &str) -> Vec<AlarmMetric> {
    let queried = alarm
        .list("Metrics")
        .filter(|query| query.str_of("AccountId").is_none_or(|other| other == account))
        .filter_map(|query| metric(query.get("MetricStat").get("Metric")));
    metric(alarm).into_iter().chain(queried).collect::<BTreeSet<_>>().into_iter().collect()
}

fn metric(told: Node<'_>) -> Option<AlarmMetric> {
    let names: BTreeSet<String> = told.list("Dimensions").filter_map(|dimension| dimension.text("Name")).collect();
    Some(AlarmMetric {
        namespace: told.text("Namespace")?,
        metric_name: told.text("MetricName")?,
        dimensions: names.into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::api::document::Document;

    #[test]
    fn the_statistic_of_the_only_metric_is_the_alarms_and_that_of_several_is_none() {
        let query = |name: &str| {
            json!({"Id": name, "MetricStat": {"Stat": "Sum", "Period": 300,
            "Metric": {"Namespace": "cis", "MetricName": name}}})
        };
        let expression = json!({"Id": "e", "Expression": "a + b"});
        for (told, statistic) in [
            (json!({"Statistic": "Sum"}), Some("Sum")),
            (json!({"ExtendedStatistic": "p99"}), Some("p99")),
            (json!({"Metrics": [query("a")]}), Some("Sum")),
            (json!({"Metrics": [query("a"), query("b"), expression]}), None),
            (json!({"Metrics": [expression]}), None),
        ] {
            let told = Document::of("cloudwatch", "DescribeAlarms", json!({"MetricAlarms": [told]}));
            let told = told.root().list("MetricAlarms").next().expect("one");
            assert_eq!(alarm(told, "123456789012").statistic.as_deref(), statistic);
        }
    }

    #[test]
    fn metrics_come_from_the_alarm_and_from_its_expression_but_not_from_other_accounts() {
        let query = |name: &str| json!({"Id": "m", "MetricStat": {"Metric": {"Namespace": "cis", "MetricName": name}}});
        let mut foreign = query("foreign");
        foreign["AccountId"] = json!("999999999999");
        let told = Document::of(
            "cloudwatch",
            "DescribeAlarms",
            json!({"MetricAlarms": [{
                "AlarmName": "a", "Namespace": "cis", "MetricName": "own",
                "Dimensions": [{"Name": "user", "Value": "root"}],
                "Metrics": [query("queried"), foreign],
            }]}),
        );
        let told = told.root().list("MetricAlarms").next().expect("one");
        let metrics = alarm(told, "123456789012").metrics;
        let names: Vec<&str> = metrics.iter().map(|metric| metric.metric_name.as_str()).collect();
        assert_eq!(names, ["own", "queried"]);
        assert_eq!(metrics[0].dimensions, ["user"]);
    }
}
