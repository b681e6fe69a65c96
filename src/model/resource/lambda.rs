//! AWS Lambda.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;
use crate::model::iam_policy::PolicyDocument;

/// A function, at its unpublished version `$LATEST`. Its id is its ARN, its name the function's name.
///
/// Source: Lambda API Reference, `FunctionConfiguration` of `ListFunctions`. Environment variables
/// are not kept.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Function {
    /// `Zip` or `Image` (`PackageType`); in code `Zip` where nothing is written.
    pub package_type: Option<String>,
    /// Identifier of the runtime, `python3.13` (`Runtime`); absent for a container image, which
    /// brings its own.
    pub runtime: Option<String>,
    /// The resource policy (`GetPolicy`); absent where it has none. In code it is made of the
    /// permissions given.
    pub policy: Attr<PolicyDocument>,
    /// The URLs of the function and of its aliases (`ListFunctionUrlConfigs`); empty where it has none.
    pub url_configs: Attr<Vec<FunctionUrlConfig>>,
}

impl TypedResource for Function {
    const TYPE: &'static str = "AWS::Lambda::Function";
}

/// A function URL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FunctionUrlConfig {
    /// `AWS_IAM`, or `NONE` where whoever knows the URL may call it (`AuthType`).
    pub auth_type: Option<String>,
}
