//! Parse, run, exit code.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A check makes and drops many small texts; the system's allocator takes half of its time for them.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    tickmark::cli::main()
}
