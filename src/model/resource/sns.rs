//! Amazon Simple Notification Service.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;
use crate::model::iam_policy::PolicyDocument;

/// A topic. Its id is its ARN. `ListTopics` tells only that it exists.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Topic {
    /// The KMS key that encrypts it (`KmsMasterKeyId` of `GetTopicAttributes`); absent means none.
    pub kms_master_key_id: Attr<String>,
    /// The topic policy (`Policy` of `GetTopicAttributes`). AWS gives every topic one; in code, where
    /// none is written, it is absent, and means the default, by which only the owner may use it.
    pub policy: Attr<PolicyDocument>,
}

impl TypedResource for Topic {
    const TYPE: &'static str = "AWS::SNS::Topic";
}
