//! The model of a service's API: what `.ci/models` cut of it, in the spelling of botocore's
//! `service-2.json` (<https://github.com/boto/botocore/tree/develop/botocore/data>), of which the
//! model is a subset.

use std::collections::{BTreeMap, HashMap};
use std::sync::{LazyLock, Mutex, PoisonError};

use serde::Deserialize;

/// The models in the program, by service: the name of the file and its text.
static MODELS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/models.rs"));

/// Models that were read so far. They live as long as the program.
static READ: LazyLock<Mutex<HashMap<String, &'static ServiceModel>>> = LazyLock::new(Mutex::default);

/// The protocol of a service, by the names of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Protocol {
    /// AWS JSON 1.0 and 1.1: one path, the operation in `X-Amz-Target`.
    #[serde(rename = "json")]
    Json,
    /// JSON over REST paths.
    #[serde(rename = "rest-json")]
    RestJson,
    /// XML over REST paths.
    #[serde(rename = "rest-xml")]
    RestXml,
    /// A form in, XML in an envelope out.
    #[serde(rename = "query")]
    Query,
    /// EC2's kind of query: other names in the form, no envelope.
    #[serde(rename = "ec2")]
    Ec2,
    /// Smithy RPC v2 CBOR.
    #[serde(rename = "smithy-rpc-v2-cbor")]
    Cbor,
}

/// The model of one service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceModel {
    /// Names and protocol.
    pub metadata: Metadata,
    /// Operations by name, `ListKeys`.
    pub operations: BTreeMap<String, OperationModel>,
    /// Shapes by name.
    pub shapes: BTreeMap<String, Shape>,
}

/// Names and protocol of a service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Metadata {
    /// Name by which the SDKs know it, `CloudWatch Logs`; keys of `services` in a profile come from it.
    pub service_id: String,
    /// First label of its host, `monitoring`.
    pub endpoint_prefix: String,
    /// Name that requests are signed for.
    pub signing_name: String,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// `1.0` or `1.1`, of JSON services.
    #[serde(default)]
    pub json_version: Option<String>,
    /// First half of `X-Amz-Target`, of JSON services; name of the service in the path, of CBOR ones.
    #[serde(default)]
    pub target_prefix: Option<String>,
    /// `Version` of a form.
    pub api_version: String,
    /// Namespace of XML bodies.
    #[serde(default)]
    pub xml_namespace: Option<String>,
    /// Requests are signed as S3 wants it: paths as they stand, the hash of the body in a header.
    #[serde(default)]
    pub s3_signing: bool,
    /// The service once spoke query, and tells the error codes of that time where it is asked to.
    #[serde(default)]
    pub aws_query_compatible: bool,
}

/// One operation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OperationModel {
    /// HTTP method.
    pub method: String,
    /// Path with labels, `/detector/{detectorId}`; may hold a fixed query.
    pub uri: String,
    /// What stands before the host: one label, filled from the input, `{Bucket}.`.
    #[serde(default)]
    pub host_prefix: Option<String>,
    /// What stands before the path where the label cannot stand before the host; nothing has to
    /// where the request says it in another place as well.
    #[serde(default)]
    pub path_prefix: Option<String>,
    /// Shape of what it takes.
    #[serde(default)]
    pub input: Option<String>,
    /// Shape of what it answers.
    #[serde(default)]
    pub output: Option<String>,
    /// Element around the answer, of `query` services.
    #[serde(default)]
    pub result_wrapper: Option<String>,
    /// Root elements of the answer over REST XML, where the model does not name one: that of AWS
    /// first, then those that stand in its place in emulators.
    #[serde(default)]
    pub roots: Vec<String>,
    /// The root element is not around the one member of the answer, it is the member.
    #[serde(default)]
    pub unwrapped: bool,
    /// Error codes as they come.
    #[serde(default)]
    pub errors: Vec<ErrorModel>,
    /// How its pages follow each other; `None` where it answers in one piece.
    #[serde(default)]
    pub paging: Option<Paging>,
}

/// An error that an operation documents.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ErrorModel {
    /// The code as it comes.
    pub code: String,
    /// The status it comes with, where the model says.
    #[serde(default)]
    pub http_status: Option<u16>,
}

/// How the pages of a listing follow each other.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    /// Members of the input that take the tokens.
    pub input: Vec<String>,
    /// Members of the answer, with dots between levels, that give them, in the same order.
    pub output: Vec<String>,
    /// A flag of the answer that says whether there is more, where the service has one.
    #[serde(default)]
    pub more: Option<String>,
    /// Member of the input that bounds a page.
    #[serde(default)]
    pub limit: Option<String>,
}

/// What kind of value a shape is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names of the model")]
pub enum Kind {
    Structure,
    List,
    Map,
    String,
    Character,
    Integer,
    Long,
    Short,
    Float,
    Double,
    Boolean,
    Timestamp,
    Blob,
}

/// One shape.
#[expect(clippy::struct_excessive_bools, reason = "the members of the model")]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Shape {
    /// What kind of value.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Members of a structure.
    #[serde(default)]
    pub members: BTreeMap<String, Member>,
    /// Members that the model promises. AWS does not always keep the promise.
    #[serde(default)]
    pub required: Vec<String>,
    /// The member that is the body, of an output over REST.
    #[serde(default)]
    pub payload: Option<String>,
    /// Elements of a list.
    #[serde(default)]
    pub member: Option<Member>,
    /// Keys of a map.
    #[serde(default)]
    pub key: Option<Member>,
    /// Values of a map.
    #[serde(default)]
    pub value: Option<Member>,
    /// A list or map without an element of its own around it.
    #[serde(default)]
    pub flattened: bool,
    /// Name of the element, of XML.
    #[serde(default)]
    pub location_name: Option<String>,
    /// `iso8601`, `rfc822` or `unixTimestamp`, where not the protocol's own.
    #[serde(default)]
    pub timestamp_format: Option<String>,
    /// The words that the model knows; AWS may use others.
    #[serde(default, rename = "enum")]
    pub words: Vec<String>,
    /// Whether the model says that it can hold a secret.
    #[serde(default)]
    pub sensitive: bool,
    /// Exactly one member is set.
    #[serde(default)]
    pub union: bool,
    /// Any JSON.
    #[serde(default)]
    pub document: bool,
    /// A scalar that can be left out.
    #[serde(default)]
    pub r#box: bool,
}

/// Where a member's shape is, and how it is written.
#[expect(clippy::struct_excessive_bools, reason = "the members of the model")]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Member {
    /// Name of its shape.
    pub shape: String,
    /// `uri`, `querystring`, `header`, `headers` or `statusCode`; the body where left out.
    #[serde(default)]
    pub location: Option<String>,
    /// Its name there.
    #[serde(default)]
    pub location_name: Option<String>,
    /// Its name in a form of EC2.
    #[serde(default)]
    pub query_name: Option<String>,
    /// The list or map has no element of its own.
    #[serde(default)]
    pub flattened: bool,
    /// It is an attribute of its structure's element.
    #[serde(default)]
    pub xml_attribute: bool,
    /// Namespace of its element.
    #[serde(default)]
    pub xml_namespace: Option<serde_json::Value>,
    /// Format of this timestamp.
    #[serde(default)]
    pub timestamp_format: Option<String>,
    /// JSON in a header.
    #[serde(default)]
    pub jsonvalue: bool,
    /// A body that is read as a stream.
    #[serde(default)]
    pub streaming: bool,
}

impl ServiceModel {
    /// The shape of this name.
    ///
    /// # Panics
    ///
    /// Where the model names a shape that it does not hold: a test reads every model.
    #[must_use]
    pub fn shape(&self, name: &str) -> &Shape {
        self.shapes.get(name).unwrap_or_else(|| panic!("the model of {} has no shape {name}", self.metadata.service_id))
    }

    /// The operation of this name.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&OperationModel> {
        self.operations.get(name)
    }
}

/// The model of a service, by the name of its file; `None` where the program has none.
///
/// # Panics
///
/// Where the file is not a model: a test reads every one.
#[must_use]
pub fn service(name: &str) -> Option<&'static ServiceModel> {
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(model) = read.get(name) {
        return Some(model);
    }
    let (_, text) = MODELS.iter().find(|(known, _)| *known == name)?;
    let model = serde_json::from_str(text).unwrap_or_else(|error| panic!("the model {name}: {error}"));
    let model: &'static ServiceModel = Box::leak(Box::new(model));
    read.insert(name.to_owned(), model);
    Some(model)
}

/// Makes a model known that is not in the program, of a service that a test made up.
#[cfg(test)]
pub(crate) fn made_up(name: &str, model: serde_json::Value) {
    let model = serde_json::from_value(model).unwrap_or_else(|error| panic!("the model {name}: {error}"));
    READ.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), Box::leak(Box::new(model)));
}

/// The names of all models in the program, sorted.
#[must_use]
pub fn services() -> Vec<&'static str> {
    MODELS.iter().map(|(name, _)| *name).collect()
}
