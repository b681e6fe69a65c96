//! What is joined into tables: who manages the key they are encrypted with.

use std::collections::HashMap;
use std::sync::Arc;

use super::Join;
use crate::evaluate::inventory::Inventory;
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::Resource;
use crate::model::tree::Tree;

const TABLE: &str = "AWS::DynamoDB::Table";
const KEY: &str = "AWS::KMS::Key";
const ATTRIBUTE: &str = "kms_key_manager";

/// The joins into tables.
pub(super) static JOINS: &[Join] = &[Join {
    into: TABLE,
    attribute: ATTRIBUTE,
    needs: &[(TABLE, Some("sse_description")), (KEY, Some("key_metadata"))],
    apply: key_managers,
}];

/// Tells each table who manages its key. Where code already did, that stands.
fn key_managers(inventory: &mut Inventory) {
    let mut tables = inventory.take(TABLE);
    {
        let keys: HashMap<&str, &Resource> =
            inventory.of_type(KEY).iter().map(|key| (key.identity.id.as_str(), key)).collect();
        for table in &mut tables {
            if table.attributes[ATTRIBUTE].gap().is_some_and(|gap| gap.code == GapCode::NotCollected) {
                tell(table, &keys, inventory);
            }
        }
    }
    inventory.put(TABLE, tables);
}

fn tell(table: &mut Resource, keys: &HashMap<&str, &Resource>, inventory: &Inventory) {
    let arn = table.attributes["sse_description"]["kms_master_key_arn"].clone();
    if let Tree::Unknown(gap) = arn {
        return table.set_unknown(ATTRIBUTE, gap);
    }
    let told = table.captures_for(["/sse_description"]);
    let Some(arn) = arn.as_str() else { return table.set_absent(ATTRIBUTE, told) };
    if let Some(key) = keys.get(arn) {
        match &key.attributes["key_metadata"]["key_manager"] {
            Tree::Unknown(gap) => table.set_unknown(ATTRIBUTE, Arc::clone(gap)),
            Tree::Null => table.set_unknown(ATTRIBUTE, Gap::new(GapCode::AttributeAbsent, "KeyManager")),
            manager => {
                let mut captures = key.captures_for(["/key_metadata"]);
                captures.extend(told);
                captures.sort_unstable();
                captures.dedup();
                table.set_known(ATTRIBUTE, manager.clone(), captures);
            }
        }
        return;
    }
    // The AWS managed key is always one of the table's own account.
    let account = arn.split(':').nth(4).unwrap_or_default();
    if !account.is_empty() && account != table.identity.account {
        return table.set_known(ATTRIBUTE, "CUSTOMER", told);
    }
    let unlisted = || Gap::new(GapCode::PopulationIncomplete, format!("the list of keys has no `{arn}`"));
    let gap = inventory.listing_gap(KEY, Some(&table.identity.region)).unwrap_or_else(unlisted);
    table.set_unknown(ATTRIBUTE, gap);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::join::tests::{account, incomplete, population};
    use crate::model::attr::Attr;
    use crate::model::resource::ResourceId;
    use crate::model::resource::dynamodb::{SseDescription, Table};
    use crate::model::resource::kms::{Key, KeyMetadata};

    const OURS: &str = "arn:aws:kms:r:1:key/k";

    fn table(key: Option<&str>) -> Resource {
        let sse_description =
            key.map(|key| SseDescription { kms_master_key_arn: Some(key.to_owned()), ..SseDescription::default() });
        let typed = Table { sse_description, ..Table::default() };
        Resource::new(ResourceId { id: "arn:t", name: "t", account: "1", region: "r" }, &typed, &[1])
    }

    fn key(manager: Attr<&str>) -> Resource {
        let metadata = |manager: &str| KeyMetadata { key_manager: Some(manager.to_owned()), ..KeyMetadata::default() };
        let typed = Key { key_metadata: manager.map(metadata), ..Key::default() };
        Resource::new(ResourceId { id: OURS, name: "k", account: "1", region: "r" }, &typed, &[2])
    }

    fn joined(resources: Vec<Resource>, complete: bool) -> Resource {
        let counted = if complete { population(KEY, "r") } else { incomplete(KEY, "r") };
        let mut inventory = Inventory::new(account(), resources, vec![population(TABLE, "r"), counted]);
        key_managers(&mut inventory);
        inventory.of_type(TABLE)[0].clone()
    }

    #[test]
    fn a_table_carries_the_manager_of_its_key() {
        for manager in ["AWS", "CUSTOMER"] {
            let table = joined(vec![table(Some(OURS)), key(Attr::known(manager).from_captures([9]))], false);
            assert_eq!(table.attributes[ATTRIBUTE], manager);
            assert_eq!(table.captures_for(["/kms_key_manager"]), [1, 2, 9]);
        }
    }

    #[test]
    fn a_table_without_a_key_in_kms_has_no_manager() {
        let table = joined(vec![table(None)], false);
        assert!(!table.attributes.knows(ATTRIBUTE));
        assert!(!table.unknown().contains_key("/kms_key_manager"));
    }

    #[test]
    fn a_key_of_another_account_is_a_customers() {
        let table = joined(vec![table(Some("arn:aws:kms:r:2:key/k"))], true);
        assert_eq!(table.attributes[ATTRIBUTE], "CUSTOMER");
    }

    #[test]
    fn a_key_that_was_not_seen_or_not_described_is_unknown() {
        let unlisted = joined(vec![table(Some(OURS))], true);
        assert_eq!(unlisted.unknown()["/kms_key_manager"].code, GapCode::PopulationIncomplete);
        let denied = joined(vec![table(Some(OURS))], false);
        assert_eq!(denied.unknown()["/kms_key_manager"].code, GapCode::AccessDenied);
        let undescribed = Attr::unknown(Gap::new(GapCode::Throttled, ""));
        let undescribed = joined(vec![table(Some(OURS)), key(undescribed)], true);
        assert_eq!(undescribed.unknown()["/kms_key_manager"].code, GapCode::Throttled);
    }

    #[test]
    fn an_encryption_that_could_not_be_read_is_an_unknown_manager() {
        let mut unsure = table(None);
        unsure.set_unknown("sse_description", Gap::new(GapCode::KnownAfterApply, ""));
        let unsure = joined(vec![unsure], true);
        assert_eq!(unsure.unknown()["/kms_key_manager"].code, GapCode::KnownAfterApply);
    }

    #[test]
    fn what_code_told_stands() {
        let mut told = table(Some("${aws_kms_key.this.arn}"));
        told.set_known(ATTRIBUTE, "CUSTOMER", []);
        assert_eq!(joined(vec![told], true).attributes[ATTRIBUTE], "CUSTOMER");
        let mut none = table(None);
        none.set_absent(ATTRIBUTE, []);
        assert!(!joined(vec![none], true).attributes.knows(ATTRIBUTE));
        let mut open = table(Some("x"));
        open.set_unknown(ATTRIBUTE, Gap::new(GapCode::Unresolved, "var.key"));
        assert_eq!(joined(vec![open], true).unknown()["/kms_key_manager"].code, GapCode::Unresolved);
    }
}
