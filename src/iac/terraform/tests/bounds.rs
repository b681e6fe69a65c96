use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

/// Reads within a time that is generous for an unoptimised build, and far from a hang.
fn within(files: &[(&str, &str)]) -> Code {
    let estate = Estate::of(files);
    let start = Instant::now();
    let code = estate.read_with(&Options {
        limits: Limits { steps: 300_000, instances: 20_000, ..Limits::default() },
        ..Options::default()
    });
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
    code
}

#[test]
fn deep_nesting_is_a_problem_and_no_overflow() {
    for sign in ["[", "(", "{a=", "!", "-", "f(", "\"${", "a[", "x ? 1 : ", "1 + "] {
        let code = within(&[("main.tf", &format!("resource \"t\" \"x\" {{\n  v = {}1\n}}\n", sign.repeat(100_000)))]);
        assert_eq!(code.problems.len(), 1, "{sign}");
        let code = within(&[(
            "main.tf",
            &format!("resource \"t\" \"x\" {{\n  v = {}1{}\n}}\n", "[".repeat(60), "]".repeat(60)),
        )]);
        assert_eq!(code.problems, []);
    }
    let blocks = format!("{}{}", "b {\n".repeat(10_000), "}\n".repeat(10_000));
    assert_eq!(within(&[("main.tf", &blocks)]).problems.len(), 1);
    let json = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(within(&[("main.tf.json", &json)]).problems.len(), 1);
    let json = format!("{{\"resource\": {}{}}}", "[".repeat(90), "]".repeat(90));
    assert_eq!(within(&[("main.tf.json", &json)]).problems.len(), 1);
}

#[test]
fn what_the_parser_lets_through_fits_a_small_stack() {
    let deep = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    let wide = format!("1{}", " + 1".repeat(120));
    let text = format!("resource \"t\" \"x\" {{\n  a = {deep}\n  b = {wide}\n}}\n");
    let modules = BTreeMap::from([(String::new(), vec![("main.tf".to_owned(), text)])]);
    let index = std::thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(move || SourceIndex::of_texts(&modules))
        .unwrap()
        .join()
        .unwrap();
    assert_eq!(index.problems, []);
    assert!(index.find("", "t", "x").is_some());
}

#[test]
fn chains_of_large_expressions_end_without_overflow() {
    let mut text = String::from("resource \"t\" \"x\" { v = local.a0 }\nlocals {\n");
    for number in 0..3_000 {
        let next = format!("local.a{}", number + 1);
        text.push_str(&format!(
            "  a{number} = merge({{ for k, v in {{ a = try([{next}][0], null) }} : k => true ? \"x${{v}}\" : jsonencode(v) }}, {{}})\n"
        ));
    }
    text.push_str("  a3000 = 1\n}\n");
    let code = within(&[("main.tf", &text)]);
    assert!(!block(&code, "t.x").body.is_known());
}

#[test]
fn long_chains_of_names_end_without_overflow() {
    let mut text = String::from("resource \"t\" \"x\" { v = local.a20000 }\nlocals {\n");
    text.push_str("}\nlocals {\n  a0 = 1\n");
    for number in 1..=20_000 {
        if number % 5_000 == 0 {
            text.push_str("}\nlocals {\n");
        }
        text.push_str(&format!("  a{number} = [local.a{}]\n", number - 1));
    }
    text.push_str("}\n");
    let code = within(&[("main.tf", &text)]);
    assert!(shown(&code, "t.x", "v").contains("too deep") || shown(&code, "t.x", "v").contains("too large"));

    let mut text = String::new();
    for number in 1..=5_000 {
        text.push_str(&format!("resource \"t\" \"r{number}\" {{\n  v = t.r{}.v\n}}\n", number - 1));
    }
    // Each holds those before it, as deep as values may be: more than the steps of the other tests.
    assert_eq!(addresses(&Estate::of(&[("main.tf", &text)]).read()).len(), 5_000);
}

#[test]
fn values_that_double_are_too_large_and_no_flood() {
    for (start, step) in [
        ("\"0123456789\"", "\"${local.aP}${local.aP}\""),
        ("[1]", "[local.aP, local.aP]"),
        ("[1]", "concat(local.aP, local.aP)"),
        ("{ a = 1 }", "{ x = local.aP, y = local.aP }"),
        ("[1, 2]", "[for x in local.aP : local.aP]"),
        ("\"x\"", "jsonencode([local.aP, local.aP])"),
        ("\"x\"", "format(\"%s%s\", local.aP, local.aP)"),
        ("[1, 2]", "setproduct(local.aP, local.aP)"),
    ] {
        let mut text = format!("resource \"t\" \"x\" {{ v = local.a60 }}\nlocals {{\n  a0 = {start}\n");
        for number in 1..=60 {
            text.push_str(&format!("  a{number} = {}\n", step.replace('P', &(number - 1).to_string())));
        }
        text.push_str("}\n");
        let code = within(&[("main.tf", &text)]);
        let value = block(&code, "t.x").body.get("v").cloned().unwrap_or_default();
        assert!(!value.is_known(), "{step}");
    }
}

#[test]
fn work_that_arguments_do_not_tell_is_counted() {
    let letters = "a".repeat(60_000);
    let template = "$${1}".repeat(10_000);
    let loops = |call: &str| format!("[for x in range(1000) : [for y in range(1000) : try({call}, 0)]]");
    let calls = ["filesha512(\"big\")", "fileset(\".\", \"**\")", "regex(\"(a?){300}b|c$\", local.s)"];
    let calls = calls.into_iter().chain(["templatestring(local.t, {})", "length(base64gzip(local.s))"]);
    for expression in calls.map(loops).chain(["regexall(\"(a?){1000}b|a\", local.s)".to_owned()]) {
        let text = format!(
            "locals {{\n  s = \"{letters}\"\n  t = \"{template}\"\n}}\nresource \"t\" \"x\" {{\n  v = {expression}\n}}\n"
        );
        let start = Instant::now();
        let code = within(&[("main.tf", &text), ("big", &letters)]);
        assert!(!block(&code, "t.x").body.get("v").is_some_and(Value::is_known), "{expression}");
        assert!(start.elapsed() < Duration::from_secs(30), "{expression}: {:?}", start.elapsed());
    }
}

#[test]
fn blocks_that_are_kept_are_counted() {
    let text = "resource \"t\" \"x\" {\n  count = 10000\n  v     = local.a\n}\nlocals {\n  a = range(1000)\n}\n";
    let code = within(&[("main.tf", text)]);
    let kept = code.deployments[0].scenarios[0].blocks.len();
    assert!(kept < 100, "{kept} lists of a thousand elements");
    assert!(!code.problems.is_empty() && !code.deployments[0].missing.is_empty());
}

#[test]
fn too_many_instances_are_unknown_and_said() {
    let code = within(&[("main.tf", "resource \"t\" \"x\" { count = 100000000000 }\nresource \"t\" \"y\" { v = 1 }")]);
    assert!(block(&code, "t.x").uncertain.is_some());
    assert_eq!(shown(&code, "t.y", "v"), "1");
    assert_eq!(code.problems.len(), 1);
    for count in ["1e300", "-1", "1.5", "null", "\"x\""] {
        let code = within(&[("main.tf", &format!("resource \"t\" \"x\" {{ count = {count} }}"))]);
        assert!(block(&code, "t.x").uncertain.is_some(), "{count}");
    }
    let nested = "for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c]]";
    let code = within(&[("main.tf", &format!("resource \"t\" \"x\" {{ v = [{nested}] }}"))]);
    assert!(!code.problems.is_empty() && !code.deployments[0].missing.is_empty());
}

#[test]
fn modules_that_call_two_each_end_and_are_said() {
    let mut files: Vec<(String, String)> =
        vec![("main.tf".to_owned(), "module \"a\" { source = \"./m0\" }".to_owned())];
    for number in 0..30 {
        let text = format!(
            "module \"a\" {{ source = \"../m{0}\" }}\nmodule \"b\" {{ source = \"../m{0}\" }}\nresource \"t\" \"x\" {{}}",
            number + 1
        );
        files.push((format!("m{number}/main.tf"), text));
    }
    files.push(("m30/main.tf".to_owned(), "resource \"t\" \"x\" {}".to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let code = within(&files);
    assert!(!code.problems.is_empty() && !code.deployments[0].missing.is_empty());
    let estate = Estate::of(&files);
    assert_eq!(SourceIndex::of_directory(&estate.path(), ".").problems.len(), 1);
}

#[test]
fn an_object_of_too_many_members_is_a_problem() {
    let mut text = String::from("locals {\n  a = {\n");
    for number in 0..30_000 {
        text.push_str(&format!("k{number} = 1\n"));
    }
    text.push_str("  }\n}\n");
    let code = within(&[("main.tf", &text)]);
    assert_eq!(code.problems.len(), 1);
    assert!(code.problems[0].message.contains("members"));
}

const VALID: &str = r#"
variable "v" {
  type    = map(object({ a = optional(string, "x"), b = list(number) }))
  default = { k = { b = [1, "2"] } }
}
locals {
  t = "a-${join(",", [for k, x in var.v : "${k}%{ if x.b[0] > 0 }y%{ endif }"])}"
  h = <<-EOT
    x ${local.t ~}
    %{ for i in [1, 2] ~}
    ${i}
    %{ endfor ~}
  EOT
}
resource "aws_x" "y" {
  for_each = var.v # tickmark:ignore c reason="r" until=2027-01-31
  p = jsonencode({ (each.key) = each.value.b[*], z = try(aws_x.z[0].id, null) })
  dynamic "d" {
    for_each = each.value.b
    content {
      n = d.value % 2 == 0 ? -d.key : !true
    }
  }
}
resource "aws_x" "z" {
  count = length(var.v)
  r     = aws_x.y["k"].arn
}
module "m" {
  source = "./"
}
"#;

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        within(&[("main.tf", &text), ("main.tf.json", &text), ("terraform.tfvars", &text)]);
    }

    #[test]
    fn the_signs_of_the_language_never_panic(text in "[a-c0-9 \n\"${}%()\\[\\]<>=!?:.,*&|#/~\\-]{0,80}") {
        within(&[("main.tf", &format!("resource \"t\" \"x\" {{\n  v = {text}\n}}\n{text}"))]);
    }

    #[test]
    fn expressions_of_known_words_never_panic(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "local.a", "var.u", "each.value", "t.x.v", "t.y[*].v", "[", "]", "(", ")", "{", "}", "=", " for k, v in ",
                " : ", " => ", " if ", "...", "1", "-", "\"s\"", "\"${", "}\"", ".a", "[0]", "[\"k\"]", "[*]", ".*", "null",
                "try(", "merge(", "flatten(", "lookup(", "values(", "element(", "toset(", ", ", " ? ", " == ", " && ",
            ]),
            0..14,
        )
    ) {
        let expression = words.concat();
        within(&[(
            "main.tf",
            &format!("variable \"u\" {{}}\nlocals {{ a = {{ a = [1, {{}}] }} }}\nresource \"t\" \"x\" {{ v = {expression} }}\nresource \"t\" \"y\" {{\n count = 2\n v = {expression}\n}}"),
        )]);
    }

    #[test]
    fn mutated_configuration_never_panics(
        cuts in prop::collection::vec((0..VALID.len(), 0..40_usize, "[ -~\n]{0,3}"), 1..4)
    ) {
        let mut bytes = VALID.as_bytes().to_vec();
        for (start, length, put) in cuts {
            let start = start.min(bytes.len());
            let end = (start + length / 8).min(bytes.len());
            bytes.splice(start..end, put.bytes());
        }
        within(&[("main.tf", &String::from_utf8_lossy(&bytes))]);
    }
}
