//! Writing a package: the same scan, report and log make the same bytes.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::super::key::SigningKey;
use super::super::log::{self, LogEntry};
use super::super::record::Records;
use super::archive::{self, COMMENT, Comment};
use super::table::{self, Table};
use super::{
    CAPTURES, CHECKPOINT, FORMAT, LOG, MANIFEST, Manifest, PUBLIC_KEY, PackageError, RECORDS, RULES, SUMS,
    SUMS_SIGNATURE, VERDICTS, VERIFY, order, raw_name,
};
use crate::model::canonical::{self, hex, sha256_hex};
use crate::model::capture::Capture;
use crate::model::sealed::{RecordKind, RulesRecord};
use crate::model::verdict::ItemVerdict;

/// What a package is made of.
pub struct Inputs<'a> {
    /// The store.
    pub records: &'a dyn Records,
    /// The scan, which must be sealed.
    pub scan: u64,
    /// A directory whose files go into `report/`.
    pub report: Option<&'a Path>,
    /// The store's key.
    pub key: &'a SigningKey,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// How many files are in it.
    pub files: u64,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256, hex.
    pub sha256: String,
}

/// Writes the package to `out`: beside it first, then renamed, so that no half of one is ever seen.
///
/// # Errors
///
/// [`PackageError::NotSealed`], [`PackageError::OtherKey`], [`PackageError::Name`], or when what is
/// kept cannot be read or `out` cannot be written.
pub fn write(out: &Path, inputs: &Inputs<'_>) -> Result<Written, PackageError> {
    let io = |source| PackageError::Io { path: out.to_owned(), source };
    let dir = out.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temporary = tempfile::NamedTempFile::new_in(dir).map_err(io)?;
    let mut pack = Pack { zip: ZipWriter::new(BufWriter::new(temporary)), sums: String::new(), files: 0 };
    fill(&mut pack, inputs)?;

    let sums = std::mem::take(&mut pack.sums);
    pack.file(SUMS, sums.as_bytes())?;
    pack.file(SUMS_SIGNATURE, &inputs.key.sign(sums.as_bytes()))?;
    let files = pack.files;
    // The comment's length is part of what is hashed, so it has its place before it has its words.
    pack.zip.set_comment(" ".repeat(COMMENT))?;
    let mut temporary = pack.zip.finish()?.into_inner().map_err(|error| io(error.into_error()))?;
    let bytes = temporary.as_file_mut().seek(SeekFrom::End(0)).map_err(io)?;
    let covered = bytes.saturating_sub(COMMENT as u64);
    let hash = archive::hash(temporary.as_file_mut(), covered).map_err(io)?;
    let comment = Comment::sign(&hash, inputs.key).to_text();
    temporary.as_file_mut().seek(SeekFrom::Start(covered)).map_err(io)?;
    temporary.as_file_mut().write_all(comment.as_bytes()).map_err(io)?;
    temporary.as_file().sync_all().map_err(io)?;
    let sha256 = hex(&archive::hash(temporary.as_file_mut(), bytes).map_err(io)?);
    temporary.persist(out).map_err(|error| io(error.error))?;
    Ok(Written { files, bytes, sha256 })
}

/// Writes all files but the sums, in the order of their names.
fn fill(pack: &mut Pack, inputs: &Inputs<'_>) -> Result<(), PackageError> {
    let Inputs { records, scan, report, key } = *inputs;
    let seal = records.seal(scan)?.ok_or(PackageError::NotSealed { scan })?;
    let footer = records.footer(scan)?.ok_or(PackageError::NotSealed { scan })?;
    if seal.key_fingerprint != key.public_key().fingerprint() {
        return Err(PackageError::OtherKey { scan });
    }
    let (entries, checkpoint) = whole_log(records)?;
    let origin = log::origin(&records.store_id()?);
    let manifest = Manifest { format: FORMAT, origin, scan, log_size: entries.len() as u64 };

    pack.file(VERIFY, verify_text(&manifest, &key.public_key().fingerprint()).as_bytes())?;
    pack.stream(CAPTURES, |to| {
        let mut table = Table::new(to, &table::CAPTURE_COLUMNS)?;
        for capture in of_kind::<Capture>(records, scan, RecordKind::Capture) {
            let capture = capture?;
            let file = capture.body_sha256.is_some().then(|| raw_name(&capture, footer.captures));
            table.row(table::capture_row(&capture, file)?)?;
        }
        Ok(table.finish()?)
    })?;
    pack.file(CHECKPOINT, checkpoint.as_bytes())?;
    let lines: String = entries.iter().map(|entry| entry.line() + "\n").collect();
    pack.file(LOG, lines.as_bytes())?;
    pack.file(MANIFEST, canonical::to_string(&manifest)?.as_bytes())?;
    pack.file(PUBLIC_KEY, key.public_key().to_pem().as_bytes())?;
    for capture in of_kind::<Capture>(records, scan, RecordKind::Capture) {
        let capture = capture?;
        if let Some(sha256) = &capture.body_sha256 {
            pack.file(&raw_name(&capture, footer.captures), &records.body(sha256)?)?;
        }
    }
    pack.stream(RECORDS, |to| {
        for record in records.records(scan) {
            writeln!(to, "{}", record?.line()).map_err(zip::result::ZipError::from)?;
        }
        Ok(())
    })?;
    if let Some(report) = report {
        for (name, path) in report_files(report)? {
            let mut file = File::open(&path).map_err(|source| PackageError::Io { path: path.clone(), source })?;
            pack.stream(&name, |to| match io::copy(&mut file, to) {
                Ok(_) => Ok(()),
                Err(source) => Err(PackageError::Io { path: path.clone(), source }),
            })?;
        }
    }
    for rules in of_kind::<RulesRecord>(records, scan, RecordKind::Rules) {
        let rules = rules?;
        for (name, sha256) in RULES.into_iter().zip([&rules.controls, &rules.criteria, &rules.policy]) {
            pack.file(name, &records.body(sha256)?)?;
        }
    }
    pack.stream(VERDICTS, |to| {
        let mut table = Table::new(to, &table::VERDICT_COLUMNS)?;
        for verdict in of_kind::<ItemVerdict>(records, scan, RecordKind::Verdict) {
            table.row(table::verdict_row(&verdict?)?)?;
        }
        Ok(table.finish()?)
    })
}

/// Every sealed scan's leaf, and the newest head.
fn whole_log(records: &dyn Records) -> Result<(Vec<LogEntry>, String), PackageError> {
    let mut entries = Vec::new();
    let mut checkpoint = String::new();
    for scan in records.scan_numbers()? {
        if let (Some(seal), Some(footer)) = (records.seal(scan)?, records.footer(scan)?) {
            let (tree_size, tree_root) = (seal.tree_size, seal.tree_root);
            entries.push(LogEntry { scan, status: footer.status, tree_size, tree_root });
            checkpoint = seal.checkpoint;
        }
    }
    Ok((entries, checkpoint))
}

/// A scan's records of one kind, parsed.
fn of_kind<'a, T: serde::de::DeserializeOwned + 'a>(
    records: &'a dyn Records,
    scan: u64,
    kind: RecordKind,
) -> impl Iterator<Item = Result<T, PackageError>> + 'a {
    records
        .records(scan)
        .filter(move |record| record.as_ref().map_or(true, |record| record.kind == kind))
        .map(|record| Ok(serde_json::from_str(&record?.text).map_err(super::SourceError::from)?))
}

/// The files under `dir` with their names in the package, sorted.
fn report_files(dir: &Path) -> Result<Vec<(String, PathBuf)>, PackageError> {
    let mut files = Vec::new();
    let mut waiting = vec![("report".to_owned(), dir.to_owned())];
    while let Some((name, path)) = waiting.pop() {
        let io = |source| PackageError::Io { path: path.clone(), source };
        for entry in fs::read_dir(&path).map_err(io)? {
            let entry = entry.map_err(io)?;
            let kind = entry.file_type().map_err(io)?;
            let part = entry.file_name();
            let name = format!("{name}/{}", part.to_string_lossy());
            if part.to_str().is_none() || !archive::is_portable(&name) || !(kind.is_dir() || kind.is_file()) {
                return Err(PackageError::Name { name });
            }
            if kind.is_dir() { waiting.push((name, entry.path())) } else { files.push((name, entry.path())) }
        }
    }
    files.sort_by(|(one, _), (other, _)| order(one).cmp(&order(other)));
    Ok(files)
}

/// The archive as it grows.
struct Pack {
    zip: ZipWriter<BufWriter<tempfile::NamedTempFile>>,
    sums: String,
    files: u64,
}

impl Pack {
    fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), PackageError> {
        self.start(name)?;
        self.zip.write_all(bytes).map_err(zip::result::ZipError::from)?;
        self.end(name, &sha256_hex(bytes));
        Ok(())
    }

    fn stream(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> Result<(), PackageError>,
    ) -> Result<(), PackageError> {
        self.start(name)?;
        let mut hashed = Hashed::new(&mut self.zip);
        write(&mut hashed)?;
        let sum = hashed.finish();
        self.end(name, &sum);
        Ok(())
    }

    fn start(&mut self, name: &str) -> Result<(), PackageError> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        Ok(self.zip.start_file(name, options)?)
    }

    fn end(&mut self, name: &str, sum: &str) {
        self.files += 1;
        // The form of `sha256sum`: two spaces, for text and binary are the same here.
        self.sums.extend([sum, "  ", name, "\n"]);
    }
}

/// Hashes what passes through it.
pub(super) struct Hashed<W> {
    to: W,
    hash: Sha256,
}

impl<W> Hashed<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to, hash: Sha256::new() }
    }

    pub(super) fn finish(self) -> String {
        hex(&self.hash.finalize())
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn verify_text(manifest: &Manifest, fingerprint: &str) -> String {
    format!(
        include_str!("verify.txt"),
        scan = manifest.scan,
        origin = manifest.origin,
        log_size = manifest.log_size,
        fingerprint = fingerprint,
    )
}
