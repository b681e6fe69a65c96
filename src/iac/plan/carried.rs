//! What a resource carries over from the last state although another resource manages it.
//!
//! After the first apply the state of an `aws_s3_bucket` has the versioning that an
//! `aws_s3_bucket_versioning` set, and that of an `aws_security_group` the rules that
//! `aws_vpc_security_group_ingress_rule`s made: the provider reads them back into attributes that nobody
//! wrote. A plan that changes or deletes the companion leaves these attributes as they were. What is read
//! of them would be what was, and not what will be: so they are taken for not written.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde_json::value::RawValue;

use super::configuration::Body;
use super::document::ResourceChange;
use crate::iac::value::Value;

/// Attributes of a kind of resource, the kinds that manage them in its stead, and how those name it:
/// the attribute of theirs, and the attributes of its own that may be in it.
struct Carried {
    kind: &'static str,
    attributes: &'static [&'static str],
    companions: &'static [&'static str],
    link: &'static str,
    to: &'static [&'static str],
}

/// The pairs, by the documentation of the AWS provider (each companion's page says not to use it together
/// with these attributes of the other).
const CARRIED: &[Carried] = &[
    bucket(&["acceleration_status"], &["aws_s3_bucket_accelerate_configuration"]),
    bucket(&["acl", "grant"], &["aws_s3_bucket_acl"]),
    bucket(&["cors_rule"], &["aws_s3_bucket_cors_configuration"]),
    bucket(&["lifecycle_rule"], &["aws_s3_bucket_lifecycle_configuration"]),
    bucket(&["logging"], &["aws_s3_bucket_logging"]),
    bucket(&["object_lock_configuration"], &["aws_s3_bucket_object_lock_configuration"]),
    bucket(&["policy"], &["aws_s3_bucket_policy"]),
    bucket(&["replication_configuration"], &["aws_s3_bucket_replication_configuration"]),
    bucket(&["request_payer"], &["aws_s3_bucket_request_payment_configuration"]),
    bucket(&["server_side_encryption_configuration"], &["aws_s3_bucket_server_side_encryption_configuration"]),
    bucket(&["versioning"], &["aws_s3_bucket_versioning"]),
    bucket(&["website"], &["aws_s3_bucket_website_configuration"]),
    Carried {
        kind: "aws_security_group",
        attributes: &["ingress", "egress"],
        companions: &[
            "aws_security_group_rule",
            "aws_vpc_security_group_ingress_rule",
            "aws_vpc_security_group_egress_rule",
            "aws_vpc_security_group_rules_exclusive",
        ],
        link: "security_group_id",
        to: &["id"],
    },
    Carried {
        kind: "aws_network_acl",
        attributes: &["ingress", "egress"],
        companions: &["aws_network_acl_rule"],
        link: "network_acl_id",
        to: &["id"],
    },
    Carried {
        kind: "aws_route_table",
        attributes: &["route"],
        companions: &["aws_route"],
        link: "route_table_id",
        to: &["id"],
    },
    Carried {
        kind: "aws_iam_role",
        attributes: &["inline_policy"],
        companions: &["aws_iam_role_policy"],
        link: "role",
        to: &["id", "name"],
    },
    Carried {
        kind: "aws_iam_role",
        attributes: &["managed_policy_arns"],
        companions: &["aws_iam_role_policy_attachment"],
        link: "role",
        to: &["id", "name"],
    },
    policy("aws_sns_topic", &["aws_sns_topic_policy"], "arn"),
    policy("aws_sqs_queue", &["aws_sqs_queue_policy"], "queue_url"),
    policy("aws_kms_key", &["aws_kms_key_policy"], "key_id"),
    policy("aws_secretsmanager_secret", &["aws_secretsmanager_secret_policy"], "secret_arn"),
    policy("aws_api_gateway_rest_api", &["aws_api_gateway_rest_api_policy"], "rest_api_id"),
    policy("aws_vpc_endpoint", &["aws_vpc_endpoint_policy"], "vpc_endpoint_id"),
    Carried {
        kind: "aws_opensearch_domain",
        attributes: &["access_policies"],
        companions: &["aws_opensearch_domain_policy"],
        link: "domain_name",
        to: &["domain_name"],
    },
];

const fn bucket(attributes: &'static [&'static str], companions: &'static [&'static str]) -> Carried {
    Carried { kind: "aws_s3_bucket", attributes, companions, link: "bucket", to: &["id", "bucket"] }
}

const fn policy(kind: &'static str, companions: &'static [&'static str], link: &'static str) -> Carried {
    Carried { kind, attributes: &["policy"], companions, link, to: &["id", "arn", "url", "key_id"] }
}

/// The companions in a plan, those that it deletes too: the kind, and the text that names the resource.
#[derive(Debug, Default)]
pub(super) struct Companions(HashSet<(&'static str, String)>);

impl Companions {
    /// Takes down what this change manages, if it is a companion of anything.
    pub(super) fn add(&mut self, change: &ResourceChange<'_>) {
        let Some(kind) = change.kind.as_deref() else { return };
        let found = CARRIED.iter().find_map(|carried| {
            carried.companions.iter().find(|companion| **companion == kind).map(|companion| (*companion, carried.link))
        });
        let Some((companion, link)) = found else { return };
        let after = change.change.after.get(link).and_then(Value::as_text).map(str::to_owned);
        let before = change.change.before.and_then(|before| {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(before.get()).ok()?;
            serde_json::from_str::<String>(members.get(link)?.get()).ok()
        });
        self.0.extend(after.into_iter().chain(before).map(|name| (companion, name)));
    }

    /// Leaves out of a body what is carried over. What the author wrote stays.
    pub(super) fn leave_out(&self, kind: &str, body: &mut BTreeMap<Arc<str>, Value>, written: &Body) {
        if self.0.is_empty() {
            return;
        }
        for carried in CARRIED.iter().filter(|carried| carried.kind == kind) {
            let names: Vec<String> =
                carried.to.iter().filter_map(|to| body.get(*to)?.as_text()).map(str::to_owned).collect();
            let managed = carried
                .companions
                .iter()
                .any(|companion| names.iter().any(|name| self.0.contains(&(*companion, name.clone()))));
            for attribute in carried.attributes.iter().filter(|attribute| managed && !written.contains_key(**attribute))
            {
                body.remove(*attribute);
            }
        }
    }
}
