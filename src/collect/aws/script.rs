//! For tests of collectors: a connection that answers by a script, beneath the SDK, so that its own
//! deserializers run.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use crate::collect::exchange::recorder::{CALL, CaptureSink, current_operation};
use crate::collect::exchange::session::Session;
use crate::collect::exchange::tape::Tape;
use crate::collect::inventory::{Collected, Service};
use crate::collect::needs::RequiredAttributes;
use crate::collect::site::Site;
use crate::model::attr::CaptureId;
use crate::model::capture::Capture;
use crate::model::scan::{ScanHeader, ScanSelection, Tool};

/// A status and a body.
pub(super) type Reply = (u16, String);

/// A connection that answers each operation with its replies in turn; the last one stays.
#[derive(Clone)]
struct Script {
    denied: Reply,
    replies: Arc<Mutex<BTreeMap<&'static str, VecDeque<Reply>>>>,
    asked: Arc<Mutex<Vec<&'static str>>>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Script")
    }
}

impl HttpConnector for Script {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let (_, operation) = current_operation().expect("called by the session");
        let mut replies = self.replies.lock().expect("no panic");
        let (status, body) = match replies.get_mut(operation) {
            Some(queue) if queue.len() > 1 => queue.pop_front().expect("more than one"),
            Some(queue) => queue.front().expect("one at least").clone(),
            None => self.denied.clone(),
        };
        let mut asked = self.asked.lock().expect("no panic");
        asked.push(operation);
        CALL.with(|call| call.replays(asked.len() as CaptureId));
        let content_type = if body.starts_with('<') { "text/xml" } else { "application/json" };
        let mut response = HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(body));
        response.headers_mut().insert("content-type", content_type);
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl HttpClient for Script {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// Captures of a playback keep their numbers and are not stored again.
struct NoSink;

impl CaptureSink for NoSink {
    fn put(&self, _: Capture, _: Option<&[u8]>) -> Result<CaptureId, String> {
        Err("nothing is stored".to_owned())
    }
}

/// The header of a scan of which nothing is known.
pub(crate) fn header() -> ScanHeader {
    ScanHeader {
        number: 1,
        gate: "nightly".to_owned(),
        started: String::new(),
        tool: Tool {
            version: String::new(),
            executable_sha256: String::new(),
            controls_sha256: String::new(),
            policy_sha256: String::new(),
        },
        policy: String::new(),
        asked: ScanSelection::default(),
        accounts: Vec::new(),
        synthetic: true,
        endpoint: None,
        endpoints: BTreeMap::new(),
        code: None,
        collectors: None,
    }
}

/// A session over a connection that stands in for AWS, with an empty tape.
pub(super) fn session(connection: SharedHttpClient) -> Session {
    Session::play_through(Arc::new(Tape::new(header(), [])), connection, None, Arc::new(NoSink))
}

/// Collects the types and attributes named in one region, from the replies; what has none is
/// answered with `denied`. Also says which operations were asked for, in order.
pub(super) async fn collect(
    service: &Service,
    region: &str,
    needs: &[(&str, Option<&str>)],
    replies: impl IntoIterator<Item = (&'static str, Vec<Reply>)>,
    denied: Reply,
) -> (Collected, Vec<&'static str>) {
    let replies = replies.into_iter().map(|(operation, replies)| (operation, replies.into()));
    let script = Script { denied, replies: Arc::new(Mutex::new(replies.collect())), asked: Arc::default() };
    let session = session(SharedHttpClient::new(script.clone()));
    let mut wanted = RequiredAttributes::default();
    for (r#type, attribute) in needs {
        wanted.add(r#type, *attribute);
    }
    let site = Site {
        session: &session,
        account: "123456789012",
        partition: "aws",
        region,
        home: "us-east-1",
        regions: &[],
        needs: &wanted,
        now: chrono::DateTime::UNIX_EPOCH,
    };
    let collected = service.collect(site).await;
    let asked = script.asked.lock().expect("no panic").clone();
    (collected, asked)
}

/// A site without a connection, for what only reads what it is given.
pub(super) fn with_site<T>(run: impl FnOnce(Site<'_>) -> T) -> T {
    let script = Script { denied: (403, String::new()), replies: Arc::default(), asked: Arc::default() };
    let session = session(SharedHttpClient::new(script));
    let needs = RequiredAttributes::default();
    run(Site {
        session: &session,
        account: "123456789012",
        partition: "aws",
        region: "us-east-1",
        home: "us-east-1",
        regions: &[],
        needs: &needs,
        now: chrono::DateTime::UNIX_EPOCH,
    })
}
