//! What a call came to, and how a collector makes calls.

use std::sync::Arc;

use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use chrono::{DateTime, Utc};

use super::Collected;
use super::needs::Needs;
use super::operation::{Miss, Operation};
use super::recorder::CALL;
use super::session::Session;
use crate::model::attr::{Attr, CaptureId, State};
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::Resource;
use crate::model::scan::Population;

/// Most pages of one listing: a guard against a listing without end.
const PAGE_LIMIT: u32 = 10_000;

/// What one call came to, and the captures of its attempts.
#[derive(Debug)]
pub struct Answer<T> {
    /// The operation that was called.
    pub operation: &'static Operation,
    /// The value, or why there is none.
    pub result: Result<T, Miss>,
    /// Numbers of the captures, sorted.
    pub captures: Vec<CaptureId>,
}

impl<T> Answer<T> {
    /// The answer as an attribute: known, absent, or unknown with its gap. An item that went away
    /// is unknown here; a collector that sees [`Answer::is_gone`] leaves the item out instead.
    pub fn into_attr(self) -> Attr<T> {
        let state = match self.result {
            Ok(value) => State::Known(value),
            Err(Miss::Absent) => State::Absent,
            Err(Miss::Gone) => {
                State::Unknown(self.operation.gap(GapCode::ServiceError, "the item went away during the scan"))
            }
            Err(Miss::Gap(gap)) => State::Unknown(gap),
        };
        Attr { state, captures: self.captures }
    }

    /// Whether the item went away while we looked.
    pub fn is_gone(&self) -> bool {
        matches!(self.result, Err(Miss::Gone))
    }

    /// The answer as a listing of one page, for listings that AWS gives whole.
    pub fn into_listing(self) -> Listing<T> {
        let (pages, broken) = match self.result {
            Ok(page) => (vec![page], None),
            Err(miss) => (Vec::new(), Some(miss)),
        };
        Listing { operation: self.operation, pages, broken, captures: self.captures }
    }

    /// The same answer with its value turned into another.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Answer<U> {
        Answer { operation: self.operation, result: self.result.map(change), captures: self.captures }
    }
}

/// What a listing came to: the pages read, and whether it reached its end.
#[derive(Debug)]
pub struct Listing<T> {
    /// The operation that listed.
    pub operation: &'static Operation,
    /// The pages that came, in order.
    pub pages: Vec<T>,
    /// Why it did not reach its end, where it did not. `Absent` and `Gone` as the operation's
    /// table says: "not subscribed" is not an empty list.
    pub broken: Option<Miss>,
    /// Numbers of the captures, sorted.
    pub captures: Vec<CaptureId>,
}

impl<T> Listing<T> {
    /// The gap that kept it from its end, where one did. What the table calls absent or gone is
    /// an empty listing that is complete.
    #[must_use]
    pub fn gap(&self) -> Option<Gap> {
        match &self.broken {
            Some(Miss::Gap(gap)) => Some(gap.clone()),
            Some(Miss::Absent | Miss::Gone) | None => None,
        }
    }

    /// The ledger entry of the population this listing counts.
    #[must_use]
    pub fn population(&self, site: &Site<'_>, r#type: &str, count: usize) -> Population {
        Population {
            account: site.account.to_owned(),
            region: site.region.to_owned(),
            r#type: r#type.to_owned(),
            count: count as u64,
            counted_by: self.operation.label(),
            pages: u32::try_from(self.pages.len()).unwrap_or(u32::MAX),
            complete: self.gap().is_none(),
            gap: self.gap(),
            gone: Vec::new(),
            captures: self.captures.clone(),
        }
    }

    /// The items of the listing with their count. An item that was gone when it was looked at is given
    /// by its id, and is counted as gone.
    pub fn collected(
        &self,
        site: &Site<'_>,
        r#type: &str,
        looked_at: impl IntoIterator<Item = Result<Resource, String>>,
    ) -> Collected {
        let (mut resources, mut gone) = (Vec::new(), Vec::new());
        for looked in looked_at {
            match looked {
                Ok(resource) => resources.push(resource),
                Err(id) => gone.push(id),
            }
        }
        gone.sort();
        let population = Population { gone, ..self.population(site, r#type, resources.len()) };
        Collected { resources, populations: vec![population] }
    }

    /// All items of all pages as one attribute: known where the listing reached its end, unknown
    /// where it broke, absent where the table says so.
    pub fn into_attr<U>(self, items: impl FnMut(T) -> Vec<U>) -> Attr<Vec<U>> {
        let state = match self.broken {
            Some(Miss::Gap(gap)) => State::Unknown(gap),
            Some(Miss::Absent) => State::Absent,
            Some(Miss::Gone) => {
                State::Unknown(self.operation.gap(GapCode::ServiceError, "the item went away during the scan"))
            }
            None => State::Known(self.pages.into_iter().flat_map(items).collect()),
        };
        Attr { state, captures: self.captures }
    }
}

/// Where a collector works: one account, one region (or `global`), one session.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// The way to AWS.
    pub session: &'a Session,
    /// Twelve-digit account id.
    pub account: &'a str,
    /// Partition (`aws`, `aws-us-gov`, `aws-cn`).
    pub partition: &'a str,
    /// Region name; `global` for collectors of global services.
    pub region: &'a str,
    /// The region whose endpoint a global service is called at.
    pub home: &'a str,
    /// Every region in scope, in the order of the ledger.
    pub regions: &'a [String],
    /// What the loaded controls read.
    pub needs: &'a Needs,
    /// The scan's clock.
    pub now: DateTime<Utc>,
}

impl Site<'_> {
    /// The region whose endpoint calls of this site go to.
    #[must_use]
    pub fn endpoint_region(&self) -> &str {
        if self.region == "global" { self.home } else { self.region }
    }

    /// Makes one call in this site's region.
    pub async fn call<T, E>(
        &self,
        operation: &'static Operation,
        send: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Answer<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.session.call(operation, self.account, self.endpoint_region(), send).await
    }

    /// Makes one call in another region.
    pub async fn call_in<T, E>(
        &self,
        region: &str,
        operation: &'static Operation,
        send: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Answer<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.session.call(operation, self.account, region, send).await
    }

    /// Reads a listing to its end. Give the paginator `stop_on_duplicate_token(false)`: a page
    /// token that comes twice must be seen here, as a listing that broke.
    pub async fn pages<T, E>(
        &self,
        operation: &'static Operation,
        stream: PaginationStream<Result<T, SdkError<E, HttpResponse>>>,
    ) -> Listing<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.pages_in(self.endpoint_region(), operation, stream).await
    }

    /// Reads a listing of another region to its end.
    pub async fn pages_in<T, E>(
        &self,
        region: &str,
        operation: &'static Operation,
        mut stream: PaginationStream<Result<T, SdkError<E, HttpResponse>>>,
    ) -> Listing<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let call = self.session.begin(operation, self.account, region);
        let mut listing = Listing { operation, pages: Vec::new(), broken: None, captures: Vec::new() };
        for _ in 0..PAGE_LIMIT {
            let leave = self.session.limiter().enter(self.account, operation.service).await;
            let next = CALL.scope(Arc::clone(&call), stream.next()).await;
            drop(leave);
            let Some(page) = next else {
                listing.captures = captures_of(&call);
                return listing;
            };
            let answer = self.session.finish(&call, page);
            match answer.result {
                Ok(page) => listing.pages.push(page),
                Err(miss) => {
                    listing.broken = Some(miss);
                    listing.captures = answer.captures;
                    return listing;
                }
            }
            if call.circles() {
                listing.broken =
                    Some(Miss::Gap(operation.gap(GapCode::MalformedResponse, "the same page token came twice")));
                listing.captures = answer.captures;
                return listing;
            }
            call.next_page();
        }
        let why = format!("the listing did not end after {PAGE_LIMIT} pages");
        listing.broken = Some(Miss::Gap(operation.gap(GapCode::MalformedResponse, why)));
        listing.captures = captures_of(&call);
        listing
    }
}

fn captures_of(call: &super::recorder::Call) -> Vec<CaptureId> {
    let mut captures = call.captures();
    captures.sort_unstable();
    captures.dedup();
    captures
}
