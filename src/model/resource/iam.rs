//! IAM.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::attr::Attr;

/// An access key of a user or of the root user, as one slot of the credential report tells it.
///
/// Source: IAM User Guide, "Generate credential reports for your AWS account".
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct AccessKey {
    /// Whether it can be used (`access_key_N_active`).
    pub active: bool,
    /// When it was made or last changed, RFC 3339 UTC (`access_key_N_last_rotated`).
    pub last_rotated: Attr<String>,
    /// When it was last used, RFC 3339 UTC (`access_key_N_last_used_date`); absent where never.
    pub last_used_date: Attr<String>,
}
