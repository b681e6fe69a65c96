//! S3 Control: the account's Block Public Access.

use aws_sdk_s3control::types::PublicAccessBlockConfiguration;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::collect::exchange::operation::{Api, Operation, Rate};
use crate::collect::exchange::recorder::Recorder;
use crate::collect::inventory::service::tells;
use crate::collect::inventory::{AttributeValue, Collected, Tells};
use crate::collect::site::Site;
use crate::model::attr::State;
use crate::model::gap::GapCode;
use crate::model::resource::TypedResource as _;
use crate::model::resource::account::Account;
use crate::model::resource::public_access_block::PublicAccessBlock;

const API: Api = Api::new("s3control", Rate::per_second("s3control", 10.0));

/// Signs as `s3`, and its IAM actions carry that prefix.
static GET_PUBLIC_ACCESS_BLOCK: Operation = API
    .operation("GetPublicAccessBlock")
    .no_secrets()
    .action_named("s3:GetAccountPublicAccessBlock")
    .absent(&["NoSuchPublicAccessBlockConfiguration"]);

/// What it tells of the account.
pub(super) static TELLS: &[Tells] = &[tells("s3_public_access_block", &[&GET_PUBLIC_ACCESS_BLOCK])];

/// The account's Block Public Access. It is one setting for all regions.
pub(super) async fn account(site: Site<'_>) -> Collected {
    if !site.needs.requires(Account::TYPE, "s3_public_access_block") {
        return Collected::default();
    }
    let send = client(&site).get_public_access_block().account_id(site.account).send();
    let answer = Box::pin(site.call_in(site.home, &GET_PUBLIC_ACCESS_BLOCK, send)).await;
    let block = answer.into_attr().and_then(|output| match &output.public_access_block_configuration {
        Some(configuration) => State::Known(public_access_block(configuration)),
        None => State::Unknown(
            GET_PUBLIC_ACCESS_BLOCK.gap(GapCode::MalformedResponse, "the answer has no PublicAccessBlockConfiguration"),
        ),
    });
    Collected { account: vec![AttributeValue::new("s3_public_access_block", block)], ..Collected::default() }
}

fn client(site: &Site<'_>) -> aws_sdk_s3control::Client {
    let session = site.session;
    let partition = session.retry_partition(site.account, "s3control", site.home);
    let mut config = aws_sdk_s3control::config::Builder::from(&session.config(site.home))
        .interceptor(Recorder)
        .retry_partition(aws_sdk_s3control::config::retry::RetryPartition::new(partition));
    if session.path_style() {
        config = config.interceptor(PlainHost { account: site.account.to_owned() });
    }
    aws_sdk_s3control::Client::from_conf(config.build())
}

/// S3 Control puts the account before the host's name. An endpoint that stands in for AWS seldom
/// answers to such a name; the account is in a header as well.
#[derive(Debug)]
struct PlainHost {
    account: String,
}

#[dyn_dispatch_hint]
impl Intercept for PlainHost {
    fn name(&self) -> &'static str {
        "tickmark::PlainHost"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        if let Some(uri) = without_account(request.uri(), &self.account) {
            request.set_uri(uri)?;
        }
        Ok(())
    }
}

/// The address without the account before its host; `None` where it is not there.
fn without_account(uri: &str, account: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let rest = rest.strip_prefix(account)?.strip_prefix('.')?;
    Some(format!("{scheme}://{rest}"))
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
    use crate::collect::exchange::operation::NoValue;

    #[test]
    fn no_configuration_is_absent_and_denied_is_a_gap() {
        let judge = |code| GET_PUBLIC_ACCESS_BLOCK.classify_error(Some(code), Some(404), "");
        assert_eq!(judge("NoSuchPublicAccessBlockConfiguration"), NoValue::Absent);
        for (code, expected) in
            [("AccessDenied", GapCode::AccessDenied), ("AccessDeniedException", GapCode::AccessDenied)]
        {
            let NoValue::Gap(gap) = judge(code) else { panic!("{code} is a gap") };
            assert_eq!(gap.code, expected);
            assert_eq!(gap.action.as_deref(), Some("s3:GetAccountPublicAccessBlock"));
        }
    }

    #[test]
    fn the_account_is_taken_from_before_the_host_and_from_nowhere_else() {
        let plain = |uri| without_account(uri, "123456789012");
        assert_eq!(plain("http://123456789012.127.0.0.1:5000/v?x=1").as_deref(), Some("http://127.0.0.1:5000/v?x=1"));
        assert_eq!(plain("http://127.0.0.1:5000/123456789012.x"), None);
        assert_eq!(plain("http://1234567890123.host/"), None);
        assert_eq!(plain("nonsense"), None);
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
