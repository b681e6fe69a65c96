//! Instances that are not terminated.

use serde_json::json;

use super::{PAGE, arn, name, sorted};
use crate::collect::api::document::Node;
use crate::collect::exchange::operation::Operation;
use crate::collect::inventory::{Collected, Count, Item};
use crate::collect::site::Site;
use crate::model::resource::TypedResource as _;
use crate::model::resource::ec2::{Instance, MetadataOptions};

/// Lists instances. Every error is a gap.
pub(super) static DESCRIBE_INSTANCES: Operation =
    super::API.operation("DescribeInstances").no_secrets().must(&["Reservations"]);

/// Every state but `terminated`. AWS is asked for these, so that the capture itself shows what the
/// population was.
const STATES: [&str; 5] = ["pending", "running", "shutting-down", "stopping", "stopped"];

pub(super) async fn instances(site: Site<'_>) -> Collected {
    let filter = json!({"Name": "instance-state-name", "Values": STATES});
    let listing = site.list(&DESCRIBE_INSTANCES, json!({"Filters": [filter], "MaxResults": PAGE})).await;
    let mut count = Count::of(&site, Instance::TYPE, &listing);
    for vm in listing.items("Reservations.Instances").into_iter().filter(|vm| !is_terminated(*vm)) {
        let id = vm.str_of("InstanceId");
        count.add(Item::new(arn(&site, "instance", id), name(vm, id), &instance(vm)), &[]);
    }
    count.done()
}

/// An endpoint that does not know the filter lists them all the same.
fn is_terminated(vm: Node<'_>) -> bool {
    vm.get("State").str_of("Name") == Some("terminated")
}

fn instance(vm: Node<'_>) -> Instance {
    let interfaces = vm.get("NetworkInterfaces");
    let associations = interfaces.each().flat_map(|interface| {
        let further = interface.list("PrivateIpAddresses").map(|address| address.get("Association"));
        std::iter::once(interface.get("Association")).chain(further)
    });
    let of_interfaces = associations.filter_map(|association| association.str_of("PublicIp"));
    let public = sorted(of_interfaces.chain(vm.str_of("PublicIpAddress")).filter(|address| !address.is_empty()));
    // Where AWS did not list the interfaces at all, no address is not the same as none.
    let has_public = (!public.is_empty() || interfaces.is_there()).then_some(!public.is_empty());
    let six = interfaces.each().flat_map(|interface| interface.list("Ipv6Addresses"));
    Instance {
        instance_id: vm.text("InstanceId"),
        state: vm.get("State").text("Name"),
        image_id: vm.text("ImageId"),
        instance_type: vm.text("InstanceType"),
        launch_time: vm.text("LaunchTime"),
        vpc_id: vm.text("VpcId"),
        subnet_id: vm.text("SubnetId"),
        associate_public_ip_address: has_public,
        public_ip_addresses: public,
        ipv6_addresses: sorted(six.filter_map(|address| address.str_of("Ipv6Address"))),
        security_group_ids: sorted(vm.list("SecurityGroups").filter_map(|group| group.str_of("GroupId"))),
        iam_instance_profile_arn: vm.get("IamInstanceProfile").text("Arn"),
        metadata_options: vm.get("MetadataOptions").some().map(metadata),
    }
}

fn metadata(options: Node<'_>) -> MetadataOptions {
    MetadataOptions {
        http_tokens: options.text("HttpTokens"),
        http_endpoint: options.text("HttpEndpoint"),
        http_put_response_hop_limit: options.number("HttpPutResponseHopLimit"),
        state: options.text("State"),
    }
}
