//! Answers of every operation, made from the models, and what becomes of them; and where requests go.

mod addresses;
pub(crate) mod sample;
mod strict;
pub(crate) mod wire;
