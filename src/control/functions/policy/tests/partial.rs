//! Policies of code: texts of which a part is not known.

use super::*;

/// A policy in which each text with `${…}` in it is known only as far as that.
fn code(statements: &Value) -> Tree {
    let document = json!({"Statement": statements});
    let parsed = PolicyDocument::parse(&document.to_string()).unwrap_or_else(|error| panic!("{error}: {document}"));
    let mut unknown = BTreeMap::new();
    let mut typed = serde_json::to_value(parsed).expect("plain data");
    hide(&mut typed, String::new(), &mut unknown);
    Tree::with_unknown(&typed, &unknown)
}

fn hide(value: &mut Value, pointer: String, unknown: &mut BTreeMap<String, Gap>) {
    match value {
        // An address stands for a resource of the code, of which the name alone is unknown.
        Value::String(text) if text.contains("${") || text.contains("aws_") => {
            unknown.insert(pointer, Gap::new(GapCode::Unresolved, "x").text(text.clone()));
            *value = Value::Null;
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                hide(item, format!("{pointer}/{index}"), unknown);
            }
        }
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                hide(member, format!("{pointer}/{key}"), unknown);
            }
        }
        _ => {}
    }
}

fn one(call: Call, statements: &Value) -> Option<bool> {
    ask(call, std::slice::from_ref(&code(statements)))
}

#[test]
fn a_role_of_the_code_is_not_everyone_and_a_variable_may_be() {
    let to = |principal: Value| json!([{"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]);
    for (principal, public) in [
        (json!({"AWS": "arn:aws:iam::code:role/aws_iam_role.app"}), Some(false)),
        (json!({"AWS": "arn:aws:iam::${var.account}:root"}), Some(false)),
        (json!({"AWS": "${var.principal}"}), None),
        (json!({"AWS": ["arn:aws:iam::code:root", "*"]}), Some(true)),
        (json!({"Service": "${var.service}.amazonaws.com"}), Some(false)),
    ] {
        assert_eq!(one(allows_public, &to(principal.clone())), public, "{principal}");
    }
}

#[test]
fn a_part_of_a_resource_is_not_everything() {
    let on = |resource: &str, action: &str| json!([{"Effect": "Allow", "Action": action, "Resource": resource}]);
    for (resource, action, admin) in [
        ("arn:aws:s3:::aws_s3_bucket.b/*", "*", Some(false)),
        ("${var.bucket}/*", "*", Some(false)),
        ("${var.resource}*", "*", None),
        ("${var.resource}", "*", None),
        ("*", "s3:${var.action}", Some(false)),
        ("*", "${var.action}", None),
    ] {
        assert_eq!(one(allows_admin, &on(resource, action)), admin, "{resource} {action}");
    }
    let wildcards = |action: &str| list(service_wildcards, std::slice::from_ref(&code(&on("*", action))));
    assert_eq!(wildcards("s3:${var.action}"), None, "the variable may be a star");
    assert_eq!(wildcards("s3:Get${var.what}"), Some(vec![]));
    let passes = |resource: &str| one(allows_passrole_wildcard, &on(resource, "iam:PassRole"));
    assert_eq!(passes("arn:aws:iam::code:role/aws_iam_role.app"), Some(false));
    assert_eq!(passes("arn:aws:iam::code:role/${var.role}"), None);
    assert_eq!(passes("arn:aws:iam::code:role/app-${var.role}"), Some(false));
}

#[test]
fn a_bucket_whose_name_is_not_known_is_the_same_bucket_wherever_it_is_named() {
    let deny = |resources: Value| {
        one(
            denies_insecure_transport,
            &json!([{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resources,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]),
        )
    };
    assert_eq!(deny(json!(["arn:aws:s3:::aws_s3_bucket.b", "arn:aws:s3:::aws_s3_bucket.b/*"])), Some(true));
    assert_eq!(deny(json!(["arn:aws:s3:::${var.name}", "arn:aws:s3:::${var.name}/*"])), Some(true));
    assert_eq!(deny(json!(["arn:aws:s3:::aws_s3_bucket.b/*"])), Some(false), "not the bucket itself");
    assert_eq!(deny(json!(["${var.arn}", "${var.arn}/*"])), None);
}

#[test]
fn what_the_code_makes_is_a_chosen_caller() {
    let under = |operator: &str, key: &str, value: &str| {
        one(
            allows_public,
            &json!([{"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*",
                "Condition": {operator: {key: value}}}]),
        )
    };
    assert_eq!(under("StringEquals", "aws:SourceVpce", "aws_vpc_endpoint.s3.id"), Some(false));
    assert_eq!(
        under("ArnLike", "aws:SourceArn", "arn:aws:cloudtrail:${data.aws_region.r.name}:code:aws_cloudtrail.t"),
        Some(false)
    );
    assert_eq!(under("ArnLike", "aws:SourceArn", "arn:aws:s3:::${var.bucket}"), None);
    assert_eq!(under("StringEquals", "aws:PrincipalOrgID", "${var.org}"), Some(false));
    assert_eq!(under("StringLike", "aws:PrincipalOrgID", "${var.org}"), None);
    assert_eq!(under("IpAddress", "aws:SourceIp", "${aws_eip.nat.public_ip}/32"), Some(false));
    assert_eq!(under("IpAddress", "aws:SourceIp", "${var.ip}/1"), None);
}

#[test]
fn an_account_that_is_not_known_is_open_and_that_of_the_code_is_ours() {
    let trusts = |statement: Value| {
        let arguments = [code(&json!([statement])), Tree::Str("code".into()), Tree::List([].into())];
        list(external_trusts_without_id, &arguments)
    };
    let by = |who: &str| json!({"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole"});
    assert_eq!(trusts(by("arn:aws:iam::code:root")), Some(vec![]));
    assert_eq!(trusts(by("arn:aws:iam::code:role/aws_iam_role.a")), Some(vec![]));
    assert_eq!(trusts(by("arn:aws:iam::123456789012:role/${var.role}")), Some(vec!["123456789012".to_owned()]));
    assert_eq!(trusts(by("arn:aws:iam::${var.account}:root")), None);
    let anyone = |condition: Value| json!({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": condition});
    let arn = |value: &str| anyone(json!({"ArnLike": {"aws:PrincipalArn": value}}));
    assert_eq!(trusts(arn("arn:aws:iam::code:role/aws_iam_role.a")), Some(vec![]));
    assert_eq!(trusts(arn("arn:aws:iam::${var.account}:role/a")), None);
}

proptest! {
    /// What is answered in spite of unknown parts must be the answer whatever they turn out to be.
    #[test]
    fn an_answer_does_not_depend_on_the_unknown_parts(
        pick in prop::collection::vec((0_usize..4, 0_usize..5, 0_usize..6, 0_usize..4, any::<bool>()), 1..4),
        is in prop::sample::select(vec!["*", "b", "s3:*", "", "role/*", "GetObject", "arn:aws:s3:::b", "app*"]),
    ) {
        let principals = ["*", "arn:aws:iam::code:role/${x}", "arn:aws:iam::123456789012:root", "${x}"];
        let actions = ["*", "s3:${x}", "s3:Get${x}", "iam:PassRole", "${x}"];
        let resources = ["*", "arn:aws:s3:::${x}", "arn:aws:s3:::${x}/*", "${x}*", "arn:aws:iam::code:${x}", "arn:aws:s3:::b"];
        let conditions = [json!({}), json!({"Bool": {"aws:SecureTransport": "false"}}),
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::${x}"}}), json!({"StringLike": {"aws:PrincipalOrgID": "o-${x}"}})];
        let statements: Vec<Value> = pick.iter().map(|&(who, action, resource, condition, allow)| json!({
            "Effect": if allow { "Allow" } else { "Deny" }, "Principal": {"AWS": principals[who]}, "Action": actions[action],
            "Resource": resources[resource], "Condition": conditions[condition]})).collect();
        // AWS takes no wildcard, and nothing that is no name, as a part of a principal.
        let filled = json!(statements).to_string().replace("role/${x}", "role/a").replace("${x}", is);
        let known = policy(&serde_json::from_str(&filled).expect("JSON"), &[]);
        let part = code(&json!(statements));
        for call in [allows_public as Call, allows_admin, allows_passrole_wildcard] {
            let partial = ask(call, std::slice::from_ref(&part));
            let full = ask(call, std::slice::from_ref(&known));
            prop_assert!(partial.is_none() || partial == full, "{statements:?} with {is}: {partial:?} {full:?}");
        }
        match list(service_wildcards, std::slice::from_ref(&part)) {
            Some(certain) if certain.is_empty() => {
                prop_assert_eq!(list(service_wildcards, std::slice::from_ref(&known)), Some(vec![]), "{:?} with {}", statements, is);
            }
            _ => {}
        }
    }

    #[test]
    fn hostile_texts_never_panic(text in "[\\$\\{\\}a:*/]{0,30}") {
        let tree = code(&json!([{"Effect": "Allow", "Principal": {"AWS": format!("${{{text}")}, "Action": format!("{text}aws_"),
            "Resource": text}]));
        for call in [allows_public as Call, denies_insecure_transport, allows_admin, service_wildcards, escalations] {
            drop(call(std::slice::from_ref(&tree)));
        }
    }
}
