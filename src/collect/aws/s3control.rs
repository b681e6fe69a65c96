//! S3 Control: the account's Block Public Access.

use serde_json::json;

use super::s3::settings::public_access_block;
use crate::collect::exchange::operation::{Api, Operation, Rate};
use crate::collect::inventory::service::tells;
use crate::collect::inventory::{AttributeValue, Collected, Tells};
use crate::collect::site::Site;
use crate::model::resource::TypedResource as _;
use crate::model::resource::account::Account;

const API: Api = Api::new("s3control", Rate::per_second("s3control", 10.0));

/// Signs as `s3`, and its IAM actions carry that prefix.
static GET_PUBLIC_ACCESS_BLOCK: Operation = API
    .operation("GetPublicAccessBlock")
    .no_secrets()
    .action_named("s3:GetAccountPublicAccessBlock")
    .absent(&["NoSuchPublicAccessBlockConfiguration"])
    .must(&["PublicAccessBlockConfiguration"]);

/// What it tells of the account.
pub(super) static TELLS: &[Tells] = &[tells("s3_public_access_block", &[&GET_PUBLIC_ACCESS_BLOCK])];

/// The account's Block Public Access. It is one setting for all regions.
pub(super) async fn account(site: Site<'_>) -> Collected {
    if !site.needs.requires(Account::TYPE, "s3_public_access_block") {
        return Collected::default();
    }
    let answer = site.ask_in(site.home, &GET_PUBLIC_ACCESS_BLOCK, json!({"AccountId": site.account})).await;
    let block = answer.read(public_access_block);
    Collected { account: vec![AttributeValue::new("s3_public_access_block", block)], ..Collected::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::exchange::operation::NoValue;
    use crate::model::gap::GapCode;

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
}
