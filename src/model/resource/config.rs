//! AWS Config.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;

/// The customer-managed configuration recorder of a region; there is one at most. Recorders that a
/// service manages for itself are not among these: AWS lists them only when asked by name.
///
/// Source: AWS Config API Reference, `ConfigurationRecorder` of `DescribeConfigurationRecorders`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct ConfigurationRecorder {
    /// The role it records with (`roleARN`).
    pub role_arn: Option<String>,
    /// What it records (`recordingGroup`).
    pub recording_group: Option<RecordingGroup>,
    /// Whether it records, and how the last try went (`DescribeConfigurationRecorderStatus`).
    pub status: Attr<RecorderStatus>,
    /// How deliveries went, by delivery channel of the region (`DescribeDeliveryChannelStatus`). An
    /// empty list means that the region has no channel; absent for a recorder in code, which has
    /// delivered nothing yet.
    pub delivery_channels: Attr<Vec<DeliveryChannel>>,
    /// Joined: whether a recorder of any region of the account records the global resource types
    /// (IAM users, groups, roles, managed policies).
    pub global_types_recorded: Attr<bool>,
}

impl TypedResource for ConfigurationRecorder {
    const TYPE: &'static str = "AWS::Config::ConfigurationRecorder";
}

/// What a recorder records. Source: AWS Config API Reference, `RecordingGroup`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecordingGroup {
    /// Whether all supported types (`allSupported`).
    pub all_supported: Option<bool>,
    /// Whether the global IAM types too (`includeGlobalResourceTypes`).
    pub include_global_resource_types: Option<bool>,
    /// The types it records, where not all (`resourceTypes`).
    pub resource_types: Vec<String>,
    /// The types it leaves out (`exclusionByResourceTypes.resourceTypes`).
    pub excluded_resource_types: Vec<String>,
    /// `ALL_SUPPORTED_RESOURCE_TYPES`, `INCLUSION_BY_RESOURCE_TYPES` or
    /// `EXCLUSION_BY_RESOURCE_TYPES` (`recordingStrategy.useOnly`).
    pub recording_strategy: Option<String>,
}

/// Whether a recorder records. Source: AWS Config API Reference, `ConfigurationRecorderStatus`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecorderStatus {
    /// Whether it records now (`recording`).
    pub recording: Option<bool>,
    /// How the last try went: `Pending`, `Success`, `Failure`, `NotApplicable` (`lastStatus`).
    pub last_status: Option<String>,
    /// The error of the last try (`lastErrorCode`).
    pub last_error_code: Option<String>,
    /// When the status last changed, RFC 3339 UTC (`lastStatusChangeTime`).
    pub last_status_change_time: Option<String>,
}

/// How a delivery channel's deliveries went. Source: AWS Config API Reference,
/// `DeliveryChannelStatus`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeliveryChannel {
    /// Its name.
    pub name: Option<String>,
    /// The last history file, to S3 (`configHistoryDeliveryInfo`).
    pub history: Option<Delivery>,
    /// The last snapshot, to S3 (`configSnapshotDeliveryInfo`).
    pub snapshot: Option<Delivery>,
    /// The last change notice, to SNS (`configStreamDeliveryInfo`).
    pub stream: Option<Delivery>,
}

/// One kind of delivery. Source: AWS Config API Reference, `ConfigExportDeliveryInfo` and
/// `ConfigStreamDeliveryInfo`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Delivery {
    /// `Success`, `Failure` or `Not_Applicable` (`lastStatus`); absent where none was tried yet.
    pub last_status: Option<String>,
    /// The error of the last try (`lastErrorCode`).
    pub last_error_code: Option<String>,
    /// When the last try was (`lastAttemptTime`; for the stream `lastStatusChangeTime`), RFC 3339
    /// UTC.
    pub last_attempt_time: Option<String>,
}
