//! Elastic Load Balancing, version 2: application, network and gateway load balancers.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;

/// A load balancer of the second version. Classic load balancers are another type in AWS and are not
/// among these. Its id is its ARN, its name the load balancer's name.
///
/// Source: Elastic Load Balancing API Reference (2015-12-01), `LoadBalancer` of
/// `DescribeLoadBalancers`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct LoadBalancer {
    /// `application`, `network` or `gateway` (`Type`).
    pub load_balancer_type: Option<String>,
    /// `internet-facing` or `internal` (`Scheme`); absent for a gateway load balancer.
    pub scheme: Option<String>,
    /// Its attributes, as AWS lists them (`DescribeLoadBalancerAttributes`). In code those that say
    /// whether access logs are on, with their default where nothing is written.
    pub attributes: Attr<Vec<LoadBalancerAttribute>>,
    /// ARN of the web ACL that it is associated with (`wafv2:GetWebACLForResource`, else
    /// `waf-regional:GetWebACLForResource`, which tells an id); absent where there is none.
    pub web_acl_arn: Attr<String>,
}

impl TypedResource for LoadBalancer {
    const TYPE: &'static str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
}

/// One attribute of a load balancer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LoadBalancerAttribute {
    /// Its name: `access_logs.s3.enabled`, `access_logs.s3.bucket`, … (`Key`).
    pub key: String,
    /// Its value as text, `true` and `false` too (`Value`).
    pub value: Option<String>,
}

/// A listener. Its id is its ARN.
///
/// Source: Elastic Load Balancing API Reference (2015-12-01), `Listener` of `DescribeListeners`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Listener {
    /// ARN of the load balancer that it belongs to (`LoadBalancerArn`).
    pub load_balancer_arn: Option<String>,
    /// Joined: the type of that load balancer, `application`, `network` or `gateway`.
    pub load_balancer_type: Attr<String>,
    /// The port it listens on (`Port`); absent for a gateway load balancer.
    pub port: Option<i64>,
    /// `HTTP` and `HTTPS` on an application load balancer, `TCP`, `UDP`, `TCP_UDP`, `TLS`, `QUIC` and
    /// `TCP_QUIC` on a network load balancer (`Protocol`); absent for a gateway load balancer.
    pub protocol: Option<String>,
    /// The security policy that says which versions of TLS it takes (`SslPolicy`); absent where it
    /// does not end TLS.
    pub ssl_policy: Option<String>,
    /// What is done with a request that no rule takes (`DefaultActions`).
    pub default_actions: Vec<Action>,
    /// The rules beside the default one (`DescribeRules`, those whose `IsDefault` is false).
    pub rules: Attr<Vec<Rule>>,
}

impl TypedResource for Listener {
    const TYPE: &'static str = "AWS::ElasticLoadBalancingV2::Listener";
}

/// A rule of a listener.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Rule {
    /// Its place in the order as text: a number (`Priority`).
    pub priority: Option<String>,
    /// What is done with a request that it takes (`Actions`).
    pub actions: Vec<Action>,
}

/// What is done with a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Action {
    /// `forward`, `redirect`, `fixed-response`, `authenticate-oidc`, `authenticate-cognito` or
    /// `jwt-validation` (`Type`).
    pub r#type: Option<String>,
    /// Where a redirect leads (`RedirectConfig`).
    pub redirect_config: Option<RedirectConfig>,
}

/// Where a redirect leads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RedirectConfig {
    /// `HTTP`, `HTTPS`, or `#{protocol}` for that of the request (`Protocol`).
    pub protocol: Option<String>,
    /// The port as text, or `#{port}` for that of the request (`Port`).
    pub port: Option<String>,
    /// `HTTP_301` or `HTTP_302` (`StatusCode`).
    pub status_code: Option<String>,
}
