//! Networks and what runs in them: groups that come with a VPC, ranges known by their size, addresses,
//! flow logs, volumes.

use super::*;
use serde_json::json;

fn mapped(blocks: Vec<Block>) -> Mapped {
    terraform(Mappings::built_in(), blocks)
}

fn templated(blocks: Vec<Block>) -> Mapped {
    cloudformation(Mappings::built_in(), blocks)
}

/// An attribute of an item: known, absent or unknown.
fn attribute(mapped: &Mapped, id: &str, name: &str) -> Result<Option<serde_json::Value>, String> {
    let resource = of(mapped, id);
    match resource.unknown().iter().find(|(pointer, _)| pointer.starts_with(&format!("/{name}"))) {
        Some((_, gap)) => Err(gap.detail.clone()),
        None => Ok(resource.attributes.get(name).map(Tree::known_json)),
    }
}

fn ids(mapped: &Mapped) -> Vec<&str> {
    mapped.resources.iter().map(|resource| resource.identity.id.as_str()).collect()
}

fn uncertain(block: Block) -> Block {
    super::uncertain(block, "var.create")
}

#[test]
fn the_range_of_a_vpc_is_known_by_its_size_and_that_of_a_rule_is_not() {
    let from = |range: &str| {
        json!({"ingress": [{"protocol": "tcp", "from_port": 22, "to_port": 22,
        "cidr_blocks": [{"$ref": range}]}]})
    };
    let mapped = mapped(vec![
        block("aws_security_group.a", &from("aws_vpc.main.cidr_block")),
        block("aws_security_group.b", &from("data.aws_subnet.main.ipv6_cidr_block")),
        block("aws_security_group.c", &from("aws_network_acl_rule.main.cidr_block")),
        block(
            "aws_network_acl.n",
            &json!({"ingress": [{"protocol": "tcp", "rule_no": 1, "action": "allow",
            "cidr_block": {"$ref": "module.net.aws_vpc.main[0].cidr_block"}}]}),
        ),
    ]);
    let text_of = |mapped: &Mapped, id: &str, pointer: &str| {
        of(mapped, id).unknown()[pointer].text.as_ref().map(ToString::to_string)
    };
    let text = |id: &str, pointer: &str| text_of(&mapped, id, pointer);
    let pointer = "/ingress/0/cidr_ipv4/0";
    assert_eq!(text("aws_security_group.a", pointer).as_deref(), Some("${aws_vpc.main.cidr_block}/16"));
    assert_eq!(text("aws_security_group.b", pointer).as_deref(), Some("${data.aws_subnet.main.ipv6_cidr_block}/44"));
    assert_eq!(text("aws_security_group.c", pointer), None, "a rule may be for any range");
    assert_eq!(
        text("aws_network_acl.n", "/entries/0/cidr_block").as_deref(),
        Some("${module.net.aws_vpc.main[0].cidr_block}/16")
    );
    let rule = json!({"SecurityGroupIngress": [{"IpProtocol": "tcp", "CidrIp": {"$ref": "Network.CidrBlock"}}]});
    let mapped = templated(vec![template("G", "AWS::EC2::SecurityGroup", &rule)]);
    assert_eq!(text_of(&mapped, "G", "/ingress/0/cidr_ipv4").as_deref(), Some("${Network.CidrBlock}/16"));
}

#[test]
fn a_single_prefix_list_is_looked_into_like_a_list_of_them() {
    let lists = json!([{"id": "${aws_ec2_managed_prefix_list.all.id}", "entries": ["0.0.0.0/0"]}]);
    let mapped = mapped(vec![
        block("aws_ec2_managed_prefix_list.all", &json!({"entry": [{"cidr": "0.0.0.0/0"}]})),
        block(
            "aws_vpc_security_group_ingress_rule.a",
            &json!({"ip_protocol": "tcp", "from_port": 22, "to_port": 22,
            "prefix_list_id": {"$ref": "aws_ec2_managed_prefix_list.all.id"}}),
        ),
    ]);
    let rule = &of(&mapped, "aws_vpc_security_group_ingress_rule.a").attributes["ingress"][0];
    assert_eq!(rule["prefix_lists"], lists);
    let mapped = templated(vec![
        template("All", "AWS::EC2::PrefixList", &json!({"Entries": [{"Cidr": "0.0.0.0/0"}]})),
        template(
            "G",
            "AWS::EC2::SecurityGroup",
            &json!({"SecurityGroupIngress": [{"IpProtocol": "tcp", "SourcePrefixListId": {"$ref": "All.PrefixListId"}}]}),
        ),
    ]);
    assert_eq!(of(&mapped, "G").attributes["ingress"][0]["prefix_lists"][0]["entries"], json!(["0.0.0.0/0"]));
}

#[test]
fn a_rule_for_what_goes_out_lets_nothing_in() {
    let out = json!({"ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0", "security_group_id": "sg-1"});
    let legacy = json!({"type": "egress", "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"], "security_group_id": "sg-2"});
    let mapped =
        mapped(vec![block("aws_vpc_security_group_egress_rule.a", &out), block("aws_security_group_rule.b", &legacy)]);
    for id in ["aws_vpc_security_group_egress_rule.a", "aws_security_group_rule.b"] {
        assert_eq!(attribute(&mapped, id, "ingress"), Ok(Some(json!([]))), "{id}");
    }
    let rule = json!({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0", "GroupId": "sg-1"});
    let mapped = templated(vec![template("R", "AWS::EC2::SecurityGroupEgress", &rule)]);
    assert_eq!(attribute(&mapped, "R", "ingress"), Ok(Some(json!([]))));
}

#[test]
fn the_group_that_comes_with_a_vpc_has_rules_until_it_is_taken_over() {
    let rule = json!({"type": "ingress", "protocol": "tcp", "from_port": 22, "to_port": 22,
        "cidr_blocks": ["0.0.0.0/0"], "security_group_id": {"$ref": "aws_vpc.a.default_security_group_id"}});
    let mapped = mapped(vec![
        block("aws_vpc.a", &json!({"cidr_block": "10.0.0.0/16"})),
        block("aws_security_group_rule.r", &rule),
        block("aws_vpc.b", &json!({"cidr_block": "10.1.0.0/16"})),
        block("aws_default_security_group.b", &json!({"vpc_id": {"$ref": "aws_vpc.b.id"}})),
    ]);
    let group = of(&mapped, "aws_vpc.a/default-security-group");
    assert_eq!(group.attributes["group_name"], "default");
    assert_eq!(group.attributes["ingress"][0]["ip_protocol"], "-1");
    assert_eq!(group.attributes["ingress"][1]["from_port"], 22);
    assert_eq!(group.attributes["egress"][0]["cidr_ipv4"], json!(["0.0.0.0/0"]));
    assert!(!ids(&mapped).contains(&"aws_vpc.b/default-security-group"));
    assert!(ids(&mapped).contains(&"aws_vpc.a"), "the VPC keeps its id");
    let network = |id: &str| template(id, "AWS::EC2::VPC", &json!({}));
    let closes = json!({"DefaultSecurityGroupId": {"$ref": "B.DefaultSecurityGroup"}});
    let mapped = templated(vec![network("A"), network("B"), template("C", "Custom::VpcRestrictDefaultSG", &closes)]);
    assert_eq!(attribute(&mapped, "A/default-security-group", "group_name"), Ok(Some(json!("default"))));
    assert!(!ids(&mapped).contains(&"B/default-security-group"));
}

#[test]
fn a_flow_log_is_of_the_vpc_it_names_and_of_none_where_it_names_a_subnet() {
    let mapped = mapped(vec![
        block("aws_vpc.a", &json!({})),
        block("aws_flow_log.vpc", &json!({"vpc_id": {"$ref": "aws_vpc.a.id"}})),
        block("aws_flow_log.gateway", &json!({"transit_gateway_id": {"$var": "var.gateway"}})),
        uncertain(block("aws_flow_log.perhaps", &json!({"vpc_id": {"$ref": "aws_vpc.a.id"}}))),
    ]);
    assert_eq!(attribute(&mapped, "aws_flow_log.vpc", "resource_id"), Ok(Some(json!("aws_vpc.a"))));
    assert_eq!(attribute(&mapped, "aws_flow_log.vpc", "flow_log_status"), Ok(Some(json!("ACTIVE"))));
    assert_eq!(attribute(&mapped, "aws_flow_log.gateway", "resource_id"), Ok(None));
    assert_eq!(attribute(&mapped, "aws_flow_log.perhaps", "flow_log_status"), Err("var.create".to_owned()));
    let log = json!({"ResourceType": "Subnet", "ResourceId": {"$var": "parameter Subnet"}});
    let mapped = templated(vec![template("L", "AWS::EC2::FlowLog", &log)]);
    assert_eq!(attribute(&mapped, "L", "resource_id"), Ok(None));
}

#[test]
fn encryption_by_default_that_may_not_be_there_is_not_known() {
    let setting = || block("aws_ebs_encryption_by_default.d", &json!({}));
    let on =
        |blocks: Vec<Block>| attribute(&mapped(blocks), "aws_ebs_encryption_by_default.d", "ebs_encryption_by_default");
    assert_eq!(on(vec![setting()]), Ok(Some(json!(true))));
    assert_eq!(on(vec![uncertain(setting())]), Err("var.create".to_owned()));
}

#[test]
fn an_elastic_address_is_of_the_instance_or_the_interface_that_it_names() {
    let interface = |name: &str| json!({"network_interface": [{"network_interface_id": {"$ref": name}}]});
    let blocks = vec![
        block("aws_eip.gateway", &json!({"domain": "vpc"})),
        block("aws_network_interface.a", &json!({})),
        block("aws_network_interface.b", &json!({})),
        block("aws_eip.a", &json!({"network_interface": {"$ref": "aws_network_interface.a.id"}})),
        block("aws_instance.a", &interface("aws_network_interface.a.id")),
        block("aws_instance.b", &interface("aws_network_interface.b.id")),
        block("aws_spot_instance_request.c", &json!({"associate_public_ip_address": true})),
    ];
    let elsewhere = mapped(vec![block("aws_eip.e", &json!({"instance": {"$ref": "aws_instance.elsewhere.id"}}))]);
    assert_eq!(attribute(&elsewhere, "aws_eip.e", "associate_public_ip_address"), Ok(Some(json!(true))));
    let mapped = mapped(blocks);
    let public = |id: &str| attribute(&mapped, id, "associate_public_ip_address");
    assert!(!ids(&mapped).contains(&"aws_eip.gateway"), "a NAT gateway's");
    assert_eq!(public("aws_instance.a"), Ok(Some(json!(true))));
    assert_eq!(public("aws_instance.b"), Ok(Some(json!(false))), "no address is given to what is there already");
    assert_eq!(public("aws_spot_instance_request.c"), Ok(Some(json!(true))));
    let mapped = templated(vec![
        template("Gateway", "AWS::EC2::EIP", &json!({"Domain": "vpc"})),
        template("N", "AWS::EC2::NetworkInterface", &json!({})),
        template("E", "AWS::EC2::EIPAssociation", &json!({"NetworkInterfaceId": {"$ref": "N"}})),
        template("I", "AWS::EC2::Instance", &json!({"NetworkInterfaces": [{"NetworkInterfaceId": {"$ref": "N"}}]})),
    ]);
    assert_eq!(attribute(&mapped, "I", "associate_public_ip_address"), Ok(Some(json!(true))));
    assert!(!ids(&mapped).contains(&"Gateway"));
}

#[test]
fn what_an_instance_does_not_say_of_its_metadata_its_template_or_the_account_says() {
    let defaults = block("aws_ec2_instance_metadata_defaults.d", &json!({"http_tokens": "required"}));
    let named = json!({"launch_template": [{"name": "web"}]});
    let blocks = || {
        vec![
            block("aws_instance.plain", &json!({})),
            block("aws_instance.says", &json!({"metadata_options": [{"http_tokens": "optional"}]})),
            block(
                "aws_launch_template.t",
                &json!({"name": "web", "metadata_options": [{"http_endpoint": "disabled"}]}),
            ),
            block("aws_instance.named", &named),
        ]
    };
    let tokens = |mapped: &Mapped, id: &str| of(mapped, id).attributes["metadata_options"]["http_tokens"].clone();
    let alone = mapped(blocks());
    assert_eq!(tokens(&alone, "aws_instance.plain"), "optional");
    assert_eq!(of(&alone, "aws_instance.named").attributes["metadata_options"]["http_endpoint"], "disabled");
    let set = mapped(blocks().into_iter().chain([defaults]).collect());
    assert_eq!(tokens(&set, "aws_instance.plain"), "required");
    assert_eq!(tokens(&set, "aws_instance.named"), "required");
    assert_eq!(tokens(&set, "aws_instance.says"), "optional");
}

#[test]
fn a_volume_of_a_snapshot_is_encrypted_where_the_snapshot_is() {
    let of_snapshot = |name: &str| json!({"snapshot_id": {"$ref": name}});
    let mapped = mapped(vec![
        block("aws_ebs_volume.a", &json!({"encrypted": true})),
        block("aws_ebs_snapshot.a", &json!({"volume_id": {"$ref": "aws_ebs_volume.a.id"}})),
        block("aws_ebs_volume.b", &json!({})),
        block("aws_ebs_snapshot.b", &json!({"volume_id": {"$ref": "aws_ebs_volume.b.id"}})),
        block("aws_ebs_volume.of_a", &of_snapshot("aws_ebs_snapshot.a.id")),
        block("aws_ebs_volume.of_b", &of_snapshot("aws_ebs_snapshot.b.id")),
        block("aws_ebs_volume.elsewhere", &json!({"snapshot_id": "snap-1"})),
        block(
            "aws_launch_configuration.l",
            &json!({"ebs_block_device": [{"device_name": "/dev/sdb", "no_device": "true"}]}),
        ),
    ]);
    let encrypted = |id: &str| attribute(&mapped, id, "encrypted");
    assert_eq!(encrypted("aws_ebs_volume.of_a"), Ok(Some(json!(true))));
    assert_eq!(encrypted("aws_ebs_volume.of_b"), Ok(Some(json!(false))));
    assert_eq!(encrypted("aws_ebs_volume.elsewhere"), Err("snap-1 is not in the code".to_owned()));
    assert!(!ids(&mapped).iter().any(|id| id.contains("ebs_block_device")), "a device that is left out is none");
    let mapped = templated(vec![
        template("Of", "AWS::EC2::Volume", &json!({"SnapshotId": "snap-1"})),
        template("New", "AWS::EC2::Volume", &json!({"Size": 1})),
    ]);
    assert!(attribute(&mapped, "Of", "encrypted").is_err());
    assert_eq!(attribute(&mapped, "New", "encrypted"), Ok(Some(json!(false))));
}

#[test]
fn zones_that_are_not_known_are_told_apart() {
    let zones = |zones: serde_json::Value| {
        let mapped = mapped(vec![block("aws_autoscaling_group.g", &json!({"availability_zones": zones}))]);
        attribute(&mapped, "aws_autoscaling_group.g", "availability_zones").ok().flatten()
    };
    let (text, list) = (|zone: serde_json::Value| json!({"$text": zone}), "data.aws_availability_zones.z.names");
    let (region, other) = (json!({"$var": "var.region"}), json!({"$var": "var.other"}));
    assert_eq!(
        zones(json!([text(json!([region, "a"])), text(json!([region, "b"]))])),
        Some(json!(["${var.region}a", "${var.region}b"]))
    );
    assert_eq!(zones(json!([text(json!([region, "a"])), text(json!([other, "b"]))])), None);
    assert_eq!(zones(json!([text(json!([region, "a"])), "us-east-1b"])), None);
    assert_eq!(zones(json!([region])), None, "it may be any number of them");
    let element = |at: usize| json!({"$var": format!("{list}[{at}]")});
    let spelled = |at: usize| format!("${{{list}[{at}]}}");
    assert_eq!(zones(json!([element(0), element(1)])), Some(json!([spelled(0), spelled(1)])));
    assert_eq!(zones(json!([element(0), element(0)])), Some(json!([spelled(0), spelled(0)])));
    assert_eq!(zones(json!([{"$var": "var.zones[0]"}, {"$var": "var.zones[1]"}])), None, "they may be the same");
    assert_eq!(zones(json!({"$var": list})).and_then(|zones| Some(zones.as_array()?.len())), Some(2));
    let select = |at: usize| json!({"$var": format!("Fn::Select {at} of Fn::GetAZs")});
    let group = json!({"AvailabilityZones": [select(0), select(1)]});
    let mapped = templated(vec![template("G", "AWS::AutoScaling::AutoScalingGroup", &group)]);
    let zones = attribute(&mapped, "G", "availability_zones");
    assert_eq!(zones, Ok(Some(json!(["${Fn::Select 0 of Fn::GetAZs}", "${Fn::Select 1 of Fn::GetAZs}"]))));
}

#[test]
fn rules_for_the_acl_that_comes_with_a_vpc_are_of_that() {
    let rule = json!({"network_acl_id": {"$ref": "aws_vpc.a.default_network_acl_id"}, "rule_number": 100});
    let mapped = mapped(vec![
        block("aws_vpc.a", &json!({})),
        block("aws_vpc.b", &json!({})),
        block("aws_network_acl_rule.r", &rule),
    ]);
    assert_eq!(attribute(&mapped, "aws_vpc.a/default-network-acl", "is_default"), Ok(Some(json!(true))));
    for id in ["aws_vpc.b/default-network-acl", "aws_network_acl_rule.r"] {
        assert!(!ids(&mapped).contains(&id), "{id}");
    }
    let entry = json!({"NetworkAclId": {"$ref": "A.DefaultNetworkAcl"}, "RuleNumber": 100});
    let mapped =
        templated(vec![template("A", "AWS::EC2::VPC", &json!({})), template("E", "AWS::EC2::NetworkAclEntry", &entry)]);
    assert_eq!(attribute(&mapped, "A/default-network-acl", "is_default"), Ok(Some(json!(true))));
    assert!(!ids(&mapped).contains(&"E"));
}
