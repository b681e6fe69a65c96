//! Amazon Macie.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;

/// Macie in one region. A region without one has Macie off.
///
/// Source: Macie API Reference, `GetMacieSession`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Session {
    /// `ENABLED` or `PAUSED` (`status`).
    pub status: Option<String>,
    /// How often updated policy findings are published: `FIFTEEN_MINUTES`, `ONE_HOUR`, `SIX_HOURS`
    /// (`findingPublishingFrequency`).
    pub finding_publishing_frequency: Option<String>,
    /// When it was turned on, RFC 3339 UTC (`createdAt`).
    pub created_at: Option<String>,
}

impl TypedResource for Session {
    const TYPE: &'static str = "AWS::Macie::Session";
}
