//! Security groups, with the entries of the prefix lists that let someone in.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{StreamExt as _, iter};
use serde_json::json;

use super::{PAGE, arn, given, shared_by};
use crate::collect::api::document::{Document, Node};
use crate::collect::exchange::operation::Operation;
use crate::collect::inventory::{Collected, Count, Item};
use crate::collect::site::Site;
use crate::model::attr::{Attr, State};
use crate::model::gap::GapCode;
use crate::model::resource::TypedResource as _;
use crate::model::resource::ec2::{PrefixList, ReferencedGroup, SecurityGroup, SecurityGroupRule};

/// Lists security groups. Every error is a gap.
pub(super) static DESCRIBE_SECURITY_GROUPS: Operation =
    super::API.operation("DescribeSecurityGroups").no_secrets().must(&["SecurityGroups"]);
/// Reads a prefix list. Every error is a gap: a list that a rule names and that we are told does
/// not exist (one no longer shared with us) still lets someone in.
pub(super) static GET_MANAGED_PREFIX_LIST_ENTRIES: Operation =
    super::API.operation("GetManagedPrefixListEntries").no_secrets().must(&["Entries"]);

/// The most entries that one page of a prefix list has.
const ENTRIES_PAGE: i32 = 100;
/// Prefix lists read at once.
const AT_ONCE: usize = 8;

type PrefixLists = BTreeMap<String, Attr<Vec<String>>>;

pub(super) async fn security_groups(site: Site<'_>) -> Collected {
    let listing = site.list(&DESCRIBE_SECURITY_GROUPS, json!({"MaxResults": PAGE})).await;
    let groups = listing.items("SecurityGroups");
    let lists = if site.needs.requires(SecurityGroup::TYPE, "ingress") {
        prefix_lists(&site, &groups).await
    } else {
        PrefixLists::new()
    };
    let mut count = Count::of(&site, SecurityGroup::TYPE, &listing);
    for group in groups {
        let id = group.str_of("GroupId");
        let arn =
            group.str_of("SecurityGroupArn").map(|arn| given(&site, arn)).or_else(|| arn(&site, "security-group", id));
        let typed = SecurityGroup { shared_by: shared_by(&site, group), ..security_group(group, &lists) };
        count.add(Item::new(arn, group.str_of("GroupName").or(id), &typed), &[]);
    }
    count.done()
}

/// The prefix lists that let someone into these groups, each read once.
async fn prefix_lists(site: &Site<'_>, groups: &[Node<'_>]) -> PrefixLists {
    let named: BTreeSet<String> = groups
        .iter()
        .flat_map(|group| group.list("IpPermissions"))
        .flat_map(|permission| permission.list("PrefixListIds"))
        .filter_map(|list| list.text("PrefixListId"))
        .collect();
    iter(named)
        .map(|id: String| async move {
            let entries = entries(site, &id).await;
            (id, entries)
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

async fn entries(site: &Site<'_>, id: &str) -> Attr<Vec<String>> {
    let input = json!({"PrefixListId": id, "MaxResults": ENTRIES_PAGE});
    let listing = site.list(&GET_MANAGED_PREFIX_LIST_ENTRIES, input).await;
    listing.into_attr(|page| ranges(&page)).and_then(|ranges| {
        match ranges.into_iter().collect::<Option<BTreeSet<String>>>() {
            Some(ranges) => State::Known(ranges.into_iter().collect()),
            None => State::Unknown(
                GET_MANAGED_PREFIX_LIST_ENTRIES.gap(GapCode::MalformedResponse, "an entry came without its range"),
            ),
        }
    })
}

/// The ranges of one page; `None` for an entry that has none.
fn ranges(page: &Document) -> Vec<Option<String>> {
    page.root().list("Entries").map(|entry| entry.text("Cidr")).collect()
}

pub(super) fn security_group(group: Node<'_>, lists: &PrefixLists) -> SecurityGroup {
    let rules = |name: &str, lists: Option<&PrefixLists>| -> Option<Vec<SecurityGroupRule>> {
        let rules = group.get(name).some()?;
        Some(rules.each().map(|permission| rule(permission, lists)).collect())
    };
    SecurityGroup {
        group_id: group.text("GroupId"),
        group_name: group.text("GroupName"),
        description: group.text("Description"),
        vpc_id: group.text("VpcId"),
        shared_by: None,
        ingress: rules("IpPermissions", Some(lists)),
        egress: rules("IpPermissionsEgress", None),
    }
}

/// A range that came without its text stands as an empty one, which no one takes for harmless:
/// to leave it out would close what may be open.
pub(super) fn rule(permission: Node<'_>, lists: Option<&PrefixLists>) -> SecurityGroupRule {
    let ranges = |list: &str, member: &str| -> Vec<String> {
        permission.list(list).map(|range| range.text(member).unwrap_or_default()).collect()
    };
    let entries = |id: &str| lists.and_then(|lists| lists.get(id)).cloned().unwrap_or_default();
    let prefix_list = |list: Node<'_>| {
        let id = list.text("PrefixListId").unwrap_or_default();
        PrefixList { entries: entries(&id), id }
    };
    let described = ["IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"];
    let descriptions: BTreeSet<&str> = described
        .into_iter()
        .flat_map(|list| permission.list(list))
        .filter_map(|of| of.str_of("Description"))
        .filter(|text| !text.is_empty())
        .collect();
    let texts: Vec<&str> = descriptions.into_iter().collect();
    SecurityGroupRule {
        ip_protocol: permission.text("IpProtocol"),
        from_port: permission.number("FromPort"),
        to_port: permission.number("ToPort"),
        cidr_ipv4: ranges("IpRanges", "CidrIp"),
        cidr_ipv6: ranges("Ipv6Ranges", "CidrIpv6"),
        prefix_lists: permission.list("PrefixListIds").map(prefix_list).collect(),
        referenced_groups: permission.list("UserIdGroupPairs").map(referenced_group).collect(),
        description: (!texts.is_empty()).then(|| texts.join("; ")),
    }
}

fn referenced_group(pair: Node<'_>) -> ReferencedGroup {
    ReferencedGroup {
        group_id: pair.text("GroupId"),
        user_id: pair.text("UserId"),
        vpc_id: pair.text("VpcId"),
        vpc_peering_connection_id: pair.text("VpcPeeringConnectionId"),
        peering_status: pair.text("PeeringStatus"),
    }
}
