//! What is asked of one item by calls of its own.

use futures::future::BoxFuture;
use serde_json::Value;

use super::attribute_value::AttributeValue;
use super::service::Tells;
use crate::collect::api::document::Node;
use crate::collect::exchange::operation::Operation;
use crate::collect::site::Site;
use crate::model::attr::State;

/// The item went away while we looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

/// The item that is asked about.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// Where it was listed.
    pub site: &'a Site<'a>,
    /// Its type.
    pub r#type: &'static str,
    /// What the listing says of it.
    pub node: Node<'a>,
    /// Its id.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
}

impl Asked<'_> {
    /// Whether some control reads this attribute.
    #[must_use]
    pub fn requires(&self, attribute: &str) -> bool {
        self.site.needs.requires(self.r#type, attribute)
    }
}

/// What is asked of one item, where some control reads what it tells.
#[derive(Debug)]
pub enum Ask {
    /// One call that tells one attribute.
    Call {
        /// The attribute.
        attribute: &'static str,
        /// The operation, with its error table.
        operation: &'static Operation,
        /// What it is asked.
        input: fn(&Asked<'_>) -> Value,
        /// What its answer says.
        read: fn(&Operation, Node<'_>) -> State<Value>,
    },
    /// Calls that depend on each other, or tell several attributes.
    Own {
        /// The attributes, with the operations that each takes.
        tells: &'static [Tells],
        /// Makes the calls.
        ask: for<'a> fn(Asked<'a>) -> BoxFuture<'a, Result<Vec<AttributeValue>, Gone>>,
    },
}

impl Ask {
    /// Whether some control reads what this tells.
    pub(super) fn is_wanted(&self, asked: &Asked<'_>) -> bool {
        match self {
            Self::Call { attribute, .. } => asked.requires(attribute),
            Self::Own { tells, .. } => tells.iter().any(|tells| asked.requires(tells.attribute)),
        }
    }

    /// Asks.
    pub(super) async fn put(&self, asked: Asked<'_>) -> Result<Vec<AttributeValue>, Gone> {
        match self {
            Self::Call { attribute, operation, input, read } => {
                let answer = asked.site.ask(operation, input(&asked)).await;
                if answer.is_gone() {
                    return Err(Gone);
                }
                Ok(vec![AttributeValue { attribute, value: answer.read(|node| read(operation, node)) }])
            }
            Self::Own { ask, .. } => ask(asked).await,
        }
    }
}
