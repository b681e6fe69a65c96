//! Every operation of every model, by a sample of its answer: the whole one is read to the member,
//! and nothing that is not the whole one is read at all.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::model::{self, Kind, Protocol, ServiceModel, Shape};
use super::super::read::{self, Headers, Unreadable};
use super::sample::{Extent, Sample, outputs, sample};

/// One answer takes less, however it is mutilated.
const LIMIT: Duration = Duration::from_secs(1);
/// A sample whose every beginning is read is not longer: the time goes with the square.
const SHORT: usize = 2048;

struct Told<'a>(&'a [(String, String)]);

impl Headers for Told<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(each, _)| each.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

fn read(service: &ServiceModel, name: &str, headers: &[(String, String)], body: &[u8]) -> Result<Value, Unreadable> {
    let start = Instant::now();
    let read = read::answer(service, name, &service.operations[name], &Told(headers), body);
    assert!(start.elapsed() < LIMIT, "{name} took {:?} for {} bytes", start.elapsed(), body.len());
    read
}

/// Forms that no service in the program has so far: REST XML with attributes, flattened lists and
/// maps, members in headers, and bodies that are one member.
const REST: &str = r#"{
    "metadata": {
        "apiVersion": "2020-01-01", "endpointPrefix": "rest", "protocol": "rest-xml", "serviceId": "Rest",
        "signingName": "rest", "xmlNamespace": "http://rest.example/doc/"
    },
    "operations": {
        "GetThing": {"method": "GET", "uri": "/thing", "output": "GetThingResult", "paging": null},
        "ListThings": {"method": "GET", "uri": "/things", "output": "ListThingsResult", "paging": null}
    },
    "shapes": {
        "GetThingResult": {
            "type": "structure", "payload": "Thing",
            "members": {
                "Thing": {"shape": "Thing"},
                "ETag": {"shape": "String", "location": "header", "locationName": "ETag"},
                "Changed": {"shape": "Time", "location": "header", "locationName": "Last-Modified"}
            }
        },
        "ListThingsResult": {
            "type": "structure",
            "members": {
                "Things": {"shape": "Things", "locationName": "thing"},
                "Tags": {"shape": "Tags", "flattened": true},
                "Named": {"shape": "Named"},
                "Next": {"shape": "String"}
            }
        },
        "Named": {"type": "list", "member": {"shape": "Thing", "locationName": "Thing"}},
        "String": {"type": "string"},
        "Tags": {
            "type": "map", "key": {"shape": "String", "locationName": "Key"},
            "value": {"shape": "String", "locationName": "Value"}
        },
        "Thing": {
            "type": "structure",
            "members": {
                "Kind": {"shape": "String", "locationName": "xsi:type", "xmlAttribute": true},
                "Made": {"shape": "Time", "timestampFormat": "unixTimestamp"},
                "Changed": {"shape": "Time"},
                "Parts": {"shape": "Things", "locationName": "Part"}
            }
        },
        "Things": {"type": "list", "flattened": true, "member": {"shape": "Thing"}},
        "Time": {"type": "timestamp"}
    }
}"#;

/// Every service, CloudWatch as earlier revisions asked it too, and the forms that no service has.
fn protocols() -> impl Iterator<Item = (&'static str, &'static ServiceModel, Protocol)> {
    static MADE: LazyLock<[ServiceModel; 2]> = LazyLock::new(|| {
        let json = REST.replace("rest-xml", "rest-json");
        [REST, &json].map(|model| serde_json::from_str(model).expect("a model"))
    });
    let all = model::services().into_iter().map(|name| (name, model::service(name).expect("a model")));
    let [xml, json] = &*MADE;
    let cloudwatch = model::service("cloudwatch").expect("a model");
    all.map(|(name, service)| (name, service, service.metadata.protocol)).chain([
        ("cloudwatch", cloudwatch, Protocol::Cbor),
        ("rest-xml", xml, Protocol::RestXml),
        ("rest-json", json, Protocol::RestJson),
    ])
}

/// Whether anything of an output is in the body: nothing can be missing in one where there is not.
fn has_body(output: &Shape) -> bool {
    output.members.values().any(|member| member.location.is_none())
}

/// Whether what is in the body has a form: a body that is one text has none, and who reads that text
/// says whether it is whole.
fn has_form(service: &ServiceModel, output: &Shape) -> bool {
    let text = |payload: &String| service.shape(&output.members[payload].shape).kind == Kind::String;
    has_body(output) && !output.payload.as_ref().is_some_and(text)
}

/// The first of the samples, each with less in it, that is short.
fn short(service: &ServiceModel, name: &str, protocol: Protocol) -> Sample {
    let extents = (1..=8).rev().map(|members| Extent { members, elements: 1 });
    [Extent::WHOLE, Extent { members: usize::MAX, elements: 1 }]
        .into_iter()
        .chain(extents)
        .map(|extent| sample(service, name, extent, protocol))
        .find(|sample| sample.body.len() <= SHORT)
        .unwrap_or_else(|| panic!("no sample of {name} is short"))
}

#[test]
fn a_whole_answer_is_read_to_the_member() {
    let mut count = 0;
    for (label, service, protocol) in protocols() {
        for (name, ..) in outputs(service) {
            // Lists of two, of one and of none; few members and none.
            for (members, elements) in [(usize::MAX, 2), (usize::MAX, 1), (usize::MAX, 0), (2, 1), (0, 0)] {
                let Sample { document, headers, body } = sample(service, name, Extent { members, elements }, protocol);
                let shown = String::from_utf8_lossy(&body).into_owned();
                let read = read(service, name, &headers, &body);
                let read = read.unwrap_or_else(|error| panic!("{label} {name}: {error} in {shown}"));
                let output = service.operations[name].output.as_deref().expect("has one");
                let document = without_flat_empties(service, output, document, protocol);
                assert_eq!(read, document, "{label} {name}: {shown}");
                count += 1;
            }
        }
    }
    assert!(count >= 5 * 50, "{count}");
}

/// An empty list without an element of its own leaves nothing in XML.
fn without_flat_empties(service: &ServiceModel, name: &str, mut document: Value, protocol: Protocol) -> Value {
    let shape = service.shape(name);
    if matches!(protocol, Protocol::Json | Protocol::RestJson | Protocol::Cbor) {
        return document;
    }
    match (&mut document, shape.kind) {
        (Value::Object(members), Kind::Structure) => {
            members.retain(|name, value| {
                let member = &shape.members[name];
                let flat = member.flattened || service.shape(&member.shape).flattened;
                !(flat && (*value == json!([]) || *value == json!({})))
            });
            for (name, value) in members {
                *value = without_flat_empties(service, &shape.members[name].shape, value.take(), protocol);
            }
        }
        (Value::Object(entries), Kind::Map) => {
            for value in entries.values_mut() {
                let of = &shape.value.as_ref().expect("a map of something").shape;
                *value = without_flat_empties(service, of, value.take(), protocol);
            }
        }
        (Value::Array(elements), Kind::List) => {
            for value in elements {
                let of = &shape.member.as_ref().expect("a list of something").shape;
                *value = without_flat_empties(service, of, value.take(), protocol);
            }
        }
        _ => {}
    }
    document
}

#[test]
fn an_answer_that_is_cut_off_anywhere_is_not_read() {
    let (mut operations, mut cuts) = (0, 0);
    for (label, service, protocol) in protocols() {
        for (name, ..) in outputs(service).filter(|(.., output)| has_form(service, output)) {
            let short = short(service, name, protocol);
            let whole = sample(service, name, Extent::WHOLE, protocol);
            // Of a long one the last bytes, and some all over.
            let step = whole.body.len() / 41 + 1;
            let (len, tail) = (whole.body.len(), whole.body.len().saturating_sub(64));
            let ends = (0..tail).step_by(step).chain(tail..len);
            let all = (0..short.body.len()).map(|end| (&short, end)).chain(ends.map(|end| (&whole, end)));
            for (sample, end) in all {
                let read = read(service, name, &sample.headers, &sample.body[..end]);
                let shown = String::from_utf8_lossy(&sample.body[..end]);
                assert!(read.is_err(), "{label} {name}, cut at {end}, is {read:?}: {shown}");
                cuts += 1;
            }
            operations += 1;
        }
    }
    assert!(operations >= 50 && cuts > 100 * operations, "{operations} operations, {cuts} cuts");
}

#[test]
fn an_answer_with_more_behind_it_is_not_read() {
    for (label, service, protocol) in protocols() {
        for (name, ..) in outputs(service).filter(|(.., output)| has_form(service, output)) {
            let Sample { headers, body, .. } = sample(service, name, Extent { members: 3, elements: 1 }, protocol);
            for more in [b"x".as_slice(), b"}", b"\0", b"</a>", b"<a/>", b"{}", b"[]", b"null", &body] {
                let read = read(service, name, &headers, &[&body, more].concat());
                assert!(read.is_err(), "{label} {name} with {:?} is {read:?}", String::from_utf8_lossy(more));
            }
        }
    }
}

#[test]
fn what_is_no_answer_of_the_operation_is_not_read() {
    let html = b"<!DOCTYPE html>\n<html><head><title>502</title></head><body><h1>Bad Gateway</h1></body></html>";
    let foreign = [
        b"".as_slice(),
        b" ",
        b"\n",
        html,
        b"<html><body>Bad Gateway</body></html>",
        b"<html/>",
        b"<Response/>",
        b"<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>",
        b"[]",
        b"null",
        b"true",
        b"0",
        b"\"text\"",
        b"[{}]",
        b"\xff\xfe\x00",
        b"\x9f\x9f\x9f",
        b"\xbf",
    ];
    for (label, service, protocol) in protocols() {
        for (name, _, output) in outputs(service).filter(|(.., output)| has_form(service, output)) {
            let Sample { headers, body, .. } = sample(service, name, Extent { members: 3, elements: 1 }, protocol);
            for foreign in foreign {
                let read = read(service, name, &headers, foreign);
                assert!(read.is_err(), "{label} {name}: {:?} is {read:?}", String::from_utf8_lossy(foreign));
            }
            let protocols: Vec<_> = headers.iter().filter(|(name, _)| name == "smithy-protocol").cloned().collect();
            let empty = read(service, name, &protocols, b"{}");
            // In JSON it is an answer that says nothing: the operation's table says whether that can be.
            let nothing = output.payload.as_ref().map_or(json!({}), |payload| json!({payload: {}}));
            match protocol {
                Protocol::Json | Protocol::RestJson => assert_eq!(empty.expect("an object"), nothing),
                _ => assert!(empty.is_err(), "{label} {name}: {{}} is {empty:?}"),
            }
            let text = String::from_utf8_lossy(&body);
            let Some(root) = root(&text) else { continue };
            for tag in [root].into_iter().chain(service.operations[name].result_wrapper.as_deref()) {
                let other = text.replace(&format!("<{tag}"), "<Other").replace(&format!("</{tag}"), "</Other");
                assert_ne!(other, text);
                let read = read(service, name, &headers, other.as_bytes());
                assert!(read.is_err(), "{label} {name} with another {tag} is {read:?}: {other}");
            }
        }
    }
}

/// The name of the root element, in XML.
fn root(text: &str) -> Option<&str> {
    let root = text.split_once("?>").map_or(text, |(_, root)| root).trim().strip_prefix('<')?;
    root.split([' ', '>', '/']).next()
}
