//! A scan of AWS, from a session to sealed verdicts: which controls are run and what has to be
//! collected for them, the pipeline, and where the captures go; and the same from what was recorded,
//! the demo's tapes among it.

mod live;
#[cfg(test)]
mod nights;
mod pipeline;
mod recorded;
mod reperform;
mod scanner;
mod selection;
mod sink;
pub mod tapes;
#[cfg(test)]
mod tests;

pub use live::Live;
pub use recorded::{exchanges, play};
pub use reperform::reperform;
pub use scanner::{Scanner, scan_through};
pub use selection::{Selection, actions, select};

use crate::evidence::error::Failure;

/// The runtime that a scan's calls are driven by.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::io("start the asynchronous runtime"))
}
