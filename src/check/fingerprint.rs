//! What a finding is, whatever line it stands at.

use std::collections::BTreeMap;

use serde_json::json;

use super::judged::Judged;
use crate::model::canonical::{sha256_hex, to_string};

/// Hexadecimal digits of a fingerprint: 128 bits.
const LENGTH: usize = 32;

/// The fingerprint of a finding: control, address, the files of the block and of the module calls that lead to
/// it by their paths in the repository, and what was read. The same in every clone and in every working
/// directory.
pub(super) fn of(judged: &Judged<'_>, paths: &BTreeMap<&str, String>) -> String {
    let mut digest = digest(judged, |file| paths.get(file).map_or(file, String::as_str));
    digest.truncate(LENGTH);
    digest
}

/// The same of paths as they are shown, in full length: as baselines of the first form have it.
pub(super) fn by_shown_paths(judged: &Judged<'_>) -> String {
    digest(judged, |file| file)
}

fn digest<'p>(judged: &'p Judged<'_>, path: impl Fn(&'p str) -> &'p str) -> String {
    let verdict = &judged.verdict;
    let read: BTreeMap<&str, serde_json::Value> = verdict
        .read
        .iter()
        .map(|read| (read.attribute.as_str(), json!({ "value": read.value, "gap": read.gap })))
        .collect();
    let primary = judged.blocks.first().map(|(block, _)| *block);
    let block = primary.map(|block| (path(&block.place.file), block.address.as_str()));
    let mut record = json!({ "control": verdict.control, "block": block, "item": verdict.id, "read": read });
    // A module that two root modules call by the same name: its file and its addresses are the same in both.
    let calls: Vec<&str> = primary.iter().flat_map(|block| &block.calls).map(|(_, place)| path(&place.file)).collect();
    if !calls.is_empty() {
        record["calls"] = json!(calls);
    }
    to_string(&record).map_or_else(|_| sha256_hex(record.to_string().as_bytes()), |text| sha256_hex(text.as_bytes()))
}
