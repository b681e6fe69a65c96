//! Collecting: AWS answers → captures → resources.
//!
//! A service is a table ([`inventory::Service`]): what it lists, what is asked of each item, and
//! which attribute each call tells. The kit in [`inventory`] turns the answers into resources, in
//! one site (an account in a region, or `global`). The least-privilege policy and the fault matrix
//! come from the same tables. Every attempt of every call is captured by an interceptor of the SDK;
//! the same tables run over a [`tape`](exchange::tape).

/// Revision of the collectors: what is asked of AWS, and what is made of the answers. It stands in the
/// header of a scan, and is raised with every change of either. Scans without one are of revision 1.
pub const REVISION: u32 = 3;

pub mod api;
pub mod aws;
pub mod exchange;
pub mod inventory;
pub mod needs;
pub mod schedule;
pub mod scope;
pub mod site;
