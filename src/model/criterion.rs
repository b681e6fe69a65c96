//! The 61 trust services criteria, in own words: the AICPA's text is copyrighted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far a machine can show a criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Automation {
    /// The AWS part of it can be tested in full.
    Automatable,
    /// A part of it can be tested; the rest needs people's evidence.
    Partial,
    /// Only people's evidence shows it.
    Manual,
}

/// One of the 61 trust services criteria (2017, with the 2022 points of focus): `CC1.1` … `P8.1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Its number, `CC6.1`.
    pub id: String,
    /// Its category: common criteria (security), availability, confidentiality, …
    pub category: String,
    /// What it asks for, in own words.
    pub text: String,
    /// How far a machine can show it.
    pub automation: Automation,
    /// What AWS can show of it, and what remains for people to show.
    pub evidence: String,
}
