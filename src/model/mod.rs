//! Pure data, no I/O: the words of the house. It imports nobody.

pub mod attr;
pub mod canonical;
pub mod capture;
pub mod check;
pub mod check_form;
pub mod claim;
pub mod control;
pub mod corroboration;
pub mod criterion;
pub mod exit;
pub mod gap;
pub mod glob;
pub mod iam_policy;
pub mod instance;
pub mod nearest;
pub mod output;
pub mod packed;
pub mod partial_text;
pub mod patch;
pub mod policy;
pub mod resource;
pub mod scan;
pub mod sealed;
pub mod tree;
pub mod verdict;
