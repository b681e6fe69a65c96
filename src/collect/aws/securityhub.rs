//! Security Hub CSPM: hubs, standards, open findings, and the findings of the controls that ours
//! are compared with.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_securityhub::Client;
use aws_sdk_securityhub::operation::describe_hub::DescribeHubOutput;
use aws_sdk_securityhub::operation::get_finding_aggregator::GetFindingAggregatorOutput;
use aws_sdk_securityhub::operation::get_findings::GetFindingsOutput;
use aws_sdk_securityhub::operation::list_finding_aggregators::ListFindingAggregatorsOutput;
use aws_sdk_securityhub::types as sdk;
use futures::future::{BoxFuture, FutureExt as _, join_all};

use super::partial;
use crate::collect::call::{Answer, Listing, Site};
use crate::collect::operation::{Miss, Operation};
use crate::collect::{Collected, Collector, Provided, Reach};
use crate::model::attr::{Attr, CaptureId};
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::securityhub::{Finding, Hub, StandardsSubscription};
use crate::model::resource::{Place, Resource, TypedResource};
use crate::model::scan::Population;

/// Most values that `GetFindings` takes for one attribute (API Reference, `AwsSecurityFindingFilters`).
const FILTER_VALUES: usize = 20;

/// `InvalidAccessException` is how AWS says that the account has not switched Security Hub on in
/// the region; `ResourceNotFoundException` that there is no hub. Every other error is a gap.
static DESCRIBE_HUB: Operation = Operation::new("securityhub", "DescribeHub", "securityhub:DescribeHub")
    .answers("HubArn")
    .absent(&["InvalidAccessException", "ResourceNotFoundException"]);
static GET_ENABLED_STANDARDS: Operation =
    Operation::new("securityhub", "GetEnabledStandards", "securityhub:GetEnabledStandards")
        .answers("StandardsSubscriptions");
static GET_FINDINGS: Operation =
    Operation::new("securityhub", "GetFindings", "securityhub:GetFindings").answers("Findings");
static LIST_FINDING_AGGREGATORS: Operation =
    Operation::new("securityhub", "ListFindingAggregators", "securityhub:ListFindingAggregators")
        .answers("FindingAggregators");
static GET_FINDING_AGGREGATOR: Operation =
    Operation::new("securityhub", "GetFindingAggregator", "securityhub:GetFindingAggregator")
        .answers("FindingAggregatorArn");

static PROVIDES: &[Provided] = &[
    Provided { r#type: Hub::TYPE, attribute: None, operations: &[&DESCRIBE_HUB] },
    Provided { r#type: Hub::TYPE, attribute: Some("enabled_standards"), operations: &[&GET_ENABLED_STANDARDS] },
    Provided { r#type: Hub::TYPE, attribute: Some("open_findings"), operations: &[&GET_FINDINGS] },
    Provided {
        r#type: Finding::TYPE,
        attribute: None,
        operations: &[&DESCRIBE_HUB, &LIST_FINDING_AGGREGATORS, &GET_FINDING_AGGREGATOR, &GET_FINDINGS],
    },
];

/// Collects hubs in every region in scope, and the findings of the security controls that
/// [`crate::collect::needs::Needs::security_controls`] names. Where a home region aggregates
/// findings and is in scope, those of its linked regions are read there, once.
pub struct SecurityHub;

impl Collector for SecurityHub {
    fn service(&self) -> &'static str {
        "securityhub"
    }

    fn reach(&self) -> Reach {
        Reach::Global
    }

    fn provides(&self) -> &'static [Provided] {
        PROVIDES
    }

    fn collect<'a>(&'a self, site: Site<'a>) -> BoxFuture<'a, Collected> {
        security_hub(site).boxed()
    }
}

fn client(site: Site<'_>, region: &str) -> Client {
    super::client!(site, aws_sdk_securityhub, "securityhub", region)
}

async fn security_hub(site: Site<'_>) -> Collected {
    let hubs = join_all(site.regions.iter().map(|region| async move {
        let send = client(site, region).describe_hub().send();
        (region.as_str(), site.call_in(region, &DESCRIBE_HUB, send).await)
    }))
    .await;
    let (resources, findings) = futures::join!(hub_resources(site, &hubs), control_findings(site, &hubs));
    let mut collected = findings;
    for (region, answer) in &hubs {
        let here = resources.iter().filter(|resource| resource.identity.region == *region).count();
        collected.populations.push(population(site, region, Hub::TYPE, here, &hub_listing(answer)));
    }
    collected.resources.extend(resources);
    collected
}

type HubAnswer = Answer<DescribeHubOutput>;

/// The ledger's view of one region's `DescribeHub`: not subscribed is a complete count of none.
fn hub_listing(answer: &HubAnswer) -> Counted {
    let gap = match &answer.result {
        Ok(_) | Err(Miss::Absent) => None,
        Err(Miss::Gap(gap)) => Some(gap.clone()),
        Err(Miss::Gone) => Some(DESCRIBE_HUB.gap(GapCode::ServiceError, "")),
    };
    let pages = u32::from(answer.result.is_ok());
    Counted { operation: &DESCRIBE_HUB, pages, gap, captures: answer.captures.clone() }
}

/// How something was counted.
#[derive(Debug, Clone)]
struct Counted {
    operation: &'static Operation,
    pages: u32,
    gap: Option<Gap>,
    captures: Vec<CaptureId>,
}

fn population(site: Site<'_>, region: &str, r#type: &str, count: usize, counted: &Counted) -> Population {
    Population {
        account: site.account.to_owned(),
        region: region.to_owned(),
        r#type: r#type.to_owned(),
        count: count as u64,
        counted_by: counted.operation.label(),
        pages: counted.pages,
        complete: counted.gap.is_none(),
        gap: counted.gap.clone(),
        gone: Vec::new(),
        captures: counted.captures.clone(),
    }
}

async fn hub_resources(site: Site<'_>, hubs: &[(&str, HubAnswer)]) -> Vec<Resource> {
    let on = hubs.iter().filter_map(|(region, answer)| answer.result.as_ref().ok().map(|hub| (*region, hub, answer)));
    join_all(on.map(|(region, output, answer)| async move {
        let mut hub = hub(output);
        let standards = async {
            if !site.needs.wants(Hub::TYPE, "enabled_standards") {
                return None;
            }
            Some(enabled_standards(site, region).await)
        };
        let open = async {
            if !site.needs.wants(Hub::TYPE, "open_findings") {
                return None;
            }
            Some(open_findings(site, region).await)
        };
        let (standards, open) = futures::join!(standards, open);
        hub.enabled_standards = standards.unwrap_or_default();
        hub.open_findings = open.unwrap_or_default();
        let arn = format!("arn:{}:securityhub:{region}:{}:hub/default", site.partition, site.account);
        let id = output.hub_arn().unwrap_or(&arn);
        Resource::new(Place { id, name: "default", account: site.account, region }, &hub, &answer.captures)
    }))
    .await
}

fn hub(output: &DescribeHubOutput) -> Hub {
    Hub {
        subscribed_at: output.subscribed_at().map(ToOwned::to_owned),
        auto_enable_controls: output.auto_enable_controls(),
        control_finding_generator: output.control_finding_generator().map(|kind| kind.as_str().to_owned()),
        ..Hub::default()
    }
}

async fn enabled_standards(site: Site<'_>, region: &str) -> Attr<Vec<StandardsSubscription>> {
    let paginator = client(site, region).get_enabled_standards().into_paginator().stop_on_duplicate_token(false);
    let listing = site.pages_in(region, &GET_ENABLED_STANDARDS, paginator.send()).await;
    listing.into_attr(|page| page.standards_subscriptions.unwrap_or_default()).map(|subscriptions| {
        let mut standards: Vec<StandardsSubscription> = subscriptions.iter().map(standard).collect();
        standards.sort();
        standards
    })
}

fn standard(subscription: &sdk::StandardsSubscription) -> StandardsSubscription {
    StandardsSubscription {
        standards_arn: subscription.standards_arn().map(ToOwned::to_owned),
        standards_status: subscription.standards_status().map(|status| status.as_str().to_owned()),
        status_reason_code: subscription
            .standards_status_reason()
            .and_then(|reason| reason.status_reason_code())
            .map(|code| code.as_str().to_owned()),
    }
}

fn equal(value: &str) -> sdk::StringFilter {
    sdk::StringFilter::builder().value(value).comparison(sdk::StringFilterComparison::Equals).build()
}

/// Asked in each region itself, aggregation or not: findings older than the link between two
/// regions need not have been replicated, and the old ones are those that matter here.
async fn open_findings(site: Site<'_>, region: &str) -> Attr<Vec<Attr<Finding>>> {
    let filters = own(site, "ACTIVE")
        .region(equal(region))
        .workflow_status(equal("NEW"))
        .severity_label(equal("CRITICAL"))
        .severity_label(equal("HIGH"))
        .build();
    let (findings, counted) = findings(site, region, filters).await;
    let findings = findings.into_values().map(|(_, finding)| finding).collect();
    partial(findings, counted.gap).from_captures(counted.captures)
}

/// A filter for the account's own findings: an administrator also sees those of its members, which
/// are judged with the members.
fn own(site: Site<'_>, record_state: &str) -> sdk::builders::AwsSecurityFindingFiltersBuilder {
    sdk::AwsSecurityFindingFilters::builder().aws_account_id(equal(site.account)).record_state(equal(record_state))
}

/// Findings by id, each with the region it is about; the region asked where it does not say.
async fn findings(
    site: Site<'_>,
    region: &str,
    filters: sdk::AwsSecurityFindingFilters,
) -> (BTreeMap<String, (String, Finding)>, Counted) {
    let paginator = client(site, region)
        .get_findings()
        .filters(filters)
        .max_results(100)
        .into_paginator()
        .stop_on_duplicate_token(false);
    let listing = site.pages_in(region, &GET_FINDINGS, paginator.send()).await;
    let found = listing.pages.iter().flat_map(GetFindingsOutput::findings).map(|told| {
        (told.id().unwrap_or_default().to_owned(), (told.region().unwrap_or(region).to_owned(), finding(told)))
    });
    (found.collect(), counted(&listing))
}

fn counted<T>(listing: &Listing<T>) -> Counted {
    let gap = match &listing.broken {
        None => None,
        Some(Miss::Gap(gap)) => Some(gap.clone()),
        Some(Miss::Absent | Miss::Gone) => Some(listing.operation.gap(GapCode::ServiceError, "")),
    };
    let pages = u32::try_from(listing.pages.len()).unwrap_or(u32::MAX);
    Counted { operation: listing.operation, pages, gap, captures: listing.captures.clone() }
}

fn finding(finding: &sdk::AwsSecurityFinding) -> Finding {
    let text = |text: Option<&str>| text.map(ToOwned::to_owned);
    let compliance = finding.compliance();
    Finding {
        id: text(finding.id()),
        title: text(finding.title()),
        security_control_id: text(compliance.and_then(sdk::Compliance::security_control_id)),
        compliance_status: text(compliance.and_then(|compliance| Some(compliance.status()?.as_str()))),
        workflow_status: text(finding.workflow().and_then(|workflow| Some(workflow.status()?.as_str()))),
        record_state: text(finding.record_state().map(sdk::RecordState::as_str)),
        severity_label: text(finding.severity().and_then(|severity| Some(severity.label()?.as_str()))),
        resource_ids: finding.resources().iter().filter_map(sdk::Resource::id).map(ToOwned::to_owned).collect(),
        generator_id: text(finding.generator_id()),
        product_name: text(finding.product_name()),
        first_observed_at: text(finding.first_observed_at()),
        created_at: text(finding.created_at()),
        updated_at: text(finding.updated_at()),
        aws_account_id: text(finding.aws_account_id()),
    }
}

/// A region that findings are read in, and the regions whose findings are read there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reader<'a> {
    at: &'a str,
    covers: BTreeSet<&'a str>,
}

/// Who reads the findings of whom: every region its own, but those that a home region in scope
/// aggregates are read there.
fn readers<'a>(on: &BTreeSet<&'a str>, aggregator: Option<&Aggregation>) -> Vec<Reader<'a>> {
    let home = aggregator.and_then(|aggregation| on.get(aggregation.home.as_str()).copied());
    let linked = |region: &str| {
        home.is_some_and(|home| region == home || aggregator.is_some_and(|aggregation| aggregation.links(region)))
    };
    let mut readers: Vec<Reader<'a>> = on
        .iter()
        .filter(|region| !linked(region))
        .map(|region| Reader { at: region, covers: BTreeSet::from([*region]) })
        .collect();
    if let Some(home) = home {
        let covers = on.iter().copied().filter(|region| linked(region)).collect();
        readers.push(Reader { at: home, covers });
    }
    readers
}

/// Which region aggregates the findings of which.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Aggregation {
    home: String,
    mode: String,
    regions: BTreeSet<String>,
}

impl Aggregation {
    fn of(output: &GetFindingAggregatorOutput) -> Option<Self> {
        Some(Self {
            home: output.finding_aggregation_region()?.to_owned(),
            mode: output.region_linking_mode().unwrap_or_default().to_owned(),
            regions: output.regions().iter().cloned().collect(),
        })
    }

    /// Whether findings of a region are replicated to the home region. A mode that we do not know
    /// links nothing: each region is then read itself, which is never wrong.
    fn links(&self, region: &str) -> bool {
        match self.mode.as_str() {
            "ALL_REGIONS" => true,
            "ALL_REGIONS_EXCEPT_SPECIFIED" => !self.regions.contains(region),
            "SPECIFIED_REGIONS" => self.regions.contains(region),
            _ => false,
        }
    }
}

/// The account's aggregation, where it has one and AWS tells us. Where it does not, each region is
/// read itself: nothing is lost but calls, so this needs no gap.
async fn aggregation(site: Site<'_>, on: &BTreeSet<&str>) -> Option<Aggregation> {
    let at = on.first()?;
    let paginator = client(site, at).list_finding_aggregators().into_paginator().stop_on_duplicate_token(false);
    let listing = site.pages_in(at, &LIST_FINDING_AGGREGATORS, paginator.send()).await;
    let arn = listing
        .pages
        .iter()
        .flat_map(ListFindingAggregatorsOutput::finding_aggregators)
        .find_map(sdk::FindingAggregator::finding_aggregator_arn)?;
    let home = arn.split(':').nth(3).filter(|region| on.contains(region)).unwrap_or(at);
    let send = client(site, home).get_finding_aggregator().finding_aggregator_arn(arn).send();
    let answer = site.call_in(home, &GET_FINDING_AGGREGATOR, send).await;
    answer.result.ok().as_ref().and_then(Aggregation::of)
}

/// The findings of the security controls that loaded controls name, with a population for every
/// region: complete and empty where Security Hub is off.
async fn control_findings(site: Site<'_>, hubs: &[(&str, HubAnswer)]) -> Collected {
    let mut collected = Collected::default();
    let ids: Vec<&str> = site.needs.security_controls().iter().map(String::as_str).collect();
    if ids.is_empty() {
        return collected;
    }
    let on: BTreeSet<&str> =
        hubs.iter().filter(|(_, answer)| answer.result.is_ok()).map(|(region, _)| *region).collect();
    for (region, answer) in hubs.iter().filter(|(region, _)| !on.contains(region)) {
        collected.populations.push(population(site, region, Finding::TYPE, 0, &hub_listing(answer)));
    }
    let aggregation = if on.len() > 1 { aggregation(site, &on).await } else { None };
    let read = join_all(readers(&on, aggregation.as_ref()).into_iter().map(|reader| {
        let ids = &ids;
        async move {
            let chunks = join_all(ids.chunks(FILTER_VALUES).map(|ids| {
                let mut filters = own(site, "ACTIVE");
                for id in ids {
                    filters = filters.compliance_security_control_id(equal(id));
                }
                if reader.covers.len() == 1 {
                    filters = filters.region(equal(reader.at));
                }
                findings(site, reader.at, filters.build())
            }))
            .await;
            (reader, chunks)
        }
    }))
    .await;
    for (reader, chunks) in read {
        let counted = together(chunks.iter().map(|(_, counted)| counted));
        let mut by_region: BTreeMap<&str, u64> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for (findings, counted) in &chunks {
            for (id, (region, finding)) in findings {
                let Some(region) = reader.covers.get(region.as_str()) else { continue };
                if !seen.insert(id.as_str()) {
                    continue;
                }
                *by_region.entry(region).or_default() += 1;
                let name = finding.title.as_deref().unwrap_or(id);
                let place = Place { id, name, account: site.account, region };
                collected.resources.push(Resource::new(place, finding, &counted.captures));
            }
        }
        for region in &reader.covers {
            let count = by_region.get(region).copied().unwrap_or_default();
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            collected.populations.push(population(site, region, Finding::TYPE, count, &counted));
        }
    }
    collected
}

/// Several listings as one: broken where one of them is.
fn together<'a>(parts: impl Iterator<Item = &'a Counted>) -> Counted {
    let mut all = Counted { operation: &GET_FINDINGS, pages: 0, gap: None, captures: Vec::new() };
    for part in parts {
        all.pages = all.pages.saturating_add(part.pages);
        all.gap = all.gap.or_else(|| part.gap.clone());
        all.captures.extend(&part.captures);
    }
    all.captures.sort_unstable();
    all.captures.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::operation::Miss;

    #[test]
    fn not_subscribed_is_a_complete_count_of_none_and_any_other_error_is_a_gap() {
        for code in ["InvalidAccessException", "ResourceNotFoundException"] {
            assert_eq!(DESCRIBE_HUB.judge(Some(code), Some(401), ""), Miss::Absent, "{code}");
        }
        for code in ["AccessDeniedException", "InternalException", "LimitExceededException", "InvalidInputException"] {
            assert!(matches!(DESCRIBE_HUB.judge(Some(code), Some(400), ""), Miss::Gap(_)), "{code}");
        }
        for operation in [&GET_FINDINGS, &GET_ENABLED_STANDARDS, &LIST_FINDING_AGGREGATORS, &GET_FINDING_AGGREGATOR] {
            assert!(matches!(operation.judge(Some("InvalidAccessException"), Some(401), ""), Miss::Gap(_)));
        }
        let off = Answer { operation: &DESCRIBE_HUB, result: Err(Miss::Absent), captures: vec![4] };
        let counted = hub_listing(&off);
        assert_eq!((counted.gap, counted.captures), (None, vec![4]));
        let denied = DESCRIBE_HUB.gap(GapCode::AccessDenied, "");
        let refused = Answer { operation: &DESCRIBE_HUB, result: Err(Miss::Gap(denied.clone())), captures: vec![] };
        assert_eq!(hub_listing(&refused).gap, Some(denied));
    }

    fn output(mode: &str, regions: &[&str]) -> Aggregation {
        let output = GetFindingAggregatorOutput::builder()
            .finding_aggregation_region("us-east-1")
            .region_linking_mode(mode)
            .set_regions(Some(regions.iter().map(|region| (*region).to_owned()).collect()))
            .build();
        Aggregation::of(&output).expect("a home region")
    }

    fn plan(on: &[&'static str], aggregation: Option<&Aggregation>) -> Vec<(&'static str, Vec<&'static str>)> {
        let on: BTreeSet<&'static str> = on.iter().copied().collect();
        readers(&on, aggregation).into_iter().map(|reader| (reader.at, reader.covers.into_iter().collect())).collect()
    }

    #[test]
    fn findings_of_linked_regions_are_read_in_the_home_region_and_nowhere_else() {
        let regions = ["eu-west-1", "us-east-1", "us-west-2"];
        let own = |at| (at, vec![at]);
        assert_eq!(plan(&regions, None), [own("eu-west-1"), own("us-east-1"), own("us-west-2")]);
        assert_eq!(plan(&regions, Some(&output("ALL_REGIONS", &[]))), [("us-east-1", regions.to_vec())]);
        assert_eq!(
            plan(&regions, Some(&output("SPECIFIED_REGIONS", &["us-west-2"]))),
            [own("eu-west-1"), ("us-east-1", vec!["us-east-1", "us-west-2"])]
        );
        assert_eq!(
            plan(&regions, Some(&output("ALL_REGIONS_EXCEPT_SPECIFIED", &["us-west-2"]))),
            [own("us-west-2"), ("us-east-1", vec!["eu-west-1", "us-east-1"])]
        );
        assert_eq!(plan(&regions, Some(&output("A_NEW_MODE", &[]))).len(), 3);
    }

    #[test]
    fn a_home_region_out_of_scope_reads_for_nobody() {
        let all = output("ALL_REGIONS", &[]);
        assert_eq!(plan(&["eu-west-1", "us-west-2"], Some(&all)).len(), 2);
    }

    #[test]
    fn a_finding_keeps_what_is_compared() {
        let told = sdk::AwsSecurityFinding::builder()
            .id("f")
            .compliance(
                sdk::Compliance::builder().status(sdk::ComplianceStatus::Failed).security_control_id("S3.5").build(),
            )
            .workflow(sdk::Workflow::builder().status(sdk::WorkflowStatus::New).build())
            .severity(sdk::Severity::builder().label(sdk::SeverityLabel::High).build())
            .resources(sdk::Resource::builder().r#type("AwsS3Bucket").id("arn:aws:s3:::b").build())
            .build();
        let finding = finding(&told);
        assert_eq!(finding.security_control_id.as_deref(), Some("S3.5"));
        assert_eq!(finding.compliance_status.as_deref(), Some("FAILED"));
        assert_eq!(finding.severity_label.as_deref(), Some("HIGH"));
        assert_eq!(finding.resource_ids, ["arn:aws:s3:::b"]);
    }

    #[test]
    fn one_broken_listing_of_several_breaks_the_whole() {
        let good = Counted { operation: &GET_FINDINGS, pages: 2, gap: None, captures: vec![3] };
        let gap = GET_FINDINGS.gap(GapCode::Throttled, "");
        let bad = Counted { operation: &GET_FINDINGS, pages: 1, gap: Some(gap.clone()), captures: vec![2] };
        let all = together([&good, &bad].into_iter());
        assert_eq!((all.pages, all.gap, all.captures), (3, Some(gap), vec![2, 3]));
    }
}
