//! Security groups and their rules, judged by the controls' own function.

use super::*;
use crate::model::resource::Resource;
use serde_json::json;

fn mapped(blocks: Vec<Block>) -> Mapped {
    terraform(Mappings::built_in(), blocks)
}

fn rule(from: u16, cidr: &serde_json::Value, group: &serde_json::Value) -> serde_json::Value {
    json!({"type": "ingress", "protocol": "TCP", "from_port": from, "to_port": from, "cidr_blocks": cidr,
        "security_group_id": group})
}

fn ingress(group: &Resource) -> &[Tree] {
    group.attributes["ingress"].as_array().expect("a list")
}

#[test]
fn rules_written_in_three_ways_are_one_list() {
    let mapped = mapped(vec![
        block(
            "aws_security_group.a",
            &json!({"name": "web", "vpc_id": {"$ref": "aws_vpc.main.id"},
            "ingress": [{"protocol": "all", "from_port": 0, "to_port": 0, "cidr_blocks": ["10.0.0.0/8"], "self": true}]}),
        ),
        block(
            "aws_security_group_rule.b",
            &rule(22, &json!(["0.0.0.0/0"]), &json!({"$ref": "aws_security_group.a.id"})),
        ),
        block(
            "aws_vpc_security_group_ingress_rule.c",
            &json!({"security_group_id": {"$ref": "aws_security_group.a.id"},
            "ip_protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_ipv6": "::/0"}),
        ),
        block(
            "aws_vpc_security_group_egress_rule.d",
            &json!({"security_group_id": {"$ref": "aws_security_group.a.id"},
            "ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0"}),
        ),
        block("aws_vpc.main", &json!({"cidr_block": "10.0.0.0/16"})),
    ]);
    let group = of(&mapped, "aws_security_group.a");
    assert_eq!(
        group.attributes["ingress"],
        json!([
            {"ip_protocol": "-1", "from_port": 0, "to_port": 0, "cidr_ipv4": ["10.0.0.0/8"], "cidr_ipv6": [],
                "prefix_lists": [], "referenced_groups": [{"group_id": "web"}]},
            {"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": ["0.0.0.0/0"], "cidr_ipv6": [],
                "prefix_lists": [], "referenced_groups": []},
            {"ip_protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_ipv4": [], "cidr_ipv6": ["::/0"],
                "prefix_lists": [], "referenced_groups": []},
        ])
    );
    assert_eq!(group.attributes["egress"].as_array().map(<[_]>::len), Some(1));
    assert_eq!(group.attributes["vpc_id"], "aws_vpc.main");
    assert!(group.unknown().is_empty(), "{:?}", group.unknown());
    let places = told(&mapped, group, &["/ingress/1/from_port", "/ingress/1/cidr_ipv4/0"]);
    assert_eq!(places, [(0, None), (1, None), (1, Some(2)), (1, Some(4)), (1, Some(6))]);
}

#[test]
fn a_rule_of_an_unknown_group_leaves_open_no_more_than_whether_it_applies() {
    let mapped = mapped(vec![
        block("aws_security_group.a", &json!({"name": "web"})),
        block("aws_security_group_rule.b", &rule(443, &json!(["0.0.0.0/0"]), &json!({"$var": "var.group"}))),
    ]);
    let group = of(&mapped, "aws_security_group.a");
    assert_eq!(ingress(group)[0]["from_port"], 443);
    assert!(group.unknown()["/ingress/0/ip_protocol"].detail.contains("may refer to it"));
    let alone = of(&mapped, "aws_security_group_rule.b");
    assert_eq!(alone.attributes["ingress"][0]["ip_protocol"], "tcp");
    assert!(alone.unknown().contains_key("/egress"));
    assert!(mapped.items["aws_security_group_rule.b"].orphan);
}

#[test]
fn a_prefix_list_of_the_code_is_looked_into_and_another_is_not_known() {
    let mapped = mapped(vec![
        block(
            "aws_security_group.a",
            &json!({"ingress": [{"protocol": "tcp", "from_port": 22, "to_port": 22,
            "prefix_list_ids": [{"$ref": "aws_ec2_managed_prefix_list.p.id"}, "pl-1"]}]}),
        ),
        block("aws_ec2_managed_prefix_list.p", &json!({"name": "p", "entry": [{"cidr": "0.0.0.0/1"}]})),
        block(
            "aws_ec2_managed_prefix_list_entry.q",
            &json!({"prefix_list_id": {"$ref": "aws_ec2_managed_prefix_list.p.id"},
            "cidr": "128.0.0.0/1"}),
        ),
    ]);
    let group = of(&mapped, "aws_security_group.a");
    let lists = &ingress(group)[0]["prefix_lists"];
    assert_eq!(lists[0]["entries"], json!(["0.0.0.0/1", "128.0.0.0/1"]));
    assert_eq!(lists[1]["id"], "pl-1");
    assert!(group.unknown()["/ingress/0/prefix_lists/1/entries"].detail.contains("not in the code"));
}

#[test]
fn the_default_group_is_known_by_its_kind_and_has_the_rules_that_are_written() {
    let mapped = mapped(vec![
        block("aws_default_security_group.d", &json!({"vpc_id": {"$ref": "aws_vpc.main.id"}})),
        block("aws_security_group.a", &json!({"name": {"$var": "var.name"}})),
        block(
            "aws_security_group_rule.b",
            &rule(22, &json!(["0.0.0.0/0"]), &json!({"$ref": "aws_default_security_group.d.id"})),
        ),
    ]);
    let default = of(&mapped, "aws_default_security_group.d");
    assert_eq!(default.attributes["group_name"], "default");
    assert_eq!(ingress(default).len(), 1);
    assert_eq!(default.attributes["egress"], json!([]));
    assert_eq!(of(&mapped, "aws_security_group.a").attributes["ingress"], json!([]));
    assert_eq!(mapped.items.len(), 2, "the rule is the default group's: {:?}", mapped.items.keys());
}

#[test]
fn a_rule_of_another_group_leaves_the_default_group_alone() {
    let default = |group: &str| {
        let mapped = mapped(vec![
            block("aws_vpc.main", &json!({"cidr_block": "10.0.0.0/16"})),
            block("aws_default_security_group.d", &json!({"vpc_id": {"$ref": "aws_vpc.main.id"}})),
            block("aws_security_group.a[0]", &json!({"name": "a"})),
            block("aws_security_group_rule.b", &rule(22, &json!(["0.0.0.0/0"]), &json!({"$ref": group}))),
        ]);
        let group = of(&mapped, "aws_default_security_group.d");
        (group.attributes["ingress"].as_array().map(<[_]>::len), group.unknown().len())
    };
    assert_eq!(default("aws_security_group.a[0].id"), (Some(0), 0));
    let (_, unknown) = default("aws_vpc.main.default_security_group_id");
    assert!(unknown > 0, "it is the group that comes with the VPC");
    let (_, unknown) = default("aws_security_group.elsewhere.id");
    assert!(unknown > 0, "it is not in the code");
}

#[test]
fn a_template_says_the_same() {
    let mapped = cloudformation(
        Mappings::built_in(),
        vec![
            template(
                "Group",
                "AWS::EC2::SecurityGroup",
                &json!({"GroupDescription": "x",
            "SecurityGroupIngress": [{"IpProtocol": 6, "FromPort": "22", "ToPort": 22, "CidrIp": {"$var": "Ref Cidr"}}]}),
            ),
            template(
                "More",
                "AWS::EC2::SecurityGroupIngress",
                &json!({"GroupId": {"$ref": "Group.GroupId"},
            "IpProtocol": "-1", "CidrIpv6": "::/0"}),
            ),
        ],
    );
    let group = of(&mapped, "Group");
    assert_eq!(ingress(group)[0]["ip_protocol"], "6");
    assert_eq!(ingress(group)[0]["from_port"], 22);
    assert!(group.unknown().contains_key("/ingress/0/cidr_ipv4"));
    assert_eq!(ingress(group)[1]["cidr_ipv6"], json!(["::/0"]));
    assert_eq!(group.attributes["egress"][0]["cidr_ipv4"], json!(["0.0.0.0/0"]));
}

#[test]
fn a_range_is_told_as_far_as_it_is_known() {
    let mapped = mapped(vec![block(
        "aws_security_group.a",
        &json!({"ingress": {"cidr_blocks": [{"$text": [{"$ref": "aws_eip.office.public_ip"}, "/32"]}, {"$var": "var.x"}]}}),
    )]);
    let group = of(&mapped, "aws_security_group.a");
    let text =
        |index: usize| group.unknown()[&format!("/ingress/0/cidr_ipv4/{index}")].text.as_ref().map(ToString::to_string);
    assert_eq!(text(0).as_deref(), Some("${aws_eip.office.public_ip}/32"));
    assert_eq!(text(1), None);
}
