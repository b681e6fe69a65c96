//! Joins: made once, in Rust, with hash indexes, and embedded. A bucket carries the account's
//! block, a trail its bucket. Controls do not join.
//!
//! One file by service of what is joined *into*. A join says what it needs, so that collecting a
//! joined attribute collects what it is made of; a source that could not be read or listed makes
//! the joined attribute unknown, never absent.

mod account;
mod cloudtrail;
mod config;
mod dynamodb;
mod ec2;
mod iam;
mod rds;
mod s3;

use super::inventory::Inventory;

/// One attribute that is made of other resources.
pub struct Join {
    /// The type that carries the joined attribute.
    pub into: &'static str,
    /// The joined attribute.
    pub attribute: &'static str,
    /// The types it is made of, and the attribute of each that it reads (`None`: the listing).
    pub needs: &'static [(&'static str, Option<&'static str>)],
    /// Makes it, for every resource of the type.
    pub apply: fn(&mut Inventory),
}

/// Every join, in the order they are made. A join whose source is itself joined comes after it.
#[rustfmt::skip]
pub static JOINS: &[&[Join]] = &[
    account::JOINS,
    config::JOINS,
    dynamodb::JOINS,
    ec2::JOINS,
    iam::JOINS,
    rds::JOINS,
    s3::JOINS,
    // After s3: a trail embeds its bucket, with what is joined into that.
    cloudtrail::JOINS,
];

#[cfg(test)]
pub(super) mod tests {
    use crate::model::gap::{Gap, GapCode};
    use crate::model::scan::{AccountScope, Population};

    /// An account without a ledger of regions.
    pub(super) fn account() -> AccountScope {
        AccountScope {
            id: "1".to_owned(),
            partition: "aws".to_owned(),
            caller_arn: String::new(),
            caller_id: String::new(),
            regions: Vec::new(),
            regions_incomplete: None,
        }
    }

    /// A listing of a type that reached its end.
    pub(super) fn population(r#type: &str, region: &str) -> Population {
        Population {
            account: "1".to_owned(),
            region: region.to_owned(),
            r#type: r#type.to_owned(),
            count: 0,
            counted_by: String::new(),
            pages: 1,
            complete: true,
            gap: None,
            gone: Vec::new(),
            captures: vec![3],
        }
    }

    /// A listing of a type that was refused.
    pub(super) fn incomplete(r#type: &str, region: &str) -> Population {
        let gap = Some(Gap::new(GapCode::AccessDenied, "no"));
        Population { complete: false, gap, ..population(r#type, region) }
    }
}
