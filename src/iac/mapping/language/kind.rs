//! Kinds of attributes, from the schema of their type.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::model::attr::MAY_BE_ABSENT;

/// The kind of an attribute, from its schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// Anything.
    Any,
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A truth value.
    Boolean,
    /// A list.
    List(Box<Self>),
    /// A struct: its members, and whether each is a list that is never absent.
    Object(BTreeMap<Box<str>, (Self, bool)>),
    /// A map from texts.
    Map(Box<Self>),
}

impl Kind {
    /// The kind that a schema describes.
    pub(crate) fn of(schema: &Json) -> Self {
        if let Some(choices) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Json::as_array) {
            let mut real = choices.iter().filter(|choice| choice.get("type") != Some(&Json::from("null")));
            return match (real.next(), real.next()) {
                (Some(only), None) => Self::of(only),
                // The variants of an enumeration, each documented: texts.
                (Some(one), Some(_)) if one.get("const").or_else(|| one.get("enum")).is_some() => Self::Text,
                _ => Self::Any,
            };
        }
        let name = match schema.get("type") {
            Some(Json::String(name)) => name.as_str(),
            Some(Json::Array(names)) => {
                names.iter().filter_map(Json::as_str).find(|name| *name != "null").unwrap_or("")
            }
            _ => "",
        };
        match name {
            "string" => Self::Text,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            "array" => Self::List(Box::new(schema.get("items").map_or(Self::Any, Self::of))),
            "object" => match schema.get("properties").and_then(Json::as_object) {
                Some(members) => {
                    let required = schema.get("required").and_then(Json::as_array);
                    let is_required = |name: &str| {
                        required.is_some_and(|required| required.iter().any(|one| one.as_str() == Some(name)))
                    };
                    let member = |(name, schema): (&String, &Json)| {
                        let plain =
                            schema.get("type") == Some(&Json::from("array")) && schema.get(MAY_BE_ABSENT).is_none();
                        (Box::from(name.as_str()), (Self::of(schema), plain && is_required(name)))
                    };
                    Self::Object(members.iter().map(member).collect())
                }
                None => match schema.get("additionalProperties") {
                    Some(inner @ Json::Object(_)) => Self::Map(Box::new(Self::of(inner))),
                    _ => Self::Any,
                },
            },
            _ => Self::Any,
        }
    }
}
