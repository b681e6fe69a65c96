//! What a call told of an attribute.

use serde::Serialize;
use serde_json::Value;

use crate::collect::exchange::operation::Operation;
use crate::model::attr::{Attr, State};
use crate::model::gap::GapCode;

/// An attribute by name, with what is known of it.
#[derive(Debug, Clone)]
pub struct AttributeValue {
    /// Name of the attribute.
    pub attribute: &'static str,
    /// Its value, as JSON.
    pub value: Attr<Value>,
}

impl AttributeValue {
    /// An attribute with what is known of it.
    #[must_use]
    pub fn new<T: Serialize>(attribute: &'static str, value: Attr<T>) -> Self {
        Self { attribute, value: value.map(|value| json(&value)) }
    }
}

/// A known value, as JSON.
#[must_use]
pub fn known<T: Serialize>(value: T) -> State<Value> {
    State::Known(json(&value))
}

/// A value that AWS leaves out where there is none.
#[must_use]
pub fn known_or_absent<T: Serialize>(value: Option<T>) -> State<Value> {
    value.map_or(State::Absent, known)
}

/// A value that the answer must carry: a gap where it does not.
#[must_use]
pub fn known_or_wanting<T: Serialize>(operation: &Operation, value: Option<T>) -> State<Value> {
    match value {
        Some(value) => known(value),
        None => {
            State::Unknown(operation.gap(GapCode::MalformedResponse, "the answer does not hold what it is asked for"))
        }
    }
}

pub(super) fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("a typed attribute serializes to JSON")
}
