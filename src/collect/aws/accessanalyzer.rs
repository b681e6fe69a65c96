//! IAM Access Analyzer: analyzers, and the active findings of those of external access.

use aws_sdk_accessanalyzer::Client;
use aws_sdk_accessanalyzer::types::{AnalyzerSummary, Criterion, FindingSummaryV2, FindingType};
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::{self, StreamExt as _};

use super::time::rfc3339;
use crate::collect::call::Site;
use crate::collect::operation::{Miss, Operation};
use crate::collect::{Collected, Collector, Provided, Reach};
use crate::model::attr::Attr;
use crate::model::resource::accessanalyzer::{Analyzer, Finding};
use crate::model::resource::{Place, Resource, TypedResource};

static LIST_ANALYZERS: Operation =
    Operation::new("access-analyzer", "ListAnalyzers", "access-analyzer:ListAnalyzers").answers("analyzers");
// The action lacks the `V2` that the operation has.
static LIST_FINDINGS: Operation = Operation::new("access-analyzer", "ListFindingsV2", "access-analyzer:ListFindings")
    .answers("findings")
    .gone(&["ResourceNotFoundException"]);

static PROVIDES: &[Provided] = &[
    Provided { r#type: Analyzer::TYPE, attribute: None, operations: &[&LIST_ANALYZERS] },
    Provided { r#type: Analyzer::TYPE, attribute: Some("active_findings"), operations: &[&LIST_FINDINGS] },
];

/// The types of analyzer that look for access from outside.
const EXTERNAL: [&str; 2] = ["ACCOUNT", "ORGANIZATION"];

/// Collects analyzers, region by region.
pub struct AccessAnalyzer;

impl Collector for AccessAnalyzer {
    fn service(&self) -> &'static str {
        "access-analyzer"
    }

    fn reach(&self) -> Reach {
        Reach::Regional
    }

    fn provides(&self) -> &'static [Provided] {
        PROVIDES
    }

    fn collect<'a>(&'a self, site: Site<'a>) -> BoxFuture<'a, Collected> {
        collect(site).boxed()
    }
}

async fn collect(site: Site<'_>) -> Collected {
    let client = super::client!(site, aws_sdk_accessanalyzer, "access-analyzer", site.region);
    let stream = client.list_analyzers().into_paginator().stop_on_duplicate_token(false).send();
    let listing = site.pages(&LIST_ANALYZERS, stream).await;
    let wanted = site.needs.wants(Analyzer::TYPE, "active_findings");
    let mut looks = Vec::new();
    for summary in listing.pages.iter().flat_map(|page| &page.analyzers) {
        looks.push(look(site, &client, summary, wanted));
    }
    let looked: Vec<_> = stream::iter(looks).buffered(4).collect().await;
    let resources = looked.into_iter().map(|(summary, active_findings)| {
        let findings = active_findings.ok_or_else(|| summary.arn().to_owned())?;
        let place = Place { id: summary.arn(), name: summary.name(), account: site.account, region: site.region };
        Ok(Resource::new(place, &analyzer(summary, findings), &listing.captures))
    });
    listing.collected(&site, Analyzer::TYPE, resources)
}

/// An analyzer and its findings, which are asked for where they are wanted and can be had.
async fn look<'a>(
    site: Site<'_>,
    client: &Client,
    summary: &'a AnalyzerSummary,
    wanted: bool,
) -> (&'a AnalyzerSummary, Option<Attr<Vec<Finding>>>) {
    let asked = wanted && EXTERNAL.contains(&summary.r#type().as_str());
    (summary, if asked { findings(site, client, summary.arn()).await } else { Some(Attr::default()) })
}

/// The active findings of an analyzer, oldest first; `None` where it was deleted meanwhile.
async fn findings(site: Site<'_>, client: &Client, arn: &str) -> Option<Attr<Vec<Finding>>> {
    let stream = client
        .list_findings_v2()
        .analyzer_arn(arn)
        .filter("status", Criterion::builder().eq("ACTIVE").build())
        .max_results(100)
        .into_paginator()
        .stop_on_duplicate_token(false)
        .send();
    let listing = site.pages(&LIST_FINDINGS, stream).await;
    if matches!(listing.broken, Some(Miss::Gone)) {
        return None;
    }
    let found = listing.into_attr(|page| page.findings.iter().filter_map(finding).collect());
    Some(found.map(|mut findings: Vec<Finding>| {
        findings.sort_by(|a, b| (&a.created_at, &a.id).cmp(&(&b.created_at, &b.id)));
        findings
    }))
}

/// A finding, where it is of access from outside. One without a type is taken for such.
fn finding(summary: &FindingSummaryV2) -> Option<Finding> {
    if summary.finding_type().is_some_and(|r#type| *r#type != FindingType::ExternalAccess) {
        return None;
    }
    Some(Finding {
        id: summary.id().to_owned(),
        created_at: rfc3339(summary.created_at()),
        resource: summary.resource().map(ToOwned::to_owned),
        resource_type: Some(summary.resource_type().as_str().to_owned()),
        resource_owner_account: Some(summary.resource_owner_account().to_owned()),
    })
}

fn analyzer(summary: &AnalyzerSummary, active_findings: Attr<Vec<Finding>>) -> Analyzer {
    Analyzer {
        analyzer_type: Some(summary.r#type().as_str().to_owned()),
        status: Some(summary.status().as_str().to_owned()),
        created_at: rfc3339(summary.created_at()),
        last_resource_analyzed_at: summary.last_resource_analyzed_at().and_then(rfc3339),
        active_findings,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_accessanalyzer::types::{FindingStatus, ResourceType};
    use aws_smithy_types::DateTime;

    use super::super::script::{self, Reply};
    use super::*;
    use crate::model::gap::GapCode;

    #[test]
    fn a_deleted_analyzer_is_gone_and_a_denied_read_is_a_gap() {
        assert_eq!(LIST_FINDINGS.judge(Some("ResourceNotFoundException"), Some(404), ""), Miss::Gone);
        for operation in [&LIST_ANALYZERS, &LIST_FINDINGS] {
            for (code, status, expected) in [
                ("AccessDeniedException", 403, GapCode::AccessDenied),
                ("ThrottlingException", 429, GapCode::Throttled),
                ("InternalServerException", 500, GapCode::ServerError),
                ("ValidationException", 400, GapCode::ServiceError),
            ] {
                let Miss::Gap(gap) = operation.judge(Some(code), Some(status), "") else { panic!("{code}") };
                assert_eq!(gap.code, expected, "{code}");
            }
        }
    }

    #[test]
    fn findings_of_unused_access_are_left_out() {
        let of = |r#type: Option<FindingType>| {
            FindingSummaryV2::builder()
                .id("f")
                .created_at(DateTime::from_secs(0))
                .updated_at(DateTime::from_secs(9))
                .analyzed_at(DateTime::from_secs(9))
                .status(FindingStatus::Active)
                .resource_type(ResourceType::AwsS3Bucket)
                .resource_owner_account("123456789012")
                .set_finding_type(r#type)
                .build()
                .expect("all members given")
        };
        assert_eq!(finding(&of(Some(FindingType::UnusedIamRole))), None);
        let found = finding(&of(Some(FindingType::ExternalAccess))).expect("a finding");
        assert_eq!(found.created_at.as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(found.resource_type.as_deref(), Some("AWS::S3::Bucket"));
        assert!(finding(&of(None)).is_some());
    }
    fn refused(status: u16, code: &str) -> Reply {
        (status, format!("{{\"__type\": \"{code}\", \"message\": \"no\"}}"))
    }

    fn analyzers() -> Reply {
        let one = |name: &str, r#type: &str| {
            format!(
                "{{\"arn\": \"arn:aws:access-analyzer:eu-west-1:123456789012:analyzer/{name}\", \"name\": \"{name}\", \
                 \"type\": \"{type}\", \"status\": \"ACTIVE\", \"createdAt\": \"2026-01-01T00:00:00Z\"}}"
            )
        };
        (200, format!("{{\"analyzers\": [{}, {}]}}", one("a", "ACCOUNT"), one("u", "ACCOUNT_UNUSED_ACCESS")))
    }

    fn findings_page(id: &str, created: &str, next: Option<&str>) -> Reply {
        let token = next.map(|token| format!(", \"nextToken\": \"{token}\"")).unwrap_or_default();
        let finding = format!(
            "{{\"id\": \"{id}\", \"createdAt\": \"{created}\", \"updatedAt\": \"{created}\", \"analyzedAt\": \"{created}\", \
             \"status\": \"ACTIVE\", \"resourceType\": \"AWS::S3::Bucket\", \"resource\": \"arn:aws:s3:::b\", \
             \"resourceOwnerAccount\": \"123456789012\", \"findingType\": \"ExternalAccess\"}}"
        );
        (200, format!("{{\"findings\": [{finding}]{token}}}"))
    }

    async fn run(replies: impl IntoIterator<Item = (&'static str, Vec<Reply>)>) -> (Collected, Vec<&'static str>) {
        let needs = [(Analyzer::TYPE, Some("active_findings"))];
        script::collect(&AccessAnalyzer, "eu-west-1", &needs, replies, refused(403, "AccessDeniedException")).await
    }

    #[tokio::test]
    async fn findings_of_every_page_come_oldest_first_and_only_of_external_access() {
        let pages = vec![
            findings_page("young", "2026-05-01T00:00:00Z", Some("t")),
            findings_page("old", "2026-01-01T00:00:00Z", None),
        ];
        let (collected, asked) = run([("ListAnalyzers", vec![analyzers()]), ("ListFindingsV2", pages)]).await;
        let found = &collected.resources[0].attributes["active_findings"];
        assert_eq!((&found[0]["id"], &found[1]["id"]), (&"old".into(), &"young".into()));
        assert_eq!(collected.resources[1].unknown["/active_findings"].code, GapCode::NotCollected);
        assert_eq!(asked, ["ListAnalyzers", "ListFindingsV2", "ListFindingsV2"]);
        assert!(collected.populations[0].complete);
    }

    #[tokio::test]
    async fn denied_findings_and_a_denied_listing_are_gaps_and_a_deleted_analyzer_is_gone() {
        let (collected, _) = run([("ListAnalyzers", vec![analyzers()])]).await;
        let gap = &collected.resources[0].unknown["/active_findings"];
        assert_eq!((gap.code, gap.action.as_deref()), (GapCode::AccessDenied, Some("access-analyzer:ListFindings")));

        let (collected, _) = run([]).await;
        assert!(collected.resources.is_empty() && !collected.populations[0].complete);

        let deleted = vec![refused(404, "ResourceNotFoundException")];
        let (collected, _) = run([("ListAnalyzers", vec![analyzers()]), ("ListFindingsV2", deleted)]).await;
        assert_eq!(collected.resources.len(), 1);
        assert_eq!(collected.populations[0].gone, ["arn:aws:access-analyzer:eu-west-1:123456789012:analyzer/a"]);
    }
}
