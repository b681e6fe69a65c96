//! Running the rules: what becomes of blocks, in three states.

mod context;
mod items;
mod placeholder;
mod policy;
mod rule;
mod secrets;
mod transform;
mod value;
mod writer;

pub(crate) use self::context::MappingContext;
pub(crate) use self::items::Items;
