//! `GuardDuty`: detectors and their open findings of high and critical severity.

use std::collections::BTreeMap;

use futures::future::{FutureExt as _, join_all};
use serde_json::{Value, json};

use super::partial;
use crate::collect::api::document::Node;
use crate::collect::exchange::answer::{Answer, Listing};
use crate::collect::exchange::operation::{Api, NoValue, Operation, Rate};
use crate::collect::inventory::service::tells;
use crate::collect::inventory::{
    Ask, Asked, AttributeValue, Entry, Gone, Item, Listed, Service, ServiceScope, Table, known_or_absent,
};
use crate::model::attr::{Attr, State};
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::TypedResource as _;
use crate::model::resource::guardduty::{Detector, DetectorFeature, GuardDutyFinding};

/// The least severity of what `GuardDuty` calls high. Critical (9 and above) is above it, so the
/// listing asks for this and everything higher, never for one value.
const HIGH: i64 = 7;
/// Most findings that one `GetFindings` takes, and most ids on one page of `ListFindings`.
const BATCH: usize = 50;

const API: Api = Api::new("guardduty", Rate::per_second("guardduty", 10.0));
static LIST_DETECTORS: Operation = API.operation("ListDetectors").no_secrets().must(&["DetectorIds"]);
/// `BadRequestException` stands for a detector that is gone and for much else, so it is a gap.
static GET_DETECTOR: Operation = API.operation("GetDetector").no_secrets().must(&["Status"]);
static LIST_FINDINGS: Operation = API.operation("ListFindings").no_secrets().must(&["FindingIds"]);
/// Command lines, and what a caller of Kubernetes sent, can hold secrets.
static GET_FINDINGS: Operation = API
    .operation("GetFindings")
    .secrets(&[
        "Findings.Service.Action.KubernetesApiCallAction.Parameters",
        "Findings.Service.RuntimeDetails.Context.CommandLineExample",
        "Findings.Service.RuntimeDetails.Context.LdPreloadValue",
    ])
    .must(&["Findings"]);

/// Detectors, region by region. A region without one is an empty listing, which is how AWS says
/// that `GuardDuty` is off there.
pub static SERVICE: Service = Service {
    name: "guardduty",
    scope: ServiceScope::Regional,
    tables: &[Table::Listed(Listed {
        r#type: Detector::TYPE,
        operation: &LIST_DETECTORS,
        input: |_| Value::Null,
        items: "DetectorIds",
        read: |entry: &Entry<'_>| {
            let (site, name) = (entry.site, entry.str().filter(|id| !id.is_empty()));
            let id = name
                .map(|id| format!("arn:{}:guardduty:{}:{}:detector/{id}", site.partition, site.region, site.account));
            Item::new(id, name, &Detector::default())
        },
        asks: &[
            Ask::Own {
                tells: &[
                    tells("status", &[&GET_DETECTOR]),
                    tells("finding_publishing_frequency", &[&GET_DETECTOR]),
                    tells("features", &[&GET_DETECTOR]),
                ],
                ask: |asked| settings(asked).boxed(),
            },
            Ask::Own {
                tells: &[tells("findings", &[&LIST_FINDINGS, &GET_FINDINGS])],
                ask: |asked| findings(asked).boxed(),
            },
        ],
    })],
};

async fn settings(asked: Asked<'_>) -> Result<Vec<AttributeValue>, Gone> {
    let settings = asked.site.ask(&GET_DETECTOR, json!({"DetectorId": asked.name})).await.into_attr();
    let text = |member: &'static str| settings.clone().and_then(|output| known_or_absent(output.root().text(member)));
    Ok(vec![
        AttributeValue { attribute: "status", value: text("Status") },
        AttributeValue { attribute: "finding_publishing_frequency", value: text("FindingPublishingFrequency") },
        AttributeValue::new("features", settings.map(|output| features(output.root()))),
    ])
}

fn features(output: Node<'_>) -> Vec<DetectorFeature> {
    let feature = |feature: Node<'_>| DetectorFeature { name: feature.text("Name"), status: feature.text("Status") };
    let mut features: Vec<DetectorFeature> = output.list("Features").map(feature).collect();
    features.sort();
    features
}

/// What `ListFindings` is asked for: this account's own findings of severity 7 and above that are
/// not archived. An administrator's detector also shows its members' findings; those are judged
/// with the members.
fn criteria(account: &str) -> Value {
    json!({"Criterion": {
        "severity": {"GreaterThanOrEqual": HIGH},
        "service.archived": {"Equals": ["false"]},
        "accountId": {"Equals": [account]},
    }})
}

async fn findings(asked: Asked<'_>) -> Result<Vec<AttributeValue>, Gone> {
    let (site, detector) = (asked.site, asked.name);
    let input = json!({"DetectorId": detector, "FindingCriteria": criteria(site.account), "MaxResults": BATCH});
    let listing = site.list(&LIST_FINDINGS, input).await;
    let ids: Vec<String> =
        listing.items("FindingIds").into_iter().filter_map(|id| id.str().map(str::to_owned)).collect();
    let batches = join_all(ids.chunks(BATCH).map(|batch| async move {
        let answer = site.ask(&GET_FINDINGS, json!({"DetectorId": detector, "FindingIds": batch})).await;
        (batch, answer.map(|output| output.root().list("Findings").map(finding).collect()))
    }))
    .await;
    Ok(vec![AttributeValue::new("findings", assemble(&listing, batches))])
}

/// The findings of all batches by id. A listing that broke off, a batch that failed, a finding that
/// was listed and not returned: each leaves an unknown element, for the rest is not nothing.
fn assemble<T>(
    listing: &Listing<T>,
    batches: Vec<(&[String], Answer<Vec<GuardDutyFinding>>)>,
) -> Attr<Vec<Attr<GuardDutyFinding>>> {
    let mut captures = listing.captures.clone();
    let mut gap = match &listing.broken {
        Some(NoValue::Gap(gap)) => Some(gap.clone()),
        Some(NoValue::Absent | NoValue::Gone) => Some(LIST_FINDINGS.gap(GapCode::ServiceError, "")),
        None => None,
    };
    let mut by_id: BTreeMap<String, GuardDutyFinding> = BTreeMap::new();
    for (asked, answer) in batches {
        captures.extend(&answer.captures);
        match answer.into_attr().state {
            State::Known(findings) => {
                by_id.extend(findings.into_iter().map(|found| (found.id.clone().unwrap_or_default(), found)));
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

fn finding(finding: Node<'_>) -> GuardDutyFinding {
    GuardDutyFinding {
        id: finding.text("Id"),
        arn: finding.text("Arn"),
        r#type: finding.text("Type"),
        title: finding.text("Title"),
        severity: finding.fraction("Severity"),
        created_at: finding.text("CreatedAt"),
        updated_at: finding.text("UpdatedAt"),
        archived: finding.get("Service").flag("Archived"),
        account_id: finding.text("AccountId"),
        resource_type: finding.get("Resource").text("ResourceType"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(broken: Option<NoValue>) -> Listing<()> {
        Listing { operation: &LIST_FINDINGS, pages: Vec::new(), broken, captures: vec![1] }
    }

    fn answer(result: Result<Vec<GuardDutyFinding>, NoValue>) -> Answer<Vec<GuardDutyFinding>> {
        Answer { operation: &GET_FINDINGS, result, captures: vec![2] }
    }

    fn told(id: &str, severity: f64) -> GuardDutyFinding {
        GuardDutyFinding { id: Some(id.to_owned()), severity: Some(severity), ..GuardDutyFinding::default() }
    }

    #[test]
    fn every_severity_from_seven_up_is_asked_for() {
        let criteria = criteria("123456789012");
        let criterion = &criteria["Criterion"];
        assert_eq!(criterion["severity"], json!({"GreaterThanOrEqual": 7}), "9 and above must not be left out");
        assert_eq!(criterion["service.archived"], json!({"Equals": ["false"]}));
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
        let denied = || NoValue::Gap(GET_FINDINGS.gap(GapCode::AccessDenied, ""));
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
                assert!(matches!(operation.classify_error(Some(code), Some(400), ""), NoValue::Gap(_)), "{code}");
            }
        }
    }
}
