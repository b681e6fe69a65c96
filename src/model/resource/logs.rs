//! `CloudWatch` Logs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;

/// A log group. Its id is its ARN, without the `:*` that some operations append.
///
/// Source: `CloudWatch` Logs API Reference, `LogGroup` of `DescribeLogGroups`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LogGroup {
    /// How many days events are kept (`RetentionInDays`); absent means for ever, and so does the 0
    /// by which Terraform spells it.
    pub retention_in_days: Option<i64>,
    /// The KMS key that encrypts it (`KmsKeyId`); absent means the service's own encryption.
    pub kms_key_id: Option<String>,
    /// `STANDARD`, `INFREQUENT_ACCESS` or `DELIVERY` (`LogGroupClass`). A delivery log group keeps
    /// events for one or two days whatever its retention says.
    pub log_group_class: Option<String>,
    /// When it was made, RFC 3339 UTC (`CreationTime`).
    pub creation_time: Option<String>,
    /// How many bytes it holds (`StoredBytes`).
    pub stored_bytes: Option<i64>,
    /// How many metric filters it has (`MetricFilterCount`).
    pub metric_filter_count: Option<i64>,
    /// Whether a data protection policy masks what it holds (`DataProtectionStatus`).
    pub data_protection_status: Option<String>,
    /// Whether it is protected from deletion (`DeletionProtectionEnabled`).
    pub deletion_protection_enabled: Option<bool>,
}

impl TypedResource for LogGroup {
    const TYPE: &'static str = "AWS::Logs::LogGroup";
}

/// A metric filter. AWS has no ARN for it: its id is its log group's name and its own, with a `|`
/// between, as Cloud Control spells it.
///
/// Source: `CloudWatch` Logs API Reference, `MetricFilter` of `DescribeMetricFilters`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct MetricFilter {
    /// The log group it looks at (`LogGroupName`).
    pub log_group_name: Option<String>,
    /// What it looks for (`FilterPattern`); the empty pattern matches everything.
    pub filter_pattern: Option<String>,
    /// What it counts (`MetricTransformations`).
    pub metric_transformations: Vec<MetricTransformation>,
    /// When it was made, RFC 3339 UTC (`CreationTime`).
    pub creation_time: Option<String>,
}

impl TypedResource for MetricFilter {
    const TYPE: &'static str = "AWS::Logs::MetricFilter";
}

/// The metric that a filter writes. Source: `CloudWatch` Logs API Reference, `MetricTransformation`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct MetricTransformation {
    /// The metric's name (`MetricName`).
    pub metric_name: String,
    /// The metric's namespace (`MetricNamespace`).
    pub metric_namespace: String,
    /// What is added for each match (`MetricValue`).
    pub metric_value: Option<String>,
    /// What is written when nothing matches (`DefaultValue`).
    pub default_value: Option<f64>,
    /// The metric's dimensions: name to the field that tells the value (`Dimensions`).
    pub dimensions: BTreeMap<String, String>,
}
