//! Security groups, with the entries of the prefix lists that let someone in.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::describe_security_groups::DescribeSecurityGroupsOutput;
use aws_sdk_ec2::operation::get_managed_prefix_list_entries::GetManagedPrefixListEntriesOutput;
use aws_sdk_ec2::types::{IpPermission, SecurityGroup as Ec2Group};
use futures::stream::{StreamExt as _, iter};

use super::{Found, PAGE, arn, counted, owned, shared_by};
use crate::collect::Collected;
use crate::collect::call::Site;
use crate::collect::operation::Operation;
use crate::model::attr::{Attr, State};
use crate::model::gap::GapCode;
use crate::model::resource::TypedResource as _;
use crate::model::resource::ec2::{PrefixList, ReferencedGroup, SecurityGroup, SecurityGroupRule};

/// Lists security groups. Every error is a gap.
pub(super) static DESCRIBE_SECURITY_GROUPS: Operation =
    Operation::new("ec2", "DescribeSecurityGroups", "ec2:DescribeSecurityGroups");
/// Reads a prefix list. Every error is a gap: a list that a rule names and that we are told does
/// not exist (one no longer shared with us) still lets someone in.
pub(super) static GET_MANAGED_PREFIX_LIST_ENTRIES: Operation =
    Operation::new("ec2", "GetManagedPrefixListEntries", "ec2:GetManagedPrefixListEntries");

/// The most entries that one page of a prefix list has.
const ENTRIES_PAGE: i32 = 100;
/// Prefix lists read at once.
const AT_ONCE: usize = 8;

type PrefixLists = BTreeMap<String, Attr<Vec<String>>>;

pub(super) async fn security_groups(site: Site<'_>, client: &Client) -> Collected {
    let stream =
        client.describe_security_groups().max_results(PAGE).into_paginator().stop_on_duplicate_token(false).send();
    let listing = site.pages(&DESCRIBE_SECURITY_GROUPS, stream).await;
    let groups = || listing.pages.iter().flat_map(DescribeSecurityGroupsOutput::security_groups);
    let mut lists = PrefixLists::new();
    if site.needs.wants(SecurityGroup::TYPE, "ingress") {
        let named: BTreeSet<String> = groups()
            .flat_map(Ec2Group::ip_permissions)
            .flat_map(IpPermission::prefix_list_ids)
            .filter_map(|list| owned(list.prefix_list_id()))
            .collect();
        lists = iter(named)
            .map(|id: String| async move {
                let entries = entries(site, client, &id).await;
                (id, entries)
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
    }
    let found = groups().map(|group| {
        let id = group.group_id();
        Found {
            arn: owned(group.security_group_arn()).or_else(|| arn(&site, "security-group", id)),
            name: group.group_name().or(id).unwrap_or_default().to_owned(),
            typed: SecurityGroup { shared_by: shared_by(&site, group.owner_id()), ..security_group(group, &lists) },
        }
    });
    counted(&site, &listing, found)
}

async fn entries(site: Site<'_>, client: &Client, id: &str) -> Attr<Vec<String>> {
    let stream = client
        .get_managed_prefix_list_entries()
        .prefix_list_id(id)
        .max_results(ENTRIES_PAGE)
        .into_paginator()
        .stop_on_duplicate_token(false)
        .send();
    site.pages(&GET_MANAGED_PREFIX_LIST_ENTRIES, stream).await.into_attr(ranges).and_then(|ranges| {
        match ranges.into_iter().collect::<Option<BTreeSet<String>>>() {
            Some(ranges) => State::Known(ranges.into_iter().collect()),
            None => State::Unknown(
                GET_MANAGED_PREFIX_LIST_ENTRIES.gap(GapCode::MalformedResponse, "an entry came without its range"),
            ),
        }
    })
}

/// The ranges of one page; `None` among them where the page, or an entry of it, has none.
pub(super) fn ranges(page: GetManagedPrefixListEntriesOutput) -> Vec<Option<String>> {
    match page.entries {
        Some(entries) => entries.into_iter().map(|entry| entry.cidr).collect(),
        None => vec![None],
    }
}

pub(super) fn security_group(group: &Ec2Group, lists: &PrefixLists) -> SecurityGroup {
    SecurityGroup {
        group_id: owned(group.group_id()),
        group_name: owned(group.group_name()),
        description: owned(group.description()),
        vpc_id: owned(group.vpc_id()),
        shared_by: None,
        ingress: group.ip_permissions.as_ref().map(|rules| rules.iter().map(|r| rule(r, Some(lists))).collect()),
        egress: group.ip_permissions_egress.as_ref().map(|rules| rules.iter().map(|r| rule(r, None)).collect()),
    }
}

/// A range that came without its text stands as an empty one, which no one takes for harmless:
/// to leave it out would close what may be open.
pub(super) fn rule(permission: &IpPermission, lists: Option<&PrefixLists>) -> SecurityGroupRule {
    let entries = |id: &str| lists.and_then(|lists| lists.get(id)).cloned().unwrap_or_default();
    let descriptions: BTreeSet<&str> = permission
        .ip_ranges()
        .iter()
        .filter_map(|range| range.description())
        .chain(permission.ipv6_ranges().iter().filter_map(|range| range.description()))
        .chain(permission.prefix_list_ids().iter().filter_map(|list| list.description()))
        .chain(permission.user_id_group_pairs().iter().filter_map(|group| group.description()))
        .filter(|text| !text.is_empty())
        .collect();
    let texts: Vec<&str> = descriptions.into_iter().collect();
    SecurityGroupRule {
        ip_protocol: owned(permission.ip_protocol()),
        from_port: permission.from_port().map(i64::from),
        to_port: permission.to_port().map(i64::from),
        cidr_ipv4: permission.ip_ranges().iter().map(|r| r.cidr_ip().unwrap_or_default().to_owned()).collect(),
        cidr_ipv6: permission.ipv6_ranges().iter().map(|r| r.cidr_ipv6().unwrap_or_default().to_owned()).collect(),
        prefix_lists: permission
            .prefix_list_ids()
            .iter()
            .map(|list| {
                let id = list.prefix_list_id().unwrap_or_default();
                PrefixList { id: id.to_owned(), entries: entries(id) }
            })
            .collect(),
        referenced_groups: permission
            .user_id_group_pairs()
            .iter()
            .map(|pair| ReferencedGroup {
                group_id: owned(pair.group_id()),
                user_id: owned(pair.user_id()),
                vpc_id: owned(pair.vpc_id()),
                vpc_peering_connection_id: owned(pair.vpc_peering_connection_id()),
                peering_status: owned(pair.peering_status()),
            })
            .collect(),
        description: (!texts.is_empty()).then(|| texts.join("; ")),
    }
}
