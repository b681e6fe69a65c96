//! For which account and region a resource is.

use super::*;
use crate::iac::deployment::{Reach, SitePart};

const CODE: &str = r#"
variable "where" { type = string }
variable "role" { type = string }
provider "aws" { region = "eu-west-1" }
provider "aws" {
  alias  = "same"
  region = "eu-west-1"
}
provider "aws" {
  alias  = "us"
  region = "us-east-1"
}
provider "aws" {
  alias  = "open"
  region = var.where
}
provider "aws" {
  alias  = "logs"
  region = "eu-west-1"
  assume_role { role_arn = "arn:aws:iam::444455556666:role/deploy" }
}
provider "aws" {
  alias               = "listed"
  region              = "eu-west-1"
  allowed_account_ids = ["444455556666"]
  assume_role { role_arn = var.role }
}
resource "aws_x" "here" {}
resource "aws_x" "same" { provider = aws.same }
resource "aws_x" "us" { provider = aws.us }
resource "aws_x" "open" { provider = aws.open }
resource "aws_x" "logs" { provider = aws.logs }
resource "aws_x" "listed" { provider = aws.listed }
resource "aws_x" "undeclared" { provider = aws.gone }
resource "aws_x" "argument" { region = "us-east-1" }
resource "aws_x" "each" {
  for_each = toset(["eu-west-1", "us-east-1"])
  region   = each.key
}
resource "aws_x" "unknown" { region = var.where }
"#;

#[test]
fn a_resource_is_where_its_provider_and_its_own_argument_say() {
    let code = read_main(CODE);
    let with = |one: &str, other: &str, reach| {
        block(&code, &format!("aws_x.{one}")).site.is_with(&block(&code, &format!("aws_x.{other}")).site, reach)
    };
    for (other, region, account) in [
        ("same", Some(true), Some(true)),
        ("us", Some(false), Some(true)),
        ("open", None, Some(true)),
        ("logs", Some(false), Some(false)),
        ("undeclared", None, None),
        ("argument", Some(false), Some(true)),
        ("each[\"eu-west-1\"]", Some(true), Some(true)),
        ("each[\"us-east-1\"]", Some(false), Some(true)),
        ("unknown", None, Some(true)),
    ] {
        assert_eq!(with("here", other, Reach::Region), region, "{other}");
        assert_eq!(with("here", other, Reach::Account), account, "{other}");
    }
    assert_eq!(with("us", "argument", Reach::Region), Some(true));
    assert_eq!(with("logs", "listed", Reach::Region), Some(true));
    assert_eq!(with("undeclared", "undeclared", Reach::Region), Some(true));
}

#[test]
fn what_lies_elsewhere_is_shown_by_its_region_or_its_configuration() {
    let code = read_main(CODE);
    for (name, elsewhere) in [
        ("here", None),
        ("same", None),
        ("us", Some("us-east-1")),
        ("logs", Some("aws.logs")),
        ("argument", Some("us-east-1")),
        ("unknown", Some("another region")),
    ] {
        assert_eq!(block(&code, &format!("aws_x.{name}")).elsewhere.as_deref(), elsewhere, "{name}");
    }
}

#[test]
fn code_without_provider_blocks_is_in_one_place() {
    let code = read_main("resource \"aws_x\" \"a\" {}\nresource \"aws_x\" \"b\" {}");
    let site = &block(&code, "aws_x.a").site;
    assert_eq!(site.region, SitePart::Environment);
    assert_eq!(site.is_with(&block(&code, "aws_x.b").site, Reach::Region), Some(true));
}
