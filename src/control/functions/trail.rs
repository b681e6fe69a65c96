//! `trail.*`: what a metric filter on a `CloudTrail` log group sees.

mod alarm;
mod pattern;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

pub(super) use self::alarm::raises_alarm;
use self::pattern::Pattern;
use super::truth::Truth;
use super::{Fault, argument, text_argument};
use crate::model::tree::Tree;

/// A topic: its name, the event source, and the events that a filter must see. The events are
/// those of the patterns that Security Hub prescribes (user guide, "Security Hub controls for
/// `CloudWatch`", CloudWatch.4, .5 and .10 to .14).
struct Topic {
    name: &'static str,
    source: &'static str,
    events: &'static [&'static str],
}

static TOPICS: &[Topic] = &[
    Topic {
        name: "iam-changes",
        source: "iam.amazonaws.com",
        events: &[
            "DeleteGroupPolicy",
            "DeleteRolePolicy",
            "DeleteUserPolicy",
            "PutGroupPolicy",
            "PutRolePolicy",
            "PutUserPolicy",
            "CreatePolicy",
            "DeletePolicy",
            "CreatePolicyVersion",
            "DeletePolicyVersion",
            "AttachRolePolicy",
            "DetachRolePolicy",
            "AttachUserPolicy",
            "DetachUserPolicy",
            "AttachGroupPolicy",
            "DetachGroupPolicy",
        ],
    },
    Topic {
        name: "trail-changes",
        source: "cloudtrail.amazonaws.com",
        events: &["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"],
    },
    Topic {
        name: "network-changes-security-groups",
        source: "ec2.amazonaws.com",
        events: &[
            "AuthorizeSecurityGroupIngress",
            "AuthorizeSecurityGroupEgress",
            "RevokeSecurityGroupIngress",
            "RevokeSecurityGroupEgress",
            "CreateSecurityGroup",
            "DeleteSecurityGroup",
        ],
    },
    Topic {
        name: "network-changes-nacls",
        source: "ec2.amazonaws.com",
        events: &[
            "CreateNetworkAcl",
            "CreateNetworkAclEntry",
            "DeleteNetworkAcl",
            "DeleteNetworkAclEntry",
            "ReplaceNetworkAclEntry",
            "ReplaceNetworkAclAssociation",
        ],
    },
    Topic {
        name: "network-changes-gateways",
        source: "ec2.amazonaws.com",
        events: &[
            "CreateCustomerGateway",
            "DeleteCustomerGateway",
            "AttachInternetGateway",
            "CreateInternetGateway",
            "DeleteInternetGateway",
            "DetachInternetGateway",
        ],
    },
    Topic {
        name: "network-changes-route-tables",
        source: "ec2.amazonaws.com",
        events: &[
            "CreateRoute",
            "CreateRouteTable",
            "ReplaceRoute",
            "ReplaceRouteTableAssociation",
            "DeleteRouteTable",
            "DeleteRoute",
            "DisassociateRouteTable",
        ],
    },
    Topic {
        name: "network-changes-vpcs",
        source: "ec2.amazonaws.com",
        events: &[
            "CreateVpc",
            "DeleteVpc",
            "ModifyVpcAttribute",
            "AcceptVpcPeeringConnection",
            "CreateVpcPeeringConnection",
            "DeleteVpcPeeringConnection",
            "RejectVpcPeeringConnection",
            "AttachClassicLinkVpc",
            "DetachClassicLinkVpc",
            "DisableVpcClassicLink",
            "EnableVpcClassicLink",
        ],
    },
];

/// Callers that an event may have; a filter that sees only some of them does not watch.
fn callers() -> [Value; 2] {
    [
        json!({"type": "IAMUser", "principalId": "AIDAEXAMPLEEXAMPLE01", "userName": "alice",
               "arn": "arn:aws:iam::111122223333:user/alice", "accountId": "111122223333"}),
        json!({"type": "AssumedRole", "principalId": "AROAEXAMPLEEXAMPLE01:bob",
               "arn": "arn:aws:sts::111122223333:assumed-role/deploy/bob", "accountId": "111122223333",
               "sessionContext": {"attributes": {"mfaAuthenticated": "false"},
                                  "sessionIssuer": {"type": "Role", "userName": "deploy"}}}),
    ]
}

fn event(source: &str, name: &str, caller: &Value, region: &str) -> Value {
    json!({"eventVersion": "1.09", "userIdentity": caller, "eventTime": "2026-01-02T03:04:05Z",
           "eventSource": source, "eventName": name, "awsRegion": region, "sourceIPAddress": "198.51.100.7",
           "userAgent": "aws-cli/2.15", "eventID": "3038ebd2-c98a-4c65-9b6e-e22506292313", "eventType": "AwsApiCall",
           "requestParameters": {}, "responseElements": {}, "readOnly": false, "managementEvent": true,
           "recipientAccountId": "111122223333", "eventCategory": "Management"})
}

fn with(mut event: Value, members: &[(&str, Value)]) -> Value {
    for (key, value) in members {
        event[*key] = value.clone();
    }
    event
}

/// What the root user does: calls in any service, signs in, and works in the console.
fn root_use() -> Vec<Value> {
    let root = json!({"type": "Root", "principalId": "111122223333", "arn": "arn:aws:iam::111122223333:root",
                      "accountId": "111122223333", "accessKeyId": "ASIAEXAMPLE"});
    vec![
        event("s3.amazonaws.com", "CreateBucket", &root, "eu-central-1"),
        event("iam.amazonaws.com", "CreateAccessKey", &root, "us-east-1"),
        with(event("ec2.amazonaws.com", "DescribeInstances", &root, "eu-west-1"), &[("readOnly", json!(true))]),
        with(
            event("signin.amazonaws.com", "ConsoleLogin", &root, "us-east-1"),
            &[("eventType", json!("AwsConsoleSignIn")), ("responseElements", json!({"ConsoleLogin": "Success"}))],
        ),
        with(
            event("billing.amazonaws.com", "UpdateAccountPreferences", &root, "us-east-1"),
            &[("eventType", json!("AwsConsoleAction"))],
        ),
    ]
}

/// Refused calls, in the spellings of different services.
fn unauthorized_calls() -> Vec<Value> {
    let [user, role] = callers();
    let refused = |source: &str, name: &str, caller: &Value, code: &str| {
        let message = json!("User is not authorized to perform this operation");
        with(
            event(source, name, caller, "eu-west-1"),
            &[("errorCode", json!(code)), ("errorMessage", message), ("responseElements", Value::Null)],
        )
    };
    vec![
        refused("ec2.amazonaws.com", "RunInstances", &user, "Client.UnauthorizedOperation"),
        refused("ec2.amazonaws.com", "StopInstances", &role, "UnauthorizedOperation"),
        refused("iam.amazonaws.com", "CreateUser", &role, "AccessDenied"),
        refused("sts.amazonaws.com", "AssumeRole", &user, "AccessDenied"),
        refused("kms.amazonaws.com", "Decrypt", &role, "AccessDeniedException"),
    ]
}

/// The events that a topic requires, by its name.
static REQUIRED: LazyLock<BTreeMap<&'static str, Vec<Value>>> = LazyLock::new(|| {
    let mut required = BTreeMap::from([("root-use", root_use()), ("unauthorized-calls", unauthorized_calls())]);
    let [user, role] = callers();
    for topic in TOPICS {
        let both = |name: &&str| {
            [event(topic.source, name, &user, "us-east-1"), event(topic.source, name, &role, "eu-west-1")]
        };
        required.insert(topic.name, topic.events.iter().flat_map(both).collect());
    }
    required
});

/// What happens all day and belongs to no topic. Where a filter counts one of these too, no alarm
/// can tell the topic from the rest.
static ROUTINE: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let [user, role] = callers();
    vec![
        with(event("sts.amazonaws.com", "GetCallerIdentity", &role, "eu-west-1"), &[("readOnly", json!(true))]),
        with(event("logs.amazonaws.com", "DescribeLogGroups", &user, "us-east-1"), &[("readOnly", json!(true))]),
        event("rds.amazonaws.com", "CreateDBSnapshot", &role, "us-east-1"),
    ]
});

/// A pattern parsed, or what keeps us from it.
fn read(tree: &Tree) -> Result<Result<Pattern, Truth>, Fault> {
    match tree {
        Tree::Unknown(gap) => Ok(Err(Truth::Open(Arc::clone(gap)))),
        Tree::Str(text) => Ok(pattern::parse(text)
            .map_err(|problem| Truth::unresolved(format!("the filter pattern could not be read: {problem}")))),
        _ => Err(Fault::Invalid("a filter pattern is text".to_owned())),
    }
}

/// `trail.watches(patterns, topic)`.
///
/// A pattern that matches a routine event as well is passed over, and so is the empty pattern, which
/// matches everything. A pattern that cannot be parsed, a pattern of plain terms too, leaves
/// the answer open.
pub(super) fn watches(arguments: &[Tree]) -> Result<Tree, Fault> {
    let trees = match argument(arguments, 0)? {
        Tree::List(items) => items,
        single => std::slice::from_ref(single),
    };
    let topic = text_argument(arguments, 1)?;
    let required = REQUIRED.get(topic).ok_or_else(|| {
        let topics: Vec<&str> = REQUIRED.keys().copied().collect();
        Fault::Invalid(format!("there is no topic {topic:?}; the topics are {}", topics.join(", ")))
    })?;
    let mut useful = Vec::new();
    for tree in trees {
        if tree.as_str().is_some_and(|text| text.trim().is_empty()) {
            continue;
        }
        let pattern = read(tree)?;
        let indiscriminate = match &pattern {
            Ok(pattern) => Truth::any(ROUTINE.iter().map(|event| pattern.matches(event))),
            Err(_) => Truth::No,
        };
        useful.push((pattern, indiscriminate.negate()));
    }
    Truth::all(required.iter().map(|event| {
        Truth::any(useful.iter().map(|(pattern, useful)| {
            let matches = match pattern {
                Ok(pattern) => pattern.matches(event),
                Err(open) => open.clone(),
            };
            matches.and(useful.clone())
        }))
    }))
    .answer()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::gap::{Gap, GapCode};
    use proptest::prelude::*;

    const ROOT: &str =
        r#"{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}"#;
    const UNAUTHORIZED: &str = r#"{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}"#;

    fn names(list: &[&str]) -> String {
        list.iter().map(|name| format!("($.eventName={name})")).collect::<Vec<_>>().join(" || ")
    }

    /// The patterns that Security Hub prescribes.
    fn prescribed() -> Vec<(&'static str, String)> {
        let mut patterns = vec![("root-use", ROOT.to_owned()), ("unauthorized-calls", UNAUTHORIZED.to_owned())];
        for topic in TOPICS {
            let list = names(topic.events);
            let pattern = match topic.name {
                "iam-changes" | "network-changes-route-tables" => {
                    format!("{{($.eventSource={}) && ({list})}}", topic.source)
                }
                _ => format!("{{{list}}}"),
            };
            patterns.push((topic.name, pattern));
        }
        patterns
    }

    #[track_caller]
    fn watched(pattern: &str, topic: &str) -> Option<bool> {
        match watches(&[Tree::Str(pattern.into()), Tree::Str(topic.into())]) {
            Ok(Tree::Bool(answer)) => Some(answer),
            Err(Fault::Unknown(_)) => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_prescribed_pattern_watches_its_own_topic_and_no_other() {
        let patterns = prescribed();
        assert_eq!(patterns.len(), REQUIRED.len());
        for (own, pattern) in &patterns {
            for topic in REQUIRED.keys() {
                assert_eq!(watched(pattern, topic), Some(own == topic), "{own} on {topic}: {pattern}");
            }
        }
    }

    #[test]
    fn other_ways_to_write_a_pattern_count_as_well() {
        for (pattern, topic) in [
            ("{ $.eventSource = \"iam.amazonaws.com\" }", "iam-changes"),
            ("{ $.eventName = \"*Trail\" || $.eventName = \"*Logging\" }", "trail-changes"),
            ("{ $.eventType != AwsServiceEvent && $.userIdentity.type = Root }", "root-use"),
            ("{ $.userIdentity.type = \"Root\" }", "root-use"),
            (
                "{ (($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\")) && \
                 ($.sourceIPAddress != \"delivery.logs.amazonaws.com\") && ($.eventName != \"HeadBucket\") }",
                "unauthorized-calls",
            ),
            ("{ ($.eventName = *SecurityGroup*) && ($.errorCode NOT EXISTS) }", "network-changes-security-groups"),
        ] {
            assert_eq!(watched(pattern, topic), Some(true), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_with_a_hole_does_not_watch() {
        for (pattern, topic) in [
            ("{ $.eventName = CreateTrail || $.eventName = DeleteTrail }", "trail-changes"),
            ("{ $.eventSource = iam.amazonaws.com && $.userIdentity.type = IAMUser }", "iam-changes"),
            ("{ $.userIdentity.type = Root && $.eventName = ConsoleLogin }", "root-use"),
            ("{ $.userIdentity.type = Root && $.awsRegion = us-east-1 }", "root-use"),
            ("{ $.errorCode = AccessDenied }", "unauthorized-calls"),
        ] {
            assert_eq!(watched(pattern, topic), Some(false), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_matches_everything_watches_nothing() {
        for pattern in [
            "",
            "  ",
            "{ $.eventName = * }",
            "{ $.readOnly IS FALSE }",
            "{ $.eventVersion EXISTS }",
            "{ $.userIdentity.type != x }",
        ] {
            assert_eq!(watched(pattern, "trail-changes"), Some(false), "{pattern:?}");
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_read_leaves_it_open() {
        for pattern in
            ["StopLogging", "?StopLogging ?StartLogging", "[a, b]", "{ $.eventName = ", "{ $.eventName = %.*% }"]
        {
            assert_eq!(watched(pattern, "trail-changes"), None, "{pattern}");
        }
        assert_eq!(watched("{ $.eventName = %.*% && $.eventSource = x }", "trail-changes"), Some(false));
    }

    #[test]
    fn several_filters_may_watch_together() {
        let topic = Tree::Str("trail-changes".into());
        let list = |patterns: &[&str]| Tree::known(&json!(patterns));
        let both = ["{ $.eventName = *Trail }", "{ $.eventName = *Logging }"];
        assert_eq!(watches(&[list(&both), topic.clone()]), Ok(Tree::Bool(true)));
        assert_eq!(watches(&[list(&both[..1]), topic.clone()]), Ok(Tree::Bool(false)));
        assert_eq!(watches(&[list(&[]), topic.clone()]), Ok(Tree::Bool(false)));
        assert_eq!(watches(&[list(&[both[0], both[1], "["]), topic.clone()]), Ok(Tree::Bool(true)));
        let unknown = BTreeMap::from([("/1".to_owned(), Gap::new(GapCode::AccessDenied, ""))]);
        let half = Tree::with_unknown(&json!(both), &unknown);
        assert!(matches!(watches(&[half, topic]), Err(Fault::Unknown(_))));
    }

    #[test]
    fn an_unknown_topic_is_a_mistake_of_the_control() {
        let answer = watches(&[Tree::Str(ROOT.into()), Tree::Str("root".into())]);
        assert!(matches!(answer, Err(Fault::Invalid(message)) if message.contains("root-use")));
    }

    proptest! {
        #[test]
        fn the_order_of_the_prescribed_clauses_does_not_matter(topic in 0..TOPICS.len(), by in 0_usize..16) {
            let topic = &TOPICS[topic];
            let mut events = topic.events.to_vec();
            let by = by % events.len();
            events.rotate_left(by);
            let pattern = format!("{{ ({}) && $.eventSource = {} }}", names(&events), topic.source);
            prop_assert_eq!(watched(&pattern, topic.name), Some(true));
            let short = format!("{{ {} }}", names(&events[1..]));
            prop_assert_eq!(watched(&short, topic.name), Some(false));
        }
    }
}
