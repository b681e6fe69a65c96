//! What S3 answers about a bucket's settings, as the model has it.

use crate::collect::api::document::Node;
use crate::model::attr::State;
use crate::model::gap::GapCode;
use crate::model::resource::public_access_block::PublicAccessBlock;
use crate::model::resource::s3::{
    AccessControlList, Encryption, EncryptionRule, Expiration, Grant, Grantee, Lifecycle, LifecycleRule, Logging,
    NoncurrentVersionExpiration, NoncurrentVersionTransition, OwnershipControls, Transition, Versioning,
};

/// The four settings, of a bucket or of an account.
pub(in crate::collect::aws) fn public_access_block(output: Node<'_>) -> State<PublicAccessBlock> {
    let configuration = output.get("PublicAccessBlockConfiguration");
    State::Known(PublicAccessBlock {
        block_public_acls: configuration.flag("BlockPublicAcls"),
        ignore_public_acls: configuration.flag("IgnorePublicAcls"),
        block_public_policy: configuration.flag("BlockPublicPolicy"),
        restrict_public_buckets: configuration.flag("RestrictPublicBuckets"),
    })
}

pub(super) fn acl(output: Node<'_>) -> State<AccessControlList> {
    let grants = output.list("Grants").map(|grant| {
        let grantee = grant.get("Grantee");
        Grant {
            grantee: Grantee { r#type: grantee.text("Type"), id: grantee.text("ID"), uri: grantee.text("URI") },
            permission: grant.text("Permission"),
        }
    });
    State::Known(AccessControlList { grants: grants.collect() })
}

pub(super) fn ownership_controls(output: Node<'_>) -> State<OwnershipControls> {
    let rule = output.get("OwnershipControls").list("Rules").next();
    State::Known(OwnershipControls { object_ownership: rule.and_then(|rule| rule.text("ObjectOwnership")) })
}

pub(super) fn encryption(output: Node<'_>) -> State<Encryption> {
    let rules = output.get("ServerSideEncryptionConfiguration").list("Rules").map(|rule| {
        let default = rule.get("ApplyServerSideEncryptionByDefault");
        EncryptionRule {
            sse_algorithm: default.text("SSEAlgorithm"),
            kms_master_key_id: default.text("KMSMasterKeyID"),
            bucket_key_enabled: rule.flag("BucketKeyEnabled"),
        }
    });
    State::Known(Encryption { rules: rules.collect() })
}

pub(super) fn versioning(output: Node<'_>) -> State<Versioning> {
    State::Known(Versioning { status: output.text("Status"), mfa_delete: output.text("MFADelete") })
}

pub(super) fn logging(output: Node<'_>) -> State<Logging> {
    let Some(enabled) = output.get("LoggingEnabled").some() else { return State::Absent };
    match (enabled.text("TargetBucket"), enabled.text("TargetPrefix")) {
        (Some(target_bucket), Some(target_prefix)) => State::Known(Logging { target_bucket, target_prefix }),
        _ => State::Unknown(
            super::GET_BUCKET_LOGGING.gap(GapCode::MalformedResponse, "the answer does not say where it logs to"),
        ),
    }
}

pub(super) fn lifecycle(output: Node<'_>) -> State<Lifecycle> {
    State::Known(Lifecycle { rules: output.list("Rules").map(lifecycle_rule).collect() })
}

fn lifecycle_rule(rule: Node<'_>) -> LifecycleRule {
    let filter = rule.get("Filter");
    // Rules made before filters existed still say their prefix beside them.
    let prefix = [rule, filter, filter.get("And")].iter().find_map(|place| place.text("Prefix"));
    let (expiration, noncurrent) = (rule.get("Expiration"), rule.get("NoncurrentVersionExpiration"));
    LifecycleRule {
        id: rule.text("ID"),
        status: rule.text("Status"),
        prefix,
        expiration: expiration.some().map(|expiration| Expiration {
            days: expiration.number("Days"),
            date: expiration.text("Date"),
            expired_object_delete_marker: expiration.flag("ExpiredObjectDeleteMarker"),
        }),
        transitions: rule
            .list("Transitions")
            .map(|transition| Transition {
                days: transition.number("Days"),
                date: transition.text("Date"),
                storage_class: transition.text("StorageClass"),
            })
            .collect(),
        noncurrent_version_expiration: noncurrent.some().map(|expiration| NoncurrentVersionExpiration {
            noncurrent_days: expiration.number("NoncurrentDays"),
            newer_noncurrent_versions: expiration.number("NewerNoncurrentVersions"),
        }),
        noncurrent_version_transitions: rule
            .list("NoncurrentVersionTransitions")
            .map(|transition| NoncurrentVersionTransition {
                noncurrent_days: transition.number("NoncurrentDays"),
                storage_class: transition.text("StorageClass"),
            })
            .collect(),
        abort_incomplete_multipart_upload_days: rule
            .get("AbortIncompleteMultipartUpload")
            .number("DaysAfterInitiation"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::collect::api::document::Document;

    fn told<T>(operation: &str, answer: Value, read: impl Fn(Node<'_>) -> State<T>) -> T {
        let document = Document::of("s3", operation, answer);
        let State::Known(value) = read(document.root()) else { panic!("{operation} tells something") };
        value
    }

    #[test]
    fn the_four_settings_are_kept_as_told() {
        let answer = json!({"PublicAccessBlockConfiguration": {"BlockPublicPolicy": true}});
        let block = told("GetPublicAccessBlock", answer, public_access_block);
        assert_eq!((block.block_public_policy, block.ignore_public_acls), (Some(true), None));
    }

    #[test]
    fn a_group_is_known_by_its_uri_and_people_by_nothing_but_their_id() {
        let everyone = "http://acs.amazonaws.com/groups/global/AllUsers";
        let answer = json!({"Grants": [
            {"Grantee": {"Type": "Group", "URI": everyone}, "Permission": "READ"},
            {"Grantee": {"Type": "CanonicalUser", "ID": "7", "DisplayName": "Ada"}, "Permission": "READ"},
        ]});
        let grants = told("GetBucketAcl", answer, acl).grants;
        assert_eq!(grants[0].grantee.uri.as_deref(), Some(everyone));
        assert_eq!(grants[0].permission.as_deref(), Some("READ"));
        assert_eq!(
            grants[1].grantee,
            Grantee { r#type: Some("CanonicalUser".to_owned()), id: Some("7".to_owned()), uri: None }
        );
    }

    #[test]
    fn encryption_tells_a_rule_without_an_algorithm() {
        let answer = json!({"ServerSideEncryptionConfiguration": {"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms:dsse", "KMSMasterKeyID": "k"}},
            {"BucketKeyEnabled": true},
        ]}});
        let rules = told("GetBucketEncryption", answer, encryption).rules;
        assert_eq!(rules[0].sse_algorithm.as_deref(), Some("aws:kms:dsse"));
        assert_eq!(rules[0].kms_master_key_id.as_deref(), Some("k"));
        assert_eq!((&rules[1].sse_algorithm, rules[1].bucket_key_enabled), (&None, Some(true)));
    }

    #[test]
    fn never_versioned_and_never_logged_are_told_by_empty_answers() {
        assert_eq!(told("GetBucketVersioning", json!({}), versioning), Versioning::default());
        let suspended = told("GetBucketVersioning", json!({"Status": "Suspended"}), versioning);
        assert_eq!(suspended.status.as_deref(), Some("Suspended"));
        let logging_of = |answer| logging(Document::of("s3", "GetBucketLogging", answer).root());
        assert_eq!(logging_of(json!({})), State::Absent);
        let State::Known(on) = logging_of(json!({"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": ""}}))
        else {
            panic!("on")
        };
        assert_eq!(on.target_bucket, "logs");
        let State::Unknown(gap) = logging_of(json!({"LoggingEnabled": {"TargetPrefix": ""}})) else {
            panic!("unknown")
        };
        assert_eq!(gap.code, GapCode::MalformedResponse);
    }

    #[test]
    fn a_lifecycle_rule_keeps_what_it_does_and_to_what() {
        let answer = json!({"Rules": [
            {
                "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 30},
                "Transitions": [{"Days": 7, "StorageClass": "DEEP_ARCHIVE"}],
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3},
            },
            {"Status": "Enabled", "Prefix": "old/"},
            {"Status": "Disabled", "Filter": {"And": {"Prefix": "both/"}}, "NoncurrentVersionExpiration": {"NoncurrentDays": 9}},
        ]});
        let rules = told("GetBucketLifecycleConfiguration", answer, lifecycle).rules;
        let prefixes: Vec<_> = rules.iter().map(|rule| rule.prefix.as_deref()).collect();
        assert_eq!(prefixes, [Some("tmp/"), Some("old/"), Some("both/")]);
        assert_eq!(rules[0].expiration.as_ref().and_then(|expiration| expiration.days), Some(30));
        assert_eq!(rules[0].transitions[0].storage_class.as_deref(), Some("DEEP_ARCHIVE"));
        assert_eq!(rules[0].abort_incomplete_multipart_upload_days, Some(3));
        assert_eq!(rules[1].expiration, None);
        assert_eq!(rules[2].noncurrent_version_expiration.as_ref().and_then(|it| it.noncurrent_days), Some(9));
        assert!(told("GetBucketLifecycleConfiguration", json!({}), lifecycle).rules.is_empty());
    }
}
