//! A claim: one thing that was verified, or could not be.

use schemars::JsonSchema;
use serde::Serialize;

/// How a claim came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimOutcome {
    /// It was recomputed and holds.
    Proved,
    /// It does not hold.
    Failed,
    /// Nothing here could prove it.
    NotProvable,
}

impl ClaimOutcome {
    /// The words shown to a reader.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Failed => "failed",
            Self::NotProvable => "not provable here",
        }
    }
}

/// One thing that was verified, or could not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Claim {
    /// A short name that stays the same between versions.
    pub id: &'static str,
    /// What is claimed, as a sentence.
    pub statement: String,
    /// How it came out.
    pub outcome: ClaimOutcome,
    /// What was counted, what is wrong, or why it cannot be proved.
    pub detail: String,
}
