//! What a patch came to, for people.

use std::collections::BTreeMap;

use crate::model::output::Fixes;

/// Most places that are named for one reason, unless all are asked for.
const PLACES: usize = 3;

/// What is said beside the patch: how much of it there is, what to look out for, and what is not patched and
/// why. Where `all`, every place is named.
#[must_use]
pub fn beside(fixes: &Fixes, all: bool) -> String {
    let mut out = String::new();
    let things = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    if !fixes.patched.is_empty() {
        let verb = if fixes.written { "patched" } else { "would patch" };
        let files = things(fixes.files.len(), "file");
        out.push_str(&format!("{verb} {files}: {} would pass then\n", things(fixes.patched.len(), "failed item")));
        if fixes.written {
            out.clear();
            out.push_str(&format!("patched {files}: {} pass now\n", things(fixes.patched.len(), "failed item")));
        }
    }
    let mut cautions: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for one in &fixes.patched {
        if let Some(caution) = &one.caution {
            cautions.entry(caution).or_default().push(place(&one.control, &one.address, &one.file, one.line));
        }
    }
    for (caution, places) in cautions {
        out.push_str(&format!("\ncaution: {caution}\n{}", listed(&places, all)));
    }
    if !fixes.unpatched.is_empty() {
        out.push_str(&format!("\nnot patched: {}\n", things(fixes.unpatched.len(), "failed item")));
    }
    let mut reasons: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for one in &fixes.unpatched {
        let at = format!("{} {}:{}", text(&one.address), text(&one.file), one.line);
        reasons.entry((&one.control, &one.reason)).or_default().push(at);
    }
    for ((control, reason), places) in reasons {
        out.push_str(&format!("\n{control}: {}\n{}", text(reason), listed(&places, all)));
    }
    out
}

fn place(control: &str, address: &str, file: &str, line: u32) -> String {
    format!("{control} {} {}:{line}", text(address), text(file))
}

fn listed(places: &[String], all: bool) -> String {
    let shown = if all { places.len() } else { PLACES };
    let mut out: String = places.iter().take(shown).map(|place| format!("  {place}\n")).collect();
    if places.len() > shown {
        out.push_str(&format!("  and {} more\n", places.len() - shown));
    }
    out
}

/// A text out of the code, on one line.
fn text(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
