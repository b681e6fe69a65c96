//! The version of the AWS provider beside what is written, where defaults depend on it: the one that is
//! locked in `.terraform.lock.hcl`, else what the modules ask for.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use super::evaluate::Evaluator;
use super::files::read_text;
use super::lower;
use super::module::Resource;
use super::scope::Instance;
use super::versions::{ADDRESS, text};
use crate::iac::value::Value;

/// Resources with arguments whose defaults depend on the version of the provider. The mapping reads it as
/// the member [`MEMBER`] of the body.
const KINDS: [&str; 1] = ["aws_redshift_cluster"];

/// The member of the body that holds the version, or the constraint on it.
const MEMBER: &str = "provider_version";

/// The version that the lock file of a root module names
/// (<https://developer.hashicorp.com/terraform/language/files/dependency-lock>).
pub(super) fn locked(root: &Path) -> Option<Arc<str>> {
    let body = lower::parse(&read_text(&root.join(".terraform.lock.hcl")).ok()?, 0).ok()?;
    let provider = body.blocks.iter().find(|block| {
        &*block.kind == "provider" && block.labels.first().is_some_and(|address| address.ends_with(ADDRESS))
    })?;
    text(provider.body.value("version"))
}

impl Evaluator<'_> {
    /// The body with the version of the provider, where its defaults depend on it. What the module asks
    /// for counts beside what the root module does.
    pub(super) fn with_version(&self, instance: &Rc<Instance>, resource: &Resource, body: Value) -> Value {
        let Value::Map(mut members) = body else { return body };
        if KINDS.contains(&&*resource.kind) {
            let own = instance.module.aws_versions.as_ref().filter(|_| !instance.address.is_empty());
            let version = match (&self.aws_version, own) {
                (Some(root), Some(own)) if is_constraint(root) => Some(Arc::from(format!("{root}, {own}"))),
                (Some(root), _) => Some(root.clone()),
                (None, own) => own.cloned(),
            };
            if let Some(version) = version {
                Arc::make_mut(&mut members).insert(Arc::from(MEMBER), Value::Text(version));
            }
        }
        Value::Map(members)
    }
}

/// Whether it is more than one version.
fn is_constraint(text: &str) -> bool {
    !text.starts_with(|first: char| first.is_ascii_digit())
}
