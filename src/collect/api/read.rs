//! Reading an answer, strictly: what all protocols have in common.

use serde_json::{Map, Value};

use super::model::{Kind, Member, OperationModel, Protocol, ServiceModel, Shape};
use super::{read_cbor, read_json, read_xml, time};

/// Deepest nesting of shapes that is followed: no answer of AWS comes near it.
pub(super) const DEPTH: usize = 64;

/// Why an answer could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unreadable(pub(super) String);

impl Unreadable {
    /// At the member or element `name`, and then as told.
    pub(super) fn under(self, name: &str) -> Self {
        Self(format!("{name}: {}", self.0))
    }
}

/// Fails with a sentence.
pub(super) fn unreadable<T>(why: impl Into<String>) -> Result<T, Unreadable> {
    Err(Unreadable(why.into()))
}

/// The headers of an answer, by lower-case name.
pub(crate) trait Headers {
    /// The value of a header.
    fn header(&self, name: &str) -> Option<&str>;
}

/// Reads the body of a successful answer into a document: members by the names of the model, what
/// AWS left out left out, times in RFC 3339, blobs in base64.
pub(super) fn answer(
    service: &ServiceModel,
    name: &str,
    operation: &OperationModel,
    headers: &dyn Headers,
    body: &[u8],
) -> Result<Value, Unreadable> {
    let Some(output) = operation.output.as_deref().map(|shape| service.shape(shape)) else {
        return Ok(Value::Object(Map::new()));
    };
    let protocol = protocol_of(service, headers);
    let reader = Reader { service, protocol };
    let mut document = match protocol {
        Protocol::Json | Protocol::RestJson => read_json::body(&reader, output, body)?,
        Protocol::Cbor => read_cbor::body(&reader, output, body)?,
        Protocol::Query => read_xml::enveloped(&reader, name, operation.result_wrapper.as_deref(), output, body)?,
        Protocol::Ec2 => read_xml::enveloped(&reader, name, None, output, body)?,
        Protocol::RestXml => read_xml::bare(&reader, operation, output, body)?,
    };
    for (name, member) in output.members.iter().filter(|(_, member)| member.location.as_deref() == Some("header")) {
        if let Some(text) = headers.header(member.location_name.as_deref().unwrap_or(name)) {
            let value = reader.scalar(member, text, "rfc822").map_err(|why| why.under(name))?;
            document.insert(name.clone(), value);
        }
    }
    Ok(Value::Object(document))
}

/// The protocol an answer is in. A service that is asked in JSON today was asked in CBOR by earlier
/// revisions; their recorded answers say so in a header.
pub(super) fn protocol_of(service: &ServiceModel, headers: &dyn Headers) -> Protocol {
    match (service.metadata.protocol, headers.header("smithy-protocol")) {
        (Protocol::Json, Some("rpc-v2-cbor")) => Protocol::Cbor,
        (protocol, _) => protocol,
    }
}

/// Reads by the shapes of one service.
pub(super) struct Reader<'a> {
    service: &'a ServiceModel,
    protocol: Protocol,
}

/// The key of a member in an answer of JSON or CBOR. In CBOR it is the member's name, whatever the model
/// says besides (Smithy RPC v2 CBOR, "Shapes and traits").
pub(super) fn key_of<'m>(protocol: Protocol, name: &'m str, member: &'m Member) -> &'m str {
    match (protocol, member.location_name.as_deref()) {
        (Protocol::Cbor, _) | (_, None) => name,
        (_, Some(key)) => key,
    }
}

impl<'a> Reader<'a> {
    /// The shape of a member.
    pub(super) fn shape(&self, member: &Member) -> &'a Shape {
        self.service.shape(&member.shape)
    }

    /// The key of a member in an answer of JSON or CBOR.
    pub(super) fn key<'m>(&self, name: &'m str, member: &'m Member) -> &'m str {
        key_of(self.protocol, name, member)
    }

    /// Whether a member of an output is in the body.
    pub(super) fn in_body(member: &Member) -> bool {
        member.location.is_none()
    }

    /// A scalar that stands as text: in XML, and in headers. `times` is the format of a time that
    /// names none.
    pub(super) fn scalar(&self, member: &Member, text: &str, times: &str) -> Result<Value, Unreadable> {
        let shape = self.shape(member);
        let trimmed = text.trim();
        match shape.kind {
            Kind::String | Kind::Character => Ok(Value::String(text.to_owned())),
            Kind::Boolean => match trimmed {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                _ => unreadable("is neither true nor false"),
            },
            Kind::Integer | Kind::Long | Kind::Short => match trimmed.parse::<i64>() {
                Ok(number) => Ok(number.into()),
                Err(_) => unreadable("is no whole number"),
            },
            Kind::Float | Kind::Double => float(trimmed),
            Kind::Timestamp => time::from_text(trimmed, timestamp_format(member, shape).unwrap_or(times)),
            Kind::Blob => blob(trimmed),
            Kind::Structure | Kind::List | Kind::Map => unreadable("is no single value"),
        }
    }
}

/// The format that a time names itself.
pub(super) fn timestamp_format<'a>(member: &'a Member, shape: &'a Shape) -> Option<&'a str> {
    member.timestamp_format.as_deref().or(shape.timestamp_format.as_deref())
}

/// A fraction as text, `NaN` and `Infinity` kept as words: JSON has no numbers for them.
pub(super) fn float(text: &str) -> Result<Value, Unreadable> {
    if matches!(text, "NaN" | "Infinity" | "-Infinity") {
        return Ok(Value::String(text.to_owned()));
    }
    match text.parse::<f64>().ok().and_then(serde_json::Number::from_f64) {
        Some(number) => Ok(Value::Number(number)),
        None => unreadable("is no number"),
    }
}

/// Base64, checked and kept.
pub(super) fn blob(text: &str) -> Result<Value, Unreadable> {
    use base64::Engine as _;
    match base64::engine::general_purpose::STANDARD.decode(text) {
        Ok(_) => Ok(Value::String(text.to_owned())),
        Err(_) => unreadable("is no base64"),
    }
}
