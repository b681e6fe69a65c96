//! One answer with secrets in every protocol, and what is left of it.

use std::collections::BTreeMap;

use base64::Engine as _;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::model::{Protocol, ServiceModel};
use super::super::read::{self, Headers};
use super::super::tests::wire;
use super::{BASE64, Kept, Salt, is_withheld, withhold};

/// What every secret of these tests begins with, and how bytes that begin so begin in base64.
const MARK: &str = "hunter2-";
const MARK_IN_BASE64: &str = "aHVudGVyMi";

const SECRETS: &[&str] =
    &["Functions.Environment.Variables", "Functions.Code.Bytes", "Keys", "Tokens", "Named.Inner.Secret"];

struct Told(Vec<(String, String)>);

impl Headers for Told {
    fn header(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(each, _)| each.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A service whose answers have secrets in maps, lists, bytes and structures, in a protocol.
fn model(protocol: &str) -> ServiceModel {
    let text = json!({"shape": "String"});
    serde_json::from_value(json!({
        "metadata": {
            "apiVersion": "2020-01-01", "endpointPrefix": "functions", "protocol": protocol,
            "serviceId": "Functions", "signingName": "functions", "targetPrefix": "Functions", "jsonVersion": "1.1"
        },
        "operations": {"ListFunctions": {
            "method": "POST", "uri": "/", "output": "Answer",
            "resultWrapper": (protocol == "query").then_some("ListFunctionsResult")
        }},
        "shapes": {
            "Answer": {"type": "structure", "members": {
                "Functions": {"shape": "FunctionList", "locationName": "functionSet"},
                "Keys": {"shape": "KeyList", "locationName": "key"},
                "Tokens": {"shape": "TokenMap", "flattened": true},
                "Named": {"shape": "NamedMap"},
                "NextToken": text
            }},
            "FunctionList": {"type": "list", "member": {"shape": "Function", "locationName": "item"}},
            "Function": {"type": "structure", "members": {
                "Name": text,
                "Size": {"shape": "Long"},
                "Environment": {"shape": "Environment", "locationName": "environment"},
                "Code": {"shape": "Code"}
            }},
            "Environment": {"type": "structure", "members": {"Variables": {"shape": "TokenMap"}, "Reason": text}},
            "Code": {"type": "structure", "members": {"Bytes": {"shape": "Blob"}, "Sha": text}},
            "KeyList": {"type": "list", "flattened": true, "member": {"shape": "Key"}},
            "Key": {"type": "structure", "members": {"Id": text, "Parts": {"shape": "PartList"}}},
            "PartList": {"type": "list", "member": text},
            "TokenMap": {"type": "map", "key": text, "value": text},
            "NamedMap": {"type": "map", "key": {"shape": "String", "locationName": "id"}, "value": {"shape": "Outer"}},
            "Outer": {"type": "structure", "members": {"Inner": {"shape": "Inner"}}},
            "Inner": {"type": "structure", "members": {"Secret": text, "Open": text}},
            "Blob": {"type": "blob"}, "Long": {"type": "long"}, "String": {"type": "string"}
        }
    }))
    .expect("a model")
}

/// The answer with these secrets; the names and all else stay.
fn document(secrets: &[String]) -> Value {
    let mut next = secrets.iter().cycle();
    let mut secret = || next.next().expect("some").clone();
    json!({
        "Functions": [
            {
                "Name": "<one & two>", "Size": 9_007_199_254_740_993_i64,
                "Environment": {"Variables": {"DB_PASSWORD": secret(), "EMPTY": ""}, "Reason": "open"},
                "Code": {"Bytes": BASE64.encode(secret()), "Sha": "open"}
            },
            {"Name": "bare"},
            {"Name": "three", "Environment": {"Variables": {"DB_PASSWORD": secret()}}}
        ],
        "Keys": [{"Id": secret(), "Parts": [secret(), secret()]}],
        "Tokens": {"a": secret(), "b": secret()},
        "Named": {"x": {"Inner": {"Secret": secret(), "Open": "open"}}, "y": {"Inner": {"Open": "open"}}},
        "NextToken": "open"
    })
}

fn counts() -> BTreeMap<String, u64> {
    [
        ("Functions.Environment.Variables", 2),
        ("Functions.Code.Bytes", 1),
        ("Keys", 3),
        ("Tokens", 2),
        ("Named.Inner.Secret", 1),
    ]
    .into_iter()
    .map(|(member, count)| (member.to_owned(), count))
    .collect()
}

fn kept(service: &ServiceModel, headers: &Told, body: &[u8]) -> Kept {
    withhold(service, "ListFunctions", headers, body, SECRETS, &Salt::from([7; 32]))
}

fn read(service: &ServiceModel, headers: &Told, body: &[u8]) -> Option<Value> {
    read::answer(service, "ListFunctions", &service.operations["ListFunctions"], headers, body).ok()
}

fn contains(body: &[u8], part: &str) -> bool {
    body.windows(part.len()).any(|window| window == part.as_bytes())
}

/// The document with every secret as it is after withholding.
fn blanked(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let decoded = BASE64.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let secret = text.starts_with(MARK) || decoded.is_some_and(|text| text.starts_with(MARK));
            json!(if secret || is_withheld(text) { "(withheld)" } else { text })
        }
        Value::Array(elements) => elements.iter().map(blanked).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), blanked(value))).collect(),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_secret_is_left_in_any_protocol_and_all_else_is(
        secrets in prop::collection::vec("[ -~é😀\\n\\t\"\\\\<>&]{0,20}", 1..12),
    ) {
        let secrets: Vec<String> = secrets.into_iter().map(|rest| format!("{MARK}{rest}")).collect();
        let document = document(&secrets);
        for (name, protocol) in [
            ("json", Protocol::Json),
            ("rest-json", Protocol::RestJson),
            ("json", Protocol::Cbor),
            ("smithy-rpc-v2-cbor", Protocol::Cbor),
            ("query", Protocol::Query),
            ("ec2", Protocol::Ec2),
            ("rest-xml", Protocol::RestXml),
        ] {
            let service = model(name);
            let operation = &service.operations["ListFunctions"];
            let (headers, body) = wire::answer(&service, "ListFunctions", operation, protocol, &document);
            let headers = Told(headers);
            prop_assert!(contains(&body, MARK), "{} holds them to begin with", name);
            let once = kept(&service, &headers, &body);
            prop_assert!(!contains(&once.body, MARK) && !contains(&once.body, MARK_IN_BASE64), "{}", name);
            prop_assert_eq!(&once.withheld, &counts(), "{}", name);
            let after = read(&service, &headers, &once.body).expect("reads again");
            prop_assert_eq!(blanked(&after), blanked(&document), "{}", name);

            // Another salt finds nothing to replace.
            let again = withhold(&service, "ListFunctions", &headers, &once.body, SECRETS, &Salt::random());
            prop_assert_eq!(again, once, "{}", name);
        }
    }

    #[test]
    fn an_answer_that_is_cut_off_is_withheld_as_a_whole(cut in 0.0..1.0_f64) {
        let document = document(&[format!("{MARK}1")]);
        for (name, protocol) in [
            ("rest-json", Protocol::RestJson),
            ("smithy-rpc-v2-cbor", Protocol::Cbor),
            ("query", Protocol::Query),
            ("ec2", Protocol::Ec2),
            ("rest-xml", Protocol::RestXml),
        ] {
            let service = model(name);
            let operation = &service.operations["ListFunctions"];
            let (headers, body) = wire::answer(&service, "ListFunctions", operation, protocol, &document);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a short body")]
            let at = (body.len() as f64 * cut) as usize;
            prop_assert_eq!(kept(&service, &Told(headers), &body[..at]), Kept::nothing(), "{} cut at {}", name, at);
        }
    }

    #[test]
    fn no_bytes_make_it_panic_or_leave_a_secret(
        name in prop::sample::select(vec!["json", "query", "ec2", "rest-xml", "smithy-rpc-v2-cbor"]),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let service = model(name);
        let operation = &service.operations["ListFunctions"];
        let document = document(&[format!("{MARK}1")]);
        let (headers, mut body) =
            wire::answer(&service, "ListFunctions", operation, service.metadata.protocol, &document);
        let at = at.index(body.len());
        body[at] = byte;
        let headers = Told(headers);
        // Read or not, what is read of it has no secret where one is declared.
        let once = kept(&service, &headers, &body);
        if let Some(read) = read(&service, &headers, &once.body) {
            for secret in SECRETS.iter().filter_map(|path| at_path(&read, path)) {
                prop_assert!(!secret.to_string().contains(MARK), "{}", secret);
            }
        }
    }
}

/// What is at a path, in an answer whose lists and maps on the way have few entries.
fn at_path(document: &Value, path: &str) -> Option<Value> {
    let found = path.split('.').fold(vec![document.clone()], |places, name| {
        places
            .into_iter()
            .flat_map(|place| match place {
                Value::Array(elements) => elements,
                Value::Object(members) if !members.contains_key(name) => members.into_iter().map(|(_, v)| v).collect(),
                other => vec![other],
            })
            .filter_map(|place| place.get(name).cloned())
            .collect()
    });
    (!found.is_empty()).then_some(Value::Array(found))
}

fn in_json(body: &str) -> Kept {
    kept(&model("rest-json"), &Told(Vec::new()), body.as_bytes())
}

fn in_xml(inside: &str) -> Kept {
    let body = format!("<ListFunctionsResponse>{inside}</ListFunctionsResponse>");
    kept(&model("ec2"), &Told(Vec::new()), body.as_bytes())
}

#[test]
fn all_but_the_values_stays_as_it_was_sent() {
    let commitment = Salt::from([7; 32]).commitment("hunter2-\"");
    let body =
        |value: &str| format!("{{ \"NextToken\" : \"\\u0061\", \"More\": 1.50e1,\n \"Tokens\":{{\"k\":{value} }} }}");
    let once = in_json(&body("\"hunter2-\\u0022\""));
    assert_eq!(String::from_utf8(once.body).expect("text"), body(&format!("\"{commitment}\"")));

    let body = |value: &str| {
        format!(
            "<?xml version='1.0'?>\n<ListFunctionsResponse a='>'><!-- x --><Tokens><key>k</key><value\n >{value}</value ></Tokens></ListFunctionsResponse>"
        )
    };
    let sent = body("hunter2<![CDATA[-]]>&quot;");
    let once = kept(&model("ec2"), &Told(Vec::new()), sent.as_bytes());
    // A comment beside elements on the way is no form that AWS sends.
    assert_eq!(once, Kept::nothing());
    let sent = sent.replace("<!-- x -->", "");
    let once = kept(&model("ec2"), &Told(Vec::new()), sent.as_bytes());
    assert_eq!(String::from_utf8(once.body).expect("text"), body(&commitment).replace("<!-- x -->", ""));
}

#[test]
fn an_answer_without_secrets_keeps_every_byte() {
    for body in ["{ \"NextToken\": \"x\" }", "{}", "{\"Tokens\":null,\"Keys\":[]}"] {
        let once = in_json(body);
        assert_eq!((once.body.as_slice(), once.withheld.len()), (body.as_bytes(), 0), "{body}");
    }
}

#[test]
fn a_member_that_comes_twice_is_withheld_twice() {
    let once = in_json("{\"Tokens\":{\"a\":\"hunter2-1\",\"a\":\"hunter2-2\"},\"Tokens\":{\"a\":\"hunter2-3\"}}");
    assert!(!contains(&once.body, MARK));
    assert_eq!(once.withheld["Tokens"], 3);
}

#[test]
fn members_that_the_model_does_not_know_are_withheld_below_a_secret() {
    let once = in_json("{\"Keys\":[],\"key\":[{\"Id\":\"x\",\"New\":{\"a\":[\"hunter2-1\",22,true,null]}}]}");
    assert!(!contains(&once.body, MARK) && !contains(&once.body, "22") && !contains(&once.body, "true"));
    let once = in_xml("<key><Id>x</Id><new><a>hunter2-1</a></new></key>");
    assert!(!contains(&once.body, MARK) && contains(&once.body, "<new><a>withheld:"));
    // A number where the model has a text.
    let once = in_json("{\"Tokens\":{\"pin\":1234}}");
    assert!(!contains(&once.body, "1234") && contains(&once.body, "{\"Tokens\":{\"pin\":\"withheld:"));
}

#[test]
fn a_value_where_the_model_has_none_is_withheld_with_the_whole_answer() {
    for body in [
        // A text where the model has a structure, on the way to the secret.
        "{\"functionSet\":\"hunter2-1\"}",
        "{\"functionSet\":[{\"environment\":\"hunter2-1\"}]}",
        "{\"functionSet\":[{\"environment\":{\"Variables\":\"hunter2-1\"}}]}",
        "[\"hunter2-1\"]",
        "{} {\"Tokens\":{\"a\":\"hunter2-1\"}}",
        "\u{feff}{}",
    ] {
        assert_eq!(in_json(body), Kept::nothing(), "{body}");
    }
    for inside in [
        "<functionSet>hunter2-1</functionSet>",
        "<functionSet>hunter2-1<item/></functionSet>",
        "<functionSet><item><environment>hunter2-1</environment></item></functionSet>",
        "<Tokens><key>a</key><value hidden=\"hunter2-1\">x</value></Tokens>",
        "<Tokens><key>a</key><value><!-- hunter2-1 --></value></Tokens>",
        "<Tokens><key>a</key><value>x<?pi hunter2-1?></value></Tokens>",
        "<Tokens><key>a</key>hunter2-1<value>x</value></Tokens>",
        "<key><Id>x</Id>hunter2-1</key>",
    ] {
        assert_eq!(in_xml(inside), Kept::nothing(), "{inside}");
    }
}

#[test]
fn deep_nesting_ends() {
    let deep = format!("{{\"Tokens\":{{\"a\":{}1{}}}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(in_json(&deep), Kept::nothing());
    let deep = format!("<Tokens><key>a</key><value>{}x{}</value></Tokens>", "<a>".repeat(200), "</a>".repeat(200));
    assert_eq!(in_xml(&deep), Kept::nothing());
}

#[test]
fn an_operation_that_the_model_does_not_have_keeps_nothing() {
    let service = model("rest-json");
    let kept = withhold(&service, "Other", &Told(Vec::new()), b"{}", SECRETS, &Salt::random());
    assert_eq!(kept, Kept::nothing());
}
