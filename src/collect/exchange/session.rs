//! A session: one way to AWS (or to a tape) with credentials, time limits, retries and captures.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::app_name::AppName;
use serde_json::{Map, Value};

use super::answer::Answer;
use super::connection;
use super::limit::Limiter;
use super::operation::{NoValue, Operation};
use super::recorder::{CALL, Call, CaptureSink, Recorder};
use super::tape::{NOT_RECORDED, Tape, TapeClient};
use super::withholding::Withholding;
use crate::collect::api::client::Client;
use crate::collect::api::document::Document;
use crate::collect::api::error::ApiError;
use crate::collect::api::model;
use crate::collect::api::withhold::Salt;
use crate::model::gap::GapCode;
use crate::model::scan::ScanHeader;

/// One attempt may take this long.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(30);
/// One call with all its attempts may take this long.
const OPERATION_LIMIT: Duration = Duration::from_mins(3);
/// Attempts of one call.
const ATTEMPTS: u32 = 6;

/// How to reach AWS.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Profile of the shared configuration files.
    pub profile: Option<String>,
    /// Role to assume.
    pub role_arn: Option<String>,
    /// External id of that role.
    pub external_id: Option<String>,
    /// Endpoint that stands in for AWS.
    pub endpoint_url: Option<String>,
    /// Cap on calls per second and service, instead of the built-in ones.
    pub max_rps: Option<f64>,
    /// The region asked first, for the calls that are made once per account.
    pub first_region: Option<String>,
}

/// One way to AWS with credentials, time limits, retries and captures.
pub struct Session {
    base: SdkConfig,
    sink: Arc<dyn CaptureSink>,
    /// Set where captures keep the numbers they have on the tape that is played.
    tape: Option<Arc<Tape>>,
    plays: bool,
    limiter: Limiter,
    /// Keeps the SDK's process-wide retry budgets of sessions apart.
    partition: String,
    endpoint: Option<String>,
    failure: Mutex<Option<String>>,
    clients: Mutex<HashMap<ClientKey, Client>>,
}

/// Account, service and region that a client is for.
type ClientKey = (String, &'static str, String);

impl Session {
    /// A session over the ordinary credential chain. What its operations withhold of the answers is
    /// committed to with this salt.
    ///
    /// # Errors
    ///
    /// A sentence for the user, where no credentials can be had.
    pub async fn open(options: &Options, salt: Salt, sink: Arc<dyn CaptureSink>) -> Result<Self, String> {
        let mut loader = aws_config::defaults(behavior())
            .http_client(connection::https())
            .app_name(app_name())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(timeouts());
        if let Some(profile) = &options.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(endpoint) = &options.endpoint_url {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(region) = &options.first_region {
            loader = loader.region(Region::new(region.clone()));
        }
        let mut base = loader.load().await;
        if base.region().is_none() {
            base = base.into_builder().region(Region::new("us-east-1")).build();
        }
        if let Some(role) = &options.role_arn {
            let mut provider = AssumeRoleProvider::builder(role).configure(&base).session_name("tickmark");
            if let Some(id) = &options.external_id {
                provider = provider.external_id(id);
            }
            let provider = provider.build().await;
            base = base.into_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build();
        }
        let Some(provider) = base.credentials_provider() else {
            return Err("find AWS credentials: the credential chain is empty".to_owned());
        };
        provider.provide_credentials().await.map_err(|error| format!("get AWS credentials: {}", chain(&error)))?;
        let endpoint = base.endpoint_url().map(ToOwned::to_owned).or_else(service_endpoint_variable);
        // An emulator on this machine is not production; nothing there is to be spared.
        let spared = endpoint.as_deref().is_some_and(is_loopback).then_some(f64::INFINITY);
        let limiter = Limiter::new(options.max_rps.or(spared));
        let client = base.http_client().unwrap_or_else(connection::https);
        Ok(Self {
            base: base.into_builder().http_client(Withholding::new(client, salt)).build(),
            sink,
            tape: None,
            plays: false,
            limiter,
            partition: "live".to_owned(),
            endpoint,
            failure: Mutex::new(None),
            clients: Mutex::default(),
        })
    }

    /// A session that plays a tape. `first_region` is the one the recorded session asked first.
    pub fn play(tape: Arc<Tape>, first_region: Option<&str>, sink: Arc<dyn CaptureSink>) -> Self {
        let client = SharedHttpClient::new(TapeClient::new(Arc::clone(&tape)));
        Self::play_through(tape, client, first_region, sink)
    }

    /// A session that plays a tape and captures what it plays anew: as if the tape were AWS.
    pub fn play_and_record(tape: Arc<Tape>, first_region: Option<&str>, sink: Arc<dyn CaptureSink>) -> Self {
        Self::play(tape, first_region, sink).recording()
    }

    /// The same session, capturing what it plays anew. What its operations withhold of the answers is
    /// committed to with a salt that is kept nowhere; what the tape has of commitments stays.
    ///
    /// # Panics
    ///
    /// When the system has no random bytes.
    #[must_use]
    pub fn recording(self) -> Self {
        let client = self.base.http_client().expect("a session that plays has a connection");
        let withholding = Withholding::new(client, Salt::random());
        Self { tape: None, base: self.base.to_builder().http_client(withholding).build(), ..self }
    }

    /// A session over another connection that captures what comes: as if it were AWS. The header is
    /// that of the scan it stands in for.
    pub fn record_through(
        header: ScanHeader,
        client: SharedHttpClient,
        first_region: Option<&str>,
        sink: Arc<dyn CaptureSink>,
    ) -> Self {
        let blank = Arc::new(Tape::new(header, []));
        Self::play_through(blank, client, first_region, sink).recording()
    }

    /// A session that plays a tape through another connection, for tests that bring faults in.
    pub fn play_through(
        tape: Arc<Tape>,
        client: SharedHttpClient,
        first_region: Option<&str>,
        sink: Arc<dyn CaptureSink>,
    ) -> Self {
        let quick = Duration::from_millis(1);
        let retry =
            RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(quick).with_max_backoff(quick);
        let credentials = Credentials::new("TAPE", "TAPE", None, None, "tape");
        let endpoint = tape.header.endpoint.clone();
        let mut base = SdkConfig::builder()
            .behavior_version(behavior())
            .app_name(app_name())
            .region(Region::new(first_region.unwrap_or("us-east-1").to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(retry)
            .timeout_config(timeouts())
            .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
            .time_source(aws_smithy_async::time::SystemTimeSource::new())
            .http_client(client);
        base.set_endpoint_url(endpoint.clone());
        Self {
            base: base.build(),
            sink,
            tape: Some(tape),
            plays: true,
            limiter: Limiter::unbounded(),
            partition: unique_partition(),
            endpoint,
            failure: Mutex::new(None),
            clients: Mutex::default(),
        }
    }

    /// The endpoint that stands in for AWS, where one does.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// Whether a tape is played: what it says does not change for waiting.
    #[must_use]
    pub fn replays(&self) -> bool {
        self.plays
    }

    /// The region of the configuration, where calls that are made once per account go first.
    #[must_use]
    pub fn first_region(&self) -> &str {
        self.base.region().map_or("us-east-1", AsRef::as_ref)
    }

    /// The configuration for clients of one region.
    fn config(&self, region: &str) -> SdkConfig {
        self.base.to_builder().region(Region::new(region.to_owned())).build()
    }

    /// Name of the SDK's retry budget for clients of one account, service and region.
    fn retry_partition(&self, account: &str, service: &str, region: &str) -> String {
        format!("{}/{account}/{service}/{region}", self.partition)
    }

    /// What kept a capture from being stored, where something did: the scan then fails.
    pub fn failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes one call of an operation: waits for leave, captures every attempt, and says what came
    /// of it.
    pub(crate) async fn ask(
        &self,
        operation: &'static Operation,
        account: &str,
        region: &str,
        input: Map<String, Value>,
    ) -> Answer<Document> {
        let call = self.begin(operation, account, region);
        self.ask_within(&call, input).await
    }

    /// Makes one more call of an operation, as the next page of a listing.
    pub(crate) async fn ask_within(&self, call: &Arc<Call>, input: Map<String, Value>) -> Answer<Document> {
        let operation = call.operation;
        let client = match self.client(operation.service, &call.account, &call.region) {
            Ok(client) => client,
            Err(gap) => {
                return Answer {
                    operation,
                    result: Err(NoValue::Gap(operation.gap(gap.0, gap.1))),
                    captures: Vec::new(),
                };
            }
        };
        let leave = self.limiter.enter(&call.account, operation.rate).await;
        let result = CALL.scope(Arc::clone(call), client.send(operation.name, input)).await;
        drop(leave);
        let mut answer = self.finish(call, result);
        if let Ok(document) = &answer.result
            && let Some(missing) = operation.must.iter().find(|member| document.root().at(member).some().is_none())
        {
            let why = format!("the answer does not hold {missing}, which AWS always answers");
            answer.result = Err(NoValue::Gap(operation.gap(GapCode::MalformedResponse, why)));
        }
        answer
    }

    /// The client of a service in a region, made once.
    fn client(&self, service: &'static str, account: &str, region: &str) -> Result<Client, (GapCode, String)> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (account.to_owned(), service, region.to_owned());
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let model = model::service(service).expect("a declared operation has a model");
        let partition = self.retry_partition(account, service, region);
        let client = Client::new(model, &self.config(region), partition, Recorder)
            .map_err(|refused| (GapCode::Unsupported, refused.to_string()))?;
        clients.insert(key, client.clone());
        Ok(client)
    }

    pub(crate) fn begin(&self, operation: &'static Operation, account: &str, region: &str) -> Arc<Call> {
        Arc::new(Call::new(operation, account, region, Arc::clone(&self.sink), self.tape.clone()))
    }

    fn finish(&self, call: &Call, result: Result<Document, SdkError<ApiError, HttpResponse>>) -> Answer<Document> {
        if let Some(why) = call.sink_failure() {
            *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        }
        let operation = call.operation;
        let mut captures = call.captures();
        captures.sort_unstable();
        captures.dedup();
        Answer { operation, result: result.map_err(|error| miss(operation, &error)), captures }
    }
}

/// What an error of the SDK means for an operation.
fn miss(operation: &Operation, error: &SdkError<ApiError, HttpResponse>) -> NoValue {
    let gap = |code, detail: &str| NoValue::Gap(operation.gap(code, detail));
    match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let said = service.err();
            operation.classify_error(said.code(), Some(status), said.message().unwrap_or_default())
        }
        SdkError::TimeoutError(_) => gap(GapCode::Timeout, ""),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => gap(GapCode::Timeout, ""),
        SdkError::DispatchFailure(failure) => {
            let said = DisplayErrorContext(error).to_string();
            if said.contains(NOT_RECORDED) {
                gap(GapCode::NotRecorded, "")
            } else if failure.is_io() {
                gap(GapCode::ConnectionFailed, "")
            } else if said.contains("redential") {
                gap(GapCode::CredentialsRejected, "the credentials could not be loaded or refreshed")
            } else {
                gap(GapCode::ConnectionFailed, "the request could not be dispatched")
            }
        }
        SdkError::ResponseError(_) => gap(GapCode::MalformedResponse, "the answer could not be parsed"),
        _ => gap(GapCode::ServiceError, "the request could not be built"),
    }
}

/// Whether an endpoint is on this machine.
fn is_loopback(endpoint: &str) -> bool {
    let host = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let host = host.split(['/', '?']).next().unwrap_or(host);
    let host = if let Some(bracketed) = host.strip_prefix('[') {
        bracketed.split(']').next().unwrap_or(bracketed)
    } else {
        host.split(':').next().unwrap_or(host)
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// An error and what caused it, in its own words.
fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        said = format!("{said}: {cause}");
        next = cause.source();
    }
    said
}

/// Pinned: a newer behaviour version changes defaults under a scanner whose evidence must be
/// comparable from night to night.
fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(ATTEMPT_LIMIT)
        .operation_timeout(OPERATION_LIMIT)
        .build()
}

fn app_name() -> AppName {
    AppName::new("tickmark").expect("a valid app name")
}

/// `AWS_ENDPOINT_URL_<SERVICE>` stands in for one service alone; the scan is synthetic all the same.
fn service_endpoint_variable() -> Option<String> {
    if std::env::var("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_ok_and(|value| value.eq_ignore_ascii_case("true")) {
        return None;
    }
    std::env::vars().find(|(name, value)| name.starts_with("AWS_ENDPOINT_URL") && !value.is_empty()).map(|(_, url)| url)
}

fn unique_partition() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("tape-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_this_machine_is_loopback() {
        for (endpoint, expected) in [
            ("http://127.0.0.1:5000", true),
            ("http://localhost:4566/", true),
            ("http://[::1]:5000", true),
            ("https://vpce-1.ec2.eu-west-1.vpce.amazonaws.com", false),
            ("http://127.0.0.1.example.com", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_loopback(endpoint), expected, "{endpoint}");
        }
    }
}
