//! Organizations: the organisation that the account belongs to. Its members are not listed, for
//! only its management account may.

use aws_sdk_organizations::types::Organization as SdkOrganization;
use futures::future::{BoxFuture, FutureExt as _};

use super::account;
use crate::collect::call::Site;
use crate::collect::operation::Operation;
use crate::collect::{Collected, Collector, Provided, Reach};
use crate::model::attr::State;
use crate::model::gap::GapCode;
use crate::model::resource::TypedResource;
use crate::model::resource::account::{Account, Organization};

static DESCRIBE_ORGANIZATION: Operation =
    Operation::new("organizations", "DescribeOrganization", "organizations:DescribeOrganization")
        .absent(&["AWSOrganizationsNotInUseException"]);

static PROVIDES: &[Provided] = &[
    Provided { r#type: Account::TYPE, attribute: None, operations: &[] },
    Provided { r#type: Account::TYPE, attribute: Some("organization"), operations: &[&DESCRIBE_ORGANIZATION] },
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
    if site.needs.wants(Account::TYPE, "organization") {
        let client = super::client!(site, aws_sdk_organizations, "organizations", site.home);
        let answer = site.call(&DESCRIBE_ORGANIZATION, client.describe_organization().send()).await;
        let nothing = || DESCRIBE_ORGANIZATION.gap(GapCode::MalformedResponse, "the answer holds no organisation");
        described.organization = answer.into_attr().and_then(|output| match output.organization {
            Some(found) => State::Known(organization(&found)),
            None => State::Unknown(nothing()),
        });
    }
    let (resource, population) = account::known(&site, &described);
    Collected { resources: vec![resource], populations: vec![population] }
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
}
