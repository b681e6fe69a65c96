//! Withholding the secrets of an answer: their values are replaced by salted commitments before
//! anything else sees the answer, so that collectors, captures, store and replay all see the same.
//!
//! What is replaced is given as members by the names of the model. Of JSON and XML only the ranges of
//! those values are written anew, and every other byte stays as AWS sent it. The result is read
//! again, strictly: an answer that does not parse, or in which one of the members still has a value
//! of its own, is withheld as a whole.

mod cbor;
mod json;
mod salt;
mod xml;

use std::collections::BTreeMap;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::model::{Kind, Member, OperationModel, Protocol, ServiceModel, Shape};
use super::read::{self, DEPTH, Headers};
pub use salt::Salt;

/// Stands for the whole answer among the members that were withheld.
pub const WHOLE: &str = "*";

/// An answer without its secrets.
#[derive(Debug, PartialEq, Eq)]
pub struct Kept {
    /// The bytes that remain; none where the answer is withheld as a whole.
    pub body: Vec<u8>,
    /// How many values of each member are withheld; [`WHOLE`] for the answer.
    pub withheld: BTreeMap<String, u64>,
}

impl Kept {
    /// Nothing of the answer. The strict readers refuse an empty body.
    pub(crate) fn nothing() -> Self {
        Self { body: Vec::new(), withheld: BTreeMap::from([(WHOLE.to_owned(), 1)]) }
    }
}

/// The answer of an operation without the values of these members.
pub(crate) fn withhold(
    service: &ServiceModel,
    name: &str,
    headers: &dyn Headers,
    body: &[u8],
    members: &[&str],
    salt: &Salt,
) -> Kept {
    let asked = service.operation(name).and_then(|operation| Some((operation, operation.output.as_deref()?)));
    let Some((operation, output)) = asked else { return Kept::nothing() };
    let output = service.shape(output);
    let mut hand = Hand { service, salt, withheld: BTreeMap::new(), member: "" };
    replaced(&mut hand, name, operation, output, headers, body, members)
        .ok()
        .filter(|body| is_safe(service, name, operation, output, headers, body, members))
        .map_or_else(Kept::nothing, |body| Kept { body, withheld: hand.withheld })
}

/// The answer does not have the form that the model says.
#[derive(Debug)]
struct Unfit;

/// A range of the answer, and what is written there.
type Edit = (Range<usize>, String);

fn replaced<'m>(
    hand: &mut Hand<'m>,
    name: &str,
    operation: &OperationModel,
    output: &Shape,
    headers: &dyn Headers,
    body: &[u8],
    members: &[&'m str],
) -> Result<Vec<u8>, Unfit> {
    let text = || std::str::from_utf8(body).map_err(|_| Unfit);
    match read::protocol_of(hand.service, headers) {
        Protocol::Cbor => cbor::replaced(hand, output, body, members),
        Protocol::Json | Protocol::RestJson => {
            let text = text()?;
            Ok(written(text, json::edits(hand, output, text, members)?))
        }
        Protocol::Query | Protocol::Ec2 | Protocol::RestXml => {
            let text = text()?;
            Ok(written(text, xml::edits(hand, name, operation, output, text, members)?))
        }
    }
}

/// The text with the edits made. Where two members name the same value, it is replaced once.
fn written(text: &str, mut edits: Vec<Edit>) -> Vec<u8> {
    edits.sort_by_key(|(range, _)| range.start);
    let (mut whole, mut at) = (String::with_capacity(text.len()), 0);
    for (range, edit) in edits {
        if range.start >= at {
            whole.push_str(&text[at..range.start]);
            whole.push_str(&edit);
            at = range.end;
        }
    }
    whole.push_str(&text[at..]);
    whole.into_bytes()
}

/// What the protocols have in common: what a value is replaced by, and the count.
struct Hand<'a> {
    service: &'a ServiceModel,
    salt: &'a Salt,
    withheld: BTreeMap<String, u64>,
    /// The member whose values are being replaced.
    member: &'a str,
}

impl<'a> Hand<'a> {
    fn shape(&self, member: &Member) -> &'a Shape {
        self.service.shape(&member.shape)
    }

    /// What the body of an answer is, its payload where it has one, and the way to a member from there.
    fn in_body<'s, 'n>(&self, output: &'s Shape, member: &'n str) -> Result<(&'s Shape, Vec<&'n str>), Unfit>
    where
        'a: 's,
    {
        let mut path = steps(member);
        let Some(payload) = output.payload.as_deref() else { return Ok((output, path)) };
        if path.remove(0) != payload {
            return Err(Unfit);
        }
        Ok((self.shape(&output.members[payload]), path))
    }

    /// What stands in place of a value, in base64 where the shape is bytes; `None` where it stays:
    /// an empty value hides nothing, and what is withheld already stays as it is.
    fn instead(&mut self, value: &str, shape: Option<&Shape>) -> Option<String> {
        if value.trim().is_empty() {
            return None;
        }
        *self.withheld.entry(self.member.to_owned()).or_default() += 1;
        if is_withheld(value) {
            return None;
        }
        let commitment = self.salt.commitment(value);
        Some(if shape.is_some_and(|shape| shape.kind == Kind::Blob) { BASE64.encode(commitment) } else { commitment })
    }
}

/// Whether a value is a commitment, as text or in base64.
fn is_withheld(value: &str) -> bool {
    let inside = BASE64.decode(value).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    salt::is_commitment(value) || inside.is_some_and(|text| salt::is_commitment(&text))
}

/// Whether the answer can be read, and each of the members has no value but commitments.
fn is_safe(
    service: &ServiceModel,
    name: &str,
    operation: &OperationModel,
    output: &Shape,
    headers: &dyn Headers,
    body: &[u8],
    members: &[&str],
) -> bool {
    read::answer(service, name, operation, headers, body)
        .is_ok_and(|document| members.iter().all(|member| is_hidden(service, output, &document, &steps(member), 0)))
}

fn is_hidden(service: &ServiceModel, shape: &Shape, value: &Value, path: &[&str], depth: usize) -> bool {
    let of = |member: &Option<Member>| member.as_ref().map(|member| service.shape(&member.shape));
    let inside = |shape, value, path| is_hidden(service, shape, value, path, depth + 1);
    match (path.split_first(), shape.kind, value) {
        _ if depth > DEPTH => false,
        (None, ..) => is_nothing_but_commitments(value),
        (Some((name, rest)), Kind::Structure, value) => shape.members.get(*name).is_some_and(|member| {
            value.get(name).is_none_or(|value| inside(service.shape(&member.shape), value, rest))
        }),
        (_, Kind::List, Value::Array(elements)) => {
            of(&shape.member).is_some_and(|shape| elements.iter().all(|value| inside(shape, value, path)))
        }
        (_, Kind::Map, Value::Object(entries)) => {
            of(&shape.value).is_some_and(|shape| entries.values().all(|value| inside(shape, value, path)))
        }
        _ => false,
    }
}

fn is_nothing_but_commitments(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty() || is_withheld(text),
        Value::Array(elements) => elements.iter().all(is_nothing_but_commitments),
        Value::Object(members) => members.values().all(is_nothing_but_commitments),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The names on the way to a member.
fn steps(member: &str) -> Vec<&str> {
    member.split('.').collect()
}

#[cfg(test)]
mod tests;
