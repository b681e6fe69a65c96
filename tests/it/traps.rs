//! The traps that other scanners fell into: for each of them a test, or why it is none of ours.
//! Most are kept where the code is; this table says where, and fails when a test goes away.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use tickmark::collect::schedule::home_region;
use tickmark::control::load::Library;
use tickmark::model::scan::ScanHeader;
use tickmark::store::Store;

use crate::counts::report;
use crate::emulator::moto;
use crate::machine::{Machine, finish};

/// Where a trap is tested.
enum At {
    /// A test function of a source file.
    Test(&'static str, &'static str),
    /// A case inside a control file.
    Case(&'static str, &'static str),
    /// Nowhere: what it is about is not done here.
    Nowhere(&'static str),
}

use At::{Case, Nowhere, Test};

const TRAPS: [(u8, &str, &[At]); 35] = [
    (
        1,
        "a credential report that is not there yet",
        &[
            Test("src/collect/aws/iam/tests.rs", "the_report_is_waited_for_and_its_own_time_is_kept"),
            Test("src/collect/aws/iam/tests.rs", "a_report_that_never_gets_ready_is_not_ready_and_not_empty"),
        ],
    ),
    (
        2,
        "a credential report that is CSV",
        &[
            Test("src/collect/aws/iam/credential_report.rs", "quoted_cells_and_new_columns_do_not_shift_others"),
            Test(
                "src/collect/aws/iam/credential_report.rs",
                "a_report_that_is_cut_or_foreign_is_an_error_and_not_a_short_report",
            ),
        ],
    ),
    (
        3,
        "the root row, and root credentials that were removed",
        &[
            Test("src/collect/aws/iam/credential_report.rs", "the_root_row_is_never_a_user"),
            Case("root-mfa", "the organisation removed the root credentials"),
            Case("root-mfa", "GovCloud"),
        ],
    ),
    (
        4,
        "a virtual device named like root's that is a user's",
        &[
            Test("src/collect/aws/iam.rs", "a_virtual_device_is_the_roots_by_its_holder_and_not_by_its_name"),
            Test("tests/it/traps.rs", "a_users_device_that_is_named_like_roots_is_not_roots"),
        ],
    ),
    (
        5,
        "no password policy, and one that may not be read",
        &[
            Test("src/collect/aws/iam.rs", "no_password_policy_is_none_and_a_denied_read_is_a_gap"),
            Case("iam-password-length", "no policy at all"),
            Case("iam-password-length", "read denied"),
        ],
    ),
    (
        6,
        "the two old spellings of a bucket's region",
        &[Test("src/collect/aws/s3.rs", "the_two_old_spellings_of_a_location_are_regions")],
    ),
    (
        7,
        "a bucket in a region that is not scanned",
        &[
            Test("src/collect/aws/s3/tests.rs", "a_bucket_outside_the_scan_keeps_its_place_and_is_not_asked"),
            Test("tests/it/traps.rs", "a_bucket_outside_the_scan_is_not_evaluated_and_says_why"),
        ],
    ),
    (
        8,
        "settings that are absent, refused, or gone with their bucket",
        &[
            Test("src/collect/aws/s3/tests.rs", "absent_denied_unreadable_and_gone_are_told_apart"),
            Test(
                "src/collect/aws/s3/tests.rs",
                "an_account_without_s3_has_no_buckets_and_a_denied_one_is_not_known_to_have_none",
            ),
        ],
    ),
    (
        9,
        "the account's Block Public Access, read or refused",
        &[
            Test("src/evaluate/join/s3.rs", "the_block_of_the_account_is_carried_with_its_three_states"),
            Case("s3-has-public-access-block", "all four on the account, none on the bucket"),
            Case("s3-has-public-access-block", "the account's block denied, and the bucket has none"),
        ],
    ),
    (
        10,
        "a wildcard principal with a condition",
        &[
            Test("src/control/functions/policy/tests/public.rs", "conditions_that_name_a_chosen_set_narrow"),
            Test("src/control/functions/policy/tests/public.rs", "conditions_that_anybody_can_meet_do_not_narrow"),
        ],
    ),
    (
        11,
        "rules of IPv6, of every protocol, without ports, of ranges",
        &[
            Test("src/control/functions/net/tests.rs", "every_way_to_open_ssh_to_the_internet_is_seen"),
            Test("src/control/functions/net/tests.rs", "what_does_not_open_ssh_to_the_internet_passes"),
            Test("src/control/functions/net/tests.rs", "merging_rules_equals_brute_force"),
        ],
    ),
    (
        12,
        "two halves of the internet, and prefix lists",
        &[
            Test(
                "src/control/functions/net/tests.rs",
                "halves_in_two_rules_and_the_public_part_alone_are_the_internet",
            ),
            Test("src/collect/aws/ec2/tests.rs", "rules_carry_the_entries_of_their_prefix_lists_or_why_not"),
            Test("tests/it/traps.rs", "halves_and_prefix_lists_are_the_internet_to_a_whole_scan"),
        ],
    ),
    (
        13,
        "GuardDuty's severities above seven",
        &[
            Test("src/collect/aws/guardduty.rs", "every_severity_from_seven_up_is_asked_for"),
            Case("guardduty-no-open-high", "critical, nine and above"),
            Case("guardduty-no-open-high", "eight point something"),
            Case("guardduty-no-open-high", "archived"),
        ],
    ),
    (
        14,
        "keys whose rotation is not the customer's to decide",
        &[
            Test("src/collect/aws/kms.rs", "only_keys_whose_rotation_the_customer_decides_are_asked_for_it"),
            Case("kms-rotation", "imported material"),
            Case("kms-rotation", "rotation denied"),
        ],
    ),
    (
        15,
        "trails that every region shows, and trails of an organisation",
        &[
            Test("src/collect/aws/cloudtrail.rs", "a_trail_shown_by_every_region_is_found_once_in_its_home_region"),
            Case("cloudtrail-multi-region", "the status of one trail was denied, another is fine"),
            Case("cloudtrail-multi-region", "an organisation's trail with default selectors, seen from a member"),
        ],
    ),
    (
        16,
        "Security Hub that is off, and any other error",
        &[
            Test(
                "src/collect/aws/securityhub.rs",
                "not_subscribed_is_a_complete_count_of_none_and_any_other_error_is_a_gap",
            ),
            Case("securityhub-enabled", "not subscribed"),
            Case("securityhub-enabled", "an error other than not subscribed"),
        ],
    ),
    (17, "the delegated administrator of Security Hub", &[Nowhere("no control asks who administers Security Hub")]),
    (18, "importing findings into Security Hub", &[Nowhere("findings are read, none are sent")]),
    (
        19,
        "listings of many pages, and one that breaks off",
        &[
            Test("src/collect/aws/iam/tests.rs", "users_of_every_page_are_there_and_carry_their_row"),
            Test(
                "src/collect/aws/iam/tests.rs",
                "a_listing_that_broke_on_its_second_page_is_incomplete_and_keeps_the_first",
            ),
            Test(
                "src/collect/aws/s3/tests.rs",
                "a_listing_that_breaks_on_its_second_page_is_incomplete_and_keeps_what_came",
            ),
            Test(
                "src/collect/aws/ec2/tests.rs",
                "a_listing_that_breaks_on_its_second_page_is_an_incomplete_population",
            ),
        ],
    ),
    (
        20,
        "regions that are not enabled",
        &[Test("src/collect/scope.rs", "every_region_is_in_the_ledger_with_its_reason")],
    ),
    (
        21,
        "other partitions",
        &[
            Test("tests/it/traps.rs", "global_services_are_called_in_the_home_region_of_their_partition"),
            Test(
                "src/collect/aws/iam/authorization.rs",
                "aws_managed_policies_are_told_by_their_arn_in_every_partition",
            ),
        ],
    ),
    (22, "one region by default", &[Test("tests/it/traps.rs", "all_enabled_regions_are_scanned_unasked")]),
    (
        23,
        "roles that are AWS's own",
        &[
            Case("iam-role-unused", "service-linked"),
            Test("tests/it/traps.rs", "a_service_linked_role_is_not_judged_by_its_use"),
        ],
    ),
    (
        24,
        "a trust in a service and an account at once",
        &[Case("iam-cross-account-external-id", "a service and another account")],
    ),
    (
        25,
        "a user deleted while the scan runs",
        &[
            Test("src/collect/aws/iam/reconcile.rs", "a_user_of_the_report_alone_was_deleted_since_and_is_gone"),
            Test(
                "src/collect/aws/iam/reconcile.rs",
                "a_user_of_the_report_alone_that_was_made_as_the_scan_ran_stays_with_everything_unknown",
            ),
            Test("src/collect/aws/iam/reconcile.rs", "a_user_made_anew_does_not_inherit_the_row_of_its_namesake"),
        ],
    ),
    (26, "root among the users", &[Test("src/collect/aws/iam/credential_report.rs", "the_root_row_is_never_a_user")]),
    (
        27,
        "retention that never ends",
        &[
            Case("loggroup-retention", "never expires"),
            Test("src/collect/aws/logs.rs", "no_retention_stays_absent_and_times_are_milliseconds"),
        ],
    ),
    (
        28,
        "the same name in two regions",
        &[
            Test("tests/it/traps.rs", "namesakes_in_two_regions_are_two_items"),
            Test(
                "src/evaluate/reconcile/tests.rs",
                "namesakes_of_two_regions_and_two_spellings_of_one_id_are_told_apart",
            ),
        ],
    ),
    (
        29,
        "the order of a metric filter's clauses",
        &[
            Test("src/control/functions/trail.rs", "the_order_of_the_prescribed_clauses_does_not_matter"),
            Test("src/control/functions/trail.rs", "a_pattern_with_a_hole_does_not_watch"),
        ],
    ),
    (
        30,
        "what nobody uses, and populations of nothing",
        &[
            Test(
                "src/evaluate/engine/tests.rs",
                "an_empty_population_is_not_applicable_and_one_that_nobody_counted_is_not_evaluated",
            ),
            Test("tests/it/traps.rs", "security_groups_that_nothing_uses_are_judged"),
        ],
    ),
    (
        31,
        "names and tags that are HTML",
        &[
            Test("tests/it/demo.rs", "the_demo_shows_good_bad_and_unreadable_parts_in_two_regions"),
            Test("src/collect/aws/ec2/tests.rs", "hostile_names_and_descriptions_stay_data"),
        ],
    ),
    (32, "a disk that is full", &[Test("tests/it/traps.rs", "a_full_disk_fails_the_command_and_not_the_store")]),
    (
        33,
        "an endpoint set by the environment",
        &[Test("tests/it/traps.rs", "an_endpoint_of_the_environment_is_used_and_marks_the_scan")],
    ),
    (
        34,
        "no enabled region taken for all regions",
        &[
            Test("src/collect/scope.rs", "no_list_of_regions_is_not_all_regions_and_not_none_asked"),
            Test("tests/it/scan.rs", "what_cannot_be_done_is_said_and_nothing_is_scanned"),
        ],
    ),
    (35, "global services asked once per region", &[Test("tests/it/traps.rs", "global_services_are_asked_once")]),
];

#[test]
fn every_trap_has_a_test_or_a_reason() {
    let library = Library::load(None).expect("the built-in controls");
    let mut missing = Vec::new();
    let (mut tested, mut nowhere) = (0, Vec::new());
    for (index, (number, trap, places)) in TRAPS.iter().enumerate() {
        assert_eq!(usize::from(*number), index + 1);
        let mut here = false;
        for place in *places {
            match place {
                Test(file, name) => {
                    here = true;
                    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
                    let text = std::fs::read_to_string(path).unwrap_or_default();
                    if !text.contains(&format!("fn {name}(")) {
                        missing.push(format!("{number}, {trap}: {file} has no {name}"));
                    }
                }
                Case(control, name) => {
                    here = true;
                    let found = library
                        .controls
                        .get(*control)
                        .is_some_and(|loaded| loaded.control.cases.iter().any(|case| case.name == *name));
                    if !found {
                        missing.push(format!("{number}, {trap}: {control} has no case `{name}`"));
                    }
                }
                Nowhere(why) => nowhere.push(format!("{number}, {trap}: {why}")),
            }
        }
        tested += usize::from(here);
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert_eq!(tested + nowhere.len(), TRAPS.len());
    report("traps", &format!("traps: {tested} of {} tested", TRAPS.len()), &nowhere.join("\n"));
}

/// The demo's estate, scanned once for all tests here that only look at it.
struct Demo {
    verdicts: Vec<Value>,
    header: ScanHeader,
    captures: Vec<(String, String, String)>,
}

fn demo() -> &'static Demo {
    static DEMO: OnceLock<Demo> = OnceLock::new();
    DEMO.get_or_init(|| {
        let machine = Machine::new();
        let ran = machine.say("demo --store s");
        assert_eq!(ran.code, 0, "{ran:?}");
        let store = Store::open_read_only(&machine.path("s")).expect("opens");
        let captures = store.captures(1).map(|capture| {
            let capture = capture.expect("reads");
            (capture.service, capture.operation, capture.region)
        });
        Demo { verdicts: machine.verdicts("s"), header: store.header(1).expect("reads"), captures: captures.collect() }
    })
}

/// The verdicts of a control on the items of a name, by region.
fn of(control: &str, name: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let mut found: Vec<_> = demo()
        .verdicts
        .iter()
        .filter(|verdict| verdict["control"] == control && verdict["name"] == name)
        .map(|verdict| (text(&verdict["region"]), text(&verdict["verdict"])))
        .collect();
    found.sort();
    found
}

fn one(control: &str, name: &str) -> String {
    let found = of(control, name);
    assert_eq!(found.len(), 1, "{control} on {name}: {found:?}");
    found[0].1.clone()
}

#[test]
fn a_users_device_that_is_named_like_roots_is_not_roots() {
    assert_eq!(one("iam-user-mfa", "root-account-mfa-device"), "pass");
    assert_eq!(one("root-hardware-mfa", "123456789012"), "pass");
}

#[test]
fn a_bucket_outside_the_scan_is_not_evaluated_and_says_why() {
    let verdicts: Vec<_> = demo().verdicts.iter().filter(|verdict| verdict["name"] == "northwind-apac").collect();
    assert!(verdicts.len() > 10);
    for verdict in verdicts {
        assert_eq!(verdict["verdict"], "not_evaluated", "{verdict}");
        assert_eq!(verdict["reason"]["code"], "outside_scope", "{verdict}");
        assert_eq!(verdict["region"], "ap-southeast-2", "{verdict}");
    }
}

#[test]
fn halves_and_prefix_lists_are_the_internet_to_a_whole_scan() {
    for (group, verdict) in [
        ("halves", "fail"),
        ("prefix-everywhere", "fail"),
        ("prefix-offices", "pass"),
        ("range", "fail"),
        ("ping", "pass"),
    ] {
        assert_eq!(one("sg-no-ssh-from-internet", group), verdict, "{group}");
    }
    assert_eq!(one("sg-no-rdp-from-internet", "six"), "fail");
}

#[test]
fn global_services_are_called_in_the_home_region_of_their_partition() {
    for (partition, region) in [
        ("aws", "us-east-1"),
        ("aws-cn", "cn-north-1"),
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-iso", "us-iso-east-1"),
        ("aws-iso-b", "us-isob-east-1"),
        ("aws-eusc", "eusc-de-east-1"),
    ] {
        assert_eq!(home_region(partition), region);
    }
}

#[test]
fn all_enabled_regions_are_scanned_unasked() {
    let header = &demo().header;
    assert!(header.asked.regions.is_empty());
    let ledger: Vec<_> =
        header.accounts[0].regions.iter().map(|region| (region.name.as_str(), region.scanned)).collect();
    assert_eq!(ledger, [("af-south-1", false), ("eu-west-1", true), ("me-south-1", false), ("us-east-1", true)]);
}

#[test]
fn a_service_linked_role_is_not_judged_by_its_use() {
    let role = "AWSServiceRoleForelasticloadbalancing";
    assert_eq!(one("iam-role-unused", role), "not_applicable");
}

#[test]
fn namesakes_in_two_regions_are_two_items() {
    let verdicts = of("loggroup-retention", "northwind/app");
    assert_eq!(
        verdicts,
        [("eu-west-1".to_owned(), "fail".to_owned()), ("us-east-1".to_owned(), "pass".to_owned())],
        "a week, and for ever"
    );
    let keys: BTreeSet<String> = demo()
        .verdicts
        .iter()
        .map(|verdict| format!("{} {} {} {}", verdict["control"], verdict["account"], verdict["region"], verdict["id"]))
        .collect();
    assert_eq!(keys.len(), demo().verdicts.len());
}

#[test]
fn security_groups_that_nothing_uses_are_judged() {
    assert_eq!(one("sg-no-sensitive-ports", "database"), "fail");
    assert_eq!(one("sg-no-all-ports-from-internet", "everything"), "fail");
}

#[test]
fn global_services_are_asked_once() {
    let count = |service: &str, operation: &str| {
        demo().captures.iter().filter(|(of, name, _)| of == service && name == operation).count()
    };
    for operation in
        ["GetCredentialReport", "GetAccountAuthorizationDetails", "GetAccountSummary", "GetAccountPasswordPolicy"]
    {
        assert_eq!(count("iam", operation), 1, "{operation}");
    }
    assert_eq!(count("s3", "ListBuckets"), 1);
    assert_eq!(count("organizations", "DescribeOrganization"), 1);
    assert_eq!(count("ec2", "DescribeVpcs"), 2, "a regional service is asked in each region");
}

#[test]
fn an_endpoint_of_the_environment_is_used_and_marks_the_scan() {
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"] {
        let machine = Machine::new();
        let mut scan = machine.tickmark();
        scan.env("AWS_ENDPOINT_URL", &moto().url).env(name, &moto().url);
        scan.args("scan --store s --region us-east-1 --control s3-tls-only".split(' '));
        let ran = finish(&mut scan);
        assert_eq!(ran.code, 1, "{name}: {ran:?}");
        assert!(ran.out.contains("synthetic"), "{name}: {}", ran.out);
        let store = Store::open_read_only(&machine.path("s")).expect("opens");
        assert!(store.header(1).expect("reads").synthetic, "{name}");
        for capture in store.captures(1) {
            assert_eq!(capture.expect("reads").endpoint, moto().url, "{name}");
        }
    }
}

#[test]
fn a_full_disk_fails_the_command_and_not_the_store() {
    let machine = Machine::new();
    assert_eq!(machine.say("demo --store s --out r").code, 0);

    let mut export = machine.tickmark();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has one");
    export.args(["export", "--store", "s"]).stdout(full);
    let ended = export.output().expect("runs");
    assert_eq!(ended.status.code(), Some(2), "{}", String::from_utf8_lossy(&ended.stderr));

    // No file may grow beyond so many blocks of 512 bytes: writing on fails as on a full disk.
    let program = machine.tickmark().get_program().to_string_lossy().into_owned();
    for blocks in [1, 40, 400, 1_500] {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec '{program}' \"$@\"");
        let mut limited = Command::new("/bin/sh");
        limited.arg("-c").arg(script).arg("sh").args(["demo", "--store", "s", "--out", "r2"]);
        let like = machine.tickmark();
        limited.env_clear().current_dir(like.get_current_dir().expect("it has one"));
        limited.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let ran = finish(&mut limited);
        assert_eq!(ran.code, 2, "{blocks} blocks: {ran:?}");
        assert!(ran.err.contains("error: could not "), "{blocks} blocks: {}", ran.err);
        let verify = machine.say("verify --store s");
        assert_eq!(verify.code, 0, "{blocks} blocks: {}", verify.out);
    }
    let again = machine.say("demo --store s --out r");
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(machine.say("verify --store s").code, 0);
}
