//! Buckets and what belongs to them.

use super::*;
use serde_json::json;

fn mapped(blocks: Vec<Block>) -> Mapped {
    terraform(Mappings::built_in(), blocks)
}

#[test]
fn a_bare_bucket_has_what_s3_gives_a_new_one_and_nothing_else() {
    let mapped = mapped(vec![block("aws_s3_bucket.a", &json!({"bucket": "data"}))]);
    let bucket = of(&mapped, "aws_s3_bucket.a");
    assert_eq!(bucket.identity.name, "data");
    assert_eq!(bucket.attributes.known_json(), json!({"public_access_block": all_on(), "versioning": {}}));
    let joined: Vec<String> = bucket.unknown().into_keys().collect();
    assert_eq!(joined, ["/has_data_events", "/is_log_target"]);
    assert_eq!(told(&mapped, bucket, &["/policy"]), [(0, None)]);
}

#[test]
fn split_settings_are_told_by_their_own_blocks() {
    let mapped = mapped(vec![
        block("aws_s3_bucket.a", &json!({"bucket": {"$var": "var.name"}})),
        block(
            "aws_s3_bucket_versioning.a",
            &json!({"bucket": {"$ref": "aws_s3_bucket.a.id"},
            "versioning_configuration": [{"status": "Enabled"}]}),
        ),
        block(
            "aws_s3_bucket_public_access_block.a",
            &json!({"bucket": {"$ref": "aws_s3_bucket.a.bucket"},
            "block_public_acls": true, "block_public_policy": {"$var": "var.block"}}),
        ),
        block("aws_s3_bucket_acl.a", &json!({"bucket": {"$ref": "aws_s3_bucket.a.id"}, "acl": "public-read"})),
        block(
            "aws_s3_bucket_logging.a",
            &json!({"bucket": {"$ref": "aws_s3_bucket.a.id"},
            "target_bucket": {"$ref": "aws_s3_bucket.logs.id"}}),
        ),
        block("aws_s3_bucket.logs", &json!({"bucket": "logs"})),
    ]);
    let bucket = of(&mapped, "aws_s3_bucket.a");
    assert_eq!(bucket.attributes["versioning"], json!({"status": "Enabled"}));
    assert_eq!(
        bucket.attributes["public_access_block"].known_json(),
        json!({"block_public_acls": true, "ignore_public_acls": false, "restrict_public_buckets": false})
    );
    assert_eq!(bucket.unknown()["/public_access_block/block_public_policy"].detail, "var.block");
    assert_eq!(bucket.attributes["acl"]["grants"][0]["permission"], "READ");
    assert_eq!(bucket.attributes["logging"], json!({"target_bucket": "logs", "target_prefix": ""}));
    assert_eq!(told(&mapped, bucket, &["/versioning/status"]), [(0, None), (1, None), (1, Some(3))]);
    assert_eq!(mapped.items.len(), 2, "a companion that belongs to a bucket is no item: {:?}", mapped.items);
}

#[test]
fn old_inline_blocks_say_the_same() {
    let mapped = mapped(vec![block(
        "aws_s3_bucket.a",
        &json!({
            "acl": "log-delivery-write",
            "versioning": [{"enabled": true, "mfa_delete": false}],
            "server_side_encryption_configuration": [{"rule": [{"apply_server_side_encryption_by_default":
                [{"sse_algorithm": "aws:kms", "kms_master_key_id": {"$ref": "aws_kms_key.k.arn"}}]}]}],
            "logging": [{"target_bucket": "elsewhere", "target_prefix": "x/"}],
            "lifecycle_rule": [{"enabled": true, "expiration": [{"days": 30}], "transition": [{"days": "7", "storage_class": "GLACIER"}]}],
            "policy": "{\"Statement\": []}",
        }),
    )]);
    let bucket = of(&mapped, "aws_s3_bucket.a");
    assert_eq!(bucket.attributes["versioning"], json!({"status": "Enabled", "mfa_delete": "Disabled"}));
    assert_eq!(
        bucket.attributes["encryption"]["rules"],
        json!([{"sse_algorithm": "aws:kms", "kms_master_key_id": "${aws_kms_key.k.arn}"}])
    );
    assert_eq!(
        bucket.attributes["lifecycle"]["rules"],
        json!([{"status": "Enabled", "expiration": {"days": 30},
        "transitions": [{"days": 7, "storage_class": "GLACIER"}], "noncurrent_version_transitions": []}])
    );
    assert_eq!(bucket.attributes["acl"]["grants"].as_array().map(<[_]>::len), Some(2));
    assert_eq!(bucket.attributes["policy"], json!({"statements": []}));
    assert_eq!(told(&mapped, bucket, &["/policy"]), [(0, None), (0, Some(7))]);
}

#[test]
fn a_plan_leaves_blocks_empty_that_were_not_written() {
    let mapped = mapped(vec![block(
        "aws_s3_bucket.a",
        &json!({"versioning": [], "grant": [], "logging": [],
        "lifecycle_rule": [], "server_side_encryption_configuration": [], "acl": null, "policy": null}),
    )]);
    let bucket = of(&mapped, "aws_s3_bucket.a");
    assert_eq!(bucket.attributes.known_json(), json!({"public_access_block": all_on(), "versioning": {}}));
}

/// Block Public Access as S3 turns it on for a new bucket.
fn all_on() -> serde_json::Value {
    json!({"block_public_acls": true, "ignore_public_acls": true, "block_public_policy": true,
        "restrict_public_buckets": true})
}

#[test]
fn what_is_written_of_public_access_counts_before_what_a_new_bucket_has() {
    let off = json!({"block_public_acls": true, "ignore_public_acls": false, "block_public_policy": false,
        "restrict_public_buckets": false});
    let acl = |acl: &str| block("aws_s3_bucket_acl.a", &json!({"bucket": {"$ref": "aws_s3_bucket.a.id"}, "acl": acl}));
    let one = |blocks: Vec<Block>| {
        let mapped = mapped(blocks);
        of(&mapped, "aws_s3_bucket.a").attributes.known_json()["public_access_block"].clone()
    };
    let bare = || block("aws_s3_bucket.a", &json!({"bucket": "data"}));
    let settings = block(
        "aws_s3_bucket_public_access_block.a",
        &json!({"bucket": {"$ref": "aws_s3_bucket.a.id"}, "block_public_acls": true}),
    );
    assert_eq!(one(vec![bare(), settings]), off);
    // S3 refuses such a list on a bucket with the settings: it is written for one without.
    assert_eq!(one(vec![bare(), acl("public-read")]), json!(null));
    assert_eq!(one(vec![block("aws_s3_bucket.a", &json!({"acl": "authenticated-read"}))]), json!(null));
    assert_eq!(one(vec![bare(), acl("private")]), all_on());
    assert_eq!(one(vec![block("aws_s3_bucket.a", &json!({"acl": "log-delivery-write"}))]), all_on());
}

#[test]
fn a_setting_whose_bucket_is_not_in_the_code_is_an_item_of_its_own() {
    let mapped = mapped(vec![
        block("aws_s3_bucket_public_access_block.x", &json!({"bucket": "elsewhere", "block_public_acls": false})),
        block(
            "aws_s3_bucket_versioning.y",
            &json!({"bucket": {"$var": "var.bucket"}, "versioning_configuration": [{"status": "Suspended"}]}),
        ),
    ]);
    let block = of(&mapped, "aws_s3_bucket_public_access_block.x");
    assert_eq!(block.attributes["public_access_block"]["block_public_acls"], json!(false));
    assert!(mapped.items["aws_s3_bucket_public_access_block.x"].orphan);
    assert!(block.unknown()["/policy"].detail.contains("not in the code"));
    assert!(block.unknown()["/versioning"].detail.contains("not in the code"));
    let versioning = of(&mapped, "aws_s3_bucket_versioning.y");
    assert_eq!(versioning.attributes["versioning"], json!({"status": "Suspended"}));
    assert!(versioning.unknown().contains_key("/public_access_block"));
}

#[test]
fn object_lock_turns_versioning_on() {
    let enabled = json!({"status": "Enabled"});
    for locked in [
        json!({"object_lock_enabled": "true"}),
        json!({"object_lock_configuration": [{"object_lock_enabled": "Enabled"}]}),
    ] {
        let mapped = mapped(vec![block("aws_s3_bucket.a", &locked)]);
        assert_eq!(of(&mapped, "aws_s3_bucket.a").attributes["versioning"], enabled);
    }
    let not = mapped(vec![block("aws_s3_bucket.a", &json!({"object_lock_enabled": false}))]);
    assert_eq!(of(&not, "aws_s3_bucket.a").attributes["versioning"], json!({}));
    let template = |body| {
        let mapped = cloudformation(Mappings::built_in(), vec![template("B", "AWS::S3::Bucket", &body)]);
        of(&mapped, "B").attributes["versioning"].clone()
    };
    assert_eq!(template(json!({"ObjectLockEnabled": "true"})), enabled);
    assert_eq!(template(json!({"ObjectLockEnabled": "false"})), json!({}));
}

#[test]
fn logs_that_go_to_a_bucket_that_is_not_in_the_code_go_to_none_that_is() {
    let mapped = mapped(vec![
        block("aws_s3_bucket.a", &json!({"logging": [{"target_bucket": {"$ref": "aws_s3_bucket.gone.id"}}]})),
        block("aws_s3_bucket.b", &json!({"logging": [{"target_bucket": {"$var": "var.logs"}}]})),
    ]);
    let target = &of(&mapped, "aws_s3_bucket.a").attributes["logging"]["target_bucket"];
    assert_eq!(target, &json!("${aws_s3_bucket.gone.id}"));
    assert_eq!(of(&mapped, "aws_s3_bucket.b").unknown()["/logging/target_bucket"].detail, "var.logs");
}

#[test]
fn a_template_names_the_archive_in_two_ways() {
    let rules = json!({"Rules": [{"Status": "Enabled",
        "Transitions": [{"StorageClass": "Glacier", "TransitionInDays": 30}],
        "NoncurrentVersionTransition": {"StorageClass": "Glacier", "TransitionInDays": 30}}]});
    let mapped = cloudformation(
        Mappings::built_in(),
        vec![template("B", "AWS::S3::Bucket", &json!({"LifecycleConfiguration": rules}))],
    );
    let rule = &of(&mapped, "B").attributes["lifecycle"]["rules"][0];
    assert_eq!(rule["transitions"][0]["storage_class"], "GLACIER");
    assert_eq!(rule["noncurrent_version_transitions"][0]["storage_class"], "GLACIER");
}

#[test]
fn a_published_module_that_is_not_here_is_judged_by_what_it_is_given() {
    let module = |body: &serde_json::Value, beside: Vec<Block>| {
        let mut call = block("module.bucket", body);
        call.kind = "terraform-aws-modules/s3-bucket/aws".into();
        let mapped = mapped(std::iter::once(call).chain(beside).collect());
        of(&mapped, "module.bucket").clone()
    };
    let bucket = module(
        &json!({"version": "3.7.0", "acl": "public-read", "versioning": {"enabled": true}, "block_public_policy": true,
            "server_side_encryption_configuration":
                {"rule": {"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms"}}},
            "lifecycle_rule": [{"id": "a", "enabled": true, "expiration": {"days": 90}}],
            "logging": {"target_bucket": "logs"}}),
        Vec::new(),
    );
    let attributes = &bucket.attributes;
    assert_eq!(attributes["acl"]["grants"][0]["permission"], "READ");
    assert_eq!(attributes["versioning"], json!({"status": "Enabled"}));
    assert_eq!(attributes["encryption"]["rules"][0]["sse_algorithm"], "aws:kms");
    assert_eq!(attributes["lifecycle"]["rules"][0]["expiration"], json!({"days": 90}));
    assert_eq!(attributes["logging"]["target_bucket"], "logs");
    let old = json!({"block_public_acls": false, "ignore_public_acls": false, "block_public_policy": true, "restrict_public_buckets": false});
    assert_eq!(attributes["public_access_block"], old);
    assert!(!attributes.knows("policy") && !bucket.unknown().contains_key("/policy"));

    let newest = module(&json!({"attach_deny_insecure_transport_policy": true}), Vec::new());
    assert_eq!(newest.attributes["public_access_block"]["block_public_acls"], true);
    assert_eq!(newest.attributes["policy"]["statements"][0]["effect"], "Deny");
    assert_eq!(newest.attributes["versioning"], json!({}));
    let unclear = module(&json!({"version": "~> 3.0"}), Vec::new());
    assert!(unclear.unknown().contains_key("/public_access_block/block_public_acls"));
    let policy = || block("aws_s3_bucket_policy.p", &json!({"bucket": {"$var": "module.bucket.s3_bucket_id"}}));
    let beside = module(&json!({"bucket": "a"}), vec![policy()]);
    assert!(beside.unknown().contains_key("/policy"), "it may be of this bucket");
}

#[test]
fn a_template_says_the_same() {
    let mapped = cloudformation(
        Mappings::built_in(),
        vec![
            template(
                "Data",
                "AWS::S3::Bucket",
                &json!({
                    "AccessControl": "PublicRead",
                    "PublicAccessBlockConfiguration": {"BlockPublicAcls": "true"},
                    "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
                    "VersioningConfiguration": {"Status": "Enabled"},
                    "LoggingConfiguration": {"DestinationBucketName": {"$ref": "Logs."}},
                    "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "ExpirationInDays": 365}]},
                }),
            ),
            template("Logs", "AWS::S3::Bucket", &json!({"BucketName": "logs", "LoggingConfiguration": {}})),
            template(
                "Policy",
                "AWS::S3::BucketPolicy",
                &json!({"Bucket": {"$ref": "Data."},
            "PolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                "Resource": {"$text": [{"$ref": "Data.Arn"}, "/*"]}}]}}),
            ),
        ],
    );
    let data = of(&mapped, "Data");
    assert_eq!(data.attributes["public_access_block"]["block_public_acls"], json!(true));
    assert_eq!(data.attributes["public_access_block"]["restrict_public_buckets"], json!(false));
    assert_eq!(data.attributes["logging"]["target_bucket"], "logs");
    assert_eq!(data.attributes["lifecycle"]["rules"][0]["expiration"], json!({"days": 365}));
    assert_eq!(data.attributes["policy"]["statements"][0]["principal"]["any"], json!(true));
    assert_eq!(
        data.unknown()["/policy/statements/0/resources/0"].text.as_ref().and_then(|text| text.known()),
        Some("arn:aws:s3:::Data/*")
    );
    assert_eq!(of(&mapped, "Logs").attributes["logging"]["target_bucket"], "logs", "it delivers to itself");
}
