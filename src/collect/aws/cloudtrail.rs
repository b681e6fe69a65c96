//! `CloudTrail`: trails, each once, from its home region where that is in scope.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{FutureExt as _, join_all};
use serde_json::json;

use crate::collect::api::document::{Document, Node};
use crate::collect::exchange::answer::Answer;
use crate::collect::exchange::operation::{Api, Operation, Rate};
use crate::collect::inventory::service::{OwnType, tells};
use crate::collect::inventory::{Collected, Count, Item, Own, Service, ServiceScope, Table};
use crate::collect::site::Site;
use crate::model::attr::{Attr, CaptureId, State};
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::TypedResource as _;
use crate::model::resource::cloudtrail::{
    AdvancedEventSelector, DataResource, EventSelector, FieldSelector, Trail, TrailDelivery, TrailStatus,
};

const API: Api = Api::new("cloudtrail", Rate::per_second("cloudtrail", 10.0));
static DESCRIBE_TRAILS: Operation = API.operation("DescribeTrails").no_secrets().must(&["trailList"]);
static GET_TRAIL_STATUS: Operation =
    API.operation("GetTrailStatus").no_secrets().must(&["IsLogging"]).gone(&["TrailNotFoundException"]);
static GET_EVENT_SELECTORS: Operation =
    API.operation("GetEventSelectors").no_secrets().must(&["TrailARN"]).gone(&["TrailNotFoundException"]);

/// Trails. Every region in scope is asked for its trails and for the replications there of trails
/// of other regions; one place puts the answers together, so that a trail is described once
/// however many regions show it.
pub static SERVICE: Service = Service {
    name: "cloudtrail",
    scope: ServiceScope::Global,
    tables: &[Table::Own(Own {
        types: &[OwnType {
            r#type: Trail::TYPE,
            listed_by: &[&DESCRIBE_TRAILS],
            tells: &[
                tells("status", &[&GET_TRAIL_STATUS]),
                tells("delivery", &[&GET_TRAIL_STATUS]),
                tells("event_selectors", &[&GET_EVENT_SELECTORS]),
                tells("advanced_event_selectors", &[&GET_EVENT_SELECTORS]),
            ],
        }],
        collect: |site| trails(site).boxed(),
    })],
};

async fn trails(site: Site<'_>) -> Collected {
    let listings = join_all(site.regions.iter().map(|region| async move {
        (region.as_str(), site.ask_in(region, &DESCRIBE_TRAILS, json!({"includeShadowTrails": true})).await)
    }))
    .await;
    let found = found(&listings);
    let described = join_all(found.trails.values().map(|found| describe(site, found))).await;
    let mut counts: BTreeMap<&str, Count> = listings
        .iter()
        .map(|(region, answer)| (*region, Count::of_answer(&site, region, Trail::TYPE, answer)))
        .collect();
    for region in found.without_id {
        counts.entry(region).and_modify(|count| count.incomplete("an item was listed without its id"));
    }
    for (found, described) in found.trails.values().zip(described) {
        let Some(count) = counts.get_mut(found.counted_in) else { continue };
        match described {
            Some(item) => count.add_told_by(found.home, item, found.captures),
            None => count.gone(found.arn.to_owned()),
        }
    }
    let mut all = Collected::default();
    for count in counts.into_values() {
        all.extend(count.done());
    }
    all
}

/// The trails that the regions show.
struct FoundTrails<'a> {
    trails: BTreeMap<&'a str, Found<'a>>,
    /// Regions that listed a trail without its ARN.
    without_id: BTreeSet<&'a str>,
}

/// A trail in the listings of the regions.
struct Found<'a> {
    arn: &'a str,
    trail: Node<'a>,
    home: &'a str,
    /// The region whose population it counts in: its home where that is in scope, else the first
    /// region that shows it. Its status and selectors are asked there.
    counted_in: &'a str,
    captures: &'a [CaptureId],
}

/// Every trail that some region shows, once, by ARN. The home region's own word goes before that
/// of a replication; between replications the order of the scope decides.
fn found<'a>(listings: &'a [(&'a str, Answer<Document>)]) -> FoundTrails<'a> {
    let scanned: BTreeSet<&str> = listings.iter().map(|(region, _)| *region).collect();
    let mut all = FoundTrails { trails: BTreeMap::new(), without_id: BTreeSet::new() };
    for (region, answer) in listings {
        let Ok(output) = &answer.result else { continue };
        for trail in output.root().list("trailList") {
            let Some(arn) = trail.str_of("TrailARN") else {
                all.without_id.insert(region);
                continue;
            };
            let home = trail.str_of("HomeRegion").or_else(|| arn.split(':').nth(3)).unwrap_or(region);
            let from_home = home == *region;
            if from_home || !all.trails.contains_key(arn) {
                let counted_in = if scanned.contains(home) { home } else { region };
                all.trails.insert(arn, Found { arn, trail, home, counted_in, captures: &answer.captures });
            }
        }
    }
    all
}

/// The trail with what calls of its own tell; `None` where it went away meanwhile.
async fn describe(site: Site<'_>, found: &Found<'_>) -> Option<Item> {
    let wants = |attribute| site.needs.requires(Trail::TYPE, attribute);
    let status = async {
        if !wants("status") && !wants("delivery") {
            return None;
        }
        Some(site.ask_in(found.counted_in, &GET_TRAIL_STATUS, json!({"Name": found.arn})).await)
    };
    let selectors = async {
        if !wants("event_selectors") && !wants("advanced_event_selectors") {
            return None;
        }
        Some(site.ask_in(found.counted_in, &GET_EVENT_SELECTORS, json!({"TrailName": found.arn})).await)
    };
    let (status, selectors) = futures::join!(status, selectors);
    let elsewhere = elsewhere(site.account, found);
    let deleted = status.as_ref().is_some_and(Answer::is_gone) || selectors.as_ref().is_some_and(Answer::is_gone);
    if deleted && elsewhere.is_none() {
        return None;
    }
    let mut trail = trail(found.trail);
    if let Some(answer) = status {
        let told = attribute(answer, elsewhere.as_deref());
        trail.status = told.clone().map(|output| trail_status(output.root()));
        trail.delivery = told.map(|output| delivery(output.root()));
    }
    if let Some(answer) = selectors {
        let told = attribute(answer, elsewhere.as_deref());
        trail.event_selectors = told.clone().and_then(|output| some(event_selectors(output.root())));
        trail.advanced_event_selectors = told.and_then(|output| some(advanced_event_selectors(output.root())));
    }
    Some(Item::new(Some(found.arn), found.trail.str_of("Name"), &trail))
}

fn some<T>(items: Vec<T>) -> State<Vec<T>> {
    if items.is_empty() { State::Absent } else { State::Known(items) }
}

/// Why AWS may not know the trail by its ARN where we ask, though it lists it there: it belongs to
/// another account, or its home region is out of scope. `None` where neither is so.
fn elsewhere(account: &str, found: &Found<'_>) -> Option<String> {
    let owner = found.arn.split(':').nth(4).unwrap_or_default();
    if owner != account {
        return Some(format!("the trail belongs to account {owner}, and AWS tells this only there"));
    }
    (found.home != found.counted_in)
        .then(|| format!("AWS tells this only in the trail's home region {}, which was not scanned", found.home))
}

/// What a call about a trail told. "Not found" about a trail that lives elsewhere is a matter of
/// where we may ask, not of a trail that went away.
fn attribute<T>(answer: Answer<T>, elsewhere: Option<&str>) -> Attr<T> {
    match elsewhere {
        Some(why) if answer.is_gone() => {
            let gap: Gap = answer.operation.gap(GapCode::OutsideScope, why).error(Some("TrailNotFoundException"));
            Attr::unknown(gap).from_captures(answer.captures)
        }
        _ => answer.into_attr(),
    }
}

fn some_text(node: Node<'_>, member: &str) -> Option<String> {
    node.text(member).filter(|text| !text.is_empty())
}

fn trail(trail: Node<'_>) -> Trail {
    Trail {
        s3_bucket_name: some_text(trail, "S3BucketName"),
        s3_key_prefix: some_text(trail, "S3KeyPrefix"),
        sns_topic_arn: some_text(trail, "SnsTopicARN"),
        include_global_service_events: trail.flag("IncludeGlobalServiceEvents"),
        is_multi_region_trail: trail.flag("IsMultiRegionTrail"),
        home_region: some_text(trail, "HomeRegion"),
        log_file_validation_enabled: trail.flag("LogFileValidationEnabled"),
        cloud_watch_logs_log_group_arn: some_text(trail, "CloudWatchLogsLogGroupArn"),
        cloud_watch_logs_role_arn: some_text(trail, "CloudWatchLogsRoleArn"),
        kms_key_id: some_text(trail, "KmsKeyId"),
        has_custom_event_selectors: trail.flag("HasCustomEventSelectors"),
        has_insight_selectors: trail.flag("HasInsightSelectors"),
        is_organization_trail: trail.flag("IsOrganizationTrail"),
        ..Trail::default()
    }
}

fn trail_status(status: Node<'_>) -> TrailStatus {
    TrailStatus {
        is_logging: status.flag("IsLogging"),
        start_logging_time: status.text("StartLoggingTime"),
        stop_logging_time: status.text("StopLoggingTime"),
    }
}

fn delivery(status: Node<'_>) -> TrailDelivery {
    TrailDelivery {
        latest_delivery_time: status.text("LatestDeliveryTime"),
        latest_delivery_error: some_text(status, "LatestDeliveryError"),
        latest_digest_delivery_time: status.text("LatestDigestDeliveryTime"),
        latest_digest_delivery_error: some_text(status, "LatestDigestDeliveryError"),
        latest_cloud_watch_logs_delivery_time: status.text("LatestCloudWatchLogsDeliveryTime"),
        latest_cloud_watch_logs_delivery_error: some_text(status, "LatestCloudWatchLogsDeliveryError"),
        latest_notification_error: some_text(status, "LatestNotificationError"),
    }
}

fn event_selectors(output: Node<'_>) -> Vec<EventSelector> {
    let resource =
        |resource: Node<'_>| DataResource { r#type: resource.text("Type"), values: resource.texts("Values") };
    let selector = |selector: Node<'_>| EventSelector {
        read_write_type: selector.text("ReadWriteType"),
        include_management_events: selector.flag("IncludeManagementEvents"),
        data_resources: selector.list("DataResources").map(resource).collect(),
        exclude_management_event_sources: selector.texts("ExcludeManagementEventSources"),
    };
    output.list("EventSelectors").map(selector).collect()
}

fn advanced_event_selectors(output: Node<'_>) -> Vec<AdvancedEventSelector> {
    let field = |field: Node<'_>| FieldSelector {
        field: field.text("Field").unwrap_or_default(),
        equals: field.texts("Equals"),
        starts_with: field.texts("StartsWith"),
        ends_with: field.texts("EndsWith"),
        not_equals: field.texts("NotEquals"),
        not_starts_with: field.texts("NotStartsWith"),
        not_ends_with: field.texts("NotEndsWith"),
    };
    let selector = |selector: Node<'_>| AdvancedEventSelector {
        name: selector.text("Name"),
        field_selectors: selector.list("FieldSelectors").map(field).collect(),
    };
    output.list("AdvancedEventSelectors").map(selector).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::exchange::operation::NoValue;

    const ARN: &str = "arn:aws:cloudtrail:us-east-1:123456789012:trail/all";

    fn listing(trails: &[(&str, &str)], capture: CaptureId) -> Answer<Document> {
        let trail = |(arn, home): &(&str, &str)| json!({"Name": "all", "TrailARN": arn, "HomeRegion": home});
        let trails: Vec<_> = trails.iter().map(trail).collect();
        let output = Document::of("cloudtrail", "DescribeTrails", json!({"trailList": trails}));
        Answer { operation: &DESCRIBE_TRAILS, result: Ok(output), captures: vec![capture] }
    }

    #[test]
    fn a_trail_shown_by_every_region_is_found_once_in_its_home_region() {
        for order in [["eu-west-1", "us-east-1"], ["us-east-1", "eu-west-1"]] {
            let listings: Vec<_> = order
                .iter()
                .map(|region| (*region, listing(&[(ARN, "us-east-1")], if *region == "us-east-1" { 1 } else { 2 })))
                .collect();
            let found = found(&listings).trails;
            assert_eq!(found.len(), 1);
            assert_eq!((found[ARN].counted_in, found[ARN].captures), ("us-east-1", &[1][..]));
        }
    }

    #[test]
    fn a_trail_whose_home_is_out_of_scope_counts_in_the_first_region_that_shows_it() {
        let listings =
            [("eu-west-1", listing(&[(ARN, "us-east-1")], 1)), ("eu-west-2", listing(&[(ARN, "us-east-1")], 2))];
        let found = found(&listings).trails;
        assert_eq!((found[ARN].counted_in, found[ARN].home), ("eu-west-1", "us-east-1"));
        assert!(elsewhere("123456789012", &found[ARN]).is_some_and(|why| why.contains("us-east-1")));
    }

    #[test]
    fn a_trail_that_only_a_replication_shows_is_kept_where_its_home_was_refused() {
        let refused = NoValue::Gap(DESCRIBE_TRAILS.gap(GapCode::AccessDenied, ""));
        let listings = [
            ("us-east-1", Answer { operation: &DESCRIBE_TRAILS, result: Err(refused), captures: vec![1] }),
            ("eu-west-1", listing(&[(ARN, "us-east-1")], 2)),
        ];
        let found = found(&listings).trails;
        assert_eq!((found[ARN].counted_in, found[ARN].captures), ("us-east-1", &[2][..]));
        assert_eq!(elsewhere("123456789012", &found[ARN]), None);
    }

    #[test]
    fn not_found_means_gone_only_for_an_own_trail_asked_at_home() {
        let gone = || Answer::<()> { operation: &GET_EVENT_SELECTORS, result: Err(NoValue::Gone), captures: vec![5] };
        let told = attribute(gone(), Some("it belongs to account 999999999999"));
        let State::Unknown(gap) = told.state else { panic!("unknown") };
        assert_eq!((gap.code, gap.error.as_deref()), (GapCode::OutsideScope, Some("TrailNotFoundException")));
        let listings = [("us-east-1", listing(&[(ARN, "us-east-1")], 1))];
        let found = found(&listings).trails;
        assert_eq!(elsewhere("123456789012", &found[ARN]), None);
        assert!(elsewhere("999999999999", &found[ARN]).is_some());
    }

    #[test]
    fn error_codes_are_told_apart() {
        for operation in [&GET_TRAIL_STATUS, &GET_EVENT_SELECTORS] {
            assert_eq!(operation.classify_error(Some("TrailNotFoundException"), Some(400), ""), NoValue::Gone);
            for (code, expected) in [
                ("AccessDeniedException", GapCode::AccessDenied),
                ("ThrottlingException", GapCode::Throttled),
                ("UnsupportedOperationException", GapCode::Unsupported),
                ("InvalidTrailNameException", GapCode::ServiceError),
            ] {
                let NoValue::Gap(gap) = operation.classify_error(Some(code), Some(400), "") else {
                    panic!("{code} is a gap")
                };
                assert_eq!(gap.code, expected, "{code}");
            }
        }
        let NoValue::Gap(_) = DESCRIBE_TRAILS.classify_error(Some("TrailNotFoundException"), Some(400), "") else {
            panic!("a listing does not find nothing")
        };
    }

    #[test]
    fn selectors_of_the_other_form_are_absent() {
        let selector = json!({
            "ReadWriteType": "WriteOnly", "IncludeManagementEvents": true,
            "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
        });
        let output = Document::of("cloudtrail", "GetEventSelectors", json!({"EventSelectors": [selector]}));
        let selectors = event_selectors(output.root());
        assert_eq!(selectors[0].read_write_type.as_deref(), Some("WriteOnly"));
        assert_eq!(selectors[0].data_resources[0].values, ["arn:aws:s3"]);
        assert_eq!(some(advanced_event_selectors(output.root())), State::Absent);
    }
}
