//! A session: one way to AWS (or to a tape) with credentials, time limits, retries and captures.

use std::collections::{BTreeMap, HashMap};
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
use super::connection::{self, BUNDLE_VARIABLE};
use super::credentials;
use super::failure;
use super::limit::Limiter;
use super::operation::{NoValue, Operation};
use super::recorder::{CALL, Call, CaptureSink, Recorder};
use super::silence::{FIRST_ANSWER, Regions, Watching};
use super::stand_in::StandIns;
use super::tape::{NOT_RECORDED, Tape, TapeClient};
use super::withholding::Withholding;
use crate::collect::api::client::Client;
use crate::collect::api::document::Document;
use crate::collect::api::error::ApiError;
use crate::collect::api::model;
use crate::collect::api::withhold::Salt;
use crate::model::capture::ConnectionFailure;
use crate::model::gap::{Gap, GapCode};
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
    /// Which regions answer, where that is watched: not where a tape is played.
    regions: Option<Regions>,
    /// Keeps the SDK's process-wide retry budgets of sessions apart.
    partition: String,
    stand_ins: StandIns,
    failure: Mutex<Option<String>>,
    clients: Mutex<HashMap<ClientKey, Placed>>,
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
        let profiles = credentials::profiles(options.profile.as_deref()).await?;
        let bundle = credentials::selected(&profiles).and_then(|profile| profile.get("ca_bundle"));
        let https = connection::https(connection::trust(bundle)?);
        let mut loader = aws_config::defaults(behavior())
            .http_client(https.clone())
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
        let of_profile = credentials::selected(&profiles).is_some_and(credentials::names_some);
        if let Some(profile) = options.profile.as_deref().filter(|_| of_profile) {
            let provider = credentials::of_profile(profile, https.clone(), behavior(), base.region().cloned());
            base = base.into_builder().credentials_provider(provider).build();
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
        let profile = of_profile.then_some(options.profile.as_deref()).flatten();
        provider.provide_credentials().await.map_err(|error| credentials::refused(&error, profile))?;
        let client = Withholding::new(SharedHttpClient::new(Watching(https)), salt);
        Ok(Self {
            base: base.into_builder().http_client(client).build(),
            sink,
            tape: None,
            plays: false,
            limiter: Limiter::new(options.max_rps),
            regions: Some(Regions::new(FIRST_ANSWER)),
            partition: "live".to_owned(),
            stand_ins: StandIns::configured(),
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
        let stand_ins = StandIns::recorded(&tape.header);
        let base = SdkConfig::builder()
            .behavior_version(behavior())
            .app_name(app_name())
            .region(Region::new(first_region.unwrap_or("us-east-1").to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(retry)
            .timeout_config(timeouts())
            .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
            .time_source(aws_smithy_async::time::SystemTimeSource::new())
            .http_client(client);
        Self {
            base: base.build(),
            sink,
            tape: Some(tape),
            plays: true,
            limiter: Limiter::unbounded(),
            regions: None,
            partition: unique_partition(),
            stand_ins,
            failure: Mutex::new(None),
            clients: Mutex::default(),
        }
    }

    /// The same session, giving up regions that do not answer within this time: as if it were live.
    ///
    /// # Panics
    ///
    /// Never: a session has a connection.
    #[must_use]
    pub fn watching(self, first_answer: Duration) -> Self {
        let client = self.base.http_client().expect("a session has a connection");
        let base = self.base.to_builder().http_client(Watching(client)).build();
        Self { base, regions: Some(Regions::new(first_answer)), ..self }
    }

    /// What stands in for AWS, by service: each of these services that is asked, in one of these regions,
    /// elsewhere than at AWS's own endpoint. From here on nothing else is asked elsewhere: a client that
    /// would is refused.
    pub fn declare_stand_ins(
        &self,
        services: impl IntoIterator<Item = &'static str>,
        regions: &[&str],
    ) -> BTreeMap<String, String> {
        self.stand_ins.declare(&self.base, services, regions)
    }

    /// The regions of an account in which nothing answered, and which were given up.
    #[must_use]
    pub fn given_up(&self, account: &str) -> Vec<String> {
        self.regions.as_ref().map(|regions| regions.given_up(account)).unwrap_or_default()
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
        let leave = self.limiter.enter(&call.account, &call.region, operation.rate, client.is_spared).await;
        let url = client.client.url().to_owned();
        let result = CALL.scope(Arc::clone(call), client.client.send(operation.name, input)).await;
        drop(leave);
        let mut answer = self.finish(call, &url, result);
        if let Ok(document) = &answer.result
            && let Some(missing) = operation.must.iter().find(|member| document.root().at(member).some().is_none())
        {
            let why = format!("the answer does not hold {missing}, which AWS always answers");
            answer.result = Err(NoValue::Gap(operation.gap(GapCode::MalformedResponse, why)));
        }
        answer
    }

    /// The client of a service in a region, made once.
    fn client(&self, service: &'static str, account: &str, region: &str) -> Result<Placed, (GapCode, String)> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (account.to_owned(), service, region.to_owned());
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let model = model::service(service).expect("a declared operation has a model");
        let partition = self.retry_partition(account, service, region);
        let stand_in = self.stand_ins.of(&self.base, service, region).map_err(|why| (GapCode::OutsideScope, why))?;
        let is_spared = stand_in.as_deref().is_some_and(is_loopback);
        let client = Client::new(model, &self.config(region), stand_in, partition, Recorder)
            .map_err(|refused| (GapCode::Unsupported, refused.to_string()))?;
        let placed = Placed { client, is_spared };
        clients.insert(key, placed.clone());
        Ok(placed)
    }

    pub(crate) fn begin(&self, operation: &'static Operation, account: &str, region: &str) -> Arc<Call> {
        let watched = self.regions.as_ref().map(|regions| regions.of(account, region));
        Arc::new(Call::new(operation, account, region, Arc::clone(&self.sink), self.tape.clone(), watched))
    }

    fn finish(
        &self,
        call: &Call,
        url: &str,
        result: Result<Document, SdkError<ApiError, HttpResponse>>,
    ) -> Answer<Document> {
        if let Some(why) = call.sink_failure() {
            *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        }
        let operation = call.operation;
        let mut captures = call.captures();
        captures.sort_unstable();
        captures.dedup();
        Answer { operation, result: result.map_err(|error| miss(operation, &call.region, url, &error)), captures }
    }
}

/// A client, and whether what it asks is spared no calls.
#[derive(Clone)]
struct Placed {
    client: Client,
    /// An emulator on this machine is not production; nothing there is to be spared.
    is_spared: bool,
}

/// What an error of the SDK means for an operation.
fn miss(operation: &Operation, region: &str, url: &str, error: &SdkError<ApiError, HttpResponse>) -> NoValue {
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
            if let Some(kind) = failure.as_connector_error().and_then(failure::kind) {
                return NoValue::Gap(unreached(operation, region, url, kind));
            }
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

/// The gap of a connection that failed. It hangs on nothing that a replay does not have.
fn unreached(operation: &Operation, region: &str, url: &str, kind: ConnectionFailure) -> Gap {
    let meaning = kind.meaning();
    match kind {
        ConnectionFailure::RegionGivenUp => operation.gap(GapCode::Timeout, format!("{meaning}: {region}")),
        ConnectionFailure::NameNotResolved => operation.gap(
            GapCode::ConnectionFailed,
            format!("{meaning}: {url}; AWS may not offer {} in {region}", operation.service),
        ),
        ConnectionFailure::CertificateNotTrusted => operation.gap(
            GapCode::ConnectionFailed,
            format!("{meaning}: {url}; {BUNDLE_VARIABLE} or ca_bundle of the profile names the authorities to trust"),
        ),
        ConnectionFailure::Closed if url.starts_with("https:") => {
            operation.gap(GapCode::ConnectionFailed, format!("{meaning}, though TLS was agreed on: {url}"))
        }
        _ => operation.gap(GapCode::ConnectionFailed, format!("{meaning}: {url}")),
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
