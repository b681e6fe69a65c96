//! KMS: keys, what kind they are, their rotation and their policies.

use futures::future::FutureExt as _;
use serde_json::json;

use super::policy::document;
use crate::collect::api::document::Node;
use crate::collect::exchange::operation::{Api, Operation, Rate};
use crate::collect::inventory::service::tells;
use crate::collect::inventory::{Ask, Asked, AttributeValue, Entry, Gone, Item, Listed, Service, ServiceScope, Table};
use crate::model::attr::{Attr, State};
use crate::model::resource::TypedResource as _;
use crate::model::resource::kms::{Key, KeyMetadata, KeyRotation};

const API: Api = Api::new("kms", Rate::per_second("kms", 30.0));
static LIST_KEYS: Operation = API.operation("ListKeys").no_secrets().must(&["Keys"]);
static DESCRIBE_KEY: Operation =
    API.operation("DescribeKey").no_secrets().must(&["KeyMetadata"]).gone(&["NotFoundException"]);
static GET_KEY_ROTATION_STATUS: Operation =
    API.operation("GetKeyRotationStatus").no_secrets().must(&["KeyRotationEnabled"]).gone(&["NotFoundException"]);
/// `NotFoundException` is also the code for a policy name that does not exist; every key has a
/// policy `default`, so that here too the key itself is gone.
static GET_KEY_POLICY: Operation =
    API.operation("GetKeyPolicy").no_secrets().must(&["Policy"]).gone(&["NotFoundException"]);

/// Keys, region by region.
pub static SERVICE: Service = Service {
    name: "kms",
    scope: ServiceScope::Regional,
    tables: &[Table::Listed(Listed {
        r#type: Key::TYPE,
        operation: &LIST_KEYS,
        input: |_| json!({"Limit": 1000}),
        items: "Keys",
        read: |entry: &Entry<'_>| Item::new(entry.str_of("KeyArn"), entry.str_of("KeyId"), &Key::default()),
        asks: &[
            Ask::Own {
                tells: &[
                    tells("key_metadata", &[&DESCRIBE_KEY]),
                    tells("key_rotation", &[&DESCRIBE_KEY, &GET_KEY_ROTATION_STATUS]),
                ],
                ask: |asked| metadata_and_rotation(asked).boxed(),
            },
            Ask::Call {
                attribute: "policy",
                operation: &GET_KEY_POLICY,
                input: |asked| json!({"KeyId": asked.id, "PolicyName": "default"}),
                read: |operation, answer| document(operation, answer.str_of("Policy")),
            },
        ],
    })],
};

/// What kind of key it is, and its rotation where it can rotate.
async fn metadata_and_rotation(asked: Asked<'_>) -> Result<Vec<AttributeValue>, Gone> {
    let key = || json!({"KeyId": asked.id});
    let described = asked.site.ask(&DESCRIBE_KEY, key()).await;
    if described.is_gone() {
        return Err(Gone);
    }
    let metadata = described.read(|answer| State::Known(key_metadata(answer.get("KeyMetadata"))));
    let rotation: Attr<KeyRotation> = match &metadata.state {
        _ if !asked.requires("key_rotation") => Attr::default(),
        State::Known(known) if can_rotate(known) => {
            let answer = asked.site.ask(&GET_KEY_ROTATION_STATUS, key()).await;
            if answer.is_gone() {
                return Err(Gone);
            }
            answer.read(|status| State::Known(key_rotation(status)))
        }
        State::Known(_) | State::Absent => Attr::absent().from_captures(metadata.captures.clone()),
        State::Unknown(gap) => Attr::unknown(gap.clone()).from_captures(metadata.captures.clone()),
    };
    Ok(vec![AttributeValue::new("key_metadata", metadata), AttributeValue::new("key_rotation", rotation)])
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

fn key_metadata(metadata: Node<'_>) -> KeyMetadata {
    KeyMetadata {
        key_manager: metadata.text("KeyManager"),
        key_state: metadata.text("KeyState"),
        key_spec: metadata.text("KeySpec"),
        key_usage: metadata.text("KeyUsage"),
        origin: metadata.text("Origin"),
        custom_key_store_id: metadata.text("CustomKeyStoreId"),
        multi_region: metadata.flag("MultiRegion"),
        multi_region_key_type: metadata.get("MultiRegionConfiguration").text("MultiRegionKeyType"),
        creation_date: metadata.text("CreationDate"),
        deletion_date: metadata.text("DeletionDate"),
        description: metadata.text("Description").filter(|description| !description.is_empty()),
    }
}

fn key_rotation(status: Node<'_>) -> KeyRotation {
    KeyRotation {
        key_rotation_enabled: status.flag("KeyRotationEnabled").unwrap_or_default(),
        rotation_period_in_days: status.number("RotationPeriodInDays"),
        next_rotation_date: status.text("NextRotationDate"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::collect::api::document::Document;
    use crate::collect::exchange::operation::NoValue;
    use crate::model::gap::GapCode;

    fn mapped(change: &Value) -> KeyMetadata {
        let mut metadata = json!({
            "KeyId": "k", "KeyManager": "CUSTOMER", "KeyState": "Enabled", "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS",
        });
        for (member, value) in change.as_object().expect("an object") {
            metadata[member] = value.clone();
        }
        let answer = Document::of("kms", "DescribeKey", json!({"KeyMetadata": metadata}));
        key_metadata(answer.root().get("KeyMetadata"))
    }

    #[test]
    fn only_keys_whose_rotation_the_customer_decides_are_asked_for_it() {
        assert!(can_rotate(&mapped(&json!({}))));
        assert!(can_rotate(&mapped(&json!({"KeyState": "Disabled"}))));
        for other in [
            json!({"KeyManager": "AWS"}),
            json!({"KeySpec": "RSA_2048"}),
            json!({"KeySpec": "HMAC_256"}),
            json!({"Origin": "EXTERNAL"}),
            json!({"Origin": "AWS_CLOUDHSM"}),
            json!({"Origin": "EXTERNAL_KEY_STORE"}),
            json!({"CustomKeyStoreId": "cks-1"}),
            json!({"KeySpec": null}),
        ] {
            assert!(!can_rotate(&mapped(&other)), "{other}");
        }
    }

    #[test]
    fn metadata_is_spelled_as_aws_spells_it() {
        let metadata = mapped(&json!({
            "KeyState": "PendingDeletion",
            "DeletionDate": "2026-06-01T00:00:00Z",
            "MultiRegion": true,
            "MultiRegionConfiguration": {"MultiRegionKeyType": "REPLICA"},
            "Description": "",
        }));
        assert_eq!(metadata.key_state.as_deref(), Some("PendingDeletion"));
        assert_eq!(metadata.key_spec.as_deref(), Some("SYMMETRIC_DEFAULT"));
        assert_eq!(metadata.deletion_date.as_deref(), Some("2026-06-01T00:00:00Z"));
        assert_eq!(metadata.multi_region_key_type.as_deref(), Some("REPLICA"));
        assert_eq!(metadata.description, None);
    }

    #[test]
    fn a_deleted_key_is_gone_and_a_denied_one_is_a_gap() {
        for operation in [&DESCRIBE_KEY, &GET_KEY_ROTATION_STATUS, &GET_KEY_POLICY] {
            let classify = |code| operation.classify_error(Some(code), Some(400), "");
            assert_eq!(classify("NotFoundException"), NoValue::Gone, "{}", operation.name);
            let NoValue::Gap(gap) = classify("AccessDeniedException") else {
                panic!("{} denied is a gap", operation.name)
            };
            assert_eq!(gap.code, GapCode::AccessDenied);
        }
        let unsupported = GET_KEY_ROTATION_STATUS.classify_error(Some("UnsupportedOperationException"), Some(400), "");
        let NoValue::Gap(gap) = unsupported else { panic!("unsupported is a gap") };
        assert_eq!(gap.code, GapCode::Unsupported);
        assert!(matches!(LIST_KEYS.classify_error(Some("NotFoundException"), Some(400), ""), NoValue::Gap(_)));
    }
}
