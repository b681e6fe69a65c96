//! `CloudFormation` templates, in YAML or JSON, written by hand, by CDK or for SAM.
//!
//! A template is read into a tree with lines, its functions are evaluated as far as the template tells,
//! and what it leaves open is assumed one way and the other, where it matters: each combination is a
//! [`Scenario`] of the deployment. Parameters have the value that they are given, or else their default.

mod assembly;
mod condition;
mod deployed;
mod detect;
mod evaluate;
mod explore;
pub(super) mod foreign;
mod function;
mod indent;
mod json;
mod nested;
mod node;
mod resource;
mod sam;
mod scenario;
mod suppress;
mod template;
#[cfg(test)]
mod tests;
mod text;
mod yaml;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use assembly::read_assembly;
pub use detect::looks_like;
pub use nested::read_all;

use self::deployed::Stack;
use self::node::{Fault, Node, SIZE_LIMIT};
use self::template::{Given, Template};
use super::deployment::{Code, Deployment, Language, Problem, Scenario};

/// What a template is read with.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Values of parameters by name. They hold in every template that has a parameter of the name.
    pub parameters: BTreeMap<String, String>,
}

/// Reads one template. `shown` is its path as places show it; what it ends with does not matter unless
/// it is `.json`.
///
/// A file that cannot be read is a [`Problem`] and no deployment.
#[must_use]
pub fn read(shown: &str, bytes: &[u8], options: &Options) -> Code {
    read_all(&[(shown.to_owned(), bytes.to_vec())], options)
}

/// A template that was read.
struct Read {
    code: Code,
    stacks: Vec<Stack>,
}

/// A file that was parsed.
struct Parsed {
    shown: Arc<str>,
    root: Option<Node>,
    code: Code,
}

fn problem(file: &str, fault: Fault) -> Problem {
    Problem { file: file.to_owned(), line: fault.line, message: fault.message }
}

/// Parses a file, and keeps its text.
fn parse(shown: &str, bytes: &[u8]) -> Parsed {
    let file: Arc<str> = Arc::from(shown);
    let mut code = Code::default();
    let mut root = None;
    match decode(bytes).and_then(|text| {
        let parsed = tree(shown, &text);
        code.files.insert(Arc::clone(&file), Arc::from(text));
        parsed
    }) {
        Ok((node, faults)) => {
            code.problems.extend(faults.into_iter().map(|fault| problem(shown, fault)));
            root = Some(node);
        }
        Err(fault) => code.problems.push(problem(shown, fault)),
    }
    Parsed { shown: file, root, code }
}

/// The text of a file: UTF-8, or UTF-16 with the mark that `PowerShell` writes.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Fault> {
    let fault = |message: &str| Fault { line: None, message: message.to_owned() };
    if bytes.len() > SIZE_LIMIT {
        return Err(fault("read the template: it is larger than 32 MB"));
    }
    let wide = |from: fn([u8; 2]) -> u16| {
        let deployments = bytes[2..].chunks_exact(2).map(|pair| from([pair[0], pair[1]]));
        char::decode_utf16(deployments).collect::<Result<String, _>>().map(Cow::Owned)
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes).map_err(|_| fault("read the file: it is not valid UTF-16")),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes).map_err(|_| fault("read the file: it is not valid UTF-16")),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => match std::str::from_utf8(rest) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(error) => {
                let before = &rest[..error.valid_up_to()];
                let line = before.split(|byte| *byte == b'\n').count();
                Err(Fault::at(u32::try_from(line).unwrap_or(u32::MAX), "read the file: it is not valid UTF-8"))
            }
        },
    }
}

/// JSON if it begins as such. A file of another name may be YAML that begins with a brace.
fn tree(shown: &str, text: &str) -> Result<(Node, Vec<Fault>), Fault> {
    let named_json = shown.rsplit('.').next().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    if !named_json && !text.trim_start().starts_with('{') {
        return yaml::read(text);
    }
    match json::read(text) {
        Err(_) if !named_json => yaml::read(text),
        read => read,
    }
}

/// Evaluates a parsed template, with what its parameters are given.
fn evaluate(parsed: Parsed, given: &BTreeMap<String, Given>) -> Read {
    let Parsed { shown, root, mut code } = parsed;
    let nothing = |code| Read { code, stacks: Vec::new() };
    let Some(root) = root else { return nothing(code) };
    let template = match Template::new(&root, given) {
        Ok(template) => template,
        Err(fault) => {
            code.problems.push(problem(&shown, fault));
            return nothing(code);
        }
    };
    code.ignores = suppress::ignores(root.get("Metadata"), &shown, "");
    code.ignores.extend(code.files.get(&shown).into_iter().flat_map(|text| suppress::in_comments(text, &shown)));
    let mut deployment = Deployment {
        path: shown.to_string(),
        language: Language::Cloudformation,
        scenarios: Vec::new(),
        missing: template.missing.clone(),
        unread: Vec::new(),
        before: Vec::new(),
    };
    let mut stacks: Vec<Stack> = Vec::new();
    for (scenario, deployed) in explore::explore(&template, &shown) {
        for fault in deployed.faults {
            let problem = problem(&shown, fault);
            if !code.problems.contains(&problem) {
                code.problems.push(problem);
            }
        }
        for unknown in deployed.missing {
            if !deployment.missing.contains(&unknown) {
                deployment.missing.push(unknown);
            }
        }
        for ignore in deployed.ignores {
            if !code.ignores.contains(&ignore) {
                code.ignores.push(ignore);
            }
        }
        stacks.extend(deployed.stacks);
        deployment.scenarios.push(Scenario { part: 0, assumptions: scenario.sentences(), blocks: deployed.blocks });
    }
    code.deployments.push(deployment);
    Read { code, stacks }
}
