//! Reading: scans, their records, bodies and seals, by pages of rows.

use std::collections::BTreeMap;
use std::vec;

use rusqlite::types::FromSql;
use rusqlite::{OptionalExtension, Row};
use serde::de::DeserializeOwned;

use super::writer::scan_is_sealed;
use super::{State, Store, StoreError, blob, sql};
use crate::model::capture::Capture;
use crate::model::policy::Waiver;
use crate::model::scan::{Population, Reconciled, ScanFooter, ScanHeader, ScanStatus};
use crate::model::sealed::{Record, RecordKind, RulesRecord, SealedScan};
use crate::model::verdict::ItemVerdict;

/// Rows read from the database at once.
const PAGE: usize = 256;

/// What a list of scans shows of one.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanSummary {
    /// Its number.
    pub number: u64,
    /// The gate it was run for.
    pub gate: String,
    /// Id of the policy in force.
    pub policy: String,
    /// When it began, RFC 3339.
    pub started: String,
    /// When it ended, if it has.
    pub ended: Option<String>,
    /// How it ended; running, where it has no footer.
    pub status: ScanStatus,
    /// Whether something stood in for AWS.
    pub synthetic: bool,
    /// Ids of the accounts in its ledger.
    pub accounts: Vec<String>,
    /// How many verdicts of each kind; empty while it runs.
    pub verdicts: BTreeMap<String, u64>,
    /// How many captures; 0 while it runs.
    pub captures: u64,
    /// The hash over its verdicts; empty while it runs.
    pub verdict_sha256: String,
}

/// What a scan holds, counted: the numbers of its footer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many captures.
    pub captures: u64,
    /// How many verdicts of each kind, by name.
    pub verdicts: BTreeMap<String, u64>,
}

/// The rules that were in force for a scan, as canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// All control files.
    pub controls: Vec<u8>,
    /// The criteria.
    pub criteria: Vec<u8>,
    /// The policy.
    pub policy: Vec<u8>,
}

/// One stored body.
#[derive(Debug)]
pub struct BlobRow {
    /// The hash it is kept under.
    pub sha256: String,
    /// Its plain bytes, or why they cannot be trusted.
    pub bytes: Result<Vec<u8>, StoreError>,
}

type Fetch<'s, T> = Box<dyn FnMut() -> Result<Vec<T>, StoreError> + 's>;

/// Rows of the store, read a page at a time. After an error there are no more.
pub struct Rows<'s, T> {
    fetch: Option<Fetch<'s, T>>,
    page: vec::IntoIter<T>,
}

impl<T> std::fmt::Debug for Rows<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("waiting", &self.page.len()).finish_non_exhaustive()
    }
}

impl<'s, T> Rows<'s, T> {
    /// Rows of which `fetch` gives the next page; an empty page is the end.
    fn new(fetch: impl FnMut() -> Result<Vec<T>, StoreError> + 's) -> Self {
        Self { fetch: Some(Box::new(fetch)), page: Vec::new().into_iter() }
    }
}

impl<T> Iterator for Rows<'_, T> {
    type Item = Result<T, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(row) = self.page.next() {
            return Some(Ok(row));
        }
        match self.fetch.as_mut()?() {
            Ok(page) => {
                self.page = page.into_iter();
                let row = self.page.next();
                if row.is_none() {
                    self.fetch = None;
                }
                row.map(Ok)
            }
            Err(error) => {
                self.fetch = None;
                Some(Err(error))
            }
        }
    }
}

impl Store {
    /// The id that names this store, also in its log.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn store_id(&self) -> Result<String, StoreError> {
        Ok(self.state().connection.query_row("SELECT id FROM store WHERE one = 1", [], |row| row.get(0))?)
    }

    /// Numbers of all scans, in order.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn scan_numbers(&self) -> Result<Vec<u64>, StoreError> {
        let state = self.state();
        let mut statement = state.connection.prepare_cached("SELECT number FROM scan ORDER BY number")?;
        let numbers = statement.query_map([], |row| row.get::<_, i64>(0))?;
        numbers.map(|number| Ok(number?.unsigned_abs())).collect()
    }

    /// All scans, in order.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] when a header or footer cannot be read.
    pub fn scans(&self) -> Result<Vec<ScanSummary>, StoreError> {
        let summary = |number| {
            let header = self.header(number)?;
            let footer = self.footer(number)?;
            Ok(ScanSummary {
                number,
                gate: header.gate,
                policy: header.policy,
                started: header.started,
                ended: footer.as_ref().map(|footer| footer.ended.clone()),
                status: footer.as_ref().map_or(ScanStatus::Running, |footer| footer.status),
                synthetic: header.synthetic,
                accounts: header.accounts.into_iter().map(|account| account.id).collect(),
                verdicts: footer.as_ref().map(|footer| footer.verdicts.clone()).unwrap_or_default(),
                captures: footer.as_ref().map_or(0, |footer| footer.captures),
                verdict_sha256: footer.map(|footer| footer.verdict_sha256).unwrap_or_default(),
            })
        };
        self.scan_numbers()?.into_iter().map(summary).collect()
    }

    /// Number of the newest scan that is sealed.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn last_sealed(&self) -> Result<Option<u64>, StoreError> {
        let last: Option<i64> =
            self.state().connection.query_row("SELECT max(scan) FROM seal", [], |row| row.get(0))?;
        Ok(last.map(i64::unsigned_abs))
    }

    /// A scan's header.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchScan`], [`StoreError::Corrupt`].
    pub fn header(&self, scan: u64) -> Result<ScanHeader, StoreError> {
        let text = self.state().header_text(scan)?;
        parse(&text, "header", scan)
    }

    /// A scan's footer; `None` while it is not sealed.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchScan`], [`StoreError::Corrupt`].
    pub fn footer(&self, scan: u64) -> Result<Option<ScanFooter>, StoreError> {
        let text = self.state().footer_text(scan)?;
        text.map(|text| parse(&text, "footer", scan)).transpose()
    }

    /// A scan's seal, where it has one.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn seal(&self, scan: u64) -> Result<Option<SealedScan>, StoreError> {
        let seal = self
            .state()
            .connection
            .prepare_cached(
                "SELECT tree_size, tree_root, log_size, log_root, checkpoint, key_fingerprint FROM seal WHERE scan = ?1",
            )?
            .query_row([sql(scan)], |row| {
                Ok(SealedScan {
                    tree_size: row.get::<_, i64>(0)?.cast_unsigned(),
                    tree_root: row.get(1)?,
                    log_size: row.get::<_, i64>(2)?.cast_unsigned(),
                    log_root: row.get(3)?,
                    checkpoint: row.get(4)?,
                    key_fingerprint: row.get(5)?,
                })
            })
            .optional()?;
        Ok(seal)
    }

    /// What a scan holds so far, counted.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn tally(&self, scan: u64) -> Result<Tally, StoreError> {
        let state = self.state();
        let count = |row: &Row<'_>| row.get::<_, i64>(0);
        let captures =
            state.connection.query_row("SELECT count(*) FROM capture WHERE scan = ?1", [sql(scan)], count)?;
        let mut statement = state.connection.prepare_cached(
            "SELECT record ->> '$.verdict' AS verdict, count(*) FROM verdict WHERE scan = ?1 GROUP BY 1",
        )?;
        let kinds = statement.query_map([sql(scan)], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
        Ok(Tally { captures: captures.unsigned_abs(), verdicts: kinds.collect::<Result<_, _>>()? })
    }

    /// A scan's captures, by number, without their bodies.
    #[must_use]
    pub fn captures(&self, scan: u64) -> Rows<'_, Capture> {
        self.numbered(scan, "capture")
    }

    /// The bytes of an answer, hashed again as they are read.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] when they are not there, or are not what the hash says.
    pub fn capture_body(&self, sha256: &str) -> Result<Vec<u8>, StoreError> {
        blob::get(&self.state().connection, sha256)
    }

    /// A scan's verdicts, ordered by [`ItemVerdict::key`].
    #[must_use]
    pub fn verdicts(&self, scan: u64) -> Rows<'_, ItemVerdict> {
        let mut texts = self.verdict_texts(scan);
        Rows::new(move || match texts.next() {
            None => Ok(Vec::new()),
            Some(text) => Ok(vec![parse(&text?, "verdict", scan)?]),
        })
    }

    /// A scan's populations, in the order stored.
    #[must_use]
    pub fn populations(&self, scan: u64) -> Rows<'_, Population> {
        self.numbered(scan, "population")
    }

    /// A scan's reconciled items, in the order stored.
    #[must_use]
    pub fn reconciled(&self, scan: u64) -> Rows<'_, Reconciled> {
        self.numbered(scan, "reconciled")
    }

    /// The waivers that were in force, in the order stored.
    #[must_use]
    pub fn waivers(&self, scan: u64) -> Rows<'_, Waiver> {
        self.numbered(scan, "waiver")
    }

    /// The rules that were in force; `None` where the scan broke off before they were stored.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] when one of them is not there or not what its hash says.
    pub fn rules(&self, scan: u64) -> Result<Option<Rules>, StoreError> {
        let state = self.state();
        let Some(record) = state.rules_record(scan)? else { return Ok(None) };
        Ok(Some(Rules {
            controls: blob::get(&state.connection, &record.controls)?,
            criteria: blob::get(&state.connection, &record.criteria)?,
            policy: blob::get(&state.connection, &record.policy)?,
        }))
    }

    /// A scan's sealed records, in the order of its tree, as they are kept. The columns that
    /// repeat part of a record are compared with it.
    ///
    /// # Errors
    ///
    /// As an item: [`StoreError::Corrupt`] when a column says another thing than its record.
    #[must_use]
    pub fn records(&self, scan: u64) -> Rows<'_, Record> {
        let mut kinds = RecordKind::ALL.into_iter();
        let mut current: Option<(RecordKind, Rows<'_, String>)> = None;
        Rows::new(move || {
            loop {
                if let Some((kind, texts)) = &mut current {
                    let page: Vec<Record> = texts
                        .take(PAGE)
                        .map(|text| Ok(Record { kind: *kind, text: text? }))
                        .collect::<Result<_, StoreError>>()?;
                    if !page.is_empty() {
                        return Ok(page);
                    }
                }
                match kinds.next() {
                    Some(kind) => current = Some((kind, self.texts(scan, kind))),
                    None => return Ok(Vec::new()),
                }
            }
        })
    }

    /// Every stored body, one at a time, hashed again.
    #[must_use]
    pub fn blobs(&self) -> Rows<'_, BlobRow> {
        let mut after = i64::MIN;
        Rows::new(move || {
            let state = self.state();
            let row = state
                .connection
                .prepare_cached(
                    "SELECT rowid, sha256, size, zstd, zstd_sha256 FROM blob WHERE rowid > ?1 ORDER BY rowid LIMIT 1",
                )?
                .query_row([after], |row| {
                    let blob: Vec<u8> = row.get(3)?;
                    Ok((
                        row.get::<_, i64>(0)?,
                        row.get::<_, String>(1)?,
                        row.get::<_, i64>(2)?,
                        blob,
                        row.get::<_, String>(4)?,
                    ))
                })
                .optional()?;
            let Some((rowid, sha256, size, zstd, zstd_sha256)) = row else { return Ok(Vec::new()) };
            after = rowid;
            let bytes = blob::unpack(&sha256, size, &zstd, &zstd_sha256);
            Ok(vec![BlobRow { sha256, bytes }])
        })
    }

    /// Whether a body with this hash is stored, and its length in bytes as stored beside it.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn blob_size(&self, sha256: &str) -> Result<Option<u64>, StoreError> {
        let state = self.state();
        let size: Option<i64> = state
            .connection
            .prepare_cached("SELECT size FROM blob WHERE sha256 = ?1")?
            .query_row([sha256], |row| row.get(0))
            .optional()?;
        Ok(size.map(i64::cast_unsigned))
    }

    /// How many stored bodies no record names. There are none in a store that is whole.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn unnamed_blobs(&self) -> Result<u64, StoreError> {
        let count: i64 = self.state().connection.query_row(
            "SELECT count(*) FROM blob WHERE NOT EXISTS (SELECT 1 FROM capture WHERE body = sha256)
             AND NOT EXISTS (SELECT 1 FROM rules WHERE sha256 IN (controls, criteria, policy))",
            [],
            |row| row.get(0),
        )?;
        Ok(count.unsigned_abs())
    }

    /// What `SQLite` itself finds wrong with the file: pages, indexes, constraints, references.
    ///
    /// # Errors
    ///
    /// When the check cannot be run.
    pub fn faults(&self) -> Result<Vec<String>, StoreError> {
        let state = self.state();
        let mut statement = state.connection.prepare("PRAGMA integrity_check(20)")?;
        let mut faults: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        faults.retain(|fault| fault != "ok");
        let mut statement = state.connection.prepare("PRAGMA foreign_key_check")?;
        let loose = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(2)?)))?;
        for row in loose.take(20) {
            let (table, parent) = row?;
            faults.push(format!("a row of {table} names a row of {parent} that is not there"));
        }
        Ok(faults)
    }

    fn numbered<T: DeserializeOwned>(&self, scan: u64, table: &'static str) -> Rows<'_, T> {
        let mut texts = self.numbered_texts(scan, table);
        Rows::new(move || match texts.next() {
            None => Ok(Vec::new()),
            Some(text) => Ok(vec![parse(&text?, table, scan)?]),
        })
    }

    /// The texts of one kind of record.
    fn texts(&self, scan: u64, kind: RecordKind) -> Rows<'_, String> {
        let one = move |read: fn(&State, u64) -> Result<Option<String>, StoreError>| {
            let mut read_yet = false;
            Rows::new(move || {
                if std::mem::replace(&mut read_yet, true) {
                    return Ok(Vec::new());
                }
                Ok(read(&self.state(), scan)?.into_iter().collect())
            })
        };
        match kind {
            RecordKind::Header => one(|state, scan| state.header_text(scan).map(Some)),
            RecordKind::Rules => one(|state, scan| {
                let record = state.rules_record(scan)?;
                Ok(record.map(|record| crate::model::canonical::to_string(&record)).transpose()?)
            }),
            RecordKind::Capture => self.numbered_texts(scan, "capture"),
            RecordKind::Population => self.numbered_texts(scan, "population"),
            RecordKind::Verdict => self.verdict_texts(scan),
            RecordKind::Reconciled => self.numbered_texts(scan, "reconciled"),
            RecordKind::Waiver => self.numbered_texts(scan, "waiver"),
            RecordKind::Footer => one(State::footer_text),
        }
    }

    /// Records of a table that is numbered from 1 without gaps.
    fn numbered_texts(&self, scan: u64, table: &'static str) -> Rows<'_, String> {
        let mut last = 0_i64;
        Rows::new(move || {
            let body = if table == "capture" { "body" } else { "NULL" };
            let state = self.state();
            let mut statement = state.connection.prepare_cached(&format!(
                "SELECT n, {body}, record FROM {table} WHERE scan = ?1 AND n > ?2 ORDER BY n LIMIT {PAGE}"
            ))?;
            let rows = statement.query_map((sql(scan), last), |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?, row.get::<_, String>(2)?))
            })?;
            let mut page = Vec::new();
            for row in rows {
                let (n, body, text) = row?;
                if n != last + 1 {
                    return Err(corrupt(format!("{table} {} of scan {scan} is not there", last + 1)));
                }
                last = n;
                if table == "capture" {
                    let capture: Capture = parse(&text, table, scan)?;
                    if sql(capture.n) != n || capture.body_sha256 != body {
                        return Err(corrupt(format!(
                            "capture {n} of scan {scan} is kept under another number or body"
                        )));
                    }
                }
                page.push(text);
            }
            Ok(page)
        })
    }

    fn verdict_texts(&self, scan: u64) -> Rows<'_, String> {
        type Key = [String; 5];
        let mut after: Option<Key> = None;
        Rows::new(move || {
            let state = self.state();
            let read = |row: &Row<'_>| {
                fn at<T: FromSql>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
                    row.get(index)
                }
                let key: Key = [at(row, 0)?, at(row, 1)?, at(row, 2)?, at(row, 3)?, at(row, 4)?];
                Ok((key, at::<String>(row, 5)?))
            };
            let columns = "SELECT control, account, region, type, id, record FROM verdict WHERE scan = ?1";
            let order = format!("ORDER BY control, account, region, type, id LIMIT {PAGE}");
            let rows: Vec<(Key, String)> = match &after {
                None => state
                    .connection
                    .prepare_cached(&format!("{columns} {order}"))?
                    .query_map([sql(scan)], read)?
                    .collect::<Result<_, _>>()?,
                Some([control, account, region, r#type, id]) => state
                    .connection
                    .prepare_cached(&format!(
                        "{columns} AND (control, account, region, type, id) > (?2, ?3, ?4, ?5, ?6) {order}"
                    ))?
                    .query_map((sql(scan), control, account, region, r#type, id), read)?
                    .collect::<Result<_, _>>()?,
            };
            let mut page = Vec::with_capacity(rows.len());
            for (key, text) in rows {
                let verdict: ItemVerdict = parse(&text, "verdict", scan)?;
                let [control, account, region, r#type, id] = &key;
                if verdict.key() != (control, account, region, r#type, id) {
                    return Err(corrupt(format!(
                        "the verdict of {control} on {id} in scan {scan} is kept under another key"
                    )));
                }
                page.push(text);
                after = Some(key);
            }
            Ok(page)
        })
    }
}

impl State {
    fn header_text(&self, scan: u64) -> Result<String, StoreError> {
        let text: Option<String> = self
            .connection
            .prepare_cached("SELECT header FROM scan WHERE number = ?1")?
            .query_row([sql(scan)], |row| row.get(0))
            .optional()?;
        let text = text.ok_or(StoreError::NoSuchScan { scan })?;
        let header: ScanHeader = parse(&text, "header", scan)?;
        if header.number != scan {
            return Err(corrupt(format!("the header of scan {scan} says it is scan {}", header.number)));
        }
        Ok(text)
    }

    fn footer_text(&self, scan: u64) -> Result<Option<String>, StoreError> {
        if scan_is_sealed(&self.connection, scan)?.is_none() {
            return Err(StoreError::NoSuchScan { scan });
        }
        Ok(self
            .connection
            .prepare_cached("SELECT footer FROM scan WHERE number = ?1")?
            .query_row([sql(scan)], |row| row.get(0))?)
    }

    fn rules_record(&self, scan: u64) -> Result<Option<RulesRecord>, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT controls, criteria, policy FROM rules WHERE scan = ?1")?
            .query_row([sql(scan)], |row| {
                Ok(RulesRecord { controls: row.get(0)?, criteria: row.get(1)?, policy: row.get(2)? })
            })
            .optional()?)
    }
}

fn corrupt(what: String) -> StoreError {
    StoreError::Corrupt { what }
}

fn parse<T: DeserializeOwned>(text: &str, what: &str, scan: u64) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| corrupt(format!("a {what} of scan {scan} cannot be read: {error}")))
}
