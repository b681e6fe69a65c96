//! An IAM policy document in typed form: the one shape in which controls see bucket policies, key
//! policies, trust policies and identity policies alike.
//!
//! Reading is strict. A document that repeats a key, or carries an element the policy language
//! does not have, is an error rather than a guess, because dropping a part of a policy can turn it
//! into its opposite.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Largest document read, in bytes after percent-decoding. The largest that AWS takes from a
/// customer, a KMS key policy, is 32 KiB. Comparing patterns takes time with the square of the size,
/// so the bound also bounds what a hostile document can cost.
const SIZE_LIMIT: usize = 64 * 1024;

/// Largest document of AWS's own that is read. AWS does not hold itself to the limits of customers:
/// `ReadOnlyAccess` has about 100 KB, `AWSSupportServiceRolePolicy` more than 150 KB.
const AWS_MANAGED_SIZE_LIMIT: usize = 1024 * 1024;

/// Deepest nesting read. A policy needs seven levels.
const DEPTH_LIMIT: usize = 16;

/// Why a policy document could not be read. The message fits after "could not".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Larger than any policy of its kind that AWS stores.
    #[error("read the policy: it is {size} bytes, more than {limit}")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// The largest size that is read, in bytes.
        limit: usize,
    },
    /// Percent-encoded, but not well formed.
    #[error("read the policy: its percent-encoding is broken")]
    Encoding,
    /// Not JSON, or JSON that repeats a key or nests too deeply.
    #[error("read the policy as JSON: {0}")]
    Json(String),
    /// JSON, but not a policy.
    #[error("read the policy at {at}: {problem}")]
    Shape {
        /// Where, as a path such as `Statement[2].Condition`.
        at: String,
        /// What is wrong there.
        problem: String,
    },
}

/// Whether a statement grants or refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Effect {
    /// The statement grants.
    Allow,
    /// The statement refuses, whatever others grant.
    Deny,
}

/// Who a statement speaks of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Principals {
    /// `true` where the element is the text `*` alone: everyone, anonymous callers included.
    pub any: bool,
    /// `AWS`: account ids, ARNs of accounts, users and roles, or `*` for everyone.
    pub aws: Vec<String>,
    /// `Service`: service principals such as `cloudtrail.amazonaws.com`.
    pub service: Vec<String>,
    /// `Federated`: identity providers, by ARN or by domain name.
    pub federated: Vec<String>,
    /// `CanonicalUser`: canonical user ids of S3.
    pub canonical_user: Vec<String>,
    /// Any other kind of principal, by its name as written.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub other: BTreeMap<String, Vec<String>>,
}

/// One condition. All conditions of a statement must hold; of a condition's values, one must.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The operator as written: `StringEquals`, `ForAnyValue:StringLike`, `BoolIfExists`, ….
    pub operator: String,
    /// The condition key as written: `aws:PrincipalOrgID`. Keys are not case-sensitive.
    pub key: String,
    /// The values; numbers and truth values as text (`true`, `443`).
    #[serde(default)]
    pub values: Vec<String>,
}

/// One statement of a policy. An empty list means that the element is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// `Sid`: its name, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// `Effect`: whether it grants or refuses.
    pub effect: Effect,
    /// `Principal`: whom it speaks of. Identity policies have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principals>,
    /// `NotPrincipal`: it speaks of everyone but these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_principal: Option<Principals>,
    /// `Action`: patterns such as `s3:Get*`. Not case-sensitive.
    #[serde(default)]
    pub actions: Vec<String>,
    /// `NotAction`: every action but these.
    #[serde(default)]
    pub not_actions: Vec<String>,
    /// `Resource`: ARN patterns. Trust policies and repository policies have none.
    #[serde(default)]
    pub resources: Vec<String>,
    /// `NotResource`: every resource but these.
    #[serde(default)]
    pub not_resources: Vec<String>,
    /// `Condition`, one entry per operator and key.
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

/// An IAM policy document.
///
/// Its JSON form, lists present even where they are empty, is what control expressions see as
/// `resource.policy`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyDocument {
    /// `Version` of the policy language: `2012-10-17` or `2008-10-17`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// `Id`: its name, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `Statement`, always as a list.
    pub statements: Vec<Statement>,
}

impl PolicyDocument {
    /// Reads a document as AWS returns it: JSON, or JSON percent-encoded by RFC 3986 as the IAM API
    /// does.
    ///
    /// Element names are taken in any case. Everything that may be one value or a list may be
    /// either; condition values may be numbers and truth values.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        Self::parse_within(text, SIZE_LIMIT)
    }

    /// Reads a policy that AWS itself wrote, which may be larger than any of a customer.
    pub fn parse_aws_managed(text: &str) -> Result<Self, PolicyError> {
        Self::parse_within(text, AWS_MANAGED_SIZE_LIMIT)
    }

    fn parse_within(text: &str, limit: usize) -> Result<Self, PolicyError> {
        let text = text.trim();
        // A percent sign cannot start a JSON document, so the two forms cannot be confused.
        if text.starts_with('%') {
            if text.len() > limit * 3 {
                return Err(PolicyError::TooLarge { size: text.len(), limit });
            }
            return Self::parse_json(&percent_decode(text)?, limit);
        }
        Self::parse_json(text, limit)
    }

    fn parse_json(text: &str, limit: usize) -> Result<Self, PolicyError> {
        if text.len() > limit {
            return Err(PolicyError::TooLarge { size: text.len(), limit });
        }
        let mut reader = serde_json::Deserializer::from_str(text);
        let json =
            JsonSeed { depth: 0 }.deserialize(&mut reader).map_err(|error| PolicyError::Json(error.to_string()))?;
        reader.end().map_err(|error| PolicyError::Json(error.to_string()))?;
        document(json)
    }

    /// Reads a document that already is JSON, as in a Terraform plan or a `CloudFormation` template.
    pub fn from_value(value: &Value) -> Result<Self, PolicyError> {
        document(Json::of(value, 0)?)
    }
}

fn percent_decode(text: &str) -> Result<String, PolicyError> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
            let (Some(high), Some(low)) = (digit(), digit()) else { return Err(PolicyError::Encoding) };
            decoded.push(u8::try_from(high * 16 + low).expect("two hexadecimal digits make a byte"));
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).map_err(|_| PolicyError::Encoding)
}

/// JSON with its members in order. `serde_json::Value` would keep the last of two equal keys.
enum Json {
    Null,
    Scalar(String),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Json {
    fn of(value: &Value, depth: usize) -> Result<Self, PolicyError> {
        if depth > DEPTH_LIMIT {
            return Err(PolicyError::Json(format!("nested deeper than {DEPTH_LIMIT}")));
        }
        Ok(match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Scalar(value.to_string()),
            Value::Number(number) => Self::Scalar(number.to_string()),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => {
                Self::List(items.iter().map(|item| Self::of(item, depth + 1)).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => {
                let member = |(key, value): (&String, &Value)| Ok((key.clone(), Self::of(value, depth + 1)?));
                Self::Object(members.iter().map(member).collect::<Result<_, PolicyError>>()?)
            }
        })
    }
}

#[derive(Clone, Copy)]
struct JsonSeed {
    depth: usize,
}

impl JsonSeed {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= DEPTH_LIMIT {
            return Err(E::custom(format_args!("nested deeper than {DEPTH_LIMIT}")));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for JsonSeed {
    type Value = Json;
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonSeed {
    type Value = Json;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string()))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Scalar(value.to_string()))
    }
    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let below = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(below)? {
            list.push(item);
        }
        Ok(Json::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let below = self.deeper()?;
        let mut seen = BTreeSet::new();
        let mut object = Vec::new();
        while let Some(key) = members.next_key::<String>()? {
            let value = members.next_value_seed(below)?;
            if !seen.insert(key.clone()) {
                return Err(serde::de::Error::custom(format_args!("the key {key:?} appears twice")));
            }
            object.push((key, value));
        }
        Ok(Json::Object(object))
    }
}

fn shape(at: impl Into<String>, problem: impl Into<String>) -> PolicyError {
    PolicyError::Shape { at: at.into(), problem: problem.into() }
}

/// The members of an object by their names in lower case: AWS takes element names in any case.
fn elements(json: Json, at: &str, known: &[&str]) -> Result<BTreeMap<String, Json>, PolicyError> {
    let Json::Object(members) = json else { return Err(shape(at, "an object is expected")) };
    let mut map = BTreeMap::new();
    for (key, value) in members {
        let lower = key.to_ascii_lowercase();
        if !known.contains(&lower.as_str()) {
            return Err(shape(at, format!("there is no element {key:?}")));
        }
        if map.insert(lower, value).is_some() {
            return Err(shape(at, format!("the element {key:?} appears twice")));
        }
    }
    Ok(map)
}

/// One value or a list of values, as text.
fn texts(json: Json, at: &str) -> Result<Vec<String>, PolicyError> {
    match json {
        Json::Text(text) | Json::Scalar(text) => Ok(vec![text]),
        Json::List(items) => items
            .into_iter()
            .map(|item| match item {
                Json::Text(text) | Json::Scalar(text) => Ok(text),
                Json::Null | Json::List(_) | Json::Object(_) => Err(shape(at, "a list of texts is expected")),
            })
            .collect(),
        Json::Null | Json::Object(_) => Err(shape(at, "text or a list of texts is expected")),
    }
}

fn text(json: Option<Json>, at: &str) -> Result<Option<String>, PolicyError> {
    match json {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Text(text) | Json::Scalar(text)) => Ok(Some(text)),
        Some(Json::List(_) | Json::Object(_)) => Err(shape(at, "text is expected")),
    }
}

fn document(json: Json) -> Result<PolicyDocument, PolicyError> {
    let mut members = elements(json, "the document", &["version", "id", "statement"])?;
    let statements = match members.remove("statement") {
        None => return Err(shape("the document", "there is no Statement")),
        Some(Json::List(items)) => {
            items.into_iter().enumerate().map(|(index, item)| statement(item, index)).collect::<Result<_, _>>()?
        }
        Some(single) => vec![statement(single, 0)?],
    };
    Ok(PolicyDocument {
        version: text(members.remove("version"), "Version")?,
        id: text(members.remove("id"), "Id")?,
        statements,
    })
}

const STATEMENT_ELEMENTS: [&str; 9] =
    ["sid", "effect", "principal", "notprincipal", "action", "notaction", "resource", "notresource", "condition"];

fn statement(json: Json, index: usize) -> Result<Statement, PolicyError> {
    let at = format!("Statement[{index}]");
    let mut members = elements(json, &at, &STATEMENT_ELEMENTS)?;
    let effect = match members.remove("effect") {
        Some(Json::Text(text)) if text == "Allow" => Effect::Allow,
        Some(Json::Text(text)) if text == "Deny" => Effect::Deny,
        Some(_) => return Err(shape(at, "Effect is neither Allow nor Deny")),
        None => return Err(shape(at, "there is no Effect")),
    };
    for (one, other) in [("principal", "notprincipal"), ("action", "notaction"), ("resource", "notresource")] {
        if members.contains_key(one) && members.contains_key(other) {
            return Err(shape(at, format!("{one} and {other} exclude each other")));
        }
    }
    let mut list =
        |element: &str| members.remove(element).map_or(Ok(Vec::new()), |json| texts(json, &format!("{at}.{element}")));
    let (actions, not_actions) = (list("action")?, list("notaction")?);
    let (resources, not_resources) = (list("resource")?, list("notresource")?);
    let mut who =
        |element: &str| members.remove(element).map(|json| principals(json, &format!("{at}.{element}"))).transpose();
    let (principal, not_principal) = (who("principal")?, who("notprincipal")?);
    let conditions = members.remove("condition").map_or(Ok(Vec::new()), |json| conditions(json, &at))?;
    let sid = text(members.remove("sid"), &at)?;
    Ok(Statement { sid, effect, principal, not_principal, actions, not_actions, resources, not_resources, conditions })
}

fn principals(json: Json, at: &str) -> Result<Principals, PolicyError> {
    let mut principals = Principals::default();
    let members = match json {
        Json::Text(text) if text == "*" => {
            principals.any = true;
            return Ok(principals);
        }
        Json::Object(members) => members,
        // Some services take a bare list or text; AWS reads it as principals of kind AWS.
        other => {
            principals.aws = texts(other, at)?;
            return Ok(principals);
        }
    };
    for (kind, json) in members {
        let list = match kind.to_ascii_lowercase().as_str() {
            "aws" => &mut principals.aws,
            "service" => &mut principals.service,
            "federated" => &mut principals.federated,
            "canonicaluser" => &mut principals.canonical_user,
            _ => principals.other.entry(kind).or_default(),
        };
        list.extend(texts(json, at)?);
    }
    Ok(principals)
}

fn conditions(json: Json, at: &str) -> Result<Vec<Condition>, PolicyError> {
    let at = format!("{at}.condition");
    let Json::Object(operators) = json else { return Err(shape(at, "an object is expected")) };
    let mut conditions = Vec::new();
    for (operator, keys) in operators {
        let Json::Object(keys) = keys else { return Err(shape(at, format!("{operator:?} must hold an object"))) };
        for (key, values) in keys {
            let values = texts(values, &at)?;
            conditions.push(Condition { operator: operator.clone(), key, values });
        }
    }
    Ok(conditions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn parse(value: &Value) -> PolicyDocument {
        PolicyDocument::parse(&value.to_string()).expect("a policy")
    }

    #[test]
    fn one_value_and_a_list_of_one_read_the_same() {
        let single = json!({"Version": "2012-10-17", "Statement": {
            "Sid": "A", "Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "s3:*", "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": true}, "NumericLessThan": {"aws:MultiFactorAuthAge": 3600}}}});
        let listed = json!({"Version": "2012-10-17", "Statement": [{
            "Sid": "A", "Effect": "Allow", "Principal": {"AWS": ["123456789012"]}, "Action": ["s3:*"], "Resource": ["*"],
            "Condition": {"Bool": {"aws:SecureTransport": ["true"]},
                          "NumericLessThan": {"aws:MultiFactorAuthAge": ["3600"]}}}]});
        assert_eq!(parse(&single), parse(&listed));
        assert_eq!(parse(&single).statements[0].conditions[1].values, ["3600"]);
        assert_eq!(PolicyDocument::from_value(&single), Ok(parse(&single)));
    }

    #[test]
    fn percent_encoding_as_the_iam_api_returns_it_is_undone() {
        let text = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22iam%3A%2A%22%2C%22Resource%22%3A%22a+b%22%7D%7D";
        let policy = PolicyDocument::parse(text).expect("a policy");
        assert_eq!(policy.statements[0].actions, ["iam:*"]);
        assert_eq!(policy.statements[0].resources, ["a+b"], "a plus sign is no space in RFC 3986");
        for broken in ["%7", "%zz", "%7B%ff%7D", "%"] {
            assert_eq!(PolicyDocument::parse(broken), Err(PolicyError::Encoding), "{broken}");
        }
    }

    #[test]
    fn element_names_are_taken_in_any_case_and_principals_of_every_kind() {
        let policy = parse(&json!({"statement": [{"effect": "Deny", "NOTPRINCIPAL": {"Service": "a.amazonaws.com",
            "Federated": ["x"], "CanonicalUser": "c", "AWS": 123_456_789_012_u64, "Odd": "o"},
            "notaction": "iam:*", "NotResource": ["r"]}, {"Effect": "Allow", "Principal": "*", "Action": "a:b"}]}));
        let who = policy.statements[0].not_principal.as_ref().expect("principals");
        assert_eq!((who.aws[0].as_str(), who.canonical_user[0].as_str()), ("123456789012", "c"));
        assert_eq!(who.other["Odd"], ["o"]);
        assert_eq!(policy.statements[0].not_actions, ["iam:*"]);
        assert_eq!(policy.statements[0].not_resources, ["r"]);
        assert!(policy.statements[1].principal.as_ref().is_some_and(|who| who.any));
    }

    #[test]
    fn what_is_no_policy_is_an_error_and_not_an_empty_policy() {
        for text in [
            "",
            "null",
            "[]",
            "{}",
            "{\"Statement\": 3}",
            "{\"Statement\": [{}]}",
            "{\"Statement\": [{\"Effect\": \"allow\"}]}",
            "{\"Statement\": [{\"Effect\": \"Allow\", \"Conditon\": {}}]}",
            "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": {}}]}",
            "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"a\", \"NotAction\": \"b\"}]}",
            "{\"Statement\": [{\"Effect\": \"Allow\", \"Condition\": {\"Bool\": \"x\"}}]}",
            "{\"Statement\": []} trailing",
        ] {
            assert!(PolicyDocument::parse(text).is_err(), "{text}");
        }
        assert!(parse(&json!({"Statement": []})).statements.is_empty());
    }

    #[test]
    fn a_repeated_key_is_an_error_because_one_of_the_two_would_be_lost() {
        for text in [
            r#"{"Statement": [{"Effect": "Allow", "Effect": "Deny"}]}"#,
            r#"{"Statement": [{"Effect": "Allow", "effect": "Deny"}]}"#,
            r#"{"Statement": [{"Effect": "Allow", "Condition": {"Bool": {"a": "1"}, "Bool": {"b": "1"}}}]}"#,
        ] {
            let error = PolicyDocument::parse(text).expect_err("a repeated key");
            assert!(error.to_string().contains("twice"), "{error}");
        }
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let large = format!("{{\"Id\": \"{}\", \"Statement\": []}}", "x".repeat(SIZE_LIMIT));
        assert!(matches!(PolicyDocument::parse(&large), Err(PolicyError::TooLarge { .. })));
        assert!(PolicyDocument::parse_aws_managed(&large).is_ok(), "AWS writes larger ones");
        let larger = format!("{{\"Id\": \"{}\", \"Statement\": []}}", "x".repeat(AWS_MANAGED_SIZE_LIMIT));
        assert!(matches!(PolicyDocument::parse_aws_managed(&larger), Err(PolicyError::TooLarge { .. })));
        let deep = "[".repeat(10_000);
        assert!(matches!(PolicyDocument::parse(&deep), Err(PolicyError::Json(_))));
        let mut value = json!("x");
        for _ in 0..100 {
            value = json!([value]);
        }
        assert!(matches!(PolicyDocument::from_value(&value), Err(PolicyError::Json(_))));
    }

    fn texts_of(pattern: &'static str) -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(pattern, 0..3)
    }

    prop_compose! {
        fn statements()(
            sid in prop::option::of("[A-Za-z0-9]{1,8}"),
            allow in any::<bool>(),
            aws in prop::option::of(texts_of("[0-9]{12}|\\*")),
            actions in texts_of("[a-z]{2,5}:[A-Z][a-z*]{1,8}"),
            resources in texts_of("arn:aws:s3:::[a-z*]{1,9}"),
            values in texts_of(".{0,8}"),
        ) -> Statement {
            Statement {
                sid,
                effect: if allow { Effect::Allow } else { Effect::Deny },
                principal: aws.map(|aws| Principals { aws, ..Principals::default() }),
                not_principal: None, actions, not_actions: vec![], resources, not_resources: vec![],
                conditions: vec![Condition { operator: "StringLike".into(), key: "aws:PrincipalArn".into(), values }],
            }
        }
    }

    /// The document as AWS spells it.
    fn spelled(policy: &PolicyDocument) -> Value {
        let statements = policy.statements.iter().map(|statement| {
            let mut map = serde_json::Map::new();
            let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
            put("Effect", json!(statement.effect));
            if let Some(sid) = &statement.sid {
                put("Sid", json!(sid));
            }
            if let Some(who) = &statement.principal {
                put("Principal", json!({"AWS": who.aws}));
            }
            put("Action", json!(statement.actions));
            put("Resource", json!(statement.resources));
            put("Condition", json!({"StringLike": {"aws:PrincipalArn": statement.conditions[0].values}}));
            Value::Object(map)
        });
        json!({"Statement": statements.collect::<Vec<_>>()})
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,200}") {
            drop(PolicyDocument::parse(&text));
            drop(PolicyDocument::parse(&format!("%{text}")));
            drop(PolicyDocument::parse(&format!("{{\"Statement\":{text}}}")));
        }

        #[test]
        fn a_document_survives_both_of_its_json_forms(list in prop::collection::vec(statements(), 0..4)) {
            let policy = PolicyDocument { version: None, id: None, statements: list };
            prop_assert_eq!(PolicyDocument::parse(&spelled(&policy).to_string()), Ok(policy.clone()));
            let encoded = spelled(&policy).to_string().bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"));
            prop_assert_eq!(PolicyDocument::parse(&encoded), Ok(policy.clone()));
            let form = serde_json::to_value(&policy).expect("plain data");
            prop_assert_eq!(serde_json::from_value::<PolicyDocument>(form).ok(), Some(policy));
        }
    }
}
