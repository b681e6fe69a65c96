//! Tests of the bucket collector: answers as S3 spells them, through the SDK's own deserializers.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use super::*;
use crate::collect::aws::script::session;
use crate::collect::exchange::recorder::{CALL, current_operation};
use crate::collect::needs::RequiredAttributes;
use crate::model::resource::Resource;
use crate::model::scan::Population;

/// What S3 answers to an operation at an address: a status and a body.
type Reply = fn(&str, &str) -> (u16, String);

/// A connection that answers by a function, and keeps what was asked.
#[derive(Clone)]
struct Script {
    reply: Reply,
    asked: Arc<Mutex<Vec<String>>>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Script")
    }
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (_, operation) = current_operation().expect("called by the session");
        let (status, body) = (self.reply)(operation, request.uri());
        let mut asked = self.asked.lock().expect("no panic");
        asked.push(format!("{operation} {}", request.uri()));
        CALL.with(|call| call.replays(asked.len() as CaptureId));
        drop(asked);
        let mut response = HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(body));
        response.headers_mut().insert("content-type", "application/xml");
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl HttpClient for Script {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

async fn run(reply: Reply, attributes: &[&str]) -> (Collected, Vec<String>) {
    let script = Script { reply, asked: Arc::default() };
    let session = session(SharedHttpClient::new(script.clone()));
    let mut needs = RequiredAttributes::default();
    needs.add(Bucket::TYPE, None);
    for attribute in attributes {
        needs.add(Bucket::TYPE, Some(attribute));
    }
    let regions = ["us-east-1".to_owned(), "eu-west-1".to_owned()];
    let site = Site {
        session: &session,
        account: "123456789012",
        partition: "aws",
        region: "global",
        home: "us-east-1",
        regions: &regions,
        needs: &needs,
        now: chrono::DateTime::UNIX_EPOCH,
    };
    let collected = SERVICE.collect(site).await;
    let asked = script.asked.lock().expect("no panic").clone();
    (collected, asked)
}

fn error(status: u16, code: &str) -> (u16, String) {
    (status, format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>"))
}

fn listed(buckets: &[(&str, &str)], token: &str) -> (u16, String) {
    let entry = |(name, region): &(&str, &str)| {
        let region = if region.is_empty() { String::new() } else { format!("<BucketRegion>{region}</BucketRegion>") };
        format!("<Bucket><Name>{name}</Name><CreationDate>2026-01-01T00:00:00.000Z</CreationDate>{region}</Bucket>")
    };
    let buckets: String = buckets.iter().map(entry).collect();
    let token =
        if token.is_empty() { String::new() } else { format!("<ContinuationToken>{token}</ContinuationToken>") };
    (200, format!("<ListAllMyBucketsResult><Buckets>{buckets}</Buckets>{token}</ListAllMyBucketsResult>"))
}

fn named<'a>(collected: &'a Collected, name: &str) -> &'a Resource {
    collected.resources.iter().find(|bucket| bucket.identity.name == name).expect("collected")
}

fn counted(collected: &Collected) -> &Population {
    let [population] = collected.populations.as_slice() else { panic!("one population") };
    population
}

#[tokio::test]
async fn each_bucket_is_asked_in_its_own_region_and_only_for_what_is_read() {
    fn reply(operation: &str, uri: &str) -> (u16, String) {
        match operation {
            "ListBuckets" => listed(&[("near", "us-east-1"), ("far", "eu-west-1")], ""),
            "GetBucketVersioning" if uri.contains("far") => {
                (200, "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>".to_owned())
            }
            "GetBucketVersioning" => (200, "<VersioningConfiguration/>".to_owned()),
            _ => error(403, "AccessDenied"),
        }
    }
    let (collected, mut asked) = run(reply, &["versioning"]).await;
    assert_eq!(named(&collected, "far").attributes["versioning"]["status"], "Enabled");
    assert_eq!(named(&collected, "far").identity.region, "eu-west-1");
    assert_eq!(named(&collected, "far").identity.id, "arn:aws:s3:::far");
    assert_eq!(named(&collected, "near").attributes["versioning"], serde_json::json!({}));
    asked.sort();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked[0].starts_with("GetBucketVersioning https://far.s3.eu-west-1.amazonaws.com/"), "{asked:?}");
    assert!(asked[1].starts_with("GetBucketVersioning https://near.s3."), "{asked:?}");
    assert!(counted(&collected).complete);
    assert_eq!((counted(&collected).count, counted(&collected).region.as_str()), (2, "global"));
}

#[tokio::test]
async fn where_the_listing_names_no_region_the_location_is_asked_for() {
    fn reply(operation: &str, uri: &str) -> (u16, String) {
        let location = |inside: &str| (200, format!("<LocationConstraint xmlns=\"x\">{inside}</LocationConstraint>"));
        match operation {
            "ListBuckets" => listed(&[("null", ""), ("old", ""), ("denied", ""), ("gone", "")], ""),
            "GetBucketLocation" if uri.contains("null") => (200, "<LocationConstraint xmlns=\"x\"/>".to_owned()),
            "GetBucketLocation" if uri.contains("old") => location("EU"),
            "GetBucketLocation" if uri.contains("gone") => error(404, "NoSuchBucket"),
            "GetBucketPolicy" => error(404, "NoSuchBucketPolicy"),
            _ => error(403, "AccessDenied"),
        }
    }
    let (collected, asked) = run(reply, &["policy"]).await;
    assert_eq!(named(&collected, "null").identity.region, "us-east-1");
    assert_eq!(named(&collected, "old").identity.region, "eu-west-1");
    for known in ["null", "old"] {
        assert!(!named(&collected, known).attributes.knows("policy"));
        assert!(!named(&collected, known).unknown().contains_key("/policy"), "no policy is known, not unknown");
    }
    let denied = named(&collected, "denied");
    assert_eq!(denied.identity.region, NOWHERE);
    assert_eq!(denied.unknown()["/policy"].code, GapCode::AccessDenied);
    assert_eq!(denied.unknown()["/policy"].action.as_deref(), Some("s3:GetBucketLocation"));
    assert_eq!(counted(&collected).gone, ["arn:aws:s3:::gone"]);
    assert_eq!(counted(&collected).count, 3);
    assert!(asked.iter().any(|call| call.starts_with("GetBucketPolicy https://old.s3.eu-west-1.")), "{asked:?}");
}

#[tokio::test]
async fn a_bucket_outside_the_scan_keeps_its_place_and_is_not_asked() {
    fn reply(operation: &str, _: &str) -> (u16, String) {
        match operation {
            "ListBuckets" => listed(&[("away", "ap-southeast-2")], ""),
            _ => error(403, "AccessDenied"),
        }
    }
    let (collected, asked) = run(reply, &["policy", "acl"]).await;
    let away = named(&collected, "away");
    assert_eq!(away.identity.region, "ap-southeast-2");
    for pointer in ["/policy", "/acl"] {
        assert_eq!(away.unknown()[pointer].code, GapCode::OutsideScope);
    }
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(counted(&collected).complete);
}

#[tokio::test]
async fn absent_denied_unreadable_and_gone_are_told_apart() {
    fn reply(operation: &str, uri: &str) -> (u16, String) {
        match operation {
            "ListBuckets" => listed(&[("one", "us-east-1"), ("bad", "us-east-1"), ("gone", "us-east-1")], ""),
            _ if uri.contains("gone") => error(404, "NoSuchBucket"),
            "GetBucketPolicy" if uri.contains("bad") => (200, "{\"Statement\": 7}".to_owned()),
            "GetBucketPolicy" => error(404, "NoSuchBucketPolicy"),
            "GetBucketEncryption" => error(404, "ServerSideEncryptionConfigurationNotFoundError"),
            "GetPublicAccessBlock" => error(404, "NoSuchPublicAccessBlockConfiguration"),
            "GetBucketLogging" => (200, "<BucketLoggingStatus/>".to_owned()),
            _ => error(403, "AccessDenied"),
        }
    }
    let wanted = ["policy", "encryption", "public_access_block", "logging", "acl", "lifecycle"];
    let (collected, _) = run(reply, &wanted).await;
    let one = named(&collected, "one");
    for absent in ["policy", "encryption", "public_access_block", "logging"] {
        assert!(!one.attributes.knows(absent), "{absent}");
        assert!(!one.unknown().contains_key(&format!("/{absent}")), "{absent}");
        assert!(!one.sources[&format!("/{absent}")].is_empty(), "{absent} is told by a capture");
    }
    assert_eq!(one.unknown()["/acl"].code, GapCode::AccessDenied);
    assert_eq!(one.unknown()["/lifecycle"].action.as_deref(), Some("s3:GetLifecycleConfiguration"));
    assert_eq!(one.unknown()["/versioning"].code, GapCode::NotCollected);
    assert_eq!(named(&collected, "bad").unknown()["/policy"].code, GapCode::MalformedResponse);
    assert_eq!(counted(&collected).gone, ["arn:aws:s3:::gone"]);
    assert_eq!(counted(&collected).count, 2);
}

#[tokio::test]
async fn a_listing_that_breaks_on_its_second_page_is_incomplete_and_keeps_what_came() {
    fn reply(operation: &str, uri: &str) -> (u16, String) {
        match operation {
            "ListBuckets" if uri.contains("continuation-token") => error(403, "AccessDenied"),
            "ListBuckets" => listed(&[("seen", "us-east-1")], "more"),
            _ => error(403, "AccessDenied"),
        }
    }
    let (collected, _) = run(reply, &[]).await;
    assert_eq!(collected.resources.len(), 1);
    let population = counted(&collected);
    assert!(!population.complete);
    assert_eq!(population.gap.as_ref().map(|gap| gap.code), Some(GapCode::AccessDenied));
}

#[tokio::test]
async fn an_account_without_s3_has_no_buckets_and_a_denied_one_is_not_known_to_have_none() {
    let (none, _) = run(|_, _| error(403, "NotSignedUp"), &[]).await;
    assert!(none.resources.is_empty() && counted(&none).complete);
    let (denied, _) = run(|_, _| error(403, "AccessDenied"), &[]).await;
    assert!(denied.resources.is_empty() && !counted(&denied).complete);
}

thread_local! {
    /// The operation whose answer is cut off, and at which byte.
    static CUT: std::cell::Cell<(&'static str, usize)> = const { std::cell::Cell::new(("", 0)) };
}

/// Every operation answers, and one with less than all of it.
fn cut_off(operation: &str, _: &str) -> (u16, String) {
    let mut body = match operation {
        "ListBuckets" => listed(&[("one", "us-east-1"), ("two", "us-east-1")], "").1,
        "GetBucketVersioning" => {
            "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>".to_owned()
        }
        "GetBucketLogging" => "<BucketLoggingStatus><LoggingEnabled><TargetBucket>a</TargetBucket><TargetPrefix/>\
            </LoggingEnabled></BucketLoggingStatus>"
            .to_owned(),
        "GetBucketPolicy" => {
            r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}"#.to_owned()
        }
        "GetBucketAcl" => {
            "<AccessControlPolicy><Owner><ID>1</ID></Owner><AccessControlList/></AccessControlPolicy>".to_owned()
        }
        "GetPublicAccessBlock" => "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
            <IgnorePublicAcls>true</IgnorePublicAcls></PublicAccessBlockConfiguration>"
            .to_owned(),
        _ => panic!("{operation} is not asked for"),
    };
    let (cut, at) = CUT.get();
    if operation == cut {
        body.truncate(at);
    }
    (200, body)
}

#[tokio::test]
async fn a_setting_whose_answer_is_cut_off_is_unknown() {
    let settings = [
        ("versioning", "GetBucketVersioning"),
        ("logging", "GetBucketLogging"),
        ("policy", "GetBucketPolicy"),
        ("acl", "GetBucketAcl"),
        ("public_access_block", "GetPublicAccessBlock"),
    ];
    for (attribute, operation) in settings {
        let (whole, _) = run(cut_off, &[attribute]).await;
        assert!(named(&whole, "one").attributes.knows(attribute), "{attribute}");
        for at in 0..cut_off(operation, "").1.len() {
            CUT.set((operation, at));
            let (collected, _) = run(cut_off, &[attribute]).await;
            let gap = named(&collected, "one").attributes[attribute].gap();
            assert_eq!(gap.map(|gap| gap.code), Some(GapCode::MalformedResponse), "{operation}, cut at {at}");
            CUT.set(("", 0));
        }
    }
}

#[tokio::test]
async fn a_listing_that_is_cut_off_is_incomplete() {
    for at in 0..cut_off("ListBuckets", "").1.len() {
        CUT.set(("ListBuckets", at));
        let (collected, _) = run(cut_off, &[]).await;
        let population = counted(&collected);
        assert!(!population.complete && collected.resources.is_empty(), "cut at {at}");
        CUT.set(("", 0));
    }
}
