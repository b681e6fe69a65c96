//! Ending scans: the footer, the seal, and what a killed scan left.

use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};

use super::error::Failure;
use super::stores::{Made, make};
use crate::model::scan::{LaxParameter, ScanStatus};
use crate::seal::key::{self, SigningKey};
use crate::seal::{check_log, footer, seal_scan};
use crate::store::Store;

/// Opens the store for writing, makes it and its key where there are none, and seals what a
/// killed scan left. A store that is damaged, or whose log is not the one that was signed, is not written to;
/// nor is one without room for a scan's beginning.
///
/// # Errors
///
/// If the store is in use or damaged, or it or its key cannot be read or written.
pub fn open_or_make(dir: &Path) -> Result<Made, Failure> {
    if Store::exists(dir) {
        let store = Store::open(dir)?;
        let key = key::load(dir)?;
        store.check()?;
        has_room(dir)?;
        seal_leftovers(&store, &key)?;
        check_log(&store, &key)?;
        return Ok(Made { store, key, trusted_at: None });
    }
    // The directory need not be there yet; what is there of the way to it is on the same disk, mostly.
    has_room(dir.ancestors().find(|above| above.is_dir()).unwrap_or(Path::new(".")))?;
    make(dir)
}

/// Room that a scan's beginning takes, in bytes.
const ROOM: usize = 16 << 20;

/// Whether there is room for a scan: a full disk is noticed before AWS is asked hundreds of questions.
fn has_room(dir: &Path) -> Result<(), Failure> {
    use std::io::Write as _;
    let what = format!("find room for a scan in {}", dir.display());
    let tried = tempfile::tempfile_in(dir).and_then(|mut file| {
        file.write_all(&vec![0; ROOM])?;
        file.sync_data()
    });
    tried.map_err(|error| {
        Failure::with_help(format!("{what}: {error}"), "free some space on the disk, or name another with --store")
    })
}

/// Seals scans that a killed process left as aborted: the log has no gaps.
fn seal_leftovers(store: &Store, key: &SigningKey) -> Result<(), Failure> {
    for scan in store.unfinished()? {
        finish(store, key, scan, Ending::new(ScanStatus::Aborted, Vec::new(), now()))?;
    }
    Ok(())
}

/// What a scan ends with, beside what is counted from its records.
pub(crate) struct Ending {
    pub(crate) status: ScanStatus,
    pub(crate) lax: Vec<LaxParameter>,
    pub(crate) ended: DateTime<Utc>,
    /// Regions that were given up.
    pub(crate) given_up: Vec<String>,
    /// By how much our clock was behind AWS's, where that matters.
    pub(crate) clock_behind_seconds: Option<i64>,
}

impl Ending {
    /// A scan that met neither a silent region nor another clock.
    pub(crate) fn new(status: ScanStatus, lax: Vec<LaxParameter>, ended: DateTime<Utc>) -> Self {
        Self { status, lax, ended, given_up: Vec::new(), clock_behind_seconds: None }
    }
}

/// Ends a scan: its footer, its seal.
pub(crate) fn finish(store: &Store, key: &SigningKey, scan: u64, ending: Ending) -> Result<(), Failure> {
    store.flush()?;
    let ended = ending.ended.to_rfc3339_opts(SecondsFormat::Millis, true);
    let mut footer = footer(store, scan, &ended, ending.status, ending.lax)?;
    footer.given_up = ending.given_up;
    footer.clock_behind_seconds = ending.clock_behind_seconds;
    let seal = seal_scan(store, scan, &footer, key)?;
    store.finish(scan, &footer, &seal)?;
    Ok(())
}

/// The machine's clock: when a scan begins and ends. What is judged is judged by the time in the
/// scan's header.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the place where a use case reads the machine's clock")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}
