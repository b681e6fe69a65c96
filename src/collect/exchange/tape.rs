//! A tape: recorded captures that are played back instead of AWS, through the same SDK, the same
//! collectors and the same evaluation.
//!
//! The file form is zstd over JSON lines: first the header of the scan it was recorded from, then
//! one capture a line with its body in base64.

use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead, BufReader, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::failure::Known;
use super::recorder::{CALL, key_of};
use crate::model::capture::{Capture, Outcome};
use crate::model::scan::ScanHeader;

/// Largest tape read, in bytes after decompression: a guard against a bomb.
const SIZE_LIMIT: u64 = 4 << 30;

/// Why a tape could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TapeError {
    /// The file or stream failed.
    #[error("read or write the tape: {0}")]
    Io(#[from] std::io::Error),
    /// A line is not what a tape holds.
    #[error("read line {line} of the tape: {source}")]
    Line {
        /// 1-based line number.
        line: usize,
        /// What the parser said.
        source: serde_json::Error,
    },
    /// A body is not base64.
    #[error("read the body on line {line} of the tape: {source}")]
    Body {
        /// 1-based line number.
        line: usize,
        /// What the decoder said.
        source: base64::DecodeError,
    },
    /// The tape has no header line.
    #[error("read the tape: it is empty")]
    Empty,
}

/// One recorded exchange.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// What was asked and how it ended.
    pub capture: Capture,
    /// The answer's bytes, where there was one.
    pub body: Option<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    capture: Capture,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

/// Recorded captures, by what was asked.
pub struct Tape {
    /// The header of the scan it was recorded from.
    pub header: ScanHeader,
    by_key: HashMap<String, Mutex<Reel>>,
    /// Operations that were asked something that is not on it.
    unanswered: Mutex<BTreeSet<String>>,
    delay: Duration,
}

struct Reel {
    exchanges: Vec<Arc<Exchange>>,
    next: usize,
}

impl std::fmt::Debug for Tape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tape").field("questions", &self.by_key.len()).finish_non_exhaustive()
    }
}

impl Tape {
    /// A tape of these exchanges, recorded by the scan with this header.
    #[must_use]
    pub fn new(header: ScanHeader, exchanges: impl IntoIterator<Item = Exchange>) -> Self {
        let mut by_key: HashMap<String, Mutex<Reel>> = HashMap::new();
        for exchange in exchanges {
            let key = key_of(&exchange.capture);
            let reel = by_key.entry(key).or_insert_with(|| Mutex::new(Reel { exchanges: Vec::new(), next: 0 }));
            reel.get_mut().unwrap_or_else(PoisonError::into_inner).exchanges.push(Arc::new(exchange));
        }
        for reel in by_key.values_mut() {
            reel.get_mut().unwrap_or_else(PoisonError::into_inner).exchanges.sort_by_key(|exchange| exchange.capture.n);
        }
        Self { header, by_key, unanswered: Mutex::default(), delay: Duration::ZERO }
    }

    /// The same tape, answering each call after a delay.
    #[must_use]
    pub fn with_delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Reads a tape in its file form.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is not a tape; says at which line.
    pub fn read(from: impl Read) -> Result<Self, TapeError> {
        let plain = zstd::stream::read::Decoder::new(from)?.take(SIZE_LIMIT);
        let mut lines = BufReader::new(plain).lines().enumerate();
        let (_, first) = lines.next().ok_or(TapeError::Empty)?;
        let header = serde_json::from_str(&first?).map_err(|source| TapeError::Line { line: 1, source })?;
        let mut exchanges = Vec::new();
        for (index, line) in lines {
            let number = index + 1;
            let Line { capture, body } =
                serde_json::from_str(&line?).map_err(|source| TapeError::Line { line: number, source })?;
            let body = body
                .map(|text| BASE64.decode(text))
                .transpose()
                .map_err(|source| TapeError::Body { line: number, source })?;
            exchanges.push(Exchange { capture, body });
        }
        Ok(Self::new(header, exchanges))
    }

    /// Writes exchanges in the file form.
    ///
    /// # Errors
    ///
    /// When the stream fails.
    pub fn write(
        to: impl Write,
        header: &ScanHeader,
        exchanges: impl IntoIterator<Item = Exchange>,
    ) -> Result<(), TapeError> {
        let mut out = zstd::stream::write::Encoder::new(to, 19)?;
        let line = |value: serde_json::Result<String>| value.map_err(|source| TapeError::Line { line: 0, source });
        writeln!(out, "{}", line(serde_json::to_string(header))?)?;
        for Exchange { capture, body } in exchanges {
            let body = body.map(|bytes| BASE64.encode(bytes));
            writeln!(out, "{}", line(serde_json::to_string(&Line { capture, body }))?)?;
        }
        out.finish()?.flush()?;
        Ok(())
    }

    /// Every exchange on it, by number.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Arc<Exchange>> {
        let mut all: Vec<Arc<Exchange>> = self
            .by_key
            .values()
            .flat_map(|reel| reel.lock().unwrap_or_else(PoisonError::into_inner).exchanges.clone())
            .collect();
        all.sort_by_key(|exchange| exchange.capture.n);
        all
    }

    /// Operations, `service:Operation`, that were asked something which is not on it.
    #[must_use]
    pub fn unanswered(&self) -> BTreeSet<String> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Operations of which there is an answer that nobody asked for.
    #[must_use]
    pub fn unplayed(&self) -> BTreeSet<String> {
        let reels = self.by_key.values().map(|reel| reel.lock().unwrap_or_else(PoisonError::into_inner));
        reels
            .filter(|reel| reel.next == 0)
            .filter_map(|reel| reel.exchanges.first().map(|exchange| label(&exchange.capture)))
            .collect()
    }

    /// Winds it back to its start.
    pub fn rewind(&self) {
        for reel in self.by_key.values() {
            reel.lock().unwrap_or_else(PoisonError::into_inner).next = 0;
        }
    }

    /// Notes that an operation was asked something which is not on it.
    fn missed(&self, operation: String) {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).insert(operation);
    }

    /// The next recorded exchange for a question; the last one again where the question is put
    /// more often than it was recorded (a retry more). `None` where it was never put.
    fn next(&self, key: &str) -> Option<Arc<Exchange>> {
        let mut reel = self.by_key.get(key)?.lock().unwrap_or_else(PoisonError::into_inner);
        let exchange = reel.exchanges.get(reel.next).or_else(|| reel.exchanges.last()).cloned()?;
        reel.next += 1;
        Some(exchange)
    }
}

fn label(capture: &Capture) -> String {
    format!("{}:{}", capture.service, capture.operation)
}

/// The connection that a tape stands in for. Each call is answered with what was recorded for
/// the same question, in the order recorded; a question without an answer is a connection error.
#[derive(Debug, Clone)]
pub struct TapeClient {
    tape: Arc<Tape>,
}

impl TapeClient {
    /// Plays this tape.
    #[must_use]
    pub fn new(tape: Arc<Tape>) -> Self {
        Self { tape }
    }
}

/// What the message of a connection error says when the tape has no answer.
pub(crate) const NOT_RECORDED: &str = "the tape holds no answer for this call";

impl HttpConnector for TapeClient {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let exchange = CALL
            .try_with(|call| {
                let asked = call.describe(request.method(), request.uri(), request.body().bytes());
                let exchange = self.tape.next(&asked.key);
                match &exchange {
                    Some(exchange) => call.replays(exchange.capture.n),
                    None => self.tape.missed(call.operation.label()),
                }
                exchange
            })
            .ok()
            .flatten();
        let delay = self.tape.delay;
        HttpConnectorFuture::new(async move {
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            answer(exchange.as_deref())
        })
    }
}

fn answer(exchange: Option<&Exchange>) -> Result<HttpResponse, ConnectorError> {
    let Some(Exchange { capture, body }) = exchange else {
        return Err(ConnectorError::other(NOT_RECORDED.into(), None));
    };
    match (capture.outcome, capture.status) {
        (Outcome::NotRecorded, _) => Err(ConnectorError::other(NOT_RECORDED.into(), None)),
        (Outcome::Timeout, _) => Err(ConnectorError::timeout("recorded time-out".into())),
        (Outcome::ConnectionFailed, _) | (_, None) => Err(ConnectorError::io(match capture.failure {
            Some(kind) => Known(kind).into(),
            None => "recorded connection failure".into(),
        })),
        (Outcome::Answered | Outcome::BrokenBody, Some(status)) => {
            let status = status.try_into().map_err(|error| ConnectorError::other(Box::new(error), None))?;
            let mut response = HttpResponse::new(status, SdkBody::from(body.clone().unwrap_or_default()));
            if let Some(content_type) = &capture.content_type {
                response.headers_mut().insert("content-type", content_type.clone());
            }
            if let Some(request_id) = &capture.request_id {
                response.headers_mut().insert("x-amzn-requestid", request_id.clone());
            }
            for (name, value) in &capture.headers {
                response.headers_mut().insert(name.clone(), value.clone());
            }
            Ok(response)
        }
    }
}

impl HttpClient for TapeClient {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
