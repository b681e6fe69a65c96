//! The command line as a user meets it, over an emulator.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use tickmark::collect::exchange::tape::Tape;
use tickmark::model::scan::ScanSelection;
use tickmark::scan::Scanner;
use tickmark::store::Store;

use crate::emulator::{Server, moto};
use crate::machine::{Machine, Ran};

const REGIONS: [&str; 4] = ["--region", "us-east-1", "--region", "eu-west-1"];

/// A scan of moto's two regions into the store `s`, without the built-in speed limits.
fn scan_moto(machine: &Machine, more: &[&str]) -> Ran {
    let mut arguments = vec!["scan", "--endpoint-url", &moto().url, "--store", "s", "--max-rps", "1000"];
    arguments.extend(REGIONS);
    arguments.extend(more);
    machine.run(arguments)
}

/// Every file under a directory, with its bytes.
pub(crate) fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(dir).expect("lists a directory") {
        let path = entry.expect("lists a directory").path();
        let name = path.file_name().expect("has a name").to_string_lossy().into_owned();
        if path.is_dir() {
            all.extend(files(&path).into_iter().map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
        } else {
            all.insert(name, std::fs::read(path).expect("reads a file"));
        }
    }
    all
}

#[test]
fn a_scan_of_moto_is_sealed_and_can_be_reported_exported_verified_and_performed_again() {
    let machine = Machine::new();
    let scan = scan_moto(&machine, &[]);
    assert_eq!(scan.code, 1, "{scan:?}");
    assert!(scan.out.contains("synthetic: not evidence from AWS"), "{}", scan.out);
    assert!(scan.out.contains("regions 2 of "), "{}", scan.out);

    let verify = machine.say("verify --store s");
    assert_eq!(verify.code, 0, "{verify:?}");
    let again = machine.say("reperform --store s");
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.out.contains("result: the same verdicts"), "{}", again.out);

    for out in ["r1", "r2"] {
        let report = machine.say(&format!("report --store s --out {out}"));
        assert_eq!(report.code, 0, "{report:?}");
    }
    let pages = files(&machine.path("r1"));
    assert!(pages == files(&machine.path("r2")), "the same scan gives the same report");
    for (name, bytes) in
        pages.iter().filter(|(name, _)| Path::new(name).extension().is_some_and(|ending| ending == "html"))
    {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("<script>alert"), "{name} lets a tag of the estate run");
    }

    for out in ["p1.zip", "p2.zip"] {
        let package = machine.say(&format!("package --store s --out {out}"));
        assert_eq!(package.code, 0, "{package:?}");
    }
    assert!(
        std::fs::read(machine.path("p1.zip")).expect("reads") == std::fs::read(machine.path("p2.zip")).expect("reads"),
        "the same scan gives the same package"
    );
    let verify = machine.say("verify p1.zip");
    assert_eq!(verify.code, 0, "{verify:?}");

    contract(&machine.verdicts("s"));
    let csv = machine.say("export --format csv --store s");
    assert_eq!(csv.code, 0);
    let rows = csv::Reader::from_reader(csv.out.as_bytes()).records().flatten().count();
    assert_eq!(rows, machine.verdicts("s").len());

    let history = machine.say("history --store s");
    assert_eq!(history.out.lines().count(), 2, "{}", history.out);
    permissions_are_what_was_called(&machine);

    let tape = machine.say("export --format tape --store s --out moto.tape");
    assert_eq!(tape.code, 0, "{tape:?}");
    let played = machine.say("demo --tape moto.tape --store s2 --out r3");
    assert_eq!(played.code, 0, "{played:?}");
    // Captures are numbered as the answers come; all else is the same.
    let told = |store| {
        let without_captures = |mut verdict: Value| {
            verdict.as_object_mut().expect("an object").remove("captures");
            verdict
        };
        machine.verdicts(store).into_iter().map(without_captures).collect::<Vec<_>>()
    };
    assert!(told("s") == told("s2"), "the tape tells what the emulator told");
}

/// What other programs rely on in `export --format json`.
fn contract(verdicts: &[Value]) {
    assert!(verdicts.len() > 300, "{}", verdicts.len());
    let mut kinds = BTreeSet::new();
    for verdict in verdicts {
        for key in ["control", "account", "region", "type", "id", "name"] {
            assert!(verdict[key].as_str().is_some_and(|text| !text.is_empty()), "{key} in {verdict}");
        }
        let kind = verdict["verdict"].as_str().expect("a verdict");
        kinds.insert(kind.to_owned());
        assert!(
            ["critical", "high", "medium", "low", "informational"]
                .contains(&verdict["severity"].as_str().expect("a severity"))
        );
        assert!(verdict["criteria"].as_array().is_some_and(|list| !list.is_empty()), "{verdict}");
        assert!(verdict["captures"].as_array().is_some_and(|list| list.iter().all(Value::is_u64)), "{verdict}");
        match kind {
            "pass" => {
                assert!(verdict["reason"].is_null(), "{verdict}");
                assert!(
                    !verdict["captures"].as_array().expect("a list").is_empty(),
                    "a pass rests on evidence: {verdict}"
                );
            }
            _ => assert!(verdict["reason"]["code"].is_string(), "{verdict}"),
        }
    }
    let all: BTreeSet<String> = ["pass", "fail", "not_evaluated", "not_applicable"].map(ToOwned::to_owned).into();
    assert_eq!(kinds, all);
}

/// The printed policy is the union of what collectors declare, and nothing was called without it.
fn permissions_are_what_was_called(machine: &Machine) {
    let printed = machine.say("permissions");
    assert_eq!(printed.code, 0, "{printed:?}");
    let policy: Value = serde_json::from_str(&printed.out).expect("the policy is JSON");
    let statement = &policy["Statement"][0];
    let actions: BTreeSet<String> = statement["Action"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|action| action.as_str().expect("text").to_owned())
        .collect();
    let declared = Scanner::new("nightly").expect("rules").operations(&ScanSelection::default()).expect("a plan");
    let union: BTreeSet<String> = declared.iter().map(|operation| operation.action()).collect();
    assert_eq!(actions, union);
    let store = Store::open_read_only(&machine.path("s")).expect("opens");
    for capture in store.captures(1) {
        let capture = capture.expect("reads");
        let label = format!("{}:{}", capture.service, capture.operation);
        let operation = declared.iter().find(|operation| operation.label() == label);
        let operation = operation.unwrap_or_else(|| panic!("{label} was called and is not declared"));
        assert!(actions.contains(&operation.action()), "{label} was called without {}", operation.action());
    }
    insta::assert_snapshot!("permissions", printed.out);
    for form in ["cloudformation", "terraform"] {
        let ran = machine.say(&format!("permissions --format {form} --control s3-tls-only"));
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.out.contains("s3:GetBucketPolicy") && !ran.out.contains("kms:"), "{}", ran.out);
    }
}

#[test]
fn exit_codes_say_clean_exceptions_failure_and_incomplete() {
    let machine = Machine::new();
    let clean = scan_moto(&machine, &["--control", "account-security-contact"]);
    assert_eq!(clean.code, 0, "{clean:?}");
    let exceptions = scan_moto(&machine, &["--control", "s3-tls-only"]);
    assert_eq!(exceptions.code, 1, "{exceptions:?}");
    // moto's credential report has no row of the root user: that is no verdict.
    let incomplete = scan_moto(&machine, &["--control", "root-mfa", "--format", "json"]);
    assert_eq!(incomplete.code, 3, "{incomplete:?}");
    let summary: Value = serde_json::from_str(&incomplete.out).expect("one line of JSON");
    assert_eq!(summary["verdicts"]["not_evaluated"], 1, "{summary}");
    let history = machine.say("history --store s");
    assert_eq!(history.out.lines().count(), 4, "{}", history.out);
    assert_eq!(machine.say("verify --store s").code, 0);
}

#[test]
fn a_selection_scans_no_more_than_it_needs() {
    let machine = Machine::new();
    for (selection, services) in [
        (["--service", "kms"], vec!["ec2", "kms", "securityhub", "sts"]),
        (["--criterion", "CC6.7"], vec!["ec2", "iam", "s3", "securityhub", "sts"]),
        (["--control", "vpc-flow-logs"], vec!["ec2", "securityhub", "sts"]),
    ] {
        let ran = scan_moto(&machine, &selection);
        assert!([0, 1].contains(&ran.code), "{selection:?}: {ran:?}");
        let store = Store::open_read_only(&machine.path("s")).expect("opens");
        let last = store.last_sealed().expect("reads").expect("a scan");
        let called: BTreeSet<String> = store.captures(last).map(|capture| capture.expect("reads").service).collect();
        assert_eq!(called.into_iter().collect::<Vec<_>>(), services, "{selection:?}");
    }
}

#[test]
fn what_cannot_be_done_is_said_and_nothing_is_scanned() {
    let machine = Machine::new();
    let front = Server::front(moto());
    let url = &front.url;
    for (arguments, said, help) in [
        (
            format!("scan --endpoint-url {url} --region af-south-1"),
            "find a region to scan: af-south-1: the account has not opted in",
            "--region",
        ),
        (
            format!("scan --endpoint-url {url} --control s3-tls-onyl"),
            "find a control `s3-tls-onyl`",
            "did you mean `s3-tls-only`",
        ),
        (format!("scan --endpoint-url {url} --criterion CC99.1"), "find a criterion `CC99.1`", ""),
        (format!("scan --endpoint-url {url} --service s4"), "find a service `s4`", "s3"),
        (
            format!("scan --endpoint-url {url} --service kms --control s3-tls-only"),
            "the selection leaves none",
            "loosen",
        ),
        (format!("scan --endpoint-url {url} --max-rps 0"), "--max-rps", "10"),
        (
            "scan --endpoint-url http://127.0.0.1:9 --region us-east-1".to_owned(),
            "find out who we are",
            "check the network",
        ),
        ("verify --store nowhere".to_owned(), "nowhere", ""),
        ("report --store nowhere --scan 7 --out r".to_owned(), "nowhere", ""),
    ] {
        let ran = machine.say(&arguments);
        assert_eq!(ran.code, 2, "{arguments}: {ran:?}");
        assert!(ran.err.contains(said) && ran.err.contains(help), "{arguments}: {}", ran.err);
        assert!(ran.err.starts_with("error: could not ") || ran.err.contains("\nerror: could not "), "{}", ran.err);
        assert!(!ran.err.contains("panicked"), "{}", ran.err);
    }
    let history = machine.say("history");
    assert!(history.code == 2 || history.out.lines().count() == 1, "nothing was begun: {history:?}");
}

#[test]
fn a_region_that_is_not_there_is_in_the_ledger_and_the_rest_is_scanned() {
    let machine = Machine::new();
    let ran = scan_moto(&machine, &["--region", "mars-north-1", "--control", "ebs-account-default-encryption"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let store = Store::open_read_only(&machine.path("s")).expect("opens");
    let header = store.header(1).expect("reads");
    let mars = header.accounts[0].regions.iter().find(|region| region.name == "mars-north-1").expect("it is named");
    assert!(!mars.scanned && mars.why_not.is_some());
}

#[test]
fn refused_calls_are_named_before_and_in_the_scan() {
    let front = Server::front(moto());
    let machine = Machine::new();
    let preflight =
        machine.run(["scan", "--preflight", "--endpoint-url", &front.url, "--max-rps", "1000", "--store", "s"]);
    assert_eq!(preflight.code, 3, "{preflight:?}");
    for action in ["guardduty:ListDetectors", "kms:GetKeyRotationStatus", "s3:GetBucketPolicy"] {
        assert!(preflight.out.contains(action), "{}", preflight.out);
    }
    assert!(preflight.out.contains("kms-rotation"), "{}", preflight.out);
    assert!(!machine.path("s").exists(), "a preflight keeps nothing");

    let front = Server::front(moto());
    let scan = machine.run(["scan", "--endpoint-url", &front.url, "--max-rps", "1000", "--store", "s"]);
    assert_eq!(scan.code, 1, "{scan:?}");
    let verdicts = machine.verdicts("s");
    let denied: BTreeSet<(&str, &str)> = verdicts
        .iter()
        .filter(|verdict| verdict["reason"]["code"] == "access_denied")
        .map(|verdict| {
            (verdict["control"].as_str().expect("text"), verdict["reason"]["operation"].as_str().expect("text"))
        })
        .collect();
    assert_eq!(
        denied.into_iter().collect::<Vec<_>>(),
        [
            ("guardduty-enabled", "guardduty:ListDetectors"),
            ("guardduty-no-open-high", "guardduty:ListDetectors"),
            ("kms-rotation", "kms:GetKeyRotationStatus"),
            ("s3-policy-no-public-principal", "s3:GetBucketPolicy"),
            ("s3-tls-only", "s3:GetBucketPolicy"),
        ]
    );
}

#[test]
fn a_store_has_one_writer_seals_what_was_killed_and_is_not_read_by_an_older_program() {
    let machine = Machine::new();
    let first = scan_moto(&machine, &["--control", "s3-tls-only"]);
    assert_eq!(first.code, 1, "{first:?}");

    let writer = Store::open(&machine.path("s")).expect("opens");
    let second = scan_moto(&machine, &["--control", "s3-tls-only"]);
    assert_eq!(second.code, 2, "{second:?}");
    assert!(second.err.contains("another"), "{}", second.err);
    // A reader is no writer.
    assert_eq!(machine.say("verify --store s").code, 0);
    let mut header = writer.header(1).expect("reads");
    header.number = 0;
    let left = writer.begin_scan(header).expect("begins");
    drop(writer);
    let third = scan_moto(&machine, &["--control", "s3-tls-only"]);
    assert_eq!(third.code, 1, "{third:?}");
    let history = machine.say("history --store s");
    assert!(
        history.out.lines().any(|line| line.trim_start().starts_with(&left.to_string()) && line.contains("aborted")),
        "{}",
        history.out
    );
    assert_eq!(machine.say("verify --store s").code, 0);

    let database = std::fs::read_dir(machine.path("s"))
        .expect("lists")
        .map(|entry| entry.expect("lists").path())
        .find(|path| path.extension().is_some_and(|end| end == "db" || end == "sqlite"))
        .expect("the store is a database file");
    let raw = rusqlite::Connection::open(database).expect("opens");
    raw.pragma_update(None, "user_version", 99).expect("writes");
    drop(raw);
    for command in
        ["verify --store s", "history --store s", "report --store s --out r", "export --store s", "reperform --store s"]
    {
        let ran = machine.say(command);
        assert_eq!(ran.code, 2, "{command}: {ran:?}");
        assert!(ran.err.contains("newer"), "{command}: {}", ran.err);
    }
    assert_eq!(scan_moto(&machine, &["--control", "s3-tls-only"]).code, 2);
}

#[test]
fn what_it_takes_is_not_fitted_to_one_emulator() {
    let server = Server::ministack();
    let left_out = server.seed_with(&["--lenient"]);
    let machine = Machine::new();
    let mut arguments = vec!["scan", "--endpoint-url", &server.url, "--store", "s", "--max-rps", "1000"];
    arguments.extend(REGIONS);
    let scan = machine.run(arguments);
    assert_eq!(scan.code, 1, "{scan:?}\nleft out of the estate: {left_out:?}");
    assert_eq!(machine.say("verify --store s").code, 0);
    let again = machine.say("reperform --store s");
    assert_eq!(again.code, 0, "{again:?}");
    let verdicts = machine.verdicts("s");
    contract(&verdicts);
    // What this emulator lacks is owned up to, and what it has is judged as it is.
    let of = |control: &str, name: &str| {
        let found = verdicts.iter().find(|verdict| verdict["control"] == control && verdict["name"] == name);
        found.and_then(|verdict| verdict["verdict"].as_str()).map(ToOwned::to_owned)
    };
    assert_eq!(of("s3-tls-only", "northwind-records").as_deref(), Some("pass"));
    assert_eq!(of("s3-tls-only", "northwind-website").as_deref(), Some("fail"));
    assert_eq!(of("sg-no-ssh-from-internet", "halves").as_deref(), Some("fail"));
    assert_eq!(of("sg-no-ssh-from-internet", "bastion").as_deref(), Some("pass"));
    assert_eq!(of("securityhub-enabled", "us-east-1").as_deref(), Some("not_evaluated"));
    assert_eq!(of("guardduty-enabled", "us-east-1").as_deref(), Some("not_evaluated"));
    let tape = machine.say("export --format tape --store s --out ministack.tape");
    assert_eq!(tape.code, 0, "{tape:?}");
    let tape = Tape::read(std::fs::File::open(machine.path("ministack.tape")).expect("opens")).expect("reads");
    assert!(tape.exchanges().len() > 100);
}
