//! What a scan came to.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate};

use super::error::Failure;
use crate::evaluate::accept::{acceptance, has_expired};
use crate::model::control::Severity;
use crate::model::exit;
use crate::model::gap::Gap;
use crate::model::output::{AcceptedCount, ExceptionCount, GapCount, IdleAcceptance, RegionOutput, ScanSummary};
use crate::model::policy::{Acceptance, Policy};
use crate::model::scan::{ScanFooter, ScanHeader, ScanStatus};
use crate::model::verdict::{AcceptedGap, Verdict};
use crate::store::Store;

/// What a scan came to.
pub struct Summary {
    /// The scan's header.
    pub(crate) header: ScanHeader,
    /// Its footer.
    pub(crate) footer: ScanFooter,
    /// The least severity that fails the scan.
    pub(crate) threshold: Severity,
    /// Exceptions by severity and control, not waived.
    pub(crate) exceptions: BTreeMap<(Reverse<Severity>, String), u64>,
    pub(crate) waived: u64,
    /// Why items were not evaluated, with how many and the controls.
    pub(crate) gaps: BTreeMap<String, (u64, BTreeSet<String>, Option<String>)>,
    /// Exceptions at or above the threshold.
    pub(crate) failed_at_threshold: u64,
    pub(crate) not_evaluated: u64,
    /// Of these, the ones that the policy accepts, by reason and last day.
    pub(crate) accepted: BTreeMap<AcceptedGap, u64>,
    /// Acceptances that have expired or cover nothing.
    pub(crate) idle: Vec<IdleAcceptance>,
    /// Listings that broke off and that nothing accepts.
    pub(crate) broken: u64,
    /// Other accounts of which the store holds earlier scans.
    pub(crate) other_accounts: BTreeSet<String>,
}

impl Summary {
    /// Reads a sealed scan.
    ///
    /// # Errors
    ///
    /// If the scan is not sealed, or the store cannot be read.
    pub fn read(store: &Store, scan: u64, policy: &Policy) -> Result<Self, Failure> {
        let header = store.header(scan)?;
        let footer = store
            .footer(scan)?
            .ok_or_else(|| Failure::new(format!("read the end of scan {scan}: it is not sealed")))?;
        let mut summary = Self {
            header,
            footer,
            threshold: policy.fail_on,
            exceptions: BTreeMap::new(),
            waived: 0,
            gaps: BTreeMap::new(),
            failed_at_threshold: 0,
            not_evaluated: 0,
            accepted: BTreeMap::new(),
            idle: Vec::new(),
            broken: 0,
            other_accounts: others(store, scan)?,
        };
        // The gaps of items that are accepted, and where.
        let mut covered: BTreeSet<(String, Gap)> = BTreeSet::new();
        for verdict in store.verdicts(scan) {
            let verdict = verdict?;
            match verdict.verdict {
                Verdict::Fail if verdict.waived.is_some() => summary.waived += 1,
                Verdict::Fail => {
                    let key = (Reverse(verdict.severity), verdict.control);
                    *summary.exceptions.entry(key).or_default() += 1;
                    summary.failed_at_threshold += u64::from(verdict.severity >= policy.fail_on);
                }
                Verdict::NotEvaluated => {
                    summary.not_evaluated += 1;
                    if let Some(accepted) = verdict.accepted {
                        covered.extend(verdict.reason.map(|gap| (verdict.region, gap)));
                        *summary.accepted.entry(accepted).or_default() += 1;
                        continue;
                    }
                    summary.add_gap(verdict.reason, verdict.control);
                }
                Verdict::Pass | Verdict::NotApplicable => {}
            }
        }
        let today = day(&summary.header.started)?;
        let mut used: BTreeSet<AcceptedGap> = summary.accepted.keys().cloned().collect();
        for population in store.populations(scan) {
            let population = population?;
            let region = &population.region;
            let mut accepts = |gap: &Gap| {
                let same = |(at, other): &(String, Gap)| {
                    (at == region || other.regions().contains(region))
                        && (other.code, &other.operation) == (gap.code, &gap.operation)
                };
                let by_rule = acceptance(policy, &population.account, region, gap, today).map(AcceptedGap::from);
                let accepted = by_rule.is_some() || covered.iter().any(same);
                used.extend(by_rule);
                accepted
            };
            summary.broken += u64::from(!population.complete && !population.gap.as_ref().is_some_and(&mut accepts));
        }
        let is_idle = |one: &&Acceptance| !used.contains(&AcceptedGap::from(*one));
        let idle = policy.accept.iter().filter(is_idle).map(|one| IdleAcceptance {
            reason: one.reason.clone(),
            until: one.until.clone(),
            expired: has_expired(one, today),
        });
        summary.idle = idle.collect();
        Ok(summary)
    }

    /// How many items are not evaluated, and nothing accepts that.
    #[must_use]
    pub fn open_gaps(&self) -> u64 {
        self.not_evaluated - self.accepted.values().sum::<u64>()
    }

    fn add_gap(&mut self, gap: Option<Gap>, control: String) {
        let (what, action) = gap.map_or_else(
            || ("no reason was kept".to_owned(), None),
            |gap| {
                let by = gap.refusing_policy().map(|policy| format!(" by a {policy}")).unwrap_or_default();
                let operation = gap.operation.map(|operation| format!("{operation}: ")).unwrap_or_default();
                (format!("{operation}{}{by}", gap.code.meaning()), gap.action)
            },
        );
        let entry = self.gaps.entry(what).or_insert_with(|| (0, BTreeSet::new(), action));
        entry.0 += 1;
        entry.1.insert(control);
    }

    /// The exit code of the scan.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.failed_at_threshold > 0 {
            exit::EXCEPTIONS
        } else if self.incomplete() {
            exit::INCOMPLETE
        } else {
            exit::CLEAN
        }
    }

    /// Whether something could not be looked at.
    #[must_use]
    pub fn incomplete(&self) -> bool {
        let accounts = &self.header.accounts;
        let asked = &self.header.asked.regions;
        self.open_gaps() > 0
            || self.broken > 0
            || !matches!(self.footer.status, ScanStatus::Complete | ScanStatus::Partial)
            || accounts.iter().any(|account| account.regions_incomplete.is_some())
            || accounts.iter().any(|account| account.asked_and_not_scanned(asked).next().is_some())
    }

    /// The summary as it is given to programs.
    #[must_use]
    pub fn output(&self) -> ScanSummary {
        let exceptions = self.exceptions.iter().map(|((severity, control), items)| ExceptionCount {
            control: control.clone(),
            severity: severity.0,
            items: *items,
        });
        let gaps = self.gaps.iter().map(|(gap, (items, controls, action))| GapCount {
            gap: gap.clone(),
            items: *items,
            controls: controls.iter().cloned().collect(),
            action: action.clone(),
        });
        let regions = self.header.accounts.iter().flat_map(|account| {
            account.regions.iter().map(|region| RegionOutput {
                account: account.id.clone(),
                name: region.name.clone(),
                scanned: region.scanned,
                why_not: region.why_not.as_ref().map(ToString::to_string),
                given_up: self.footer.given_up.contains(&region.name),
            })
        });
        let accepted = self.accepted.iter().map(|(accepted, items)| AcceptedCount {
            reason: accepted.reason.clone(),
            until: accepted.until.clone(),
            items: *items,
        });
        let counted = |verdict: Verdict| self.footer.verdicts.get(verdict.as_str()).copied().unwrap_or(0);
        ScanSummary {
            scan: self.header.number,
            status: self.footer.status,
            synthetic: self.header.synthetic,
            started: self.header.started.clone(),
            ended: self.footer.ended.clone(),
            other_accounts: self.other_accounts.iter().cloned().collect(),
            regions: regions.collect(),
            clock_behind_seconds: self.footer.clock_behind_seconds,
            items: Verdict::ALL.into_iter().map(counted).sum(),
            accepted: accepted.collect(),
            idle_acceptances: self.idle.clone(),
            accounts: self.header.accounts.iter().map(|account| account.id.clone()).collect(),
            verdicts: Verdict::ALL.into_iter().map(|word| (word.as_str().to_owned(), counted(word))).collect(),
            waived: self.waived,
            exceptions: exceptions.collect(),
            not_evaluated: gaps.collect(),
            captures: self.footer.captures,
            verdict_sha256: self.footer.verdict_sha256.clone(),
            outcome_sha256: self.footer.outcome_sha256.clone(),
            fail_on: self.threshold,
            failed_at_threshold: self.failed_at_threshold,
        }
    }
}

/// The day on which a scan began: acceptances are judged by it.
fn day(started: &str) -> Result<NaiveDate, Failure> {
    DateTime::parse_from_rfc3339(started)
        .map(|time| time.date_naive())
        .map_err(|error| Failure::new(format!("read when the scan began: {error}")))
}

/// The accounts of which a store holds earlier scans of AWS, apart from those of this scan.
fn others(store: &Store, scan: u64) -> Result<BTreeSet<String>, Failure> {
    let accounts = |number| Ok::<_, Failure>(store.header(number)?.accounts.into_iter().map(|account| account.id));
    let mut others = BTreeSet::new();
    for earlier in store.scan_numbers()?.into_iter().filter(|earlier| *earlier < scan) {
        others.extend(accounts(earlier)?);
    }
    for own in accounts(scan)? {
        others.remove(&own);
    }
    Ok(others)
}
