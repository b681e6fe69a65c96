//! One collector a file. The only room with `aws_sdk_*` in it.

/// A client of one service for a site and region: the session's configuration with the recorder
/// attached and a retry budget of its own. Takes the SDK crate's name.
macro_rules! client {
    ($site:expr, $sdk:ident, $service:literal, $region:expr) => {{
        let region: &str = $region;
        let partition = $site.session.retry_partition($site.account, $service, region);
        $sdk::Client::from_conf(
            $sdk::config::Builder::from(&$site.session.config(region))
                .interceptor($crate::collect::recorder::Recorder)
                .retry_partition($sdk::config::retry::RetryPartition::new(partition))
                .build(),
        )
    }};
}
pub(crate) use client;

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
pub mod s3control;
pub mod scope;
#[cfg(test)]
mod script;
pub mod secretsmanager;
pub mod securityhub;
mod time;

use super::Collector;
use crate::model::attr::Attr;
use crate::model::gap::Gap;

/// Every collector, by service. A new one is one file and one line here; a test counts them.
#[rustfmt::skip]
pub static COLLECTORS: &[&dyn Collector] = &[
    &accessanalyzer::AccessAnalyzer,
    &account::AccountManagement,
    &cloudtrail::CloudTrail,
    &cloudwatch::CloudWatch,
    &config::Config,
    &ec2::Ec2,
    &guardduty::GuardDuty,
    &iam::Iam,
    &kms::Kms,
    &logs::Logs,
    &organizations::Organizations,
    &rds::Rds,
    &s3::S3,
    &s3control::S3Control,
    &secretsmanager::SecretsManager,
    &securityhub::SecurityHub,
];

/// A list of which a part was read: what was seen, and one unknown element for the rest, so that
/// `all` and `exists` decide where what was seen decides. Unknown as a whole where nothing was seen.
fn partial<T>(seen: Vec<T>, gap: Option<Gap>) -> Attr<Vec<Attr<T>>> {
    match gap {
        Some(gap) if seen.is_empty() => Attr::unknown(gap),
        gap => Attr::known(seen.into_iter().map(Attr::known).chain(gap.map(Attr::unknown)).collect()),
    }
}
