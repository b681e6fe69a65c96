//! One exchange with AWS: what an operation is, how a call is made, captured, limited and played back.

pub mod answer;
mod connection;
mod credentials;
mod failure;
pub mod limit;
pub mod operation;
pub mod recorder;
pub mod session;
mod silence;
mod stand_in;
pub mod tape;
mod withholding;
