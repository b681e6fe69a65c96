//! Where something sensitive is written: no output shows these lines.

use std::collections::BTreeSet;

use crate::iac::deployment::Code;
use crate::iac::value::{Part, Unknown, Value};
use crate::model::gap::GapCode;

/// The lines at which something sensitive is written, by file.
#[must_use]
pub fn sensitive_lines(code: &Code) -> BTreeSet<(&str, u32)> {
    let mut lines = BTreeSet::new();
    let blocks =
        code.deployments.iter().flat_map(|deployment| &deployment.scenarios).flat_map(|scenario| &scenario.blocks);
    for block in blocks {
        for (path, (first, last)) in &block.spans {
            if at(&block.body, path).is_some_and(is_sensitive) {
                lines.extend((*first..=*last).map(|line| (&*block.place.file, line)));
            }
        }
    }
    lines
}

fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('/').filter(|step| !step.is_empty()).try_fold(value, |value, step| match value {
        Value::List(items) => items.get(step.parse::<usize>().ok()?),
        _ => value.get(step),
    })
}

fn is_sensitive(value: &Value) -> bool {
    let unknown = |unknown: &Unknown| unknown.code == GapCode::Sensitive;
    match value {
        Value::Unknown(why) => unknown(why),
        Value::Template(parts) => parts.iter().any(|part| matches!(part, Part::Unknown(why) if unknown(why))),
        _ => false,
    }
}
