use super::*;

const BUCKETS: &str = r#"
resource "aws_s3_bucket" "one" {
  bucket = "one"
  logging {
    target_bucket = "logs"
  }
}
resource "aws_s3_bucket" "open" {
  bucket = "x-${var.u}"
}
resource "aws_s3_bucket" "many" {
  for_each = toset(["a", "b"])
  bucket   = each.key
}
resource "aws_kms_key" "counted" {
  count = 2
}
variable "u" {}
"#;

#[test]
fn an_attribute_is_what_is_written_or_else_a_reference() {
    for (expression, value) in [
        ("aws_s3_bucket.one.bucket", "\"one\""),
        ("aws_s3_bucket.one.arn", "?(apply aws_s3_bucket.one.arn @aws_s3_bucket.one.arn)"),
        ("resource.aws_s3_bucket.one.id", "?(apply aws_s3_bucket.one.id @aws_s3_bucket.one.id)"),
        ("aws_s3_bucket.many[\"a\"].bucket", "\"a\""),
        ("aws_s3_bucket.many[\"b\"].id", "?(apply aws_s3_bucket.many[\"b\"].id @aws_s3_bucket.many[\"b\"].id)"),
        ("aws_kms_key.counted[1].arn", "?(apply aws_kms_key.counted[1].arn @aws_kms_key.counted[1].arn)"),
        ("aws_kms_key.counted.1.arn", "?(apply aws_kms_key.counted[1].arn @aws_kms_key.counted[1].arn)"),
        ("try(aws_kms_key.counted[2].arn, \"none\")", "\"none\""),
        ("length(aws_kms_key.counted)", "2"),
        ("keys(aws_s3_bucket.many)", "[\"a\", \"b\"]"),
        ("values(aws_s3_bucket.many)[*].bucket", "[\"a\", \"b\"]"),
        ("[for k, b in aws_s3_bucket.many : b.bucket if k != \"a\"]", "[\"b\"]"),
        ("aws_s3_bucket.one[*].bucket", "[\"one\"]"),
        ("one(aws_s3_bucket.one[*].id)", "?(apply aws_s3_bucket.one.id @aws_s3_bucket.one.id)"),
        ("aws_s3_bucket.none.id", "?(open aws_s3_bucket.none.id @aws_s3_bucket.none[*].id)"),
        (
            "aws_s3_bucket.one.website[0].domain",
            "?(apply aws_s3_bucket.one.website[0].domain @aws_s3_bucket.one.website.domain)",
        ),
        ("aws_s3_bucket.one.logging[0].id", "?(apply aws_s3_bucket.one.logging.0.id @aws_s3_bucket.one.logging.0.id)"),
        ("aws_s3_bucket.one.logging[0].target_bucket", "\"logs\""),
    ] {
        assert_eq!(evaluated(expression, BUCKETS), value, "{expression}");
    }
}

#[test]
fn an_attribute_that_is_written_and_not_known_is_still_that_attribute() {
    assert_eq!(
        evaluated("aws_s3_bucket.open.bucket", BUCKETS),
        "?(open aws_s3_bucket.open.bucket @aws_s3_bucket.open.bucket)"
    );
    assert_eq!(
        evaluated("aws_x.y.name", "variable \"u\" {}\nresource \"aws_x\" \"y\" { name = var.u }"),
        "?(open var.u @aws_x.y.name)"
    );
    // A value passed on is the attribute it comes from, too.
    assert_eq!(
        evaluated("aws_x.y.key", &format!("{BUCKETS}\nresource \"aws_x\" \"y\" {{ key = aws_s3_bucket.one.arn }}")),
        "?(apply aws_s3_bucket.one.arn @aws_x.y.key @aws_s3_bucket.one.arn)"
    );
}

#[test]
fn references_pass_through_names_texts_and_functions() {
    let rest = format!("{BUCKETS}\nlocals {{\n arn = aws_s3_bucket.one.arn\n list = [local.arn]\n}}");
    for (expression, value) in [
        ("local.arn", "?(apply aws_s3_bucket.one.arn @aws_s3_bucket.one.arn)"),
        ("local.list[0]", "?(apply aws_s3_bucket.one.arn @aws_s3_bucket.one.arn)"),
        ("\"${local.arn}/*\"", "<?(apply aws_s3_bucket.one.arn @aws_s3_bucket.one.arn) \"/*\">"),
        ("tostring(local.arn)", "?(apply aws_s3_bucket.one.arn @aws_s3_bucket.one.arn)"),
        ("true ? local.arn : null", "?(apply aws_s3_bucket.one.arn @aws_s3_bucket.one.arn)"),
        ("coalesce(local.arn, \"x\")", "?(apply aws_s3_bucket.one.arn @aws_s3_bucket.one.arn)"),
        ("local.arn != null", "true"),
        ("local.arn != \"\" ? 1 : 2", "1"),
        ("local.arn == aws_s3_bucket.one.arn", "true"),
    ] {
        assert_eq!(evaluated(expression, &rest), value, "{expression}");
    }
    let split = evaluated("split(\":\", local.arn)", &rest);
    assert!(split.contains("~aws_s3_bucket.one.arn"), "{split}");
}

#[test]
fn whole_resources_pass_through_for_each_variables_and_outputs() {
    let estate = Estate::of(&[
        (
            "main.tf",
            r#"
            resource "aws_s3_bucket" "b" {
              for_each = toset(["x", "y"])
              bucket   = "b-${each.key}"
            }
            resource "aws_s3_bucket_versioning" "v" {
              for_each = aws_s3_bucket.b
              bucket   = each.value.id
              name     = each.value.bucket
            }
            resource "aws_kms_key" "k" {
              description = "d"
            }
            module "m" {
              source = "./m"
              key    = aws_kms_key.k
            }
            resource "t" "x" {
              v = module.m.key.arn
              w = module.m.key.description
            }
            "#,
        ),
        (
            "m/main.tf",
            r#"
            variable "key" { type = object({ arn = string, description = string }) }
            resource "aws_sns_topic" "t" { kms = var.key.arn }
            output "key" { value = var.key }
            "#,
        ),
    ]);
    let code = estate.read();
    assert_eq!(code.problems, []);
    assert_eq!(
        shown(&code, "aws_s3_bucket_versioning.v[\"x\"]", "bucket"),
        "?(apply aws_s3_bucket.b[\"x\"].id @aws_s3_bucket.b[\"x\"].id)"
    );
    assert_eq!(shown(&code, "aws_s3_bucket_versioning.v[\"y\"]", "name"), "\"b-y\"");
    assert_eq!(shown(&code, "module.m.aws_sns_topic.t", "kms"), "?(apply aws_kms_key.k.arn @aws_kms_key.k.arn)");
    assert_eq!(shown(&code, "t.x", "v"), "?(apply aws_kms_key.k.arn @aws_kms_key.k.arn)");
    assert_eq!(shown(&code, "t.x", "w"), "\"d\"");
}

#[test]
fn a_whole_resource_as_a_value_has_no_hidden_member() {
    let code = read_main("resource \"a_b\" \"c\" { n = 1 }\nresource \"t\" \"x\" { v = [a_b.c] }");
    assert_eq!(shown(&code, "t.x", "v"), "[{n: 1}]");
}

#[test]
fn data_sources_are_unknown_but_for_what_the_code_tells() {
    let rest = r#"
        data "aws_caller_identity" "me" {}
        data "aws_partition" "p" {}
        data "aws_service_principal" "s" { service_name = "ec2" }
        data "aws_service_principal" "v" { service_name = var.service }
        data "aws_s3_bucket" "b" { bucket = "known" }
        data "aws_kms_alias" "k" { name = "alias/aws/rds" }
        data "aws_iam_policy_document" "d" {
          statement {
            actions   = ["s3:*"]
            resources = [aws_s3_bucket.one.arn]
          }
        }
        resource "aws_s3_bucket" "one" {}
        data "aws_iam_policy_document" "e" {
          for_each = toset(["k"])
          statement { actions = [each.key] }
        }
    "#;
    for (expression, value) in [
        (
            "data.aws_caller_identity.me.account_id",
            "?(apply data.aws_caller_identity.me.account_id @data.aws_caller_identity.me.account_id)",
        ),
        ("data.aws_partition.p.partition", "\"aws\""),
        ("data.aws_service_principal.s.name", "\"ec2.amazonaws.com\""),
        (
            "data.aws_service_principal.v.name",
            "?(apply data.aws_service_principal.v.name @data.aws_service_principal.v.name)",
        ),
        ("data.aws_s3_bucket.b.bucket", "\"known\""),
        (
            "data.aws_kms_alias.k.target_key_arn",
            "?(apply data.aws_kms_alias.k.target_key_arn of alias/aws/rds @data.aws_kms_alias.k.target_key_arn)",
        ),
        ("data.aws_s3_bucket.b.arn", "?(apply data.aws_s3_bucket.b.arn @data.aws_s3_bucket.b.arn)"),
    ] {
        assert_eq!(evaluated(expression, rest), value, "{expression}");
    }
    let document = evaluated("data.aws_iam_policy_document.d.json", rest);
    assert!(document.starts_with("json {") && document.contains("@aws_s3_bucket.one.arn"), "{document}");
    let documents = evaluated("values(data.aws_iam_policy_document.e)[*].json", rest);
    assert!(documents.starts_with("[json {"), "{documents}");
}

#[test]
fn circles_are_unknown_and_end() {
    for rest in [
        "locals {\n a = local.b\n b = local.c\n c = local.a\n}",
        "locals { a = [local.a] }",
        "locals { a = t.y.v }\nresource \"t\" \"y\" { v = local.a }",
    ] {
        let value = evaluated("local.a", rest);
        assert!(value.contains("depends on itself") || value.contains("?("), "{rest}: {value}");
    }
    let code = read_main("locals { a = t.y[0].v }\nresource \"t\" \"y\" {\n count = local.a\n v = 1\n}");
    assert!(block(&code, "t.y").uncertain.is_some());
    let code = read_main("resource \"t\" \"x\" {\n v = t.x.w\n w = t.x.v\n}");
    assert_eq!(shown(&code, "t.x", "v"), "?(apply t.x.w @t.x.w)");
}

#[test]
fn sensitive_values_never_show() {
    let estate = Estate::of(&[
        (
            "main.tf",
            r#"
            variable "pw" {
              sensitive = true
              default   = "hunter2"
            }
            variable "map" {
              sensitive = true
              default   = { user = "hunter2", port = 1, nothing = null }
            }
            module "m" { source = "./m" }
            resource "t" "x" {
              a = var.pw
              b = "pre-${var.pw}"
              c = upper(var.pw)
              d = var.map
              e = sensitive("hunter2")
              f = nonsensitive(module.m.secret)
              g = var.pw == "hunter2" ? "hunter2" : "x"
              h = module.m.secret
              i = jsonencode({ p = var.pw })
              j = base64encode("x${var.pw}")
            }
            "#,
        ),
        ("m/main.tf", "output \"secret\" {\n value = \"hunter2\"\n sensitive = true\n}"),
    ]);
    let code = estate.read();
    let all = format!("{:?} {:?} {:?}", code.deployments, code.problems, code.ignores);
    assert!(!all.contains("hunter2") && !all.contains("HUNTER2"), "{all}");
    assert_eq!(shown(&code, "t.x", "a"), "?(secret var.pw)");
    assert_eq!(
        shown(&code, "t.x", "d"),
        "{port: ?(secret var.map), user: ?(secret var.map)}".replace("{port", "{nothing: null, port")
    );
    for name in ["b", "c", "e", "f", "g", "h", "i", "j"] {
        assert!(shown(&code, "t.x", name).contains("secret"), "{name}: {}", shown(&code, "t.x", name));
    }
}

#[test]
fn what_a_module_says_to_be_no_secret_is_known() {
    let estate = Estate::of(&[
        (
            "main.tf",
            r#"
            variable "region" {
              sensitive = true
              default   = "eu-west-1"
            }
            variable "given" {
              sensitive = true
            }
            variable "secret" {
              sensitive = true
              default   = "hunter2"
            }
            module "m" {
              source = "./m"
              value  = var.secret
            }
            resource "t" "x" {
              a = nonsensitive(var.region)
              b = nonsensitive(var.given)
              c = var.region
            }
            "#,
        ),
        (
            "m/main.tf",
            "variable \"value\" {\n sensitive = true\n}\nresource \"t\" \"y\" {\n a = nonsensitive(var.value)\n}",
        ),
    ]);
    let code = estate.read();
    assert_eq!(shown(&code, "t.x", "a"), "\"eu-west-1\"");
    assert_eq!(shown(&code, "t.x", "b"), "?(open var.given)");
    assert!(shown(&code, "t.x", "c").contains("secret"));
    assert!(shown(&code, "module.m.t.y", "a").contains("secret"), "it was a secret before it was given");
}

#[test]
fn a_policy_document_that_nothing_uses_is_a_block() {
    let text = r#"
data "aws_iam_policy_document" "alone" {
  statement {
    actions   = ["*"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "used" {
  statement {
    actions   = ["s3:*"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
  }
}
data "aws_iam_policy_document" "empty" {}
output "used" {
  value = data.aws_iam_policy_document.used.json
}
# tickmark:ignore iam-no-admin-policy reason="an example" until=2030-01-31
data "aws_iam_policy_document" "use" {
  source_policy_documents = [data.aws_iam_policy_document.used.json]
}
"#;
    let code = read_main(text);
    assert_eq!(addresses(&code), ["data.aws_iam_policy_document.alone", "data.aws_iam_policy_document.use"]);
    let alone = block(&code, "data.aws_iam_policy_document.alone");
    assert_eq!((&*alone.kind, alone.place.line), ("data.aws_iam_policy_document", 2));
    let statement = r#"Statement: [{Action: "*", Effect: "Allow", Resource: "*"}]"#;
    let policy = shown(&code, "data.aws_iam_policy_document.alone", "policy");
    assert!(policy.contains(statement), "{policy}");
    assert_eq!(block(&code, "data.aws_iam_policy_document.use").ignores.len(), 1);
}
