//! Account Management: the security contact; and the account as a resource, for every collector
//! that tells something of it.

use aws_sdk_account::types::{AlternateContact as SdkContact, AlternateContactType};
use futures::future::{BoxFuture, FutureExt as _};

use crate::collect::call::Site;
use crate::collect::operation::Operation;
use crate::collect::{Collected, Collector, Provided, Reach};
use crate::model::attr::State;
use crate::model::gap::GapCode;
use crate::model::resource::account::{Account, AlternateContact};
use crate::model::resource::{Place, Resource, TypedResource};
use crate::model::scan::Population;

static GET_ALTERNATE_CONTACT: Operation =
    Operation::new("account", "GetAlternateContact", "account:GetAlternateContact")
        .answers("AlternateContact")
        .absent(&["ResourceNotFoundException"]);

static PROVIDES: &[Provided] = &[
    Provided { r#type: Account::TYPE, attribute: None, operations: &[] },
    Provided { r#type: Account::TYPE, attribute: Some("security_contact"), operations: &[&GET_ALTERNATE_CONTACT] },
];

/// Collects the account's security contact, once per account.
pub struct AccountManagement;

impl Collector for AccountManagement {
    fn service(&self) -> &'static str {
        "account"
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
    let mut account = of(&site);
    if site.needs.wants(Account::TYPE, "security_contact") {
        let client = super::client!(site, aws_sdk_account, "account", site.home);
        let send = client.get_alternate_contact().alternate_contact_type(AlternateContactType::Security).send();
        let answer = site.call(&GET_ALTERNATE_CONTACT, send).await;
        account.security_contact = answer.into_attr().and_then(|output| match output.alternate_contact {
            Some(found) => State::Known(contact(&found)),
            None => {
                State::Unknown(GET_ALTERNATE_CONTACT.gap(GapCode::MalformedResponse, "the answer holds no contact"))
            }
        });
    }
    let (resource, population) = known(&site, &account);
    Collected { resources: vec![resource], populations: vec![population] }
}

/// The account, of which nothing is known but where it is. Collectors fill in what they tell.
pub(crate) fn of(site: &Site<'_>) -> Account {
    Account { partition: Some(site.partition.to_owned()), ..Account::default() }
}

/// The account as a resource, and its count: there is one, as the caller's identity showed before
/// anything was collected. The plan puts together what several collectors tell.
pub(crate) fn known(site: &Site<'_>, account: &Account) -> (Resource, Population) {
    let id = format!("{}:{}", Account::TYPE, site.account);
    let place = Place { id: &id, name: site.account, account: site.account, region: "global" };
    let population = Population {
        account: site.account.to_owned(),
        region: "global".to_owned(),
        r#type: Account::TYPE.to_owned(),
        count: 1,
        counted_by: super::scope::GET_CALLER_IDENTITY.label(),
        pages: 1,
        complete: true,
        gap: None,
        gone: Vec::new(),
        captures: Vec::new(),
    };
    (Resource::new(place, account, &[]), population)
}

fn contact(contact: &SdkContact) -> AlternateContact {
    AlternateContact {
        name: contact.name().map(ToOwned::to_owned),
        title: contact.title().map(ToOwned::to_owned),
        email_address: contact.email_address().map(ToOwned::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::super::script;
    use super::*;
    use crate::collect::operation::Miss;

    #[test]
    fn no_contact_is_none_and_a_denied_read_is_a_gap() {
        let judge = |code| GET_ALTERNATE_CONTACT.judge(Some(code), Some(400), "");
        assert_eq!(judge("ResourceNotFoundException"), Miss::Absent);
        for (code, expected) in [
            ("AccessDeniedException", GapCode::AccessDenied),
            ("TooManyRequestsException", GapCode::Throttled),
            ("ValidationException", GapCode::ServiceError),
        ] {
            let Miss::Gap(gap) = judge(code) else { panic!("{code}") };
            assert_eq!(gap.code, expected);
        }
    }

    #[test]
    fn the_telephone_number_is_left_out() {
        let found = SdkContact::builder().name("n").email_address("e").phone_number("+1").build();
        let kept = serde_json::to_string(&contact(&found)).expect("plain data");
        assert!(kept.contains("\"e\"") && !kept.contains("+1"), "{kept}");
    }
    #[tokio::test]
    async fn an_answer_of_none_is_absent_and_a_refusal_is_unknown() {
        let refused = |status, code: &str| (status, format!("{{\"__type\": \"{code}\", \"message\": \"no\"}}"));
        let denied = || refused(403, "AccessDeniedException");
        let needs = [(Account::TYPE, Some("security_contact"))];
        let replies = [("GetAlternateContact", vec![refused(404, "ResourceNotFoundException")])];
        let (collected, _) = script::collect(&AccountManagement, "global", &needs, replies, denied()).await;
        assert!(!collected.resources[0].attributes.contains_key("security_contact"));
        assert!(!collected.resources[0].unknown.contains_key("/security_contact"));
        let (collected, _) = script::collect(&AccountManagement, "global", &needs, [], denied()).await;
        assert_eq!(collected.resources[0].unknown["/security_contact"].code, GapCode::AccessDenied);
    }
}
