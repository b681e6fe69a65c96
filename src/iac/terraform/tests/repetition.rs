use super::*;

#[test]
fn count_and_for_each_make_instances_with_their_keys() {
    let code = read_main(
        r#"
        resource "t" "none" { count = 0 }
        resource "t" "two" {
          count = "2"
          v     = count.index
        }
        resource "t" "map" {
          for_each = { b = 1, a = 2 }
          v        = "${each.key}${each.value}"
        }
        resource "t" "set" {
          for_each = toset(["x \"q\"", "y"])
          v        = each.value
        }
        "#,
    );
    assert_eq!(code.problems, []);
    assert_eq!(
        addresses(&code),
        ["t.two[0]", "t.two[1]", "t.map[\"a\"]", "t.map[\"b\"]", "t.set[\"x \\\"q\\\"\"]", "t.set[\"y\"]"]
    );
    assert_eq!(shown(&code, "t.two[1]", "v"), "1");
    assert_eq!(shown(&code, "t.map[\"a\"]", "v"), "\"a2\"");
    assert_eq!(block(&code, "t.map[\"a\"]").key.as_deref(), Some("\"a\""));
    assert_eq!(block(&code, "t.two[1]").key.as_deref(), Some("1"));
}

#[test]
fn what_is_repeated_an_unknown_number_of_times_is_there_once_and_says_so() {
    let code = read_main(
        r#"
        variable "n" {}
        variable "m" {}
        resource "t" "counted" {
          count = var.n
          v     = count.index
        }
        resource "t" "each" {
          for_each = var.m
          k        = each.key
          v        = each.value.size
        }
        resource "t" "half" {
          for_each = toset(["a", var.n])
          v        = each.key
        }
        resource "t" "bad" { count = "many" }
        resource "t" "sees" {
          a = t.counted[0].v
          b = t.counted[*].id
          c = t.each["k"].id
          d = t.each
        }
        "#,
    );
    assert_eq!(code.problems, []);
    for (address, reason) in
        [("t.counted", "count = var.n"), ("t.each", "for_each = var.m"), ("t.bad", "count = \"…\": not a whole number")]
    {
        let block = block(&code, address);
        assert_eq!(block.uncertain.as_ref().map(|uncertain| uncertain.unknown().shown.as_str()), Some(reason));
        assert_eq!(block.key, None);
    }
    assert_eq!(shown(&code, "t.each", "v"), "?(open var.m.*.size)");
    assert_eq!(addresses(&code).iter().filter(|address| address.starts_with("t.half")).count(), 2);
    assert_eq!(block(&code, "t.half[\"a\"]").uncertain, None);
    assert!(block(&code, "t.half").uncertain.is_some());
    assert_eq!(shown(&code, "t.sees", "b"), "?(apply t.counted.id @t.counted.id)");
    assert_eq!(shown(&code, "t.sees", "c"), "?(apply t.each.id @t.each.id)");
    assert_eq!(shown(&code, "t.sees", "d"), "?(open t.each @t.each.)");
}

#[test]
fn resources_under_for_each_without_their_variables_are_not_dropped() {
    // As in the complaint that a scan without its tfvars file silently finds less.
    let code = read_main(
        r#"
        variable "buckets" { type = map(object({ public = bool })) }
        resource "aws_s3_bucket" "b" {
          for_each = var.buckets
          bucket   = each.key
          acl      = each.value.public ? "public-read" : "private"
        }
        "#,
    );
    let block = block(&code, "aws_s3_bucket.b");
    assert!(block.uncertain.is_some());
    assert!(shown(&code, "aws_s3_bucket.b", "acl").starts_with("?(open"));
}

#[test]
fn nested_blocks_are_lists_and_dynamic_ones_are_written_out() {
    let code = read_main(
        r#"variable "u" {}
resource "t" "x" {
  rule {
    a = 1
  }
  dynamic "rule" {
    for_each = { p = 22, q = 443 }
    iterator = it
    content {
      a = it.value
      dynamic "inner" {
        for_each = [it.key]
        content {
          b = "${it.key}${inner.value}${inner.key}"
        }
      }
    }
  }
  dynamic "open" {
    for_each = var.u
    content {
      a = open.value
    }
  }
  dynamic "none" {
    for_each = []
    content {}
  }
  one { a = 1 }
}
"#,
    );
    assert_eq!(code.problems, []);
    assert_eq!(
        shown(&code, "t.x", "rule"),
        "[{a: 1}, {a: 22, inner: [{b: \"pp0\"}]}, {a: 443, inner: [{b: \"qq0\"}]}]"
    );
    assert_eq!(shown(&code, "t.x", "open"), "[?(open elements of dynamic open: for_each = var.u)]");
    assert_eq!(shown(&code, "t.x", "none"), "absent");
    let spans = &block(&code, "t.x").spans;
    assert_eq!(spans["rule/0"], (3, 5));
    assert_eq!(spans["rule/1"], (9, 17));
    assert_eq!(spans["rule/2/a"], (10, 10));
    assert_eq!(spans["rule/2/inner/0/b"], (14, 14));
    assert_eq!(spans["open/0"], (19, 24));
    assert_eq!(spans["one/0/a"], (29, 29));
}

#[test]
fn places_are_lines_of_the_file_and_meta_arguments_are_no_arguments() {
    let code = read_main(
        "\n\nresource \"aws_x\" \"y\" {\n  provider = aws.us\n  count = 1\n  depends_on = [aws_x.z]\n  name = [\n    1,\n  ]\n  text = <<EOT\na\nEOT\n  lifecycle {\n    prevent_destroy = true\n  }\n  provisioner \"local-exec\" {}\n  connection {}\n  timeouts {}\n}\n",
    );
    let block = block(&code, "aws_x.y[0]");
    assert_eq!((&*block.place.file, block.place.line, block.place.end_line), ("infra/main.tf", 3, 19));
    assert_eq!(show(&block.body), "{name: [1], text: \"a\\n\"}");
    assert_eq!(block.spans["name"], (7, 9));
    assert_eq!(block.spans["text"], (10, 12));
    assert_eq!(block.elsewhere.as_deref(), Some("aws.us"));
    assert_eq!(code.files.keys().map(|file| &**file).collect::<Vec<_>>(), ["infra/main.tf"]);
}

#[test]
fn blocks_that_are_no_resources_are_passed_over() {
    let code = read_main(
        r#"
        terraform { required_version = ">= 1.0" }
        moved {
          from = a.b
          to   = a.c
        }
        removed { from = a.d }
        import {
          to = a.e
          id = "x"
        }
        check "c" {
          assert {
            condition     = true
            error_message = "x"
          }
        }
        ephemeral "x" "y" {}
        provider "aws" { region = "eu-west-1" }
        data "a" "b" {}
        resource "t" "x" { v = null }
        "#,
    );
    assert_eq!(code.problems, []);
    assert_eq!(addresses(&code), ["t.x"]);
    assert_eq!(show(&block(&code, "t.x").body), "{}");
}
