//! `CloudWatch` Logs: log groups and metric filters.

use serde_json::Value;

use super::time::millis;
use crate::collect::api::document::Node;
use crate::collect::exchange::operation::{Api, Operation, Rate};
use crate::collect::inventory::{Entry, Item, Listed, Service, ServiceScope, Table};
use crate::collect::site::Site;
use crate::model::resource::TypedResource as _;
use crate::model::resource::logs::{LogGroup, MetricFilter, MetricTransformation};

const API: Api = Api::new("logs", Rate::per_second("logs", 30.0));
static DESCRIBE_LOG_GROUPS: Operation = API.operation("DescribeLogGroups").no_secrets().must(&["logGroups"]);
static DESCRIBE_METRIC_FILTERS: Operation =
    API.operation("DescribeMetricFilters").no_secrets().must(&["metricFilters"]);

/// Log groups and metric filters, region by region, each from its listing alone.
pub static SERVICE: Service = Service {
    name: "logs",
    scope: ServiceScope::Regional,
    tables: &[
        Table::Listed(Listed {
            r#type: LogGroup::TYPE,
            operation: &DESCRIBE_LOG_GROUPS,
            input: |_| Value::Null,
            items: "logGroups",
            read: |entry: &Entry<'_>| {
                Item::new(log_group_arn(entry.site, entry.node), entry.str_of("logGroupName"), &log_group(entry.node))
            },
            asks: &[],
        }),
        Table::Listed(Listed {
            r#type: MetricFilter::TYPE,
            operation: &DESCRIBE_METRIC_FILTERS,
            input: |_| Value::Null,
            items: "metricFilters",
            read: |entry: &Entry<'_>| {
                let name = entry.str_of("filterName");
                let id = entry.str_of("logGroupName").zip(name).map(|(group, name)| format!("{group}|{name}"));
                Item::new(id, name, &metric_filter(entry.node))
            },
            asks: &[],
        }),
    ],
};

/// The ARN without the `:*` that stands for the group's streams, so that the group has one id
/// wherever it is named. Same-named groups of two regions have two.
fn log_group_arn(site: &Site<'_>, group: Node<'_>) -> Option<String> {
    let told = group.str_of("arn").map(|arn| arn.strip_suffix(":*").unwrap_or(arn));
    let told = group.str_of("logGroupArn").or(told).map(ToOwned::to_owned);
    told.or_else(|| {
        let name = group.str_of("logGroupName")?;
        Some(format!("arn:{}:logs:{}:{}:log-group:{name}", site.partition, site.region, site.account))
    })
}

fn log_group(group: Node<'_>) -> LogGroup {
    LogGroup {
        retention_in_days: group.number("retentionInDays"),
        kms_key_id: group.text("kmsKeyId"),
        log_group_class: group.text("logGroupClass"),
        creation_time: group.number("creationTime").and_then(millis),
        stored_bytes: group.number("storedBytes"),
        metric_filter_count: group.number("metricFilterCount"),
        data_protection_status: group.text("dataProtectionStatus"),
        deletion_protection_enabled: group.flag("deletionProtectionEnabled"),
    }
}

fn metric_filter(filter: Node<'_>) -> MetricFilter {
    MetricFilter {
        log_group_name: filter.text("logGroupName"),
        filter_pattern: filter.text("filterPattern"),
        metric_transformations: filter.list("metricTransformations").map(transformation).collect(),
        creation_time: filter.number("creationTime").and_then(millis),
    }
}

fn transformation(transformation: Node<'_>) -> MetricTransformation {
    let dimensions = transformation.get("dimensions");
    MetricTransformation {
        metric_name: transformation.text("metricName").unwrap_or_default(),
        metric_namespace: transformation.text("metricNamespace").unwrap_or_default(),
        metric_value: transformation.text("metricValue"),
        default_value: transformation.fraction("defaultValue"),
        dimensions: dimensions
            .entries()
            .filter_map(|(name, field)| Some((name.to_owned(), field.str()?.to_owned())))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::api::document::Document;

    #[test]
    fn no_retention_stays_absent_and_times_are_milliseconds() {
        let answer = json!({"logGroups": [{"logGroupName": "a", "creationTime": 1_780_272_000_000_i64}]});
        let answer = Document::of("logs", "DescribeLogGroups", answer);
        let typed = log_group(answer.root().list("logGroups").next().expect("one"));
        assert_eq!(typed.retention_in_days, None);
        assert_eq!(typed.creation_time.as_deref(), Some("2026-06-01T00:00:00Z"));
    }

    #[test]
    fn a_metric_filter_keeps_what_joins_need() {
        let transformation = json!({"metricName": "root", "metricNamespace": "cis", "metricValue": "1"});
        let filter = json!({
            "filterName": "f", "logGroupName": "g", "filterPattern": "", "metricTransformations": [transformation],
        });
        let answer = Document::of("logs", "DescribeMetricFilters", json!({"metricFilters": [filter]}));
        let typed = metric_filter(answer.root().list("metricFilters").next().expect("one"));
        assert_eq!(typed.filter_pattern.as_deref(), Some(""), "the empty pattern matches all; it is not absent");
        assert_eq!(typed.metric_transformations[0].metric_namespace, "cis");
    }
}
