//! `CloudWatch`.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;

/// A metric alarm. Composite alarms are a type of their own in AWS and are not among these.
///
/// Source: `CloudWatch` API Reference, `MetricAlarm` of `DescribeAlarms`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Alarm {
    /// Whether its actions are carried out (`ActionsEnabled`).
    pub actions_enabled: Option<bool>,
    /// What is done when it goes off (`AlarmActions`), as ARNs.
    pub alarm_actions: Vec<String>,
    /// What is done when it calms down (`OKActions`).
    pub ok_actions: Vec<String>,
    /// What is done when there is no data (`InsufficientDataActions`).
    pub insufficient_data_actions: Vec<String>,
    /// The metrics it watches: its own, or those of its metric expression, in this account.
    pub metrics: Vec<AlarmMetric>,
    /// Its state: `OK`, `ALARM`, `INSUFFICIENT_DATA` (`StateValue`).
    pub state_value: Option<String>,
    /// How the metric is compared with the threshold (`ComparisonOperator`).
    pub comparison_operator: Option<String>,
    /// The threshold (`Threshold`); absent for anomaly detection.
    pub threshold: Option<f64>,
    /// What is made of the values of a period: `Sum`, `Maximum`, `p99`, … (`Statistic` or
    /// `ExtendedStatistic`, or `Stat` of the only metric of `Metrics`). Absent where an expression
    /// combines metrics.
    pub statistic: Option<String>,
    /// How many seconds one datapoint covers (`Period`, or that of the only metric of `Metrics`).
    pub period: Option<i64>,
    /// How many datapoints are looked at (`EvaluationPeriods`).
    pub evaluation_periods: Option<i64>,
    /// How many of these must breach the threshold (`DatapointsToAlarm`); absent means all.
    pub datapoints_to_alarm: Option<i64>,
    /// How missing data count (`TreatMissingData`).
    pub treat_missing_data: Option<String>,
}

impl TypedResource for Alarm {
    const TYPE: &'static str = "AWS::CloudWatch::Alarm";
}

/// A metric that an alarm watches: `Namespace`, `MetricName` and `Dimensions` of the alarm, or of
/// a `MetricStat` in its `Metrics`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct AlarmMetric {
    /// The metric's namespace.
    pub namespace: String,
    /// The metric's name.
    pub metric_name: String,
    /// The names of the dimensions that pick it, sorted.
    pub dimensions: Vec<String>,
}
