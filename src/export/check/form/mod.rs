//! Between the results of a check and the contract `tickmark.check/2`, in both directions. Nothing is lost.

mod read;
mod write;

pub use read::{ReadError, read};
pub(super) use write::form;
