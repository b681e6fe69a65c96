//! The files that put the check before a merge: the GitHub Action, the GitLab template and the
//! pre-commit hooks, run as far as can be without those places.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn yaml(file: &str) -> Value {
    let text = std::fs::read_to_string(root().join(file)).expect("reads the file");
    tickmark::control::load::parse(file, &text).unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// A folder with a bucket that fails, and a link to the program beside it.
fn place() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("makes a folder");
    let text = "resource \"aws_s3_bucket\" \"a\" {\n  bucket = \"a\"\n}\n";
    std::fs::create_dir(folder.path().join("infrastructure")).expect("makes a folder");
    std::fs::write(folder.path().join("infrastructure/main.tf"), text).expect("writes a file");
    folder
}

fn bash(script: &str, folder: &Path, environment: &BTreeMap<String, String>) -> Output {
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script]).current_dir(folder);
    command.env_remove("GITHUB_STEP_SUMMARY").envs(environment);
    command.output().expect("runs bash")
}

#[test]
fn the_github_action_annotates_writes_its_outputs_and_fails() {
    let action = yaml("action.yml");
    let steps = action["runs"]["steps"].as_array().expect("steps");
    let check = steps.iter().find(|step| step["id"] == "check").expect("a step that checks");
    let folder = place();
    let mut environment: BTreeMap<String, String> = BTreeMap::new();
    for (name, expression) in check["env"].as_object().expect("an environment") {
        let expression = expression.as_str().expect("a text");
        let input = expression.trim_start_matches("${{ inputs.").trim_end_matches(" }}");
        let default = action["inputs"][input]["default"].as_str().unwrap_or_default();
        assert!(!expression.contains("inputs.") || action["inputs"].get(input).is_some(), "{expression} is no input");
        environment
            .insert(name.clone(), if expression.contains("inputs.") { default.to_owned() } else { String::new() });
    }
    let text = |path: &Path| path.display().to_string();
    environment.insert("TICKMARK".to_owned(), env!("CARGO_BIN_EXE_tickmark").to_owned());
    environment.insert("CHECK_PATHS".to_owned(), "infrastructure".to_owned());
    environment.insert("RUNNER_TEMP".to_owned(), text(folder.path()));
    environment.insert("GITHUB_OUTPUT".to_owned(), text(&folder.path().join("output")));
    environment.insert("GITHUB_STEP_SUMMARY".to_owned(), text(&folder.path().join("summary.md")));
    let ran = bash(check["run"].as_str().expect("a script"), folder.path(), &environment);
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert_eq!(ran.status.code(), Some(1), "{out}{err}");
    assert!(out.contains("::error file=infrastructure/main.tf,line=1"), "{out}");
    let output = std::fs::read_to_string(folder.path().join("output")).expect("writes its outputs");
    let named = |name: &str| output.lines().find_map(|line| line.strip_prefix(&format!("{name}=")).map(str::to_owned));
    assert_eq!(named("exit-code").as_deref(), Some("1"));
    for name in ["sarif", "markdown", "json"] {
        assert!(named(name).is_some_and(|file| Path::new(&file).is_file()), "{name}: {output}");
    }
    let summary = std::fs::read_to_string(folder.path().join("summary.md")).expect("writes the page of the run");
    assert!(summary.contains("s3-versioning"), "{summary}");
}

#[test]
fn the_gitlab_job_writes_its_reports() {
    let template = yaml(".gitlab/tickmark.yml");
    let job = &template["tickmark"];
    let script = job["script"].as_array().expect("a script").last().and_then(Value::as_str).expect("a command");
    let folder = place();
    let bin = folder.path().join("root/bin");
    std::fs::create_dir_all(&bin).expect("makes a folder");
    std::fs::copy(env!("CARGO_BIN_EXE_tickmark"), bin.join("tickmark")).expect("copies the program");
    let environment = BTreeMap::from([
        ("TICKMARK_ROOT".to_owned(), folder.path().join("root").display().to_string()),
        ("TICKMARK_PATHS".to_owned(), "infrastructure".to_owned()),
        ("TICKMARK_OPTIONS".to_owned(), "--fail-on medium".to_owned()),
    ]);
    let ran = bash(script, folder.path(), &environment);
    assert_eq!(ran.status.code(), Some(1), "{}", String::from_utf8_lossy(&ran.stderr));
    for file in ["codequality", "junit"] {
        let name = job["artifacts"]["reports"][file].as_str().expect("a report");
        let text = std::fs::read_to_string(folder.path().join(name)).expect("writes the report");
        assert!(text.contains("s3-tls-only"), "{name}");
    }
    assert_eq!(job["allow_failure"]["exit_codes"][0], 3);
}

#[test]
fn the_pre_commit_hooks_stop_a_commit_that_breaks_a_control() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    for hook in hooks.as_array().expect("a list of hooks") {
        let entry = hook["entry"].as_str().expect("an entry");
        let rest = entry.strip_prefix("tickmark ").expect("runs tickmark");
        let folder = place();
        let run = |path: &str| {
            let arguments = rest.split(' ').chain([path]);
            let ran = Command::new(env!("CARGO_BIN_EXE_tickmark")).current_dir(folder.path()).args(arguments).output();
            ran.expect("runs the program").status.code()
        };
        assert_eq!(run("infrastructure"), Some(1));
        std::fs::write(folder.path().join("infrastructure/main.tf"), "locals {\n  a = 1\n}\n").expect("writes");
        assert_eq!(run("infrastructure"), Some(0), "nothing to check does not stop a commit");
    }
}

#[test]
fn every_option_that_the_files_and_their_page_name_exists() {
    let help = |command: &[&str]| {
        let ran = Command::new(env!("CARGO_BIN_EXE_tickmark")).args(command).arg("--help").output().expect("runs");
        String::from_utf8_lossy(&ran.stdout).into_owned()
    };
    let help = help(&["check"]) + &help(&["fix"]) + &help(&["migrate", "suppressions"]);
    let mut seen = 0;
    for file in ["action.yml", ".gitlab/tickmark.yml", ".pre-commit-hooks.yaml", "docs/gates.md"] {
        let text = std::fs::read_to_string(root().join(file)).expect("reads the file");
        let of_check = text.lines().filter(|line| {
            !["cargo ", "git clone", "find ", "gh ", "--jq", "tickmark verify"].iter().any(|other| line.contains(other))
        });
        for word in of_check.flat_map(|line| line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))) {
            if word.starts_with("--") && word.len() > 3 {
                seen += 1;
                assert!(help.contains(word), "{file} names {word}, which no command of the gate has");
            }
        }
    }
    assert!(seen > 20, "{seen} options");
}
