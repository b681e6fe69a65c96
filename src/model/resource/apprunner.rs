//! AWS App Runner.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;

/// A service. Its id is its ARN, its name the service's name.
///
/// Source: App Runner API Reference, `Service` of `DescribeService`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Service {
    /// Its network (`NetworkConfiguration`).
    pub network_configuration: Option<NetworkConfiguration>,
    /// ARN of the web ACL that it is associated with (`wafv2:GetWebACLForResource`); absent where
    /// there is none.
    pub web_acl_arn: Attr<String>,
}

impl TypedResource for Service {
    const TYPE: &'static str = "AWS::AppRunner::Service";
}

/// The network of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NetworkConfiguration {
    /// Traffic to it (`IngressConfiguration`).
    pub ingress_configuration: Option<IngressConfiguration>,
}

/// Traffic to a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IngressConfiguration {
    /// Whether it is reached from the internet (`IsPubliclyAccessible`); in code true where nothing
    /// is written.
    pub is_publicly_accessible: Option<bool>,
}
