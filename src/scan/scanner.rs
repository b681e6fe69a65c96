//! A scan through a session that is made elsewhere: for measurements, tests and programs with a
//! connection of their own. The scan is the one that `tickmark scan` runs.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::pipeline::{Request, Silent, run_scan};
use super::selection::select;
use super::sink::StoreSink;
use crate::collect::exchange::operation::Operation;
use crate::collect::exchange::recorder::CaptureSink;
use crate::collect::exchange::session::Session;
use crate::collect::schedule::operations;
use crate::collect::scope::{DESCRIBE_REGIONS, GET_CALLER_IDENTITY};
use crate::evidence::error::Failure;
use crate::evidence::rules::Rules;
use crate::evidence::sealing::open_or_make;
use crate::model::scan::ScanSelection;
use crate::seal::key::{self, new_store_id};
use crate::store::Store;

/// The rules of a scan, ready to be run through any session.
pub struct Scanner {
    rules: Rules,
}

impl Scanner {
    /// The built-in controls under a policy: the name of a built-in one, or a file.
    ///
    /// # Errors
    ///
    /// What is wrong with a file, as a fragment that fits after "could not".
    pub fn new(policy: &str) -> Result<Self, String> {
        Ok(Self { rules: Rules::load(None, policy).map_err(|failure| failure.to_string())? })
    }

    /// The operations that such a scan may call, sorted, each once.
    ///
    /// # Errors
    ///
    /// Why the selection cannot be made, as a fragment that fits after "could not".
    pub fn operations(&self, asked: &ScanSelection) -> Result<Vec<&'static Operation>, String> {
        let selection = select(&self.rules, asked).map_err(|failure| failure.to_string())?;
        let always = [&GET_CALLER_IDENTITY, &DESCRIBE_REGIONS];
        let mut all: Vec<_> =
            operations(&selection.needs).into_iter().map(|(_, _, operation)| operation).chain(always).collect();
        all.sort_by_key(|operation| operation.label());
        all.dedup_by_key(|operation| operation.label());
        Ok(all)
    }

    /// Scans into the store at `dir`, which is made, with a key that no machine trusts, where there
    /// is none; through the session that `open` makes over the store's sink. Gives the number of the
    /// scan, which is sealed and marked synthetic.
    ///
    /// `now` is the clock of the verdicts, and of the scan's end.
    ///
    /// # Errors
    ///
    /// What kept the scan from its end, as a fragment that fits after "could not".
    pub async fn scan(
        &self,
        dir: &Path,
        asked: ScanSelection,
        now: DateTime<Utc>,
        open: impl FnOnce(Arc<dyn CaptureSink>) -> Session,
    ) -> Result<u64, String> {
        self.run(dir, asked, now, open).await.map_err(|failure| failure.to_string())
    }

    async fn run(
        &self,
        dir: &Path,
        asked: ScanSelection,
        now: DateTime<Utc>,
        open: impl FnOnce(Arc<dyn CaptureSink>) -> Session,
    ) -> Result<u64, Failure> {
        let selection = select(&self.rules, &asked)?;
        if !Store::exists(dir) {
            drop(Store::create(dir, &new_store_id()?)?);
            key::generate(dir)?;
        }
        let made = open_or_make(dir)?;
        let sink = Arc::new(StoreSink::new(made.store));
        let session = open(Arc::clone(&sink) as Arc<dyn CaptureSink>);
        let request = Request { rules: &self.rules, asked, synthetic: true, now, ended: Some(now) };
        run_scan(&session, &sink, &made.key, &request, &selection, &Silent).await
    }
}

/// One scan by the built-in policy `nightly` into a store of its own at `dir`; see
/// [`Scanner::scan`]. Gives the store, to be read, and the number of the scan.
///
/// # Errors
///
/// What kept the scan from its end, as a fragment that fits after "could not".
pub fn scan_through(
    dir: &Path,
    asked: ScanSelection,
    now: DateTime<Utc>,
    open: impl FnOnce(Arc<dyn CaptureSink>) -> Session,
) -> Result<(Store, u64), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("start the asynchronous runtime: {error}"))?;
    let number = runtime.block_on(Scanner::new("nightly")?.scan(dir, asked, now, open))?;
    let store = Store::open_read_only(dir).map_err(|error| error.to_string())?;
    Ok((store, number))
}
