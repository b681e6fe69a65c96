//! The command line as programs and pipelines meet it: exit codes, closed pipes, forms of output, colours,
//! old names.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::check::{OPEN_BUCKET, every_result};
use crate::machine::{Machine, Ran, finish};

/// A bucket that fails controls, and a machine that has it in `main.tf`.
fn failing() -> Machine {
    let machine = Machine::new();
    std::fs::write(machine.path("main.tf"), OPEN_BUCKET).expect("writes");
    machine
}

/// A machine with a store that holds one sealed scan of code.
fn sealed() -> Machine {
    let machine = failing();
    let ran = machine.say("check main.tf --seal-into s");
    assert_eq!(ran.code, 1, "{ran:?}");
    machine
}

/// What a command comes to, whose reader went away before it wrote anything.
fn unread(machine: &Machine, arguments: &str, with_errors: bool) -> i32 {
    let mut command = machine.tickmark();
    let (reader, writer) = std::io::pipe().expect("makes a pipe");
    drop(reader);
    if with_errors {
        command.stderr(writer.try_clone().expect("the same pipe"));
    } else {
        command.stderr(Stdio::null());
    }
    let status = command.args(arguments.split_whitespace()).stdout(writer).status().expect("runs the program");
    status.code().expect("ends by itself")
}

#[test]
fn a_closed_pipe_keeps_the_exit_code_that_was_computed() {
    let machine = sealed();
    std::fs::write(machine.path("unknown.tf.txt"), "").expect("writes");
    std::fs::create_dir(machine.path("open")).expect("makes a folder");
    let open = "resource \"aws_kms_key\" \"a\" {\n  enable_key_rotation = var.x\n}\n";
    std::fs::write(machine.path("open/main.tf"), open).expect("writes");
    std::fs::create_dir(machine.path("empty")).expect("makes a folder");
    std::fs::create_dir(machine.path("other")).expect("makes a folder");
    assert_eq!(machine.say("init --store other/s").code, 0);
    for (index, (arguments, code)) in [
        ("check main.tf", 1),
        ("check main.tf", 1),
        ("check main.tf --verbose", 1),
        ("check main.tf --format json", 1),
        ("check main.tf --format json=check.json --format human", 1),
        ("check open --control kms-rotation", 3),
        ("check open --control kms-rotation --allow-not-evaluated", 0),
        ("check empty", 3),
        ("check nowhere", 2),
        ("verify --store s", 0),
        ("verify --store s --public-key other/s/key/public-key.pem", 1),
        ("history --store s", 0),
        ("history --store nowhere", 2),
        ("controls list", 0),
        ("controls test s3-tls-only", 0),
        ("controls schema check", 0),
        ("controls reference", 0),
        ("completions bash", 0),
        ("report --store s --out report", 0),
        ("--help", 0),
        ("check --help", 0),
        ("--version", 0),
        ("check", 2),
        // The code of an export is known when all is written.
        ("export --store s", 2),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(unread(&machine, arguments, index > 0), code, "tickmark {arguments}");
    }
}

#[test]
fn a_gate_does_not_open_because_of_head() {
    let machine = failing();
    let script = format!(
        "{} check main.tf 2>&1 | head -n 1 >/dev/null; echo ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_tickmark")
    );
    let mut bash = Command::new("bash");
    bash.args(["-c", &script]).current_dir(machine.path("."));
    assert_eq!(finish(&mut bash).out.trim(), "1");
}

#[test]
fn evidence_is_sealed_though_nobody_reads_the_output() {
    let machine = failing();
    assert_eq!(unread(&machine, "check main.tf --seal-into s", true), 1);
    let history = machine.say("history --store s --format json");
    let history: Value = serde_json::from_str(&history.out).expect("JSON");
    assert_eq!(history["scans"].as_array().map(Vec::len), Some(1), "{history}");
    assert_eq!(machine.say("verify --store s").code, 0);
}

/// The schema of what commands print, as it lies in `docs/`.
fn forms() -> jsonschema::Validator {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/output.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(file).expect("reads")).expect("JSON");
    jsonschema::validator_for(&schema).expect("a schema")
}

/// The one object that a command printed, which is of the form that its `schema` names.
pub(crate) fn form(ran: &Ran, schema: &str) -> Value {
    assert_eq!(ran.out.lines().count(), 1, "one object on one line: {ran:?}");
    let value: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!(value["schema"], schema, "{value}");
    let wrong: Vec<String> = forms().iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}: {value:#}");
    value
}

#[test]
fn every_result_is_had_in_a_form_for_programs() {
    let machine = sealed();
    let say = |arguments: &str| machine.say(&format!("{arguments} --format json"));
    let made = form(&say("init --store new"), "tickmark.init/1");
    assert!(machine.path(made["public_key"].as_str().expect("a path")).is_file(), "{made}");
    let past = form(&say("history --store s"), "tickmark.history/1");
    assert_eq!(past["scans"][0]["gate"], "pre-merge", "{past}");
    assert!(past["scans"][0]["verdicts"]["fail"].as_u64().is_some_and(|count| count > 0), "{past}");
    assert_eq!(past["scans"][0]["verdict_sha256"].as_str().map(str::len), Some(64), "{past}");
    let verified = form(&say("verify --store s"), "tickmark.verify/1");
    assert_eq!(verified["exit"], 0, "{verified}");
    assert!(verified["claims"].as_array().is_some_and(|claims| claims.len() > 5), "{verified}");
    let report = form(&say("report --store s --out report"), "tickmark.report/1");
    assert!(machine.path(report["index"].as_str().expect("a path")).is_file(), "{report}");
    let package = form(&say("package --store s --out p.zip"), "tickmark.package/1");
    assert_eq!(package["bytes"], std::fs::metadata(machine.path("p.zip")).expect("is there").len(), "{package}");
    let listed = form(&say("controls list"), "tickmark.controls/1");
    let controls = listed["controls"].as_array().expect("a list");
    assert!(controls.iter().any(|control| control["id"] == "s3-tls-only" && control["resource"] == "AWS::S3::Bucket"));
    let criteria = form(&say("controls list --criteria"), "tickmark.criteria/1");
    assert_eq!(criteria["criteria"].as_array().map(Vec::len), Some(61));
    let shown = form(&say("controls show s3-tls-only"), "tickmark.control/1");
    assert_eq!(shown["control"]["id"], "s3-tls-only");
    let tested = form(&say("controls test"), "tickmark.cases/1");
    assert_eq!(tested["failed"], serde_json::json!([]));
    assert!(tested["passed"].as_u64().is_some_and(|count| count > 1000), "{tested}");
    let lint = form(&say("controls lint"), "tickmark.lint/1");
    assert_eq!((&lint["controls"], &lint["mistakes"]), (&Value::from(controls.len()), &serde_json::json!([])));
    std::fs::create_dir(machine.path("own")).expect("makes a folder");
    std::fs::write(machine.path("own/wrong.yaml"), "id: wrong\n").expect("writes");
    let wrong = say("controls lint --controls-dir own");
    assert_eq!(wrong.code, 1, "{wrong:?}");
    let wrong = form(&wrong, "tickmark.lint/1");
    assert!(wrong["mistakes"][0]["file"].as_str().is_some_and(|file| file.contains("wrong.yaml")), "{wrong}");
    let check = say("check main.tf");
    let check: Value = serde_json::from_str(&check.out).expect("JSON");
    assert_eq!(check["schema"], "tickmark.check/2");
}

#[test]
fn what_is_no_form_is_refused_by_the_schema() {
    for wrong in [
        serde_json::json!({ "schema": "tickmark.history/1" }),
        serde_json::json!({ "schema": "tickmark.history/2", "scans": [] }),
        serde_json::json!({ "schema": "tickmark.verify/1", "exit": 0, "claims": [{ "id": "tree" }] }),
        serde_json::json!({ "scans": [] }),
    ] {
        assert!(!forms().is_valid(&wrong), "{wrong}");
    }
    assert!(forms().is_valid(&serde_json::json!({ "schema": "tickmark.history/1", "scans": [] })));
}

#[test]
fn the_schemas_and_pages_under_docs_are_those_of_the_program() {
    let machine = Machine::new();
    let pages = ["control", "mapping"].map(|of| (format!("reference {of}"), format!("{of}-reference.md")));
    let schemas = ["control", "policy", "mapping", "check", "check-v1", "output"]
        .map(|of| (format!("schema {of}"), format!("{of}.schema.json")));
    for (command, file) in pages.into_iter().chain(schemas) {
        let ran = machine.say(&format!("controls {command}"));
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(file);
        assert_eq!(ran.out, std::fs::read_to_string(&file).expect("reads"), "{}: run .ci/generate", file.display());
    }
}

#[test]
fn quiet_leaves_notes_out_and_verbose_says_more() {
    let machine = failing();
    let loud = machine.say("check main.tf --seal-into a");
    assert!(loud.err.contains("sealed as scan 1") && loud.err.contains("pinned in"), "{}", loud.err);
    let quiet = machine.say("check main.tf --seal-into b -q");
    assert_eq!((quiet.code, quiet.err.as_str()), (1, ""));
    assert_eq!(quiet.out, loud.out, "the result is the same");
    let verbose = machine.say("-v check main.tf");
    assert!(verbose.err.contains("read . (Terraform)"), "{}", verbose.err);
    assert!(verbose.err.contains("judged 1 resources"), "{}", verbose.err);
    let quiet = machine.say("check nowhere --quiet");
    assert!(quiet.err.contains("error: could not"), "an error is said all the same: {}", quiet.err);
    assert_eq!(machine.say("check main.tf -q -v").code, 2);
    let short = machine.say("history --store a").out;
    let long = machine.say("history --store a --verbose").out;
    assert!(long.len() > short.len() && long.lines().last().is_some_and(|line| line.len() > 64), "{long}");
}

#[test]
fn colours_are_where_they_are_wanted_alone() {
    let machine = failing();
    let ran = |arguments: &[&str], no_color: bool| {
        let mut command = machine.tickmark();
        if !no_color {
            command.env_remove("NO_COLOR").env("TERM", "xterm-256color");
        }
        finish(command.args(arguments))
    };
    let coloured = |text: &str| text.contains('\u{1b}');
    let check = ["check", "main.tf"];
    for no_color in [false, true] {
        assert!(!coloured(&ran(&check, no_color).out), "a pipe is no terminal");
        assert!(!coloured(&ran(&["check", "main.tf", "--color", "never"], no_color).out));
        let always = ran(&["check", "main.tf", "--color=always"], no_color);
        assert!(coloured(&always.out), "it was asked for: {}", always.out);
        assert!(coloured(&ran(&["--color", "always", "--help"], no_color).out));
        assert!(coloured(&ran(&["--color=always", "check", "nowhere"], no_color).err));
        assert!(!coloured(&ran(&["check", "nowhere"], no_color).err));
        assert!(!coloured(&ran(&["--help"], no_color).out));
    }
    let json = ran(&["check", "main.tf", "--color=always", "--format", "json"], false);
    assert!(!coloured(&json.out) && serde_json::from_str::<Value>(&json.out).is_ok(), "{}", json.out);
    ran(&["check", "main.tf", "--color=always", "--format", "human=check.txt"], false);
    let file = std::fs::read_to_string(machine.path("check.txt")).expect("is written");
    assert!(!coloured(&file), "a file is no terminal");
}

#[test]
fn every_shell_is_given_its_completions() {
    let machine = Machine::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = machine.say(&format!("completions {shell}"));
        assert_eq!(ran.code, 0, "{shell}: {ran:?}");
        for word in ["seal-into", "reperform", "checkpoint"] {
            let known = cfg!(feature = "aws") || word != "reperform";
            assert!(!known || ran.out.contains(word), "{shell} knows {word}");
        }
    }
    let mut bash = Command::new("bash");
    let script = machine.path("tickmark.bash");
    std::fs::write(&script, machine.say("completions bash").out).expect("writes");
    let words =
        "COMP_WORDS=(tickmark check --seal) COMP_CWORD=2; _tickmark tickmark --seal check; echo ${COMPREPLY[@]}";
    bash.arg("-c").arg(format!("source {}; {words}", script.display()));
    assert_eq!(finish(&mut bash).out.trim(), "--seal-into");
    assert_eq!(machine.say("completions tcsh").code, 2);
}

#[test]
fn old_names_are_taken_for_one_version_and_not_shown() {
    let machine = sealed();
    let help = |command: &str| {
        let ran = machine.say(&format!("{command} --help"));
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.out
    };
    std::fs::write(
        machine.path("t.yaml"),
        "Parameters:\n  E: {Type: String}\nResources:\n  B: {Type: AWS::S3::Bucket}\n",
    )
    .expect("writes");
    std::fs::write(machine.path("head.txt"), head(&machine)).expect("writes");
    for (new, old) in [
        ("check main.tf --seal-into s", "check main.tf --store s"),
        ("check t.yaml --parameter-override E=x", "check t.yaml --parameters E=x"),
        ("verify --store s --public-key s/key/public-key.pem", "verify --store s --key s/key/public-key.pem"),
        ("verify --store s --checkpoint head.txt", "verify --store s --head head.txt"),
        ("verify --store s --format json", "verify --store s --json"),
        ("controls reference", "controls schema --reference"),
        ("controls schema policy", "controls schema --policy"),
        ("controls schema check", "controls schema --check"),
        ("controls schema control", "controls schema"),
    ] {
        let (new, old) = (machine.say(new), machine.say(old));
        assert_ne!(old.code, 2, "{old:?}");
        assert_eq!((old.code, old.out), (new.code, new.out));
    }
    for (command, old) in [
        ("check", &["--store", "--parameters "][..]),
        ("verify", &["--key ", "--head", "--json"]),
        ("controls schema", &["--reference", "--policy", "--check"]),
        ("", &["  tape"]),
    ] {
        let help = help(command);
        for old in old {
            assert!(!help.contains(old), "{command} --help shows {old}:\n{help}");
        }
    }
    let new = machine.say("controls new my-control");
    assert!(new.code == 2 && new.err.contains("--resource"), "{new:?}");
    assert_eq!(machine.say("controls new my-control --resource AWS::KMS::Key").code, 0);
    assert!(machine.path("controls/my-control.yaml").is_file());
}

/// The signed head of the log of the store `s`, as a package has it.
fn head(machine: &Machine) -> String {
    assert_eq!(machine.say("package --store s --out head.zip").code, 0);
    let file = std::fs::File::open(machine.path("head.zip")).expect("opens");
    let mut zip = zip::ZipArchive::new(file).expect("a zip");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut zip.by_name("checkpoint.txt").expect("is in it"), &mut text).expect("reads");
    text
}

#[test]
fn a_control_can_be_left_out() {
    let machine = failing();
    let run = |arguments: &str| {
        let ran = machine.say(&format!("check main.tf --format json {arguments}"));
        let check = every_result(&ran.out);
        let ids = check["results"].as_array().expect("a list").iter().map(|result| result["control"].to_string());
        ids.collect::<std::collections::BTreeSet<_>>()
    };
    let mut all = run("");
    assert!(all.remove("\"s3-tls-only\""), "{all:?}");
    assert_eq!(run("--except s3-tls-only"), all);
    assert!(run("--control s3-tls-only --except s3-tls-only").is_empty());
    let wrong = machine.say("check main.tf --except s3-tls-onyl");
    assert!(wrong.code == 2 && wrong.err.contains("did you mean `s3-tls-only`?"), "{wrong:?}");
    let why = machine.say("check main.tf --explain --except s3-tls-only").out;
    assert!(why.contains("--except"), "{why}");
    // It is part of what the evidence says was asked for.
    assert_eq!(machine.say("check main.tf --except s3-tls-only --seal-into s").code, 1);
    assert_eq!(machine.say("report --store s --out r").code, 0);
    let scope = std::fs::read_to_string(machine.path("r/scope.html")).expect("is there");
    assert!(scope.contains("Controls left out") && scope.contains("s3-tls-only"), "{scope}");
}

#[test]
fn an_export_writes_several_formats_at_once() {
    let machine = sealed();
    let ran = machine.say("export --store s --format csv=v.csv --format json");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(serde_json::from_str::<Value>(&ran.out).is_ok());
    let csv = std::fs::read_to_string(machine.path("v.csv")).expect("is written");
    assert_eq!(csv, machine.say("export --store s --format csv").out);
    assert_eq!(machine.say("export --store s --format csv --out w.csv").code, 0);
    assert_eq!(csv, std::fs::read_to_string(machine.path("w.csv")).expect("is written"));
    for wrong in
        ["--format csv --format json", "--format csv=a --format json=a", "--format csv=a --out b", "--format xml"]
    {
        let ran = machine.say(&format!("export --store s {wrong}"));
        assert!(ran.code == 2 && !ran.err.is_empty(), "{wrong}: {ran:?}");
    }
}
