//! What becomes of populations, scopes and waivers.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{evaluate, like};
use crate::control::functions::policy::documents_read;
use crate::control::load::{LoadedControl, parse};
use crate::evaluate::effective::effective;
use crate::evaluate::inventory::Inventory;
use crate::model::attr::Attr;
use crate::model::control::{Severity, Source};
use crate::model::gap::{Gap, GapCode};
use crate::model::iam_policy::PolicyDocument;
use crate::model::policy::Policy;
use crate::model::resource::s3::Bucket;
use crate::model::resource::{Identity, Resource, ResourceId, TypedResource as _};
use crate::model::scan::{AccountScope, Population, RegionScope, ScanSelection};
use crate::model::tree::Tree;
use crate::model::verdict::{ItemKind, ItemVerdict, Verdict};

const SECRET: &str = "AWS::SecretsManager::Secret";

fn control(scope: &str, assert: &str) -> LoadedControl {
    control_on(SECRET, scope, assert)
}

fn control_on(resource: &str, scope: &str, assert: &str) -> LoadedControl {
    let text = format!(
        "id: sample\ntitle: Sample\ncriteria: {{CC6.1: Because of the test.}}\nseverity: high\ntype: preventive\n\
         frequency: daily\nresource: {resource}\n{scope}\nassert: '{assert}'\nprocedure: Looked.\nexception: 'bad'\n\
         fix: {{text: Mend it.}}\ncases: []\n"
    );
    LoadedControl::parse("sample.yaml", &text).unwrap_or_else(|wrong| panic!("{}", wrong[0]))
}

fn secret(name: &str, region: &str, attributes: Value) -> Resource {
    Resource {
        identity: Identity {
            r#type: SECRET.to_owned(),
            id: format!("arn:{name}"),
            name: name.to_owned(),
            account: "123456789012".to_owned(),
            region: region.to_owned(),
        },
        attributes: Tree::from(attributes),
        sources: BTreeMap::from([(String::new(), vec![3])]),
    }
}

fn counted(region: &str, gap: Option<GapCode>) -> Population {
    let gap = gap.map(|code| Gap::new(code, "").at("secretsmanager:ListSecrets", "secretsmanager:ListSecrets"));
    Population {
        account: "123456789012".to_owned(),
        region: region.to_owned(),
        r#type: SECRET.to_owned(),
        count: 0,
        counted_by: "secretsmanager:ListSecrets".to_owned(),
        pages: 1,
        complete: gap.is_none(),
        gap,
        gone: Vec::new(),
        captures: vec![3],
    }
}

fn region(name: &str, scanned: bool) -> RegionScope {
    RegionScope {
        name: name.to_owned(),
        opt_in_status: "opt-in-not-required".to_owned(),
        scanned,
        why_not: (!scanned).then(|| Gap::new(GapCode::OutsideScope, "")),
    }
}

fn inventory(regions: Vec<RegionScope>, resources: Vec<Resource>, populations: Vec<Population>) -> Inventory {
    let account = AccountScope {
        id: "123456789012".to_owned(),
        partition: "aws".to_owned(),
        caller_arn: "arn:aws:sts::123456789012:assumed-role/tickmark/x".to_owned(),
        caller_id: "AROA".to_owned(),
        regions,
        regions_incomplete: None,
    };
    Inventory::new(account, resources, populations)
}

fn policy(waivers: &str) -> Policy {
    let text = format!("id: p\ntitle: P\ngate: nightly\nfail_on: low\nwaivers: {waivers}\n");
    parse("p.yaml", &text).unwrap_or_else(|wrong| panic!("{wrong}"))
}

fn run(control: LoadedControl, policy: &Policy, inventory: &Inventory) -> Vec<ItemVerdict> {
    run_all(vec![control], policy, inventory)
}

fn run_all(controls: Vec<LoadedControl>, policy: &Policy, inventory: &Inventory) -> Vec<ItemVerdict> {
    let named = |(at, control)| (if at == 0 { "sample".to_owned() } else { format!("sample-{at}") }, control);
    let controls: BTreeMap<String, LoadedControl> = controls.into_iter().enumerate().map(named).collect();
    let effective = effective(&controls, policy, &ScanSelection::default(), Source::Live);
    let now: DateTime<Utc> = "2026-06-01T12:00:00Z".parse().expect("a time");
    evaluate(&effective.enforced, &policy.waivers, inventory, now)
}

fn verdicts(all: &[ItemVerdict]) -> Vec<(&str, ItemKind, Verdict)> {
    all.iter().map(|verdict| (verdict.name.as_str(), verdict.kind, verdict.verdict)).collect()
}

const ROTATES: &str = "has(resource.rotation_enabled) && resource.rotation_enabled";

#[test]
fn each_item_has_a_verdict_and_an_incomplete_population_is_said() {
    let inventory = inventory(
        vec![region("eu-west-1", true), region("us-east-1", true)],
        vec![
            secret("good", "us-east-1", json!({"rotation_enabled": true})),
            secret("bad", "us-east-1", json!({"rotation_enabled": false})),
        ],
        vec![counted("us-east-1", None), counted("eu-west-1", Some(GapCode::AccessDenied))],
    );
    let all = run(control("", ROTATES), &policy("[]"), &inventory);
    assert_eq!(
        verdicts(&all),
        [
            ("all AWS::SecretsManager::Secret in eu-west-1", ItemKind::Population, Verdict::NotEvaluated),
            ("bad", ItemKind::Resource, Verdict::Fail),
            ("good", ItemKind::Resource, Verdict::Pass),
        ]
    );
    assert_eq!(all[0].reason.as_ref().map(|gap| gap.code), Some(GapCode::AccessDenied));
    assert_eq!(all[1].captures, [3]);
}

#[test]
fn an_empty_population_is_not_applicable_and_one_that_nobody_counted_is_not_evaluated() {
    let regions = || vec![region("us-east-1", true)];
    let empty =
        run(control("", ROTATES), &policy("[]"), &inventory(regions(), vec![], vec![counted("us-east-1", None)]));
    assert_eq!(empty.len(), 1);
    assert_eq!((empty[0].kind, empty[0].verdict), (ItemKind::Population, Verdict::NotApplicable));
    let uncounted = run(control("", ROTATES), &policy("[]"), &inventory(regions(), vec![], vec![]));
    assert_eq!((uncounted[0].kind, uncounted[0].verdict), (ItemKind::Population, Verdict::NotEvaluated));
}

#[test]
fn a_scoped_control_is_decided_by_what_was_seen_or_not_at_all() {
    let some = format!("resources[\"{SECRET}\"].exists(s, has(s.rotation_enabled) && s.rotation_enabled)");
    let regions = || vec![region("eu-west-1", true), region("us-east-1", true)];
    let good = || vec![secret("good", "us-east-1", json!({"rotation_enabled": true}))];
    let broken = || vec![counted("us-east-1", None), counted("eu-west-1", Some(GapCode::Throttled))];

    let seen = run(control("scope: account", &some), &policy("[]"), &inventory(regions(), good(), broken()));
    assert_eq!(verdicts(&seen), [("123456789012", ItemKind::Account, Verdict::Pass)]);
    let unseen = run(control("scope: account", &some), &policy("[]"), &inventory(regions(), vec![], broken()));
    assert_eq!(unseen[0].verdict, Verdict::NotEvaluated);
    assert_eq!(unseen[0].reason.as_ref().map(|gap| gap.code), Some(GapCode::Throttled));

    let each = run(control("scope: region", &some), &policy("[]"), &inventory(regions(), good(), broken()));
    assert_eq!(
        verdicts(&each),
        [("eu-west-1", ItemKind::Region, Verdict::NotEvaluated), ("us-east-1", ItemKind::Region, Verdict::Pass),]
    );
}

#[test]
fn a_region_outside_the_scan_keeps_an_account_from_failing() {
    let some = format!("size(resources[\"{SECRET}\"]) > 0");
    let outside = inventory(
        vec![region("eu-west-1", false), region("us-east-1", true)],
        vec![],
        vec![counted("us-east-1", None)],
    );
    let all = run(control("scope: account", &some), &policy("[]"), &outside);
    assert_eq!(all[0].verdict, Verdict::NotEvaluated);
    assert_eq!(all[0].reason.as_ref().map(|gap| gap.code), Some(GapCode::OutsideScope));
    let inside = inventory(vec![region("us-east-1", true)], vec![], vec![counted("us-east-1", None)]);
    assert_eq!(run(control("scope: account", &some), &policy("[]"), &inside)[0].verdict, Verdict::Fail);
}

#[test]
fn a_waiver_covers_its_days_and_leaves_the_verdict_visible() {
    let inventory = inventory(
        vec![region("us-east-1", true)],
        vec![secret("bad", "us-east-1", json!({"rotation_enabled": false}))],
        vec![counted("us-east-1", None)],
    );
    let waiver = |until: &str| {
        policy(&format!(
            "[{{control: sample, resource: 'ba*', reason: legacy, owner: ann, approver: bob, start: 2026-01-01, until: {until}}}]"
        ))
    };
    let covered = run(control("", ROTATES), &waiver("2026-06-01"), &inventory);
    assert_eq!(covered[0].verdict, Verdict::Fail);
    assert_eq!(covered[0].waived.as_ref().map(|waived| waived.approver.as_str()), Some("bob"));
    let expired = run(control("", ROTATES), &waiver("2026-05-31"), &inventory);
    assert_eq!(expired[0].waived, None);
}

#[test]
fn the_policy_sets_the_severity() {
    let inventory = inventory(vec![region("us-east-1", true)], vec![], vec![counted("us-east-1", None)]);
    let mut policy = policy("[]");
    policy.severity.insert("sample".to_owned(), Severity::Low);
    assert_eq!(run(control("", ROTATES), &policy, &inventory)[0].severity, Severity::Low);
}

#[test]
fn a_star_stands_for_any_run_of_characters() {
    for (pattern, text, expected) in [
        ("a", "a", true),
        ("a", "ab", false),
        ("a*", "ab", true),
        ("*b", "ab", true),
        ("a*c*e", "abcde", true),
        ("a*c*e", "abde", false),
        ("*", "", true),
        ("ab*b", "ab", false),
    ] {
        assert_eq!(like(pattern, text), expected, "{pattern} {text}");
    }
}

#[test]
fn a_policy_is_read_once_for_all_controls_that_look_at_it() {
    let bucket = Bucket::TYPE;
    let statement = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}});
    let document = PolicyDocument::parse(&json!({"Statement": statement}).to_string()).expect("a policy");
    let typed = Bucket { policy: Attr::known(document), ..Bucket::default() };
    let place = ResourceId { id: "arn:aws:s3:::b", name: "b", account: "123456789012", region: "us-east-1" };
    let listed = Population { r#type: bucket.to_owned(), ..counted("us-east-1", None) };
    let inventory = inventory(vec![region("us-east-1", true)], vec![Resource::new(place, &typed, &[3])], vec![listed]);
    let public = "!policy.allows_public(resource.policy)";
    let public_of_all = format!("resources[\"{bucket}\"].all(b, !policy.allows_public(b.policy))");
    let controls = || {
        vec![
            control_on(bucket, "", public),
            control_on(bucket, "", "size(policy.public_statements(resource.policy)) == 0"),
            control_on(bucket, "scope: account", &public_of_all),
        ]
    };
    let before = documents_read();
    for _ in 0..2 {
        let all = run_all(controls(), &policy("[]"), &inventory);
        assert_eq!(all.len(), 3);
        assert!(all.iter().all(|verdict| verdict.verdict == Verdict::Pass), "{all:?}");
    }
    assert_eq!(documents_read() - before, 1);
}

/// The trails of two regions, of which one was not listed.
fn trails(members: &[Value], denied: Option<&str>) -> Inventory {
    const TRAIL: &str = "AWS::CloudTrail::Trail";
    let resources = members.iter().enumerate().map(|(at, attributes)| {
        let mut resource = secret(&format!("trail-{at}"), "us-east-1", attributes.clone());
        resource.identity.r#type = TRAIL.to_owned();
        resource
    });
    let populations = ["us-east-1", "eu-west-1"].map(|region| Population {
        r#type: TRAIL.to_owned(),
        ..counted(region, denied.filter(|denied| *denied == region || *denied == "all").map(|_| GapCode::AccessDenied))
    });
    inventory(vec![region("us-east-1", true), region("eu-west-1", true)], resources.collect(), populations.to_vec())
}

#[test]
fn what_every_region_would_list_is_known_where_one_region_answers_and_another_does_not() {
    let on_account = |assert: &str| control_on("AWS::::Account", "scope: account", assert);
    let verdict = |assert: &str, members: &[Value], denied: Option<&str>| {
        run(on_account(assert), &policy("[]"), &trails(members, denied))[0].verdict
    };
    let list = "resources[\"AWS::CloudTrail::Trail\"]";
    let exists =
        format!("{list}.exists(t, has(t.is_multi_region_trail) && t.is_multi_region_trail && t.status.is_logging)");
    let everywhere = json!({"is_multi_region_trail": true, "status": {"is_logging": true}});
    assert_eq!(verdict(&exists, &[], Some("eu-west-1")), Verdict::Fail, "it would be listed in us-east-1");
    assert_eq!(verdict(&exists, std::slice::from_ref(&everywhere), Some("eu-west-1")), Verdict::Pass);
    assert_eq!(verdict(&exists, &[], Some("all")), Verdict::NotEvaluated, "no region answers");

    // Trails of one region may be hidden there, or not: nothing that hangs on them is decided.
    for open in [
        format!("{list}.exists(t, !t.is_multi_region_trail)"),
        format!("{list}.all(t, t.is_multi_region_trail)"),
        format!("{list}.exists(t, t.status.is_logging)"),
        format!("size({list}) == 0"),
        format!("{list}.filter(t, !t.is_multi_region_trail) == []"),
        format!("{list}.exists_one(t, !t.is_multi_region_trail)"),
    ] {
        assert_eq!(verdict(&open, &[], Some("eu-west-1")), Verdict::NotEvaluated, "{open}");
    }
}

#[test]
fn what_hangs_on_regions_names_them() {
    let all = run(
        control("scope: account", "resources[\"AWS::SecretsManager::Secret\"].all(s, s.rotation_enabled)"),
        &policy("[]"),
        &inventory(
            vec![region("a", true), region("b", true), region("c", true)],
            Vec::new(),
            vec![counted("b", Some(GapCode::AccessDenied)), counted("a", Some(GapCode::Timeout)), counted("c", None)],
        ),
    );
    assert_eq!(all[0].reason.as_ref().expect("a gap").regions(), ["a", "b"]);
}
