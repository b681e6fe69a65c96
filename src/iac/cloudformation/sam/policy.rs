//! The policy templates of SAM (`S3ReadPolicy: {BucketName: …}`): what each allows.
//!
//! The data beside this file says of each template, statement by statement, which actions it allows on
//! which resources, as published in "AWS SAM policy template list" of the SAM developer guide.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;

use super::object;
use crate::iac::cloudformation::template::PSEUDO;
use crate::iac::cloudformation::text::{Piece, Text, pieces};
use crate::iac::origin::Origin;
use crate::iac::value::{Reference, Unknown, Value};
use crate::model::gap::GapCode;

/// One statement of a policy template. Each allows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    actions: Vec<String>,
    /// As `Fn::Sub` takes them: the parameters of the template by their name.
    resources: Vec<String>,
    /// Operator, key and value.
    #[serde(default)]
    condition: Option<(String, String, String)>,
}

fn templates() -> &'static BTreeMap<String, Vec<Statement>> {
    static TEMPLATES: OnceLock<BTreeMap<String, Vec<Statement>>> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        serde_json::from_str(include_str!("policies.json")).expect("the data beside this file is tested to be read")
    })
}

/// The policy document that a template makes with these parameters.
pub(super) fn document(name: &str, parameters: &Value) -> Value {
    let Some(statements) = templates().get(name) else {
        return Value::unknown(GapCode::Unresolved, &format!("the SAM policy template {name}"));
    };
    let texts = |texts: &[String]| Value::list(texts.iter().map(|text| Value::text(text)).collect());
    let statements = statements.iter().map(|statement| {
        let resources = statement.resources.iter().map(|resource| filled(resource, parameters)).collect();
        let condition = statement.condition.as_ref().map(|(operator, key, value)| {
            object([(operator.as_str(), object([(key.as_str(), filled(value, parameters))]))])
        });
        object([
            ("Effect", Value::text("Allow")),
            ("Action", texts(&statement.actions)),
            ("Resource", Value::list(resources)),
            ("Condition", condition.unwrap_or_default()),
        ])
    });
    object([("Version", Value::text("2012-10-17")), ("Statement", Value::list(statements.collect()))])
}

/// The text with the parameters of the template put in.
fn filled(text: &str, parameters: &Value) -> Value {
    let mut made = Text::default();
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => made.push(text),
            Piece::Name("AWS::Partition") => made.push("aws"),
            Piece::Name(name) if name.starts_with("AWS::") => {
                let unknown = Unknown::new(GapCode::Unresolved, name).from(Origin::input(PSEUDO, name));
                made.push_unknown(&Arc::new(unknown.of(vec![Reference::to(name, "")])));
            }
            Piece::Name(name) => match parameters.get(name) {
                Some(value) => made.push_value(value),
                None => made.push_unknown(&Arc::new(Unknown::new(GapCode::Unresolved, name))),
            },
        }
    }
    made.value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_is_read_and_every_statement_allows_something() {
        assert!(templates().len() > 70);
        for (name, statements) in templates() {
            assert!(!statements.is_empty(), "{name}");
            for statement in statements {
                assert!(statement.actions.iter().all(|action| action.contains(':')), "{name}");
                assert!(!statement.resources.is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn parameters_are_put_in() {
        let parameters = object([("BucketName", Value::text("logs"))]);
        let document = document("S3ReadPolicy", &parameters);
        let Some(Value::List(statements)) = document.get("Statement") else { panic!("{document:?}") };
        let resources = statements[0].get("Resource");
        assert_eq!(
            resources,
            Some(&Value::list(vec![Value::text("arn:aws:s3:::logs"), Value::text("arn:aws:s3:::logs/*")]))
        );
    }

    #[test]
    fn a_template_that_is_not_known_is_unknown() {
        assert!(matches!(document("NoSuchPolicy", &Value::Null), Value::Unknown(_)));
    }
}
