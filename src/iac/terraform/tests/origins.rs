//! What tells unknown values apart: not how they are shown, but where they come from.

use super::*;
use crate::iac::deployment::Uncertain;

const VARIABLES: &str = r#"
variable "a" {}
variable "b" {}
variable "list" {}
locals {
  short = var.a == "x" ? "one" : "two"
}
"#;

/// Whether the two expressions have the same origin, and whether they are certainly one value.
fn compared(one: &str, other: &str) -> (bool, bool) {
    let code = read_main(&format!("resource \"t\" \"x\" {{\n  one = {one}\n  other = {other}\n}}\n{VARIABLES}"));
    assert_eq!(code.problems, [], "{one}, {other}");
    let body = &block(&code, "t.x").body;
    match (body.get("one"), body.get("other")) {
        (Some(Value::Unknown(one)), Some(Value::Unknown(other))) => {
            (one.origin.is_identified() && one.origin == other.origin, one.origin.is_same(&other.origin))
        }
        (one, other) => panic!("{one:?}, {other:?}"),
    }
}

#[test]
fn the_same_expression_of_the_same_is_the_same() {
    for (one, other) in [
        ("var.a", "var.a"),
        ("var.list[0]", "var.list[\"0\"]"),
        ("replace(var.a, \"-\", \"_\")", "replace(var.a, \"-\", \"_\")"),
        ("local.short", "var.a == \"x\" ? \"one\" : \"two\""),
        ("aws_x.y.id", "aws_x.y.id"),
        ("[for x in var.list : x if x != \"a\"]", "[for x in var.list : x if x != \"a\"]"),
        ("var.a.b.c", "var.a.b.c"),
        ("path.cwd", "path.cwd"),
    ] {
        assert_eq!(compared(one, other), (true, true), "{one}, {other}");
    }
}

#[test]
fn expressions_that_are_shown_alike_are_told_apart() {
    for (one, other) in [
        ("var.a == \"x\" ? 1 : 2", "var.a == \"y\" ? 1 : 2"),
        ("replace(var.a, \"-\", \"_\")", "replace(var.a, \"-\", \".\")"),
        ("[for x in var.list : x if x != \"a\"]", "[for x in var.list : x if x != \"b\"]"),
        ("{ for x in var.list : x => 1 }", "{ for x in var.list : x => 2 }"),
        ("var.list[0]", "var.list[1]"),
        ("slice(concat([var.a], var.list), 1, 2)[0]", "var.list[1]"),
        ("lookup({ x = 1 }, var.a, 2)", "lookup({ x = 1 }, var.a, 3)"),
        ("tomap({ x = var.a, y = var.b })[var.a]", "tomap({ x = var.b, y = var.a })[var.a]"),
        ("uuid()", "uuid()"),
        ("upper(timestamp())", "upper(timestamp())"),
        ("var.a ? uuid() : \"x\"", "var.a ? uuid() : \"x\""),
        ("[for x in var.list : bcrypt(x)]", "[for x in var.list : bcrypt(x)]"),
    ] {
        assert_eq!(compared(one, other), (false, false), "{one}, {other}");
    }
}

#[test]
fn a_long_expression_is_told_from_another_by_what_is_not_shown() {
    let long =
        |last: &str| format!("join(\"\", [{}, {last}]) == var.a ? var.b : \"\"", vec!["var.list[0]"; 60].join(", "));
    assert_eq!(compared(&long("var.a"), &long("var.a")), (true, true));
    assert_eq!(compared(&long("var.a"), &long("var.b")), (false, false));
    let deep = |last: &str| format!("var.a{}.{last}", ".member".repeat(60));
    assert_eq!(compared(&deep("x"), &deep("x")), (true, true));
    assert_eq!(compared(&deep("x"), &deep("y")), (false, false));
}

#[test]
fn what_a_name_means_is_asked_where_it_stands() {
    let code = read_main(
        r#"
        variable "u" {}
        resource "t" "x" {
          v = [for x in [var.u.a, var.u.b] : x == "q" ? 1 : 2]
          w = [for x in [var.u.a, var.u.a] : x == "q" ? 1 : 2]
        }
        resource "t" "each" {
          for_each = { a = "p", b = "q" }
          v        = [for x in var.u : x if x == each.value]
        }
        "#,
    );
    let origins = |address: &str, name: &str| match block(&code, address).body.get(name) {
        Some(Value::List(items)) => items.iter().map(Origin::of).collect::<Vec<_>>(),
        Some(other) => vec![Origin::of(other)],
        None => panic!("{name} is absent"),
    };
    let (v, w) = (origins("t.x", "v"), origins("t.x", "w"));
    assert_ne!(v[0], v[1]);
    assert_eq!((&w[0], w[0].is_identified()), (&w[1], true));
    assert_ne!(origins("t.each[\"a\"]", "v"), origins("t.each[\"b\"]", "v"));
}

#[test]
fn what_each_instance_has_is_the_same_where_the_collection_is_and_no_one_value() {
    let code = read_main(
        r#"
        variable "m" {}
        variable "n" {}
        resource "t" "one" {
          for_each = var.m
          v        = each.value.name
          k        = each.key
          differs  = t.two["a"].v == each.value.name
        }
        resource "t" "two" {
          for_each = var.m
          v        = each.value.name
          k        = each.key
        }
        resource "t" "three" {
          for_each = var.n
          k        = each.key
        }
        resource "t" "four" {
          count = length(var.m)
          v     = var.m[count.index]
          same  = t.five[0].id == t.five[1].id
        }
        resource "t" "five" {
          count = length(var.m)
          v     = var.m[count.index]
        }
        "#,
    );
    let origin = |address: &str, name: &str| Origin::of(block(&code, address).body.get(name).expect("a value"));
    for (one, other, name) in [("t.one", "t.two", "v"), ("t.one", "t.two", "k"), ("t.four", "t.five", "v")] {
        assert!(origin(one, name).is_identified());
        assert_eq!(origin(one, name), origin(other, name));
        assert!(!origin(one, name).is_same(&origin(other, name)));
    }
    assert_ne!(origin("t.one", "k"), origin("t.three", "k"));
    assert!(shown(&code, "t.one", "differs").starts_with("?(open"), "another instance has another");
    assert!(shown(&code, "t.four", "same").starts_with("?("), "another instance has another");
}

#[test]
fn blocks_are_there_in_the_same_cases_where_what_decides_is_the_same() {
    let code = read_main(
        r#"
        variable "on" {}
        variable "m" {}
        locals { on = var.on }
        resource "t" "a" { count = var.on ? 1 : 0 }
        resource "t" "b" { count = local.on ? 1 : 0 }
        resource "t" "c" { count = var.on ? 0 : 1 }
        resource "t" "d" { for_each = { for k, v in var.m : k => v } }
        resource "t" "e" { for_each = { for k, v in var.m : k => v } }
        resource "t" "f" { for_each = { for k, v in var.m : k => v if v.on } }
        resource "t" "g" { for_each = t.d }
        resource "t" "h" { count = length(t.a) }
        resource "t" "i" { count = length(t.a) - 1 }
        "#,
    );
    let of = |address: &str| -> Uncertain { block(&code, address).uncertain.clone().expect("uncertain") };
    assert!(of("t.a").is_same(&of("t.b")));
    assert!(!of("t.a").is_same(&of("t.c")));
    assert!(of("t.d").is_same(&of("t.e")));
    assert!(!of("t.d").is_same(&of("t.f")), "another filter, which is shown alike");
    assert!(of("t.g").is_for_each_of("t.d") && !of("t.g").is_for_each_of("t.a"));
    assert!(of("t.h").is_for_each_of("t.a"));
    assert!(!of("t.i").is_for_each_of("t.a"));
}

#[test]
fn text_that_may_write_quotation_marks_says_so() {
    let writes = |expression: &str| {
        let code = read_main(&format!("resource \"t\" \"x\" {{\n  v = {expression}\n}}\n{VARIABLES}"));
        match block(&code, "t.x").body.get("v") {
            Some(Value::Unknown(unknown)) => unknown.writes_quotes,
            other => panic!("{other:?}"),
        }
    };
    assert!(writes("join(\"\\\",\\\"\", var.list)"));
    assert!(writes("upper(join(\"\\\",\\\"\", var.list))"));
    assert!(!writes("join(\",\", var.list)"));
}
