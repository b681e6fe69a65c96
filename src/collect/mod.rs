//! Collecting: AWS answers → captures → resources.
//!
//! A [`Collector`] turns the answers of one service into resources, in one site (an account in a
//! region, or `global`). It declares which types and attributes it provides and by which
//! operations: the least-privilege policy and the fault matrix come from that. Every attempt of
//! every call is captured by an interceptor of the SDK; the same collectors run over a [`tape`].

pub mod aws;
pub mod call;
pub mod limit;
pub mod needs;
pub mod operation;
pub mod plan;
pub mod recorder;
pub mod session;
pub mod tape;

use futures::future::BoxFuture;

use crate::model::resource::Resource;
use crate::model::scan::Population;
use call::Site;
use operation::Operation;

/// Where a collector works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Once per account.
    Global,
    /// Once per region in scope.
    Regional,
}

/// What a collector provides, and by which operations.
#[derive(Debug, Clone, Copy)]
pub struct Provided {
    /// `CloudFormation` type name.
    pub r#type: &'static str,
    /// The attribute that a call of its own tells; `None` for the listing and what it carries.
    pub attribute: Option<&'static str>,
    /// The operations that tell it.
    pub operations: &'static [&'static Operation],
}

/// What a collector found in one site.
#[derive(Debug, Default)]
pub struct Collected {
    /// The resources.
    pub resources: Vec<Resource>,
    /// How each type was counted. A type that a collector provides has an entry for every site it
    /// worked in, with its gap where the listing failed: no entry, no claim.
    pub populations: Vec<Population>,
}

/// Turns the answers of one service into resources.
pub trait Collector: Sync {
    /// Name of the service, as `--service` takes it.
    fn service(&self) -> &'static str;
    /// Where it works.
    fn reach(&self) -> Reach;
    /// What it provides, and by which operations.
    fn provides(&self) -> &'static [Provided];
    /// Collects in one site. Never fails: what could not be read is a gap in what it returns.
    fn collect<'a>(&'a self, site: Site<'a>) -> BoxFuture<'a, Collected>;
}
