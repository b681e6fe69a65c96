//! A template as written: a tree of nodes, each with its lines. YAML and JSON are read into the same
//! tree, and YAML's short tags into the long names of the functions (`!Sub x` is `Fn::Sub: x`).

use std::sync::Arc;

/// How deep a template may be nested. `CloudFormation` itself stops long before.
pub(super) const DEPTH_LIMIT: usize = 100;

/// The largest template read, in bytes. AWS takes one megabyte.
pub(super) const SIZE_LIMIT: usize = 32 * 1024 * 1024;

/// Something wrong with a template, on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The line, from 1; `None` where none is to blame.
    pub(super) line: Option<u32>,
    /// What is wrong; fits after "could not".
    pub(super) message: String,
}

impl Fault {
    pub(super) fn at(line: u32, message: impl Into<String>) -> Self {
        Self { line: Some(line), message: message.into() }
    }
}

/// One node. Cheap to copy: what it holds is shared.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// First line, from 1.
    pub(super) line: u32,
    /// Last line.
    pub(super) end_line: u32,
    /// What it is.
    pub(super) kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number that is written as it would be printed, or in YAML a short one to the base of eight. Any
    /// other (`012345678901`, `8.0`) is text, since account ids and versions are written that way.
    Number(f64),
    /// Text.
    Text(Arc<str>),
    /// A list.
    List(Arc<Vec<Node>>),
    /// A map, in the order as written, no key twice.
    Map(Arc<Vec<Member>>),
}

/// A member of a map.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// Its key.
    pub(super) key: Arc<str>,
    /// The line of the key.
    pub(super) line: u32,
    /// The last line of the value.
    pub(super) end_line: u32,
    /// Its value.
    pub(super) value: Node,
}

impl Node {
    /// The text of a text.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar, as `CloudFormation` makes text of it.
    pub(super) fn scalar(&self) -> Option<Arc<str>> {
        match &self.kind {
            Kind::Text(text) => Some(Arc::clone(text)),
            Kind::Bool(truth) => Some(Arc::from(if *truth { "true" } else { "false" })),
            Kind::Number(number) => Some(Arc::from(number.to_string().as_str())),
            Kind::Null | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// The members of a map.
    pub(super) fn members(&self) -> Option<&[Member]> {
        match &self.kind {
            Kind::Map(members) => Some(members),
            _ => None,
        }
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Option<&[Self]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }

    /// The member of a map by its key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.members()?.iter().find(|member| &*member.key == key).map(|member| &member.value)
    }

    /// The function that a node calls and what it is given: a map whose one key is `Ref` or begins
    /// with `Fn::`.
    pub(super) fn call(&self) -> Option<(&str, &Self)> {
        let [member] = self.members()? else { return None };
        let called =
            &*member.key == "Ref" || (member.key.starts_with("Fn::") && !member.key.starts_with("Fn::ForEach::"));
        called.then_some((&*member.key, &member.value))
    }

    /// The node as one line of text, the same for the same content wherever it stands; cut off at
    /// `limit` bytes or a little more.
    pub(super) fn canonical(&self, limit: usize) -> String {
        let mut out = String::new();
        self.write(&mut out, limit);
        out
    }

    fn write(&self, out: &mut String, limit: usize) {
        if out.len() > limit {
            return;
        }
        match &self.kind {
            Kind::Null => out.push_str("null"),
            Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => {
                let text = self.scalar().unwrap_or_default();
                out.push_str(&format!("{:?}", &*text));
            }
            Kind::List(items) => {
                out.push('[');
                for item in items.iter() {
                    item.write(out, limit);
                    out.push(',');
                }
                out.push(']');
            }
            Kind::Map(members) => {
                out.push('{');
                for member in members.iter() {
                    out.push_str(&format!("{:?}:", &*member.key));
                    member.value.write(out, limit);
                    out.push(',');
                }
                out.push('}');
            }
        }
    }
}

/// A number that prints as it is written; `None` for any other text.
pub(super) fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || digits.len() > 20 || !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// Puts members together, and says which keys are there twice. The last one holds, as AWS takes it.
pub(super) fn unique(members: Vec<Member>, faults: &mut Vec<Fault>) -> Vec<Member> {
    let mut last = std::collections::HashMap::with_capacity(members.len());
    for (index, member) in members.iter().enumerate() {
        if last.insert(Arc::clone(&member.key), index).is_some() && faults.len() < 20 {
            let key: String = member.key.chars().take(100).collect();
            faults.push(Fault::at(member.line, format!("tell which value holds: the key {key:?} is written twice")));
        }
    }
    if last.len() == members.len() {
        return members;
    }
    members
        .into_iter()
        .enumerate()
        .filter(|(index, member)| last.get(&member.key) == Some(index))
        .map(|(_, member)| member)
        .collect()
}
