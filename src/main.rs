//! Parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    tickmark::cli::main()
}
