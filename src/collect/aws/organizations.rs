//! Organizations: the organisation that the account belongs to, and which accounts are known to be
//! in it: all of them to the management account, to a member only the management account.

use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::types::Organization as SdkOrganization;
use futures::future::{BoxFuture, FutureExt as _};

use super::account;
use crate::collect::call::Site;
use crate::collect::operation::Operation;
use crate::collect::{Collected, Collector, Provided, Reach};
use crate::model::attr::{Attr, State};
use crate::model::gap::GapCode;
use crate::model::resource::TypedResource;
use crate::model::resource::account::{Account, Organization};

static DESCRIBE_ORGANIZATION: Operation =
    Operation::new("organizations", "DescribeOrganization", "organizations:DescribeOrganization")
        .answers("Organization")
        .absent(&["AWSOrganizationsNotInUseException"]);

static LIST_ACCOUNTS: Operation =
    Operation::new("organizations", "ListAccounts", "organizations:ListAccounts").answers("Accounts");

static PROVIDES: &[Provided] = &[
    Provided { r#type: Account::TYPE, attribute: None, operations: &[] },
    Provided { r#type: Account::TYPE, attribute: Some("organization"), operations: &[&DESCRIBE_ORGANIZATION] },
    Provided {
        r#type: Account::TYPE,
        attribute: Some("organization_accounts"),
        operations: &[&DESCRIBE_ORGANIZATION, &LIST_ACCOUNTS],
    },
];

/// Collects the organisation, once per account.
pub struct Organizations;

impl Collector for Organizations {
    fn service(&self) -> &'static str {
        "organizations"
    }

    fn reach(&self) -> Reach {
        Reach::Global
    }

    fn provides(&self) -> &'static [Provided] {
        PROVIDES
    }

    fn collect<'a>(&'a self, site: Site<'a>) -> BoxFuture<'a, Collected> {
        collect(site).boxed()
    }
}

async fn collect(site: Site<'_>) -> Collected {
    let mut described = account::of(&site);
    let wants_accounts = site.needs.wants(Account::TYPE, "organization_accounts");
    if wants_accounts || site.needs.wants(Account::TYPE, "organization") {
        let client = super::client!(site, aws_sdk_organizations, "organizations", site.home);
        let answer = site.call(&DESCRIBE_ORGANIZATION, client.describe_organization().send()).await;
        let nothing = || DESCRIBE_ORGANIZATION.gap(GapCode::MalformedResponse, "the answer holds no organisation");
        described.organization = answer.into_attr().and_then(|output| match output.organization {
            Some(found) => State::Known(organization(&found)),
            None => State::Unknown(nothing()),
        });
        if wants_accounts {
            described.organization_accounts = accounts(&site, &client, described.organization.clone()).await;
        }
    }
    let (resource, population) = account::known(&site, &described);
    Collected { resources: vec![resource], populations: vec![population] }
}

/// The accounts that are known to be in the organisation.
///
/// Only the management account is asked for the list: AWS refuses it to members, and that refusal
/// would say nothing of the management account, which every member is told.
async fn accounts(site: &Site<'_>, client: &Client, organization: Attr<Organization>) -> Attr<Vec<String>> {
    let manages = organization.value().is_some_and(|found| found.master_account_id.as_deref() == Some(site.account));
    if manages {
        let stream = client.list_accounts().into_paginator().stop_on_duplicate_token(false).send();
        let listing = site.pages(&LIST_ACCOUNTS, stream).await;
        let ids = |page: ListAccountsOutput| page.accounts.into_iter().flatten().filter_map(|one| one.id).collect();
        return listing.into_attr(ids).map(|mut ids: Vec<String>| {
            ids.sort_unstable();
            ids
        });
    }
    organization.map(|found| {
        let mut ids: Vec<String> = found.master_account_id.into_iter().chain([site.account.to_owned()]).collect();
        ids.sort_unstable();
        ids
    })
}

fn organization(found: &SdkOrganization) -> Organization {
    Organization {
        id: found.id().map(ToOwned::to_owned),
        feature_set: found.feature_set().map(|set| set.as_str().to_owned()),
        master_account_id: found.master_account_id().map(ToOwned::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_organizations::types::OrganizationFeatureSet;

    use super::super::script;
    use super::*;
    use crate::collect::operation::Miss;

    #[test]
    fn no_organisation_is_none_and_a_denied_read_is_a_gap() {
        let judge = |code| DESCRIBE_ORGANIZATION.judge(Some(code), Some(400), "");
        assert_eq!(judge("AWSOrganizationsNotInUseException"), Miss::Absent);
        for (code, expected) in [
            ("AccessDeniedException", GapCode::AccessDenied),
            ("TooManyRequestsException", GapCode::Throttled),
            ("ServiceException", GapCode::ServiceError),
        ] {
            let Miss::Gap(gap) = judge(code) else { panic!("{code}") };
            assert_eq!(gap.code, expected);
        }
    }

    #[test]
    fn the_feature_set_is_spelled_as_aws_spells_it() {
        let found = SdkOrganization::builder().feature_set(OrganizationFeatureSet::ConsolidatedBilling).build();
        assert_eq!(organization(&found).feature_set.as_deref(), Some("CONSOLIDATED_BILLING"));
    }
    #[tokio::test]
    async fn an_answer_of_none_is_absent_and_a_refusal_is_unknown() {
        let refused = |status, code: &str| (status, format!("{{\"__type\": \"{code}\", \"message\": \"no\"}}"));
        let denied = || refused(403, "AccessDeniedException");
        let needs = [(Account::TYPE, Some("organization"))];
        let replies = [("DescribeOrganization", vec![refused(404, "AWSOrganizationsNotInUseException")])];
        let (collected, _) = script::collect(&Organizations, "global", &needs, replies, denied()).await;
        assert!(!collected.resources[0].attributes.contains_key("organization"));
        assert!(!collected.resources[0].unknown.contains_key("/organization"));
        let (collected, _) = script::collect(&Organizations, "global", &needs, [], denied()).await;
        assert_eq!(collected.resources[0].unknown["/organization"].code, GapCode::AccessDenied);
    }

    #[tokio::test]
    async fn the_management_account_lists_its_members_and_a_member_knows_of_the_management_account() {
        let denied = || (403, "{\"__type\": \"AccessDeniedException\", \"message\": \"no\"}".to_owned());
        let needs = [(Account::TYPE, Some("organization_accounts"))];
        let described = |manager: &str| {
            (200, format!("{{\"Organization\": {{\"Id\": \"o-a\", \"MasterAccountId\": \"{manager}\"}}}}"))
        };
        let page = |id: &str, next: &str| (200, format!("{{\"Accounts\": [{{\"Id\": \"{id}\"}}]{next}}}"));
        let pages = || vec![page("222222222222", ", \"NextToken\": \"n\""), page("111111111111", "")];
        let own = "123456789012";

        let replies = [("DescribeOrganization", vec![described(own)]), ("ListAccounts", pages())];
        let (collected, _) = script::collect(&Organizations, "global", &needs, replies, denied()).await;
        assert_eq!(
            collected.resources[0].attributes["organization_accounts"],
            serde_json::json!(["111111111111", "222222222222"])
        );

        let replies = [("DescribeOrganization", vec![described(own)])];
        let (collected, _) = script::collect(&Organizations, "global", &needs, replies, denied()).await;
        assert_eq!(collected.resources[0].unknown["/organization_accounts"].code, GapCode::AccessDenied);

        let replies = [("DescribeOrganization", vec![described("999999999999")])];
        let (collected, _) = script::collect(&Organizations, "global", &needs, replies, denied()).await;
        assert_eq!(
            collected.resources[0].attributes["organization_accounts"],
            serde_json::json!([own, "999999999999"])
        );
        let (collected, _) = script::collect(&Organizations, "global", &needs, [], denied()).await;
        assert_eq!(collected.resources[0].unknown["/organization_accounts"].code, GapCode::AccessDenied);
    }
}
