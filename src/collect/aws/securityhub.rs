//! Security Hub CSPM: hubs, standards, open findings, and the findings of the controls that ours
//! are compared with.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{FutureExt as _, join_all};
use serde_json::{Value, json};

use super::partial;
use crate::collect::api::document::{Document, Node};
use crate::collect::exchange::answer::{Answer, Listing};
use crate::collect::exchange::operation::{Api, NoValue, Operation, Rate};
use crate::collect::inventory::service::{OwnType, tells};
use crate::collect::inventory::{Collected, Count, Item, Own, Service, ServiceScope, Table};
use crate::collect::site::Site;
use crate::model::attr::Attr;
use crate::model::gap::GapCode;
use crate::model::resource::TypedResource as _;
use crate::model::resource::securityhub::{Finding, Hub, StandardsSubscription};

/// Most values that `GetFindings` takes for one attribute (API Reference, `AwsSecurityFindingFilters`).
const FILTER_VALUES: usize = 20;

/// What a finding tells of its resource that can be a secret: environment variables, user data, keys,
/// passwords, and fields of any name (`Other`). Source: AWS Security Finding Format, `ResourceDetails`.
const FINDING_SECRETS: &[&str] = &[
    "Findings.Resources.Details.AwsApiGatewayStage.Variables",
    "Findings.Resources.Details.AwsApiGatewayV2Stage.StageVariables",
    "Findings.Resources.Details.AwsAutoScalingLaunchConfiguration.UserData",
    "Findings.Resources.Details.AwsCloudFormationStack.Outputs.OutputValue",
    "Findings.Resources.Details.AwsCodeBuildProject.Environment.EnvironmentVariables.Value",
    "Findings.Resources.Details.AwsCodeBuildProject.Source.Location",
    "Findings.Resources.Details.AwsDmsEndpoint.ExtraConnectionAttributes",
    "Findings.Resources.Details.AwsEc2LaunchTemplate.LaunchTemplateData.UserData",
    "Findings.Resources.Details.AwsEc2VpnConnection.CustomerGatewayConfiguration",
    "Findings.Resources.Details.AwsEc2VpnConnection.Options.TunnelOptions.PreSharedKey",
    "Findings.Resources.Details.AwsEcsTaskDefinition.ContainerDefinitions.Command",
    "Findings.Resources.Details.AwsEcsTaskDefinition.ContainerDefinitions.DockerLabels",
    "Findings.Resources.Details.AwsEcsTaskDefinition.ContainerDefinitions.EntryPoint",
    "Findings.Resources.Details.AwsEcsTaskDefinition.ContainerDefinitions.Environment.Value",
    "Findings.Resources.Details.AwsEcsTaskDefinition.ContainerDefinitions.LogConfiguration.Options",
    "Findings.Resources.Details.AwsElasticBeanstalkEnvironment.OptionSettings.Value",
    "Findings.Resources.Details.AwsLambdaFunction.Environment.Variables",
    "Findings.Resources.Details.AwsOpenSearchServiceDomain.AdvancedSecurityOptions.MasterUserOptions.MasterUserPassword",
    "Findings.Resources.Details.AwsRdsDbInstance.PendingModifiedValues.MasterUserPassword",
    "Findings.Resources.Details.AwsRedshiftCluster.PendingModifiedValues.MasterUserPassword",
    "Findings.Resources.Details.AwsSnsTopic.Subscription.Endpoint",
    "Findings.Resources.Details.Other",
];

const API: Api = Api::new("securityhub", Rate::per_second("securityhub", 10.0));
/// `InvalidAccessException` is how AWS says that the account has not switched Security Hub on in
/// the region; `ResourceNotFoundException` that there is no hub. Every other error is a gap.
static DESCRIBE_HUB: Operation = API
    .operation("DescribeHub")
    .no_secrets()
    .must(&["HubArn"])
    .absent(&["InvalidAccessException", "ResourceNotFoundException"]);
static GET_ENABLED_STANDARDS: Operation =
    API.operation("GetEnabledStandards").no_secrets().must(&["StandardsSubscriptions"]);
static GET_FINDINGS: Operation = API.operation("GetFindings").secrets(FINDING_SECRETS).must(&["Findings"]);
static LIST_FINDING_AGGREGATORS: Operation =
    API.operation("ListFindingAggregators").no_secrets().must(&["FindingAggregators"]);
static GET_FINDING_AGGREGATOR: Operation =
    API.operation("GetFindingAggregator").no_secrets().must(&["FindingAggregatorArn"]);

/// Hubs in every region in scope, and the findings of the security controls that
/// [`crate::collect::needs::RequiredAttributes::security_controls`] names. Where a home region aggregates
/// findings and is in scope, those of its linked regions are read there, once.
pub static SERVICE: Service = Service {
    name: "securityhub",
    scope: ServiceScope::Global,
    tables: &[Table::Own(Own {
        types: &[
            OwnType {
                r#type: Hub::TYPE,
                listed_by: &[&DESCRIBE_HUB],
                tells: &[
                    tells("enabled_standards", &[&GET_ENABLED_STANDARDS]),
                    tells("open_findings", &[&GET_FINDINGS]),
                ],
            },
            OwnType {
                r#type: Finding::TYPE,
                listed_by: &[&DESCRIBE_HUB, &LIST_FINDING_AGGREGATORS, &GET_FINDING_AGGREGATOR, &GET_FINDINGS],
                tells: &[],
            },
        ],
        collect: |site| security_hub(site).boxed(),
    })],
};

type HubAnswer = Answer<Document>;

async fn security_hub(site: Site<'_>) -> Collected {
    let hubs = join_all(
        site.regions
            .iter()
            .map(|region| async move { (region.as_str(), site.ask_in(region, &DESCRIBE_HUB, Value::Null).await) }),
    )
    .await;
    let (counted, findings) = futures::join!(
        join_all(hubs.iter().map(|(region, answer)| hub_of(site, region, answer))),
        control_findings(site, &hubs)
    );
    let mut collected = findings;
    for hub in counted {
        collected.extend(hub);
    }
    collected
}

/// The hub of a region, where it has one: not subscribed is a complete count of none.
async fn hub_of(site: Site<'_>, region: &str, answer: &HubAnswer) -> Collected {
    let mut count = Count::of_answer(&site, region, Hub::TYPE, answer);
    if let Ok(output) = &answer.result {
        let output = output.root();
        let mut hub = hub(output);
        let standards = async {
            if !site.needs.requires(Hub::TYPE, "enabled_standards") {
                return None;
            }
            Some(enabled_standards(site, region).await)
        };
        let open = async {
            if !site.needs.requires(Hub::TYPE, "open_findings") {
                return None;
            }
            Some(open_findings(site, region).await)
        };
        let (standards, open) = futures::join!(standards, open);
        hub.enabled_standards = standards.unwrap_or_default();
        hub.open_findings = open.unwrap_or_default();
        count.add(Item::new(output.str_of("HubArn"), Some("default"), &hub), &[]);
    }
    count.done()
}

fn hub(output: Node<'_>) -> Hub {
    Hub {
        subscribed_at: output.text("SubscribedAt"),
        auto_enable_controls: output.flag("AutoEnableControls"),
        control_finding_generator: output.text("ControlFindingGenerator"),
        ..Hub::default()
    }
}

async fn enabled_standards(site: Site<'_>, region: &str) -> Attr<Vec<StandardsSubscription>> {
    let listing = site.list_in(region, &GET_ENABLED_STANDARDS, Value::Null).await;
    let page = |page: Document| page.root().list("StandardsSubscriptions").map(standard).collect();
    listing.into_attr(page).map(|mut standards: Vec<StandardsSubscription>| {
        standards.sort();
        standards
    })
}

fn standard(subscription: Node<'_>) -> StandardsSubscription {
    StandardsSubscription {
        standards_arn: subscription.text("StandardsArn"),
        standards_status: subscription.text("StandardsStatus"),
        status_reason_code: subscription.get("StandardsStatusReason").text("StatusReasonCode"),
    }
}

/// Filters that a finding must equal one value of each.
fn equal<'a>(values: impl IntoIterator<Item = &'a str>) -> Value {
    values.into_iter().map(|value| json!({"Value": value, "Comparison": "EQUALS"})).collect()
}

/// Asked in each region itself, aggregation or not: findings older than the link between two
/// regions need not have been replicated, and the old ones are those that matter here.
async fn open_findings(site: Site<'_>, region: &str) -> Attr<Vec<Attr<Finding>>> {
    let mut filters = own(site);
    filters["Region"] = equal([region]);
    filters["WorkflowStatus"] = equal(["NEW"]);
    filters["SeverityLabel"] = equal(["CRITICAL", "HIGH"]);
    let listing = findings(site, region, filters).await;
    let gap = listing.gap();
    let found = by_id(&listing, region).into_values().map(|(_, finding)| finding).collect();
    partial(found, gap).from_captures(listing.captures)
}

/// A filter for the account's own findings: an administrator also sees those of its members, which
/// are judged with the members.
fn own(site: Site<'_>) -> Value {
    json!({"AwsAccountId": equal([site.account]), "RecordState": equal(["ACTIVE"])})
}

async fn findings(site: Site<'_>, region: &str, filters: Value) -> Listing<Document> {
    let mut listing = site.list_in(region, &GET_FINDINGS, json!({"Filters": filters, "MaxResults": 100})).await;
    // The table of this operation has no code for "there is none".
    if matches!(listing.broken, Some(NoValue::Absent | NoValue::Gone)) {
        listing.broken = Some(NoValue::Gap(GET_FINDINGS.gap(GapCode::ServiceError, "")));
    }
    listing
}

/// Findings by id, each with the region it is about; the region asked where it does not say.
fn by_id(listing: &Listing<Document>, region: &str) -> BTreeMap<String, (String, Finding)> {
    let findings = listing.items("Findings").into_iter();
    findings
        .map(|told| {
            let about = told.text("Region").unwrap_or_else(|| region.to_owned());
            (told.text("Id").unwrap_or_default(), (about, finding(told)))
        })
        .collect()
}

fn finding(finding: Node<'_>) -> Finding {
    let compliance = finding.get("Compliance");
    Finding {
        id: finding.text("Id"),
        title: finding.text("Title"),
        security_control_id: compliance.text("SecurityControlId"),
        compliance_status: compliance.text("Status"),
        workflow_status: finding.get("Workflow").text("Status"),
        record_state: finding.text("RecordState"),
        severity_label: finding.get("Severity").text("Label"),
        resource_ids: finding.list("Resources").filter_map(|resource| resource.text("Id")).collect(),
        generator_id: finding.text("GeneratorId"),
        product_name: finding.text("ProductName"),
        first_observed_at: finding.text("FirstObservedAt"),
        created_at: finding.text("CreatedAt"),
        updated_at: finding.text("UpdatedAt"),
        aws_account_id: finding.text("AwsAccountId"),
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
    fn of(output: Node<'_>) -> Option<Self> {
        Some(Self {
            home: output.text("FindingAggregationRegion")?,
            mode: output.text("RegionLinkingMode").unwrap_or_default(),
            regions: output.texts("Regions").into_iter().collect(),
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
    let listing = site.list_in(at, &LIST_FINDING_AGGREGATORS, Value::Null).await;
    let arn = listing.items("FindingAggregators").into_iter().find_map(|it| it.text("FindingAggregatorArn"))?;
    let home = arn.split(':').nth(3).filter(|region| on.contains(region)).unwrap_or(at);
    let answer = site.ask_in(home, &GET_FINDING_AGGREGATOR, json!({"FindingAggregatorArn": arn})).await;
    answer.result.ok().and_then(|output| Aggregation::of(output.root()))
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
        collected.extend(Count::of_answer(&site, region, Finding::TYPE, answer).done());
    }
    let aggregation = if on.len() > 1 { aggregation(site, &on).await } else { None };
    let read = join_all(readers(&on, aggregation.as_ref()).into_iter().map(|reader| {
        let ids = &ids;
        async move {
            let chunks = join_all(ids.chunks(FILTER_VALUES).map(|ids| {
                let mut filters = own(site);
                filters["ComplianceSecurityControlId"] = equal(ids.iter().copied());
                if reader.covers.len() == 1 {
                    filters["Region"] = equal([reader.at]);
                }
                findings(site, reader.at, filters)
            }))
            .await;
            (reader, chunks)
        }
    }))
    .await;
    for (reader, chunks) in read {
        let all = together(&chunks);
        let mut counts: BTreeMap<&str, Count> = reader
            .covers
            .iter()
            .map(|region| (*region, Count::in_region(&site, region, Finding::TYPE, &all)))
            .collect();
        let mut seen = BTreeSet::new();
        for chunk in &chunks {
            for (id, (region, finding)) in by_id(chunk, reader.at) {
                let Some(count) = counts.get_mut(region.as_str()) else { continue };
                if seen.insert(id.clone()) {
                    let item = Item::new(Some(id), finding.title.clone(), &finding);
                    count.add_told_by(&region, item, &chunk.captures);
                }
            }
        }
        for count in counts.into_values() {
            collected.extend(count.done());
        }
    }
    collected
}

/// Several listings as one: broken where one of them is.
fn together(parts: &[Listing<Document>]) -> Listing<()> {
    let mut all = Listing { operation: &GET_FINDINGS, pages: Vec::new(), broken: None, captures: Vec::new() };
    for part in parts {
        all.pages.extend(part.pages.iter().map(|_| ()));
        all.broken = all.broken.or_else(|| part.broken.clone());
        all.captures.extend(&part.captures);
    }
    all.captures.sort_unstable();
    all.captures.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_subscribed_is_a_complete_count_of_none_and_any_other_error_is_a_gap() {
        for code in ["InvalidAccessException", "ResourceNotFoundException"] {
            assert_eq!(DESCRIBE_HUB.classify_error(Some(code), Some(401), ""), NoValue::Absent, "{code}");
        }
        for code in ["AccessDeniedException", "InternalException", "LimitExceededException", "InvalidInputException"] {
            assert!(matches!(DESCRIBE_HUB.classify_error(Some(code), Some(400), ""), NoValue::Gap(_)), "{code}");
        }
        for operation in [&GET_FINDINGS, &GET_ENABLED_STANDARDS, &LIST_FINDING_AGGREGATORS, &GET_FINDING_AGGREGATOR] {
            assert!(matches!(operation.classify_error(Some("InvalidAccessException"), Some(401), ""), NoValue::Gap(_)));
        }
    }

    fn output(mode: &str, regions: &[&str]) -> Aggregation {
        let output = json!({"FindingAggregationRegion": "us-east-1", "RegionLinkingMode": mode, "Regions": regions});
        let output = Document::of("securityhub", "GetFindingAggregator", output);
        Aggregation::of(output.root()).expect("a home region")
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
        let told = json!({"Findings": [{
            "Id": "f",
            "Compliance": {"Status": "FAILED", "SecurityControlId": "S3.5"},
            "Workflow": {"Status": "NEW"},
            "Severity": {"Label": "HIGH"},
            "Resources": [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::b"}],
        }]});
        let told = Document::of("securityhub", "GetFindings", told);
        let finding = finding(told.root().list("Findings").next().expect("one"));
        assert_eq!(finding.security_control_id.as_deref(), Some("S3.5"));
        assert_eq!(finding.compliance_status.as_deref(), Some("FAILED"));
        assert_eq!(finding.severity_label.as_deref(), Some("HIGH"));
        assert_eq!(finding.resource_ids, ["arn:aws:s3:::b"]);
    }

    #[test]
    fn one_broken_listing_of_several_breaks_the_whole() {
        let part = |pages: usize, broken, capture| Listing {
            operation: &GET_FINDINGS,
            pages: vec![Document::of("securityhub", "GetFindings", json!({"Findings": []})); pages],
            broken,
            captures: vec![capture],
        };
        let gap = GET_FINDINGS.gap(GapCode::Throttled, "");
        let all = together(&[part(2, None, 3), part(1, Some(NoValue::Gap(gap.clone())), 2)]);
        assert_eq!((all.pages.len(), all.gap(), all.captures), (3, Some(gap), vec![2, 3]));
    }
}
