use super::*;

#[test]
fn operators_convert_and_bind_as_terraforms_do() {
    for (expression, value) in [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("7 / 2", "3.5"),
        ("-7 % 4", "-3"),
        ("-(1 + 1)", "-2"),
        ("\"5\" + 1", "6"),
        ("\"5\" == 5", "false"),
        ("1 < 2 && 2 >= 2 || false", "true"),
        ("!(\"a\" != \"a\")", "true"),
        ("null == null", "true"),
        ("[1, \"a\"] == [1, \"a\"]", "true"),
        ("{ a = 1 } == { a = 2 }", "false"),
        ("\"true\" ? 1 : 2", "1"),
        ("1 == 1 ? \"yes\" : \"no\"", "\"yes\""),
    ] {
        assert_eq!(evaluated(expression, ""), value, "{expression}");
    }
}

#[test]
fn the_last_of_two_members_with_one_name_counts() {
    for (expression, value) in [
        ("{ a = 1, b = 2, a = 3 }", "{a: 3, b: 2}"),
        ("{ a = 1\n \"a\" = 2\n a : 3 }", "{a: 3}"),
        ("{ x = { é = 1, é = 2 }, \"a-b\" = 1, a-b = 4 }", "{a-b: 4, x: {é: 2}}"),
    ] {
        assert_eq!(evaluated(expression, ""), value, "{expression}");
    }
    let code =
        read_main("locals {\n  m = {\n    a = 1\n    a = 2\n  }\n}\nresource \"t\" \"r\" {\n  v = local.m.a\n}\n");
    assert_eq!(code.problems, []);
    assert_eq!(block(&code, "t.r").place.line, 7, "the places are those of the file");
}

#[test]
fn more_members_with_one_name_than_anybody_writes_are_refused() {
    let many = "a = 1\n".repeat(200);
    let code = read_main(&format!("locals {{\n  m = {{\n{many}}}\n}}\n"));
    assert!(code.problems[0].message.contains("redefined object key"), "{:?}", code.problems);
}

#[test]
fn an_operand_that_is_not_known_leaves_the_result_open_unless_the_other_decides() {
    let rest = "variable \"u\" {}";
    for (expression, value) in [
        ("var.u && false", "false"),
        ("false && var.u", "false"),
        ("true || var.u", "true"),
        ("var.u || true", "true"),
        ("var.u && true", "?(open var.u && true)"),
        ("var.u + 1", "?(open var.u + 1)"),
        ("!var.u", "?(open !var.u)"),
        ("var.u == \"a\"", "?(open var.u == \"…\")"),
        ("\"a-${var.u}\" == \"b-c\"", "false"),
        ("\"a-${var.u}\" == null", "false"),
        ("[var.u, 1] == [var.u, 2]", "false"),
        ("var.u ? \"same\" : \"same\"", "\"same\""),
        ("var.u ? 1 : 2", "?(open var.u ? 1 : 2)"),
    ] {
        assert_eq!(evaluated(expression, rest), value, "{expression}");
    }
}

#[test]
fn templates_keep_what_is_known_around_what_is_not() {
    let rest = "variable \"u\" {}\nvariable \"n\" { default = 8080 }";
    assert_eq!(evaluated("\"a${var.n}b${true}\"", rest), "\"a8080btrue\"");
    assert_eq!(evaluated("\"a-${var.u}-${var.n}/*\"", rest), "<\"a-\" ?(open var.u) \"-8080/*\">");
    assert_eq!(evaluated("\"${var.u}\"", rest), "?(open var.u)");
    assert_eq!(evaluated("\"${var.n}\"", rest), "8080");
    assert_eq!(evaluated("\"$${var.n} %%{x}\"", rest), "\"${var.n} %{x}\"");
    assert_eq!(evaluated("\"%{ if var.n > 1 }big%{ else }small%{ endif }\"", rest), "\"big\"");
    assert_eq!(evaluated("\"x%{ if var.u }a%{ endif }\"", rest), "<\"x\" ?(open %{if var.u})>");
    assert_eq!(evaluated("\"%{ for i, x in [\"a\", \"b\"] }${i}${x},%{ endfor }\"", rest), "\"0a,1b,\"");
    assert_eq!(evaluated("\"x%{ for x in var.u }${x}%{ endfor }\"", rest), "<\"x\" ?(open %{for … in var.u})>");
    assert_eq!(evaluated("\"a ${~ \"b\" ~} c\"", rest), "\"abc\"");
    assert_eq!(evaluated("\"${[1]}\"", rest), "[1]");
    assert_eq!(evaluated("\"x${[1]}\"", rest), "<\"x\" ?(open [1]: it is not a text)>");
}

#[test]
fn heredocs_lose_the_indentation_that_all_their_lines_have() {
    let code = read_main(concat!(
        "resource \"t\" \"x\" {\n  a = <<-EOT\n      one\n\n    two ${1 + 1}\n  EOT\n",
        "  b = <<EOT\n  raw\nEOT\n",
        "  c = <<-EOT\n    %{ for x in [1, 2] ~}\n    - ${x}\n    %{ endfor ~}\n    end\n  EOT\n}\n",
    ));
    assert_eq!(shown(&code, "t.x", "a"), r#""  one\n\ntwo 2\n""#);
    assert_eq!(shown(&code, "t.x", "b"), r#""  raw\n""#);
    // As `terraform plan` shows it: what `~` took the line's end of is not indented any more.
    assert_eq!(shown(&code, "t.x", "c"), r#""    - 1\n    - 2\n    end\n""#);
}

#[test]
fn for_expressions_filter_group_and_stay_open_where_the_collection_is() {
    let rest = "variable \"u\" {}\nvariable \"s\" {\n type = set(string)\n default = [\"b\", \"a\"]\n}";
    for (expression, value) in [
        ("[for x in [1, 2, 3] : x * 2 if x != 2]", "[2, 6]"),
        ("[for i, x in [\"a\"] : \"${i}${x}\"]", "[\"0a\"]"),
        ("{ for k, v in { a = 1, b = 2 } : \"${k}x\" => v }", "{ax: 1, bx: 2}"),
        ("{ for w in [\"ax\", \"ay\", \"b\"] : substr(w, 0, 1) => w... }", "{a: [\"ax\", \"ay\"], b: [\"b\"]}"),
        ("[for k, v in toset([\"q\"]) : k]", "[\"q\"]"),
        ("[for k, v in var.s : \"${k}${v}\"]", "[\"aa\", \"bb\"]"),
        ("[for x in var.u : x]", "?(open [for … in var.u : …])"),
        ("[for x in [1, 2] : x if var.u]", "?(open [for … in [1, 2] : …])"),
        ("[for x in [1, var.u] : x]", "[1, ?(open var.u)]"),
        ("{ for x in [var.u] : x => 1 }", "?(open {for … in [var.u] : …})"),
    ] {
        assert_eq!(evaluated(expression, rest), value, "{expression}");
    }
}

#[test]
fn a_key_that_comes_twice_is_an_error_that_try_sees() {
    assert_eq!(evaluated("try({ for x in [1, 1] : \"k\" => x }, \"twice\")", ""), "\"twice\"");
}

#[test]
fn splats_and_indexes_reach_into_lists_and_maps() {
    let rest = "locals {\n l = [{ a = 1, b = [1, 2] }, { a = 2, b = [3, 4] }]\n m = { k = { a = [true] } }\n}";
    for (expression, value) in [
        ("local.l[*].a", "[1, 2]"),
        ("local.l.*.a", "[1, 2]"),
        ("local.l[*].b[0]", "[1, 3]"),
        ("local.l.*.a[1]", "2"),
        ("local.l.0.a", "1"),
        ("local.l[1][\"a\"]", "2"),
        ("local.m[\"k\"].a[0]", "true"),
        ("local.m.k[*].a", "[[true]]"),
        ("null[*]", "[]"),
        ("\"x\"[*]", "[\"x\"]"),
        ("values(local.m)[*].a", "[[true]]"),
        ("local.l[2].a", "?(open local.l[2].a: the list is shorter)"),
        ("local.m.z", "?(open local.m.z: there is no member `z`)"),
    ] {
        assert_eq!(evaluated(expression, rest), value, "{expression}");
    }
}

#[test]
fn elements_of_a_list_that_is_not_known_are_told_apart() {
    let rest = "variable \"names\" {}";
    for (expression, value) in [
        ("var.names[0]", "?(open var.names[0])"),
        ("var.names[1]", "?(open var.names[1])"),
        ("var.names[0].id", "?(open var.names[0].id)"),
        ("element(var.names, 1)", "?(open var.names[1])"),
        ("split(\"-\", \"${var.names}-a\")", "?(open split(…, var.names…))"),
    ] {
        assert_eq!(evaluated(expression, rest), value, "{expression}");
    }
}

#[test]
fn try_and_can_see_failures_and_not_what_is_unknown() {
    let rest = "variable \"u\" {}\nlocals { m = { a = 1 } }";
    for (expression, value) in [
        ("try(local.m.b, \"fallback\")", "\"fallback\""),
        ("try(local.m.b, local.m.c, local.m.a)", "1"),
        ("try(var.u.b, \"fallback\")", "?(open var.u.b)"),
        ("try([local.m.b], [])", "[]"),
        ("can(local.m.b)", "false"),
        ("can(local.m.a)", "true"),
        ("can(var.u.b)", "?(open can(var.u.b))"),
        ("try(regex(\"^a\", \"b\"), \"none\")", "\"none\""),
        ("coalesce(null, \"\", \"c\")", "\"c\""),
        ("coalesce(null, var.u, \"c\")", "?(open coalesce(null, var.u, \"…\"))"),
    ] {
        assert_eq!(evaluated(expression, rest), value, "{expression}");
    }
}

#[test]
fn a_failure_spoils_no_more_than_the_part_it_is_in() {
    let rest = "locals { m = { a = 1 } }";
    assert_eq!(
        evaluated("[1, local.m.b, upper(\"x\")]", rest),
        "[1, ?(open local.m.b: there is no member `b`), \"X\"]"
    );
    assert_eq!(
        evaluated("jsonencode({ a = local.m.b, c = 2 })", rest),
        "json {a: ?(open local.m.b: there is no member `b`), c: 2}"
    );
}

#[test]
fn functions_get_values_and_an_expanded_list() {
    assert_eq!(evaluated("max([1, 5, 3]...)", ""), "5");
    assert_eq!(evaluated("core::upper(\"a\")", ""), "\"A\"");
    assert_eq!(evaluated("provider::aws::arn_parse(\"secret\")", ""), "?(open provider::aws::arn_parse(\"…\"))");
    assert_eq!(evaluated("nosuch(1)", ""), "?(open nosuch(1): find a function named nosuch)");
}

#[test]
fn a_text_inside_an_expression_is_never_shown() {
    let value = evaluated("upper(coalesce(var.u, \"hunter2\"))", "variable \"u\" {}");
    assert!(!value.contains("hunter2") && !value.contains("HUNTER2"), "{value}");
}

#[test]
fn templatefile_evaluates_the_file_with_its_variables_only() {
    let estate = Estate::of(&[
        (
            "main.tf",
            r#"
            variable "u" {}
            resource "t" "x" {
              a = templatefile("${path.module}/t.tpl", { name = "N", items = ["a", "b"] })
              b = templatefile("t.tpl", { name = var.u, items = [] })
              c = templatefile("none.tpl", {})
              d = templatefile("../../../../../../etc/passwd", {})
              e = templatefile("bad.tpl", {})
              f = templatefile("t.tpl", {})
            }
            "#,
        ),
        ("t.tpl", "Hi ${name}\n%{ for i in items ~}\n- ${i}\n%{ endfor ~}\n"),
        ("bad.tpl", "a\n${"),
    ]);
    let code = estate.read();
    assert_eq!(shown(&code, "t.x", "a"), r#""Hi N\n- a\n- b\n""#);
    assert_eq!(shown(&code, "t.x", "b"), r#"<"Hi " ?(open var.u) "\n">"#);
    for name in ["c", "d", "e"] {
        assert!(shown(&code, "t.x", name).starts_with("?(open templatefile"), "{}", shown(&code, "t.x", name));
    }
    assert_eq!(
        shown(&code, "t.x", "f"),
        "<\"Hi \" ?(open name: only constants may stand here) \"\\n\" ?(open %{for … in items})>"
    );
}

#[test]
fn paths_are_known_and_the_workspace_where_one_is_selected() {
    assert_eq!(evaluated("[path.module, path.root]", ""), "[\".\", \".\"]");
    assert_eq!(evaluated("path.cwd", ""), "?(open path.cwd)");
    // In which workspace it is applied the code does not tell.
    assert_eq!(evaluated("terraform.workspace", ""), "?(open terraform.workspace)");
    let estate = Estate::of(&[
        ("main.tf", "resource \"t\" \"x\" {\n  a = terraform.workspace\n}\n"),
        (".terraform/environment", "prod\n"),
    ]);
    assert_eq!(shown(&estate.read(), "t.x", "a"), "\"prod\"");
}
