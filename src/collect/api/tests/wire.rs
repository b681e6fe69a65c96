//! Documents in the form in which AWS's protocols send them, written from the specifications of the
//! protocols (<https://smithy.io/2.0/aws/protocols/>) and not with the readers' help.

use std::fmt::Write as _;

use ciborium::Value as Cbor;
use serde_json::{Map, Value, json};

use super::super::model::{Kind, Member, OperationModel, Protocol, ServiceModel, Shape};

/// The one moment that samples know, in every format.
const SECONDS: i64 = 1_772_600_767;
const HTTP_DATE: &str = "Wed, 04 Mar 2026 05:06:07 GMT";
const FRACTION: &str = "2026-03-04T05:06:07.25Z";

/// Headers and body of an answer.
pub(crate) fn answer(
    service: &ServiceModel,
    name: &str,
    operation: &OperationModel,
    protocol: Protocol,
    document: &Value,
) -> (Vec<(String, String)>, Vec<u8>) {
    let writer = Writer { service };
    let Some(output) = operation.output.as_deref() else { return (Vec::new(), Vec::new()) };
    let shape = service.shape(output);
    let mut headers = writer.headers(shape, document);
    let body = match protocol {
        Protocol::Json | Protocol::RestJson => match &shape.payload {
            Some(payload) => writer.json(&shape.members[payload], &document[payload]).to_string().into_bytes(),
            None => Value::Object(writer.object(shape, document)).to_string().into_bytes(),
        },
        Protocol::Cbor => {
            headers.push(("smithy-protocol".to_owned(), "rpc-v2-cbor".to_owned()));
            let mut body = Vec::new();
            ciborium::into_writer(&writer.cbor(output, document), &mut body).expect("writes into memory");
            body
        }
        Protocol::Query => {
            let space = service.metadata.xml_namespace.as_deref().unwrap_or_default();
            let result = operation.result_wrapper.as_deref().expect("an operation of query has a wrapper");
            let members = writer.members(shape, document);
            let members = format!("<{result}>{members}</{result}>");
            let id = "<ResponseMetadata><RequestId>b25f48e8</RequestId></ResponseMetadata>";
            format!("<{name}Response xmlns=\"{space}\">{members}{id}</{name}Response>").into_bytes()
        }
        Protocol::Ec2 => {
            let space = format!("http://ec2.amazonaws.com/doc/{}/", service.metadata.api_version);
            let members = format!("<requestId>59dbff89</requestId>{}", writer.members(shape, document));
            format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{name}Response xmlns=\"{space}\">{members}</{name}Response>")
                .into_bytes()
        }
        Protocol::RestXml => {
            let space = service.metadata.xml_namespace.as_deref().unwrap_or_default();
            let (root, shape, document) = if let Some(payload) = &shape.payload {
                let member = &shape.members[payload];
                let inner = service.shape(&member.shape);
                let name = member.location_name.as_ref().or(inner.location_name.as_ref());
                (name.unwrap_or(&member.shape).as_str(), inner, &document[payload])
            } else {
                let root = operation.roots.first().or(shape.location_name.as_ref());
                (root.map_or(output, String::as_str), shape, document)
            };
            if operation.unwrapped {
                let members = shape.members.iter().filter_map(|(name, member)| Some((member, document.get(name)?)));
                let text: String =
                    members.map(|(member, value)| escaped(&writer.text(member, value, "iso8601"))).collect();
                return (headers, format!("<{root} xmlns=\"{space}\">{text}</{root}>").into_bytes());
            }
            if matches!(shape.kind, Kind::String) {
                return (headers, document.as_str().expect("text").as_bytes().to_vec());
            }
            let (attributes, members) = (writer.attributes(shape, document), writer.members(shape, document));
            format!("<?xml version=\"1.0\"?>\n<{root} xmlns=\"{space}\"{attributes}>{members}</{root}>").into_bytes()
        }
    };
    (headers, body)
}

/// Whether a member is sent as a header.
pub(super) fn in_header(member: &Member) -> bool {
    member.location.as_deref() == Some("header")
}

struct Writer<'a> {
    service: &'a ServiceModel,
}

impl Writer<'_> {
    fn shape(&self, member: &Member) -> &Shape {
        self.service.shape(&member.shape)
    }

    /// The members of the body that the document has.
    fn there<'a>(shape: &'a Shape, document: &'a Value) -> impl Iterator<Item = (&'a str, &'a Member, &'a Value)> {
        shape
            .members
            .iter()
            .filter(|(_, member)| member.location.is_none())
            .filter_map(|(name, member)| Some((name.as_str(), member, document.get(name)?)))
    }

    fn headers(&self, shape: &Shape, document: &Value) -> Vec<(String, String)> {
        let members = shape.members.iter().filter(|(_, member)| in_header(member));
        members
            .filter_map(|(name, member)| {
                let text = self.text(member, document.get(name)?, "rfc822");
                Some((member.location_name.as_ref().unwrap_or(name).to_ascii_lowercase(), text))
            })
            .collect()
    }

    fn object(&self, shape: &Shape, document: &Value) -> Map<String, Value> {
        let members = Self::there(shape, document);
        let key = |name: &str, member: &Member| member.location_name.clone().unwrap_or_else(|| name.to_owned());
        members.map(|(name, member, value)| (key(name, member), self.json(member, value))).collect()
    }

    fn json(&self, member: &Member, value: &Value) -> Value {
        let shape = self.shape(member);
        match (shape.kind, value) {
            _ if shape.document => value.clone(),
            (Kind::Structure, _) => Value::Object(self.object(shape, value)),
            (Kind::List, Value::Array(elements)) => {
                let of = shape.member.as_ref().expect("a list of something");
                elements.iter().map(|element| self.json(of, element)).collect()
            }
            (Kind::Map, Value::Object(entries)) => {
                let of = shape.value.as_ref().expect("a map of something");
                entries.iter().map(|(key, value)| (key.clone(), self.json(of, value))).collect()
            }
            (Kind::Timestamp, _) => match format_of(member, shape) {
                None | Some("unixTimestamp") if value == FRACTION => json!(1_772_600_767.25),
                None | Some("unixTimestamp") => json!(SECONDS),
                Some(format) => json!(self.text(member, value, format)),
            },
            _ => value.clone(),
        }
    }

    fn cbor(&self, name: &str, value: &Value) -> Cbor {
        let shape = self.service.shape(name);
        let text = |text: &str| Cbor::Text(text.to_owned());
        match (shape.kind, value) {
            (Kind::Structure, _) => {
                let members = Self::there(shape, value);
                Cbor::Map(members.map(|(name, member, value)| (text(name), self.cbor(&member.shape, value))).collect())
            }
            (Kind::List, Value::Array(elements)) => {
                let of = &shape.member.as_ref().expect("a list of something").shape;
                Cbor::Array(elements.iter().map(|element| self.cbor(of, element)).collect())
            }
            (Kind::Map, Value::Object(entries)) => {
                let of = &shape.value.as_ref().expect("a map of something").shape;
                Cbor::Map(entries.iter().map(|(key, value)| (text(key), self.cbor(of, value))).collect())
            }
            (Kind::Timestamp, _) if value == FRACTION => Cbor::Tag(1, Box::new(Cbor::Float(1_772_600_767.25))),
            (Kind::Timestamp, _) => Cbor::Tag(1, Box::new(Cbor::Integer(SECONDS.into()))),
            (Kind::Blob, Value::String(blob)) => Cbor::Bytes(bytes(blob)),
            (_, Value::String(word)) => text(word),
            (_, Value::Bool(flag)) => Cbor::Bool(*flag),
            (Kind::Float | Kind::Double, _) => Cbor::Float(value.as_f64().expect("a number")),
            _ => Cbor::Integer(value.as_i64().expect("a whole number").into()),
        }
    }

    fn attributes(&self, shape: &Shape, document: &Value) -> String {
        Self::there(shape, document).filter(|(_, member, _)| member.xml_attribute).fold(
            String::new(),
            |text, (name, member, value)| {
                let name = member.location_name.as_deref().unwrap_or(name);
                let space = name.split_once(':').map_or_else(String::new, |(prefix, _)| {
                    format!(" xmlns:{prefix}=\"http://www.w3.org/2001/XMLSchema-instance\"")
                });
                format!("{text}{space} {name}=\"{}\"", escaped(&self.text(member, value, "iso8601")))
            },
        )
    }

    fn members(&self, shape: &Shape, document: &Value) -> String {
        let mut text = String::new();
        for (name, member, value) in Self::there(shape, document).filter(|(_, member, _)| !member.xml_attribute) {
            let of = self.shape(member);
            let own = member.location_name.as_deref();
            if !(member.flattened || of.flattened) {
                self.element(&mut text, own.unwrap_or(name), member, value);
                continue;
            }
            match (of.kind, value) {
                (Kind::List, Value::Array(elements)) => {
                    let element = of.member.as_ref().expect("a list of something");
                    let tag = own.or(element.location_name.as_deref()).unwrap_or(name);
                    for value in elements {
                        self.element(&mut text, tag, element, value);
                    }
                }
                (Kind::Map, Value::Object(entries)) => self.entries(&mut text, own.unwrap_or(name), of, entries),
                _ => panic!("{name} is flattened and is no list"),
            }
        }
        text
    }

    fn element(&self, text: &mut String, tag: &str, member: &Member, value: &Value) {
        let shape = self.shape(member);
        let (mut attributes, mut inside) = (String::new(), String::new());
        match (shape.kind, value) {
            (Kind::Structure, _) => {
                attributes = self.attributes(shape, value);
                inside = self.members(shape, value);
            }
            (Kind::List, Value::Array(elements)) => {
                let of = shape.member.as_ref().expect("a list of something");
                let tag = of.location_name.as_deref().unwrap_or("member");
                for value in elements {
                    self.element(&mut inside, tag, of, value);
                }
            }
            (Kind::Map, Value::Object(entries)) => self.entries(&mut inside, "entry", shape, entries),
            _ => inside = escaped(&self.text(member, value, "iso8601")),
        }
        if inside.is_empty() {
            write!(text, "<{tag}{attributes}/>").expect("writes into memory");
        } else {
            write!(text, "<{tag}{attributes}>{inside}</{tag}>").expect("writes into memory");
        }
    }

    fn entries(&self, text: &mut String, tag: &str, shape: &Shape, entries: &Map<String, Value>) {
        let (key, of) = (shape.key.as_ref().expect("a key"), shape.value.as_ref().expect("a value"));
        for (name, value) in entries {
            write!(text, "<{tag}>").expect("writes into memory");
            self.element(text, key.location_name.as_deref().unwrap_or("key"), key, &json!(name));
            self.element(text, of.location_name.as_deref().unwrap_or("value"), of, value);
            write!(text, "</{tag}>").expect("writes into memory");
        }
    }

    /// A scalar as text; `times` is the format of a time that names none.
    fn text(&self, member: &Member, value: &Value, times: &str) -> String {
        let shape = self.shape(member);
        match (shape.kind, value) {
            (Kind::Timestamp, Value::String(time)) => match format_of(member, shape).unwrap_or(times) {
                "rfc822" => HTTP_DATE.to_owned(),
                "unixTimestamp" if time == FRACTION => format!("{SECONDS}.25"),
                "unixTimestamp" => SECONDS.to_string(),
                _ => time.clone(),
            },
            (_, Value::String(text)) => text.clone(),
            _ => value.to_string(),
        }
    }
}

fn format_of<'a>(member: &'a Member, shape: &'a Shape) -> Option<&'a str> {
    member.timestamp_format.as_deref().or(shape.timestamp_format.as_deref())
}

fn bytes(blob: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(blob).expect("base64")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
