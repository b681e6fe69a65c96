use std::fs;

use super::*;
use crate::iac::cloudformation::{read_all, read_assembly};

fn stack(properties: &str) -> String {
    format!(r#"{{"Resources": {{"B": {{"Type": "AWS::S3::Bucket", "Properties": {properties}}}}}}}"#)
}

#[test]
fn every_template_of_an_assembly_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::create_dir(root.join("assembly-Prod")).unwrap();
    let manifest = r#"{"version": "36.0.0", "artifacts": {
        "Prod": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}},
        "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
        "App.assets": {"type": "cdk:asset-manifest", "properties": {"file": "App.assets.json"}},
        "App": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "App.template.json"}}}}"#;
    fs::write(root.join("manifest.json"), manifest).unwrap();
    let assets = r#"{"files": {"0a1b": {"source": {"path": "AppChild.nested.template.json", "packaging": "file"},
        "destinations": {"current": {"bucketName": "b", "objectKey": "prefix/0a1b.json"}}}}}"#;
    fs::write(root.join("App.assets.json"), assets).unwrap();
    let parent = r#"{"Resources": {"Child": {"Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": {"Fn::Join": ["", ["https://s3.", {"Ref": "AWS::Region"}, "/b/prefix/0a1b.json"]]},
                       "Parameters": {"Name": "given", "Other": {"Ref": "AWS::Region"}}}}}}"#;
    fs::write(root.join("App.template.json"), parent).unwrap();
    let child = r#"{"Parameters": {"Name": {"Type": "String"}, "Other": {"Type": "String", "Default": "x"}},
        "Resources": {"B": {"Type": "AWS::S3::Bucket",
            "Properties": {"BucketName": {"Ref": "Name"}, "Other": {"Ref": "Other"}}}}}"#;
    fs::write(root.join("AppChild.nested.template.json"), child).unwrap();
    fs::write(root.join("Stale.template.json"), stack("{}")).unwrap();
    fs::write(root.join("tree.json"), "{}").unwrap();
    let inner = r#"{"artifacts": {"S": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "S.template.json"}}}}"#;
    fs::write(root.join("assembly-Prod/manifest.json"), inner).unwrap();
    fs::write(root.join("assembly-Prod/S.template.json"), stack("{}")).unwrap();

    let code = read_assembly(root, "cdk.out", &Options::default());
    assert_eq!(code.problems, []);
    let mut paths: Vec<_> = code.deployments.iter().map(|deployment| deployment.path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        ["cdk.out/App.template.json", "cdk.out/AppChild.nested.template.json", "cdk.out/assembly-Prod/S.template.json"]
    );
    let child = &code.deployments[2].scenarios[0].blocks[0];
    assert_eq!(at(child, "BucketName"), Value::text("given"));
    // The parent gives what is certainly something, of which no more is known here.
    assert_eq!(unknown(&at(child, "Other")).references, [reference("Other", "", true)]);
    assert!(code.deployments.iter().all(|deployment| deployment.missing.is_empty()));
}

#[test]
fn nothing_outside_of_the_assembly_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("cdk.out");
    fs::create_dir(&root).unwrap();
    fs::write(directory.path().join("secret.json"), stack("{}")).unwrap();
    let manifest = r#"{"artifacts": {
        "A": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "../secret.json"}},
        "B": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "link.template.json"}},
        "C": {"type": "cdk:cloud-assembly", "properties": {"directoryName": ".."}},
        "D": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}},
        "E": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "gone.template.json"}}}}"#;
    fs::write(root.join("manifest.json"), manifest).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("../secret.json", root.join("link.template.json")).unwrap();
    let code = read_assembly(&root, "cdk.out", &Options::default());
    assert!(code.deployments.is_empty());
    assert!(code.problems.len() >= 4, "{:?}", code.problems);
}

#[test]
fn without_a_manifest_templates_are_found_by_name_and_that_is_a_problem() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("S.template.json"), stack("{}")).unwrap();
    fs::write(directory.path().join("manifest.json"), "{").unwrap();
    let code = read_assembly(directory.path(), "out", &Options::default());
    assert_eq!(code.deployments.len(), 1);
    assert!(code.problems[0].message.contains("manifest"));
}

#[test]
fn a_nested_stack_is_read_with_what_its_parent_gives() {
    let parent = "
Resources:
  One:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: ./nested/child.yaml, Parameters: {Stage: dev, Key: !Ref AWS::Region}}
  Two:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: nested/child.yaml, Parameters: {Stage: prod}}
  Far:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: 'https://s3.amazonaws.com/b/t.yaml'}
";
    let child = "
Parameters:
  Stage: {Type: String, Default: test}
  Key: {Type: String, Default: k}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  B: {Type: AWS::S3::Bucket, Properties: {P: !If [IsProd, 1, 2], Key: !Ref Key}}
";
    let files = [
        ("infra/nested/child.yaml".to_owned(), child.as_bytes().to_vec()),
        ("infra/main.yaml".to_owned(), parent.as_bytes().to_vec()),
    ];
    let code = read_all(&files, &Options::default());
    assert_eq!(code.problems, []);
    assert_eq!(code.deployments[0].path, "infra/nested/child.yaml");
    let scenarios: Vec<_> =
        code.deployments[0].scenarios.iter().map(|scenario| scenario.assumptions.join(", ")).collect();
    assert_eq!(scenarios, ["it is the template of One", "it is the template of Two"]);
    known(GapCode::Unresolved, &at(&code.deployments[0].scenarios[0].blocks[0], "Key"));
    let missing: Vec<_> = code.deployments[1].missing.iter().map(|unknown| unknown.shown.as_str()).collect();
    assert_eq!(missing, ["the template of the nested stack Far"]);
}

#[test]
fn templates_that_name_each_other_in_a_circle_are_read_once() {
    let one = "Resources:\n  S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: b.yaml}}\n";
    let two = "Resources:\n  S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: a.yaml}}\n";
    let files = [("a.yaml".to_owned(), one.as_bytes().to_vec()), ("b.yaml".to_owned(), two.as_bytes().to_vec())];
    assert_eq!(read_all(&files, &Options::default()).deployments.len(), 2);
}
