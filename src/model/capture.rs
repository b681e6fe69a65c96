//! A capture: one AWS exchange, as it happened.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::attr::CaptureId;

/// How one attempt of a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// AWS answered, with success or with an error: see the status.
    Answered,
    /// No answer came within the time limit of the attempt.
    Timeout,
    /// The connection could not be made, or broke.
    ConnectionFailed,
    /// The answer began and could not be read to its end.
    BrokenBody,
    /// A tape stood in for AWS and held no answer.
    NotRecorded,
}

/// Why a connection failed, as far as the layers below tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionFailure {
    /// The name of the host does not resolve.
    NameNotResolved,
    /// The host refused the connection.
    Refused,
    /// There is no route to the host.
    Unreachable,
    /// The certificate of the other end is not trusted.
    CertificateNotTrusted,
    /// TLS could not be agreed on.
    Tls,
    /// The connection was closed before an answer came.
    Closed,
    /// No service had answered in the region, so the attempt was not made or not waited for.
    RegionGivenUp,
}

impl ConnectionFailure {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::NameNotResolved,
        Self::Refused,
        Self::Unreachable,
        Self::CertificateNotTrusted,
        Self::Tls,
        Self::Closed,
        Self::RegionGivenUp,
    ];

    /// What it means, as a sentence fragment for a reader.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::NameNotResolved => "the name of the endpoint does not resolve",
            Self::Refused => "the connection was refused",
            Self::Unreachable => "there is no route to the endpoint",
            Self::CertificateNotTrusted => "the certificate of the endpoint is not trusted",
            Self::Tls => "TLS could not be agreed on with the endpoint",
            Self::Closed => "the connection was closed before an answer came",
            Self::RegionGivenUp => "no service answered in the region, so it was given up",
        }
    }
}

/// One attempt of one AWS call: what was asked and what came back. The body is apart, as a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// Its number within the scan, from 1, in the order the attempts ended.
    pub n: CaptureId,
    /// Account whose credentials were used.
    pub account: String,
    /// Region the client was made for.
    pub region: String,
    /// IAM prefix of the service, `s3`.
    pub service: String,
    /// Operation name, `GetBucketPolicy`.
    pub operation: String,
    /// What was asked, from the request as sent: method, path, query, body.
    pub input: Value,
    /// SHA-256 (hex) of account, region, service, operation, endpoint and input in canonical form:
    /// the same question again has the same key.
    pub key: String,
    /// Page of a listing, from 1.
    pub page: u32,
    /// Attempt of the call, from 1: throttled tries are evidence too.
    pub attempt: u32,
    /// Scheme and host that was asked.
    pub endpoint: String,
    /// When the attempt began, our clock, RFC 3339 with milliseconds, UTC.
    pub started: String,
    /// When it ended, our clock.
    pub ended: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why the connection failed, where it did and that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<ConnectionFailure>,
    /// HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// `Content-Type` of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// AWS's request id, which the account's own `CloudTrail` also has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// `Date` header: AWS's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws_date: Option<String>,
    /// SHA-256 (hex) of the answer's bytes; the blob's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_sha256: Option<String>,
    /// Length of the answer in bytes.
    #[serde(default)]
    pub body_size: u64,
    /// Response headers the SDK's parser needs to read the answer again (`x-amz-…`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// The members of the answer whose values were withheld before anything was stored, by the names
    /// of the service's model with dots between, and how many values of each; `*` for an answer of
    /// which nothing was kept.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub withheld: BTreeMap<String, u64>,
}
