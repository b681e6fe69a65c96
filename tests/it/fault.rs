//! A double of the connection to AWS: it plays a tape, and brings one fault into one operation.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use tickmark::collect::exchange::recorder::current_operation;
use tickmark::collect::exchange::tape::TapeClient;
use tickmark::model::gap::GapCode;

/// What can go wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    AccessDenied,
    Throttled,
    ThrottledTwice,
    ServerError,
    TimeOut,
    ConnectionReset,
    TruncatedBody,
    MalformedBody,
    ExpiredToken,
}

impl Fault {
    pub(crate) const ALL: [Self; 9] = [
        Self::AccessDenied,
        Self::Throttled,
        Self::ThrottledTwice,
        Self::ServerError,
        Self::TimeOut,
        Self::ConnectionReset,
        Self::TruncatedBody,
        Self::MalformedBody,
        Self::ExpiredToken,
    ];

    /// The gap it must leave; none where the retries get over it.
    pub(crate) fn gap(self) -> Option<GapCode> {
        match self {
            Self::AccessDenied => Some(GapCode::AccessDenied),
            Self::Throttled => Some(GapCode::Throttled),
            Self::ThrottledTwice => None,
            Self::ServerError => Some(GapCode::ServerError),
            Self::TimeOut => Some(GapCode::Timeout),
            Self::ConnectionReset => Some(GapCode::ConnectionFailed),
            Self::TruncatedBody | Self::MalformedBody => Some(GapCode::MalformedResponse),
            Self::ExpiredToken => Some(GapCode::CredentialsRejected),
        }
    }
}

/// Bodies that no service sends: the page of some proxy, nothing at all, an object of something else.
pub(crate) const MALFORMED: [&str; 3] =
    ["<html><body><h1>It works!</h1></body></html>", "", "{\"message\":\"Service is being upgraded\"}"];

/// How a service speaks, as its requests show it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Query,
    Ec2,
    S3,
    RestXml,
    Json,
    RestJson,
    Cbor,
}

impl Protocol {
    fn of(service: &str, request: &HttpRequest) -> Self {
        let header = |name| request.headers().get(name).unwrap_or_default();
        match service {
            "ec2" => Self::Ec2,
            "s3" => Self::S3,
            "s3control" => Self::RestXml,
            _ if header("smithy-protocol") == "rpc-v2-cbor" => Self::Cbor,
            _ if !header("x-amz-target").is_empty() => Self::Json,
            _ if header("content-type").starts_with("application/x-www-form-urlencoded") => Self::Query,
            _ => Self::RestJson,
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Query | Self::Ec2 => "text/xml",
            Self::S3 | Self::RestXml => "application/xml",
            Self::Json => "application/x-amz-json-1.1",
            Self::RestJson => "application/json",
            Self::Cbor => "application/cbor",
        }
    }

    /// Status and code with which AWS says it in this protocol.
    fn spelling(self, fault: Fault) -> (u16, &'static str) {
        match (fault, self) {
            (Fault::AccessDenied, Self::Ec2) => (403, "UnauthorizedOperation"),
            (Fault::AccessDenied, Self::Query | Self::S3 | Self::RestXml) => (403, "AccessDenied"),
            (Fault::AccessDenied, Self::RestJson) => (403, "AccessDeniedException"),
            (Fault::AccessDenied, _) => (400, "AccessDeniedException"),
            (Fault::Throttled | Fault::ThrottledTwice, Self::Ec2) => (503, "RequestLimitExceeded"),
            (Fault::Throttled | Fault::ThrottledTwice, Self::S3 | Self::RestXml) => (503, "SlowDown"),
            (Fault::Throttled | Fault::ThrottledTwice, Self::Query) => (400, "Throttling"),
            (Fault::Throttled | Fault::ThrottledTwice, Self::RestJson) => (429, "TooManyRequestsException"),
            (Fault::Throttled | Fault::ThrottledTwice, _) => (400, "ThrottlingException"),
            (Fault::ExpiredToken, Self::Ec2) => (400, "RequestExpired"),
            (Fault::ExpiredToken, Self::Query) => (403, "ExpiredToken"),
            (Fault::ExpiredToken, Self::S3 | Self::RestXml) => (400, "ExpiredToken"),
            (Fault::ExpiredToken, Self::RestJson) => (403, "ExpiredTokenException"),
            (Fault::ExpiredToken, _) => (400, "ExpiredTokenException"),
            (_, Self::Ec2 | Self::S3 | Self::RestXml) => (500, "InternalError"),
            (_, Self::RestJson) => (500, "InternalServerException"),
            (_, _) => (500, "InternalFailure"),
        }
    }

    /// An error of AWS in the form of the protocol.
    fn error(self, fault: Fault) -> HttpResponse {
        let (status, code) = self.spelling(fault);
        let said = "brought in by the test";
        let body = match self {
            Self::Query => format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{said}</Message></Error>\
                 <RequestId>r</RequestId></ErrorResponse>"
            )
            .into_bytes(),
            Self::RestXml => {
                format!("<ErrorResponse><Error><Code>{code}</Code><Message>{said}</Message></Error></ErrorResponse>")
                    .into_bytes()
            }
            Self::Ec2 => format!(
                "<Response><Errors><Error><Code>{code}</Code><Message>{said}</Message></Error></Errors>\
                 <RequestID>r</RequestID></Response>"
            )
            .into_bytes(),
            Self::S3 => format!("<Error><Code>{code}</Code><Message>{said}</Message></Error>").into_bytes(),
            Self::Json | Self::RestJson => {
                serde_json::json!({ "__type": code, "message": said }).to_string().into_bytes()
            }
            Self::Cbor => cbor_error(code, said),
        };
        let mut response = respond(status, self.content_type(), body);
        match self {
            Self::RestJson => drop(response.headers_mut().insert("x-amzn-errortype", code)),
            Self::Cbor => drop(response.headers_mut().insert("smithy-protocol", "rpc-v2-cbor")),
            _ => {}
        }
        response
    }
}

fn respond(status: u16, content_type: &'static str, body: Vec<u8>) -> HttpResponse {
    let mut response = HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(body));
    response.headers_mut().insert("content-type", content_type);
    response
}

/// A map of two short strings (RFC 8949).
fn cbor_error(code: &str, said: &str) -> Vec<u8> {
    let mut bytes = vec![0xa2];
    for text in ["__type", code, "message", said] {
        let length = u8::try_from(text.len()).expect("a short text");
        if length < 24 {
            bytes.push(0x60 | length);
        } else {
            bytes.extend([0x78, length]);
        }
        bytes.extend(text.as_bytes());
    }
    bytes
}

/// Plays a tape, with one fault in one operation.
#[derive(Debug, Clone)]
pub(crate) struct Faulty {
    tape: TapeClient,
    at: Option<(&'static str, &'static str, Fault)>,
    malformed: &'static str,
    /// How often each question was put, for the fault that passes.
    asked: Arc<Mutex<HashMap<String, u32>>>,
    /// How often the fault was brought in.
    pub(crate) hits: Arc<AtomicUsize>,
}

impl Faulty {
    pub(crate) fn new(
        tape: TapeClient,
        at: Option<(&'static str, &'static str, Fault)>,
        malformed: &'static str,
    ) -> Self {
        Self { tape, at, malformed, asked: Arc::default(), hits: Arc::default() }
    }

    fn times_asked(&self, request: &HttpRequest) -> u32 {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let mut asked = self.asked.lock().expect("not poisoned");
        let times = asked.entry(format!("{} {body}", request.uri())).or_insert(0);
        *times += 1;
        *times
    }
}

impl HttpConnector for Faulty {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let fault = match (self.at, current_operation()) {
            (Some((service, name, fault)), Some(current)) if current == (service, name) => fault,
            _ => return self.tape.call(request),
        };
        let protocol = Protocol::of(self.at.map_or("", |(service, _, _)| service), &request);
        let hits = self.hits.fetch_add(1, Ordering::Relaxed);
        match fault {
            Fault::ThrottledTwice if self.times_asked(&request) > 2 => self.tape.call(request),
            Fault::TimeOut => HttpConnectorFuture::ready(Err(ConnectorError::timeout("no answer".into()))),
            Fault::ConnectionReset => {
                HttpConnectorFuture::ready(Err(ConnectorError::io("connection reset by peer".into())))
            }
            Fault::MalformedBody => {
                let body = self.malformed.as_bytes().to_vec();
                HttpConnectorFuture::ready(Ok(respond(200, protocol.content_type(), body)))
            }
            Fault::TruncatedBody => {
                let whole = self.tape.call(request);
                HttpConnectorFuture::new(async move {
                    let mut response = whole.await?;
                    let body = response.body().bytes().unwrap_or_default();
                    let end = body.trim_ascii_end().len();
                    // Each call is cut elsewhere, from after the first byte to before the last.
                    let cut = if end > 1 { 1 + (hits * 7919 + end / 2) % (end - 1) } else { 0 };
                    let cut = body[..cut].to_vec();
                    *response.body_mut() = SdkBody::from(cut);
                    Ok(response)
                })
            }
            _ => HttpConnectorFuture::ready(Ok(protocol.error(fault))),
        }
    }
}

impl HttpClient for Faulty {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// Plays a tape, but for the operations that a function answers, in JSON.
#[derive(Clone)]
pub(crate) struct Answering {
    tape: TapeClient,
    answers: fn((&'static str, &'static str)) -> Option<serde_json::Value>,
}

impl Answering {
    pub(crate) fn new(
        tape: TapeClient,
        answers: fn((&'static str, &'static str)) -> Option<serde_json::Value>,
    ) -> Self {
        Self { tape, answers }
    }
}

impl std::fmt::Debug for Answering {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answering").finish_non_exhaustive()
    }
}

impl HttpConnector for Answering {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match current_operation().and_then(self.answers) {
            Some(answer) => {
                HttpConnectorFuture::ready(Ok(respond(200, "application/json", answer.to_string().into_bytes())))
            }
            None => self.tape.call(request),
        }
    }
}

impl HttpClient for Answering {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
