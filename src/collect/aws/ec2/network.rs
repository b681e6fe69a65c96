//! Network ACLs, VPCs, flow logs and subnets.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::describe_flow_logs::DescribeFlowLogsOutput;
use aws_sdk_ec2::operation::describe_network_acls::DescribeNetworkAclsOutput;
use aws_sdk_ec2::operation::describe_subnets::DescribeSubnetsOutput;
use aws_sdk_ec2::operation::describe_vpcs::DescribeVpcsOutput;
use aws_sdk_ec2::types::{
    FlowLog as Ec2FlowLog, NetworkAcl as Ec2Acl, NetworkAclEntry as Ec2Entry, Subnet as Ec2Subnet, Vpc as Ec2Vpc,
};

use super::{Found, PAGE, arn, counted, name, owned, shared_by, sorted};
use crate::collect::Collected;
use crate::collect::aws::time::rfc3339;
use crate::collect::call::Site;
use crate::collect::operation::Operation;
use crate::model::attr::Attr;
use crate::model::resource::ec2::{FlowLog, NetworkAcl, NetworkAclEntry, PortRange, Subnet, Vpc};

/// Lists network ACLs. Every error is a gap.
pub(super) static DESCRIBE_NETWORK_ACLS: Operation =
    Operation::new("ec2", "DescribeNetworkAcls", "ec2:DescribeNetworkAcls");
/// Lists VPCs. Every error is a gap.
pub(super) static DESCRIBE_VPCS: Operation = Operation::new("ec2", "DescribeVpcs", "ec2:DescribeVpcs");
/// Lists flow logs of whatever. Every error is a gap.
pub(super) static DESCRIBE_FLOW_LOGS: Operation = Operation::new("ec2", "DescribeFlowLogs", "ec2:DescribeFlowLogs");
/// Lists subnets. Every error is a gap.
pub(super) static DESCRIBE_SUBNETS: Operation = Operation::new("ec2", "DescribeSubnets", "ec2:DescribeSubnets");

pub(super) async fn network_acls(site: Site<'_>, client: &Client) -> Collected {
    let stream =
        client.describe_network_acls().max_results(PAGE).into_paginator().stop_on_duplicate_token(false).send();
    let listing = site.pages(&DESCRIBE_NETWORK_ACLS, stream).await;
    let found = listing.pages.iter().flat_map(DescribeNetworkAclsOutput::network_acls).map(|acl| {
        let id = acl.network_acl_id();
        Found {
            arn: arn(&site, "network-acl", id),
            name: name(acl.tags(), id),
            typed: NetworkAcl { shared_by: shared_by(&site, acl.owner_id()), ..network_acl(acl) },
        }
    });
    counted(&site, &listing, found)
}

pub(super) async fn vpcs(site: Site<'_>, client: &Client) -> Collected {
    let stream = client.describe_vpcs().max_results(PAGE).into_paginator().stop_on_duplicate_token(false).send();
    let listing = site.pages(&DESCRIBE_VPCS, stream).await;
    let found = listing.pages.iter().flat_map(DescribeVpcsOutput::vpcs).map(|vpc| {
        let id = vpc.vpc_id();
        Found {
            arn: arn(&site, "vpc", id),
            name: name(vpc.tags(), id),
            typed: Vpc { shared_by: shared_by(&site, vpc.owner_id()), ..virtual_cloud(vpc) },
        }
    });
    counted(&site, &listing, found)
}

pub(super) async fn flow_logs(site: Site<'_>, client: &Client) -> Collected {
    let stream = client.describe_flow_logs().max_results(PAGE).into_paginator().stop_on_duplicate_token(false).send();
    let listing = site.pages(&DESCRIBE_FLOW_LOGS, stream).await;
    let found = listing.pages.iter().flat_map(DescribeFlowLogsOutput::flow_logs).map(|log| {
        let id = log.flow_log_id();
        Found { arn: arn(&site, "vpc-flow-log", id), name: name(log.tags(), id), typed: flow_log(log) }
    });
    counted(&site, &listing, found)
}

pub(super) async fn subnets(site: Site<'_>, client: &Client) -> Collected {
    let stream = client.describe_subnets().max_results(PAGE).into_paginator().stop_on_duplicate_token(false).send();
    let listing = site.pages(&DESCRIBE_SUBNETS, stream).await;
    let found = listing.pages.iter().flat_map(DescribeSubnetsOutput::subnets).map(|net| {
        let id = net.subnet_id();
        Found {
            arn: owned(net.subnet_arn()).or_else(|| arn(&site, "subnet", id)),
            name: name(net.tags(), id),
            typed: Subnet { shared_by: shared_by(&site, net.owner_id()), ..subnet(net) },
        }
    });
    counted(&site, &listing, found)
}

pub(super) fn network_acl(acl: &Ec2Acl) -> NetworkAcl {
    let in_order = |entries: &Vec<Ec2Entry>| {
        let mut entries: Vec<NetworkAclEntry> = entries.iter().map(entry).collect();
        entries.sort_by_key(|entry| (entry.rule_number, entry.egress));
        entries
    };
    NetworkAcl {
        network_acl_id: owned(acl.network_acl_id()),
        vpc_id: owned(acl.vpc_id()),
        is_default: acl.is_default(),
        shared_by: None,
        entries: acl.entries.as_ref().map(in_order),
        subnet_ids: sorted(acl.associations().iter().filter_map(|association| association.subnet_id())),
    }
}

fn entry(entry: &Ec2Entry) -> NetworkAclEntry {
    NetworkAclEntry {
        rule_number: entry.rule_number().map(i64::from),
        protocol: owned(entry.protocol()),
        rule_action: entry.rule_action().map(|action| action.as_str().to_owned()),
        egress: entry.egress(),
        cidr_block: owned(entry.cidr_block()),
        ipv6_cidr_block: owned(entry.ipv6_cidr_block()),
        port_range: entry
            .port_range()
            .map(|range| PortRange { from: range.from().map(i64::from), to: range.to().map(i64::from) }),
    }
}

pub(super) fn virtual_cloud(vpc: &Ec2Vpc) -> Vpc {
    Vpc {
        vpc_id: owned(vpc.vpc_id()),
        cidr_block: owned(vpc.cidr_block()),
        is_default: vpc.is_default(),
        shared_by: None,
        flow_logs: Attr::default(),
    }
}

pub(super) fn flow_log(log: &Ec2FlowLog) -> FlowLog {
    FlowLog {
        flow_log_id: owned(log.flow_log_id()),
        resource_id: owned(log.resource_id()),
        flow_log_status: owned(log.flow_log_status()),
        traffic_type: log.traffic_type().map(|kind| kind.as_str().to_owned()),
        log_destination_type: log.log_destination_type().map(|kind| kind.as_str().to_owned()),
        log_destination: owned(log.log_destination()),
        log_group_name: owned(log.log_group_name()),
        deliver_logs_status: owned(log.deliver_logs_status()),
        creation_time: log.creation_time().and_then(rfc3339),
    }
}

pub(super) fn subnet(subnet: &Ec2Subnet) -> Subnet {
    Subnet {
        subnet_id: owned(subnet.subnet_id()),
        vpc_id: owned(subnet.vpc_id()),
        cidr_block: owned(subnet.cidr_block()),
        availability_zone: owned(subnet.availability_zone()),
        default_for_az: subnet.default_for_az(),
        shared_by: None,
        map_public_ip_on_launch: subnet.map_public_ip_on_launch(),
        assign_ipv6_address_on_creation: subnet.assign_ipv6_address_on_creation(),
    }
}
