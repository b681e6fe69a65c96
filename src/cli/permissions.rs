//! `tickmark permissions`: the least-privilege IAM policy, from what collectors declare.

use std::io::Write as _;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::console::Console;
use super::rules::{RuleArguments, SelectionArguments};
use crate::evidence::error::Failure;
use crate::model::exit;
use crate::model::scan::ScanSelection;
use crate::scan::{actions, select};

#[derive(Args)]
pub(super) struct Arguments {
    /// Form in which the policy is printed.
    #[arg(long, value_enum, default_value_t = Form::Json)]
    format: Form,
    #[command(flatten)]
    selection: SelectionArguments,
    /// Only what controls that look at this service need; repeatable.
    #[arg(long = "service", value_name = "SERVICE")]
    services: Vec<String>,
    /// ARN of the principal that may assume the role (CloudFormation and Terraform).
    #[arg(long, value_name = "ARN", default_value = "arn:aws:iam::111111111111:root")]
    principal: String,
    /// External id that the principal must give (CloudFormation and Terraform).
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    #[command(flatten)]
    rules: RuleArguments,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// IAM policy document.
    Json,
    /// `CloudFormation` template with a role.
    Cloudformation,
    /// Terraform with a role.
    Terraform,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Result<u8, Failure> {
    let rules = arguments.rules.load("nightly")?;
    let asked = ScanSelection { services: arguments.services.clone(), ..arguments.selection.asked() };
    rules.know(&asked)?;
    let selection = select(&rules, &asked)?;
    let actions: Vec<String> = actions(&selection).into_iter().collect();
    let document = document(&actions);
    let code = console.decide(exit::CLEAN);
    let mut out = console.out();
    match arguments.format {
        Form::Json => writeln!(out, "{}", pretty(&document))?,
        Form::Cloudformation => writeln!(out, "{}", pretty(&template(&document, arguments)))?,
        Form::Terraform => write!(out, "{}", terraform(&document, arguments))?,
    }
    out.flush()?;
    Ok(code)
}

/// Every action is a read without a resource to narrow it to, or is needed on all resources: a
/// scan looks at everything there is.
fn document(actions: &[String]) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Sid": "TickmarkRead", "Effect": "Allow", "Action": actions, "Resource": "*" }],
    })
}

fn trust(arguments: &Arguments) -> Value {
    let mut statement =
        json!({ "Effect": "Allow", "Principal": { "AWS": arguments.principal }, "Action": "sts:AssumeRole" });
    if let Some(id) = &arguments.external_id {
        statement["Condition"] = json!({ "StringEquals": { "sts:ExternalId": id } });
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

fn template(document: &Value, arguments: &Arguments) -> Value {
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Role with which tickmark reads an account; it can change nothing.",
        "Resources": {
            "TickmarkRole": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": "tickmark",
                    "AssumeRolePolicyDocument": trust(arguments),
                    "Policies": [{ "PolicyName": "tickmark-read", "PolicyDocument": document }],
                },
            },
        },
        "Outputs": { "RoleArn": { "Value": { "Fn::GetAtt": ["TickmarkRole", "Arn"] } } },
    })
}

fn terraform(document: &Value, arguments: &Arguments) -> String {
    // A JSON string is an HCL string but for the templates that `${` and `%{` begin.
    let heredoc = |value: &Value| pretty(value).replace("${", "$${").replace("%{", "%%{");
    format!(
        "resource \"aws_iam_role\" \"tickmark\" {{\n  name = \"tickmark\"\n  assume_role_policy = <<-JSON\n{}\n  JSON\n}}\n\n\
         resource \"aws_iam_role_policy\" \"tickmark_read\" {{\n  name   = \"tickmark-read\"\n  role   = aws_iam_role.tickmark.id\n  \
         policy = <<-JSON\n{}\n  JSON\n}}\n",
        indent(&heredoc(&trust(arguments))),
        indent(&heredoc(document)),
    )
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
