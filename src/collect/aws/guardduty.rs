//! `GuardDuty`: detectors and their open findings of high and critical severity.

use std::collections::BTreeMap;

use aws_sdk_guardduty::operation::get_detector::GetDetectorOutput;
use aws_sdk_guardduty::operation::list_detectors::ListDetectorsOutput;
use aws_sdk_guardduty::operation::list_findings::ListFindingsOutput;
use aws_sdk_guardduty::types as sdk;
use futures::future::{BoxFuture, FutureExt as _, join_all};

use super::partial;
use crate::collect::call::{Answer, Listing, Site};
use crate::collect::operation::{Miss, Operation};
use crate::collect::{Collected, Collector, Provided, Reach};
use crate::model::attr::{Attr, State};
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::guardduty::{Detector, DetectorFeature, GuardDutyFinding};
use crate::model::resource::{Place, Resource, TypedResource};

/// The least severity of what `GuardDuty` calls high. Critical (9 and above) is above it, so the
/// listing asks for this and everything higher, never for one value.
const HIGH: i64 = 7;
/// Most findings that one `GetFindings` takes, and most ids on one page of `ListFindings`.
const BATCH: usize = 50;

static LIST_DETECTORS: Operation =
    Operation::new("guardduty", "ListDetectors", "guardduty:ListDetectors").answers("detectorIds");
/// `BadRequestException` stands for a detector that is gone and for much else, so it is a gap.
static GET_DETECTOR: Operation = Operation::new("guardduty", "GetDetector", "guardduty:GetDetector").answers("status");
static LIST_FINDINGS: Operation =
    Operation::new("guardduty", "ListFindings", "guardduty:ListFindings").answers("findingIds");
static GET_FINDINGS: Operation =
    Operation::new("guardduty", "GetFindings", "guardduty:GetFindings").answers("findings");

static PROVIDES: &[Provided] = &[
    Provided { r#type: Detector::TYPE, attribute: None, operations: &[&LIST_DETECTORS] },
    Provided { r#type: Detector::TYPE, attribute: Some("status"), operations: &[&GET_DETECTOR] },
    Provided { r#type: Detector::TYPE, attribute: Some("finding_publishing_frequency"), operations: &[&GET_DETECTOR] },
    Provided { r#type: Detector::TYPE, attribute: Some("features"), operations: &[&GET_DETECTOR] },
    Provided { r#type: Detector::TYPE, attribute: Some("findings"), operations: &[&LIST_FINDINGS, &GET_FINDINGS] },
];

/// Collects detectors, region by region. A region without one is an empty listing, which is how
/// AWS says that `GuardDuty` is off there.
pub struct GuardDuty;

impl Collector for GuardDuty {
    fn service(&self) -> &'static str {
        "guardduty"
    }

    fn reach(&self) -> Reach {
        Reach::Regional
    }

    fn provides(&self) -> &'static [Provided] {
        PROVIDES
    }

    fn collect<'a>(&'a self, site: Site<'a>) -> BoxFuture<'a, Collected> {
        detectors(site).boxed()
    }
}

async fn detectors(site: Site<'_>) -> Collected {
    let client = super::client!(site, aws_sdk_guardduty, "guardduty", site.region);
    let stream = client.list_detectors().into_paginator().stop_on_duplicate_token(false).send();
    let listing = site.pages(&LIST_DETECTORS, stream).await;
    let ids: Vec<&str> = listing.pages.iter().flat_map(ListDetectorsOutput::detector_ids).map(String::as_str).collect();
    let detectors = join_all(ids.iter().map(|id| detector(site, &client, id))).await;
    let resources: Vec<Resource> = ids
        .iter()
        .zip(detectors)
        .map(|(id, typed)| {
            let arn = format!("arn:{}:guardduty:{}:{}:detector/{id}", site.partition, site.region, site.account);
            let place = Place { id: &arn, name: id, account: site.account, region: site.region };
            Resource::new(place, &typed, &listing.captures)
        })
        .collect();
    listing.collected(&site, Detector::TYPE, resources.into_iter().map(Ok))
}

async fn detector(site: Site<'_>, client: &aws_sdk_guardduty::Client, id: &str) -> Detector {
    let wants = |attribute| site.needs.wants(Detector::TYPE, attribute);
    let settings = async {
        if !["status", "finding_publishing_frequency", "features"].into_iter().any(wants) {
            return None;
        }
        Some(site.call(&GET_DETECTOR, client.get_detector().detector_id(id).send()).await.into_attr())
    };
    let findings = async {
        if !wants("findings") {
            return None;
        }
        Some(findings(site, client, id).await)
    };
    let (settings, findings) = futures::join!(settings, findings);
    let mut typed = Detector::default();
    if let Some(settings) = settings {
        typed.status = settings.clone().and_then(|output| text(output.status().map(sdk::DetectorStatus::as_str)));
        typed.finding_publishing_frequency = settings.clone().and_then(|output| {
            text(output.finding_publishing_frequency().map(sdk::FindingPublishingFrequency::as_str))
        });
        typed.features = settings.map(|output| features(&output));
    }
    if let Some(findings) = findings {
        typed.findings = findings;
    }
    typed
}

fn text(text: Option<&str>) -> State<String> {
    text.map_or(State::Absent, |text| State::Known(text.to_owned()))
}

fn features(output: &GetDetectorOutput) -> Vec<DetectorFeature> {
    let feature = |feature: &sdk::DetectorFeatureConfigurationResult| DetectorFeature {
        name: feature.name().map(|name| name.as_str().to_owned()),
        status: feature.status().map(|status| status.as_str().to_owned()),
    };
    let mut features: Vec<DetectorFeature> = output.features().iter().map(feature).collect();
    features.sort();
    features
}

/// What `ListFindings` is asked for: this account's own findings of severity 7 and above that are
/// not archived. An administrator's detector also shows its members' findings; those are judged
/// with the members.
fn criteria(account: &str) -> sdk::FindingCriteria {
    sdk::FindingCriteria::builder()
        .criterion("severity", sdk::Condition::builder().greater_than_or_equal(HIGH).build())
        .criterion("service.archived", sdk::Condition::builder().equals("false").build())
        .criterion("accountId", sdk::Condition::builder().equals(account).build())
        .build()
}

async fn findings(
    site: Site<'_>,
    client: &aws_sdk_guardduty::Client,
    detector: &str,
) -> Attr<Vec<Attr<GuardDutyFinding>>> {
    let stream = client
        .list_findings()
        .detector_id(detector)
        .finding_criteria(criteria(site.account))
        .max_results(50)
        .into_paginator()
        .stop_on_duplicate_token(false)
        .send();
    let listing = site.pages(&LIST_FINDINGS, stream).await;
    let ids: Vec<String> = listing.pages.iter().flat_map(ListFindingsOutput::finding_ids).cloned().collect();
    let batches = join_all(ids.chunks(BATCH).map(|batch| async move {
        let send = client.get_findings().detector_id(detector).set_finding_ids(Some(batch.to_vec())).send();
        let answer = site.call(&GET_FINDINGS, send).await;
        (batch, answer.map(|output| output.findings.unwrap_or_default()))
    }))
    .await;
    assemble(&listing, batches)
}

/// The findings of all batches by id. A listing that broke off, a batch that failed, a finding that
/// was listed and not returned: each leaves an unknown element, for the rest is not nothing.
fn assemble<T>(
    listing: &Listing<T>,
    batches: Vec<(&[String], Answer<Vec<sdk::Finding>>)>,
) -> Attr<Vec<Attr<GuardDutyFinding>>> {
    let mut captures = listing.captures.clone();
    let mut gap = match &listing.broken {
        Some(Miss::Gap(gap)) => Some(gap.clone()),
        Some(Miss::Absent | Miss::Gone) => Some(LIST_FINDINGS.gap(GapCode::ServiceError, "")),
        None => None,
    };
    let mut by_id: BTreeMap<String, GuardDutyFinding> = BTreeMap::new();
    for (asked, answer) in batches {
        captures.extend(&answer.captures);
        match answer.into_attr().state {
            State::Known(findings) => {
                by_id.extend(findings.iter().map(|told| (told.id().unwrap_or_default().to_owned(), finding(told))));
                let missing = asked.iter().filter(|id| !by_id.contains_key(*id)).count();
                if missing > 0 {
                    let why = format!("{missing} of {} findings were listed and not returned", asked.len());
                    gap.get_or_insert(GET_FINDINGS.gap(GapCode::MalformedResponse, why));
                }
            }
            State::Unknown(refused) => {
                gap.get_or_insert(refused);
            }
            State::Absent => {
                gap.get_or_insert_with(|| -> Gap { GET_FINDINGS.gap(GapCode::ServiceError, "") });
            }
        }
    }
    captures.sort_unstable();
    captures.dedup();
    partial(by_id.into_values().collect(), gap).from_captures(captures)
}

fn finding(finding: &sdk::Finding) -> GuardDutyFinding {
    let text = |text: Option<&str>| text.map(ToOwned::to_owned);
    GuardDutyFinding {
        id: text(finding.id()),
        arn: text(finding.arn()),
        r#type: text(finding.r#type()),
        title: text(finding.title()),
        severity: finding.severity(),
        created_at: text(finding.created_at()),
        updated_at: text(finding.updated_at()),
        archived: finding.service().and_then(sdk::Service::archived),
        account_id: text(finding.account_id()),
        resource_type: text(finding.resource().and_then(sdk::Resource::resource_type)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(broken: Option<Miss>) -> Listing<()> {
        Listing { operation: &LIST_FINDINGS, pages: Vec::new(), broken, captures: vec![1] }
    }

    fn answer(result: Result<Vec<sdk::Finding>, Miss>) -> Answer<Vec<sdk::Finding>> {
        Answer { operation: &GET_FINDINGS, result, captures: vec![2] }
    }

    fn told(id: &str, severity: f64) -> sdk::Finding {
        sdk::Finding::builder().id(id).severity(severity).build()
    }

    #[test]
    fn every_severity_from_seven_up_is_asked_for() {
        let criteria = criteria("123456789012");
        let criterion = criteria.criterion().expect("criteria");
        assert_eq!(criterion["severity"].greater_than_or_equal(), Some(7));
        assert!(criterion["severity"].equals().is_empty(), "9 and above must not be left out");
        assert!(criterion["severity"].less_than().is_none() && criterion["severity"].less_than_or_equal().is_none());
        assert_eq!(criterion["service.archived"].equals(), ["false"]);
    }

    #[test]
    fn findings_of_all_batches_are_put_in_order() {
        let ids = ["a".to_owned(), "b".to_owned()];
        let batches =
            vec![(&ids[1..], answer(Ok(vec![told("b", 9.1)]))), (&ids[..1], answer(Ok(vec![told("a", 7.0)])))];
        let all = assemble(&listing(None), batches);
        let severities: Vec<_> =
            all.value().expect("known").iter().map(|f| f.value().and_then(|f| f.severity)).collect();
        assert_eq!(severities, [Some(7.0), Some(9.1)]);
        assert_eq!(all.captures, [1, 2]);
    }

    #[test]
    fn what_is_missing_leaves_an_unknown_element_and_keeps_what_was_seen() {
        let ids = ["a".to_owned(), "b".to_owned()];
        let denied = || Miss::Gap(GET_FINDINGS.gap(GapCode::AccessDenied, ""));
        for (broken, batches, code) in [
            (Some(denied()), vec![(&ids[..1], answer(Ok(vec![told("a", 8.0)])))], GapCode::AccessDenied),
            (None, vec![(&ids[..], answer(Ok(vec![told("a", 8.0)])))], GapCode::MalformedResponse),
            (
                None,
                vec![(&ids[..1], answer(Ok(vec![told("a", 8.0)]))), (&ids[1..], answer(Err(denied())))],
                GapCode::AccessDenied,
            ),
        ] {
            let all = assemble(&listing(broken), batches);
            let items = all.value().expect("what was seen is known");
            assert_eq!(items.len(), 2);
            assert!(matches!(&items[1].state, State::Unknown(gap) if gap.code == code), "{items:?}");
        }
        let nothing = assemble(&listing(Some(denied())), Vec::new());
        assert!(matches!(nothing.state, State::Unknown(_)));
        let none = assemble(&listing(None), Vec::new());
        assert_eq!(none.value().map(Vec::len), Some(0));
    }

    #[test]
    fn no_error_is_an_empty_list() {
        for operation in [&LIST_DETECTORS, &GET_DETECTOR, &LIST_FINDINGS, &GET_FINDINGS] {
            for code in ["BadRequestException", "AccessDeniedException", "InternalServerErrorException"] {
                assert!(matches!(operation.judge(Some(code), Some(400), ""), Miss::Gap(_)), "{code}");
            }
        }
    }
}
