use super::*;

#[test]
fn a_file_that_does_not_parse_is_a_problem_and_the_others_are_evaluated() {
    let estate = Estate::of(&[
        ("a.tf", "resource \"t\" \"a\" {\n  v = \n}\n"),
        ("b.tf", "resource \"t\" \"b\" { v = t.a.v }\n"),
    ]);
    let code = estate.read();
    assert_eq!(addresses(&code), ["t.b"]);
    assert_eq!(code.problems.len(), 1);
    assert_eq!((code.problems[0].file.as_str(), code.problems[0].line), ("infra/a.tf", Some(2)));
    assert!(code.problems[0].message.starts_with("parse it: "));
    assert_eq!(code.deployments[0].missing.len(), 1);
    assert_eq!(shown(&code, "t.b", "v"), "?(open t.a.v @t.a[*].v)");
}

#[test]
fn opentofus_files_stand_in_for_terraforms() {
    let estate = Estate::of(&[
        ("main.tf", "resource \"t\" \"tf\" {}"),
        ("main.tofu", "resource \"t\" \"tofu\" {}"),
        ("more.tofu", "resource \"t\" \"more\" {}"),
        ("data.tf.json", r#"{"resource": {"t": {"tfjson": {}}}}"#),
        ("data.tofu.json", r#"{"resource": {"t": {"tofujson": {}}}}"#),
        (".hidden.tf", "resource \"t\" \"hidden\" {}"),
        ("backup.tf~", "resource \"t\" \"backup\" {}"),
        ("notes.txt", "resource"),
    ]);
    let code = estate.read();
    assert_eq!(code.problems, []);
    assert_eq!(addresses(&code), ["t.tofujson", "t.tofu", "t.more"]);
}

#[test]
fn json_syntax_is_read_with_lines_templates_and_dynamic_blocks() {
    let estate = Estate::of(&[
        (
            "main.tf.json",
            r#"{
  "//": "a comment",
  "variable": {"ports": {"type": "list(number)", "default": [22, "443"]}},
  "locals": {"name": "n-${var.ports[0]}"},
  "resource": {
    "t": {
      "x": {
        "//": ["tickmark:ignore some-control reason=\"r\" until=2027-01-31"],
        "name": "${local.name}-x",
        "ports": "${var.ports}",
        "plain": "a $${b}",
        "dynamic": {
          "rule": {
            "for_each": "${var.ports}",
            "content": {"port": "${rule.value}"}
          }
        },
        "lifecycle": {"prevent_destroy": true}
      },
      "y": [{"count": 2, "v": "${count.index}"}]
    }
  },
  "module": {"m": {"source": "./m", "v": "${t.x.name}"}}
}
"#,
        ),
        ("m/main.tf", "variable \"v\" {}\nresource \"t\" \"m\" { v = var.v }"),
    ]);
    let code = estate.read();
    assert_eq!(code.problems, []);
    assert_eq!(addresses(&code), ["t.x", "t.y[0]", "t.y[1]", "module.m.t.m"]);
    let block = block(&code, "t.x");
    assert_eq!(
        show(&block.body),
        "{name: \"n-22-x\", plain: \"a ${b}\", ports: [22, 443], rule: [{port: 22}, {port: 443}]}"
    );
    assert_eq!((block.place.line, block.place.end_line), (7, 19));
    assert_eq!(block.spans["name"], (9, 9));
    assert_eq!(block.spans["rule/1/port"], (15, 15));
    assert_eq!(block.ignores.len(), 1);
    assert_eq!(block.ignores[0].place.line, 8);
    assert_eq!(shown(&code, "t.y[1]", "v"), "1");
    assert_eq!(shown(&code, "module.m.t.m", "v"), "\"n-22-x\"");
}

#[test]
fn broken_json_is_a_problem_with_its_line() {
    for (text, line) in
        [("{\n \"resource\": [1]\n}", 2), ("{\n\n \"a\" 1}", 3), ("{\"a\": \"x", 1), ("{} x", 1), ("", 1)]
    {
        let code = Estate::of(&[("main.tf.json", text)]).read();
        assert_eq!(code.problems.len(), 1, "{text}");
        assert_eq!(code.problems[0].line, Some(line), "{text}");
    }
}

#[test]
fn override_files_replace_arguments_and_blocks_of_a_type() {
    let estate = Estate::of(&[
        (
            "main.tf",
            "variable \"v\" { default = 1 }\nlocals { l = 1 }\nresource \"t\" \"x\" {\n  a = 1\n  b = 2\n  r { n = 1 }\n  r { n = 2 }\n  s { n = 3 }\n}\n",
        ),
        (
            "z_override.tf",
            "variable \"v\" { default = 5 }\nlocals { l = 2 }\nresource \"t\" \"x\" {\n  b = var.v\n  c = local.l\n  r { n = 9 }\n}\n",
        ),
        ("override.tf", "resource \"t\" \"x\" { c = 0 }"),
    ]);
    let code = estate.read();
    assert_eq!(code.problems, []);
    assert_eq!(show(&block(&code, "t.x").body), "{a: 1, b: 5, c: 2, r: [{n: 9}], s: [{n: 3}]}");
    let spans = &block(&code, "t.x").spans;
    assert!(spans.contains_key("a") && !spans.contains_key("b"), "{spans:?}");
}

#[test]
fn what_is_declared_twice_is_a_problem() {
    let code = read_main(
        "resource \"t\" \"x\" { v = 1 }\nresource \"t\" \"x\" { v = 2 }\nmodule \"m\" { source = \"./m\" }\nmodule \"m\" { source = \"./m\" }",
    );
    assert_eq!(addresses(&code), ["t.x"]);
    assert_eq!(code.problems.iter().filter(|problem| problem.message.contains("second time")).count(), 2);
}

#[test]
fn a_block_without_its_name_is_a_problem() {
    let code = read_main("resource \"t\" {}\n\nmodule {\n}\n");
    let problems: Vec<_> = code.problems.iter().map(|problem| (problem.line, problem.message.as_str())).collect();
    assert_eq!(
        problems,
        [(Some(1), "take a `resource` block with 1 labels"), (Some(3), "take a `module` block with 0 labels")]
    );
}

#[test]
fn files_that_are_no_text_or_are_no_files_are_problems() {
    let estate = Estate::of(&[("a.tf", "resource \"t\" \"x\" {}")]);
    std::fs::write(estate.path().join("b.tf"), b"a = 1\n\xff").unwrap();
    let code = estate.read();
    assert_eq!(addresses(&code), ["t.x"]);
    assert_eq!(code.problems[0].message, "read it: it is not UTF-8 in line 2");
    assert_eq!(read(&estate.path().join("none"), "none", &Options::default()).problems.len(), 1);
}

#[test]
fn roots_are_the_directories_that_no_other_calls() {
    let estate = Estate::of(&[
        ("envs/prod/main.tf", "module \"m\" { source = \"../../modules/m\" }"),
        ("envs/dev/main.tf", "module \"m\" { source = \"../../modules/m\" }"),
        ("modules/m/main.tf", "module \"n\" { source = \"./n\" }\nresource \"t\" \"x\" {}"),
        ("modules/m/n/main.tf", "resource \"t\" \"n\" {}"),
        ("modules/alone/main.tf", "# module \"x\" { source = \"../m\" }\nresource \"t\" \"y\" {}"),
        ("circle/a/main.tf", "module \"b\" { source = \"../b\" }"),
        ("circle/b/main.tf", "module \"a\" { source = \"../a\" }"),
        ("node_modules/x/main.tf", ""),
        ("envs/prod/.terraform/modules/y/main.tf", ""),
        ("docs/readme.md", ""),
    ]);
    let root = estate.path();
    let code = read_all(
        &[crate::iac::walk::walk(&root, ".", &crate::iac::exclude::Exclude::default()).modules],
        &Options::default(),
    );
    let units: Vec<_> = code.deployments.iter().map(|unit| unit.path.as_str()).collect();
    assert_eq!(units, ["circle/a", "envs/dev", "envs/prod", "modules/alone"]);
    assert_eq!(&*block(&code, "module.m.module.n.t.n").place.file, "modules/m/n/main.tf");
}

#[test]
fn what_is_deployed_by_itself_is_a_root_whoever_calls_it() {
    let hidden = |extra: (&str, &str)| {
        let estate = Estate::of(&[
            ("main.tf", "module \"prod\" {\n  source = \"./prod\"\n  count = 0\n}"),
            ("prod/main.tf", "resource \"t\" \"x\" {}"),
            extra,
        ]);
        let code = read_all(
            &[crate::iac::walk::walk(&estate.path(), ".", &crate::iac::exclude::Exclude::default()).modules],
            &Options::default(),
        );
        addresses(&code).into_iter().map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(hidden(("prod/notes.md", "")), Vec::<String>::new(), "a module that is not called makes nothing");
    for extra in [
        ("prod/backend.tf", "terraform {\n  backend \"s3\" {}\n}"),
        ("prod/cloud.tf.json", r#"{"terraform": {"cloud": {}}}"#),
        ("prod/terraform.tfvars", "a = 1"),
        ("prod/x.auto.tfvars.json", "{}"),
        ("prod/.terraform.lock.hcl", ""),
    ] {
        assert_eq!(hidden(extra), ["t.x"], "{extra:?}");
    }
}
