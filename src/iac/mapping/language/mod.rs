//! The language of mapping files: what a file may say, and how it is read.

mod check;
mod compile;
mod form;
pub(crate) mod kind;
pub(crate) mod model;
pub(crate) mod path;
mod read;
pub(crate) mod rule;
mod version;

pub(crate) use self::compile::Shared;
pub use self::read::MappingError;
pub(crate) use self::read::{Compiled, TypeMapping};
