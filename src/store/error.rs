//! What can go wrong with a store, and what to do about it.

use std::path::PathBuf;

/// Why something could not be done with a store. The message fits after "could not".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no store in the directory.
    #[error("find a store in {}", dir.display())]
    NotFound {
        /// The directory.
        dir: PathBuf,
    },
    /// There is one already.
    #[error("create a store in {}: there is one already", dir.display())]
    Exists {
        /// The directory.
        dir: PathBuf,
    },
    /// The file is a database of something else, or no database.
    #[error("open {}: it is not a tickmark store", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// A newer tickmark made or changed it.
    #[error(
        "open the store in {}: its format is version {found}, and this tickmark knows versions up to {known}",
        dir.display()
    )]
    NewerVersion {
        /// The directory.
        dir: PathBuf,
        /// The store's version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// An older tickmark made it, and it is opened for reading only, so it cannot be brought up.
    #[error("read the store in {}: its format is version {found}, and this tickmark reads version {known}", dir.display())]
    OlderVersion {
        /// The directory.
        dir: PathBuf,
        /// The store's version.
        found: i64,
        /// The version read here.
        known: i64,
    },
    /// Another process writes to it.
    #[error("write to the store in {}: another tickmark is writing to it", dir.display())]
    Locked {
        /// The directory.
        dir: PathBuf,
    },
    /// It was opened for reading only.
    #[error("write to the store: it was opened for reading only")]
    ReadOnly,
    /// What is stored contradicts itself.
    #[error("trust the store: {what}")]
    Corrupt {
        /// What contradicts what.
        what: String,
    },
    /// An earlier write failed, so what came after it is not there.
    #[error("write to the store: an earlier write failed: {first}")]
    Broken {
        /// The first failure, in words.
        first: String,
    },
    /// No scan has that number.
    #[error("find scan {scan} in the store")]
    NoSuchScan {
        /// The number asked for.
        scan: u64,
    },
    /// The scan is sealed, so nothing can be added to it.
    #[error("add to scan {scan}: it is sealed")]
    Sealed {
        /// The scan.
        scan: u64,
    },
    /// An earlier scan is not sealed yet: the log has no gaps, so it comes first.
    #[error("begin a scan: scan {scan} is not sealed yet")]
    Unfinished {
        /// The scan that is not sealed.
        scan: u64,
    },
    /// The rules given are not those that the scan's header names.
    #[error("store the rules of scan {scan}: the {what} given are not those that its header names")]
    OtherRules {
        /// The scan.
        scan: u64,
        /// `controls` or `policy`.
        what: &'static str,
    },
    /// A capture came with a number that is not the next one.
    #[error("store capture {given} of scan {scan}: the next number is {next}")]
    CaptureNumber {
        /// The scan.
        scan: u64,
        /// The number it came with.
        given: u64,
        /// The number that is next.
        next: u64,
    },
    /// Two verdicts of one scan have the same key.
    #[error("store a verdict of scan {scan}: there are two of {control} on {id}")]
    DuplicateVerdict {
        /// The scan.
        scan: u64,
        /// The control.
        control: String,
        /// The item's id.
        id: String,
    },
    /// A record cannot be written as canonical JSON.
    #[error(transparent)]
    Canonical(#[from] crate::model::canonical::CanonicalError),
    /// The file system refused.
    #[error("use {}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// `SQLite` refused.
    #[error("use the store's database")]
    Sqlite(#[from] rusqlite::Error),
}

impl StoreError {
    /// What the user can do, as a sentence.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "run `tickmark init` to make one there, or name another directory with --store",
            Self::Exists { .. } => "use it as it is, or name another directory with --store",
            Self::NotAStore { .. } => "name the directory of a tickmark store with --store",
            Self::NewerVersion { .. } => "update tickmark to the version that last wrote to this store, or newer",
            Self::OlderVersion { .. } => "open it once for writing, as `tickmark scan` does: that brings it up to date",
            Self::Locked { .. } => "wait until the other run has ended; a lock left by a killed process does not block",
            Self::Corrupt { .. } => {
                "run `tickmark verify` to see all that is wrong, and restore the store from a backup"
            }
            Self::Broken { .. } => {
                "look for a full disk or a failing one; the scan will be sealed as aborted at the next run"
            }
            Self::NoSuchScan { .. } => "run `tickmark history` to see which scans there are",
            Self::Sealed { .. } => "begin a new scan: what is sealed stays as it is",
            Self::Unfinished { .. } => "seal it as aborted first",
            Self::ReadOnly
            | Self::OtherRules { .. }
            | Self::CaptureNumber { .. }
            | Self::DuplicateVerdict { .. }
            | Self::Canonical(_) => "this is a fault of tickmark; please report it",
            Self::Io { .. } => "look at the permissions of the store's directory and at the space left on the disk",
            Self::Sqlite(error)
                if matches!(
                    error.sqlite_error_code(),
                    Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
                ) =>
            {
                "the database is damaged: keep a copy, and restore the store from a backup"
            }
            Self::Sqlite(_) => {
                "look at the permissions and the space left on the disk; `tickmark verify` checks the store"
            }
        }
    }
}
