//! Network ACLs, VPCs, flow logs and subnets.

use super::{arn, given, name, shared_by, sorted};
use crate::collect::api::document::Node;
use crate::collect::exchange::operation::Operation;
use crate::collect::inventory::{Entry, Item};
use crate::model::attr::Attr;
use crate::model::resource::ec2::{FlowLog, NetworkAcl, NetworkAclEntry, PortRange, Subnet, Vpc};

/// Lists network ACLs. Every error is a gap.
pub(super) static DESCRIBE_NETWORK_ACLS: Operation =
    super::API.operation("DescribeNetworkAcls").no_secrets().must(&["NetworkAcls"]);
/// Lists VPCs. Every error is a gap.
pub(super) static DESCRIBE_VPCS: Operation = super::API.operation("DescribeVpcs").no_secrets().must(&["Vpcs"]);
/// Lists flow logs of whatever. Every error is a gap.
pub(super) static DESCRIBE_FLOW_LOGS: Operation =
    super::API.operation("DescribeFlowLogs").no_secrets().must(&["FlowLogs"]);
/// Lists subnets. Every error is a gap.
pub(super) static DESCRIBE_SUBNETS: Operation = super::API.operation("DescribeSubnets").no_secrets().must(&["Subnets"]);

pub(super) fn network_acl(acl: &Entry<'_>) -> Item {
    let id = acl.str_of("NetworkAclId");
    let typed = NetworkAcl {
        network_acl_id: acl.text("NetworkAclId"),
        vpc_id: acl.text("VpcId"),
        is_default: acl.flag("IsDefault"),
        shared_by: shared_by(acl.site, acl.node),
        entries: acl.get("Entries").some().map(in_order),
        subnet_ids: sorted(acl.list("Associations").filter_map(|association| association.str_of("SubnetId"))),
    };
    Item::new(arn(acl.site, "network-acl", id), name(acl.node, id), &typed)
}

fn in_order(entries: Node<'_>) -> Vec<NetworkAclEntry> {
    let mut entries: Vec<NetworkAclEntry> = entries.each().map(rule).collect();
    entries.sort_by_key(|entry| (entry.rule_number, entry.egress));
    entries
}

fn rule(rule: Node<'_>) -> NetworkAclEntry {
    let range = |range: Node<'_>| PortRange { from: range.number("From"), to: range.number("To") };
    NetworkAclEntry {
        rule_number: rule.number("RuleNumber"),
        protocol: rule.text("Protocol"),
        rule_action: rule.text("RuleAction"),
        egress: rule.flag("Egress"),
        cidr_block: rule.text("CidrBlock"),
        ipv6_cidr_block: rule.text("Ipv6CidrBlock"),
        port_range: rule.get("PortRange").some().map(range),
    }
}

pub(super) fn vpc(vpc: &Entry<'_>) -> Item {
    let id = vpc.str_of("VpcId");
    let typed = Vpc {
        vpc_id: vpc.text("VpcId"),
        cidr_block: vpc.text("CidrBlock"),
        is_default: vpc.flag("IsDefault"),
        shared_by: shared_by(vpc.site, vpc.node),
        flow_logs: Attr::default(),
    };
    Item::new(arn(vpc.site, "vpc", id), name(vpc.node, id), &typed)
}

pub(super) fn flow_log(log: &Entry<'_>) -> Item {
    let id = log.str_of("FlowLogId");
    let typed = FlowLog {
        flow_log_id: log.text("FlowLogId"),
        resource_id: log.text("ResourceId"),
        flow_log_status: log.text("FlowLogStatus"),
        traffic_type: log.text("TrafficType"),
        log_destination_type: log.text("LogDestinationType"),
        log_destination: log.text("LogDestination"),
        log_group_name: log.text("LogGroupName"),
        deliver_logs_status: log.text("DeliverLogsStatus"),
        creation_time: log.text("CreationTime"),
    };
    Item::new(arn(log.site, "vpc-flow-log", id), name(log.node, id), &typed)
}

pub(super) fn subnet(subnet: &Entry<'_>) -> Item {
    let id = subnet.str_of("SubnetId");
    let typed = Subnet {
        subnet_id: subnet.text("SubnetId"),
        vpc_id: subnet.text("VpcId"),
        cidr_block: subnet.text("CidrBlock"),
        availability_zone: subnet.text("AvailabilityZone"),
        default_for_az: subnet.flag("DefaultForAz"),
        shared_by: shared_by(subnet.site, subnet.node),
        map_public_ip_on_launch: subnet.flag("MapPublicIpOnLaunch"),
        assign_ipv6_address_on_creation: subnet.flag("AssignIpv6AddressOnCreation"),
    };
    let arn = subnet.str_of("SubnetArn").map(|arn| given(subnet.site, arn)).or_else(|| arn(subnet.site, "subnet", id));
    Item::new(arn, name(subnet.node, id), &typed)
}
