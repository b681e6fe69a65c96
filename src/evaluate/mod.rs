//! Pure: controls, policy, resources, gaps and a clock give verdicts with a trace of what was read.

pub mod accept;
pub mod effective;
pub mod engine;
pub mod inventory;
pub mod join;
pub mod needs;
pub mod reconcile;
