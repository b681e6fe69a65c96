//! The form of mapping files: what editors are told, and what is said of a mistake.

use super::*;

const HEAD: &str = "type: AWS::EC2::Subnet\n";

fn wrong(text: &str) -> String {
    Mappings::parse("ec2/subnet.yaml", text).expect_err(text)[0].to_string()
}

#[test]
fn every_mapping_file_is_valid_by_the_schema_for_editors() {
    let validator = jsonschema::validator_for(&schema()).expect("the schema is one");
    let files = files();
    assert!(files.len() > 40, "{}", files.len());
    for (name, text) in files {
        let options = serde_saphyr::options! { strict_booleans: true };
        let file: serde_json::Value = serde_saphyr::from_str_with_options(&text, options).expect("it is YAML");
        let wrong: Vec<String> =
            validator.iter_errors(&file).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{name}: {}", wrong.join("\n"));
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let validator = jsonschema::validator_for(&schema()).expect("the schema is one");
    let entry = |attributes: serde_json::Value| {
        serde_json::json!({"type": "AWS::EC2::Subnet", "terraform": [
            {"block": "aws_subnet", "source": "https://x", "attributes": attributes}
        ]})
    };
    assert!(validator.is_valid(&entry(serde_json::json!({"vpc_id": {"path": ["a", "b"], "as": "lower"}}))));
    for attributes in [
        serde_json::json!({"vpc_id": {"pth": "a"}}),
        serde_json::json!({"vpc_id": {"path": "a", "as": "lowercase"}}),
        serde_json::json!({"vpc_id": {"related": {"block": "b"}, "path": "a"}}),
        serde_json::json!({"vpc_id": 7}),
    ] {
        assert!(!validator.is_valid(&entry(attributes.clone())), "{attributes}");
        let text = serde_json::to_string(&entry(attributes)).expect("JSON is YAML");
        assert!(Mappings::parse("ec2/subnet.yaml", &text).is_err(), "{text}");
    }
}

#[test]
fn a_key_that_there_is_not_is_said_with_its_line_and_the_nearest() {
    let entry = |rest: &str| format!("{HEAD}terraform:\n  - block: aws_subnet\n    source: https://x\n{rest}");
    for (text, line, key, near) in [
        (format!("{HEAD}teraform: []\n"), 2, "teraform", "terraform"),
        (entry("    atributes: {}\n"), 5, "atributes", "attributes"),
        (entry("    attributes:\n      vpc_id:\n        path: a\n        defualt: b\n"), 8, "defualt", "default"),
        (entry("    attributes:\n      vpc_id: {object: {a: {frist: [a]}}}\n"), 6, "frist", "first"),
        (entry("    attributes: {}\n    when:\n      pth: a\n"), 7, "pth", "path"),
    ] {
        let wrong = wrong(&text);
        let wanted = format!(
            "read the mapping ec2/subnet.yaml: line {line}: there is no key `{key}` here; did you mean `{near}`?"
        );
        assert_eq!(wrong, wanted);
    }
}

#[test]
fn what_is_never_in_code_is_absent_unless_an_entry_says_otherwise() {
    let text = format!(
        "{HEAD}never_in_code: [vpc_id, cidr_block]\nterraform:\n  - {{block: aws_subnet, source: https://x, attributes: {{vpc_id: a}}}}\n  - {{block: aws_default_subnet, source: https://x, attributes: {{}}}}\n"
    );
    let mappings = Mappings::parse("ec2/subnet.yaml", &text).expect("a mapping");
    assert_eq!(
        mappings.mapped_attributes("AWS::EC2::Subnet", Language::Terraform),
        ["cidr_block".to_owned(), "vpc_id".to_owned()].into()
    );
    let body = serde_json::json!({"a": "vpc-1"});
    let mapped = terraform(&mappings, vec![block("aws_subnet.a", &body), block("aws_default_subnet.b", &body)]);
    let (own, other) = (of(&mapped, "aws_subnet.a"), of(&mapped, "aws_default_subnet.b"));
    assert_eq!(own.attributes["vpc_id"], "vpc-1");
    for resource in [own, other] {
        assert!(!resource.attributes.knows("cidr_block") && !resource.unknown().contains_key("/cidr_block"));
    }
    assert!(!other.attributes.knows("vpc_id") && !other.unknown().contains_key("/vpc_id"));
    let unknown = text.replace("cidr_block]", "cidr_blok]");
    assert!(wrong(&unknown).contains("there is no attribute `cidr_blok`"));
}

#[test]
fn an_entry_takes_over_what_another_says_and_says_the_rest_itself() {
    let text = format!(
        "{HEAD}terraform:\n  - block: aws_subnet\n    source: https://x\n    attributes: &subnet\n      vpc_id: a\n      cidr_block: b\n  - block: aws_default_subnet\n    source: https://x\n    attributes:\n      <<: *subnet\n      cidr_block: {{const: given}}\n"
    );
    let mappings = Mappings::parse("ec2/subnet.yaml", &text).expect("a mapping");
    let body = serde_json::json!({"a": "vpc-1", "b": "available"});
    let mapped = terraform(&mappings, vec![block("aws_default_subnet.b", &body)]);
    let resource = of(&mapped, "aws_default_subnet.b");
    assert_eq!(
        (&resource.attributes["vpc_id"], &resource.attributes["cidr_block"]),
        (&"vpc-1".into(), &"given".into())
    );
}

#[test]
fn a_rule_for_some_versions_holds_where_no_other_version_may_be_taken() {
    let text = format!(
        "{HEAD}terraform:\n  - block: aws_subnet\n    source: https://x\n    attributes:\n      vpc_id:\n        if: {{path: version, version: \">= 1, < 3.9\"}}\n        then: {{const: old}}\n        else:\n          if: {{path: version, version: [newest, \">= 3.9, < 6\"]}}\n          then: {{const: new}}\n          else: {{unknown: it hangs on the version}}\n"
    );
    let mappings = Mappings::parse("ec2/subnet.yaml", &text).expect("a mapping");
    let made = |body: serde_json::Value| {
        let mapped = terraform(&mappings, vec![block("aws_subnet.a", &body)]);
        let resource = of(&mapped, "aws_subnet.a");
        let gap = resource.unknown().get("/vpc_id").map(|gap| gap.detail.clone());
        (resource.attributes["vpc_id"].as_str().map(ToOwned::to_owned), gap)
    };
    let known = |word: &str| (Some(word.into()), None);
    let hangs = (None, Some("it hangs on the version".to_owned()));
    assert_eq!(made(serde_json::json!({})), known("new"));
    for (version, wanted) in [
        ("3.8.2", known("old")),
        ("~> 2.0", known("old")),
        ("3.10.0", known("new")),
        ("~> 4.1", known("new")),
        (">= 3.0", known("new")),
        ("~> 3.0", hangs.clone()),
        (">= 3, < 5", hangs.clone()),
        ("7.0.0", hangs.clone()),
    ] {
        assert_eq!(made(serde_json::json!({"version": version})), wanted, "{version}");
    }
    assert!(wrong(&text.replace("\">= 1, < 3.9\"", "latest")).contains("neither a range of versions"));
}

#[test]
fn the_page_says_something_of_every_key() {
    let page = reference();
    for key in ["never_in_code", "unknown_if_uncertain", "told_elsewhere", "standalone", "assume_if_reference"] {
        assert!(page.contains(&format!("| `{key}` |")), "{key}");
    }
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        assert!(!line.trim_end_matches(" |").ends_with('|'), "{line}");
    }
}
