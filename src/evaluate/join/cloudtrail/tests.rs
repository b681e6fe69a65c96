use super::*;
use crate::model::attr::Attr;
use crate::model::resource::ResourceId;
use crate::model::resource::cloudtrail::Trail;
use crate::model::resource::cloudwatch::{Alarm, AlarmMetric};
use crate::model::resource::logs::{MetricFilter, MetricTransformation};
use crate::model::resource::public_access_block::PublicAccessBlock;
use crate::model::resource::s3::Bucket;
use crate::model::scan::{AccountScope, Population, RegionScope};

const ACCOUNT: &str = "123456789012";

fn account() -> AccountScope {
    let region = |name: &str, scanned| RegionScope {
        name: name.to_owned(),
        opt_in_status: "opt-in-not-required".to_owned(),
        scanned,
        why_not: None,
    };
    AccountScope {
        id: ACCOUNT.to_owned(),
        partition: "aws".to_owned(),
        caller_arn: String::new(),
        caller_id: String::new(),
        regions: vec![region("us-east-1", true), region("eu-west-1", true), region("sa-east-1", false)],
        regions_incomplete: None,
    }
}

fn counted(r#type: &str, region: &str, gap: Option<Gap>, capture: CaptureId) -> Population {
    Population {
        account: ACCOUNT.to_owned(),
        region: region.to_owned(),
        r#type: r#type.to_owned(),
        count: 0,
        counted_by: String::new(),
        pages: 1,
        complete: gap.is_none(),
        gap,
        gone: Vec::new(),
        captures: vec![capture],
    }
}

fn place<'a>(id: &'a str, region: &'a str) -> ResourceId<'a> {
    ResourceId { id, name: id, account: ACCOUNT, region }
}

fn trail(group: Option<&str>, bucket: &str) -> Resource {
    let typed = Trail {
        cloud_watch_logs_log_group_arn: group.map(ToOwned::to_owned),
        s3_bucket_name: Some(bucket.to_owned()),
        ..Trail::default()
    };
    Resource::new(place("t", "us-east-1"), &typed, &[1])
}

fn filter(region: &str, group: &str, metric: &str, dimension: Option<&str>) -> Resource {
    let typed = MetricFilter {
        log_group_name: Some(group.to_owned()),
        filter_pattern: Some("{ $.a = b }".to_owned()),
        metric_transformations: vec![MetricTransformation {
            metric_name: metric.to_owned(),
            metric_namespace: "cis".to_owned(),
            dimensions: dimension.map(|name| (name.to_owned(), "$.x".to_owned())).into_iter().collect(),
            ..MetricTransformation::default()
        }],
        ..MetricFilter::default()
    };
    Resource::new(place(&format!("{group}|{metric}"), region), &typed, &[2])
}

fn alarm(region: &str, name: &str, metric: &str) -> Resource {
    let metric = AlarmMetric { namespace: "cis".to_owned(), metric_name: metric.to_owned(), dimensions: Vec::new() };
    let typed = Alarm { actions_enabled: Some(true), metrics: vec![metric], ..Alarm::default() };
    Resource::new(place(name, region), &typed, &[3])
}

fn denied() -> Gap {
    Gap::new(GapCode::AccessDenied, "no")
}

/// The trail after the join, over these resources and listings that were denied, where named.
fn joined(mut resources: Vec<Resource>, group: Option<&str>, refused: &[(&str, &str)]) -> Resource {
    resources.push(trail(group, "logs"));
    let mut populations = Vec::new();
    for region in ["us-east-1", "eu-west-1"] {
        for (kind, capture) in [(FILTER, 2), (ALARM, 3)] {
            let gap = refused.contains(&(kind, region)).then(denied);
            populations.push(counted(kind, region, gap, capture));
        }
    }
    let mut inventory = Inventory::new(account(), resources, populations);
    metric_filters(&mut inventory);
    inventory.of_type(TRAIL)[0].clone()
}

const GROUP: &str = "arn:aws:logs:us-east-1:123456789012:log-group:g:*";

#[test]
fn a_trail_carries_the_filters_of_its_group_and_their_alarms_and_no_namesakes() {
    let resources = vec![
        filter("us-east-1", "g", "root", None),
        filter("us-east-1", "other", "root", None),
        filter("eu-west-1", "g", "elsewhere", None),
        alarm("us-east-1", "a", "root"),
        alarm("us-east-1", "b", "else"),
        alarm("eu-west-1", "c", "root"),
    ];
    let trail = joined(resources, Some(GROUP), &[]);
    let filters = trail.attributes["metric_filters"].as_array().expect("a list");
    assert_eq!(filters.len(), 1);
    let alarms = filters[0]["alarms"].as_array().expect("a list");
    assert_eq!(alarms.iter().map(|alarm| alarm["name"].clone()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(alarms[0]["actions_enabled"], true);
    assert_eq!(trail.captures_for(["/metric_filters"]), [1, 2, 3]);
    assert!(!trail.unknown().contains_key("/metric_filters"));
}

#[test]
fn an_alarm_without_the_filter_s_dimensions_watches_another_metric() {
    let resources = vec![filter("us-east-1", "g", "root", Some("user")), alarm("us-east-1", "a", "root")];
    let trail = joined(resources, Some(GROUP), &[]);
    assert_eq!(trail.attributes["metric_filters"][0]["alarms"], serde_json::json!([]));
}

#[test]
fn no_group_is_absent_and_a_group_elsewhere_is_unknown() {
    let trail = joined(Vec::new(), None, &[]);
    assert!(!trail.attributes.knows("metric_filters") && !trail.unknown().contains_key("/metric_filters"));
    for arn in
        ["arn:aws:logs:us-east-1:999999999999:log-group:g:*", "arn:aws:logs:sa-east-1:123456789012:log-group:g:*"]
    {
        let trail = joined(Vec::new(), Some(arn), &[]);
        assert_eq!(trail.unknown()["/metric_filters"].code, GapCode::OutsideScope, "{arn}");
    }
    let trail = joined(Vec::new(), Some("g"), &[]);
    assert_eq!(trail.unknown()["/metric_filters"].code, GapCode::Unresolved);
}

#[test]
fn what_is_not_known_of_an_alarm_or_a_filter_is_not_taken_for_none() {
    let mut alarm = alarm("us-east-1", "a", "root");
    alarm.set_unknown("metrics", denied());
    let trail = joined(vec![filter("us-east-1", "g", "root", None), alarm], Some(GROUP), &[]);
    assert_eq!(trail.unknown()["/metric_filters/0/alarms/0"].code, GapCode::AccessDenied);

    let mut written = filter("us-east-1", "g", "root", None);
    written.set_unknown("metric_transformations", denied());
    let trail = joined(vec![written], Some(GROUP), &[]);
    assert_eq!(trail.unknown()["/metric_filters/0/alarms/0"].code, GapCode::AccessDenied);

    let mut stray = filter("us-east-1", "g", "root", None);
    stray.set_unknown("log_group_name", denied());
    let trail = joined(vec![stray, filter("us-east-1", "g", "other", None)], Some(GROUP), &[]);
    assert_eq!(trail.unknown()["/metric_filters/1"].code, GapCode::AccessDenied);
}

#[test]
fn a_denied_listing_is_unknown_and_never_an_empty_list() {
    let trail = joined(Vec::new(), Some(GROUP), &[(FILTER, "us-east-1")]);
    assert_eq!(trail.unknown()["/metric_filters"].code, GapCode::AccessDenied);

    let seen = vec![filter("us-east-1", "g", "root", None), alarm("us-east-1", "a", "root")];
    let trail = joined(seen, Some(GROUP), &[(FILTER, "us-east-1"), (ALARM, "us-east-1")]);
    assert_eq!(trail.attributes["metric_filters"][0]["alarms"][0]["name"], "a");
    assert_eq!(trail.unknown()["/metric_filters/1"].code, GapCode::AccessDenied);
    assert_eq!(trail.unknown()["/metric_filters/0/alarms/1"].code, GapCode::AccessDenied);

    let trail = joined(Vec::new(), Some(GROUP), &[(FILTER, "eu-west-1")]);
    assert_eq!(trail.attributes["metric_filters"], serde_json::json!([]), "another region's gap is not ours");
}

fn bucket(name: &str) -> Resource {
    let typed = Bucket {
        public_access_block: Attr::known(PublicAccessBlock::default()),
        policy: Attr::unknown(denied()),
        ..Bucket::default()
    };
    Resource::new(place(name, "us-east-1"), &typed, &[9])
}

fn with_bucket(resources: Vec<Resource>, gap: Option<Gap>) -> Resource {
    let mut resources = resources;
    resources.push(trail(None, "logs"));
    let mut inventory = Inventory::new(account(), resources, vec![counted(BUCKET, "global", gap, 9)]);
    buckets(&mut inventory);
    inventory.of_type(TRAIL)[0].clone()
}

#[test]
fn the_bucket_comes_with_its_unknowns_and_a_foreign_one_is_unknown() {
    let trail = with_bucket(vec![bucket("other"), bucket("logs")], None);
    assert!(trail.attributes["bucket"].get("public_access_block").is_some());
    assert_eq!(trail.unknown()["/bucket/policy"].code, GapCode::AccessDenied);
    assert!(!trail.unknown().contains_key("/bucket"));

    let foreign = with_bucket(vec![bucket("other")], None);
    assert_eq!(foreign.unknown()["/bucket"].code, GapCode::OutsideScope);
    let refused = with_bucket(Vec::new(), Some(denied()));
    assert_eq!(refused.unknown()["/bucket"].code, GapCode::AccessDenied);
}
