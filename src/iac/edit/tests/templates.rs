//! `CloudFormation`.

use super::*;

const YAML: &str = "\
# A template.
Parameters:
  On: {Type: String}
Resources:
    R: # the one
        Type: T
        Properties:
            Name: !Sub '${AWS::StackName}-x' # a name
            Versions:
                Status: Suspended
            Items:
                - A: 1
                  B: x
                - A: 2
            Flow: {a: 1, b: [x, y]}
            Script: |
                echo
                Status: no

    Other:
        Type: T
";

#[test]
fn a_property_is_put_behind_the_last_whose_end_is_certain() {
    let after = set_property(YAML, "New.Deep", json!(true)).unwrap();
    let flow = "            Flow: {a: 1, b: [x, y]}\n";
    assert_eq!(after, YAML.replace(flow, &format!("{flow}            New:\n                Deep: true\n")));
    let after = set_property(YAML, "Versions.Mfa", json!("on")).unwrap();
    let status = "                Status: Suspended\n";
    assert_eq!(after, YAML.replace(status, &format!("{status}                Mfa: \"on\"\n")));
}

#[test]
fn a_scalar_is_replaced_and_its_comment_stays() {
    let after = set_property(YAML, "Versions.Status", json!("Enabled")).unwrap();
    assert_eq!(after, YAML.replace("Suspended", "Enabled"));
    assert_eq!(set_property(YAML, "Versions.Status", json!("Suspended")).unwrap(), YAML);
}

#[test]
fn each_item_of_a_list_is_changed() {
    let after = set_property(YAML, "Items[*].B", json!("z")).unwrap();
    assert_eq!(after, YAML.replace("B: x", "B: z").replace("- A: 2\n", "- A: 2\n                  B: z\n"));
}

#[test]
fn what_is_in_brackets_is_changed_in_brackets() {
    let after = set_property(YAML, "Flow.c", json!({ "d": "e" })).unwrap();
    assert_eq!(after, YAML.replace("[x, y]}", "[x, y], c: {\"d\": \"e\"}}"));
    let after = set_property(YAML, "Flow.b", json!(["z"])).unwrap();
    assert_eq!(after, YAML.replace("[x, y]", "[\"z\"]"));
}

#[test]
fn a_resource_without_properties_gets_some() {
    let text = "Resources:\n  R:\n    Type: T\n\n  S:\n    Type: T\n";
    let after = set_property(text, "A.B", json!([{ "C": 1, "D": "x y" }, "z"])).unwrap();
    let made =
        "    Type: T\n    Properties:\n      A:\n        B:\n          - C: 1\n            D: \"x y\"\n          - z\n";
    assert_eq!(after, text.replacen("    Type: T\n", made, 1));
}

#[test]
fn a_list_of_scalars_is_replaced_as_it_is_written() {
    let text = "Resources:\n  R:\n    Type: T\n    Properties:\n      L:\n      - a\n      - b\n      M: 1\n";
    let after = set_property(text, "L", json!(["c", "d", "e"])).unwrap();
    assert_eq!(after, text.replace("- a\n      - b\n", "- c\n      - d\n      - e\n"));
}

#[test]
fn an_empty_map_is_written_out_and_what_must_be_there_is_not_made() {
    let text = "Resources:\n  R:\n    Type: T\n    Properties: {}\n";
    let after = set_property(text, "A.B", json!(1)).unwrap();
    assert_eq!(after, text.replace(" {}", "\n      A:\n        B: 1"));
    assert_eq!(set_property(text, "A?.B", json!(1)).unwrap(), text);
    assert_eq!(set_property(&after, "A?.B", json!(2)).unwrap(), after.replace("B: 1", "B: 2"));
}

#[test]
fn json_keeps_its_indentation() {
    let text = "{\n\t\"Resources\": {\n\t\t\"R\": {\n\t\t\t\"Type\": \"T\",\n\t\t\t\"Properties\": {\n\t\t\t\t\"A\": false\n\t\t\t}\n\t\t}\n\t}\n}";
    assert_eq!(set_property(text, "A", json!(true)).unwrap(), text.replace("false", "true"));
    let after = set_property(text, "B.C", json!("x")).unwrap();
    let made = "\"A\": false,\n\t\t\t\t\"B\": {\n\t\t\t\t\t\"C\": \"x\"\n\t\t\t\t}\n";
    assert_eq!(after, text.replace("\"A\": false\n", made));
    let text = r#"{"Resources": {"R": {"Type": "T"}}}"#;
    let after = set_property(text, "B", json!(1)).unwrap();
    assert_eq!(after, r#"{"Resources": {"R": {"Type": "T", "Properties": {"B": 1}}}}"#);
}

#[test]
fn line_ends_a_mark_and_letters_of_several_bytes_are_kept() {
    let text = "\u{feff}Resources:\r\n  R:\r\n    Type: T\r\n    Properties:\r\n      Näme: ü # é";
    let after = set_property(text, "A", json!(true)).unwrap();
    assert_eq!(after, format!("{text}\r\n      A: true"));
}

#[test]
fn what_is_no_literal_is_named_and_stays() {
    let refused = |value: &str| {
        let text = format!(
            "Parameters: {{P: {{Type: String}}}}\nResources:\n  X: &x {{Type: T}}\n  R:\n    Type: T\n    Properties:\n      A: {value}\n"
        );
        set_property(&text, "A", json!(true)).unwrap_err()
    };
    let inside = |text: &str| set_property(text, "A.B", json!(true)).unwrap_err();
    insta::assert_snapshot!(
        [
            refused("!Ref P"),
            refused("{Ref: P}"),
            refused("!Ref X"),
            refused("!If [C, true, false]"),
            refused("{'Fn::If': [C, true, false]}"),
            refused("*x"),
            refused("&a false"),
            refused("|\n        false"),
            refused("[1]"),
            refused(""),
            inside("Resources:\n  R:\n    Type: T\n    Properties:\n      A: x\n"),
            inside("Resources:\n  R:\n    Type: Other\n"),
            inside("Resources:\n  R:\n    Type: T\n    Metadata: {'aws:cdk:path': a/b}\n"),
            inside("Resources: {}\n"),
            inside("Resources: [\n"),
        ]
        .join("\n")
    );
}

#[test]
fn a_companion_stands_behind_its_resource_on_the_same_condition() {
    let set = [(path("Doc"), json!({ "$json": { "Resource": ["{{ block.Arn }}", "{{ block.Arn }}/*"] } }))];
    let refer = [("Bucket".to_owned(), "Ref".to_owned())];
    let new = template::NewCompanion { id: "RPolicy", kind: "P", refer: &refer, set: &set };
    let add = |text: &str| applied(text, template::add_companion(text, "R", "T", &new)).unwrap();
    let yaml =
        add("Resources:\n  R:\n    Type: T\n    Condition: C\n    Properties:\n      A: 1\n\n  S:\n    Type: T\n");
    let json = add("{\n  \"Resources\": {\n    \"R\": {\"Type\": \"T\"},\n    \"S\": {\"Type\": \"T\"}\n  }\n}\n");
    insta::assert_snapshot!(format!("{yaml}\n---\n{json}"));
    for text in [&yaml, &json] {
        assert_eq!(template::companion(text, "P", &["Bucket"], "R").unwrap().as_deref(), Some("RPolicy"));
        assert_eq!(template::companion(text, "P", &["Bucket"], "S").unwrap(), None);
    }
}

#[test]
fn a_statement_is_added_to_the_policy_that_is_there() {
    let item = json!({ "Effect": "Deny", "Resource": ["{{ block.Arn }}/*"] });
    let add = |text: &str| applied(text, template::append(text, "R", "T", &path("Doc.Statement"), "B", &item));
    let yaml = |list: &str| {
        format!(
            "Resources:\n  R:\n    Type: T\n    Properties:\n      Doc:\n        Statement:{list}\n  S: {{Type: T}}\n"
        )
    };
    let added: Vec<String> = [
        yaml("\n        - Effect: Allow\n          Action: [a] # why"),
        yaml("\n          - {Effect: Allow}"),
        yaml(" [{Effect: Allow}]"),
        "{\n  \"Resources\": {\"R\": {\"Type\": \"T\", \"Properties\": {\"Doc\": {\"Statement\": [\n    {\"Effect\": \"Allow\"}\n  ]}}}}\n}\n".to_owned(),
    ]
    .iter()
    .map(|text| add(text).unwrap())
    .collect();
    insta::assert_snapshot!(added.join("---\n"));
    assert!(add(&yaml(" !Ref X")).is_err());
    assert!(add(&yaml("\n          Effect: Allow")).is_err());
    assert!(add(&yaml("\n          - !If [C, {Effect: Allow}, !Ref X]")).is_ok());
}
