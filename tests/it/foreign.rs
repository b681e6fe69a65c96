//! Files of other tools: named for what they are, with what to check in their place.

use std::path::Path;

use crate::check::{OPEN_BUCKET, json, results, tickmark, verdict};

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().expect("has a parent")).expect("makes a folder");
    std::fs::write(path, text).expect("writes a file");
}

/// File, text.
const FILES: [(&str, &str); 9] = [
    (
        "run.json",
        "{\"@level\":\"info\",\"@message\":\"Terraform 1.9.0\",\"type\":\"version\"}\n{\"@level\":\"info\",\"@message\":\"x\"}\n",
    ),
    (
        "terraform.tfstate",
        "{\"version\": 4, \"terraform_version\": \"1.9.0\", \"serial\": 1, \"lineage\": \"x\", \"resources\": []}",
    ),
    (
        "state.json",
        "{\"format_version\": \"1.0\", \"terraform_version\": \"1.9.0\", \"values\": {\"root_module\": {}}}",
    ),
    ("live/terragrunt.hcl", "inputs = {}\n"),
    ("serverless.yml", "service: hello\nprovider:\n  name: aws\n"),
    ("Pulumi.yaml", "name: hello\nruntime: nodejs\n"),
    ("cdk.json", "{\"app\": \"node app.js\"}"),
    ("cdktf.json", "{\"language\": \"typescript\"}"),
    ("pod.yaml", "apiVersion: v1\nkind: Pod\n"),
];

#[test]
fn a_file_that_is_named_is_an_error_that_says_what_to_check() {
    let folder = tempfile::tempdir().expect("makes a folder");
    let mut said = String::new();
    for (file, text) in FILES {
        write(folder.path(), file, text);
        let (code, check) = json(folder.path(), &[file]);
        assert_eq!(code, 3, "{file}");
        assert_eq!(check["errors"][0]["kind"], "unreadable", "{file}");
        said += &format!("{file}: {}\n", check["errors"][0]["message"].as_str().unwrap_or_default());
    }
    insta::assert_snapshot!(said);
}

#[test]
fn in_a_directory_it_is_a_note_beside_what_is_judged() {
    let folder = tempfile::tempdir().expect("makes a folder");
    for (file, text) in FILES {
        write(folder.path(), file, text);
    }
    write(folder.path(), "other/cdk.json", "{}");
    let ran = tickmark(folder.path(), &["check", "."]);
    assert_eq!(ran.code, 3, "there is nothing to judge: {}", ran.out);
    write(folder.path(), "main.tf", "resource \"aws_sqs_queue\" \"a\" {}\n");
    let (code, check) = json(folder.path(), &["."]);
    assert_eq!(code, 0, "{check}");
    let errors = check["errors"].as_array().expect("a list");
    assert!(errors.iter().all(|error| error["kind"] == "not_judged"), "{errors:?}");
    let said: Vec<&str> = errors.iter().filter_map(|error| error["message"].as_str()).collect();
    assert_eq!(said.len(), 7, "one for each tool, none for Kubernetes: {said:?}");
    assert!(said.iter().any(|said| said.starts_with("an app of the AWS CDK (and 1 more) is not judged")), "{said:?}");
    write(folder.path(), "main.tf", OPEN_BUCKET);
    assert_eq!(json(folder.path(), &["."]).0, 1);
}

#[test]
fn a_rendered_unit_of_terragrunt_is_judged_with_its_inputs() {
    let folder = tempfile::tempdir().expect("makes a folder");
    write(
        folder.path(),
        "modules/app/main.tf",
        "variable \"ports\" { type = list(number) }\nvariable \"from\" { type = object({ cidr = string }) }\n\
         resource \"aws_security_group\" \"g\" {\n  name = \"g\"\n  dynamic \"ingress\" {\n    for_each = var.ports\n    \
         content {\n      from_port   = ingress.value\n      to_port     = ingress.value\n      protocol    = \"tcp\"\n      \
         cidr_blocks = [var.from.cidr]\n    }\n  }\n}\n",
    );
    let unit = |cidr: &str| {
        format!(
            "{{\"terraform\": {{\"source\": \"../../modules//app\"}}, \"inputs\": {{\"ports\": [22], \"from\": {{\"cidr\": \"{cidr}\"}}}}}}"
        )
    };
    write(folder.path(), "live/open/terragrunt.hcl", "inputs = {}\n");
    write(folder.path(), "live/open/terragrunt.rendered.json", &unit("0.0.0.0/0"));
    write(folder.path(), "live/closed/terragrunt_rendered.json", &unit("10.0.0.0/8"));
    let ssh = |path: &str| {
        let (_, check) = json(folder.path(), &[path]);
        assert_eq!(check["errors"], serde_json::json!([]), "{path}");
        verdict(&check, "sg-no-ssh-from-internet", "aws_security_group.g").map(ToOwned::to_owned)
    };
    assert_eq!(ssh("live/open/terragrunt.rendered.json").as_deref(), Some("fail"));
    assert_eq!(ssh("live/closed/terragrunt_rendered.json").as_deref(), Some("pass"));
    let (_, check) = json(folder.path(), &["."]);
    let both = results(&check).iter().filter(|result| result["control"] == "sg-no-ssh-from-internet");
    let mut verdicts: Vec<&str> = both.filter_map(|result| result["verdict"].as_str()).collect();
    verdicts.sort_unstable();
    assert_eq!(verdicts, ["fail", "pass"], "the module is judged in each unit, and not by itself");
    write(
        folder.path(),
        "live/far/terragrunt.rendered.json",
        "{\"terraform\": {\"source\": \"git::https://example.com/m.git?ref=v1\"}, \"inputs\": {}}",
    );
    let (code, check) = json(folder.path(), &["live/far/terragrunt.rendered.json"]);
    assert_eq!(code, 3);
    let said = check["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(said.contains("git::https://example.com/m.git?ref=v1 is not on this machine"), "{said}");
}

#[test]
fn classic_load_balancers_are_named_as_not_judged() {
    let folder = tempfile::tempdir().expect("makes a folder");
    write(
        folder.path(),
        "main.tf",
        "resource \"aws_elb\" \"old\" {\n  name = \"old\"\n}\nresource \"aws_sqs_queue\" \"a\" {}\n",
    );
    write(folder.path(), "t.yaml", "Resources:\n  Old: {Type: AWS::ElasticLoadBalancing::LoadBalancer}\n");
    let (code, check) = json(folder.path(), &["."]);
    assert_eq!(code, 0, "{check}");
    assert_eq!(check["errors"][0]["kind"], "not_judged");
    let said = check["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(said.starts_with("aws_elb.old (and 1 more) is not judged: it is a classic load balancer"), "{said}");
    assert_eq!(check["errors"][0]["line"], 1);
}
