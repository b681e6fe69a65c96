//! S3: every bucket of the account, each asked in its own region.

use futures::future::FutureExt as _;
use futures::stream::{self, StreamExt as _};
use serde_json::json;

use super::policy::parsed as document;
use crate::collect::api::document::Node;
use crate::collect::exchange::operation::{Api, NoValue, Operation, Rate};
use crate::collect::inventory::service::{OwnType, tells};
use crate::collect::inventory::{Collected, Count, Item, Own, Service, ServiceScope, Table};
use crate::collect::site::Site;
use crate::model::attr::{Attr, CaptureId, State};
use crate::model::gap::{Gap, GapCode};
use crate::model::iam_policy::PolicyDocument;
use crate::model::resource::TypedResource as _;
use crate::model::resource::s3::Bucket;

pub(super) mod settings;

const API: Api = Api::new("s3", Rate::per_second("s3", 400.0));

/// An account that never signed up for S3 has no buckets.
static LIST_BUCKETS: Operation = API
    .operation("ListBuckets")
    .no_secrets()
    .action_named("s3:ListAllMyBuckets")
    .absent(&["NotSignedUp"])
    .must(&["Buckets"]);
static GET_BUCKET_LOCATION: Operation =
    API.operation("GetBucketLocation").no_secrets().may_be_empty().gone(&["NoSuchBucket"]);
static GET_PUBLIC_ACCESS_BLOCK: Operation = API
    .operation("GetPublicAccessBlock")
    .no_secrets()
    .action_named("s3:GetBucketPublicAccessBlock")
    .absent(&["NoSuchPublicAccessBlockConfiguration"])
    .must(&["PublicAccessBlockConfiguration"])
    .gone(&["NoSuchBucket"]);
static GET_BUCKET_POLICY: Operation = API
    .operation("GetBucketPolicy")
    .no_secrets()
    .must(&["Policy"])
    .absent(&["NoSuchBucketPolicy"])
    .gone(&["NoSuchBucket"]);
static GET_BUCKET_ACL: Operation = API.operation("GetBucketAcl").no_secrets().must(&["Grants"]).gone(&["NoSuchBucket"]);
static GET_BUCKET_OWNERSHIP_CONTROLS: Operation = API
    .operation("GetBucketOwnershipControls")
    .no_secrets()
    .absent(&["OwnershipControlsNotFoundError"])
    .must(&["OwnershipControls"])
    .gone(&["NoSuchBucket"]);
static GET_BUCKET_ENCRYPTION: Operation = API
    .operation("GetBucketEncryption")
    .no_secrets()
    .action_named("s3:GetEncryptionConfiguration")
    .absent(&["ServerSideEncryptionConfigurationNotFoundError"])
    .must(&["ServerSideEncryptionConfiguration"])
    .gone(&["NoSuchBucket"]);
static GET_BUCKET_VERSIONING: Operation =
    API.operation("GetBucketVersioning").no_secrets().may_be_empty().gone(&["NoSuchBucket"]);
static GET_BUCKET_LOGGING: Operation =
    API.operation("GetBucketLogging").no_secrets().may_be_empty().gone(&["NoSuchBucket"]);
static GET_BUCKET_LIFECYCLE_CONFIGURATION: Operation = API
    .operation("GetBucketLifecycleConfiguration")
    .no_secrets()
    .action_named("s3:GetLifecycleConfiguration")
    .absent(&["NoSuchLifecycleConfiguration"])
    .must(&["Rules"])
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

async fn buckets(site: Site<'_>) -> Collected {
    // AWS names the region of each bucket only where the request bounds the page.
    let listing = site.list_in(site.home, &LIST_BUCKETS, json!({"MaxBuckets": 10_000})).await;
    let asked = listing.items("Buckets").into_iter().map(|bucket| look_at(&site, bucket).boxed());
    let looked_at: Vec<LookedAt> = stream::iter(asked.collect::<Vec<_>>()).buffer_unordered(AT_ONCE).collect().await;
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
async fn look_at(site: &Site<'_>, listed: Node<'_>) -> LookedAt {
    let name = listed.str_of("Name").unwrap_or_default();
    let id = (!name.is_empty()).then(|| format!("arn:{}:s3:::{name}", site.partition));
    let Some(id) = id else {
        let item = Item::new(None::<String>, None::<String>, &Bucket::default());
        return LookedAt::There { item, region: NOWHERE.to_owned(), captures: Vec::new() };
    };
    let mut captures = Vec::new();
    let region = if let Some(region) = listed.str_of("BucketRegion").filter(|region| !region.is_empty()) {
        Ok(region.to_owned())
    } else {
        let answer = site.ask_in(site.home, &GET_BUCKET_LOCATION, json!({"Bucket": name})).await;
        captures.extend(&answer.captures);
        match answer.result {
            Ok(output) => Ok(region_of(output.root().str_of("LocationConstraint"))),
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
            let Some(bucket) = Box::pin(settings(site, region, name)).await else {
                return LookedAt::Gone(id);
            };
            bucket
        }
    };
    bucket.creation_date = listed.text("CreationDate");
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
async fn settings(site: &Site<'_>, region: &str, name: &str) -> Option<Bucket> {
    let asking = Asking { site, region, name };
    let (public_access_block, policy, acl, ownership_controls, encryption, versioning, logging, lifecycle) = futures::join!(
        asking.ask("public_access_block", &GET_PUBLIC_ACCESS_BLOCK, settings::public_access_block),
        asking.ask("policy", &GET_BUCKET_POLICY, policy),
        asking.ask("acl", &GET_BUCKET_ACL, settings::acl),
        asking.ask("ownership_controls", &GET_BUCKET_OWNERSHIP_CONTROLS, settings::ownership_controls),
        asking.ask("encryption", &GET_BUCKET_ENCRYPTION, settings::encryption),
        asking.ask("versioning", &GET_BUCKET_VERSIONING, settings::versioning),
        asking.ask("logging", &GET_BUCKET_LOGGING, settings::logging),
        asking.ask("lifecycle", &GET_BUCKET_LIFECYCLE_CONFIGURATION, settings::lifecycle),
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

/// Its answer is the policy, in JSON: read whole or not at all.
fn policy(output: Node<'_>) -> State<PolicyDocument> {
    document(&GET_BUCKET_POLICY, output.str_of("Policy"))
}

/// Asks a bucket's region.
struct Asking<'a> {
    site: &'a Site<'a>,
    region: &'a str,
    name: &'a str,
}

impl Asking<'_> {
    /// One attribute of the bucket, asked for where some control reads it; `None` where the bucket
    /// is gone.
    async fn ask<T>(
        &self,
        attribute: &str,
        operation: &'static Operation,
        read: impl FnOnce(Node<'_>) -> State<T>,
    ) -> Option<Attr<T>> {
        if !self.site.needs.requires(Bucket::TYPE, attribute) {
            return Some(Attr::default());
        }
        let answer = self.site.ask_in(self.region, operation, json!({"Bucket": self.name})).await;
        (!answer.is_gone()).then(|| answer.read(read))
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
