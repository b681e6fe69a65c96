//! Companions: by reference, by name, by module and key, and where it cannot be known.

use super::*;
use crate::iac::deployment::SitePart;
use serde_json::json;

fn mapped(blocks: Vec<Block>) -> Mapped {
    terraform(Mappings::built_in(), blocks)
}

fn versioning(address: &str, bucket: &serde_json::Value) -> Block {
    block(address, &json!({"bucket": bucket, "versioning_configuration": {"status": "Enabled"}}))
}

/// Whether versioning is on, or why that is not known.
#[track_caller]
fn on(mapped: &Mapped, bucket: &str) -> Result<bool, String> {
    let bucket = of(mapped, bucket);
    match bucket.unknown().get("/versioning") {
        Some(gap) => Err(gap.detail.clone()),
        None => Ok(bucket.attributes["versioning"] == json!({"status": "Enabled"})),
    }
}

fn bucket(address: &str, name: &serde_json::Value) -> Block {
    block(address, &json!({"bucket": name}))
}

#[test]
fn a_reference_to_an_instance_is_of_that_instance() {
    let mapped = mapped(vec![
        bucket("aws_s3_bucket.b[\"a\"]", &json!(null)),
        bucket("aws_s3_bucket.b[\"c\"]", &json!(null)),
        versioning("aws_s3_bucket_versioning.v", &json!({"$ref": "aws_s3_bucket.b[\"c\"].id"})),
    ]);
    assert_eq!(on(&mapped, "aws_s3_bucket.b[\"a\"]"), Ok(false));
    assert_eq!(on(&mapped, "aws_s3_bucket.b[\"c\"]"), Ok(true));
}

#[test]
fn a_reference_that_names_no_instance_is_of_the_same_key_in_the_same_module() {
    let module = |name: &str| {
        vec![
            bucket(&format!("module.{name}.aws_s3_bucket.b[0]"), &json!(null)),
            bucket(&format!("module.{name}.aws_s3_bucket.b[1]"), &json!(null)),
            versioning(
                &format!("module.{name}.aws_s3_bucket_versioning.v[1]"),
                &json!({"$some": format!("module.{name}.aws_s3_bucket.b.id")}),
            ),
        ]
    };
    let mapped = mapped([module("x"), module("y")].concat());
    assert_eq!(on(&mapped, "module.x.aws_s3_bucket.b[0]"), Ok(false));
    assert_eq!(on(&mapped, "module.x.aws_s3_bucket.b[1]"), Ok(true));
    assert_eq!(on(&mapped, "module.y.aws_s3_bucket.b[1]"), Ok(true));
}

#[test]
fn a_reference_that_may_mean_several_leaves_those_open_and_no_other() {
    let mapped = mapped(vec![
        bucket("aws_s3_bucket.b[0]", &json!(null)),
        bucket("aws_s3_bucket.b[1]", &json!(null)),
        bucket("aws_s3_bucket.other", &json!(null)),
        versioning("aws_s3_bucket_versioning.v", &json!({"$some": "aws_s3_bucket.b.id"})),
    ]);
    assert!(on(&mapped, "aws_s3_bucket.b[0]").is_err_and(|why| why.contains("may refer to it")));
    assert!(on(&mapped, "aws_s3_bucket.b[1]").is_err());
    assert_eq!(on(&mapped, "aws_s3_bucket.other"), Ok(false));
}

#[test]
fn equal_names_and_arns_link_as_references_do() {
    for name in
        [json!("data"), json!("arn:aws:s3:::data"), json!({"$text": ["arn:aws:s3:::", {"$ref": "aws_s3_bucket.b.id"}]})]
    {
        let mapped = mapped(vec![
            bucket("aws_s3_bucket.b", &json!("data")),
            versioning("aws_s3_bucket_versioning.v", &name.clone()),
        ]);
        assert_eq!(on(&mapped, "aws_s3_bucket.b"), Ok(true), "{name}");
        assert_eq!(mapped.items.len(), 1);
    }
}

#[test]
fn the_same_expression_in_the_same_module_is_the_same_name() {
    let name = || json!({"$text": ["logs-", {"$var": "var.env"}]});
    let linked = mapped(vec![bucket("aws_s3_bucket.b", &name()), versioning("aws_s3_bucket_versioning.v", &name())]);
    assert_eq!(on(&linked, "aws_s3_bucket.b"), Ok(true));
    let apart = mapped(vec![
        bucket("module.m.aws_s3_bucket.b", &json!({"$var": "var.name"})),
        versioning("aws_s3_bucket_versioning.v", &json!({"$var": "var.name"})),
    ]);
    assert!(on(&apart, "module.m.aws_s3_bucket.b").is_err(), "a variable of another module may be another");
    let fresh = mapped(vec![
        bucket("aws_s3_bucket.b", &json!({"$var": "uuid()"})),
        versioning("aws_s3_bucket_versioning.v", &json!({"$var": "uuid()"})),
    ]);
    assert!(on(&fresh, "aws_s3_bucket.b").is_err());
}

#[test]
fn a_name_made_of_that_of_another_bucket_is_not_that_bucket() {
    let mapped = mapped(vec![
        bucket("aws_s3_bucket.a", &json!("a")),
        bucket("aws_s3_bucket.logs", &json!({"$text": [{"$ref": "aws_s3_bucket.a.id"}, "-logs"]})),
        versioning("aws_s3_bucket_versioning.v", &json!({"$text": [{"$ref": "aws_s3_bucket.a.id"}, "-logs"]})),
    ]);
    assert_eq!(on(&mapped, "aws_s3_bucket.a"), Ok(false));
    assert_eq!(on(&mapped, "aws_s3_bucket.logs"), Ok(true));
}

#[test]
fn a_companion_passes_on_the_name_it_was_given() {
    let mapped = mapped(vec![
        bucket("aws_s3_bucket.b", &json!(null)),
        block("aws_s3_bucket_public_access_block.p", &json!({"bucket": {"$ref": "aws_s3_bucket.b.id"}})),
        block(
            "aws_s3_bucket_policy.p",
            &json!({"bucket": {"$ref": "aws_s3_bucket_public_access_block.p.bucket"}, "policy": "{\"Statement\": []}"}),
        ),
        block(
            "aws_s3_bucket_ownership_controls.o",
            &json!({"bucket": {"$ref": "aws_s3_bucket_public_access_block.p.id"}, "rule": {"object_ownership": "ObjectWriter"}}),
        ),
    ]);
    let bucket = of(&mapped, "aws_s3_bucket.b");
    assert_eq!(bucket.attributes["policy"], json!({"statements": []}));
    assert_eq!(mapped.items.len(), 1);
}

#[test]
fn a_link_that_cannot_be_known_leaves_open_those_without_a_companion_of_their_own() {
    for name in [json!({"$var": "var.bucket"}), json!({"$ref": "data.aws_s3_bucket.d.id"})] {
        let mapped = mapped(vec![
            bucket("aws_s3_bucket.a", &json!("a")),
            bucket("aws_s3_bucket.b", &json!("b")),
            versioning("aws_s3_bucket_versioning.v", &name.clone()),
            versioning("aws_s3_bucket_versioning.w", &json!("b")),
        ]);
        assert!(on(&mapped, "aws_s3_bucket.a").is_err_and(|why| why.contains("may refer to it")), "{name}");
        assert_eq!(on(&mapped, "aws_s3_bucket.b"), Ok(true));
        assert!(mapped.items["aws_s3_bucket_versioning.v"].orphan, "it is judged by itself, too");
    }
}

#[test]
fn a_reference_to_a_bucket_that_is_not_in_the_code_is_to_none_that_is() {
    let mapped = mapped(vec![
        bucket("aws_s3_bucket.a", &json!("a")),
        versioning("aws_s3_bucket_versioning.v", &json!({"$ref": "aws_s3_bucket.gone.id"})),
    ]);
    assert_eq!(on(&mapped, "aws_s3_bucket.a"), Ok(false));
    assert!(mapped.items["aws_s3_bucket_versioning.v"].orphan, "it is judged by itself");
}

#[test]
fn a_known_name_may_be_that_of_a_bucket_whose_name_the_code_does_not_tell() {
    let other = |name| {
        mapped(vec![bucket("aws_s3_bucket.a", &name), versioning("aws_s3_bucket_versioning.v", &json!("acme-data"))])
    };
    assert!(on(&other(json!({"$var": "var.name"})), "aws_s3_bucket.a").is_err());
    assert!(on(&other(json!({"$text": ["acme-", {"$var": "var.name"}]})), "aws_s3_bucket.a").is_err());
    assert_eq!(on(&other(json!({"$text": ["corp-", {"$var": "var.name"}]})), "aws_s3_bucket.a"), Ok(false));
    assert_eq!(on(&other(json!(null)), "aws_s3_bucket.a"), Ok(false), "AWS makes up another");
}

#[test]
fn a_companion_that_may_not_be_there_decides_nothing_unless_the_bucket_hangs_on_the_same() {
    let maybe = uncertain;
    let blocks = |of_bucket: Option<&str>| {
        let own = bucket("aws_s3_bucket.b", &json!("b"));
        let own = match of_bucket {
            Some(why) => maybe(own, why),
            None => own,
        };
        mapped(vec![own, maybe(versioning("aws_s3_bucket_versioning.v", &json!("b")), "var.create")])
    };
    assert_eq!(on(&blocks(None), "aws_s3_bucket.b"), Err("var.create".to_owned()));
    assert_eq!(on(&blocks(Some("var.create")), "aws_s3_bucket.b"), Ok(true));
    assert_eq!(on(&blocks(Some("var.other")), "aws_s3_bucket.b"), Err("var.create".to_owned()));
    let each = |of: &str| {
        mapped(vec![
            maybe(bucket("aws_s3_bucket.b", &json!("b")), "for_each = toset(var.names)"),
            maybe(versioning("aws_s3_bucket_versioning.v", &json!("b")), of),
        ])
    };
    for (of, expected) in [
        ("for_each = aws_s3_bucket.b", true),
        ("count = length(aws_s3_bucket.b)", true),
        ("for_each = aws_s3_bucket.bb", false),
        ("for_each = aws_s3_bucket", false),
        ("count = length(aws_s3_bucket.b) - 1", false),
    ] {
        assert_eq!(on(&each(of), "aws_s3_bucket.b").is_ok(), expected, "{of}");
    }
}

#[test]
fn two_companions_that_differ_leave_it_open_and_two_that_agree_do_not() {
    let second = |status: &str| {
        mapped(vec![
            bucket("aws_s3_bucket.b", &json!("b")),
            versioning("aws_s3_bucket_versioning.v", &json!("b")),
            block(
                "aws_s3_bucket_versioning.w",
                &json!({"bucket": "b", "versioning_configuration": {"status": status}}),
            ),
        ])
    };
    assert_eq!(on(&second("Enabled"), "aws_s3_bucket.b"), Ok(true));
    assert!(on(&second("Suspended"), "aws_s3_bucket.b").is_err());
}

#[test]
fn code_that_could_not_be_read_may_set_what_it_was_given() {
    let scenario = Scenario {
        part: 0,
        assumptions: Vec::new(),
        blocks: vec![bucket("aws_s3_bucket.a", &json!("a")), bucket("aws_s3_bucket.b", &json!("b"))],
    };
    let mut deployment = deployment(Language::Terraform);
    deployment.missing.push(unknown("", "$ref", "aws_s3_bucket.a.id"));
    let mapped = map(&deployment, &scenario, Mappings::built_in());
    assert!(on(&mapped, "aws_s3_bucket.a").is_err());
    assert_eq!(on(&mapped, "aws_s3_bucket.b"), Ok(false));
}

#[test]
fn a_provider_alias_is_the_region() {
    let abroad = Block { elsewhere: Some(Arc::from("aws.frankfurt")), ..bucket("aws_s3_bucket.b", &json!("b")) };
    let mapped = mapped(vec![abroad, bucket("aws_s3_bucket.c", &json!("c"))]);
    assert_eq!(of(&mapped, "aws_s3_bucket.b").identity.region, "aws.frankfurt");
    assert_eq!(of(&mapped, "aws_s3_bucket.c").identity.region, "code");
}

#[test]
fn fifteen_thousand_blocks_take_no_time() {
    let mut blocks = Vec::new();
    for n in 0..3000 {
        blocks.push(bucket(&format!("aws_s3_bucket.b{n}"), &json!(format!("b{n}"))));
        blocks.push(versioning(
            &format!("aws_s3_bucket_versioning.v{n}"),
            &json!({"$ref": format!("aws_s3_bucket.b{n}.id")}),
        ));
        blocks.push(block(&format!("aws_security_group.g{n}"), &json!({"name": format!("g{n}")})));
        blocks.push(block(
            &format!("aws_security_group_rule.r{n}"),
            &json!({"type": "ingress", "protocol": "tcp",
            "from_port": 1, "to_port": 2, "security_group_id": {"$ref": format!("aws_security_group.g{n}.id")}}),
        ));
        blocks.push(versioning(&format!("aws_s3_bucket_versioning.x{n}"), &json!({"$var": format!("var.v{n}")})));
    }
    let start = std::time::Instant::now();
    let mapped = mapped(blocks);
    assert!(mapped.resources.len() >= 9000);
    // Some 0.3 seconds where the build is optimised; this one is not.
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}

#[test]
fn an_expression_that_does_not_say_all_is_not_the_same_elsewhere() {
    let on = |one: &str, other: &str| {
        let mapped = mapped(vec![
            bucket("aws_s3_bucket.b", &json!({"$var": one})),
            versioning("aws_s3_bucket_versioning.v", &json!({"$var": other})),
        ]);
        on(&mapped, "aws_s3_bucket.b").ok()
    };
    assert_eq!(on("var.names[0]", "var.names[0]"), Some(true));
    assert_eq!(on("var.names[0]", "var.names[1]"), None);
    for expression in ["an element", "uuid()", "uuid()[0]"] {
        assert_eq!(on(expression, expression), None, "{expression}");
    }
}

/// A block in this region of the account.
fn in_region(block: Block, region: &str) -> Block {
    let region = SitePart::Named(Arc::from(region));
    Block { site: Site { region, ..Site::default() }, ..block }
}

/// A block of a provider configuration of which nothing is known.
fn somewhere(block: Block) -> Block {
    let part = SitePart::Unknown(Arc::from("aws.gone"));
    Block { site: Site { account: part.clone(), region: part }, ..block }
}

#[test]
fn what_belongs_to_a_region_holds_for_no_other() {
    let volume = |name: &str| block(&format!("aws_ebs_volume.{name}"), &json!({"size": 1}));
    let default = || block("aws_ebs_encryption_by_default.d", &json!({"enabled": true}));
    let encrypted = |mapped: &Mapped, name: &str| {
        let volume = of(mapped, &format!("aws_ebs_volume.{name}"));
        match volume.unknown().get("/encrypted") {
            Some(gap) => Err(gap.detail.clone()),
            None => Ok(volume.attributes["encrypted"] == json!(true)),
        }
    };
    let known = mapped(vec![
        in_region(volume("here"), "eu-west-1"),
        in_region(volume("there"), "us-east-1"),
        in_region(default(), "us-east-1"),
    ]);
    assert_eq!(encrypted(&known, "here"), Ok(false));
    assert_eq!(encrypted(&known, "there"), Ok(true));
    let open = mapped(vec![volume("here"), somewhere(default())]);
    assert!(encrypted(&open, "here").is_err_and(|why| why.contains("another region")));
}

#[test]
fn what_belongs_to_an_account_holds_in_all_its_regions_and_in_no_other_account() {
    let block_of = || {
        let settings = json!({"block_public_acls": true, "block_public_policy": true});
        block("aws_s3_account_public_access_block.a", &settings)
    };
    let told = |mapped: &Mapped| of(mapped, "aws_s3_bucket.b").attributes.knows("account_public_access_block");
    let bucket = || bucket("aws_s3_bucket.b", &json!("b"));
    assert!(told(&mapped(vec![in_region(bucket(), "eu-west-1"), in_region(block_of(), "us-east-1")])));
    let account = SitePart::Named(Arc::from("444455556666"));
    let other = Block { site: Site { account, ..Site::default() }, ..block_of() };
    assert!(!told(&mapped(vec![bucket(), other])));
}

#[test]
fn a_name_is_of_what_has_it_in_the_same_region() {
    let function = |name: &str| block(&format!("aws_lambda_function.{name}"), &json!({"function_name": "f"}));
    let permission =
        block("aws_lambda_permission.p", &json!({"function_name": "f", "action": "lambda:*", "principal": "*"}));
    let mapped = mapped(vec![
        in_region(function("here"), "eu-west-1"),
        in_region(function("there"), "us-east-1"),
        in_region(permission, "us-east-1"),
    ]);
    let allows = |name: &str| {
        let function = of(&mapped, &format!("aws_lambda_function.{name}"));
        function.attributes["policy"].known_json().to_string().contains("Allow")
    };
    assert!(allows("there") && !allows("here"));
}

#[test]
fn a_file_that_could_not_be_read_may_hold_companions_of_everything() {
    let group = block("aws_security_group.g", &json!({"name": "g"}));
    let scenario =
        Scenario { part: 0, assumptions: Vec::new(), blocks: vec![bucket("aws_s3_bucket.a", &json!("a")), group] };
    let mut deployment = deployment(Language::Terraform);
    let unread = Unknown::new(GapCode::Unresolved, "x.tf could not be read");
    deployment.missing.push(unread.clone());
    deployment.unread.push(unread);
    let mapped = map(&deployment, &scenario, Mappings::built_in());
    assert!(on(&mapped, "aws_s3_bucket.a").is_err());
    let group = of(&mapped, "aws_security_group.g");
    assert!(group.unknown().keys().any(|pointer| pointer.starts_with("/ingress")), "{:?}", group.unknown());
}

#[test]
fn companions_of_one_block_that_is_not_in_the_code_are_one_item() {
    let rule = |name: &str, acl: serde_json::Value, number: u32, action: &str| {
        let body = json!({"network_acl_id": acl, "rule_number": number, "rule_action": action, "protocol": "-1", "cidr_block": "0.0.0.0/0"});
        block(&format!("aws_network_acl_rule.{name}"), &body)
    };
    let mapped = mapped(vec![
        rule("deny", json!({"$var": "var.acl"}), 90, "deny"),
        rule("allow", json!({"$var": "var.acl"}), 100, "allow"),
        rule("other", json!({"$var": "var.other"}), 100, "allow"),
    ]);
    let acls: Vec<&str> = mapped
        .resources
        .iter()
        .filter(|it| it.identity.r#type == "AWS::EC2::NetworkAcl")
        .map(|it| it.identity.id.as_str())
        .collect();
    assert_eq!(acls, ["aws_network_acl_rule.deny", "aws_network_acl_rule.other"]);
    let entries = of(&mapped, "aws_network_acl_rule.deny").attributes["entries"].known_json().to_string();
    assert!(entries.contains("allow") && entries.contains("deny"), "{entries}");
}
