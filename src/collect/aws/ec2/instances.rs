//! Instances that are not terminated.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::describe_instances::DescribeInstancesOutput;
use aws_sdk_ec2::types::{
    Filter, Instance as Ec2Instance, InstanceMetadataOptionsResponse, InstanceNetworkInterface, InstanceStateName,
    Reservation,
};

use super::{Found, PAGE, arn, counted, name, owned, sorted};
use crate::collect::Collected;
use crate::collect::aws::time::rfc3339;
use crate::collect::call::Site;
use crate::collect::operation::Operation;
use crate::model::resource::ec2::{Instance, MetadataOptions};

/// Lists instances. Every error is a gap.
pub(super) static DESCRIBE_INSTANCES: Operation = Operation::new("ec2", "DescribeInstances", "ec2:DescribeInstances");

/// Every state but `terminated`. AWS is asked for these, so that the capture itself shows what the
/// population was.
const STATES: [InstanceStateName; 5] = [
    InstanceStateName::Pending,
    InstanceStateName::Running,
    InstanceStateName::ShuttingDown,
    InstanceStateName::Stopping,
    InstanceStateName::Stopped,
];

pub(super) async fn instances(site: Site<'_>, client: &Client) -> Collected {
    let states = STATES.iter().map(|state| state.as_str().to_owned()).collect();
    let filter = Filter::builder().name("instance-state-name").set_values(Some(states)).build();
    let stream = client
        .describe_instances()
        .filters(filter)
        .max_results(PAGE)
        .into_paginator()
        .stop_on_duplicate_token(false)
        .send();
    let listing = site.pages(&DESCRIBE_INSTANCES, stream).await;
    let found = listing
        .pages
        .iter()
        .flat_map(DescribeInstancesOutput::reservations)
        .flat_map(Reservation::instances)
        .filter(|instance| !is_terminated(instance))
        .map(|vm| {
            let id = vm.instance_id();
            Found { arn: arn(&site, "instance", id), name: name(vm.tags(), id), typed: instance(vm) }
        });
    counted(&site, &listing, found)
}

/// An endpoint that does not know the filter lists them all the same.
pub(super) fn is_terminated(instance: &Ec2Instance) -> bool {
    instance.state().and_then(|state| state.name()) == Some(&InstanceStateName::Terminated)
}

pub(super) fn instance(vm: &Ec2Instance) -> Instance {
    let interfaces = vm.network_interfaces();
    let of_interfaces = interfaces.iter().flat_map(|interface| {
        let further = interface.private_ip_addresses().iter().filter_map(|address| address.association());
        interface.association().into_iter().chain(further).filter_map(|association| association.public_ip())
    });
    let public = sorted(of_interfaces.chain(vm.public_ip_address()).filter(|address| !address.is_empty()));
    // Where AWS did not list the interfaces at all, no address is not the same as none.
    let has_public = (!public.is_empty() || vm.network_interfaces.is_some()).then_some(!public.is_empty());
    let six = interfaces.iter().flat_map(InstanceNetworkInterface::ipv6_addresses);
    Instance {
        instance_id: owned(vm.instance_id()),
        state: vm.state().and_then(|state| state.name()).map(|name| name.as_str().to_owned()),
        image_id: owned(vm.image_id()),
        instance_type: vm.instance_type().map(|kind| kind.as_str().to_owned()),
        launch_time: vm.launch_time().and_then(rfc3339),
        vpc_id: owned(vm.vpc_id()),
        subnet_id: owned(vm.subnet_id()),
        associate_public_ip_address: has_public,
        public_ip_addresses: public,
        ipv6_addresses: sorted(six.filter_map(|address| address.ipv6_address())),
        security_group_ids: sorted(vm.security_groups().iter().filter_map(|group| group.group_id())),
        iam_instance_profile_arn: owned(vm.iam_instance_profile().and_then(|profile| profile.arn())),
        metadata_options: vm.metadata_options().map(metadata),
    }
}

fn metadata(options: &InstanceMetadataOptionsResponse) -> MetadataOptions {
    MetadataOptions {
        http_tokens: options.http_tokens().map(|value| value.as_str().to_owned()),
        http_endpoint: options.http_endpoint().map(|value| value.as_str().to_owned()),
        http_put_response_hop_limit: options.http_put_response_hop_limit().map(i64::from),
        state: options.state().map(|value| value.as_str().to_owned()),
    }
}
