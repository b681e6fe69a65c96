//! The integration tests: one binary, so that the program is linked once.
//!
//! Nothing but Rust and Python 3 is needed. The emulators of AWS run on 127.0.0.1, in a Python
//! environment that the harness makes under `target/emulator`; they end with the tests. What the
//! tests counted is in `target/test-counts`.
//!
//! To record the tapes anew: `cargo test --test it record_tapes -- --ignored`; of some services alone, with their
//! names in `TICKMARK_SERVICES`.

#[cfg(feature = "aws")]
mod botocore;
mod check;
mod circles;
mod console;
mod counts;
#[cfg(feature = "aws")]
mod demo;
#[cfg(feature = "aws")]
mod emulator;
mod estates;
#[cfg(feature = "aws")]
mod fault;
#[cfg(feature = "aws")]
mod fault_matrix;
mod foreign;
mod gates;
#[cfg(unix)]
mod init;
#[cfg(feature = "aws")]
mod kill;
#[cfg(feature = "aws")]
mod live;
mod machine;
mod old;
mod outputs;
mod parity;
#[cfg(feature = "aws")]
mod reaching;
mod registries;
#[cfg(feature = "aws")]
mod scan;
mod slip;
mod suppressions;
#[cfg(feature = "aws")]
mod tapes;
#[cfg(feature = "aws")]
mod traps;
mod undecided;
mod walls;
