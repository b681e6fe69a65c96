//! The contract `tickmark.check/1`, which goes away with the next version.

use super::{CheckFormat, Look, RenderError};
use crate::model::check::Check;

/// About what a result takes, in bytes: growing to hundreds of megabytes would copy them over and over.
const RESULT: usize = 1024;

/// Each result by itself with all that its control says, indented.
pub(super) struct JsonV1;

impl CheckFormat for JsonV1 {
    fn name(&self) -> &'static str {
        "json-v1"
    }

    fn render(&self, check: &Check, _look: &Look<'_>) -> Result<String, RenderError> {
        let mut text = Vec::with_capacity(RESULT * check.results.len() + RESULT);
        serde_json::to_writer_pretty(&mut text, check)?;
        text.push(b'\n');
        Ok(String::from_utf8(text).expect("serde_json writes UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{clean, rich};
    use super::super::schema_v1;
    use super::*;

    #[test]
    fn the_old_contract_is_kept() {
        let schema = schema_v1();
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        for check in [rich(), clean()] {
            let text = JsonV1.render(&check, &Look::plain()).expect("renders");
            let value = serde_json::from_str(&text).expect("is JSON");
            let wrong: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{wrong:?}");
            let mut again: Check = serde_json::from_value(value).expect("reads back");
            // The old contract does not have these.
            again.in_repository.clone_from(&check.in_repository);
            for (again, result) in again.results.iter_mut().zip(&check.results) {
                again.name.clone_from(&result.name);
            }
            assert_eq!(again, check);
        }
    }

    #[test]
    fn a_program_of_the_old_contract_reads_the_findings() {
        insta::assert_snapshot!(JsonV1.render(&rich(), &Look::plain()).expect("renders"));
    }
}
