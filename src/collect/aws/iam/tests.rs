//! Tests of the IAM collector: answers as IAM spells them, from the wire to what was collected.

use base64::Engine as _;

use super::super::script::{Reply, collect};
use super::*;
use crate::model::resource::{Resource, ResourceId};

fn error(status: u16, code: &str) -> Reply {
    let inside = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error>");
    (status, format!("<ErrorResponse>{inside}<RequestId>r</RequestId></ErrorResponse>"))
}

fn answer(operation: &str, inside: &str) -> Reply {
    (200, format!("<{operation}Response><{operation}Result>{inside}</{operation}Result></{operation}Response>"))
}

fn made(state: &str) -> Reply {
    answer("GenerateCredentialReport", &format!("<State>{state}</State>"))
}

const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,mfa_active,\
    access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_2_active,\
    access_key_2_last_rotated,access_key_2_last_used_date";

const ROOT_ROW: &str = "<root_account>,arn:aws:iam::123456789012:root,2020-01-01T00:00:00+00:00,true,N/A,N/A,true,false,N/A,\
    N/A,false,N/A,N/A";

/// The row of a user without MFA.
fn row(name: &str) -> String {
    format!(
        "{name},arn:aws:iam::123456789012:user/{name},2020-01-01T00:00:00+00:00,true,no_information,N/A,false,false,N/A,\
         N/A,false,N/A,N/A"
    )
}

fn report_of(rows: &[&str]) -> Reply {
    let text = format!("{HEADER}\n{}\n", rows.join("\n"));
    let content = base64::engine::general_purpose::STANDARD.encode(text);
    let inside = format!(
        "<Content>{content}</Content><ReportFormat>text/csv</ReportFormat>\
         <GeneratedTime>2026-06-01T01:02:03Z</GeneratedTime>"
    );
    answer("GetCredentialReport", &inside)
}

fn report() -> Reply {
    report_of(&[ROOT_ROW, &row("anna")])
}

fn user(name: &str) -> String {
    format!(
        "<member><Path>/</Path><UserName>{name}</UserName><UserId>AIDA</UserId>\
         <Arn>arn:aws:iam::123456789012:user/{name}</Arn><CreateDate>2020-01-01T00:00:00Z</CreateDate>\
         <GroupList/><AttachedManagedPolicies/></member>"
    )
}

/// A page with these users, and with the lists of all else, which AWS gives empty.
fn page(users: &str, marker: Option<&str>) -> Reply {
    let more = marker.map_or("<IsTruncated>false</IsTruncated>".to_owned(), |marker| {
        format!("<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>")
    });
    let lists = format!("<UserDetailList>{users}</UserDetailList><GroupDetailList/><RoleDetailList/><Policies/>");
    answer("GetAccountAuthorizationDetails", &format!("{lists}{more}"))
}

/// The account as a resource, of what was told of it.
fn account(collected: &Collected) -> Resource {
    let mut item = Item::new(Some("account"), None::<&str>, &Account::default());
    for told in &collected.account {
        item.set(told);
    }
    let place = ResourceId { id: "account", name: "account", account: "123456789012", region: "global" };
    Resource::from_marked(Account::TYPE, place, item.attributes, &[])
}

/// Collects the types and attributes named, from the replies; what has no reply is denied.
async fn run(
    needs: &[(&str, Option<&str>)],
    replies: impl IntoIterator<Item = (&'static str, Vec<Reply>)>,
) -> (Collected, Vec<&'static str>) {
    let denied = error(403, "AccessDenied");
    collect(&SERVICE, "global", needs, replies, denied).await
}

const MFA: &[(&str, Option<&str>)] = &[("AWS::IAM::User", Some("mfa_active"))];
const ROOT: &[(&str, Option<&str>)] =
    &[("AWS::::Account", Some("root")), ("AWS::::Account", Some("credential_report_time"))];

#[tokio::test]
async fn the_report_is_waited_for_and_its_own_time_is_kept() {
    let replies = [
        ("GenerateCredentialReport", vec![made("STARTED"), made("INPROGRESS"), made("COMPLETE")]),
        ("GetCredentialReport", vec![error(404, "ReportInProgress"), report()]),
    ];
    let (collected, asked) = run(ROOT, replies).await;
    let account = account(&collected);
    assert_eq!(account.attributes["credential_report_time"], "2026-06-01T01:02:03Z");
    assert_eq!(account.attributes["root"]["mfa_active"], true);
    assert_eq!(asked.iter().filter(|name| **name == "GetCredentialReport").count(), 2);
    assert_eq!(account.captures_for(["/root/mfa_active"]), [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn a_report_that_never_gets_ready_is_not_ready_and_not_empty() {
    for replies in [
        vec![("GenerateCredentialReport", vec![made("INPROGRESS")])],
        vec![
            ("GenerateCredentialReport", vec![made("COMPLETE")]),
            ("GetCredentialReport", vec![error(404, "ReportInProgress")]),
        ],
        vec![
            ("GenerateCredentialReport", vec![made("COMPLETE")]),
            ("GetCredentialReport", vec![error(410, "ReportNotPresent")]),
        ],
    ] {
        let (collected, _) = run(ROOT, replies).await;
        let account = account(&collected);
        assert_eq!(account.unknown()["/root"].code, GapCode::NotReady);
        assert_eq!(account.unknown()["/credential_report_time"].code, GapCode::NotReady);
    }
}

#[tokio::test]
async fn who_may_not_have_a_report_made_may_fetch_the_one_there_is() {
    let (collected, _) = run(ROOT, [("GetCredentialReport", vec![report()])]).await;
    assert_eq!(account(&collected).attributes["root"]["mfa_active"], true);

    let (collected, asked) = run(ROOT, [("GetCredentialReport", vec![error(410, "ReportNotPresent")])]).await;
    let account = account(&collected);
    let gap = account.unknown()["/root"];
    assert_eq!((gap.code, gap.action.as_deref()), (GapCode::AccessDenied, Some("iam:GenerateCredentialReport")));
    assert_eq!(asked, ["GenerateCredentialReport", "GetCredentialReport"]);
}

#[tokio::test]
async fn users_of_every_page_are_there_and_carry_their_row() {
    let replies = [
        ("GenerateCredentialReport", vec![made("COMPLETE")]),
        ("GetCredentialReport", vec![report()]),
        ("GetAccountAuthorizationDetails", vec![page(&user("anna"), Some("m")), page(&user("bert"), None)]),
    ];
    let (collected, _) = run(MFA, replies).await;
    assert_eq!(collected.populations[0].count, 2);
    assert_eq!(collected.populations[0].pages, 2);
    assert!(collected.populations[0].complete);
    assert_eq!(collected.resources[0].attributes["mfa_active"], false);
    assert_eq!(collected.resources[1].unknown()["/mfa_active"].code, GapCode::NotReady);
}

#[tokio::test]
async fn a_listing_that_broke_on_its_second_page_is_incomplete_and_keeps_the_first() {
    let replies =
        [("GetAccountAuthorizationDetails", vec![page(&user("bert"), Some("m")), error(403, "AccessDenied")])];
    let (collected, _) = run(&[("AWS::IAM::User", None), ("AWS::IAM::Role", None)], replies).await;
    for population in &collected.populations {
        assert!(!population.complete, "{}", population.r#type);
        assert_eq!(population.gap.as_ref().map(|gap| gap.code), Some(GapCode::AccessDenied));
    }
    assert_eq!(collected.resources.len(), 1);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_leaves_its_user_unknown_and_no_other() {
    let cut = row("bert").rsplit_once(',').expect("cells").0.to_owned();
    let rows = [ROOT_ROW, &row("anna"), &cut, "carl", &row("smith,j")];
    let users = ["anna", "bert", "carl", "smith,j"].map(user).concat();
    let replies = [
        ("GenerateCredentialReport", vec![made("COMPLETE")]),
        ("GetCredentialReport", vec![report_of(&rows)]),
        ("GetAccountAuthorizationDetails", vec![page(&users, None)]),
    ];
    let (collected, _) = run(MFA, replies).await;
    assert_eq!((collected.populations[0].count, collected.populations[0].complete), (4, true));
    let of = |name: &str| {
        let mut users = collected.resources.iter();
        users.find(|user| user.identity.name == name).expect("a user")
    };
    for known in ["anna", "smith,j"] {
        assert_eq!(of(known).attributes["mfa_active"], false, "{known}");
    }
    for (unknown, why) in [("bert", "do not fit"), ("carl", "could be anyone's")] {
        let user = of(unknown);
        for attribute in ["/mfa_active", "/password", "/access_keys"] {
            let gap = user.unknown()[attribute];
            assert_eq!(gap.code, GapCode::MalformedResponse);
            assert!(gap.detail.contains(why), "{gap}");
        }
        assert_eq!(user.attributes["path"], "/", "the listing tells of {unknown} all the same");
    }
}

#[tokio::test]
async fn a_report_without_content_is_unknown_and_not_one_without_users() {
    for content in ["", "<Content/>", "<Content>bm90aGluZw==</Content>"] {
        let empty = format!("{content}<GeneratedTime>2026-06-01T01:02:03Z</GeneratedTime>");
        let replies = [
            ("GenerateCredentialReport", vec![made("COMPLETE")]),
            ("GetCredentialReport", vec![answer("GetCredentialReport", &empty)]),
            ("GetAccountAuthorizationDetails", vec![page(&user("anna"), None)]),
        ];
        let (collected, _) = run(MFA, replies).await;
        assert_eq!(collected.resources[0].unknown()["/mfa_active"].code, GapCode::MalformedResponse, "{content}");
    }
}

#[tokio::test]
async fn a_user_listed_twice_is_one_and_one_without_an_arn_is_none_of_a_complete_count() {
    let nameless = "<member><Path>/</Path><UserName>bert</UserName><UserId>AIDA</UserId></member>";
    for (second, complete) in [(user("bert"), true), (nameless.to_owned(), false)] {
        let pages = vec![page(&user("anna"), Some("m")), page(&format!("{}{second}", user("anna")), None)];
        let (collected, _) = run(&[("AWS::IAM::User", None)], [("GetAccountAuthorizationDetails", pages)]).await;
        let population = &collected.populations[0];
        assert_eq!((population.count, population.complete), (if complete { 2 } else { 1 }, complete));
        assert!(collected.resources.iter().all(|user| !user.identity.id.is_empty()));
    }
}

#[tokio::test]
async fn an_answer_without_one_of_its_lists_is_no_empty_list() {
    let told = "<UserDetailList/><GroupDetailList/><Policies/><IsTruncated>false</IsTruncated>";
    let replies = [("GetAccountAuthorizationDetails", vec![answer("GetAccountAuthorizationDetails", told)])];
    let (collected, _) = run(&[("AWS::IAM::Role", None)], replies).await;
    let gap = collected.populations[0].gap.as_ref().expect("a gap");
    assert_eq!(gap.code, GapCode::MalformedResponse);
    assert!(gap.detail.contains("RoleDetailList"), "{gap}");
}

#[tokio::test]
async fn denied_everywhere_is_a_gap_everywhere() {
    let needs = SERVICE.provides().iter().map(|provided| (provided.r#type, provided.attribute)).collect::<Vec<_>>();
    let (collected, _) = run(&needs, []).await;
    assert!(collected.resources.is_empty());
    for population in &collected.populations {
        assert!(!population.complete, "{}", population.r#type);
    }
    assert_eq!(collected.populations.len(), 6);
    let account = account(&collected);
    for attribute in ["summary", "root", "credential_report_time", "root_virtual_mfa_devices"] {
        assert_eq!(account.unknown()[&format!("/{attribute}")].code, GapCode::AccessDenied, "{attribute}");
    }
}

#[tokio::test]
async fn no_password_policy_is_a_complete_population_of_none() {
    let (collected, asked) = run(
        &[("AWS::IAM::AccountPasswordPolicy", None)],
        [("GetAccountPasswordPolicy", vec![error(404, "NoSuchEntity")])],
    )
    .await;
    assert!(collected.resources.is_empty());
    assert!(collected.populations[0].complete);
    assert_eq!(asked, ["GetAccountPasswordPolicy"], "nothing is asked that no control reads");
}
