//! Scans over a connection of the caller's making: for programs, and tests, that bring a tape or a
//! double of AWS instead of the credential chain. The scan is the one that `tickmark scan` runs.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::error::Failure;
use super::pipeline::{Request, plan, run_scan};
use super::rules::{RuleArguments, Rules};
use super::sealing::open_or_make;
use super::sink::StoreSink;
use crate::collect::aws::scope::{DESCRIBE_REGIONS, GET_CALLER_IDENTITY};
use crate::collect::operation::Operation;
use crate::collect::plan::{Progress, operations};
use crate::collect::recorder::CaptureSink;
use crate::collect::session::Session;
use crate::model::scan::Asked;

/// The rules of a scan, ready to be run over any session.
pub struct Scanner {
    rules: Rules,
}

impl Scanner {
    /// The built-in controls under a policy: the name of a built-in one, or a file.
    ///
    /// # Errors
    ///
    /// A sentence for the user, where a file cannot be used.
    pub fn new(policy: &str) -> Result<Self, String> {
        let arguments = RuleArguments { controls_dir: None, policy: policy.to_owned() };
        Ok(Self { rules: Rules::load(&arguments).map_err(|failure| sentence(&failure))? })
    }

    /// The operations that such a scan may call, sorted, each once.
    ///
    /// # Errors
    ///
    /// A sentence for the user, where the selection cannot be made.
    pub fn operations(&self, asked: &Asked) -> Result<Vec<&'static Operation>, String> {
        let plan = plan(&self.rules, asked).map_err(|failure| sentence(&failure))?;
        let always = [&GET_CALLER_IDENTITY, &DESCRIBE_REGIONS];
        let mut all: Vec<_> =
            operations(&plan.needs).into_iter().map(|(_, _, operation)| operation).chain(always).collect();
        all.sort_by_key(|operation| operation.label());
        all.dedup_by_key(|operation| operation.label());
        Ok(all)
    }

    /// Runs one scan into a store, which is made where there is none, and gives its number. `now`
    /// is the clock of the verdicts; `connect` makes the session, whose captures go where it is
    /// told. The scan is marked synthetic.
    ///
    /// # Errors
    ///
    /// A sentence for the user, where no scan could be run or sealed.
    pub async fn scan(
        &self,
        store: &Path,
        asked: Asked,
        now: DateTime<Utc>,
        connect: impl FnOnce(Arc<dyn CaptureSink>) -> Session,
    ) -> Result<u64, String> {
        let plan = plan(&self.rules, &asked).map_err(|failure| sentence(&failure))?;
        let made = open_or_make(store).map_err(|failure| sentence(&failure))?;
        let sink = Arc::new(StoreSink::new(made.store));
        let session = connect(Arc::clone(&sink) as Arc<dyn CaptureSink>);
        let request = Request { rules: &self.rules, asked, synthetic: true, now, ended: Some(now) };
        run_scan(&session, &sink, &made.key, &request, &plan, &Silent).await.map_err(|failure| sentence(&failure))
    }
}

fn sentence(failure: &Failure) -> String {
    match failure.help() {
        Some(help) => format!("{failure}; {help}"),
        None => failure.to_string(),
    }
}

struct Silent;

impl Progress for Silent {
    fn planned(&self, _units: usize) {}
    fn finished(&self, _service: &str, _region: &str) {}
}
