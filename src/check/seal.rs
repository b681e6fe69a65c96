//! Sealing what a check came to: evidence that the gate ran, on which commit, and what it said.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};

use super::input::shown;
use super::judge::Outcome;
use super::since::{directory_of, git};
use super::{Parameter, Request};
use crate::evidence::error::Failure;
use crate::evidence::rules::Rules;
use crate::evidence::sealing::{Ending, finish, open_or_make};
use crate::iac::deployment::{ACCOUNT, Code, REGION};
use crate::model::canonical::sha256_hex;
use crate::model::check::{AcceptedException, Check, CheckError};
use crate::model::scan::{
    AccountScope, CodeFile, CodeScope, Population, RegionScope, ScanHeader, ScanSelection, ScanStatus,
};
use crate::model::verdict::{ItemVerdict, Verdict, Waived};

/// A check that was sealed.
pub struct Sealed {
    /// Number of the scan.
    pub scan: u64,
    /// Where the public key was pinned, if the store was made now.
    pub trusted_at: Option<PathBuf>,
    /// Where git was asked for the commit and knew none.
    pub no_commit_at: Option<PathBuf>,
}

/// What a check was made of.
pub(super) struct Kept<'a> {
    pub(super) rules: &'a Rules,
    pub(super) asked: &'a ScanSelection,
    pub(super) request: &'a Request,
    pub(super) code: &'a Code,
    /// The exceptions that are accepted, by the fingerprint of their item.
    pub(super) accepted: &'a BTreeMap<String, AcceptedException>,
}

impl Kept<'_> {
    /// Seals the verdicts as a scan of their own; gives its number.
    pub(super) fn seal(
        &self,
        store: &Path,
        outcome: Outcome<'_>,
        check: &Check,
        now: DateTime<Utc>,
        ended: DateTime<Utc>,
    ) -> Result<Sealed, Failure> {
        let made = open_or_make(store)?;
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
            endpoints: BTreeMap::new(),
            code: Some(self.scope(check)),
            collectors: None,
        };
        let committed = header.code.as_ref().is_some_and(|code| code.commit.is_some());
        let scan = made.store.begin_scan(header)?;
        rules.keep(self.rules, &made.store, scan)?;
        let populations: Vec<Population> = outcome.populations.iter().map(population).collect();
        made.store.put_populations(scan, &populations)?;
        let mut verdicts = self.verdicts(outcome);
        verdicts.sort_by(|a, b| a.key().cmp(&b.key()));
        verdicts.dedup_by(|a, b| a.key() == b.key());
        made.store.put_verdicts(scan, &verdicts)?;
        let unread =
            unseen(check).next().is_some() || verdicts.iter().any(|verdict| verdict.verdict == Verdict::NotEvaluated);
        let status = if unread { ScanStatus::Partial } else { ScanStatus::Complete };
        finish(&made.store, &made.key, scan, Ending::new(status, Vec::new(), ended))?;
        let no_commit_at = (!committed).then(|| directory_of(&self.request.paths).to_owned());
        Ok(Sealed { scan, trusted_at: made.trusted_at, no_commit_at })
    }

    /// The verdicts with ids that are their own in the whole check: deployment, then address. What a directive
    /// beside the code accepts is put down as such; the verdict stays.
    fn verdicts(&self, outcome: Outcome<'_>) -> Vec<ItemVerdict> {
        let named = |judged: super::judged::Judged<'_>| {
            let open = judged.verdict.verdict == Verdict::Fail && judged.verdict.waived.is_none();
            let item = open.then(|| super::fingerprint::by_shown_paths(&judged));
            let mut verdict = judged.verdict;
            if let Some(accepted) = item.and_then(|item| self.accepted.get(&item)) {
                verdict.waived = Some(Waived {
                    reason: accepted.reason.clone(),
                    owner: accepted.by.as_ref().map_or_else(
                        || "as written beside the code".to_owned(),
                        |by| format!("as written beside the code: {by}"),
                    ),
                    approver: "whoever approved the merge".to_owned(),
                    until: accepted.until.clone().unwrap_or_else(|| "no end date".to_owned()),
                });
            }
            let deployment = &self.code.deployments[judged.deployment].path;
            verdict.id = format!("{deployment}#{}", verdict.id);
            verdict
        };
        outcome.judged.into_iter().map(named).collect()
    }

    fn scope(&self, check: &Check) -> CodeScope {
        let near = directory_of(&self.request.paths);
        let ask = |arguments: &[&str]| git(near, arguments, None).ok();
        let commit = ask(&["rev-parse", "--verify", "HEAD^{commit}"]).map(|said| said.trim().to_owned());
        let modified = || {
            let status = ask(&["status", "--porcelain", "--untracked-files=no"]);
            status.is_none_or(|status| !status.is_empty()) || self.untracked(near).is_none_or(|found| found)
        };
        CodeScope {
            repository: ask(&["config", "--get", "remote.origin.url"]).map(|url| without_credentials(url.trim())),
            modified: commit.is_some() && modified(),
            commit,
            paths: self.request.paths.iter().map(|path| shown(path)).collect(),
            options: options(self.request),
            files: self.files(),
            unreadable: unseen(check).map(|error| format!("{}: {}", error.file, error.message)).collect(),
            exit_code: check.summary.exit_code,
        }
    }

    /// Whether a file that was judged is not in git; `None` where git does not say.
    fn untracked(&self, near: &Path) -> Option<bool> {
        let root = git(near, &["rev-parse", "--show-toplevel"], None).ok()?;
        let root = std::fs::canonicalize(root.trim_end_matches('\n')).ok()?;
        let said = git(&root, &["ls-files", "-z"], None).ok()?;
        let tracked: HashSet<&str> = said.split('\0').collect();
        let made = |path: &Path| {
            path.components().any(|part| matches!(part.as_os_str().to_str(), Some(".terraform" | "cdk.out")))
        };
        let is_tracked = |file: &str| {
            let path = std::fs::canonicalize(file).ok()?;
            let path = path.strip_prefix(&root).ok()?.to_str()?.to_owned();
            Some(tracked.contains(path.as_str()))
        };
        Some(self.code.files.keys().any(|file| !made(Path::new(&**file)) && is_tracked(file) != Some(true)))
    }

    /// Every file that was judged with its hash. The text of a plan is not kept, for secrets stand in it: it is
    /// read again.
    fn files(&self) -> Vec<CodeFile> {
        let read = self.code.files.iter().map(|(path, text)| (path.to_string(), sha256_hex(text.as_bytes())));
        let plans = self.code.deployments.iter().filter(|deployment| !self.code.files.contains_key(&*deployment.path));
        let plans = plans.filter_map(|deployment| {
            let path = Path::new(&deployment.path);
            let bytes = if path.is_file() { std::fs::read(path).ok()? } else { return None };
            Some((deployment.path.clone(), sha256_hex(&bytes)))
        });
        let files: BTreeMap<String, String> = read.chain(plans).collect();
        files.into_iter().map(|(path, sha256)| CodeFile { path, sha256 }).collect()
    }
}

/// The options that have a part in what comes out. Values may be secrets: of them, the names.
fn options(request: &Request) -> Vec<String> {
    let mut options = Vec::new();
    options.extend(request.source.iter().map(|path| format!("--source {}", shown(path))));
    options.extend(request.variables.iter().map(|(name, _)| format!("--var {name}")));
    options.extend(request.variable_files.iter().map(|file| format!("--var-file {}", shown(file))));
    options.extend(request.environment.keys().map(|name| format!("environment TF_VAR_{name}")));
    options.extend(request.parameters.iter().map(|given| match given {
        Parameter::Value { name, .. } => format!("--parameter-override {name}"),
        Parameter::File(file) => format!("--parameter-override {}", shown(file)),
    }));
    options.extend(request.exclude.iter().map(|pattern| format!("--exclude {pattern}")));
    options.extend(request.accept_suppressions.iter().map(|tool| format!("--accept-suppressions {}", tool.as_str())));
    options.extend(request.fail_on.map(|severity| format!("--fail-on {severity}")));
    options.extend(request.baseline.iter().map(|file| format!("--baseline {}", shown(file))));
    options.extend(request.write_baseline.iter().map(|file| format!("--write-baseline {}", shown(file))));
    options.extend(request.since.iter().map(|revision| format!("--since {revision}")));
    let switches = [
        (request.changed, "--changed"),
        (request.allow_not_evaluated, "--allow-not-evaluated"),
        (request.allow_empty, "--allow-empty"),
    ];
    options.extend(switches.into_iter().filter(|(set, _)| *set).map(|(_, name)| name.to_owned()));
    options
}

/// What was not read, or is not in the code.
fn unseen(check: &Check) -> impl Iterator<Item = &CheckError> {
    check.errors.iter().filter(|error| matches!(error.kind.as_str(), "unreadable" | "missing"))
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
