//! Verifying a store: everything is recomputed from what is kept.

use super::checkpoint::{Checkpoint, NoteError};
use super::key::PublicKey;
use super::log::{self, LogEntry};
use super::merkle::Hash;
use super::record::{Parsed, Problems, Reading, Records};
use super::{Claim, ClaimOutcome, SIGNATURES};
use crate::model::canonical::{hex, sha256_hex};
use crate::model::capture::Capture;
use crate::model::scan::ScanStatus;
use crate::model::sealed::SealedScan;

/// What is known beside the store.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The public key, from outside the store. Without it no signature is proved.
    pub pinned: Option<PublicKey>,
    /// The public key that lies in the store: it can show a signature to be wrong, never right.
    pub beside: Option<PublicKey>,
    /// Checkpoints that were kept elsewhere (in an e-mail to the auditor, in an earlier package):
    /// the log must begin with each of them.
    pub heads: Vec<String>,
}

/// What was found of one scan.
struct Found {
    scan: u64,
    seal: Option<SealedScan>,
    status: Option<ScanStatus>,
    synthetic: bool,
}

/// The problems, by claim.
#[derive(Default)]
struct Checks {
    captures: Problems,
    records: Problems,
    counts: Problems,
    verdicts: Problems,
    rules: Problems,
    trees: Problems,
    seals: Problems,
    captures_seen: u64,
    records_seen: u64,
}

/// Verifies what `records` keeps, claim by claim, always in the same order. It never fails: what
/// cannot be read is a failed claim.
#[must_use]
pub fn verify(records: &dyn Records, options: &Options) -> Vec<Claim> {
    let mut claims = vec![format(records), bodies(records)];
    let mut checks = Checks::default();
    let numbers = records.scan_numbers();
    let mut found = Vec::new();
    for scan in numbers.as_deref().unwrap_or_default() {
        found.push(check_scan(records, *scan, &mut checks));
    }
    match records.unnamed_blobs() {
        Ok(0) => {}
        Ok(count) => checks.captures.add(format!("{count} bodies are kept that no record names")),
        Err(error) => checks.captures.add(words(&*error)),
    }
    claims.extend(checks.claims(found.len()));
    claims.push(match &numbers {
        Ok(numbers) => numbered(numbers),
        Err(error) => Claim::new("numbers", NUMBERS, ClaimOutcome::Failed, words(&**error)),
    });
    claims.extend(check_log(records, &found, options));
    let synthetic: Vec<u64> = found.iter().filter(|scan| scan.synthetic).map(|scan| scan.scan).collect();
    claims.push(origin_of_evidence(&synthetic));
    claims
}

const NUMBERS: &str = "The scans are numbered from 1 without gaps.";

fn format(records: &dyn Records) -> Claim {
    let statement = "The store can be read, and its database is sound.";
    let mut problems = Problems::default();
    match records.faults() {
        Ok(faults) => faults.into_iter().for_each(|fault| problems.add(fault)),
        Err(error) => problems.add(words(&*error)),
    }
    Claim::judged("format", statement, &problems, "the database's own check finds nothing")
}

fn bodies(records: &dyn Records) -> Claim {
    let statement = "Every answer kept is, byte for byte, the one its hash names.";
    let mut problems = Problems::default();
    let (mut count, mut bytes) = (0_u64, 0_u64);
    for blob in records.blobs() {
        match blob {
            Ok((sha256, body)) => {
                count += 1;
                bytes += body.len() as u64;
                if sha256_hex(&body) != sha256 {
                    problems.add(format!("body {sha256} is another"));
                }
            }
            Err(error) => problems.add(words(&*error)),
        }
    }
    Claim::judged("bodies", statement, &problems, format!("{count} bodies, {bytes} bytes, all hashed again"))
}

fn check_scan(records: &dyn Records, scan: u64, checks: &mut Checks) -> Found {
    let mut reading = Reading::default();
    for record in records.records(scan) {
        match record {
            Ok(record) => {
                checks.records_seen += 1;
                if let Parsed::Capture(capture) = reading.push(&record) {
                    checks.captures_seen += 1;
                    check_body(records, scan, &capture, &mut checks.captures);
                }
            }
            Err(error) => checks.records.add(words(&*error)),
        }
    }
    if let Some(rules) = &reading.rules {
        for sha256 in [&rules.controls, &rules.criteria, &rules.policy] {
            if !matches!(records.blob_size(sha256), Ok(Some(_))) {
                checks.rules.add(format!("rules {sha256} of scan {scan} are not there"));
            }
        }
    }
    if !reading.problems.is_empty() {
        checks.records.add(format!("scan {scan}: {}", reading.problems.to_text()));
    }
    reading.other_rules(scan).into_iter().for_each(|wrong| checks.rules.add(wrong));
    match &reading.header {
        None => checks.records.add(format!("scan {scan} has no header")),
        Some(header) if header.number != scan => {
            checks.records.add(format!("the header of scan {scan} says {}", header.number));
        }
        Some(_) => {}
    }
    let seal = records.seal(scan).unwrap_or_else(|error| {
        checks.seals.add(words(&*error));
        None
    });
    let status = reading.footer.as_ref().map(|footer| footer.status);
    if status == Some(ScanStatus::Running) {
        checks.records.add(format!("the footer of scan {scan} says that it is running"));
    }
    if let Some(footer) = &reading.footer {
        reading.miscounts(scan).into_iter().for_each(|wrong| checks.counts.add(wrong));
        if footer.verdict_sha256 != reading.verdict_hash.clone().finish() {
            checks.verdicts.add(format!("the verdicts of scan {scan} are not those of its footer"));
        }
    }
    match (&seal, &reading.footer) {
        (None, None) => {}
        (None, Some(_)) => checks.seals.add(format!("scan {scan} has ended and has no seal")),
        (Some(_), None) => checks.seals.add(format!("scan {scan} has a seal and no footer")),
        (Some(seal), Some(_)) => {
            if seal.tree_size != reading.tree.size() || seal.tree_root != hex(&reading.tree.root()) {
                checks.trees.add(format!("the tree of scan {scan} has another root"));
            }
        }
    }
    let synthetic = reading.header.as_ref().is_some_and(|header| header.synthetic);
    Found { scan, seal, status, synthetic }
}

fn check_body(records: &dyn Records, scan: u64, capture: &Capture, problems: &mut Problems) {
    let n = capture.n;
    match &capture.body_sha256 {
        None if capture.body_size == 0 => {}
        None => problems.add(format!("capture {n} of scan {scan} has a length and no body")),
        Some(sha256) => match records.blob_size(sha256) {
            Ok(Some(size)) if size == capture.body_size => {}
            Ok(Some(_)) => problems.add(format!("the body of capture {n} of scan {scan} has another length")),
            Ok(None) => problems.add(format!("the body of capture {n} of scan {scan} is not there")),
            Err(error) => problems.add(words(&*error)),
        },
    }
}

impl Checks {
    fn claims(&self, scans: usize) -> [Claim; 6] {
        [
            Claim::judged(
                "captures",
                "Every capture has its answer, and no answer is kept that no capture names.",
                &self.captures,
                format!("{} captures", self.captures_seen),
            ),
            Claim::judged(
                "records",
                "Every record is in canonical form, in its place, and kept once.",
                &self.records,
                format!("{} records of {scans} scans", self.records_seen),
            ),
            Claim::judged(
                "counts",
                "The counts of each scan are those of its records.",
                &self.counts,
                format!("{scans} scans"),
            ),
            Claim::judged(
                "verdicts",
                "The verdicts of each scan are those that its footer names by hash.",
                &self.verdicts,
                format!("{scans} scans"),
            ),
            Claim::judged(
                "rules",
                "The controls and the policy kept are those that each scan's header names.",
                &self.rules,
                format!("{scans} scans"),
            ),
            Claim::judged(
                "trees",
                "The records of each scan make the tree that was sealed.",
                &self.trees.joined(&self.seals),
                format!("{scans} scans, {} leaves", self.records_seen),
            ),
        ]
    }
}

fn numbered(numbers: &[u64]) -> Claim {
    let mut problems = Problems::default();
    for (expected, number) in (1..).zip(numbers) {
        if expected != *number {
            problems.add(format!("scan {number} stands where scan {expected} must"));
            break;
        }
    }
    Claim::judged("numbers", NUMBERS, &problems, format!("{} scans", numbers.len()))
}

fn check_log(records: &dyn Records, found: &[Found], options: &Options) -> Vec<Claim> {
    let mut problems = Problems::default();
    let mut waiting = Vec::new();
    let mut entries: Vec<LogEntry> = Vec::new();
    let mut seals: Vec<(u64, &SealedScan)> = Vec::new();
    for Found { scan, seal, status, .. } in found {
        match (seal, status) {
            (Some(seal), Some(status)) => {
                entries.push(LogEntry {
                    scan: *scan,
                    status: *status,
                    tree_size: seal.tree_size,
                    tree_root: seal.tree_root.clone(),
                });
                seals.push((*scan, seal));
            }
            (None, None) => waiting.push(scan.to_string()),
            // A half of a seal is told by the claim on trees; it leaves a hole in the log.
            _ => problems.add(format!("scan {scan} has no leaf in the log")),
        }
    }
    if found.iter().rev().skip_while(|scan| scan.seal.is_none()).any(|scan| scan.seal.is_none()) {
        problems.add("a scan without a seal stands before one with a seal");
    }
    let roots = log::roots(&entries);
    let origin = match records.store_id() {
        Ok(id) => log::origin(&id),
        Err(error) => {
            problems.add(words(&*error));
            String::new()
        }
    };
    for ((scan, seal), (size, root)) in seals.iter().zip((1_u64..).zip(&roots)) {
        if seal.log_size != size || seal.log_root != hex(root) {
            problems.add(format!("the log up to scan {scan} has another root"));
        }
        let head = Checkpoint { origin: origin.clone(), size, root: *root };
        match Checkpoint::parse(&seal.checkpoint) {
            Ok(signed) if signed == head => {}
            Ok(_) => problems.add(format!("the head signed with scan {scan} is of another log")),
            Err(error) => problems.add(format!("the head of scan {scan}: {error}")),
        }
    }
    let sealed = format!("{} scans; each earlier head is that of a prefix of the log", entries.len());
    let sealed = match waiting.as_slice() {
        [] => sealed,
        waiting => format!("{sealed}; not in it, for they run or were killed: scan {}", waiting.join(", ")),
    };
    vec![
        Claim::judged(
            "log",
            "The scans make the log that was sealed, and nothing in it was changed.",
            &problems,
            sealed,
        ),
        signatures(&seals, options),
        anchor(&roots, &origin, options),
    ]
}

fn signatures(seals: &[(u64, &SealedScan)], options: &Options) -> Claim {
    let statement = "Every head of the log is signed with the pinned key.";
    let mut problems = Problems::default();
    let key = options.pinned.as_ref().or(options.beside.as_ref());
    for (scan, seal) in seals {
        if let Some(key) = key {
            if let Err(error) = Checkpoint::open(&seal.checkpoint, key) {
                problems.add(format!("scan {scan}: {error}"));
            }
            if seal.key_fingerprint != key.fingerprint() {
                problems.add(format!("scan {scan} names another key"));
            }
        } else if Checkpoint::parse(&seal.checkpoint) == Err(NoteError::Form) {
            problems.add(format!("scan {scan} has no signature"));
        }
    }
    if let (Some(pinned), Some(beside)) = (&options.pinned, &options.beside)
        && pinned != beside
    {
        problems.add("the key that lies in the store is not the pinned one");
    }
    let unproved = |detail: &str| Claim::new(SIGNATURES, statement, ClaimOutcome::NotProvable, detail);
    match (&options.pinned, seals.len()) {
        _ if !problems.is_empty() => Claim::judged(SIGNATURES, statement, &problems, ""),
        (_, 0) => unproved("no scan is sealed"),
        (None, _) => unproved(
            "no key is pinned: the key that lies in the store would vouch for itself; name one with --public-key",
        ),
        (Some(key), count) => {
            Claim::judged(SIGNATURES, statement, &problems, format!("{count} heads, key {}", key.fingerprint()))
        }
    }
}

pub(super) fn anchor(roots: &[Hash], origin: &str, options: &Options) -> Claim {
    let statement = "The log begins with every head that was kept outside the store.";
    if options.heads.is_empty() {
        return Claim::new(
            "anchor",
            statement,
            ClaimOutcome::NotProvable,
            "no head from outside was given: that no later scan was cut off, and when the scans were made, rests on \
             whoever keeps the store and its key",
        );
    }
    let mut problems = Problems::default();
    let mut newest = 0;
    for note in &options.heads {
        let head = match &options.pinned {
            Some(key) => Checkpoint::open(note, key),
            None => Checkpoint::parse(note),
        };
        match head {
            Err(error) => problems.add(format!("a head given: {error}")),
            Ok(head) => {
                newest = newest.max(head.size);
                let place = usize::try_from(head.size).ok().and_then(|size| size.checked_sub(1));
                let root = place.and_then(|place| roots.get(place));
                if head.origin != origin {
                    problems.add("a head given is of another store");
                } else if root != Some(&head.root) {
                    problems.add(format!("the log up to scan {} is not the one of the head given", head.size));
                }
            }
        }
    }
    Claim::judged("anchor", statement, &problems, format!("{} heads, the newest at scan {newest}", options.heads.len()))
}

/// That nobody can show here where the answers came from.
pub(super) fn origin_of_evidence(synthetic: &[u64]) -> Claim {
    let detail = if synthetic.is_empty() {
        "sealed after it was received; the request ids can be looked up in the account's own CloudTrail".to_owned()
    } else {
        let numbers: Vec<String> = synthetic.iter().map(ToString::to_string).collect();
        format!(
            "synthetic, no evidence of any account: scan {} had a tape or an endpoint in place of AWS",
            numbers.join(", ")
        )
    };
    Claim::new("evidence", "The answers came from AWS.", ClaimOutcome::NotProvable, detail)
}

/// An error and its causes in one line.
pub(super) fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
