//! What a scan came to.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::error::Failure;
use crate::model::control::Severity;
use crate::model::exit;
use crate::model::gap::Gap;
use crate::model::output::{ExceptionCount, GapCount, ScanSummary};
use crate::model::policy::Policy;
use crate::model::scan::{ScanFooter, ScanHeader, ScanStatus};
use crate::model::verdict::Verdict;
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
        };
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
                    summary.add_gap(verdict.reason, verdict.control);
                }
                Verdict::Pass | Verdict::NotApplicable => {}
            }
        }
        Ok(summary)
    }

    fn add_gap(&mut self, gap: Option<Gap>, control: String) {
        let (what, action) = gap.map_or_else(
            || ("no reason was kept".to_owned(), None),
            |gap| {
                let operation = gap.operation.map(|operation| format!("{operation}: ")).unwrap_or_default();
                (format!("{operation}{}", gap.code.meaning()), gap.action)
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
        self.not_evaluated > 0 || self.footer.status != ScanStatus::Complete
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
        ScanSummary {
            scan: self.header.number,
            status: self.footer.status,
            synthetic: self.header.synthetic,
            accounts: self.header.accounts.iter().map(|account| account.id.clone()).collect(),
            verdicts: self.footer.verdicts.clone(),
            waived: self.waived,
            exceptions: exceptions.collect(),
            not_evaluated: gaps.collect(),
            captures: self.footer.captures,
            verdict_sha256: self.footer.verdict_sha256.clone(),
            fail_on: self.threshold,
            failed_at_threshold: self.failed_at_threshold,
        }
    }
}
