//! A unified diff, as `git apply` and `patch -p1` take it.

use similar::TextDiff;

use super::Edit;

/// Lines around a change.
const CONTEXT: usize = 3;

/// The diff of all files.
pub(in super::super) fn unified(edits: &[Edit]) -> String {
    let mut out = String::new();
    for edit in edits {
        let diff = TextDiff::from_lines(&edit.before, &edit.after);
        let (old, new) = (name("a", &edit.shown), name("b", &edit.shown));
        out.push_str(&diff.unified_diff().context_radius(CONTEXT).header(&old, &new).to_string());
    }
    out
}

/// A path below `a` or `b`, quoted as git does where it has to be.
fn name(side: &str, shown: &str) -> String {
    let path = format!("{side}/{}", shown.trim_start_matches('/'));
    if path.chars().any(|c| c.is_control() || c == '"' || c == '\\') {
        let mut quoted = String::from("\"");
        for byte in path.bytes() {
            match byte {
                b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
                b' '..=b'~' => quoted.push(char::from(byte)),
                other => quoted.push_str(&format!("\\{other:03o}")),
            }
        }
        quoted.push('"');
        return quoted;
    }
    // A name with a space ends with a tab, or what follows would be taken for a date.
    if path.contains(' ') { format!("{path}\t") } else { path }
}
