//! `policy.*`: what an IAM policy document means.
//!
//! A policy is a map in the form of [`crate::model::iam_policy::PolicyDocument`], any part of which
//! may be unknown. Null is no policy: it grants nothing and refuses nothing.

mod condition;
mod escalations;
mod federated;
mod grants;
mod public;
mod transport;
mod trust;
mod view;

use super::{Fault, text_argument};
use crate::model::tree::Tree;

pub(super) use federated::trusts_public;
pub(super) use grants::{allows_admin, allows_passrole_wildcard, escalations, service_wildcards};
pub(super) use public::{allows_public, public_statements};
pub(super) use transport::denies_insecure_transport;
pub(super) use trust::{external_trusts_without_id, requires_mfa};
#[cfg(test)]
pub(crate) use view::documents_read;

/// What stands for the account that code will be applied to, whose number nobody knows yet.
const CODE: &str = "code";

/// The account in an ARN, or the text itself where it is an account id.
fn account_in(text: &str) -> Option<&str> {
    let is_account =
        |text: &&str| *text == CODE || (text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()));
    if is_account(&text) {
        return Some(text);
    }
    text.strip_prefix("arn:")?.split(':').nth(3).filter(is_account)
}

/// `policy.account_of(arn)`.
pub(super) fn account_of(arguments: &[Tree]) -> Result<Tree, Fault> {
    Ok(Tree::Str(account_in(text_argument(arguments, 0)?).unwrap_or_default().into()))
}

#[cfg(test)]
mod tests;
