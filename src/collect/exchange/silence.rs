//! Regions that do not answer. Where no service of a region has answered and its first attempts ran
//! into their time limits, the region is given up: what is under way there is let go, and what is still
//! to be asked fails at once. The other regions do not wait for it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::config_bag::ConfigBag;
use tokio::sync::watch;

use super::failure::Known;
use super::recorder::CALL;
use crate::model::capture::{ConnectionFailure, Outcome};

/// Attempts without an answer after which a region that never answered is given up.
const PATIENCE: u32 = 3;

/// How long an attempt may take in a region that has not answered yet. AWS answers in well under a
/// second; an attempt that began before the region's first answer goes on once that has come.
pub(super) const FIRST_ANSWER: Duration = Duration::from_secs(10);

/// What is known of one region of one account.
#[derive(Debug)]
pub(super) struct Region {
    answered: AtomicBool,
    unanswered: AtomicU32,
    given_up: watch::Sender<bool>,
    first_answer: Duration,
}

impl Region {
    fn new(first_answer: Duration) -> Self {
        Self {
            answered: AtomicBool::new(false),
            unanswered: AtomicU32::new(0),
            given_up: watch::Sender::new(false),
            first_answer,
        }
    }

    /// An attempt has ended.
    pub(super) fn ended(&self, outcome: Outcome) {
        match outcome {
            Outcome::Answered | Outcome::BrokenBody => self.answered.store(true, Ordering::Relaxed),
            Outcome::Timeout => {
                let unanswered = self.unanswered.fetch_add(1, Ordering::Relaxed) + 1;
                if unanswered >= PATIENCE && !self.answered.load(Ordering::Relaxed) {
                    self.given_up.send_replace(true);
                }
            }
            // These are quick, and may be of one service alone.
            Outcome::ConnectionFailed | Outcome::NotRecorded => {}
        }
    }

    /// Resolves when the region is given up.
    async fn given_up(&self) {
        // The sender lives as long as this.
        self.given_up.subscribe().wait_for(|given_up| *given_up).await.ok();
    }

    /// Resolves when an attempt has waited for the first answer of the region for too long.
    async fn kept_waiting(&self) {
        tokio::time::sleep(self.first_answer).await;
        if self.answered.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }
}

/// The regions of all accounts of a session.
#[derive(Debug)]
pub(super) struct Regions {
    known: Mutex<HashMap<(String, String), Arc<Region>>>,
    first_answer: Duration,
}

impl Regions {
    /// Regions of which an attempt may take so long until the first answer.
    pub(super) fn new(first_answer: Duration) -> Self {
        Self { known: Mutex::default(), first_answer }
    }

    pub(super) fn of(&self, account: &str, region: &str) -> Arc<Region> {
        let mut regions = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let region = regions.entry((account.to_owned(), region.to_owned()));
        Arc::clone(region.or_insert_with(|| Arc::new(Region::new(self.first_answer))))
    }

    /// The regions of an account that were given up, sorted.
    pub(super) fn given_up(&self, account: &str) -> Vec<String> {
        let regions = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let given_up = regions.iter().filter(|((of, _), region)| of == account && *region.given_up.borrow());
        let mut names: Vec<String> = given_up.map(|((_, name), _)| name.clone()).collect();
        names.sort();
        names
    }
}

/// A client that asks nothing of a region that was given up.
#[derive(Debug)]
pub(super) struct Watching(pub(super) SharedHttpClient);

impl HttpClient for Watching {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector(self.0.http_connector(settings, components)))
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.validate_base_client_config(components, config)
    }

    fn validate_final_config(&self, components: &RuntimeComponents, config: &ConfigBag) -> Result<(), BoxError> {
        self.0.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

#[derive(Debug)]
struct Connector(SharedHttpConnector);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let region = CALL.try_with(|call| call.watched.clone()).ok().flatten();
        let Some(region) = region else { return self.0.call(request) };
        let given_up = || ConnectorError::other(Known(ConnectionFailure::RegionGivenUp).into(), None);
        if *region.given_up.borrow() {
            return HttpConnectorFuture::ready(Err(given_up()));
        }
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let first: Result<HttpResponse, ConnectorError> = tokio::select! {
                biased;
                answer = answer => answer,
                () = region.given_up() => Err(given_up()),
                () = region.kept_waiting() => Err(ConnectorError::timeout("no service of the region has answered".into())),
            };
            first
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use aws_smithy_types::body::SdkBody;
    use serde_json::Map;

    use super::*;
    use crate::collect::exchange::operation::{NoValue, Operation};
    use crate::collect::exchange::recorder::CaptureSink;
    use crate::collect::exchange::session::Session;
    use crate::collect::exchange::tape::{Exchange, Tape};
    use crate::collect::scope::{DESCRIBE_REGIONS, GET_CALLER_IDENTITY};
    use crate::model::attr::CaptureId;
    use crate::model::capture::Capture;
    use crate::model::gap::{Gap, GapCode};
    use crate::model::scan::ScanHeader;

    /// Accepts every request; answers those of one region, and never those of the others.
    #[derive(Debug, Clone, Copy)]
    struct AnswersIn(&'static str);

    impl HttpConnector for AnswersIn {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            if CALL.with(|call| call.region == self.0) {
                let answer = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>1</Account><Arn>a</Arn>\
                              </GetCallerIdentityResult></GetCallerIdentityResponse>";
                let status = 200.try_into().expect("a status");
                return HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(answer))));
            }
            HttpConnectorFuture::new(std::future::pending())
        }
    }

    impl HttpClient for AnswersIn {
        fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
            SharedHttpConnector::new(*self)
        }
    }

    #[derive(Default)]
    struct Kept(Mutex<Vec<Exchange>>);

    impl CaptureSink for Kept {
        fn put(&self, mut capture: Capture, body: Option<&[u8]>) -> Result<CaptureId, String> {
            let mut kept = self.0.lock().expect("no test fails while it holds this");
            capture.n = kept.len() as CaptureId + 1;
            let n = capture.n;
            kept.push(Exchange { capture, body: body.map(<[u8]>::to_vec) });
            Ok(n)
        }
    }

    async fn asked(session: &Session, operation: &'static Operation, region: &str) -> Option<Gap> {
        match session.ask(operation, "1", region, Map::new()).await.result {
            Err(NoValue::Gap(gap)) => Some(gap),
            _ => None,
        }
    }

    fn header() -> ScanHeader {
        crate::collect::aws::script::header()
    }

    #[tokio::test]
    async fn a_region_that_accepts_and_never_answers_holds_nothing_up_and_says_so() {
        let sink = Arc::new(Kept::default());
        let client = SharedHttpClient::new(AnswersIn("us-east-1"));
        let session = Session::record_through(header(), client, None, Arc::clone(&sink) as Arc<dyn CaptureSink>)
            .watching(Duration::from_millis(200));
        let start = Instant::now();
        let silent = "eu-west-1";
        let (first, second, other) = tokio::join!(
            asked(&session, &GET_CALLER_IDENTITY, silent),
            asked(&session, &DESCRIBE_REGIONS, silent),
            asked(&session, &GET_CALLER_IDENTITY, "us-east-1"),
        );
        let late = asked(&session, &DESCRIBE_REGIONS, silent).await;
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
        assert_eq!(other, None, "another region answers");
        assert_eq!(session.given_up("1"), [silent]);
        for gap in [&first, &second, &late] {
            assert_eq!(gap.as_ref().expect("a gap").code, GapCode::Timeout);
        }
        assert!(late.as_ref().expect("a gap").detail.ends_with(silent), "{late:?}");

        let exchanges = std::mem::take(&mut *sink.0.lock().expect("no test fails while it holds this"));
        let outcomes: Vec<_> = exchanges.iter().filter_map(|exchange| exchange.capture.failure).collect();
        assert!(
            outcomes.contains(&ConnectionFailure::RegionGivenUp),
            "an attempt that was not made is kept: {outcomes:?}"
        );
        let tape = Arc::new(Tape::new(header(), exchanges));
        let again = Session::play(tape, None, Arc::new(Kept::default()));
        assert_eq!(asked(&again, &GET_CALLER_IDENTITY, silent).await, first, "played back, it says the same");
        assert_eq!(asked(&again, &DESCRIBE_REGIONS, silent).await, second);
        assert_eq!(asked(&again, &DESCRIBE_REGIONS, silent).await, late);
    }

    #[test]
    fn a_region_is_given_up_after_attempts_without_any_answer_and_never_after_one() {
        let silent = Regions::new(FIRST_ANSWER);
        for _ in 0..PATIENCE {
            assert!(silent.given_up("1").is_empty());
            silent.of("1", "eu-west-1").ended(Outcome::Timeout);
        }
        assert_eq!(silent.given_up("1"), ["eu-west-1"]);
        assert!(silent.given_up("2").is_empty(), "another account is another matter");

        let slow = Regions::new(FIRST_ANSWER);
        slow.of("1", "eu-west-1").ended(Outcome::Answered);
        for _ in 0..10 {
            slow.of("1", "eu-west-1").ended(Outcome::Timeout);
            slow.of("1", "us-east-1").ended(Outcome::ConnectionFailed);
        }
        assert!(slow.given_up("1").is_empty());
    }
}
