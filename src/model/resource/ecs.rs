//! Amazon ECS.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;

/// A revision of a task definition. Its id is its ARN, its name family and revision.
///
/// Source: ECS API Reference, `TaskDefinition` of `DescribeTaskDefinition`. Environment variables
/// and secrets are not kept.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct TaskDefinition {
    /// Name that its revisions share (`family`).
    pub family: Option<String>,
    /// `ACTIVE`, `INACTIVE` (nothing new can be started of it) or `DELETE_IN_PROGRESS` (`status`).
    /// In code `ACTIVE`.
    pub status: Option<String>,
    /// The containers (`containerDefinitions`).
    pub container_definitions: Vec<ContainerDefinition>,
}

impl TypedResource for TaskDefinition {
    const TYPE: &'static str = "AWS::ECS::TaskDefinition";
}

/// A container of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ContainerDefinition {
    /// Its name (`name`).
    pub name: Option<String>,
    /// Whether it has the rights of root on the machine that it runs on (`privileged`); absent means
    /// that it has not. Fargate does not take it.
    pub privileged: Option<bool>,
    /// Where its output goes (`logConfiguration`); absent means that it stays on the machine.
    pub log_configuration: Option<LogConfiguration>,
}

/// Where the output of a container goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LogConfiguration {
    /// `awslogs`, `awsfirelens`, `splunk`, `json-file`, … (`logDriver`).
    pub log_driver: Option<String>,
}
