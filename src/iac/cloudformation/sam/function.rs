//! `AWS::Serverless::Function`: the function, its role, its URL, and who may invoke it.

use std::sync::Arc;

use super::role::role;
use super::{Draft, Implicit, made, object};
use crate::iac::cloudformation::deployed::Deployed;
use crate::iac::cloudformation::template::PSEUDO;
use crate::iac::deployment::Block;
use crate::iac::origin::Origin;
use crate::iac::value::{Part, Reference, Unknown, Value};
use crate::model::gap::GapCode;

/// Properties that the function has under the same name.
const SAME: [&str; 22] = [
    "Architectures",
    "CodeSigningConfigArn",
    "Description",
    "Environment",
    "EphemeralStorage",
    "FileSystemConfigs",
    "FunctionName",
    "Handler",
    "ImageConfig",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "PackageType",
    "RecursiveLoop",
    "ReservedConcurrentExecutions",
    "Role",
    "Runtime",
    "RuntimeManagementConfig",
    "SnapStart",
    "Timeout",
    "VpcConfig",
];

/// Most events of a function looked at.
const EVENT_LIMIT: usize = 1000;

pub(super) fn expand(block: &Block, implicit: &mut Implicit, out: &mut Deployed) {
    let id = &block.address;
    let mut function = Draft::new(block, id, "AWS::Lambda::Function");
    for name in SAME {
        function.take(name, name);
    }
    function.take_tags();
    if let Some(mode) = block.body.get("Tracing") {
        function.set("TracingConfig", object([("Mode", mode.clone())]));
        function.line("Tracing", "TracingConfig");
        function.line("Tracing", "TracingConfig/Mode");
    }
    if let Some(queue) = block.body.get("DeadLetterQueue") {
        let target = queue.get("TargetArn").unwrap_or(queue);
        function.set("DeadLetterConfig", object([("TargetArn", target.clone())]));
        function.lines("DeadLetterQueue", "DeadLetterConfig");
    }
    code(block, &mut function);

    let events = events(block);
    if block.body.get("Role").is_none() {
        let role_id = format!("{id}Role");
        function.set("Role", made(&role_id, "Arn"));
        out.blocks.push(function.block());
        let kinds: Vec<String> = events.iter().map(|(_, kind, _)| kind.clone()).collect();
        out.blocks.push(role(block, &role_id, &kinds));
    } else {
        out.blocks.push(function.block());
    }
    url(block, out);
    for (name, kind, properties) in &events {
        event(block, name, kind, properties, implicit, out);
    }
}

fn code(block: &Block, function: &mut Draft<'_>) {
    let (from, value) = match ["InlineCode", "ImageUri", "CodeUri"]
        .into_iter()
        .find_map(|name| Some((name, block.body.get(name)?)))
    {
        Some((from @ "InlineCode", text)) => (from, object([("ZipFile", text.clone())])),
        Some((from @ "ImageUri", uri)) => (from, object([("ImageUri", uri.clone())])),
        Some((from, Value::Map(members))) => {
            let part = |name: &str| members.get(name).cloned().unwrap_or_default();
            (from, object([("S3Bucket", part("Bucket")), ("S3Key", part("Key")), ("S3ObjectVersion", part("Version"))]))
        }
        // Deployment puts the package somewhere in S3, and writes that place in here.
        Some((from, _)) => {
            let part = Value::unknown(GapCode::KnownAfterApply, "the package of CodeUri");
            (from, object([("S3Bucket", part.clone()), ("S3Key", part)]))
        }
        None => return,
    };
    function.set("Code", value);
    function.line(from, "Code");
}

/// The function's events: name, type and properties.
fn events(block: &Block) -> Vec<(Arc<str>, String, Value)> {
    let Some(Value::Map(events)) = block.body.get("Events") else { return Vec::new() };
    let typed = events.iter().take(EVENT_LIMIT).filter_map(|(name, event)| {
        let kind = event.get("Type")?.as_text()?.to_owned();
        Some((Arc::clone(name), kind, event.get("Properties").cloned().unwrap_or_default()))
    });
    typed.collect()
}

/// `FunctionUrlConfig`: the URL, and for one without authorisation the permission that opens it.
fn url(block: &Block, out: &mut Deployed) {
    let Some(config) = block.body.get("FunctionUrlConfig") else { return };
    let id = &block.address;
    let mut url = Draft::new(block, &format!("{id}Url"), "AWS::Lambda::Url");
    url.set("TargetFunctionArn", made(id, ""));
    let auth = match config {
        Value::Unknown(_) => config.clone(),
        _ => config.get("AuthType").cloned().unwrap_or_default(),
    };
    url.set("AuthType", auth.clone());
    for name in ["Cors", "InvokeMode"] {
        url.set(name, config.get(name).cloned().unwrap_or_default());
    }
    for name in ["AuthType", "Cors", "InvokeMode"] {
        url.lines(&format!("FunctionUrlConfig/{name}"), name);
    }
    out.blocks.push(url.block());
    if auth.as_text() == Some("NONE") {
        let mut open = Draft::new(block, &format!("{id}UrlPublicPermissions"), "AWS::Lambda::Permission");
        open.set("Action", Value::text("lambda:InvokeFunctionUrl"));
        open.set("FunctionName", made(id, ""));
        open.set("Principal", Value::text("*"));
        open.set("FunctionUrlAuthType", Value::text("NONE"));
        open.line("FunctionUrlConfig/AuthType", "Principal");
        open.line("FunctionUrlConfig/AuthType", "FunctionUrlAuthType");
        out.blocks.push(open.block());
    }
}

/// The permission by which what sends an event invokes the function.
fn event(block: &Block, name: &str, kind: &str, properties: &Value, implicit: &mut Implicit, out: &mut Deployed) {
    let own = |key: &str| properties.get(key).cloned();
    let mut source_account = Value::Null;
    let mut token = Value::Null;
    let (principal, source) = match kind {
        "Api" | "HttpApi" => {
            let (named, place, id) = if kind == "Api" {
                (own("RestApiId"), &mut implicit.rest, "ServerlessRestApi")
            } else {
                (own("ApiId"), &mut implicit.http, "ServerlessHttpApi")
            };
            if named.is_none() && place.is_none() {
                *place = Some(block.place.clone());
            }
            ("apigateway.amazonaws.com", invoked(&named.unwrap_or_else(|| made(id, ""))))
        }
        "S3" => {
            source_account = Value::Unknown(pseudo("AWS::AccountId"));
            ("s3.amazonaws.com", Value::Null)
        }
        "SNS" => ("sns.amazonaws.com", own("Topic").unwrap_or_default()),
        "Schedule" | "EventBridgeRule" | "CloudWatchEvent" => {
            ("events.amazonaws.com", made(&format!("{}{name}", block.address), "Arn"))
        }
        "CloudWatchLogs" => ("logs.amazonaws.com", made(&format!("{}{name}", block.address), "Arn")),
        "IoTRule" => ("iot.amazonaws.com", made(&format!("{}{name}", block.address), "Arn")),
        "Cognito" => ("cognito-idp.amazonaws.com", own("UserPool").unwrap_or_default()),
        "AlexaSkill" => {
            token = own("SkillId").unwrap_or_default();
            ("alexa-appkit.amazon.com", Value::Null)
        }
        // The others are read by the function, which needs no permission of it.
        _ => return,
    };
    let mut permission = Draft::new(block, &format!("{}{name}Permission", block.address), "AWS::Lambda::Permission");
    permission.set("Action", Value::text("lambda:InvokeFunction"));
    permission.set("FunctionName", made(&block.address, ""));
    permission.set("Principal", Value::text(principal));
    permission.set("SourceArn", source);
    permission.set("SourceAccount", source_account);
    permission.set("EventSourceToken", token);
    permission.line(&format!("Events/{name}"), "Principal");
    out.blocks.push(permission.block());
}

/// A pseudo parameter that is not known.
fn pseudo(name: &str) -> Arc<Unknown> {
    Arc::new(
        Unknown::new(GapCode::Unresolved, name).from(Origin::input(PSEUDO, name)).of(vec![Reference::to(name, "")]),
    )
}

/// The ARN of what invokes a function through this API.
fn invoked(api: &Value) -> Value {
    let text = |text: &str| Part::Text(Arc::from(text));
    let api = match api {
        Value::Text(id) => Part::Text(Arc::clone(id)),
        Value::Unknown(unknown) => Part::Unknown(Arc::clone(unknown)),
        _ => Part::Unknown(Arc::new(Unknown::new(GapCode::Unresolved, "the id of an API"))),
    };
    Value::Template(Arc::from(vec![
        text("arn:aws:execute-api:"),
        Part::Unknown(pseudo("AWS::Region")),
        text(":"),
        Part::Unknown(pseudo("AWS::AccountId")),
        text(":"),
        api,
        text("/*"),
    ]))
}
