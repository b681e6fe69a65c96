//! What S3 answers about a bucket's settings, as the model has it.

use aws_sdk_s3::operation::get_bucket_acl::GetBucketAclOutput;
use aws_sdk_s3::operation::get_bucket_encryption::GetBucketEncryptionOutput;
use aws_sdk_s3::operation::get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput;
use aws_sdk_s3::operation::get_bucket_logging::GetBucketLoggingOutput;
use aws_sdk_s3::operation::get_bucket_ownership_controls::GetBucketOwnershipControlsOutput;
use aws_sdk_s3::operation::get_bucket_versioning::GetBucketVersioningOutput;
use aws_sdk_s3::operation::get_public_access_block::GetPublicAccessBlockOutput;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketVersioningStatus, LifecycleRule as AwsLifecycleRule, MfaDeleteStatus,
};

use super::super::time::rfc3339;
use crate::model::resource::public_access_block::PublicAccessBlock;
use crate::model::resource::s3::{
    AccessControlList, Encryption, EncryptionRule, Expiration, Grant, Grantee, Lifecycle, LifecycleRule, Logging,
    NoncurrentVersionExpiration, NoncurrentVersionTransition, OwnershipControls, Transition, Versioning,
};

fn owned(text: &str) -> String {
    text.to_owned()
}

pub(super) fn public_access_block(output: &GetPublicAccessBlockOutput) -> Option<PublicAccessBlock> {
    let configuration = output.public_access_block_configuration()?;
    Some(PublicAccessBlock {
        block_public_acls: configuration.block_public_acls(),
        ignore_public_acls: configuration.ignore_public_acls(),
        block_public_policy: configuration.block_public_policy(),
        restrict_public_buckets: configuration.restrict_public_buckets(),
    })
}

pub(super) fn acl(output: &GetBucketAclOutput) -> AccessControlList {
    let grants = output.grants().iter().map(|grant| Grant {
        grantee: grant.grantee().map_or_else(Grantee::default, |grantee| Grantee {
            r#type: Some(owned(grantee.r#type().as_str())),
            id: grantee.id().map(owned),
            uri: grantee.uri().map(owned),
        }),
        permission: grant.permission().map(|permission| owned(permission.as_str())),
    });
    AccessControlList { grants: grants.collect() }
}

pub(super) fn ownership_controls(output: &GetBucketOwnershipControlsOutput) -> Option<OwnershipControls> {
    let controls = output.ownership_controls()?;
    let object_ownership = controls.rules().first().map(|rule| owned(rule.object_ownership().as_str()));
    Some(OwnershipControls { object_ownership })
}

pub(super) fn encryption(output: &GetBucketEncryptionOutput) -> Option<Encryption> {
    let configuration = output.server_side_encryption_configuration()?;
    let rules = configuration.rules().iter().map(|rule| {
        let default = rule.apply_server_side_encryption_by_default();
        EncryptionRule {
            sse_algorithm: default.map(|default| owned(default.sse_algorithm().as_str())),
            kms_master_key_id: default.and_then(|default| default.kms_master_key_id()).map(owned),
            bucket_key_enabled: rule.bucket_key_enabled(),
        }
    });
    Some(Encryption { rules: rules.collect() })
}

pub(super) fn versioning(output: &GetBucketVersioningOutput) -> Versioning {
    Versioning {
        status: output.status().map(|status| owned(status.as_str())),
        mfa_delete: output.mfa_delete().map(|status| owned(status.as_str())),
    }
}

/// The versioning answer of the emulator moto, complete or not at all.
pub(super) fn emulated_versioning(body: &str) -> Option<GetBucketVersioningOutput> {
    const ROOT: &str = "GetBucketVersioningResponse";
    let (_, rest) = body.trim_end().split_once(&format!("<{ROOT}"))?;
    let (opening, inside) = rest.split_once('>')?;
    let inside = if opening.ends_with('/') {
        inside.is_empty().then_some("")?
    } else {
        inside.strip_suffix(&format!("</{ROOT}>"))?
    };
    let element = |name: &str| {
        let (_, rest) = inside.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
    };
    let answer = GetBucketVersioningOutput::builder()
        .set_status(element("Status").map(BucketVersioningStatus::from))
        .set_mfa_delete(element("MfaDelete").map(MfaDeleteStatus::from));
    Some(answer.build())
}

pub(super) fn logging(output: &GetBucketLoggingOutput) -> Option<Logging> {
    let enabled = output.logging_enabled()?;
    Some(Logging { target_bucket: owned(enabled.target_bucket()), target_prefix: owned(enabled.target_prefix()) })
}

pub(super) fn lifecycle(output: &GetBucketLifecycleConfigurationOutput) -> Lifecycle {
    Lifecycle { rules: output.rules().iter().map(lifecycle_rule).collect() }
}

fn lifecycle_rule(rule: &AwsLifecycleRule) -> LifecycleRule {
    let filter = rule.filter();
    #[expect(deprecated, reason = "rules made before filters existed still say their prefix here")]
    let prefix = rule
        .prefix()
        .or_else(|| filter.and_then(|filter| filter.prefix()))
        .or_else(|| filter.and_then(|filter| filter.and()).and_then(|and| and.prefix()));
    LifecycleRule {
        id: rule.id().map(owned),
        status: Some(owned(rule.status().as_str())),
        prefix: prefix.map(owned),
        expiration: rule.expiration().map(|expiration| Expiration {
            days: expiration.days().map(i64::from),
            date: expiration.date().and_then(rfc3339),
            expired_object_delete_marker: expiration.expired_object_delete_marker(),
        }),
        transitions: rule
            .transitions()
            .iter()
            .map(|transition| Transition {
                days: transition.days().map(i64::from),
                date: transition.date().and_then(rfc3339),
                storage_class: transition.storage_class().map(|class| owned(class.as_str())),
            })
            .collect(),
        noncurrent_version_expiration: rule.noncurrent_version_expiration().map(|expiration| {
            NoncurrentVersionExpiration {
                noncurrent_days: expiration.noncurrent_days().map(i64::from),
                newer_noncurrent_versions: expiration.newer_noncurrent_versions().map(i64::from),
            }
        }),
        noncurrent_version_transitions: rule
            .noncurrent_version_transitions()
            .iter()
            .map(|transition| NoncurrentVersionTransition {
                noncurrent_days: transition.noncurrent_days().map(i64::from),
                storage_class: transition.storage_class().map(|class| owned(class.as_str())),
            })
            .collect(),
        abort_incomplete_multipart_upload_days: rule
            .abort_incomplete_multipart_upload()
            .and_then(AbortIncompleteMultipartUpload::days_after_initiation)
            .map(i64::from),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::{
        ExpirationStatus, Grant as AwsGrant, Grantee as AwsGrantee, LifecycleExpiration, LoggingEnabled, Permission,
        PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
        ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Transition as AwsTransition,
        TransitionStorageClass, Type,
    };

    use super::*;

    #[test]
    fn an_answer_without_a_configuration_is_not_a_configuration() {
        assert_eq!(public_access_block(&GetPublicAccessBlockOutput::builder().build()), None);
        assert_eq!(encryption(&GetBucketEncryptionOutput::builder().build()), None);
        assert_eq!(ownership_controls(&GetBucketOwnershipControlsOutput::builder().build()), None);
    }

    #[test]
    fn the_four_settings_are_kept_as_told() {
        let configuration = PublicAccessBlockConfiguration::builder().block_public_policy(true).build();
        let output = GetPublicAccessBlockOutput::builder().public_access_block_configuration(configuration).build();
        let block = public_access_block(&output).expect("a configuration");
        assert_eq!((block.block_public_policy, block.ignore_public_acls), (Some(true), None));
    }

    #[test]
    fn a_group_is_known_by_its_uri_and_people_by_nothing_but_their_id() {
        let grantee = |builder: aws_sdk_s3::types::builders::GranteeBuilder| {
            AwsGrant::builder().grantee(builder.build().expect("has a type")).permission(Permission::Read).build()
        };
        let everyone = "http://acs.amazonaws.com/groups/global/AllUsers";
        let output = GetBucketAclOutput::builder()
            .grants(grantee(AwsGrantee::builder().r#type(Type::Group).uri(everyone)))
            .grants(grantee(AwsGrantee::builder().r#type(Type::CanonicalUser).id("7").display_name("Ada")))
            .build();
        let grants = acl(&output).grants;
        assert_eq!(grants[0].grantee.uri.as_deref(), Some(everyone));
        assert_eq!(grants[0].permission.as_deref(), Some("READ"));
        assert_eq!(
            grants[1].grantee,
            Grantee { r#type: Some("CanonicalUser".to_owned()), id: Some("7".to_owned()), uri: None }
        );
    }

    #[test]
    fn encryption_tells_a_rule_without_an_algorithm() {
        let kms = ServerSideEncryptionByDefault::builder()
            .sse_algorithm(ServerSideEncryption::AwsKmsDsse)
            .kms_master_key_id("k")
            .build()
            .expect("has an algorithm");
        let configuration = ServerSideEncryptionConfiguration::builder()
            .rules(ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(kms).build())
            .rules(ServerSideEncryptionRule::builder().bucket_key_enabled(true).build())
            .build()
            .expect("has rules");
        let output = GetBucketEncryptionOutput::builder().server_side_encryption_configuration(configuration).build();
        let rules = encryption(&output).expect("a configuration").rules;
        assert_eq!(rules[0].sse_algorithm.as_deref(), Some("aws:kms:dsse"));
        assert_eq!(rules[0].kms_master_key_id.as_deref(), Some("k"));
        assert_eq!((&rules[1].sse_algorithm, rules[1].bucket_key_enabled), (&None, Some(true)));
    }

    #[test]
    fn never_versioned_and_never_logged_are_told_by_empty_answers() {
        assert_eq!(versioning(&GetBucketVersioningOutput::builder().build()), Versioning::default());
        let suspended = GetBucketVersioningOutput::builder().status(BucketVersioningStatus::Suspended).build();
        assert_eq!(versioning(&suspended).status.as_deref(), Some("Suspended"));
        assert_eq!(logging(&GetBucketLoggingOutput::builder().build()), None);
        let enabled = LoggingEnabled::builder().target_bucket("logs").target_prefix("").build().expect("complete");
        let logged = logging(&GetBucketLoggingOutput::builder().logging_enabled(enabled).build());
        assert_eq!(logged.expect("on").target_bucket, "logs");
    }

    #[test]
    fn an_emulated_versioning_answer_is_read_whole_or_not_at_all() {
        let read = |body| emulated_versioning(body).map(|output| versioning(&output));
        let of = |status: Option<&str>, mfa: Option<&str>| {
            Some(Versioning { status: status.map(owned), mfa_delete: mfa.map(owned) })
        };
        let empty = r#"<?xml version="1.0"?>
<GetBucketVersioningResponse xmlns="x"/>"#;
        assert_eq!(read(empty), of(None, None));
        let enabled = "<GetBucketVersioningResponse><Status>Enabled</Status><MfaDelete>Disabled</MfaDelete>\
                       </GetBucketVersioningResponse>";
        assert_eq!(read(enabled), of(Some("Enabled"), Some("Disabled")));
        for end in 0..enabled.len() {
            assert_eq!(read(&enabled[..end]), None, "{}", &enabled[..end]);
        }
        assert_eq!(read("<Error><Status>Enabled</Status></Error>"), None);
    }

    #[test]
    fn a_lifecycle_rule_keeps_what_it_does_and_to_what() {
        let rule = AwsLifecycleRule::builder()
            .status(ExpirationStatus::Enabled)
            .filter(aws_sdk_s3::types::LifecycleRuleFilter::builder().prefix("tmp/").build())
            .expiration(LifecycleExpiration::builder().days(30).build())
            .transitions(AwsTransition::builder().days(7).storage_class(TransitionStorageClass::DeepArchive).build())
            .abort_incomplete_multipart_upload(
                AbortIncompleteMultipartUpload::builder().days_after_initiation(3).build(),
            )
            .build()
            .expect("has a status");
        let rules = lifecycle(&GetBucketLifecycleConfigurationOutput::builder().rules(rule).build()).rules;
        assert_eq!(rules[0].prefix.as_deref(), Some("tmp/"));
        assert_eq!(rules[0].expiration.as_ref().and_then(|expiration| expiration.days), Some(30));
        assert_eq!(rules[0].transitions[0].storage_class.as_deref(), Some("DEEP_ARCHIVE"));
        assert_eq!(rules[0].abort_incomplete_multipart_upload_days, Some(3));
        assert!(lifecycle(&GetBucketLifecycleConfigurationOutput::builder().build()).rules.is_empty());
    }
}
