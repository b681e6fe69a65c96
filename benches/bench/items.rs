//! A generated account as evaluation sees it: buckets, security groups and users, some good, some
//! bad, some unreadable.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tickmark::evaluate::inventory::Inventory;
use tickmark::model::attr::CaptureId;
use tickmark::model::gap::{Gap, GapCode};
use tickmark::model::iam_policy::PolicyDocument;
use tickmark::model::resource::{Identity, Resource};
use tickmark::model::scan::{AccountScope, Population, RegionScope};
use tickmark::model::tree::Tree;

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "eu-west-1";

/// Captures that tell one bucket: one for each setting that is asked for.
const SETTINGS: [&str; 8] =
    ["public_access_block", "policy", "acl", "ownership_controls", "encryption", "versioning", "logging", "lifecycle"];

/// How much of everything.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) buckets: usize,
    pub(crate) groups: usize,
    pub(crate) users: usize,
}

/// The inventory, and the number of its last capture.
pub(crate) fn inventory(size: Size) -> (Inventory, CaptureId) {
    let mut last = 10;
    let mut resources = Vec::new();
    resources.extend((0..size.buckets).map(|n| bucket(n, &mut last)));
    resources.extend((0..size.groups).map(group));
    resources.extend((0..size.users).map(user));
    let counted = |r#type: &str, count: usize, region: &str, by: &str| Population {
        account: ACCOUNT.to_owned(),
        region: region.to_owned(),
        r#type: r#type.to_owned(),
        count: count as u64,
        counted_by: by.to_owned(),
        pages: 1,
        complete: true,
        gap: None,
        gone: Vec::new(),
        captures: vec![3],
    };
    let populations = vec![
        counted("AWS::S3::Bucket", size.buckets, "global", "s3:ListBuckets"),
        counted("AWS::EC2::SecurityGroup", size.groups, REGION, "ec2:DescribeSecurityGroups"),
        counted("AWS::IAM::User", size.users, "global", "iam:GetAccountAuthorizationDetails"),
    ];
    let account = AccountScope {
        id: ACCOUNT.to_owned(),
        partition: "aws".to_owned(),
        caller_arn: format!("arn:aws:iam::{ACCOUNT}:role/scanner"),
        caller_id: "AROAEXAMPLE".to_owned(),
        regions: vec![RegionScope {
            name: REGION.to_owned(),
            opt_in_status: "opt-in-not-required".to_owned(),
            scanned: true,
            why_not: None,
        }],
        regions_incomplete: None,
    };
    (Inventory::new(account, resources, populations), last)
}

fn resource(r#type: &str, id: String, name: String, region: &str, attributes: Value) -> Resource {
    let identity =
        Identity { r#type: r#type.to_owned(), id, name, account: ACCOUNT.to_owned(), region: region.to_owned() };
    let sources = BTreeMap::from([(String::new(), vec![3])]);
    Resource { identity, attributes: Tree::from(attributes), sources }
}

/// A bucket. One in ten is bad in each way, out of step; the policy of one in fifty was denied.
fn bucket(n: usize, last: &mut CaptureId) -> Resource {
    let name = format!("company-data-{n:05}");
    let good = n % 10 != 3;
    let arn = format!("arn:aws:s3:::{name}");
    let block = json!({
        "block_public_acls": true, "ignore_public_acls": true, "block_public_policy": good,
        "restrict_public_buckets": true,
    });
    let statement = if n % 10 == 4 {
        json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": format!("{arn}/*")})
    } else {
        json!({"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": [arn, format!("{arn}/*")], "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
    };
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let policy = PolicyDocument::parse(&policy).expect("the generated policy is well formed");
    let mut bucket = resource(
        "AWS::S3::Bucket",
        arn.clone(),
        name,
        REGION,
        json!({
            "creation_date": "2024-02-03T04:05:06Z",
            "public_access_block": block,
            "account_public_access_block": {"block_public_acls": false, "ignore_public_acls": false,
                "block_public_policy": false, "restrict_public_buckets": false},
            "policy": policy,
            "acl": {"grants": [{"grantee": {"type": "CanonicalUser", "id": "79a59df900b949e55d96a1e698fbaced"},
                "permission": "FULL_CONTROL"}]},
            "ownership_controls": {"object_ownership": "BucketOwnerEnforced"},
            "encryption": {"rules": [{"sse_algorithm": if n % 10 == 5 { "AES256" } else { "aws:kms" },
                "bucket_key_enabled": true}]},
            "versioning": if n % 10 == 6 { json!({}) } else { json!({"status": "Enabled"}) },
            "lifecycle": {"rules": [{"status": "Enabled", "noncurrent_version_expiration": {"noncurrent_days": 30},
                "transitions": [], "noncurrent_version_transitions": []}]},
            "is_log_target": false,
            "has_data_events": n % 10 != 7,
        }),
    );
    if n.is_multiple_of(50) {
        bucket.set_unknown("policy", Gap::new(GapCode::AccessDenied, "GetBucketPolicy was denied"));
    }
    for setting in SETTINGS {
        *last += 1;
        bucket.sources.insert(format!("/{setting}"), vec![*last]);
    }
    bucket
}

/// A security group of four rules; one in twenty opens SSH to the world.
fn group(n: usize) -> Resource {
    let id = format!("sg-{n:017x}");
    let rule = |port: u16, ranges: Value| {
        json!({"ip_protocol": "tcp", "from_port": port, "to_port": port, "cidr_ipv4": ranges, "cidr_ipv6": [],
            "prefix_lists": [], "referenced_groups": []})
    };
    let ssh = if n % 20 == 7 { json!(["0.0.0.0/0"]) } else { json!(["10.0.0.0/8"]) };
    resource(
        "AWS::EC2::SecurityGroup",
        format!("arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/{id}"),
        format!("service-{n}"),
        REGION,
        json!({
            "group_id": id, "group_name": format!("service-{n}"), "description": "made by the platform team",
            "vpc_id": "vpc-0a1b2c3d4e5f60718",
            "ingress": [rule(443, json!(["0.0.0.0/0"])), rule(22, ssh), rule(5432, json!(["10.1.0.0/16"])),
                rule(8080, json!(["10.2.0.0/16", "10.3.0.0/16"]))],
            "egress": [{"ip_protocol": "-1", "cidr_ipv4": ["0.0.0.0/0"], "cidr_ipv6": [], "prefix_lists": [],
                "referenced_groups": []}],
        }),
    )
}

/// A user with a password and a key; one in ten has no MFA.
fn user(n: usize) -> Resource {
    let name = format!("user-{n:04}");
    resource(
        "AWS::IAM::User",
        format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
        name,
        "global",
        json!({
            "path": "/", "user_id": format!("AIDA{n:017}"), "create_date": "2023-01-01T00:00:00Z",
            "groups": ["staff"], "inline_policies": [], "attached_policies": [], "tags": {"Owner": "platform"},
            "password": {"last_used": "2026-11-01T00:00:00Z", "last_changed": "2026-06-01T00:00:00Z"},
            "mfa_active": n % 10 != 2,
            "access_keys": [{"active": true, "last_rotated": "2026-10-01T00:00:00Z",
                "last_used_date": "2026-11-10T00:00:00Z"}],
        }),
    )
}
