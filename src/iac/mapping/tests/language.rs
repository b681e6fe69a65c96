//! Each form of rule on small mappings, in the three states.

use super::*;
use serde_json::json;

/// A mapping of subnets from `aws_subnet` with these attributes, as YAML.
fn subnets(attributes: &str) -> Mappings {
    typed("AWS::EC2::Subnet", "ec2/subnet.yaml", "aws_subnet", attributes)
}

fn groups(attributes: &str) -> Mappings {
    typed("AWS::EC2::SecurityGroup", "ec2/securitygroup.yaml", "aws_security_group", attributes)
}

fn typed(name: &str, file: &str, kind: &str, attributes: &str) -> Mappings {
    let mut text = format!(
        "type: {name}\nterraform:\n  - block: {kind}\n    source: https://registry.terraform.io/providers/hashicorp/aws/x\n    name: [name]\n    attributes:\n"
    );
    for line in attributes.trim_matches('\n').lines() {
        text.push_str(&format!("      {line}\n"));
    }
    Mappings::parse(file, &text).unwrap_or_else(|wrong| panic!("{wrong:?}\n{text}"))
}

/// What a rule for one text attribute of a subnet makes of a body: known, absent or unknown.
fn text(rule: &str, body: &serde_json::Value) -> Result<Option<serde_json::Value>, String> {
    attribute(&subnets(&format!("vpc_id: {rule}")), "aws_subnet.s", body, "vpc_id")
}

/// What a rule for the ingress of a security group makes of a body.
fn list(rule: &str, body: &serde_json::Value) -> Result<Option<serde_json::Value>, String> {
    attribute(&groups(&format!("ingress: {rule}")), "aws_security_group.s", body, "ingress")
}

fn attribute(
    mappings: &Mappings,
    address: &str,
    body: &serde_json::Value,
    name: &str,
) -> Result<Option<serde_json::Value>, String> {
    let mapped = terraform(mappings, vec![block(address, body)]);
    let resource = of(&mapped, address);
    match resource.unknown().get(&format!("/{name}")) {
        Some(gap) => Err(gap.detail.clone()),
        None => Ok(resource.attributes.get(name).map(Tree::known_json)),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared to what the others give")]
fn known(value: serde_json::Value) -> Result<Option<serde_json::Value>, String> {
    Ok(Some(value))
}

fn var() -> serde_json::Value {
    json!({"$var": "var.x"})
}

#[test]
fn a_path_gives_the_first_that_is_written() {
    for rule in ["{path: [a, b.c]}", "[a, b.c]"] {
        assert_eq!(text(rule, &json!({"a": "x"})), known(json!("x")));
        assert_eq!(text(rule, &json!({"a": null, "b": [{"c": "y"}]})), known(json!("y")));
        assert_eq!(text(rule, &json!({"b": []})), Ok(None));
        assert_eq!(text(rule, &json!({"a": var(), "b": {"c": "y"}})), Err("var.x".to_owned()));
    }
    assert_eq!(text("{at: b, path: ^.a}", &json!({"a": "x", "b": [{}]})), known(json!("x")));
    assert_eq!(text("{at: b, path: ^.a}", &json!({"a": "x"})), Ok(None), "nothing is at `b`");
}

#[test]
fn leaves_are_brought_into_the_types_of_the_attribute() {
    assert_eq!(text("a", &json!({"a": 443})), known(json!("443")));
    assert_eq!(text("a", &json!({"a": true})), known(json!("true")));
    assert_eq!(text("a", &json!({"a": {"$json": {"b": 1}}})), known(json!("{\"b\":1}")));
    assert!(text("a", &json!({"a": {"b": "c"}})).is_err());
    let truth =
        |body| attribute(&subnets("map_public_ip_on_launch: a"), "aws_subnet.s", &body, "map_public_ip_on_launch");
    assert_eq!(truth(json!({"a": "true"})), known(json!(true)));
    assert!(truth(json!({"a": "yes"})).is_err_and(|why| !why.contains("yes")), "the value itself is not said");
    let port = "{each: r, object: {from_port: p}}";
    assert_eq!(
        list(port, &json!({"r": [{"p": "22"}]})).map(|list| list.map(|list| list[0]["from_port"].clone())),
        known(json!(22))
    );
}

#[test]
fn each_makes_one_element_of_each_and_says_which_are_unknown() {
    let rule = "{each: r, object: {ip_protocol: p, cidr_ipv4: c}}";
    let made = list(rule, &json!({"r": [{"p": "tcp", "c": ["10.0.0.0/8"]}, {"p": "udp"}]}));
    let element = |protocol: &str, cidr: serde_json::Value| json!({"ip_protocol": protocol, "cidr_ipv4": cidr, "cidr_ipv6": [], "prefix_lists": [], "referenced_groups": []});
    assert_eq!(made, known(json!([element("tcp", json!(["10.0.0.0/8"])), element("udp", json!([]))])));
    assert_eq!(
        list(rule, &json!({"r": {"p": "tcp"}})),
        known(json!([element("tcp", json!([]))])),
        "one is a list of one"
    );
    assert_eq!(list(rule, &json!({"r": var()})), Err("var.x".to_owned()));
    assert_eq!(list(rule, &json!({})), Ok(None));
    assert_eq!(list(rule, &json!({"r": []})), Ok(None), "an empty list is not written");
    assert_eq!(list("{each: r, default: []}", &json!({"r": []})), known(json!([])));

    let mapped = terraform(
        &groups(&format!("ingress: {rule}")),
        vec![block("aws_security_group.s", &json!({"r": [var(), {"p": var(), "c": ["10.0.0.0/8", var()]}]}))],
    );
    let group = of(&mapped, "aws_security_group.s");
    assert_eq!(group.attributes["ingress"][0].known_json(), serde_json::Value::Null);
    assert_eq!(group.attributes["ingress"][1]["cidr_ipv4"].known_json(), json!(["10.0.0.0/8", null]));
    let unknown: Vec<String> = group.unknown().into_keys().filter(|pointer| pointer.starts_with("/ingress")).collect();
    assert_eq!(unknown, ["/ingress/0", "/ingress/1/cidr_ipv4/1", "/ingress/1/ip_protocol"]);
}

#[test]
fn first_stops_at_what_is_not_known_because_that_may_be_it() {
    let rule = "{first: [a, b, {const: c}]}";
    assert_eq!(text(rule, &json!({"b": "y"})), known(json!("y")));
    assert_eq!(text(rule, &json!({})), known(json!("c")));
    assert_eq!(text(rule, &json!({"a": var(), "b": "y"})), Err("var.x".to_owned()));
}

#[test]
fn concat_puts_an_unknown_element_where_a_part_is_unknown() {
    let rule = "{concat: [{each: a, object: {ip_protocol: p}}, {each: b, object: {ip_protocol: p}}]}";
    let protocols = |body| {
        let list = list(rule, &body).ok().flatten().unwrap_or_default();
        list.as_array().into_iter().flatten().map(|item| item["ip_protocol"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(protocols(json!({"a": {"p": "tcp"}, "b": {"p": "udp"}})), [json!("tcp"), json!("udp")]);
    assert_eq!(protocols(json!({"a": var(), "b": {"p": "udp"}})), [json!(null), json!("udp")]);
    assert_eq!(list(rule, &json!({})), known(json!([])));
}

#[test]
fn a_default_stands_in_for_what_is_not_written_and_for_nothing_else() {
    let rule = "{path: a, default: d}";
    assert_eq!(text(rule, &json!({})), known(json!("d")));
    assert_eq!(text(rule, &json!({"a": var()})), Err("var.x".to_owned()));
    assert_eq!(text("{absent: why}", &json!({"a": 1})), Ok(None));
    assert_eq!(text("{self: name}", &json!({"name": "n"})), known(json!("n")));
    assert_eq!(text("{self: name}", &json!({"name": var()})), known(json!("aws_subnet.s")));
}

#[test]
fn values_translate_what_is_known() {
    let rule = "{path: a, values: {\"true\": on, x: null}, otherwise: other}";
    assert_eq!(text(rule, &json!({"a": true})), known(json!("on")));
    assert_eq!(text(rule, &json!({"a": "x"})), Ok(None));
    assert_eq!(text(rule, &json!({"a": "y"})), known(json!("other")));
    assert_eq!(text(rule, &json!({"a": var()})), Err("var.x".to_owned()));
    assert_eq!(text("{path: a, values: {x: y}}", &json!({"a": "z"})), known(json!("z")), "what is not listed stays");
}

#[test]
fn forms_are_told_by_name() {
    assert_eq!(text("{path: a, as: lower}", &json!({"a": "TCP"})), known(json!("tcp")));
    assert_eq!(text("{path: a, as: upper}", &json!({"a": "x"})), known(json!("X")));
    assert_eq!(text("{path: a, as: integer}", &json!({"a": "x1"})).map_err(|_| ()), Err(()));
    assert_eq!(text("{path: a, as: lower}", &json!({"a": var()})), Err("var.x".to_owned()));
    let set = |body| {
        attribute(
            &typed("AWS::EC2::NetworkAcl", "ec2/networkacl.yaml", "aws_network_acl", "subnet_ids: {path: a, as: set}"),
            "aws_network_acl.s",
            &body,
            "subnet_ids",
        )
    };
    assert_eq!(set(json!({"a": ["y", "x", "y"]})), known(json!(["x", "y"])));
    assert_eq!(set(json!({"a": "x"})), known(json!(["x"])));
    assert_eq!(set(json!({})), known(json!([])), "a list that is never absent");
    assert_eq!(set(json!({"a": var()})), Err("var.x".to_owned()));
}

#[test]
fn a_reference_is_there_although_its_value_is_not_known() {
    let there = json!({"a": {"$ref": "aws_kms_key.k.arn"}});
    assert_eq!(text("{path: a, reference: text}", &there), known(json!("${aws_kms_key.k.arn}")));
    assert_eq!(text("{path: a, assume_if_reference: key}", &there), known(json!("key")));
    assert_eq!(text("{path: a, reference: text}", &json!({"a": var()})), Err("var.x".to_owned()));
    assert_eq!(text("{path: a, reference: written}", &json!({"a": var()})), known(json!("${var.x}")));
    assert_eq!(text("{path: a, reference: written}", &there), known(json!("${aws_kms_key.k.arn}")));
    assert_eq!(text("a", &there), Err("aws_kms_key.k.arn".to_owned()));
}

#[test]
fn conditions_are_three_valued() {
    let rule = |condition: &str| format!("{{if: {condition}, then: {{const: yes}}, else: {{const: \"no\"}}}}");
    for (condition, body, expected) in [
        ("{path: a, is: x}", json!({"a": "x"}), Ok("yes")),
        ("{path: a, is: true}", json!({"a": "true"}), Ok("yes")),
        ("{path: a, is: 5}", json!({"a": 5}), Ok("yes")),
        ("{path: a, is: x}", json!({}), Ok("no")),
        ("{path: a, is: x}", json!({"a": var()}), Err(())),
        ("{path: a, in: [x, y]}", json!({"a": "y"}), Ok("yes")),
        ("{path: a, present: true}", json!({"a": {"$ref": "aws_x.y.id"}}), Ok("yes")),
        ("{path: a, present: false}", json!({"a": []}), Ok("yes")),
        ("{path: a, present: true}", json!({"a": var()}), Err(())),
        ("{path: a, matches: \"arn:*\"}", json!({"a": "arn:x"}), Ok("yes")),
        ("{not: {path: a, is: x}}", json!({"a": "x"}), Ok("no")),
        ("{all: [{path: a, is: x}, {path: b, is: y}]}", json!({"a": var(), "b": "z"}), Ok("no")),
        ("{all: [{path: a, is: x}, {path: b, is: y}]}", json!({"a": var(), "b": "y"}), Err(())),
        ("{any: [{path: a, is: x}, {path: b, is: y}]}", json!({"a": var(), "b": "y"}), Ok("yes")),
        ("{any: [{path: a, is: x}, {path: b, is: y}]}", json!({"a": var()}), Err(())),
        ("{of: {first: [a, {const: x}]}, is: x}", json!({}), Ok("yes")),
    ] {
        let made = text(&rule(condition), &body).map_err(|_| ());
        assert_eq!(made, expected.map(|text| Some(json!(text))), "{condition} {body}");
    }
    let same = "{if: {path: a, is: x}, then: {const: s}, else: {const: s}}";
    assert_eq!(text(same, &json!({"a": var()})), known(json!("s")), "both sides come to the same");
    assert_eq!(text("{if: {path: a, is: x}, then: {const: s}}", &json!({"a": "y"})), Ok(None));
}

#[test]
fn items_are_the_elements_of_a_list_and_see_the_block_around_them() {
    let text = "
type: AWS::EC2::Subnet
terraform:
  - block: aws_many
    source: https://registry.terraform.io/x
    name: [name]
    items: subnet
    when: {path: skip, is: true}
    attributes: {vpc_id: ^.vpc, cidr_block: cidr}
";
    let mappings = Mappings::parse(
        "ec2/subnet.yaml",
        &text.replace("when: {path: skip, is: true}", "when: {not: {path: skip, is: true}}"),
    )
    .expect("a mapping");
    let mapped = terraform(
        &mappings,
        vec![block(
            "aws_many.m",
            &json!({"vpc": "v",
        "subnet": [{"name": "a", "cidr": "1"}, {"skip": true}, {"skip": var()}, var()]}),
        )],
    );
    let ids: Vec<&str> = mapped.resources.iter().map(|resource| resource.identity.id.as_str()).collect();
    assert_eq!(ids, ["aws_many.m/subnet/0", "aws_many.m/subnet/2", "aws_many.m/subnet/3"]);
    let first = of(&mapped, ids[0]);
    assert_eq!((first.identity.name.as_str(), &first.attributes["vpc_id"]), ("a", &Tree::from(json!("v"))));
    assert_eq!(of(&mapped, ids[2]).unknown()["/cidr_block"].detail, "var.x");
    assert_eq!(told(&mapped, first, &[]), [(0, Some(3))], "the element, and not the block around it");
}

#[test]
fn what_no_rule_tells_is_unknown() {
    let mapped = terraform(&subnets("vpc_id: a"), vec![block("aws_subnet.s", &json!({}))]);
    let subnet = of(&mapped, "aws_subnet.s");
    assert_eq!(subnet.unknown()["/cidr_block"].code, GapCode::Unsupported);
    assert!(!subnet.unknown().contains_key("/vpc_id"));
    assert_eq!(
        subnets("vpc_id: a").mapped_attributes("AWS::EC2::Subnet", Language::Terraform),
        ["vpc_id".to_owned()].into()
    );
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_place() {
    let wrong = |attributes: &str| {
        let text = format!(
            "type: AWS::EC2::Subnet\nterraform:\n  - block: aws_subnet\n    source: https://x\n    attributes: {attributes}\n"
        );
        let errors = Mappings::parse("ec2/subnet.yaml", &text).expect_err(attributes);
        errors[0].to_string()
    };
    assert!(wrong("{vpc: a}").contains("there is no attribute `vpc`"));
    assert!(wrong("{vpc_id: {path: a, each: b}}").contains("one main key"));
    assert!(wrong("{vpc_id: {pth: a}}").contains("there is no key `pth` here; did you mean `path`?"));
    assert!(wrong("{vpc_id: {path: a..b}}").contains("a step that is no name"));
    assert!(wrong("{vpc_id: {path: a, as: policy}}").contains("is no policy document"));
    assert!(wrong("{vpc_id: {related: {block: b}, path: a}}").contains("missing field `on`"));
    assert!(wrong("{vpc_id: {if: {path: a}, then: b}}").contains("one of `is`"));
    assert!(wrong("{a.b: c}").contains("no dots"));
    let mut deep = "a".to_owned();
    for _ in 0..30 {
        deep = format!("{{value: {deep}}}");
    }
    assert!(wrong(&format!("{{vpc_id: {deep}}}")).contains("deep"));
    assert!(
        Mappings::parse("x.yaml", "type: AWS::EC2::Subnet")
            .is_err_and(|errors| errors[0].message.contains("ec2/subnet.yaml"))
    );
    assert!(Mappings::parse("x.yaml", "[").is_err());
}
