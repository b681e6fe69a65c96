//! Writing a request from the members of its input.
//!
//! What a caller gives is checked against the model first: a member that the model does not know,
//! a value of another type, or a required member left out is refused before anything is sent.

use std::fmt::Write as _;

use aws_smithy_types::body::SdkBody;
use serde_json::{Map, Value};

use super::model::{Kind, Member, Metadata, OperationModel, Protocol, ServiceModel, Shape};
use super::request_form;

/// Why a request could not be written: a mistake of the caller.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unwritable(String);

pub(super) fn unwritable<T>(why: impl Into<String>) -> Result<T, Unwritable> {
    Err(Unwritable(why.into()))
}

/// Whether a request may put a label before the host of its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hosts {
    /// AWS's own names: each label has an address.
    Labelled,
    /// An endpoint that stands in for AWS: it has one name.
    Plain,
}

/// A request without a host.
pub(super) struct Request {
    /// With path and query.
    pub(super) http: http::Request<SdkBody>,
    /// What stands before the host, `bucket.`.
    pub(super) host_prefix: Option<String>,
}

/// Writes the request of an operation.
pub(super) fn request(
    service: &ServiceModel,
    name: &str,
    operation: &OperationModel,
    input: &Map<String, Value>,
    hosts: Hosts,
) -> Result<Request, Unwritable> {
    let shape = operation.input.as_deref().map(|shape| service.shape(shape));
    match shape {
        Some(shape) => check_members(service, shape, input, name)?,
        None if input.is_empty() => {}
        None => return unwritable(format!("{name} takes no members")),
    }
    let host_prefix = host_prefix(operation, input, hosts);
    if operation.host_prefix.is_some()
        && host_prefix.is_none()
        && operation.path_prefix.is_none()
        && hosts == Hosts::Labelled
    {
        return unwritable(format!("{name} needs a label that can stand before a host"));
    }
    let Metadata { protocol, json_version, target_prefix, api_version, .. } = &service.metadata;
    let target = target_prefix.as_deref().unwrap_or_default();
    let mut builder = http::Request::builder().method(operation.method.as_str());
    if service.metadata.aws_query_compatible {
        builder = builder.header("x-amzn-query-mode", "true");
    }
    let body = match protocol {
        Protocol::Json => {
            let version = json_version.as_deref().unwrap_or("1.1");
            builder = builder
                .uri("/")
                .header("content-type", format!("application/x-amz-json-{version}"))
                .header("x-amz-target", format!("{target}.{name}"));
            Some(Value::Object(input.clone()).to_string().into_bytes())
        }
        Protocol::Cbor => {
            builder = builder
                .uri(format!("/service/{target}/operation/{name}"))
                .header("content-type", "application/cbor")
                .header("accept", "application/cbor")
                .header("smithy-protocol", "rpc-v2-cbor");
            let mut bytes = Vec::new();
            let encoded = ciborium::into_writer(&Value::Object(input.clone()), &mut bytes);
            encoded.or_else(|_| unwritable("it cannot be said in CBOR"))?;
            Some(bytes)
        }
        Protocol::Query | Protocol::Ec2 => {
            builder = builder.uri("/").header("content-type", "application/x-www-form-urlencoded");
            Some(request_form::form(service, name, api_version, shape, input)?.into_bytes())
        }
        Protocol::RestJson | Protocol::RestXml => {
            let Bound { uri, headers, body } = bind(service, operation, shape, input, host_prefix.is_none())?;
            builder = builder.uri(uri);
            for (name, value) in headers {
                builder = builder.header(name, value);
            }
            if *protocol == Protocol::RestXml && body.is_some() {
                return unwritable("the client writes no XML bodies: it reads only");
            }
            if body.is_some() {
                builder = builder.header("content-type", "application/json");
            }
            body
        }
    };
    if let Some(body) = &body {
        builder = builder.header("content-length", body.len().to_string());
    }
    let body = body.map_or_else(SdkBody::empty, SdkBody::from);
    match builder.body(body) {
        Ok(http) => Ok(Request { http, host_prefix }),
        Err(error) => unwritable(error.to_string()),
    }
}

/// What stands before the host, where the operation has it and its label can: lower-case letters,
/// digits and hyphens, three to 63 of them (S3 User Guide, "Virtual hosting of general purpose
/// buckets"; a name with a dot is under no certificate of AWS).
fn host_prefix(operation: &OperationModel, input: &Map<String, Value>, hosts: Hosts) -> Option<String> {
    let member = operation.host_prefix.as_deref().filter(|_| hosts == Hosts::Labelled)?;
    let label = input.get(member.strip_prefix('{')?.strip_suffix("}.")?)?.as_str()?;
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let fits = (3..=63).contains(&label.len())
        && label.bytes().all(|byte| inner(byte) || byte == b'-')
        && label.bytes().next().is_some_and(inner)
        && label.bytes().last().is_some_and(inner);
    fits.then(|| format!("{label}."))
}

/// A request of a REST protocol, its members where they belong.
struct Bound {
    uri: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

fn bind(
    service: &ServiceModel,
    operation: &OperationModel,
    shape: Option<&Shape>,
    input: &Map<String, Value>,
    whole_path: bool,
) -> Result<Bound, Unwritable> {
    let before = operation.path_prefix.as_deref().filter(|_| whole_path).unwrap_or_default();
    let (path, query) = operation.uri.split_once('?').unwrap_or((&operation.uri, ""));
    let (mut path, mut query) = (format!("{before}{path}"), query.to_owned());
    let mut headers = Vec::new();
    let mut members = Map::new();
    let mut has_body = false;
    for (name, member) in shape.iter().flat_map(|shape| &shape.members) {
        let key = member.location_name.as_deref().unwrap_or(name);
        let given = input.get(name);
        match (member.location.as_deref(), given) {
            (Some("uri"), None) => return unwritable(format!("{name} is part of the path and was left out")),
            (Some("uri"), Some(value)) => {
                let text = scalar(value)?;
                if text.is_empty() {
                    return unwritable(format!("{name} is part of the path and is empty"));
                }
                path = path.replace(&format!("{{{key}}}"), &percent(&text, false));
                path = path.replace(&format!("{{{key}+}}"), &percent(&text, true));
            }
            (Some("querystring"), Some(value)) => bind_query(&mut query, service, member, key, value)?,
            (Some("header"), Some(value)) => headers.push((key.to_lowercase(), scalar(value)?)),
            (None, given) => {
                has_body = true;
                if let Some(value) = given {
                    members.insert(key.to_owned(), json_names(service, member, value));
                }
            }
            (Some(_), None) => {}
            (Some(other), Some(_)) => return unwritable(format!("{name} belongs in {other}, which is not written")),
        }
    }
    let uri = if query.is_empty() { path } else { format!("{path}?{query}") };
    let body = has_body.then(|| Value::Object(members).to_string().into_bytes());
    Ok(Bound { uri, headers, body })
}

fn bind_query(
    query: &mut String,
    service: &ServiceModel,
    member: &Member,
    key: &str,
    value: &Value,
) -> Result<(), Unwritable> {
    let mut push = |key: &str, value: &Value| -> Result<(), Unwritable> {
        if !query.is_empty() {
            query.push('&');
        }
        let text = scalar(value)?;
        write!(query, "{}={}", percent(key, false), percent(&text, false)).expect("writing to a String cannot fail");
        Ok(())
    };
    match (service.shape(&member.shape).kind, value) {
        (Kind::List, Value::Array(elements)) => elements.iter().try_for_each(|element| push(key, element)),
        (Kind::Map, Value::Object(entries)) => entries.iter().try_for_each(|(key, value)| push(key, value)),
        _ => push(key, value),
    }
}

/// A value under the names that REST JSON writes.
fn json_names(service: &ServiceModel, member: &Member, value: &Value) -> Value {
    let shape = service.shape(&member.shape);
    match (shape.kind, value) {
        (Kind::Structure, Value::Object(members)) => members
            .iter()
            .map(|(name, value)| {
                let member = &shape.members[name];
                let key = member.location_name.clone().unwrap_or_else(|| name.clone());
                (key, json_names(service, member, value))
            })
            .collect::<Map<_, _>>()
            .into(),
        (Kind::List, Value::Array(elements)) => {
            let of = shape.member.as_ref();
            elements
                .iter()
                .map(|element| of.map_or_else(|| element.clone(), |of| json_names(service, of, element)))
                .collect()
        }
        (Kind::Map, Value::Object(entries)) => {
            let of = shape.value.as_ref();
            entries
                .iter()
                .map(|(key, value)| {
                    (key.clone(), of.map_or_else(|| value.clone(), |of| json_names(service, of, value)))
                })
                .collect::<Map<_, _>>()
                .into()
        }
        _ => value.clone(),
    }
}

/// A single value as text.
pub(super) fn scalar(value: &Value) -> Result<String, Unwritable> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => unwritable("a single value is wanted"),
    }
}

/// Percent-encoding with the unreserved characters of RFC 3986 section 2.3; `/` stays in a path
/// that takes several segments.
pub(super) fn percent(text: &str, greedy: bool) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (greedy && byte == b'/') {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a String cannot fail");
        }
        out
    })
}

fn check_members(
    service: &ServiceModel,
    shape: &Shape,
    members: &Map<String, Value>,
    within: &str,
) -> Result<(), Unwritable> {
    if let Some(missing) = shape.required.iter().find(|name| !members.contains_key(*name)) {
        return unwritable(format!("{within} needs {missing}"));
    }
    for (name, value) in members {
        let Some(member) = shape.members.get(name) else {
            return unwritable(format!("{within} has no member {name}"));
        };
        check(service, member, value, name)?;
    }
    Ok(())
}

fn check(service: &ServiceModel, member: &Member, value: &Value, name: &str) -> Result<(), Unwritable> {
    let shape = service.shape(&member.shape);
    match (shape.kind, value) {
        (Kind::Structure, Value::Object(members)) => check_members(service, shape, members, name),
        (Kind::List, Value::Array(elements)) => {
            let Some(of) = &shape.member else { return unwritable(format!("{name} is a list of nothing")) };
            elements.iter().try_for_each(|element| check(service, of, element, name))
        }
        (Kind::Map, Value::Object(entries)) => {
            let Some(of) = &shape.value else { return unwritable(format!("{name} is a map of nothing")) };
            entries.values().try_for_each(|value| check(service, of, value, name))
        }
        (Kind::String | Kind::Character | Kind::Blob, Value::String(_))
        | (Kind::Boolean, Value::Bool(_))
        | (Kind::Float | Kind::Double, Value::Number(_)) => Ok(()),
        (Kind::Integer | Kind::Long | Kind::Short, Value::Number(number)) if number.is_i64() => Ok(()),
        (Kind::Timestamp, _) => unwritable(format!("{name} is a time, which the client does not write")),
        _ => unwritable(format!("{name} is of another type in the model")),
    }
}
