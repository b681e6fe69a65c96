//! For which account and region the provider configurations of a plan are: `provider_config`.
//!
//! Of the constants that stand there only those are read that name a place: the region, the ARN of the role,
//! the name of the profile, the account numbers that are allowed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::iac::deployment::{Site, SitePart};

/// The sites by the keys of the configurations.
pub(super) fn read(configurations: Value) -> BTreeMap<String, Site> {
    let Value::Object(configurations) = configurations else { return BTreeMap::new() };
    configurations.into_iter().map(|(key, configuration)| (key.clone(), site(&key, &configuration))).collect()
}

fn site(key: &str, configuration: &Value) -> Site {
    let expressions = &configuration["expressions"];
    let unknown = || SitePart::Unknown(Arc::from(key));
    let region = match &expressions["region"] {
        Value::Null => SitePart::Environment,
        written => written["constant_value"].as_str().map_or_else(unknown, named),
    };
    Site { account: account(expressions).unwrap_or_else(unknown), region }
}

/// The account; `None` where it is not known.
fn account(expressions: &Value) -> Option<SitePart> {
    if let Some([Value::String(account)]) =
        expressions["allowed_account_ids"]["constant_value"].as_array().map(Vec::as_slice)
    {
        return Some(named(account));
    }
    for block in ["assume_role", "assume_role_with_web_identity"] {
        if let Some(role) = expressions[block].get(0) {
            return SitePart::of_role(role["role_arn"]["constant_value"].as_str()?);
        }
    }
    match &expressions["profile"] {
        Value::Null => Some(SitePart::Environment),
        written => written["constant_value"].as_str().map(|profile| named(&format!("profile {profile}"))),
    }
}

fn named(text: &str) -> SitePart {
    SitePart::Named(Arc::from(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_configuration_names_its_place_or_is_not_known() {
        let of = |expressions| site("aws.x", &json!({"expressions": expressions}));
        let text = |text: &str| named(text);
        assert_eq!(of(json!({})), Site::default());
        let virginia = of(json!({"region": {"constant_value": "us-east-1"}}));
        assert_eq!(virginia, Site { account: SitePart::Environment, region: text("us-east-1") });
        let unknown = SitePart::Unknown(Arc::from("aws.x"));
        assert_eq!(of(json!({"region": {"references": ["var.region"]}})).region, unknown);
        let role = json!([{"role_arn": {"constant_value": "arn:aws:iam::444455556666:role/deploy"}}]);
        assert_eq!(of(json!({"assume_role": role})).account, text("444455556666"));
        assert_eq!(of(json!({"assume_role": [{"role_arn": {"references": ["var.role"]}}]})).account, unknown);
        assert_eq!(of(json!({"profile": {"constant_value": "prod"}})).account, text("profile prod"));
        assert_eq!(of(json!({"allowed_account_ids": {"constant_value": ["1"]}})).account, text("1"));
        assert_eq!(read(json!([])), BTreeMap::new());
    }
}
