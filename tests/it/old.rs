//! What an earlier program made stays evidence: today's program opens, verifies, reports, exports and
//! performs it again, and goes on with it. `tests/fixtures/README.md` says how the files were made.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::console::form;
use crate::counts::report;
use crate::machine::Machine;

/// The hash over the verdicts that the old program sealed of the recorded estate, as scan 1.
const SEALED: &str = "2530bed99c262869dcd43ddd63c71f6beaaff75256ab300f7f343d8f08e06648";
/// How many verdicts these are, and from how many answers.
const VERDICTS: usize = 491;
const CAPTURES: u64 = 193;
/// How many verdicts it sealed of the code, as scan 2.
const OF_CODE: usize = 14;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/old/0.1.0").join(name)
}

/// A machine that has the old store in `old`, and trusts no key.
fn machine() -> Machine {
    let machine = Machine::new();
    let file = std::fs::File::open(fixture("store.zip")).expect("opens the fixture");
    zip::ZipArchive::new(file).expect("a zip").extract(machine.path("old")).expect("unpacks");
    std::fs::copy(fixture("public-key.pem"), machine.path("public-key.pem")).expect("copies");
    std::fs::copy(fixture("package.zip"), machine.path("package.zip")).expect("copies");
    machine
}

#[test]
fn an_old_store_and_its_package_verify() {
    let machine = machine();
    for what in ["verify --store old", "verify package.zip"] {
        let ran = machine.say(&format!("{what} --public-key public-key.pem --format json"));
        assert_eq!(ran.code, 0, "{ran:?}");
        let claims = form(&ran, "tickmark.verify/1")["claims"].clone();
        let claims = claims.as_array().expect("a list");
        assert!(claims.len() > 10 && claims.iter().all(|claim| claim["outcome"] != "failed"), "{claims:#?}");
        let name = format!("old-{}", if what.contains("zip") { "package" } else { "store" });
        report(&name, &format!("made by 0.1.0: {what}: {} claims, none failed", claims.len()), "");
        // Nothing here vouches for the key that lies beside.
        assert_eq!(machine.say(what).code, 3);
    }
    assert_eq!(machine.say("init --store other").code, 0);
    assert_eq!(machine.say("verify package.zip --public-key other/key/public-key.pem").code, 1);
}

#[test]
fn an_old_store_is_listed_reported_and_exported() {
    let machine = machine();
    let past = form(&machine.say("history --store old --format json"), "tickmark.history/1");
    let scan = &past["scans"][0];
    assert_eq!((&scan["verdict_sha256"], &scan["captures"]), (&Value::from(SEALED), &Value::from(CAPTURES)), "{past}");
    assert_eq!((&scan["synthetic"], &past["scans"][1]["gate"]), (&true.into(), &"pre-merge".into()), "{past}");
    for (scan, verdicts) in [(1, VERDICTS), (2, OF_CODE)] {
        let exported = machine.say(&format!("export --store old --scan {scan} --format json"));
        let exported: Value = serde_json::from_str(&exported.out).expect("JSON");
        assert_eq!(exported["results"].as_array().map(Vec::len), Some(verdicts));
        let csv = machine.say(&format!("export --store old --scan {scan} --format csv"));
        assert_eq!(csv.out.lines().count(), verdicts + 1);
        let report = machine.say(&format!("report --store old --scan {scan} --out report --format json"));
        assert_eq!(report.code, 0, "{report:?}");
        let report = form(&report, "tickmark.report/1");
        assert_eq!((&report["verdicts"], &report["mismatched"]), (&verdicts.into(), &serde_json::json!([])));
        let scope = std::fs::read_to_string(machine.path("report/scope.html")).expect("is there");
        assert!(scope.contains(if scan == 1 { "eu-west-1" } else { "main.tf" }), "{scope}");
    }
    assert_eq!(machine.say("package --store old --scan 1 --out again.zip").code, 0);
    assert_eq!(machine.say("verify again.zip --public-key public-key.pem").code, 0);
}

#[test]
fn an_old_store_takes_another_scan_into_the_same_log() {
    let machine = machine();
    std::fs::write(machine.path("main.tf"), crate::check::OPEN_BUCKET).expect("writes");
    let checked = machine.say("check main.tf --seal-into old");
    assert_eq!(checked.code, 1, "{checked:?}");
    assert!(checked.err.contains("sealed as scan 3"), "{}", checked.err);
    let ran = machine.say("verify --store old --public-key public-key.pem");
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// What playing the old answers back through today's collectors comes to.
#[cfg(feature = "aws")]
#[test]
fn an_old_scan_is_performed_again() {
    let machine = machine();
    let ran = machine.say("reperform --store old --scan 1 --format json");
    let again = form(&ran, "tickmark.reperform/1");
    let differences = again["differences"].as_array().map(Vec::len).unwrap_or_default();
    let line = format!("made by 0.1.0: reperform: {}, {differences} verdicts differ", again["outcome"]);
    report("old-reperform", &line, &format!("{again:#}\n"));
    assert_eq!((&again["sealed"], &again["captures"]), (&Value::from(SEALED), &Value::from(CAPTURES)), "{again}");
    // Topics were not listed then: what is left to compare is the same.
    assert_eq!(again["outcome"], "not_comparable", "{again:#}");
    let differences = again["differences"].as_array().expect("a list");
    let (asked, changed): (Vec<&Value>, Vec<&Value>) = differences.iter().partition(|one| one["changed"].is_null());
    let expected = [
        ("rds-snapshot-not-public", "rds:DescribeDBClusterSnapshots"),
        ("rds-snapshot-not-public", "rds:DescribeDBClusterSnapshots"),
        ("sns-encrypted", "sns:ListTopics"),
        ("sns-encrypted", "sns:ListTopics"),
        ("sns-policy-not-public", "sns:ListTopics"),
        ("sns-policy-not-public", "sns:ListTopics"),
    ]
    .map(|(control, operation)| (control.into(), operation.into()));
    let compared = |one: &&Value| (one["control"].clone(), one["not_asked"].clone());
    assert_eq!(asked.iter().map(compared).collect::<Vec<_>>(), expected, "{again:#}");
    // A group's policy that adds up to an escalation: the function knows more ways than it did.
    let why = |one: &&Value| (one["control"].clone(), one["changed"].clone());
    let expected = [("iam-no-privilege-escalation".into(), "policy.escalations".into())];
    assert_eq!(changed.iter().map(why).collect::<Vec<_>>(), expected, "{again:#}");
    // What rests on other calls than before, by name. Security Hub is asked for the findings of more controls.
    assert_eq!((&again["collectors_then"], &again["collectors_now"]), (&Value::from(1), &Value::from(3)));
    let now = ["ec2:DescribeSnapshots", "rds:DescribeDBClusterSnapshots", "securityhub:GetFindings", "sns:ListTopics"];
    assert_eq!(again["asked_only_now"], serde_json::json!(now), "{again:#}");
    assert_eq!(again["asked_only_then"], serde_json::json!(["securityhub:GetFindings"]), "{again:#}");
    assert_eq!(ran.code, 3, "{ran:?}");
}
