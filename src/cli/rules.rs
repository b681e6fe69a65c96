//! Where the rules come from, and which of them are run.

use std::path::PathBuf;

use clap::Args;

use crate::evidence::error::Failure;
use crate::evidence::rules::Rules;
use crate::model::scan::ScanSelection;

/// Where the rules come from.
#[derive(Args, Clone, Default)]
pub(super) struct RuleArguments {
    /// Directory whose control files are added to the built-in ones; one with the same id overrides.
    #[arg(long, value_name = "DIR")]
    pub(super) controls_dir: Option<PathBuf>,
    /// Policy file, or the name of a built-in policy [default: pre-merge for `check`, nightly elsewhere].
    #[arg(long, value_name = "FILE")]
    policy: Option<String>,
}

impl RuleArguments {
    /// The rules of these files, under the policy `default` where none is named.
    pub(super) fn load(&self, default: &str) -> Result<Rules, Failure> {
        Rules::load(self.controls_dir.as_deref(), self.policy.as_deref().unwrap_or(default))
    }
}

/// Which controls are run.
#[derive(Args, Clone, Default)]
pub(super) struct SelectionArguments {
    /// Only this control; repeatable.
    #[arg(long = "control", value_name = "ID")]
    controls: Vec<String>,
    /// Only controls that serve this criterion; repeatable.
    #[arg(long = "criterion", value_name = "ID")]
    criteria: Vec<String>,
    /// Not this control; repeatable.
    #[arg(long = "except", value_name = "ID")]
    except: Vec<String>,
}

impl SelectionArguments {
    /// The controls and criteria that were asked for.
    pub(super) fn asked(&self) -> ScanSelection {
        ScanSelection {
            controls: self.controls.clone(),
            criteria: self.criteria.clone(),
            except: self.except.clone(),
            ..ScanSelection::default()
        }
    }
}
