//! Where the rules come from.

use std::path::PathBuf;

use clap::Args;

use crate::evidence::error::Failure;
use crate::evidence::rules::Rules;

/// Where the rules come from.
#[derive(Args, Clone, Default)]
pub(super) struct RuleArguments {
    /// Directory whose control files are added to the built-in ones; one with the same id overrides.
    #[arg(long, value_name = "DIR")]
    pub(super) controls_dir: Option<PathBuf>,
    /// Policy file, or the name of a built-in policy.
    #[arg(long, value_name = "FILE", default_value = "nightly")]
    pub(super) policy: String,
}

impl RuleArguments {
    /// The rules of these files.
    pub(super) fn load(&self) -> Result<Rules, Failure> {
        Rules::load(self.controls_dir.as_deref(), &self.policy)
    }
}
