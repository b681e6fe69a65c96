//! What says which attribute is made of what in code.

pub mod mapping;
