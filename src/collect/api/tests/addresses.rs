//! Where a request goes that has a label before its host.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::model;
use super::super::request::{self, Hosts};

/// What stands before the host, and path with query.
fn address(service: &str, operation: &str, input: Value, hosts: Hosts) -> Result<(String, String), String> {
    let service = model::service(service).expect("a model");
    let Value::Object(input): Value = input else { panic!("an object") };
    let input: Map<String, Value> = input;
    let request = request::request(service, operation, &service.operations[operation], &input, hosts);
    let request = request.map_err(|error| error.to_string())?;
    Ok((request.host_prefix.unwrap_or_default(), request.http.uri().to_string()))
}

fn of_bucket(name: &str, hosts: Hosts) -> (String, String) {
    address("s3", "GetBucketAcl", json!({"Bucket": name}), hosts).expect("a request")
}

#[test]
fn a_bucket_stands_before_the_host_where_its_name_can_and_in_the_path_elsewhere() {
    let before = |name: &str| (format!("{name}."), "/?acl".to_owned());
    let within = |path: &str| (String::new(), format!("{path}/?acl"));
    let longest = "a".repeat(63);
    for name in ["logs", "a-b", "1-2", &longest] {
        assert_eq!(of_bucket(name, Hosts::Labelled), before(name));
    }
    // Names of before 2018, and names with a dot, which no certificate of AWS covers.
    for (name, path) in [
        ("a.b", "/a.b"),
        ("Logs", "/Logs"),
        ("a_b", "/a_b"),
        ("-ab", "/-ab"),
        ("ab-", "/ab-"),
        ("a/b", "/a%2Fb"),
        ("a?b#c", "/a%3Fb%23c"),
        ("\u{e9}\u{e9}\u{e9}", "/%C3%A9%C3%A9%C3%A9"),
        (&"a".repeat(64), &format!("/{}", "a".repeat(64))),
    ] {
        assert_eq!(of_bucket(name, Hosts::Labelled), within(path), "{name}");
    }
    assert_eq!(of_bucket("logs", Hosts::Plain), within("/logs"));
    address("s3", "GetBucketAcl", json!({"Bucket": ""}), Hosts::Labelled).expect_err("no bucket has no name");
}

#[test]
fn a_label_that_the_request_says_elsewhere_too_is_left_out_where_an_endpoint_stands_in() {
    let of = |account: &str, hosts| address("s3control", "GetPublicAccessBlock", json!({"AccountId": account}), hosts);
    let path = "/v20180820/configuration/publicAccessBlock".to_owned();
    assert_eq!(of("123456789012", Hosts::Labelled), Ok(("123456789012.".to_owned(), path.clone())));
    assert_eq!(of("123456789012", Hosts::Plain), Ok((String::new(), path)));
    of("evil.example/", Hosts::Labelled).expect_err("it would be another host");
}

proptest! {
    #[test]
    fn no_name_of_a_bucket_leaves_its_place(name in "\\PC{1,70}") {
        let (prefix, uri) = of_bucket(&name, Hosts::Labelled);
        let (path, query) = uri.split_once('?').expect("a query");
        prop_assert_eq!(query, "acl");
        if prefix.is_empty() {
            prop_assert_eq!(path.matches('/').count(), 2);
        } else {
            prop_assert_eq!(prefix, format!("{name}."));
            prop_assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        }
    }
}
