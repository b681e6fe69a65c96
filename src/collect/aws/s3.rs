//! S3: every bucket of the account, each asked in its own region.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_bucket_versioning::{GetBucketVersioningError, GetBucketVersioningOutput};
use aws_sdk_s3::operation::list_buckets::ListBucketsOutput;
use aws_sdk_s3::types::{Bucket as AwsBucket, BucketLocationConstraint};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::future::FutureExt as _;
use futures::stream::{self, StreamExt as _};

use super::policy::parsed as document;
use super::time::rfc3339;
use crate::collect::exchange::operation::{Api, NoValue, Operation, Rate};
use crate::collect::exchange::recorder::Recorder;
use crate::collect::inventory::service::{OwnType, tells};
use crate::collect::inventory::{Collected, Count, Item, Own, Service, ServiceScope, Table};
use crate::collect::site::Site;
use crate::model::attr::{Attr, CaptureId, State};
use crate::model::gap::{Gap, GapCode};
use crate::model::resource::TypedResource as _;
use crate::model::resource::s3::Bucket;

mod settings;

const API: Api = Api::new("s3", Rate::per_second("s3", 400.0));

/// An account that never signed up for S3 has no buckets.
static LIST_BUCKETS: Operation =
    API.operation("ListBuckets").no_secrets().action_named("s3:ListAllMyBuckets").absent(&["NotSignedUp"]);
static GET_BUCKET_LOCATION: Operation = API.operation("GetBucketLocation").no_secrets().gone(&["NoSuchBucket"]);
static GET_PUBLIC_ACCESS_BLOCK: Operation = API
    .operation("GetPublicAccessBlock")
    .no_secrets()
    .action_named("s3:GetBucketPublicAccessBlock")
    .absent(&["NoSuchPublicAccessBlockConfiguration"])
    .gone(&["NoSuchBucket"]);
static GET_BUCKET_POLICY: Operation =
    API.operation("GetBucketPolicy").no_secrets().absent(&["NoSuchBucketPolicy"]).gone(&["NoSuchBucket"]);
static GET_BUCKET_ACL: Operation = API.operation("GetBucketAcl").no_secrets().gone(&["NoSuchBucket"]);
static GET_BUCKET_OWNERSHIP_CONTROLS: Operation = API
    .operation("GetBucketOwnershipControls")
    .no_secrets()
    .absent(&["OwnershipControlsNotFoundError"])
    .gone(&["NoSuchBucket"]);
static GET_BUCKET_ENCRYPTION: Operation = API
    .operation("GetBucketEncryption")
    .no_secrets()
    .action_named("s3:GetEncryptionConfiguration")
    .absent(&["ServerSideEncryptionConfigurationNotFoundError"])
    .gone(&["NoSuchBucket"]);
static GET_BUCKET_VERSIONING: Operation = API.operation("GetBucketVersioning").no_secrets().gone(&["NoSuchBucket"]);
static GET_BUCKET_LOGGING: Operation = API.operation("GetBucketLogging").no_secrets().gone(&["NoSuchBucket"]);
static GET_BUCKET_LIFECYCLE_CONFIGURATION: Operation = API
    .operation("GetBucketLifecycleConfiguration")
    .no_secrets()
    .action_named("s3:GetLifecycleConfiguration")
    .absent(&["NoSuchLifecycleConfiguration"])
    .gone(&["NoSuchBucket"]);

/// Buckets asked about at once; the session's limits bound the calls.
const AT_ONCE: usize = 64;

/// The region of a bucket whose location AWS did not tell.
const NOWHERE: &str = "unknown";

/// Buckets, listed once and each asked in its own region; and the account's own block.
pub static SERVICE: Service = Service {
    name: "s3",
    scope: ServiceScope::Global,
    tables: &[
        Table::Own(Own {
            types: &[OwnType {
                r#type: Bucket::TYPE,
                listed_by: &[&LIST_BUCKETS, &GET_BUCKET_LOCATION],
                tells: &[
                    tells("public_access_block", &[&GET_PUBLIC_ACCESS_BLOCK]),
                    tells("policy", &[&GET_BUCKET_POLICY]),
                    tells("acl", &[&GET_BUCKET_ACL]),
                    tells("ownership_controls", &[&GET_BUCKET_OWNERSHIP_CONTROLS]),
                    tells("encryption", &[&GET_BUCKET_ENCRYPTION]),
                    tells("versioning", &[&GET_BUCKET_VERSIONING]),
                    tells("logging", &[&GET_BUCKET_LOGGING]),
                    tells("lifecycle", &[&GET_BUCKET_LIFECYCLE_CONFIGURATION]),
                ],
            }],
            collect: |site| buckets(site).boxed(),
        }),
        Table::Account { tells: super::s3control::TELLS, collect: |site| super::s3control::account(site).boxed() },
    ],
};

/// One client for each region that holds buckets.
struct Clients<'a> {
    site: &'a Site<'a>,
    by_region: Mutex<HashMap<String, Client>>,
}

impl Clients<'_> {
    fn get(&self, region: &str) -> Client {
        let mut clients = self.by_region.lock().unwrap_or_else(PoisonError::into_inner);
        let made = clients.entry(region.to_owned()).or_insert_with(|| {
            let session = self.site.session;
            let partition = session.retry_partition(self.site.account, "s3", region);
            let config = aws_sdk_s3::config::Builder::from(&session.config(region))
                .interceptor(Recorder)
                .retry_partition(aws_sdk_s3::config::retry::RetryPartition::new(partition))
                .force_path_style(session.path_style());
            Client::from_conf(config.build())
        });
        made.clone()
    }
}

async fn buckets(site: Site<'_>) -> Collected {
    let clients = Clients { site: &site, by_region: Mutex::new(HashMap::new()) };
    // AWS names the region of each bucket only where the request bounds the page.
    let stream =
        clients.get(site.home).list_buckets().max_buckets(10_000).into_paginator().stop_on_duplicate_token(false);
    let listing = site.pages_in(site.home, &LIST_BUCKETS, stream.send()).await;
    let listed: Vec<AwsBucket> = listing.pages.iter().flat_map(ListBucketsOutput::buckets).cloned().collect();
    let looked_at: Vec<LookedAt> =
        stream::iter(listed).map(|bucket| look_at(&site, &clients, bucket)).buffer_unordered(AT_ONCE).collect().await;
    let mut count = Count::of(&site, Bucket::TYPE, &listing);
    for looked_at in looked_at {
        match looked_at {
            LookedAt::There { item, region, captures } => count.add_in(&region, item, &captures),
            LookedAt::Gone(id) => count.gone(id),
        }
    }
    count.done()
}

/// What became of a listed bucket.
enum LookedAt {
    /// It is there, in this region; besides the listing, these captures told of it.
    There { item: Item, region: String, captures: Vec<CaptureId> },
    /// It went away meanwhile.
    Gone(String),
}

/// One bucket with its settings.
async fn look_at(site: &Site<'_>, clients: &Clients<'_>, listed: AwsBucket) -> LookedAt {
    let name = listed.name().unwrap_or_default();
    let id = (!name.is_empty()).then(|| format!("arn:{}:s3:::{name}", site.partition));
    let Some(id) = id else {
        let item = Item::new(None::<String>, None::<String>, &Bucket::default());
        return LookedAt::There { item, region: NOWHERE.to_owned(), captures: Vec::new() };
    };
    let mut captures = Vec::new();
    let region = if let Some(region) = listed.bucket_region().filter(|region| !region.is_empty()) {
        Ok(region.to_owned())
    } else {
        let send = clients.get(site.home).get_bucket_location().bucket(name).send();
        let answer = Box::pin(site.call_in(site.home, &GET_BUCKET_LOCATION, send)).await;
        captures.extend(&answer.captures);
        match answer.result {
            Ok(output) => Ok(region_of(output.location_constraint().map(BucketLocationConstraint::as_str))),
            Err(NoValue::Gone) => return LookedAt::Gone(id),
            Err(NoValue::Gap(gap)) => Err(gap),
            Err(NoValue::Absent) => Err(GET_BUCKET_LOCATION.gap(GapCode::ServiceError, "")),
        }
    };
    let mut bucket = match &region {
        Err(gap) => unknown(gap),
        Ok(region) if !site.regions.contains(region) => {
            let why = format!("the bucket lies in {region}, a region that this scan does not look at");
            unknown(&Gap::new(GapCode::OutsideScope, why))
        }
        Ok(region) => {
            let Some(bucket) = Box::pin(settings(site, &clients.get(region), region, name)).await else {
                return LookedAt::Gone(id);
            };
            bucket
        }
    };
    bucket.creation_date = listed.creation_date().and_then(rfc3339);
    let item = Item::new(Some(id), Some(name), &bucket);
    LookedAt::There { item, region: region.unwrap_or_else(|_| NOWHERE.to_owned()), captures }
}

/// The region that a location constraint means: none is us-east-1, and `EU` is how eu-west-1 was
/// called (`GetBucketLocation` in the S3 API Reference).
fn region_of(constraint: Option<&str>) -> String {
    match constraint {
        None | Some("") => "us-east-1",
        Some("EU") => "eu-west-1",
        Some(region) => region,
    }
    .to_owned()
}

/// A bucket that could not be asked, for this reason.
fn unknown(gap: &Gap) -> Bucket {
    Bucket {
        public_access_block: Attr::unknown(gap.clone()),
        policy: Attr::unknown(gap.clone()),
        acl: Attr::unknown(gap.clone()),
        ownership_controls: Attr::unknown(gap.clone()),
        encryption: Attr::unknown(gap.clone()),
        versioning: Attr::unknown(gap.clone()),
        logging: Attr::unknown(gap.clone()),
        lifecycle: Attr::unknown(gap.clone()),
        ..Bucket::default()
    }
}

/// Every setting that some control reads, asked side by side; `None` where the bucket is gone.
async fn settings(site: &Site<'_>, client: &Client, region: &str, name: &str) -> Option<Bucket> {
    let asking = Asking { site, region };
    let (public_access_block, policy, acl, ownership_controls, encryption, versioning, logging, lifecycle) = futures::join!(
        asking.ask(
            "public_access_block",
            &GET_PUBLIC_ACCESS_BLOCK,
            client.get_public_access_block().bucket(name).send(),
            |output| told(&GET_PUBLIC_ACCESS_BLOCK, settings::public_access_block(&output)),
        ),
        asking.ask("policy", &GET_BUCKET_POLICY, client.get_bucket_policy().bucket(name).send(), |output| {
            document(&GET_BUCKET_POLICY, output.policy())
        }),
        asking.ask("acl", &GET_BUCKET_ACL, client.get_bucket_acl().bucket(name).send(), |output| {
            State::Known(settings::acl(&output))
        }),
        asking.ask(
            "ownership_controls",
            &GET_BUCKET_OWNERSHIP_CONTROLS,
            client.get_bucket_ownership_controls().bucket(name).send(),
            |output| told(&GET_BUCKET_OWNERSHIP_CONTROLS, settings::ownership_controls(&output)),
        ),
        asking.ask(
            "encryption",
            &GET_BUCKET_ENCRYPTION,
            client.get_bucket_encryption().bucket(name).send(),
            |output| told(&GET_BUCKET_ENCRYPTION, settings::encryption(&output)),
        ),
        asking.ask(
            "versioning",
            &GET_BUCKET_VERSIONING,
            versioning_answer(site, client.get_bucket_versioning().bucket(name).send()),
            |output| State::Known(settings::versioning(&output)),
        ),
        asking.ask("logging", &GET_BUCKET_LOGGING, client.get_bucket_logging().bucket(name).send(), |output| {
            settings::logging(&output).map_or(State::Absent, State::Known)
        }),
        asking.ask(
            "lifecycle",
            &GET_BUCKET_LIFECYCLE_CONFIGURATION,
            client.get_bucket_lifecycle_configuration().bucket(name).send(),
            |output| State::Known(settings::lifecycle(&output)),
        ),
    );
    Some(Bucket {
        public_access_block: public_access_block?,
        policy: policy?,
        acl: acl?,
        ownership_controls: ownership_controls?,
        encryption: encryption?,
        versioning: versioning?,
        logging: logging?,
        lifecycle: lifecycle?,
        ..Bucket::default()
    })
}

/// The answer on versioning. The emulator moto wraps it in an element of another name, which the SDK
/// does not read; where an endpoint stands in for AWS, that name is taken too.
async fn versioning_answer(
    site: &Site<'_>,
    send: impl Future<Output = Result<GetBucketVersioningOutput, SdkError<GetBucketVersioningError, HttpResponse>>>,
) -> Result<GetBucketVersioningOutput, SdkError<GetBucketVersioningError, HttpResponse>> {
    match send.await {
        Err(SdkError::ServiceError(error)) if site.session.path_style() && error.raw().status().is_success() => {
            let body = error.raw().body().bytes().and_then(|body| std::str::from_utf8(body).ok());
            body.and_then(settings::emulated_versioning).ok_or(SdkError::ServiceError(error))
        }
        answer => answer,
    }
}

/// What an answer must carry, or a gap where it does not.
fn told<T>(operation: &Operation, value: Option<T>) -> State<T> {
    match value {
        Some(value) => State::Known(value),
        None => State::Unknown(operation.gap(GapCode::MalformedResponse, "the answer has no configuration in it")),
    }
}

/// Asks a bucket's region.
struct Asking<'a> {
    site: &'a Site<'a>,
    region: &'a str,
}

impl Asking<'_> {
    /// One attribute of the bucket, asked for where some control reads it; `None` where the bucket
    /// is gone.
    async fn ask<T, E, U>(
        &self,
        attribute: &str,
        operation: &'static Operation,
        send: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        read: impl FnOnce(T) -> State<U>,
    ) -> Option<Attr<U>>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        if !self.site.needs.requires(Bucket::TYPE, attribute) {
            return Some(Attr::default());
        }
        let answer = self.site.call_in(self.region, operation, send).await;
        if answer.is_gone() { None } else { Some(answer.into_attr().and_then(read)) }
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod tables {
    use super::*;
    use crate::model::resource::{Resource, ResourceId};

    #[test]
    fn the_two_old_spellings_of_a_location_are_regions() {
        assert_eq!(region_of(None), "us-east-1");
        assert_eq!(region_of(Some("")), "us-east-1");
        assert_eq!(region_of(Some("EU")), "eu-west-1");
        assert_eq!(region_of(Some("eu-central-1")), "eu-central-1");
    }

    #[test]
    fn absent_gone_and_denied_are_told_apart_for_every_setting() {
        let none = |operation: &'static Operation, code: &'static str| (operation, Some(code));
        let always = |operation: &'static Operation| (operation, None);
        for (operation, absent) in [
            always(&GET_BUCKET_LOCATION),
            none(&GET_PUBLIC_ACCESS_BLOCK, "NoSuchPublicAccessBlockConfiguration"),
            none(&GET_BUCKET_POLICY, "NoSuchBucketPolicy"),
            always(&GET_BUCKET_ACL),
            none(&GET_BUCKET_OWNERSHIP_CONTROLS, "OwnershipControlsNotFoundError"),
            none(&GET_BUCKET_ENCRYPTION, "ServerSideEncryptionConfigurationNotFoundError"),
            always(&GET_BUCKET_VERSIONING),
            always(&GET_BUCKET_LOGGING),
            none(&GET_BUCKET_LIFECYCLE_CONFIGURATION, "NoSuchLifecycleConfiguration"),
        ] {
            if let Some(code) = absent {
                assert_eq!(operation.classify_error(Some(code), Some(404), ""), NoValue::Absent, "{}", operation.name);
            }
            assert_eq!(
                operation.classify_error(Some("NoSuchBucket"), Some(404), ""),
                NoValue::Gone,
                "{}",
                operation.name
            );
            for (code, expected) in [
                ("AccessDenied", GapCode::AccessDenied),
                ("PermanentRedirect", GapCode::ServiceError),
                ("NotSignedUp", GapCode::RegionDisabled),
                ("SlowDown", GapCode::Throttled),
            ] {
                let NoValue::Gap(gap) = operation.classify_error(Some(code), Some(403), "") else {
                    panic!("{} {code} is a gap", operation.name)
                };
                assert_eq!(gap.code, expected, "{} {code}", operation.name);
            }
        }
        assert_eq!(LIST_BUCKETS.classify_error(Some("NotSignedUp"), Some(403), ""), NoValue::Absent);
        assert!(matches!(LIST_BUCKETS.classify_error(Some("AccessDenied"), Some(403), ""), NoValue::Gap(_)));
    }

    #[test]
    fn a_bucket_that_could_not_be_asked_is_unknown_throughout() {
        let gap = Gap::new(GapCode::OutsideScope, "elsewhere");
        let place = ResourceId { id: "arn:aws:s3:::b", name: "b", account: "1", region: "eu-west-3" };
        let resource = Resource::new(place, &unknown(&gap), &[1]);
        assert_eq!(resource.attributes.known_json(), serde_json::json!({}));
        let asked: Vec<_> =
            SERVICE.provides().iter().filter(|it| it.r#type == Bucket::TYPE).filter_map(|it| it.attribute).collect();
        assert_eq!(asked.len(), 8);
        for attribute in asked {
            assert_eq!(*resource.unknown()[&format!("/{attribute}")], gap, "{attribute}");
        }
    }
}
