//! Organizations: the organisation that the account belongs to, and which accounts are known to be
//! in it: all of them to the management account, to a member only the management account.

use futures::future::FutureExt as _;
use serde_json::Value;

use crate::collect::api::document::{Document, Node};
use crate::collect::exchange::operation::{Api, Operation, Rate};
use crate::collect::inventory::service::tells;
use crate::collect::inventory::{AttributeValue, Collected, Service, ServiceScope, Table};
use crate::collect::site::Site;
use crate::model::attr::{Attr, State};
use crate::model::gap::GapCode;
use crate::model::resource::TypedResource as _;
use crate::model::resource::account::{Account, Organization};

const API: Api = Api::new("organizations", Rate::per_second("organizations", 10.0));
static DESCRIBE_ORGANIZATION: Operation = API
    .operation("DescribeOrganization")
    .no_secrets()
    .must(&["Organization"])
    .absent(&["AWSOrganizationsNotInUseException"]);
static LIST_ACCOUNTS: Operation = API.operation("ListAccounts").no_secrets().must(&["Accounts"]);

/// The organisation, once per account.
pub static SERVICE: Service = Service {
    name: "organizations",
    scope: ServiceScope::Global,
    tables: &[Table::Account {
        tells: &[
            tells("organization", &[&DESCRIBE_ORGANIZATION]),
            tells("organization_accounts", &[&DESCRIBE_ORGANIZATION, &LIST_ACCOUNTS]),
        ],
        collect: |site| account(site).boxed(),
    }],
};

async fn account(site: Site<'_>) -> Collected {
    let wants_accounts = site.needs.requires(Account::TYPE, "organization_accounts");
    if !wants_accounts && !site.needs.requires(Account::TYPE, "organization") {
        return Collected::default();
    }
    let answer = site.ask(&DESCRIBE_ORGANIZATION, Value::Null).await;
    let organization = answer.read(|answer| State::Known(organization(answer.get("Organization"))));
    let mut account = vec![AttributeValue::new("organization", organization.clone())];
    if wants_accounts {
        account.push(AttributeValue::new("organization_accounts", accounts(&site, organization).await));
    }
    Collected { account, ..Collected::default() }
}

/// The accounts that are known to be in the organisation.
///
/// Only the management account is asked for the list: AWS refuses it to members, and that refusal
/// would say nothing of the management account, which every member is told.
async fn accounts(site: &Site<'_>, organization: Attr<Organization>) -> Attr<Vec<String>> {
    let manages = organization.value().is_some_and(|found| found.master_account_id.as_deref() == Some(site.account));
    if manages {
        let listing = site.list(&LIST_ACCOUNTS, Value::Null).await;
        let ids = |page: Document| page.root().list("Accounts").map(|one| one.text("Id")).collect();
        return listing.into_attr(ids).and_then(|ids: Vec<Option<String>>| {
            match ids.into_iter().collect::<Option<Vec<_>>>() {
                Some(ids) => State::Known(sorted(ids)),
                None => State::Unknown(
                    LIST_ACCOUNTS.gap(GapCode::MalformedResponse, "an account was listed without its id"),
                ),
            }
        });
    }
    organization.map(|found| sorted(found.master_account_id.into_iter().chain([site.account.to_owned()]).collect()))
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn organization(found: Node<'_>) -> Organization {
    Organization {
        id: found.text("Id"),
        feature_set: found.text("FeatureSet"),
        master_account_id: found.text("MasterAccountId"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::script::{self, Reply};
    use super::*;
    use crate::collect::exchange::operation::NoValue;

    #[test]
    fn no_organisation_is_none_and_a_denied_read_is_a_gap() {
        let judge = |code| DESCRIBE_ORGANIZATION.classify_error(Some(code), Some(400), "");
        assert_eq!(judge("AWSOrganizationsNotInUseException"), NoValue::Absent);
        for (code, expected) in [
            ("AccessDeniedException", GapCode::AccessDenied),
            ("TooManyRequestsException", GapCode::Throttled),
            ("ServiceException", GapCode::ServiceError),
        ] {
            let NoValue::Gap(gap) = judge(code) else { panic!("{code}") };
            assert_eq!(gap.code, expected);
        }
    }

    #[test]
    fn the_feature_set_is_spelled_as_aws_spells_it() {
        let told = json!({"Organization": {"FeatureSet": "CONSOLIDATED_BILLING"}});
        let answer = Document::of("organizations", "DescribeOrganization", told);
        let found = organization(answer.root().get("Organization"));
        assert_eq!(found.feature_set.as_deref(), Some("CONSOLIDATED_BILLING"));
    }

    fn refused(status: u16, code: &str) -> Reply {
        (status, format!("{{\"__type\": \"{code}\", \"message\": \"no\"}}"))
    }

    /// What the replies tell of the account's attribute; what has none is denied.
    async fn told(
        attribute: &'static str,
        replies: impl IntoIterator<Item = (&'static str, Vec<Reply>)>,
    ) -> State<Value> {
        let denied = refused(403, "AccessDeniedException");
        let needs = [(Account::TYPE, Some(attribute))];
        let (collected, _) = script::collect(&SERVICE, "global", &needs, replies, denied).await;
        let mut account = collected.account.into_iter();
        account.find(|told| told.attribute == attribute).expect("it is told").value.state
    }

    fn code(state: &State<Value>) -> Option<GapCode> {
        match state {
            State::Unknown(gap) => Some(gap.code),
            State::Known(_) | State::Absent => None,
        }
    }

    #[tokio::test]
    async fn an_answer_of_none_is_absent_and_a_refusal_or_an_answer_without_an_organisation_is_unknown() {
        let none = || [("DescribeOrganization", vec![refused(404, "AWSOrganizationsNotInUseException")])];
        assert_eq!(told("organization", none()).await, State::Absent);
        assert_eq!(told("organization_accounts", none()).await, State::Absent);
        assert_eq!(code(&told("organization", []).await), Some(GapCode::AccessDenied));
        let empty = [("DescribeOrganization", vec![(200, "{}".to_owned())])];
        assert_eq!(code(&told("organization", empty).await), Some(GapCode::MalformedResponse));
    }

    #[tokio::test]
    async fn the_management_account_lists_its_members_and_a_member_knows_of_the_management_account() {
        let described = |manager: &str| {
            let body = format!("{{\"Organization\": {{\"Id\": \"o-a\", \"MasterAccountId\": \"{manager}\"}}}}");
            ("DescribeOrganization", vec![(200, body)])
        };
        let page = |id: &str, next: &str| (200, format!("{{\"Accounts\": [{{\"Id\": \"{id}\"}}]{next}}}"));
        let own = "123456789012";
        let accounts = async |replies: Vec<(&'static str, Vec<Reply>)>| told("organization_accounts", replies).await;

        let next = ", \"NextToken\": \"n\"";
        let pages = vec![page("222222222222", next), page("111111111111", "")];
        let listed = accounts(vec![described(own), ("ListAccounts", pages)]).await;
        assert_eq!(listed, State::Known(json!(["111111111111", "222222222222"])));

        let twice = vec![page(own, next), page(own, "")];
        assert_eq!(accounts(vec![described(own), ("ListAccounts", twice)]).await, State::Known(json!([own])));

        let broken = vec![page(own, next), refused(403, "AccessDeniedException")];
        let broken = accounts(vec![described(own), ("ListAccounts", broken)]).await;
        assert_eq!(code(&broken), Some(GapCode::AccessDenied));

        let nameless = vec![(200, "{\"Accounts\": [{\"Name\": \"n\"}]}".to_owned())];
        let nameless = accounts(vec![described(own), ("ListAccounts", nameless)]).await;
        assert_eq!(code(&nameless), Some(GapCode::MalformedResponse));

        assert_eq!(code(&accounts(vec![described(own)]).await), Some(GapCode::AccessDenied));
        let of_member = accounts(vec![described("999999999999")]).await;
        assert_eq!(of_member, State::Known(json!([own, "999999999999"])));
        assert_eq!(code(&accounts(vec![]).await), Some(GapCode::AccessDenied));
    }
}
