//! Tests of the IAM collector: answers as IAM spells them, through the SDK's own deserializers.

use base64::Engine as _;

use super::super::script::{Reply, collect};
use super::*;

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

fn report() -> Reply {
    let root = "<root_account>,arn:aws:iam::123456789012:root,2020-01-01T00:00:00+00:00,true,N/A,N/A,true,false,N/A,\
        N/A,false,N/A,N/A";
    let anna = "anna,arn:aws:iam::123456789012:user/anna,2020-01-01T00:00:00+00:00,true,no_information,N/A,false,false,\
        N/A,N/A,false,N/A,N/A";
    let content = base64::engine::general_purpose::STANDARD.encode(format!("{HEADER}\n{root}\n{anna}\n"));
    let inside = format!(
        "<Content>{content}</Content><ReportFormat>text/csv</ReportFormat>\
         <GeneratedTime>2026-06-01T01:02:03Z</GeneratedTime>"
    );
    answer("GetCredentialReport", &inside)
}

fn user(name: &str) -> String {
    format!(
        "<UserDetailList><member><Path>/</Path><UserName>{name}</UserName><UserId>AIDA</UserId>\
         <Arn>arn:aws:iam::123456789012:user/{name}</Arn><CreateDate>2020-01-01T00:00:00Z</CreateDate>\
         <GroupList/><AttachedManagedPolicies/></member></UserDetailList>"
    )
}

fn page(inside: &str, marker: Option<&str>) -> Reply {
    let more = marker.map_or("<IsTruncated>false</IsTruncated>".to_owned(), |marker| {
        format!("<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>")
    });
    answer("GetAccountAuthorizationDetails", &format!("{inside}{more}"))
}

/// Collects the types and attributes named, from the replies; what has no reply is denied.
async fn run(
    needs: &[(&str, Option<&str>)],
    replies: impl IntoIterator<Item = (&'static str, Vec<Reply>)>,
) -> (Collected, Vec<&'static str>) {
    let denied = error(403, "AccessDenied");
    collect(&Iam, "global", needs, replies, denied).await
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
    let account = &collected.resources[0];
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
        let account = &collected.resources[0];
        assert_eq!(account.unknown["/root"].code, GapCode::NotReady);
        assert_eq!(account.unknown["/credential_report_time"].code, GapCode::NotReady);
    }
}

#[tokio::test]
async fn who_may_not_have_a_report_made_may_fetch_the_one_there_is() {
    let (collected, _) = run(ROOT, [("GetCredentialReport", vec![report()])]).await;
    assert_eq!(collected.resources[0].attributes["root"]["mfa_active"], true);

    let (collected, asked) = run(ROOT, [("GetCredentialReport", vec![error(410, "ReportNotPresent")])]).await;
    let gap = &collected.resources[0].unknown["/root"];
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
    assert_eq!(collected.resources[1].unknown["/mfa_active"].code, GapCode::NotReady);
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
async fn denied_everywhere_is_a_gap_everywhere() {
    let needs = PROVIDES.iter().map(|provided| (provided.r#type, provided.attribute)).collect::<Vec<_>>();
    let (collected, _) = run(&needs, []).await;
    let account = collected.resources.iter().find(|resource| resource.identity.r#type == Account::TYPE).expect("one");
    for attribute in ["summary", "root", "credential_report_time", "root_virtual_mfa_devices"] {
        assert_eq!(account.unknown[&format!("/{attribute}")].code, GapCode::AccessDenied, "{attribute}");
    }
    assert_eq!(collected.resources.len(), 1);
    for population in collected.populations.iter().filter(|population| population.r#type != Account::TYPE) {
        assert!(!population.complete, "{}", population.r#type);
    }
    assert_eq!(collected.populations.len(), 7);
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
