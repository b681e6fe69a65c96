//! Pure data, no I/O: the words of the house. It imports nobody.

pub mod attr;
pub mod capture;
pub mod control;
pub mod criterion;
pub mod gap;
pub mod iam_policy;
pub mod policy;
pub mod resource;
pub mod scan;
pub mod verdict;
