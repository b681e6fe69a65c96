//! Tests of the reader.

mod assembly;
mod functions;
mod hostile;
mod places;
mod scenarios;
mod serverless;
mod suppression;

use std::sync::Arc;

use super::{Options, read};
use crate::iac::deployment::{Block, Code, Deployment};
use crate::iac::value::{Part, Reference, Unknown, Value};
use crate::model::gap::GapCode;

/// Reads a template that has nothing wrong with it.
fn whole(text: &str) -> Code {
    let code = read("stack.yaml", text.as_bytes(), &Options::default());
    assert_eq!(code.problems, [], "{text}");
    code
}

/// The deployment of a template that has nothing wrong with it.
fn deployment(text: &str) -> Deployment {
    let mut code = whole(text);
    assert_eq!(code.deployments.len(), 1);
    code.deployments.remove(0)
}

/// The blocks of a template with one scenario.
fn blocks(text: &str) -> Vec<Block> {
    let mut deployment = deployment(text);
    assert_eq!(
        deployment.scenarios.len(),
        1,
        "{:?}",
        deployment.scenarios.iter().map(|scenario| &scenario.assumptions).collect::<Vec<_>>()
    );
    assert_eq!(deployment.scenarios[0].assumptions, Vec::<String>::new());
    deployment.scenarios.remove(0).blocks
}

fn block<'b>(blocks: &'b [Block], address: &str) -> &'b Block {
    let addresses: Vec<_> = blocks.iter().map(|block| &block.address).collect();
    blocks.iter().find(|block| block.address == address).unwrap_or_else(|| panic!("{address} in {addresses:?}"))
}

/// The value at a path of a body; nothing where there is none.
fn at(block: &Block, path: &str) -> Value {
    let mut value = block.body.clone();
    for step in path.split('/') {
        value = match &value {
            Value::List(items) => items.get(step.parse::<usize>().expect("index")).cloned().unwrap_or_default(),
            value => value.get(step).cloned().unwrap_or_default(),
        };
    }
    value
}

fn unknown(value: &Value) -> Arc<Unknown> {
    match value {
        Value::Unknown(unknown) => Arc::clone(unknown),
        value => {
            let value: String = format!("{value:?}").chars().take(300).collect();
            panic!("not unknown: {value}");
        }
    }
}

/// The text with `<…>` for what is unknown in it.
fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Unknown(unknown) => format!("<{}>", unknown.shown),
        Value::Template(parts) => parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.to_string(),
                Part::Unknown(unknown) => format!("<{}>", unknown.shown),
            })
            .collect(),
        value => panic!("not a text: {value:?}"),
    }
}

fn reference(address: &str, attribute: &str, whole: bool) -> Reference {
    Reference { address: address.to_owned(), attribute: attribute.to_owned(), whole, instance: true }
}

/// The lines as they stand inside of a property.
fn indented(lines: &str) -> String {
    lines.lines().fold(String::new(), |text, line| text + "        " + line + "\n")
}

/// A template in which one resource has a property `P`, written on the following lines.
fn with(property: &str, sections: &str) -> String {
    let indented = indented(property);
    format!(
        "{sections}\nResources:\n  Bucket:\n    Type: AWS::S3::Bucket\n  Other:\n    Type: AWS::SNS::Topic\n    \
         Properties:\n      P:\n{indented}"
    )
}

/// What the property `P` comes to.
fn evaluated(property: &str, sections: &str) -> Value {
    at(block(&blocks(&with(property, sections)), "Other"), "P")
}

fn known(code: GapCode, value: &Value) {
    assert_eq!(unknown(value).code, code);
}
