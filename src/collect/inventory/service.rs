//! The table of a service.

use futures::future::{BoxFuture, join_all};

use super::Collected;
use super::ask::Ask;
use super::listed::Listed;
use crate::collect::exchange::operation::Operation;
use crate::collect::needs::RequiredAttributes;
use crate::collect::site::Site;
use crate::model::resource::TypedResource as _;
use crate::model::resource::account::Account;

/// Where a service is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceScope {
    /// Once per account.
    Global,
    /// Once per region in scope.
    Regional,
}

/// An attribute, and the operations that tell it.
#[derive(Debug, Clone, Copy)]
pub struct Tells {
    /// Name of the attribute.
    pub attribute: &'static str,
    /// The operations that tell it.
    pub operations: &'static [&'static Operation],
}

/// An attribute that these operations tell.
#[must_use]
pub const fn tells(attribute: &'static str, operations: &'static [&'static Operation]) -> Tells {
    Tells { attribute, operations }
}

/// What a service tells of one type, by a function of its own.
#[derive(Debug)]
pub struct Own {
    /// `CloudFormation` type names; several where one call lists them all.
    pub types: &'static [OwnType],
    /// Collects them in one site. Never fails: what could not be read is a gap in what it returns.
    pub collect: for<'a> fn(Site<'a>) -> BoxFuture<'a, Collected>,
}

/// One type that a function of a service collects.
#[derive(Debug)]
pub struct OwnType {
    /// `CloudFormation` type name.
    pub r#type: &'static str,
    /// The operations that list it.
    pub listed_by: &'static [&'static Operation],
    /// What calls of their own tell.
    pub tells: &'static [Tells],
}

/// One table of a service.
#[derive(Debug)]
pub enum Table {
    /// A population that one operation lists.
    Listed(Listed),
    /// What a function of the service collects.
    Own(Own),
    /// What the service tells of the account.
    Account {
        /// The attributes, with the operations that tell each.
        tells: &'static [Tells],
        /// Asks for those that some control reads.
        collect: for<'a> fn(Site<'a>) -> BoxFuture<'a, Collected>,
    },
}

/// A service: what is listed, what is asked of each item.
#[derive(Debug)]
pub struct Service {
    /// Its name, as `--service` takes it.
    pub name: &'static str,
    /// Where it is asked.
    pub scope: ServiceScope,
    /// What it tells.
    pub tables: &'static [Table],
}

/// What a service tells, and by which operations.
#[derive(Debug, Clone, Copy)]
pub struct Provided {
    /// `CloudFormation` type name.
    pub r#type: &'static str,
    /// The attribute that a call of its own tells; `None` for the listing and what it carries.
    pub attribute: Option<&'static str>,
    /// The operations that tell it.
    pub operations: &'static [&'static Operation],
}

impl Table {
    /// The types it tells of.
    fn types(&self) -> Vec<&'static str> {
        match self {
            Self::Listed(listed) => vec![listed.r#type],
            Self::Own(own) => own.types.iter().map(|of| of.r#type).collect(),
            Self::Account { .. } => vec![Account::TYPE],
        }
    }

    fn provides(&'static self) -> Vec<Provided> {
        let told = |r#type: &'static str, tells: &'static [Tells]| {
            let provided = move |Tells { attribute, operations }: &Tells| Provided {
                r#type,
                attribute: Some(attribute),
                operations,
            };
            tells.iter().map(provided)
        };
        match self {
            Self::Listed(listed) => {
                let asks = listed.asks.iter().flat_map(|ask| match ask {
                    Ask::Call { attribute, operation, .. } => {
                        vec![Provided {
                            r#type: listed.r#type,
                            attribute: Some(attribute),
                            operations: std::slice::from_ref(operation),
                        }]
                    }
                    Ask::Own { tells, .. } => told(listed.r#type, tells).collect(),
                });
                let operations = std::slice::from_ref(&listed.operation);
                let listing = Provided { r#type: listed.r#type, attribute: None, operations };
                std::iter::once(listing).chain(asks).collect()
            }
            Self::Own(own) => own
                .types
                .iter()
                .flat_map(|of| {
                    let listing = Provided { r#type: of.r#type, attribute: None, operations: of.listed_by };
                    std::iter::once(listing).chain(told(of.r#type, of.tells))
                })
                .collect(),
            Self::Account { tells, .. } => {
                let there = Provided { r#type: Account::TYPE, attribute: None, operations: &[] };
                std::iter::once(there).chain(told(Account::TYPE, tells)).collect()
            }
        }
    }

    async fn collect(&self, site: Site<'_>) -> Collected {
        match self {
            Self::Listed(listed) => listed.collect(&site).await,
            Self::Own(own) => (own.collect)(site).await,
            Self::Account { collect, .. } => collect(site).await,
        }
    }
}

impl Service {
    /// What it provides, and by which operations.
    #[must_use]
    pub fn provides(&'static self) -> Vec<Provided> {
        self.tables.iter().flat_map(Table::provides).collect()
    }

    /// Whether some control is about a type that it tells of.
    #[must_use]
    pub fn is_wanted(&self, needs: &RequiredAttributes) -> bool {
        self.tables.iter().any(|table| table.types().iter().any(|r#type| needs.wants_type(r#type)))
    }

    /// Collects what some control is about in one site. Never fails: what could not be read is a
    /// gap in what it returns.
    pub async fn collect(&self, site: Site<'_>) -> Collected {
        let wanted = |table: &&Table| table.types().iter().any(|r#type| site.needs.wants_type(r#type));
        let parts = join_all(self.tables.iter().filter(wanted).map(|table| table.collect(site))).await;
        let mut all = Collected::default();
        for part in parts {
            all.extend(part);
        }
        all
    }
}
