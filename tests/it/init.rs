//! `check --init`: modules fetched by the user's own program, here a script in its place.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::check::{Ran, verdict};

/// A folder with a root module that calls one that is not on this machine, and a `terraform` that says what it
/// got and does `rest`.
fn estate(rest: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("makes a folder");
    let write = |file: &str, text: &str| {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().expect("has a parent")).expect("makes a folder");
        std::fs::write(path, text).expect("writes a file");
    };
    write(
        "infra/main.tf",
        "module \"web\" {\n  source  = \"acme/web/aws\"\n  version = \"~> 1.2\"\n  cidr    = \"0.0.0.0/0\"\n}\n",
    );
    write("infra/terraform.tfvars", "password = \"hunter2\"\n");
    write("bin/terraform", &format!("#!/bin/sh\necho \"got $*\"\nenv\nls -a\n{rest}"));
    let program = folder.path().join("bin/terraform");
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).expect("can be run");
    folder
}

/// What makes a module as `init` does.
const FETCH: &str = r#"mkdir -p .terraform/modules/web
cat > .terraform/modules/modules.json <<'END'
{"Modules": [{"Key": "web", "Source": "registry.terraform.io/acme/web/aws", "Version": "1.2.3", "Dir": ".terraform/modules/web"}]}
END
cat > .terraform/modules/web/main.tf <<'END'
variable "cidr" {}
resource "aws_security_group" "g" {
  name = "g"
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = [var.cidr]
  }
}
END
"#;

fn check(folder: &Path, arguments: &[&str]) -> Ran {
    let path = format!("{}:/usr/bin:/bin", folder.join("bin").display());
    let output = Command::new(env!("CARGO_BIN_EXE_tickmark"))
        .current_dir(folder)
        .env("PATH", path)
        .env("AWS_SECRET_ACCESS_KEY", "hunter2")
        .env("TF_TOKEN_app_terraform_io", "hunter2")
        .env("TF_VAR_password", "hunter2")
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .arg("check")
        .args(arguments)
        .output()
        .expect("runs the program");
    Ran {
        code: output.status.code().expect("ends by itself"),
        out: String::from_utf8(output.stdout).expect("writes UTF-8"),
        err: String::from_utf8(output.stderr).expect("writes UTF-8"),
    }
}

#[test]
fn modules_are_fetched_in_a_copy_and_judged() {
    let estate = estate(FETCH);
    let ran = check(estate.path(), &["infra", "--format", "json"]);
    assert_eq!(ran.code, 3, "it is off by default: {}", ran.err);
    let ran = check(estate.path(), &["infra", "--init", "-v", "--format", "json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let json: Value = serde_json::from_str(&ran.out).expect("is JSON");
    assert_eq!(verdict(&json, "sg-no-ssh-from-internet", "module.web.aws_security_group.g"), Some("fail"));
    assert_eq!(json["errors"], serde_json::json!([]));
    let file = json["files"][0]["file"].as_str().unwrap_or_default();
    assert!(file.starts_with("infra/.terraform/modules/web/"), "{file}");
    assert!(!estate.path().join("infra/.terraform").exists(), "nothing is written where the user works");
    assert!(ran.err.contains("/bin/terraform init -backend=false -input=false"), "{}", ran.err);
    assert!(ran.err.contains("got init -backend=false -input=false"), "{}", ran.err);
    assert!(!ran.err.contains("hunter2") && !ran.err.contains("tfvars"), "{}", ran.err);
}

#[test]
fn a_program_that_fails_or_is_not_there_is_an_error_that_says_so() {
    let failing = estate("echo 'Error: no module is called acme/web/aws' >&2\nexit 1\n");
    let ran = check(failing.path(), &["infra", "--init"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("no module is called acme/web/aws"), "{}", ran.err);
    assert!(ran.err.contains("for infra"), "{}", ran.err);
    std::fs::remove_file(failing.path().join("bin/terraform")).expect("was there");
    let ran = check(failing.path(), &["infra", "--init"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("neither terraform nor tofu"), "{}", ran.err);
}

#[test]
fn nothing_is_run_where_nothing_is_missing() {
    let estate = estate("exit 1\n");
    std::fs::write(estate.path().join("infra/main.tf"), crate::check::OPEN_BUCKET).expect("writes a file");
    let ran = check(estate.path(), &["infra", "--init", "--format", "json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(!ran.err.contains("ran "), "{}", ran.err);
}
