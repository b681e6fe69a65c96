//! Where a collector works, and how it makes calls.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::api::document::Document;
use super::api::model;
use super::exchange::answer::{Answer, Listing};
use super::exchange::operation::{NoValue, Operation};
use super::exchange::session::Session;
use super::needs::RequiredAttributes;
use crate::model::gap::GapCode;

/// Most pages of one listing: a guard against a listing without end.
const PAGE_LIMIT: u32 = 10_000;

/// Where a collector works: one account, one region (or `global`), one session.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// The way to AWS.
    pub session: &'a Session,
    /// Twelve-digit account id.
    pub account: &'a str,
    /// Partition (`aws`, `aws-us-gov`, `aws-cn`).
    pub partition: &'a str,
    /// Region name; `global` for global services.
    pub region: &'a str,
    /// The region whose endpoint a global service is called at.
    pub home: &'a str,
    /// Every region in scope, in the order of the ledger.
    pub regions: &'a [String],
    /// What the loaded controls read.
    pub needs: &'a RequiredAttributes,
    /// The scan's clock.
    pub now: DateTime<Utc>,
}

impl Site<'_> {
    /// The region whose endpoint calls of this site go to.
    #[must_use]
    pub fn endpoint_region(&self) -> &str {
        if self.region == "global" { self.home } else { self.region }
    }

    /// Calls an operation with the members of its input, in this site's region.
    pub async fn ask(&self, operation: &'static Operation, input: Value) -> Answer<Document> {
        self.ask_in(self.endpoint_region(), operation, input).await
    }

    /// Calls an operation in another region.
    pub async fn ask_in(&self, region: &str, operation: &'static Operation, input: Value) -> Answer<Document> {
        self.session.ask(operation, self.account, region, members(input)).await
    }

    /// Reads a listing to its end, in this site's region.
    pub async fn list(&self, operation: &'static Operation, input: Value) -> Listing<Document> {
        self.list_in(self.endpoint_region(), operation, input).await
    }

    /// Reads a listing of another region to its end. How its pages follow each other is in the
    /// model of the service; a listing that AWS gives whole has one page.
    ///
    /// # Panics
    ///
    /// Where the model does not have the operation: a test asks for every declared one.
    pub async fn list_in(&self, region: &str, operation: &'static Operation, input: Value) -> Listing<Document> {
        let service = model::service(operation.service).expect("a declared operation has a model");
        let paging = service.operation(operation.name).and_then(|operation| operation.paging.as_ref());
        let mut input = members(input);
        let call = self.session.begin(operation, self.account, region);
        let mut listing = Listing { operation, pages: Vec::new(), broken: None, captures: Vec::new() };
        let broke = |why: String| Some(NoValue::Gap(operation.gap(GapCode::MalformedResponse, why)));
        for page in 1.. {
            let answer = self.session.ask_within(&call, input.clone()).await;
            listing.captures = answer.captures;
            let document = match answer.result {
                Ok(document) => document,
                Err(no_value) => {
                    listing.broken = Some(no_value);
                    break;
                }
            };
            let next = paging.map_or(Ok(None), |paging| next_tokens(paging, &document));
            listing.pages.push(document);
            match next {
                Ok(None) => break,
                Ok(Some(tokens)) => input.extend(tokens),
                Err(why) => {
                    listing.broken = broke(why);
                    break;
                }
            }
            if call.circles() {
                listing.broken = broke("the same page token came twice".to_owned());
                break;
            }
            if page == PAGE_LIMIT {
                listing.broken = broke(format!("the listing did not end after {PAGE_LIMIT} pages"));
                break;
            }
            call.next_page();
        }
        listing
    }
}

/// The members of the next request that name the next page; `None` where this was the last.
fn next_tokens(paging: &model::Paging, page: &Document) -> Result<Option<Map<String, Value>>, String> {
    if paging.more.as_deref().is_some_and(|more| page.root().at(more).value() == &Value::Bool(false)) {
        return Ok(None);
    }
    let tokens: Map<String, Value> = paging
        .input
        .iter()
        .zip(&paging.output)
        .filter_map(|(input, output)| Some((input.clone(), page.root().at(output).some()?.value().clone())))
        .filter(|(_, token)| token.as_str() != Some(""))
        .collect();
    let more = paging.more.as_deref().is_some_and(|more| page.root().at(more).value() == &Value::Bool(true));
    match tokens.is_empty() {
        false => Ok(Some(tokens)),
        true if more => Err("the answer says that there is more, and not where".to_owned()),
        true => Ok(None),
    }
}

/// The members of an input.
fn members(input: Value) -> Map<String, Value> {
    match input {
        Value::Object(members) => members,
        Value::Null => Map::new(),
        other => unreachable!("an input is an object, and not {other}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What comes next after a page of the operation with these members.
    fn next(
        service: &'static str,
        operation: &'static str,
        page: &Value,
    ) -> Result<Option<Map<String, Value>>, String> {
        let model = model::service(service).expect("a model");
        let paging = model.operation(operation).and_then(|operation| operation.paging.as_ref()).expect("it has pages");
        next_tokens(paging, &Document::of(service, operation, page.clone()))
    }

    #[test]
    fn a_page_that_says_there_is_more_and_not_where_breaks_the_listing() {
        for (service, operation, more, token) in [
            ("iam", "GetAccountAuthorizationDetails", "IsTruncated", "Marker"),
            ("iam", "ListServerCertificates", "IsTruncated", "Marker"),
            ("iam", "ListVirtualMFADevices", "IsTruncated", "Marker"),
            ("kms", "ListKeys", "Truncated", "NextMarker"),
        ] {
            for page in [json!({more: true}), json!({more: true, token: ""})] {
                assert!(next(service, operation, &page).is_err(), "{operation} {page}");
            }
            for page in [json!({}), json!({more: false}), json!({more: false, token: "t"})] {
                assert_eq!(next(service, operation, &page), Ok(None), "{operation} {page}");
            }
            // An empty page with a token goes on.
            for page in [json!({more: true, token: "t"}), json!({token: "t"})] {
                let tokens = next(service, operation, &page).expect("told").expect("a token");
                assert_eq!(tokens.values().collect::<Vec<_>>(), [&json!("t")], "{operation} {page}");
            }
        }
    }
}
