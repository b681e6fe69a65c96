//! Which versions of the AWS provider a module asks for.

use std::sync::Arc;

use super::syntax::{Body, Expr};

/// What the address of the AWS provider ends with.
pub(super) const ADDRESS: &str = "hashicorp/aws";

/// The constraint on the AWS provider in the block `required_providers`.
pub(super) fn required(terraform: &Body) -> Option<Arc<str>> {
    let providers = terraform.blocks.iter().find(|block| &*block.kind == "required_providers")?;
    providers.body.attributes.iter().find_map(|provider| {
        let Expr::Object(members) = &provider.value else { return text(Some(&provider.value)) };
        let member = |wanted: &str| {
            let found = members.iter().find(|(name, _)| text(Some(name)).is_some_and(|name| &*name == wanted));
            text(found.map(|(_, value)| value))
        };
        let is_aws = member("source").map_or(&*provider.name == "aws", |source| source.ends_with(ADDRESS));
        if is_aws { member("version") } else { None }
    })
}

/// A text, or a name that is written without quotes.
pub(super) fn text(expression: Option<&Expr>) -> Option<Arc<str>> {
    match expression? {
        Expr::Text(text) => Some(text.clone()),
        Expr::Variable(name) => Some(name.clone()),
        _ => None,
    }
}
