//! `tickmark verify`: whether what is kept is what was sealed, claim by claim.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::stores::StoreArgument;
use crate::evidence::error::Failure;
use crate::seal::key::{self, PublicKey};
use crate::seal::{Claim, ClaimOutcome, Options, exit_code, package, verify};
use crate::store::Store;

/// Exit codes: 0 proved, 1 failed, 2 not provable here.
#[derive(Args)]
pub(super) struct Arguments {
    /// A handover package (zip) to verify; the store where left out.
    package: Option<PathBuf>,
    /// Public key file that pins the signature. Where left out, a key that this machine trusts
    /// (`~/.config/tickmark/trusted-keys`) is used.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// A checkpoint kept elsewhere (in an e-mail, in an earlier package): the log must begin with
    /// it. Repeatable.
    #[arg(long = "head", value_name = "FILE")]
    heads: Vec<PathBuf>,
    /// Print the claims as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgument,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let pinned = arguments.key.as_deref().map(PublicKey::read).transpose()?;
    let mut heads = Vec::new();
    for path in &arguments.heads {
        let head = std::fs::read_to_string(path).map_err(Failure::io(format!("read {}", path.display())))?;
        heads.push(head);
    }
    let claims = if let Some(path) = &arguments.package {
        let beside = package::enclosed_key(path)?;
        let pinned = pinned.or(trusted(beside.as_ref())?);
        package::verify(path, &Options { pinned, beside, heads })?
    } else {
        let store = Store::open_read_only(&arguments.store.store)?;
        let beside = key::load_public(&arguments.store.store).ok();
        let pinned = pinned.or(trusted(beside.as_ref())?);
        verify(&store, &Options { pinned, beside, heads })
    };
    let code = exit_code(&claims);
    let mut out = std::io::stdout().lock();
    if arguments.json {
        writeln!(out, "{}", serde_json::json!({ "schema": "tickmark.verify/1", "exit": code, "claims": claims }))?;
    } else {
        print(&claims, code, &mut out)?;
    }
    Ok(code)
}

/// The key that lies beside the evidence, where this machine trusts the very same.
fn trusted(beside: Option<&PublicKey>) -> Result<Option<PublicKey>, Failure> {
    match beside {
        Some(key) => Ok(key::trusted(&key.fingerprint())?),
        None => Ok(None),
    }
}

fn print(claims: &[Claim], code: u8, out: &mut impl std::io::Write) -> Result<(), Failure> {
    for claim in claims {
        writeln!(out, "{:<18} {}", claim.outcome.as_str(), claim.statement)?;
        if !claim.detail.is_empty() {
            writeln!(out, "{:<18}   {}", "", claim.detail)?;
        }
    }
    let count = |outcome| claims.iter().filter(|claim| claim.outcome == outcome).count();
    let counted = format!(
        "{} proved, {} failed, {} not provable here",
        count(ClaimOutcome::Proved),
        count(ClaimOutcome::Failed),
        count(ClaimOutcome::NotProvable)
    );
    let result = match code {
        0 => "proved",
        1 => "FAILED",
        _ => "not provable here: pin the public key with --key FILE",
    };
    writeln!(out, "\n{counted}\nresult: {result}")?;
    Ok(())
}
