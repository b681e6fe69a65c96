//! The AWS client: operations as data over the SDK's own runtime.
//!
//! An operation is a cut of the service's API model (`models/<service>.json`, made by
//! `.ci/models`): shapes, protocol, paging, error codes. Credentials, signatures, retries, clock skew,
//! time limits and interceptors are those of the SDK. What is ours is writing a request from its
//! members ([`request`]) and reading an answer into a [`document`], strictly: a body that is cut
//! off at any byte, has trailing bytes, another root element, or does not hold what its shape
//! says is an error, and never a shorter list.

pub mod client;
pub mod document;
pub(crate) mod endpoint;
pub mod error;
pub mod model;
mod read;
mod read_cbor;
mod read_json;
mod read_xml;
mod request;
mod request_form;
#[cfg(test)]
pub(crate) mod tests;
mod time;
pub mod withhold;
