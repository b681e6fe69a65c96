//! Texts with unknown parts, as policies are judged by them.
//!
//! The account that code is deployed to, its partition and the resources that the same code makes are
//! not known by value, and yet no riddle: what refers to them is written with `code`, `aws` and the
//! resource's address in their place. All else that is unknown is written as `${…}`.

use std::sync::Arc;

use super::context::MappingContext;
use crate::iac::deployment::ACCOUNT;
use crate::iac::value::{Part, Reference, Unknown, Value};
use crate::model::gap::Gap;
use crate::model::partial_text::PartialText;

/// Longest text that is kept of one that is known in part, in bytes.
const TEXT_LIMIT: usize = 600;

/// How often a name is looked for in another block.
const DEPTH_LIMIT: usize = 4;

/// A text as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Symbol {
    /// All of it is known.
    Known(String),
    /// It is made of known parts, of other resources, and of what is not known.
    Partial(Gap),
}

/// How much is known of the text at hand.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Extent {
    Known,
    /// Names of other resources apart.
    Resources,
    Partly,
}

/// What is known of a text. `None` where the value is no text, or may be none.
pub(crate) fn symbol(value: &Value, from: usize, context: &MappingContext<'_>) -> Option<Symbol> {
    let first = match value {
        Value::Text(text) => return Some(Symbol::Known(text.to_string())),
        Value::Unknown(unknown) => unknown,
        Value::Template(parts) => parts.iter().find_map(unknown_of)?,
        _ => return None,
    };
    let (text, extent) = render(value, from, context, 0);
    if let (Extent::Known, Some(known)) = (extent, text.known()) {
        return Some(Symbol::Known(known.to_owned()));
    }
    let is_template = matches!(value, Value::Template(_));
    if !is_template && extent == Extent::Partly && !is_of_resource(first, from, context) {
        // A variable may as well be a list.
        return None;
    }
    let gap = first.gap();
    // An expression that writes quotation marks may write more than one text.
    let breaks_out = matches!(value, Value::Template(parts) if parts.iter().any(|part| {
        unknown_of(part).is_some_and(|unknown| unknown.writes_quotes)
    }));
    Some(Symbol::Partial(if breaks_out || text.len() > TEXT_LIMIT { gap } else { gap.text(text) }))
}

/// The gap of a text, with the text as far as it is known.
pub(crate) fn partial(parts: &[Part], gap: Gap) -> Gap {
    let mut text = PartialText::default();
    for part in parts {
        match part {
            Part::Text(known) => text.push(known),
            Part::Unknown(unknown) => push_unknown(&mut text, unknown),
        }
    }
    if text.len() > TEXT_LIMIT { gap } else { gap.text(text) }
}

fn push_unknown(text: &mut PartialText, unknown: &Unknown) {
    text.push_unknown(&unknown.shown, unknown.origin.tag());
}

/// A text that is known.
fn known(text: &str) -> PartialText {
    let mut made = PartialText::default();
    made.push(text);
    made
}

fn unknown_of(part: &Part) -> Option<&Arc<Unknown>> {
    match part {
        Part::Unknown(unknown) => Some(unknown),
        Part::Text(_) => None,
    }
}

fn render(value: &Value, from: usize, context: &MappingContext<'_>, depth: usize) -> (PartialText, Extent) {
    match value {
        Value::Text(text) => (known(text), Extent::Known),
        Value::Unknown(unknown) => render_unknown(unknown, from, context, depth),
        Value::Template(parts) => {
            let mut whole = PartialText::default();
            let mut extent = Extent::Known;
            for part in parts.iter() {
                match part {
                    Part::Text(text) => whole.push(text),
                    Part::Unknown(unknown) => {
                        let (text, of_part) = render_unknown(unknown, from, context, depth);
                        whole.append(text);
                        if of_part > extent {
                            extent = of_part;
                        }
                    }
                }
            }
            (whole, extent)
        }
        _ => (PartialText::default(), Extent::Partly),
    }
}

fn render_unknown(unknown: &Unknown, from: usize, context: &MappingContext<'_>, depth: usize) -> (PartialText, Extent) {
    let whole = unknown.references.iter().find(|reference| reference.whole);
    if let Some(reference) = whole {
        if let Some((text, extent)) = of_the_account(reference) {
            return (known(&text), extent);
        }
        if let Some(block) = context.blocks.one_at(reference, from)
            && depth < DEPTH_LIMIT
        {
            return of_block(block, &reference.attribute, context, depth);
        }
        if let Some(text) = elsewhere(reference, &context.blocks.all[from].kind) {
            return (known(&text), Extent::Resources);
        }
    }
    let mut text = PartialText::default();
    push_unknown(&mut text, unknown);
    (text, Extent::Partly)
}

/// Whether what is unknown is an attribute of a resource of the code by which it is named, and so one
/// text.
fn is_of_resource(unknown: &Unknown, from: usize, context: &MappingContext<'_>) -> bool {
    let whole = unknown.references.iter().find(|reference| reference.whole);
    whole.is_some_and(|reference| {
        (is_arn(&reference.attribute) || matches!(&*reference.attribute, "id" | "unique_id" | "bucket" | ""))
            && context.blocks.one_at(reference, from).is_some()
    })
}

/// What stands for an ARN or an id of a resource that is looked up, or not in this code: whatever it is,
/// it names one resource. Of a bucket, whose ARN is its name, for that too.
fn elsewhere(reference: &Reference, from: &str) -> Option<String> {
    let attribute = reference.attribute.as_str();
    let name = opaque(&reference.address);
    let mut steps = reference.address.rsplit('.');
    let Some((_, kind)) = steps.next().zip(steps.next()) else {
        // Only a resource of a template has attributes, and only what its kind is, is not known. The
        // policy of a bucket speaks of that bucket.
        return is_arn(attribute).then(|| match from {
            "AWS::S3::BucketPolicy" => format!("arn:aws:s3:::{name}"),
            _ => format!("arn:aws:elsewhere::{ACCOUNT}:{name}"),
        });
    };
    match (kind, attribute) {
        ("aws_s3_bucket", "arn") => Some(format!("arn:aws:s3:::{name}")),
        ("aws_s3_bucket", "id" | "bucket") => Some(name),
        // The caller is spoken of elsewhere, and the other is the parts of a text.
        ("aws_caller_identity" | "aws_arn", _) => None,
        (kind, attribute) if kind.starts_with("aws_") && (is_arn(attribute) || is_arn_by_id(kind, attribute)) => {
            let (service, class) = service(kind);
            Some(format!("arn:aws:{service}::{ACCOUNT}:{class}{name}"))
        }
        (kind, "id" | "unique_id") if kind.starts_with("aws_") => Some(name),
        _ => None,
    }
}

/// Whether an attribute of this name is an ARN.
fn is_arn(attribute: &str) -> bool {
    attribute == "arn" || attribute.ends_with("Arn") || attribute.ends_with("_arn")
}

/// What stands for the account, its partition and their names.
fn of_the_account(reference: &Reference) -> Option<(String, Extent)> {
    let known = |text: &str| Some((text.to_owned(), Extent::Known));
    match reference.address.as_str() {
        "AWS::AccountId" => return known(ACCOUNT),
        "AWS::Partition" => return known("aws"),
        "AWS::URLSuffix" => return known("amazonaws.com"),
        _ => {}
    }
    let (module, data) = reference.address.split_at(reference.address.rfind("data.")?);
    if !module.is_empty() && !module.ends_with('.') {
        return None;
    }
    let kind = data.split('.').nth(1)?;
    match (kind, reference.attribute.as_str()) {
        ("aws_caller_identity", "account_id" | "id") => known(ACCOUNT),
        ("aws_caller_identity", "arn") => Some((format!("arn:aws:iam::{ACCOUNT}:caller"), Extent::Resources)),
        ("aws_partition", "partition" | "id") => known("aws"),
        ("aws_partition", "dns_suffix") => known("amazonaws.com"),
        _ => None,
    }
}

/// What stands for an attribute of a resource of the code.
fn of_block(index: usize, attribute: &str, context: &MappingContext<'_>, depth: usize) -> (PartialText, Extent) {
    let block = &context.blocks.all[index];
    let name = || (known(&opaque(&block.address)), Extent::Resources);
    match &*block.kind {
        "aws_s3_bucket" | "AWS::S3::Bucket" => {
            let own = block.body.get("bucket").or_else(|| block.body.get("BucketName"));
            let (bucket, extent) = match own {
                Some(value @ (Value::Text(_) | Value::Unknown(_) | Value::Template(_)))
                    if !is_of_itself(value, block) =>
                {
                    render(value, index, context, depth + 1)
                }
                _ => name(),
            };
            match attribute {
                "arn" | "Arn" => {
                    let mut arn = known("arn:aws:s3:::");
                    arn.append(bucket);
                    (arn, extent)
                }
                "id" | "bucket" | "" => (bucket, extent),
                _ => name(),
            }
        }
        _ if is_arn(attribute) || is_arn_by_id(&block.kind, attribute) => {
            let (service, class) = service(&block.kind);
            let arn = format!("arn:aws:{service}::{ACCOUNT}:{class}{}", opaque(&block.address));
            (known(&arn), Extent::Resources)
        }
        _ => name(),
    }
}

/// Whether the name is said to be known after apply only because AWS makes it up.
fn is_of_itself(value: &Value, block: &crate::iac::deployment::Block) -> bool {
    matches!(value, Value::Unknown(unknown)
        if unknown.origin.as_attribute().is_some_and(|(address, _)| *address == *block.address))
}

/// Whether the id of such a block is its ARN.
fn is_arn_by_id(kind: &str, attribute: &str) -> bool {
    match attribute {
        "id" => matches!(kind, "aws_sns_topic" | "aws_iam_policy" | "aws_lb" | "aws_secretsmanager_secret"),
        "" => matches!(
            kind,
            "AWS::SNS::Topic" | "AWS::IAM::ManagedPolicy" | "AWS::SecretsManager::Secret" | "AWS::KMS::Alias"
        ),
        _ => false,
    }
}

/// The service in the ARN of such a block, and what stands before the name.
fn service(kind: &str) -> (String, &'static str) {
    let (service, thing) = if let Some(rest) = kind.strip_prefix("aws_") {
        rest.split_once('_').unwrap_or((rest, ""))
    } else {
        let rest = kind.strip_prefix("AWS::").unwrap_or(kind);
        rest.split_once("::").unwrap_or((rest, ""))
    };
    let service = service.to_ascii_lowercase();
    let class = match (service.as_str(), thing.to_ascii_lowercase().as_str()) {
        ("iam", "role") => "role/",
        ("iam", "user") => "user/",
        ("iam", "group") => "group/",
        ("iam", "policy" | "managedpolicy") => "policy/",
        ("kms", "key") => "key/",
        _ => "",
    };
    (service, class)
}

/// An address as a name that has nothing in it that means something in a pattern or an ARN.
fn opaque(address: &str) -> String {
    address.chars().map(|c| if matches!(c, '*' | '?' | ':' | '/' | '$' | '{' | '}') { '_' } else { c }).collect()
}
