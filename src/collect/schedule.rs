//! The schedule of an account: which services are asked in which sites, and how what they tell is put
//! together.

use chrono::{DateTime, Utc};
use futures::stream::{FuturesUnordered, StreamExt as _};

use super::exchange::operation::Operation;
use super::exchange::session::Session;
use super::inventory::{AttributeValue, Collected, Item, Service, ServiceScope};
use super::needs::RequiredAttributes;
use super::site::Site;
use super::{aws, scope};
use crate::model::resource::account::Account;
use crate::model::resource::{Resource, ResourceId, TypedResource as _};
use crate::model::scan::{AccountScope, Population};

/// The name of the region of global services.
pub const GLOBAL: &str = "global";

/// Told how far a scan is.
pub trait Progress: Send + Sync {
    /// How many units (services × sites) there are.
    fn planned(&self, units: usize);
    /// A unit has ended.
    fn finished(&self, service: &str, region: &str);
}

/// The services that some need calls for.
#[must_use]
pub fn selected(needs: &RequiredAttributes) -> Vec<&'static Service> {
    aws::SERVICES.iter().copied().filter(|service| service.is_wanted(needs)).collect()
}

/// The operations that collecting these needs calls, by what they tell.
#[must_use]
pub fn operations(needs: &RequiredAttributes) -> Vec<(&'static str, Option<&'static str>, &'static Operation)> {
    let mut all = Vec::new();
    for collector in selected(needs) {
        for provided in collector.provides() {
            let wanted = match provided.attribute {
                None => needs.wants_type(provided.r#type),
                Some(attribute) => needs.requires(provided.r#type, attribute),
            };
            if wanted {
                all.extend(
                    provided.operations.iter().map(|operation| (provided.r#type, provided.attribute, *operation)),
                );
            }
        }
    }
    all
}

/// Collects everything the needs ask for in one account.
pub async fn collect(
    session: &Session,
    account: &AccountScope,
    needs: &RequiredAttributes,
    now: DateTime<Utc>,
    progress: &dyn Progress,
) -> Collected {
    let regions: Vec<String> =
        account.regions.iter().filter(|region| region.scanned).map(|region| region.name.clone()).collect();
    let home = home_region(&account.partition);
    let mut units = Vec::new();
    for service in selected(needs) {
        match service.scope {
            ServiceScope::Global => units.push((service, GLOBAL)),
            ServiceScope::Regional => units.extend(regions.iter().map(|region| (service, region.as_str()))),
        }
    }
    progress.planned(units.len());
    let mut running: FuturesUnordered<_> = units
        .into_iter()
        .map(|(service, region)| {
            let site = Site {
                session,
                account: &account.id,
                partition: &account.partition,
                region,
                home,
                regions: &regions,
                needs,
                now,
            };
            async move {
                let collected = service.collect(site).await;
                (service.name, region, collected)
            }
        })
        .collect();
    let mut all = Collected::default();
    while let Some((service, region, collected)) = running.next().await {
        progress.finished(service, region);
        all.extend(collected);
    }
    if needs.wants_type(Account::TYPE) {
        let told = std::mem::take(&mut all.account);
        all.extend(account_itself(account, &told));
    }
    // Sorted, so that the order of answers does not show.
    all.resources.sort_by(|a, b| a.identity.cmp(&b.identity));
    all.populations.sort_by(|a, b| {
        (&a.r#type, &a.account, &a.region, &a.counted_by).cmp(&(&b.r#type, &b.account, &b.region, &b.counted_by))
    });
    all
}

/// The account as a resource, of what the services told of it, and its population. There is one, as
/// the caller's identity showed before anything was collected.
fn account_itself(account: &AccountScope, told: &[AttributeValue]) -> Collected {
    let id = format!("{}:{}", Account::TYPE, account.id);
    let typed = Account { partition: Some(account.partition.clone()), ..Account::default() };
    let mut item = Item::new(Some(id.clone()), Some(account.id.clone()), &typed);
    for told in told {
        item.set(told);
    }
    let place = ResourceId { id: &id, name: &account.id, account: &account.id, region: GLOBAL };
    let population = Population {
        account: account.id.clone(),
        region: GLOBAL.to_owned(),
        r#type: Account::TYPE.to_owned(),
        count: 1,
        counted_by: scope::GET_CALLER_IDENTITY.label(),
        pages: 1,
        complete: true,
        gap: None,
        gone: Vec::new(),
        captures: Vec::new(),
    };
    let resource = Resource::from_marked(Account::TYPE, place, item.attributes, &[]);
    Collected { resources: vec![resource], populations: vec![population], account: Vec::new() }
}

/// The region whose endpoint the global services of a partition are called at. From the endpoint
/// tables of IAM and Organizations in the AWS General Reference.
#[must_use]
pub fn home_region(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        "aws-eusc" => "eusc-de-east-1",
        _ => "us-east-1",
    }
}
