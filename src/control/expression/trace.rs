//! Which places of the item an evaluation read, in order.

use std::sync::Arc;

use super::code::Key;
use crate::model::resource::escape;
use crate::model::tree::Tree;

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Not in the item: what parameters and functions give is not traced.
    Nowhere,
    /// A place that has a number.
    Known(u32),
    /// An element of the list at that place, which gets a number when something in it is read.
    Element {
        /// The place of the list.
        list: u32,
        /// Which element.
        index: u32,
        /// Of how many.
        items: u32,
    },
}

/// The item itself.
pub(super) const ITEM: Place = Place::Known(0);

/// No place: the item is above nothing.
const NONE: u32 = 0;

/// The last step to a place.
#[derive(Debug, Clone)]
pub(super) enum Token<'a> {
    Item,
    Key(&'a Key),
    /// A member whose name was worked out.
    Name(Arc<str>),
    Index(i64),
}

impl Token<'_> {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Key(one), Self::Key(other)) => one.number == other.number,
            (Self::Index(one), Self::Index(other)) => one == other,
            _ => self.name().is_some_and(|name| other.name() == Some(name)),
        }
    }

    /// The name of a member.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Key(key) => Some(&key.name),
            Self::Name(name) => Some(name),
            Self::Item | Self::Index(_) => None,
        }
    }
}

/// A place that was looked at.
struct Seen<'a> {
    /// The place above.
    above: u32,
    token: Token<'a>,
    /// What stands there; `None` where it is absent, and for elements, which are not looked up.
    value: Option<&'a Tree>,
    /// The place below it that was looked at last, and the one beside it that was before this one.
    below: u32,
    beside: u32,
    /// The places of its elements, one after the other, where it is a list of which an element was
    /// looked into.
    elements: u32,
}

/// What was read.
pub(super) struct Trace<'a> {
    /// Places by number. The first is the item itself.
    places: Vec<Seen<'a>>,
    reads: Vec<u32>,
}

impl<'a> Trace<'a> {
    pub(super) fn new() -> Self {
        let mut trace = Self { places: Vec::with_capacity(16), reads: Vec::with_capacity(16) };
        trace.add(NONE, Token::Item, None);
        trace
    }

    fn add(&mut self, above: u32, token: Token<'a>, value: Option<&'a Tree>) -> u32 {
        // The fuel bounds how many places a run looks at.
        let number = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        self.places.push(Seen { above, token, value, below: NONE, beside: NONE, elements: NONE });
        number
    }

    /// The number of a place; `None` where it is not in the item.
    pub(super) fn number(&mut self, place: Place) -> Option<u32> {
        match place {
            Place::Nowhere => None,
            Place::Known(number) => Some(number),
            Place::Element { list, index, items } => {
                if self.places[list as usize].elements == NONE {
                    let first = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
                    for index in 0..items {
                        self.add(list, Token::Index(i64::from(index)), None);
                    }
                    self.places[list as usize].elements = first;
                }
                Some(self.places[list as usize].elements + index)
            }
        }
    }

    /// Notes that a member is read; gives its place, and what `look_up` finds there, which it is asked
    /// once for each place.
    pub(super) fn read(
        &mut self,
        above: u32,
        token: Token<'a>,
        look_up: impl FnOnce(&Token<'a>) -> Option<&'a Tree>,
    ) -> (u32, Option<&'a Tree>) {
        let mut at = self.places[above as usize].below;
        while at != NONE && !self.places[at as usize].token.is(&token) {
            at = self.places[at as usize].beside;
        }
        if at == NONE {
            let value = look_up(&token);
            at = self.add(above, token, value);
            self.places[at as usize].beside = std::mem::replace(&mut self.places[above as usize].below, at);
        }
        self.reads.push(at);
        (at, self.places[at as usize].value)
    }

    /// Notes that an element is read by its index.
    pub(super) fn read_element(&mut self, place: Place, value: &'a Tree) {
        if let Some(at) = self.number(place) {
            self.places[at as usize].value = Some(value);
            self.reads.push(at);
        }
    }

    /// What was read, each place once, without those that the next read went through.
    pub(super) fn told(&self) -> Vec<(String, Option<Tree>)> {
        let mut told = Vec::with_capacity(self.reads.len());
        let mut again = vec![false; self.places.len()];
        for (index, place) in self.reads.iter().enumerate() {
            let value = self.places[*place as usize].value;
            let is_stepping_stone = || {
                matches!(value, Some(Tree::Map(_)))
                    && self.reads.get(index + 1).is_some_and(|next| self.is_below(*next, *place))
            };
            if !std::mem::replace(&mut again[*place as usize], true) && !is_stepping_stone() {
                told.push((self.pointer(*place), value.cloned()));
            }
        }
        told
    }

    fn is_below(&self, mut place: u32, above: u32) -> bool {
        while place > above {
            place = self.places[place as usize].above;
            if place == above {
                return true;
            }
        }
        false
    }

    /// The JSON pointer of a place.
    pub(super) fn pointer(&self, place: u32) -> String {
        let Seen { above, token, .. } = &self.places[place as usize];
        let mut pointer = if *above == NONE { String::with_capacity(48) } else { self.pointer(*above) };
        pointer.push('/');
        match token {
            Token::Item => {}
            Token::Index(index) => pointer.push_str(&index.to_string()),
            Token::Key(Key { name, .. }) if !name.contains(['~', '/']) => pointer.push_str(name),
            named => pointer.push_str(&escape(named.name().unwrap_or_default())),
        }
        pointer
    }
}
