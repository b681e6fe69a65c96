//! What a call came to: one answer, or the pages of a listing.

use super::operation::{NoValue, Operation};
use crate::collect::api::document::{Document, Node};
use crate::model::attr::{Attr, CaptureId, State};
use crate::model::gap::{Gap, GapCode};

/// What the reason says where an item was deleted while it was asked about.
const WENT_AWAY: &str = "the item went away during the scan";

/// What one call came to, and the captures of its attempts.
#[derive(Debug, Clone)]
pub struct Answer<T> {
    /// The operation that was called.
    pub operation: &'static Operation,
    /// The value, or why there is none.
    pub result: Result<T, NoValue>,
    /// Numbers of the captures, sorted.
    pub captures: Vec<CaptureId>,
}

impl<T> Answer<T> {
    /// The answer as an attribute: known, absent, or unknown with its gap. An item that went away
    /// is unknown here; a collector that sees [`Answer::is_gone`] leaves the item out instead.
    pub fn into_attr(self) -> Attr<T> {
        let state = match self.result {
            Ok(value) => State::Known(value),
            Err(NoValue::Absent) => State::Absent,
            Err(NoValue::Gone) => State::Unknown(self.operation.gap(GapCode::ServiceError, WENT_AWAY)),
            Err(NoValue::Gap(gap)) => State::Unknown(gap),
        };
        Attr { state, captures: self.captures }
    }

    /// Whether the item went away while we looked.
    pub fn is_gone(&self) -> bool {
        matches!(self.result, Err(NoValue::Gone))
    }

    /// The answer as a listing of one page, for listings that AWS gives whole.
    pub fn into_listing(self) -> Listing<T> {
        let (pages, broken) = match self.result {
            Ok(page) => (vec![page], None),
            Err(no_value) => (Vec::new(), Some(no_value)),
        };
        Listing { operation: self.operation, pages, broken, captures: self.captures }
    }

    /// The same answer with its value turned into another.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Answer<U> {
        Answer { operation: self.operation, result: self.result.map(change), captures: self.captures }
    }
}

impl Answer<Document> {
    /// The answer as an attribute, read by a function that may find it absent or wanting.
    pub fn read<U>(self, read: impl FnOnce(Node<'_>) -> State<U>) -> Attr<U> {
        self.into_attr().and_then(|document| read(document.root()))
    }
}

/// What a listing came to: the pages read, and whether it reached its end.
#[derive(Debug, Clone)]
pub struct Listing<T> {
    /// The operation that listed.
    pub operation: &'static Operation,
    /// The pages that came, in order.
    pub pages: Vec<T>,
    /// Why it did not reach its end, where it did not. `Absent` as the operation's table says:
    /// "not subscribed" is not a list that broke.
    pub broken: Option<NoValue>,
    /// Numbers of the captures, sorted.
    pub captures: Vec<CaptureId>,
}

impl<T> Listing<T> {
    /// The gap that kept it from its end, where one did. What the table calls absent is an empty
    /// listing that is complete.
    #[must_use]
    pub fn gap(&self) -> Option<Gap> {
        match &self.broken {
            None | Some(NoValue::Absent) => None,
            Some(NoValue::Gap(gap)) => Some(gap.clone()),
            Some(NoValue::Gone) => Some(self.operation.gap(GapCode::ServiceError, WENT_AWAY)),
        }
    }

    /// All items of all pages as one attribute: known where the listing reached its end, unknown
    /// where it broke, absent where the table says so.
    pub fn into_attr<U>(self, items: impl FnMut(T) -> Vec<U>) -> Attr<Vec<U>> {
        let state = match (&self.broken, self.gap()) {
            (_, Some(gap)) => State::Unknown(gap),
            (Some(_), None) => State::Absent,
            (None, None) => State::Known(self.pages.into_iter().flat_map(items).collect()),
        };
        Attr { state, captures: self.captures }
    }
}

impl Listing<Document> {
    /// The items at a path of members in every page: each member on the way is a structure or a
    /// list, and of a list every element is followed.
    #[must_use]
    pub fn items<'a>(&'a self, path: &str) -> Vec<Node<'a>> {
        let mut nodes: Vec<Node<'a>> = self.pages.iter().map(Document::root).collect();
        for name in path.split('.') {
            nodes = nodes
                .into_iter()
                .flat_map(|node| {
                    let member = node.get(name);
                    if member.is_list() { member.each().collect() } else { vec![member] }
                })
                .collect();
        }
        nodes
    }
}
