//! Verifying a store or a handover package with the keys that this machine trusts.

use std::path::Path;

use super::error::Failure;
use crate::model::output::Verification;
use crate::seal::key::{self, PublicKey};
use crate::seal::{self, Claim, Options, exit_code, package};
use crate::store::{Store, StoreError};

/// What evidence is verified against.
#[derive(Debug, Clone, Default)]
pub struct Against {
    /// The public key that pins the signature; where left out, the one beside the evidence, if this machine
    /// trusts the very same.
    pub key: Option<PublicKey>,
    /// Checkpoints that were kept elsewhere: the log must begin with each.
    pub checkpoints: Vec<String>,
}

impl Against {
    /// The options of a verification of evidence that has the key `beside` it.
    fn options(&self, beside: Option<PublicKey>) -> Result<Options, Failure> {
        let trusted = || match &beside {
            Some(key) => key::trusted(&key.fingerprint()),
            None => Ok(None),
        };
        let pinned = match &self.key {
            Some(key) => Some(key.clone()),
            None => trusted()?,
        };
        Ok(Options { pinned, beside, heads: self.checkpoints.clone() })
    }
}

/// Verifies the store at `dir`.
///
/// # Errors
///
/// If there is no store that can be opened, or the trusted keys cannot be read.
pub fn verify_store(dir: &Path, against: &Against) -> Result<Verification, Failure> {
    let store = Store::open_read_only(dir).map_err(|error| match error {
        StoreError::Corrupt { .. } | StoreError::Sqlite(_) | StoreError::NotAStore { .. } => {
            let Failure::Other { what, .. } = Failure::from(error) else { return Failure::new("read the store") };
            Failure::with_help(
                what,
                "what is there cannot be read as a store: restore it from a backup, and verify that",
            )
        }
        other => other.into(),
    })?;
    let options = against.options(key::load_public(dir).ok())?;
    Ok(verification(seal::verify(&store, &options)))
}

/// Verifies a handover package.
///
/// # Errors
///
/// If the file cannot be read, or the trusted keys cannot.
pub fn verify_package(file: &Path, against: &Against) -> Result<Verification, Failure> {
    let options = against.options(package::enclosed_key(file)?)?;
    Ok(verification(package::verify(file, &options)?))
}

fn verification(claims: Vec<Claim>) -> Verification {
    Verification { exit: exit_code(&claims), claims }
}
