//! Secrets Manager: secrets' metadata, never their values.

use aws_sdk_secretsmanager::operation::list_secrets::ListSecretsOutput;
use aws_sdk_secretsmanager::types::{RotationRulesType, SecretListEntry};
use futures::future::{BoxFuture, FutureExt as _};

use super::time::rfc3339;
use crate::collect::call::Site;
use crate::collect::operation::Operation;
use crate::collect::{Collected, Collector, Provided, Reach};
use crate::model::resource::secretsmanager::Secret;
use crate::model::resource::{Place, Resource, TypedResource};

static LIST_SECRETS: Operation =
    Operation::new("secretsmanager", "ListSecrets", "secretsmanager:ListSecrets").answers("SecretList");

static PROVIDES: &[Provided] = &[Provided { r#type: Secret::TYPE, attribute: None, operations: &[&LIST_SECRETS] }];

/// Collects secrets, region by region, from `ListSecrets` alone.
pub struct SecretsManager;

impl Collector for SecretsManager {
    fn service(&self) -> &'static str {
        "secretsmanager"
    }

    fn reach(&self) -> Reach {
        Reach::Regional
    }

    fn provides(&self) -> &'static [Provided] {
        PROVIDES
    }

    fn collect<'a>(&'a self, site: Site<'a>) -> BoxFuture<'a, Collected> {
        secrets(site).boxed()
    }
}

async fn secrets(site: Site<'_>) -> Collected {
    let client = super::client!(site, aws_sdk_secretsmanager, "secretsmanager", site.region);
    let stream = client.list_secrets().into_paginator().stop_on_duplicate_token(false).send();
    let listing = site.pages(&LIST_SECRETS, stream).await;
    let resources: Vec<Resource> = listing
        .pages
        .iter()
        .flat_map(ListSecretsOutput::secret_list)
        .map(|entry| {
            let place = Place {
                id: entry.arn().unwrap_or_default(),
                name: entry.name().unwrap_or_default(),
                account: site.account,
                region: site.region,
            };
            Resource::new(place, &secret(entry), &listing.captures)
        })
        .collect();
    listing.collected(&site, Secret::TYPE, resources.into_iter().map(Ok))
}

fn secret(entry: &SecretListEntry) -> Secret {
    let rules = entry.rotation_rules();
    Secret {
        rotation_enabled: entry.rotation_enabled(),
        rotation_days: rules.and_then(RotationRulesType::automatically_after_days),
        rotation_schedule: rules.and_then(|rules| rules.schedule_expression()).map(ToOwned::to_owned),
        last_rotated_date: entry.last_rotated_date().and_then(rfc3339),
        next_rotation_date: entry.next_rotation_date().and_then(rfc3339),
        last_accessed_date: entry.last_accessed_date().and_then(rfc3339),
        created_date: entry.created_date().and_then(rfc3339),
        primary_region: entry.primary_region().map(ToOwned::to_owned),
        owning_service: entry.owning_service().map(ToOwned::to_owned),
        kms_key_id: entry.kms_key_id().map(ToOwned::to_owned),
    }
}
