//! Terraform.

use super::*;

fn instance(text: &str, at: &str, value: Value) -> Result<String, String> {
    set(text, &resource("aws_instance", "i"), at, value)
}

#[test]
fn an_argument_stands_with_the_others_and_its_sign_below_theirs() {
    let text = "resource \"aws_instance\" \"i\" {\n  ami           = \"a\" # why\n  instance_type = \"t\"\n\n  tags = {}\n\n  root_block_device {\n    size = 1\n  }\n}\n";
    let after = instance(text, "ebs", json!(true)).unwrap();
    assert_eq!(after, text.replace("  tags = {}\n", "  tags = {}\n  ebs  = true\n"));
    let after = instance(text, "root_block_device.encrypted", json!(true)).unwrap();
    assert_eq!(after, text.replace("    size = 1\n", "    size      = 1\n    encrypted = true\n"));
}

#[test]
fn a_longer_argument_stands_apart_from_a_group_that_is_aligned() {
    let text = "resource \"aws_instance\" \"i\" {\n  ami  = \"a\"\n  type = \"t\"\n}\n";
    let after = instance(text, "monitoring", json!(true)).unwrap();
    assert_eq!(after, text.replace("  type = \"t\"\n", "  type = \"t\"\n\n  monitoring = true\n"));
}

#[test]
fn a_literal_is_replaced_where_it_stands() {
    let text = "# one\nresource aws_instance i {\n\tmonitoring=false // no\n}\n";
    assert_eq!(instance(text, "monitoring", json!(true)).unwrap(), text.replace("false", "true"));
    assert_eq!(instance(text, "monitoring", json!(false)).unwrap(), text, "the same stays");
    let text = "resource \"aws_instance\" \"i\" {\n  days = \"7\"\n}\n";
    assert_eq!(instance(text, "days", json!(7)).unwrap(), text, "Terraform takes a text for its number");
}

#[test]
fn an_empty_block_and_one_of_one_line_are_opened_up() {
    let after = instance("resource \"aws_instance\" \"i\" {}", "a.b", json!(1)).unwrap();
    assert_eq!(after, "resource \"aws_instance\" \"i\" {\n  a {\n    b = 1\n  }\n}");
    let after = instance("resource \"aws_instance\" \"i\" { ami = \"a\" }\n", "b", json!("x")).unwrap();
    assert_eq!(after, "resource \"aws_instance\" \"i\" {\n  ami = \"a\"\n  b = \"x\"\n}\n");
    let after = instance("resource \"aws_instance\" \"i\" {\n}\n", "b", json!("x")).unwrap();
    assert_eq!(after, "resource \"aws_instance\" \"i\" {\n  b = \"x\"\n}\n");
}

#[test]
fn each_nested_block_is_changed_and_none_is_made() {
    let text = "resource \"aws_instance\" \"i\" {\n  disk {\n    a = 1\n  }\n  disk {\n    e = false\n  }\n}\n";
    let after = instance(text, "disk[*].e", json!(true)).unwrap();
    assert_eq!(after, text.replace("    a = 1\n", "    a = 1\n    e = true\n").replace("false", "true"));
    assert_eq!(instance(text, "other[*].e", json!(true)).unwrap(), text);
}

#[test]
fn what_is_no_literal_is_named_and_stays() {
    let refused = |body: &str, at: &str| {
        instance(&format!("resource \"aws_instance\" \"i\" {{\n  {body}\n}}\n"), at, json!(true)).unwrap_err()
    };
    insta::assert_snapshot!(
        [
            refused("a = var.on", "a"),
            refused("a = local.on", "a"),
            refused("a = lookup(var.x, \"a\")", "a"),
            refused("a = var.x ? true : false", "a"),
            refused("a = \"${var.x}\"", "a"),
            refused("a = aws_vpc.v.id", "a"),
            refused("dynamic \"b\" {\n    for_each = []\n    content {}\n  }", "b.c"),
            refused("b = { c = 1 }", "b.c"),
            refused("b {}", "b"),
            instance("resource \"aws_instance\" \"other\" {}\n", "a", json!(true)).unwrap_err(),
            instance("resource \"aws_instance\" {", "a", json!(true)).unwrap_err(),
        ]
        .join("\n")
    );
}

#[test]
fn line_ends_a_mark_and_a_missing_end_of_line_are_kept() {
    let text = "\u{feff}resource \"aws_instance\" \"i\" {\r\n  ami = \"ü\"\r\n}";
    let after = instance(text, "a.b", json!(true)).unwrap();
    assert_eq!(after, text.replace("\"ü\"\r\n", "\"ü\"\r\n\r\n  a {\r\n    b = true\r\n  }\r\n"));
}

#[test]
fn an_argument_goes_behind_a_heredoc() {
    let text = "resource \"aws_instance\" \"i\" {\n  user_data = <<-EOF\n    }\n  EOF\n}\n";
    let after = instance(text, "a", json!(true)).unwrap();
    assert_eq!(after, text.replace("  EOF\n", "  EOF\n  a = true\n"));
}

#[test]
fn texts_are_escaped() {
    let after = instance("resource \"aws_instance\" \"i\" {}\n", "a", json!("\"${x}\\ %{y}\n")).unwrap();
    assert!(after.contains(r#"a = "\"$${x}\\ %%{y}\n""#), "{after}");
}

fn added(text: &str) -> String {
    let set = [
        (
            path("policy"),
            json!({ "$json": { "Statement": [{ "Effect": "Deny", "Resource": ["{{ block.arn }}", "{{ block.arn }}/*"] }] } }),
        ),
        (path("a.b"), json!(true)),
    ];
    let refer = [("bucket".to_owned(), "id".to_owned())];
    let new = hcl::NewCompanion { kind: "aws_s3_bucket_policy", refer: &refer, set: &set };
    applied(text, hcl::add_companion(text, &bucket("b"), "b", &new)).unwrap()
}

#[test]
fn a_companion_stands_behind_its_block_as_many_times_as_that() {
    let one = added("resource \"aws_s3_bucket\" \"b\" {\n}\n\nresource \"aws_vpc\" \"v\" {}\n");
    let counted = added("resource \"aws_s3_bucket\" \"b\" {\n  count    = 2\n  provider = aws.west\n}");
    let each = added("resource \"aws_s3_bucket\" \"b\" {\n  for_each = var.names\n}\n");
    insta::assert_snapshot!(format!("{one}\n---\n{counted}\n---\n{each}"));
}

#[test]
fn a_companion_is_found_by_what_it_refers_to() {
    let found = |text: &str| {
        hcl::companion(text, "aws_s3_bucket_policy", &["bucket"], &bucket("b")).unwrap().map(|target| match target {
            Target::Resource { name, .. } | Target::Module { name } => name,
        })
    };
    let policy = |body: &str| format!("resource \"aws_s3_bucket_policy\" \"p\" {{\n{body}\n}}\n");
    assert_eq!(found(&policy("bucket = aws_s3_bucket.b.id")).as_deref(), Some("p"));
    assert_eq!(found(&policy("bucket = aws_s3_bucket.b[count.index].id")).as_deref(), Some("p"));
    assert_eq!(found(&policy("for_each = aws_s3_bucket.b\nbucket = each.value.id")).as_deref(), Some("p"));
    assert_eq!(found(&policy("bucket = aws_s3_bucket.b2.id")), None);
    assert_eq!(found(&policy("bucket = data.aws_s3_bucket.b.id")), None);
    assert_eq!(found(&policy("other = aws_s3_bucket.b.id")), None);
}

#[test]
fn a_statement_is_added_to_the_policy_that_is_there() {
    let item = json!({ "Effect": "Deny", "Resource": "{{ block.arn }}/*" });
    let policy = |resource: &str, list: &str| {
        format!(
            "resource \"aws_s3_bucket_policy\" \"p\" {{\n  bucket = {resource}.id\n  policy = jsonencode({{\n    Statement = {list}\n  }})\n}}\n"
        )
    };
    let target = resource("aws_s3_bucket_policy", "p");
    let add =
        |text: &str| applied(text, hcl_list::append(text, &target, &["bucket"], &path("policy.Statement"), &item));
    let lines = policy("aws_s3_bucket.b", "[\n      { Effect = \"Allow\" }, # why\n    ]");
    let last = policy("aws_s3_bucket.b[count.index]", "[\n      {\n        Effect = \"Allow\"\n      }\n    ]");
    let one = policy("each.value", "[{ Effect = \"Allow\" }]");
    let added: Vec<String> = [&lines, &last, &one].iter().map(|text| add(text).unwrap()).collect();
    insta::assert_snapshot!(added.join("---\n"));
    assert!(add(&policy("aws_s3_bucket.b", "local.statements")).is_err());
    assert!(add(&policy("aws_s3_bucket.b", "[]")).is_err());
}
