//! One service a file: its table, and what is odd about it. The only room with `aws_sdk_*` in it.

pub mod accessanalyzer;
pub mod account;
pub mod cloudtrail;
pub mod cloudwatch;
pub mod config;
pub mod ec2;
pub mod guardduty;
pub mod iam;
pub mod kms;
pub mod logs;
pub mod organizations;
mod policy;
pub mod rds;
pub mod s3;
mod s3control;
#[cfg(test)]
pub(crate) mod script;
pub mod secretsmanager;
pub mod securityhub;
pub mod sns;
#[cfg(test)]
mod tables;
mod time;

use super::inventory::Service;
use crate::model::attr::Attr;
use crate::model::gap::Gap;

/// Every service, in the order of their files. `build.rs` makes the list of the modules above, each
/// of which has a table `SERVICE`: a new service is one file and one line there.
pub static SERVICES: &[&Service] = include!(concat!(env!("OUT_DIR"), "/services.rs"));

/// A list of which a part was read: what was seen, and one unknown element for the rest, so that
/// `all` and `exists` decide where what was seen decides. Unknown as a whole where nothing was seen.
fn partial<T>(seen: Vec<T>, gap: Option<Gap>) -> Attr<Vec<Attr<T>>> {
    match gap {
        Some(gap) if seen.is_empty() => Attr::unknown(gap),
        gap => Attr::known(seen.into_iter().map(Attr::known).chain(gap.map(Attr::unknown)).collect()),
    }
}
