//! Sealing what a check came to: evidence that the gate ran, on which commit, and what it said.

use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};

use super::super::error::Failure;
use super::super::rules::Rules;
use super::super::sealing::{finish, open_or_make};
use super::input::shown;
use super::judge::Outcome;
use super::since::{directory_of, git};
use crate::iac::unit::{ACCOUNT, Code, REGION};
use crate::model::canonical::sha256_hex;
use crate::model::check::Check;
use crate::model::scan::{AccountScope, Asked, CodeFile, CodeScope, Population, RegionScope, ScanHeader, ScanStatus};
use crate::model::verdict::{ItemVerdict, Verdict, Waived};

/// What a check was made of.
pub(super) struct Kept<'a> {
    pub(super) rules: &'a Rules,
    pub(super) asked: &'a Asked,
    pub(super) paths: &'a [PathBuf],
    pub(super) code: &'a Code,
}

impl Kept<'_> {
    /// Seals the verdicts as a scan of their own; gives its number.
    pub(super) fn seal(
        &self,
        store: &Path,
        outcome: Outcome<'_>,
        check: &Check,
        now: DateTime<Utc>,
    ) -> Result<u64, Failure> {
        let made = open_or_make(store)?;
        if let Some(trusted) = &made.trusted_at {
            eprintln!("made the store {} and its key", store.display());
            eprintln!("the public key is pinned in {}; give it to your auditor", trusted.display());
        }
        let rules = self.rules.canonical()?;
        let header = ScanHeader {
            number: 0,
            gate: "pre-merge".to_owned(),
            started: now.to_rfc3339_opts(SecondsFormat::Secs, true),
            tool: rules.tool(),
            policy: self.rules.policy.id.clone(),
            asked: self.asked.clone(),
            accounts: vec![account()],
            synthetic: false,
            endpoint: None,
            code: Some(self.scope(check)),
        };
        let scan = made.store.begin_scan(header)?;
        rules.keep(self.rules, &made.store, scan)?;
        let populations: Vec<Population> = outcome.populations.iter().map(population).collect();
        made.store.put_populations(scan, &populations)?;
        let mut verdicts = self.verdicts(outcome, check);
        verdicts.sort_by(|a, b| a.key().cmp(&b.key()));
        verdicts.dedup_by(|a, b| a.key() == b.key());
        made.store.put_verdicts(scan, &verdicts)?;
        let unread =
            !self.code.problems.is_empty() || verdicts.iter().any(|verdict| verdict.verdict == Verdict::NotEvaluated);
        let status = if unread { ScanStatus::Partial } else { ScanStatus::Complete };
        finish(&made.store, &made.key, scan, status, Vec::new(), super::now())?;
        Ok(scan)
    }

    /// The verdicts with ids that are their own in the whole check: unit, then address. What a directive
    /// beside the code accepts is put down as such; the verdict stays.
    fn verdicts(&self, outcome: Outcome<'_>, check: &Check) -> Vec<ItemVerdict> {
        let accepted: std::collections::BTreeMap<&str, &crate::model::check::AcceptedException> = check
            .results
            .iter()
            .filter_map(|result| Some((result.fingerprint.as_str(), result.waived.as_ref()?)))
            .collect();
        let named = |judged: super::judged::Judged<'_>| {
            let open = judged.verdict.verdict == Verdict::Fail && judged.verdict.waived.is_none();
            let fingerprint = open.then(|| super::gate::fingerprint_of(&judged));
            let mut verdict = judged.verdict;
            if let Some(accepted) = fingerprint.and_then(|fingerprint| accepted.get(fingerprint.as_str())) {
                verdict.waived = Some(Waived {
                    reason: accepted.reason.clone(),
                    owner: "as written beside the code".to_owned(),
                    approver: "whoever approved the merge".to_owned(),
                    until: accepted.until.clone(),
                });
            }
            let unit = &self.code.units[judged.unit].path;
            verdict.id = format!("{unit}#{}", verdict.id);
            verdict
        };
        outcome.judged.into_iter().map(named).collect()
    }

    fn scope(&self, check: &Check) -> CodeScope {
        let near = directory_of(self.paths);
        let ask = |arguments: &[&str]| git(near, arguments, None).ok().map(|said| said.trim().to_owned());
        let commit = ask(&["rev-parse", "--verify", "HEAD^{commit}"]);
        let status = ask(&["status", "--porcelain", "--untracked-files=all", "--", "."]);
        CodeScope {
            repository: ask(&["config", "--get", "remote.origin.url"]).map(|url| without_credentials(&url)),
            modified: commit.is_some() && status.is_none_or(|status| !status.is_empty()),
            commit,
            paths: self.paths.iter().map(|path| shown(path)).collect(),
            files: self
                .code
                .files
                .iter()
                .map(|(path, text)| CodeFile { path: path.to_string(), sha256: sha256_hex(text.as_bytes()) })
                .collect(),
            unreadable: self
                .code
                .problems
                .iter()
                .map(|problem| format!("{}: could not {}", problem.file, problem.message))
                .collect(),
            exit_code: check.summary.exit_code,
        }
    }
}

/// The account that code is for: none that is known.
fn account() -> AccountScope {
    let region = RegionScope { name: REGION.to_owned(), opt_in_status: String::new(), scanned: true, why_not: None };
    AccountScope {
        id: ACCOUNT.to_owned(),
        partition: "aws".to_owned(),
        caller_arn: String::new(),
        caller_id: String::new(),
        regions: vec![region],
        regions_incomplete: None,
    }
}

fn population((name, (count, gap)): (&String, &(u64, Option<crate::model::gap::Gap>))) -> Population {
    Population {
        account: ACCOUNT.to_owned(),
        region: "global".to_owned(),
        r#type: name.clone(),
        count: *count,
        counted_by: "the code".to_owned(),
        pages: 1,
        complete: gap.is_none(),
        gap: gap.clone(),
        gone: Vec::new(),
        captures: Vec::new(),
    }
}

/// A repository's address without user name and password.
fn without_credentials(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            format!("{scheme}://{host}/{path}")
        }
        None => url.to_owned(),
    }
}
