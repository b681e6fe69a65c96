//! `tickmark init`: makes a store and its key.

use std::io::Write as _;

use clap::Args;

use super::console::{Console, FormatArgument};
use super::stores::StoreArgument;
use crate::evidence::error::Failure;
use crate::evidence::stores::make;
use crate::model::exit;
use crate::model::output::NewStore;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    format: FormatArgument,
    #[command(flatten)]
    store: StoreArgument,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Result<u8, Failure> {
    let dir = &arguments.store.store;
    let made = make(dir)?;
    let new = NewStore {
        store: dir.clone(),
        store_id: made.store.store_id()?,
        signing_key: dir.join("key/signing-key.pem"),
        public_key: dir.join("key/public-key.pem"),
        fingerprint: made.key.public_key().fingerprint(),
        pinned_in: made.trusted_at,
    };
    let code = console.decide(exit::CLEAN);
    console.result(arguments.format.format, &new, |out| {
        writeln!(out, "made the store {} ({})", dir.display(), new.store_id)?;
        writeln!(out, "signing key  {}", new.signing_key.display())?;
        writeln!(out, "public key   {}", new.public_key.display())?;
        writeln!(out, "fingerprint  {}", new.fingerprint)?;
        if let Some(trusted) = &new.pinned_in {
            writeln!(out, "pinned in    {}", trusted.display())?;
        }
        Ok(())
    })?;
    console.note("\nGive the fingerprint to your auditor by another way than the evidence itself.");
    Ok(code)
}
