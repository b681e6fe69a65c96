//! An answer as a document: members by AWS's own names, what AWS left out left out.

use serde_json::{Map, Value};

use super::model::{Kind, OperationModel, ServiceModel, Shape};

/// An answer, with the shapes it was read by.
#[derive(Debug, Clone)]
pub struct Document {
    service: &'static ServiceModel,
    shape: Option<&'static Shape>,
    value: Value,
}

/// An answer without members, for a document that is none.
static NULL: Value = Value::Null;

impl Document {
    pub(super) fn new(service: &'static ServiceModel, operation: &'static OperationModel, value: Value) -> Self {
        let shape = operation.output.as_deref().map(|name| service.shape(name));
        Self { service, shape, value }
    }

    /// An answer as a test writes it, in the members of the model.
    #[cfg(test)]
    pub(crate) fn of(service: &str, operation: &str, value: Value) -> Self {
        let service = super::model::service(service).expect("a model");
        Self::new(service, service.operation(operation).expect("an operation"), value)
    }

    /// The whole answer.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node { service: self.service, shape: self.shape, value: Some(&self.value) }
    }

    /// The answer as JSON.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }
}

/// A place in a document. What AWS left out is a place too: all that is read of it is `None`.
///
/// A member that the model does not have is a mistake of the program: it panics where assertions
/// are on, and a test reads the sample of every operation through every collector.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    service: &'static ServiceModel,
    shape: Option<&'static Shape>,
    value: Option<&'a Value>,
}

impl<'a> Node<'a> {
    /// A member of a structure.
    #[must_use]
    pub fn get(&self, name: &str) -> Self {
        let member = self.shape.and_then(|shape| shape.members.get(name));
        debug_assert!(
            self.shape.is_some_and(|shape| shape.document) || member.is_some(),
            "{} has no member {name} there",
            self.service.metadata.service_id
        );
        let shape = member.map(|member| self.service.shape(&member.shape));
        Node { service: self.service, shape, value: self.value.and_then(|value| value.get(name)) }
    }

    /// Whether AWS said anything here.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.value.is_some()
    }

    /// Itself where AWS said something, for chains that end where nothing was said.
    #[must_use]
    pub fn some(self) -> Option<Self> {
        self.value.is_some().then_some(self)
    }

    /// The elements of a list; none where the list was left out. Ask [`Node::is_there`] where that
    /// is not the same.
    pub fn each(&self) -> impl Iterator<Item = Self> + use<'a> {
        let shape = self.shape.and_then(|shape| shape.member.as_ref()).map(|of| self.service.shape(&of.shape));
        let service = self.service;
        let elements: &'a [Value] = self.value.and_then(Value::as_array).map_or(&[], Vec::as_slice);
        elements.iter().map(move |value| Node { service, shape, value: Some(value) })
    }

    /// The elements of the list `name`.
    pub fn list(&self, name: &str) -> impl Iterator<Item = Self> + use<'a> {
        self.get(name).each()
    }

    /// The entries of a map of texts.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        let shape = self.shape.and_then(|shape| shape.value.as_ref()).map(|of| self.service.shape(&of.shape));
        let service = self.service;
        let entries: Option<&'a Map<String, Value>> = self.value.and_then(Value::as_object);
        entries
            .into_iter()
            .flatten()
            .map(move |(key, value)| (key.as_str(), Node { service, shape, value: Some(value) }))
    }

    /// A text, a word, a time in RFC 3339, or a blob in base64.
    #[must_use]
    pub fn str(&self) -> Option<&'a str> {
        self.value.and_then(Value::as_str)
    }

    /// The text of a member, without looking at it.
    #[must_use]
    pub fn str_of(&self, name: &str) -> Option<&'a str> {
        self.get(name).str()
    }

    /// The text of a member, a copy of its own.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).str().map(str::to_owned)
    }

    /// The flag of a member.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).value.and_then(Value::as_bool)
    }

    /// The whole number of a member.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name).value.and_then(Value::as_i64)
    }

    /// The number of a member, with a fraction.
    #[must_use]
    pub fn fraction(&self, name: &str) -> Option<f64> {
        self.get(name).value.and_then(Value::as_f64)
    }

    /// The texts of the list `name`.
    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.list(name).filter_map(|element| element.str().map(str::to_owned)).collect()
    }

    /// The place at a path of members with dots between, as the model's paging writes it.
    #[must_use]
    pub fn at(&self, path: &str) -> Self {
        path.split('.').fold(*self, |node, name| node.get(name))
    }

    /// What AWS said here, as JSON; `null` where it said nothing.
    #[must_use]
    pub fn value(&self) -> &'a Value {
        self.value.unwrap_or(&NULL)
    }

    /// Whether the model has a list here.
    #[must_use]
    pub fn is_list(&self) -> bool {
        self.shape.is_some_and(|shape| shape.kind == Kind::List)
    }
}
