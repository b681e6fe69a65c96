use super::*;

fn allow(actions: &Value, resources: &Value) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resources})
}

fn deny(actions: &Value) -> Value {
    json!({"Effect": "Deny", "Action": actions, "Resource": "*"})
}

#[track_caller]
fn admin(statements: &Value, unknown: &[&str]) -> Option<bool> {
    ask(allows_admin, &[policy(statements, unknown)])
}

#[track_caller]
fn passes(statements: &Value, unknown: &[&str]) -> Option<bool> {
    ask(allows_passrole_wildcard, &[policy(statements, unknown)])
}

#[track_caller]
fn listed(call: Call, statements: &Value, unknown: &[&str]) -> Option<Vec<String>> {
    list(call, &[policy(statements, unknown)])
}

#[test]
fn administration_is_every_action_on_every_resource_without_a_condition() {
    let star = json!("*");
    for (statements, expected) in [
        (json!([allow(&star, &star)]), true),
        (json!([allow(&json!(["s3:GetObject", "*:*"]), &json!(["arn:aws:s3:::b", "*"]))]), true),
        (json!([allow(&json!("**"), &json!("arn:aws:*"))]), true),
        (json!([allow(&star, &star), deny(&json!("iam:*"))]), true),
        (json!([allow(&star, &star), deny(&star)]), false),
        (json!([allow(&json!("s3:*"), &star)]), false),
        (json!([allow(&star, &json!("arn:aws:s3:::b"))]), false),
        (json!([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]), false),
        (
            json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]),
            false,
        ),
        (json!([deny(&star)]), false),
    ] {
        assert_eq!(admin(&statements, &[]), Some(expected), "{statements}");
    }
    let full = json!([allow(&star, &star)]);
    for at in ["/statements/0/actions", "/statements/0/resources", "/statements/0/conditions", "/statements/0"] {
        assert_eq!(admin(&full, &[at]), None, "{at}");
    }
    let both = json!([allow(&star, &star), allow(&json!("s3:Get*"), &star)]);
    assert_eq!(admin(&both, &["/statements/1/actions"]), Some(true));
    assert_eq!(admin(&json!([allow(&star, &json!("arn:aws:s3:::b"))]), &["/statements/0/actions"]), Some(false));
}

#[test]
fn whole_services_on_every_resource_are_listed() {
    for (statements, expected) in [
        (json!([allow(&json!(["s3:*", "ec2:Describe*"]), &json!("*"))]), vec!["s3:*"]),
        (json!([allow(&json!(["S3:*", "sqs:**"]), &json!("*"))]), vec!["s3:*", "sqs:**"]),
        (json!([allow(&json!("*"), &json!("*"))]), vec!["*"]),
        (json!([{"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}]), vec!["all but iam:*, sts:*"]),
        (json!([{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::b"}]), vec!["s3:*"]),
        (
            json!([{"Effect": "Allow", "Action": "ec2:*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}]),
            vec!["ec2:*"],
        ),
        (json!([allow(&json!("s3:*"), &json!("arn:aws:s3:::b/*"))]), vec![]),
        (json!([allow(&json!("s3:Get*"), &json!("*"))]), vec![]),
        (json!([allow(&json!("s3:*"), &json!("*")), deny(&json!("s3:*"))]), vec![]),
        (json!([allow(&json!("s3:*"), &json!("*")), deny(&json!("s3:Delete*"))]), vec!["s3:*"]),
    ] {
        assert_eq!(
            listed(service_wildcards, &statements, &[]),
            Some(expected.iter().map(ToString::to_string).collect()),
            "{statements}"
        );
    }
    let statements = json!([allow(&json!("s3:*"), &json!("*")), allow(&json!("sqs:*"), &json!("*"))]);
    assert_eq!(listed(service_wildcards, &statements, &["/statements/0/actions"]), Some(vec!["sqs:*".to_owned()]));
    assert_eq!(listed(service_wildcards, &statements, &["/statements/0/resources", "/statements/1/resources"]), None);
    let narrow = json!([allow(&json!("s3:*"), &json!("arn:aws:s3:::b"))]);
    assert_eq!(listed(service_wildcards, &narrow, &["/statements/0/actions"]), Some(vec![]));
}

#[test]
fn passing_every_role_is_seen_however_it_is_written() {
    for (actions, resources, expected) in [
        (json!("iam:PassRole"), json!("*"), true),
        (json!("iam:passrole"), json!(["arn:aws:iam::123456789012:role/x", "*"]), true),
        (json!("iam:Pass*"), json!("*"), true),
        (json!("iam:*"), json!("*"), true),
        (json!("*"), json!("*"), true),
        (json!("iam:PassRole"), json!("arn:aws:iam::*:role/*"), true),
        (json!("iam:PassRole"), json!("arn:aws:iam::123456789012:role/*"), true),
        (json!("iam:PassRole"), json!("arn:aws:iam::123456789012:*"), true),
        (json!("iam:PassRole"), json!("arn:aws:iam::123456789012:role/app/*"), false),
        (json!("iam:PassRole"), json!("arn:aws:iam::*:role/app-*"), false),
        (json!("iam:Get*"), json!("*"), false),
        (json!("iam:PassRole"), json!("arn:aws:iam::123456789012:role/x"), false),
    ] {
        assert_eq!(passes(&json!([allow(&actions, &resources)]), &[]), Some(expected), "{actions} {resources}");
    }
    let not = |actions: &str| json!([{"Effect": "Allow", "NotAction": actions, "Resource": "*"}]);
    assert_eq!(passes(&not("s3:*"), &[]), Some(true));
    assert_eq!(passes(&not("iam:*"), &[]), Some(false));
    let to_service = json!([{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
        "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}]);
    assert_eq!(passes(&to_service, &[]), Some(true), "any role still goes to that service");
    assert_eq!(passes(&json!([allow(&json!("*"), &json!("*")), deny(&json!("iam:PassRole"))]), &[]), Some(false));
    let conditional = json!([allow(&json!("*"), &json!("*")), {"Effect": "Deny", "Action": "iam:*", "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]);
    assert_eq!(passes(&conditional, &[]), Some(true));
    let plain = json!([allow(&json!("iam:PassRole"), &json!("*"))]);
    assert_eq!(passes(&plain, &["/statements/0/resources"]), None);
    assert_eq!(passes(&plain, &["/statements/0/conditions"]), Some(true));
}

#[test]
fn a_deny_on_other_resources_takes_no_escalation_away() {
    let deny_on = |resource: &str| json!({"Effect": "Deny", "Action": "*", "Resource": resource});
    for (resource, action, is_denied) in [
        ("arn:aws:s3:::secret/*", "iam:CreateAccessKey", false),
        ("arn:aws:iam::123456789012:group/*", "iam:CreateAccessKey", false),
        ("arn:aws:iam::123456789012:user/team/*", "iam:CreateAccessKey", false),
        ("arn:aws:iam::123456789012:user/*", "iam:CreateAccessKey", true),
        ("arn:aws:iam::*", "iam:CreateAccessKey", true),
        ("arn:aws:iam::*:policy/*", "iam:CreatePolicyVersion", true),
        ("arn:aws:s3:::secret/*", "lambda:UpdateFunctionCode", false),
        ("arn:aws:lambda:*:*:function:*", "lambda:UpdateFunctionCode", true),
    ] {
        let statements = json!([allow(&json!(action), &json!("*")), deny_on(resource)]);
        let expected = if is_denied { vec![] } else { vec![action.to_owned()] };
        assert_eq!(listed(escalations, &statements, &[]), Some(expected), "{statements}");
    }
}

#[test]
fn known_escalations_are_named_by_their_actions() {
    for (statements, expected) in [
        (json!([allow(&json!("iam:CreatePolicyVersion"), &json!("*"))]), vec!["iam:CreatePolicyVersion"]),
        (
            json!([allow(&json!("iam:CreateAccessKey"), &json!("arn:aws:iam::123456789012:user/*"))]),
            vec!["iam:CreateAccessKey"],
        ),
        (json!([allow(&json!("iam:CreateAccessKey"), &json!("arn:aws:iam::*:user/${aws:username}"))]), vec![]),
        (json!([allow(&json!("iam:PassRole"), &json!("*"))]), vec![]),
        (
            json!([allow(&json!("iam:PassRole"), &json!("*")), allow(&json!("ec2:Run*"), &json!("*"))]),
            vec!["iam:PassRole + ec2:RunInstances"],
        ),
        (
            json!([
                allow(&json!("iam:PassRole"), &json!("arn:aws:iam::123456789012:role/app")),
                allow(&json!("ec2:Run*"), &json!("*"))
            ]),
            vec![],
        ),
        (
            json!([allow(&json!(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]), &json!("*"))]),
            vec!["iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction"],
        ),
        (json!([allow(&json!("iam:UpdateAssumeRolePolicy"), &json!("*"))]), vec!["iam:UpdateAssumeRolePolicy"]),
        (json!([allow(&json!("iam:PutUserPolicy"), &json!("*")), deny(&json!("iam:Put*"))]), vec![]),
        (
            json!([{"Effect": "Allow", "Action": "iam:AttachUserPolicy", "Resource": "*",
            "Condition": {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}}]),
            vec![],
        ),
        (
            json!([{"Effect": "Allow", "Action": "iam:AttachUserPolicy", "Resource": "*",
            "Condition": {"ArnLike": {"iam:PolicyARN": "*"}}}]),
            vec!["iam:AttachUserPolicy"],
        ),
        (
            json!([{"Effect": "Allow", "Action": "iam:AttachUserPolicy", "Resource": "*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]),
            vec!["iam:AttachUserPolicy"],
        ),
        (
            json!([{"Effect": "Allow", "Action": ["iam:PassRole", "ec2:RunInstances", "glue:CreateDevEndpoint"], "Resource": "*",
            "Condition": {"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}}]),
            vec!["iam:PassRole + glue:CreateDevEndpoint"],
        ),
        (json!([allow(&json!(["s3:*", "ec2:Run*", "iam:Get*", "iam:List*"]), &json!("*"))]), vec![]),
        // All objects of a bucket are nothing that these actions act on.
        (json!([allow(&json!("*"), &json!("arn:aws:s3:::bucket/*"))]), vec![]),
        (json!([allow(&json!("iam:CreateAccessKey"), &json!("arn:aws:iam::123456789012:group/*"))]), vec![]),
        (json!([allow(&json!("iam:CreateAccessKey"), &json!("arn:aws:iam::*"))]), vec!["iam:CreateAccessKey"]),
        (
            json!([allow(&json!("ssm:StartSession"), &json!("arn:aws:ec2:*:123456789012:instance/*"))]),
            vec!["ssm:StartSession"],
        ),
    ] {
        assert_eq!(
            listed(escalations, &statements, &[]),
            Some(expected.iter().map(ToString::to_string).collect()),
            "{statements}"
        );
    }
    let all = listed(escalations, &json!([allow(&json!("*"), &json!("*"))]), &[]).expect("known");
    assert!(all.len() >= 40, "an administrator has them all");
    let one = json!([allow(&json!("iam:PutRolePolicy"), &json!("*"))]);
    assert_eq!(listed(escalations, &one, &["/statements/0/actions"]), None);
    assert_eq!(listed(escalations, &one, &["/statements/0/conditions"]), None);
    let two = json!([allow(&json!("iam:PutRolePolicy"), &json!("*")), allow(&json!("iam:Get*"), &json!("*"))]);
    assert_eq!(listed(escalations, &two, &["/statements/1/actions"]), Some(vec!["iam:PutRolePolicy".to_owned()]));
}

fn not_action(effect: &str, actions: &Value, resources: &str) -> Value {
    json!({"Effect": effect, "NotAction": actions, "Resource": resources})
}

#[test]
fn every_resource_is_every_resource_in_whatever_wildcards() {
    for pattern in [
        "*",
        "**",
        "?*",
        "*:*",
        "arn:*",
        "arn:aws*",
        "arn:aws:*",
        "arn:aws:*:*:*:*",
        "arn:*:*:*:*:*",
        "arn:*:?*:*:*:*?",
        "a*n:aws-cn:*:*:*:*",
        "arn:aws-us-gov:**",
    ] {
        let statements = json!([allow(&json!("*"), &json!(pattern))]);
        assert_eq!(admin(&statements, &[]), Some(true), "{pattern}");
        assert_eq!(listed(service_wildcards, &statements, &[]), Some(vec!["*".to_owned()]), "{pattern}");
        assert_eq!(passes(&statements, &[]), Some(true), "{pattern}");
        assert!(listed(escalations, &statements, &[]).is_some_and(|all| all.len() > 70), "{pattern}");
    }
    for pattern in ["arn:aws:s3:*:*:*", "arn:aws:*:eu-west-1:*:*", "arn:aws:*:*:123456789012:*", "arn:aws:*:*:*:role/*"]
    {
        assert_eq!(admin(&json!([allow(&json!("*"), &json!(pattern))]), &[]), Some(false), "{pattern}");
    }
    for pattern in ["*:*", "**", "?*:*", "*:?*", "?*"] {
        assert_eq!(admin(&json!([allow(&json!(pattern), &json!("*"))]), &[]), Some(true), "{pattern}");
    }
}

#[test]
fn all_but_a_little_is_nearly_everything_and_all_but_all_is_nothing() {
    let but_resources = |resources: Value| json!([{"Effect": "Allow", "Action": "*", "NotResource": resources}]);
    for (statements, is_admin, passes_all) in [
        (but_resources(json!("arn:aws:s3:::log/*")), true, true),
        (but_resources(json!(["arn:aws:s3:::log/*", "arn:aws:iam::*:role/audit"])), true, true),
        (but_resources(json!("*")), false, false),
        (but_resources(json!("arn:*:*:*:*:*")), false, false),
        (but_resources(json!("arn:aws:iam::*:*")), false, false),
        (but_resources(json!("arn:aws:iam::*:role/*")), true, false),
        (json!([not_action("Allow", &json!("ec2:*"), "*")]), true, true),
        (json!([not_action("Allow", &json!(["iam:*", "sts:*"]), "*")]), false, false),
        (json!([not_action("Allow", &json!("*"), "*")]), false, false),
        (json!([not_action("Allow", &json!("ec2:*"), "arn:aws:s3:::b/*")]), false, false),
        // What the one leaves out, the other gives.
        (json!([not_action("Allow", &json!("iam:*"), "*"), allow(&json!("iam:*"), &json!("*"))]), true, true),
        (json!([not_action("Allow", &json!("iam:*"), "*"), allow(&json!("iam:Get*"), &json!("*"))]), false, false),
    ] {
        assert_eq!(admin(&statements, &[]), Some(is_admin), "{statements}");
        assert_eq!(passes(&statements, &[]), Some(passes_all), "{statements}");
        let escalates = listed(escalations, &statements, &[]).expect("known").contains(&"iam:PutRolePolicy".to_owned());
        assert_eq!(escalates, passes_all, "{statements}");
    }
}

#[test]
fn a_deny_of_all_but_some_leaves_those() {
    let all = allow(&json!("*"), &json!("*"));
    let under =
        |condition: Value| json!({"Effect": "Deny", "NotAction": "s3:Get*", "Resource": "*", "Condition": condition});
    for (deny, is_admin, wildcards) in [
        (not_action("Deny", &json!("s3:GetObject"), "*"), false, vec![]),
        (not_action("Deny", &json!(["sqs:*", "s3:Get*"]), "*"), false, vec!["sqs:*"]),
        (not_action("Deny", &json!("*"), "*"), true, vec!["*"]),
        (not_action("Deny", &json!("s3:Get*"), "arn:aws:s3:::b/*"), true, vec!["*"]),
        (json!({"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::b/*"}), false, vec![]),
        (json!({"Effect": "Deny", "Action": "*", "NotResource": "*"}), true, vec!["*"]),
        (under(json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})), true, vec!["*"]),
    ] {
        let statements = json!([all, deny]);
        assert_eq!(admin(&statements, &[]), Some(is_admin), "{statements}");
        assert_eq!(
            listed(service_wildcards, &statements, &[]),
            Some(wildcards.iter().map(ToString::to_string).collect()),
            "{statements}"
        );
        assert_eq!(passes(&statements, &[]), Some(is_admin), "{statements}");
    }
}

#[test]
fn a_deny_is_compared_with_its_conditions() {
    let region = |names: &[&str]| json!({"StringEquals": {"aws:RequestedRegion": names}});
    let under = |effect: &str, action: &str, condition: &Value| json!({"Effect": effect, "Action": action, "Resource": "*", "Condition": condition});
    let both = region(&["eu-west-1", "eu-west-3"]);
    let turned = region(&["eu-west-3", "eu-west-1"]);
    for (statements, expected) in [
        (json!([under("Allow", "s3:*", &both), under("Deny", "s3:*", &turned)]), vec![]),
        (json!([under("Allow", "s3:*", &both), under("Deny", "s3:*", &region(&["us-east-1"]))]), vec!["s3:*"]),
        (json!([allow(&json!("s3:*"), &json!("*")), under("Deny", "s3:*", &both)]), vec!["s3:*"]),
    ] {
        let expected = expected.iter().map(ToString::to_string).collect();
        assert_eq!(listed(service_wildcards, &statements, &[]), Some(expected), "{statements}");
    }
    // A Deny of all but what is chosen leaves what is chosen.
    let put = json!([
        allow(&json!("iam:PutRolePolicy"), &json!("*")),
        under(
            "Deny",
            "iam:*",
            &json!(
        {"StringNotEquals": {"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/boundary"}})
        )
    ]);
    assert_eq!(listed(escalations, &put, &[]), Some(vec![]));
    assert_eq!(listed(escalations, &put, &["/statements/1/conditions"]), None);
    let to = |service: &str| {
        let statements = json!([
            allow(&json!(["iam:PassRole", "ec2:RunInstances"]), &json!("*")),
            under("Deny", "iam:PassRole", &json!({"StringNotEquals": {"iam:PassedToService": service}}))
        ]);
        listed(escalations, &statements, &[])
    };
    assert_eq!(to("glue.amazonaws.com"), Some(vec![]));
    assert_eq!(to("ec2.amazonaws.com"), Some(vec!["iam:PassRole + ec2:RunInstances".to_owned()]));
}

#[test]
fn each_published_way_has_its_source_and_none_holds_another() {
    let ways = super::super::escalations::ESCALATIONS;
    for (index, way) in ways.iter().enumerate() {
        assert!(way.source.starts_with("https://"), "{:?}", way.actions);
        assert_eq!(way.actions.contains(&"iam:PassRole"), !way.passes_to.is_empty(), "{:?}", way.actions);
        for other in ways.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, other)| other) {
            let holds = other.actions.iter().all(|action| way.actions.contains(action));
            assert!(!holds, "{:?} holds {:?}", way.actions, other.actions);
        }
        let statements = json!([allow(&json!(way.actions), &json!("*"))]);
        assert_eq!(listed(escalations, &statements, &[]), Some(vec![way.actions.join(" + ")]), "it is found alone");
        for left_out in way.actions {
            let rest: Vec<_> = way.actions.iter().filter(|action| *action != left_out).collect();
            assert_eq!(listed(escalations, &json!([allow(&json!(rest), &json!("*"))]), &[]), Some(vec![]), "{rest:?}");
        }
    }
}
