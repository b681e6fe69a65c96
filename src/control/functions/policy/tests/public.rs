use super::*;

const BUCKET: &str = "arn:aws:s3:::b/*";

fn allow(principal: &Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": BUCKET})
}

/// An Allow for everyone under a condition.
fn under(condition: &Value) -> Value {
    json!([{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": BUCKET, "Condition": condition}])
}

#[track_caller]
fn public(statements: &Value, unknown: &[&str]) -> Option<bool> {
    ask(allows_public, &[policy(statements, unknown)])
}

#[test]
fn wildcard_principals_are_public_and_named_ones_are_not() {
    for (principal, expected) in [
        (json!("*"), true),
        (json!({"AWS": "*"}), true),
        (json!({"AWS": ["123456789012", "*"]}), true),
        (json!({"AWS": "arn:aws:iam::*:root"}), true),
        (json!({"Federated": "*"}), true),
        (json!({"Service": "*"}), true),
        (json!({"AWS": "123456789012"}), false),
        (json!({"AWS": "arn:aws:iam::123456789012:root"}), false),
        (json!({"Service": "cloudtrail.amazonaws.com"}), false),
        (json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}), false),
        (json!({"Federated": "arn:aws:iam::123456789012:saml-provider/x"}), false),
    ] {
        assert_eq!(public(&json!([allow(&principal)]), &[]), Some(expected), "{principal}");
    }
    let not = json!([{"Effect": "Allow", "NotPrincipal": {"AWS": "123456789012"}, "Action": "*", "Resource": "*"}]);
    assert_eq!(public(&not, &[]), Some(true));
    let deny = json!([{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]);
    assert_eq!(public(&deny, &[]), Some(false));
    let identity = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    assert_eq!(public(&identity, &[]), Some(false));
}

#[test]
fn conditions_that_name_a_chosen_set_narrow() {
    for condition in [
        json!({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
        json!({"StringEquals": {"AWS:principalORGid": ["o-a1b2c3d4e5", "o-zzzzzzzzzz"]}}),
        json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/ou-*"}}),
        json!({"StringEquals": {"aws:PrincipalAccount": "123456789012"}}),
        json!({"StringEqualsIgnoreCase": {"aws:SourceAccount": "123456789012"}}),
        json!({"StringLike": {"aws:SourceOwner": "123456789012"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}}),
        json!({"StringLike": {"aws:PrincipalArn": "arn:aws:*:*:123456789012:*"}}),
        json!({"ArnEquals": {"aws:SourceArn": "arn:aws:sns:*:123456789012:*"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::mybucket"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::mybucket/*"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:mybucket"}}),
        json!({"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}),
        json!({"StringEquals": {"aws:SourceVpc": "vpc-1"}}),
        json!({"StringEquals": {"aws:VpceAccount": "123456789012"}}),
        json!({"StringEquals": {"kms:CallerAccount": "123456789012", "kms:ViaService": "s3.eu-west-1.amazonaws.com"}}),
        json!({"StringEquals": {"s3:DataAccessPointAccount": "123456789012"}}),
        json!({"StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:eu-west-1:123456789012:accesspoint/*"}}),
        json!({"StringLike": {"aws:userId": ["AROAEXAMPLEEXAMPLE:*", "123456789012"]}}),
        json!({"StringEquals": {"aws:PrincipalServiceName": "cloudtrail.amazonaws.com"}}),
        json!({"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}),
        json!({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "9.0.0.0/8", "2600:1f00::/32"]}}),
        json!({"IpAddress": {"aws:SourceIp": ["198.51.100.7", "172.16.0.0/12", "fc00::/7"]}}),
        json!({"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}),
        json!({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}, "Null": {"aws:SourceVpce": "false"}}),
        // A literal star matches nobody.
        json!({"StringEquals": {"aws:PrincipalAccount": "*"}}),
        // Conditions are joined by and: one that narrows is enough.
        json!({"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}}),
    ] {
        assert_eq!(public(&under(&condition), &[]), Some(false), "{condition}");
    }
}

#[test]
fn conditions_that_anybody_can_meet_do_not_narrow() {
    for condition in [
        json!({}),
        json!({"Bool": {"aws:SecureTransport": "true"}}),
        json!({"StringLike": {"aws:PrincipalOrgID": "*"}}),
        json!({"StringLike": {"aws:PrincipalOrgID": "o-*"}}),
        json!({"StringLike": {"aws:PrincipalOrgID": ["o-a1b2c3d4e5", "o-*"]}}),
        json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
        json!({"StringNotLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}}),
        json!({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}),
        json!({"IpAddressIfExists": {"aws:SourceIp": "198.51.100.0/24"}}),
        json!({"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-a/r-b/"}}),
        json!({"ForAllValues:StringLike": {"aws:SourceArn": "arn:aws:sns:*:123456789012:*"}}),
        json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "*/r-b/ou-*"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}),
        json!({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::12345678901?:role/admin"}}),
        json!({"ArnLike": {"aws:SourceArn": "*"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::mybucket*"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:*"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:mytopic"}}),
        json!({"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:*:*:accesspoint/mine"}}),
        json!({"StringLike": {"aws:SourceAccount": "1*"}}),
        json!({"Null": {"aws:PrincipalOrgID": "false"}}),
        json!({"Null": {"aws:SourceVpce": "true"}}),
        json!({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}, "Null": {"aws:SourceVpce": ["true", "false"]}}),
        json!({"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}}),
        json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}),
        json!({"IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "0.0.0.0/0"]}}),
        json!({"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}),
        json!({"IpAddress": {"aws:SourceIp": "::/0"}}),
        json!({"IpAddress": {"aws:SourceIp": "32.0.0.0/3"}}),
        json!({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}),
        json!({"StringEquals": {"aws:username": "andrew"}}),
        json!({"StringEquals": {"aws:PrincipalTag/team": "red"}}),
        json!({"StringEquals": {"aws:PrincipalType": "User"}}),
        json!({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}),
        json!({"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}),
        json!({"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}),
        json!({"StringLike": {"sns:Endpoint": "*@example.com"}}),
        json!({"StringLike": {"aws:Referer": "https://example.com/*"}}),
        json!({"StringEquals": {"aws:ResourceAccount": "123456789012"}}),
        json!({"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}),
        json!({"Bool": {"aws:PrincipalIsAWSService": "false"}}),
        json!({"Bool": {"aws:PrincipalIsAWSService": "true"}}),
        json!({"StringEquals": {"aws:PrincipalIsAWSService": "true"}}),
        json!({"Bool": {"aws:ViaAWSService": "true"}}),
        json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        json!({"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}),
        json!({"NumericLessThan": {"s3:max-keys": "10"}}),
        json!({"StringEquals": {"sts:ExternalId": "secret"}}),
        json!({"StringEquals": {"aws:PrincipalOrgID": []}}),
    ] {
        assert_eq!(public(&under(&condition), &[]), Some(true), "{condition}");
    }
}

#[test]
fn a_deny_takes_back_what_it_clearly_covers() {
    let public_read = json!({"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": BUCKET});
    let deny = |change: &Value| {
        let mut deny =
            json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", BUCKET]});
        for (key, value) in change.as_object().expect("an object") {
            match value {
                Value::Null => deny.as_object_mut().expect("an object").remove(key),
                value => deny.as_object_mut().expect("an object").insert(key.clone(), value.clone()),
            };
        }
        deny
    };
    for (change, expected) in [
        (json!({}), false),
        (json!({"Action": "s3:Get*"}), false),
        (json!({"Resource": "*"}), false),
        (json!({"Action": null, "NotAction": "s3:PutObject"}), false),
        (json!({"Action": null, "NotAction": "s3:GetObject"}), true),
        (json!({"Action": "s3:GetObject"}), true),
        (json!({"Resource": "arn:aws:s3:::b/private/*"}), true),
        (json!({"Resource": null, "NotResource": "arn:aws:s3:::other/*"}), false),
        (json!({"Principal": {"AWS": "123456789012"}}), true),
        (json!({"Principal": null, "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:root"}}), false),
        (json!({"Principal": null, "NotPrincipal": {"AWS": "*"}}), true),
        (json!({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}), true),
        (json!({"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1"}}}), false),
        (
            json!({"Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1"},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}),
            // Services of AWS are left, on behalf of anybody.
            true,
        ),
        (
            json!({"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1"}, "Bool": {"aws:ViaAWSService": "false"}}}),
            true,
        ),
        (
            json!({"Condition": {"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"},
            "StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}),
            false,
        ),
        (json!({"Condition": {"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}), true),
        (json!({"Condition": {"ForAnyValue:StringNotLike": {"aws:PrincipalOrgPaths": "o-a/*"}}}), true),
        (json!({"Condition": {"ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": "o-a/*"}}}), false),
        (json!({"Condition": {"StringNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}}), true),
        (json!({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1"}}}), true),
    ] {
        let statements = json!([public_read, deny(&change)]);
        assert_eq!(public(&statements, &[]), Some(expected), "{statements}");
    }
    let trust = json!([{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"},
        {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-a"}}}]);
    assert_eq!(public(&trust, &[]), Some(false), "neither names a resource");
}

#[test]
fn public_statements_are_named_by_sid_or_place() {
    let statements = json!([
        {"Sid": "Private", "Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "*", "Resource": "*"},
        allow(&json!("*")),
        {"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]);
    assert_eq!(list(public_statements, &[policy(&statements, &[])]), Some(vec!["#1".to_owned(), "Open".to_owned()]));
    let open = policy(&statements, &["/statements/1/conditions"]);
    assert_eq!(list(public_statements, &[open]), Some(vec!["Open".to_owned()]), "the certain ones");
}

#[test]
fn an_unknown_part_matters_only_where_it_could_decide() {
    let open = json!([allow(&json!("*"))]);
    for (at, expected) in [
        ("/statements/0/resources/0", Some(true)),
        ("/statements/0/actions", Some(true)),
        ("/statements/0/sid", Some(true)),
        ("/statements/0/principal", None),
        ("/statements/0/effect", None),
        ("/statements/0/conditions", None),
        ("/statements/0", None),
        ("/statements", None),
        ("", None),
    ] {
        assert_eq!(public(&open, &[at]), expected, "{at}");
    }
    let narrowed = under(&json!({"StringEquals": {"aws:SourceVpc": "vpc-1"}}));
    let value = "/statements/0/conditions/0/values/0";
    assert_eq!(public(&narrowed, &[value]), Some(false), "a literal operator takes no wildcard");
    let pattern = under(&json!({"StringLike": {"aws:SourceVpc": "vpc-1"}}));
    assert_eq!(public(&pattern, &[value]), None, "the value may be a wildcard");
    assert_eq!(public(&narrowed, &["/statements/0/actions"]), Some(false));
    assert_eq!(public(&under(&json!({"Bool": {"aws:SecureTransport": "true"}})), &[value]), Some(true));
    let several = under(&json!({"StringLike": {"aws:SourceVpc": ["x", "*"]}}));
    assert_eq!(public(&several, &[value]), Some(true), "the other value lets everyone in");
    let ranges = under(&json!({"IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "0.0.0.0/0"]}}));
    assert_eq!(public(&ranges, &[value]), Some(true));
    let broken = under(&json!({"IpAddress": {"aws:SourceIp": "office"}}));
    assert_eq!(public(&broken, &[]), None);
    let two = under(&json!({"StringEquals": {"aws:SourceVpc": "x", "aws:SourceAccount": "123456789012"}}));
    assert_eq!(public(&two, &[value]), Some(false), "the other condition narrows");
    let denied = json!([allow(&json!("*")), {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]);
    assert_eq!(public(&denied, &["/statements/1/resources"]), None);
    assert_eq!(public(&denied, &["/statements/0/resources"]), Some(false), "the Deny covers whatever it is");
    let private = json!([allow(&json!({"AWS": "123456789012"}))]);
    assert_eq!(public(&private, &["/statements/0/conditions"]), Some(false));
    assert_eq!(public(&private, &["/statements/0/principal/aws/0"]), None);
}
