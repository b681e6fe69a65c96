//! tickmark tests SOC 2 controls against AWS accounts, keeps the evidence sealed, and hands the
//! auditor workpapers that can be verified and performed again without trusting us.
//!
//! # The house
//!
//! | room | what is in it | may import |
//! | --- | --- | --- |
//! | [`model`] | pure data, no I/O: the words | nobody |
//! | [`control`] | loads, lints and runs control files; the CEL environment | `model` |
//! | `collect` | AWS answers → captures → resources; the tape | `model` |
//! | [`evaluate`] | pure: controls, policy, resources, gaps, now → verdicts with a trace | `model`, `control` |
//! | [`seal`] | Merkle tree, log of scans, signature, verification | `model` |
//! | [`store`] | SQLite: schema, migrations, content-addressed blobs | `model` |
//! | [`report`] | view models and templates | `model` |
//! | [`export`] | one file per format | `model` |
//! | [`cli`] | one file per subcommand; wires the rooms; the only room that prints | all |
//!
//! Data flows one way: captures → resources → verdicts → seal → store → report. A test reads the
//! `use` lines and keeps these walls.

#[expect(clippy::print_stderr, reason = "the command line is the room that prints")]
pub mod cli;
#[cfg(feature = "aws")]
pub mod collect;
pub mod control;
pub mod evaluate;
pub mod export;
pub mod iac;
pub mod model;
pub mod report;
pub mod seal;
pub mod store;
