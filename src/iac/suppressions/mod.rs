//! The directives of other tools beside the code: which of our controls each accepts, and where.
//!
//! Sources, as their documentation has them: Checkov, "Suppressing and Skipping Policies"; tfsec, "Ignoring
//! Checks"; Trivy, "Misconfiguration: filtering by inline comments"; AWS Guard Rules Registry, "Suppressing rules";
//! `cfn_nag`, "Per-resource rule suppression"; KICS, "Using commands on scanned files as comments".

mod comment;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use super::cloudformation;
use super::deployment::Place;
use super::terraform;

pub use rules::controls_of;

/// A tool whose directives are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// AWS `CloudFormation` Guard, with the rules of the AWS Guard Rules Registry.
    CfnGuard,
    /// `cfn_nag`.
    CfnNag,
    /// Checkov, and Bridgecrew's old word for it.
    Checkov,
    /// KICS.
    Kics,
    /// tfsec.
    Tfsec,
    /// Trivy.
    Trivy,
}

impl Tool {
    /// Every tool.
    pub const ALL: [Self; 6] = [Self::CfnGuard, Self::CfnNag, Self::Checkov, Self::Kics, Self::Tfsec, Self::Trivy];

    /// Its name as options take it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CfnGuard => "cfn-guard",
            Self::CfnNag => "cfn-nag",
            Self::Checkov => "checkov",
            Self::Kics => "kics",
            Self::Tfsec => "tfsec",
            Self::Trivy => "trivy",
        }
    }
}

impl FromStr for Tool {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|tool| tool.as_str() == text).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|tool| tool.as_str()).collect();
            format!("there is no tool `{text}` whose suppressions are understood; tools: {}", names.join(", "))
        })
    }
}

/// What of a file a directive is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covers {
    /// A comment: the block that begins at `target` (the line of code that the comment stands at), or what is
    /// written from there on inside of a block.
    Line {
        /// The line of code.
        target: u32,
        /// Whether what is on the line alone counts, and not what begins there.
        alone: bool,
    },
    /// A comment: the block that it stands in, or that begins at `target`.
    BlockAround {
        /// The line of code that the comment stands at.
        target: u32,
    },
    /// The resource of a template in these lines.
    Resource {
        /// The first line.
        first: u32,
        /// The last line.
        last: u32,
    },
    /// Everything in it.
    File,
}

/// A directive of another tool, for one of its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// The tool.
    pub tool: Tool,
    /// Where it is written.
    pub place: Place,
    /// The rule as written; `None` for every rule.
    pub rule: Option<String>,
    /// Why, where that is said.
    pub reason: Option<String>,
    /// Its last day, ISO 8601 date, where it has one.
    pub until: Option<String>,
    /// What it is about.
    pub covers: Covers,
    /// Why it accepts nothing here, whatever the rule: it holds under a condition that is not known.
    pub unusable: Option<&'static str>,
}

impl Foreign {
    /// The directive in short: `checkov:skip=CKV_AWS_18`.
    #[must_use]
    pub fn written(&self) -> String {
        let rule = self.rule.as_deref().unwrap_or("*");
        match self.tool {
            Tool::Checkov => format!("checkov:skip={rule}"),
            Tool::Tfsec => format!("tfsec:ignore:{rule}"),
            Tool::Trivy => format!("trivy:ignore:{rule}"),
            Tool::CfnGuard => format!("guard SuppressedRules {rule}"),
            Tool::CfnNag => format!("cfn_nag rules_to_suppress {rule}"),
            Tool::Kics if self.rule.is_none() => "kics-scan ignore".to_owned(),
            Tool::Kics => format!("kics-scan disable={rule}"),
        }
    }

    /// Whether it accepts a control.
    #[must_use]
    pub fn accepts(&self, control: &str) -> bool {
        self.unusable.is_none()
            && self.rule.as_deref().is_none_or(|rule| controls_of(self.tool, rule).contains(control))
    }
}

/// The directives of these tools in a file, in the order of its lines.
#[must_use]
pub fn read(file: &Arc<str>, text: &str, tools: &BTreeSet<Tool>) -> Vec<Foreign> {
    if !comment::WORDS.iter().chain(cloudformation::foreign::WORDS).any(|word| text.contains(word)) {
        return Vec::new();
    }
    let name = file.rsplit('/').next().unwrap_or(file);
    let mut found = if terraform::is_configuration(name) {
        // In JSON syntax a comment is a member `//`, which these tools do not read.
        if is_json(name) { Vec::new() } else { comment::in_terraform(file, text) }
    } else {
        let mut found = comment::in_yaml(file, text);
        found.extend(cloudformation::foreign::read(file, text));
        found
    };
    found.retain(|foreign| tools.contains(&foreign.tool));
    found.sort_by_key(|foreign| foreign.place.line);
    found
}

fn is_json(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}
