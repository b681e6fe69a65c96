//! Bucket policies that refuse plain HTTP.

use std::collections::BTreeSet;

use super::super::truth::Truth;
use super::super::{Fault, argument, globs};
use super::condition::Operator;
use super::view::{Statement, statements};
use crate::model::tree::Tree;

/// Every S3 action.
const EVERY_ACTION: &str = "s3:*";
/// The condition key that says whether a request came over TLS, in lower case.
const KEY: &str = "aws:securetransport";

/// Whether the statement denies every caller every S3 action when the request came without TLS, on
/// whatever resources it names.
///
/// Any further condition would have to hold as well and so let some plain requests through. Bounds
/// on `s3:TlsVersion` are not taken for a refusal of plain HTTP: AWS does not document the key for
/// requests without TLS.
fn refuses_plain_http(statement: &Statement) -> Truth {
    // IAM holds the key's value as text too, which a string operator compares to the letter.
    let insecure = statement.every_condition(|condition| {
        let as_text = |operator: &Operator| operator.is("stringequals") || operator.is("stringlike");
        condition
            .is_bool(KEY, "false", |operator| operator.is("bool"))
            .or(condition.is_on(KEY, as_text, |values| values.any(|text| (text == "false").into())))
    });
    statement.denies_all_callers().and(statement.actions.includes(EVERY_ACTION)).and(insecure)
}

/// Whether the statements together cover the bucket itself and all its objects, in the partition.
fn cover_bucket(statements: &[(&Statement, Truth)], partition: &str, bucket: &str) -> Truth {
    let covers = |resource: &str| {
        Truth::any(statements.iter().map(|(statement, refuses)| {
            // A bucket policy always names resources; one without any is not taken for all.
            let includes =
                if statement.resources.is_absent() { Truth::No } else { statement.resources.includes(resource) };
            includes.and(refuses.clone())
        }))
    };
    let bucket = format!("arn:{partition}:s3:::{bucket}");
    covers(&bucket).and(covers(&format!("{bucket}/*")))
}

/// `policy.denies_insecure_transport(policy)` and `policy.denies_insecure_transport(policy,
/// bucket)`.
///
/// Without a name, the bucket is the one that the statements name: AWS takes no bucket policy that
/// speaks of another bucket than its own. The partition is the one they name.
pub(in crate::control::functions) fn denies_insecure_transport(arguments: &[Tree]) -> Result<Tree, Fault> {
    let statements = statements(argument(arguments, 0)?)?;
    let refusing: Vec<(&Statement, Truth)> = statements
        .iter()
        .map(|statement| (statement, refuses_plain_http(statement)))
        .filter(|(_, refuses)| *refuses != Truth::No)
        .collect();
    let named = Named::by(&statements);
    let buckets = match arguments.get(1) {
        Some(Tree::Str(bucket)) => BTreeSet::from([bucket.to_string()]),
        None | Some(Tree::Unknown(_)) => named.buckets,
        Some(_) => return Err(Fault::Invalid("the name of a bucket is expected".to_owned())),
    };
    let places = named.partitions.iter().flat_map(|partition| buckets.iter().map(move |bucket| (partition, bucket)));
    Truth::all(places.map(|(partition, bucket)| cover_bucket(&refusing, partition, bucket))).answer()
}

/// The partitions and buckets that the statements of a policy name.
struct Named {
    partitions: BTreeSet<String>,
    /// Those named in full, else those that patterns begin with, else any bucket at all.
    buckets: BTreeSet<String>,
}

impl Named {
    fn by(statements: &[Statement]) -> Self {
        let resources = statements
            .iter()
            .flat_map(|statement| [&statement.resources.these, &statement.resources.all_but])
            .flat_map(|texts| texts.known.iter().chain(texts.partial.iter().map(|partial| &partial.narrow)));
        let (mut partitions, mut full, mut starts) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for resource in resources {
            let parts: Vec<&str> = resource.splitn(6, ':').collect();
            let [_, partition, service, _, _, path] = parts[..] else { continue };
            if !globs::matches(service, "s3") {
                continue;
            }
            if !globs::is_pattern(partition) {
                partitions.insert(partition.to_owned());
            }
            let name = path.split('/').next().unwrap_or_default();
            let start = name.split(['*', '?']).next().unwrap_or_default();
            if !start.is_empty() {
                if start == name { &mut full } else { &mut starts }.insert(start.to_owned());
            }
        }
        if partitions.is_empty() {
            partitions.insert("aws".to_owned());
        }
        if full.is_empty() && starts.is_empty() {
            starts.insert("any-bucket".to_owned());
        }
        Self { partitions, buckets: if full.is_empty() { starts } else { full } }
    }
}
