//! The language of mapping files: what a file may say, and how it is read.

mod check;
mod compile;
pub(crate) mod kind;
mod load;
pub(crate) mod model;
pub(crate) mod path;

pub(crate) use self::compile::Shared;
pub(crate) use self::load::TypeMapping;
pub use self::load::{MappingError, Mappings};
