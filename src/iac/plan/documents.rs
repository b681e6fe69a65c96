//! Policy documents of data sources that are only read during `terraform apply`.
//!
//! `data.aws_iam_policy_document.x.json` is unknown as a whole as soon as one ARN in it is; its arguments
//! stand in the plan all the same, with only that ARN unknown. The document is made of them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::document::Inner;
use super::merge::{Instance, Merge};
use super::reference::{Found, References};
use crate::iac::terraform::policy_document;
use crate::iac::value::{Reference, Value};

/// The kind of data source whose documents are made.
pub(super) const KIND: &str = "aws_iam_policy_document";

/// How many documents may be made of one another.
const DEPTH: u32 = 16;

/// A data source that was not read yet.
pub(super) struct Pending<'c> {
    pub(super) instance: Instance<'c>,
    pub(super) change: Inner<'c>,
    pub(super) written: Option<&'c super::configuration::Body>,
}

enum State<'c> {
    Pending(Box<Pending<'c>>),
    /// Being made: it is made of itself.
    Open,
    Made(Made),
}

/// What became of a data source.
#[derive(Clone)]
enum Made {
    /// Its document.
    Document(Value),
    /// None can be made of it.
    Nothing,
    /// The plan does not have it.
    NoSource,
}

/// The documents of a plan by the address of their data source.
#[derive(Default)]
pub(super) struct Documents<'c> {
    states: RefCell<HashMap<String, State<'c>>>,
    depth: Cell<u32>,
}

impl<'c> Documents<'c> {
    pub(super) fn add(&self, address: String, pending: Pending<'c>) {
        self.states.borrow_mut().insert(address, State::Pending(Box::new(pending)));
    }

    /// The document that the value with this reference is, where it is one.
    pub(super) fn get(
        &self,
        references: &References<'c>,
        reference: &Reference,
        found: &Found,
        from: &Instance<'c>,
    ) -> Option<Value> {
        let address = &reference.address;
        if !address.contains(KIND) || !matches!(&*reference.attribute, "json" | "minified_json" | "") {
            return None;
        }
        match self.at(address, references) {
            // Which attribute is meant is hidden by an index only.
            Made::Document(document) if !reference.attribute.is_empty() || found.key_of.is_some() => {
                return Some(document);
            }
            Made::Document(_) | Made::Nothing => return None,
            Made::NoSource => {}
        }
        // `data.aws_iam_policy_document.x[each.key].json`: the instance with the key of the block that
        // the expression stands in.
        let level = found.key_of?;
        let key = match from.modules.get(level) {
            Some(part) => part.split_once('[')?.1.strip_suffix(']')?,
            None if level == from.modules.len() => from.key.as_deref()?,
            None => return None,
        };
        match self.at(&format!("{address}[{key}]"), references) {
            Made::Document(document) => Some(document),
            Made::Nothing | Made::NoSource => None,
        }
    }

    /// The document of the data source with this address.
    fn at(&self, address: &str, references: &References<'c>) -> Made {
        let pending = {
            let mut states = self.states.borrow_mut();
            let Some(state) = states.get_mut(address) else { return Made::NoSource };
            match state {
                State::Made(made) => return made.clone(),
                State::Open => return Made::Nothing,
                State::Pending(_) if self.depth.get() == DEPTH => return Made::Nothing,
                State::Pending(_) => match std::mem::replace(state, State::Open) {
                    State::Pending(pending) => *pending,
                    State::Open | State::Made(_) => return Made::Nothing,
                },
            }
        };
        self.depth.set(self.depth.get() + 1);
        let Pending { instance, change, written } = pending;
        let body =
            Merge::new(references, self, &instance).body(change.after, &change.unknown, &change.sensitive, written);
        // What makes no document is an error of the provider, or not known.
        let made = match policy_document::document(&body) {
            document @ Value::Json(_) => Made::Document(document),
            _ => Made::Nothing,
        };
        self.depth.set(self.depth.get() - 1);
        self.states.borrow_mut().insert(address.to_owned(), State::Made(made.clone()));
        made
    }
}
