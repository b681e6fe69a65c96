//! The store: one directory with one `SQLite` database, where scans are kept as they are made.
//!
//! | in the directory | what it is |
//! | --- | --- |
//! | `tickmark.db` | the database: WAL mode, `STRICT` tables, rows that are never changed |
//! | `writer.lock` | locked by the one process that writes; the lock goes with the process |
//! | `key/` | the signing key, which belongs to [`crate::seal::key`] |
//!
//! A [`Store`] is `Send` and `Sync`: collectors put captures from several threads. Captures are
//! committed in batches, at the latest [`COMMIT_EVERY`] after they came; a process killed at any
//! instant leaves a store that opens, with the scan marked as unfinished. Reading goes by pages of
//! rows, so memory does not grow with the scan.

mod blob;
mod error;
mod lock;
mod reader;
mod schema;
mod writer;

use std::collections::HashMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

pub use self::error::StoreError;
use self::lock::WriterLock;
pub use self::reader::{BlobRow, Rows, Rules, ScanSummary, Tally};
pub use self::schema::VERSION;

/// The longest that a capture waits to be committed.
pub const COMMIT_EVERY: Duration = Duration::from_millis(250);

/// The most captures that are committed at once.
const COMMIT_ROWS: usize = 200;

/// How long `SQLite` waits for another process that is in the middle of a commit.
const BUSY: Duration = Duration::from_secs(10);

const DATABASE: &str = "tickmark.db";

/// An open store.
///
/// At most one process has a store open for writing; any number may read meanwhile.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    shared: Arc<Shared>,
    committer: Option<JoinHandle<()>>,
    /// Held for as long as the store is open for writing; the system lets go of it with the process.
    lock: Option<WriterLock>,
}

/// What the store's threads share.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

/// The connection and what is not committed yet.
#[derive(Debug)]
struct State {
    connection: Connection,
    /// Captures in the open transaction.
    pending: usize,
    /// When the open transaction began.
    since: Option<Instant>,
    /// The next capture number of each scan that is written to.
    next_capture: HashMap<u64, u64>,
    /// The first failed write: what was put before it may be gone, so nothing is put after it.
    broken: Option<String>,
    closing: bool,
}

impl Store {
    /// Whether `dir` holds a store.
    #[must_use]
    pub fn exists(dir: &Path) -> bool {
        dir.join(DATABASE).is_file()
    }

    /// Makes a store in `dir`, which is made too, for its owner only. `store_id` names the store
    /// for good, also in its signed log: short, without spaces or `+` (see
    /// [`crate::seal::key::new_store_id`]).
    ///
    /// # Errors
    ///
    /// [`StoreError::Exists`] when there is one; [`StoreError::Locked`] when another process is
    /// making one.
    pub fn create(dir: &Path, store_id: &str) -> Result<Self, StoreError> {
        private_dir(dir)?;
        let path = dir.join(DATABASE);
        let lock = WriterLock::take(dir)?;
        // A file that a killed `create` left without a schema is taken up, not refused.
        drop(private_file(&path).map_err(|source| StoreError::Io { path: path.clone(), source })?);
        let mut connection = Connection::open_with_flags(&path, write_flags())?;
        configure(&connection)?;
        if schema::version(&connection, dir, &path)?.is_some() {
            return Err(StoreError::Exists { dir: dir.to_owned() });
        }
        connection.pragma_update(None, "synchronous", "FULL")?;
        schema::migrate(&mut connection, None, store_id)?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        Ok(Self::over(dir, connection, Some(lock)))
    }

    /// Takes the files of a store away, as far as it can; no process may have it open.
    pub(crate) fn remove(dir: &Path) {
        for name in [DATABASE, "tickmark.db-wal", "tickmark.db-shm", "tickmark.db-journal", lock::LOCK] {
            std::fs::remove_file(dir.join(name)).ok();
        }
    }

    /// Whether the database is whole, as far as `SQLite` can tell: a scan must not be written into one that
    /// is not.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] where it is not.
    pub fn check(&self) -> Result<(), StoreError> {
        let said: String = self.state().connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if said == "ok" { Ok(()) } else { Err(StoreError::Corrupt { what: said }) }
    }

    /// Opens the store in `dir` for writing and reading, and brings it up to this version.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`], [`StoreError::NewerVersion`], [`StoreError::NotAStore`];
    /// [`StoreError::Locked`] when another process writes to it.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(DATABASE);
        if !Self::exists(dir) {
            return Err(StoreError::NotFound { dir: dir.to_owned() });
        }
        let lock = WriterLock::take(dir)?;
        let mut connection = Connection::open_with_flags(&path, write_flags())?;
        let found = schema::version(&connection, dir, &path)?;
        let Some(found) = found else { return Err(StoreError::NotFound { dir: dir.to_owned() }) };
        configure(&connection)?;
        schema::migrate(&mut connection, Some(found), "")?;
        Ok(Self::over(dir, connection, Some(lock)))
    }

    /// Opens the store in `dir` for reading: what it holds now, unmoved by a scan that runs
    /// meanwhile. It works on media that cannot be written to.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`], [`StoreError::NewerVersion`], [`StoreError::OlderVersion`],
    /// [`StoreError::NotAStore`].
    pub fn open_read_only(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(DATABASE);
        if !Self::exists(dir) {
            return Err(StoreError::NotFound { dir: dir.to_owned() });
        }
        let connection = open_reader(dir, &path)?;
        connection.busy_timeout(BUSY)?;
        match schema::version(&connection, dir, &path)? {
            None => return Err(StoreError::NotFound { dir: dir.to_owned() }),
            Some(found) if found < VERSION => {
                return Err(StoreError::OlderVersion { dir: dir.to_owned(), found, known: VERSION });
            }
            Some(_) => {}
        }
        // One transaction for as long as the store is open: one view of it.
        connection.execute_batch("BEGIN DEFERRED; SELECT count(*) FROM store;")?;
        Ok(Self::over(dir, connection, None))
    }

    /// The store's directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn over(dir: &Path, connection: Connection, lock: Option<WriterLock>) -> Self {
        connection.set_prepared_statement_cache_capacity(64);
        let state =
            State { connection, pending: 0, since: None, next_capture: HashMap::new(), broken: None, closing: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), wake: Condvar::new() });
        let committer = lock.is_some().then(|| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || shared.commit_in_time())
        });
        Self { dir: dir.to_owned(), shared, committer, lock }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        {
            let mut state = self.state();
            state.closing = true;
            // A failed commit was or will be told by `flush`, `finish` or the next `put`; whoever
            // drops without any of these has given the scan up.
            drop(state.commit());
        }
        self.shared.wake.notify_all();
        if let Some(committer) = self.committer.take() {
            drop(committer.join());
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves the connection usable: what it had begun is still open and
        // is committed or refused as a whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits what has waited long enough, until the store is closed.
    fn commit_in_time(&self) {
        let mut state = self.state();
        while !state.closing {
            let wait = match state.since {
                Some(since) => COMMIT_EVERY.saturating_sub(since.elapsed()),
                None => Duration::from_hours(1),
            };
            if wait.is_zero() {
                // The failure is kept in `broken` and told by the next write.
                drop(state.commit());
                continue;
            }
            state = self.wake.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn write_flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY)?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(())
}

/// Opens for reading. Where the directory cannot be written to, `SQLite` cannot make the files
/// that readers and a writer share; if no writer left any, there is none to share with.
fn open_reader(dir: &Path, path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let readable = |connection: &Connection| {
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).map(|_| ())
    };
    let connection = Connection::open_with_flags(path, flags)?;
    let Err(error) = readable(&connection) else { return Ok(connection) };
    let alone = !dir.join(format!("{DATABASE}-wal")).exists();
    let blocked =
        matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly));
    if alone && blocked {
        let uri = format!("file:{}?immutable=1", uri_path(path));
        return Ok(Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?);
    }
    Ok(connection)
}

/// `path` as the path of a `file:` URI.
fn uri_path(path: &Path) -> String {
    use std::fmt::Write as _;
    path.to_string_lossy().bytes().fold(String::new(), |mut uri, byte| {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            write!(uri, "%{byte:02X}").expect("writing into a String does not fail");
        }
        uri
    })
}

/// Makes `dir` and what leads to it, readable by the owner only.
fn private_dir(dir: &Path) -> Result<(), StoreError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(dir).map_err(|source| StoreError::Io { path: dir.to_owned(), source })
}

/// Opens a file for writing, made if need be, readable by the owner only.
fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

/// A number as `SQLite` keeps it. Counts and capture numbers never come near the limit.
fn sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
pub(crate) mod tamper;
#[cfg(test)]
mod tests;
