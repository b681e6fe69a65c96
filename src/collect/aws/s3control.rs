//! S3 Control: the account's Block Public Access.

use aws_sdk_s3control::config::endpoint::{EndpointFuture, Params, ResolveEndpoint};
use aws_sdk_s3control::types::PublicAccessBlockConfiguration;
use aws_smithy_types::endpoint::Endpoint;
use futures::future::{BoxFuture, FutureExt as _};

use crate::collect::call::Site;
use crate::collect::operation::Operation;
use crate::collect::{Collected, Collector, Provided, Reach};
use crate::model::attr::State;
use crate::model::gap::GapCode;
use crate::model::resource::account::Account;
use crate::model::resource::public_access_block::PublicAccessBlock;
use crate::model::resource::{Place, Resource, TypedResource};
use crate::model::scan::Population;

/// Signs as `s3`, and its IAM actions carry that prefix.
static GET_PUBLIC_ACCESS_BLOCK: Operation =
    Operation::new("s3control", "GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock")
        .absent(&["NoSuchPublicAccessBlockConfiguration"]);

static PROVIDES: &[Provided] = &[Provided {
    r#type: Account::TYPE,
    attribute: Some("s3_public_access_block"),
    operations: &[&GET_PUBLIC_ACCESS_BLOCK],
}];

/// Collects the account's Block Public Access. It is one setting for all regions.
pub struct S3Control;

impl Collector for S3Control {
    fn service(&self) -> &'static str {
        "s3"
    }

    fn reach(&self) -> Reach {
        Reach::Global
    }

    fn provides(&self) -> &'static [Provided] {
        PROVIDES
    }

    fn collect<'a>(&'a self, site: Site<'a>) -> BoxFuture<'a, Collected> {
        account(site).boxed()
    }
}

/// As [`super::client!`] makes it, but for an endpoint that stands in for AWS: the SDK would put the
/// account id before its host name, and only AWS's own name servers can resolve that.
fn client(site: Site<'_>) -> aws_sdk_s3control::Client {
    let Some(url) = site.session.endpoint() else {
        return super::client!(site, aws_sdk_s3control, "s3control", site.home);
    };
    let partition = site.session.retry_partition(site.account, "s3control", site.home);
    aws_sdk_s3control::Client::from_conf(
        aws_sdk_s3control::config::Builder::from(&site.session.config(site.home))
            .interceptor(crate::collect::recorder::Recorder)
            .retry_partition(aws_sdk_s3control::config::retry::RetryPartition::new(partition))
            .endpoint_resolver(AsGiven(url.to_owned()))
            .build(),
    )
}

#[derive(Debug)]
struct AsGiven(String);

impl ResolveEndpoint for AsGiven {
    fn resolve_endpoint<'a>(&'a self, _: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(Endpoint::builder().url(self.0.clone()).build()))
    }
}

async fn account(site: Site<'_>) -> Collected {
    if !site.needs.wants(Account::TYPE, "s3_public_access_block") {
        return Collected::default();
    }
    let client = client(site);
    let answer =
        site.call(&GET_PUBLIC_ACCESS_BLOCK, client.get_public_access_block().account_id(site.account).send()).await;
    let s3_public_access_block =
        answer.into_attr().and_then(|output| match &output.public_access_block_configuration {
            Some(configuration) => State::Known(public_access_block(configuration)),
            None => State::Unknown(
                GET_PUBLIC_ACCESS_BLOCK
                    .gap(GapCode::MalformedResponse, "the answer has no PublicAccessBlockConfiguration"),
            ),
        });
    let captures = s3_public_access_block.captures.clone();
    let account = Account { s3_public_access_block, ..Account::default() };
    let id = format!("{}:{}", Account::TYPE, site.account);
    let place = Place { id: &id, name: site.account, account: site.account, region: site.region };
    // The account is one and is there: nothing was listed, so that no listing can have failed.
    let population = Population {
        account: site.account.to_owned(),
        region: site.region.to_owned(),
        r#type: Account::TYPE.to_owned(),
        count: 1,
        counted_by: GET_PUBLIC_ACCESS_BLOCK.label(),
        pages: 1,
        complete: true,
        gap: None,
        gone: Vec::new(),
        captures,
    };
    Collected { resources: vec![Resource::new(place, &account, &[])], populations: vec![population] }
}

fn public_access_block(configuration: &PublicAccessBlockConfiguration) -> PublicAccessBlock {
    PublicAccessBlock {
        block_public_acls: configuration.block_public_acls(),
        ignore_public_acls: configuration.ignore_public_acls(),
        block_public_policy: configuration.block_public_policy(),
        restrict_public_buckets: configuration.restrict_public_buckets(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::operation::Miss;

    #[test]
    fn no_configuration_is_absent_and_denied_is_a_gap() {
        let judge = |code| GET_PUBLIC_ACCESS_BLOCK.judge(Some(code), Some(404), "");
        assert_eq!(judge("NoSuchPublicAccessBlockConfiguration"), Miss::Absent);
        for (code, expected) in
            [("AccessDenied", GapCode::AccessDenied), ("AccessDeniedException", GapCode::AccessDenied)]
        {
            let Miss::Gap(gap) = judge(code) else { panic!("{code} is a gap") };
            assert_eq!(gap.code, expected);
            assert_eq!(gap.action.as_deref(), Some("s3:GetAccountPublicAccessBlock"));
        }
    }

    #[test]
    fn each_setting_is_kept_as_told() {
        let configuration =
            PublicAccessBlockConfiguration::builder().block_public_acls(true).ignore_public_acls(false).build();
        assert_eq!(
            public_access_block(&configuration),
            PublicAccessBlock {
                block_public_acls: Some(true),
                ignore_public_acls: Some(false),
                block_public_policy: None,
                restrict_public_buckets: None,
            }
        );
    }
}
