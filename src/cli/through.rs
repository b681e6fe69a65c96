//! A scan through a session that is made elsewhere: what measurements and tests with a connection
//! of their own need of the command line.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::error::Failure;
use super::pipeline::{Request, plan, run_scan};
use super::progress::Shown;
use super::rules::{RuleArguments, Rules};
use super::sink::StoreSink;
use crate::collect::recorder::CaptureSink;
use crate::collect::session::Session;
use crate::model::scan::Asked;
use crate::seal::key::{SigningKey, new_store_id};
use crate::store::Store;

/// Makes a store at `dir`, scans into it by the built-in policy `nightly` through the session that
/// `open` makes over the store's sink, and seals the scan with a key that is thrown away. Gives the
/// store and the number of the scan, which is marked synthetic.
///
/// `now` is the clock of the verdicts.
///
/// # Errors
///
/// What kept the scan from its end, as a fragment that fits after "could not".
pub fn scan_through(
    dir: &Path,
    asked: Asked,
    now: DateTime<Utc>,
    open: impl FnOnce(Arc<dyn CaptureSink>) -> Session,
) -> Result<(Store, u64), String> {
    scan(dir, asked, now, open).map_err(|failure| failure.to_string())
}

fn scan(
    dir: &Path,
    asked: Asked,
    now: DateTime<Utc>,
    open: impl FnOnce(Arc<dyn CaptureSink>) -> Session,
) -> Result<(Store, u64), Failure> {
    let rules = Rules::load(&RuleArguments { controls_dir: None, policy: "nightly".to_owned() })?;
    let plan = plan(&rules, &asked)?;
    let store = Store::create(dir, &new_store_id()?)?;
    let key = SigningKey::random()?;
    let sink = Arc::new(StoreSink::new(store));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::io("start the asynchronous runtime"))?;
    let number = runtime.block_on(async {
        let session = open(Arc::clone(&sink) as Arc<dyn CaptureSink>);
        let request = Request { rules: &rules, asked, synthetic: true, now, ended: Some(now) };
        run_scan(&session, &sink, &key, &request, &plan, &Shown::new(true)).await
    })?;
    let sink = Arc::into_inner(sink).ok_or_else(|| Failure::new("close the store: captures are still under way"))?;
    Ok((sink.into_store(), number))
}
