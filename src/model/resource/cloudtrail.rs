//! `CloudTrail`.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use super::cloudwatch::Alarm;
use super::logs::MetricTransformation;
use super::s3::Bucket;
use crate::model::attr::Attr;

/// A trail, once, in its home region: its replications in other regions (shadow trails) are the
/// same trail. An organisation's trail is in every member account as well.
///
/// Source: `CloudTrail` API Reference, `Trail` of `DescribeTrails`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Trail {
    /// The bucket it delivers to, by name (`S3BucketName`).
    pub s3_bucket_name: Option<String>,
    /// What the delivered objects' keys begin with (`S3KeyPrefix`).
    pub s3_key_prefix: Option<String>,
    /// The topic that is told of each delivery (`SnsTopicARN`).
    pub sns_topic_arn: Option<String>,
    /// Whether events of global services (IAM, STS) are in it (`IncludeGlobalServiceEvents`).
    pub include_global_service_events: Option<bool>,
    /// Whether it logs all regions (`IsMultiRegionTrail`).
    pub is_multi_region_trail: Option<bool>,
    /// The region it was made in (`HomeRegion`).
    pub home_region: Option<String>,
    /// Whether digests make the delivered files tamper-evident (`LogFileValidationEnabled`).
    pub log_file_validation_enabled: Option<bool>,
    /// The log group it delivers to (`CloudWatchLogsLogGroupArn`, ending in `:*`); absent means
    /// that it does not deliver to `CloudWatch` Logs.
    pub cloud_watch_logs_log_group_arn: Option<String>,
    /// The role it delivers to `CloudWatch` Logs with (`CloudWatchLogsRoleArn`).
    pub cloud_watch_logs_role_arn: Option<String>,
    /// The KMS key that encrypts the delivered files (`KmsKeyId`); absent means the bucket's own
    /// encryption.
    pub kms_key_id: Option<String>,
    /// Whether its event selectors are other than the default (`HasCustomEventSelectors`).
    pub has_custom_event_selectors: Option<bool>,
    /// Whether it has insight selectors (`HasInsightSelectors`).
    pub has_insight_selectors: Option<bool>,
    /// Whether it is an organisation's trail (`IsOrganizationTrail`).
    pub is_organization_trail: Option<bool>,
    /// Whether it logs, and since when (`GetTrailStatus`, asked in the home region where that is
    /// in scope).
    pub status: Attr<TrailStatus>,
    /// How its latest deliveries went (`GetTrailStatus` too). Always there when AWS told it, if
    /// only empty; absent for a trail in code, which has delivered nothing yet.
    pub delivery: Attr<TrailDelivery>,
    /// Which events it logs, in the older form (`EventSelectors` of `GetEventSelectors`); absent
    /// where it has advanced ones. A trail with neither logs management events, read and write.
    pub event_selectors: Attr<Vec<EventSelector>>,
    /// Which events it logs, in the newer form (`AdvancedEventSelectors` of `GetEventSelectors`);
    /// absent where it has none.
    pub advanced_event_selectors: Attr<Vec<AdvancedEventSelector>>,
    /// Joined: the metric filters of its log group, each with the alarms on its metrics; absent
    /// where the trail has no log group; unknown where that lies in another account or in a region
    /// that was not scanned.
    pub metric_filters: Attr<Vec<WatchedFilter>>,
    /// Joined: its bucket; unknown where that is not one of the account's, as with an
    /// organisation's trail seen from a member account.
    pub bucket: Attr<Bucket>,
}

impl TypedResource for Trail {
    const TYPE: &'static str = "AWS::CloudTrail::Trail";
    /// `DescribeTrails` lists a trail of many regions in each of them, as a shadow trail: what only its own
    /// region shows is of one region. From `includeShadowTrails` of `DescribeTrails` in the `CloudTrail` API
    /// Reference.
    const HIDDEN_ELSEWHERE: &[(&'static str, bool)] = &[("is_multi_region_trail", false)];
}

/// Whether a trail logs. Source: `GetTrailStatus`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TrailStatus {
    /// Whether it logs now (`IsLogging`).
    pub is_logging: Option<bool>,
    /// When it was last started, RFC 3339 UTC (`StartLoggingTime`).
    pub start_logging_time: Option<String>,
    /// When it was last stopped, RFC 3339 UTC (`StopLoggingTime`).
    pub stop_logging_time: Option<String>,
}

/// How a trail's latest deliveries went. Source: `GetTrailStatus`; times RFC 3339 UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TrailDelivery {
    /// When files were last delivered to the bucket (`LatestDeliveryTime`).
    pub latest_delivery_time: Option<String>,
    /// The error S3 gave at the last try (`LatestDeliveryError`); absent or empty means none.
    pub latest_delivery_error: Option<String>,
    /// When a digest was last delivered (`LatestDigestDeliveryTime`).
    pub latest_digest_delivery_time: Option<String>,
    /// The error S3 gave at the last try to deliver a digest (`LatestDigestDeliveryError`).
    pub latest_digest_delivery_error: Option<String>,
    /// When events were last delivered to `CloudWatch` Logs (`LatestCloudWatchLogsDeliveryTime`).
    pub latest_cloud_watch_logs_delivery_time: Option<String>,
    /// The error `CloudWatch` Logs gave at the last try (`LatestCloudWatchLogsDeliveryError`).
    pub latest_cloud_watch_logs_delivery_error: Option<String>,
    /// The error SNS gave at the last try (`LatestNotificationError`).
    pub latest_notification_error: Option<String>,
}

/// Which events a trail logs. Source: `CloudTrail` API Reference, `EventSelector`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EventSelector {
    /// `ReadOnly`, `WriteOnly` or `All` (`ReadWriteType`); absent means `All`.
    pub read_write_type: Option<String>,
    /// Whether management events are among them (`IncludeManagementEvents`); absent means true.
    pub include_management_events: Option<bool>,
    /// The resources whose data events are among them (`DataResources`).
    pub data_resources: Vec<DataResource>,
    /// The services whose management events are left out (`ExcludeManagementEventSources`).
    pub exclude_management_event_sources: Vec<String>,
}

/// Resources whose data events are logged. Source: `CloudTrail` API Reference, `DataResource`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DataResource {
    /// Their type, `AWS::S3::Object` (`Type`).
    pub r#type: Option<String>,
    /// ARNs, or beginnings of ARNs; `arn:aws:s3` is every object of every bucket (`Values`).
    pub values: Vec<String>,
}

/// Which events a trail logs, in the newer form: all of its field selectors must hold. Source:
/// `CloudTrail` API Reference, `AdvancedEventSelector`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AdvancedEventSelector {
    /// Its name (`Name`).
    pub name: Option<String>,
    /// Its conditions (`FieldSelectors`).
    pub field_selectors: Vec<FieldSelector>,
}

/// A condition on one field of an event; the operators given must all hold, each over any of its
/// values (the `not_` ones over all). Source: `CloudTrail` API Reference, `AdvancedFieldSelector`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldSelector {
    /// The field: `eventCategory`, `readOnly`, `eventSource`, `resources.type`, … (`Field`).
    pub field: String,
    /// Is one of these (`Equals`).
    pub equals: Vec<String>,
    /// Begins with one of these (`StartsWith`).
    pub starts_with: Vec<String>,
    /// Ends with one of these (`EndsWith`).
    pub ends_with: Vec<String>,
    /// Is none of these (`NotEquals`).
    pub not_equals: Vec<String>,
    /// Begins with none of these (`NotStartsWith`).
    pub not_starts_with: Vec<String>,
    /// Ends with none of these (`NotEndsWith`).
    pub not_ends_with: Vec<String>,
}

/// A metric filter as it is joined into a trail.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct WatchedFilter {
    /// Its name.
    pub name: String,
    /// What it looks for, as of [`super::logs::MetricFilter`].
    pub filter_pattern: Option<String>,
    /// What it counts, as of [`super::logs::MetricFilter`].
    pub metric_transformations: Vec<MetricTransformation>,
    /// The alarms on the metrics it counts, in the filter's region and account.
    pub alarms: Vec<WatchingAlarm>,
}

/// An alarm as it is joined into a metric filter.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct WatchingAlarm {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub id: String,
    /// The alarm itself.
    #[serde(flatten)]
    pub alarm: Alarm,
}
