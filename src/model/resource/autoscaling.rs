//! Amazon EC2 Auto Scaling.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;

/// An Auto Scaling group. Its id is its ARN, its name the group's name.
///
/// Source: Auto Scaling API Reference, `AutoScalingGroup` of `DescribeAutoScalingGroups`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct AutoScalingGroup {
    /// The zones it starts instances in, sorted (`AvailabilityZones`; in code also those of the
    /// subnets that are written there).
    pub availability_zones: Attr<Vec<String>>,
    /// The subnets it starts instances in, sorted (`VPCZoneIdentifier`, taken apart at its commas);
    /// empty where it has zones alone.
    pub vpc_zone_identifier: Vec<String>,
    /// What an instance is replaced on: `EC2`, `ELB`, `EBS`, `VPC_LATTICE`, or several of them with
    /// commas between (`HealthCheckType`); in code `EC2` where nothing is written.
    pub health_check_type: Option<String>,
    /// The classic load balancers it stands behind, by name (`LoadBalancerNames`).
    pub load_balancer_names: Vec<String>,
    /// The target groups it stands behind, by ARN (`TargetGroupARNs`).
    pub target_group_arns: Vec<String>,
    /// All that sends it traffic (`TrafficSources`), of which the two lists above may be a part.
    pub traffic_sources: Vec<TrafficSource>,
}

impl TypedResource for AutoScalingGroup {
    const TYPE: &'static str = "AWS::AutoScaling::AutoScalingGroup";
}

/// What sends traffic to a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TrafficSource {
    /// Name of a classic load balancer, or ARN of a target group (`Identifier`).
    pub identifier: Option<String>,
    /// `elb`, `elbv2` or `vpc-lattice` (`Type`).
    pub r#type: Option<String>,
}
