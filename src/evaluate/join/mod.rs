//! Joins: made once, in Rust, with hash indexes, and embedded. A bucket carries the account's
//! block, a trail its bucket. Controls do not join.
//!
//! One file by service of what is joined *into*. A join says what it needs, so that collecting a
//! joined attribute collects what it is made of; a source that could not be read or listed makes
//! the joined attribute unknown, never absent.

mod cloudtrail;
mod config;
mod ec2;

use super::estate::Estate;

/// One attribute that is made of other resources.
pub struct Join {
    /// The type that carries the joined attribute.
    pub into: &'static str,
    /// The joined attribute.
    pub attribute: &'static str,
    /// The types it is made of, and the attribute of each that it reads (`None`: the listing).
    pub needs: &'static [(&'static str, Option<&'static str>)],
    /// Makes it, for every resource of the type.
    pub apply: fn(&mut Estate),
}

/// Every join, in the order they are made. A join whose source is itself joined comes after it.
pub static JOINS: &[&[Join]] = &[ec2::JOINS, cloudtrail::JOINS, config::JOINS];
