//! Amazon ECR: private repositories.

use schemars::JsonSchema;
use serde::Serialize;

use super::TypedResource;
use crate::model::attr::Attr;
use crate::model::iam_policy::PolicyDocument;

/// A private repository. Its id is its ARN, its name the repository's name. The public gallery is
/// another service.
///
/// Source: ECR API Reference, `Repository` of `DescribeRepositories`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Repository {
    /// Its name, by which the registry's scan filters pick it (`repositoryName`).
    pub repository_name: Option<String>,
    /// `MUTABLE`, `IMMUTABLE`, or either but for some tags: `IMMUTABLE_WITH_EXCLUSION`,
    /// `MUTABLE_WITH_EXCLUSION` (`imageTagMutability`).
    pub image_tag_mutability: Option<String>,
    /// Scanning as the repository itself sets it (`imageScanningConfiguration`).
    pub image_scanning_configuration: Option<ImageScanningConfiguration>,
    /// Scanning as the registry sets it, one for each account and region
    /// (`GetRegistryScanningConfiguration`). In code absent where the code does not set it.
    pub registry_scanning: Attr<RegistryScanning>,
    /// The repository policy (`GetRepositoryPolicy`); absent where it has none.
    pub repository_policy: Attr<PolicyDocument>,
}

impl TypedResource for Repository {
    const TYPE: &'static str = "AWS::ECR::Repository";
}

/// Scanning as the repository sets it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImageScanningConfiguration {
    /// Whether an image is scanned when it is pushed (`scanOnPush`).
    pub scan_on_push: Option<bool>,
}

/// Scanning as the registry sets it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RegistryScanning {
    /// `BASIC` or `ENHANCED`, which Amazon Inspector does (`scanType`).
    pub scan_type: Option<String>,
    /// Which repositories are scanned, and when (`rules`).
    pub rules: Vec<ScanningRule>,
}

/// A rule of the registry's scanning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ScanningRule {
    /// `SCAN_ON_PUSH`, `CONTINUOUS_SCAN`, which begins at the push, or `MANUAL` (`scanFrequency`).
    pub scan_frequency: Option<String>,
    /// The repositories it is for: those that one of these picks (`repositoryFilters`).
    pub repository_filters: Vec<RepositoryFilter>,
}

/// What picks repositories.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RepositoryFilter {
    /// The pattern (`filter`): `*` is any run of characters; without one it picks every name that
    /// contains it.
    pub filter: Option<String>,
    /// `WILDCARD`, all that there is for scanning (`filterType`).
    pub filter_type: Option<String>,
}
