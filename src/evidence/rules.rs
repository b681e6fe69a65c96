//! The rules in force: controls, criteria and policy, from files or from what a scan kept.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::Failure;
use crate::control::diagnostic::nearest;
use crate::control::load::{LoadedControl, Summary};
use crate::evaluate::effective::left_out;
use crate::model::control::{Control, Source};
use crate::model::criterion::Criterion;
use crate::model::packed::Packed;
use crate::model::policy::Policy;
use crate::model::scan::ScanSelection;
use crate::store::Store;

/// Controls, criteria and policy.
pub struct Rules {
    /// The controls by their id.
    pub controls: BTreeMap<String, LoadedControl>,
    /// The criteria in the order of their list.
    pub criteria: Packed<Vec<Criterion>>,
    /// The policy.
    pub policy: Policy,
}

impl Rules {
    /// The rules that a scan kept.
    ///
    /// # Errors
    ///
    /// If the store or the rules cannot be read, or the scan broke off before they were stored.
    pub fn of_scan(store: &Store, scan: u64) -> Result<Self, Failure> {
        let kept = store.rules(scan)?.ok_or_else(|| {
            Failure::with_help(
                format!("find the rules of scan {scan}: it broke off before they were stored"),
                "choose another scan with --scan",
            )
        })?;
        let broken = |error: serde_json::Error| Failure::new(format!("read the rules kept with scan {scan}: {error}"));
        let kept_controls: Vec<Control> = serde_json::from_slice(&kept.controls).map_err(broken)?;
        let criteria: Vec<Criterion> = serde_json::from_slice(&kept.criteria).map_err(broken)?;
        let policy = serde_json::from_slice(&kept.policy).map_err(broken)?;
        let mut controls = BTreeMap::new();
        for control in kept_controls {
            let file = format!("control {} of scan {scan}", control.id);
            controls.insert(control.id.clone(), LoadedControl::compile(&file, "", control)?);
        }
        Ok(Self { controls, criteria: criteria.into(), policy })
    }
}

impl Rules {
    /// Why a control is not run on code, in whatever language; `None` for one that is run on some.
    pub(crate) fn not_on_code(&self, control: &Summary, asked: &ScanSelection) -> Option<String> {
        let left_out = |source| left_out(control, &self.policy, asked, source);
        let why = left_out(Source::Terraform).filter(|_| left_out(Source::Cloudformation).is_some())?;
        let live = control.sources == [Source::Live];
        Some(if live { "it can only be seen in AWS: the nightly scan judges it".to_owned() } else { why })
    }

    /// Refuses names of controls and criteria that do not exist, with the nearest that does.
    ///
    /// # Errors
    ///
    /// If one does not exist.
    pub fn know(&self, asked: &ScanSelection) -> Result<(), Failure> {
        let unknown = |what: &str, name: &str, known: Vec<&str>| {
            let help = nearest(name, known).map_or_else(
                || "`tickmark controls list` and `… list --criteria` show them all".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            Failure::with_help(format!("find a {what} `{name}`"), help)
        };
        let mut controls = asked.controls.iter().chain(&asked.except);
        if let Some(name) = controls.find(|id| !self.controls.contains_key(*id)) {
            return Err(unknown("control", name, self.controls.keys().map(String::as_str).collect()));
        }
        if asked.criteria.is_empty() {
            return Ok(());
        }
        let known: Vec<&str> = self.criteria.iter().map(|criterion| criterion.id.as_str()).collect();
        match asked.criteria.iter().find(|id| !known.contains(&id.as_str())) {
            Some(name) => Err(unknown("criterion", name, known)),
            None => Ok(()),
        }
    }
}

/// Rules from files, and keeping them with a scan.
mod kept {
    use super::{BTreeMap, Control, Failure, LoadedControl, Path, Rules, Store};
    use crate::control::load::{Library, policy as load_policy};
    use crate::evaluate::effective::mistakes;
    use crate::model::canonical::{CanonicalError, sha256_hex, to_string};
    use crate::model::scan::Tool;

    /// The canonical form in which rules are hashed and kept.
    pub(crate) struct Canonical {
        controls: String,
        criteria: String,
        policy: String,
    }

    impl Rules {
        /// The built-in controls with those of `controls_dir` added, under a policy: a file, or the
        /// name of a built-in one.
        ///
        /// # Errors
        ///
        /// If a file cannot be read or is wrong, or the policy names what does not exist.
        pub fn load(controls_dir: Option<&Path>, policy: &str) -> Result<Self, Failure> {
            Self::of(Library::load(controls_dir)?, policy)
        }

        /// The controls of a library, under a policy: a file, or the name of a built-in one.
        ///
        /// # Errors
        ///
        /// If the file cannot be read or is wrong, or the policy names what does not exist.
        pub fn of(library: Library, policy: &str) -> Result<Self, Failure> {
            let named = policy;
            let policy = load_policy(named)?;
            let controls: BTreeMap<String, LoadedControl> = library.controls;
            let wrong = mistakes(&controls, &policy);
            if wrong.is_empty() {
                return Ok(Self { controls, criteria: library.criteria, policy });
            }
            Err(Failure::with_help(
                format!("use the policy {named}:\n  {}", wrong.join("\n  ")),
                "`tickmark controls list` names the controls, `tickmark controls show ID` their parameters",
            ))
        }

        /// The rules in canonical form.
        pub(crate) fn canonical(&self) -> Result<Canonical, Failure> {
            let controls: Vec<&Control> = self.controls.values().map(|loaded| &*loaded.control).collect();
            let failed = |error: CanonicalError| Failure::new(error.to_string());
            Ok(Canonical {
                controls: to_string(&controls).map_err(failed)?,
                criteria: to_string(&*self.criteria).map_err(failed)?,
                policy: to_string(&self.policy).map_err(failed)?,
            })
        }
    }

    impl Canonical {
        /// The program and these rules, by their hashes.
        pub(crate) fn tool(&self) -> Tool {
            Tool {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                executable_sha256: executable_sha256(),
                controls_sha256: sha256_hex(self.controls.as_bytes()),
                policy_sha256: sha256_hex(self.policy.as_bytes()),
            }
        }

        /// Keeps the rules with a scan.
        pub(crate) fn keep(&self, rules: &Rules, store: &Store, scan: u64) -> Result<(), Failure> {
            store.put_rules(scan, self.controls.as_bytes(), self.criteria.as_bytes(), self.policy.as_bytes())?;
            store.put_waivers(scan, &rules.policy.waivers)?;
            Ok(())
        }
    }

    /// SHA-256 of the running executable; a word that says so where it cannot be read.
    /// Read once: it cannot change under a running process, and is large.
    fn executable_sha256() -> String {
        static SHA256: std::sync::OnceLock<String> = std::sync::OnceLock::new();
        let hash = || {
            std::env::current_exe()
                .and_then(std::fs::read)
                .map_or_else(|_| "unreadable".to_owned(), |bytes| sha256_hex(&bytes))
        };
        SHA256.get_or_init(hash).clone()
    }
}
