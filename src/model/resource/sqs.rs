//! Amazon Simple Queue Service.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;
use crate::model::iam_policy::PolicyDocument;

/// A queue. Its id is its ARN. `ListQueues` tells only that it exists.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Queue {
    /// The KMS key that encrypts it (`KmsMasterKeyId` of `GetQueueAttributes`); absent means none.
    pub kms_master_key_id: Attr<String>,
    /// Whether keys that SQS owns encrypt it (`SqsManagedSseEnabled` of `GetQueueAttributes`). A new
    /// queue has it on.
    pub sqs_managed_sse_enabled: Attr<bool>,
    /// The queue policy (`Policy` of `GetQueueAttributes`); absent where it has none, and only the owner
    /// may use it.
    pub policy: Attr<PolicyDocument>,
}

impl TypedResource for Queue {
    const TYPE: &'static str = "AWS::SQS::Queue";
}
