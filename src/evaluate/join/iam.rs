//! What is joined into roles: which accounts are known to be of the same organisation.

use super::Join;
use crate::evaluate::inventory::Inventory;

const ROLE: &str = "AWS::IAM::Role";
const ACCOUNT: &str = "AWS::::Account";
const ATTRIBUTE: &str = "organization_accounts";

/// The joins into roles.
pub(super) static JOINS: &[Join] =
    &[Join { into: ROLE, attribute: ATTRIBUTE, needs: &[(ACCOUNT, Some(ATTRIBUTE))], apply: organization_accounts }];

fn organization_accounts(inventory: &mut Inventory) {
    let mut roles = inventory.take(ROLE);
    for role in &mut roles {
        let account = inventory.of_type(ACCOUNT).iter().find(|one| one.identity.account == role.identity.account);
        match (account, inventory.listing_gap(ACCOUNT, None)) {
            (Some(account), _) => role.graft(ATTRIBUTE, account, ATTRIBUTE),
            (None, Some(gap)) => role.set_unknown(ATTRIBUTE, gap),
            // Code says nothing of an organisation: what it builds knows of no other account.
            (None, None) => role.set_absent(ATTRIBUTE, []),
        }
    }
    inventory.put(ROLE, roles);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::join::tests::{account, incomplete, population};
    use crate::model::attr::Attr;
    use crate::model::gap::{Gap, GapCode};
    use crate::model::resource::account::Account;
    use crate::model::resource::iam::Role;
    use crate::model::resource::{Resource, ResourceId};

    fn joined(accounts: Option<Attr<Vec<String>>>, is_counted: bool) -> Resource {
        let place = |id| ResourceId { id, name: id, account: "1", region: "global" };
        let mut resources = vec![Resource::new(place("role"), &Role::default(), &[1])];
        if let Some(organization_accounts) = accounts {
            let typed = Account { organization_accounts, ..Account::default() };
            resources.push(Resource::new(place("AWS::::Account:1"), &typed, &[]));
        }
        let counted = if is_counted { population(ACCOUNT, "global") } else { incomplete(ACCOUNT, "global") };
        let mut inventory = Inventory::new(account(), resources, vec![counted]);
        organization_accounts(&mut inventory);
        inventory.of_type(ROLE)[0].clone()
    }

    #[test]
    fn a_role_carries_the_accounts_of_the_organisation_with_their_three_states() {
        let known = joined(Some(Attr::known(vec!["2".to_owned()]).from_captures([9])), true);
        assert_eq!(known.attributes[ATTRIBUTE], serde_json::json!(["2"]));
        assert!(!known.unknown().contains_key("/organization_accounts"));

        let alone = joined(Some(Attr::absent()), true);
        assert!(!alone.attributes.knows(ATTRIBUTE) && !alone.unknown().contains_key("/organization_accounts"));

        let refused = joined(Some(Attr::unknown(Gap::new(GapCode::AccessDenied, "no"))), true);
        assert_eq!(refused.unknown()["/organization_accounts"].code, GapCode::AccessDenied);

        assert_eq!(joined(None, false).unknown()["/organization_accounts"].code, GapCode::AccessDenied);
        assert!(!joined(None, true).unknown().contains_key("/organization_accounts"));
    }
}
