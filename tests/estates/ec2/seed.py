"""Networks, machines and discs: a region in bad order and one in good."""

from clients import AWAY, HOME, tags


def seed(clients):
    clients.made("s3")
    network(clients, HOME, good=False)
    network(clients, AWAY, good=True)


def network(clients, region, good):
    ec2 = clients("ec2", region)
    vpc = clients.attempt("VPC", ec2.create_vpc, CidrBlock="10.20.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags(Name="main")}])
    if not vpc:
        return
    vpc = vpc["Vpc"]["VpcId"]
    subnet = clients.attempt("subnet", ec2.create_subnet, VpcId=vpc, CidrBlock="10.20.1.0/24")["Subnet"]["SubnetId"]
    public = clients.attempt("public subnet", ec2.create_subnet, VpcId=vpc, CidrBlock="10.20.2.0/24")["Subnet"]["SubnetId"]
    clients.attempt("public addresses", ec2.modify_subnet_attribute, SubnetId=public, MapPublicIpOnLaunch={"Value": True})

    def group(name, rules=(), description="a group"):
        made = clients.attempt(
            f"group {name}", ec2.create_security_group, GroupName=name, Description=description, VpcId=vpc,
            TagSpecifications=[{"ResourceType": "security-group", "Tags": tags(Name=clients.hostile)}],
        )
        if made and rules:
            clients.attempt(f"rules of {name}", ec2.authorize_security_group_ingress, GroupId=made["GroupId"], IpPermissions=list(rules))
        return made and made["GroupId"]

    def tcp(low, high, *cidrs, **more):
        v4 = [{"CidrIp": cidr} for cidr in cidrs if ":" not in cidr]
        v6 = [{"CidrIpv6": cidr} for cidr in cidrs if ":" in cidr]
        return {"IpProtocol": "tcp", "FromPort": low, "ToPort": high, "IpRanges": v4, "Ipv6Ranges": v6, **more}

    web = group("web", [tcp(443, 443, "0.0.0.0/0", "::/0")])
    group("bastion", [tcp(22, 22, "203.0.113.0/24")])
    if not good:
        group("halves", [tcp(22, 22, "0.0.0.0/1", "128.0.0.0/1")], "two halves of the internet")
        group("six", [tcp(3389, 3389, "::/0")])
        group("range", [tcp(0, 65535, "0.0.0.0/0")])
        group("everything", [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
        group("database", [tcp(5432, 5432, "0.0.0.0/0")])
        group("ping", [{"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
        for name, cidrs in [("offices", ["198.51.100.0/24"]), ("everywhere", ["0.0.0.0/1", "128.0.0.0/1"])]:
            listed = clients.attempt(
                f"prefix list {name}", ec2.create_managed_prefix_list, PrefixListName=name, MaxEntries=5,
                AddressFamily="IPv4", Entries=[{"Cidr": cidr} for cidr in cidrs],
            )
            if listed:
                prefix = listed["PrefixList"]["PrefixListId"]
                group(f"prefix-{name}", [tcp(22, 22, PrefixListIds=[{"PrefixListId": prefix}])])
        acl = clients.attempt("network ACL", ec2.create_network_acl, VpcId=vpc)
        if acl:
            for number, low, high, action in [(90, 22, 22, "deny"), (100, 0, 65535, "allow")]:
                clients.attempt(
                    "network ACL entry", ec2.create_network_acl_entry, NetworkAclId=acl["NetworkAcl"]["NetworkAclId"],
                    RuleNumber=number, Protocol="6", RuleAction=action, Egress=False, CidrBlock="0.0.0.0/0",
                    PortRange={"From": low, "To": high},
                )
    default = clients.attempt("groups", ec2.describe_security_groups, Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}])
    if good and default and default["SecurityGroups"]:
        closed = default["SecurityGroups"][0]
        for rules, revoke in [
            (closed["IpPermissions"], ec2.revoke_security_group_ingress),
            (closed["IpPermissionsEgress"], ec2.revoke_security_group_egress),
        ]:
            if rules:
                clients.attempt("closing the default group", revoke, GroupId=closed["GroupId"], IpPermissions=rules)
    if good:
        clients.attempt(
            "flow log", ec2.create_flow_logs, ResourceType="VPC", ResourceIds=[vpc], TrafficType="ALL",
            LogDestinationType="s3", LogDestination="arn:aws:s3:::northwind-logs",
        )
        clients.attempt("encryption by default", ec2.enable_ebs_encryption_by_default)

    images = clients.attempt("images", ec2.describe_images, Owners=["amazon"])
    image = images["Images"][0]["ImageId"] if images and images["Images"] else "ami-12345678"
    for name, network_of, tokens in [("app", subnet, "required"), ("legacy", public, "optional")]:
        if good and name == "legacy":
            continue
        made = clients.attempt(
            f"instance {name}", ec2.run_instances, ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.micro",
            SubnetId=network_of, SecurityGroupIds=[web] if web else [],
            MetadataOptions={"HttpTokens": tokens, "HttpEndpoint": "enabled"},
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags(Name=f"{name} {clients.hostile}")}],
        )
        if made and name == "legacy":
            address = clients.attempt("address", ec2.allocate_address, Domain="vpc")
            if address:
                clients.attempt(
                    "address of the instance", ec2.associate_address, AllocationId=address["AllocationId"],
                    InstanceId=made["Instances"][0]["InstanceId"],
                )
    zone = f"{region}a"
    clients.attempt("disc", ec2.create_volume, AvailabilityZone=zone, Size=10, Encrypted=True)
    if not good:
        plain = clients.attempt("plain disc", ec2.create_volume, AvailabilityZone=zone, Size=10, Encrypted=False)
        if plain:
            for what in ["kept", "shared"]:
                snapshot = clients.attempt("snapshot", ec2.create_snapshot, VolumeId=plain["VolumeId"], Description=clients.hostile)
                if snapshot and what == "shared":
                    clients.attempt(
                        "sharing the snapshot", ec2.modify_snapshot_attribute, SnapshotId=snapshot["SnapshotId"],
                        Attribute="createVolumePermission", OperationType="add", GroupNames=["all"],
                    )


def apply(clients):
    ec2 = clients("ec2")
    clients("s3").create_bucket(Bucket="parity-logs")

    def named(kind, name):
        return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags(Name=name)}]}

    vpcs, subnets = {}, {}
    for name, net in [("parity-good", 1), ("parity-bad", 2)]:
        vpcs[name] = ec2.create_vpc(CidrBlock=f"10.{net}.0.0/16", **named("vpc", name))["Vpc"]["VpcId"]
        made = ec2.create_subnet(VpcId=vpcs[name], CidrBlock=f"10.{net}.1.0/24", **named("subnet", name))
        subnets[name] = made["Subnet"]["SubnetId"]
    ec2.modify_subnet_attribute(SubnetId=subnets["parity-bad"], MapPublicIpOnLaunch={"Value": True})
    ec2.create_flow_logs(
        ResourceType="VPC", ResourceIds=[vpcs["parity-good"]], TrafficType="ALL", LogDestinationType="s3",
        LogDestination="arn:aws:s3:::parity-logs",
    )
    for name, vpc, rules in [
        ("parity-good", "parity-good", [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]),
        (
            "parity-bad", "parity-bad",
            [
                {
                    "IpProtocol": "tcp", "FromPort": 20, "ToPort": 30,
                    "IpRanges": [{"CidrIp": "0.0.0.0/1"}, {"CidrIp": "128.0.0.0/1"}],
                },
                {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
            ],
        ),
        (
            "parity-open", "parity-bad",
            [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}],
        ),
    ]:
        made = ec2.create_security_group(
            GroupName=name, Description=name, VpcId=vpcs[vpc], **named("security-group", name)
        )
        ec2.authorize_security_group_ingress(GroupId=made["GroupId"], IpPermissions=rules)
    for name, rule in [
        ("parity-good", {"Protocol": "6", "PortRange": {"From": 443, "To": 443}}),
        ("parity-bad", {"Protocol": "-1"}),
    ]:
        made = ec2.create_network_acl(VpcId=vpcs[name], **named("network-acl", name))
        ec2.create_network_acl_entry(
            NetworkAclId=made["NetworkAcl"]["NetworkAclId"], RuleNumber=100, Egress=False, RuleAction="allow",
            CidrBlock="0.0.0.0/0", **rule,
        )
    for name, public, token in [("parity-good", False, "required"), ("parity-bad", True, "optional")]:
        ec2.run_instances(
            ImageId="ami-12c6146b", MinCount=1, MaxCount=1, InstanceType="t3.micro",
            MetadataOptions={"HttpTokens": token, "HttpEndpoint": "enabled"},
            NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnets[name], "AssociatePublicIpAddress": public}],
            **named("instance", name),
        )
        ec2.create_volume(AvailabilityZone=f"{HOME}a", Size=8, Encrypted=not public, **named("volume", name))
    ec2.disable_ebs_encryption_by_default()
