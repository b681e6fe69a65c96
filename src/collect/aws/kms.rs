//! KMS: keys, what kind they are, their rotation and their policies.

use aws_sdk_kms::Client;
use aws_sdk_kms::operation::list_keys::ListKeysOutput;
use aws_sdk_kms::types::{KeyListEntry, KeyMetadata as AwsKeyMetadata};
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::{self, StreamExt as _};

use super::policy::document;
use super::time::rfc3339;
use crate::collect::call::Site;
use crate::collect::operation::Operation;
use crate::collect::{Collected, Collector, Provided, Reach};
use crate::model::attr::{Attr, CaptureId, State};
use crate::model::gap::GapCode;
use crate::model::iam_policy::PolicyDocument;
use crate::model::resource::kms::{Key, KeyMetadata, KeyRotation};
use crate::model::resource::{Place, Resource, TypedResource};

static LIST_KEYS: Operation = Operation::new("kms", "ListKeys", "kms:ListKeys").answers("Keys");
static DESCRIBE_KEY: Operation =
    Operation::new("kms", "DescribeKey", "kms:DescribeKey").answers("KeyMetadata").gone(&["NotFoundException"]);
static GET_KEY_ROTATION_STATUS: Operation = Operation::new("kms", "GetKeyRotationStatus", "kms:GetKeyRotationStatus")
    .answers("KeyRotationEnabled")
    .gone(&["NotFoundException"]);
/// `NotFoundException` is also the code for a policy name that does not exist; every key has a
/// policy `default`, so that here too the key itself is gone.
static GET_KEY_POLICY: Operation =
    Operation::new("kms", "GetKeyPolicy", "kms:GetKeyPolicy").answers("Policy").gone(&["NotFoundException"]);

static PROVIDES: &[Provided] = &[
    Provided { r#type: Key::TYPE, attribute: None, operations: &[&LIST_KEYS] },
    Provided { r#type: Key::TYPE, attribute: Some("key_metadata"), operations: &[&DESCRIBE_KEY] },
    Provided {
        r#type: Key::TYPE,
        attribute: Some("key_rotation"),
        operations: &[&DESCRIBE_KEY, &GET_KEY_ROTATION_STATUS],
    },
    Provided { r#type: Key::TYPE, attribute: Some("policy"), operations: &[&GET_KEY_POLICY] },
];

/// Keys asked about at once; the session's limits bound the calls.
const AT_ONCE: usize = 32;

/// Collects keys, region by region.
pub struct Kms;

impl Collector for Kms {
    fn service(&self) -> &'static str {
        "kms"
    }

    fn reach(&self) -> Reach {
        Reach::Regional
    }

    fn provides(&self) -> &'static [Provided] {
        PROVIDES
    }

    fn collect<'a>(&'a self, site: Site<'a>) -> BoxFuture<'a, Collected> {
        keys(site).boxed()
    }
}

async fn keys(site: Site<'_>) -> Collected {
    let client = super::client!(site, aws_sdk_kms, "kms", site.region);
    let stream = client.list_keys().limit(1000).into_paginator().stop_on_duplicate_token(false).send();
    let listing = site.pages(&LIST_KEYS, stream).await;
    let entries: Vec<KeyListEntry> = listing.pages.iter().flat_map(ListKeysOutput::keys).cloned().collect();
    let looked_at: Vec<Result<Resource, String>> = stream::iter(entries)
        .map(|entry| look_at(&site, &client, entry, &listing.captures))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    listing.collected(&site, Key::TYPE, looked_at)
}

/// One key with its settings; its ARN where it is gone.
async fn look_at(
    site: &Site<'_>,
    client: &Client,
    entry: KeyListEntry,
    listing: &[CaptureId],
) -> Result<Resource, String> {
    let key_id = entry.key_id().unwrap_or_default();
    let arn = entry.key_arn().unwrap_or(key_id);
    let (metadata, policy) = futures::join!(metadata_and_rotation(site, client, arn), policy(site, client, arn));
    let (Some((key_metadata, key_rotation)), Some(policy)) = (metadata, policy) else {
        return Err(arn.to_owned());
    };
    let key = Key { key_metadata, key_rotation, policy };
    let place = Place { id: arn, name: key_id, account: site.account, region: site.region };
    Ok(Resource::new(place, &key, listing))
}

/// What kind of key it is, and its rotation where it can rotate; `None` where the key is gone.
async fn metadata_and_rotation(
    site: &Site<'_>,
    client: &Client,
    arn: &str,
) -> Option<(Attr<KeyMetadata>, Attr<KeyRotation>)> {
    let wants_rotation = site.needs.wants(Key::TYPE, "key_rotation");
    if !wants_rotation && !site.needs.wants(Key::TYPE, "key_metadata") {
        return Some((Attr::default(), Attr::default()));
    }
    let described = site.call(&DESCRIBE_KEY, client.describe_key().key_id(arn).send()).await;
    if described.is_gone() {
        return None;
    }
    let metadata = described.into_attr().and_then(|output| match output.key_metadata {
        Some(metadata) => State::Known(key_metadata(&metadata)),
        None => State::Unknown(DESCRIBE_KEY.gap(GapCode::MalformedResponse, "the answer has no KeyMetadata")),
    });
    let rotation = match &metadata.state {
        _ if !wants_rotation => Attr::default(),
        State::Known(known) if can_rotate(known) => {
            let answer = site.call(&GET_KEY_ROTATION_STATUS, client.get_key_rotation_status().key_id(arn).send()).await;
            if answer.is_gone() {
                return None;
            }
            answer.into_attr().map(|status| KeyRotation {
                key_rotation_enabled: status.key_rotation_enabled,
                rotation_period_in_days: status.rotation_period_in_days.map(i64::from),
                next_rotation_date: status.next_rotation_date.as_ref().and_then(rfc3339),
            })
        }
        State::Known(_) | State::Absent => Attr::absent().from_captures(metadata.captures.clone()),
        State::Unknown(gap) => Attr::unknown(gap.clone()).from_captures(metadata.captures.clone()),
    };
    Some((metadata, rotation))
}

/// The key policy; `None` where the key is gone.
async fn policy(site: &Site<'_>, client: &Client, arn: &str) -> Option<Attr<PolicyDocument>> {
    if !site.needs.wants(Key::TYPE, "policy") {
        return Some(Attr::default());
    }
    let answer = site.call(&GET_KEY_POLICY, client.get_key_policy().key_id(arn).policy_name("default").send()).await;
    if answer.is_gone() {
        return None;
    }
    Some(answer.into_attr().and_then(|output| document(&GET_KEY_POLICY, output.policy.as_deref())))
}

/// Whether KMS can rotate the key by itself and the customer decides whether it does: customer
/// managed, symmetric, with key material that KMS made. From `EnableKeyRotation` in the KMS API
/// Reference. Disabled keys and keys that wait for deletion answer too.
fn can_rotate(metadata: &KeyMetadata) -> bool {
    metadata.key_manager.as_deref() == Some("CUSTOMER")
        && metadata.key_spec.as_deref() == Some("SYMMETRIC_DEFAULT")
        && metadata.origin.as_deref() == Some("AWS_KMS")
        && metadata.custom_key_store_id.is_none()
}

fn key_metadata(metadata: &AwsKeyMetadata) -> KeyMetadata {
    let text = |text: &str| text.to_owned();
    KeyMetadata {
        key_manager: metadata.key_manager().map(|value| text(value.as_str())),
        key_state: metadata.key_state().map(|value| text(value.as_str())),
        key_spec: metadata.key_spec().map(|value| text(value.as_str())),
        key_usage: metadata.key_usage().map(|value| text(value.as_str())),
        origin: metadata.origin().map(|value| text(value.as_str())),
        custom_key_store_id: metadata.custom_key_store_id().map(text),
        multi_region: metadata.multi_region(),
        multi_region_key_type: metadata
            .multi_region_configuration()
            .and_then(|configuration| configuration.multi_region_key_type())
            .map(|value| text(value.as_str())),
        creation_date: metadata.creation_date().and_then(rfc3339),
        deletion_date: metadata.deletion_date().and_then(rfc3339),
        description: metadata.description().filter(|description| !description.is_empty()).map(text),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_kms::types::{
        KeyManagerType, KeySpec, KeyState, MultiRegionConfiguration, MultiRegionKeyType, OriginType,
    };
    use aws_smithy_types::DateTime;

    use super::*;
    use crate::collect::operation::Miss;

    fn plain() -> aws_sdk_kms::types::builders::KeyMetadataBuilder {
        AwsKeyMetadata::builder()
            .key_id("k")
            .key_manager(KeyManagerType::Customer)
            .key_state(KeyState::Enabled)
            .key_spec(KeySpec::SymmetricDefault)
            .origin(OriginType::AwsKms)
    }

    fn mapped(builder: aws_sdk_kms::types::builders::KeyMetadataBuilder) -> KeyMetadata {
        key_metadata(&builder.build().expect("has a key id"))
    }

    #[test]
    fn only_keys_whose_rotation_the_customer_decides_are_asked_for_it() {
        assert!(can_rotate(&mapped(plain())));
        assert!(can_rotate(&mapped(plain().key_state(KeyState::Disabled))));
        for other in [
            plain().key_manager(KeyManagerType::Aws),
            plain().key_spec(KeySpec::Rsa2048),
            plain().key_spec(KeySpec::Hmac256),
            plain().origin(OriginType::External),
            plain().origin(OriginType::AwsCloudhsm),
            plain().origin(OriginType::ExternalKeyStore),
            plain().custom_key_store_id("cks-1"),
            AwsKeyMetadata::builder().key_id("k"),
        ] {
            assert!(!can_rotate(&mapped(other)));
        }
    }

    #[test]
    fn metadata_is_spelled_as_aws_spells_it() {
        let metadata = mapped(
            plain()
                .key_state(KeyState::PendingDeletion)
                .deletion_date(DateTime::from_secs(1_780_272_000))
                .multi_region(true)
                .multi_region_configuration(
                    MultiRegionConfiguration::builder().multi_region_key_type(MultiRegionKeyType::Replica).build(),
                )
                .description(""),
        );
        assert_eq!(metadata.key_state.as_deref(), Some("PendingDeletion"));
        assert_eq!(metadata.key_spec.as_deref(), Some("SYMMETRIC_DEFAULT"));
        assert_eq!(metadata.deletion_date.as_deref(), Some("2026-06-01T00:00:00Z"));
        assert_eq!(metadata.multi_region_key_type.as_deref(), Some("REPLICA"));
        assert_eq!(metadata.description, None);
    }

    #[test]
    fn a_deleted_key_is_gone_and_a_denied_one_is_a_gap() {
        for operation in [&DESCRIBE_KEY, &GET_KEY_ROTATION_STATUS, &GET_KEY_POLICY] {
            assert_eq!(operation.judge(Some("NotFoundException"), Some(400), ""), Miss::Gone, "{}", operation.name);
            let Miss::Gap(gap) = operation.judge(Some("AccessDeniedException"), Some(400), "") else {
                panic!("{} denied is a gap", operation.name)
            };
            assert_eq!(gap.code, GapCode::AccessDenied);
        }
        let Miss::Gap(gap) = GET_KEY_ROTATION_STATUS.judge(Some("UnsupportedOperationException"), Some(400), "") else {
            panic!("unsupported is a gap")
        };
        assert_eq!(gap.code, GapCode::Unsupported);
        assert!(matches!(LIST_KEYS.judge(Some("NotFoundException"), Some(400), ""), Miss::Gap(_)));
    }
}
