//! A patch as stretches that are replaced, word by word: nothing of the code is in them.

use similar::{DiffOp, TextDiff};

use super::Edit;
use crate::model::check::Replacement;

/// The stretches in which a file changes.
pub(in super::super) fn replacements(edit: &Edit) -> Vec<Replacement> {
    let lines = TextDiff::from_lines(edit.before.as_str(), edit.after.as_str());
    let starts = |lines: &[&str]| {
        let mut at = 0;
        let mut starts = vec![0];
        starts.extend(lines.iter().map(|line| {
            at += line.len();
            at
        }));
        starts
    };
    let (old, new) = (starts(lines.old_slices()), starts(lines.new_slices()));
    let mut out = Vec::new();
    for op in lines.ops().iter().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
        let (before, after) = (op.old_range(), op.new_range());
        let (first, last) = (old[before.start], old[before.end]);
        let was = edit.before.get(first..last).unwrap_or_default();
        let is = edit.after.get(new[after.start]..new[after.end]).unwrap_or_default();
        let words = TextDiff::from_words(was, is);
        let mut at = first;
        for op in words.ops() {
            let removed: String = words.old_slices().get(op.old_range()).unwrap_or_default().concat();
            let end = at + removed.len();
            if !matches!(op, DiffOp::Equal { .. }) {
                let text = words.new_slices().get(op.new_range()).unwrap_or_default().concat();
                let ((line, column), (end_line, end_column)) = (place(&edit.before, at), place(&edit.before, end));
                out.push(Replacement { file: edit.shown.clone(), line, column, end_line, end_column, text });
            }
            at = end;
        }
    }
    out
}

/// Line and column of an offset, from 1, in characters.
fn place(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}
