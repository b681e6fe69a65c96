//! A baseline: the failed items that were there before the gate was.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::evidence::error::Failure;
use crate::model::check::{Check, Outcome};

/// Name and version of the file's form.
const SCHEMA: &str = "tickmark.baseline/2";

/// The form before: its fingerprints are of paths as they were shown, which hang on the working directory.
const BY_SHOWN_PATHS: &str = "tickmark.baseline/1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Baseline {
    schema: String,
    findings: Vec<Known>,
}

/// A failed item. The fingerprint is what is compared; the rest is for whoever reads the file.
#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
struct Known {
    control: String,
    file: String,
    address: String,
    fingerprint: String,
}

/// The fingerprints of a baseline.
#[derive(Debug)]
pub(super) struct Fingerprints {
    known: BTreeSet<String>,
    /// Whether they are of paths as they were shown.
    pub(super) by_shown_paths: bool,
}

impl Fingerprints {
    /// Whether the baseline knows a finding by this fingerprint.
    pub(super) fn contain(&self, fingerprint: &str) -> bool {
        self.known.contains(fingerprint)
    }
}

pub(super) fn read(file: &Path) -> Result<Fingerprints, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::with_help(
            format!("read the baseline {}: {error}", file.display()),
            "write one with --write-baseline FILE",
        )
    })?;
    let broken = |why: String| {
        Failure::with_help(
            format!("read the baseline {}: {why}", file.display()),
            "write it anew with --write-baseline FILE",
        )
    };
    let baseline: Baseline = serde_json::from_str(&text).map_err(|error| broken(error.to_string()))?;
    let by_shown_paths = match baseline.schema.as_str() {
        SCHEMA => false,
        BY_SHOWN_PATHS => true,
        other => return Err(broken(format!("its form is `{other}`, not `{SCHEMA}`"))),
    };
    let known = baseline.findings.into_iter().map(|known| known.fingerprint).collect();
    Ok(Fingerprints { known, by_shown_paths })
}

fn in_repository(check: &Check, file: &str) -> String {
    check.in_repository.get(file).map_or(file, String::as_str).to_owned()
}

/// Writes the failed items of a check as a baseline; gives how many.
///
/// # Errors
///
/// If the file cannot be written.
pub fn write(file: &Path, check: &Check) -> Result<usize, Failure> {
    let failed = check.results.iter().filter(|result| result.verdict == Outcome::Fail);
    let mut findings: Vec<Known> = failed
        .map(|result| Known {
            control: result.control.clone(),
            file: result.locations.first().map(|location| in_repository(check, &location.file)).unwrap_or_default(),
            address: result.resource.address.clone(),
            fingerprint: result.fingerprint.clone(),
        })
        .collect();
    findings.sort();
    findings.dedup();
    let count = findings.len();
    let baseline = Baseline { schema: SCHEMA.to_owned(), findings };
    let failed = || Failure::io(format!("write the baseline {}", file.display()));
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Beside, then renamed: a baseline that was there stays whole if this one cannot be written.
    let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(failed())?;
    serde_json::to_writer_pretty(&mut beside, &baseline).map_err(std::io::Error::other).map_err(failed())?;
    beside.write_all(b"\n").map_err(failed())?;
    beside.persist(file).map_err(|error| failed()(error.error))?;
    Ok(count)
}
