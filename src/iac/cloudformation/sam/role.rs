//! The role that the transform makes for a function without one.

use super::policy::document;
use super::{Draft, object};
use crate::iac::deployment::Block;
use crate::iac::value::Value;

/// Managed policies that are not at the root of AWS's own.
const SERVICE_ROLES: [&str; 9] = [
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AWSLambdaENIManagementAccess",
    "AWSLambdaKinesisExecutionRole",
    "AWSLambdaMSKExecutionRole",
    "AWSLambdaRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSLambdaInvocation-DynamoDB",
];

/// What the transform attaches for events that the function reads from.
fn reads(event: &str) -> Option<&'static str> {
    Some(match event {
        "SQS" => "AWSLambdaSQSQueueExecutionRole",
        "Kinesis" => "AWSLambdaKinesisExecutionRole",
        "DynamoDB" => "AWSLambdaDynamoDBExecutionRole",
        "MSK" => "AWSLambdaMSKExecutionRole",
        _ => return None,
    })
}

/// The ARN of a managed policy of AWS by its name.
fn managed(name: &str) -> Value {
    if name.starts_with("arn:") {
        return Value::text(name);
    }
    let path = if SERVICE_ROLES.contains(&name) { "service-role/" } else { "" };
    Value::text(&format!("arn:aws:iam::aws:policy/{path}{name}"))
}

/// The role of this function, with the managed policies that its events need.
pub(super) fn role(function: &Block, id: &str, events: &[String]) -> Block {
    let mut made = Draft::new(function, id, "AWS::IAM::Role");
    made.take("AssumeRolePolicyDocument", "AssumeRolePolicyDocument");
    if function.body.get("AssumeRolePolicyDocument").is_none() {
        let statement = object([
            ("Action", Value::list(vec![Value::text("sts:AssumeRole")])),
            ("Effect", Value::text("Allow")),
            ("Principal", object([("Service", Value::list(vec![Value::text("lambda.amazonaws.com")]))])),
        ]);
        let document = object([("Version", Value::text("2012-10-17")), ("Statement", Value::list(vec![statement]))]);
        made.set("AssumeRolePolicyDocument", document);
    }
    made.take("PermissionsBoundary", "PermissionsBoundary");
    made.take("RolePath", "Path");
    made.take_tags();

    let mut arns = vec![managed("AWSLambdaBasicExecutionRole")];
    if function.body.get("Tracing").and_then(Value::as_text) == Some("Active") {
        arns.push(managed("AWSXrayWriteOnlyAccess"));
    }
    if function.body.get("VpcConfig").is_some() {
        arns.push(managed("AWSLambdaVPCAccessExecutionRole"));
    }
    for name in events.iter().filter_map(|event| reads(event)) {
        let arn = managed(name);
        if !arns.contains(&arn) {
            arns.push(arn);
        }
    }

    let mut inline = Vec::new();
    let policies = match function.body.get("Policies") {
        None => Vec::new(),
        Some(Value::List(items)) => items.to_vec(),
        Some(one) => vec![one.clone()],
    };
    let listed = matches!(function.body.get("Policies"), Some(Value::List(_)));
    for (index, policy) in policies.into_iter().enumerate() {
        let from = if listed { format!("Policies/{index}") } else { "Policies".to_owned() };
        match &policy {
            Value::Text(name) => {
                made.line(&from, &format!("ManagedPolicyArns/{}", arns.len()));
                arns.push(managed(name));
            }
            Value::Map(members) => {
                let to = format!("Policies/{}", inline.len());
                made.line(&from, &to);
                let document_made = if members.contains_key("Statement") {
                    made.lines(&from, &format!("{to}/PolicyDocument"));
                    policy.clone()
                } else {
                    let (name, parameters) =
                        members.iter().next().map_or(("", &Value::Null), |(name, value)| (name, value));
                    document(name, parameters)
                };
                let name = Value::text(&format!("{id}Policy{index}"));
                inline.push(object([("PolicyName", name), ("PolicyDocument", document_made)]));
            }
            _ => arns.push(policy),
        }
    }
    made.set("ManagedPolicyArns", Value::list(arns));
    if !inline.is_empty() {
        made.set("Policies", Value::list(inline));
    }
    made.block()
}
