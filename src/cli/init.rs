//! `tickmark init`: makes a store and its key.

use std::io::Write as _;

use clap::Args;

use super::stores::StoreArgument;
use crate::evidence::error::Failure;
use crate::evidence::stores::make;
use crate::model::exit;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    store: StoreArgument,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let dir = &arguments.store.store;
    let made = make(dir)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "made the store {} ({})", dir.display(), made.store.store_id()?)?;
    writeln!(out, "signing key  {}", dir.join("key/signing-key.pem").display())?;
    writeln!(out, "public key   {}", dir.join("key/public-key.pem").display())?;
    writeln!(out, "fingerprint  {}", made.key.public_key().fingerprint())?;
    if let Some(trusted) = made.trusted_at {
        writeln!(out, "pinned in    {}", trusted.display())?;
    }
    writeln!(out, "\nGive the fingerprint to your auditor by another way than the evidence itself.")?;
    Ok(exit::CLEAN)
}
