use super::*;
use crate::model::control::Severity;
use crate::model::corroboration::Why;
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::ResourceId;
use crate::model::resource::securityhub::{Finding, Hub};

const ACCOUNT: &str = "123456789012";
const BUCKET: &str = "arn:aws:s3:::b";

fn verdict(kind: ItemKind, region: &str, id: &str, verdict: Verdict) -> ItemVerdict {
    ItemVerdict {
        control: "c".to_owned(),
        verdict,
        reason: None,
        message: None,
        kind,
        account: ACCOUNT.to_owned(),
        region: region.to_owned(),
        r#type: "AWS::S3::Bucket".to_owned(),
        id: id.to_owned(),
        name: id.to_owned(),
        severity: Severity::High,
        criteria: Vec::new(),
        captures: Vec::new(),
        read: Vec::new(),
        waived: None,
        accepted: None,
    }
}

fn bucket(ours: Verdict) -> ItemVerdict {
    verdict(ItemKind::Resource, "us-east-1", BUCKET, ours)
}

fn finding(id: &str, control: &str, region: &str, item: &str, status: &str) -> Resource {
    let typed = Finding {
        id: Some(id.to_owned()),
        security_control_id: Some(control.to_owned()),
        compliance_status: Some(status.to_owned()),
        record_state: Some("ACTIVE".to_owned()),
        resource_ids: vec![item.to_owned()],
        aws_account_id: Some(ACCOUNT.to_owned()),
        ..Finding::default()
    };
    Resource::new(ResourceId { id, name: id, account: ACCOUNT, region }, &typed, &[8])
}

fn counted(r#type: &str, region: &str, count: u64, gap: Option<GapCode>) -> Population {
    Population {
        account: ACCOUNT.to_owned(),
        region: region.to_owned(),
        r#type: r#type.to_owned(),
        count,
        counted_by: String::new(),
        pages: 1,
        complete: gap.is_none(),
        gap: gap.map(|code| Gap::new(code, "")),
        gone: Vec::new(),
        captures: Vec::new(),
    }
}

fn on(region: &str) -> Vec<Population> {
    vec![counted(Hub::TYPE, region, 1, None), counted(Finding::TYPE, region, 1, None)]
}

fn naming(ids: &[&str]) -> BTreeMap<String, Vec<String>> {
    BTreeMap::from([("c".to_owned(), ids.iter().map(|id| (*id).to_owned()).collect())])
}

/// Agreement, ours and theirs of each row.
fn rows(verdicts: &[ItemVerdict], findings: &[Resource]) -> Vec<(Agreement, Option<Verdict>, Option<String>)> {
    let all = reconcile(&naming(&["S3.1", "S3.2"]), verdicts, findings, &on("us-east-1"));
    all.into_iter().map(|row| (row.agreement, row.ours, row.theirs)).collect()
}

#[test]
fn every_pair_of_answers_compares_as_written_down() {
    use Agreement::{Agrees, Disagrees, OnlyOurs, OnlyTheirs};
    use Verdict::{Fail, NotApplicable, NotEvaluated, Pass};
    for (ours, theirs, expected) in [
        (Pass, "PASSED", Some(Agrees)),
        (Fail, "FAILED", Some(Agrees)),
        (Pass, "FAILED", Some(Disagrees)),
        (Fail, "PASSED", Some(Disagrees)),
        (Pass, "WARNING", Some(OnlyOurs)),
        (Fail, "NOT_AVAILABLE", Some(OnlyOurs)),
        (NotEvaluated, "PASSED", Some(OnlyTheirs)),
        (NotApplicable, "FAILED", Some(OnlyTheirs)),
        (NotEvaluated, "WARNING", None),
    ] {
        let found = rows(&[bucket(ours)], &[finding("f", "S3.1", "us-east-1", BUCKET, theirs)]);
        let expected: Vec<_> =
            expected.map(|agreement| (agreement, Some(ours), Some(theirs.to_owned()))).into_iter().collect();
        assert_eq!(found, expected, "{ours} {theirs}");
    }
}

#[test]
fn an_item_of_one_side_alone_is_shown() {
    assert_eq!(rows(&[bucket(Verdict::Fail)], &[]), [(Agreement::OnlyOurs, Some(Verdict::Fail), None)]);
    assert_eq!(rows(&[bucket(Verdict::NotEvaluated)], &[]), []);
    let theirs = [finding("f", "S3.1", "us-east-1", "arn:aws:s3:::unknown", "FAILED")];
    let all = reconcile(&naming(&["S3.1"]), &[], &theirs, &on("us-east-1"));
    let row = &all[0];
    assert_eq!((row.agreement, row.id.as_str(), row.ours), (Agreement::OnlyTheirs, "arn:aws:s3:::unknown", None));
    assert_eq!(row.captures, [8]);
}

#[test]
fn the_worst_of_several_findings_decides_and_is_named() {
    let findings = [
        finding("f1", "S3.1", "us-east-1", BUCKET, "PASSED"),
        finding("f2", "S3.2", "us-east-1", BUCKET, "FAILED"),
        finding("f3", "S3.2", "us-east-1", BUCKET, "WARNING"),
    ];
    let all = reconcile(&naming(&["S3.1", "S3.2"]), &[bucket(Verdict::Fail)], &findings, &on("us-east-1"));
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].agreement, all[0].security_control.as_str()), (Agreement::Agrees, "S3.2"));
}

#[test]
fn the_account_is_compared_over_its_regions_and_a_region_with_its_own() {
    let item = format!("AWS::::Account:{ACCOUNT}");
    let findings =
        [finding("f1", "S3.1", "us-east-1", &item, "PASSED"), finding("f2", "S3.1", "eu-west-1", &item, "FAILED")];
    let mut populations = on("us-east-1");
    populations.extend(on("eu-west-1"));
    let account = verdict(ItemKind::Account, "global", &item, Verdict::Fail);
    let all = reconcile(&naming(&["S3.1"]), &[account], &findings, &populations);
    assert_eq!(all.iter().map(|row| row.agreement).collect::<Vec<_>>(), [Agreement::Agrees]);

    let regions = ["eu-west-1", "us-east-1"]
        .map(|region| verdict(ItemKind::Region, region, &format!("{item}/{region}"), Verdict::Pass));
    let all = reconcile(&naming(&["S3.1"]), &regions, &findings, &populations);
    let found: Vec<_> = all.iter().map(|row| (row.region.as_str(), row.agreement)).collect();
    assert_eq!(found, [("eu-west-1", Agreement::Disagrees), ("us-east-1", Agreement::Agrees)]);
}

#[test]
fn where_security_hub_is_off_or_unread_there_is_no_second_source() {
    let ours = [bucket(Verdict::Pass)];
    for (populations, why) in [
        (vec![counted(Hub::TYPE, "us-east-1", 0, None), counted(Finding::TYPE, "us-east-1", 0, None)], Why::Off),
        (
            vec![
                counted(Hub::TYPE, "us-east-1", 1, None),
                counted(Finding::TYPE, "us-east-1", 0, Some(GapCode::Throttled)),
            ],
            Why::Unread(Gap::new(GapCode::Throttled, "")),
        ),
        (
            vec![counted(Hub::TYPE, "us-east-1", 0, Some(GapCode::AccessDenied))],
            Why::Unread(Gap::new(GapCode::AccessDenied, "")),
        ),
    ] {
        let all = reconcile(&naming(&["S3.1"]), &ours, &[], &populations);
        assert!(all.is_empty(), "the lack of a finding says nothing: {all:?}");
        assert_eq!(
            Corroboration::of(&populations).without().iter().map(|place| place.why.clone()).collect::<Vec<_>>(),
            [why]
        );
    }
    let nothing = reconcile(&naming(&["S3.1"]), &ours, &[], &[]);
    assert!(nothing.is_empty());
}

#[test]
fn a_finding_that_was_read_before_the_listing_broke_still_compares() {
    let populations =
        [counted(Hub::TYPE, "us-east-1", 1, None), counted(Finding::TYPE, "us-east-1", 1, Some(GapCode::Throttled))];
    let findings = [finding("f", "S3.1", "us-east-1", BUCKET, "FAILED")];
    let all = reconcile(&naming(&["S3.1"]), &[bucket(Verdict::Pass)], &findings, &populations);
    assert_eq!(all[0].agreement, Agreement::Disagrees);
    assert_eq!(Corroboration::of(&populations).without().len(), 1);
}

#[test]
fn namesakes_of_two_regions_and_two_spellings_of_one_id_are_told_apart() {
    let arn = |region: &str| format!("arn:aws:logs:{region}:{ACCOUNT}:log-group:g");
    let ours =
        ["us-east-1", "eu-west-1"].map(|region| verdict(ItemKind::Resource, region, &arn(region), Verdict::Pass));
    let findings = [finding("f", "S3.1", "us-east-1", &format!("{}:*", arn("us-east-1")), "PASSED")];
    let mut populations = on("us-east-1");
    populations.extend(on("eu-west-1"));
    let all = reconcile(&naming(&["S3.1"]), &ours, &findings, &populations);
    let found: Vec<_> = all.iter().map(|row| (row.region.as_str(), row.agreement)).collect();
    assert_eq!(found, [("eu-west-1", Agreement::OnlyOurs), ("us-east-1", Agreement::Agrees)]);

    let bare = verdict(ItemKind::Resource, "us-east-1", "sg-1", Verdict::Fail);
    let group = format!("arn:aws:ec2:us-east-1:{ACCOUNT}:security-group/sg-1");
    let all =
        reconcile(&naming(&["EC2.1"]), &[bare], &[finding("f", "EC2.1", "us-east-1", &group, "FAILED")], &populations);
    assert_eq!(all[0].agreement, Agreement::Agrees);
}

#[test]
fn other_accounts_and_archived_findings_and_populations_are_left_out() {
    let mut archived = finding("f", "S3.1", "us-east-1", BUCKET, "FAILED");
    archived.set_known("record_state", "ARCHIVED", []);
    let mut foreign = finding("g", "S3.1", "us-east-1", BUCKET, "FAILED");
    foreign.set_known("aws_account_id", "999999999999", []);
    let population = verdict(ItemKind::Population, "us-east-1", "population", Verdict::NotApplicable);
    let found = rows(&[bucket(Verdict::Pass), population], &[archived, foreign]);
    assert_eq!(
        found,
        [(Agreement::OnlyOurs, Some(Verdict::Pass), None), (Agreement::OnlyTheirs, None, Some("FAILED".to_owned()))]
    );
}
