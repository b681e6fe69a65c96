//! What is undecided in Terraform, and decides nothing: the verdict that holds in every way is the verdict.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::check::{folder, json, results, verdict};

/// Security groups and buckets that hang on variables without a value.
const UNDECIDED: &str = r#"
variable "ports" { type = list(number) }
variable "on" { type = bool }
resource "aws_security_group" "private" {
  name = "private"
  dynamic "ingress" {
    for_each = var.ports
    content {
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["10.0.0.0/8"]
    }
  }
}
resource "aws_security_group" "two" {
  name = "two"
  dynamic "ingress" {
    for_each = var.ports
    content {
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["10.0.0.0/8"]
    }
  }
  dynamic "ingress" {
    for_each = var.on ? ["10.1.0.0/16"] : []
    content {
      from_port   = 22
      to_port     = 22
      protocol    = "tcp"
      cidr_blocks = ["172.16.0.0/12"]
    }
  }
}
resource "aws_security_group" "open" {
  name = "open"
  dynamic "ingress" {
    for_each = var.ports
    iterator = each_port
    content {
      from_port   = 22
      to_port     = 22
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
      description = "port ${each_port.value}"
    }
  }
}
resource "aws_security_group" "beside" {
  name = "beside"
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
  dynamic "ingress" {
    for_each = var.ports
    content {
      from_port   = 443
      to_port     = 443
      protocol    = "tcp"
      cidr_blocks = ["10.0.0.0/8"]
    }
  }
}
resource "aws_s3_bucket" "weak" { bucket = "weak" }
resource "aws_s3_bucket_server_side_encryption_configuration" "weak" {
  count  = var.on ? 1 : 0
  bucket = aws_s3_bucket.weak.id
  dynamic "rule" {
    for_each = var.ports
    content {
      apply_server_side_encryption_by_default { sse_algorithm = "AES256" }
    }
  }
}
resource "aws_s3_bucket_lifecycle_configuration" "weak" {
  bucket = aws_s3_bucket.weak.id
  dynamic "rule" {
    for_each = var.ports
    content {
      id     = "r"
      status = "Disabled"
      dynamic "expiration" {
        for_each = var.on ? [1] : []
        content { days = 30 }
      }
    }
  }
}
resource "aws_s3_bucket" "either" { bucket = "either" }
resource "aws_s3_bucket_versioning" "either" {
  bucket = aws_s3_bucket.either.id
  versioning_configuration { status = var.on ? "Suspended" : "Disabled" }
}
resource "aws_s3_bucket_server_side_encryption_configuration" "either" {
  bucket = aws_s3_bucket.either.id
  rule {
    apply_server_side_encryption_by_default { sse_algorithm = var.on ? "AES256" : "aws:kms" }
  }
}
resource "aws_security_group" "rules" { name = "rules" }
resource "aws_security_group_rule" "rules" {
  count             = length(var.ports)
  security_group_id = aws_security_group.rules.id
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_blocks       = [var.on ? "10.0.0.0/8" : "192.168.0.0/16"]
}
"#;

/// Every verdict, by control and address.
fn verdicts(check: &Value) -> BTreeMap<(String, String), String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    results(check)
        .iter()
        .map(|result| ((text(&result["control"]), text(&result["resource"]["address"])), text(&result["verdict"])))
        .collect()
}

#[test]
fn what_is_decided_is_so_whatever_the_variables_are() {
    let estate = folder("main.tf", UNDECIDED);
    let (_, open) = json(estate.path(), &["."]);
    let open = verdicts(&open);
    let mut differ: BTreeMap<(String, String), String> = BTreeMap::new();
    for ports in ["[]", "[22]", "[22, 3389]", "[443, 8080, 9090]"] {
        for on in ["true", "false"] {
            let given = [format!("ports={ports}"), format!("on={on}")];
            let (_, check) = json(estate.path(), &[".", "--var", &given[0], "--var", &given[1]]);
            for ((control, address), verdict) in verdicts(&check) {
                // What there are several of has a key once their number is known.
                let Some(said) = open.get(&(control.clone(), address.clone())) else { continue };
                if said != "not_evaluated" {
                    assert_eq!(*said, verdict, "{control} on {address} with {given:?}");
                } else if differ.get(&(control.clone(), address.clone())).is_some_and(|other| *other != verdict) {
                    differ.insert((control, address), "differs".to_owned());
                } else {
                    differ.entry((control, address)).or_insert(verdict);
                }
            }
        }
    }
    // And what is not decided differs.
    assert!(!differ.is_empty());
    for ((control, address), verdict) in &differ {
        assert_eq!(verdict, "differs", "{control} on {address} is always the same");
    }
}

#[test]
fn what_can_be_decided_is_and_the_rest_says_what_it_hangs_on() {
    let estate = folder("main.tf", UNDECIDED);
    let (_, check) = json(estate.path(), &["."]);
    for (control, address, wanted) in [
        ("sg-no-ssh-from-internet", "aws_security_group.private", "pass"),
        ("sg-no-ssh-from-internet", "aws_security_group.two", "pass"),
        ("sg-no-ssh-from-internet", "aws_security_group.beside", "fail"),
        ("sg-no-ssh-from-internet", "aws_security_group.rules", "pass"),
        ("s3-kms-encryption", "aws_s3_bucket.weak", "fail"),
        ("s3-lifecycle", "aws_s3_bucket.weak", "fail"),
        ("s3-versioning", "aws_s3_bucket.either", "fail"),
    ] {
        assert_eq!(verdict(&check, control, address), Some(wanted), "{control} on {address}");
    }
    let reasons: Vec<String> = results(&check)
        .iter()
        .filter(|result| result["verdict"] == "not_evaluated")
        .map(|result| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            format!(
                "{} {}: {}",
                text(&result["control"]),
                text(&result["resource"]["address"]),
                text(&result["reason"])
            )
        })
        .collect();
    insta::assert_snapshot!(reasons.join("\n"));
}

#[test]
fn what_two_buckets_hang_on_is_not_taken_for_one() {
    let estate = folder(
        "main.tf",
        r#"
variable "a" { type = bool }
variable "b" { type = bool }
resource "aws_s3_bucket" "x" { bucket = "x" }
resource "aws_s3_bucket_public_access_block" "x" {
  count                   = var.a ? 1 : 0
  bucket                  = aws_s3_bucket.x.id
  block_public_acls       = var.b
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
resource "aws_s3_bucket" "y" { bucket = "y" }
resource "aws_s3_bucket_public_access_block" "y" {
  count                   = var.a ? 1 : 0
  bucket                  = aws_s3_bucket.y.id
  block_public_acls       = var.a ? true : false
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
"#,
    );
    let (_, check) = json(estate.path(), &["."]);
    assert_eq!(verdict(&check, "s3-block-public-acls", "aws_s3_bucket.x"), Some("not_evaluated"));
    assert_eq!(verdict(&check, "s3-block-public-policy", "aws_s3_bucket.x"), Some("pass"));
    assert_eq!(verdict(&check, "s3-block-public-policy", "aws_s3_bucket.y"), Some("pass"));
}

#[test]
fn what_a_data_source_looks_up_by_name_is_the_block_of_that_name_and_no_other() {
    let estate = folder(
        "main.tf",
        r#"
variable "name" { type = string }
data "aws_s3_bucket" "other" { bucket = "other" }
data "aws_s3_bucket" "mine" { bucket = "mine" }
data "aws_s3_bucket" "any" { bucket = var.name }
resource "aws_s3_bucket" "mine" { bucket = "mine" }
resource "aws_s3_bucket_policy" "other" {
  bucket = data.aws_s3_bucket.other.id
  policy = jsonencode({ Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::other/*" }] })
}
resource "aws_s3_bucket_versioning" "mine" {
  bucket = data.aws_s3_bucket.mine.id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_logging" "any" {
  bucket        = data.aws_s3_bucket.any.id
  target_bucket = "logs"
  target_prefix = ""
}
"#,
    );
    let (_, check) = json(estate.path(), &["."]);
    for (control, wanted) in
        [("s3-policy-no-public-principal", "pass"), ("s3-versioning", "pass"), ("s3-access-logging", "not_evaluated")]
    {
        assert_eq!(verdict(&check, control, "aws_s3_bucket.mine"), Some(wanted), "{control}");
    }
}

#[test]
fn a_row_of_a_mapping_that_is_not_known_decides_where_every_row_comes_to_the_same() {
    let template = |third: &str| {
        let rows: Vec<String> = (1..=12).map(|n| format!("    region-{n}: {{Image: ami-{n:08}}}")).collect();
        let rows = rows.join("\n");
        format!(
            "Mappings:\n  Images:\n{rows}\n    region-x: {{Image: \"{third}\"}}\nResources:\n  I:\n    Type: AWS::EC2::Instance\n    \
             Properties:\n      ImageId: !FindInMap [Images, !Ref AWS::Region, Image]\n"
        )
    };
    let said = |third: &str| {
        let estate = folder("t.yaml", &template(third));
        let (_, check) = json(estate.path(), &["."]);
        verdict(&check, "ec2-imdsv2", "I").map(ToOwned::to_owned)
    };
    assert_eq!(said("ami-x").as_deref(), Some("fail"));
    assert_eq!(said("{{resolve:ssm:/image}}").as_deref(), Some("not_evaluated"));
}
