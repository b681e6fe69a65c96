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
pub mod code;
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

mod marked;
mod wire;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, OnceLock};

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::marked::Unmark;
use self::wire::Wire;
use super::attr::CaptureId;
use super::gap::Gap;
use super::tree::Tree;

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

    /// What is known of an item that only the listing of its own region shows, where other items are shown by
    /// the listing of every region: attributes and their values. Empty where each region shows its own.
    const HIDDEN_ELSEWHERE: &[(&'static str, bool)] = &[];
}

/// What is known of a resource type without an instance of it.
#[derive(Clone, Copy)]
pub struct TypeInfo {
    /// `CloudFormation` type name.
    pub name: &'static str,
    /// JSON Schema of its attributes, made on demand.
    pub schema: fn() -> Schema,
    /// What is known of an item that only its own region shows: see [`TypedResource::HIDDEN_ELSEWHERE`].
    pub hidden_elsewhere: &'static [(&'static str, bool)],
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
    info::<code::Block>(),
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
    TypeInfo { name: T::TYPE, schema: schema::<T>, hidden_elsewhere: T::HIDDEN_ELSEWHERE }
}

/// One thing in AWS or in code, normalised: what evaluation sees.
///
/// Three states per attribute: there in `attributes` (known), missing there (AWS says there is none),
/// or [`Tree::Unknown`] in its place (could not be read).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
pub struct Resource {
    /// Where it is and what it is called.
    pub identity: Identity,
    /// An object of its attributes, in `snake_case`; unknown where nothing of it could be read.
    pub attributes: Tree,
    /// The captures that told an attribute, by JSON pointer (RFC 6901); `""` is the listing itself.
    pub sources: BTreeMap<String, Vec<CaptureId>>,
}

impl Resource {
    /// The common form of a typed resource that was told by the given listing captures.
    ///
    /// # Panics
    ///
    /// When the struct does not serialize to a JSON object, which every [`TypedResource`] does.
    pub fn new<T: TypedResource>(id: ResourceId<'_>, typed: &T, listing: &[CaptureId]) -> Self {
        let value = serde_json::to_value(typed).expect("a typed resource serializes to JSON");
        let Value::Object(fields) = value else {
            unreachable!("a typed resource is a struct, and serializes to an object")
        };
        Self::from_marked(T::TYPE, id, fields, listing)
    }

    /// A resource of the attributes that a typed resource of this type serializes to, told by the
    /// captures of its listing.
    #[must_use]
    pub fn from_marked(r#type: &str, id: ResourceId<'_>, fields: Map<String, Value>, listing: &[CaptureId]) -> Self {
        let identity = Identity {
            r#type: r#type.to_owned(),
            id: id.id.to_owned(),
            name: id.name.to_owned(),
            account: id.account.to_owned(),
            region: id.region.to_owned(),
        };
        let mut sources = BTreeMap::from([(String::new(), listing.to_vec())]);
        let attributes = Unmark(&mut sources).members(fields, &mut String::new());
        Self { identity, attributes, sources }
    }

    /// The unknown parts by JSON pointer, with the reason.
    #[must_use]
    pub fn unknown(&self) -> BTreeMap<String, &Gap> {
        self.attributes.unknown()
    }

    /// Copies the attribute `from` of `other` (known, absent or unknown, with its sources) to the
    /// top-level attribute `to` of this resource: the one way joins are made.
    pub fn graft(&mut self, to: &str, other: &Self, from: &str) {
        let attribute = match &other.attributes {
            unknown @ Tree::Unknown(_) => Some(unknown.clone()),
            known => known.get(from).cloned(),
        };
        let target = self.set(to, attribute);
        let source = format!("/{}", escape(from));
        self.sources.insert(target, other.captures_for([source.as_str()]));
    }

    /// Embeds all of `other` (its attributes with their sources) as the top-level attribute `to`, in
    /// the place of whatever was there.
    pub fn embed(&mut self, to: &str, other: &Self) {
        let target = self.set(to, Some(other.attributes.clone()));
        for (pointer, captures) in &other.sources {
            self.sources.insert(format!("{target}{pointer}"), captures.clone());
        }
    }

    /// Sets a top-level attribute that a join makes to a value that these captures tell, in the place
    /// of whatever was there.
    pub fn set_known(&mut self, attribute: &str, value: impl Into<Tree>, captures: impl Into<Vec<CaptureId>>) {
        let pointer = self.set(attribute, Some(value.into()));
        self.sources.insert(pointer, captures.into());
    }

    /// Marks a top-level attribute as absent, as these captures tell.
    pub fn set_absent(&mut self, attribute: &str, captures: impl Into<Vec<CaptureId>>) {
        let pointer = self.set(attribute, None);
        self.sources.insert(pointer, captures.into());
    }

    /// Marks a top-level attribute as unknown.
    pub fn set_unknown(&mut self, attribute: &str, gap: impl Into<Arc<Gap>>) {
        self.set(attribute, Some(Tree::Unknown(gap.into())));
    }

    /// Puts a top-level attribute in the place of whatever was there, and forgets what told that; gives
    /// its pointer.
    fn set(&mut self, attribute: &str, value: Option<Tree>) -> String {
        let pointer = format!("/{}", escape(attribute));
        self.attributes.put(attribute, value);
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

/// The borrowed identity of a resource under construction; its type comes from the struct.
#[derive(Debug, Clone, Copy)]
pub struct ResourceId<'a> {
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
mod tests;
