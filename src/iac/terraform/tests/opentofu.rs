//! What `OpenTofu` has beside Terraform, Stacks, and paths as they are written on Windows.

use super::*;

#[test]
fn what_is_not_enabled_is_not_there_and_what_may_be_is_uncertain() {
    let estate = Estate::of(&[
        (
            "main.tf",
            r#"
            variable "on" { default = true }
            variable "open" { type = bool }
            resource "aws_x" "off" {
              lifecycle { enabled = !var.on }
            }
            resource "aws_x" "on" {
              lifecycle { enabled = var.on }
            }
            resource "aws_x" "open" {
              lifecycle { enabled = var.open }
            }
            resource "aws_x" "reads" { of = aws_x.off.id }
            module "off" {
              source = "./m"
              lifecycle { enabled = false }
            }
            module "on" {
              source = "./m"
              lifecycle { enabled = true }
            }
            "#,
        ),
        ("m/main.tf", "resource \"aws_x\" \"x\" {}"),
    ]);
    let code = estate.read();
    assert_eq!(addresses(&code), ["aws_x.on", "aws_x.open", "aws_x.reads", "module.on.aws_x.x"]);
    assert!(block(&code, "aws_x.on").uncertain.is_none());
    assert!(block(&code, "aws_x.open").uncertain.is_some());
}

#[test]
fn the_source_of_a_module_may_be_put_together() {
    let estate = Estate::of(&[
        (
            "main.tf",
            r#"
            variable "kind" { default = "loose" }
            variable "open" { type = string }
            locals { where = "./kinds/${var.kind}" }
            module "known" { source = local.where }
            module "open" { source = "./kinds/${var.open}" }
            "#,
        ),
        ("kinds/loose/main.tf", "resource \"aws_x\" \"x\" {}"),
    ]);
    let code = estate.read();
    assert_eq!(addresses(&code), ["module.known.aws_x.x"]);
    assert_eq!(code.problems.len(), 1);
    assert!(code.problems[0].message.contains("its source is not known"), "{:?}", code.problems);
}

#[test]
fn a_path_with_backslashes_is_a_path() {
    let estate = Estate::of(&[
        ("main.tf", "module \"m\" {\n  source = \".\\\\m\"\n}"),
        ("m/main.tf", "resource \"aws_x\" \"x\" {}"),
    ]);
    assert_eq!(addresses(&estate.read()), ["module.m.aws_x.x"]);
}

#[test]
fn what_a_component_of_a_stack_deploys_has_unknown_inputs_and_the_run_says_so() {
    let estate = Estate::of(&[
        ("components.tfcomponent.hcl", "component \"a\" {\n  source = \"./m\"\n  inputs = { open = true }\n}"),
        ("deployments.tfdeploy.hcl", "deployment \"one\" {\n  inputs = {}\n}"),
        ("broken.tfstack.hcl", "component \"b\" {"),
        ("m/main.tf", "variable \"open\" { default = false }\nresource \"aws_x\" \"x\" { open = var.open }"),
        ("other/main.tf", "variable \"open\" { default = false }\nresource \"aws_x\" \"y\" { open = var.open }"),
    ]);
    let named = |name: &str| (estate.path().join(name), format!("infra/{name}"));
    let code = read_all(&[vec![named("m"), named("other")]], &Options::default());
    assert_eq!(shown(&code, "aws_x.x", "open"), "?(open var.open)");
    assert_eq!(shown(&code, "aws_x.y", "open"), "false");
    let files: Vec<&str> = code.problems.iter().map(|problem| problem.file.as_str()).collect();
    assert_eq!(
        files,
        ["infra/broken.tfstack.hcl", "infra/components.tfcomponent.hcl", "infra/deployments.tfdeploy.hcl"],
        "{:?}",
        code.problems
    );
}

#[test]
fn a_module_reads_files_beside_it_that_are_looked_at_together_and_none_further_out() {
    let estate = Estate::of(&[
        ("top/secret.txt", "out"),
        ("top/code/policies/p.txt", "in"),
        ("top/code/root/main.tf", "module \"m\" { source = \"../modules/m\" }"),
        (
            "top/code/modules/m/main.tf",
            "resource \"aws_x\" \"x\" {\n  a = file(\"${path.module}/../../policies/p.txt\")\n  b = file(\"${path.module}/../../../secret.txt\")\n}",
        ),
    ]);
    let named = |name: &str| (estate.path().join("top/code").join(name), format!("infra/{name}"));
    let code = read_all(&[vec![named("modules/m"), named("root")]], &Options::default());
    assert_eq!(shown(&code, "module.m.aws_x.x", "a"), "\"in\"");
    assert!(shown(&code, "module.m.aws_x.x", "b").starts_with('?'));
}

#[test]
fn the_version_of_the_provider_is_the_locked_one_or_what_is_asked_for() {
    let cluster = "resource \"aws_redshift_cluster\" \"c\" {}\n";
    let requires = |version: &str| {
        format!(
            "{cluster}terraform {{\n  required_providers {{\n    aws = {{ source = \"hashicorp/aws\", version = \"{version}\" }}\n  }}\n}}"
        )
    };
    let lock = "provider \"registry.terraform.io/hashicorp/aws\" {\n  version = \"5.31.0\"\n}";
    let version =
        |files: &[(&str, &str)]| shown(&Estate::of(files).read(), "aws_redshift_cluster.c", "provider_version");
    assert_eq!(version(&[("main.tf", &requires("~> 6.0"))]), "\"~> 6.0\"");
    assert_eq!(version(&[("main.tf", &requires(">= 4")), (".terraform.lock.hcl", lock)]), "\"5.31.0\"");
    assert_eq!(version(&[("main.tf", cluster)]), "absent");
}
