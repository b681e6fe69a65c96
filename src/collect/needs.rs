//! What the loaded controls read: nothing else is collected by calls of its own.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::resource::TypedResource;
use crate::model::resource::securityhub::Finding;

/// Top-level attributes by resource type, as the selected controls read them, joins followed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequiredAttributes {
    by_type: BTreeMap<String, BTreeSet<String>>,
    security_controls: BTreeSet<String>,
}

impl RequiredAttributes {
    /// Asks for a type, and for an attribute of it where one is named.
    pub fn add(&mut self, r#type: &str, attribute: Option<&str>) {
        let attributes = self.by_type.entry(r#type.to_owned()).or_default();
        if let Some(attribute) = attribute {
            attributes.insert(attribute.to_owned());
        }
    }

    /// Asks for the findings of a Security Hub control (`S3.5`): the second source of a control of
    /// ours that names it.
    pub fn add_security_control(&mut self, id: &str) {
        self.add(Finding::TYPE, None);
        self.security_controls.insert(id.to_owned());
    }

    /// The Security Hub controls whose findings are asked for.
    #[must_use]
    pub fn security_controls(&self) -> &BTreeSet<String> {
        &self.security_controls
    }

    /// Whether some control is about this type.
    #[must_use]
    pub fn wants_type(&self, r#type: &str) -> bool {
        self.by_type.contains_key(r#type)
    }

    /// Whether some control reads this attribute.
    #[must_use]
    pub fn requires(&self, r#type: &str, attribute: &str) -> bool {
        self.by_type.get(r#type).is_some_and(|attributes| attributes.contains(attribute))
    }

    /// Every type asked for, with its attributes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.by_type.iter().map(|(r#type, attributes)| (r#type.as_str(), attributes))
    }
}
