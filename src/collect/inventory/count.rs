//! Counting a population: each item once by its id, what is gone apart, and never complete where
//! an item cannot be told from others.

use std::collections::BTreeMap;

use super::Collected;
use super::listed::Item;
use crate::collect::exchange::answer::{Answer, Listing};
use crate::collect::exchange::operation::{NoValue, Operation};
use crate::collect::site::Site;
use crate::model::attr::CaptureId;
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::{Resource, ResourceId};
use crate::model::scan::Population;

/// A population under count: the only place where one is made, but for that of the account.
#[derive(Debug)]
pub struct Count {
    account: String,
    region: String,
    r#type: &'static str,
    operation: &'static Operation,
    /// Further operations that list the rest of it.
    others: Vec<&'static Operation>,
    pages: usize,
    gap: Option<Gap>,
    captures: Vec<CaptureId>,
    items: BTreeMap<String, Resource>,
    gone: Vec<String>,
}

impl Count {
    /// Counts what a listing of this site showed.
    #[must_use]
    pub fn of<T>(site: &Site<'_>, r#type: &'static str, listing: &Listing<T>) -> Self {
        Self::in_region(site, site.region, r#type, listing)
    }

    /// Counts what a listing of another region showed.
    #[must_use]
    pub fn in_region<T>(site: &Site<'_>, region: &str, r#type: &'static str, listing: &Listing<T>) -> Self {
        Self {
            account: site.account.to_owned(),
            region: region.to_owned(),
            r#type,
            operation: listing.operation,
            others: Vec::new(),
            pages: listing.pages.len(),
            gap: listing.gap(),
            captures: listing.captures.clone(),
            items: BTreeMap::new(),
            gone: Vec::new(),
        }
    }

    /// Counts what one answer tells as a whole: a setting that is there once, or not at all.
    #[must_use]
    pub fn of_answer<T>(site: &Site<'_>, region: &str, r#type: &'static str, answer: &Answer<T>) -> Self {
        let gap = match &answer.result {
            Ok(_) | Err(NoValue::Absent) => None,
            Err(NoValue::Gap(gap)) => Some(gap.clone()),
            Err(NoValue::Gone) => {
                Some(answer.operation.gap(GapCode::ServiceError, "the item went away during the scan"))
            }
        };
        Self {
            account: site.account.to_owned(),
            region: region.to_owned(),
            r#type,
            operation: answer.operation,
            others: Vec::new(),
            pages: usize::from(answer.result.is_ok()),
            gap,
            captures: answer.captures.clone(),
            items: BTreeMap::new(),
            gone: Vec::new(),
        }
    }

    /// Counts what another listing of the site showed as well: a population that two operations list.
    pub fn also<T>(&mut self, listing: &Listing<T>) {
        self.others.push(listing.operation);
        self.pages += listing.pages.len();
        self.captures.extend(&listing.captures);
        if let Some(gap) = listing.gap() {
            self.incomplete_for(gap);
        }
    }

    /// An item of the population, told by these captures besides those of the listing. One that was
    /// listed twice (pages shift while one reads) counts once; one without an id cannot be told
    /// from others, so that the count is not complete.
    pub fn add(&mut self, item: Item, captures: &[CaptureId]) {
        let region = self.region.clone();
        self.add_in(&region, item, captures);
    }

    /// An item of the population that lies in a region of its own.
    pub fn add_in(&mut self, region: &str, item: Item, captures: &[CaptureId]) {
        let mut told = self.captures.clone();
        told.extend(captures);
        self.add_told_by(region, item, &told);
    }

    /// An item of the population that lies in a region of its own, and that these captures told.
    pub fn add_told_by(&mut self, region: &str, item: Item, captures: &[CaptureId]) {
        let Some(id) = item.id.filter(|id| !id.is_empty()) else {
            self.incomplete("an item was listed without its id");
            return;
        };
        if self.items.contains_key(&id) {
            return;
        }
        let place = ResourceId { id: &id, name: &item.name, account: &self.account, region };
        let resource = Resource::from_marked(self.r#type, place, item.attributes, captures);
        self.items.insert(id, resource);
    }

    /// An item that went away while it was looked at.
    pub fn gone(&mut self, id: String) {
        self.gone.push(id);
    }

    /// The count cannot be complete, for this reason; an earlier one stays.
    pub fn incomplete(&mut self, why: &str) {
        let operation = self.operation;
        self.gap.get_or_insert_with(|| operation.gap(GapCode::MalformedResponse, why));
    }

    /// The count cannot be complete, for this gap; an earlier one stays.
    pub fn incomplete_for(&mut self, gap: Gap) {
        self.gap.get_or_insert(gap);
    }

    /// The items and their count.
    #[must_use]
    pub fn done(mut self) -> Collected {
        self.gone.retain(|id| !self.items.contains_key(id));
        self.gone.sort();
        self.gone.dedup();
        let population = Population {
            account: self.account,
            region: self.region,
            r#type: self.r#type.to_owned(),
            count: self.items.len() as u64,
            counted_by: std::iter::once(self.operation)
                .chain(self.others)
                .map(Operation::label)
                .collect::<Vec<_>>()
                .join(", "),
            pages: u32::try_from(self.pages).unwrap_or(u32::MAX),
            complete: self.gap.is_none(),
            gap: self.gap,
            gone: self.gone,
            captures: self.captures,
        };
        Collected { resources: self.items.into_values().collect(), populations: vec![population], account: Vec::new() }
    }
}
