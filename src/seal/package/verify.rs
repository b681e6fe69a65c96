//! Verifying a package: every byte of the archive, every file, every record.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::super::checkpoint::Checkpoint;
use super::super::key::PublicKey;
use super::super::log::{self, LogEntry};
use super::super::record::{Parsed, Problems, Reading};
use super::super::verify::{Options, anchor, origin_of_evidence, words};
use super::super::{Claim, ClaimOutcome, SIGNATURES};
use super::archive::{self, Layout};
use super::table::{self, Table};
use super::write::Hashed;
use super::{
    CAPTURES, CHECKPOINT, FORMAT, LOG, MANIFEST, Manifest, PUBLIC_KEY, PackageError, RECORDS, RULES, SUMS,
    SUMS_SIGNATURE, VERDICTS, VERIFY, raw_name, record_of_line,
};
use crate::model::canonical::{self, hex};

/// Longest line of `records.jsonl` or `log.jsonl` that is read, in bytes.
const LONGEST_LINE: u64 = 64 << 20;
/// Largest file that is read into memory as a whole, in bytes: the sums of a million files.
const LARGEST_WHOLE: u64 = 256 << 20;

const ARCHIVE: &str = "Every byte of the package is as it was written: nothing was changed, added or cut off.";

type Zip<'a> = ZipArchive<&'a mut File>;

/// Verifies the package at `path`, claim by claim.
///
/// # Errors
///
/// [`PackageError::Io`] when the file cannot be opened; all else is a failed claim.
pub fn verify(path: &Path, options: &Options) -> Result<Vec<Claim>, PackageError> {
    let mut file = File::open(path).map_err(|source| PackageError::Io { path: path.to_owned(), source })?;
    let layout = match archive::layout(&mut file) {
        Ok(layout) => layout,
        // What cannot be accounted for is not looked into any further.
        Err(error) => return Ok(vec![Claim::new("archive", ARCHIVE, ClaimOutcome::Failed, words(&error))]),
    };
    let mut claims =
        vec![Claim::new("archive", ARCHIVE, ClaimOutcome::Proved, format!("{} files", layout.names.len()))];
    match contents(&mut file, &layout, options) {
        Ok(more) => claims.extend(more),
        Err(error) => {
            let statement = "The files in the package can be read.";
            claims.push(Claim::new("readable", statement, ClaimOutcome::Failed, words(&*error)));
        }
    }
    Ok(claims)
}

/// The key that lies in the package at `path`, by whose fingerprint a trusted one can be looked
/// up ([`super::super::key::trusted`]); by itself it proves nothing. `None` where the file is no
/// package, which [`verify`] tells.
///
/// # Errors
///
/// [`PackageError::Io`] when the file cannot be opened.
pub fn enclosed_key(path: &Path) -> Result<Option<PublicKey>, PackageError> {
    let mut file = File::open(path).map_err(|source| PackageError::Io { path: path.to_owned(), source })?;
    if archive::layout(&mut file).is_err() {
        return Ok(None);
    }
    let pem = ZipArchive::new(&mut file).map_err(Failure::from).and_then(|mut zip| whole(&mut zip, PUBLIC_KEY));
    Ok(pem.ok().and_then(|pem| PublicKey::from_pem(std::str::from_utf8(&pem).ok()?)))
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn contents(file: &mut File, layout: &Layout, options: &Options) -> Result<Vec<Claim>, Failure> {
    let mut zip = ZipArchive::new(file)?;
    let names: Vec<String> = zip.file_names().map(|name| Ok(name?.into_owned())).collect::<Result<_, Failure>>()?;
    if layout.names != names {
        return Err("its directory names other files than its headers".into());
    }
    let sums = whole(&mut zip, SUMS)?;
    let hashes = hash_all(&mut zip, &layout.names)?;
    let mut claims = vec![files(&sums, &hashes)];

    let manifest: Manifest = serde_json::from_slice(&whole(&mut zip, MANIFEST)?)?;
    if manifest.format != FORMAT {
        let newer = format!("its layout is version {}, and this tickmark knows version {FORMAT}", manifest.format);
        return Err(newer.into());
    }
    let entries = read_log(&mut zip)?;
    let checkpoint = String::from_utf8(whole(&mut zip, CHECKPOINT)?)?;
    let signature = whole(&mut zip, SUMS_SIGNATURE)?;
    let enclosed = PublicKey::from_pem(&String::from_utf8(whole(&mut zip, PUBLIC_KEY)?)?);
    claims.push(signatures(layout, &sums, &signature, &checkpoint, enclosed.as_ref(), options));

    claims.extend(records(&mut zip, &manifest, &entries, &hashes)?);
    let (claim, roots) = check_log(&manifest, &entries, &checkpoint);
    claims.push(claim);
    claims.push(anchor(&roots, &manifest.origin, options));
    // The evidence comes last, as it does for a store.
    if let Some(at) = claims.iter().position(|claim| claim.id == "evidence") {
        let evidence = claims.remove(at);
        claims.push(evidence);
    }
    Ok(claims)
}

/// That `SHA256SUMS` lists every file but itself and its signature, and nothing else.
fn files(sums: &[u8], hashes: &BTreeMap<String, String>) -> Claim {
    let statement = "Every file is listed in SHA256SUMS with its hash, and no other is there.";
    let mut listed: Vec<_> = hashes.iter().filter(|(name, _)| *name != SUMS && *name != SUMS_SIGNATURE).collect();
    listed.sort_by(|(one, _), (other, _)| super::order(one).cmp(&super::order(other)));
    let lines: Vec<String> = listed.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
    let expected = lines.concat();
    let mut problems = Problems::default();
    if sums != expected.as_bytes() {
        let given: BTreeSet<&str> = std::str::from_utf8(sums).unwrap_or_default().lines().collect();
        let right: BTreeSet<&str> = expected.lines().collect();
        for line in given.symmetric_difference(&right) {
            problems.add(format!("{:?} is missing, changed or not listed", line.get(66..).unwrap_or(line)));
        }
        if problems.is_empty() {
            problems.add("SHA256SUMS is not in order");
        }
    }
    for name in [VERIFY, MANIFEST, CAPTURES, VERDICTS, RECORDS, LOG, CHECKPOINT, PUBLIC_KEY, SUMS, SUMS_SIGNATURE] {
        if !hashes.contains_key(name) {
            problems.add(format!("{name} is not there"));
        }
    }
    Claim::judged("files", statement, &problems, format!("{} files hashed", listed.len()))
}

fn signatures(
    layout: &Layout,
    sums: &[u8],
    signature: &[u8],
    checkpoint: &str,
    enclosed: Option<&PublicKey>,
    options: &Options,
) -> Claim {
    let statement = "The package, its list of hashes and the head of the log are signed with the pinned key.";
    let mut problems = Problems::default();
    if enclosed.is_none() {
        problems.add("the key in the package is no key");
    }
    if let Some(key) = options.pinned.as_ref().or(enclosed) {
        if !layout.comment.is_signed_by(key) {
            problems.add("the package is not signed with it");
        }
        if !signature.try_into().is_ok_and(|signature| key.verify(sums, signature)) {
            problems.add("SHA256SUMS is not signed with it");
        }
        if let Err(error) = Checkpoint::open(checkpoint, key) {
            problems.add(format!("{CHECKPOINT}: {error}"));
        }
        if enclosed.is_some_and(|enclosed| enclosed != key) {
            problems.add("the key in the package is not the pinned one");
        }
    }
    match &options.pinned {
        Some(key) => Claim::judged(SIGNATURES, statement, &problems, format!("key {}", key.fingerprint())),
        None if !problems.is_empty() => Claim::judged(SIGNATURES, statement, &problems, ""),
        None => Claim::new(
            SIGNATURES,
            statement,
            ClaimOutcome::NotProvable,
            "no key is pinned: the key that lies in the package would vouch for itself; name one with --public-key",
        ),
    }
}

/// The claims on the scan's records, which are read twice: the tables need their number first.
fn records(
    zip: &mut Zip<'_>,
    manifest: &Manifest,
    entries: &[LogEntry],
    hashes: &BTreeMap<String, String>,
) -> Result<Vec<Claim>, Failure> {
    let scan = manifest.scan;
    let mut reading = Reading::default();
    each_line(zip, RECORDS, |line| {
        match record_of_line(line) {
            Some(record) => drop(reading.push(&record)),
            None => reading.problems.add("a line of records.jsonl is no record"),
        }
        Ok(())
    })?;
    if reading.header.as_ref().map(|header| header.number) != Some(scan) {
        reading.problems.add("the header is not that of the scan");
    }

    let total = reading.captures;
    let mut bodies = Problems::default();
    let mut named = BTreeSet::new();
    let mut captures = Hashed::new(io::sink());
    let mut verdicts = Hashed::new(io::sink());
    let mut capture_table = Table::new(&mut captures, &table::CAPTURE_COLUMNS)?;
    let mut verdict_table = Table::new(&mut verdicts, &table::VERDICT_COLUMNS)?;
    // The same records again, so what they add up to is already known.
    let mut again = Reading::default();
    each_line(zip, RECORDS, |line| {
        let Some(record) = record_of_line(line) else { return Ok(()) };
        match again.push(&record) {
            Parsed::Capture(capture) => {
                let name = raw_name(&capture, total);
                let file = capture.body_sha256.as_ref().map(|_| name.clone());
                capture_table.row(table::capture_row(&capture, file)?)?;
                if let Some(sha256) = &capture.body_sha256 {
                    if hashes.get(&name) != Some(sha256) {
                        bodies.add(format!("{name} is not the answer of capture {}", capture.n));
                    }
                    named.insert(name);
                }
            }
            Parsed::Verdict(verdict) => verdict_table.row(table::verdict_row(&verdict)?)?,
            Parsed::Other => {}
        }
        Ok(())
    })?;
    capture_table.finish()?;
    verdict_table.finish()?;
    for name in hashes.keys().filter(|name| name.starts_with("raw/") && !named.contains(*name)) {
        bodies.add(format!("{name} is the answer of no capture"));
    }
    let mut tables = Problems::default();
    for (name, sum) in [(CAPTURES, captures.finish()), (VERDICTS, verdicts.finish())] {
        if hashes.get(name) != Some(&sum) {
            tables.add(format!("{name} says another thing than the records"));
        }
    }
    Ok(judged(scan, &reading, entries, hashes, &bodies, &tables, named.len()))
}

fn judged(
    scan: u64,
    reading: &Reading,
    entries: &[LogEntry],
    hashes: &BTreeMap<String, String>,
    bodies: &Problems,
    tables: &Problems,
    answers: usize,
) -> Vec<Claim> {
    let mut counts = Problems::default();
    reading.miscounts(scan).into_iter().for_each(|wrong| counts.add(wrong));
    let mut verdicts = Problems::default();
    let hash = reading.verdict_hash.clone().finish();
    if reading.footer.as_ref().map(|footer| &footer.verdict_sha256) != Some(&hash) {
        verdicts.add("the verdicts are not those of the footer");
    }
    let mut rules = Problems::default();
    reading.other_rules(scan).into_iter().for_each(|wrong| rules.add(wrong));
    let kept = reading.rules.as_ref().map(|rules| [&rules.controls, &rules.criteria, &rules.policy]);
    for (at, name) in RULES.into_iter().enumerate() {
        if hashes.get(name) != kept.map(|kept| kept[at]) {
            rules.add(format!("{name} is not the one that was in force"));
        }
    }
    let mut tree = Problems::default();
    let root = hex(&reading.tree.root());
    let entry = entries.iter().find(|entry| entry.scan == scan);
    let status = reading.footer.as_ref().map(|footer| footer.status);
    match entry {
        Some(entry) if (entry.tree_size, &entry.tree_root) != (reading.tree.size(), &root) => {
            tree.add("the records make another tree than the one in the log");
        }
        Some(entry) if Some(entry.status) != status => tree.add("the scan ended otherwise than the log says"),
        Some(_) => {}
        None => tree.add("the scan is not in the log"),
    }
    let size = reading.tree.size();
    let synthetic = reading.header.as_ref().is_some_and(|header| header.synthetic);
    vec![
        Claim::judged(
            "captures",
            "Every capture's answer is there, byte for byte, and no other.",
            bodies,
            format!("{} captures, {answers} answers", reading.captures),
        ),
        Claim::judged(
            "records",
            "Every record is in canonical form, in its place, and there once.",
            &reading.problems,
            format!("{size} records"),
        ),
        Claim::judged(
            "counts",
            "The counts of the scan are those of its records.",
            &counts,
            "footer and records agree",
        ),
        Claim::judged("verdicts", "The verdicts are those that the footer names by hash.", &verdicts, hash),
        Claim::judged("tables", "The tables say what the records say.", tables, "captures.csv, verdicts.csv"),
        Claim::judged(
            "rules",
            "The controls and the policy are those that the scan's header names.",
            &rules,
            "controls, criteria, policy",
        ),
        Claim::judged("trees", "The records make the tree that stands in the log.", &tree, format!("root {root}")),
        origin_of_evidence(if synthetic { std::slice::from_ref(&scan) } else { &[] }),
    ]
}

fn check_log(manifest: &Manifest, entries: &[LogEntry], checkpoint: &str) -> (Claim, Vec<super::super::merkle::Hash>) {
    let statement = "The log has every scan from 1 without gaps, and the signed head is that of the log.";
    let mut problems = Problems::default();
    for (expected, entry) in (1..).zip(entries) {
        if entry.scan != expected {
            problems.add(format!("scan {} stands where scan {expected} must", entry.scan));
            break;
        }
    }
    if manifest.log_size != entries.len() as u64 {
        problems.add("the manifest names another number of scans");
    }
    let roots = log::roots(entries);
    match Checkpoint::parse(checkpoint) {
        Err(error) => problems.add(format!("{CHECKPOINT}: {error}")),
        Ok(head) => {
            if head.origin != manifest.origin || head.size != entries.len() as u64 || roots.last() != Some(&head.root) {
                problems.add("the signed head is of another log");
            }
        }
    }
    (Claim::judged("log", statement, &problems, format!("{} scans", entries.len())), roots)
}

fn read_log(zip: &mut Zip<'_>) -> Result<Vec<LogEntry>, Failure> {
    let mut entries = Vec::new();
    each_line(zip, LOG, |line| {
        let entry: LogEntry = serde_json::from_str(line)?;
        if canonical::to_string(&entry)? != line {
            return Err(format!("a line of {LOG} is not in canonical form").into());
        }
        entries.push(entry);
        Ok(())
    })?;
    Ok(entries)
}

/// The SHA-256 of every file, whose bytes must be as many as the directory says.
fn hash_all(zip: &mut Zip<'_>, names: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let mut hashes = BTreeMap::new();
    let mut buffer = vec![0; 1 << 16];
    for (index, name) in names.iter().enumerate() {
        let file = zip.by_index(index)?;
        let size = file.size();
        let mut file = file.take(size.saturating_add(1));
        let (mut hash, mut length) = (Sha256::new(), 0);
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            length += read as u64;
            hash.update(&buffer[..read]);
        }
        if length != size {
            return Err(format!("{name} has not the length that the directory says").into());
        }
        hashes.insert(name.clone(), hex(&hash.finalize()));
    }
    Ok(hashes)
}

fn whole(zip: &mut Zip<'_>, name: &str) -> Result<Vec<u8>, Failure> {
    let file = zip.by_name(name).map_err(|error| format!("{name}: {error}"))?;
    if file.size() > LARGEST_WHOLE {
        return Err(format!("{name} is too large").into());
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_WHOLE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Runs `each` on every line of a file, without its line end.
fn each_line(zip: &mut Zip<'_>, name: &str, mut each: impl FnMut(&str) -> Result<(), Failure>) -> Result<(), Failure> {
    let file = zip.by_name(name).map_err(|error| format!("{name}: {error}"))?;
    let mut file = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        if (&mut file).take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let Some(b'\n') = line.pop() else {
            return Err(format!("a line of {name} is too long or breaks off").into());
        };
        each(std::str::from_utf8(&line)?)?;
    }
}
