//! One attribute of a resource in its three states, with the captures that tell it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::gap::{Gap, GapCode};

/// Number of a capture within its scan.
pub type CaptureId = u64;

/// The key under which an [`Attr`] is serialized, until [`super::resource::Resource::new`] takes
/// it apart into attributes, unknowns and sources. Text from AWS cannot forge one: it never
/// becomes an object with this key and the strict shape beneath it.
pub(crate) const MARKER: &str = "$tickmark.attr";

/// The keyword by which a schema says that an attribute can be absent although its struct has the field.
pub const MAY_BE_ABSENT: &str = "x-may-be-absent";

/// What is known of an attribute that a call of its own tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State<T> {
    /// AWS told us.
    Known(T),
    /// AWS says that there is none.
    Absent,
    /// We could not tell.
    Unknown(Gap),
}

/// An attribute of a resource that came from a call of its own.
///
/// The default is unknown with [`GapCode::NotCollected`]: what nobody collected is never taken
/// for absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attr<T> {
    /// What is known.
    pub state: State<T>,
    /// The captures that told it, in the order made.
    pub captures: Vec<CaptureId>,
}

impl<T> Default for Attr<T> {
    fn default() -> Self {
        Self::unknown(Gap::new(GapCode::NotCollected, ""))
    }
}

impl<T> Attr<T> {
    /// A known value.
    pub fn known(value: T) -> Self {
        Self { state: State::Known(value), captures: Vec::new() }
    }

    /// AWS says that there is none.
    #[must_use]
    pub fn absent() -> Self {
        Self { state: State::Absent, captures: Vec::new() }
    }

    /// It could not be read.
    #[must_use]
    pub fn unknown(gap: Gap) -> Self {
        Self { state: State::Unknown(gap), captures: Vec::new() }
    }

    /// The same attribute, told by these captures.
    #[must_use]
    pub fn from_captures(mut self, captures: impl Into<Vec<CaptureId>>) -> Self {
        self.captures = captures.into();
        self
    }

    /// The known value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match &self.state {
            State::Known(value) => Some(value),
            State::Absent | State::Unknown(_) => None,
        }
    }

    /// The same attribute with its known value turned into another.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Attr<U> {
        let state = match self.state {
            State::Known(value) => State::Known(change(value)),
            State::Absent => State::Absent,
            State::Unknown(gap) => State::Unknown(gap),
        };
        Attr { state, captures: self.captures }
    }

    /// The same attribute, where a known value may turn out absent or unknown on a closer look.
    pub fn and_then<U>(self, change: impl FnOnce(T) -> State<U>) -> Attr<U> {
        let state = match self.state {
            State::Known(value) => change(value),
            State::Absent => State::Absent,
            State::Unknown(gap) => State::Unknown(gap),
        };
        Attr { state, captures: self.captures }
    }
}

impl<T: Serialize> Serialize for Attr<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "snake_case")]
        enum Form<'a, T> {
            Known(&'a T),
            Absent,
            Unknown(&'a Gap),
        }
        #[derive(Serialize)]
        struct Marked<'a, T> {
            state: Form<'a, T>,
            captures: &'a [CaptureId],
        }
        let state = match &self.state {
            State::Known(value) => Form::Known(value),
            State::Absent => Form::Absent,
            State::Unknown(gap) => Form::Unknown(gap),
        };
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(MARKER, &Marked { state, captures: &self.captures })?;
        map.end()
    }
}

impl<T: JsonSchema> JsonSchema for Attr<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        // Not `subschema_for`: under the same id it would be taken for a recursion.
        let mut schema = T::json_schema(generator);
        schema.insert(MAY_BE_ABSENT.to_owned(), true.into());
        schema
    }
}
