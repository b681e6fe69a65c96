//! Which block is meant: by an address, by a value that refers to it, by a companion that names it.

mod blocks;
mod companions;
mod reference;
pub(crate) mod text;
mod walk;

pub(crate) use self::blocks::{Blocks, base};
pub(crate) use self::companions::Links;
pub(crate) use self::reference::{Index, Link, sameness};
pub(crate) use self::walk::{Found, Hit, elements, join, walk};
