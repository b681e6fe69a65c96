//! Writing: a scan from its header to its seal.

use std::time::Instant;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use serde::Serialize;

use super::{COMMIT_EVERY, COMMIT_ROWS, State, Store, StoreError, blob, sql};
use crate::model::attr::CaptureId;
use crate::model::canonical;
use crate::model::capture::Capture;
use crate::model::policy::Waiver;
use crate::model::scan::{Population, Reconciled, ScanFooter, ScanHeader};
use crate::model::sealed::SealedScan;
use crate::model::verdict::ItemVerdict;

impl Store {
    /// Gives `header` the next number and stores it, on disk, before anything is collected.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unfinished`] while an earlier scan is not sealed: the log has no gaps.
    pub fn begin_scan(&self, mut header: ScanHeader) -> Result<u64, StoreError> {
        let mut state = self.state();
        state.writable(self.lock.is_some())?;
        state.durably(|transaction| {
            let unfinished: Option<i64> =
                transaction.query_row("SELECT min(number) FROM scan WHERE footer IS NULL", [], |row| row.get(0))?;
            if let Some(scan) = unfinished {
                return Err(StoreError::Unfinished { scan: scan.unsigned_abs() });
            }
            let last: i64 = transaction.query_row("SELECT coalesce(max(number), 0) FROM scan", [], |row| row.get(0))?;
            header.number = last.unsigned_abs() + 1;
            transaction.execute(
                "INSERT INTO scan (number, header) VALUES (?1, ?2)",
                (sql(header.number), canonical::to_string(&header)?),
            )?;
            Ok(header.number)
        })
    }

    /// Scans that began and are not sealed: running, or killed. The caller seals them as aborted.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn unfinished(&self) -> Result<Vec<u64>, StoreError> {
        let state = self.state();
        let mut statement = state.connection.prepare("SELECT number FROM scan WHERE footer IS NULL ORDER BY number")?;
        let numbers = statement.query_map([], |row| row.get::<_, i64>(0))?;
        numbers.map(|number| Ok(number?.unsigned_abs())).collect()
    }

    /// Stores the rules that are in force for `scan`, each as the canonical JSON that its header's
    /// hash is of.
    ///
    /// # Errors
    ///
    /// [`StoreError::OtherRules`] when the SHA-256 of `controls` or `policy` is not the one in
    /// the scan's header.
    pub fn put_rules(&self, scan: u64, controls: &[u8], criteria: &[u8], policy: &[u8]) -> Result<(), StoreError> {
        let header = self.header(scan)?;
        if canonical::sha256_hex(controls) != header.tool.controls_sha256 {
            return Err(StoreError::OtherRules { scan, what: "controls" });
        }
        if canonical::sha256_hex(policy) != header.tool.policy_sha256 {
            return Err(StoreError::OtherRules { scan, what: "policy" });
        }
        self.write(scan, |transaction| {
            let controls = blob::put(transaction, controls)?;
            let criteria = blob::put(transaction, criteria)?;
            let policy = blob::put(transaction, policy)?;
            transaction.execute(
                "INSERT INTO rules (scan, controls, criteria, policy) VALUES (?1, ?2, ?3, ?4)",
                (sql(scan), controls, criteria, policy),
            )?;
            Ok(())
        })
    }

    /// Stores one capture and its body, from any thread, and gives its number.
    ///
    /// `capture.n` is 0 to be numbered here, in the order of arrival. `body_sha256` and
    /// `body_size` are set here from `body`; without a body there is no hash. It is committed
    /// within [`COMMIT_EVERY`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Sealed`], [`StoreError::CaptureNumber`]; [`StoreError::Broken`] after an
    /// earlier write failed.
    pub fn put_capture(&self, scan: u64, mut capture: Capture, body: Option<&[u8]>) -> Result<CaptureId, StoreError> {
        capture.body_sha256 = body.map(canonical::sha256_hex);
        capture.body_size = body.map_or(0, |body| body.len() as u64);
        let known = match &capture.body_sha256 {
            Some(sha256) => blob::exists(&self.state().connection, sha256)?,
            None => true,
        };
        // Compressing takes far longer than storing, so it is done while others may store.
        let packed = match (&capture.body_sha256, body) {
            (Some(sha256), Some(body)) if !known => Some(blob::pack(sha256.clone(), body)?),
            _ => None,
        };
        let mut guard = self.state();
        let state = &mut *guard;
        state.writable(self.lock.is_some())?;
        let next = state.next_capture(scan)?;
        if capture.n != 0 && capture.n != next {
            return Err(StoreError::CaptureNumber { scan, given: capture.n, next });
        }
        capture.n = next;
        let record = canonical::to_string(&capture)?;
        let begun = state.since.is_none();
        if let Err(error) = state.insert_capture(scan, &capture, &record, packed.as_ref()) {
            return Err(state.break_with(error));
        }
        state.next_capture.insert(scan, next + 1);
        if state.pending >= COMMIT_ROWS || state.since.is_some_and(|since| since.elapsed() >= COMMIT_EVERY) {
            state.commit()?;
        } else if begun {
            self.shared.wake.notify_all();
        }
        Ok(next)
    }

    /// Stores verdicts, in any order and any number of calls.
    ///
    /// # Errors
    ///
    /// [`StoreError::DuplicateVerdict`] when two have the same key; none of this call is stored
    /// then.
    pub fn put_verdicts(&self, scan: u64, verdicts: &[ItemVerdict]) -> Result<(), StoreError> {
        self.write(scan, |transaction| {
            let mut statement = transaction.prepare_cached(
                "INSERT INTO verdict (scan, control, account, region, type, id, record)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?;
            for verdict in verdicts {
                let (control, account, region, r#type, id) = verdict.key();
                let record = canonical::to_string(verdict)?;
                match statement.execute((sql(scan), control, account, region, r#type, id, record)) {
                    Ok(_) => {}
                    Err(rusqlite::Error::SqliteFailure(failure, _))
                        if failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY =>
                    {
                        return Err(StoreError::DuplicateVerdict { scan, control: control.into(), id: id.into() });
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(())
        })
    }

    /// Stores populations, after those already there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Sealed`], or when the database cannot be written.
    pub fn put_populations(&self, scan: u64, populations: &[Population]) -> Result<(), StoreError> {
        self.append(scan, "population", populations)
    }

    /// Stores reconciled items, after those already there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Sealed`], or when the database cannot be written.
    pub fn put_reconciled(&self, scan: u64, reconciled: &[Reconciled]) -> Result<(), StoreError> {
        self.append(scan, "reconciled", reconciled)
    }

    /// Stores the waivers in force, after those already there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Sealed`], or when the database cannot be written.
    pub fn put_waivers(&self, scan: u64, waivers: &[Waiver]) -> Result<(), StoreError> {
        self.append(scan, "waiver", waivers)
    }

    /// Commits what is not committed yet.
    ///
    /// # Errors
    ///
    /// When the database cannot be written; the scan cannot go on then.
    pub fn flush(&self) -> Result<(), StoreError> {
        let mut state = self.state();
        state.writable(self.lock.is_some())?;
        state.commit()
    }

    /// Ends a scan: its footer and its seal, on disk before this returns. Nothing can be added
    /// to it afterwards.
    ///
    /// # Errors
    ///
    /// [`StoreError::Sealed`] when it has a seal, or when the database cannot be written.
    pub fn finish(&self, scan: u64, footer: &ScanFooter, seal: &SealedScan) -> Result<(), StoreError> {
        let mut state = self.state();
        state.writable(self.lock.is_some())?;
        let footer = canonical::to_string(footer)?;
        state.open_for(scan)?;
        state.durably(|transaction| {
            transaction.execute("UPDATE scan SET footer = ?2 WHERE number = ?1", (sql(scan), footer))?;
            transaction.execute(
                "INSERT INTO seal (scan, tree_size, tree_root, log_size, log_root, checkpoint, key_fingerprint)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                (
                    sql(scan),
                    sql(seal.tree_size),
                    &seal.tree_root,
                    sql(seal.log_size),
                    &seal.log_root,
                    &seal.checkpoint,
                    &seal.key_fingerprint,
                ),
            )?;
            Ok(())
        })?;
        state.next_capture.remove(&scan);
        Ok(())
    }

    /// Appends records to one of the tables that are numbered in the order stored.
    fn append<T: Serialize>(&self, scan: u64, table: &'static str, values: &[T]) -> Result<(), StoreError> {
        self.write(scan, |transaction| {
            let last: i64 = transaction.query_row(
                &format!("SELECT coalesce(max(n), 0) FROM {table} WHERE scan = ?1"),
                [sql(scan)],
                |row| row.get(0),
            )?;
            let mut statement =
                transaction.prepare_cached(&format!("INSERT INTO {table} (scan, n, record) VALUES (?1, ?2, ?3)"))?;
            for (n, value) in (last + 1..).zip(values) {
                statement.execute((sql(scan), n, canonical::to_string(value)?))?;
            }
            Ok(())
        })
    }

    /// Runs `change` in a transaction of its own, all or nothing.
    fn write(
        &self,
        scan: u64,
        change: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        state.writable(self.lock.is_some())?;
        state.open_for(scan)?;
        state.commit()?;
        let transaction = state.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        change(&transaction)?;
        Ok(transaction.commit()?)
    }
}

impl State {
    fn writable(&self, locked: bool) -> Result<(), StoreError> {
        if !locked {
            return Err(StoreError::ReadOnly);
        }
        match &self.broken {
            Some(first) => Err(StoreError::Broken { first: first.clone() }),
            None => Ok(()),
        }
    }

    /// That `scan` is there and not sealed.
    fn open_for(&self, scan: u64) -> Result<(), StoreError> {
        let sealed = scan_is_sealed(&self.connection, scan)?;
        match sealed {
            None => Err(StoreError::NoSuchScan { scan }),
            Some(true) => Err(StoreError::Sealed { scan }),
            Some(false) => Ok(()),
        }
    }

    fn next_capture(&mut self, scan: u64) -> Result<u64, StoreError> {
        if let Some(next) = self.next_capture.get(&scan) {
            return Ok(*next);
        }
        self.open_for(scan)?;
        let last: i64 = self.connection.query_row(
            "SELECT coalesce(max(n), 0) FROM capture WHERE scan = ?1",
            [sql(scan)],
            |row| row.get(0),
        )?;
        Ok(last.unsigned_abs() + 1)
    }

    fn insert_capture(
        &mut self,
        scan: u64,
        capture: &Capture,
        record: &str,
        packed: Option<&blob::Packed>,
    ) -> Result<(), StoreError> {
        if self.since.is_none() {
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
            self.since = Some(Instant::now());
        }
        if let Some(packed) = packed {
            blob::insert(&self.connection, packed)?;
        }
        self.connection
            .prepare_cached("INSERT INTO capture (scan, n, body, record) VALUES (?1, ?2, ?3, ?4)")?
            .execute((sql(scan), sql(capture.n), &capture.body_sha256, record))?;
        self.pending += 1;
        Ok(())
    }

    /// Commits the captures that wait.
    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        if self.since.is_none() {
            return Ok(());
        }
        match self.connection.execute_batch("COMMIT") {
            Ok(()) => {
                self.since = None;
                self.pending = 0;
                Ok(())
            }
            Err(error) => Err(self.break_with(error.into())),
        }
    }

    /// Remembers the first failed write, and gives up what waits: part of it may be gone.
    fn break_with(&mut self, error: StoreError) -> StoreError {
        let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
        let said = causes.map(ToString::to_string).reduce(|said, cause| {
            // SQLite says the same at each level.
            let new = cause.rsplit(": ").next().is_some_and(|words| !said.contains(words));
            if new { format!("{said}: {cause}") } else { said }
        });
        self.broken.get_or_insert(said.unwrap_or_default());
        if !self.connection.is_autocommit() {
            // Whether or not this succeeds, nothing more is written through this store.
            drop(self.connection.execute_batch("ROLLBACK"));
        }
        self.since = None;
        self.pending = 0;
        error
    }

    /// Runs `change` in a transaction that has reached the disk when this returns, and with it
    /// all that was committed before.
    fn durably<T>(&mut self, change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.commit()?;
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        let done = {
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            change(&transaction).and_then(|value| transaction.commit().map(|()| value).map_err(StoreError::from))
        };
        self.connection.pragma_update(None, "synchronous", "NORMAL")?;
        done
    }
}

/// Whether a scan is sealed; `None` when there is no such scan.
pub(super) fn scan_is_sealed(connection: &Connection, scan: u64) -> Result<Option<bool>, StoreError> {
    let row = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM seal WHERE seal.scan = scan.number) FROM scan WHERE number = ?1")?
        .query_row([sql(scan)], |row| row.get(0))
        .optional()?;
    Ok(row)
}
