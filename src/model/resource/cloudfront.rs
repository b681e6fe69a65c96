//! Amazon `CloudFront`.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;

/// A distribution. Its id is its ARN, its name the distribution id, its region `global`.
///
/// Source: `CloudFront` API Reference, `DistributionConfig` of `GetDistributionConfig`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Distribution {
    /// Whether it serves requests (`Enabled`).
    pub enabled: Option<bool>,
    /// How requests are served that no other behaviour takes (`DefaultCacheBehavior`).
    pub default_cache_behavior: Option<CacheBehavior>,
    /// How requests for certain paths are served (`CacheBehaviors`).
    pub cache_behaviors: Vec<CacheBehavior>,
    /// The certificate shown to viewers, and the TLS it is shown with (`ViewerCertificate`).
    pub viewer_certificate: Option<ViewerCertificate>,
    /// The web ACL: an ARN, or an id of AWS WAF Classic (`WebACLId`); absent where AWS says that it
    /// is empty, which is none.
    pub web_acl_id: Option<String>,
    /// Standard logs in their first form, straight to a bucket (`Logging`). In code and in AWS's
    /// answer `enabled` is always there.
    pub logging: Option<Logging>,
    /// Deliveries of its standard logs in their second form, by `CloudWatch` Logs
    /// (`logs:DescribeDeliveries` in `us-east-1`, those whose source names the distribution in
    /// `logs:DescribeDeliverySources`); an empty list means that there is none.
    pub log_deliveries: Attr<Vec<LogDelivery>>,
}

impl TypedResource for Distribution {
    const TYPE: &'static str = "AWS::CloudFront::Distribution";
}

/// How requests are served.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CacheBehavior {
    /// The paths it is for (`PathPattern`); absent for the default behaviour.
    pub path_pattern: Option<String>,
    /// `allow-all`, `https-only` or `redirect-to-https` (`ViewerProtocolPolicy`).
    pub viewer_protocol_policy: Option<String>,
    /// ARN of the configuration by which its requests are logged in real time
    /// (`RealtimeLogConfigArn`); absent where they are not.
    pub realtime_log_config_arn: Option<String>,
}

/// The certificate shown to viewers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ViewerCertificate {
    /// Whether it is that of `*.cloudfront.net` (`CloudFrontDefaultCertificate`).
    pub cloud_front_default_certificate: Option<bool>,
    /// ARN of the certificate in ACM (`ACMCertificateArn`).
    pub acm_certificate_arn: Option<String>,
    /// Id of the certificate in IAM (`IAMCertificateId`).
    pub iam_certificate_id: Option<String>,
    /// The security policy, named after the oldest protocol it takes (`MinimumProtocolVersion`):
    /// `TLSv1.2_2021`. With the default certificate it is `TLSv1`, and cannot be set.
    pub minimum_protocol_version: Option<String>,
}

/// Standard logs in their first form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Logging {
    /// Whether they are on (`Enabled`).
    pub enabled: Option<bool>,
    /// Domain name of the bucket they go to (`Bucket`); absent or empty where they are off.
    pub bucket: Option<String>,
}

/// A delivery of logs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LogDelivery {
    /// Name of the delivery source that stands for the distribution (`deliverySourceName`).
    pub delivery_source_name: Option<String>,
    /// ARN of the delivery destination (`deliveryDestinationArn`).
    pub delivery_destination_arn: Option<String>,
}
