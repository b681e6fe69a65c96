//! `tickmark completions`: what a shell needs to complete the command line.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::console::Console;
use crate::evidence::error::Failure;
use crate::model::exit;

#[derive(Args)]
pub(super) struct Arguments {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Result<u8, Failure> {
    use std::io::Write as _;
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::Arguments::command(), "tickmark", &mut script);
    let code = console.decide(exit::CLEAN);
    console.out().write_all(&script)?;
    Ok(code)
}
