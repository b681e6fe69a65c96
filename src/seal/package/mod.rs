//! The handover package: one zip for one sealed scan, checked by `sha256sum` and `openssl` as well
//! as by `tickmark verify`.
//!
//! | in the package | what it is |
//! | --- | --- |
//! | `VERIFY.txt` | how to check it with stock tools, and what that does not show |
//! | `manifest.json` | version of this layout, log, scan |
//! | `report/` | the report |
//! | `raw/` | AWS's answers, byte for byte, by number of capture |
//! | `captures.csv`, `verdicts.csv` | for reading in a spreadsheet |
//! | `records.jsonl` | the sealed records: the leaves of the scan's tree, one a line |
//! | `rules/` | controls, criteria and policy that were in force |
//! | `log.jsonl`, `checkpoint.txt` | the leaves of the log of all scans, and its signed head |
//! | `public-key.pem` | the key, to be compared with the one known from elsewhere |
//! | `SHA256SUMS`, `SHA256SUMS.sig` | hashes of all other files, and the Ed25519 signature over them |
//!
//! The same scan makes the same bytes: names are sorted, times are fixed. The archive's comment
//! holds a signed hash of every byte before it, so that bytes that no file accounts for, and another
//! compression of the same bytes, are found too.

mod archive;
mod table;
mod verify;
mod write;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use self::verify::{enclosed_key, verify};
pub use self::write::{Inputs, Written, write};

use super::SourceError;
use crate::model::capture::Capture;
use crate::model::sealed::{Record, RecordKind};

/// Version of the layout of packages.
pub const FORMAT: u32 = 1;

const VERIFY: &str = "VERIFY.txt";
const MANIFEST: &str = "manifest.json";
const CAPTURES: &str = "captures.csv";
const VERDICTS: &str = "verdicts.csv";
const RECORDS: &str = "records.jsonl";
const LOG: &str = "log.jsonl";
const CHECKPOINT: &str = "checkpoint.txt";
const PUBLIC_KEY: &str = "public-key.pem";
const SUMS: &str = "SHA256SUMS";
const SUMS_SIGNATURE: &str = "SHA256SUMS.sig";
const RULES: [&str; 3] = ["rules/controls.json", "rules/criteria.json", "rules/policy.json"];

/// What a package says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the layout.
    pub format: u32,
    /// Name of the log.
    pub origin: String,
    /// The scan.
    pub scan: u64,
    /// How many scans the log had when the package was made.
    pub log_size: u64,
}

/// What can go wrong with a package. The message fits after "could not".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// The scan has no seal yet.
    #[error("make a package of scan {scan}: it is not sealed")]
    NotSealed {
        /// The scan.
        scan: u64,
    },
    /// The key is not the one that sealed the scan.
    #[error("make a package of scan {scan}: it was sealed with another key")]
    OtherKey {
        /// The scan.
        scan: u64,
    },
    /// A file of the report has a name that `sha256sum` or another system would not take.
    #[error("put {name:?} into a package: its name or kind is not portable")]
    Name {
        /// The file.
        name: String,
    },
    /// What is kept could not be read.
    #[error("read what goes into the package")]
    Source(#[from] SourceError),
    /// A record has no canonical form.
    #[error(transparent)]
    Canonical(#[from] crate::model::canonical::CanonicalError),
    /// A table could not be written.
    #[error("write a table of the package")]
    Table(#[from] csv::Error),
    /// The archive could not be written.
    #[error("write the package")]
    Zip(#[from] zip::result::ZipError),
    /// The file system refused.
    #[error("use {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl PackageError {
    /// What the user can do, as a sentence.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotSealed { .. } => "wait for the scan to end, or name one that has; `tickmark history` lists them",
            Self::OtherKey { .. } => "restore the key directory that belongs to the store",
            Self::Name { .. } => "name the file without control characters and backslashes, and do not use links",
            Self::Source(_) => "run `tickmark verify` to see all that is wrong with the store",
            Self::Canonical(_) | Self::Table(_) => "this is a fault of tickmark; please report it",
            Self::Zip(_) | Self::Io { .. } => "look at the permissions and at the space left on the disk",
        }
    }
}

/// How names sort in the archive: the two files that need all others come last.
fn order(name: &str) -> (bool, &str) {
    (name == SUMS || name == SUMS_SIGNATURE, name)
}

/// The record on a line of `records.jsonl`; `None` for anything else.
fn record_of_line(line: &str) -> Option<Record> {
    RecordKind::ALL.into_iter().find_map(|kind| {
        let text = line.strip_prefix("{\"")?.strip_prefix(kind.as_str())?.strip_prefix("\":")?.strip_suffix('}')?;
        Some(Record { kind, text: text.to_owned() })
    })
}

/// Where a capture's answer stands in the package. `captures` is how many the scan has: numbers
/// are as wide as the largest, so that names sort by number.
fn raw_name(capture: &Capture, captures: u64) -> String {
    let width = captures.to_string().len().max(5);
    let plain = |text: &str| -> String {
        text.chars().take(64).map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
    };
    let kind = capture.content_type.as_deref().unwrap_or("").to_ascii_lowercase();
    let extension =
        ["xml", "json", "cbor", "csv"].into_iter().find(|extension| kind.contains(extension)).unwrap_or("txt");
    format!("raw/{:0width$}-{}-{}.{extension}", capture.n, plain(&capture.service), plain(&capture.operation))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_record_reads_back_from_its_line() {
        for kind in RecordKind::ALL {
            let record = Record { kind, text: "{\"a\":1}".into() };
            assert_eq!(record_of_line(&record.line()), Some(record));
        }
        assert_eq!(record_of_line("{\"other\":1}"), None);
    }

    proptest! {
        #[test]
        fn any_line_is_a_record_that_writes_the_same_line_or_none(line in any::<String>()) {
            if let Some(record) = record_of_line(&line) {
                prop_assert_eq!(record.line(), line);
            }
        }
    }
}
