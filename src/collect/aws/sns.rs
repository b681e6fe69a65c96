//! SNS: topics, their encryption and their policies.

use futures::future::FutureExt as _;
use serde_json::{Value, json};

use super::policy::document;
use crate::collect::api::document::Node;
use crate::collect::exchange::operation::{Api, Operation, Rate};
use crate::collect::inventory::service::tells;
use crate::collect::inventory::{
    Ask, Asked, AttributeValue, Entry, Gone, Item, Listed, Service, ServiceScope, Table, known_or_absent,
};
use crate::model::attr::State;
use crate::model::resource::TypedResource as _;
use crate::model::resource::sns::Topic;

/// `ListTopics` is limited to 30 a second for the account in a region (API Reference).
const API: Api = Api::new("sns", Rate::per_second("sns", 20.0));
static LIST_TOPICS: Operation = API.operation("ListTopics").no_secrets().must(&["Topics"]);
static GET_TOPIC_ATTRIBUTES: Operation =
    API.operation("GetTopicAttributes").no_secrets().must(&["Attributes"]).gone(&["NotFound"]);

/// Topics, region by region.
pub static SERVICE: Service = Service {
    name: "sns",
    scope: ServiceScope::Regional,
    tables: &[Table::Listed(Listed {
        r#type: Topic::TYPE,
        operation: &LIST_TOPICS,
        input: |_| Value::Null,
        items: "Topics",
        read: |entry: &Entry<'_>| {
            let arn = entry.str_of("TopicArn");
            Item::new(arn, arn.and_then(|arn| arn.rsplit(':').next()), &Topic::default())
        },
        asks: &[Ask::Own {
            tells: &[tells("kms_master_key_id", &[&GET_TOPIC_ATTRIBUTES]), tells("policy", &[&GET_TOPIC_ATTRIBUTES])],
            ask: |asked| attributes(asked).boxed(),
        }],
    })],
};

async fn attributes(asked: Asked<'_>) -> Result<Vec<AttributeValue>, Gone> {
    let answer = asked.site.ask(&GET_TOPIC_ATTRIBUTES, json!({"TopicArn": asked.id})).await;
    if answer.is_gone() {
        return Err(Gone);
    }
    let key = answer.clone().read(|output| known_or_absent(attribute(output, "KmsMasterKeyId")));
    // Every topic has a policy: one is made with it.
    let policy = answer.read(policy);
    Ok(vec![
        AttributeValue { attribute: "kms_master_key_id", value: key },
        AttributeValue { attribute: "policy", value: policy },
    ])
}

fn policy(output: Node<'_>) -> State<Value> {
    document(&GET_TOPIC_ATTRIBUTES, attribute(output, "Policy"))
}

/// An attribute of a topic; AWS leaves out, or leaves empty, what was not set.
fn attribute<'a>(output: Node<'a>, name: &str) -> Option<&'a str> {
    let found = output.get("Attributes").entries().find(|(attribute, _)| *attribute == name);
    found.and_then(|(_, value)| value.str()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::script;
    use super::*;
    use crate::model::gap::GapCode;

    const ARN: &str = "arn:aws:sns:eu-west-1:123456789012:alarms";

    fn listed() -> (u16, String) {
        let member = format!("<member><TopicArn>{ARN}</TopicArn></member>");
        let result = format!("<ListTopicsResult><Topics>{member}</Topics></ListTopicsResult>");
        (200, format!("<ListTopicsResponse>{result}</ListTopicsResponse>"))
    }

    fn told(entries: &[(&str, &str)]) -> (u16, String) {
        let entry = |(key, value): &(&str, &str)| format!("<entry><key>{key}</key><value>{value}</value></entry>");
        let entries: Vec<String> = entries.iter().map(entry).collect();
        let result = format!("<Attributes>{}</Attributes>", entries.concat());
        let result = format!("<GetTopicAttributesResult>{result}</GetTopicAttributesResult>");
        (200, format!("<GetTopicAttributesResponse>{result}</GetTopicAttributesResponse>"))
    }

    async fn collected(reply: (u16, String)) -> crate::collect::inventory::Collected {
        let needs = [(Topic::TYPE, Some("kms_master_key_id")), (Topic::TYPE, Some("policy"))];
        let replies = [("ListTopics", vec![listed()]), ("GetTopicAttributes", vec![reply])];
        script::collect(&SERVICE, "eu-west-1", &needs, replies, (403, String::new())).await.0
    }

    #[tokio::test]
    async fn a_topic_without_a_key_has_none_and_one_with_a_key_has_it() {
        let policy = "{&quot;Statement&quot;: []}";
        let collected_ = collected(told(&[("Policy", policy), ("KmsMasterKeyId", "")])).await;
        let topic = &collected_.resources[0];
        assert_eq!((topic.identity.id.as_str(), topic.identity.name.as_str()), (ARN, "alarms"));
        assert!(!topic.attributes.knows("kms_master_key_id"));
        assert!(!topic.unknown().contains_key("/kms_master_key_id"));
        assert!(topic.attributes.knows("policy"));
        let with_key = collected(told(&[("Policy", policy), ("KmsMasterKeyId", "alias/aws/sns")])).await;
        assert_eq!(with_key.resources[0].attributes["kms_master_key_id"], "alias/aws/sns");
    }

    #[tokio::test]
    async fn a_topic_that_may_not_be_asked_is_unknown_and_one_that_went_away_is_gone() {
        let refused =
            |status, code: &str| (status, format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>"));
        let denied = collected(refused(403, "AuthorizationError")).await;
        for attribute in ["/kms_master_key_id", "/policy"] {
            assert_eq!(denied.resources[0].unknown()[attribute].code, GapCode::AccessDenied, "{attribute}");
        }
        let gone = collected(refused(404, "NotFound")).await;
        assert_eq!((gone.resources.len(), &gone.populations[0].gone), (0, &vec![ARN.to_owned()]));
        let without = collected(told(&[])).await;
        assert_eq!(without.resources[0].unknown()["/policy"].code, GapCode::MalformedResponse, "every topic has one");
    }
}
