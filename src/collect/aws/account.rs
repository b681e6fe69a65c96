//! Account Management: the account's security contact.

use futures::future::FutureExt as _;
use serde_json::json;

use crate::collect::api::document::Node;
use crate::collect::exchange::operation::{Api, Operation, Rate};
use crate::collect::inventory::service::tells;
use crate::collect::inventory::{AttributeValue, Collected, Service, ServiceScope, Table};
use crate::collect::site::Site;
use crate::model::attr::State;
use crate::model::resource::TypedResource as _;
use crate::model::resource::account::{Account, AlternateContact};

const API: Api = Api::new("account", Rate::per_second("account", 10.0));
static GET_ALTERNATE_CONTACT: Operation = API
    .operation("GetAlternateContact")
    .no_secrets()
    .must(&["AlternateContact"])
    .absent(&["ResourceNotFoundException"]);

/// The account's security contact, once per account.
pub static SERVICE: Service = Service {
    name: "account",
    scope: ServiceScope::Global,
    tables: &[Table::Account {
        tells: &[tells("security_contact", &[&GET_ALTERNATE_CONTACT])],
        collect: |site| account(site).boxed(),
    }],
};

async fn account(site: Site<'_>) -> Collected {
    if !site.needs.requires(Account::TYPE, "security_contact") {
        return Collected::default();
    }
    let answer = site.ask(&GET_ALTERNATE_CONTACT, json!({"AlternateContactType": "SECURITY"})).await;
    let contact = answer.read(|answer| State::Known(contact(answer.get("AlternateContact"))));
    Collected { account: vec![AttributeValue::new("security_contact", contact)], ..Collected::default() }
}

fn contact(contact: Node<'_>) -> AlternateContact {
    AlternateContact {
        name: contact.text("Name"),
        title: contact.text("Title"),
        email_address: contact.text("EmailAddress"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::script;
    use super::*;
    use crate::collect::api::document::Document;
    use crate::collect::exchange::operation::NoValue;
    use crate::model::gap::GapCode;

    #[test]
    fn no_contact_is_none_and_a_denied_read_is_a_gap() {
        let judge = |code| GET_ALTERNATE_CONTACT.classify_error(Some(code), Some(400), "");
        assert_eq!(judge("ResourceNotFoundException"), NoValue::Absent);
        for (code, expected) in [
            ("AccessDeniedException", GapCode::AccessDenied),
            ("TooManyRequestsException", GapCode::Throttled),
            ("ValidationException", GapCode::ServiceError),
        ] {
            let NoValue::Gap(gap) = judge(code) else { panic!("{code}") };
            assert_eq!(gap.code, expected);
        }
    }

    #[test]
    fn the_telephone_number_is_left_out() {
        let told = json!({"AlternateContact": {"Name": "n", "EmailAddress": "e", "PhoneNumber": "+1"}});
        let answer = Document::of("account", "GetAlternateContact", told);
        let kept = contact(answer.root().get("AlternateContact"));
        let kept = serde_json::to_string(&kept).expect("plain data");
        assert!(kept.contains("\"e\"") && !kept.contains("+1"), "{kept}");
    }

    #[tokio::test]
    async fn an_answer_of_none_is_absent_and_a_refusal_or_an_answer_without_a_contact_is_unknown() {
        let refused = |status, code: &str| (status, format!("{{\"__type\": \"{code}\", \"message\": \"no\"}}"));
        let denied = || refused(403, "AccessDeniedException");
        let needs = [(Account::TYPE, Some("security_contact"))];
        for (reply, expected) in [
            (Some(refused(404, "ResourceNotFoundException")), None),
            (Some((200, "{}".to_owned())), Some(GapCode::MalformedResponse)),
            (None, Some(GapCode::AccessDenied)),
        ] {
            let replies = reply.map(|reply| ("GetAlternateContact", vec![reply]));
            let (collected, _) = script::collect(&SERVICE, "global", &needs, replies, denied()).await;
            let told = &collected.account[0];
            assert_eq!(told.attribute, "security_contact");
            match expected {
                None => assert_eq!(told.value.state, State::Absent),
                Some(code) => assert!(matches!(&told.value.state, State::Unknown(gap) if gap.code == code)),
            }
        }
    }

    #[tokio::test]
    async fn nothing_is_asked_that_no_control_reads() {
        let denied = (403, "{\"__type\": \"AccessDeniedException\", \"message\": \"no\"}".to_owned());
        let (collected, asked) = script::collect(&SERVICE, "global", &[(Account::TYPE, None)], [], denied).await;
        assert!(asked.is_empty() && collected.account.is_empty());
    }
}
