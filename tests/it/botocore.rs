//! Our client beside botocore: the same questions to the same emulator, and the same documents.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use chrono::DateTime;
use serde_json::{Map, Value, json};
use tickmark::collect::api::client::Client;
use tickmark::collect::api::model;

use crate::counts::report;
use crate::emulator;

/// An operation of a service, by the names of the models.
type Question = (&'static str, &'static str);

/// Nothing is captured here, and nothing is said of retries.
#[derive(Debug, Clone, Copy)]
struct Unseen;

impl ClassifyRetry for Unseen {
    fn classify_retry(&self, _: &InterceptorContext) -> RetryAction {
        RetryAction::NoActionIndicated
    }

    fn name(&self) -> &'static str {
        "Unseen"
    }
}

#[dyn_dispatch_hint]
impl Intercept for Unseen {
    fn name(&self) -> &'static str {
        "Unseen"
    }
}

/// Every operation of the models that can be called with nothing.
fn questions() -> Vec<Question> {
    let mut questions = Vec::new();
    for service in model::services() {
        let model = model::service(service).expect("a model");
        for (name, operation) in &model.operations {
            let needs = |shape: &String| !model.shape(shape).required.is_empty();
            if !operation.input.as_ref().is_some_and(needs) {
                questions.push((service, name.as_str()));
            }
        }
    }
    questions
}

/// What botocore is answered: a document, or the code of an error.
fn theirs(url: &str, questions: &[Question]) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emulator/ask.py");
    let mut child = Command::new(emulator::python())
        .arg(script)
        .arg(url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts Python");
    let asked = serde_json::to_vec(questions).expect("plain data");
    child.stdin.take().expect("stdin is a pipe").write_all(&asked).expect("takes the questions");
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success(), "botocore: {}", output.status);
    serde_json::from_slice(&output.stdout).expect("the script prints JSON")
}

async fn config(url: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        // The emulator is on this machine and speaks no TLS.
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .credentials_provider(Credentials::new("ASK", "ASK", None, None, "test"))
        .load()
        .await
}

fn url(config: &SdkConfig) -> Option<String> {
    config.endpoint_url().map(str::to_owned)
}

/// What our client is answered, in the same form.
async fn ours(config: &SdkConfig, questions: &[Question]) -> Vec<Value> {
    let mut answers = Vec::new();
    for (service, operation) in questions {
        let model = model::service(service).expect("a model");
        let client =
            Client::new(model, config, url(config), format!("botocore/{service}"), Unseen).expect("has an endpoint");
        answers.push(match client.send(operation, Map::new()).await {
            Ok(document) => json!({"document": document.value()}),
            // botocore takes the status where there is no code.
            Err(SdkError::ServiceError(error)) => {
                let status = error.raw().status().as_u16().to_string();
                json!({"error": error.err().code().unwrap_or(&status)})
            }
            Err(error) => json!({"unread": format!("{error:?}")}),
        });
    }
    answers
}

/// Where two documents differ. Times may differ by what a double cannot say.
fn differences(at: &str, one: &Value, other: &Value, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                let of =
                    |members: &Map<String, Value>| members.get(name).cloned().unwrap_or_else(|| json!("(left out)"));
                differences(&format!("{at}/{name}"), &of(one), &of(other), found);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (place, (one, other)) in one.iter().zip(other).enumerate() {
                differences(&format!("{at}/{place}"), one, other, found);
            }
        }
        _ if one == other || same_moment(one, other) => {}
        _ => found.push(at.to_owned()),
    }
}

fn same_moment(one: &Value, other: &Value) -> bool {
    let moment = |value: &Value| DateTime::parse_from_rfc3339(value.as_str()?).ok();
    moment(one).zip(moment(other)).is_some_and(|(one, other)| (one - other).num_milliseconds().abs() <= 1)
}

#[test]
fn our_client_reads_what_botocore_reads() {
    let server = emulator::moto();
    let questions = questions();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let config = runtime.block_on(config(&server.url));
    // The report is made by being asked for: then all are answered that it is there.
    runtime.block_on(ours(&config, &[("iam", "GenerateCredentialReport")]));
    let first = runtime.block_on(ours(&config, &questions));
    let theirs = theirs(&server.url, &questions);
    let again = runtime.block_on(ours(&config, &questions));

    let (mut equal, mut with_members, mut refused, mut wrong, mut below) = (0, 0, 0, Vec::new(), String::new());
    for (place, (service, operation)) in questions.iter().enumerate() {
        let (mut moving, mut found) = (Vec::new(), Vec::new());
        // What our own two answers differ in changes with every call.
        differences("", &first[place], &again[place], &mut moving);
        differences("", &first[place], &theirs[place], &mut found);
        found.retain(|at| !moving.contains(at));
        let document = first[place].get("document").and_then(Value::as_object);
        if found.is_empty() {
            equal += 1;
            with_members += usize::from(document.is_some_and(|members| !members.is_empty()));
            refused += usize::from(document.is_none());
        } else {
            wrong.push(format!("{service}:{operation} {found:?}: {} and {}", first[place], theirs[place]));
        }
        let moving = if moving.is_empty() { String::new() } else { format!(", changes by itself: {moving:?}") };
        below.push_str(&format!(
            "{service}:{operation}: {}{moving}\n",
            if found.is_empty() { "equal" } else { "differs" }
        ));
    }
    let line = format!(
        "{} operations beside botocore, {equal} equal ({with_members} with members, {refused} the same error), differences: {}",
        questions.len(),
        wrong.len()
    );
    report("botocore", &line, &below);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(with_members >= 30, "{line}");
}

#[test]
fn a_difference_is_seen() {
    let of = |one: Value, other: Value| {
        let mut found = Vec::new();
        differences("", &one, &other, &mut found);
        found
    };
    let whole = json!({"a": [1, {"b": "2026-03-04T05:06:07Z"}]});
    assert_eq!(of(whole.clone(), json!({"a": [1, {"b": "2026-03-04T05:06:07.0001Z"}]})), Vec::<String>::new());
    assert_eq!(of(whole.clone(), json!({"a": [1, {"b": "2026-03-04T05:06:08Z"}]})), ["/a/1/b"]);
    assert_eq!(of(whole.clone(), json!({"a": [1, {}]})), ["/a/1/b"]);
    assert_eq!(of(whole.clone(), json!({"a": [1]})), ["/a"]);
    assert_eq!(of(whole, json!({"a": [1, {"b": "2026-03-04T05:06:07Z"}], "c": null})), ["/c"]);
}
