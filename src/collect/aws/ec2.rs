//! EC2: networks, instances, volumes and snapshots, region by region.
//!
//! One listing by type, all at once, and only of the types that some control is about. Two things
//! take more after a listing: the entries of the prefix lists that ingress rules name, and who may
//! make volumes of a snapshot.

mod instances;
mod network;
mod security_groups;
mod storage;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use futures::future::FutureExt as _;
use serde_json::{Value, json};

use crate::collect::api::document::Node;
use crate::collect::exchange::operation::{Api, Rate};
use crate::collect::inventory::service::{OwnType, tells};
use crate::collect::inventory::{Listed, Own, Service, ServiceScope, Table};
use crate::collect::site::Site;
use crate::model::resource::TypedResource as _;
use crate::model::resource::ec2::{
    EbsEncryptionByDefault, FlowLog, Instance, NetworkAcl, SecurityGroup, Snapshot, Subnet, Volume, Vpc,
};

/// EC2's describe bucket refills 20 a second ("Request throttling for the Amazon EC2 API").
pub(super) const API: Api = Api::new("ec2", Rate::per_second("ec2", 20.0));

/// Items asked for by page: the most that most listings of EC2 give. Without a number EC2 answers
/// in one piece, and for accounts with very many items refuses.
const PAGE: i32 = 1000;

/// Networks, instances, volumes, snapshots and the encryption setting, region by region. The two
/// tables that have calls to follow go first.
pub static SERVICE: Service = Service {
    name: "ec2",
    scope: ServiceScope::Regional,
    tables: &[
        Table::Own(Own {
            types: &[OwnType {
                r#type: SecurityGroup::TYPE,
                listed_by: &[&security_groups::DESCRIBE_SECURITY_GROUPS],
                tells: &[tells("ingress", &[&security_groups::GET_MANAGED_PREFIX_LIST_ENTRIES])],
            }],
            collect: |site| security_groups::security_groups(site).boxed(),
        }),
        Table::Own(Own {
            types: &[OwnType {
                r#type: Snapshot::TYPE,
                listed_by: &[&storage::DESCRIBE_SNAPSHOTS],
                tells: &[
                    tells(storage::PERMISSIONS, &[&storage::DESCRIBE_SNAPSHOTS, &storage::DESCRIBE_SNAPSHOT_ATTRIBUTE]),
                    tells(storage::BLOCK, &[&storage::GET_SNAPSHOT_BLOCK_PUBLIC_ACCESS_STATE]),
                ],
            }],
            collect: |site| storage::snapshots(site).boxed(),
        }),
        Table::Listed(Listed {
            r#type: NetworkAcl::TYPE,
            operation: &network::DESCRIBE_NETWORK_ACLS,
            input: paged,
            items: "NetworkAcls",
            read: network::network_acl,
            asks: &[],
        }),
        Table::Listed(Listed {
            r#type: Vpc::TYPE,
            operation: &network::DESCRIBE_VPCS,
            input: paged,
            items: "Vpcs",
            read: network::vpc,
            asks: &[],
        }),
        Table::Listed(Listed {
            r#type: FlowLog::TYPE,
            operation: &network::DESCRIBE_FLOW_LOGS,
            input: paged,
            items: "FlowLogs",
            read: network::flow_log,
            asks: &[],
        }),
        Table::Listed(Listed {
            r#type: Subnet::TYPE,
            operation: &network::DESCRIBE_SUBNETS,
            input: paged,
            items: "Subnets",
            read: network::subnet,
            asks: &[],
        }),
        Table::Own(Own {
            types: &[OwnType { r#type: Instance::TYPE, listed_by: &[&instances::DESCRIBE_INSTANCES], tells: &[] }],
            collect: |site| instances::instances(site).boxed(),
        }),
        Table::Listed(Listed {
            r#type: Volume::TYPE,
            operation: &storage::DESCRIBE_VOLUMES,
            input: |_| json!({"MaxResults": storage::VOLUMES_PAGE}),
            items: "Volumes",
            read: storage::volume,
            asks: &[],
        }),
        Table::Own(Own {
            types: &[OwnType {
                r#type: EbsEncryptionByDefault::TYPE,
                listed_by: &[&storage::GET_EBS_ENCRYPTION_BY_DEFAULT],
                tells: &[],
            }],
            collect: |site| storage::encryption_by_default(site).boxed(),
        }),
    ],
};

/// Everything there is, by page.
fn paged(_: &Site<'_>) -> Value {
    json!({"MaxResults": PAGE})
}

/// The ARN of a thing of EC2, which mostly answers with bare ids; `None` where AWS named no id. From
/// the resource types of Amazon EC2 in the Service Authorization Reference.
fn arn(site: &Site<'_>, kind: &str, id: Option<&str>) -> Option<String> {
    let id = id.filter(|id| !id.is_empty())?;
    // Snapshots have no account in theirs.
    let account = if kind == "snapshot" { "" } else { site.account };
    Some(format!("arn:{}:ec2:{}:{account}:{kind}/{id}", site.partition, site.region))
}

/// The ARN that AWS gave. What lies in a region is of its partition; an emulator says `aws` everywhere, and
/// what is joined by ids that are made here would not meet.
fn given(site: &Site<'_>, arn: &str) -> String {
    match arn.strip_prefix("arn:").and_then(|rest| rest.split_once(':')) {
        Some((_, rest)) => format!("arn:{}:{rest}", site.partition),
        None => arn.to_owned(),
    }
}

/// The `Name` tag, which is what the console shows, else the id.
fn name<'a>(item: Node<'a>, id: Option<&'a str>) -> Option<&'a str> {
    let tag = item.list("Tags").find(|tag| tag.str_of("Key") == Some("Name"));
    tag.and_then(|tag| tag.str_of("Value")).filter(|name| !name.is_empty()).or(id)
}

/// The owner, where that is another account than the one scanned.
fn shared_by(site: &Site<'_>, item: Node<'_>) -> Option<String> {
    item.text("OwnerId").filter(|owner| owner != site.account)
}

fn sorted(texts: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    texts.into_iter().map(Into::into).collect::<BTreeSet<String>>().into_iter().collect()
}
