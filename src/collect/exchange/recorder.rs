//! Capturing every attempt of every call, by an interceptor of the AWS SDK.
//!
//! The interceptor is attached to each client and knows, through a task-local, which call it
//! serves. It writes the request down before it is sent, and the capture after the attempt, at
//! `read_after_attempt`: the one hook that runs for answers, errors, time-outs and broken
//! connections alike, and at which the body has been read.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::failure;
use super::operation::Operation;
use super::silence::Region;
use super::tape::Tape;
use crate::model::attr::CaptureId;
use crate::model::canonical::sha256;
use crate::model::capture::{Capture, ConnectionFailure, Outcome};

/// Where captures go as they are made.
pub trait CaptureSink: Send + Sync {
    /// Keeps one capture and its body, and gives it its number within the scan.
    ///
    /// # Errors
    ///
    /// A sentence for the user, where it could not be kept: the scan then fails.
    fn put(&self, capture: Capture, body: Option<&[u8]>) -> Result<CaptureId, String>;
}

/// The call an interceptor or a tape serves.
pub(crate) struct Call {
    pub(crate) operation: &'static Operation,
    pub(crate) account: String,
    pub(crate) region: String,
    sink: Arc<dyn CaptureSink>,
    /// Set when the answers come from a tape: captures keep their recorded numbers.
    pub(crate) tape: Option<Arc<Tape>>,
    /// Whether its region answers at all, where that is watched.
    pub(super) watched: Option<Arc<Region>>,
    pub(crate) page: AtomicU32,
    attempt: AtomicU32,
    asked: Mutex<Option<Asked>>,
    state: Mutex<CallState>,
}

#[derive(Default)]
struct CallState {
    captures: Vec<CaptureId>,
    replayed: Option<CaptureId>,
    /// Keys of the pages that were answered with success.
    answered: Vec<String>,
    sink_failure: Option<String>,
    /// What was withheld of the answer to the attempt under way.
    withheld: BTreeMap<String, u64>,
}

struct Asked {
    request: Request,
    started: String,
}

/// What was asked, in the form that is kept and hashed.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) key: String,
    endpoint: String,
    input: Value,
}

tokio::task_local! {
    /// The call under way in this task.
    pub(crate) static CALL: Arc<Call>;
}

/// The operation under way in this task, as `(service, operation)`; for test doubles of the
/// connection that behave differently by operation.
#[must_use]
pub fn current_operation() -> Option<(&'static str, &'static str)> {
    CALL.try_with(|call| (call.operation.service, call.operation.name)).ok()
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Our clock, RFC 3339 with milliseconds, UTC: when an attempt began and ended. No verdict reads it.
#[expect(clippy::disallowed_methods, reason = "a capture says when it was made")]
fn clock() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl Call {
    pub(super) fn new(
        operation: &'static Operation,
        account: &str,
        region: &str,
        sink: Arc<dyn CaptureSink>,
        tape: Option<Arc<Tape>>,
        watched: Option<Arc<Region>>,
    ) -> Self {
        Self {
            operation,
            account: account.to_owned(),
            region: region.to_owned(),
            sink,
            tape,
            watched,
            page: AtomicU32::new(1),
            attempt: AtomicU32::new(0),
            asked: Mutex::new(None),
            state: Mutex::new(CallState::default()),
        }
    }

    /// Numbers of the captures made so far.
    pub(crate) fn captures(&self) -> Vec<CaptureId> {
        held(&self.state).captures.clone()
    }

    /// Whether the same page was asked for and answered twice: the listing goes in a circle.
    pub(crate) fn circles(&self) -> bool {
        let state = held(&self.state);
        state.answered.last().is_some_and(|last| state.answered.iter().filter(|key| *key == last).count() > 1)
    }

    /// What kept a capture from being stored, where something did.
    pub(crate) fn sink_failure(&self) -> Option<String> {
        held(&self.state).sink_failure.clone()
    }

    /// Goes on to the next page.
    pub(crate) fn next_page(&self) {
        self.page.fetch_add(1, Ordering::Relaxed);
        self.attempt.store(0, Ordering::Relaxed);
    }

    /// The tape says which recorded capture the answer that comes now is.
    pub(crate) fn replays(&self, number: CaptureId) {
        held(&self.state).replayed = Some(number);
    }

    /// The answer that comes now lacks the values of these members, so many of each.
    pub(crate) fn withholds(&self, members: BTreeMap<String, u64>) {
        held(&self.state).withheld = members;
    }

    /// The form of a request that is kept and hashed.
    pub(crate) fn describe(&self, method: &str, uri: &str, body: Option<&[u8]>) -> Request {
        let (endpoint, path, query) = split_uri(uri);
        let mut input = json!({ "method": method, "path": path });
        if !query.is_empty() {
            input["query"] = Value::Object(form(query));
        }
        if let Some(body) = body.filter(|body| !body.is_empty()) {
            input["body"] = readable(body);
        }
        let key = key(&self.account, &self.region, self.operation.service, self.operation.name, endpoint, &input);
        Request { key, endpoint: endpoint.to_owned(), input }
    }

    fn before(&self, method: &str, uri: &str, body: Option<&[u8]>) {
        *held(&self.asked) = Some(Asked { request: self.describe(method, uri, body), started: clock() });
        self.attempt.fetch_add(1, Ordering::Relaxed);
    }

    fn after(&self, answer: Option<&Answered<'_>>, outcome: Outcome, failure: Option<ConnectionFailure>) {
        if let Some(region) = &self.watched {
            region.ended(outcome);
        }
        let Some(Asked { request, started }) = held(&self.asked).take() else { return };
        let body = answer.and_then(|answer| answer.body);
        let mut state = held(&self.state);
        if answer.is_some_and(|answer| answer.status < 300) {
            state.answered.push(request.key.clone());
        }
        let replayed = state.replayed.take();
        let withheld = std::mem::take(&mut state.withheld);
        if self.tape.is_some() {
            state.captures.extend(replayed);
            return;
        }
        let header = |name: &str| {
            answer.and_then(|answer| {
                answer.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
            })
        };
        let capture = Capture {
            n: 0,
            account: self.account.clone(),
            region: self.region.clone(),
            service: self.operation.service.to_owned(),
            operation: self.operation.name.to_owned(),
            input: request.input,
            key: request.key,
            page: self.page.load(Ordering::Relaxed),
            attempt: self.attempt.load(Ordering::Relaxed),
            endpoint: request.endpoint,
            started,
            ended: clock(),
            outcome,
            failure,
            status: answer.map(|answer| answer.status),
            content_type: header("content-type"),
            request_id: header("x-amzn-requestid").or_else(|| header("x-amz-request-id")),
            aws_date: header("date"),
            body_sha256: body.map(|body| hex(&Sha256::digest(body))),
            body_size: body.map_or(0, |body| body.len() as u64),
            headers: answer.map(Answered::kept_headers).unwrap_or_default(),
            withheld,
        };
        match self.sink.put(capture, body) {
            Ok(number) => state.captures.push(number),
            Err(why) => state.sink_failure = Some(why),
        }
    }
}

struct Answered<'a> {
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<&'a [u8]>,
}

impl Answered<'_> {
    /// The headers a parser needs to read the answer again; never one that could hold a secret.
    fn kept_headers(&self) -> Vec<(String, String)> {
        let mut kept: Vec<_> = self
            .headers
            .iter()
            .filter(|(name, _)| {
                let name = name.to_ascii_lowercase();
                name == "content-length"
                    || name == "retry-after"
                    || name == "smithy-protocol"
                    || name.starts_with("x-amzn-")
                    || (name.starts_with("x-amz-") && name != "x-amz-security-token")
            })
            .cloned()
            .collect();
        kept.sort();
        kept
    }
}

/// The interceptor that captures. Attached to each client; it serves the call of its task.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recorder;

#[dyn_dispatch_hint]
impl Intercept for Recorder {
    fn name(&self) -> &'static str {
        "tickmark::Recorder"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        CALL.try_with(|call| call.before(request.method(), request.uri(), request.body().bytes())).ok();
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer = context.response().map(|response| Answered {
            status: response.status().as_u16(),
            headers: response.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: response.body().bytes(),
        });
        let outcome = match (&answer, context.output_or_error()) {
            (Some(Answered { body: Some(_), .. }), _) => Outcome::Answered,
            (Some(_), _) => Outcome::BrokenBody,
            (None, Some(Err(error))) if error.as_connector_error().is_some_and(not_recorded) => Outcome::NotRecorded,
            (None, Some(Err(error))) if error.is_timeout_error() => Outcome::Timeout,
            (None, Some(Err(error))) if error.as_connector_error().is_some_and(ConnectorError::is_timeout) => {
                Outcome::Timeout
            }
            (None, _) => Outcome::ConnectionFailed,
        };
        let failure = match (outcome, context.output_or_error()) {
            (Outcome::ConnectionFailed, Some(Err(error))) => error.as_connector_error().and_then(failure::kind),
            _ => None,
        };
        CALL.try_with(|call| call.after(answer.as_ref(), outcome, failure)).ok();
        Ok(())
    }
}

/// Attempts of a call to which no answer comes. Where AWS throttles, it is tried more often, as the
/// session says: waiting helps there.
const UNANSWERED_ATTEMPTS: u32 = 3;
/// Attempts of a call that AWS answers with a fault of its own, which is not that it is asked too much
/// (503).
const FAULTY_ATTEMPTS: u32 = 4;

impl ClassifyRetry for Recorder {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else { return RetryAction::NoActionIndicated };
        let tried = CALL.try_with(|call| call.attempt.load(Ordering::Relaxed)).unwrap_or_default();
        let status = context.response().map(|response| response.status().as_u16());
        if matches!(status, Some(500 | 502 | 504)) && tried >= FAULTY_ATTEMPTS {
            return RetryAction::RetryForbidden;
        }
        if status.is_some() || !(error.is_connector_error() || error.is_timeout_error()) {
            return RetryAction::NoActionIndicated;
        }
        let for_good = matches!(
            error.as_connector_error().and_then(failure::kind),
            Some(ConnectionFailure::CertificateNotTrusted | ConnectionFailure::RegionGivenUp)
        );
        if for_good || tried >= UNANSWERED_ATTEMPTS {
            RetryAction::RetryForbidden
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "tickmark::Recorder"
    }
}

/// Whether a tape had no answer.
fn not_recorded(error: &aws_smithy_runtime_api::client::result::ConnectorError) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.to_string() == super::tape::NOT_RECORDED)
}

/// The key of a question: the same question again has the same key, in whatever order the members of
/// a map are written. What a service is asked in CBOR and in JSON is the same question, though the
/// path differs. So is what the generated client of S3 asked, which says the operation's name once more.
fn key(account: &str, region: &str, service: &str, operation: &str, endpoint: &str, input: &Value) -> String {
    let mut question = json!({
        "account": account, "region": region, "service": service, "operation": operation,
        "endpoint": endpoint, "input": input,
    });
    let in_cbor = |path: &str| path.starts_with("/service/") && path.ends_with(&format!("/operation/{operation}"));
    if input["path"].as_str().is_some_and(in_cbor) {
        question["input"]["path"] = json!("/");
    }
    if let Some(query) = question["input"]["query"].as_object_mut()
        && query.get("x-id").is_some_and(|id| id == operation)
    {
        query.remove("x-id");
    }
    sha256(&question).expect("JSON with text keys has a canonical form")
}

/// The key of a recorded question, from its own words.
pub(crate) fn key_of(capture: &Capture) -> String {
    let Capture { account, region, service, operation, endpoint, input, .. } = capture;
    key(account, region, service, operation, endpoint, input)
}

fn split_uri(uri: &str) -> (&str, &str, &str) {
    let after_scheme = uri.find("://").map_or(0, |at| at + 3);
    let path_start = uri[after_scheme..].find(['/', '?']).map_or(uri.len(), |at| after_scheme + at);
    let (endpoint, rest) = uri.split_at(path_start);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    (endpoint, if path.is_empty() { "/" } else { path }, query)
}

fn form(text: &str) -> serde_json::Map<String, Value> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), Value::String(decode(value)))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: Vec<u8> = rest.clone().take(2).collect();
                match std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
                    Some(decoded) if digits.len() == 2 => {
                        bytes.push(decoded);
                        rest.next();
                        rest.next();
                    }
                    _ => bytes.push(b'%'),
                }
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A request body as JSON: as it is where it is JSON, by name where it is a form or CBOR.
fn readable(body: &[u8]) -> Value {
    if let Ok(value) = serde_json::from_slice(body) {
        return value;
    }
    match std::str::from_utf8(body) {
        Ok(text) if text.contains('=') => Value::Object(form(text)),
        Ok(text) => Value::String(text.to_owned()),
        Err(_) => match ciborium::from_reader::<ciborium::Value, _>(body) {
            Ok(value) => serde_json::to_value(&value).unwrap_or_else(|_| Value::String(format!("{value:?}"))),
            Err(_) => json!({ "bytes_sha256": hex(&Sha256::digest(body)) }),
        },
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_kept_in_readable_form() {
        assert_eq!(
            split_uri("https://b.s3.amazonaws.com/?policy&x-id=GetBucketPolicy"),
            ("https://b.s3.amazonaws.com", "/", "policy&x-id=GetBucketPolicy")
        );
        assert_eq!(readable(b"Action=ListUsers&Marker=a%2Fb+c"), json!({"Action": "ListUsers", "Marker": "a/b c"}));
        assert_eq!(readable(b"{\"a\":1}"), json!({"a": 1}));
        assert_eq!(decode("100%"), "100%");
    }
}

#[cfg(test)]
mod key_tests {
    use super::*;

    #[test]
    fn the_order_of_members_does_not_change_the_key() {
        let one = readable(br#"{"criterion": {"a": 1, "b": [2, 3]}}"#);
        let other = readable(br#"{"criterion": {"b": [2, 3], "a": 1}}"#);
        let of = |input: &Value| key("1", "r", "guardduty", "ListFindings", "https://x", input);
        assert_eq!(of(&one), of(&other));
        assert_ne!(of(&one), of(&readable(br#"{"criterion": {"a": 1, "b": [3, 2]}}"#)));
    }

    #[test]
    fn a_question_in_cbor_is_the_same_in_json() {
        let of = |path: &str| {
            let input = json!({"method": "POST", "path": path, "body": {"MaxRecords": 100}});
            key("1", "r", "cloudwatch", "DescribeAlarms", "https://x", &input)
        };
        assert_eq!(of("/service/GraniteServiceVersion20100801/operation/DescribeAlarms"), of("/"));
        assert_ne!(of("/service/GraniteServiceVersion20100801/operation/ListMetrics"), of("/"));
    }

    #[test]
    fn a_question_that_names_its_operation_once_more_is_the_same() {
        let of = |query: Value| {
            let input = json!({"method": "GET", "path": "/", "query": query});
            key("1", "r", "s3", "ListBuckets", "https://x", &input)
        };
        let bare = of(json!({"max-buckets": "10"}));
        assert_eq!(of(json!({"max-buckets": "10", "x-id": "ListBuckets"})), bare);
        assert_ne!(of(json!({"max-buckets": "10", "x-id": "other"})), bare);
    }
}
