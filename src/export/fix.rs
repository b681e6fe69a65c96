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
        let changes = if fixes.written { "patched" } else { "the patch changes" };
        let count = things(fixes.files.len(), "file");
        out.push_str(&format!("{changes} {count}, for {}\n", things(fixes.patched.len(), "failed item")));
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
    let mut out = String::new();
    for place in places.iter().take(shown) {
        out.push_str(&format!("  {place}\n"));
    }
    if places.len() > shown {
        out.push_str(&format!("  and {} more\n", places.len() - shown));
    }
    out
}

/// A text out of the code, on one line.
fn text(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::output::{PatchedFinding, UnpatchedFinding};

    fn sample(written: bool) -> Fixes {
        let patched = |control: &str, line: u32, caution: Option<&str>| PatchedFinding {
            control: control.to_owned(),
            address: "aws_s3_bucket.logs".to_owned(),
            file: "main.tf".to_owned(),
            line,
            caution: caution.map(ToOwned::to_owned),
        };
        let unpatched = |line: u32, reason: &str| UnpatchedFinding {
            control: "kms-rotation".to_owned(),
            address: format!("module.a.aws_kms_key.k[{line}]"),
            file: "keys\u{1b}[31m.tf".to_owned(),
            line,
            reason: reason.to_owned(),
        };
        Fixes {
            written,
            patched: vec![
                patched("s3-tls-only", 1, None),
                patched("s3-versioning", 1, Some("Replaced objects are kept, and paid for.")),
            ],
            unpatched: (1..=5)
                .map(|line| unpatched(line, "`enable_key_rotation` is `var.rotate`: set that to true"))
                .chain([unpatched(9, "a `dynamic` block makes `x`")])
                .collect(),
            files: vec!["main.tf".to_owned()],
            diff: String::new(),
            left: 6,
            exit_code: 1,
        }
    }

    #[test]
    fn a_reader_sees_what_is_patched_what_to_look_out_for_and_what_is_left() {
        insta::assert_snapshot!(format!("{}\n=====\n\n{}", beside(&sample(false), false), beside(&sample(true), true)));
    }
}
