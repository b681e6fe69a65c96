//! A population that one operation lists, and what is asked of each item.

use futures::future::join_all;
use futures::stream::{self, StreamExt as _};
use serde_json::{Map, Value};

use super::ask::{Ask, Asked, Gone};
use super::attribute_value::{AttributeValue, json};
use super::{Collected, Count};
use crate::collect::api::document::Node;
use crate::collect::exchange::operation::Operation;
use crate::collect::site::Site;
use crate::model::resource::TypedResource;

/// Items asked about at once; the limits of the session bound the calls.
const AT_ONCE: usize = 64;

/// A population that one operation lists.
#[derive(Debug)]
pub struct Listed {
    /// `CloudFormation` type name.
    pub r#type: &'static str,
    /// The operation that lists it.
    pub operation: &'static Operation,
    /// What it is asked: bounds and filters.
    pub input: fn(&Site<'_>) -> Value,
    /// Where the items are in a page, members with dots between.
    pub items: &'static str,
    /// What the listing itself tells of an item.
    pub read: fn(&Entry<'_>) -> Item,
    /// What calls of their own tell.
    pub asks: &'static [Ask],
}

/// An item in a listing.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    /// Where it was listed.
    pub site: &'a Site<'a>,
    /// What the listing says of it.
    pub node: Node<'a>,
}

impl<'a> std::ops::Deref for Entry<'a> {
    type Target = Node<'a>;

    fn deref(&self) -> &Self::Target {
        &self.node
    }
}

/// An item of a population: its id, its name, and its attributes.
#[derive(Debug)]
pub struct Item {
    /// The ARN where AWS has one, else the id that AWS uses; `None` where AWS named none.
    pub id: Option<String>,
    /// The short name that a person would use.
    pub name: String,
    /// Its attributes as the typed resource serializes them.
    pub attributes: Map<String, Value>,
}

impl Item {
    /// An item with what is known of it. Without a name its id stands for it.
    #[must_use]
    pub fn new<T: TypedResource>(id: Option<impl Into<String>>, name: Option<impl Into<String>>, typed: &T) -> Self {
        let id: Option<String> = id.map(Into::into);
        let name = name.map(Into::into).filter(|name: &String| !name.is_empty());
        let name = name.or_else(|| id.clone()).unwrap_or_default();
        let Value::Object(attributes) = json(typed) else {
            unreachable!("a typed resource is a struct, and serializes to an object")
        };
        Self { id, name, attributes }
    }

    /// Sets what a call of its own told.
    pub fn set(&mut self, told: &AttributeValue) {
        debug_assert!(self.attributes.contains_key(told.attribute), "the type has no attribute {}", told.attribute);
        self.attributes.insert(told.attribute.to_owned(), json(&told.value));
    }
}

impl Listed {
    /// Lists the population of a site, and asks after each item what some control reads.
    pub async fn collect(&self, site: &Site<'_>) -> Collected {
        let listing = site.list(self.operation, (self.input)(site)).await;
        let mut count = Count::of(site, self.r#type, &listing);
        let entries = listing.items(self.items);
        let looked_at: Vec<Result<Item, String>> =
            stream::iter(entries).map(|node| self.look_at(Entry { site, node })).buffered(AT_ONCE).collect().await;
        for item in looked_at {
            match item {
                Ok(item) => count.add(item, &[]),
                Err(id) => count.gone(id),
            }
        }
        count.done()
    }

    /// One item with what is asked of it; its id where it is gone.
    async fn look_at(&self, entry: Entry<'_>) -> Result<Item, String> {
        let mut item = (self.read)(&entry);
        let Some(id) = item.id.clone().filter(|id| !id.is_empty()) else { return Ok(item) };
        let name = item.name.clone();
        let asked = Asked { site: entry.site, r#type: self.r#type, node: entry.node, id: &id, name: &name };
        let wanted = self.asks.iter().filter(|ask| ask.is_wanted(&asked));
        for told in join_all(wanted.map(|ask| ask.put(asked))).await {
            match told {
                Ok(told) => told.iter().for_each(|told| item.set(told)),
                Err(Gone) => return Err(id),
            }
        }
        Ok(item)
    }
}
