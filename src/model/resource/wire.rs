//! A resource as JSON: what is known of it, and beside it what is not, by pointer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Identity, Resource};
use crate::model::attr::CaptureId;
use crate::model::gap::Gap;
use crate::model::tree::Tree;

/// The form of a [`Resource`] in JSON.
#[derive(Serialize, Deserialize)]
pub(super) struct Wire {
    #[serde(flatten)]
    identity: Identity,
    attributes: Map<String, Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    unknown: BTreeMap<String, Gap>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    sources: BTreeMap<String, Vec<CaptureId>>,
}

impl From<Resource> for Wire {
    fn from(resource: Resource) -> Self {
        let attributes = match resource.attributes.known_json() {
            Value::Object(attributes) => attributes,
            // Nothing of it is known.
            _ => Map::new(),
        };
        let unknown = resource.unknown().into_iter().map(|(pointer, gap)| (pointer, gap.clone())).collect();
        Self { identity: resource.identity, attributes, unknown, sources: resource.sources }
    }
}

impl From<Wire> for Resource {
    fn from(wire: Wire) -> Self {
        let mut attributes = Tree::known_members(&wire.attributes);
        attributes.set_unknown(&wire.unknown);
        Self { identity: wire.identity, attributes, sources: wire.sources }
    }
}
