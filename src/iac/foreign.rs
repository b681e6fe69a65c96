//! Files of other tools, which say nothing that could be judged: what they are, and what to give instead.

use std::path::Path;

use serde_json::Value;

/// Where a file says what it is, in bytes from its beginning.
const HEAD: usize = 64 << 10;

/// What Terragrunt calls a unit that it rendered.
pub const RENDERED: [&str; 2] = ["terragrunt.rendered.json", "terragrunt_rendered.json"];

/// What a file is that is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Foreign {
    /// What `terraform plan -json` or `apply -json` says while it runs, line by line.
    Stream,
    /// The state of Terraform: the file, or what `terraform show -json` makes of it.
    State,
    /// A unit or stack of Terragrunt.
    Terragrunt,
    /// A service of the Serverless Framework.
    Serverless,
    /// A project of Pulumi.
    Pulumi,
    /// An app of the AWS CDK that `cdk synth` was not run for.
    Cdk,
    /// An app of CDK for Terraform.
    Cdktf,
    /// A manifest of Kubernetes.
    Kubernetes,
}

impl Foreign {
    /// What a file is, by its name and where it lies.
    #[must_use]
    pub fn by_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        let beside = |name: &str| path.parent().is_some_and(|directory| directory.join(name).exists());
        match &*name {
            "terragrunt.hcl" | "root.hcl" | "terragrunt.stack.hcl" | "terragrunt.hcl.json" => {
                let rendered = RENDERED.iter().any(|name| beside(name));
                (!rendered).then_some(Self::Terragrunt)
            }
            "serverless.yml" | "serverless.yaml" | "serverless.json" | "serverless.ts" | "serverless.js" => {
                Some(Self::Serverless)
            }
            "pulumi.yaml" | "pulumi.yml" => Some(Self::Pulumi),
            "cdk.json" => (!beside("cdk.out")).then_some(Self::Cdk),
            "cdktf.json" => (!beside("cdktf.out")).then_some(Self::Cdktf),
            name if name.ends_with(".tfstate") || name.ends_with(".tfstate.backup") => Some(Self::State),
            _ => None,
        }
    }

    /// What Terraform wrote that is no plan, by its beginning: however large it is.
    #[must_use]
    pub fn by_head(bytes: &[u8]) -> Option<Self> {
        let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD)]);
        let head = head.trim_start_matches('\u{feff}').trim_start();
        if !head.starts_with('{') {
            return None;
        }
        let says = |member: &str| head.contains(&format!("\"{member}\""));
        let line = head.lines().next().unwrap_or_default();
        if says("@level") && says("@message") && serde_json::from_str::<Value>(line).is_ok() {
            return Some(Self::Stream);
        }
        let file = says("terraform_version") && says("lineage") && says("serial");
        let shown = says("format_version") && says("values") && !says("resource_changes") && !says("planned_values");
        (file || shown).then_some(Self::State)
    }

    /// What a file is, by its content.
    #[must_use]
    pub fn by_content(bytes: &[u8]) -> Option<Self> {
        if let Some(known) = Self::by_head(bytes) {
            return Some(known);
        }
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let says = |key: &str| text.lines().any(|line| line.starts_with(key));
        let json = || serde_json::from_str::<Value>(text).ok();
        let both = |one: &str, other: &str| {
            (says(&format!("{one}:")) && says(&format!("{other}:")))
                || (text.starts_with('{')
                    && json().is_some_and(|value| value.get(one).is_some() && value.get(other).is_some()))
        };
        if both("apiVersion", "kind") {
            return Some(Self::Kubernetes);
        }
        both("service", "provider").then_some(Self::Serverless)
    }

    /// What it is, for a reader.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stream => "the log of a run of Terraform as JSON lines",
            Self::State => "a state of Terraform",
            Self::Terragrunt => "a configuration of Terragrunt",
            Self::Serverless => "a service of the Serverless Framework",
            Self::Pulumi => "a project of Pulumi",
            Self::Cdk => "an app of the AWS CDK",
            Self::Cdktf => "an app of CDK for Terraform",
            Self::Kubernetes => "a manifest of Kubernetes",
        }
    }

    /// What to give in its place.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Stream => {
                "it tells what changes and not to what; save the plan (`terraform plan -out plan.bin`), run \
                 `terraform show -json plan.bin > plan.json` and check plan.json"
            }
            Self::State => {
                "it tells what was made, and not what the code would make; check the directory of the configuration, or \
                 a plan as JSON (`terraform show -json plan.bin > plan.json`); `tickmark scan` looks at what was made"
            }
            Self::Terragrunt => {
                "its inputs are not known before Terragrunt ran; run `terragrunt render --format json --write` beside \
                 it and check terragrunt.rendered.json, or a plan as JSON (`terragrunt plan -out plan.bin`, \
                 `terragrunt show -json plan.bin > plan.json`)"
            }
            Self::Serverless => {
                "the framework makes a template of it; run `serverless package` and check \
                 .serverless/cloudformation-template-update-stack.json"
            }
            Self::Pulumi => {
                "Pulumi makes resources of a program that is not run here; `tickmark scan` looks at what it has made"
            }
            Self::Cdk => "the app makes templates; run `cdk synth` and check cdk.out",
            Self::Cdktf => "the app makes configuration; run `cdktf synth` and check cdktf.out/stacks",
            Self::Kubernetes => "it makes no resource of AWS that there are controls for",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let known = |name: &str| Foreign::by_name(&folder.path().join(name));
        for (name, foreign) in [
            ("terragrunt.hcl", Foreign::Terragrunt),
            ("root.hcl", Foreign::Terragrunt),
            ("terragrunt.stack.hcl", Foreign::Terragrunt),
            ("serverless.yml", Foreign::Serverless),
            ("serverless.ts", Foreign::Serverless),
            ("Pulumi.yaml", Foreign::Pulumi),
            ("cdk.json", Foreign::Cdk),
            ("cdktf.json", Foreign::Cdktf),
            ("terraform.tfstate", Foreign::State),
            ("terraform.tfstate.backup", Foreign::State),
        ] {
            assert_eq!(known(name), Some(foreign), "{name}");
        }
        for name in ["main.tf", "template.yaml", "plan.json", ".terraform.lock.hcl", "policy.hcl"] {
            assert_eq!(known(name), None, "{name}");
        }
        std::fs::create_dir(folder.path().join("cdk.out")).expect("a folder");
        assert_eq!(known("cdk.json"), None, "what it makes is there to be judged");
    }

    #[test]
    fn files_are_known_by_their_content() {
        let stream =
            "{\"@level\":\"info\",\"@message\":\"Terraform 1.9.0\",\"type\":\"version\"}\n{\"@level\":\"info\"}\n";
        let file = r#"{"version": 4, "terraform_version": "1.9.0", "serial": 3, "lineage": "x", "resources": []}"#;
        let shown = r#"{"format_version": "1.0", "terraform_version": "1.9.0", "values": {"root_module": {}}}"#;
        for (text, foreign) in [
            (stream, Foreign::Stream),
            (file, Foreign::State),
            (shown, Foreign::State),
            ("---\napiVersion: v1\nkind: Service\nmetadata: {}\n", Foreign::Kubernetes),
            ("{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}", Foreign::Kubernetes),
            ("service: hello\nprovider:\n  name: aws\n", Foreign::Serverless),
        ] {
            assert_eq!(Foreign::by_content(text.as_bytes()), Some(foreign), "{text}");
        }
        for text in ["", "{}", "[1]", "a: 1\n", "{\"@level\": 1}", "\u{feff}x", "kind: x\n"] {
            assert_eq!(Foreign::by_content(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Foreign::by_content(&[0xff, 0xfe, 0x00]), None);
    }
}
