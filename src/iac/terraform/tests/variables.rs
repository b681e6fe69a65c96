use super::*;

#[test]
fn the_later_of_several_values_counts_in_the_order_terraform_documents() {
    let main = r#"
        variable "v" { default = "default" }
        resource "t" "x" { v = var.v }
    "#;
    let mut files = vec![("main.tf", main)];
    let value = |files: &[(&str, &str)], options: &Options| {
        let code = Estate::of(files).read_with(options);
        assert_eq!(code.problems, []);
        shown(&code, "t.x", "v")
    };
    assert_eq!(value(&files, &Options::default()), "\"default\"");
    let environment = options(&[], &[("TF_VAR_v", "environment")]);
    assert_eq!(value(&files, &environment), "\"environment\"");
    files.push(("terraform.tfvars", "v = \"tfvars\""));
    assert_eq!(value(&files, &environment), "\"tfvars\"");
    files.push(("terraform.tfvars.json", r#"{"v": "json ${x}"}"#));
    assert_eq!(value(&files, &environment), "\"json ${x}\"");
    files.push(("a.auto.tfvars", "v = \"a\""));
    assert_eq!(value(&files, &environment), "\"a\"");
    files.push(("b.auto.tfvars.json", r#"{"v": "b"}"#));
    assert_eq!(value(&files, &environment), "\"b\"");
    let given = Estate::of(&[("given.tfvars", "v = \"given\"\nother = 1\n")]);
    let with_file = Options { variable_files: vec![given.path().join("given.tfvars")], ..environment.clone() };
    assert_eq!(value(&files, &with_file), "\"given\"");
    let with_both = Options { variables: vec![("v".to_owned(), "single".to_owned())], ..with_file };
    assert_eq!(value(&files, &with_both), "\"single\"");
}

#[test]
fn texts_of_the_command_line_become_what_the_type_asks_for() {
    let code = Estate::of(&[(
        "main.tf",
        r#"
        variable "list" { type = list(number) }
        variable "text" { type = string }
        variable "any" {}
        variable "flag" { type = bool }
        resource "t" "x" { v = [var.list, var.text, var.any, var.flag] }
        "#,
    )])
    .read_with(&options(&[("list", "[1, \"2\"]"), ("text", "[x"), ("any", "[1]"), ("flag", "true")], &[]));
    assert_eq!(shown(&code, "t.x", "v"), "[[1, 2], \"[x\", \"[1]\", true]");
}

#[test]
fn values_are_converted_to_the_declared_type() {
    for (kind, default, value) in [
        ("string", "5", "\"5\""),
        ("number", "\"5\"", "5"),
        ("bool", "\"true\"", "true"),
        ("set(string)", "[\"b\", \"a\", \"b\"]", "[\"a\", \"b\"]"),
        ("map(string)", "{ a = 1 }", "{a: \"1\"}"),
        ("tuple([string, number])", "[1, \"2\"]", "[\"1\", 2]"),
        ("list(object({ a = string, b = optional(number, 7) }))", "[{ a = 1 }]", "[{a: \"1\", b: 7}]"),
        (
            "object({ a = optional(string), d = optional(object({ e = optional(bool, true) }), {}) })",
            "{}",
            "{a: null, d: {e: true}}",
        ),
        ("object({ a = string })", "{ a = \"x\", more = 1 }", "{a: \"x\"}"),
        ("any", "{ a = 1 }", "{a: 1}"),
        ("\"list\"", "[1]", "[1]"),
    ] {
        let rest = format!("variable \"v\" {{\n  type = {kind}\n  default = {default}\n}}");
        assert_eq!(evaluated("var.v", &rest), value, "{kind}");
    }
    let wrong = evaluated("var.v", "variable \"v\" {\n type = number\n default = \"many\"\n}");
    assert_eq!(wrong, "?(open var.v: not a number)");
}

#[test]
fn a_variable_without_a_value_is_unresolved_and_null_counts_unless_it_may_not_be() {
    assert_eq!(evaluated("var.v", "variable \"v\" {}"), "?(open var.v)");
    assert_eq!(evaluated("var.v", ""), "?(open var.v: it is not declared)");
    let estate = Estate::of(&[
        ("main.tf", "module \"m\" {\n source = \"./m\"\n a = null\n b = null\n}"),
        (
            "m/main.tf",
            "variable \"a\" { default = 1 }\nvariable \"b\" {\n default = 2\n nullable = false\n}\nvariable \"c\" {}\nresource \"t\" \"x\" { v = [var.a, var.b, var.c] }",
        ),
    ]);
    assert_eq!(shown(&estate.read(), "module.m.t.x", "v"), "[null, 2, ?(open var.c)]");
}

#[test]
fn a_file_of_values_that_cannot_be_read_is_a_problem() {
    let estate = Estate::of(&[("main.tf", "resource \"t\" \"x\" {}"), ("terraform.tfvars", "v = \n")]);
    let code = estate.read();
    assert_eq!(code.problems.len(), 1);
    assert_eq!((code.problems[0].file.as_str(), code.problems[0].line), ("infra/terraform.tfvars", Some(1)));
    let options = Options { variable_files: vec![PathBuf::from("/nowhere/x.tfvars")], ..Options::default() };
    assert_eq!(Estate::of(&[("main.tf", "")]).read_with(&options).problems.len(), 1);
}
