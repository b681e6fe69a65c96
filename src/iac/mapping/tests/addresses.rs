//! Public addresses of instances: what is written of them, and what of the subnets they lie in.

use super::*;
use serde_json::{Value as Json, json};

fn subnets() -> Vec<Block> {
    vec![
        block("aws_subnet.public", &json!({"vpc_id": "vpc-1", "map_public_ip_on_launch": true})),
        block("aws_subnet.private", &json!({"vpc_id": "vpc-1"})),
        block("aws_default_subnet.default", &json!({"availability_zone": "eu-west-1a"})),
    ]
}

/// Whether the item of the last block has a public address; nothing where that is not known.
fn public(blocks: Vec<Block>) -> Option<bool> {
    let address = blocks.last().map(|block| block.address.clone()).unwrap_or_default();
    let blocks = subnets().into_iter().chain(blocks).collect();
    let mapped = terraform(Mappings::built_in(), blocks);
    let item = of(&mapped, &address);
    item.attributes.known_json().get("associate_public_ip_address").and_then(Json::as_bool)
}

fn instance(body: &Json) -> Block {
    block("aws_instance.i", body)
}

fn lies_in(subnet: &str) -> Json {
    json!({"$ref": format!("{subnet}.id")})
}

#[test]
fn the_subnet_of_an_instance_decides_where_nothing_is_written() {
    let of_subnet = |subnet: &str| public(vec![instance(&json!({"subnet_id": lies_in(subnet)}))]);
    assert_eq!(of_subnet("aws_subnet.public"), Some(true));
    assert_eq!(of_subnet("aws_subnet.private"), Some(false));
    assert_eq!(of_subnet("aws_default_subnet.default"), Some(true));
    assert_eq!(public(vec![instance(&json!({"subnet_id": "subnet-1"}))]), None, "it is not in the code");
    assert_eq!(public(vec![instance(&json!({"ami": "ami-1"}))]), Some(true), "a default subnet gives one out");
    let written = json!({"subnet_id": lies_in("aws_subnet.public"), "associate_public_ip_address": false});
    assert_eq!(public(vec![instance(&written)]), Some(false));
    assert_eq!(
        public(vec![instance(&json!({"network_interface": [{"network_interface_id": "eni-1", "device_index": 0}]}))]),
        None,
        "an interface that is not in the code"
    );
}

#[test]
fn the_template_of_an_instance_names_its_subnet() {
    let template = |body: &Json| block("aws_launch_template.t", body);
    let launched = || instance(&json!({"launch_template": [{"id": {"$ref": "aws_launch_template.t.id"}}]}));
    let in_subnet = |subnet: &str| json!({"network_interfaces": [{"subnet_id": lies_in(subnet)}]});
    assert_eq!(public(vec![template(&in_subnet("aws_subnet.public")), launched()]), Some(true));
    assert_eq!(public(vec![template(&in_subnet("aws_subnet.private")), launched()]), Some(false));
    assert_eq!(public(vec![template(&json!({"image_id": "ami-1"})), launched()]), Some(true));
    assert_eq!(public(vec![instance(&json!({"launch_template": [{"id": "lt-1"}]}))]), None);
}

#[test]
fn what_a_group_launches_lies_in_its_subnets() {
    let launched_in = |group: Json| {
        let mut group = group;
        group["launch_template"] = json!([{"id": {"$ref": "aws_launch_template.t.id"}}]);
        let group = block("aws_autoscaling_group.g", &group);
        public(vec![group, block("aws_launch_template.t", &json!({"image_id": "ami-1"}))])
    };
    let subnets = |subnets: &[&str]| {
        let subnets: Vec<Json> = subnets.iter().map(|subnet| lies_in(subnet)).collect();
        json!({"vpc_zone_identifier": subnets})
    };
    assert_eq!(launched_in(subnets(&["aws_subnet.private", "aws_subnet.private"])), Some(false));
    assert_eq!(launched_in(subnets(&["aws_subnet.private", "aws_subnet.public"])), Some(true));
    assert_eq!(launched_in(json!({"availability_zones": ["eu-west-1a"]})), Some(true));
    assert_eq!(launched_in(json!({"vpc_zone_identifier": {"$var": "var.subnets"}})), None);
    assert_eq!(
        public(vec![block("aws_launch_template.t", &json!({"image_id": "ami-1"}))]),
        None,
        "no group is in the code"
    );
    let of_configuration = vec![
        block(
            "aws_autoscaling_group.g",
            &json!({"launch_configuration": {"$ref": "aws_launch_configuration.c.name"},
                "vpc_zone_identifier": [lies_in("aws_subnet.public")]}),
        ),
        block("aws_launch_configuration.c", &json!({"image_id": "ami-1"})),
    ];
    assert_eq!(public(of_configuration), Some(true));
}
