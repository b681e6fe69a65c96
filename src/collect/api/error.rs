//! Errors that AWS answers with: code and message, by protocol. A body that cannot be read leaves
//! the status to say what it was.

use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::Value;

use super::model::{Protocol, ServiceModel};
use super::read::Headers;

/// An error that AWS answered with.
#[derive(Debug, thiserror::Error)]
#[error("{metadata}")]
pub struct ApiError {
    metadata: ErrorMetadata,
}

impl ProvideErrorMetadata for ApiError {
    fn meta(&self) -> &ErrorMetadata {
        &self.metadata
    }
}

impl ApiError {
    /// Reads an error answer.
    pub(super) fn read(service: &ServiceModel, headers: &dyn Headers, body: &[u8]) -> Self {
        let said = match service.metadata.protocol {
            Protocol::Json | Protocol::RestJson => in_json(headers, serde_json::from_slice(body).ok().as_ref()),
            Protocol::Cbor => in_json(headers, ciborium::from_reader::<Value, _>(body).ok().as_ref()),
            Protocol::RestXml | Protocol::Query | Protocol::Ec2 => in_xml(body),
        };
        let mut metadata = ErrorMetadata::builder();
        if let Some(code) = said.code {
            metadata = metadata.code(code);
        }
        if let Some(message) = said.message {
            metadata = metadata.message(message);
        }
        Self { metadata: metadata.build() }
    }
}

#[derive(Default)]
struct Said {
    code: Option<String>,
    message: Option<String>,
}

/// The code stands in a header or in the body, with a namespace before `#` and an address after
/// `:` (<https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>, operation error
/// serialization). Services that once spoke query say their old code in a header of its own.
fn in_json(headers: &dyn Headers, body: Option<&Value>) -> Said {
    let text = |names: &[&str]| names.iter().find_map(|name| body?.get(name)?.as_str()).map(str::to_owned);
    let bare = |code: &str| {
        let code = code.split(':').next().unwrap_or(code);
        code.rsplit('#').next().unwrap_or(code).to_owned()
    };
    let query = headers.header("x-amzn-query-error").and_then(|error| error.split(';').next()).map(str::to_owned);
    let code = query
        .or_else(|| headers.header("x-amzn-errortype").map(bare))
        .or_else(|| text(&["__type", "code", "Code"]).as_deref().map(bare));
    Said { code: code.filter(|code| !code.is_empty()), message: text(&["message", "Message", "errorMessage"]) }
}

/// `<ErrorResponse><Error>`, `<Response><Errors><Error>` of EC2, or `<Error>` alone.
fn in_xml(body: &[u8]) -> Said {
    let Some(text) = std::str::from_utf8(body).ok() else { return Said::default() };
    let Ok(document) = roxmltree::Document::parse(text) else { return Said::default() };
    let Some(error) = document.descendants().find(|node| node.tag_name().name() == "Error") else {
        return Said::default();
    };
    let child = |name: &str| {
        error.children().find(|node| node.tag_name().name() == name).and_then(|node| node.text()).map(str::to_owned)
    };
    Said { code: child("Code"), message: child("Message") }
}
