//! Directives in comments: of Terraform, and of templates in YAML.

use std::sync::Arc;

use super::{Covers, Foreign, Tool};
use crate::iac::deployment::Place;
use crate::iac::terraform::comments::{Remark, remarks};

/// The words that directives begin with.
pub(super) const WORDS: &[&str] = &["checkov:skip=", "bridgecrew:skip=", "tfsec:ignore:", "trivy:ignore:", "kics-scan"];

/// Most directives read of a file.
const LIMIT: usize = 10_000;

/// Longest reason kept, in characters.
const REASON: usize = 500;

/// The directives in the comments of a file in native syntax.
pub(super) fn in_terraform(file: &Arc<str>, text: &str) -> Vec<Foreign> {
    of(file, text, &remarks(text))
}

/// The directives in the comments of a template in YAML.
pub(super) fn in_yaml(file: &Arc<str>, text: &str) -> Vec<Foreign> {
    let lines: Vec<&str> = text.lines().collect();
    let is_comment = |line: &str| line.trim_start().starts_with('#');
    let mut remarks = Vec::new();
    let mut below = u32::try_from(lines.len()).unwrap_or(u32::MAX).saturating_add(1);
    for (index, line) in lines.iter().enumerate().rev() {
        let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        if is_comment(line) {
            remarks.push(Remark { line: number, above: Some(below), text: line.trim_start() });
            continue;
        }
        below = number;
        if let Some(at) = line.find(" #") {
            remarks.push(Remark { line: number, above: None, text: &line[at + 1..] });
        }
    }
    remarks.reverse();
    of(file, text, &remarks)
}

fn of(file: &Arc<str>, text: &str, remarks: &[Remark<'_>]) -> Vec<Foreign> {
    let head = head(text);
    let mut found = Vec::new();
    for remark in remarks {
        if found.len() >= LIMIT {
            break;
        }
        let target = remark.above.unwrap_or(remark.line);
        let foreign = |tool, rule: Option<&str>, covers| Foreign {
            tool,
            place: Place { file: Arc::clone(file), line: remark.line, end_line: remark.line },
            rule: rule.map(ToOwned::to_owned),
            reason: None,
            until: None,
            covers,
            unusable: None,
        };
        checkov(remark.text, target, &foreign, &mut found);
        aqua(remark.text, target, &foreign, &mut found);
        kics(remark.text, target, remark.line < head, &foreign, &mut found);
    }
    found
}

/// The line of the first code of a file.
fn head(text: &str) -> u32 {
    let code = |line: &str| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#') && !line.starts_with("//") && line != "---"
    };
    let before = text.lines().take_while(|line| !code(line)).count();
    u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
}

type Make<'a> = dyn Fn(Tool, Option<&str>, Covers) -> Foreign + 'a;

/// `checkov:skip=ID[,ID][:reason]`, anywhere in a comment inside of the block, or above it.
fn checkov(text: &str, target: u32, foreign: &Make<'_>, found: &mut Vec<Foreign>) {
    for word in ["checkov:skip=", "bridgecrew:skip="] {
        let Some((_, rest)) = text.split_once(word) else { continue };
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_, ".contains(c))).unwrap_or(rest.len());
        // Without a colon the rest of the line is words: the first of them are the ids.
        let list = if rest[end..].starts_with(':') { &rest[..end] } else { rest.split(' ').next().unwrap_or_default() };
        let reason = rest[end..].strip_prefix(':').map(|reason| reason.trim().trim_end_matches("*/").trim_end());
        for id in list.split(',').map(str::trim).filter(|id| !id.is_empty()) {
            let mut one = foreign(Tool::Checkov, Some(id), Covers::BlockAround { target });
            one.reason = reason.filter(|reason| !reason.is_empty()).map(bounded);
            found.push(one);
        }
    }
}

/// `tfsec:ignore:RULE` and `trivy:ignore:RULE`, with `:exp:DAY` and `:ws:WORKSPACE`, several on a line.
fn aqua(text: &str, target: u32, foreign: &Make<'_>, found: &mut Vec<Foreign>) {
    for word in text.split(|c: char| c.is_whitespace() || c == '#').map(|word| word.trim_start_matches(['/', '*'])) {
        let (tool, rest) = match (word.strip_prefix("tfsec:ignore:"), word.strip_prefix("trivy:ignore:")) {
            (Some(rest), _) => (Tool::Tfsec, rest),
            (_, Some(rest)) => (Tool::Trivy, rest),
            _ => continue,
        };
        let mut parts = rest.trim_end_matches("*/").split(':');
        let rule = parts.next().unwrap_or_default();
        if rule.is_empty() {
            // `/* tfsec:ignore:* */` without the white space ends the comment.
            continue;
        }
        let covers = Covers::Line { target, alone: false };
        let mut one = foreign(tool, Some(rule).filter(|rule| *rule != "*"), covers);
        while let Some(key) = parts.next() {
            match (key, parts.next()) {
                ("exp", Some(day)) => one.until = Some(bounded(day)),
                ("ws", Some(_)) => one.unusable = Some("it holds in one workspace alone"),
                _ => one.unusable = Some("it has a part that is not known"),
            }
        }
        if rule.contains('[') {
            one.unusable = Some("it holds under a condition on an attribute");
        }
        found.push(one);
    }
}

/// `kics-scan ignore-block`, `ignore-line`; at the head of a file `ignore` and `disable=ID,ID`.
fn kics(text: &str, target: u32, is_head: bool, foreign: &Make<'_>, found: &mut Vec<Foreign>) {
    let words = text.trim_start_matches(|c: char| c.is_whitespace() || "#/*".contains(c));
    let Some(command) = words.strip_prefix("kics-scan").map(|rest| rest.trim_end_matches("*/").trim()) else { return };
    match command {
        "ignore-block" => found.push(foreign(Tool::Kics, None, Covers::Line { target, alone: false })),
        "ignore-line" => found.push(foreign(Tool::Kics, None, Covers::Line { target, alone: true })),
        "ignore" if is_head => found.push(foreign(Tool::Kics, None, Covers::File)),
        _ if is_head => {
            let ids = command.strip_prefix("disable=").into_iter().flat_map(|list| list.split(','));
            let ids = ids.map(str::trim).filter(|id| !id.is_empty());
            found.extend(ids.map(|id| foreign(Tool::Kics, Some(id), Covers::File)));
        }
        _ => {}
    }
}

fn bounded(text: &str) -> String {
    text.chars().take(REASON).collect()
}
