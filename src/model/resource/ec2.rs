//! EC2: networks, instances, volumes and snapshots.
//!
//! VPCs, subnets, network ACLs and security groups can be shared between accounts by AWS RAM, and
//! are then listed in both. `shared_by` tells them apart: what another account shares is that
//! account's to configure, and is judged there.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;

/// A security group.
///
/// Source: EC2 API Reference, `SecurityGroup` of `DescribeSecurityGroups`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SecurityGroup {
    /// Its id (`GroupId`, `sg-…`).
    pub group_id: Option<String>,
    /// Its name (`GroupName`); `default` is AWS's name for the group that comes with a VPC, which
    /// no other group can have.
    pub group_name: Option<String>,
    /// What it is for, as its maker wrote (`Description`).
    pub description: Option<String>,
    /// The VPC it belongs to (`VpcId`).
    pub vpc_id: Option<String>,
    /// The account that shares it with this one (`OwnerId`, where that is another account).
    pub shared_by: Option<String>,
    /// What may come in (`IpPermissions`), one entry by permission.
    pub ingress: Option<Vec<SecurityGroupRule>>,
    /// What may go out (`IpPermissionsEgress`), one entry by permission. The entries of prefix
    /// lists are not collected here.
    pub egress: Option<Vec<SecurityGroupRule>>,
}

impl TypedResource for SecurityGroup {
    const TYPE: &'static str = "AWS::EC2::SecurityGroup";
}

/// One permission of a security group, in the form the `net.*` functions take.
///
/// Source: EC2 API Reference, `IpPermission`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SecurityGroupRule {
    /// Protocol: `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all (`IpProtocol`).
    pub ip_protocol: Option<String>,
    /// First port, or ICMP type; `-1` means every ICMP type (`FromPort`). Absent with protocol
    /// `-1`, which is every port.
    pub from_port: Option<i64>,
    /// Last port, or ICMP code; `-1` means every ICMP code (`ToPort`).
    pub to_port: Option<i64>,
    /// IPv4 ranges (`IpRanges[].CidrIp`).
    pub cidr_ipv4: Vec<String>,
    /// IPv6 ranges (`Ipv6Ranges[].CidrIpv6`).
    pub cidr_ipv6: Vec<String>,
    /// Managed prefix lists (`PrefixListIds`), with what they hold.
    pub prefix_lists: Vec<PrefixList>,
    /// Security groups whose members it is for (`UserIdGroupPairs`).
    pub referenced_groups: Vec<ReferencedGroup>,
    /// What it is for, as its makers wrote: the different descriptions of its ranges, lists and
    /// groups, joined by `; `.
    pub description: Option<String>,
}

/// A managed prefix list that a security group rule names.
///
/// Source: EC2 API Reference, `PrefixListId` and `GetManagedPrefixListEntries`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PrefixList {
    /// Its id (`PrefixListId`, `pl-…`).
    pub id: String,
    /// The ranges in its current version, IPv4 or IPv6 (`GetManagedPrefixListEntries`,
    /// `Entries[].Cidr`); read for ingress rules only.
    pub entries: Attr<Vec<String>>,
}

/// A security group that a rule of another names.
///
/// Source: EC2 API Reference, `UserIdGroupPair`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReferencedGroup {
    /// Id of the group (`GroupId`).
    pub group_id: Option<String>,
    /// Account of the group (`UserId`).
    pub user_id: Option<String>,
    /// VPC of the group, where it is reached by peering (`VpcId`).
    pub vpc_id: Option<String>,
    /// The peering connection (`VpcPeeringConnectionId`).
    pub vpc_peering_connection_id: Option<String>,
    /// Status of that peering (`PeeringStatus`).
    pub peering_status: Option<String>,
}

/// A network access control list.
///
/// Source: EC2 API Reference, `NetworkAcl` of `DescribeNetworkAcls`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NetworkAcl {
    /// Its id (`NetworkAclId`, `acl-…`).
    pub network_acl_id: Option<String>,
    /// The VPC it belongs to (`VpcId`).
    pub vpc_id: Option<String>,
    /// Whether it is the one that came with the VPC (`IsDefault`).
    pub is_default: Option<bool>,
    /// The account that shares it with this one (`OwnerId`, where that is another account).
    pub shared_by: Option<String>,
    /// Its rules, both ways (`Entries`), in the order AWS applies them: lowest number first.
    pub entries: Option<Vec<NetworkAclEntry>>,
    /// The subnets it guards (`Associations[].SubnetId`), sorted.
    pub subnet_ids: Vec<String>,
}

impl TypedResource for NetworkAcl {
    const TYPE: &'static str = "AWS::EC2::NetworkAcl";
}

/// One rule of a network ACL, in the form `net.nacl_exposes` takes.
///
/// Source: EC2 API Reference, `NetworkAclEntry`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NetworkAclEntry {
    /// Its number; the lowest that matches decides (`RuleNumber`). The last, 32767 (IPv4) or 32768
    /// (IPv6), is AWS's own and denies the rest.
    pub rule_number: Option<i64>,
    /// Protocol number, `-1` for all (`Protocol`).
    pub protocol: Option<String>,
    /// `allow` or `deny` (`RuleAction`).
    pub rule_action: Option<String>,
    /// Whether it is about what leaves the subnet (`Egress`).
    pub egress: Option<bool>,
    /// IPv4 range (`CidrBlock`).
    pub cidr_block: Option<String>,
    /// IPv6 range (`Ipv6CidrBlock`).
    pub ipv6_cidr_block: Option<String>,
    /// Ports (`PortRange`); absent means every port.
    pub port_range: Option<PortRange>,
}

/// A range of ports.
///
/// Source: EC2 API Reference, `PortRange`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PortRange {
    /// First port (`From`).
    pub from: Option<i64>,
    /// Last port (`To`).
    pub to: Option<i64>,
}

/// A virtual private cloud.
///
/// Source: EC2 API Reference, `Vpc` of `DescribeVpcs`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Vpc {
    /// Its id (`VpcId`, `vpc-…`).
    pub vpc_id: Option<String>,
    /// Its first IPv4 range (`CidrBlock`).
    pub cidr_block: Option<String>,
    /// Whether AWS made it as the region's default (`IsDefault`).
    pub is_default: Option<bool>,
    /// The account that shares it with this one (`OwnerId`, where that is another account). Its
    /// flow logs are not shown to this account.
    pub shared_by: Option<String>,
    /// Joined: the flow logs of the VPC as a whole. Those of a subnet or of a network interface do
    /// not cover the VPC and are not in it.
    pub flow_logs: Attr<Vec<FlowLog>>,
}

impl TypedResource for Vpc {
    const TYPE: &'static str = "AWS::EC2::VPC";
}

/// A flow log.
///
/// Source: EC2 API Reference, `FlowLog` of `DescribeFlowLogs`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FlowLog {
    /// Its id (`FlowLogId`, `fl-…`).
    pub flow_log_id: Option<String>,
    /// What it records: a VPC, a subnet, a network interface or a transit gateway (`ResourceId`).
    pub resource_id: Option<String>,
    /// Whether it runs: `ACTIVE` (`FlowLogStatus`).
    pub flow_log_status: Option<String>,
    /// What it records of: `ACCEPT`, `REJECT` or `ALL` (`TrafficType`).
    pub traffic_type: Option<String>,
    /// `cloud-watch-logs`, `s3` or `kinesis-data-firehose` (`LogDestinationType`).
    pub log_destination_type: Option<String>,
    /// ARN of where it goes (`LogDestination`).
    pub log_destination: Option<String>,
    /// Name of the log group it goes to (`LogGroupName`).
    pub log_group_name: Option<String>,
    /// How delivery fares: `SUCCESS` or `FAILED` (`DeliverLogsStatus`); `CloudWatch` Logs only.
    pub deliver_logs_status: Option<String>,
    /// When it was made, RFC 3339 UTC (`CreationTime`).
    pub creation_time: Option<String>,
}

impl TypedResource for FlowLog {
    const TYPE: &'static str = "AWS::EC2::FlowLog";
}

/// A subnet.
///
/// Source: EC2 API Reference, `Subnet` of `DescribeSubnets`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Subnet {
    /// Its id (`SubnetId`, `subnet-…`).
    pub subnet_id: Option<String>,
    /// The VPC it belongs to (`VpcId`).
    pub vpc_id: Option<String>,
    /// Its IPv4 range (`CidrBlock`).
    pub cidr_block: Option<String>,
    /// Its availability zone (`AvailabilityZone`).
    pub availability_zone: Option<String>,
    /// Whether AWS made it as the default of its zone (`DefaultForAz`).
    pub default_for_az: Option<bool>,
    /// The account that shares it with this one (`OwnerId`, where that is another account).
    pub shared_by: Option<String>,
    /// Whether what is launched in it gets a public IPv4 address (`MapPublicIpOnLaunch`).
    pub map_public_ip_on_launch: Option<bool>,
    /// Whether what is launched in it gets an IPv6 address (`AssignIpv6AddressOnCreation`).
    pub assign_ipv6_address_on_creation: Option<bool>,
}

impl TypedResource for Subnet {
    const TYPE: &'static str = "AWS::EC2::Subnet";
}

/// An instance that is not terminated: AWS goes on listing a terminated one for about an hour, and
/// it is not in the population.
///
/// Source: EC2 API Reference, `Instance` of `DescribeInstances`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Instance {
    /// Its id (`InstanceId`, `i-…`).
    pub instance_id: Option<String>,
    /// `pending`, `running`, `shutting-down`, `stopping` or `stopped` (`State.Name`).
    pub state: Option<String>,
    /// The image it was made of (`ImageId`).
    pub image_id: Option<String>,
    /// Its type (`InstanceType`).
    pub instance_type: Option<String>,
    /// When it was last launched, RFC 3339 UTC (`LaunchTime`).
    pub launch_time: Option<String>,
    /// The VPC it runs in (`VpcId`).
    pub vpc_id: Option<String>,
    /// The subnet of its first interface (`SubnetId`).
    pub subnet_id: Option<String>,
    /// Whether it has a public IPv4 address on any of its interfaces; in code, whether it asks for
    /// one. From the addresses of the interfaces, Elastic IP addresses too; IPv6 does not count.
    pub associate_public_ip_address: Option<bool>,
    /// Those addresses (`PublicIpAddress`, `NetworkInterfaces[].Association.PublicIp` and
    /// `NetworkInterfaces[].PrivateIpAddresses[].Association.PublicIp`), sorted.
    pub public_ip_addresses: Vec<String>,
    /// IPv6 addresses of its interfaces (`NetworkInterfaces[].Ipv6Addresses`), sorted. Each is
    /// globally unique; routes and security groups decide whether it can be reached.
    pub ipv6_addresses: Vec<String>,
    /// Security groups of the instance (`SecurityGroups[].GroupId`), sorted.
    pub security_group_ids: Vec<String>,
    /// ARN of its instance profile (`IamInstanceProfile.Arn`).
    pub iam_instance_profile_arn: Option<String>,
    /// How its metadata service answers (`MetadataOptions`).
    pub metadata_options: Option<MetadataOptions>,
}

impl TypedResource for Instance {
    const TYPE: &'static str = "AWS::EC2::Instance";
}

/// How the metadata service of an instance answers.
///
/// Source: EC2 API Reference, `InstanceMetadataOptionsResponse`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MetadataOptions {
    /// `required`: only with a session token (`IMDSv2`); `optional`: without one too (`HttpTokens`).
    pub http_tokens: Option<String>,
    /// `enabled`, or `disabled` where the service is off (`HttpEndpoint`).
    pub http_endpoint: Option<String>,
    /// How many network hops an answer may travel (`HttpPutResponseHopLimit`).
    pub http_put_response_hop_limit: Option<i64>,
    /// `pending` while a change is being made, else `applied` (`State`).
    pub state: Option<String>,
}

/// An EBS volume.
///
/// Source: EC2 API Reference, `Volume` of `DescribeVolumes`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Volume {
    /// Its id (`VolumeId`, `vol-…`).
    pub volume_id: Option<String>,
    /// `creating`, `available`, `in-use`, `deleting`, `deleted` or `error` (`State`).
    pub state: Option<String>,
    /// Whether it is encrypted (`Encrypted`).
    pub encrypted: Option<bool>,
    /// ARN of the KMS key (`KmsKeyId`), where it is encrypted.
    pub kms_key_id: Option<String>,
    /// The snapshot it was made from (`SnapshotId`).
    pub snapshot_id: Option<String>,
    /// Size in GiB (`Size`).
    pub size: Option<i64>,
    /// When it was made, RFC 3339 UTC (`CreateTime`).
    pub create_time: Option<String>,
    /// The instances it is attached to (`Attachments[].InstanceId`), sorted.
    pub instance_ids: Vec<String>,
}

impl TypedResource for Volume {
    const TYPE: &'static str = "AWS::EC2::Volume";
}

/// An EBS snapshot that the account owns.
///
/// Source: EC2 API Reference, `Snapshot` of `DescribeSnapshots` with the owner `self`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Snapshot {
    /// Its id (`SnapshotId`, `snap-…`).
    pub snapshot_id: Option<String>,
    /// The volume it was made of (`VolumeId`).
    pub volume_id: Option<String>,
    /// `pending`, `completed`, `error`, `recoverable` or `recovering` (`State`).
    pub state: Option<String>,
    /// Whether it is encrypted (`Encrypted`); an encrypted one cannot be made public.
    pub encrypted: Option<bool>,
    /// ARN of the KMS key (`KmsKeyId`), where it is encrypted.
    pub kms_key_id: Option<String>,
    /// When it was begun, RFC 3339 UTC (`StartTime`).
    pub start_time: Option<String>,
    /// Who besides the owner may make a volume of a public snapshot (`DescribeSnapshotAttribute`,
    /// `CreateVolumePermissions`). Empty where `DescribeSnapshots` does not list it among those that
    /// `all` may restore: then not everyone may, and accounts that it is shared with one by one are
    /// not told.
    pub create_volume_permissions: Attr<Vec<CreateVolumePermission>>,
    /// The region's block of public access to snapshots (`GetSnapshotBlockPublicAccessState`, `State`),
    /// asked where a snapshot is not known to be private: `block-all-sharing` makes those private that are shared with
    /// `all`, `block-new-sharing` keeps others from it, `unblocked` does nothing.
    pub block_public_access_state: Attr<String>,
}

impl TypedResource for Snapshot {
    const TYPE: &'static str = "AWS::EC2::Snapshot";
}

/// Someone who may make a volume of a snapshot.
///
/// Source: EC2 API Reference, `CreateVolumePermission`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CreateVolumePermission {
    /// `all`: everyone with an AWS account (`Group`).
    pub group: Option<String>,
    /// One account (`UserId`).
    pub user_id: Option<String>,
}

/// Whether new EBS volumes are encrypted unasked: one setting by region.
///
/// The type name is ours; `CloudFormation` has none. Source: EC2 API Reference,
/// `GetEbsEncryptionByDefault`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EbsEncryptionByDefault {
    /// Whether they are (`EbsEncryptionByDefault`).
    pub ebs_encryption_by_default: Option<bool>,
}

impl TypedResource for EbsEncryptionByDefault {
    const TYPE: &'static str = "AWS::EC2::EBSEncryptionByDefault";
}
