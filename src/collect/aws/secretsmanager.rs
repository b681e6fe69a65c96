//! Secrets Manager: secrets' metadata, never their values.

use serde_json::Value;

use crate::collect::exchange::operation::{Api, Operation, Rate};
use crate::collect::inventory::{Entry, Item, Listed, Service, ServiceScope, Table};
use crate::model::resource::TypedResource as _;
use crate::model::resource::secretsmanager::Secret;

const API: Api = Api::new("secretsmanager", Rate::per_second("secretsmanager", 30.0));
static LIST_SECRETS: Operation = API.operation("ListSecrets").no_secrets().must(&["SecretList"]);

/// Secrets, region by region, from `ListSecrets` alone.
pub static SERVICE: Service = Service {
    name: "secretsmanager",
    scope: ServiceScope::Regional,
    tables: &[Table::Listed(Listed {
        r#type: Secret::TYPE,
        operation: &LIST_SECRETS,
        input: |_| Value::Null,
        items: "SecretList",
        read: |entry: &Entry<'_>| Item::new(entry.str_of("ARN"), entry.str_of("Name"), &secret(entry)),
        asks: &[],
    })],
};

fn secret(entry: &Entry<'_>) -> Secret {
    let rules = entry.get("RotationRules");
    Secret {
        rotation_enabled: entry.flag("RotationEnabled"),
        rotation_days: rules.number("AutomaticallyAfterDays"),
        rotation_schedule: rules.text("ScheduleExpression"),
        last_rotated_date: entry.text("LastRotatedDate"),
        next_rotation_date: entry.text("NextRotationDate"),
        last_accessed_date: entry.text("LastAccessedDate"),
        created_date: entry.text("CreatedDate"),
        primary_region: entry.text("PrimaryRegion"),
        owning_service: entry.text("OwningService"),
        kms_key_id: entry.text("KmsKeyId"),
    }
}
