//! The rules in force: controls, criteria and policy, from files or from what a scan kept.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::error::Failure;
use crate::control::load::{Library, LoadedControl, policy};
use crate::evaluate::effective::mistakes;
use crate::model::canonical;
use crate::model::control::Control;
use crate::model::criterion::Criterion;
use crate::model::policy::Policy;
use crate::model::scan::Tool;
use crate::store::Store;

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

/// Controls, criteria and policy, and the canonical form in which they are hashed and kept.
pub(super) struct Rules {
    pub(super) controls: BTreeMap<String, LoadedControl>,
    pub(super) criteria: Vec<Criterion>,
    pub(super) policy: Policy,
    pub(super) controls_json: String,
    pub(super) criteria_json: String,
    pub(super) policy_json: String,
}

impl Rules {
    /// The rules of the files.
    pub(super) fn load(arguments: &RuleArguments) -> Result<Self, Failure> {
        Self::read(arguments.controls_dir.as_deref(), &arguments.policy)
    }

    fn read(directory: Option<&Path>, policy_name: &str) -> Result<Self, Failure> {
        let library = Library::load(directory)?;
        let policy = policy(policy_name)?;
        let wrong = mistakes(&library.controls, &policy);
        if !wrong.is_empty() {
            return Err(Failure::with_help(
                format!("use the policy {policy_name}:\n  {}", wrong.join("\n  ")),
                "`tickmark controls list` names the controls, `tickmark controls show ID` their parameters",
            ));
        }
        Self::new(library.controls, library.criteria, policy)
    }

    /// The rules that a scan kept.
    pub(super) fn of_scan(store: &Store, scan: u64) -> Result<Self, Failure> {
        let kept = store.rules(scan)?.ok_or_else(|| {
            Failure::with_help(
                format!("find the rules of scan {scan}: it broke off before they were stored"),
                "choose another scan with --scan",
            )
        })?;
        let broken = |error: serde_json::Error| Failure::new(format!("read the rules kept with scan {scan}: {error}"));
        let controls: Vec<Control> = serde_json::from_slice(&kept.controls).map_err(broken)?;
        let criteria: Vec<Criterion> = serde_json::from_slice(&kept.criteria).map_err(broken)?;
        let policy: Policy = serde_json::from_slice(&kept.policy).map_err(broken)?;
        let mut loaded = BTreeMap::new();
        for control in controls {
            let file = format!("control {} of scan {scan}", control.id);
            loaded.insert(control.id.clone(), LoadedControl::compile(&file, "", control)?);
        }
        Self::new(loaded, criteria, policy)
    }

    fn new(
        controls: BTreeMap<String, LoadedControl>,
        criteria: Vec<Criterion>,
        policy: Policy,
    ) -> Result<Self, Failure> {
        let plain: Vec<&Control> = controls.values().map(|loaded| &loaded.control).collect();
        let form =
            |text: Result<String, canonical::CanonicalError>| text.map_err(|error| Failure::new(error.to_string()));
        let controls_json = form(canonical::to_string(&plain))?;
        let criteria_json = form(canonical::to_string(&criteria))?;
        let policy_json = form(canonical::to_string(&policy))?;
        Ok(Self { controls, criteria, policy, controls_json, criteria_json, policy_json })
    }

    /// The program and these rules, by their hashes.
    pub(super) fn tool(&self) -> Tool {
        Tool {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            executable_sha256: executable_sha256(),
            controls_sha256: canonical::sha256_hex(self.controls_json.as_bytes()),
            policy_sha256: canonical::sha256_hex(self.policy_json.as_bytes()),
        }
    }

    /// Keeps the rules with a scan.
    pub(super) fn keep(&self, store: &Store, scan: u64) -> Result<(), Failure> {
        let (controls, criteria, policy) = (&self.controls_json, &self.criteria_json, &self.policy_json);
        store.put_rules(scan, controls.as_bytes(), criteria.as_bytes(), policy.as_bytes())?;
        store.put_waivers(scan, &self.policy.waivers)?;
        Ok(())
    }
}

/// SHA-256 of the running executable; a word that says so where it cannot be read.
fn executable_sha256() -> String {
    std::env::current_exe()
        .and_then(std::fs::read)
        .map_or_else(|_| "unreadable".to_owned(), |bytes| canonical::sha256_hex(&bytes))
}
