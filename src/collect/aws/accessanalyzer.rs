//! IAM Access Analyzer: analyzers, and the active findings of those of external access.

use futures::future::FutureExt as _;
use serde_json::{Value, json};

use crate::collect::api::document::{Document, Node};
use crate::collect::exchange::operation::{Api, NoValue, Operation, Rate};
use crate::collect::inventory::service::tells;
use crate::collect::inventory::{Ask, Asked, AttributeValue, Entry, Gone, Item, Listed, Service, ServiceScope, Table};
use crate::model::attr::State;
use crate::model::gap::GapCode;
use crate::model::resource::TypedResource as _;
use crate::model::resource::accessanalyzer::{Analyzer, Finding};

const API: Api = Api::new("access-analyzer", Rate::per_second("access-analyzer", 10.0));
static LIST_ANALYZERS: Operation = API.operation("ListAnalyzers").no_secrets().must(&["analyzers"]);
/// The action lacks the `V2` that the operation has.
static LIST_FINDINGS: Operation = API
    .operation("ListFindingsV2")
    .no_secrets()
    .action_named("access-analyzer:ListFindings")
    .must(&["findings"])
    .gone(&["ResourceNotFoundException"]);

/// The types of analyzer that look for access from outside.
const EXTERNAL: [&str; 2] = ["ACCOUNT", "ORGANIZATION"];

/// Analyzers, region by region.
pub static SERVICE: Service = Service {
    name: "access-analyzer",
    scope: ServiceScope::Regional,
    tables: &[Table::Listed(Listed {
        r#type: Analyzer::TYPE,
        operation: &LIST_ANALYZERS,
        input: |_| Value::Null,
        items: "analyzers",
        read: |entry: &Entry<'_>| Item::new(entry.str_of("arn"), entry.str_of("name"), &analyzer(entry.node)),
        asks: &[Ask::Own {
            tells: &[tells("active_findings", &[&LIST_FINDINGS])],
            ask: |asked| active_findings(asked).boxed(),
        }],
    })],
};

/// The active findings of an analyzer, oldest first. Analyzers that look for other things than access
/// from outside are not asked.
async fn active_findings(asked: Asked<'_>) -> Result<Vec<AttributeValue>, Gone> {
    let looks_outside = asked.node.str_of("type").is_some_and(|r#type| EXTERNAL.contains(&r#type));
    if !looks_outside {
        return Ok(Vec::new());
    }
    let input = json!({"analyzerArn": asked.id, "filter": {"status": {"eq": ["ACTIVE"]}}, "maxResults": 100});
    let listing = asked.site.list(&LIST_FINDINGS, input).await;
    if matches!(listing.broken, Some(NoValue::Gone)) {
        return Err(Gone);
    }
    let findings = |page: Document| page.root().list("findings").filter(is_external).map(finding).collect();
    let findings = listing.into_attr(findings).and_then(oldest_first);
    Ok(vec![AttributeValue::new("active_findings", findings)])
}

/// Whether a finding is of access from outside. One without a type is taken for such.
fn is_external(summary: &Node<'_>) -> bool {
    summary.str_of("findingType").is_none_or(|r#type| r#type == "ExternalAccess")
}

/// A finding; `None` where AWS does not name it.
fn finding(summary: Node<'_>) -> Option<Finding> {
    Some(Finding {
        id: summary.text("id").filter(|id| !id.is_empty())?,
        created_at: summary.text("createdAt"),
        resource: summary.text("resource"),
        resource_type: summary.text("resourceType"),
        resource_owner_account: summary.text("resourceOwnerAccount"),
    })
}

fn oldest_first(findings: Vec<Option<Finding>>) -> State<Vec<Finding>> {
    let Some(mut findings) = findings.into_iter().collect::<Option<Vec<Finding>>>() else {
        return State::Unknown(LIST_FINDINGS.gap(GapCode::MalformedResponse, "a finding was listed without its id"));
    };
    findings.sort_by(|a, b| (&a.created_at, &a.id).cmp(&(&b.created_at, &b.id)));
    findings.dedup();
    State::Known(findings)
}

fn analyzer(summary: Node<'_>) -> Analyzer {
    Analyzer {
        analyzer_type: summary.text("type"),
        status: summary.text("status"),
        created_at: summary.text("createdAt"),
        last_resource_analyzed_at: summary.text("lastResourceAnalyzedAt"),
        ..Analyzer::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::script::{self, Reply};
    use super::*;
    use crate::collect::inventory::Collected;

    #[test]
    fn a_deleted_analyzer_is_gone_and_a_denied_read_is_a_gap() {
        assert_eq!(LIST_FINDINGS.classify_error(Some("ResourceNotFoundException"), Some(404), ""), NoValue::Gone);
        for operation in [&LIST_ANALYZERS, &LIST_FINDINGS] {
            for (code, status, expected) in [
                ("AccessDeniedException", 403, GapCode::AccessDenied),
                ("ThrottlingException", 429, GapCode::Throttled),
                ("InternalServerException", 500, GapCode::ServerError),
                ("ValidationException", 400, GapCode::ServiceError),
            ] {
                let NoValue::Gap(gap) = operation.classify_error(Some(code), Some(status), "") else {
                    panic!("{code}")
                };
                assert_eq!(gap.code, expected, "{code}");
            }
        }
    }

    #[test]
    fn findings_of_unused_access_are_left_out() {
        let of = |r#type: Option<&str>| {
            let mut told = json!({
                "id": "f",
                "createdAt": "1970-01-01T00:00:00Z",
                "updatedAt": "1970-01-01T00:00:09Z",
                "analyzedAt": "1970-01-01T00:00:09Z",
                "status": "ACTIVE",
                "resourceType": "AWS::S3::Bucket",
                "resourceOwnerAccount": "123456789012",
            });
            if let Some(r#type) = r#type {
                told["findingType"] = json!(r#type);
            }
            let page = Document::of("access-analyzer", "ListFindingsV2", json!({"findings": [told]}));
            page.root().list("findings").filter(is_external).find_map(finding)
        };
        assert_eq!(of(Some("UnusedIAMRole")), None);
        let found = of(Some("ExternalAccess")).expect("a finding");
        assert_eq!(found.created_at.as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(found.resource_type.as_deref(), Some("AWS::S3::Bucket"));
        assert!(of(None).is_some());
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
        script::collect(&SERVICE, "eu-west-1", &needs, replies, refused(403, "AccessDeniedException")).await
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
        assert_eq!(collected.resources[1].unknown()["/active_findings"].code, GapCode::NotCollected);
        assert_eq!(asked, ["ListAnalyzers", "ListFindingsV2", "ListFindingsV2"]);
        assert!(collected.populations[0].complete);
    }

    #[tokio::test]
    async fn denied_findings_and_a_denied_listing_are_gaps_and_a_deleted_analyzer_is_gone() {
        let (collected, _) = run([("ListAnalyzers", vec![analyzers()])]).await;
        let gap = collected.resources[0].unknown()["/active_findings"];
        assert_eq!((gap.code, gap.action.as_deref()), (GapCode::AccessDenied, Some("access-analyzer:ListFindings")));

        let (collected, _) = run([]).await;
        assert!(collected.resources.is_empty() && !collected.populations[0].complete);

        let deleted = vec![refused(404, "ResourceNotFoundException")];
        let (collected, _) = run([("ListAnalyzers", vec![analyzers()]), ("ListFindingsV2", deleted)]).await;
        assert_eq!(collected.resources.len(), 1);
        assert_eq!(collected.populations[0].gone, ["arn:aws:access-analyzer:eu-west-1:123456789012:analyzer/a"]);
    }

    #[tokio::test]
    async fn a_finding_listed_twice_is_one_and_one_without_an_id_leaves_them_unknown() {
        let page = |next| findings_page("f", "2026-01-01T00:00:00Z", next);
        let twice = vec![page(Some("t")), page(None)];
        let (collected, _) = run([("ListAnalyzers", vec![analyzers()]), ("ListFindingsV2", twice)]).await;
        assert_eq!(collected.resources[0].attributes["active_findings"].as_array().map(<[_]>::len), Some(1));

        let (status, body) = page(None);
        let nameless = vec![(status, body.replace("\"id\": \"f\", ", ""))];
        let (collected, _) = run([("ListAnalyzers", vec![analyzers()]), ("ListFindingsV2", nameless)]).await;
        assert_eq!(collected.resources[0].unknown()["/active_findings"].code, GapCode::MalformedResponse);
    }
}
