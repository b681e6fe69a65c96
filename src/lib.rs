//! tickmark tests SOC 2 controls against AWS accounts, keeps the evidence sealed, and hands the
//! auditor workpapers that can be verified and performed again without trusting us.
//!
//! # The house
//!
//! | room | what is in it | may import |
//! | --- | --- | --- |
//! | [`model`] | pure data, no I/O: the words | nobody |
//! | [`control`] | loads, lints and runs control files; the evaluator of their language | `model` |
//! | [`iac`] | Terraform, plans and `CloudFormation` → resources with their lines | `model` |
//! | `collect` | AWS answers → captures → resources; the tape | `model` |
//! | [`evaluate`] | pure: controls, policy, resources, gaps, now → verdicts with a trace | `model`, `control` |
//! | [`seal`] | Merkle tree, log of scans, signature, verification | `model` |
//! | [`store`] | SQLite: schema, migrations, content-addressed blobs | `model` |
//! | [`report`] | view models and templates | `model` |
//! | [`export`] | one file per format | `model` |
//! | [`evidence`] | what every use case needs: the rules in force, the store and its key, the end of a scan, the report | `model`, `control`, `evaluate`, `seal`, `store`, `report` |
//! | `scan` | a scan of AWS, from a session to sealed verdicts | all of the above but `iac`, `report`, `export` |
//! | [`check`] | code judged before a merge, and put before the gate | `model`, `control`, `iac`, `evaluate`, `seal`, `store`, `evidence` |
//! | [`cli`] | one file per subcommand: arguments and printing; the only room that prints | all |
//!
//! `evidence`, `scan` and `check` are the use cases: a program without a command line calls them.
//!
//! Data flows one way: captures → resources → verdicts → seal → store → report. A test reads the
//! `use` lines and keeps these walls.

pub mod check;
pub mod cli;
#[cfg(feature = "aws")]
pub mod collect;
pub mod control;
pub mod evaluate;
pub mod evidence;
pub mod export;
pub mod iac;
pub mod model;
pub mod report;
#[cfg(feature = "aws")]
pub mod scan;
pub mod seal;
pub mod store;
