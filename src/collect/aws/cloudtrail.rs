//! `CloudTrail`: trails, each once, from its home region where that is in scope.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudtrail::operation::describe_trails::DescribeTrailsOutput;
use aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput;
use aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput;
use aws_sdk_cloudtrail::types as sdk;
use futures::future::{BoxFuture, FutureExt as _, join_all};

use super::time::rfc3339;
use crate::collect::call::{Answer, Site};
use crate::collect::operation::{Miss, Operation};
use crate::collect::{Collected, Collector, Provided, Reach};
use crate::model::attr::{Attr, CaptureId, State};
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::cloudtrail::{
    AdvancedEventSelector, DataResource, EventSelector, FieldSelector, Trail, TrailDelivery, TrailStatus,
};
use crate::model::resource::{Place, Resource, TypedResource};
use crate::model::scan::Population;

static DESCRIBE_TRAILS: Operation =
    Operation::new("cloudtrail", "DescribeTrails", "cloudtrail:DescribeTrails").answers("trailList");
static GET_TRAIL_STATUS: Operation = Operation::new("cloudtrail", "GetTrailStatus", "cloudtrail:GetTrailStatus")
    .answers("IsLogging")
    .gone(&["TrailNotFoundException"]);
static GET_EVENT_SELECTORS: Operation =
    Operation::new("cloudtrail", "GetEventSelectors", "cloudtrail:GetEventSelectors")
        .answers("TrailARN")
        .gone(&["TrailNotFoundException"]);

static PROVIDES: &[Provided] = &[
    Provided { r#type: Trail::TYPE, attribute: None, operations: &[&DESCRIBE_TRAILS] },
    Provided { r#type: Trail::TYPE, attribute: Some("status"), operations: &[&GET_TRAIL_STATUS] },
    Provided { r#type: Trail::TYPE, attribute: Some("delivery"), operations: &[&GET_TRAIL_STATUS] },
    Provided { r#type: Trail::TYPE, attribute: Some("event_selectors"), operations: &[&GET_EVENT_SELECTORS] },
    Provided { r#type: Trail::TYPE, attribute: Some("advanced_event_selectors"), operations: &[&GET_EVENT_SELECTORS] },
];

/// Collects trails. Every region in scope is asked for its trails and for the replications there
/// of trails of other regions; one place puts the answers together, so that a trail is described
/// once however many regions show it.
pub struct CloudTrail;

impl Collector for CloudTrail {
    fn service(&self) -> &'static str {
        "cloudtrail"
    }

    fn reach(&self) -> Reach {
        Reach::Global
    }

    fn provides(&self) -> &'static [Provided] {
        PROVIDES
    }

    fn collect<'a>(&'a self, site: Site<'a>) -> BoxFuture<'a, Collected> {
        trails(site).boxed()
    }
}

async fn trails(site: Site<'_>) -> Collected {
    let listings = join_all(site.regions.iter().map(|region| async move {
        let client = super::client!(site, aws_sdk_cloudtrail, "cloudtrail", region);
        let send = client.describe_trails().include_shadow_trails(true).send();
        (region.as_str(), site.call_in(region, &DESCRIBE_TRAILS, send).await)
    }))
    .await;
    let found = found(&listings);
    let described = join_all(found.values().map(|found| describe(site, found))).await;
    let mut gone: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut resources = Vec::new();
    for (found, described) in found.values().zip(described) {
        match described {
            Some(resource) => resources.push(resource),
            None => gone.entry(found.counted_in).or_default().push(found.arn.to_owned()),
        }
    }
    let populations = listings
        .iter()
        .map(|(region, answer)| {
            let here = found.values().filter(|found| found.counted_in == *region).count();
            let gone = gone.remove(region).unwrap_or_default();
            population(site, region, answer, here - gone.len(), gone)
        })
        .collect();
    Collected { resources, populations }
}

/// A trail in the listings of the regions.
struct Found<'a> {
    arn: &'a str,
    trail: &'a sdk::Trail,
    home: &'a str,
    /// The region whose population it counts in: its home where that is in scope, else the first
    /// region that shows it. Its status and selectors are asked there.
    counted_in: &'a str,
    captures: &'a [CaptureId],
}

/// Every trail that some region shows, once, by ARN. The home region's own word goes before that
/// of a replication; between replications the order of the scope decides.
fn found<'a>(listings: &'a [(&'a str, Answer<DescribeTrailsOutput>)]) -> BTreeMap<&'a str, Found<'a>> {
    let scanned: BTreeSet<&str> = listings.iter().map(|(region, _)| *region).collect();
    let mut found: BTreeMap<&str, Found<'_>> = BTreeMap::new();
    for (region, answer) in listings {
        let Ok(output) = &answer.result else { continue };
        for trail in output.trail_list() {
            let Some(arn) = trail.trail_arn() else { continue };
            let home = trail.home_region().or_else(|| arn.split(':').nth(3)).unwrap_or(region);
            let from_home = home == *region;
            if from_home || !found.contains_key(arn) {
                let counted_in = if scanned.contains(home) { home } else { region };
                found.insert(arn, Found { arn, trail, home, counted_in, captures: &answer.captures });
            }
        }
    }
    found
}

fn population(
    site: Site<'_>,
    region: &str,
    answer: &Answer<DescribeTrailsOutput>,
    count: usize,
    gone: Vec<String>,
) -> Population {
    let gap = match &answer.result {
        Ok(_) => None,
        Err(Miss::Gap(gap)) => Some(gap.clone()),
        Err(Miss::Absent | Miss::Gone) => Some(DESCRIBE_TRAILS.gap(GapCode::ServiceError, "")),
    };
    Population {
        account: site.account.to_owned(),
        region: region.to_owned(),
        r#type: Trail::TYPE.to_owned(),
        count: count as u64,
        counted_by: DESCRIBE_TRAILS.label(),
        pages: u32::from(answer.result.is_ok()),
        complete: gap.is_none(),
        gap,
        gone,
        captures: answer.captures.clone(),
    }
}

/// The trail with what calls of its own tell; `None` where it went away meanwhile.
async fn describe(site: Site<'_>, found: &Found<'_>) -> Option<Resource> {
    let wants = |attribute| site.needs.wants(Trail::TYPE, attribute);
    let client = super::client!(site, aws_sdk_cloudtrail, "cloudtrail", found.counted_in);
    let status = async {
        if !wants("status") && !wants("delivery") {
            return None;
        }
        let send = client.get_trail_status().name(found.arn).send();
        Some(site.call_in(found.counted_in, &GET_TRAIL_STATUS, send).await)
    };
    let selectors = async {
        if !wants("event_selectors") && !wants("advanced_event_selectors") {
            return None;
        }
        let send = client.get_event_selectors().trail_name(found.arn).send();
        Some(site.call_in(found.counted_in, &GET_EVENT_SELECTORS, send).await)
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
        trail.status = told.clone().map(|output| trail_status(&output));
        trail.delivery = told.map(|output| delivery(&output));
    }
    if let Some(answer) = selectors {
        let told = attribute(answer, elsewhere.as_deref());
        trail.event_selectors = told.clone().and_then(|output| some(event_selectors(&output)));
        trail.advanced_event_selectors = told.and_then(|output| some(advanced_event_selectors(&output)));
    }
    let name = found.trail.name().unwrap_or(found.arn);
    let place = Place { id: found.arn, name, account: site.account, region: found.home };
    Some(Resource::new(place, &trail, found.captures))
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

fn trail(trail: &sdk::Trail) -> Trail {
    let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(ToOwned::to_owned);
    Trail {
        s3_bucket_name: text(trail.s3_bucket_name()),
        s3_key_prefix: text(trail.s3_key_prefix()),
        sns_topic_arn: text(trail.sns_topic_arn()),
        include_global_service_events: trail.include_global_service_events(),
        is_multi_region_trail: trail.is_multi_region_trail(),
        home_region: text(trail.home_region()),
        log_file_validation_enabled: trail.log_file_validation_enabled(),
        cloud_watch_logs_log_group_arn: text(trail.cloud_watch_logs_log_group_arn()),
        cloud_watch_logs_role_arn: text(trail.cloud_watch_logs_role_arn()),
        kms_key_id: text(trail.kms_key_id()),
        has_custom_event_selectors: trail.has_custom_event_selectors(),
        has_insight_selectors: trail.has_insight_selectors(),
        is_organization_trail: trail.is_organization_trail(),
        ..Trail::default()
    }
}

fn trail_status(output: &GetTrailStatusOutput) -> TrailStatus {
    TrailStatus {
        is_logging: output.is_logging(),
        start_logging_time: output.start_logging_time().and_then(rfc3339),
        stop_logging_time: output.stop_logging_time().and_then(rfc3339),
    }
}

fn delivery(output: &GetTrailStatusOutput) -> TrailDelivery {
    let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(ToOwned::to_owned);
    TrailDelivery {
        latest_delivery_time: output.latest_delivery_time().and_then(rfc3339),
        latest_delivery_error: text(output.latest_delivery_error()),
        latest_digest_delivery_time: output.latest_digest_delivery_time().and_then(rfc3339),
        latest_digest_delivery_error: text(output.latest_digest_delivery_error()),
        latest_cloud_watch_logs_delivery_time: output.latest_cloud_watch_logs_delivery_time().and_then(rfc3339),
        latest_cloud_watch_logs_delivery_error: text(output.latest_cloud_watch_logs_delivery_error()),
        latest_notification_error: text(output.latest_notification_error()),
    }
}

fn event_selectors(output: &GetEventSelectorsOutput) -> Vec<EventSelector> {
    let selector = |selector: &sdk::EventSelector| EventSelector {
        read_write_type: selector.read_write_type().map(|kind| kind.as_str().to_owned()),
        include_management_events: selector.include_management_events(),
        data_resources: selector
            .data_resources()
            .iter()
            .map(|resource| DataResource {
                r#type: resource.r#type().map(ToOwned::to_owned),
                values: resource.values().to_vec(),
            })
            .collect(),
        exclude_management_event_sources: selector.exclude_management_event_sources().to_vec(),
    };
    output.event_selectors().iter().map(selector).collect()
}

fn advanced_event_selectors(output: &GetEventSelectorsOutput) -> Vec<AdvancedEventSelector> {
    let field = |field: &sdk::AdvancedFieldSelector| FieldSelector {
        field: field.field().to_owned(),
        equals: field.equals().to_vec(),
        starts_with: field.starts_with().to_vec(),
        ends_with: field.ends_with().to_vec(),
        not_equals: field.not_equals().to_vec(),
        not_starts_with: field.not_starts_with().to_vec(),
        not_ends_with: field.not_ends_with().to_vec(),
    };
    let selector = |selector: &sdk::AdvancedEventSelector| AdvancedEventSelector {
        name: selector.name().map(ToOwned::to_owned),
        field_selectors: selector.field_selectors().iter().map(field).collect(),
    };
    output.advanced_event_selectors().iter().map(selector).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:cloudtrail:us-east-1:123456789012:trail/all";

    fn listing(trails: &[(&str, &str)], capture: CaptureId) -> Answer<DescribeTrailsOutput> {
        let trails = trails
            .iter()
            .map(|(arn, home)| sdk::Trail::builder().name("all").trail_arn(*arn).home_region(*home).build())
            .collect();
        let output = DescribeTrailsOutput::builder().set_trail_list(Some(trails)).build();
        Answer { operation: &DESCRIBE_TRAILS, result: Ok(output), captures: vec![capture] }
    }

    #[test]
    fn a_trail_shown_by_every_region_is_found_once_in_its_home_region() {
        for order in [["eu-west-1", "us-east-1"], ["us-east-1", "eu-west-1"]] {
            let listings: Vec<_> = order
                .iter()
                .map(|region| (*region, listing(&[(ARN, "us-east-1")], if *region == "us-east-1" { 1 } else { 2 })))
                .collect();
            let found = found(&listings);
            assert_eq!(found.len(), 1);
            assert_eq!((found[ARN].counted_in, found[ARN].captures), ("us-east-1", &[1][..]));
        }
    }

    #[test]
    fn a_trail_whose_home_is_out_of_scope_counts_in_the_first_region_that_shows_it() {
        let listings =
            [("eu-west-1", listing(&[(ARN, "us-east-1")], 1)), ("eu-west-2", listing(&[(ARN, "us-east-1")], 2))];
        let found = found(&listings);
        assert_eq!((found[ARN].counted_in, found[ARN].home), ("eu-west-1", "us-east-1"));
        assert!(elsewhere("123456789012", &found[ARN]).is_some_and(|why| why.contains("us-east-1")));
    }

    #[test]
    fn a_trail_that_only_a_replication_shows_is_kept_where_its_home_was_refused() {
        let refused = Miss::Gap(DESCRIBE_TRAILS.gap(GapCode::AccessDenied, ""));
        let listings = [
            ("us-east-1", Answer { operation: &DESCRIBE_TRAILS, result: Err(refused), captures: vec![1] }),
            ("eu-west-1", listing(&[(ARN, "us-east-1")], 2)),
        ];
        let found = found(&listings);
        assert_eq!((found[ARN].counted_in, found[ARN].captures), ("us-east-1", &[2][..]));
        assert_eq!(elsewhere("123456789012", &found[ARN]), None);
    }

    #[test]
    fn not_found_means_gone_only_for_an_own_trail_asked_at_home() {
        let gone = || Answer::<()> { operation: &GET_EVENT_SELECTORS, result: Err(Miss::Gone), captures: vec![5] };
        let told = attribute(gone(), Some("it belongs to account 999999999999"));
        let State::Unknown(gap) = told.state else { panic!("unknown") };
        assert_eq!((gap.code, gap.error.as_deref()), (GapCode::OutsideScope, Some("TrailNotFoundException")));
        let listings = [("us-east-1", listing(&[(ARN, "us-east-1")], 1))];
        let found = found(&listings);
        assert_eq!(elsewhere("123456789012", &found[ARN]), None);
        assert!(elsewhere("999999999999", &found[ARN]).is_some());
    }

    #[test]
    fn error_codes_are_told_apart() {
        for operation in [&GET_TRAIL_STATUS, &GET_EVENT_SELECTORS] {
            assert_eq!(operation.judge(Some("TrailNotFoundException"), Some(400), ""), Miss::Gone);
            for (code, expected) in [
                ("AccessDeniedException", GapCode::AccessDenied),
                ("ThrottlingException", GapCode::Throttled),
                ("UnsupportedOperationException", GapCode::Unsupported),
                ("InvalidTrailNameException", GapCode::ServiceError),
            ] {
                let Miss::Gap(gap) = operation.judge(Some(code), Some(400), "") else { panic!("{code} is a gap") };
                assert_eq!(gap.code, expected, "{code}");
            }
        }
        let Miss::Gap(_) = DESCRIBE_TRAILS.judge(Some("TrailNotFoundException"), Some(400), "") else {
            panic!("a listing does not find nothing")
        };
    }

    #[test]
    fn selectors_of_the_other_form_are_absent() {
        let output = GetEventSelectorsOutput::builder()
            .event_selectors(
                sdk::EventSelector::builder()
                    .read_write_type(sdk::ReadWriteType::WriteOnly)
                    .include_management_events(true)
                    .data_resources(sdk::DataResource::builder().r#type("AWS::S3::Object").values("arn:aws:s3").build())
                    .build(),
            )
            .build();
        let selectors = event_selectors(&output);
        assert_eq!(selectors[0].read_write_type.as_deref(), Some("WriteOnly"));
        assert_eq!(selectors[0].data_resources[0].values, ["arn:aws:s3"]);
        assert_eq!(some(advanced_event_selectors(&output)), State::Absent);
    }
}
