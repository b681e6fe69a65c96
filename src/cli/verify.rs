//! `tickmark verify`: whether what is kept is what was sealed, claim by claim.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::console::{Console, Format, FormatArgument};
use super::stores::StoreArgument;
use crate::evidence::error::Failure;
use crate::evidence::verify::{Against, verify_package, verify_store};
use crate::model::exit;
use crate::model::output::Verification;
use crate::seal::ClaimOutcome;
use crate::seal::key::PublicKey;

/// Exit codes: 0 proved, 1 a claim failed, 3 not provable here; 2, as everywhere, the tool or its input
/// failed.
#[derive(Args)]
#[command(after_help = "Exit codes: 0 proved, 1 a claim failed, 2 the tool or its input failed, 3 not provable here.")]
pub(super) struct Arguments {
    // The old names `--key` and `--head` stay: the VERIFY.txt of packages that were handed over says them.
    /// A handover package (zip) to verify; the store where left out.
    package: Option<PathBuf>,
    /// Public key file that pins the signature. Where left out, a key that this machine trusts
    /// (`~/.config/tickmark/trusted-keys`) is used.
    #[arg(long, value_name = "FILE", alias = "key")]
    public_key: Option<PathBuf>,
    /// A checkpoint kept elsewhere (in an e-mail, in an earlier package): the log must begin with
    /// it. Repeatable.
    #[arg(long = "checkpoint", value_name = "FILE", alias = "head")]
    checkpoints: Vec<PathBuf>,
    #[command(flatten)]
    format: FormatArgument,
    /// The old spelling of `--format json`.
    #[arg(long, hide = true, conflicts_with = "format")]
    json: bool,
    #[command(flatten)]
    store: StoreArgument,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Result<u8, Failure> {
    let key = arguments.public_key.as_deref().map(PublicKey::read).transpose()?;
    let mut checkpoints = Vec::new();
    for path in &arguments.checkpoints {
        let text = std::fs::read_to_string(path).map_err(Failure::io(format!("read {}", path.display())))?;
        checkpoints.push(text);
    }
    let against = Against { key, checkpoints };
    let verification = match &arguments.package {
        Some(path) => verify_package(path, &against)?,
        None => verify_store(&arguments.store.store, &against)?,
    };
    let code = console.decide(verification.exit);
    let format = if arguments.json { Format::Json } else { arguments.format.format };
    console.result(format, &verification, |out| print(&verification, out))?;
    Ok(code)
}

fn print(verification: &Verification, out: &mut impl Write) -> Result<(), Failure> {
    let claims = &verification.claims;
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
    let result = match verification.exit {
        exit::CLEAN => "proved",
        exit::EXCEPTIONS => "FAILED",
        _ => "not provable here: pin the public key with --public-key FILE",
    };
    writeln!(out, "\n{counted}\nresult: {result}")?;
    Ok(())
}
