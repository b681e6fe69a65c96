//! Amazon API Gateway: REST APIs.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;

/// A stage of a REST API. HTTP and WebSocket APIs are of another type. Its name is that of the stage.
///
/// Source: API Gateway REST API Reference, `Stage` of `GetStages`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Stage {
    /// Id of the API it belongs to (the one that `GetStages` was asked of).
    pub rest_api_id: Option<String>,
    /// Its name (`stageName`).
    pub stage_name: Option<String>,
    /// The settings of methods (`methodSettings`, as a list).
    pub method_settings: Vec<MethodSetting>,
    /// Where one line a request goes (`accessLogSettings`); absent where none does.
    pub access_log_settings: Option<AccessLogSettings>,
}

impl TypedResource for Stage {
    const TYPE: &'static str = "AWS::ApiGateway::Stage";
}

/// The settings of a method, or of all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MethodSetting {
    /// Path of the resource and method, `orders/GET`; `*/*` is every method of the stage (the key in
    /// `methodSettings`).
    pub method_path: Option<String>,
    /// What is logged of its execution: `OFF`, `ERROR` or `INFO` (`loggingLevel`).
    pub logging_level: Option<String>,
}

/// Where one line a request goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccessLogSettings {
    /// ARN of the log group or of the Firehose stream (`destinationArn`).
    pub destination_arn: Option<String>,
}
