//! The demo, from the first command to the auditor's desk.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::machine::Machine;
use crate::scan::files;

fn demo(machine: &Machine) {
    let ran = machine.say("demo --store s --out r");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("synthetic"), "{}", ran.out);
    assert!(machine.path("r/index.html").is_file());
}

#[test]
fn the_demo_is_verified_and_performed_again() {
    let machine = Machine::new();
    let start = Instant::now();
    demo(&machine);
    // The limit of 5 s holds of a release build; this one is not optimised.
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
    let verified = machine.say("verify --store s");
    assert_eq!(verified.code, 0, "{verified:?}");
    assert!(verified.out.contains("result: proved"), "{}", verified.out);
    let again = machine.say("reperform --store s");
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.out.contains("result: the same verdicts"), "{}", again.out);
}

#[test]
fn two_demos_come_to_the_same_verdicts_and_a_report_to_the_same_bytes() {
    let machine = Machine::new();
    demo(&machine);
    assert_eq!(machine.say("report --store s --out r1").code, 0);
    assert_eq!(machine.say("report --store s --out r2").code, 0);
    let same =
        Command::new("diff").args(["-r", "r1", "r2"]).current_dir(machine.path(".")).stdout(Stdio::null()).status();
    assert!(same.expect("diff runs").success(), "the same store gives the same report");
    assert_eq!(machine.say("demo --store s --out r3").code, 0);
    let history = machine.say("history --store s").out;
    let hashes: Vec<&str> = history.lines().skip(1).filter_map(|line| line.split_whitespace().last()).collect();
    assert_eq!(hashes.len(), 2, "{history}");
    assert_eq!(hashes[0], hashes[1], "{history}");
}

#[test]
fn every_verdict_is_exported_with_its_reason() {
    let machine = Machine::new();
    demo(&machine);
    let verdicts = machine.verdicts("s");
    assert!(verdicts.len() > 200);
    for verdict in &verdicts {
        for key in ["control", "verdict", "account", "region", "type", "id", "name", "severity"] {
            assert!(verdict[key].as_str().is_some_and(|text| !text.is_empty()), "{key} of {verdict}");
        }
        assert!(verdict["criteria"].as_array().is_some_and(|criteria| !criteria.is_empty()), "{verdict}");
        assert!(verdict["captures"].is_array(), "{verdict}");
        match verdict["verdict"].as_str() {
            Some("pass") => assert_eq!(verdict["reason"], Value::Null),
            Some("fail" | "not_applicable" | "not_evaluated") => {
                assert!(verdict["reason"]["code"].is_string(), "{verdict}");
                assert!(verdict["reason"]["detail"].is_string(), "{verdict}");
            }
            other => panic!("{other:?} is no verdict"),
        }
    }
    for wanted in ["pass", "fail", "not_evaluated", "not_applicable"] {
        assert!(verdicts.iter().any(|verdict| verdict["verdict"] == wanted), "the demo shows {wanted}");
    }
    let csv = machine.say("export --store s --format csv");
    assert_eq!(csv.out.lines().next().map(|line| line.split(',').next()), Some(Some("control")));
}

#[test]
fn the_package_is_checked_with_stock_tools_alone() {
    let machine = Machine::new();
    demo(&machine);
    let packed = machine.say("package --store s --out p.zip");
    assert_eq!(packed.code, 0, "{packed:?}");
    let pinned = machine.say("verify p.zip --public-key s/key/public-key.pem");
    assert_eq!(pinned.code, 0, "{pinned:?}");
    let away = machine.path("away");
    unzip(&machine.path("p.zip"), &away);
    for (tool, arguments) in [
        ("sha256sum", "--strict --quiet -c SHA256SUMS"),
        ("openssl", "pkeyutl -verify -rawin -pubin -inkey public-key.pem -sigfile SHA256SUMS.sig -in SHA256SUMS"),
    ] {
        let status = Command::new(tool).args(arguments.split(' ')).current_dir(&away).stdout(Stdio::null()).status();
        assert!(status.unwrap_or_else(|error| panic!("{tool}: {error}")).success(), "{tool} {arguments}");
    }
    assert!(away.join("report/index.html").is_file());
    assert!(std::fs::read_to_string(away.join("VERIFY.txt")).expect("reads").contains("sha256sum"));
}

fn unzip(zip: &Path, to: &Path) {
    let file = std::fs::File::open(zip).expect("opens the package");
    zip::ZipArchive::new(file).expect("a zip").extract(to).expect("unpacks");
}

#[test]
fn another_key_or_none_proves_nothing() {
    let machine = Machine::new();
    demo(&machine);
    assert_eq!(machine.say("init --store other").code, 0);
    assert_eq!(machine.say("verify --store s --public-key other/key/public-key.pem").code, 1);
    // A machine that trusts no key yet.
    let mut stranger = machine.tickmark();
    stranger.env("XDG_CONFIG_HOME", machine.path("elsewhere")).args(["verify", "--store", "s"]);
    assert_eq!(crate::machine::finish(&mut stranger).code, 3, "not provable here");
}

#[test]
fn wrong_input_is_said_with_what_to_do() {
    let machine = Machine::new();
    for (arguments, words) in [
        ("report --store nowhere --out r", "help:"),
        ("controls show s3-tls-onyl", "did you mean `s3-tls-only`"),
        ("verify nothing.zip", "nothing.zip"),
        ("permissions --control no-such-control", "no-such-control"),
        ("scan --policy nope.yaml", "built-in policies"),
    ] {
        let ran = machine.say(arguments);
        assert_eq!(ran.code, 2, "{arguments}: {ran:?}");
        assert!(ran.err.contains(words), "{arguments}: {}", ran.err);
    }
}

#[test]
fn the_demo_shows_good_bad_and_unreadable_parts_in_two_regions() {
    let machine = Machine::new();
    let ran = machine.say("demo");
    assert_eq!(ran.code, 0, "{ran:?}");
    let verdicts = machine.verdicts(".tickmark");
    for kind in ["pass", "fail", "not_evaluated", "not_applicable"] {
        let count = verdicts.iter().filter(|verdict| verdict["verdict"] == kind).count();
        assert!(count > 10, "{count} items are {kind}");
    }
    for region in ["us-east-1", "eu-west-1"] {
        assert!(verdicts.iter().any(|verdict| verdict["region"] == region));
    }
    let pages = files(&machine.path("report"));
    let hostile = "&lt;script&gt;alert(1)&lt;/script&gt;";
    assert!(
        pages.values().any(|bytes| String::from_utf8_lossy(bytes).contains(hostile))
            || pages.values().any(|bytes| String::from_utf8_lossy(bytes).contains("&#60;script&#62;")),
        "a hostile name is shown as text"
    );
    for (name, bytes) in
        pages.iter().filter(|(name, _)| Path::new(name).extension().is_some_and(|ending| ending == "html"))
    {
        assert!(!String::from_utf8_lossy(bytes).contains("<script>alert"), "{name}");
    }
}
