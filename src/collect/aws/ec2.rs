//! EC2: networks, instances, volumes and snapshots, region by region.
//!
//! One listing by type, all at once, and only of the types that some control is about. Two things
//! take calls of their own after a listing: the entries of the prefix lists that ingress rules
//! name, and who may make volumes of a snapshot.

mod instances;
mod network;
mod security_groups;
mod storage;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use aws_sdk_ec2::types::Tag;
use futures::future::{BoxFuture, FutureExt as _, join_all};

use crate::collect::call::{Listing, Site};
use crate::collect::operation::Operation;
use crate::collect::{Collected, Collector, Provided, Reach};
use crate::model::gap::GapCode;
use crate::model::resource::ec2::{
    EbsEncryptionByDefault, FlowLog, Instance, NetworkAcl, SecurityGroup, Snapshot, Subnet, Volume, Vpc,
};
use crate::model::resource::{Place, Resource, TypedResource};

/// Items asked for by page: the most that most listings of EC2 give. Without a number EC2 answers
/// in one piece, and for accounts with very many items refuses.
const PAGE: i32 = 1000;

static PROVIDES: &[Provided] = &[
    listed(SecurityGroup::TYPE, &[&security_groups::DESCRIBE_SECURITY_GROUPS]),
    Provided {
        r#type: SecurityGroup::TYPE,
        attribute: Some("ingress"),
        operations: &[&security_groups::GET_MANAGED_PREFIX_LIST_ENTRIES],
    },
    listed(NetworkAcl::TYPE, &[&network::DESCRIBE_NETWORK_ACLS]),
    listed(Vpc::TYPE, &[&network::DESCRIBE_VPCS]),
    listed(FlowLog::TYPE, &[&network::DESCRIBE_FLOW_LOGS]),
    listed(Subnet::TYPE, &[&network::DESCRIBE_SUBNETS]),
    listed(Instance::TYPE, &[&instances::DESCRIBE_INSTANCES]),
    listed(Volume::TYPE, &[&storage::DESCRIBE_VOLUMES]),
    listed(Snapshot::TYPE, &[&storage::DESCRIBE_SNAPSHOTS]),
    Provided {
        r#type: Snapshot::TYPE,
        attribute: Some("create_volume_permissions"),
        operations: &[&storage::DESCRIBE_SNAPSHOT_ATTRIBUTE],
    },
    listed(EbsEncryptionByDefault::TYPE, &[&storage::GET_EBS_ENCRYPTION_BY_DEFAULT]),
];

const fn listed(r#type: &'static str, operations: &'static [&'static Operation]) -> Provided {
    Provided { r#type, attribute: None, operations }
}

/// Collects EC2's networks, instances, volumes, snapshots and the encryption setting.
pub struct Ec2;

impl Collector for Ec2 {
    fn service(&self) -> &'static str {
        "ec2"
    }

    fn reach(&self) -> Reach {
        Reach::Regional
    }

    fn provides(&self) -> &'static [Provided] {
        PROVIDES
    }

    fn collect<'a>(&'a self, site: Site<'a>) -> BoxFuture<'a, Collected> {
        everything(site).boxed()
    }
}

async fn everything(site: Site<'_>) -> Collected {
    let client = super::client!(site, aws_sdk_ec2, "ec2", site.region);
    let client = &client;
    let mut under_way: Vec<BoxFuture<'_, Collected>> = Vec::new();
    // The two that have calls to follow go first.
    if site.needs.wants_type(SecurityGroup::TYPE) {
        under_way.push(security_groups::security_groups(site, client).boxed());
    }
    if site.needs.wants_type(Snapshot::TYPE) {
        under_way.push(storage::snapshots(site, client).boxed());
    }
    if site.needs.wants_type(NetworkAcl::TYPE) {
        under_way.push(network::network_acls(site, client).boxed());
    }
    if site.needs.wants_type(Vpc::TYPE) {
        under_way.push(network::vpcs(site, client).boxed());
    }
    if site.needs.wants_type(FlowLog::TYPE) {
        under_way.push(network::flow_logs(site, client).boxed());
    }
    if site.needs.wants_type(Subnet::TYPE) {
        under_way.push(network::subnets(site, client).boxed());
    }
    if site.needs.wants_type(Instance::TYPE) {
        under_way.push(instances::instances(site, client).boxed());
    }
    if site.needs.wants_type(Volume::TYPE) {
        under_way.push(storage::volumes(site, client).boxed());
    }
    if site.needs.wants_type(EbsEncryptionByDefault::TYPE) {
        under_way.push(storage::encryption_by_default(site, client).boxed());
    }
    let mut all = Collected::default();
    for collected in join_all(under_way).await {
        all.resources.extend(collected.resources);
        all.populations.extend(collected.populations);
    }
    all
}

/// One item of a listing.
struct Found<T> {
    /// Its ARN; `None` where AWS named no id.
    arn: Option<String>,
    name: String,
    typed: T,
}

/// The items of a listing as resources, with their count. An item that was listed twice (pages
/// shift while one reads) counts once; one without an id cannot be told from others, so that the
/// count is not complete.
fn counted<P, T: TypedResource>(
    site: &Site<'_>,
    listing: &Listing<P>,
    items: impl IntoIterator<Item = Found<T>>,
) -> Collected {
    let mut seen = BTreeSet::new();
    let mut resources = Vec::new();
    let mut nameless = false;
    for Found { arn, name, typed } in items {
        let Some(arn) = arn else {
            nameless = true;
            continue;
        };
        if !seen.insert(arn.clone()) {
            continue;
        }
        let place = Place { id: &arn, name: &name, account: site.account, region: site.region };
        resources.push(Resource::new(place, &typed, &listing.captures));
    }
    let mut population = listing.population(site, T::TYPE, resources.len());
    if nameless && population.complete {
        population.complete = false;
        population.gap = Some(listing.operation.gap(GapCode::MalformedResponse, "an item was listed without its id"));
    }
    Collected { resources, populations: vec![population] }
}

/// The ARN of a thing of EC2, which mostly answers with bare ids. From the resource types of
/// Amazon EC2 in the Service Authorization Reference.
fn arn(site: &Site<'_>, kind: &str, id: Option<&str>) -> Option<String> {
    let id = id.filter(|id| !id.is_empty())?;
    // Snapshots have no account in theirs.
    let account = if kind == "snapshot" { "" } else { site.account };
    Some(format!("arn:{}:ec2:{}:{account}:{kind}/{id}", site.partition, site.region))
}

/// The `Name` tag, which is what the console shows, else the id.
fn name(tags: &[Tag], id: Option<&str>) -> String {
    let tag = tags.iter().find(|tag| tag.key() == Some("Name")).and_then(Tag::value);
    tag.filter(|name| !name.is_empty()).or(id).unwrap_or_default().to_owned()
}

/// The owner, where that is another account than the one scanned.
fn shared_by(site: &Site<'_>, owner: Option<&str>) -> Option<String> {
    owner.filter(|owner| *owner != site.account).map(ToOwned::to_owned)
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(ToOwned::to_owned)
}

fn sorted(texts: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    texts.into_iter().map(Into::into).collect::<BTreeSet<String>>().into_iter().collect()
}
