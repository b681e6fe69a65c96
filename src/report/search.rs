//! The index that the search script reads: data, never markup.

use super::context::{Context, Findings};
use super::words::{Mark, clip, file_name, number, size};

/// What the index may weigh, in bytes.
const BYTES: usize = 600_000;

/// The index as a script that sets one variable. What does not fit is left out, and the index
/// says how many entries that is.
pub(crate) fn index(context: &Context<'_>, findings: &Findings) -> String {
    let criteria = context.input.criteria.iter().map(|one| {
        (clip(&one.text, 200), one.id.clone(), "Criterion", format!("criterion/{}.html", file_name(&one.id)))
    });
    let controls = context.input.controls.iter().map(|one| {
        let word = findings.outcomes.get(&one.id).map_or("", |outcome| outcome.mark().word());
        (
            clip(&one.title, 200),
            format!("{} {}", one.id, clip(&one.resource, 80)),
            if word.is_empty() { "Control" } else { word },
            format!("control/{}.html", file_name(&one.id)),
        )
    });
    let exceptions = findings.exceptions.iter().map(|row| {
        let mark = if row.waived_until.is_some() { Mark::Waived } else { Mark::Exceptions };
        (row.name.clone(), format!("{} {} {}", row.control, row.account, row.region), mark.word(), row.href.clone())
    });
    let mut entries = String::new();
    let mut left_out = 0u64;
    for (title, detail, kind, href) in criteria.chain(controls).chain(exceptions) {
        let entry = script(&serde_json::json!([title, detail, kind, href]));
        if entries.len() + entry.len() > BYTES {
            left_out += 1;
            continue;
        }
        if !entries.is_empty() {
            entries.push_str(",\n");
        }
        entries.push_str(&entry);
    }
    let note = if left_out == 0 {
        String::new()
    } else {
        format!("{} exceptions are not in this index; the list of exceptions has all.", number(left_out))
    };
    let note = script(&serde_json::json!(note));
    debug_assert!(size(entries.len()) <= size(BYTES));
    format!("window.tickmarkNote = {note};\nwindow.tickmarkIndex = [\n{entries}\n];\n")
}

/// JSON that is safe inside a script, whoever includes it: the few characters with a meaning in
/// HTML, and the line ends that older scripts break at, are written as escapes.
fn script(value: &serde_json::Value) -> String {
    value
        .to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}
