//! `CloudWatch`: metric alarms.

use std::collections::BTreeSet;

use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput;
use aws_sdk_cloudwatch::types as sdk;
use futures::future::{BoxFuture, FutureExt as _};

use crate::collect::call::Site;
use crate::collect::operation::Operation;
use crate::collect::{Collected, Collector, Provided, Reach};
use crate::model::resource::cloudwatch::{Alarm, AlarmMetric};
use crate::model::resource::{Place, Resource, TypedResource};

static DESCRIBE_ALARMS: Operation = Operation::new("cloudwatch", "DescribeAlarms", "cloudwatch:DescribeAlarms");

static PROVIDES: &[Provided] = &[Provided { r#type: Alarm::TYPE, attribute: None, operations: &[&DESCRIBE_ALARMS] }];

/// Collects metric alarms, region by region, from `DescribeAlarms` alone.
pub struct CloudWatch;

impl Collector for CloudWatch {
    fn service(&self) -> &'static str {
        "cloudwatch"
    }

    fn reach(&self) -> Reach {
        Reach::Regional
    }

    fn provides(&self) -> &'static [Provided] {
        PROVIDES
    }

    fn collect<'a>(&'a self, site: Site<'a>) -> BoxFuture<'a, Collected> {
        alarms(site).boxed()
    }
}

async fn alarms(site: Site<'_>) -> Collected {
    let client = super::client!(site, aws_sdk_cloudwatch, "cloudwatch", site.region);
    let stream = client
        .describe_alarms()
        .alarm_types(sdk::AlarmType::MetricAlarm)
        .max_records(100)
        .into_paginator()
        .stop_on_duplicate_token(false)
        .send();
    let listing = site.pages(&DESCRIBE_ALARMS, stream).await;
    let resources: Vec<Resource> = listing
        .pages
        .iter()
        .flat_map(DescribeAlarmsOutput::metric_alarms)
        .map(|entry| {
            let place = Place {
                id: entry.alarm_arn().or(entry.alarm_name()).unwrap_or_default(),
                name: entry.alarm_name().unwrap_or_default(),
                account: site.account,
                region: site.region,
            };
            Resource::new(place, &alarm(entry, site.account), &listing.captures)
        })
        .collect();
    listing.collected(&site, Alarm::TYPE, resources.into_iter().map(Ok))
}

fn alarm(alarm: &sdk::MetricAlarm, account: &str) -> Alarm {
    Alarm {
        actions_enabled: alarm.actions_enabled(),
        alarm_actions: alarm.alarm_actions().to_vec(),
        ok_actions: alarm.ok_actions().to_vec(),
        insufficient_data_actions: alarm.insufficient_data_actions().to_vec(),
        metrics: metrics(alarm, account),
        state_value: alarm.state_value().map(|state| state.as_str().to_owned()),
        comparison_operator: alarm.comparison_operator().map(|operator| operator.as_str().to_owned()),
        threshold: alarm.threshold(),
        period: alarm.period().map(i64::from),
        evaluation_periods: alarm.evaluation_periods().map(i64::from),
        treat_missing_data: alarm.treat_missing_data().map(ToOwned::to_owned),
    }
}

/// The metrics an alarm watches. A metric of another account is none of this account's.
fn metrics(alarm: &sdk::MetricAlarm, account: &str) -> Vec<AlarmMetric> {
    let own = metric(alarm.namespace(), alarm.metric_name(), alarm.dimensions());
    let queried = alarm
        .metrics()
        .iter()
        .filter(|query| query.account_id().is_none_or(|other| other == account))
        .filter_map(|query| query.metric_stat()?.metric())
        .filter_map(|queried| metric(queried.namespace(), queried.metric_name(), queried.dimensions()));
    own.into_iter().chain(queried).collect::<BTreeSet<_>>().into_iter().collect()
}

fn metric(namespace: Option<&str>, name: Option<&str>, dimensions: &[sdk::Dimension]) -> Option<AlarmMetric> {
    let names: BTreeSet<&str> = dimensions.iter().filter_map(sdk::Dimension::name).collect();
    Some(AlarmMetric {
        namespace: namespace?.to_owned(),
        metric_name: name?.to_owned(),
        dimensions: names.into_iter().map(ToOwned::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::operation::Miss;

    #[test]
    fn metrics_come_from_the_alarm_and_from_its_expression_but_not_from_other_accounts() {
        let query = |name: &str, account: Option<&str>| {
            let metric = sdk::Metric::builder().namespace("cis").metric_name(name).build();
            let stat = sdk::MetricStat::builder().metric(metric).period(300).stat("Sum").build();
            sdk::MetricDataQuery::builder().id("m").metric_stat(stat).set_account_id(account.map(Into::into)).build()
        };
        let told = sdk::MetricAlarm::builder()
            .alarm_name("a")
            .namespace("cis")
            .metric_name("own")
            .dimensions(sdk::Dimension::builder().name("user").value("root").build())
            .metrics(query("queried", None))
            .metrics(query("foreign", Some("999999999999")))
            .build();
        let metrics = alarm(&told, "123456789012").metrics;
        let names: Vec<&str> = metrics.iter().map(|metric| metric.metric_name.as_str()).collect();
        assert_eq!(names, ["own", "queried"]);
        assert_eq!(metrics[0].dimensions, ["user"]);
    }

    #[test]
    fn no_error_is_an_empty_list() {
        for code in ["AccessDenied", "InvalidNextToken", "Throttling"] {
            assert!(matches!(DESCRIBE_ALARMS.judge(Some(code), Some(400), ""), Miss::Gap(_)), "{code}");
        }
    }
}
