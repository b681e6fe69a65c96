//! The inventory kit: what a service's table says, and the honesty rules of listing, written once.
//!
//! A service is a table: what is listed and by which operation, what is asked of each item, which
//! attribute each call tells. The same table drives collecting, the list of attributes that can be
//! had, the permissions, the ledger and the reference page. What is odd about a service is a plain
//! function that the table names; it counts with [`count::Count`] all the same.

pub mod ask;
pub mod attribute_value;
pub mod count;
pub mod listed;
pub mod service;

pub use ask::{Ask, Asked, Gone};
pub use attribute_value::{AttributeValue, known, known_or_absent, known_or_wanting};
pub use count::Count;
pub use listed::{Entry, Item, Listed};
pub use service::{Own, Service, ServiceScope, Table, Tells};

use crate::model::resource::Resource;
use crate::model::scan::Population;

/// What a collector found in one site.
#[derive(Debug, Default)]
pub struct Collected {
    /// The resources.
    pub resources: Vec<Resource>,
    /// How each type was counted. A type that a service tells of has an entry for every site it
    /// was asked in, with its gap where the listing failed: no entry, no claim.
    pub populations: Vec<Population>,
    /// What was told of the account itself, by several services: the schedule makes one resource of it.
    pub account: Vec<AttributeValue>,
}

impl Collected {
    /// Adds what another collected.
    pub fn extend(&mut self, other: Self) {
        self.resources.extend(other.resources);
        self.populations.extend(other.populations);
        self.account.extend(other.account);
    }
}
