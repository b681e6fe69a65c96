//! Who asks: the credentials of a session.
//!
//! A profile that was named goes before the access keys of the environment, as in the AWS CLI
//! ("Configuration and credential precedence" in its user guide): the SDK's own chain would take the
//! keys, and another account than the named one would be scanned. Where none was named, the SDK's chain
//! stands as it is.

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::{Profile, ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::os_shim_internal::{Env, Fs};

use super::failure::chain;
use crate::model::nearest::nearest;

/// The profiles of the shared configuration files. `named` is the one that was asked for, else the one
/// that the environment selects.
///
/// # Errors
///
/// A fragment that fits after "could not": a file cannot be read, or holds no profile of that name, or the
/// profile is one of `aws login`.
pub(super) async fn profiles(named: Option<&str>) -> Result<ProfileSet, String> {
    let asked = named.map(|name| name.to_owned().into());
    let set = aws_config::profile::load(&Fs::real(), &Env::real(), &EnvConfigFiles::default(), asked)
        .await
        .map_err(|error| format!("read the AWS configuration files: {}", chain(&error)))?;
    match named {
        Some(name) if set.get_profile(name).is_none() => {
            let meant = nearest(name, set.profiles()).map(|other| format!("; did you mean {other:?}?"));
            Err(format!("find the profile {name:?} in the AWS configuration files{}", meant.unwrap_or_default()))
        }
        _ => match selected(&set).filter(|profile| profile.get("login_session").is_some()) {
            Some(profile) if named.is_some() || std::env::var("AWS_ACCESS_KEY_ID").unwrap_or_default().is_empty() => {
                Err(signed_in(profile.name()))
            }
            _ => Ok(set),
        },
    }
}

/// A profile that `aws login` made: its sessions are read by the AWS CLI alone. The crates that read them
/// bring a second stack of cryptography, a tenth of the build.
fn signed_in(profile: &str) -> String {
    format!(
        "use the profile {profile:?}: it was made by `aws login`, whose sessions are not read here; \
         run `eval \"$(aws configure export-credentials --profile {profile} --format env)\"`, \
         and scan without the profile"
    )
}

/// The profile in force, where there is one.
pub(super) fn selected(profiles: &ProfileSet) -> Option<&Profile> {
    profiles.get_profile(profiles.selected_profile())
}

/// What a profile names credentials by. From "Standardized credential providers" in the AWS SDKs and
/// Tools Reference Guide.
const SOURCES: &[&str] = &[
    "aws_access_key_id",
    "credential_process",
    "credential_source",
    "login_session",
    "role_arn",
    "source_profile",
    "sso_account_id",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];

/// Whether a profile names credentials of any kind. One that does not (it has a region, or endpoints)
/// names no account, so nothing contradicts the keys of the environment.
pub(super) fn names_some(profile: &Profile) -> bool {
    SOURCES.iter().any(|source| profile.get(source).is_some())
}

/// The chain of a profile that was named: the profile, then what the machine gives (a container's role,
/// an instance's role). What the environment says of keys and tokens is left aside.
pub(super) fn of_profile(
    name: &str,
    http: SharedHttpClient,
    version: BehaviorVersion,
    region: Option<Region>,
) -> SharedCredentialsProvider {
    let config = ProviderConfig::without_region()
        .with_http_client(http)
        .with_behavior_version(Some(version))
        .with_region(region);
    let profile = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name).build();
    SharedCredentialsProvider::new(
        CredentialsProviderChain::first_try("Profile", profile)
            .or_else("EcsContainer", EcsCredentialsProvider::builder().configure(&config).build())
            .or_else("Ec2InstanceMetadata", ImdsCredentialsProvider::builder().configure(&config).build()),
    )
}

/// Why there are no credentials, as a fragment that fits after "could not".
pub(super) fn refused(error: &CredentialsError, profile: Option<&str>) -> String {
    let of = profile.map(|name| format!(" of the profile {name:?}")).unwrap_or_default();
    match error {
        CredentialsError::CredentialsNotLoaded(_) if profile.is_some() => {
            format!("get AWS credentials{of}: it gives none, and the machine has no role")
        }
        _ => format!("get AWS credentials{of}: {}", chain(error)),
    }
}
