//! Bucket policies that refuse plain HTTP.

use std::collections::BTreeSet;

use super::super::truth::Truth;
use super::super::{Fault, argument};
use super::view::{Statement, statements};
use crate::control::tree::Tree;

/// Every S3 action.
const EVERY_ACTION: &str = "s3:*";

/// The partitions of AWS in which a bucket may lie.
const PARTITIONS: [&str; 6] = ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-eusc"];

/// Whether the statement denies every caller every S3 action when the request came without TLS, on
/// whatever resources it names.
///
/// Any further condition would have to hold as well and so let some plain requests through. Bounds
/// on `s3:TlsVersion` are not taken for a refusal of plain HTTP: AWS does not document the key for
/// requests without TLS.
fn refuses_plain_http(statement: &Statement) -> Truth {
    let insecure = statement
        .every_condition(|condition| condition.is_bool("aws:securetransport", "false", |operator| operator.is("bool")));
    statement.denies_all_callers().and(statement.actions.includes(EVERY_ACTION)).and(insecure)
}

/// Whether the statements together cover the bucket itself and all its objects.
fn cover_bucket(statements: &[(&Statement, Truth)], bucket: &str) -> Truth {
    Truth::any(PARTITIONS.iter().map(|partition| {
        let covers = |resource: &str| {
            Truth::any(statements.iter().map(|(statement, refuses)| {
                // A bucket policy always names resources; one without any is not taken for all.
                if statement.resources.is_absent() { Truth::No } else { statement.resources.includes(resource) }
                    .and(refuses.clone())
            }))
        };
        let bucket = format!("arn:{partition}:s3:::{bucket}");
        covers(&bucket).and(covers(&format!("{bucket}/*")))
    }))
}

/// `policy.denies_insecure_transport(policy)` and `policy.denies_insecure_transport(policy,
/// bucket)`.
///
/// Without a name, the bucket is any one that the statements name: AWS takes no bucket policy that
/// speaks of another bucket than its own.
pub(in crate::control::functions) fn denies_insecure_transport(arguments: &[Tree]) -> Result<Tree, Fault> {
    let statements = statements(argument(arguments, 0)?)?;
    let refusing: Vec<(&Statement, Truth)> = statements
        .iter()
        .map(|statement| (statement, refuses_plain_http(statement)))
        .filter(|(_, refuses)| *refuses != Truth::No)
        .collect();
    if let Some(Tree::Str(bucket)) = arguments.get(1) {
        return cover_bucket(&refusing, bucket).answer();
    }
    if !matches!(arguments.get(1), None | Some(Tree::Unknown(_))) {
        return Err(Fault::Invalid("the name of a bucket is expected".to_owned()));
    }
    let mut names: BTreeSet<String> = refusing
        .iter()
        .flat_map(|(statement, _)| &statement.resources.these.known)
        .filter_map(|resource| resource.splitn(6, ':').nth(5)?.split(['/', '*', '?']).next().map(ToOwned::to_owned))
        .filter(|name| !name.is_empty())
        .collect();
    // A name that no pattern but a general one matches.
    names.insert("any-bucket-of-that-policy".to_owned());
    Truth::any(names.iter().map(|name| cover_bucket(&refusing, name))).answer()
}
