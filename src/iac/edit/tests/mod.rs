use serde_json::{Value, json};

use super::hcl::Target;
use super::{Refusal, Splice, Wanted, apply, hcl, hcl_list, path, template};

mod blocks;
mod property;
mod templates;

fn bucket(name: &str) -> Target {
    resource("aws_s3_bucket", name)
}

fn resource(kind: &str, name: &str) -> Target {
    Target::Resource { kind: kind.to_owned(), name: name.to_owned() }
}

/// The text with a value set in a block.
fn set(text: &str, target: &Target, at: &str, value: Value) -> Result<String, String> {
    applied(text, hcl::set(text, target, &path(at), &Wanted::from(value)))
}

/// The text with a property set in the resource `R` of type `T`.
fn set_property(text: &str, at: &str, value: Value) -> Result<String, String> {
    applied(text, template::set(text, "R", "T", &path(at), &Wanted::from(value)))
}

fn applied(text: &str, splices: Result<Vec<Splice>, Refusal>) -> Result<String, String> {
    splices.map(|splices| apply(text, &splices)).map_err(|refusal| refusal.0)
}
