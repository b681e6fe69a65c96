//! `CloudWatch` Logs: log groups and metric filters.

use aws_sdk_cloudwatchlogs::operation::describe_log_groups::DescribeLogGroupsOutput;
use aws_sdk_cloudwatchlogs::operation::describe_metric_filters::DescribeMetricFiltersOutput;
use aws_sdk_cloudwatchlogs::types as sdk;
use futures::future::{BoxFuture, FutureExt as _};

use super::time::millis;
use crate::collect::call::Site;
use crate::collect::operation::Operation;
use crate::collect::{Collected, Collector, Provided, Reach};
use crate::model::resource::logs::{LogGroup, MetricFilter, MetricTransformation};
use crate::model::resource::{Place, Resource, TypedResource};

static DESCRIBE_LOG_GROUPS: Operation =
    Operation::new("logs", "DescribeLogGroups", "logs:DescribeLogGroups").answers("logGroups");
static DESCRIBE_METRIC_FILTERS: Operation =
    Operation::new("logs", "DescribeMetricFilters", "logs:DescribeMetricFilters").answers("metricFilters");

static PROVIDES: &[Provided] = &[
    Provided { r#type: LogGroup::TYPE, attribute: None, operations: &[&DESCRIBE_LOG_GROUPS] },
    Provided { r#type: MetricFilter::TYPE, attribute: None, operations: &[&DESCRIBE_METRIC_FILTERS] },
];

/// Collects log groups and metric filters, region by region, each from its listing alone.
pub struct Logs;

impl Collector for Logs {
    fn service(&self) -> &'static str {
        "logs"
    }

    fn reach(&self) -> Reach {
        Reach::Regional
    }

    fn provides(&self) -> &'static [Provided] {
        PROVIDES
    }

    fn collect<'a>(&'a self, site: Site<'a>) -> BoxFuture<'a, Collected> {
        async move {
            let (mut all, filters) = futures::join!(log_groups(site), metric_filters(site));
            all.resources.extend(filters.resources);
            all.populations.extend(filters.populations);
            all
        }
        .boxed()
    }
}

async fn log_groups(site: Site<'_>) -> Collected {
    if !site.needs.wants_type(LogGroup::TYPE) {
        return Collected::default();
    }
    let client = super::client!(site, aws_sdk_cloudwatchlogs, "logs", site.region);
    let stream = client.describe_log_groups().into_paginator().stop_on_duplicate_token(false).send();
    let listing = site.pages(&DESCRIBE_LOG_GROUPS, stream).await;
    let resources: Vec<Resource> = listing
        .pages
        .iter()
        .flat_map(DescribeLogGroupsOutput::log_groups)
        .map(|group| {
            let name = group.log_group_name().unwrap_or_default();
            let id = log_group_arn(&site, group);
            let place = Place { id: &id, name, account: site.account, region: site.region };
            Resource::new(place, &log_group(group), &listing.captures)
        })
        .collect();
    listing.collected(&site, LogGroup::TYPE, resources.into_iter().map(Ok))
}

/// The ARN without the `:*` that stands for the group's streams, so that the group has one id
/// wherever it is named. Same-named groups of two regions have two.
fn log_group_arn(site: &Site<'_>, group: &sdk::LogGroup) -> String {
    let told = group.log_group_arn().or_else(|| group.arn().map(|arn| arn.strip_suffix(":*").unwrap_or(arn)));
    told.map_or_else(
        || {
            let name = group.log_group_name().unwrap_or_default();
            format!("arn:{}:logs:{}:{}:log-group:{name}", site.partition, site.region, site.account)
        },
        ToOwned::to_owned,
    )
}

fn log_group(group: &sdk::LogGroup) -> LogGroup {
    LogGroup {
        retention_in_days: group.retention_in_days().map(i64::from),
        kms_key_id: group.kms_key_id().map(ToOwned::to_owned),
        log_group_class: group.log_group_class().map(|class| class.as_str().to_owned()),
        creation_time: group.creation_time().and_then(millis),
        stored_bytes: group.stored_bytes(),
        metric_filter_count: group.metric_filter_count().map(i64::from),
        data_protection_status: group.data_protection_status().map(|status| status.as_str().to_owned()),
        deletion_protection_enabled: group.deletion_protection_enabled(),
    }
}

async fn metric_filters(site: Site<'_>) -> Collected {
    if !site.needs.wants_type(MetricFilter::TYPE) {
        return Collected::default();
    }
    let client = super::client!(site, aws_sdk_cloudwatchlogs, "logs", site.region);
    let stream = client.describe_metric_filters().into_paginator().stop_on_duplicate_token(false).send();
    let listing = site.pages(&DESCRIBE_METRIC_FILTERS, stream).await;
    let resources: Vec<Resource> = listing
        .pages
        .iter()
        .flat_map(DescribeMetricFiltersOutput::metric_filters)
        .map(|filter| {
            let name = filter.filter_name().unwrap_or_default();
            let id = format!("{}|{name}", filter.log_group_name().unwrap_or_default());
            let place = Place { id: &id, name, account: site.account, region: site.region };
            Resource::new(place, &metric_filter(filter), &listing.captures)
        })
        .collect();
    listing.collected(&site, MetricFilter::TYPE, resources.into_iter().map(Ok))
}

fn metric_filter(filter: &sdk::MetricFilter) -> MetricFilter {
    MetricFilter {
        log_group_name: filter.log_group_name().map(ToOwned::to_owned),
        filter_pattern: filter.filter_pattern().map(ToOwned::to_owned),
        metric_transformations: filter.metric_transformations().iter().map(transformation).collect(),
        creation_time: filter.creation_time().and_then(millis),
    }
}

fn transformation(transformation: &sdk::MetricTransformation) -> MetricTransformation {
    MetricTransformation {
        metric_name: transformation.metric_name().to_owned(),
        metric_namespace: transformation.metric_namespace().to_owned(),
        metric_value: Some(transformation.metric_value().to_owned()),
        default_value: transformation.default_value(),
        dimensions: transformation
            .dimensions()
            .map(|dimensions| dimensions.iter().map(|(name, field)| (name.clone(), field.clone())).collect())
            .unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::operation::Miss;

    #[test]
    fn no_retention_stays_absent_and_times_are_milliseconds() {
        let group = sdk::LogGroup::builder().log_group_name("a").creation_time(1_780_272_000_000).build();
        let typed = log_group(&group);
        assert_eq!(typed.retention_in_days, None);
        assert_eq!(typed.creation_time.as_deref(), Some("2026-06-01T00:00:00Z"));
    }

    #[test]
    fn a_metric_filter_keeps_what_joins_need() {
        let transformation = sdk::MetricTransformation::builder()
            .metric_name("root")
            .metric_namespace("cis")
            .metric_value("1")
            .build()
            .expect("complete");
        let filter = sdk::MetricFilter::builder()
            .filter_name("f")
            .log_group_name("g")
            .filter_pattern("")
            .metric_transformations(transformation)
            .build();
        let typed = metric_filter(&filter);
        assert_eq!(typed.filter_pattern.as_deref(), Some(""), "the empty pattern matches all; it is not absent");
        assert_eq!(typed.metric_transformations[0].metric_namespace, "cis");
    }

    #[test]
    fn no_error_of_a_listing_is_an_empty_list() {
        for operation in [&DESCRIBE_LOG_GROUPS, &DESCRIBE_METRIC_FILTERS] {
            for code in ["AccessDeniedException", "ResourceNotFoundException", "ServiceUnavailableException"] {
                assert!(matches!(operation.judge(Some(code), Some(400), ""), Miss::Gap(_)), "{code}");
            }
        }
    }
}
