//! Comparing trees with what they may hold. What is unknown equals nothing.

use serde_json::Value;

use super::Tree;

impl PartialEq<Value> for Tree {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Self::Null, Value::Null) => true,
            (Self::Bool(value), Value::Bool(other)) => value == other,
            (Self::Int(_) | Self::Float(_), Value::Number(_)) => *self == Self::known(other),
            (Self::Str(text), Value::String(other)) => **text == **other,
            (Self::List(items), Value::Array(other)) => **items == **other,
            (Self::Map(members), Value::Object(other)) => {
                let same = |(key, member): (&_, &Self)| other.get::<str>(key).is_some_and(|other| member == other);
                members.len() == other.len() && members.iter().map(|(key, member)| (&**key, member)).all(same)
            }
            _ => false,
        }
    }
}

impl PartialEq<str> for Tree {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for Tree {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(*other)
    }
}

impl PartialEq<String> for Tree {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<bool> for Tree {
    fn eq(&self, other: &bool) -> bool {
        self.as_bool() == Some(*other)
    }
}

impl PartialEq<i64> for Tree {
    fn eq(&self, other: &i64) -> bool {
        self.as_i64() == Some(*other)
    }
}
