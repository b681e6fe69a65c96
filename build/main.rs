//! Reads and checks what the program judges by, and packs it into the binary: at start nothing of it is
//! parsed again. The demo's tapes are put into it, too.
//!
//! The modules that read it are those of the program, built a second time for the build itself.

#![expect(clippy::print_stdout, reason = "what a build script prints is how it tells Cargo")]

#[allow(
    clippy::pedantic,
    clippy::style,
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the build needs a part of what the program has, and the program lints it"
)]
mod control;
#[allow(
    clippy::pedantic,
    clippy::style,
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the build needs a part of what the program has, and the program lints it"
)]
mod iac;
mod included;
#[allow(
    clippy::pedantic,
    clippy::style,
    dead_code,
    unreachable_pub,
    reason = "the build needs a part of what the program has, and the program lints it"
)]
mod model;
mod pack;
mod services;

use std::process::ExitCode;

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=controls");
    println!("cargo::rerun-if-changed=policies");
    println!("cargo::rerun-if-changed=src/iac/mapping/types");
    for module in ["src/control", "src/model", "src/iac/mapping/language", "src/iac/version.rs"] {
        println!("cargo::rerun-if-changed={module}");
    }
    if let Err(error) = services::write() {
        println!("cargo::error=could not list the services of src/collect/aws: {error}");
        return ExitCode::FAILURE;
    }
    included::models();
    included::tapes();
    match pack::all() {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            for line in wrong.iter().flat_map(|wrong| wrong.lines()) {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}
