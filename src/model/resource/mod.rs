//! The resource model: one thing in AWS or in code, normalised.
//!
//! A struct per resource type, in the file of its service, is the one definition of its
//! attributes: collectors fill it, control expressions are checked against its schema, and the
//! reference page for control authors is generated from it. [`Resource`] is the common form that
//! evaluation sees.

pub mod accessanalyzer;
pub mod account;
pub mod apigateway;
pub mod apprunner;
pub mod autoscaling;
pub mod backup;
pub mod cloudfront;
pub mod cloudtrail;
pub mod cloudwatch;
pub mod cognito;
pub mod config;
pub mod dms;
pub mod dynamodb;
pub mod ec2;
pub mod ecr;
pub mod ecs;
pub mod efs;
pub mod eks;
pub mod elasticache;
pub mod elbv2;
pub mod guardduty;
pub mod iam;
pub mod kms;
pub mod lambda;
pub mod logs;
pub mod macie;
pub mod opensearch;
pub mod public_access_block;
pub mod rds;
pub mod redshift;
pub mod s3;
pub mod secretsmanager;
pub mod securityhub;
pub mod sns;
pub mod sqs;
pub mod ssm;
pub mod wafv2;

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::attr::{CaptureId, MARKER};
use super::gap::Gap;

/// Where a resource is and what it is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// `CloudFormation` type name, `AWS::S3::Bucket`; `AWS::::Account` for the account itself.
    pub r#type: String,
    /// The ARN where AWS has one, else the id AWS uses.
    pub id: String,
    /// The short name a person would use.
    pub name: String,
    /// Twelve-digit account id.
    pub account: String,
    /// Region name; `global` for global services.
    pub region: String,
}

/// A struct that defines the attributes of one resource type.
pub trait TypedResource: Serialize + JsonSchema {
    /// `CloudFormation` type name.
    const TYPE: &'static str;

    /// Whether the listing of one region also shows what lives in the others, so that a region which is not
    /// listed hides nothing.
    const LISTED_EVERYWHERE: bool = false;
}

/// What is known of a resource type without an instance of it.
#[derive(Clone, Copy)]
pub struct TypeInfo {
    /// `CloudFormation` type name.
    pub name: &'static str,
    /// JSON Schema of its attributes, made on demand.
    pub schema: fn() -> Schema,
    /// Whether the listing of one region also shows what lives in the others.
    pub listed_everywhere: bool,
}

/// Every resource type, in the order of the files. A new one is a struct and one line here; a test
/// counts them.
#[rustfmt::skip]
pub static TYPES: &[TypeInfo] = &[
    info::<accessanalyzer::Analyzer>(),
    info::<account::Account>(),
    info::<apigateway::Stage>(),
    info::<apprunner::Service>(),
    info::<autoscaling::AutoScalingGroup>(),
    info::<backup::BackupVault>(),
    info::<cloudfront::Distribution>(),
    info::<cloudtrail::Trail>(),
    info::<cloudwatch::Alarm>(),
    info::<cognito::UserPool>(),
    info::<config::ConfigurationRecorder>(),
    info::<dms::ReplicationInstance>(),
    info::<dynamodb::Table>(),
    info::<ec2::EbsEncryptionByDefault>(),
    info::<ec2::FlowLog>(),
    info::<ec2::Instance>(),
    info::<ec2::NetworkAcl>(),
    info::<ec2::SecurityGroup>(),
    info::<ec2::Snapshot>(),
    info::<ec2::Subnet>(),
    info::<ec2::Volume>(),
    info::<ec2::Vpc>(),
    info::<ecr::Repository>(),
    info::<ecs::TaskDefinition>(),
    info::<efs::FileSystem>(),
    info::<eks::Cluster>(),
    info::<elasticache::ReplicationGroup>(),
    info::<elbv2::Listener>(),
    info::<elbv2::LoadBalancer>(),
    info::<guardduty::Detector>(),
    info::<iam::AccountPasswordPolicy>(),
    info::<iam::Group>(),
    info::<iam::Policy>(),
    info::<iam::Role>(),
    info::<iam::ServerCertificate>(),
    info::<iam::User>(),
    info::<kms::Key>(),
    info::<lambda::Function>(),
    info::<logs::LogGroup>(),
    info::<logs::MetricFilter>(),
    info::<macie::Session>(),
    info::<opensearch::Domain>(),
    info::<rds::DbCluster>(),
    info::<rds::DbInstance>(),
    info::<rds::DbSnapshot>(),
    info::<redshift::Cluster>(),
    info::<s3::Bucket>(),
    info::<secretsmanager::Secret>(),
    info::<securityhub::Finding>(),
    info::<securityhub::Hub>(),
    info::<sns::Topic>(),
    info::<sqs::Queue>(),
    info::<ssm::Parameter>(),
    info::<wafv2::WebAcl>(),
];

/// The registry entry of a type, where there is one.
#[must_use]
pub fn type_info(name: &str) -> Option<&'static TypeInfo> {
    TYPES.iter().find(|info| info.name == name)
}

/// The JSON Schema of a type's attributes, made once in the process; `None` for a type that is not
/// registered.
#[must_use]
pub fn schema(name: &str) -> Option<&'static Value> {
    static SCHEMAS: LazyLock<BTreeMap<&'static str, OnceLock<Value>>> =
        LazyLock::new(|| TYPES.iter().map(|info| (info.name, OnceLock::new())).collect());
    let made = SCHEMAS.get(name)?;
    let info = type_info(name)?;
    Some(made.get_or_init(|| (info.schema)().to_value()))
}

/// The registry entry of a typed resource.
#[must_use]
pub const fn info<T: TypedResource>() -> TypeInfo {
    fn schema<T: JsonSchema>() -> Schema {
        schemars::generate::SchemaSettings::draft2020_12()
            .with(|settings| settings.inline_subschemas = true)
            .into_generator()
            .into_root_schema_for::<T>()
    }
    TypeInfo { name: T::TYPE, schema: schema::<T>, listed_everywhere: T::LISTED_EVERYWHERE }
}

/// One thing in AWS or in code, normalised: what evaluation sees.
///
/// Three states per attribute: present in `attributes` (known), absent from both tables (AWS says
/// there is none), or named in `unknown` (could not be read).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// Where it is and what it is called.
    #[serde(flatten)]
    pub identity: Identity,
    /// Known attributes, in `snake_case`.
    pub attributes: Map<String, Value>,
    /// Unknown attributes by JSON pointer (RFC 6901), with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown: BTreeMap<String, Gap>,
    /// The captures that told an attribute, by JSON pointer; `""` is the listing itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, Vec<CaptureId>>,
}

impl Resource {
    /// The common form of a typed resource that was told by the given listing captures.
    ///
    /// # Panics
    ///
    /// When the struct does not serialize to a JSON object, which every [`TypedResource`] does.
    pub fn new<T: TypedResource>(id: Place<'_>, typed: &T, listing: &[CaptureId]) -> Self {
        let value = serde_json::to_value(typed).expect("a typed resource serializes to JSON");
        let Value::Object(fields) = value else {
            unreachable!("a typed resource is a struct, and serializes to an object")
        };
        Self::from_marked(T::TYPE, id, fields, listing)
    }

    /// A resource of the attributes that a typed resource of this type serializes to, told by the
    /// captures of its listing.
    #[must_use]
    pub fn from_marked(r#type: &str, id: Place<'_>, fields: Map<String, Value>, listing: &[CaptureId]) -> Self {
        let identity = Identity {
            r#type: r#type.to_owned(),
            id: id.id.to_owned(),
            name: id.name.to_owned(),
            account: id.account.to_owned(),
            region: id.region.to_owned(),
        };
        let mut resource =
            Self { identity, attributes: Map::new(), unknown: BTreeMap::new(), sources: BTreeMap::new() };
        resource.sources.insert(String::new(), listing.to_vec());
        for (key, value) in fields {
            let pointer = format!("/{}", escape(&key));
            if let Some(value) = resource.flatten(value, &pointer) {
                resource.attributes.insert(key, value);
            }
        }
        resource
    }

    /// Takes [`super::attr::Attr`] markers apart; `None` where nothing is known there.
    fn flatten(&mut self, value: Value, pointer: &str) -> Option<Value> {
        match value {
            Value::Null => None,
            Value::Object(map) => {
                if map.len() == 1
                    && let Some(marked) = map.get(MARKER).and_then(|marked| Marked::deserialize(marked).ok())
                {
                    return self.unmark(marked, pointer);
                }
                let flat = map
                    .into_iter()
                    .filter_map(|(key, value)| {
                        let below = format!("{pointer}/{}", escape(&key));
                        self.flatten(value, &below).map(|value| (key, value))
                    })
                    .collect();
                Some(Value::Object(flat))
            }
            Value::Array(items) => {
                let flat = items
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| self.flatten(item, &format!("{pointer}/{index}")).unwrap_or(Value::Null))
                    .collect();
                Some(Value::Array(flat))
            }
            scalar => Some(scalar),
        }
    }

    fn unmark(&mut self, marked: Marked, pointer: &str) -> Option<Value> {
        if !marked.captures.is_empty() {
            self.sources.insert(pointer.to_owned(), marked.captures);
        }
        match marked.state {
            Form::Known(value) => self.flatten(value, pointer),
            Form::Absent => None,
            Form::Unknown(gap) => {
                self.unknown.insert(pointer.to_owned(), gap);
                None
            }
        }
    }

    /// Copies the attribute at `from` of `other` (known, absent or unknown, with its sources) to
    /// the top-level attribute `to` of this resource: the one way joins are made.
    pub fn graft(&mut self, to: &str, other: &Self, from: &str) {
        let target = self.clear(to);
        let source = format!("/{}", escape(from));
        if let Some(value) = other.attributes.get(from) {
            self.attributes.insert(to.to_owned(), value.clone());
        }
        for (pointer, gap) in &other.unknown {
            if let Some(rest) = below(pointer, &source) {
                self.unknown.insert(format!("{target}{rest}"), gap.clone());
            }
        }
        self.sources.insert(target, other.captures_for([source.as_str()]));
    }

    /// Embeds all of `other` (its attributes, unknowns and sources) as the top-level attribute `to`,
    /// in the place of whatever was there.
    pub fn embed(&mut self, to: &str, other: &Self) {
        let target = self.clear(to);
        self.attributes.insert(to.to_owned(), Value::Object(other.attributes.clone()));
        for (pointer, gap) in &other.unknown {
            self.unknown.insert(format!("{target}{pointer}"), gap.clone());
        }
        for (pointer, captures) in &other.sources {
            self.sources.insert(format!("{target}{pointer}"), captures.clone());
        }
    }

    /// Sets a top-level attribute that a join makes to a known value that these captures tell, in
    /// the place of whatever was there.
    pub fn set_known(&mut self, attribute: &str, value: impl Into<Value>, captures: impl Into<Vec<CaptureId>>) {
        let pointer = self.clear(attribute);
        self.attributes.insert(attribute.to_owned(), value.into());
        self.sources.insert(pointer, captures.into());
    }

    /// Marks a top-level attribute as absent, as these captures tell.
    pub fn set_absent(&mut self, attribute: &str, captures: impl Into<Vec<CaptureId>>) {
        let pointer = self.clear(attribute);
        self.sources.insert(pointer, captures.into());
    }

    /// Marks a top-level attribute as unknown.
    pub fn set_unknown(&mut self, attribute: &str, gap: Gap) {
        let pointer = self.clear(attribute);
        self.unknown.insert(pointer, gap);
    }

    /// Forgets all that was known of a top-level attribute; gives its pointer. A typed resource is
    /// made with its joined attributes unknown, and that must not outlive the join.
    fn clear(&mut self, attribute: &str) -> String {
        let pointer = format!("/{}", escape(attribute));
        self.attributes.remove(attribute);
        self.unknown.retain(|at, _| below(at, &pointer).is_none());
        self.sources.retain(|at, _| below(at, &pointer).is_none());
        pointer
    }

    /// The captures behind the listing and behind the given attribute pointers, sorted, each once.
    #[must_use]
    pub fn captures_for<'a>(&self, pointers: impl IntoIterator<Item = &'a str>) -> Vec<CaptureId> {
        let mut captures = self.sources.get("").cloned().unwrap_or_default();
        for pointer in pointers {
            for (at, told) in &self.sources {
                if !at.is_empty() && (below(pointer, at).is_some() || below(at, pointer).is_some()) {
                    captures.extend(told);
                }
            }
        }
        captures.sort_unstable();
        captures.dedup();
        captures
    }
}

/// What [`super::attr::Attr`] serializes to. A map of strings from AWS (tags) never has this shape.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Marked {
    state: Form,
    captures: Vec<CaptureId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Form {
    Known(Value),
    Absent,
    Unknown(Gap),
}

/// The borrowed identity of a resource under construction; its type comes from the struct.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The ARN where AWS has one, else the id AWS uses.
    pub id: &'a str,
    /// The short name a person would use.
    pub name: &'a str,
    /// Twelve-digit account id.
    pub account: &'a str,
    /// Region name; `global` for global services.
    pub region: &'a str,
}

/// What follows `prefix` in `pointer`, where `pointer` is at or below it.
fn below<'a>(pointer: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = pointer.strip_prefix(prefix)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// One reference token of a JSON pointer (RFC 6901 section 3).
#[must_use]
pub fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::attr::Attr;
    use crate::model::gap::GapCode;

    #[derive(Serialize, JsonSchema)]
    struct Inner {
        on: Option<bool>,
        detail: Attr<String>,
    }

    #[derive(Serialize, JsonSchema)]
    struct Sample {
        plain: Option<i64>,
        inner: Attr<Inner>,
        denied: Attr<String>,
        none: Attr<String>,
        tags: BTreeMap<String, String>,
    }

    impl TypedResource for Sample {
        const TYPE: &'static str = "Test::Sample";
    }

    fn sample() -> Resource {
        let typed = Sample {
            plain: None,
            inner: Attr::known(Inner { on: Some(true), detail: Attr::unknown(Gap::new(GapCode::Throttled, "")) })
                .from_captures([7]),
            denied: Attr::unknown(Gap::new(GapCode::AccessDenied, "no")),
            none: Attr::absent().from_captures([8]),
            tags: BTreeMap::from([(MARKER.to_owned(), "{\"state\":\"absent\"}".to_owned())]),
        };
        Resource::new(Place { id: "x", name: "x", account: "1", region: "r" }, &typed, &[3])
    }

    #[test]
    fn known_absent_and_unknown_are_told_apart() {
        let resource = sample();
        assert_eq!(resource.attributes["inner"], serde_json::json!({"on": true}));
        assert!(!resource.attributes.contains_key("denied"));
        assert!(!resource.attributes.contains_key("none"));
        assert_eq!(resource.unknown["/denied"].code, GapCode::AccessDenied);
        assert_eq!(resource.unknown["/inner/detail"].code, GapCode::Throttled);
        assert!(!resource.unknown.contains_key("/none"));
        assert_eq!(resource.captures_for(["/inner/on"]), vec![3, 7]);
        assert_eq!(resource.captures_for(["/none"]), vec![3, 8]);
    }

    #[test]
    fn a_graft_carries_unknowns_and_sources() {
        let other = sample();
        let mut resource = sample();
        resource.graft("copied", &other, "inner");
        assert_eq!(resource.attributes["copied"], serde_json::json!({"on": true}));
        assert_eq!(resource.unknown["/copied/detail"].code, GapCode::Throttled);
        assert_eq!(resource.sources["/copied"], vec![3, 7]);
        resource.graft("refused", &other, "denied");
        assert_eq!(resource.unknown["/refused"].code, GapCode::AccessDenied);
        resource.graft("refused", &other, "none");
        assert!(!resource.unknown.contains_key("/refused"), "what is absent is no longer unknown");
        resource.set_known("copied", Value::Bool(true), vec![9]);
        assert!(!resource.unknown.contains_key("/copied/detail"));
        assert_eq!(resource.captures_for(["/copied"]), vec![3, 9]);
    }

    #[test]
    fn a_join_takes_the_place_of_what_was_unknown() {
        let mut resource = sample();
        let mut known = sample();
        known.attributes.insert("denied".to_owned(), serde_json::json!(true));
        known.unknown.clear();
        resource.graft("denied", &known, "denied");
        assert!(!resource.unknown.contains_key("/denied"), "{resource:?}");
        assert_eq!(resource.attributes["denied"], true);

        resource.graft("inner", &known, "none");
        assert!(!resource.attributes.contains_key("inner"));
        assert!(resource.unknown.keys().all(|pointer| !pointer.starts_with("/inner")), "{resource:?}");

        resource.set_unknown("denied", Gap::new(GapCode::Timeout, ""));
        assert!(!resource.attributes.contains_key("denied"));
        resource.set_known("denied", false, [9]);
        assert_eq!((resource.attributes["denied"].clone(), resource.unknown.len()), (false.into(), 0));
        resource.set_absent("denied", [9]);
        assert!(!resource.attributes.contains_key("denied"));
        assert_eq!(resource.sources["/denied"], vec![9]);
    }

    #[test]
    fn an_embedded_resource_brings_its_unknowns_and_sources() {
        let mut resource = sample();
        resource.embed("none", &sample());
        assert_eq!(resource.attributes["none"]["inner"]["on"], true);
        assert_eq!(resource.unknown["/none/denied"].code, GapCode::AccessDenied);
        assert_eq!(resource.unknown["/none/inner/detail"].code, GapCode::Throttled);
        assert_eq!(resource.captures_for(["/none/inner/on"]), vec![3, 7]);
    }
}
