//! The table that says which of our controls a rule of another tool is about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::Tool;

/// The table; its head says what is in it.
pub(super) const TABLE: &str = include_str!("rules.csv");

/// Controls by tool and rule. Trivy's rules are tfsec's, too.
static RULES: LazyLock<BTreeMap<(&str, String), BTreeSet<&str>>> = LazyLock::new(|| {
    let mut rules: BTreeMap<(&str, String), BTreeSet<&str>> = BTreeMap::new();
    for row in rows() {
        for name in std::iter::once(row.rule).chain(row.aliases.split_whitespace()) {
            let controls = rules.entry((row.tool, name.to_ascii_lowercase())).or_default();
            controls.extend(row.controls.split_whitespace());
        }
    }
    rules
});

/// A row of the table; its last cell, the source, is for readers.
pub(super) struct Row<'a> {
    pub(super) tool: &'a str,
    pub(super) rule: &'a str,
    pub(super) controls: &'a str,
    pub(super) aliases: &'a str,
}

/// The rows of the table, without its head.
pub(super) fn rows() -> impl Iterator<Item = Row<'static>> {
    TABLE.lines().filter(|line| !line.starts_with('#')).skip(1).filter_map(|line| {
        let mut cells = line.split(',');
        let mut cell = || cells.next();
        Some(Row { tool: cell()?, rule: cell()?, controls: cell()?, aliases: cell()? })
    })
}

/// The controls that a rule of a tool is about; none where we know of none. A rule of tfsec or Trivy may end in
/// `*`, which stands for any end.
#[must_use]
pub fn controls_of(tool: Tool, rule: &str) -> BTreeSet<&'static str> {
    let mut rule = rule.to_ascii_lowercase();
    let of = match tool {
        Tool::Tfsec | Tool::Trivy => {
            if rule.starts_with("aws-") && rule[4..].bytes().all(|byte| byte.is_ascii_digit()) {
                rule = format!("avd-{rule}");
            }
            "trivy"
        }
        other => other.as_str(),
    };
    if let Some(start) = rule.strip_suffix('*').filter(|_| of == "trivy") {
        let all = RULES.iter().filter(|((tool, name), _)| *tool == of && name.starts_with(start));
        return all.flat_map(|(_, controls)| controls.iter().copied()).collect();
    }
    RULES.get(&(of, rule)).cloned().unwrap_or_default()
}
