//! A scan of AWS itself, and the trial of one that keeps nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::pipeline::{Request, run_scan};
use super::selection::Selection;
use super::sink::StoreSink;
use crate::collect::api::withhold::Salt;
use crate::collect::exchange::recorder::CaptureSink;
use crate::collect::exchange::session::{Options, Session};
use crate::collect::schedule::Progress;
use crate::evidence::error::Failure;
use crate::evidence::rules::Rules;
use crate::evidence::sealing::now;
use crate::evidence::stores::Made;
use crate::model::gap::GapCode;
use crate::model::output::Preflight;
use crate::model::scan::ScanSelection;
use crate::seal::key::SigningKey;
use crate::seal::salt;
use crate::store::Store;

/// A scan that was asked for.
pub struct Live<'a> {
    /// How AWS is reached.
    pub options: &'a Options,
    /// The rules in force.
    pub rules: &'a Rules,
    /// What was asked for.
    pub asked: ScanSelection,
    /// What [`super::select`] made of both.
    pub selection: &'a Selection<'a>,
}

impl Live<'_> {
    /// Scans into a store; gives it with the number of the scan, which is sealed.
    ///
    /// # Errors
    ///
    /// If AWS cannot be reached at all, or the store cannot be written. What AWS refuses is a gap of the scan.
    pub fn run(self, made: Made, progress: &dyn Progress) -> Result<(Store, u64), Failure> {
        super::runtime()?.block_on(self.scan(made.store, &made.key, progress, false))
    }

    /// Scans into a store that is thrown away: what could not be read for want of a permission is what would
    /// not be evaluated.
    ///
    /// # Errors
    ///
    /// As for [`Self::run`].
    pub fn preflight(self, progress: &dyn Progress) -> Result<Preflight, Failure> {
        let away = tempfile::tempdir().map_err(Failure::io("make a temporary directory"))?;
        let store = Store::create(away.path(), "preflight")?;
        let controls = self.selection.effective.enforced.len();
        let (store, scan) = super::runtime()?.block_on(self.scan(store, &SigningKey::random()?, progress, true))?;
        let mut denied: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for verdict in store.verdicts(scan) {
            let verdict = verdict?;
            if let Some(gap) = verdict.reason.filter(|gap| gap.code == GapCode::AccessDenied) {
                let action = gap.action.unwrap_or_else(|| "(unnamed)".to_owned());
                denied.entry(action).or_default().insert(verdict.control);
            }
        }
        let denied = denied.into_iter().map(|(action, controls)| (action, controls.into_iter().collect())).collect();
        Ok(Preflight { controls, denied })
    }

    async fn scan(
        self,
        store: Store,
        key: &SigningKey,
        progress: &dyn Progress,
        trial: bool,
    ) -> Result<(Store, u64), Failure> {
        let sink = Arc::new(StoreSink::new(store));
        let keep = Arc::clone(&sink) as Arc<dyn CaptureSink>;
        let salt = Salt::from(salt::load_or_make(sink.store().dir())?);
        let session = Session::open(self.options, salt, keep).await.map_err(|why| {
            let help = unopened(&why);
            Failure::with_help(why, help)
        })?;
        let request = Request { rules: self.rules, asked: self.asked, synthetic: trial, now: now(), ended: None };
        let scan = run_scan(&session, &sink, key, &request, self.selection, progress).await?;
        drop(session);
        let sink =
            Arc::into_inner(sink).ok_or_else(|| Failure::new("close the store: captures are still under way"))?;
        Ok((sink.into_store(), scan))
    }
}

/// What to do where no session could be opened.
fn unopened(why: &str) -> &'static str {
    if why.starts_with("use the certificates") {
        "AWS_CA_BUNDLE, or ca_bundle of the profile, names a file of certificates in PEM"
    } else if why.contains("/login/cache") || why.contains("login session") {
        "sign in with `aws login`, with --profile for a profile that is named"
    } else if why.contains("sso") {
        "sign in with `aws sso login`, with --profile for a profile that is named"
    } else {
        "set AWS_PROFILE or pass --profile; `aws sts get-caller-identity` shows what the chain finds"
    }
}
